/* SPDX-License-Identifier: Apache-2.0 */
/* How often what happened.  Memory is bounded: what comes after ROWS_MAX different rows is counted in one. */
#include "cli/logs.h"

#include <string.h>

#define ROWS_MAX	4096u		/* a power of two; half of the places stay free, so that a search ends */
#define TEXT_MAX	1024u		/* bytes of a name */

static const char *const columns[] = { "count", "function", "verdict", "event", "path", "first_time", "last_time", NULL };

struct row {
	uint64_t hash, count;
	struct bk_text function, path;	/* in `bytes` */
	char *bytes;
	const char *verdict, *event;
	int64_t from, to;		/* INT64_MIN: unknown */
};

struct bk_logs_summary {
	struct row at[2 * ROWS_MAX], others;
	size_t used;
};

struct bk_logs_summary *bk_logs_summary_new(void)
{
	struct bk_logs_summary *s = bk_alloc(sizeof *s);

	s->others = (struct row){ .path = BK_TEXT("(more kinds than are listed)"), .verdict = "-", .event = "-", .from = INT64_MIN, .to = INT64_MIN };
	return s;
}

void bk_logs_summary_free(struct bk_logs_summary *s)
{
	for (size_t i = 0; s && i < 2 * ROWS_MAX; i++)
		free(s->at[i].bytes);
	free(s);
}

static uint64_t mix(uint64_t hash, const char *at, size_t n)
{
	for (size_t i = 0; i < n; i++)
		hash = (hash ^ (uint8_t)at[i]) * 0x100000001b3ULL;
	return hash * 31 + n;
}

static bool is_same(const struct row *a, const struct row *b)
{
	return a->hash == b->hash && a->verdict == b->verdict && a->event == b->event && bk_text_equal(a->function, b->function) &&
	       bk_text_equal(a->path, b->path);
}

static void own_texts(struct row *row)
{
	row->bytes = bk_alloc(row->function.len + row->path.len + 1);
	if (row->function.len)
		memcpy(row->bytes, row->function.at, row->function.len);
	if (row->path.len)
		memcpy(row->bytes + row->function.len, row->path.at, row->path.len);
	row->function.at = row->bytes;
	row->path.at = row->bytes + row->function.len;
}

static struct row *find(struct bk_logs_summary *s, struct row *wanted)
{
	size_t i = wanted->hash % (2 * ROWS_MAX);

	for (; s->at[i].bytes; i = (i + 1) % (2 * ROWS_MAX))
		if (is_same(&s->at[i], wanted))
			return &s->at[i];
	if (s->used == ROWS_MAX)
		return &s->others;
	s->used++;
	own_texts(wanted);
	s->at[i] = *wanted;
	return &s->at[i];
}

static struct bk_text at_most(struct bk_text t)
{
	return (struct bk_text){ t.at, t.len < TEXT_MAX ? t.len : TEXT_MAX };
}

static struct bk_text name_of(const struct bk_log_event *e)
{
	return at_most(e->path.len ? e->path : e->domain.len ? e->domain : e->address);
}

static void count(struct row *row, const struct bk_log_event *e)
{
	row->count += e->kind == BK_EVENT_SUMMARY ? e->count : 1;
	if (e->ms == INT64_MIN)
		return;
	if (row->from == INT64_MIN || e->ms < row->from)
		row->from = e->ms;
	if (row->to == INT64_MIN || e->ms > row->to)
		row->to = e->ms;
}

/* A summary counts as what it sums up, as often as it says. */
void bk_logs_summary_add(struct bk_logs_summary *s, const struct bk_log_event *e)
{
	struct row wanted = {
		.function = at_most(e->function), .path = name_of(e), .verdict = e->has_verdict ? bk_verdict_name(e->verdict) : "-",
		.event = bk_event_name(e->kind == BK_EVENT_SUMMARY && e->of < BK_EVENTS ? e->of : e->kind), .from = INT64_MIN, .to = INT64_MIN,
	};

	wanted.hash = mix(mix(1, wanted.function.at, wanted.function.len), wanted.path.at, wanted.path.len);
	wanted.hash = mix(mix(wanted.hash, wanted.verdict, strlen(wanted.verdict)), wanted.event, strlen(wanted.event));
	count(find(s, &wanted), e);
}

