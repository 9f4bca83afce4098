/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Policy text to model.  Strict: unknown and duplicate keys, aliases, tags, further documents and wrong types are errors, each with its
 * place.  libyaml's document tree is walked by one table of keys per mapping.
 */
#include <arpa/inet.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>
#include <yaml.h>
#include "core/shell.h"
#include "lang/policy_model.h"

struct reader {
	const char *name, *text;
	size_t size;			/* of text, bytes */
	yaml_document_t doc;
	struct bk_diags *diags;
	struct bk_model *model;
	bool *seen;			/* node was visited: a second visit comes through an alias */
	enum bk_section section;	/* being read */
	enum bk_action action;		/* of the list being read */
};

__attribute__((format(printf, 3, 4)))
static void fault(struct reader *r, const yaml_node_t *n, const char *format, ...)
{
	va_list ap;
	char *text;

	va_start(ap, format);
	if (vasprintf(&text, format, ap) < 0)
		abort();
	va_end(ap);
	bk_diag_add(r->diags, BK_ERROR, r->name, (unsigned)n->start_mark.line + 1, (unsigned)n->start_mark.column + 1, "%s", text);
	free(text);
}

static yaml_node_t *visit(struct reader *r, int index)
{
	yaml_node_t *n = yaml_document_get_node(&r->doc, index);

	if (n && r->seen[index - 1]) {
		fault(r, n, "aliases are not allowed in a policy: write it out");
		return NULL;
	}
	if (n)
		r->seen[index - 1] = true;
	return n;
}

static const char *text_of(struct reader *r, yaml_node_t *n, const char *what)
{
	if (n->type != YAML_SCALAR_NODE) {
		fault(r, n, "%s must be a single value", what);
		return NULL;
	}
	if (strlen((char *)n->data.scalar.value) != n->data.scalar.length) {
		fault(r, n, "%s holds a NUL byte", what);
		return NULL;
	}
	return (char *)n->data.scalar.value;
}

static bool is_null(const yaml_node_t *n)
{
	return n->type == YAML_SCALAR_NODE && n->data.scalar.style == YAML_PLAIN_SCALAR_STYLE
		&& (!n->data.scalar.length || !strcmp((char *)n->data.scalar.value, "~") || !strcmp((char *)n->data.scalar.value, "null"));
}

/* --- mappings by table ------------------------------------------------------------------------------------------------ */

struct key {
	const char *name;
	void (*read)(struct reader *, yaml_node_t *value, void *to);
};

static unsigned distance(const char *a, const char *b)
{
	unsigned row[32], n = (unsigned)strlen(b);

	if (strlen(a) > 30 || n > 30)
		return 99;
	for (unsigned j = 0; j <= n; j++)
		row[j] = j;
	for (unsigned i = 1; a[i - 1]; i++) {
		unsigned before = row[0];

		row[0] = i;
		for (unsigned j = 1; j <= n; j++) {
			unsigned change = before + (a[i - 1] != b[j - 1]), least = row[j] < row[j - 1] ? row[j] : row[j - 1];

			before = row[j];
			row[j] = change < least + 1 ? change : least + 1;
		}
	}
	return row[n];
}

static void unknown_key(struct reader *r, const yaml_node_t *n, const char *name, const struct key *keys)
{
	const char *best = NULL;
	unsigned least = 3;

	for (; keys->name; keys++)
		if (distance(name, keys->name) < least) {
			least = distance(name, keys->name);
			best = keys->name;
		}
	if (best)
		fault(r, n, "unknown key '%.60s': did you mean '%s'?", name, best);
	else
		fault(r, n, "unknown key '%.60s'", name);
}

static void read_mapping(struct reader *r, yaml_node_t *n, const struct key *keys, void *to)
{
	bool have[16] = { false };

	for (yaml_node_pair_t *p = n->data.mapping.pairs.start; p < n->data.mapping.pairs.top; p++) {
		yaml_node_t *k = visit(r, p->key), *v = visit(r, p->value);
		const char *name = k ? text_of(r, k, "a key") : NULL;
		unsigned i = 0;

		if (!name || !v)
			continue;
		while (keys[i].name && strcmp(keys[i].name, name))
			i++;
		if (!keys[i].name) {
			unknown_key(r, k, name, keys);
			continue;
		}
		if (have[i])
			fault(r, k, "duplicate key '%s'", name);
		have[i] = true;
		keys[i].read(r, v, to);
	}
}

