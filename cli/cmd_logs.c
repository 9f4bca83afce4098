/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/logs.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const char usage[] =
	"Usage: buckler logs [OPTION]... [FILE]...\n"
	"Shows the events of buckler-init in logs of any kind: plain, CloudWatch, Cloud\n"
	"Logging, Azure, docker; text, JSON or CSV. No FILE, or -: standard input.\n"
	"\n"
	"  --verdict LIST     only these: denied,killed,alert,learned\n"
	"  --event LIST       only these: start,exec,load,code,environment,syscall,...\n"
	"  --section LIST     only these: processes,libraries,generated_code,...\n"
	"  --function PATTERN only functions of this name\n"
	"  --path PATTERN     only programs and files like this, as in a policy: /tmp/**\n"
	"  --since TIME       2026-11-24, 2026-11-24T13:55:00Z, or 15m, 2h, 7d ago\n"
	"  --until TIME       the same\n"
	"  --summary          how often what happened, most frequent first\n"
	"  -f, --follow       go on as the one FILE grows or is replaced\n"
	"  --format FORM      text, json (one object a line), csv, ocsf (1.3.0, a line)\n"
	"  -h, --help         this text\n"
	"\n"
	"What could not be read is counted on standard error. An event that may be forged\n"
	"is marked SUSPECT.\n"
	"Exit status: 0 done, 2 an error.\n"
	"\n"
	"Example: buckler logs --verdict denied,killed --since 2h function.log\n";

enum { FUNCTION = 256, SECTION, SINCE, UNTIL, SUMMARY, FORMAT, VERDICT, EVENT, PATH };

static const struct option options[] = {
	{ "verdict", required_argument, NULL, VERDICT },
	{ "event", required_argument, NULL, EVENT },
	{ "section", required_argument, NULL, SECTION },
	{ "function", required_argument, NULL, FUNCTION },
	{ "path", required_argument, NULL, PATH },
	{ "since", required_argument, NULL, SINCE },
	{ "until", required_argument, NULL, UNTIL },
	{ "summary", no_argument, NULL, SUMMARY },
	{ "follow", no_argument, NULL, 'f' },
	{ "format", required_argument, NULL, FORMAT },
	BK_CLI_OPTIONS_END
};

enum form { TEXT, JSON, CSV, OCSF, FORMS };

struct logs {
	struct bk_logs_filter filter;
	enum form form;
	bool summarise, follow;
	struct bk_logs_table table;
	struct bk_logs_summary *summary;
	struct bk_logs_repeats *repeats;
	struct bk_log_reader *reader;
	const char *file;
	uint64_t lines_before;		/* of the files before this one */
};

/* --- events --- */

static void show(struct logs *l, const struct bk_log_event *e)
{
	struct bk_logs_place place = { l->file, e->line - l->lines_before };

	if (l->form == TEXT)
		bk_logs_table_row(&l->table, e);
	else if (l->form == CSV)
		bk_logs_csv_row(bk_logs_columns, bk_logs_json(e, &place));
	else
		bk_logs_json_line(l->form == JSON ? bk_logs_json(e, &place) : bk_logs_ocsf(e, &place));
}

static void take(void *to, const struct bk_log_event *event)
{
	struct logs *l = to;
	struct bk_log_event e = *event;

	bk_logs_repeat(l->repeats, &e);
	if (!bk_logs_wanted(&l->filter, &e))
		return;
	if (l->summary)
		bk_logs_summary_add(l->summary, &e);
	else
		show(l, &e);
}

static void end_summary(struct logs *l)
{
	if (l->form == TEXT)
		bk_logs_summary_text(l->summary, &l->table);
	else if (l->form == CSV)
		bk_logs_summary_csv(l->summary);
	else
		bk_logs_summary_json(l->summary);
}

/* --- what could not be read --- */

static void tell(uint64_t n, const char *one, const char *many)
{
	if (n)
		fprintf(stderr, "buckler: %llu %s\n", (unsigned long long)n, n == 1 ? one : many);
}

