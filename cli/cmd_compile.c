/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char usage[] =
	"Usage: buckler compile -o OUT POLICY\n"
	"Turns policy text into the form that buckler-init maps. OUT appears whole or not\n"
	"at all; the same text always gives the same bytes.\n"
	"\n"
	"  -o, --output OUT   the file to write; - is standard output\n"
	"  -q, --quiet        no warnings and no digest\n"
	"  -h, --help         this text\n"
	"\n"
	"POLICY may be - for standard input. Warnings are those of `buckler check`. On a\n"
	"terminal the digest, which every event repeats, and the size are shown.\n"
	"Exit status: 0 written, 2 errors (nothing is written).\n"
	"\n"
	"Example: buckler compile policy.yaml -o policy.bkl\n";

static const struct option options[] = {
	{ "output", required_argument, NULL, 'o' },
	{ "quiet", no_argument, NULL, 'q' },
	BK_CLI_OPTIONS_END
};

static bool same_file(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino && S_ISREG(x.st_mode);
}

static void show_digest(const char *out, const struct bk_buf *bytes)
{
	uint8_t digest[32];
	char hex[65];

	bk_policy_digest(bytes->at, bytes->len, digest);
	bk_hex(digest, sizeof digest, hex);
	fprintf(stderr, "%s: %zu bytes, digest %s\n", out, bytes->len, hex);
}

static bool translate(const char *path, bool quiet, struct bk_buf *bytes, struct bk_diags *d)
{
	BK_BUF text = { 0 };
	int r = bk_read_file(path, BK_TEXT_MAX, &text);

	if (r < 0) {
		bk_diag_add(d, BK_ERROR, path, 0, 0, "cannot read the policy: %s", strerror(-r));
		return false;
	}
	if (bk_cli_is_compiled(&text)) {
		bk_diag_add(d, BK_ERROR, path, 0, 0, "this policy is compiled already; `buckler show` turns it back into text");
		return false;
	}

	struct bk_model *m = bk_policy_parse(path, text.at, text.len, d);
	bool good = m && bk_policy_compile(m, bytes, d) == 0 && !d->errors;
	if (good && !quiet)
		bk_policy_lint(path, m, d);
	bk_model_free(m);
	return good;
}

static int compile(const char *path, const char *out, bool quiet)
{
	BK_BUF bytes = { 0 };
	struct bk_diags d = { 0 };
	bool good = translate(path, quiet, &bytes, &d);
	int status = bk_cli_report(&d);

	bk_diags_free(&d);
	if (!good)
		return status ? status : bk_cli_error("%s: cannot be compiled", path);

	int r = bk_write_file(out, bytes.at, bytes.len);
	if (r < 0)
		return bk_cli_error("%s: cannot write: %s", out, strerror(-r));
	if (!quiet && isatty(2))
		show_digest(out, &bytes);
	return 0;
}

static int run(int argc, char **argv)
{
	const char *out = NULL;
	bool quiet = false;

	for (int c; (c = bk_cli_option(&bk_cmd_compile, argc, argv, ":ho:q", options)) != -1; )
		if (c == 'o')
			out = optarg;
		else
			quiet = true;
	if (optind + 1 != argc)
		return bk_cli_usage(&bk_cmd_compile, optind == argc ? "no policy was named" : "one policy at a time, not also",
				    optind == argc ? NULL : argv[optind + 1]);
	if (!out)
		return bk_cli_usage(&bk_cmd_compile, "name the file to write with -o", NULL);
	if (strcmp(out, "-") == 0 && isatty(1))
		return bk_cli_usage(&bk_cmd_compile, "a compiled policy is not written to a terminal; name a file with -o", NULL);
	if (same_file(argv[optind], out))
		return bk_cli_usage(&bk_cmd_compile, "the output would replace its own source:", out);
	return compile(argv[optind], out, quiet);
}

const struct bk_command bk_cmd_compile = { "compile", "turn policy text into the form that buckler-init maps", usage, run };
