/* SPDX-License-Identifier: Apache-2.0 */
/* The gate's decoder against Capstone, over every function that a frame description covers; and what it says of single instructions. */
#include "gate/decode.h"
#include "gate/object.h"

#include <capstone/capstone.h>
#include <string.h>

#include "base/base.h"
#include "tests/support/tap.h"

struct tally {
	unsigned long functions, instructions, wrong, flows;
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

int main(void)
{
	single();
	compare_object("/lib/x86_64-linux-gnu/libc.so.6");
	compare_object("/lib64/ld-linux-x86-64.so.2");
	compare_object("/lib/x86_64-linux-gnu/libm.so.6");
	return tap_end();
}
