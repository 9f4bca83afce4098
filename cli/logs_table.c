/* SPDX-License-Identifier: Apache-2.0 */
/* Events as a table for people. */
#include "cli/logs.h"

#include <string.h>
#include <time.h>

enum { TIME = 19, FUNCTION = 14, VERDICT = 7, EVENT = 11, BEFORE = TIME + FUNCTION + VERDICT + EVENT + 4 };

#define MARK "\xe2\x80\xa6"

/* --- characters --- */

/* Length of the UTF-8 sequence at `at` and its code, 1 and U+FFFD where it is none. */
static size_t decode(const unsigned char *at, size_t left, uint32_t *code)
{
	size_t n = *at < 0x80 ? 1 : *at < 0xc2 ? 0 : *at < 0xe0 ? 2 : *at < 0xf0 ? 3 : *at < 0xf5 ? 4 : 0;

	*code = n == 1 ? *at : *at & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if (i >= left || (at[i] & 0xc0) != 0x80)
			n = 0;
		else
			*code = *code << 6 | (at[i] & 0x3f);
	}
	if (!n || (n == 3 && (*code < 0x800 || (*code >= 0xd800 && *code < 0xe000))) || (n == 4 && (*code < 0x10000 || *code > 0x10ffff))) {
		*code = 0xfffd;
		return 1;
	}
	return n;
}

/* As in core/record.h and a little more: control characters, and what turns or hides text on a terminal. */
static bool is_hidden(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0xad || code == 0x61c || code == 0x180e || (code >= 0x200b && code <= 0x200f) ||
	       (code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f) || code == 0xfeff || code >= 0xe0000;
}

static bool is_wide(uint32_t c)
{
	return (c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xa4cf) || (c >= 0xac00 && c <= 0xd7a3) || (c >= 0xf900 && c <= 0xfaff) ||
	       (c >= 0xfe30 && c <= 0xfe6f) || (c >= 0xff00 && c <= 0xff60) || (c >= 0xffe0 && c <= 0xffe6) || (c >= 0x1f300 && c <= 0x1faff) ||
	       (c >= 0x20000 && c <= 0x3fffd);
}

/* One character as it is shown; returns its columns. */
static unsigned show(uint32_t code, const char *bytes, size_t n, struct bk_buf *out)
{
	size_t before = out->len;

	if (is_hidden(code)) {
		bk_buf_printf(out, code < 0x100 ? "\\x%02x" : "\\u{%x}", code);
		return (unsigned)(out->len - before);
	}
	if (code == 0xfffd)
		bk_buf_text(out, "\xef\xbf\xbd");
	else
		bk_buf_add(out, bytes, n);
	return is_wide(code) ? 2 : 1;
}

/* Columns used; what is cut ends in a mark. */
static unsigned fit(const char *text, size_t size, unsigned width, struct bk_buf *out)
{
	unsigned used = 0, safe = 0;
	size_t safe_len = out->len;
	uint32_t code;

	for (size_t i = 0, n; i < size; i += n) {
		n = decode((const unsigned char *)text + i, size - i, &code);
		used += show(code, text + i, n, out);
		if (width && used > width) {
			out->len = safe_len;
			bk_buf_text(out, MARK);
			return safe + 1;
		}
		if (used < width) {
			safe = used;
			safe_len = out->len;
		}
	}
	return used;
}

void bk_logs_put(const char *text, size_t size, unsigned width, unsigned pad)
{
	BK_BUF out = { 0 };
	unsigned used = fit(text, size, width, &out);

	fwrite(out.at ? out.at : "", 1, out.len, stdout);
	printf("%*s", used < pad ? (int)(pad - used) : 0, "");
}

void bk_logs_escape(const char *text, size_t size, struct bk_buf *out)
{
	fit(text, size, 0, out);
}

void bk_logs_time_text(int64_t ms, struct bk_text written, struct bk_buf *out)
{
	time_t seconds = (time_t)(ms / 1000);
	char text[64];
	struct tm tm;

	if (ms == INT64_MIN || !gmtime_r(&seconds, &tm) || !strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm))
		bk_buf_add(out, written.len ? written.at : "-", written.len ? written.len : 1);
	else
		bk_buf_text(out, text);
}

/* --- what happened --- */

