/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Patterns.  One language for paths and arguments:
 *
 *	?	one byte that is not '/'
 *	*	any number of bytes that are not '/'
 *	**	any number of bytes
 *	\c	the byte c itself
 *
 * Everything else stands for itself.  Matching is byte-wise, takes O(pattern x text) at the worst, no recursion.
 */
#ifndef BK_CORE_MATCH_H
#define BK_CORE_MATCH_H

#include "core/text.h"

/* A canonical path against a pattern. */
bool bk_match_path(struct bk_text pattern, struct bk_text path);

/*
 * One argument against a pattern.  Two guards make the obvious pattern the safe one: a pattern that begins with a
 * wildcard does not match an argument that begins with '-' (an option slipped into a value's place), save the pattern
 * that is just "**"; and a wildcard never stands for a ".." path component.
 */
bool bk_match_arg(struct bk_text pattern, struct bk_text arg);

/*
 * args[first...] against a list given by `item(list, i)` for i < count.  A last pattern "..." means any rest.
 * A cut vector matches only where "..." stands at or before the cut.
 */
bool bk_match_args(struct bk_text (*item)(const void *list, uint32_t i), const void *list, uint32_t count,
		   const struct bk_args *args, uint32_t first);

/* A name as rules can hold it, absolute and without parts that another name could stand for ("//", "/."); empty where it is none. */
struct bk_text bk_rule_name(const char *path);

/* True where a pattern has a wildcard. */
bool bk_match_is_pattern(struct bk_text pattern);

/*
 * Counts ".." path components, byte by byte; for both guards above and those of shell.c.  A component ends at '/' and at what commonly
 * stands before or behind a path inside a word: = : , ; @ space quotes.  End with a NUL; start from zero.
 */
struct bk_dots {
	uint32_t count;
	uint8_t  run;			/* dots since the component's begin; 3: it is no ".." */
};
void bk_dots_add(struct bk_dots *dots, char byte);

#endif
