/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shim's state and its parts.  All that it must remember between two events is one struct bk_shim, one page; its stack is one
 * page at rest.  Everything larger lives in the scratch area, which is given back to the kernel when nothing is under way.
 *
 *	options   argv and environment -> what to do
 *	child     starts the function: filter, listener, exec
 *	loop      waits for notifications, signals and stopped processes
 *	notify    answers notifications; judges the image that an exec really loaded
 *	trace     the same where no process may listen: a tracer's stops become notifications
 *	gather    reads memory and files of a process into a struct bk_request
 *	files     opens, makes, removes files in the place of the function
 *	acts      calls on files: what is asked of each, how it is made; the gate has it, too
 *	landlock  the kernel's wall beneath
 *	image     files: canonical path, identity, hash, can the function change it
 *	watch     processes looked at from outside, where nothing of the above is offered
 *	process   what /proc says of a process
 *	log       events to lines, throttled, never blocking
 *	network   connections, sends, listening: made on duplicates of the function's sockets (network.h)
 *	probe     `--probe`: what this place offers
 */
#ifndef BK_SHIM_H
#define BK_SHIM_H

#include "core/decide.h"
#include "core/filter.h"
#include "core/gate.h"
#include "core/plan.h"
#include "core/record.h"
#include "core/sha256.h"
#include "shim/sys.h"
#include "shim/text.h"

#define BK_PATH_MAX	4096u		/* PATH_MAX (linux/limits.h) */
#define BK_ARGV_MAX	(128u << 10)	/* bytes of arguments read before a call; more is `cut` */
#define BK_FEW_POINTERS	256u		/* bytes of argument pointers that are read together with the path */
#define BK_STACK_MAX	(6u << 20)	/* bytes of a new image's stack: arguments and environment (execve(2): 3/4 of 8 MiB) */

/* Options; everything here points into the initial stack or is a number. */
struct bk_options {
	char **argv, **envp;		/* of the function; argv[0] is searched in PATH */
	const char *policy;		/* path, or NULL: default places */
	int policy_fd, log_fd;		/* -1: none */
	enum bk_mode least;		/* BUCKLER_MODE */
	enum bk_form form;
	const char *function;		/* the name that the place gives the function, or NULL */
	const char *shim_path;		/* argv[0] */
	bool probe, help, version;
	char own_program[256];		/* the command where none was given */
};
/* Returns 0, or an exit status after having written a message. */
int bk_options_read(struct bk_options *o, int argc, char **argv, char **envp);

enum { BK_SHA_UNKNOWN, BK_SHA_PLAIN, BK_SHA_FAST };

/* A file that was looked at; kept so that it need not be looked at again.  Found by identity, never by name. */
struct bk_seen {
	uint64_t inode, changed;	/* changed: ctime in nanoseconds; 0: entry is free */
	uint32_t device;
	uint16_t flags;			/* BK_SEEN_* */
	uint16_t hash;			/* index in bk_shim.hash plus 1; 0: not computed */
};
#define BK_SEEN_FIXED	2u		/* the function can change neither it nor the way to it */
#define BK_SEEN_LOOSE	4u		/* it can */
#define BK_SEEN_IMAGE  16u		/* does not begin with #! */
#define BK_SEEN_LIBRARY 32u		/* was allowed to be mapped executable */
#define BK_SEEN_MAX	48u
#define BK_HASHES	12u

/* A call that was let go and whose result will be judged when the process stops behind it. */
struct bk_flight {
	int32_t  tid;			/* 0: free */
	uint16_t kind;			/* enum bk_filter_job */
	uint16_t flags;			/* BK_FLIGHT_* */
	uint32_t device;		/* what was vetted */
	uint64_t inode;
};
#define BK_FLIGHT_MAIN	1u
#define BK_FLIGHT_BEFORE 2u		/* the next stop is the one before the call: bk_shim.stops_twice */
#define BK_FLIGHTS	16u

