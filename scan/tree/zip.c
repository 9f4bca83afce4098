/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Zip files (PKWARE APPNOTE 6.3), also jars and wheels, also inside of one another.  The central directory says what is there; only what a
 * reader wants is unpacked.  Bytes before the first entry (self-extracting archives, executable jars) are skipped.  Of a file only what is
 * needed is read, by two threads; it may change or end meanwhile.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "scan/reader.h"

enum {
	END_SIZE = 22, END_MAGIC = 0x06054b50, END64_SIZE = 56, END64_MAGIC = 0x06064b50, LOCATOR_SIZE = 20, LOCATOR_MAGIC = 0x07064b50,
	RECORD_SIZE = 46, RECORD_MAGIC = 0x02014b50, LOCAL_SIZE = 30, LOCAL_MAGIC = 0x04034b50,
	STORED = 0, DEFLATED = 8, ENCRYPTED = 1, MADE_BY_UNIX = 3, ZIP64_FIELD = 1, NAME_MAX_SIZE = 4096,
	COMMENT_MAX = 65535, TAIL = COMMENT_MAX + END_SIZE + LOCATOR_SIZE + END64_SIZE, EXTRA = 64,	/* EXTRA: what most local headers have less of */
	THREADS = 2, BLOCK = 1 << 16, KEEP_MAX = 1 << 20, DIRECTORY_MAX = 256 << 20,
};

