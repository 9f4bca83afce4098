/* SPDX-License-Identifier: Apache-2.0 */
/* What an object exports, by its GNU hash table (DT_GNU_HASH). */
#include "gate/object.h"

#define SYMBOLS  64u			/* of one bucket: more are not looked at */
#define DYNAMIC  256u			/* entries, the same */
#define GNU_HASH 0x6ffffef5		/* DT_GNU_HASH, which linux/elf.h does not have */

struct symbols {
	const struct bk_object *o;
	uint64_t hash, table, names;	/* addresses */
};

/* A loader adds where it has placed the object (glibc, musl not). */
static uint64_t address_of(const struct bk_object *o, uint64_t value)
{
	return !o->size && value >= (uintptr_t)o->base ? value - (uintptr_t)o->base : value;
}

static bool find_tables(struct symbols *s, const struct bk_object *o)
{
	const Elf64_Phdr *p = o->headers, *end = p + o->count;
	Elf64_Dyn d = { 0 };

	*s = (struct symbols){ .o = o };
	while (p < end && p->p_type != PT_DYNAMIC)
		p++;
	for (uint64_t i = 0; p < end && i < DYNAMIC; i++) {
		const uint8_t *at = bk_object_at(o, p->p_vaddr + i * sizeof d, sizeof d);

		if (!at)
			break;
		__builtin_memcpy(&d, at, sizeof d);
		if (d.d_tag == DT_NULL)
			break;
		if (d.d_tag == GNU_HASH)
			s->hash = address_of(o, d.d_un.d_ptr);
		if (d.d_tag == DT_SYMTAB)
			s->table = address_of(o, d.d_un.d_ptr);
		if (d.d_tag == DT_STRTAB)
			s->names = address_of(o, d.d_un.d_ptr);
	}
	return s->hash && s->table && s->names;
}

static bool read_word(const struct bk_object *o, uint64_t address, uint32_t *value)
{
	const uint8_t *at = bk_object_at(o, address, sizeof *value);

	if (at)
		__builtin_memcpy(value, at, sizeof *value);
	return at != NULL;
}

static uint32_t hash_of(const char *name)
{
	uint32_t hash = 5381;

	while (*name)
		hash = hash * 33 + (uint8_t)*name++;
	return hash;
}

static bool is_called(const struct symbols *s, const Elf64_Sym *symbol, const char *name)
{
	uint64_t address = s->names + symbol->st_name;

	for (;; name++, address++) {
		const uint8_t *at = bk_object_at(s->o, address, 1);

		if (!at || *at != (uint8_t)*name)
			return false;
		if (!*name)
			return symbol->st_shndx != 0;
	}
}

/* Where the bucket of the hash begins, and the hashes of the symbols from number *first on. */
static bool find_bucket(const struct symbols *s, uint32_t hash, uint32_t *first, uint64_t *chain)
{
	uint32_t buckets, offset, filter;
	uint64_t at;

	if (!read_word(s->o, s->hash, &buckets) || !buckets || !read_word(s->o, s->hash + 4, &offset) || !read_word(s->o, s->hash + 8, &filter))
		return false;
	at = s->hash + 16 + 8 * (uint64_t)filter;
	if (!read_word(s->o, at + 4 * (uint64_t)(hash % buckets), first) || *first < offset)
		return false;
	*chain = at + 4 * ((uint64_t)buckets + *first - offset);
	return true;
}

/* Symbols of one name: the next one. */
struct search {
	struct symbols s;
	const char *name;
	uint32_t hash, first, i, said;
	uint64_t chain;
};

static bool begin(struct search *w, const struct bk_object *o, const char *name)
{
	w->name = name;
	w->hash = hash_of(name);
	w->i = w->said = 0;
	return find_tables(&w->s, o) && find_bucket(&w->s, w->hash, &w->first, &w->chain);
}

static bool next(struct search *w, Elf64_Sym *symbol)
{
	const struct bk_object *o = w->s.o;

	while (w->i < SYMBOLS && !(w->said & 1) && read_word(o, w->chain + 4 * (uint64_t)w->i, &w->said)) {
		uint64_t place = w->s.table + (w->first + (uint64_t)w->i++) * sizeof *symbol;
		const uint8_t *at = (w->said | 1) == (w->hash | 1) ? bk_object_at(o, place, sizeof *symbol) : NULL;

		if (!at)
			continue;
		__builtin_memcpy(symbol, at, sizeof *symbol);
		if (is_called(&w->s, symbol, w->name))
			return true;
	}
	return false;
}

uint64_t bk_object_symbol(const struct bk_object *o, const char *name)
{
	struct search w;
	Elf64_Sym symbol;

	return begin(&w, o, name) && next(&w, &symbol) ? symbol.st_value : 0;
}

bool bk_object_elsewhere(const struct bk_object *o, const char *name, uint64_t address)
{
	struct search w;
	Elf64_Sym symbol;
	bool elsewhere = false;

	if (!begin(&w, o, name))
		return false;
	while (next(&w, &symbol)) {
		if (address - symbol.st_value < symbol.st_size)
			return false;
		elsewhere = true;
	}
	return elsewhere;
}
