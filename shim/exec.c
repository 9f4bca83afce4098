/* SPDX-License-Identifier: Apache-2.0 */
/* exec: what is known before the call, and what the kernel loaded. */
#include "core/match.h"
#include "shim/network.h"
#include "shim/process.h"

static uint32_t put_arg(struct bk_shim *s, uint32_t used, const char *arg)
{
	char *at = bk_put(s->scratch->argv + used, s->scratch->argv + sizeof s->scratch->argv, arg);

	return (uint32_t)(at - s->scratch->argv) + 1;
}

/* The name that was called, where it still leads to the very file that is judged. */
static struct bk_text name_called(const struct bk_image *image, struct bk_text called)
{
	struct bk_text name = called.at ? bk_rule_name(called.at) : called;
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
	bk_own_fd(link, program.fd);
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

static void put_before(struct bk_shim *s, struct bk_args *args, const char *word)
{
	uint32_t n = bk_text_of(word).len + 1, room = sizeof s->scratch->argv - n;
	char *all = s->scratch->argv;

	args->cut |= args->size > room;
	args->size = args->size > room ? room : args->size;
	__builtin_memmove(all + n, all, args->size);
	bk_put(all, all + n, word);
	args->size += n;
	args->count++;
}

#define SCRIPTS_MAX 5u			/* that the kernel follows (fs/exec.c, exec_binprm) */

/*
 * The interpreter of a script may be a script: the kernel goes on with that as it did with the first (fs/binfmt_script.c).  What it loads in the end is one
 * program with its arguments, judged as that behind the call, so that the request becomes one for it.  `by`: the first interpreter; closed where
 * it was one.  Returns 0, or the errno to answer.
 */
static int see_through_chain(struct bk_shim *s, int tid, struct bk_request *r, struct bk_image *image, char link[64], struct bk_image *by)
{
	char own[64], option[256], *name = s->scratch->name;
	unsigned level = 0;

	r->interpreter = by->path;
	if (!bk_image_script(s, by, bk_own_fd(own, by->fd), name, option, sizeof option) || bk_judge(s, r, image, link).reason == BK_WHY_RULE)
		return 0;		/* who forbids a script means it, whatever runs it */
	do {
		if (*option)
			put_before(s, &r->argv, option);
		put_before(s, &r->argv, name);
		bk_image_close(by);
		if (bk_image_open(s, tid, BK_AT_CWD, name, s->scratch->path, by) < 0)
			return ENOENT;
	} while (++level < SCRIPTS_MAX && bk_image_script(s, by, bk_own_fd(own, by->fd), name, option, sizeof option));
	bk_image_close(image);
	*image = *by;
	by->fd = -1;
	bk_own_fd(link, image->fd);
	r->path = image->path;
	r->interpreter = r->called = (struct bk_text){ NULL, 0 };
	r->first_arg = 1;
	r->flags &= ~(BK_REQ_UNCHANGEABLE | BK_REQ_ANONYMOUS);
	r->sha256 = NULL;
	return 0;
}

/* What is known before the call.  Returns 0, or the errno to answer. */
static int gather_before(struct bk_shim *s, const struct seccomp_notif *n, struct bk_request *r, struct bk_image *image, char link[64])
{
	bool at = n->data.nr == __NR_execveat;
	const __u64 *a = n->data.args;
	char *path = s->scratch->called, option[256];
	int error;
	long length;

	bk_memory_look(s, (int)n->pid, a[at], a[at + 1]);
	length = bk_memory_string(s, (int)n->pid, a[at], path, sizeof s->scratch->called);

	if (length < 0)
		return (int)-length;
	if (!length && !(at && (a[4] & AT_EMPTY_PATH)))
		return ENOENT;
	error = bk_image_open(s, (int)n->pid, at ? (int)a[0] : BK_AT_CWD, path, s->scratch->path, image);
	if (error)
		return -error;
	bk_own_fd(link, image->fd);
	r->path = image->path;
	r->called = bk_rule_name(path);
	if ((image->mode & 0170000) != 0100000 || !(image->mode & 0111))
		return EACCES;		/* the kernel's own answer, whoever asks: no attempt that anybody is to hear of */
	if (bk_image_script(s, image, link, s->scratch->interpreter, option, sizeof option)) {
		struct bk_image by;

		if (bk_image_fixed(s, image, link) && bk_image_name_fixed(s, image, bk_text_of(path)))
			r->flags |= BK_REQ_UNCHANGEABLE;
		error = gather_script(s, (int)n->pid, a[at + 1], path, r, option);
		if (error)
			return -error;
		if (bk_image_open(s, (int)n->pid, BK_AT_CWD, s->scratch->interpreter, s->scratch->interpreter, &by) < 0)
			return ENOENT;
		error = see_through_chain(s, (int)n->pid, r, image, link, &by);
		bk_image_close(&by);
		return error;
	}
	r->first_arg = 1;
	error = bk_gather_argv(s, (int)n->pid, a[at + 1], &r->argv, 0);
	if (!error && bk_is_loader(r->path))
		see_through_loader(s, (int)n->pid, r, image, link);
	return -error;
}

/* Only of shells is it asked: it costs two calls. */
static void note_stdio(struct bk_shim *s, int pid, struct bk_request *r)
{
	struct bk_text name = bk_text_basename(r->interpreter.len ? r->interpreter : r->path);

	if ((bk_is_shell(name) || bk_is_multicall(r->path)) && bk_network_stdio(s, pid))
		r->flags |= BK_REQ_NET_STDIO;
}

/* The image that makes the call; it is looked up only where a rule or an event wants it, because that costs as much as all the rest. */
static void note_parent(struct bk_shim *s, const struct seccomp_notif *n, const struct bk_flight *f, struct bk_request *r)
{
	bk_note_parent((int)n->pid, bk_flight_parent(s, f), sizeof s->scratch->flight_parent[0]);
	r->parent = bk_text_of(bk_flight_parent(s, f));
}

static bool judges_execs(const struct bk_shim *s)
{
	return bk_judged(s, BK_PROCESSES) || bk_judged(s, BK_ENVIRONMENT);
}

void bk_exec_before(struct bk_shim *s, const struct seccomp_notif *n)
{
	bool first = !s->started && (int)n->pid == s->main_pid, judged = judges_execs(s);
	struct bk_flight *f = bk_flight_of(s, 0);
	struct bk_request r = { .section = BK_PROCESSES };
	struct bk_decision d = { .verdict = BK_ALLOWED };
	struct bk_image image = { .fd = -1 };
	char link[64];
	int error = 0;

	/* A thread's exec is followed even where nobody judges it: bk_notify_waits() is to know of it. */
	if (!first && !judged && (s->tracing || !s->plan.verify || bk_notify_alone((int)n->pid))) {
		bk_notify_answer(s, n->id, 0);
		return;
	}
	if (bk_notify_waits(s, n))
		return;
	bk_flight_parent(s, f)[0] = '\0';
	if (!first && !(s->policy.head->flags & BK_NO_PARENTS))
		note_parent(s, n, f, &r);
	f->flags = first || ((int)n->pid == s->main_pid && !s->main_seen) ? BK_FLIGHT_MAIN : 0;
	if (!first && judged) {
		if (f->flags & BK_FLIGHT_MAIN)
			r.flags |= BK_REQ_MAIN;
		error = gather_before(s, n, &r, &image, link);
		note_stdio(s, (int)n->pid, &r);
		if (!error)
			d = bk_judge(s, &r, &image, link);
		if (bk_speaks(d.verdict) && !r.parent.len)
			note_parent(s, n, f, &r);
		if (error || !bk_notify_alive(s, n->id) || bk_stops(d.verdict)) {
			if (!error)
				bk_notify_speak(s, BK_EVENT_EXEC, &r, &d, (int)n->pid);
			if (error == EPERM)
				bk_notify_unseen(s, n, BK_EVENT_EXEC, &r);
			else if (error)
				bk_notify_answer(s, n->id, error);
			else
				bk_notify_settle(s, n, &d);
			bk_image_close(&image);
			f->flags = 0;
			return;
		}
	}
	f->kind = BK_JOB_EXEC;
	f->inode = image.inode;
	f->device = image.device;
	s->scratch->vetted = first || !judged ? 0 : (int)n->pid;
	bk_image_close(&image);
	if (bk_notify_follow(s, n, f))
		return;
	f->flags = 0;
	if (first)
		bk_loop_main_loaded(s, (struct bk_text){ NULL, 0 });
	if (s->place.offers & BK_CAN_SEIZE || (!first && s->plan.verify)) {
		bk_notify_unseen(s, n, BK_EVENT_EXEC, &r);	/* this one process */
		return;
	}
	bk_notify_speak(s, BK_EVENT_EXEC, &r, &d, (int)n->pid);
	bk_notify_settle(s, n, &d);
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

	if (!at || bk_image_open(s, pid, BK_AT_CWD, fresh->called.at, s->scratch->name, &script) < 0)
		return;
	bk_own_fd(own, script.fd);
	if (!runs_in(s, pid, &script, own, image, at)) {
		bk_image_close(&script);
		return;
	}
	r->interpreter = image->path;
	r->path = script.path;
	r->called = bk_rule_name(fresh->called.at);
	r->first_arg = at + 1;
	*image = script;
	bk_put(link, link + 64, own);
	/* The interpreter will open the script by the name that was called: that way must be as safe as the file. */
	if (bk_image_fixed(s, image, link) && bk_image_name_fixed(s, image, fresh->called))
		r->flags |= BK_REQ_UNCHANGEABLE;
}

/* A static program, which the gate has loaded in place of the kernel: `image` becomes that. */
static bool take_program(struct bk_shim *s, int pid, struct bk_image *image, struct bk_fresh *fresh, char link[64])
{
	struct bk_mapping m;

	if (!bk_process_program(s, pid, &m, &fresh->called))
		return false;
	if (bk_image_open(s, pid, BK_AT_CWD, m.path.at, s->scratch->path, image) < 0 || image->inode != m.inode)
		*image = (struct bk_image){ .fd = -1, .anonymous = true, .path = m.path };
	bk_own_fd(link, image->fd);
	return true;
}

/* Nobody says under which name a script was called: it stands where the kernel puts it. */
static void see_through_loaded_script(struct bk_shim *s, int pid, struct bk_request *r, struct bk_image *image, char link[64])
{
	for (uint32_t at = 1; at < 3 && !r->interpreter.len; at++) {
		struct bk_fresh fresh = { .called = bk_args_get(&r->argv, at) };

		if (fresh.called.len)
			see_through_script(s, pid, r, image, &fresh, link);
	}
}

/* Judges what was loaded, with what is in `fresh`; fills the request for the event. */
static struct bk_decision judge_loaded(struct bk_shim *s, int pid, const struct bk_flight *f, struct bk_fresh *fresh, struct bk_request *r)
{
	struct bk_decision refused = { BK_KILLED, BK_WHY_NO_RULE, UINT32_MAX }, d;
	struct bk_image image;
	char link[64];
	bool loaded;

