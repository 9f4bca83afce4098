/* SPDX-License-Identifier: Apache-2.0 */
/* Offsets of a zip's records that are used (PKWARE APPNOTE 6.3, sections 4.3.7, 4.3.12, 4.3.16), and what zip.c and archive.c share. */
#ifndef BK_PACK_ZIP_FORMAT_H
#define BK_PACK_ZIP_FORMAT_H

#include "base/base.h"

enum {
	LOCAL_MAGIC = 0x04034b50, LOCAL_SIZE = 30, LOCAL_NAME_SIZE = 26, LOCAL_EXTRA_SIZE = 28,

	RECORD_MAGIC = 0x02014b50, RECORD_SIZE = 46, RECORD_MADE_BY = 4, RECORD_FLAGS = 8, RECORD_PACKED = 20, RECORD_NAME_SIZE = 28,
	RECORD_EXTRA_SIZE = 30, RECORD_COMMENT_SIZE = 32, RECORD_ATTRIBUTES = 38, RECORD_LOCAL = 42,

	END_MAGIC = 0x06054b50, END_SIZE = 22, END_DISK = 4, END_DIRECTORY_DISK = 6, END_COUNT_HERE = 8, END_COUNT = 10, END_DIRECTORY_SIZE = 12,
	END_DIRECTORY = 16, END_COMMENT_SIZE = 20,

	ENCRYPTED = 1, MADE_BY_UNIX = 3,
};

/* The first bytes of an entry's content, unpacked; how many there were, 0 where it cannot be read. */
size_t bk_zip_peek(const struct bk_buf *zip, const char *name, char *out, size_t cap);

#endif
