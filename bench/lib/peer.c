/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/lib/bench.h"

#include <grp.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

/*
 * tini and catatonit as they run when they are not the first process.  strace looks at the calls that buckler-init looks at, too,
 * and writes them to /dev/null.
 */
static const struct bench_peer peers[] = {
	{ "bare", { NULL }, 1 },
	{ "buckler", { "@INIT", "-p", "@POLICY", "--", NULL }, 1 },
	{ "tini", { "tini", "-s", "--", NULL }, 1 },
	{ "dumb-init", { "dumb-init", "--", NULL }, 1 },
	{ "catatonit", { "catatonit", "--", NULL }, 1 },
	{ "strace", { "strace", "-f", "--seccomp-bpf", "-e", "trace=execve,execveat,mmap", "-o", "/dev/null", "--", NULL }, 1 },
	{ "bwrap", { "bwrap", "--dev-bind", "/", "/", "--", NULL }, 1 },
	{ "runsc", { "runsc", "--rootless", "--network=none", "do", NULL }, 5 },
};

static char *fill_in(const struct bench *b, const char *word, const char *policy)
{
	if (strcmp(word, "@INIT") == 0)
		return bench_built(b, "buckler-init");
	if (strcmp(word, "@DEAF") == 0)
		return bench_built(b, "attack/deaf");
	if (strcmp(word, "@SELF") == 0)
		return bk_strdup(b->self);
	return bk_strdup(strcmp(word, "@POLICY") == 0 ? policy : word);
}

static void enter(struct bench *b, struct bench_field *field, const struct bench_peer *peer, const char *policy)
{
	struct bench_contender *c = &field->at[field->count];
	size_t i = 0;

	*c = (struct bench_contender){ .peer = peer };
	if (peer->words[0] && peer->words[0][0] != '@') {
		c->words[i++] = bench_program(peer->words[0]);
		if (!c->words[0]) {
			bench_note(b, "%s is not installed", peer->name);
			return;
		}
	}
	for (; peer->words[i]; i++)
		c->words[i] = fill_in(b, peer->words[i], policy);
	c->word_count = i;
	if (i && !c->words[0])
		bench_note(b, "%s: not built; run `make`", peer->name);
	else if (field->count < BENCH_PEERS_MAX)
		field->count++;
}

void bench_field(struct bench *b, struct bench_field *field, const char *policy, const struct bench_peer *extra)
{
	field->count = 0;
	for (size_t i = 0; i < sizeof peers / sizeof *peers; i++) {
		if (peers[i].words[0] && strcmp(peers[i].words[0], "@INIT") == 0 && !policy)
			continue;
		enter(b, field, &peers[i], policy);
		if (i == 0 && extra)
			enter(b, field, extra, policy);
	}
}

char **bench_argv(const struct bench_contender *c, char *const *command)
{
	size_t n = 0;

	while (command[n])
		n++;
	char **argv = bk_alloc((c->word_count + n + 1) * sizeof *argv);
	memcpy(argv, c->words, c->word_count * sizeof *argv);
	memcpy(argv + c->word_count, command, n * sizeof *argv);
	return argv;
}

void bench_leave_root(const struct bench *b)
{
	if (geteuid() != 0 || b->root)
		return;
	if (setgroups(0, NULL) != 0 || setgid(BENCH_NOBODY) != 0 || setuid(BENCH_NOBODY) != 0) {
		perror("cannot become user 65534; use --root");
		_exit(2);
	}
	setenv("HOME", b->tmp, 1);
}

static cpu_set_t allowed;

void bench_pin(void)
{
	cpu_set_t one;
	int cpu = CPU_SETSIZE - 1;

	if (sched_getaffinity(0, sizeof allowed, &allowed) != 0)
		return;
	while (cpu > 0 && !CPU_ISSET(cpu, &allowed))
		cpu--;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	sched_setaffinity(0, sizeof one, &one);
}

void bench_free(void)
{
	sched_setaffinity(0, sizeof allowed, &allowed);
}
