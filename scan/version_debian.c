/* SPDX-License-Identifier: Apache-2.0 */
/* deb-version(7), "Sorting algorithm": [epoch:]upstream[-revision]; the tilde is before everything, even the end; letters before other bytes. */
#include "scan/version.h"

#include <string.h>

static int order(const char *at, const char *end)
{
	if (at == end || bk_is_digit(*at))
		return 0;
	if (*at == '~')
		return -1;
	return bk_is_alpha(*at) ? (unsigned char)*at : (unsigned char)*at + 256;
}

static int compare_part(struct bk_span a, struct bk_span b)
{
	const char *x = a.at, *y = b.at, *x_end = a.at + a.len, *y_end = b.at + b.len;

	while (x < x_end || y < y_end) {
		while ((x < x_end && !bk_is_digit(*x)) || (y < y_end && !bk_is_digit(*y))) {
			int r = order(x, x_end) - order(y, y_end);

			if (r)
				return r;
			x += x < x_end;
			y += y < y_end;
		}
		struct bk_span p = bk_span_digits(x, x_end), q = bk_span_digits(y, y_end);
		int r = bk_span_numbers(p, q);

		if (r)
			return r;
		x += p.len;
		y += q.len;
	}
	return 0;
}

static void split(const char *s, struct bk_span *epoch, struct bk_span *upstream, struct bk_span *revision)
{
	const char *colon = strchr(s, ':'), *hyphen;

	*epoch = (struct bk_span){ s, colon ? (size_t)(colon - s) : 0 };
	s = colon ? colon + 1 : s;
	hyphen = strrchr(s, '-');
	*upstream = (struct bk_span){ s, hyphen ? (size_t)(hyphen - s) : strlen(s) };
	*revision = (struct bk_span){ hyphen ? hyphen + 1 : "", hyphen ? strlen(hyphen + 1) : 0 };
}

int bk_version_debian(const char *a, const char *b)
{
	struct bk_span x[3], y[3];
	int r;

	split(a, &x[0], &x[1], &x[2]);
	split(b, &y[0], &y[1], &y[2]);
	r = bk_span_numbers(x[0], y[0]);
	for (int i = 1; i < 3 && !r; i++)
		r = compare_part(x[i], y[i]);
	return r;
}
