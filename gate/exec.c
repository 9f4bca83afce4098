/* SPDX-License-Identifier: Apache-2.0 */
/*
 * execve and execveat: gathered, decided and made on the gate's own copy of path, arguments and environment, so that no other thread can
 * change what was judged.  An image to which the way can be changed is executed by the descriptor that was judged, so that it is that very file;
 * of a script the name counts, and what its interpreter opens later may be another file.
 */
#include "core/network.h"
#include "gate/exec.h"

#define ARGUMENTS (8u << 20)		/* bytes; the kernel takes three quarters of the stack's limit */

/* --- arguments --------------------------------------------------------------------------------------------------------------- */

static char *aligned(char *at)
{
	return (char *)(((uintptr_t)at + 7) & ~(uintptr_t)7);
}

/* Copies a NULL-terminated vector of the caller's pointers; returns how many, or -errno. */
static long copy_pointers(char *const *from, char **to, size_t most)
{
	for (size_t n = 0; from && n < most; n++) {
		if ((!n || ((uintptr_t)(from + n) & (BK_PAGE - 1)) == 0) && !bk_readable(from + n))
			return -EFAULT;
		to[n] = ((char *const volatile *)from)[n];
		if (!to[n])
			return (long)n;
	}
	to[0] = NULL;
	return from ? -E2BIG : 0;
}

/* Copies the string behind a copied pointer, and lets the pointer point at the copy. */
static int copy_string(struct bk_exec *x, char **pointer)
{
	long n = bk_user_string_near(*pointer, x->next, (size_t)(x->end - x->next), &x->page);

	if (n < 0)
		return n == -ENAMETOOLONG ? -E2BIG : (int)n;
	*pointer = x->next;
	x->next += n + 1;
	return 0;
}

static void put_argument(struct bk_exec *x, const char *s)
{
	x->next = bk_put(x->next, x->end, s) + 1;
	x->before++;
}

/* The arguments as the kernel will make them: of a script its interpreter, option and name first, and the caller's argv[0] dropped. */
static int gather_argv(struct bk_exec *x, char *const *argv)
{
	size_t most = (size_t)(x->end - x->next) / sizeof *x->argv / 4;
	long n;
	int error = 0;
	char *first;

	x->next = aligned(x->next);
	x->argv = (char **)x->next;
	n = copy_pointers(argv, x->argv, most);
	if (n < 0)
		return (int)n;
	first = x->next += ((size_t)n + 1) * sizeof *x->argv;
	if (x->script) {
		put_argument(x, x->written);
		if (*x->work->option)
			put_argument(x, x->work->option);
		put_argument(x, x->work->called);
	}
	for (long i = x->script; i < n && !error; i++)
		error = copy_string(x, &x->argv[i]);
	x->request.argv = (struct bk_args){ first, (uint32_t)(x->next - first), x->before + (uint32_t)(n - (n && x->script)), false };
	x->request.first_arg = x->script ? x->before : 1;
	if (!error && x->script && n)
		error = copy_string(x, &x->argv[0]);
	return error;
}

/* --- environment -------------------------------------------------------------------------------------------------------------- */

static bool must_go(struct bk_exec *x, const char *entry)
{
	struct bk_request r = { .section = BK_ENVIRONMENT, .path = bk_text_of(entry), .parent = x->request.path };
	struct bk_decision d;

	if (!bk_injection_variable(r.path) || bk_own_variable(r.path))
		return false;
	d = bk_decide(&bk_gate.policy, &r, bk_gate.least);
	if (bk_speaks(d.verdict))
		bk_report(BK_EVENT_ENVIRONMENT, &r, &d);
	return bk_stops(d.verdict);
}

/* The program is static, and the gate will load it. */
static bool is_to_load(const struct bk_exec *x)
{
	return x->kind == BK_IMAGE_STATIC && !(x->request.flags & BK_REQ_LOADER);
}

/* True where the name leads there behind the exec, too: no descriptor's, which may be closed by then. */
static bool is_lasting(const struct bk_exec *x, struct bk_text called)
{
	if (!called.len || bk_text_starts(called, BK_TEXT("/proc/")) || bk_text_starts(called, BK_TEXT("/dev/fd/")))
		return false;
	return called.at[0] == '/' || x->directory == BK_AT_CWD;
}

/* The file that it is: of a script its interpreter's; else the name that was called. */
static const char *name_to_load(const struct bk_exec *x)
{
	if (x->script)
		return x->work->interpreter;
	return is_lasting(x, bk_text_of(x->work->called)) ? x->work->called : x->work->path;
}

