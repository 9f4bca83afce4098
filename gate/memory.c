/* SPDX-License-Identifier: Apache-2.0 */
/* The caller's memory without faulting, and memory of the gate's own. */
#include "gate/gate.h"

bool bk_readable(const void *at)
{
	/* The kernel copies eight bytes before it looks at `how`: EINVAL says that they were there. */
	return BK_CALL(__NR_rt_sigprocmask, 99, (uintptr_t)at & ~(uintptr_t)7, 0, 8, 0, 0) == -EINVAL;
}

static bool new_page(const void *at)
{
	return ((uintptr_t)at & (BK_PAGE - 1)) == 0;
}

long bk_user_string_near(const char *from, char *to, size_t cap, uintptr_t *page)
{
	for (size_t n = 0; n < cap; n++) {
		if (!*page || ((uintptr_t)(from + n) ^ *page) >= BK_PAGE) {
			if (!bk_readable(from + n))
				return -EFAULT;
			*page = (uintptr_t)(from + n) & ~(uintptr_t)(BK_PAGE - 1);
		}
		to[n] = ((const volatile char *)from)[n];
		if (!to[n])
			return (long)n;
	}
	return -ENAMETOOLONG;
}

long bk_user_string(const char *from, char *to, size_t cap)
{
	uintptr_t page = 0;

	return bk_user_string_near(from, to, cap, &page);
}

long bk_user_copy(const void *from, void *to, size_t size)
{
	const volatile char *f = from;
	char *t = to;

	for (size_t n = 0; n < size; n++) {
		if ((!n || new_page((const char *)from + n)) && !bk_readable((const char *)from + n))
			return -EFAULT;
		t[n] = f[n];
	}
	return 0;
}

/* --- mappings --------------------------------------------------------------------------------------------------------------- */

static int from_query(int fd, uintptr_t address, struct bk_mapping *m, char *name, size_t cap)
{
	struct bk_procmap_query q = {
		.size = sizeof q, .query_flags = BK_PROCMAP_COVERING_OR_NEXT, .query_addr = address,
		.vma_name_size = (uint32_t)cap, .vma_name_addr = (uintptr_t)name,
	};
	long r = sys_ioctl(fd, BK_PROCMAP_QUERY, &q);

	if (r < 0)
		return (int)r;
	*m = (struct bk_mapping){
		.start = q.vma_start, .end = q.vma_end, .inode = q.inode, .writable = q.vma_flags & 2, .shared = q.vma_flags & 8,
		.path = q.vma_name_size ? q.vma_name_size - 1 : 0,
	};
	return 0;
}

struct lines {
	int fd;
	unsigned used, have;
	char bytes[512];
};

static int next_byte(struct lines *l)
{
	if (l->used == l->have) {
		long n = sys_read(l->fd, l->bytes, sizeof l->bytes);

		if (n <= 0)
			return -1;
		l->have = (unsigned)n;
		l->used = 0;
	}
	return (unsigned char)l->bytes[l->used++];
}

