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
	return !strcmp(name, "open_tree_attr") ? 467 : -1;
}
