/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A seccomp program (seccomp(2), linux/filter.h) in the making: instructions one behind the other, jumps to what is not there yet, each
 * answer once for all that lead to it.  The kernel translates a program when it is installed, which takes as long as the program is.
 * Pure, of a fixed size, no allocation.  What does not fit or reach sets `failed`, and nothing else is to be asked of the program then.
 */
#ifndef BK_CORE_EMIT_H
#define BK_CORE_EMIT_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stdint.h>

#define BK_EMIT_TARGETS 64u
#define BK_EMIT_LEAVES 384u
#define BK_EMIT_BLOCKS 40u

/* What jumps lead to: a block, or where block is 0 what answers `action` (SECCOMP_RET_*). */
struct bk_emit_target {
	uint32_t action;
	uint16_t block;			/* below BK_EMIT_BLOCKS */
	uint16_t first;			/* of the jumps that wait for it, in leaf[]; UINT16_MAX: none */
};

struct bk_emit_leaf {
	uint16_t from, next;		/* the jump; the next one that waits for the same, UINT16_MAX: none */
	bool taken;			/* its side */
};

struct bk_emitter {
	struct sock_filter *out;
	uint32_t cap, len;		/* instructions */
	bool     failed;
	bool     open_taken, closed;	/* which side is open; nothing comes to the next instruction but what lands there */
	uint16_t open;			/* a jump of which one side leads to the next instruction, UINT16_MAX: none */
	uint16_t oldest;		/* of the jumps in leaf[] */
	uint32_t landed;		/* where bk_emit_land() ended a comparison */
	uint32_t target_count, waited_for, leaf_count, jump_count;	/* waited_for: targets to which jumps lead that are not there yet */
	struct bk_emit_target target[BK_EMIT_TARGETS];
	struct bk_emit_leaf leaf[BK_EMIT_LEAVES];
	uint16_t latest[BK_EMIT_BLOCKS];	/* where in target[] each block, under 0 an answer, was found last */
	uint16_t jump[BK_EMIT_BLOCKS];	/* jumps without a limit to blocks that are not there yet */
};

/* `e` is zeroed; `out` has room for `cap` instructions and stays the caller's. */
void bk_emit_start(struct bk_emitter *e, struct sock_filter *out, uint32_t cap);

/* One instruction; returns where it stands. */
uint32_t bk_emit(struct bk_emitter *e, uint16_t code, uint32_t k);
/* The word at `offset` of struct seccomp_data is what is compared from here on. */
void bk_emit_load(struct bk_emitter *e, uint32_t offset);

/* `how`: BPF_JEQ, BPF_JGE, BPF_JSET.  Where the comparison (does not) hold the program ends with `action`, else it goes on. */
void bk_emit_answer_if(struct bk_emitter *e, uint16_t how, uint32_t k, uint32_t action);
void bk_emit_answer_unless(struct bk_emitter *e, uint16_t how, uint32_t k, uint32_t action);
/* Whatever comes here. */
void bk_emit_answer(struct bk_emitter *e, uint32_t action);
/* What follows, up to bk_emit_land() of what this returns, is for where the comparison holds. */
uint32_t bk_emit_only_if(struct bk_emitter *e, uint16_t how, uint32_t k);
void bk_emit_land(struct bk_emitter *e, uint32_t at);
/* The same at the end of a block, where what is left is allowed. */
void bk_emit_land_allowed(struct bk_emitter *e, uint32_t at);

/* The target, in target[], of an answer (block 0) or of a block. */
uint16_t bk_emit_target_of(struct bk_emitter *e, uint32_t action, uint32_t block);
/* Numbers from `start` up to the next piece's lead to one target. */
struct bk_emit_piece {
	uint16_t start, target;
};
/* Leads the number that was loaded to its piece's target; of `count` pieces, two at least, the first begins at 0. */
void bk_emit_search(struct bk_emitter *e, const struct bk_emit_piece *piece, uint32_t count);
/* The block of target[target] begins here and is at most `ahead` instructions long; false where nothing leads to it: then it is not wanted. */
bool bk_emit_block(struct bk_emitter *e, uint16_t target, uint32_t ahead);
/* The answers that are waited for. */
void bk_emit_end(struct bk_emitter *e);

#endif
