/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void *there(void *p)
{
	if (!p) {
		fputs("buckler: out of memory\n", stderr);
		exit(2);
	}
	return p;
}

void *bk_alloc(size_t size)
{
	return there(calloc(1, size ? size : 1));
}

void *bk_realloc(void *p, size_t size)
{
	return there(realloc(p, size ? size : 1));
}

void *bk_grow(void *p, size_t *cap, size_t need, size_t item)
{
	size_t n = *cap ? *cap : 8;

	if (need <= *cap)
		return p;
	while (n < need)
		n *= 2;
	if (n > SIZE_MAX / item)
		there(NULL);
	p = bk_realloc(p, n * item);
	memset((char *)p + *cap * item, 0, (n - *cap) * item);
	*cap = n;
	return p;
}

char *bk_strdup(const char *s)
{
	return there(strdup(s));
}

char *bk_strndup(const char *s, size_t n)
{
	char *p = bk_alloc(n + 1);

	memcpy(p, s, n);
	return p;
}

static char *format_list(const char *format, va_list ap)
{
	char *s;

	return vasprintf(&s, format, ap) < 0 ? there(NULL) : s;
}

char *bk_format(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	char *s = format_list(format, ap);
	va_end(ap);
	return s;
}

void bk_buf_add(struct bk_buf *b, const void *bytes, size_t n)
{
	if (b->len + n + 1 > b->cap)
		b->at = bk_grow(b->at, &b->cap, b->len + n + 1, 1);
	if (n)
		memcpy(b->at + b->len, bytes, n);
	b->len += n;
	b->at[b->len] = '\0';
}

void bk_buf_text(struct bk_buf *b, const char *s)
{
	bk_buf_add(b, s, strlen(s));
}

void bk_buf_printf(struct bk_buf *b, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	BK_FREE char *s = format_list(format, ap);
	va_end(ap);
	bk_buf_text(b, s);
}

void bk_buf_free(struct bk_buf *b)
{
	free(b->at);
	*b = (struct bk_buf){ 0 };
}

void bk_free_pointer(void *pp)
{
	free(*(void **)pp);
}

void bk_close_file(FILE **f)
{
	if (*f)
		fclose(*f);
}

void bk_diag_add(struct bk_diags *d, enum bk_severity severity, const char *file, unsigned line, unsigned column, const char *format, ...)
{
	va_list ap;

	d->at = bk_grow(d->at, &d->cap, d->count + 1, sizeof *d->at);
	va_start(ap, format);
	d->at[d->count++] = (struct bk_diag){ severity, file ? bk_strdup(file) : NULL, line, column, format_list(format, ap) };
	va_end(ap);
	d->errors += severity == BK_ERROR;
}

void bk_diags_free(struct bk_diags *d)
{
	for (size_t i = 0; i < d->count; i++) {
		free(d->at[i].file);
		free(d->at[i].message);
	}
	free(d->at);
	*d = (struct bk_diags){ 0 };
}

static int read_all(int fd, size_t limit, struct bk_buf *out)
{
	char chunk[65536];

	for (;;) {
		ssize_t n = read(fd, chunk, sizeof chunk);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		if (out->len + (size_t)n > limit)
			return -EFBIG;
		bk_buf_add(out, chunk, (size_t)n);
	}
	bk_buf_add(out, "", 0);
	return 0;
}

int bk_read_file(const char *path, size_t limit, struct bk_buf *out)
{
	bool standard = strcmp(path, "-") == 0;
	int fd = standard ? 0 : open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	int r = read_all(fd, limit, out);
	if (!standard)
		close(fd);
	if (r < 0)
		bk_buf_free(out);
	return r;
}

static int write_all(int fd, const char *at, size_t size)
{
	while (size) {
		ssize_t n = write(fd, at, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		at += n;
		size -= (size_t)n;
	}
	return 0;
}

static mode_t mode_for(const char *path)
{
	struct stat st;
	mode_t mask;

	if (stat(path, &st) == 0)
		return st.st_mode & 07777;
	mask = umask(0);
	umask(mask);
	return 0666 & ~mask;
}

static void sync_folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	BK_FREE char *folder = slash ? bk_strndup(path, (size_t)(slash - path) + 1) : bk_strdup(".");
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
}

/* The temporary of a file, its name in *beside; a negative errno. */
static int open_beside(const char *path, char **beside)
{
	int fd;

	*beside = bk_format("%s.XXXXXX", path);
	fd = mkostemp(*beside, O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int bk_try_file(const char *path)
{
	BK_FREE char *real = realpath(path, NULL), *beside = NULL;
	int fd = *path ? open_beside(real ? real : path, &beside) : -ENOENT;

	if (fd < 0)
		return fd;
	close(fd);
	return unlink(beside) < 0 ? -errno : 0;
}

static int write_beside(const char *path, const void *bytes, size_t size)
{
	BK_FREE char *beside = NULL;
	int fd = open_beside(path, &beside);

	if (fd < 0)
		return fd;
	int r = write_all(fd, bytes, size);
	if (r == 0 && (fchmod(fd, mode_for(path)) < 0 || fsync(fd) < 0))
		r = -errno;
	if (close(fd) < 0 && r == 0)
		r = -errno;
	if (r == 0 && rename(beside, path) < 0)
		r = -errno;
	if (r < 0)
		unlink(beside);
	else
		sync_folder_of(path);
	return r;
}

static int write_through(const char *path, const void *bytes, size_t size)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	int r = write_all(fd, bytes, size);
	if (close(fd) < 0 && r == 0)
		r = -errno;
	return r;
}

int bk_write_file(const char *path, const void *bytes, size_t size)
{
	BK_FREE char *real = realpath(path, NULL);
	struct stat st;

	if (strcmp(path, "-") == 0)
		return write_all(1, bytes, size);
	/* A rename would put a plain file in the place of /dev/null. */
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return write_through(path, bytes, size);
	return write_beside(real ? real : path, bytes, size);
}

void bk_hex(const uint8_t *bytes, size_t n, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[bytes[i] >> 4];
		out[2 * i + 1] = digits[bytes[i] & 15];
	}
	out[2 * n] = '\0';
}

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool bk_unhex(const char *s, uint8_t *out, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int high = nibble(s[2 * i]), low = high < 0 ? -1 : nibble(s[2 * i + 1]);

		if (low < 0)
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return s[2 * n] == '\0';
}
