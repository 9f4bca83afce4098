/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/objects.h"

static const char usage[] =
	"Usage: buckler gate-table [-q] [-o FILE] ELF|DIRECTORY...\n"
	"Finds the system call instructions of programs and libraries for x86-64, and\n"
	"makes the table by which the in-process gate routes them: for what it cannot\n"
	"read itself (musl, and what is linked statically with it), and so that the rest\n"
	"starts faster.\n"
	"\n"
	"  -o, --output FILE  write the table; - for standard output\n"
	"  -q, --quiet        print nothing but errors\n"
	"  -h, --help         this text\n"
	"\n"
	"Each object is a line: its sites, those that no jump fits, and pairs of bytes of\n"
	"which nobody can say whether they are instructions. In directories only objects\n"
	"for x86-64 are looked at. FILE is used beside buckler-gate.so as\n"
	"sites.bkt; `buckler wrap` makes that of what it wraps by itself.\n"
	"Exit status: 0 done, 1 something is not covered, 2 a file cannot be read.\n"
	"\n"
	"Example: buckler gate-table -o sites.bkt /lib/ld-musl-x86_64.so.1 bootstrap\n";

static const struct option options[] = {
	{ "output", required_argument, NULL, 'o' },
	{ "quiet", no_argument, NULL, 'q' },
	BK_CLI_OPTIONS_END
};

struct run {
	struct bk_objects objects;	/* first: note() is given that */
	bool quiet, gaps;
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

static void note(struct bk_objects *objects, const struct bk_charted *what, const char *path)
{
	struct run *r = (struct run *)objects;

	r->gaps |= what->uncovered || what->unroutable;
	if (!r->quiet)
		print(what, path);
}

static int write_table(const struct run *r, const char *path)
{
	BK_BUF bytes = { 0 };
	int error;

	bk_tables_write(&r->objects.tables, &bytes);
	error = bk_write_file(path, bytes.at, bytes.len);
	return error ? bk_cli_error("%s: %s", path, strerror(-error)) : 0;
}

static int run(int argc, char **argv)
{
	const char *output = NULL;
	struct run r = { .objects.tell = note };
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
		bk_objects_add(&r.objects, argv[optind]);
	if (output && !r.objects.status)
		r.objects.status = write_table(&r, output);
	bk_tables_free(&r.objects.tables);
	return r.objects.status ? r.objects.status : r.gaps;
}

const struct bk_command bk_cmd_gate_table = { "gate-table", "tables of system calls for the in-process gate", usage, run };
