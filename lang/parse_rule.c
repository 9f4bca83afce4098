/* SPDX-License-Identifier: Apache-2.0 */
/* Rules: their keys by section, and what must be true of a rule as a whole. */
#include <arpa/inet.h>
#include <string.h>
#include "core/network.h"
#include "core/shell.h"
#include "lang/reader.h"

/* --- files and programs ---------------------------------------------------------------------------------------------------- */

static void check_place(struct bk_reader *r, const yaml_node_t *n, const char *path, const char *what)
{
	if (path && path[0] != '/' && path[0] != '*')
		bk_reader_fault(r, n, "%s '%.60s' must begin with '/' or a wildcard", what, path);
}

static void read_path(struct bk_reader *r, yaml_node_t *n, void *to)
{
	struct bk_model_rule *rule = to;

	bk_reader_store(r, n, &rule->path, "path");
	check_place(r, n, rule->path, "path");
}

static bool is_name(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789*?", s[i]))
			return false;
	return n && !(*s >= '0' && *s <= '9');
}

static void read_variable(struct bk_reader *r, yaml_node_t *n, void *to)
{
	struct bk_model_rule *rule = to;

	bk_reader_store(r, n, &rule->path, "a variable");
	if (rule->path && !is_name(rule->path, strcspn(rule->path, "=")))
		bk_reader_fault(r, n, "a variable must be NAME or NAME=pattern");
}

static void read_sha256(struct bk_reader *r, yaml_node_t *n, void *to)
{
	struct bk_model_rule *rule = to;
	const char *s = bk_reader_text(r, n, "sha256");

	if (s && !bk_unhex(s, rule->sha256, 32))
		bk_reader_fault(r, n, "sha256 must be 64 hex digits (see sha256sum)");
	rule->has_sha256 = true;
}

static void read_args(struct bk_reader *r, yaml_node_t *n, void *to)
{
	struct bk_model_rule *rule = to;

	if (n->type != YAML_SEQUENCE_NODE) {
		bk_reader_fault(r, n, "args must be a list of patterns, one an argument");
		return;
	}
	rule->has_args = true;
	for (yaml_node_item_t *i = n->data.sequence.items.start; i < n->data.sequence.items.top; i++) {
		const char *s = bk_reader_text(r, bk_reader_node(r, *i), "an argument pattern");

		if (s)
			bk_model_add_arg(rule, s);
	}
}

static void read_shell(struct bk_reader *r, yaml_node_t *n, void *to)
{
	struct bk_model_rule *rule = to;
	uint32_t at = 0;

	bk_reader_store(r, n, &rule->shell, "shell");
	if (rule->shell && bk_shell_check(bk_text_of(rule->shell), &at) != BK_SHELL_MATCH)
		bk_reader_fault_in(r, n, at, "the shell template cannot be read from its byte %u on: see \"Shell templates\" in buckler-policy(5)", at + 1);
}

static void read_parent(struct bk_reader *r, yaml_node_t *n, void *to)
{
	struct bk_model_rule *rule = to;

	bk_reader_store(r, n, &rule->parent, "parent");
	check_place(r, n, rule->parent, "parent");
}

static void read_applet(struct bk_reader *r, yaml_node_t *n, void *to)
{
	struct bk_model_rule *rule = to;

	bk_reader_store(r, n, &rule->applet, "applet");
	if (rule->applet && strchr(rule->applet, '/'))
		bk_reader_fault(r, n, "applet must be a name without '/'");
}

static void read_action(struct bk_reader *r, yaml_node_t *n, void *to)
{
	static const char *const names[] = { [BK_DENY] = "deny", [BK_KILL] = "kill", [BK_ALLOW] = "allow", NULL };
	int i;

	if (bk_reader_pick(r, n, "action (allow, deny, kill)", names, &i))
		((struct bk_model_rule *)to)->action = (enum bk_action)i;
}

/* --- network --------------------------------------------------------------------------------------------------------------- */

static bool read_number(const char *s, unsigned most, uint16_t *to)
{
	char *end;
	unsigned long v = strtoul(s, &end, 10);

	if (*s < '0' || *s > '9' || *end || v > most)
		return false;
	*to = (uint16_t)v;
	return true;
}

/* Cuts `s` at the first `c`; what stood behind it, or NULL. */
static char *cut(char *s, char c)
{
	char *at = strchr(s, c);

	if (at)
		*at++ = '\0';
	return at;
}

