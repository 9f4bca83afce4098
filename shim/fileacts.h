/* SPDX-License-Identifier: Apache-2.0 */
/* What files.c and fileacts.c share: one call on files, from its arguments to its result. */
#ifndef BK_SHIM_FILEACTS_H
#define BK_SHIM_FILEACTS_H

#include "shim/files.h"

enum bk_act {
	BK_ACT_OPEN, BK_ACT_CREAT, BK_ACT_TRUNCATE, BK_ACT_MKDIR, BK_ACT_MKNOD, BK_ACT_SYMLINK, BK_ACT_UNLINK, BK_ACT_RMDIR,
	BK_ACT_LINK, BK_ACT_RENAME, BK_ACT_CHMOD, BK_ACT_CHOWN, BK_ACT_LCHOWN, BK_ACT_UTIME, BK_ACT_UTIMES, BK_ACT_UTIMENS,
	BK_ACT_SETXATTR, BK_ACT_LSETXATTR, BK_ACT_REMOVEXATTR, BK_ACT_LREMOVEXATTR,
	BK_ACTS
};

struct bk_file_call {
	struct bk_shim *s;
	const struct seccomp_notif *n;
	enum bk_act act;
	unsigned flags;			/* O_ or AT_ flags */
	const uint64_t *rest;		/* arguments behind the (first) path or descriptor */
	struct bk_target at, to;		/* to: link, rename */
	int64_t times[4];		/* of utime and its kin, as utimensat takes them */
	bool has_times;
	struct bk_decision decision;	/* the last one that was asked for */
};

/* What must be allowed, and of which place; BACK: what an exchange brings to the first name. */
#define BK_ASK_WRITE	1u
#define BK_ASK_READ	2u
#define BK_ASK_CODE	4u
#define BK_ASK_WRITE_TO	8u
#define BK_ASK_CODE_TO	16u
#define BK_ASK_CODE_BACK 32u

/* Reads what the call has besides paths (scratch->name, scratch->stack) and checks it as the kernel does before it looks at any path. */
long bk_act_read(struct bk_file_call *c);
/* BK_RESOLVE_* for the first path. */
unsigned bk_act_how(const struct bk_file_call *c);
/* The errno of a call that cannot succeed whatever the policy says (nothing there; there already), negative, or 0. */
long bk_act_hopeless(const struct bk_file_call *c);
/* A nameless file (O_TMPFILE) is judged as "#" in its folder, which is how the kernel calls it. */
void bk_act_name(struct bk_file_call *c);
unsigned bk_act_asks(const struct bk_file_call *c);
/* True for what the shim cannot open in the caller's place: it may block, or mean the caller's own (FIFO, terminal, device). */
bool bk_act_must_go_on(const struct bk_file_call *c);
/* Makes the call and answers it. */
void bk_act_make(struct bk_file_call *c);

/* The umask of a task (files.c). */
unsigned bk_files_umask(struct bk_shim *s, int tid);

#endif
