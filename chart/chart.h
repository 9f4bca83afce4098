/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the code of an object is, for objects that describe their frames badly or not at all: musl, static programs, Go.  Nothing is guessed:
 *
 *	functions	start where the object says so: symbols, frame descriptions (.eh_frame), Go's table of functions (.gopclntab),
 *			the entry point, what a direct call leads to
 *	code		what following every branch and every table of a switch from there arrives at; where an object says how long a function
 *			is, all of that; and what stands at an address that code or data hold, where the whole of it decodes and ends
 *
 * What is in neither is not covered, and nothing is claimed about it.  Files may be hostile: every read is bounded, the work is linear.
 */
#ifndef BK_CHART_H
#define BK_CHART_H

#include "base/base.h"
#include "gate/table.h"

#define BK_CHART_FILE (512u << 20)	/* bytes of the largest file that is looked at */

struct bk_function {
	uint64_t start, end;		/* end 0: not known */
};

struct bk_functions {
	struct bk_function *at;		/* ascending by start once it is sorted, one for each start */
	size_t count, cap;
};

struct bk_chart {
	const struct bk_object *object;
	struct bk_functions functions;
	struct bk_stretch { uint64_t from, size; uint8_t *mark; } *stretch;	/* executable segments */
	size_t stretches;
};

/* Adds what the object says of its functions; `file` is the whole of it. */
void bk_functions_find(struct bk_functions *f, const struct bk_object *o, const void *file, size_t size);
void bk_functions_add(struct bk_functions *f, uint64_t start, uint64_t end);
void bk_functions_sort(struct bk_functions *f);

/* Follows the code of an object, which stays the caller's. */
void bk_chart_make(struct bk_chart *c, const struct bk_object *o, const void *file, size_t size);
void bk_chart_free(struct bk_chart *c);
/* As bk_finder's: the function that covers an address at which nothing is in doubt. */
bool bk_chart_function(void *chart, uint64_t address, uint64_t *start, uint64_t *end);
/* From the last function that begins at or before an address to the next, which mostly is all that leads there.  At most 4 GiB; false: none. */
bool bk_chart_around(const struct bk_chart *c, uint64_t address, uint64_t *start, uint64_t *end);
/* True where something may jump into (low, high). */
bool bk_chart_target(const struct bk_chart *c, uint64_t low, uint64_t high);
/* True where padding for a long jump begins, behind code that does not run on into it, and in front of a function or of what something jumps to. */
bool bk_chart_hole(const struct bk_chart *c, uint64_t address);
/* True where the code says that no instruction begins there. */
bool bk_chart_doubted(const struct bk_chart *c, uint64_t address);

/* What became of one object. */
struct bk_charted {
	struct bk_table_key key;
	uint32_t sites, unroutable, uncovered;	/* unroutable: of those that matter to the gate */
};
/* A table in the making, on the heap. */
struct bk_tables {
	struct bk_table_maker maker;
};
/*
 * Adds an object: 1, or 0 where there is an entry for it already.  -ENOEXEC for what is no object of this machine, -EOVERFLOW for one whose
 * addresses a table cannot hold, -EINVAL for one whose headers contradict each other.
 */
int bk_tables_add(struct bk_tables *t, const void *file, size_t size, struct bk_charted *what);
void bk_tables_write(const struct bk_tables *t, struct bk_buf *out);
void bk_tables_free(struct bk_tables *t);

#endif
