/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seccomp user notification.  A notification says what a process is about to do; what it points at can be changed by
 * other threads until the kernel has read it (seccomp_unotify(2)).  So a call is first judged on what is seen before it, which
 * gives a clean errno, and where another task could have changed it, judged again on what the kernel made of it:
 *
 *	exec	the process is seized, the call let go, and the loaded image judged at PTRACE_EVENT_EXEC, before its first instruction
 *	mmap	a process with one thread cannot be raced; any other is stopped behind the call and the new mapping compared
 */
#include "shim/shim.h"

/* --- answering -------------------------------------------------------------------------------------------------------- */

static void answer(struct bk_shim *s, uint64_t id, int error)
{
	struct seccomp_notif_resp *r = &s->scratch->answer;

	*r = (struct seccomp_notif_resp){ .id = id, .error = -error, .flags = error ? 0 : SECCOMP_USER_NOTIF_FLAG_CONTINUE };
	sys_ioctl(s->listener, SECCOMP_IOCTL_NOTIF_SEND, r);	/* ENOENT: the caller is gone or was interrupted */
}

static bool still_there(struct bk_shim *s, uint64_t id)
{
	return sys_ioctl(s->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}

static void speak(struct bk_shim *s, enum bk_event_kind kind, const struct bk_request *r, const struct bk_decision *d, int pid)
{
	struct bk_event e;

	if (!bk_speaks(d->verdict))
		return;
	bk_log_fill(s, &e, kind, r, d, pid);
	bk_log_event(s, &e);
}

/* Answers a decided call that is not followed any further. */
static void settle(struct bk_shim *s, const struct seccomp_notif *n, const struct bk_decision *d)
{
	if (d->verdict == BK_KILLED)
		sys_kill((int)n->pid, SIGKILL);
	answer(s, n->id, bk_stops(d->verdict) ? EACCES : 0);
}

/* --- calls in flight ---------------------------------------------------------------------------------------------------- */

static struct bk_flight *flight_of(struct bk_shim *s, int tid)
{
	for (unsigned i = 0; i < BK_FLIGHTS; i++)
		if (s->flight[i].tid == tid)
			return &s->flight[i];
	return NULL;
}

static char *flight_parent(struct bk_shim *s, const struct bk_flight *f)
{
	return s->scratch->flight_parent[f - s->flight];
}

static void land(struct bk_shim *s, struct bk_flight *f)
{
	*f = (struct bk_flight){ 0 };
	s->flights_used--;
}

void bk_notify_ended(struct bk_shim *s, int tid)
{
	struct bk_flight *f = flight_of(s, tid);

	if (f)
		land(s, f);
}

/* Lets a call go and arranges a stop right behind it.  Returns false where the process cannot be seized. */
static bool follow(struct bk_shim *s, const struct seccomp_notif *n, struct bk_flight *f)
{
	long r = sys_ptrace(PTRACE_SEIZE, (int)n->pid, 0, PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL);
	bool early = s->place.offers & BK_CAN_WAIT_KILLABLE;

	if (r < 0) {
		if (r != -ESRCH)
			s->place.seize_errno = (int)-r;
		return false;
	}
	s->place.offers |= BK_CAN_SEIZE;
	f->tid = (int)n->pid;
	s->flights_used++;
	/* With WAIT_KILLABLE_RECV the interrupt cannot shake the caller out of its wait; without, it must come behind the answer. */
	if (early)
		sys_ptrace(PTRACE_INTERRUPT, f->tid, 0, 0);
	answer(s, n->id, 0);
	if (!early)
		sys_ptrace(PTRACE_INTERRUPT, f->tid, 0, 0);
	return true;
}

/* --- exec ------------------------------------------------------------------------------------------------------------------ */

static bool judged(const struct bk_shim *s, enum bk_section section)
{
	enum bk_mode mode = bk_policy_mode(&s->policy, section);

	return (mode > s->least ? mode : s->least) != BK_OFF;
}

/* The image that makes the call, for rules and events. */
static void note_parent(int tid, char *out, size_t cap)
{
	char link[64];
	long n = sys_readlink(bk_proc(link, tid, "/exe"), out, cap - 1);

	out[n > 0 ? n : 0] = '\0';
}

static uint32_t put_arg(struct bk_shim *s, uint32_t used, const char *arg)
{
	char *at = bk_put(s->scratch->argv + used, s->scratch->argv + sizeof s->scratch->argv, arg);

	return (uint32_t)(at - s->scratch->argv) + 1;
}

/* A name that rules can hold: absolute, and without parts that another name could stand for. */
static struct bk_text rule_name(const char *path)
{
	struct bk_text t = bk_text_of(path), none = { NULL, 0 };

	if (!t.len || path[0] != '/')
		return none;
	for (uint32_t i = 0; i + 1 < t.len; i++)
		if (path[i] == '/' && (path[i + 1] == '/' || path[i + 1] == '.'))
			return none;
	return t;
}

/* The name that was called, where it still leads to the very file that is judged. */
static struct bk_text name_called(const struct bk_image *image, struct bk_text called)
{
	struct bk_text name = called.at ? rule_name(called.at) : called;
	struct stat st;

	if (!name.len || sys_stat(name.at, &st) < 0 || st.st_ino != image->inode || (uint32_t)st.st_dev != image->device)
		return (struct bk_text){ NULL, 0 };
	return name;
}

/*
 * Turns a request for the loader, called as a program, into one for the program that it will load.  `image` becomes that
 * program's.
 */
static void see_through_loader(struct bk_shim *s, int pid, struct bk_request *r, struct bk_image *image, char link[64])
{
	uint32_t index = bk_loader_program(&r->argv);
	struct bk_text name = bk_args_get(&r->argv, index);
	struct bk_image program;

	r->flags |= BK_REQ_LOADER;
	if (!index || !name.len || bk_image_open(s, pid, BK_AT_CWD, name.at, s->scratch->name, &program) < 0) {
		r->flags |= BK_REQ_UNNAMED;
		return;
	}
	bk_image_close(image);
	*image = program;
	bk_put_number(bk_put(link, link + 64, "/proc/self/fd/"), link + 64, (uint32_t)program.fd);
	r->path = program.path;
	r->called = name_called(image, name);
	r->first_arg = index + 1;
}

/* Arguments of a script's interpreter as the kernel will make them: interpreter, option, script, the caller's rest. */
static int gather_script(struct bk_shim *s, int tid, uint64_t argv, const char *path, struct bk_request *r, const char *option)
{
	uint32_t used = put_arg(s, 0, s->scratch->interpreter), before = 1;
	struct bk_args rest;
	int error;

	if (*option) {
		used = put_arg(s, used, option);
		before++;
	}
	used = put_arg(s, used, path);
	error = bk_gather_argv(s, tid, argv, &rest, used);
	if (error)
		return error;
	/* argv[0] of the caller is dropped */
	uint32_t drop = 0, end = rest.size;
	char *all = s->scratch->argv;

	if (rest.count) {
		while (used + drop < end && all[used + drop])
			drop++;
		drop++;
		for (uint32_t i = used; i + drop < end; i++)
			all[i] = all[i + drop];
	}
	r->argv = (struct bk_args){ all, end - drop, before + (rest.count ? rest.count : 1), rest.cut };
	r->first_arg = before + 1;
	return 0;
}

/* What is known before the call.  Returns 0, or the errno to answer. */
static int gather_before(struct bk_shim *s, const struct seccomp_notif *n, struct bk_request *r, struct bk_image *image, char link[64])
{
	bool at = n->data.nr == __NR_execveat;
	const __u64 *a = n->data.args;
	char *path = s->scratch->called, option[256];
	int error;
	long length = bk_memory_string((int)n->pid, a[at], path, sizeof s->scratch->called);

	if (length < 0)
		return (int)-length;
	if (!length && !(at && (a[4] & AT_EMPTY_PATH)))
		return ENOENT;
	error = bk_image_open(s, (int)n->pid, at ? (int)a[0] : BK_AT_CWD, path, s->scratch->path, image);
	if (error)
		return -error;
	bk_put_number(bk_put(link, link + 64, "/proc/self/fd/"), link + 64, (uint32_t)image->fd);
	r->path = image->path;
	r->called = rule_name(path);
	if ((image->mode & 0170000) != 0100000)
		return EACCES;
	if (bk_image_script(s, image, link, s->scratch->interpreter, option, sizeof option)) {
		struct bk_image by;

		if (bk_image_fixed(s, image, link) && bk_image_name_fixed(s, image, bk_text_of(path)))
			r->flags |= BK_REQ_UNCHANGEABLE;
		error = gather_script(s, (int)n->pid, a[at + 1], path, r, option);
		if (error)
			return -error;
		if (bk_image_open(s, (int)n->pid, BK_AT_CWD, s->scratch->interpreter, s->scratch->interpreter, &by) < 0)
			return ENOENT;
		r->interpreter = by.path;
		bk_image_close(&by);
		return 0;
	}
	r->first_arg = 1;
	error = bk_gather_argv(s, (int)n->pid, a[at + 1], &r->argv, 0);
	if (!error && bk_is_loader(r->path))
		see_through_loader(s, (int)n->pid, r, image, link);
	return -error;
}

static void exec_before(struct bk_shim *s, const struct seccomp_notif *n)
{
	bool first = !s->started && (int)n->pid == s->main_pid;
	struct bk_flight *f = flight_of(s, 0);
	struct bk_request r = { .section = BK_PROCESSES };
	struct bk_decision d = { .verdict = BK_ALLOWED };
	struct bk_image image = { .fd = -1 };
	char link[64];
	int error = 0;

	if (!first && !judged(s, BK_PROCESSES) && !judged(s, BK_ENVIRONMENT)) {
		answer(s, n->id, 0);
		return;
	}
	if (first)
		flight_parent(s, f)[0] = '\0';	/* it would be the shim */
	else
		note_parent((int)n->pid, flight_parent(s, f), sizeof s->scratch->flight_parent[0]);
	r.parent = bk_text_of(flight_parent(s, f));
	f->flags = first || ((int)n->pid == s->main_pid && !s->main_seen) ? BK_FLIGHT_MAIN : 0;
	if (!first) {
		if (f->flags & BK_FLIGHT_MAIN)
			r.flags |= BK_REQ_MAIN;
		error = gather_before(s, n, &r, &image, link);
		if (!error)
			d = bk_judge(s, &r, &image, link);
		if (error || !still_there(s, n->id) || bk_stops(d.verdict)) {
			if (!error)
				speak(s, BK_EVENT_EXEC, &r, &d, (int)n->pid);
			if (error)
				answer(s, n->id, error);
			else
				settle(s, n, &d);
			bk_image_close(&image);
			f->flags = 0;
			return;
		}
	}
	f->kind = BK_JOB_EXEC;
	f->inode = image.inode;
	f->device = image.device;
	bk_image_close(&image);
	if (follow(s, n, f))
		return;
	f->flags = 0;
	if (first)
		bk_loop_main_loaded(s);
	if (s->place.offers & BK_CAN_SEIZE || (!first && s->plan.verify))
		d.verdict = BK_DENIED;	/* this one process cannot be looked into */
	else
		speak(s, BK_EVENT_EXEC, &r, &d, (int)n->pid);
	settle(s, n, &d);
}

static uint32_t index_of(const struct bk_args *args, struct bk_text what)
{
	for (uint32_t i = 1; i < args->count && i < 4; i++)
		if (bk_text_equal(bk_args_get(args, i), what))
			return i;
	return 0;
}

/*
 * True where `script` is one and its first line names `image`.  An image that is not the file that was called may also have
 * taken its place in a race, and then the file that is there now says nothing about it.
 */
static bool runs_in(struct bk_shim *s, int pid, struct bk_image *script, const char *link, const struct bk_image *image, uint32_t at)
{
	char option[256];
	struct bk_image by;
	bool same;

	if (!bk_image_script(s, script, link, s->scratch->interpreter, option, sizeof option) || at != (*option ? 2u : 1u))
		return false;
	if (bk_image_open(s, pid, BK_AT_CWD, s->scratch->interpreter, s->scratch->interpreter, &by) < 0)
		return false;
	same = by.inode == image->inode && by.device == image->device;
	bk_image_close(&by);
	return same;
}

/* The image may be an interpreter: then the request becomes one for the script. */
static void see_through_script(struct bk_shim *s, int pid, struct bk_request *r, struct bk_image *image, const struct bk_fresh *fresh, char link[64])
{
	struct bk_image script;
	uint32_t at = index_of(&r->argv, fresh->called);
	char own[64];

	if (!fresh->called.at || bk_image_open(s, pid, BK_AT_CWD, fresh->called.at, s->scratch->name, &script) < 0)
		return;
	bk_put_number(bk_put(own, own + 64, "/proc/self/fd/"), own + 64, (uint32_t)script.fd);
	if (!runs_in(s, pid, &script, own, image, at)) {
		bk_image_close(&script);
		return;
	}
	r->interpreter = image->path;
	r->path = script.path;
	r->called = rule_name(fresh->called.at);
	r->first_arg = at + 1;
	*image = script;
	bk_put(link, link + 64, own);
	/* The interpreter will open the script by the name that was called: that way must be as safe as the file. */
	if (bk_image_fixed(s, image, link) && bk_image_name_fixed(s, image, fresh->called))
		r->flags |= BK_REQ_UNCHANGEABLE;
}

/* Judges what was loaded; fills the request for the event. */
static struct bk_decision judge_after(struct bk_shim *s, int pid, const struct bk_flight *f, struct bk_fresh *fresh, struct bk_request *r)
{
	struct bk_decision refused = { BK_KILLED, BK_WHY_NO_RULE, UINT32_MAX }, d;
	struct bk_image image;
	char link[64];

	*r = (struct bk_request){ .section = BK_PROCESSES, .first_arg = 1, .parent = bk_text_of(flight_parent(s, f)) };
	if (f->flags & BK_FLIGHT_MAIN)
		r->flags |= BK_REQ_MAIN;
	if (bk_image_link(s, bk_proc(link, pid, "/exe"), s->scratch->path, &image) < 0 || bk_gather_fresh(s, pid, fresh) < 0)
		return refused;
	r->path = image.path;
	r->argv = fresh->argv;
	if (!bk_text_equal(fresh->called, image.path))
		r->called = name_called(&image, fresh->called);
	if (image.inode != f->inode || image.device != f->device)
		see_through_script(s, pid, r, &image, fresh, link);
	if (!r->interpreter.len && bk_is_loader(r->path))
		see_through_loader(s, pid, r, &image, link);
	d = bk_judge(s, r, &image, link);
	bk_image_close(&image);
	return d;
}

static bool is_main_rule(const struct bk_shim *s, const struct bk_decision *d)
{
	return !s->policy.head->main || d->rule == s->policy.head->main - 1;
}

static void exec_after(struct bk_shim *s, int pid, struct bk_flight *f)
{
	struct bk_fresh fresh = { 0 };
	struct bk_request r;
	struct bk_decision d = judge_after(s, pid, f, &fresh, &r);
	bool main = f->flags & BK_FLIGHT_MAIN;
	struct bk_event e;

	if (bk_stops(d.verdict))
		d.verdict = BK_KILLED;	/* the old image is gone: there is nobody left to get an errno */
	if (main && !s->started)
		bk_loop_main_loaded(s);
	if (main && d.verdict != BK_KILLED && is_main_rule(s, &d))
		s->main_seen = true;	/* until then a wrapper stands in front of it: BUCKLER_NEXT, a start script */
	bk_log_fill(s, &e, BK_EVENT_EXEC, &r, &d, pid);
	if (bk_speaks(d.verdict))
		bk_log_event(s, &e);
	if (d.verdict != BK_KILLED && judged(s, BK_ENVIRONMENT) && !(main && s->main_execs++ == 0)
	    && bk_gather_scrub(s, pid, &fresh, &e) > 0 && s->least == BK_ENFORCE)
		d.verdict = BK_KILLED;
	if (d.verdict == BK_KILLED) {
		if (pid == s->main_pid)
			s->main_refused = true;
		sys_kill(pid, SIGKILL);
	}
	land(s, f);
	sys_ptrace(PTRACE_DETACH, pid, 0, 0);
}

/* --- files mapped executable, executable memory -------------------------------------------------------------------------------- */

/* A thread group's task directory has one link for each thread besides its own two (fs/proc/base.c, proc_task_getattr). */
static bool alone(int tid)
{
	char path[64];
	struct stat st;

	return sys_stat(bk_proc(path, tid, "/task"), &st) == 0 && st.st_nlink == 3;
}

static void code(struct bk_shim *s, const struct seccomp_notif *n)
{
	struct bk_request r = { .section = BK_GENERATED_CODE };
	struct bk_decision d;

	note_parent((int)n->pid, s->scratch->path, BK_PATH_MAX);
	r.path = bk_text_of(s->scratch->path);
	d = bk_decide(&s->policy, &r, s->least);
	speak(s, BK_EVENT_CODE, &r, &d, (int)n->pid);
	settle(s, n, &d);
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
		char link[64];
		struct bk_image image;

		/* map_files needs privilege: the file is looked at by its name, its number compared */
		if (bk_image_open(s, (int)n->pid, BK_AT_CWD, m.path.at, s->scratch->path, &image) < 0 || image.inode != m.inode) {
			image = (struct bk_image){ .fd = -1, .anonymous = true };
			r.path = m.path;
		} else {
			r.path = image.path;
		}
		bk_put_number(bk_put(link, link + 64, "/proc/self/fd/"), link + 64, (uint32_t)image.fd);
		d = bk_judge(s, &r, &image, link);
		bk_image_close(&image);
		if (++files > 64)	/* more than anybody needs; a bound for the time that this takes */
			d = (struct bk_decision){ BK_DENIED, BK_WHY_NO_RULE, UINT32_MAX };
		if (bk_stops(d.verdict))
			break;
	}
	speak(s, BK_EVENT_LOAD, &r, &d, (int)n->pid);
	if (bk_stops(d.verdict))
		settle(s, n, &d);
	else
		code(s, n);
}

