/* SPDX-License-Identifier: Apache-2.0 */
/* What a static program asks about itself: the kernel would tell it of the gate's file (gate/load.c). */
#include "gate/gate.h"

#define ALIAS 40u			/* bytes of the longest name of it, and more */

/* The argument that is a path, in the calls that follow /proc/self/exe or read it; NULL for any other.  An exec sees to it itself (gate/program.c). */
static long *path_of(struct bk_frame *f)
{
	switch (f->number) {
	case __NR_open: case __NR_stat: case __NR_access: case __NR_readlink:
		return &f->a;
	case __NR_openat: case __NR_openat2: case __NR_newfstatat: case __NR_statx: case __NR_faccessat: case __NR_faccessat2: case __NR_readlinkat:
		return &f->b;
	default:
		return NULL;
	}
}

/* The flags of one that may ask for the link itself, as lstat(2) does. */
static long flags_of(const struct bk_frame *f)
{
	uint64_t flags = 0;

	switch (f->number) {
	case __NR_open:   return f->b;
	case __NR_openat: return f->c;
	case __NR_statx:  return f->c;
	case __NR_newfstatat: case __NR_faccessat2: return f->d;
	case __NR_openat2: return bk_user_copy((const void *)f->c, &flags, sizeof flags) < 0 ? 0 : (long)flags;
	default: return 0;
	}
}

static bool follows(const struct bk_frame *f)
{
	bool opens = f->number == __NR_open || f->number == __NR_openat || f->number == __NR_openat2;

	return !(flags_of(f) & (opens ? O_NOFOLLOW : AT_SYMLINK_NOFOLLOW));
}

const uint16_t bk_self_calls[] = {
	__NR_stat, __NR_access, __NR_readlink, __NR_newfstatat, __NR_statx, __NR_faccessat, __NR_faccessat2, __NR_readlinkat, 0
};

bool bk_self_is(const char *path)
{
	char own[64];

	if (!bk_gate.loaded)
		return false;
	return bk_text_equal(bk_text_of(path), BK_TEXT("/proc/self/exe")) || bk_text_equal(bk_text_of(path), BK_TEXT("/proc/thread-self/exe"))
	       || bk_text_equal(bk_text_of(path), bk_text_of(bk_proc(own, (int)sys_getpid(), "/exe")));
}

/* readlink(2), by the kernel's own hand: the buffer may be anywhere. */
static long put_name(long to, long size)
{
	struct bk_text name = bk_text_of(bk_gate.image);
	struct iovec from = { bk_gate.image, name.len < (unsigned long)size ? name.len : (size_t)size }, out = { (void *)to, from.iov_len };

	return size <= 0 ? -EINVAL : sys_process_write((int)sys_getpid(), &from, &out);
}

bool bk_self_hook(struct bk_frame *f)
{
	long *path = path_of(f), kept;
	char name[ALIAS];

	if (!path || bk_user_string((const char *)*path, name, sizeof name) < 0 || !bk_self_is(name) || !follows(f))
		return false;
	if (f->number == __NR_readlink || f->number == __NR_readlinkat) {
		f->number = put_name(path[1], path[2]);
		return true;
	}
	kept = *path;
	*path = (long)bk_gate.image;
	if (!bk_gate_judge(f))
		f->number = BK_CALL(f->number, f->a, f->b, f->c, f->d, f->e, f->f);
	*path = kept;			/* a system call keeps its arguments' registers */
	return true;
}
