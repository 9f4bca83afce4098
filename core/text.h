/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counted text: the only string type of core.  A text never owns its bytes and need not end in NUL;
 * {NULL, 0} is the empty text.  Everything here is pure and works freestanding.
 */
#ifndef BK_CORE_TEXT_H
#define BK_CORE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bk_text {
	const char *at;
	uint32_t    len;		/* bytes */
};

#define BK_TEXT(literal) ((struct bk_text){ (literal), sizeof(literal) - 1 })

static inline struct bk_text bk_text_of(const char *s)
{
	uint32_t n = 0;

	while (s && s[n])
		n++;
	return (struct bk_text){ s, n };
}

static inline bool bk_text_equal(struct bk_text a, struct bk_text b)
{
	if (a.len != b.len)
		return false;
	for (uint32_t i = 0; i < a.len; i++)
		if (a.at[i] != b.at[i])
			return false;
	return true;
}

static inline bool bk_text_starts(struct bk_text t, struct bk_text prefix)
{
	return t.len >= prefix.len && bk_text_equal((struct bk_text){ t.at, prefix.len }, prefix);
}

static inline struct bk_text bk_text_from(struct bk_text t, uint32_t start)
{
	if (start > t.len)
		start = t.len;
	return (struct bk_text){ start ? t.at + start : t.at, t.len - start };	/* text that is not there has no address to add to */
}

/* The part behind the last '/', all of it where there is none. */
static inline struct bk_text bk_text_basename(struct bk_text path)
{
	uint32_t i = path.len;

	while (i > 0 && path.at[i - 1] != '/')
		i--;
	return bk_text_from(path, i);
}

/*
 * An argument vector as the kernel keeps it: the strings one behind the other, each ended by a NUL.
 * `count` strings are complete; `cut` says that more followed than the gatherer would read.
 */
struct bk_args {
	const char *at;
	uint32_t    size;		/* bytes, the NULs included */
	uint32_t    count;
	bool        cut;
};

/* Argument `index` (0-based), or the empty text with at == NULL past the end. O(size). */
static inline struct bk_text bk_args_get(const struct bk_args *args, uint32_t index)
{
	uint32_t pos = 0;

	for (uint32_t i = 0; i < args->count; i++) {
		uint32_t end = pos;

		while (end < args->size && args->at[end])
			end++;
		if (i == index)
			return (struct bk_text){ args->at + pos, end - pos };
		pos = end + 1;
		if (pos > args->size)
			break;
	}
	return (struct bk_text){ NULL, 0 };
}

#endif
