/* SPDX-License-Identifier: Apache-2.0 */
/* PEP 440, with the spellings of its "Normalization": case, v, separators, alpha, c, pre, preview, rev, r, 1.0-1. */
#include "scan/version.h"

#include <string.h>
#include <strings.h>

struct pep440 {
	bool valid;
	struct bk_span epoch, pre_number, post_number, dev_number, local;
	const char *release, *release_end;
	char pre;			/* 'a', 'b', 'c' (release candidate), 0: none */
	bool post, dev;
};

static bool is_separator(char c)
{
	return c == '.' || c == '-' || c == '_';
}

/* A word of `words` at `at`, with an optional separator before; NULL where none is there. */
static const char *word(const char *at, const char *const *words, size_t *which)
{
	at += is_separator(*at);
	for (size_t i = 0; words[i]; i++) {
		size_t n = strlen(words[i]);

		if (strncasecmp(at, words[i], n) == 0 && !bk_is_alpha(at[n])) {
			*which = i;
			return at + n;
		}
	}
	return NULL;
}

/* The number behind a word, with an optional separator. */
static const char *number(const char *at, struct bk_span *n)
{
	const char *digits = at + (is_separator(*at) && bk_is_digit(at[1]));

	*n = bk_span_digits(digits, digits + strlen(digits));
	return n->len ? digits + n->len : at;
}

static const char *parse_pre(const char *at, struct pep440 *v)
{
	static const char *const words[] = { "alpha", "a", "beta", "b", "preview", "pre", "rc", "c", NULL };
	size_t which;
	const char *behind = word(at, words, &which);

	if (!behind)
		return at;
	v->pre = "aabbcccc"[which];
	return number(behind, &v->pre_number);
}

static const char *parse_post(const char *at, struct pep440 *v)
{
	static const char *const words[] = { "post", "rev", "r", NULL };
	size_t which;
	const char *behind = word(at, words, &which);

	if (*at == '-' && bk_is_digit(at[1])) {
		v->post = true;
		return number(at + 1, &v->post_number);
	}
	if (!behind)
		return at;
	v->post = true;
	return number(behind, &v->post_number);
}

static const char *parse_dev(const char *at, struct pep440 *v)
{
	static const char *const words[] = { "dev", NULL };
	size_t which;
	const char *behind = word(at, words, &which);

	if (!behind)
		return at;
	v->dev = true;
	return number(behind, &v->dev_number);
}

static const char *parse_release(const char *at, struct pep440 *v)
{
	const char *end = at + strlen(at);
	struct bk_span first = bk_span_digits(at, end);

	if (first.len && at[first.len] == '!') {
		v->epoch = first;
		at += first.len + 1;
	}
	v->release = at;
	while (bk_is_digit(*at)) {
		at += bk_span_digits(at, end).len;
		v->release_end = at;
		if (*at != '.' || !bk_is_digit(at[1]))
			break;
		at++;
	}
	return v->release_end;
}

static struct pep440 parse(const char *s)
{
	struct pep440 v = { 0 };

	s += strspn(s, " \t\n");
	s += *s == 'v' || *s == 'V';
	if (!(s = parse_release(s, &v)))
		return v;
	s = parse_dev(parse_post(parse_pre(s, &v), &v), &v);
	if (*s == '+') {
		v.local = (struct bk_span){ s + 1, strcspn(s + 1, " \t\n") };
		s += 1 + v.local.len;
	}
	v.valid = !s[strspn(s, " \t\n")];
	return v;
}

static struct bk_span part(const char **at, const char *end)
{
	struct bk_span p = { *at, 0 };

	while (*at < end && !is_separator(**at))
		(*at)++;
	p.len = (size_t)(*at - p.at);
	*at += *at < end;
	return p;
}

static int compare_releases(const struct pep440 *a, const struct pep440 *b)
{
	for (const char *x = a->release, *y = b->release; x < a->release_end || y < b->release_end; ) {
		int r = bk_span_numbers(part(&x, a->release_end), part(&y, b->release_end));

		if (r)
			return r;
	}
	return 0;
}

/* 1.dev1 < 1a1.dev1 < 1a1 < 1 = 1.post1 without a pre-release. */
static int pre_rank(const struct pep440 *v)
{
	if (v->pre)
		return v->pre;
	return !v->post && v->dev ? 0 : 'z';
}

static int compare_local(struct bk_span a, struct bk_span b)
{
	if (!a.len || !b.len)
		return (a.len > 0) - (b.len > 0);

	const char *x = a.at, *y = b.at, *x_end = a.at + a.len, *y_end = b.at + b.len;

	while (x < x_end && y < y_end) {
		struct bk_span p = part(&x, x_end), q = part(&y, y_end);
		bool pn = p.len && bk_span_digits(p.at, p.at + p.len).len == p.len, qn = q.len && bk_span_digits(q.at, q.at + q.len).len == q.len;
		int r = pn != qn ? pn - qn : pn ? bk_span_numbers(p, q) : bk_span_folded(p, q);

		if (r)
			return r;
	}
	return (x < x_end) - (y < y_end);
}

static int compare_suffixes(const struct pep440 *a, const struct pep440 *b)
{
	int r = pre_rank(a) - pre_rank(b);

	if (!r)
		r = bk_span_numbers(a->pre_number, b->pre_number);
	if (!r)
		r = a->post - b->post;
	if (!r)
		r = bk_span_numbers(a->post_number, b->post_number);
	if (!r)
		r = b->dev - a->dev;
	if (!r)
		r = bk_span_numbers(a->dev_number, b->dev_number);
	return r ? r : compare_local(a->local, b->local);
}

int bk_version_pep440(const char *a, const char *b)
{
	struct pep440 x = parse(a), y = parse(b);
	int r;

	if (!x.valid || !y.valid)
		return x.valid != y.valid ? x.valid - y.valid : strcmp(a, b);
	r = bk_span_numbers(x.epoch, y.epoch);
	if (!r)
		r = compare_releases(&x, &y);
	return r ? r : compare_suffixes(&x, &y);
}
