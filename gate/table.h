/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables of `syscall` instructions: what gate/sites.h would find in an object, found before.  This header is the format's specification.
 *
 * A table is one block, little-endian, 4-byte aligned, without pointers:
 *
 *	struct bk_table_header
 *	struct bk_table_entry [entries]		one an object, ascending by kind, code, id (bytes as memcmp(3) orders them)
 *	struct bk_table_site [sites]		those of one object are neighbours, ascending by address
 *
 * Two places hold tables: the file sites.bkt beside the gate (`buckler gate-table` makes it), and a memory file of the shim, to which
 * the main process's gate adds what it has decoded, so that no later process decodes it again (core/gate.h).
 *
 * An entry says which object it is for, not that it is right: each site is compared with the object's bytes before it is used, and one that
 * does not fit makes the whole entry worthless.  What a table leaves out is not found: it is as trusted as the gate beside it.
 *
 * The functions are pure; a hostile table makes them answer no, or wrongly, but never read outside of it.  Memory is the caller's.
 */
#ifndef BK_GATE_TABLE_H
#define BK_GATE_TABLE_H

#include "gate/sites.h"

#define BK_TABLE_MAGIC	0x3173657469736b62ULL	/* "bksites1": form and version */
#define BK_TABLE_FILE	"sites.bkt"		/* beside the gate */
#define BK_TABLE_MOST	(1u << 26)		/* bytes of a table that is still read */

/* What `id` is. */
enum bk_key_kind {
	BK_KEY_BUILD_ID = 1,	/* GNU build-id (note of type 3 of "GNU"), cut to 20 bytes or filled up with zeros */
	BK_KEY_GO,		/* Go's build id (note of type 4 of "Go"): the first 20 bytes of its SHA-256 */
	BK_KEY_CODE,		/* the first 20 bytes of the SHA-256 of the executable segments' file bytes, in the headers' order */
	BK_KEY_FILE		/* in memory only: the first 20 bytes of the SHA-256 of struct bk_identity */
};

struct bk_table_key {
	uint32_t kind;		/* enum bk_key_kind */
	uint32_t code;		/* bytes of the executable segments in the file, modulo 2^32 */
	uint8_t  id[20];
};

struct bk_table_header {
	uint64_t magic;
	uint32_t size;		/* of the table, bytes */
	uint32_t entries, sites;
	uint32_t reserved;	/* 0 */
};

struct bk_table_entry {
	struct bk_table_key key;
	uint32_t first, count;	/* sites */
	uint32_t uncovered;	/* 0F 05 in the code of which nobody knows whether they are instructions */
};

/*
 * A site: `number` holds the call's number in its lower twelve bits (BK_TABLE_UNKNOWN: not known, or larger) and the form, enum
 * bk_form_of_site, in its upper four.
 */
struct bk_table_site {
	uint32_t address;	/* of the system call, in the object's terms */
	uint16_t number;
	uint8_t  window;
	int8_t   hole;
};
#define BK_TABLE_UNKNOWN 0xfffu

/* A file as it is now; any change of its bytes changes it. */
struct bk_identity {
	uint64_t device, inode, size;
	int64_t  modified, modified_ns, changed, changed_ns;
};

/* --- keys ------------------------------------------------------------------------------------------------------------------- */

/* By the notes; false where the object has neither build id. */
bool bk_key_of_notes(const struct bk_object *o, struct bk_table_key *key);
/* True where Go has built it, whatever it is known by. */
bool bk_key_is_go(const struct bk_object *o);
/* By its code; reads all of it.  `fast`: bk_sha256_has_fast(). */
void bk_key_of_code(const struct bk_object *o, bool fast, struct bk_table_key *key);
void bk_key_of_file(const struct bk_object *o, const struct bk_identity *identity, struct bk_table_key *key);

/* --- reading ----------------------------------------------------------------------------------------------------------------- */

struct bk_table {
	const struct bk_table_entry *entry;
	const struct bk_table_site *site;
	uint32_t entries, sites;
};

/* False where the block is no table of this version; looks at the header only. */
bool bk_table_open(struct bk_table *t, const void *at, size_t size);
/* The entry of an object, NULL where there is none. */
const struct bk_table_entry *bk_table_find(const struct bk_table *t, const struct bk_table_key *key);
/* True where some object of this kind has code of this size: otherwise bk_key_of_code() can be spared. */
bool bk_table_may_hold(const struct bk_table *t, uint32_t kind, uint32_t code);
/* Site `i` of an entry; false where it breaks the rules above. */
bool bk_table_get(const struct bk_table *t, const struct bk_table_entry *e, uint32_t i, struct bk_site *site);
/* True where all of the entry's sites are what the object's bytes say. */
bool bk_table_fits(const struct bk_table *t, const struct bk_table_entry *e, const struct bk_object *o);

/* --- making ------------------------------------------------------------------------------------------------------------------- */

/* Arrays of the caller.  Entries stay sorted; `current` is the one that was begun last. */
struct bk_table_maker {
	struct bk_table_entry *entry;
	struct bk_table_site *site;
	uint32_t entries, entry_cap, sites, site_cap, current;
};

/* Begins an entry; false where it is there already, or the array is full. */
bool bk_table_begin(struct bk_table_maker *m, const struct bk_table_key *key);
/* Adds a site to the entry that was begun last; false where the array is full or the site cannot be written down. */
bool bk_table_put(struct bk_table_maker *m, const struct bk_site *site);
/* Takes the entry that was begun last out again. */
void bk_table_drop(struct bk_table_maker *m);
/* Takes an object's entry out, where there is one; its sites stay where they are, unused. */
void bk_table_remove(struct bk_table_maker *m, const struct bk_table_key *key);
/* The sites of an entry of this maker under another key, too; false as for bk_table_begin(). */
bool bk_table_alias(struct bk_table_maker *m, const struct bk_table_entry *e, const struct bk_table_key *key);
/* Adds all entries of a table that are not there yet; false where there is no room for one. */
bool bk_table_join(struct bk_table_maker *m, const struct bk_table *t);
/* The header of what was made: write it, the entries, the sites. */
struct bk_table_header bk_table_header(const struct bk_table_maker *m);

#endif
