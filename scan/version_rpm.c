/* SPDX-License-Identifier: Apache-2.0 */
/* rpm-version(7): [epoch:]version[-release]; runs of digits and of letters, digits above letters, "~" before everything, "^" behind the end only. */
#include "scan/version.h"

#include <string.h>

static bool is_part(char c)
{
	return bk_is_digit(c) || bk_is_alpha(c) || c == '~' || c == '^';
}

static const char *skip(const char *at, const char *end)
{
	while (at < end && !is_part(*at))
		at++;
	return at;
}

static struct bk_span letters(const char *at, const char *end)
{
	struct bk_span s = { at, 0 };

	while (at + s.len < end && bk_is_alpha(at[s.len]))
		s.len++;
	return s;
}

static bool here(const char *at, const char *end, char c)
{
	return at < end && *at == c;
}

/* 1: both have the mark and it is stepped over; 0: none has; 2: `*r` decides. */
static int marks(const char **x, const char *x_end, const char **y, const char *y_end, int *r)
{
	bool a = here(*x, x_end, '~'), b = here(*y, y_end, '~');

	if (a != b) {
		*r = a ? -1 : 1;
		return 2;
	}
	if (!a) {
		a = here(*x, x_end, '^');
		b = here(*y, y_end, '^');
		if (a != b) {		/* "1^a" is above "1" and below "1.1" */
			*r = a ? (*y == y_end ? 1 : -1) : (*x == x_end ? -1 : 1);
			return 2;
		}
	}
	*x += a;
	*y += b;
	return a;
}

static int compare_part(struct bk_span a, struct bk_span b)
{
	const char *x = a.at, *y = b.at, *x_end = a.at + a.len, *y_end = b.at + b.len;
	int r;

	for (;;) {
		x = skip(x, x_end);
		y = skip(y, y_end);
		int m = marks(&x, x_end, &y, y_end, &r);

		if (m == 2)
			return r;
		if (m)
			continue;
		if (x == x_end || y == y_end)
			return (x < x_end) - (y < y_end);
		bool number = bk_is_digit(*x);
		if (number != (bool)bk_is_digit(*y))
			return number ? 1 : -1;
		struct bk_span p = number ? bk_span_digits(x, x_end) : letters(x, x_end);
		struct bk_span q = number ? bk_span_digits(y, y_end) : letters(y, y_end);

		r = number ? bk_span_numbers(p, q) : bk_span_bytes(p, q);
		if (r)
			return r;
		x += p.len;
		y += q.len;
	}
}

static void split(const char *s, struct bk_span *epoch, struct bk_span *version, struct bk_span *release)
{
	struct bk_span digits = bk_span_digits(s, s + strlen(s));
	bool has_epoch = s[digits.len] == ':';
	const char *hyphen;

	*epoch = has_epoch ? digits : (struct bk_span){ "", 0 };
	s += has_epoch ? digits.len + 1 : 0;
	hyphen = strrchr(s, '-');
	*version = (struct bk_span){ s, hyphen ? (size_t)(hyphen - s) : strlen(s) };
	*release = (struct bk_span){ hyphen ? hyphen + 1 : "", hyphen ? strlen(hyphen + 1) : 0 };
}

int bk_version_rpm(const char *a, const char *b)
{
	struct bk_span x[3], y[3];
	int r;

	split(a, &x[0], &x[1], &x[2]);
	split(b, &y[0], &y[1], &y[2]);
	r = bk_span_numbers(x[0], y[0]);
	if (!r)
		r = compare_part(x[1], y[1]);
	return r || !x[2].len || !y[2].len ? r : compare_part(x[2], y[2]);
}
