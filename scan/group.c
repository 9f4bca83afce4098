/* SPDX-License-Identifier: Apache-2.0 */
/* One finding for each vulnerability, whatever the number of databases that describe it. */
#include "scan/advisories.h"

#include <string.h>

#include "scan/cvss.h"
#include "scan/ecosystem.h"
#include "scan/osv.h"
#include "scan/version.h"

void bk_hits_clear(struct bk_hits *hits)
{
	for (size_t i = 0; i < hits->count; i++) {
		struct bk_hit *h = &hits->at[i];
		char *texts[] = { h->rule, h->id, h->aliases, h->summary, h->url, h->vectors, h->severity };

		for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
			free(texts[k]);
	}
	hits->count = 0;
}

/* --- groups --- */

/* A name of a hit's advisory. */
struct name {
	struct bk_span text;
	size_t hit;
};
struct names {
	struct name *at;
	size_t count, cap;
};

static void add_names(struct names *names, const char *words, size_t hit)
{
	for (words += strspn(words, " "); *words; words += strspn(words, " ")) {
		size_t n = strcspn(words, " ");

		names->at = bk_grow(names->at, &names->cap, names->count + 1, sizeof *names->at);
		names->at[names->count++] = (struct name){ { words, n }, hit };
		words += n;
	}
}

static int compare_names(const void *a, const void *b)
{
	const struct name *x = a, *y = b;
	int r = bk_span_bytes(x->text, y->text);

	return r ? r : (x->hit > y->hit) - (x->hit < y->hit);
}

static size_t root(struct bk_hits *hits, size_t i)
{
	while (hits->at[i].group != i)
		i = hits->at[i].group = hits->at[hits->at[i].group].group;
	return i;
}

static void join(struct bk_hits *hits, size_t a, size_t b)
{
	a = root(hits, a);
	b = root(hits, b);
	hits->at[a > b ? a : b].group = a < b ? a : b;
}

static void make_groups(struct bk_hits *hits)
{
	struct names names = { 0 };

	for (size_t i = 0; i < hits->count; i++) {
		hits->at[i].group = i;
		add_names(&names, hits->at[i].id, i);
		add_names(&names, hits->at[i].aliases, i);
	}
	qsort(names.at, names.count, sizeof *names.at, compare_names);
	for (size_t i = 1; i < names.count; i++)
		if (bk_span_bytes(names.at[i - 1].text, names.at[i].text) == 0)
			join(hits, names.at[i - 1].hit, names.at[i].hit);
	free(names.at);
	for (size_t i = 0; i < hits->count; i++)
		hits->at[i].group = root(hits, i);
}

static int by_group(const void *a, const void *b)
{
	const struct bk_hit *x = a, *y = b;

	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	return (x->advisory > y->advisory) - (x->advisory < y->advisory);
}

/* --- names of a finding --- */

static int preference(struct bk_span s)
{
	return s.len > 4 && memcmp(s.at, "CVE-", 4) == 0 ? 0 : s.len > 5 && memcmp(s.at, "GHSA-", 5) == 0 ? 1 : 2;
}

static int by_preference(const void *a, const void *b)
{
	const struct name *x = a, *y = b;
	int r = preference(x->text) - preference(y->text);

	return r ? r : bk_span_bytes(x->text, y->text);
}

static void take_names(const struct bk_hit *group, size_t count, struct bk_finding *f)
{
	struct names names = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		add_names(&names, group[i].id, i);
		add_names(&names, group[i].aliases, i);
	}
	qsort(names.at, names.count, sizeof *names.at, by_preference);
	f->id = bk_strndup(names.at[0].text.at, names.at[0].text.len);
	f->aliases = bk_alloc(names.count * sizeof *f->aliases);
	for (size_t i = 1; i < names.count; i++)
		if (bk_span_bytes(names.at[i - 1].text, names.at[i].text) != 0)
			f->aliases[n++] = bk_strndup(names.at[i].text.at, names.at[i].text.len);
	free(names.at);
}

/* --- severity: the highest that one of the sources gives; CVSS 2 only where no newer vector is there --- */

static void take_vectors(const char *vectors, struct bk_finding *f)
{
	for (; *vectors; vectors += strspn(vectors, " ")) {
		size_t n = strcspn(vectors, " ");
		BK_FREE char *one = bk_strndup(vectors, n);
		double score = bk_cvss_score(one);
		bool old = bk_cvss_version(one) == 20, had_old = f->vector && bk_cvss_version(f->vector) == 20;

		vectors += n;
		if (score < 0 || (f->vector && old != had_old ? old : f->vector && score <= f->score))
			continue;
		free(f->vector);
		f->vector = one;
		one = NULL;
		f->score = score;
		f->level = bk_cvss_level(score);
	}
}

