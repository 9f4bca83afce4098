/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The place as `buckler-init --probe` finds it, and what its answers mean to people.  `buckler doctor` prints it.
 */
#ifndef BK_CLI_PLACE_H
#define BK_CLI_PLACE_H

#include "core/plan.h"

struct bk_probe {
	struct bk_place place;
	char kernel[64], arch[32];
	bool answered;			/* an `offers=` line was read */
};

/* Runs the shim's probe (at most ten seconds).  0, or 2 with an error printed. */
int bk_probe_run(const char *shim, struct bk_probe *probe);
/* One line of its answer, KEY=VALUE; unknown keys are passed over. */
void bk_probe_line(struct bk_probe *probe, const char *line);

/* The platform by its variables, as a name and the variable that tells; NULL where none is known. */
const char *bk_platform(const char **variable);

/* What a place can be able to do, in the order in which it is shown; `bit` 0 ends the table. */
struct bk_ability {
	uint32_t bit;			/* BK_CAN_* */
	const char *name, *use;		/* use: what it is for */
	const char *missing;		/* what to do where it is not there */
};
extern const struct bk_ability bk_abilities[];
/* Why an ability is missing: a sentence for its errno, or NULL. */
const char *bk_ability_reason(const struct bk_ability *ability, const struct bk_place *place);

#endif