/* --- values -------------------------------------------------------------------------------------------------------------- */

static void read_text(struct reader *r, yaml_node_t *n, char **to, const char *what)
{
	const char *s = text_of(r, n, what);

	if (s && !*s)
		fault(r, n, "%s is empty", what);
	else if (s) {
		free(*to);
		*to = bk_strdup(s);
	}
}

static void read_path(struct reader *r, yaml_node_t *n, void *to)
{
	struct bk_model_rule *rule = to;
	bool name = r->section == BK_ENVIRONMENT;

	read_text(r, n, &rule->path, name ? "a variable" : "path");
	rule->line = (unsigned)n->start_mark.line + 1;
	rule->column = (unsigned)n->start_mark.column + 1;
	if (!rule->path || name)
		return;
	if (rule->path[0] != '/' && rule->path[0] != '*')
		fault(r, n, "path '%.60s' must begin with '/' or a wildcard", rule->path);
}

static void read_sha256(struct reader *r, yaml_node_t *n, void *to)
{
	struct bk_model_rule *rule = to;
	const char *s = text_of(r, n, "sha256");

	if (s && !bk_unhex(s, rule->sha256, 32))
		fault(r, n, "sha256 must be 64 hex digits (see sha256sum)");
	rule->has_sha256 = true;
}

static void read_args(struct reader *r, yaml_node_t *n, void *to)
{
	struct bk_model_rule *rule = to;

	if (n->type != YAML_SEQUENCE_NODE) {
		fault(r, n, "args must be a list of patterns, one an argument");
		return;
	}
	rule->has_args = true;
	for (yaml_node_item_t *i = n->data.sequence.items.start; i < n->data.sequence.items.top; i++) {
		yaml_node_t *item = visit(r, *i);
		const char *s = item ? text_of(r, item, "an argument pattern") : NULL;

		if (s)
			bk_model_add_arg(rule, s);
	}
}

static void read_shell(struct reader *r, yaml_node_t *n, void *to)
{
	struct bk_model_rule *rule = to;
	uint32_t at = 0;

	read_text(r, n, &rule->shell, "shell");
	if (rule->shell && bk_shell_check(bk_text_of(rule->shell), &at) != BK_SHELL_MATCH)
		fault(r, n, "shell template cannot be read at its byte %u: see buckler-policy(5)", at + 1);
}

static void read_parent(struct reader *r, yaml_node_t *n, void *to)
{
	read_text(r, n, &((struct bk_model_rule *)to)->parent, "parent");
}

static void read_applet(struct reader *r, yaml_node_t *n, void *to)
{
	read_text(r, n, &((struct bk_model_rule *)to)->applet, "applet");
}

static bool pick(struct reader *r, yaml_node_t *n, const char *what, const char *const *names, int *to)
{
	const char *s = text_of(r, n, what);

	for (int i = 0; s && names[i]; i++)
		if (!strcmp(names[i], s)) {
			*to = i;
			return true;
		}
	if (s)
		fault(r, n, "%s cannot be '%.60s'", what, s);
	return false;
}

static void read_action(struct reader *r, yaml_node_t *n, void *to)
{
	static const char *const names[] = { "deny", "kill", "allow", NULL };
	int i;

	if (pick(r, n, "action (allow, deny, kill)", names, &i))
		((struct bk_model_rule *)to)->action = (enum bk_action)i;
}

static bool read_mode_value(struct reader *r, yaml_node_t *n, enum bk_mode *mode)
{
	static const char *const names[] = { "enforce", "alert", "learn", NULL };
	int i;

	if (!pick(r, n, "mode (learn, alert, enforce)", names, &i))
		return false;
	*mode = (enum bk_mode)i;
	return true;
}

/* --- network ---------------------------------------------------------------------------------------------------------------- */

static bool read_number(const char *s, unsigned most, uint16_t *to)
{
	char *end;
	unsigned long v = strtoul(s, &end, 10);

	if (*s < '0' || *s > '9' || *end || v > most)
		return false;
	*to = (uint16_t)v;
	return true;
}

