/* SPDX-License-Identifier: Apache-2.0 */
#include <linux/stat.h>
#include "shim/acts.h"
#include "shim/text.h"

#define BK_PATH_MAX   4096u		/* PATH_MAX (linux/limits.h) */
#define O_TMPFILE_BIT 020000000u	/* __O_TMPFILE (asm-generic/fcntl.h) */
#define NOFOLLOW_AT   0x100u		/* AT_SYMLINK_NOFOLLOW */
#define FOLLOW_AT     0x400u		/* AT_SYMLINK_FOLLOW */
#define EMPTY_AT      0x1000u		/* AT_EMPTY_PATH */
#define REMOVEDIR_AT  0x200u		/* AT_REMOVEDIR */
#define ATTRIBUTE_NAME 256u		/* XATTR_NAME_MAX and a NUL (linux/limits.h) */
#define EXCHANGE      2u		/* RENAME_EXCHANGE (linux/fs.h) */

/* --- the table of calls -------------------------------------------------------------------------------------------------- */

static const struct bk_act_row rows[] = {
#ifdef __NR_open
	{ __NR_open, BK_ACT_OPEN, -1, 0, 1 }, { __NR_creat, BK_ACT_CREAT, -1, 0, -1 },
	{ __NR_mkdir, BK_ACT_MKDIR, -1, 0, -1 }, { __NR_mknod, BK_ACT_MKNOD, -1, 0, -1 }, { __NR_symlink, BK_ACT_SYMLINK, -1, 1, -1 },
	{ __NR_unlink, BK_ACT_UNLINK, -1, 0, -1 }, { __NR_rmdir, BK_ACT_RMDIR, -1, 0, -1 },
	{ __NR_link, BK_ACT_LINK, -1, 0, -1 }, { __NR_rename, BK_ACT_RENAME, -1, 0, -1 },
	{ __NR_chmod, BK_ACT_CHMOD, -1, 0, -1 }, { __NR_chown, BK_ACT_CHOWN, -1, 0, -1 }, { __NR_lchown, BK_ACT_LCHOWN, -1, 0, -1 },
	{ __NR_utime, BK_ACT_UTIME, -1, 0, -1 }, { __NR_utimes, BK_ACT_UTIMES, -1, 0, -1 }, { __NR_futimesat, BK_ACT_UTIMES, 0, 1, -1 },
#endif
#ifdef __NR_renameat
	{ __NR_renameat, BK_ACT_RENAME, 0, 1, -1 },
#endif
	{ __NR_openat, BK_ACT_OPEN, 0, 1, 2 }, { __NR_truncate, BK_ACT_TRUNCATE, -1, 0, -1 },
	{ __NR_mkdirat, BK_ACT_MKDIR, 0, 1, -1 }, { __NR_mknodat, BK_ACT_MKNOD, 0, 1, -1 }, { __NR_symlinkat, BK_ACT_SYMLINK, 1, 2, -1 },
	{ __NR_unlinkat, BK_ACT_UNLINK, 0, 1, 2 }, { __NR_linkat, BK_ACT_LINK, 0, 1, 4 }, { __NR_renameat2, BK_ACT_RENAME, 0, 1, 4 },
	{ __NR_fchmod, BK_ACT_CHMOD, 0, -1, -1 }, { __NR_fchmodat, BK_ACT_CHMOD, 0, 1, -1 }, { 452 /* fchmodat2 */, BK_ACT_CHMOD, 0, 1, 3 },
	{ __NR_fchown, BK_ACT_CHOWN, 0, -1, -1 }, { __NR_fchownat, BK_ACT_CHOWN, 0, 1, 4 }, { __NR_utimensat, BK_ACT_UTIMENS, 0, 1, 3 },
	{ __NR_setxattr, BK_ACT_SETXATTR, -1, 0, -1 }, { __NR_lsetxattr, BK_ACT_LSETXATTR, -1, 0, -1 }, { __NR_fsetxattr, BK_ACT_SETXATTR, 0, -1, -1 },
	{ __NR_removexattr, BK_ACT_REMOVEXATTR, -1, 0, -1 }, { __NR_lremovexattr, BK_ACT_LREMOVEXATTR, -1, 0, -1 },
	{ __NR_fremovexattr, BK_ACT_REMOVEXATTR, 0, -1, -1 },
};

const struct bk_act_row *bk_act_row(long nr)
{
	for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].nr == nr)
			return &rows[i];
	return NULL;
}

/* --- places --------------------------------------------------------------------------------------------------------------- */

