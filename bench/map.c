/* SPDX-License-Identifier: Apache-2.0 */
/* Mapping a library that the policy lists. */
#include "bench/lib/bench.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const char about[] =
	"Usage: build/bench/map [OPTION...]\n"
	"Times mmap(PROT_READ | PROT_EXEC) of a listed library, and dlopen with dlclose of\n"
	"one, in a process with one thread and in one with a second, waiting thread; the\n"
	"whole tree on one CPU (pinned) and on all (free).\n";

#define MAPPED_BYTES 65536
#define LOADED "libanl.so.1"		/* of the C library's own package, small, loaded by nobody here */

/* --- inside --- */

static int wait_pipe[2];

static void *wait_for_ever(void *unused)
{
	char byte;

	return read(wait_pipe[0], &byte, 1) == 1 ? unused : NULL;
}

static bool second_thread(void)
{
	pthread_t thread;

	return pipe(wait_pipe) == 0 && pthread_create(&thread, NULL, wait_for_ever, NULL) == 0;
}

static int find_libc(struct dl_phdr_info *info, size_t size, void *out)
{
	(void)size;
	if (!strstr(info->dlpi_name, "libc.so") && !strstr(info->dlpi_name, "libc-"))
		return 0;
	snprintf(out, PATH_MAX, "%s", info->dlpi_name);
	return 1;
}

static double one_map(int fd)
{
	double start = bench_now();
	void *p = mmap(NULL, MAPPED_BYTES, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	double took = bench_now() - start;

	if (p == MAP_FAILED)
		return -1;
	munmap(p, MAPPED_BYTES);
	return took;
}

static double one_load(void)
{
	double start = bench_now();
	void *library = dlopen(LOADED, RTLD_NOW | RTLD_LOCAL);
	bool good = library && dlclose(library) == 0;

	return good ? bench_now() - start : -1;
}

static bool many(bool load, unsigned count, double *out)
{
	char path[PATH_MAX] = "";
	BK_FREE double *times = bk_alloc(count * sizeof *times);
	bool good = true;

	dl_iterate_phdr(find_libc, path);
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	for (unsigned i = 0; i < count && good; i++) {
		times[i] = load ? one_load() : one_map(fd);
		good = times[i] >= 0;
	}
	close(fd);
	if (!good)
		perror(load ? LOADED : path);
	*out = bench_median(times, count);
	return good;
}

/* "mmap|dlopen COUNT", "thread 0" */
static bool serve(char *request, double reply[BENCH_REPLY_MAX])
{
	char what[16];
	unsigned count;

	if (sscanf(request, "%15s %u", what, &count) != 2)
		return false;
	if (strcmp(what, "thread") == 0)
		return second_thread();
	return count && many(strcmp(what, "dlopen") == 0, count, &reply[0]);
}

/* --- outside --- */

static void measure(struct bench *b, struct bench_group *group, const char *threads, bool pinned)
{
	static const char *const works[] = { "mmap", "dlopen" };

	for (size_t i = 0; i < 2; i++) {
		BK_FREE char *key = bk_format("%s/%s/%s", works[i], threads, pinned ? "pinned" : "free");
		BK_FREE char *request = bk_format("%s %d", works[i], i == 0 ? 200 : 50);

		bench_group_compare(b, key, group, bench_rounds(b, 21, 5), request);
	}
}

static void run(struct bench *b, struct bench_field *field, bool pinned)
{
	struct bench_group group;
	double reply[BENCH_REPLY_MAX];

	bench_group_open(b, &group, field, pinned);
	measure(b, &group, "one-thread", pinned);
	for (size_t c = 0; c < field->count; c++)
		bench_session_ask(b, &group.session[c], "thread 0", reply);
	measure(b, &group, "two-threads", pinned);
	bench_group_close(b, &group);
}

int main(int argc, char **argv)
{
	struct bench b;
	struct bench_field field;

	if (bench_is_worker(argc, argv))
		return bench_worker(serve);
	bench_begin(&b, "map", about, argc, argv);
	bench_field(&b, &field, bench_policy(&b, "map", b.self, NULL), NULL);
	run(&b, &field, true);
	run(&b, &field, false);
	return bench_end(&b);
}
