/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/lib/bench.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

struct bench_cost bench_cost(char *const *argv, const char *out)
{
	struct bench_cost c = { 0, 0, -1 };
	struct rusage use;
	double start = bench_now();
	pid_t pid = fork();

	if (pid == 0) {
		dup2(open(out, O_WRONLY | O_CREAT | O_TRUNC, 0644), 1);
		dup2(open("/dev/null", O_WRONLY), 2);
		execvp(argv[0], argv);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &c.status, 0, &use) < 0)
		return c;
	c.seconds = (bench_now() - start) / 1e9;
	c.megabytes = (double)use.ru_maxrss / 1024;
	return c;
}
