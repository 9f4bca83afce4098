/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

bool bk_cli_colour(FILE *f)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(f == stdout ? STDOUT_FILENO : fileno(f)) && !(no && *no) && term && *term && strcmp(term, "dumb") != 0;
}

/* Length of the control character at `at`, 0 where there is none: C0, DEL, and C1 in UTF-8. */
static size_t control_at(const unsigned char *at, size_t left)
{
	if (*at < 0x20 || *at == 0x7f)
		return 1;
	return left > 1 && at[0] == 0xc2 && at[1] >= 0x80 && at[1] <= 0x9f ? 2 : 0;
}

void bk_cli_put(FILE *f, const char *text, size_t size)
{
	const unsigned char *at = (const unsigned char *)text;

	for (size_t i = 0, n; i < size; i += n ? n : 1) {
		n = control_at(at + i, size - i);
		if (!n)
			putc(at[i], f);
		for (size_t k = 0; k < n; k++)
			fprintf(f, "\\x%02x", at[i + k]);
	}
}

int bk_cli_error(const char *format, ...)
{
	bool colour = bk_cli_colour(stderr);
	char *message;
	va_list ap;

	va_start(ap, format);
	int n = vasprintf(&message, format, ap);
	va_end(ap);
	fputs(colour ? "buckler: \033[1;31merror:\033[0m " : "buckler: error: ", stderr);
	if (n >= 0) {
		bk_cli_put(stderr, message, (size_t)n);
		free(message);
	}
	putc('\n', stderr);
	return 2;
}

int bk_cli_usage(const struct bk_command *command, const char *what, const char *arg)
{
	BK_BUF line = { 0 };

	bk_buf_printf(&line, "buckler %s: %s%s%s", command->name, what, arg ? " " : "", arg ? arg : "");
	bk_cli_put(stderr, line.at, line.len);
	fprintf(stderr, "\nTry `buckler %s --help`.\n", command->name);
	return 2;
}

/* --- diagnostics --- */

static const struct {
	const char *name, *colour;
} severities[] = {
	[BK_NOTE]    = { "note",    "\033[1;36m" },
	[BK_WARNING] = { "warning", "\033[1;33m" },
	[BK_ERROR]   = { "error",   "\033[1;31m" },
};

static void put_place(FILE *f, const struct bk_diag *d)
{
	const char *file = d->file ? d->file : "buckler";

	bk_cli_put(f, file, strlen(file));
	if (d->line)
		fprintf(f, ":%u", d->line);
	if (d->line && d->column)
		fprintf(f, ":%u", d->column);
	fputs(": ", f);
}

int bk_cli_report(const struct bk_diags *d)
{
	bool colour = bk_cli_colour(stderr);

	for (size_t i = 0; i < d->count; i++) {
		const struct bk_diag *one = &d->at[i];

		put_place(stderr, one);
		fprintf(stderr, "%s%s:%s ", colour ? severities[one->severity].colour : "", severities[one->severity].name,
			colour ? "\033[0m" : "");
		bk_cli_put(stderr, one->message, strlen(one->message));
		putc('\n', stderr);
	}
	return d->errors ? 2 : 0;
}

/* --- JSON --- */

/* Length of the valid UTF-8 sequence at `at`, 0 where it is none (RFC 3629). */
static size_t utf8_at(const unsigned char *at, size_t left)
{
	size_t n = *at < 0x80 ? 1 : *at < 0xc2 ? 0 : *at < 0xe0 ? 2 : *at < 0xf0 ? 3 : *at < 0xf5 ? 4 : 0;

	if (n > left)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	if ((*at == 0xe0 && at[1] < 0xa0) || (*at == 0xed && at[1] > 0x9f) || (*at == 0xf0 && at[1] < 0x90) ||
	    (*at == 0xf4 && at[1] > 0x8f))
		return 0;
	return n;
}

json_t *bk_cli_json_text(const char *text, size_t size)
{
	BK_BUF clean = { 0 };

	for (size_t i = 0, n; i < size; i += n ? n : 1) {
		n = utf8_at((const unsigned char *)text + i, size - i);
		if (n)
			bk_buf_add(&clean, text + i, n);
		else
			bk_buf_text(&clean, "\xef\xbf\xbd");
	}
	return json_stringn(clean.at ? clean.at : "", clean.len);
}

/* What standard output could not take main() tells, once and with the reason. */
static int print_json(json_t *value, size_t flags)
{
	bool bad = !value || json_dumpf(value, stdout, flags) < 0 || putchar('\n') == EOF;

	json_decref(value);
	return !bad ? 0 : ferror(stdout) ? 2 : bk_cli_error("standard output: cannot write JSON");
}

int bk_cli_json_print(json_t *value)
{
	return print_json(value, JSON_INDENT(2));
}

int bk_cli_json_line(json_t *value)
{
	return print_json(value, JSON_COMPACT);
}

json_t *bk_cli_json_diags(const struct bk_diags *d)
{
	json_t *list = json_array();

	for (size_t i = 0; i < d->count; i++) {
		const struct bk_diag *one = &d->at[i];
		json_t *row = json_object();

		json_object_set_new(row, "severity", json_string(severities[one->severity].name));
		if (one->file)
			json_object_set_new(row, "file", bk_cli_json_text(one->file, strlen(one->file)));
		if (one->line)
			json_object_set_new(row, "line", json_integer(one->line));
		if (one->line && one->column)
			json_object_set_new(row, "column", json_integer(one->column));
		json_object_set_new(row, "message", bk_cli_json_text(one->message, strlen(one->message)));
		json_array_append_new(list, row);
	}
	return list;
}
