/* SPDX-License-Identifier: Apache-2.0 */
/* Where functions start, as the object itself says it. */
#include "chart/chart.h"

#include <gelf.h>
#include <stdlib.h>
#include <string.h>

#define MOST (1u << 22)			/* functions of one object */

void bk_functions_add(struct bk_functions *f, uint64_t start, uint64_t end)
{
	if (f->count == MOST)
		return;
	f->at = bk_grow(f->at, &f->cap, f->count + 1, sizeof *f->at);
	f->at[f->count++] = (struct bk_function){ start, end > start ? end : 0 };
}

/* By start; of the same start the longest first. */
static int order(const void *a, const void *b)
{
	const struct bk_function *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->end == y->end ? 0 : x->end > y->end ? -1 : 1;
}

void bk_functions_sort(struct bk_functions *f)
{
	size_t kept = 0;

	if (f->count)
		qsort(f->at, f->count, sizeof *f->at, order);
	for (size_t i = 0; i < f->count; i++)
		if (!kept || f->at[i].start != f->at[kept - 1].start)
			f->at[kept++] = f->at[i];
	f->count = kept;
}

/* --- symbols ------------------------------------------------------------------------------------------------------------------- */

static void from_symbols(struct bk_functions *f, const struct bk_object *o, Elf_Scn *section, const GElf_Shdr *head)
{
	Elf_Data *data = elf_getdata(section, NULL);
	GElf_Sym s;

	for (uint64_t i = 0; data && i < head->sh_size / sizeof(Elf64_Sym) && gelf_getsym(data, (int)i, &s); i++) {
		unsigned type = GELF_ST_TYPE(s.st_info);

		if ((type != STT_FUNC && type != STT_GNU_IFUNC) || s.st_shndx == SHN_UNDEF || !bk_object_at(o, s.st_value, 1))
			continue;
		bk_functions_add(f, s.st_value, s.st_value + s.st_size);
	}
}

/* --- frame descriptions (.eh_frame: Linux Standard Base, "Exception Frames"; DWARF 4, 6.4) --------------------------------------------- */

struct reader {
	const uint8_t *at, *end;
};

static uint32_t word(struct reader *r)
{
	uint32_t value = 0;

	if (r->end - r->at >= 4) {
		memcpy(&value, r->at, 4);
		r->at += 4;
	} else {
		r->at = r->end;
	}
	return value;
}

static uint8_t byte(struct reader *r)
{
	return r->at < r->end ? *r->at++ : 0;
}

static void skip_leb(struct reader *r)
{
	while (byte(r) & 0x80)
		;
}

/* True where the functions of this common part begin with a four-byte offset from where it stands, and at their first byte. */
static bool is_plain(struct reader r)
{
	const char *augmentation;
	uint8_t version = byte(&r);
	bool plain = false;

	augmentation = (const char *)r.at;
	while (byte(&r))
		;
	if ((version != 1 && version != 3) || r.at == r.end || *augmentation != 'z')
		return false;
	skip_leb(&r);
	skip_leb(&r);
	skip_leb(&r);
	skip_leb(&r);			/* factors, register, length of what follows */
	for (const char *c = augmentation + 1; *c; c++) {
		uint8_t encoding = *c == 'R' || *c == 'P' || *c == 'L' ? byte(&r) : 0;

		if (*c == 'S')
			return false;	/* a signal's: said to begin one byte early */
		if (*c == 'R')
			plain = encoding == 0x1b;
		if (*c == 'P')
			r.at += r.end - r.at >= 4 && (encoding & 0xf) == 0xb ? 4 : r.end - r.at;
	}
	return plain;
}

static bool common_is_plain(const uint8_t *first, const uint8_t *end, const uint8_t *pointer, uint32_t distance)
{
	struct reader r;
	uint32_t length;

	if (distance > (uint64_t)(pointer - first) || end - (pointer - distance) < 9)
		return false;
	r = (struct reader){ pointer - distance, end };
	length = word(&r);
	if (length < 9 || length > (uint64_t)(end - r.at) || word(&r) != 0)
		return false;
	r.end = r.at + length - 4;
	return is_plain(r);
}

