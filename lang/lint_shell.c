/* SPDX-License-Identifier: Apache-2.0 */
/* Holes of a shell template behind which the shell does more than hand a word to a program. */
#include <string.h>
#include "core/shell_token.h"
#include "lang/lint.h"

struct place {
	bool command;			/* the next word names what is run */
	bool list;			/* words of case, for, select: names and patterns */
	bool output;			/* the next word is a file that is written */
	const char *program;		/* the built-in that takes the words as program text, or NULL */
};

static const char *one_of(struct bk_text word, const char *const *names)
{
	for (; *names; names++)
		if (bk_text_equal(word, bk_text_of(*names)))
			return *names;
	return NULL;
}

static bool is_output(struct bk_text operator)
{
	return memchr(operator.at, '>', operator.len) != NULL;
}

static void take_operator(struct place *p, struct bk_text operator, bool target)
{
	p->output = target && is_output(operator);
	if (target && *operator.at != '&')
		return;
	p->command = true;
	p->program = NULL;
	p->list = bk_text_equal(operator, BK_TEXT(";;"));	/* patterns of case come */
}

/* What the rest of a command is to the word that names it. */
static void take_command(struct place *p, struct bk_text word)
{
	static const char *const programs[] = { "eval", ".", "source", "trap", NULL };
	static const char *const before[] = { "exec", "command", "builtin", NULL };

	p->program = one_of(word, programs);
	p->command = one_of(word, before) || (word.len > 1 && *word.at == '-');
}

static void take_reserved(struct place *p, struct bk_text word)
{
	static const char *const lists[] = { "case", "for", "foreach", "select", "repeat", "in", NULL };

	p->list = one_of(word, lists) != NULL;
	p->command = !p->list;
	p->program = NULL;
}

/* A hole in front of which a folder stands leads nowhere else: it covers no "..". */
static bool begins_with_hole(struct bk_text word)
{
	while (word.len && (*word.at == '"' || *word.at == '\''))
		word = bk_text_from(word, 1);
	return bk_shell_hole(word, 0) > 0;
}

static void judge_word(struct bk_lint *l, const struct bk_model_rule *r, const struct place *p, struct bk_text word, bool holes)
{
	int n = (int)word.len;

	if (!holes)
		return;
	if (p->output && begins_with_hole(word))
		bk_lint_warn(l, r, "the hole in '> %.*s' lets the shell write to any file: put its folder before it", n, word.at);
	else if (p->program && !p->output)
		bk_lint_warn(l, r, "the hole in '%.*s' is program text, which '%s' runs: write it out", n, word.at, p->program);
	else if (p->command && !p->list && !p->output)
		bk_lint_warn(l, r, "the hole in '%.*s' stands for any command: write its name, in a rule for each that is meant", n, word.at);
}

static void take_word(struct place *p, const struct bk_token *t, struct bk_text word, bool target)
{
	if (t->role == BK_WORD_RESERVED)
		take_reserved(p, word);
	else if (t->role == BK_WORD_ORDINARY && p->command && !target && !p->list)
		take_command(p, word);
	p->output = false;
}

void bk_lint_shell(struct bk_lint *l, const struct bk_model_rule *r)
{
	struct bk_scan scan = { .text = bk_text_of(r->shell), .holes = true };
	struct place p = { .command = true };
	struct bk_token t;

	for (;;) {
		bool target = scan.target;

		bk_scan_next(&scan, &t);
		struct bk_text word = { scan.text.at + t.start, t.end - t.start };
		if (t.kind <= BK_TOKEN_END)
			return;
		if (t.kind == BK_TOKEN_OPERATOR) {
			take_operator(&p, word, scan.target);
		} else if (t.kind == BK_TOKEN_WORD) {
			if (t.role == BK_WORD_ORDINARY && (!target || p.output))
				judge_word(l, r, &p, word, t.holes);
			take_word(&p, &t, word, target);
		}
	}
}
