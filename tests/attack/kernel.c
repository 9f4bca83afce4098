/* SPDX-License-Identifier: Apache-2.0 */
/* System calls that a function does not need and an exploit does. */
#include "attack.h"

#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/io_uring.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <linux/seccomp.h>
#include <linux/userfaultfd.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

static bool ring(void)
{
	struct io_uring_params p = { 0 };

	return syscall(SYS_io_uring_setup, 4, &p) >= 0;
}

/* Every library that knows io_uring does without it. */
static bool plain_input(void)
{
	char c;

	return read(open("/proc/self/stat", O_RDONLY | O_CLOEXEC), &c, 1) == 1;
}

#ifdef __x86_64__
static bool old_call(void)
{
	long r;

	__asm__ volatile("int $0x80" : "=a"(r) : "a"(20L) : "memory");	/* getpid of i386 */
	return r == getpid();
}
#endif

static bool own_pid(void)
{
	return syscall(SYS_getpid) == getpid();
}

static const struct sock_filter allow[] = { { BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW } };

static long filter(unsigned flags)
{
	struct sock_fprog program = { 1, (struct sock_filter *)allow };

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

static bool listener(void) { return filter(SECCOMP_FILTER_FLAG_NEW_LISTENER) >= 0; }
/* One that answers a call by itself takes it from the shim. */
static bool own_filter(void) { return filter(0) == 0; }

static bool own_filter_by_prctl(void)
{
	struct sock_fprog program = { 1, (struct sock_filter *)allow };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static bool no_new_privileges(void) { return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && own_pid(); }

static bool fault(void) { return syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY) >= 0; }
static bool fault_twin(void) { void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); return madvise(at, 4096, MADV_DONTNEED) == 0; }

static bool berkeley(void)
{
	union bpf_attr a = { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1 };

	return syscall(SYS_bpf, BPF_MAP_CREATE, &a, sizeof a) >= 0;
}

static bool counters(void)
{
	struct perf_event_attr a = { .type = PERF_TYPE_SOFTWARE, .size = sizeof a, .config = PERF_COUNT_SW_TASK_CLOCK, .exclude_kernel = 1 };

	return syscall(SYS_perf_event_open, &a, 0, -1, -1, 0) >= 0;
}

static bool keys(void) { return syscall(SYS_add_key, "user", "buckler", "x", 1, KEY_SPEC_PROCESS_KEYRING) >= 0; }
static bool key_ring(void) { return syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) >= 0; }

/* A core file holds the credentials that the environment held.  Afterwards the limit is what a core of some size would need. */
static bool core(void)
{
	struct rlimit r = { RLIM_INFINITY, RLIM_INFINITY };
	struct rlimit now;

	getrlimit(RLIMIT_CORE, &now);
	r.rlim_cur = r.rlim_max = now.rlim_max;
	return now.rlim_max > 0 && setrlimit(RLIMIT_CORE, &r) == 0 && getrlimit(RLIMIT_CORE, &now) == 0 && now.rlim_cur > 0;
}

static bool core_twin(void)
{
	struct rlimit r = { 0, 0 };

	return setrlimit(RLIMIT_CORE, &r) == 0;
}

static bool by_handle(void)
{
	struct file_handle *h = calloc(1, sizeof *h + 128);
	int mount = 0;

	h->handle_bytes = 128;
	if (name_to_handle_at(AT_FDCWD, "../bin/evil", h, &mount, 0) < 0)
		return false;
	return open_by_handle_at(open("../bin", O_RDONLY | O_DIRECTORY), h, O_RDONLY) >= 0;
}

static bool seccomp_twin(void)
{
	return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) >= 0 && own_pid();
}

static bool limits(void)
{
	struct rlimit r;

	return getrlimit(RLIMIT_NOFILE, &r) == 0 && setrlimit(RLIMIT_NOFILE, &r) == 0;
}

static const struct way ways[] = {
	{ "io_uring", ring, plain_input },
#ifdef __x86_64__
	{ "int80", old_call, own_pid },
#endif
	{ "listener", listener, seccomp_twin },
	{ "own-filter", own_filter, seccomp_twin },
	{ "own-filter-prctl", own_filter_by_prctl, seccomp_twin },
	{ "userfaultfd", fault, fault_twin },
	{ "bpf", berkeley, plain_input },
	{ "perf", counters, limits },
	{ "add_key", keys, no_new_privileges },
	{ "keyctl", key_ring, no_new_privileges },
	{ "core", core, core_twin },
	{ "handle", by_handle, plain_input },
};

ATTACK_MAIN(ways)
