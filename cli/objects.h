/* SPDX-License-Identifier: Apache-2.0 */
/* Site tables of files and of what lies in folders, for `gate-table` and `wrap`.  Errors and warnings are printed. */
#ifndef BK_CLI_OBJECTS_H
#define BK_CLI_OBJECTS_H

#include "chart/chart.h"

/* Begins as zeros; its tables are freed by bk_tables_free(). */
struct bk_objects {
	struct bk_tables tables;
	/* Called for each that was added; may be NULL. */
	void (*tell)(struct bk_objects *objects, const struct bk_charted *what, const char *path);
	size_t found;
	bool lenient;			/* what cannot be read or charted is a warning */
	int status;			/* 2 where something could not be read */
};

/* A file, or all objects for x86-64 below a folder; symbolic links in it are not followed. */
void bk_objects_add(struct bk_objects *objects, const char *path);
/* One whose bytes are there; where it was not `named`, what is no object for x86-64 is passed over. */
void bk_objects_bytes(struct bk_objects *objects, const char *path, const void *file, size_t size, bool named);

#endif
