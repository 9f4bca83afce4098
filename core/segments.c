/* SPDX-License-Identifier: Apache-2.0 */
#include "core/segments.h"
#if __STDC_HOSTED__
#include <elf.h>
#else
#include <linux/elf.h>
#endif

#define LOWEST 65536u			/* the kernel's own limit (vm.mmap_min_addr) */

static uint64_t down(uint64_t address)
{
	return address & ~(uint64_t)(BK_SEGMENT_PAGE - 1);
}

static uint64_t up(uint64_t address)
{
	return down(address + BK_SEGMENT_PAGE - 1);
}

static bool is_program(const Elf64_Ehdr *e)
{
	if (e->e_ident[4] != ELFCLASS64 || e->e_ident[5] != ELFDATA2LSB)
		return false;
	return e->e_machine == EM_X86_64 && (e->e_type == ET_EXEC || e->e_type == ET_DYN) && e->e_phentsize == sizeof(Elf64_Phdr);
}

static Elf64_Phdr header(const Elf64_Ehdr *e, unsigned i)
{
	Elf64_Phdr p;

	__builtin_memcpy(&p, (const char *)e + e->e_phoff + i * sizeof p, sizeof p);
	return p;
}

static bool has(const Elf64_Ehdr *e, uint32_t type)
{
	for (unsigned i = 0; i < e->e_phnum; i++)
		if (header(e, i).p_type == type)
			return true;
	return false;
}

static bool add(struct bk_segments *s, const Elf64_Phdr *p)
{
	if (p->p_filesz > p->p_memsz || p->p_vaddr > BK_SEGMENT_TOP || p->p_memsz > BK_SEGMENT_TOP - p->p_vaddr)
		return false;
	if ((p->p_vaddr ^ p->p_offset) & (BK_SEGMENT_PAGE - 1) || p->p_offset > BK_SEGMENT_TOP || p->p_filesz > BK_SEGMENT_TOP - p->p_offset)
		return false;
	if ((p->p_flags & (PF_W | PF_X)) == (PF_W | PF_X) || s->count == BK_SEGMENTS)
		return false;
	if (s->count && down(p->p_vaddr) < s->high)
		return false;
	if (!s->count)
		s->low = down(p->p_vaddr);
	s->high = up(p->p_vaddr + p->p_memsz);
	s->at[s->count++] = (struct bk_segment){
		p->p_vaddr, p->p_offset, p->p_filesz, p->p_memsz, (p->p_flags & PF_W) != 0, (p->p_flags & PF_X) != 0,
	};
	return true;
}

static bool add_all(struct bk_segments *s, const Elf64_Ehdr *e)
{
	for (unsigned i = 0; i < e->e_phnum; i++) {
		Elf64_Phdr p = header(e, i);

		if (p.p_type == PT_GNU_STACK && p.p_flags & PF_X)
			return false;
		if (p.p_type == PT_LOAD && p.p_memsz && !add(s, &p))
			return false;
	}
	return s->count && (s->moves || s->low >= LOWEST);
}

/* The program finds its own headers through the auxiliary vector: they must be in what is loaded. */
static bool find_headers(struct bk_segments *s, const Elf64_Ehdr *e)
{
	uint64_t size = e->e_phnum * sizeof(Elf64_Phdr);

	for (unsigned i = 0; i < s->count; i++) {
		const struct bk_segment *g = &s->at[i];

		if (e->e_phoff < g->offset || e->e_phoff - g->offset > g->file || size > g->file - (e->e_phoff - g->offset))
			continue;
		s->headers = g->address + (e->e_phoff - g->offset);
		s->header_count = e->e_phnum;
		return true;
	}
	return false;
}

static bool find_entry(struct bk_segments *s, const Elf64_Ehdr *e)
{
	s->entry = e->e_entry;
	for (unsigned i = 0; i < s->count; i++)
		if (s->at[i].execute && e->e_entry >= s->at[i].address && e->e_entry - s->at[i].address < s->at[i].file)
			return true;
	return false;
}

enum bk_image_kind bk_segments_read(struct bk_segments *s, const void *file, size_t size)
{
	const Elf64_Ehdr *e = file;

	if (size < sizeof *e || __builtin_memcmp(e->e_ident, "\177ELF", 4) != 0)
		return BK_IMAGE_OTHER;
	if (!is_program(e))
		return BK_IMAGE_STRANGE;
	if (e->e_phoff > size || e->e_phnum * sizeof(Elf64_Phdr) > size - e->e_phoff)
		return BK_IMAGE_CUT;
	if (has(e, PT_INTERP))
		return BK_IMAGE_DYNAMIC;
	*s = (struct bk_segments){ .moves = e->e_type == ET_DYN };
	return add_all(s, e) && find_headers(s, e) && find_entry(s, e) ? BK_IMAGE_STATIC : BK_IMAGE_STRANGE;
}

uint64_t bk_segments_gather(void *file)
{
	Elf64_Ehdr *e = file;
	uint64_t offset = e->e_phoff;

	_Static_assert(sizeof *e == BK_SEGMENT_HEAD, "elf(5)");
	e->e_phoff = sizeof *e;
	return offset;
}
