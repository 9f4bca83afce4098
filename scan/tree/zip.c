/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Zip files (PKWARE APPNOTE 6.3), also jars and wheels, also inside of one another.  The central directory says what is there; only what a
 * reader wants is unpacked.  Bytes before the first entry (self-extracting archives, executable jars) are skipped.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "scan/reader.h"

enum {
	END_SIZE = 22, END_MAGIC = 0x06054b50, END64_SIZE = 56, END64_MAGIC = 0x06064b50, LOCATOR_SIZE = 20, LOCATOR_MAGIC = 0x07064b50,
	RECORD_SIZE = 46, RECORD_MAGIC = 0x02014b50, LOCAL_SIZE = 30, LOCAL_MAGIC = 0x04034b50,
	STORED = 0, DEFLATED = 8, ENCRYPTED = 1, MADE_BY_UNIX = 3, ZIP64_FIELD = 1, NAME_MAX_SIZE = 4096,
};

struct zip {
	struct bk_scan *scan;
	struct bk_file *archive;	/* the file that the bytes are of */
	const char *prefix;		/* of paths in reports */
	const uint8_t *at;
	size_t size;
	uint64_t shift;			/* bytes before the archive */
	uint64_t directory, directory_size;
};

struct entry {
	const uint8_t *name;
	size_t name_size;
	uint64_t packed, unpacked, local;
	unsigned method, flags, mode;
};

static uint32_t get16(const uint8_t *p) { return p[0] | (uint32_t)p[1] << 8; }
static uint32_t get32(const uint8_t *p) { return get16(p) | get16(p + 2) << 16; }
static uint64_t get64(const uint8_t *p) { return get32(p) | (uint64_t)get32(p + 4) << 32; }

static bool inside(const struct zip *z, uint64_t at, uint64_t size)
{
	return at <= z->size && size <= z->size - at;
}

/* --- the directory --- */

static const uint8_t *find_end(const struct zip *z)
{
	size_t low = z->size > END_SIZE + 65535u ? z->size - END_SIZE - 65535u : 0;

	for (size_t i = z->size < END_SIZE ? 0 : z->size - END_SIZE + 1; i-- > low; )
		if (z->size >= END_SIZE && z->at[i] == 'P' && get32(z->at + i) == END_MAGIC)
			return z->at + i;
	return NULL;
}

/* Where the archive is larger than 4 GiB or has more than 65,535 entries.  The record ends where its locator begins, as all makers have it. */
static const uint8_t *find_end64(const struct zip *z, const uint8_t *end)
{
	size_t at = (size_t)(end - z->at);

	if (at < LOCATOR_SIZE + END64_SIZE || get32(end - LOCATOR_SIZE) != LOCATOR_MAGIC)
		return NULL;
	end -= LOCATOR_SIZE + END64_SIZE;
	return get32(end) == END64_MAGIC ? end : NULL;
}

static bool find_directory(struct zip *z)
{
	const uint8_t *end = find_end(z), *end64 = end ? find_end64(z, end) : NULL;
	uint64_t behind;

	if (!end)
		return false;
	z->directory_size = end64 ? get64(end64 + 40) : get32(end + 12);
	z->directory = end64 ? get64(end64 + 48) : get32(end + 16);
	behind = (uint64_t)((end64 ? end64 : end) - z->at);
	if (z->directory_size > behind || z->directory > behind - z->directory_size)
		return false;
	z->shift = behind - z->directory_size - z->directory;
	z->directory += z->shift;
	return true;
}

/* The field that holds what does not fit into 32 bits, in this order. */
static void read_zip64(struct entry *e, const uint8_t *at, const uint8_t *end)
{
	uint64_t *wide[] = { &e->unpacked, &e->packed, &e->local };

	while (end - at >= 4 && get16(at) != ZIP64_FIELD && (size_t)(end - at) >= 4 + get16(at + 2))
		at += 4 + get16(at + 2);
	if (end - at < 4 || get16(at) != ZIP64_FIELD)
		return;
	at += 4;
	for (size_t i = 0; i < 3; i++) {
		if (*wide[i] != UINT32_MAX || end - at < 8)
			continue;
		*wide[i] = get64(at);
		at += 8;
	}
}

