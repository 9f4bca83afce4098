/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/syscalls.h"

#include <string.h>

/* What arch/arm64 asks of the shared list. */
#define __ARCH_WANT_RENAMEAT
#define __ARCH_WANT_NEW_STAT
#define __ARCH_WANT_SET_GET_RLIMIT
#define __ARCH_WANT_TIME32_SYSCALLS
#define __ARCH_WANT_SYS_CLONE3
#define __ARCH_WANT_MEMFD_SECRET
#include <asm-generic/unistd.h>

#define ROW(name) { #name, __NR_##name },
static const struct { const char *name; int number; } rows[] = { SYSCALLS(ROW) };

int syscall_number_generic(const char *name)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!strcmp(rows[i].name, name))
			return rows[i].number;
	return syscall_number_young(name);
}

int syscall_number_young(const char *name)
{
#define YOUNG(which, number) { #which, number },
	static const struct { const char *name; int number; } young[] = { SYSCALLS_YOUNG(YOUNG) };

	for (size_t i = 0; i < sizeof(young) / sizeof(young[0]); i++)
		if (!strcmp(young[i].name, name))
			return young[i].number;
	return -1;
}
