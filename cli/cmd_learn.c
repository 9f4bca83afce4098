/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/watch.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "learn/elf.h"
#include "learn/propose.h"

static const char usage[] =
	"Usage: buckler learn -o POLICY [OPTION]... [--] CMD [ARG]...\n"
	"       buckler learn -o POLICY [OPTION]... --from LOG...\n"
	"Runs CMD, watches it, and writes the least policy that allows what it did; or\n"
	"learns the same from the logs of a function that ran in the mode learn. What\n"
	"varied becomes a pattern; comments hold the evidence. Read it before you use it.\n"
	"\n"
	"  -o, --output POLICY   where to write it (\"-\": standard output)\n"
	"      --merge           join to the policy that is there: nothing is taken away\n"
	"      --function NAME   the policy is for the function of this name\n"
	"      --from            the arguments are logs (\"-\": standard input)\n"
	"      --suspect         learn from log lines, too, that may be forged\n"
	"  -h, --help            this text\n"
	"\n"
	"Exit status: 0 the policy was written, 1 it was, but does not allow all that was\n"
	"seen (stderr says what), 2 an error; 125 to 127 CMD could not be started.\n"
	"\n"
	"Example: buckler learn -o policy.yaml -- node handler.js\n"
	"         buckler learn -o policy.yaml --merge --from export.json\n";

enum { MERGE = 256, FUNCTION, FROM, SUSPECT };
static const struct option options[] = {
	{ "output", required_argument, NULL, 'o' },
	{ "merge", no_argument, NULL, MERGE },
	{ "function", required_argument, NULL, FUNCTION },
	{ "from", no_argument, NULL, FROM },
	{ "suspect", no_argument, NULL, SUSPECT },
	BK_CLI_OPTIONS_END
};

struct job {
	const char *output, *function;
	bool merge, from, suspect;
	struct bk_model *old;		/* the policy to join to, NULL: none */
	char **words;			/* the command or the logs */
	int count;
	struct bk_seen seen;
};

/* --- what the function could change here --- */

static bool may_change(const char *path)
{
	struct stat st;

	return stat(path, &st) < 0 || st.st_uid == geteuid() || access(path, W_OK) == 0;
}

/* A folder and each one above it, as far as this user can tell; the function is taken to run as who learns. */
static bool changeable(void *to, const char *folder)
{
	BK_FREE char *path = bk_strdup(folder);

	(void)to;
	for (size_t n = strlen(path); n > 0; n--) {
		if (path[n - 1] != '/')
			continue;
		path[n > 1 ? n - 1 : 1] = '\0';
		if (may_change(path))
			return true;
	}
	return false;
}

static bool is_library_name(const char *name)
{
	const char *end = strrchr(name, '.');

	return strstr(name, ".so.") || (end && (!strcmp(end, ".so") || !strcmp(end, ".node")));
}

static size_t libraries(void *to, const char *folder)
{
	DIR *dir = opendir(folder);
	size_t n = 0;

	(void)to;
	for (struct dirent *e; dir && (e = readdir(dir)); )
		n += e->d_type == DT_REG && is_library_name(e->d_name);
	if (dir)
		closedir(dir);
	return n;
}

/* --- collecting --- */

static void take(void *to, const struct bk_log_event *e)
{
	bk_seen_add(to, e);
}

static int compile(struct bk_model *m, struct bk_buf *out)
{
	struct bk_diags d = { 0 };
	int r = bk_policy_compile(m, out, &d);

	bk_cli_report(&d);
	bk_diags_free(&d);
	return r;
}

