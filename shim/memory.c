/* SPDX-License-Identifier: Apache-2.0 */
/* Another process's memory: bytes, strings, argument vectors, mappings. */
#include "shim/shim.h"

/* Up to so much needs no array of pages from the kernel's heap (mm/process_vm_access.c, PVM_MAX_PP_ARRAY_COUNT). */
#define FEW_BYTES (15 * BK_PAGE)

/* Where there is no process_vm_readv (gVisor before 2023). */
static long read_file(int tid, uint64_t from, void *to, size_t size)
{
	char path[64];
	int fd = (int)sys_open(bk_proc(path, tid, "/mem"), O_RDONLY | O_CLOEXEC);
	long n = fd < 0 ? (fd == -EACCES ? -EPERM : fd) : sys_pread(fd, to, size, from);

	if (fd >= 0)
		sys_close(fd);
	return n == -EIO ? -EFAULT : n;
}

static long read_once(int tid, uint64_t from, void *to, size_t size)
{
	struct iovec local = { to, size }, remote = { (void *)from, size };
	long n = sys_process_read(tid, &local, &remote, 1);

	return n == -ENOSYS ? read_file(tid, from, to, size) : n;
}

/* Word by word, what of the last one is not to be written kept. */
static bool poke(int tid, uint64_t to, const char *from, size_t size)
{
	long r = 0;

	for (size_t n = 0; n < size && r == 0; n += sizeof(long)) {
		unsigned long word = 0;

		if (size - n < sizeof word)
			r = sys_ptrace(PTRACE_PEEKDATA, tid, to + n, (unsigned long)&word);
		__builtin_memcpy(&word, from + n, size - n < sizeof word ? size - n : sizeof word);
		r = r < 0 ? r : sys_ptrace(PTRACE_POKEDATA, tid, to + n, word);
	}
	return r == 0;
}

bool bk_memory_write(int tid, uint64_t to, const void *from, size_t size)
{
	struct iovec local = { (void *)from, size }, remote = { (void *)to, size };
	long n = size ? sys_process_write(tid, &local, &remote) : 0;

	return n == -ENOSYS ? poke(tid, to, from, size) : n == (long)size;
}

long bk_memory_read(int tid, uint64_t from, void *to, size_t size)
{
	long first = read_once(tid, from, to, size < FEW_BYTES ? size : FEW_BYTES), rest;

	if (first < (long)FEW_BYTES || size == FEW_BYTES)
		return first;
	rest = read_once(tid, from + FEW_BYTES, (char *)to + FEW_BYTES, size - FEW_BYTES);
	return rest < 0 ? first : first + rest;
}

/* Bytes until the end of the page that `at` is in, at most `cap`: a read that stays inside cannot fail half-way. */
static size_t in_page(uint64_t at, size_t cap)
{
	size_t rest = BK_PAGE - (at & (BK_PAGE - 1));

	return rest < cap ? rest : cap;
}

/* A failure shows when what is missing is asked for: until then the reads have brought nothing. */
void bk_memory_look(struct bk_shim *s, int tid, uint64_t string, uint64_t pointers)
{
	struct bk_window *w = &s->scratch->window;
	struct iovec local[2] = {
		{ w->bytes, in_page(string, sizeof w->bytes) }, { s->scratch->pointers, in_page(pointers, BK_FEW_POINTERS) },
	};
	struct iovec remote[2] = { { (void *)string, local[0].iov_len }, { (void *)pointers, local[1].iov_len } };
	long got = sys_process_read(tid, local, remote, 2);

	w->at = string;
	w->size = got >= (long)local[0].iov_len ? local[0].iov_len : 0;
	s->scratch->pointers_at = pointers;
	s->scratch->pointers_size = w->size ? (uint64_t)got - w->size : 0;
}

long bk_memory_string(struct bk_shim *s, int tid, uint64_t from, char *to, size_t cap)
{
	struct bk_window *w = &s->scratch->window;

	for (size_t n = 0; n < cap; n++, from++) {
		if (from - w->at >= w->size) {
			long got = bk_memory_read(tid, from, w->bytes, in_page(from, sizeof w->bytes));

			w->at = from;
			w->size = got > 0 ? (uint64_t)got : 0;
			if (got <= 0)
				return got == -EPERM ? got : -EFAULT;
		}
		to[n] = w->bytes[from - w->at];
		if (!to[n])
			return (long)n;
	}
	return -ENAMETOOLONG;
}