static bool code_allowed(const struct bk_shim *s)
{
	return bk_policy_section_flags(&s->policy, BK_GENERATED_CODE) & BK_SECTION_ALLOWS || !judged(s, BK_GENERATED_CODE);
}

static void map_file(struct bk_shim *s, const struct seccomp_notif *n)
{
	struct bk_request r = { .section = BK_LIBRARIES };
	struct bk_flight *f = flight_of(s, 0);
	struct bk_decision d;
	struct bk_image image;
	char link[64];
	int error = bk_image_link(s, bk_proc_fd(link, (int)n->pid, (int)n->data.args[4]), s->scratch->path, &image);

	if (error) {
		answer(s, n->id, error == -ENOENT ? EBADF : -error);
		return;
	}
	if (image.anonymous && !judged(s, BK_LIBRARIES)) {
		code(s, n);		/* a file without a name is memory */
		return;
	}
	r.path = image.path;
	d = bk_judge(s, &r, &image, link);
	if (bk_speaks(d.verdict)) {
		note_parent((int)n->pid, s->scratch->parent, BK_PATH_MAX);
		r.parent = bk_text_of(s->scratch->parent);
		speak(s, BK_EVENT_LOAD, &r, &d, (int)n->pid);
	}
	if (bk_stops(d.verdict) || d.verdict != BK_ALLOWED || !s->plan.verify || alone((int)n->pid)) {
		settle(s, n, &d);
		return;
	}
	*f = (struct bk_flight){ .kind = BK_JOB_MAP, .inode = image.inode, .device = image.device };
	if (!follow(s, n, f)) {
		*f = (struct bk_flight){ 0 };
		answer(s, n->id, EACCES);
	}
}

