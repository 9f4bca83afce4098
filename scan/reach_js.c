/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The imports of a JavaScript or TypeScript module, by its tokens alone: no grammar is needed to see require("x"), import("x"), import ... from "x",
 * export ... from "x" and import "x" outside of comments, strings and regular expressions.
 */
#include <string.h>

#include "scan/reach.h"

enum { NESTED = 64, NAME_SIZE = 512 };

enum kind { END, WORD, STRING, TEMPLATE, SIGN };

struct lexer {
	const char *at, *end;
	enum kind kind, before;		/* of the token in hand, of the one before it */
	char sign;			/* of a SIGN */
	const char *word;		/* of a WORD, STRING */
	size_t size;
	bool value;			/* the token ends a value: a slash behind it divides */
	unsigned braces[NESTED];	/* open in each template that is around */
	unsigned templates;
};

static bool is_letter(char c)
{
	return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

static void skip_comment(struct lexer *l)
{
	const char *end = l->at[1] == '/' ? memchr(l->at, '\n', (size_t)(l->end - l->at)) : memmem(l->at + 2, (size_t)(l->end - l->at) - 2, "*/", 2);

	l->at = !end ? l->end : l->at[1] == '/' ? end : end + 2;
}

static void skip_blanks(struct lexer *l)
{
	for (; l->at < l->end; ) {
		if ((unsigned char)*l->at <= ' ')
			l->at++;
		else if (*l->at == '/' && l->end - l->at > 1 && (l->at[1] == '/' || l->at[1] == '*'))
			skip_comment(l);
		else
			return;
	}
}

/* Up to an unescaped `mark` or the line's end. */
static void skip_quoted(struct lexer *l, char mark)
{
	bool class = false;

	for (l->at++; l->at < l->end && *l->at != '\n'; l->at++) {
		if (*l->at == '\\' && l->end - l->at > 1)
			l->at++;
		else if (*l->at == mark && !class)
			break;
		else if (mark == '/' && (*l->at == '[' || *l->at == ']'))
			class = *l->at == '[';
	}
	l->at += l->at < l->end;
}

/* The text of a template up to its end or to an expression in it. */
static void skip_template(struct lexer *l)
{
	for (; l->at < l->end; l->at++) {
		if (*l->at == '\\' && l->end - l->at > 1) {
			l->at++;
		} else if (*l->at == '`') {
			l->at++;
			return;
		} else if (*l->at == '$' && l->end - l->at > 1 && l->at[1] == '{' && l->templates < NESTED) {
			l->braces[l->templates++] = 0;
			l->at += 2;
			return;
		}
	}
}

/* Words behind which an expression begins, and so a slash is a regular expression. */
static bool begins_expression(const struct lexer *l)
{
	static const char words[] = " return typeof case in of delete void throw new else do instanceof yield await ";
	char want[16];

	if (l->size > 10)
		return false;
	want[0] = ' ';
	memcpy(want + 1, l->word, l->size);
	memcpy(want + 1 + l->size, " ", 2);
	return strstr(words, want) != NULL;
}

static void word(struct lexer *l)
{
	l->word = l->at;
	while (l->at < l->end && is_letter(*l->at))
		l->at++;
	l->size = (size_t)(l->at - l->word);
	l->kind = WORD;
	l->value = !begins_expression(l);
}

static void string(struct lexer *l)
{
	l->word = l->at + 1;
	skip_quoted(l, *l->at);
	l->size = l->at > l->word ? (size_t)(l->at - l->word) - 1 : 0;
	l->kind = STRING;
	l->value = true;
}

static void template(struct lexer *l)
{
	l->word = l->at;
	skip_template(l);
	l->size = l->at > l->word ? (size_t)(l->at - l->word) - 1 : 0;
	l->kind = TEMPLATE;
	l->value = l->at[-1] == '`';
}

static void sign(struct lexer *l)
{
	l->sign = *l->at++;
	l->kind = SIGN;
	l->value = l->sign == ')' || l->sign == ']' || l->sign == '}';
	if (l->templates == 0)
		return;
	if (l->sign == '{')
		l->braces[l->templates - 1]++;
	if (l->sign == '}' && l->braces[l->templates - 1]-- == 0) {
		l->templates--;
		template(l);
	}
}

static void next(struct lexer *l)
{
	l->before = l->kind;
	skip_blanks(l);
	if (l->at >= l->end) {
		l->kind = END;
	} else if (is_letter(*l->at)) {
		word(l);
	} else if (*l->at == '"' || *l->at == '\'') {
		string(l);
	} else if (*l->at == '`') {
		l->at++;
		template(l);
	} else if (*l->at == '/' && !l->value) {
		skip_quoted(l, '/');
		l->kind = TEMPLATE;
		l->size = 0;
		l->value = true;
	} else {
		sign(l);
	}
}

static bool is_word(const struct lexer *l, const char *text)
{
	return l->kind == WORD && l->size == strlen(text) && memcmp(l->word, text, l->size) == 0;
}

static bool is_sign(const struct lexer *l, char c)
{
	return l->kind == SIGN && l->sign == c;
}

static void give(const struct lexer *l, bk_import *take, void *with)
{
	char name[NAME_SIZE];

	if (l->size == 0 || l->size >= sizeof name || memchr(l->word, '\\', l->size) || memchr(l->word, '\0', l->size))
		return;
	memcpy(name, l->word, l->size);
	name[l->size] = '\0';
	take(with, name);
}

/* Behind require or import: an argument.  True where it is no literal. */
static bool argument(struct lexer *l, bk_import *take, void *with)
{
	bool literal;

	next(l);
	if (is_sign(l, ')'))
		return false;
	literal = l->kind == STRING || (l->kind == TEMPLATE && l->value && l->size > 0);
	if (literal)
		give(l, take, with);
	if (!literal)
		return true;
	next(l);
	return is_sign(l, '+');
}

bool bk_imports_js(const char *text, size_t size, bk_import *take, void *with)
{
	struct lexer l = { .at = text, .end = text + size, .kind = SIGN };
	bool dynamic = false, member = false;

	for (next(&l); l.kind != END; ) {
		bool call = !member && (is_word(&l, "require") || is_word(&l, "import")), from = !member && (is_word(&l, "from") || is_word(&l, "import"));

		member = is_sign(&l, '.');
		next(&l);
		if (call && is_sign(&l, '.')) {		/* require.resolve("x") */
			next(&l);
			call = is_word(&l, "resolve");
			next(&l);
		}
		if (call && is_sign(&l, '('))
			dynamic = argument(&l, take, with) || dynamic;
		else if (from && l.kind == STRING)
			give(&l, take, with);
	}
	return dynamic;
}
