/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small hosted helpers that know nothing of the product: memory that is there or the program ends, growing buffers, whole files,
 * files that appear whole or not at all, diagnostics as data.
 */
#ifndef BK_BASE_H
#define BK_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* End the program with "out of memory", status 2, rather than return NULL. */
void *bk_alloc(size_t size);				/* zeroed */
void *bk_realloc(void *p, size_t size);
void *bk_grow(void *p, size_t *cap, size_t need, size_t item);	/* doubles until need items fit; new part zeroed */
char *bk_strdup(const char *s);
char *bk_strndup(const char *s, size_t n);
__attribute__((format(printf, 1, 2))) char *bk_format(const char *format, ...);

/* A growing buffer; always NUL-terminated behind `len`. */
struct bk_buf {
	char  *at;
	size_t len, cap;
};
void bk_buf_add(struct bk_buf *b, const void *bytes, size_t n);
void bk_buf_text(struct bk_buf *b, const char *s);
__attribute__((format(printf, 2, 3))) void bk_buf_printf(struct bk_buf *b, const char *format, ...);
void bk_buf_free(struct bk_buf *b);

/* Automatic clean-up for locals: `BK_FREE char *p = ...;` */
void bk_free_pointer(void *pp);
void bk_close_file(FILE **f);
#define BK_FREE     __attribute__((cleanup(bk_free_pointer)))
#define BK_BUF      __attribute__((cleanup(bk_buf_free))) struct bk_buf
#define BK_FILE     __attribute__((cleanup(bk_close_file))) FILE

/*
 * Diagnostics are data; only cli prints them.  `line` and `column` count from 1, 0 is unknown.
 */
enum bk_severity { BK_NOTE, BK_WARNING, BK_ERROR };
struct bk_diag {
	enum bk_severity severity;
	char *file;			/* may be NULL */
	unsigned line, column;
	char *message;
};
struct bk_diags {
	struct bk_diag *at;
	size_t count, cap;
	size_t errors;
};
__attribute__((format(printf, 6, 7)))
void bk_diag_add(struct bk_diags *d, enum bk_severity severity, const char *file, unsigned line, unsigned column, const char *format, ...);
void bk_diags_free(struct bk_diags *d);

/*
 * Reads a whole file ("-": standard input) of at most `limit` bytes.  Returns 0 or a negative errno (-EFBIG past the limit);
 * the buffer is the caller's to free.
 */
int bk_read_file(const char *path, size_t limit, struct bk_buf *out);

/*
 * Writes a file so that a reader sees the old content or the new one whole: a temporary beside it, fsync, rename, fsync of the folder.
 * Keeps the mode of a file that is there, else 0644 less the umask; a symbolic link stays and what it names is replaced; devices
 * and pipes are written to.  "-" is standard output.  Returns 0 or a negative errno.
 */
int bk_write_file(const char *path, const void *bytes, size_t size);
/*
 * Whether bk_write_file() could begin to write a plain file there: its temporary is made and removed, which tells more than a look at permissions.
 * Returns 0 or a negative errno.
 */
int bk_try_file(const char *path);

/* Lower-case hex of n bytes; out holds 2 * n + 1. */
void bk_hex(const uint8_t *bytes, size_t n, char *out);
/* The reverse; false where it is not exactly 2 * n hex digits. */
bool bk_unhex(const char *s, uint8_t *out, size_t n);

#endif
