/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Maven's ComparableVersion.  A hyphen, and each change between digits and letters, opens a list in the list, and everything behind goes
 * into it: so a version is a chain of levels, each a run of items and at most one deeper level as its last element.
 */
#include "scan/version.h"

#include <string.h>
#include <strings.h>

struct item {
	bool number;
	struct bk_span text;
	int rank;			/* of a qualifier: 0 alpha ... 5 release, 6 sp, 7 any other */
};

struct level {
	size_t first, count;
};

struct maven {
	struct item *items;
	struct level *levels;
	size_t item_count, depth;	/* levels that are not empty, or have a deeper one that is not */
};

enum { RELEASE = 5, OTHER = 7 };

static int rank_of(struct bk_span s, bool before_digit)
{
	static const struct { const char *name; int rank; } names[] = {
		{ "alpha", 0 }, { "beta", 1 }, { "milestone", 2 }, { "rc", 3 }, { "cr", 3 }, { "snapshot", 4 }, { "", RELEASE },
		{ "ga", RELEASE }, { "final", RELEASE }, { "release", RELEASE }, { "sp", 6 },
	};

	if (before_digit && s.len == 1 && strchr("abmABM", *s.at))
		return (*s.at | 32) == 'm' ? 2 : (*s.at | 32) - 'a';
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strlen(names[i].name) == s.len && strncasecmp(names[i].name, s.at, s.len) == 0)
			return names[i].rank;
	return OTHER;
}

static void add(struct maven *v, const char *at, size_t len, bool number, bool before_digit)
{
	struct item *item = &v->items[v->item_count++];

	*item = (struct item){ .number = number, .text = { at, len } };
	if (!number)
		item->rank = rank_of(item->text, before_digit);
	v->levels[v->depth].count++;
}

static void add_zero(struct maven *v)
{
	add(v, "0", 1, true, false);
}

static void deeper(struct maven *v)
{
	v->levels[++v->depth] = (struct level){ v->item_count, 0 };
}

static bool is_null(const struct item *i)
{
	return i->number ? bk_span_numbers(i->text, (struct bk_span){ "", 0 }) == 0 : i->rank == RELEASE;
}

/* Zeros and release words say nothing at the end of a level. */
static void normalise(struct maven *v)
{
	for (size_t i = 0; i <= v->depth; i++)
		while (v->levels[i].count && is_null(&v->items[v->levels[i].first + v->levels[i].count - 1]))
			v->levels[i].count--;
	while (v->depth && !v->levels[v->depth].count)
		v->depth--;
	v->depth += v->levels[v->depth].count > 0;
}

/* What stands between `start` and `at` is an item; a separator with nothing before it stands for a zero. */
static void separator(struct maven *v, const char *start, const char *at, bool digit)
{
	if (at == start)
		add_zero(v);
	else
		add(v, start, (size_t)(at - start), digit, false);
	if (*at == '-')
		deeper(v);
}

/* 1.0.x1 stands with 1.0-x1 (MNG-7644). */
static void as_behind_hyphen(struct maven *v)
{
	if (v->levels[v->depth].count)
		deeper(v);
}

static struct maven parse(const char *s)
{
	size_t n = strlen(s);
	struct maven v = { bk_alloc((n + 2) * sizeof *v.items), bk_alloc((2 * n + 2) * sizeof *v.levels), 0, 0 };
	const char *start = s;
	bool digit = false;

	for (; *s; s++) {
		if (*s == '.' || *s == '-') {
			separator(&v, start, s, digit);
			start = s + 1;
			continue;
		}
		if (s > start && digit != (bool)bk_is_digit(*s)) {
			if (!digit)
				as_behind_hyphen(&v);
			add(&v, start, (size_t)(s - start), digit, !digit);
			deeper(&v);
			start = s;
		}
		digit = bk_is_digit(*s);
	}
	if (s > start && !digit)
		as_behind_hyphen(&v);
	if (s > start)
		add(&v, start, (size_t)(s - start), digit, false);
	normalise(&v);
	return v;
}

static int compare_items(const struct item *a, const struct item *b)
{
	if (a->number != b->number)
		return a->number ? 1 : -1;
	if (a->number)
		return bk_span_numbers(a->text, b->text);
	if (a->rank != b->rank || a->rank < OTHER)
		return a->rank - b->rank;
	return bk_span_folded(a->text, b->text);
}

static int item_to_nothing(const struct item *i)
{
	if (is_null(i))
		return 0;
	return i->number ? 1 : i->rank - RELEASE;
}

static int levels_to_nothing(const struct maven *v, size_t from)
{
	for (; from < v->depth; from++)
		for (size_t i = 0; i < v->levels[from].count; i++) {
			int r = item_to_nothing(&v->items[v->levels[from].first + i]);

			if (r)
				return r;
		}
	return 0;
}

static size_t width(const struct maven *v, size_t level)
{
	return level < v->depth ? v->levels[level].count + (level + 1 < v->depth) : 0;
}

/* The element `i` of a level against what the other has at its place: an item, a list, nothing.  The lists of both: `*both`. */
static int compare_elements(const struct maven *a, const struct maven *b, size_t level, size_t i, bool *both)
{
	const struct item *x = level < a->depth && i < a->levels[level].count ? &a->items[a->levels[level].first + i] : NULL;
	const struct item *y = level < b->depth && i < b->levels[level].count ? &b->items[b->levels[level].first + i] : NULL;
	bool x_list = !x && i < width(a, level), y_list = !y && i < width(b, level);

	if (x && y)
		return compare_items(x, y);
	*both = x_list && y_list;
	if (*both)
		return 0;
	if (x_list)
		return y ? (y->number ? -1 : 1) : levels_to_nothing(a, level + 1);
	if (y_list)
		return x ? (x->number ? 1 : -1) : -levels_to_nothing(b, level + 1);
	return x ? item_to_nothing(x) : -item_to_nothing(y);
}

static int compare(const struct maven *a, const struct maven *b)
{
	bool both = true;

	for (size_t level = 0; both; level++) {
		size_t n = width(a, level) > width(b, level) ? width(a, level) : width(b, level);

		both = false;
		for (size_t i = 0; i < n && !both; i++) {
			int r = compare_elements(a, b, level, i, &both);

			if (r)
				return r;
		}
	}
	return 0;
}

int bk_version_maven(const char *a, const char *b)
{
	struct maven x = parse(a), y = parse(b);
	int r = compare(&x, &y);

	free(x.items);
	free(x.levels);
	free(y.items);
	free(y.levels);
	return r;
}
