/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scan/sbom.h"
#include "scan/suppress.h"

static const char usage[] =
	"Usage: buckler scan [OPTION]... TARGET\n"
	"What in a package is known to be vulnerable, before it runs. TARGET: a folder,\n"
	"zip, image or template; or a CycloneDX document. Nothing of it is run.\n"
	"\n"
	"  --format FORM     table, json, sarif, cyclonedx, spdx, openvex, github\n"
	"  -o, --output FILE write it there\n"
	"  --fail-on LEVEL   exit 1 from: low (default), medium, high, critical; or only\n"
	"                    if exploited; or never: none. Unknown counts up to medium\n"
	"  --only-fixed      leave out what no newer version fixes\n"
	"  --list            the packages alone; no database is asked (also --sbom-only)\n"
	"  --dev             count packages that are only for development\n"
	"  --db FILE         the database; default: $BUCKLER_DB, else as for `buckler db`\n"
	"  --max-age DAYS    warn of an older database (default 7)\n"
	"  --ignore FILE     decisions; default: .bucklerignore.yaml here, if it is there\n"
	"  --vex FILE        an OpenVEX document; may be given several times\n"
	"  -h, --help        this text\n"
	"\n"
	"Exit status: 0 nothing at the level or above, 1 findings, 2 an error, 3 nothing\n"
	"was recognised.\n"
	"\n"
	"Example: buckler scan --fail-on high function.zip\n";

enum { FORMAT = 256, FAIL_ON, ONLY_FIXED, LIST, DEV, DB, MAX_AGE, IGNORE, VEX };

static const struct option options[] = {
	{ "format", required_argument, NULL, FORMAT },
	{ "output", required_argument, NULL, 'o' },
	{ "fail-on", required_argument, NULL, FAIL_ON },
	{ "only-fixed", no_argument, NULL, ONLY_FIXED },
	{ "list", no_argument, NULL, LIST },
	{ "sbom-only", no_argument, NULL, LIST },
	{ "dev", no_argument, NULL, DEV },
	{ "db", required_argument, NULL, DB },
	{ "max-age", required_argument, NULL, MAX_AGE },
	{ "ignore", required_argument, NULL, IGNORE },
	{ "vex", required_argument, NULL, VEX },
	BK_CLI_OPTIONS_END
};

static const struct form {
	const char *name;
	json_t *(*json)(const struct bk_scan_view *v);
	void (*text)(const struct bk_scan_view *v, FILE *f);
	bool findings_only;		/* says nothing of packages */
} forms[] = {
	{ "table", NULL, bk_scan_table, false }, { "github", NULL, bk_scan_github, true }, { "json", bk_scan_json, NULL, false },
	{ "sarif", bk_scan_sarif, NULL, true }, { "cyclonedx", bk_scan_cyclonedx, NULL, false }, { "spdx", bk_scan_spdx, NULL, false },
	{ "openvex", bk_scan_openvex, NULL, true },
};

enum threshold { NEVER = BK_LEVELS, IF_EXPLOITED };

struct scan {
	const char *target, *output, *ignore;
	const struct form *form;
	char *database;
	int fail_on;			/* enum bk_level or enum threshold */
	bool only_fixed, dev;
	const char **vex;
	size_t vex_count, vex_cap;
	struct bk_report report;
	struct bk_database_info info;
	struct bk_scan_view view;
};

/* --- options --- */

static const struct form *form_of(const char *name)
{
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		if (strcmp(forms[i].name, name) == 0)
			return &forms[i];
	exit(bk_cli_usage(&bk_cmd_scan, "--format is table, json, sarif, cyclonedx, spdx, openvex or github, not", name));
}

static int threshold_of(const char *name)
{
	for (int i = BK_LEVEL_LOW; i < BK_LEVELS; i++)
		if (strcmp(bk_level_name((enum bk_level)i), name) == 0)
			return i;
	if (strcmp(name, "none") == 0)
		return NEVER;
	if (strcmp(name, "exploited") != 0)
		exit(bk_cli_usage(&bk_cmd_scan, "--fail-on is none, low, medium, high, critical or exploited, not", name));
	return IF_EXPLOITED;
}

