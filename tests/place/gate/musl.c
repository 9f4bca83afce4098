/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program of musl's, under the gate.  Without an argument: normal work, whose output is compared.  With one: something that is to be refused; says
 * "done" where it was not.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static int spawn(const char *path)
{
	char *argv[] = { (char *)path, NULL };
	int status = -1;
	pid_t pid;

	if (posix_spawn(&pid, path, NULL, NULL, argv, environ) == 0)
		waitpid(pid, &status, 0);
	return status;
}

static void *many(void *failed)
{
	for (int i = 0; i < 10; i++)
		if (spawn("/usr/bin/true") != 0)
			__atomic_fetch_add((int *)failed, 1, __ATOMIC_RELAXED);
	return NULL;
}

static void *blocked(void *ends)
{
	char c;

	read(*(int *)ends, &c, 1);
	return NULL;
}

static void work(void)
{
	pthread_t thread[4];
	int failed = 0, ends[2];
	char text[16] = "";
	void *result;
	FILE *f;

	for (int i = 0; i < 4; i++)
		pthread_create(&thread[i], NULL, many, &failed);
	for (int i = 0; i < 4; i++)
		pthread_join(thread[i], NULL);
	printf("spawns that failed: %d\n", failed);
	f = popen("echo popen", "r");
	printf("%s", f && fgets(text, sizeof text, f) ? text : "no popen\n");
	printf("popen %d, system %d\n", f ? pclose(f) : -1, system("exit 3"));
	f = fopen("/tmp/musl", "w+");
	printf("file %d\n", f && fputs("x", f) >= 0 && fclose(f) == 0 && unlink("/tmp/musl") == 0);
	printf("nothing there: %d\n", open("/nonexistent/file", O_WRONLY) < 0 && errno == ENOENT);
	printf("memory %d\n", mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
	if (pipe(ends) == 0 && pthread_create(&thread[0], NULL, blocked, ends) == 0) {
		usleep(1000);
		pthread_cancel(thread[0]);
		pthread_join(thread[0], &result);
		printf("cancelled %d\n", result == PTHREAD_CANCELED);
	}
}

static int attack(const char *what)
{
	int fine;

	if (strcmp(what, "exec") == 0)
		fine = spawn("/usr/bin/id") == 0;
	else if (strcmp(what, "fork") == 0)
		fine = system("/usr/bin/id") == 0;
	else if (strcmp(what, "syscall") == 0) {
		char *argv[] = { "/usr/bin/id", NULL };
		int status = -1;
		pid_t pid = fork();

		if (pid == 0) {
			syscall(SYS_execve, argv[0], argv, environ);
			_exit(1);
		}
		waitpid(pid, &status, 0);
		fine = status == 0;
	} else if (strcmp(what, "mem") == 0)
		fine = open("/proc/self/mem", O_RDWR) >= 0;
	else
		fine = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
	puts(fine ? "done" : "refused");
	return 0;
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc > 1)
		return attack(argv[1]);
	work();
	return 0;
}
