/* SPDX-License-Identifier: Apache-2.0 */
#include "scan/set.h"

/* FNV-1a, its bits spread by the finisher of MurmurHash3. */
uint64_t bk_set_hash(const char *text, size_t size)
{
	uint64_t h = 14695981039346656037u;

	for (size_t i = 0; i < size; i++)
		h = (h ^ (unsigned char)text[i]) * 1099511628211u;
	h = (h ^ h >> 33) * 0xff51afd7ed558ccdu;
	h = (h ^ h >> 33) * 0xc4ceb9fe1a85ec53u;
	h ^= h >> 33;
	return h ? h : 1;
}

static size_t place(const struct bk_set *s, uint64_t hash)
{
	size_t i = hash & (s->slots - 1);

	while (s->slot[i] && s->slot[i] != hash)
		i = (i + 1) & (s->slots - 1);
	return i;
}

static void make_room(struct bk_set *s)
{
	struct bk_set old = *s;

	if (s->count * 2 < s->slots)
		return;
	s->slots = old.slots ? old.slots * 2 : 64;
	s->slot = bk_alloc(s->slots * sizeof *s->slot);
	for (size_t i = 0; i < old.slots; i++)
		if (old.slot[i])
			s->slot[place(s, old.slot[i])] = old.slot[i];
	free(old.slot);
}

bool bk_set_add(struct bk_set *s, uint64_t hash)
{
	size_t i;

	make_room(s);
	i = place(s, hash);
	if (s->slot[i])
		return false;
	s->slot[i] = hash;
	s->count++;
	return true;
}

bool bk_set_has(const struct bk_set *s, uint64_t hash)
{
	return s->slots && s->slot[place(s, hash)];
}

void bk_set_free(struct bk_set *s)
{
	free(s->slot);
	*s = (struct bk_set){ 0 };
}
