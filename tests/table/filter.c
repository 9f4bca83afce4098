/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The seccomp program in a simulator.  Rows say what a call with these arguments is answered, on both machines, with and without a
 * listener; the rest is exhaustive: every number, every set of flags.
 */
#include "core/filter.h"

#include <errno.h>
#include <linux/audit.h>
#include <stdlib.h>

#include "tests/support/bpf_sim.h"
#include "tests/support/syscalls.h"
#include "tests/support/tap.h"

#define SHIM  77
#define GROUP 70
#define HIGH  0x100000000ULL		/* rubbish in the half that the kernel does not read */
#define NEG(x) ((uint64_t)-(int64_t)(x))
#define ALL_FLAGS 255u

static const struct machine {
	const char *name;
	uint32_t arch;
	int (*number)(const char *name);
} machines[] = {
	{ "x86-64", AUDIT_ARCH_X86_64, syscall_number_x86_64 },
	{ "aarch64", AUDIT_ARCH_AARCH64, syscall_number_generic },
};

enum answer { ALLOW, REFUSE, SILENT };	/* REFUSE: with an event, or plainly where nobody listens; SILENT: never an event */

/* Calls that are always answered the same. */
static const struct always {
	const char *call;
	enum answer answer;
	int error;
} always[] = {
	{ "ptrace", REFUSE, EPERM }, { "process_vm_readv", REFUSE, EPERM }, { "process_vm_writev", REFUSE, EPERM },
	{ "process_madvise", REFUSE, EPERM }, { "kcmp", REFUSE, EPERM }, { "pidfd_getfd", REFUSE, EPERM },
	{ "pidfd_send_signal", SILENT, ENOSYS }, { "clone3", SILENT, ENOSYS },
	{ "io_uring_enter", REFUSE, ENOSYS }, { "io_uring_register", REFUSE, ENOSYS },
	{ "setns", REFUSE, EPERM }, { "mount", REFUSE, EPERM }, { "umount2", REFUSE, EPERM }, { "open_tree", REFUSE, EPERM },
	{ "open_tree_attr", REFUSE, EPERM }, { "move_mount", REFUSE, EPERM }, { "fsopen", REFUSE, EPERM },
	{ "fsconfig", REFUSE, EPERM }, { "fsmount", REFUSE, EPERM }, { "fspick", REFUSE, EPERM }, { "mount_setattr", REFUSE, EPERM },
	{ "chroot", REFUSE, EPERM }, { "pivot_root", REFUSE, EPERM }, { "open_by_handle_at", REFUSE, EPERM },
	{ "sethostname", REFUSE, EPERM }, { "setdomainname", REFUSE, EPERM }, { "settimeofday", REFUSE, EPERM }, { "clock_settime", REFUSE, EPERM },
	{ "create_module", REFUSE, ENOSYS }, { "_sysctl", REFUSE, ENOSYS }, { "fanotify_mark", REFUSE, EPERM },
	{ "fanotify_init", REFUSE, EPERM }, { "acct", REFUSE, EPERM }, { "swapon", REFUSE, EPERM }, { "swapoff", REFUSE, EPERM },
	{ "reboot", REFUSE, EPERM }, { "init_module", REFUSE, EPERM }, { "finit_module", REFUSE, EPERM },
	{ "delete_module", REFUSE, EPERM }, { "kexec_load", REFUSE, EPERM }, { "kexec_file_load", REFUSE, EPERM },
	{ "bpf", REFUSE, EPERM }, { "perf_event_open", REFUSE, EACCES }, { "userfaultfd", REFUSE, EPERM },
	{ "add_key", REFUSE, EPERM }, { "request_key", REFUSE, EPERM }, { "keyctl", REFUSE, EPERM },
	{ "iopl", REFUSE, EPERM }, { "ioperm", REFUSE, EPERM }, { "modify_ldt", REFUSE, ENOSYS }, { "uselib", REFUSE, ENOSYS },
	{ "remap_file_pages", REFUSE, ENOSYS },
};

