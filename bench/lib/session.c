/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/lib/bench.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ANSWER_MS 120000
#define LINE_MAX_ 256

static _Noreturn void start_session(const struct bench *b, const struct bench_session *s, bool pinned, int in, int out)
{
	char *command[] = { b->self, "--worker", NULL };
	char **argv = bench_argv(s->contender, command);

	if (pinned)
		bench_pin();
	bench_leave_root(b);
	int log = open(s->log, O_WRONLY | O_CREAT | O_APPEND, 0644);

	if (log < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(log, 2) < 0)
		_exit(127);
	if (log > 2)
		close(log);
	execv(argv[0], argv);
	_exit(127);
}

static void put_out(struct bench *b, struct bench_session *s, const char *why)
{
	BK_BUF text = { 0 };
	char *last = NULL;

	if (bk_read_file(s->log, 1 << 20, &text) == 0 && text.len) {
		while (text.len && text.at[text.len - 1] == '\n')
			text.at[--text.len] = '\0';
		last = strrchr(text.at, '\n');
		last = last ? last + 1 : text.at;
	}
	bench_note(b, "%s %s%s%.300s", s->contender->peer->name, why, last && *last ? ": " : "", last ? last : "");
	s->contender->out = true;
}

bool bench_session_open(struct bench *b, struct bench_session *s, struct bench_contender *c, bool pinned)
{
	int to[2], from[2];

	*s = (struct bench_session){ .contender = c, .to = -1, .from = -1 };
	s->log = bk_format("%s/%s-%s.err", b->tmp, c->peer->name, pinned ? "pinned" : "free");
	if (pipe2(to, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0)
		return false;
	s->pid = fork();
	if (s->pid == 0)
		start_session(b, s, pinned, to[0], from[1]);
	close(to[0]);
	close(from[1]);
	s->to = to[1];
	s->from = from[0];
	return s->pid > 0;
}

/* A line from `fd`, byte by byte: lines are short and seldom. */
static bool read_line(int fd, char *line, size_t size)
{
	size_t n = 0;

	while (n + 1 < size) {
		struct pollfd p = { .fd = fd, .events = POLLIN };

		if (poll(&p, 1, ANSWER_MS) <= 0 || read(fd, line + n, 1) != 1)
			return false;
		if (line[n] == '\n')
			break;
		n++;
	}
	line[n] = '\0';
	return true;
}

static bool parse_reply(const char *line, double reply[BENCH_REPLY_MAX])
{
	char *end;

	for (int i = 0; i < BENCH_REPLY_MAX; i++) {
		reply[i] = strtod(line, &end);
		if (end == line)
			return i > 0;
		line = end;
	}
	return true;
}

bool bench_session_ask(struct bench *b, struct bench_session *s, const char *request, double reply[BENCH_REPLY_MAX])
{
	char line[LINE_MAX_];
	BK_FREE char *question = bk_format("%s\n", request);

	if (s->contender->out)
		return false;
	signal(SIGPIPE, SIG_IGN);
	if (write(s->to, question, strlen(question)) == (ssize_t)strlen(question) && read_line(s->from, line, sizeof line) &&
	    parse_reply(line, reply))
		return true;
	BK_FREE char *why = bk_format("gave no answer to \"%s\"", request);

	put_out(b, s, why);
	return false;
}

/* What the start event says about the mechanism: figures without it could be of anything. */
static void note_mechanism(struct bench *b, const char *events)
{
	static const char key[] = "\"message\":\"";
	const char *message = strstr(events, key);

	if (!message)
		return;
	message += sizeof key - 1;
	bench_note(b, "%.*s", (int)strcspn(message, "\""), message);
}

/* A refusal that nobody asked for means that policy and benchmark do not fit: the figures would be of refusals. */
static void note_refusal(struct bench *b, char *events)
{
	char *denied = strstr(events, "\"denied\"");

	if (!denied)
		return;
	while (denied > events && denied[-1] != '\n')
		denied--;
	denied[strcspn(denied, "\n")] = '\0';
	bench_note(b, "buckler refused something here: %.400s", denied);
}

static void read_events(struct bench *b, const struct bench_session *s)
{
	BK_BUF text = { 0 };

	if (strcmp(s->contender->peer->name, "buckler") != 0 || bk_read_file(s->log, 1 << 20, &text) != 0 || !text.len)
		return;
	note_mechanism(b, text.at);
	if (!b->expect_refusals)
		note_refusal(b, text.at);
}

void bench_session_close(struct bench *b, struct bench_session *s)
{
	if (s->to >= 0)
		close(s->to);
	for (int i = 0; s->pid > 0 && i < 500; i++) {
		if (waitpid(s->pid, NULL, WNOHANG) == s->pid)
			s->pid = 0;
		else
			usleep(10000);
	}
	if (s->pid > 0) {
		bench_note(b, "%s did not end by itself", s->contender->peer->name);
		kill(s->pid, SIGKILL);
		waitpid(s->pid, NULL, 0);
	}
	if (s->from >= 0)
		close(s->from);
	read_events(b, s);
	free(s->log);
}

bool bench_is_worker(int argc, char **argv)
{
	return argc == 2 && strcmp(argv[1], "--worker") == 0;
}

int bench_worker(bool (*serve)(char *request, double reply[BENCH_REPLY_MAX]))
{
	char line[LINE_MAX_];

	while (fgets(line, sizeof line, stdin)) {
		double reply[BENCH_REPLY_MAX] = { 0 };

		line[strcspn(line, "\n")] = '\0';
		if (!serve(line, reply))
			return 1;
		for (int i = 0; i < BENCH_REPLY_MAX; i++)
			printf("%.3f%c", reply[i], i + 1 < BENCH_REPLY_MAX ? ' ' : '\n');
		fflush(stdout);
	}
	return 0;
}
