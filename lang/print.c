/* SPDX-License-Identifier: Apache-2.0 */
/* Model to canonical text: keys in one order, defaults left out, every string quoted where plain YAML would read it otherwise. */
#include <arpa/inet.h>
#include <string.h>
#include <time.h>
#include "core/network.h"
#include "lang/policy_model.h"
#include "lang/quote.h"

static void put_entry(struct bk_buf *out, bool *first, const char *key)
{
	bk_buf_printf(out, "%s%s: ", *first ? "" : "      ", key);
	*first = false;
}

static void put_text_entry(struct bk_buf *out, bool *first, const char *key, const char *value)
{
	if (!value)
		return;
	put_entry(out, first, key);
	bk_quote(out, value);
	bk_buf_text(out, "\n");
}

static void put_endpoint(struct bk_buf *out, bool *first, const struct bk_model_rule *r)
{
	const struct bk_endpoint *e = &r->endpoint;
	char host[BK_ADDRESS_TEXT];

	if (e->family == AF_INET || e->family == AF_INET6) {
		unsigned bits = e->family == AF_INET ? 32 : 128;

		inet_ntop(e->family, e->address, host, sizeof host);
		put_entry(out, first, "address");
		bk_buf_printf(out, e->prefix == bits ? "\"%s\"\n" : "\"%s/%u\"\n", host, e->prefix);
	}
	if (e->family && e->family != AF_INET && e->family != AF_INET6 && e->family != AF_UNIX) {
		bk_address_text(e, host);
		put_entry(out, first, "family");
		bk_buf_printf(out, "%s\n", host);
	}
	if (e->port_low == 0 && e->port_high == 65535)
		return;
	put_entry(out, first, "port");
	bk_buf_printf(out, e->port_low == e->port_high ? "%u\n" : "%u-%u\n", e->port_low, e->port_high);
}

static bool only_path(const struct bk_model_rule *r, enum bk_action action)
{
	return r->path && !r->has_args && !r->shell && !r->parent && !r->applet && !r->has_sha256 && !r->has_endpoint && r->action == action;
}

static const char *path_key(const struct bk_model_rule *r, enum bk_section section)
{
	if (section == BK_ENVIRONMENT)
		return "name";
	if (section == BK_CONNECT || section == BK_LISTEN)
		return r->endpoint.family == AF_UNIX ? "unix" : "domain";
	return "path";
}

static void put_args(struct bk_buf *out, bool *first, const struct bk_model_rule *r)
{
	put_entry(out, first, "args");
	bk_buf_text(out, "[");
	for (size_t i = 0; i < r->arg_count; i++) {
		bk_buf_text(out, i ? ", " : "");
		bk_quote(out, r->args[i]);
	}
	bk_buf_text(out, "]\n");
}

static void put_rule(struct bk_buf *out, const struct bk_model_rule *r, enum bk_section section, enum bk_action action)
{
	char hex[65];
	bool first = true;

	bk_quote_comment(out, r->comment, "    ");
	bk_buf_text(out, "    - ");
	if (only_path(r, action) && section != BK_CONNECT && section != BK_LISTEN) {
		bk_quote(out, r->path);
		bk_buf_text(out, "\n");
		return;
	}
	put_text_entry(out, &first, path_key(r, section), r->path);
	if (r->has_endpoint)
		put_endpoint(out, &first, r);
	if (first)
		put_text_entry(out, &first, "port", "0-65535");
	if (r->has_sha256) {
		bk_hex(r->sha256, 32, hex);
		put_entry(out, &first, "sha256");
		bk_buf_printf(out, "\"%s\"\n", hex);
	}
	if (r->has_args)
		put_args(out, &first, r);
	put_text_entry(out, &first, "shell", r->shell);
	put_text_entry(out, &first, "applet", r->applet);
	put_text_entry(out, &first, "parent", r->parent);
	if (r->action != action)
		put_text_entry(out, &first, "action", bk_action_name(r->action));
}

/* Which list a rule stands in: where a section has no list of what it allows, an exception from what it forbids says so itself. */
static bool stands_in(const struct bk_model_section *s, const struct bk_model_rule *r, enum bk_action list)
{
	return list == (s->allows && r->action == BK_ALLOW ? BK_DENY : r->action);
}

