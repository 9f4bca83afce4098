/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A system call at the beginning of a page, its number set at the end of the one before.  As a program: maps the second page alone of what is called
 * by its argument, behind a page of data, and says whether that is as it was.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#ifdef OBJECT
__asm__(".text\n"
	".balign 4096\n"
	".globl border\n"
	".type border, @function\n"
	"border:\n"
	"	.cfi_startproc\n"
	"	.fill 4091, 1, 0x90\n"
	"	mov $2, %eax\n"
	"	syscall\n"
	"	ret\n"
	"	.cfi_endproc\n"
	".size border, . - border\n"
	"	.ascii \"the second page\"\n");
#else
int main(int argc, char **argv)
{
	int fd = open(argv[argc - 1], O_RDONLY);
	char *memory = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *code = memory + 4096;

	for (off_t at = 0; at < 1 << 20; at += 4096) {
		memset(memory, 0x55, 4096);
		if (mmap(code, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED, fd, at) == MAP_FAILED)
			break;
		for (int i = 0; i < 4096; i++)
			if (memory[i] != 0x55)
				return puts("changed"), 0;
		if (memcmp(code + 3, "the second page", 15) == 0)
			return puts("whole"), 0;
	}
	return puts("not mapped"), 1;
}
#endif
