/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files under the notify mechanism.  The shim makes each judged call itself, on descriptors of its own, so that nothing that the caller can
 * change lies between the decision and the act:
 *
 *	resolve    where a path of a task leads: a descriptor of the folder, the last name in it, a descriptor of what is there
 *	files      which calls there are, what is asked of each, and how the shim makes it
 *	landlock   the kernel's own wall beneath, for what must be let go (FIFOs, terminals) and for places without notifications
 */
#ifndef BK_SHIM_FILES_H
#define BK_SHIM_FILES_H

#include "shim/notify.h"

#define BK_NAME_MAX 256u		/* NAME_MAX and a slash (linux/limits.h) */

/* Descriptors are O_PATH; bk_target_close() afterwards. */
struct bk_target {
	int  folder;			/* -1: reached by a descriptor or a link of /proc, hence in no folder that could be named */
	int  object;			/* what is there, -1: nothing; may be the folder itself, whose name is then "." or ".." */
	char name[BK_NAME_MAX + 2];	/* in the folder; ends with a slash where the path did */
	struct stat st;			/* of the object */
	struct bk_text path;		/* canonical, in the buffer that was given */
};

#define BK_RESOLVE_FOLLOW 1u		/* a symbolic link at the end is followed */
#define BK_RESOLVE_MAKE	  4u		/* a slash behind the last name is left to the call that is made with it: names that come or go */
#define BK_RESOLVE_EMPTY  2u		/* the path may be empty: the descriptor itself (AT_EMPTY_PATH) */

/*
 * Where the path in s->scratch->walk, which is used up, leads for task `tid`, relative to its descriptor `directory` or BK_AT_CWD.  Does what
 * fs/namei.c does, step by step, because the links of /proc mean other things to the shim: /proc/self, /proc/self/fd/N.  Uses scratch->called.
 * `out` has room for BK_PATH_MAX + BK_NAME_MAX bytes.  Returns 0 or -errno; that nothing is there at the end is no error.
 */
int bk_resolve(struct bk_shim *s, int tid, int directory, unsigned how, char *out, struct bk_target *place);
/* The same of a descriptor of the task. */
int bk_resolve_descriptor(struct bk_shim *s, int tid, int descriptor, char *out, struct bk_target *place);
void bk_target_close(struct bk_target *place);

/* True where what the shim does in a task's place is done with that task's own rights. */
bool bk_same_rights(struct bk_shim *s, int tid);
/* The capabilities that a task may use now (capabilities(7)), as bits; none where it cannot be seen. */
uint64_t bk_files_capabilities(struct bk_shim *s, int tid);

/* Answers a call of BK_JOB_FILE. */
void bk_files_notified(struct bk_shim *s, const struct seccomp_notif *n);

#endif
