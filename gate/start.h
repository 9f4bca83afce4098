/* SPDX-License-Identifier: Apache-2.0 */
/* The gate's start, in its steps: gate/start.c takes them where it was preloaded, gate/load.c where it loads a static program itself. */
#ifndef BK_GATE_START_H
#define BK_GATE_START_H

#include <linux/auxvec.h>
#include "gate/gate.h"

/* What the kernel left on the stack. */
struct bk_initial {
	char **argv, **envp;
	unsigned long *auxiliary;
};
/* The place of an entry of the auxiliary vector, NULL where there is none. */
unsigned long *bk_start_auxiliary(const struct bk_initial *i, unsigned long type);
/* The value of BUCKLER_GATE; NULL: nobody asked for the gate here. */
const char *bk_start_variable(const struct bk_initial *i);

/* Maps what the shim has made, as the value says; *what is the part of it that says which image is to run, and the path of a static one. */
void bk_start_ground(const char *value, const char **what);
/* What runs here; the program's path and identity have been noted in bk_gate. */
void bk_start_identity(void);
/* The image that runs must be the one that was vetted; the main process's is judged here, under the name by which it was called. */
void bk_start_second_look(const struct bk_initial *i, const char *what, const char *called);
/* Takes the gate's own variables out. */
void bk_start_clean(const struct bk_initial *i);
/* Patches the executable segments of an object, counts, and tells what no jump fits; `main`: it is the program itself. */
void bk_start_patch(const struct bk_object *o, uintptr_t bias, struct bk_known *known, const char *name, bool main);
/* Says what could not be covered, seals what nobody may change from here on, and tells the shim that the gate is there. */
void bk_start_finish(void);

/* Where the kernel begins in place of a static program (gate/arch/): `stack` holds its arguments.  Returns where the program itself begins. */
uintptr_t bk_load(long *stack);

/* Something that cannot go on: the reason on standard error and, where the shim can be reached, in an event; status 125. */
_Noreturn void bk_start_fail(const char *why);

#endif
