/* SPDX-License-Identifier: Apache-2.0 */
#include "pack/node.h"

#include <string.h>
#include <yaml.h>

struct reading {
	const char *name;
	const struct bk_buf *text;
	struct bk_diags *diags;
	uint32_t *bytes;		/* character -> byte: libyaml counts characters */
	size_t characters;
	yaml_parser_t parser;
};

/* libyaml does not count a byte order mark. */
static size_t mark_size(const struct bk_buf *text)
{
	return text->len >= 3 && memcmp(text->at, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

static void count_characters(struct reading *r)
{
	r->bytes = bk_alloc((r->text->len + 1) * sizeof *r->bytes);
	for (size_t i = mark_size(r->text); i < r->text->len; i++)
		if (((unsigned char)r->text->at[i] & 0xc0) != 0x80)
			r->bytes[r->characters++] = (uint32_t)i;
	r->bytes[r->characters] = (uint32_t)r->text->len;
}

static size_t byte_of(const struct reading *r, const yaml_mark_t *mark)
{
	return r->bytes[mark->index < r->characters ? mark->index : r->characters];
}

static void *wrong(struct reading *r, const yaml_mark_t *at, const char *what)
{
	bk_diag_add(r->diags, BK_ERROR, r->name, (unsigned)at->line + 1, (unsigned)at->column + 1, "%s", what);
	return NULL;
}

static bool next_event(struct reading *r, yaml_event_t *event)
{
	if (yaml_parser_parse(&r->parser, event))
		return true;
	wrong(r, r->parser.error == YAML_READER_ERROR ? &r->parser.mark : &r->parser.problem_mark, r->parser.problem ? r->parser.problem : "cannot be read");
	return false;
}

static struct bk_node *new_node(const struct reading *r, const yaml_event_t *e, enum bk_node_kind kind)
{
	struct bk_node *n = bk_alloc(sizeof *n);

	*n = (struct bk_node){
		.kind = kind, .plain = true, .start = byte_of(r, &e->start_mark), .end = byte_of(r, &e->end_mark),
		.line = (unsigned)e->start_mark.line + 1, .column = (unsigned)e->start_mark.column + 1,
	};
	return n;
}

static struct bk_node *scalar(const struct reading *r, const yaml_event_t *e)
{
	struct bk_node *n = new_node(r, e, BK_NODE_SCALAR);

	n->text = bk_strndup((const char *)e->data.scalar.value, e->data.scalar.length);
	n->plain = !e->data.scalar.tag && !e->data.scalar.anchor;
	return n;
}

static struct bk_node *node(struct reading *r, yaml_event_t *e, unsigned depth);

/* Children up to the collection's end; the node's end is set there. */
static bool children(struct reading *r, struct bk_node *n, yaml_event_type_t end, unsigned depth)
{
	struct bk_node **tail = &n->first;

	for (;;) {
		yaml_event_t e;

		if (!next_event(r, &e))
			return false;
		if (e.type == end) {
			n->end = byte_of(r, &e.end_mark);
			yaml_event_delete(&e);
			return true;
		}
		*tail = node(r, &e, depth + 1);
		if (!*tail)
			return false;
		tail = &(*tail)->next;
	}
}

static struct bk_node *collection(struct reading *r, const yaml_event_t *e, unsigned depth)
{
	bool map = e->type == YAML_MAPPING_START_EVENT;
	struct bk_node *n = new_node(r, e, map ? BK_NODE_MAP : BK_NODE_LIST);

	n->flow = map ? e->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE : e->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE;
	n->plain = map ? !e->data.mapping_start.tag && !e->data.mapping_start.anchor : !e->data.sequence_start.tag && !e->data.sequence_start.anchor;
	if (depth >= BK_NODE_DEPTH) {
		wrong(r, &e->start_mark, "nested too deeply");
	} else if (children(r, n, map ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT, depth)) {
		return n;
	}
	bk_node_free(n);
	return NULL;
}

/* Takes the event. */
static struct bk_node *node(struct reading *r, yaml_event_t *e, unsigned depth)
{
	struct bk_node *n;

	if (e->type == YAML_SCALAR_EVENT)
		n = scalar(r, e);
	else if (e->type == YAML_ALIAS_EVENT)
		n = new_node(r, e, BK_NODE_ALIAS);
	else if (e->type == YAML_MAPPING_START_EVENT || e->type == YAML_SEQUENCE_START_EVENT)
		n = collection(r, e, depth);
	else
		n = wrong(r, &e->start_mark, "there is nothing in this file");
	yaml_event_delete(e);
	return n;
}

static struct bk_node *document(struct reading *r)
{
	yaml_event_t e;

	for (;;) {
		if (!next_event(r, &e))
			return NULL;
		if (e.type != YAML_STREAM_START_EVENT && e.type != YAML_DOCUMENT_START_EVENT)
			return node(r, &e, 0);
		yaml_event_delete(&e);
	}
}

/* What follows the document is read for its errors; a second document is one. */
static bool rest(struct reading *r)
{
	for (;;) {
		yaml_event_t e;
		yaml_event_type_t type;

		if (!next_event(r, &e))
			return false;
		type = e.type;
		if (type == YAML_DOCUMENT_START_EVENT)
			wrong(r, &e.start_mark, "a second document is not handled");
		yaml_event_delete(&e);
		if (type == YAML_STREAM_END_EVENT)
			return true;
		if (type == YAML_DOCUMENT_START_EVENT)
			return false;
	}
}

struct bk_node *bk_node_parse(const char *name, const struct bk_buf *text, struct bk_diags *d)
{
	struct reading r = { .name = name, .text = text, .diags = d };
	struct bk_node *n;

	if (!yaml_parser_initialize(&r.parser))
		return NULL;
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser, text->len ? (const unsigned char *)text->at + mark_size(text) : (const unsigned char *)"", text->len - mark_size(text));
	count_characters(&r);
	n = document(&r);
	if (n && !rest(&r)) {
		bk_node_free(n);
		n = NULL;
	}
	yaml_parser_delete(&r.parser);
	free(r.bytes);
	return n;
}

void bk_node_free(struct bk_node *n)
{
	while (n) {
		struct bk_node *next = n->next;

		bk_node_free(n->first);	/* as deep as the tree, which has a limit */
		free(n->text);
		free(n);
		n = next;
	}
}

struct bk_node *bk_node_key(const struct bk_node *map, const char *key)
{
	if (!map || map->kind != BK_NODE_MAP)
		return NULL;
	for (struct bk_node *k = map->first; k && k->next; k = k->next->next)
		if (bk_node_is(k, key))
			return k;
	return NULL;
}

struct bk_node *bk_node_get(const struct bk_node *map, const char *key)
{
	struct bk_node *k = bk_node_key(map, key);

	return k ? k->next : NULL;
}

bool bk_node_is(const struct bk_node *n, const char *text)
{
	return n && n->kind == BK_NODE_SCALAR && strcmp(n->text, text) == 0;
}

bool bk_node_begins(const struct bk_node *n, const char *text)
{
	return n && n->kind == BK_NODE_SCALAR && strncmp(n->text, text, strlen(text)) == 0;
}
