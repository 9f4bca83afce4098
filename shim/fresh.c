/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stack of an image that was just loaded and has not run: argc, argv, envp and auxv lie at the stack pointer, the
 * strings above them (fs/binfmt_elf.c, create_elf_tables).  Nobody can change it while the process is stopped, so what is
 * judged here is what the image will see.
 */
#include <linux/auxvec.h>
#include <linux/elf.h>
#include "shim/shim.h"

static uint64_t word(const struct bk_shim *s, uint32_t offset)
{
	uint64_t value;

	__builtin_memcpy(&value, s->scratch->stack + offset, sizeof value);
	return value;
}

/* The string at an address, where it lies whole inside what was read. */
static struct bk_text text_at(const struct bk_shim *s, const struct bk_fresh *f, uint64_t address)
{
	uint64_t offset = address - f->base;
	uint32_t n = 0;

	if (offset >= f->size)
		return (struct bk_text){ NULL, 0 };
	while (offset + n < f->size && s->scratch->stack[offset + n])
		n++;
	if (offset + n == f->size)
		return (struct bk_text){ NULL, 0 };
	return (struct bk_text){ s->scratch->stack + offset, n };
}

/* Offset behind the pointers that start at `offset` and their NULL; 0 where the read ended before. */
static uint32_t skip_pointers(const struct bk_shim *s, const struct bk_fresh *f, uint32_t offset)
{
	while (offset + 8 <= f->size) {
		offset += 8;
		if (!word(s, offset - 8))
			return offset;
	}
	return 0;
}

static uint64_t auxv(const struct bk_shim *s, const struct bk_fresh *f, uint32_t offset, uint64_t type)
{
	for (; offset + 16 <= f->size && word(s, offset); offset += 16)
		if (word(s, offset) == type)
			return word(s, offset + 8);
	return 0;
}

/* The argument strings stand one behind the other, the first argument lowest (fs/exec.c, copy_strings). */
static void take_argv(struct bk_shim *s, struct bk_fresh *f, uint64_t argc)
{
	struct bk_text first = text_at(s, f, word(s, 8));
	struct bk_text last = argc ? text_at(s, f, word(s, (uint32_t)(argc * 8))) : first;

	f->argv = (struct bk_args){ .cut = argc != 0 };
	if (argc && first.at && last.at && last.at >= first.at)
		f->argv = (struct bk_args){ first.at, (uint32_t)(last.at + last.len + 1 - first.at), (uint32_t)argc, false };
}

int bk_gather_fresh(struct bk_shim *s, int pid, struct bk_fresh *f)
{
	struct bk_registers registers;
	struct iovec v = { &registers, sizeof registers };
	long r = sys_ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, (unsigned long)&v);
	uint32_t behind;
	uint64_t argc;

	*f = (struct bk_fresh){ 0 };
	if (r < 0)
		return (int)r;
	f->base = bk_registers_stack(&registers);
	r = bk_memory_read(pid, f->base, s->scratch->stack, sizeof s->scratch->stack);
	if (r < 16)
		return r < 0 ? (int)r : -EFAULT;
	f->size = (uint32_t)r;
	argc = word(s, 0);
	if (argc >= f->size / 8)
		return -E2BIG;
	take_argv(s, f, argc);
	f->envp = (uint32_t)(argc + 2) * 8;
	behind = skip_pointers(s, f, f->envp);
	if (!behind)
		return -E2BIG;
	f->called = text_at(s, f, auxv(s, f, behind, AT_EXECFN));
	f->whole = r < (long)sizeof s->scratch->stack && !f->argv.cut;
	return 0;
}

static void short_hash(struct bk_text entry, uint8_t out[16])
{
	struct bk_sha256 hash;
	uint8_t digest[32];

	bk_sha256_start(&hash, false);	/* a short text */
	bk_sha256_add(&hash, entry.at, entry.len);
	bk_sha256_finish(&hash, digest);
	__builtin_memcpy(out, digest, 16);
}

#define OWN_MAX (sizeof ((struct bk_shim *)0)->own / 16)

void bk_gather_own(struct bk_shim *s, char *const *envp)
{
	for (; *envp && s->own_variables < OWN_MAX; envp++) {
		struct bk_text name = { *envp, 0 };

		while (name.at[name.len] && name.at[name.len] != '=')
			name.len++;
		if (bk_injection_variable(name))
			short_hash(bk_text_of(*envp), s->own[s->own_variables++]);
	}
}

static bool is_own(struct bk_shim *s, struct bk_text entry)
{
	uint8_t hash[16];

	if (!s->own_variables)
		return false;
	short_hash(entry, hash);
	for (unsigned i = 0; i < s->own_variables; i++)
		if (__builtin_memcmp(hash, s->own[i], 16) == 0)
			return true;
	return false;
}

/* What the policy says of an injection variable; an event where it is owed. */
static bool must_go(struct bk_shim *s, int pid, struct bk_text entry, struct bk_text image)
{
	struct bk_request r = { .section = BK_ENVIRONMENT, .path = entry, .parent = image };
	struct bk_decision d;
	struct bk_event e;

	if (is_own(s, entry))
		return false;
	d = bk_decide(&s->policy, &r, s->least);
	if (bk_speaks(d.verdict)) {
		bk_log_fill(s, &e, BK_EVENT_ENVIRONMENT, &r, &d, pid);
		bk_log_event(s, &e);
	}
	return bk_stops(d.verdict);
}

/*
 * Takes the entry out: everything behind its pointer, the auxiliary vector included, moves down by one place.  The stack pointer, and
 * with it the alignment that the start code relies on, stays; one unused word is left above AT_NULL.
 */
static bool remove_entry(struct bk_shim *s, int pid, struct bk_fresh *f, uint32_t offset)
{
	uint32_t end = skip_pointers(s, f, offset);

	while (end + 16 <= f->size && word(s, end))
		end += 16;
	end += 16;
	if (end > f->size)
		return false;
	for (uint32_t i = offset; i + 8 < end; i++)
		s->scratch->stack[i] = s->scratch->stack[i + 8];
	return bk_memory_write(pid, f->base + offset, s->scratch->stack + offset, end - 8 - offset);
}

/* Without the value, which for most entries need not be looked at. */
static struct bk_text name_at(const struct bk_shim *s, const struct bk_fresh *f, uint64_t address)
{
	uint64_t offset = address - f->base;
	struct bk_text name = { s->scratch->stack + offset, 0 };

	if (offset >= f->size)
		return (struct bk_text){ NULL, 0 };
	while (offset + name.len < f->size && name.at[name.len] && name.at[name.len] != '=')
		name.len++;
	return offset + name.len < f->size ? name : (struct bk_text){ NULL, 0 };
}

int bk_gather_scrub(struct bk_shim *s, int pid, struct bk_fresh *f, struct bk_text image)
{
	uint32_t offset = f->envp;
	int left = 0;

	for (; offset + 8 <= f->size && word(s, offset); offset += 8) {
		struct bk_text name = name_at(s, f, word(s, offset)), entry;

		if (name.at && !bk_injection_variable(name))
			continue;
		entry = text_at(s, f, word(s, offset));
		if (!entry.at)
			left++;		/* beyond what could be read: nobody knows what it is */
		else if (must_go(s, pid, entry, image) && remove_entry(s, pid, f, offset))
			offset -= 8;	/* the next one has taken its place */
	}
	return left;
}
