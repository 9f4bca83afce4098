/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a command under buckler-init and reads its events through a pipe; signals go on to it. */
#include "cli/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define PIPE_SIZE (1 << 20)		/* buckler-init drops events rather than wait: the pipe is to be as large as unprivileged users get */

static const int forwarded[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH, SIGCONT };

struct watch {
	pid_t pid;
	int events, signals;
	bool ended;
	int status;
};

static void forward(struct watch *w)
{
	struct signalfd_siginfo info;

	while (read(w->signals, &info, sizeof info) == (ssize_t)sizeof info) {
		if (info.ssi_signo != SIGCHLD)
			kill(w->pid, (int)info.ssi_signo);
		else if (!w->ended && waitpid(w->pid, &w->status, WNOHANG) == w->pid)
			w->ended = true;
	}
}

/* Until the shim has ended and all that it wrote is read. */
static void follow(struct watch *w, struct bk_log_reader *reader)
{
	static char block[1 << 16];
	struct pollfd f[2] = { { .fd = w->events, .events = POLLIN }, { .fd = w->signals, .events = POLLIN } };
	bool open = true;

	while (open || !w->ended) {
		f[0].fd = open ? w->events : -1;
		if (poll(f, 2, -1) < 0 && errno != EINTR)
			break;
		if (f[1].revents)
			forward(w);
		if (!open || !f[0].revents)
			continue;
		ssize_t n = read(w->events, block, sizeof block);
		if (n > 0)
			bk_log_feed(reader, block, (size_t)n);
		else if (n == 0)
			open = false;
	}
	bk_log_end(reader);
}

static _Noreturn void become_shim(const char *shim, const struct bk_buf *policy, int log, char **command, int count, const sigset_t *mask)
{
	int fd = bk_cli_policy_fd(policy);
	char **argv = fd < 0 ? NULL : bk_cli_shim_arguments(fd, log, command, count);

	sigprocmask(SIG_SETMASK, mask, NULL);
	unsetenv("BUCKLER_MODE");
	unsetenv("BUCKLER_LOG_FORM");
	if (argv)
		execv(shim, argv);
	if (argv)
		bk_cli_error("%s: cannot be started: %s", shim, strerror(errno));
	_exit(125);
}

int bk_cli_watch(const struct bk_buf *policy, char **command, int count, struct bk_log_reader *reader)
{
	BK_FREE char *shim = bk_cli_shim();
	struct watch w = { 0 };
	sigset_t blocked, before;
	int ends[2];

	if (!shim)
		return -1;
	if (pipe2(ends, 0) < 0) {
		bk_cli_error("no pipe for the events: %s", strerror(errno));
		return -1;
	}
	fcntl(ends[1], F_SETPIPE_SZ, PIPE_SIZE);
	fcntl(ends[0], F_SETFD, FD_CLOEXEC);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGCHLD);
	for (size_t i = 0; i < sizeof forwarded / sizeof *forwarded; i++)
		sigaddset(&blocked, forwarded[i]);
	sigprocmask(SIG_BLOCK, &blocked, &before);
	w.signals = signalfd(-1, &blocked, SFD_CLOEXEC | SFD_NONBLOCK);
	w.pid = w.signals < 0 ? -1 : fork();
	if (w.pid == 0)
		become_shim(shim, policy, ends[1], command, count, &before);
	close(ends[1]);
	w.events = ends[0];
	if (w.pid > 0)
		follow(&w, reader);
	else
		bk_cli_error("the command could not be started: %s", strerror(errno));
	close(w.events);
	if (w.signals >= 0)
		close(w.signals);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return w.pid > 0 ? w.status : -1;
}
