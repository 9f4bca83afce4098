/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/decode.h"

/*
 * What follows an opcode, by opcode: '.' nothing, 'm' ModRM, 'b' one byte, 'w' two, 'z' two or four, 'v' two, four or eight (B8+r),
 * 'o' an address, 'e' ENTER's three, 'B' ModRM and one byte, 'Z' ModRM and 'z', 'r' and 'R' a displacement of one and of four bytes,
 * 'g' and 'G' the groups F6 and F7, 'p' a prefix, 'x' looked at before the table, '!' not in 64-bit mode or not known.
 */
static const char one_byte[257] =
	"mmmmbz!!mmmmbz!x" "mmmmbz!!mmmmbz!!" "mmmmbzp!mmmmbzp!" "mmmmbzp!mmmmbzp!"
	"xxxxxxxxxxxxxxxx" "................" "!!xmppppzZbB...." "rrrrrrrrrrrrrrrr"
	"BZ!Bmmmmmmmmmmmm" "..........!....." "oooo....bz......" "bbbbbbbbvvvvvvvv"
	"BBw.xxBZe.w..b!." "mmmm!!!.mmmmmmmm" "rrrrbbbbRR!r...." "p.pp..gG......mm";
static const char two_bytes[257] =
	"mmmm!.....!.!m.!" "mmmmmmmmmmmmmmmm" "mmmm!!!!mmmmmmmm" "......!.x!x!!!!!"
	"mmmmmmmmmmmmmmmm" "mmmmmmmmmmmmmmmm" "mmmmmmmmmmmmmmmm" "BBBBmmm.!!!!mmmm"
	"RRRRRRRRRRRRRRRR" "mmmmmmmmmmmmmmmm" "...mBm!!...mBmmm" "mmmmmmmmmmBmmmmm"
	"mmBmBBBm........" "mmmmmmmmmmmmmmmm" "mmmmmmmmmmmmmmmm" "mmmmmmmmmmmmmmmm";

struct reader {
	const uint8_t *at;
	size_t size, pos;
	bool bad;
	bool address32;
	uint8_t lock_or_rep;
};

static uint8_t take(struct reader *r)
{
	if (r->pos >= r->size) {
		r->bad = true;
		return 0;
	}
	return r->at[r->pos++];
}

static uint64_t take_many(struct reader *r, unsigned bytes)
{
	uint64_t value = 0;

	if (bytes > r->size - r->pos) {
		r->bad = true;
		return 0;
	}
	switch (bytes) {
	case 2: __builtin_memcpy(&value, r->at + r->pos, 2); break;
	case 4: __builtin_memcpy(&value, r->at + r->pos, 4); break;
	case 8: __builtin_memcpy(&value, r->at + r->pos, 8); break;
	default: value = 0;		/* ENTER's three, of which nobody asks */
	}
	r->pos += bytes;
	return value;
}

static void take_prefixes(struct reader *r, struct bk_instruction *i)
{
	for (;;) {
		uint8_t b = r->pos < r->size ? r->at[r->pos] : 0;

		if (one_byte[b] != 'p')
			break;
		i->word |= b == 0x66;
		r->address32 |= b == 0x67;
		if (b == 0xf0 || b == 0xf2 || b == 0xf3)
			r->lock_or_rep = b;
		take(r);
		if (r->bad)
			return;
	}
	if (r->pos < r->size && (r->at[r->pos] & 0xf0) == 0x40)
		i->rex = take(r);
}

/* VEX and EVEX: the bits of R, X, B become a REX prefix's, which is all that is asked of them. */
static void take_vex(struct reader *r, struct bk_instruction *i, uint8_t first)
{
	uint8_t a = take(r), map = 1;

	if (i->rex || i->word || r->lock_or_rep)
		r->bad = true;
	i->rex = 0x40 | (a & 0x80 ? 0 : 4);
	if (first == 0xc4) {
		map = a & 0x1f;
		i->rex |= (uint8_t)((a & 0x40 ? 0 : 2) | (a & 0x20 ? 0 : 1));
		take(r);
	} else if (first == 0x62) {
		map = a & 7;
		i->rex |= (uint8_t)((a & 0x40 ? 0 : 2) | (a & 0x20 ? 0 : 1));
		r->bad |= (a & 8) || !(take(r) & 4);
		take(r);
	}
	r->bad |= map < 1 || map > 3;
	i->map = 0x10 | map;
	i->opcode = take(r);
}

static void take_opcode(struct reader *r, struct bk_instruction *i)
{
	uint8_t b = take(r);

	i->opcode = b;
	if (b == 0xc4 || b == 0xc5 || b == 0x62) {
		take_vex(r, i, b);
		return;
	}
	if (b != 0x0f)
		return;
	i->map = 1;
	i->opcode = take(r);
	if (i->opcode != 0x38 && i->opcode != 0x3a)
		return;
	i->map = i->opcode == 0x38 ? 2 : 3;
	i->opcode = take(r);
}

