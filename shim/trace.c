/* SPDX-License-Identifier: Apache-2.0 */
#include <linux/elf.h>
#include "shim/network.h"
#include "shim/trace.h"

#define OPTIONS (PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | \
		 PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL)
#define BEHIND_CALL (SIGTRAP | 0x80)	/* PTRACE_O_TRACESYSGOOD */
#define ARM_SYSTEM_CALL 0x404		/* NT_ARM_SYSTEM_CALL */

int bk_trace_seize(int tid)
{
	return (int)sys_ptrace(PTRACE_SEIZE, tid, 0, OPTIONS);
}

/* --- registers ------------------------------------------------------------------------------------------------------------ */

static bool registers_of(int tid, struct bk_registers *r)
{
	struct iovec v = { r, sizeof *r };

	return sys_ptrace(PTRACE_GETREGSET, tid, NT_PRSTATUS, (unsigned long)&v) == 0;
}

static void skip(int tid, long result)
{
	struct bk_registers r;
	int none = -1;
	struct iovec all = { &r, sizeof r }, number = { &none, sizeof none };

	if (!registers_of(tid, &r))
		return;			/* it was killed */
	if (!BK_SKIP_BY_REGISTERS)
		sys_ptrace(PTRACE_SETREGSET, tid, ARM_SYSTEM_CALL, (unsigned long)&number);
	bk_registers_skip(&r, result);
	sys_ptrace(PTRACE_SETREGSET, tid, NT_PRSTATUS, (unsigned long)&all);
}

void bk_trace_result(int tid, long result)
{
	skip(tid, result);
	sys_ptrace(PTRACE_CONT, tid, 0, 0);
}

bool bk_trace_stands(int tid)
{
	unsigned long message;

	return sys_ptrace(PTRACE_GETEVENTMSG, tid, 0, (unsigned long)&message) == 0;
}

/* --- does it work here ------------------------------------------------------------------------------------------------------ */

#define TRIAL_STACK (64u << 10)
#define TRIAL_RESULT 4711

struct trial {
	volatile uint32_t go;
	volatile long result;
	unsigned calls;			/* that the filter has stopped */
	bool twice;			/* PTRACE_SYSCALL stopped before the call that was let go */
};

static const struct sock_filter trace_ppid[] = {
	{ 0x20, 0, 0, 0 },		/* ld nr */
	{ 0x15, 0, 1, __NR_getppid },
	{ 0x06, 0, 0, SECCOMP_RET_TRACE },
	{ 0x06, 0, 0, SECCOMP_RET_ALLOW },
};

static void trial(void *arg)
{
	struct sock_fprog program = { sizeof trace_ppid / sizeof *trace_ppid, (struct sock_filter *)trace_ppid };
	struct trial *t = arg;

	while (!__atomic_load_n(&t->go, __ATOMIC_ACQUIRE))
		sys_futex((void *)&t->go, FUTEX_WAIT, 0);
	sys_prctl(PR_SET_NO_NEW_PRIVS, 1);
	if (sys_seccomp(SECCOMP_SET_MODE_FILTER, 0, &program) == 0) {
		t->result = sys_getppid();
		sys_getppid();
	}
	sys_exit(0);
}

static bool reads(int pid, const struct trial *t)
{
	uint32_t word = 0;

	return bk_memory_read(pid, (uintptr_t)&t->go, &word, sizeof word) == sizeof word && word == 1;
}

/*
 * The first call is skipped, the second one let go as one in flight is.  Linux asks the filter behind the stop for the entry of a call, so that
 * the next one is for its exit (since 4.8); gVisor asks it before, and stops at the entry, too, where no result is known yet.
 */
static void trial_stopped(int pid, struct trial *t, int status)
{
	bool called = status >> 16 == PTRACE_EVENT_SECCOMP;
	struct bk_registers r;

	if (called && t->calls++ == 0 && reads(pid, t))
		skip(pid, TRIAL_RESULT);
	if (status >> 8 == BEHIND_CALL && registers_of(pid, &r))
		t->twice = bk_registers_result(&r) == -(uint64_t)ENOSYS;
	sys_ptrace(called && t->calls == 2 ? PTRACE_SYSCALL : PTRACE_CONT, pid, 0, 0);
}

