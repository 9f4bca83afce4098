/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/sites.h"
#include "gate/decode.h"

#define UNKNOWN    UINT32_MAX
#define NEAR       4096u		/* bytes on both sides in which anything that looks like a branch counts as one */
#define NUMBERS    0xffeu		/* the largest that a table holds */
#define FUNCTION   (1u << 20)		/* bytes; longer ones are not looked at */

/* One function on its way through the decoder, and one site in it. */
struct walk {
	const uint8_t *code;		/* of the function */
	uint32_t size, site;		/* bytes; offset of the system call */
	uint32_t before, before_2;	/* offsets of the instructions in front, UNKNOWN: none */
	uint32_t after;			/* offset behind what can move along with the call, UNKNOWN: nothing can */
	bool movable, movable_2;	/* they can be executed elsewhere */
	bool reached;			/* decoding arrived at the site */
};

/* Of the `n` pairs that begin at `at`. */
static const uint8_t *first_of(const uint8_t *at, size_t n)
{
	for (; n; n--, at++)
		if (at[0] == 0x0f && at[1] == 0x05)
			return at;
	return NULL;
}

const uint8_t *bk_sites_next(const uint8_t *at, const uint8_t *end)
{
	const uint64_t ones = 0x0101010101010101ULL, firsts = 0x0f * ones, seconds = 0x05 * ones;

	/* Eight pairs at a time: where one of them is it, a byte of what differs is zero. */
	for (; end - at >= 9; at += 8) {
		uint64_t first, second, differs;
		const uint8_t *found;

		__builtin_memcpy(&first, at, 8);
		__builtin_memcpy(&second, at + 1, 8);
		differs = (first ^ firsts) | (second ^ seconds);
		if ((differs - ones) & ~differs & 0x80 * ones && (found = first_of(at, 8)) != NULL)
			return found;
	}
	return end - at > 1 ? first_of(at, (size_t)(end - at - 1)) : NULL;
}

static bool movable(const struct bk_instruction *i)
{
	return i->flow == BK_FLOW_NEXT;
}

/* True where a branch of the function lands in (low, high); instructions from `low` on are decoded anyway. */
static bool branch_into(const struct walk *w, uint32_t low, uint32_t high)
{
	for (uint32_t at = 0; at < w->size; ) {
		struct bk_instruction i = bk_decode(w->code + at, w->size - at);
		int64_t target = (int64_t)at + i.target;

		if (!i.length)
			return true;
		if ((i.flow == BK_FLOW_BRANCH || i.flow == BK_FLOW_CALL) && target > low && target < high)
			return true;
		at += i.length;
	}
	return false;
}

static void look_behind(struct walk *w)
{
	uint32_t at = w->site + 2;

	w->after = UNKNOWN;
	while (at < w->site + BK_JUMP) {
		struct bk_instruction i = bk_decode(w->code + at, w->size - at);

		if (!i.length || !movable(&i))
			return;
		at += i.length;
	}
	w->after = at;
}

static void walk_to(struct walk *w)
{
	bool last_movable = false;

	w->before = w->before_2 = UNKNOWN;
	for (uint32_t at = 0; at <= w->site; ) {
		struct bk_instruction i = bk_decode(w->code + at, w->size - at);

		if (!i.length)
			return;
		if (at == w->site) {
			w->reached = i.length == 2 && i.flow == BK_FLOW_SYSCALL;
			break;
		}
		w->before_2 = w->before;
		w->movable_2 = last_movable;
		w->before = at;
		last_movable = movable(&i);
		at += i.length;
	}
	w->movable = last_movable;
	if (w->reached)
		look_behind(w);
}

#define SHORT 130u			/* bytes that a branch with one byte of displacement reaches, itself included */

static bool is_short(const uint8_t *b)
{
	return (b[0] & 0xf0) == 0x70 || b[0] == 0xeb || (b[0] & 0xfc) == 0xe0;
}

/* `b` is behind the opcode. */
static bool is_long(const uint8_t *b)
{
	return (b[-1] & 0xfe) == 0xe8 || (b[-2] == 0x0f && (b[-1] & 0xf0) == 0x80);
}

/* The bytes from `from` on, at `b`: a displacement of four bytes, then a branch, is looked for, since few fit. */
static bool long_into(const uint8_t *b, uint64_t from, uint64_t to, uint64_t low, uint64_t high)
{
	for (uint64_t at = from + 2; at < to; at++) {
		const uint8_t *p = b + (at - from);
		int32_t far;

		__builtin_memcpy(&far, p, 4);
		if (at + 4 + (uint64_t)(int64_t)far - low - 1 < high - low - 1 && is_long(p) && (at < low || at >= high))
			return true;
	}
	return false;
}

