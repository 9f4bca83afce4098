/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that are answered with popen(3), system(3) and posix_spawn(3).  Called with a file of requests, one a line. */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

extern char **environ;

static int give(const char *command)
{
	char block[4096];
	FILE *f = popen(command, "r");

	if (!f)
		return -1;
	while (fgets(block, sizeof block, f))
		fputs(block, stdout);
	return pclose(f);
}

static int archive(const char *name, const char *text)
{
	char command[512];
	FILE *f = fopen(name, "w");

	if (!f || fprintf(f, "%s\n", text) < 0 || fclose(f) != 0)
		return -1;
	snprintf(command, sizeof command, "tar -czf %s.tar.gz %s", name, name);
	if (system(command) != 0)
		return -1;
	snprintf(command, sizeof command, "tar -xzOf %s.tar.gz", name);
	return give(command);
}

static int fetch(const char *path)
{
	char command[512];

	snprintf(command, sizeof command, "curl --silent %s/%s", getenv("SERVER"), path);
	return give(command);
}

static int compress(const char *name, const char *text)
{
	char *argv[] = { (char *)"gzip", (char *)"-n", (char *)"-f", (char *)name, NULL };
	FILE *f = fopen(name, "w");
	pid_t pid;
	int status;

	if (!f || fprintf(f, "%s\n", text) < 0 || fclose(f) != 0)
		return -1;
	if (posix_spawnp(&pid, "gzip", NULL, NULL, argv, environ) != 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	puts(name);
	return status;
}

static int answer(const char *action, const char *first, const char *second)
{
	printf("%s: ", action);
	fflush(stdout);
	if (strcmp(action, "archive") == 0)
		return archive(first, second);
	if (strcmp(action, "compress") == 0)
		return compress(first, second);
	return fetch(first);
}

int main(int argc, char **argv)
{
	char line[512];
	FILE *f = argc == 2 ? fopen(argv[1], "r") : NULL;

	while (f && fgets(line, sizeof line, f)) {
		char *action = strtok(line, "|\n"), *first = strtok(NULL, "|\n"), *second = strtok(NULL, "|\n");

		if (!action || !first || answer(action, first, second ? second : "") != 0)
			return 1;
		fflush(stdout);
	}
	return f ? 0 : 2;
}
