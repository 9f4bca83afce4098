/* SPDX-License-Identifier: Apache-2.0 */
/* What `buckler db` and `buckler scan` share: where the database is, how old it is, progress on a terminal; and the fetching of exports. */
#ifndef BK_CLI_DATABASE_H
#define BK_CLI_DATABASE_H

#include "cli/cli.h"
#include "scan/advisory.h"

/* --- database.c --- */

/* The path: what the option says, else $BUCKLER_DB, else buckler/advisories.db in $XDG_DATA_HOME or ~/.local/share.  Caller frees. */
char *bk_cli_database_path(const char *option);
/* Seconds since 1970: $SOURCE_DATE_EPOCH where it is set, so that a report can be made again, else the clock. */
int64_t bk_cli_now(void);
/* "2026-11-27T17:13:16Z"; "2026-11-27".  Caller frees. */
char *bk_cli_time_text(int64_t seconds);
char *bk_cli_day_text(int64_t seconds);
/* "today", "1 day ago", "12 days ago".  Caller frees. */
char *bk_cli_age_text(int64_t days);
json_t *bk_cli_database_json(const struct bk_database_info *info, int64_t now);
/* "1,234,567"; valid until the fourth next call. */
const char *bk_cli_count(uint64_t n);

/* One line on stderr that is written over again; nothing where stderr is no terminal.  `all` 0: unknown. */
struct bk_progress {
	const char *what;
	bool on;
	int64_t last;
};
void bk_progress_begin(struct bk_progress *p, const char *what);
void bk_progress_show(struct bk_progress *p, uint64_t done, uint64_t all, const char *unit, uint64_t count);
void bk_progress_end(struct bk_progress *p);

/* --- fetch.c --- */

/* Fetches an address into a new file; 0, or 2 with an error printed.  http and https. */
int bk_cli_fetch(const char *url, const char *path, struct bk_progress *progress);
/* The address of an ecosystem's export below a base.  Caller frees. */
char *bk_cli_export_url(const char *base, const char *ecosystem);

#endif