static void tell_counts(const struct logs *l)
{
	const struct bk_log_counts *c = bk_log_counts(l->reader);

	if (!c->events)
		fprintf(stderr, "buckler: no event in %llu lines\n", (unsigned long long)c->lines);
	tell(c->malformed, "line looks like an event and is none that can be read", "lines look like events and are none that can be read");
	tell(c->skipped, "line or entry is longer than 1 MiB and was skipped", "lines or entries are longer than 1 MiB and were skipped");
	tell(c->suspect, "event is suspect: the function may have written it itself", "events are suspect: the function may have written them itself");
	tell(c->missing, "event is missing: its number never came", "events are missing: their numbers never came");
	tell(c->dropped, "line was left out by the shim: too many at once, or the log was full", "lines were left out by the shim: too many at once, or the log was full");
	tell(c->repeated, "line is there twice and was taken once", "lines are there twice and were taken once");
	tell(l->filter.untimed, "event without a time was left out", "events without a time were left out");
}

/* --- the command --- */

static enum form form_of(const char *name)
{
	static const char *const names[FORMS] = { [TEXT] = "text", [JSON] = "json", [CSV] = "csv", [OCSF] = "ocsf" };

	for (int i = 0; i < FORMS; i++)
		if (strcmp(name, names[i]) == 0)
			return (enum form)i;
	exit(bk_cli_usage(&bk_cmd_logs, "--format is text, json, csv or ocsf, not", name));
}

static unsigned terminal_width(void)
{
	struct winsize size;

	if (!isatty(STDOUT_FILENO))
		return 0;
	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 100;
}

static void option(struct logs *l, int c)
{
	switch (c) {
	case VERDICT:  bk_logs_verdicts(&l->filter, optarg); break;
	case EVENT:    bk_logs_events(&l->filter, optarg); break;
	case SECTION:  bk_logs_sections(&l->filter, optarg); break;
	case FUNCTION: l->filter.function = optarg; break;
	case PATH:     l->filter.path = optarg; break;
	case SINCE:    l->filter.since = bk_logs_time("--since", optarg); break;
	case UNTIL:    l->filter.until = bk_logs_time("--until", optarg); break;
	case SUMMARY:  l->summarise = true; break;
	case FORMAT:   l->form = form_of(optarg); break;
	default:       l->follow = true; break;
	}
}

static int read_files(struct logs *l, char **files, int count)
{
	static char *none[] = { "-" };
	int status = 0;

	if (!count) {
		files = none;
		count = 1;
	}
	for (int i = 0; i < count && !ferror(stdout); i++) {
		l->file = strcmp(files[i], "-") == 0 ? NULL : files[i];
		l->lines_before = bk_log_counts(l->reader)->lines;
		if (l->follow ? bk_logs_follow(l->reader, l->file, &l->lines_before) : bk_logs_read(l->reader, l->file))
			status = 2;
	}
	return status;
}

static int work(struct logs *l, char **files, int count)
{
	int status;

	l->table = (struct bk_logs_table){ .colour = bk_cli_colour(stdout), .width = terminal_width() };
	l->reader = bk_log_reader_new(take, l);
	l->repeats = bk_logs_repeats_new();
	l->summary = l->summarise ? bk_logs_summary_new() : NULL;
	if (l->form == CSV && !l->summary)
		bk_logs_csv_head(bk_logs_columns);
	status = read_files(l, files, count);
	if (l->summary)
		end_summary(l);
	if (fflush(stdout) == 0 && !ferror(stdout))	/* else the counts are of a part */
		tell_counts(l);
	bk_logs_summary_free(l->summary);
	bk_logs_repeats_free(l->repeats);
	bk_log_reader_free(l->reader);
	return status;
}

static int run(int argc, char **argv)
{
	struct logs l = { .filter = { .since = INT64_MIN, .until = INT64_MAX } };

	for (int c; (c = bk_cli_option(&bk_cmd_logs, argc, argv, ":hf", options)) != -1; )
		option(&l, c);
	if (l.follow && (optind + 1 != argc || strcmp(argv[optind], "-") == 0))
		return bk_cli_usage(&bk_cmd_logs, "--follow wants one file", NULL);
	if (l.summarise && (l.follow || l.form == OCSF))
		return bk_cli_usage(&bk_cmd_logs, "--summary goes neither with --follow nor with --format ocsf", NULL);
	return work(&l, argv + optind, argc - optind);
}

const struct bk_command bk_cmd_logs = { "logs", "the events in log lines of any kind, readable", usage, run };
