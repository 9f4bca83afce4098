/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/pattern.h"

#include <string.h>

static bool is_digit(unsigned c) { return c >= '0' && c <= '9'; }
static bool is_upper(unsigned c) { return c >= 'A' && c <= 'Z'; }
static bool is_lower(unsigned c) { return c >= 'a' && c <= 'z'; }
static bool is_hex(unsigned c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
/* Bytes from 0x80 on are parts of letters. */
static bool in_word(unsigned c) { return is_digit(c) || is_upper(c) || is_lower(c) || (c >= 0x80 && c < BK_WILD); }

bool bk_is_temporary(struct bk_text path)
{
	return bk_text_starts(path, BK_TEXT("/tmp/")) || bk_text_starts(path, BK_TEXT("/var/tmp/")) || bk_text_starts(path, BK_TEXT("/dev/shm/"));
}

/* --- what looks random --- */

static bool is_uuid(struct bk_text t)
{
	for (uint32_t i = 0; i < 36; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (i >= t.len || (dash ? t.at[i] != '-' : !is_hex((unsigned char)t.at[i])))
			return false;
	}
	return t.len == 36 || !in_word((unsigned char)t.at[36]);
}

struct shape {
	uint32_t digits, letters, hex, turns, case_turns;	/* turns: from digit to letter and back */
};

static struct shape shape_of(struct bk_text run)
{
	struct shape s = { 0 };

	for (uint32_t i = 0; i < run.len; i++) {
		unsigned c = (unsigned char)run.at[i], before = i ? (unsigned char)run.at[i - 1] : c;

		s.digits += is_digit(c);
		s.letters += !is_digit(c);
		s.hex += is_hex(c);
		s.turns += is_digit(c) != is_digit(before);
		s.case_turns += is_upper(c) != is_upper(before) && !is_digit(c) && !is_digit(before);
	}
	return s;
}

static bool is_number(struct bk_text run, uint32_t number)
{
	char digits[16];
	int n = snprintf(digits, sizeof digits, "%u", number);

	return number > 99 && run.len == (uint32_t)n && memcmp(run.at, digits, run.len) == 0;
}

static bool is_random(struct bk_text run, bool temporary, bool behind_tmp, struct bk_pids pids)
{
	struct shape s = shape_of(run);

	if (!s.letters)
		return run.len >= 10 || is_number(run, pids.own) || is_number(run, pids.main);
	if (behind_tmp && run.len == 10)
		return true;		/* mktemp: tmp.XXXXXXXXXX */
	if (s.hex == run.len && s.digits && run.len >= 12)
		return true;
	if (run.len >= 10 && s.digits >= 2 && s.turns >= 3)
		return true;
	return temporary && run.len >= 6 && ((s.digits && s.turns >= 2) || s.case_turns >= 2);
}

/* Python's tempfile: "tmp" and eight of a-z, 0-9, "_". */
static uint32_t python_name(struct bk_text t)
{
	uint32_t n = 3;

	if (!bk_text_starts(t, BK_TEXT("tmp")))
		return 0;
	while (n < t.len && (is_lower((unsigned char)t.at[n]) || is_digit((unsigned char)t.at[n]) || t.at[n] == '_'))
		n++;
	return n == 11 && (n == t.len || !in_word((unsigned char)t.at[n])) ? n : 0;
}

static void put(struct bk_units *u, unsigned unit)
{
	if (unit != BK_WILD || !u->count || u->at[u->count - 1] != BK_WILD)
		u->at[u->count++] = (uint16_t)unit;
}

static void put_text(struct bk_units *u, struct bk_text t)
{
	for (uint32_t i = 0; i < t.len; i++)
		put(u, (unsigned char)t.at[i]);
}

static uint32_t word_at(struct bk_text t)
{
	uint32_t n = 0;

	while (n < t.len && in_word((unsigned char)t.at[n]))
		n++;
	return n;
}

struct bk_units bk_units_of(struct bk_text value, struct bk_pids pids)
{
	struct bk_units u = { bk_alloc((value.len + 1) * sizeof *u.at), 0 };
	bool temporary = bk_is_temporary(value);

	for (uint32_t at = 0, n; at < value.len; at += n) {
		struct bk_text rest = bk_text_from(value, at), run;
		bool behind_tmp = at >= 4 && memcmp(value.at + at - 4, "tmp.", 4) == 0;

		run = (struct bk_text){ rest.at, word_at(rest) };
		n = 1;
		if (bk_text_starts(rest, BK_TEXT("\xef\xbf\xbd"))) {
			put(&u, BK_WILD);
			n = 3;
		} else if (is_uuid(rest)) {
			put(&u, BK_WILD);
			n = 36;
		} else if (python_name(rest)) {
			put_text(&u, BK_TEXT("tmp"));
			put(&u, BK_WILD);
			n = 11;
		} else if (run.len && is_random(run, temporary, behind_tmp, pids)) {
			put(&u, BK_WILD);
			n = run.len;
		} else {
			n = run.len ? run.len : 1;
			put_text(&u, (struct bk_text){ rest.at, n });
		}
	}
	return u;
}

void bk_units_free(struct bk_units *u)
{
	free(u->at);
	*u = (struct bk_units){ 0 };
}

bool bk_units_equal(struct bk_units a, struct bk_units b)
{
	return a.count == b.count && !memcmp(a.at, b.at, a.count * sizeof *a.at);
}

bool bk_units_wild(struct bk_units u)
{
	for (size_t i = 0; i < u.count; i++)
		if (u.at[i] == BK_WILD)
			return true;
	return false;
}

/* --- what values have in common --- */

#define NOTHING 0x200u			/* before the first unit, behind the last */

/* The unit at `at` from the begin or, counted backwards, from the end. */
static unsigned unit_at(struct bk_units u, size_t at, bool from_end)
{
	if (at >= u.count)
		return NOTHING;
	return u.at[from_end ? u.count - 1 - at : at];
}

/* May what is kept end here?  Not in the middle of a word; but before a number that is counted up. */
static bool may_end(const struct bk_units *values, size_t count, size_t n, bool from_end)
{
	unsigned last = n ? unit_at(values[0], n - 1, from_end) : NOTHING;
	bool all_outside = true, all_digits = true;

	if (!n || !in_word(last))
		return true;
	for (size_t i = 0; i < count; i++) {
		unsigned c = unit_at(values[i], n, from_end);

		all_outside &= !in_word(c);
		all_digits &= is_digit(c) || c == NOTHING;
	}
	return all_outside || (all_digits && !is_digit(last) && !from_end);
}

static size_t common(const struct bk_units *values, size_t count, bool from_end, size_t most)
{
	size_t n = 0;

	for (; n < most; n++)
		for (size_t i = 1; i < count; i++)
			if (unit_at(values[i], n, from_end) != unit_at(values[0], n, from_end))
				goto differ;
differ:
	while (!may_end(values, count, n, from_end))
		n--;
	return n;
}

void bk_units_common(const struct bk_units *values, size_t count, size_t *prefix, size_t *suffix)
{
	size_t least = SIZE_MAX;

	for (size_t i = 0; i < count; i++)
		least = values[i].count < least ? values[i].count : least;
	*prefix = common(values, count, false, least);
	*suffix = common(values, count, true, least - *prefix);
}

/* --- patterns --- */

static void put_literal(struct bk_buf *out, unsigned unit)
{
	char c = (char)unit;

	if (unit == BK_WILD) {
		if (!out->len || out->at[out->len - 1] != '*' || (out->len > 1 && out->at[out->len - 2] == '\\'))
			bk_buf_text(out, "*");
		return;
	}
	if (c == '*' || c == '?' || c == '\\')
		bk_buf_text(out, "\\");
	bk_buf_add(out, &c, 1);
}

static void put_range(struct bk_buf *out, struct bk_units u, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		put_literal(out, u.at[i]);
}

static bool all_equal(const struct bk_units *values, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (!bk_units_equal(values[0], values[i]))
			return false;
	return true;
}

static size_t count_slashes(struct bk_units u)
{
	size_t n = 0;

	for (size_t i = 0; i < u.count; i++)
		n += u.at[i] == '/';
	return n;
}

/* A wildcard that stands for components, too.  "**" alone would also take options, hence the last byte. */
static void put_deep(struct bk_buf *out, bool last)
{
	while (out->len && out->at[out->len - 1] == '*' && !(out->len > 1 && out->at[out->len - 2] == '\\'))
		out->at[--out->len] = '\0';
	bk_buf_text(out, out->len || !last ? "**" : "**?");
}

static void put_varying(struct bk_buf *out, const struct bk_units *values, size_t count)
{
	size_t prefix, suffix;
	bool deep = false;

	if (all_equal(values, count)) {
		put_range(out, values[0], 0, values[0].count);
		return;
	}
	bk_units_common(values, count, &prefix, &suffix);
	for (size_t i = 0; i < count; i++)
		for (size_t k = prefix; k < values[i].count - suffix; k++)
			deep |= values[i].at[k] == '/';
	put_range(out, values[0], 0, prefix);
	if (deep)
		put_deep(out, !suffix);
	else
		put_literal(out, BK_WILD);
	while (suffix && deep && values[0].at[values[0].count - suffix] == BK_WILD)
		suffix--;
	put_range(out, values[0], values[0].count - suffix, values[0].count);
}

/* The next component of each value, moved behind its slash. */
static void put_component(struct bk_buf *out, const struct bk_units *values, size_t *at, size_t count)
{
	struct bk_units *parts = bk_alloc(count * sizeof *parts);

	for (size_t i = 0; i < count; i++) {
		parts[i].at = values[i].at + at[i];
		while (at[i] < values[i].count && values[i].at[at[i]] != '/')
			at[i]++;
		parts[i].count = (size_t)(values[i].at + at[i] - parts[i].at);
		at[i]++;
	}
	put_varying(out, parts, count);
	free(parts);
}

char *bk_pattern_of(const struct bk_units *values, size_t count)
{
	struct bk_buf out = { 0 };
	size_t slashes = count_slashes(values[0]);
	bool aligned = true;

	bk_buf_text(&out, "");
	for (size_t i = 1; i < count; i++)
		aligned &= count_slashes(values[i]) == slashes;
	if (!aligned || all_equal(values, count)) {
		put_varying(&out, values, count);
		return out.at;
	}
	BK_FREE size_t *at = bk_alloc(count * sizeof *at);
	for (size_t i = 0; i <= slashes; i++) {
		bk_buf_text(&out, i ? "/" : "");
		put_component(&out, values, at, count);
	}
	return out.at;
}

char *bk_pattern_literal(struct bk_text text)
{
	struct bk_buf out = { 0 };

	bk_buf_text(&out, "");
	for (uint32_t i = 0; i < text.len; i++) {
		if (bk_text_starts(bk_text_from(text, i), BK_TEXT("\xef\xbf\xbd"))) {
			put_literal(&out, BK_WILD);
			i += 2;
		} else {
			put_literal(&out, (unsigned char)text.at[i]);
		}
	}
	return out.at;
}
