/* SPDX-License-Identifier: Apache-2.0 */
/* The first line of a script, read as the kernel does (fs/binfmt_script.c). */
#ifndef BK_CORE_SCRIPT_H
#define BK_CORE_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * [at, end) is the beginning of a file, at most BINPRM_BUF_SIZE (256) bytes.  The interpreter goes into `interpreter`, the rest of the
 * line without outer blanks, as one argument, into `option`; both hold `cap` bytes.  False where it is no script.
 */
bool bk_script_line(const char *at, const char *end, char *interpreter, char *option, size_t cap);

#endif
