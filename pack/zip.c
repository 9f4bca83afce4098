/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Zip files as bytes.  A library that reads and writes zips makes new bytes of old entries; undoing must give back the old ones.  So
 * a package is changed where it must be and copied elsewhere: one name, the offsets behind it, and files at the end that libarchive
 * made a zip of.  The format is PKWARE's APPNOTE 6.3; numbers are little-endian.
 */
#include "pack/pack.h"

#include <string.h>
#include <sys/stat.h>

#include "pack/zip_format.h"

static unsigned u16(const uint8_t *at) { return (unsigned)at[0] | (unsigned)at[1] << 8; }
static uint32_t u32(const uint8_t *at) { return (uint32_t)u16(at) | (uint32_t)u16(at + 2) << 16; }
static void put16(char *at, size_t n) { at[0] = (char)(n & 0xff); at[1] = (char)(n >> 8 & 0xff); }
static void put32(char *at, size_t n) { put16(at, n & 0xffff); put16(at + 2, n >> 16); }

static bool damaged(const char *name, size_t offset, const char *why, struct bk_diags *d)
{
	bk_diag_add(d, BK_ERROR, name, 0, 0, "%s (at offset %zu)", why, offset);
	return false;
}

/* --- reading ------------------------------------------------------------------------------------------------------------- */

/* The end record's comment reaches exactly to the end of the file. */
static bool find_end(struct bk_zip *z, const char *name, struct bk_diags *d)
{
	size_t lowest = z->size > END_SIZE + 0xffff ? z->size - END_SIZE - 0xffff : 0;

	for (size_t at = z->size < END_SIZE ? 0 : z->size - END_SIZE + 1; at-- > lowest; )
		if (u32(z->at + at) == END_MAGIC && at + END_SIZE + u16(z->at + at + END_COMMENT_SIZE) == z->size) {
			z->end = at;
			return true;
		}
	return damaged(name, 0, "this is no zip file, or its end is missing", d);
}

static bool read_end(struct bk_zip *z, const char *name, struct bk_diags *d)
{
	const uint8_t *end = z->at + z->end;
	size_t size = u32(end + END_DIRECTORY_SIZE);

	z->directory = u32(end + END_DIRECTORY);
	if (z->directory == UINT32_MAX || size == UINT32_MAX || u16(end + END_COUNT) == UINT16_MAX)
		return damaged(name, z->end, "zip64 is not handled: no package that the platform takes needs it", d);
	if (u16(end + END_DISK) || u16(end + END_DIRECTORY_DISK) || u16(end + END_COUNT) != u16(end + END_COUNT_HERE))
		return damaged(name, z->end, "a zip of several parts is not handled", d);
	if (z->directory > z->end || size != z->end - z->directory)
		return damaged(name, z->end, "the central directory does not lie where the end record says", d);
	return true;
}

/* No absolute name, no way up, nothing that another system would read as one. */
static bool stays_below(const char *name, size_t size)
{
	size_t part = 0;

	if (!size || memchr(name, '\0', size) || memchr(name, '\\', size) || *name == '/' || (size > 1 && name[1] == ':'))
		return false;
	for (size_t i = 0; i <= size; i++) {
		if (i < size && name[i] != '/')
			continue;
		if (i - part == 2 && memcmp(name + part, "..", 2) == 0)
			return false;
		part = i + 1;
	}
	return true;
}

static bool check_local(const struct bk_zip *z, const struct bk_zip_entry *e, size_t content, const char *name, struct bk_diags *d)
{
	const uint8_t *local = z->at + e->local;

	if (e->local > z->directory || z->directory - e->local < LOCAL_SIZE || u32(local) != LOCAL_MAGIC)
		return damaged(name, e->record, "an entry's header does not lie where the directory says", d);
	size_t head = (size_t)LOCAL_SIZE + u16(local + LOCAL_NAME_SIZE) + u16(local + LOCAL_EXTRA_SIZE);
	if (head > z->directory - e->local || content > z->directory - e->local - head)
		return damaged(name, e->local, "an entry's content does not end before the directory", d);
	if (u16(local + LOCAL_NAME_SIZE) != e->name_size || memcmp(local + LOCAL_SIZE, e->name, e->name_size) != 0)
		return damaged(name, e->local, "an entry has one name here and another in the directory", d);
	return true;
}

