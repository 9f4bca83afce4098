/* SPDX-License-Identifier: Apache-2.0 */
/* Start of a function: bare, behind buckler-init, behind peers. */
#include "bench/lib/bench.h"

#include <math.h>

static const char about[] =
	"Usage: build/bench/start [OPTION...]\n"
	"Times the start of a function from outside until it has ended: started bare,\n"
	"by buckler-init, by other init programs and sandboxes.\n";

struct work {
	const char *name, *program;
	const char *argv[3];
	int count;
	int rounds, quick;
};

static const struct work works[] = {
	{ "exit0", NULL, { NULL }, 10, 25, 5 },
	{ "true", "true", { NULL }, 5, 25, 5 },
	{ "python", "python3", { "-c", "pass" }, 1, 15, 2 },
	{ "node", "node", { "-e", "0" }, 1, 11, 1 },
};
#define WORKS (sizeof works / sizeof *works)

struct starting {
	struct bench *b;
	struct bench_field *field;
	const struct work *work;
	char *path;
};

static char **command_of(const struct starting *s, size_t c)
{
	char *command[] = { s->path, (char *)s->work->argv[0], (char *)s->work->argv[1], NULL };

	return bench_argv(&s->field->at[c], command);
}

static double measure(void *context, size_t c)
{
	struct starting *s = context;
	BK_FREE char **argv = command_of(s, c);
	double times[16];
	int count = s->field->at[c].peer->every > 1 ? 1 : s->work->count;

	for (int i = 0; i < count; i++) {
		double start = bench_now();
		int status = bench_spawn(argv, true);

		times[i] = bench_now() - start;
		if (status != 0) {
			bench_note(s->b, "%s failed at %s: status %#x", s->field->at[c].peer->name, s->work->name, (unsigned)status);
			s->field->at[c].out = true;
			return NAN;
		}
	}
	return bench_median(times, count);
}

static void run(struct starting *s, const char *policy, bool pinned)
{
	BK_FREE char *key = bk_format("%s/%s", s->work->name, pinned ? "pinned" : "free");
	struct bench_field field;

	bench_field(s->b, &field, policy, NULL);
	s->field = &field;
	if (pinned)
		bench_pin();
	bench_compare(s->b, key, &field, bench_rounds(s->b, s->work->rounds, s->work->quick), measure, s);
	if (pinned)
		bench_free();
}

int main(int argc, char **argv)
{
	struct bench b;
	char *path[WORKS], *policy[WORKS];

	bench_begin(&b, "start", about, argc, argv);
	for (size_t i = 0; i < WORKS; i++) {
		path[i] = works[i].program ? bench_program(works[i].program) : bench_built(&b, "bench/exit0");
		policy[i] = path[i] ? bench_policy(&b, works[i].name, path[i], NULL) : NULL;
	}
	bench_leave_root(&b);
	for (size_t i = 0; i < WORKS; i++) {
		struct starting s = { .b = &b, .work = &works[i], .path = path[i] };

		if (!path[i]) {
			bench_note(&b, "%s is not installed", works[i].name);
			continue;
		}
		if (works[i].count > 1)
			run(&s, policy[i], true);
		run(&s, policy[i], false);
	}
	return bench_end(&b);
}
