/* SPDX-License-Identifier: Apache-2.0 */
/* Waits for notifications, signals and stopped processes; reaps and forwards as an init must. */
#include "shim/network.h"
#include "shim/trace.h"
#include "shim/watch.h"

#define REST_NS		20000000L	/* quiet for this long, up to twice: buffers go back to the kernel */
#define SUMMARY_S	2
#define GATE_MS		5000		/* from the exec of the function to the gate's first word */

/*
 * What runs on the way into rest lies in a mapping of its own (layout.ld): a fault maps up to 16 pages around it, but never beyond
 * its mapping (mm/memory.c, do_fault_around), so that of the text only this page comes back.
 */
#define REST __attribute__((noinline, section(".rest")))

/* --- settling down ------------------------------------------------------------------------------------------------------- */

/*
 * The initial stack (1 to 3 dirty pages, and page tables of its own), vdso and vvar are not needed any more once the
 * child has left this memory.  Where the kernel seals its mappings, unmapping fails and nothing is lost but the saving.
 */
static void leave_initial_memory(struct bk_shim *s)
{
	static const char *const names[] = { "[stack]", "[vdso]", "[vvar]", "[vvar_vclock]" };
	char *text = (char *)s->scratch->block;
	int fd = (int)sys_open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	long n = fd < 0 ? 0 : sys_read(fd, text, sizeof s->scratch->block - 1);

	if (fd >= 0)
		sys_close(fd);
	text[n > 0 ? n : 0] = '\0';
	s->left = true;
	for (char *line = text; *line; ) {
		struct bk_text whole = { line, 0 };
		uint64_t from = 0, to = 0;
		uint64_t *number = &from;

		while (line[whole.len] && line[whole.len] != '\n')
			whole.len++;
		for (const char *c = line; c < line + whole.len && *c != ' '; c++) {
			if (*c == '-')
				number = &to;
			else
				*number = *number << 4 | (uint64_t)(*c <= '9' ? *c - '0' : *c - 'a' + 10);
		}
		for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
			struct bk_text name = bk_text_of(names[i]);

			if (whole.len > name.len && bk_text_equal(bk_text_from(whole, whole.len - name.len), name))
				sys_munmap(from, to - from);
		}
		line += whole.len + (line[whole.len] == '\n');
	}
}

static bool child_left(const struct bk_start *start)
{
	return !__atomic_load_n(&start->vm_tid, __ATOMIC_ACQUIRE);
}

/* Once the child is in its own memory: nobody may look into ours. */
static void settle_down(struct bk_shim *s, struct bk_start *start)
{
	if (s->settled || !child_left(start))
		return;
	s->settled = true;
	if (!s->ring)		/* the gate reaches its ground through our /proc folder */
		sys_prctl(PR_SET_DUMPABLE, 0);
}

/* A mapping made over the old one, and not MADV_DONTNEED: that gives the page tables back, too. */
REST void bk_scratch_new(struct bk_shim *s)
{
	s->scratch = sys_mmap(s->scratch ? (void *)s->scratch : BK_NEAR_SCRATCH, sizeof *s->scratch, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | (s->scratch ? MAP_FIXED : 0), -1);
	if ((unsigned long)s->scratch > -4096UL)
		sys_exit(125);		/* no memory at all: the function ends with us */
}

/* Gives back buffers, the stack's pages below the one in use, and the text that rest does not need: it is clean, and comes back with one fault. */
REST static void give_back(struct bk_shim *s)
{
	extern char bk_text_start[], bk_text_end[];	/* layout.ld */
	char *here = __builtin_frame_address(0), *low = bk_stack_low();
	uintptr_t text = (uintptr_t)bk_text_start & ~(uintptr_t)(BK_PAGE - 1);

	if (s->timer_runs)
		sys_timer_set(s->wait_timer, 0);
	s->timer_runs = false;
	if (s->settled && !s->left)
		leave_initial_memory(s);
	bk_scratch_new(s);
	here = (char *)(((uintptr_t)here - 512) & ~(uintptr_t)(BK_PAGE - 1));
	if (here > low)
		sys_madvise(low, (size_t)(here - low), MADV_DONTNEED);
	sys_madvise((void *)text, (size_t)(bk_text_end - (char *)text), MADV_DONTNEED);
}

