/* SPDX-License-Identifier: Apache-2.0 */
/*
 * threads N PROGRAM [kill]: N times a process whose threads execute PROGRAM all at once; prints how many of them ended well.  With `kill` the threads
 * are five beside the first, which only sometimes executes, too, and two of three processes are killed at some time: an end as good as the other.
 */
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static bool kills;

static void *execute(void *program)
{
	char *argv[] = { program, NULL };

	if (kills)
		usleep((useconds_t)(rand() % 300));
	for (;;)
		execv(program, argv);	/* until one of them has done it, which ends the others */
	return NULL;
}

static void process(int i, char *program)
{
	pthread_t thread;

	srand((unsigned)i);
	for (int n = kills ? 5 : 2; n > 0; n--)
		pthread_create(&thread, NULL, execute, program);
	if (!kills || i % 2)
		execute(program);
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	int good = 0, status;

	kills = argc > 3;
	for (int i = argc > 2 ? atoi(argv[1]) : 0; i > 0; i--) {
		pid_t pid = fork();

		if (pid == 0)
			process(i, argv[2]);
		if (kills)
			usleep((useconds_t)(rand() % 3000));
		if (kills && i % 3)
			kill(pid, SIGKILL);
		good += waitpid(pid, &status, 0) == pid && (status == 0 || (kills && status == SIGKILL));
	}
	printf("%d\n", good);
	return 0;
}
