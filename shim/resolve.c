/* SPDX-License-Identifier: Apache-2.0 */
#include <linux/stat.h>
#include "shim/files.h"

#define LINKS_MAX  40			/* MAXSYMLINKS (linux/namei.h) */
#define PROC_MAGIC 0x9fa0		/* PROC_SUPER_MAGIC (linux/magic.h) */
#define NO_MAGIC   2			/* RESOLVE_NO_MAGICLINKS (linux/openat2.h) */

struct walk {
	struct bk_shim *s;
	int tid, links;
	int folder;			/* where the walk has come to */
	char *rest;			/* what is left, inside scratch->walk */
	bool follow, make;
};

enum { MORE = 1 };			/* of a step: the walk goes on */

/* --- descriptors ------------------------------------------------------------------------------------------------------------ */

static int open_here(int folder, const char *name, int flags)
{
	return (int)sys_openat(folder, name, O_PATH | O_CLOEXEC | flags, 0);
}

static int enter(struct walk *w, int folder)
{
	if (folder < 0)
		return folder;
	sys_close(w->folder);
	w->folder = folder;
	return MORE;
}

static long name_of(int fd, char *out)
{
	char link[64];
	long n = sys_readlink(bk_own_fd(link, fd), out, BK_PATH_MAX - 1);

	if (n >= 0)
		out[n] = '\0';
	return n;
}

/* --- the end of the walk ---------------------------------------------------------------------------------------------------- */

static int end_at(int object, char *out, struct bk_target *p)
{
	return bk_target_object(p, object, out, bk_own_fd);
}

static int end_at_folder(struct walk *w, char *out, struct bk_target *p)
{
	p->folder = w->folder;
	w->folder = -1;
	if (p->name[0] != '.' || p->name[1] != '.' || p->name[2])
		bk_put(p->name, p->name + sizeof p->name, ".");
	return end_at(p->folder, out, p);
}

static int end_in_folder(struct walk *w, int object, bool slash, char *out, struct bk_target *p)
{
	int folder = w->folder;

	w->folder = -1;
	return bk_target_in(p, folder, object, slash, out, bk_own_fd);
}

/* --- links ------------------------------------------------------------------------------------------------------------------ */

static bool is_proc(int fd)
{
	struct statfs fs;

	return sys_fstatfs(fd, &fs) == 0 && (unsigned long)fs.f_type == PROC_MAGIC;
}

/* Puts a link's target in front of what is left. */
static int splice(struct walk *w, struct bk_text target)
{
	char *buffer = w->s->scratch->walk;
	uint32_t rest = bk_text_of(w->rest).len;

	if (++w->links > LINKS_MAX)
		return -ELOOP;
	if (!target.len)
		return -ENOENT;
	if (target.len + 1 + rest >= BK_PATH_MAX)
		return -ENAMETOOLONG;
	__builtin_memmove(buffer + target.len, w->rest, rest + 1);
	__builtin_memcpy(buffer, target.at, target.len);
	w->rest = buffer;
	return *buffer == '/' ? enter(w, (int)sys_open("/", O_PATH | O_CLOEXEC)) : MORE;
}

/* /proc/self and /proc/thread-self are links with a number that is not the shim's to say. */
static int splice_self(struct walk *w, const char *name)
{
	char text[64], *at = bk_put_number(text, text + sizeof text, (uint32_t)w->tid);

	if (name[0] == 't')
		at = bk_put_number(bk_put(at, text + sizeof text, "/task/"), text + sizeof text, (uint32_t)w->tid);
	return splice(w, (struct bk_text){ text, (uint32_t)(at - text) });
}

static bool is_ours(struct walk *w)
{
	char own[64], *called = w->s->scratch->called;
	long n = name_of(w->folder, called);

	bk_proc(own, w->s->self, "/");
	if (n < 0)
		return true;
	called[n] = '/';
	return bk_text_starts((struct bk_text){ called, (uint32_t)n + 1 }, bk_text_of(own));
}

/*
 * A link that is more than its text (proc(5): fd/N, exe, cwd, root).  Through the shim's own ones nobody may go: the kernel would
 * let the shim do so.
 */
static int jump(struct walk *w, const char *name, bool last, char *out, struct bk_target *p)
{
	int object = is_ours(w) ? -EACCES : open_here(w->folder, name, 0);

	if (object < 0 || !last)
		return enter(w, object);
	return end_at(object, out, p);
}

/* Before Linux 5.6, and in gVisor before 2026, the kernel does not say which links of /proc are more than text: all but these. */
static bool is_magic(const char *name, int target)
{
	if (target != -ENOSYS)
		return target == -ELOOP;
	return !bk_text_equal(bk_text_of(name), BK_TEXT("mounts")) && !bk_text_equal(bk_text_of(name), BK_TEXT("net"));
}

