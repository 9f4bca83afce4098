/* SPDX-License-Identifier: Apache-2.0 */
#include "core/filter.h"

#include <linux/audit.h>
#include <linux/seccomp.h>

/* The kernel's numbers that the checks compare with; the uapi headers that have them need a libc or differ between machines. */
enum {
	E_PERM = 1, E_NOSYS = 38, E_INVAL = 22, E_ACCES = 13, E_NOTSUP = 95,
	EXEC = 4, WRITE_EXEC = 6,			/* PROT_EXEC, PROT_WRITE | PROT_EXEC */
	ANONYMOUS = 0x20,				/* MAP_ANONYMOUS */
	SHM_EXEC = 0100000,
	CORE = 4,					/* RLIMIT_CORE */
	SIG_KILL = 9,
	SET_PDEATHSIG = 1, SET_DUMPABLE = 4, SET_SECCOMP = 22, SET_MM = 35, SET_PTRACER = 0x59616d61,
	SETOWN = 8, SETOWN_EX = 15,
	STI = 0x5412, LINUX = 0x541c, FIO_SETOWN = 0x8901, SIO_SPGRP = 0x8902, UFFD_NEW = 0xaa00,
	C_FS = 0x200, C_FILES = 0x400, C_VM = 0x100, C_SIGHAND = 0x800, C_PTRACE = 0x2000, C_THREAD = 0x10000,
	C_SYSVSEM = 0x40000, C_UNTRACED = 0x800000,
	C_NEW = 0x7e020000,				/* every CLONE_NEW* that clone takes */
	X32 = 0x40000000,				/* first x32 number of x86-64 */
	UNKNOWN = 471,					/* first number that this table was not written for, on all machines */
};

/* What is looked at.  From CHECK_ARGUMENTS on it is arguments, by a block of instructions of its own. */
enum check {
	CHECK_NONE,			/* every such call */
	CHECK_EXEC,			/* every such call, where execs are judged */
	CHECK_ARGUMENTS,
	CHECK_MAP = CHECK_ARGUMENTS, CHECK_PROTECT, CHECK_SHMAT,
	CHECK_PID_FIRST, CHECK_PID_SECOND, CHECK_KILL, CHECK_GROUP,
	CHECK_PRLIMIT, CHECK_SETRLIMIT, CHECK_PRCTL, CHECK_SECCOMP, CHECK_PERSONALITY, CHECK_UNSHARE, CHECK_CLONE,
	CHECK_FCNTL, CHECK_IOCTL,
	CHECKS
};

/* MITRE ATT&CK ids: escape, injection, impaired defences, kernel module, exploitation, shutdown, masquerading. */
enum technique { T_NONE, T_ESCAPE, T_INJECT, T_IMPAIR, T_MODULE, T_EXPLOIT, T_SHUTDOWN, T_MASK, T_TERMINAL };
static const char techniques[][10] = { "", "T1611", "T1055.008", "T1562.001", "T1547.006", "T1068", "T1529", "T1036", "T1059.004" };

#define SILENT 0
#define EVENT  1

/* Zero in a number column would be a call of x86-64 (read), so calls that a machine lacks have -1. */
struct row {
	const char *name;
	int16_t x86_64, aarch64;
	uint8_t check, error, event, technique;
};

/*
 * The table.  EPERM is what an unprivileged caller, or one in a container, is used to; ENOSYS where software has another way
 * that it takes on older kernels; EINVAL where the kernel says so without the feature.
 */
