/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls that block in the caller but never in the shim.  64 slots lie on the shim's stack page; while more wait, a mapping holds them all.  Their
 * sockets are in one epoll set, so that the loop waits for a single descriptor.
 */
#include "shim/names.h"

#define RESTART 512			/* ERESTARTSYS: the kernel restarts the call behind the signal's handler, or says EINTR (signal(7)) */

static uint32_t now(void)
{
	struct __kernel_timespec t = { 0, 0 };

	sys_clock(1 /* CLOCK_MONOTONIC */, &t);
	return (uint32_t)(t.tv_sec * 1000 + t.tv_nsec / 1000000);
}

/* --- slots --------------------------------------------------------------------------------------------------------------------- */

static bool grow(struct bk_shim *s)
{
	struct bk_pending *more;

	if (s->pending_cap == BK_PENDING_MAX)
		return false;
	more = sys_mmap(NULL, BK_PENDING_MAX * sizeof *more, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	if ((unsigned long)more > -4096UL)
		return false;
	for (uint32_t i = 0; i < s->pending_cap; i++)
		more[i] = s->pending[i];
	s->pending = more;
	s->pending_cap = BK_PENDING_MAX;
	return true;
}

/* Back to the own page, once nothing waits in the mapping's further slots. */
static void shrink(struct bk_shim *s)
{
	struct bk_pending *own = s->pending_own, *more = s->pending;

	if (s->pending_cap == BK_PENDING_OWN || s->pending_used)
		return;
	for (uint32_t i = 0; i < BK_PENDING_OWN; i++)
		own[i] = (struct bk_pending){ 0 };
	s->pending = own;
	s->pending_cap = BK_PENDING_OWN;
	sys_munmap((uintptr_t)more, BK_PENDING_MAX * sizeof *more);
}

static uint32_t find_free(struct bk_shim *s)
{
	uint32_t i = 0;

	while (i < s->pending_cap && s->pending[i].kind)
		i++;
	return i < s->pending_cap || grow(s) ? i : BK_PENDING_MAX;
}

/* By when the caller wants to hear: struct timeval of SO_SNDTIMEO. */
static uint32_t deadline_of(int fd)
{
	int64_t limit[2] = { 0, 0 };
	uint32_t size = sizeof limit, at;

	if (sys_getsockopt_raw(fd, BK_SO_SNDTIMEO, limit, &size) < 0 || (!limit[0] && !limit[1]))
		return 0;
	at = now() + (uint32_t)(limit[0] * 1000 + (limit[1] + 999) / 1000);
	return at ? at : 1;
}

bool bk_pending_add(struct bk_shim *s, const struct seccomp_notif *n, enum bk_pending_kind kind, struct bk_socket *k, int object)
{
	uint32_t i = find_free(s);
	struct bk_event_slot e = { 0x4 /* EPOLLOUT */, i };

	if (s->events < 0)
		s->events = (int)sys_epoll_create();
	if (i == BK_PENDING_MAX || s->events < 0)
		return false;
	if (kind != BK_PENDING_UNIX && sys_epoll_ctl(s->events, 1 /* EPOLL_CTL_ADD */, k->fd, &e) < 0)
		return false;
	s->pending[i] = (struct bk_pending){ n->id, (int32_t)n->pid, k->fd, deadline_of(k->fd), (int16_t)object, (uint8_t)kind };
	s->pending_used++;
	k->fd = -1;
	return true;
}

/* The set forgets a socket only when its last descriptor goes, and the caller has one, too. */
static void drop(struct bk_shim *s, struct bk_pending *p)
{
	struct bk_event_slot e = { 0, 0 };

	if (p->kind != BK_PENDING_UNIX)
		sys_epoll_ctl(s->events, 2 /* EPOLL_CTL_DEL */, p->fd, &e);
	sys_close(p->fd);
	if (p->kind == BK_PENDING_UNIX)
		sys_close(p->object);
	*p = (struct bk_pending){ 0 };
	s->pending_used--;
	shrink(s);
}

static void finish(struct bk_shim *s, struct bk_pending *p, long result)
{
	uint64_t id = p->id;

	drop(s, p);
	bk_notify_result(s, id, result);
}

/* --- what happens --------------------------------------------------------------------------------------------------------------- */

/* What became of a connection that was under way.  IP sockets say it to a second call, which looks at no address and leaves them as one that blocks. */
static long outcome(int fd)
{
	uint8_t any[28] = { BK_INET };
	int domain = 0, error = EIO;

	if (sys_getsockopt(fd, BK_SO_DOMAIN, &domain) == 0 && (domain == BK_INET || domain == BK_INET6))
		return sys_connect(fd, any, sizeof any);
	sys_getsockopt(fd, BK_SO_ERROR, &error);
	return -error;
}

static void ready(struct bk_shim *s, struct bk_pending *p)
{
	finish(s, p, p->kind == BK_PENDING_CONNECT ? outcome(p->fd) : -EINTR);
}

void bk_pending_ready(struct bk_shim *s)
{
	struct bk_event_slot e[16];
	long n = sys_epoll_wait(s->events, e, 16, 0);

	for (long i = 0; i < n; i++)
		if (e[i].data >= BK_NAMES_RELAY)
			bk_names_ready(s, e[i].data, e[i].events);
		else if (e[i].data < s->pending_cap && s->pending[e[i].data].kind)
			ready(s, &s->pending[e[i].data]);
}

/* "SigPnd:\t0000000000000000" of /proc/PID/status. */
static uint64_t mask_of(const char *text, const char *name)
{
	struct bk_text key = bk_text_of(name);
	uint64_t mask = 0;

	for (; *text; text++) {
		if (*text != '\n' || !bk_text_starts(bk_text_of(text + 1), key))
			continue;
		for (text += 1 + key.len; *text && *text != '\n'; text++)
			mask = mask << 4 | (uint64_t)(*text <= '9' ? *text - '0' : *text - 'a' + 10);
		break;
	}
	return mask;
}

/*
 * A signal that the caller will take once it is back: one for this thread, or one for a process without other threads: RESTART.  One for a process
 * with others is most likely the caller's, whom the kernel chose and cannot wake (SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV); should another thread have
 * taken it, EINTR does no harm, where RESTART would come out.  0: none.
 */
static int signalled(int tid)
{
	char path[64], text[1024];	/* not more: the stack's page is all that is touched at rest */
	int fd = (int)sys_open(bk_proc(path, tid, "/status"), O_RDONLY | O_CLOEXEC);
	long n = fd < 0 ? fd : sys_pread(fd, text, sizeof text - 1, 350);	/* what is wanted stands behind the first lines */
	uint64_t open;

	if (fd >= 0)
		sys_close(fd);
	text[n > 0 ? n : 0] = '\0';
	open = ~(mask_of(text, "SigBlk:\t") | mask_of(text, "SigIgn:\t"));
	if (mask_of(text, "SigPnd:\t") & open)
		return RESTART;
	if (!(mask_of(text, "ShdPnd:\t") & open))
		return 0;
	return mask_of(text, "Threads:\t") == 1 ? RESTART : EINTR;
}

static long try_unix(const struct bk_pending *p)
{
	uint8_t address[110] = { BK_UNIX };
	char link[64];
	uint32_t n = bk_text_of(bk_own_fd(link, p->object)).len;
	int flags = (int)sys_fcntl(p->fd, F_GETFL, 0);
	long r;

	__builtin_memcpy(address + 2, link, n + 1);
	sys_fcntl(p->fd, F_SETFL, flags | O_NONBLOCK);
	r = sys_connect(p->fd, address, 3 + n);
	sys_fcntl(p->fd, F_SETFL, flags);
	return r;
}

static void tick(struct bk_shim *s, struct bk_pending *p)
{
	long r = p->kind == BK_PENDING_UNIX ? try_unix(p) : -EAGAIN;
	int signal;

	if (!bk_notify_alive(s, p->id))
		drop(s, p);
	else if (r != -EAGAIN)
		finish(s, p, r);
	else if (p->deadline && (int32_t)(now() - p->deadline) >= 0)
		finish(s, p, p->kind == BK_PENDING_CONNECT ? -EINPROGRESS : -EAGAIN);
	else if ((signal = signalled(p->tid)))
		finish(s, p, p->deadline || s->tracing ? -EINTR : -signal);
}

void bk_pending_gone(struct bk_shim *s, int tid)
{
	for (uint32_t i = 0; s->pending_used && i < s->pending_cap; i++)
		if (s->pending[i].kind && s->pending[i].tid == tid)
			drop(s, &s->pending[i]);
}

void bk_pending_tick(struct bk_shim *s)
{
	for (uint32_t i = 0; i < s->pending_cap && s->pending_used; i++)
		if (s->pending[i].kind)
			tick(s, &s->pending[i]);
}
