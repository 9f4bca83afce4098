/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In the Lambda box (root is needed for it): how soon the watch ends an unlisted program, what it costs when nothing happens, and what a wrapped
 * function's cold start costs, with the platform's own client for Node.js.
 */
#include "bench/lib/bench.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char about[] =
	"Usage: build/bench/lambda [OPTION...]\n"
	"In a box with AWS Lambda's limits: time until an unlisted program is ended, cost\n"
	"of the watch at rest, cold start of a function on aws-lambda-ric. Needs root.\n";

#define IDLE_SECONDS 8

/* --- inside the box ------------------------------------------------------------------------------------------------------------ */

/* Starts an unlisted dynamic program again and again; says the nanoseconds from its exec to its end. */
static int victim(int count)
{
	double *before = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	for (int i = 0; i < count; i++) {
		int status, pid = fork();

		if (pid == 0) {
			*before = bench_now();
			execl("/usr/bin/sleep", "sleep", "2", (char *)NULL);
			_exit(1);
		}
		if (waitpid(pid, &status, 0) != pid)
			return 1;
		fprintf(stderr, "%.0f %d\n", bench_now() - *before, WIFSIGNALED(status) ? WTERMSIG(status) : 0);
		usleep(30000 + (useconds_t)(i % 7) * 5000);
	}
	return 0;
}

/* --- the scene --------------------------------------------------------------------------------------------------------------------- */

struct scene {
	struct bench *b;
	char *box, *opt, *layer, *task, *init;	/* opt: without the gate, so that the watch alone is measured */
};

static bool copy(const char *from, const char *to)
{
	char *argv[] = { (char *)"/bin/cp", (char *)from, (char *)to, NULL };

	return bench_run(argv, NULL) == 0;
}

static bool put(const char *folder, const char *name, const char *text)
{
	BK_FREE char *path = bk_format("%s/%s", folder, name);

	return bk_write_file(path, text, strlen(text)) == 0;
}

/* What users deploy: shim, gate and the tables of the runtime and its libraries, as `buckler wrap` packs them. */
static bool make_layer(struct scene *s)
{
	static const char *const libraries[] = {
		"/lib64/ld-linux-x86-64.so.2", "/usr/lib/x86_64-linux-gnu/libc.so.6", "/usr/lib/x86_64-linux-gnu/libstdc++.so.6",
		"/usr/lib/x86_64-linux-gnu/libm.so.6", "/usr/lib/x86_64-linux-gnu/libgcc_s.so.1", "/usr/lib/x86_64-linux-gnu/libpthread.so.0",
		"/usr/lib/x86_64-linux-gnu/libdl.so.2",
	};
	size_t n = 7;
	BK_FREE char *node = bench_program("node");
	BK_FREE char *text = bk_format("version: 1\nmain: %s\nprocesses:\n  - path: /usr/bin/echo\nlibraries: [/usr/lib/**, /var/runtime/**]\n", node);
	BK_FREE char *policy = bk_format("%s/layer.yaml", s->b->tmp);
	BK_FREE char *zip = bk_format("%s/layer.zip", s->b->tmp);
	BK_FREE char *buckler = bk_format("%s/buckler", s->b->build);
	BK_FREE char *gate = bk_format("%s/buckler-gate.so", s->b->build);
	char *wrap[16 + 2 * sizeof libraries / sizeof *libraries] = {
		buckler, (char *)"wrap", (char *)"--layer", (char *)"-p", policy, (char *)"-o", zip
	};
	char *unpack[] = { (char *)"/usr/bin/python3", (char *)"-m", (char *)"zipfile", (char *)"-e", zip, s->layer, NULL };
	BK_FREE char *init = bk_format("%s/buckler/buckler-init", s->layer);

	if (node && access(gate, R_OK) == 0) {		/* where there is none, tables are of no use */
		wrap[n++] = (char *)"--objects";
		wrap[n++] = node;
	}
	for (size_t i = 0; n > 7 && i < sizeof libraries / sizeof *libraries; i++)
		if (access(libraries[i], R_OK) == 0) {
			wrap[n++] = (char *)"--objects";
			wrap[n++] = (char *)(uintptr_t)libraries[i];
		}
	return node && put(s->b->tmp, "layer.yaml", text) && bench_run(wrap, NULL) == 0 && bench_run(unpack, NULL) == 0 && chmod(init, 0755) == 0;
}

static bool set_up(struct scene *s)
{
	char *compiled;

	s->box = bk_format("%s/place/box", s->b->build);
	s->init = bk_format("%s/buckler-init", s->b->build);
	s->opt = bk_format("%s/opt", s->b->tmp);
	s->layer = bk_format("%s/layer", s->b->tmp);
	s->task = bk_format("%s/task", s->b->tmp);
	compiled = bench_policy_compile(s->b, "lambda", "version: 1\nprocesses:\n  - path: /usr/bin/echo\nlibraries: [/usr/lib/**, /var/runtime/**]\n");
	BK_FREE char *bkl = bk_format("%s/policy.bkl", s->opt);
	BK_FREE char *init = bk_format("%s/buckler-init", s->opt);
	BK_FREE char *self = bk_format("%s/lambda", s->task);
	BK_FREE char *index = bk_strdup("exports.handler = async (event) => ({ hello: event.name });\n");

	chmod(s->b->tmp, 0755);
	return compiled && mkdir(s->opt, 0755) == 0 && mkdir(s->task, 0755) == 0 && copy(compiled, bkl) && copy(s->init, init) &&
	       copy(s->b->self, self) && make_layer(s) && put(s->task, "index.js", index) && put(s->task, "events", "{\"name\": \"x\"}\n") && access(s->box, X_OK) == 0;
}

