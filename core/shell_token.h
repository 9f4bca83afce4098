/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Token recognition for shell.c: POSIX XCU 2.3, cut down to what sh, bash, dash, ash, ksh, mksh and zsh read alike.  What they
 * read differently ($'...', $[...], ((, here-documents, process substitution, line continuation) is a fault.
 */
#ifndef BK_CORE_SHELL_TOKEN_H
#define BK_CORE_SHELL_TOKEN_H

#include "core/shell.h"

enum bk_token_kind { BK_TOKEN_FAULT, BK_TOKEN_END, BK_TOKEN_WORD, BK_TOKEN_OPERATOR, BK_TOKEN_COMMENT };

/* What a word is to the grammar; words of different roles never match. */
enum bk_word_role { BK_WORD_ORDINARY, BK_WORD_ASSIGNMENT, BK_WORD_RESERVED };

struct bk_token {
	enum bk_token_kind kind;
	enum bk_word_role role;
	uint32_t start, end;		/* in the text */
	bool plain;			/* nothing for the shell to expand, apart from holes */
	bool holes;			/* has at least one */
};

/* Start with everything zero but `text` and `holes`. */
struct bk_scan {
	struct bk_text text;
	uint32_t pos;
	bool holes;			/* a template: {name} is a hole */
	bool argument;			/* the command's name was read: no assignment or reserved word can come */
	bool target;			/* the next word belongs to a redirection */
	bool compound;			/* a reserved word was read: others may come anywhere */
	bool called;			/* a "(" would now define a function */
};

/* Reads the token at scan->pos; at a fault scan->pos is where it lies. */
void bk_scan_next(struct bk_scan *scan, struct bk_token *token);

/* Length of the hole that begins at `pos`, braces included; 0: none does. */
uint32_t bk_shell_hole(struct bk_text text, uint32_t pos);

/* True where "{{" stands at `pos` for the byte '{'. */
bool bk_shell_escape(struct bk_text text, uint32_t pos);

/* Offset behind the expansion whose '$' or '`' is at `pos`; 0: not one that all shells read alike. */
uint32_t bk_shell_expansion(struct bk_text text, uint32_t pos);

#endif
