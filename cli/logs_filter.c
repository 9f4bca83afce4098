/* SPDX-License-Identifier: Apache-2.0 */
/* Which events are wanted. */
#include "cli/logs.h"

#include <string.h>
#include <time.h>
#include "core/match.h"

static const char *verdict_name(int i) { return i < BK_NEED_SHA256 ? bk_verdict_name((enum bk_verdict)i) : NULL; }
static const char *event_name(int i) { return bk_event_name((enum bk_event_kind)i); }
static const char *section_name(int i) { return bk_section_name((enum bk_section)i); }

static int index_of(struct bk_text name, const char *(*name_of)(int))
{
	for (int i = 0; name_of(i); i++)
		if (bk_text_equal(name, bk_text_of(name_of(i))))
			return i;
	return -1;
}

static _Noreturn void unknown(const char *option, struct bk_text name, const char *(*name_of)(int))
{
	BK_BUF what = { 0 };
	BK_FREE char *given = bk_strndup(name.at, name.len);

	bk_buf_printf(&what, "%s takes", option);
	for (int i = 0; name_of(i); i++)
		bk_buf_printf(&what, "%s %s", i ? "," : "", name_of(i));
	bk_buf_text(&what, "; not");
	exit(bk_cli_usage(&bk_cmd_logs, what.at, given));
}

static void add_names(uint32_t *set, const char *option, const char *list, const char *(*name_of)(int))
{
	for (const char *at = list; at; ) {
		const char *end = strchrnul(at, ',');
		struct bk_text name = { at, (uint32_t)(end - at) };
		int i = index_of(name, name_of);

		if (i < 0)
			unknown(option, name, name_of);
		*set |= 1u << i;
		at = *end ? end + 1 : NULL;
	}
}

void bk_logs_verdicts(struct bk_logs_filter *f, const char *list)
{
	add_names(&f->verdicts, "--verdict", list, verdict_name);
}

void bk_logs_events(struct bk_logs_filter *f, const char *list)
{
	add_names(&f->events, "--event", list, event_name);
}

void bk_logs_sections(struct bk_logs_filter *f, const char *list)
{
	add_names(&f->sections, "--section", list, section_name);
}

/* --- time --- */

/* Milliseconds of "15m" and the like, -1 where it is none. */
static int64_t a_while(const char *value)
{
	static const struct { char unit; int64_t ms; } units[] = { { 's', 1000 }, { 'm', 60000 }, { 'h', 3600000 }, { 'd', 86400000 } };
	char *end;
	long n = strtol(value, &end, 10);

	if (value[0] < '0' || value[0] > '9' || n > 1000000000 || end[0] == '\0' || end[1] != '\0')
		return -1;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (units[i].unit == end[0])
			return n * units[i].ms;
	return -1;
}

int64_t bk_logs_time(const char *option, const char *value)
{
	int64_t ago = a_while(value), ms = bk_log_time(bk_text_of(value));
	struct timespec now;

	if (ago < 0 && ms == INT64_MIN) {
		BK_FREE char *what = bk_format("%s is a time (2026-11-24T13:55:00Z, 2026-11-24) or a while ago (90s, 15m, 2h, 7d), not", option);

		exit(bk_cli_usage(&bk_cmd_logs, what, value));
	}
	if (ago < 0)
		return ms;
	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 - ago;
}

/* --- matching --- */

/* What an event is about: of a summary, that which it sums up. */
static enum bk_event_kind subject(const struct bk_log_event *e)
{
	return e->kind == BK_EVENT_SUMMARY && e->of < BK_EVENTS ? e->of : e->kind;
}

static enum bk_section section_of(const struct bk_log_event *e)
{
	struct bk_log_event act = { .kind = subject(e) };
	struct bk_endpoint endpoint;
	struct bk_request request;

	if (e->section < BK_SECTIONS || !bk_log_request(&act, &request, &endpoint))
		return e->section;
	return request.section;
}

static bool in_set(uint32_t set, unsigned i)
{
	return !set || (i < 32 && (set & 1u << i));
}

static bool path_matches(const char *pattern, const struct bk_log_event *e)
{
	const struct bk_text names[] = { e->path, e->interpreter, e->domain, e->address };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i].len && bk_match_path(bk_text_of(pattern), names[i]))
			return true;
	return false;
}

static bool in_time(struct bk_logs_filter *f, const struct bk_log_event *e)
{
	if (f->since == INT64_MIN && f->until == INT64_MAX)
		return true;
	f->untimed += e->ms == INT64_MIN;
	return e->ms != INT64_MIN && e->ms >= f->since && e->ms <= f->until;
}

bool bk_logs_wanted(struct bk_logs_filter *f, const struct bk_log_event *e)
{
	if (f->verdicts && (!e->has_verdict || !in_set(f->verdicts, e->verdict)))
		return false;
	if (!in_set(f->events, e->kind) && !in_set(f->events, subject(e)))
		return false;
	if (!in_set(f->sections, section_of(e)))
		return false;
	if (f->function && !bk_match_path(bk_text_of(f->function), e->function))
		return false;
	if (f->path && !path_matches(f->path, e))
		return false;
	return in_time(f, e);
}
