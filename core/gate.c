/* SPDX-License-Identifier: Apache-2.0 */
#include "core/gate.h"

void bk_ring_start(struct bk_ring *ring)
{
	for (uint32_t i = 0; i < BK_RING_SLOTS; i++)
		ring->slot[i].turn = i;
}

/* Appends as much of a text as there is room for; returns how much. */
static uint16_t add(struct bk_slot *slot, uint32_t *used, const char *at, uint32_t len, uint32_t most)
{
	uint32_t room = BK_SLOT_BYTES - *used, n = len < room ? len : room;

	n = n < most ? n : most;
	for (uint32_t i = 0; i < n; i++)
		slot->text[*used + i] = at[i];
	*used += n;
	return (uint16_t)n;
}

static void fill(struct bk_slot *slot, const struct bk_event *e)
{
	uint32_t used = 0;

	slot->kind = (uint8_t)e->kind;
	slot->verdict = (uint8_t)e->verdict;
	slot->section = (uint8_t)e->section;
	slot->reason = (uint8_t)e->reason;
	slot->rule = e->rule;
	slot->pid = e->pid;
	slot->ppid = e->ppid;
	slot->path = add(slot, &used, e->path.at, e->path.len, 1024);
	slot->interpreter = add(slot, &used, e->interpreter.at, e->interpreter.len, 256);
	slot->parent = add(slot, &used, e->parent.at, e->parent.len, 512);
	slot->note = 0;
	slot->technique = add(slot, &used, e->technique.at, e->technique.len, 32);
	slot->note = add(slot, &used, e->note.at, e->note.len, 256);
	slot->address = add(slot, &used, e->address.at, e->address.len, 64);
	slot->domain = add(slot, &used, e->domain.at, e->domain.len, 256);
	slot->argv = add(slot, &used, e->argv.at, e->argv.at ? e->argv.size : 0, BK_SLOT_BYTES);
	slot->argc = e->argv.at ? e->argv.count : 0;
	slot->cut = e->argv.cut;
	slot->port = (uint16_t)e->port;
	slot->hashed = e->sha256 != NULL;
	for (unsigned i = 0; i < 32 && e->sha256; i++)
		slot->sha256[i] = e->sha256[i];
}

bool bk_ring_put(struct bk_ring *ring, const struct bk_event *event)
{
	uint32_t ticket = __atomic_load_n(&ring->head, __ATOMIC_RELAXED);

	for (;;) {
		struct bk_slot *slot = &ring->slot[ticket % BK_RING_SLOTS];

		if (__atomic_load_n(&slot->turn, __ATOMIC_ACQUIRE) != ticket) {
			uint32_t now = __atomic_load_n(&ring->head, __ATOMIC_RELAXED);

			if (now == ticket) {
				__atomic_fetch_add(&ring->lost, 1, __ATOMIC_RELAXED);
				return false;
			}
			ticket = now;
			continue;
		}
		if (!__atomic_compare_exchange_n(&ring->head, &ticket, ticket + 1, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
			continue;
		fill(slot, event);
		__atomic_store_n(&slot->turn, ticket + 1, __ATOMIC_RELEASE);
		return true;
	}
}

static struct bk_text text(const struct bk_slot *slot, uint32_t *used, uint32_t len)
{
	struct bk_text t = { slot->text + *used, len };

	if (len > BK_SLOT_BYTES - *used)
		t.len = 0;
	*used += t.len;
	return t;
}

/* Whole arguments of what was copied; what was cut off in the middle is not one. */
static struct bk_args args(const struct bk_slot *slot, struct bk_text all)
{
	struct bk_args a = { all.at, 0, 0, slot->cut };

	for (uint32_t i = 0; i < all.len && a.count < slot->argc; i++)
		if (!all.at[i]) {
			a.count++;
			a.size = i + 1;
		}
	a.cut |= a.count < slot->argc;
	if (!a.count)
		a.at = NULL;
	return a;
}

static void read_slot(const struct bk_slot *s, struct bk_event *e)
{
	uint32_t used = 0;

	*e = (struct bk_event){
		.kind = s->kind < BK_EVENTS ? s->kind : BK_EVENT_SYSCALL,
		.verdict = s->verdict <= BK_LEARNED ? s->verdict : BK_DENIED,
		.section = s->section <= BK_SECTIONS ? s->section : BK_SECTIONS,
		.reason = s->reason <= BK_WHY_SECTION ? s->reason : BK_WHY_NO_RULE,
		.rule = s->rule, .pid = s->pid, .ppid = s->ppid, .port = s->port, .sha256 = s->hashed ? s->sha256 : NULL,
	};
	e->path = text(s, &used, s->path);
	e->interpreter = text(s, &used, s->interpreter);
	e->parent = text(s, &used, s->parent);
	e->technique = text(s, &used, s->technique);
	e->note = text(s, &used, s->note);
	e->address = text(s, &used, s->address);
	e->domain = text(s, &used, s->domain);
	e->argv = args(s, text(s, &used, s->argv));
}

bool bk_ring_take(struct bk_ring *ring, uint32_t *next, struct bk_slot *copy, struct bk_event *event, bool skip, bool *stuck)
{
	struct bk_slot *slot = &ring->slot[*next % BK_RING_SLOTS];
	uint32_t turn = __atomic_load_n(&slot->turn, __ATOMIC_ACQUIRE);
	bool there = turn == *next + 1, empty = __atomic_load_n(&ring->head, __ATOMIC_RELAXED) == *next;

	/* A writer that was given up has finished after all: its slot is not free for anybody until it is made so. */
	if (empty && turn != *next)
		__atomic_store_n(&slot->turn, *next, __ATOMIC_RELEASE);
	*stuck = !there && !empty;
	if (!there && !(*stuck && skip))
		return false;
	if (there) {
		__builtin_memcpy(copy, slot, sizeof *copy);
		read_slot(copy, event);
	}
	__atomic_store_n(&slot->turn, *next + BK_RING_SLOTS, __ATOMIC_RELEASE);
	(*next)++;
	return there;
}
