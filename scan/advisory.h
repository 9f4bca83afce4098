/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The advisory database: one SQLite file, written once and then only read.
 *
 *	advisory	n, id, aliases, summary, url, vector, severity, modified, exploited, epss
 *	affected	ecosystem, name, release, advisory, part, rule (scan/osv.h): in the order of the look-up, without row numbers, so that
 *			a package's rules lie together and a look-up reads a page or three
 *	covered		ecosystem, release, entries: what the database knows anything about
 *	source		name, records, bytes, newest
 *	fact		name, value: "built" (seconds since 1970), "kev", "epss" (their dates), "pages", "records", "withdrawn", "bad", ...
 *
 * The header's application_id and user_version say that it is one and which form it has; "pages" that it is whole.
 */
#ifndef BK_SCAN_ADVISORY_H
#define BK_SCAN_ADVISORY_H

#include "scan/scan.h"

#define BK_DATABASE_ID      0x626b6462	/* "bkdb" */
#define BK_DATABASE_VERSION 1

struct bk_database_source {
	char *name;			/* as the caller gave it */
	uint64_t records, bytes;	/* records that are in the database */
	uint64_t read;			/* that could be read; only known when it is built */
	char *newest;			/* the latest `modified` of its records; "" */
};

struct bk_database_info {
	struct bk_database_source *sources;
	size_t source_count, source_cap;
	int64_t built;			/* seconds since 1970 */
	uint64_t records;		/* in the database */
	uint64_t packages;		/* entries for one package each */
	uint64_t withdrawn, duplicates, bad;	/* left out: withdrawn, an id that was there before, not readable */
	uint64_t foreign;		/* entries left out: ecosystems that have no order here */
	char *kev, *epss;		/* date or version of the catalogue; NULL: not there */
};
void bk_database_info_free(struct bk_database_info *info);

struct bk_database_build {
	const char *const *sources;	/* zip files, .json files, folders of both */
	size_t count;
	const char *const *names;	/* what to call them; NULL: as they are */
	const char *kev, *epss;		/* files, may be gzipped; NULL: none */
	int64_t now;			/* seconds since 1970 */
	void (*progress)(void *with, const char *source, uint64_t done, uint64_t all, uint64_t records);	/* bytes; NULL: none */
	void *with;
};
/*
 * Writes a database to `path`, which must be empty or not there; it is not moved into place.  A record that cannot be read is a warning (the
 * first 20 of a source are named) and counted.  0, or a negative errno with an error in `d`: a source that cannot be read at all, a full disk.
 */
int bk_database_build(const char *path, const struct bk_database_build *build, struct bk_database_info *info, struct bk_diags *d);

/* What is in an open database.  False with an error. */
bool bk_advisories_info(struct bk_advisories *a, struct bk_database_info *info, struct bk_diags *d);
/* Reads every page: true where SQLite finds nothing wrong.  Takes as long as reading the file. */
bool bk_advisories_verify(struct bk_advisories *a, struct bk_diags *d);

/* --- shared by scan/database*.c --- */

/* CVE numbers with what is known of them. */
struct bk_cve {
	uint64_t number;		/* year << 40 | number; 0: no CVE */
	double epss;
	bool exploited;
};
struct bk_cves {
	struct bk_cve *at;
	size_t count, cap;
};
uint64_t bk_cve_number(const char *id, size_t len);
/* Reads a catalogue.  *date, the caller's.  False with an error in `d`. */
bool bk_cves_read_kev(struct bk_cves *list, const char *path, char **date, struct bk_diags *d);
bool bk_cves_read_epss(struct bk_cves *list, const char *path, char **date, struct bk_diags *d);
void bk_cves_sort(struct bk_cves *list);
/* Takes what is known of the CVE numbers among words separated by blanks: the highest of each.  The list is sorted. */
void bk_cves_find(const struct bk_cves *list, const char *words, struct bk_cve *out);

/*
 * Feeds each record of a source, as text, to `take`; `name` is the file's, "a.zip: ID.json" in a zip.  Too large a record comes with a NULL text.
 * 0 or a negative errno with an error in `d`.
 */
struct bk_osv_source {
	void (*take)(void *with, const char *name, const char *text, size_t size);
	void (*progress)(void *with, uint64_t done, uint64_t all);
	void *with;
};
int bk_osv_source_read(const char *path, const struct bk_osv_source *source, struct bk_diags *d);

#endif
