/* SPDX-License-Identifier: Apache-2.0 */
/* Memory: what becomes executable is judged, and patched before anybody can run it; what is sealed stays. */
#include "gate/gate.h"

#define SHM_EXEC 0100000L
#define REMAP_FIXED 2
#define PROC_MAGIC 0x9fa0

static bool answer(struct bk_frame *f, long result)
{
	f->number = result;
	return true;
}

static bool refuse_sealed(struct bk_frame *f, const char *name)
{
	bk_report_call(name, "T1562.001");
	return answer(f, -EPERM);
}

static bool code_allowed(void)
{
	return bk_policy_section_flags(&bk_gate.policy, BK_GENERATED_CODE) & BK_SECTION_ALLOWS || !bk_judges(BK_GENERATED_CODE);
}

static bool stops(struct bk_frame *f, const struct bk_decision *d)
{
	if (d->verdict == BK_KILLED)
		bk_gate_die();
	return bk_stops(d->verdict) ? answer(f, -EACCES) : false;
}

/* Memory without a file. */
static bool code(struct bk_frame *f)
{
	struct bk_request r = { .section = BK_GENERATED_CODE, .path = bk_text_of(bk_gate.image) };
	struct bk_decision d = bk_decide(&bk_gate.policy, &r, bk_gate.least);

	if (bk_speaks(d.verdict))
		bk_report(BK_EVENT_CODE, &r, &d);
	return stops(f, &d);
}

/* --- files ----------------------------------------------------------------------------------------------------------------------- */

static struct bk_decision judge_file(struct bk_work *w, struct bk_file *file)
{
	struct bk_request r = { .section = BK_LIBRARIES, .path = file->path };
	struct bk_decision d = bk_file_judge(&r, file, w->sha256);

	if (bk_speaks(d.verdict))
		bk_report(BK_EVENT_LOAD, &r, &d);
	return d;
}

/* Patches what of the object was mapped at `at`; `offset` and `size` say which part of the file. */
static int patch_mapped(const struct bk_object *o, uintptr_t at, uint64_t offset, size_t size, struct bk_known *known, struct bk_cover *cover)
{
	int error = 0;

	for (unsigned i = 0; i < o->count && !error; i++) {
		const Elf64_Phdr *p = &o->headers[i];
		uint64_t from = offset > p->p_offset ? offset : p->p_offset;
		uint64_t to = offset + size < p->p_offset + p->p_filesz ? offset + size : p->p_offset + p->p_filesz;

		if (p->p_type != PT_LOAD || to <= from || p->p_filesz > o->size)
			continue;
		/* address of the object -> file offset -> where it was mapped */
		error = bk_patch(o, at - offset + p->p_offset - p->p_vaddr, from - p->p_offset + p->p_vaddr, to - p->p_offset + p->p_vaddr, known,
				 cover);
	}
	return error;
}

/* A library whose instructions cannot be told from data. */
static int uncovered(void)
{
	bool refuse = bk_gate.policy.head->flags & BK_UNSUPPORTED_REFUSE;

	bk_report_note(refuse ? BK_DENIED : BK_ALERTED, bk_gate.image, "the gate does not cover a library that is loaded: it has no frame descriptions");
	return refuse ? -EACCES : 0;
}

/* A mapping of a file that became executable; nobody knows its address yet. */
static int patch_file(const struct bk_file *f, uintptr_t at, uint64_t offset, size_t size)
{
	const void *file = bk_view_file(f->fd, f->size);
	struct bk_cover cover = { 0 };
	struct bk_known known;
	struct bk_object o;
	char link[64];
	int error = 0;

	if (!file)
		return -ENOMEM;
	if (bk_object_file(&o, file, f->size)) {
		bk_known_find(&o, bk_fd_link(link, f->fd), &known);
		error = patch_mapped(&o, at, offset, size, &known, &cover);
		if (known.entry && !o.frames)	/* as in bk_patch() */
			cover.uncovered += known.entry->uncovered;
		if (!error && cover.uncovered)
			error = uncovered();
		if (!error && bk_report_unrouted(f->path.at, cover.unroutable, BK_DENIED))
			error = -EACCES;
	}
	sys_munmap((uintptr_t)file, f->size);
	return error;
}

