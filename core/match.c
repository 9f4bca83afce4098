/* SPDX-License-Identifier: Apache-2.0 */
#include "core/match.h"

/*
 * Two places to go back to, the last `*` and the last `**`; never further, because whatever an earlier one could still take, a later
 * one can take as well.  A `*` that met a '/' has tried every place of its path component, so the `**` before it need not begin
 * again inside the component where it stands but behind the next '/'.  Each part of the pattern is thus held against each byte of the
 * text at most once: O(pattern x text).
 */
struct back {
	uint32_t pattern, text;		/* where to go on */
	bool     set;
};

struct walk {
	struct bk_text pattern, text;
	uint32_t p, t;
	struct back star, globstar;
};

static void take_wildcard(struct walk *w)
{
	bool two = w->p + 1 < w->pattern.len && w->pattern.at[w->p + 1] == '*';

	w->p += two ? 2 : 1;
	w->star = (struct back){ w->p, w->t, true };
	if (two) {
		w->globstar = w->star;
		w->star.set = false;
	}
}

/* One byte of the text against one element of the pattern that is no star. */
static bool take_byte(struct walk *w)
{
	char c = w->pattern.at[w->p], b = w->text.at[w->t];
	uint32_t n = 1;

	if (c == '\\' && w->p + 1 < w->pattern.len)
		c = w->pattern.at[w->p + n++];
	else if (c == '?')
		c = b == '/' ? '\0' : b;
	if (c != b)
		return false;
	w->p += n;
	w->t++;
	return true;
}

static bool skip_component(struct walk *w)
{
	uint32_t t = w->globstar.text;

	while (t < w->text.len && w->text.at[t] != '/')
		t++;
	w->globstar.text = t;
	return t < w->text.len;
}

static bool go_back(struct walk *w)
{
	if (w->star.set && w->star.text < w->text.len && w->text.at[w->star.text] != '/') {
		w->p = w->star.pattern;
		w->t = ++w->star.text;
		return true;
	}
	if (!w->globstar.set || w->globstar.text >= w->text.len || (w->star.set && !skip_component(w)))
		return false;
	w->star.set = false;
	w->p = w->globstar.pattern;
	w->t = ++w->globstar.text;
	return true;
}

bool bk_match_path(struct bk_text pattern, struct bk_text path)
{
	struct walk w = { .pattern = pattern, .text = path };

	for (;;) {
		if (w.p < pattern.len && pattern.at[w.p] == '*') {
			take_wildcard(&w);
			if (w.p == pattern.len && w.globstar.set && !w.star.set)
				return true;
		} else if (w.p == pattern.len && w.t == path.len) {
			return true;
		} else if (w.p == pattern.len || w.t == path.len || !take_byte(&w)) {
			if (!go_back(&w))
				return false;
		}
	}
}

void bk_dots_add(struct bk_dots *d, char byte)
{
	switch (byte) {
	case '/': case '=': case ':': case ',': case ';': case '@': case ' ': case '"': case '\'': case '\0':
		d->count += d->run == 2;
		d->run = 0;
		break;
	case '.':
		d->run += d->run < 3;
		break;
	default:
		d->run = 3;
	}
}

static uint32_t count_dots(struct bk_text t)
{
	struct bk_dots d = { 0, 0 };

	for (uint32_t i = 0; i < t.len; i++)
		bk_dots_add(&d, t.at[i]);
	bk_dots_add(&d, '\0');
	return d.count;
}

bool bk_match_is_pattern(struct bk_text pattern)
{
	for (uint32_t i = 0; i < pattern.len; i++) {
		if (pattern.at[i] == '\\')
			i++;
		else if (pattern.at[i] == '*' || pattern.at[i] == '?')
			return true;
	}
	return false;
}

bool bk_match_arg(struct bk_text pattern, struct bk_text arg)
{
	bool wild = pattern.len && (pattern.at[0] == '*' || pattern.at[0] == '?');

	if (wild && arg.len && arg.at[0] == '-' && !bk_text_equal(pattern, BK_TEXT("**")))
		return false;
	if (!bk_match_path(pattern, arg))
		return false;
	/* Each ".." of the pattern stands for one of the argument; any more would be a wildcard's. */
	return !bk_match_is_pattern(pattern) || count_dots(arg) <= count_dots(pattern);
}

/* The argument at *pos, moved behind it; false where there is none. */
static bool next_arg(const struct bk_args *args, uint32_t *pos, struct bk_text *arg)
{
	uint32_t end = *pos;

	while (end < args->size && args->at[end])
		end++;
	if (*pos > args->size)
		return false;
	*arg = (struct bk_text){ args->at + *pos, end - *pos };
	*pos = end + 1;
	return true;
}

bool bk_match_args(struct bk_text (*item)(const void *list, uint32_t i), const void *list, uint32_t count,
		   const struct bk_args *args, uint32_t first)
{
	struct bk_text arg;
	uint32_t pos = 0;

	for (uint32_t i = 0; i < first && i < args->count; i++)
		if (!next_arg(args, &pos, &arg))
			return false;
	for (uint32_t i = 0; i < count; i++) {
		struct bk_text pattern = item(list, i);

		if (i + 1 == count && bk_text_equal(pattern, BK_TEXT("...")))
			return true;
		if (first + i >= args->count || !next_arg(args, &pos, &arg) || !bk_match_arg(pattern, arg))
			return false;
	}
	return !args->cut && args->count <= (uint64_t)first + count;
}

struct bk_text bk_rule_name(const char *path)
{
	struct bk_text t = bk_text_of(path), none = { NULL, 0 };

	if (!t.len || path[0] != '/')
		return none;
	for (uint32_t i = 0; i + 1 < t.len; i++)
		if (path[i] == '/' && (path[i + 1] == '/' || path[i + 1] == '.'))
			return none;
	return t;
}
