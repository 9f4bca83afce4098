/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RPM's database in SQLite (rpmdb.sqlite, RPM 4.16 and later): table Packages, one header blob a package.  A header is, in network order, the number
 * of index entries, the size of the data, entries of tag, type, offset and count, the data (rpm: lib/header.c).
 */
#include <sqlite3.h>
#include <string.h>

#include "scan/reader.h"

enum { TAG_NAME = 1000, TAG_VERSION = 1001, TAG_RELEASE = 1002, TAG_EPOCH = 1003, TAG_SOURCE = 1044, TAG_FOLDER_OF = 1116, TAG_NAMES = 1117, TAG_FOLDERS = 1118, FOLDERS_MAX = 65536 };

static uint32_t number(const unsigned char *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

struct header {
	const unsigned char *index, *data;
	uint32_t entries, size;
};

static bool header_open(struct header *h, const unsigned char *blob, size_t size)
{
	if (size < 8)
		return false;
	h->entries = number(blob);
	h->size = number(blob + 4);
	if (h->entries > 65536 || 8 + (uint64_t)h->entries * 16 + h->size > size)
		return false;
	h->index = blob + 8;
	h->data = h->index + (size_t)h->entries * 16;
	return true;
}

/* Where the data of a tag begins and how much there is behind it; NULL where it is not there. */
static const unsigned char *find(const struct header *h, uint32_t tag, size_t *rest)
{
	for (uint32_t i = 0; i < h->entries; i++) {
		const unsigned char *entry = h->index + (size_t)i * 16;
		uint32_t offset = number(entry + 8);

		if (number(entry) == tag && offset < h->size) {
			*rest = h->size - offset;
			return h->data + offset;
		}
	}
	return NULL;
}

static const char *text(const struct header *h, uint32_t tag)
{
	size_t rest;
	const unsigned char *at = find(h, tag, &rest);

	return at && memchr(at, 0, rest) ? (const char *)at : NULL;
}

/* "openssl-3.0.7-24.el9.src.rpm" -> "openssl" */
static char *source_name(const char *file)
{
	char *name = file ? bk_strdup(file) : NULL;

	for (unsigned cut = 0; name && cut < 2; cut++) {
		char *hyphen = strrchr(name, '-');

		if (hyphen)
			*hyphen = '\0';
	}
	return name;
}

/* The texts of a list, one behind the other: where they begin; how many there were. */
static size_t texts(const struct header *h, uint32_t tag, const char **out, size_t max)
{
	size_t rest, count = 0;
	const char *at = (const char *)find(h, tag, &rest), *end = at ? at + rest : NULL;

	for (const char *stop; at && at < end && count < max && (stop = memchr(at, 0, (size_t)(end - at))); at = stop + 1)
		out[count++] = at;
	return count;
}

static uint32_t count_of(const struct header *h, uint32_t tag)
{
	for (uint32_t i = 0; i < h->entries; i++)
		if (number(h->index + (size_t)i * 16) == tag)
			return number(h->index + (size_t)i * 16 + 12);
	return 0;
}

/* The package's files: names, for each the place of its folder in a list of folders. */
static void owned(struct bk_file *f, const struct header *h)
{
	size_t rest = 0, files = count_of(h, TAG_NAMES), folders = count_of(h, TAG_FOLDERS);
	const unsigned char *folder_of = find(h, TAG_FOLDER_OF, &rest);

	if (!folder_of || files > rest / 4 || folders > FOLDERS_MAX)
		return;
	BK_FREE const char **name = bk_alloc(files * sizeof *name), **folder = bk_alloc(folders * sizeof *folder);

	files = texts(h, TAG_NAMES, name, files);
	folders = texts(h, TAG_FOLDERS, folder, folders);
	for (size_t i = 0; i < files; i++) {
		uint32_t place = number(folder_of + i * 4);
		BK_FREE char *path = place < folders ? bk_format("%s%s", folder[place], name[i]) : NULL;

		if (path)
			bk_take_owned(f, path, strlen(path));
	}
}

static bool package(struct bk_file *f, const unsigned char *blob, size_t size)
{
	struct header h;
	const unsigned char *epoch;
	const char *name, *version, *release;
	size_t rest;

	if (!header_open(&h, blob, size))
		return false;
	name = text(&h, TAG_NAME);
	version = text(&h, TAG_VERSION);
	release = text(&h, TAG_RELEASE);
	if (!name || !version || !release)
		return false;
	if (strcmp(name, "gpg-pubkey") == 0)
		return true;
	epoch = find(&h, TAG_EPOCH, &rest);
	BK_FREE char *whole = epoch && rest >= 4 && number(epoch) ? bk_format("%u:%s-%s", number(epoch), version, release) : bk_format("%s-%s", version, release);
	BK_FREE char *source = source_name(text(&h, TAG_SOURCE));

	bk_take_system(f, BK_RPM, name, whole, source, NULL);
	owned(f, &h);
	return true;
}

static void packages(struct bk_file *f, sqlite3 *db)
{
	sqlite3_stmt *s = NULL;
	int result = sqlite3_prepare_v2(db, "SELECT blob FROM Packages", -1, &s, NULL);

	while (result == SQLITE_OK || result == SQLITE_ROW) {
		result = sqlite3_step(s);
		if (result == SQLITE_ROW && !package(f, sqlite3_column_blob(s, 0), (size_t)sqlite3_column_bytes(s, 0)))
			bk_scan_warn(f, 0, "a damaged package header");
	}
	if (result != SQLITE_DONE)
		bk_scan_warn(f, 0, "not an RPM database: %s", sqlite3_errmsg(db));
	sqlite3_finalize(s);
}

void bk_read_rpm(struct bk_file *f)
{
	sqlite3 *db = NULL;
	unsigned char *copy = f->text.len >= 100 ? sqlite3_malloc64(f->text.len) : NULL;

	if (!copy) {
		bk_scan_warn(f, 0, "not an RPM database: too short");
		return;
	}
	memcpy(copy, f->text.at, f->text.len);
	copy[18] = copy[19] = 1;	/* "write-ahead log" would want a second file: what is in the log and not here is not seen */
	if (sqlite3_open_v2(":memory:", &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
	    sqlite3_deserialize(db, "main", copy, (sqlite3_int64)f->text.len, (sqlite3_int64)f->text.len, SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_READONLY) == SQLITE_OK)
		packages(f, db);
	else
		bk_scan_warn(f, 0, "not an RPM database");
	sqlite3_close(db);
}

/* Berkeley DB (Packages) and ndb (Packages.db): what is installed stays unknown, and must not look like nothing. */
void bk_read_rpm_older(struct bk_file *f)
{
	bk_scan_warn(f, 0, "not read: RPM's database in an older form; `rpmdb --rebuilddb` of RPM 4.16 or later makes one that is");
}
