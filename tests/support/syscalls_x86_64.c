/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/syscalls.h"

#include <string.h>

#if __has_include(<asm/unistd_64.h>)
#include <asm/unistd_64.h>
#define ROW(name) { #name, __NR_##name },
static const struct { const char *name; int number; } rows[] = { SYSCALLS(ROW) SYSCALLS_X86_64(ROW) };
#else
static const struct { const char *name; int number; } rows[] = { { "", -1 } };
#endif

int syscall_number_x86_64(const char *name)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!strcmp(rows[i].name, name))
			return rows[i].number;
	return syscall_number_young(name);
}
