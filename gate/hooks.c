/* SPDX-License-Identifier: Apache-2.0 */
/* Which calls are looked at, and what each means.  The table of refusals is core/filter_table.h, as for the kernel's filter. */
#include "core/filter.h"
#include "gate/gate.h"
#include "shim/acts.h"

#define X32_BIT 0x40000000UL

/* What of the table the gate looks at; the rest is refused by the place itself, or cannot be told from normal work without its cost. */
enum check { SKIP, REFUSE, AT_FIRST, AT_SECOND, SIGNAL, OWNER, OTHER, WRITES, LINKS, NEWER };
#define CHECK_EXEC	SKIP
#define CHECK_MAP	SKIP
#define CHECK_PROTECT	SKIP
#define CHECK_SHMAT	SKIP
#define CHECK_NONE	REFUSE
#define CHECK_KILL	SIGNAL
#define CHECK_PID_FIRST	AT_FIRST
#define CHECK_PID_SECOND AT_SECOND
#define CHECK_PRLIMIT	AT_FIRST
#define CHECK_GROUP	SKIP
#define CHECK_FCNTL	OWNER
#define CHECK_SETRLIMIT	SKIP
#define CHECK_PRCTL	SKIP
#define CHECK_SECCOMP	REFUSE
#define CHECK_RING	REFUSE
#define CHECK_PERSONALITY OTHER
#define CHECK_CLONE	SKIP
#define CHECK_UNSHARE	SKIP
#define CHECK_IOCTL	SKIP
#define CHECK_WRITE	WRITES
#define CHECK_LINK	LINKS
#define CHECK_NEWER	NEWER
/* Judged by policy: see bk_hooks_start(). */
#define CHECK_OPEN	SKIP
#define CHECK_OPENAT	SKIP
#define CHECK_SOCKET	SKIP
#define CHECK_CONNECT	SKIP
#define CHECK_LISTEN	SKIP
#define CHECK_SENDTO	SKIP
#define CHECK_RECVFROM	SKIP
#define CHECK_RECVMSG	SKIP

enum { E_PERM = 1, E_ACCES = 13, E_INVAL = 22, E_NOSYS = 38 };
#define SILENT 0
#define EVENT  1

struct row {
	int16_t number;
	uint8_t check, error, event;
};
static const struct row table[] = {
#define CALL(name, x86_64, aarch64, check, error, event, technique) { x86_64, CHECK_##check, E_##error, event },
#include "core/filter_table.h"
#undef CALL
};

/* What is judged by policy, or guards the gate itself. */
static const uint16_t judged[] = {
	__NR_execve, __NR_execveat, __NR_mmap, __NR_mprotect, __NR_pkey_mprotect, __NR_munmap, __NR_mremap, __NR_shmat,
	__NR_open, __NR_openat, __NR_openat2, __NR_creat,
};

/* The same where connections are, where listening is, where names are judged. */
static const uint16_t judged_connect[] = { __NR_socket, __NR_connect, __NR_sendto, __NR_sendmsg, __NR_sendmmsg };
static const uint16_t judged_listen[] = { __NR_bind, __NR_listen };
static const uint16_t judged_names[] = { __NR_recvfrom, __NR_recvmsg, __NR_recvmmsg, __NR_getpeername };

enum bk_mode bk_mode_of(enum bk_section section)
{
	enum bk_mode mode = bk_policy_mode(&bk_gate.policy, section);

	return mode > bk_gate.least ? mode : bk_gate.least;
}

bool bk_judges(enum bk_section section)
{
	return bk_mode_of(section) != BK_OFF;
}

static void mark(uint32_t number)
{
	bk_gate.relevant[number / 8] |= (uint8_t)(1u << number % 8);
}

/* The place itself answers it with ENOSYS, and no C library describes the frame that it is made from. */
#define LEFT_TO_PLACE __NR_clone3

/* Calls on files are looked at where the policy has a section for them; the rules are those of the kernel's filter (core/filter.c). */
static bool is_looked_at(uint8_t check)
{
	switch (check) {
	case SKIP:   return false;
	case WRITES: return bk_gate.writes;
	case LINKS:
	case NEWER:  return bk_gate.writes || bk_gate.reads;
	default:     return true;
	}
}

#define MARK(list)							\
	for (unsigned i = 0; i < sizeof list / sizeof *list; i++)	\
		mark(list[i])

