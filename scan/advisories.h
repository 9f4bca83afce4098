/* SPDX-License-Identifier: Apache-2.0 */
/* What the files that read the advisory database share: scan/advisories.c opens, match.c asks, group.c makes findings of the answers. */
#ifndef BK_SCAN_ADVISORIES_H
#define BK_SCAN_ADVISORIES_H

#include <sqlite3.h>

#include "scan/advisory.h"

enum { BK_FIND, BK_READ, BK_COVERED, BK_STATEMENTS };

struct bk_advisories {
	sqlite3 *db;
	sqlite3_stmt *statement[BK_STATEMENTS];
	char *path;
};

/* Adds the error that SQLite has; false. */
bool bk_advisories_damaged(struct bk_advisories *a, struct bk_diags *d);

/* An advisory that affects the component in hand. */
struct bk_hit {
	int64_t advisory;
	char *rule;
	size_t rule_size;
	char *id, *aliases, *summary, *url, *vectors, *severity;
	bool exploited;
	double epss;
	size_t group;			/* index of the first hit of its group */
};
struct bk_hits {
	struct bk_hit *at;
	size_t count, cap;
};
void bk_hits_clear(struct bk_hits *hits);
/* Joins hits that share an id or alias, also by way of others, and adds one finding for each group. */
void bk_hits_group(struct bk_hits *hits, const struct bk_component *c, uint32_t index, struct bk_report *report);

#endif
