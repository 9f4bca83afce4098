/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/text.h"

char *bk_put(char *at, const char *end, const char *s)
{
	while (*s && at + 1 < end)
		*at++ = *s++;
	*at = '\0';
	return at;
}

const char *bk_value_of(const char *entry, const char *name)
{
	while (*name && *entry == *name)
		entry++, name++;
	return !*name && *entry == '=' ? entry + 1 : NULL;
}

char *bk_put_number(char *at, const char *end, uint64_t n)
{
	char digits[21];
	int i = sizeof digits - 1;

	digits[i] = '\0';
	do
		digits[--i] = (char)('0' + n % 10);
	while (n /= 10);
	return bk_put(at, end, digits + i);
}

char *bk_proc(char out[64], int pid, const char *rest)
{
	char *at = bk_put(out, out + 64, "/proc/");

	at = bk_put_number(at, out + 64, (uint32_t)pid);
	bk_put(at, out + 64, rest);
	return out;
}

char *bk_own_fd(char out[64], int fd)
{
	bk_put_number(bk_put(out, out + 64, "/proc/self/fd/"), out + 64, (uint32_t)fd);
	return out;
}

static char *proc_number(char out[64], int pid, const char *folder, int number)
{
	char *at = bk_put_number(bk_put(out, out + 64, "/proc/"), out + 64, (uint32_t)pid);

	bk_put_number(bk_put(at, out + 64, folder), out + 64, (uint32_t)number);
	return out;
}

char *bk_proc_fd(char out[64], int pid, int fd)
{
	return proc_number(out, pid, "/fd/", fd);
}

char *bk_proc_task(char out[64], int pid, int tid)
{
	return proc_number(out, pid, "/task/", tid);
}

uint64_t bk_parse_number(const char *s, const char **end)
{
	uint64_t n = 0;

	while (*s >= '0' && *s <= '9' && n < UINT64_MAX / 16)
		n = n * 10 + (uint64_t)(*s++ - '0');
	if (end)
		*end = s;
	return n;
}

uint64_t bk_parse_hex(const char *s, const char **end)
{
	uint64_t n = 0;

	for (;; s++) {
		if (*s >= '0' && *s <= '9')
			n = n << 4 | (uint64_t)(*s - '0');
		else if (*s >= 'a' && *s <= 'f')
			n = n << 4 | (uint64_t)(*s - 'a' + 10);
		else
			break;
	}
	*end = s;
	return n;
}
