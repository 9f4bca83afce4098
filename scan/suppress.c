/* SPDX-License-Identifier: Apache-2.0 */
#include "scan/suppress.h"

#include <fnmatch.h>
#include <string.h>
#include <strings.h>

/* One character of a package URL: percent-encoding is undone, as "@" and "%40" say the same before a name. */
static int unescaped(const char **at, const char *end)
{
	uint8_t byte = 0;
	char digits[3] = "";

	if (*at == end)
		return -1;
	if (**at == '%' && end - *at > 2) {
		memcpy(digits, *at + 1, 2);
		if (bk_unhex(digits, &byte, 1)) {
			*at += 3;
			return byte;
		}
	}
	return (unsigned char)*(*at)++;
}

static bool same(const char *a, const char *a_end, const char *b, const char *b_end)
{
	int x, y;

	do {
		x = unescaped(&a, a_end);
		y = unescaped(&b, b_end);
	} while (x == y && x >= 0);
	return x == y;
}

/* Where the version's "@" is, or the end: a scope's "@" stands behind a slash. */
static const char *version_of(const char *purl, const char *end)
{
	for (const char *at = end; at > purl + 1; at--)
		if (at[-1] == '@')
			return at[-2] == '/' ? end : at - 1;
	return end;
}

bool bk_purl_fits(const char *wanted, const char *purl)
{
	const char *w_end = wanted + strcspn(wanted, "?#"), *p_end = purl + strcspn(purl, "?#");
	const char *w_version = version_of(wanted, w_end), *p_version = version_of(purl, p_end);

	if (!same(wanted, w_version, purl, p_version))
		return false;
	return w_version == w_end || same(w_version, w_end, p_version, p_end);
}

static bool has_id(char **ids, const struct bk_finding *f)
{
	for (; *ids; ids++) {
		if (strcasecmp(*ids, f->id) == 0)
			return true;
		for (char **alias = f->aliases; alias && *alias; alias++)
			if (strcasecmp(*ids, *alias) == 0)
				return true;
	}
	return false;
}

static bool has_package(char **packages, const struct bk_component *c)
{
	for (; c && c->purl && *packages; packages++)
		if (bk_purl_fits(*packages, c->purl))
			return true;
	return false;
}

static bool fits(const struct bk_suppression *s, const struct bk_finding *f, const struct bk_component *c)
{
	if (s->ids && !has_id(s->ids, f))
		return false;
	if (s->packages && !has_package(s->packages, c))
		return false;
	return !s->path || (f->path && fnmatch(s->path, f->path, 0) == 0);
}

static bool is_past(const struct bk_suppression *s, const char *today)
{
	return s->expires && strcmp(s->expires, today) < 0;
}

static void suppress_one(struct bk_suppressions *list, const char *today, struct bk_report *report, struct bk_finding *f)
{
	const struct bk_component *c = f->component < report->components.count ? &report->components.at[f->component] : NULL;
	const struct bk_suppression *by = NULL;

	for (size_t i = 0; i < list->count; i++) {
		struct bk_suppression *s = &list->at[i];

		if (is_past(s, today) || !fits(s, f, c))
			continue;
		s->used = true;
		if (!by || !s->timestamp || !by->timestamp || strcmp(s->timestamp, by->timestamp) >= 0)
			by = s;
	}
	if (by && by->reason) {
		free(f->suppressed);
		f->suppressed = bk_strdup(by->reason);
	}
}

void bk_suppress(struct bk_suppressions *list, const char *today, struct bk_report *report)
{
	for (size_t i = 0; i < report->finding_count; i++)
		suppress_one(list, today, report, &report->findings[i]);
	for (size_t i = 0; i < list->count; i++) {
		const struct bk_suppression *s = &list->at[i];

		if (is_past(s, today))
			bk_diag_add(&report->diags, BK_WARNING, s->file, s->line, 1, "ended on %s and holds no more", s->expires);
		else if (!s->used)
			bk_diag_add(&report->diags, BK_NOTE, s->file, s->line, s->line != 0, "fits no finding");
	}
}

static void free_list(char **list)
{
	for (char **at = list; at && *at; at++)
		free(*at);
	free(list);
}

void bk_suppressions_free(struct bk_suppressions *list)
{
	for (size_t i = 0; i < list->count; i++) {
		struct bk_suppression *s = &list->at[i];

		free_list(s->ids);
		free_list(s->packages);
		free(s->path);
		free(s->reason);
		free(s->expires);
		free(s->timestamp);
		free(s->file);
	}
	free(list->at);
	*list = (struct bk_suppressions){ 0 };
}