	*r = (struct bk_request){ .section = BK_PROCESSES, .first_arg = 1, .parent = bk_text_of(bk_flight_parent(s, f)) };
	if (f->flags & BK_FLIGHT_MAIN)
		r->flags |= BK_REQ_MAIN;
	bk_proc(link, pid, "/exe");
	if (bk_image_loaded(s, pid, f, &image) < 0)
		return refused;
	loaded = bk_gate_is_file(s, image.inode, image.device);
	if (loaded && !take_program(s, pid, &image, fresh, link))
		return refused;
	r->path = image.path;
	r->argv = fresh->argv;
	if (!bk_text_equal(fresh->called, image.path))
		r->called = name_called(&image, fresh->called);
	if (loaded)
		see_through_loaded_script(s, pid, r, &image, link);
	else if (image.inode != f->inode || image.device != f->device)
		see_through_script(s, pid, r, &image, fresh, link);
	if (!r->interpreter.len && bk_is_loader(r->path))
		see_through_loader(s, pid, r, &image, link);
	note_stdio(s, pid, r);
	d = bk_judge(s, r, &image, link);
	bk_image_close(&image);
	return d;
}

static const struct bk_decision unreadable = { BK_KILLED, BK_WHY_NO_RULE, UINT32_MAX };

static struct bk_decision judge_after(struct bk_shim *s, int pid, const struct bk_flight *f, struct bk_fresh *fresh, struct bk_request *r)
{
	int error = bk_gather_fresh(s, pid, fresh);
	struct bk_decision d = judge_loaded(s, pid, f, fresh, r);

