/* SPDX-License-Identifier: Apache-2.0 */
/* Entry, stack switch and clone for x86-64 (System V ABI; Linux calls: number in rax, arguments rdi rsi rdx r10 r8 r9). */

	.section .text.start, "ax", @progbits
	.globl _start
_start:
	xor	%ebp, %ebp
	mov	%rsp, %rdi		/* argc, argv, envp, auxv */
	and	$-16, %rsp
	call	bk_start
	ud2

/* void bk_run_on(void *top, void (*run)(void *), void *arg): leaves this stack for good */
	.globl bk_run_on
bk_run_on:
	mov	%rdi, %rsp
	xor	%ebp, %ebp
	mov	%rdx, %rdi
	call	*%rsi
	ud2

/* long bk_clone(unsigned long flags, void *top, int *child_tid, void (*run)(void *), void *arg) */
	.globl bk_clone
bk_clone:
	mov	%rdx, %r10
	mov	%rcx, %r9		/* run */
	mov	$56, %eax		/* clone(flags, stack, parent_tid, child_tid, tls) */
	xor	%edx, %edx
	mov	%r8, %r11		/* lost across the call: keep arg on the child's stack */
	sub	$16, %rsi
	mov	%r9, (%rsi)
	mov	%r11, 8(%rsi)
	xor	%r8d, %r8d
	syscall
	test	%rax, %rax
	jz	1f
	ret
1:	xor	%ebp, %ebp
	pop	%rsi
	pop	%rdi
	call	*%rsi
	ud2

/* A handler that does nothing, and the way back from it (sigreturn(2)): the vdso's is not mapped any more. */
	.globl bk_nothing
bk_nothing:
	ret
	.globl bk_sigreturn
bk_sigreturn:
	mov	$15, %eax
	syscall
	ud2

	.section .note.GNU-stack, "", @progbits
