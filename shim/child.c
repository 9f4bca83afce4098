/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starts the function.  The child shares the shim's memory and descriptor table until its exec: memory, because that saves
 * the copying of page tables and lets it speak without a pipe; descriptors, because that hands the listener over without a socket.
 */
#include "shim/network.h"
#include "shim/trace.h"

#define CHILD_GAP 1024u			/* bytes between the shim's last frame on the initial stack and the child's first */

#define ALIVE_NS 5000000L		/* between two questions whether the child is still there */

static bool readable(const char *path)
{
	return sys_access(path, 1) == 0;
}

const char *bk_child_search(const char *name, char *const *envp, char *out, size_t cap)
{
	const char *path = "/usr/local/bin:/bin:/usr/bin";

	for (const char *p = name; *p; p++)
		if (*p == '/')
			return name;
	if (!*name)
		return name;
	for (; *envp; envp++) {
		const char *value = bk_value_of(*envp, "PATH");

		path = value ? value : path;
	}
	for (;;) {
		char *at = out;

		while (*path && *path != ':' && at + 2 < out + cap)
			*at++ = *path++;
		if (at != out)
			*at++ = '/';
		bk_put(at, out + cap, name);
		if (readable(out))
			return out;
		if (!*path++)
			return name;
	}
}

/* The terminal, where the shim's process group is its foreground: the function's new group gets it. */
static int terminal(void)
{
	int group;

	for (int fd = 0; fd < 3; fd++)
		if (sys_ioctl(fd, TIOCGPGRP, &group) == 0 && group == (int)sys_getpgid(0))
			return fd;
	return -1;
}

static void give_terminal(int fd, int group)
{
	uint64_t ttou = 1ULL << (SIGTTOU - 1), old;

	sys_sigmask(SIG_BLOCK, &ttou, &old);
	sys_ioctl(fd, TIOCSPGRP, &group);
	sys_sigmask(SIG_SETMASK, &old, NULL);
}

static long install(struct bk_start *start, uint32_t flags, uint32_t how)
{
	struct sock_filter code[BK_FILTER_MAX];
	struct bk_filter_spec spec = { BK_ARCH_AUDIT, flags, (uint32_t)start->shim->self, (uint32_t)start->shim->group };
	struct sock_fprog program = { (unsigned short)bk_filter_build(&spec, code, BK_FILTER_MAX), code };

	if (!program.len)
		return -E2BIG;
	return sys_seccomp(SECCOMP_SET_MODE_FILTER, how, &program);
}

/* The filter that tells a listener, which is the best; fills listener and offers. */
static void install_listener(struct bk_start *start)
{
	uint32_t flags = start->filter_flags | BK_FILTER_NOTIFY;
	long r = install(start, flags, SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);

	start->offers = r >= 0 ? BK_CAN_FILTER | BK_CAN_NOTIFY | BK_CAN_WAIT_KILLABLE : 0;
	if (r == -EINVAL) {
		r = install(start, flags, SECCOMP_FILTER_FLAG_NEW_LISTENER);
		start->offers = r >= 0 ? BK_CAN_FILTER | BK_CAN_NOTIFY : 0;
	}
	start->listener = (int)r;
}

/* Without a listener: what the shim has found out to do. */
static void install_other(struct bk_start *start, uint32_t go)
{
	uint32_t flags = go == BK_GO_TRACED ? start->filter_flags | BK_FILTER_NOTIFY | BK_FILTER_TRACE : start->filter_flags & BK_FILTER_NO_CODE;

	start->filter = (int)install(start, flags, 0);
	if (start->filter == 0)
		start->offers = BK_CAN_FILTER;
}

/* Whether the shim will be able to make the child's calls, the shim finds out meanwhile. */
static bool restrict_network(struct bk_start *start)
{
	if (!(start->filter_flags & (BK_FILTER_CONNECT | BK_FILTER_LISTEN)))
		return false;
	while (!__atomic_load_n(&start->probed, __ATOMIC_ACQUIRE))
		sys_futex((void *)&start->probed, FUTEX_WAIT, 0);
	return bk_landlock_restrict_network(start->shim, start->probed == 1 && start->offers & BK_CAN_NOTIFY);
}

