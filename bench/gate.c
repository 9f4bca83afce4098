/* SPDX-License-Identifier: Apache-2.0 */
/* The in-process gate: what it adds to the start of a process, to calls, to memory; where no process may listen (tests/place/refuse.c). */
#include "bench/lib/bench.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <netinet/in.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static const char about[] =
	"Usage: build/bench/gate [OPTION...]\n"
	"Compares one program bare and under the in-process gate, where seccomp and ptrace\n"
	"are refused. Only root can make that place.\n";

/* What the worker measures: name, unit, and how much the gate may add. */
struct metric { const char *name, *unit; double most; };
static const struct metric start_and_calls[] = {
	{ "spawn and wait", "us", 450 },
	{ "spawn and wait, static", "us", 450 },
	{ "getppid", "ns", 10 },
	{ "open for reading, no file", "ns", 400 },
	{ "open for writing, no file", "ns", 400 },
	{ "open for writing, /dev/null", "ns", 1000 },
	{ "mprotect, no code", "ns", 100 },
	{ "private memory", "kB", 112 },
};
/* Under a policy with sections for network and files. */
static const struct metric judged[] = {
	{ "connect a datagram socket", "ns", 400 },
	{ "send on it", "ns", 10 },
	{ "sendto", "ns", 400 },
	{ "open for reading, write rules", "ns", 400 },
	{ "open for writing, write rules", "ns", 400 },
	{ "make and remove a file", "ns", 800 },
	{ "private memory, all sections", "kB", 112 },
	{ "spawn and wait, static, all sections", "us", 450 },
};
#define COUNT(list) (sizeof list / sizeof *list)
#define METRICS COUNT(start_and_calls)
_Static_assert(COUNT(judged) == METRICS, "both lists are measured alike");

/* --- in the measured process --------------------------------------------------------------------------------------------- */

static double each(void (*call)(void), int count)
{
	double best = INFINITY;

	for (int round = 0; round < 7; round++) {
		double start = bench_now(), took;

		for (int i = 0; i < count; i++)
			call();
		took = (bench_now() - start) / count;
		best = took < best ? took : best;
	}
	return best;
}

static char *page;
static const char *least;		/* the least static program */
static void spawn(const char *path)
{
	char *argv[] = { "true", NULL };
	pid_t pid;

	if (posix_spawn(&pid, path, NULL, NULL, argv, environ) == 0)
		waitpid(pid, NULL, 0);
}
static void spawn_true(void)	{ spawn("/bin/true"); }
static void spawn_static(void)	{ spawn(least); }
static void get_parent(void)	{ syscall(SYS_getppid); }
static void open_read(void)	{ open("/nonexistent/file", O_RDONLY); }
static void open_write(void)	{ open("/nonexistent/file", O_WRONLY); }
static void open_null(void)	{ close(open("/dev/null", O_WRONLY)); }
static void protect(void)	{ mprotect(page, 4096, PROT_READ | PROT_WRITE); }

/* Pages of its own.  The memory files that it shares with the shim are there once, whatever the number of processes. */
static double private_kilobytes(void)
{
	FILE *f = fopen("/proc/self/smaps_rollup", "r");
	char line[256];
	double kb = NAN;

	while (f && fgets(line, sizeof line, f))
		sscanf(line, "Anonymous: %lf", &kb);
	if (f)
		fclose(f);
	return kb;
}

static int work(void)
{
	double memory = private_kilobytes();

	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	printf("%f %f %f %f %f %f %f %f\n", each(spawn_true, 30) / 1000, each(spawn_static, 30) / 1000, each(get_parent, 20000), each(open_read, 5000), each(open_write, 5000),
	       each(open_null, 5000), each(protect, 5000), memory);
	return 0;
}

static int sock;
static struct sockaddr_in address;
static void connect_it(void)	{ connect(sock, (void *)&address, sizeof address); }
static void send_it(void)	{ send(sock, "x", 1, MSG_DONTWAIT); }
static void send_to(void)	{ sendto(sock, "x", 1, MSG_DONTWAIT, (void *)&address, sizeof address); }
static void open_own(void)	{ close(open("/proc/self/stat", O_RDONLY)); }
static void open_file(void)	{ close(open("/tmp/buckler-bench-gate", O_WRONLY)); }
static void make_file(void)
{
	close(open("/tmp/buckler-bench-made", O_WRONLY | O_CREAT, 0600));
	unlink("/tmp/buckler-bench-made");
}