static bool read_record(struct bk_zip *z, size_t at, const char *name, struct bk_diags *d)
{
	const uint8_t *record = z->at + at;

	if (z->end - at < RECORD_SIZE || u32(record) != RECORD_MAGIC)
		return damaged(name, at, "the central directory is damaged", d);
	struct bk_zip_entry e = {
		.record = at, .local = u32(record + RECORD_LOCAL), .name = (const char *)record + RECORD_SIZE,
		.name_size = (uint16_t)u16(record + RECORD_NAME_SIZE),
		.mode = u16(record + RECORD_MADE_BY) >> 8 == MADE_BY_UNIX ? u32(record + RECORD_ATTRIBUTES) >> 16 : 0,
	};
	e.record_size = (size_t)RECORD_SIZE + e.name_size + u16(record + RECORD_EXTRA_SIZE) + u16(record + RECORD_COMMENT_SIZE);
	if (e.record_size > z->end - at)
		return damaged(name, at, "the central directory ends within an entry", d);
	if (!stays_below(e.name, e.name_size))
		return damaged(name, at, "an entry's name leads out of the package", d);
	if (u16(record + RECORD_FLAGS) & ENCRYPTED)
		return damaged(name, at, "an entry is encrypted: the platform cannot read it", d);
	z->entries = bk_grow(z->entries, &z->cap, z->count + 1, sizeof *z->entries);
	z->entries[z->count++] = e;
	return check_local(z, &e, u32(record + RECORD_PACKED), name, d);
}

bool bk_zip_open(struct bk_zip *z, const char *name, const void *bytes, size_t size, struct bk_diags *d)
{
	*z = (struct bk_zip){ .at = bytes, .size = size };
	if (!find_end(z, name, d) || !read_end(z, name, d))
		return false;
	for (size_t at = z->directory; at < z->end; at += z->entries[z->count - 1].record_size)
		if (!read_record(z, at, name, d))
			return false;
	if (z->count != u16(z->at + z->end + END_COUNT))
		return damaged(name, z->end, "the directory holds another number of entries than the end record says", d);
	return true;
}

void bk_zip_close(struct bk_zip *z)
{
	free(z->entries);
	*z = (struct bk_zip){ 0 };
}

const struct bk_zip_entry *bk_zip_find(const struct bk_zip *z, const char *name)
{
	for (size_t i = 0; i < z->count; i++)
		if (z->entries[i].name_size == strlen(name) && memcmp(z->entries[i].name, name, strlen(name)) == 0)
			return &z->entries[i];
	return NULL;
}

/* --- changing -------------------------------------------------------------------------------------------------------------- */

/* One zip made of the first `keep` entries of another, whose contents end at `contents`, with one entry renamed, and a further zip behind. */
struct change {
	const struct bk_zip *z, *more;	/* more: NULL for none */
	size_t keep, contents;
	const struct bk_zip_entry *renamed;	/* NULL: none */
	const char *name;
};

static void add_contents(const struct change *c, struct bk_buf *out)
{
	size_t at = 0;

	if (c->renamed) {
		at = c->renamed->local + LOCAL_SIZE + c->renamed->name_size;
		bk_buf_add(out, c->z->at, c->renamed->local + LOCAL_SIZE);
		put16(out->at + c->renamed->local + LOCAL_NAME_SIZE, strlen(c->name));
		bk_buf_text(out, c->name);
	}
	bk_buf_add(out, c->z->at + at, c->contents - at);
}

static size_t moved(const struct change *c, size_t local)
{
	if (c->renamed && local > c->renamed->local)
		return local + strlen(c->name) - c->renamed->name_size;
	return local;
}

