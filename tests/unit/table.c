/* SPDX-License-Identifier: Apache-2.0 */
/* Site tables: made, found again, compared with an object's bytes; and tables that are damaged, foreign or hostile. */
#include "gate/table.h"

#include <stdlib.h>

#include "base/base.h"
#include "tests/support/tap.h"

#define ENTRIES 64u
#define SITES   4096u

static struct bk_table_entry entries[ENTRIES];
static struct bk_table_site sites[SITES];
static uint64_t block[(sizeof(struct bk_table_header) + sizeof entries + sizeof sites) / 8 + 1];

static struct bk_table_maker maker(void)
{
	return (struct bk_table_maker){ .entry = entries, .site = sites, .entry_cap = ENTRIES, .site_cap = SITES };
}

static size_t write_table(const struct bk_table_maker *m, void *to)
{
	struct bk_table_header h = bk_table_header(m);
	char *at = to;

	memcpy(at, &h, sizeof h);
	memcpy(at + sizeof h, m->entry, m->entries * sizeof *m->entry);
	memcpy(at + sizeof h + m->entries * sizeof *m->entry, m->site, m->sites * sizeof *m->site);
	return h.size;
}

static struct bk_table_key key_of(unsigned i)
{
	struct bk_table_key key = { .kind = 1 + i % 3, .code = i * 7919u % 13, .id = { (uint8_t)(i * 31), (uint8_t)i } };

	return key;
}

/* --- entries ------------------------------------------------------------------------------------------------------------------ */

static void test_entries(void)
{
	struct bk_table_maker m = maker();
	struct bk_table_key key, none = { .kind = 2, .code = 99 };
	struct bk_table t;
	unsigned made = 0, found = 0;
	size_t size;

	for (unsigned i = 0; i < ENTRIES; i++) {
		key = key_of(i);
		made += bk_table_begin(&m, &key);
		for (unsigned n = 0; n < i % 4; n++)
			bk_table_put(&m, &(struct bk_site){ .address = i * 100 + n, .number = n ? n : UINT32_MAX, .form = BK_SITE_AFTER, .window = 8 });
	}
	ok(made == ENTRIES, "%u entries", made);
	key = key_of(ENTRIES);
	ok(!bk_table_begin(&m, &key), "no more than there is room for");
	size = write_table(&m, block);
	ok(bk_table_open(&t, block, size) && t.entries == ENTRIES, "the table opens");
	for (unsigned i = 0; i < ENTRIES; i++) {
		const struct bk_table_entry *e;
		struct bk_site s = { 0 };

		key = key_of(i);
		e = bk_table_find(&t, &key);
		if (e && e->count == i % 4 && (!e->count || (bk_table_get(&t, e, 0, &s) && s.address == i * 100 && s.number == UINT32_MAX &&
							     s.form == BK_SITE_AFTER && s.window == 8)))
			found++;
	}
	ok(found == ENTRIES, "each is found with its sites");
	ok(!bk_table_find(&t, &none), "what is not there is not found");
	ok(bk_table_may_hold(&t, 1, 0) && !bk_table_may_hold(&t, 3, 99), "by size of code");
}

static void test_maker(void)
{
	struct bk_table_maker m = maker();
	struct bk_table_key key = key_of(1), other = key_of(2);
	struct bk_table t;
	size_t size;

	ok(bk_table_begin(&m, &key) && !bk_table_begin(&m, &key), "an object has one entry");
	ok(bk_table_put(&m, &(struct bk_site){ .address = 5, .number = 0x1234 }), "a site");
	ok(!bk_table_put(&m, &(struct bk_site){ .address = 1ULL << 32 }), "no site above 4 GiB");
	ok(bk_table_begin(&m, &other) && bk_table_put(&m, &(struct bk_site){ .address = 9 }), "another");
	bk_table_drop(&m);
	ok(m.entries == 1 && m.sites == 1, "dropped again");
	size = write_table(&m, block);
	bk_table_open(&t, block, size);
	bk_table_begin(&m, &other);
	ok(bk_table_join(&m, &t) && m.entries == 2 && m.sites == 1, "what is there is not added again");
	m = maker();
	ok(bk_table_join(&m, &t) && m.entries == 1 && m.sites == 1 && sites[0].number == BK_TABLE_UNKNOWN, "joined");
}

/* --- damage -------------------------------------------------------------------------------------------------------------------- */

/* Whatever a table says, nothing outside of it is read (the sanitizer looks), and every number in it is bounded. */
static unsigned use(const void *at, size_t size)
{
	struct bk_table t;
	struct bk_site s;
	unsigned read = 0;

	if (!bk_table_open(&t, at, size))
		return 0;
	for (uint32_t i = 0; i < t.entries; i++) {
		const struct bk_table_entry *e = bk_table_find(&t, &t.entry[i].key);

		for (uint32_t n = 0; e && n < e->count; n++)
			read += bk_table_get(&t, e, n, &s);
	}
	return read + 1;
}