static const struct row table[] = {
	/* Judged by policy; `error` is for places without a listener. */
	{ "execve",             59, 221, CHECK_EXEC,       E_ACCES, EVENT },
	{ "execveat",          322, 281, CHECK_EXEC,       E_ACCES, EVENT },
	{ "mmap",                9, 222, CHECK_MAP,        E_ACCES, EVENT },
	{ "mprotect",           10, 226, CHECK_PROTECT,    E_ACCES, EVENT },
	{ "pkey_mprotect",     329, 288, CHECK_PROTECT,    E_ACCES, EVENT },
	{ "shmat",              30, 196, CHECK_SHMAT,      E_ACCES, EVENT },

	/* Other processes' memory, registers, descriptors. */
	{ "ptrace",            101, 117, CHECK_NONE,       E_PERM,  EVENT, T_INJECT },
	{ "process_vm_readv",  310, 270, CHECK_NONE,       E_PERM,  EVENT, T_INJECT },
	{ "process_vm_writev", 311, 271, CHECK_NONE,       E_PERM,  EVENT, T_INJECT },
	{ "process_madvise",   440, 440, CHECK_NONE,       E_PERM,  EVENT, T_INJECT },
	{ "kcmp",              312, 272, CHECK_NONE,       E_PERM,  EVENT },
	{ "pidfd_getfd",       438, 438, CHECK_NONE,       E_PERM,  EVENT, T_INJECT },

	/*
	 * Signals, limits and scheduling of the shim.  A descriptor of /proc/PID is a pidfd to pidfd_send_signal, so that who
	 * is meant cannot be seen; Go tries it at start and takes kill where it fails, hence no event.
	 */
	{ "kill",               62, 129, CHECK_KILL,       E_PERM,  EVENT, T_IMPAIR },
	{ "tkill",             200, 130, CHECK_PID_FIRST,  E_PERM,  EVENT, T_IMPAIR },
	{ "tgkill",            234, 131, CHECK_PID_FIRST,  E_PERM,  EVENT, T_IMPAIR },
	{ "rt_sigqueueinfo",   129, 138, CHECK_PID_FIRST,  E_PERM,  EVENT, T_IMPAIR },
	{ "rt_tgsigqueueinfo", 297, 240, CHECK_PID_FIRST,  E_PERM,  EVENT, T_IMPAIR },
	{ "pidfd_open",        434, 434, CHECK_PID_FIRST,  E_PERM,  EVENT, T_IMPAIR },
	{ "pidfd_send_signal", 424, 424, CHECK_NONE,       E_NOSYS, SILENT },
	{ "setpgid",           109, 154, CHECK_GROUP,      E_PERM,  EVENT, T_IMPAIR },
	{ "fcntl",              72,  25, CHECK_FCNTL,      E_PERM,  EVENT, T_IMPAIR },
	{ "prlimit64",         302, 261, CHECK_PRLIMIT,    E_PERM,  EVENT, T_IMPAIR },
	{ "setrlimit",         160, 164, CHECK_SETRLIMIT,  E_PERM,  SILENT },
	{ "sched_setparam",    142, 118, CHECK_PID_FIRST,  E_PERM,  EVENT, T_IMPAIR },
	{ "sched_setscheduler", 144, 119, CHECK_PID_FIRST, E_PERM,  EVENT, T_IMPAIR },
	{ "sched_setaffinity", 203, 122, CHECK_PID_FIRST,  E_PERM,  EVENT, T_IMPAIR },
	{ "sched_setattr",     314, 274, CHECK_PID_FIRST,  E_PERM,  EVENT, T_IMPAIR },
	{ "setpriority",       141, 140, CHECK_PID_SECOND, E_PERM,  EVENT, T_IMPAIR },
	{ "ioprio_set",        251,  30, CHECK_PID_SECOND, E_PERM,  EVENT, T_IMPAIR },

	/* The filter's own ground.  A kernel without seccomp answers EINVAL. */
	{ "prctl",             157, 167, CHECK_PRCTL,      E_INVAL, EVENT, T_IMPAIR },
	{ "seccomp",           317, 277, CHECK_SECCOMP,    E_INVAL, EVENT, T_IMPAIR },
	{ "personality",       135,  92, CHECK_PERSONALITY, E_PERM, EVENT, T_IMPAIR },
	{ "io_uring_setup",    425, 425, CHECK_NONE,       E_NOSYS, EVENT, T_IMPAIR },
	{ "io_uring_enter",    426, 426, CHECK_NONE,       E_NOSYS, EVENT, T_IMPAIR },
	{ "io_uring_register", 427, 427, CHECK_NONE,       E_NOSYS, EVENT, T_IMPAIR },

	/* Processes and namespaces.  clone3's flags are in memory; every libc takes clone where it is missing. */
	{ "clone3",            435, 435, CHECK_NONE,       E_NOSYS, SILENT },
	{ "clone",              56, 220, CHECK_CLONE,      E_PERM,  EVENT, T_ESCAPE },
	{ "unshare",           272,  97, CHECK_UNSHARE,    E_PERM,  EVENT, T_ESCAPE },
	{ "setns",             308, 268, CHECK_NONE,       E_PERM,  EVENT, T_ESCAPE },

	/* Mounts and roots. */
	{ "mount",             165,  40, CHECK_NONE,       E_PERM,  EVENT, T_ESCAPE },
	{ "umount2",           166,  39, CHECK_NONE,       E_PERM,  EVENT, T_ESCAPE },
	{ "open_tree",         428, 428, CHECK_NONE,       E_PERM,  EVENT, T_ESCAPE },
	{ "open_tree_attr",    467, 467, CHECK_NONE,       E_PERM,  EVENT, T_ESCAPE },
	{ "move_mount",        429, 429, CHECK_NONE,       E_PERM,  EVENT, T_ESCAPE },
	{ "fsopen",            430, 430, CHECK_NONE,       E_PERM,  EVENT, T_ESCAPE },
	{ "fsconfig",          431, 431, CHECK_NONE,       E_PERM,  EVENT, T_ESCAPE },
	{ "fsmount",           432, 432, CHECK_NONE,       E_PERM,  EVENT, T_ESCAPE },
	{ "fspick",            433, 433, CHECK_NONE,       E_PERM,  EVENT, T_ESCAPE },
	{ "mount_setattr",     442, 442, CHECK_NONE,       E_PERM,  EVENT, T_ESCAPE },
	{ "chroot",            161,  51, CHECK_NONE,       E_PERM,  EVENT, T_ESCAPE },
	{ "pivot_root",        155,  41, CHECK_NONE,       E_PERM,  EVENT, T_ESCAPE },
	{ "open_by_handle_at", 304, 265, CHECK_NONE,       E_PERM,  EVENT, T_ESCAPE },
	{ "fanotify_init",     300, 262, CHECK_NONE,       E_PERM,  EVENT },
	{ "acct",              163,  89, CHECK_NONE,       E_PERM,  EVENT },
	{ "swapon",            167, 224, CHECK_NONE,       E_PERM,  EVENT },
	{ "swapoff",           168, 225, CHECK_NONE,       E_PERM,  EVENT },

	/* The kernel itself. */
	{ "reboot",            169, 142, CHECK_NONE,       E_PERM,  EVENT, T_SHUTDOWN },
	{ "init_module",       175, 105, CHECK_NONE,       E_PERM,  EVENT, T_MODULE },
	{ "finit_module",      313, 273, CHECK_NONE,       E_PERM,  EVENT, T_MODULE },
	{ "delete_module",     176, 106, CHECK_NONE,       E_PERM,  EVENT, T_MODULE },
	{ "kexec_load",        246, 104, CHECK_NONE,       E_PERM,  EVENT, T_MODULE },
	{ "kexec_file_load",   320, 294, CHECK_NONE,       E_PERM,  EVENT, T_MODULE },
	{ "bpf",               321, 280, CHECK_NONE,       E_PERM,  EVENT, T_EXPLOIT },
	{ "perf_event_open",   298, 241, CHECK_NONE,       E_ACCES, EVENT, T_EXPLOIT },	/* as perf_event_paranoid does */
	{ "userfaultfd",       323, 282, CHECK_NONE,       E_PERM,  EVENT, T_EXPLOIT },
	{ "add_key",           248, 217, CHECK_NONE,       E_PERM,  EVENT, T_EXPLOIT },
	{ "request_key",       249, 218, CHECK_NONE,       E_PERM,  EVENT, T_EXPLOIT },
	{ "keyctl",            250, 219, CHECK_NONE,       E_PERM,  EVENT, T_EXPLOIT },
	{ "iopl",              172,  -1, CHECK_NONE,       E_PERM,  EVENT, T_EXPLOIT },
	{ "ioperm",            173,  -1, CHECK_NONE,       E_PERM,  EVENT, T_EXPLOIT },
	{ "modify_ldt",        154,  -1, CHECK_NONE,       E_NOSYS, EVENT, T_EXPLOIT },
	{ "uselib",            134,  -1, CHECK_NONE,       E_NOSYS, EVENT, T_EXPLOIT },	/* maps code without mmap */
	{ "remap_file_pages",  216, 234, CHECK_NONE,       E_NOSYS, EVENT, T_EXPLOIT },
	{ "ioctl",              16,  29, CHECK_IOCTL,      E_PERM,  EVENT, T_TERMINAL },
};

