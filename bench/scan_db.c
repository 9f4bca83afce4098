/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The advisory database: how long it takes to build and with what memory, and how long a list of packages takes against a large one.
 * Records are made here; real exports in $BUCKLER_OSV (a folder of zips or of .json files) stand beside them.
 */
#include "bench/lib/bench.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char about[] =
	"Usage: build/bench/scan_db [OPTION...]\n"
	"Builds a database of 100,000 advisories and one of --count (500000), and scans a\n"
	"list of 1,000 packages against the larger one. $BUCKLER_OSV names a folder of real\n"
	"exports to stand beside the made ones.\n";

#define SMALL 100000L
#define PACKAGES 1000

/* --- records --- */

static void add_versions(struct bk_buf *out, long i)
{
	bk_buf_text(out, ",\"versions\":[");
	for (long k = 0; k < 40; k++)
		bk_buf_printf(out, "%s\"%ld.%ld.%ld\"", k ? "," : "", i % 3, k / 10, k % 10);
	bk_buf_text(out, "]");
}

/* About as long as the real ones are, 2 to 3 KB, in four ecosystems; a package has three records. */
static void make_record(struct bk_buf *out, long i)
{
	static const char *const ecosystems[] = { "npm", "PyPI", "Maven", "Go" };
	const char *ecosystem = ecosystems[i % 4], *type = i % 4 == 0 || i % 4 == 3 ? "SEMVER" : "ECOSYSTEM";

	out->len = 0;
	bk_buf_printf(out, "{\"schema_version\":\"1.7.0\",\"id\":\"MADE-%ld\",\"modified\":\"2026-%02ld-%02ldT00:00:00Z\",\"published\":\"2025-01-01T00:00:00Z\",", i, i % 12 + 1, i % 28 + 1);
	bk_buf_printf(out, "\"aliases\":[\"CVE-2026-%ld\"],\"summary\":\"Something in package %ld goes wrong when it is asked for it\",\"details\":\"", 10000 + i, i / 12);
	for (int k = 0; k < 16; k++)
		bk_buf_printf(out, "Paragraph %d of record %ld tells at some length what happens, to whom, and since when.\\n\\n", k, i);
	bk_buf_printf(out, "\",\"severity\":[{\"type\":\"CVSS_V3\",\"score\":\"CVSS:3.1/AV:N/AC:L/PR:%c/UI:N/S:U/C:H/I:H/A:%c\"}],", "NLH"[i % 3], "NLH"[i / 3 % 3]);
	bk_buf_printf(out, "\"affected\":[{\"package\":{\"ecosystem\":\"%s\",\"name\":\"%spackage-%ld\"},\"ranges\":[{\"type\":\"%s\",\"events\":[{\"introduced\":\"%ld.0.0\"},{\"fixed\":\"%ld.%ld.0\"}]}]",
		      ecosystem, i % 4 == 2 ? "org.made:" : i % 4 == 3 ? "example.com/" : "", i / 12, type, i % 3, i % 3 + 1, i % 7);
	if (i % 4 == 1 || i % 4 == 2)
		add_versions(out, i);
	bk_buf_text(out, "}],\"references\":[");
	for (int k = 0; k < 5; k++)
		bk_buf_printf(out, "%s{\"type\":\"%s\",\"url\":\"https://example.com/%ld/%d\"}", k ? "," : "", k ? "WEB" : "ADVISORY", i, k);
	bk_buf_text(out, "]}");
}

static void add_entry(struct archive *zip, const struct bk_buf *text, long i)
{
	struct archive_entry *entry = archive_entry_new();
	BK_FREE char *name = bk_format("MADE-%ld.json", i);

	archive_entry_set_pathname(entry, name);
	archive_entry_set_size(entry, (la_int64_t)text->len);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0644);
	archive_write_header(zip, entry);
	archive_write_data(zip, text->at, text->len);
	archive_entry_free(entry);
}

static char *make_zip(const struct bench *b, long from, long to, double *megabytes)
{
	char *path = bk_format("%s/%ld.zip", b->tmp, from);
	struct archive *zip = archive_write_new();
	BK_BUF text = { 0 };
	bool good;

	archive_write_set_format_zip(zip);
	archive_write_set_options(zip, "zip:compression-level=1");
	good = archive_write_open_filename(zip, path) == ARCHIVE_OK;
	for (long i = from; i < to && good; i++) {
		make_record(&text, i);
		add_entry(zip, &text, i);
		*megabytes += (double)text.len / 1e6;
	}
	good = archive_write_close(zip) == ARCHIVE_OK && good;
	archive_write_free(zip);
	if (good)
		return path;
	free(path);
	return NULL;
}