/* A repeated event, counted rather than written. */
struct bk_repeat {
	uint64_t key;
	uint32_t first, count;		/* seq of the line that was written; events since */
	uint32_t since;			/* seconds, CLOCK_MONOTONIC, of the last line */
	uint16_t kind, verdict;
};
#define BK_REPEATS	24u

/* Hints for mmap(2): near the text, where they share its page tables. */
#define BK_NEAR_POLICY  ((void *)0x500000)
#define BK_NEAR_SCRATCH ((void *)0x20000000)

/* Bytes of another process; strings mostly lie side by side, so what the last read brought is looked at first. */
struct bk_window {
	uint64_t at, size;
	char     bytes[1024];
};

/* Large buffers; contents never survive an idle moment. */
struct bk_scratch {
	char interpreter[BK_PATH_MAX + 384];
	char flight_parent[BK_FLIGHTS][512];
	uint8_t block[16384];		/* file contents on their way into a hash; text of /proc/PID/maps */
	uint32_t held_count;		/* trace.c: stopped tasks whose call is looked at once one in flight has landed */
	int held[1024];
	char argv[BK_ARGV_MAX + BK_PATH_MAX];
	struct seccomp_notif waiting[BK_FLIGHTS];	/* calls that are looked at when an exec in flight has landed (notify.c) */
	char parent[BK_PATH_MAX + 64], name[BK_PATH_MAX + 64];
	struct bk_slot slot;
	uint64_t pointers[512], pointers_at, pointers_size;	/* size 0: none were read ahead */
	struct bk_window window;
	/* From here on, up to the first bytes of `stack`: what each start needs. */
	char called[BK_PATH_MAX], walk[BK_PATH_MAX + 64];
	char path[BK_PATH_MAX + 384];	/* a name more than a path (files.h) */
	char line[BK_LINE_MAX];
	int vetted;			/* task whose vetted image's name is still in `path` */
	struct seccomp_notif notification;
	struct seccomp_notif_resp answer;
	char stack[BK_STACK_MAX];
};
#define BK_SCRATCH_FIRST  __builtin_offsetof(struct bk_scratch, called)
#define BK_SCRATCH_BEHIND (__builtin_offsetof(struct bk_scratch, stack) + 2 * BK_PAGE)

struct bk_pending;
struct bk_names;

struct bk_shim {
	struct bk_policy policy;
	struct bk_scratch *scratch;
	struct bk_place place;
	struct bk_plan plan;
	enum bk_mode least;
	enum bk_form form;
	int listener, signals, log, watch;	/* descriptors, -1: none */
	int events;			/* epoll: sockets of calls that wait, -1: none yet */
	int own_fds;			/* /proc/self/fd, -1: not opened yet */
	int main_pid, self, group, wait_timer;
	uint32_t uid;
	uint32_t seq, dropped, tokens, token_time;
	int terminal;			/* descriptor of the controlling terminal that was given to the function, -1: none */
	bool started, main_refused, unsupported, timer_runs;
	bool tracing;			/* every task of the function is traced, and its judged calls stop it (trace.h) */
	bool stops_twice;		/* a call stops before itself, too, once the filter has called the tracer (trace.c) */
	bool wakes_here;		/* the listener's flag (notify.c) */
	bool settled, left;		/* the child is in its own memory; ours has given up the initial mappings */
	bool stops_untold, childless;	/* SIGCHLD does not tell of stops; wait4 said that there is no child */
	bool stops;			/* wait4 had something to say when it was last asked */
	uint8_t sha;			/* BK_SHA_* */
	uint8_t own_variables, main_seen, main_execs;
	uint16_t flights_used, task_root_length, waiting_used;
	bool landed;			/* a flight, since what waits was looked at */
	struct bk_ring *ring;		/* of the gate, NULL: none */
	uint32_t ring_next, ring_lost, ring_stuck;
	uint32_t gate_device;		/* which file the gate is */
	uint64_t gate_inode;
	uint32_t seen_next, hash_next;
	uint64_t task_root, credentials;	/* hashes: of the task root's name, of what the shim itself may do */
	struct bk_pending *pending, *pending_own;	/* network.h; own: on the stack's page */
	uint32_t pending_cap, pending_used;
	int caller, caller_pidfd;	/* task that a socket was duplicated from last, 0: none */
	struct bk_names *names;		/* names.h; NULL: the policy has none */
	struct bk_endpoint implicit[BK_IMPLICIT];	/* what the platform gave the function to talk to; family 0: none */
	uint8_t own[12][16];		/* hashes of the injection variables that the function itself was given */
	struct bk_flight flight[BK_FLIGHTS];
	struct bk_repeat repeat[BK_REPEATS];
	struct bk_seen seen[BK_SEEN_MAX];
	uint8_t hash[BK_HASHES][32];	/* SHA-256 of files seen */
};
_Static_assert(sizeof(struct bk_shim) <= BK_PAGE, "the shim's state is one page");

