/* SPDX-License-Identifier: Apache-2.0 */
/* One execve on its way: between gate/exec.c, which gathers and acts, and gate/program.c, which says what would run. */
#ifndef BK_GATE_EXEC_H
#define BK_GATE_EXEC_H

#include "core/segments.h"
#include "gate/gate.h"

struct bk_exec {
	struct bk_work *work;
	int directory, flags;
	const char *user_path;		/* the caller's memory, read once */
	char **user_argv, **user_envp;
	struct bk_request request;
	struct bk_file file;		/* what is judged */
	char **argv, **envp;		/* the gate's own, given to the kernel */
	char *next, *end;		/* free memory for them */
	uintptr_t page;			/* of the caller, which was read last */
	uint64_t device, inode;		/* of the image that the kernel will load */
	uint32_t before;		/* arguments that the kernel puts in front of a script's */
	enum bk_image_kind kind;	/* of the image */
	const char *why;		/* the gate does not get into it; NULL: it does */
	const char *written;		/* a script's interpreter as its first line has it */
	bool script;
	bool main;			/* `main:` has not been met yet */
};

/* Opens what was called and says what it is: image or script, its identity.  0 or -errno to answer. */
int bk_exec_look(struct bk_exec *x);
/* Where the image is the dynamic loader: the request becomes one for the program that it will load. */
int bk_exec_see_through(struct bk_exec *x);
/* True for an injection variable that the function itself was given with this very value. */
bool bk_own_variable(struct bk_text entry);

#endif
