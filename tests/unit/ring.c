/* SPDX-License-Identifier: Apache-2.0 */
/* The ring between gates and shim: order, what is lost and counted, writers that die, and that nothing in it is believed. */
#include "core/gate.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "tests/support/tap.h"

static struct bk_ring *ring;
static struct bk_slot copy;
static uint32_t next;
static bool stuck;

static void fresh(void)
{
	free(ring);
	ring = calloc(1, sizeof *ring);
	bk_ring_start(ring);
	next = 0;
}

static bool put(const char *path, uint32_t pid)
{
	struct bk_event e = { .kind = BK_EVENT_EXEC, .verdict = BK_DENIED, .section = BK_PROCESSES, .pid = pid, .path = bk_text_of(path) };

	return bk_ring_put(ring, &e);
}

static bool take(struct bk_event *e)
{
	return bk_ring_take(ring, &next, &copy, e, false, &stuck);
}

/* Takes what is there; how many, and whether their numbers rise by one from `pid` on. */
static unsigned take_all(uint32_t pid, bool *in_order)
{
	struct bk_event e;
	unsigned count = 0;

	for (*in_order = true; take(&e); count++)
		*in_order &= e.pid == pid + count;
	return count;
}

static bool same(struct bk_text t, const char *wanted)
{
	return t.len == strlen(wanted) && memcmp(t.at, wanted, t.len) == 0;
}

/* --- what goes in comes out ---------------------------------------------------------------------------------------------------- */

static void every_field(void)
{
	static const uint8_t digest[32] = { 1, 2, 3, [31] = 255 };
	struct bk_event e, in = {
		.kind = BK_EVENT_CONNECT, .verdict = BK_ALERTED, .section = BK_CONNECT, .reason = BK_WHY_NO_RULE, .rule = 17, .pid = 70000, .ppid = 2,
		.port = 65535, .path = bk_text_of("/p"), .interpreter = bk_text_of("/i"), .parent = bk_text_of("/parent"), .technique = bk_text_of("T1041"),
		.note = bk_text_of("a note"), .address = bk_text_of("::1"), .domain = bk_text_of("x.test"), .argv = { "a\0\0c", 5, 3, false }, .sha256 = digest,
	};

	fresh();
	ok(!take(&e) && !stuck, "nothing is in a new ring");
	ok(bk_ring_put(ring, &in) && take(&e) && !stuck, "an event goes through");
	ok(e.kind == in.kind && e.verdict == in.verdict && e.section == in.section && e.reason == in.reason && e.rule == 17 && e.pid == 70000 &&
	   e.ppid == 2 && e.port == 65535, "its numbers");
	ok(same(e.path, "/p") && same(e.interpreter, "/i") && same(e.parent, "/parent") && same(e.technique, "T1041") && same(e.note, "a note") &&
	   same(e.address, "::1") && same(e.domain, "x.test"), "its texts");
	ok(e.argv.count == 3 && e.argv.size == 5 && !e.argv.cut && same(bk_args_get(&e.argv, 2), "c"), "its arguments");
	ok(e.sha256 && memcmp(e.sha256, digest, 32) == 0, "its digest");
	ok(!take(&e) && !stuck, "once");
}

static void long_texts(void)
{
	enum { LONG = 8192 };
	char *text = malloc(LONG);
	struct bk_event e, in = { .path = { text, LONG }, .note = { text, LONG }, .argv = { text, LONG, LONG / 2, false } };

	memset(text, 'x', LONG);
	for (int i = 1; i < LONG; i += 2)
		text[i] = '\0';
	fresh();
	ok(bk_ring_put(ring, &in) && take(&e), "an event that is longer than a slot goes through");
	ok(e.path.len == 1024 && e.note.len == 256, "its texts are cut");
	ok(e.argv.cut && e.argv.count == (BK_SLOT_BYTES - 1024 - 256) / 2 && e.argv.size == e.argv.count * 2, "its arguments are whole ones, and marked");
	free(text);
}

static void order(void)
{
	unsigned wrong = 0, count = 0;
	bool in_order;

	fresh();
	for (uint32_t round = 0; round < 5 * BK_RING_SLOTS; round++) {
		uint32_t n = round % BK_RING_SLOTS + 1;

		for (uint32_t i = 0; i < n; i++)
			wrong += !put("/x", count + i);
		wrong += take_all(count, &in_order) != n || !in_order;
		count += n;
	}
	ok(!wrong && next == count, "%u events come in the order in which they went", count);
}

static void full(void)
{
	struct bk_event e;
	unsigned wrong = 0;
	bool in_order;

	fresh();
	for (uint32_t i = 0; i < BK_RING_SLOTS; i++)
		wrong += !put("/x", i);
	ok(!wrong && ring->lost == 0, "as many as there are slots find room");
	ok(!put("/lost", 99) && !put("/lost", 99) && ring->lost == 2, "further ones are counted");
	ok(take(&e) && e.pid == 0 && put("/x", BK_RING_SLOTS) && !put("/lost", 99) && ring->lost == 3, "one that was taken makes room for one");
	ok(take_all(1, &in_order) == BK_RING_SLOTS && in_order, "those that were there are whole and in order");
}

/* --- writers that do not finish -------------------------------------------------------------------------------------------------- */

/* What a writer does that is ended between its two steps. */
static struct bk_slot *begin(void)
{
	return &ring->slot[ring->head++ % BK_RING_SLOTS];
}