static int exit_of(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* 0, or the exit status to end with. */
static int watch(struct job *job, struct bk_log_reader *reader)
{
	struct bk_model *learning = bk_learning_policy(job->old);
	BK_BUF policy = { 0 };
	int status = bk_cli_command_is_there(job->words[0]);

	if (!status && compile(learning, &policy) != 0)
		status = 2;
	bk_model_free(learning);
	if (status)
		return status;
	status = bk_cli_watch(&policy, job->words, job->count, reader);
	if (status < 0)
		return 125;
	if (!job->seen.count)
		return exit_of(status) >= 125 ? exit_of(status) : bk_cli_error("buckler-init wrote no events: see what it said above");
	if (exit_of(status))
		fprintf(stderr, "buckler learn: %s ended with status %d; the policy is learned from what it did until then\n", job->words[0], exit_of(status));
	bk_elf_complete(&job->seen, "");
	return 0;
}

static int read_logs(struct job *job, struct bk_log_reader *reader)
{
	for (int i = 0; i < job->count; i++)
		if (!bk_cli_read_log(job->words[i], reader))
			return 2;
	for (size_t i = 0; i < job->seen.count; i++)
		if (job->seen.acts[i].kind != BK_EVENT_START)
			return 0;
	return bk_cli_error("the logs hold nothing to learn from; let the function run with `mode: learn` or BUCKLER_MODE=learn");
}

static int collect(struct job *job)
{
	struct bk_log_reader *reader = bk_log_reader_new(take, &job->seen);
	int status;

	job->seen.keep_suspect = job->suspect;
	status = job->from ? read_logs(job, reader) : watch(job, reader);
	bk_cli_warn_log(bk_log_counts(reader));
	bk_log_reader_free(reader);
	return status;
}

/* --- writing --- */

/* Asked before the command runs: a run whose policy has no place to go is a run for nothing.  False with an error printed. */
static bool may_write(const char *path)
{
	struct stat st;
	int r;

	if (!strcmp(path, "-"))
		return true;
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		bk_cli_error("%s: cannot be written: it is %s (\"-o -\" is standard output)", path, S_ISDIR(st.st_mode) ? "a folder" : "no regular file");
		return false;
	}
	r = bk_try_file(path);
	if (r < 0)
		bk_cli_error("%s: cannot be written: %s", path, strerror(-r));
	return r == 0;
}

/* The run is over and may not come again: what was learned from it is not thrown away. */
static int cannot_write(const struct job *job, int error, const struct bk_buf *text)
{
	int status = bk_cli_error("%s: cannot be written: %s; the policy follows", job->output, strerror(error));

	fwrite(text->at, 1, text->len, stderr);
	return status;
}

/* "exec /bin/x", "connect example.com port 443"; an event may lack what it is about. */
static void say_act(const struct bk_act *a)
{
	struct bk_text what = a->path.len ? a->path : a->domain.len ? a->domain : a->address;

	fputs(bk_event_name(a->kind), stderr);
	if (what.len)
		fputc(' ', stderr);
	bk_cli_put(stderr, what.at, what.len);
	if (a->port)
		fprintf(stderr, " port %u", a->port);
}

static void say_denied(const struct bk_replayed *r)
{
	fprintf(stderr, "buckler learn: the policy does not allow %llu of what was seen", (unsigned long long)r->denied);
	if (r->first) {
		fputs(", first ", stderr);
		say_act(r->first);
		fprintf(stderr, " (%s); add a rule for it", bk_reason_text(r->why));
	}
	fputs("\n", stderr);
}

/* The policy must allow the run that it was learned from.  0, or 1 with what it does not allow printed; 2. */
static int replay(struct job *job, struct bk_model *m)
{
	enum bk_mode mode = m->mode;
	BK_BUF bytes = { 0 };
	struct bk_policy view;
	struct bk_replayed result;

	m->mode = BK_ENFORCE;
	if (compile(m, &bytes) != 0)
		return 2;
	m->mode = mode;
	if (bk_policy_open(&view, bytes.at, bytes.len, NULL) != BK_POLICY_OK)
		return bk_cli_error("the learned policy is too large to be compiled: more than %u MiB", BK_POLICY_MAX >> 20);
	result = bk_propose_replay(&job->seen, &view);
	if (result.denied)
		say_denied(&result);
	return result.denied ? 1 : 0;
}

