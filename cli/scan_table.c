/* SPDX-License-Identifier: Apache-2.0 */
/* The report for people: one line a finding, the most urgent first, and what the figures are worth below. */
#include "cli/scan.h"

#include <string.h>

enum { SEVERITY, EXPLOITED, EPSS, ID, PACKAGE, VERSION, FIXED, REACHED, KNOWN, PATH, COLUMNS };

struct table {
	const struct bk_scan_view *v;
	FILE *f;
	unsigned width[COLUMNS];	/* 0: the column is left out */
};

static const char *const heads[COLUMNS] = { "severity", "exploited", "epss", "id", "package", "version", "fixed in", "reached", "known by", "where" };
static const unsigned caps[COLUMNS] = { 8, 9, 6, 22, 44, 24, 24, 7, 8, 60 };

/* The text is valid until the next call. */
static const char *cell(const struct bk_scan_view *v, const struct bk_finding *f, int column)
{
	static char epss[16];
	static const char *const reach[] = { "", "no", "yes" };
	const struct bk_component *c = bk_scan_component(v, f);
	const char *texts[COLUMNS] = {
		[SEVERITY] = bk_level_name(f->level), [EXPLOITED] = f->exploited ? "yes" : "", [ID] = f->id, [PACKAGE] = c ? c->name : "",
		[VERSION] = c ? c->version : "", [FIXED] = f->fixed, [REACHED] = c ? reach[c->reach] : "",
		[KNOWN] = c && c->evidence != BK_INSTALLED ? bk_evidence_name(c->evidence) : "", [PATH] = f->path,
	};

	if (column == EPSS && f->epss > 0) {
		snprintf(epss, sizeof epss, "%.1f%%", f->epss * 100);
		return epss;
	}
	return texts[column] ? texts[column] : "";
}

