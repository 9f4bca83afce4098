/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the attack programs share.  A program is called `NAME WAY` or `NAME WAY twin`, in an empty folder beside which
 * stand bin/ and lib/ (run.t).  An attack that did the forbidden thing prints DONE and ends with 0, else it ends with 1 and says
 * on standard error what stopped it.  A twin does the ordinary work that comes nearest, and ends with 0.
 */
#ifndef BK_TESTS_ATTACK_H
#define BK_TESTS_ATTACK_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define GOOD 7			/* what image.c ends with */
#define EVIL 66
#define REFUSED 99		/* the exec failed */

#define GOOD_IMAGE "../bin/good"	/* listed in the policies */
#define EVIL_IMAGE "../bin/evil"	/* listed in none */

/* How often a race is tried: $TRIES, where the environment has it. */
static inline unsigned tries_of(unsigned usual)
{
	const char *tries = getenv("TRIES");

	return tries ? (unsigned)atoi(tries) : usual;
}

struct way {
	const char *name;
	bool (*attack)(void);
	bool (*twin)(void);
};

/* Waits for a child: its exit status, or 128 + the signal. */
static inline int outcome(pid_t pid)
{
	int status;

	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* The last act of a child: exec, or end with REFUSED.  vfork-safe. */
static inline void become(const char *path)
{
	char *argv[] = { (char *)"image", NULL }, *envp[] = { NULL };

	execve(path, argv, envp);
	_exit(REFUSED);
}

/* Runs an image without arguments and with an empty environment. */
static inline int start(const char *path)
{
	pid_t pid = fork();

	if (pid == 0)
		become(path);
	return outcome(pid);
}

static inline bool copy_to(const char *from, int to)
{
	char block[65536];
	ssize_t n = 0;
	int in = open(from, O_RDONLY | O_CLOEXEC);

	while (in >= 0 && (n = read(in, block, sizeof block)) > 0)
		if (write(to, block, (size_t)n) != n)
			break;
	if (in >= 0)
		close(in);
	return in >= 0 && n == 0;
}

/* Writes a copy under another name, never over a file that is being executed. */
static inline bool copy(const char *from, const char *to, unsigned mode)
{
	unlink(to);
	int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	bool good = out >= 0 && copy_to(from, out) && fchmod(out, mode) == 0;

	if (out >= 0)
		close(out);
	return good;
}

static inline bool put_file(const char *path, const char *text, unsigned mode)
{
	int out = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	bool good = out >= 0 && write(out, text, strlen(text)) == (ssize_t)strlen(text) && fchmod(out, mode) == 0;

	if (out >= 0)
		close(out);
	return good;
}

static inline int attack_main(const struct way *ways, size_t count, int argc, char **argv)
{
	bool twin = argc == 3 && strcmp(argv[2], "twin") == 0;

	for (size_t i = 0; argc > 1 && i < count; i++) {
		if (strcmp(argv[1], ways[i].name) != 0)
			continue;
		errno = 0;
		bool did = twin ? ways[i].twin() : ways[i].attack();
		if (did)
			puts(twin ? "normal work done" : "DONE");
		else
			fprintf(stderr, "%s: %s\n", argv[1], strerror(errno));
		return did ? 0 : 1;
	}
	fprintf(stderr, "no such way\n");
	return 2;
}

#define ATTACK_MAIN(ways) \
	int main(int argc, char **argv) { return attack_main(ways, sizeof ways / sizeof *ways, argc, argv); }

#endif