/* "LD_PRELOAD=gate[:theirs]" and "BUCKLER_GATE=shim:ground:ring:what[:static program]". */
static int put_own(struct bk_exec *x, char **to, const char *theirs)
{
	char *at = x->next, *end = x->end;

	to[0] = at;
	at = bk_put(bk_put(at, end, "LD_PRELOAD="), end, bk_gate.ground->gate);
	if (theirs && *theirs)
		at = bk_put(bk_put(at, end, ":"), end, theirs);
	to[1] = ++at;
	at = bk_put(at, end, BK_GATE_VARIABLE "=");
	at = bk_put_number(at, end, (uint32_t)bk_gate.ground->shim);
	at = bk_put_number(bk_put(at, end, ":"), end, (uint32_t)bk_gate.ground_fd);
	at = bk_put_number(bk_put(at, end, ":"), end, (uint32_t)bk_gate.ring_fd);
	if (x->main && !(x->script && is_to_load(x))) {
		at = bk_put(at, end, ":m");
	} else {
		at = bk_put_number(bk_put(at, end, ":"), end, x->device);
		at = bk_put_number(bk_put(at, end, "."), end, x->inode);
	}
	if (is_to_load(x))
		at = bk_put(bk_put(at, end, ":"), end, name_to_load(x));
	x->next = at + 1;
	return x->next < end ? 0 : -E2BIG;
}

static int gather_environment(struct bk_exec *x, char *const *envp)
{
	size_t most = (size_t)(x->end - x->next) / sizeof *x->envp / 4;
	const char *preload = NULL;
	long n, kept = 2;
	char **all;
	int error = 0;

	x->next = aligned(x->next);
	x->envp = (char **)x->next;
	all = x->envp + 2;
	if (most < 16)
		return -E2BIG;
	n = copy_pointers(envp, all, most - 2);
	if (n < 0)
		return (int)n;
	x->next = (char *)(all + n + 1);
	for (long i = 0; i < n && !error; i++) {
		error = copy_string(x, &all[i]);
		if (error || bk_value_of(all[i], BK_GATE_VARIABLE) || must_go(x, all[i]))
			continue;
		if (bk_value_of(all[i], "LD_PRELOAD"))
			preload = all[i] + 11;
		else
			x->envp[kept++] = all[i];
	}
	x->envp[kept] = NULL;
	return error ? error : put_own(x, x->envp, preload);
}

/* --- acting ------------------------------------------------------------------------------------------------------------------------- */

static bool is_main_rule(const struct bk_decision *d)
{
	const struct bk_policy_header *head = bk_gate.policy.head;

	return !head->main || d->rule == head->main - 1;
}

/* What the gate does not get into is not started where the policy is enforced: nothing would judge its calls. */
static void judge_kind(const struct bk_exec *x, struct bk_decision *d)
{
	enum bk_mode mode = bk_mode_of(BK_PROCESSES);

	if (bk_stops(d->verdict) || !x->why || x->request.flags & BK_REQ_LOADER || mode == BK_OFF)
		return;
	if (mode == BK_ENFORCE)
		d->verdict = BK_DENIED;
	bk_report_note(mode == BK_ENFORCE ? BK_DENIED : BK_ALERTED, x->script ? x->work->interpreter : x->work->path, x->why);
}

/* A shell whose input or output is a network connection: only of shells is it asked. */
static void note_stdio(struct bk_request *r)
{
	struct bk_text name = bk_text_basename(r->interpreter.len ? r->interpreter : r->path);
	int domain = 0;

	if (!bk_is_shell(name) && !bk_is_multicall(r->path))
		return;
	for (int i = 0; i < 2; i++)
		if (sys_getsockopt(i, BK_SO_DOMAIN, &domain) == 0 && (domain == BK_INET || domain == BK_INET6))
			r->flags |= BK_REQ_NET_STDIO;
}

/* Arguments as the kernel would make them of a script's. */
static char **script_argv(struct bk_exec *x)
{
	char **argv = (char **)aligned(x->next);

	if ((char *)(argv + x->request.argv.count + 1) > x->end)
		return NULL;
	for (uint32_t i = 0; i < x->request.argv.count; i++)
		argv[i] = (char *)(uintptr_t)bk_args_get(&x->request.argv, i).at;
	argv[x->request.argv.count] = NULL;
	return argv;
}

static bool may_run(const char *path)
{
	return sys_access(path, 1) == 0;
}

/* A static program: it is the gate's own file that is executed, which loads it (gate/load.c). */
static long exec_gate(struct bk_exec *x)
{
	char link[64], **argv = x->script ? script_argv(x) : x->argv;

	if (!may_run(bk_fd_link(link, x->file.fd)) || !may_run(name_to_load(x)))
		return -EACCES;
	bk_file_close(&x->file);
	if (!argv)
		return -E2BIG;
	if (!may_run(bk_gate.ground->gate))
		bk_report_note(BK_DENIED, x->work->path, "buckler-gate.so is not executable, and without that loads no static program");
	return sys_execve(bk_gate.ground->gate, argv, x->envp);
}

