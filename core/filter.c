/* SPDX-License-Identifier: Apache-2.0 */
#include "core/filter.h"
#include "core/emit.h"

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

#define BLOCK_MAX 24u			/* instructions of the longest block */

struct builder {
	const struct bk_filter_spec *spec;
	struct bk_emitter e;
	uint32_t bad;			/* what the block at hand answers to what it finds */
	uint32_t only;			/* the comparison that LAND ends */
	uint16_t step_of[CHECKS];	/* a check's place in steps[], plus 1; 0: none */
	uint16_t refusing[CHECKS];	/* the first row of each check, plus 1 */
};
_Static_assert(CHECK_NONE == 0 && CHECKS <= BK_EMIT_BLOCKS, "a check that looks at arguments is a block of its number");

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
	/* setpriority(2), ioprio_set(2): all of a user (2, 3), which the shim is among, and for the latter a whole group (2), which nobody asks for. */
	{ CHECK_PID_SECOND, BLOCK }, { ARGUMENT(0), LOAD }, { 2, BAD_IF }, { 3, BAD_IF }, { ARGUMENT(1), LOAD }, { 0, BAD_IF_SHIM }, { 0, BAD_IF_GROUP },

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
	case LOAD:         bk_emit_load(&b->e, s->k); break;
	case AND:          bk_emit(&b->e, BPF_ALU | BPF_AND | BPF_K, s->k); break;
	case ALLOW_IF:     bk_emit_answer_if(&b->e, BPF_JEQ, s->k, SECCOMP_RET_ALLOW); break;
	case FAKE_IF:      bk_emit_answer_if(&b->e, BPF_JEQ, s->k, SECCOMP_RET_ERRNO); break;
	case ABSENT_IF:    bk_emit_answer_if(&b->e, BPF_JEQ, s->k, SECCOMP_RET_ERRNO | E_PROTONOSUPPORT); break;
	case LACKING_IF:   bk_emit_answer_if(&b->e, BPF_JEQ, s->k, SECCOMP_RET_ERRNO | E_NOSYS); break;
	case FAKE:         bk_emit_answer(&b->e, SECCOMP_RET_ERRNO); break;
	case BAD_IF:       bk_emit_answer_if(&b->e, BPF_JEQ, s->k, b->bad); break;
	case BAD_UNLESS:   bk_emit_answer_unless(&b->e, BPF_JEQ, s->k, b->bad); break;
	case BAD_IF_ANY:   bk_emit_answer_if(&b->e, BPF_JSET, s->k, b->bad); break;
	case BAD_IF_SHIM:  bk_emit_answer_if(&b->e, BPF_JEQ, pid, b->bad); break;
	case BAD_IF_GROUP: bk_emit_answer_if(&b->e, BPF_JEQ, group, b->bad); break;
	case BAD_IF_MINUS: bk_emit_answer_if(&b->e, BPF_JEQ, 0 - pid, b->bad); bk_emit_answer_if(&b->e, BPF_JEQ, 0 - group, b->bad); break;
	case ONLY_IF:      b->only = bk_emit_only_if(&b->e, BPF_JEQ, s->k); break;
	case LAND:         (last ? bk_emit_land_allowed : bk_emit_land)(&b->e, b->only); break;
	}
}

/* What asks for writing is told by flags in a register (open(2)); the kernel drops all others where O_PATH is one of them. */
static void check_open(struct builder *b, uint32_t argument)
{
	bk_emit_load(&b->e, argument);
	bk_emit_answer_if(&b->e, BPF_JSET, O_ONLY_PATH, SECCOMP_RET_ALLOW);
	bk_emit_answer_if(&b->e, BPF_JSET, O_WRITES, b->bad);
	if (wants(b, BK_FILTER_READ))
		bk_emit_answer_unless(&b->e, BPF_JSET, b->spec->arch == AUDIT_ARCH_X86_64 ? O_FOLDER_X86_64 : O_FOLDER_AARCH64, b->bad);
}

