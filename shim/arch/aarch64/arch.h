/* SPDX-License-Identifier: Apache-2.0 */
/* What differs between architectures and is not assembly: the call itself, registers of a stopped task. */
#ifndef BK_SHIM_ARCH_H
#define BK_SHIM_ARCH_H

#include <linux/audit.h>
#include <linux/types.h>
#include <stdint.h>

#define BK_ARCH_AUDIT AUDIT_ARCH_AARCH64
#define BK_ARCH_NAME  "aarch64"

static inline long bk_syscall(long nr, long a, long b, long c, long d, long e, long f)
{
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc #0" : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory", "cc");
	return x0;
}

/* struct user_pt_regs (asm/ptrace.h) as PTRACE_GETREGSET NT_PRSTATUS fills it. */
struct bk_registers {
	uint64_t x[31], sp, pc, pstate;
};
static inline uint64_t bk_registers_stack(const struct bk_registers *r)  { return r->sp; }
static inline uint64_t bk_registers_result(const struct bk_registers *r) { return r->x[0]; }

/* Of a task that is stopped before a call: its number and arguments.  To skip it the number is set by a register set of its own (NT_ARM_SYSTEM_CALL). */
static inline int bk_registers_call(const struct bk_registers *r, __u64 args[6])
{
	for (unsigned i = 0; i < 6; i++)
		args[i] = r->x[i];
	return (int)r->x[8];
}
#define BK_SKIP_BY_REGISTERS 0
static inline void bk_registers_skip(struct bk_registers *r, long result) { r->x[0] = (uint64_t)result; }

#endif
