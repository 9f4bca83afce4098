/* SPDX-License-Identifier: Apache-2.0 */
/* Where code goes that no direct jump leads to: functions of which the address is taken, the cases of a switch. */
#include "chart/flow.h"

#include <string.h>

#define CASES 4096u			/* of one switch */

static uint64_t number_at(const uint8_t *at)
{
	int32_t n;

	memcpy(&n, at, sizeof n);
	return (uint64_t)(int64_t)n;
}

static void note_pointer(const struct bk_chart *c, struct bk_following *w, uint64_t address)
{
	uint64_t left;

	if (!bk_mark_at(c, address, &left) || w->pointers > 1u << 22)
		return;
	w->pointer = bk_grow(w->pointer, &w->pointer_cap, w->pointers + 1, sizeof *w->pointer);
	w->pointer[w->pointers++] = address;
}

/* --- switches ------------------------------------------------------------------------------------------------------------------ */

/* `cmp $last, reg`; false for anything else. */
static bool compares(const struct bk_instruction *i, const uint8_t *code, uint32_t *last)
{
	bool group = i->map == 0 && i->has_modrm && (i->modrm >> 3 & 7) == 7 && i->modrm >> 6 == 3;

	if (i->map != 0 || i->word)
		return false;
	if ((i->opcode == 0x83 && group) || i->opcode == 0x3c || (i->opcode == 0x80 && group))
		*last = code[i->length - 1];
	else if ((i->opcode == 0x81 && group) || i->opcode == 0x3d)
		*last = (uint32_t)number_at(code + i->length - 4);
	else
		return false;
	return *last < CASES;
}

/* `ja`: what is above goes elsewhere. */
static bool leaves_above(const struct bk_instruction *i)
{
	return i->flow == BK_FLOW_BRANCH && ((i->map == 0 && i->opcode == 0x77) || (i->map == 1 && i->opcode == 0x87));
}

/* Distances from the table itself (position-independent code), or addresses; all of them must lead into code. */
static uint64_t case_of(const struct bk_chart *c, uint64_t table, bool absolute, uint32_t n)
{
	const uint8_t *at = bk_object_at(c->object, table + (absolute ? 8 : 4) * (uint64_t)n, absolute ? 8 : 4);
	uint64_t address = 0, left;

	if (at && absolute)
		memcpy(&address, at, 8);
	else if (at)
		address = table + number_at(at);
	return at && bk_mark_at(c, address, &left) ? address : 0;
}

static void reach_cases(struct bk_chart *c, struct bk_following *w, uint64_t table, bool absolute, uint32_t last)
{
	for (uint32_t n = 0; n <= last; n++)
		if (!case_of(c, table, absolute, n))
			return;
	for (uint32_t n = 0; n <= last; n++)
		bk_flow_reach(c, w, case_of(c, table, absolute, n));
}

static void jump(struct bk_chart *c, struct bk_following *w, const struct bk_switch *seen, const struct bk_instruction *i, const uint8_t *code)
{
	bool scaled = (i->modrm & 0xc7) == 0x04;	/* jmp *table(, reg, 8) */

	if (!seen->bounded || i->map != 0 || i->opcode != 0xff || (i->modrm >> 3 & 7) != 4)
		return;
	if (i->modrm >> 6 == 3 && seen->table)
		reach_cases(c, w, seen->table, false, seen->last);
	else if (scaled && i->length >= 7 && (code[i->length - 5] & 0xc7) == 0xc5)
		reach_cases(c, w, number_at(code + i->length - 4), true, seen->last);
}

void bk_flow_operands(struct bk_chart *c, struct bk_following *w, struct bk_switch *seen, const struct bk_instruction *i, const uint8_t *code,
		      uint64_t address)
{
	uint32_t last;

	if (i->ip_relative && i->map == 0 && i->opcode == 0x8d) {
		seen->table = address + i->length + number_at(code + i->displacement);
		note_pointer(c, w, seen->table);
	}
	if (i->map == 0 && (i->opcode == 0xc7 || i->opcode == 0xb8 + (i->opcode & 7)) && i->length >= 5 && !i->word)
		note_pointer(c, w, (uint64_t)(uint32_t)number_at(code + i->length - 4));
	if (compares(i, code, &last)) {
		seen->last = last;
		seen->compared = true;
		seen->bounded = false;
	} else if (leaves_above(i)) {
		seen->bounded = seen->compared;
	}
	jump(c, w, seen, i, code);
}

/* --- data ------------------------------------------------------------------------------------------------------------------------ */

void bk_flow_data(const struct bk_chart *c, struct bk_following *w)
{
	const struct bk_object *o = c->object;

	for (unsigned i = 0; i < o->count; i++) {
		const Elf64_Phdr *p = &o->headers[i];
		const uint8_t *at = p->p_type == PT_LOAD && !(p->p_flags & PF_X) ? bk_object_at(o, p->p_vaddr, (size_t)p->p_filesz) : NULL;

		for (uint64_t n = -p->p_vaddr & 7; at && n + 8 <= p->p_filesz; n += 8) {
			uint64_t address;

			memcpy(&address, at + n, 8);
			note_pointer(c, w, address);
		}
	}
}

/* --- functions ---------------------------------------------------------------------------------------------------------------------- */

#define TRIED 2048u			/* instructions of a function of which only the address is known */

/* True where all of these bytes are unknown, or exactly this instruction. */
static bool is_free(const uint8_t *mark, unsigned length)
{
	if (*mark & INSIDE)
		return false;
	for (unsigned n = 1; n < length; n++)
		if (mark[n] & (STARTS | TARGET))
			return false;
	return true;
}

bool bk_flow_is_function(const struct bk_chart *c, uint64_t address)
{
	uint64_t todo[64], seen[TRIED], left;
	unsigned waiting = 1, met = 0;
	const uint8_t *mark = bk_mark_at(c, address - 1, &left);

	if (!mark || address % 16 || *bk_mark_at(c, address, &left) || (*mark && !(*mark & ENDS)))
		return false;
	todo[0] = address;
	while (waiting) {
		uint64_t at = todo[--waiting];

		for (;;) {
			const uint8_t *code;
			struct bk_instruction i;
			unsigned known = 0;

			mark = bk_mark_at(c, at, &left);
			while (known < met && seen[known] != at)
				known++;
			if (!mark || known < met || (*mark & STARTS && !(*mark & INSIDE)))
				break;
			code = bk_object_at(c->object, at, (size_t)(left < 15 ? left : 15));
			i = bk_decode(code, (size_t)(left < 15 ? left : 15));
			if (!code || !i.length || met == TRIED || !is_free(mark, i.length))
				return false;
			seen[met++] = at;
			if (i.flow == BK_FLOW_BRANCH && waiting < 64)
				todo[waiting++] = at + (uint64_t)i.target;
			else if (i.flow == BK_FLOW_BRANCH)
				return false;
			if (bk_flow_ends(&i))
				break;
			at += i.length;
		}
		if (!mark)
			return false;
	}
	return met > 0;
}

