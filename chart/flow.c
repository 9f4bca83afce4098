/* SPDX-License-Identifier: Apache-2.0 */
/* Following the code. */
#include "chart/chart.h"

#include <stdlib.h>
#include <string.h>
#include "chart/flow.h"

#define BLOCK 65536u			/* bytes that are gone back at most, so that the work stays linear */

uint8_t *bk_mark_at(const struct bk_chart *c, uint64_t address, uint64_t *left)
{
	for (size_t i = 0; i < c->stretches; i++) {
		const struct bk_stretch *s = &c->stretch[i];

		if (address >= s->from && address - s->from < s->size) {
			*left = s->size - (address - s->from);
			return s->mark + (address - s->from);
		}
	}
	return NULL;
}

static void push(struct bk_following *w, uint64_t address)
{
	w->at = bk_grow(w->at, &w->cap, w->count + 1, sizeof *w->at);
	w->at[w->count++] = address;
}

/* A place that something jumps to, once. */
void bk_flow_reach(struct bk_chart *c, struct bk_following *w, uint64_t address)
{
	uint64_t left;
	uint8_t *mark = bk_mark_at(c, address, &left);

	if (!mark || *mark & TARGET)
		return;
	*mark |= TARGET;
	push(w, address);
}

/* Nothing runs on behind it.  An indirect call comes back, an indirect jump or a return does not. */
bool bk_flow_ends(const struct bk_instruction *i)
{
	if (i->flow == BK_FLOW_END)
		return !(i->opcode == 0xff && i->map == 0 && (i->modrm >> 3 & 6) == 2);
	return i->flow == BK_FLOW_BRANCH && i->map == 0 && (i->opcode & 0xfd) == 0xe9;
}

/* Instructions one behind the other, until one ends them, or has been met. */
static void follow(struct bk_chart *c, struct bk_following *w, uint64_t address)
{
	struct bk_switch seen = { 0 };

	for (;;) {
		uint64_t left = 0;
		uint8_t *mark = bk_mark_at(c, address, &left);
		const uint8_t *code = mark && !(*mark & STARTS) ? bk_object_at(c->object, address, (size_t)(left < 15 ? left : 15)) : NULL;
		struct bk_instruction i = code ? bk_decode(code, (size_t)(left < 15 ? left : 15)) : (struct bk_instruction){ 0 };

		if (!i.length)
			return;
		*mark |= STARTS;
		for (unsigned n = 1; n < i.length; n++)
			mark[n] |= INSIDE;
		if (i.flow == BK_FLOW_CALL) {
			bk_functions_add(&c->functions, address + (uint64_t)i.target, 0);
			bk_flow_reach(c, w, address + (uint64_t)i.target);
		} else if (i.flow == BK_FLOW_BRANCH) {
			bk_flow_reach(c, w, address + (uint64_t)i.target);
		}
		bk_flow_operands(c, w, &seen, &i, code, address);
		if (bk_flow_ends(&i)) {
			mark[i.length - 1] |= ENDS;
			return;
		}
		address += i.length;
	}
}

/* --- all ---------------------------------------------------------------------------------------------------------------------------- */

static void add_stretches(struct bk_chart *c)
{
	const struct bk_object *o = c->object;

	c->stretch = calloc(o->count + 1, sizeof *c->stretch);
	for (unsigned i = 0; c->stretch && i < o->count; i++) {
		const Elf64_Phdr *p = &o->headers[i];

		if (p->p_type != PT_LOAD || !(p->p_flags & PF_X) || !bk_object_at(o, p->p_vaddr, (size_t)p->p_filesz))
			continue;
		/* 16 behind the end: an instruction's marks may stick out */
		c->stretch[c->stretches] = (struct bk_stretch){ p->p_vaddr, p->p_filesz, calloc(1, (size_t)p->p_filesz + 16) };
		if (c->stretch[c->stretches].mark)
			c->stretches++;
	}
}

/* What is called in the middle of a function whose length is known is no function of its own. */
static void drop_inner(struct bk_functions *f)
{
	size_t kept = 0;
	uint64_t end = 0;

	for (size_t i = 0; i < f->count; i++) {
		if (!f->at[i].end && f->at[i].start < end)
			continue;
		end = f->at[i].end > end ? f->at[i].end : end;
		f->at[kept++] = f->at[i];
	}
	f->count = kept;
}

void bk_chart_make(struct bk_chart *c, const struct bk_object *o, const void *file, size_t size)
{
	struct bk_following w = { 0 };

	*c = (struct bk_chart){ .object = o };
	add_stretches(c);
	bk_functions_find(&c->functions, o, file, size);
	for (size_t i = 0; i < c->functions.count; i++)
		bk_flow_reach(c, &w, c->functions.at[i].start);
	while (w.count)
		follow(c, &w, w.at[--w.count]);
	bk_flow_data(c, &w);
	for (size_t i = 0; i < w.pointers; i++) {
		if (!bk_flow_is_function(c, w.pointer[i]))
			continue;
		bk_functions_add(&c->functions, w.pointer[i], 0);
		bk_flow_reach(c, &w, w.pointer[i]);
		while (w.count)
			follow(c, &w, w.at[--w.count]);
	}
	free(w.pointer);
	free(w.at);
	bk_functions_sort(&c->functions);
	drop_inner(&c->functions);
}

