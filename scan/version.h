/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order of versions, one for each ecosystem:
 *
 *	npm, Go, crates.io	Semantic Versioning 2.0.0, section 11; build metadata (also "+incompatible") says nothing; a leading "v" is
 *				skipped, missing parts are 0, so that what people wrote without a minor still has a place
 *	NuGet			the same with four numbers and labels without regard to case
 *	PyPI			PEP 440, "Summary of permitted suffixes and relative ordering"; what is no such version is below all that are
 *	Maven			ComparableVersion of Maven 3.8
 *	RubyGems		Gem::Version
 *	Packagist		Composer's normal form, then PHP's version_compare()
 *	Debian			deb-version(7)
 *	Alpine			apk's: leading zeros after the first number compare as text, as Gentoo has it
 *	RPM			rpmvercmp() with epoch, tilde and caret; a release is compared where both have one
 *
 * All of them take any text, end in linear time and are total orders over what the ecosystem calls a version.
 */
#ifndef BK_SCAN_VERSION_H
#define BK_SCAN_VERSION_H

#include <stddef.h>

#include "scan/scan.h"

/* Less than, equal to, greater than 0. */
int bk_version_compare(enum bk_ecosystem e, const char *a, const char *b);
/* SemVer for a range of the type SEMVER, whatever the ecosystem. */
int bk_version_semver(const char *a, const char *b);

/* --- shared by scan/version_*.c --- */

struct bk_span {
	const char *at;
	size_t len;
};
/* Digits at `at`, any number of them. */
struct bk_span bk_span_digits(const char *at, const char *end);
/* Two runs of digits as numbers of any size; empty is 0. */
int bk_span_numbers(struct bk_span a, struct bk_span b);
/* Bytes, a prefix first. */
int bk_span_bytes(struct bk_span a, struct bk_span b);
/* The same in ASCII without regard to case. */
int bk_span_folded(struct bk_span a, struct bk_span b);
static inline int bk_is_digit(char c) { return c >= '0' && c <= '9'; }
static inline int bk_is_alpha(char c) { return (c | 32) >= 'a' && (c | 32) <= 'z'; }

int bk_version_nuget(const char *a, const char *b);
int bk_version_pep440(const char *a, const char *b);
int bk_version_maven(const char *a, const char *b);
int bk_version_rubygems(const char *a, const char *b);
int bk_version_packagist(const char *a, const char *b);
int bk_version_debian(const char *a, const char *b);
int bk_version_alpine(const char *a, const char *b);
int bk_version_rpm(const char *a, const char *b);

#endif