static void add_record(const struct bk_zip *z, const struct bk_zip_entry *e, const char *name, size_t local, struct bk_buf *out)
{
	size_t at = out->len;

	bk_buf_add(out, z->at + e->record, RECORD_SIZE);
	put32(out->at + at + RECORD_LOCAL, local);
	put16(out->at + at + RECORD_NAME_SIZE, name ? strlen(name) : e->name_size);
	bk_buf_add(out, name ? name : e->name, name ? strlen(name) : e->name_size);
	bk_buf_add(out, z->at + e->record + RECORD_SIZE + e->name_size, e->record_size - RECORD_SIZE - e->name_size);
}

static void add_end(const struct change *c, size_t directory, struct bk_buf *out)
{
	size_t at = out->len, count = c->keep + (c->more ? c->more->count : 0);

	bk_buf_add(out, c->z->at + c->z->end, c->z->size - c->z->end);
	put16(out->at + at + END_COUNT, count);
	put16(out->at + at + END_COUNT_HERE, count);
	put32(out->at + at + END_DIRECTORY_SIZE, at - directory);
	put32(out->at + at + END_DIRECTORY, directory);
}

static void apply(const struct change *c, struct bk_buf *out)
{
	size_t base, directory;

	add_contents(c, out);
	base = out->len;
	if (c->more)
		bk_buf_add(out, c->more->at, c->more->directory);
	directory = out->len;
	for (size_t i = 0; i < c->keep; i++) {
		const struct bk_zip_entry *e = &c->z->entries[i];

		add_record(c->z, e, e == c->renamed ? c->name : NULL, moved(c, e->local), out);
	}
	for (size_t i = 0; c->more && i < c->more->count; i++)
		add_record(c->more, &c->more->entries[i], NULL, base + c->more->entries[i].local, out);
	add_end(c, directory, out);
}

/* --- wrapping ----------------------------------------------------------------------------------------------------------------- */

static bool names_are_free(const struct bk_zip *z, const char *name, const struct bk_zip *more, struct bk_diags *d)
{
	for (size_t i = 0; i < more->count; i++) {
		BK_FREE char *one = bk_strndup(more->entries[i].name, more->entries[i].name_size);

		if (strcmp(one, BK_PACK_MARK) == 0 && bk_zip_find(z, one)) {
			bk_diag_add(d, BK_ERROR, name, 0, 0, "this package is wrapped already; take that off first with `buckler wrap --undo`");
			return false;
		}
		if (strcmp(one, BK_PACK_BOOTSTRAP) != 0 && bk_zip_find(z, one)) {
			bk_diag_add(d, BK_ERROR, name, 0, 0, "the package has a file %s of its own; that name is needed", one);
			return false;
		}
	}
	return true;
}

static bool check_bootstrap(const struct bk_zip *z, const char *name, const struct bk_zip_entry *e, struct bk_diags *d)
{
	const struct bk_zip_entry *again = e;

	while (++again < z->entries + z->count)
		if (again->name_size == e->name_size && memcmp(again->name, e->name, e->name_size) == 0)
			return damaged(name, again->record, "the package has two files of the name bootstrap", d);
	if (e->mode && (e->mode & S_IFMT) && !S_ISREG(e->mode))
		return damaged(name, e->record, "bootstrap is not a regular file", d);
	if (!(e->mode & 0111))
		bk_diag_add(d, BK_WARNING, name, 0, 0, "bootstrap is not executable in this package: the platform will not be able to start it");
	if (bk_zip_find(z, BK_PACK_REAL))
		return damaged(name, e->record, "the package has a file " BK_PACK_REAL " of its own; that name is needed", d);
	return true;
}

