/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include <string.h>
#include <unistd.h>

static const char usage[] =
	"Usage: buckler show [--digest] [--format text|json] POLICY\n"
	"Prints a compiled policy as canonical text, after its checksum, its digest and\n"
	"every offset in it were verified.\n"
	"\n"
	"  --digest             print only the digest, as events name it\n"
	"  --format text|json   json: the header's facts and every rule\n"
	"  -h, --help           this text\n"
	"\n"
	"POLICY may be - for standard input. A damaged file is named with the reason and\n"
	"the offset of the fault.\n"
	"Exit status: 0 shown, 2 not a sound compiled policy.\n"
	"\n"
	"Example: buckler show /opt/buckler/policy.bkl\n";

static const struct option options[] = {
	{ "digest", no_argument, NULL, 'd' },
	{ "format", required_argument, NULL, 'f' },
	BK_CLI_OPTIONS_END
};

static void hex_of(const struct bk_policy *view, char hex[65])
{
	bk_hex(view->head->digest, 32, hex);
}

static int print_text(const struct bk_policy *view)
{
	BK_BUF text = { 0 };
	struct bk_model *m = bk_policy_decompile(view);

	bk_policy_print(m, &text);
	bk_model_free(m);
	return fwrite(text.at, 1, text.len, stdout) == text.len ? 0 : 2;
}

/* --- JSON --- */

static void set_text(json_t *to, const char *key, const char *text)
{
	if (text)
		json_object_set_new(to, key, bk_cli_json_text(text, strlen(text)));
}

static json_t *args_json(const struct bk_model_rule *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->arg_count; i++)
		json_array_append_new(list, bk_cli_json_text(r->args[i], strlen(r->args[i])));
	return list;
}

static json_t *endpoint_json(const struct bk_endpoint *e)
{
	json_t *to = json_object();
	char hex[33];

	json_object_set_new(to, "family", json_integer(e->family));
	json_object_set_new(to, "port_low", json_integer(e->port_low));
	json_object_set_new(to, "port_high", json_integer(e->port_high));
	if (e->family) {
		bk_hex(e->address, e->family == 2 ? 4 : 16, hex);
		json_object_set_new(to, "address", json_string(hex));
		json_object_set_new(to, "prefix", json_integer(e->prefix));
	}
	return to;
}

static json_t *rule_json(const struct bk_model_rule *r)
{
	json_t *to = json_object();
	char hex[65];

	json_object_set_new(to, "action", json_string(bk_action_name(r->action)));
	set_text(to, "path", r->path);
	if (r->has_args)
		json_object_set_new(to, "args", args_json(r));
	set_text(to, "shell", r->shell);
	set_text(to, "parent", r->parent);
	set_text(to, "applet", r->applet);
	if (r->has_sha256) {
		bk_hex(r->sha256, sizeof r->sha256, hex);
		json_object_set_new(to, "sha256", json_string(hex));
	}
	if (r->has_endpoint)
		json_object_set_new(to, "endpoint", endpoint_json(&r->endpoint));
	if (r->line)
		json_object_set_new(to, "line", json_integer(r->line));
	return to;
}

static json_t *section_json(const struct bk_model *m, enum bk_section section, const struct bk_policy *view)
{
	const struct bk_model_section *s = &m->section[section];
	json_t *to = json_object(), *rules = json_array();

	for (size_t i = 0; i < s->count; i++)
		json_array_append_new(rules, rule_json(&s->rules[i]));
	json_object_set_new(to, "mode", json_string(bk_mode_name(bk_policy_mode(view, section))));
	json_object_set_new(to, "allows_unnamed", json_boolean(s->allows));
	json_object_set_new(to, "rules", rules);
	return to;
}

static int print_json(const struct bk_policy *view)
{
	struct bk_model *m = bk_policy_decompile(view);
	json_t *all = json_object(), *sections = json_object();
	char hex[65];

	hex_of(view, hex);
	json_object_set_new(all, "digest", json_string(hex));
	json_object_set_new(all, "size", json_integer(view->head->size));
	set_text(all, "function", m->function);
	json_object_set_new(all, "unsupported", json_string(m->refuse_unsupported ? "refuse" : "run"));
	if (m->expires)
		json_object_set_new(all, "expires", json_integer((json_int_t)m->expires));
	if (m->has_main)
		json_object_set_new(all, "main", rule_json(&m->main));
	for (int i = 0; i < BK_SECTIONS; i++)
		if (m->section[i].present)
			json_object_set_new(sections, bk_section_name((enum bk_section)i), section_json(m, (enum bk_section)i, view));
	json_object_set_new(all, "sections", sections);
	bk_model_free(m);
	return bk_cli_json_print(all);
}

/* --- the command --- */

static int print_digest(const struct bk_policy *view)
{
	char hex[65];

	hex_of(view, hex);
	return puts(hex) < 0 ? 2 : 0;
}

static bool verified(const char *path, const struct bk_buf *bytes, struct bk_policy *view)
{
	struct bk_diags d = { 0 };
	bool good = bk_cli_verify(path, bytes, view, &d);

	bk_cli_report(&d);
	bk_diags_free(&d);
	return good;
}

static bool load(const char *path, struct bk_buf *bytes, struct bk_policy *view)
{
	int r = bk_read_file(path, BK_POLICY_MAX, bytes);

	if (r < 0)
		bk_cli_error("%s: cannot read: %s", path, strerror(-r));
	else if (!bk_cli_is_compiled(bytes))
		bk_cli_error("%s: not a compiled policy (at offset 0); `buckler check` reads policy text, `buckler compile` compiles it", path);
	else
		return verified(path, bytes, view);
	return false;
}

static int run(int argc, char **argv)
{
	BK_BUF bytes = { 0 };
	struct bk_policy view = { 0 };
	bool digest = false, json = false;

	for (int c; (c = bk_cli_option(&bk_cmd_show, argc, argv, ":hdf:", options)) != -1; )
		if (c == 'd')
			digest = true;
		else
			json = bk_cli_format(&bk_cmd_show, optarg);
	if (optind + 1 != argc)
		return bk_cli_usage(&bk_cmd_show, optind == argc ? "no policy was named" : "one policy at a time, not also",
				    optind == argc ? NULL : argv[optind + 1]);
	if (!load(argv[optind], &bytes, &view))
		return 2;
	return digest ? print_digest(&view) : json ? print_json(&view) : print_text(&view);
}

const struct bk_command bk_cmd_show = { "show", "turn a compiled policy back into text", usage, run };