static void take_word(const char *word, struct bk_finding *f)
{
	enum bk_level level = bk_level_of_word(word);

	if (!f->vector && level > f->level)
		f->level = level;
}

/* The package itself is the attack: the OpenSSF's malicious-packages records carry no severity. */
static void take_malice(const struct bk_hit *h, struct bk_finding *f)
{
	if (strncmp(h->id, "MAL-", 4) == 0 && !f->vector)
		f->level = BK_LEVEL_CRITICAL;
}

/* --- the fixing version --- */

enum { FIXES_MAX = 100 };		/* tried, from the smallest on: real advisories have a handful */

struct fixes {
	char **at;
	size_t count, cap;
	enum bk_ecosystem ecosystem;
	const char *above;
};

static void take_fix(void *with, const char *version)
{
	struct fixes *f = with;

	if (bk_version_compare(f->ecosystem, version, f->above) <= 0)
		return;
	f->at = bk_grow(f->at, &f->cap, f->count + 1, sizeof *f->at);
	f->at[f->count++] = bk_strdup(version);
}

static int compare_fixes(const void *a, const void *b, void *ecosystem)
{
	return bk_version_compare(*(const enum bk_ecosystem *)ecosystem, *(char *const *)a, *(char *const *)b);
}

static bool is_affected(const struct bk_hit *group, size_t count, enum bk_ecosystem e, const char *version)
{
	for (size_t i = 0; i < count; i++)
		if (bk_osv_affects(group[i].rule, group[i].rule_size, e, version) != 0)
			return true;
	return false;
}

static char *smallest_fix(const struct bk_hit *group, size_t count, const struct bk_component *c)
{
	struct fixes fixes = { .ecosystem = c->ecosystem, .above = bk_ecosystem_is_system(c->ecosystem) && c->source_version ? c->source_version : c->version };
	char *found = NULL;

	for (size_t i = 0; i < count; i++)
		bk_osv_fixes(group[i].rule, group[i].rule_size, take_fix, &fixes);
	if (fixes.count)
		qsort_r(fixes.at, fixes.count, sizeof *fixes.at, compare_fixes, &fixes.ecosystem);
	for (size_t i = 0; i < fixes.count && i < FIXES_MAX && !found; i++)
		if (!is_affected(group, count, c->ecosystem, fixes.at[i]))
			found = bk_strdup(fixes.at[i]);
	for (size_t i = 0; i < fixes.count; i++)
		free(fixes.at[i]);
	free(fixes.at);
	return found;
}

/* --- findings --- */

static void take_texts(const struct bk_hit *h, struct bk_finding *f)
{
	if (!f->summary && *h->summary)
		f->summary = bk_strdup(h->summary);
	if (!f->url && *h->url)
		f->url = bk_strdup(h->url);
}

static void add_finding(const struct bk_hit *group, size_t count, const struct bk_component *c, uint32_t index, struct bk_report *report)
{
	struct bk_finding f = { .detector = "advisory", .component = index, .function = c->function, .path = c->path ? bk_strdup(c->path) : NULL };

	take_names(group, count, &f);
	for (size_t i = 0; i < count; i++) {
		take_texts(&group[i], &f);
		take_vectors(group[i].vectors, &f);
		f.exploited |= group[i].exploited;
		f.epss = group[i].epss > f.epss ? group[i].epss : f.epss;
	}
	for (size_t i = 0; i < count; i++) {
		take_word(group[i].severity, &f);
		take_malice(&group[i], &f);
	}
	f.fixed = smallest_fix(group, count, c);
	report->findings = bk_grow(report->findings, &report->finding_cap, report->finding_count + 1, sizeof f);
	report->findings[report->finding_count++] = f;
}

void bk_hits_group(struct bk_hits *hits, const struct bk_component *c, uint32_t index, struct bk_report *report)
{
	make_groups(hits);
	qsort(hits->at, hits->count, sizeof *hits->at, by_group);
	for (size_t i = 0, n; i < hits->count; i += n) {
		for (n = 1; i + n < hits->count && hits->at[i + n].group == hits->at[i].group; n++)
			;
		add_finding(hits->at + i, n, c, index, report);
	}
}
