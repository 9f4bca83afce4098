/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/lib/bench.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COLUMNS_MAX 12

static const char options_text[] =
	"\n"
	"  --quick        few rounds\n"
	"  --rounds N     that many rounds\n"
	"  --count N      that many operations, where the benchmark counts them\n"
	"  --tsv FILE     append the figures to FILE, too: bench, case, contender, metric, value, unit\n"
	"  --root         run by root, keep the measured programs root (default: user 65534)\n"
	"  --help         this text\n";

static long number(const char *text, const char *about)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (end == text || *end || n < 1 || n > 100000000) {
		fprintf(stderr, "not a number from 1 on: %s\n%s%s", text, about, options_text);
		exit(2);
	}
	return n;
}

static FILE *open_tsv(const char *path)
{
	FILE *f = fopen(path, "ae");

	if (!f) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		exit(2);
	}
	return f;
}

static void read_options(struct bench *b, const char *about, int argc, char **argv)
{
	static const struct option options[] = {
		{ "quick", no_argument, NULL, 'q' }, { "rounds", required_argument, NULL, 'r' },
		{ "count", required_argument, NULL, 'c' }, { "tsv", required_argument, NULL, 't' },
		{ "root", no_argument, NULL, 'R' }, { "help", no_argument, NULL, 'h' }, { 0 }
	};
	int o;

	while ((o = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (o) {
		case 'q': b->quick = true; break;
		case 'r': b->rounds = (int)number(optarg, about); break;
		case 'c': b->count = number(optarg, about); break;
		case 't': b->tsv = open_tsv(optarg); break;
		case 'R': b->root = true; break;
		case 'h': printf("%s%s", about, options_text); exit(0);
		default: fprintf(stderr, "%s%s", about, options_text); exit(2);
		}
	if (optind < argc) {
		fprintf(stderr, "unexpected argument: %s\n%s%s", argv[optind], about, options_text);
		exit(2);
	}
}

static void find_build(struct bench *b)
{
	b->self = realpath("/proc/self/exe", NULL);
	b->build = bk_strdup(b->self ? b->self : "build/bench/x");
	for (int i = 0; i < 2; i++) {
		char *slash = strrchr(b->build, '/');

		if (slash)
			*slash = '\0';
	}
}

static void make_scratch(struct bench *b)
{
	const char *folder = getenv("TMPDIR");

	b->tmp = bk_format("%s/bench.XXXXXX", folder && *folder ? folder : "/tmp");
	if (!mkdtemp(b->tmp) || chmod(b->tmp, 0755) != 0) {
		fprintf(stderr, "%s: %s; set TMPDIR to a folder that can be written\n", b->tmp, strerror(errno));
		exit(2);
	}
	if (geteuid() == 0 && !b->root && chown(b->tmp, BENCH_NOBODY, BENCH_NOBODY) != 0)
		fprintf(stderr, "%s: %s\n", b->tmp, strerror(errno));
}

void bench_begin(struct bench *b, const char *name, const char *about, int argc, char **argv)
{
	*b = (struct bench){ .name = name };
	read_options(b, about, argc, argv);
	find_build(b);
	make_scratch(b);
}

int bench_rounds(const struct bench *b, int usual, int quick)
{
	return b->rounds ? b->rounds : b->quick ? quick : usual;
}

void bench_row(struct bench *b, const char *key, const char *peer, const char *metric, double value, const char *unit)
{
	b->rows = bk_grow(b->rows, &b->row_cap, b->row_count + 1, sizeof *b->rows);
	b->rows[b->row_count++] = (struct bench_row){ bk_strdup(key), bk_strdup(peer), bk_strdup(metric), value, unit };
}

void bench_note(struct bench *b, const char *format, ...)
{
	va_list ap;
	char *text;

	va_start(ap, format);
	int n = vasprintf(&text, format, ap);
	va_end(ap);
	if (n < 0)
		exit(2);
	for (size_t i = 0; i < b->note_count; i++)
		if (strcmp(b->notes[i], text) == 0) {
			free(text);
			return;
		}
	b->notes = bk_grow(b->notes, &b->note_cap, b->note_count + 1, sizeof *b->notes);
	b->notes[b->note_count++] = text;
}

/* --- tables --- */

struct columns {
	const char *metric[COLUMNS_MAX];
	size_t count;
};

static size_t column_of(struct columns *c, const char *metric)
{
	size_t i = 0;

	while (i < c->count && strcmp(c->metric[i], metric) != 0)
		i++;
	if (i == c->count && i < COLUMNS_MAX)
		c->metric[c->count++] = metric;
	return i;
}

/* Times are kept in microseconds; people read what has few digits. */
static void print_cell(const struct bench_row *r)
{
	char text[32];
	double v = r->value;

	if (isnan(v))
		snprintf(text, sizeof text, "-");
	else if (strcmp(r->unit, "x") == 0)
		snprintf(text, sizeof text, strchr(r->metric, '+') ? "%.3f" : "x%.3f", v);
	else if (strcmp(r->unit, "us") != 0)
		snprintf(text, sizeof text, fabs(v) < 10 && v != (long)v ? "%.2f %s" : "%.0f %s", v, r->unit);
	else if (fabs(v) < 2)
		snprintf(text, sizeof text, "%.0f ns", v * 1e3);
	else if (fabs(v) < 5000)
		snprintf(text, sizeof text, "%.1f us", v);
	else
		snprintf(text, sizeof text, "%.2f ms", v / 1e3);
	printf("%13s", text);
}

static void print_line(const struct bench *b, size_t first, const struct columns *columns)
{
	const struct bench_row *head = &b->rows[first];

	printf("  %-12s", head->peer);
	for (size_t c = 0; c < columns->count; c++) {
		size_t i = first;

		while (i < b->row_count && (strcmp(b->rows[i].key, head->key) != 0 || strcmp(b->rows[i].peer, head->peer) != 0 ||
					    strcmp(b->rows[i].metric, columns->metric[c]) != 0))
			i++;
		if (i < b->row_count)
			print_cell(&b->rows[i]);
		else
			printf("%13s", "");
	}
	putchar('\n');
}

static bool is_first(const struct bench *b, size_t at, bool of_peer)
{
	for (size_t i = 0; i < at; i++)
		if (strcmp(b->rows[i].key, b->rows[at].key) == 0 && (!of_peer || strcmp(b->rows[i].peer, b->rows[at].peer) == 0))
			return false;
	return true;
}

static void print_table(const struct bench *b, size_t first)
{
	struct columns columns = { 0 };

	for (size_t i = first; i < b->row_count; i++)
		if (strcmp(b->rows[i].key, b->rows[first].key) == 0)
			column_of(&columns, b->rows[i].metric);
	printf("%s/%s\n  %-12s", b->name, b->rows[first].key, "");
	for (size_t c = 0; c < columns.count; c++)
		printf("%13s", columns.metric[c]);
	putchar('\n');
	for (size_t i = first; i < b->row_count; i++)
		if (strcmp(b->rows[i].key, b->rows[first].key) == 0 && is_first(b, i, true))
			print_line(b, i, &columns);
}

static void write_tsv(struct bench *b)
{
	for (size_t i = 0; i < b->row_count; i++)
		if (!isnan(b->rows[i].value))
			fprintf(b->tsv, "%s\t%s\t%s\t%s\t%.6g\t%s\n", b->name, b->rows[i].key, b->rows[i].peer, b->rows[i].metric,
				b->rows[i].value, b->rows[i].unit);
	for (size_t i = 0; i < b->note_count; i++)
		fprintf(b->tsv, "%s\tnote\t-\t-\t0\t%s\n", b->name, b->notes[i]);
	if (fclose(b->tsv) != 0)
		perror("--tsv");
}

int bench_end(struct bench *b)
{
	char *remove[] = { "rm", "-rf", b->tmp, NULL };

	for (size_t i = 0; i < b->row_count; i++)
		if (is_first(b, i, false))
			print_table(b, i);
	for (size_t i = 0; i < b->note_count; i++)
		printf("  note: %s\n", b->notes[i]);
	if (b->tsv)
		write_tsv(b);
	bench_run(remove, NULL);
	return 0;
}
