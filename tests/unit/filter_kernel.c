/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The seccomp program in the kernel that is here: each call is made by a forked child without the program (control) and by one
 * under it.  A sleeping process of our own plays the shim.  Calls are made so that they do no harm where the program fails.
 */
#include "core/filter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/tap.h"

#if defined(__x86_64__)
#define HERE AUDIT_ARCH_X86_64
#else
#define HERE AUDIT_ARCH_AARCH64
#endif

#define SHIM  -1000L			/* in arguments: the process that plays the shim */
#define MINUS -1001L			/* the same, negative */
#define ANY   -1			/* whatever the kernel says but the program's errno */

static pid_t shim;

static const struct row {
	const char *text;
	long nr, args[6];
	int without, under;		/* errno, 0: succeeds */
} rows[] = {
	{ "kill(shim)", SYS_kill, { SHIM, SIGURG }, 0, EPERM },
	{ "kill(-shim)", SYS_kill, { MINUS, SIGURG }, 0, EPERM },
	{ "kill(shim, 0)", SYS_kill, { SHIM, 0 }, 0, 0 },
	{ "kill(0)", SYS_kill, { 0, SIGURG }, 0, 0 },
	{ "tkill(shim)", SYS_tkill, { SHIM, SIGURG }, 0, EPERM },
	{ "tgkill(shim)", SYS_tgkill, { SHIM, SHIM, SIGURG }, 0, EPERM },
	{ "rt_sigqueueinfo(shim)", SYS_rt_sigqueueinfo, { SHIM, SIGURG, 0 }, EFAULT, EPERM },
	{ "rt_tgsigqueueinfo(shim)", SYS_rt_tgsigqueueinfo, { SHIM, SHIM, SIGURG, 0 }, EFAULT, EPERM },
	{ "setpriority(shim)", SYS_setpriority, { PRIO_PROCESS, SHIM, 0 }, 0, EPERM },
	{ "setpriority(self)", SYS_setpriority, { PRIO_PROCESS, 0, 0 }, 0, 0 },
	{ "sched_setaffinity(shim)", SYS_sched_setaffinity, { SHIM, 8, 0 }, EFAULT, EPERM },
	{ "sched_setaffinity(self)", SYS_sched_setaffinity, { 0, 8, 0 }, EFAULT, EFAULT },
	{ "sched_setparam(shim)", SYS_sched_setparam, { SHIM, 0 }, EINVAL, EPERM },
	{ "prlimit(shim, set)", SYS_prlimit64, { SHIM, RLIMIT_CPU, 1, 0 }, EFAULT, EPERM },
	{ "prlimit(shim, get)", SYS_prlimit64, { SHIM, RLIMIT_CPU, 0, 0 }, 0, 0 },
	{ "prlimit(self, set)", SYS_prlimit64, { 0, RLIMIT_CPU, 1, 0 }, EFAULT, EFAULT },
	{ "prlimit(self, core)", SYS_prlimit64, { 0, RLIMIT_CORE, 1, 0 }, EFAULT, 0 },
	{ "setpgid(0, shim)", SYS_setpgid, { 0, SHIM }, 0, EPERM },
	{ "setpgid(0, 0)", SYS_setpgid, { 0, 0 }, 0, 0 },
	{ "fcntl(F_SETOWN, shim)", SYS_fcntl, { 3, F_SETOWN, SHIM }, 0, EPERM },
	{ "fcntl(F_SETOWN, -shim)", SYS_fcntl, { 3, F_SETOWN, MINUS }, 0, EPERM },
	{ "fcntl(F_SETOWN, 0)", SYS_fcntl, { 3, F_SETOWN, 0 }, 0, 0 },
	{ "fcntl(F_SETOWN_EX)", SYS_fcntl, { 3, 15, 1 }, EFAULT, EPERM },
	{ "fcntl(F_GETFD)", SYS_fcntl, { 3, F_GETFD }, 0, 0 },
	{ "ioctl(TIOCSTI)", SYS_ioctl, { 3, TIOCSTI, 0 }, ENOTTY, EPERM },
	{ "ioctl(FIOSETOWN)", SYS_ioctl, { 3, 0x8901, 0 }, ENOTTY, EPERM },
	{ "ioctl(TCGETS)", SYS_ioctl, { 3, TCGETS, 0 }, ENOTTY, ENOTTY },
	{ "prctl(DUMPABLE, 0)", SYS_prctl, { PR_SET_DUMPABLE, 2 }, EINVAL, 0 },
	{ "prctl(DUMPABLE, 1)", SYS_prctl, { PR_SET_DUMPABLE, 1 }, 0, 0 },
	{ "prctl(PDEATHSIG, bad)", SYS_prctl, { PR_SET_PDEATHSIG, 1000 }, EINVAL, 0 },
	{ "prctl(PDEATHSIG, KILL)", SYS_prctl, { PR_SET_PDEATHSIG, SIGKILL }, 0, 0 },
	{ "prctl(NAME)", SYS_prctl, { PR_SET_NAME, 1 }, EFAULT, EFAULT },
	{ "prctl(SECCOMP)", SYS_prctl, { PR_SET_SECCOMP, SECCOMP_MODE_FILTER, 1 }, EFAULT, EINVAL },
	{ "seccomp(FILTER)", SYS_seccomp, { SECCOMP_SET_MODE_FILTER, 0, 1 }, EFAULT, EINVAL },
	{ "seccomp(FILTER, listener)", SYS_seccomp, { SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, 1 }, EFAULT, EINVAL },
	{ "seccomp(GET_ACTION_AVAIL)", SYS_seccomp, { SECCOMP_GET_ACTION_AVAIL, 0, 1 }, EFAULT, EFAULT },
	{ "personality(READ_IMPLIES_EXEC)", SYS_personality, { 0x0400000 }, 0, EPERM },
	{ "personality(-1)", SYS_personality, { 0xffffffff }, 0, 0 },
	{ "unshare(CLONE_FILES)", SYS_unshare, { CLONE_FILES }, 0, EPERM },
	{ "unshare(CLONE_FS)", SYS_unshare, { CLONE_FS }, 0, 0 },
	{ "unshare(CLONE_NEWUSER | bad)", SYS_unshare, { CLONE_NEWUSER | 1 }, EINVAL, EPERM },
	{ "clone(NEWNS | FS)", SYS_clone, { CLONE_NEWNS | CLONE_FS }, EINVAL, EPERM },
	{ "clone(FILES | bad)", SYS_clone, { CLONE_FILES | CLONE_SIGHAND }, EINVAL, EPERM },
	{ "clone(SIGHAND without VM)", SYS_clone, { CLONE_SIGHAND }, EINVAL, EINVAL },
	{ "clone3", SYS_clone3, { 0, 0 }, EINVAL, ENOSYS },
	{ "ptrace(no such request)", SYS_ptrace, { 0x5555, SHIM }, ANY, EPERM },
	{ "process_vm_readv", SYS_process_vm_readv, { 1 << 22 | 1, 0, 0, 0, 0, 1 }, EINVAL, EPERM },
	{ "process_vm_writev", SYS_process_vm_writev, { 1 << 22 | 1, 0, 0, 0, 0, 1 }, EINVAL, EPERM },
	{ "process_madvise", 440, { -1, 0, 0, 0, 1 }, EINVAL, EPERM },
	{ "pidfd_open(shim)", 434, { SHIM, 0 }, 0, EPERM },
	{ "pidfd_open(bad)", 434, { -1, 0 }, EINVAL, EINVAL },
	{ "pidfd_getfd", 438, { -1, 0, 0 }, EBADF, EPERM },
	{ "pidfd_send_signal", 424, { -1, 0, 0, 0 }, EBADF, ENOSYS },
	{ "io_uring_setup", 425, { 0, 0 }, ANY, ENOSYS },
	{ "io_uring_setup(256)", 425, { 256, 0 }, ANY, ENOSYS },
	{ "io_uring_enter", 426, { -1, 0, 0, 0 }, ANY, ENOSYS },
	{ "kcmp", SYS_kcmp, { 0, 0, 99 }, ANY, EPERM },
	{ "keyctl", SYS_keyctl, { 9999 }, ANY, EPERM },
	{ "add_key", SYS_add_key, { 0, 0, 0, 0, 0 }, ANY, EPERM },
	{ "bpf", SYS_bpf, { 9999, 0, 0 }, ANY, EPERM },
	{ "perf_event_open", SYS_perf_event_open, { 0, 0, -1, -1, 0 }, ANY, EACCES },
	{ "userfaultfd", SYS_userfaultfd, { 0x7fffffff }, ANY, EPERM },
	{ "setns", SYS_setns, { -1, 0 }, EBADF, EPERM },
	{ "fsmount", 432, { -1, 0, 0 }, ANY, EPERM },
	{ "move_mount", 429, { -1, 0, -1, 0, 0 }, ANY, EPERM },
	{ "remap_file_pages", SYS_remap_file_pages, { 0, 0, 0, 0, 0 }, EINVAL, ENOSYS },
	{ "number of the future", 1000, { 0 }, ENOSYS, ENOSYS },
	{ "getppid", SYS_getppid, { 0 }, 0, 0 },
	{ "mmap(anonymous, exec)", SYS_mmap, { 0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0 }, 0, EACCES },
	{ "mmap(file, write and exec)", SYS_mmap, { 0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE, 3, 0 }, 0, EACCES },
	{ "mmap(file, exec)", SYS_mmap, { 0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, 3, 0 }, 0, 0 },
	{ "mmap(anonymous)", SYS_mmap, { 0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0 }, 0, 0 },
	{ "mprotect(exec)", SYS_mprotect, { 0, 0, PROT_EXEC }, 0, EACCES },
	{ "mprotect(read)", SYS_mprotect, { 0, 0, PROT_READ }, 0, 0 },
	{ "pkey_mprotect(exec)", SYS_pkey_mprotect, { 0, 0, PROT_EXEC, -1 }, 0, EACCES },
	{ "shmat(exec)", SYS_shmat, { -1, 0, 0100000 }, EINVAL, EACCES },
	{ "shmat(plain)", SYS_shmat, { -1, 0, 0 }, EINVAL, EINVAL },
};

