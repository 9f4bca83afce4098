/* SPDX-License-Identifier: Apache-2.0 */
/* The members of an image, in a folder or a tar.  A tar is read again for each: members stand in any order, and are skipped by seeking. */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "scan/tree/image.h"

enum { LINKS_MAX = 8, BLOCK = 1 << 16 };

struct bk_member {
	int fd;				/* in a folder; else -1 */
	struct archive *tar;
};

/* Below the folder, also by way of links. */
static int open_below(int folder, const char *name)
{
	struct open_how how = { .flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK, .resolve = RESOLVE_BENEATH };
	long fd = syscall(SYS_openat2, folder, name, &how, sizeof how);

	return (int)fd;
}

static const char *plain(const char *name)
{
	while (strncmp(name, "./", 2) == 0 || *name == '/')
		name += *name == '/' ? 1 : 2;
	return name;
}

static struct archive *open_tar(const char *path)
{
	struct archive *a = archive_read_new();

	archive_read_support_filter_all(a);
	archive_read_support_format_tar(a);
	if (archive_read_open_filename(a, path, BLOCK) == ARCHIVE_OK)
		return a;
	archive_read_free(a);
	return NULL;
}

/* Older docker writes a layer that it has already as a link: "../ID/layer.tar" beside the layer's own place. */
static char *link_of(struct archive_entry *e, const char *name)
{
	const char *hard = archive_entry_hardlink(e), *soft = archive_entry_symlink(e), *slash = strrchr(name, '/');

	if (hard)
		return bk_strdup(plain(hard));
	if (!soft)
		return NULL;
	if (strncmp(soft, "../", 3) == 0 && slash)
		return bk_strdup(soft + 3);
	return slash ? bk_format("%.*s/%s", (int)(slash - name), name, soft) : bk_strdup(soft);
}

/* Stands at the entry's content; *link where it is one. */
static struct archive *find(const char *path, const char *name, char **link)
{
	struct archive *a = open_tar(path);
	struct archive_entry *e;
	int status = ARCHIVE_OK;

	while (a && (status = archive_read_next_header(a, &e)) >= ARCHIVE_WARN && status != ARCHIVE_EOF) {
		const char *at = archive_entry_pathname(e);

		if (!at || strcmp(plain(at), name) != 0)
			continue;
		*link = link_of(e, name);
		return a;
	}
	archive_read_free(a);
	return NULL;
}

static struct archive *find_linked(const char *path, const char *name)
{
	BK_FREE char *want = bk_strdup(plain(name));

	for (int i = 0; i < LINKS_MAX; i++) {
		char *link = NULL;
		struct archive *a = find(path, want, &link);

		if (!link)
			return a;
		archive_read_free(a);
		free(want);
		want = link;
	}
	return NULL;
}

struct bk_member *bk_member_open(const struct bk_holder *h, const char *name, const char **why)
{
	struct bk_member m = { .fd = -1 };
	struct bk_member *out;

	*why = "not there";
	if (h->folder >= 0) {
		m.fd = open_below(h->folder, plain(name));
		if (m.fd < 0)
			*why = strerror(errno);
	} else {
		m.tar = find_linked(h->path, name);
	}
	if (m.fd < 0 && !m.tar)
		return NULL;
	out = bk_alloc(sizeof *out);
	*out = m;
	return out;
}

ssize_t bk_member_read(struct bk_member *m, void *to, size_t size)
{
	ssize_t got = m->tar ? archive_read_data(m->tar, to, size) : read(m->fd, to, size);

	return got >= 0 ? got : m->tar ? -EBADMSG : -errno;
}

void bk_member_close(struct bk_member *m)
{
	if (!m)
		return;
	archive_read_free(m->tar);
	if (m->fd >= 0)
		close(m->fd);
	free(m);
}

json_t *bk_member_json(const struct bk_holder *h, const char *name)
{
	const char *why;
	struct bk_member *m = bk_member_open(h, name, &why);
	BK_BUF text = { 0 };
	char block[4096];
	ssize_t got;

	if (!m)
		return NULL;
	while ((got = bk_member_read(m, block, sizeof block)) > 0 && text.len < BK_TEXT_MAX)
		bk_buf_add(&text, block, (size_t)got);
	bk_member_close(m);
	return got == 0 ? json_loadb(text.at ? text.at : "", text.len, 0, NULL) : NULL;
}
