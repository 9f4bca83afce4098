/* SPDX-License-Identifier: Apache-2.0 */
/* Comments of policy text: YAML readers drop them, people want theirs back. */
#include <string.h>
#include "learn/parts.h"

struct lines {
	char **at;			/* without their ends */
	size_t count, cap;
	char *bytes;
};

static void split(struct lines *l, const char *text)
{
	l->bytes = bk_strdup(text);
	for (char *at = l->bytes; *at; ) {
		size_t n = strcspn(at, "\n");
		bool last = !at[n];

		at[n] = '\0';
		if (n && at[n - 1] == '\r')
			at[n - 1] = '\0';
		l->at = bk_grow(l->at, &l->cap, l->count + 1, sizeof *l->at);
		l->at[l->count++] = at;
		if (last)
			break;
		at += n + 1;
	}
}

/* What stands behind '#' and one blank; NULL where the line holds anything else. */
static const char *whole_line_comment(const char *line)
{
	line += strspn(line, " \t");
	if (*line != '#')
		return NULL;
	line++;
	return line + (*line == ' ');
}

/* The comment behind a line's content. */
static const char *end_of_line_comment(const char *line)
{
	char quote = '\0';

	for (const char *c = line; *c; c++) {
		if (quote == '"' && *c == '\\' && c[1])
			c++;
		else if (quote)
			quote = *c == quote ? '\0' : quote;
		else if ((*c == '"' || *c == '\'') && (c == line || strchr(" [{,:-", c[-1])))
			quote = *c;
		else if (*c == '#' && c > line && (c[-1] == ' ' || c[-1] == '\t'))
			return c + 1 + (c[1] == ' ');
	}
	return NULL;
}

/* Lines above line `number` (from 1), back to the first that is no comment, and the comment behind it. */
static char *comment_at(const struct lines *l, size_t number)
{
	struct bk_buf out = { 0 };
	const char *behind;
	size_t first = number - 1;

	if (!number || number > l->count)
		return NULL;
	while (first > 0 && whole_line_comment(l->at[first - 1]))
		first--;
	for (size_t i = first; i < number - 1; i++)
		bk_buf_printf(&out, "%s%s", out.len ? "\n" : "", whole_line_comment(l->at[i]));
	behind = end_of_line_comment(l->at[number - 1]);
	if (behind)
		bk_buf_printf(&out, "%s%s", out.len ? "\n" : "", behind);
	return out.at;
}

static void keep(char **to, const struct lines *l, size_t number)
{
	if (!*to)
		*to = comment_at(l, number);
}

/* The line of a key, at any depth; 0: none. */
static size_t line_of(const struct lines *l, const char *key, size_t n)
{
	for (size_t i = 0; i < l->count; i++) {
		const char *line = l->at[i] + strspn(l->at[i], " ");

		if (!strncmp(line, key, n) && line[n] == ':')
			return i + 1;
	}
	return 0;
}

static void keep_section(struct bk_model *m, enum bk_section section, const struct lines *l)
{
	const char *name = bk_section_name(section), *dot = strchr(name, '.');

	if (!m->section[section].present)
		return;
	name = dot ? dot + 1 : name;
	keep(&m->section[section].comment, l, line_of(l, name, strlen(name)));
	for (size_t i = 0; i < m->section[section].count; i++)
		keep(&m->section[section].rules[i].comment, l, m->section[section].rules[i].line);
}

void bk_keep_comments(struct bk_model *m, const char *text)
{
	struct lines l = { 0 };

	split(&l, text);
	keep(&m->comment, &l, line_of(&l, "version", 7));
	if (m->has_main)
		keep(&m->main.comment, &l, line_of(&l, "main", 4));
	for (int s = 0; s < BK_SECTIONS; s++)
		keep_section(m, (enum bk_section)s, &l);
	free(l.at);
	free(l.bytes);
}

char *bk_comment_text(struct bk_text text, size_t most)
{
	struct bk_buf out = { 0 };

	bk_buf_text(&out, "");
	for (uint32_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.at[i];

		if (out.len >= most) {
			bk_buf_text(&out, "...");
			break;
		}
		if (c >= 0x20 && c < 0x7f)
			bk_buf_add(&out, &c, 1);
		else
			bk_buf_text(&out, c == '\n' ? " " : "?");
	}
	return out.at;
}