#define ROWS (sizeof(table) / sizeof(table[0]))

static int32_t number(const struct row *row, uint32_t arch)
{
	return arch == AUDIT_ARCH_X86_64 ? row->x86_64 : row->aarch64;
}

/* --- emitting --- */

struct builder {
	const struct bk_filter_spec *spec;
	struct sock_filter *out;
	uint32_t cap, len;
	bool     failed;
	uint32_t bad;			/* what the block at hand answers to what it finds */
	uint16_t bad_from[12];		/* its jumps to that answer */
	uint32_t bad_count;
};

static uint32_t emit(struct builder *b, uint16_t code, uint32_t k, uint8_t jt, uint8_t jf)
{
	if (b->len == b->cap) {
		b->failed = true;
		return 0;
	}
	b->out[b->len] = (struct sock_filter){ code, jt, jf, k };
	return b->len++;
}

static void answer(struct builder *b, uint32_t action)
{
	emit(b, BPF_RET | BPF_K, action, 0, 0);
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
	emit(b, BPF_LD | BPF_W | BPF_ABS, offset, 0, 0);
}

/* The low half: both machines are little-endian, and an int argument's high half is rubbish that the kernel ignores. */
static void load_argument(struct builder *b, uint32_t index)
{
	load(b, offsetof(struct seccomp_data, args) + 8 * index);
}

