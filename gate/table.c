/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/table.h"

/* --- reading ----------------------------------------------------------------------------------------------------------------- */

bool bk_table_open(struct bk_table *t, const void *at, size_t size)
{
	const struct bk_table_header *h = at;
	uint64_t wanted;

	*t = (struct bk_table){ 0 };
	if (size < sizeof *h || (uintptr_t)at % 8 || h->magic != BK_TABLE_MAGIC || h->size > size || h->size > BK_TABLE_MOST)
		return false;
	wanted = sizeof *h + (uint64_t)h->entries * sizeof *t->entry + (uint64_t)h->sites * sizeof *t->site;
	if (wanted != h->size)
		return false;
	t->entry = (const struct bk_table_entry *)(h + 1);
	t->site = (const struct bk_table_site *)(t->entry + h->entries);
	t->entries = h->entries;
	t->sites = h->sites;
	return true;
}

static int order(const struct bk_table_key *a, const struct bk_table_key *b)
{
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->code != b->code)
		return a->code < b->code ? -1 : 1;
	return __builtin_memcmp(a->id, b->id, sizeof a->id);
}

/* The first entry that is not below the key. */
static uint32_t lower_bound(const struct bk_table_entry *entry, uint32_t entries, const struct bk_table_key *key)
{
	uint32_t low = 0, high = entries;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (order(&entry[middle].key, key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct bk_table_entry *bk_table_find(const struct bk_table *t, const struct bk_table_key *key)
{
	uint32_t i = lower_bound(t->entry, t->entries, key);
	const struct bk_table_entry *e = i < t->entries ? &t->entry[i] : NULL;

	if (!e || order(&e->key, key) != 0 || e->first > t->sites || e->count > t->sites - e->first)
		return NULL;
	return e;
}

bool bk_table_may_hold(const struct bk_table *t, uint32_t kind, uint32_t code)
{
	struct bk_table_key least = { .kind = kind, .code = code };
	uint32_t i = lower_bound(t->entry, t->entries, &least);

	return i < t->entries && t->entry[i].key.kind == kind && t->entry[i].key.code == code;
}

bool bk_table_get(const struct bk_table *t, const struct bk_table_entry *e, uint32_t i, struct bk_site *site)
{
	const struct bk_table_site *s = &t->site[e->first + i];
	uint32_t number = s->number & BK_TABLE_UNKNOWN;

	if (i && s->address <= s[-1].address)
		return false;
	*site = (struct bk_site){
		.address = s->address, .number = number == BK_TABLE_UNKNOWN ? UINT32_MAX : number, .form = (uint8_t)(s->number >> 12),
		.window = s->window, .hole = s->hole,
	};
	return true;
}

bool bk_table_fits(const struct bk_table *t, const struct bk_table_entry *e, const struct bk_object *o)
{
	struct bk_site site;

	for (uint32_t i = 0; i < e->count; i++)
		if (!bk_table_get(t, e, i, &site) || !bk_site_fits(o, &site))
			return false;
	return true;
}

/* --- making ------------------------------------------------------------------------------------------------------------------- */

bool bk_table_begin(struct bk_table_maker *m, const struct bk_table_key *key)
{
	uint32_t i = lower_bound(m->entry, m->entries, key);

	if (m->entries == m->entry_cap || (i < m->entries && order(&m->entry[i].key, key) == 0))
		return false;
	__builtin_memmove(&m->entry[i + 1], &m->entry[i], (m->entries - i) * sizeof *m->entry);
	m->entry[i] = (struct bk_table_entry){ .key = *key, .first = m->sites };
	m->entries++;
	m->current = i;
	return true;
}

bool bk_table_put(struct bk_table_maker *m, const struct bk_site *site)
{
	if (m->sites == m->site_cap || site->address > UINT32_MAX)
		return false;
	m->site[m->sites++] = (struct bk_table_site){
		.address = (uint32_t)site->address, .window = site->window, .hole = site->hole,
		.number = (uint16_t)((site->number < BK_TABLE_UNKNOWN ? site->number : BK_TABLE_UNKNOWN) | (unsigned)site->form << 12),
	};
	m->entry[m->current].count++;
	return true;
}

void bk_table_drop(struct bk_table_maker *m)
{
	m->sites -= m->entry[m->current].count;
	m->entries--;
	__builtin_memmove(&m->entry[m->current], &m->entry[m->current + 1], (m->entries - m->current) * sizeof *m->entry);
}

void bk_table_remove(struct bk_table_maker *m, const struct bk_table_key *key)
{
	uint32_t i = lower_bound(m->entry, m->entries, key);

	if (i == m->entries || order(&m->entry[i].key, key) != 0)
		return;
	m->entries--;
	__builtin_memmove(&m->entry[i], &m->entry[i + 1], (m->entries - i) * sizeof *m->entry);
}

bool bk_table_alias(struct bk_table_maker *m, const struct bk_table_entry *e, const struct bk_table_key *key)
{
	struct bk_table_entry copy = *e;

	if (!bk_table_begin(m, key))
		return false;
	copy.key = *key;
	m->entry[m->current] = copy;
	return true;
}

bool bk_table_join(struct bk_table_maker *m, const struct bk_table *t)
{
	for (uint32_t i = 0; i < t->entries; i++) {
		const struct bk_table_entry *e = bk_table_find(t, &t->entry[i].key);

		if (m->entries == m->entry_cap || (e && e->count > m->site_cap - m->sites))
			return false;
		if (!e || !bk_table_begin(m, &e->key))
			continue;
		__builtin_memcpy(&m->site[m->sites], &t->site[e->first], e->count * sizeof *m->site);
		m->sites += e->count;
		m->entry[m->current].count = e->count;
		m->entry[m->current].uncovered = e->uncovered;
	}
	return true;
}

struct bk_table_header bk_table_header(const struct bk_table_maker *m)
{
	return (struct bk_table_header){
		.magic = BK_TABLE_MAGIC, .entries = m->entries, .sites = m->sites,
		.size = (uint32_t)(sizeof(struct bk_table_header) + m->entries * sizeof *m->entry + m->sites * sizeof *m->site),
	};
}
