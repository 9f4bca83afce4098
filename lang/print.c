/* SPDX-License-Identifier: Apache-2.0 */
/* Model to canonical text: keys in one order, defaults left out, every string quoted where plain YAML would read it otherwise. */
#include <arpa/inet.h>
#include <string.h>
#include <time.h>
#include "lang/policy_model.h"

static bool plain_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '/' || c == '_' || c == '.';
}

static bool plain_char(char c)
{
	return plain_start(c) || (c >= '0' && c <= '9') || strchr("-*+=@%,", c);
}

/* True where a plain scalar is read as a text and nothing else. */
static bool is_plain(const char *s)
{
	static const char *const words[] = { "true", "false", "yes", "no", "on", "off", "null", "y", "n", NULL };

	for (int i = 0; words[i]; i++)
		if (!strcasecmp(s, words[i]))
			return false;
	if (!plain_start(*s) || *s == '.')
		return false;
	for (; *s; s++)
		if (!plain_char(*s))
			return false;
	return true;
}

/* The character at s and its length in bytes; a byte that is no UTF-8 stands for itself. */
static int decode(const unsigned char *s, unsigned *c)
{
	int n = *s >= 0xf0 ? 4 : *s >= 0xe0 ? 3 : *s >= 0xc0 ? 2 : 1;

	*c = n == 1 ? *s : *s & (0xffu >> (n + 1));
	for (int i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80) {
			*c = *s;
			return 1;
		}
		*c = *c << 6 | (s[i] & 0x3f);
	}
	return n;
}

static void put_character(struct bk_buf *out, const unsigned char *s, int n, unsigned c)
{
	bool shown = (c >= 0x20 && c < 0x7f) || (n > 1 && c >= 0xa0 && c != 0x2028 && c != 0x2029 && c != 0xfeff && c < 0xfffe);

	if (c == '"' || c == '\\')
		bk_buf_printf(out, "\\%c", (char)c);
	else if (shown)
		bk_buf_add(out, s, (size_t)n);
	else if (c == '\n' || c == '\t')
		bk_buf_text(out, c == '\n' ? "\\n" : "\\t");
	else
		bk_buf_printf(out, c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x", c);
}

static void put_quoted(struct bk_buf *out, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	unsigned c;

	bk_buf_text(out, "\"");
	for (int n; *s; s += n) {
		n = decode(s, &c);
		put_character(out, s, n, c);
	}
	bk_buf_text(out, "\"");
}

static void put_string(struct bk_buf *out, const char *text)
{
	if (is_plain(text))
		bk_buf_text(out, text);
	else
		put_quoted(out, text);
}

static void put_comment(struct bk_buf *out, const char *comment, const char *indent)
{
	while (comment && *comment) {
		size_t n = strcspn(comment, "\n");

		bk_buf_printf(out, "%s# %.*s\n", indent, (int)n, comment);
		comment += n + (comment[n] == '\n');
	}
}

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
	put_string(out, value);
	bk_buf_text(out, "\n");
}

static void put_endpoint(struct bk_buf *out, bool *first, const struct bk_model_rule *r)
{
	const struct bk_endpoint *e = &r->endpoint;
	char host[INET6_ADDRSTRLEN];

	if (e->family == AF_INET || e->family == AF_INET6) {
		unsigned bits = e->family == AF_INET ? 32 : 128;

		inet_ntop(e->family, e->address, host, sizeof host);
		put_entry(out, first, "address");
		bk_buf_printf(out, e->prefix == bits ? "\"%s\"\n" : "\"%s/%u\"\n", host, e->prefix);
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
		/* a comma or bracket would end a plain scalar in a flow sequence */
		(strchr(r->args[i], ',') ? put_quoted : put_string)(out, r->args[i]);
	}
	bk_buf_text(out, "]\n");
}

static void put_rule(struct bk_buf *out, const struct bk_model_rule *r, enum bk_section section, enum bk_action action)
{
	char hex[65];
	bool first = true;

	put_comment(out, r->comment, "    ");
	bk_buf_text(out, "    - ");
	if (only_path(r, action) && section != BK_CONNECT && section != BK_LISTEN) {
		put_string(out, r->path);
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

static void put_list(struct bk_buf *out, const struct bk_model_section *s, enum bk_section section, const char *key, enum bk_action action)
{
	bool any = false;

	for (size_t i = 0; i < s->count; i++)
		any |= s->rules[i].action == action;
	if (!any && action != (s->allows ? BK_DENY : BK_ALLOW))
		return;			/* an empty list is written once: it is what makes the section be there */
	bk_buf_printf(out, any ? "  %s:\n" : "  %s: []\n", key);
	for (size_t i = 0; i < s->count; i++)
		if (s->rules[i].action == action)
			put_rule(out, &s->rules[i], section, action);
}

static void put_section(struct bk_buf *out, const struct bk_model_section *s, enum bk_section section, const char *name)
{
	put_comment(out, s->comment, "");
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

	put_comment(out, s->comment, "");
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

static void put_group(struct bk_buf *out, const struct bk_model *m, const char *group, enum bk_section a, const char *name_a, enum bk_section b, const char *name_b)
{
	BK_BUF body = { 0 };

	if (m->section[a].present)
		put_section(&body, &m->section[a], a, name_a);
	if (m->section[b].present)
		put_section(&body, &m->section[b], b, name_b);
	if (!body.len)
		return;
	bk_buf_printf(out, "%s:\n", group);
	indent(out, body.at);
}

void bk_policy_print(const struct bk_model *m, struct bk_buf *out)
{
	put_comment(out, m->comment, "");
	bk_buf_text(out, "version: 1\n");
	if (m->function) {
		bk_buf_text(out, "function: ");
		put_string(out, m->function);
		bk_buf_text(out, "\n");
	}
	bk_buf_printf(out, "mode: %s\n", bk_mode_name(m->mode));
	if (m->refuse_unsupported)
		bk_buf_text(out, "unsupported: refuse\n");
	if (m->expires) {
		char date[32];
		time_t t = (time_t)m->expires;

		strftime(date, sizeof date, "%Y-%m-%d", gmtime(&t));
		bk_buf_printf(out, "expires: %s\n", date);
	}
	if (m->has_main) {
		char hex[65];

		put_comment(out, m->main.comment, "");
		bk_hex(m->main.sha256, 32, hex);
		bk_buf_text(out, m->main.has_sha256 ? "main:\n  path: " : "main: ");
		put_string(out, m->main.path);
		bk_buf_printf(out, m->main.has_sha256 ? "\n  sha256: \"%s\"\n" : "\n", hex);
	}
	if (m->section[BK_PROCESSES].present)
		put_section(out, &m->section[BK_PROCESSES], BK_PROCESSES, "processes");
	if (m->section[BK_LIBRARIES].present)
		put_section(out, &m->section[BK_LIBRARIES], BK_LIBRARIES, "libraries");
	if (m->section[BK_GENERATED_CODE].present)
		put_code(out, &m->section[BK_GENERATED_CODE]);
	if (m->section[BK_ENVIRONMENT].present)
		put_section(out, &m->section[BK_ENVIRONMENT], BK_ENVIRONMENT, "environment");
	put_group(out, m, "network", BK_CONNECT, "connect", BK_LISTEN, "listen");
	put_group(out, m, "files", BK_WRITE, "write", BK_READ, "read");
}
