/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/watch.h"

#include <linux/inotify.h>
#include "shim/notify.h"
#include "shim/process.h"

#define POLL_MS		100u		/* between two looks when nothing is told */
#define EXEC_GAP_MS	1u		/* the least between two that are told, by an exec */
#define FILE_GAP_MS	10u		/* by a file that is opened in a watched folder, which some functions do all the time */
#define PROCESSES	256u		/* numbers of processes that one look takes; further ones wait for the next */
#define JUDGED		512u		/* images that were judged */
#define SIZES		128u		/* processes whose memory's size is remembered */
#define KNOWN		256u		/* processes that looks at the period's pace have seen */
#define PROBES		8u		/* places where one of them may be */
#define ASKED		16u		/* of how many a look finds out whose they are */
#define AGE		5u		/* looks at the period's pace, until the gate must be in a dynamic program: the loader maps it first */

/* An exec is told when the loader is opened: the process is then not yet what it becomes.  It is looked for again after these. */
static const uint8_t again_ms[] = { 1, 1, 2, 4, 0 };

/* Foreign: in those, what is told by inotify is not looked for. */
enum whose { NOT_ASKED, OURS, FOREIGN };

/* A process as a look at the period's pace has seen it. */
struct known {
	uint64_t image;
	int32_t  pid;			/* 0: none */
	uint8_t  age;			/* looks, until it must have the gate */
	uint8_t  look;			/* the last that saw it */
	uint8_t  whose;			/* enum whose */
};

/* What the watch remembers: pages that are touched only where it runs. */
static struct {
	uint64_t judged[JUDGED];	/* bk_process_image(), found by its low bits and a few behind them */
	struct { int32_t pid; uint32_t size; } sizes[SIZES];
	struct known known[KNOWN];
	uint64_t slow_ms;		/* the next look at the period's pace */
	bool     slow;			/* this one is */
	uint8_t  looks;			/* of those, modulo 256 */
	uint8_t  asked;			/* by this one */
	uint64_t next_ms;		/* the next look */
	uint64_t quiet_ms;		/* inotify is not listened to until then */
	int32_t  last_loader;		/* watches up to this one are of loaders */
	uint64_t started;		/* of the shim, in the unit of /proc/PID/stat */
	uint64_t main_image;		/* what the main process was when `main:` was met */
	uint8_t  again;			/* index in again_ms */
	bool     unready;		/* somebody was in the middle of an exec */
} watch __attribute__((section(".bss.watch"), aligned(4096)));

