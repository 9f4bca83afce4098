/* SPDX-License-Identifier: Apache-2.0 */
/* What the two kinds of templates share. */
#ifndef BK_SCAN_TREE_TEMPLATE_H
#define BK_SCAN_TREE_TEMPLATE_H

#include "scan/reach.h"
#include "scan/reader.h"

struct bk_template {
	struct bk_scan *scan;
	const char *path;		/* of the template, in reports */
	const char *folder;		/* where it is; "" or ends with a slash */
	char *code, *prefix;		/* of the function in hand: its first code, and what stands before paths in it */
};

/* A function begins: what comes next is its. */
void bk_template_begin(struct bk_template *t, const char *name, const char *handler, const char *runtime);
/* Its code or one of its layers, a path as the template has it; what cannot be read is a warning. */
void bk_template_code(struct bk_template *t, const char *function, const char *path);
void bk_template_image(struct bk_template *t, const char *function, const char *image);
void bk_template_missing(struct bk_template *t, const char *function, const char *what, const char *why);
/* All of it is there: what can the handler come to? */
void bk_template_end(struct bk_template *t, const char *handler, const char *runtime);
/* Where a tidy path is; the caller's. */
char *bk_template_place(const struct bk_template *t, const char *path);

void bk_template_sam(struct bk_template *t, json_t *root);
void bk_template_serverless(struct bk_template *t, json_t *root);

#endif
