/* SPDX-License-Identifier: Apache-2.0 */
/* Policy text to model: top-level keys and sections. */
#include <string.h>
#include <time.h>
#include "lang/reader.h"

/* --- sections --------------------------------------------------------------------------------------------------------------- */

static bool read_mode_value(struct bk_reader *r, yaml_node_t *n, enum bk_mode *mode)
{
	static const char *const names[] = { [BK_ENFORCE] = "enforce", [BK_ALERT] = "alert", [BK_LEARN] = "learn", NULL };
	int i;

	if (!bk_reader_pick(r, n, "mode (learn, alert, enforce)", names, &i))
		return false;
	*mode = (enum bk_mode)i;
	return true;
}

static void section_mode(struct bk_reader *r, yaml_node_t *n, void *to)
{
	struct bk_model_section *s = to;

	s->has_mode = read_mode_value(r, n, &s->mode);
}

static void section_allow(struct bk_reader *r, yaml_node_t *n, void *to)
{
	(void)to;
	bk_read_rules(r, n, BK_ALLOW);
}

static void section_deny(struct bk_reader *r, yaml_node_t *n, void *to)
{
	(void)to;
	bk_read_rules(r, n, BK_DENY);
}

static void section_kill(struct bk_reader *r, yaml_node_t *n, void *to)
{
	(void)to;
	bk_read_rules(r, n, BK_KILL);
}

static void read_section(struct bk_reader *r, yaml_node_t *n, enum bk_section section)
{
	static const struct bk_key keys[] = {
		{ "mode", section_mode }, { "allow", section_allow }, { "deny", section_deny }, { "kill", section_kill }, { NULL, NULL }
	};
	struct bk_model_section *s = &r->model->section[section];

	r->section = section;
	s->present = true;
	if (n->type != YAML_MAPPING_NODE) {
		bk_read_rules(r, n, BK_ALLOW);
		return;
	}
	/* Denials alone only take away from what would be allowed: files.read: {deny: [...]}. */
	s->allows = section == BK_READ && !bk_reader_has_key(r, n, "allow");
	bk_reader_mapping(r, n, keys, s);
}

static void code_default(struct bk_reader *r, yaml_node_t *n, void *to)
{
	static const char *const names[] = { "deny", "allow", NULL };
	int i = 0;

	if (bk_reader_pick(r, n, "generated_code (allow, deny)", names, &i))
		((struct bk_model_section *)to)->allows = i == 1;
}

static void read_code(struct bk_reader *r, yaml_node_t *n, void *to)
{
	static const struct bk_key keys[] = { { "mode", section_mode }, { "default", code_default }, { NULL, NULL } };
	struct bk_model_section *s = &r->model->section[BK_GENERATED_CODE];

	(void)to;
	s->present = true;
	if (n->type == YAML_MAPPING_NODE)
		bk_reader_mapping(r, n, keys, s);
	else
		code_default(r, n, s);
}

#define SECTION(function, which) \
	static void function(struct bk_reader *r, yaml_node_t *n, void *to) { (void)to; read_section(r, n, which); }
SECTION(read_processes, BK_PROCESSES)
SECTION(read_libraries, BK_LIBRARIES)
SECTION(read_environment, BK_ENVIRONMENT)
SECTION(read_connect, BK_CONNECT)
SECTION(read_listen, BK_LISTEN)
SECTION(read_write, BK_WRITE)
SECTION(read_read, BK_READ)
SECTION(read_plant, BK_PLANT)

static void read_group(struct bk_reader *r, yaml_node_t *n, const struct bk_key *keys, const char *what)
{
	if (n->type == YAML_MAPPING_NODE)
		bk_reader_mapping(r, n, keys, NULL);
	else
		bk_reader_fault(r, n, keys[2].name ? "%s must be a mapping with the keys %s, %s and %s" : "%s must be a mapping with the keys %s and %s",
				what, keys[0].name, keys[1].name, keys[2].name);
}

static void read_network(struct bk_reader *r, yaml_node_t *n, void *to)
{
	static const struct bk_key keys[] = { { "connect", read_connect }, { "listen", read_listen }, { NULL, NULL } };

	(void)to;
	read_group(r, n, keys, "network");
}

