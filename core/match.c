/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two wildcards with one place each to come back to: `*` (stops at '/') and `**`.  When `*` cannot be stretched any
 * further the matcher falls back to the last `**`; earlier ones never need another look, because the last one can take over all that
 * they could have covered.
 */
#include "core/match.h"

struct back { uint32_t pattern, text; bool set; };

bool bk_match_is_pattern(struct bk_text p)
{
	for (uint32_t i = 0; i < p.len; i++)
		if (p.at[i] == '*' || p.at[i] == '?' || p.at[i] == '\\')
			return true;
	return false;
}

/* One plain step: the pattern's next unit against one byte.  Returns its length in the pattern, 0 where it does not match. */
static uint32_t step(struct bk_text p, uint32_t i, char c)
{
	if (i >= p.len)
		return 0;
	if (p.at[i] == '?')
		return c != '/';
	if (p.at[i] == '\\' && i + 1 < p.len)
		return p.at[i + 1] == c ? 2 : 0;
	return p.at[i] == c;
}

static bool match(struct bk_text p, struct bk_text t)
{
	struct back one = { 0, 0, false }, two = { 0, 0, false };
	uint32_t i = 0, j = 0;

	for (;;) {
		uint32_t n;

		if (i < p.len && p.at[i] == '*') {
			bool wide = i + 1 < p.len && p.at[i + 1] == '*';

			i += wide ? 2 : 1;
			if (wide) {
				two = (struct back){ i, j, true };
				one.set = false;
			} else {
				one = (struct back){ i, j, true };
			}
			continue;
		}
		if (j == t.len && i == p.len)
			return true;
		n = j < t.len ? step(p, i, t.at[j]) : 0;
		if (n) {
			i += n;
			j++;
		} else if (one.set && one.text < t.len && t.at[one.text] != '/') {
			i = one.pattern;
			j = ++one.text;
		} else if (two.set && two.text < t.len) {
			i = two.pattern;
			j = ++two.text;
			one.set = false;
		} else {
			return false;
		}
	}
}

bool bk_match_path(struct bk_text pattern, struct bk_text path)
{
	return match(pattern, path);
}

/* True where the text has a ".." component. */
static bool climbs(struct bk_text t)
{
	for (uint32_t i = 0; i + 1 < t.len; i++)
		if (t.at[i] == '.' && t.at[i + 1] == '.' && (i == 0 || t.at[i - 1] == '/') && (i + 2 == t.len || t.at[i + 2] == '/'))
			return true;
	return false;
}

bool bk_match_arg(struct bk_text pattern, struct bk_text arg)
{
	bool anything = bk_text_equal(pattern, BK_TEXT("**"));

	if (anything)
		return true;
	if (pattern.len && (pattern.at[0] == '*' || pattern.at[0] == '?') && arg.len && arg.at[0] == '-')
		return false;
	if (bk_match_is_pattern(pattern) && climbs(arg) && !climbs(pattern))
		return false;
	return match(pattern, arg);
}

bool bk_match_args(struct bk_text (*item)(const void *list, uint32_t i), const void *list, uint32_t count,
		   const struct bk_args *args, uint32_t first)
{
	uint32_t pos = 0, have = 0;

	for (uint32_t i = 0; i < first && have < args->count; i++, have++)
		pos += bk_text_of(args->at + pos).len + 1;
	for (uint32_t i = 0; i < count; i++, have++) {
		struct bk_text pattern = item(list, i), arg;

		if (i + 1 == count && bk_text_equal(pattern, BK_TEXT("...")))
			return true;
		if (have >= args->count)
			return false;
		arg = bk_text_of(args->at + pos);
		if (!bk_match_arg(pattern, arg))
			return false;
		pos += arg.len + 1;
	}
	return have >= args->count && !args->cut;
}
