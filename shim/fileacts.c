/* SPDX-License-Identifier: Apache-2.0 */
/* Calls on files, made by the shim for a task: on the folder's descriptor and the last name, or on the object itself. */
#include <linux/stat.h>
#include "shim/fileacts.h"

#define O_TMPFILE_BIT 020000000u	/* __O_TMPFILE (asm-generic/fcntl.h) */
#define NOFOLLOW_AT   0x100u		/* AT_SYMLINK_NOFOLLOW */
#define FOLLOW_AT     0x400u		/* AT_SYMLINK_FOLLOW */
#define EMPTY_AT      0x1000u		/* AT_EMPTY_PATH */
#define REMOVEDIR_AT  0x200u		/* AT_REMOVEDIR */
#define EXCHANGE      2u		/* RENAME_EXCHANGE (linux/fs.h) */
#define XATTR_NAME    256u		/* XATTR_NAME_MAX and a NUL (linux/limits.h) */
#define XATTR_SIZE    65536u		/* XATTR_SIZE_MAX */

static unsigned open_flags(const struct bk_file_call *c)
{
	return c->act == BK_ACT_CREAT ? O_CREAT | O_WRONLY | O_TRUNC : c->flags;
}

static bool is_open(const struct bk_file_call *c)
{
	return c->act == BK_ACT_OPEN || c->act == BK_ACT_CREAT;
}

static bool there(const struct bk_target *p)
{
	return p->object >= 0;
}

static bool is_folder(const struct bk_target *p)
{
	return there(p) && S_ISDIR(p->st.st_mode);
}

unsigned bk_act_how(const struct bk_file_call *c)
{
	unsigned flags = open_flags(c), empty = c->flags & EMPTY_AT ? BK_RESOLVE_EMPTY : 0;

	switch (c->act) {
	case BK_ACT_OPEN:
	case BK_ACT_CREAT:
		return (flags & O_NOFOLLOW || (flags & O_CREAT && flags & O_EXCL) ? 0 : BK_RESOLVE_FOLLOW) | (flags & O_CREAT ? BK_RESOLVE_MAKE : 0);
	case BK_ACT_MKDIR: case BK_ACT_MKNOD: case BK_ACT_SYMLINK: case BK_ACT_UNLINK: case BK_ACT_RMDIR: case BK_ACT_RENAME:
		return BK_RESOLVE_MAKE;
	case BK_ACT_LINK:
		return empty | (c->flags & FOLLOW_AT ? BK_RESOLVE_FOLLOW : 0);
	case BK_ACT_TRUNCATE: case BK_ACT_CHMOD: case BK_ACT_CHOWN: case BK_ACT_UTIME: case BK_ACT_UTIMES: case BK_ACT_UTIMENS:
	case BK_ACT_SETXATTR: case BK_ACT_REMOVEXATTR:
		return empty | (c->flags & NOFOLLOW_AT ? 0 : BK_RESOLVE_FOLLOW);
	default:
		return 0;
	}
}

/* A name that is to come to be. */
static const struct bk_target *made(const struct bk_file_call *c)
{
	switch (c->act) {
	case BK_ACT_MKDIR: case BK_ACT_MKNOD: case BK_ACT_SYMLINK:
		return &c->at;
	case BK_ACT_LINK:
		return &c->to;
	default:
		return NULL;
	}
}

static bool ends_with_slash(const struct bk_target *p)
{
	uint32_t n = p->folder >= 0 && p->object != p->folder ? bk_text_of(p->name).len : 0;

	return n && p->name[n - 1] == '/';
}

long bk_act_hopeless(const struct bk_file_call *c)
{
	const struct bk_target *new = made(c);

	if (is_open(c) && open_flags(c) & O_CREAT && ends_with_slash(&c->at))
		return -EISDIR;
	if (new && there(new))
		return -EEXIST;
	if (new == &c->at || there(&c->at))
		return 0;
	return is_open(c) && open_flags(c) & O_CREAT ? 0 : -ENOENT;
}