/* --- policy file (policy_file.c) ----------------------------------------------------------------------------------- */

/* Maps the policy, checks its header and keeps it.  Returns 0 or an exit status after having written the event. */
int bk_policy_map(struct bk_shim *s, const struct bk_options *o);
/* Checks the rest, the same way; nothing may be decided before.  The scratch area's `called` must be as the first part left it. */
int bk_policy_check(struct bk_shim *s);

/* --- child ---------------------------------------------------------------------------------------------------------- */

/* What the starting child and the shim tell each other; on the initial stack, which both see. */
struct bk_start {
	struct bk_shim *shim;
	const struct bk_options *options;
	char **envp;			/* of the function */
	const char *image;		/* path to execute */
	uint64_t mask;			/* signal mask to give back */
	uint32_t filter_flags;
	volatile uint32_t ready;	/* futex: the child has said all below */
	volatile int listener;		/* descriptor number, or -errno of the listener */
	volatile int filter;		/* 0 or -errno of a plain filter */
	volatile uint32_t offers;
	volatile uint32_t landlock;	/* ABI in force */
	volatile int exec_error;	/* errno of execve, 0 */
	volatile uint32_t probed;	/* futex, only with the network judged: 1 the child's sockets can be duplicated, 2 they cannot */
	int vm_tid;			/* cleared by the kernel when the child leaves this memory */
	volatile uint32_t go;		/* futex: without a listener the child waits for it: BK_GO_* */
};
/* Starts the function's process; fills s->listener, s->place, s->main_pid.  Returns 0 or an exit status with the message written. */
int bk_child_start(struct bk_shim *s, struct bk_start *start);
/* Lets a child go on that has no listener to wait for. */
void bk_child_go(struct bk_start *start);
enum { BK_GO_FILTER = 1, BK_GO_GATED, BK_GO_TRACED, BK_GO_EXEC };	/* install the plain filter; the same, without a wall; one that calls a tracer; execute */
/* Finds `name` as execvp(3) does; returns the path to use, in `out` where it had to be searched. */
const char *bk_child_search(const char *name, char *const *envp, char *out, size_t cap);

/* --- files, landlock ---------------------------------------------------------------------------------------------------- */

/* Notes the task root that the function's environment names. */
void bk_files_start(struct bk_shim *s, char *const *envp);
/* In the child: what files.write allows, as rules of the kernel; returns the ABI that is in force, 0 where there is none. */
uint32_t bk_landlock_restrict(const struct bk_shim *s);
/* In the child, behind its filter: rules for TCP; `shim_makes`: the shim makes the function's calls, else they are let go.  True where rules are in force. */
bool bk_landlock_restrict_network(const struct bk_shim *s, bool shim_makes);
/*
 * A rule set that forbids no file, for where the other two are not made: the kernel lets nobody in it trace or write to the memory of who is
 * not, whatever its privileges (security/landlock/task.c).  Nor does it let them mount (fs.c), which is refused anyway where it is enforced.
 * Without privileges the shim is out of reach already: it is not dumpable.
 */
void bk_landlock_stand_apart(void);

/* --- gate (gate.c) ------------------------------------------------------------------------------------------------------ */

