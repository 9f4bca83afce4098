/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of `buckler logs` share: which events are wanted, and the forms in which they are shown. */
#ifndef BK_CLI_LOGS_H
#define BK_CLI_LOGS_H

#include "cli/cli.h"
#include "learn/events.h"

/* --- logs_filter.c --- */

struct bk_logs_filter {
	uint32_t verdicts, events, sections;	/* sets of bits; 0: all */
	const char *function, *path;		/* patterns as in a policy; NULL: all */
	int64_t since, until;			/* milliseconds since 1970; INT64_MIN, INT64_MAX: no bound */
	uint64_t untimed;			/* events that were left out as they have no time */
};

/* Comma-separated names; the program ends with 2 for one that is none. */
void bk_logs_verdicts(struct bk_logs_filter *f, const char *list);
void bk_logs_events(struct bk_logs_filter *f, const char *list);
void bk_logs_sections(struct bk_logs_filter *f, const char *list);
/* A time as in a log, or a while ago: 90s, 15m, 2h, 7d.  The program ends with 2 for what is neither. */
int64_t bk_logs_time(const char *option, const char *value);
bool bk_logs_wanted(struct bk_logs_filter *f, const struct bk_log_event *e);

/* --- logs_repeat.c --- */

/* The line that a summary sums up carries what was repeated: the last ones are kept, in bounded memory. */
struct bk_logs_repeats;
struct bk_logs_repeats *bk_logs_repeats_new(void);
void bk_logs_repeats_free(struct bk_logs_repeats *r);
/* Keeps an event; gives a summary the path, arguments, section and so on of the event that it sums up, where that is known. */
void bk_logs_repeat(struct bk_logs_repeats *r, struct bk_log_event *e);

/* --- forms: each writes one event on stdout --- */

struct bk_logs_place {
	const char *file;			/* NULL: standard input */
	uint64_t line;				/* in that file */
};

/* logs_table.c; `width` 0: nothing is cut. */
struct bk_logs_table {
	bool colour, begun;
	unsigned width;
};
void bk_logs_table_begin(struct bk_logs_table *t);
void bk_logs_table_row(struct bk_logs_table *t, const struct bk_log_event *e);
/* Text of at most `width` columns (0: all), then blanks up to `pad`; control characters and what turns or hides text are escaped. */
void bk_logs_put(const char *text, size_t size, unsigned width, unsigned pad);
/* The same text, whole. */
void bk_logs_escape(const char *text, size_t size, struct bk_buf *out);
/* Arguments from number `first` on, as a shell would take them, behind a blank where there is something before. */
void bk_logs_words(struct bk_buf *out, const struct bk_args *argv, uint32_t first);
/* "2026-11-24 17:13:16", or the text as the log has it. */
void bk_logs_time_text(int64_t ms, struct bk_text written, struct bk_buf *out);

/* logs_export.c */
/* A member with a text: none where it is empty, or NULL. */
void bk_logs_put_text(json_t *to, const char *name, struct bk_text text);
void bk_logs_put_word(json_t *to, const char *name, const char *word);
json_t *bk_logs_json(const struct bk_log_event *e, const struct bk_logs_place *place);
void bk_logs_json_line(json_t *value);		/* prints and drops it */
void bk_logs_csv_head(const char *const *columns);
void bk_logs_csv_row(const char *const *columns, json_t *row);	/* drops it */
extern const char *const bk_logs_columns[];

/* logs_ocsf.c: an OCSF event, version 1.3.0. */
json_t *bk_logs_ocsf(const struct bk_log_event *e, const struct bk_logs_place *place);

/* --- logs_summary.c --- */

struct bk_logs_summary;
struct bk_logs_summary *bk_logs_summary_new(void);
void bk_logs_summary_add(struct bk_logs_summary *s, const struct bk_log_event *e);
void bk_logs_summary_text(struct bk_logs_summary *s, const struct bk_logs_table *t);
void bk_logs_summary_json(struct bk_logs_summary *s);
void bk_logs_summary_csv(struct bk_logs_summary *s);
void bk_logs_summary_free(struct bk_logs_summary *s);

/* --- logs_input.c --- */

/* Feeds a file (NULL: standard input) and ends the input; 0 or 2 with an error printed.  Output is flushed after each read. */
int bk_logs_read(struct bk_log_reader *r, const char *path);
/*
 * The same, and goes on as the file grows, is replaced or truncated, until a signal (INT, TERM, HUP) or output fails.  `lines_before`: lines
 * of the reader before those of the file as it is now.  Truncated and written past its old length within a fifth of a second is not seen.
 */
int bk_logs_follow(struct bk_log_reader *r, const char *path, uint64_t *lines_before);

#endif
