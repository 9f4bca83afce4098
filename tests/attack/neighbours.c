/* SPDX-License-Identifier: Apache-2.0 */
/* One process of the function reaches into another: as a dropped helper would into the runtime. */
#include "attack.h"

#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>

static char word[16] = "untouched";

/* A process that ends with EVIL once its memory was changed. */
static pid_t victim(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		for (int i = 0; i < 2000 && strcmp(word, "untouched") == 0; i++)
			usleep(1000);
		_exit(strcmp(word, "untouched") == 0 ? GOOD : EVIL);
	}
	return pid;
}

static bool changed(pid_t pid, bool did)
{
	if (!did)
		kill(pid, SIGKILL);
	return outcome(pid) == EVIL && did;
}

static bool write_memory(void)
{
	pid_t pid = victim();
	char text[] = "changed";
	struct iovec from = { text, sizeof text }, to = { word, sizeof text };

	return changed(pid, process_vm_writev(pid, &from, 1, &to, 1, 0) == (ssize_t)sizeof text);
}

static bool read_memory(void)
{
	pid_t pid = victim();
	char text[sizeof word];
	struct iovec to = { text, sizeof text }, from = { word, sizeof text };
	bool did = process_vm_readv(pid, &to, 1, &from, 1, 0) == (ssize_t)sizeof text && strcmp(text, "untouched") == 0;

	kill(pid, SIGKILL);
	outcome(pid);
	return did;
}

static bool trace(void)
{
	pid_t pid = victim();
	bool did = ptrace(PTRACE_SEIZE, pid, 0, 0) == 0;

	kill(pid, SIGKILL);
	outcome(pid);
	return did;
}

static bool trace_me(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(ptrace(PTRACE_TRACEME, 0, 0, 0) == 0 ? EVIL : GOOD);
	return outcome(pid) == EVIL;
}

static bool memory_file(void)
{
	pid_t pid = victim();
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/mem", (int)pid);
	int fd = open(path, O_RDWR | O_CLOEXEC);

	return changed(pid, fd >= 0 && pwrite(fd, "changed", 8, (off_t)(uintptr_t)word) == 8);
}

static bool steal(void)
{
	pid_t pid = victim();
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	bool did = syscall(SYS_pidfd_getfd, fd, 1, 0) >= 0;

	kill(pid, SIGKILL);
	outcome(pid);
	return did;
}

static bool advise(void)
{
	pid_t pid = victim();
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct iovec where = { (void *)((uintptr_t)word & ~(uintptr_t)4095), 4096 };
	bool did = syscall(SYS_process_madvise, fd, &where, 1, MADV_COLD, 0) >= 0;

	kill(pid, SIGKILL);
	outcome(pid);
	return did;
}

/* What processes of one function do with each other: share memory, signal, wait. */
static bool together(void)
{
	char *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid = fork();

	if (pid == 0) {
		strcpy(shared, "said");
		raise(SIGSTOP);
		_exit(GOOD);
	}
	int status;
	return waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status) && kill(pid, SIGCONT) == 0 && outcome(pid) == GOOD &&
		strcmp(shared, "said") == 0;
}

static const struct way ways[] = {
	{ "write-memory", write_memory, together },
	{ "read-memory", read_memory, together },
	{ "trace", trace, together },
	{ "trace-me", trace_me, together },
	{ "memory-file", memory_file, together },
	{ "steal-descriptor", steal, together },
	{ "advise", advise, together },
};

ATTACK_MAIN(ways)