bool bk_trace_probe(struct bk_shim *s)
{
	struct trial t = { 0 };
	int unused, status = 0, pid = (int)bk_clone(CLONE_VM | SIGCHLD, s->scratch->stack + TRIAL_STACK, &unused, trial, &t);

	if (pid < 0)
		return false;
	if (bk_trace_seize(pid) < 0)
		sys_kill(pid, SIGKILL);
	__atomic_store_n(&t.go, 1, __ATOMIC_RELEASE);
	sys_futex((void *)&t.go, FUTEX_WAKE, 1);
	while (sys_wait(pid, &status, __WALL) == pid && (status & 0xff) == 0x7f)
		trial_stopped(pid, &t, status);
	if (t.result == TRIAL_RESULT)
		s->place.offers |= BK_CAN_FILTER | BK_CAN_RET_TRACE | BK_CAN_SEIZE | BK_CAN_READ_MEMORY;
	s->stops_twice = t.twice;
	return t.result == TRIAL_RESULT;
}

/* --- stops --------------------------------------------------------------------------------------------------------------------- */

/* A task whose call must wait until another one's has landed. */
static void hold(struct bk_shim *s, int tid)
{
	struct bk_scratch *x = s->scratch;

	if (x->held_count < sizeof x->held / sizeof *x->held)
		x->held[x->held_count++] = tid;
	else
		bk_trace_result(tid, -EAGAIN);
}

static void forget(struct bk_shim *s, int tid)
{
	struct bk_scratch *x = s->scratch;

	for (uint32_t i = 0; s->flights_used && i < x->held_count; i++)
		if (x->held[i] == tid)
			x->held[i--] = x->held[--x->held_count];
	bk_pending_gone(s, tid);
}

static void called(struct bk_shim *s, int tid)
{
	struct seccomp_notif *n = &s->scratch->notification;
	struct bk_registers r;

	if (s->flights_used == BK_FLIGHTS) {
		hold(s, tid);
		return;
	}
	if (!registers_of(tid, &r))
		return;			/* it was killed */
	*n = (struct seccomp_notif){ .id = (uint64_t)tid, .pid = (uint32_t)tid, .data.arch = BK_ARCH_AUDIT };
	n->data.nr = bk_registers_call(&r, n->data.args);
	bk_notify_serve(s, n);
}

static bool stops_group(int signal)
{
	return signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

/* One that executes as a thread takes its leader's number: whoever had that is gone. */
static void executed(struct bk_shim *s, int tid, int status)
{
	forget(s, tid);
	bk_notify_stopped(s, tid, status);
}

/* Behind a call that was let go; or before it, where the filter had been asked already. */
static void at_call(struct bk_shim *s, int tid, int status)
{
	struct bk_flight *f = bk_flight_of(s, tid);

	if (f && f->flags & BK_FLIGHT_BEFORE) {
		f->flags &= (uint16_t)~BK_FLIGHT_BEFORE;
		sys_ptrace(PTRACE_SYSCALL, tid, 0, 0);
		return;
	}
	bk_notify_stopped(s, tid, status | PTRACE_EVENT_STOP << 16);
}

void bk_trace_stopped(struct bk_shim *s, int tid, int status)
{
	int event = status >> 16, signal = status >> 8 & 0xff;

	if (event == PTRACE_EVENT_SECCOMP)
		called(s, tid);
	else if (event == PTRACE_EVENT_EXEC)
		executed(s, tid, status);
	else if (event == PTRACE_EVENT_STOP && stops_group(signal))
		sys_ptrace(PTRACE_LISTEN, tid, 0, 0);
	else if (!event && signal == BEHIND_CALL)
		at_call(s, tid, status);
	else
		sys_ptrace(PTRACE_CONT, tid, 0, event ? 0 : (unsigned long)signal);
	while (s->scratch->held_count && s->flights_used < BK_FLIGHTS)
		called(s, s->scratch->held[--s->scratch->held_count]);
}

void bk_trace_ended(struct bk_shim *s, int tid)
{
	forget(s, tid);
	bk_notify_ended(s, tid);
}