static void map_vetted(struct bk_frame *f, const struct bk_file *file)
{
	long at = BK_CALL(__NR_mmap, f->a, f->b, f->c, f->d, file->fd, f->f);

	f->number = at;
	if (file->inode == bk_gate.own_inode && file->device == bk_gate.own_device)
		return;
	if ((unsigned long)at <= -4096UL && patch_file(file, (uintptr_t)at, (uint64_t)f->f, (size_t)f->b) < 0) {
		sys_munmap((uintptr_t)at, (size_t)f->b);
		f->number = -ENOMEM;
	}
}

/* On memory of its own.  The file is judged and mapped through a descriptor that no other thread knows. */
static long map_file(void *arg)
{
	struct bk_work *w = arg;
	struct bk_frame *f = w->frame;
	struct bk_file file;
	struct bk_decision d;
	long fd = sys_fcntl((int)f->e, F_DUPFD_CLOEXEC, 0);

	if (fd < 0)
		return answer(f, fd);
	if (bk_file_of(&file, (int)fd, w->path) < 0)
		answer(f, -EACCES);
	else if (file.anonymous && !bk_judges(BK_LIBRARIES) ? code(f) : (d = judge_file(w, &file), stops(f, &d)))
		;
	else
		map_vetted(f, &file);
	bk_close_unlocked((int)fd);
	return true;
}

static bool on_work(struct bk_frame *f, long (*run)(void *))
{
	struct bk_work *w = bk_gate_work(0);
	bool answered;

	if (!w)
		return answer(f, -ENOMEM);
	w->frame = f;
	answered = bk_gate_on(w->stack + sizeof w->stack, run, w);
	bk_gate_work_end(w);
	return answered;
}

bool bk_hook_mmap(struct bk_frame *f)
{
	if (f->number == __NR_shmat)
		return f->c & SHM_EXEC ? code(f) : false;
	if (f->d & (MAP_FIXED | 0x100000) && bk_sealed((uintptr_t)f->a, (size_t)f->b))
		return refuse_sealed(f, "mmap");
	if (!(f->c & PROT_EXEC))
		return false;
	if (f->d & MAP_ANONYMOUS)
		return code(f);
	if (f->c & PROT_WRITE && !code_allowed())
		return code(f);
	return on_work(f, map_file);
}

/* --- protection ------------------------------------------------------------------------------------------------------------------- */

/* A file's mapping that becomes executable counts as one that was mapped so. */
static struct bk_decision judge_mapping(struct bk_work *w, const struct bk_mapping *m)
{
	struct bk_decision refused = { BK_DENIED, BK_WHY_NO_RULE, UINT32_MAX }, d;
	struct bk_request r = { .section = BK_LIBRARIES, .path = { w->name, m->path } };
	struct bk_file file;

	if (bk_file_open(&file, BK_AT_CWD, w->name, 0, w->path) < 0 || file.inode != m->inode) {
		bk_file_close(&file);
		if (!bk_judges(BK_LIBRARIES))
			return (struct bk_decision){ BK_ALLOWED, BK_WHY_SECTION, UINT32_MAX };
		bk_report(BK_EVENT_LOAD, &r, &refused);
		return refused;
	}
	d = judge_file(w, &file);
	bk_file_close(&file);
	return d;
}

