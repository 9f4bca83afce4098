/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "chart/chart.h"
#include "cli/cli.h"

static const char usage[] =
	"Usage: buckler gate-table [-q] [-o FILE] ELF|DIRECTORY...\n"
	"Finds the system call instructions of programs and libraries for x86-64, and\n"
	"makes the table by which the in-process gate routes them: for what it cannot\n"
	"read itself (musl, static programs, Go), and so that the rest starts faster.\n"
	"\n"
	"  -o, --output FILE  write the table; - for standard output\n"
	"  -q, --quiet        print nothing but errors\n"
	"  -h, --help         this text\n"
	"\n"
	"Each object is a line: its sites, those that no jump fits, and pairs of bytes of\n"
	"which nobody can say whether they are instructions. In directories only objects\n"
	"for x86-64 are looked at. Put FILE beside buckler-gate.so as sites.bkt:\n"
	"`buckler wrap` does not do so yet.\n"
	"Exit status: 0 done, 1 something is not covered, 2 a file cannot be read.\n"
	"\n"
	"Example: buckler gate-table -o sites.bkt /lib/ld-musl-x86_64.so.1 bootstrap\n";

static const struct option options[] = {
	{ "output", required_argument, NULL, 'o' },
	{ "quiet", no_argument, NULL, 'q' },
	BK_CLI_OPTIONS_END
};

struct run {
	struct bk_tables tables;
	bool quiet, gaps;
	int status;
};

static void print(const struct bk_charted *what, const char *path)
{
	bk_cli_put(stdout, path, strlen(path));
	printf(": %u site%s", what->sites, what->sites == 1 ? "" : "s");
	if (what->unroutable)
		printf(", %u that no jump fits", what->unroutable);
	if (what->uncovered)
		printf(", %u not covered", what->uncovered);
	putchar('\n');
}

static const char *reason(int error)
{
	switch (error) {
	case -ENOEXEC:   return "not a program or library for x86-64";
	case -EINVAL:    return "its headers contradict each other";
	case -EOVERFLOW: return "its addresses are too large";
	default:         return strerror(-error);
	}
}

static void add_bytes(struct run *r, const char *path, const void *file, size_t size, bool named)
{
	struct bk_charted what;
	int error = bk_tables_add(&r->tables, file, size, &what);

	if (error == -ENOEXEC && !named)
		return;
	if (error < 0) {
		r->status = bk_cli_error("%s: %s", path, reason(error));
		return;
	}
	r->gaps |= what.uncovered || what.unroutable;
	if (error && !r->quiet)
		print(&what, path);
}

/* Mapped, since only what is looked at needs to be read. */
static void add_file(struct run *r, const char *path, bool named)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	void *at = MAP_FAILED;

	if (fd < 0 || fstat(fd, &st) < 0) {
		r->status = bk_cli_error("%s: %s", path, strerror(errno));
	} else if (!S_ISREG(st.st_mode) || st.st_size > BK_CHART_FILE || !st.st_size) {
		if (named)
			r->status = bk_cli_error("%s: %s", path, st.st_size > BK_CHART_FILE ? "too large" : "not a program or library for x86-64");
	} else if ((at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0)) == MAP_FAILED) {
		r->status = bk_cli_error("%s: %s", path, strerror(errno));
	} else {
		add_bytes(r, path, at, (size_t)st.st_size, named);
		munmap(at, (size_t)st.st_size);
	}
	if (fd >= 0)
		close(fd);
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static void add_tree(struct run *r, char *path)
{
	FTS *tree = fts_open((char *[]){ path, NULL }, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, by_name);
	const FTSENT *e;

	while (tree && (e = fts_read(tree)) != NULL)
		if (e->fts_info == FTS_F)
			add_file(r, e->fts_path, e->fts_level == 0);
		else if (e->fts_info == FTS_ERR || e->fts_info == FTS_DNR || e->fts_info == FTS_NS)
			r->status = bk_cli_error("%s: %s", e->fts_path, strerror(e->fts_errno));
	if (tree)
		fts_close(tree);
}

static int write_table(const struct run *r, const char *path)
{
	BK_BUF bytes = { 0 };
	int error;

	bk_tables_write(&r->tables, &bytes);
	error = bk_write_file(path, bytes.at, bytes.len);
	return error ? bk_cli_error("%s: %s", path, strerror(-error)) : 0;
}

static int run(int argc, char **argv)
{
	const char *output = NULL;
	struct run r = { 0 };
	int c;

	while ((c = bk_cli_option(&bk_cmd_gate_table, argc, argv, ":o:qh", options)) != -1)
		if (c == 'o')
			output = optarg;
		else
			r.quiet = true;
	if (optind == argc)
		return bk_cli_usage(&bk_cmd_gate_table, "a file or a directory is missing", NULL);
	r.quiet |= output && strcmp(output, "-") == 0;
	for (; optind < argc; optind++)
		add_tree(&r, argv[optind]);
	if (output && !r.status)
		r.status = write_table(&r, output);
	bk_tables_free(&r.tables);
	return r.status ? r.status : r.gaps;
}

const struct bk_command bk_cmd_gate_table = { "gate-table", "tables of system calls for the in-process gate", usage, run };
