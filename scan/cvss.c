/* SPDX-License-Identifier: Apache-2.0 */
#include "scan/cvss.h"

#include <math.h>
#include <string.h>
#include <strings.h>

const char *bk_level_name(enum bk_level level)
{
	static const char *const names[BK_LEVELS] = { "unknown", "none", "low", "medium", "high", "critical" };

	return (unsigned)level < BK_LEVELS ? names[level] : NULL;
}

enum bk_level bk_cvss_level(double score)
{
	if (score < 0)
		return BK_LEVEL_UNKNOWN;
	return score >= 9 ? BK_LEVEL_CRITICAL : score >= 7 ? BK_LEVEL_HIGH : score >= 4 ? BK_LEVEL_MEDIUM : score > 0 ? BK_LEVEL_LOW : BK_LEVEL_NONE;
}

enum bk_level bk_level_of_word(const char *word)
{
	static const struct { const char *word; enum bk_level level; } words[] = {
		{ "none", BK_LEVEL_NONE }, { "low", BK_LEVEL_LOW }, { "negligible", BK_LEVEL_LOW }, { "unimportant", BK_LEVEL_LOW },
		{ "minor", BK_LEVEL_LOW }, { "medium", BK_LEVEL_MEDIUM }, { "moderate", BK_LEVEL_MEDIUM }, { "high", BK_LEVEL_HIGH },
		{ "important", BK_LEVEL_HIGH }, { "critical", BK_LEVEL_CRITICAL },
	};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcasecmp(word, words[i].word) == 0)
			return words[i].level;
	return BK_LEVEL_UNKNOWN;
}

int bk_cvss_version(const char *vector)
{
	static const struct { const char *prefix; int version; } prefixes[] = {
		{ "CVSS:3.1/", 31 }, { "CVSS:3.0/", 30 }, { "CVSS:4.0/", 40 }, { "AV:", 20 }, { "(AV:", 20 }, { "CVSS2#AV:", 20 },
	};

	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
		if (strncmp(vector, prefixes[i].prefix, strlen(prefixes[i].prefix)) == 0)
			return prefixes[i].version;
	return 0;
}

char bk_cvss_metric(const char *vector, const char *name)
{
	size_t n = strlen(name);

	for (const char *at = vector + strcspn(vector, "/"), *begin = vector + strspn(vector, "("); ; begin = at + 1, at += 1 + strcspn(at + 1, "/")) {
		if (strncmp(begin, "CVSS2#", 6) == 0)
			begin += 6;
		if (strncmp(begin, name, n) == 0 && begin[n] == ':')
			return begin[n + 1];
		if (!*at)
			return 0;
	}
}

/* The weight of a metric: `values` are its letters, each with the weight at the same place.  NAN for another letter, or where it is missing. */
static double weight(const char *vector, const char *name, const char *values, const double *weights)
{
	char c = bk_cvss_metric(vector, name);
	const char *at = c ? strchr(values, c) : NULL;

	return at ? weights[at - values] : NAN;
}
#define WEIGHT(vector, name, values, ...) weight(vector, name, values, (const double[]){ __VA_ARGS__ })

static double score2(const char *v)
{
	double c = WEIGHT(v, "C", "NPC", 0, 0.275, 0.66), i = WEIGHT(v, "I", "NPC", 0, 0.275, 0.66), a = WEIGHT(v, "A", "NPC", 0, 0.275, 0.66);
	double impact = 10.41 * (1 - (1 - c) * (1 - i) * (1 - a));
	double exploitability = 20 * WEIGHT(v, "AV", "LAN", 0.395, 0.646, 1) * WEIGHT(v, "AC", "HML", 0.35, 0.61, 0.71) * WEIGHT(v, "Au", "MSN", 0.45, 0.56, 0.704);

	return round((0.6 * impact + 0.4 * exploitability - 1.5) * (impact == 0 ? 0 : 1.176) * 10) / 10;
}

/* The smallest number of one decimal that is not below: 3.1 has it in integers, so that 4.02 does not become 4.1 for a rounding error. */
static double round_up(double x, bool integers)
{
	long n = lround(x * 100000);

	if (!integers)
		return ceil(x * 10) / 10;
	return n % 10000 == 0 ? (double)n / 100000 : (double)(n / 10000 + 1) / 10;
}

static double score3(const char *v, bool v31)
{
	bool changed = bk_cvss_metric(v, "S") == 'C';
	double c = WEIGHT(v, "C", "NLH", 0, 0.22, 0.56), i = WEIGHT(v, "I", "NLH", 0, 0.22, 0.56), a = WEIGHT(v, "A", "NLH", 0, 0.22, 0.56);
	double iss = 1 - (1 - c) * (1 - i) * (1 - a);
	double impact = changed ? 7.52 * (iss - 0.029) - 3.25 * pow(iss - 0.02, 15) : 6.42 * iss;
	double pr = changed ? WEIGHT(v, "PR", "NLH", 0.85, 0.68, 0.5) : WEIGHT(v, "PR", "NLH", 0.85, 0.62, 0.27);
	double exploitability = 8.22 * WEIGHT(v, "AV", "NALP", 0.85, 0.62, 0.55, 0.2) * WEIGHT(v, "AC", "LH", 0.77, 0.44) * pr * WEIGHT(v, "UI", "NR", 0.85, 0.62);
	double sum = impact + exploitability + WEIGHT(v, "S", "UC", 0, 0);

	if (isnan(sum))
		return NAN;
	return impact <= 0 ? 0 : round_up(fmin(changed ? 1.08 * sum : sum, 10), v31);
}

double bk_cvss_score(const char *vector)
{
	int version = bk_cvss_version(vector);
	double score = version == 20 ? score2(vector) : version == 40 ? bk_cvss4_score(vector) : version ? score3(vector, version == 31) : NAN;

	return isnan(score) ? -1 : fmax(score, 0);
}