static void read_files(struct bk_reader *r, yaml_node_t *n, void *to)
{
	static const struct bk_key keys[] = { { "write", read_write }, { "read", read_read }, { "code", read_plant }, { NULL, NULL } };

	(void)to;
	read_group(r, n, keys, "files");
}

/* --- top -------------------------------------------------------------------------------------------------------------------- */

static void read_version(struct bk_reader *r, yaml_node_t *n, void *to)
{
	const char *s = bk_reader_text(r, n, "version");

	(void)to;
	if (s && strcmp(s, "1"))
		bk_reader_fault(r, n, "version '%.20s' is not known here: this program reads version 1", s);
}

static void read_function(struct bk_reader *r, yaml_node_t *n, void *to)
{
	(void)to;
	bk_reader_store(r, n, &r->model->function, "function");
}

static void read_mode(struct bk_reader *r, yaml_node_t *n, void *to)
{
	(void)to;
	read_mode_value(r, n, &r->model->mode);
}

static void read_main(struct bk_reader *r, yaml_node_t *n, void *to)
{
	(void)to;
	bk_read_main(r, n, &r->model->main);
}

static void read_unsupported(struct bk_reader *r, yaml_node_t *n, void *to)
{
	static const char *const names[] = { "run", "refuse", NULL };
	int i = 0;

	(void)to;
	if (bk_reader_pick(r, n, "unsupported (run, refuse)", names, &i))
		r->model->refuse_unsupported = i == 1;
}

/* Seconds since 1970, 0 where `s` is no date.  Days that a month does not have would come back as another date. */
static uint64_t date_of(const char *s)
{
	struct tm t = { 0 }, back;
	char *end = strptime(s, "%Y-%m-%d", &t), text[32];
	time_t seconds;

	if (!end || *end)
		return 0;
	seconds = timegm(&t);
	if (seconds <= 0 || !gmtime_r(&seconds, &back) || !strftime(text, sizeof text, "%Y-%m-%d", &back) || strcmp(text, s))
		return 0;
	return (uint64_t)seconds;
}

static void read_expires(struct bk_reader *r, yaml_node_t *n, void *to)
{
	const char *s = bk_reader_text(r, n, "expires");

	(void)to;
	r->model->expires = s ? date_of(s) : 0;
	if (s && !r->model->expires)
		bk_reader_fault(r, n, "expires must be a date such as 2027-01-31");
}

static const struct bk_key top_keys[] = {
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

static void read_document(struct bk_reader *r)
{
	yaml_node_t *root = yaml_document_get_root_node(&r->doc);

	if (!root) {
		bk_diag_add(r->diags, BK_ERROR, r->name, 1, 1, "the policy is empty: it begins with `version: 1`");
	} else if (root->type != YAML_MAPPING_NODE) {
		bk_reader_fault(r, root, "a policy must be a mapping that begins with `version: 1`");
	} else {
		if (!bk_reader_has_key(r, root, "version"))
			bk_reader_fault(r, root, "the key 'version' is missing: write `version: 1`");
		bk_reader_mapping(r, root, top_keys, NULL);
	}
}

struct bk_model *bk_policy_parse(const char *name, const char *text, size_t size, struct bk_diags *d)
{
	size_t before = d->errors, mark = size >= 3 && !memcmp(text, "\xef\xbb\xbf", 3) ? 3 : 0;
	struct bk_reader r = { .name = name, .text = size ? text + mark : "", .size = size - mark, .diags = d };

	if (size > BK_TEXT_MAX) {
		bk_diag_add(d, BK_ERROR, name, 0, 0, "larger than %u bytes: too large for a policy", BK_TEXT_MAX);
		return NULL;
	}
	if (!bk_reader_open(&r))
		return NULL;
	r.model = bk_model_new();
	read_document(&r);
	bk_reader_close(&r);
	if (d->errors == before) {
		complete(r.model);
		return r.model;
	}
	bk_model_free(r.model);
	return NULL;
}