static void put_list(struct bk_buf *out, const struct bk_model_section *s, enum bk_section section, const char *key, enum bk_action action)
{
	bool any = false;

	for (size_t i = 0; i < s->count; i++)
		any |= stands_in(s, &s->rules[i], action);
	if (!any && action != (s->allows ? BK_DENY : BK_ALLOW))
		return;			/* an empty list is written once: it is what makes the section be there */
	bk_buf_printf(out, any ? "  %s:\n" : "  %s: []\n", key);
	for (size_t i = 0; i < s->count; i++)
		if (stands_in(s, &s->rules[i], action))
			put_rule(out, &s->rules[i], section, action);
}

static void put_section(struct bk_buf *out, const struct bk_model_section *s, enum bk_section section, const char *name)
{
	bk_quote_comment(out, s->comment, "");
	if (s->allows && section != BK_READ)
		bk_quote_comment(out, "What no rule names is allowed: only a compiled policy can say that here.", "");
	bk_buf_printf(out, "%s:\n", name);
	if (s->has_mode)
		bk_buf_printf(out, "  mode: %s\n", bk_mode_name(s->mode));
	put_list(out, s, section, "allow", BK_ALLOW);
	put_list(out, s, section, "deny", BK_DENY);
	put_list(out, s, section, "kill", BK_KILL);
}

static void put_code(struct bk_buf *out, const struct bk_model_section *s)
{
	const char *value = s->allows ? "allow" : "deny";

	bk_quote_comment(out, s->comment, "");
	if (s->has_mode)
		bk_buf_printf(out, "generated_code: {mode: %s, default: %s}\n", bk_mode_name(s->mode), value);
	else
		bk_buf_printf(out, "generated_code: %s\n", value);
}

static void indent(struct bk_buf *out, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n") + 1;

		bk_buf_printf(out, "  %.*s", (int)n, text);
		text += n;
	}
}

struct part { enum bk_section section; const char *name; };

static void put_group(struct bk_buf *out, const struct bk_model *m, const char *group, const struct part *parts, size_t count)
{
	BK_BUF body = { 0 };

	for (size_t i = 0; i < count; i++)
		if (m->section[parts[i].section].present)
			put_section(&body, &m->section[parts[i].section], parts[i].section, parts[i].name);
	if (!body.len)
		return;
	bk_buf_printf(out, "%s:\n", group);
	indent(out, body.at);
}

static void put_top(struct bk_buf *out, const char *key, const char *value)
{
	if (!value)
		return;
	bk_buf_printf(out, "%s: ", key);
	bk_quote(out, value);
	bk_buf_text(out, "\n");
}

static void put_expires(struct bk_buf *out, uint64_t expires)
{
	time_t t = (time_t)expires;
	char date[32];
	struct tm day;

	if (expires && gmtime_r(&t, &day) && strftime(date, sizeof date, "%Y-%m-%d", &day))
		bk_buf_printf(out, "expires: %s\n", date);
}

static void put_main(struct bk_buf *out, const struct bk_model_rule *r)
{
	char hex[65];

	bk_quote_comment(out, r->comment, "");
	if (!r->has_sha256) {
		put_top(out, "main", r->path ? r->path : "");
		return;
	}
	bk_hex(r->sha256, 32, hex);
	bk_buf_text(out, "main:\n");
	put_top(out, "  path", r->path ? r->path : "");
	bk_buf_printf(out, "  sha256: \"%s\"\n", hex);
}

static void put_if_present(struct bk_buf *out, const struct bk_model *m, enum bk_section section)
{
	const struct bk_model_section *s = &m->section[section];

	if (s->present && section == BK_GENERATED_CODE)
		put_code(out, s);
	else if (s->present)
		put_section(out, s, section, bk_section_name(section));
}

void bk_policy_print(const struct bk_model *m, struct bk_buf *out)
{
	static const struct part network[] = { { BK_CONNECT, "connect" }, { BK_LISTEN, "listen" } };
	static const struct part files[] = { { BK_WRITE, "write" }, { BK_READ, "read" }, { BK_PLANT, "code" } };

	bk_quote_comment(out, m->comment, "");
	bk_buf_text(out, "version: 1\n");
	put_top(out, "function", m->function);
	put_top(out, "mode", bk_mode_name(m->mode));
	if (m->refuse_unsupported)
		put_top(out, "unsupported", "refuse");
	put_expires(out, m->expires);
	if (m->has_main)
		put_main(out, &m->main);
	put_if_present(out, m, BK_PROCESSES);
	put_if_present(out, m, BK_LIBRARIES);
	put_if_present(out, m, BK_GENERATED_CODE);
	put_if_present(out, m, BK_ENVIRONMENT);
	put_group(out, m, "network", network, sizeof network / sizeof *network);
	put_group(out, m, "files", files, sizeof files / sizeof *files);
}
