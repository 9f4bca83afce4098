/* SPDX-License-Identifier: Apache-2.0 */
/* Memory of the idle shim and of init programs, before and after work. */
#include "bench/lib/bench.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char about[] =
	"Usage: build/bench/memory [OPTION...]\n"
	"Memory of the supervising process, idle, before and after --count (100000) execs\n"
	"in its tree, one of a hundred of them refused by the policy; then while 0, 1, 64,\n"
	"65, 200 and 0 threads hang in connect(), each a call that the shim keeps, with what\n"
	"each of these counts adds to none, and how many calls hang. Exact figures\n"
	"(smaps_rollup) need root, because the shim lets nobody else look; without it only\n"
	"the kernel's resident size is shown. Also the size of the files.\n";

/* --- inside --- */

static struct sockaddr_in full;		/* of a listener whose queue is full */
static unsigned hanging;
static int sockets[256];

static void *hang(void *number)
{
	connect(sockets[(size_t)number], (void *)&full, sizeof full);
	return NULL;
}

static bool fill_listener(void)
{
	socklen_t size = sizeof full;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	full = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	if (bind(fd, (void *)&full, size) || listen(fd, 0) || getsockname(fd, (void *)&full, &size))
		return false;
	for (int i = 0; i < 3; i++)
		connect(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), (void *)&full, sizeof full);
	return true;
}

/* So many threads that hang, or none: shutdown(2) ends a connect that waits. */
static bool hang_in_all(unsigned count)
{
	pthread_attr_t small;
	pthread_t thread;

	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 64 << 10);
	pthread_attr_setdetachstate(&small, PTHREAD_CREATE_DETACHED);
	if (!full.sin_port && !fill_listener())
		return false;
	for (; hanging < count && hanging < 256; hanging++) {
		sockets[hanging] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (pthread_create(&thread, &small, hang, (void *)(size_t)hanging))
			return false;
	}
	while (hanging > count)
		shutdown(sockets[--hanging], SHUT_RDWR);
	return true;
}

/* Threads of this process that stand in connect: /proc/PID/task/TID/syscall begins with the call's number. */
static unsigned count_hanging(void)
{
	DIR *dir = opendir("/proc/self/task");
	unsigned count = 0;

	for (struct dirent *e; dir && (e = readdir(dir)); ) {
		BK_FREE char *path = bk_format("/proc/self/task/%s/syscall", e->d_name);
		BK_FILE *in = e->d_name[0] == '.' ? NULL : fopen(path, "r");
		long number;

		count += in && fscanf(in, "%ld", &number) == 1 && number == SYS_connect;
	}
	if (dir)
		closedir(dir);
	return count;
}

/* "hang COUNT", "hanging", or "EXIT0 TRUE UNLISTED COUNT": of a hundred starts 89 are of EXIT0, 10 of TRUE, one of UNLISTED. */
static bool serve(char *request, double reply[BENCH_REPLY_MAX])
{
	char path[3][96];
	unsigned count;

	if (sscanf(request, "hang %u", &count) == 1)
		return hang_in_all(count);
	if (strcmp(request, "hanging") == 0) {
		reply[0] = count_hanging();
		return true;
	}
	if (sscanf(request, "%95s %95s %95s %u", path[0], path[1], path[2], &count) != 4)
		return false;
	for (unsigned i = 0; i < count; i++) {
		int which = i % 100 == 50 ? 2 : i % 10 == 5 ? 1 : 0;
		char *argv[] = { path[which], NULL };

		reply[which] += bench_spawn(argv, false) == 0;
	}
	return true;
}

/* --- outside --- */

struct field_name { const char *file, *name, *metric; };

static const struct field_name exact[] = {
	{ "smaps_rollup", "Private_Dirty", "private dirty" }, { "smaps_rollup", "Private_Clean", "private clean" },
	{ "smaps_rollup", "Shared_Clean", "shared clean" }, { "smaps_rollup", "Rss", "rss" }, { "status", "VmPTE", "page tables" },
};
static const struct field_name coarse[] = { { "status", "VmRSS", "rss" }, { "status", "VmPTE", "page tables" } };

/* "NAME:  123 kB" of a file of /proc/PID; -1 where it cannot be read. */
static double read_kb(pid_t pid, const struct field_name *f)
{
	BK_FREE char *path = bk_format("/proc/%d/%s", pid, f->file);
	BK_FILE *in = fopen(path, "r");
	char line[256];
	double kb = -1;

	while (in && fgets(line, sizeof line, in))
		if (strncmp(line, f->name, strlen(f->name)) == 0 && line[strlen(f->name)] == ':')
			kb = strtod(line + strlen(f->name) + 1, NULL);
	return kb;
}

