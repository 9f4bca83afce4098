/* SPDX-License-Identifier: Apache-2.0 */
#include "core/match.h"

#include <stdlib.h>

#include "tests/support/tap.h"

static const struct row {
	const char *pattern, *text;
	bool path, arg;			/* bk_match_path, bk_match_arg */
} rows[] = {
	{ "", "", true, true },
	{ "", "a", false, false },
	{ "a", "", false, false },
	{ "/bin/sh", "/bin/sh", true, true },
	{ "/bin/sh", "/bin/shx", false, false },
	{ "/bin/sh", "/bin/s", false, false },
	{ "?", "a", true, true },
	{ "?", "/", false, false },
	{ "?", "", false, false },
	{ "?", "-", true, false },
	{ "a?c", "abc", true, true },
	{ "a?c", "a/c", false, false },
	{ "*", "", true, true },
	{ "*", "abc", true, true },
	{ "*", "a/b", false, false },
	{ "*", "-x", true, false },
	{ "**", "-x", true, true },
	{ "***", "-x", true, false },
	{ "**x", "-x", true, false },
	{ "-*", "-x", true, true },
	{ "**", "", true, true },
	{ "**", "a/b/c", true, true },
	{ "/tmp/*", "/tmp/x", true, true },
	{ "/tmp/*", "/tmp/", true, true },
	{ "/tmp/*", "/tmp/x/y", false, false },
	{ "/tmp/**", "/tmp/x/y", true, true },
	{ "/tmp/**", "/tmp", false, false },
	{ "/**/x", "/x", false, false },
	{ "/**/x", "/a/b/x", true, true },
	{ "/**/x", "/a/b/xy", false, false },
	{ "/usr/**.so", "/usr/lib/a.so", true, true },
	{ "/usr/**.so", "/usr/lib/a.so.1", false, false },
	{ "/usr/**/lib*.so*", "/usr/lib/x/libc.so.6", true, true },
	{ "/usr/**/lib*.so*", "/usr/lib/x/lib.d/y", false, false },
	{ "**/lib*/c", "/a/libx/d/liby/c", true, true },
	{ "**/lib*/c", "/a/libx/d/liby/e/c", false, false },
	{ "**a*b/c", "a/ab/c", true, true },
	{ "**a*b/c", "xaxxb/xaxb/c", true, true },
	{ "**a*b/c", "ab/c/d", false, false },
	{ "**x*y*z", "x/y/z/xyz", true, true },
	{ "**x*y*z", "x/y/z/xy", false, false },
	{ "**a/*b/*c", "a/xb/d/a/b/a/b/c", true, true },
	{ "**a/*b/*c", "a/b/a/b/a/b", false, false },
	{ "**/*/**/*.c", "/a/b/c/d.c", true, true },
	{ "**/*/**/*.c", "/d.c", false, false },
	{ "*a*b*c", "xaybzc", true, true },
	{ "*a*b*c", "xaybzcd", false, false },
	{ "*/b", "a/b", true, true },
	{ "*/b", "a/c/b", false, false },
	{ "\\*", "*", true, true },
	{ "\\*", "x", false, false },
	{ "\\?", "?", true, true },
	{ "\\?", "x", false, false },
	{ "\\\\", "\\", true, true },
	{ "\\a", "a", true, true },
	{ "a\\", "a\\", true, true },
	{ "*\\*", "a*", true, true },
	{ "*\\*", "ab", false, false },
	{ "\xff*", "\xff\xfe", true, true },
	{ "caf?", "caf\xc3", true, true },
	/* no wildcard stands for ".." */
	{ "/tmp/**", "/tmp/../etc/passwd", true, false },
	{ "/tmp/*", "/tmp/..", true, false },
	{ "/tmp/?.", "/tmp/..", true, false },
	{ "**", "..", true, false },
	{ "**", "a/..", true, false },
	{ "**", "a..b", true, true },
	{ "**", "...", true, true },
	{ "*", "..a", true, true },
	{ "--output=**", "--output=../x", true, false },
	{ "--output=**", "--output=a/b", true, true },
	{ "@**", "@../x", true, false },
	{ "../*", "../a", true, true },
	{ "../**", "../../a", true, false },
	{ "..", "..", true, true },
	{ "../../a", "../../a", true, true },
	{ "**/../x", "a/../x", true, true },
	{ "**/../x", "../../x", true, false },
};

static struct bk_text item(const void *list, uint32_t i)
{
	return bk_text_of(((const char *const *)list)[i]);
}

static struct bk_args vector(const char *bytes, uint32_t size, bool cut)
{
	struct bk_args v = { bytes, size, 0, cut };

	for (uint32_t i = 0; i < size; i++)
		v.count += !bytes[i];
	return v;
}

#define VECTOR(text, cut) vector(text, sizeof(text), cut)

