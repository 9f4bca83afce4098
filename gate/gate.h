/* SPDX-License-Identifier: Apache-2.0 */
/*
 * buckler-gate.so: buckler inside the function's own processes, for places where the kernel helps nobody (AWS Lambda).
 *
 * Preloaded, it runs before the program and its libraries.  It finds every `syscall` instruction by which unmodified code can make a
 * relevant call, and leads it through bk_gate_hook(): the same decisions as the shim's, made on the caller's behalf.  It is no wall: machine
 * code that runs in the process can make its own system calls (SECURITY.md).
 *
 *	start      finds its ground, patches what is loaded, seals itself
 *	load       static programs: maps them, patches, jumps to them
 *	self       what a program that it has loaded asks about itself
 *	known      what the shim's tables say of an object
 *	patch      stubs and jumps
 *	sites, number, object, extent, symbol, decode	what is patched, and how
 *	table, key	what is known of an object beforehand
 *	enter      (arch/) from a stub to bk_gate_hook() and back, on the caller's stack
 *	hooks      which call means what
 *	exec       execve: gather, decide, act on an own copy
 *	map        mmap, mprotect, munmap, mremap, shmat
 *	files      calls on files, on descriptors of what their paths lead to
 *	follow, straight	where paths lead, and where that needs no look
 *	network    connections and listening, on an own copy of the address
 *	send       sends with an address, and what is received of a resolver
 *	image      files by identity
 *	memory     the caller's memory without faulting; what lies at an address
 *	report     events into the ring
 *
 * Rules for all of it: no libc, no vector registers (the caller's are live), no lock that a signal or a longjmp could leave held, no state that a
 * child of vfork could leave behind.  On the caller's stack at most 2 KiB; what needs more runs on memory of its own (bk_gate_work()).
 */
#ifndef BK_GATE_H
#define BK_GATE_H

#include "core/gate.h"
#include "gate/table.h"
#include "shim/sys.h"
#include "shim/text.h"

#define BK_CALLS	512u		/* numbers of system calls that there may be */
#define BK_PATH_MAX	4096u		/* PATH_MAX (linux/limits.h) */
#define BK_SEALS	48u

/* A stretch of memory that nobody may change any more: the gate, its stubs, patched text. */
struct bk_seal {
	uintptr_t from, to;
	bool text;			/* may be given the protection that it has */
};

/* How far an object, or all of them, could be led through the gate. */
struct bk_cover {
	uint32_t routed, uncovered, unroutable;	/* counts of system call instructions, or what may be some */
};

/* Memory for stubs: the address of bk_gate_enter, then for each site a record and code. */
struct bk_stubs {
	uintptr_t base, next;
};

/* All that the gate knows; read-only from the end of its start on (gate/layout.ld). */
struct bk_gate {
	uint8_t relevant[BK_CALLS / 8];	/* first: enter.S reads it */
	const struct bk_ground *ground;	/* NULL: nobody asked for the gate here */
	struct bk_ring *ring;
	const struct bk_live *live;	/* NULL: connections are not judged */
	struct bk_policy policy;
	enum bk_mode least;
	int self, ground_fd, ring_fd;	/* pid at the start; descriptors of the shim */
	uint32_t uid;
	uint64_t proc_device, ring_device, ring_inode;
	uint64_t sites_inode;		/* of the shim's tables, on the ring's device */
	struct bk_table known;
	struct bk_making *making;	/* the tables that this process adds to; NULL: it does not */
	struct bk_stubs stubs;		/* of all objects that the loader has mapped before */
	uint64_t own_device, own_inode;	/* of the program; 0 where something of it had to be led through the gate */
	bool main;			/* `main:` has not been met yet */
	bool loaded;			/* the gate has loaded the program, which is static */
	bool small_stacks;		/* the program is Go's, whose stacks have no room for the gate */
	bool first;			/* this is the process that the platform started */
	bool closed;			/* it is read-only */
	bool writes, reads;		/* the policy has sections for files: calls that write, calls that read */
	uint32_t seals;
	struct bk_cover cover;
	struct bk_seal seal[BK_SEALS];
	char image[512];		/* canonical path of the program that runs here */
};
extern struct bk_gate bk_gate;

/* The registers of a call as they are at its instruction; enter.S knows the layout. */
struct bk_frame {
	long number, a, b, c, d, e, f;
	const void *record;
	long bp;
};

/* --- enter ------------------------------------------------------------------------------------------------------------- */

/* Where stubs jump to, with RAX the number and R11 the stub's record: the address of the call; what follows is two bytes behind. */
void bk_gate_enter(void);
/* Runs `run` on the stack that ends at `top`; returns what it returns. */
long bk_gate_on(void *top, long (*run)(void *), void *arg);
/* False: the call is to be made; true: it was answered, frame->number is the result.  Called by enter.S. */
bool bk_gate_hook(struct bk_frame *frame);

