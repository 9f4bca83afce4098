/* SPDX-License-Identifier: Apache-2.0 */
/* Small text without a C library, for the shim and the gate. */
#ifndef BK_SHIM_TEXT_H
#define BK_SHIM_TEXT_H

#include <stddef.h>
#include <stdint.h>

char *bk_put(char *at, const char *end, const char *s);			/* appends, always NUL-terminated, returns the NUL's place */
const char *bk_value_of(const char *entry, const char *name);		/* where the entry of an environment is NAME=value, else NULL */
char *bk_put_number(char *at, const char *end, uint64_t n);
/* "/proc/<pid><rest>" */
char *bk_proc(char out[64], int pid, const char *rest);
char *bk_proc_fd(char out[64], int pid, int fd);
char *bk_proc_task(char out[64], int pid, int tid);	/* "/proc/PID/task/TID": there where the one is a thread of the other's process */
char *bk_own_fd(char out[64], int fd);	/* "/proc/self/fd/<fd>" */
uint64_t bk_parse_number(const char *s, const char **end);
uint64_t bk_parse_hex(const char *s, const char **end);			/* lower-case digits, as in /proc/PID/maps */

#endif