static void load_argument_high(struct builder *b, uint32_t index)
{
	load(b, offsetof(struct seccomp_data, args) + 8 * index + 4);
}

static void bad_on(struct builder *b, uint16_t compare, uint32_t k)
{
	uint32_t at = emit(b, BPF_JMP | compare | BPF_K, k, 0, 0);

	if (b->bad_count < sizeof(b->bad_from) / sizeof(b->bad_from[0]))
		b->bad_from[b->bad_count++] = (uint16_t)at;
	else
		b->failed = true;
}

static void bad_if(struct builder *b, uint32_t k)
{
	bad_on(b, BPF_JEQ, k);
}

static void answer_if(struct builder *b, uint32_t k, uint32_t action)
{
	emit(b, BPF_JMP | BPF_JEQ | BPF_K, k, 0, 1);
	answer(b, action);
}

static void allow_if(struct builder *b, uint32_t k)
{
	answer_if(b, k, SECCOMP_RET_ALLOW);
}

/* What follows, up to land(), is for `k` only. */
static uint32_t only_if(struct builder *b, uint16_t compare, uint32_t k)
{
	return emit(b, BPF_JMP | compare | BPF_K, k, 0, 0);
}

static void land(struct builder *b, uint32_t at)
{
	if (!b->failed)
		b->out[at].jf = distance(b, at);
}

static void block_end(struct builder *b)
{
	answer(b, SECCOMP_RET_ALLOW);
	for (uint32_t i = 0; i < b->bad_count && !b->failed; i++)
		b->out[b->bad_from[i]].jt = distance(b, b->bad_from[i]);
	if (b->bad_count)
		answer(b, b->bad);
	b->bad_count = 0;
}

/* --- what is looked at, a function for each check --- */

static bool wants(const struct builder *b, uint32_t flags)
{
	return b->spec->flags & flags;
}

/* The shim or its group, as a negative number names a group. */
static void bad_groups(struct builder *b)
{
	bad_if(b, 0 - b->spec->shim_pid);
	if (b->spec->shim_group)
		bad_if(b, 0 - b->spec->shim_group);
}

static void check_map(struct builder *b)
{
	bool files = wants(b, BK_FILTER_MAP), code = wants(b, BK_FILTER_NO_CODE | BK_FILTER_ASK_CODE);
	uint32_t exec;

	load_argument(b, 2);
	exec = only_if(b, BPF_JSET, EXEC);
	if (files && code) {
		answer(b, b->bad);
	} else if (files) {
		load_argument(b, 3);
		emit(b, BPF_JMP | BPF_JSET | BPF_K, ANONYMOUS, 1, 0);
		answer(b, b->bad);
	} else {
		emit(b, BPF_ALU | BPF_AND | BPF_K, WRITE_EXEC, 0, 0);
		bad_if(b, WRITE_EXEC);
		load_argument(b, 3);
		bad_on(b, BPF_JSET, ANONYMOUS);
	}
	land(b, exec);
}

static void check_protect(struct builder *b)
{
	load_argument(b, 2);
	bad_on(b, BPF_JSET, EXEC);
}

static void check_shmat(struct builder *b)
{
	load_argument(b, 2);
	bad_on(b, BPF_JSET, SHM_EXEC);
}

static void check_pid_first(struct builder *b)
{
	load_argument(b, 0);
	bad_if(b, b->spec->shim_pid);
}

