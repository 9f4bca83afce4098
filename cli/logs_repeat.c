/* SPDX-License-Identifier: Apache-2.0 */
/* What a summary sums up.  One place a number, and what is found there may be another run's: the newest wins, as its summary is next. */
#include "cli/logs.h"

#include <string.h>

#define PLACES		1024u
#define BYTES_MAX	BK_LINE_MAX	/* of one event's texts: more the shim does not write */

struct kept {
	uint64_t run;
	uint32_t seq;
	enum bk_event_kind kind;
	enum bk_section section;
	uint32_t rule;
	struct bk_text path, called, interpreter, domain, address, parent, technique, reason;
	struct bk_args argv;
	uint32_t port;
	char *bytes;
};

struct bk_logs_repeats {
	struct kept at[PLACES];
};

struct bk_logs_repeats *bk_logs_repeats_new(void)
{
	return bk_alloc(sizeof(struct bk_logs_repeats));
}

void bk_logs_repeats_free(struct bk_logs_repeats *r)
{
	for (unsigned i = 0; r && i < PLACES; i++)
		free(r->at[i].bytes);
	free(r);
}

static uint64_t mix(uint64_t hash, struct bk_text t)
{
	for (uint32_t i = 0; i < t.len; i++)
		hash = (hash ^ (uint8_t)t.at[i]) * 0x100000001b3ULL;
	return hash * 31 + t.len;
}

/* The start event has the whole digest, the others its first 16 digits. */
static uint64_t run_of(const struct bk_log_event *e)
{
	struct bk_text policy = { e->policy.at, e->policy.len < 16 ? e->policy.len : 16 };

	return mix(mix(mix(1, policy), e->stream), e->function);
}

static struct kept *place_of(struct bk_logs_repeats *r, uint64_t run, uint32_t seq)
{
	return &r->at[(run * 0x9e3779b97f4a7c15ULL + seq) % PLACES];
}

static void copy_text(struct bk_text *to, struct bk_text from, char **at)
{
	if (from.len)
		memcpy(*at, from.at, from.len);
	*to = (struct bk_text){ *at, from.len };
	*at += from.len;
}

static void keep(struct bk_logs_repeats *r, const struct bk_log_event *e)
{
	struct kept *k = place_of(r, run_of(e), e->seq);
	const struct bk_text from[] = { e->path, e->called, e->interpreter, e->domain, e->address, e->parent, e->technique, e->reason };
	struct bk_text *const to[] = { &k->path, &k->called, &k->interpreter, &k->domain, &k->address, &k->parent, &k->technique, &k->reason };
	uint64_t size = e->argv.at ? e->argv.size : 0;
	char *at;

	for (size_t i = 0; i < sizeof from / sizeof *from; i++)
		size += from[i].len;
	free(k->bytes);
	*k = (struct kept){ 0 };
	if (size > BYTES_MAX)
		return;
	*k = (struct kept){ .run = run_of(e), .seq = e->seq, .kind = e->kind, .section = e->section, .rule = e->rule, .argv = e->argv, .port = e->port };
	k->bytes = at = bk_alloc(size + 1);
	for (size_t i = 0; i < sizeof from / sizeof *from; i++)
		copy_text(to[i], from[i], &at);
	if (e->argv.at) {
		memcpy(at, e->argv.at, e->argv.size);
		k->argv.at = at;
	}
}

static void fill(struct bk_log_event *e, const struct kept *k)
{
	e->section = k->section;
	e->rule = k->rule;
	e->path = k->path;
	e->called = k->called;
	e->interpreter = k->interpreter;
	e->domain = k->domain;
	e->address = k->address;
	e->port = k->port;
	e->parent = k->parent;
	e->technique = k->technique;
	e->reason = k->reason;
	e->argv = k->argv;
}

void bk_logs_repeat(struct bk_logs_repeats *r, struct bk_log_event *e)
{
	const struct kept *k;

	if (e->kind >= BK_EVENT_EXEC && e->kind <= BK_EVENT_READ && !e->suspect)
		keep(r, e);
	if (e->kind != BK_EVENT_SUMMARY || e->path.len)
		return;
	k = place_of(r, run_of(e), e->first);
	if (k->seq == e->first && k->run == run_of(e) && k->kind == e->of)
		fill(e, k);
}
