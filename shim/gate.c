/* SPDX-License-Identifier: Apache-2.0 */
/* The shim's side of the in-process gate (core/gate.h): shared memory, the function's environment, events to lines. */
#include <linux/memfd.h>
#include "core/script.h"
#include "core/segments.h"
#include "shim/names.h"

#define SEALS (0x1 | 0x2 | 0x4 | 0x8)	/* F_SEAL_SEAL, SHRINK, GROW, WRITE (linux/fcntl.h) */
#define SEALS_OF_SIZE (0x1 | 0x2 | 0x4)
#define SEALS_BUT_OURS (SEALS_OF_SIZE | 0x10)	/* F_SEAL_FUTURE_WRITE: what is mapped already can be written */
#define ADD_SEALS 1033
#define STUCK 20u			/* looks at an event that is not finished before it is given up */

/* --- is it there ---------------------------------------------------------------------------------------------------------- */

static const char *gate_path(char *name, size_t cap)
{
	static const char file[] = "buckler-gate.so";
	long n = sys_readlink("/proc/self/exe", name, cap - sizeof file);

	if (n > 0) {
		while (n > 0 && name[n - 1] != '/')
			n--;
		bk_put(name + n, name + cap, file);
		if (sys_access(name, 4) == 0)
			return name;
	}
	bk_put(name, name + cap, "/opt/buckler/buckler-gate.so");
	return sys_access(name, 4) == 0 ? name : NULL;
}

static long read_part(const char *path, void *to, size_t size, uint64_t at)
{
	int fd = (int)sys_open(path, O_RDONLY | O_CLOEXEC);
	long n = fd < 0 ? fd : sys_pread(fd, to, size, at);

	if (fd >= 0)
		sys_close(fd);
	return n;
}

/* What the function is.  What cannot be read, or does not exist, is left to execve to complain about. */
enum kind { PRELOADED, LOADED, NOT_GATED };

static enum bk_image_kind image_kind(const char *path, uint8_t block[4096], long n)
{
	struct bk_segments segments;
	enum bk_image_kind kind = bk_segments_read(&segments, block, (size_t)n);

	if (kind != BK_IMAGE_CUT)
		return kind;
	n = read_part(path, block + BK_SEGMENT_HEAD, 4096 - BK_SEGMENT_HEAD, bk_segments_gather(block));
	return bk_segments_read(&segments, block, BK_SEGMENT_HEAD + (n > 0 ? (size_t)n : 0));
}

/* A script's interpreter is what runs; only where it is static itself would somebody have to make its arguments. */
static enum kind kind_of(struct bk_shim *s, const char *image)
{
	static const enum kind kinds[] = {
		[BK_IMAGE_OTHER] = PRELOADED, [BK_IMAGE_DYNAMIC] = PRELOADED, [BK_IMAGE_STATIC] = LOADED, [BK_IMAGE_CUT] = NOT_GATED,
		[BK_IMAGE_STRANGE] = NOT_GATED,
	};
	uint8_t *block = s->scratch->block;
	char *interpreter = s->scratch->interpreter, option[256];
	long n = read_part(image, block, 4096, 0);
	bool script = false;
	enum kind kind;

	for (int depth = 0; n > 2 && depth < 4; depth++) {
		const char *text = (const char *)block;

		if (!bk_script_line(text, text + (n < 256 ? n : 256), interpreter, option, sizeof option))
			break;
		n = read_part(interpreter, block, 4096, 0);
		script = true;
	}
	if (n <= 0 || bk_is_loader(bk_text_of(image)))
		return PRELOADED;
	kind = kinds[image_kind(script ? interpreter : image, block, n)];
	return script && kind == LOADED ? NOT_GATED : kind;
}

static enum kind probe(struct bk_shim *s, const char *image)
{
	int fd = (int)BK_CALL(__NR_memfd_create, "buckler", MFD_CLOEXEC | MFD_ALLOW_SEALING, 0, 0, 0, 0);
	enum kind kind = image ? kind_of(s, image) : PRELOADED;

