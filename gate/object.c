/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/object.h"

static uint32_t word(const uint8_t *at)
{
	uint32_t value;

	__builtin_memcpy(&value, at, sizeof value);
	return value;
}

static void find_frames(struct bk_object *o)
{
	for (unsigned i = 0; i < o->count; i++)
		if (o->headers[i].p_type == PT_GNU_EH_FRAME) {
			o->frames = o->headers[i].p_vaddr;
			o->frames_size = o->headers[i].p_memsz;
		}
}

bool bk_object_memory(struct bk_object *o, uintptr_t bias, const Elf64_Phdr *headers, unsigned count)
{
	*o = (struct bk_object){ .base = (const uint8_t *)bias, .headers = headers, .count = count };
	if (count > BK_OBJECT_HEADERS)
		return false;
	find_frames(o);
	return true;
}

/* Segments as the specification has them, ascending; where two overlap, a file would give other bytes than memory. */
static bool in_order(const struct bk_object *o)
{
	uint64_t end = 0;

	for (unsigned i = 0; i < o->count; i++) {
		const Elf64_Phdr *p = &o->headers[i];

		if (p->p_type != PT_LOAD)
			continue;
		if (p->p_vaddr < end || p->p_filesz > UINT64_MAX - p->p_vaddr)
			return false;
		end = p->p_vaddr + p->p_filesz;
	}
	return true;
}

bool bk_object_file(struct bk_object *o, const void *file, size_t size)
{
	const Elf64_Ehdr *e = file;

	*o = (struct bk_object){ .base = file, .size = size };
	if (size < sizeof *e || word(file) != 0x464c457f || e->e_ident[4] != ELFCLASS64 || e->e_ident[5] != ELFDATA2LSB)
		return false;
	if (e->e_machine != EM_X86_64 || (e->e_type != ET_EXEC && e->e_type != ET_DYN) || e->e_phentsize != sizeof(Elf64_Phdr))
		return false;
	if (e->e_phoff % 8 || e->e_phoff > size || e->e_phnum > BK_OBJECT_HEADERS || e->e_phnum * sizeof(Elf64_Phdr) > size - e->e_phoff)
		return false;
	o->headers = (const Elf64_Phdr *)(o->base + e->e_phoff);
	o->count = e->e_phnum;
	find_frames(o);
	return in_order(o);
}

static bool covers(const struct bk_object *o, const Elf64_Phdr *p, uint64_t address, size_t bytes)
{
	uint64_t offset = address - p->p_vaddr;

	if (p->p_type != PT_LOAD || address < p->p_vaddr || offset > p->p_filesz || bytes > p->p_filesz - offset)
		return false;
	return !o->size || (p->p_offset <= o->size && offset <= o->size - p->p_offset && bytes <= o->size - p->p_offset - offset);
}

const uint8_t *bk_object_at(const struct bk_object *o, uint64_t address, size_t bytes)
{
	for (unsigned i = 0; i < o->count; i++) {
		const Elf64_Phdr *p = &o->headers[i];

		if (covers(o, p, address, bytes))
			return o->size ? o->base + p->p_offset + (address - p->p_vaddr) : (const uint8_t *)((uintptr_t)o->base + address);
	}
	return NULL;
}

/* Row `i` of the table: start of a function and its description, both relative to the table's section. */
static uint64_t row(const struct bk_object *o, const uint8_t *table, uint32_t i, bool description)
{
	return o->frames + (uint64_t)(int64_t)(int32_t)word(table + 8 * (size_t)i + 4 * description);
}

static bool last_not_above(const struct bk_object *o, const uint8_t *table, uint32_t count, uint64_t address, uint32_t *found)
{
	uint32_t low = 0, high = count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (row(o, table, middle, false) <= address)
			low = middle + 1;
		else
			high = middle;
	}
	*found = low - 1;
	return low > 0;
}

/* A signal frame ('S' in the augmentation of what the description shares) is said to begin one byte before its code. */
static bool is_signal_frame(const struct bk_object *o, uint64_t description, uint32_t distance)
{
	uint64_t at = description + 4 - distance + 9;	/* length, id, version: then the augmentation */
	const uint8_t *c;

	for (int i = 0; i < 8; i++) {
		c = bk_object_at(o, at + (uint64_t)i, 1);
		if (!c || *c == 'S')
			return true;
		if (!*c)
			return false;
	}
	return true;
}

