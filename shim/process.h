/* SPDX-License-Identifier: Apache-2.0 */
/* Other processes as /proc shows them. */
#ifndef BK_SHIM_PROCESS_H
#define BK_SHIM_PROCESS_H

#include "shim/shim.h"

struct bk_process {
	int pid, parent;
	bool gone;			/* ended, not reaped yet; or a thread of the kernel */
	bool ready;			/* not in the middle of an exec */
	uint32_t pages;			/* size of its memory; changes with every mapping */
	uint64_t started;		/* clock ticks after boot */
	uint64_t inode;			/* of its executable; 0: it cannot be looked into */
	uint32_t device;
	/*
	 * One number for what it came to by an exec: where its arguments and its code lie, which the kernel chooses anew each time, and which file
	 * it is.  A forked child has its parent's.  Where it cannot be looked into: of its number and start.  Never 0.
	 */
	uint64_t image;
};

/* 0, or -errno (-ENOENT, -ESRCH: it is gone). */
int bk_process_read(int pid, struct bk_process *p);
/* Its real user, UINT32_MAX where that cannot be read. */
uint32_t bk_process_user(int pid);
/* The numbers of all processes, ascending; of more than `cap`, the last ones are left out. */
unsigned bk_process_list(int *pids, unsigned cap);

/* The arguments that it was started with, and the name by which its image was called, into the scratch area. */
int bk_process_arguments(struct bk_shim *s, int pid, struct bk_fresh *out);

/* Where the kernel put the dynamic loader; 0: nowhere, or not known. */
uint64_t bk_process_loader(struct bk_shim *s, int pid);

/* Mappings of files, one after the other. */
struct bk_maps {
	struct bk_shim *shim;
	int fd;
	uint32_t used, size;
};
int bk_maps_open(struct bk_shim *s, int pid, struct bk_maps *maps);
/* m->path is valid until the next call. */
bool bk_maps_next(struct bk_maps *maps, struct bk_mapping *m);
void bk_maps_close(struct bk_maps *maps);

/*
 * Of a process that runs the gate's file, which loads a static program (gate/load.c): where that lies, m->path as with bk_maps_next(), and the name by
 * which it was called, into the scratch area, empty where it is not known.  False: nothing is loaded yet.
 */
bool bk_process_program(struct bk_shim *s, int pid, struct bk_mapping *m, struct bk_text *called);

#endif
