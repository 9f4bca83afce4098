/* SPDX-License-Identifier: Apache-2.0 */
/* Every way in which a process can come to an exec: the attack starts an unlisted program by it, the twin a listed one. */
#include "attack.h"

#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>

static const char *image = EVIL_IMAGE;

static int by_vfork(void)
{
	pid_t pid = vfork();

	if (pid == 0)
		become(image);
	return outcome(pid);
}

static int by_spawn(void)
{
	char *argv[] = { (char *)"image", NULL }, *envp[] = { NULL };
	pid_t pid;

	return posix_spawn(&pid, image, NULL, NULL, argv, envp) == 0 ? outcome(pid) : REFUSED;
}

/* Where clone3 is refused, ENOSYS makes every C library take clone. */
static int by_clone3(void)
{
	struct clone_args args = { .exit_signal = SIGCHLD };
	pid_t pid = (pid_t)syscall(SYS_clone3, &args, sizeof args);

	if (pid < 0 && errno == ENOSYS)
		pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (pid == 0)
		become(image);
	return outcome(pid);
}

static void *exec_here(void *unused)
{
	(void)unused;
	become(image);
	return NULL;
}

/* A process whose second thread calls exec. */
static int by_thread(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		pthread_t t;

		pthread_create(&t, NULL, exec_here, NULL);
		for (;;)
			pause();
	}
	return outcome(pid);
}

static void *leave_leader(void *unused)
{
	usleep(20000);
	return exec_here(unused);
}

/* The same after the first thread has ended: its process is a zombie with a living thread. */
static int by_zombie_leader(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		pthread_t t;

		pthread_create(&t, NULL, leave_leader, NULL);
		pthread_exit(NULL);
	}
	return outcome(pid);
}

static void on_signal(int signal)
{
	(void)signal;
	become(image);
}

static int by_handler(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		signal(SIGUSR1, on_signal);
		raise(SIGUSR1);
		_exit(1);
	}
	return outcome(pid);
}

#ifdef __x86_64__
static long raw(long call, const void *a, const void *b, const void *c)
{
	long r;

	__asm__ volatile("syscall" : "=a"(r) : "a"(call), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
	return r;
}
#else
static long raw(long call, const void *a, const void *b, const void *c)
{
	register long n __asm__("x8") = call, x0 __asm__("x0") = (long)a, x1 __asm__("x1") = (long)b, x2 __asm__("x2") = (long)c;

	__asm__ volatile("svc 0" : "+r"(x0) : "r"(n), "r"(x1), "r"(x2) : "memory");
	return x0;
}
#endif

/* No library function is called that something could have hooked. */
static int by_instruction(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		const char *argv[] = { "image", NULL }, *envp[] = { NULL };

		raw(SYS_execve, image, argv, envp);
		_exit(REFUSED);
	}
	return outcome(pid);
}

#define THREADS 8
#define STARTS 125
static int parallel_good, parallel_evil, parallel_refused;

static void *many(void *unused)
{
	(void)unused;
	for (int i = 0; i < STARTS; i++) {
		int status = by_spawn();

		__atomic_add_fetch(status == EVIL ? &parallel_evil : status == GOOD ? &parallel_good : &parallel_refused, 1, __ATOMIC_SEQ_CST);
	}
	return NULL;
}

/* 1,000 starts from 8 threads: one outcome for all, none lost. */
static int by_parallel(void)
{
	pthread_t t[THREADS];

	for (int i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, many, NULL);
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	fprintf(stderr, "%d good, %d evil, %d refused\n", parallel_good, parallel_evil, parallel_refused);
	if (parallel_evil)
		return EVIL;
	return parallel_good == THREADS * STARTS ? GOOD : REFUSED;
}

static const struct { const char *name; int (*start)(void); } ways[] = {
	{ "vfork", by_vfork },
	{ "posix_spawn", by_spawn },
	{ "clone3", by_clone3 },
	{ "thread", by_thread },
	{ "zombie-leader", by_zombie_leader },
	{ "handler", by_handler },
	{ "instruction", by_instruction },
	{ "parallel", by_parallel },
};

static bool by_way(const char *name, int wanted)
{
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
		if (strcmp(ways[i].name, name) == 0)
			return ways[i].start() == wanted;
	return false;
}

int main(int argc, char **argv)
{
	bool twin = argc == 3;

	if (argc < 2)
		return 2;
	image = twin ? GOOD_IMAGE : EVIL_IMAGE;
	if (!by_way(argv[1], twin ? GOOD : EVIL))
		return 1;
	puts(twin ? "normal work done" : "DONE");
	return 0;
}
