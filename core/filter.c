/* SPDX-License-Identifier: Apache-2.0 */
#include "core/filter.h"

#include <linux/audit.h>
#include <linux/seccomp.h>

/* The kernel's numbers that the checks compare with; the uapi headers that have them need a libc or differ between machines. */
enum {
	E_PERM = 1, E_NOSYS = 38, E_INVAL = 22, E_ACCES = 13,
	EXEC = 4, WRITE_EXEC = 6,			/* PROT_EXEC, PROT_WRITE | PROT_EXEC */
	ANONYMOUS = 0x20,				/* MAP_ANONYMOUS */
	SHM_EXEC = 0100000,
	CORE = 4,					/* RLIMIT_CORE */
	SIG_KILL = 9,
	SET_PDEATHSIG = 1, SET_DUMPABLE = 4, SET_SECCOMP = 22, SET_MM = 35, SET_PTRACER = 0x59616d61,
	SETOWN = 8, SETOWN_EX = 15,
	STI = 0x5412, LINUX = 0x541c, FIO_SETOWN = 0x8901, SIO_SPGRP = 0x8902, UFFD_NEW = 0xaa00,
	UNIX = 1, INET = 2, INET6 = 10, NETLINK = 16,	/* AF_*, which bind(2) has */
	TYPES = 0xf, RAW = 3, ICMP = 1, TCP = 6, UDP = 17, ICMPV6 = 58, MPTCP = 262, E_PROTONOSUPPORT = 93,
	C_FS = 0x200, C_FILES = 0x400, C_VM = 0x100, C_SIGHAND = 0x800, C_PTRACE = 0x2000, C_THREAD = 0x10000,
	C_SYSVSEM = 0x40000, C_UNTRACED = 0x800000,
	C_NEW = 0x7e020000,				/* every CLONE_NEW* that clone takes */
	O_WRITES = 03 | 0100 | 01000 | 020000000,	/* O_ACCMODE, O_CREAT, O_TRUNC, and the bit of O_TMPFILE */
	O_ONLY_PATH = 010000000,
	O_FOLDER_X86_64 = 0200000, O_FOLDER_AARCH64 = 040000,	/* O_DIRECTORY */
	UNKNOWN = 471,					/* first number that this table was not written for, on all machines */
};

/* What is looked at.  From CHECK_ARGUMENTS on it is arguments, by a block of instructions of its own. */
enum check {
	CHECK_NONE,			/* every such call */
	CHECK_EXEC,			/* every such call, where execs are judged */
	CHECK_WRITE, CHECK_LINK,	/* where writing is judged; where writing or reading is */
	CHECK_NEWER,			/* the same, answered with the errno */
	CHECK_CONNECT, CHECK_LISTEN,	/* where connections are, where listening is */
	CHECK_RECVMSG,			/* where names are */
	CHECK_ARGUMENTS,
	CHECK_MAP = CHECK_ARGUMENTS, CHECK_PROTECT, CHECK_SHMAT, CHECK_OPEN, CHECK_OPENAT,
	CHECK_SOCKET, CHECK_SENDTO, CHECK_RECVFROM,
	CHECK_PID_FIRST, CHECK_PID_SECOND, CHECK_KILL, CHECK_GROUP,
	CHECK_PRLIMIT, CHECK_SETRLIMIT, CHECK_PRCTL, CHECK_SECCOMP, CHECK_PERSONALITY, CHECK_UNSHARE, CHECK_CLONE,
	CHECK_RING, CHECK_FCNTL, CHECK_IOCTL,
	CHECKS
};

/* MITRE ATT&CK ids: escape, injection, impaired defences, kernel module, exploitation, shutdown, command line. */
enum technique { T_NONE, T_ESCAPE, T_INJECT, T_IMPAIR, T_MODULE, T_EXPLOIT, T_SHUTDOWN, T_TERMINAL };
static const char techniques[][10] = { "", "T1611", "T1055.008", "T1562.001", "T1547.006", "T1068", "T1529", "T1059.004" };

#define SILENT 0
#define EVENT  1

struct row {
	int16_t x86_64, aarch64;
	uint8_t check, error;
	uint8_t event : 1, technique : 7;
};