/* Says in s->place whether the gate could be used for `image` (NULL: any); nothing is made yet. */
void bk_gate_probe(struct bk_shim *s, const char *image);
/* Makes the ground and the ring and puts the gate into the environment that the child will be given.  Needs s->policy. */
void bk_gate_prepare(struct bk_shim *s, struct bk_start *start);
/* Writes the lines of the events that have come. */
void bk_gate_drain(struct bk_shim *s);
/* The gate's own file: what a process runs that the gate has loaded a static program into. */
static inline bool bk_gate_is_file(const struct bk_shim *s, uint64_t inode, uint32_t device)
{
	return s->ring && inode == s->gate_inode && device == s->gate_device;
}
/* True once the gate has started in a process. */
bool bk_gate_said_hello(const struct bk_shim *s, int pid);

/* --- loop ------------------------------------------------------------------------------------------------------------ */

#define BK_WAIT_SIGNAL 63		/* of the timer that ends all waits of the loop; the only signal that is not blocked */
/* Once, before the rest: signal mask and timer of its waits. */
void bk_loop_ready(struct bk_shim *s);
/* Serves until the function has ended; returns its exit status (128 + n after signal n). */
int bk_loop(struct bk_shim *s, struct bk_start *start);
/* Called once, when the function's image is loaded and has not run yet: start event, `unsupported`, own protection.  `image`: empty where not known. */
void bk_loop_main_loaded(struct bk_shim *s, struct bk_text image);

/* --- notify ----------------------------------------------------------------------------------------------------------- */

/* Receives one notification and answers it, or leaves it in flight.  Returns false when the listener is dead. */
bool bk_notify_receive(struct bk_shim *s);
/* A process under ptrace stopped with wait status `status`; `tid` as wait4 gave it. */
void bk_notify_stopped(struct bk_shim *s, int tid, int status);
/* A task in flight has ended. */
void bk_notify_ended(struct bk_shim *s, int tid);

/* --- network (network_start.c) ---------------------------------------------------------------------------------------------- */

/* Tries on the function's process, before its exec, whether its sockets can be duplicated and its memory read; fills s->place. */
void bk_network_probe(struct bk_shim *s);
/* Takes from the environment and the arguments what the platform gave the function to talk to. */
void bk_network_start(struct bk_shim *s, const struct bk_options *o);

/* --- gather ------------------------------------------------------------------------------------------------------------ */

/* Writes all of it into the memory of a process, which where process_vm_writev is missing must be stopped under ptrace. */
bool bk_memory_write(int tid, uint64_t to, const void *from, size_t size);
/* Copies up to `size` bytes of a process's memory; returns how many, which ends early at the first unmapped page, or -errno. */
long bk_memory_read(int tid, uint64_t from, void *to, size_t size);
/* Reads what mostly suffices of a string and of a vector of pointers in one call, for the two below. */
void bk_memory_look(struct bk_shim *s, int tid, uint64_t string, uint64_t pointers);
/* A string through scratch->window, which is emptied for each call that is looked at; length without NUL, -ENAMETOOLONG, -EFAULT. */
long bk_memory_string(struct bk_shim *s, int tid, uint64_t from, char *to, size_t cap);

/* The arguments of an execve that has not happened yet, behind `used` bytes that are already in s->scratch->argv. */
int bk_gather_argv(struct bk_shim *s, int tid, uint64_t pointers, struct bk_args *out, uint32_t used);

/* The fresh stack of a process stopped at PTRACE_EVENT_EXEC. */
struct bk_fresh {
	uint64_t base;			/* address of scratch->stack[0] */
	uint32_t size;
	uint32_t envp;			/* offset of the environment's pointers */
	struct bk_args argv;
	struct bk_text called;		/* AT_EXECFN */
	bool whole;			/* all of it could be read */
};
int bk_gather_fresh(struct bk_shim *s, int pid, struct bk_fresh *out);
/* Removes injection variables that the policy does not list from a fresh stack, with an event each.  Returns how many stay
   that must not (0 normally). */
int bk_gather_scrub(struct bk_shim *s, int pid, struct bk_fresh *fresh, struct bk_text image);
/* Remembers which injection variables the function itself was started with. */
void bk_gather_own(struct bk_shim *s, char *const *envp);

