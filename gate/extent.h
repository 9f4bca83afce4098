/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where functions begin and end, as two sections of a file say it: .eh_frame (Linux Standard Base, "Exception Frames"; DWARF 4, 6.4) and Go's table
 * of functions (.gopclntab; runtime/symtab.go, debug/gosym/pclntab.go).  Sections may be hostile: every read is bounded.  Pure; borrowed memory.
 */
#ifndef BK_GATE_EXTENT_H
#define BK_GATE_EXTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bk_extent {
	uint64_t start, end;		/* addresses */
};

/* A section: its bytes, and the address of the first. */
struct bk_frames {
	const uint8_t *at;
	uint64_t size, address;
};

/*
 * The description at `*offset` or the next one of a function that begins with a four-byte offset from where it stands, and at its first byte (a signal's
 * is said to begin one byte early).  Moves *offset behind it; false at the end.
 */
bool bk_frames_next(const struct bk_frames *f, uint64_t *offset, struct bk_extent *e);

#define BK_GO_MOST (1u << 22)		/* functions of one program */

struct bk_go_functions {
	const uint8_t *row;		/* of two words each, and one word behind the last */
	uint64_t text;			/* what is added to them */
	uint32_t count;
	uint8_t  width;			/* bytes of a word */
};

/*
 * Of Go 1.16, 1.18 and from 1.20 on; false for any other.  Where the code may be anywhere, the file does not say where it begins: then `text` does, the
 * address of its section (.text).
 */
bool bk_go_functions(struct bk_go_functions *g, const uint8_t *section, uint64_t size, uint64_t text);
/* Function `i` < count; they ascend in what a linker wrote. */
struct bk_extent bk_go_function(const struct bk_go_functions *g, uint32_t i);
/* The one that holds the address. */
bool bk_go_find(const struct bk_go_functions *g, uint64_t address, struct bk_extent *e);

#endif
