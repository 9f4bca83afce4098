/* SPDX-License-Identifier: Apache-2.0 */
/* From the first instruction to the loop. */
#include "shim/names.h"

#define STACK_SIZE (8 * BK_PAGE)

void bk_start(long *initial);

/* The stack first: below it lies read-only text, so that running out of it is a fault and not a write into the state. */
static struct {
	char stack[STACK_SIZE];
	union {
		struct bk_shim shim;
		char page[BK_PAGE];
	};
} memory __attribute__((aligned(4096), section(".bss.memory")));

/* What must outlive the switch of stacks; lies on the initial stack until the child has left it. */
struct initial {
	struct bk_options options;
	struct bk_start start;
	char search[BK_PATH_MAX];
};

char *bk_stack_low(void)
{
	return memory.stack;
}

void *bk_state_rest(size_t *size)
{
	size_t used = (sizeof memory.shim + 15) & ~(size_t)15;

	*size = sizeof memory.page > used ? sizeof memory.page - used : 0;
	return memory.page + used;
}

static int execute(const struct bk_options *o, char *search)
{
	long r = -sys_execve(bk_child_search(*o->argv, o->envp, search, BK_PATH_MAX), o->argv, o->envp);

	return r == ENOENT ? 127 : 126;
}

static enum bk_mode mode_of(struct bk_shim *s, enum bk_section section)
{
	enum bk_mode mode = bk_policy_mode(&s->policy, section);

	return mode > s->least ? mode : s->least;
}

static uint32_t filter_flags(struct bk_shim *s)
{
	bool code_allowed = bk_policy_section_flags(&s->policy, BK_GENERATED_CODE) & BK_SECTION_ALLOWS;
	enum bk_mode code = mode_of(s, BK_GENERATED_CODE);
	uint32_t flags = BK_FILTER_EXEC;

	if (mode_of(s, BK_LIBRARIES) != BK_OFF)
		flags |= BK_FILTER_MAP | BK_FILTER_ASK_PROTECT;
	if (code == BK_ENFORCE && !code_allowed)
		flags |= BK_FILTER_NO_CODE;
	else if (code != BK_OFF && !code_allowed)
		flags |= BK_FILTER_ASK_CODE;
	if (mode_of(s, BK_WRITE) != BK_OFF || mode_of(s, BK_PLANT) != BK_OFF)
		flags |= BK_FILTER_WRITE;
	if (mode_of(s, BK_READ) != BK_OFF)
		flags |= BK_FILTER_READ;
	if (mode_of(s, BK_CONNECT) != BK_OFF)
		flags |= BK_FILTER_CONNECT;
	if (bk_names_wanted(s))
		flags |= BK_FILTER_NAMES;
	if (mode_of(s, BK_LISTEN) != BK_OFF)
		flags |= BK_FILTER_LISTEN;
	if (flags & (BK_FILTER_NO_CODE | BK_FILTER_ASK_CODE))
		flags |= BK_FILTER_MAP;		/* a memory file, mapped */
	return flags;
}

/* On the shim's own stack. */
static void supervise(void *arg)
{
	struct initial *i = arg;
	struct bk_shim *s = &memory.shim;
	int status = bk_child_start(s, &i->start);

	if (status) {
		if (s->main_pid > 0)
			sys_kill(s->main_pid, SIGKILL);
		sys_exit(status);
	}
	sys_exit(bk_loop(s, &i->start));
}

static void begin(struct bk_shim *s, const struct bk_options *o)
{
	s->self = (int)sys_getpid();
	s->group = (int)sys_getpgid(0);
	s->uid = (uint32_t)sys_geteuid();
	s->least = o->least;
	s->form = o->form;
	s->listener = s->signals = s->log = s->own_fds = s->terminal = s->watch = s->events = -1;
	bk_scratch_new(s);
	bk_log_open(s, o->log_fd >= 0 ? o->log_fd : 2);
	if (o->log_fd >= 0)
		sys_close(o->log_fd);
}

void bk_start(long *initial)
{
	struct initial i;
	char **argv = (char **)(initial + 1), **envp = argv + initial[0] + 1;
	struct bk_shim *s = &memory.shim;
	int status = bk_options_read(&i.options, (int)initial[0], argv, envp);

	if (status)
		sys_exit(status);
	if (i.options.least == BK_OFF && !i.options.probe)
		sys_exit(execute(&i.options, i.search));
	begin(s, &i.options);
	if (i.options.probe)
		sys_exit(bk_probe(s));
	status = bk_policy_map(s, &i.options);
	if (status)
		sys_exit(status);
	i.start = (struct bk_start){ .shim = s, .options = &i.options, .envp = i.options.envp, .filter_flags = filter_flags(s), .vm_tid = -1 };
	i.start.image = bk_child_search(*i.options.argv, i.options.envp, i.search, sizeof i.search);
	bk_run_on(memory.stack + STACK_SIZE, supervise, &i);
}
