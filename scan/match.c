/* SPDX-License-Identifier: Apache-2.0 */
/* Asks the database about every component of a report. */
#include "scan/advisories.h"

#include <errno.h>
#include <string.h>

#include "scan/ecosystem.h"
#include "scan/osv.h"

/* Ecosystems and releases that components are of, and whether the database has them. */
struct coverage {
	struct kind {
		enum bk_ecosystem ecosystem;
		const char *release;
		bool covered;
		uint64_t components;
	} *at;
	size_t count, cap;
};

struct match {
	struct bk_advisories *a;
	struct bk_report *report;
	struct coverage coverage;
	struct bk_hits hits;
	bool failed;
};

static void fail(struct match *m)
{
	if (!m->failed)
		bk_advisories_damaged(m->a, &m->report->diags);
	m->failed = true;
}

static void fail_rule(struct match *m, const char *name)
{
	if (!m->failed)
		bk_diag_add(&m->report->diags, BK_ERROR, m->a->path, 0, 0, "a damaged advisory database: the rule of %s is none; build it again", name);
	m->failed = true;
}

/* A row, or the end; false at the end and with an error. */
static bool row(struct match *m, sqlite3_stmt *s)
{
	int r = sqlite3_step(s);

	if (r != SQLITE_ROW && r != SQLITE_DONE)
		fail(m);
	return r == SQLITE_ROW;
}

static char *column(sqlite3_stmt *s, int i)
{
	const unsigned char *text = sqlite3_column_text(s, i);

	return bk_strdup(text ? (const char *)text : "");
}

/* --- what the database covers --- */

static bool is_covered(struct match *m, enum bk_ecosystem e, const char *release)
{
	sqlite3_stmt *s = m->a->statement[BK_COVERED];

	sqlite3_bind_int(s, 1, e);
	sqlite3_bind_text(s, 2, release, -1, SQLITE_STATIC);
	bool found = row(m, s);
	sqlite3_reset(s);
	return found;
}

static struct kind *kind_of(struct match *m, const struct bk_component *c)
{
	const char *release = c->release ? c->release : "";
	struct coverage *v = &m->coverage;

	for (size_t i = v->count; i-- > 0; )
		if (v->at[i].ecosystem == c->ecosystem && strcmp(v->at[i].release, release) == 0)
			return &v->at[i];
	v->at = bk_grow(v->at, &v->cap, v->count + 1, sizeof *v->at);
	v->at[v->count] = (struct kind){ c->ecosystem, release, is_covered(m, c->ecosystem, release), 0 };
	return &v->at[v->count++];
}

static void tell_uncovered(struct match *m)
{
	for (size_t i = 0; i < m->coverage.count; i++) {
		const struct kind *k = &m->coverage.at[i];
		const char *name = bk_ecosystem_name(k->ecosystem);

		if (k->covered)
			continue;
		m->report->unchecked += k->components;
		if (*k->release)
			bk_diag_add(&m->report->diags, BK_WARNING, NULL, 0, 0, "the database has no advisories for %s:%s; components not checked: %llu",
				    name, k->release, (unsigned long long)k->components);
		else
			bk_diag_add(&m->report->diags, BK_WARNING, NULL, 0, 0, "the database has no advisories for %s; components not checked: %llu",
				    name, (unsigned long long)k->components);
	}
}

/* --- one component --- */

static bool is_for_release(sqlite3_stmt *s, const struct bk_component *c)
{
	const char *release = (const char *)sqlite3_column_text(s, 0);

	return !release || !*release || (c->release && strcmp(release, c->release) == 0);
}

static void take_row(struct match *m, sqlite3_stmt *s, const struct bk_component *c, const char *version)
{
	const char *rule = sqlite3_column_blob(s, 2);
	size_t size = (size_t)sqlite3_column_bytes(s, 2);
	int affects = is_for_release(s, c) ? bk_osv_affects(rule ? rule : "", size, c->ecosystem, version) : 0;
	struct bk_hits *h = &m->hits;

	if (affects < 0)
		fail_rule(m, c->name);
	if (affects <= 0)
		return;
	h->at = bk_grow(h->at, &h->cap, h->count + 1, sizeof *h->at);
	h->at[h->count] = (struct bk_hit){ .advisory = sqlite3_column_int64(s, 1), .rule = bk_alloc(size), .rule_size = size };
	memcpy(h->at[h->count++].rule, rule, size);
}

static void find(struct match *m, const struct bk_component *c)
{
	bool system = bk_ecosystem_is_system(c->ecosystem);
	BK_FREE char *key = bk_package_key(c->ecosystem, system && c->source ? c->source : c->name);
	sqlite3_stmt *s = m->a->statement[BK_FIND];

	sqlite3_bind_int(s, 1, c->ecosystem);
	sqlite3_bind_text(s, 2, key, -1, SQLITE_STATIC);
	while (!m->failed && row(m, s))
		take_row(m, s, c, system && c->source_version ? c->source_version : c->version);
	sqlite3_reset(s);
	sqlite3_clear_bindings(s);
}

static void read_advisory(struct match *m, struct bk_hit *h)
{
	sqlite3_stmt *s = m->a->statement[BK_READ];
	char **texts[] = { &h->id, &h->aliases, &h->summary, &h->url, &h->vectors, &h->severity };

	sqlite3_bind_int64(s, 1, h->advisory);
	if (row(m, s)) {
		for (int i = 0; i < 6; i++)
			*texts[i] = column(s, i);
		h->exploited = sqlite3_column_int(s, 6);
		h->epss = sqlite3_column_double(s, 7);
	} else {
		fail_rule(m, "an advisory");
	}
	sqlite3_reset(s);
}

static void match_one(struct match *m, uint32_t i)
{
	const struct bk_component *c = &m->report->components.at[i];
	struct kind *kind = kind_of(m, c);

	kind->components++;
	if (!kind->covered)
		return;
	if (!c->version || !*c->version || strlen(c->version) > BK_OSV_VERSION_MAX) {
		m->report->unchecked++;
		bk_diag_add(&m->report->diags, BK_WARNING, c->path, 0, 0, "%s has no version, or one of more than 1024 bytes; not checked", c->name);
		return;
	}
	find(m, c);
	for (size_t k = 0; k < m->hits.count && !m->failed; k++)
		read_advisory(m, &m->hits.at[k]);
	if (m->hits.count && !m->failed)
		bk_hits_group(&m->hits, c, i, m->report);
	bk_hits_clear(&m->hits);
}

int bk_advisories_match(struct bk_advisories *a, struct bk_report *report)
{
	struct match m = { .a = a, .report = report };

	for (size_t i = 0; i < report->components.count && !m.failed; i++)
		match_one(&m, (uint32_t)i);
	tell_uncovered(&m);
	free(m.coverage.at);
	free(m.hits.at);
	return m.failed ? -EINVAL : 0;
}