/* --- start event ------------------------------------------------------------------------------------------------------------ */

static void start_event(struct bk_shim *s, enum bk_event_kind kind, const char *why, struct bk_text image)
{
	char link[64];
	struct bk_event e = {
		.kind = kind, .section = BK_SECTIONS, .plan = &s->plan, .pid = (uint32_t)s->main_pid, .ppid = (uint32_t)s->self,
		.verdict = kind == BK_EVENT_START ? BK_ALLOWED : BK_DENIED, .note = bk_text_of(why), .path = image,
	};
	long n = image.len ? 0 : sys_readlink(bk_proc(link, s->main_pid, "/exe"), s->scratch->parent, BK_PATH_MAX);

	if (n > 0)
		e.path = (struct bk_text){ s->scratch->parent, (uint32_t)n };
	bk_log_event(s, &e);
}

void bk_loop_main_loaded(struct bk_shim *s, struct bk_text image)
{
	enum bk_section gap;

	if (!s->ring)
		sys_prctl(PR_SET_DUMPABLE, 0);
	bk_plan_make(&s->policy, &s->place, &s->plan);
	s->started = true;
	gap = bk_plan_gap(&s->plan);
	if (gap != BK_SECTIONS && s->policy.head->flags & BK_UNSUPPORTED_REFUSE) {
		start_event(s, BK_EVENT_REFUSED, "the policy says `unsupported: refuse`, and this place cannot enforce all of its sections", image);
		sys_kill(s->main_pid, SIGKILL);
		s->unsupported = true;
		return;
	}
	start_event(s, BK_EVENT_START, NULL, image);	/* the plan says why */
}

/* --- children ------------------------------------------------------------------------------------------------------------------ */

static int exit_status(int status)
{
	return (status & 0x7f) ? 128 + (status & 0x7f) : status >> 8 & 0xff;
}

/* Interactive job control: when the function's process group was stopped at its terminal, so is the shim, for the shell to see. */
static void stopped_with(struct bk_shim *s, int signal)
{
	if (s->terminal < 0 || (signal != SIGTSTP && signal != SIGTTIN && signal != SIGTTOU && signal != SIGSTOP))
		return;
	sys_kill(s->self, SIGSTOP);
	int group = s->main_pid;

	sys_ioctl(s->terminal, TIOCSPGRP, &group);
	sys_kill(-group, SIGCONT);
}

static void traced(struct bk_shim *s, int pid, int status)
{
	bk_trace_stopped(s, pid, status);
	if (status >> 16 == PTRACE_EVENT_STOP && pid == s->main_pid)
		stopped_with(s, status >> 8 & 0xff);
}

/* One result of wait4; true when the function has ended. */
static bool one_status(struct bk_shim *s, int pid, int status)
{
	bool stopped = (status & 0xff) == 0x7f;

	if (s->tracing)
		stopped ? traced(s, pid, status) : bk_trace_ended(s, pid);
	else if (stopped && (status >> 16 || s->flights_used))
		bk_notify_stopped(s, pid, status);
	else if (stopped && pid == s->main_pid)
		stopped_with(s, status >> 8 & 0xff);
	else if (!stopped)
		bk_notify_ended(s, pid);
	return !stopped && pid == s->main_pid;
}

/* Collects what wait4 has; true when the function has ended, its wait status in *main_status. */
static bool reap(struct bk_shim *s, int *main_status)
{
	bool ended = false;
	int status, pid;

	for (s->stops = false; (pid = (int)sys_wait(-1, &status, WNOHANG | __WALL | WUNTRACED)) > 0; s->stops = true)
		if (one_status(s, pid, status)) {
			*main_status = status;
			ended = true;
		}
	s->childless = pid == -ECHILD;
	return ended;
}

