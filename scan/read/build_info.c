/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Go (debug/buildinfo) and Rust (cargo-auditable, section .dep-v0) write into native executables.
 */
#include <gelf.h>
#include <string.h>
#include <zlib.h>

#include "scan/reader.h"

#define AUDITABLE_MAX (8u << 20)	/* inflated */
#define DATA_SEARCH   (4u << 20)	/* bytes of a data segment in which Go's mark is looked for; the linker puts it first */

static const char mark[] = "\xff Go buildinf:";

/* A section's bytes by its name, 0 where it is not there. */
static size_t section(Elf *elf, const struct bk_file *f, const char *name, const char **at)
{
	size_t names;

	if (elf_getshdrstrndx(elf, &names) != 0)
		return 0;
	for (Elf_Scn *s = NULL; (s = elf_nextscn(elf, s)); ) {
		GElf_Shdr h;
		const char *own = gelf_getshdr(s, &h) ? elf_strptr(elf, names, h.sh_name) : NULL;

		if (own && strcmp(own, name) == 0 && h.sh_type != SHT_NOBITS && h.sh_offset < f->text.len && h.sh_size <= f->text.len - h.sh_offset) {
			*at = f->text.at + h.sh_offset;
			return h.sh_size;
		}
	}
	return 0;
}

/* A stripped file has no sections: Go's linker puts the mark at the begin of the writable data, on 16 bytes. */
static size_t in_data(Elf *elf, const struct bk_file *f, const char **at)
{
	size_t count;

	if (elf_getphdrnum(elf, &count) != 0)
		return 0;
	for (size_t i = 0; i < count && i < 256; i++) {
		GElf_Phdr h;

		if (!gelf_getphdr(elf, (int)i, &h) || h.p_type != PT_LOAD || !(h.p_flags & PF_W) || h.p_offset >= f->text.len)
			continue;
		size_t n = f->text.len - h.p_offset < h.p_filesz ? f->text.len - h.p_offset : h.p_filesz;
		const char *found = memmem(f->text.at + h.p_offset, n < DATA_SEARCH ? n : DATA_SEARCH, mark, sizeof mark - 1);

		if (found) {
			*at = found;
			return (size_t)(f->text.at + h.p_offset + n - found);
		}
	}
	return 0;
}

/* The bytes at an address of the program, and how many there are behind it. */
static const char *at_address(Elf *elf, const struct bk_file *f, uint64_t address, size_t *size)
{
	size_t count;

	if (elf_getphdrnum(elf, &count) != 0)
		return NULL;
	for (size_t i = 0; i < count && i < 256; i++) {
		GElf_Phdr h;

		if (gelf_getphdr(elf, (int)i, &h) && h.p_type == PT_LOAD && address >= h.p_vaddr && address - h.p_vaddr < h.p_filesz &&
		    h.p_offset < f->text.len && address - h.p_vaddr < f->text.len - h.p_offset) {
			*size = f->text.len - h.p_offset - (address - h.p_vaddr);
			return f->text.at + h.p_offset + (address - h.p_vaddr);
		}
	}
	return NULL;
}

static uint64_t number(const char *at, size_t n, bool big)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++)
		v |= (uint64_t)(unsigned char)at[i] << 8 * (big ? n - 1 - i : i);
	return v;
}

/* A Go string by the address of its header: pointer and length, `width` bytes each. */
static const char *go_string(Elf *elf, const struct bk_file *f, uint64_t address, size_t width, bool big, size_t *size)
{
	size_t have;
	const char *header = at_address(elf, f, address, &have), *text;

	if (!header || have < 2 * width)
		return NULL;
	*size = number(header + width, width, big);
	text = at_address(elf, f, number(header, width, big), &have);
	return text && *size <= have ? text : NULL;
}

/* unsigned LEB128, then so many bytes. */
static const char *inline_string(const char **at, const char *end, size_t *size)
{
	uint64_t n = 0;
	const char *text;

	for (unsigned shift = 0; ; shift += 7) {
		if (*at >= end || shift > 56)
			return NULL;
		n |= (uint64_t)(*(*at) & 0x7f) << shift;
		if (!(*(*at)++ & 0x80))
			break;
	}
	if (n > (uint64_t)(end - *at))
		return NULL;
	text = *at;
	*at += n;
	*size = n;
	return text;
}

/* Version and modules; both forms of debug/buildinfo.  False where the mark is not there or what follows is damaged. */
static bool read_go(Elf *elf, struct bk_file *f)
{
	const char *at = NULL, *version, *modules;
	size_t n = section(elf, f, ".go.buildinfo", &at), version_size, modules_size;

	n = n ? n : in_data(elf, f, &at);
	if (n < 32 || memcmp(at, mark, sizeof mark - 1) != 0)
		return false;
	unsigned char width = (unsigned char)at[14], flags = (unsigned char)at[15];

	if (flags & 2) {
		const char *text = at + 32;

		version = inline_string(&text, at + n, &version_size);
		modules = version ? inline_string(&text, at + n, &modules_size) : NULL;
	} else {
		if (width != 4 && width != 8)
			return false;
		version = go_string(elf, f, number(at + 16, width, flags & 1), width, flags & 1, &version_size);
		modules = go_string(elf, f, number(at + 16 + width, width, flags & 1), width, flags & 1, &modules_size);
	}
	if (version)
		bk_read_go_version(f, version, version_size);
	if (modules)
		bk_read_go_modules(f, modules, modules_size);
	if (!version || (!modules && (flags & 2)))
		bk_scan_warn(f, 0, "Go's build information is damaged");
	return version != NULL;
}

static bool read_rust(Elf *elf, struct bk_file *f)
{
	const char *at;
	size_t n = section(elf, f, ".dep-v0", &at);
	uLongf size = AUDITABLE_MAX;

	if (!n)
		return false;
	BK_FREE char *text = bk_alloc(size);

	if (uncompress((Bytef *)text, &size, (const Bytef *)at, n) != Z_OK)
		bk_scan_warn(f, 0, "the list of crates (.dep-v0) is damaged, or larger than 8 MiB");
	else
		bk_read_auditable(f, text, size);
	return true;
}

void bk_read_build_info(struct bk_file *f)
{
	Elf *elf;

	if (elf_version(EV_CURRENT) == EV_NONE || memcmp(f->text.at, "\177ELF", 4) != 0)
		return;
	elf = elf_memory(f->text.at, f->text.len);
	if (elf && elf_kind(elf) == ELF_K_ELF) {
		if (!read_go(elf, f))
			read_rust(elf, f);
	} else {
		bk_scan_warn(f, 0, "a damaged ELF file");
	}
	if (elf)
		elf_end(elf);
}
