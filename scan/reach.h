/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the handler's own imports can come to, for Node (require, import, export from, import() of a literal) and Python (import, from): it ranks findings
 * and never hides one.  Modules are followed from the handler's file, also through packages.  Components of that language which a module
 * of was reached are BK_REACH_YES; the others BK_REACH_NO, or BK_REACH_UNKNOWN where some module imports by a name that is only known
 * when it runs, or where a limit was met.
 */
#ifndef BK_SCAN_REACH_H
#define BK_SCAN_REACH_H

#include "scan/reader.h"

#define BK_REACH_FILES_MAX 50000u	/* modules that are followed */
#define BK_REACH_BYTES_MAX ((size_t)256 << 20)

/* `code` is the function's folder; `prefix` stands before its paths in the report.  Zips and images are left unknown. */
void bk_reach(struct bk_scan *s, const char *code, const char *prefix, const char *handler, const char *runtime);
/* The same with the usual names of a handler's file, for a folder of which no template speaks. */
void bk_reach_usual(struct bk_scan *s, const char *code);

#endif
