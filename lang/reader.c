/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/evp.h>
#include <stdarg.h>
#include <string.h>
#include "lang/reader.h"

#define BINARY "tag:yaml.org,2002:binary"

/* --- places ---------------------------------------------------------------------------------------------------------------- */

struct place { size_t line, column; };	/* from 0, characters */

static size_t character_at(const char *s, size_t left)
{
	size_t n = 1;

	while (n < left && ((unsigned char)s[n] & 0xc0) == 0x80)
		n++;
	return n;
}

/* Of a byte of the text. */
static struct place place_of(const struct bk_reader *r, size_t offset)
{
	struct place p = { 0 };

	for (size_t i = 0; i < offset && i < r->size; i += character_at(r->text + i, r->size - i)) {
		p.column++;
		if (r->text[i] == '\n')
			p = (struct place){ p.line + 1, 0 };
	}
	return p;
}

static size_t offset_of_character(const struct bk_reader *r, size_t index)
{
	size_t i = 0;

	while (index-- && i < r->size)
		i += character_at(r->text + i, r->size - i);
	return i;
}

static size_t utf8_length(unsigned long c)
{
	return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
}

/* The escape behind a backslash: bytes of text that it has, bytes of value that it makes; 0 where the line is folded. */
static size_t escape(const char *s, size_t *makes)
{
	size_t digits = *s == 'x' ? 2 : *s == 'u' ? 4 : *s == 'U' ? 8 : 0;
	char hex[9] = "";

	*makes = *s == 'N' || *s == '_' ? 2 : *s == 'L' || *s == 'P' ? 3 : 1;
	if (!digits)
		return *s == '\n' || *s == '\r' ? 0 : 1;
	memcpy(hex, s + 1, digits);
	*makes = utf8_length(strtoul(hex, NULL, 16));
	return 1 + digits;
}

/*
 * Moves *p from a scalar's begin to byte `at` of its value.  False where that cannot be told, since the text is folded over lines or
 * is a block.  The scalar was read before, so that its escapes and quotes are whole.
 */
static bool walk_scalar(const struct bk_reader *r, const yaml_node_t *n, uint32_t at, struct place *p)
{
	yaml_scalar_style_t style = n->data.scalar.style;
	bool one = style == YAML_SINGLE_QUOTED_SCALAR_STYLE, two = style == YAML_DOUBLE_QUOTED_SCALAR_STYLE;
	size_t i = offset_of_character(r, n->start_mark.index) + (one || two), step, makes;

	if (n->end_mark.line != n->start_mark.line || (!one && !two && style != YAML_PLAIN_SCALAR_STYLE))
		return false;
	p->column += one || two;
	for (size_t value = 0; value < at && i < r->size; i += step, value += makes) {
		makes = step = character_at(r->text + i, r->size - i);
		p->column++;
		if (one && r->text[i] == '\'')
			step = 2;
		else if (two && r->text[i] == '\\')
			step = 1 + escape(r->text + i + 1, &makes);
		else
			continue;
		p->column += step - 1;
	}
	return true;
}

/* --- faults ---------------------------------------------------------------------------------------------------------------- */

static void note(struct bk_reader *r, struct place p, const char *text)
{
	if (++r->faults == BK_FAULTS_MOST)
		text = "more faults than these: correct them first";
	if (r->faults <= BK_FAULTS_MOST)
		bk_diag_add(r->diags, BK_ERROR, r->name, (unsigned)p.line + 1, (unsigned)p.column + 1, "%s", text);
}

static struct place place_of_mark(yaml_mark_t m)
{
	return (struct place){ m.line, m.column };
}

static void note_format(struct bk_reader *r, struct place p, const char *format, va_list ap)
{
	BK_FREE char *text = NULL;

	if (vasprintf(&text, format, ap) < 0)
		abort();
	note(r, p, text);
}

void bk_reader_fault(struct bk_reader *r, const yaml_node_t *n, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	note_format(r, place_of_mark(n->start_mark), format, ap);
	va_end(ap);
}

void bk_reader_fault_in(struct bk_reader *r, const yaml_node_t *n, uint32_t at, const char *format, ...)
{
	struct place p = place_of_mark(n->start_mark);
	va_list ap;

	if (r->faults >= BK_FAULTS_MOST || !walk_scalar(r, n, at, &p))
		p = place_of_mark(n->start_mark);
	va_start(ap, format);
	note_format(r, p, format, ap);
	va_end(ap);
}

