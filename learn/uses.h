/* SPDX-License-Identifier: Apache-2.0 */
/* Command lines: of acts that were seen, and those that rules of a policy stand for, in one form, so that both can be sorted by shape. */
#ifndef BK_LEARN_USES_H
#define BK_LEARN_USES_H

#include "learn/parts.h"
#include "learn/words.h"

#define BK_NO_RULE SIZE_MAX

/* One command line: of an act, or the one that a rule stands for. */
struct bk_use {
	const struct bk_act *act;	/* NULL: of a rule */
	size_t rule;			/* in the section; BK_NO_RULE: none */
	struct bk_text path, applet;
	struct bk_text *words;		/* behind the program; U+FFFD: any bytes */
	struct bk_units *units;
	enum bk_word *classes;
	size_t count;
	bool more;			/* further arguments follow, unknown which */
	char *command;			/* the -c string of a shell, as a template's would be; or NULL */
	struct bk_pids pids;
	struct bk_buf key, texts;
};

struct bk_uses {
	struct bk_use *at;
	size_t count, cap;
};

/* A new one at the end, for bk_use_act() or bk_use_rule(); moves those that are there. */
struct bk_use *bk_use_new(struct bk_uses *all);
void bk_use_act(struct bk_use *u, const struct bk_act *a);	/* keeps pointers into the act */
/* `deep`: each `**` in its arguments stands for a '/' with something around it, else for what has none. */
void bk_use_rule(struct bk_use *u, const struct bk_model_rule *r, size_t index, bool deep);
void bk_use_free(struct bk_use *u);
void bk_uses_free(struct bk_uses *all);

/* What the command is called: the applet of a multi-call image, else the program. */
struct bk_text bk_use_name(const struct bk_use *u);

/* Fills `key` and `classes`.  Command lines with the same key have one shape and may share a rule. */
void bk_use_key(struct bk_use *u);
bool bk_use_same_key(const struct bk_use *a, const struct bk_use *b);
bool bk_use_is_template(const struct bk_use *u);		/* its key is that of a shell's string */
/* For qsort(3) over pointers: by key, acts before rules, since their words are what was really seen. */
int bk_use_compare(const void *x, const void *y);
int bk_use_compare_texts(struct bk_text a, struct bk_text b);

#endif