static void read_memory(struct bench *b, const char *key, const char *peer, pid_t pid, double *dirty)
{
	bool all = read_kb(pid, &exact[0]) >= 0;
	const struct field_name *fields = all ? exact : coarse;
	size_t n = all ? sizeof exact / sizeof *exact : sizeof coarse / sizeof *coarse;

	for (size_t i = 0; i < n; i++)
		bench_row(b, key, peer, fields[i].metric, read_kb(pid, &fields[i]), "kB");
	*dirty = read_kb(pid, &fields[0]);
	if (!all)
		bench_note(b, "%s: only root may read its smaps_rollup; the kernel's resident size is shown", peer);
}

/* Idle: asleep, and what the last call left is done. */
static void settle(void)
{
	usleep(300000);
}

static void measure(struct bench *b, struct bench_contender *c, const char *request)
{
	struct bench_session s;
	double reply[BENCH_REPLY_MAX], before, after;
	const char *name = c->peer->name;

	if (!bench_session_open(b, &s, c, false))
		return;
	if (bench_session_ask(b, &s, "/ / / 0", reply)) {
		settle();
		read_memory(b, "before", name, s.pid, &before);
		double start = bench_now();

		if (bench_session_ask(b, &s, request, reply)) {
			bench_row(b, "after", name, "starts", reply[0] + reply[1] + reply[2], "");
			bench_row(b, "after", name, "refused", strtol(strrchr(request, ' '), NULL, 10) - reply[0] - reply[1] - reply[2], "");
			bench_row(b, "after", name, "took", (bench_now() - start) / 1e9, "s");
			settle();
			read_memory(b, "after", name, s.pid, &after);
			bench_row(b, "after", name, "growth", after - before, "kB");
		}
	}
	bench_session_close(b, &s);
}

static void file_size(struct bench *b, const char *name, const char *path)
{
	struct stat st;

	if (path && stat(path, &st) == 0)
		bench_row(b, "file", name, "size", st.st_size / 1024.0, "KiB");
}

/* A file just written shows as dirty in every process that maps it, until it is on disk. */
static void write_back(const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0) {
		syncfs(fd);
		close(fd);
	}
}

static bool takes_part(const struct bench_contender *c)
{
	static const char *const names[] = { "buckler", "tini", "dumb-init", "catatonit" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(c->peer->name, names[i]) == 0)
			return true;
	return false;
}

/* What calls that wait cost: 64 have a place on the shim's own page, from the 65th on there is one more mapping until they are none. */
static void while_they_hang(struct bench *b, struct bench_contender *c)
{
	static const unsigned counts[] = { 0, 1, 64, 65, 200, 0 };
	struct bench_session s;
	double reply[BENCH_REPLY_MAX], none = 0, dirty;

	if (!bench_session_open(b, &s, c, false))
		return;
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		BK_FREE char *request = bk_format("hang %u", counts[i]), *key = bk_format(i && !counts[i] ? "hang/%u-again" : "hang/%u", counts[i]);

		if (!bench_session_ask(b, &s, request, reply))
			break;
		settle();
		dirty = read_kb(s.pid, &exact[0]);
		none = i ? none : dirty;
		bench_row(b, key, c->peer->name, "private dirty", dirty, "kB");
		bench_row(b, key, c->peer->name, "over none", dirty - none, "kB");
		if (bench_session_ask(b, &s, "hanging", reply))
			bench_row(b, key, c->peer->name, "hang", reply[0], "");
	}
	bench_note(b, "64 calls that wait have room on the shim's own two pages; with the 65th all move to one mapping more, given back once none waits");
	bench_session_close(b, &s);
}

int main(int argc, char **argv)
{
	struct bench b;
	struct bench_field field;

	if (bench_is_worker(argc, argv))
		return bench_worker(serve);
	bench_begin(&b, "memory", about, argc, argv);
	char *exit0 = bench_built(&b, "bench/exit0"), *dynamic = bench_program("true"), *unlisted = bench_program("false");
	struct bench_program programs[] = { { exit0, "[]" }, { dynamic, "[]" }, { NULL, NULL } };
	b.expect_refusals = true;
	long count = b.count ? b.count : b.quick ? 5000 : 100000;

	bench_field(&b, &field, bench_policy(&b, "memory", b.self, programs), NULL);
	write_back(b.build);
	for (size_t i = 0; i < field.count; i++) {
		struct bench_contender *c = &field.at[i];
		bool shim = strcmp(c->peer->name, "buckler") == 0;
		BK_FREE char *request = bk_format("%s %s %s %ld", exit0, dynamic, unlisted, shim ? count : count / 100);

		if (!takes_part(c))
			continue;
		measure(&b, c, request);
		file_size(&b, c->peer->name, c->words[0]);
	}
	bench_field(&b, &field, bench_policy_compile(&b, "network", "version: 1\nnetwork:\n  connect:\n    - {address: 127.0.0.0/8}\n"), NULL);
	for (size_t i = 0; i < field.count; i++)
		if (strcmp(field.at[i].peer->name, "buckler") == 0)
			while_they_hang(&b, &field.at[i]);
	return bench_end(&b);
}
