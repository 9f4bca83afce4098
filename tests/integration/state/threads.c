/* SPDX-License-Identifier: Apache-2.0 */
/* threads N PROGRAM: N times a process of three threads that execute PROGRAM all at once; prints how many of them ended well. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void *execute(void *program)
{
	char *argv[] = { program, NULL };

	for (;;)
		execv(program, argv);	/* until one of the three has done it, which ends the others */
	return NULL;
}

int main(int argc, char **argv)
{
	int good = 0, status;

	for (int i = argc > 2 ? atoi(argv[1]) : 0; i > 0; i--) {
		pid_t pid = fork();
		pthread_t thread;

		if (pid == 0) {
			pthread_create(&thread, NULL, execute, argv[2]);
			pthread_create(&thread, NULL, execute, argv[2]);
			execute(argv[2]);
		}
		good += waitpid(pid, &status, 0) == pid && status == 0;
	}
	printf("%d\n", good);
	return 0;
}
