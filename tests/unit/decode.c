/* SPDX-License-Identifier: Apache-2.0 */
/* The gate's decoder against Capstone, over every function that a frame description covers; and what it says of single instructions. */
#include "gate/decode.h"
#include "gate/sites.h"

#include <capstone/capstone.h>
#include <string.h>

#include "base/base.h"
#include "tests/support/tap.h"

struct tally {
	unsigned long functions, instructions, wrong, flows, unseen, doubted;
	char first[320];
};

static void note(struct tally *t, const cs_insn *insn, unsigned length)
{
	if (t->wrong++ == 0)
		snprintf(t->first, sizeof t->first, "%lx %s %s: %u, not %u", (unsigned long)insn->address, insn->mnemonic, insn->op_str, length,
			 insn->size);
}

static bool is_branch(csh handle, const cs_insn *insn)
{
	return (cs_insn_group(handle, insn, CS_GRP_JUMP) || cs_insn_group(handle, insn, CS_GRP_CALL)) && insn->detail->x86.op_count == 1 &&
	       insn->detail->x86.operands[0].type == X86_OP_IMM;
}

/* The general register that Capstone's register is a part of, 16 for others. */
static unsigned number_of(csh handle, unsigned reg)
{
	static const char *const names[16][5] = {
		{ "rax", "eax", "ax", "al", "ah" }, { "rcx", "ecx", "cx", "cl", "ch" }, { "rdx", "edx", "dx", "dl", "dh" },
		{ "rbx", "ebx", "bx", "bl", "bh" }, { "rsp", "esp", "sp", "spl", "" }, { "rbp", "ebp", "bp", "bpl", "" },
		{ "rsi", "esi", "si", "sil", "" }, { "rdi", "edi", "di", "dil", "" }, { "r8", "r8d", "r8w", "r8b", "" },
		{ "r9", "r9d", "r9w", "r9b", "" }, { "r10", "r10d", "r10w", "r10b", "" }, { "r11", "r11d", "r11w", "r11b", "" },
		{ "r12", "r12d", "r12w", "r12b", "" }, { "r13", "r13d", "r13w", "r13b", "" }, { "r14", "r14d", "r14w", "r14b", "" },
		{ "r15", "r15d", "r15w", "r15b", "" },
	};
	const char *name = cs_reg_name(handle, reg);

	for (unsigned i = 0; i < 16; i++)
		for (unsigned n = 0; name && n < 5; n++)
			if (strcmp(names[i][n], name) == 0)
				return i;
	return 16;
}

/* What Capstone says is written must be so (but for TEST, of which it is wrong); more than that is only doubt. */
static void compare_writes(csh handle, const cs_insn *insn, const struct bk_instruction *mine, struct tally *t)
{
	cs_regs read, written;
	uint8_t reads = 0, writes = 0;
	unsigned all = 0;

	if (mine->flow != BK_FLOW_NEXT || insn->id == X86_INS_TEST || cs_regs_access(handle, insn, read, &reads, written, &writes) != CS_ERR_OK)
		return;
	for (unsigned i = 0; i < writes; i++)
		all |= 1u << number_of(handle, written[i]);
	for (unsigned reg = 0; reg < 16; reg++) {
		bool said = bk_writes(mine, reg);

		t->doubted += said && reg != 4 && !(all >> reg & 1);
		if (!said && all >> reg & 1 && t->unseen++ == 0)
			snprintf(t->first, sizeof t->first, "%lx %s %s writes register %u", (unsigned long)insn->address, insn->mnemonic, insn->op_str, reg);
	}
}

