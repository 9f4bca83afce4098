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

enum { THREADS = 2, READ_FLAGS = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY };

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

static void read_file(struct walk *w, int folder, const char *name, const char *path)
{
	struct bk_file f = { .scan = w->scan, .path = path, .read = read_fd };
	struct stat st;

	if (!bk_scan_wants(path, 0))
		return;
	f.fd = openat(folder, name, READ_FLAGS);
	if (f.fd < 0 || fstat(f.fd, &st) < 0) {
		bk_scan_warn(&f, 0, "not read: %s", strerror(errno));
	} else if (S_ISREG(st.st_mode)) {
		f.mode = st.st_mode & 07777;
		bk_scan_file(&f);
	}
	if (f.fd >= 0)
		close(f.fd);
	bk_file_free(&f);
}

/* For file systems that don't say it in the entry. */
static unsigned char kind_of(int folder, const struct dirent *e)
{
	struct stat st;

	if (e->d_type != DT_UNKNOWN)
		return e->d_type;
	return fstatat(folder, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ? DT_UNKNOWN : IFTODT(st.st_mode);
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

/* `path` holds the prefix, the folder, a slash; the names go behind `base`. */
static void read_entries(struct walk *w, DIR *dir, struct bk_buf *path, size_t base)
{
	uint64_t files = 0;

	for (struct dirent *e; (e = readdir(dir)); ) {
		unsigned char kind = kind_of(dirfd(dir), e);

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		path->len = base;
		bk_buf_text(path, e->d_name);
		if (kind == DT_DIR)
			enter(w, path->at + strlen(w->prefix));
		else if (kind == DT_REG && ++files)
			read_file(w, dirfd(dir), e->d_name, path->at);
	}
	path->len = base;
	path->at[base] = '\0';
	bk_scan_count(w->scan, path->at, files);
}

static void read_folder(struct walk *w, const char *folder)
{
	BK_BUF path = { 0 };
	int fd = open_folder(w->root, folder);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	bk_buf_text(&path, w->prefix);
	if (strcmp(folder, ".") != 0)
		bk_buf_printf(&path, "%s/", folder);
	if (dir) {
		read_entries(w, dir, &path, path.len);
		closedir(dir);
	} else {
		bk_scan_warn_path(w->scan, path.at, "not read: %s", strerror(errno));
		if (fd >= 0)
			close(fd);
	}
}

static void *work(void *with)
{
	struct walk *w = with;

	for (char *folder; (folder = pop(w)); done(w)) {
		if (!w->scan->full)
			read_folder(w, folder);
		free(folder);
	}
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