static void read_port(struct bk_reader *r, yaml_node_t *n, void *to)
{
	struct bk_endpoint *e = &((struct bk_model_rule *)to)->endpoint;
	const char *s = bk_reader_text(r, n, "port");
	BK_FREE char *low = bk_strdup(s ? s : "");
	char *high = cut(low, '-');

	r->has_port = true;
	if (s && (!read_number(low, 65535, &e->port_low) || !read_number(high ? high : low, 65535, &e->port_high) || e->port_low > e->port_high))
		bk_reader_fault(r, n, "port must be a number up to 65535, or a range such as 8000-8080");
}

static void read_address(struct bk_reader *r, yaml_node_t *n, void *to)
{
	struct bk_endpoint *e = &((struct bk_model_rule *)to)->endpoint;
	const char *s = bk_reader_text(r, n, "address");
	BK_FREE char *host = bk_strdup(s ? s : "");
	char *prefix = cut(host, '/');
	unsigned bits = strchr(host, ':') ? 128 : 32;

	e->family = bits == 128 ? AF_INET6 : AF_INET;
	e->prefix = (uint16_t)bits;
	if (s && inet_pton(e->family, host, e->address) != 1)
		bk_reader_fault(r, n, "address must be IPv4 or IPv6, with an optional /prefix; names go under domain");
	else if (s && prefix && !read_number(prefix, bits, &e->prefix))
		bk_reader_fault(r, n, "the prefix length must be a number up to %u", bits);
}

static const char *domain_fault(const char *s)
{
	struct in_addr address;

	if (inet_pton(AF_INET, s, &address) == 1 || strchr(s, ':'))
		return "a domain is a name alone: addresses go under address, a port under port";
	for (const char *c = s; *c; c++)
		if ((unsigned char)*c >= 0x80)
			return "a domain is written in its ASCII form (xn--...)";
		else if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.*?", *c))
			return "a domain is a name such as api.example.com, or a pattern such as *.example.com";
	return *s == '.' || s[strlen(s) - 1] == '.' ? "a domain neither begins nor ends with a dot" : NULL;
}