/* On memory of its own. */
static long make_exec(void *arg)
{
	struct bk_exec *x = arg;
	struct bk_decision d;
	int error = bk_exec_look(x);

	if (!error)
		error = gather_argv(x, x->user_argv);
	if (!error)
		error = bk_exec_see_through(x);
	if (error)
		return error;
	x->main = bk_gate.main && (int)sys_getpid() == bk_gate.self;
	if (x->main)
		x->request.flags |= BK_REQ_MAIN;
	note_stdio(&x->request);
	d = bk_file_judge(&x->request, &x->file, x->work->sha256);
	if (bk_speaks(d.verdict))
		bk_report(BK_EVENT_EXEC, &x->request, &d);
	judge_kind(x, &d);
	if (d.verdict == BK_KILLED)
		bk_gate_die();
	if (bk_stops(d.verdict))
		return -EACCES;
	x->main = x->main && !is_main_rule(&d);
	error = gather_environment(x, x->user_envp);
	if (error)
		return error;
	if (is_to_load(x))
		return exec_gate(x);
	if (!x->script && !(x->request.flags & BK_REQ_LOADER) && !bk_file_fixed(&x->file, bk_text_of(x->work->called)))
		return BK_CALL(__NR_execveat, x->file.fd, "", x->argv, x->envp, AT_EMPTY_PATH, 0);
	bk_file_close(&x->file);
	if (x->directory == BK_AT_CWD && !x->flags)
		return sys_execve(x->work->called, x->argv, x->envp);
	return BK_CALL(__NR_execveat, x->directory, x->work->called, x->argv, x->envp, x->flags, 0);
}

long bk_hook_exec(struct bk_frame *f, int directory, const char *path, char **argv, char **envp, int flags)
{
	struct bk_work *w = bk_gate_work(ARGUMENTS);
	struct bk_exec *x;
	long result;

	(void)f;
	if (!w)
		return -ENOMEM;
	x = (struct bk_exec *)w->rest;
	*x = (struct bk_exec){
		.work = w, .directory = directory, .user_path = path, .user_argv = argv, .user_envp = envp, .flags = flags,
		.next = (char *)(x + 1), .end = w->rest + ARGUMENTS, .file.fd = -1,
		.request = { .section = BK_PROCESSES, .parent = bk_text_of(bk_gate.image) },
	};
	result = bk_gate_on(w->stack + sizeof w->stack, make_exec, x);
	bk_file_close(&x->file);
	bk_gate_work_end(w);
	return result;
}

/* --- the first image ------------------------------------------------------------------------------------------------------------------ */

static long judge_first(void *arg)
{
	struct bk_exec *x = arg;
	struct bk_decision d;
	int error = bk_exec_look(x);
	char **argv = x->user_argv;

	if (!error && bk_gate.loaded && (x->device != bk_gate.own_device || x->inode != bk_gate.own_inode))
		error = -EACCES;
	if (!error) {
		/* the kernel has made the arguments of a script already */
		char *first = x->next;

		for (x->request.argv.at = first; *argv; argv++, x->request.argv.count++)
			x->next = bk_put(x->next, x->end, *argv) + 1;
		x->request.argv.size = (uint32_t)(x->next - first);
		x->request.first_arg = x->script ? (*x->work->option ? 3 : 2) : 1;
		error = bk_exec_see_through(x);
	}
	if (error)
		return error;
	x->request.flags |= BK_REQ_MAIN;
	d = bk_file_judge(&x->request, &x->file, x->work->sha256);
	if (bk_speaks(d.verdict))
		bk_report(BK_EVENT_EXEC, &x->request, &d);
	bk_gate.main = !bk_stops(d.verdict) && !is_main_rule(&d);
	return bk_stops(d.verdict) ? -EACCES : 0;
}

void bk_exec_first(const char *called, char **argv)
{
	struct bk_work *w = bk_gate_work(ARGUMENTS);
	struct bk_exec *x = w ? (struct bk_exec *)w->rest : NULL;

	if (!w)
		sys_exit(126);
	*x = (struct bk_exec){
		.work = w, .directory = BK_AT_CWD, .user_path = called, .user_argv = argv, .next = (char *)(x + 1), .end = w->rest + ARGUMENTS,
		.file.fd = -1, .request.section = BK_PROCESSES,
	};
	if (bk_gate_on(w->stack + sizeof w->stack, judge_first, x) < 0)
		sys_exit(126);
	bk_file_close(&x->file);
	bk_gate_work_end(w);
}