static void map(struct bk_shim *s, const struct seccomp_notif *n)
{
	bool writable = (n->data.args[2] & PROT_WRITE) && !code_allowed(s);

	if (n->data.args[3] & MAP_ANONYMOUS || writable)
		code(s, n);
	else
		map_file(s, n);
}

static void map_after(struct bk_shim *s, int tid, struct bk_flight *f, int signal)
{
	struct bk_registers registers;
	struct iovec v = { &registers, sizeof registers };
	struct bk_mapping m = { 0 };
	uint64_t at;
	bool same = false;

	if (sys_ptrace(PTRACE_GETREGSET, tid, 1 /* NT_PRSTATUS */, (unsigned long)&v) == 0) {
		at = bk_registers_result(&registers);
		same = at > -4096UL || (bk_mapping_at(s, tid, at, &m) == 0 && m.start <= at && m.inode == f->inode);
	}
	if (!same) {
		struct bk_request r = { .section = BK_LIBRARIES, .path = m.path };
		struct bk_decision d = { BK_KILLED, BK_WHY_NO_RULE, UINT32_MAX };

		speak(s, BK_EVENT_LOAD, &r, &d, tid);
		sys_kill(tid, SIGKILL);
	}
	land(s, f);
	sys_ptrace(PTRACE_DETACH, tid, 0, (unsigned long)signal);
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
		.kind = BK_EVENT_SYSCALL, .section = BK_SECTIONS, .path = call->name, .technique = call->technique, .pid = n->pid,
		.verdict = BK_DENIED, .reason = BK_WHY_RULE,
	};

	if (s->least > mode)
		mode = s->least;
	if (mode == BK_ALERT && !aims_at_us(s, &n->data))
		e.verdict = BK_ALERTED;
	if (mode == BK_LEARN && !aims_at_us(s, &n->data))
		e.verdict = BK_LEARNED;
	note_parent((int)n->pid, s->scratch->parent, BK_PATH_MAX);
	e.parent = bk_text_of(s->scratch->parent);
	bk_log_event(s, &e);
	answer(s, n->id, e.verdict == BK_DENIED ? call->error : 0);
}