/* What the kernel refuses whoever judges: beneath the filter, which lets these calls through. */
static void build_wall(struct bk_start *start)
{
	const struct bk_shim *s = start->shim;
	bool enforced = s->least == BK_ENFORCE && bk_policy_mode(&s->policy, BK_PROCESSES) == BK_ENFORCE;

	start->landlock = bk_landlock_restrict(s);
	if (!restrict_network(start) && !start->landlock && enforced && s->uid == 0)
		bk_landlock_stand_apart();
}

static void probe_network(struct bk_shim *s, struct bk_start *start)
{
	if (!(start->filter_flags & (BK_FILTER_CONNECT | BK_FILTER_LISTEN)))
		return;
	bk_network_probe(s);
	__atomic_store_n(&start->probed, s->place.offers & BK_CAN_GETFD ? 1 : 2, __ATOMIC_RELEASE);
	sys_futex((void *)&start->probed, FUTEX_WAKE, 1);
}

static uint32_t await_go(struct bk_start *start, uint32_t before)
{
	while (__atomic_load_n(&start->go, __ATOMIC_ACQUIRE) == before)
		sys_futex((void *)&start->go, FUTEX_WAIT, before);
	return start->go;
}

static void say_ready(struct bk_start *start)
{
	__atomic_add_fetch(&start->ready, 1, __ATOMIC_RELEASE);
	sys_futex((void *)&start->ready, FUTEX_WAKE, 1);
}

/* Runs in the child, on its own piece of the initial stack. */
static void child(void *arg)
{
	struct bk_start *start = arg;
	const struct bk_options *o = start->options;
	struct bk_shim *s = start->shim;

	sys_setpgid(0, 0);
	if (s->terminal >= 0)
		give_terminal(s->terminal, (int)sys_getpid());
	sys_prctl(PR_SET_PDEATHSIG, SIGKILL);
	if ((int)sys_getppid() != s->self)
		sys_exit(125);		/* the shim died before the death signal was set */
	/* Without privilege a filter needs it; with privilege it keeps set-id programs from shedding the filter's point. */
	sys_prctl(PR_SET_NO_NEW_PRIVS, 1);
	install_listener(start);
	if (start->listener >= 0)
		build_wall(start);
	say_ready(start);
	if (start->listener < 0) {
		uint32_t go = await_go(start, 0);

		if (go != BK_GO_GATED)		/* the gate reaches its ground through the shim's folder in /proc, which a wall shuts */
			build_wall(start);
		install_other(start, go);
		say_ready(start);
		await_go(start, go);
	}
	sys_sigmask(SIG_SETMASK, &start->mask, NULL);	/* what came meanwhile ends it from here on, when somebody waits for its end */
	start->exec_error = (int)-sys_execve(start->image, o->argv, start->envp);
	sys_exit(start->exec_error == ENOENT ? 127 : 126);
}

/* Until the child has said so for the n-th time, or has ended, which wakes nobody: it is asked for now and then. */
static void wait_ready(struct bk_start *start, uint32_t n)
{
	while (__atomic_load_n(&start->ready, __ATOMIC_ACQUIRE) < n) {
		int status = 0, pid;

		sys_futex_wait_ns((void *)&start->ready, n - 1, ALIVE_NS);
		if (__atomic_load_n(&start->ready, __ATOMIC_ACQUIRE) >= n)
			return;
		pid = (int)sys_wait(start->shim->main_pid, &status, WNOHANG | __WALL);
		if (pid == 0)
			continue;
		if (pid < 0 || (status & 0xff) != 0x7f)
			return;
		sys_ptrace(PTRACE_CONT, start->shim->main_pid, 0, (unsigned long)(status >> 8 & 0xff));	/* a signal, already */
	}
}

/* What files are judged with: memory of the child, and descriptors handed over. */
static uint32_t offers_for_files(const struct bk_shim *s)
{
	uint32_t offers = bk_probe_adding(s->listener), word;

	if (bk_memory_read(s->main_pid, (uintptr_t)&s->self, &word, sizeof word) == sizeof word)
		offers |= BK_CAN_READ_MEMORY;
	return offers;
}

/* The kernel makes what stands for a process in /proc when it is asked for the first time: on more than one processor this costs nothing here. */
static void look_ahead(struct bk_shim *s)
{
	char path[64];
	struct stat st;

	sys_stat(bk_proc(path, s->main_pid, "/exe"), &st);
	if (!bk_judged(s, BK_LIBRARIES))
		return;
	sys_stat(bk_proc(path, s->main_pid, "/fd"), &st);
	bk_image_ready(s);
}