/* Calls whose arguments decide. */
static const struct row {
	const char *call;
	enum answer answer;
	int error;
	uint64_t args[6];
} rows[] = {
	{ "kill", REFUSE, EPERM, { SHIM, 9 } },
	{ "kill", REFUSE, EPERM, { HIGH | SHIM, 9 } },
	{ "kill", REFUSE, EPERM, { SHIM, HIGH | 9 } },
	{ "kill", REFUSE, EPERM, { NEG(1), 15 } },
	{ "kill", REFUSE, EPERM, { 0xffffffff, 15 } },
	{ "kill", REFUSE, EPERM, { NEG(SHIM), 9 } },
	{ "kill", REFUSE, EPERM, { NEG(GROUP), 9 } },
	{ "kill", ALLOW, 0, { SHIM, 0 } },
	{ "kill", ALLOW, 0, { 0, 15 } },
	{ "kill", ALLOW, 0, { 78, 9 } },
	{ "kill", ALLOW, 0, { GROUP, 9 } },
	{ "kill", ALLOW, 0, { NEG(78), 9 } },
	{ "tkill", REFUSE, EPERM, { SHIM, 9 } },
	{ "tkill", ALLOW, 0, { 78, 9 } },
	{ "tgkill", REFUSE, EPERM, { SHIM, SHIM, 9 } },
	{ "tgkill", ALLOW, 0, { 78, 79, 9 } },
	{ "rt_sigqueueinfo", REFUSE, EPERM, { SHIM, 9 } },
	{ "rt_sigqueueinfo", ALLOW, 0, { 78, 9 } },
	{ "rt_tgsigqueueinfo", REFUSE, EPERM, { SHIM, SHIM, 9 } },
	{ "rt_tgsigqueueinfo", ALLOW, 0, { 78, 79, 9 } },
	{ "pidfd_open", REFUSE, EPERM, { SHIM } },
	{ "pidfd_open", ALLOW, 0, { 78 } },
	{ "setpgid", REFUSE, EPERM, { 0, GROUP } },
	{ "setpgid", REFUSE, EPERM, { 0, SHIM } },
	{ "setpgid", ALLOW, 0, { 0, 0 } },
	{ "setpgid", ALLOW, 0, { 78, 78 } },
	{ "fcntl", REFUSE, EPERM, { 3, 8, SHIM } },
	{ "fcntl", REFUSE, EPERM, { 3, HIGH | 8, HIGH | SHIM } },
	{ "fcntl", REFUSE, EPERM, { 3, 8, NEG(SHIM) } },
	{ "fcntl", REFUSE, EPERM, { 3, 8, NEG(GROUP) } },
	{ "fcntl", REFUSE, EPERM, { 3, 15, 0x7fff0000 } },
	{ "fcntl", ALLOW, 0, { 3, 8, 78 } },
	{ "fcntl", ALLOW, 0, { 3, 10, 9 } },
	{ "fcntl", ALLOW, 0, { 3, 2, SHIM } },
	{ "prlimit64", REFUSE, EPERM, { SHIM, 0, 0x7fff0000, 0 } },
	{ "prlimit64", REFUSE, EPERM, { SHIM, 0, 0x7fff00000000, 0 } },
	{ "prlimit64", REFUSE, EPERM, { SHIM, 4, 0x7fff0000, 0 } },
	{ "prlimit64", ALLOW, 0, { SHIM, 0, 0, 0x7fff0000 } },
	{ "prlimit64", SILENT, 0, { 0, 4, 0x7fff0000, 0 } },
	{ "prlimit64", SILENT, 0, { 78, HIGH | 4, 0x7fff0000, 0 } },
	{ "prlimit64", ALLOW, 0, { 0, 4, 0, 0x7fff0000 } },
	{ "prlimit64", ALLOW, 0, { 0, 7, 0x7fff0000, 0 } },
	{ "io_uring_setup", REFUSE, ENOSYS, { 0 } },
	{ "io_uring_setup", REFUSE, ENOSYS, { 4 } },
	{ "io_uring_setup", SILENT, ENOSYS, { 256 } },
	{ "io_uring_setup", SILENT, ENOSYS, { HIGH | 256 } },
	{ "io_uring_setup", REFUSE, ENOSYS, { 0xffffffff } },
	{ "setrlimit", SILENT, 0, { 4, 0x7fff0000 } },
	{ "setrlimit", ALLOW, 0, { 7, 0x7fff0000 } },
	{ "sched_setparam", REFUSE, EPERM, { SHIM } },
	{ "sched_setparam", ALLOW, 0, { 0 } },
	{ "sched_setscheduler", REFUSE, EPERM, { SHIM } },
	{ "sched_setscheduler", ALLOW, 0, { 78 } },
	{ "sched_setaffinity", REFUSE, EPERM, { SHIM } },
	{ "sched_setaffinity", ALLOW, 0, { 0 } },
	{ "sched_setattr", REFUSE, EPERM, { SHIM } },
	{ "sched_setattr", ALLOW, 0, { 0 } },
	{ "setpriority", REFUSE, EPERM, { 0, SHIM, 19 } },
	{ "setpriority", ALLOW, 0, { 0, 0, 19 } },
	{ "setpriority", REFUSE, EPERM, { 1, GROUP, 19 } },
	{ "setpriority", REFUSE, EPERM, { 2, 0, 19 } },
	{ "setpriority", ALLOW, 0, { 1, 0, 19 } },
	{ "ioprio_set", REFUSE, EPERM, { 2, GROUP, 3 } },
	{ "ioprio_set", REFUSE, EPERM, { 3, 0, 3 } },
	{ "ioprio_set", REFUSE, EPERM, { 1, SHIM, 3 } },
	{ "ioprio_set", ALLOW, 0, { 1, 0, 3 } },
	{ "prctl", SILENT, 0, { 1, 0 } },
	{ "prctl", SILENT, 0, { 1, 15 } },
	{ "prctl", ALLOW, 0, { 1, 9 } },
	{ "prctl", SILENT, 0, { 4, 0 } },
	{ "prctl", SILENT, 0, { HIGH | 4, 0 } },
	{ "prctl", ALLOW, 0, { 4, 1 } },
	{ "prctl", REFUSE, EINVAL, { 22, 1 } },
	{ "prctl", REFUSE, EINVAL, { 22, 2 } },
	{ "prctl", REFUSE, EINVAL, { 35, 13 } },
	{ "prctl", REFUSE, EINVAL, { 0x59616d61, 78 } },
	{ "prctl", ALLOW, 0, { 15, 0x7fff0000 } },
	{ "prctl", ALLOW, 0, { 38, 1 } },
	{ "prctl", ALLOW, 0, { 36, 1 } },
	{ "prctl", ALLOW, 0, { 3 } },
	{ "seccomp", REFUSE, EINVAL, { 0, 0, 0 } },
	{ "seccomp", REFUSE, EINVAL, { 1, 0, 0x7fff0000 } },
	{ "seccomp", REFUSE, EINVAL, { HIGH | 1, 8, 0x7fff0000 } },
	{ "seccomp", ALLOW, 0, { 2, 0, 0x7fff0000 } },
	{ "personality", REFUSE, EPERM, { 0x0400000 } },
	{ "personality", REFUSE, EPERM, { 0x0040000 } },
	{ "personality", ALLOW, 0, { 0 } },
	{ "personality", ALLOW, 0, { 0xffffffff } },
	{ "personality", ALLOW, 0, { NEG(1) } },
	{ "unshare", REFUSE, EPERM, { 0x10000000 } },
	{ "unshare", REFUSE, EPERM, { 0x00000080 } },
	{ "unshare", REFUSE, EPERM, { 0x00100000 } },
	{ "unshare", REFUSE, EPERM, { 0x00000400 } },
	{ "unshare", REFUSE, EPERM, { 0x00020200 } },
	{ "unshare", ALLOW, 0, { 0x200 } },
	{ "unshare", ALLOW, 0, { 0x40000 } },
	{ "unshare", ALLOW, 0, { 0 } },
	{ "clone", REFUSE, EPERM, { 0x10000011 } },
	{ "clone", REFUSE, EPERM, { 0x00020011 } },
	{ "clone", REFUSE, EPERM, { 0x40000011 } },
	{ "clone", REFUSE, EPERM, { 0x02000011 } },
	{ "clone", REFUSE, EPERM, { 0x00002011 } },
	{ "clone", REFUSE, EPERM, { 0x00800011 } },
	{ "clone", REFUSE, EPERM, { 0x00000411 } },
	{ "clone", REFUSE, EPERM, { 0x00004511 } },
	{ "clone", ALLOW, 0, { 0x01200011 } },	/* fork */
	{ "clone", ALLOW, 0, { 0x00004111 } },	/* posix_spawn, vfork */
	{ "clone", ALLOW, 0, { 0x003d0f00 } },	/* pthread_create */
	{ "clone", ALLOW, 0, { 0x00050f00 } },	/* Go's threads */
	{ "ioctl", REFUSE, EPERM, { 0, 0x5412 } },
	{ "ioctl", REFUSE, EPERM, { 0, HIGH | 0x5412 } },
	{ "ioctl", REFUSE, EPERM, { 0, 0x541c } },
	{ "ioctl", REFUSE, EPERM, { 0, 0x8901 } },
	{ "ioctl", REFUSE, EPERM, { 0, 0x8902 } },
	{ "ioctl", REFUSE, EPERM, { 0, 0xaa00 } },
	{ "ioctl", ALLOW, 0, { 0, 0x5401 } },
	{ "ioctl", ALLOW, 0, { 0, 0x5413 } },
	{ "ioctl", ALLOW, 0, { 0, 0x541b } },
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct program {
	struct sock_filter code[BK_FILTER_MAX];
	uint32_t len;
};

static struct program build(uint32_t arch, uint32_t flags)
{
	struct bk_filter_spec spec = { arch, flags, SHIM, GROUP };
	struct program p;

	p.len = bk_filter_build(&spec, p.code, BK_FILTER_MAX);
	return p;
}

static uint32_t run(const struct program *p, uint32_t arch, uint32_t nr, const uint64_t args[6], struct bpf_sim_trace *trace)
{
	struct seccomp_data d = { .nr = (int)nr, .arch = arch };

	if (args)
		memcpy(d.args, args, sizeof(d.args));
	return bpf_sim_run(p->code, &d, trace);
}

static uint32_t expected(enum answer answer, int error, bool notify)
{
	if (answer == ALLOW)
		return SECCOMP_RET_ALLOW;
	return answer == REFUSE && notify ? SECCOMP_RET_USER_NOTIF : SECCOMP_RET_ERRNO | (uint32_t)error;
}

static void lookup_agrees(const struct machine *m, const char *call, uint32_t nr, enum answer answer, int error)
{
	struct bk_filter_call found = bk_filter_lookup(m->arch, nr);
	bool refused = found.job == BK_JOB_REFUSED && found.error == error;

	if (answer == REFUSE)
		ok(refused && bk_text_equal(bk_filter_name(&found), bk_text_of(call)), "%s %s: the listener finds name and errno", m->name, call);
	else
		ok(found.job == BK_JOB_NONE, "%s %s: not the listener's", m->name, call);
}

static void check_always(const struct machine *m, const struct program *plain, const struct program *notify)
{
	for (size_t i = 0; i < COUNT(always); i++) {
		const struct always *a = &always[i];
		int nr = m->number(a->call);

		if (nr < 0)
			continue;
		ok(run(plain, m->arch, (uint32_t)nr, NULL, NULL) == expected(a->answer, a->error, false) &&
		   run(notify, m->arch, (uint32_t)nr, NULL, NULL) == expected(a->answer, a->error, true), "%s %s", m->name, a->call);
		lookup_agrees(m, a->call, (uint32_t)nr, a->answer, a->error);
	}
}

static void check_rows(const struct machine *m, const struct program *plain, const struct program *notify)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *r = &rows[i];
		uint32_t nr = (uint32_t)m->number(r->call);

		ok(run(plain, m->arch, nr, r->args, NULL) == expected(r->answer, r->error, false) &&
		   run(notify, m->arch, nr, r->args, NULL) == expected(r->answer, r->error, true),
		   "%s %s(%#llx, %#llx, %#llx)", m->name, r->call, (unsigned long long)r->args[0], (unsigned long long)r->args[1],
		   (unsigned long long)r->args[2]);
		if (r->answer == REFUSE)
			lookup_agrees(m, r->call, nr, REFUSE, r->error);
	}
}

