/* SPDX-License-Identifier: Apache-2.0 */
/* Changes to a text: inserted members and their removal. */
#include "pack/node.h"

#include <string.h>

#define MARK " # buckler"		/* at the end of each inserted line */

void bk_edits_add(struct bk_edits *e, size_t at, size_t remove, char *text)
{
	size_t i = e->count;

	e->at = bk_grow(e->at, &e->cap, e->count + 1, sizeof *e->at);
	for (; i > 0 && e->at[i - 1].at > at; i--)
		e->at[i] = e->at[i - 1];
	e->at[i] = (struct bk_edit){ at, remove, text };
	e->count++;
}

void bk_edits_apply(struct bk_edits *e, const struct bk_buf *in, struct bk_buf *out)
{
	size_t at = 0;

	for (size_t i = 0; i < e->count; i++) {
		bk_buf_add(out, in->at + at, e->at[i].at - at);
		bk_buf_text(out, e->at[i].text);
		at = e->at[i].at + e->at[i].remove;
	}
	bk_buf_add(out, in->at + at, in->len - at);
}

void bk_edits_free(struct bk_edits *e)
{
	for (size_t i = 0; i < e->count; i++)
		free(e->at[i].text);
	free(e->at);
	*e = (struct bk_edits){ 0 };
}

static bool refuse(const char *name, const struct bk_node *n, const char *why, struct bk_diags *d)
{
	bk_diag_add(d, BK_ERROR, name, n->line, n->column, "%s", why);
	return false;
}

/* --- inserting --------------------------------------------------------------------------------------------------------------- */

/* The offset of the first collection's byte on its line, which is its indentation; SIZE_MAX where there is more than blanks before it. */
static size_t indentation(const struct bk_buf *text, size_t at)
{
	size_t n = 0;

	while (at > n && text->at[at - n - 1] == ' ')
		n++;
	return at == n || text->at[at - n - 1] == '\n' ? n : SIZE_MAX;
}

/* The file's own way to end a line, as the one that ends at `end` does. */
static const char *line_end(const struct bk_buf *text, size_t end)
{
	return end > 1 && text->at[end - 2] == '\r' ? "\r\n" : "\n";
}

static bool insert_block(struct bk_edits *e, const struct bk_buf *text, const char *name, const struct bk_node *key, const char *lines, struct bk_diags *d)
{
	const struct bk_node *value = key->next;
	const char *after = memchr(text->at + key->end, '\n', text->len - key->end);
	size_t indent = indentation(text, value->start), at = after ? (size_t)(after - text->at) + 1 : text->len;
	BK_BUF out = { 0 };

	if (indent == SIZE_MAX || at > value->start)
		return refuse(name, value, "this must begin on a line of its own to be changed", d);
	for (const char *line = lines; *line; ) {
		size_t n = strcspn(line, "\n");

		bk_buf_printf(&out, "%*s%.*s" MARK "%s", (int)indent, "", (int)n, line, line_end(text, at));
		line += n + (line[n] == '\n');
	}
	bk_edits_add(e, at, 0, bk_strdup(out.at));
	return true;
}

static void insert_flow(struct bk_edits *e, const struct bk_buf *text, const struct bk_node *value, const char *member)
{
	size_t at = value->start + 1, blanks = strspn(text->at + at, " \t\r\n");
	char next = text->at[at + blanks];

	if (next == '}' || next == ']')
		bk_edits_add(e, at, 0, bk_strdup(member));
	else
		bk_edits_add(e, at, 0, bk_format("%.*s%s,", next == '#' ? 0 : (int)blanks, text->at + at, member));
}

bool bk_edits_insert(struct bk_edits *e, const struct bk_buf *text, const char *name, const struct bk_node *key, const struct bk_piece *piece, struct bk_diags *d)
{
	const struct bk_node *value = key->next;

	if (!value->flow)
		return insert_block(e, text, name, key, piece->block, d);
	if (text->at[value->start] != '{' && text->at[value->start] != '[')
		return refuse(name, value, "this has an anchor or a tag: write it out to have it changed", d);
	insert_flow(e, text, value, piece->flow);
	return true;
}

/* --- removing ---------------------------------------------------------------------------------------------------------------- */

/* The bytes of the line at `at`, its end included, where it carries the mark; else 0. */
static size_t marked_line(const struct bk_buf *in, size_t at)
{
	const char *line = in->at + at, *end = memchr(line, '\n', in->len - at);
	size_t n = end ? (size_t)(end - line) : 0;

	if (n && line[n - 1] == '\r')
		n--;
	if (n < sizeof MARK || memcmp(line + n - (sizeof MARK - 1), MARK, sizeof MARK - 1) != 0)
		return 0;
	return (size_t)(end - line) + 1;
}

static size_t flow_member(const struct bk_buf *in, size_t at, const struct bk_piece *pieces, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t n = strlen(pieces[i].flow);

		if (in->len - at >= n && memcmp(in->at + at, pieces[i].flow, n) == 0)
			return n;
	}
	return 0;
}

/* With its comma go the blanks before it, which were copied from those before the next member. */
static size_t drop_member(const struct bk_buf *in, size_t end, struct bk_buf *out)
{
	if (end >= in->len || in->at[end] != ',')
		return end;
	while (out->len && strchr(" \t\r\n", out->at[out->len - 1]))
		out->len--;
	out->at[out->len] = '\0';
	return end + 1;
}

size_t bk_pieces_remove(const struct bk_buf *in, const struct bk_piece *pieces, size_t count, struct bk_buf *out)
{
	size_t found = 0;

	bk_buf_add(out, "", 0);		/* something, also where nothing stays */
	for (size_t at = 0; at < in->len; ) {
		bool begins = !at || in->at[at - 1] == '\n';
		size_t line = begins ? marked_line(in, at) : 0;
		size_t member = line ? 0 : flow_member(in, at, pieces, count);

		found += line || member;
		if (line)
			at += line;
		else if (member)
			at = drop_member(in, at + member, out);
		else
			bk_buf_add(out, in->at + at++, 1);
	}
	return found;
}
