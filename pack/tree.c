/* SPDX-License-Identifier: Apache-2.0 */
/* A package that is a folder: libarchive copies it with modes, times and links, then the copy is changed and put in its place. */
#define _XOPEN_SOURCE 700
#include "pack/pack.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool failed(const char *path, const char *what, struct bk_diags *d)
{
	bk_diag_add(d, BK_ERROR, path, 0, 0, "%s", what);
	return false;
}

/* --- copying ------------------------------------------------------------------------------------------------------------------ */

static bool copy_content(struct archive *from, struct archive *to)
{
	const void *bytes;
	la_int64_t at;
	size_t size;
	int r;

	while ((r = archive_read_data_block(from, &bytes, &size, &at)) == ARCHIVE_OK)
		if (archive_write_data_block(to, bytes, size, at) < ARCHIVE_OK)
			return false;
	return r == ARCHIVE_EOF;
}

static bool copy_entry(struct archive *from, struct archive *to, struct archive_entry *e, size_t prefix, const char *out)
{
	BK_FREE char *path = bk_format("%s%s", out, archive_entry_pathname(e) + prefix);

	archive_entry_set_pathname(e, path);
	archive_read_disk_descend(from);
	if (archive_write_header(to, e) < ARCHIVE_OK)
		return false;
	if (archive_entry_filetype(e) == AE_IFREG && archive_entry_size(e) > 0 && !copy_content(from, to))
		return false;
	return archive_write_finish_entry(to) == ARCHIVE_OK;
}

static bool copy(const char *in, const char *out, struct bk_diags *d)
{
	struct archive *from = archive_read_disk_new(), *to = archive_write_disk_new();
	struct archive_entry *e = archive_entry_new();
	bool good = archive_read_disk_set_symlink_physical(from) == ARCHIVE_OK &&
		    archive_write_disk_set_options(to, ARCHIVE_EXTRACT_PERM | ARCHIVE_EXTRACT_TIME | ARCHIVE_EXTRACT_XATTR) == ARCHIVE_OK &&
		    archive_read_disk_open(from, in) == ARCHIVE_OK;
	int r = ARCHIVE_OK;

	while (good && (r = archive_read_next_header2(from, e)) == ARCHIVE_OK) {
		good = copy_entry(from, to, e, strlen(in), out);
		archive_entry_clear(e);
	}
	good = good && r == ARCHIVE_EOF && archive_write_close(to) == ARCHIVE_OK;
	if (!good)
		failed(in, archive_errno(from) ? archive_error_string(from) : archive_errno(to) ? archive_error_string(to) : "cannot be copied", d);
	archive_entry_free(e);
	archive_read_free(from);
	archive_write_free(to);
	return good;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	(void)st, (void)kind, (void)where;
	return remove(path);
}

static void remove_tree(const char *path)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* --- changing ------------------------------------------------------------------------------------------------------------------- */

static bool is_there(const char *folder, const char *name)
{
	BK_FREE char *path = bk_format("%s/%s", folder, name);
	struct stat st;

	return lstat(path, &st) == 0;
}

static bool put(const char *folder, const struct bk_pack_file *file, struct bk_diags *d)
{
	BK_FREE char *path = bk_format("%s/%s", folder, file->name);
	int r;

	if (!file->bytes)
		return mkdir(path, (mode_t)file->mode) == 0 || failed(path, strerror(errno), d);
	r = bk_write_file(path, file->bytes, file->size);
	if (r == 0 && chmod(path, (mode_t)file->mode) < 0)
		r = -errno;
	return r == 0 || failed(path, strerror(-r), d);
}

static bool move(const char *folder, const char *from, const char *to, struct bk_diags *d)
{
	BK_FREE char *old = bk_format("%s/%s", folder, from);
	BK_FREE char *new = bk_format("%s/%s", folder, to);

	return rename(old, new) == 0 || failed(old, strerror(errno), d);
}

static bool check_bootstrap(const char *folder, const struct bk_pack_parts *parts, struct bk_diags *d)
{
	BK_FREE char *path = bk_format("%s/" BK_PACK_BOOTSTRAP, folder);
	const char *ours = bk_pack_machine(parts->shim->at, parts->shim->len), *theirs;
	char head[64];
	struct stat st;
	BK_FILE *f = fopen(path, "re");

	if (lstat(path, &st) < 0 || !S_ISREG(st.st_mode) || !f)
		return failed(path, "it is not a regular file that can be read", d);
	theirs = bk_pack_machine(head, fread(head, 1, sizeof head, f));
	if (theirs && ours && strcmp(theirs, ours) != 0) {
		bk_diag_add(d, BK_ERROR, path, 0, 0, "it is for %s and buckler-init for %s; name the right one with --shim", theirs, ours);
		return false;
	}
	if (!(st.st_mode & 0111))
		bk_diag_add(d, BK_WARNING, path, 0, 0, "it is not executable: the platform will not be able to start it");
	return true;
}

