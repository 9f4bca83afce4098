/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static const struct bk_command *const commands[] = {
	&bk_cmd_learn, &bk_cmd_run, &bk_cmd_check, &bk_cmd_compile, &bk_cmd_show, &bk_cmd_explain, &bk_cmd_diff, &bk_cmd_replay,
	&bk_cmd_doctor, &bk_cmd_wrap, &bk_cmd_gate_table, &bk_cmd_logs, &bk_cmd_scan, &bk_cmd_db,
};
#define COMMANDS (sizeof commands / sizeof *commands)

static void help(FILE *f)
{
	fputs("Usage: buckler COMMAND [OPTION]... [ARGUMENT]...\n"
	      "Allow-lists for serverless functions: learn what one does, let only that happen.\n\n", f);
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(f, "  %-10s  %s\n", commands[i]->name, commands[i]->summary);
	fputs("\n`buckler COMMAND --help` explains a command; --version prints the version.\n"
	      "Exit status: 0 done, 1 a finding or a difference, 2 an error.\n"
	      "\nExample: buckler learn -o policy.yaml -- node handler.js\n"
	      "         buckler run -p policy.yaml -- node handler.js\n", f);
}

static const struct bk_command *find(const char *name)
{
	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

/* How many letters at least differ (Levenshtein), for names of at most 31 bytes. */
static size_t distance(const char *a, const char *b)
{
	size_t row[32], width = strlen(b);

	for (size_t j = 0; j <= width; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		size_t corner = row[0];

		row[0] = i;
		for (size_t j = 1; j <= width; j++) {
			size_t best = corner + (a[i - 1] != b[j - 1]);

			corner = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[width];
}

static const struct bk_command *nearest(const char *name)
{
	const struct bk_command *found = NULL;

	for (size_t i = 0, best = 3; i < COMMANDS; i++) {
		size_t n = distance(name, commands[i]->name);

		if (n < best) {
			best = n;
			found = commands[i];
		}
	}
	return found;
}

static int unknown(const char *name)
{
	const struct bk_command *near = strlen(name) < 32 ? nearest(name) : NULL;

	if (near)
		return bk_cli_error("there is no command %s; did you mean %s?", name, near->name);
	return bk_cli_error("there is no command %s; `buckler --help` lists them", name);
}

/* --- standard output --- */

static int output_error;		/* the first that a write had: stdio keeps only that there was one */

static ssize_t write_output(void *cookie, const char *bytes, size_t size)
{
	size_t done = 0;

	(void)cookie;
	while (done < size) {
		ssize_t n = write(STDOUT_FILENO, bytes + done, size - done);

		if (n < 0 && !output_error)
			output_error = errno;
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

static void watch_output(void)
{
	FILE *watched = fopencookie(NULL, "w", (cookie_io_functions_t){ .write = write_output });

	if (!watched)
		return;
	setvbuf(watched, NULL, isatty(STDOUT_FILENO) ? _IOLBF : _IOFBF, BUFSIZ);
	stdout = watched;
}

/* A full disk or a closed pipe must not look like success. */
static int finish(int status)
{
	if (fflush(stdout) != 0 || ferror(stdout))
		return bk_cli_error("standard output: %s", strerror(output_error ? output_error : errno));
	return status;
}

static int help_about(const char *name)
{
	const struct bk_command *command = name ? find(name) : NULL;

	if (name && !command)
		return unknown(name);
	if (command)
		fputs(command->usage, stdout);
	else
		help(stdout);
	return 0;
}

static int dispatch(int argc, char **argv)
{
	const char *name = argv[1];
	const struct bk_command *command = find(name);

	if (command)
		return command->run(argc - 1, argv + 1);
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0)
		return help_about(argv[2]);
	if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0)
		return puts("buckler " BK_VERSION) < 0 ? 2 : 0;
	return unknown(name);
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		help(stderr);
		return 2;
	}
	watch_output();
	return finish(dispatch(argc, argv));
}
