/* SPDX-License-Identifier: Apache-2.0 */
/* Runs of the shim, told apart by stream, policy and number. */
#include "learn/reader.h"

static struct bk_log_run *oldest_run(struct bk_log_runs *runs)
{
	struct bk_log_run *r = &runs->at[0];

	for (size_t i = 1; i < runs->count; i++)
		if (runs->at[i].used < r->used)
			r = &runs->at[i];
	return r;
}

static struct bk_log_run *new_run(struct bk_log_runs *runs, uint64_t policy, uint64_t stream)
{
	struct bk_log_run *r;

	if (runs->count < BK_RUNS_MAX) {
		runs->at = bk_grow(runs->at, &runs->cap, runs->count + 1, sizeof *runs->at);
		r = &runs->at[runs->count++];
	} else {
		r = oldest_run(runs);
	}
	*r = (struct bk_log_run){ .policy = policy, .stream = stream };
	return r;
}

static bool has_number(const struct bk_log_run *r, uint32_t seq)
{
	return r->recent[seq % BK_RUN_RECENT].seq == seq;
}

/*
 * The run that an event belongs to: the one whose next number it has, else the one that came nearest before it.  Where all are past it,
 * the one that was used last: the event is then out of sequence.
 */
static struct bk_log_run *find_run(struct bk_log_runs *runs, uint64_t policy, uint64_t stream, uint32_t seq, uint64_t line)
{
	struct bk_log_run *best = NULL, *past = NULL;

	for (size_t i = 0; i < runs->count; i++) {
		struct bk_log_run *r = &runs->at[i];

		if (r->policy != policy || r->stream != stream)
			continue;
		if (has_number(r, seq) && r->recent[seq % BK_RUN_RECENT].line == line)
			return r;
		if (r->last < seq && (!best || r->last > best->last || (r->last == best->last && r->used > best->used)))
			best = r;
		if (r->last >= seq && (!past || r->used > past->used))
			past = r;
	}
	/* Several instances may write one log: a gap in one of them is no better than a conflict in another, so the gap is preferred. */
	return best ? best : past;
}

static void note_number(struct bk_log_run *r, const struct bk_log_event *e, uint64_t line)
{
	r->recent[e->seq % BK_RUN_RECENT].seq = e->seq;
	r->recent[e->seq % BK_RUN_RECENT].key = e->key;
	r->recent[e->seq % BK_RUN_RECENT].line = line;
	if (e->seq > r->last)
		r->last = e->seq;
}

/* The first program of the process that the start event names is judged as main, and while that is another than the policy's, the next. */
static void note_main(struct bk_log_run *r, struct bk_log_event *e)
{
	if (e->kind == BK_EVENT_START) {
		r->main_pid = e->pid;
		r->main_seen = false;
	}
	if (e->kind != BK_EVENT_EXEC || !e->pid || e->pid != r->main_pid || r->main_seen)
		return;
	e->main = true;
	r->main_seen = !bk_text_equal(e->reason, bk_text_of(bk_reason_text(BK_WHY_NOT_MAIN)));
}

static enum bk_sequence out_of_sequence(struct bk_log_run *r, struct bk_log_event *e)
{
	bool twice = has_number(r, e->seq);

	e->suspect = twice ? "another event has the same number: one of the two is not the shim's" : "its number is past: it is not the shim's, or the log is not in order";
	e->against = twice ? r->recent[e->seq % BK_RUN_RECENT].key : 0;
	note_main(r, e);
	return BK_SUSPECT;
}

enum bk_sequence bk_runs_note(struct bk_log_runs *runs, struct bk_log_event *e, uint64_t line, uint64_t *missing)
{
	uint64_t policy = bk_hash_bytes(BK_HASH_START, e->policy.at, e->policy.len < 16 ? e->policy.len : 16);
	uint64_t stream = bk_hash_bytes(BK_HASH_START, e->stream.at, e->stream.len);
	struct bk_log_run *r = find_run(runs, policy, stream, e->seq, line);
	bool known = r && has_number(r, e->seq) && r->recent[e->seq % BK_RUN_RECENT].line == line;

	if (known)
		return BK_REPEATED;
	if (!r || e->kind == BK_EVENT_START) {
		r = new_run(runs, policy, stream);
		r->last = e->seq - 1;
	}
	r->used = ++runs->clock;
	if (e->seq <= r->last)
		return out_of_sequence(r, e);
	*missing += e->seq - r->last - 1;
	note_main(r, e);
	note_number(r, e, line);
	return BK_IN_SEQUENCE;
}