struct zip {
	struct bk_scan *scan;
	struct bk_file *archive;	/* the file that the bytes are of */
	const char *prefix;		/* of paths in reports */
	const uint8_t *at;		/* all bytes; NULL: they are read from `archive` */
	uint64_t size;
	uint64_t shift;			/* bytes before the archive */
	const uint8_t *directory;
	uint64_t directory_size;
	bool manifests;			/* the second time */
	pthread_mutex_t lock;		/* of what follows */
	uint64_t next, files;		/* offset in the directory; entries before it */
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

static bool inside(uint64_t whole, uint64_t at, uint64_t size)
{
	return at <= whole && size <= whole - at;
}

/* Bytes of the archive, in `room` where they have to be read; NULL where they are not there. */
static const uint8_t *fetch(const struct zip *z, uint64_t at, size_t size, void *room)
{
	if (!inside(z->size, at, size))
		return NULL;
	if (z->at)
		return z->at + at;
	return pread(z->archive->fd, room, size, (off_t)at) == (ssize_t)size ? room : NULL;
}

/* --- the directory --- */

/* Of the record in the archive's last bytes. */
static const uint8_t *find_end(const uint8_t *tail, size_t size)
{
	for (size_t i = size < END_SIZE ? 0 : size - END_SIZE + 1; i-- > 0; )
		if (tail[i] == 'P' && get32(tail + i) == END_MAGIC)
			return tail + i;
	return NULL;
}

/* Where the archive is larger than 4 GiB or has more than 65,535 entries.  The record ends where its locator begins, as all makers have it. */
static const uint8_t *find_end64(const uint8_t *tail, const uint8_t *end)
{
	if (end - tail < LOCATOR_SIZE + END64_SIZE || get32(end - LOCATOR_SIZE) != LOCATOR_MAGIC)
		return NULL;
	end -= LOCATOR_SIZE + END64_SIZE;
	return get32(end) == END64_MAGIC ? end : NULL;
}

/* `room` is for the directory: the caller frees it. */
static bool find_directory(struct zip *z, uint8_t **room)
{
	size_t size = z->size < TAIL ? (size_t)z->size : TAIL;
	BK_FREE uint8_t *last = bk_alloc(TAIL);
	const uint8_t *tail = fetch(z, z->size - size, size, last), *end = tail ? find_end(tail, size) : NULL, *end64 = end ? find_end64(tail, end) : NULL;
	uint64_t start, behind;

	if (!end)
		return false;
	z->directory_size = end64 ? get64(end64 + 40) : get32(end + 12);
	start = end64 ? get64(end64 + 48) : get32(end + 16);
	behind = z->size - size + (uint64_t)((end64 ? end64 : end) - tail);
	if (z->directory_size > behind || start > behind - z->directory_size || z->directory_size > DIRECTORY_MAX)
		return false;
	z->shift = behind - z->directory_size - start;
	*room = z->at ? NULL : bk_alloc(z->directory_size + 1);
	z->directory = fetch(z, start + z->shift, (size_t)z->directory_size, *room);
	return z->directory;
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

/* The record at an offset of the directory; the offset of the next one, 0 where this is none. */
static uint64_t read_record(const struct zip *z, uint64_t offset, struct entry *e)
{
	const uint8_t *r = z->directory + offset;
	uint64_t size;

	if (!inside(z->directory_size, offset, RECORD_SIZE) || get32(r) != RECORD_MAGIC)
		return 0;
	size = RECORD_SIZE + (uint64_t)get16(r + 28) + get16(r + 30) + get16(r + 32);
	if (!inside(z->directory_size, offset, size))
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
	const struct zip *zip;
	uint8_t *block;			/* room for BLOCK bytes */
	const uint8_t *at;
	size_t ready;			/* bytes there */
	uint64_t next, left;		/* offset in the archive and bytes of what comes behind them */
	unsigned method;
	z_stream z;
};

/* More bytes at `at`; false where the archive ends before it should. */
static bool feed(struct content *c)
{
	size_t n = c->left < BLOCK ? (size_t)c->left : BLOCK;

	if (c->ready > 0 || n == 0)
		return true;
	c->at = fetch(c->zip, c->next, n, c->block);
	if (!c->at)
		return false;
	c->ready = n;
	c->next += n;
	c->left -= n;
	return true;
}

static ssize_t read_stored(struct bk_file *f, void *to, size_t size)
{
	struct content *c = f->with;

	if (!feed(c))
		return -EBADMSG;
	size = size < c->ready ? size : c->ready;
	memcpy(to, c->at, size);
	c->at += size;
	c->ready -= size;
	return (ssize_t)size;
}

static ssize_t read_deflated(struct bk_file *f, void *to, size_t size)
{
	struct content *c = f->with;
	int status = Z_OK;

	c->z.next_out = to;
	c->z.avail_out = size < 1u << 30 ? (uInt)size : 1u << 30;
	size = c->z.avail_out;
	while (status == Z_OK && c->z.avail_out > 0) {
		if (!feed(c))
			return -EBADMSG;
		c->z.next_in = (Bytef *)c->at;
		c->z.avail_in = (uInt)c->ready;
		status = inflate(&c->z, Z_NO_FLUSH);
		c->at += c->ready - c->z.avail_in;
		c->ready = c->z.avail_in;
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

/* Its local header, and with it what is to be had at once: for most files that is all. */
static const char *open_local(const struct zip *z, const struct entry *e, struct content *c)
{
	uint64_t local = e->local + z->shift, want = LOCAL_SIZE + e->name_size + EXTRA + e->packed, head;
	size_t n;

	if (e->local > z->size || !inside(z->size, local, LOCAL_SIZE))
		return "no entry where the directory says";
	want = want < z->size - local ? want : z->size - local;
	n = want < BLOCK ? (size_t)want : BLOCK;
	c->at = fetch(z, local, n, c->block);
	if (!c->at || get32(c->at) != LOCAL_MAGIC)
		return "no entry where the directory says";
	head = LOCAL_SIZE + (uint64_t)get16(c->at + 26) + get16(c->at + 28);
	if (!inside(z->size, local + head, e->packed))
		return "the archive ends in the middle of it";
	c->next = local + head;
	c->left = e->packed;
	if (head < n) {
		c->at += head;
		c->ready = n - head < e->packed ? n - (size_t)head : (size_t)e->packed;
		c->next += c->ready;
		c->left -= c->ready;
	}
	return NULL;
}

/* Why the entry's content is not there; NULL with `c` ready. */
static const char *open_content(const struct zip *z, const struct entry *e, struct content *c, uint8_t *block)
{
	const char *why;

	if (e->flags & ENCRYPTED)
		return "encrypted";
	if (e->method != STORED && e->method != DEFLATED)
		return "a kind of compression other than deflate";
	*c = (struct content){ .zip = z, .block = block, .method = e->method };
	why = open_local(z, e, c);
	return !why && c->method == DEFLATED && inflateInit2(&c->z, -MAX_WBITS) != Z_OK ? "out of memory" : why;
}

/* One thread's buffers, which serve for one entry after the other. */
struct worker {
	struct zip *zip;
	struct bk_buf path, text;
	uint8_t *block;
};

static void read_entry(struct worker *w, const struct entry *e)
{
	const struct zip *z = w->zip;
	struct content c;
	struct bk_file f = {
		.scan = z->scan, .path = w->path.at, .mode = e->mode & 07777, .nested = z->archive->nested + 1, .archive = z->archive,
		.read = read_content, .with = &c, .fd = -1, .text = w->text,
	};
	const char *why = open_content(z, e, &c, w->block);

	if (why) {
		bk_scan_warn(&f, 0, "not read: %s", why);
		return;
	}
	bk_scan_file(&f);
	if (c.method == DEFLATED)
		inflateEnd(&c.z);
	if (f.text.cap > KEEP_MAX)
		bk_file_free(&f);
	w->text = f.text;
	w->text.len = 0;
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

/* --- entries --- */

/* The next entry of the directory; false at its end, also where it is damaged. */
static bool next_entry(struct zip *z, struct entry *e)
{
	uint64_t next = 0;

	pthread_mutex_lock(&z->lock);
	if (z->next < z->directory_size && !z->scan->full)
		next = read_record(z, z->next, e);
	if (next) {
		z->next = next;
		z->files++;
	}
	pthread_mutex_unlock(&z->lock);
	return next;
}

/* A manifest only counts where nothing better says what the archive is: it comes last. */
static void *read_entries(void *zip)
{
	struct worker w = { .zip = zip, .block = bk_alloc(BLOCK) };
	const struct zip *z = zip;
	struct entry e;

	while (next_entry(w.zip, &e))
		if (name_of(z, &e, &w.path, !z->manifests) && bk_scan_wants(w.path.at, e.mode & 07777) && is_manifest(w.path.at) == z->manifests)
			read_entry(&w, &e);
	bk_buf_free(&w.path);
	bk_buf_free(&w.text);
	free(w.block);
	return NULL;
}

/* Archives in archives are read by the thread that came to them. */
static void read_all(struct zip *z, bool manifests)
{
	pthread_t threads[THREADS - 1];
	size_t started = 0, most = z->at ? 0 : THREADS - 1;

	z->manifests = manifests;
	z->next = z->files = 0;
	while (started < most && pthread_create(&threads[started], NULL, read_entries, z) == 0)
		started++;
	read_entries(z);
	while (started > 0)
		pthread_join(threads[--started], NULL);
}

static void scan_archive(struct zip *z)
{
	BK_FREE uint8_t *room = NULL;

	if (!find_directory(z, &room)) {
		bk_scan_warn(z->archive, 0, "not read: no zip file, or not a whole one");
		return;
	}
	pthread_mutex_init(&z->lock, NULL);
	read_all(z, false);
	bk_scan_count(z->scan, z->archive->path, z->files);
	if (z->next < z->directory_size && !z->scan->full)
		bk_scan_warn(z->archive, 0, "the archive's directory is damaged; what follows was not read");
	read_all(z, true);
	pthread_mutex_destroy(&z->lock);
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
	if (error) {
		bk_scan_warn(f, 0, "not read: %s", error == -EFBIG ? "too large for an archive in an archive" : strerror(-error));
	} else {
		struct zip z = { .scan = f->scan, .archive = f, .prefix = prefix, .at = (const uint8_t *)f->text.at, .size = f->text.len };

		scan_archive(&z);
	}
}

int bk_zip(struct bk_scan *s, const char *file, const char *path, const char *prefix)
{
	struct bk_file archive = { .scan = s, .path = path, .fd = open(file, O_RDONLY | O_CLOEXEC) };
	struct zip z = { .scan = s, .archive = &archive, .prefix = prefix };
	struct stat st;
	int error = archive.fd < 0 || fstat(archive.fd, &st) < 0 ? -errno : 0;

	if (!error) {
		z.size = (uint64_t)st.st_size;
		scan_archive(&z);
	}
	if (archive.fd >= 0)
		close(archive.fd);
	return error;
}
