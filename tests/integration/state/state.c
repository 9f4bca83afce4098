/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints what a process was given: arguments, environment, descriptors, umask, folder, signals, limits.  With the first argument
 * "block" it first blocks SIGUSR2 and ignores SIGUSR1, and executes the rest.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;

static void quoted(const char *s)
{
	for (; *s; s++)
		printf(*s >= ' ' && *s <= '~' ? "%c" : "\\x%02x", (unsigned char)*s);
	putchar('\n');
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void environment(void)
{
	size_t n = 0;

	while (environ[n])
		n++;
	qsort(environ, n, sizeof *environ, by_name);
	for (size_t i = 0; i < n; i++) {
		printf("environment ");
		quoted(environ[i]);
	}
}

static void descriptors(void)
{
	char link[64], target[512];
	struct stat st;

	for (int fd = 0; fd < 256; fd++) {
		snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
		ssize_t n = readlink(link, target, sizeof target - 1);

		if (n < 0 || fstat(fd, &st) < 0)
			continue;
		target[n] = 0;
		printf("descriptor %d %s type %o flags %x close-on-exec %d at %lld\n", fd, S_ISREG(st.st_mode) || S_ISCHR(st.st_mode) ? target : "",
			st.st_mode & S_IFMT, (unsigned)fcntl(fd, F_GETFL), fcntl(fd, F_GETFD), (long long)lseek(fd, 0, SEEK_CUR));
	}
}

static void signals(void)
{
	sigset_t mask;

	sigprocmask(SIG_SETMASK, NULL, &mask);
	for (int s = 1; s < 65; s++) {
		struct sigaction a;

		if (sigaction(s, NULL, &a) == 0 && (sigismember(&mask, s) == 1 || a.sa_handler != SIG_DFL))
			printf("signal %d blocked %d ignored %d\n", s, sigismember(&mask, s), a.sa_handler == SIG_IGN);
	}
}

static void limits(void)
{
	for (int i = 0; i < 16; i++) {
		struct rlimit r;

		/* A core file would hold what the shim keeps from others. */
		if (i != RLIMIT_CORE && getrlimit((__rlimit_resource_t)i, &r) == 0)
			printf("limit %d %llx %llx\n", i, (unsigned long long)r.rlim_cur, (unsigned long long)r.rlim_max);
	}
}

static void terminal(void)
{
	for (int fd = 0; fd < 3; fd++)
		printf("terminal %d %d foreground %d\n", fd, isatty(fd), isatty(fd) && tcgetpgrp(fd) == getpgrp());
}

int main(int argc, char **argv)
{
	char folder[4096];
	mode_t mask = umask(0);

	umask(mask);
	if (argc > 2 && strcmp(argv[1], "block") == 0) {
		sigset_t set;

		sigemptyset(&set);
		sigaddset(&set, SIGUSR2);
		sigprocmask(SIG_BLOCK, &set, NULL);
		signal(SIGUSR1, SIG_IGN);
		execvp(argv[2], argv + 2);
		return 127;
	}
	for (int i = 0; i < argc; i++) {
		printf("argument %d ", i);
		quoted(argv[i]);
	}
	environment();
	descriptors();
	signals();
	limits();
	terminal();
	printf("umask %o\nfolder %s\nnice %d\nuser %d %d %d %d\n", mask, getcwd(folder, sizeof folder) ? folder : "?", getpriority(PRIO_PROCESS, 0),
		(int)getuid(), (int)geteuid(), (int)getgid(), (int)getegid());
	return 0;
}
