/* SPDX-License-Identifier: Apache-2.0 */
/* A system call with no room for a jump around it, whose number is the caller's, or always NUMBER. */
#include <stdio.h>
#include <unistd.h>

#ifdef NUMBER
#define STRING(x) #x
#define SET(x) "mov $" STRING(x) ", %edx\n\txor %edi, %edi\n"
#define COPY "edx"
#else
#define SET(x) ""
#define COPY "edi"
#endif

/* The loop keeps the instructions in front from being moved. */
__asm__(".text\n"
	".type tight, @function\n"
	"tight:\n"
	"	.cfi_startproc\n"
	SET(NUMBER)
	"0:	mov %" COPY ", %eax\n"
	"	syscall\n"
	"	test %eax, %eax\n"
	"	je 0b\n"
	"	ret\n"
	"	.cfi_endproc\n"
	".size tight, . - tight\n");
long tight(int number);

int main(void)
{
	puts(tight(39) == getpid() || tight(39) < 0 ? "works" : "fails");
	return 0;
}