static uint64_t now_ms(void)
{
	struct __kernel_timespec t = { 0, 0 };

	sys_clock(1, &t);		/* CLOCK_MONOTONIC */
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* --- what is told ----------------------------------------------------------------------------------------------------------- */

static const char *const loaders[] = {
	"/lib64/ld-linux-x86-64.so.2", "/lib/ld-musl-x86_64.so.1", "/lib/ld-linux-aarch64.so.1", "/lib/ld-musl-aarch64.so.1", NULL
};
static const char *const folders[] = { "/tmp", "/var/tmp", "/dev/shm", NULL };

static unsigned add_all(int fd, const char *const *paths)
{
	unsigned added = 0;

	for (; *paths; paths++)
		added += sys_inotify_add(fd, *paths, IN_OPEN) >= 0;
	return added;
}

static int listen(void)
{
	int fd = (int)sys_inotify_init(O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return fd;
	watch.last_loader = (int32_t)add_all(fd, loaders);	/* they are numbered from 1 */
	if (add_all(fd, folders) + (unsigned)watch.last_loader > 0)
		return fd;
	sys_close(fd);
	return -ENOENT;
}

static bool has_proc(void)
{
	struct bk_process p;

	return bk_process_read((int)sys_getpid(), &p) == 0 && p.image;
}

uint32_t bk_watch_probe(void)
{
	int fd = listen();

	if (fd < 0)
		return 0;
	sys_close(fd);
	return has_proc() ? BK_CAN_WATCH : 0;
}

/* Reads what was told; true where an exec is among it. */
static bool drain(struct bk_shim *s)
{
	char *bytes = (char *)s->scratch->block;
	bool exec = false;
	long n;

	while ((n = sys_read(s->watch, bytes, sizeof s->scratch->block)) > 0)
		for (long at = 0; at + (long)sizeof(struct inotify_event) <= n; ) {
			const struct inotify_event *e = (const void *)(bytes + at);

			exec |= e->wd <= watch.last_loader;	/* also -1: some were lost */
			at += (long)sizeof *e + e->len;
		}
	return exec;
}

/* --- what was seen --------------------------------------------------------------------------------------------------------------- */

/*
 * True where the image was judged before; it counts as judged from now on.  A full row forgets the one that was not seen for longest, which no
 * process is in any more: each look asks for those of all processes.  An image must not be judged again, since a process may change its arguments.
 */
static bool was_judged(uint64_t image)
{
	uint64_t *row = watch.judged + ((unsigned)image & (JUDGED - 1) & ~7u);
	unsigned at = 0;
	bool known;

	while (at < 7 && row[at] != image)
		at++;
	known = row[at] == image;
	for (; at > 0; at--)
		row[at] = row[at - 1];
	*row = image;
	return known;
}

void bk_watch_open(struct bk_shim *s)
{
	struct bk_process self;

	s->watch = has_proc() ? listen() : -1;
	if (s->watch < 0) {
		s->watch = -1;
		return;
	}
	s->place.offers |= BK_CAN_WATCH;
	if (bk_process_read(s->self, &self) == 0) {
		watch.started = self.started;
		was_judged(self.image);	/* the function's process is in it until its exec is through */
	}
}

static void forget(uint64_t image)
{
	unsigned row = (unsigned)image & (JUDGED - 1) & ~7u;

	for (unsigned i = 0; i < 8; i++)
		if (watch.judged[row + i] == image)
			watch.judged[row + i] = 0;
}

static bool grew(const struct bk_process *p)
{
	unsigned at = (unsigned)p->pid % SIZES;

	if (watch.sizes[at].pid == p->pid && watch.sizes[at].size == p->pages)
		return false;
	watch.sizes[at].pid = p->pid;
	watch.sizes[at].size = p->pages;
	return true;
}

/* Where a process is remembered; NULL where it is not. */
static struct known *find_known(int pid)
{
	for (unsigned i = 0; i < PROBES; i++) {
		struct known *k = &watch.known[((unsigned)pid + i) % KNOWN];

		if (k->pid == pid)
			return k;
	}
	return NULL;
}

/* The same with room made for it, where something has gone that was there; NULL where all is in use. */
static struct known *make_known(int pid)
{
	struct known *k = find_known(pid);

	for (unsigned i = 0; i < PROBES && !k; i++) {
		struct known *old = &watch.known[((unsigned)pid + i) % KNOWN];

		if (!old->pid || (uint8_t)(watch.looks - old->look) > 1)
			*(k = old) = (struct known){ .pid = pid };
	}
	return k;
}

/*
 * An image that was just executed is in a process of ours, or in one that is none of our business.  Whose a number is, is asked anew when a look
 * at the period's pace finds another image in it: one that was given to a process of ours meanwhile is found by that look at the latest.
 */
static bool is_foreign(int pid)
{
	const struct known *k = watch.slow ? NULL : find_known(pid);

	return k && k->whose == FOREIGN;
}

/* --- whose it is ------------------------------------------------------------------------------------------------------------------- */

static bool is_above(const struct bk_shim *s, int pid)
{
	struct bk_process p = { .parent = s->self };

	for (unsigned depth = 0; depth < 64 && p.parent > 0; depth++) {
		if (p.parent == pid)
			return true;
		if (bk_process_read(p.parent, &p) < 0)
			return false;
	}
	return false;
}

static bool descends(const struct bk_shim *s, int pid)
{
	struct bk_process p = { .parent = pid };

	for (unsigned depth = 0; depth < 64 && p.parent > 1 && bk_process_read(p.parent, &p) == 0; depth++)
		if (p.parent == s->self)
			return true;
	return false;
}

static bool is_ours(const struct bk_shim *s, int pid)
{
	struct bk_process p = { .parent = pid };
	bool before = false;

	if (descends(s, pid))
		return true;
	if (s->place.offers & BK_CAN_SUBREAPER || is_above(s, pid))	/* it may have begun in the same tick as the shim */
		return false;
	for (unsigned depth = 0; depth < 64 && p.parent > 1 && bk_process_read(p.parent, &p) == 0; depth++) {
		if (is_above(s, p.pid))
			break;
		before |= p.started < watch.started;
	}
	return !before && bk_process_user(pid) == s->uid;
}

/* What a look at the period's pace sees; NULL where it is no such look, or there is no room. */
static struct known *remember(const struct bk_process *p, enum whose whose)
{
	struct known *k = watch.slow ? make_known(p->pid) : NULL;

	if (k && k->image != p->image)
		*k = (struct known){ .pid = p->pid, .image = p->image, .whose = (uint8_t)whose };
	if (k)
		k->look = watch.looks;
	return k;
}

/* What was there before us is not ours (is_ours()): most of a machine that is not the function's alone, told without asking any further. */
static bool was_there(const struct bk_process *p)
{
	if (p->started >= watch.started)
		return false;
	remember(p, FOREIGN);
	return true;
}

/* True once for each image of a process: when it has been there for a while.  Looks are counted, since a frozen function is not looked at either. */
static bool is_of_age(const struct bk_shim *s, const struct bk_process *p)
{
	struct known *k = remember(p, NOT_ASKED);

	if (!k)
		return false;
	if (k->age && k->whose == NOT_ASKED && watch.asked++ < ASKED)	/* not where it is short-lived */
		k->whose = is_ours(s, p->pid) ? OURS : FOREIGN;
	k->age += k->age < AGE + 1;
	return k->age == AGE;
}

/*
 * What was read behind `p` is of its image only if it is still that: an exec may have come between.  False: look again.
 */
static bool is_still(const struct bk_process *p)
{
	struct bk_process now;

	if (bk_process_read(p->pid, &now) == 0 && !now.gone && now.ready && now.image == p->image)
		return true;
	watch.sizes[(unsigned)p->pid % SIZES].pid = 0;
	watch.unready = true;
	return false;
}

/* --- judging ------------------------------------------------------------------------------------------------------------------------- */

/* Says so, and ends it where the verdict is to stop it: true then. */
static bool settle(struct bk_shim *s, const struct bk_process *p, enum bk_event_kind kind, const struct bk_request *r, struct bk_decision d, const char *note)
{
	struct bk_event e;

	if (bk_stops(d.verdict))
		d.verdict = BK_KILLED;
	if (!bk_speaks(d.verdict) || !is_ours(s, p->pid))
		return false;
	if (d.verdict == BK_KILLED)
		sys_kill(p->pid, SIGKILL);	/* before anything is written */
	if (d.verdict == BK_KILLED && p->pid == s->main_pid)
		s->main_refused = true;
	bk_log_fill(s, &e, kind, r, &d, p->pid);
	e.ppid = (uint32_t)p->parent;
	e.mechanism = BK_WATCH;
	if (note)
		e.note = bk_text_of(note);
	bk_log_event(s, &e);
	return d.verdict == BK_KILLED;
}

/* The image of a process: of one that runs the gate's file, the program that it has loaded. */
static void note_image(struct bk_shim *s, int pid, char *out, size_t cap)
{
	struct bk_mapping m;
	struct bk_text called;
	struct stat st;
	char link[64];

	bk_note_parent(pid, out, cap);
	if (!s->ring || sys_stat(bk_proc(link, pid, "/exe"), &st) < 0 || !bk_gate_is_file(s, st.st_ino, (uint32_t)st.st_dev))
		return;
	if (bk_process_program(s, pid, &m, &called))
		bk_put(out, out + cap, m.path.at);
}

/* It runs the gate's file, and what counts is the program that the gate loads: false where it has not come to that. */
static bool is_loaded(struct bk_shim *s, struct bk_process *p)
{
	struct bk_mapping m;
	struct bk_text called;

	if (!bk_gate_is_file(s, p->inode, p->device))
		return true;
	if (!bk_process_program(s, p->pid, &m, &called))
		return false;
	p->inode = m.inode;
	p->device = m.device;
	return true;
}

/* True where it is not to be looked at any further: it was ended, or is about to be something else. */
static bool judge_image(struct bk_shim *s, const struct bk_process *p)
{
	struct bk_request r;
	struct bk_decision d;
	/* Judged again, because it was forgotten, it is still the main process's, and so is that of its forks. */
	bool main = s->main_seen ? p->image == watch.main_image : p->pid == s->main_pid;

	note_image(s, p->parent, s->scratch->flight_parent[0], sizeof s->scratch->flight_parent[0]);
	d = bk_exec_judge_running(s, p->pid, main, &r);
	if (!is_still(p)) {
		forget(p->image);
		return true;
	}
	if (main && bk_exec_is_main(s, &d))
		s->main_seen = true, watch.main_image = p->image;
	if (!settle(s, p, BK_EVENT_EXEC, &r, d, NULL))
		return false;
	forget(p->image);		/* others may be in it, too: its parent, its forks */
	return true;
}

/* Files mapped executable; one that is not allowed is enough. */
static void judge_mappings(struct bk_shim *s, const struct bk_process *p)
{
	struct { uint64_t base, inode; uint32_t device; } loader = { 0 };
	struct bk_maps maps;
	struct bk_mapping m;

	if (bk_maps_open(s, p->pid, &maps) < 0)
		return;
	loader.base = bk_process_loader(s, p->pid);
	while (bk_maps_next(&maps, &m)) {
		struct bk_request r;

		if (m.start == loader.base && m.inode)
			loader.inode = m.inode, loader.device = m.device;
		/* What the kernel itself maps for an exec was judged as that. */
		if (!m.executable || (m.inode == p->inode && m.device == p->device) || (m.inode == loader.inode && m.device == loader.device)
		    || bk_gate_is_file(s, m.inode, m.device))
			continue;
		struct bk_decision d = bk_mapping_judge(s, p->pid, &m, &r);
		uint64_t key = (m.inode << 20 ^ m.device) * 0x9e3779b97f4a7c15ULL ^ (uint64_t)p->pid << 32;

		if (!bk_speaks(d.verdict) || (!bk_stops(d.verdict) && was_judged(key | 1)))
			continue;
		if (!is_still(p)) {
			forget(key | 1);
			break;		/* these may be the next image's */
		}
		bk_note_parent(p->pid, s->scratch->parent, sizeof s->scratch->parent);
		r.parent = bk_text_of(s->scratch->parent);
		if (settle(s, p, BK_EVENT_LOAD, &r, d, NULL))
			break;
	}
	bk_maps_close(&maps);
}

static bool has_gate(struct bk_shim *s, const struct bk_process *p)
{
	struct bk_maps maps;
	struct bk_mapping m;
	bool found = false;

	if (bk_maps_open(s, p->pid, &maps) < 0)
		return false;
	while (!found && bk_maps_next(&maps, &m))
		found = m.executable && bk_gate_is_file(s, m.inode, m.device);
	bk_maps_close(&maps);
	return found;
}

/* A listed program that somebody started past the gate runs without it. */
static void miss_gate(struct bk_shim *s, const struct bk_process *p)
{
	enum bk_mode mode = bk_policy_mode(&s->policy, BK_PROCESSES);
	struct bk_request r = { .section = BK_PROCESSES };
	struct bk_decision d = { BK_DENIED, BK_WHY_NO_RULE, UINT32_MAX };

	if (has_gate(s, p) || !is_still(p))
		return;
	if (s->least > mode)
		mode = s->least;
	if (mode == BK_ALERT || mode == BK_LEARN)
		d.verdict = mode == BK_ALERT ? BK_ALERTED : BK_LEARNED;
	note_image(s, p->pid, s->scratch->path, BK_PATH_MAX);
	note_image(s, p->parent, s->scratch->parent, BK_PATH_MAX);
	r.path = bk_text_of(s->scratch->path);
	r.parent = bk_text_of(s->scratch->parent);
	settle(s, p, BK_EVENT_EXEC, &r, d, "the gate is not in it: it was started past it");
}

/* True where there was something new about the process. */
static bool look_at(struct bk_shim *s, int pid)
{
	struct bk_process p;
	bool executed, grown, of_age;

	if (pid == s->self || is_foreign(pid) || bk_process_read(pid, &p) < 0 || was_there(&p) || p.gone)
		return false;
	if (!p.ready) {
		watch.unready = true;
		return false;
	}
	executed = bk_judged(s, BK_PROCESSES) && !was_judged(p.image);
	grown = bk_judged(s, BK_LIBRARIES) && grew(&p);
	if ((executed || grown) && !is_loaded(s, &p)) {
		forget(p.image);
		watch.sizes[(unsigned)pid % SIZES].pid = 0;
		executed = grown = false;
	}
	if (executed && judge_image(s, &p))
		return true;
	if (grown)
		judge_mappings(s, &p);
	of_age = is_of_age(s, &p);
	if (of_age && s->plan.gate && bk_judged(s, BK_PROCESSES))
		miss_gate(s, &p);
	return executed || grown;
}

/* --- looking ------------------------------------------------------------------------------------------------------------------------- */

/* Newest first: what was just started is what matters.  But the function itself before its forks, whose image is the same. */
static bool look(struct bk_shim *s)
{
	int pids[PROCESSES];
	unsigned count = bk_process_list(pids, PROCESSES);
	bool fresh;

	watch.unready = false;
	fresh = !s->main_seen && look_at(s, s->main_pid);
	while (count > 0)
		fresh |= look_at(s, pids[--count]);
	return fresh;
}

uint32_t bk_watch_wait(bool *poll)
{
	uint64_t now = now_ms(), until = watch.next_ms;

	*poll = now >= watch.quiet_ms;
	if (!*poll && watch.quiet_ms < until)
		until = watch.quiet_ms;
	return until > now ? (uint32_t)(until - now) : 0;
}

/* Looks now, and when to look next: soon where something was told, else after the period. */
bool bk_watch_turn(struct bk_shim *s, bool told)
{
	uint64_t now = now_ms();
	bool fresh, exec = false;

	if (!told && now < watch.next_ms)
		return false;
	watch.slow = now >= watch.slow_ms;
	if (watch.slow) {
		watch.slow_ms = now + POLL_MS;
		watch.looks++;
		watch.asked = 0;
	}
	if (told)
		exec = drain(s);
	fresh = look(s);
	if (told)
		watch.again = 0;
	now = now_ms();
	watch.next_ms = now + POLL_MS;
	if (told)
		watch.quiet_ms = now + (exec ? EXEC_GAP_MS : FILE_GAP_MS);
	if (again_ms[watch.again] || watch.unready) {
		watch.next_ms = now + (again_ms[watch.again] ? again_ms[watch.again] : 1);
		watch.again += again_ms[watch.again] != 0;
	}
	return fresh || told;
}
