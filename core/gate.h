/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What buckler-init and the gate inside the function's processes share.  Memory files of the shim, reached through
 * /proc/<shim>/fd/N, so that the function holds no descriptor that it could close:
 *
 *	the ground	struct bk_ground, then the compiled policy; sealed against every change before the function starts
 *	the ring	struct bk_ring: events on their way to the shim, which writes the lines
 *	the tables	gate/table.h: the file beside the gate, and what the main process has found out; sealed once `main:` has been met
 *	what lives	struct bk_live, where connections are judged: written by the shim as long as the function runs, and sealed against
 *			every other writer (F_SEAL_FUTURE_WRITE, Linux 5.1)
 *
 * A process finds them by the variable BUCKLER_GATE=<shim>:<ground>:<ring>:<what>[:<program>], which the gate takes out of the environment before
 * the program sees it and puts into that of every program that is started.  <what> is "m" for the main process as long as its image is to be
 * judged by `main:`, else "<device>.<inode>" of the image that was vetted.  <program> is a static one, as it was called: then it is the gate's file that
 * was executed, and the gate loads it.
 *
 * The ring is written by processes that may be hostile by then: the shim believes no length and no number in it.
 */
#ifndef BK_CORE_GATE_H
#define BK_CORE_GATE_H

#include "core/pins.h"
#include "core/record.h"

#define BK_GATE_VARIABLE	"BUCKLER_GATE"
#define BK_GROUND_MAGIC		0x32646e756f7267ULL	/* "ground2" */
#define BK_GROUND_POLICY	4096u		/* where the policy begins */
#define BK_OWN_VARIABLES	12u

struct bk_ground {
	uint64_t magic;
	uint32_t policy_size, least;	/* bytes; enum bk_mode */
	int32_t  shim, group;		/* process and process group of buckler-init */
	uint32_t own_variables;
	int32_t  sites;			/* descriptor of the tables, -1: there are none */
	int32_t  live;			/* the shim's descriptor of what lives; -1: none */
	uint64_t task_root;		/* files: hash of the name of the folder that the function's code is in (bk_path_hash()) */
	uint32_t task_root_length, reserved;	/* of that name; 0: none */
	uint8_t  own[BK_OWN_VARIABLES][16];	/* hashes of the injection variables that the function itself was given */
	char     gate[512];		/* path of the gate, for LD_PRELOAD */
};

#define BK_IMPLICIT 3u			/* Runtime API, X-Ray's daemon, the Azure host */

struct bk_live {
	int32_t  main_pid;		/* the process that the platform started */
	uint32_t named;			/* names are relayed, and their addresses kept */
	struct bk_endpoint implicit[BK_IMPLICIT];	/* allowed to the main process without a rule; family 0: none */
	struct bk_pins pins;
};

#define BK_HELLOS	1024u
#define BK_RING_SLOTS	32u		/* a power of two */
#define BK_SLOT_BYTES	3840u

/*
 * A queue with many writers and one reader (D. Vyukov's bounded queue): slot i is free for ticket t = i + n * BK_RING_SLOTS when its
 * `turn` is t, holds that event when it is t + 1.  A full ring loses events, and says how many.
 */
struct bk_slot {
	uint32_t turn;
	uint8_t  kind, verdict, section, reason;
	uint32_t rule, pid, ppid, argc;
	uint16_t path, interpreter, parent, technique, note, address, domain, argv;	/* bytes in `text`, one behind the other in this order */
	uint8_t  cut, hashed;
	uint16_t port;
	uint8_t  sha256[32];
	char     text[BK_SLOT_BYTES];
};

struct bk_ring {
	uint32_t head;			/* next ticket of the writers */
	uint32_t lost;			/* events that found the ring full */
	uint32_t hellos;		/* processes in which the gate has started */
	uint32_t reserved[13];
	uint32_t hello[BK_HELLOS];	/* entry pid % BK_HELLOS is the last such process whose gate has started */
	struct bk_slot slot[BK_RING_SLOTS];
};

/* Makes the ring ready; memory is zeroed. */
void bk_ring_start(struct bk_ring *ring);
/* Copies an event into the ring; false where it is full.  Never waits. */
bool bk_ring_put(struct bk_ring *ring, const struct bk_event *event);
/*
 * The oldest event, its texts pointing into `slot`, a copy that the caller owns; `*next` is the reader's ticket, moved on.  False where
 * there is none.  `*stuck` says that a writer began the oldest one and has not finished: called with `skip`, it is given up.
 */
bool bk_ring_take(struct bk_ring *ring, uint32_t *next, struct bk_slot *slot, struct bk_event *event, bool skip, bool *stuck);

#endif
