/* SPDX-License-Identifier: Apache-2.0 */
/* GitHub's workflow commands: a line for each finding becomes an annotation. */
#include "cli/scan.h"

#include <string.h>

static void put(FILE *f, const char *text, bool property)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '%' || c < 0x20 || c == 0x7f || (property && (c == ':' || c == ',')))
			fprintf(f, "%%%02X", c);
		else
			putc(c, f);
	}
}

static const char *command_of(const struct bk_finding *f)
{
	int rank = bk_scan_rank(f->level);

	return f->exploited || rank >= bk_scan_rank(BK_LEVEL_HIGH) ? "error" : rank >= bk_scan_rank(BK_LEVEL_MEDIUM) ? "warning" : "notice";
}

static void annotate(const struct bk_scan_view *v, const struct bk_finding *f, FILE *out)
{
	BK_FREE char *sentence = bk_scan_sentence(v, f), *location = bk_scan_location(v, f);

	fprintf(out, "::%s file=", command_of(f));
	put(out, location, true);
	if (f->line)
		fprintf(out, ",line=%u", f->line);
	fputs(",title=", out);
	put(out, f->id ? f->id : f->detector, true);
	fprintf(out, " (%s)::", bk_level_name(f->level));
	put(out, sentence, false);
	putc('\n', out);
}

void bk_scan_github(const struct bk_scan_view *v, FILE *f)
{
	const struct bk_report *r = v->report;

	for (size_t i = 0; i < v->shown_count; i++)
		annotate(v, bk_scan_finding(v, i), f);
	if (r->unread || r->unchecked || !r->recognised)
		fprintf(f, "::warning title=buckler scan::not read: %s file(s), not checked: %s package(s)%s\n", bk_cli_count(r->unread),
			bk_cli_count(r->unchecked), r->recognised ? "" : "; nothing was recognised");
	BK_FREE char *database = bk_scan_database(v);
	if (database) {
		fprintf(f, "::%s title=buckler scan::database: ", bk_scan_stale(v) ? "warning" : "notice");
		put(f, database, false);
		putc('\n', f);
	}
}