static const struct row table[] = {
#define CALL(name, x86_64, aarch64, check, error, event, technique) \
	{ x86_64, aarch64, CHECK_##check, E_##error, event, T_##technique },
#include "core/filter_table.h"
#undef CALL
};

/* One behind the other, each with its NUL: a pointer each would double the table. */
static const char names[] =
#define CALL(name, ...) #name "\0"
#include "core/filter_table.h"
#undef CALL
	;

#define ROWS (sizeof(table) / sizeof(table[0]))

static int32_t number(const struct row *row, uint32_t arch)
{
	return arch == AUDIT_ARCH_X86_64 ? row->x86_64 : row->aarch64;
}

/* --- emitting --- */

#define NOWHERE UINT16_MAX
#define TARGETS 64u
#define LEAVES  384u
#define BLOCK_MAX 24u			/* instructions of the longest block */

/* What jumps lead to: the block of `check`, or what answers `action`. */
struct target {
	uint32_t action;
	uint16_t check;			/* enum check */
	uint16_t first;			/* of the jumps that wait for it, in leaf[]; NOWHERE: none */
};

struct leaf {
	uint16_t from, next;		/* the jump; the next one that waits for the same, NOWHERE: none */
	bool taken;			/* its side */
};

struct builder {
	const struct bk_filter_spec *spec;
	struct sock_filter *out;
	uint32_t cap, len;
	bool     failed;
	uint32_t bad;			/* what the block at hand answers to what it finds */
	uint32_t only, landed;		/* the comparison that LAND ends; where one ended */
	uint16_t open;			/* a jump of which one side leads to the next instruction, NOWHERE: none */
	bool     open_taken, closed;	/* which side; nothing comes to the next instruction but what lands there */
	uint32_t target_count, waited_for, leaf_count, jump_count;	/* waited_for: targets to which jumps lead that are not there yet */
	struct target target[TARGETS];
	uint16_t target_of[CHECKS], step_of[CHECKS];	/* a check's place in target[] and in steps[], plus 1; 0: none */
	struct leaf leaf[LEAVES];
	uint16_t oldest;		/* of the jumps in leaf[] */
	uint16_t jump[CHECKS];		/* jumps without a limit to blocks that are not there yet */
	uint16_t refusing[CHECKS];	/* the first row of each check, plus 1 */
};

static uint32_t emit(struct builder *b, uint16_t code, uint32_t k)
{
	if (b->len == b->cap) {
		b->failed = true;
		return 0;
	}
	b->open = NOWHERE;
	b->closed = BPF_CLASS(code) == BPF_RET || code == (BPF_JMP | BPF_JA);
	b->out[b->len] = (struct sock_filter){ code, 0, 0, k };
	return b->len++;
}

/* The distance from the jump at `from` to here, as the one byte that a conditional jump has for it. */
static uint8_t distance(struct builder *b, uint32_t from)
{
	if (b->len - from - 1 > UINT8_MAX)
		b->failed = true;
	return (uint8_t)(b->len - from - 1);
}

static void load(struct builder *b, uint32_t offset)
{
	emit(b, BPF_LD | BPF_W | BPF_ABS, offset);
}

/* One of its sides leads to the next instruction; the other will be led elsewhere. */
static uint32_t compare(struct builder *b, uint16_t how, uint32_t k, bool open_taken)
{
	uint32_t at = emit(b, BPF_JMP | how | BPF_K, k);

	b->open = (uint16_t)at;
	b->open_taken = open_taken;
	return at;
}

static uint16_t target_of(struct builder *b, uint32_t action, enum check check)
{
	uint16_t i = 0;

	if (b->target_of[check])
		return (uint16_t)(b->target_of[check] - 1);
	while (i < b->target_count && (check != CHECK_NONE || b->target[i].action != action || b->target[i].check != CHECK_NONE))
		i++;
	if (i == TARGETS) {
		b->failed = true;
		return 0;
	}
	if (i == b->target_count)
		b->target[b->target_count++] = (struct target){ action, (uint16_t)check, NOWHERE };
	if (check != CHECK_NONE)
		b->target_of[check] = (uint16_t)(i + 1);
	return i;
}

/* One side of a jump leads to the target; filled in when that is there. */
static void lead(struct builder *b, uint32_t from, bool taken, uint16_t target)
{
	struct target *t = &b->target[target];

	if (b->leaf_count == LEAVES) {
		b->failed = true;
		return;
	}
	if (!b->leaf_count || from < b->oldest)
		b->oldest = (uint16_t)from;
	b->waited_for += t->first == NOWHERE;
	b->leaf[b->leaf_count] = (struct leaf){ (uint16_t)from, t->first, taken };
	t->first = (uint16_t)b->leaf_count++;
}

/* What waits for the target meets here. */
static void meet(struct builder *b, struct target *t)
{
	b->waited_for -= t->first != NOWHERE;
	for (uint16_t i = t->first; i != NOWHERE; i = b->leaf[i].next) {
		struct sock_filter *from = &b->out[b->leaf[i].from];

		*(b->leaf[i].taken ? &from->jt : &from->jf) = distance(b, b->leaf[i].from);
	}
	t->first = NOWHERE;
}

/*
 * Each answer once for all jumps that lead to it: the kernel translates a program when it is installed, and that takes as long as the
 * program is.  Nothing falls in here: what stands before has answered.
 */
static void flush(struct builder *b)
{
	for (uint32_t i = 0; i < b->target_count && !b->failed; i++) {
		struct target *t = &b->target[i];

		if (t->first == NOWHERE)
			continue;
		meet(b, t);
		if (t->check == CHECK_NONE)
			emit(b, BPF_RET | BPF_K, t->action);
		else if (b->jump_count < CHECKS)
			b->jump[b->jump_count++] = (uint16_t)emit(b, BPF_JMP | BPF_JA, t->check);
		else
			b->failed = true;
	}
	b->leaf_count = 0;
}

/* Where the answers behind `ahead` more instructions would be too far for a jump that waits for them. */
static void flush_if_due(struct builder *b, uint32_t ahead)
{
	if (b->waited_for && b->len + ahead + b->waited_for - b->oldest > UINT8_MAX)
		flush(b);
}

/* Whatever comes here gets the answer. */
static void answer(struct builder *b, uint32_t action)
{
	if (b->closed && b->landed != b->len)
		return;
	if (b->open == NOWHERE || b->landed == b->len)
		emit(b, BPF_RET | BPF_K, action);
	else
		lead(b, b->open, b->open_taken, target_of(b, action, CHECK_NONE));
	b->open = NOWHERE;
	b->closed = true;
}

static void answer_if(struct builder *b, uint16_t how, uint32_t k, uint32_t action)
{
	lead(b, compare(b, how, k, false), true, target_of(b, action, CHECK_NONE));
}

static void answer_unless(struct builder *b, uint16_t how, uint32_t k, uint32_t action)
{
	lead(b, compare(b, how, k, true), false, target_of(b, action, CHECK_NONE));
}

/* What follows, up to land(), is for where the comparison holds. */
static uint32_t only_on(struct builder *b, uint16_t how, uint32_t k)
{
	return compare(b, how, k, true);
}

/* `last`: at the end of a block, where all is allowed that comes. */
static void land(struct builder *b, uint32_t at, bool last)
{
	if (last) {
		lead(b, at, false, target_of(b, SECCOMP_RET_ALLOW, CHECK_NONE));
	} else if (!b->failed) {
		b->out[at].jf = distance(b, at);
		b->landed = b->len;
	}
}

/* --- what is looked at --- */

enum op {
	BLOCK,				/* the steps of check k begin */
	LOAD,				/* an argument */
	AND,
	ALLOW_IF, FAKE_IF,		/* equal to k: allowed; answered as if it had worked */
	ABSENT_IF, LACKING_IF,		/* equal to k: as a kernel without that protocol answers; without that call */
	FAKE,
	BAD_IF, BAD_UNLESS, BAD_IF_ANY,	/* equal to k; not equal; any bit of k */
	BAD_IF_SHIM, BAD_IF_GROUP, BAD_IF_MINUS,	/* the shim; its group; either as a negative number, which names a group */
	ONLY_IF, LAND,			/* the steps between are for values equal to k */
};

struct step {
	uint32_t k;
	uint8_t op;			/* enum op */
};

/* The low half: both machines are little-endian, and an int argument's high half is rubbish that the kernel ignores. */
#define ARGUMENT(n)      (offsetof(struct seccomp_data, args) + 8 * (n))
#define ARGUMENT_HIGH(n) (ARGUMENT(n) + 4)

static const struct step steps[] = {
	{ CHECK_PROTECT, BLOCK }, { ARGUMENT(2), LOAD }, { EXEC, BAD_IF_ANY },
	{ CHECK_SHMAT, BLOCK }, { ARGUMENT(2), LOAD }, { SHM_EXEC, BAD_IF_ANY },

	/*
	 * What connects by connect and sends by sendto can be judged: TCP, UDP, ICMP echo (a datagram socket), unix sockets.  Routing netlink only
	 * tells of this host, and getaddrinfo asks it.  MPTCP's kernel connects by itself to what the peer names; SCTP connects by setsockopt.
	 */
	{ CHECK_SOCKET, BLOCK }, { ARGUMENT(0), LOAD }, { UNIX, ALLOW_IF },
	{ NETLINK, ONLY_IF }, { ARGUMENT(2), LOAD }, { 0, BAD_UNLESS }, { 0, ALLOW_IF }, { 0, LAND },
	{ ~(uint32_t)(INET ^ INET6), AND }, { INET, BAD_UNLESS },
	{ ARGUMENT(1), LOAD }, { TYPES, AND }, { RAW, BAD_IF }, { TYPES & ~(uint32_t)RAW, BAD_IF_ANY },
	{ ARGUMENT(2), LOAD }, { 0, ALLOW_IF }, { TCP, ALLOW_IF }, { UDP, ALLOW_IF }, { ICMP, ALLOW_IF }, { ICMPV6, ALLOW_IF },
	{ MPTCP, ABSENT_IF }, { 0, BAD_UNLESS },

	/* Only with an address: send() and recv() are these calls without one. */
	{ CHECK_SENDTO, BLOCK }, { ARGUMENT(4), LOAD }, { 0, ONLY_IF }, { ARGUMENT_HIGH(4), LOAD }, { 0, ALLOW_IF }, { 0, LAND }, { 0, BAD_UNLESS },
	{ CHECK_RECVFROM, BLOCK }, { ARGUMENT(4), LOAD }, { 0, ONLY_IF }, { ARGUMENT_HIGH(4), LOAD }, { 0, ALLOW_IF }, { 0, LAND }, { 0, BAD_UNLESS },

	{ CHECK_PID_FIRST, BLOCK }, { ARGUMENT(0), LOAD }, { 0, BAD_IF_SHIM },
	{ CHECK_PID_SECOND, BLOCK }, { ARGUMENT(1), LOAD }, { 0, BAD_IF_SHIM },

	/* Signal 0 only asks whether a process is there: programs watch their parent with it. */
	{ CHECK_KILL, BLOCK }, { ARGUMENT(1), LOAD }, { 0, ALLOW_IF },
	{ ARGUMENT(0), LOAD }, { 0, BAD_IF_SHIM }, { UINT32_MAX, BAD_IF }, { 0, BAD_IF_MINUS },

	/* Who joins the shim's group can signal it with kill(0). */
	{ CHECK_GROUP, BLOCK }, { ARGUMENT(1), LOAD }, { 0, BAD_IF_SHIM }, { 0, BAD_IF_GROUP },

	/* A CPU limit of 0 kills even a PID 1.  A core dump would lay secrets down; asking for one seems to work. */
	{ CHECK_PRLIMIT, BLOCK }, { ARGUMENT(2), LOAD }, { 0, ONLY_IF }, { ARGUMENT_HIGH(2), LOAD }, { 0, ALLOW_IF }, { 0, LAND },
	{ ARGUMENT(0), LOAD }, { 0, BAD_IF_SHIM }, { ARGUMENT(1), LOAD }, { CORE, FAKE_IF },
	{ CHECK_RING, BLOCK }, { ARGUMENT(0), LOAD }, { BK_FILTER_LOOP_RING, LACKING_IF }, { 0, BAD_IF }, { 0, BAD_UNLESS },
	{ CHECK_SETRLIMIT, BLOCK }, { ARGUMENT(0), LOAD }, { CORE, FAKE_IF },

	/*
	 * A process that is not dumpable cannot be read or traced by the shim, and without the death signal the function would
	 * outlive it: both seem to work, so that daemons go on.  Setting them to what the shim wants is let through.
	 */
	{ CHECK_PRCTL, BLOCK }, { ARGUMENT(0), LOAD },
	{ SET_PDEATHSIG, ONLY_IF }, { ARGUMENT(1), LOAD }, { SIG_KILL, ALLOW_IF }, { 0, FAKE }, { 0, LAND },
	{ SET_DUMPABLE, ONLY_IF }, { ARGUMENT(1), LOAD }, { 1, ALLOW_IF }, { 0, FAKE }, { 0, LAND },
	{ SET_SECCOMP, BAD_IF }, { SET_MM, BAD_IF }, { SET_PTRACER, BAD_IF },

	/* A later listener or tracer filter outranks the shim's, whatever else it does; plain filters go with them. */
	{ CHECK_SECCOMP, BLOCK }, { ARGUMENT(0), LOAD }, { SECCOMP_SET_MODE_STRICT, BAD_IF }, { SECCOMP_SET_MODE_FILTER, BAD_IF },

	/* READ_IMPLIES_EXEC makes every mapping code.  The plain personality, and asking for it, are what programs use. */
	{ CHECK_PERSONALITY, BLOCK }, { ARGUMENT(0), LOAD }, { 0, ALLOW_IF }, { UINT32_MAX, BAD_UNLESS },
	{ CHECK_UNSHARE, BLOCK }, { ARGUMENT(0), LOAD }, { ~(uint32_t)(C_FS | C_SYSVSEM | C_VM | C_SIGHAND | C_THREAD), BAD_IF_ANY },

	/*
	 * Another process with the same descriptors could change the file under a mapping that is being judged, while its maker
	 * counts as single-threaded; a suspended vfork parent has threads that could do the same.  No libc makes such a process.
	 */
	{ CHECK_CLONE, BLOCK }, { ARGUMENT(0), LOAD }, { C_NEW | C_PTRACE | C_UNTRACED, BAD_IF_ANY },
	{ C_FILES | C_THREAD, AND }, { C_FILES, BAD_IF },

	/* F_SETOWN has the owner in a register, F_SETOWN_EX has it in memory. */
	{ CHECK_FCNTL, BLOCK }, { ARGUMENT(1), LOAD }, { SETOWN_EX, BAD_IF },
	{ SETOWN, ONLY_IF }, { ARGUMENT(2), LOAD }, { 0, BAD_IF_SHIM }, { 0, BAD_IF_MINUS }, { 0, LAND },

	{ CHECK_IOCTL, BLOCK }, { ARGUMENT(1), LOAD }, { STI, BAD_IF }, { LINUX, BAD_IF }, { FIO_SETOWN, BAD_IF },
	{ SIO_SPGRP, BAD_IF }, { UFFD_NEW, BAD_IF },
};

#define STEPS (sizeof(steps) / sizeof(steps[0]))

static bool wants(const struct builder *b, uint32_t flags)
{
	return b->spec->flags & flags;
}

static void emit_step(struct builder *b, const struct step *s, bool last)
{
	uint32_t pid = b->spec->shim_pid, group = b->spec->shim_group ? b->spec->shim_group : pid;

	switch (s->op) {
	case BLOCK:        break;
	case LOAD:         load(b, s->k); break;
	case AND:          emit(b, BPF_ALU | BPF_AND | BPF_K, s->k); break;
	case ALLOW_IF:     answer_if(b, BPF_JEQ, s->k, SECCOMP_RET_ALLOW); break;
	case FAKE_IF:      answer_if(b, BPF_JEQ, s->k, SECCOMP_RET_ERRNO); break;
	case ABSENT_IF:    answer_if(b, BPF_JEQ, s->k, SECCOMP_RET_ERRNO | E_PROTONOSUPPORT); break;
	case LACKING_IF:   answer_if(b, BPF_JEQ, s->k, SECCOMP_RET_ERRNO | E_NOSYS); break;
	case FAKE:         answer(b, SECCOMP_RET_ERRNO); break;
	case BAD_IF:       answer_if(b, BPF_JEQ, s->k, b->bad); break;
	case BAD_UNLESS:   answer_unless(b, BPF_JEQ, s->k, b->bad); break;
	case BAD_IF_ANY:   answer_if(b, BPF_JSET, s->k, b->bad); break;
	case BAD_IF_SHIM:  answer_if(b, BPF_JEQ, pid, b->bad); break;
	case BAD_IF_GROUP: answer_if(b, BPF_JEQ, group, b->bad); break;
	case BAD_IF_MINUS: answer_if(b, BPF_JEQ, 0 - pid, b->bad); answer_if(b, BPF_JEQ, 0 - group, b->bad); break;
	case ONLY_IF:      b->only = only_on(b, BPF_JEQ, s->k); break;
	case LAND:         land(b, b->only, last); break;
	}
}

/* What asks for writing is told by flags in a register (open(2)); the kernel drops all others where O_PATH is one of them. */
static void check_open(struct builder *b, uint32_t argument)
{
	load(b, argument);
	answer_if(b, BPF_JSET, O_ONLY_PATH, SECCOMP_RET_ALLOW);
	answer_if(b, BPF_JSET, O_WRITES, b->bad);
	if (wants(b, BK_FILTER_READ))
		answer_unless(b, BPF_JSET, b->spec->arch == AUDIT_ARCH_X86_64 ? O_FOLDER_X86_64 : O_FOLDER_AARCH64, b->bad);
}

/* Checks whose steps depend on the plan. */
static void check_map(struct builder *b)
{
	bool files = wants(b, BK_FILTER_MAP), code = wants(b, BK_FILTER_NO_CODE | BK_FILTER_ASK_CODE);
	uint32_t exec;

	load(b, ARGUMENT(2));
	exec = only_on(b, BPF_JSET, EXEC);
	if (files && code) {
		answer(b, b->bad);
	} else if (files) {
		load(b, ARGUMENT(3));
		answer_unless(b, BPF_JSET, ANONYMOUS, b->bad);
	} else {
		emit(b, BPF_ALU | BPF_AND | BPF_K, WRITE_EXEC);
		answer_if(b, BPF_JEQ, WRITE_EXEC, b->bad);
		load(b, ARGUMENT(3));
		answer_if(b, BPF_JSET, ANONYMOUS, b->bad);
	}
	land(b, exec, true);
}

static void check_steps(struct builder *b, enum check check)
{
	uint32_t i = b->step_of[check];

	b->failed |= !i;
	for (; i && i < STEPS && steps[i].op != BLOCK; i++)
		emit_step(b, &steps[i], i + 1 == STEPS || steps[i + 1].op == BLOCK);
}

static void emit_check(struct builder *b, enum check check)
{
	uint32_t start = b->len;

	b->closed = false;
	if (check == CHECK_MAP)
		check_map(b);
	else if (check == CHECK_OPEN || check == CHECK_OPENAT)
		check_open(b, check == CHECK_OPEN ? ARGUMENT(1) : ARGUMENT(2));
	else
		check_steps(b, check);
	answer(b, SECCOMP_RET_ALLOW);
	b->failed |= b->len - start > BLOCK_MAX;
}

/* --- the tree --- */

/* Numbers from `start` up to the next piece's lead to one target. */
struct piece {
	uint16_t start, target;
};

struct pieces {
	uint32_t count;
	struct piece at[2 * ROWS + 3];
};

static uint32_t refusal(const struct builder *b, const struct row *row)
{
	if (!wants(b, BK_FILTER_NOTIFY) || !row->event)
		return SECCOMP_RET_ERRNO | row->error;
	return wants(b, BK_FILTER_TRACE) ? SECCOMP_RET_TRACE : SECCOMP_RET_USER_NOTIF;
}

/* Does the plan need this row at all? */
static bool active(const struct builder *b, const struct row *row)
{
	bool notify = wants(b, BK_FILTER_NOTIFY), no_code = wants(b, BK_FILTER_NO_CODE);

	switch (row->check) {
	case CHECK_EXEC:    return notify && wants(b, BK_FILTER_EXEC);
	case CHECK_WRITE:   return notify && wants(b, BK_FILTER_WRITE);
	case CHECK_LINK:
	case CHECK_OPEN:
	case CHECK_OPENAT:
	case CHECK_NEWER:   return notify && wants(b, BK_FILTER_WRITE | BK_FILTER_READ);
	case CHECK_MAP:     return no_code || (notify && wants(b, BK_FILTER_MAP | BK_FILTER_ASK_CODE));
	case CHECK_PROTECT:
	case CHECK_SHMAT:   return no_code || (notify && wants(b, BK_FILTER_ASK_CODE | BK_FILTER_ASK_PROTECT));
	case CHECK_CONNECT:
	case CHECK_SOCKET:
	case CHECK_SENDTO:  return notify && wants(b, BK_FILTER_CONNECT);
	case CHECK_LISTEN:  return notify && wants(b, BK_FILTER_LISTEN);
	case CHECK_RECVMSG:
	case CHECK_RECVFROM: return notify && wants(b, BK_FILTER_NAMES);
	default:            return true;
	}
}

static void add_piece(struct pieces *p, uint32_t start, uint16_t target)
{
	if (p->count && p->at[p->count - 1].start == start)
		p->count--;		/* the gap between two neighbours is empty */
	if (!p->count || p->at[p->count - 1].target != target)
		p->at[p->count++] = (struct piece){ (uint16_t)start, target };
}

/* Which row each number has, plus 1: of two rows for one call the first one speaks. */
static void sort_rows(struct builder *b, uint8_t row_of[UNKNOWN])
{
	_Static_assert(ROWS < UINT8_MAX, "rows are counted in bytes");
	for (uint32_t i = 0; i < ROWS; i++) {
		int32_t n = number(&table[i], b->spec->arch);

		if (!b->refusing[table[i].check])
			b->refusing[table[i].check] = (uint16_t)(i + 1);
		if (n >= 0 && n < UNKNOWN && !row_of[n] && active(b, &table[i]))
			row_of[n] = (uint8_t)(i + 1);
	}
}

static void cut(struct builder *b, struct pieces *p)
{
	uint8_t row_of[UNKNOWN] = { 0 };
	uint16_t allow = target_of(b, SECCOMP_RET_ALLOW, CHECK_NONE);

	sort_rows(b, row_of);
	p->count = 0;
	add_piece(p, 0, allow);
	for (uint32_t n = 0; n < UNKNOWN; n++) {
		const struct row *row = row_of[n] ? &table[row_of[n] - 1] : NULL;

		if (!row)
			continue;
		add_piece(p, n, row->check >= CHECK_ARGUMENTS ? target_of(b, 0, row->check) : target_of(b, refusal(b, row), CHECK_NONE));
		add_piece(p, n + 1, allow);
	}
	/* Newer calls than the table's: as on the kernel that it was written for.  The x32 numbers lie among them. */
	add_piece(p, UNKNOWN, target_of(b, SECCOMP_RET_ERRNO | E_NOSYS, CHECK_NONE));
}

/* A single number within one answer: a comparison and two leaves do. */
static bool is_single(const struct piece *p)
{
	return p[2].start == p[1].start + 1 && p[0].target == p[2].target;
}

/*
 * A binary search over the pieces' starts, of which there are two at least.  Nothing but the number is loaded, so that the kernel can tell
 * which calls are always allowed and leave the program out for them (kernel/seccomp.c, seccomp_cache_prepare).
 */
static void emit_tree(struct builder *b, const struct pieces *p)
{
	struct { uint16_t low, high, from; bool taken; } stack[20];
	uint32_t depth = 1;

	stack[0].low = 0;
	stack[0].high = (uint16_t)p->count;
	stack[0].from = NOWHERE;
	stack[0].taken = false;
	while (depth && !b->failed) {
		uint16_t low = stack[--depth].low, high = stack[depth].high, from = stack[depth].from, middle = (uint16_t)((low + high) / 2), at;
		bool taken = stack[depth].taken;

		if (high - low == 1) {
			lead(b, from, taken, p->at[low].target);
			continue;
		}
		if (taken) {
			flush_if_due(b, 16);	/* before it comes here again */
			b->out[from].jt = distance(b, from);
		}
		if (high - low == 3 && is_single(&p->at[low])) {
			at = (uint16_t)emit(b, BPF_JMP | BPF_JEQ | BPF_K, p->at[low + 1].start);
			lead(b, at, true, p->at[low + 1].target);
			lead(b, at, false, p->at[low].target);
		} else {
			middle = (uint16_t)(middle + (high - low > 3 && (middle - low) % 2 == 0));	/* odd parts have more singles */
			at = (uint16_t)emit(b, BPF_JMP | BPF_JGE | BPF_K, p->at[middle].start);
			stack[depth].low = middle;
			stack[depth].high = high;
			stack[depth].taken = true;
			stack[depth++].from = at;
			stack[depth].low = low;
			stack[depth].high = middle;
			stack[depth].taken = false;
			stack[depth++].from = at;
		}
	}
}

/* The jumps without a limit to this check's block, which begins here. */
static bool meet_jumps(struct builder *b, enum check check)
{
	bool any = false;

	for (uint32_t i = 0; i < b->jump_count; i++)
		if (b->out[b->jump[i]].k == (uint32_t)check) {
			b->out[b->jump[i]].k = b->len - b->jump[i] - 1;
			b->jump[i--] = b->jump[--b->jump_count];
			any = true;
		}
	return any;
}

static void emit_blocks(struct builder *b)
{
	for (uint32_t i = 0; i < STEPS; i++)
		if (steps[i].op == BLOCK)
			b->step_of[steps[i].k] = (uint16_t)(i + 1);
	for (uint32_t i = 0, count = b->target_count; i < count && !b->failed; i++) {
		struct target *t = &b->target[i];

		if (t->check == CHECK_NONE)
			continue;
		flush_if_due(b, BLOCK_MAX);
		if (!meet_jumps(b, t->check) && t->first == NOWHERE)
			continue;
		meet(b, t);
		b->bad = refusal(b, &table[b->refusing[t->check] - 1]);
		emit_check(b, t->check);
	}
	flush(b);
}

uint32_t bk_filter_build(const struct bk_filter_spec *spec, struct sock_filter *out, uint32_t cap)
{
	struct builder b = { .spec = spec, .out = out, .cap = cap, .open = NOWHERE };
	struct pieces pieces;

	if (spec->arch != AUDIT_ARCH_X86_64 && spec->arch != AUDIT_ARCH_AARCH64)
		return 0;
	cut(&b, &pieces);
	load(&b, offsetof(struct seccomp_data, arch));
	answer_unless(&b, BPF_JEQ, spec->arch, SECCOMP_RET_KILL_PROCESS);
	load(&b, offsetof(struct seccomp_data, nr));
	emit_tree(&b, &pieces);
	emit_blocks(&b);
	return b.failed ? 0 : b.len;
}

/* --- looking up --- */

struct bk_text bk_filter_name(const struct bk_filter_call *call)
{
	struct bk_text name = bk_text_of(call->row ? names : "");

	for (uint32_t i = 1; i < call->row; i++)
		name = bk_text_of(name.at + name.len + 1);
	return name;
}

static enum bk_filter_job job_of(const struct row *row)
{
	if (row->check == CHECK_EXEC)
		return BK_JOB_EXEC;
	if (row->check == CHECK_MAP)
		return BK_JOB_MAP;
	if (row->check == CHECK_PROTECT || row->check == CHECK_SHMAT)
		return BK_JOB_CODE;
	if (row->check == CHECK_WRITE || row->check == CHECK_LINK || row->check == CHECK_OPEN || row->check == CHECK_OPENAT)
		return BK_JOB_FILE;
	if ((row->check >= CHECK_CONNECT && row->check <= CHECK_RECVMSG) || (row->check >= CHECK_SOCKET && row->check <= CHECK_RECVFROM))
		return BK_JOB_NETWORK;
	return row->event ? BK_JOB_REFUSED : BK_JOB_NONE;
}

struct bk_filter_call bk_filter_lookup(uint32_t arch, uint32_t nr)
{
	struct bk_filter_call call = { 0 };

	if (arch != AUDIT_ARCH_X86_64 && arch != AUDIT_ARCH_AARCH64)
		return call;
	for (uint32_t i = 0; i < ROWS; i++) {
		if (number(&table[i], arch) < 0 || (uint32_t)number(&table[i], arch) != nr)
			continue;
		call.job = job_of(&table[i]);
		call.error = call.job == BK_JOB_REFUSED ? table[i].error : 0;
		call.row = i + 1;
		call.technique = bk_text_of(techniques[table[i].technique]);
		break;
	}
	return call;
}
