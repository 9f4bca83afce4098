/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls on files: which there are, what is asked of each, and how one is made on descriptors of what its paths lead to.  For the shim, which makes
 * them in the place of the function, and for the gate, which makes them in the function itself.
 */
#ifndef BK_SHIM_ACTS_H
#define BK_SHIM_ACTS_H

#include "core/decide.h"
#include "shim/sys.h"

/* A path that was followed. */
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


enum bk_act {
	BK_ACT_OPEN, BK_ACT_CREAT, BK_ACT_TRUNCATE, BK_ACT_MKDIR, BK_ACT_MKNOD, BK_ACT_SYMLINK, BK_ACT_UNLINK, BK_ACT_RMDIR,
	BK_ACT_LINK, BK_ACT_RENAME, BK_ACT_CHMOD, BK_ACT_CHOWN, BK_ACT_LCHOWN, BK_ACT_UTIME, BK_ACT_UTIMES, BK_ACT_UTIMENS,
	BK_ACT_SETXATTR, BK_ACT_LSETXATTR, BK_ACT_REMOVEXATTR, BK_ACT_LREMOVEXATTR,
	BK_ACTS
};

/* Which argument of a call holds what; -1: none (for `dir`: relative paths begin at the working folder; for `path`: `dir` is what is meant). */
struct bk_act_row {
	int16_t nr;
	uint8_t act;			/* enum bk_act */
	int8_t dir, path, flags;
};
/* NULL: no call on files. */
const struct bk_act_row *bk_act_row(long nr);

struct bk_shim;
struct seccomp_notif;

struct bk_file_call;

/* The name of an own descriptor: bk_own_fd(), in a process of many threads another. */
typedef char *bk_link(char out[64], int fd);

/* How the caller's memory is read. */
struct bk_act_means {
	bk_link *link;
	/* Length without the NUL, -EFAULT, -ENAMETOOLONG. */
	long (*string)(const struct bk_file_call *c, uint64_t from, char *to, size_t cap);
	bool (*copy)(const struct bk_file_call *c, uint64_t from, void *to, size_t n);
};

struct bk_file_call {
	struct bk_shim *s;		/* the shim's alone, NULL in the gate; `n` too */
	const struct seccomp_notif *n;
	enum bk_act act;
	unsigned flags;			/* O_ or AT_ flags */
	uint64_t first;			/* the first argument */
	const uint64_t *rest;		/* arguments behind the (first) path or descriptor */
	struct bk_target at, to;	/* to: link, rename */
	const struct bk_act_means *means;
	char *text;			/* BK_PATH_MAX bytes: of a symbolic link; name of an extended attribute */
	void *value;			/* BK_ACT_VALUE bytes: of an extended attribute */
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

/* A place that was come to, taken over: an object that lies in no folder that counts; what is in a folder under p->name, -1: nothing.  0 or -errno. */
int bk_target_object(struct bk_target *p, int object, char *out, bk_link *link);
int bk_target_in(struct bk_target *p, int folder, int object, bool slash, char *out, bk_link *link);
void bk_target_close(struct bk_target *place);

#define BK_ACT_VALUE 65536u		/* XATTR_SIZE_MAX (linux/limits.h) */
/*
 * Reads what the call has besides paths, by c->means, into c->text, c->value and c->times, and checks it as the kernel does before it
 * looks at any path.
 */
long bk_act_read(struct bk_file_call *c);
/* BK_RESOLVE_* for the first path. */
unsigned bk_act_how(const struct bk_file_call *c);
/* The errno of a call that cannot succeed whatever the policy says (nothing there; there already), negative, or 0. */
long bk_act_hopeless(const struct bk_file_call *c);
/* A nameless file (O_TMPFILE) is judged as "#" in its folder, which is how the kernel calls it; written behind c->at.path. */
void bk_act_name(struct bk_file_call *c);
/* True where the call may go on: asks `passes` for every section and place that count, until one says no. */
bool bk_act_passes(struct bk_file_call *c, bool (*passes)(struct bk_file_call *c, enum bk_section section, const struct bk_target *place));
bool bk_act_is_open(const struct bk_file_call *c);
/* Of open and creat. */
unsigned bk_act_open_flags(const struct bk_file_call *c);
unsigned bk_act_open_mode(const struct bk_file_call *c);
/* True where the call makes something whose mode the caller's umask cuts. */
bool bk_act_is_masked(const struct bk_file_call *c);
/* Files and folders behind a path, and the devices that are like any other file (null, zero, full, random, urandom). */
bool bk_act_is_plain(const struct stat *st);
/* Makes the call, all but open and creat; the kernel's answer. */
long bk_act_do(const struct bk_file_call *c);

#endif
