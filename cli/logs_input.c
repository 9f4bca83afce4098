/* SPDX-License-Identifier: Apache-2.0 */
/* Files into the reader of events, once or as they grow. */
#include "cli/logs.h"
#include "cli/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CHUNK		65536u
#define WAIT_MS		200	/* between two looks at a file that may have grown */

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

static const char *name_of(const char *path)
{
	return path ? path : "standard input";
}

static int fail(const char *path, int error)
{
	return bk_cli_error("%s: cannot read it: %s", name_of(path), strerror(error));
}

static int open_log(const char *path)
{
	struct stat st;
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;

	if (fd < 0 || fstat(fd, &st) < 0 || S_ISDIR(st.st_mode)) {
		int error = fd < 0 || !S_ISDIR(st.st_mode) ? errno : EISDIR;

		if (fd > STDIN_FILENO)
			close(fd);
		fail(path, error);
		return -1;
	}
	return fd;
}

static void close_log(int fd)
{
	if (fd > STDIN_FILENO)
		close(fd);
}

static char bytes[CHUNK];

/* Feeds what is there now.  Bytes that were read (0: the end, or a signal), or a negative errno; EMEDIUMTYPE: `bytes` says what keeps it. */
static ssize_t read_some(struct bk_log_reader *r, int fd, uint64_t *total)
{
	ssize_t n;

	do
		n = read(fd, bytes, sizeof bytes);
	while (n < 0 && errno == EINTR && !stopped);
	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	if (*total == 0 && bk_cli_log_obstacle(bytes, (size_t)n))
		return -EMEDIUMTYPE;
	*total += (uint64_t)n;
	bk_log_feed(r, bytes, (size_t)n);
	fflush(stdout);
	return n;
}

static int explain(const char *path, int error)
{
	if (error == EMEDIUMTYPE)
		return bk_cli_error("%s %s", name_of(path), bk_cli_log_obstacle(bytes, sizeof bytes));
	return fail(path, error);
}

/* Until the end of the file; 0 or a negative errno. */
static int read_all(struct bk_log_reader *r, int fd, uint64_t *total)
{
	ssize_t n;

	do
		n = read_some(r, fd, total);
	while (n > 0 && !stopped && !ferror(stdout));
	return n < 0 ? (int)n : 0;
}

int bk_logs_read(struct bk_log_reader *r, const char *path)
{
	uint64_t total = 0;
	int fd = open_log(path), error;

	if (fd < 0)
		return 2;
	error = read_all(r, fd, &total);
	bk_log_end(r);
	close_log(fd);
	return error < 0 ? explain(path, -error) : 0;
}

/* --- following --- */

struct followed {
	const char *path;
	int fd;
	uint64_t total, *lines_before;
	struct stat st;
};

/* The file begins again: what stands half there belongs to nothing that comes. */
static void begin_again(struct bk_log_reader *r, struct followed *f)
{
	bk_log_end(r);
	*f->lines_before = bk_log_counts(r)->lines;
	f->total = 0;
}

static bool open_followed(struct followed *f)
{
	f->fd = open(f->path, O_RDONLY | O_CLOEXEC);
	return f->fd >= 0 && fstat(f->fd, &f->st) == 0;
}

static bool is_replaced(const struct followed *f)
{
	struct stat now;

	return stat(f->path, &now) == 0 && (now.st_ino != f->st.st_ino || now.st_dev != f->st.st_dev);
}

/* Shorter than what was read of it: its writer began again. */
static bool is_truncated(const struct followed *f)
{
	struct stat now;

	return fstat(f->fd, &now) == 0 && S_ISREG(now.st_mode) && (uint64_t)now.st_size < f->total;
}

static void look_again(struct bk_log_reader *r, struct followed *f)
{
	if (is_truncated(f)) {
		begin_again(r, f);
		lseek(f->fd, 0, SEEK_SET);
	} else if (f->fd < 0 || is_replaced(f)) {
		if (f->fd >= 0) {
			read_all(r, f->fd, &f->total);	/* written between the last look and the change */
			begin_again(r, f);
			close(f->fd);
		}
		open_followed(f);
	}
}

static void catch_signals(void)
{
	const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction act = { .sa_handler = stop };

	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		sigaction(signals[i], &act, NULL);
}

int bk_logs_follow(struct bk_log_reader *r, const char *path, uint64_t *lines_before)
{
	const struct timespec wait = { 0, WAIT_MS * 1000000 };
	struct followed f = { .path = path, .fd = open_log(path), .lines_before = lines_before };
	int error = 0;

	if (f.fd < 0 || fstat(f.fd, &f.st) < 0)
		return 2;
	catch_signals();
	while (!stopped && !ferror(stdout) && error >= 0) {
		error = f.fd >= 0 ? read_all(r, f.fd, &f.total) : 0;
		if (error < 0 || stopped)
			break;
		nanosleep(&wait, NULL);
		look_again(r, &f);
	}
	bk_log_end(r);
	if (f.fd >= 0)
		close(f.fd);
	return error < 0 ? explain(path, -error) : 0;
}
