/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From what was seen to the least policy that allows it.  Pure: the same acts, in whatever order they came, give the same policy.
 *
 * - Programs: path, sha256, arguments.  Command lines of one shape (as many words, the same options, the same subcommand) become one
 *   rule; what varied in them or looks random becomes a wildcard, with the folder and the end of the name kept.  `sh -c` becomes templates
 *   in the same way, but the words of `eval` and its like and the targets of redirections do not vary.  At most BK_SHAPES_MAX shapes a program, more become one with a last "..."; of shells and interpreters at most
 *   BK_TEXTS_MAX are listed and the rest is left out, with a warning.
 * - Libraries: by folder where the function cannot put files and all of its libraries were loaded, or BK_FOLDER_FILES; else by path and sha256.
 * - Network: the name where one was resolved, else the address, and the port; many ports that the kernel chose are its range.
 * - Files: what was written, random parts as wildcards, BK_FOLDER_FILES of a folder as the folder.  What was read only where the policy in force
 *   listed it (files.read with an allow list): each open for reading is then a call to the shim, which learning asks of nobody.
 * - Who started whom is left out.
 */
#ifndef BK_LEARN_PROPOSE_H
#define BK_LEARN_PROPOSE_H

#include "lang/policy_model.h"
#include "learn/seen.h"

#define BK_SHAPES_MAX 8u
#define BK_TEXTS_MAX 32u
#define BK_FOLDER_FILES 4u		/* so many files make a folder */

struct bk_propose_options {
	const char *function;		/* or NULL */
	bool (*changeable)(void *to, const char *folder);	/* could the function put files there?  NULL: not known, taken as no */
	size_t (*libraries)(void *to, const char *folder);	/* how many there are in it; 0 or NULL: not known */
	void *to;
};

/*
 * Makes a policy, or where `old` is there joins what it does not allow yet to it: nothing is taken away, and what is allowed already changes
 * nothing.  `old_text` is its text, whose comments are kept.  Takes `old`.  What people should know is added to `notes`.
 */
struct bk_model *bk_propose(struct bk_seen *seen, const struct bk_propose_options *o, struct bk_model *old, const char *old_text, struct bk_diags *notes);

/* What a policy makes of the acts: how many are allowed, and which not (the first is named). */
struct bk_replayed {
	uint64_t allowed, denied;
	uint64_t impossible;		/* of the denied: memory files, which no policy allows */
	const struct bk_act *first;	/* denied and not impossible; NULL: none */
	enum bk_reason why;
};
struct bk_replayed bk_propose_replay(struct bk_seen *seen, const struct bk_policy *policy);

/* A policy in the mode learn that has all sections that can be learned; files.read only where the policy to join to (NULL: none) lists what may be read. */
struct bk_model *bk_learning_policy(const struct bk_model *old);

#endif
