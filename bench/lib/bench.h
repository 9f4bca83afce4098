/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the benchmarks share.  A benchmark compares the same work bare, under buckler-init and under peers, interleaved in
 * rounds: in each round every contender takes its turn (the order rotates), and what is reported is the median over the rounds
 * of the difference to bare and of the ratio to bare in the same round.  So drift of a shared machine cancels.
 *
 * Benchmarks measure and never judge: they end with status 0 unless they were called wrongly.  A contender that is missing or
 * that fails is named in a note.
 */
#ifndef BK_BENCH_H
#define BK_BENCH_H

#include "base/base.h"

#include <sys/types.h>

#define BENCH_PEERS_MAX 12
#define BENCH_WORDS_MAX 24
#define BENCH_NOBODY 65534		/* user and group of the measured programs where the benchmark is run by root */

struct bench_row {
	char *key, *peer, *metric;	/* case, contender, column */
	double value;
	const char *unit;
};

struct bench {
	const char *name;
	bool quick;
	bool expect_refusals;		/* refused starts are part of the work: no note about them */
	bool root;			/* --root: do not change to BENCH_NOBODY */
	int rounds;			/* --rounds; 0: the benchmark's own number */
	long count;			/* --count; 0: the benchmark's own number */
	FILE *tsv;			/* --tsv: append the rows to this file, too; opened before root is left */
	char *build;			/* folder of buckler and buckler-init */
	char *self;			/* path of the running benchmark */
	char *tmp;			/* scratch folder, removed at the end */
	struct bench_row *rows;
	size_t row_count, row_cap;
	char **notes;
	size_t note_count, note_cap;
};

/* --- report.c --- */

/* Reads the options that all benchmarks have (see `about`), finds the build folder, makes the scratch folder. */
void bench_begin(struct bench *b, const char *name, const char *about, int argc, char **argv);
/* Prints the rows as tables, writes the TSV file, removes the scratch folder; returns the exit status. */
int bench_end(struct bench *b);
void bench_row(struct bench *b, const char *key, const char *peer, const char *metric, double value, const char *unit);
__attribute__((format(printf, 2, 3))) void bench_note(struct bench *b, const char *format, ...);
/* Rounds to run: --rounds, else one of the two. */
int bench_rounds(const struct bench *b, int usual, int quick);

/* --- number.c --- */

double bench_now(void);				/* nanoseconds, monotonic */
double bench_median(double *values, size_t count);	/* sorts; NAN where count is 0 */

/* --- policy.c --- */

/* A program that a policy allows: canonical path, `args` as a YAML list or NULL (any). */
struct bench_program {
	const char *path;
	const char *args;
};
/*
 * Writes a policy with hashes for `main` and `programs` (ended by a NULL path) and all of the system's libraries, compiles it
 * with build/buckler and returns the compiled file's path; NULL with a note where that is not possible.
 */
char *bench_policy(struct bench *b, const char *name, const char *main, const struct bench_program *programs);
/* Compiles `text`; as above. */
char *bench_policy_compile(struct bench *b, const char *name, const char *text);
/* Canonical path of a system program, NULL where it is not there; `bench_built` of one beside the benchmark. */
char *bench_program(const char *name);
char *bench_built(const struct bench *b, const char *name);
/* Runs a command to its end with its output in `log` (NULL: thrown away); its wait status, -1 where it cannot be started. */
int bench_run(char *const *argv, const char *log);

/* --- peer.c --- */

struct bench_peer {
	const char *name;
	const char *words[BENCH_WORDS_MAX];	/* what stands before the command; "@INIT", "@POLICY", "@SELF", "@DEAF" are filled in */
	int every;				/* slow ones take part in each n-th round only */
};

/* Contenders of one run; [0] is bare. */
struct bench_contender {
	const struct bench_peer *peer;
	char *words[BENCH_WORDS_MAX];
	size_t word_count;
	bool out;				/* failed: no further turns */
};
struct bench_field {
	struct bench_contender at[BENCH_PEERS_MAX];
	size_t count;
};

/*
 * The contenders that are there: bare, buckler (where `policy` is not NULL), and the peers.  Missing ones are noted.
 * `extra`, where not NULL, takes part behind bare.
 */
void bench_field(struct bench *b, struct bench_field *field, const char *policy, const struct bench_peer *extra);
/* words + command, ended by NULL; the strings are borrowed, the vector is the caller's to free. */
char **bench_argv(const struct bench_contender *c, char *const *command);

/* In a child before exec, or for good in the benchmark itself: leave root unless --root was given. */
void bench_leave_root(const struct bench *b);
/* Pins the calling thread (and what it starts) to one CPU, the last that it may use; `bench_free` undoes it. */
void bench_pin(void);
void bench_free(void);

/* --- session.c --- */

/*
 * A session is a benchmark's own program, started under a contender with --worker, that answers requests from standard input
 * on standard output: a line of words in, a line of numbers out.
 */
#define BENCH_REPLY_MAX 4
struct bench_session {
	struct bench_contender *contender;
	pid_t pid;
	int to, from;
	char *log;				/* the standard error of the session */
};
bool bench_session_open(struct bench *b, struct bench_session *s, struct bench_contender *c, bool pinned);
/* The numbers of the answer; on a failure the contender is out, with a note, and false comes back. */
bool bench_session_ask(struct bench *b, struct bench_session *s, const char *request, double reply[BENCH_REPLY_MAX]);
void bench_session_close(struct bench *b, struct bench_session *s);
/* The other side: serves until standard input ends.  `serve` returns false for a request that it cannot do. */
int bench_worker(bool (*serve)(char *request, double reply[BENCH_REPLY_MAX]));
bool bench_is_worker(int argc, char **argv);

/* --- rounds.c --- */

/* Takes one measurement of contender `c`: nanoseconds, NAN where it failed. */
typedef double bench_measure(void *context, size_t c);
/*
 * Interleaved rounds over a field, then rows for `key`: "time" (median), "least" (of any round), "over" and "ratio" (medians of the
 * difference and the ratio to bare in the same round), "over +-" and "ratio +-" (their standard errors).
 */
void bench_compare(struct bench *b, const char *key, struct bench_field *field, int rounds, bench_measure *measure, void *context);

/* The same over sessions, one request a measurement (the first number of the reply is the time of one operation). */
struct bench_group {
	struct bench_field *field;
	struct bench_session session[BENCH_PEERS_MAX];
};
void bench_group_open(struct bench *b, struct bench_group *g, struct bench_field *field, bool pinned);
void bench_group_compare(struct bench *b, const char *key, struct bench_group *g, int rounds, const char *request);
void bench_group_close(struct bench *b, struct bench_group *g);

/* --- spawn.c --- */

/* Starts argv (posix_spawn), waits; its wait status, -1 where it cannot be started.  Standard error goes to /dev/null if `mute`. */
int bench_spawn(char *const *argv, bool mute);

/* --- cost.c --- */

/* What a whole run of a program took. */
struct bench_cost {
	double seconds, megabytes;		/* of time that passed; of memory at most resident */
	int status;				/* as wait(2) has it; -1: it could not be started */
};
/* Runs it with its output in the file `out`. */
struct bench_cost bench_cost(char *const *argv, const char *out);

/* --- advisories.c --- */

/*
 * Writes the made advisories [from, to) in OSV's form into a zip in the scratch folder: its path, the caller's to free, or NULL;
 * adds their size to *megabytes.  About as long as real ones are, 2 to 3 KB; a package has three.
 */
char *bench_advisories(const struct bench *b, long from, long to, double *megabytes);

#endif
