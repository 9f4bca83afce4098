/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gem::Version: runs of digits and runs of letters; "-" stands for ".pre."; a word is less than a number; zeros at the end, and those
 * before the first word, say nothing.
 */
#include "scan/version.h"

#include <string.h>

struct segments {
	struct bk_span *at;
	size_t count;
};

static void add(struct segments *s, const char *at, size_t len)
{
	s->at[s->count++] = (struct bk_span){ at, len };
}

static bool is_number(struct bk_span s)
{
	return bk_is_digit(*s.at);
}

static bool is_zero(struct bk_span s)
{
	return is_number(s) && strspn(s.at, "0") >= s.len;
}

static void drop_zeros(struct segments *s, size_t down_to)
{
	while (s->count > down_to && is_zero(s->at[s->count - 1]))
		s->count--;
}

static void add_word(struct segments *s, const char *at, size_t len, bool *words)
{
	if (!*words)
		drop_zeros(s, 0);
	*words = true;
	add(s, at, len);
}

static struct segments split(const char *s)
{
	struct segments out = { bk_alloc((strlen(s) + 1) * sizeof *out.at), 0 };
	size_t n, first_word;
	bool words = false;

	for (; *s; s += n) {
		n = 1;
		if (bk_is_digit(*s)) {
			n = strspn(s, "0123456789");
			add(&out, s, n);
		} else if (bk_is_alpha(*s)) {
			while (bk_is_alpha(s[n]))
				n++;
			add_word(&out, s, n, &words);
		} else if (*s == '-') {
			add_word(&out, "pre", 3, &words);
		}
	}
	for (first_word = 0; first_word < out.count && is_number(out.at[first_word]); first_word++)
		;
	drop_zeros(&out, words ? first_word : 0);
	return out;
}

static int compare_segments(struct bk_span a, struct bk_span b)
{
	bool x = is_number(a), y = is_number(b);

	if (x != y)
		return x - y;
	return x ? bk_span_numbers(a, b) : bk_span_bytes(a, b);
}

int bk_version_rubygems(const char *a, const char *b)
{
	static const struct bk_span zero = { "0", 1 };
	struct segments x = split(a), y = split(b);
	int r = 0;

	for (size_t i = 0; !r && (i < x.count || i < y.count); i++)
		r = compare_segments(i < x.count ? x.at[i] : zero, i < y.count ? y.at[i] : zero);
	free(x.at);
	free(y.at);
	return r;
}
