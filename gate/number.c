/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The number of a call that comes from another register, where every way through the function leaves the same one there.  Only for what is said
 * of sites that no jump fits, never for which calls are led through the gate: what jumps into a function from outside of it is not seen.
 */
#include "gate/sites.h"
#include "gate/decode.h"

#define LONGEST 4096u			/* bytes of a function */
#define PASSES	16u			/* over it, until nothing changes */
#define TRIED	8u			/* numbers that the register is given somewhere */

struct following {
	const uint8_t *code;
	uint32_t size, site, before, number;	/* before: the copy to EAX in front of the site */
	unsigned reg, anywhere;		/* anywhere: an indirect jump, 2: with something else in the register */
	uint8_t met[LONGEST / 8];	/* instructions that something leads to */
	uint8_t other[LONGEST / 8];	/* those in front of which the register may hold something else */
	bool changed;
};

static bool has(const uint8_t *set, uint32_t at)
{
	return set[at / 8] >> at % 8 & 1;
}

static void add(struct following *w, uint8_t *set, uint32_t at)
{
	w->changed |= !has(set, at);
	set[at / 8] |= (uint8_t)(1u << at % 8);
}

static void reach(struct following *w, int64_t at, bool other)
{
	if (at < 0 || at >= w->size)
		return;
	add(w, w->met, (uint32_t)at);
	if (other)
		add(w, w->other, (uint32_t)at);
}

/* A switch: its cases are somewhere in the function. */
static void reach_all(struct following *w, bool other)
{
	if (w->anywhere > other)
		return;
	w->anywhere = 1u + other;
	w->changed = true;
	__builtin_memset(w->met, 0xff, sizeof w->met);
	if (other)
		__builtin_memset(w->other, 0xff, sizeof w->other);
}

/* `mov $number, reg` */
static bool sets(const struct bk_instruction *i, const uint8_t *at, unsigned reg, uint32_t *number)
{
	if (i->map != 0 || i->word)
		return false;
	if (i->opcode >> 3 == 0xb8 >> 3 && (i->opcode & 7u) + (i->rex & 1u) * 8 == reg) {
		*number = i->immediate <= 0xffff ? (uint32_t)i->immediate : UINT32_MAX;
		return true;
	}
	if (i->opcode == 0xc7 && i->modrm >> 3 == 0xc0 >> 3 && (i->modrm & 7u) + (i->rex & 1u) * 8 == reg) {
		__builtin_memcpy(number, at + i->length - 4, 4);
		return true;
	}
	return false;
}

/* `mov reg, %eax` or `%rax` */
static bool copies(const struct bk_instruction *i, unsigned *reg)
{
	unsigned r = (i->modrm >> 3 & 7u) + (i->rex & 4u) * 2, m = (i->modrm & 7u) + (i->rex & 1u) * 8;

	*reg = i->opcode == 0x89 ? r : m;
	return i->map == 0 && (i->opcode == 0x89 || i->opcode == 0x8b) && !i->word && i->modrm >> 6 == 3 && (i->opcode == 0x89 ? m : r) == 0;
}

/* What gives EAX its value in front of the site is a copy, from a register of which all writes can be seen. */
static bool find_copy(struct following *w)
{
	struct bk_instruction i, last = { 0 };
	uint32_t at;

	for (at = 0; at < w->site; at += i.length) {
		i = bk_decode(w->code + at, w->size - at);
		if (!i.length)
			return false;
		if (i.flow == BK_FLOW_NEXT ? !bk_writes_ax(&i) : i.flow == BK_FLOW_BRANCH)
			continue;
		last = i;
		w->before = at;
	}
	return at == w->site && copies(&last, &w->reg) && 1u << w->reg & BK_WRITES_KNOWN;
}

/* False where code is that cannot be followed. */
static bool pass(struct following *w)
{
	for (uint32_t at = 0, length; at < w->size; at += length) {
		struct bk_instruction i = bk_decode(w->code + at, w->size - at);
		bool indirect = i.map == 0 && i.opcode == 0xff && i.flow == BK_FLOW_END, call = indirect && (i.modrm >> 3 & 6) == 2;
		bool other = has(w->other, at);
		int64_t target = (int64_t)at + i.target;
		uint32_t n;

		length = i.length;
		if (!length || (i.flow == BK_FLOW_BRANCH && target > w->before && target <= w->site))
			return false;
		if (!has(w->met, at))
			continue;
		if (sets(&i, w->code + at, w->reg, &n))
			other = n != w->number;
		else if (bk_writes(&i, w->reg))
			other = true;
		if (i.flow == BK_FLOW_BRANCH)
			reach(w, target, other);
		if (indirect && !call)
			reach_all(w, other);
		if (call || !(i.flow == BK_FLOW_END || (i.flow == BK_FLOW_BRANCH && i.map == 0 && (i.opcode & 0xfd) == 0xe9)))
			reach(w, (int64_t)at + length, other);
	}
	return true;
}

/* True where the register holds `number` in front of the copy, whichever way led there. */
static bool is_always(struct following *w, uint32_t number)
{
	__builtin_memset(w->met, 0, sizeof w->met);
	__builtin_memset(w->other, 0, sizeof w->other);
	w->number = number;
	w->anywhere = 0;
	w->changed = true;
	reach(w, 0, true);
	for (unsigned n = 0; w->changed; n++) {
		w->changed = false;
		if (n == PASSES || !pass(w))
			return false;
	}
	return has(w->met, w->before) && !has(w->other, w->before);
}

uint32_t bk_sites_number(const uint8_t *code, uint32_t size, uint32_t site)
{
	struct following w = { .code = code, .size = size, .site = site };
	uint32_t number, last = UINT32_MAX;
	unsigned tried = 0;
	struct bk_instruction i;

	if (!code || size > LONGEST || !find_copy(&w))
		return UINT32_MAX;
	for (uint32_t at = 0; at < size && tried < TRIED; at += i.length) {
		i = bk_decode(code + at, size - at);
		if (!i.length)
			return UINT32_MAX;
		if (!sets(&i, code + at, w.reg, &number) || number == last)
			continue;
		if (number != UINT32_MAX && is_always(&w, number))
			return number;
		last = number;
		tried++;
	}
	return UINT32_MAX;
}
