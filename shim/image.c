/* SPDX-License-Identifier: Apache-2.0 */
/* Files: canonical path, identity, hash, and whether the function could change them. */
#include <linux/stat.h>
#include "core/script.h"
#include "core/match.h"
#include "shim/shim.h"

#define FRESH_NS 20000000ULL		/* a file changed less than this ago may change again within one tick of its ctime (jiffy) */

static uint64_t change_time(const struct stat *st)
{
	return (uint64_t)st->st_ctime * 1000000000ULL + (uint64_t)st->st_ctime_nsec;
}

struct bk_seen *bk_image_known(struct bk_shim *s, const struct stat *st)
{
	uint64_t changed = change_time(st);

	for (unsigned i = 0; i < BK_SEEN_MAX; i++) {
		struct bk_seen *e = &s->seen[i];

		if (e->inode == st->st_ino && e->changed == changed && e->device == (uint32_t)st->st_dev)
			return e;
	}
	return NULL;
}

static struct bk_seen *seen_for(struct bk_shim *s, const struct stat *st)
{
	struct bk_seen *e = bk_image_known(s, st);

	if (e)
		return e;
	e = &s->seen[s->seen_next++ % BK_SEEN_MAX];
	*e = (struct bk_seen){ .inode = st->st_ino, .changed = change_time(st), .device = (uint32_t)st->st_dev };
	return e;
}

static void fill(struct bk_shim *s, struct bk_image *image, const struct stat *st)
{
	image->inode = st->st_ino;
	image->changed = change_time(st);
	image->device = (uint32_t)st->st_dev;
	image->mode = st->st_mode;
	image->anonymous = st->st_nlink == 0;
	image->seen = seen_for(s, st);
}

static bool leads_to(const char *path, const struct bk_image *image)
{
	struct stat st;

	return sys_stat(path, &st) == 0 && st.st_ino == image->inode && (uint32_t)st.st_dev == image->device;
}

/* In gVisor a memory file has a link, but is called deleted as on Linux (proc_pid_fd(5)), which a file with a name may also be. */
static void note_deleted(struct bk_image *image)
{
	static const char mark[] = " (deleted)";
	uint32_t n = sizeof mark - 1;

	if (image->path.len > n && bk_text_equal(bk_text_from(image->path, image->path.len - n), (struct bk_text){ mark, n }))
		image->anonymous |= !leads_to(image->path.at, image);
}

static int take_name(long length, char *out, struct bk_image *image)
{
	if (length < 0)
		return (int)length;
	out[length] = '\0';
	image->path = (struct bk_text){ out, (uint32_t)length };
	return 0;
}

void bk_image_ready(struct bk_shim *s)
{
	if (s->own_fds < 0)
		s->own_fds = (int)sys_open("/proc/self/fd", O_PATH | O_CLOEXEC);
}

/* Through a descriptor of the folder: half the way of a walk from the root. */
static int name_of_open(struct bk_shim *s, char *out, struct bk_image *image)
{
	char number[16];

	bk_image_ready(s);
	bk_put_number(number, number + sizeof number, (uint32_t)image->fd);
	return take_name(sys_readlink_at(s->own_fds, number, out, BK_PATH_MAX), out, image);
}

int bk_image_loaded(struct bk_shim *s, int pid, const struct bk_flight *f, struct bk_image *image)
{
	struct stat st;
	char link[64];
	long n = sys_stat(bk_proc(link, pid, "/exe"), &st);
	bool same;
	int r = 0;

	*image = (struct bk_image){ .fd = -1 };
	if (n < 0)
		return (int)n;
	fill(s, image, &st);
	same = s->scratch->vetted == pid && image->inode == f->inode && image->device == f->device;
	s->scratch->vetted = 0;
	if (same)
		image->path = bk_text_of(s->scratch->path);
	else
		r = take_name(sys_readlink(link, s->scratch->path, BK_PATH_MAX), s->scratch->path, image);
	note_deleted(image);
	return r;
}

/* How this process reaches what process `tid` calls `path`: its own /proc links, not ours. */
static void translate(int tid, int directory, const char *path, char *out, const char *end)
{
	static const char *const mine[] = { "/proc/self/", "/proc/thread-self/", "/dev/fd/" };
	char base[64];

	for (unsigned i = 0; i < 3; i++) {
		struct bk_text prefix = bk_text_of(mine[i]);

		if (bk_text_starts(bk_text_of(path), prefix)) {
			out = bk_put(out, end, bk_proc(base, tid, i == 2 ? "/fd/" : "/"));
			bk_put(out, end, path + prefix.len);
			return;
		}
	}
	if (*path != '/') {
		out = bk_put(out, end, directory == BK_AT_CWD ? bk_proc(base, tid, "/cwd") : bk_proc_fd(base, tid, directory));
		if (*path)
			out = bk_put(out, end, "/");
	}
	bk_put(out, end, path);
}

