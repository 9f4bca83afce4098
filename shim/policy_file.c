/* SPDX-License-Identifier: Apache-2.0 */
/* Finds, maps and checks the compiled policy. */
#include <linux/limits.h>
#include "core/match.h"
#include "shim/shim.h"

static int open_default(char *name, size_t cap)
{
	static const char file[] = "policy.bkl";
	long n = sys_readlink("/proc/self/exe", name, cap - sizeof file);
	int fd = -1;

	if (n > 0) {
		while (n > 0 && name[n - 1] != '/')
			n--;
		bk_put(name + n, name + cap, file);
		fd = (int)sys_open(name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	}
	if (fd < 0) {
		bk_put(name, name + cap, "/opt/buckler/policy.bkl");
		fd = (int)sys_open(name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	}
	return fd;
}

static int refuse(struct bk_shim *s, const char *name, const char *why)
{
	char what[BK_PATH_MAX];

	bk_put(bk_put(what, what + sizeof what, "policy "), what + sizeof what, name);
	return bk_log_refuse(s, what, why);
}

static int refuse_at(struct bk_shim *s, const char *name, enum bk_policy_error error, uint32_t offset)
{
	char why[160];
	char *p = bk_put(why, why + sizeof why, bk_policy_error_text(error));

	p = bk_put(p, why + sizeof why, " (at byte ");
	p = bk_put_number(p, why + sizeof why, offset);
	bk_put(p, why + sizeof why, ")");
	return refuse(s, name, why);
}

static const char *open_error(long error)
{
	switch (-error) {
	case ENOENT: return "there is no such file: make one with `buckler compile`, or set BUCKLER_POLICY";
	case EACCES: return "it may not be read (EACCES)";
	default:     return "it cannot be read";
	}
}

static int check_owner(struct bk_shim *s, const char *name, const struct bk_options *o)
{
	const struct bk_policy_header *head = s->policy.head;
	struct bk_text function = bk_policy_text(&s->policy, head->function);
	struct __kernel_timespec now = { 0, 0 };

	if (function.len && o->function && !bk_match_path(function, bk_text_of(o->function)))
		return refuse(s, name, "it was made for another function than the one that runs here");
	sys_clock(0, &now);
	if (head->expires && (uint64_t)now.tv_sec >= head->expires)
		return refuse(s, name, "it has expired: learn or review it anew");
	return 0;
}

/* True where the function could write to the file, which a mapping would show. */
static bool can_write(const struct bk_shim *s, int fd, const struct stat *st)
{
	struct statfs fs;
	char link[64];
	long seals, access = 0;

	if (s->uid != 0 && st->st_uid != s->uid)
		access = sys_access_open(fd, 2);
	if (access == -EACCES || access == -EROFS)
		return false;		/* mostly this is the answer */
	if (access < 0)			/* an older kernel, or a filter that knows older ones */
		access = sys_access(bk_own_fd(link, fd), 2);
	if (access == -EACCES || access == -EROFS || access == -EPERM)
		return false;
	seals = sys_fcntl(fd, F_GET_SEALS, 0);
	return !(seals > 0 && (seals & F_SEAL_WRITE)) && !(sys_fstatfs(fd, &fs) == 0 && (fs.f_flags & 1));	/* ST_RDONLY */
}

static void *copy(char *at, int fd, size_t size)
{
	for (size_t done = 0; done < size; ) {
		long n = sys_pread(fd, at + done, size - done, done);

		if (n <= 0)
			break;		/* what is missing is zero, and found out */
		done += (size_t)n;
	}
	return at;
}

/*
 * A small policy is copied to where it costs no page of its own, which takes less time than a mapping and the question who could change it.  A
 * larger one is used in place, which costs nothing, where nobody in the tree can change it; else as it is now, in memory of our own.
 */
static void *content(const struct bk_shim *s, int fd, const struct stat *st)
{
	size_t size = (size_t)st->st_size, rest;
	char *at = bk_state_rest(&rest);

	if (size <= rest)
		return copy(at, fd, size);
	if (!can_write(s, fd, st))
		return sys_mmap(BK_NEAR_POLICY, size, PROT_READ, MAP_PRIVATE, fd);
	at = sys_mmap(BK_NEAR_POLICY, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1);
	return (unsigned long)at > -4096UL ? at : copy(at, fd, size);
}

static int map(struct bk_shim *s, int fd, const char *name)
{
	struct stat st;
	uint32_t offset = 0;

	if (sys_fstat(fd, &st) < 0 || (st.st_mode & 0170000) != 0100000)
		return refuse(s, name, "it is not a regular file");
	if (st.st_size < (long)sizeof(struct bk_policy_header) || st.st_size > (long)BK_POLICY_MAX)
		return refuse(s, name, "its size is not that of a compiled policy: make it with `buckler compile`");
	void *at = content(s, fd, &st);
	if ((unsigned long)at > -4096UL)
		return refuse(s, name, "it cannot be mapped");
	enum bk_policy_error error = bk_policy_open_head(&s->policy, at, (size_t)st.st_size, &offset);

	return error == BK_POLICY_OK ? 0 : refuse_at(s, name, error, offset);
}

int bk_policy_check(struct bk_shim *s)
{
	const struct bk_policy_header *h = s->policy.head;

	if (h->size > BK_PAGE)		/* in one call what else were a fault for each 16 pages; before Linux 5.14 it is that */
		sys_madvise((void *)((uintptr_t)h & ~(uintptr_t)(BK_PAGE - 1)), h->size, MADV_POPULATE_READ);
	if (bk_policy_is_whole(&s->policy))
		return 0;
	return refuse_at(s, s->scratch->called, BK_POLICY_DAMAGED, offsetof(struct bk_policy_header, checksum));
}

int bk_policy_map(struct bk_shim *s, const struct bk_options *o)
{
	char *name = s->scratch->called, *end = name + sizeof s->scratch->called;	/* for bk_policy_check(), too */
	int fd = o->policy_fd;

	bk_put(name, end, o->policy ? o->policy : "from the given descriptor");
	if (fd < 0)
		fd = o->policy ? (int)sys_open(o->policy, O_RDONLY | O_NONBLOCK | O_CLOEXEC) : open_default(name, (size_t)(end - name));
	if (fd < 0)
		return refuse(s, name, open_error(fd));
	int status = map(s, fd, name);
	sys_close(fd);
	return status ? status : check_owner(s, name, o);
}
