/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does one rule take every request that another takes?  For lint and diff.
 *
 * "Yes" for patterns is found by trying texts that the narrower pattern matches, with its wildcards empty and long, filled with a byte that the
 * wider one does not spell out.  What is too tangled for that counts as "no".
 */
#ifndef BK_LANG_COVERS_H
#define BK_LANG_COVERS_H

#include "lang/policy_model.h"

/* Equal but for place, comment and action. */
bool bk_rule_same(const struct bk_model_rule *a, const struct bk_model_rule *b);
/* The path of `wide` takes all that the path of `narrow` takes. */
bool bk_rule_covers_path(enum bk_section section, const struct bk_model_rule *wide, const struct bk_model_rule *narrow);
/* So do all of its conditions. */
bool bk_rule_covers(enum bk_section section, const struct bk_model_rule *wide, const struct bk_model_rule *narrow);

#endif