void bk_target_close(struct bk_target *p)
{
	if (p->object >= 0 && p->object != p->folder)
		sys_close(p->object);
	if (p->folder >= 0)
		sys_close(p->folder);
	p->object = p->folder = -1;
}

static long name_of(int fd, char *out, bk_link *link)
{
	char text[64];
	long n = sys_readlink(link(text, fd), out, BK_PATH_MAX - 1);

	if (n >= 0)
		out[n] = '\0';
	return n;
}

int bk_target_object(struct bk_target *p, int object, char *out, bk_link *link)
{
	long n = name_of(object, out, link);

	p->object = object;
	if (n < 0)
		return (int)n;
	p->path = (struct bk_text){ out, (uint32_t)n };
	return (int)sys_fstat(object, &p->st);
}

int bk_target_in(struct bk_target *p, int folder, int object, bool slash, char *out, bk_link *link)
{
	long n = name_of(folder, out, link);
	char *at;

	p->folder = folder;
	p->object = object;
	if (n < 0)
		return (int)n;
	at = bk_put(out + (n == 1 ? 0 : n), out + BK_PATH_MAX + BK_NAME_MAX, "/");
	at = bk_put(at, out + BK_PATH_MAX + BK_NAME_MAX, p->name);
	p->path = (struct bk_text){ out, (uint32_t)(at - out) };
	if (slash)
		bk_put(p->name + bk_text_of(p->name).len, p->name + sizeof p->name, "/");
	return 0;
}

/* --- what is asked --------------------------------------------------------------------------------------------------------- */

unsigned bk_act_open_flags(const struct bk_file_call *c)
{
	return c->act == BK_ACT_CREAT ? O_CREAT | O_WRONLY | O_TRUNC : c->flags;
}

bool bk_act_is_open(const struct bk_file_call *c)
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
	unsigned flags = bk_act_open_flags(c), empty = c->flags & EMPTY_AT ? BK_RESOLVE_EMPTY : 0;

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

	if (bk_act_is_open(c) && bk_act_open_flags(c) & O_CREAT && ends_with_slash(&c->at))
		return -EISDIR;
	if (new && there(new))
		return -EEXIST;
	if (new == &c->at || there(&c->at))
		return 0;
	return bk_act_is_open(c) && bk_act_open_flags(c) & O_CREAT ? 0 : -ENOENT;
}

void bk_act_name(struct bk_file_call *c)
{
	char *at = (char *)c->at.path.at;	/* there is room for a name more (bk_resolve()) */

	if (c->act != BK_ACT_OPEN || !(c->flags & O_TMPFILE_BIT) || !is_folder(&c->at))
		return;
	c->at.path.len = (uint32_t)(bk_put(at + c->at.path.len, at + BK_PATH_MAX + BK_NAME_MAX, c->at.path.len == 1 ? "#" : "/#") - at);
}

