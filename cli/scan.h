/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of `buckler scan` share: a report as it is shown, and its forms. */
#ifndef BK_CLI_SCAN_H
#define BK_CLI_SCAN_H

#include "cli/database.h"
#include "scan/scan.h"

struct bk_scan_view {
	const struct bk_report *report;
	const struct bk_database_info *info;	/* NULL: no database was asked (--list) */
	const char *database;			/* its path */
	int64_t now;				/* seconds since 1970 */
	int64_t max_age;			/* days from which a database is stale */
	uint32_t *shown;			/* findings that count, the most urgent first */
	size_t shown_count;
	uint32_t *suppressed;			/* those that a person decided about */
	size_t suppressed_count;
	size_t unfixed;				/* left out by --only-fixed */
	bool list;				/* components instead of findings */
	bool colour;
	unsigned width;				/* of the terminal, 0: nothing is cut */
};

/* --- scan_view.c --- */

/* Sorts the findings into the view; `only_fixed` leaves out those without a fixing version. */
void bk_scan_view_fill(struct bk_scan_view *v, bool only_fixed);
void bk_scan_view_free(struct bk_scan_view *v);
const struct bk_finding *bk_scan_finding(const struct bk_scan_view *v, size_t i);
/* NULL where the finding is about no component. */
const struct bk_component *bk_scan_component(const struct bk_scan_view *v, const struct bk_finding *f);
/* How urgent a severity is: an unknown one stands between medium and high, as nobody said that it is less. */
int bk_scan_rank(enum bk_level level);
bool bk_scan_stale(const struct bk_scan_view *v);
int64_t bk_scan_age(const struct bk_scan_view *v);	/* of the database, days */
/* "lodash 4.17.15: Command Injection in lodash; fixed in 4.17.21".  Caller frees. */
char *bk_scan_sentence(const struct bk_scan_view *v, const struct bk_finding *f);
/*
 * The file that a person can open: below a target that is a folder, or beside one that is a template; what is inside an archive is at the archive.
 * As a path from the working directory where the target is one.  Caller frees.
 */
char *bk_scan_location(const struct bk_scan_view *v, const struct bk_finding *f);
/* What the database is worth: advisories, sources, age, catalogues.  Caller frees; NULL where none was asked. */
char *bk_scan_database(const struct bk_scan_view *v);
/* An identifier made of what the report says, the same for the same report.  Caller frees. */
char *bk_scan_uuid(const struct bk_scan_view *v);

/* --- forms --- */

void bk_scan_table(const struct bk_scan_view *v, FILE *f);		/* scan_table.c */
void bk_scan_github(const struct bk_scan_view *v, FILE *f);		/* scan_github.c */
json_t *bk_scan_json(const struct bk_scan_view *v);			/* scan_json.c */
json_t *bk_scan_sarif(const struct bk_scan_view *v);			/* scan_sarif.c: 2.1.0 */
json_t *bk_scan_cyclonedx(const struct bk_scan_view *v);		/* scan_cyclonedx.c: 1.6 */
json_t *bk_scan_spdx(const struct bk_scan_view *v);			/* scan_spdx.c: 2.3 */
json_t *bk_scan_openvex(const struct bk_scan_view *v);			/* scan_openvex.c: 0.2.0 */

/* Helpers over jansson: a text of any bytes, nothing where it is NULL or empty; a new object at the end of a list. */
void bk_json_set(json_t *o, const char *key, const char *text);
json_t *bk_json_append(json_t *list);
/* "pkg:..." or what stands for it: the package URL, else the path, else the target. */
const char *bk_scan_subject(const struct bk_scan_view *v, const struct bk_finding *f);

#endif
