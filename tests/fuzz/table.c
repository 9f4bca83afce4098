/* SPDX-License-Identifier: Apache-2.0 */
/* A hostile site table, used on an object: nothing outside of either is read, and no site is believed that the object does not have. */
#include "gate/table.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t text[64] = {
	0xb8, 2, 0, 0, 0, 0x0f, 5, 0xc3, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0, 0x48, 0x89, 0xc8, 0x31, 0xc0, 0x90, 0x0f, 5, 0x48, 0x3d, 0, 0xf0, 0xff, 0xff, 0xc3,
};
static const Elf64_Phdr header = { .p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_vaddr = 0, .p_filesz = sizeof text, .p_memsz = sizeof text };

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void look(const struct bk_table *t, const struct bk_table_entry *e, const struct bk_object *o)
{
	struct bk_site s;

	bk_table_fits(t, e, o);
	for (uint32_t i = 0; i < e->count; i++)
		if (bk_table_get(t, e, i, &s) && bk_site_fits(o, &s))
			require(s.address == 5 || s.address == 22);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct bk_table_entry entries[16];
	static struct bk_table_site sites[64];
	struct bk_table_maker m = { .entry = entries, .site = sites, .entry_cap = 16, .site_cap = 64 };
	struct bk_object o;
	struct bk_table t;

	if (!bk_table_open(&t, data, size) || !bk_object_memory(&o, (uintptr_t)text, &header, 1))
		return 0;
	for (uint32_t i = 0; i < t.entries && i < 256; i++) {
		const struct bk_table_entry *e = bk_table_find(&t, &t.entry[i].key);

		bk_table_may_hold(&t, t.entry[i].key.kind, t.entry[i].key.code);
		if (e && e->count < 4096)
			look(&t, e, &o);
	}
	if (bk_table_join(&m, &t))
		require(m.entries <= t.entries);
	return 0;
}
