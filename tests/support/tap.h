/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Test Anything Protocol for tests in C.  A test program calls ok() once for every expectation and ends with return tap_end();
 */
#ifndef BK_TESTS_TAP_H
#define BK_TESTS_TAP_H

#include <stdio.h>
#include <string.h>

static int tap_count, tap_failed;

#define ok(condition, ...) tap_ok((condition) ? 1 : 0, __FILE__, __LINE__, __VA_ARGS__)

__attribute__((format(printf, 4, 5)))
static inline int tap_ok(int passed, const char *file, int line, const char *format, ...)
{
	__builtin_va_list ap;

	printf("%sok %d - ", passed ? "" : "not ", ++tap_count);
	__builtin_va_start(ap, format);
	vprintf(format, ap);
	__builtin_va_end(ap);
	putchar('\n');
	if (!passed) {
		tap_failed++;
		printf("# failed at %s:%d\n", file, line);
	}
	return passed;
}

static inline int tap_end(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed ? 1 : 0;
}

#endif