static void option(struct scan *s, int c)
{
	switch (c) {
	case FORMAT:     s->form = form_of(optarg); break;
	case 'o':        s->output = optarg; break;
	case FAIL_ON:    s->fail_on = threshold_of(optarg); break;
	case ONLY_FIXED: s->only_fixed = true; break;
	case LIST:       s->view.list = true; break;
	case DEV:        s->dev = true; break;
	case MAX_AGE:    s->view.max_age = bk_cli_number(&bk_cmd_scan, "--max-age", optarg, 0, 36500); break;
	case IGNORE:     s->ignore = optarg; break;
	case VEX:
		s->vex = bk_grow(s->vex, &s->vex_cap, s->vex_count + 1, sizeof *s->vex);
		s->vex[s->vex_count++] = optarg;
		break;
	default:
		free(s->database);
		s->database = bk_strdup(optarg);
	}
}

/* --- target --- */

/* A CycloneDX document; false where it is none. */
static bool is_document(const char *path)
{
	char head[4096];
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? read(fd, head, sizeof head - 1) : -1;

	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return false;
	head[n] = '\0';
	return bk_sbom_is(head, (size_t)n);
}

static void read_document(struct scan *s)
{
	BK_BUF text = { 0 };
	int r = bk_read_file(s->target, BK_SBOM_MAX, &text);

	if (r < 0)
		bk_diag_add(&s->report.diags, BK_ERROR, s->target, 0, 0, "cannot read: %s", r == -EFBIG ? "larger than 64 MiB" : strerror(-r));
	else
		bk_sbom_read(s->target, text.at, text.len, &s->report);
}

static void show_progress(void *with, const char *what, uint64_t done, uint64_t all)
{
	struct bk_progress *p = with;

	p->what = what;
	bk_progress_show(p, done, all, "files", done);
}

static void read_target(struct scan *s)
{
	struct bk_progress progress;
	struct bk_scan_options how = { .dev = s->dev, .progress = show_progress, .with = &progress };

	if (is_document(s->target)) {
		read_document(s);
		return;
	}
	bk_progress_begin(&progress, s->target);
	bk_scan_target(s->target, &how, &s->report);
	bk_progress_end(&progress);
}

/* --- advisories and decisions --- */

static void match(struct scan *s)
{
	struct bk_diags *d = &s->report.diags;
	struct bk_advisories *a;

	if (access(s->database, F_OK) < 0) {
		bk_diag_add(d, BK_ERROR, s->database, 0, 0, "no advisory database; `buckler db update` fetches one, `buckler db build` makes one, --list needs none");
		return;
	}
	a = bk_advisories_open(s->database, d);
	if (a && bk_advisories_info(a, &s->info, d)) {
		s->view.info = &s->info;
		bk_advisories_match(a, &s->report);
		if (bk_scan_stale(&s->view))
			bk_diag_add(d, BK_WARNING, s->database, 0, 0, "the database is %lld days old; `buckler db update`", (long long)bk_scan_age(&s->view));
	}
	bk_advisories_close(a);
}

typedef bool parser(const char *file, const char *text, size_t size, struct bk_suppressions *out, struct bk_diags *d);

static void read_decisions(struct scan *s, const char *path, parser *parse, struct bk_suppressions *out)
{
	BK_BUF text = { 0 };
	int r = bk_read_file(path, BK_SUPPRESS_MAX, &text);

	if (r < 0)
		bk_diag_add(&s->report.diags, BK_ERROR, path, 0, 0, "cannot read: %s", r == -EFBIG ? "larger than 16 MiB" : strerror(-r));
	else
		parse(path, text.at, text.len, out, &s->report.diags);
}

/* The ignore file comes last: what a person here decided stands against what others said. */
static void decide(struct scan *s)
{
	BK_FREE char *today = bk_cli_day_text(s->view.now);
	struct bk_suppressions list = { 0 };

	for (size_t i = 0; i < s->vex_count; i++)
		read_decisions(s, s->vex[i], bk_vex_parse, &list);
	if (s->ignore)
		read_decisions(s, s->ignore, bk_ignore_parse, &list);
	else if (access(".bucklerignore.yaml", F_OK) == 0)
		read_decisions(s, ".bucklerignore.yaml", bk_ignore_parse, &list);
	if (!s->report.diags.errors)
		bk_suppress(&list, today, &s->report);
	bk_suppressions_free(&list);
}