/* --- hooks --------------------------------------------------------------------------------------------------------------- */

void bk_hooks_start(void);		/* fills bk_gate.relevant */
bool bk_hooks_relevant(uint32_t number);
/* The policy's, or that of BUCKLER_MODE where it is less strict. */
enum bk_mode bk_mode_of(enum bk_section section);
/* True where calls of the section are judged. */
bool bk_judges(enum bk_section section);
/* As bk_gate_hook(), on this stack. */
bool bk_gate_judge(struct bk_frame *frame);
/* For a program whose stacks are too small (Go): calls are judged on others from now on. */
void bk_hooks_make_stacks(void);

/* --- self ------------------------------------------------------------------------------------------------------------------ */

/* Calls by which a program that the gate has loaded may ask for its own file, besides those that are judged anyway; 0 behind them. */
extern const uint16_t bk_self_calls[];
/* "/proc/self/exe", by thread and by number too, where the gate has loaded the program: bk_gate.image is meant. */
bool bk_self_is(const char *path);
/* Answers one that does. */
bool bk_self_hook(struct bk_frame *frame);

/* --- known --------------------------------------------------------------------------------------------------------------- */

/* An object, and what a table says of it. */
struct bk_known {
	struct bk_table_key key;	/* under which it will be known; kind 0: none */
	struct bk_table table;
	const struct bk_table_entry *entry;	/* NULL: nothing; valid until something is added */
	const char *path;
};
/* Maps the shim's tables; `first`: they may still be added to. */
void bk_known_start(bool first);
/* Writes what was added; nobody can add more once `main:` has been met. */
void bk_known_finish(void);
/* Looks for an object that was loaded from `path`, which is kept. */
bool bk_known_find(const struct bk_object *o, const char *path, struct bk_known *known);
/* It does not fit: says so, and nobody sees it again. */
void bk_known_refuse(struct bk_known *known);
/* Adds what is being found out: begin, each site, end.  Nothing happens where nothing is added to. */
void bk_known_begin(const struct bk_known *known);
void bk_known_site(const struct bk_site *site);
void bk_known_end(uint32_t uncovered);

/* --- patch ---------------------------------------------------------------------------------------------------------------- */

/*
 * Routes the sites in [from, to) of an object whose address `a` lies at `bias + a`; `view` may be the file.  They are those of the table
 * where `known` has one and each fits, else they are looked for.  The memory is made writable and executable meanwhile, and is sealed where anything was
 * changed.  Returns 0 or -errno with nothing changed.
 */
int bk_patch(const struct bk_object *view, uintptr_t bias, uint64_t from, uint64_t to, struct bk_known *known, struct bk_cover *cover);
/* True where [from, from + size) touches what is sealed. */
bool bk_sealed(uintptr_t from, size_t size);
/* The same for text that would keep its protection. */
bool bk_sealed_against(uintptr_t from, size_t size, long protection);
int bk_seal(uintptr_t from, uintptr_t to, bool text);
/*
 * Makes the stubs and the gate's knowledge read-only; 0 or -errno.  What is sealed later, of libraries that come later, is remembered beside it,
 * unguarded.
 */
int bk_gate_close(void);

/* --- memory ----------------------------------------------------------------------------------------------------------------- */

/* True where the byte can be read; asks the kernel, never faults. */
bool bk_readable(const void *at);
/* Copies a string of the caller; its length, -EFAULT, or -ENAMETOOLONG where it does not fit with its NUL. */
long bk_user_string(const char *from, char *to, size_t cap);
/* The same for many strings side by side: `page` is the one that was found readable last, 0 at first. */
long bk_user_string_near(const char *from, char *to, size_t cap, uintptr_t *page);
/* Copies bytes; 0 or -EFAULT. */
long bk_user_copy(const void *from, void *to, size_t size);

/* What lies at an address, or behind it where nothing does (start > address). */
struct bk_mapping {
	uintptr_t start, end;
	uint64_t inode;
	uint32_t path;			/* bytes of the name */
	bool writable, shared;
};
/* The name goes into name[cap]; 0 or -errno. */
int bk_mapping_find(uintptr_t address, struct bk_mapping *m, char *name, size_t cap);

/*
 * Memory for one call: `size` bytes of it behind a stack.  What a child of vfork takes stays in its parent's memory when it executes
 * another image: the next call gives that back.
 */
struct bk_work {
	uint64_t key;			/* of this use */
	size_t size;			/* of all of it */
	unsigned slot;
	struct bk_frame *frame;
	char path[BK_PATH_MAX + 64], called[BK_PATH_MAX], interpreter[BK_PATH_MAX + 64], name[BK_PATH_MAX + 64], walk[BK_PATH_MAX];
	char option[256];
	uint8_t sha256[32], block[4096];
	char stack[32768];
	char rest[];
};
/* Maps it with `rest` bytes at its end; NULL where there is no memory. */
struct bk_work *bk_gate_work(size_t rest);
void bk_gate_work_end(struct bk_work *work);

