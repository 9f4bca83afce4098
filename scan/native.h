/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Executables and libraries in machine code.  Those that carry the list of what they were built from (Go's build info, the section
 * .dep-v0 of auditable Rust programs) give components; all others are listed with their hash.
 */
#ifndef BK_SCAN_NATIVE_H
#define BK_SCAN_NATIVE_H

#include "scan/reader.h"

/* Could it be one, by its name and mode?  Names that end as source, text, pictures or fonts do say no, unless it may be executed. */
bool bk_native_possible(const char *path, unsigned mode);
/* Reads it if it is one; false where it is none. */
bool bk_native_read(struct bk_file *f);

#endif
