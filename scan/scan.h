/* SPDX-License-Identifier: Apache-2.0 */
/*
 * buckler scan: what the files of a package hold, and what of it is known to be vulnerable.
 *
 *	target (directory, zip, image, template)  --walk-->  files  --package readers-->  components
 *	components  --detectors (advisories; later secrets, misconfiguration, permissions)-->  findings
 *	components + findings = report  --cli-->  table, JSON, SARIF, CycloneDX, SPDX, OpenVEX
 *
 * Nothing here prints, exits, writes a file or runs anything of what it reads.  What could not be read is a diagnostic that
 * names the file and is counted in the report: a scan that could not read something never looks like a clean one.
 */
#ifndef BK_SCAN_H
#define BK_SCAN_H

#include "base/base.h"

/* OSV's ecosystems.  Names: bk_ecosystem_name() ("npm", "PyPI", "Go", "Maven", "RubyGems", "NuGet", "crates.io", "Packagist", "Debian", "Alpine", "RPM"). */
enum bk_ecosystem {
	BK_NPM, BK_PYPI, BK_GO, BK_MAVEN, BK_RUBYGEMS, BK_NUGET, BK_CRATES, BK_PACKAGIST, BK_DEBIAN, BK_ALPINE, BK_RPM,
	BK_ECOSYSTEMS
};
const char *bk_ecosystem_name(enum bk_ecosystem e);	/* NULL past the end */
const char *bk_ecosystem_purl(enum bk_ecosystem e);	/* the type of a package URL: "npm", "pypi", "golang", "deb", ... */

/* How a component is known; a higher one wins over a lower one for the same package and version. */
enum bk_evidence { BK_MANIFEST, BK_LOCK, BK_BINARY, BK_INSTALLED };
const char *bk_evidence_name(enum bk_evidence e);	/* "manifest", "lock", "binary", "installed" */

enum bk_reach { BK_REACH_UNKNOWN, BK_REACH_NO, BK_REACH_YES };

struct bk_component {
	enum bk_ecosystem ecosystem;
	char *name;			/* as the ecosystem's advisories write it: PyPI normalised, Maven group:artifact, npm with its scope */
	char *version;			/* exact; a manifest's range is not a version and makes no component */
	char *release;			/* distribution packages: "12" for Debian:12, "v3.19" for Alpine:v3.19, "rhel-9" ... (scan/ecosystem.h); NULL */
	char *source;			/* distribution packages: the source package's name where it differs; advisories name that one */
	char *source_version;		/* its version where it differs; NULL */
	char *path;			/* where in the target: "node_modules/a/package.json", "app.jar!/lib/b.jar!/META-INF/..." */
	char *purl;			/* package URL, made by bk_components_add() */
	enum bk_evidence evidence;
	enum bk_reach reach;		/* can the handler's own imports come to it?  It ranks, it never hides. */
	uint32_t function;		/* index in the report's functions */
	bool dev;			/* a lock says: only for development */
	uint8_t sha256[32];		/* of a vendored native executable; zero otherwise */
};

struct bk_components {
	struct bk_component *at;
	size_t count, cap;
	uint32_t *slot;			/* a hash of what is there, bk_components_add()'s own */
	size_t slots;
};
/* Copies what the strings of `c` say and makes the purl; the same package, version and function twice is one component, with the better evidence. */
void bk_components_add(struct bk_components *list, const struct bk_component *c);
void bk_components_free(struct bk_components *list);

/* A native executable or library that no package manager speaks for. */
struct bk_native {
	char *path;
	uint8_t sha256[32];
	uint32_t function;
};

/* One function of the target: all of it for a directory, zip or image, one for each of a template. */
struct bk_function {
	char *name;			/* "" where the target has only one */
	char *handler, *runtime;	/* NULL where unknown */
};

/* Bands of CVSS: 0.1 low, 4.0 medium, 7.0 high, 9.0 critical. */
enum bk_level { BK_LEVEL_UNKNOWN, BK_LEVEL_NONE, BK_LEVEL_LOW, BK_LEVEL_MEDIUM, BK_LEVEL_HIGH, BK_LEVEL_CRITICAL, BK_LEVELS };
const char *bk_level_name(enum bk_level level);		/* "unknown", "none", "low", "medium", "high", "critical" */

/* What a detector says. */
struct bk_finding {
	const char *detector;		/* "advisory", later "secret", "config", "permission" */
	char *id;			/* the advisory's preferred id: CVE, else GHSA, else its own */
	char **aliases;			/* all other ids of the group, NULL-terminated; may be NULL */
	char *summary;
	char *url;
	char *fixed;			/* the smallest version that fixes; NULL: none known */
	char *vector;			/* CVSS vector; NULL */
	double score;			/* CVSS base score, 0: unknown */
	enum bk_level level;		/* of the score, else what the advisory says in words */
	double epss;			/* probability, 0: unknown */
	bool exploited;			/* in CISA's catalogue */
	uint32_t component;		/* index in the report's components; UINT32_MAX: none */
	uint32_t function;
	char *path;
	uint32_t line;			/* from 1; 0: the file as a whole */
	char *suppressed;		/* the reason in an ignore file or a VEX statement; NULL: counts */
};

struct bk_report {
	char *target;
	struct bk_function *functions;
	size_t function_count, function_cap;
	struct bk_components components;
	struct bk_native *natives;
	size_t native_count, native_cap;
	struct bk_finding *findings;
	size_t finding_count, finding_cap;
	struct bk_diags diags;		/* warnings: what could not be read */
	uint64_t files, unread;		/* files seen; those that could not be read whole */
	uint64_t unchecked;		/* components for which the database says nothing at all: their ecosystem or release is not in it */
	bool recognised;		/* something of a known kind was there: else exit status 3 */
};
void bk_report_free(struct bk_report *report);

/* --- target ---------------------------------------------------------------------------------------------------------- */

struct bk_scan_options {
	bool dev;			/* count components that are only for development, too */
	void (*progress)(void *with, const char *what, uint64_t done, uint64_t all);	/* NULL: none; `all` 0: unknown */
	void *with;
};
/* Walks the target and fills functions, components, natives, diags, files, unread, recognised.  0 or a negative errno with a diagnostic. */
int bk_scan_target(const char *target, const struct bk_scan_options *options, struct bk_report *report);

/* --- advisories (scan/advisory.h has the making of a database) ------------------------------------------------------- */

struct bk_advisories;
/* Opens a database read-only; NULL with an error in `d`. */
struct bk_advisories *bk_advisories_open(const char *path, struct bk_diags *d);
void bk_advisories_close(struct bk_advisories *a);
/*
 * Matches every component, groups by alias, adds findings.  Components of an ecosystem or release that the database does not have are
 * counted in `unchecked` with one warning for each.  0, or a negative errno with an error that says what is wrong with the database.
 */
int bk_advisories_match(struct bk_advisories *a, struct bk_report *report);

#endif