void bk_chart_free(struct bk_chart *c)
{
	for (size_t i = 0; i < c->stretches; i++)
		free(c->stretch[i].mark);
	free(c->stretch);
	free(c->functions.at);
}

/* The last function that does not begin behind the address. */
static const struct bk_function *last_before(const struct bk_functions *f, uint64_t address)
{
	size_t low = 0, high = f->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (f->at[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? &f->at[low - 1] : NULL;
}

static uint64_t end_of(const struct bk_chart *c, const struct bk_function *f)
{
	const struct bk_function *next = f + 1 < c->functions.at + c->functions.count ? f + 1 : NULL;
	uint64_t left = 0;

	if (f->end)
		return f->end;
	return next ? next->start : bk_mark_at(c, f->start, &left) ? f->start + left : f->start;
}

/*
 * Code behind the end of a function, as one that was put elsewhere: from where something jumps to, without a gap; or the function runs on into
 * it, as the frame descriptions of clone(2) end at the system call.
 */
static bool block(const struct bk_chart *c, uint64_t address, const struct bk_function *f, uint64_t *start)
{
	uint64_t left;

	*start = f->start;
	for (uint64_t at = address; at >= f->start && address - at < BLOCK; at--) {
		const uint8_t *mark = bk_mark_at(c, at, &left);

		if (!mark || !(*mark & (STARTS | INSIDE)) || (*mark & STARTS && *mark & INSIDE))
			return false;
		if (*mark & TARGET && *mark & STARTS && at >= end_of(c, f)) {
			*start = at;
			return true;
		}
		if (at < end_of(c, f) && !(*mark & ENDS))
			return true;
		if (at != address && *mark & ENDS)
			return false;
	}
	return false;
}

bool bk_chart_function(void *chart, uint64_t address, uint64_t *start, uint64_t *end)
{
	const struct bk_chart *c = chart;
	const struct bk_function *f = last_before(&c->functions, address);
	uint64_t left;
	const uint8_t *mark = bk_mark_at(c, address, &left);

	if (!mark || !f)
		return false;
	if (address >= end_of(c, f)) {
		*end = f + 1 < c->functions.at + c->functions.count ? f[1].start : address + left;
		return block(c, address, f, start);
	}
	if (*mark & STARTS && *mark & INSIDE)
		return false;			/* two ways of reading it */
	if (!f->end && !(*mark & (STARTS | INSIDE)))
		return false;			/* nothing arrives there, and nobody says that it is code */
	*start = f->start;
	*end = end_of(c, f);
	return true;
}

bool bk_chart_around(const struct bk_chart *c, uint64_t address, uint64_t *start, uint64_t *end)
{
	const struct bk_function *f = last_before(&c->functions, address);

	if (!f)
		return false;
	*start = f->start;
	*end = f + 1 < c->functions.at + c->functions.count ? f[1].start : end_of(c, f);
	return address < *end && *end - *start <= UINT32_MAX;
}

bool bk_chart_target(const struct bk_chart *c, uint64_t low, uint64_t high)
{
	uint64_t left;

	for (uint64_t at = low + 1; at < high; at++) {
		const uint8_t *mark = bk_mark_at(c, at, &left);

		if (!mark || *mark & TARGET)
			return true;
	}
	return false;
}

static bool is_padding(const uint8_t *code, size_t size)
{
	for (size_t at = 0; at < size; at += bk_decode(code + at, size - at).length) {
		struct bk_instruction i = bk_decode(code + at, size - at);

		if (!i.length || !((i.map == 0 && (i.opcode == 0xcc || (i.opcode == 0x90 && !i.rex))) || (i.map == 1 && i.opcode == 0x1f)))
			return false;
	}
	return true;
}

/* The end of what begins behind a function, or between two blocks of code: the next function, or what something jumps to; 0: neither. */
static uint64_t end_of_hole(const struct bk_chart *c, const struct bk_function *f, uint64_t address)
{
	uint64_t left, at = address;
	const uint8_t *mark;

	if (f->end == address)
		return f + 1 < c->functions.at + c->functions.count ? f[1].start : 0;
	while ((mark = bk_mark_at(c, at, &left)) != NULL && !*mark && at - address < 16)
		at++;
	return mark && *mark & STARTS && *mark & TARGET ? at : 0;
}

bool bk_chart_hole(const struct bk_chart *c, uint64_t address)
{
	const struct bk_function *f = last_before(&c->functions, address - 1);
	uint64_t left = 0, end;
	const uint8_t *mark = bk_mark_at(c, address - 1, &left), *code;

	if (!f || !mark || !(*mark & ENDS))
		return false;
	end = end_of_hole(c, f, address);
	code = end > address && end - address < 64 && end - address >= BK_JUMP ? bk_object_at(c->object, address, (size_t)(end - address)) : NULL;
	for (uint64_t at = address; code && at < end; at++)
		if ((mark = bk_mark_at(c, at, &left)) == NULL || *mark)
			return false;
	return code && is_padding(code, (size_t)(end - address));
}

bool bk_chart_doubted(const struct bk_chart *c, uint64_t address)
{
	uint64_t left;
	const uint8_t *mark = bk_mark_at(c, address, &left);

	return !mark || *mark & INSIDE;
}
