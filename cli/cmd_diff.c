/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include <string.h>

static const char usage[] =
	"Usage: buckler diff [--wider] [--format text|json] OLD NEW\n"
	"Says what the policy NEW allows that OLD did not, and the reverse. Each may be\n"
	"text or compiled. The order of rules and the form of the text do not count.\n"
	"\n"
	"  --wider              only the changes by which NEW allows more\n"
	"  --format text|json   json: one object on standard output\n"
	"  -h, --help           this text\n"
	"\n"
	"A line begins with + for what NEW has, with - for what only OLD has, and ends\n"
	"with [wider] where NEW allows more by it.\n"
	"Exit status: 0 no change, 1 changes, 2 an error.\n"
	"\n"
	"Example: buckler diff --wider main/policy.yaml policy.yaml || echo review it\n";

static const struct option options[] = {
	{ "wider", no_argument, NULL, 'w' },
	{ "format", required_argument, NULL, 'f' },
	BK_CLI_OPTIONS_END
};

static json_t *change_json(const struct bk_policy_change *c)
{
	json_t *row = json_object();
	const char *section = bk_section_name(c->section);

	json_object_set_new(row, "change", json_string(c->added ? "added" : "removed"));
	if (section)
		json_object_set_new(row, "section", json_string(section));
	json_object_set_new(row, "text", bk_cli_json_text(c->text, strlen(c->text)));
	json_object_set_new(row, "wider", json_boolean(c->widens));
	return row;
}

static void print_change(const struct bk_policy_change *c, bool colour)
{
	const char *section = bk_section_name(c->section);

	fputs(!colour ? "" : c->widens ? "\033[33m" : "\033[32m", stdout);
	printf("%c %s%s", c->added ? '+' : '-', section ? section : "", section ? ": " : "");
	bk_cli_put(stdout, c->text, strlen(c->text));
	printf("%s%s\n", c->widens ? " [wider]" : "", colour ? "\033[0m" : "");
}

static int print_changes(const struct bk_policy_changes *changes, bool wider, bool json)
{
	json_t *list = json_array(), *all = json_object();
	bool colour = bk_cli_colour(stdout);
	size_t shown = 0;
	int r = 0;

	for (size_t i = 0; i < changes->count; i++) {
		if (wider && !changes->at[i].widens)
			continue;
		shown++;
		if (json)
			json_array_append_new(list, change_json(&changes->at[i]));
		else
			print_change(&changes->at[i], colour);
	}
	json_object_set_new(all, "changes", list);
	if (json)
		r = bk_cli_json_print(all);
	else
		json_decref(all);
	return r ? r : shown > 0;
}

static int compare(const char *old_path, const char *new_path, bool wider, bool json)
{
	struct bk_diags d = { 0 };
	struct bk_policy_changes changes = { 0 };
	struct bk_model *older = bk_cli_model(old_path, &d), *newer = bk_cli_model(new_path, &d);
	int status = bk_cli_report(&d);

	if (older && newer && status == 0) {
		bk_policy_diff(older, newer, &changes);
		status = print_changes(&changes, wider, json);
	}
	bk_policy_changes_free(&changes);
	bk_model_free(older);
	bk_model_free(newer);
	bk_diags_free(&d);
	return status;
}

static int run(int argc, char **argv)
{
	bool wider = false, json = false;

	for (int c; (c = bk_cli_option(&bk_cmd_diff, argc, argv, ":hwf:", options)) != -1; )
		if (c == 'w')
			wider = true;
		else
			json = bk_cli_format(&bk_cmd_diff, optarg);
	if (optind + 2 != argc)
		return bk_cli_usage(&bk_cmd_diff, "name two policies, the old and the new", NULL);
	return compare(argv[optind], argv[optind + 1], wider, json);
}

const struct bk_command bk_cmd_diff = { "diff", "what a new policy allows that the old one did not", usage, run };