void bk_hooks_start(void)
{
	bk_gate.writes = bk_judges(BK_WRITE) || bk_judges(BK_PLANT);
	bk_gate.reads = bk_judges(BK_READ);
	MARK(judged);
	for (unsigned i = 0; bk_gate.loaded && bk_self_calls[i]; i++)
		mark(bk_self_calls[i]);
	if (bk_gate.live)
		MARK(judged_connect);
	if (bk_judges(BK_LISTEN))
		MARK(judged_listen);
	if (bk_gate.live && bk_gate.live->named)
		MARK(judged_names);
	for (unsigned i = 0; i < sizeof table / sizeof *table; i++)
		if (is_looked_at(table[i].check) && table[i].number >= 0 && table[i].number != LEFT_TO_PLACE)
			mark((uint32_t)table[i].number);
}

bool bk_hooks_relevant(uint32_t number)
{
	return number >= BK_CALLS || bk_gate.relevant[number / 8] >> number % 8 & 1;
}

/* --- refusals ------------------------------------------------------------------------------------------------------------------ */

static bool answer(struct bk_frame *f, long result)
{
	f->number = result;
	return true;
}

/* kill(2): the shim, everybody, or the shim's group. */
static bool meets_shim(int pid)
{
	return pid == bk_gate.ground->shim || pid == -1 || pid == -bk_gate.ground->group || (pid == 0 && sys_getpgid(0) == bk_gate.ground->group);
}

/* fcntl(2): signals of a descriptor go to a process that it names. */
static bool owned_by_shim(const struct bk_frame *f)
{
	struct { int type, pid; } owner = { 0, (int)f->c };

	if (f->b == F_SETOWN_EX && bk_user_copy((const void *)f->c, &owner, sizeof owner) < 0)
		return false;
	return (f->b == F_SETOWN || f->b == F_SETOWN_EX) && owner.pid && (meets_shim(owner.pid) || owner.pid == bk_gate.ground->group);
}

static bool applies(const struct row *row, const struct bk_frame *f)
{
	switch (row->check) {
	case NEWER:     return bk_gate.writes || bk_gate.reads;
	case REFUSE:    return true;
	case SIGNAL:    return meets_shim((int)f->a);
	case OWNER:     return owned_by_shim(f);
	case OTHER:  return (uint32_t)f->a != 0 && (uint32_t)f->a != UINT32_MAX;
	case AT_FIRST:  return (int)f->a == bk_gate.ground->shim;
	case AT_SECOND: return (int)f->b == bk_gate.ground->shim || (int)f->b == bk_gate.ground->group;
	default:        return false;
	}
}

static void tell(const struct row *row)
{
	struct bk_filter_call call = bk_filter_lookup(BK_ARCH_AUDIT, (uint32_t)row->number);

	bk_report_call(bk_filter_name(&call).at, call.technique.at);
}

/* The mode of `processes`, as for the kernel's filter; what aims at the shim is refused in any mode. */
static bool lets_go(const struct row *row)
{
	enum bk_mode mode = bk_mode_of(BK_PROCESSES);

	return row->check == REFUSE && (mode == BK_ALERT || mode == BK_LEARN);
}

static bool by_table(struct bk_frame *f)
{
	for (unsigned i = 0; i < sizeof table / sizeof *table; i++) {
		const struct row *row = &table[i];

		if (row->number != f->number || row->check == SKIP || !applies(row, f))
			continue;
		if (row->event)
			tell(row);
		return lets_go(row) ? false : answer(f, -(long)row->error);
	}
	return false;
}

/* --- entry ------------------------------------------------------------------------------------------------------------------------ */

/* What asks for writing is told by flags in a register; the kernel drops all others where O_PATH is one of them.  Folders are opened to be listed. */
static bool open_is_judged(long flags)
{
	if (flags & O_PATH)
		return false;
	if (flags & (O_ACCMODE | O_CREAT | O_TRUNC | 020000000 /* __O_TMPFILE */))
		return bk_gate.writes || bk_gate.reads;
	return bk_gate.reads && !(flags & O_DIRECTORY);
}

static bool open_at(struct bk_frame *f, int directory, const char *path, long flags, long mode)
{
	long result;

	if (!open_is_judged(flags))
		return bk_hook_open(f, directory, path, flags);
	return bk_open_straight(directory, path, (unsigned)flags, (unsigned)mode, &result) ? answer(f, result) : bk_hook_file(f);
}

static bool opened(struct bk_frame *f)
{
	uint64_t flags = 0;

	switch (f->number) {
	case __NR_open:   return open_at(f, BK_AT_CWD, (const char *)f->a, f->b, f->c);
	case __NR_creat:  return open_at(f, BK_AT_CWD, (const char *)f->a, O_CREAT | O_WRONLY | O_TRUNC, f->b);
	case __NR_openat: return open_at(f, (int)f->a, (const char *)f->b, f->c, f->d);
	default:
		if (by_table(f))
			return true;
		if (bk_user_copy((const void *)f->c, &flags, sizeof flags) < 0)
			return false;
		return bk_hook_open(f, (int)f->a, (const char *)f->b, (long)flags);
	}
}