/* What the shim needs and the child's filter does not: the child makes that meanwhile, which takes the kernel as long. */
static int get_ready(struct bk_shim *s, struct bk_start *start)
{
	uint64_t told = ~(1ULL << (BK_WAIT_SIGNAL - 1));	/* which would end a wait as something that is to be read */
	int status;

	sys_sigdefault(SIGCHLD, 0);	/* ignored, it would cost us the exit status */
	s->signals = (int)sys_signalfd(&told);
	if (s->signals < 0)
		return bk_log_refuse(s, "process", "there is no descriptor left for the signals of its supervisor");
	if (s->self == 1 || sys_prctl(PR_SET_CHILD_SUBREAPER, 1) == 0)
		s->place.offers |= BK_CAN_SUBREAPER;
	status = bk_policy_check(s);
	if (status)
		return status;
	/* In one call what else were a fault for each page; before Linux 5.14 it is that. */
	sys_madvise((void *)(((uintptr_t)s->scratch + BK_SCRATCH_FIRST) & ~(uintptr_t)(BK_PAGE - 1)), BK_SCRATCH_BEHIND - BK_SCRATCH_FIRST, MADV_POPULATE_WRITE);
	bk_gather_own(s, start->envp);
	bk_files_start(s, start->envp);
	bk_network_start(s, start->options);
	probe_network(s, start);
	look_ahead(s);
	bk_loop_ready(s);
	return 0;
}

static void say_go(struct bk_start *start, uint32_t go)
{
	__atomic_store_n(&start->go, go, __ATOMIC_RELEASE);
	sys_futex((void *)&start->go, FUTEX_WAKE, 1);
}

void bk_child_go(struct bk_start *start)
{
	say_go(start, BK_GO_EXEC);
}

/* Nobody may listen.  Where a filter can call a tracer, the child is traced before it has one; else the gate is got ready. */
static bool go_without_listener(struct bk_shim *s, struct bk_start *start)
{
	s->tracing = bk_trace_probe(s) && bk_trace_seize(s->main_pid) == 0;
	if (!s->tracing)
		s->place.offers &= ~BK_CAN_RET_TRACE;
	if (s->tracing && !(s->place.offers & BK_CAN_GETFD) && bk_plan_names(&s->policy))
		start->filter_flags &= ~(BK_FILTER_CONNECT | BK_FILTER_NAMES);	/* no name can be told from an address */
	if (!s->tracing)
		bk_gate_prepare(s, start);
	say_go(start, s->tracing ? BK_GO_TRACED : s->place.offers & BK_CAN_GATE ? BK_GO_GATED : BK_GO_FILTER);
	wait_ready(start, 2);
	if (start->ready < 2)
		return false;
	s->place.offers |= start->offers;
	s->place.landlock = start->landlock;
	if (s->tracing)
		bk_child_go(start);
	return true;
}

int bk_child_start(struct bk_shim *s, struct bk_start *start)
{
	uint64_t all = ~0ULL;
	char *here = (char *)start;	/* on the initial stack: below it is free */
	int status;

	s->terminal = terminal();
	sys_sigmask(SIG_SETMASK, &all, &start->mask);
	long pid = bk_clone(CLONE_VM | CLONE_FILES | CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID | SIGCHLD,
			    (char *)((uintptr_t)(here - CHILD_GAP) & ~15UL), &start->vm_tid, child, start);
	if (pid < 0)
		return bk_log_refuse(s, "process", "the system has no room for another process");
	s->main_pid = (int)pid;
	status = get_ready(s, start);
	if (status)
		return status;
	wait_ready(start, 1);
	if (!start->ready)		/* killed, or by a filter that was here before */
		return bk_log_refuse(s, "process", "it ended before it could be supervised");
	sys_unshare(CLONE_FILES);
	s->place.offers |= start->offers;
	s->place.notify_errno = start->listener < 0 ? -start->listener : 0;
	s->listener = start->listener < 0 ? -1 : start->listener;
	s->place.landlock = start->landlock;
	if (s->listener < 0 && !go_without_listener(s, start))
		return bk_log_refuse(s, "process", "it ended before it could be supervised");
	if (s->tracing && start->filter)
		return bk_log_refuse(s, "process", "it could not be given its filter");
	if (s->listener >= 0 && start->filter_flags & (BK_FILTER_WRITE | BK_FILTER_READ))
		s->place.offers |= offers_for_files(s);
	return 0;
}
