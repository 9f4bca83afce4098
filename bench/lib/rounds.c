/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/lib/bench.h"

#include <math.h>
#include <string.h>

#define BARE 0

struct samples {
	double *at;			/* [contender * rounds + round] */
	int rounds;
};

static double *sample(const struct samples *s, size_t c, int round)
{
	return &s->at[c * s->rounds + round];
}

enum compared { TIME, OVER, RATIO };

/* The figures of the rounds in which both the contender and bare have one; returns how many. */
static size_t collect(const struct samples *s, size_t c, enum compared what, double *values)
{
	size_t n = 0;

	for (int r = 0; r < s->rounds; r++) {
		double t = *sample(s, c, r), bare = *sample(s, BARE, r);

		if (isnan(t) || isnan(bare))
			continue;
		values[n++] = what == TIME ? t / 1e3 : what == OVER ? (t - bare) / 1e3 : t / bare;
	}
	return n;
}

/*
 * The median, and its standard error as the median absolute deviation gives it (1.4826 from deviation to sigma, 1.2533 from the
 * error of a mean to that of a median, of normal noise).
 */
static double median_of(const struct samples *s, size_t c, enum compared what, double *error)
{
	BK_FREE double *values = bk_alloc(s->rounds * sizeof *values);
	size_t n = collect(s, c, what, values);
	double median = bench_median(values, n);

	for (size_t i = 0; i < n; i++)
		values[i] = fabs(values[i] - median);
	*error = 1.4826 * 1.2533 * bench_median(values, n) / sqrt(n);
	if (n < 3)
		*error = NAN;		/* nothing to be said */
	return median;
}

/* The least disturbed round: on a shared machine closer to what the work itself costs. */
static double least_of(const struct samples *s, size_t c)
{
	double least = NAN;

	for (int r = 0; r < s->rounds; r++)
		least = fmin(least, *sample(s, c, r));
	return least / 1e3;
}

static void report(struct bench *b, const char *key, const struct bench_field *field, const struct samples *s)
{
	for (size_t c = 0; c < field->count; c++) {
		const char *name = field->at[c].peer->name;
		double error, time = median_of(s, c, TIME, &error);

		if (isnan(time))
			continue;
		bench_row(b, key, name, "time", time, "us");
		bench_row(b, key, name, "least", least_of(s, c), "us");
		if (c == BARE)
			continue;
		bench_row(b, key, name, "over", median_of(s, c, OVER, &error), "us");
		bench_row(b, key, name, "over +-", error, "us");
		bench_row(b, key, name, "ratio", median_of(s, c, RATIO, &error), "x");
		bench_row(b, key, name, "ratio +-", error, "x");
	}
}

void bench_compare(struct bench *b, const char *key, struct bench_field *field, int rounds, bench_measure *measure, void *context)
{
	struct samples s = { bk_alloc((field->count * rounds + 1) * sizeof(double)), rounds };

	for (size_t i = 0; i < field->count * rounds; i++)
		s.at[i] = NAN;
	for (size_t c = 0; c < field->count; c++)	/* warm up: caches, lazily linked code */
		if (!field->at[c].out && field->at[c].peer->every == 1)
			measure(context, c);
	for (int r = 0; r < rounds; r++)
		for (size_t i = 0; i < field->count; i++) {
			size_t c = (i + r) % field->count;

			if (!field->at[c].out && r % field->at[c].peer->every == 0)
				*sample(&s, c, r) = measure(context, c);
		}
	report(b, key, field, &s);
	free(s.at);
}

/* --- over sessions --- */

struct asking {
	struct bench *b;
	struct bench_group *g;
	const char *request;
};

static double ask(void *context, size_t c)
{
	struct asking *a = context;
	double reply[BENCH_REPLY_MAX];

	return bench_session_ask(a->b, &a->g->session[c], a->request, reply) ? reply[0] : NAN;
}

void bench_group_open(struct bench *b, struct bench_group *g, struct bench_field *field, bool pinned)
{
	g->field = field;
	for (size_t c = 0; c < field->count; c++) {
		field->at[c].out = false;
		field->at[c].out = !bench_session_open(b, &g->session[c], &field->at[c], pinned);
	}
}

void bench_group_compare(struct bench *b, const char *key, struct bench_group *g, int rounds, const char *request)
{
	struct asking a = { b, g, request };

	bench_compare(b, key, g->field, rounds, ask, &a);
}

void bench_group_close(struct bench *b, struct bench_group *g)
{
	for (size_t c = 0; c < g->field->count; c++)
		bench_session_close(b, &g->session[c]);
}