static bool short_into(const uint8_t *b, uint64_t from, uint64_t to, uint64_t low, uint64_t high)
{
	uint64_t first = low > from + SHORT ? low - SHORT : from, last = high + SHORT < to ? high + SHORT : to;

	for (uint64_t at = first; at < last; at++) {
		const uint8_t *p = b + (at - from);

		if (is_short(p) && at + 2 + (uint64_t)(int64_t)(int8_t)p[1] - low - 1 < high - low - 1 && (at < low || at >= high))
			return true;
	}
	return false;
}

/* Any bytes near by that could be a branch into (low, high). */
static bool looks_like_branch_into(const struct bk_object *o, uint64_t low, uint64_t high)
{
	uint64_t from = low, to = high;
	const uint8_t *b;

	for (unsigned step = NEAR; step; step /= 2) {		/* as far as the segment reaches */
		from -= from >= step && low - (from - step) <= NEAR && bk_object_at(o, from - step, 8) ? step : 0;
		to += to + step - high <= NEAR && bk_object_at(o, to + step, 8) ? step : 0;
	}
	b = bk_object_at(o, from, (size_t)(to - from) + 8);
	return !b || long_into(b, from, to, low, high) || short_into(b, from, to, low, high);
}

static bool safe_window(const struct bk_object *o, const struct walk *w, uint64_t function, uint32_t low, uint32_t high)
{
	return !branch_into(w, low, high) && !looks_like_branch_into(o, function + low, function + high);
}

/* Fills the form; false where none fits. */
static bool choose_form(const struct bk_object *o, const struct walk *w, uint64_t function, struct bk_site *site)
{
	if (w->before != UNKNOWN && w->movable && w->site - w->before >= BK_JUMP) {
		site->form = BK_SITE_BEFORE;
		site->window = (uint8_t)(w->site - w->before);
		/* A branch to the call itself would pass the jump by: then the call must move. */
		if (!branch_into(w, w->before, w->site + 1))
			return true;
	}
	if (w->before_2 != UNKNOWN && w->movable && w->movable_2 && w->site - w->before_2 >= BK_JUMP
	    && safe_window(o, w, function, w->before_2, w->site + 1)) {
		site->form = BK_SITE_BEFORE_2;
		site->window = (uint8_t)(w->site - w->before_2);
		return true;
	}
	if (w->after != UNKNOWN && safe_window(o, w, function, w->site, w->after)) {
		site->form = BK_SITE_AFTER;
		site->window = (uint8_t)(w->after - w->site);
		return true;
	}
	return false;
}

/* What stands right in front says it mostly; a branch to the call itself would be led past the jump, too (choose_form()). */
static uint32_t number_of(const struct walk *w)
{
	uint32_t number;

	if (!w->reached)
		return UNKNOWN;
	if (w->before != UNKNOWN) {
		struct bk_instruction i = bk_decode(w->code + w->before, w->site - w->before);

		if (bk_sets_register(&i, w->code + w->before, 0, &number))
			return number;
	}
	return bk_number_at(w->code, w->size, w->site, true);
}

static bool analyse(const struct bk_object *o, const struct bk_finder *f, uint64_t address, struct walk *w, uint64_t *function)
{
	uint64_t end;

	*w = (struct walk){ 0 };
	if (!(f->function ? f->function(f->context, address, function, &end) : bk_object_function(o, address, function, &end)))
		return false;
	if (end - *function > FUNCTION)
		return false;
	w->code = bk_object_at(o, *function, (size_t)(end - *function));
	w->size = (uint32_t)(end - *function);
	w->site = (uint32_t)(address - *function);
	if (w->code)
		walk_to(w);
	return w->code != NULL;
}

/*
 * `mov $nr, %eax` or `%rax` right in front, and nobody wants that number: not worth decoding the function.  That is a guess, but one that only
 * leaves alone.
 */
static bool surely_other(const uint8_t *call, const uint8_t *first, bool (*relevant)(uint32_t number))
{
	uint32_t number;

	if (!(call - first >= 5 && call[-5] == 0xb8) && !(call - first >= 7 && call[-7] == 0x48 && call[-6] == 0xc7 && call[-5] == 0xc0))
		return false;
	__builtin_memcpy(&number, call - 4, 4);
	return number <= 0xffff && !relevant(number);
}

#define STARTS 32u			/* bytes from each of which decoding is begun, and as many in front of the pair */

/*
 * Where no function is described: bytes inside of an instruction.  Decodings that begin in the wrong place meet the right one after a few instructions:
 * at a system call more than half of them arrive (18 of 32 at least, of all in this distribution's libraries), here none does.
 */
static bool surely_inside(const uint8_t *pair, const uint8_t *first, const uint8_t *end)
{
	unsigned passed = 0;

	if ((size_t)(pair - first) < 2 * STARTS)
		return false;
	for (const uint8_t *start = pair - 2 * STARTS; start < pair - STARTS; start++) {
		const uint8_t *at = start;
		uint8_t length = 1;

		for (; at < pair && length; at += length)
			length = bk_decode(at, (size_t)(end - at)).length;
		if (at == pair)
			return false;
		passed += at > pair;
	}
	return passed > STARTS / 2;
}

