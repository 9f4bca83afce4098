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
#define BRANCHES   192u			/* of one function; where there are more only the first question is asked */
#define LARGEST    0xffffu
#define CALL_KEEPS 0xf038u		/* RBX, RBP, R12 to R15, and RSP, which nobody asks for (System V ABI, 3.2.1) */

struct question {
	uint32_t at;
	unsigned reg;
	uint32_t value, since;		/* what stands before says, and from where on that holds */
	uint32_t copied_at;		/* not UNKNOWN: it is what `source` holds there */
	unsigned source;
};

/* Within the function. */
struct branch {
	uint32_t from, to : 31, call : 1;	/* a function is less than 2 GiB */
};

struct search {
	const uint8_t *code;
	uint32_t size, count;
	struct question asked[QUESTIONS];
	uint32_t branches;
	struct branch branch[BRANCHES];
	uint32_t answer;		/* so far */
	bool sure;			/* bk_number_at() */
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
		s->asked[s->count++] = (struct question){ at, reg, UNKNOWN, 0, UNKNOWN, 0 };
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

/* One instruction before the place that is asked for. */
static void look_before(struct question *q, const struct bk_instruction *i, const uint8_t *code, uint32_t at)
{
	uint32_t now = UNKNOWN;
	bool changes, over = false;

	if (i->flow == BK_FLOW_NEXT) {
		changes = bk_sets_register(i, code + at, q->reg, &now) || bk_writes(i, q->reg);
	} else {
		changes = flow_changes(i, q->reg, &over) || over;
		now = over ? ANY : UNKNOWN;
	}
	if (!changes)
		return;
	if (sets_low_byte(i, q->reg) && q->value <= LARGEST && q->copied_at == UNKNOWN) {
		q->value = (q->value & ~0xffu) | code[at + i->length - 1u];
		return;
	}
	q->value = now;
	q->since = at + i->length;
	q->copied_at = i->flow == BK_FLOW_NEXT && copies(i, q->reg, &q->source) ? at : UNKNOWN;
}

/* Those from `first` to `end`, together: decoding is what takes time. */
static bool look_before_all(struct search *s, uint32_t first, uint32_t end)
{
	uint32_t last = 0;

	for (uint32_t n = first; n < end; n++)
		last = s->asked[n].at > last ? s->asked[n].at : last;
	for (uint32_t at = 0; at < last; ) {
		struct bk_instruction i = bk_decode(s->code + at, s->size - at);

		if (!i.length)
			return false;
		for (uint32_t n = first; n < end; n++)
			if (at < s->asked[n].at)
				look_before(&s->asked[n], &i, s->code, at);
		at += i.length;
	}
	for (uint32_t n = first; n < end; n++)
		if (s->asked[n].copied_at != UNKNOWN)
			ask(s, s->asked[n].copied_at, s->asked[n].source);
		else
			learn(s, s->asked[n].value);
	return s->answer != UNKNOWN;
}

/* Whether a branch leads to behind what says it; false for a call, of which nobody knows what it brings. */
static bool look_at_branch(struct search *s, const struct question *q, const struct branch *b)
{
	if (b->to < q->since || b->to > q->at)
		return true;
	ask(s, b->from, q->reg);
	return !b->call && s->answer != UNKNOWN;
}

/* The first question, and what later ones need. */
static bool look_at_all_branches(struct search *s)
{
	for (uint32_t at = 0; at < s->size; ) {
		struct bk_instruction i = bk_decode(s->code + at, s->size - at);
		int64_t to = (int64_t)at + i.target;

		if (!i.length)
			return false;
		if ((i.flow == BK_FLOW_BRANCH || i.flow == BK_FLOW_CALL) && to >= 0 && to < s->size) {
			struct branch b = { at, (uint32_t)to, i.flow == BK_FLOW_CALL };

			if (!look_at_branch(s, &s->asked[0], &b))
				return false;
			if (s->branches < BRANCHES)
				s->branch[s->branches] = b;
			s->branches++;
		}
		s->elsewhere |= s->sure && (is_indirect_jump(&i) || (i.flow == BK_FLOW_BRANCH && (to < 0 || to >= s->size)));
		at += i.length;
	}
	return true;
}

static bool look_at_branches(struct search *s, uint32_t first, uint32_t end)
{
	if (s->branches > BRANCHES || s->elsewhere)
		return false;
	for (uint32_t i = first; i < end; i++)
		for (uint32_t n = 0; n < s->branches; n++)
			if (!look_at_branch(s, &s->asked[i], &s->branch[n]))
				return false;
	return true;
}

uint32_t bk_number_at(const uint8_t *code, uint32_t size, uint32_t site, bool sure)
{
	struct search s;
	uint32_t first, end = 1;

	s.code = code;			/* the rest is not cleared: it is large */
	s.size = size;
	s.answer = ANY;
	s.count = s.branches = 0;
	s.elsewhere = false;
	s.sure = sure;
	ask(&s, site, 0);
	if (!look_before_all(&s, 0, 1) || !look_at_all_branches(&s))
		return UNKNOWN;
	for (first = end; first < s.count; first = end) {
		end = s.count;
		if (!look_before_all(&s, first, end) || !look_at_branches(&s, first, end))
			return UNKNOWN;
	}
	return s.answer == ANY ? UNKNOWN : s.answer;
}
