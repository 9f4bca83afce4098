/* SPDX-License-Identifier: Apache-2.0 */
/* The advisory database, read: what it is, and what it says about the components of a report. */
#include "scan/advisories.h"

#include <errno.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>

#include "scan/ecosystem.h"
#include "scan/osv.h"

/* --- open --- */

static bool not_good(struct bk_diags *d, const char *path, const char *why)
{
	bk_diag_add(d, BK_ERROR, path, 0, 0, "%s", why);
	return false;
}

static bool number_of(sqlite3 *db, const char *sql, sqlite3_int64 *out)
{
	sqlite3_stmt *s = NULL;
	bool good = sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW;

	if (good)
		*out = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return good;
}

/* "file:" address with what a URI gives meaning to escaped. */
static char *address_of(const char *path)
{
	struct bk_buf out = { 0 };

	bk_buf_text(&out, "file:");
	for (; *path; path++) {
		if (strchr("?#%", *path))
			bk_buf_printf(&out, "%%%02x", (unsigned char)*path);
		else
			bk_buf_add(&out, path, 1);
	}
	bk_buf_text(&out, "?immutable=1&mode=ro");
	return out.at;
}

static bool is_database(struct bk_advisories *a, struct bk_diags *d)
{
	sqlite3_int64 id = 0, version = 0, pages = 0, counted = 0;
	struct stat st;

	if (!number_of(a->db, "PRAGMA application_id", &id))
		return not_good(d, a->path, "no advisory database, or a damaged one; `buckler db build` makes one");
	if (id != BK_DATABASE_ID)
		return not_good(d, a->path, "no advisory database; `buckler db build` makes one");
	if (!number_of(a->db, "PRAGMA user_version", &version) || version != BK_DATABASE_VERSION)
		return not_good(d, a->path, "an advisory database of another version of buckler; build it again");
	if (!number_of(a->db, "SELECT value FROM fact WHERE name = 'pages'", &pages) || !number_of(a->db, "PRAGMA page_count", &counted) ||
	    pages != counted || stat(a->path, &st) < 0 || st.st_size != pages * 4096)
		return not_good(d, a->path, "a damaged advisory database: it is not as long as it was when it was written; build it again");
	return true;
}

static bool prepare(struct bk_advisories *a, struct bk_diags *d)
{
	static const char *const sql[BK_STATEMENTS] = {
		[BK_FIND] = "SELECT release, advisory, rule FROM affected WHERE ecosystem = ? AND name = ?",
		[BK_READ] = "SELECT id, aliases, summary, url, vector, severity, exploited, epss FROM advisory WHERE n = ?",
		[BK_COVERED] = "SELECT 1 FROM covered WHERE ecosystem = ? AND (release = ? OR release = '') LIMIT 1",
	};

	for (int i = 0; i < BK_STATEMENTS; i++)
		if (sqlite3_prepare_v2(a->db, sql[i], -1, &a->statement[i], NULL) != SQLITE_OK)
			return bk_advisories_damaged(a, d);
	return true;
}

bool bk_advisories_damaged(struct bk_advisories *a, struct bk_diags *d)
{
	bk_diag_add(d, BK_ERROR, a->path, 0, 0, "a damaged advisory database: %s; build it again", sqlite3_errmsg(a->db));
	return false;
}

struct bk_advisories *bk_advisories_open(const char *path, struct bk_diags *d)
{
	struct bk_advisories *a = bk_alloc(sizeof *a);
	BK_FREE char *address = address_of(path);
	struct stat st;

	a->path = bk_strdup(path);
	if (stat(path, &st) < 0)
		bk_diag_add(d, BK_ERROR, path, 0, 0, "%s", strerror(errno));
	else if (sqlite3_open_v2(address, &a->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL) != SQLITE_OK)
		bk_diag_add(d, BK_ERROR, path, 0, 0, "cannot open: %s", sqlite3_errmsg(a->db));
	/*
	 * Pages are read, not mapped: the kernel maps sixteen around each that is touched, and a thousand look-ups over the whole file would
	 * then count as most of it.
	 */
	else if (sqlite3_exec(a->db, "PRAGMA mmap_size = 0; PRAGMA cache_size = -4000; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON", NULL, NULL, NULL) != SQLITE_OK)
		not_good(d, path, "no advisory database, or a damaged one; `buckler db build` makes one");
	else if (is_database(a, d) && prepare(a, d))
		return a;
	bk_advisories_close(a);
	return NULL;
}

