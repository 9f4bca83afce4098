/* SPDX-License-Identifier: Apache-2.0 */
/* Compiled form back to the model. */
#include <string.h>
#include "lang/policy_model.h"

static char *copy(const struct bk_policy *p, uint32_t offset)
{
	struct bk_text t = bk_policy_text(p, offset);

	return t.at ? bk_strndup(t.at, t.len) : NULL;
}

static void fill_rule(const struct bk_policy *p, const struct bk_rule *from, struct bk_model_rule *to)
{
	const uint8_t *hash = bk_policy_hash(p, from->sha256);
	const struct bk_endpoint *endpoint = bk_policy_endpoint(p, from->endpoint);

	to->action = from->action;
	to->path = copy(p, from->path);
	to->shell = copy(p, from->shell);
	to->parent = copy(p, from->parent);
	to->applet = copy(p, from->applet);
	to->line = from->line;
	to->has_args = from->args != 0;
	for (uint32_t i = 0; i < bk_policy_list_count(p, from->args); i++) {
		struct bk_text t = bk_policy_list_item(p, from->args, i);
		BK_FREE char *arg = bk_strndup(t.at, t.len);

		bk_model_add_arg(to, arg);
	}
	if ((to->has_sha256 = hash != NULL))
		memcpy(to->sha256, hash, 32);
	if ((to->has_endpoint = endpoint != NULL))
		to->endpoint = *endpoint;
}

static int compare_lines(const void *a, const void *b)
{
	const struct bk_rule *x = *(const struct bk_rule *const *)a, *y = *(const struct bk_rule *const *)b;

	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	if (x->path != y->path)		/* compile.c writes texts in the order of the rules */
		return x->path < y->path ? -1 : 1;
	return x < y ? -1 : x > y;
}

/* A section that is off is not enforced, as if it were absent; text has no other word for it. */
static void fill_section(const struct bk_section_head *head, const struct bk_model *m, struct bk_model_section *to)
{
	to->present = !(head->flags & BK_SECTION_ABSENT) && head->mode < BK_OFF;
	to->allows = head->flags & BK_SECTION_ALLOWS;
	to->mode = head->mode < BK_OFF ? head->mode : BK_ENFORCE;
	to->has_mode = to->present && to->mode != m->mode;
}

static void fill_sections(const struct bk_policy *p, struct bk_model *m)
{
	uint32_t n = p->head->rule_count;
	BK_FREE const struct bk_rule **rules = bk_alloc((n + 1) * sizeof *rules);

	for (uint32_t i = 0; i < n; i++)
		rules[i] = bk_policy_rule(p, i);
	qsort(rules, n, sizeof *rules, compare_lines);
	for (uint32_t i = 0; i < n; i++)
		if (!(rules[i]->flags & BK_RULE_MAIN))
			fill_rule(p, rules[i], bk_model_add(m, rules[i]->section, rules[i]->action));
	for (int s = 0; s < BK_SECTIONS; s++)
		fill_section(&p->head->section[s], m, &m->section[s]);
}

/* The file does not keep what was said once for all sections.  What is absent says nothing of its own; else most of them have it. */
static enum bk_mode common_mode(const struct bk_policy *p)
{
	unsigned count[BK_OFF] = { 0 };
	enum bk_mode best = BK_ENFORCE;

	for (int s = 0; s < BK_SECTIONS; s++)
		if (p->head->section[s].mode < BK_OFF)
			count[p->head->section[s].mode] += p->head->section[s].flags & BK_SECTION_ABSENT ? BK_SECTIONS : 1;
	for (int m = BK_ENFORCE; m < BK_OFF; m++)
		if (count[m] > count[best])
			best = m;
	return best;
}

struct bk_model *bk_policy_decompile(const struct bk_policy *p)
{
	struct bk_model *m = bk_model_new();

	m->mode = common_mode(p);
	m->function = copy(p, p->head->function);
	m->expires = p->head->expires;
	m->refuse_unsupported = p->head->flags & BK_UNSUPPORTED_REFUSE;
	m->has_main = p->head->main != 0;
	if (m->has_main)
		fill_rule(p, bk_policy_main(p), &m->main);
	fill_sections(p, m);
	return m;
}
