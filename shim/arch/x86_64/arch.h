/* SPDX-License-Identifier: Apache-2.0 */
/* What differs between architectures and is not assembly: the call itself, registers of a stopped task. */
#ifndef BK_SHIM_ARCH_H
#define BK_SHIM_ARCH_H

#include <linux/audit.h>
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

#endif