/* Until rest: to set it for each wait, as a limit in the wait's own call does, takes a good part of what a call costs. */
REST static void run_timer(struct bk_shim *s)
{
	if (!s->timer_runs)
		sys_timer_set(s->wait_timer, REST_NS);
	s->timer_runs = true;
}

/* A stop that is awaited in wait4 needs no SIGCHLD beside it.  (Job control does, and so do stops that the loop is to see.) */
static void tell_stops(struct bk_shim *s, bool told)
{
	if (s->stops_untold == told)
		sys_sigdefault(SIGCHLD, told ? 0 : BK_NOCLDSTOP);
	s->stops_untold = !told;
}

/*
 * One call is in flight and nothing else wants us: its stop is awaited in wait4, whose wake-up stays on this processor
 * (kernel/exit.c, __wake_up_parent), where that of a signalfd crosses to another and costs several times as much.  A
 * call that takes long (a slow file system) is left to the loop.
 */
static bool await_flight(struct bk_shim *s, int *main_status)
{
	struct pollfd f = { .fd = s->listener, .events = POLLIN };
	struct __kernel_timespec now = { 0, 0 };
	bool ended = false;
	int pid = 0;

	if (s->wait_timer < 0 || s->flights_used != 1 || sys_ppoll(&f, 1, &now) != 0)
		return false;
	tell_stops(s, s->terminal >= 0);
	run_timer(s);
	while (s->flights_used && !ended && (pid = (int)sys_wait(-1, main_status, __WALL | WUNTRACED)) > 0)
		ended = one_status(s, pid, *main_status);
	return ended;
}

/*
 * Traced tasks stop one behind the other: the next stop is awaited in wait4, for the same reason, until none came for the timer's period, or that is
 * over, so that signals for the function do not wait for long.  Not where connections or names are under way: they are waited for in the loop.
 */
static bool await_stops(struct bk_shim *s, int *main_status)
{
	bool ended = false;
	int pid = 0;

	if (!s->stops || s->wait_timer < 0 || s->events >= 0)
		return false;
	run_timer(s);
	while (!ended && (pid = (int)sys_wait(-1, main_status, __WALL | WUNTRACED)) > 0)
		ended = one_status(s, pid, *main_status);
	return ended;
}

/* The listener has hung up: what is left of the supervised tasks ends just now (kernel/exit.c), and nothing else will want us. */
static bool await_end(struct bk_shim *s, int *main_status)
{
	bool ended = false;
	int pid = 0;

	sys_close(s->listener);		/* that frees the filter, which takes the kernel a while: meanwhile */
	s->listener = -1;
	while (!ended && (pid = (int)sys_wait(-1, main_status, __WALL)) > 0)
		ended = one_status(s, pid, *main_status);
	return ended && (reap(s, &pid), true);
}

static void forward(struct bk_shim *s, int signal)
{
	if (signal == SIGCHLD || signal == SIGPIPE || signal == SIGURG)
		return;
	if (signal == SIGTTIN || signal == SIGTTOU)
		return;			/* they are about our own group, which is not the foreground any more */
	sys_kill(s->main_pid, signal);
}

static bool signals(struct bk_shim *s, int *main_status)
{
	struct signalfd_siginfo info[4];
	bool child = false, urgent = false;
	long n;

	do {
		n = sys_read(s->signals, info, sizeof info);
		for (long i = 0; i < n / (long)sizeof *info; i++) {
			child |= info[i].ssi_signo == SIGCHLD;
			urgent |= info[i].ssi_signo == SIGURG;
			forward(s, (int)info[i].ssi_signo);
		}
	} while (n == sizeof info);
	if (urgent)
		bk_gate_drain(s);
	return child && (reap(s, main_status) || (s->tracing && await_stops(s, main_status)));
}

/*
 * The function has ended: what it left behind would run unsupervised.  PID 1's death ends the namespace anyway; else our
 * children are those that became orphans, and become so as their parents are killed.
 */
