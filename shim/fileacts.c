/* SPDX-License-Identifier: Apache-2.0 */
/* Calls on files, made by the shim for a task: handing over what was opened. */
#include <linux/stat.h>
#include "shim/fileacts.h"

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
 * Before Linux 5.14 descriptor and answer go one behind the other: where a signal cuts the call short in between, the descriptor stays and
 * the call is made again.
 *
 * Nothing may interrupt it: the kernel counts the call as answered once the descriptor is on its way, and where the way is cut short the caller gets
 * a 0 (kernel/seccomp.c, seccomp_notify_addfd).  The one signal that is not blocked is that of the loop's timer.
 */
static long hand_over(struct bk_file_call *c, int fd)
{
	uint64_t all = ~0ULL, before;
	long r;
	unsigned flags = bk_act_open_flags(c), send = c->s->place.offers & BK_CAN_ADDFD_SEND ? SECCOMP_ADDFD_FLAG_SEND : 0;
	struct seccomp_notif_addfd add = {
		.id = c->n->id, .flags = send, .srcfd = (uint32_t)fd, .newfd_flags = flags & O_CLOEXEC,
	};

	if (!(flags & O_NONBLOCK))
		sys_fcntl(fd, F_SETFL, flags & (O_APPEND | O_DIRECT | O_NOATIME));
	sys_sigmask(SIG_SETMASK, &all, &before);
	r = sys_ioctl(c->s->listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add);
	sys_sigmask(SIG_SETMASK, &before, NULL);
	if (r >= 0 && !send)
		bk_notify_result(c->s, c->n->id, r);
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

/* --- entry ---------------------------------------------------------------------------------------------------------------- */

void bk_act_make(struct bk_file_call *c)
{
	if (bk_act_is_masked(c))
		sys_umask(bk_files_umask(c->s, (int)c->n->pid));
	if (bk_act_is_open(c))
		make_open(c);
	else
		bk_notify_result(c->s, c->n->id, bk_act_do(c));
}
