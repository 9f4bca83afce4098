/* SPDX-License-Identifier: Apache-2.0 */
#include "core/emit.h"

#include <linux/seccomp.h>

#define NOWHERE UINT16_MAX
#define CHAIN 12u			/* pieces that are told apart one by one */

void bk_emit_start(struct bk_emitter *e, struct sock_filter *out, uint32_t cap)
{
	e->out = out;
	e->cap = cap;
	e->open = NOWHERE;
}

uint32_t bk_emit(struct bk_emitter *e, uint16_t code, uint32_t k)
{
	if (e->len == e->cap) {
		e->failed = true;
		return 0;
	}
	e->open = NOWHERE;
	e->closed = BPF_CLASS(code) == BPF_RET || code == (BPF_JMP | BPF_JA);
	e->out[e->len] = (struct sock_filter){ code, 0, 0, k };
	return e->len++;
}

void bk_emit_load(struct bk_emitter *e, uint32_t offset)
{
	bk_emit(e, BPF_LD | BPF_W | BPF_ABS, offset);
}

/* --- jumps ahead ------------------------------------------------------------------------------------------------------------ */

/* The distance from the jump at `from` to here, as the one byte that a conditional jump has for it. */
static uint8_t distance(struct bk_emitter *e, uint32_t from)
{
	if (e->len - from - 1 > UINT8_MAX)
		e->failed = true;
	return (uint8_t)(e->len - from - 1);
}

/* One of its sides leads to the next instruction; the other will be led elsewhere. */
static uint32_t compare(struct bk_emitter *e, uint16_t how, uint32_t k, bool open_taken)
{
	uint32_t at = bk_emit(e, BPF_JMP | how | BPF_K, k);

	e->open = (uint16_t)at;
	e->open_taken = open_taken;
	return at;
}

static bool is_target(const struct bk_emit_target *t, uint32_t action, uint32_t block)
{
	return t->block == block && (block || t->action == action);
}

/* Mostly it is the answer that was asked for last, or a block that was met already. */
uint16_t bk_emit_target_of(struct bk_emitter *e, uint32_t action, uint32_t block)
{
	uint16_t i = e->latest[block];

	if (i < e->target_count && is_target(&e->target[i], action, block))
		return i;
	for (i = 0; i < e->target_count && !is_target(&e->target[i], action, block); i++)
		;
	if (i == BK_EMIT_TARGETS) {
		e->failed = true;
		return 0;
	}
	if (i == e->target_count)
		e->target[e->target_count++] = (struct bk_emit_target){ action, (uint16_t)block, NOWHERE };
	e->latest[block] = i;
	return i;
}

/* One side of a jump leads to the target; filled in when that is there. */
static void lead(struct bk_emitter *e, uint32_t from, bool taken, uint16_t target)
{
	struct bk_emit_target *t = &e->target[target];

	if (e->leaf_count == BK_EMIT_LEAVES) {
		e->failed = true;
		return;
	}
	if (!e->leaf_count || from < e->oldest)
		e->oldest = (uint16_t)from;
	e->waited_for += t->first == NOWHERE;
	e->leaf[e->leaf_count] = (struct bk_emit_leaf){ (uint16_t)from, t->first, taken };
	t->first = (uint16_t)e->leaf_count++;
}

/* What waits for the target meets here. */
static void meet(struct bk_emitter *e, struct bk_emit_target *t)
{
	e->waited_for -= t->first != NOWHERE;
	for (uint16_t i = t->first; i != NOWHERE; i = e->leaf[i].next) {
		struct sock_filter *from = &e->out[e->leaf[i].from];

		*(e->leaf[i].taken ? &from->jt : &from->jf) = distance(e, e->leaf[i].from);
	}
	t->first = NOWHERE;
}

/* Answers, and jumps without a limit to blocks that are not there.  Nothing falls in here: what stands before has answered. */
void bk_emit_end(struct bk_emitter *e)
{
	for (uint32_t i = 0; i < e->target_count && !e->failed; i++) {
		struct bk_emit_target *t = &e->target[i];

		if (t->first == NOWHERE)
			continue;
		meet(e, t);
		if (!t->block)
			bk_emit(e, BPF_RET | BPF_K, t->action);
		else if (e->jump_count < BK_EMIT_BLOCKS)
			e->jump[e->jump_count++] = (uint16_t)bk_emit(e, BPF_JMP | BPF_JA, t->block);
		else
			e->failed = true;
	}
	e->leaf_count = 0;
}

