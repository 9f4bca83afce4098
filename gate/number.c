/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which call a system call instruction makes: what EAX holds there by every way through its function.  What a register holds at a place is asked
 * backwards: what stands before says it, and each branch to between there and here, which is asked the same.  A question that has been asked is not
 * asked again: a loop adds nothing to what leads into it.  One unknown answer makes the whole unknown.
 */
#include "gate/decode.h"
#include "gate/sites.h"

#define UNKNOWN    UINT32_MAX
#define ANY        (UINT32_MAX - 1)	/* nothing says it: the place is not reached from above */
#define QUESTIONS  24u
#define LARGEST    0xffffu
#define CALL_KEEPS 0xf038u		/* RBX, RBP, R12 to R15, and RSP, which nobody asks for (System V ABI, 3.2.1) */

struct question {
	uint32_t at;
	unsigned reg;
};

struct search {
	const uint8_t *code;
	uint32_t size, count;
	struct question asked[QUESTIONS];
	uint32_t answer;		/* so far */
	bool elsewhere;			/* it has jumps of which nobody knows where they lead, or to a part of it that lies elsewhere and may lead back */
};

static void learn(struct search *s, uint32_t value)
{
	if (s->answer == ANY)
		s->answer = value;
	else if (value != ANY && value != s->answer)
		s->answer = UNKNOWN;
}

static void ask(struct search *s, uint32_t at, unsigned reg)
{
	for (uint32_t i = 0; i < s->count; i++)
		if (s->asked[i].at == at && s->asked[i].reg == reg)
			return;
	if (s->count == QUESTIONS)
		s->answer = UNKNOWN;
	else
		s->asked[s->count++] = (struct question){ at, reg };
}

bool bk_sets_register(const struct bk_instruction *i, const uint8_t *at, unsigned reg, uint32_t *value)
{
	unsigned field = (i->modrm >> 3 & 7u) | (i->rex & 4u) << 1, rm = (i->modrm & 7u) | (i->rex & 1u) << 3;

	if (i->map != 0 || i->word)
		return false;
	if ((i->opcode & 0xf8) == 0xb8 && ((i->opcode & 7u) | (i->rex & 1u) << 3) == reg) {
		*value = i->immediate <= LARGEST ? (uint32_t)i->immediate : UNKNOWN;
		return true;
	}
	if (i->opcode == 0xc7 && i->modrm >> 6 == 3 && rm == reg) {
		__builtin_memcpy(value, at + i->length - 4, 4);
		*value = *value <= LARGEST ? *value : UNKNOWN;
		return true;
	}
	if ((i->opcode == 0x31 || i->opcode == 0x33) && i->modrm >> 6 == 3 && field == reg && rm == reg) {
		*value = 0;
		return true;
	}
	return false;
}

/* `mov %source, %reg` */
static bool copies(const struct bk_instruction *i, unsigned reg, unsigned *source)
{
	unsigned field = (i->modrm >> 3 & 7u) | (i->rex & 4u) << 1, rm = (i->modrm & 7u) | (i->rex & 1u) << 3;

	if (i->map != 0 || i->word || (i->opcode != 0x89 && i->opcode != 0x8b) || i->modrm >> 6 != 3)
		return false;
	*source = i->opcode == 0x89 ? field : rm;
	return reg == (i->opcode == 0x89 ? rm : field);
}

/* FF /2 and /3 come back. */
static bool is_indirect_call(const struct bk_instruction *i)
{
	return i->flow == BK_FLOW_END && i->map == 0 && i->opcode == 0xff && (i->modrm >> 3 & 6) == 2;
}

static bool is_indirect_jump(const struct bk_instruction *i)
{
	return i->flow == BK_FLOW_END && i->map == 0 && i->opcode == 0xff && (i->modrm >> 3 & 6) == 4;
}

/* Whether the register may hold something else behind what is no plain instruction; *over: nothing runs on behind it. */
static bool flow_changes(const struct bk_instruction *i, unsigned reg, bool *over)
{
	*over = false;
	switch (i->flow) {
	case BK_FLOW_CALL:    return !(CALL_KEEPS >> reg & 1);
	case BK_FLOW_SYSCALL: return reg == 0 || reg == 1 || reg == 11;
	case BK_FLOW_BRANCH:
		*over = i->map == 0 && (i->opcode & 0xfd) == 0xe9;
		return i->map == 0 && (i->opcode & 0xfc) == 0xe0 && reg == 1;	/* LOOP */
	default:
		*over = !is_indirect_call(i);
		return !(CALL_KEEPS >> reg & 1);
	}
}

/* `mov $byte, %low`: the rest of the register stays. */
static bool sets_low_byte(const struct bk_instruction *i, unsigned reg)
{
	return i->map == 0 && i->opcode == (0xb0 | reg) && reg < 4 && !(i->rex & 1);
}

/* What stands before says it; *since is where that begins to hold. */
static bool look_before(struct search *s, const struct question *q, uint32_t *since)
{
	uint32_t value = UNKNOWN, copied_at = 0;
	unsigned source = 0;
	bool copied = false, over;

	*since = 0;
	for (uint32_t at = 0; at < q->at; ) {
		struct bk_instruction i = bk_decode(s->code + at, s->size - at);
		uint32_t now = UNKNOWN;
		bool changes;

		if (!i.length)
			return false;
		if (sets_low_byte(&i, q->reg) && value <= LARGEST && !copied) {
			value = (value & ~0xffu) | s->code[at + i.length - 1u];
			at += i.length;
			continue;
		}
		if (i.flow != BK_FLOW_NEXT) {
			changes = flow_changes(&i, q->reg, &over);
			now = over ? ANY : UNKNOWN;
			changes |= over;
		} else {
			changes = bk_sets_register(&i, s->code + at, q->reg, &now) || bk_writes(&i, q->reg);
		}
		if (changes) {
			value = now;
			copied = i.flow == BK_FLOW_NEXT && copies(&i, q->reg, &source);
			copied_at = at;
			*since = at + i.length;
		}
		at += i.length;
	}
	if (copied)
		ask(s, copied_at, source);
	else
		learn(s, value);
	return s->answer != UNKNOWN;
}

/* Branches to behind what says it. */
static bool look_at_branches(struct search *s, const struct question *q, uint32_t since)
{
	for (uint32_t at = 0; at < s->size; ) {
		struct bk_instruction i = bk_decode(s->code + at, s->size - at);
		int64_t target = (int64_t)at + i.target;
		bool lands = target >= since && target <= q->at;

		if (!i.length || (i.flow == BK_FLOW_CALL && lands))
			return false;
		if (i.flow == BK_FLOW_BRANCH && lands)
			ask(s, at, q->reg);
		s->elsewhere |= is_indirect_jump(&i) || (i.flow == BK_FLOW_BRANCH && (target < 0 || target >= s->size));
		at += i.length;
	}
	return s->answer != UNKNOWN;
}

uint32_t bk_number_at(const uint8_t *code, uint32_t size, uint32_t site, bool sure)
{
	struct search s = { .code = code, .size = size, .answer = ANY };

	ask(&s, site, 0);
	for (uint32_t i = 0; i < s.count; i++) {
		struct question q = s.asked[i];
		uint32_t since;

		if (!look_before(&s, &q, &since) || !look_at_branches(&s, &q, since))
			return UNKNOWN;
	}
	return s.answer == ANY || (sure && s.count > 1 && s.elsewhere) ? UNKNOWN : s.answer;
}