/* Judged calls: the answer in each plan.  N: notified, E: EACCES, S: ENOSYS, a dot: allowed. */
enum { PLAIN = 0, NO = BK_FILTER_NO_CODE, L = BK_FILTER_NOTIFY, LX = L | BK_FILTER_EXEC, LM = L | BK_FILTER_MAP | BK_FILTER_ASK_PROTECT,
       LN = L | BK_FILTER_NO_CODE, LA = L | BK_FILTER_ASK_CODE, LMN = LM | BK_FILTER_NO_CODE, LMA = LM | BK_FILTER_ASK_CODE,
       W = BK_FILTER_WRITE | BK_FILTER_READ, LW = L | BK_FILTER_WRITE, LR = L | BK_FILTER_READ, LWR = LW | LR };
static const uint32_t plans[] = { PLAIN, NO, L, LX, LM, LN, LA, LMN, LMA, W, LW, LR, LWR };
static const struct judged {
	const char *call, *answers;	/* an answer for each of plans[] */
	uint64_t args[6];
	enum bk_filter_job job;
} judged[] = {
	{ "execve",        "...N.........", { 1 }, BK_JOB_EXEC },
	{ "execveat",      "...N.........", { 1 }, BK_JOB_EXEC },
	{ "mmap",          "....N..NN....", { 0, 4096, 5, 2, 3 }, BK_JOB_MAP },		/* a library */
	{ "mmap",          "....N..NN....", { 0, 4096, HIGH | 4, HIGH | 1, 3 }, BK_JOB_MAP },
	{ "mmap",          ".E..NNNNN....", { 0, 4096, 7, 2, 3 }, BK_JOB_MAP },		/* a file, writable */
	{ "mmap",          ".E...NNNN....", { 0, 4096, 5, 0x22, 0 }, BK_JOB_MAP },		/* anonymous */
	{ "mmap",          ".E...NNNN....", { 0, 4096, 7, 0x21, 0 }, BK_JOB_MAP },
	{ "mmap",          ".............", { 0, 4096, 3, 0x22, 0 }, BK_JOB_MAP },		/* data */
	{ "mmap",          ".............", { 0, 4096, 1, 2, 3 }, BK_JOB_MAP },
	{ "mprotect",      ".E..NNNNN....", { 0, 4096, 5 }, BK_JOB_CODE },
	{ "mprotect",      ".E..NNNNN....", { 0, 4096, HIGH | 4 }, BK_JOB_CODE },
	{ "mprotect",      ".............", { 0, 4096, 3 }, BK_JOB_CODE },
	{ "pkey_mprotect", ".E..NNNNN....", { 0, 4096, 7, 1 }, BK_JOB_CODE },
	{ "pkey_mprotect", ".............", { 0, 4096, 3, 4 }, BK_JOB_CODE },
	{ "shmat",         ".E..NNNNN....", { 1, 0, 0100000 }, BK_JOB_CODE },
	{ "shmat",         ".............", { 1, 0, 010000 }, BK_JOB_CODE },
	{ "openat",         "...........NN", { 0xffffff9c, 1, 0 }, BK_JOB_FILE },		/* to read */
	{ "openat",         "..........NNN", { 3, 1, 1 }, BK_JOB_FILE },		/* to write */
	{ "openat",         "..........NNN", { 3, 1, HIGH | 2 }, BK_JOB_FILE },
	{ "openat",         "..........NNN", { 3, 1, 0100 }, BK_JOB_FILE },
	{ "openat",         "..........NNN", { 3, 1, 01000 }, BK_JOB_FILE },
	{ "openat",         "..........NNN", { 3, 1, 020000000 }, BK_JOB_FILE },
	{ "openat",         "...........NN", { 3, 1, 02000000 }, BK_JOB_FILE },		/* O_CLOEXEC */
	{ "openat",         ".............", { 3, 1, 010000101 }, BK_JOB_FILE },		/* O_PATH */
	{ "truncate",       "..........N.N", { 1, 2, 3 }, BK_JOB_FILE },
	{ "mkdirat",        "..........N.N", { 1, 2, 3 }, BK_JOB_FILE },
	{ "mknodat",        "..........N.N", { 1, 2, 3 }, BK_JOB_FILE },
	{ "symlinkat",      "..........N.N", { 1, 2, 3 }, BK_JOB_FILE },
	{ "unlinkat",       "..........N.N", { 1, 2, 3 }, BK_JOB_FILE },
	{ "fchmod",         "..........N.N", { 1, 2, 3 }, BK_JOB_FILE },
	{ "fchmodat",       "..........N.N", { 1, 2, 3 }, BK_JOB_FILE },
	{ "fchmodat2",      "..........N.N", { 1, 2, 3 }, BK_JOB_FILE },
	{ "fchown",         "..........N.N", { 1, 2, 3 }, BK_JOB_FILE },
	{ "fchownat",       "..........N.N", { 1, 2, 3 }, BK_JOB_FILE },
	{ "utimensat",      "..........N.N", { 1, 2, 3 }, BK_JOB_FILE },
	{ "setxattr",       "..........N.N", { 1, 2, 3 }, BK_JOB_FILE },
	{ "lsetxattr",      "..........N.N", { 1, 2, 3 }, BK_JOB_FILE },
	{ "fsetxattr",      "..........N.N", { 1, 2, 3 }, BK_JOB_FILE },
	{ "removexattr",    "..........N.N", { 1, 2, 3 }, BK_JOB_FILE },
	{ "lremovexattr",   "..........N.N", { 1, 2, 3 }, BK_JOB_FILE },
	{ "fremovexattr",   "..........N.N", { 1, 2, 3 }, BK_JOB_FILE },
	{ "linkat",         "..........NNN", { 1, 2, 3 }, BK_JOB_FILE },
	{ "renameat",       "..........NNN", { 1, 2, 3 }, BK_JOB_FILE },
	{ "renameat2",      "..........NNN", { 1, 2, 3 }, BK_JOB_FILE },
	{ "openat2",        "..........SSS", { 1, 2, 3 }, BK_JOB_NONE },
	{ "setxattrat",     "..........SSS", { 1, 2, 3 }, BK_JOB_NONE },
	{ "removexattrat",  "..........SSS", { 1, 2, 3 }, BK_JOB_NONE },
	{ "file_setattr",   "..........SSS", { 1, 2, 3 }, BK_JOB_NONE },
	{ "creat",          "..........N.N", { 1, 2, 3 }, BK_JOB_FILE },
	{ "mkdir",          "..........N.N", { 1, 2, 3 }, BK_JOB_FILE },
	{ "mknod",          "..........N.N", { 1, 2, 3 }, BK_JOB_FILE },
	{ "symlink",        "..........N.N", { 1, 2, 3 }, BK_JOB_FILE },
	{ "unlink",         "..........N.N", { 1, 2, 3 }, BK_JOB_FILE },
	{ "rmdir",          "..........N.N", { 1, 2, 3 }, BK_JOB_FILE },
	{ "chmod",          "..........N.N", { 1, 2, 3 }, BK_JOB_FILE },
	{ "chown",          "..........N.N", { 1, 2, 3 }, BK_JOB_FILE },
	{ "lchown",         "..........N.N", { 1, 2, 3 }, BK_JOB_FILE },
	{ "utime",          "..........N.N", { 1, 2, 3 }, BK_JOB_FILE },
	{ "utimes",         "..........N.N", { 1, 2, 3 }, BK_JOB_FILE },
	{ "futimesat",      "..........N.N", { 1, 2, 3 }, BK_JOB_FILE },
	{ "link",           "..........NNN", { 1, 2, 3 }, BK_JOB_FILE },
	{ "rename",         "..........NNN", { 1, 2, 3 }, BK_JOB_FILE },
	{ "open",           "...........NN", { 1, 0 }, BK_JOB_FILE },
	{ "open",           "..........NNN", { 1, 1 }, BK_JOB_FILE },
	{ "open",           "..........NNN", { 1, 0100 }, BK_JOB_FILE },
	{ "open",           ".............", { 1, 010000000 }, BK_JOB_FILE },
};