static void check_pid_second(struct builder *b)
{
	load_argument(b, 1);
	bad_if(b, b->spec->shim_pid);
}

/* Signal 0 only asks whether a process is there: programs watch their parent with it. */
static void check_kill(struct builder *b)
{
	load_argument(b, 1);
	allow_if(b, 0);
	load_argument(b, 0);
	bad_if(b, b->spec->shim_pid);
	bad_if(b, UINT32_MAX);
	bad_groups(b);
}

/* Who joins the shim's group can signal it with kill(0). */
static void check_group(struct builder *b)
{
	load_argument(b, 1);
	bad_if(b, b->spec->shim_pid);
	if (b->spec->shim_group)
		bad_if(b, b->spec->shim_group);
}

/* A CPU limit of 0 kills even a PID 1.  A core dump would lay secrets down; asking for one seems to work. */
static void check_prlimit(struct builder *b)
{
	uint32_t at;

	load_argument(b, 2);
	at = only_if(b, BPF_JEQ, 0);
	load_argument_high(b, 2);
	allow_if(b, 0);
	land(b, at);
	load_argument(b, 0);
	bad_if(b, b->spec->shim_pid);
	load_argument(b, 1);
	answer_if(b, CORE, SECCOMP_RET_ERRNO);
}

static void check_setrlimit(struct builder *b)
{
	load_argument(b, 0);
	answer_if(b, CORE, SECCOMP_RET_ERRNO);
}

/*
 * A process that is not dumpable cannot be read or traced by the shim, and without the death signal the function would outlive
 * it: both seem to work, so that daemons go on.  Setting them to what the shim wants is let through.
 */
static void check_prctl(struct builder *b)
{
	uint32_t at;

	load_argument(b, 0);
	at = only_if(b, BPF_JEQ, SET_PDEATHSIG);
	load_argument(b, 1);
	allow_if(b, SIG_KILL);
	answer(b, SECCOMP_RET_ERRNO);
	land(b, at);
	at = only_if(b, BPF_JEQ, SET_DUMPABLE);
	load_argument(b, 1);
	allow_if(b, 1);
	answer(b, SECCOMP_RET_ERRNO);
	land(b, at);
	bad_if(b, SET_SECCOMP);
	bad_if(b, SET_MM);
	bad_if(b, SET_PTRACER);
}

/* A later listener or tracer filter outranks the shim's, whatever else it does; plain filters go with them. */
static void check_seccomp(struct builder *b)
{
	load_argument(b, 0);
	bad_if(b, SECCOMP_SET_MODE_STRICT);
	bad_if(b, SECCOMP_SET_MODE_FILTER);
}

/* READ_IMPLIES_EXEC makes every mapping code.  The plain personality, and asking for it, are what programs use. */
static void check_personality(struct builder *b)
{
	load_argument(b, 0);
	allow_if(b, 0);
	emit(b, BPF_JMP | BPF_JEQ | BPF_K, UINT32_MAX, 1, 0);
	answer(b, b->bad);
}

static void check_unshare(struct builder *b)
{
	load_argument(b, 0);
	bad_on(b, BPF_JSET, ~(uint32_t)(C_FS | C_SYSVSEM | C_VM | C_SIGHAND | C_THREAD));
}

/*
 * Another process with the same descriptors could change the file under a mapping that is being judged, while its maker
 * counts as single-threaded; a suspended vfork parent has threads that could do the same.  No libc makes such a process.
 */
static void check_clone(struct builder *b)
{
	load_argument(b, 0);
	bad_on(b, BPF_JSET, C_NEW | C_PTRACE | C_UNTRACED);
	emit(b, BPF_ALU | BPF_AND | BPF_K, C_FILES | C_THREAD, 0, 0);
	bad_if(b, C_FILES);
}

/* F_SETOWN has the owner in a register, F_SETOWN_EX has it in memory. */
static void check_fcntl(struct builder *b)
{
	uint32_t at;

	load_argument(b, 1);
	bad_if(b, SETOWN_EX);
	at = only_if(b, BPF_JEQ, SETOWN);
	load_argument(b, 2);
	bad_if(b, b->spec->shim_pid);
	bad_groups(b);
	land(b, at);
}

static void check_ioctl(struct builder *b)
{
	load_argument(b, 1);
	bad_if(b, STI);
	bad_if(b, LINUX);
	bad_if(b, FIO_SETOWN);
	bad_if(b, SIO_SPGRP);
	bad_if(b, UFFD_NEW);
}

