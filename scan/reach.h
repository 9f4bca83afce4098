/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the handler's own imports can come to, for Node (require, import, export from, import() of a literal) and Python (import, from): it ranks
 * findings and never hides one.  Modules are followed from the handler's file, also through packages.  A component of which a module was
 * reached is BK_REACH_YES; the others of that language BK_REACH_NO, or BK_REACH_UNKNOWN where the function's own code imports by a name that
 * is only known when it runs, or where a limit was met.  A package that does so is taken to come to all that it depends on.
 */
#ifndef BK_SCAN_REACH_H
#define BK_SCAN_REACH_H

#include "scan/reader.h"

#define BK_REACH_FILES_MAX 50000u	/* modules that are followed */
#define BK_REACH_BYTES_MAX ((uint64_t)256 << 20)
#define BK_REACH_FILE_MAX  ((size_t)8 << 20)	/* of one module */

/* `code` is the function's folder; `prefix` stands before its paths in the report.  Zips and images stay unknown. */
void bk_reach(struct bk_scan *s, const char *code, const char *prefix, const char *handler, const char *runtime);
/* The same with the usual names of a handler's file, for a folder of which no template speaks. */
void bk_reach_usual(struct bk_scan *s, const char *code);

/* --- shared by scan/reach*.c --- */

struct bk_reaching {
	struct bk_scan *scan;
	const char *prefix;
	char *real;			/* the folder's own path, links resolved, with a slash behind it */
	int root;
	char **queue;			/* modules to be read, relative to root */
	size_t count, cap;
	struct bk_set seen;		/* modules that are or were in the queue */
	struct bk_set reached;		/* "name@version" of npm, top names of Python's modules */
	uint64_t bytes;
	bool unknown;
};
/* A file below the folder, also by way of links within it: its text and, where wanted, its path without links (the caller's).  False where it is none. */
bool bk_reach_read(struct bk_reaching *r, const char *path, size_t limit, struct bk_buf *text, char **real);
bool bk_reach_is_file(struct bk_reaching *r, const char *path);
bool bk_reach_is_folder(struct bk_reaching *r, const char *path);
/* Puts a module into the queue unless it was there; false where there is no such file. */
bool bk_reach_module(struct bk_reaching *r, const char *path);

/* What a module imports: `take` gets each name that is a literal; true where there are others, too. */
typedef void bk_import(void *with, const char *name);
bool bk_imports_js(const char *text, size_t size, bk_import *take, void *with);
bool bk_imports_python(const char *text, size_t size, bk_import *take, void *with);

bool bk_reach_node_start(struct bk_reaching *r, const char *module);	/* without its ending; false where there is none */
void bk_reach_node(struct bk_reaching *r, const char *module, const struct bk_buf *text);
bool bk_reach_python_start(struct bk_reaching *r, const char *module);	/* with dots or slashes */
void bk_reach_python(struct bk_reaching *r, const char *module, const struct bk_buf *text);

#endif
