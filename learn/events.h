/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events out of log lines of any kind: lines as buckler-init writes them, the same behind a time stamp or other text, CloudWatch
 * (text, tab-separated, CSV, JSON of `aws logs filter-log-events`), Cloud Logging entries (jsonPayload, textPayload; one a line or an array), Azure's
 * text lines, records and traces, docker and Kubernetes files; JSON compact or printed over many lines.
 *
 * Streaming: bytes go in, events come out; memory is bounded whatever comes.  A line, or one entry of a JSON list, of more than
 * BK_LOG_LINE_MAX bytes is skipped and counted.  A line is first read by itself, so that nothing that stands before it, such as an unclosed
 * brace in the function's own output, can hide it.
 *
 * Content alone cannot tell an event from a line that the function wrote itself to the same stream.  What can be seen is
 * the number: the shim counts its lines from 1.  Where two events of one run have one number, or a number comes that is past, the event is
 * marked as suspect; the one it stands against is named by its key.  A forger who goes on with the next numbers is found when the true
 * ones come; one who writes a start event of his own is not.
 */
#ifndef BK_LEARN_EVENTS_H
#define BK_LEARN_EVENTS_H

#include "base/base.h"
#include "core/record.h"

#define BK_LOG_LINE_MAX (1u << 20)

/* One event; everything that it points to belongs to the reader and is gone when the callback returns. */
struct bk_log_event {
	enum bk_event_kind kind, of;	/* of: BK_EVENT_SUMMARY only, else BK_EVENTS */
	enum bk_verdict verdict;
	bool has_verdict;
	enum bk_section section;	/* BK_SECTIONS: none */
	uint32_t seq, rule, pid, ppid, port, first;
	uint64_t count;
	struct bk_text path, called, interpreter, parent, address, domain, technique, reason, note, mechanism, policy, message;
	struct bk_text sections;	/* start event: "processes=enforced,libraries=..." */
	struct bk_text function;	/* as the log names it; empty: unknown */
	struct bk_text stream;		/* of the log: one instance of the function; empty: unknown */
	struct bk_args argv;		/* at == NULL: none; cut: the shim cut it, the last argument may be a part of one */
	bool has_sha256;
	uint8_t sha256[32];
	bool part;			/* path or another name was cut: not to be compared with anything */
	bool main;			/* exec: the process that the platform started */
	struct bk_text time;		/* as written (RFC 3339), may be empty */
	int64_t ms;			/* milliseconds since 1970; INT64_MIN: unknown */
	uint64_t line;			/* of the input, from 1 */
	uint64_t key;			/* of its content, without numbers and times; never 0 */
	const char *suspect;		/* why it may be forged, static; NULL: in sequence */
	uint64_t against;		/* suspect: key of the event whose number it has; 0: none known */
};

struct bk_log_counts {
	uint64_t lines, events;
	uint64_t malformed;		/* looked like an event, could not be read as one */
	uint64_t skipped;		/* longer than BK_LOG_LINE_MAX */
	uint64_t suspect;
	uint64_t repeated;		/* the very same line again, as overlapping exports have it: not given out */
	uint64_t missing;		/* numbers that never came */
	uint64_t dropped;		/* lines that the shim says it could not write */
};

typedef void bk_log_take(void *to, const struct bk_log_event *event);

struct bk_log_reader *bk_log_reader_new(bk_log_take *take, void *to);
void bk_log_feed(struct bk_log_reader *r, const char *bytes, size_t size);
void bk_log_end(struct bk_log_reader *r);		/* the input ends here; another may follow */
const struct bk_log_counts *bk_log_counts(const struct bk_log_reader *r);
void bk_log_reader_free(struct bk_log_reader *r);

/*
 * The request that the shim judged, as far as the event tells it; points into the event and `endpoint`.  False for events that were not
 * judged by policy (start, syscall, summary, ...) and for those that were cut.
 */
bool bk_log_request(const struct bk_log_event *e, struct bk_request *r, struct bk_endpoint *endpoint);

/* RFC 3339 or "YYYY-MM-DD[ HH:MM[:SS]]", UTC where no zone stands; milliseconds, INT64_MIN where it is neither. */
int64_t bk_log_time(struct bk_text text);

#endif
