/* SPDX-License-Identifier: Apache-2.0 */
/* Stubs and jumps. */
#include "gate/gate.h"
#include "gate/decode.h"
#include "gate/sites.h"

#define ARENA	16384u			/* bytes of stubs for one object */
#define STUB	88u			/* the most that one takes: record, two displaced instructions, three jumps */
#define REACH	0x7ff00000LL
#define RWX	(PROT_READ | PROT_WRITE | PROT_EXEC)

/* Stubs of one object: the address of bk_gate_enter, then for each site a record and code. */
struct arena {
	uintptr_t base, next;
	uintptr_t bias;
	uintptr_t from, to;		/* text, at page borders */
	bool open;			/* the text is writable */
	int error;
	struct bk_cover *cover;
};

static uint8_t *put_bytes(uint8_t *at, const void *from, size_t n)
{
	__builtin_memcpy(at, from, n);
	return at + n;
}

/* An opcode and a displacement to `target`. */
static uint8_t *put_far(uint8_t *at, const char *opcode, size_t n, uintptr_t target)
{
	int32_t far;

	at = put_bytes(at, opcode, n);
	far = (int32_t)(target - (uintptr_t)(at + 4));
	return put_bytes(at, &far, 4);
}

/* An arena within reach of the text: the hint is below it, then above, in steps. */
static uintptr_t arena_near(uintptr_t from, uintptr_t to)
{
	for (uintptr_t step = 1u << 16; step < REACH - (to - from); step *= 2) {
		const uintptr_t tries[2] = { (from - step) & ~(uintptr_t)(BK_PAGE - 1), (to + step) & ~(uintptr_t)(BK_PAGE - 1) };

		for (int i = 0; i < 2; i++) {
			uintptr_t got = (uintptr_t)sys_mmap((void *)tries[i], ARENA, PROT_READ | PROT_WRITE,
							    MAP_PRIVATE | MAP_ANONYMOUS | 0x100000 /* MAP_FIXED_NOREPLACE */, -1);

			if (got == tries[i])
				return got;
			if (got < -4096UL)
				sys_munmap(got, ARENA);
		}
	}
	return 0;
}

static long protect(uintptr_t from, uintptr_t to, int protection)
{
	return BK_CALL(__NR_mprotect, from, to - from, protection, 0, 0, 0);
}

/* Text must stay executable while it is writable: another thread may run it. */
static bool open_text(struct arena *a)
{
	if (a->open)
		return true;
	if (a->error)
		return false;
	a->base = arena_near(a->from, a->to);
	if (!a->base)
		a->error = -ENOMEM;
	else
		a->error = (int)protect(a->from, a->to, RWX);
	if (a->error)
		return false;
	*(void (**)(void))a->base = bk_gate_enter;
	a->next = a->base + 16;
	a->open = true;
	return true;
}

/* Copies instructions; what they find by their own place, they find from the new one.  NULL where that is too far away. */
static uint8_t *put_instructions(uint8_t *to, const uint8_t *from, size_t size)
{
	for (size_t at = 0; at < size; ) {
		struct bk_instruction i = bk_decode(from + at, size - at);
		int64_t far;
		int32_t moved;

		if (!i.length)
			return NULL;
		__builtin_memcpy(to + at, from + at, i.length);
		if (i.ip_relative) {
			__builtin_memcpy(&moved, from + at + i.displacement, 4);
			far = moved + (from - to);
			moved = (int32_t)far;
			if (moved != far)
				return NULL;
			__builtin_memcpy(to + at + i.displacement, &moved, 4);
		}
		at += i.length;
	}
	return to + size;
}

