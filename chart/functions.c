/* SPDX-License-Identifier: Apache-2.0 */
/* Where functions start, as the object itself says it. */
#include "chart/chart.h"

#include <gelf.h>
#include <stdlib.h>
#include <string.h>

#include "gate/extent.h"

#define MOST BK_GO_MOST			/* functions of one object */

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

/* --- sections ------------------------------------------------------------------------------------------------------------------ */

static void from_frames(struct bk_functions *f, const struct bk_object *o, const GElf_Shdr *head)
{
	struct bk_frames frames = { bk_object_at(o, head->sh_addr, head->sh_size), head->sh_size, head->sh_addr };
	uint64_t offset = 0;
	struct bk_extent e;

	while (frames.at && bk_frames_next(&frames, &offset, &e))
		bk_functions_add(f, e.start, e.end);
}

static void from_go(struct bk_functions *f, const struct bk_object *o, const GElf_Shdr *head, uint64_t text)
{
	const uint8_t *at = bk_object_at(o, head->sh_addr, head->sh_size);
	struct bk_go_functions g;

	if (!at || !bk_go_functions(&g, at, head->sh_size, text))
		return;
	for (uint32_t i = 0; i < g.count; i++) {
		struct bk_extent e = bk_go_function(&g, i);

		bk_functions_add(f, e.start, e.end);
	}
}

/* --- all -------------------------------------------------------------------------------------------------------------------------------------- */

static void from_section(struct bk_functions *f, const struct bk_object *o, Elf *elf, Elf_Scn *section, size_t names, uint64_t *text)
{
	GElf_Shdr head;
	const char *name;

	if (!gelf_getshdr(section, &head))
		return;
	name = elf_strptr(elf, names, head.sh_name);
	if (head.sh_type == SHT_SYMTAB || head.sh_type == SHT_DYNSYM)
		from_symbols(f, o, section, &head);
	else if (name && strcmp(name, ".text") == 0)
		*text = head.sh_addr;
	else if (name && strcmp(name, ".eh_frame") == 0)
		from_frames(f, o, &head);
	else if (name && (strcmp(name, ".gopclntab") == 0 || strcmp(name, ".data.rel.ro.gopclntab") == 0))
		from_go(f, o, &head, *text);
}

void bk_functions_find(struct bk_functions *f, const struct bk_object *o, const void *file, size_t size)
{
	const Elf64_Ehdr *e = file;
	Elf_Scn *section = NULL;
	size_t names = 0;
	uint64_t text = 0;
	Elf *elf;

	if (bk_object_at(o, e->e_entry, 1))
		bk_functions_add(f, e->e_entry, 0);
	elf_version(EV_CURRENT);
	elf = elf_memory((char *)(uintptr_t)file, size);
	if (elf && elf_getshdrstrndx(elf, &names) == 0)
		while ((section = elf_nextscn(elf, section)) != NULL)
			from_section(f, o, elf, section, names, &text);
	elf_end(elf);
	bk_functions_sort(f);
}