static const struct args_row {
	const char *patterns[6];
	struct bk_args args;
	uint32_t first;
	bool match;
} args_rows[] = {
	{ { NULL }, { "a", 2, 1, false }, 1, true },
	{ { NULL }, { "a\0b", 4, 2, false }, 1, false },
	{ { "b" }, { "a\0b", 4, 2, false }, 1, true },
	{ { "b" }, { "a", 2, 1, false }, 1, false },
	{ { "b", "c" }, { "a\0b", 4, 2, false }, 1, false },
	{ { "..." }, { "a", 2, 1, false }, 1, true },
	{ { "..." }, { "a\0-x\0-y", 8, 3, false }, 1, true },
	{ { "b", "..." }, { "a\0b\0c\0d", 8, 4, false }, 1, true },
	{ { "b", "..." }, { "a\0c", 4, 2, false }, 1, false },
	{ { "...", "b" }, { "a\0x\0b", 6, 3, false }, 1, false },
	{ { "...", "b" }, { "a\0...\0b", 8, 3, false }, 1, true },
	{ { "*" }, { "a\0", 3, 2, false }, 1, true },
	{ { "*", "*" }, { "a\0x\0-y", 7, 3, false }, 1, false },
	{ { "c" }, { "a\0b\0c", 6, 3, false }, 2, true },
	{ { NULL }, { "a", 2, 1, false }, 5, true },
	{ { "b" }, { "a", 2, 1, false }, 5, false },
	/* cut */
	{ { "b" }, { "a\0b", 4, 2, true }, 1, false },
	{ { NULL }, { "a", 2, 1, true }, 1, false },
	{ { "b", "..." }, { "a\0b", 4, 2, true }, 1, true },
	{ { "b", "c", "..." }, { "a\0b", 4, 2, true }, 1, false },
	/* fewer bytes than the count says */
	{ { "b", "c" }, { "a\0b", 4, 9, false }, 1, false },
};

static void test_args(void)
{
	for (size_t i = 0; i < sizeof args_rows / sizeof *args_rows; i++) {
		const struct args_row *r = &args_rows[i];
		uint32_t n = 0;

		while (r->patterns[n])
			n++;
		ok(bk_match_args(item, r->patterns, n, &r->args, r->first) == r->match, "args row %zu %s", i, r->match ? "matches" : "does not match");
	}
}

/* Text that makes backtracking matchers take for ever; a run that is not bounded would not end while anybody waits. */
static void test_bound(void)
{
	static const char *const patterns[] = {
		"**a**a**a**a**a**a**a**b", "*a*a*a*a*a*a*a*a*b", "**a*a*a*a*a*a*b", "**a?a*a?a**a*b", "**/*a/*a/*a*b", "***a***b",
	};
	uint32_t size = 128 << 10;
	char *text = malloc(size);

	for (int slashes = 0; slashes < 2; slashes++)
		for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
			for (uint32_t k = 0; k < size; k++)
				text[k] = slashes && k % 64 == 0 ? '/' : 'a';
			ok(!bk_match_path(bk_text_of(patterns[i]), (struct bk_text){ text, size }), "%s ends on 128 KiB%s", patterns[i],
			   slashes ? " of folders" : "");
		}
	free(text);
}

/* The definition, slow and plain, as the measure: every way to split. */
static bool reference(const char *p, const char *t)
{
	if (!*p)
		return !*t;
	if (p[0] == '*' && p[1] == '*')
		return reference(p + 2, t) || (*t && reference(p, t + 1));
	if (p[0] == '*')
		return reference(p + 1, t) || (*t && *t != '/' && reference(p, t + 1));
	if (p[0] == '\\' && p[1])
		return *t == p[1] && reference(p + 2, t + 1);
	return *t && (p[0] == '?' ? *t != '/' : *t == *p) && reference(p + 1, t + 1);
}

static void random_text(char *out, unsigned most, const char *alphabet, unsigned *seed)
{
	unsigned n = (unsigned)rand_r(seed) % (most + 1);

	for (unsigned i = 0; i < n; i++)
		out[i] = alphabet[(unsigned)rand_r(seed) % strlen(alphabet)];
	out[n] = '\0';
}

static void test_reference(void)
{
	unsigned seed = 1, wrong = 0, matched = 0;
	char p[16], t[16];

	for (int i = 0; i < 300000; i++) {
		random_text(p, 9, "***?ab//", &seed);
		random_text(t, 10, "aab/", &seed);
		bool want = reference(p, t);

		matched += want;
		if (bk_match_path(bk_text_of(p), bk_text_of(t)) != want && !wrong++)
			printf("# %s against %s should be %d\n", p, t, want);
	}
	ok(!wrong && matched > 10000, "the same as the definition for 300000 random pairs, %u of which match", matched);
}

int main(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct row *r = &rows[i];

		ok(bk_match_path(bk_text_of(r->pattern), bk_text_of(r->text)) == r->path, "path '%s' '%s' %d", r->pattern, r->text, r->path);
		ok(bk_match_arg(bk_text_of(r->pattern), bk_text_of(r->text)) == r->arg, "arg '%s' '%s' %d", r->pattern, r->text, r->arg);
	}
	ok(bk_match_is_pattern(bk_text_of("a*")) && bk_match_is_pattern(bk_text_of("?")), "wildcards make a pattern");
	ok(!bk_match_is_pattern(bk_text_of("a\\*\\?")) && !bk_match_is_pattern(bk_text_of("")), "escaped ones do not");
	ok(bk_rule_name("/usr/bin/tool").len == 13 && bk_rule_name("/a.b/c.").len == 7, "an absolute name is one for rules");
	ok(!bk_rule_name("").len && !bk_rule_name("tool").len && !bk_rule_name("/a//b").len && !bk_rule_name("/a/./b").len && !bk_rule_name("/a/../b").len &&
	   !bk_rule_name("/.hidden").len, "one that another could stand for is none");
	struct bk_args empty = VECTOR("", false);
	ok(!bk_match_args(item, (const char *[]){ "x" }, 1, &empty, 1), "no argument is no match for one");
	test_args();
	test_bound();
	test_reference();
	return tap_end();
}
