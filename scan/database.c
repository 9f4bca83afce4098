/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Builds the advisory database.  Entries go to a temporary table first, in the order in which they come, and from there in the order of the key to
 * the real one: its pages are then written once, full, one behind the other, and memory stays small whatever the number of records.
 */
#include "scan/advisory.h"

#include <errno.h>
#include <sqlite3.h>
#include <string.h>

#include "scan/osv.h"

#define NAMED_WARNINGS 20

struct build {
	const struct bk_database_build *options;
	struct bk_database_info *info;
	struct bk_diags *diags;
	struct bk_cves cves;
	const char *path, *source_name;
	sqlite3 *db;
	sqlite3_stmt *advisory, *entry, *seen;
	unsigned warnings;		/* of the source in hand */
	bool failed;
};

static void fail(struct build *b)
{
	if (!b->failed)
		bk_diag_add(b->diags, BK_ERROR, b->path, 0, 0, "cannot write the database: %s", b->db ? sqlite3_errmsg(b->db) : "out of memory");
	b->failed = true;
}

static void run(struct build *b, const char *sql)
{
	if (!b->failed && sqlite3_exec(b->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail(b);
}

static sqlite3_stmt *prepare(struct build *b, const char *sql)
{
	sqlite3_stmt *s = NULL;

	if (!b->failed && sqlite3_prepare_v2(b->db, sql, -1, &s, NULL) != SQLITE_OK)
		fail(b);
	return s;
}

static void step(struct build *b, sqlite3_stmt *s)
{
	if (!b->failed && sqlite3_step(s) != SQLITE_DONE)
		fail(b);
	sqlite3_reset(s);
}

static void bind_text(sqlite3_stmt *s, int i, const char *text)
{
	sqlite3_bind_text(s, i, text, -1, SQLITE_STATIC);
}

/* --- records --- */

static void warn(struct build *b, const char *name, const char *why)
{
	b->info->bad++;
	if (b->warnings++ < NAMED_WARNINGS)
		bk_diag_add(b->diags, BK_WARNING, name, 0, 0, "record left out: %s", why);
}

static bool is_new(struct build *b, const char *id)
{
	bind_text(b->seen, 1, id);
	step(b, b->seen);
	return sqlite3_changes(b->db) == 1;
}

static bool is_one_word(const char *words)
{
	return *words && !strchr(words, ' ');
}

/* What a distribution's record is about is an alias where it is one thing; of several the record is no other name. */
static char *all_aliases(const struct bk_osv_record *r)
{
	if (!is_one_word(r->upstream))
		return bk_strdup(r->aliases);
	return bk_format("%s%s%s", r->aliases, *r->aliases ? " " : "", r->upstream);
}

static void add_advisory(struct build *b, const struct bk_osv_record *r, sqlite3_int64 n)
{
	BK_FREE char *aliases = all_aliases(r), *words = bk_format("%s %s %s", r->id, r->aliases, r->upstream);
	struct bk_cve known = { 0 };
	sqlite3_stmt *s = b->advisory;
	const char *texts[] = { r->id, aliases, r->summary, r->url, r->vectors, r->severity, r->modified };

	bk_cves_find(&b->cves, words, &known);
	sqlite3_bind_int64(s, 1, n);
	for (int i = 0; i < 7; i++)
		bind_text(s, i + 2, texts[i]);
	sqlite3_bind_int(s, 9, known.exploited);
	sqlite3_bind_double(s, 10, known.epss);
	step(b, s);
	sqlite3_clear_bindings(s);
}

static void add_entries(struct build *b, const struct bk_osv_record *r, sqlite3_int64 n)
{
	for (size_t i = 0; i < r->count && !b->failed; i++) {
		const struct bk_osv_affected *a = &r->affected[i];

		sqlite3_bind_int(b->entry, 1, a->ecosystem);
		bind_text(b->entry, 2, a->name);
		bind_text(b->entry, 3, a->release);
		sqlite3_bind_int64(b->entry, 4, n);
		sqlite3_bind_int64(b->entry, 5, (sqlite3_int64)i);
		sqlite3_bind_blob64(b->entry, 6, a->rule.at, a->rule.len, SQLITE_STATIC);
		step(b, b->entry);
	}
	sqlite3_clear_bindings(b->entry);
}

static void add_record(struct build *b, const struct bk_osv_record *r)
{
	struct bk_database_source *source = &b->info->sources[b->info->source_count - 1];

	source->read++;
	b->info->foreign += r->foreign;
	if (r->withdrawn || !is_new(b, r->id)) {
		*(r->withdrawn ? &b->info->withdrawn : &b->info->duplicates) += 1;
		return;
	}
	if (strcmp(r->modified, source->newest) > 0) {
		free(source->newest);
		source->newest = bk_strdup(r->modified);
	}
	source->records++;
	if (!r->count)
		return;
	add_advisory(b, r, (sqlite3_int64)++b->info->records);
	add_entries(b, r, (sqlite3_int64)b->info->records);
	b->info->packages += r->count;
}

static void take(void *with, const char *name, const char *text, size_t size)
{
	struct build *b = with;
	struct bk_osv_record r;
	char *why = NULL;

	b->info->sources[b->info->source_count - 1].bytes += size;
	if (b->failed)
		return;
	if (!text) {
		warn(b, name, "larger than 8 MiB");
	} else if (bk_osv_parse(text, size, &r, &why)) {
		add_record(b, &r);
		bk_osv_free(&r);
	} else {
		warn(b, name, why);
		free(why);
	}
}

static void progress(void *with, uint64_t done, uint64_t all)
{
	struct build *b = with;

	if (b->options->progress)
		b->options->progress(b->options->with, b->source_name, done, all, b->info->records);
}

static void read_source(struct build *b, size_t i)
{
	const struct bk_osv_source source = { take, progress, b };
	struct bk_database_info *info = b->info;
	const char *path = b->options->sources[i];

	b->source_name = b->options->names ? b->options->names[i] : path;
	b->warnings = 0;
	info->sources = bk_grow(info->sources, &info->source_cap, info->source_count + 1, sizeof *info->sources);
	info->sources[info->source_count++] = (struct bk_database_source){ .name = bk_strdup(b->source_name), .newest = bk_strdup("") };
	if (bk_osv_source_read(path, &source, b->diags) < 0)
		b->failed = true;
	if (b->warnings > NAMED_WARNINGS)
		bk_diag_add(b->diags, BK_WARNING, path, 0, 0, "%u more records left out", b->warnings - NAMED_WARNINGS);
}

/* --- the file --- */

static void open_database(struct build *b)
{
	if (sqlite3_open_v2(b->path, &b->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) != SQLITE_OK)
		fail(b);
	run(b, "PRAGMA page_size = 4096; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;"
	       "PRAGMA temp_store = FILE; PRAGMA cache_size = -16000; PRAGMA temp.cache_size = -16000; BEGIN;"
	       "CREATE TABLE advisory (n INTEGER PRIMARY KEY, id TEXT NOT NULL, aliases TEXT NOT NULL, summary TEXT NOT NULL, url TEXT NOT NULL,"
	       " vector TEXT NOT NULL, severity TEXT NOT NULL, modified TEXT NOT NULL, exploited INTEGER NOT NULL, epss REAL NOT NULL);"
	       "CREATE TABLE affected (ecosystem INTEGER NOT NULL, name TEXT NOT NULL, release TEXT NOT NULL, advisory INTEGER NOT NULL,"
	       " part INTEGER NOT NULL, rule BLOB NOT NULL, PRIMARY KEY (ecosystem, name, release, advisory, part)) WITHOUT ROWID;"
	       "CREATE TABLE covered (ecosystem INTEGER NOT NULL, release TEXT NOT NULL, entries INTEGER NOT NULL, PRIMARY KEY (ecosystem, release)) WITHOUT ROWID;"
	       "CREATE TABLE source (name TEXT NOT NULL, records INTEGER NOT NULL, bytes INTEGER NOT NULL, newest TEXT NOT NULL);"
	       "CREATE TABLE fact (name TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;"
	       "CREATE TEMP TABLE entry (ecosystem, name, release, advisory, part, rule);"
	       "CREATE TEMP TABLE seen (id TEXT PRIMARY KEY) WITHOUT ROWID");
	b->advisory = prepare(b, "INSERT INTO advisory VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
	b->entry = prepare(b, "INSERT INTO temp.entry VALUES (?, ?, ?, ?, ?, ?)");
	b->seen = prepare(b, "INSERT OR IGNORE INTO temp.seen VALUES (?)");
}

static void add_fact(struct build *b, sqlite3_stmt *s, const char *name, sqlite3_int64 value, const char *text)
{
	bind_text(s, 1, name);
	if (text)
		bind_text(s, 2, text);
	else
		sqlite3_bind_int64(s, 2, value);
	step(b, s);
}

static void write_facts(struct build *b)
{
	const struct bk_database_info *i = b->info;
	const struct { const char *name; uint64_t value; } numbers[] = {
		{ "built", (uint64_t)i->built }, { "records", i->records }, { "packages", i->packages }, { "withdrawn", i->withdrawn },
		{ "duplicates", i->duplicates }, { "bad", i->bad }, { "foreign", i->foreign },
	};
	sqlite3_stmt *s = prepare(b, "INSERT INTO fact VALUES (?, ?)");

	for (size_t k = 0; k < sizeof numbers / sizeof *numbers && s; k++)
		add_fact(b, s, numbers[k].name, (sqlite3_int64)numbers[k].value, NULL);
	if (s && i->kev)
		add_fact(b, s, "kev", 0, i->kev);
	if (s && i->epss)
		add_fact(b, s, "epss", 0, i->epss);
	sqlite3_finalize(s);
}

static void write_sources(struct build *b)
{
	sqlite3_stmt *s = prepare(b, "INSERT INTO source VALUES (?, ?, ?, ?)");

	for (size_t i = 0; i < b->info->source_count && s; i++) {
		const struct bk_database_source *one = &b->info->sources[i];

		bind_text(s, 1, one->name);
		sqlite3_bind_int64(s, 2, (sqlite3_int64)one->records);
		sqlite3_bind_int64(s, 3, (sqlite3_int64)one->bytes);
		bind_text(s, 4, one->newest);
		step(b, s);
	}
	sqlite3_finalize(s);
}

static void finish(struct build *b)
{
	BK_FREE char *header = bk_format("PRAGMA application_id = %d; PRAGMA user_version = %d", BK_DATABASE_ID, BK_DATABASE_VERSION);

	run(b, "INSERT INTO affected SELECT * FROM temp.entry ORDER BY ecosystem, name, release, advisory, part;"
	       "INSERT INTO covered SELECT ecosystem, release, count(*) FROM affected GROUP BY ecosystem, release");
	write_facts(b);
	write_sources(b);
	run(b, header);
	/* One row more fits the page where the facts are: the count stays true. */
	run(b, "INSERT INTO fact SELECT 'pages', page_count FROM pragma_page_count; COMMIT");
}

static void close_database(struct build *b)
{
	sqlite3_finalize(b->advisory);
	sqlite3_finalize(b->entry);
	sqlite3_finalize(b->seen);
	if (sqlite3_close(b->db) != SQLITE_OK)
		fail(b);
}

static bool read_catalogues(struct build *b)
{
	bool good = (!b->options->kev || bk_cves_read_kev(&b->cves, b->options->kev, &b->info->kev, b->diags)) &&
		    (!b->options->epss || bk_cves_read_epss(&b->cves, b->options->epss, &b->info->epss, b->diags));

	bk_cves_sort(&b->cves);
	return good;
}

int bk_database_build(const char *path, const struct bk_database_build *options, struct bk_database_info *info, struct bk_diags *d)
{
	struct build b = { .options = options, .info = info, .diags = d, .path = path };

	*info = (struct bk_database_info){ .built = options->now };
	b.failed = !read_catalogues(&b);
	if (!b.failed) {
		open_database(&b);
		for (size_t i = 0; i < options->count && !b.failed; i++)
			read_source(&b, i);
		finish(&b);
		close_database(&b);
	}
	free(b.cves.at);
	return b.failed ? -EIO : 0;
}

void bk_database_info_free(struct bk_database_info *info)
{
	for (size_t i = 0; i < info->source_count; i++) {
		free(info->sources[i].name);
		free(info->sources[i].newest);
	}
	free(info->sources);
	free(info->kev);
	free(info->epss);
	*info = (struct bk_database_info){ 0 };
}
