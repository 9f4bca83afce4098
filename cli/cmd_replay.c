/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/watch.h"

#include <string.h>

#include "core/decide.h"

static const char usage[] =
	"Usage: buckler replay POLICY [OPTION]... LOG...\n"
	"Which of the events in the logs (\"-\": standard input) the policy, text or\n"
	"compiled, would now refuse. Events that say the same are shown once.\n"
	"\n"
	"  -a, --all             those that it allows, too\n"
	"      --format FORMAT   text (the default) or json: one object a line, then one\n"
	"                        with the counts\n"
	"  -h, --help            this text\n"
	"\n"
	"\"unknown\" is what only the file's content could tell where the log does not\n"
	"have its hash. A policy in the mode alert or learn refuses nothing.\n"
	"Exit status: 0 nothing would be refused, 1 something would, 2 an error.\n"
	"\n"
	"Example: buckler replay new.yaml last-week.log\n";

enum { FORMAT = 256 };
static const struct option options[] = {
	{ "all", no_argument, NULL, 'a' },
	{ "format", required_argument, NULL, FORMAT },
	BK_CLI_OPTIONS_END
};

#define DISTINCT_MAX (1u << 20)		/* kinds of events; what comes after that many is judged each time */

struct replay {
	struct bk_policy policy;
	const char *log;
	bool json, all;
	uint64_t *known;		/* keys of what was shown: open addressing */
	size_t known_count, known_size;
	uint64_t allowed, refused, unknown;
};

/* --- what was shown already --- */

static void put_key(struct replay *r, uint64_t key)
{
	size_t i = key & (r->known_size - 1);

	while (r->known[i])
		i = (i + 1) & (r->known_size - 1);
	r->known[i] = key;
}

static void grow(struct replay *r)
{
	uint64_t *old = r->known;
	size_t size = r->known_size;

	r->known_size = size ? size * 2 : 1024;
	r->known = bk_alloc(r->known_size * sizeof *r->known);
	for (size_t i = 0; i < size; i++)
		if (old[i])
			put_key(r, old[i]);
	free(old);
}

static bool is_new(struct replay *r, uint64_t key)
{
	for (size_t i = key & (r->known_size - 1); r->known_size && r->known[i]; i = (i + 1) & (r->known_size - 1))
		if (r->known[i] == key)
			return false;
	if (r->known_count == DISTINCT_MAX)
		return true;
	if (r->known_count++ * 2 >= r->known_size)
		grow(r);
	put_key(r, key);
	return true;
}

/* --- showing --- */

static const char *word_of(enum bk_verdict v)
{
	return v == BK_NEED_SHA256 ? "unknown" : bk_verdict_name(v);
}

static unsigned line_of(const struct replay *r, const struct bk_decision *d)
{
	const struct bk_rule *rule = bk_policy_rule(&r->policy, d->rule);

	return rule ? rule->line : 0;
}

static void put_arguments(const struct bk_args *argv)
{
	for (uint32_t i = 1; i < argv->count; i++) {
		struct bk_text word = bk_args_get(argv, i);

		fputc(' ', stdout);
		bk_cli_put(stdout, word.at, word.len);
	}
}

static void show_text(const struct replay *r, const struct bk_log_event *e, const struct bk_request *q, const struct bk_decision *d)
{
	unsigned line = line_of(r, d);

	printf("%-8s %-6s ", word_of(d->verdict), bk_event_name(e->kind));
	bk_cli_put(stdout, q->path.at, q->path.len);
	put_arguments(&q->argv);
	printf(" (%s", bk_reason_text(d->reason));
	if (line)
		printf("; line %u", line);
	printf("), was %s in %s:%llu\n", e->has_verdict ? bk_verdict_name(e->verdict) : "unknown", r->log, (unsigned long long)e->line);
}