/* --- output --- */

static unsigned terminal_width(void)
{
	struct winsize size;

	if (!isatty(STDOUT_FILENO))
		return 0;
	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 100;
}

static char *render_json(const struct scan *s, size_t *size)
{
	json_t *root = s->form->json(&s->view);
	char *text = json_dumps(root, JSON_INDENT(2) | JSON_REAL_PRECISION(6));

	json_decref(root);
	*size = text ? strlen(text) : 0;
	return text;
}

static char *render_text(const struct scan *s, size_t *size)
{
	char *text = NULL;
	FILE *f = open_memstream(&text, size);

	if (!f)
		return NULL;
	s->form->text(&s->view, f);
	return fclose(f) == 0 ? text : NULL;
}

static int write_report(struct scan *s)
{
	const char *path = s->output ? s->output : "-";
	size_t size = 0;
	int r;

	s->view.colour = !s->output && bk_cli_colour(stdout);
	s->view.width = s->output ? 0 : terminal_width();
	BK_FREE char *text = s->form->json ? render_json(s, &size) : render_text(s, &size);
	BK_BUF out = { 0 };

	if (!text)
		return bk_cli_error("the report cannot be written");
	bk_buf_add(&out, text, size);
	if (s->form->json)
		bk_buf_text(&out, "\n");
	fflush(stdout);
	r = bk_write_file(path, out.at ? out.at : "", out.len);
	return r < 0 ? bk_cli_error("%s: %s", s->output ? path : "standard output", strerror(-r)) : 0;
}

static bool counts(const struct scan *s, const struct bk_finding *f)
{
	if (s->fail_on == NEVER)
		return false;
	if (s->fail_on == IF_EXPLOITED)
		return f->exploited;
	return bk_scan_rank(f->level) >= bk_scan_rank((enum bk_level)s->fail_on);
}

static int verdict(const struct scan *s)
{
	if (!s->report.recognised)
		return 3;
	for (size_t i = 0; i < s->view.shown_count; i++)
		if (counts(s, bk_scan_finding(&s->view, i)))
			return 1;
	return 0;
}

/* An error leaves no report behind that looks whole. */
static int work(struct scan *s)
{
	int status;

	s->view.report = &s->report;
	s->view.database = s->database;
	s->view.now = bk_cli_now();
	read_target(s);
	if (!s->view.list && !s->report.diags.errors)
		match(s);
	if (!s->view.list && !s->report.diags.errors)
		decide(s);
	if (bk_cli_report(&s->report.diags))
		return 2;
	bk_scan_view_fill(&s->view, s->only_fixed);
	status = write_report(s);
	if (!s->report.recognised)
		bk_cli_error("%s: nothing of a known kind is in it", s->target);
	return status ? status : verdict(s);
}

static int run(int argc, char **argv)
{
	struct scan s = { .form = &forms[0], .fail_on = BK_LEVEL_LOW, .view = { .max_age = 7 } };
	int status;

	for (int c; (c = bk_cli_option(&bk_cmd_scan, argc, argv, ":ho:", options)) != -1; )
		option(&s, c);
	if (optind + 1 != argc)
		return bk_cli_usage(&bk_cmd_scan, optind < argc ? "one target too many:" : "the target is missing", optind < argc ? argv[optind + 1] : NULL);
	if (s.view.list && s.form->findings_only)
		return bk_cli_usage(&bk_cmd_scan, "--list goes with table, json, cyclonedx and spdx, not with", s.form->name);
	s.target = argv[optind];
	if (!s.database)
		s.database = bk_cli_database_path(NULL);
	status = work(&s);
	bk_scan_view_free(&s.view);
	bk_database_info_free(&s.info);
	bk_report_free(&s.report);
	free(s.database);
	free(s.vex);
	return status;
}

const struct bk_command bk_cmd_scan = { "scan", "what is known to be vulnerable in a package", usage, run };