static void read_port(struct reader *r, yaml_node_t *n, void *to)
{
	struct bk_model_rule *rule = to;
	const char *s = text_of(r, n, "port");
	BK_FREE char *low = s ? bk_strdup(s) : NULL;
	char *dash = low ? strchr(low, '-') : NULL;
	struct bk_endpoint *e = &rule->endpoint;

	if (!s)
		return;
	if (dash)
		*dash = '\0';
	if (!read_number(low, 65535, &e->port_low) || !read_number(dash ? dash + 1 : low, 65535, &e->port_high) || e->port_low > e->port_high)
		fault(r, n, "port must be a number up to 65535, or a range such as 8000-8080");
	rule->has_endpoint = true;
}

static void read_address(struct reader *r, yaml_node_t *n, void *to)
{
	struct bk_model_rule *rule = to;
	const char *s = text_of(r, n, "address");
	BK_FREE char *host = s ? bk_strdup(s) : NULL;
	char *slash = host ? strchr(host, '/') : NULL;
	struct bk_endpoint *e = &rule->endpoint;
	unsigned bits;

	if (!s)
		return;
	if (slash)
		*slash = '\0';
	e->family = strchr(host, ':') ? AF_INET6 : AF_INET;
	bits = e->family == AF_INET6 ? 128 : 32;
	e->prefix = (uint16_t)bits;
	if (inet_pton(e->family, host, e->address) != 1)
		fault(r, n, "address must be IPv4 or IPv6, with an optional /prefix; names go under domain");
	else if (slash && !read_number(slash + 1, bits, &e->prefix))
		fault(r, n, "the prefix length must be at most %u", bits);
	rule->has_endpoint = true;
}

static void read_domain(struct reader *r, yaml_node_t *n, void *to)
{
	read_text(r, n, &((struct bk_model_rule *)to)->path, "domain");
}

static void read_unix(struct reader *r, yaml_node_t *n, void *to)
{
	struct bk_model_rule *rule = to;

	read_text(r, n, &rule->path, "unix");
	if (rule->path && rule->path[0] != '/' && rule->path[0] != '@')
		fault(r, n, "unix must be a path, or '@' and an abstract name");
	rule->endpoint.family = AF_UNIX;
	rule->has_endpoint = true;
}

/* --- rules -------------------------------------------------------------------------------------------------------------------- */

static const struct key process_keys[] = {
	{ "path", read_path }, { "sha256", read_sha256 }, { "args", read_args }, { "shell", read_shell }, { "parent", read_parent },
	{ "applet", read_applet }, { "action", read_action }, { NULL, NULL }
};
static const struct key file_keys[] = { { "path", read_path }, { "sha256", read_sha256 }, { "action", read_action }, { NULL, NULL } };
static const struct key place_keys[] = { { "path", read_path }, { "action", read_action }, { NULL, NULL } };
static const struct key name_keys[] = { { "name", read_path }, { "action", read_action }, { NULL, NULL } };
static const struct key network_keys[] = {
	{ "domain", read_domain }, { "address", read_address }, { "port", read_port }, { "unix", read_unix }, { "action", read_action }, { NULL, NULL }
};

static const struct key *const rule_keys[BK_SECTIONS] = {
	[BK_PROCESSES] = process_keys, [BK_LIBRARIES] = file_keys, [BK_ENVIRONMENT] = name_keys,
	[BK_CONNECT] = network_keys, [BK_LISTEN] = network_keys, [BK_WRITE] = place_keys, [BK_READ] = place_keys,
};

static void check_rule(struct reader *r, const yaml_node_t *n, struct bk_model_rule *rule)
{
	bool network = r->section == BK_CONNECT || r->section == BK_LISTEN;
	struct bk_endpoint *e = &rule->endpoint;

	if (!rule->path && !network)
		fault(r, n, "a rule must have a %s", r->section == BK_ENVIRONMENT ? "name" : "path");
	if (rule->shell && rule->has_args)
		fault(r, n, "shell and args cannot stand together: the template says all of the arguments");
	if (!network)
		return;
	if (rule->path && e->family && e->family != AF_UNIX)
		fault(r, n, "domain and address cannot stand together");
	if (!rule->path && !rule->has_endpoint)
		fault(r, n, "a rule must have a domain, an address, a port or a unix path");
	if (!e->port_high) {
		e->port_high = 65535;
		rule->has_endpoint = true;
	}
}

