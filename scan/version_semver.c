/* SPDX-License-Identifier: Apache-2.0 */
#include "scan/version.h"

#include <string.h>

struct semver {
	const char *core, *core_end;
	struct bk_span pre;		/* empty: a release */
};

static bool all_digits(struct bk_span s)
{
	return s.len && bk_span_digits(s.at, s.at + s.len).len == s.len;
}

static const char *past_numbers(const char *at)
{
	const char *end = at + strlen(at);

	for (;;) {
		at += bk_span_digits(at, end).len;
		if (*at != '.' || !bk_is_digit(at[1]))
			return at;
		at++;
	}
}

static struct semver parse(const char *s)
{
	struct semver v;

	s += strspn(s, " \t=");
	if (strncmp(s, "go", 2) == 0 && bk_is_digit(s[2]))	/* as the Go tool chain writes its own */
		s += 2;
	if (*s == 'v' || *s == 'V')
		s++;
	v.core = s;
	v.core_end = past_numbers(s);
	/* "1.21rc2" has no hyphen, and is before 1.21 all the same. */
	v.pre.at = v.core_end + (*v.core_end == '-' || *v.core_end == '.');
	v.pre.len = strcspn(v.pre.at, "+ \t\n");
	return v;
}

static struct bk_span next_part(const char **at, const char *end)
{
	const char *dot = *at < end ? memchr(*at, '.', (size_t)(end - *at)) : NULL;
	struct bk_span part = { *at, (size_t)((dot ? dot : end) - *at) };

	*at = dot ? dot + 1 : end;
	return part;
}

static int compare_cores(const struct semver *a, const struct semver *b)
{
	for (const char *x = a->core, *y = b->core; x < a->core_end || y < b->core_end; ) {
		int r = bk_span_numbers(next_part(&x, a->core_end), next_part(&y, b->core_end));

		if (r)
			return r;
	}
	return 0;
}

static int compare_labels(struct bk_span a, struct bk_span b, bool fold)
{
	bool x = all_digits(a), y = all_digits(b);

	if (x && y)
		return bk_span_numbers(a, b);
	if (x != y)
		return x ? -1 : 1;
	return fold ? bk_span_folded(a, b) : bk_span_bytes(a, b);
}

static int compare_pre(struct bk_span a, struct bk_span b, bool fold)
{
	const char *x = a.at, *y = b.at, *x_end = a.at + a.len, *y_end = b.at + b.len;

	if (!a.len || !b.len)
		return !a.len - !b.len;
	while (x < x_end && y < y_end) {
		int r = compare_labels(next_part(&x, x_end), next_part(&y, y_end), fold);

		if (r)
			return r;
	}
	return (x < x_end) - (y < y_end);
}

static int compare(const char *a, const char *b, bool fold)
{
	struct semver x = parse(a), y = parse(b);
	int r = compare_cores(&x, &y);

	return r ? r : compare_pre(x.pre, y.pre, fold);
}

int bk_version_semver(const char *a, const char *b)
{
	return compare(a, b, false);
}

int bk_version_nuget(const char *a, const char *b)
{
	return compare(a, b, true);
}
