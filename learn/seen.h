/* SPDX-License-Identifier: Apache-2.0 */
/* What a function was seen to do: distinct acts out of its events, in an order that does not depend on when they came. */
#ifndef BK_LEARN_SEEN_H
#define BK_LEARN_SEEN_H

#include "learn/events.h"
#include "learn/pattern.h"

struct bk_act {
	enum bk_event_kind kind;	/* EXEC, LOAD, CODE, ENVIRONMENT, CONNECT, LISTEN, WRITE, READ, START (main's path), SYSCALL */
	struct bk_text path, called, interpreter, parent, address, domain;
	uint32_t port;
	struct bk_endpoint endpoint;	/* of address and port */
	struct bk_args argv;
	bool has_sha256, main;
	uint8_t sha256[32];
	struct bk_pids pids;
	uint64_t count;			/* how often; 0: not seen, but needed by `needed_by` */
	struct bk_text needed_by;
	bool covered;			/* the policy that is there allows it already */

	uint64_t key;
	char *bytes;			/* that all of the texts are in */
};

#define BK_ACTS_MAX 100000u		/* distinct ones; more are counted in `lost` */

struct bk_seen {
	struct bk_act *acts;
	size_t count, cap;
	uint64_t events;		/* learned ones that were taken */
	uint64_t lost;			/* acts beyond BK_ACTS_MAX, and events that were cut so that nothing can be learned from them */
	uint64_t forbidden;		/* alert, denied, killed, reads that a rule forbids: not learned */
	uint64_t suspect;		/* not learned */
	bool keep_suspect;		/* set before: learn from them all the same */
	bool sorted;
	char *sections;			/* of the start event */
	char *refused;			/* why the shim did not start the function */

	/* for seen.c */
	uint32_t *index; size_t index_size;
	uint32_t main_pid;
	struct { uint32_t seq, act; } recent[4096];
};

void bk_seen_add(struct bk_seen *s, const struct bk_log_event *e);
/* A library that `by` names although no run loaded it. */
void bk_seen_need(struct bk_seen *s, const char *path, const char *by, const uint8_t sha256[32]);
void bk_seen_sort(struct bk_seen *s);
void bk_seen_free(struct bk_seen *s);

/* The request that the shim would make of it. */
void bk_act_request(const struct bk_act *a, struct bk_request *r);

#endif