bool bk_gate_judge(struct bk_frame *f)
{
	if ((unsigned long)f->number >= BK_CALLS)
		return (unsigned long)f->number & X32_BIT ? answer(f, -ENOSYS) : false;
	switch (f->number) {
	case __NR_execve:
		return answer(f, bk_hook_exec(f, BK_AT_CWD, (const char *)f->a, (char **)f->b, (char **)f->c, 0));
	case __NR_execveat:
		return answer(f, bk_hook_exec(f, (int)f->a, (const char *)f->b, (char **)f->c, (char **)f->d, (int)f->e));
	case __NR_mmap:		 return bk_hook_mmap(f);
	case __NR_mprotect:
	case __NR_pkey_mprotect: return bk_hook_mprotect(f);
	case __NR_munmap:	 return bk_hook_munmap(f);
	case __NR_mremap:	 return bk_hook_mremap(f);
	case __NR_shmat:	 return bk_hook_mmap(f);
	case __NR_open: case __NR_creat: case __NR_openat: case __NR_openat2:
		return opened(f);
	case __NR_io_uring_setup:
		return (uint32_t)f->a == BK_FILTER_LOOP_RING ? answer(f, -ENOSYS) : by_table(f);
	case __NR_socket:   return bk_hook_socket(f);
	case __NR_connect:  return bk_hook_connect(f);
	case __NR_bind:	    return bk_hook_bind(f);
	case __NR_listen:   return bk_hook_listen(f);
	case __NR_sendto:   return bk_hook_sendto(f);
	case __NR_sendmsg:  return bk_hook_sendmsg(f);
	case __NR_sendmmsg: return bk_hook_sendmmsg(f);
	case __NR_recvfrom: return bk_hook_recvfrom(f);
	case __NR_recvmsg:  return bk_hook_recvmsg(f);
	case __NR_recvmmsg: return bk_hook_recvmmsg(f);
	case __NR_getpeername: return bk_hook_getpeername(f);
	default:
		return bk_act_row(f->number) ? bk_hook_file(f) : by_table(f);
	}
}

/* --- stacks ----------------------------------------------------------------------------------------------------------------------- */

#define STACKS	32u
#define STACK	8192u			/* bytes: four times what the gate needs (gate/gate.h) */

/*
 * Go's stacks leave some hundred bytes, so that its calls are judged on the gate's own.  Whoever takes one has it alone; a call that finds none takes
 * new memory.  Nothing leaves one behind: Go never jumps out of a handler, and an exec, which a child of vfork does not come back from, takes none: it
 * needs some 560 bytes until it is on memory of its own, those of enter.S included; 800 are there (runtime/stack.go, StackLimit).
 */
static char (*stacks)[STACK];
static uint32_t taken[STACKS];

static char *take_stack(unsigned *i)
{
	for (*i = 0; *i < STACKS && stacks; ++*i)
		if (!__atomic_exchange_n(&taken[*i], 1, __ATOMIC_ACQUIRE))
			return stacks[*i];
	*i = STACKS;
	return sys_mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

static void give_stack_back(char *stack, unsigned i)
{
	if (i < STACKS)
		__atomic_store_n(&taken[i], 0, __ATOMIC_RELEASE);
	else
		sys_munmap((uintptr_t)stack, STACK);
}

void bk_hooks_make_stacks(void)
{
	stacks = sys_mmap(NULL, STACKS * STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
	if ((uintptr_t)stacks > -4096UL)
		stacks = NULL;
	bk_gate.small_stacks = true;
}

static bool judge(struct bk_frame *f)
{
	return (bk_gate.loaded && bk_self_hook(f)) || bk_gate_judge(f);
}

static long judge_there(void *frame)
{
	return judge(frame);
}

static bool is_exec(const struct bk_frame *f)
{
	return f->number == __NR_execve || f->number == __NR_execveat;
}

static __attribute__((noinline)) bool judge_elsewhere(struct bk_frame *f)
{
	unsigned i;
	char *stack = take_stack(&i);
	bool answered;

	if ((uintptr_t)stack > -4096UL)
		return answer(f, -ENOMEM);
	answered = bk_gate_on(stack + STACK, judge_there, f);
	give_stack_back(stack, i);
	return answered;
}

bool bk_gate_hook(struct bk_frame *f)
{
	if (is_exec(f))
		return bk_gate_judge(f);
	return bk_gate.small_stacks ? judge_elsewhere(f) : judge(f);
}
