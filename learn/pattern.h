/* SPDX-License-Identifier: Apache-2.0 */
/* From values that were seen to the narrowest pattern (core/match.h) or template part that people would have written for them. */
#ifndef BK_LEARN_PATTERN_H
#define BK_LEARN_PATTERN_H

#include "base/base.h"
#include "core/text.h"

/* A value whose bytes are literal, or BK_WILD where it looks as if it were another one each time. */
#define BK_WILD 0x100u
struct bk_units {
	uint16_t *at;
	size_t count;
};

/* Process numbers that may stand in names of temporary files; 0: none. */
struct bk_pids { uint32_t own, main; };

/*
 * Makes out what is random even where it was seen but once: UUIDs, long hex, numbers of ten digits and more (times), process numbers,
 * names as mktemp(3), Python, Node, Ruby and Java make them.
 */
struct bk_units bk_units_of(struct bk_text value, struct bk_pids pids);
void bk_units_free(struct bk_units *u);
bool bk_units_equal(struct bk_units a, struct bk_units b);
bool bk_units_wild(struct bk_units u);

/*
 * How many units at the begin and the end all values have in common, cut back to where a word ends, so that "three" and "two" have
 * nothing in common; never more together than the shortest has.
 */
void bk_units_common(const struct bk_units *values, size_t count, size_t *prefix, size_t *suffix);

/* The pattern for all of the values: what they have in common is kept, component by component where they have equally many. */
char *bk_pattern_of(const struct bk_units *values, size_t count);
/* A pattern that stands for the text alone (U+FFFD, which stands for a byte that the log could not show, becomes a wildcard). */
char *bk_pattern_literal(struct bk_text text);
/* True for files where everybody may create some: /tmp, /var/tmp, /dev/shm. */
bool bk_is_temporary(struct bk_text path);

#endif
