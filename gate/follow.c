/* SPDX-License-Identifier: Apache-2.0 */
/* Where paths lead.  The kernel follows all but the last name; that one is looked at, because it may not be there yet, or be a link. */
#include <linux/stat.h>
#include "gate/files.h"

#define LINKS_MAX  40			/* MAXSYMLINKS (linux/namei.h) */
#define PROC_MAGIC 0x9fa0		/* PROC_SUPER_MAGIC (linux/magic.h) */
#define MAGIC_OFF  2			/* RESOLVE_NO_MAGICLINKS (linux/openat2.h) */

enum { AGAIN = 1 };			/* of a step: a link was followed */

struct walk {
	struct bk_paths *p;
	char *out;
	unsigned how, links;
	int directory, own;		/* own: of a link's folder, where the path goes on; -1: none */
	bool slash;			/* one stands behind the last name */
};

static int open_here(int folder, const char *name, int flags)
{
	return (int)sys_openat(folder, name, O_PATH | O_CLOEXEC | flags, 0);
}

/* Takes the last name off the path: what stays leads to its folder. */
static int take_last(char *path, char name[BK_NAME_MAX + 2], bool *slash)
{
	uint32_t end = bk_text_of(path).len, n;

	while (end && path[end - 1] == '/')
		end--;
	*slash = path[end] == '/';
	for (n = end; n && path[n - 1] != '/'; n--)
		;
	if (end - n >= BK_NAME_MAX)
		return -ENAMETOOLONG;
	__builtin_memcpy(name, path + n, end - n);
	name[end - n] = '\0';
	if (end)
		path[n] = '\0';
	return 0;
}

static int end_at_folder(struct walk *w, int folder, struct bk_target *place)
{
	int fd = *place->name ? open_here(folder, place->name, O_DIRECTORY) : folder;

	if (fd != folder)
		sys_close(folder);
	if (fd < 0)
		return fd;
	if (place->name[0] != '.' || place->name[1] != '.')
		bk_put(place->name, place->name + sizeof place->name, ".");
	place->folder = fd;
	return bk_target_object(place, fd, w->out, bk_fd_link);
}

static bool is_proc(int fd)
{
	struct statfs fs;

	return sys_fstatfs(fd, &fs) == 0 && (unsigned long)fs.f_type == PROC_MAGIC;
}

/*
 * Links of /proc are more than their text.  Others are read; where one may not be followed (fs.protected_symlinks), the kernel says so.  `link` and
 * `folder` are taken over.
 */
static int follow_link(struct walk *w, int link, int folder, struct bk_target *place)
{
	int target = open_here(folder, place->name, w->slash ? O_DIRECTORY : 0);
	char *path = w->p->walk, *text = w->p->link;
	bool jump = is_proc(link);
	long n = jump ? 0 : sys_readlinkat(link, "", text, BK_PATH_MAX - 1);

	sys_close(link);
	if (target >= 0 && jump) {
		sys_close(folder);
		return bk_target_object(place, target, w->out, bk_fd_link);
	}
	if (target >= 0)
		sys_close(target);
	if (w->own >= 0)
		sys_close(w->own);
	w->own = w->directory = folder;
	if (target == -EACCES || target == -ELOOP || target == -ENOTDIR || jump)
		return target < 0 ? target : -ELOOP;
	if (n <= 0 || ++w->links > LINKS_MAX)
		return n < 0 ? (int)n : n ? -ELOOP : -ENOENT;
	text[n] = '\0';
	bk_put(bk_put(path, path + sizeof w->p->walk, text), path + sizeof w->p->walk, w->slash ? "/" : "");
	return AGAIN;
}

/* The last name in its folder, which is taken over. */
static int look(struct walk *w, int folder, struct bk_target *place)
{
	int object = open_here(folder, place->name, O_NOFOLLOW), r = 0;
	bool make = w->how & BK_RESOLVE_MAKE;

	if (object >= 0)
		r = (int)sys_fstat(object, &place->st);
	if (object >= 0 && r == 0 && S_ISLNK(place->st.st_mode) && (w->slash ? !make : w->how & BK_RESOLVE_FOLLOW))
		return follow_link(w, object, folder, place);
	if (object < 0 && object != -ENOENT)
		r = object;
	if (object >= 0 && r == 0 && w->slash && !make && !S_ISDIR(place->st.st_mode))
		r = -ENOTDIR;
	if (r == 0)
		return bk_target_in(place, folder, object < 0 ? -1 : object, w->slash, w->out, bk_fd_link);
	if (object >= 0)
		sys_close(object);
	sys_close(folder);
	return r;
}

static bool is_dots(const char *name)
{
	return !*name || (name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2])));
}

static int step(struct walk *w, struct bk_target *place)
{
	char *path = w->p->walk;
	int r = take_last(path, place->name, &w->slash), folder;

	if (r < 0)
		return r;
	folder = open_here(w->directory, *path ? path : ".", O_DIRECTORY);
	if (folder < 0)
		return folder;
	return is_dots(place->name) ? end_at_folder(w, folder, place) : look(w, folder, place);
}

int bk_follow_descriptor(int descriptor, char *out, struct bk_target *place)
{
	char link[64];
	int fd = open_here(BK_AT_CWD, bk_fd_link(link, descriptor), 0);

	place->folder = place->object = -1;
	return fd == -ENOENT ? -EBADF : fd < 0 ? fd : bk_target_object(place, fd, out, bk_fd_link);
}

static bool is_empty(const struct bk_paths *p)
{
	return !*p->walk;
}

int bk_follow(struct bk_paths *p, int directory, unsigned how, char *out, struct bk_target *place)
{
	struct walk w = { .p = p, .out = out, .how = how, .directory = directory, .own = -1 };
	int r;

	place->folder = place->object = -1;
	if (is_empty(p) && !(how & BK_RESOLVE_EMPTY))
		return -ENOENT;
	if (is_empty(p) && directory != BK_AT_CWD)
		return bk_follow_descriptor(directory, out, place);
	if (is_empty(p))
		bk_put(p->walk, p->walk + sizeof p->walk, ".");
	do
		r = step(&w, place);
	while (r == AGAIN);
	if (w.own >= 0)
		sys_close(w.own);
	if (r < 0)
		bk_target_close(place);
	return r;
}

int bk_follow_object(struct bk_paths *p, int directory, char *out, struct bk_target *place)
{
	int fd = is_empty(p) ? -ENOENT : open_here(directory, p->walk, 0);

	place->folder = place->object = -1;
	return fd < 0 ? fd : bk_target_object(place, fd, out, bk_fd_link);
}