static long install(uint32_t flags)
{
	struct sock_filter code[BK_FILTER_MAX];
	struct bk_filter_spec spec = { HERE, flags, (uint32_t)shim, 0 };
	struct sock_fprog program = { (unsigned short)bk_filter_build(&spec, code, BK_FILTER_MAX), code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

static long value(long argument)
{
	return argument == SHIM ? shim : argument == MINUS ? -shim : argument;
}

/* The errno of a call made by a child of its own, 0 for success, -1 where the child could not try. */
static int call(const struct row *r, bool under)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		long args[6], got;

		for (int i = 0; i < 6; i++)
			args[i] = value(r->args[i]);
		if (r->nr != SYS_setpgid)
			setpgid(0, 0);		/* so that kill(0) is for the child alone */
		if (under && install(BK_FILTER_NO_CODE) < 0)
			_exit(255);
		errno = 0;
		got = syscall(r->nr, args[0], args[1], args[2], args[3], args[4], args[5]);
		_exit(got == -1 ? errno : 0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) == 255)
		return -1;
	return WEXITSTATUS(status);
}

static void check(const struct row *r)
{
	int without = call(r, false), under = call(r, true);

	if (r->without == ANY)
		ok(under == r->under, "%s: %s under the program (%d without)", r->text, strerror(r->under), without);
	else if (without == ENOSYS && r->without != ENOSYS)
		ok(under == ENOSYS || under == r->under, "%s: this kernel has no such call", r->text);
	else if (!ok(without == r->without && under == r->under, "%s: %s without, %s under the program", r->text, strerror(r->without), strerror(r->under)))
		printf("# %s without, %s under\n", strerror(without), strerror(under));
}