void bk_act_name(struct bk_file_call *c)
{
	char *out = c->s->scratch->path, *at = out + c->at.path.len;

	if (c->act != BK_ACT_OPEN || !(c->flags & O_TMPFILE_BIT) || !is_folder(&c->at))
		return;
	at = bk_put(at, out + sizeof c->s->scratch->path, c->at.path.len == 1 ? "#" : "/#");
	c->at.path.len = (uint32_t)(at - out);
}

static unsigned asks_of_open(const struct bk_file_call *c)
{
	unsigned flags = open_flags(c), how = flags & O_ACCMODE, asks = 0;

	if (flags & O_TMPFILE_BIT)
		return BK_ASK_WRITE;
	if (is_folder(&c->at) || (there(&c->at) && flags & O_CREAT && flags & O_EXCL))
		return 0;		/* to be listed, or an error */
	if (how != O_RDONLY || flags & O_TRUNC || !there(&c->at))
		asks |= BK_ASK_WRITE | BK_ASK_CODE;
	if (how != O_WRONLY && there(&c->at))
		asks |= BK_ASK_READ;
	return asks;
}

unsigned bk_act_asks(const struct bk_file_call *c)
{
	bool file = !is_folder(&c->at);
	unsigned asks = BK_ASK_WRITE;

	switch (c->act) {
	case BK_ACT_OPEN:
	case BK_ACT_CREAT:
		return asks_of_open(c);
	case BK_ACT_LINK:
		return BK_ASK_WRITE | BK_ASK_READ | BK_ASK_WRITE_TO | BK_ASK_CODE_TO;
	case BK_ACT_RENAME:
		asks |= BK_ASK_WRITE_TO | (file ? BK_ASK_READ | BK_ASK_CODE_TO : 0);
		return c->flags & EXCHANGE && !is_folder(&c->to) ? asks | BK_ASK_CODE_BACK : asks;
	case BK_ACT_MKNOD:
	case BK_ACT_SYMLINK:
		return BK_ASK_WRITE | BK_ASK_CODE;
	default:
		return BK_ASK_WRITE;
	}
}

/* /dev/null, zero, full, random, urandom (Documentation/admin-guide/devices.txt): every opening is like any other. */
static bool is_plain_device(const struct stat *st)
{
	unsigned long minor = st->st_rdev & 0xff;

	return S_ISCHR(st->st_mode) && st->st_rdev >> 8 == 1 && (minor == 3 || minor == 5 || (minor >= 7 && minor <= 9));
}

bool bk_act_must_go_on(const struct bk_file_call *c)
{
	const struct stat *st = &c->at.st;

	return is_open(c) && there(&c->at) && !S_ISREG(st->st_mode) && !S_ISDIR(st->st_mode) && !S_ISLNK(st->st_mode) && !is_plain_device(st);
}

/* --- open ------------------------------------------------------------------------------------------------------------------- */

static void mask_of_task(struct bk_file_call *c)
{
	sys_umask(bk_files_umask(c->s, (int)c->n->pid));
}

/*
 * O_NONBLOCK, because a FIFO could have taken the file's place meanwhile and must not hold the shim; O_NOFOLLOW, because links were followed.
 * Neither means anything for a file.
 */
static long open_it(struct bk_file_call *c)
{
	unsigned flags = open_flags(c), mode = (unsigned)(c->act == BK_ACT_CREAT ? c->rest[0] : c->rest[1]) & 07777;
	unsigned more = O_NONBLOCK | O_CLOEXEC | O_NOCTTY | O_LARGEFILE;
	char link[64];

	if (flags & (O_CREAT | O_TMPFILE_BIT) && (!there(&c->at) || flags & O_TMPFILE_BIT))
		mask_of_task(c);
	if (c->at.folder >= 0)
		return sys_openat(c->at.folder, c->at.object == c->at.folder ? "." : c->at.name, (int)(flags | more | O_NOFOLLOW), mode);
	if (flags & O_CREAT && flags & O_EXCL)
		return -EEXIST;
	return sys_openat(BK_AT_CWD, bk_own_fd(link, c->at.object), (int)((flags | more) & ~(unsigned)(O_CREAT | O_NOFOLLOW)), mode);
}

static bool is_file(int fd)
{
	struct stat st;

	return sys_fstat(fd, &st) == 0 && (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode) || is_plain_device(&st));
}

