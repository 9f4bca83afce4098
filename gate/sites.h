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
 *   HOLE      the system call alone is overwritten, with a jump of two bytes into padding between blocks of code, where the long jump is: the
 *             call is made from the stub.  Only tables have it (gate/table.h)
 *   NONE      none of them.  Where a register holds the number, and it is always the same, that counts here, too: a site that cannot be
 *             led anywhere is told only where it may be a relevant call
 *
 * BEFORE needs no look at branches: none can land inside one instruction.  The others are taken only where no branch of the
 * function, and no pair of bytes within 4 KiB that could be one, lands inside of what is overwritten.
 */
#ifndef BK_GATE_SITES_H
#define BK_GATE_SITES_H

#include "gate/decode.h"
#include "gate/object.h"

enum bk_form_of_site { BK_SITE_BEFORE, BK_SITE_BEFORE_2, BK_SITE_AFTER, BK_SITE_HOLE, BK_SITE_NONE };
#define BK_JUMP 5u			/* bytes of a long jump */

struct bk_site {
	uint64_t address;		/* of the system call, in the object's terms */
	uint32_t number;		/* of the call where the code says so, else UINT32_MAX */
	uint8_t  form;			/* enum bk_form_of_site */
	uint8_t  window;		/* bytes from W to the end of what the stub repeats (without the system call) or moves */
	int8_t   hole;			/* HOLE: where the padding begins, counted from behind the system call */
	bool     own;			/* names a process, and a C library makes it for itself, as pthread_kill does tgkill: it is left alone */
};

struct bk_sites {
	uint32_t uncovered;		/* 0F 05 that no function covers: nobody can say what they are */
	uint32_t unroutable;		/* sites of the form NONE */
};

/* Who looks for what. */
struct bk_finder {
	bool (*relevant)(uint32_t number);	/* UINT32_MAX: the number is not known */
	void (*found)(void *context, const struct bk_site *site);
	/* The function that covers an address, as bk_object_function(); NULL: that one. */
	bool (*function)(void *context, uint64_t address, uint64_t *start, uint64_t *end);
	void *context;
};

/* Looks through [from, to) of the object and calls `found` for each site that is relevant. */
void bk_sites_find(const struct bk_object *o, uint64_t from, uint64_t to, const struct bk_finder *finder, struct bk_sites *counts);

/* True where the object's bytes at the site are what the site says: a system call with a window of such instructions. */
bool bk_site_fits(const struct bk_object *o, const struct bk_site *site);

/*
 * The call that is made by the system call instruction at `site` of a function, where all ways that lead there have it the same; else UINT32_MAX.  Known is
 * what compilers do: constants, copies of registers, branches, calls that keep the registers that the ABI says (number.c).  `sure`: not where a part of the
 * function that lies elsewhere, or a switch, could lead to in between; what is left alone for its number must be sure, what is only told of need not.
 */
uint32_t bk_number_at(const uint8_t *code, uint32_t size, uint32_t site, bool sure);
/* True where the instruction puts a constant into a register: *value, UINT32_MAX for one that is no number of a call. */
bool bk_sets_register(const struct bk_instruction *i, const uint8_t *at, unsigned reg, uint32_t *value);

/* The first 0F 05 at or behind `at` and in front of `end`, else NULL. */
const uint8_t *bk_sites_next(const uint8_t *at, const uint8_t *end);

#endif