/* --- image -------------------------------------------------------------------------------------------------------------- */

struct bk_image {
	int fd;				/* O_PATH, -1: none */
	struct bk_text path;		/* canonical */
	uint64_t inode, changed;
	uint32_t device, mode;
	bool anonymous;			/* memfd or deleted */
	struct bk_seen *seen;
};
/* Looks at the image of a process that is stopped behind its exec; the path goes into scratch->path, where that of the image that was vetted may still be. */
int bk_image_loaded(struct bk_shim *s, int pid, const struct bk_flight *f, struct bk_image *image);
/* Opens a path as process `tid` would (relative to `directory`, a descriptor of it or BK_AT_CWD); "" is the descriptor itself.
   Close image->fd afterwards. */
int bk_image_open(struct bk_shim *s, int tid, int directory, const char *path, char *out, struct bk_image *image);
void bk_image_close(struct bk_image *image);
/* Opens what later questions go through, where it is not open yet. */
void bk_image_ready(struct bk_shim *s);
/* What is known of a file with this identity, or NULL. */
struct bk_seen *bk_image_known(struct bk_shim *s, const struct stat *st);
/* True where any change of the file or its name from now on gives it another identity: its ctime is not of just now. */
bool bk_image_settled(const struct bk_image *image);
/* The file's hash through `link` (an openable path to it), from memory where it was computed before. */
const uint8_t *bk_image_sha256(struct bk_shim *s, struct bk_image *image, const char *link);
/* True where the function can change neither the file nor the way to it. */
bool bk_image_fixed(struct bk_shim *s, struct bk_image *image, const char *link);
/* True where `called`, a name that led to a fixed file, will lead to it again: the function can change nothing on that way either. */
bool bk_image_name_fixed(struct bk_shim *s, const struct bk_image *image, struct bk_text called);
/* Reads a script's first line: interpreter into `interpreter` and its one argument into `option`; false where it is none. */
bool bk_image_script(struct bk_shim *s, struct bk_image *image, const char *link, char *interpreter, char *option, size_t cap);

/* What lies at an address of a process: canonical name and inode of the mapping, from PROCMAP_QUERY or the text of maps. */
struct bk_mapping {
	uint64_t start, end, inode;
	uint32_t device;
	struct bk_text path;		/* in scratch->name; empty: anonymous */
	bool executable;		/* only known to bk_maps_next() */
};
int bk_mapping_at(struct bk_shim *s, int tid, uint64_t address, struct bk_mapping *m);

/* bk_decide() with the hash supplied where the policy asks for it. */
struct bk_decision bk_judge(struct bk_shim *s, struct bk_request *request, struct bk_image *image, const char *link);

/* --- log ----------------------------------------------------------------------------------------------------------------- */

void bk_log_open(struct bk_shim *s, int fd);
/* Fills what all events share from a decided request. */
void bk_log_fill(struct bk_shim *s, struct bk_event *e, enum bk_event_kind kind, const struct bk_request *r, const struct bk_decision *d, int pid);
/* Writes the event, or counts it as a repetition. */
void bk_log_event(struct bk_shim *s, struct bk_event *e);
/* Sums up what was counted: all of it, or only what is older than the interval. */
void bk_log_flush(struct bk_shim *s, bool all);
/* True where counts wait to be summed up. */
bool bk_log_pending(const struct bk_shim *s);
/* A refusal before the function started: event and text; returns 125. */
int bk_log_refuse(struct bk_shim *s, const char *what, const char *why);

int bk_probe(struct bk_shim *s);
/* BK_CAN_ADDFD and BK_CAN_ADDFD_SEND, as far as they are there. */
uint32_t bk_probe_adding(int listener);

/* Gives the scratch area's memory back, all content lost; ends the program where there is none. */
void bk_scratch_new(struct bk_shim *s);

/* What the page of the shim's state has left (main.c); nobody but the policy's copy uses it. */
void *bk_state_rest(size_t *size);
/* The lowest byte of the shim's own stack (main.c). */
char *bk_stack_low(void);

#endif