static void emit_check(struct builder *b, enum check check)
{
	switch (check) {
	case CHECK_MAP:         check_map(b); break;
	case CHECK_PROTECT:     check_protect(b); break;
	case CHECK_SHMAT:       check_shmat(b); break;
	case CHECK_PID_FIRST:   check_pid_first(b); break;
	case CHECK_PID_SECOND:  check_pid_second(b); break;
	case CHECK_KILL:        check_kill(b); break;
	case CHECK_GROUP:       check_group(b); break;
	case CHECK_PRLIMIT:     check_prlimit(b); break;
	case CHECK_SETRLIMIT:   check_setrlimit(b); break;
	case CHECK_PRCTL:       check_prctl(b); break;
	case CHECK_SECCOMP:     check_seccomp(b); break;
	case CHECK_PERSONALITY: check_personality(b); break;
	case CHECK_UNSHARE:     check_unshare(b); break;
	case CHECK_CLONE:       check_clone(b); break;
	case CHECK_FCNTL:       check_fcntl(b); break;
	case CHECK_IOCTL:       check_ioctl(b); break;
	default:                b->failed = true;
	}
	block_end(b);
}

/* --- the tree --- */

/* Numbers from `start` up to the next piece's have one answer: `action`, or what the block of `check` says. */
struct piece {
	uint32_t start, action;
	enum check check;
};

struct pieces {
	uint32_t count;
	struct piece at[2 * ROWS + 3];
};

static uint32_t refusal(const struct builder *b, const struct row *row)
{
	return wants(b, BK_FILTER_NOTIFY) && row->event ? SECCOMP_RET_USER_NOTIF : SECCOMP_RET_ERRNO | row->error;
}

/* Does the plan need this row at all? */
static bool active(const struct builder *b, const struct row *row)
{
	bool notify = wants(b, BK_FILTER_NOTIFY), no_code = wants(b, BK_FILTER_NO_CODE);

	switch (row->check) {
	case CHECK_EXEC:    return notify && wants(b, BK_FILTER_EXEC);
	case CHECK_MAP:     return no_code || (notify && wants(b, BK_FILTER_MAP | BK_FILTER_ASK_CODE));
	case CHECK_PROTECT:
	case CHECK_SHMAT:   return no_code || (notify && wants(b, BK_FILTER_ASK_CODE | BK_FILTER_ASK_PROTECT));
	default:            return true;
	}
}

/* The active row with the lowest number from `from` on, or NULL. */
static const struct row *next_row(const struct builder *b, int32_t from)
{
	const struct row *best = NULL;

	for (uint32_t i = 0; i < ROWS; i++) {
		int32_t n = number(&table[i], b->spec->arch);

		if (n >= from && active(b, &table[i]) && (!best || n < number(best, b->spec->arch)))
			best = &table[i];
	}
	return best;
}

static void add_piece(struct pieces *p, uint32_t start, uint32_t action, enum check check)
{
	struct piece *last = p->count ? &p->at[p->count - 1] : NULL;

	if (last && last->start == start)
		p->count--;		/* the gap between two neighbours is empty */
	last = p->count ? &p->at[p->count - 1] : NULL;
	if (!last || last->action != action || last->check != check)
		p->at[p->count++] = (struct piece){ start, action, check };
}

static void cut(const struct builder *b, struct pieces *p)
{
	uint32_t from = 0;

	p->count = 0;
	add_piece(p, 0, SECCOMP_RET_ALLOW, CHECK_NONE);
	for (const struct row *row; (row = next_row(b, (int32_t)from)); ) {
		bool block = row->check >= CHECK_ARGUMENTS;

		from = (uint32_t)number(row, b->spec->arch);
		add_piece(p, from, block ? 0 : refusal(b, row), block ? (enum check)row->check : CHECK_NONE);
		add_piece(p, ++from, SECCOMP_RET_ALLOW, CHECK_NONE);
	}
	/* Newer calls than the table's: as on the kernel that it was written for.  The x32 numbers lie among them. */
	add_piece(p, UNKNOWN, SECCOMP_RET_ERRNO | E_NOSYS, CHECK_NONE);
}

/* One instruction: the answer, or a jump to the block, its distance filled in when the block is there. */
static void emit_piece(struct builder *b, const struct piece *piece)
{
	if (piece->check == CHECK_NONE)
		answer(b, piece->action);
	else
		emit(b, BPF_JMP | BPF_JA, piece->check, 0, 0);
}

