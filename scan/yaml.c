/* SPDX-License-Identifier: Apache-2.0 */
#include "scan/yaml.h"

#include <string.h>
#include <yaml.h>

enum { DEPTH = 128, ANCHORS_MAX = 4096, NODES_MAX = 2000000 };

struct loader {
	yaml_parser_t parser;
	yaml_event_t event;
	json_t *anchors;		/* name -> value */
	unsigned nodes;
	char *why;
	unsigned line;
};

static bool fail(struct loader *l, const char *why)
{
	if (!l->why) {
		l->why = bk_strdup(why);
		l->line = (unsigned)l->event.start_mark.line + 1;
	}
	return false;
}

static bool next(struct loader *l)
{
	yaml_event_delete(&l->event);
	if (yaml_parser_parse(&l->parser, &l->event))
		return true;
	memset(&l->event, 0, sizeof l->event);
	if (!l->why) {
		l->why = bk_strdup(l->parser.problem ? l->parser.problem : "not YAML");
		l->line = (unsigned)l->parser.problem_mark.line + 1;
	}
	return false;
}

/* "!Sub x" -> {"Fn::Sub": x}, "!Ref x" -> {"Ref": x}; other tags say nothing about the value. */
static json_t *tagged(const char *tag, json_t *value)
{
	BK_FREE char *key = NULL;

	if (!value || !tag || tag[0] != '!' || !tag[1] || strpbrk(tag + 1, "!:/"))
		return value;
	key = strcmp(tag, "!Ref") == 0 || strcmp(tag, "!Condition") == 0 ? bk_strdup(tag + 1) : bk_format("Fn::%s", tag + 1);
	return json_pack("{s:o}", key, value);
}

/* An alias shares its anchor's value: it costs a pointer, however often it is used.  A value cannot hold itself, as its anchor is known at its end. */
static void remember(struct loader *l, const char *anchor, json_t *value)
{
	if (anchor && value && json_object_size(l->anchors) < ANCHORS_MAX)
		json_object_set(l->anchors, anchor, value);
}

static json_t *value(struct loader *l, unsigned depth);

/* `<<: *base`: what the base has and the map has not. */
static void merge(json_t *map, json_t *base)
{
	json_t *one;
	size_t i;

	if (json_is_object(base))
		json_object_update_missing(map, base);
	json_array_foreach(base, i, one)
		if (json_is_object(one))
			json_object_update_missing(map, one);
}

static char *key_of(struct loader *l)
{
	if (l->event.type == YAML_SCALAR_EVENT)
		return bk_strndup((const char *)l->event.data.scalar.value, l->event.data.scalar.length);
	fail(l, "a key that is no text");
	return NULL;
}

static bool add_member(struct loader *l, json_t *map, json_t **base, unsigned depth)
{
	BK_FREE char *key = key_of(l);
	json_t *member = key && next(l) ? value(l, depth + 1) : NULL;

	if (!member)
		return false;
	if (strcmp(key, "<<") == 0) {
		json_decref(*base);
		*base = member;
		return true;
	}
	if (json_object_set_new(map, key, member) < 0)
		return fail(l, "a key that is not UTF-8");
	return true;
}

static json_t *map_value(struct loader *l, unsigned depth)
{
	json_t *map = json_object(), *base = NULL;

	while (next(l) && l->event.type != YAML_MAPPING_END_EVENT)
		if (!add_member(l, map, &base, depth))
			break;
	if (l->why) {
		json_decref(map);
		map = NULL;
	} else if (base) {
		merge(map, base);
	}
	json_decref(base);
	return map;
}

static json_t *list_value(struct loader *l, unsigned depth)
{
	json_t *list = json_array();

	while (next(l) && l->event.type != YAML_SEQUENCE_END_EVENT) {
		json_t *item = value(l, depth + 1);

		if (!item)
			break;
		json_array_append_new(list, item);
	}
	if (!l->why)
		return list;
	json_decref(list);
	return NULL;
}

/* Texts stay texts, as versions such as 1.10 must; only plain true, false and null are what they look like. */
static json_t *scalar_value(struct loader *l)
{
	const char *text = (const char *)l->event.data.scalar.value;
	size_t size = l->event.data.scalar.length;
	json_t *out = NULL;

	if (l->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE) {
		if (strcmp(text, "true") == 0)
			out = json_true();
		else if (strcmp(text, "false") == 0)
			out = json_false();
		else if (size == 0 || strcmp(text, "null") == 0 || strcmp(text, "~") == 0)
			out = json_null();
	}
	out = out ? out : json_stringn(text, size);
	if (!out)
		fail(l, "a text that is not UTF-8");
	return out;
}

static json_t *alias_value(struct loader *l)
{
	json_t *value = json_object_get(l->anchors, (const char *)l->event.data.alias.anchor);

	if (!value)
		fail(l, "an alias without its anchor");
	return json_incref(value);
}

static json_t *collection(struct loader *l, bool map, const char *tag_text, const char *anchor_text, unsigned depth)
{
	BK_FREE char *tag = tag_text ? bk_strdup(tag_text) : NULL, *anchor = anchor_text ? bk_strdup(anchor_text) : NULL;
	json_t *out = tagged(tag, map ? map_value(l, depth) : list_value(l, depth));

	remember(l, anchor, out);
	return out;
}

/* The value that the event in hand begins; the event at its end is in hand then.  NULL with why. */
static json_t *value(struct loader *l, unsigned depth)
{
	json_t *out;

	if (depth > DEPTH || ++l->nodes > NODES_MAX) {
		fail(l, depth > DEPTH ? "nested too deep" : "too many values");
		return NULL;
	}
	switch (l->event.type) {
	case YAML_MAPPING_START_EVENT:
		return collection(l, true, (char *)l->event.data.mapping_start.tag, (char *)l->event.data.mapping_start.anchor, depth);
	case YAML_SEQUENCE_START_EVENT:
		return collection(l, false, (char *)l->event.data.sequence_start.tag, (char *)l->event.data.sequence_start.anchor, depth);
	case YAML_ALIAS_EVENT:
		return alias_value(l);
	case YAML_SCALAR_EVENT:
		out = tagged((char *)l->event.data.scalar.tag, scalar_value(l));
		remember(l, (char *)l->event.data.scalar.anchor, out);
		return out;
	default:
		fail(l, "no value");
		return NULL;
	}
}

json_t *bk_yaml_load(const char *text, size_t size, char **why, unsigned *line)
{
	struct loader l = { .anchors = json_object() };
	json_t *out = NULL;

	yaml_parser_initialize(&l.parser);
	yaml_parser_set_input_string(&l.parser, (const unsigned char *)text, size);
	while (next(&l) && (l.event.type == YAML_STREAM_START_EVENT || l.event.type == YAML_DOCUMENT_START_EVENT))
		;
	if (!l.why)
		out = value(&l, 0);
	yaml_event_delete(&l.event);
	yaml_parser_delete(&l.parser);
	json_decref(l.anchors);
	*why = l.why;
	*line = l.line;
	return out;
}
