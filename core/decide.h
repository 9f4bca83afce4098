/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The decision.  A mechanism gathers a request, bk_decide() says what the policy makes of it, the mechanism acts.
 * Pure: the same request and policy give the same decision in the shim, the gate, `buckler explain`, `replay` and the tests.
 */
#ifndef BK_CORE_DECIDE_H
#define BK_CORE_DECIDE_H

#include "core/policy.h"

/* bk_request.flags */
#define BK_REQ_MAIN		1u	/* the process that the platform started: judged by `main:` */
#define BK_REQ_ANONYMOUS	2u	/* a memory file (memfd, deleted file): has no name, is never allowed */
#define BK_REQ_UNCHANGEABLE	4u	/* the function can change neither the file nor the way to it: no hash needed */
#define BK_REQ_LOADER		8u	/* the dynamic loader was called as a program; path is the program that it will load */
#define BK_REQ_UNNAMED	       16u	/* loader or interpreter with no file that could be judged (unknown option, stdin) */
#define BK_REQ_TASK_ROOT      256u	/* files: below the folder that the place keeps the function's code in */
#define BK_REQ_OWN_OUTPUT     512u	/* files.write: what the caller's standard output or error leads to already */
#define BK_REQ_NAME	       64u	/* connect: a name is asked for (DNS), path is it; allowed where a rule names it, on whatever port */
#define BK_REQ_NET_STDIO     1024u	/* processes: standard input or output is a socket of the network */
#define BK_REQ_ANY_PORT	      128u	/* connect: no port counts; a socket that only asks for the way to an address */

struct bk_request {
	enum bk_section section;
	uint32_t        flags;		/* BK_REQ_UNCHANGEABLE of a script: the way by `called`, which its interpreter will take, too */
	struct bk_text  path;		/* canonical path of the image or the mapped file; for a script: the script.
					   environment: the whole entry "NAME=value" */
	struct bk_text  called;		/* processes: another absolute name under which the same file was called (/bin/sh for /usr/bin/dash);
					   asked only where no rule names path; empty: none */
	struct bk_text  interpreter;	/* canonical path of the image that runs the script; empty: path is no script */
	struct bk_args  argv;		/* whole, argv[0] first, as the kernel hands it to the image */
	uint32_t        first_arg;	/* index of the argument that the first pattern of `args` is compared with */
	struct bk_text  parent;		/* canonical path of the image that made the call; empty: unknown */
	const uint8_t  *sha256;		/* 32 bytes over path's content; NULL: not computed */
	const struct bk_endpoint *endpoint;	/* connect, listen: address and port (port_low) of the call, in one spelling (network.h); NULL: unknown.
						   path: the name that its address was given for (lower case), or of a unix socket the path or '@' and the name */
};

enum bk_verdict {
	BK_DENIED,			/* refuse (EACCES) */
	BK_KILLED,			/* end the process */
	BK_ALLOWED,
	BK_ALERTED,			/* would be denied, mode is alert: let it go, say so */
	BK_LEARNED,			/* mode is learn: let it go, say so */
	BK_NEED_SHA256			/* no verdict yet: compute the hash of path's content and ask again */
};

/* Why; ordered: of several rules that do not match the one with the highest reason is named. */
enum bk_reason {
	BK_WHY_NO_RULE,			/* no rule names this path */
	BK_WHY_NOT_MAIN,		/* the main process is another image than `main:` */
	BK_WHY_PARENT, BK_WHY_APPLET, BK_WHY_ARGS, BK_WHY_SHELL, BK_WHY_SHA256,
	BK_WHY_ANONYMOUS,		/* memory file or deleted file */
	BK_WHY_LOADER,			/* the loader with options that cannot be judged */
	BK_WHY_INTERPRETER,		/* a changeable script, and its interpreter is not allowed with these arguments */
	BK_WHY_PRIVATE,			/* files: memory or environment of a process */
	BK_WHY_TASK_ROOT,		/* files.write: the function's own code */
	BK_WHY_PLANTED,			/* files.code: no rule names it */
	BK_WHY_REMOTE_SHELL,		/* a shell that somebody on the network types into */
	BK_WHY_MINER,			/* arguments that name a mining pool */
	BK_WHY_UNSEEN,			/* never by bk_decide(): the mechanism may not look into the process that calls */
	BK_WHY_GATE,			/* never by bk_decide(): the in-process gate does not cover it; a note says what */
	BK_WHY_RULE,			/* a rule says deny or kill */
	BK_WHY_ALLOWED,			/* a rule allows it */
	BK_WHY_SECTION			/* the section is absent, off, or allows what no rule names */
};

struct bk_decision {
	enum bk_verdict verdict;
	enum bk_reason  reason;
	uint32_t        rule;		/* index of the deciding (or nearest) rule; UINT32_MAX: none */
};