static bool in_tables(const struct machine *m, uint32_t nr)
{
	static const char *const network[] = { "socket", "connect", "sendto", "recvfrom", "recvmsg", "sendmsg", "sendmmsg", "bind", "listen" };

	for (size_t i = 0; i < COUNT(always); i++)
		if (m->number(always[i].call) == (int)nr)
			return true;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (m->number(rows[i].call) == (int)nr)
			return true;
	for (size_t i = 0; i < COUNT(judged); i++)
		if (m->number(judged[i].call) == (int)nr)
			return true;
	for (size_t i = 0; i < COUNT(network); i++)
		if (m->number(network[i]) == (int)nr)
			return true;
	return false;
}

/* All numbers that no row names: allowed with no argument looked at, or ENOSYS where Linux had none when the table was written. */
static void check_others(const struct machine *m, const struct program *p)
{
	uint32_t wrong = 0, looked = 0, steps = 0, known = 0;
	struct bpf_sim_trace trace;

	for (uint32_t nr = 0; nr < 2000; nr++) {
		uint32_t want = nr < 471 ? SECCOMP_RET_ALLOW : SECCOMP_RET_ERRNO | ENOSYS;

		if (in_tables(m, nr))
			continue;
		wrong += run(p, m->arch, nr, NULL, &trace) != want;
		looked += trace.loads_argument;
		steps = trace.steps > steps ? trace.steps : steps;
		known += bk_filter_lookup(m->arch, nr).job != BK_JOB_NONE;
	}
	ok(!wrong, "%s: what no row names is allowed, newer calls are unknown", m->name);
	ok(!looked, "%s: and the kernel may cache that", m->name);
	ok(!known, "%s: and the listener does not know them", m->name);
	ok(steps <= 16, "%s: found in %u instructions", m->name, steps);
}

