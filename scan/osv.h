/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OSV records (https://ossf.github.io/osv-schema/, versions 1.0 to 1.7) and their evaluation.
 *
 * A *rule* is what a record says about one package, as the database keeps it: a run of tokens, each a letter, a text, a zero byte.
 *
 *	S, E	a range of type SEMVER or ECOSYSTEM begins (empty text); its events follow, already sorted
 *	i f l m	an event: introduced, fixed, last_affected, limit
 *	v	a single affected version
 *
 * Ranges of type GIT are left out: they say nothing about a version.  So is each of `versions` that a range covers anyway.
 */
#ifndef BK_SCAN_OSV_H
#define BK_SCAN_OSV_H

#include "scan/scan.h"

#define BK_OSV_RECORD_MAX  ((size_t)8 << 20)	/* bytes of one record; the largest real ones are below 2 MiB */
#define BK_OSV_EVENTS_MAX  20000		/* of one package in one record; real ones have at most some hundred */
#define BK_OSV_VERSION_MAX 1024			/* bytes of a version */

struct bk_osv_affected {
	enum bk_ecosystem ecosystem;
	char *release;			/* scan/ecosystem.h; "" for all */
	char *name;			/* bk_package_key() */
	struct bk_buf rule;
};

struct bk_osv_record {
	char *id;
	char *aliases;			/* separated by blanks; "" */
	char *upstream;			/* the same: what a distribution's record is about */
	char *summary;			/* "" where the source has none */
	char *url;			/* of the advisory, "" */
	char *vectors;			/* CVSS vectors, separated by blanks */
	char *severity;			/* in words, as the source has it; "" */
	char *modified;
	bool withdrawn;
	struct bk_osv_affected *affected;
	size_t count, cap;
	size_t foreign;			/* entries of ecosystems that have no order here */
};

/* Reads one record of JSON text.  False with *why, the caller's: what is wrong with it, with a line where the JSON is broken. */
bool bk_osv_parse(const char *json, size_t size, struct bk_osv_record *out, char **why);
void bk_osv_free(struct bk_osv_record *r);

/* Is the version affected?  -1 where the rule is damaged. */
int bk_osv_affects(const char *rule, size_t size, enum bk_ecosystem e, const char *version);
/* Calls `take` for the text of each `fixed` event.  False where the rule is damaged. */
bool bk_osv_fixes(const char *rule, size_t size, void (*take)(void *with, const char *version), void *with);

#endif
