/* SPDX-License-Identifier: Apache-2.0 */
/* A policy with ten rules against one with ten thousand: decisions, opening, start. */
#include "bench/lib/bench.h"
#include "core/decide.h"
#include "lang/policy_model.h"

#include <math.h>
#include <string.h>

static const char about[] =
	"Usage: build/bench/rules [OPTION...]\n"
	"Times the decision about an exec in this process, the opening of a compiled policy\n"
	"and the start of the shim, with 10 rules and with --count (10000). Three kinds of\n"
	"policy: whole paths; patterns, each in a folder of its own; patterns that all\n"
	"stand in one folder.\n";

#define DECIDE_NS 1e6		/* a measurement decides for that long, */
#define DECIDE_BLOCK 20		/* the clock is read between so many decisions */

struct kind {
	const char *name;
	const char *rule;		/* path of rule N */
	const char *hit, *miss;		/* hit: of rule N */
};

static const struct kind kinds[] = {
	{ "paths", "/opt/tools/bin/tool-%ld", "/opt/tools/bin/tool-%ld", "/opt/tools/bin/unlisted" },
	{ "patterns", "/opt/app-%ld/bin/*", "/opt/app-%ld/bin/convert", "/opt/unlisted/bin/convert" },
	{ "one-folder", "/opt/tools/bin/t*-%ld", "/opt/tools/bin/tool-%ld", "/opt/tools/bin/unlisted" },
};
#define KINDS (sizeof kinds / sizeof *kinds)

static char *rule_text(const char *format, long n)
{
	return bk_format(format, n);
}

struct side {
	long count;
	struct bk_buf text, bytes;
	struct bk_policy view;
	char *hit;
};

static void make_text(const struct kind *k, struct side *s, const char *main)
{
	bk_buf_printf(&s->text, "version: 1\nmain: %s\nprocesses:\n", main);
	for (long i = 0; i < s->count; i++) {
		BK_FREE char *path = rule_text(k->rule, i);

		bk_buf_printf(&s->text, "  - path: %s\n    args: [-o, \"/tmp/*\"]\n", path);
	}
	bk_buf_text(&s->text, "libraries: [/usr/lib/**]\ngenerated_code: allow\n");
}

static bool make_side(struct bench *b, const struct kind *k, struct side *s, long count, const char *main)
{
	struct bk_diags d = { 0 };

	*s = (struct side){ .count = count, .hit = rule_text(k->hit, count / 2) };
	make_text(k, s, main);
	struct bk_model *m = bk_policy_parse(k->name, s->text.at, s->text.len, &d);
	bool good = m && bk_policy_compile(m, &s->bytes, &d) == 0 &&
		    bk_policy_open(&s->view, s->bytes.at, s->bytes.len, NULL) == BK_POLICY_OK;

	bk_model_free(m);
	if (!good)
		bench_note(b, "%s with %ld rules: %s", k->name, count, d.count ? d.at[0].message : "does not open");
	bk_diags_free(&d);
	return good;
}

static void free_side(struct side *s)
{
	bk_buf_free(&s->text);
	bk_buf_free(&s->bytes);
	free(s->hit);
}

/* --- measurements: contender 0 has few rules, 1 many --- */

struct deciding {
	struct bench *b;
	struct side *side;
	const char *miss;		/* NULL: ask for a path that a rule allows */
};

static double measure_decision(void *context, size_t c)
{
	static const char argv[] = "tool\0-o\0/tmp/x";
	struct deciding *d = context;
	const struct side *s = &d->side[c];
	struct bk_request q = { .section = BK_PROCESSES, .argv = { argv, sizeof argv, 3, false }, .first_arg = 1 };
	enum bk_verdict expected = d->miss ? BK_DENIED : BK_ALLOWED;

	q.path = bk_text_of(d->miss ? d->miss : s->hit);
	q.parent = BK_TEXT("/usr/bin/node");
	double start = bench_now(), took = 0;
	int made = 0;

	for (; took < DECIDE_NS; made += DECIDE_BLOCK) {
		for (int i = 0; i < DECIDE_BLOCK; i++) {
			__asm__ volatile("" ::"r"(&q) : "memory");
			if (bk_decide(&s->view, &q, BK_ENFORCE).verdict != expected) {
				bench_note(d->b, "a wrong verdict");
				return NAN;
			}
		}
		took = bench_now() - start;
	}
	return took / made;
}

