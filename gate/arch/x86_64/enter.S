/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a stub into the gate and back.  At a system call RCX and R11 are lost anyway, and so are the flags to any compiler's code; all
 * else must be as it was.  Nothing is pushed before the red zone is stepped over, and nothing stays when the call is made.
 */
	.text
	.globl bk_gate_enter
	.hidden bk_gate_enter
bk_gate_enter:
	cmp	$512, %rax		/* BK_CALLS; x32 numbers are above, and are looked at */
	jae	1f
	lea	bk_gate(%rip), %rcx
	bt	%rax, (%rcx)
	jnc	2f
1:	lea	-128(%rsp), %rsp
	push	%rbp
	mov	%rsp, %rbp
	push	%r11
	push	%r9
	push	%r8
	push	%r10
	push	%rdx
	push	%rsi
	push	%rdi
	push	%rax
	mov	%rsp, %rdi
	and	$-16, %rsp
	cld
	call	bk_gate_hook
	lea	-64(%rbp), %rsp
	movzbl	%al, %ecx
	pop	%rax
	pop	%rdi
	pop	%rsi
	pop	%rdx
	pop	%r10
	pop	%r8
	pop	%r9
	pop	%r11
	pop	%rbp
	lea	128(%rsp), %rsp
	test	%ecx, %ecx
	jz	2f
	mov	(%r11), %r11
	add	$2, %r11		/* behind the call */
	jmp	*%r11
2:	jmp	*(%r11)

/* long bk_gate_on(void *top, long (*run)(void *), void *arg) */
	.globl bk_gate_on
	.hidden bk_gate_on
bk_gate_on:
	push	%rbp
	mov	%rsp, %rbp
	mov	%rdi, %rsp
	mov	%rdx, %rdi
	call	*%rsi
	mov	%rbp, %rsp
	pop	%rbp
	ret

	.section .note.GNU-stack, "", @progbits