/* --- image ---------------------------------------------------------------------------------------------------------------------- */

struct bk_file {
	int fd;				/* O_PATH, -1: none */
	uint64_t device, inode, size;
	uint32_t mode;
	bool anonymous;			/* memory file or deleted */
	struct bk_text path;		/* canonical */
};
/* "/proc/thread-self/fd/<fd>": /proc/self has none once the first thread has ended. */
char *bk_fd_link(char out[64], int fd);
/* Opens without reading; the canonical name goes into name[BK_PATH_MAX].  0 or -errno. */
int bk_file_open(struct bk_file *f, int directory, const char *path, int flags, char *name);
/* Fills in all but fd from a descriptor. */
int bk_file_of(struct bk_file *f, int fd, char *name);
void bk_file_close(struct bk_file *f);
/*
 * Closes a descriptor that is not O_PATH: whichever of a file is closed, the process loses its record locks on it (fcntl(2), F_SETLK).  Where anybody has
 * one, the descriptor stays open until the next exec instead.
 */
void bk_close_unlocked(int fd);
/* bk_decide() with the hash, or the knowledge that none is needed, supplied where the policy asks for it. */
struct bk_decision bk_file_judge(struct bk_request *r, const struct bk_file *f, uint8_t sha256[32]);
/* True where nobody in the function can change the way by which `name` led to the file. */
bool bk_file_fixed(const struct bk_file *f, struct bk_text name);
/* All of an open file to read, `size` bytes; NULL where it cannot be had.  Given back with sys_munmap(). */
const void *bk_view_file(int fd, size_t size);
/* The first bytes of the file: 0, or -errno where it cannot be read. */
long bk_file_read(const struct bk_file *f, void *to, size_t size, uint64_t at);

/* --- report ------------------------------------------------------------------------------------------------------------------------ */

/* Into the ring, and wakes the shim. */
void bk_report(enum bk_event_kind kind, const struct bk_request *r, const struct bk_decision *d);
/* A destination or a listener; connect and listen only. */
void bk_report_connection(const struct bk_request *r, const struct bk_decision *d, const char *note);
/* A system call that the kernel's own filter would refuse elsewhere. */
void bk_report_call(const char *name, const char *technique);
/* A sentence about this process: what could not be covered, why it ends. */
void bk_report_note(enum bk_verdict verdict, const char *path, const char *note);
/*
 * System call instructions of an object that may matter and that no jump fits: said in the main process.  True where the policy does not
 * run with less than it asks for (`unsupported: refuse`): said with `refusal` then, and the object must not be used.
 */
bool bk_report_unrouted(const char *path, uint32_t count, enum bk_verdict refusal);
/* Ends the process. */
_Noreturn void bk_gate_die(void);

/* --- the calls ----------------------------------------------------------------------------------------------------------------------- */

long bk_hook_exec(struct bk_frame *f, int directory, const char *path, char **argv, char **envp, int flags);
bool bk_hook_mmap(struct bk_frame *f);
bool bk_hook_mprotect(struct bk_frame *f);
bool bk_hook_munmap(struct bk_frame *f);
bool bk_hook_mremap(struct bk_frame *f);
bool bk_hook_open(struct bk_frame *f, int directory, const char *path, long flags);
/* Opens by one call where that is enough (straight.c); true: *result is the kernel's answer. */
bool bk_open_straight(int directory, const char *path, unsigned flags, unsigned mode, long *result);
/* True, with the event, where what is about to be opened is the memory of a process or the shim's. */
bool bk_open_guarded(struct bk_text name, const struct stat *st, unsigned long flags);
/* A call on files that the policy has a section for (shim/acts.h). */
bool bk_hook_file(struct bk_frame *f);
bool bk_hook_socket(struct bk_frame *f);
bool bk_hook_connect(struct bk_frame *f);
bool bk_hook_bind(struct bk_frame *f);
bool bk_hook_listen(struct bk_frame *f);
bool bk_hook_sendto(struct bk_frame *f);
bool bk_hook_sendmsg(struct bk_frame *f);
bool bk_hook_sendmmsg(struct bk_frame *f);
bool bk_hook_recvfrom(struct bk_frame *f);
bool bk_hook_recvmsg(struct bk_frame *f);
bool bk_hook_recvmmsg(struct bk_frame *f);
bool bk_hook_getpeername(struct bk_frame *f);
/* The first image of this process, judged by the gate itself where nobody has; `argv` as the kernel gave it. */
void bk_exec_first(const char *called, char **argv);

#endif