static bool same_machine(const char *name, const struct bk_buf *in, const struct bk_pack_parts *parts, struct bk_diags *d)
{
	char head[64];
	size_t n = bk_zip_peek(in, BK_PACK_BOOTSTRAP, head, sizeof head);
	const char *theirs = bk_pack_machine(head, n), *ours = bk_pack_machine(parts->shim->at, parts->shim->len);

	if (!theirs || !ours || strcmp(theirs, ours) == 0)
		return true;
	bk_diag_add(d, BK_ERROR, name, 0, 0, "bootstrap is for %s and buckler-init for %s; name the right one with --shim", theirs, ours);
	return false;
}

static bool wrap(struct bk_zip *z, const char *name, const struct bk_pack_parts *parts, struct bk_zip *more, struct bk_buf *added, struct bk_buf *out,
		 bool *bootstrap, struct bk_diags *d)
{
	struct change c = { .z = z, .more = more, .keep = z->count, .contents = z->directory, .renamed = bk_zip_find(z, BK_PACK_BOOTSTRAP), .name = BK_PACK_REAL };
	struct bk_pack_file files[BK_PACK_FILES];
	struct bk_buf whole = { (char *)z->at, z->size, z->size };
	size_t count;

	*bootstrap = c.renamed != NULL;
	count = bk_pack_files(parts, *bootstrap ? "" : BK_PACK_FOLDER, *bootstrap, files);
	if (!bk_zip_make(files, count, added, d) || !bk_zip_open(more, name, added->at, added->len, d) || !names_are_free(z, name, more, d))
		return false;
	if (c.renamed && (!check_bootstrap(z, name, c.renamed, d) || !same_machine(name, &whole, parts, d)))
		return false;
	if (z->count + more->count >= UINT16_MAX)
		return damaged(name, z->end, "there is no room for further entries", d);
	apply(&c, out);
	return true;
}

bool bk_zip_wrap(const char *name, const struct bk_buf *in, const struct bk_pack_parts *parts, struct bk_buf *out, bool *bootstrap, struct bk_diags *d)
{
	struct bk_zip z, more = { 0 };
	BK_BUF added = { 0 };
	BK_BUF back = { 0 };
	bool good = bk_zip_open(&z, name, in->at, in->len, d) && wrap(&z, name, parts, &more, &added, out, bootstrap, d);

	bk_zip_close(&z);
	bk_zip_close(&more);
	if (!good || !bk_zip_unwrap(name, out, &back, d))
		return false;
	if (back.len != in->len || memcmp(back.at, in->at, in->len) != 0)
		return damaged(name, 0, "this zip is laid out in a way that could not be undone exactly", d);
	return true;
}

/* Everything from the mark on was added: in the directory, and among the contents. */
static bool added_last(const struct bk_zip *z, const struct bk_zip_entry *mark)
{
	for (size_t i = 0; i < z->count; i++)
		if ((&z->entries[i] < mark) != (z->entries[i].local < mark->local))
			return false;
	return true;
}

static bool unwrap(const struct bk_zip *z, const char *name, struct bk_buf *out, struct bk_diags *d)
{
	const struct bk_zip_entry *mark = bk_zip_find(z, BK_PACK_MARK);

	if (!mark) {
		bk_diag_add(d, BK_ERROR, name, 0, 0, "this package is not wrapped: it has no " BK_PACK_MARK);
		return false;
	}
	if (!added_last(z, mark))
		return damaged(name, mark->record, "this package was changed after it was wrapped: it cannot be undone exactly", d);
	struct change c = {
		.z = z, .keep = (size_t)(mark - z->entries), .contents = mark->local, .renamed = bk_zip_find(z, BK_PACK_REAL), .name = BK_PACK_BOOTSTRAP,
	};
	if (c.renamed > mark)
		return damaged(name, c.renamed->record, "this package was changed after it was wrapped: it cannot be undone exactly", d);
	apply(&c, out);
	return true;
}

bool bk_zip_unwrap(const char *name, const struct bk_buf *in, struct bk_buf *out, struct bk_diags *d)
{
	struct bk_zip z;
	bool good = bk_zip_open(&z, name, in->at, in->len, d) && unwrap(&z, name, out, d);

	bk_zip_close(&z);
	return good;
}