/* A plain name with no link on the way is the canonical one: it need not be asked for. */
static bool open_straight(const char *path, char *out, struct bk_image *image)
{
	struct bk_text name = bk_rule_name(path);

	image->fd = name.len && path[name.len - 1] != '/' ? (int)sys_open_straight(path, O_PATH | O_CLOEXEC) : -1;
	if (image->fd < 0)
		return false;
	image->path = (struct bk_text){ out, name.len };
	if (out != path)
		bk_put(out, out + BK_PATH_MAX, path);
	return true;
}

static int open_any(struct bk_shim *s, int tid, int directory, const char *path, char *out, struct bk_image *image)
{
	translate(tid, directory, path, s->scratch->walk, s->scratch->walk + sizeof s->scratch->walk);
	image->fd = (int)sys_open(s->scratch->walk, O_PATH | O_CLOEXEC);
	return image->fd < 0 ? image->fd : name_of_open(s, out, image);
}

int bk_image_open(struct bk_shim *s, int tid, int directory, const char *path, char *out, struct bk_image *image)
{
	struct stat st;
	int r = open_straight(path, out, image) ? 0 : open_any(s, tid, directory, path, out, image);

	if (r == 0)
		r = (int)sys_fstat(image->fd, &st);
	if (r < 0) {
		bk_image_close(image);
		return r;
	}
	fill(s, image, &st);
	note_deleted(image);
	return 0;
}

void bk_image_close(struct bk_image *image)
{
	if (image->fd >= 0)
		sys_close(image->fd);
	image->fd = -1;
}

/* Asked when the first file is hashed: under a hypervisor CPUID is a trap of many microseconds. */
static bool has_fast(struct bk_shim *s)
{
	if (s->sha == BK_SHA_UNKNOWN)
		s->sha = bk_sha256_has_fast() ? BK_SHA_FAST : BK_SHA_PLAIN;
	return s->sha == BK_SHA_FAST;
}

/*
 * True where writing through a mapping changes the file's ctime.  It does not on tmpfs, where a page that was read first is then written
 * without a fault, nor for certain behind FUSE and the network.  File systems that keep their pages on a disk, and only they, map extents;
 * an overlay answers for the file below it.
 */
static bool tells_writes(int fd)
{
	struct fiemap map = { .fm_length = 1 };

	return sys_ioctl(fd, FS_IOC_FIEMAP, &map) == 0;
}

/* `*kept`: the hash stays that of the file as long as its ctime stays. */
static bool hash_file(struct bk_shim *s, const char *link, uint8_t digest[32], bool *kept)
{
	struct bk_sha256 hash;
	int fd = (int)sys_open(link, O_RDONLY | O_CLOEXEC);
	uint64_t at = 0;
	long n;

	if (fd < 0)
		return false;
	bk_sha256_start(&hash, has_fast(s));
	while ((n = sys_pread(fd, s->scratch->block, sizeof s->scratch->block, at)) > 0) {
		bk_sha256_add(&hash, s->scratch->block, (size_t)n);
		at += (uint64_t)n;
	}
	*kept = tells_writes(fd);
	sys_close(fd);
	bk_sha256_finish(&hash, digest);
	return n == 0;
}

bool bk_image_settled(const struct bk_image *image)
{
	struct __kernel_timespec now = { 0, 0 };

	sys_clock(0, &now);
	return image->changed + FRESH_NS < (uint64_t)now.tv_sec * 1000000000ULL + (uint64_t)now.tv_nsec;
}

/* True where nothing could have changed the file's content since `image` was filled without changing its ctime. */
static bool unchanged(const struct bk_image *image, const char *link)
{
	struct stat st;

	return sys_stat(link, &st) == 0 && image->changed == change_time(&st) && bk_image_settled(image);
}

/* The place of the hash that was computed longest ago, forgotten by the file that it was of. */
static uint16_t hash_place(struct bk_shim *s)
{
	uint16_t place = (uint16_t)(s->hash_next++ % BK_HASHES);

	for (unsigned i = 0; i < BK_SEEN_MAX; i++)
		if (s->seen[i].hash == place + 1)
			s->seen[i].hash = 0;
	return place;
}