static void show_json(const struct replay *r, const struct bk_log_event *e, const struct bk_request *q, const struct bk_decision *d)
{
	json_t *o = json_object(), *argv = json_array();
	unsigned line = line_of(r, d);

	json_object_set_new(o, "verdict", json_string(word_of(d->verdict)));
	json_object_set_new(o, "event", json_string(bk_event_name(e->kind)));
	json_object_set_new(o, "path", bk_cli_json_text(q->path.at, q->path.len));
	for (uint32_t i = 0; i < q->argv.count; i++)
		json_array_append_new(argv, bk_cli_json_text(bk_args_get(&q->argv, i).at, bk_args_get(&q->argv, i).len));
	if (q->argv.count)
		json_object_set(o, "argv", argv);
	json_decref(argv);
	json_object_set_new(o, "reason", json_string(bk_reason_text(d->reason)));
	if (line)
		json_object_set_new(o, "line", json_integer(line));
	json_object_set_new(o, "was", e->has_verdict ? json_string(bk_verdict_name(e->verdict)) : json_null());
	json_object_set_new(o, "log", json_string(r->log));
	json_object_set_new(o, "logLine", json_integer((json_int_t)e->line));
	bk_cli_json_line(o);
}

static void take(void *to, const struct bk_log_event *e)
{
	struct replay *r = to;
	struct bk_endpoint endpoint;
	struct bk_request q;
	struct bk_decision d;

	if (!bk_log_request(e, &q, &endpoint))
		return;
	d = bk_decide_written(&r->policy, &q, BK_ENFORCE);
	if (d.verdict == BK_NEED_SHA256)
		r->unknown++;
	else if (bk_stops(d.verdict))
		r->refused++;
	else
		r->allowed++;
	if ((d.verdict != BK_ALLOWED || r->all) && is_new(r, e->key))
		(r->json ? show_json : show_text)(r, e, &q, &d);
}

static void show_counts(const struct replay *r)
{
	if (r->json)
		bk_cli_json_line(json_pack("{s:I, s:I, s:I}", "allowed", (json_int_t)r->allowed, "refused", (json_int_t)r->refused,
					    "unknown", (json_int_t)r->unknown));
	else
		printf("%llu events: %llu allowed, %llu refused, %llu unknown\n", (unsigned long long)(r->allowed + r->refused + r->unknown),
		       (unsigned long long)r->allowed, (unsigned long long)r->refused, (unsigned long long)r->unknown);
}

static int replay(struct replay *r, char **logs, int count)
{
	struct bk_log_reader *reader = bk_log_reader_new(take, r);
	bool good = true;

	for (int i = 0; good && i < count && !ferror(stdout); i++) {
		r->log = logs[i];
		good = bk_cli_read_log(logs[i], reader);
	}
	if (good)
		show_counts(r);
	if (fflush(stdout) == 0 && !ferror(stdout))	/* else the counts are of a part */
		bk_cli_warn_log(bk_log_counts(reader));
	bk_log_reader_free(reader);
	free(r->known);
	return good ? r->refused != 0 : 2;
}

static int run(int argc, char **argv)
{
	struct replay r = { 0 };
	struct bk_diags d = { 0 };
	BK_BUF bytes = { 0 };
	bool good;

	for (int c; (c = bk_cli_option(&bk_cmd_replay, argc, argv, ":ha", options)) != -1; )
		if (c == 'a')
			r.all = true;
		else
			r.json = bk_cli_format(&bk_cmd_replay, optarg);
	if (argc - optind < 2)
		return bk_cli_usage(&bk_cmd_replay, "name a policy and a log", NULL);
	good = bk_policy_load(argv[optind], &bytes, &d);
	bk_cli_report(&d);
	bk_diags_free(&d);
	if (!good || bk_policy_open(&r.policy, bytes.at, bytes.len, NULL) != BK_POLICY_OK)
		return 2;
	return replay(&r, argv + optind + 1, argc - optind - 1);
}

const struct bk_command bk_cmd_replay = { "replay", "which past events a policy would refuse", usage, run };
