/* SPDX-License-Identifier: Apache-2.0 */
/* Calls on files: their verdict, and making them.  The decisions are those of shim/files.c. */
#include <linux/stat.h>
#include "gate/files.h"

#define TMPFILE_BIT 020000000u		/* __O_TMPFILE (asm-generic/fcntl.h) */
#define NOFOLLOW_AT 0x100u		/* AT_SYMLINK_NOFOLLOW */

/* --- memory --------------------------------------------------------------------------------------------------------------------- */

/* One that waits for its next use.  Whoever takes it has it alone; a call that interrupts another takes new memory. */
static struct bk_paths *spare;

struct bk_paths *bk_paths_take(void)
{
	struct bk_paths *p = __atomic_exchange_n(&spare, NULL, __ATOMIC_ACQUIRE);

	if (!p)
		p = sys_mmap(NULL, sizeof *p, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
	return (uintptr_t)p > -4096UL ? NULL : p;
}

void bk_paths_give_back(struct bk_paths *p)
{
	p = __atomic_exchange_n(&spare, p, __ATOMIC_RELEASE);
	if (p)
		sys_munmap((uintptr_t)p, sizeof *p);
}

/* --- the decision ------------------------------------------------------------------------------------------------------------------ */

/* Below the shim's folder of /proc nothing may be written, and of it little be read. */
static bool is_of_shim(struct bk_text path, bool write)
{
	static const char *const open_to_all[] = { "", "/stat", "/statm", "/status", "/cmdline", "/comm", NULL };
	char own[64];
	struct bk_text prefix = bk_text_of(bk_proc(own, bk_gate.ground->shim, "")), rest;

	if (!bk_text_starts(path, prefix) || (path.len > prefix.len && path.at[prefix.len] != '/'))
		return false;
	rest = bk_text_from(path, prefix.len);
	for (unsigned i = 0; !write && open_to_all[i]; i++)
		if (bk_text_equal(rest, bk_text_of(open_to_all[i])))
			return false;
	return true;
}

/* The caller may write there already: a log that its output was sent to, opened once more through /dev/stdout. */
static bool is_own_output(const struct bk_target *p)
{
	struct stat st;

	for (int fd = 1; fd < 3 && p->object >= 0; fd++)
		if (sys_fstat(fd, &st) == 0 && st.st_ino == p->st.st_ino && st.st_dev == p->st.st_dev)
			return true;
	return false;
}

static struct bk_decision ask(enum bk_section section, const struct bk_target *p, struct bk_request *r)
{
	const struct bk_ground *g = bk_gate.ground;
	struct bk_decision d;

