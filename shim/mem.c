/* SPDX-License-Identifier: Apache-2.0 */
/* The four functions that a freestanding compiler may call by itself (GCC manual, "Standards"). */
#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int byte, size_t n);
int memcmp(const void *a, const void *b, size_t n);

#if defined(__x86_64__)

void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
	void *at = to;

	__asm__ volatile("rep movsb" : "+D"(at), "+S"(from), "+c"(n) : : "memory");
	return to;
}

void *memset(void *to, int byte, size_t n)
{
	void *at = to;

	__asm__ volatile("rep stosb" : "+D"(at), "+c"(n) : "a"(byte) : "memory");
	return to;
}

#else

/* The empty asm keeps the compiler from seeing the loop as a call of the function it is in. */
void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
	char *t = to;
	const char *f = from;

	while (n--) {
		*t++ = *f++;
		__asm__ volatile("" : : : "memory");
	}
	return to;
}

void *memset(void *to, int byte, size_t n)
{
	char *t = to;

	while (n--) {
		*t++ = (char)byte;
		__asm__ volatile("" : : : "memory");
	}
	return to;
}

#endif

void *memmove(void *to, const void *from, size_t n)
{
	char *t = to;
	const char *f = from;

	if (t <= f)
		while (n--) {
			*t++ = *f++;
			__asm__ volatile("" : : : "memory");
		}
	else
		while (n--) {
			t[n] = f[n];
			__asm__ volatile("" : : : "memory");
		}
	return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const unsigned char *p = a, *q = b;

	for (; n; n--, p++, q++)
		if (*p != *q)
			return *p - *q;
	return 0;
}
