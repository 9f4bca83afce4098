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
	default:         return strerror(-error);
	}
}

void bk_objects_bytes(struct bk_objects *r, const char *path, const void *file, size_t size, bool named)
{
	struct bk_charted what;
	int error = bk_tables_add(&r->tables, file, size, &what);

	if (error == -ENOEXEC && !named)
		return;
	if (error < 0)
		r->status = bk_cli_error("%s: %s", path, reason(error));
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
		r->status = bk_cli_error("%s: %s", path, strerror(errno));
	} else if (!S_ISREG(st.st_mode) || st.st_size > BK_CHART_FILE || !st.st_size) {
		if (named)
			r->status = bk_cli_error("%s: %s", path, st.st_size > BK_CHART_FILE ? "too large" : "not a program or library for x86-64");
	} else if ((at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0)) == MAP_FAILED) {
		r->status = bk_cli_error("%s: %s", path, strerror(errno));
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
			add_file(r, e->fts_path, e->fts_level == 0);
		else if (e->fts_info == FTS_ERR || e->fts_info == FTS_DNR || e->fts_info == FTS_NS)
			r->status = bk_cli_error("%s: %s", e->fts_path, strerror(e->fts_errno));
	if (tree)
		fts_close(tree);
}
