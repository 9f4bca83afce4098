/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the box promises, limit by limit, tried from inside it.  Run outside, it fails: box.t does that as its control.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/tap.h"

#define refuses(wanted, call) answers(#call, wanted, ((errno = 0), (long)(call)))

static void answers(const char *call, int wanted, long result)
{
	int error = result < 0 ? errno : 0;

	ok(error == wanted, "%s: errno %d, wanted %d", call, error, wanted);
}

static void refused_calls(void)
{
	struct { unsigned short n; const void *code; } program = { 0 };
	char attributes[128] = { 0 };

	refuses(EPERM, prctl(PR_SET_NAME, "x", 0, 0, 0));
	refuses(EPERM, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	refuses(EPERM, prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0));
	refuses(EPERM, prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0));
	refuses(EPERM, syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program));
	refuses(EPERM, ptrace(PTRACE_ATTACH, 0x7fffffff, 0, 0));
	refuses(EPERM, chroot("/"));
	refuses(EPERM, unshare(CLONE_NEWUSER));
	refuses(EPERM, syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0));
	refuses(EPERM, mount("none", "/tmp", "tmpfs", 0, NULL));
	refuses(EPERM, syscall(SYS_bpf, 0, attributes, sizeof attributes));
	refuses(EPERM, syscall(SYS_perf_event_open, attributes, 0, -1, -1, 0));
	refuses(EPERM, syscall(SYS_userfaultfd, 1));
	refuses(EPERM, syscall(SYS_fanotify_init, 0, 0));
	refuses(ENOSYS, syscall(SYS_clone3, attributes, 64));
	refuses(ENOSYS, syscall(444 /* landlock_create_ruleset */, NULL, 0, 1));
	refuses(ENOSYS, syscall(449 /* futex_waitv */, NULL, 0, 0, NULL, 0));
}

#ifdef __x86_64__
static void old_call(void)
{
	long r;

	__asm__ volatile("int $0x80" : "=a"(r) : "a"(20L) : "memory");	/* getpid of i386 */
}

static void x32_call(void) { syscall(0x40000000L | SYS_getpid); }

/* The signal that ends a child which does this, or 0. */
static int ends_with(void (*what)(void))
{
	int status, pid = fork();

	if (pid == 0) {
		what();
		_exit(0);
	}
	return waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void foreign_abis(void)
{
	ok(ends_with(old_call) == SIGSYS, "int 0x80 kills with SIGSYS");
	ok(ends_with(x32_call) == SIGSYS, "an x32 number kills with SIGSYS");
}
#else
static void foreign_abis(void) { }
#endif

/* The number behind a name in /proc/self/status, in its own base; -1: not there. */
static long status_of(const char *name, int base)
{
	char line[256];
	long value = -1;
	FILE *f = fopen("/proc/self/status", "re");

	while (f && fgets(line, sizeof line, f))
		if (strncmp(line, name, strlen(name)) == 0 && line[strlen(name)] == ':')
			value = strtol(line + strlen(name) + 1, NULL, base);
	if (f)
		fclose(f);
	return value;
}

static void user(void)
{
	ok(getuid() == 993 && geteuid() == 993, "uid 993, not %d", getuid());
	ok(getgid() == 990 && getegid() == 990, "gid 990, not %d", getgid());
	ok(getgroups(0, NULL) == 0, "no further groups");
	ok(status_of("CapEff", 16) == 0 && status_of("CapPrm", 16) == 0 && status_of("CapBnd", 16) == 0, "no capability");
	ok(status_of("NoNewPrivs", 10) == 0, "NoNewPrivs is 0");
	ok(status_of("Seccomp", 10) == 2, "a filter is there");
	ok(getpid() != 1, "not process 1");
}

static bool can_write(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0700);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static bool read_only(const char *folder)
{
	char name[64];

	snprintf(name, sizeof name, "%s/new-file", folder);
	return !can_write(name) && errno == EROFS;
}

static void files(void)
{
	static const char *const folders[] = { "", "/opt", "/var/task", "/var/runtime", "/usr", "/etc", "/dev" };

	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
		ok(read_only(folders[i]), "%s is read-only", *folders[i] ? folders[i] : "/");
	ok(can_write("/tmp/new-file"), "/tmp can be written");
	ok(access("/dev/shm", F_OK) < 0, "no /dev/shm");
	ok(access("/dev/fd", F_OK) < 0, "no /dev/fd");
	ok(access("/dev/null", W_OK) == 0, "/dev/null is there");
	ok(access("/proc/1/environ", R_OK) < 0, "process 1 is another user's");
}

/* What runtimes need, and have there. */
static void allowed(void)
{
	char word = 1, copy = 0;
	struct iovec from = { &word, 1 }, to = { &copy, 1 };
	struct rlimit limit;
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ok(mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0, "memory can be made executable");
	ok(process_vm_readv(getpid(), &to, 1, &from, 1, 0) == 1 && copy == 1, "process_vm_readv");
	ok(getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max == 1024 && setrlimit(RLIMIT_NOFILE, &limit) == 0, "1024 descriptors, setrlimit");
	ok(syscall(SYS_memfd_create, "x", 0) >= 0, "memfd_create");
	ok(socket(AF_INET, SOCK_STREAM, 0) >= 0, "sockets");
}

int main(void)
{
	refused_calls();
	foreign_abis();
	user();
	files();
	allowed();
	return tap_end();
}