/* The record at an offset; the offset of the next one, 0 where this is none. */
static uint64_t read_record(const struct zip *z, uint64_t offset, struct entry *e)
{
	const uint8_t *r = z->at + offset;
	uint64_t size;

	if (!inside(z, offset, RECORD_SIZE) || get32(r) != RECORD_MAGIC)
		return 0;
	size = RECORD_SIZE + (uint64_t)get16(r + 28) + get16(r + 30) + get16(r + 32);
	if (!inside(z, offset, size))
		return 0;
	*e = (struct entry){
		.name = r + RECORD_SIZE, .name_size = get16(r + 28), .packed = get32(r + 20), .unpacked = get32(r + 24), .local = get32(r + 42),
		.method = get16(r + 10), .flags = get16(r + 8), .mode = r[5] == MADE_BY_UNIX ? get32(r + 38) >> 16 : 0,
	};
	read_zip64(e, r + RECORD_SIZE + e->name_size, r + RECORD_SIZE + e->name_size + get16(r + 30));
	return offset + size;
}

/* --- content --- */

struct content {
	const uint8_t *at;
	uint64_t left;
	unsigned method;
	z_stream z;
};

static ssize_t read_stored(struct bk_file *f, void *to, size_t size)
{
	struct content *c = f->with;
	size_t n = size < c->left ? size : (size_t)c->left;

	memcpy(to, c->at, n);
	c->at += n;
	c->left -= n;
	return (ssize_t)n;
}

static void feed(struct content *c)
{
	uInt n = c->left < 1u << 30 ? (uInt)c->left : 1u << 30;

	if (c->z.avail_in > 0)
		return;
	c->z.next_in = (Bytef *)c->at;
	c->z.avail_in = n;
	c->at += n;
	c->left -= n;
}

static ssize_t read_deflated(struct bk_file *f, void *to, size_t size)
{
	struct content *c = f->with;
	int status = Z_OK;

	c->z.next_out = to;
	c->z.avail_out = size < 1u << 30 ? (uInt)size : 1u << 30;
	size = c->z.avail_out;
	while (status == Z_OK && c->z.avail_out > 0) {
		feed(c);
		status = inflate(&c->z, Z_NO_FLUSH);
	}
	if (status != Z_OK && status != Z_STREAM_END)
		return -EBADMSG;
	return (ssize_t)(size - c->z.avail_out);
}

static ssize_t read_content(struct bk_file *f, void *to, size_t size)
{
	struct content *c = f->with;
	ssize_t got = c->method == STORED ? read_stored(f, to, size) : read_deflated(f, to, size);

	return got > 0 && !bk_scan_unpacked(f->scan, f->path, (uint64_t)got) ? -EFBIG : got;
}

/* Why the entry's content is not there; NULL with `c` ready. */
static const char *open_content(const struct zip *z, const struct entry *e, struct content *c)
{
	uint64_t local = e->local + z->shift, data;

	if (e->flags & ENCRYPTED)
		return "encrypted";
	if (e->method != STORED && e->method != DEFLATED)
		return "a kind of compression other than deflate";
	if (e->local > z->size || !inside(z, local, LOCAL_SIZE) || get32(z->at + local) != LOCAL_MAGIC)
		return "no entry where the directory says";
	data = local + LOCAL_SIZE + get16(z->at + local + 26) + get16(z->at + local + 28);
	if (!inside(z, data, e->packed))
		return "the archive ends in the middle of it";
	*c = (struct content){ .at = z->at + data, .left = e->packed, .method = e->method };
	if (c->method == DEFLATED && inflateInit2(&c->z, -MAX_WBITS) != Z_OK)
		return "out of memory";
	return NULL;
}

static void read_entry(const struct zip *z, const struct entry *e, const char *path)
{
	struct content c;
	struct bk_file f = {
		.scan = z->scan, .path = path, .mode = e->mode & 07777, .nested = z->archive->nested + 1, .archive = z->archive,
		.read = read_content, .with = &c, .fd = -1,
	};
	const char *why = open_content(z, e, &c);

	if (why) {
		bk_scan_warn(&f, 0, "not read: %s", why);
		return;
	}
	bk_scan_file(&f);
	bk_file_free(&f);
	if (c.method == DEFLATED)
		inflateEnd(&c.z);
}