/* --- opening --------------------------------------------------------------------------------------------------------------- */

static void yaml_fault(struct bk_reader *r, const yaml_parser_t *p)
{
	struct place at = p->error == YAML_READER_ERROR ? place_of(r, p->problem_offset) : place_of_mark(p->problem_mark);
	size_t end = r->size;
	BK_FREE char *text = bk_format("not YAML: %s", p->problem ? p->problem : "it cannot be read");

	/* What is open at the end of the text is named at the end of its last line, not on an empty one behind it. */
	if (p->error != YAML_READER_ERROR && !at.column && at.line && end && r->text[end - 1] == '\n' && place_of(r, end).line == at.line)
		at = place_of(r, end - 1);
	note(r, at, text);
}

static bool is_tag(const yaml_char_t *tag, const char *name)
{
	return tag && !strcmp((const char *)tag, name);
}

/* Why an event has no place in a policy, or NULL.  Aliases and tags do not show in the tree in all cases; depth is bounded before it is built. */
static const char *refused(const yaml_event_t *e, int depth, int documents)
{
	const yaml_char_t *anchor = NULL, *tag = NULL;

	if (e->type == YAML_SCALAR_EVENT) {
		anchor = e->data.scalar.anchor;
		tag = is_tag(e->data.scalar.tag, BINARY) ? NULL : e->data.scalar.tag;
	} else if (e->type == YAML_SEQUENCE_START_EVENT) {
		anchor = e->data.sequence_start.anchor;
		tag = e->data.sequence_start.tag;
	} else if (e->type == YAML_MAPPING_START_EVENT) {
		anchor = e->data.mapping_start.anchor;
		tag = e->data.mapping_start.tag;
	}
	if (anchor || e->type == YAML_ALIAS_EVENT)
		return "anchors and aliases are not allowed in a policy: write it out";
	if (tag)
		return "tags are not allowed in a policy";
	if (documents > 1)
		return "a second document: a policy is one document";
	return depth > BK_DEPTH_MOST ? "nested too deep" : NULL;
}

/* False at the first fault. */
static bool check_event(struct bk_reader *r, const yaml_event_t *e, int *depth, int *documents)
{
	const char *why;

	*depth += e->type == YAML_MAPPING_START_EVENT || e->type == YAML_SEQUENCE_START_EVENT;
	*depth -= e->type == YAML_MAPPING_END_EVENT || e->type == YAML_SEQUENCE_END_EVENT;
	*documents += e->type == YAML_DOCUMENT_START_EVENT;
	why = refused(e, *depth, *documents);
	if (why)
		note(r, place_of_mark(e->start_mark), why);
	return !why;
}

