/* SPDX-License-Identifier: Apache-2.0 */
/* Between chart/flow.c, which follows code, and chart/reach.c, which finds where more of it is. */
#ifndef BK_CHART_FLOW_H
#define BK_CHART_FLOW_H

#include "chart/chart.h"
#include "gate/decode.h"

/* What is known of a byte. */
enum { STARTS = 1, INSIDE = 2, TARGET = 4, ENDS = 8 };	/* ENDS: the last of an instruction behind which nothing runs on */

struct bk_following {
	uint64_t *at;
	size_t count, cap;
	uint64_t *pointer;		/* of what the code takes the address */
	size_t pointers, pointer_cap;
};

/* What a block has said before an indirect jump. */
struct bk_switch {
	uint64_t table;			/* the last address that was taken, 0: none */
	uint32_t last;			/* the largest case */
	bool compared, bounded;		/* a comparison with it; and the jump that leaves what is above */
};

/* What is known of an address, and how many bytes the stretch goes on; NULL where no code is. */
uint8_t *bk_mark_at(const struct bk_chart *c, uint64_t address, uint64_t *left);
/* A place that something jumps to. */
void bk_flow_reach(struct bk_chart *c, struct bk_following *w, uint64_t address);
/* Nothing runs on behind it.  An indirect call comes back, an indirect jump or a return does not. */
bool bk_flow_ends(const struct bk_instruction *i);
/* Addresses that an instruction takes, and the cases of a switch that it jumps to. */
void bk_flow_operands(struct bk_chart *c, struct bk_following *w, struct bk_switch *seen, const struct bk_instruction *i, const uint8_t *code,
		      uint64_t address);
/* Addresses of code in the object's data. */
void bk_flow_data(const struct bk_chart *c, struct bk_following *w);
/*
 * Whether code is what stands at an address that is taken: it begins behind the end of something, and all that it can come to can be decoded,
 * contradicts nothing that is known, and ends.
 */
bool bk_flow_is_function(const struct bk_chart *c, uint64_t address);

#endif
