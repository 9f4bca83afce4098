/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include "core/match.h"
#include "lang/covers.h"
#include "lang/lint.h"

#define PAIRS_MOST 4000000u		/* of rules that are compared for one section */

struct pairs {
	struct bk_lint *lint;
	enum bk_section section;
	const struct bk_model_rule *rules;
	bool *told;			/* the rule has its warning: one is enough */
	size_t left;			/* comparisons */
};

static void tell(struct pairs *p, size_t about, size_t other, const char *what, const char *why)
{
	const struct bk_model_rule *r = &p->rules[about];

	if (!p->told[about])
		bk_lint_warn(p->lint, r, "%s: the rule in line %u %s", what, p->rules[other].line, why);
	p->told[about] = true;
}

#define TAKES   "takes all that it would"
#define FORBIDS "forbids it, and that wins"

/* a stands before b in the text. */
static void compare_pair(struct pairs *p, size_t a, size_t b)
{
	const struct bk_model_rule *x = &p->rules[a], *y = &p->rules[b];

	if (x->action == y->action && bk_rule_same(x, y))
		tell(p, b, a, "stands twice", "is the same rule");
	else if (x->action == y->action && bk_rule_covers(p->section, x, y))
		tell(p, b, a, "never decides", TAKES);
	else if (x->action == y->action && bk_rule_covers(p->section, y, x))
		tell(p, a, b, "adds nothing", TAKES);
	else if (x->action == BK_ALLOW && y->action != BK_ALLOW && bk_rule_covers(p->section, y, x))
		tell(p, a, b, "never allows anything", FORBIDS);
	else if (y->action == BK_ALLOW && x->action != BK_ALLOW && bk_rule_covers(p->section, x, y))
		tell(p, b, a, "never allows anything", FORBIDS);
}

static void consider(struct pairs *p, size_t a, size_t b)
{
	if (p->left && a != b) {
		p->left--;
		compare_pair(p, a < b ? a : b, a < b ? b : a);
	}
}

static bool is_wide(const struct bk_model_rule *r)
{
	return !r->path || bk_match_is_pattern(bk_text_of(r->path)) || strchr(r->path, '\\');
}

static int by_path(const void *a, const void *b)
{
	const struct bk_model_rule *x = *(const struct bk_model_rule *const *)a, *y = *(const struct bk_model_rule *const *)b;
	int order = strcmp(x->path ? x->path : "", y->path ? y->path : "");

	return order ? order : x < y ? -1 : x > y;
}

/* Rules whose paths spell out the same file stand side by side once they are sorted. */
static void compare_equal(struct pairs *p, size_t count)
{
	BK_FREE const struct bk_model_rule **sorted = bk_alloc((count + 1) * sizeof *sorted);

	for (size_t i = 0; i < count; i++)
		sorted[i] = &p->rules[i];
	qsort(sorted, count, sizeof *sorted, by_path);
	for (size_t i = 0; i < count; i++)
		for (size_t k = i + 1; k < count && p->left && !is_wide(sorted[i]) && sorted[k]->path && !strcmp(sorted[i]->path, sorted[k]->path); k++)
			consider(p, (size_t)(sorted[i] - p->rules), (size_t)(sorted[k] - p->rules));
}

/* A variable without '=' takes those with it. */
static bool may_cover_others(enum bk_section section, const struct bk_model_rule *r)
{
	return is_wide(r) || (section == BK_ENVIRONMENT && !strchr(r->path, '='));
}

static void compare_wide(struct pairs *p, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (may_cover_others(p->section, &p->rules[i]))
			for (size_t k = 0; k < count && p->left; k++)
				if (k > i || !may_cover_others(p->section, &p->rules[k]))
					consider(p, i, k);
}

void bk_lint_rules(struct bk_lint *l, enum bk_section section)
{
	const struct bk_model_section *s = &l->m->section[section];
	BK_FREE bool *told = bk_alloc(s->count + 1);
	struct pairs p = { l, section, s->rules, told, PAIRS_MOST };

	compare_equal(&p, s->count);
	compare_wide(&p, s->count);
	if (!p.left)
		bk_diag_add(l->d, BK_NOTE, l->name, 0, 0, "%s has too many patterns: not all of its rules were compared with each other",
			    bk_section_name(section));
}
