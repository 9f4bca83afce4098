/* SPDX-License-Identifier: Apache-2.0 */
/* Opening files, and programs that open many, under policies that say nothing of files, list what may be written, and judge reading, too. */
#include "bench/lib/bench.h"

#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char about[] =
	"Usage: build/bench/files [OPTION...]\n"
	"Times open and close of a file for reading and for writing, making and removing one,\n"
	"and starts of Python and Node.js that load many modules, under four policies: no\n"
	"files section, files.write that only tells (the filter alone, no Landlock beneath),\n"
	"files.write, files.write and files.read.\n";

extern char **environ;

static const struct { const char *name, *text; } policies[] = {
	{ "none", "version: 1\nprocesses: [\"/**\"]\n" },
	{ "tell", "version: 1\nmode: alert\nprocesses: [\"/**\"]\nfiles: {write: [\"/tmp/**\", \"/var/tmp/**\"]}\n" },
	{ "write", "version: 1\nprocesses: [\"/**\"]\nfiles: {write: [\"/tmp/**\", \"/var/tmp/**\"]}\n" },
	{ "read", "version: 1\nprocesses: [\"/**\"]\nfiles: {write: [\"/tmp/**\", \"/var/tmp/**\"], read: {deny: []}}\n" },
};

static const struct { const char *name; unsigned count; int rounds; char *argv[6]; } works[] = {
	{ "read", 500, 21, { NULL } }, { "write", 100, 21, { NULL } }, { "make", 100, 21, { NULL } },
	{ "python", 1, 11, { (char *)"/usr/bin/python3", (char *)"-c", (char *)"import json, ssl, http.client, decimal, email, sqlite3", NULL } },
	{ "node", 1, 11, { (char *)"/usr/bin/node", (char *)"-e", (char *)"require('https'); require('zlib'); require('crypto')", NULL } },
};
#define WORKS (sizeof works / sizeof *works)

/* --- inside --- */

static bool one_file(const char *what, const char *path)
{
	int fd = open(path, strcmp(what, "read") == 0 ? O_RDONLY : O_WRONLY | O_CREAT, 0600);

	return fd >= 0 && close(fd) == 0 && (strcmp(what, "make") != 0 || unlink(path) == 0);
}

static bool one_start(char *const *argv)
{
	pid_t pid;
	int status;

	return posix_spawn(&pid, argv[0], NULL, NULL, argv, environ) == 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

static bool many(size_t work, double *out)
{
	char path[] = "/tmp/buckler-bench.XXXXXX";
	int fd = mkstemp(path);
	bool good = fd >= 0;
	double start;

	close(fd);
	start = bench_now();
	for (unsigned i = 0; i < works[work].count && good; i++)
		good = works[work].argv[0] ? one_start(works[work].argv) : one_file(works[work].name, path);
	*out = (bench_now() - start) / works[work].count;
	unlink(path);
	return good;
}

/* "NUMBER OF A WORK" */
static bool serve(char *request, double reply[BENCH_REPLY_MAX])
{
	size_t work = strtoul(request, NULL, 10);

	return work < WORKS && many(work, &reply[0]);
}

/* --- outside --- */

/* Peers do not judge files: their rows would say nothing. */
static void only_us(struct bench_field *field)
{
	size_t kept = 0;

	for (size_t i = 0; i < field->count; i++)
		if (i == 0 || strcmp(field->at[i].peer->name, "buckler") == 0)
			field->at[kept++] = field->at[i];
	field->count = kept;
}

static void measure(struct bench *b, size_t policy)
{
	struct bench_field field;
	struct bench_group group;
	char *file = bench_policy_compile(b, policies[policy].name, policies[policy].text);

	bench_field(b, &field, file, NULL);
	only_us(&field);
	bench_group_open(b, &group, &field, true);
	for (size_t i = 0; i < WORKS; i++) {
		BK_FREE char *key = bk_format("%s/%s", works[i].name, policies[policy].name), *request = bk_format("%zu", i);

		if (works[i].argv[0] && access(works[i].argv[0], X_OK) != 0)
			bench_note(b, "%s: not here", works[i].argv[0]);
		else
			bench_group_compare(b, key, &group, bench_rounds(b, works[i].rounds, 3), request);
	}
	bench_group_close(b, &group);
}

int main(int argc, char **argv)
{
	struct bench b;

	if (bench_is_worker(argc, argv))
		return bench_worker(serve);
	bench_begin(&b, "files", about, argc, argv);
	for (size_t i = 0; i < sizeof policies / sizeof *policies; i++)
		measure(&b, i);
	return bench_end(&b);
}