static uint64_t number(struct lines *l, unsigned base)
{
	uint64_t n = 0;
	int c;

	while ((c = next_byte(l)) > ' ' && c != '-' && c != ':')
		n = n * base + (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
	return n;
}

/* start-end perms offset major:minor inode    name */
static bool read_line(struct lines *l, struct bk_mapping *m, char *name, size_t cap)
{
	int c;

	*m = (struct bk_mapping){ 0 };
	m->start = number(l, 16);
	m->end = number(l, 16);
	next_byte(l);
	m->writable = next_byte(l) == 'w';
	next_byte(l);
	m->shared = next_byte(l) == 's';
	next_byte(l);
	number(l, 16);
	number(l, 16);
	number(l, 16);
	m->inode = number(l, 10);
	do
		c = next_byte(l);
	while (c == ' ');
	for (; c > '\n' && m->path + 1 < cap; c = next_byte(l))
		name[m->path++] = (char)c;
	name[m->path] = '\0';
	while (c > '\n')
		c = next_byte(l);
	return c == '\n' && m->end;
}

static int from_text(int fd, uintptr_t address, struct bk_mapping *m, char *name, size_t cap)
{
	struct lines l = { .fd = fd };

	while (read_line(&l, m, name, cap))
		if (m->end > address)
			return 0;
	return -ENOENT;
}

int bk_mapping_find(uintptr_t address, struct bk_mapping *m, char *name, size_t cap)
{
	int fd = (int)sys_open("/proc/thread-self/maps", O_RDONLY | O_CLOEXEC), r;

	if (fd < 0)
		return fd;
	name[0] = '\0';
	r = from_query(fd, address, m, name, cap);
	if (r == -ENOTTY || r == -EINVAL)
		r = from_text(fd, address, m, name, cap);
	sys_close(fd);
	return r;
}

/* --- memory for one call ---------------------------------------------------------------------------------------------------------- */

#define LEFT 16u

/*
 * What is in use: `key` is the task in its upper half and a number that no other use has in its lower, 0: free.  A use ends for whoever
 * takes the key away, so that nobody gives back what another has given back and the kernel has handed out again.  Not sealed: who could
 * write here could write anywhere.
 */
static struct { uint64_t key; struct bk_work *work; size_t size; } used[LEFT];
static uint32_t uses;

static bool take_away(unsigned i, uint64_t key)
{
	return __atomic_compare_exchange_n(&used[i].key, &key, 0, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

/* True where the task cannot see it any more: a child of vfork that has executed another image, or a thread that is gone. */
static bool left_behind(uint64_t key, const struct bk_work *work)
{
	uint64_t seen = 0;
	struct iovec local = { &seen, sizeof seen }, remote = { (void *)&work->key, sizeof seen };
	long r = sys_process_read((int)(key >> 32), &local, &remote, 1);

	return r == -ESRCH || r == -EFAULT || (r == sizeof seen && seen != key);
}

static void collect(void)
{
	for (unsigned i = 0; i < LEFT; i++) {
		uint64_t key = __atomic_load_n(&used[i].key, __ATOMIC_ACQUIRE);
		struct bk_work *work = used[i].work;
		size_t size = used[i].size;

		/* A key that is taken away now was that of this memory all the time. */
		if (key > UINT32_MAX && left_behind(key, work) && take_away(i, key))
			sys_munmap((uintptr_t)work, size);
	}
}

/* Notes it under a key of its own; without room it is only not given back where its task leaves it behind. */
static void note_use(struct bk_work *work)
{
	uint64_t task = (uint64_t)BK_CALL(__NR_gettid, 0, 0, 0, 0, 0, 0) << 32;

	work->key = task | __atomic_add_fetch(&uses, 1, __ATOMIC_RELAXED);
	for (unsigned i = 0; i < LEFT; i++) {
		uint64_t free = 0;

		/* 1: taken, by nobody yet */
		if (!__atomic_compare_exchange_n(&used[i].key, &free, 1, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
			continue;
		used[i].work = work;
		used[i].size = work->size;
		work->slot = i;
		__atomic_store_n(&used[i].key, work->key, __ATOMIC_RELEASE);
		return;
	}
	work->slot = LEFT;
}

struct bk_work *bk_gate_work(size_t rest)
{
	size_t size = (sizeof(struct bk_work) + rest + BK_PAGE - 1) & ~(size_t)(BK_PAGE - 1);
	struct bk_work *work = sys_mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);

	if ((uintptr_t)work > -4096UL)
		return NULL;
	work->size = size;
	work->slot = LEFT;
	if (rest && bk_gate.closed) {	/* an exec: only that can leave it behind */
		collect();
		note_use(work);
	}
	return work;
}

void bk_gate_work_end(struct bk_work *work)
{
	if (work->slot == LEFT || take_away(work->slot, work->key))
		sys_munmap((uintptr_t)work, work->size);
}
