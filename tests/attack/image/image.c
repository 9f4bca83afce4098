/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The smallest program, without libc: ends with STATUS, or with EVIL (attack.h) if its first argument is "evil" or
 * begins with "--evil".  Built with GOOD it is the listed program of the policies, with EVIL the one that must never run.
 */
#ifndef STATUS
#error STATUS
#endif

static _Noreturn void leave(long status)
{
#ifdef __x86_64__
	__asm__ volatile("syscall" : : "a"(231L), "D"(status));
#else
	register long call __asm__("x8") = 94, s __asm__("x0") = status;
	__asm__ volatile("svc 0" : : "r"(call), "r"(s));
#endif
	__builtin_unreachable();
}

__attribute__((used)) _Noreturn static void begin(long *stack)
{
	const char *first = *stack > 1 ? (const char *)stack[2] : "";

	leave(first[0] == 'e' || (first[0] == '-' && first[1] == '-') ? 66 : STATUS);
}

#ifdef __x86_64__
__asm__(".globl _start\n_start: mov %rsp, %rdi\n and $-16, %rsp\n call begin\n");
#else
__asm__(".globl _start\n_start: mov x0, sp\n b begin\n");
#endif