static char kind_of(const struct bk_instruction *i)
{
	switch (i->map) {
	case 0: return one_byte[i->opcode];
	case 1: return two_bytes[i->opcode];
	case 0x11:
		if (i->opcode == 0x77)
			return '.';		/* VZEROUPPER */
		return two_bytes[i->opcode] == 'B' ? 'B' : 'm';
	case 2: case 0x12: return 'm';
	default: return 'B';
	}
}

static void take_modrm(struct reader *r, struct bk_instruction *i)
{
	uint8_t mod, rm, base;

	i->modrm = take(r);
	i->has_modrm = true;
	mod = i->modrm >> 6;
	rm = i->modrm & 7;
	if (mod == 3)
		return;
	base = rm == 4 ? take(r) & 7 : rm;
	if (mod == 0 && rm == 5) {
		i->ip_relative = !r->address32;
		r->bad |= r->address32;
		i->displacement = (uint8_t)r->pos;
	}
	if (mod == 1)
		take(r);
	else if (mod == 2 || (mod == 0 && base == 5))
		take_many(r, 4);
}

static void take_operands(struct reader *r, struct bk_instruction *i, char kind)
{
	unsigned z = i->word && !(i->rex & 8) ? 2 : 4, group = 0;

	if (kind == 'm' || kind == 'B' || kind == 'Z' || kind == 'g' || kind == 'G')
		take_modrm(r, i);
	group = i->modrm >> 3 & 7;
	switch (kind) {
	case 'b': case 'B': take(r); break;
	case 'w': take_many(r, 2); break;
	case 'z': case 'Z': take_many(r, z); break;
	case 'v': i->immediate = take_many(r, i->rex & 8 ? 8 : z); break;
	case 'o': take_many(r, r->address32 ? 4 : 8); break;
	case 'e': take_many(r, 3); break;
	case 'g': if (group < 2) take(r); break;
	case 'G': if (group < 2) take_many(r, z); break;
	case 'r': i->target = (int8_t)take(r); break;
	case 'R':
		r->bad |= i->word;	/* Intel and AMD differ */
		i->target = (int32_t)take_many(r, 4);
		break;
	case '!': case 'x': r->bad = true; break;
	default: break;
	}
	/* Asked in this order, or the compiler reads both bytes at once that it has just written one by one, which stalls. */
	if (group && i->opcode == 0x8f && kind == 'm' && i->map == 0)
		r->bad = true;			/* XOP */
}

static uint8_t flow_of(const struct bk_instruction *i, char kind)
{
	uint8_t op = i->opcode, group = i->modrm >> 3 & 7;

	if (kind == 'r' || kind == 'R')
		return op == 0xe8 && i->map == 0 ? BK_FLOW_CALL : BK_FLOW_BRANCH;
	if (i->map == 1) {
		if (op == 0x05)
			return BK_FLOW_SYSCALL;
		return op == 0x07 || op == 0x0b || op == 0x34 || op == 0x35 || op == 0xb9 || op == 0xff ? BK_FLOW_END : BK_FLOW_NEXT;
	}
	if (i->map != 0)
		return BK_FLOW_NEXT;
	if (op == 0xff && group >= 2 && group <= 5)
		return BK_FLOW_END;
	if ((op >= 0xca && op <= 0xcf) || op == 0xc2 || op == 0xc3 || op == 0xf1 || op == 0xf4)
		return BK_FLOW_END;
	return (op == 0xc7 || op == 0xc6) && i->modrm == 0xf8 ? BK_FLOW_END : BK_FLOW_NEXT;	/* XBEGIN, XABORT */
}

struct bk_instruction bk_decode(const uint8_t *at, size_t size)
{
	struct bk_instruction i = { 0 };
	struct reader r = { .at = at, .size = size < 15 ? size : 15 };
	char kind;

	take_prefixes(&r, &i);
	take_opcode(&r, &i);
	kind = r.bad ? '!' : kind_of(&i);
	take_operands(&r, &i, kind);
	i.length = r.bad ? 0 : (uint8_t)r.pos;
	i.flow = flow_of(&i, kind);
	i.target += i.length;
	return i;
}

/* --- what is written -------------------------------------------------------------------------------------------------------- */

enum { AX, CX, DX, BX, SP };

/* Registers by number; without REX the bytes 4 to 7 are AH to BH. */
static unsigned number_of(const struct bk_instruction *i, unsigned three, unsigned extended, bool byte)
{
	return byte && !i->rex ? three & 3 : three | (extended ? 8u : 0);
}

static bool is_field(const struct bk_instruction *i, unsigned reg, bool byte)
{
	return number_of(i, i->modrm >> 3 & 7u, i->rex & 4, byte) == reg;
}