/*
 * Calls that name a process, which is whoever calls the function of their name.  Elsewhere in a library that has this function, the library makes them for
 * itself, to a process or thread that it knows: its own (pthread_kill, aio), a thread that it has made (pthread_create), a child (system).
 */
static bool is_own_use(const struct bk_object *o, uint32_t number, uint64_t address)
{
	static const struct { uint16_t number; char name[20]; } calls[] = {
		{ 62, "kill" }, { 234, "tgkill" }, { 129, "sigqueue" }, { 142, "sched_setparam" }, { 144, "sched_setscheduler" },
		{ 203, "sched_setaffinity" },
	};

	for (unsigned i = 0; i < sizeof calls / sizeof *calls; i++)
		if (calls[i].number == number)
			return bk_object_elsewhere(o, calls[i].name, address);
	return false;
}

void bk_sites_find(const struct bk_object *o, uint64_t from, uint64_t to, const struct bk_finder *f, struct bk_sites *counts)
{
	const uint8_t *first = to > from ? bk_object_at(o, from, (size_t)(to - from)) : NULL, *end = first ? first + (to - from) : NULL, *at = first;

	*counts = (struct bk_sites){ 0 };
	while (first && (at = bk_sites_next(at, end)) != NULL) {
		struct bk_site site = { .address = from + (uint64_t)(at - first) };
		uint64_t function;
		struct walk w;

		at += 2;
		if (surely_other(at - 2, first, f->relevant))
			continue;
		if (!analyse(o, f, site.address, &w, &function)) {
			counts->uncovered += o->frames || !surely_inside(at - 2, first, end);
			continue;
		}
		site.number = number_of(&w);
		if (!w.reached || !f->relevant(site.number))
			continue;
		site.own = is_own_use(o, site.number, site.address);
		if (!choose_form(o, &w, function, &site)) {
			site.form = BK_SITE_NONE;
			site.window = 0;
			site.number = bk_number_at(w.code, w.size, w.site, false);
			if (!f->relevant(site.number))
				continue;
			counts->unroutable++;
		}
		f->found(f->context, &site);
	}
}

/* --- a site that somebody else has found ------------------------------------------------------------------------------------- */

/* `count` instructions, 0: any number of them, that can be executed elsewhere, and that are `size` bytes together. */
static bool decodes(const uint8_t *code, uint32_t size, unsigned count)
{
	uint32_t at = 0;
	unsigned n = 0;

	for (; at < size; n++) {
		struct bk_instruction i = bk_decode(code + at, size - at);

		if (!i.length || !movable(&i))
			return false;
		at += i.length;
	}
	return at == size && (!count || n == count);
}

/* What stands right in front says the number: then it must be that. */
static bool says_otherwise(const uint8_t *code, uint32_t size, uint32_t number)
{
	struct bk_instruction i = bk_decode(code, size);
	uint32_t said;

	return bk_sets_register(&i, code, 0, &said) && said != number && said <= NUMBERS;
}

/* Instructions that nobody needs; the last may be longer than the jump. */
static bool is_padding(const uint8_t *code, uint32_t size)
{
	for (uint32_t at = 0; at < BK_JUMP; ) {
		struct bk_instruction i = bk_decode(code + at, size - at);

		/* INT3, or NOP in its forms */
		if (!i.length || !((i.map == 0 && (i.opcode == 0xcc || (i.opcode == 0x90 && !i.rex))) || (i.map == 1 && i.opcode == 0x1f)))
			return false;
		at += i.length;
	}
	return true;
}

bool bk_site_fits(const struct bk_object *o, const struct bk_site *site)
{
	uint32_t window = site->window, before = site->form == BK_SITE_BEFORE || site->form == BK_SITE_BEFORE_2 ? window : 0;
	const uint8_t *code = site->address >= before ? bk_object_at(o, site->address - before, before + 2) : NULL;

	if (!code || code[before] != 0x0f || code[before + 1] != 0x05)
		return false;
	switch (site->form) {
	case BK_SITE_BEFORE:
		return window >= BK_JUMP && decodes(code, window, 1) && !says_otherwise(code, window, site->number);
	case BK_SITE_BEFORE_2:
		return window >= BK_JUMP && decodes(code, window, 2);
	case BK_SITE_AFTER:
		code = bk_object_at(o, site->address, window);
		return code && window >= BK_JUMP && decodes(code + 2, window - 2, 0);
	case BK_SITE_HOLE:
		code = bk_object_at(o, site->address + 2 + (uint64_t)(int64_t)site->hole, 16);
		return code && is_padding(code, 16);
	default:
		return site->form == BK_SITE_NONE;
	}
}