static unsigned asks_of_open(const struct bk_file_call *c)
{
	unsigned flags = bk_act_open_flags(c), how = flags & O_ACCMODE, asks = 0;

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

static unsigned asks_of(const struct bk_file_call *c)
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

bool bk_act_passes(struct bk_file_call *c, bool (*passes)(struct bk_file_call *c, enum bk_section section, const struct bk_target *place))
{
	unsigned asks = asks_of(c);

	return (!(asks & BK_ASK_WRITE) || passes(c, BK_WRITE, &c->at)) && (!(asks & BK_ASK_READ) || passes(c, BK_READ, &c->at))
		&& (!(asks & BK_ASK_CODE) || passes(c, BK_PLANT, &c->at))
		&& (!(asks & BK_ASK_WRITE_TO) || passes(c, BK_WRITE, &c->to)) && (!(asks & BK_ASK_CODE_TO) || passes(c, BK_PLANT, &c->to))
		&& (!(asks & BK_ASK_CODE_BACK) || passes(c, BK_PLANT, &c->at));
}

/* /dev/null, zero, full, random, urandom (Documentation/admin-guide/devices.txt): every opening is like any other. */
static bool is_plain_device(const struct stat *st)
{
	unsigned long minor = st->st_rdev & 0xff;

	return S_ISCHR(st->st_mode) && st->st_rdev >> 8 == 1 && (minor == 3 || minor == 5 || (minor >= 7 && minor <= 9));
}

bool bk_act_is_plain(const struct stat *st)
{
	return S_ISREG(st->st_mode) || S_ISDIR(st->st_mode) || is_plain_device(st);
}

bool bk_act_is_masked(const struct bk_file_call *c)
{
	if (bk_act_is_open(c))
		return bk_act_open_flags(c) & (O_CREAT | O_TMPFILE_BIT) && (!there(&c->at) || bk_act_open_flags(c) & O_TMPFILE_BIT);
	return c->act == BK_ACT_MKDIR || c->act == BK_ACT_MKNOD;
}

unsigned bk_act_open_mode(const struct bk_file_call *c)
{
	return (unsigned)(c->act == BK_ACT_CREAT ? c->rest[0] : c->rest[1]) & 07777;
}

/* --- what it has besides paths --------------------------------------------------------------------------------------------- */

/* utime: seconds; utimes: and microseconds; utimensat: and nanoseconds. */
static long read_times(struct bk_file_call *c)
{
	bool seconds = c->act == BK_ACT_UTIME;
	int64_t given[4];

	c->has_times = c->rest[0];
	if (!c->rest[0])
		return 0;
	if (!c->means->copy(c, c->rest[0], given, seconds ? 16 : 32))
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
static long read_attribute(struct bk_file_call *c)
{
	bool set = c->act == BK_ACT_SETXATTR || c->act == BK_ACT_LSETXATTR;
	long n;

	if (set && (unsigned)c->rest[3] & ~3u)
		return -EINVAL;
	n = c->means->string(c, c->rest[0], c->text, ATTRIBUTE_NAME);
	if (n == 0 || n == -ENAMETOOLONG)
		return -ERANGE;		/* as the kernel says it */
	if (n < 0 || !set)
		return n < 0 ? n : 0;
	if (c->rest[2] > BK_ACT_VALUE)
		return -E2BIG;
	return c->rest[2] && !c->means->copy(c, c->rest[1], c->value, c->rest[2]) ? -EFAULT : 0;
}

/* It stands in front of the path (and of the folder's descriptor). */
static long read_link_text(struct bk_file_call *c, uint64_t from)
{
	long n = c->means->string(c, from, c->text, BK_PATH_MAX);

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
		return read_link_text(c, c->first);
	case BK_ACT_UTIME: case BK_ACT_UTIMES: case BK_ACT_UTIMENS:
		return read_times(c);
	case BK_ACT_SETXATTR: case BK_ACT_LSETXATTR: case BK_ACT_REMOVEXATTR: case BK_ACT_LREMOVEXATTR:
		return read_attribute(c);
	default:
		return 0;
	}
}

/* --- how it is made ----------------------------------------------------------------------------------------------------------- */

static long make_link(const struct bk_file_call *c)
{
	char link[64];

	if (c->at.folder >= 0)
		return sys_linkat(c->at.folder, c->at.name, c->to.folder, c->to.name, 0);
	return sys_linkat(BK_AT_CWD, c->means->link(link, c->at.object), c->to.folder, c->to.name, FOLLOW_AT);
}

/* gVisor changes nothing through a descriptor that was opened as a path, and knows no AT_EMPTY_PATH here: it is asked by the link to it. */
static long change_owner(const struct bk_file_call *c, const char *object)
{
	long r = sys_fchownat(c->at.object, "", (unsigned)c->rest[0], (unsigned)c->rest[1], EMPTY_AT);

	return r == -EBADF ? sys_fchownat(BK_AT_CWD, object, (unsigned)c->rest[0], (unsigned)c->rest[1], 0) : r;
}

static long change_times(const struct bk_file_call *c, const char *object)
{
	const void *times = c->has_times ? c->times : NULL;
	long r = sys_utimensat(c->at.object, "", times, EMPTY_AT);

	return r == -EBADF || r == -EINVAL ? sys_utimensat(BK_AT_CWD, object, times, 0) : r;
}

long bk_act_do(const struct bk_file_call *c)
{
	char object[64];

	c->means->link(object, c->at.object);
	switch (c->act) {
	case BK_ACT_TRUNCATE:
		return sys_truncate(object, c->rest[0]);
	case BK_ACT_MKDIR:
		return sys_mkdirat(c->at.folder, c->at.name, (unsigned)c->rest[0]);
	case BK_ACT_MKNOD:
		return sys_mknodat(c->at.folder, c->at.name, (unsigned)c->rest[0], (unsigned)c->rest[1]);
	case BK_ACT_SYMLINK:
		return sys_symlinkat(c->text, c->at.folder, c->at.name);
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
		return change_owner(c, object);
	case BK_ACT_UTIME: case BK_ACT_UTIMES: case BK_ACT_UTIMENS:
		return change_times(c, object);
	case BK_ACT_SETXATTR: case BK_ACT_LSETXATTR:
		return sys_setxattr(object, c->text, c->value, c->rest[2], (int)c->rest[3]);
	default:
		return sys_removexattr(object, c->text);
	}
}