void bk_advisories_close(struct bk_advisories *a)
{
	if (!a)
		return;
	for (int i = 0; i < BK_STATEMENTS; i++)
		sqlite3_finalize(a->statement[i]);
	sqlite3_close(a->db);
	free(a->path);
	free(a);
}

/* --- what is in it --- */

static char *text_fact(sqlite3 *db, const char *name)
{
	sqlite3_stmt *s = NULL;
	char *out = NULL;

	if (sqlite3_prepare_v2(db, "SELECT value FROM fact WHERE name = ?", -1, &s, NULL) == SQLITE_OK) {
		sqlite3_bind_text(s, 1, name, -1, SQLITE_STATIC);
		if (sqlite3_step(s) == SQLITE_ROW && sqlite3_column_text(s, 0))
			out = bk_strdup((const char *)sqlite3_column_text(s, 0));
	}
	sqlite3_finalize(s);
	return out;
}

static uint64_t number_fact(sqlite3 *db, const char *name)
{
	BK_FREE char *text = text_fact(db, name);

	return text ? strtoull(text, NULL, 10) : 0;
}

static bool read_sources(struct bk_advisories *a, struct bk_database_info *info)
{
	sqlite3_stmt *s = NULL;
	int r = sqlite3_prepare_v2(a->db, "SELECT name, records, bytes, newest FROM source ORDER BY rowid", -1, &s, NULL);

	while (r == SQLITE_OK || r == SQLITE_ROW) {
		r = sqlite3_step(s);
		if (r != SQLITE_ROW)
			break;
		const char *name = (const char *)sqlite3_column_text(s, 0), *newest = (const char *)sqlite3_column_text(s, 3);

		info->sources = bk_grow(info->sources, &info->source_cap, info->source_count + 1, sizeof *info->sources);
		info->sources[info->source_count++] = (struct bk_database_source){
			.name = bk_strdup(name ? name : ""), .records = (uint64_t)sqlite3_column_int64(s, 1), .bytes = (uint64_t)sqlite3_column_int64(s, 2),
			.newest = bk_strdup(newest ? newest : ""),
		};
	}
	sqlite3_finalize(s);
	return r == SQLITE_DONE;
}

bool bk_advisories_info(struct bk_advisories *a, struct bk_database_info *info, struct bk_diags *d)
{
	sqlite3 *db = a->db;

	*info = (struct bk_database_info){
		.built = (int64_t)number_fact(db, "built"), .records = number_fact(db, "records"), .packages = number_fact(db, "packages"),
		.withdrawn = number_fact(db, "withdrawn"), .duplicates = number_fact(db, "duplicates"), .bad = number_fact(db, "bad"),
		.foreign = number_fact(db, "foreign"), .kev = text_fact(db, "kev"), .epss = text_fact(db, "epss"),
	};
	return read_sources(a, info) || bk_advisories_damaged(a, d);
}

bool bk_advisories_verify(struct bk_advisories *a, struct bk_diags *d)
{
	sqlite3_stmt *s = NULL;
	bool good = sqlite3_prepare_v2(a->db, "PRAGMA integrity_check(1)", -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW &&
		    strcmp((const char *)sqlite3_column_text(s, 0), "ok") == 0;

	if (!good)
		bk_diag_add(d, BK_ERROR, a->path, 0, 0, "a damaged advisory database: %s; build it again",
			    s && sqlite3_column_text(s, 0) ? (const char *)sqlite3_column_text(s, 0) : sqlite3_errmsg(a->db));
	sqlite3_finalize(s);
	return good;
}