/*
 * `least` caps how strict a section's mode may be (BUCKLER_MODE): BK_ENFORCE changes nothing.
 *
 * - kill wins over deny, deny over allow; among rules of one action the one with the lowest line is named.
 * - BK_NEED_SHA256 comes when only a hash is missing: a rule that allows and otherwise matches, path not BK_REQ_UNCHANGEABLE, and none that
 *   allows without; or a rule that forbids (reason BK_WHY_RULE), then also for what is unchangeable.  Asked again without a hash it says the same: deny then.
 *   In mode learn it never comes.
 * - What is not known does not save from a refusal: a rule that forbids matches where the parent or the endpoint is unknown and
 *   where its arguments do not match a cut vector.
 * - BK_REQ_MAIN: allowed by the `main:` rule, or like any process by `processes`.  Its arguments count only where the rule lists some.
 * - A script (interpreter set) is allowed by its own rule if it is unchangeable or its hash matched; else a rule must also allow the
 *   interpreter with argv[1...] as the kernel gives it.  That rule can have no hash, since there is none to compare it with.
 * - libraries: what no rule of the section forbids and a rule of `processes` allows to execute (path and hash), or `main:`, may be mapped.
 * - processes: where no rule names path, the rules are asked by `called`; one that forbids that name speaks in any case.  A rule with a hash then wants the hash even of what is
 *   unchangeable, and a link to a multi-call image stands for the applet of its name: argv[0] must say the same.
 * - A multi-call image: `args` are compared behind the applet where the rule names one, else behind the image's own name.
 * - environment: a pattern with '=' is compared with the whole entry, one without with the name.  A wildcard in a value never stands
 *   for a further path or option: the entry may have no more of `: ;` and blanks than the pattern.
 * - files.write, files.read: memory and environment of processes (bk_is_private) and, for writing, what is below the task root are
 *   refused whatever the rules say.  What has no name in a file system is allowed; so is, unless a rule forbids it, what is
 *   harmless (bk_is_harmless), and for writing BK_REQ_OWN_OUTPUT.
 * - files.code: asked of every name that comes to be by writing, linking or renaming; of names of code only what a rule lists is allowed.
 * - processes, but for the main process: a shell with BK_REQ_NET_STDIO, and arguments with a pool's address (stratum+tcp://), are refused
 *   whatever rule allows the program.
 * - connect, listen: the address, port and name of one rule; 64:ff9b::/96 and 2002::/16 also count as the IPv4 address in them; metadata
 *   services only by a rule for that address alone (network.h); AF_UNIX and other families only by rules that say `unix` or `family`.
 * - A rule with a template applies to a shell that is called as `sh [-CEefpuvx] [-o NAME] -c [--] STRING [NAME]`.
 */
struct bk_decision bk_decide(const struct bk_policy *policy, const struct bk_request *request, enum bk_mode least);

/* True where the caller must stop the operation. */
static inline bool bk_stops(enum bk_verdict v) { return v == BK_DENIED || v == BK_KILLED; }
/* True where the caller owes an event. */
static inline bool bk_speaks(enum bk_verdict v) { return v != BK_ALLOWED; }

const char *bk_verdict_name(enum bk_verdict verdict);	/* allowed learned alert denied killed */
const char *bk_reason_text(enum bk_reason reason);	/* a sentence without a full stop */

/* True for names that dynamic loaders have: ld-linux*.so.*, ld-musl-*.so.*, ld64.so.*, ld.so, ld-*.so. */
bool bk_is_loader(struct bk_text path);
/* Index of the program among the loader's own arguments, 0 where there is none or an option is unknown (then: BK_REQ_UNNAMED). */
uint32_t bk_loader_program(const struct bk_args *argv);
/* True for images with many programs in one file (busybox, toybox, coreutils): table in program.c. */
bool bk_is_multicall(struct bk_text path);
/* The applet that a multi-call image will run: basename of argv[0], or of argv[1] where argv[0] is the image's own name. */
struct bk_text bk_applet(struct bk_text path, const struct bk_args *argv, uint32_t *first_arg);
/* True for POSIX-like shells by file name (sh, bash, dash, ash, ksh, zsh, mksh, busybox applets): they have `-c`. */
bool bk_is_shell(struct bk_text name);
/* The `-c` string of a shell's argv, empty with at == NULL where there is none. */
struct bk_text bk_shell_command(const struct bk_args *argv, uint32_t first);

/*
 * Environment variables by which code gets into a process it was not meant for (LD_*, NODE_OPTIONS, PYTHONPATH, ...).
 * `entry` is "NAME=value"; returns the name's length where it is one of the table, else 0.
 */
uint32_t bk_injection_variable(struct bk_text entry);

/*
 * bk_decide(), and for a file that is written and may be, once more for files.code; request->section is then the one that decided.  For
 * tools: the shim knows more closely which of the two a call is about.
 */
struct bk_decision bk_decide_written(const struct bk_policy *policy, struct bk_request *request, enum bk_mode least);

/* /proc/PID/environ, /proc/PID/mem and the same of threads. */
bool bk_is_private(struct bk_text path);
/* Devices that keep nothing, terminals, names of threads: opening them changes and tells nothing. */
bool bk_is_harmless(struct bk_text path);
/* True for names by which interpreters and loaders find code: table in files.c. */
bool bk_is_code(struct bk_text path);
/* A folder's name can be remembered by its hash and its length; true for it and what is below it, never where the length is 0. */
uint64_t bk_path_hash(struct bk_text path);
bool bk_path_below(struct bk_text path, uint64_t folder, uint32_t length);
/* A pipe, a socket, a memory file or one that was deleted: in no folder, hence for no other process to find. */
bool bk_is_nameless(const struct bk_request *request);

#endif