static void read_rule(struct reader *r, yaml_node_t *n)
{
	struct bk_model_rule *rule = bk_model_add(r->model, r->section, r->action);

	rule->line = (unsigned)n->start_mark.line + 1;
	rule->column = (unsigned)n->start_mark.column + 1;
	if (n->type == YAML_SCALAR_NODE && rule_keys[r->section] != network_keys)
		read_path(r, n, rule);
	else if (n->type == YAML_MAPPING_NODE)
		read_mapping(r, n, rule_keys[r->section], rule);
	else {
		fault(r, n, "a rule must be a mapping%s", rule_keys[r->section] == network_keys ? "" : " or a path");
		return;
	}
	check_rule(r, n, rule);
}

static void read_rules(struct reader *r, yaml_node_t *n, enum bk_action action)
{
	if (is_null(n))
		return;
	if (n->type != YAML_SEQUENCE_NODE) {
		fault(r, n, "%s must be a list of rules ([] allows nothing)", bk_section_name(r->section));
		return;
	}
	for (yaml_node_item_t *i = n->data.sequence.items.start; i < n->data.sequence.items.top; i++) {
		yaml_node_t *item = visit(r, *i);

		r->action = action;
		if (item)
			read_rule(r, item);
	}
}

/* --- sections -------------------------------------------------------------------------------------------------------------------- */

static void section_mode(struct reader *r, yaml_node_t *n, void *to)
{
	struct bk_model_section *s = to;

	s->has_mode = read_mode_value(r, n, &s->mode);
}

static void section_allow(struct reader *r, yaml_node_t *n, void *to)
{
	struct bk_model_section *s = to;

	s->allows = false;
	read_rules(r, n, BK_ALLOW);
}

static void section_deny(struct reader *r, yaml_node_t *n, void *to)
{
	(void)to;
	read_rules(r, n, BK_DENY);
}

static void section_kill(struct reader *r, yaml_node_t *n, void *to)
{
	(void)to;
	read_rules(r, n, BK_KILL);
}

static bool has_key(struct reader *r, const yaml_node_t *n, const char *name)
{
	for (yaml_node_pair_t *p = n->data.mapping.pairs.start; p < n->data.mapping.pairs.top; p++) {
		yaml_node_t *k = yaml_document_get_node(&r->doc, p->key);

		if (k && k->type == YAML_SCALAR_NODE && !strcmp((char *)k->data.scalar.value, name))
			return true;
	}
	return false;
}

static void read_section(struct reader *r, yaml_node_t *n, enum bk_section section)
{
	static const struct key keys[] = {
		{ "mode", section_mode }, { "allow", section_allow }, { "deny", section_deny }, { "kill", section_kill }, { NULL, NULL }
	};
	struct bk_model_section *s = &r->model->section[section];

	r->section = section;
	s->present = true;
	if (n->type != YAML_MAPPING_NODE) {
		read_rules(r, n, BK_ALLOW);
		return;
	}
	/* Denials alone only take away from what would be allowed: files.read: {deny: [...]}. */
	s->allows = section == BK_READ && !has_key(r, n, "allow");
	read_mapping(r, n, keys, s);
}

static void read_code_default(struct reader *r, yaml_node_t *n, void *to)
{
	static const char *const names[] = { "deny", "allow", NULL };
	int i = 0;

	if (pick(r, n, "generated_code (allow, deny)", names, &i))
		((struct bk_model_section *)to)->allows = i == 1;
}

static void read_code(struct reader *r, yaml_node_t *n, void *to)
{
	static const struct key keys[] = { { "mode", section_mode }, { "default", read_code_default }, { NULL, NULL } };
	struct bk_model_section *s = &r->model->section[BK_GENERATED_CODE];

	(void)to;
	s->present = true;
	if (n->type == YAML_MAPPING_NODE)
		read_mapping(r, n, keys, s);
	else
		read_code_default(r, n, s);
}

#define SECTION(function, which) \
	static void function(struct reader *r, yaml_node_t *n, void *to) { (void)to; read_section(r, n, which); }
