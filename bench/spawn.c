/* SPDX-License-Identifier: Apache-2.0 */
/* Spawn, exec and wait inside the supervised tree. */
#include "bench/lib/bench.h"

#include <string.h>

static const char about[] =
	"Usage: build/bench/spawn [OPTION...]\n"
	"Times posix_spawn, exec and wait of programs inside the supervised tree, the\n"
	"whole tree on one CPU (pinned) and on all (free). The benchmark itself runs\n"
	"under each contender and takes the time there, so starting the contender is\n"
	"not in the figures.\n";

struct work {
	const char *name, *program;	/* program NULL: the exit0 of the benchmarks */
	const char *argv[4];
	const char *args;		/* for the policy */
	int count;			/* starts a measurement */
	int rounds, quick;
};

static const struct work works[] = {
	{ "exit0", NULL, { "exit0" }, "[]", 40, 31, 5 },
	{ "true", "true", { "true" }, "[]", 15, 31, 3 },
	{ "python", "python3", { "python3", "-c", "pass" }, "[-c, pass]", 1, 21, 2 },
	{ "node", "node", { "node", "-e", "0" }, "[-e, \"0\"]", 1, 15, 1 },
};
#define WORKS (sizeof works / sizeof *works)

static char *path_of(const struct bench *b, const struct work *w)
{
	return w->program ? bench_program(w->program) : bench_built(b, "bench/exit0");
}

/* --- inside --- */

/* "PATH COUNT WORK": the median of COUNT starts. */
static bool serve(char *request, double reply[BENCH_REPLY_MAX])
{
	char path[128];
	unsigned count, work;
	double times[64];

	if (sscanf(request, "%127s %u %u", path, &count, &work) != 3 || count > 64 || work >= WORKS)
		return false;
	char *argv[] = { path, (char *)works[work].argv[1], (char *)works[work].argv[2], NULL };

	for (unsigned i = 0; i < count; i++) {
		double start = bench_now();

		if (bench_spawn(argv, false) != 0) {
			fprintf(stderr, "%s did not run\n", path);
			return false;
		}
		times[i] = bench_now() - start;
	}
	reply[0] = bench_median(times, count);
	return true;
}

/* --- outside --- */

static char *make_policy(struct bench *b)
{
	struct bench_program programs[WORKS + 1] = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < WORKS; i++) {
		const char *path = path_of(b, &works[i]);

		if (path)
			programs[n++] = (struct bench_program){ path, works[i].args };
		else
			bench_note(b, "%s is not installed", works[i].name);
	}
	return bench_policy(b, "spawn", b->self, programs);
}

static void run(struct bench *b, struct bench_field *field, bool pinned)
{
	struct bench_group group;

	bench_group_open(b, &group, field, pinned);
	for (size_t i = 0; i < WORKS; i++) {
		BK_FREE char *path = path_of(b, &works[i]);

		if (!path)
			continue;
		BK_FREE char *key = bk_format("%s/%s", works[i].name, pinned ? "pinned" : "free");
		BK_FREE char *request = bk_format("%s %d %zu", path, works[i].count, i);

		bench_group_compare(b, key, &group, bench_rounds(b, works[i].rounds, works[i].quick), request);
	}
	bench_group_close(b, &group);
}

/* buckler-init where nobody may listen: each judged call stops under its tracer. */
static const struct bench_peer trace = { "trace", { "@DEAF", "-", "@INIT", "-p", "@POLICY", "--", NULL }, 1 };

int main(int argc, char **argv)
{
	struct bench b;
	struct bench_field field;

	if (bench_is_worker(argc, argv))
		return bench_worker(serve);
	bench_begin(&b, "spawn", about, argc, argv);
	bench_field(&b, &field, make_policy(&b), &trace);
	run(&b, &field, true);
	run(&b, &field, false);
	return bench_end(&b);
}
