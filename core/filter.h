/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The seccomp program (seccomp(2), linux/seccomp.h) that a plan needs.  Pure: the same builder is run in a simulator by the tests.
 * One table, filter_table.h, says for every system call that is not simply allowed what is looked at and what is answered; the
 * program and the events are made from it.
 */
#ifndef BK_CORE_FILTER_H
#define BK_CORE_FILTER_H

#include <linux/filter.h>
#include "core/plan.h"

#define BK_FILTER_MAX 512u		/* instructions; the kernel takes 4096 */

/*
 * What bk_filter_spec.flags ask for.  Without NOTIFY refused calls answer a plain errno, NO_CODE answers EACCES, and all
 * the others do nothing.
 */
#define BK_FILTER_NOTIFY	1u	/* a listener is there */
#define BK_FILTER_EXEC		2u	/* notify execve, execveat */
#define BK_FILTER_MAP		4u	/* notify mmap of files with PROT_EXEC */
#define BK_FILTER_NO_CODE	8u	/* generated_code: deny, enforced: refuse (with NOTIFY: notify) mmap of anonymous or of
					   writable memory with PROT_EXEC, mprotect and pkey_mprotect with PROT_EXEC, SHM_EXEC */
#define BK_FILTER_ASK_CODE     16u	/* notify the same calls (alert and learn) */
#define BK_FILTER_ASK_PROTECT  32u	/* notify mprotect, pkey_mprotect and shmat only (libraries judged, code allowed: a file may
					   be mapped first and made executable later) */
#define BK_FILTER_WRITE	       64u	/* notify what opens for writing, makes, removes, renames or changes files by name or attribute */
#define BK_FILTER_READ	      128u	/* notify what opens for reading, but for O_PATH and O_DIRECTORY */
#define BK_FILTER_CONNECT     256u	/* notify connect, sendmsg, sendmmsg, sendto with an address, and socket() of what cannot be judged so */
#define BK_FILTER_LISTEN      512u	/* notify bind and listen */
#define BK_FILTER_NAMES	     1024u	/* notify recvfrom that asks for the sender's address, and recvmsg */
#define BK_FILTER_TRACE	     2048u	/* with NOTIFY: not a listener but a tracer is told (SECCOMP_RET_TRACE) */

/* Entries of the ring that libuv asks io_uring_setup(2) for at the start of each loop (src/unix/linux.c, uv__platform_loop_init): refused, no event. */
#define BK_FILTER_LOOP_RING   256u

struct bk_filter_spec {
	uint32_t arch;			/* AUDIT_ARCH_X86_64 or AUDIT_ARCH_AARCH64 */
	uint32_t flags;
	uint32_t shim_pid;		/* calls aimed at it are refused */
	uint32_t shim_group;		/* its process group, the same; 0: none but shim_pid */
};

/* Builds the program; returns its length in instructions, or 0 where `cap` is too small or the architecture unknown. */
uint32_t bk_filter_build(const struct bk_filter_spec *spec, struct sock_filter *out, uint32_t cap);

/* What a notification is about. */
enum bk_filter_job {
	BK_JOB_NONE,			/* not one that the filter notifies: answer ENOSYS */
	BK_JOB_EXEC,
	BK_JOB_MAP,			/* mmap with PROT_EXEC: of a file, or (by MAP_ANONYMOUS or PROT_WRITE) generated code */
	BK_JOB_CODE,			/* mprotect, pkey_mprotect, shmat that make memory executable */
	BK_JOB_FILE,			/* files: opened, made, removed, renamed, changed */
	BK_JOB_NETWORK,			/* connect, send, bind, listen, socket, recvfrom */
	BK_JOB_REFUSED			/* refused by the table: answer `error`, write an event */
};
struct bk_filter_call {
	enum bk_filter_job job;
	int error;			/* positive errno to answer; BK_JOB_REFUSED only */
	uint32_t row;			/* of the table, from 1; 0: it does not have the call */
	struct bk_text technique;	/* may be empty */
};
/* Looks a notified call up in the table.  `nr` as in struct seccomp_data. */
struct bk_filter_call bk_filter_lookup(uint32_t arch, uint32_t nr);
/* "ptrace"; empty for row 0.  Names are found by walking over those before: only an event needs one. */
struct bk_text bk_filter_name(const struct bk_filter_call *call);

#endif
