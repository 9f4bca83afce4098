/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Composer: a version gets four numbers ("1.2" is 1.2.0.0, "1.x-dev" is 1.9999999.9999999.9999999-dev), "stable" and build metadata fall away, and the rest
 * is compared as PHP's version_compare() does: any other word < dev < alpha < beta < RC < (a number or nothing) < patch.
 * A branch ("dev-master") is below all versions, as Composer 2 has it: what is in it nobody can say, and it is not silent.
 */
#include "scan/version.h"

#include <string.h>
#include <strings.h>

enum { NUMBERS = 4 };
static const struct bk_span highest = { "9999999", 7 };

struct composer {
	struct bk_span number[NUMBERS];
	const char *rest, *end;
	bool branch;
};

static const char *parse_numbers(const char *s, struct composer *v)
{
	const char *end = s + strlen(s);
	struct bk_span last = { "", 0 };

	for (int i = 0; i < NUMBERS; i++) {
		if (*s == 'x' || *s == 'X' || *s == '*') {
			last = highest;
			s++;
		} else if (bk_is_digit(*s)) {
			v->number[i] = bk_span_digits(s, end);
			s += v->number[i].len;
		}
		if (last.len)
			v->number[i] = last;
		if (*s == '.' && i + 1 < NUMBERS && (bk_is_digit(s[1]) || s[1] == '*' || ((s[1] | 32) == 'x' && !bk_is_alpha(s[2]))))
			s++;
		else if (!last.len)
			break;
	}
	return s;
}

static bool is_branch(const char *s)
{
	return strncasecmp(s, "dev-", 4) == 0;
}

static struct composer parse(const char *s)
{
	struct composer v = { .branch = is_branch(s) };

	s += strspn(s, " \t");
	s += (*s == 'v' || *s == 'V') && bk_is_digit(s[1]);
	v.rest = parse_numbers(s, &v);
	v.end = v.rest + strcspn(v.rest, "+# \t\n");
	return v;
}

/* The next run of digits or letters of what follows the numbers; "stable" is skipped.  Empty at the end. */
static struct bk_span next(const char **at, const char *end)
{
	struct bk_span p = { *at, 0 };

	while (p.at < end && !bk_is_digit(*p.at) && !bk_is_alpha(*p.at))
		p.at++;
	if (p.at < end && bk_is_digit(*p.at))
		p = bk_span_digits(p.at, end);
	else
		while (p.at + p.len < end && bk_is_alpha(p.at[p.len]))
			p.len++;
	*at = p.at + p.len;
	if (p.len == 6 && strncasecmp(p.at, "stable", 6) == 0)
		return next(at, end);
	return p;
}

static int word_rank(struct bk_span s)
{
	static const struct { const char *prefix; int rank; } forms[] = {
		{ "dev", 1 }, { "alpha", 2 }, { "a", 2 }, { "beta", 3 }, { "b", 3 }, { "rc", 4 }, { "pl", 6 }, { "p", 6 },
	};

	if (!s.len || bk_is_digit(*s.at))
		return 5;
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		if (strncasecmp(s.at, forms[i].prefix, strlen(forms[i].prefix)) == 0)
			return forms[i].rank;
	return 0;
}

static int compare_rest(const struct composer *a, const struct composer *b)
{
	const char *x = a->rest, *y = b->rest;

	for (;;) {
		struct bk_span p = next(&x, a->end), q = next(&y, b->end);
		int r = word_rank(p) - word_rank(q);

		if (r || (!p.len && !q.len))
			return r;
		if (!p.len || !q.len)		/* a number against nothing */
			return p.len ? 1 : -1;
		r = bk_is_digit(*p.at) && bk_is_digit(*q.at) ? bk_span_numbers(p, q) : 0;
		if (r)
			return r;
	}
}

int bk_version_packagist(const char *a, const char *b)
{
	struct composer x = parse(a), y = parse(b);

	if (x.branch || y.branch)
		return x.branch != y.branch ? y.branch - x.branch : strcasecmp(a, b);
	for (int i = 0; i < NUMBERS; i++) {
		int r = bk_span_numbers(x.number[i], y.number[i]);

		if (r)
			return r;
	}
	return compare_rest(&x, &y);
}
