/* SPDX-License-Identifier: Apache-2.0 */
/* What words of a command line are to the program that gets them: what may vary, and what must stay as it is. */
#ifndef BK_LEARN_WORDS_H
#define BK_LEARN_WORDS_H

#include "base/base.h"
#include "core/text.h"

enum bk_word {
	BK_WORD_PLAIN,			/* a value, a relative name */
	BK_WORD_PATH,			/* begins with '/' */
	BK_WORD_URL,			/* has "://" */
	BK_WORD_OPTION,			/* begins with '-': never generalised, but for what stands behind a '=' */
	BK_WORD_FIXED			/* a subcommand, a program, program text: never generalised */
};

/*
 * Classes of the words behind the program's name.  `name` is the program's (its applet's).  Words of one class may be joined to one
 * pattern; of options only those with the same text before '='.
 */
void bk_words_classify(struct bk_text name, const struct bk_text *words, size_t count, enum bk_word *classes);

/* Bytes of an option that stay as they are: up to and including '=', or all of it. */
uint32_t bk_option_head(struct bk_text word);

/* True for programs that take program text on their command line: for them alternatives are never given up for "...". */
bool bk_runs_text(struct bk_text name);

#endif