/* --- how soon ------------------------------------------------------------------------------------------------------------------------ */

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void kills(const struct scene *s)
{
	int count = s->b->quick ? 20 : 100, n = 0, missed = 0, signal;
	BK_FREE char *number = bk_format("%d", count);
	BK_FREE char *log = bk_format("%s/kills", s->b->tmp);
	BK_FREE double *times = bk_alloc((size_t)count * sizeof *times);
	char *argv[] = {
		s->box, (char *)"--opt", s->opt, (char *)"--task", s->task, (char *)"--", (char *)"/opt/buckler-init",
		(char *)"/var/task/lambda", (char *)"--victim", number, NULL
	};
	double value;

	bench_run(argv, log);
	BK_FILE *f = fopen(log, "re");
	char line[4096];

	while (f && n < count && fgets(line, sizeof line, f)) {
		if (sscanf(line, "%lf %d", &value, &signal) != 2)
			continue;
		times[n++] = value;
		missed += signal != SIGKILL;
	}
	if (!n) {
		bench_note(s->b, "no program was started in the box");
		return;
	}
	qsort(times, (size_t)n, sizeof *times, by_value);
	bench_row(s->b, "kill", "buckler", "p50", times[n / 2] / 1e6, "ms");
	bench_row(s->b, "kill", "buckler", "p95", times[n * 95 / 100] / 1e6, "ms");
	bench_row(s->b, "kill", "buckler", "max", times[n - 1] / 1e6, "ms");
	bench_row(s->b, "kill", "buckler", "missed", missed, "starts");
}

/* --- at rest ------------------------------------------------------------------------------------------------------------------------- */

/* The shim among the box's processes: the child of the child of `box`. */
static int child_of(int pid)
{
	BK_FREE char *path = bk_format("/proc/%d/task/%d/children", pid, pid);
	BK_FILE *f = fopen(path, "re");
	int child = 0;

	return f && fscanf(f, "%d", &child) == 1 ? child : 0;
}

static double run_time(int pid)
{
	BK_FREE char *path = bk_format("/proc/%d/schedstat", pid);
	BK_FILE *f = fopen(path, "re");
	double ns = 0;

	return f && fscanf(f, "%lf", &ns) == 1 ? ns : NAN;
}

static void rest(const struct scene *s)
{
	char *argv[] = { s->box, (char *)"--opt", s->opt, (char *)"--", (char *)"/opt/buckler-init", (char *)"/usr/bin/sleep", (char *)"60", NULL };
	int pid = fork(), shim;
	double used;

	if (pid == 0) {
		close(2);
		execv(*argv, argv);
		_exit(1);
	}
	sleep(2);
	shim = child_of(child_of(pid));
	used = shim ? run_time(shim) : NAN;
	sleep(IDLE_SECONDS);
	used = run_time(shim) - used;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	bench_row(s->b, "idle", "buckler", "processor", 100 * used / 1e9 / IDLE_SECONDS, "%");
}

/* --- cold start ---------------------------------------------------------------------------------------------------------------------- */

/* Milliseconds from the start of the client to its first request for an event. */
static double first_request(const struct scene *s, bool wrapped)
{
	BK_FREE char *events = bk_format("%s/events", s->task);
	BK_FREE char *answers = bk_format("%s/answers", s->b->tmp);
	BK_FREE char *runtime = bk_format("%s/ric/3=/var/runtime", s->b->build);
	BK_FREE char *node = bench_program("node");
	char *argv[] = {
		(char *)"/usr/bin/python3", (char *)"tests/place/runtime_api.py", (char *)"--times", events, answers, s->box, (char *)"--opt", s->layer,
		(char *)"--task", s->task, (char *)"--bind", runtime, (char *)"--", wrapped ? (char *)"/opt/buckler/buckler-init" : node, node,
		(char *)"/var/runtime/bin/index.mjs", (char *)"index.handler", NULL
	};
	char line[256];
	double ms = NAN;

	if (!wrapped)
		memmove(argv + 13, argv + 14, 4 * sizeof *argv);
	if (!node || bench_run(argv, NULL) != 0)
		return NAN;
	BK_FILE *f = fopen(answers, "re");
	while (f && fgets(line, sizeof line, f))
		if (sscanf(line, "- first %lf", &ms) == 1)
			break;
	return ms;
}

static double measure(void *context, size_t c)
{
	return 1e6 * first_request(context, c == 1);
}

static void cold_start(struct scene *s)
{
	static const struct bench_peer bare = { .name = "bare", .every = 1 }, wrapped = { .name = "buckler", .every = 1 };
	struct bench_field field = { .at = { { .peer = &bare }, { .peer = &wrapped } }, .count = 2 };

	bench_compare(s->b, "cold start/node", &field, bench_rounds(s->b, 21, 3), measure, s);
}

int main(int argc, char **argv)
{
	struct bench b;
	struct scene s = { .b = &b };

	if (argc == 3 && strcmp(argv[1], "--victim") == 0)
		return victim(atoi(argv[2]));
	bench_begin(&b, "lambda", about, argc, argv);
	if (geteuid() != 0) {
		bench_note(&b, "only root can make the box");
	} else if (!set_up(&s)) {
		bench_note(&b, "the box cannot be set up: is `make tests` done?");
	} else {
		kills(&s);
		rest(&s);
		cold_start(&s);
	}
	return bench_end(&b);
}
