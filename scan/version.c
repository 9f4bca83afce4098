/* SPDX-License-Identifier: Apache-2.0 */
#include "scan/version.h"

#include <string.h>
#include <strings.h>

int bk_version_compare(enum bk_ecosystem e, const char *a, const char *b)
{
	static int (*const orders[BK_ECOSYSTEMS])(const char *, const char *) = {
		[BK_NPM] = bk_version_semver, [BK_GO] = bk_version_semver, [BK_CRATES] = bk_version_semver, [BK_NUGET] = bk_version_nuget,
		[BK_PYPI] = bk_version_pep440, [BK_MAVEN] = bk_version_maven, [BK_RUBYGEMS] = bk_version_rubygems,
		[BK_PACKAGIST] = bk_version_packagist, [BK_DEBIAN] = bk_version_debian, [BK_ALPINE] = bk_version_alpine,
		[BK_RPM] = bk_version_rpm,
	};

	return orders[e](a, b);
}

struct bk_span bk_span_digits(const char *at, const char *end)
{
	struct bk_span s = { at, 0 };

	while (at + s.len < end && bk_is_digit(at[s.len]))
		s.len++;
	return s;
}

static struct bk_span without_zeros(struct bk_span s)
{
	while (s.len && *s.at == '0') {
		s.at++;
		s.len--;
	}
	return s;
}

int bk_span_bytes(struct bk_span a, struct bk_span b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int r = n ? memcmp(a.at, b.at, n) : 0;

	return r ? r : (a.len > b.len) - (a.len < b.len);
}

int bk_span_folded(struct bk_span a, struct bk_span b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int r = n ? strncasecmp(a.at, b.at, n) : 0;

	return r ? r : (a.len > b.len) - (a.len < b.len);
}

int bk_span_numbers(struct bk_span a, struct bk_span b)
{
	a = without_zeros(a);
	b = without_zeros(b);
	if (a.len != b.len)
		return a.len < b.len ? -1 : 1;
	return bk_span_bytes(a, b);
}