/* Ends as the child of `work` ended; with the program where `under`. */
static int ending(void (*work)(void), bool under)
{
	int status = -1;
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
		for (int s = 1; s < 32; s++)
			signal(s, SIG_DFL);
		if (under && install(0) < 0)
			_exit(255);
		work();
		_exit(0);
	}
	waitpid(pid, &status, 0);
	return status;
}

static void threads_and_children(void)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(7);
	if (waitpid(pid, &status, 0) != pid || WEXITSTATUS(status) != 7)
		_exit(1);
	pid = vfork();
	if (!pid) {
		execl("/bin/true", "true", (char *)NULL);
		_exit(127);
	}
	if (waitpid(pid, &status, 0) != pid || status)
		_exit(2);
}

#if defined(__x86_64__)
static void foreign(void)
{
	long nr = 20;			/* getpid of i386 */

	__asm__ volatile ("int $0x80" : "+a"(nr) : : "memory", "r8", "r9", "r10", "r11");
}

static void x32(void)
{
	if (syscall(0x40000000 + SYS_getpid) != -1 || errno != ENOSYS)
		_exit(1);
}

static void machine(void)
{
	int without = ending(foreign, false), under = ending(foreign, true);

	if (WIFEXITED(without))
		ok(WIFSIGNALED(under) && WTERMSIG(under) == SIGSYS, "a call of i386 kills");
	else
		ok(WIFSIGNALED(under), "a call of i386 kills (here without the program, too)");
	ok(ending(x32, true) == 0, "x32 numbers do not exist");
}
#else
static void machine(void)
{
}
#endif

int main(void)
{
	static const struct row getppid_row = { "", SYS_getppid, { 0 }, 0, 0 };
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	if (fd != 3)
		dup2(fd, 3);
	shim = fork();
	if (!shim) {
		setpgid(0, 0);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	setpgid(shim, shim);
	if (call(&getppid_row, true) < 0) {
		printf("1..0 # SKIP no seccomp filter can be installed here\n");
		kill(shim, SIGKILL);
		return 0;
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check(&rows[i]);
	machine();
	ok(ending(threads_and_children, true) == 0, "fork, vfork and exec work under the program");
	ok(kill(shim, 0) == 0, "what plays the shim is still there");
	kill(shim, SIGKILL);
	waitpid(shim, NULL, 0);
	return tap_end();
}
