/* SPDX-License-Identifier: Apache-2.0 */
/* Texts in YAML: every byte string is written so that reading gives the same bytes back. */
#ifndef BK_LANG_QUOTE_H
#define BK_LANG_QUOTE_H

#include "base/base.h"

/* Plain where YAML reads it as that text, also inside [...]; else in double quotes; what is no UTF-8 as !!binary. */
void bk_quote(struct bk_buf *out, const char *text);

/*
 * As lines of comment behind `indent`.  Only newlines break a line: other characters that a reader might take for one, or that a
 * terminal would act on, are written as escapes, since comments repeat what attackers may have chosen.
 */
void bk_quote_comment(struct bk_buf *out, const char *comment, const char *indent);

#endif
