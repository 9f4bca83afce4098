/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/events.h"

#include <string.h>
#include "learn/list.h"
#include "learn/reader.h"

#define DEPTH_MAX	8		/* objects in objects, and in the strings of objects, that are looked into */
#define WORK_MAX	(16u << 20)	/* bytes that the parser may read for one line, tries included */
#define TAIL		BK_LINE_MAX	/* a line of the shim ends within as many bytes */

struct bk_log_reader {
	bk_log_take *take;
	void *to;
	struct bk_log_counts counts;
	struct bk_log_runs runs;
	struct bk_buf line;		/* too long: its end only */
	bool over, understood;		/* understood: as a part of a list */
	struct bk_list list;
	struct bk_buf argv, sections, unescaped;
	size_t work;
};

static unsigned look_into(struct bk_log_reader *r, json_t *value, struct bk_log_around around, unsigned depth);
static unsigned read_text(struct bk_log_reader *r, struct bk_text text, const struct bk_log_around *around, unsigned depth);

static const struct bk_log_around nothing_around = { .ms = INT64_MIN };

static bool has(struct bk_text text, const char *what)
{
	return text.len && memmem(text.at, text.len, what, strlen(what));
}

/* --- objects --- */

static unsigned deliver(struct bk_log_reader *r, json_t *root, const struct bk_log_around *around)
{
	struct bk_log_event e;
	uint64_t line;
	uint32_t numbers[2];

	if (!bk_event_read(root, around, &e, &r->argv, &r->sections)) {
		r->counts.malformed++;
		return 1;
	}
	e.line = r->counts.lines + r->over;
	numbers[0] = e.seq;
	numbers[1] = e.pid;
	line = bk_hash_bytes(bk_hash_bytes(e.key, numbers, sizeof numbers), &e.ms, sizeof e.ms);
	switch (bk_runs_note(&r->runs, &e, line, &r->counts.missing)) {
	case BK_REPEATED:
		r->counts.repeated++;
		return 1;
	case BK_SUSPECT:
		r->counts.suspect++;
		break;
	case BK_IN_SEQUENCE:
		break;
	}
	r->counts.events++;
	r->counts.dropped += e.kind == BK_EVENT_DROPPED ? e.count : 0;
	r->take(r->to, &e);
	return 1;
}

static void take_text(json_t *object, const char *name, struct bk_text *to)
{
	json_t *value = json_object_get(object, name);

	if (json_is_string(value) && json_string_length(value))
		*to = (struct bk_text){ json_string_value(value), (uint32_t)json_string_length(value) };
}

static void read_around(json_t *object, struct bk_log_around *around)
{
	static const char *const groups[] = { "logGroup", "logGroupName", NULL };
	static const char *const names[] = { "function_name", "service_name", "job_name", "functionName", "cloud_RoleName", "AppRoleName", NULL };
	static const char *const streams[] = { "logStream", "logStreamName", "instanceId", "cloud_RoleInstance", "AppRoleInstance", NULL };
	static const char *const times[] = { "time", "TimeGenerated", "@timestamp", "timestamp", NULL };
	json_t *labels = json_object_get(json_object_get(object, "resource"), "labels");
	json_t *number = json_object_get(object, "timestamp");

	for (int i = 0; groups[i]; i++)
		if (json_is_string(json_object_get(object, groups[i]))) {
			take_text(object, groups[i], &around->function);
			around->function = bk_text_basename(around->function);
		}
	for (int i = 0; names[i]; i++) {
		take_text(labels, names[i], &around->function);
		take_text(object, names[i], &around->function);
	}
	for (int i = 0; streams[i]; i++) {
		take_text(json_object_get(object, "labels"), streams[i], &around->stream);
		take_text(object, streams[i], &around->stream);
	}
	for (int i = 0; times[i]; i++)
		take_text(object, times[i], &around->time);
	if (json_is_integer(number))
		around->ms = json_integer_value(number);
}

static unsigned look_into_object(struct bk_log_reader *r, json_t *object, struct bk_log_around around, unsigned depth)
{
	unsigned found = 0;
	const char *name;
	json_t *value;

	if (json_is_object(json_object_get(object, "buckler")))
		return deliver(r, object, &around);
	read_around(object, &around);
	json_object_foreach(object, name, value)
		found += look_into(r, value, around, depth);
	return found;
}