static void say_written(const struct job *job, const struct bk_model *m)
{
	if (!strcmp(job->output, "-"))
		return;
	fprintf(stderr, "buckler learn: %s: %zu rules for processes, %zu for libraries, generated code %s. Read it, then: buckler run -p %s -- CMD\n", job->output,
		m->section[BK_PROCESSES].count, m->section[BK_LIBRARIES].count, m->section[BK_GENERATED_CODE].allows ? "allowed" : "denied", job->output);
}

static int write_policy(struct job *job, struct bk_model *m)
{
	BK_BUF text = { 0 };
	int status = replay(job, m), r;

	if (status == 2)
		return 2;
	bk_policy_print(m, &text);
	r = bk_write_file(job->output, text.at, text.len);
	if (r < 0)
		return cannot_write(job, -r, &text);
	say_written(job, m);
	return status;
}

/* The policy to join to; NULL where there is none yet.  False with an error printed. */
static bool read_old(const struct job *job, struct bk_model **m, struct bk_buf *text)
{
	struct bk_diags d = { 0 };
	bool good = true;

	*m = NULL;
	if (!job->merge || access(job->output, F_OK) < 0)
		return true;
	*m = bk_cli_model(job->output, &d);
	if (*m)
		good = bk_read_file(job->output, BK_POLICY_MAX, text) == 0;
	bk_cli_report(&d);
	bk_diags_free(&d);
	return *m && good;
}

static int propose(struct job *job, const char *old_text)
{
	struct bk_propose_options o = { .function = job->function };
	struct bk_diags notes = { 0 };
	struct bk_model *m;
	int status;

	if (!job->from) {
		o.changeable = changeable;
		o.libraries = libraries;
	}
	m = bk_propose(&job->seen, &o, job->old, old_text, &notes);
	bk_cli_report(&notes);
	bk_diags_free(&notes);
	status = write_policy(job, m);
	bk_model_free(m);
	return status;
}

static int learn(struct job *job)
{
	BK_BUF text = { 0 };
	int status;

	if (!read_old(job, &job->old, &text))
		return 2;
	if (text.at && bk_cli_is_compiled(&text)) {
		bk_model_free(job->old);
		return bk_cli_error("%s is a compiled policy; learn joins to its text (`buckler show` makes one)", job->output);
	}
	status = collect(job);
	if (status == 0)
		status = propose(job, text.at);
	else
		bk_model_free(job->old);
	bk_seen_free(&job->seen);
	return status;
}

/* --- options --- */

static void read_option(struct job *job, int c)
{
	if (c == 'o')
		job->output = optarg;
	else if (c == FUNCTION)
		job->function = optarg;
	else if (c == MERGE)
		job->merge = true;
	else if (c == FROM)
		job->from = true;
	else
		job->suspect = true;
}

static int run(int argc, char **argv)
{
	struct job job = { 0 };

	for (int c; (c = bk_cli_option(&bk_cmd_learn, argc, argv, "+:ho:", options)) != -1; )
		read_option(&job, c);
	if (!job.output)
		return bk_cli_usage(&bk_cmd_learn, "say with -o where to write the policy", NULL);
	if (job.suspect && !job.from)
		return bk_cli_usage(&bk_cmd_learn, "--suspect goes with --from", NULL);
	if (job.merge && !strcmp(job.output, "-"))
		return bk_cli_usage(&bk_cmd_learn, "--merge wants a file behind -o", NULL);
	if (optind == argc)
		return bk_cli_usage(&bk_cmd_learn, job.from ? "no log was given" : "no command was given", NULL);
	if (!may_write(job.output))
		return 2;
	job.words = argv + optind;
	job.count = argc - optind;
	return learn(&job);
}

const struct bk_command bk_cmd_learn = { "learn", "run a function or read its logs, write the least policy", usage, run };
