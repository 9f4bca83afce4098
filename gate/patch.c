/* SPDX-License-Identifier: Apache-2.0 */
/* Stubs and jumps. */
#include "gate/gate.h"
#include "gate/decode.h"
#include "gate/sites.h"

#define ARENA	32768u			/* bytes of stubs; what is not used takes no memory */
#define STUB	80u			/* the most that one takes: record, two displaced instructions, three jumps */
#define JUMPS	(ARENA / 24u)		/* that at most there are: 24 bytes are the least that a stub takes */
#define REACH	0x7ff00000LL
#define RWX	(PROT_READ | PROT_WRITE | PROT_EXEC)

/* One that is to be put: from the text's beginning, and from the arena's. */
struct jump {
	uint32_t window;
	uint16_t stub;
	int8_t   hole;
	bool     in_hole;
};

/* One stretch of text on its way. */
struct arena {
	struct bk_stubs stubs;
	uintptr_t bias;
	uint64_t first, last;		/* text, in the object's terms */
	uintptr_t from, to;		/* the same in memory, at page borders */
	bool open;			/* the text is writable */
	int error;
	struct bk_cover *cover;
	const struct bk_object *view;
	uint64_t cursor;		/* bk_object_function_near() */
	struct jump *jump;
	uint32_t jumps;
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

static bool reaches(uintptr_t base, uintptr_t from, uintptr_t to)
{
	uintptr_t low = base < from ? base : from, high = base + ARENA > to ? base + ARENA : to;

	return high - low < (uintptr_t)REACH;
}

/* Where the kernel likes it; a hint that is taken by others is no more than one. */
static uintptr_t arena_at(uintptr_t hint, uintptr_t from, uintptr_t to)
{
	uintptr_t got = (uintptr_t)sys_mmap((void *)hint, ARENA, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	if (got > -4096UL)
		return 0;
	if (reaches(got, from, to))
		return got;
	sys_munmap(got, ARENA);
	return 0;
}

/* An arena within reach of the text: among the libraries where the text is one, else below it or above, in steps. */
static uintptr_t arena_near(uintptr_t from, uintptr_t to)
{
	uintptr_t got = arena_at(0, from, to);

	for (uintptr_t step = 1u << 16; !got && step < REACH - (to - from); step *= 2) {
		got = arena_at((from - step) & ~(uintptr_t)(BK_PAGE - 1), from, to);
		if (!got)
			got = arena_at((to + step) & ~(uintptr_t)(BK_PAGE - 1), from, to);
	}
	return got;
}

static long protect(uintptr_t from, uintptr_t to, int protection)
{
	return BK_CALL(__NR_mprotect, from, to - from, protection, 0, 0, 0);
}

/* Those of all objects that were there before the program, where they reach. */
static bool find_stubs(struct arena *a)
{
	a->stubs = bk_gate.stubs;
	if (!bk_gate.closed && a->stubs.base && reaches(a->stubs.base, a->from, a->to))
		return true;
	a->stubs.base = arena_near(a->from, a->to);
	a->stubs.next = a->stubs.base + 8;
	if (a->stubs.base)
		*(void (**)(void))a->stubs.base = bk_gate_enter;
	return a->stubs.base != 0;
}

/* Text must stay executable while it is writable: another thread may run it. */
static bool open_text(struct arena *a)
{
	if (a->open)
		return true;
	if (a->error)
		return false;
	a->error = find_stubs(a) ? (int)protect(a->from, a->to, RWX) : -ENOMEM;
	a->open = !a->error;
	return a->open;
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
	uint8_t *record = (uint8_t *)a->stubs.next, *code = record + sizeof call;	/* dense, not aligned: a page is a page */
	bool after = site->form == BK_SITE_AFTER;

	at = after ? code : put_instructions(code, window, site->window);
	if (!at)
		return 0;
	at = put_far(at, "\x4c\x8d\x1d", 3, (uintptr_t)record);		/* lea record(%rip), %r11 */
	at = put_far(at, "\xff\x25", 2, a->stubs.base);			/* jmp *base(%rip) */
	__builtin_memcpy(record, after ? &at : &call, sizeof call);
	if (after) {
		at = put_instructions(at, call, site->window);
		if (!at)
			return 0;
		at = put_far(at, "\xe9", 1, (uintptr_t)call + site->window);
	}
	a->stubs.next = (uintptr_t)at;
	return (uintptr_t)code;
}

/* Where the jump goes, and in front of a hole that of two bytes into it. */
static void put_jump(const struct arena *a, const struct jump *j)
{
	uint8_t *window = (uint8_t *)(a->from + j->window), jump[8];

	put_far(jump, "\xe9", 1, a->stubs.base + j->stub - (uintptr_t)window + (uintptr_t)jump);
	__builtin_memcpy(window, jump, BK_JUMP);
	if (j->in_hole)
		__builtin_memcpy(window - j->hole - 2, (uint8_t[]){ 0xeb, (uint8_t)j->hole }, 2);
}

/* Once all sites are known: the finder decodes the text, and a jump's distance may look like a branch. */
static void put_jumps(const struct arena *a)
{
	for (uint32_t i = 0; i < a->jumps; i++)
		put_jump(a, &a->jump[i]);
}

/* Nothing is written in front of what was mapped or behind it, wherever a table or an object's headers say that a window is. */
static bool lies_inside(const struct arena *a, const struct bk_site *site, const uint8_t *window)
{
	uintptr_t at = (uintptr_t)window, size = site->form == BK_SITE_AFTER ? site->window : BK_JUMP;

	return at >= a->bias + a->first && at + size <= a->bias + a->last && a->bias + site->address + 2 <= a->bias + a->last;
}

static void route(void *context, const struct bk_site *site)
{
	struct arena *a = context;
	uint8_t *call = (uint8_t *)(a->bias + site->address), *window = call - site->window;
	uintptr_t stub = 0;

	if (site->own)
		return;
	bk_known_site(site);
	if (site->form == BK_SITE_AFTER)
		window = call;
	if (site->form == BK_SITE_HOLE)
		window = call + 2 + site->hole;
	if (site->form < BK_SITE_NONE && lies_inside(a, site, window) && open_text(a) && a->stubs.next + STUB <= a->stubs.base + ARENA
	    && a->jumps < JUMPS)
		stub = build(a, site);
	if (!stub) {
		a->cover->unroutable++;
		return;
	}
	a->jump[a->jumps++] = (struct jump){
		(uint32_t)((uintptr_t)window - a->from), (uint16_t)(stub - a->stubs.base), site->hole, site->form == BK_SITE_HOLE,
	};
	a->cover->routed++;
}

static int close_stubs(const struct bk_stubs *stubs)
{
	int error = (int)protect(stubs->base, stubs->base + ARENA, PROT_READ | PROT_EXEC);

	return error ? error : bk_seal(stubs->base, stubs->base + ARENA, false);
}

static int close_text(struct arena *a)
{
	bool shared = !bk_gate.closed && (!bk_gate.stubs.base || bk_gate.stubs.base == a->stubs.base);
	int error = (int)protect(a->from, a->to, PROT_READ | PROT_EXEC);

	if (shared)
		bk_gate.stubs = a->stubs;
	else if (!error)
		error = close_stubs(&a->stubs);
	return error ? error : bk_seal(a->from, a->to, true);
}

/* The next site of a table that is relevant and lies in [from, to); false at the end, or where the table is not sound. */
static bool next_known(const struct bk_known *known, uint64_t from, uint64_t to, uint32_t *i, struct bk_site *site)
{
	while (*i < known->entry->count)
		if (!bk_table_get(&known->table, known->entry, (*i)++, site))
			return false;
		else if (site->address >= from && site->address < to && bk_hooks_relevant(site->number))
			return true;
	return false;
}

/* A page that is read first and written then costs two faults. */
static void touch(const struct arena *a, const struct bk_site *site)
{
	uint8_t *call = (uint8_t *)(a->bias + site->address);

	__atomic_fetch_or(call, 0, __ATOMIC_RELAXED);
	if (site->form == BK_SITE_BEFORE || site->form == BK_SITE_BEFORE_2)
		__atomic_fetch_or(call - site->window, 0, __ATOMIC_RELAXED);
}

/* All of them are looked at before the first is touched. */
static bool known_fits(struct arena *a, const struct bk_object *view, const struct bk_known *known, uint64_t from, uint64_t to)
{
	struct bk_site site;
	uint32_t i = 0;

	while (next_known(known, from, to, &i, &site)) {
		if (site.form < BK_SITE_HOLE && site.address - from >= site.window && open_text(a))
			touch(a, &site);
		if (!bk_site_fits(view, &site))
			return false;
	}
	return i == known->entry->count;
}

static void route_known(struct arena *a, const struct bk_known *known, uint64_t from, uint64_t to)
{
	struct bk_site site;
	uint32_t i = 0;

	while (next_known(known, from, to, &i, &site))
		route(a, &site);
}

static bool function_of(void *context, uint64_t address, uint64_t *start, uint64_t *end)
{
	struct arena *a = context;

	return bk_object_function_near(a->view, &a->cursor, address, start, end);
}

int bk_patch(const struct bk_object *view, uintptr_t bias, uint64_t from, uint64_t to, struct bk_known *known, struct bk_cover *cover)
{
	struct jump jumps[JUMPS];
	struct arena a = {
		.cover = cover, .view = view, .jump = jumps, .bias = bias, .first = from, .last = to,
		.from = (bias + from) & ~(uintptr_t)(BK_PAGE - 1), .to = (bias + to + BK_PAGE - 1) & ~(uintptr_t)(BK_PAGE - 1),
	};
	struct bk_sites counts = { 0 };

	if (known->entry && !known_fits(&a, view, known, from, to))
		bk_known_refuse(known);
	if (known->entry)
		route_known(&a, known, from, to);
	else
		bk_sites_find(view, from, to, &(struct bk_finder){ bk_hooks_relevant, route, function_of, &a }, &counts);
	put_jumps(&a);
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

extern char bk_guarded_from[] __attribute__((visibility("hidden"))), bk_guarded_to[] __attribute__((visibility("hidden")));	/* layout.ld */

int bk_gate_close(void)
{
	int error = bk_gate.stubs.base ? close_stubs(&bk_gate.stubs) : 0;

	bk_gate.closed = true;
	return error ? error : (int)protect((uintptr_t)bk_guarded_from, (uintptr_t)bk_guarded_to, PROT_READ);
}
