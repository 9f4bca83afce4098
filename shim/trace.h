/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where no process may listen, but a filter can call a tracer (SECCOMP_RET_TRACE, Linux 4.8 and gVisor): every task of the function is traced from
 * before its first instruction, children by themselves (PTRACE_O_TRACECLONE and its kin), and ends with the shim (PTRACE_O_EXITKILL).  A judged call
 * stops its task; from its registers a notification is made, which notify.c and the others answer as they answer a listener's:
 *
 *	go on		PTRACE_CONT; the kernel reads what the arguments point at now.  What is loaded is judged again at PTRACE_EVENT_EXEC, what
 *			is mapped behind the call (PTRACE_SYSCALL), so that a change by another thread wins nothing
 *	a result	the call's number becomes -1, which skips it, and the result is put into its register
 *
 * In gVisor a call that goes on by PTRACE_SYSCALL stops once more, before it begins: there the filter is asked first (bk_shim.stops_twice).  On aarch64 it
 * is untried: where NT_ARM_SYSTEM_CALL is not known, the trial fails and the filter stands alone.
 *
 * A notification's id is the task's number: a stopped task keeps it.
 *
 * What of a bare run differs: nothing in the function can be traced, since there is one tracer a task; a call that waits in the shim (a connection) is
 * interrupted by a signal with EINTR where it would have been restarted; TracerPid in /proc/PID/status names the shim.
 */
#ifndef BK_SHIM_TRACE_H
#define BK_SHIM_TRACE_H

#include "shim/notify.h"

/* Tries on a child of its own whether a filter calls a tracer, and whether that can read memory and skip the call.  Sets BK_CAN_RET_TRACE. */
bool bk_trace_probe(struct bk_shim *s);
/* Takes a task that runs into its tracing; 0 or -errno. */
int bk_trace_seize(int tid);

/* A traced task stopped with wait status `status`. */
void bk_trace_stopped(struct bk_shim *s, int tid, int status);
/* A traced task has ended. */
void bk_trace_ended(struct bk_shim *s, int tid);

/* Answers a stopped task's call: skips it with this result. */
void bk_trace_result(int tid, long result);
/* True while the task stands in a stop. */
bool bk_trace_stands(int tid);

#endif