static void dead_writer(void)
{
	struct bk_event e;
	unsigned wrong = 0;
	bool in_order;

	fresh();
	put("/x", 0);
	begin();
	put("/x", 1);
	ok(take(&e) && e.pid == 0 && !take(&e) && stuck, "what was begun and not finished is waited for");
	ok(!take(&e) && stuck, "and again");
	ok(!bk_ring_take(ring, &next, &copy, &e, true, &stuck) && take(&e) && e.pid == 1 && !stuck, "given up, the next one comes");
	ok(!take(&e) && !stuck, "and no more");
	for (uint32_t round = 0; round < 3; round++) {
		for (uint32_t i = 0; i < BK_RING_SLOTS; i++)
			wrong += !put("/x", i);
		wrong += take_all(0, &in_order) != BK_RING_SLOTS || !in_order;
	}
	ok(!wrong, "its slot is used again");
	ok(!bk_ring_take(ring, &next, &copy, &e, true, &stuck) && !stuck && put("/x", 7) && take(&e) && e.pid == 7, "in an empty ring nothing is given up");
}

static void late_writer(void)
{
	struct bk_event e;
	unsigned wrong = 0;
	struct bk_slot *slot;
	uint32_t ticket;
	bool in_order;

	fresh();
	ticket = ring->head;
	slot = begin();
	take(&e);
	bk_ring_take(ring, &next, &copy, &e, true, &stuck);
	slot->turn = ticket + 1;	/* it finishes after all */
	for (uint32_t i = 1; i < BK_RING_SLOTS; i++)
		wrong += !put("/x", i);
	ok(!wrong && take_all(1, &in_order) == BK_RING_SLOTS - 1 && in_order, "a writer that was given up finishes: the others are not disturbed");
	for (uint32_t i = 0; i < BK_RING_SLOTS; i++)
		wrong += !put("/x", i);
	ok(!wrong && take_all(0, &in_order) == BK_RING_SLOTS && in_order, "and its slot is used again");
}

/* --- nothing is believed ----------------------------------------------------------------------------------------------------------- */

static bool inside(struct bk_text t)
{
	return t.len == 0 || (t.at >= copy.text && t.len <= BK_SLOT_BYTES && t.at + t.len <= copy.text + BK_SLOT_BYTES);
}

static bool sound(const struct bk_event *e)
{
	uint32_t ends = 0;

	for (uint32_t i = 0; e->argv.at && i < e->argv.size; i++)
		ends += !e->argv.at[i];
	return (unsigned)e->kind < BK_EVENTS && (unsigned)e->verdict <= BK_LEARNED && (unsigned)e->section <= BK_SECTIONS && inside(e->path) &&
	       inside(e->interpreter) && inside(e->parent) && inside(e->technique) && inside(e->note) && inside(e->address) && inside(e->domain) &&
	       inside((struct bk_text){ e->argv.at, e->argv.size }) && ends == e->argv.count && (!e->sha256 || e->sha256 == copy.sha256);
}

static void scribble(void *at, size_t size)
{
	for (size_t i = 0; i < size; i++)
		((unsigned char *)at)[i] = (unsigned char)(rand() >> 7);
}

static void hostile(void)
{
	unsigned wrong = 0, taken = 0, steps = 0;
	struct bk_event e;

	srand(1);
	for (int i = 0; i < 4000; i++) {
		fresh();
		put("/x", 1);
		scribble((char *)ring->slot + sizeof ring->slot->turn, sizeof(struct bk_slot) - sizeof ring->slot->turn);
		if (i % 2)
			memset(ring->slot->text, 0, BK_SLOT_BYTES);
		wrong += !take(&e) || !sound(&e);
	}
	ok(!wrong, "slots full of rubbish: nothing leads out of them");
	for (int i = 0; i < 300; i++) {
		fresh();
		next = (uint32_t)rand() * 5;
		scribble(ring, sizeof *ring);
		for (int k = 0; k < 100; k++, steps++) {
			uint32_t before = next;

			if (k % 3 == 0)
				ring->slot[next % BK_RING_SLOTS].turn = next + 1;
			bool there = bk_ring_take(ring, &next, &copy, &e, k % 2, &stuck);

			taken += there;
			wrong += (there && !sound(&e)) || next - before > 1;
		}
	}
	ok(!wrong && taken, "rings full of rubbish: %u looks, %u events, each look at most one step", steps, taken);
}

/* --- many writers ------------------------------------------------------------------------------------------------------------------ */

#define WRITERS 4u
#define EACH	20000u

static void *writer(void *who)
{
	uint32_t me = (uint32_t)(uintptr_t)who;
	char path[32];

	for (uint32_t i = 0; i < EACH; i++) {
		snprintf(path, sizeof path, "/writer/%u/%u", me, i);
		while (!put(path, me << 24 | i))
			sched_yield();
	}
	return NULL;
}

static void threads(void)
{
	pthread_t thread[WRITERS];
	uint32_t wanted[WRITERS] = { 0 }, count = 0, wrong = 0, idle = 0;
	struct bk_event e;
	char path[32];

	fresh();
	for (uint32_t i = 0; i < WRITERS; i++)
		pthread_create(&thread[i], NULL, writer, (void *)(uintptr_t)i);
	while (count < WRITERS * EACH && idle < 50000000) {
		if (!take(&e)) {
			idle++;
			sched_yield();
			continue;
		}
		uint32_t who = e.pid >> 24 & (WRITERS - 1);

		snprintf(path, sizeof path, "/writer/%u/%u", who, wanted[who]);
		wrong += e.pid != (who << 24 | wanted[who]) || !same(e.path, path);
		wanted[who]++;
		count++;
		idle = 0;
	}
	for (uint32_t i = 0; i < WRITERS; i++)
		pthread_join(thread[i], NULL);
	ok(!wrong && count == WRITERS * EACH && !take(&e), "%u writers and a reader: each event once, whole, each writer's in order", WRITERS);
}

int main(void)
{
	every_field();
	long_texts();
	order();
	full();
	dead_writer();
	late_writer();
	hostile();
	threads();
	free(ring);
	return tap_end();
}