	s->place.gate_errno = fd < 0 ? -fd : 0;
	if (fd >= 0)
		sys_close(fd);
	if (!gate_path(s->scratch->name, 512))
		s->place.gate_errno = ENOENT;
	else if (kind == NOT_GATED)
		s->place.gate_errno = ENOEXEC;
	else if (kind == LOADED && sys_access(s->scratch->name, 1) < 0)
		s->place.gate_errno = EACCES;	/* it is executed in place of a static program */
	if (!s->place.gate_errno)
		s->place.offers |= BK_CAN_GATE;
	return kind;
}

void bk_gate_probe(struct bk_shim *s, const char *image)
{
	probe(s, image);
}

/* --- what is shared --------------------------------------------------------------------------------------------------------- */

static int memory(size_t size, void **at)
{
	int fd = (int)BK_CALL(__NR_memfd_create, "buckler", MFD_CLOEXEC | MFD_ALLOW_SEALING, 0, 0, 0, 0);

	*at = NULL;
	if (fd < 0 || BK_CALL(__NR_ftruncate, fd, size, 0, 0, 0, 0) < 0)
		return -1;
	*at = (void *)BK_CALL(__NR_mmap, 0, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if ((uintptr_t)*at > -4096UL)
		*at = NULL;
	return *at ? fd : -1;
}

/* The tables of `syscall` instructions (gate/table.h), which the main process's gate adds to and seals; begins as the file beside the gate. */
static int make_sites(const char *gate)
{
	static const char file[] = "sites.bkt";
	int fd = (int)BK_CALL(__NR_memfd_create, "buckler", MFD_CLOEXEC | MFD_ALLOW_SEALING, 0, 0, 0, 0), from;
	char name[512];
	char *end = bk_put(name, name + sizeof name - sizeof file, gate);

	while (end > name && end[-1] != '/')
		end--;
	bk_put(end, name + sizeof name, file);
	from = fd < 0 ? -1 : (int)sys_open(name, O_RDONLY | O_CLOEXEC);
	if (from >= 0) {
		while (BK_CALL(__NR_sendfile, fd, from, 0, 1 << 20, 0, 0) > 0)
			;
		sys_close(from);
	}
	return fd;
}

/* Where connections are judged; *fd becomes -1 where they are not.  False where it cannot be had. */
static bool make_live(struct bk_shim *s, int *fd)
{
	struct bk_live *live;
	void *at;

	*fd = -1;
	if (!bk_judged(s, BK_CONNECT))
		return true;
	*fd = memory((sizeof *live + BK_PAGE - 1) & ~(size_t)(BK_PAGE - 1), &at);
	if (*fd < 0 || sys_fcntl(*fd, ADD_SEALS, SEALS_BUT_OURS) < 0)
		return false;
	live = at;
	live->main_pid = s->main_pid;
	__builtin_memcpy(live->implicit, s->implicit, sizeof live->implicit);
	live->named = s->names != NULL;
	if (s->names)
		bk_names_share(s, &live->pins);
	return true;
}

static int make_ground(struct bk_shim *s, const char *gate, int live)
{
	size_t size = BK_GROUND_POLICY + s->policy.head->size;
	struct bk_ground *g;
	void *at;
	int fd = memory(size, &at);

	if (fd < 0)
		return -1;
	g = at;
	g->magic = BK_GROUND_MAGIC;
	g->policy_size = s->policy.head->size;
	g->least = s->least;
	g->shim = s->self;
	g->group = s->group;
	g->own_variables = s->own_variables;
	g->sites = make_sites(gate);
	g->live = live;
	g->task_root = s->task_root;
	g->task_root_length = s->task_root_length;
	__builtin_memcpy(g->own, s->own, sizeof g->own);
	bk_put(g->gate, g->gate + sizeof g->gate, gate);
	__builtin_memcpy((char *)at + BK_GROUND_POLICY, s->policy.head, s->policy.head->size);
	sys_munmap((uintptr_t)at, size);	/* a writable mapping would keep it from being sealed */
	return sys_fcntl(fd, ADD_SEALS, SEALS) < 0 ? -1 : fd;
}

static int make_ring(struct bk_shim *s)
{
	void *at;
	int fd = memory((sizeof(struct bk_ring) + BK_PAGE - 1) & ~(size_t)(BK_PAGE - 1), &at);

	s->ring = at;
	if (s->ring) {
		bk_ring_start(s->ring);
		sys_fcntl(fd, ADD_SEALS, SEALS_OF_SIZE);	/* cut short, it would end us */
	}
	return fd;
}

/* --- the environment ----------------------------------------------------------------------------------------------------------- */

static const char *preload_of(const char *entry)
{
	return bk_text_starts(bk_text_of(entry), BK_TEXT("LD_PRELOAD=")) ? entry + 11 : NULL;
}

/* A new vector in the scratch area, which stays until the function has executed its image; a static one is loaded by the gate, which is executed in its place. */
static void put_environment(struct bk_shim *s, struct bk_start *start, enum kind kind, const char *gate, int ground, int ring)
{
	char **to = (char **)s->scratch->stack, **all = start->envp, *at, *end = s->scratch->stack + sizeof s->scratch->stack;
	const char *theirs = NULL;
	size_t n = 2;

	for (; *all; all++) {
		const char *preload = preload_of(*all);

		theirs = preload ? preload : theirs;
		if (!preload)
			to[n++] = *all;
	}
	to[n] = NULL;
	at = (char *)(to + n + 1);
	to[0] = at;
	at = bk_put(bk_put(at, end, "LD_PRELOAD="), end, gate);
	if (theirs && *theirs)
		at = bk_put(bk_put(at, end, ":"), end, theirs);
	to[1] = ++at;
	at = bk_put_number(bk_put(at, end, BK_GATE_VARIABLE "="), end, (uint32_t)s->self);
	at = bk_put_number(bk_put(at, end, ":"), end, (uint32_t)ground);
	at = bk_put_number(bk_put(at, end, ":"), end, (uint32_t)ring);
	at = bk_put(at, end, ":m");
	start->envp = to;
	if (kind != LOADED)
		return;
	at = bk_put(bk_put(at, end, ":"), end, start->image) + 1;
	bk_put(at, end, gate);
	start->image = at;
}

void bk_gate_prepare(struct bk_shim *s, struct bk_start *start)
{
	char name[512];
	struct stat st;
	enum kind kind = probe(s, start->image);
	int ground, ring, live;

	if (!(s->place.offers & BK_CAN_GATE) || !s->policy.head)
		return;
	gate_path(name, sizeof name);
	ground = make_live(s, &live) ? make_ground(s, name, live) : -1;
	ring = ground < 0 ? -1 : make_ring(s);
	if (ring < 0) {
		s->place.offers &= ~BK_CAN_GATE;
		s->place.gate_errno = ENOMEM;
		return;
	}
	if (sys_stat(name, &st) == 0) {
		s->gate_inode = st.st_ino;
		s->gate_device = (uint32_t)st.st_dev;
	}
	put_environment(s, start, kind, name, ground, ring);
}

/* --- events --------------------------------------------------------------------------------------------------------------------- */

bool bk_gate_said_hello(const struct bk_shim *s, int pid)
{
	return s->ring && __atomic_load_n(&s->ring->hello[(uint32_t)pid % BK_HELLOS], __ATOMIC_RELAXED) == (uint32_t)pid;
}

static void tell_lost(struct bk_shim *s, uint32_t count)
{
	struct bk_event e = { .kind = BK_EVENT_DROPPED, .section = BK_SECTIONS, .verdict = BK_ALERTED, .count = count };

	bk_log_event(s, &e);
}

void bk_gate_drain(struct bk_shim *s)
{
	struct bk_event e;
	uint32_t lost;
	bool stuck = false;

	if (!s->ring)
		return;
	/* Not for ever: a process may write faster than is read.  Whoever puts an event signals behind it, so there is a next time. */
	for (unsigned i = 0; i < 8 * BK_RING_SLOTS && bk_ring_take(s->ring, &s->ring_next, &s->scratch->slot, &e, false, &stuck); i++) {
		s->ring_stuck = 0;
		bk_log_event(s, &e);
	}
	if (stuck && ++s->ring_stuck > STUCK) {
		bk_ring_take(s->ring, &s->ring_next, &s->scratch->slot, &e, true, &stuck);
		s->ring_stuck = 0;
		tell_lost(s, 1);
	}
	lost = __atomic_load_n(&s->ring->lost, __ATOMIC_RELAXED);
	if (lost != s->ring_lost)
		tell_lost(s, lost - s->ring_lost);
	s->ring_lost = lost;
}