	*r = (struct bk_request){ .section = section, .path = p->path };
	if (p->folder < 0 && p->object >= 0 && S_ISREG(p->st.st_mode) && !p->st.st_nlink)
		r->flags |= BK_REQ_ANONYMOUS;
	if (bk_path_below(p->path, g->task_root, g->task_root_length))
		r->flags |= BK_REQ_TASK_ROOT;
	d = bk_decide(&bk_gate.policy, r, bk_gate.least);
	if (section == BK_WRITE && d.verdict != BK_ALLOWED && d.reason == BK_WHY_NO_RULE && is_own_output(p)) {
		r->flags |= BK_REQ_OWN_OUTPUT;
		d = bk_decide(&bk_gate.policy, r, bk_gate.least);
	}
	if (is_of_shim(p->path, section == BK_WRITE))
		d = (struct bk_decision){ BK_DENIED, BK_WHY_PRIVATE, UINT32_MAX };
	return d;
}

static bool passes(struct bk_file_call *c, enum bk_section section, const struct bk_target *p)
{
	struct bk_request r;

	if (!bk_judges(section))
		return true;
	c->decision = ask(section, p, &r);
	if (c->decision.verdict == BK_LEARNED && c->decision.reason == BK_WHY_SECTION)
		return true;		/* needs no rule: nothing to learn */
	if (bk_speaks(c->decision.verdict))
		bk_report(section == BK_READ ? BK_EVENT_READ : BK_EVENT_WRITE, &r, &c->decision);
	if (c->decision.verdict == BK_KILLED)
		bk_gate_die();
	return !bk_stops(c->decision.verdict);
}

/* --- places ------------------------------------------------------------------------------------------------------------------------- */

/* Where the call needs no folder: what is there is all that it is about. */
static bool only_object(const struct bk_file_call *c, unsigned how)
{
	switch (c->act) {
	case BK_ACT_OPEN:
		return !(c->flags & (O_CREAT | O_NOFOLLOW | TMPFILE_BIT));
	case BK_ACT_TRUNCATE: case BK_ACT_CHMOD: case BK_ACT_CHOWN: case BK_ACT_UTIME: case BK_ACT_UTIMES: case BK_ACT_UTIMENS:
	case BK_ACT_SETXATTR: case BK_ACT_REMOVEXATTR:
		return how == BK_RESOLVE_FOLLOW;
	default:
		return false;
	}
}

static long place_of(struct bk_paths *p, int directory, long path, unsigned how, bool object, char *out, struct bk_target *place)
{
	long n = bk_user_string((const char *)path, p->walk, BK_PATH_MAX);

	if (n < 0)
		return n;
	return object ? bk_follow_object(p, directory, out, place) : bk_follow(p, directory, how, out, place);
}

static long first_place(struct bk_paths *p, const struct bk_act_row *row, const long *args)
{
	struct bk_file_call *c = &p->call;
	int directory = row->dir < 0 ? BK_AT_CWD : (int)args[row->dir];
	unsigned how = bk_act_how(c);

	if (row->path < 0 || (!args[row->path] && (c->act == BK_ACT_UTIMENS || c->act == BK_ACT_UTIMES)))
		return bk_follow_descriptor(directory, p->at, &c->at);
	return place_of(p, directory, args[row->path], how, only_object(c, how), p->at, &c->at);
}

/* link and rename have a second name, behind the first. */
static long second_place(struct bk_paths *p, const struct bk_act_row *row, const long *args)
{
	struct bk_file_call *c = &p->call;

	if (c->act != BK_ACT_LINK && c->act != BK_ACT_RENAME)
		return 0;
	return place_of(p, row->dir < 0 ? BK_AT_CWD : (int)args[2], args[row->dir < 0 ? 1 : 3], BK_RESOLVE_MAKE, false, p->to, &c->to);
}

/* --- making it ------------------------------------------------------------------------------------------------------------------------ */

/* Out of the way, so that what is opened gets the lowest number. */
static int lift(int fd)
{
	int higher = (int)sys_fcntl(fd, F_DUPFD_CLOEXEC, fd + 1);

	if (higher < 0)
		return fd;
	sys_close(fd);
	return higher;
}

static long open_it(struct bk_file_call *c)
{
	unsigned flags = bk_act_open_flags(c), mode = bk_act_open_mode(c);
	struct bk_target *p = &c->at;
	char link[64];

	if (p->folder >= 0) {
		const char *name = p->object == p->folder ? "." : p->name;

		if (p->object >= 0 && p->object != p->folder)
			sys_close(p->object);
		p->object = -1;
		p->folder = lift(p->folder);
		return sys_openat(p->folder, name, (int)(flags | O_NOFOLLOW), mode);
	}
	if (flags & O_CREAT && flags & O_EXCL)
		return -EEXIST;
	p->object = lift(p->object);
	return sys_openat(BK_AT_CWD, bk_fd_link(link, p->object), (int)(flags & ~(unsigned)(O_CREAT | O_NOFOLLOW)), mode);
}

static long make(struct bk_file_call *c)
{
	return bk_act_is_open(c) ? open_it(c) : bk_act_do(c);
}

static long judge_and_make(struct bk_paths *p, const struct bk_act_row *row, const long *args)
{
	struct bk_file_call *c = &p->call;
	long r = bk_act_read(c);

	if (r == 0)
		r = first_place(p, row, args);
	if (r == 0)
		r = second_place(p, row, args);
	if (r == 0)
		r = bk_act_hopeless(c);
	if (r < 0)
		return r;
	bk_act_name(c);
	if (!bk_act_passes(c, passes))
		return -EACCES;
	if (bk_act_is_open(c) && c->at.object >= 0 && bk_open_guarded(c->at.path, &c->at.st, bk_act_open_flags(c)))
		return -EACCES;
	return make(c);
}

static long read_string(const struct bk_file_call *c, uint64_t from, char *to, size_t cap)
{
	(void)c;
	return bk_user_string((const char *)from, to, cap);
}

static bool read_memory(const struct bk_file_call *c, uint64_t from, void *to, size_t n)
{
	(void)c;
	return bk_user_copy((const void *)from, to, n) == 0;
}

static const struct bk_act_means means = { bk_fd_link, read_string, read_memory };

bool bk_hook_file(struct bk_frame *f)
{
	const struct bk_act_row *row = bk_act_row(f->number);
	const long *args = &f->a;
	struct bk_paths *p = bk_paths_take();
	struct bk_file_call *c = &p->call;

	if (!p) {
		f->number = -ENOMEM;
		return true;
	}
	c->act = row->act;
	c->flags = row->flags < 0 ? 0 : (unsigned)args[row->flags];
	c->rest = (const uint64_t *)args + (row->path < 0 ? 1 : row->path + 1);
	c->at.folder = c->at.object = c->to.folder = c->to.object = -1;
	c->first = (uint64_t)args[0];
	c->text = p->text;
	c->value = p->value;
	c->means = &means;
	f->number = judge_and_make(p, row, args);
	bk_target_close(&c->at);
	bk_target_close(&c->to);
	bk_paths_give_back(p);
	return true;
}