/* --- showing --- */

static int by_count(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	uint32_t n = x->path.len < y->path.len ? x->path.len : y->path.len;
	int order;

	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	order = n ? memcmp(x->path.at, y->path.at, n) : 0;
	return order ? order : (int)x->path.len - (int)y->path.len;
}

/* The rows, most frequent first, the others last; returns how many. */
static size_t sort(struct bk_logs_summary *s)
{
	qsort(s->at, 2 * ROWS_MAX, sizeof *s->at, by_count);
	if (s->others.count)
		s->at[s->used++] = s->others;
	return s->used;
}

static void put_text_row(const struct row *row, unsigned width)
{
	enum { FUNCTION = 14, VERDICT = 7, EVENT = 11, LAST = 19, BEFORE = 8 + FUNCTION + VERDICT + EVENT + LAST + 5 };
	BK_BUF last = { 0 };

	bk_logs_time_text(row->to, (struct bk_text){ NULL, 0 }, &last);
	printf("%8llu ", (unsigned long long)row->count);
	bk_logs_put(row->function.len ? row->function.at : "-", row->function.len ? row->function.len : 1, width ? FUNCTION : 0, FUNCTION);
	printf(" %-*s %-*s %-*s ", VERDICT, row->verdict, EVENT, row->event, LAST, last.at);
	bk_logs_put(row->path.len ? row->path.at : "-", row->path.len ? row->path.len : 1, width > BEFORE + 16 ? width - BEFORE : width ? 16 : 0, 0);
	putchar('\n');
}

void bk_logs_summary_text(struct bk_logs_summary *s, const struct bk_logs_table *t)
{
	size_t n = sort(s);

	if (n)
		printf("%s%8s %-14s %-7s %-11s %-19s %s%s\n", t->colour ? "\033[1m" : "", "COUNT", "FUNCTION", "VERDICT", "EVENT", "LAST (UTC)", "PATH",
		       t->colour ? "\033[0m" : "");
	for (size_t i = 0; i < n; i++)
		put_text_row(&s->at[i], t->width);
}

static void put_time(json_t *o, const char *name, int64_t ms)
{
	BK_BUF text = { 0 };

	if (ms == INT64_MIN)
		return;
	bk_logs_time_text(ms, (struct bk_text){ NULL, 0 }, &text);
	if (text.len == 19) {
		text.at[10] = 'T';
		bk_buf_printf(&text, ".%03dZ", (int)((ms % 1000 + 1000) % 1000));
		json_object_set_new(o, name, json_string(text.at));
	}
}

static json_t *row_json(const struct row *row)
{
	json_t *o = json_object();

	json_object_set_new(o, "count", json_integer((json_int_t)row->count));
	if (row->function.len)
		json_object_set_new(o, "function", bk_cli_json_text(row->function.at, row->function.len));
	if (row->verdict[0] != '-')
		json_object_set_new(o, "verdict", json_string(row->verdict));
	if (row->event[0] != '-')
		json_object_set_new(o, "event", json_string(row->event));
	if (row->path.len)
		json_object_set_new(o, "path", bk_cli_json_text(row->path.at, row->path.len));
	put_time(o, "first_time", row->from);
	put_time(o, "last_time", row->to);
	return o;
}

void bk_logs_summary_json(struct bk_logs_summary *s)
{
	size_t n = sort(s);

	for (size_t i = 0; i < n; i++)
		bk_logs_json_line(row_json(&s->at[i]));
}

void bk_logs_summary_csv(struct bk_logs_summary *s)
{
	size_t n = sort(s);

	bk_logs_csv_head(columns);
	for (size_t i = 0; i < n; i++)
		bk_logs_csv_row(columns, row_json(&s->at[i]));
}
