/* SPDX-License-Identifier: Apache-2.0 */
/* Many starts at once: nothing lost, no deadlock, and how long it takes. */
#include "bench/lib/bench.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

static const char about[] =
	"Usage: build/bench/concurrent [OPTION...]\n"
	"--count (1000) starts of /bin/true from 8 threads of one process inside the\n"
	"supervised tree. \"lost\" counts the starts that did not end with status 0.\n";

#define THREADS 8

/* --- inside --- */

struct share {
	pthread_t thread;
	char *path;
	unsigned todo, good;
};

static void *start_many(void *context)
{
	struct share *s = context;
	char *argv[] = { s->path, NULL };

	for (unsigned i = 0; i < s->todo; i++)
		s->good += bench_spawn(argv, false) == 0;
	return NULL;
}

/* "PATH COUNT": time of all of them, and how many were good. */
static bool serve(char *request, double reply[BENCH_REPLY_MAX])
{
	char path[128];
	unsigned count;
	struct share shares[THREADS] = { 0 };

	if (sscanf(request, "%127s %u", path, &count) != 2)
		return false;
	double start = bench_now();

	for (unsigned t = 0; t < THREADS; t++) {
		shares[t] = (struct share){ .path = path, .todo = (count + t) / THREADS };
		if (pthread_create(&shares[t].thread, NULL, start_many, &shares[t]) != 0)
			return false;
	}
	for (unsigned t = 0; t < THREADS; t++) {
		pthread_join(shares[t].thread, NULL);
		reply[1] += shares[t].good;
	}
	reply[0] = bench_now() - start;
	return true;
}

/* --- outside --- */

struct counting {
	struct bench *b;
	struct bench_group *group;
	char *request;
	long count;
	double lost[BENCH_PEERS_MAX];
};

static double measure(void *context, size_t c)
{
	struct counting *k = context;
	double reply[BENCH_REPLY_MAX];

	if (!bench_session_ask(k->b, &k->group->session[c], k->request, reply)) {
		k->lost[c] += k->count;
		return NAN;
	}
	k->lost[c] += k->count - reply[1];
	return reply[0];
}

int main(int argc, char **argv)
{
	struct bench b;
	struct bench_field field;
	struct bench_group group;

	if (bench_is_worker(argc, argv))
		return bench_worker(serve);
	bench_begin(&b, "concurrent", about, argc, argv);
	char *path = bench_program("true");
	struct bench_program programs[] = { { path, "[]" }, { NULL, NULL } };
	struct counting k = { .b = &b, .group = &group, .count = b.count ? b.count : b.quick ? 200 : 1000 };

	bench_field(&b, &field, bench_policy(&b, "concurrent", b.self, programs), NULL);
	k.request = bk_format("%s %ld", path, k.count);
	bench_group_open(&b, &group, &field, false);
	bench_compare(&b, "8-threads", &field, bench_rounds(&b, 5, 1), measure, &k);
	for (size_t c = 0; c < field.count; c++)
		bench_row(&b, "8-threads", field.at[c].peer->name, "lost", k.lost[c], "starts");
	bench_group_close(&b, &group);
	return bench_end(&b);
}
