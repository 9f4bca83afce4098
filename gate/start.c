/* SPDX-License-Identifier: Apache-2.0 */
/* Before the program, its libraries and even the C library have run an instruction of their own. */
#include "gate/start.h"

struct bk_gate bk_gate __attribute__((section(".bss.bk_gate")));

/* link.h, the part that glibc and musl share. */
struct map {
	uintptr_t bias;
	char *name;
	void *dynamic;
	struct map *next, *previous;
};
struct loader {
	int version;
	struct map *first;
};
extern struct loader _r_debug __attribute__((weak, visibility("default")));		/* glibc's loader */
extern struct loader *_dl_debug_addr __attribute__((weak, visibility("default")));	/* musl */
extern char **environ __attribute__((weak, visibility("default")));
extern const char __ehdr_start[] __attribute__((visibility("hidden"))), _end[] __attribute__((visibility("hidden")));

void bk_start_fail(const char *why)
{
	char line[256];
	char *at = bk_put(line, line + sizeof line, "buckler-gate: ");

	if (bk_gate.ground)		/* noted last: the ring is there, too */
		bk_report_note(BK_KILLED, bk_gate.image, why);
	at = bk_put(bk_put(at, line + sizeof line, why), line + sizeof line, "; the program is not started\n");
	sys_write(2, line, (size_t)(at - line));
	sys_exit(125);
}

/* --- the initial stack --------------------------------------------------------------------------------------------------------- */

unsigned long *bk_start_auxiliary(const struct bk_initial *i, unsigned long type)
{
	for (unsigned long *at = i->auxiliary; at[0] != AT_NULL; at += 2)
		if (at[0] == type)
			return at + 1;
	return NULL;
}

static unsigned long auxiliary(const struct bk_initial *i, unsigned long type)
{
	const unsigned long *at = bk_start_auxiliary(i, type);

	return at ? *at : 0;
}

const char *bk_start_variable(const struct bk_initial *i)
{
	const char *value = NULL;

	for (char **at = i->envp; *at && !value; at++)
		value = bk_value_of(*at, BK_GATE_VARIABLE);
	return value;
}

/* musl calls constructors without arguments, glibc before `environ` is set. */
static struct bk_initial initial_of(char **argv, char **envp)
{
	struct bk_initial i = { argv, envp, NULL };

	if (&environ && environ) {
		i.envp = i.argv = environ;
		for (long n = 0; i.argv[-2] != (char *)n; n++)	/* back over the arguments to their number */
			i.argv--;
		i.argv--;
	}
	for (i.auxiliary = (unsigned long *)i.envp; *i.auxiliary; i.auxiliary++)
		;
	i.auxiliary++;
	return i;
}

/* Takes an entry out.  What is behind moves up; the words before the auxiliary vector, which stays, become zero. */
static void remove_entry(char **at)
{
	for (; *at; at++)
		at[0] = at[1];
}

/* LD_PRELOAD as it was before the gate was put in front: its name comes to stand before what follows. */
static void restore_preload(char **at, char *value)
{
	static const char name[] = "LD_PRELOAD=";
	const char *gate = bk_gate.ground->gate;

	while (*gate && *value == *gate)
		value++, gate++;
	if (*gate || (*value && *value != ':' && *value != ' '))
		return;
	if (!*value) {
		remove_entry(at);
	} else {
		*at = value + 1 - (sizeof name - 1);
		__builtin_memcpy(*at, name, sizeof name - 1);
	}
}

void bk_start_clean(const struct bk_initial *i)
{
	for (char **at = i->envp; *at; ) {
		char *entry = *at;

		if (bk_value_of(entry, BK_GATE_VARIABLE))
			remove_entry(at);
		else if (bk_value_of(entry, "LD_PRELOAD"))
			restore_preload(at, entry + sizeof "LD_PRELOAD=" - 1);
		at += *at == entry;
	}
}

/* --- the ground -------------------------------------------------------------------------------------------------------------------- */

static void *map_of_shim(int shim, int fd, int flags, size_t *size, struct stat *st)
{
	char path[64];
	int own = (int)sys_open(bk_proc_fd(path, shim, fd), flags | O_CLOEXEC);
	void *at;

	if (own < 0 || sys_fstat(own, st) < 0 || st->st_size < (long)BK_PAGE)
		bk_start_fail("buckler-init's memory cannot be reached");
	*size = (size_t)st->st_size;
	at = (void *)BK_CALL(__NR_mmap, 0, *size, flags == O_RDWR ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, own, 0);
	sys_close(own);
	if ((uintptr_t)at > -4096UL)
		bk_start_fail("buckler-init's memory cannot be mapped");
	if (bk_seal((uintptr_t)at, (uintptr_t)at + ((*size + BK_PAGE - 1) & ~(size_t)(BK_PAGE - 1)), false) < 0)
		bk_start_fail("too much to guard");
	return at;
}

