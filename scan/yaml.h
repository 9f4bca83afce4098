/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first document of a YAML text as jansson's values, so that a template is read the same way in YAML and in JSON.  Scalars are texts, but plain
 * true, false and null.  CloudFormation's short tags become its long functions.  Aliases share their anchor's value: follow what is
 * wanted, and don't go through all of a tree.  At most 128 collections in one another and 2,000,000 values.
 */
#ifndef BK_SCAN_YAML_H
#define BK_SCAN_YAML_H

#include <jansson.h>

#include "base/base.h"

/* NULL with *why, the caller's, and its line; a text without a document is an error. */
json_t *bk_yaml_load(const char *text, size_t size, char **why, unsigned *line);

#endif
