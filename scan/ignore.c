/* SPDX-License-Identifier: Apache-2.0 */
/* The ignore file.  Strict as the policy is: an unknown key, a second one, a missing reason is an error with line and column. */
#include "scan/suppress.h"

#include <stdarg.h>
#include <string.h>
#include <yaml.h>

struct reader {
	yaml_document_t document;
	const char *file;
	struct bk_suppressions *out;
	struct bk_diags *d;
	bool failed;
};

__attribute__((format(printf, 3, 4)))
static void wrong(struct reader *r, const yaml_node_t *at, const char *format, ...)
{
	va_list ap;
	char *message = NULL;

	va_start(ap, format);
	if (vasprintf(&message, format, ap) < 0)
		message = NULL;
	va_end(ap);
	bk_diag_add(r->d, BK_ERROR, r->file, at ? (unsigned)at->start_mark.line + 1 : 0, at ? (unsigned)at->start_mark.column + 1 : 0, "%s",
		    message ? message : format);
	free(message);
	r->failed = true;
}

static const char *text_of(const yaml_node_t *node)
{
	const char *s;

	if (!node || node->type != YAML_SCALAR_NODE)
		return NULL;
	s = (const char *)node->data.scalar.value;
	return strlen(s) == node->data.scalar.length && *s ? s : NULL;
}

static char **list_of_one(const char *s)
{
	char **list = bk_alloc(2 * sizeof *list);

	list[0] = bk_strdup(s);
	return list;
}

static bool is_date(const char *s)
{
	static const char form[] = "dddd-dd-dd";

	for (size_t i = 0; i < sizeof form; i++)
		if (form[i] == 'd' ? s[i] < '0' || s[i] > '9' : s[i] != form[i])
			return false;
	int month = atoi(s + 5), day = atoi(s + 8);
	return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

enum key { ID, PACKAGE, PATH, REASON, EXPIRES, KEYS };
static const char *const keys[KEYS] = { "id", "package", "path", "reason", "expires" };

static void take_value(struct reader *r, struct bk_suppression *s, enum key key, const yaml_node_t *node)
{
	const char *value = text_of(node);

	if (!value)
		wrong(r, node, "%s wants a text", keys[key]);
	else if (key == ID)
		s->ids = list_of_one(value);
	else if (key == PACKAGE && strncmp(value, "pkg:", 4) != 0)
		wrong(r, node, "package wants a package URL such as pkg:npm/lodash@4.17.15");
	else if (key == PACKAGE)
		s->packages = list_of_one(value);
	else if (key == PATH)
		s->path = bk_strdup(value);
	else if (key == REASON)
		s->reason = bk_strdup(value);
	else if (!is_date(value))
		wrong(r, node, "expires wants a day such as 2026-12-31");
	else
		s->expires = bk_strdup(value);
}

static void take_pair(struct reader *r, struct bk_suppression *s, const yaml_node_pair_t *pair, unsigned *seen)
{
	const yaml_node_t *name = yaml_document_get_node(&r->document, pair->key);
	const char *text = text_of(name);

	for (int i = 0; text && i < KEYS; i++) {
		if (strcmp(text, keys[i]) != 0)
			continue;
		if (*seen & 1u << i)
			wrong(r, name, "%s stands here twice", text);
		else
			take_value(r, s, (enum key)i, yaml_document_get_node(&r->document, pair->value));
		*seen |= 1u << i;
		return;
	}
	wrong(r, name, "unknown key %s; there are id, package, path, reason, expires", text ? text : "");
}

static void take_entry(struct reader *r, const yaml_node_t *node)
{
	struct bk_suppression s = { .file = bk_strdup(r->file), .line = (unsigned)node->start_mark.line + 1 };
	unsigned seen = 0;

	if (node->type == YAML_MAPPING_NODE)
		for (const yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top; p++)
			take_pair(r, &s, p, &seen);
	else
		wrong(r, node, "an entry is a mapping of id, package, path, reason, expires");
	if (!r->failed && !s.reason)
		wrong(r, node, "the reason is missing");
	if (!r->failed && !s.ids && !s.packages && !s.path)
		wrong(r, node, "an id, a package or a path is missing: this would ignore everything");
	r->out->at = bk_grow(r->out->at, &r->out->cap, r->out->count + 1, sizeof s);
	r->out->at[r->out->count++] = s;
}

static void take_root(struct reader *r, const yaml_node_t *root)
{
	const yaml_node_t *key, *list;

	if (!root)		/* an empty file ignores nothing */
		return;
	if (root->type != YAML_MAPPING_NODE || root->data.mapping.pairs.top - root->data.mapping.pairs.start != 1) {
		wrong(r, root, "the file is one mapping with the key \"ignore\"");
		return;
	}
	key = yaml_document_get_node(&r->document, root->data.mapping.pairs.start->key);
	list = yaml_document_get_node(&r->document, root->data.mapping.pairs.start->value);
	if (!text_of(key) || strcmp(text_of(key), "ignore") != 0)
		wrong(r, key, "unknown key; there is \"ignore\"");
	else if (!list || list->type != YAML_SEQUENCE_NODE)
		wrong(r, list, "ignore wants a list");
	else
		for (const yaml_node_item_t *i = list->data.sequence.items.start; i < list->data.sequence.items.top && !r->failed; i++)
			take_entry(r, yaml_document_get_node(&r->document, *i));
}

bool bk_ignore_parse(const char *file, const char *text, size_t size, struct bk_suppressions *out, struct bk_diags *d)
{
	struct reader r = { .file = file, .out = out, .d = d };
	yaml_parser_t parser;

	if (!yaml_parser_initialize(&parser)) {
		bk_diag_add(d, BK_ERROR, file, 0, 0, "out of memory");
		return false;
	}
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, size);
	if (!yaml_parser_load(&parser, &r.document)) {
		bk_diag_add(d, BK_ERROR, file, (unsigned)parser.problem_mark.line + 1, (unsigned)parser.problem_mark.column + 1, "%s",
			    parser.problem ? parser.problem : "no YAML");
		r.failed = true;
	} else {
		take_root(&r, yaml_document_get_root_node(&r.document));
		yaml_document_delete(&r.document);
	}
	yaml_parser_delete(&parser);
	return !r.failed;
}
