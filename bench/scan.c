/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of packages of a large npm tree: as a folder, as a zip without compression and as one with it (what is between the two is what
 * unpacking costs), and beside what npm and cyclonedx-npm take for theirs.  The tree is made by npm from a fixed list of packages as
 * they were on a fixed day; the two lists must be equal.
 */
#include "bench/lib/bench.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char about[] =
	"Usage: build/bench/scan [OPTION...]\n"
	"Makes a tree of about 650 npm packages and lists what is in it. $BUCKLER_NPM_TREE\n"
	"names a folder with such a tree, and its lock, to be used instead; $BUCKLER_DB an\n"
	"advisory database to match the list against, instead of one of --count (500000)\n"
	"made advisories; $BUCKLER_OSV real exports to stand beside them.\n";

/* npm takes the newest versions of that day for what these depend on. */
static const char manifest[] =
	"{\"name\": \"tree\", \"version\": \"1.0.0\", \"private\": true, \"dependencies\": {"
	"\"express\": \"4.21.2\", \"lodash\": \"4.17.21\", \"axios\": \"1.7.9\", \"moment\": \"2.30.1\", \"webpack\": \"5.97.1\", \"typescript\": \"5.7.2\", "
	"\"eslint\": \"8.57.1\", \"jest\": \"29.7.0\", \"@babel/core\": \"7.26.0\", \"@babel/preset-env\": \"7.26.0\", \"react\": \"18.3.1\", "
	"\"react-dom\": \"18.3.1\", \"aws-sdk\": \"2.1692.0\", \"mongoose\": \"8.9.2\", \"sequelize\": \"6.37.5\", \"esbuild\": \"0.24.2\", "
	"\"sharp\": \"0.33.5\", \"pg\": \"8.13.1\", \"mysql2\": \"3.12.0\", \"uuid\": \"11.0.3\"}}\n";

static const char install[] =
	"cd \"$1\" && exec npm install --before=2026-01-01 --ignore-scripts --no-audit --no-fund --cache \"$1/../cache\"";
static const char make_zips[] =
	"import os, sys, zipfile\n"
	"tree, stored, packed = sys.argv[1:]\n"
	"a, b = zipfile.ZipFile(stored, 'w', zipfile.ZIP_STORED), zipfile.ZipFile(packed, 'w', zipfile.ZIP_DEFLATED, compresslevel=6)\n"
	"for folder, folders, files in os.walk(tree):\n"
	"    folders.sort()\n"
	"    for name in sorted(files):\n"
	"        path = os.path.join(folder, name)\n"
	"        if not os.path.islink(path):\n"
	"            for z in a, b: z.write(path, os.path.relpath(path, tree))\n"
	"a.close(); b.close()\n";
static const char compare[] =
	"import json, sys\n"
	"lists = [{c['purl'].lower() for c in json.load(open(p))['components']\n"
	"          if not any(q['name'] == 'buckler:evidence' and q['value'] != 'installed' for q in c.get('properties', []))\n"
	"          and c.get('purl', '').startswith('pkg:npm/')} for p in sys.argv[1:3]]\n"
	"print(len(lists[0]), len(lists[0] ^ lists[1]), file=sys.stderr)\n";
static const char count_files[] =
	"import os, sys\n"
	"files = [os.path.join(d, n) for d, _, names in os.walk(sys.argv[1]) for n in names]\n"
	"print(len(files), sum(os.lstat(f).st_size for f in files) / 1e6, file=sys.stderr)\n";

/* --- the tree --- */

static bool run(struct bench *b, const char *what, char *const *argv, const char *out)
{
	int status = bench_run(argv, out);

	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return true;
	bench_note(b, "%s failed", what);
	return false;
}

static char *make_tree(struct bench *b)
{
	const char *given = getenv("BUCKLER_NPM_TREE");
	char *tree = given ? bk_strdup(given) : bk_format("%s/tree", b->tmp);
	BK_FREE char *path = bk_format("%s/package.json", tree), *log = bk_format("%s/npm.log", b->tmp);
	char *argv[] = { "/bin/sh", "-c", (char *)install, "sh", tree, NULL };

	if (given || (mkdir(tree, 0755) == 0 && bk_write_file(path, manifest, sizeof manifest - 1) == 0 && run(b, "npm install", argv, log)))
		return tree;
	free(tree);
	return NULL;
}

/* Two numbers that a Python program prints on stderr, which is what bench_run() keeps. */
static bool numbers(struct bench *b, const char *program, const char *first, const char *second, double out[2])
{
	BK_FREE char *log = bk_format("%s/numbers", b->tmp);
	char *argv[] = { "/usr/bin/python3", "-c", (char *)program, (char *)first, (char *)second, NULL };
	unlink(log);
	BK_FILE *f = run(b, "python3", argv, log) ? fopen(log, "re") : NULL;

	return f && fscanf(f, "%lf %lf", &out[0], &out[1]) == 2;
}

/* --- measuring --- */

static struct bench_cost measure(struct bench *b, const char *what, char *const *argv, const char *out)
{
	struct bench_cost c = bench_cost(argv, out);

	if (c.status < 0 || !WIFEXITED(c.status) || WEXITSTATUS(c.status) > 1)
		bench_note(b, "%s failed with status %d", what, c.status);
	return c;
}

struct contender {
	const char *key;
	char *argv[8];
	double *seconds;
	double megabytes;
};