/* A single number within one answer: a comparison and two leaves do. */
static bool is_single(const struct piece *p)
{
	return p[2].start == p[1].start + 1 && p[0].action == p[2].action && p[0].check == p[2].check;
}

/*
 * A binary search over the pieces' starts.  Nothing but the number is loaded, so that the kernel can tell which calls are
 * always allowed and leave the program out for them (kernel/seccomp.c, seccomp_cache_prepare).
 */
static void emit_tree(struct builder *b, const struct pieces *p)
{
	struct { uint16_t low, high, from; } stack[20];
	uint32_t depth = 1;

	stack[0].low = 0;
	stack[0].high = (uint16_t)p->count;
	stack[0].from = UINT16_MAX;
	while (depth && !b->failed) {
		uint16_t low = stack[--depth].low, high = stack[depth].high, middle = (uint16_t)((low + high) / 2);

		if (stack[depth].from != UINT16_MAX)
			b->out[stack[depth].from].jt = distance(b, stack[depth].from);
		if (high - low == 1) {
			emit_piece(b, &p->at[low]);
		} else if (high - low == 3 && is_single(&p->at[low])) {
			emit(b, BPF_JMP | BPF_JEQ | BPF_K, p->at[low + 1].start, 0, 1);
			emit_piece(b, &p->at[low + 1]);
			emit_piece(b, &p->at[low]);
		} else {
			middle = (uint16_t)(middle + (high - low > 3 && (middle - low) % 2 == 0));	/* odd parts have more singles */
			stack[depth].low = middle;
			stack[depth].high = high;
			stack[depth++].from = (uint16_t)emit(b, BPF_JMP | BPF_JGE | BPF_K, p->at[middle].start, 0, 0);
			stack[depth].low = low;
			stack[depth].high = middle;
			stack[depth++].from = UINT16_MAX;
		}
	}
}

/* Makes the tree's jumps to this check's block, `end` instructions long, meet here; false where there are none. */
static bool meet(struct builder *b, enum check check, uint32_t end)
{
	bool any = false;

	for (uint32_t i = 0; i < end; i++)
		if (b->out[i].code == (BPF_JMP | BPF_JA) && b->out[i].k == (uint32_t)check && !b->out[i].jt) {
			b->out[i].k = b->len - i - 1;
			b->out[i].jt = 1;	/* done: a distance may look like another check's number */
			any = true;
		}
	return any;
}

static void emit_blocks(struct builder *b)
{
	uint32_t end = b->len;

	for (uint32_t i = 0; i < ROWS && !b->failed; i++) {
		if (table[i].check < CHECK_ARGUMENTS || !meet(b, table[i].check, end))
			continue;
		b->bad = refusal(b, &table[i]);
		emit_check(b, table[i].check);
	}
	for (uint32_t i = 0; i < end; i++)
		if (b->out[i].code == (BPF_JMP | BPF_JA))
			b->out[i].jt = 0;
}

uint32_t bk_filter_build(const struct bk_filter_spec *spec, struct sock_filter *out, uint32_t cap)
{
	struct builder b = { .spec = spec, .out = out, .cap = cap };
	struct pieces pieces;

	if (spec->arch != AUDIT_ARCH_X86_64 && spec->arch != AUDIT_ARCH_AARCH64)
		return 0;
	cut(&b, &pieces);
	load(&b, offsetof(struct seccomp_data, arch));
	emit(&b, BPF_JMP | BPF_JEQ | BPF_K, spec->arch, 1, 0);
	answer(&b, SECCOMP_RET_KILL_PROCESS);
	load(&b, offsetof(struct seccomp_data, nr));
	emit_tree(&b, &pieces);
	emit_blocks(&b);
	return b.failed ? 0 : b.len;
}

/* --- looking up --- */

static enum bk_filter_job job_of(const struct row *row)
{
	if (row->check == CHECK_EXEC)
		return BK_JOB_EXEC;
	if (row->check == CHECK_MAP)
		return BK_JOB_MAP;
	if (row->check == CHECK_PROTECT || row->check == CHECK_SHMAT)
		return BK_JOB_CODE;
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
		call.name = bk_text_of(table[i].name);
		call.technique = bk_text_of(techniques[table[i].technique]);
		break;
	}
	return call;
}
