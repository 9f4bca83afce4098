/* SPDX-License-Identifier: Apache-2.0 */
/* A file of a package: its path in the first line, then its bytes.  Every reader, archives in archives, executables. */
#include <string.h>

#include "scan/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct bytes {
	const uint8_t *at;
	size_t left;
};

static ssize_t read_bytes(struct bk_file *f, void *to, size_t size)
{
	struct bytes *b = f->with;
	size_t n = size < b->left ? size : b->left;

	if (n)
		memcpy(to, b->at, n);
	b->at += n;
	b->left -= n;
	return (ssize_t)n;
}

static void check(const struct bk_report *r)
{
	for (size_t i = 0; i < r->components.count; i++)
		if (!*r->components.at[i].name || !*r->components.at[i].version || !r->components.at[i].purl)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct bk_scan_options options = { .dev = true };
	const uint8_t *end = size ? memchr(data, '\n', size) : NULL;
	struct bk_report report = { 0 };
	struct bk_scan scan = { .options = &options, .report = &report, .lock = PTHREAD_MUTEX_INITIALIZER };

	if (!end || memchr(data, 0, (size_t)(end - data)))
		return 0;
	BK_FREE char *path = bk_strndup((const char *)data, (size_t)(end - data));
	struct bytes bytes = { end + 1, size - (size_t)(end - data) - 1 };
	struct bk_file file = { .scan = &scan, .path = path, .mode = 0755, .read = read_bytes, .with = &bytes, .fd = -1 };

	bk_scan_function(&scan, "", NULL, NULL);
	bk_scan_file(&file);
	bk_scan_settle(&scan);
	check(&report);
	bk_file_free(&file);
	bk_set_free(&scan.owned);
	bk_report_free(&report);
	return 0;
}
