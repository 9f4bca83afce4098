/* SPDX-License-Identifier: Apache-2.0 */
/* What files.c and fileacts.c share, beyond acts.h. */
#ifndef BK_SHIM_FILEACTS_H
#define BK_SHIM_FILEACTS_H

#include "shim/files.h"

/* True for what the shim cannot open in the caller's place: it may block, or mean the caller's own (FIFO, terminal, device); for all of them where it
   cannot hand a descriptor over. */
bool bk_act_must_go_on(const struct bk_file_call *c);
/* Makes the call and answers it. */
void bk_act_make(struct bk_file_call *c);

/* The umask of a task (files.c). */
unsigned bk_files_umask(struct bk_shim *s, int tid);

#endif
