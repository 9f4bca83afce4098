/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The `syscall` instructions of an object: which there are, which can make a relevant call, and how each can be routed.
 *
 * A pair of bytes 0F 05 is an instruction only where decoding from the start of the function that covers it (.eh_frame_hdr) arrives
 * at it.  Nothing else is ever patched: no pattern of bytes, no majority of guesses.  What no function covers is counted.  Pure.
 *
 * Forms, by preference; W is the first byte that is overwritten with a five-byte jump:
 *
 *   BEFORE    W is the one instruction in front, of five bytes or more (`mov $nr, %eax` mostly): the jump's target repeats it.  The
 *             system call stays where it is: its return address, a thread's cancellation, restarts, vfork are native
 *   BEFORE_2  W is the first of two instructions in front
 *   AFTER     W is the system call, and what stands behind it moves along (`cmp $-4096, %rax`): the call is made from the stub
 *
 * BEFORE needs no look at branches: none can land inside one instruction.  The others are taken only where no branch of the
 * function, and no pair of bytes within 4 KiB that could be one, lands inside of what is overwritten.
 */
#ifndef BK_GATE_SITES_H
#define BK_GATE_SITES_H

#include "gate/object.h"

enum bk_form_of_site { BK_SITE_BEFORE, BK_SITE_BEFORE_2, BK_SITE_AFTER };

struct bk_site {
	uint64_t address;		/* of the system call, in the object's terms */
	uint32_t number;		/* of the call where the code says so, else UINT32_MAX */
	uint8_t  form;			/* enum bk_form_of_site */
	uint8_t  window;		/* bytes from W to the end of what the stub repeats (without the system call) or moves */
};

struct bk_sites {
	uint32_t uncovered;		/* 0F 05 that no frame description covers: nobody can say what they are */
	uint32_t unroutable;		/* relevant or unknown calls that no form fits */
};

/*
 * Looks through [from, to) of the object and calls `found` for each site that `relevant` (number, or UINT32_MAX for unknown) wants.
 */
void bk_sites_find(const struct bk_object *o, uint64_t from, uint64_t to, bool (*relevant)(uint32_t number),
		   void (*found)(void *context, const struct bk_site *site), void *context, struct bk_sites *counts);

/* The first 0F 05 at or behind `at` and in front of `end`, else NULL. */
const uint8_t *bk_sites_next(const uint8_t *at, const uint8_t *end);

#endif
