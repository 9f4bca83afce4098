/* SPDX-License-Identifier: Apache-2.0 */
/* Runs seccomp programs without a kernel: the subset of classic BPF that seccomp takes, over struct seccomp_data. */
#ifndef BK_TESTS_BPF_SIM_H
#define BK_TESTS_BPF_SIM_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdint.h>

struct bpf_sim_trace {
	uint32_t steps;			/* instructions run */
	bool     loads_argument;	/* then the kernel cannot put the call into its bitmap of always allowed ones */
};

/*
 * What a program's check finds wrong, or NULL: an instruction that seccomp(2) or this simulator does not take, a jump out of
 * the program, an end without a return, an instruction that nothing reaches.
 */
const char *bpf_sim_check(const struct sock_filter *code, uint32_t len);

/* The program's answer.  The program must have passed the check; it then always ends, as jumps only go forward. */
uint32_t bpf_sim_run(const struct sock_filter *code, const struct seccomp_data *data, struct bpf_sim_trace *trace);

#endif
