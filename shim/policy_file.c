/* SPDX-License-Identifier: Apache-2.0 */
/* Finds, maps and checks the compiled policy. */
#include <linux/limits.h>
#include "core/match.h"
#include "shim/shim.h"

static int open_default(const struct bk_options *o, char *name, size_t cap)
{
	static const char file[] = "policy.bkl";
	long n = sys_readlink("/proc/self/exe", name, cap - sizeof file);
	int fd = -1;

	if (n > 0) {
		while (n > 0 && name[n - 1] != '/')
			n--;
		bk_put(name + n, name + cap, file);
		fd = (int)sys_open(name, O_RDONLY | O_CLOEXEC);
	}
	if (fd < 0) {
		bk_put(name, name + cap, "/opt/buckler/policy.bkl");
		fd = (int)sys_open(name, O_RDONLY | O_CLOEXEC);
	}
	(void)o;
	return fd;
}

static int refuse(struct bk_shim *s, const char *name, const char *why)
{
	char what[BK_PATH_MAX];

	bk_put(bk_put(what, what + sizeof what, "policy "), what + sizeof what, name);
	return bk_log_refuse(s, what, why);
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

static int map(struct bk_shim *s, int fd, const char *name)
{
	struct stat st;
	uint32_t offset = 0;
	char why[160];

	if (sys_fstat(fd, &st) < 0 || (st.st_mode & 0170000) != 0100000)
		return refuse(s, name, "it is not a regular file");
	if (st.st_size < (long)sizeof(struct bk_policy_header) || st.st_size > (long)BK_POLICY_MAX)
		return refuse(s, name, "its size is not that of a compiled policy: make it with `buckler compile`");
	void *at = sys_mmap(BK_NEAR_POLICY, (size_t)st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd);
	if ((unsigned long)at > -4096UL)
		return refuse(s, name, "it cannot be mapped");
	enum bk_policy_error error = bk_policy_open(&s->policy, at, (size_t)st.st_size, &offset);
	if (error == BK_POLICY_OK)
		return 0;
	char *p = bk_put(why, why + sizeof why, bk_policy_error_text(error));
	p = bk_put(p, why + sizeof why, " (at byte ");
	p = bk_put_number(p, why + sizeof why, offset);
	bk_put(p, why + sizeof why, ")");
	return refuse(s, name, why);
}

int bk_policy_map(struct bk_shim *s, const struct bk_options *o)
{
	char name[BK_PATH_MAX];
	int fd = o->policy_fd;

	bk_put(name, name + sizeof name, o->policy ? o->policy : "from the given descriptor");
	if (fd < 0)
		fd = o->policy ? (int)sys_open(o->policy, O_RDONLY | O_CLOEXEC) : open_default(o, name, sizeof name);
	if (fd < 0)
		return refuse(s, name, open_error(fd));
	int status = map(s, fd, name);
	sys_close(fd);
	return status ? status : check_owner(s, name, o);
}
