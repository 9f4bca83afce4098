/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The orders of versions: each row is one ecosystem's versions from the lowest to the highest, those of one order joined by "=".  Every pair of a row
 * is compared, both ways.
 */
#include "scan/version.h"

#include "tests/support/tap.h"

static const struct row {
	enum bk_ecosystem ecosystem;
	const char *from;
	const char *versions;
} rows[] = {
	{ BK_NPM, "semver.org, 11", "1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1.0.0=1.0.0+a=v1.0.0=1.0 2.0.0 2.1.0 2.1.1" },
	{ BK_NPM, "numbers of any size", "1.2.99999999999999999999 1.2.100000000000000000000 1.10.0" },
	{ BK_NPM, "labels", "1.0.0-0 1.0.0-1 1.0.0-10 1.0.0-- 1.0.0-0a 1.0.0-1a 1.0.0-A 1.0.0-a 1.0.0-a.0 1.0.0-a-b 1.0.0" },
	{ BK_CRATES, "semver", "0.0.0-0 0.0.0 0.0.1-alpha.1=0.0.1-alpha.1+meta 0.0.1 0.1.0" },
	{ BK_GO, "pseudo-versions", "0.0.0-20190101000000-abcdefabcdef 0.0.0-20200101000000-0123456789ab 0.0.0 1.2.3 1.2.4-0.20200101000000-0123456789ab 1.2.4-rc.1 1.2.4-rc.1.0.20200101000000-0123456789ab 1.2.4" },
	{ BK_GO, "incompatible, standard library", "1.20.5=v1.20.5=go1.20.5 1.21.0-0 1.21rc2 1.21=1.21.0=go1.21 2.0.0+incompatible=2.0.0=v2.0.0+incompatible 20.10.7+incompatible" },
	{ BK_NUGET, "four numbers, case", "1.0.0-ALPHA=1.0.0-alpha 1.0.0-Beta 1.0.0-rc.2 1.0.0-rc.11 1.0.0=1.0.0.0=1.0=1.00.0+build 1.0.0.1-a 1.0.0.1 1.0.1" },
	{ BK_PYPI, "PEP 440, summary", "1.dev0 1.0.dev456 1.0a1 1.0a2.dev456 1.0a12.dev456 1.0a12 1.0b1.dev456 1.0b2 1.0b2.post345.dev456 1.0b2.post345 1.0rc1.dev456 1.0rc1 1.0 1.0+abc.5 1.0+abc.7 1.0+5 1.0.post456.dev34 1.0.post456 1.0.15 1.1.dev1" },
	{ BK_PYPI, "PEP 440, spellings", "1.0a1=1.0-alpha-1=1.0.A.1=v1.0alpha1=1.0_a_1 1.0rc1=1.0c1=1.0-pre1=1.0.preview1=1.0RC1 1.0=1.0.0=1.00 1.0.post0=1.0-post=1.0.r=1.0rev0=1.0-0 1.0.post1=1.0-1 1.0.10" },
	{ BK_PYPI, "epochs, no version", "2.0-foo-bar french-toast 0.1 2013.10 1!0.1=01!0.1.0 2!0" },
	{ BK_MAVEN, "POM reference", "1-alpha=1-alpha-0=1alpha=1-a0 1-alpha-1=1a1=1-a1=1-alpha1 1-beta 1-milestone=1-milestone-0 1-rc=1-cr 1-snapshot 1=1-ga=1.0=1-final=1.0.0-release=1-0 1-sp 1-foo 1-foo1 1-foo2 1-foo10 1-1 1.1" },
	{ BK_MAVEN, "releases", "2.0-beta9 2.0-rc1 2.0 2.3.1 2.12.2 2.13.0 2.14.1 2.15.0-rc1 2.15.0 2.17.1" },
	{ BK_MAVEN, "nested", "1-1.foo-bar1baz-.1=1-1.foo-bar-1-baz-0.1" },
	{ BK_MAVEN, "jre", "31.1-android 31.1-jre 31.2-android 32.0.0-jre" },
	{ BK_RUBYGEMS, "Gem::Version", "1.0.a 1.0.a.2 1.0.b1 1.0-rc1=1.0.pre.rc1 1.0.rc1 1.0=1=1.0.0 1.0.1.pre 1.0.1 1.9.a 1.9 1.10.A 1.10" },
	{ BK_RUBYGEMS, "long numbers, platform", "6.1.7.9 6.1.7.10 7.0.0.alpha1 7.0.0.alpha2 7.0.0.rc3 7.0.0 20240101000000000000000000" },
	{ BK_PACKAGIST, "Composer", "dev-feature dev-master 1.0.0-dev=1.0-dev 1.0-alpha1=1.0.0a1=1.0.0-ALPHA1 1.0-beta 1.0-beta2=1.0.0.0-b2 1.0.0-RC1=1.0.0rc1 1.0=v1.0.0=1.0.0.0=1.0.0-stable=1.0+build 1.0-p1=1.0-patch1=1.0.0-pl1 1.0.1 1.x-dev 2.0" },
	{ BK_PACKAGIST, "branches", "1.2.3 1.2.x-dev 1.3.0-dev 1.3.0 1.x-dev=1.*-dev" },
	{ BK_DEBIAN, "deb-version", "1.0~~ 1.0~~a 1.0~ 1.0=0:1.0=1.0-0 1.0-1~deb12u1 1.0-1 1.0-1+b1 1.0-1.1 1.0a 1.0+b 1.0.1 1.2 1.10 1:0.1" },
	{ BK_DEBIAN, "stable updates", "3.0.9-1 3.0.11-1~deb12u1 3.0.11-1~deb12u2 3.0.11-1 3.1.0~rc1-1 3.1.0-1" },
	{ BK_ALPINE, "apk", "1.0_alpha 1.0_alpha1 1.0_beta 1.0_pre1 1.0_rc1 1.0 1.0-r1 1.0-r10 1.0_cvs1 1.0_svn 1.0_git20200101 1.0_hg 1.0_p1 1.0_p2 1.0_p10 1.0a 1.0b 1.0.1" },
	{ BK_ALPINE, "leading zeros", "0.01 0.02 0.1 0.9 0.10 1.1.1k-r0 1.1.1l-r0 1.1.1w-r1 3.0.8-r0" },
	{ BK_RPM, "rpm-version", "1.0~rc1=1.0~rc1 1.0~rc2 1.0=1.0-2 1.0^20200101 1.0a 1.0.1 1.5 1.10 2 1:0.1" },
	{ BK_RPM, "releases", "1.1.1k-5.el8 1.1.1k-5.el8_5 1.1.1k-6.el8_5 1.1.1k-12.el8_9 3.0.1-1.el9" },
	{ BK_RPM, "separators, letters below digits", "2.0.xc 2.0.1=2_0_1=2.0.01 2.0.1a 2.0.1.a1 2.0.1.1" },
};

