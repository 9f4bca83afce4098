/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Aimed at the parent process, which is the shim when it is there, and else a shell of the same user.  The twin does the
 * same to itself or to a child of its own, which everyone may.
 */
#include "attack.h"

#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>

static pid_t sleeper(void)
{
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			pause();
	return pid;
}

static bool ends_sleeper(bool did, pid_t pid)
{
	kill(pid, SIGKILL);
	return outcome(pid) == 128 + SIGKILL && did;
}

/* The parent must live on, so that the test can hear of it: SIGCONT does nothing to a running process. */
static bool signals(void) { return kill(getppid(), SIGCONT) == 0; }
static bool stops(void) { return kill(getppid(), SIGSTOP) == 0 && kill(getppid(), SIGCONT) == 0; }
static bool signals_twin(void) { pid_t pid = sleeper(); return ends_sleeper(kill(pid, SIGCONT) == 0, pid); }
static bool thread_signals(void) { return syscall(SYS_tgkill, getppid(), getppid(), SIGCONT) == 0; }
static bool thread_signals_twin(void) { return syscall(SYS_tgkill, getpid(), getpid(), SIGCONT) == 0; }

static bool everyone(void)
{
	/* All processes of this user but this one: only with a signal that does nothing. */
	return kill(-1, SIGCONT) == 0;
}

static bool everyone_twin(void)
{
	return kill(0, 0) == 0;
}

static bool queued(void)
{
	siginfo_t info = { .si_code = SI_QUEUE };

	return syscall(SYS_rt_sigqueueinfo, getppid(), SIGCONT, &info) == 0;
}

static bool queued_twin(void)
{
	siginfo_t info = { .si_code = SI_QUEUE };

	return syscall(SYS_rt_sigqueueinfo, getpid(), SIGCONT, &info) == 0;
}

static int process_descriptor(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

static bool by_descriptor(void)
{
	return syscall(SYS_pidfd_send_signal, process_descriptor(getppid()), SIGCONT, NULL, 0) == 0;
}

static bool by_descriptor_twin(void)
{
	pid_t pid = sleeper();
	int fd = process_descriptor(pid);

	return ends_sleeper(fd >= 0, pid);
}

static bool own_signal(pid_t owner)
{
	int ends[2];

	return pipe(ends) == 0 && fcntl(ends[0], F_SETSIG, SIGCONT) == 0 && fcntl(ends[0], F_SETOWN, owner) == 0 &&
		fcntl(ends[0], F_SETFL, O_ASYNC | O_NONBLOCK) == 0;
}

static bool descriptor_signal(void) { return own_signal(getppid()); }

static bool descriptor_signal_twin(void)
{
	int ends[2];

	return pipe(ends) == 0 && fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0 && fcntl(ends[0], F_GETOWN) == 0;
}

static bool limit(pid_t pid)
{
	struct rlimit r = { 0 };

	/* Sets what it is already: nothing changes, but it could. */
	return prlimit(pid, RLIMIT_CPU, NULL, &r) == 0 && prlimit(pid, RLIMIT_CPU, &r, NULL) == 0;
}

static bool limits(void) { return limit(getppid()); }
static bool limits_twin(void) { return limit(0); }

static bool priority(pid_t pid)
{
	int now = getpriority(PRIO_PROCESS, (id_t)pid);

	return setpriority(PRIO_PROCESS, (id_t)pid, now) == 0;
}

static bool priorities(void) { return priority(getppid()); }
static bool priorities_twin(void) { return priority(0); }

static bool affinity(pid_t pid)
{
	cpu_set_t set;

	return sched_getaffinity(pid, sizeof set, &set) == 0 && sched_setaffinity(pid, sizeof set, &set) == 0;
}

static bool affinities(void) { return affinity(getppid()); }
static bool affinities_twin(void) { return affinity(0); }

static bool scheduler(pid_t pid)
{
	struct sched_param p = { 0 };

	return sched_setscheduler(pid, SCHED_OTHER, &p) == 0;
}

static bool schedulers(void) { return scheduler(getppid()); }
static bool schedulers_twin(void) { return scheduler(0); }

static bool trace(void)
{
	return ptrace(PTRACE_SEIZE, getppid(), 0, 0) == 0;
}

static bool trace_twin(void)
{
	pid_t pid = sleeper();

	return ends_sleeper(kill(pid, 0) == 0, pid);
}

static bool steal(void)
{
	return syscall(SYS_pidfd_getfd, process_descriptor(getppid()), 1, 0) >= 0;
}

static bool steal_twin(void)
{
	return dup(1) >= 0;
}

static int parent_file(const char *name, int flags)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/%s", (int)getppid(), name);
	return open(path, flags | O_CLOEXEC);
}

static bool memory(void) { return parent_file("mem", O_RDWR) >= 0; }
static bool environment(void) { char c; int fd = parent_file("environ", O_RDONLY); return fd >= 0 && read(fd, &c, 1) == 1; }
static bool out_of_memory(void) { return write(parent_file("oom_score_adj", O_WRONLY), "500", 3) == 3; }

static bool proc_twin(void)
{
	char c;

	return read(open("/proc/self/stat", O_RDONLY | O_CLOEXEC), &c, 1) == 1 && read(parent_file("stat", O_RDONLY), &c, 1) == 1;
}

/* A process that nobody may look into cannot be judged. */
static bool blind(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_DUMPABLE, 0);
		become(EVIL_IMAGE);
	}
	return outcome(pid) == EVIL;
}

static bool blind_twin(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_DUMPABLE, 0);
		become(GOOD_IMAGE);
	}
	return outcome(pid) == GOOD;
}

static const struct way ways[] = {
	{ "kill", signals, signals_twin },
	{ "stop", stops, signals_twin },
	{ "kill-all", everyone, everyone_twin },
	{ "tgkill", thread_signals, thread_signals_twin },
	{ "sigqueue", queued, queued_twin },
	{ "pidfd", by_descriptor, by_descriptor_twin },
	{ "descriptor-signal", descriptor_signal, descriptor_signal_twin },
	{ "limit", limits, limits_twin },
	{ "priority", priorities, priorities_twin },
	{ "affinity", affinities, affinities_twin },
	{ "scheduler", schedulers, schedulers_twin },
	{ "trace", trace, trace_twin },
	{ "steal-descriptor", steal, steal_twin },
	{ "memory", memory, proc_twin },
	{ "environment", environment, proc_twin },
	{ "oom-score", out_of_memory, proc_twin },
	{ "undumpable", blind, blind_twin },
};

ATTACK_MAIN(ways)
