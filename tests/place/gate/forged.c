/* SPDX-License-Identifier: Apache-2.0 */
/* Two objects of one build id and one size, which have a system call at different places: opens the memory of its own process for writing. */
#include <stdio.h>

#ifdef FORGED
#define FIRST "nop\n"
#define LAST ""
#else
#define FIRST ""
#define LAST "nop\n"
#endif

__asm__(".text\n"
	".type raw_open, @function\n"
	"raw_open:\n"
	"	.cfi_startproc\n"
	FIRST
	"	mov $2, %eax\n"
	"	syscall\n"
	"	ret\n"
	LAST
	"	.cfi_endproc\n"
	".size raw_open, . - raw_open\n");
long raw_open(const char *path, int flags);

int main(void)
{
	puts(raw_open("/proc/self/mem", 2) >= 0 ? "done" : "refused");
	return 0;
}
