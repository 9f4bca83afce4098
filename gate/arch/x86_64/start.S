/* SPDX-License-Identifier: Apache-2.0 */
/* The gate executed as a program: it loads a static one (gate/load.c), which then finds registers and stack as the kernel leaves them. */
	.text
	.globl bk_gate_start
	.hidden bk_gate_start
bk_gate_start:
	mov	%rsp, %rbx
	mov	%rsp, %rdi
	and	$-16, %rsp
	call	bk_load
	mov	%rbx, %rsp
	xor	%ebx, %ebx
	xor	%ecx, %ecx
	xor	%edx, %edx		/* no function for the program's end (System V ABI, "Process Initialization") */
	xor	%esi, %esi
	xor	%edi, %edi
	xor	%r8d, %r8d
	xor	%r9d, %r9d
	xor	%r10d, %r10d
	jmp	*%rax

	.section .note.GNU-stack, "", @progbits