static void compare(csh handle, cs_insn *insn, const uint8_t *code, size_t size, uint64_t address, struct tally *t)
{
	while (size) {
		const uint8_t *at = code;
		size_t left = size;
		uint64_t where = address;
		struct bk_instruction mine = bk_decode(code, size);

		if (!cs_disasm_iter(handle, &at, &left, &where, insn))
			return;			/* Capstone 4 does not know the newest vector instructions */
		t->instructions++;
		if (mine.length != insn->size)
			note(t, insn, mine.length);
		else if (is_branch(handle, insn) && (uint64_t)insn->detail->x86.operands[0].imm != address + (uint64_t)mine.target)
			t->flows++;
		else if ((insn->id == X86_INS_SYSCALL) != (mine.flow == BK_FLOW_SYSCALL))
			t->flows++;
		else
			compare_writes(handle, insn, &mine, t);
		code = at;
		size = left;
		address = where;
	}
}

/* Each function from the one before its end, through the table that the gate itself uses. */
static void compare_object(const char *path)
{
	BK_BUF file = { 0 };
	struct bk_object o;
	struct tally t = { 0 };
	csh handle;

	if (bk_read_file(path, 1u << 28, &file) < 0) {
		printf("# %s is not here\n", path);
		return;
	}
	ok(bk_object_file(&o, file.at, file.len), "%s is an object", path);
	cs_open(CS_ARCH_X86, CS_MODE_64, &handle);
	cs_option(handle, CS_OPT_DETAIL, CS_OPT_ON);
	cs_insn *insn = cs_malloc(handle);
	for (unsigned i = 0; i < o.count; i++)
		for (uint64_t at = o.headers[i].p_vaddr, to = at + o.headers[i].p_filesz; o.headers[i].p_flags & PF_X && at < to; ) {
			uint64_t start, end;

			if (!bk_object_function(&o, at, &start, &end)) {
				at++;
				continue;
			}
			const uint8_t *code = bk_object_at(&o, start, (size_t)(end - start));
			if (code)
				compare(handle, insn, code, (size_t)(end - start), start, &t);
			t.functions++;
			at = end;
		}
	cs_free(insn, 1);
	cs_close(&handle);
	printf("# %lu functions, %lu instructions, %lu registers doubted%s%s\n", t.functions, t.instructions, t.doubted,
	       *t.first ? "; first wrong: " : "", t.first);
	ok(t.functions && t.instructions > 1000, "%s: its functions are found", path);
	ok(!t.wrong, "%s: every length as Capstone says", path);
	ok(!t.flows, "%s: every branch and system call as Capstone says", path);
	ok(!t.unseen, "%s: no register is written unseen", path);
}

static bool decodes(const char *bytes, size_t size, unsigned length)
{
	return bk_decode((const uint8_t *)bytes, size).length == length;
}

static bool writes(const char *bytes, size_t size)
{
	struct bk_instruction i = bk_decode((const uint8_t *)bytes, size);

	return bk_writes(&i, 0);
}

#define CODE(bytes) bytes, sizeof bytes - 1

static void single(void)
{
	struct bk_instruction i = bk_decode((const uint8_t *)"\xb8\x3b\0\0\0", 5);

	ok(i.length == 5 && i.immediate == 59 && bk_writes(&i, 0), "mov $59, %%eax");
	ok(decodes(CODE("\x48\xb8\1\2\3\4\5\6\7\x8"), 10), "movabs takes eight bytes");
	ok(decodes(CODE("\x66\xb8\1\2"), 4), "mov of two bytes");
	ok(decodes(CODE("\xb8\x3b\0\0"), 0), "an instruction that does not end in what was given");
	ok(decodes(CODE("\x0f\x0f\xc0\x9e"), 0), "3DNow! is not known");
	ok(decodes(CODE("\x8f\xe8\x78\xc0\xc1\1"), 0), "XOP is not known");
	ok(decodes(CODE("\x66\xe8\0\0\0\0"), 0), "a call with another operand size is given up");
	ok(decodes("\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x90", 16, 0), "no instruction is longer than 15 bytes");
	ok(bk_decode((const uint8_t *)"\x48\x8b\5\0\0\0\0", 7).ip_relative, "mov from a place relative to itself cannot move");
	ok(writes(CODE("\x89\xf8")) && !writes(CODE("\x89\xc7")), "mov to EAX, mov from EAX");
	ok(writes(CODE("\x58")) && !writes(CODE("\x41\x58")), "pop of RAX, pop of R8");
	ok(writes(CODE("\xb4\1")) && writes(CODE("\x0f\xb6\xc2")), "AH, and a move that widens");
	ok(!writes(CODE("\x39\xc7")) && !writes(CODE("\x85\xc0")), "comparisons");
}

