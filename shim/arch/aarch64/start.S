/* SPDX-License-Identifier: Apache-2.0 */
/* Entry, stack switch and clone for aarch64 (AAPCS64; Linux calls: number in x8, arguments x0 to x5). */

	.section .text.start, "ax", %progbits
	.globl _start
_start:
	mov	x29, xzr
	mov	x30, xzr
	mov	x0, sp			/* argc, argv, envp, auxv */
	bl	bk_start
	brk	#1

/* void bk_run_on(void *top, void (*run)(void *), void *arg): leaves this stack for good */
	.globl bk_run_on
bk_run_on:
	mov	sp, x0
	mov	x29, xzr
	mov	x0, x2
	blr	x1
	brk	#1

/* long bk_clone(unsigned long flags, void *top, int *child_tid, void (*run)(void *), void *arg) */
	.globl bk_clone
bk_clone:
	stp	x3, x4, [x1, #-16]!
	mov	x4, x2			/* clone(flags, stack, parent_tid, tls, child_tid) */
	mov	x2, xzr
	mov	x3, xzr
	mov	x8, #220
	svc	#0
	cbz	x0, 1f
	ret
1:	mov	x29, xzr
	ldp	x1, x0, [sp], #16
	blr	x1
	brk	#1

/* A handler that does nothing, and the way back from it (sigreturn(2)): the vdso's is not mapped any more. */
	.globl bk_nothing
bk_nothing:
	ret
	.globl bk_sigreturn
bk_sigreturn:
	mov	x8, #139
	svc	#0
	brk	#1

	.section .note.GNU-stack, "", %progbits
