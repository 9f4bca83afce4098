/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/objects.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"

static const char *reason(int error)
{
	switch (error) {
	case -ENOEXEC:   return "not a program or library for x86-64";
	case -EINVAL:    return "its headers contradict each other";
	case -EOVERFLOW: return "its addresses are too large";
	case -EFBIG:     return "too large";
	default:         return strerror(-error);
	}
}

static const char *remedy(int error)
{
	switch (error) {
	case -EINVAL:    return "build it again, or leave it out";
	case -EOVERFLOW: return "link it below 4 GiB, or leave it out";
	case -EFBIG:     return "make it smaller (strip), or leave it out";
	default:         return "make it readable, or leave it out";
	}
}

/* What nobody named is no reason to stop: the function may never use it. */
static void lacking(struct bk_objects *r, const char *path, int error)
{
	struct bk_diags d = { 0 };

	if (!r->lenient) {
		r->status = bk_cli_error("%s: %s", path, reason(error));
		return;
	}
	bk_diag_add(&d, BK_WARNING, path, 0, 0, "%s: it has no site table, and no call is led through the gate by one; only what the gate finds by "
		    "itself is (nothing in musl, static programs, Go): %s", reason(error), remedy(error));
	bk_cli_report(&d);
	bk_diags_free(&d);
}

void bk_objects_bytes(struct bk_objects *r, const char *path, const void *file, size_t size, bool named)
{
	struct bk_charted what;
	int error = bk_tables_add(&r->tables, file, size, &what);

	if (error == -ENOEXEC && !named)
		return;
	if (error < 0)
		lacking(r, path, error);
	else if (error)
		r->found++;
	if (error > 0 && r->tell)
		r->tell(r, &what, path);
}

/* Mapped, since only what is looked at needs to be read. */
static void add_file(struct bk_objects *r, const char *path, bool named)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	void *at = MAP_FAILED;

	if (fd < 0 || fstat(fd, &st) < 0) {
		lacking(r, path, -errno);
	} else if (!S_ISREG(st.st_mode) || st.st_size > BK_CHART_FILE || !st.st_size) {
		if (named)
			lacking(r, path, st.st_size > BK_CHART_FILE ? -EFBIG : -ENOEXEC);
	} else if ((at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0)) == MAP_FAILED) {
		lacking(r, path, -errno);
	} else {
		bk_objects_bytes(r, path, at, (size_t)st.st_size, named);
		munmap(at, (size_t)st.st_size);
	}
	if (fd >= 0)
		close(fd);
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

void bk_objects_add(struct bk_objects *r, const char *path)
{
	FTS *tree = fts_open((char *[]){ (char *)(uintptr_t)path, NULL }, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, by_name);
	const FTSENT *e;

	while (tree && (e = fts_read(tree)) != NULL)
		if (e->fts_info == FTS_F)
			add_file(r, e->fts_path, e->fts_level == 0 && !r->lenient);
		else if (e->fts_info == FTS_ERR || e->fts_info == FTS_DNR || e->fts_info == FTS_NS)
			lacking(r, e->fts_path, -e->fts_errno);
	if (tree)
		fts_close(tree);
}
