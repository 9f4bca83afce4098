/* SPDX-License-Identifier: Apache-2.0 */
/* Connections that the policy lists, alone and while others hang. */
#include "bench/lib/bench.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char about[] =
	"Usage: build/bench/connect [OPTION...]\n"
	"Times connect() to a listener on the loopback, connect() of a datagram socket, and\n"
	"sendto() of 64 bytes; then the first again while 100 threads hang in connect() to\n"
	"a peer that does not answer. The whole tree on one CPU (pinned) and on all (free).\n";

#define STALLED 100

/* --- inside --- */

static struct sockaddr_in live, dead;

static int listener(struct sockaddr_in *at, int backlog)
{
	socklen_t size = sizeof *at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*at = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	if (bind(fd, (void *)at, sizeof *at) < 0 || listen(fd, backlog) < 0 || getsockname(fd, (void *)at, &size) < 0)
		return -1;
	return fd;
}

/* Nobody waits in accept: a thread that connecting wakes would be measured, too. */
static int live_listener = -1;

static bool start_listener(void)
{
	if (live_listener < 0)
		live_listener = listener(&live, 512);
	return live_listener >= 0;
}

/* Its queue is full: the kernel drops what comes, and the caller asks again and again. */
static void *hang(void *unused)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	connect(fd, (void *)&dead, sizeof dead);
	return unused;
}

static bool stall(void)
{
	pthread_attr_t small;
	pthread_t thread;
	bool good = listener(&dead, 0) >= 0;

	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 64 << 10);
	for (int i = 0; i < STALLED + 2 && good; i++)
		good = pthread_create(&thread, &small, hang, NULL) == 0;
	usleep(300000);
	return good;
}

static double one(const char *what)
{
	int fd = socket(AF_INET, (*what == 't' ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
	static const char data[64];
	double start = bench_now(), end;
	bool good = *what == 's' ? sendto(fd, data, sizeof data, 0, (void *)&live, sizeof live) == sizeof data : connect(fd, (void *)&live, sizeof live) == 0;

	end = bench_now();
	if (*what == 't' && good)
		close(accept(live_listener, NULL, NULL));
	close(fd);
	return good ? end - start : -1;
}

/* "tcp|udp|sendto COUNT", "stall 0" */
static bool serve(char *request, double reply[BENCH_REPLY_MAX])
{
	char what[16];
	unsigned count;

	if (sscanf(request, "%15s %u", what, &count) != 2 || !start_listener())
		return false;
	if (strcmp(what, "stall") == 0)
		return stall();
	BK_FREE double *times = bk_alloc((count + 1) * sizeof *times);
	for (unsigned i = 0; i < count; i++)
		if ((times[i] = one(what)) < 0)
			return false;
	reply[0] = bench_median(times, count);
	return count > 0;
}

/* --- outside --- */

static void run(struct bench *b, struct bench_field *field, bool pinned)
{
	static const char *const works[] = { "tcp", "udp", "sendto" };
	const char *where = pinned ? "pinned" : "free";
	struct bench_group group;
	double reply[BENCH_REPLY_MAX];

	bench_group_open(b, &group, field, pinned);
	for (size_t i = 0; i < 3; i++) {
		BK_FREE char *key = bk_format("%s/%s", works[i], where), *request = bk_format("%s 100", works[i]);

		bench_group_compare(b, key, &group, bench_rounds(b, 21, 5), request);
	}
	for (size_t c = 0; c < field->count; c++)
		bench_session_ask(b, &group.session[c], "stall 0", reply);
	BK_FREE char *key = bk_format("tcp/stalled/%s", where);
	bench_group_compare(b, key, &group, bench_rounds(b, 21, 5), "tcp 20");
	bench_group_close(b, &group);
}

int main(int argc, char **argv)
{
	struct bench b;
	struct bench_field field;

	if (bench_is_worker(argc, argv))
		return bench_worker(serve);
	bench_begin(&b, "connect", about, argc, argv);
	bench_field(&b, &field, bench_policy_compile(&b, "connect", "version: 1\nnetwork:\n  connect:\n    - {address: 127.0.0.0/8}\n"), NULL);
	run(&b, &field, true);
	run(&b, &field, false);
	return bench_end(&b);
}
