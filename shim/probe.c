/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `--probe`: what this place offers, found by trying each thing in a child, one line each on standard output, for
 * buckler doctor.  A start does not come here: it uses what it needs and sees what it gets.
 */
#include "shim/trace.h"
#include "shim/watch.h"

#define CHILD_STACK (64u << 10)

struct trial {
	struct bk_shim *shim;
	char *stack;
	volatile int result;
	volatile int listener;
	volatile uint32_t go;
};

static char *line(char *at, char *end, const char *name, uint64_t value)
{
	at = bk_put(at, end, name);
	at = bk_put_number(at, end, value);
	return bk_put(at, end, "\n");
}

static int run(struct trial *t, void (*body)(void *), unsigned long share)
{
	int unused = 0;

	t->go = 0;
	t->result = -ECHILD;
	return (int)bk_clone(share | CLONE_VM | SIGCHLD, t->stack + CHILD_STACK, &unused, body, t);
}

static void finish(int pid)
{
	int status;

	sys_kill(pid, SIGKILL);
	sys_wait(pid, &status, __WALL);
}

static void wait_go(struct trial *t)
{
	while (!t->go)
		sys_futex((void *)&t->go, FUTEX_WAIT, 0);
}

static void said(struct trial *t, int result)
{
	t->result = result;
	__atomic_store_n(&t->go, 1, __ATOMIC_RELEASE);
	sys_futex((void *)&t->go, FUTEX_WAKE, 1);
	for (;;)
		sys_ppoll(NULL, 0, NULL);
}

static int install(const struct sock_filter *code, unsigned short n, unsigned flags)
{
	struct sock_fprog program = { n, (struct sock_filter *)code };

	sys_prctl(PR_SET_NO_NEW_PRIVS, 1);
	return (int)sys_seccomp(SECCOMP_SET_MODE_FILTER, flags, &program);
}

static const struct sock_filter allow_all[] = { { 0x06, 0, 0, SECCOMP_RET_ALLOW } };
static const struct sock_filter notify_ppid[] = {
	{ 0x20, 0, 0, 0 },		/* ld nr */
	{ 0x15, 0, 1, __NR_getppid },
	{ 0x06, 0, 0, SECCOMP_RET_USER_NOTIF },
	{ 0x06, 0, 0, SECCOMP_RET_ALLOW },
};

static void try_filter(void *arg)
{
	said(arg, install(allow_all, 1, 0));
}

static void try_killable(void *arg)
{
	said(arg, install(notify_ppid, 4, SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV));
}

static void try_notify(void *arg)
{
	struct trial *t = arg;

	t->listener = install(notify_ppid, 4, SECCOMP_FILTER_FLAG_NEW_LISTENER);
	said(t, t->listener);
}

static void try_nothing(void *arg)
{
	said(arg, 0);
}

static int outcome(struct trial *t, void (*body)(void *))
{
	int pid = run(t, body, 0);

	if (pid < 0)
		return pid;
	wait_go(t);
	finish(pid);
	return t->result;
}

/* A made-up id: ENOENT says that the call is known. */
uint32_t bk_probe_adding(int listener)
{
	struct seccomp_notif_addfd add = { .id = 1, .flags = SECCOMP_ADDFD_FLAG_SEND };

	if (sys_ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add) == -ENOENT)
		return BK_CAN_ADDFD | BK_CAN_ADDFD_SEND;
	add.flags = 0;
	return sys_ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add) == -ENOENT ? BK_CAN_ADDFD : 0;
}

static void probe_listener(struct bk_shim *s, struct trial *t)
{
	int pid = run(t, try_notify, CLONE_FILES);

	if (pid < 0)
		return;
	wait_go(t);
	if (t->listener < 0) {
		s->place.notify_errno = -t->listener;
	} else {
		s->place.offers |= BK_CAN_NOTIFY;
		if (!sys_ioctl(t->listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, (void *)SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP))
			s->place.offers |= BK_CAN_SYNC_WAKE_UP;
		s->place.offers |= bk_probe_adding(t->listener);
	}
	finish(pid);
	if (t->listener >= 0)
		sys_close(t->listener);
}

static void probe_child(struct bk_shim *s, struct trial *t)
{
	int pid = run(t, try_nothing, 0), fd, dup;
	uint32_t word = 0;
	long r;

	if (pid < 0)
		return;
	wait_go(t);
	r = bk_memory_read(pid, (uintptr_t)&t->go, &word, sizeof word);
	if (r == sizeof word)
		s->place.offers |= BK_CAN_READ_MEMORY;
	r = sys_ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL);
	s->place.seize_errno = r < 0 ? (int)-r : 0;
	if (r == 0)
		s->place.offers |= BK_CAN_SEIZE;
	fd = (int)sys_pidfd_open(pid);
	if (fd >= 0) {
		dup = (int)sys_pidfd_getfd(fd, 0);
		if (dup >= 0 || dup == -EBADF)
			s->place.offers |= BK_CAN_GETFD;
		if (dup >= 0)
			sys_close(dup);
		sys_close(fd);
	}
	finish(pid);
}

static void probe_rest(struct bk_shim *s)
{
	long r = BK_CALL(444 /* landlock_create_ruleset */, 0, 0, 1 /* LANDLOCK_CREATE_RULESET_VERSION */, 0, 0, 0);
	s->place.landlock = r > 0 ? (uint32_t)r : 0;
	if (s->self == 1 || sys_prctl(PR_SET_CHILD_SUBREAPER, 1) == 0)
		s->place.offers |= BK_CAN_SUBREAPER;
	int fd = (int)sys_open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	struct bk_procmap_query q = { .size = sizeof q, .query_flags = BK_PROCMAP_COVERING_OR_NEXT };
	if (fd >= 0 && sys_ioctl(fd, BK_PROCMAP_QUERY, &q) == 0)
		s->place.offers |= BK_CAN_PROCMAP;
	if (fd >= 0)
		sys_close(fd);
}

static void probe_watch(struct bk_shim *s)
{
	s->place.offers |= bk_watch_probe();
}

static void kernel_name(char *out, const char *end)
{
	struct { char sysname[65], nodename[65], release[65], version[65], machine[65], domain[65]; } name;

	bk_put(out, end, BK_CALL(__NR_uname, &name, 0, 0, 0, 0, 0) == 0 ? name.release : "unknown");
}

int bk_probe(struct bk_shim *s)
{
	struct trial t = { .shim = s, .stack = (char *)s->scratch->stack };
	char out[512], *at = out, *end = out + sizeof out, release[65];

	if (outcome(&t, try_filter) == 0)
		s->place.offers |= BK_CAN_FILTER;
	if (outcome(&t, try_killable) >= 0)
		s->place.offers |= BK_CAN_WAIT_KILLABLE;
	probe_listener(s, &t);
	probe_child(s, &t);
	bk_trace_probe(s);
	probe_rest(s);
	probe_watch(s);
	bk_gate_probe(s, NULL);
	kernel_name(release, release + sizeof release);
	at = line(at, end, "offers=", s->place.offers);
	at = line(at, end, "landlock=", s->place.landlock);
	at = line(at, end, "notify_errno=", (uint32_t)s->place.notify_errno);
	at = line(at, end, "seize_errno=", (uint32_t)s->place.seize_errno);
	at = line(at, end, "gate_errno=", (uint32_t)s->place.gate_errno);
	at = bk_put(bk_put(bk_put(at, end, "kernel="), end, release), end, "\narch=" BK_ARCH_NAME "\n");
	return sys_write(1, out, (size_t)(at - out)) == at - out ? 0 : 125;
}
