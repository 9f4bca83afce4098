/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the log reader share: lines and lists (events.c), objects (event.c), numbers (runs.c). */
#ifndef BK_LEARN_READER_H
#define BK_LEARN_READER_H

#include <jansson.h>
#include "learn/events.h"

/* What the entry of a log service says around the event. */
struct bk_log_around {
	struct bk_text function, stream, time;
	int64_t ms;			/* INT64_MIN: not said */
};

/* One run of the shim, as its numbers show it. */
#define BK_RUN_RECENT 64u
struct bk_log_run {
	uint64_t policy, stream;	/* hashes */
	uint64_t used;			/* clock: the run that was not used for longest gives way */
	uint32_t last;			/* number of the last event */
	uint32_t main_pid;
	bool main_seen;
	struct { uint32_t seq; uint64_t key, line; } recent[BK_RUN_RECENT];
};

#define BK_RUNS_MAX 256u
struct bk_log_runs {
	struct bk_log_run *at;
	size_t count, cap;
	uint64_t clock;
};

enum bk_sequence { BK_IN_SEQUENCE, BK_REPEATED, BK_SUSPECT };
/* Files the event into its run; sets main, suspect and against.  `line` hashes all of its content. */
enum bk_sequence bk_runs_note(struct bk_log_runs *runs, struct bk_log_event *e, uint64_t line, uint64_t *missing);

/* The object that holds "buckler": fills the event, argv in `argv`, sections in `sections`.  False where it is none of ours. */
bool bk_event_read(json_t *root, const struct bk_log_around *around, struct bk_log_event *e, struct bk_buf *argv, struct bk_buf *sections);

uint64_t bk_hash_bytes(uint64_t state, const void *bytes, size_t size);	/* FNV-1a; start with BK_HASH_START */
#define BK_HASH_START 0xcbf29ce484222325ULL

#endif
