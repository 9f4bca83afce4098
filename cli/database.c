/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/database.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

char *bk_cli_database_path(const char *option)
{
	const char *place = getenv("BUCKLER_DB"), *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");

	if (option)
		return bk_strdup(option);
	if (place && *place)
		return bk_strdup(place);
	if (data && *data == '/')
		return bk_format("%s/buckler/advisories.db", data);
	return bk_format("%s/.local/share/buckler/advisories.db", home && *home ? home : "");
}

int64_t bk_cli_now(void)
{
	const char *fixed = getenv("SOURCE_DATE_EPOCH");
	char *end;
	long long n = fixed && *fixed ? strtoll(fixed, &end, 10) : -1;

	return n >= 0 && !*end ? n : time(NULL);
}

static char *time_as(int64_t seconds, const char *format)
{
	time_t t = seconds;
	struct tm tm;
	char text[64];

	if (!gmtime_r(&t, &tm) || !strftime(text, sizeof text, format, &tm))
		return bk_strdup("unknown");
	return bk_strdup(text);
}

char *bk_cli_time_text(int64_t seconds)
{
	return time_as(seconds, "%Y-%m-%dT%H:%M:%SZ");
}

char *bk_cli_day_text(int64_t seconds)
{
	return time_as(seconds, "%Y-%m-%d");
}

char *bk_cli_age_text(int64_t days)
{
	if (days <= 0)
		return bk_strdup("today");
	return bk_format("%lld day%s ago", (long long)days, days == 1 ? "" : "s");
}

const char *bk_cli_count(uint64_t n)
{
	static char texts[4][32];
	static unsigned next;
	char plain[24], *out = texts[next++ & 3];
	int len = snprintf(plain, sizeof plain, "%llu", (unsigned long long)n), k = 0;

	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			out[k++] = ',';
		out[k++] = plain[i];
	}
	out[k] = '\0';
	return out;
}

static void set_text(json_t *o, const char *key, const char *text)
{
	if (text && *text)
		json_object_set_new(o, key, bk_cli_json_text(text, strlen(text)));
}

json_t *bk_cli_database_json(const struct bk_database_info *info, int64_t now)
{
	const struct { const char *name; uint64_t value; } numbers[] = {
		{ "records", info->records }, { "packages", info->packages }, { "withdrawn", info->withdrawn }, { "duplicates", info->duplicates },
		{ "unreadable", info->bad }, { "otherEcosystems", info->foreign },
	};
	BK_FREE char *built = bk_cli_time_text(info->built);
	json_t *o = json_object(), *list = json_array();

	set_text(o, "built", built);
	json_object_set_new(o, "ageDays", json_integer((now - info->built) / 86400));
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		json_object_set_new(o, numbers[i].name, json_integer((json_int_t)numbers[i].value));
	set_text(o, "kev", info->kev);
	set_text(o, "epss", info->epss);
	for (size_t i = 0; i < info->source_count; i++) {
		const struct bk_database_source *s = &info->sources[i];
		json_t *row = json_object();

		set_text(row, "name", s->name);
		json_object_set_new(row, "records", json_integer((json_int_t)s->records));
		set_text(row, "newest", s->newest);
		json_array_append_new(list, row);
	}
	json_object_set_new(o, "sources", list);
	return o;
}

/* --- progress --- */

static int64_t milliseconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void bk_progress_begin(struct bk_progress *p, const char *what)
{
	*p = (struct bk_progress){ .what = what, .on = isatty(STDERR_FILENO) };
}

void bk_progress_show(struct bk_progress *p, uint64_t done, uint64_t all, const char *unit, uint64_t count)
{
	int64_t now = p->on ? milliseconds() : 0;

	if (!p->on || now - p->last < 100)
		return;
	p->last = now;
	fputc('\r', stderr);
	bk_cli_put(stderr, p->what, strnlen(p->what, 40));
	if (all)
		fprintf(stderr, "  %3u%%", (unsigned)(done >= all ? 100 : done * 100 / all));
	fprintf(stderr, "  %s %s\033[K", bk_cli_count(count), unit);
	fflush(stderr);
}

void bk_progress_end(struct bk_progress *p)
{
	if (p->on && p->last)
		fputs("\r\033[K", stderr);
}
