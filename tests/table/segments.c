/* SPDX-License-Identifier: Apache-2.0 */
/* What kind of program headers say it is. */
#include "core/segments.h"

#include <elf.h>
#include <string.h>

#include "tests/support/tap.h"

/* A program with one part that is executed and one that is written; rows change it. */
struct image {
	Elf64_Ehdr head;
	Elf64_Phdr part[3];
	char rest[64];
};

static struct image sound(void)
{
	struct image i = {
		.head = {
			.e_type = ET_EXEC, .e_machine = EM_X86_64, .e_entry = 0x401000, .e_phoff = sizeof(Elf64_Ehdr), .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 3,
		},
		.part = {
			{ .p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_vaddr = 0x400000, .p_filesz = 0x1100, .p_memsz = 0x1100 },
			{ .p_type = PT_LOAD, .p_flags = PF_R | PF_W, .p_offset = 0x1100, .p_vaddr = 0x402100, .p_filesz = 8, .p_memsz = 0x3000 },
			{ .p_type = PT_GNU_STACK, .p_flags = PF_R | PF_W },
		},
	};

	memcpy(i.head.e_ident, (unsigned char[]){ 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB }, 6);
	return i;
}

static enum bk_image_kind kind_of(const struct image *i)
{
	struct bk_segments s;

	return bk_segments_read(&s, i, sizeof *i);
}

#define KIND(change, kind, name)			\
	do {						\
		struct image i = sound();		\
							\
		change;					\
		ok(kind_of(&i) == (kind), "%s", name);	\
	} while (0)

static void test_kinds(void)
{
	KIND((void)0, BK_IMAGE_STATIC, "a static program");
	KIND(i.head.e_type = ET_DYN, BK_IMAGE_STATIC, "one that may lie anywhere");
	KIND(i.part[2].p_type = PT_INTERP, BK_IMAGE_DYNAMIC, "one that names an interpreter");
	KIND(i.head.e_ident[0] = '#', BK_IMAGE_OTHER, "no ELF file");
	KIND(i.head.e_ident[4] = ELFCLASS32, BK_IMAGE_STRANGE, "of 32 bits");
	KIND(i.head.e_machine = EM_AARCH64, BK_IMAGE_STRANGE, "for another machine");
	KIND(i.head.e_type = ET_REL, BK_IMAGE_STRANGE, "an object file");
	KIND(i.part[0].p_flags |= PF_W, BK_IMAGE_STRANGE, "memory that is writable and executable");
	KIND(i.part[2].p_flags |= PF_X, BK_IMAGE_STRANGE, "an executable stack");
	KIND(i.part[1].p_vaddr = 0x401100, BK_IMAGE_STRANGE, "parts that share a page");
	KIND(i.part[1].p_vaddr = 0x402200, BK_IMAGE_STRANGE, "a part that no mapping gives");
	KIND(i.part[1].p_memsz = UINT64_MAX, BK_IMAGE_STRANGE, "a part that is too large");
	KIND(i.part[1].p_memsz = 4, BK_IMAGE_STRANGE, "less memory than file");
	KIND(i.part[0].p_vaddr = 0, BK_IMAGE_STRANGE, "at the beginning of memory");
	KIND(i.head.e_entry = 0x402100, BK_IMAGE_STRANGE, "a beginning outside of its code");
	KIND(i.head.e_phnum = 0, BK_IMAGE_STRANGE, "no parts");
	KIND(i.head.e_phnum = 0xffff, BK_IMAGE_CUT, "more headers than there are");
	KIND(i.head.e_phoff = 1u << 20, BK_IMAGE_CUT, "headers elsewhere");
}

static void test_places(void)
{
	struct image i = sound();
	struct bk_segments s;

	bk_segments_read(&s, &i, sizeof i);
	ok(s.count == 2 && s.low == 0x400000 && s.high == 0x406000, "page borders around all");
	ok(s.entry == 0x401000 && s.headers == 0x400040 && s.header_count == 3 && !s.moves, "what the program is told");
	ok(s.at[0].execute && !s.at[0].write && s.at[1].write && s.at[1].file == 8 && s.at[1].memory == 0x3000, "the parts");
}

/* Headers at the end of the file, which the caller brings. */
static void test_gather(void)
{
	struct image i = sound(), told = i;

	told.part[2].p_type = PT_INTERP;
	i.head.e_phoff = 123456;
	ok(bk_segments_gather(&i) == 123456, "where they are");
	memcpy((char *)&i + BK_SEGMENT_HEAD, told.part, sizeof told.part);
	ok(kind_of(&i) == BK_IMAGE_DYNAMIC, "what they say");
}

int main(void)
{
	test_kinds();
	test_places();
	test_gather();
	return tap_end();
}
