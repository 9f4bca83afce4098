/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/bpf_sim.h"

#include <stddef.h>
#include <string.h>

static bool known(const struct sock_filter *i)
{
	switch (i->code) {
	case BPF_LD | BPF_W | BPF_ABS:
		return i->k < sizeof(struct seccomp_data) && i->k % 4 == 0;
	case BPF_ALU | BPF_AND | BPF_K:
	case BPF_JMP | BPF_JA:
	case BPF_JMP | BPF_JEQ | BPF_K:
	case BPF_JMP | BPF_JGE | BPF_K:
	case BPF_JMP | BPF_JGT | BPF_K:
	case BPF_JMP | BPF_JSET | BPF_K:
	case BPF_RET | BPF_K:
		return true;
	}
	return false;
}

/* Marks where instruction `at` may go on; false where that is outside the program. */
static bool follow(const struct sock_filter *code, uint32_t len, uint32_t at, bool *reached)
{
	const struct sock_filter *i = &code[at];
	uint64_t next = (uint64_t)at + 1, one = next, two = next;

	if (BPF_CLASS(i->code) == BPF_RET)
		return true;
	if (i->code == (BPF_JMP | BPF_JA)) {
		one = two = next + i->k;
	} else if (BPF_CLASS(i->code) == BPF_JMP) {
		one = next + i->jt;
		two = next + i->jf;
	}
	if (one >= len || two >= len)
		return false;
	reached[one] = reached[two] = true;
	return true;
}

const char *bpf_sim_check(const struct sock_filter *code, uint32_t len)
{
	bool reached[BPF_MAXINSNS] = { true };

	if (!len || len > BPF_MAXINSNS)
		return "length";
	for (uint32_t at = 0; at < len; at++) {
		if (!known(&code[at]))
			return "unknown instruction";
		if (!reached[at])
			return "instruction that nothing reaches";
		if (!follow(code, len, at, reached))
			return "jump or fall out of the program";
	}
	return NULL;
}

static bool holds(const struct sock_filter *i, uint32_t a)
{
	switch (BPF_OP(i->code)) {
	case BPF_JEQ: return a == i->k;
	case BPF_JGE: return a >= i->k;
	case BPF_JGT: return a > i->k;
	default:      return a & i->k;
	}
}

uint32_t bpf_sim_run(const struct sock_filter *code, const struct seccomp_data *data, struct bpf_sim_trace *trace)
{
	struct bpf_sim_trace unused;
	uint32_t a = 0;

	trace = trace ? trace : &unused;
	*trace = (struct bpf_sim_trace){ 0 };
	for (const struct sock_filter *i = code; ; i++) {
		trace->steps++;
		switch (BPF_CLASS(i->code)) {
		case BPF_LD:
			memcpy(&a, (const char *)data + i->k, sizeof(a));
			trace->loads_argument |= i->k >= offsetof(struct seccomp_data, instruction_pointer);
			break;
		case BPF_ALU:
			a &= i->k;
			break;
		case BPF_JMP:
			i += i->code == (BPF_JMP | BPF_JA) ? i->k : holds(i, a) ? i->jt : i->jf;
			break;
		default:
			return i->k;
		}
	}
}
