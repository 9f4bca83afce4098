/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Static programs.  Nothing can be preloaded into them, so it is the gate's own file that is executed in their place (gate/exec.c, shim/gate.c),
 * with their arguments: it maps the program as the kernel would (fs/binfmt_elf.c), leads its calls through itself before the first instruction, and jumps
 * to it.  What the kernel goes on to say of the process is of the gate's file; what the program asks about itself is answered in gate/self.c.
 */
#include "core/segments.h"
#include "gate/start.h"

#define RELATIVE	8u			/* R_X86_64_RELATIVE (x86-64 psABI, "Relocation Types") */
#define FIXED_NOREPLACE 0x100000	/* MAP_FIXED_NOREPLACE */

/* The program's file. */
struct program {
	struct bk_segments segments;
	const char *name;		/* as it was called */
	const void *file;		/* all of it, to read */
	size_t size;
	uintptr_t bias;
	int fd;
};

/* --- the gate itself ------------------------------------------------------------------------------------------------------------ */

extern const char __ehdr_start[] __attribute__((visibility("hidden")));
extern const Elf64_Rela bk_relocations_from[] __attribute__((visibility("hidden"))), bk_relocations_to[] __attribute__((visibility("hidden")));

/* Nobody has done it: relative ones only, others are of symbols that there are none of here (gate/start.c). */
static void relocate(void)
{
	uintptr_t base = (uintptr_t)__ehdr_start;

	for (const Elf64_Rela *r = bk_relocations_from; r < bk_relocations_to; r++)
		if (ELF64_R_TYPE(r->r_info) == RELATIVE)
			*(uintptr_t *)(base + r->r_offset) = base + (uintptr_t)r->r_addend;
}

/* --- mapping -------------------------------------------------------------------------------------------------------------------- */

static uintptr_t down(uintptr_t address)
{
	return address & ~(uintptr_t)(BK_PAGE - 1);
}

static long map(uintptr_t at, size_t size, int protection, int flags, int fd, uint64_t offset)
{
	return BK_CALL(__NR_mmap, at, size, protection, MAP_PRIVATE | flags, fd, offset);
}

/*
 * All that it will take, so that nothing else comes to lie there: below whatever is mapped later, since the first code of a process is taken for its
 * program (bk_process_program() of the shim).  Without the flag (Linux < 4.17) an address is a hint, as it is for what can lie anywhere.
 */
static bool reserve(struct program *p)
{
	const struct bk_segments *s = &p->segments;
	uintptr_t wanted = s->moves ? (uintptr_t)__ehdr_start - BK_SEGMENT_TOP : s->low;
	long at = map(wanted, s->high - s->low, PROT_NONE, MAP_ANONYMOUS | MAP_NORESERVE | (s->moves ? 0 : FIXED_NOREPLACE), -1, 0);

	p->bias = (uintptr_t)at - s->low;
	return (unsigned long)at < -4096UL && (s->moves || (uintptr_t)at == wanted);
}

/* Behind the file's bytes: the rest of their page is cleared, further pages are new ones. */
static bool map_zeroes(uintptr_t end, uintptr_t memory, int protection)
{
	uintptr_t page = down(end + BK_PAGE - 1);

	if (memory > end && protection & PROT_WRITE)
		__builtin_memset((void *)end, 0, page - end);
	return memory <= page || (unsigned long)map(page, memory - page, protection, MAP_ANONYMOUS | MAP_FIXED, -1, 0) < -4096UL;
}

static bool map_segment(const struct program *p, const struct bk_segment *g)
{
	int protection = PROT_READ | (g->write ? PROT_WRITE : 0) | (g->execute ? PROT_EXEC : 0);
	uintptr_t at = p->bias + g->address, from = down(at);

	if (g->file && (unsigned long)map(from, at + g->file - from, protection, MAP_FIXED, p->fd, g->offset - (at - from)) > -4096UL)
		return false;
	return map_zeroes(g->file ? at + g->file : from, at + g->memory, protection);
}

static void map_program(struct program *p)
{
	bool mapped = reserve(p);

	for (unsigned i = 0; i < p->segments.count && mapped; i++)
		mapped = map_segment(p, &p->segments.at[i]);
	if (!mapped)
		bk_start_fail("there is no room in memory for the static program");
}

/* --- what is loaded --------------------------------------------------------------------------------------------------------------- */