void bk_start_ground(const char *value, const char **what)
{
	int shim = (int)bk_parse_number(value, &value);
	const struct bk_ground *g;
	struct stat st;
	size_t size;

	bk_gate.ground_fd = (int)bk_parse_number(value + (*value == ':'), &value);
	bk_gate.ring_fd = (int)bk_parse_number(value + (*value == ':'), &value);
	*what = value + (*value == ':');
	g = map_of_shim(shim, bk_gate.ground_fd, O_RDONLY, &size, &st);
	if (g->magic != BK_GROUND_MAGIC || g->shim != shim || g->policy_size > size - BK_GROUND_POLICY)
		bk_start_fail("its ground is not of this version");
	/* Checked by the shim before it was sealed: nobody has changed it since. */
	bk_gate.policy.head = (const struct bk_policy_header *)((const char *)g + BK_GROUND_POLICY);
	if (g->live >= 0) {
		bk_gate.live = map_of_shim(shim, g->live, O_RDONLY, &size, &st);
		if (size < sizeof *bk_gate.live)
			bk_start_fail("its names are not of this version");
	}
	bk_gate.ring = map_of_shim(shim, bk_gate.ring_fd, O_RDWR, &size, &st);
	if (size < sizeof *bk_gate.ring)
		bk_start_fail("its ring is too small");
	bk_gate.ring_device = st.st_dev;
	bk_gate.ring_inode = st.st_ino;
	bk_gate.least = (enum bk_mode)g->least;
	bk_gate.ground = g;
}

void bk_start_identity(void)
{
	struct stat st;

	bk_gate.self = (int)sys_getpid();
	bk_gate.uid = (uint32_t)sys_geteuid();
	if (sys_stat("/proc", &st) == 0)
		bk_gate.proc_device = st.st_dev;
}

static void note_program(void)
{
	long n = sys_readlink("/proc/self/exe", bk_gate.image, sizeof bk_gate.image - 1);
	struct stat st;

	bk_gate.image[n > 0 ? n : 0] = '\0';
	if (sys_stat("/proc/self/exe", &st) == 0) {
		bk_gate.own_device = st.st_dev;
		bk_gate.own_inode = st.st_ino;
	}
}

void bk_start_second_look(const struct bk_initial *i, const char *what, const char *called)
{
	uint64_t device, inode;

	if (*what == 'm') {
		bk_exec_first(called, i->argv);
		return;
	}
	device = bk_parse_number(what, &what);
	inode = bk_parse_number(what + (*what == '.'), &what);
	if (bk_gate.own_device == device && bk_gate.own_inode == inode)
		return;
	bk_report_note(BK_KILLED, bk_gate.image, "another image runs than the one that was vetted");
	bk_gate_die();
}

/* --- what is loaded ------------------------------------------------------------------------------------------------------------------ */

static bool view_of(const struct map *m, bool main, const struct bk_initial *i, struct bk_object *o)
{
	const Elf64_Ehdr *e = (const Elf64_Ehdr *)m->bias;

	if (main && auxiliary(i, AT_BASE))
		return bk_object_memory(o, m->bias, (const Elf64_Phdr *)auxiliary(i, AT_PHDR), (unsigned)auxiliary(i, AT_PHNUM));
	if (!m->bias || !bk_readable(e) || __builtin_memcmp(e->e_ident, "\177ELF", 4) != 0)
		return false;
	if (e->e_phoff + e->e_phnum * sizeof(Elf64_Phdr) > BK_PAGE)
		return false;
	return bk_object_memory(o, m->bias, (const Elf64_Phdr *)(m->bias + e->e_phoff), e->e_phnum);
}

void bk_start_patch(const struct bk_object *o, uintptr_t bias, struct bk_known *known, const char *name, bool main)
{
	struct bk_cover cover = { 0 };

	for (unsigned n = 0; n < o->count; n++) {
		const Elf64_Phdr *p = &o->headers[n];

		if (p->p_type == PT_LOAD && (p->p_flags & (PF_R | PF_X)) == (PF_R | PF_X)
		    && bk_patch(o, bias, p->p_vaddr, p->p_vaddr + p->p_filesz, known, &cover) < 0)
			cover.unroutable++;
	}
	if (known->entry && !o->frames)	/* as in bk_patch() */
		cover.uncovered += known->entry->uncovered;
	if (!known->entry)
		bk_known_end(cover.uncovered);
	bk_gate.cover.routed += cover.routed;
	bk_gate.cover.uncovered += cover.uncovered;
	bk_gate.cover.unroutable += cover.unroutable;
	if (bk_report_unrouted(name, cover.unroutable, BK_KILLED))
		bk_gate_die();
	/* Node maps parts of itself again for each thread. */
	if (main && (cover.routed || cover.unroutable))
		bk_gate.own_device = bk_gate.own_inode = 0;
}