static bool is_operand(const struct bk_instruction *i, unsigned reg, bool byte)
{
	return i->modrm >> 6 == 3 && number_of(i, i->modrm & 7u, i->rex & 1, byte) == reg;
}

/* The opcode's lower bits name it. */
static bool is_named(const struct bk_instruction *i, unsigned reg, bool byte)
{
	return number_of(i, i->opcode & 7u, i->rex & 1, byte) == reg;
}

/* 00 to 3F: eight operations in six forms each; CMP, the last, writes nothing. */
static bool arithmetic_writes(const struct bk_instruction *i, unsigned reg)
{
	uint8_t op = i->opcode;

	if (op >= 0x38)
		return false;
	switch (op & 7) {
	case 0: case 1: return is_operand(i, reg, !(op & 1));
	case 2: case 3: return is_field(i, reg, !(op & 1));
	default:	return reg == AX;
	}
}

/* F6, F7: TEST, NOT, NEG, and what multiplies and divides in AX and DX; FE, FF: INC, DEC, PUSH. */
static bool group_writes(const struct bk_instruction *i, unsigned reg)
{
	unsigned operation = i->modrm >> 3 & 7;

	if (i->opcode >= 0xfe)
		return operation < 2 ? is_operand(i, reg, i->opcode == 0xfe) : operation != 6;
	return operation < 2 ? false : operation < 4 ? is_operand(i, reg, i->opcode == 0xf6) : reg == AX || reg == DX;
}

static bool plain_writes(const struct bk_instruction *i, unsigned reg)
{
	uint8_t op = i->opcode;

	if (op < 0x40)
		return arithmetic_writes(i, reg);
	switch (op) {
	case 0x50 ... 0x57: case 0x68: case 0x6a: case 0x84: case 0x85: case 0xa8: case 0xa9:
		return false;		/* PUSH, TEST */
	case 0x58 ... 0x5f:
		return is_named(i, reg, false);
	case 0x63: case 0x69: case 0x6b: case 0x8b: case 0x8d:
		return is_field(i, reg, false);
	case 0x8a:
		return is_field(i, reg, true);
	case 0x80: case 0x81: case 0x83:
		return (i->modrm >> 3 & 7) != 7 && is_operand(i, reg, op == 0x80);
	case 0x86: case 0x87:
		return is_field(i, reg, op == 0x86) || is_operand(i, reg, op == 0x86);
	case 0x88: case 0xc0: case 0xc6: case 0xd0: case 0xd2:
		return is_operand(i, reg, true);
	case 0x89: case 0x8c: case 0x8f: case 0xc1: case 0xc7: case 0xd1: case 0xd3:
		return is_operand(i, reg, false);
	case 0x90 ... 0x97:
		return (op != 0x90 || i->rex & 1) && (reg == AX || is_named(i, reg, false));
	case 0x98: case 0x99:
		return reg == AX || reg == DX;
	case 0xb0 ... 0xb7:
		return is_named(i, reg, true);
	case 0xb8 ... 0xbf:
		return is_named(i, reg, false);
	case 0xf6: case 0xf7: case 0xfe: case 0xff:
		return group_writes(i, reg);
	default:
		return true;
	}
}

/* 0F: what only vector registers, flags and memory see, and the rest that compilers use. */
static bool extended_writes(const struct bk_instruction *i, unsigned reg)
{
	uint8_t op = i->opcode;

	switch (op) {
	case 0x10 ... 0x17: case 0x1e: case 0x1f: case 0x28 ... 0x2b: case 0x2e: case 0x2f: case 0x51 ... 0x76: case 0x7f:
	case 0xa3: case 0xc2: case 0xc4: case 0xc6: case 0xd1 ... 0xd6: case 0xd8 ... 0xf6: case 0xf8 ... 0xfe:
		return false;
	case 0x2c: case 0x2d: case 0x40 ... 0x50: case 0xaf: case 0xb6 ... 0xb7: case 0xbc ... 0xbf: case 0xc5: case 0xd7:
		return is_field(i, reg, false);
	case 0x7e: case 0xa4: case 0xa5: case 0xab: case 0xac: case 0xad: case 0xb3: case 0xba: case 0xbb:
		return is_operand(i, reg, false);
	case 0x90 ... 0x9f:
		return is_operand(i, reg, true);
	case 0xb0: case 0xb1:
		return reg == AX || is_operand(i, reg, op == 0xb0);
	case 0xc0: case 0xc1:
		return is_field(i, reg, op == 0xc0) || is_operand(i, reg, op == 0xc0);
	case 0xc8 ... 0xcf:
		return is_named(i, reg, false);
	default:
		return true;
	}
}

bool bk_writes(const struct bk_instruction *i, unsigned reg)
{
	if (reg == SP)
		return true;
	return i->map == 0 ? plain_writes(i, reg) : i->map == 1 ? extended_writes(i, reg) : true;
}
