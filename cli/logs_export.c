/* SPDX-License-Identifier: Apache-2.0 */
/* Events as JSON, one object a line, and as CSV (RFC 4180). */
#include "cli/logs.h"

#include <string.h>

const char *const bk_logs_columns[] = {
	"time", "function", "stream", "verdict", "event", "of", "count", "first", "section", "rule", "path", "called", "interpreter", "argv", "sha256", "address",
	"port", "domain", "pid", "ppid", "parent", "technique", "reason", "note", "mechanism", "sections", "policy", "seq", "message", "suspect",
	"file", "line", NULL,
};

/* --- members --- */

void bk_logs_put_text(json_t *row, const char *name, struct bk_text t)
{
	if (t.len)
		json_object_set_new(row, name, bk_cli_json_text(t.at, t.len));
}

void bk_logs_put_word(json_t *row, const char *name, const char *word)
{
	if (word)
		json_object_set_new(row, name, json_string(word));
}

static void put_number(json_t *row, const char *name, uint64_t n)
{
	if (n)
		json_object_set_new(row, name, json_integer((json_int_t)n));
}

static void put_argv(json_t *row, const struct bk_args *argv)
{
	json_t *list = json_array();

	for (uint32_t i = 0, pos = 0; i < argv->count && pos < argv->size; i++) {
		size_t n = strnlen(argv->at + pos, argv->size - pos);

		json_array_append_new(list, bk_cli_json_text(argv->at + pos, n));
		pos += (uint32_t)n + 1;
	}
	json_object_set_new(row, "argv", list);
	if (argv->cut)
		json_object_set_new(row, "argv_cut", json_true());
}

static void put_sections(json_t *row, struct bk_text sections)
{
	json_t *all = json_object();

	while (sections.len) {
		const char *end = memchr(sections.at, ',', sections.len), *is;
		struct bk_text one = { sections.at, end ? (uint32_t)(end - sections.at) : sections.len };

		is = memchr(one.at, '=', one.len);
		if (is)
			json_object_setn_new(all, one.at, (size_t)(is - one.at),
					     bk_cli_json_text(is + 1, (size_t)(one.at + one.len - is - 1)));
		sections = bk_text_from(sections, one.len + 1);
	}
	json_object_set_new(row, "sections", all);
}

static void put_who(json_t *row, const struct bk_log_event *e)
{
	put_number(row, "pid", e->pid);
	put_number(row, "ppid", e->ppid);
	bk_logs_put_text(row, "parent", e->parent);
	bk_logs_put_text(row, "technique", e->technique);
	bk_logs_put_text(row, "reason", e->reason);
	bk_logs_put_text(row, "note", e->note);
	bk_logs_put_text(row, "mechanism", e->mechanism);
	if (e->sections.len)
		put_sections(row, e->sections);
	bk_logs_put_text(row, "policy", e->policy);
	put_number(row, "seq", e->seq);
	bk_logs_put_text(row, "message", e->message);
	bk_logs_put_word(row, "suspect", e->suspect);
}

static void put_what(json_t *row, const struct bk_log_event *e)
{
	char hash[65];

	bk_logs_put_word(row, "section", e->section < BK_SECTIONS ? bk_section_name(e->section) : NULL);
	put_number(row, "rule", e->rule);
	bk_logs_put_text(row, "path", e->path);
	bk_logs_put_text(row, "called", e->called);
	bk_logs_put_text(row, "interpreter", e->interpreter);
	if (e->argv.at)
		put_argv(row, &e->argv);
	if (e->has_sha256) {
		bk_hex(e->sha256, sizeof e->sha256, hash);
		bk_logs_put_word(row, "sha256", hash);
	}
	bk_logs_put_text(row, "address", e->address);
	put_number(row, "port", e->port);
	bk_logs_put_text(row, "domain", e->domain);
}

json_t *bk_logs_json(const struct bk_log_event *e, const struct bk_logs_place *place)
{
	json_t *row = json_object();

	bk_logs_put_text(row, "time", e->time);
	bk_logs_put_text(row, "function", e->function);
	bk_logs_put_text(row, "stream", e->stream);
	bk_logs_put_word(row, "verdict", e->has_verdict ? bk_verdict_name(e->verdict) : NULL);
	bk_logs_put_word(row, "event", bk_event_name(e->kind));
	bk_logs_put_word(row, "of", e->of < BK_EVENTS ? bk_event_name(e->of) : NULL);
	put_number(row, "count", e->count);
	put_number(row, "first", e->first);
	put_what(row, e);
	put_who(row, e);
	if (place->file)
		json_object_set_new(row, "file", bk_cli_json_text(place->file, strlen(place->file)));
	put_number(row, "line", place->line);
	return row;
}

/* ASCII only, so that nothing in it can turn or hide text on a terminal. */
void bk_logs_json_line(json_t *value)
{
	json_dumpf(value, stdout, JSON_COMPACT | JSON_ENSURE_ASCII);
	putchar('\n');
	json_decref(value);
}

/* --- CSV --- */

/* Spreadsheets compute what begins so; the sign before it makes it text. */
static bool is_formula(const char *s, size_t size)
{
	return size && strchr("=+-@\t\r", s[0]) != NULL && s[0];
}

static void put_field(const char *s, size_t size)
{
	BK_BUF text = { 0 };

	putchar('"');
	if (is_formula(s, size))
		putchar('\'');
	bk_logs_escape(s, size, &text);
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] == '"')
			putchar('"');
		putchar(text.at[i]);
	}
	putchar('"');
}

static void put_value(json_t *value)
{
	BK_FREE char *text = NULL;

	if (json_is_string(value)) {
		put_field(json_string_value(value), json_string_length(value));
	} else if (value) {
		text = json_dumps(value, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_ENCODE_ANY);
		put_field(text ? text : "", text ? strlen(text) : 0);
	}
}

void bk_logs_csv_head(const char *const *columns)
{
	for (size_t i = 0; columns[i]; i++)
		printf("%s%s", i ? "," : "", columns[i]);
	fputs("\r\n", stdout);
}

void bk_logs_csv_row(const char *const *columns, json_t *row)
{
	for (size_t i = 0; columns[i]; i++) {
		fputs(i ? "," : "", stdout);
		put_value(json_object_get(row, columns[i]));
	}
	fputs("\r\n", stdout);
	json_decref(row);
}