static long protect(void *arg)
{
	struct bk_work *w = arg;
	struct bk_frame *f = w->frame;
	uintptr_t at = (uintptr_t)f->a, end = at + (size_t)f->b;
	struct bk_mapping m;

	for (unsigned files = 0; at < end && bk_mapping_find(at, &m, w->name, sizeof w->name) == 0 && m.start < end; at = m.end) {
		struct bk_decision d = { .verdict = BK_ALLOWED };

		if (!m.inode)
			continue;
		d = judge_mapping(w, &m);
		if (++files > 64)
			d.verdict = BK_DENIED;
		if (stops(f, &d))
			return true;
	}
	return code(f);
}

bool bk_hook_mprotect(struct bk_frame *f)
{
	if (bk_sealed_against((uintptr_t)f->a, (size_t)f->b, f->c))
		return refuse_sealed(f, f->number == __NR_mprotect ? "mprotect" : "pkey_mprotect");
	if (!(f->c & PROT_EXEC))
		return false;
	if (code_allowed() && !bk_judges(BK_LIBRARIES))
		return false;
	return on_work(f, protect);
}

bool bk_hook_munmap(struct bk_frame *f)
{
	return bk_sealed((uintptr_t)f->a, (size_t)f->b) ? refuse_sealed(f, "munmap") : false;
}

bool bk_hook_mremap(struct bk_frame *f)
{
	if (bk_sealed((uintptr_t)f->a, (size_t)f->b) || (f->d & REMAP_FIXED && bk_sealed((uintptr_t)f->e, (size_t)f->c)))
		return refuse_sealed(f, "mremap");
	return false;
}

/* --- files opened for writing --------------------------------------------------------------------------------------------------------- */

/* What the process may not write, whatever its policy: memory of a process, anything of the shim. */
static bool is_guarded(struct bk_text name)
{
	char shim[64];

	bk_proc(shim, bk_gate.ground->shim, "/");
	return (name.len > 4 && __builtin_memcmp(name.at + name.len - 4, "/mem", 4) == 0) || bk_text_starts(name, bk_text_of(shim));
}

static bool is_shared(const struct stat *st)
{
	return st->st_dev == bk_gate.ring_device && (st->st_ino == bk_gate.ring_inode || st->st_ino == bk_gate.sites_inode);
}

static bool is_of_proc(const struct stat *st)
{
	return st->st_dev == bk_gate.proc_device && (st->st_mode & 0170000) == 0100000;
}

bool bk_open_guarded(struct bk_text name, const struct stat *st, unsigned long flags)
{
	if (!(flags & (O_ACCMODE | O_TRUNC)))
		return false;
	if (is_shared(st))
		bk_report_call("open", "T1562.001");
	else if (is_of_proc(st) && is_guarded(name))
		bk_report_call("open", "T1055.009");
	else
		return false;
	return true;
}

/* The name that the kernel gives it, whatever the caller calls it; of 128 bytes there is none. */
static long name_of(int directory, const char *path, char name[128])
{
	char link[64];
	int fd = (int)BK_CALL(__NR_openat, directory, path, O_PATH | O_CLOEXEC, 0, 0, 0);
	long n = fd < 0 ? fd : sys_readlink(bk_fd_link(link, fd), name, 128);

	if (fd >= 0)
		sys_close(fd);
	return n == 128 ? 0 : n;
}

/*
 * Where the policy has no section for files: only what is opened for writing is looked at, and by what lies behind the name.  The call itself is made
 * by the caller, with its own path: who changes it in between gets past this (SECURITY.md).
 */
bool bk_hook_open(struct bk_frame *f, int directory, const char *path, long flags)
{
	struct stat st;
	char name[128];
	long n = 0;

	if (!(flags & O_ACCMODE) || flags & O_PATH)
		return false;
	if (BK_CALL(__NR_newfstatat, directory, path, &st, 0, 0, 0) < 0)
		return false;
	if (is_of_proc(&st))
		n = name_of(directory, path, name);
	if (n < 0 || !bk_open_guarded((struct bk_text){ name, (uint32_t)n }, &st, (unsigned long)flags))
		return false;
	return answer(f, -EACCES);
}