/* Interleaved, so that what else the machine does falls on all of them. */
static void measure_all(struct bench *b, struct contender *list, size_t count, int rounds)
{
	BK_FREE char *out = bk_format("%s/out", b->tmp);

	for (size_t i = 0; i < count; i++)
		list[i].seconds = bk_alloc((size_t)rounds * sizeof(double));
	for (int k = 0; k < rounds; k++)
		for (size_t i = 0; i < count; i++) {
			struct bench_cost f = measure(b, list[i].key, list[i].argv, out);

			list[i].seconds[k] = f.seconds;
			list[i].megabytes = f.megabytes > list[i].megabytes ? f.megabytes : list[i].megabytes;
		}
}

static double ratio(const double *a, const double *c, int rounds)
{
	BK_FREE double *r = bk_alloc((size_t)rounds * sizeof *r);

	for (int i = 0; i < rounds; i++)
		r[i] = a[i] / c[i];
	return bench_median(r, (size_t)rounds);
}

static char *make_database(struct bench *b)
{
	const char *given = getenv("BUCKLER_DB");
	char *database = given ? bk_strdup(given) : bk_format("%s/advisories.db", b->tmp), *real = getenv("BUCKLER_OSV");
	long count = b->count ? b->count : b->quick ? 20000 : 500000;
	double megabytes = 0;
	BK_FREE char *zip = given ? NULL : bench_advisories(b, 0, count, &megabytes), *program = bench_built(b, "buckler");
	char *argv[] = { program, "db", "build", "-o", database, zip, real, NULL };

	if (given || (zip && run(b, "buckler db build", argv, NULL)))
		return database;
	free(database);
	return NULL;
}

static void own_figures(struct bench *b, char *tree, char *stored, char *packed)
{
	BK_FREE char *program = bench_built(b, "buckler"), *database = make_database(b);
	struct contender list[] = {
		{ "list/folder", { program, "scan", "--list", tree } }, { "list/zip-stored", { program, "scan", "--list", stored } },
		{ "list/zip", { program, "scan", "--list", packed } }, { "list+match", { program, "scan", "--db", database, tree } },
	};
	int rounds = bench_rounds(b, 21, 5);
	size_t count = database ? 4 : 3;

	measure_all(b, list, count, rounds);
	bench_row(b, "list/zip-stored", "buckler", "ratio", ratio(list[1].seconds, list[0].seconds, rounds), "x");
	bench_row(b, "list/zip", "buckler", "ratio", ratio(list[2].seconds, list[0].seconds, rounds), "x");
	for (size_t i = 0; i < count; i++) {
		bench_row(b, list[i].key, "buckler", "time", bench_median(list[i].seconds, (size_t)rounds), "s");
		bench_row(b, list[i].key, "buckler", "peak", list[i].megabytes, "MB");
		free(list[i].seconds);
	}
}

static const char npm_sbom[] = "cd \"$1\" && exec npm sbom --sbom-format cyclonedx --cache \"$2/cache\"";
static const char cyclonedx[] = "cd \"$1\" && exec \"$2/tools/node_modules/.bin/cyclonedx-npm\" --output-format JSON";
static const char get_cyclonedx[] =
	"mkdir \"$2/tools\" && cd \"$2/tools\" && exec npm install --prefix \"$2/tools\" --no-audit --no-fund --ignore-scripts --cache \"$2/cache\" @cyclonedx/cyclonedx-npm@4.0.0";

static void peer_figures(struct bench *b, char *tree)
{
	BK_FREE char *theirs = bk_format("%s/npm.json", b->tmp), *ours = bk_format("%s/buckler.json", b->tmp), *program = bench_built(b, "buckler");
	BK_FREE char *log = bk_format("%s/peer", b->tmp);
	char *npm[] = { "/bin/sh", "-c", (char *)npm_sbom, "sh", tree, b->tmp, NULL };
	char *get[] = { "/bin/sh", "-c", (char *)get_cyclonedx, "sh", tree, b->tmp, NULL };
	char *peer[] = { "/bin/sh", "-c", (char *)cyclonedx, "sh", tree, b->tmp, NULL };
	char *own[] = { program, "scan", "--list", "--format", "cyclonedx", tree, NULL };
	struct bench_cost f = measure(b, "npm sbom", npm, theirs);
	double both[2];

	bench_row(b, "list/folder", "npm sbom", "time", f.seconds, "s");
	bench_row(b, "list/folder", "npm sbom", "peak", f.megabytes, "MB");
	measure(b, "buckler scan", own, ours);
	if (numbers(b, compare, theirs, ours, both)) {
		bench_row(b, "list/folder", "npm sbom", "packages", both[0], "");
		bench_row(b, "list/folder", "buckler", "differences", both[1], "");
	}
	if (!run(b, "the installation of cyclonedx-npm", get, log))
		return;
	f = measure(b, "cyclonedx-npm", peer, log);
	bench_row(b, "list/folder", "cyclonedx-npm", "time", f.seconds, "s");
	bench_row(b, "list/folder", "cyclonedx-npm", "peak", f.megabytes, "MB");
}

int main(int argc, char **argv)
{
	struct bench b;
	double size[2];

	bench_begin(&b, "scan", about, argc, argv);
	BK_FREE char *tree = make_tree(&b), *stored = bk_format("%s/stored.zip", b.tmp), *packed = bk_format("%s/packed.zip", b.tmp);
	char *zip[] = { "/usr/bin/python3", "-c", (char *)make_zips, tree, stored, packed, NULL };

	if (tree && numbers(&b, count_files, tree, NULL, size) && run(&b, "the zips", zip, NULL)) {
		bench_row(&b, "list/folder", "tree", "files", size[0], "");
		bench_row(&b, "list/folder", "tree", "size", size[1], "MB");
		own_figures(&b, tree, stored, packed);
		peer_figures(&b, tree);
	}
	return bench_end(&b);
}
