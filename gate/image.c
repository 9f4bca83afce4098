/* SPDX-License-Identifier: Apache-2.0 */
/* Files by identity, as shim/image.c sees them, from inside. */
#include "core/sha256.h"
#include "gate/gate.h"

#define ST_RDONLY 1

char *bk_fd_link(char out[64], int fd)
{
	bk_put_number(bk_put(out, out + 64, "/proc/thread-self/fd/"), out + 64, (uint32_t)fd);
	return out;
}

int bk_file_of(struct bk_file *f, int fd, char *name)
{
	char link[64];
	struct stat st;
	long n = sys_fstat(fd, &st);

	f->fd = fd;
	if (n < 0)
		return (int)n;
	n = sys_readlink(bk_fd_link(link, fd), name, BK_PATH_MAX - 1);
	if (n < 0)
		return (int)n;
	name[n] = '\0';
	f->device = st.st_dev;
	f->inode = st.st_ino;
	f->size = (uint64_t)st.st_size;
	f->mode = st.st_mode;
	f->anonymous = st.st_nlink == 0;
	f->path = (struct bk_text){ name, (uint32_t)n };
	return 0;
}

int bk_file_open(struct bk_file *f, int directory, const char *path, int flags, char *name)
{
	int fd = (int)BK_CALL(__NR_openat, directory, path, O_PATH | O_CLOEXEC | flags, 0, 0, 0), r;

	*f = (struct bk_file){ .fd = -1 };
	if (fd < 0)
		return fd;
	r = bk_file_of(f, fd, name);
	if (r < 0)
		bk_file_close(f);
	return r;
}

void bk_file_close(struct bk_file *f)
{
	if (f->fd >= 0)
		sys_close(f->fd);
	f->fd = -1;
}

void bk_close_unlocked(int fd)
{
	struct flock lock = { .l_type = F_WRLCK };

	/* Asked as the owner of an open file, that is as somebody else: the process's own are told, too. */
	if (sys_fcntl(fd, F_OFD_GETLK, (long)&lock) < 0 || lock.l_type == F_UNLCK)
		sys_close(fd);
}

const void *bk_view_file(int fd, size_t size)
{
	void *at = size ? sys_mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd) : NULL;

	return (uintptr_t)at > -4096UL ? NULL : at;
}

long bk_file_read(const struct bk_file *f, void *to, size_t size, uint64_t at)
{
	char link[64];
	int fd = (int)sys_open(bk_fd_link(link, f->fd), O_RDONLY | O_CLOEXEC);
	long n = fd < 0 ? fd : sys_pread(fd, to, size, at);

	if (fd >= 0)
		bk_close_unlocked(fd);
	return n;
}

static bool can_change(const char *path, struct stat *st)
{
	return sys_stat(path, st) < 0 || st->st_uid == bk_gate.uid || sys_access(path, 2) == 0;
}

/* As way_fixed() of shim/image.c: no folder on the way can be changed, save that a sticky one keeps what others own. */
static bool way_fixed(struct bk_text path, const uint32_t *owner)
{
	uint32_t child = owner ? *owner : bk_gate.uid;
	char walk[512];
	struct stat st;

	if (path.len >= sizeof walk)
		return false;
	bk_put(walk, walk + sizeof walk, path.at);
	for (uint32_t n = path.len; n > 0; n--) {
		if (walk[n - 1] != '/')
			continue;
		walk[n > 1 ? n - 1 : 1] = '\0';
		if (can_change(walk, &st) && (st.st_uid == bk_gate.uid || !(st.st_mode & 01000) || child == bk_gate.uid))
			return false;
		child = owner ? st.st_uid : bk_gate.uid;
	}
	return true;
}

static bool fixed(const struct bk_file *f)
{
	char link[64];
	struct statfs fs;
	struct stat st;

	if (f->anonymous)
		return false;
	if (sys_statfs(bk_fd_link(link, f->fd), &fs) == 0 && fs.f_flags & ST_RDONLY)
		return true;
	return bk_gate.uid != 0 && !can_change(link, &st) && way_fixed(f->path, &st.st_uid);
}

bool bk_file_fixed(const struct bk_file *f, struct bk_text name)
{
	if (!fixed(f))
		return false;
	return bk_text_equal(name, f->path) || (name.len && name.at[0] == '/' && bk_gate.uid != 0 && way_fixed(name, NULL));
}

static bool hash(const struct bk_file *f, uint8_t digest[32])
{
	char link[64];
	uint8_t block[512];
	struct bk_sha256 h;
	int fd = (int)sys_open(bk_fd_link(link, f->fd), O_RDONLY | O_CLOEXEC);
	long n;

	if (fd < 0)
		return false;
	bk_sha256_start(&h, false);
	while ((n = sys_read(fd, block, sizeof block)) > 0)
		bk_sha256_add(&h, block, (size_t)n);
	bk_close_unlocked(fd);
	bk_sha256_finish(&h, digest);
	return n == 0;
}

struct bk_decision bk_file_judge(struct bk_request *r, const struct bk_file *f, uint8_t sha256[32])
{
	struct bk_decision d;

	if (f->anonymous)
		r->flags |= BK_REQ_ANONYMOUS;
	d = bk_decide(&bk_gate.policy, r, bk_gate.least);
	if (d.verdict == BK_NEED_SHA256 && !r->interpreter.len && fixed(f)) {
		r->flags |= BK_REQ_UNCHANGEABLE;
		d = bk_decide(&bk_gate.policy, r, bk_gate.least);
	}
	if (d.verdict == BK_NEED_SHA256 || (d.verdict == BK_LEARNED && !f->anonymous)) {
		r->sha256 = hash(f, sha256) ? sha256 : NULL;
		if (d.verdict == BK_NEED_SHA256)
			d = bk_decide(&bk_gate.policy, r, bk_gate.least);
	}
	if (d.verdict == BK_NEED_SHA256)
		d.verdict = BK_DENIED;
	return d;
}
