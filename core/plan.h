/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plan: what a place offers and what a policy asks for give which mechanism does what, and what is lost.
 * Pure; shim/probe.c fills bk_place by trying things out, `buckler doctor` prints the same plan.
 */
#ifndef BK_CORE_PLAN_H
#define BK_CORE_PLAN_H

#include "core/policy.h"

enum bk_mechanism { BK_NONE, BK_NOTIFY, BK_TRACE, BK_GATE, BK_FILTER, BK_WATCH, BK_GATE_WATCH, BK_MECHANISMS };

/* bk_place.offers: each was tried, not looked up. */
#define BK_CAN_FILTER		(1u << 0)	/* SECCOMP_SET_MODE_FILTER */
#define BK_CAN_NOTIFY		(1u << 1)	/* SECCOMP_FILTER_FLAG_NEW_LISTENER and NOTIF_RECV, CONTINUE */
#define BK_CAN_WAIT_KILLABLE	(1u << 2)	/* SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (Linux 5.19) */
#define BK_CAN_SYNC_WAKE_UP	(1u << 3)	/* SECCOMP_IOCTL_NOTIF_SET_FLAGS (Linux 6.6) */
#define BK_CAN_SEIZE		(1u << 4)	/* PTRACE_SEIZE of a child */
#define BK_CAN_READ_MEMORY	(1u << 5)	/* process_vm_readv of a child */
#define BK_CAN_GETFD		(1u << 6)	/* pidfd_getfd of a child */
#define BK_CAN_ADDFD		(1u << 7)	/* SECCOMP_IOCTL_NOTIF_ADDFD (Linux 5.9) */
#define BK_CAN_RET_TRACE	(1u << 8)	/* SECCOMP_RET_TRACE with a live tracer */
#define BK_CAN_SUBREAPER	(1u << 9)	/* PR_SET_CHILD_SUBREAPER, or being PID 1 */
#define BK_CAN_PROCMAP		(1u << 10)	/* PROCMAP_QUERY (Linux 6.11) */
#define BK_CAN_WATCH		(1u << 11)	/* inotify and a readable /proc */
#define BK_CAN_GATE		(1u << 12)	/* buckler-gate.so is there, the program loads it, and memory can be shared with it */
#define BK_CAN_ADDFD_SEND	(1u << 13)	/* the same with SEND: descriptor and answer at once (Linux 5.14) */

struct bk_place {
	uint32_t offers;
	uint32_t landlock;		/* ABI, 0: none */
	int      notify_errno, seize_errno;	/* why not, as positive errno; 0 where offered */
	int      gate_errno;		/* the same: ENOENT no gate, ENOEXEC a static program, else no shared memory */
};

enum bk_status { BK_UNAVAILABLE, BK_DETECTED, BK_ENFORCED, BK_ABSENT };

struct bk_plan {
	enum bk_mechanism mechanism;
	bool verify;			/* each exec is stopped and the loaded image judged (ptrace) */
	bool gate;			/* the gate is preloaded: BK_GATE, or BK_GATE_WATCH with the watch behind it */
	bool watch;			/* processes are looked at from outside, too */
	bool alone;			/* nothing can be enforced: the function runs unsupervised, or is refused */
	uint8_t status[BK_SECTIONS];	/* enum bk_status */
	const char *reason;		/* a sentence, static */
};

/*
 * notify with seize: processes, libraries, generated_code, environment enforced.  notify without seize: processes and libraries
 * checked before the call only ("detected": another thread can change what was checked), environment unavailable.
 * files: enforced by notify where the shim can hand over what it opened (ADDFD) and Landlock lies beneath for what it must let
 * go (FIFOs, terminals), files.read and files.code without Landlock, too; else "detected".  With the filter alone Landlock enforces
 * files.write where its rules can say all that the policy does (bk_plan_landlock_exact()).
 * network: enforced with pidfd_getfd; "detected" without: judged before the call only.
 * trace, where nobody may listen but a tracer be called: the same four enforced as by notify.  network: as there; domains need pidfd_getfd, without
 * it network.connect is unavailable to a policy that has some.  files: nothing can be handed over, hence "detected", but for what Landlock enforces.
 * gate, where neither: all sections enforced in the sense of the design, on every path of unmodified code.
 * filter: generated_code enforced.  With it or without it, processes and libraries are detected by the watch where that is there: they are
 * found and ended after the fact.
 */
void bk_plan_make(const struct bk_policy *policy, const struct bk_place *place, struct bk_plan *plan);

/* The first Landlock ABI that can let files be renamed from folder to folder (LANDLOCK_ACCESS_FS_REFER, Linux 5.19). */
#define BK_LANDLOCK_LEAST 2u
/* True where every rule of files.write allows a whole folder, LITERAL/ and two stars: then Landlock can say the same. */
bool bk_plan_landlock_exact(const struct bk_policy *policy);

/* True where a rule of network.connect names a domain: then answers to the function's questions must be read. */
bool bk_plan_names(const struct bk_policy *policy);

/* First section that the policy has and the plan does not fully enforce, or BK_SECTIONS. */
enum bk_section bk_plan_gap(const struct bk_plan *plan);

const char *bk_mechanism_name(enum bk_mechanism mechanism);	/* "none" "notify" "trace" "gate" "filter" "watch" "gate+watch" */
const char *bk_status_name(enum bk_status status);		/* "unavailable" "detected" "enforced" "absent" */

#endif
