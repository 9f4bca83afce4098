/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The advisory database: how long it takes to build and with what memory, and how long a list of packages takes against a large one.
 * Records are made here; real exports in $BUCKLER_OSV (a folder of zips or of .json files) stand beside them.
 */
#include "bench/lib/bench.h"

#include <string.h>
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

static bool is_done(struct bench *b, const char *what, const struct bench_cost *f, int most)
{
	if (f->status >= 0 && WIFEXITED(f->status) && WEXITSTATUS(f->status) <= most)
		return true;
	bench_note(b, "%s failed with status %d", what, f->status);
	return false;
}

static void report(struct bench *b, const char *key, const struct bench_cost *f)
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
	struct bench_cost f = bench_cost(argv, log);

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
	struct bench_cost f = { 0 }, worst = { 0 };

	for (int i = 0; i < rounds; i++) {
		f = bench_cost(argv, log);
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
	BK_FREE char *first = bench_advisories(&b, 0, SMALL, &megabytes), *second = bench_advisories(&b, SMALL, count > SMALL ? count : SMALL, &more);
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
