/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CVSS 4.0, section 8: a vector belongs to a class of vectors (MacroVector), which has a score; how far the vector is from the class's most severe
 * one, in each direction in which there is a lower class, takes a share of the way to that class's score, and the mean of the shares is
 * subtracted.  With base metrics alone exploit maturity is "attacked" and all requirements are high, so that EQ5 is always 0 and EQ6 follows EQ3.
 */
#include "scan/cvss.h"

#include <math.h>
#include <string.h>

enum { NONE = -1 };

/* Scores of the classes with EQ5 = 0, in tenths: [EQ1][EQ2][EQ3 and EQ6: 00, 01, 10, 11, 21][EQ4: 1, 2]. */
static const signed char scores[3][2][5][2] = {
	{ { { 100, 93 }, { 96, 90 }, { 93, 88 }, { 92, 80 }, { 79, 69 } }, { { 95, 92 }, { 91, 81 }, { 92, 84 }, { 82, 70 }, { 71, 63 } } },
	{ { { 94, 87 }, { 89, 75 }, { 86, 72 }, { 76, 57 }, { 65, 53 } }, { { 90, 77 }, { 77, 66 }, { 74, 61 }, { 59, 52 }, { 58, 23 } } },
	{ { { 86, 70 }, { 74, 54 }, { 72, 53 }, { 57, 36 }, { 47, 24 } }, { { 73, 54 }, { 55, 43 }, { 61, 46 }, { 51, 18 }, { 24, 10 } } },
};
enum { EQ36_00, EQ36_01, EQ36_10, EQ36_11, EQ36_21 };

/* How far a letter is below the first one, for each base metric; "N" of what comes behind the system is never the worst. */
static const struct metric {
	const char *name, *letters;
} metrics[] = {
	{ "AV", "NALP" }, { "PR", "NLH" }, { "UI", "NPA" }, { "AC", "LH" }, { "AT", "NP" }, { "VC", "HLN" }, { "VI", "HLN" }, { "VA", "HLN" },
	{ "SC", "HLN" }, { "SI", "HLN" }, { "SA", "HLN" },
};
enum { AV, PR, UI, AC, AT, VC, VI, VA, SC, SI, SA, METRICS };

static bool read_levels(const char *vector, int *level)
{
	for (int i = 0; i < METRICS; i++) {
		char c = bk_cvss_metric(vector, metrics[i].name);
		const char *at = c ? strchr(metrics[i].letters, c) : NULL;

		if (!at)
			return false;
		level[i] = (int)(at - metrics[i].letters);
	}
	return true;
}

/* The distance to the first of the most severe ones that is nowhere below the vector. */
static int distance(const int *level, const int (*worst)[3], int count)
{
	for (int i = 0; i < count; i++)
		if (level[0] >= worst[i][0] && level[1] >= worst[i][1] && level[2] >= worst[i][2])
			return level[0] + level[1] + level[2] - worst[i][0] - worst[i][1] - worst[i][2];
	return 0;
}

static int distance1(const int *l, int eq1)
{
	static const int worst[3][3][3] = { { { 0, 0, 0 } }, { { 1, 0, 0 }, { 0, 1, 0 }, { 0, 0, 1 } }, { { 3, 0, 0 }, { 1, 1, 1 } } };
	static const int count[] = { 1, 3, 2 };

	return distance(l + AV, worst[eq1], count[eq1]);
}

static int distance3(const int *l, int eq3)
{
	static const int worst[3][2][3] = { { { 0, 0, 0 } }, { { 1, 0, 0 }, { 0, 1, 0 } }, { { 1, 1, 1 } } };
	static const int count[] = { 1, 2, 1 };

	return distance(l + VC, worst[eq3], count[eq3]);
}

static int class1(const int *l)
{
	if (!l[AV] && !l[PR] && !l[UI])
		return 0;
	return l[AV] != 3 && (!l[AV] || !l[PR] || !l[UI]) ? 1 : 2;
}

static int class3(const int *l)
{
	if (!l[VC] && !l[VI])
		return 0;
	return !l[VC] || !l[VI] || !l[VA] ? 1 : 2;
}

static int lower36(const signed char (*of)[2], int eq3, int eq4)
{
	if (eq3 == 0)
		return of[EQ36_01][eq4] > of[EQ36_10][eq4] ? of[EQ36_01][eq4] : of[EQ36_10][eq4];
	return eq3 == 1 ? of[EQ36_11][eq4] : NONE;
}

double bk_cvss4_score(const char *vector)
{
	static const int depth1[] = { 1, 4, 5 }, depth2[] = { 1, 2 }, depth3[] = { 7, 8, 10 }, depth4[] = { 5, 4 };
	static const int row[] = { EQ36_00, EQ36_10, EQ36_21 };
	int l[METRICS];

	if (!read_levels(vector, l))
		return NAN;
	if (l[VC] == 2 && l[VI] == 2 && l[VA] == 2 && l[SC] == 2 && l[SI] == 2 && l[SA] == 2)
		return 0;
	int eq1 = class1(l), eq2 = l[AC] || l[AT], eq3 = class3(l), eq4 = l[SC] && l[SI] && l[SA];	/* EQ4 counts from 1 */
	int score = scores[eq1][eq2][row[eq3]][eq4];
	const struct { int lower, distance, depth; } ways[] = {
		{ eq1 < 2 ? scores[eq1 + 1][eq2][row[eq3]][eq4] : NONE, distance1(l, eq1), depth1[eq1] },
		{ eq2 < 1 ? scores[eq1][eq2 + 1][row[eq3]][eq4] : NONE, l[AC] + l[AT] - eq2, depth2[eq2] },
		{ lower36(scores[eq1][eq2], eq3, eq4), distance3(l, eq3), depth3[eq3] },
		{ eq4 < 1 ? scores[eq1][eq2][row[eq3]][eq4 + 1] : NONE, l[SC] + l[SI] + l[SA] - 3 * eq4, depth4[eq4] },
	};
	double sum = 0;
	int count = 1;			/* there is always a lower class of EQ5, at no distance */

	for (int i = 0; i < 4; i++)
		if (ways[i].lower != NONE) {
			sum += (double)(score - ways[i].lower) * ways[i].distance / ways[i].depth;
			count++;
		}
	return floor(score - sum / count + 0.5 + 1e-5) / 10;
}
