/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TOML 1.0 as jansson's values, since no C library of Debian reads it.  Tables, lists and strings are what lock files need; numbers, booleans
 * and dates become their text, and a key that is set twice keeps its last value: this reads files, it does not check them.
 */
#include <string.h>

#include "scan/reader.h"

#define DEPTH 32u			/* of lists and inline tables */
#define PARTS 16u			/* of a dotted key */

struct toml {
	struct bk_file *f;
	const char *at, *end;
	unsigned line, depth;
	bool bad;
	json_t *root, *table;		/* where keys go; borrowed from the root */
};

struct key {
	char *part[PARTS];
	unsigned count;
};

static void fault(struct toml *t, const char *what)
{
	if (!t->bad)
		bk_scan_warn(t->f, t->line, "not TOML: %s", what);
	t->bad = true;
	t->at = t->end;
}

static char peek(const struct toml *t)
{
	return t->at < t->end ? *t->at : '\0';
}

static void step(struct toml *t)
{
	if (*t->at++ == '\n')
		t->line++;
}

/* Blanks and comments; with `lines` also ends of lines. */
static void blanks(struct toml *t, bool lines)
{
	while (t->at < t->end && (*t->at == ' ' || *t->at == '\t' || *t->at == '\r' || (lines && *t->at == '\n') || *t->at == '#')) {
		if (*t->at == '#')
			while (t->at < t->end && *t->at != '\n')
				t->at++;
		else
			step(t);
	}
}

/* --- strings --- */

static void add_code_point(struct bk_buf *out, uint32_t c)
{
	static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	char b[4];

	for (size_t i = n; i-- > 1; c >>= 6)
		b[i] = (char)(0x80 | (c & 0x3f));
	b[0] = (char)(lead[n] | c);
	bk_buf_add(out, b, n);
}

static void code_point(struct toml *t, struct bk_buf *out, unsigned digits)
{
	static const char hex[] = "0123456789abcdef";
	uint32_t code = 0;

	for (; digits && t->at < t->end; digits--, t->at++) {
		const char *digit = *t->at ? strchr(hex, *t->at >= 'A' ? *t->at | 32 : *t->at) : NULL;

		if (!digit)
			break;
		code = code << 4 | (uint32_t)(digit - hex);
	}
	if (digits || code > 0x10ffff)
		fault(t, "an escape without a character");
	else
		add_code_point(out, code);
}

static void escape(struct toml *t, struct bk_buf *out)
{
	static const char from[] = "btnfre\"\\", to[] = "\b\t\n\f\r\033\"\\";
	char c = peek(t);
	const char *known = c ? strchr(from, c) : NULL;

	if (c == '\n' || c == '\r' || c == ' ' || c == '\t') {
		blanks(t, true);		/* the line goes on in the next */
		return;
	}
	if (t->at < t->end)
		t->at++;
	if (known)
		bk_buf_add(out, to + (known - from), 1);
	else if (c == 'u' || c == 'U')
		code_point(t, out, c == 'u' ? 4 : 8);
	else
		fault(t, "an unknown escape");
}