static void test_damage(void)
{
	struct bk_table_maker m = maker();
	struct bk_table_key key = key_of(3);
	unsigned opened = 0;
	size_t size;
	char *copy;

	bk_table_begin(&m, &key);
	bk_table_put(&m, &(struct bk_site){ .address = 5, .number = 1 });
	bk_table_put(&m, &(struct bk_site){ .address = 9, .number = 1 });
	size = write_table(&m, block);
	copy = malloc(size);
	memcpy(copy, block, size);
	ok(use(copy, size) == 3, "whole");
	for (size_t cut = 0; cut < size; cut++) {
		char *shorter = malloc(cut + 1);

		memcpy(shorter, block, cut);
		opened += use(shorter, cut) != 0;
		free(shorter);
	}
	ok(opened == 0, "no cut table opens");
	for (size_t bit = 0; bit < size * 8; bit++) {
		copy[bit / 8] ^= (char)(1 << bit % 8);
		use(copy, size);
		copy[bit / 8] ^= (char)(1 << bit % 8);
	}
	ok(true, "no flipped bit leads outside");
	for (size_t field = 8; field < 20; field += 4) {
		memset(copy + field, 0xff, 4);
		opened += use(copy, size) != 0;
		memcpy(copy + field, (char *)block + field, 4);
	}
	ok(opened == 0, "nor do the largest numbers");
	((struct bk_table_site *)(copy + size))[-1].address = 5;
	ok(use(copy, size) == 2, "a site must be behind the one before");
	ok(!bk_table_open(&(struct bk_table){ 0 }, copy + 1, size - 1), "it is aligned");
	free(copy);
}

/* --- objects ----------------------------------------------------------------------------------------------------------------------- */

static bool any(uint32_t number)
{
	(void)number;
	return true;
}

static void put(void *m, const struct bk_site *site)
{
	bk_table_put(m, site);
}

static void find_all(const struct bk_object *o, struct bk_table_maker *m)
{
	struct bk_sites counts;

	for (unsigned i = 0; i < o->count; i++)
		if (o->headers[i].p_type == PT_LOAD && o->headers[i].p_flags & PF_X)
			bk_sites_find(o, o->headers[i].p_vaddr, o->headers[i].p_vaddr + o->headers[i].p_filesz,
				      &(struct bk_finder){ any, put, NULL, m }, &counts);
}

/* Every byte of every window matters: the call itself, and what is in front of it or behind. */
static void test_object(const char *path)
{
	struct bk_buf file = { 0 };
	struct bk_table_maker m = maker();
	struct bk_table_key key, code;
	const struct bk_table_entry *e;
	struct bk_object o;
	struct bk_table t;
	struct bk_site s;
	unsigned noticed = 0;

	if (bk_read_file(path, 1u << 28, &file) < 0) {
		ok(0, "%s is there", path);
		return;
	}
	ok(bk_object_file(&o, file.at, file.len) && bk_key_of_notes(&o, &key), "%s has a build id", path);
	bk_key_of_code(&o, false, &code);
	ok(key.kind == BK_KEY_BUILD_ID && code.kind == BK_KEY_CODE && code.code == key.code && code.code, "and a key of its code");
	bk_table_begin(&m, &key);
	find_all(&o, &m);
	ok(m.sites > 20, "%u sites", m.sites);
	bk_table_open(&t, block, write_table(&m, block));
	e = bk_table_find(&t, &key);
	ok(e && bk_table_fits(&t, e, &o), "the table fits its object");
	for (uint32_t i = 0; e && i < e->count; i++) {
		uint8_t *at;

		bk_table_get(&t, e, i, &s);
		at = (uint8_t *)(uintptr_t)bk_object_at(&o, s.address, 2);
		at[1] ^= 1;
		noticed += !bk_table_fits(&t, e, &o);
		at[1] ^= 1;
	}
	ok(e && noticed == e->count, "a site that is no system call is noticed, each of %u", noticed);
	for (uint32_t i = 0; e && i < e->count; i++)
		sites[e->first + i].window++;
	bk_table_open(&t, block, write_table(&m, block));
	ok(!bk_table_fits(&t, bk_table_find(&t, &key), &o), "so is a wrong window");
	bk_buf_free(&file);
}

