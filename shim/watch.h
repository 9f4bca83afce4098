/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The watch: where no kernel mechanism judges calls, processes are looked at from outside, through /proc, and what is not allowed is
 * ended after the fact.
 *
 *   - The kernel opens the dynamic loader for each dynamic executable, and inotify tells of it; what is dropped into a folder that all
 *     may write to is told likewise when it is opened.  A slow poll finds the rest (a static executable elsewhere).
 *   - Each image that a process of ours came to by an exec is judged once, with its arguments; a fork is no exec.  Files mapped
 *     executable are judged whenever the size of a process's memory has changed.
 *   - With the gate, a dynamic program of ours that does not have it mapped after half a second was started past it, and is ended, too.
 *   - Ours is what descends from the shim.  Where orphans do not come to the shim (no PR_SET_CHILD_SUBREAPER), also what runs as our user and
 *     has no parent but the platform, unless it, or whom it descends from, was there before us: an extension.
 */
#ifndef BK_SHIM_WATCH_H
#define BK_SHIM_WATCH_H

#include "shim/shim.h"

/* Whether inotify and /proc are there: BK_CAN_WATCH or 0.  Leaves nothing open. */
uint32_t bk_watch_probe(void);
/* Begins to watch where the plan has it (s->watch then is a descriptor); -1 where it does not. */
void bk_watch_open(struct bk_shim *s);
/* Milliseconds until bk_watch_turn() wants to be called; whether its descriptor is to be polled until then. */
uint32_t bk_watch_wait(bool *poll);
/* Looks at all processes where it is time to; true where something was new. */
bool bk_watch_turn(struct bk_shim *s, bool told);

#endif
