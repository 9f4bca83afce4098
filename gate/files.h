/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls on files, judged from inside.  A path is copied once and followed to descriptors (O_PATH) of what it leads to: by them the kernel says the
 * canonical name, which is judged, and on them the gate makes the call.  Whatever is renamed, linked or rewritten meanwhile, what was judged is
 * what is used.
 *
 * While a call is under way the process has up to four descriptors more, closed on exec; what is opened in the end gets the lowest
 * number that was free, as without the gate.  Who leaves a call that waits (a FIFO) by a longjmp out of a signal's handler leaves them open.
 */
#ifndef BK_GATE_FILES_H
#define BK_GATE_FILES_H

#include "gate/gate.h"
#include "shim/acts.h"

/* Memory for one call; kept for the next. */
struct bk_paths {
	struct bk_file_call call;
	char walk[2 * BK_PATH_MAX];	/* the path that is followed */
	char link[BK_PATH_MAX];		/* what a symbolic link says */
	char at[BK_PATH_MAX + BK_NAME_MAX + 64], to[BK_PATH_MAX + BK_NAME_MAX + 64];	/* canonical names */
	char text[BK_PATH_MAX], value[BK_ACT_VALUE];
};

/* NULL where there is no memory. */
struct bk_paths *bk_paths_take(void);
void bk_paths_give_back(struct bk_paths *p);

/*
 * Where the path in p->walk leads, which is used up, relative to `directory`; the name goes into out[], as long as p->at.  `how`: BK_RESOLVE_*.
 * 0 or -errno; that nothing is there at the end is no error.  bk_target_close() afterwards.
 */
int bk_follow(struct bk_paths *p, int directory, unsigned how, char *out, struct bk_target *place);
/* The same where only what is there counts, not where it lies; links are followed. */
int bk_follow_object(struct bk_paths *p, int directory, char *out, struct bk_target *place);
/* What a descriptor stands for. */
int bk_follow_descriptor(int descriptor, char *out, struct bk_target *place);
#endif
