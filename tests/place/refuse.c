/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Only the refusals of AWS Lambda's place (tests/place/filter.c), without its file system and processes:
 *
 *	refuse UID CMD ARG...
 *
 * as that user and group, without further groups.  For attacks that are to run where their scene is.
 */
#include <errno.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/place/filter.h"

static void fail(const char *what)
{
	fprintf(stderr, "refuse: %s: %s\n", what, strerror(errno));
	exit(125);
}

int main(int argc, char **argv)
{
	static struct sock_filter code[512];
	struct sock_fprog program = { .filter = code };
	uid_t id = argc > 2 ? (uid_t)atoi(argv[1]) : 0;

	if (argc < 3)
		return 125;
	program.len = box_filter(code);
	/* Before the user is given up: without privilege it would take NoNewPrivs, which Lambda has not. */
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0)
		fail("seccomp");
	if (setgroups(0, NULL) < 0 || setresgid(id, id, id) < 0 || setresuid(id, id, id) < 0)
		fail("user");
	execvp(argv[2], argv + 2);
	fail(argv[2]);
	return 127;
}
