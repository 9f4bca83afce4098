/* SPDX-License-Identifier: Apache-2.0 */
/* The records of an OSV export: a zip of .json files, one such file, a folder of both at any depth. */
#include "scan/advisory.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fts.h>
#include <string.h>
#include <sys/stat.h>

#include "scan/osv.h"

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), k = strlen(end);

	return n >= k && strcmp(s + n - k, end) == 0;
}

/* --- zip --- */

/* The whole entry in `out`; false where it is larger than a record may be.  A negative *r is an archive's error. */
static bool read_entry(struct archive *zip, struct bk_buf *out, int *r)
{
	char chunk[65536];
	ssize_t n;

	out->len = 0;
	bk_buf_add(out, "", 0);
	while ((n = archive_read_data(zip, chunk, sizeof chunk)) > 0) {
		if (out->len + (size_t)n > BK_OSV_RECORD_MAX)
			return false;
		bk_buf_add(out, chunk, (size_t)n);
	}
	*r = n < 0 ? -1 : 0;
	return true;
}

static int zip_error(struct archive *zip, const char *path, struct bk_diags *d)
{
	const char *why = archive_error_string(zip);

	bk_diag_add(d, BK_ERROR, path, 0, 0, "cannot read the zip: %s", why ? why : "it is damaged");
	return -EINVAL;
}

static int read_entries(struct archive *zip, const char *path, uint64_t size, const struct bk_osv_source *source, struct bk_diags *d)
{
	BK_BUF text = { 0 };
	struct archive_entry *entry;
	int r, bad = 0;

	while ((r = archive_read_next_header(zip, &entry)) == ARCHIVE_OK || r == ARCHIVE_WARN) {
		const char *name = archive_entry_pathname(entry);

		if (!name || !ends_with(name, ".json"))
			continue;
		BK_FREE char *full = bk_format("%s: %s", path, name);
		bool fits = read_entry(zip, &text, &bad);

		if (bad)
			return zip_error(zip, full, d);
		source->take(source->with, full, fits ? text.at : NULL, text.len);
		source->progress(source->with, (uint64_t)archive_filter_bytes(zip, -1), size);
	}
	return r == ARCHIVE_EOF ? 0 : zip_error(zip, path, d);
}

static int read_zip(const char *path, uint64_t size, const struct bk_osv_source *source, struct bk_diags *d)
{
	struct archive *zip = archive_read_new();
	int r;

	archive_read_support_format_zip_seekable(zip);
	r = archive_read_open_filename(zip, path, 1 << 16) == ARCHIVE_OK ? read_entries(zip, path, size, source, d) : zip_error(zip, path, d);
	archive_read_free(zip);
	return r;
}

/* --- files --- */

static int read_json(const char *path, const struct bk_osv_source *source, struct bk_diags *d)
{
	BK_BUF text = { 0 };
	int r = bk_read_file(path, BK_OSV_RECORD_MAX, &text);

	if (r < 0 && r != -EFBIG) {
		bk_diag_add(d, BK_ERROR, path, 0, 0, "cannot read: %s", strerror(-r));
		return r;
	}
	source->take(source->with, path, r == 0 ? text.at : NULL, text.len);
	return 0;
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static int walk(FTS *tree, const struct bk_osv_source *source, struct bk_diags *d)
{
	uint64_t done = 0;
	FTSENT *e;
	int r = 0;

	while (r == 0 && (e = fts_read(tree))) {
		if (e->fts_info == FTS_DNR || e->fts_info == FTS_ERR || e->fts_info == FTS_NS) {
			bk_diag_add(d, BK_ERROR, e->fts_path, 0, 0, "cannot read: %s", strerror(e->fts_errno));
			r = -e->fts_errno;
		} else if (e->fts_info == FTS_F && ends_with(e->fts_name, ".json")) {
			r = read_json(e->fts_path, source, d);
			source->progress(source->with, done += (uint64_t)e->fts_statp->st_size, 0);
		} else if (e->fts_info == FTS_F && ends_with(e->fts_name, ".zip")) {
			r = read_zip(e->fts_path, (uint64_t)e->fts_statp->st_size, source, d);
		}
	}
	return r;
}

static int read_folder(const char *path, const struct bk_osv_source *source, struct bk_diags *d)
{
	BK_FREE char *root = bk_strdup(path);
	char *roots[] = { root, NULL };
	FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, by_name);

	if (!tree) {
		bk_diag_add(d, BK_ERROR, path, 0, 0, "cannot read: %s", strerror(errno));
		return -EIO;
	}
	int r = walk(tree, source, d);
	fts_close(tree);
	return r;
}

int bk_osv_source_read(const char *path, const struct bk_osv_source *source, struct bk_diags *d)
{
	struct stat st;

	if (stat(path, &st) < 0) {
		bk_diag_add(d, BK_ERROR, path, 0, 0, "%s", strerror(errno));
		return -ENOENT;
	}
	if (S_ISDIR(st.st_mode))
		return read_folder(path, source, d);
	if (ends_with(path, ".json"))
		return read_json(path, source, d);
	return read_zip(path, (uint64_t)st.st_size, source, d);
}