static void check_foreign(const struct machine *m, const struct program *p)
{
	static const uint32_t foreign[] = { AUDIT_ARCH_I386, AUDIT_ARCH_ARM, AUDIT_ARCH_X86_64, AUDIT_ARCH_AARCH64, 0 };
	static const uint32_t x32[] = { 0x40000000, 0x40000001, 0x40000000 + 520, 0x7fffffff, 0xffffffff };

	for (size_t i = 0; i < COUNT(foreign); i++)
		if (foreign[i] != m->arch)
			ok(run(p, foreign[i], 0, NULL, NULL) == SECCOMP_RET_KILL_PROCESS, "%s: calls of machine %#x kill", m->name, foreign[i]);
	for (size_t i = 0; i < COUNT(x32); i++)
		ok(run(p, m->arch, x32[i], NULL, NULL) == (SECCOMP_RET_ERRNO | ENOSYS), "%s: number %#x", m->name, x32[i]);
}

static void check_judged(const struct machine *m)
{
	for (size_t k = 0; k < COUNT(plans); k++) {
		struct program p = build(m->arch, plans[k]);

		for (size_t i = 0; i < COUNT(judged); i++) {
			const struct judged *j = &judged[i];

			if (m->number(j->call) < 0)
				continue;
			uint32_t nr = (uint32_t)m->number(j->call), got = run(&p, m->arch, nr, j->args, NULL);
			char as = got == SECCOMP_RET_ALLOW ? '.' : got == SECCOMP_RET_USER_NOTIF ? 'N' : got == (SECCOMP_RET_ERRNO | EACCES) ? 'E' :
				  got == (SECCOMP_RET_ERRNO | ENOSYS) ? 'S' : '?';

			ok(as == j->answers[k] && bk_filter_lookup(m->arch, nr).job == j->job, "%s %s(.., %#llx, %#llx) with flags %u: %c",
			   m->name, j->call, (unsigned long long)j->args[2], (unsigned long long)j->args[3], plans[k], as);
		}
	}
}

