/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a person decided about findings: an ignore file, and OpenVEX documents (0.2.0, https://github.com/openvex/spec).
 *
 *	ignore:
 *	  - id: CVE-2021-23337                # the id or an alias
 *	    package: pkg:npm/lodash@4.17.15   # a package URL; without a version: every one
 *	    path: "app.jar!*"                 # a pattern over the component's path: "*" and "?" match any byte, slashes too
 *	    reason: not reachable, no template comes from outside
 *	    expires: 2026-12-31               # the last day on which it holds; optional
 *
 * One of id, package and path at least, all that are there must fit; a reason always.  A VEX statement suppresses with the status not_affected
 * or fixed, where the vulnerability is the finding's and a product or a subcomponent of one is its component; of several the latest decides.
 */
#ifndef BK_SCAN_SUPPRESS_H
#define BK_SCAN_SUPPRESS_H

#include "scan/scan.h"

#define BK_SUPPRESS_MAX ((size_t)16 << 20)	/* bytes of a file */

struct bk_suppression {
	char **ids;			/* NULL-terminated; NULL: any */
	char **packages;		/* the same, package URLs */
	char *path;			/* NULL: any */
	char *reason;			/* NULL: a statement that says that the finding counts */
	char *expires;			/* "2026-12-31"; NULL */
	char *timestamp;		/* of a VEX statement; NULL */
	char *file;
	unsigned line;
	bool used;
};
struct bk_suppressions {
	struct bk_suppression *at;
	size_t count, cap;
};

/* Both add to the list; false with errors, each with its line, in `d`. */
bool bk_ignore_parse(const char *file, const char *text, size_t size, struct bk_suppressions *out, struct bk_diags *d);
bool bk_vex_parse(const char *file, const char *text, size_t size, struct bk_suppressions *out, struct bk_diags *d);
/* Sets `suppressed` of each finding that one of them is about; `today` is "2026-11-27".  Warns of entries that are past their day, notes those that fit nothing. */
void bk_suppress(struct bk_suppressions *list, const char *today, struct bk_report *report);
void bk_suppressions_free(struct bk_suppressions *list);

/* Is a package URL, with or without a version and qualifiers, that of a component? */
bool bk_purl_fits(const char *wanted, const char *purl);

#endif
