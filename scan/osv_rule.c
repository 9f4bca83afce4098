/* SPDX-License-Identifier: Apache-2.0 */
/* The evaluation of the OSV schema ("Evaluation": IsVulnerable, IncludedInVersions, IncludedInRanges, BeforeLimits). */
#include "scan/osv.h"

#include <string.h>

#include "scan/version.h"

struct rule {
	const char *at, *end;
	char kind;			/* of the token in hand, 0 at the end */
	const char *text;
};

/* The next token; false where the rest is none. */
static bool next(struct rule *r)
{
	const char *zero;

	r->kind = 0;
	if (r->at == r->end)
		return true;
	zero = memchr(r->at, '\0', (size_t)(r->end - r->at));
	if (!zero || zero == r->at || !strchr("SEiflmv", *r->at))
		return false;
	r->kind = *r->at;
	r->text = r->at + 1;
	r->at = zero + 1;
	return true;
}

struct range {
	bool vulnerable, limited, below;
	int (*order)(enum bk_ecosystem, const char *, const char *);
};

static int semver(enum bk_ecosystem e, const char *a, const char *b)
{
	(void)e;
	return bk_version_semver(a, b);
}

static void event(struct range *range, const struct rule *r, enum bk_ecosystem e, const char *v)
{
	if (r->kind == 'i' && (strcmp(r->text, "0") == 0 || range->order(e, v, r->text) >= 0))
		range->vulnerable = true;
	else if (r->kind == 'f' && range->order(e, v, r->text) >= 0)
		range->vulnerable = false;
	else if (r->kind == 'l' && range->order(e, v, r->text) > 0)
		range->vulnerable = false;
	if (r->kind == 'm') {
		range->limited = true;
		range->below |= strchr(r->text, '*') || range->order(e, v, r->text) < 0;
	}
}

static bool included(const struct range *range)
{
	return range->vulnerable && (!range->limited || range->below);
}

int bk_osv_affects(const char *rule, size_t size, enum bk_ecosystem e, const char *version)
{
	struct rule r = { rule, rule + size, 0, NULL };
	struct range range = { .order = bk_version_compare };

	while (next(&r)) {
		bool ends = !r.kind || r.kind == 'S' || r.kind == 'E' || r.kind == 'v';

		if (ends && included(&range))
			return 1;
		if (!r.kind)
			return 0;
		if (ends)
			range = (struct range){ .order = r.kind == 'S' ? semver : bk_version_compare };
		if (r.kind == 'v' && (strcmp(r.text, version) == 0 || bk_version_compare(e, version, r.text) == 0))
			return 1;
		event(&range, &r, e, version);
	}
	return -1;
}

bool bk_osv_fixes(const char *rule, size_t size, void (*take)(void *with, const char *version), void *with)
{
	struct rule r = { rule, rule + size, 0, NULL };

	while (next(&r)) {
		if (!r.kind)
			return true;
		if (r.kind == 'f')
			take(with, r.text);
	}
	return false;
}