/* Every set of flags: a program that the kernel takes, within bounds, and none at all where there is not room for all of it. */
static void check_structure(const struct machine *m)
{
	uint32_t longest = 0, bad = 0, overrun = 0;

	for (uint32_t flags = 0; flags <= ALL_FLAGS; flags++) {
		struct program p = build(m->arch, flags);

		bad += bpf_sim_check(p.code, p.len) != NULL;
		longest = p.len > longest ? p.len : longest;
	}
	for (uint32_t cap = 0; cap < longest; cap++) {
		struct sock_filter *code = malloc(cap * sizeof(*code) + 1);
		struct bk_filter_spec spec = { m->arch, ALL_FLAGS, SHIM, GROUP };

		overrun += bk_filter_build(&spec, code, cap) > cap;
		free(code);
	}
	ok(!bad, "%s: every set of flags gives a program that holds together", m->name);
	ok(longest && longest <= BK_FILTER_MAX, "%s: at most %u instructions", m->name, longest);
	ok(!overrun, "%s: never more than there is room for", m->name);
}

/* For a tracer the program is the same but for whom it tells. */
static void check_tracer(const struct machine *m)
{
	struct program notify = build(m->arch, ALL_FLAGS), trace = build(m->arch, ALL_FLAGS | BK_FILTER_TRACE);
	struct program plain = build(m->arch, 0), none = build(m->arch, BK_FILTER_TRACE);
	uint32_t told = 0, others = 0;

	for (uint32_t i = 0; i < notify.len && notify.len == trace.len; i++) {
		struct sock_filter want = notify.code[i];

		if (want.code == (BPF_RET | BPF_K) && want.k == SECCOMP_RET_USER_NOTIF) {
			want.k = SECCOMP_RET_TRACE;
			told++;
		}
		others += memcmp(&want, &trace.code[i], sizeof(want)) != 0;
	}
	ok(told && !others, "%s: a tracer is told what a listener is", m->name);
	ok(plain.len == none.len && !memcmp(plain.code, none.code, plain.len * sizeof(plain.code[0])), "%s: nothing without it", m->name);
}

