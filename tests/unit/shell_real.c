/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What core/shell.c calls plain, held against the shells that are installed: they must make of a string of plain words exactly the
 * arguments that bk_shell_unquote() does.  And what matches a template with one hole must come out as one argument.
 */
#include "core/shell.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/tap.h"

#define ROUNDS 400
#define OUT 4096

static const char *const shells[][3] = {
	{ "dash", NULL }, { "bash", NULL }, { "bash", "--posix", NULL }, { "busybox", "sh", NULL }, { "ksh", NULL }, { "mksh", NULL }, { "zsh", NULL }, { "yash", NULL },
};

static char folder[] = "/tmp/bk-shell-XXXXXX";

/* Output of SHELL -c STRING in an empty environment and folder; its length, -1 where the shell is not there or fails. */
static ssize_t run(const char *const *shell, const char *string, char *out)
{
	const char *argv[6] = { 0 };
	int p[2], status, n = 0;
	ssize_t length = 0, r;

	while (shell[n])
		argv[n] = shell[n], n++;
	argv[n++] = "-c";
	argv[n++] = string;
	if (pipe(p) < 0)
		return -1;
	pid_t pid = fork();
	if (pid == 0) {
		dup2(p[1], 1);
		dup2(open("/dev/null", O_RDWR), 2);
		if (chdir(folder) == 0)
			execvpe(argv[0], (char *const *)argv, (char *[]){ "HOME=/expanded", NULL });
		_exit(127);
	}
	close(p[1]);
	while ((r = read(p[0], out + length, OUT - (size_t)length)) > 0)
		length += r;
	close(p[0]);
	waitpid(pid, &status, 0);
	return status == 0 ? length : -1;
}

static bool is_installed(const char *const *shell)
{
	char out[OUT];

	return run(shell, "printf x", out) == 1;
}

/* Bytes, of which most mean something to some shell. */
static void random_string(char *out, size_t n, unsigned *seed)
{
	static const char bytes[] = "aabb12  ''\"\"\\\\$`*?[]{}~!#%=:/.,-+@^&|;<>()\n\t\r\x01\x7f\xc3\xa9\x81\x88" "HOME";

	for (size_t i = 0; i < n; i++)
		out[i] = bytes[(unsigned)rand_r(seed) % (sizeof bytes - 1)];
	out[n] = '\0';
}

/* The arguments as printf '%s\0' would write them; false where a token is not plain. */
static bool expected(const char *string, char *out, size_t *size)
{
	struct bk_shell_token t;
	uint32_t pos = 0;

	*size = 0;
	while (bk_shell_next(bk_text_of(string), &pos, &t)) {
		if (!t.is_plain)
			return false;
		*size += bk_shell_unquote(t.raw, out + *size, 256);
		out[(*size)++] = '\0';
	}
	return !t.fault;
}

static void report(const char *what, const char *shell, const char *string)
{
	printf("# %s, %s:", shell, what);
	for (; *string; string++)
		printf(" %02x", (unsigned char)*string);
	putchar('\n');
}

static void test_plain(const char *const *shell)
{
	static const char head[] = "printf %s\\\\0 x ";
	char string[64], want[OUT], got[OUT];
	unsigned seed = 7, wrong = 0, run_count = 0;
	size_t size;

	memcpy(string, head, sizeof head);
	while (run_count < ROUNDS) {
		random_string(string + sizeof head - 1, 1 + (unsigned)rand_r(&seed) % 12, &seed);
		if (!expected(string, want, &size))
			continue;
		run_count++;
		/* the first two words are printf's own */
		size_t skip = strlen(want) + 1;
		skip += strlen(want + skip) + 1;
		ssize_t n = run(shell, string, got);
		if ((n != (ssize_t)(size - skip) || memcmp(got, want + skip, size - skip)) && wrong++ < 5)
			report("plain words came out otherwise", shell[0], string);
	}
	ok(!wrong, "%s%s%s reads %d plain strings as we do", shell[0], shell[1] ? " " : "", shell[1] ? shell[1] : "", ROUNDS);
}

/* Words behind printf's format that come out as one each, whatever a hole covers. */
static void test_holes(const char *const *shell)
{
	static const struct { const char *before, *after; int arguments; } shapes[] = {
		{ "printf %s\\\\0 ", "", 1 }, { "printf %s\\\\0 a", "b", 1 }, { "printf %s\\\\0 \"$HOME/", "\"", 1 }, { "printf %s\\\\0 '", "'", 1 },
		{ "printf %s\\\\0 ", " c", 2 }, { "printf %s\\\\0 \"", "\" c", 2 }, { "FOO=", " printf %s\\\\0 c", 1 }, { "printf %s\\\\0 $HOME/", "", 1 },
	};
	char string[96], template_[96], middle[16], out[OUT];
	unsigned seed = 11, wrong = 0, matched = 0;

	for (unsigned i = 0; matched < ROUNDS; i++) {
		size_t k = i % (sizeof shapes / sizeof *shapes);
		int count = 0;

		random_string(middle, 1 + (unsigned)rand_r(&seed) % 8, &seed);
		snprintf(string, sizeof string, "%s%s%s", shapes[k].before, middle, shapes[k].after);
		snprintf(template_, sizeof template_, "%s{x}%s", shapes[k].before, shapes[k].after);
		if (bk_shell_match(bk_text_of(template_), bk_text_of(string), NULL) != BK_SHELL_MATCH)
			continue;
		matched++;
		ssize_t n = run(shell, string, out);
		for (ssize_t j = 0; j < n; j++)
			count += !out[j];
		if (count != shapes[k].arguments && wrong++ < 5)
			report(template_, shell[0], string);
	}
	ok(!wrong, "%s%s%s: what a hole covers stays one word, %u matches", shell[0], shell[1] ? " " : "", shell[1] ? shell[1] : "", matched);
}

int main(void)
{
	unsigned installed = 0;

	if (!mkdtemp(folder))
		return 2;
	for (size_t i = 0; i < sizeof shells / sizeof *shells; i++) {
		if (!is_installed(shells[i]))
			continue;
		installed++;
		test_plain(shells[i]);
		test_holes(shells[i]);
	}
	rmdir(folder);
	ok(installed > 0, "%u shells are here", installed);
	return tap_end();
}