/* Other encodings than UTF-8 would be read by libyaml, but shown by nobody who reviews a policy. */
static void start(yaml_parser_t *p, const struct bk_reader *r)
{
	if (!yaml_parser_initialize(p))
		abort();
	yaml_parser_set_encoding(p, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(p, (const unsigned char *)r->text, r->size);
}

static bool check_events(struct bk_reader *r)
{
	int depth = 0, documents = 0;
	bool good = true, done = false;
	yaml_parser_t p;
	yaml_event_t e;

	start(&p, r);
	while (good && !done) {
		if (!yaml_parser_parse(&p, &e)) {
			yaml_fault(r, &p);
			good = false;
			break;
		}
		good = check_event(r, &e, &depth, &documents);
		done = e.type == YAML_STREAM_END_EVENT;
		yaml_event_delete(&e);
	}
	yaml_parser_delete(&p);
	return good;
}

bool bk_reader_open(struct bk_reader *r)
{
	yaml_parser_t p;
	bool good;

	if (!check_events(r))
		return false;
	start(&p, r);
	good = yaml_parser_load(&p, &r->doc);
	if (!good)
		yaml_fault(r, &p);
	yaml_parser_delete(&p);
	return good;
}

void bk_reader_close(struct bk_reader *r)
{
	yaml_document_delete(&r->doc);
}

/* --- values ----------------------------------------------------------------------------------------------------------------- */

yaml_node_t *bk_reader_node(struct bk_reader *r, int index)
{
	return yaml_document_get_node(&r->doc, index);
}

bool bk_reader_is_null(const yaml_node_t *n)
{
	const char *s;

	if (n->type != YAML_SCALAR_NODE || n->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
		return false;
	s = (const char *)n->data.scalar.value;
	return !*s || !strcmp(s, "~") || !strcmp(s, "null");
}

/* False where the value is no base64. */
static bool decode_binary(yaml_node_t *n)
{
	char *s = (char *)n->data.scalar.value;
	size_t size = n->data.scalar.length, padding = 0;
	BK_FREE unsigned char *out = bk_alloc(size + 1);
	int length = size % 4 ? -1 : EVP_DecodeBlock(out, n->data.scalar.value, (int)size);

	while (padding < 2 && padding < size && s[size - 1 - padding] == '=')
		padding++;
	n->tag[0] = '\0';
	if (length < (int)padding)
		return false;
	n->data.scalar.length = (size_t)length - padding;
	memcpy(s, out, n->data.scalar.length);
	s[n->data.scalar.length] = '\0';
	return true;
}

const char *bk_reader_text(struct bk_reader *r, yaml_node_t *n, const char *what)
{
	if (n->type != YAML_SCALAR_NODE)
		bk_reader_fault(r, n, "%s must be a single value", what);
	else if (is_tag(n->tag, BINARY) && !decode_binary(n))
		bk_reader_fault(r, n, "%s is tagged !!binary but is no base64 text", what);
	else if (memchr(n->data.scalar.value, 0, n->data.scalar.length))
		bk_reader_fault(r, n, "%s holds a NUL byte", what);
	else
		return (char *)n->data.scalar.value;
	return NULL;
}

void bk_reader_store(struct bk_reader *r, yaml_node_t *n, char **to, const char *what)
{
	const char *s = bk_reader_text(r, n, what);

	if (s && !*s)
		bk_reader_fault(r, n, "%s is empty", what);
	else if (s) {
		free(*to);
		*to = bk_strdup(s);
	}
}

bool bk_reader_pick(struct bk_reader *r, yaml_node_t *n, const char *what, const char *const *names, int *to)
{
	const char *s = bk_reader_text(r, n, what);

	for (int i = 0; s && names[i]; i++)
		if (!strcmp(names[i], s)) {
			*to = i;
			return true;
		}
	if (s)
		bk_reader_fault(r, n, "%s cannot be '%.60s'", what, s);
	return false;
}

/* --- mappings --------------------------------------------------------------------------------------------------------------- */

/* Levenshtein's: letters to change, add or drop. */
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

static void unknown_key(struct bk_reader *r, const yaml_node_t *n, const char *name, const struct bk_key *keys)
{
	const char *best = NULL;
	unsigned least = 3;

	for (; keys->name; keys++)
		if (distance(name, keys->name) < least) {
			least = distance(name, keys->name);
			best = keys->name;
		}
	if (best)
		bk_reader_fault(r, n, "unknown key '%.60s': did you mean '%s'?", name, best);
	else
		bk_reader_fault(r, n, "unknown key '%.60s'", name);
}

void bk_reader_mapping(struct bk_reader *r, yaml_node_t *n, const struct bk_key *keys, void *to)
{
	uint32_t have = 0;

	for (yaml_node_pair_t *p = n->data.mapping.pairs.start; p < n->data.mapping.pairs.top; p++) {
		yaml_node_t *k = bk_reader_node(r, p->key);
		const char *name = bk_reader_text(r, k, "a key");
		unsigned i = 0;

		if (!name)
			continue;
		while (keys[i].name && strcmp(keys[i].name, name))
			i++;
		if (!keys[i].name)
			unknown_key(r, k, name, keys);
		else if (have & 1u << i)
			bk_reader_fault(r, k, "duplicate key '%s'", name);
		else
			keys[i].read(r, bk_reader_node(r, p->value), to);
		have |= keys[i].name ? 1u << i : 0;
	}
}

bool bk_reader_has_key(struct bk_reader *r, const yaml_node_t *mapping, const char *name)
{
	for (yaml_node_pair_t *p = mapping->data.mapping.pairs.start; p < mapping->data.mapping.pairs.top; p++) {
		yaml_node_t *k = bk_reader_node(r, p->key);

		if (k->type == YAML_SCALAR_NODE && !strcmp((char *)k->data.scalar.value, name))
			return true;
	}
	return false;
}
