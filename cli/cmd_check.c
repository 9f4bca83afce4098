/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

static const char usage[] =
	"Usage: buckler check [--strict] [--format text|json] POLICY...\n"
	"Reads policies, text or compiled, and says what is wrong with them: errors, and\n"
	"rules that are shadowed, contradictory or too broad as warnings.\n"
	"\n"
	"  --strict             warnings count: exit status 1\n"
	"  --format text|json   json: one object on standard output\n"
	"  -h, --help           this text\n"
	"\n"
	"POLICY may be - for standard input. Messages name the file, line and column.\n"
	"Exit status: 0 no errors, 1 warnings with --strict, 2 errors.\n"
	"\n"
	"Example: buckler check --strict policy.yaml\n";

static const struct option options[] = {
	{ "strict", no_argument, NULL, 's' },
	{ "format", required_argument, NULL, 'f' },
	BK_CLI_OPTIONS_END
};

/* What compiling finds beyond the text (sizes, endpoints) is part of the check. */
static void check(const char *path, struct bk_diags *d)
{
	BK_BUF compiled = { 0 };
	struct bk_model *m = bk_cli_model(path, d);

	if (m && bk_policy_compile(m, &compiled, d) == 0)
		bk_policy_lint(path, m, d);
	bk_model_free(m);
}

static size_t warnings_in(const struct bk_diags *d)
{
	size_t n = 0;

	for (size_t i = 0; i < d->count; i++)
		n += d->at[i].severity == BK_WARNING;
	return n;
}

static int print_json(const struct bk_diags *d, size_t files)
{
	json_t *all = json_object();

	json_object_set_new(all, "files", json_integer((json_int_t)files));
	json_object_set_new(all, "errors", json_integer((json_int_t)d->errors));
	json_object_set_new(all, "warnings", json_integer((json_int_t)warnings_in(d)));
	json_object_set_new(all, "diagnostics", bk_cli_json_diags(d));
	return bk_cli_json_print(all);
}

static int print_text(const struct bk_diags *d)
{
	bk_cli_report(d);
	printf("%zu error%s, %zu warning%s\n", d->errors, d->errors == 1 ? "" : "s", warnings_in(d), warnings_in(d) == 1 ? "" : "s");
	return 0;
}

static int run(int argc, char **argv)
{
	struct bk_diags d = { 0 };
	bool strict = false, json = false;

	for (int c; (c = bk_cli_option(&bk_cmd_check, argc, argv, ":hsf:", options)) != -1; )
		if (c == 's')
			strict = true;
		else
			json = bk_cli_format(&bk_cmd_check, optarg);
	if (optind == argc)
		return bk_cli_usage(&bk_cmd_check, "no policy was named", NULL);
	for (int i = optind; i < argc; i++)
		check(argv[i], &d);

	int printed = json ? print_json(&d, (size_t)(argc - optind)) : print_text(&d);
	int status = printed || d.errors ? 2 : strict && warnings_in(&d) ? 1 : 0;
	bk_diags_free(&d);
	return status;
}

const struct bk_command bk_cmd_check = { "check", "find errors, shadowed and too broad rules in a policy", usage, run };
