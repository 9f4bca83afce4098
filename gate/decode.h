/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The length of an x86-64 instruction and what moving it would break.  Pure.
 *
 * Only what compilers and C libraries emit is known; everything else (3DNow!, XOP, SSE4a's EXTRQ, what 64-bit mode does not have)
 * is length 0, and the caller must then give the whole function up: a wrong length would put later instructions at wrong places.
 * Source: Intel SDM volume 2, appendix A (opcode maps) and 2.3 to 2.7 (REX, VEX, EVEX); tests/unit/decode.c compares with Capstone.
 */
#ifndef BK_GATE_DECODE_H
#define BK_GATE_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum bk_flow {
	BK_FLOW_NEXT,		/* goes on behind itself; can be executed elsewhere, with another displacement where `ip_relative` */
	BK_FLOW_BRANCH,		/* jumps by a displacement: `target` counts from the instruction's own start */
	BK_FLOW_CALL,		/* the same, with a return address */
	BK_FLOW_END,		/* return, indirect jump or call, trap, halt: its address matters, or nothing behind it is reached by it */
	BK_FLOW_SYSCALL		/* 0F 05 */
};

struct bk_instruction {
	uint8_t length;		/* 1 to 15; 0: unknown, or longer than what was given */
	uint8_t flow;		/* enum bk_flow */
	uint8_t opcode;		/* last opcode byte */
	uint8_t map;		/* 0: one-byte opcodes, 1: 0F, 2: 0F38, 3: 0F3A; VEX and EVEX count as what they encode, plus 0x10 */
	uint8_t rex;		/* 0: none */
	uint8_t modrm;		/* where has_modrm */
	uint8_t displacement;	/* where the four bytes are that count from the instruction's end; ip_relative only */
	bool has_modrm, ip_relative, word;	/* word: operand-size prefix 66 */
	int64_t target;		/* branches and calls */
	uint64_t immediate;	/* of the forms B8+r only */
};

/* Decodes one instruction of at most `size` bytes. */
struct bk_instruction bk_decode(const uint8_t *at, size_t size);

/* True where the instruction may leave another value in EAX or RAX than was there; true when in doubt. */
bool bk_writes_ax(const struct bk_instruction *i);
/*
 * The same for another register by its number in instructions, of those in BK_WRITES_KNOWN.  A call leaves what the System V ABI
 * (x86-64, "Registers") has the callee keep.
 */
bool bk_writes(const struct bk_instruction *i, unsigned reg);
#define BK_WRITES_KNOWN 0xf72cu		/* a bit each: RDX, RBX, RBP, R8 to R10, R12 to R15 */

#endif