SECTION(read_processes, BK_PROCESSES)
SECTION(read_libraries, BK_LIBRARIES)
SECTION(read_environment, BK_ENVIRONMENT)
SECTION(read_connect, BK_CONNECT)
SECTION(read_listen, BK_LISTEN)
SECTION(read_write, BK_WRITE)
SECTION(read_files_read, BK_READ)

static void read_group(struct reader *r, yaml_node_t *n, const struct key *keys, const char *what)
{
	if (n->type == YAML_MAPPING_NODE)
		read_mapping(r, n, keys, NULL);
	else
		fault(r, n, "%s must be a mapping", what);
}

static void read_network(struct reader *r, yaml_node_t *n, void *to)
{
	static const struct key keys[] = { { "connect", read_connect }, { "listen", read_listen }, { NULL, NULL } };

	(void)to;
	read_group(r, n, keys, "network");
}

static void read_files(struct reader *r, yaml_node_t *n, void *to)
{
	static const struct key keys[] = { { "write", read_write }, { "read", read_files_read }, { NULL, NULL } };

	(void)to;
	read_group(r, n, keys, "files");
}

/* --- top ---------------------------------------------------------------------------------------------------------------------------- */

static void read_version(struct reader *r, yaml_node_t *n, void *to)
{
	const char *s = text_of(r, n, "version");

	(void)to;
	if (s && strcmp(s, "1"))
		fault(r, n, "version '%.20s' is not known here: this program reads version 1", s);
}

static void read_function(struct reader *r, yaml_node_t *n, void *to)
{
	(void)to;
	read_text(r, n, &r->model->function, "function");
}

static void read_mode(struct reader *r, yaml_node_t *n, void *to)
{
	(void)to;
	read_mode_value(r, n, &r->model->mode);
}

static void read_main(struct reader *r, yaml_node_t *n, void *to)
{
	static const struct key keys[] = { { "path", read_path }, { "sha256", read_sha256 }, { NULL, NULL } };

	(void)to;
	r->section = BK_PROCESSES;
	r->model->has_main = true;
	r->model->main.action = BK_ALLOW;
	if (n->type == YAML_MAPPING_NODE)
		read_mapping(r, n, keys, &r->model->main);
	else
		read_path(r, n, &r->model->main);
	if (!r->model->main.path && !r->diags->errors)
		fault(r, n, "main must have a path");
}

static void read_unsupported(struct reader *r, yaml_node_t *n, void *to)
{
	static const char *const names[] = { "run", "refuse", NULL };
	int i = 0;

	(void)to;
	if (pick(r, n, "unsupported (run, refuse)", names, &i))
		r->model->refuse_unsupported = i == 1;
}

static void read_expires(struct reader *r, yaml_node_t *n, void *to)
{
	const char *s = text_of(r, n, "expires");
	struct tm t = { 0 };
	char *end = s ? strptime(s, "%Y-%m-%d", &t) : NULL;

	(void)to;
	if (s && (!end || *end || strlen(s) != 10 || timegm(&t) <= 0))
		fault(r, n, "expires must be a date such as 2027-01-31");
	else if (s)
		r->model->expires = (uint64_t)timegm(&t);
}

static const struct key top_keys[] = {
	{ "version", read_version }, { "function", read_function }, { "mode", read_mode }, { "unsupported", read_unsupported },
	{ "expires", read_expires }, { "main", read_main }, { "processes", read_processes }, { "libraries", read_libraries },
	{ "generated_code", read_code }, { "environment", read_environment }, { "network", read_network }, { "files", read_files },
	{ NULL, NULL }
};

/* Injected code comes around a list of processes: the section that closes that way is there unless it is written. */
static void complete(struct bk_model *m)
{
	struct bk_model_section *e = &m->section[BK_ENVIRONMENT], *p = &m->section[BK_PROCESSES];

	if (!p->present || e->present)
		return;
	e->present = true;
	e->has_mode = p->has_mode;
	e->mode = p->mode;
}