static void open_program(struct program *p)
{
	char link[64];
	struct stat st;
	long n;

	p->fd = (int)sys_open(p->name, O_RDONLY | O_CLOEXEC);
	if (p->fd < 0 || sys_fstat(p->fd, &st) < 0)
		bk_start_fail("the static program cannot be opened");
	n = sys_readlink(bk_own_fd(link, p->fd), bk_gate.image, sizeof bk_gate.image - 1);
	bk_gate.image[n > 0 ? n : 0] = '\0';
	bk_gate.own_device = st.st_dev;
	bk_gate.own_inode = st.st_ino;
	p->size = (size_t)st.st_size;
	p->file = bk_view_file(p->fd, p->size);
	if (!p->file)
		bk_start_fail("the static program cannot be read");
}

/* Behind its end a file's mapping has nothing. */
static bool is_whole(const struct program *p)
{
	for (unsigned i = 0; i < p->segments.count; i++)
		if (p->segments.at[i].offset + p->segments.at[i].file > p->size)
			return false;
	return true;
}

static void patch_program(const struct program *p)
{
	struct bk_known known;
	struct bk_object o;

	if (!bk_object_file(&o, p->file, p->size)) {
		bk_gate.cover.uncovered++;
		return;
	}
	if (!bk_known_find(&o, bk_gate.image, &known)) {
		bk_known_begin(&known);
		bk_object_sections(&o);
	}
	if (bk_key_is_go(&o))
		bk_hooks_make_stacks();
	bk_start_patch(&o, p->bias, &known, bk_gate.image, true);
}

/* --- as the program expects it -------------------------------------------------------------------------------------------------------- */

static void put(const struct bk_initial *i, unsigned long type, unsigned long value)
{
	unsigned long *at = bk_start_auxiliary(i, type);

	if (at)
		*at = value;
}

/* Where variables were taken out, the vector moves up to the others' end, behind which a program looks for it. */
static void move_auxiliary(struct bk_initial *i)
{
	unsigned long *from = i->auxiliary, *to = (unsigned long *)i->envp;

	while (*to)
		to++;
	i->auxiliary = ++to;
	do {
		to[0] = from[0];
		to[1] = from[1];
		to += 2;
		from += 2;
	} while (to[-2] != AT_NULL);
}

static void tell_program(const struct bk_initial *i, const struct program *p)
{
	put(i, AT_PHDR, p->bias + p->segments.headers);
	put(i, AT_PHNUM, p->segments.header_count);
	put(i, AT_ENTRY, p->bias + p->segments.entry);
	put(i, AT_EXECFN, (unsigned long)p->name);
}

/* The process's name is the file's, as execve(2) makes it. */
static void name_process(const char *path)
{
	struct bk_text name = bk_text_basename(bk_text_of(path));
	int fd = (int)sys_open("/proc/self/comm", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	sys_write(fd, name.at, name.len < 15 ? name.len : 15);
	sys_close(fd);
}

uintptr_t bk_load(long *stack)
{
	struct bk_initial i = { .argv = (char **)(stack + 1), .envp = (char **)(stack + 2 + *stack) };
	struct program p = { .fd = -1 };
	const char *value, *what;

	relocate();
	for (i.auxiliary = (unsigned long *)i.envp; *i.auxiliary; i.auxiliary++)
		;
	i.auxiliary++;
	value = bk_start_variable(&i);
	if (!value)
		bk_start_fail("it is a part of buckler-init, and no program of its own");
	bk_start_ground(value, &what);
	for (p.name = what; *p.name && *p.name != ':'; p.name++)
		;
	p.name += *p.name == ':';
	bk_start_identity();
	bk_gate.loaded = true;
	open_program(&p);
	if (bk_segments_read(&p.segments, p.file, p.size) != BK_IMAGE_STATIC || !is_whole(&p))
		bk_start_fail("it is no static program that can be loaded");
	bk_start_second_look(&i, what, p.name);
	bk_hooks_start();
	bk_gate.first = *what == 'm';
	bk_known_start(bk_gate.first);
	map_program(&p);
	patch_program(&p);
	bk_start_clean(&i);
	move_auxiliary(&i);
	tell_program(&i, &p);
	name_process(p.name);
	sys_munmap((uintptr_t)p.file, p.size);
	sys_close(p.fd);
	bk_start_finish();
	return p.bias + p.segments.entry;
}
