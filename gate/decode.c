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
	if (r->pos >= r->size || r->pos >= 15) {
		r->bad = true;
		return 0;
	}
	return r->at[r->pos++];
}

static uint64_t take_many(struct reader *r, unsigned bytes)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < bytes; i++)
		value |= (uint64_t)take(r) << 8 * i;
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
	if (i->map == 0 && i->opcode == 0x8f && group)
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
	struct reader r = { .at = at, .size = size };
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

static bool is_ax(const struct bk_instruction *i, bool reg)
{
	if (reg)
		return (i->modrm >> 3 & 7) == 0 && !(i->rex & 4);
	return i->modrm >> 6 == 3 && (i->modrm & 7) == 0 && !(i->rex & 1);
}

/* Opcodes of the one-byte map with ModRM whose destination is its register, and those whose destination is its register or memory. */
static bool to_register(uint8_t op)
{
	return (op < 0x40 && (op & 6) == 2) || op == 0x63 || op == 0x69 || op == 0x6b || op == 0x8a || op == 0x8b || op == 0x8d;
}

static bool to_memory(uint8_t op)
{
	return (op < 0x38 && (op & 7) < 2) || op == 0x80 || op == 0x81 || op == 0x83 || op == 0x88 || op == 0x89 || op == 0xc6 || op == 0xc7 ||
	       op == 0xc0 || op == 0xc1 || (op >= 0xd0 && op <= 0xd3);
}

bool bk_writes_ax(const struct bk_instruction *i)
{
	uint8_t op = i->opcode;

	if (i->map == 1)
		return !(op == 0x1e || op == 0x1f || (op >= 0x10 && op <= 0x17) || op == 0x28 || op == 0x29 || op == 0x6f || op == 0x7f);
	if (i->map != 0)
		return true;
	if (op == 0x84 || op == 0x85 || op == 0xa8 || op == 0xa9 || (op >= 0x38 && op <= 0x3d && op != 0x3e))
		return false;			/* TEST, CMP */
	if (op >= 0xb0 && op <= 0xbf)
		return (op & 7) == 0 && !(i->rex & 1) ? true : (op & 0xf) == 4 && !i->rex;	/* AH */
	if (op >= 0x50 && op <= 0x5f)
		return op == 0x58 && !(i->rex & 1);
	if (to_register(op))
		return is_ax(i, true) || (op == 0x8a && !i->rex);
	if (to_memory(op))
		return is_ax(i, false) || (i->modrm >> 6 == 3 && !i->rex && (op == 0x88 || op == 0xc6 || op == 0x80));
	return op != 0x68 && op != 0x6a && !(op == 0x90 && !i->rex);
}

enum { DX = 2, BX = 3, BP = 5 };

/* AH, CH, DH, BH are numbers 4 to 7 where there is no REX. */
static bool is_high(const struct bk_instruction *i, unsigned field, unsigned reg)
{
	return !i->rex && field >= 4 && field < 8 && (field & 3) == reg;
}

/* Without ModRM. */
static bool writes_bare(const struct bk_instruction *i, unsigned reg)
{
	uint8_t op = i->opcode;
	unsigned field = (op & 7u) + (i->rex & 1u) * 8;

	if (i->map == 1)
		return op >> 3 == 0xc8 >> 3 ? field == reg : ((op == 0x31 || op == 0x32 || op == 0x33) && reg == DX) || (op == 0xa2 && (reg == DX || reg == BX));
	if (op == 0x99)
		return reg == DX;
	if (op == 0xc8 || op == 0xc9)
		return reg == BP;
	if ((op >= 0x90 && op <= 0x97) || (op >= 0x58 && op <= 0x5f) || (op >= 0xb0 && op <= 0xbf))
		return field == reg || (op >= 0xb4 && op <= 0xb7 && is_high(i, field, reg));
	return op >= 0xcc && op <= 0xcf;	/* interrupts: who knows */
}

static bool only_reads(const struct bk_instruction *i)
{
	uint8_t op = i->opcode;
	unsigned group = i->modrm >> 3 & 7;

	if (i->map == 1)
		return op == 0x1f || (op == 0x1e && i->modrm >= 0xf8);		/* NOP, ENDBR */
	return op == 0x84 || op == 0x85 || (op >= 0x38 && op <= 0x3b) || ((op == 0x80 || op == 0x81 || op == 0x83) && group == 7) ||
	       ((op == 0xf6 || op == 0xf7) && group < 2) || (op == 0xff && group >= 4);
}

/* With ModRM, what is not named in it. */
static bool writes_unnamed(const struct bk_instruction *i, unsigned reg)
{
	if (i->map == 0)
		return (i->opcode == 0xf6 || i->opcode == 0xf7) && (i->modrm >> 3 & 7) >= 4 && reg == DX;
	return (i->opcode == 0x01 || i->opcode == 0xc7) && (reg == DX || reg == BX);
}

bool bk_writes(const struct bk_instruction *i, unsigned reg)
{
	unsigned r = (i->modrm >> 3 & 7u) + (i->rex & 4u) * 2, m = i->modrm >> 6 == 3 ? (i->modrm & 7u) + (i->rex & 1u) * 8 : 16;
	bool byte = i->map == 1 || !(i->opcode & 1);
	bool call = i->flow == BK_FLOW_CALL || (i->flow == BK_FLOW_END && i->map == 0 && i->opcode == 0xff && (i->modrm >> 3 & 6) == 2);

	if (i->map > 1)
		return true;
	if (call)
		return !(reg == BX || reg == BP || reg >= 12);
	if (!i->has_modrm)
		return writes_bare(i, reg);
	if (only_reads(i))
		return false;
	if (writes_unnamed(i, reg))
		return true;
	if (i->map == 1 || to_register(i->opcode) || i->opcode == 0x86 || i->opcode == 0x87) {
		if (r == reg || (byte && is_high(i, r, reg)))
			return true;
	}
	return (i->map == 1 || !to_register(i->opcode)) && (m == reg || (byte && is_high(i, m, reg)));
}