/* Checks whose steps depend on the plan. */
static void check_map(struct builder *b)
{
	bool files = wants(b, BK_FILTER_MAP), code = wants(b, BK_FILTER_NO_CODE | BK_FILTER_ASK_CODE);
	uint32_t exec;

	bk_emit_load(&b->e, ARGUMENT(2));
	exec = bk_emit_only_if(&b->e, BPF_JSET, EXEC);
	if (files && code) {
		bk_emit_answer(&b->e, b->bad);
	} else if (files) {
		bk_emit_load(&b->e, ARGUMENT(3));
		bk_emit_answer_unless(&b->e, BPF_JSET, ANONYMOUS, b->bad);
	} else {
		bk_emit(&b->e, BPF_ALU | BPF_AND | BPF_K, WRITE_EXEC);
		bk_emit_answer_if(&b->e, BPF_JEQ, WRITE_EXEC, b->bad);
		bk_emit_load(&b->e, ARGUMENT(3));
		bk_emit_answer_if(&b->e, BPF_JSET, ANONYMOUS, b->bad);
	}
	bk_emit_land_allowed(&b->e, exec);
}

static void check_steps(struct builder *b, enum check check)
{
	uint32_t i = b->step_of[check];

	b->e.failed |= !i;
	for (; i && i < STEPS && steps[i].op != BLOCK; i++)
		emit_step(b, &steps[i], i + 1 == STEPS || steps[i + 1].op == BLOCK);
}

static void emit_check(struct builder *b, enum check check)
{
	uint32_t start = b->e.len;

	if (check == CHECK_MAP)
		check_map(b);
	else if (check == CHECK_OPEN || check == CHECK_OPENAT)
		check_open(b, check == CHECK_OPEN ? ARGUMENT(1) : ARGUMENT(2));
	else
		check_steps(b, check);
	bk_emit_answer(&b->e, SECCOMP_RET_ALLOW);
	b->e.failed |= b->e.len - start > BLOCK_MAX;
}

/* --- the numbers --- */

struct pieces {
	uint32_t count;
	struct bk_emit_piece at[2 * ROWS + 3];
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
		p->at[p->count++] = (struct bk_emit_piece){ (uint16_t)start, target };
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
	uint16_t allow = bk_emit_target_of(&b->e, SECCOMP_RET_ALLOW, CHECK_NONE);

	sort_rows(b, row_of);
	p->count = 0;
	add_piece(p, 0, allow);
	for (uint32_t n = 0; n < UNKNOWN; n++) {
		const struct row *row = row_of[n] ? &table[row_of[n] - 1] : NULL;

		if (!row)
			continue;
		add_piece(p, n, row->check >= CHECK_ARGUMENTS ? bk_emit_target_of(&b->e, 0, row->check) : bk_emit_target_of(&b->e, refusal(b, row), CHECK_NONE));
		add_piece(p, n + 1, allow);
	}
	/* Newer calls than the table's: as on the kernel that it was written for.  The x32 numbers lie among them. */
	add_piece(p, UNKNOWN, bk_emit_target_of(&b->e, SECCOMP_RET_ERRNO | E_NOSYS, CHECK_NONE));
}

static void emit_blocks(struct builder *b)
{
	for (uint32_t i = 0; i < STEPS; i++)
		if (steps[i].op == BLOCK)
			b->step_of[steps[i].k] = (uint16_t)(i + 1);
	for (uint32_t i = 0, count = b->e.target_count; i < count && !b->e.failed; i++)
		if (bk_emit_block(&b->e, (uint16_t)i, BLOCK_MAX)) {
			enum check check = (enum check)b->e.target[i].block;

			b->bad = refusal(b, &table[b->refusing[check] - 1]);
			emit_check(b, check);
		}
}

/* Nothing but the number is loaded before a call is allowed, so that the kernel can leave the program out for it (kernel/seccomp.c, seccomp_cache_prepare). */
uint32_t bk_filter_build(const struct bk_filter_spec *spec, struct sock_filter *out, uint32_t cap)
{
	struct builder b = { .spec = spec };
	struct pieces pieces;

	if (spec->arch != AUDIT_ARCH_X86_64 && spec->arch != AUDIT_ARCH_AARCH64)
		return 0;
	bk_emit_start(&b.e, out, cap);
	cut(&b, &pieces);
	bk_emit_load(&b.e, offsetof(struct seccomp_data, arch));
	bk_emit_answer_unless(&b.e, BPF_JEQ, spec->arch, SECCOMP_RET_KILL_PROCESS);
	bk_emit_load(&b.e, offsetof(struct seccomp_data, nr));
	bk_emit_search(&b.e, pieces.at, pieces.count);
	emit_blocks(&b);
	bk_emit_end(&b.e);
	return b.e.failed ? 0 : b.e.len;
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