/*
 * Nothing may interrupt it: the kernel counts the call as answered once the descriptor is on its way, and where the way is cut short the caller gets
 * a 0 (kernel/seccomp.c, seccomp_notify_addfd).  The one signal that is not blocked is that of the loop's timer.
 */
static long hand_over(struct bk_file_call *c, int fd)
{
	uint64_t all = ~0ULL, before;
	long r;
	unsigned flags = open_flags(c);
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

static long make_link(const struct bk_file_call *c)
{
	char link[64];

	if (c->at.folder >= 0)
		return sys_linkat(c->at.folder, c->at.name, c->to.folder, c->to.name, 0);
	return sys_linkat(BK_AT_CWD, bk_own_fd(link, c->at.object), c->to.folder, c->to.name, FOLLOW_AT);
}

static bool read_exactly(const struct bk_file_call *c, uint64_t from, void *to, size_t n)
{
	return bk_memory_read((int)c->n->pid, from, to, n) == (long)n;
}

/* utime: seconds; utimes: and microseconds; utimensat: and nanoseconds. */
static long read_times(struct bk_file_call *c)
{
	int64_t given[4];
	bool seconds = c->act == BK_ACT_UTIME;

	c->has_times = c->rest[0];
	if (!c->rest[0])
		return 0;
	if (!read_exactly(c, c->rest[0], given, seconds ? 16 : 32))
		return -EFAULT;
	for (unsigned i = 0; i < 2; i++) {
		c->times[2 * i] = seconds ? given[i] : given[2 * i];
		c->times[2 * i + 1] = seconds ? 0 : given[2 * i + 1];
		if (c->act == BK_ACT_UTIMES && (given[2 * i + 1] < 0 || given[2 * i + 1] >= 1000000))
			return -EINVAL;
		if (c->act == BK_ACT_UTIMES)
			c->times[2 * i + 1] *= 1000;
	}
	return 0;
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

static long make(struct bk_file_call *c)
{
	char object[64];

	bk_own_fd(object, c->at.object);
	switch (c->act) {
	case BK_ACT_TRUNCATE:
		return sys_truncate(object, c->rest[0]);
	case BK_ACT_MKDIR:
		mask_of_task(c);
		return sys_mkdirat(c->at.folder, c->at.name, (unsigned)c->rest[0]);
	case BK_ACT_MKNOD:
		mask_of_task(c);
		return sys_mknodat(c->at.folder, c->at.name, (unsigned)c->rest[0], (unsigned)c->rest[1]);
	case BK_ACT_SYMLINK:
		return sys_symlinkat(c->s->scratch->name, c->at.folder, c->at.name);
	case BK_ACT_UNLINK:
		return sys_unlinkat(c->at.folder, c->at.name, c->flags);
	case BK_ACT_RMDIR:
		return sys_unlinkat(c->at.folder, c->at.name, REMOVEDIR_AT);
	case BK_ACT_LINK:
		return make_link(c);
	case BK_ACT_RENAME:
		return sys_renameat2(c->at.folder, c->at.name, c->to.folder, c->to.name, c->flags);
	case BK_ACT_CHMOD:
		return sys_chmod(object, (unsigned)c->rest[0]);
	case BK_ACT_CHOWN:
	case BK_ACT_LCHOWN:
		return sys_fchownat(c->at.object, "", (unsigned)c->rest[0], (unsigned)c->rest[1], EMPTY_AT);
	case BK_ACT_UTIME: case BK_ACT_UTIMES: case BK_ACT_UTIMENS:
		return sys_utimensat(c->at.object, "", c->has_times ? c->times : NULL, EMPTY_AT);
	case BK_ACT_SETXATTR: case BK_ACT_LSETXATTR:
		return sys_setxattr(object, c->s->scratch->name, c->s->scratch->stack, c->rest[2], (int)c->rest[3]);
	default:
		return sys_removexattr(object, c->s->scratch->name);
	}
}

void bk_act_make(struct bk_file_call *c)
{
	if (is_open(c))
		make_open(c);
	else
		bk_notify_result(c->s, c->n->id, make(c));
}