/* Not in line: what it needs of the stack would stand below every call, also of those that wait. */
__attribute__((noinline)) static void end_the_rest(struct bk_shim *s)
{
	char path[64], list[1024], *at;
	int status;

	if (s->self == 1 || s->childless)
		return;
	at = bk_put_number(bk_put(path, path + 64, "/proc/self/task/"), path + 64, (uint32_t)s->self);
	bk_put(at, path + 64, "/children");
	for (int round = 0; round < 10000; round++) {
		int fd = (int)sys_open(path, O_RDONLY | O_CLOEXEC);
		long n = fd < 0 ? 0 : sys_read(fd, list, sizeof list - 1);

		if (fd >= 0)
			sys_close(fd);
		if (n <= 0)
			return;
		list[n] = '\0';
		for (const char *next = list; *next; ) {
			uint64_t pid = bk_parse_number(next, &next);

			if (!pid)
				break;
			sys_kill((int)pid, SIGKILL);
			next += *next == ' ';
		}
		while (sys_wait(-1, &status, __WALL) > 0 && sys_wait(-1, &status, WNOHANG | __WALL) > 0)
			;
	}
}

#define POLLED 4			/* signals, notifications, the watch's inotify, calls that wait */

/* --- the loop --------------------------------------------------------------------------------------------------------------------- */

/* Until something is to be done, or nothing was for a whole period: then 0. */
REST static long wait_busy(struct bk_shim *s, struct pollfd f[POLLED])
{
	struct __kernel_timespec t = { 0, REST_NS };
	long n = -EINTR;

	if (s->wait_timer < 0 || s->pending_used)
		return sys_ppoll(f, POLLED, &t);
	run_timer(s);
	for (int fired = 0; n == -EINTR && fired < 2; fired++)
		n = sys_ppoll(f, POLLED, NULL);
	return n == -EINTR ? 0 : n;
}

/* Waits; when it is quiet, sums up what was counted and then rests with nothing but a page of state and one of stack. */
REST static long wait_events(struct bk_shim *s, struct pollfd f[POLLED])
{
	struct __kernel_timespec t = { SUMMARY_S, 0 };
	bool pending = false;
	long n;

	if (!s->flights_used) {
		n = wait_busy(s, f);
		if (n)
			return n;
		bk_log_flush(s, false);
		pending = bk_log_pending(s);
		give_back(s);
	}
	if (s->pending_used) {
		t = (struct __kernel_timespec){ 0, BK_PENDING_TICK_NS };
		pending = true;
	}
	return sys_ppoll(f, POLLED, pending ? &t : NULL);
}

/*
 * The same where processes are watched: the next look is due soon.  A look that finds nothing new touches no buffer, so that the rest goes on
 * between two of them.
 */
static bool wait_watching(struct bk_shim *s, struct pollfd f[POLLED], bool *rested)
{
	bool told, listens;
	uint32_t ms = bk_watch_wait(&listens);
	struct __kernel_timespec t = { 0, (long)ms * 1000000L };
	long n;

	if (!*rested && ms * 1000000L > REST_NS) {
		bk_log_flush(s, false);
		give_back(s);
		*rested = true;
	}
	f[2].fd = listens ? s->watch : -1;
	n = sys_ppoll(f, POLLED, &t);
	told = n > 0 && (f[2].revents & POLLIN);
	if (bk_watch_turn(s, told))
		*rested = false;
	return n > 0 && (f[0].revents | f[1].revents | f[3].revents);
}

void bk_loop_ready(struct bk_shim *s)
{
	uint64_t blocked = ~(1ULL << (BK_WAIT_SIGNAL - 1));

	if (sys_timer_create(BK_WAIT_SIGNAL, &s->wait_timer) < 0 || sys_siginterrupt(BK_WAIT_SIGNAL) < 0)
		s->wait_timer = -1;
	else
		sys_sigmask(SIG_SETMASK, &blocked, NULL);
}

