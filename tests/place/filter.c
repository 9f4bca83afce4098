/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which calls the platform refuses, and how.  Reports of functions that failed there name these; tests/place/limits.c proves
 * that the box gives the same answers.
 */
#include "tests/place/filter.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#else
#error "which architecture is this?"
#endif

#define X32_BIT		0x40000000u
#define NAMESPACES	0x7e020000u	/* CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET */
#define AFTER_5_10	441u		/* epoll_pwait2, Linux 5.11: this call and all later ones are not there yet */

static const struct { uint32_t call, error; } refused[] = {
	{ SYS_prctl, EPERM }, { SYS_seccomp, EPERM }, { SYS_ptrace, EPERM },
	{ SYS_unshare, EPERM }, { SYS_setns, EPERM }, { SYS_chroot, EPERM }, { SYS_pivot_root, EPERM },
	{ SYS_mount, EPERM }, { SYS_umount2, EPERM }, { SYS_fsopen, EPERM }, { SYS_fsmount, EPERM }, { SYS_fspick, EPERM },
	{ SYS_fsconfig, EPERM }, { SYS_open_tree, EPERM }, { SYS_move_mount, EPERM },
	{ SYS_bpf, EPERM }, { SYS_perf_event_open, EPERM }, { SYS_userfaultfd, EPERM }, { SYS_fanotify_init, EPERM },
	{ SYS_add_key, EPERM }, { SYS_keyctl, EPERM }, { SYS_request_key, EPERM },
	{ SYS_init_module, EPERM }, { SYS_finit_module, EPERM }, { SYS_delete_module, EPERM }, { SYS_kexec_load, EPERM },
	{ SYS_clone3, ENOSYS },
};

#define LOAD(field)	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(field))
#define ANSWER(what)	BPF_STMT(BPF_RET | BPF_K, (uint32_t)(what))
#define REFUSE(error)	ANSWER(SECCOMP_RET_ERRNO | (error))
/* Skips the next instruction unless the word that was loaded stands in that relation to `value`. */
#define ONLY_IF(relation, value) BPF_JUMP(BPF_JMP | (relation) | BPF_K, (value), 0, 1)

unsigned short box_filter(struct sock_filter *code)
{
	struct sock_filter *at = code;

	*at++ = (struct sock_filter)LOAD(offsetof(struct seccomp_data, arch));
	*at++ = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0);
	*at++ = (struct sock_filter)ANSWER(SECCOMP_RET_KILL_PROCESS);
	*at++ = (struct sock_filter)LOAD(offsetof(struct seccomp_data, nr));
	*at++ = (struct sock_filter)ONLY_IF(BPF_JSET, X32_BIT);
	*at++ = (struct sock_filter)ANSWER(SECCOMP_RET_KILL_PROCESS);
	for (unsigned i = 0; i < sizeof refused / sizeof *refused; i++) {
		*at++ = (struct sock_filter)ONLY_IF(BPF_JEQ, refused[i].call);
		*at++ = (struct sock_filter)REFUSE(refused[i].error);
	}
	*at++ = (struct sock_filter)ONLY_IF(BPF_JGE, AFTER_5_10);
	*at++ = (struct sock_filter)REFUSE(ENOSYS);
	*at++ = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 1, 0);
	*at++ = (struct sock_filter)ANSWER(SECCOMP_RET_ALLOW);
	*at++ = (struct sock_filter)LOAD(offsetof(struct seccomp_data, args[0]));
	*at++ = (struct sock_filter)ONLY_IF(BPF_JSET, NAMESPACES);
	*at++ = (struct sock_filter)REFUSE(EPERM);
	*at++ = (struct sock_filter)ANSWER(SECCOMP_RET_ALLOW);
	return (unsigned short)(at - code);
}