/* --- entry -------------------------------------------------------------------------------------------------------------------------- */

bool bk_notify_receive(struct bk_shim *s)
{
	struct seccomp_notif *n = &s->scratch->notification;
	struct bk_filter_call call;
	long r;

	*n = (struct seccomp_notif){ 0 };
	r = sys_ioctl(s->listener, SECCOMP_IOCTL_NOTIF_RECV, n);
	if (r < 0)
		return r == -ENOENT || r == -EINTR || r == -EAGAIN;
	call = bk_filter_lookup(n->data.arch, (uint32_t)n->data.nr);
	if (!n->pid)
		answer(s, n->id, EPERM);	/* outside our process namespace: cannot be looked at */
	else if (call.job == BK_JOB_EXEC)
		exec_before(s, n);
	else if (call.job == BK_JOB_MAP)
		map(s, n);
	else if (call.job == BK_JOB_CODE)
		(n->data.nr == __NR_mprotect || n->data.nr == __NR_pkey_mprotect ? protect : code)(s, n);
	else if (call.job == BK_JOB_REFUSED)
		refused(s, n, &call);
	else
		answer(s, n->id, ENOSYS);
	return true;
}

void bk_notify_stopped(struct bk_shim *s, int tid, int status)
{
	int event = status >> 16, signal = status >> 8 & 0xff;
	struct bk_flight *f = flight_of(s, tid);
	unsigned long before;

	if (event == PTRACE_EVENT_EXEC && sys_ptrace(PTRACE_GETEVENTMSG, tid, 0, (unsigned long)&before) == 0 && flight_of(s, (int)before))
		f = flight_of(s, (int)before);	/* a thread's exec takes over the leader's number */
	if (event)
		signal = 0;
	if (f && event == PTRACE_EVENT_EXEC && f->kind == BK_JOB_EXEC) {
		exec_after(s, tid, f);
		return;
	}
	if (f && f->kind == BK_JOB_MAP) {
		map_after(s, tid, f, signal);
		return;
	}
	if (f)
		land(s, f);		/* the exec failed */
	sys_ptrace(PTRACE_DETACH, tid, 0, (unsigned long)signal);
}
