/* SPDX-License-Identifier: Apache-2.0 */
/* Made advisories, so that a database can be as large as one likes. */
#include "bench/lib/bench.h"

#include <archive.h>
#include <archive_entry.h>
#include <malloc.h>

static void add_versions(struct bk_buf *out, long i)
{
	bk_buf_text(out, ",\"versions\":[");
	for (long k = 0; k < 40; k++)
		bk_buf_printf(out, "%s\"%ld.%ld.%ld\"", k ? "," : "", i % 3, k / 10, k % 10);
	bk_buf_text(out, "]");
}

/* About as long as the real ones are, 2 to 3 KB, in four ecosystems; a package has three records. */
static void make_record(struct bk_buf *out, long i)
{
	static const char *const ecosystems[] = { "npm", "PyPI", "Maven", "Go" };
	const char *ecosystem = ecosystems[i % 4], *type = i % 4 == 0 || i % 4 == 3 ? "SEMVER" : "ECOSYSTEM";

	out->len = 0;
	bk_buf_printf(out, "{\"schema_version\":\"1.7.0\",\"id\":\"MADE-%ld\",\"modified\":\"2026-%02ld-%02ldT00:00:00Z\",\"published\":\"2025-01-01T00:00:00Z\",", i, i % 12 + 1, i % 28 + 1);
	bk_buf_printf(out, "\"aliases\":[\"CVE-2026-%ld\"],\"summary\":\"Something in package %ld goes wrong when it is asked for it\",\"details\":\"", 10000 + i, i / 12);
	for (int k = 0; k < 16; k++)
		bk_buf_printf(out, "Paragraph %d of record %ld tells at some length what happens, to whom, and since when.\\n\\n", k, i);
	bk_buf_printf(out, "\",\"severity\":[{\"type\":\"CVSS_V3\",\"score\":\"CVSS:3.1/AV:N/AC:L/PR:%c/UI:N/S:U/C:H/I:H/A:%c\"}],", "NLH"[i % 3], "NLH"[i / 3 % 3]);
	bk_buf_printf(out, "\"affected\":[{\"package\":{\"ecosystem\":\"%s\",\"name\":\"%spackage-%ld\"},\"ranges\":[{\"type\":\"%s\",\"events\":[{\"introduced\":\"%ld.0.0\"},{\"fixed\":\"%ld.%ld.0\"}]}]",
		      ecosystem, i % 4 == 2 ? "org.made:" : i % 4 == 3 ? "example.com/" : "", i / 12, type, i % 3, i % 3 + 1, i % 7);
	if (i % 4 == 1 || i % 4 == 2)
		add_versions(out, i);
	bk_buf_text(out, "}],\"references\":[");
	for (int k = 0; k < 5; k++)
		bk_buf_printf(out, "%s{\"type\":\"%s\",\"url\":\"https://example.com/%ld/%d\"}", k ? "," : "", k ? "WEB" : "ADVISORY", i, k);
	bk_buf_text(out, "]}");
}

static void add_entry(struct archive *zip, const struct bk_buf *text, long i)
{
	struct archive_entry *entry = archive_entry_new();
	BK_FREE char *name = bk_format("MADE-%ld.json", i);

	archive_entry_set_pathname(entry, name);
	archive_entry_set_size(entry, (la_int64_t)text->len);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0644);
	archive_write_header(zip, entry);
	archive_write_data(zip, text->at, text->len);
	archive_entry_free(entry);
}

char *bench_advisories(const struct bench *b, long from, long to, double *megabytes)
{
	char *path = bk_format("%s/%ld.zip", b->tmp, from);
	struct archive *zip = archive_write_new();
	struct bk_buf text = { 0 };
	bool good;

	archive_write_set_format_zip(zip);
	archive_write_set_options(zip, "zip:compression-level=1");
	good = archive_write_open_filename(zip, path) == ARCHIVE_OK;
	for (long i = from; i < to && good; i++) {
		make_record(&text, i);
		add_entry(zip, &text, i);
		*megabytes += (double)text.len / 1e6;
	}
	good = archive_write_close(zip) == ARCHIVE_OK && good;
	archive_write_free(zip);
	bk_buf_free(&text);
	malloc_trim(0);		/* what is resident here counts for every program that is started next (getrusage(2), ru_maxrss) */
	if (good)
		return path;
	free(path);
	return NULL;
}