static bool quotes(const struct toml *t, char q, size_t n)
{
	if ((size_t)(t->end - t->at) < n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (t->at[i] != q)
			return false;
	return true;
}

/* Basic and literal strings of one or more lines; *t->at is the quote. */
static char *string(struct toml *t)
{
	char q = *t->at;
	size_t n = quotes(t, q, 3) ? 3 : 1;
	struct bk_buf out = { 0 };

	bk_buf_text(&out, "");
	t->at += n;
	if (n == 3 && peek(t) == '\n')
		step(t);
	while (t->at < t->end && !quotes(t, q, n) && (n == 3 || *t->at != '\n')) {
		if (q == '"' && *t->at == '\\') {
			t->at++;
			escape(t, &out);
		} else {
			bk_buf_add(&out, t->at, 1);
			step(t);
		}
	}
	if (quotes(t, q, n))
		t->at += n;
	else
		fault(t, "a string without an end");
	while (n == 3 && peek(t) == q) {	/* up to two quotes may stand before the closing ones */
		bk_buf_add(&out, &q, 1);
		t->at++;
	}
	return out.at;
}

/* --- keys --- */

static bool is_bare(char c)
{
	return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '_' || c == '-';
}

static void free_key(struct key *k)
{
	while (k->count)
		free(k->part[--k->count]);
}

static char *key_part(struct toml *t)
{
	const char *from = t->at;

	if (peek(t) == '"' || peek(t) == '\'')
		return string(t);
	while (is_bare(peek(t)))
		t->at++;
	if (t->at == from)
		fault(t, "a key was expected");
	return bk_strndup(from, (size_t)(t->at - from));
}

/* a.b."c"; false with a fault. */
static bool read_key(struct toml *t, struct key *k)
{
	k->count = 0;
	do {
		if (k->count)
			t->at++;		/* the dot */
		if (k->count == PARTS)
			fault(t, "a key of too many parts");
		blanks(t, false);
		if (!t->bad)
			k->part[k->count++] = key_part(t);
		blanks(t, false);
	} while (!t->bad && peek(t) == '.');
	return !t->bad;
}

/* The table of that name in a table, made where it is not there; of a list of tables the last one. NULL where something else is there. */
static json_t *table_in(json_t *table, const char *name)
{
	json_t *found = json_object_get(table, name);

	if (json_is_array(found))
		found = json_array_get(found, json_array_size(found) - 1);
	else if (!found && json_object_set_new(table, name, json_object()) == 0)
		found = json_object_get(table, name);
	return json_is_object(found) ? found : NULL;
}

/* The table that holds the key's last part. */
static json_t *table_of(struct toml *t, json_t *table, const struct key *k)
{
	for (unsigned i = 0; table && i + 1 < k->count; i++)
		table = table_in(table, k->part[i]);
	if (!table)
		fault(t, "a key below what is no table");
	return table;
}

/* --- values --- */

static json_t *value(struct toml *t);

static json_t *text_value(const char *text, size_t n)
{
	json_t *v = json_stringn(text, n);

	return v ? v : json_null();		/* not UTF-8 */
}

static void pair(struct toml *t, json_t *table)
{
	struct key k;

	if (read_key(t, &k) && peek(t) != '=')
		fault(t, "\"=\" was expected");
	if (!t->bad) {
		t->at++;
		json_t *v = value(t), *in = table_of(t, table, &k);

		if (in)
			json_object_set_new(in, k.part[k.count - 1], v);
		else
			json_decref(v);
	}
	free_key(&k);
}

/* [ ... ] or { ... } */
static json_t *collection(struct toml *t)
{
	char close = *t->at == '[' ? ']' : '}';
	json_t *all = close == ']' ? json_array() : json_object();

	if (++t->depth > DEPTH)
		fault(t, "too deep");
	else
		t->at++;
	for (blanks(t, true); t->at < t->end && *t->at != close; blanks(t, true)) {
		if (close == ']')
			json_array_append_new(all, value(t));
		else
			pair(t, all);
		blanks(t, true);
		if (peek(t) == ',')
			t->at++;
		else if (peek(t) != close)
			fault(t, "a comma was expected");
	}
	if (t->at < t->end)
		t->at++;
	else
		fault(t, "a list or table without an end");
	t->depth--;
	return all;
}

static json_t *value(struct toml *t)
{
	const char *from;

	blanks(t, false);
	if (peek(t) == '"' || peek(t) == '\'') {
		BK_FREE char *text = string(t);

		return text_value(text, strlen(text));
	}
	if (peek(t) == '[' || peek(t) == '{')
		return collection(t);
	for (from = t->at; t->at < t->end && !strchr(",]}# \t\n\r", *t->at); t->at++)
		;
	if (t->at == from)
		fault(t, "a value was expected");
	return text_value(from, (size_t)(t->at - from));
}

/* --- tables --- */

static json_t *new_in_list(json_t *table, const char *name)
{
	json_t *list = json_object_get(table, name);

	if (!list && json_object_set_new(table, name, json_array()) == 0)
		list = json_object_get(table, name);
	if (!json_is_array(list) || json_array_append_new(list, json_object()) != 0)
		return NULL;
	return json_array_get(list, json_array_size(list) - 1);
}

/* [a.b] or [[a.b]] */
static void header(struct toml *t)
{
	size_t n = quotes(t, '[', 2) ? 2 : 1;
	struct key k;

	t->at += n;
	if (read_key(t, &k) && !quotes(t, ']', n))
		fault(t, "\"]\" was expected");
	if (!t->bad) {
		json_t *in = table_of(t, t->root, &k);
		const char *last = k.part[k.count - 1];

		t->at += n;
		t->table = !in ? NULL : n == 2 ? new_in_list(in, last) : table_in(in, last);
		if (!t->table)
			fault(t, "a table where something else is");
	}
	free_key(&k);
}

json_t *bk_file_toml(struct bk_file *f)
{
	struct toml t = { .f = f, .at = f->text.at, .end = f->text.at + f->text.len, .line = 1, .root = json_object() };

	t.table = t.root;
	for (blanks(&t, true); t.at < t.end; blanks(&t, true)) {
		if (*t.at == '[')
			header(&t);
		else
			pair(&t, t.table);
		blanks(&t, false);
		if (t.at < t.end && *t.at != '\n')
			fault(&t, "the end of the line was expected");
	}
	if (!t.bad)
		return t.root;
	json_decref(t.root);
	return NULL;
}