int bk_gather_argv(struct bk_shim *s, int tid, uint64_t pointers, struct bk_args *out, uint32_t used)
{
	uint64_t *list = s->scratch->pointers;
	uint32_t size = used, count = 0;

	*out = (struct bk_args){ s->scratch->argv, 0, 0, false };
	while (pointers && !out->cut) {
		long got = (long)s->scratch->pointers_size;

		if (pointers != s->scratch->pointers_at || got < 8)
			got = bk_memory_read(tid, pointers, list, in_page(pointers, sizeof s->scratch->pointers));
		s->scratch->pointers_size = 0;		/* the next batch overwrites them */
		if (got < 8)
			return got == -EPERM ? -EPERM : -EFAULT;
		for (long i = 0; i < got / 8; i++) {
			long n = 0;

			if (!list[i]) {
				out->size = size;
				out->count = count;
				return 0;
			}
			n = bk_memory_string(s, tid, list[i], s->scratch->argv + size, BK_ARGV_MAX - size);
			if (n == -ENAMETOOLONG) {
				out->cut = true;
				break;
			}
			if (n < 0)
				return (int)n;
			size += (uint32_t)n + 1;
			count++;
		}
		pointers += (uint64_t)got & ~7ULL;
	}
	out->size = size;
	out->count = count;
	return 0;
}

/* One line of /proc/PID/maps (proc(5)): start-end perms offset major:minor inode   path */
static void parse_line(const char *at, struct bk_mapping *m, char *name)
{
	uint64_t major, minor;
	uint32_t n = 0;

	m->start = bk_parse_hex(at, &at);
	at++;
	m->end = bk_parse_hex(at, &at);
	at += 6;			/* " rwxp " */
	bk_parse_hex(at, &at);
	at++;
	major = bk_parse_hex(at, &at);
	at++;
	minor = bk_parse_hex(at, &at);
	at++;
	m->inode = bk_parse_number(at, &at);
	m->device = (uint32_t)((minor & 0xff) | (major << 8) | ((minor & ~0xffULL) << 12));	/* new_encode_dev() */
	while (*at == ' ')
		at++;
	while (m->inode && at[n] && at[n] != '\n' && n < BK_PATH_MAX) {
		name[n] = at[n];
		n++;
	}
	name[n] = '\0';
	m->path = (struct bk_text){ name, n };
}

/* The line that covers `address` or is the next above it. */
static int from_text(struct bk_shim *s, int fd, uint64_t address, struct bk_mapping *m)
{
	char *text = (char *)s->scratch->block;
	size_t have = 0;

	for (;;) {
		long n = sys_read(fd, text + have, sizeof s->scratch->block - 1 - have);
		char *line = text, *end;

		if (n <= 0)
			return n < 0 ? (int)n : -ENOENT;
		have += (size_t)n;
		text[have] = '\0';
		for (;;) {
			for (end = line; *end && *end != '\n'; end++)
				;
			if (!*end)
				break;
			parse_line(line, m, s->scratch->name);
			if (address < m->end)
				return 0;
			line = end + 1;
		}
		have = (size_t)(text + have - line);
		for (size_t i = 0; i < have; i++)
			text[i] = line[i];
		if (have == sizeof s->scratch->block - 1)
			return -EIO;
	}
}

static int from_query(struct bk_shim *s, int fd, uint64_t address, struct bk_mapping *m)
{
	struct bk_procmap_query q = {
		.size = sizeof q, .query_flags = BK_PROCMAP_COVERING_OR_NEXT, .query_addr = address,
		.vma_name_size = BK_PATH_MAX, .vma_name_addr = (uintptr_t)s->scratch->name,
	};
	long r = sys_ioctl(fd, BK_PROCMAP_QUERY, &q);

	if (r < 0)
		return (int)r;
	*m = (struct bk_mapping){ .start = q.vma_start, .end = q.vma_end, .inode = q.inode };
	m->device = (q.dev_minor & 0xff) | (q.dev_major << 8) | ((q.dev_minor & ~0xffu) << 12);
	if (q.inode && q.vma_name_size)
		m->path = (struct bk_text){ s->scratch->name, q.vma_name_size - 1 };
	return 0;
}

int bk_mapping_at(struct bk_shim *s, int tid, uint64_t address, struct bk_mapping *m)
{
	char path[64];
	int fd = (int)sys_open(bk_proc(path, tid, "/maps"), O_RDONLY | O_CLOEXEC), r;

	if (fd < 0)
		return fd;
	r = from_query(s, fd, address, m);
	if (r == -ENOTTY)
		r = from_text(s, fd, address, m);
	sys_close(fd);
	return r;
}