REST static int serve(struct bk_shim *s, struct bk_start *start)
{
	int main_status = 0;
	bool rested = false;

	for (;;) {
		bk_notify_resume(s);

		struct pollfd f[POLLED] = {
			{ .fd = s->signals, .events = POLLIN },
			{ .fd = s->flights_used < BK_FLIGHTS ? s->listener : -1, .events = POLLIN },
			{ .fd = -1, .events = POLLIN },
			{ .fd = s->events, .events = POLLIN },
		};

		if (s->flights_used && s->stops_untold) {
			tell_stops(s, true);
			if (reap(s, &main_status))	/* what stopped before */
				return main_status;
		}
		if (s->watch >= 0 ? !wait_watching(s, f, &rested) : wait_events(s, f) <= 0) {
			if (s->pending_used)
				bk_pending_tick(s);
			settle_down(s, start);
			continue;
		}
		rested = false;
		if (f[3].revents)
			bk_pending_ready(s);
		if (f[1].revents & POLLIN) {
			if (!bk_notify_receive(s))
				s->listener = -1;
			if (await_flight(s, &main_status))
				return main_status;
		} else if (f[1].revents && await_end(s, &main_status)) {
			return main_status;
		}
		if (f[0].revents && signals(s, &main_status))
			return main_status;
		settle_down(s, start);
	}
}

/* Asked without taking the status; signals are no answer, for there may be some of children that were tried things on. */
static bool has_ended(int pid)
{
	int info[32] = { 0 };		/* siginfo_t: si_signo stays 0 where nothing is to be told */

	return BK_CALL(__NR_waitid, 1 /* P_PID */, pid, info, WEXITED | WNOHANG | WNOWAIT, 0, 0) == 0 && info[0];
}

/*
 * A gate that cannot be loaded is passed over by the loader (ld.so(8), LD_PRELOAD): without its hello the function runs unsupervised.
 * The exit status is kept for serve(), which waits for it again.
 */
static void await_gate(struct bk_shim *s)
{
	for (int n = 0; n < GATE_MS && !bk_gate_said_hello(s, s->main_pid); n++) {
		struct __kernel_timespec step = { 0, 1000000 };		/* the kernel counts it down */

		if (has_ended(s->main_pid))
			return;			/* serve() says so */
		sys_ppoll(NULL, 0, &step);
	}
	if (bk_gate_said_hello(s, s->main_pid))
		return;
	start_event(s, BK_EVENT_REFUSED, "the gate did not start in the function: is buckler-gate.so of this version, and whole?", (struct bk_text){ NULL, 0 });
	sys_kill(s->main_pid, SIGKILL);
	s->unsupported = true;
}

/* No listener: waits until the child has executed the function's image or failed, which clears vm_tid. */
static void start_without_listener(struct bk_shim *s, struct bk_start *start)
{
	bk_watch_open(s);
	bk_loop_main_loaded(s, (struct bk_text){ NULL, 0 });
	bk_child_go(start);
	for (int tid = start->vm_tid; tid; tid = start->vm_tid)
		sys_futex(&start->vm_tid, FUTEX_WAIT, (uint32_t)tid);
	if (s->plan.gate && !s->unsupported)
		await_gate(s);
}

/* Ends as the function did, so that our parent sees the same wait status. */
static int end_like(struct bk_shim *s, int status)
{
	uint64_t none = 0;
	int signal = status & 0x7f;

	if (signal && s->self != 1) {
		sys_sigdefault(signal, 0);
		sys_kill(s->self, signal);
		sys_sigmask(SIG_SETMASK, &none, NULL);
	}
	return exit_status(status);
}

int bk_loop(struct bk_shim *s, struct bk_start *start)
{
	struct bk_pending own[BK_PENDING_OWN] = { 0 };	/* here, because the stack's page has room at rest */
	int status;

	s->pending = s->pending_own = own;
	s->pending_cap = BK_PENDING_OWN;
	if (s->listener < 0 && !s->tracing)
		start_without_listener(s, start);
	status = serve(s, start);
	bk_gate_drain(s);
	bk_log_flush(s, true);
	if (!s->tracing && (s->listener >= 0 || s->self != 1))
		end_the_rest(s);	/* what is traced ends with us */
	if (s->unsupported)
		return 125;
	if (s->main_refused)
		return 126;
	return end_like(s, status);
}
