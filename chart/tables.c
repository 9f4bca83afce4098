/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of whole objects.  What the gate's own finder says of a chart is kept where Capstone, and what jumps there, do not contradict. */
#include "chart/chart.h"

#include <capstone/capstone.h>
#include <errno.h>
#include <gelf.h>
#include <linux/audit.h>
#include <stdlib.h>
#include <string.h>
#include "core/filter.h"
#include "core/sha256.h"

#define HOLES 128			/* bytes that a jump of two bytes reaches */

struct adding {
	struct bk_chart chart;
	struct bk_table_maker *maker;
	struct bk_charted *what;
	uint64_t *hole;			/* those that are taken */
	size_t holes, hole_cap;
	csh capstone;
	cs_insn *insn;
	uint32_t others;		/* not covered, and of no interest */
	bool full;
};

static bool any(uint32_t number)
{
	(void)number;
	return true;
}

/* Calls that some policy looks at: those of the filter's table (core/filter_table.h) but clone(2), and what else the gate looks at (gate/hooks.c). */
static bool matters(uint32_t number)
{
	static const uint16_t own[] = { 11 /* munmap */, 25 /* mremap */, 52 /* getpeername */, 299 /* recvmmsg */ };

	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		if (number == own[i])
			return true;
	return number == UINT32_MAX || (number != 56 /* clone */ && bk_filter_lookup(AUDIT_ARCH_X86_64, number).row);
}

/* --- second opinions ------------------------------------------------------------------------------------------------------------ */

/* Decodes the function up to the site; what this Capstone does not know is left to the other decoder, which says the length. */
static bool confirmed(struct adding *a, uint64_t start, uint64_t site)
{
	const uint8_t *code = bk_object_at(a->chart.object, start, (size_t)(site + 2 - start));
	size_t left = (size_t)(site + 2 - start);
	uint64_t at = start;

	while (code && left && cs_disasm_iter(a->capstone, &code, &left, &at, a->insn))
		if (a->insn->address == site)
			return a->insn->id == X86_INS_SYSCALL;
	return code && at < site;
}

static void window_of(const struct bk_site *s, uint64_t *low, uint64_t *high)
{
	bool before = s->form == BK_SITE_BEFORE || s->form == BK_SITE_BEFORE_2;

	*low = before ? s->address - s->window : s->address;
	*high = before ? s->address + 1 : s->address + (s->form == BK_SITE_AFTER ? s->window : 2);
}

static bool contradicted(struct adding *a, const struct bk_site *s)
{
	uint64_t low, high;

	window_of(s, &low, &high);
	return bk_chart_target(&a->chart, low, high) || bk_chart_doubted(&a->chart, low);
}

/* --- holes --------------------------------------------------------------------------------------------------------------------------- */

static bool is_taken(const struct adding *a, uint64_t address)
{
	for (size_t i = 0; i < a->holes; i++)
		if (a->hole[i] == address)
			return true;
	return false;
}

static bool find_hole(struct adding *a, struct bk_site *s)
{
	for (int far = -HOLES; far < HOLES; far++) {
		uint64_t address = s->address + 2 + (uint64_t)(int64_t)far;

		if (is_taken(a, address) || !bk_chart_hole(&a->chart, address))
			continue;
		s->form = BK_SITE_HOLE;
		s->window = 2;
		s->hole = (int8_t)far;
		if (!bk_site_fits(a->chart.object, s))
			continue;
		a->hole = bk_grow(a->hole, &a->hole_cap, a->holes + 1, sizeof *a->hole);
		a->hole[a->holes++] = address;
		return true;
	}
	return false;
}

/* --- one object ------------------------------------------------------------------------------------------------------------------------ */

static void put(struct adding *a, const struct bk_site *s)
{
	struct bk_table_maker *m = a->maker;
	size_t cap = m->site_cap;

	m->site = bk_grow(m->site, &cap, m->sites + 1, sizeof *m->site);
	m->site_cap = (uint32_t)cap;
	a->full |= !bk_table_put(m, s);
}

/* The finder has asked that of less code, and only where it found no form itself. */
static uint32_t number_of(const struct adding *a, uint64_t address)
{
	uint64_t start, end;

	if (!bk_chart_around(&a->chart, address, &start, &end))
		return UINT32_MAX;
	return bk_number_at(bk_object_at(a->chart.object, start, (size_t)(end - start)), (uint32_t)(end - start), (uint32_t)(address - start), false);
}

static void found(void *context, const struct bk_site *site)
{
	struct adding *a = context;
	struct bk_site s = *site;
	uint64_t start, end;

	if (!bk_chart_function(&a->chart, s.address, &start, &end) || !confirmed(a, start, s.address)) {
		a->what->uncovered++;
		return;
	}
	a->what->sites++;
	if (s.own)
		return;
	if (s.form != BK_SITE_NONE && contradicted(a, &s))
		s.form = BK_SITE_NONE;
	if (s.form == BK_SITE_NONE && s.number == UINT32_MAX)
		s.number = number_of(a, s.address);
	if (s.form == BK_SITE_NONE) {
		s.window = 0;
		if (matters(s.number) && !find_hole(a, &s)) {
			s.form = BK_SITE_NONE;
			s.window = 0;
			a->what->unroutable++;
		}
	}
	put(a, &s);
}

