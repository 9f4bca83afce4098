/* SPDX-License-Identifier: Apache-2.0 */
/* JSON that goes over many lines, byte by byte: its entries are cut out one after the other, so that only one is ever in memory. */
#include <string.h>
#include "learn/list.h"

enum { WANT_VALUE, WANT_FIRST, WANT_KEY, WANT_COLON, WANT_END };	/* FIRST: a value or ']' */

void bk_list_stop(struct bk_list *l)
{
	l->active = l->in_text = l->escaped = l->listed = l->over = false;
	l->depth = 0;
	l->captured = 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool bk_list_begins(struct bk_text line)
{
	return line.len && (line.at[0] == '[' || line.at[0] == '{');
}

void bk_list_start(struct bk_list *l)
{
	bk_list_stop(l);
	l->active = true;
	l->state = WANT_VALUE;
	l->entry.len = 0;
}

/* Keys under which log services put the entries of an answer. */
static bool names_entries(const char *key)
{
	static const char *const names[] = { "events", "entries", "records", "Records", "logEvents", "results", "value", "items", "rows", "tables", NULL };

	for (int i = 0; names[i]; i++)
		if (strcmp(names[i], key) == 0)
			return true;
	return false;
}

/* Nothing but arrays around it, or the object of the whole answer and arrays. */
static bool stands_in_list(const struct bk_list *l)
{
	for (unsigned i = 0; i < l->depth; i++)
		if (l->stack[i] != '[' && !(i == 0 && l->listed))
			return false;
	return true;
}

static void keep(struct bk_list *l, char c)
{
	if (!l->captured || l->over)
		return;
	if (l->entry.len >= l->limit) {
		l->over = true;
		return;
	}
	bk_buf_add(&l->entry, &c, 1);
}

static bool open_value(struct bk_list *l, char c)
{
	if (l->depth == sizeof l->stack)
		return false;
	if (c == '[' && l->depth == 1 && l->stack[0] == '{' && names_entries(l->key)) {
		l->listed = true;
		l->captured = 0;
		l->over = false;
	}
	if (c == '{' && !l->captured && stands_in_list(l)) {
		l->captured = l->depth + 1;
		l->entry.len = 0;
		l->over = false;
	}
	l->stack[l->depth++] = c;
	l->state = c == '{' ? WANT_KEY : WANT_FIRST;
	return true;
}

/* Lenient about a comma before the end: lines that were understood by themselves are not seen here. */
static enum bk_list_result close_value(struct bk_list *l, char c)
{
	bool entry;

	if (!l->depth || l->stack[l->depth - 1] != (c == '}' ? '{' : '['))
		return BK_LIST_BROKEN;
	l->depth--;
	l->state = WANT_END;
	l->active = l->depth > 0;
	entry = l->captured && l->captured == l->depth + 1;
	if (!entry)
		return BK_LIST_MORE;
	l->captured = 0;
	return l->over ? BK_LIST_SKIPPED : BK_LIST_ENTRY;
}

static enum bk_list_result in_text(struct bk_list *l, char c)
{
	keep(l, c);
	if (c == '\n')
		return BK_LIST_BROKEN;
	if (l->escaped)
		l->escaped = false;
	else if (c == '\\')
		l->escaped = true;
	else if (c == '"')
		l->in_text = false;
	if (l->in_text && l->is_key && l->key_len + 1 < sizeof l->key)
		l->key[l->key_len++] = c;
	l->key[l->key_len] = '\0';
	return BK_LIST_MORE;
}

static enum bk_list_result begin_text(struct bk_list *l)
{
	if (l->state == WANT_COLON || l->state == WANT_END)
		return BK_LIST_BROKEN;
	l->is_key = l->state == WANT_KEY;
	if (l->is_key)
		l->key_len = 0;
	l->state = l->is_key ? WANT_COLON : WANT_END;
	l->in_text = true;
	keep(l, '"');
	return BK_LIST_MORE;
}

static bool in_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '+' || c == '.';
}

static enum bk_list_result punctuation(struct bk_list *l, char c)
{
	bool object = l->depth && l->stack[l->depth - 1] == '{';

	if (c == ':' && l->state == WANT_COLON)
		l->state = WANT_VALUE;
	else if (c == ',' && l->depth && (l->state == WANT_END || l->state == WANT_FIRST || l->state == WANT_KEY))
		l->state = object ? WANT_KEY : WANT_FIRST;
	else if (!in_word(c) || l->state == WANT_KEY || l->state == WANT_COLON || !l->depth)
		return BK_LIST_BROKEN;
	else
		l->state = WANT_END;
	keep(l, c);
	return BK_LIST_MORE;
}

static enum bk_list_result structure(struct bk_list *l, char c)
{
	bool value = l->state == WANT_VALUE || l->state == WANT_FIRST;

	if (is_blank(c)) {
		keep(l, c);
		return BK_LIST_MORE;
	}
	if (c == '"')
		return l->depth ? begin_text(l) : BK_LIST_BROKEN;
	if (c == '{' || c == '[') {
		if (!value || !open_value(l, c))
			return BK_LIST_BROKEN;
		keep(l, c);
		return BK_LIST_MORE;
	}
	if (c == '}' || c == ']') {
		keep(l, c);
		return close_value(l, c);
	}
	return punctuation(l, c);
}

enum bk_list_result bk_list_add(struct bk_list *l, char c)
{
	return l->in_text ? in_text(l, c) : structure(l, c);
}
