/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A view of an ELF object, in memory as the loader placed it or as a whole file.  Every address is checked against the segments before
 * it is read: headers may be hostile.  Pure; borrowed memory.
 */
#ifndef BK_GATE_OBJECT_H
#define BK_GATE_OBJECT_H

#if __STDC_HOSTED__
#include <elf.h>			/* the same, and what libelf is compatible with */
#else
#include <linux/elf.h>
#endif
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gate/extent.h"

struct bk_object {
	const uint8_t *base;		/* file: its first byte; memory: the byte at address 0 of the object (may be no mapped place) */
	size_t size;			/* file: its bytes; memory: 0 */
	const Elf64_Phdr *headers;
	unsigned count;			/* program headers, at most BK_OBJECT_HEADERS */
	uint64_t frames, frames_size;	/* .eh_frame_hdr: address, bytes; 0: none */
	/* What the sections of a whole file say besides. */
	struct bk_frames unsorted;	/* .eh_frame where that has no such table (static programs); at NULL: none */
	struct bk_go_functions go;	/* row NULL: none */
};
#define BK_OBJECT_HEADERS 64u

/* A whole file: 64-bit, little-endian, x86-64, not relocatable, segments in order; false where it is not such an object. */
bool bk_object_file(struct bk_object *o, const void *file, size_t size);
/* An object in memory: `bias` is what is added to its addresses. */
bool bk_object_memory(struct bk_object *o, uintptr_t bias, const Elf64_Phdr *headers, unsigned count);

/* Looks for the sections of a whole file by which functions are found that .eh_frame_hdr does not have. */
void bk_object_sections(struct bk_object *o);

/* The bytes at an address of the object, NULL where not all `bytes` of them lie in one segment's file part. */
const uint8_t *bk_object_at(const struct bk_object *o, uint64_t address, size_t bytes);

/*
 * The function whose frame description covers `address`: [*start, *end).  Only the encodings that linkers write (pcrel sdata4 pointer,
 * udata4 count, datarel sdata4 table; Linux Standard Base, "Exception Frames"), and only where the description itself says the same.
 */
bool bk_object_function(const struct bk_object *o, uint64_t address, uint64_t *start, uint64_t *end);
/*
 * The same where bk_object_sections() has found something else.  Descriptions that are not sorted are looked through from *cursor on, where the last one
 * was found; 0 at first.
 */
bool bk_object_function_near(const struct bk_object *o, uint64_t *cursor, uint64_t address, uint64_t *start, uint64_t *end);

/* The address of what the object exports under that name, 0 where it does not. */
uint64_t bk_object_symbol(const struct bk_object *o, const char *name);
/* True where the object exports a function of that name, and no such function holds the address (symbol.c). */
bool bk_object_elsewhere(const struct bk_object *o, const char *name, uint64_t address);

#endif
