/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files under the notify mechanism.  The shim makes each judged call itself, on descriptors of its own, so that nothing that the caller can
 * change lies between the decision and the act:
 *
 *	resolve    where a path of a task leads: a descriptor of the folder, the last name in it, a descriptor of what is there
 *	files      their verdict
 *	acts       which calls there are, what is asked of each, and how it is made
 *	landlock   the kernel's own wall beneath, for what must be let go (FIFOs, terminals) and for places without notifications
 */
#ifndef BK_SHIM_FILES_H
#define BK_SHIM_FILES_H

#include "shim/acts.h"
#include "shim/notify.h"

/*
 * Where the path in s->scratch->walk, which is used up, leads for task `tid`, relative to its descriptor `directory` or BK_AT_CWD.  Does what
 * fs/namei.c does, step by step, because the links of /proc mean other things to the shim: /proc/self, /proc/self/fd/N.  Uses scratch->called.
 * `out` has room for BK_PATH_MAX + BK_NAME_MAX bytes.  Returns 0 or -errno; that nothing is there at the end is no error.
 */
int bk_resolve(struct bk_shim *s, int tid, int directory, unsigned how, char *out, struct bk_target *place);
/* The same of a descriptor of the task. */
int bk_resolve_descriptor(struct bk_shim *s, int tid, int descriptor, char *out, struct bk_target *place);

/* True where what the shim does in a task's place is done with that task's own rights. */
bool bk_same_rights(struct bk_shim *s, int tid);
/* The capabilities that a task may use now (capabilities(7)), as bits; none where it cannot be seen. */
uint64_t bk_files_capabilities(struct bk_shim *s, int tid);

/* Answers a call of BK_JOB_FILE. */
void bk_files_notified(struct bk_shim *s, const struct seccomp_notif *n);

#endif