static bool is_plain(struct bk_text t)
{
	for (uint32_t i = 0; i < t.len; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:=@%+,-", t.at[i]) && (unsigned char)t.at[i] < 0x80)
			return false;
	return t.len > 0;
}

/* As a shell would take it. */
static void add_word(struct bk_buf *out, struct bk_text t)
{
	bool plain = is_plain(t);

	bk_buf_text(out, plain ? "" : "'");
	for (uint32_t i = 0; i < t.len; i++)
		if (t.at[i] == '\'')
			bk_buf_text(out, "'\\''");
		else
			bk_buf_add(out, t.at + i, 1);
	bk_buf_text(out, plain ? "" : "'");
}

void bk_logs_words(struct bk_buf *out, const struct bk_args *argv, uint32_t first)
{
	uint32_t pos = 0;

	for (uint32_t i = 0; argv->at && i < argv->count && pos < argv->size; i++) {
		struct bk_text arg = { argv->at + pos, (uint32_t)strnlen(argv->at + pos, argv->size - pos) };

		pos += arg.len + 1;
		if (i < first)
			continue;
		bk_buf_text(out, out->len ? " " : "");
		add_word(out, arg);
	}
	if (argv->at && argv->cut)
		bk_buf_text(out, " " MARK);
}

static void add_text(struct bk_buf *out, const char *before, struct bk_text t)
{
	if (!t.len)
		return;
	bk_buf_text(out, out->len ? before : "");
	bk_buf_add(out, t.at, t.len);
}

static void add_target(struct bk_buf *out, const struct bk_log_event *e)
{
	add_text(out, " ", e->path);
	add_text(out, " ", e->domain);
	add_text(out, " ", e->address);
	if (e->port)
		bk_buf_printf(out, " port %u", e->port);
	if (e->interpreter.len)
		add_text(out, " by ", e->interpreter);
	else
		bk_logs_words(out, &e->argv, 1);
}

static void add_what(struct bk_buf *out, const struct bk_log_event *e)
{
	if (e->kind == BK_EVENT_SUMMARY)
		bk_buf_printf(out, "%llu more time%s:", (unsigned long long)e->count, e->count == 1 ? "" : "s");
	if (e->kind == BK_EVENT_DROPPED)
		bk_buf_printf(out, "%llu lines were left out: too many at once, or the log was full", (unsigned long long)e->count);
	if (e->kind == BK_EVENT_SUMMARY && !e->path.len)
		bk_buf_printf(out, " as in event %u", e->first);
	else
		add_target(out, e);
	if (e->kind == BK_EVENT_START)
		add_text(out, ", mechanism ", e->mechanism);
}

/* The sections that the policy has: those that it does not have are "absent". */
static void add_sections(struct bk_buf *out, struct bk_text sections)
{
	while (sections.len) {
		const char *end = memchr(sections.at, ',', sections.len);
		struct bk_text one = { sections.at, end ? (uint32_t)(end - sections.at) : sections.len };

		if (!memmem(one.at, one.len, "=absent", 7))
			add_text(out, "; ", one);
		sections = bk_text_from(sections, one.len + 1);
	}
}

static void add_why(struct bk_buf *out, const struct bk_log_event *e)
{
	if (e->suspect)
		bk_buf_printf(out, "SUSPECT (%s)", e->suspect);
	add_text(out, ": ", e->note);
	add_text(out, "; ", e->reason);
	if (e->kind == BK_EVENT_START)
		add_sections(out, e->sections);
	if (e->rule)
		bk_buf_printf(out, "%sline %u of the policy", out->len ? ", " : "", e->rule);
	if (e->kind != BK_EVENT_START && e->parent.len && !bk_text_equal(e->parent, e->path)) {
		bk_buf_text(out, out->len ? ", by " : "by ");
		bk_buf_add(out, e->parent.at, e->parent.len);
	}
}

/* --- rows --- */

static const char *colour_of(const struct bk_log_event *e)
{
	if (e->suspect)
		return "\033[35m";
	if (!e->has_verdict)
		return e->kind == BK_EVENT_START ? "" : "\033[33m";
	switch (e->verdict) {
	case BK_DENIED: return "\033[31m";
	case BK_KILLED: return "\033[1;31m";
	case BK_ALERTED: return "\033[33m";
	case BK_LEARNED: return "\033[36m";
	default: return "\033[32m";
	}
}

static void put_cell(const struct bk_logs_table *t, const char *text, size_t size, unsigned width)
{
	bk_logs_put(text, size, t->width ? width : 0, width);
	putchar(' ');
}

void bk_logs_table_begin(struct bk_logs_table *t)
{
	if (t->begun)
		return;
	t->begun = true;
	printf("%s%-*s %-*s %-*s %-*s %s%s\n", t->colour ? "\033[1m" : "", TIME, "TIME (UTC)", FUNCTION, "FUNCTION", VERDICT, "VERDICT", EVENT, "EVENT",
	       "WHAT (WHY)", t->colour ? "\033[0m" : "");
}

/* What comes first is worth more; why gets what is left, and at least half. */
static void put_what_and_why(const struct bk_logs_table *t, const struct bk_log_event *e)
{
	BK_BUF what = { 0 }; BK_BUF why = { 0 }; BK_BUF shown_what = { 0 }; BK_BUF shown_why = { 0 };
	unsigned room = t->width > BEFORE + 24 ? t->width - BEFORE : 24, whole, used;

	add_what(&what, e);
	add_why(&why, e);
	whole = fit(why.at, why.len, 0, &shown_why);
	used = whole + 3 > room / 2 ? room / 2 : whole ? room - whole - 3 : room;
	used = fit(what.at, what.len, t->width ? used : 0, &shown_what);
	shown_why.len = 0;
	if (why.len)
		fit(why.at, why.len, t->width ? room - used - 3 : 0, &shown_why);
	printf("%s%s%s%s\n", shown_what.len ? shown_what.at : "-", why.len ? " (" : "", why.len ? shown_why.at : "", why.len ? ")" : "");
}

void bk_logs_table_row(struct bk_logs_table *t, const struct bk_log_event *e)
{
	const char *verdict = e->has_verdict ? bk_verdict_name(e->verdict) : "-";
	const char *event = bk_event_name(e->kind == BK_EVENT_SUMMARY && e->of < BK_EVENTS ? e->of : e->kind);
	BK_BUF time = { 0 };

	bk_logs_table_begin(t);
	bk_logs_time_text(e->ms, e->time, &time);
	put_cell(t, time.at, time.len, TIME);
	put_cell(t, e->function.len ? e->function.at : "-", e->function.len ? e->function.len : 1, FUNCTION);
	fputs(t->colour ? colour_of(e) : "", stdout);
	put_cell(t, verdict, strlen(verdict), VERDICT);
	fputs(t->colour ? "\033[0m" : "", stdout);
	put_cell(t, event, strlen(event), EVENT);
	put_what_and_why(t, e);
}