static void check_groups(void)
{
	struct bk_filter_spec spec = { AUDIT_ARCH_X86_64, 0, SHIM, 0 };
	uint64_t args[6] = { 0, 15 };
	struct program p;

	p.len = bk_filter_build(&spec, p.code, BK_FILTER_MAX);
	ok(p.len && run(&p, AUDIT_ARCH_X86_64, 62, args, NULL) == SECCOMP_RET_ALLOW, "no group given: kill(0) stays allowed");
	args[0] = 0;
	args[1] = 0;
	ok(run(&p, AUDIT_ARCH_X86_64, 109, args, NULL) == SECCOMP_RET_ALLOW, "no group given: setpgid(0, 0) stays allowed");
	spec.arch = AUDIT_ARCH_I386;
	ok(!bk_filter_build(&spec, p.code, BK_FILTER_MAX), "no program for another machine");
	ok(bk_filter_lookup(AUDIT_ARCH_I386, 26).job == BK_JOB_NONE, "no call of another machine");
}

int main(void)
{
	for (size_t i = 0; i < COUNT(machines); i++) {
		const struct machine *m = &machines[i];
		struct program plain = build(m->arch, 0), notify = build(m->arch, ALL_FLAGS & ~(uint32_t)BK_FILTER_NO_CODE);

		if (m->number("read") < 0) {
			printf("# no header with the numbers of %s here\n", m->name);
			continue;
		}
		check_always(m, &plain, &notify);
		check_rows(m, &plain, &notify);
		check_others(m, &plain);
		check_others(m, &notify);
		check_foreign(m, &plain);
		check_judged(m);
		check_structure(m);
		check_tracer(m);
	}
	check_groups();
	return tap_end();
}