/* --- names --- */

/* A name that leads out of the folder that it is unpacked to. */
static bool leads_out(const char *name)
{
	if (*name == '/')
		return true;
	for (const char *at = name; at; at = strchr(at, '/'), at = at ? at + 1 : NULL)
		if (strncmp(at, "..", 2) == 0 && (at[2] == '/' || at[2] == '\0'))
			return true;
	return false;
}

/* Prefix and name into `path`; false where there is no file to read by that name, which is said if `say`. */
static bool name_of(const struct zip *z, const struct entry *e, struct bk_buf *path, bool say)
{
	char *name;

	path->len = 0;
	bk_buf_text(path, z->prefix);
	bk_buf_add(path, e->name, e->name_size);
	name = path->at + strlen(z->prefix);
	for (char *c = name; *c; c++)
		*c = *c == '\\' ? '/' : *c;
	if (e->name_size == 0 || name[e->name_size - 1] == '/' || S_ISLNK(e->mode))
		return false;
	if (strlen(name) == e->name_size && e->name_size <= NAME_MAX_SIZE && !leads_out(name))
		return true;
	if (say)
		bk_scan_warn_path(z->scan, path->at, "not read: a name that leads out of the archive, or no name");
	return false;
}

static bool is_manifest(const char *path)
{
	size_t n = strlen(path);

	return n >= 20 && strcmp(path + n - 20, "META-INF/MANIFEST.MF") == 0;
}

/* A manifest only counts where nothing better says what the archive is: it comes last. */
static void read_entries(struct zip *z, bool manifest)
{
	BK_BUF path = { 0 };
	uint64_t end = z->directory + z->directory_size, files = 0, offset = z->directory;
	struct entry e;

	for (; offset < end; files++) {
		uint64_t next = read_record(z, offset, &e);

		if (!next || z->scan->full)
			break;
		if (name_of(z, &e, &path, !manifest) && bk_scan_wants(path.at, e.mode & 07777) && is_manifest(path.at) == manifest)
			read_entry(z, &e, path.at);
		offset = next;
	}
	if (manifest)
		return;
	bk_scan_count(z->scan, z->archive->path, files);
	if (offset < end && !z->scan->full)
		bk_scan_warn(z->archive, 0, "the archive's directory is damaged; what follows was not read");
}

static bool scan_bytes(struct bk_file *archive, const char *prefix, const void *bytes, size_t size)
{
	struct zip z = { .scan = archive->scan, .archive = archive, .prefix = prefix, .at = bytes, .size = size };

	if (!find_directory(&z)) {
		bk_scan_warn(archive, 0, "not read: no zip file, or not a whole one");
		return false;
	}
	read_entries(&z, false);
	read_entries(&z, true);
	return true;
}

/* --- entrances --- */

void bk_zip_nested(struct bk_file *f)
{
	BK_FREE char *prefix = bk_format("%s!/", f->path);
	int error;

	if (f->nested >= BK_NESTED_MAX) {
		bk_scan_warn(f, 0, "not read: archives in more than %u others", BK_NESTED_MAX);
		return;
	}
	error = bk_file_whole(f, BK_BINARY_MAX);
	if (error)
		bk_scan_warn(f, 0, "not read: %s", error == -EFBIG ? "too large for an archive in an archive" : strerror(-error));
	else
		scan_bytes(f, prefix, f->text.at, f->text.len);
}

int bk_zip(struct bk_scan *s, const char *file, const char *path, const char *prefix)
{
	struct bk_file archive = { .scan = s, .path = path, .fd = open(file, O_RDONLY | O_CLOEXEC) };
	struct stat st;
	void *bytes = MAP_FAILED;
	int error;

	if (archive.fd < 0)
		return -errno;
	if (fstat(archive.fd, &st) == 0 && st.st_size > 0)
		bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, archive.fd, 0);
	error = bytes == MAP_FAILED ? -(errno ? errno : EINVAL) : 0;
	close(archive.fd);
	archive.fd = -1;
	if (error)
		return error;
	scan_bytes(&archive, prefix, bytes, (size_t)st.st_size);
	munmap(bytes, (size_t)st.st_size);
	return 0;
}
