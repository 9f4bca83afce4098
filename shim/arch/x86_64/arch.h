/* SPDX-License-Identifier: Apache-2.0 */
/* What differs between architectures and is not assembly: the call itself, registers of a stopped task. */
#ifndef BK_SHIM_ARCH_H
#define BK_SHIM_ARCH_H

#include <linux/audit.h>
#include <linux/types.h>
#include <stdint.h>

#define BK_ARCH_AUDIT AUDIT_ARCH_X86_64
#define BK_ARCH_NAME  "x86_64"

static inline long bk_syscall(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long result;

	__asm__ volatile("syscall" : "=a"(result)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

/* struct user_regs_struct (sys/user.h) as PTRACE_GETREGSET NT_PRSTATUS fills it. */
struct bk_registers {
	uint64_t r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp, ss,
		 fs_base, gs_base, ds, es, fs, gs;
};
static inline uint64_t bk_registers_stack(const struct bk_registers *r)  { return r->sp; }
static inline uint64_t bk_registers_result(const struct bk_registers *r) { return r->ax; }

/* Of a task that is stopped before a call: its number and arguments; number -1 with a result skips it (Documentation/userspace-api/seccomp_filter.rst). */
static inline int bk_registers_call(const struct bk_registers *r, __u64 args[6])
{
	args[0] = r->di, args[1] = r->si, args[2] = r->dx, args[3] = r->r10, args[4] = r->r8, args[5] = r->r9;
	return (int)r->orig_ax;
}
#define BK_SKIP_BY_REGISTERS 1
static inline void bk_registers_skip(struct bk_registers *r, long result)
{
	r->orig_ax = -1UL;
	r->ax = (uint64_t)result;
}

#endif