bool bk_object_function(const struct bk_object *o, uint64_t address, uint64_t *start, uint64_t *end)
{
	const uint8_t *head = o->frames ? bk_object_at(o, o->frames, 12) : NULL, *table, *description;
	uint64_t where;
	uint32_t count, i;

	if (!head || head[0] != 1 || head[1] != 0x1b || head[2] != 0x03 || head[3] != 0x3b)
		return false;
	count = word(head + 8);
	table = count <= 1u << 24 ? bk_object_at(o, o->frames + 12, 8 * (size_t)count) : NULL;
	if (!table || !last_not_above(o, table, count, address, &i))
		return false;
	*start = row(o, table, i, false);
	where = row(o, table, i, true);
	description = bk_object_at(o, where, 16);
	if (!description || word(description) == 0xffffffff || word(description) < 12)
		return false;
	if (where + 8 + (uint64_t)(int64_t)(int32_t)word(description + 8) != *start)
		return false;
	if (is_signal_frame(o, where, word(description + 4)))
		return false;
	*end = *start + word(description + 12);
	return address >= *start && address < *end;
}

/* --- sections ------------------------------------------------------------------------------------------------------------------ */

static bool is_called(const struct bk_object *o, const Elf64_Shdr *names, uint32_t name, const char *wanted)
{
	const char *at = (const char *)o->base + names->sh_offset;
	uint64_t i = name;

	for (; i < names->sh_size && *wanted && at[i] == *wanted; i++)
		wanted++;
	return i < names->sh_size && !at[i] && !*wanted;
}

static bool in_file(const struct bk_object *o, const Elf64_Shdr *s)
{
	return s->sh_type != SHT_NOBITS && s->sh_offset <= o->size && s->sh_size <= o->size - s->sh_offset;
}

static void look_at_section(struct bk_object *o, const Elf64_Shdr *names, const Elf64_Shdr *s, uint64_t *text)
{
	const uint8_t *at = in_file(o, s) ? o->base + s->sh_offset : NULL;

	if (!at || bk_object_at(o, s->sh_addr, s->sh_size) != at)
		return;
	if (is_called(o, names, s->sh_name, ".text"))
		*text = s->sh_addr;
	else if (!o->frames && is_called(o, names, s->sh_name, ".eh_frame"))
		o->unsorted = (struct bk_frames){ at, s->sh_size, s->sh_addr };
	else if (is_called(o, names, s->sh_name, ".gopclntab") || is_called(o, names, s->sh_name, ".data.rel.ro.gopclntab"))
		bk_go_functions(&o->go, at, s->sh_size, *text);	/* .text comes before */
}

void bk_object_sections(struct bk_object *o)
{
	const Elf64_Ehdr *e = (const Elf64_Ehdr *)o->base;
	Elf64_Shdr names, s;
	uint64_t text = 0;

	if (e->e_shentsize != sizeof s || e->e_shstrndx >= e->e_shnum)
		return;
	if (e->e_shoff > o->size || e->e_shnum * sizeof s > o->size - e->e_shoff)
		return;
	__builtin_memcpy(&names, o->base + e->e_shoff + e->e_shstrndx * sizeof s, sizeof s);
	for (unsigned i = 0; i < e->e_shnum && in_file(o, &names); i++) {
		__builtin_memcpy(&s, o->base + e->e_shoff + i * sizeof s, sizeof s);
		look_at_section(o, &names, &s, &text);
	}
}

/* From *cursor to the end, then from the beginning: sites ascend, and so do most descriptions. */
static bool in_unsorted(const struct bk_frames *f, uint64_t *cursor, uint64_t address, struct bk_extent *e)
{
	uint64_t first = *cursor, at = first;

	for (int round = 0; round < 2; round++, at = 0)
		for (*cursor = at; bk_frames_next(f, &at, e) && !(round && *cursor >= first); *cursor = at)
			if (address >= e->start && address < e->end)
				return true;
	*cursor = first;
	return false;
}

bool bk_object_function_near(const struct bk_object *o, uint64_t *cursor, uint64_t address, uint64_t *start, uint64_t *end)
{
	struct bk_extent e;

	if (o->frames && bk_object_function(o, address, start, end))
		return true;
	if (!(o->go.row && bk_go_find(&o->go, address, &e)) && !(o->unsorted.at && in_unsorted(&o->unsorted, cursor, address, &e)))
		return false;
	*start = e.start;
	*end = e.end;
	return true;
}