static unsigned look_into(struct bk_log_reader *r, json_t *value, struct bk_log_around around, unsigned depth)
{
	unsigned found = 0;
	json_t *item;
	size_t i;

	if (depth == DEPTH_MAX)
		return 0;
	if (json_is_object(value))
		return look_into_object(r, value, around, depth + 1);
	if (json_is_string(value))
		return read_text(r, (struct bk_text){ json_string_value(value), (uint32_t)json_string_length(value) }, &around, depth + 1);
	if (json_is_array(value))
		json_array_foreach(value, i, item)
			found += look_into(r, item, around, depth + 1);
	return found;
}

/* --- text --- */

/*
 * Parses the value at the start of `text`; `*used` bytes were read.  NULL: none, or too much work for one line.  A NUL in a string must not
 * hide what stands beside it: the function can write one.
 */
static json_t *parse(struct bk_log_reader *r, struct bk_text text, size_t flags, size_t *used)
{
	json_error_t error = { .position = 0 };
	json_t *root;

	if (r->work >= WORK_MAX)
		return NULL;
	root = json_loadb(text.at, text.len, flags | JSON_ALLOW_NUL, &error);
	*used = error.position > 0 ? (size_t)error.position : text.len;
	r->work += *used + 16;
	return root;
}

static unsigned read_value(struct bk_log_reader *r, struct bk_text text, size_t flags, const struct bk_log_around *around, unsigned depth, size_t *used)
{
	json_t *root = parse(r, text, flags, used);
	unsigned found = root ? look_into(r, root, *around, depth) : 0;

	json_decref(root);
	return found;
}

/*
 * A time at the line's begin, as most log writers put it, some in brackets; up to the first blank, or the second where the first is followed
 * by a time of day.
 */
static struct bk_text leading_time(struct bk_text text)
{
	struct bk_text best = { NULL, 0 };

	if (text.len && text.at[0] == '[')
		text = bk_text_from(text, 1);
	for (uint32_t n = 0; n <= text.len && n < 40; n++) {
		struct bk_text t = { text.at, n };

		if ((n == text.len || text.at[n] == ' ' || text.at[n] == '\t' || text.at[n] == ',' || text.at[n] == ']') && bk_log_time(t) != INT64_MIN)
			best = t;
	}
	return best;
}

/* Events anywhere in a text: at each brace that could begin one. */
static unsigned search_text(struct bk_log_reader *r, struct bk_text text, const struct bk_log_around *around, unsigned depth)
{
	const char *end = text.at + text.len, *brace, *name = NULL;
	unsigned found = 0;

	while (text.len && (brace = memchr(text.at, '{', text.len)) && r->work < WORK_MAX) {
		size_t used = 1;

		text = (struct bk_text){ brace, (uint32_t)(end - brace) };
		if (!name || name < brace)
			name = memmem(brace, text.len, "buckler", 7);
		if (!name)
			break;
		if (text.len > 1 && (text.at[1] == '"' || text.at[1] == ' ')) {
			json_t *root = parse(r, text, JSON_DISABLE_EOF_CHECK, &used);

			found += root ? look_into(r, root, *around, depth) : 0;
			used = root ? used : 1;
			json_decref(root);
		}
		text = bk_text_from(text, (uint32_t)used);
	}
	return found;
}

/* Where the line that the shim itself ended the text with begins; text.len: nowhere.  Nothing before it can keep it from being found. */
static uint32_t own_line(struct bk_log_reader *r, struct bk_text text)
{
	static const char *const begins[] = { "{\"timestamp\":\"", "{\"severity\":\"", "{\"buckler\":{" };
	uint32_t from = text.len > TAIL ? text.len - TAIL : 0;

	for (uint32_t at = from; at < text.len; at++)
		for (int i = 0; text.at[at] == '{' && i < 3; i++) {
			struct bk_text rest = bk_text_from(text, at);
			size_t used;
			json_t *root;

			if (!bk_text_starts(rest, bk_text_of(begins[i])) || !has(rest, "\"buckler\":{"))
				continue;
			r->work = 0;
			root = parse(r, rest, 0, &used);
			json_decref(root);
			if (root)
				return at;
		}
	return text.len;
}