/* Names are compared byte by byte, and the one that is asked for is lower case by then. */
static void read_domain(struct bk_reader *r, yaml_node_t *n, void *to)
{
	struct bk_model_rule *rule = to;
	const char *why;

	bk_reader_store(r, n, &rule->path, "domain");
	why = rule->path ? domain_fault(rule->path) : NULL;
	if (why)
		bk_reader_fault(r, n, "%s", why);
	for (char *c = rule->path; c && *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
}

static void read_unix(struct bk_reader *r, yaml_node_t *n, void *to)
{
	struct bk_model_rule *rule = to;

	bk_reader_store(r, n, &rule->path, "unix");
	if (rule->path && rule->path[0] != '/' && rule->path[0] != '@')
		bk_reader_fault(r, n, "unix must be a path, or '@' and an abstract name");
	rule->endpoint.family = AF_UNIX;
}

static void read_family(struct bk_reader *r, yaml_node_t *n, void *to)
{
	struct bk_endpoint *e = &((struct bk_model_rule *)to)->endpoint;
	const char *s = bk_reader_text(r, n, "family");
	uint16_t number = 0;

	if (!s)
		return;
	if (!read_number(s, 255, &number))
		number = (uint16_t)bk_family_number(bk_text_of(s));
	e->family = number;
	if (!number || number == AF_UNIX || number == AF_INET || number == AF_INET6)
		bk_reader_fault(r, n, "family must be netlink, packet, vsock, alg, raw or such, or a number; unix sockets and addresses have keys of their own");
}

/* --- rules ----------------------------------------------------------------------------------------------------------------- */

static const struct bk_key process_keys[] = {
	{ "path", read_path }, { "sha256", read_sha256 }, { "args", read_args }, { "shell", read_shell }, { "parent", read_parent },
	{ "applet", read_applet }, { "action", read_action }, { NULL, NULL }
};
static const struct bk_key file_keys[] = { { "path", read_path }, { "sha256", read_sha256 }, { "action", read_action }, { NULL, NULL } };
static const struct bk_key place_keys[] = { { "path", read_path }, { "action", read_action }, { NULL, NULL } };
static const struct bk_key name_keys[] = { { "name", read_variable }, { "action", read_action }, { NULL, NULL } };
static const struct bk_key network_keys[] = {
	{ "domain", read_domain }, { "address", read_address }, { "port", read_port }, { "unix", read_unix }, { "family", read_family },
	{ "action", read_action }, { NULL, NULL }
};

static const struct bk_key *const rule_keys[BK_SECTIONS] = {
	[BK_PROCESSES] = process_keys, [BK_LIBRARIES] = file_keys, [BK_ENVIRONMENT] = name_keys,
	[BK_CONNECT] = network_keys, [BK_LISTEN] = network_keys, [BK_WRITE] = place_keys, [BK_READ] = place_keys,
	[BK_PLANT] = place_keys,
};

static void check_network(struct bk_reader *r, const yaml_node_t *n, struct bk_model_rule *rule)
{
	struct bk_endpoint *e = &rule->endpoint;
	bool is_unix = bk_reader_has_key(r, n, "unix"), domain = bk_reader_has_key(r, n, "domain"), address = bk_reader_has_key(r, n, "address");
	bool family = bk_reader_has_key(r, n, "family");

	if (is_unix + domain + address + family > 1)
		bk_reader_fault(r, n, "domain, address, unix and family cannot stand together: write a rule for each");
	else if ((is_unix || family) && r->has_port)
		bk_reader_fault(r, n, "a %s has no port", is_unix ? "unix socket" : "family");
	else if (family && r->section == BK_LISTEN)
		bk_reader_fault(r, n, "family stands under connect: it is about making such a socket at all");
	else if (!is_unix && !domain && !address && !family && !r->has_port)
		bk_reader_fault(r, n, "a rule must have a domain, an address, a port, a unix path or a family");
	if (!r->has_port)
		e->port_high = 65535;
	rule->has_endpoint = true;
}

static void check_rule(struct bk_reader *r, const yaml_node_t *n, struct bk_model_rule *rule)
{
	const char *key = rule_keys[r->section]->name;

	if (rule_keys[r->section] == network_keys)
		check_network(r, n, rule);
	else if (!bk_reader_has_key(r, n, key))
		bk_reader_fault(r, n, "a rule must have a %s", key);
	if (rule->shell && rule->has_args)
		bk_reader_fault(r, n, "shell and args cannot stand together: the template says all of the arguments");
}

static void set_place(struct bk_model_rule *rule, const yaml_node_t *n)
{
	rule->line = (unsigned)n->start_mark.line + 1;
	rule->column = (unsigned)n->start_mark.column + 1;
}

static void read_rule(struct bk_reader *r, yaml_node_t *n, enum bk_action action)
{
	struct bk_model_rule *rule = bk_model_add(r->model, r->section, action);
	const struct bk_key *keys = rule_keys[r->section];

	set_place(rule, n);
	r->has_port = false;
	if (n->type == YAML_MAPPING_NODE) {
		bk_reader_mapping(r, n, keys, rule);
		check_rule(r, n, rule);
	} else if (n->type == YAML_SCALAR_NODE && keys != network_keys) {
		keys->read(r, n, rule);
	} else {
		bk_reader_fault(r, n, "a rule must be a mapping%s", keys == network_keys ? "" : " or a path");
	}
}

void bk_read_rules(struct bk_reader *r, yaml_node_t *n, enum bk_action action)
{
	if (bk_reader_is_null(n))
		return;
	if (n->type != YAML_SEQUENCE_NODE) {
		bk_reader_fault(r, n, "%s must be a list of rules ([] allows nothing)", bk_section_name(r->section));
		return;
	}
	for (yaml_node_item_t *i = n->data.sequence.items.start; i < n->data.sequence.items.top; i++)
		read_rule(r, bk_reader_node(r, *i), action);
}

void bk_read_main(struct bk_reader *r, yaml_node_t *n, void *to)
{
	static const struct bk_key keys[] = { { "path", read_path }, { "sha256", read_sha256 }, { NULL, NULL } };
	struct bk_model_rule *rule = to;

	r->model->has_main = true;
	rule->action = BK_ALLOW;
	set_place(rule, n);
	if (n->type != YAML_MAPPING_NODE) {
		read_path(r, n, rule);
		return;
	}
	bk_reader_mapping(r, n, keys, rule);
	if (!bk_reader_has_key(r, n, "path"))
		bk_reader_fault(r, n, "main must have a path");
}