static char *make_list(const struct bench *b, long count)
{
	char *path = bk_format("%s/list.json", b->tmp);
	BK_BUF text = { 0 };

	bk_buf_text(&text, "{\"bomFormat\": \"CycloneDX\", \"specVersion\": \"1.6\", \"components\": [");
	for (long i = 0; i < PACKAGES; i++)	/* three in four have advisories, one in ten is old enough for one */
		bk_buf_printf(&text, "%s\n{\"type\": \"library\", \"name\": \"x\", \"purl\": \"pkg:npm/%s-%ld@%s\"}", i ? "," : "", i % 4 ? "package" : "other",
			      i * (count / 12 / PACKAGES), i % 10 ? "9.9.9" : "1.0.1");
	bk_buf_text(&text, "]}\n");
	if (bk_write_file(path, text.at, text.len) == 0)
		return path;
	free(path);
	return NULL;
}

/* --- measuring --- */

struct figure {
	double seconds, megabytes;
	int status;
};

static struct figure measure(char *const *argv, const char *log)
{
	struct figure f = { 0, 0, -1 };
	struct rusage use;
	double start = bench_now();
	pid_t pid = fork();

	if (pid == 0) {
		int fd = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0644);

		dup2(fd, 1);
		dup2(fd, 2);
		execv(argv[0], argv);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &f.status, 0, &use) < 0)
		return f;
	f.seconds = (bench_now() - start) / 1e9;
	f.megabytes = (double)use.ru_maxrss / 1024;
	return f;
}

static bool is_done(struct bench *b, const char *what, const struct figure *f, int most)
{
	if (f->status >= 0 && WIFEXITED(f->status) && WEXITSTATUS(f->status) <= most)
		return true;
	bench_note(b, "%s failed with status %d", what, f->status);
	return false;
}

static void report(struct bench *b, const char *key, const struct figure *f)
{
	bench_row(b, key, "buckler", "time", f->seconds, "s");
	bench_row(b, key, "buckler", "peak", f->megabytes, "MB");
}

static bool build(struct bench *b, const char *key, const char *database, char *first, char *second)
{
	BK_FREE char *program = bench_built(b, "buckler"), *log = bk_format("%s/log", b->tmp);
	char *real = getenv("BUCKLER_OSV"), *argv[10] = { program, "db", "build", "-o", (char *)database };
	int n = 5;
	struct stat st;

	argv[n++] = first;
	if (second)
		argv[n++] = second;
	if (real && stat(real, &st) == 0)
		argv[n++] = real;
	struct figure f = measure(argv, log);

	if (!is_done(b, key, &f, 0))
		return false;
	report(b, key, &f);
	if (stat(database, &st) == 0)
		bench_row(b, key, "buckler", "file", (double)st.st_size / 1e6, "MB");
	return true;
}

static void scan(struct bench *b, const char *database, char *list)
{
	BK_FREE char *program = bench_built(b, "buckler"), *log = bk_format("%s/log", b->tmp);
	char *argv[] = { program, "scan", "--db", (char *)database, list, NULL };
	int rounds = bench_rounds(b, 31, 5);
	BK_FREE double *seconds = bk_alloc((size_t)rounds * sizeof *seconds);
	struct figure f = { 0 }, worst = { 0 };

	for (int i = 0; i < rounds; i++) {
		f = measure(argv, log);
		if (!is_done(b, "match", &f, 1))
			return;
		seconds[i] = f.seconds;
		worst.megabytes = f.megabytes > worst.megabytes ? f.megabytes : worst.megabytes;
	}
	if (WEXITSTATUS(f.status) != 1)
		bench_note(b, "the list has no finding: the figures say nothing");
	worst.seconds = bench_median(seconds, (size_t)rounds);
	report(b, "match", &worst);
}

int main(int argc, char **argv)
{
	struct bench b;
	double megabytes = 0, more = 0;

	bench_begin(&b, "scan_db", about, argc, argv);
	long count = b.count ? b.count : b.quick ? SMALL + 20000 : 500000;
	BK_FREE char *first = make_zip(&b, 0, SMALL, &megabytes), *second = make_zip(&b, SMALL, count > SMALL ? count : SMALL, &more);
	BK_FREE char *list = make_list(&b, count), *small = bk_format("%s/small.db", b.tmp), *large = bk_format("%s/large.db", b.tmp);

	if (!first || !second || !list)
		bench_note(&b, "the records cannot be written to %s", b.tmp);
	else if (build(&b, "build-100k", small, first, NULL)) {
		bench_row(&b, "build-100k", "buckler", "input", megabytes, "MB");
		if (build(&b, "build-large", large, first, second))
			scan(&b, large, list);
		bench_row(&b, "match", "buckler", "advisories", (double)count, "");
	}
	return bench_end(&b);
}
