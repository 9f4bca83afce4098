/* SPDX-License-Identifier: Apache-2.0 */
/* Calls on files, made by the shim for a task: what they have beside paths, and handing over what was opened. */
#include <linux/stat.h>
#include "shim/fileacts.h"

#define REMOVEDIR_AT  0x200u		/* AT_REMOVEDIR */
#define XATTR_NAME    256u		/* XATTR_NAME_MAX and a NUL (linux/limits.h) */
#define XATTR_SIZE    65536u		/* XATTR_SIZE_MAX */

bool bk_act_must_go_on(const struct bk_file_call *c)
{
	if (bk_act_is_open(c) && !(c->s->place.offers & BK_CAN_ADDFD))
		return true;
	return bk_act_is_open(c) && c->at.object >= 0 && !bk_act_is_plain(&c->at.st) && !S_ISLNK(c->at.st.st_mode);
}

/* --- open ------------------------------------------------------------------------------------------------------------------- */

/*
 * O_NONBLOCK, because a FIFO could have taken the file's place meanwhile and must not hold the shim; O_NOFOLLOW, because links were followed.
 * Neither means anything for a file.
 */
static long open_it(struct bk_file_call *c)
{
	unsigned flags = bk_act_open_flags(c), mode = bk_act_open_mode(c);
	unsigned more = O_NONBLOCK | O_CLOEXEC | O_NOCTTY | O_LARGEFILE;
	char link[64];

	if (c->at.folder >= 0)
		return sys_openat(c->at.folder, c->at.object == c->at.folder ? "." : c->at.name, (int)(flags | more | O_NOFOLLOW), mode);
	if (flags & O_CREAT && flags & O_EXCL)
		return -EEXIST;
	return sys_openat(BK_AT_CWD, bk_own_fd(link, c->at.object), (int)((flags | more) & ~(unsigned)(O_CREAT | O_NOFOLLOW)), mode);
}

static bool is_file(int fd)
{
	struct stat st;

	return sys_fstat(fd, &st) == 0 && bk_act_is_plain(&st);
}

/*
 * Nothing may interrupt it: the kernel counts the call as answered once the descriptor is on its way, and where the way is cut short the caller gets
 * a 0 (kernel/seccomp.c, seccomp_notify_addfd).  The one signal that is not blocked is that of the loop's timer.
 */
static long hand_over(struct bk_file_call *c, int fd)
{
	uint64_t all = ~0ULL, before;
	long r;
	unsigned flags = bk_act_open_flags(c);
	struct seccomp_notif_addfd add = {
		.id = c->n->id, .flags = SECCOMP_ADDFD_FLAG_SEND, .srcfd = (uint32_t)fd, .newfd_flags = flags & O_CLOEXEC,
	};

	if (!(flags & O_NONBLOCK))
		sys_fcntl(fd, F_SETFL, flags & (O_APPEND | O_DIRECT | O_NOATIME));
	sys_sigmask(SIG_SETMASK, &all, &before);
	r = sys_ioctl(c->s->listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add);
	sys_sigmask(SIG_SETMASK, &before, NULL);
	return r;
}

static void make_open(struct bk_file_call *c)
{
	long fd = open_it(c), r = fd;

	if (fd >= 0) {
		r = is_file((int)fd) ? hand_over(c, (int)fd) : -EACCES;	/* something else took its place */
		sys_close((int)fd);
	}
	if (r < 0)
		bk_notify_result(c->s, c->n->id, r);
}

/* --- the others ---------------------------------------------------------------------------------------------------------------- */

static bool read_exactly(const struct bk_file_call *c, uint64_t from, void *to, size_t n)
{
	return bk_memory_read((int)c->n->pid, from, to, n) == (long)n;
}

static long read_times(struct bk_file_call *c)
{
	int64_t given[4];

	c->has_times = c->rest[0];
	if (!c->rest[0])
		return 0;
	return read_exactly(c, c->rest[0], given, c->act == BK_ACT_UTIME ? 16 : 32) ? bk_act_times(c, given) : -EFAULT;
}

/* Name of an extended attribute, and its value. */
static long read_attribute(const struct bk_file_call *c)
{
	struct bk_shim *s = c->s;
	bool set = c->act == BK_ACT_SETXATTR || c->act == BK_ACT_LSETXATTR;
	long n;

	if (set && (unsigned)c->rest[3] & ~3u)
		return -EINVAL;
	n = bk_memory_string(s, (int)c->n->pid, c->rest[0], s->scratch->name, XATTR_NAME);
	if (n == 0 || n == -ENAMETOOLONG)
		return -ERANGE;		/* as the kernel says it */
	if (n < 0 || !set)
		return n < 0 ? n : 0;
	if (c->rest[2] > XATTR_SIZE)
		return -E2BIG;
	return c->rest[2] && !read_exactly(c, c->rest[1], s->scratch->stack, c->rest[2]) ? -EFAULT : 0;
}

static long read_link_text(const struct bk_file_call *c)
{
	long n = bk_memory_string(c->s, (int)c->n->pid, c->n->data.args[0], c->s->scratch->name, BK_PATH_MAX);

	return n == 0 ? -ENOENT : n < 0 ? n : 0;
}

long bk_act_read(struct bk_file_call *c)
{
	switch (c->act) {
	case BK_ACT_OPEN:
		/* Meant nothing until Linux 6.4, which refuses it. */
		return (c->flags & (O_CREAT | O_DIRECTORY)) == (O_CREAT | O_DIRECTORY) ? -EINVAL : 0;
	case BK_ACT_TRUNCATE:
		return (int64_t)c->rest[0] < 0 ? -EINVAL : 0;
	case BK_ACT_UNLINK:
		return c->flags & ~REMOVEDIR_AT ? -EINVAL : 0;
	case BK_ACT_SYMLINK:
		return read_link_text(c);
	case BK_ACT_UTIME: case BK_ACT_UTIMES: case BK_ACT_UTIMENS:
		return read_times(c);
	case BK_ACT_SETXATTR: case BK_ACT_LSETXATTR: case BK_ACT_REMOVEXATTR: case BK_ACT_LREMOVEXATTR:
		return read_attribute(c);
	default:
		return 0;
	}
}

void bk_act_make(struct bk_file_call *c)
{
	if (bk_act_is_masked(c))
		sys_umask(bk_files_umask(c->s, (int)c->n->pid));
	if (bk_act_is_open(c))
		make_open(c);
	else
		bk_notify_result(c->s, c->n->id, bk_act_do(c));
}