/* As the gate itself (gate/sites.c): where a number stands right in front and nobody wants it, nothing has to be known. */
static bool surely_other(const struct bk_object *o, uint64_t address)
{
	const uint8_t *code = address >= 7 ? bk_object_at(o, address - 7, 7) : NULL;
	uint32_t number;

	if (!code || (code[2] != 0xb8 && memcmp(code, "\x48\xc7\xc0", 3) != 0))
		return false;
	memcpy(&number, code + 3, 4);
	return number <= 0xffff && !matters(number);
}

static bool covers(void *context, uint64_t address, uint64_t *start, uint64_t *end)
{
	struct adding *a = context;
	bool covered = bk_chart_function(&a->chart, address, start, end);

	a->others += !covered && surely_other(a->chart.object, address);
	return covered;
}

static void find_in(struct adding *a, uint64_t from, uint64_t to)
{
	struct bk_sites counts;

	bk_sites_find(a->chart.object, from, to, &(struct bk_finder){ any, found, covers, a }, &counts);
	a->what->uncovered += counts.uncovered - a->others;
	a->others = 0;
}

static int order(const void *a, const void *b)
{
	const struct bk_function *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

/* Sections of instructions, ascending; where there are no sections, whole segments. */
static void find_all(struct adding *a, const void *file, size_t size)
{
	Elf *elf = elf_memory((char *)(uintptr_t)file, size);
	struct bk_functions range = { 0 };
	Elf_Scn *section = NULL;
	uint64_t done = 0;
	GElf_Shdr head;

	while (elf && (section = elf_nextscn(elf, section)) != NULL)
		if (gelf_getshdr(section, &head) && head.sh_type == SHT_PROGBITS && head.sh_flags & SHF_EXECINSTR && head.sh_size)
			bk_functions_add(&range, head.sh_addr, head.sh_addr + head.sh_size);
	elf_end(elf);
	for (size_t i = 0; !range.count && i < a->chart.stretches; i++)
		bk_functions_add(&range, a->chart.stretch[i].from, a->chart.stretch[i].from + a->chart.stretch[i].size);
	if (range.count)
		qsort(range.at, range.count, sizeof *range.at, order);
	for (size_t i = 0; i < range.count; i++) {
		if (range.at[i].start >= done)
			find_in(a, range.at[i].start, range.at[i].end);
		done = range.at[i].end > done ? range.at[i].end : done;
	}
	free(range.at);
}

/* What was found is what the gate will be told, and it compares each with the object: so does this. */
static bool holds(const struct bk_table_maker *m, const struct bk_object *o)
{
	struct bk_table view = { m->entry, m->site, m->entries, m->sites };

	return bk_table_fits(&view, &m->entry[m->current], o);
}

static bool begin(struct bk_table_maker *m, const struct bk_table_key *key)
{
	size_t cap = m->entry_cap;

	m->entry = bk_grow(m->entry, &cap, m->entries + 1, sizeof *m->entry);
	m->entry_cap = (uint32_t)cap;
	return bk_table_begin(m, key);
}

int bk_tables_add(struct bk_tables *t, const void *file, size_t size, struct bk_charted *what)
{
	struct adding a = { .maker = &t->maker, .what = what };
	struct bk_object o;
	int error;

	*what = (struct bk_charted){ 0 };
	if (!bk_object_file(&o, file, size))
		return -ENOEXEC;
	if (!bk_key_of_notes(&o, &what->key))
		bk_key_of_code(&o, false, &what->key);
	if (!begin(a.maker, &what->key))
		return 0;
	if (cs_open(CS_ARCH_X86, CS_MODE_64, &a.capstone) != CS_ERR_OK)
		return -ENOMEM;
	a.insn = cs_malloc(a.capstone);
	bk_chart_make(&a.chart, &o, file, size);
	find_all(&a, file, size);
	error = a.full ? -EOVERFLOW : holds(a.maker, &o) ? 1 : -EINVAL;
	if (error < 0)
		bk_table_drop(a.maker);
	else
		a.maker->entry[a.maker->current].uncovered = what->uncovered;
	bk_chart_free(&a.chart);
	free(a.hole);
	cs_free(a.insn, 1);
	cs_close(&a.capstone);
	return error;
}

void bk_tables_write(const struct bk_tables *t, struct bk_buf *out)
{
	struct bk_table_header h = bk_table_header(&t->maker);

	bk_buf_add(out, &h, sizeof h);
	bk_buf_add(out, t->maker.entry, t->maker.entries * sizeof *t->maker.entry);
	bk_buf_add(out, t->maker.site, t->maker.sites * sizeof *t->maker.site);
}

void bk_tables_free(struct bk_tables *t)
{
	free(t->maker.entry);
	free(t->maker.site);
}