/* A table as CSV doubles every quote. */
static struct bk_text without_doubled_quotes(struct bk_log_reader *r, struct bk_text text)
{
	if (!has(text, "\"\"buckler\"\""))
		return text;
	r->unescaped.len = 0;
	for (uint32_t i = 0; i < text.len; i++) {
		bk_buf_add(&r->unescaped, text.at + i, 1);
		i += text.at[i] == '"' && i + 1 < text.len && text.at[i + 1] == '"';
	}
	return (struct bk_text){ r->unescaped.at, (uint32_t)r->unescaped.len };
}

static unsigned read_text(struct bk_log_reader *r, struct bk_text text, const struct bk_log_around *around, unsigned depth)
{
	struct bk_log_around known = *around;
	unsigned found;
	uint32_t own;
	size_t used;

	if (!has(text, "buckler"))
		return 0;
	text = without_doubled_quotes(r, text);
	while (text.len && (text.at[text.len - 1] == '\n' || text.at[text.len - 1] == '\r' || text.at[text.len - 1] == ' '))
		text.len--;
	if (leading_time(text).len)
		known.time = leading_time(text);
	own = own_line(r, text);
	found = own ? search_text(r, (struct bk_text){ text.at, own }, &known, depth) : 0;
	r->work = 0;
	return found + (own < text.len ? read_value(r, bk_text_from(text, own), 0, &known, depth, &used) : 0);
}

/* --- lines --- */

static struct bk_text trim(struct bk_text t)
{
	while (t.len && (t.at[0] == ' ' || t.at[0] == '\t'))
		t = bk_text_from(t, 1);
	while (t.len && (t.at[t.len - 1] == ' ' || t.at[t.len - 1] == '\t' || t.at[t.len - 1] == '\r' || t.at[t.len - 1] == ','))
		t.len--;
	return t;
}

/* One line of an object that is printed over many: "message": "...". */
static unsigned read_member(struct bk_log_reader *r, struct bk_text line)
{
	BK_BUF object = { 0 };
	size_t used;

	bk_buf_text(&object, "{");
	bk_buf_add(&object, line.at, line.len);
	bk_buf_text(&object, "}");
	return read_value(r, (struct bk_text){ object.at, (uint32_t)object.len }, 0, &nothing_around, 0, &used);
}

static unsigned read_line(struct bk_log_reader *r, struct bk_text line)
{
	unsigned found = 0;
	size_t used;

	r->work = 0;
	if (!has(line, "buckler"))
		return 0;
	line = trim(line);
	if (bk_list_begins(line))
		found = read_value(r, line, 0, &nothing_around, 0, &used);
	else if (line.len && line.at[0] == '"')
		found = read_member(r, line);
	return found ? found : read_text(r, line, &nothing_around, 0);
}

/* What was cut off may still have whole lines that say something. */
static unsigned read_rest(struct bk_log_reader *r, const struct bk_buf *entry)
{
	unsigned found = 0;

	for (size_t at = 0; at < entry->len; ) {
		const char *end = memchr(entry->at + at, '\n', entry->len - at);
		size_t n = end ? (size_t)(end - (entry->at + at)) : entry->len - at;

		found += read_line(r, (struct bk_text){ entry->at + at, (uint32_t)n });
		at += n + 1;
	}
	return found;
}

static void stop_list(struct bk_log_reader *r)
{
	struct bk_buf entry = r->list.entry;
	bool cut = r->list.active && r->list.captured;

	bk_list_stop(&r->list);
	if (cut)
		read_rest(r, &entry);
}

/* True while the bytes continue a list. */
static bool continue_list(struct bk_log_reader *r, const char *bytes, size_t size)
{
	size_t used;

	for (size_t i = 0; i < size && r->list.active; i++)
		switch (bk_list_add(&r->list, bytes[i])) {
		case BK_LIST_MORE:
			break;
		case BK_LIST_ENTRY:
			r->work = 0;
			if (has((struct bk_text){ r->list.entry.at, (uint32_t)r->list.entry.len }, "buckler"))
				read_value(r, (struct bk_text){ r->list.entry.at, (uint32_t)r->list.entry.len }, 0, &nothing_around, 0, &used);
			break;
		case BK_LIST_SKIPPED:
			r->counts.skipped++;
			break;
		case BK_LIST_BROKEN:
			stop_list(r);
			return false;
		}
	return true;
}

