/* SPDX-License-Identifier: Apache-2.0 */
/*
 * early N SIGNAL CMD...: starts CMD N times as a process group of its own and sends the whole group SIGNAL after one, two, three ... microseconds, up
 * to a millisecond; prints how many of them did not end by it.  One that has not ended after ten seconds is killed and counts.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static bool ends(char **command, int signal, long us)
{
	struct timespec wait = { 0, us * 1000 };
	int status, ready[2];
	pid_t pid;

	if (pipe(ready))
		return false;
	pid = fork();
	if (pid == 0) {
		setpgid(0, 0);
		fcntl(ready[1], F_SETFD, FD_CLOEXEC);	/* closed by the exec: from then on it is CMD */
		close(ready[0]);
		execv(command[0], command);
		_exit(127);
	}
	close(ready[1]);
	if (read(ready[0], &status, 1) != 0)
		return false;
	close(ready[0]);
	nanosleep(&wait, NULL);
	kill(-pid, signal);

	struct pollfd ended = { .fd = pidfd_open(pid, 0), .events = POLLIN };
	bool hangs = poll(&ended, 1, 10000) != 1;

	close(ended.fd);
	if (hangs)
		kill(-pid, SIGKILL), kill(pid, SIGKILL);
	return waitpid(pid, &status, 0) == pid && !hangs && WIFSIGNALED(status) && WTERMSIG(status) == signal;
}

int main(int argc, char **argv)
{
	int count = argc > 3 ? atoi(argv[1]) : 0, bad = 0;

	for (int i = 0; i < count; i++)
		bad += !ends(argv + 3, atoi(argv[2]), 1000L * i / count);
	printf("%d\n", bad);
	return 0;
}