static double measure_opening(void *context, size_t c)
{
	struct deciding *d = context;
	struct bk_policy view;
	double start = bench_now();

	if (bk_policy_open(&view, d->side[c].bytes.at, d->side[c].bytes.len, NULL) != BK_POLICY_OK)
		return NAN;
	return bench_now() - start;
}

struct starting {
	struct bench *b;
	char *init, *exit0;
	char *policy[2];
};

static double measure_start(void *context, size_t c)
{
	struct starting *s = context;
	char *argv[] = { s->init, "-p", s->policy[c], "--", s->exit0, NULL };
	double times[10];

	for (size_t i = 0; i < 10; i++) {
		double start = bench_now();

		if (bench_spawn(argv, true) != 0) {
			bench_note(s->b, "buckler-init with %s did not run", s->policy[c]);
			return NAN;
		}
		times[i] = bench_now() - start;
	}
	return bench_median(times, 10);
}

/* --- put together --- */

static void compare(struct bench *b, const struct kind *k, const char *what, struct bench_field *field, bench_measure *measure,
		    void *context)
{
	BK_FREE char *key = bk_format("%s/%s", what, k->name);

	field->at[0].out = field->at[1].out = false;
	bench_compare(b, key, field, bench_rounds(b, 31, 5), measure, context);
}

/* What one kind of policy is measured with. */
struct work {
	const struct kind *kind;
	struct side side[2];
	char *policy[2];		/* root's, where root calls: what the function cannot change is used in place, as it is deployed */
	bool good;
};

static void prepare(struct bench *b, struct work *w, const struct kind *k, long many)
{
	BK_FREE char *main = bench_built(b, "bench/exit0");
	bool few_good = make_side(b, k, &w->side[0], 10, main), many_good = make_side(b, k, &w->side[1], many, main);

	w->kind = k;
	w->good = few_good && many_good;
	for (int i = 0; w->good && i < 2; i++) {
		BK_FREE char *name = bk_format("%s-%ld", k->name, w->side[i].count);

		w->policy[i] = bench_policy_compile(b, name, w->side[i].text.at);
	}
}

static void compare_start(struct bench *b, const struct work *w, struct bench_field *field)
{
	struct starting s = { b, bench_built(b, "buckler-init"), bench_built(b, "bench/exit0"), { w->policy[0], w->policy[1] } };

	if (!s.init || !s.exit0)
		bench_note(b, "buckler-init: not built; run `make`");
	else if (s.policy[0] && s.policy[1])
		compare(b, w->kind, "start", field, measure_start, &s);
}

static void run(struct bench *b, struct work *w, struct bench_field *field)
{
	struct deciding d = { b, w->side, NULL };

	if (w->good) {
		compare(b, w->kind, "decide-hit", field, measure_decision, &d);
		d.miss = w->kind->miss;
		compare(b, w->kind, "decide-miss", field, measure_decision, &d);
		compare(b, w->kind, "open", field, measure_opening, &d);
		compare_start(b, w, field);
	}
	free_side(&w->side[0]);
	free_side(&w->side[1]);
}

int main(int argc, char **argv)
{
	struct bench b;
	struct work work[KINDS] = { 0 };

	bench_begin(&b, "rules", about, argc, argv);
	long many = b.count ? b.count : 10000;
	struct bench_peer peers[] = { { "10 rules", { NULL }, 1 }, { "many rules", { NULL }, 1 } };
	struct bench_field field = { .count = 2, .at = { { .peer = &peers[0] }, { .peer = &peers[1] } } };

	for (size_t i = 0; i < KINDS; i++)
		prepare(&b, &work[i], &kinds[i], many);
	bench_leave_root(&b);
	for (size_t i = 0; i < KINDS; i++)
		run(&b, &work[i], &field);
	return bench_end(&b);
}
