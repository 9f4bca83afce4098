/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one run did not reach but another will: shared objects that a program needs by its ELF headers, or that the C library opens
 * by itself once certain functions are called.  Reads files below `root`; runs nothing.
 */
#ifndef BK_LEARN_ELF_H
#define BK_LEARN_ELF_H

#include "learn/seen.h"

/*
 * Adds what the programs and libraries of `seen` need and no run loaded (bk_seen_need()).  `root` is put before each path: "" for
 * this machine's own files.  Objects are searched as ld.so(8) does: RPATH, RUNPATH, the folders of what was loaded, the default ones.
 * What cannot be found or read is left out: the run did not need it either.
 */
void bk_elf_complete(struct bk_seen *seen, const char *root);

#endif
