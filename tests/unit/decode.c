/* SPDX-License-Identifier: Apache-2.0 */
/* The gate's decoder against Capstone, over every function that a frame description covers; and what it says of single instructions. */
#include "gate/decode.h"
#include "gate/object.h"

#include <capstone/capstone.h>
#include <string.h>

#include "base/base.h"
#include "tests/support/tap.h"

struct tally {
	unsigned long functions, instructions, wrong, flows, writes;
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

/* The number in instructions of a register's part, where bk_writes() answers for it. */
static int number_of(csh handle, uint16_t reg)
{
	static const char *const names[] = {
		[2] = "rdx edx dx dl dh", [3] = "rbx ebx bx bl bh", [5] = "rbp ebp bp bpl", [8] = "r8 r8d r8w r8b", [9] = "r9 r9d r9w r9b",
		[10] = "r10 r10d r10w r10b", [12] = "r12 r12d r12w r12b", [13] = "r13 r13d r13w r13b", [14] = "r14 r14d r14w r14b", [15] = "r15 r15d r15w r15b",
	};
	const char *name = cs_reg_name(handle, reg), *at;

	for (size_t i = 0; name && i < sizeof names / sizeof *names; i++)
		if (names[i] && (at = strstr(names[i], name)) != NULL && (at == names[i] || at[-1] == ' ') && strchr(" ", at[strlen(name)]))
			return 1u << i & BK_WRITES_KNOWN ? (int)i : -1;
	return -1;
}

/* What is written is said to be; the other way round it may be in doubt. */
static bool says_writes(csh handle, const cs_insn *insn, const struct bk_instruction *mine)
{
	cs_regs read, written;
	uint8_t reads, writes;

	if (cs_regs_access(handle, insn, read, &reads, written, &writes) != CS_ERR_OK)
		return true;
	for (unsigned i = 0; i < writes; i++) {
		int reg = number_of(handle, written[i]);

		if (reg >= 0 && !bk_writes(mine, (unsigned)reg))
			return false;
	}
	return true;
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
		if (mine.length && !says_writes(handle, insn, &mine) && t->writes++ == 0)
			printf("# %lx %s %s\n", (unsigned long)insn->address, insn->mnemonic, insn->op_str);
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
	printf("# %lu functions, %lu instructions%s%s\n", t.functions, t.instructions, t.wrong ? "; first wrong: " : "", t.first);
	ok(t.functions && t.instructions > 1000, "%s: its functions are found", path);
	ok(!t.wrong, "%s: every length as Capstone says", path);
	ok(!t.flows, "%s: every branch and system call as Capstone says", path);
	ok(!t.writes, "%s: every register that Capstone says is written", path);
}

static bool decodes(const char *bytes, size_t size, unsigned length)
{
	return bk_decode((const uint8_t *)bytes, size).length == length;
}

static bool writes(const char *bytes, size_t size)
{
	struct bk_instruction i = bk_decode((const uint8_t *)bytes, size);

	return bk_writes_ax(&i);
}

#define CODE(bytes) bytes, sizeof bytes - 1

static void single(void)
{
	struct bk_instruction i = bk_decode((const uint8_t *)"\xb8\x3b\0\0\0", 5);

	ok(i.length == 5 && i.immediate == 59 && bk_writes_ax(&i), "mov $59, %%eax");
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

static bool writes_to(const char *bytes, size_t size, unsigned reg)
{
	struct bk_instruction i = bk_decode((const uint8_t *)bytes, size);

	return bk_writes(&i, reg);
}

static void registers(void)
{
	ok(writes_to(CODE("\xba\1\0\0\0"), 2) && !writes_to(CODE("\xba\1\0\0\0"), 3) && !writes_to(CODE("\x41\xba\1\0\0\0"), 2), "mov to EDX, to R10");
	ok(writes_to(CODE("\xb6\1"), 2) && writes_to(CODE("\x88\xc7"), 3), "DH is of RDX, BH of RBX");
	ok(!writes_to(CODE("\x89\xd0"), 2) && !writes_to(CODE("\x39\xc2"), 2) && !writes_to(CODE("\x52"), 2), "reading, comparing, pushing");
	ok(writes_to(CODE("\xf7\xe1"), 2) && writes_to(CODE("\x48\x99"), 2) && writes_to(CODE("\x0f\xa2"), 3) && writes_to(CODE("\xc9"), 5),
	   "what names no register");
	ok(writes_to(CODE("\xe8\0\0\0\0"), 8) && !writes_to(CODE("\xe8\0\0\0\0"), 12) && writes_to(CODE("\xff\x13"), 2), "calls keep what the ABI says");
	ok(!writes_to(CODE("\x0f\5"), 8) && !writes_to(CODE("\x0f\5"), 2), "a system call keeps all but three");
	ok(writes_to(CODE("\xc4\xe2\xfb\xf6\xd1"), 2), "what is not known may write anything");
}

int main(void)
{
	single();
	registers();
	compare_object("/lib/x86_64-linux-gnu/libc.so.6");
	compare_object("/lib64/ld-linux-x86-64.so.2");
	compare_object("/lib/x86_64-linux-gnu/libm.so.6");
	return tap_end();
}
