/* SPDX-License-Identifier: Apache-2.0 */
/*
 * apk: number{.number}[letter]{_suffix[number]}[~commit][-rN].  Where one version ends and the other goes on, the kind of what follows decides:
 * another number is above a letter, that above a suffix, a revision, the end; the suffixes alpha, beta, pre and rc are below the end.
 */
#include "scan/version.h"

#include <string.h>

enum kind { FIRST, NUMBER, LETTER, SUFFIX, SUFFIX_NUMBER, COMMIT, REVISION, END, INVALID };

struct token {
	enum kind kind;
	struct bk_span text;
	int rank;			/* of a suffix: below 0 before a release */
};

static int suffix_rank(struct bk_span s)
{
	static const char *const names[] = { "alpha", "beta", "pre", "rc", "", "cvs", "svn", "git", "hg", "p" };

	for (int i = 0; i < 10; i++)
		if (i != 4 && strlen(names[i]) == s.len && memcmp(names[i], s.at, s.len) == 0)
			return i - 4;
	return 0;
}

static struct token digits(enum kind kind, const char **at)
{
	struct token t = { kind, bk_span_digits(*at, *at + strlen(*at)), 0 };

	*at += t.text.len;
	if (!t.text.len)
		t.kind = INVALID;
	return t;
}

static struct token letters(enum kind kind, const char **at, bool one)
{
	struct token t = { kind, { *at, 0 }, 0 };

	while (bk_is_alpha(**at) || (kind == COMMIT && bk_is_digit(**at))) {
		(*at)++;
		t.text.len++;
		if (one)
			break;
	}
	t.rank = kind == SUFFIX ? suffix_rank(t.text) : 0;
	return t;
}

static struct token next(const char **at, enum kind before)
{
	const char *s = *at;

	if (!*s)
		return (struct token){ END, { s, 0 }, 0 };
	if (before == INVALID || before == END)
		return digits(FIRST, at);
	if (*s == '.' && before <= NUMBER)
		return ++*at, digits(NUMBER, at);
	if (bk_is_alpha(*s) && before <= NUMBER)
		return letters(LETTER, at, true);
	if (*s == '_')
		return ++*at, letters(SUFFIX, at, false);
	if (bk_is_digit(*s) && before == SUFFIX)
		return digits(SUFFIX_NUMBER, at);
	if (*s == '~')
		return ++*at, letters(COMMIT, at, false);
	if (*s == '-' && s[1] == 'r')
		return *at += 2, digits(REVISION, at);
	*at += strlen(s);
	return (struct token){ INVALID, { s, strlen(s) }, 0 };
}

static int compare_tokens(const struct token *a, const struct token *b)
{
	bool zero = a->kind == NUMBER && ((a->text.len && *a->text.at == '0') || (b->text.len && *b->text.at == '0'));

	if (a->kind == SUFFIX)
		return a->rank - b->rank;
	if (zero || a->kind == LETTER || a->kind == COMMIT || a->kind == INVALID)
		return bk_span_bytes(a->text, b->text);
	return bk_span_numbers(a->text, b->text);
}

/* The first is lower: it is a suffix of a version before a release, or ends first. */
static int compare_kinds(const struct token *a, const struct token *b)
{
	if (a->kind == SUFFIX && a->rank < 0)
		return -1;
	if (b->kind == SUFFIX && b->rank < 0)
		return 1;
	return a->kind > b->kind ? -1 : 1;
}

int bk_version_alpine(const char *a, const char *b)
{
	struct token x = { .kind = END }, y = { .kind = END };

	for (;;) {
		int r;

		x = next(&a, x.kind);
		y = next(&b, y.kind);
		if (x.kind != y.kind)
			return compare_kinds(&x, &y);
		r = compare_tokens(&x, &y);
		if (r || x.kind >= END)
			return r;
	}
}