/* Behind a time, as `aws logs tail --format json` prints it, an object may begin at the line's end. */
static struct bk_text list_begin(struct bk_text line)
{
	struct bk_text text = trim(line);

	if (bk_list_begins(text))
		return line;
	if (text.len > 1 && text.at[text.len - 1] == '{' && leading_time(text).len)
		return bk_text_from(text, text.len - 1);
	return (struct bk_text){ NULL, 0 };
}

/* A line that says nothing by itself may begin a list, or go on with one. */
static bool read_as_list(struct bk_log_reader *r, struct bk_text line)
{
	if (!r->list.active) {
		line = list_begin(line);
		if (!line.len)
			return false;
		bk_list_start(&r->list);
	}
	return continue_list(r, line.at, line.len);
}

static bool looks_like_event(struct bk_text line)
{
	return has(line, "\"buckler\":") || has(line, "\\\"buckler\\\":") || has(line, "\"\"buckler\"\":");
}

static void end_line(struct bk_log_reader *r)
{
	struct bk_text line = { r->line.at, (uint32_t)r->line.len }, trimmed = trim(line);
	bool member = r->list.active && trimmed.len && trimmed.at[0] == '"';

	r->counts.lines++;
	if (!line.len)
		return;
	if (!member && read_line(r, line))
		return;
	if (!(read_as_list(r, line) && continue_list(r, "\n", 1)) && (!member || !read_line(r, line)))
		r->counts.malformed += looks_like_event(line);
}

/* The end of a line that was too long: the shim's own line may be there, behind what the function wrote without a newline. */
static void end_long_line(struct bk_log_reader *r)
{
	struct bk_text line = { r->line.at, (uint32_t)r->line.len };
	uint32_t own;
	size_t used;

	if (!r->understood || !continue_list(r, "\n", 1)) {
		r->counts.skipped++;
		own = own_line(r, line);
		r->work = 0;
		if (own < line.len)
			read_value(r, bk_text_from(line, own), 0, &nothing_around, 0, &used);
	}
	r->over = false;
	r->counts.lines++;
}

static void keep_end(struct bk_buf *line)
{
	size_t extra = line->len > TAIL ? line->len - TAIL : 0;

	memmove(line->at, line->at + extra, line->len - extra);
	line->len -= extra;
}

static void add_to_line(struct bk_log_reader *r, const char *bytes, size_t size)
{
	struct bk_text begin;

	if (!r->over && r->line.len + size <= BK_LOG_LINE_MAX) {
		bk_buf_add(&r->line, bytes, size);
		return;
	}
	bk_buf_add(&r->line, bytes, size);
	begin = (struct bk_text){ r->line.at, (uint32_t)r->line.len };
	if (!r->over)
		r->understood = read_as_list(r, begin);
	else if (r->understood)
		r->understood = continue_list(r, bytes, size);
	r->over = true;
	keep_end(&r->line);
}

void bk_log_feed(struct bk_log_reader *r, const char *bytes, size_t size)
{
	while (size) {
		const char *end = memchr(bytes, '\n', size);
		size_t n = end ? (size_t)(end - bytes) : size;

		if (n > BK_LOG_LINE_MAX) {
			n = BK_LOG_LINE_MAX;
			end = NULL;
		}
		add_to_line(r, bytes, n);
		if (end) {
			if (r->over)
				end_long_line(r);
			else
				end_line(r);
			r->line.len = 0;
			n++;
		}
		bytes += n;
		size -= n;
	}
}

void bk_log_end(struct bk_log_reader *r)
{
	if (r->line.len || r->over)
		bk_log_feed(r, "\n", 1);
	stop_list(r);
}

/* --- the reader --- */

struct bk_log_reader *bk_log_reader_new(bk_log_take *take, void *to)
{
	struct bk_log_reader *r = bk_alloc(sizeof *r);

	r->take = take;
	r->to = to;
	r->list.limit = BK_LOG_LINE_MAX;
	return r;
}

const struct bk_log_counts *bk_log_counts(const struct bk_log_reader *r)
{
	return &r->counts;
}

void bk_log_reader_free(struct bk_log_reader *r)
{
	if (!r)
		return;
	bk_buf_free(&r->line);
	bk_buf_free(&r->list.entry);
	bk_buf_free(&r->argv);
	bk_buf_free(&r->sections);
	bk_buf_free(&r->unescaped);
	free(r->runs.at);
	free(r);
}