static int work_judged(void)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof address;
	int receiver = socket(AF_INET, SOCK_DGRAM, 0);
	double memory;

	/* full soon, so that nobody reads: what is over is dropped */
	if (bind(receiver, (void *)&any, sizeof any) < 0 || getsockname(receiver, (void *)&address, &size) < 0)
		return 1;
	sock = socket(AF_INET, SOCK_DGRAM, 0);
	close(open("/tmp/buckler-bench-gate", O_WRONLY | O_CREAT, 0600));
	printf("%f %f %f %f %f %f ", each(connect_it, 5000), each(send_it, 5000), each(send_to, 5000), each(open_own, 3000), each(open_file, 3000),
	       each(make_file, 1000));
	unlink("/tmp/buckler-bench-gate");
	memory = private_kilobytes();
	printf("%f %f\n", memory, each(spawn_static, 30) / 1000);
	return 0;
}

/* --- outside -------------------------------------------------------------------------------------------------------------------- */

static bool measure(char *const *argv, double *values)
{
	char *line = NULL;
	size_t cap = 0, at = 0;
	bool fine = false;
	int ends[2], status;
	FILE *f;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0 || (pid = fork()) < 0)
		return false;
	if (pid == 0) {
		dup2(ends[1], 1);
		dup2(open("/dev/null", O_WRONLY), 2);
		execv(argv[0], argv);
		_exit(127);
	}
	close(ends[1]);
	f = fdopen(ends[0], "r");
	if (f && getline(&line, &cap, f) > 0)
		for (char *next = line; at < METRICS; at++)
			values[at] = strtod(next, &next);
	fine = at == METRICS;
	free(line);
	if (f)
		fclose(f);
	waitpid(pid, &status, 0);
	return fine && status == 0;
}

static void compare(struct bench *b, const struct metric *metrics, char *const *bare, char *const *gated)
{
	int rounds = bench_rounds(b, 9, 3), n = 0;
	double base[METRICS][16], added[METRICS][16];

	for (int i = 0; i < rounds && i < 16; i++) {
		double x[METRICS], y[METRICS];

		if (!measure(bare, x) || !measure(gated, y)) {
			bench_note(b, "a round failed");
			continue;
		}
		for (size_t m = 0; m < METRICS; m++) {
			base[m][n] = x[m];
			added[m][n] = y[m] - x[m];
		}
		n++;
	}
	for (size_t m = 0; m < METRICS && n; m++) {
		double median = bench_median(added[m], (size_t)n);

		bench_row(b, metrics[m].name, "bare", "value", bench_median(base[m], (size_t)n), metrics[m].unit);
		bench_row(b, metrics[m].name, "gate", "added", median, metrics[m].unit);
		bench_row(b, metrics[m].name, "gate", "of target", median / metrics[m].most, "x");
	}
}

int main(int argc, char **argv)
{
	struct bench b;

	least = argc == 3 ? argv[2] : NULL;
	if (least && strcmp(argv[1], "--worker") == 0)
		return work();
	if (least && strcmp(argv[1], "--judged") == 0)
		return work_judged();
	bench_begin(&b, "gate", about, argc, argv);
	char *refuse = bench_built(&b, "attack/refuse"), *init = bench_built(&b, "buckler-init"), *gate = bench_built(&b, "buckler-gate.so"),
	     *exit0 = bench_built(&b, "bench/exit0");
	char *policy = bench_policy_compile(&b, "gate",
					    "version: 1\nprocesses: [/usr/bin/true, /**/bench/exit0]\nlibraries: [/usr/lib/**]\ngenerated_code: deny\n");
	char *sections = bench_policy_compile(&b, "gate-judged",
					      "version: 1\nprocesses: [/usr/bin/true, /**/bench/exit0]\nlibraries: [/usr/lib/**]\ngenerated_code: deny\n"
					      "network: {connect: [{address: 127.0.0.1}], listen: [{address: 127.0.0.1}]}\n"
					      "files: {write: [/tmp/**], code: []}\n");

	if (geteuid() != 0 || !refuse || !init || !gate || !policy || !sections || !exit0)
		bench_note(&b, "only root can make the place, and it takes build/attack/refuse, bench/exit0, buckler-init and buckler-gate.so");
	else {
		compare(&b, start_and_calls, (char *[]){ refuse, "65534", b.self, "--worker", exit0, NULL },
			(char *[]){ refuse, "65534", init, "-p", policy, "--", b.self, "--worker", exit0, NULL });
		compare(&b, judged, (char *[]){ refuse, "65534", b.self, "--judged", exit0, NULL },
			(char *[]){ refuse, "65534", init, "-p", sections, "--", b.self, "--judged", exit0, NULL });
	}
	return bench_end(&b);
}
