/* SPDX-License-Identifier: Apache-2.0 */
/* A static program without a C library, for headers that are damaged: it says "done". */
static long call(long number, long a, const void *b, long c)
{
	long r;

	__asm__ volatile("syscall" : "=a"(r) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
	return r;
}

void _start(void)
{
	call(1, 1, "done\n", 5);
	call(60, 0, 0, 0);
}