/* The code of one stub; returns its first instruction, 0 where it cannot be made. */
static uintptr_t build(struct arena *a, const struct bk_site *site)
{
	uint8_t *call = (uint8_t *)(a->bias + site->address), *window = call - site->window, *at;
	void **record = (void **)a->next;
	uint8_t *code = (uint8_t *)(record + 2);
	bool after = site->form == BK_SITE_AFTER;

	at = after ? code : put_instructions(code, window, site->window);
	if (!at)
		return 0;
	at = put_far(at, "\x4c\x8d\x1d", 3, (uintptr_t)record);		/* lea record(%rip), %r11 */
	at = put_far(at, "\xff\x25", 2, a->base);			/* jmp *base(%rip) */
	record[0] = after ? at : call;
	record[1] = (uint8_t *)record[0] + 2;
	if (after) {
		at = put_instructions(at, call, site->window);
		if (!at)
			return 0;
		at = put_far(at, "\xe9", 1, (uintptr_t)call + site->window);
	}
	a->next = ((uintptr_t)at + 15) & ~(uintptr_t)15;
	return (uintptr_t)code;
}

static void route(void *context, const struct bk_site *site)
{
	struct arena *a = context;
	uint8_t *call = (uint8_t *)(a->bias + site->address), jump[8];
	uint8_t *window = site->form == BK_SITE_AFTER ? call : call - site->window;
	uintptr_t stub;

	stub = site->form >= BK_SITE_HOLE || !open_text(a) || a->next + STUB > a->base + ARENA ? 0 : build(a, site);
	if (!stub) {
		a->cover->unroutable++;
		return;
	}
	put_far(jump, "\xe9", 1, stub - (uintptr_t)window + (uintptr_t)jump);
	__builtin_memcpy(window, jump, BK_JUMP);
	a->cover->routed++;
}

static int close_text(struct arena *a)
{
	int error = (int)protect(a->from, a->to, PROT_READ | PROT_EXEC);

	if (!error)
		error = (int)protect(a->base, a->base + ARENA, PROT_READ | PROT_EXEC);
	if (!error)
		error = bk_seal(a->base, a->base + ARENA, false);
	return error ? error : bk_seal(a->from, a->to, true);
}

int bk_patch(const struct bk_object *view, uintptr_t bias, uint64_t from, uint64_t to, struct bk_cover *cover)
{
	struct arena a = {
		.cover = cover, .bias = bias, .from = (bias + from) & ~(uintptr_t)(BK_PAGE - 1), .to = (bias + to + BK_PAGE - 1) & ~(uintptr_t)(BK_PAGE - 1),
	};
	struct bk_sites counts;

	bk_sites_find(view, from, to, &(struct bk_finder){ bk_hooks_relevant, route, NULL, &a }, &counts);
	if (!view->frames)
		cover->uncovered += counts.uncovered;	/* where functions are described, what lies in none of them is data */
	return a.open ? close_text(&a) : a.error;
}

/* --- what is sealed -------------------------------------------------------------------------------------------------------- */

static struct bk_seal late[BK_SEALS];
static uint32_t late_count;

int bk_seal(uintptr_t from, uintptr_t to, bool text)
{
	struct bk_seal *list = bk_gate.closed ? late : bk_gate.seal;
	uint32_t i = bk_gate.closed ? __atomic_fetch_add(&late_count, 1, __ATOMIC_RELAXED) : bk_gate.seals++;

	if (i >= BK_SEALS)
		return -ENOMEM;
	list[i] = (struct bk_seal){ from, to, text };
	return 0;
}

static bool meets(const struct bk_seal *s, uint32_t count, uintptr_t from, uintptr_t end, long protection)
{
	for (; count; count--, s++)
		if (from < s->to && end > s->from && !(s->text && protection == (PROT_READ | PROT_EXEC)))
			return true;
	return false;
}

bool bk_sealed_against(uintptr_t from, size_t size, long protection)
{
	uintptr_t end = size > UINTPTR_MAX - from ? UINTPTR_MAX : from + size;
	uint32_t count = late_count < BK_SEALS ? late_count : BK_SEALS;

	return meets(bk_gate.seal, bk_gate.seals, from, end, protection) || meets(late, count, from, end, protection);
}

bool bk_sealed(uintptr_t from, size_t size)
{
	return bk_sealed_against(from, size, 0);
}

void bk_gate_close(void)
{
	bk_gate.closed = true;
	protect((uintptr_t)&bk_gate, (uintptr_t)(&bk_gate + 1), PROT_READ);
}