/* Where the answers behind `ahead` more instructions would be too far for a jump that waits for them. */
static void end_if_due(struct bk_emitter *e, uint32_t ahead)
{
	if (e->waited_for && e->len + ahead + e->waited_for - e->oldest > UINT8_MAX)
		bk_emit_end(e);
}

/* --- answers --------------------------------------------------------------------------------------------------------------------- */

static uint16_t answering(struct bk_emitter *e, uint32_t action)
{
	return bk_emit_target_of(e, action, 0);
}

void bk_emit_answer(struct bk_emitter *e, uint32_t action)
{
	if (e->closed && e->landed != e->len)
		return;
	if (e->open == NOWHERE || e->landed == e->len)
		bk_emit(e, BPF_RET | BPF_K, action);
	else
		lead(e, e->open, e->open_taken, answering(e, action));
	e->open = NOWHERE;
	e->closed = true;
}

void bk_emit_answer_if(struct bk_emitter *e, uint16_t how, uint32_t k, uint32_t action)
{
	lead(e, compare(e, how, k, false), true, answering(e, action));
}

void bk_emit_answer_unless(struct bk_emitter *e, uint16_t how, uint32_t k, uint32_t action)
{
	lead(e, compare(e, how, k, true), false, answering(e, action));
}

uint32_t bk_emit_only_if(struct bk_emitter *e, uint16_t how, uint32_t k)
{
	return compare(e, how, k, true);
}

void bk_emit_land(struct bk_emitter *e, uint32_t at)
{
	if (e->failed)
		return;
	e->out[at].jf = distance(e, at);
	e->landed = e->len;
}

void bk_emit_land_allowed(struct bk_emitter *e, uint32_t at)
{
	lead(e, at, false, answering(e, SECCOMP_RET_ALLOW));
}

/* --- the search -------------------------------------------------------------------------------------------------------------------- */

/* The last piece but one of those up to `high` is a single number within one answer. */
static bool is_single(const struct bk_emit_piece *p, uint32_t high)
{
	return p[high - 1].start == p[high - 2].start + 1 && p[high - 1].target == p[high - 3].target;
}

/* From the highest piece down.  A comparison of which one side goes on with the next is one instruction of the machine; both sides led away are two. */
static void chain(struct bk_emitter *e, const struct bk_emit_piece *p, uint32_t low, uint32_t high)
{
	uint32_t at = 0;

	while (high - low > 1) {
		bool single = high - low > 2 && is_single(p, high);
		const struct bk_emit_piece *piece = &p[high - (single ? 2 : 1)];

		at = bk_emit(e, BPF_JMP | (single ? BPF_JEQ : BPF_JGE) | BPF_K, piece->start);
		lead(e, at, true, piece->target);
		high -= single ? 2 : 1;
	}
	lead(e, at, false, p[low].target);
}

/* A binary search over the pieces' starts that ends in chains. */
void bk_emit_search(struct bk_emitter *e, const struct bk_emit_piece *p, uint32_t count)
{
	struct { uint16_t low, high, from; } stack[12];
	uint32_t depth = 0, low = 0, high = count;

	for (;;) {
		for (; high - low > CHAIN && !e->failed; high = (low + high) / 2) {
			uint32_t middle = (low + high) / 2;

			stack[depth].low = (uint16_t)middle;
			stack[depth].high = (uint16_t)high;
			stack[depth++].from = (uint16_t)bk_emit(e, BPF_JMP | BPF_JGE | BPF_K, p[middle].start);
		}
		chain(e, p, low, high);
		if (!depth-- || e->failed)
			return;
		end_if_due(e, 2 * CHAIN);	/* before it comes here again */
		low = stack[depth].low;
		high = stack[depth].high;
		e->out[stack[depth].from].jt = distance(e, stack[depth].from);
	}
}

/* --- blocks ------------------------------------------------------------------------------------------------------------------------ */

/* The jumps without a limit to this block, which begins here. */
static bool meet_jumps(struct bk_emitter *e, uint32_t block)
{
	bool any = false;

	for (uint32_t i = 0; i < e->jump_count; i++)
		if (e->out[e->jump[i]].k == block) {
			e->out[e->jump[i]].k = e->len - e->jump[i] - 1;
			e->jump[i--] = e->jump[--e->jump_count];
			any = true;
		}
	return any;
}

bool bk_emit_block(struct bk_emitter *e, uint16_t target, uint32_t ahead)
{
	struct bk_emit_target *t = &e->target[target];

	if (!t->block)
		return false;
	end_if_due(e, ahead);
	if (!meet_jumps(e, t->block) && t->first == NOWHERE)
		return false;
	meet(e, t);
	e->closed = false;
	return true;
}
