/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ring whose next slot holds the input, as a hostile process may have written it: what the shim takes out of it leads nowhere outside its
 * copy, and becomes one line.  The first byte says which slot is next and whether the slot's turn is made right.
 */
#include "core/gate.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct bk_ring ring;
static struct bk_slot copy;
static char line[BK_LINE_MAX];

static void must(int condition)
{
	if (!condition)
		abort();
}

static void inside(const char *at, uint32_t len)
{
	must(!len || (at >= copy.text && len <= BK_SLOT_BYTES && at + len <= copy.text + BK_SLOT_BYTES));
}

static void check(const struct bk_event *e)
{
	const struct bk_text *texts[] = { &e->path, &e->interpreter, &e->parent, &e->technique, &e->note, &e->address, &e->domain };
	uint32_t ends = 0, n;

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		inside(texts[i]->at, texts[i]->len);
	inside(e->argv.at, e->argv.size);
	for (uint32_t i = 0; e->argv.at && i < e->argv.size; i++)
		ends += !e->argv.at[i];
	must(ends == e->argv.count);
	n = bk_record_line(e, BK_FORM_LAMBDA, line, sizeof line);
	must(n && n <= sizeof line && line[n - 1] == '\n' && !memchr(line, '\n', n - 1));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t next = size ? data[0] & 0x7f : 0, before = next;
	struct bk_slot *slot = &ring.slot[next % BK_RING_SLOTS];
	struct bk_event e;
	bool stuck;

	if (!size || size - 1 > sizeof *slot)
		return 0;
	memset(&ring, 0, sizeof ring);
	bk_ring_start(&ring);
	memcpy(slot, data + 1, size - 1);
	ring.head = next + 1;
	if (!(data[0] & 0x80))
		slot->turn = next + 1;
	if (bk_ring_take(&ring, &next, &copy, &e, false, &stuck))
		check(&e);
	must(next - before <= 1);
	if (stuck)
		must(!bk_ring_take(&ring, &next, &copy, &e, true, &stuck) && next == before + 1);
	return 0;
}
