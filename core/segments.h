/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a static program asks of the one who loads it: where its parts go, as its ELF headers say (elf(5); fs/binfmt_elf.c, load_elf_binary()).
 * Headers may be hostile: what is accepted holds together.  x86-64 only, as the gate is.  Pure; nothing is kept.
 */
#ifndef BK_CORE_SEGMENTS_H
#define BK_CORE_SEGMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BK_SEGMENTS	16u
#define BK_SEGMENT_PAGE	4096u
#define BK_SEGMENT_TOP	(1ULL << 46)	/* addresses below it are used: half of what a process has */

enum bk_image_kind {
	BK_IMAGE_OTHER,			/* no ELF file, or less of it than says anything */
	BK_IMAGE_DYNAMIC,		/* names an interpreter, which loads it */
	BK_IMAGE_STATIC,
	BK_IMAGE_CUT,			/* its program headers lie behind what was given */
	BK_IMAGE_STRANGE		/* none that is loaded by anybody but the kernel: for another machine; memory or a stack that is writable
					   and executable; parts that share a page or are out of order */
};

/* Bytes of the file at an address; what memory has more is zero.  Page borders are the loader's business: offset and address agree modulo a page. */
struct bk_segment {
	uint64_t address, offset, file, memory;
	bool write, execute;
};

struct bk_segments {
	struct bk_segment at[BK_SEGMENTS];	/* ascending, no two in one page */
	unsigned count;
	bool moves;			/* position-independent: addresses are relative to a place of the loader's choice */
	uint64_t low, high;		/* page borders around all of it */
	uint64_t entry;
	uint64_t headers;		/* address of the program headers */
	uint16_t header_count;
};

/* Reads the headers, of which the first `size` bytes of the file hold all; `s` is filled for BK_IMAGE_STATIC only. */
enum bk_image_kind bk_segments_read(struct bk_segments *s, const void *file, size_t size);

/*
 * For BK_IMAGE_CUT: the offset in the file of the program headers, which some tools put at its end.  The first bytes are changed to say that they come
 * behind BK_SEGMENT_HEAD bytes, where the caller reads them to for another try: it tells the kind, not where anything goes.
 */
#define BK_SEGMENT_HEAD 64u
uint64_t bk_segments_gather(void *file);

#endif