static int follow(struct walk *w, int link, const char *name, bool last, char *out, struct bk_target *p)
{
	uint64_t how[3] = { O_PATH | O_CLOEXEC, 0, NO_MAGIC };
	/* Asked for the errno alone: a link in /tmp may be one that must not be followed (fs.protected_symlinks). */
	int target = (int)sys_openat2(w->folder, name, how, sizeof how);
	bool proc = is_proc(link);
	long n;

	if (target >= 0)
		sys_close(target);
	if (target == -EACCES && !proc)
		return -EACCES;
	if (proc && (bk_text_equal(bk_text_of(name), BK_TEXT("self")) || bk_text_equal(bk_text_of(name), BK_TEXT("thread-self"))))
		return splice_self(w, name);
	if (proc && is_magic(name, target))
		return jump(w, name, last, out, p);
	n = sys_readlinkat(link, "", w->s->scratch->called, BK_PATH_MAX - 1);
	return n < 0 ? (int)n : splice(w, (struct bk_text){ w->s->scratch->called, (uint32_t)n });
}

/* --- steps -------------------------------------------------------------------------------------------------------------------- */

static int end_of(struct walk *w, int object, bool slash, char *out, struct bk_target *p)
{
	int r = 0;

	if (object >= 0)
		r = (int)sys_fstat(object, &p->st);
	if (r == 0 && object >= 0 && slash && !w->make && !S_ISDIR(p->st.st_mode))
		r = -ENOTDIR;
	if (r == 0)
		return end_in_folder(w, object, slash, out, p);
	sys_close(object);
	return r;
}

/* One name; `last` where nothing but slashes stands behind it. */
static int step(struct walk *w, bool last, bool slash, char *out, struct bk_target *p)
{
	int object, r;
	bool link;

	if (bk_text_equal(bk_text_of(p->name), BK_TEXT(".")))
		return last ? end_at_folder(w, out, p) : MORE;
	if (bk_text_equal(bk_text_of(p->name), BK_TEXT(".."))) {
		r = enter(w, open_here(w->folder, "..", O_DIRECTORY));
		return r == MORE && last ? end_at_folder(w, out, p) : r;
	}
	object = open_here(w->folder, p->name, O_NOFOLLOW);
	if (last && object == -ENOENT)
		return end_of(w, -1, slash, out, p);
	if (object < 0)
		return object;
	r = (int)sys_fstat(object, &p->st);
	link = r == 0 && S_ISLNK(p->st.st_mode);
	if (link && (!last || (slash ? !w->make : w->follow))) {
		if (slash && last)
			w->rest--;	/* what the link leads to must be a folder, too */
		r = follow(w, object, p->name, last && !slash, out, p);
		sys_close(object);
		return r;
	}
	return last ? end_of(w, object, slash, out, p) : enter(w, object);
}

/* Takes the next name off the rest. */
static int take(struct walk *w, char name[BK_NAME_MAX + 2], bool *last, bool *slash)
{
	uint32_t n = 0;

	while (*w->rest == '/')
		w->rest++;
	while (w->rest[n] && w->rest[n] != '/')
		n++;
	if (n >= BK_NAME_MAX)
		return -ENAMETOOLONG;
	__builtin_memcpy(name, w->rest, n);
	name[n] = '\0';
	w->rest += n;
	*slash = *w->rest == '/';
	while (w->rest[0] == '/' && w->rest[1] == '/')
		w->rest++;
	*last = !*w->rest || !w->rest[1];
	if (*slash && *last)
		w->rest++;
	return 0;
}

static int walk(struct walk *w, char *out, struct bk_target *p)
{
	bool last, slash;
	int r;

	do {
		r = take(w, p->name, &last, &slash);
		if (r < 0)
			return r;
		r = *p->name ? step(w, last, slash, out, p) : end_at_folder(w, out, p);
	} while (r == MORE);
	return r;
}

static int start_of(int tid, int directory, const char *path)
{
	char base[64];
	int fd;

	if (*path == '/')
		return (int)sys_open("/", O_PATH | O_CLOEXEC);
	if (directory == BK_AT_CWD)
		return (int)sys_open(bk_proc(base, tid, "/cwd"), O_PATH | O_CLOEXEC);
	fd = (int)sys_open(bk_proc_fd(base, tid, directory), O_PATH | O_CLOEXEC);
	return fd == -ENOENT ? -EBADF : fd;
}

int bk_resolve_descriptor(struct bk_shim *s, int tid, int descriptor, char *out, struct bk_target *p)
{
	int fd = start_of(tid, descriptor, "");

	(void)s;
	p->folder = p->object = -1;
	return fd < 0 ? fd : end_at(fd, out, p);
}

int bk_resolve(struct bk_shim *s, int tid, int directory, unsigned how, char *out, struct bk_target *p)
{
	struct walk w = { .s = s, .tid = tid, .rest = s->scratch->walk, .follow = how & BK_RESOLVE_FOLLOW, .make = how & BK_RESOLVE_MAKE };
	int r;

	p->folder = p->object = -1;
	if (!*w.rest && !(how & BK_RESOLVE_EMPTY))
		return -ENOENT;
	if (!*w.rest && directory != BK_AT_CWD)
		return bk_resolve_descriptor(s, tid, directory, out, p);
	w.folder = start_of(tid, directory, w.rest);
	if (w.folder < 0)
		return w.folder;
	r = walk(&w, out, p);
	if (w.folder >= 0)
		sys_close(w.folder);
	if (r < 0)
		bk_target_close(p);
	return r;
}