struct list {
	char text[48][80];
	int order[48], count;
};

static struct list split(const char *versions)
{
	struct list out = { .count = 0 };
	int order = 0;

	for (const char *at = versions; *at; ) {
		size_t n = strcspn(at, " =");

		snprintf(out.text[out.count], sizeof out.text[0], "%.*s", (int)n, at);
		out.order[out.count++] = order;
		order += at[n] == ' ';
		at += n + (at[n] != '\0');
	}
	return out;
}

static int sign(int n)
{
	return (n > 0) - (n < 0);
}

static void check(const struct row *row)
{
	struct list l = split(row->versions);
	int wrong = 0;

	for (int i = 0; i < l.count; i++)
		for (int j = 0; j < l.count; j++) {
			int wanted = sign(l.order[i] - l.order[j]), got = sign(bk_version_compare(row->ecosystem, l.text[i], l.text[j]));

			if (got != wanted && ++wrong <= 5)
				printf("# %s against %s: %d, wanted %d\n", l.text[i], l.text[j], got, wanted);
		}
	ok(l.count > 1 && !wrong, "%s, %s: %d versions in order", bk_ecosystem_name(row->ecosystem), row->from, l.count);
}

/* Any text has a place, and a long one takes no longer than it is. */
static void odd_texts(void)
{
	static const char *const odd[] = { "", "-", ".", "..", "+", "~", "^", ":", "!", "1-", "-1", "v", "x", "_", "1..2", "\xff\xfe", "1!", "dev-", "1.0-r" };
	const int n = sizeof odd / sizeof *odd;
	char *longest = bk_alloc(200001);
	int wrong = 0;

	for (int i = 0; i < 200000; i++)
		longest[i] = "1-a."[i % 4];
	for (int e = 0; e < BK_ECOSYSTEMS; e++) {
		for (int i = 0; i < n; i++)
			for (int j = 0; j < n; j++)
				wrong += sign(bk_version_compare((enum bk_ecosystem)e, odd[i], odd[j])) != -sign(bk_version_compare((enum bk_ecosystem)e, odd[j], odd[i]));
		wrong += bk_version_compare((enum bk_ecosystem)e, longest, longest) != 0;
	}
	ok(wrong == 0, "texts that are no version compare the same both ways");
	free(longest);
}

int main(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		check(&rows[i]);
	odd_texts();
	return tap_end();
}
