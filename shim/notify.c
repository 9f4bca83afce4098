/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seccomp user notification.  A notification says what a process is about to do; what it points at can be changed by
 * other threads until the kernel has read it (seccomp_unotify(2)).  So a call is first judged on what is seen before it, which
 * gives a clean errno, and where another task could have changed it, judged again on what the kernel made of it:
 *
 *	exec	the process is seized, the call let go, and the loaded image judged at PTRACE_EVENT_EXEC, before its first instruction
 *	mmap	a process with one thread cannot be raced; any other is stopped behind the call and the new mapping compared
 */
#include "shim/files.h"
#include "shim/network.h"
#include "shim/trace.h"

/* --- answering -------------------------------------------------------------------------------------------------------- */

void bk_notify_answer(struct bk_shim *s, uint64_t id, int error)
{
	struct seccomp_notif_resp *r = &s->scratch->answer;

	if (s->tracing && error)
		bk_trace_result((int)id, -error);
	if (s->tracing && !error)
		sys_ptrace(PTRACE_CONT, (int)id, 0, 0);
	if (s->tracing)
		return;
	*r = (struct seccomp_notif_resp){ .id = id, .error = -error, .flags = error ? 0 : SECCOMP_USER_NOTIF_FLAG_CONTINUE };
	sys_ioctl(s->listener, SECCOMP_IOCTL_NOTIF_SEND, r);	/* ENOENT: the caller is gone or was interrupted */
}

void bk_notify_result(struct bk_shim *s, uint64_t id, long result)
{
	struct seccomp_notif_resp *r = &s->scratch->answer;

	if (s->tracing) {
		bk_trace_result((int)id, result);
		return;
	}
	*r = (struct seccomp_notif_resp){ .id = id, .error = result < 0 ? (int32_t)result : 0, .val = result < 0 ? 0 : result };
	sys_ioctl(s->listener, SECCOMP_IOCTL_NOTIF_SEND, r);
}