static void from_frames(struct bk_functions *f, const struct bk_object *o, const GElf_Shdr *head)
{
	const uint8_t *first = bk_object_at(o, head->sh_addr, head->sh_size), *end = first ? first + head->sh_size : NULL;

	for (const uint8_t *at = first; at && end - at >= 16; ) {
		struct reader r = { at, end };
		uint32_t length = word(&r), distance;
		const uint8_t *pointer = r.at;

		if (length < 12 || length > (uint64_t)(end - r.at))
			return;
		at = r.at + length;
		distance = word(&r);
		if (distance && common_is_plain(first, end, pointer, distance)) {
			uint64_t start = head->sh_addr + (uint64_t)(r.at - first);

			start += (uint64_t)(int64_t)(int32_t)word(&r);
			bk_functions_add(f, start, start + word(&r));
		}
	}
}

/* --- Go (runtime/symtab.go, debug/gosym/pclntab.go) ------------------------------------------------------------------------------------- */

static uint64_t long_at(const uint8_t *at, size_t offset)
{
	uint64_t value;

	memcpy(&value, at + offset, sizeof value);
	return value;
}

/* Rows of two words, the first of which is where the function begins; one row more says where the last ends. */
static void from_rows(struct bk_functions *f, const uint8_t *row, uint64_t rows, unsigned width, uint64_t text)
{
	for (uint64_t i = 0; i < rows; i++, row += 2 * width) {
		uint64_t start = 0, end = 0;

		memcpy(&start, row, width);
		memcpy(&end, row + 2 * width, width);
		bk_functions_add(f, text + start, text + end);
	}
}

static void from_go(struct bk_functions *f, const struct bk_object *o, const GElf_Shdr *head)
{
	const uint8_t *at = bk_object_at(o, head->sh_addr, head->sh_size);
	uint64_t rows, table, text = 0;
	unsigned width = 4;
	uint32_t magic;

	if (!at || head->sh_size < 72 || at[7] != 8)
		return;
	memcpy(&magic, at, 4);
	rows = long_at(at, 8);
	if (magic == 0xfffffffa) {		/* Go 1.16 */
		width = 8;
		table = long_at(at, 56);
	} else if (magic == 0xfffffff0 || magic == 0xfffffff1) {	/* 1.18, 1.20 */
		text = long_at(at, 24);
		table = long_at(at, 64);
	} else {
		return;
	}
	if (table <= head->sh_size && rows < MOST && (2 * rows + 1) * width <= head->sh_size - table)
		from_rows(f, at + table, rows, width, text);
}

/* --- all -------------------------------------------------------------------------------------------------------------------------------------- */

static void from_section(struct bk_functions *f, const struct bk_object *o, Elf *elf, Elf_Scn *section, size_t names)
{
	GElf_Shdr head;
	const char *name;

	if (!gelf_getshdr(section, &head))
		return;
	name = elf_strptr(elf, names, head.sh_name);
	if (head.sh_type == SHT_SYMTAB || head.sh_type == SHT_DYNSYM)
		from_symbols(f, o, section, &head);
	else if (name && strcmp(name, ".eh_frame") == 0)
		from_frames(f, o, &head);
	else if (name && (strcmp(name, ".gopclntab") == 0 || strcmp(name, ".data.rel.ro.gopclntab") == 0))
		from_go(f, o, &head);
}

void bk_functions_find(struct bk_functions *f, const struct bk_object *o, const void *file, size_t size)
{
	const Elf64_Ehdr *e = file;
	Elf_Scn *section = NULL;
	size_t names = 0;
	Elf *elf;

	if (bk_object_at(o, e->e_entry, 1))
		bk_functions_add(f, e->e_entry, 0);
	elf_version(EV_CURRENT);
	elf = elf_memory((char *)(uintptr_t)file, size);
	if (elf && elf_getshdrstrndx(elf, &names) == 0)
		while ((section = elf_nextscn(elf, section)) != NULL)
			from_section(f, o, elf, section, names);
	elf_end(elf);
	bk_functions_sort(f);
}
