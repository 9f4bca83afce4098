/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of lint share: lint.c, lint_shell.c and lint_network.c look at each rule, lint_rules.c at rules beside each other. */
#ifndef BK_LANG_LINT_H
#define BK_LANG_LINT_H

#include "lang/policy_model.h"

struct bk_lint {
	const char *name;
	const struct bk_model *m;
	struct bk_diags *d;
};

#define bk_lint_warn(l, rule, ...) bk_diag_add((l)->d, BK_WARNING, (l)->name, (rule)->line, (rule)->column, __VA_ARGS__)

/* What the holes of a rule's template let the shell do. */
void bk_lint_shell(struct bk_lint *l, const struct bk_model_rule *r);
void bk_lint_network(struct bk_lint *l, enum bk_section section, const struct bk_model_rule *r);
void bk_lint_environment(struct bk_lint *l, const struct bk_model_rule *r);
/* Shadowed, contradictory and duplicate rules of a section. */
void bk_lint_rules(struct bk_lint *l, enum bk_section section);

#endif