static bool add_files(const char *folder, const struct bk_pack_parts *parts, bool bootstrap, struct bk_diags *d)
{
	struct bk_pack_file files[BK_PACK_FILES];
	size_t n = bk_pack_files(parts, bootstrap ? "" : BK_PACK_FOLDER, bootstrap, files);
	bool good = true;

	for (size_t i = 0; i < n && good; i++)
		if (!(bootstrap && strcmp(files[i].name, BK_PACK_BOOTSTRAP) == 0) && is_there(folder, files[i].name))
			good = failed(folder, i == 0 ? "this folder is wrapped already; take that off first with `buckler wrap --undo`"
					             : "the folder has a file of its own with a name that is needed: policy.bkl, buckler-gate.so, sites.bkt or buckler", d);
	if (good && bootstrap)
		good = is_there(folder, BK_PACK_REAL) ? failed(folder, "the folder has a file " BK_PACK_REAL " of its own; that name is needed", d)
						      : move(folder, BK_PACK_BOOTSTRAP, BK_PACK_REAL, d);
	for (size_t i = 0; i < n && good; i++)
		good = put(folder, &files[i], d);
	return good;
}

static bool is_file(void *folder, const char *name)
{
	return is_there(folder, name);
}

/* host.json, where there is one with a custom handler. */
static bool change_host(const char *folder, bool undo, bool *changed, struct bk_diags *d)
{
	BK_FREE char *path = bk_format("%s/host.json", folder);
	BK_BUF in = { 0 };
	BK_BUF out = { 0 };
	int r;

	if (!is_there(folder, "host.json"))
		return true;
	r = bk_read_file(path, BK_TEMPLATE_MAX, &in);
	if (r < 0)
		return failed(path, strerror(-r), d);
	if (!strstr(in.at, "customHandler"))
		return true;
	if (!(undo ? bk_host_unwrap(path, &in, &out, d) : bk_host_wrap(path, &in, is_file, (void *)folder, &out, d)))
		return false;
	r = bk_write_file(path, out.at, out.len);
	*changed = r == 0;
	return r == 0 || failed(path, strerror(-r), d);
}

static bool wrap(const char *folder, const struct bk_pack_parts *parts, bool *started, struct bk_diags *d)
{
	bool bootstrap = is_there(folder, BK_PACK_BOOTSTRAP);

	*started = bootstrap;
	if (bootstrap && !check_bootstrap(folder, parts, d))
		return false;
	return add_files(folder, parts, bootstrap, d) && (bootstrap || change_host(folder, false, started, d));
}

static bool remove_added(const char *folder, const char *const *names, struct bk_diags *d)
{
	for (; *names; names++) {
		BK_FREE char *path = bk_format("%s/%s", folder, *names);

		if (is_there(folder, *names) && remove(path) < 0)
			return failed(path, strerror(errno), d);
	}
	return true;
}

static bool unwrap(const char *folder, struct bk_diags *d)
{
	static const char *const beside[] = { BK_PACK_MARK, BK_PACK_POLICY, BK_PACK_GATE, BK_PACK_TABLE, NULL };
	static const char *const below[] = {
		BK_PACK_MARK, BK_PACK_FOLDER BK_PACK_SHIM, BK_PACK_FOLDER BK_PACK_POLICY, BK_PACK_FOLDER BK_PACK_GATE,
		BK_PACK_FOLDER BK_PACK_TABLE, BK_PACK_FOLDER, NULL,
	};
	bool bootstrap = is_there(folder, BK_PACK_REAL), changed;

	if (!is_there(folder, BK_PACK_MARK))
		return failed(folder, "this folder is not wrapped: it has no " BK_PACK_MARK, d);
	if (!remove_added(folder, bootstrap ? beside : below, d))
		return false;
	return bootstrap ? move(folder, BK_PACK_REAL, BK_PACK_BOOTSTRAP, d) : change_host(folder, true, &changed, d);
}

/* --- both ways --------------------------------------------------------------------------------------------------------------------- */

static bool set_times(const char *in, const char *out)
{
	struct stat st;

	if (stat(in, &st) < 0)
		return false;
	struct timespec times[2] = { st.st_atim, st.st_mtim };
	return utimensat(AT_FDCWD, out, times, 0) == 0;
}

/* In a folder beside `out` that takes its name once it is whole. */
static bool change(const char *in, const char *out, const struct bk_pack_parts *parts, bool *started, struct bk_diags *d)
{
	BK_FREE char *name = bk_format("%s.XXXXXX", out);
	struct stat st;

	if (lstat(out, &st) == 0)
		return failed(out, "it is there already; name a folder that is not", d);
	if (!mkdtemp(name))
		return failed(out, strerror(errno), d);
	if (copy(in, name, d) && (parts ? wrap(name, parts, started, d) : unwrap(name, d))) {
		set_times(in, name);
		if (rename(name, out) == 0)
			return true;
		failed(out, strerror(errno), d);
	}
	remove_tree(name);
	return false;
}

/* Without slashes at the end, which would stay in every name. */
static bool change_trimmed(const char *in, const char *out, const struct bk_pack_parts *parts, bool *started, struct bk_diags *d)
{
	BK_FREE char *from = bk_strdup(in);
	BK_FREE char *to = bk_strdup(out);

	for (char *s = from + strlen(from); s > from + 1 && s[-1] == '/'; )
		*--s = '\0';
	for (char *s = to + strlen(to); s > to + 1 && s[-1] == '/'; )
		*--s = '\0';
	return change(from, to, parts, started, d);
}

bool bk_tree_wrap(const char *in, const char *out, const struct bk_pack_parts *parts, bool *started, struct bk_diags *d)
{
	return change_trimmed(in, out, parts, started, d);
}

bool bk_tree_unwrap(const char *in, const char *out, struct bk_diags *d)
{
	bool unused;

	return change_trimmed(in, out, NULL, &unused, d);
}
