/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of bk_propose() share. */
#ifndef BK_LEARN_PARTS_H
#define BK_LEARN_PARTS_H

#include "learn/propose.h"

/* programs.c: rules of `processes`. */
void bk_propose_programs(struct bk_model *m, struct bk_seen *seen, struct bk_diags *notes);
/* libraries.c: rules of `libraries`. */
void bk_propose_libraries(struct bk_model *m, struct bk_seen *seen, const struct bk_propose_options *o);

/* network.c: rules of `network`. */
void bk_propose_network(struct bk_model *m, const struct bk_seen *seen);
/* files.c: rules of `files.write` and `files.code`. */
void bk_propose_files(struct bk_model *m, const struct bk_seen *seen);

/*
 * template.c: the template for strings of one shape, NULL where there is none that matches all of them.  Strings may hold U+FFFD for
 * a part that is a hole already.
 */
char *bk_template_of(const struct bk_text *strings, const struct bk_pids *pids, size_t count);
/* Strings with the same key may be joined.  False where the string is no shell that can be read. */
bool bk_template_key(struct bk_text string, struct bk_pids pids, struct bk_buf *key);
/* The template that stands for the string alone; NULL where there is none. */
char *bk_template_literal(struct bk_text string);

/* comments.c: comments of policy text, put where its model has none. */
void bk_keep_comments(struct bk_model *m, const char *text);
/* One line of ASCII, at most `most` bytes, control characters out. */
char *bk_comment_text(struct bk_text text, size_t most);

#endif