const uint8_t *bk_image_sha256(struct bk_shim *s, struct bk_image *image, const char *link)
{
	uint16_t place;
	bool kept;

	if (image->seen->hash)
		return s->hash[image->seen->hash - 1];
	place = hash_place(s);
	if (!hash_file(s, link, s->hash[place], &kept))
		return NULL;
	if (kept && unchanged(image, link))
		image->seen->hash = (uint16_t)(place + 1);
	return s->hash[place];
}

static bool can_change(struct bk_shim *s, const char *path, struct stat *st)
{
	return sys_stat(path, st) < 0 || st->st_uid == s->uid || sys_access(path, 2) == 0;	/* W_OK */
}

/*
 * True where the function can change no folder on the way to an absolute path.  With `owner`, that of the file, a folder
 * whose sticky bit keeps others from replacing what is not theirs (/tmp) counts as safe.
 */
static bool way_fixed(struct bk_shim *s, struct bk_text path, const uint32_t *owner)
{
	char *walk = s->scratch->walk;
	uint32_t child = owner ? *owner : s->uid;
	struct stat st;

	bk_put(walk, walk + BK_PATH_MAX, path.at);
	for (uint32_t n = path.len; n > 0; n--) {
		if (walk[n - 1] != '/')
			continue;
		walk[n > 1 ? n - 1 : 1] = '\0';
		if (can_change(s, walk, &st) && (st.st_uid == s->uid || !(st.st_mode & 01000) || child == s->uid))
			return false;
		child = owner ? st.st_uid : s->uid;
	}
	return true;
}

static bool find_fixed(struct bk_shim *s, const struct bk_image *image, const char *link)
{
	struct statfs fs;
	struct stat st;

	if (image->anonymous)
		return false;
	if (sys_statfs(link, &fs) == 0 && (fs.f_flags & 1))	/* ST_RDONLY: mounting is refused by the filter */
		return true;
	return s->uid != 0 && !can_change(s, link, &st) && way_fixed(s, image->path, &st.st_uid);
}

bool bk_image_name_fixed(struct bk_shim *s, const struct bk_image *image, struct bk_text called)
{
	return bk_text_equal(called, image->path) || (called.len && called.at[0] == '/' && s->uid != 0 && way_fixed(s, called, NULL));
}

bool bk_image_fixed(struct bk_shim *s, struct bk_image *image, const char *link)
{
	struct bk_seen *seen = image->seen;

	if (!(seen->flags & (BK_SEEN_FIXED | BK_SEEN_LOOSE)))
		seen->flags |= find_fixed(s, image, link) ? BK_SEEN_FIXED : BK_SEEN_LOOSE;
	return seen->flags & BK_SEEN_FIXED;
}

bool bk_image_script(struct bk_shim *s, struct bk_image *image, const char *link, char *interpreter, char *option, size_t cap)
{
	char first[256];		/* BINPRM_BUF_SIZE */
	int fd;
	long n;

	if (image->seen->flags & BK_SEEN_IMAGE)
		return false;
	fd = (int)sys_open(link, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = sys_read(fd, first, sizeof first);
	sys_close(fd);
	if (n < 2 || first[0] != '#' || first[1] != '!') {
		/* A file that may still be written to is looked at each time. */
		if (n >= 2 && unchanged(image, link))
			image->seen->flags |= BK_SEEN_IMAGE;
		return false;
	}
	(void)s;
	return bk_script_line(first, first + n, interpreter, option, cap);
}

struct bk_decision bk_judge(struct bk_shim *s, struct bk_request *request, struct bk_image *image, const char *link)
{
	struct bk_decision d;

	if (image->anonymous)
		request->flags |= BK_REQ_ANONYMOUS;
	d = bk_decide(&s->policy, request, s->least);
	/* Of a script the name counts, too: who gathered it knows (decide.h). */
	if (d.verdict == BK_NEED_SHA256 && !request->interpreter.len && bk_image_fixed(s, image, link)) {
		request->flags |= BK_REQ_UNCHANGEABLE;
		d = bk_decide(&s->policy, request, s->least);
	}
	if (d.verdict == BK_NEED_SHA256) {
		request->sha256 = bk_image_sha256(s, image, link);
		d = bk_decide(&s->policy, request, s->least);
	}
	if (d.verdict == BK_NEED_SHA256)	/* it could not be read */
		d.verdict = BK_DENIED;
	if (d.verdict == BK_LEARNED && !request->sha256 && !image->anonymous)
		request->sha256 = bk_image_sha256(s, image, link);
	return d;
}