static void test_numbers(void)
{
	/* mov $2, %eax; syscall; ret; nop... */
	static const uint8_t text[32] = { 0xb8, 2, 0, 0, 0, 0x0f, 5, 0xc3, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0, 0x0f, 5, 0xc3, 0x90, 0x90, 0xc3, 0xcc };
	static const Elf64_Phdr p = { .p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_filesz = sizeof text, .p_memsz = sizeof text };
	struct bk_object o;

	bk_object_memory(&o, (uintptr_t)text, &p, 1);
	ok(bk_site_fits(&o, &(struct bk_site){ .address = 5, .number = 2, .form = BK_SITE_BEFORE, .window = 5 }), "the number that the code says");
	ok(!bk_site_fits(&o, &(struct bk_site){ .address = 5, .number = 39, .form = BK_SITE_BEFORE, .window = 5 }), "another");
	ok(!bk_site_fits(&o, &(struct bk_site){ .address = 5, .number = 2, .form = BK_SITE_BEFORE_2, .window = 5 }), "one instruction is not two");
	ok(!bk_site_fits(&o, &(struct bk_site){ .address = 5, .number = 2, .form = BK_SITE_BEFORE, .window = 200 }), "in front of the object");
	ok(!bk_site_fits(&o, &(struct bk_site){ .address = 5, .number = 2, .form = BK_SITE_AFTER, .window = 5 }), "a return does not move");
	ok(bk_site_fits(&o, &(struct bk_site){ .address = 5, .form = BK_SITE_HOLE, .hole = 1 }), "a hole in padding");
	ok(!bk_site_fits(&o, &(struct bk_site){ .address = 5, .form = BK_SITE_HOLE, .hole = 12 }), "a hole must be as long as a jump");
	ok(!bk_site_fits(&o, &(struct bk_site){ .address = 5, .form = BK_SITE_HOLE, .hole = 0 }), "and padding");
	ok(!bk_site_fits(&o, &(struct bk_site){ .address = 5, .form = BK_SITE_HOLE, .hole = -100 }), "and inside");
	ok(bk_site_fits(&o, &(struct bk_site){ .address = 16, .form = BK_SITE_NONE }), "none is no promise");
	ok(!bk_site_fits(&o, &(struct bk_site){ .address = 16, .form = 15 }), "an unknown form is");
}

#define NUMBER(bytes, site) bk_sites_number((const uint8_t *)(bytes), sizeof bytes - 1, site)
#define COPY "\x44\x89\xc0\x0f\5"		/* mov %r8d, %eax; syscall */

/* Where the number comes from another register. */
static void test_copies(void)
{
	ok(NUMBER("\x41\xb8\x3c\0\0\0\x31\xff" COPY "\xeb\xf9", 11) == 60, "set once, and a loop");
	ok(NUMBER("\x41\xb8\x3c\0\0\0\x44\x89\xc0\x31\xff\x0f\5\xeb\xf7", 11) == 60, "with something in between");
	ok(NUMBER(COPY "\xc3", 3) == UINT32_MAX, "the caller's");
	ok(NUMBER("\x85\xff\x74\6\x41\xb8\x3c\0\0\0" COPY "\xc3", 13) == UINT32_MAX, "on one way only");
	ok(NUMBER("\x41\xb8\2\0\0\0\x85\xff\x74\6\x41\xb8\x3c\0\0\0" COPY "\xc3", 19) == UINT32_MAX, "one or the other");
	ok(NUMBER("\x41\xb8\2\0\0\0\x41\xb8\x3c\0\0\0" COPY "\xc3", 15) == 60, "the last");
	ok(NUMBER("\x41\xb8\x3c\0\0\0\xe8\0\0\0\0" COPY "\xc3", 14) == UINT32_MAX, "behind a call");
	ok(NUMBER("\xbb\x3c\0\0\0\xe8\0\0\0\0\x89\xd8\x0f\5\xc3", 12) == 60, "in a register that calls keep");
	ok(NUMBER("\x41\xb8\x3c\0\0\0\x41\xff\xc0" COPY "\xc3", 12) == UINT32_MAX, "changed in between");
	ok(NUMBER("\x41\xb8\x3c\0\0\0\xeb\3" COPY "\xc3", 11) == UINT32_MAX, "with a way past the copy");
	ok(NUMBER("\x41\xb8\x3c\0\0\0\xc3" COPY "\xc3", 10) == UINT32_MAX, "where nothing leads");
	ok(NUMBER("\x41\xb8\x3c\0\0\0\xff\xe1" COPY "\xc3", 11) == 60, "where a switch may lead");
	ok(NUMBER("\xff\xe1\x41\xb8\x3c\0\0\0" COPY "\xc3", 11) == UINT32_MAX, "... from in front");
}

int main(void)
{
	test_copies();
	test_entries();
	test_maker();
	test_damage();
	test_object("/lib/x86_64-linux-gnu/libc.so.6");
	test_object("/lib64/ld-linux-x86-64.so.2");
	test_numbers();
	return tap_end();
}
