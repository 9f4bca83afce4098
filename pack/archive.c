/* SPDX-License-Identifier: Apache-2.0 */
/* What libarchive does for zips: packing files, and a look into one. */
#include "pack/pack.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>

#include "pack/zip_format.h"

static la_ssize_t collect(struct archive *a, void *context, const void *bytes, size_t size)
{
	(void)a;
	bk_buf_add(context, bytes, size);
	return (la_ssize_t)size;
}

/* No time is set: libarchive then writes the format's first one, whatever the clock and the time zone. */
static bool add(struct archive *a, const struct bk_pack_file *file)
{
	struct archive_entry *e = archive_entry_new();
	bool folder = !file->bytes, good;

	archive_entry_set_pathname(e, file->name);
	archive_entry_set_filetype(e, folder ? AE_IFDIR : AE_IFREG);
	archive_entry_set_perm(e, (__LA_MODE_T)file->mode);
	archive_entry_set_size(e, (la_int64_t)file->size);
	good = archive_write_header(a, e) == ARCHIVE_OK &&
	       (folder || archive_write_data(a, file->bytes, file->size) == (la_ssize_t)file->size);
	archive_entry_free(e);
	return good;
}

bool bk_zip_make(const struct bk_pack_file *files, size_t count, struct bk_buf *out, struct bk_diags *d)
{
	struct archive *a = archive_write_new();
	bool good = a && archive_write_set_format_zip(a) == ARCHIVE_OK && archive_write_set_bytes_in_last_block(a, 1) == ARCHIVE_OK &&
		    archive_write_open(a, out, NULL, collect, NULL) == ARCHIVE_OK;

	for (size_t i = 0; good && i < count; i++)
		good = add(a, &files[i]);
	good = good && archive_write_close(a) == ARCHIVE_OK;
	if (!good)
		bk_diag_add(d, BK_ERROR, NULL, 0, 0, "the zip cannot be made: %s", a ? archive_error_string(a) : "out of memory");
	archive_write_free(a);
	return good;
}

size_t bk_zip_peek(const struct bk_buf *zip, const char *name, char *out, size_t cap)
{
	struct archive *a = archive_read_new();
	struct archive_entry *e;
	la_ssize_t n = 0;

	archive_read_support_format_zip_seekable(a);
	if (archive_read_open_memory(a, zip->at, zip->len) == ARCHIVE_OK)
		while (archive_read_next_header(a, &e) == ARCHIVE_OK)
			if (archive_entry_pathname(e) && strcmp(archive_entry_pathname(e), name) == 0) {
				n = archive_read_data(a, out, cap);
				break;
			}
	archive_read_free(a);
	return n > 0 ? (size_t)n : 0;
}

/* The whole of it where its first bytes are those of an object; false where it cannot be read. */
static bool read_object(struct archive *a, size_t most, struct bk_buf *out)
{
	char block[65536];
	la_ssize_t n;

	while ((n = archive_read_data(a, block, sizeof block)) > 0) {
		bk_buf_add(out, block, (size_t)n);
		if (!bk_pack_machine(out->at, out->len) || out->len > most)
			break;
	}
	return n >= 0 && out->len <= most;
}

void bk_zip_objects(const char *name, const struct bk_buf *zip, void (*object)(void *context, const char *path, const void *bytes, size_t size),
		    void *context, struct bk_diags *d)
{
	struct archive *a = archive_read_new();
	struct archive_entry *e;
	size_t left = BK_PACK_MAX;
	int r = archive_read_support_format_zip_seekable(a);

	if (r == ARCHIVE_OK)
		r = archive_read_open_memory(a, zip->at, zip->len);
	while ((r == ARCHIVE_OK || r == ARCHIVE_WARN) && ((r = archive_read_next_header(a, &e)) == ARCHIVE_OK || r == ARCHIVE_WARN)) {
		const char *path = archive_entry_pathname(e);
		BK_BUF bytes = { 0 };
		const char *machine;

		if (archive_entry_filetype(e) != AE_IFREG || !path)
			continue;
		if (!read_object(a, left, &bytes))
			bk_diag_add(d, BK_WARNING, name, 0, 0, "%s in it cannot be read: no site table is made of it", path);
		else if ((machine = bk_pack_machine(bytes.at, bytes.len)) && strcmp(machine, "x86-64") == 0) {
			left -= bytes.len;
			object(context, path, bytes.at, bytes.len);
		}
	}
	if (r != ARCHIVE_EOF)
		bk_diag_add(d, BK_WARNING, name, 0, 0, "not all of it can be read: site tables may be missing");
	archive_read_free(a);
}