	return error < 0 ? unreadable : d;
}

struct bk_decision bk_exec_judge_running(struct bk_shim *s, int pid, bool main, struct bk_request *r)
{
	struct bk_flight *f = &s->flight[0];	/* none is under way where processes are watched */
	struct bk_fresh fresh;
	int error = bk_process_arguments(s, pid, &fresh);

	*f = (struct bk_flight){ .flags = main ? BK_FLIGHT_MAIN : 0 };
	s->scratch->vetted = 0;
	struct bk_decision d = judge_loaded(s, pid, f, &fresh, r);
	return error < 0 ? unreadable : d;
}

bool bk_exec_is_main(const struct bk_shim *s, const struct bk_decision *d)
{
	return !s->policy.head->main || d->rule == s->policy.head->main - 1;
}

/* The image itself, where it was not seen through; empty: not known. */
static struct bk_text loaded_image(const struct bk_request *r)
{
	if (r->flags & BK_REQ_LOADER)
		return (struct bk_text){ NULL, 0 };
	return r->interpreter.len ? r->interpreter : r->path;
}

void bk_exec_after(struct bk_shim *s, int pid, struct bk_flight *f)
{
	struct bk_fresh fresh = { 0 };
	struct bk_request r;
	struct bk_decision d;
	bool main = f->flags & BK_FLIGHT_MAIN;

	if (s->started && !judges_execs(s)) {
		bk_flight_land(s, f);
		bk_notify_release(s, pid, 0);
		return;
	}
	d = judge_after(s, pid, f, &fresh, &r);

	if (bk_stops(d.verdict))
		d.verdict = BK_KILLED;	/* the old image is gone: there is nobody left to get an errno */
	if (main && !s->started)
		bk_loop_main_loaded(s, loaded_image(&r));
	if (main && d.verdict != BK_KILLED && bk_exec_is_main(s, &d))
		s->main_seen = true;	/* until then a wrapper stands in front of it: BUCKLER_NEXT, a start script */
	bk_notify_speak(s, BK_EVENT_EXEC, &r, &d, pid);
	if (d.verdict != BK_KILLED && bk_judged(s, BK_ENVIRONMENT) && !(main && s->main_execs++ == 0)
	    && bk_gather_scrub(s, pid, &fresh, r.path) > 0 && s->least == BK_ENFORCE)
		d.verdict = BK_KILLED;
	if (d.verdict == BK_KILLED) {
		if (pid == s->main_pid)
			s->main_refused = true;
		sys_kill(pid, SIGKILL);
	}
	bk_flight_land(s, f);
	bk_notify_release(s, pid, 0);
}