/* Go's functions are described in a section that is in the file only; its stacks are too small for the gate. */
static void patch_go(const struct bk_object *o, uintptr_t bias, struct bk_known *known)
{
	int fd = (int)sys_open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	struct stat st = { 0 };
	const void *file = fd >= 0 && sys_fstat(fd, &st) == 0 ? bk_view_file(fd, (size_t)st.st_size) : NULL;
	struct bk_object whole;

	bk_hooks_make_stacks();
	if (file && bk_object_file(&whole, file, (size_t)st.st_size)) {
		bk_object_sections(&whole);
		o = &whole;
	}
	bk_start_patch(o, bias, known, bk_gate.image, true);
	if (file)
		sys_munmap((uintptr_t)file, (size_t)st.st_size);
	if (fd >= 0)
		sys_close(fd);
}

static void patch_object(const struct map *m, bool main, const struct bk_initial *i)
{
	struct bk_known known;
	struct bk_object o;

	if (!view_of(m, main, i, &o)) {
		bk_gate.cover.uncovered++;
		return;
	}
	if (!bk_known_find(&o, main ? "/proc/self/exe" : m->name, &known))
		bk_known_begin(&known);
	if (main && bk_key_is_go(&o))
		patch_go(&o, m->bias, &known);
	else
		bk_start_patch(&o, m->bias, &known, main ? bk_gate.image : m->name, main);
}

/* Libraries that the loader mapped before the gate ran are judged by their names; nobody has been there to change them. */
static void judge_object(const struct map *m)
{
	struct bk_request r = { .section = BK_LIBRARIES };
	char name[BK_PATH_MAX];
	uint8_t sha256[32];
	struct bk_decision d;
	struct bk_file f;

	if (!*m->name || bk_file_open(&f, BK_AT_CWD, m->name, 0, name) < 0)
		return;
	r.path = f.path;
	d = bk_file_judge(&r, &f, sha256);
	bk_file_close(&f);
	if (bk_stops(d.verdict))
		d.verdict = BK_KILLED;		/* its constructors would run next */
	if (bk_speaks(d.verdict))
		bk_report(BK_EVENT_LOAD, &r, &d);
	if (bk_stops(d.verdict))
		bk_gate_die();
}

/* Where nothing that is loaded needs the C library, the loader's own symbols are not bound to it: Go without cgo, position-independent. */
static const struct loader *find_loader(const struct bk_initial *i)
{
	uintptr_t base = auxiliary(i, AT_BASE);
	struct bk_object o;
	uint64_t at;

	if (&_r_debug)
		return &_r_debug;
	if (&_dl_debug_addr)
		return _dl_debug_addr;
	if (!view_of(&(struct map){ .bias = base }, false, i, &o))
		return NULL;
	at = bk_object_symbol(&o, "_r_debug");
	return at ? (const struct loader *)(base + at) : NULL;
}

static void look_at_objects(const struct bk_initial *i)
{
	const struct loader *l = find_loader(i);
	uintptr_t vdso = auxiliary(i, AT_SYSINFO_EHDR), loader = auxiliary(i, AT_BASE);
	bool main = true;

	for (const struct map *m = l ? l->first : NULL; m; m = m->next, main = false) {
		if (m->bias == (uintptr_t)__ehdr_start || (m->bias == vdso && vdso))
			continue;
		if (!main && m->bias != loader)
			judge_object(m);
		patch_object(m, main, i);
	}
	if (!l)
		bk_gate.cover.uncovered++;
}

static void tell_gaps(void)
{
	bool refuse = bk_gate.policy.head->flags & BK_UNSUPPORTED_REFUSE;

	if (!bk_gate.cover.uncovered && (bk_gate.cover.routed || bk_gate.loaded))	/* a small static program may have none that matters */
		return;
	bk_report_note(refuse ? BK_KILLED : BK_ALERTED, bk_gate.image,
		       "the gate does not cover this program's C library: it has no frame descriptions and no site table");
	if (refuse)
		bk_gate_die();
}

static void say_hello(void)
{
	__atomic_store_n(&bk_gate.ring->hello[(unsigned)bk_gate.self % BK_HELLOS], (uint32_t)bk_gate.self, __ATOMIC_RELAXED);
	__atomic_fetch_add(&bk_gate.ring->hellos, 1, __ATOMIC_RELAXED);
}

void bk_start_finish(void)
{
	bk_known_finish();
	tell_gaps();
	if (bk_seal((uintptr_t)__ehdr_start, ((uintptr_t)_end + BK_PAGE - 1) & ~(uintptr_t)(BK_PAGE - 1), false) < 0)
		bk_start_fail("too much to guard");
	if (bk_gate_close() < 0)
		bk_start_fail("memory cannot be protected");
	say_hello();
}

__attribute__((constructor)) static void start(int argc, char **argv, char **envp)
{
	struct bk_initial i = initial_of(argv, envp);
	const char *value = bk_start_variable(&i), *what;

	(void)argc;
	if (!value)
		return;
	bk_start_ground(value, &what);
	bk_start_identity();
	note_program();
	bk_start_second_look(&i, what, (const char *)auxiliary(&i, AT_EXECFN));
	bk_start_clean(&i);
	bk_hooks_start();
	bk_gate.first = *what == 'm';
	bk_known_start(bk_gate.first);
	look_at_objects(&i);
	bk_start_finish();
}