static void read_document(struct reader *r)
{
	yaml_node_t *root = yaml_document_get_root_node(&r->doc);
	size_t nodes = (size_t)(r->doc.nodes.top - r->doc.nodes.start);

	if (!root) {
		bk_diag_add(r->diags, BK_ERROR, r->name, 1, 1, "the policy is empty: it begins with `version: 1`");
		return;
	}
	r->seen = bk_alloc(nodes * sizeof *r->seen);
	if (root->type != YAML_MAPPING_NODE)
		fault(r, root, "a policy must be a mapping that begins with `version: 1`");
	else {
		if (!has_key(r, root, "version"))
			fault(r, root, "the key 'version' is missing: write `version: 1`");
		read_mapping(r, root, top_keys, NULL);
	}
	free(r->seen);
}

static void yaml_fault(struct reader *r, const yaml_parser_t *p)
{
	size_t line = p->problem_mark.line, column = p->problem_mark.column, end = r->size;

	/* What is open at the end of the text is named at the end of its last line, not on an empty one behind it. */
	if (p->problem_mark.index >= r->size && !column && line && end) {
		line--;
		for (end--; end && r->text[end - 1] != '\n'; end--)
			column++;
	}
	bk_diag_add(r->diags, BK_ERROR, r->name, (unsigned)line + 1, (unsigned)column + 1, "not YAML: %s",
		    p->problem ? p->problem : "it cannot be read");
}

/* A stream is one document: what follows it would be silently ignored. */
static void check_end(struct reader *r, yaml_parser_t *p)
{
	yaml_document_t more;

	if (!yaml_parser_load(p, &more)) {
		yaml_fault(r, p);
		return;
	}
	yaml_node_t *root = yaml_document_get_root_node(&more);
	if (root)
		fault(r, root, "a second document: a policy is one document");
	yaml_document_delete(&more);
}

/* Aliases and tags do not show in the tree in all cases, and depth is bounded before the tree is built. */
static bool check_events(struct reader *r, const char *text, size_t size)
{
	yaml_parser_t p;
	yaml_event_t e;
	int depth = 0;
	bool done = false, good = true;

	yaml_parser_initialize(&p);
	yaml_parser_set_input_string(&p, (const unsigned char *)text, size);
	while (!done && good) {
		const char *why = NULL;

		if (!yaml_parser_parse(&p, &e)) {
			yaml_fault(r, &p);
			good = false;
			break;
		}
		depth += e.type == YAML_MAPPING_START_EVENT || e.type == YAML_SEQUENCE_START_EVENT;
		depth -= e.type == YAML_MAPPING_END_EVENT || e.type == YAML_SEQUENCE_END_EVENT;
		if (e.type == YAML_ALIAS_EVENT || (e.type == YAML_SCALAR_EVENT && e.data.scalar.anchor))
			why = "anchors and aliases are not allowed in a policy: write it out";
		else if (e.type == YAML_SCALAR_EVENT && e.data.scalar.tag)
			why = "tags are not allowed in a policy";
		else if (depth > 16)
			why = "nested too deep";
		if (why) {
			bk_diag_add(r->diags, BK_ERROR, r->name, (unsigned)e.start_mark.line + 1, (unsigned)e.start_mark.column + 1, "%s", why);
			good = false;
		}
		done = e.type == YAML_STREAM_END_EVENT;
		yaml_event_delete(&e);
	}
	yaml_parser_delete(&p);
	return good;
}

struct bk_model *bk_policy_parse(const char *name, const char *text, size_t size, struct bk_diags *d)
{
	struct reader r = { .name = name, .text = text, .size = size, .diags = d };
	size_t before = d->errors;
	yaml_parser_t parser;

	if (size > BK_TEXT_MAX) {
		bk_diag_add(d, BK_ERROR, name, 0, 0, "larger than %u bytes: too large for a policy", BK_TEXT_MAX);
		return NULL;
	}
	if (!check_events(&r, text, size))
		return NULL;
	r.model = bk_model_new();
	yaml_parser_initialize(&parser);
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, size);
	if (yaml_parser_load(&parser, &r.doc)) {
		read_document(&r);
		if (yaml_document_get_root_node(&r.doc))
			check_end(&r, &parser);
		yaml_document_delete(&r.doc);
	} else {
		yaml_fault(&r, &parser);
	}
	yaml_parser_delete(&parser);
	if (d->errors == before) {
		complete(r.model);
		return r.model;
	}
	bk_model_free(r.model);
	return NULL;
}