bool bk_notify_alive(struct bk_shim *s, uint64_t id)
{
	return s->tracing ? bk_trace_stands((int)id) : sys_ioctl(s->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}

void bk_notify_speak(struct bk_shim *s, enum bk_event_kind kind, const struct bk_request *r, const struct bk_decision *d, int pid)
{
	struct bk_event e;

	if (!bk_speaks(d->verdict))
		return;
	bk_log_fill(s, &e, kind, r, d, pid);
	bk_log_event(s, &e);
}

void bk_notify_settle(struct bk_shim *s, const struct seccomp_notif *n, const struct bk_decision *d)
{
	if (d->verdict == BK_KILLED)
		sys_kill((int)n->pid, SIGKILL);
	bk_notify_answer(s, n->id, bk_stops(d->verdict) ? EACCES : 0);
}

/* --- calls in flight ---------------------------------------------------------------------------------------------------- */

struct bk_flight *bk_flight_of(struct bk_shim *s, int tid)
{
	for (unsigned i = 0; i < BK_FLIGHTS; i++)
		if (s->flight[i].tid == tid)
			return &s->flight[i];
	return NULL;
}

char *bk_flight_parent(struct bk_shim *s, const struct bk_flight *f)
{
	return s->scratch->flight_parent[f - s->flight];
}

void bk_flight_land(struct bk_shim *s, struct bk_flight *f)
{
	s->landed |= s->waiting_used != 0;
	*f = (struct bk_flight){ 0 };
	s->flights_used--;
}

static bool there(const char *path)
{
	struct stat st;

	return sys_stat(path, &st) == 0;
}

void bk_notify_ended(struct bk_shim *s, int tid)
{
	char path[64];
	struct bk_flight *f = bk_flight_of(s, tid);

	if (f)
		bk_flight_land(s, f);
	/* A thread that executes takes over its leader's number; killed in between, its end is told under that, and nobody has its own any more. */
	for (unsigned i = 0; i < BK_FLIGHTS && s->flights_used && !s->tracing; i++)
		if (s->flight[i].tid && !there(bk_proc(path, s->flight[i].tid, "")))
			bk_flight_land(s, &s->flight[i]);
}

void bk_notify_release(struct bk_shim *s, int tid, int signal)
{
	sys_ptrace(s->tracing ? PTRACE_CONT : PTRACE_DETACH, tid, 0, (unsigned long)signal);
}

static bool group_execs(const struct bk_shim *s, int tid)
{
	char path[64];

	for (unsigned i = 0; i < BK_FLIGHTS && s->flights_used && !s->tracing; i++)
		if (s->flight[i].tid && s->flight[i].kind == BK_JOB_EXEC && there(bk_proc_task(path, tid, s->flight[i].tid)))
			return true;
	return false;
}

/*
 * The exec of one thread waits for the end of all others, and one that is seized ends when it is reaped; who seizes a further one waits for the
 * exec (kernel/ptrace.c, ptrace_attach: cred_guard_mutex).  So nobody is seized in a group that executes.  Mostly the exec ends whoever waits here.
 */
bool bk_notify_waits(struct bk_shim *s, const struct seccomp_notif *n)
{
	if (!group_execs(s, (int)n->pid))
		return false;
	if (s->waiting_used < BK_FLIGHTS)
		s->scratch->waiting[s->waiting_used++] = *n;
	else
		bk_notify_answer(s, n->id, EAGAIN);
	return true;
}

void bk_notify_resume(struct bk_shim *s)
{
	struct seccomp_notif waited[BK_FLIGHTS];
	unsigned count = s->waiting_used;

	if (!s->landed)
		return;
	s->landed = false;
	s->waiting_used = 0;
	__builtin_memcpy(waited, s->scratch->waiting, count * sizeof *waited);
	for (unsigned i = 0; i < count; i++) {
		s->scratch->notification = waited[i];
		if (s->flights_used < BK_FLIGHTS)
			bk_notify_serve(s, &s->scratch->notification);
		else
			s->scratch->waiting[s->waiting_used++] = waited[i];
	}
}

bool bk_notify_follow(struct bk_shim *s, const struct seccomp_notif *n, struct bk_flight *f)
{
	/* One that is traced stops by itself at its exec, and behind its call.  Was it killed meanwhile, its end lands the flight. */
	long r = s->tracing ? 0 : sys_ptrace(PTRACE_SEIZE, (int)n->pid, 0, PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL);
	bool early = s->place.offers & BK_CAN_WAIT_KILLABLE;

	if (r < 0) {
		if (r != -ESRCH)
			s->place.seize_errno = (int)-r;
		return false;
	}
	s->place.offers |= BK_CAN_SEIZE;
	f->tid = (int)n->pid;
	s->flights_used++;
	if (s->tracing) {
		f->flags |= s->stops_twice ? BK_FLIGHT_BEFORE : 0;
		sys_ptrace(PTRACE_SYSCALL, f->tid, 0, 0);
		return true;
	}
	/* With WAIT_KILLABLE_RECV the interrupt cannot shake the caller out of its wait; without, it must come behind the answer. */
	if (early)
		sys_ptrace(PTRACE_INTERRUPT, f->tid, 0, 0);
	bk_notify_answer(s, n->id, 0);
	if (!early)
		sys_ptrace(PTRACE_INTERRUPT, f->tid, 0, 0);
	return true;
}

/* --- what both parts ask ------------------------------------------------------------------------------------------------- */

bool bk_judged(const struct bk_shim *s, enum bk_section section)
{
	enum bk_mode mode = bk_policy_mode(&s->policy, section);

	return (mode > s->least ? mode : s->least) != BK_OFF;
}

void bk_note_parent(int tid, char *out, size_t cap)
{
	char link[64];
	long n = sys_readlink(bk_proc(link, tid, "/exe"), out, cap - 1);

	out[n > 0 ? n : 0] = '\0';
}

/* --- files mapped executable, executable memory -------------------------------------------------------------------------------- */

/* A thread group's task directory has one link for each thread besides its own two (fs/proc/base.c, proc_task_getattr). */
bool bk_notify_alone(int tid)
{
	char path[64];
	struct stat st;

	return sys_stat(bk_proc(path, tid, "/task"), &st) == 0 && st.st_nlink == 3;
}

static void code(struct bk_shim *s, const struct seccomp_notif *n)
{
	struct bk_request r = { .section = BK_GENERATED_CODE };
	struct bk_decision d;

	bk_note_parent((int)n->pid, s->scratch->path, BK_PATH_MAX);
	r.path = bk_text_of(s->scratch->path);
	d = bk_decide(&s->policy, &r, s->least);
	bk_notify_speak(s, BK_EVENT_CODE, &r, &d, (int)n->pid);
	bk_notify_settle(s, n, &d);
}

void bk_notify_unseen(struct bk_shim *s, const struct seccomp_notif *n, enum bk_event_kind kind, const struct bk_request *r)
{
	static const enum bk_verdict verdicts[] = {
		[BK_ENFORCE] = BK_DENIED, [BK_ALERT] = BK_ALERTED, [BK_LEARN] = BK_LEARNED, [BK_OFF] = BK_ALLOWED,
	};
	enum bk_mode mode = bk_policy_mode(&s->policy, r->section);
	struct bk_decision d = { .reason = BK_WHY_UNSEEN, .rule = UINT32_MAX };

	if (kind == BK_EVENT_EXEC && bk_policy_mode(&s->policy, BK_ENVIRONMENT) < mode)
		mode = bk_policy_mode(&s->policy, BK_ENVIRONMENT);
	d.verdict = verdicts[s->least > mode ? s->least : mode];
	bk_notify_speak(s, kind, r, &d, (int)n->pid);
	bk_notify_settle(s, n, &d);
}

struct bk_decision bk_mapping_judge(struct bk_shim *s, int tid, const struct bk_mapping *m, struct bk_request *r)
{
	struct bk_image image;
	struct bk_decision d;
	char link[64];

	*r = (struct bk_request){ .section = BK_LIBRARIES };
	/* map_files needs privilege: the file is looked at by its name, its number compared */
	if (bk_image_open(s, tid, BK_AT_CWD, m->path.at, s->scratch->path, &image) < 0 || image.inode != m->inode) {
		image = (struct bk_image){ .fd = -1, .anonymous = true };
		r->path = m->path;
	} else {
		r->path = image.path;
	}
	d = bk_judge(s, r, &image, bk_own_fd(link, image.fd));
	bk_image_close(&image);
	return d;
}

/*
 * mprotect and pkey_mprotect: a file's mapping that becomes executable counts as one that was mapped so, and as generated
 * code, because a private copy of a listed file may hold anything by now.
 */
static void protect(struct bk_shim *s, const struct seccomp_notif *n)
{
	uint64_t at = n->data.args[0], end = at + n->data.args[1];
	struct bk_request r = { .section = BK_LIBRARIES };
	struct bk_decision d = { .verdict = BK_ALLOWED };
	struct bk_mapping m;
	int files = 0;

	for (; at < end; at = m.end) {
		if (bk_mapping_at(s, (int)n->pid, at, &m) < 0 || m.start >= end)
			break;
		if (!m.inode)
			continue;
		d = bk_mapping_judge(s, (int)n->pid, &m, &r);
		if (++files > 64)	/* more than anybody needs; a bound for the time that this takes */
			d = (struct bk_decision){ BK_DENIED, BK_WHY_NO_RULE, UINT32_MAX };
		if (bk_stops(d.verdict))
			break;
	}
	bk_notify_speak(s, BK_EVENT_LOAD, &r, &d, (int)n->pid);
	if (bk_stops(d.verdict))
		bk_notify_settle(s, n, &d);
	else
		code(s, n);
}

static bool code_allowed(const struct bk_shim *s)
{
	return bk_policy_section_flags(&s->policy, BK_GENERATED_CODE) & BK_SECTION_ALLOWS || !bk_judged(s, BK_GENERATED_CODE);
}

/* Lets an allowed mapping go; what another thread could put in the file's place meanwhile is compared behind the call. */
static void map_go(struct bk_shim *s, const struct seccomp_notif *n, uint64_t inode, uint32_t device)
{
	struct bk_flight *f = bk_flight_of(s, 0);

	if (!s->plan.verify || bk_notify_alone((int)n->pid)) {
		bk_notify_answer(s, n->id, 0);
		return;
	}
	if (bk_notify_waits(s, n))
		return;
	*f = (struct bk_flight){ .kind = BK_JOB_MAP, .inode = inode, .device = device };
	if (!bk_notify_follow(s, n, f)) {
		*f = (struct bk_flight){ 0 };
		bk_notify_answer(s, n->id, EACCES);
	}
}

/*
 * An allowed file need not be judged again under the same identity: a rename or a change gives it another ctime.  Where a folder above
 * it was renamed, what was allowed under the one name may still be mapped under the other; it is the same content.
 */
static void remember(const struct bk_request *r, struct bk_image *image)
{
	if (bk_image_settled(image) && (!r->sha256 || image->seen->hash))
		image->seen->flags |= BK_SEEN_LIBRARY;
}

static void map_opened(struct bk_shim *s, const struct seccomp_notif *n, struct bk_image *image)
{
	struct bk_request r = { .section = BK_LIBRARIES, .path = image->path };
	struct bk_decision d;
	char link[64];

	if (image->anonymous && !bk_judged(s, BK_LIBRARIES)) {
		code(s, n);		/* a file without a name is memory */
		return;
	}
	d = bk_judge(s, &r, image, bk_own_fd(link, image->fd));
	if (d.verdict == BK_ALLOWED) {
		remember(&r, image);
		map_go(s, n, image->inode, image->device);
		return;
	}
	bk_note_parent((int)n->pid, s->scratch->parent, BK_PATH_MAX);
	r.parent = bk_text_of(s->scratch->parent);
	bk_notify_speak(s, BK_EVENT_LOAD, &r, &d, (int)n->pid);
	bk_notify_settle(s, n, &d);
}

static void map_file(struct bk_shim *s, const struct seccomp_notif *n)
{
	int fd = (int)n->data.args[4], error;
	struct bk_image image;
	struct bk_seen *seen;
	struct stat st;
	char link[64];

	if (sys_stat(bk_proc_fd(link, (int)n->pid, fd), &st) == 0 && (seen = bk_image_known(s, &st)) && seen->flags & BK_SEEN_LIBRARY) {
		map_go(s, n, st.st_ino, (uint32_t)st.st_dev);
		return;
	}
	/* Opened, so that name, identity and content are of one file, whatever a thread makes of the descriptor meanwhile. */
	error = bk_image_open(s, (int)n->pid, fd, "", s->scratch->path, &image);
	if (error == -EACCES || error == -EPERM)
		bk_notify_unseen(s, n, BK_EVENT_LOAD, &(struct bk_request){ .section = BK_LIBRARIES });
	else if (error)
		bk_notify_answer(s, n->id, error == -ENOENT ? EBADF : -error);
	else
		map_opened(s, n, &image);
	bk_image_close(&image);
}

static void map(struct bk_shim *s, const struct seccomp_notif *n)
{
	bool writable = (n->data.args[2] & PROT_WRITE) && !code_allowed(s);

	if (n->data.args[3] & MAP_ANONYMOUS || writable)
		code(s, n);
	else
		map_file(s, n);
}

/* Whether the mapping that the call made is of the file that was vetted.  -ESRCH: the task ends just now (by another thread's exec), and maps nothing. */
static long compare_mapping(struct bk_shim *s, int tid, const struct bk_flight *f, struct bk_mapping *m)
{
	struct bk_registers registers;
	struct iovec v = { &registers, sizeof registers };
	long r = sys_ptrace(PTRACE_GETREGSET, tid, 1 /* NT_PRSTATUS */, (unsigned long)&v);
	uint64_t at = r == 0 ? bk_registers_result(&registers) : 0;

	if (r < 0)
		return r;
	if (at > -4096UL || (bk_mapping_at(s, tid, at, m) == 0 && m->start <= at && m->inode == f->inode))
		return 1;
	return sys_ptrace(PTRACE_GETREGSET, tid, 1, (unsigned long)&v) == -ESRCH ? -ESRCH : 0;
}

static void map_after(struct bk_shim *s, int tid, struct bk_flight *f, int signal)
{
	struct bk_mapping m = { 0 };
	long same = compare_mapping(s, tid, f, &m);

	if (same != 1 && same != -ESRCH) {
		struct bk_request r = { .section = BK_LIBRARIES, .path = m.path };
		struct bk_decision d = { BK_KILLED, BK_WHY_NO_RULE, UINT32_MAX };

		bk_notify_speak(s, BK_EVENT_LOAD, &r, &d, tid);
		sys_kill(tid, SIGKILL);
	}
	bk_flight_land(s, f);
	bk_notify_release(s, tid, signal);
}

/* --- refused calls ---------------------------------------------------------------------------------------------------------------- */

/* Aimed at the shim, or at everybody: refused whatever the mode says. */
static bool aims_at_us(const struct bk_shim *s, const struct seccomp_data *call)
{
	for (unsigned i = 0; i < 3; i++) {
		int number = (int)call->args[i];

		if (number == s->self || number == -s->self || (i == 0 && number == -1))
			return true;
	}
	return false;
}

static void refused(struct bk_shim *s, const struct seccomp_notif *n, const struct bk_filter_call *call)
{
	enum bk_mode mode = bk_policy_mode(&s->policy, BK_PROCESSES);
	struct bk_event e = {
		.kind = BK_EVENT_SYSCALL, .section = BK_SECTIONS, .path = bk_filter_name(call), .technique = call->technique, .pid = n->pid,
		.verdict = BK_DENIED, .reason = BK_WHY_RULE,
	};

	if (s->least > mode)
		mode = s->least;
	if (mode == BK_ALERT && !aims_at_us(s, &n->data))
		e.verdict = BK_ALERTED;
	if (mode == BK_LEARN && !aims_at_us(s, &n->data))
		e.verdict = BK_LEARNED;
	bk_note_parent((int)n->pid, s->scratch->parent, BK_PATH_MAX);
	e.parent = bk_text_of(s->scratch->parent);
	bk_log_event(s, &e);
	bk_notify_answer(s, n->id, e.verdict == BK_DENIED ? call->error : 0);
}

/* --- entry -------------------------------------------------------------------------------------------------------------------------- */

/*
 * Whom a notification or its answer wakes starts on the processor of who wakes it, which is best for a short call.  For an exec it is not: the kernel
 * looks for the idlest processor then (kernel/sched/core.c, sched_exec), ours is busy with us, and the caller is moved by a thread that has to be woken
 * for it.  The next call is probably of the kind of the last one; a mapping says nothing, it goes with both.  An error before Linux 6.6.
 */
static void wake_here(struct bk_shim *s, enum bk_filter_job job)
{
	bool here = job != BK_JOB_EXEC;

	if (s->tracing || job == BK_JOB_MAP || here == s->wakes_here)
		return;
	s->wakes_here = here;
	sys_ioctl(s->listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, (void *)(here ? SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP : 0));
}

void bk_notify_serve(struct bk_shim *s, struct seccomp_notif *n)
{
	struct bk_filter_call call = bk_filter_lookup(n->data.arch, (uint32_t)n->data.nr);

	wake_here(s, call.job);
	s->scratch->vetted = 0;
	if (!n->pid)
		bk_notify_answer(s, n->id, EPERM);	/* outside our process namespace: cannot be looked at */
	else if (call.job == BK_JOB_EXEC)
		bk_exec_before(s, n);
	else if (call.job == BK_JOB_MAP)
		map(s, n);
	else if (call.job == BK_JOB_CODE)
		(n->data.nr == __NR_mprotect || n->data.nr == __NR_pkey_mprotect ? protect : code)(s, n);
	else if (call.job == BK_JOB_FILE)
		bk_files_notified(s, n);
	else if (call.job == BK_JOB_NETWORK)
		bk_network_notified(s, n);
	else if (call.job == BK_JOB_REFUSED)
		refused(s, n, &call);
	else
		bk_notify_answer(s, n->id, ENOSYS);
}

bool bk_notify_receive(struct bk_shim *s)
{
	struct seccomp_notif *n = &s->scratch->notification;
	long r;

	*n = (struct seccomp_notif){ 0 };
	r = sys_ioctl(s->listener, SECCOMP_IOCTL_NOTIF_RECV, n);
	if (r < 0)
		return r == -ENOENT || r == -EINTR || r == -EAGAIN;
	bk_notify_serve(s, n);
	return true;
}

void bk_notify_stopped(struct bk_shim *s, int tid, int status)
{
	int event = status >> 16, signal = status >> 8 & 0xff;
	struct bk_flight *f = bk_flight_of(s, tid);
	unsigned long before;

	/* With one call in flight, and that this task's, nobody else's exec can have taken its number. */
	if (event == PTRACE_EVENT_EXEC && !(f && s->flights_used == 1) && sys_ptrace(PTRACE_GETEVENTMSG, tid, 0, (unsigned long)&before) == 0 && bk_flight_of(s, (int)before)) {
		if (f && f->tid != (int)before)
			bk_flight_land(s, f);	/* the leader's own, who is gone */
		f = bk_flight_of(s, (int)before);	/* a thread's exec takes over the leader's number */
	}
	if (event)
		signal = 0;
	if (f && event == PTRACE_EVENT_EXEC && f->kind == BK_JOB_EXEC) {
		bk_exec_after(s, tid, f);
		return;
	}
	if (f && f->kind == BK_JOB_MAP) {
		map_after(s, tid, f, signal);
		return;
	}
	if (f)
		bk_flight_land(s, f);		/* the exec failed */
	bk_notify_release(s, tid, signal);
}
