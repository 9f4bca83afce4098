/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Folders.  Two threads take folders from one stack.  What an entry is, getdents(2) says; only a file that a reader wants is opened.
 * Symbolic links are not followed: what they name within the target is met where it lies, and what lies outside is not of the target.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "scan/reader.h"

/* As getdents64(2) writes them. */
struct entry {
	uint64_t inode;
	int64_t offset;
	unsigned short size;
	unsigned char kind;
	char name[];
};

enum { THREADS = 2, KEEP_MAX = 1 << 20, READ_FLAGS = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY };

struct walk {
	struct bk_scan *scan;
	const char *prefix;		/* before the path in reports; "" or ends with "/" */
	int root;
	pthread_mutex_t lock;		/* of what follows */
	pthread_cond_t changed;
	char **folders;			/* to be read, relative to root */
	size_t count, cap;
	unsigned busy;			/* threads that are reading one and may find more */
};

/* One thread's buffers, which serve for one folder after the other. */
struct worker {
	struct walk *walk;
	struct bk_buf path, text;
	_Alignas(struct entry) char entries[1 << 16];
};

static ssize_t read_fd(struct bk_file *f, void *to, size_t size)
{
	ssize_t got = read(f->fd, to, size);

	return got < 0 ? -errno : got;
}

static void push(struct walk *w, char *folder)
{
	pthread_mutex_lock(&w->lock);
	w->folders = bk_grow(w->folders, &w->cap, w->count + 1, sizeof *w->folders);
	w->folders[w->count++] = folder;
	pthread_cond_signal(&w->changed);
	pthread_mutex_unlock(&w->lock);
}

/* NULL: no folder is left, and nobody is there to find one. */
static char *pop(struct walk *w)
{
	char *folder = NULL;

	pthread_mutex_lock(&w->lock);
	while (w->count == 0 && w->busy > 0)
		pthread_cond_wait(&w->changed, &w->lock);
	if (w->count > 0) {
		folder = w->folders[--w->count];
		w->busy++;
	}
	pthread_mutex_unlock(&w->lock);
	return folder;
}

static void done(struct walk *w)
{
	pthread_mutex_lock(&w->lock);
	if (--w->busy == 0)
		pthread_cond_broadcast(&w->changed);
	pthread_mutex_unlock(&w->lock);
}

/* No part of the path may be a link, even one that was put there since. */
static int open_folder(int root, const char *path)
{
	struct open_how how = { .flags = O_RDONLY | O_CLOEXEC | O_DIRECTORY | O_NOFOLLOW, .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS };
	long fd = syscall(SYS_openat2, root, path, &how, sizeof how);

	if (fd < 0 && (errno == ENOSYS || errno == EPERM))
		fd = openat(root, path, (int)how.flags);
	return (int)fd;
}

static void read_file(struct worker *w, int folder, const char *name)
{
	struct bk_file f = { .scan = w->walk->scan, .path = w->path.at, .read = read_fd, .text = w->text };

	if (!bk_scan_wants(f.path, 0))
		return;
	f.fd = openat(folder, name, READ_FLAGS);
	if (f.fd < 0) {
		bk_scan_warn(&f, 0, "not read: %s", strerror(errno));
		return;
	}
	bk_scan_file(&f);
	close(f.fd);
	if (f.text.cap > KEEP_MAX)
		bk_file_free(&f);
	w->text = f.text;
	w->text.len = 0;
}

/* For file systems that don't say it in the entry. */
static unsigned char kind_of(int folder, const struct entry *e)
{
	struct stat st;

	if (e->kind != DT_UNKNOWN)
		return e->kind;
	return fstatat(folder, e->name, &st, AT_SYMLINK_NOFOLLOW) < 0 ? DT_UNKNOWN : IFTODT(st.st_mode);
}

static unsigned depth_of(const char *path)
{
	unsigned n = 0;

	for (; *path; path++)
		n += *path == '/';
	return n;
}

static void enter(struct walk *w, const char *relative)
{
	if (depth_of(relative) < BK_FOLDERS_MAX)
		push(w, bk_strdup(relative));
	else
		bk_scan_warn_path(w->scan, relative, "not read: more than %u folders deep", BK_FOLDERS_MAX);
}

/* The path holds the prefix, the folder, a slash; the names go behind `base`.  True for a file. */
static bool take_entry(struct worker *w, int folder, const struct entry *e, size_t base)
{
	unsigned char kind = kind_of(folder, e);

	if (strcmp(e->name, ".") == 0 || strcmp(e->name, "..") == 0)
		return false;
	w->path.len = base;
	bk_buf_text(&w->path, e->name);
	if (kind == DT_DIR)
		enter(w->walk, w->path.at + strlen(w->walk->prefix));
	else if (kind == DT_REG)
		read_file(w, folder, e->name);
	return kind == DT_REG;
}

static void read_entries(struct worker *w, int folder)
{
	uint64_t files = 0;
	size_t base = w->path.len;
	long size;

	while ((size = syscall(SYS_getdents64, folder, w->entries, sizeof w->entries)) > 0)
		for (long at = 0; at < size; ) {
			const struct entry *e = (const struct entry *)(w->entries + at);

			files += take_entry(w, folder, e, base);
			at += e->size;
		}
	w->path.len = base;
	bk_buf_text(&w->path, "");
	if (size < 0)
		bk_scan_warn_path(w->walk->scan, w->path.at, "not read: %s", strerror(errno));
	bk_scan_count(w->walk->scan, w->path.at, files);
}

static void read_folder(struct worker *w, const char *folder)
{
	int fd = open_folder(w->walk->root, folder);

	w->path.len = 0;
	bk_buf_text(&w->path, w->walk->prefix);
	if (strcmp(folder, ".") != 0)
		bk_buf_printf(&w->path, "%s/", folder);
	if (fd < 0) {
		bk_scan_warn_path(w->walk->scan, w->path.at, "not read: %s", strerror(errno));
		return;
	}
	read_entries(w, fd);
	close(fd);
}

static void *work(void *with)
{
	struct walk *walk = with;
	struct worker *w = bk_alloc(sizeof *w);

	w->walk = walk;
	for (char *folder; (folder = pop(walk)); done(walk)) {
		if (!walk->scan->full)
			read_folder(w, folder);
		free(folder);
	}
	bk_buf_free(&w->path);
	bk_buf_free(&w->text);
	free(w);
	return NULL;
}

static void walk(struct walk *w)
{
	pthread_t threads[THREADS - 1];
	size_t started = 0;

	push(w, bk_strdup("."));
	while (started < THREADS - 1 && pthread_create(&threads[started], NULL, work, w) == 0)
		started++;
	work(w);
	while (started > 0)
		pthread_join(threads[--started], NULL);
}

int bk_walk(struct bk_scan *s, const char *folder, const char *prefix)
{
	struct walk w = { .scan = s, .prefix = prefix, .root = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) };

	if (w.root < 0)
		return -errno;
	pthread_mutex_init(&w.lock, NULL);
	pthread_cond_init(&w.changed, NULL);
	walk(&w);
	pthread_cond_destroy(&w.changed);
	pthread_mutex_destroy(&w.lock);
	free(w.folders);
	close(w.root);
	return 0;
}
