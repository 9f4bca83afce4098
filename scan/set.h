/* SPDX-License-Identifier: Apache-2.0 */
/* A set of 64-bit hashes of texts, for many paths in little memory.  Two texts with one hash are one: odds of 1 to 2^64 for each pair. */
#ifndef BK_SCAN_SET_H
#define BK_SCAN_SET_H

#include "base/base.h"

struct bk_set {
	uint64_t *slot;			/* 0: free */
	size_t count, slots;
};
uint64_t bk_set_hash(const char *text, size_t size);	/* never 0 */
/* True where it was not there before. */
bool bk_set_add(struct bk_set *s, uint64_t hash);
bool bk_set_has(const struct bk_set *s, uint64_t hash);
void bk_set_free(struct bk_set *s);

#endif