/* Characters of UTF-8; each is taken for one column. */
static unsigned columns_of(const char *s)
{
	unsigned n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

/* Bytes of the first `n` characters. */
static size_t bytes_of(const char *s, unsigned n)
{
	size_t i = 0;

	while (s[i] && (n || ((unsigned char)s[i] & 0xc0) == 0x80))
		n -= ((unsigned char)s[i++] & 0xc0) != 0x80;
	return i;
}

/* A text in its column, cut with a mark; the last one of a line is not padded. */
static void put(const struct table *t, const char *text, unsigned width, bool last)
{
	unsigned n = columns_of(text);
	bool cut = n > width && t->v->width;

	bk_cli_put(t->f, text, cut ? bytes_of(text, width > 1 ? width - 1 : 0) : strlen(text));
	if (cut)
		fputs("…", t->f);
	for (; !last && n < width; n++)
		putc(' ', t->f);
	if (!last)
		fputs("  ", t->f);
}

static unsigned width_of(const struct table *t)
{
	unsigned n = 0;

	for (int c = 0; c < COLUMNS; c++)
		n += t->width[c] ? t->width[c] + 2 : 0;
	return n ? n - 2 : 0;
}

/* The first of these columns that is there is left out; false where none is. */
static bool drop_column(struct table *t, const int *order, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (t->width[order[i]]) {
			t->width[order[i]] = 0;
			return true;
		}
	return false;
}

/* The widest of the names and versions is cut; false where all are short already.  An id is never cut: people search for it. */
static bool cut_widest(struct table *t)
{
	unsigned *widest = &t->width[PACKAGE];

	widest = t->width[VERSION] > *widest ? &t->width[VERSION] : widest;
	widest = t->width[FIXED] > *widest ? &t->width[FIXED] : widest;
	if (*widest <= 10)
		return false;
	--*widest;
	return true;
}

/* A narrow terminal: the path is cut or goes, then columns go that people miss least, then names are cut. */
static void narrow(struct table *t)
{
	static const int first[] = { PATH, KNOWN, EPSS }, last[] = { REACHED, EXPLOITED };
	unsigned n;

	while ((n = width_of(t)) > t->v->width) {
		unsigned over = n - t->v->width;

		if (t->width[PATH] > over + 11)
			t->width[PATH] -= over;
		else if (!drop_column(t, first, 3) && !cut_widest(t) && !drop_column(t, last, 2))
			return;
	}
}

static void measure(struct table *t)
{
	const struct bk_scan_view *v = t->v;

	for (size_t i = 0; i < v->shown_count; i++)
		for (int c = 0; c < COLUMNS; c++) {
			unsigned n = columns_of(cell(v, bk_scan_finding(v, i), c));

			t->width[c] = n > t->width[c] ? n : t->width[c];
		}
	for (int c = 0; c < COLUMNS; c++) {
		unsigned head = (unsigned)strlen(heads[c]);

		if (t->width[c] && t->width[c] < head)
			t->width[c] = head;
		if (v->width && t->width[c] > caps[c])
			t->width[c] = caps[c];
	}
	if (v->width)
		narrow(t);
}

static const char *colour_of(const struct bk_finding *f)
{
	if (f->exploited || f->level == BK_LEVEL_CRITICAL)
		return "\033[1;31m";
	return f->level == BK_LEVEL_HIGH ? "\033[31m" : f->level == BK_LEVEL_MEDIUM || f->level == BK_LEVEL_UNKNOWN ? "\033[33m" : "";
}

static int last_column(const struct table *t)
{
	int last = COLUMNS - 1;

	while (last > 0 && !t->width[last])
		last--;
	return last;
}

static void row(const struct table *t, const struct bk_finding *f)
{
	const char *colour = f && t->v->colour ? colour_of(f) : t->v->colour ? "\033[1m" : "";
	int last = last_column(t);

	for (int c = 0; c <= last; c++) {
		bool paint = *colour && (c == SEVERITY || !f);

		if (!t->width[c])
			continue;
		if (paint)
			fputs(colour, t->f);
		put(t, f ? cell(t->v, f, c) : heads[c], t->width[c], c == last);
		if (paint)
			fputs("\033[0m", t->f);
	}
	putc('\n', t->f);
}

static bool rows_of(const struct table *t, uint32_t function)
{
	bool begun = false;

	for (size_t i = 0; i < t->v->shown_count; i++) {
		const struct bk_finding *f = bk_scan_finding(t->v, i);

		if (f->function != function)
			continue;
		if (!begun)
			row(t, NULL);
		begun = true;
		row(t, f);
	}
	return begun;
}

static void head_of(const struct table *t, const struct bk_function *f, bool first)
{
	if (!first)
		putc('\n', t->f);
	fputs("function ", t->f);
	bk_cli_put(t->f, f->name, strlen(f->name));
	if (f->runtime) {
		fputs(", ", t->f);
		bk_cli_put(t->f, f->runtime, strlen(f->runtime));
	}
	fputs(":\n", t->f);
}

static void findings(struct table *t)
{
	const struct bk_report *r = t->v->report;
	bool several = r->function_count > 1;

	measure(t);
	for (uint32_t i = 0; i < (r->function_count ? r->function_count : 1); i++) {
		if (several)
			head_of(t, &r->functions[i], i == 0);
		if (!rows_of(t, i) && several)
			fputs("no finding\n", t->f);
	}
}

/* --- components --- */

static void components_of(const struct table *t, uint32_t function)
{
	const struct bk_components *list = &t->v->report->components;

	for (size_t i = 0; i < list->count; i++) {
		const struct bk_component *c = &list->at[i];

		if (c->function != function)
			continue;
		fprintf(t->f, "%-9s  ", bk_evidence_name(c->evidence));
		bk_cli_put(t->f, c->purl, strlen(c->purl));
		if (c->path) {
			fputs("  ", t->f);
			bk_cli_put(t->f, c->path, strlen(c->path));
		}
		putc('\n', t->f);
	}
}

static void components(const struct table *t)
{
	const struct bk_report *r = t->v->report;

	for (uint32_t i = 0; i < (r->function_count ? r->function_count : 1); i++) {
		if (r->function_count > 1)
			head_of(t, &r->functions[i], i == 0);
		components_of(t, i);
	}
}

/* --- below --- */

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

static size_t packages_with(const struct bk_scan_view *v)
{
	uint8_t *seen = bk_alloc(v->report->components.count + 1);
	size_t n = 0;

	for (size_t i = 0; i < v->shown_count; i++) {
		uint32_t c = bk_scan_finding(v, i)->component;

		if (c < v->report->components.count && !seen[c]++)
			n++;
	}
	free(seen);
	return n;
}

static void levels(const struct table *t)
{
	static const enum bk_level order[] = { BK_LEVEL_CRITICAL, BK_LEVEL_HIGH, BK_LEVEL_UNKNOWN, BK_LEVEL_MEDIUM, BK_LEVEL_LOW, BK_LEVEL_NONE };
	size_t exploited = 0, fixed = 0, n[BK_LEVELS] = { 0 };
	const char *comma = "";

	for (size_t i = 0; i < t->v->shown_count; i++) {
		const struct bk_finding *f = bk_scan_finding(t->v, i);

		n[f->level]++;
		exploited += f->exploited;
		fixed += f->fixed != NULL;
	}
	for (size_t i = 0; i < BK_LEVELS; i++)
		if (n[order[i]]) {
			fprintf(t->f, "%s%s %s", comma, bk_cli_count(n[order[i]]), order[i] == BK_LEVEL_UNKNOWN ? "of unknown severity" : bk_level_name(order[i]));
			comma = ", ";
		}
	fprintf(t->f, "; %s known to be exploited, %s with a fix\n", bk_cli_count(exploited), bk_cli_count(fixed));
}

static void verdict(const struct table *t)
{
	const struct bk_scan_view *v = t->v;
	const struct bk_report *r = v->report;

	if (v->list)
		fprintf(t->f, "%s package%s\n", bk_cli_count(r->components.count), plural(r->components.count));
	else if (v->shown_count) {
		fprintf(t->f, "%s finding%s in %s of %s package%s: ", bk_cli_count(v->shown_count), plural(v->shown_count), bk_cli_count(packages_with(v)),
			bk_cli_count(r->components.count), plural(r->components.count));
		levels(t);
	} else if (r->unread || r->unchecked)
		fprintf(t->f, "nothing known against what could be checked of %s package%s\n", bk_cli_count(r->components.count), plural(r->components.count));
	else if (r->recognised)
		fprintf(t->f, "nothing known against the %s package%s\n", bk_cli_count(r->components.count), plural(r->components.count));
}

static void reservations(const struct table *t)
{
	const struct bk_scan_view *v = t->v;
	const struct bk_report *r = v->report;

	if (v->suppressed_count)
		fprintf(t->f, "%s suppressed by a person's decision\n", bk_cli_count(v->suppressed_count));
	if (v->unfixed)
		fprintf(t->f, "%s without a fix not shown (--only-fixed)\n", bk_cli_count(v->unfixed));
	if (r->native_count)
		fprintf(t->f, "%s native file%s that no package speaks for: nothing is known about %s\n", bk_cli_count(r->native_count), plural(r->native_count),
			r->native_count == 1 ? "it" : "them");
	if (r->unchecked)
		fprintf(t->f, "NOT CHECKED: %s package%s\n", bk_cli_count(r->unchecked), plural(r->unchecked));
	if (r->unread)
		fprintf(t->f, "NOT READ: %s of %s file%s\n", bk_cli_count(r->unread), bk_cli_count(r->files), plural(r->files));
	if (!r->recognised)
		fputs("NOTHING RECOGNISED: this is no verdict\n", t->f);
}

static void database(const struct table *t)
{
	BK_FREE char *text = bk_scan_database(t->v);

	if (!text)
		return;
	fputs("database: ", t->f);
	bk_cli_put(t->f, text, strlen(text));
	putc('\n', t->f);
}

void bk_scan_table(const struct bk_scan_view *v, FILE *f)
{
	struct table t = { .v = v, .f = f };

	if (v->list)
		components(&t);
	else if (v->shown_count)
		findings(&t);
	if (v->list ? v->report->components.count : v->shown_count)
		putc('\n', f);
	verdict(&t);
	reservations(&t);
	database(&t);
}
