/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A place where no process may listen to another's calls, but a filter may call a tracer, as in gVisor:
 *
 *	deaf UID CMD ARG...
 *
 * as that user and group, without further groups; "-" keeps both.  seccomp(2) with SECCOMP_FILTER_FLAG_NEW_LISTENER answers EINVAL there.
 * Called without privilege it has to set NoNewPrivs for that.
 */
#include <errno.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static void fail(const char *what)
{
	fprintf(stderr, "deaf: %s: %s\n", what, strerror(errno));
	exit(125);
}

static void install(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_seccomp, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1])),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, SECCOMP_FILTER_FLAG_NEW_LISTENER, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(code) / sizeof(code[0]), code };

	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0)
		return;
	if (errno != EACCES || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0)
		fail("seccomp");
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return 125;
	install();		/* before the user is given up: without privilege it would take NoNewPrivs */
	if (strcmp(argv[1], "-") != 0) {
		uid_t id = (uid_t)atoi(argv[1]);

		if (setgroups(0, NULL) < 0 || setresgid(id, id, id) < 0 || setresuid(id, id, id) < 0)
			fail("user");
	}
	execvp(argv[2], argv + 2);
	fail(argv[2]);
	return 127;
}
