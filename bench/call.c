/* SPDX-License-Identifier: Apache-2.0 */
/* System calls that no rule of the policy touches. */
#include "bench/lib/bench.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char about[] =
	"Usage: build/bench/call [OPTION...]\n"
	"Times calls that no rule touches: getppid, and openat with close. \"filter\" is the\n"
	"benchmark under the least seccomp filter there is, one that refuses ptrace and\n"
	"lets the rest go: what any filter costs.\n";

#define BLOCK 4000

/* --- the least filter --- */

static int under_filter(char **argv)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ptrace, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof code / sizeof *code, code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
		perror("filter");
		return 1;
	}
	execv(argv[0], argv);
	perror(argv[0]);
	return 127;
}

/* --- inside --- */

static bool one_call(bool opens)
{
	if (!opens)
		return syscall(SYS_getppid) >= 0;
	int fd = openat(AT_FDCWD, "/usr/bin/env", O_RDONLY | O_CLOEXEC);

	return fd >= 0 && close(fd) == 0;
}

/* "getppid|openat COUNT": median over COUNT blocks of the mean time of one call. */
static bool serve(char *request, double reply[BENCH_REPLY_MAX])
{
	char what[16];
	unsigned count;
	double times[64];

	if (sscanf(request, "%15s %u", what, &count) != 2 || count > 64)
		return false;
	bool opens = strcmp(what, "openat") == 0;

	for (unsigned i = 0; i < count; i++) {
		int calls = opens ? BLOCK / 8 : BLOCK;
		double start = bench_now();

		for (int k = 0; k < calls; k++)
			if (!one_call(opens))
				return false;
		times[i] = (bench_now() - start) / calls;
	}
	reply[0] = bench_median(times, count);
	return true;
}

/* --- outside --- */

/* What buckler adds to a filter's own cost: the difference of the two medians. */
static void beyond_filter(struct bench *b, const char *key)
{
	double filter = 0, buckler = 0;

	for (size_t i = 0; i < b->row_count; i++) {
		const struct bench_row *r = &b->rows[i];

		if (strcmp(r->key, key) != 0 || strcmp(r->metric, "over") != 0)
			continue;
		if (strcmp(r->peer, "filter") == 0)
			filter = r->value;
		if (strcmp(r->peer, "buckler") == 0)
			buckler = r->value;
	}
	if (filter != 0 && buckler != 0)
		bench_row(b, key, "buckler", "beyond filter", buckler - filter, "us");
}

static void measure(struct bench *b, struct bench_group *group, const char *what)
{
	BK_FREE char *request = bk_format("%s %d", what, 5);

	bench_group_compare(b, what, group, bench_rounds(b, 31, 5), request);
	beyond_filter(b, what);
}

int main(int argc, char **argv)
{
	static const struct bench_peer filter = { "filter", { "@SELF", "--filter", NULL }, 1 };
	struct bench b;
	struct bench_field field;
	struct bench_group group;

	if (bench_is_worker(argc, argv))
		return bench_worker(serve);
	if (argc > 2 && strcmp(argv[1], "--filter") == 0)
		return under_filter(argv + 2);
	bench_begin(&b, "call", about, argc, argv);
	bench_field(&b, &field, bench_policy(&b, "call", b.self, NULL), &filter);
	bench_group_open(&b, &group, &field, true);
	measure(&b, &group, "getppid");
	measure(&b, &group, "openat");
	bench_group_close(&b, &group);
	return bench_end(&b);
}