/* --- numbers ------------------------------------------------------------------------------------------------------------------- */

#define NUMBER(bytes, site) bk_number_at((const uint8_t *)(bytes), sizeof bytes - 1, site, true)
#define NO UINT32_MAX

static void numbers(void)
{
	ok(NUMBER("\xb8\x3b\0\0\0\x0f\5\xc3", 5) == 59, "right in front");
	ok(NUMBER("\xb8\x3b\0\0\0\x48\x0f\x46\xf7\x0f\5\xc3", 9) == 59, "before what leaves EAX alone");
	ok(NUMBER("\xb8\x3b\0\0\0\x0f\x46\xc7\x0f\5\xc3", 8) == NO, "before what may change it");
	ok(NUMBER("\x31\xc0\xb0\x38\x0f\5\xc3", 4) == 56, "its low byte");
	ok(NUMBER("\xb0\x38\x0f\5\xc3", 2) == NO, "its low byte alone");
	ok(NUMBER("\x41\xb8\xca\0\0\0\x44\x89\xc0\x0f\5\xc3", 9) == 202, "a copy");
	ok(NUMBER("\x44\x89\xc0\x0f\5\xc3", 3) == NO, "a copy of what the caller has given");
	ok(NUMBER("\x41\xb8\xca\0\0\0\xe8\0\1\0\0\x44\x89\xc0\x0f\5\xc3", 14) == NO, "a call may change R8");
	ok(NUMBER("\xbb\xca\0\0\0\xe8\0\1\0\0\x89\xd8\x0f\5\xc3", 12) == 202, "but not EBX");
	ok(NUMBER("\x41\xb8\xca\0\0\0\x44\x89\xc0\x0f\5\x75\xf9\xc3", 9) == 202, "a loop");
	ok(NUMBER("\x41\xb8\xca\0\0\0\x44\x89\xc0\x0f\5\x45\x31\xc0\x75\xf6\xc3", 9) == NO, "a loop that changes it");
	ok(NUMBER("\x74\7\xb8\1\0\0\0\xeb\5\xb8\1\0\0\0\x0f\5\xc3", 14) == 1, "two ways with the same");
	ok(NUMBER("\x74\7\xb8\1\0\0\0\xeb\5\xb8\2\0\0\0\x0f\5\xc3", 14) == NO, "two ways with another");
	ok(NUMBER("\xeb\5\xb8\1\0\0\0\x0f\5\xc3", 7) == NO, "a way that leads past it");
	ok(NUMBER("\x41\xb8\xca\0\0\0\x44\x89\xc0\x0f\5\xff\xe2", 9) == NO, "jumps that may lead anywhere");
	ok(NUMBER("\x41\xb8\xca\0\0\0\x44\x89\xc0\x0f\5\x74\x70\xc3", 9) == NO, "a part of the function that lies elsewhere");
	ok(NUMBER("\xc3\xeb\xfe\x0f\5", 3) == NO, "what nothing leads to");
	ok(NUMBER("\x89\xc1\x89\xc8\xeb\xfa\x0f\5", 6) == NO, "copies in a circle");
}

int main(void)
{
	single();
	numbers();
	compare_object("/lib/x86_64-linux-gnu/libc.so.6");
	compare_object("/lib64/ld-linux-x86-64.so.2");
	compare_object("/lib/x86_64-linux-gnu/libm.so.6");
	return tap_end();
}
