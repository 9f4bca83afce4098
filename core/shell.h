/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shell templates: does the string that a function hands to `sh -c` have the shape that the policy lists?
 *
 * Both the template and the string are parsed as POSIX shell (XCU 2.2, 2.3: quoting and token recognition) into words and
 * operators, and compared token by token, in one pass, with no allocation.  A hole `{name}` in the template stands for one
 * plain word, or for part of one: bytes that the shell takes literally.  In the string
 *
 * - a word is plain where, after quote removal, nothing is left for the shell to expand: no $ ` \newline, no unquoted * ? [ ~ { } # ! = at
 *   a place where it would act;
 * - what a hole covers never begins with '-' where the hole begins the word, so that an option cannot take a value's place;
 * - operators, redirections, newlines and comments must stand in the template exactly;
 * - outside holes the template's own text is compared with the string's after quote removal for plain words, and byte for byte
 *   for words that expand something (a template may hold "$HOME": then the string must hold "$HOME").
 *
 * The same hole twice must cover the same bytes.  A template with an unclosed quote, a here-document or a function definition is an error,
 * likewise anything that sh, bash, dash, ash, ksh, mksh and zsh do not all read alike: $'...', $"...", $[...], "((", <(...), a line
 * continuation, quotes inside `...`.
 *
 * Details:
 * - A hole's name is [A-Za-z_][A-Za-z0-9_]*, at most 32 bytes, at most 16 different ones.  Inside quotes, single ones too, {x} is a hole; "${x}" and
 *   "\{x}" are none, and `{{` is the byte '{'.
 * - A hole may cover nothing ("--name={x}" and "--name="), and a whole word is there even if it is ''.
 * - A word in which a hole stands may have no more ".." path components than the template's word (match.h has the same guard).
 * - In a word that expands something ("${HOME}/{x}") a hole covers bytes that are literal under the quotes that the template has there;
 *   outside quotes that is letters, digits, % + - . / : = @ _ and bytes from 0x80 on.  A hole right behind "$name" is an error: write
 *   ${name}{x}.  So is one inside $(...) or `...`, which are compared as they are.
 * - Where holes share a word the earlier ones take as little as they can.
 * - Blanks count only where they tell tokens apart ("2>x" and "2 >x").
 * - Shells are assumed to read bytes below 0x80 as ASCII wherever they stand (C, UTF-8, ISO 8859 locales; not GBK, Big5, Shift-JIS).
 * - What a command does with a word is its own affair: a hole in an operand of `eval`, `sh -c`, `awk`, `ssh` is a hole in a program.
 *
 * Cost: one pass over the string; inside words with holes at most 2^20 byte comparisons for the whole string, past which it does not match.
 */
#ifndef BK_CORE_SHELL_H
#define BK_CORE_SHELL_H

#include "core/text.h"

enum bk_shell_result {
	BK_SHELL_OTHER,			/* well formed, but of another shape */
	BK_SHELL_MATCH,
	BK_SHELL_UNPARSABLE,		/* the string is not shell that we read */
	BK_SHELL_BAD_TEMPLATE
};

/* `*at`, where not NULL, gets the offset in `string` (BAD_TEMPLATE: in `template`) at which they part. */
enum bk_shell_result bk_shell_match(struct bk_text template_, struct bk_text string, uint32_t *at);

/* BK_SHELL_MATCH where the template is well formed, else BK_SHELL_BAD_TEMPLATE and the offset. */
enum bk_shell_result bk_shell_check(struct bk_text template_, uint32_t *at);

/*
 * One token of a shell string, for those who make templates from examples (learn).  Returns false at the end or at a fault
 * (`fault` set).  `*pos` is moved behind the token.
 */
struct bk_shell_token {
	struct bk_text raw;		/* as written */
	bool is_operator;		/* control or redirection operator, or newline */
	bool is_plain;			/* a word with nothing to expand */
	bool fault;
};
bool bk_shell_next(struct bk_text string, uint32_t *pos, struct bk_shell_token *token);
/* The bytes of a plain word after quote removal; returns how many (at most `cap` are written). */
uint32_t bk_shell_unquote(struct bk_text raw, char *out, uint32_t cap);

#endif
