/* SPDX-License-Identifier: Apache-2.0 */
/* Which object is it? */
#include "core/sha256.h"
#include "gate/table.h"

#define ID sizeof ((struct bk_table_key *)0)->id

static bool executable(const Elf64_Phdr *p)
{
	return p->p_type == PT_LOAD && p->p_flags & PF_X;
}

static void start(const struct bk_object *o, uint32_t kind, struct bk_table_key *key)
{
	*key = (struct bk_table_key){ .kind = kind };
	for (unsigned i = 0; i < o->count; i++)
		if (executable(&o->headers[i]))
			key->code += (uint32_t)o->headers[i].p_filesz;
}

static void put_digest(struct bk_sha256 *h, struct bk_table_key *key)
{
	uint8_t digest[32];

	bk_sha256_finish(h, digest);
	__builtin_memcpy(key->id, digest, ID);
}

static bool is_go(const Elf64_Nhdr *n, const uint8_t *name)
{
	return n->n_type == 4 && n->n_namesz == 4 && __builtin_memcmp(name, "Go\0", 4) == 0 && n->n_descsz >= 8;
}

/* One note of a build id; false for any other.  Without a key: of Go's. */
static bool from_note(const Elf64_Nhdr *n, const uint8_t *name, const uint8_t *text, struct bk_table_key *key)
{
	struct bk_sha256 h;

	if (!key)
		return is_go(n, name);
	if (n->n_type == 3 && n->n_namesz == 4 && __builtin_memcmp(name, "GNU", 4) == 0 && n->n_descsz >= 8) {
		key->kind = BK_KEY_BUILD_ID;
		__builtin_memcpy(key->id, text, n->n_descsz < ID ? n->n_descsz : ID);
		return true;
	}
	if (is_go(n, name)) {
		key->kind = BK_KEY_GO;
		bk_sha256_start(&h, false);
		bk_sha256_add(&h, text, n->n_descsz);
		put_digest(&h, key);
		return true;
	}
	return false;
}

/* The notes of one segment, each padded to the segment's alignment (gABI: four; Linux: eight for properties). */
static bool from_notes(const uint8_t *at, uint64_t size, uint64_t align, struct bk_table_key *key)
{
	for (uint64_t used = 0; size - used >= sizeof(Elf64_Nhdr); ) {
		Elf64_Nhdr n;
		uint64_t text, next;

		__builtin_memcpy(&n, at + used, sizeof n);
		text = (used + sizeof n + n.n_namesz + align - 1) & ~(align - 1);
		next = (text + n.n_descsz + align - 1) & ~(align - 1);
		if (next > size)
			return false;
		if (from_note(&n, at + used + sizeof n, at + text, key))
			return true;
		used = next;
	}
	return false;
}

static bool from_segments(const struct bk_object *o, struct bk_table_key *key)
{
	for (unsigned i = 0; i < o->count; i++) {
		const Elf64_Phdr *p = &o->headers[i];
		const uint8_t *at = p->p_type == PT_NOTE && p->p_filesz < 1u << 16 ? bk_object_at(o, p->p_vaddr, (size_t)p->p_filesz) : NULL;

		if (at && from_notes(at, p->p_filesz, p->p_align == 8 ? 8 : 4, key))
			return true;
	}
	return false;
}

bool bk_key_of_notes(const struct bk_object *o, struct bk_table_key *key)
{
	start(o, 0, key);
	return from_segments(o, key);
}

bool bk_key_is_go(const struct bk_object *o)
{
	return from_segments(o, NULL);
}

void bk_key_of_code(const struct bk_object *o, bool fast, struct bk_table_key *key)
{
	struct bk_sha256 h;

	start(o, BK_KEY_CODE, key);
	bk_sha256_start(&h, fast);
	for (unsigned i = 0; i < o->count; i++) {
		const Elf64_Phdr *p = &o->headers[i];
		const uint8_t *at = executable(p) ? bk_object_at(o, p->p_vaddr, (size_t)p->p_filesz) : NULL;

		if (at)
			bk_sha256_add(&h, at, (size_t)p->p_filesz);
	}
	put_digest(&h, key);
}

void bk_key_of_file(const struct bk_object *o, const struct bk_identity *identity, struct bk_table_key *key)
{
	struct bk_sha256 h;

	start(o, BK_KEY_FILE, key);
	bk_sha256_start(&h, false);
	bk_sha256_add(&h, identity, sizeof *identity);
	put_digest(&h, key);
}
