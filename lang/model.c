/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/policy_model.h"

struct bk_model *bk_model_new(void)
{
	return bk_alloc(sizeof(struct bk_model));
}

void bk_model_rule_clear(struct bk_model_rule *r)
{
	for (size_t i = 0; i < r->arg_count; i++)
		free(r->args[i]);
	free(r->args);
	free(r->path);
	free(r->shell);
	free(r->parent);
	free(r->applet);
	free(r->comment);
}

void bk_model_free(struct bk_model *m)
{
	if (!m)
		return;
	for (int s = 0; s < BK_SECTIONS; s++) {
		for (size_t i = 0; i < m->section[s].count; i++)
			bk_model_rule_clear(&m->section[s].rules[i]);
		free(m->section[s].rules);
		free(m->section[s].comment);
	}
	bk_model_rule_clear(&m->main);
	free(m->function);
	free(m->comment);
	free(m);
}

struct bk_model_rule *bk_model_add(struct bk_model *m, enum bk_section section, enum bk_action action)
{
	struct bk_model_section *s = &m->section[section];

	s->rules = bk_grow(s->rules, &s->cap, s->count + 1, sizeof *s->rules);
	s->rules[s->count] = (struct bk_model_rule){ .action = action };
	return &s->rules[s->count++];
}

void bk_model_add_arg(struct bk_model_rule *r, const char *arg)
{
	r->args = bk_realloc(r->args, (r->arg_count + 1) * sizeof *r->args);
	r->args[r->arg_count++] = bk_strdup(arg);
	r->has_args = true;
}
