/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/process.h"

#include <linux/auxvec.h>

struct entry {				/* linux_dirent64, getdents64(2) */
	uint64_t inode;
	int64_t  next;
	uint16_t size;
	uint8_t  kind;
	char     name[];
};

static long read_file(int pid, const char *name, void *out, size_t cap)
{
	char path[64];
	int fd = (int)sys_open(bk_proc(path, pid, name), O_RDONLY | O_CLOEXEC);
	long n = fd < 0 ? fd : sys_read(fd, out, cap);

	if (fd >= 0)
		sys_close(fd);
	return n;
}

/* --- /proc/PID/stat (proc_pid_stat(5)) --------------------------------------------------------------------------------------- */

enum { STATE = 3, PARENT = 4, STARTED = 22, SIZE = 23, CODE = 26, ARGUMENTS = 48, ENVIRONMENT_END = 51, FIELDS = 52 };

/* The fields behind the name, which may hold anything, a closing bracket too: the last one ends it. */
static void parse_stat(const char *text, long n, uint64_t field[FIELDS], char *state)
{
	const char *at = text + n;
	unsigned i = STATE;

	while (at > text && *at != ')')
		at--;
	for (at += *at == ')'; *at == ' ' && i < FIELDS; i++) {
		at++;
		if (i == STATE)
			*state = *at++;
		else
			field[i] = bk_parse_number(at + (*at == '-'), &at);
		while (*at >= '0' && *at <= '9')
			at++;		/* "no limit" is more than a number here holds */
	}
}

static uint64_t mix(uint64_t h, uint64_t value)
{
	h = (h ^ value) * 0x9e3779b97f4a7c15ULL;
	return h ^ h >> 29;
}

static long executable(int pid, struct stat *st)
{
	char path[64];

	*st = (struct stat){ 0 };
	return sys_stat(bk_proc(path, pid, "/exe"), st);
}

/*
 * An exec may be under way.  The kernel gives the process its new memory, with the new executable, and then sets these in the order arguments,
 * environment, code (fs/binfmt_elf.c, load_elf_binary): where the executable is the same before and behind, and the code is there, all are of one image.
 */
static void identify(struct bk_process *p, const uint64_t field[FIELDS], const struct stat *before, long r)
{
	struct stat st;

	p->ready = executable(p->pid, &st) == r && st.st_ino == before->st_ino && st.st_dev == before->st_dev;
	p->gone |= r == -ENOENT;	/* no memory of its own any more, or never had any */
	p->image = mix(mix(1, (uint64_t)p->pid), p->started);
	if (r == 0) {
		p->ready = p->ready && field[CODE] && field[ENVIRONMENT_END];
		p->inode = st.st_ino;
		p->device = (uint32_t)st.st_dev;
		p->image = mix(mix(mix(mix(2, field[ARGUMENTS]), field[CODE]), st.st_ino), st.st_dev);
	}
	p->image |= 1;
}

int bk_process_read(int pid, struct bk_process *p)
{
	uint64_t field[FIELDS] = { 0 };
	char text[1024], state = '?';
	struct stat before;
	long r = executable(pid, &before), n = read_file(pid, "/stat", text, sizeof text - 1);

	if (n <= 0)
		return n < 0 ? (int)n : -ESRCH;
	text[n] = '\0';
	parse_stat(text, n, field, &state);
	*p = (struct bk_process){
		.pid = pid, .parent = (int)field[PARENT], .started = field[STARTED], .pages = (uint32_t)(field[SIZE] / BK_PAGE),
		.gone = state == 'Z' || state == 'X',
	};
	if (!p->gone)
		identify(p, field, &before, r);
	return 0;
}

uint32_t bk_process_user(int pid)
{
	static const char key[] = "\nUid:\t";
	char text[1024];
	const char *end;
	long n = read_file(pid, "/status", text, sizeof text - 1);

	for (long i = 0; i + (long)sizeof key < n; i++) {
		unsigned k = 0;

		while (k < sizeof key - 1 && text[i + k] == key[k])
			k++;
		text[n] = '\0';
		if (k == sizeof key - 1)
			return (uint32_t)bk_parse_number(text + i + k, &end);
	}
	return UINT32_MAX;
}

/* --- all of them ---------------------------------------------------------------------------------------------------------------- */

unsigned bk_process_list(int *pids, unsigned cap)
{
	char bytes[2048] __attribute__((aligned(8)));
	int fd = (int)sys_open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	unsigned count = 0;
	long n;

	while (fd >= 0 && (n = sys_getdents(fd, bytes, sizeof bytes)) > 0)
		for (long at = 0; at < n; ) {
			const struct entry *e = (const void *)(bytes + at);
			const char *end;
			uint64_t pid = bk_parse_number(e->name, &end);

			if (pid && !*end && count < cap)
				pids[count++] = (int)pid;
			at += e->size;
		}
	if (fd >= 0)
		sys_close(fd);
	return count;
}

/* --- one of them ------------------------------------------------------------------------------------------------------------------ */

static uint64_t read_auxv(struct bk_shim *s, int pid, uint64_t type)
{
	uint64_t *auxv = s->scratch->pointers;
	long n = read_file(pid, "/auxv", auxv, sizeof s->scratch->pointers);

	for (long i = 0; i + 1 < n / 8 && auxv[i]; i += 2)
		if (auxv[i] == type)
			return auxv[i + 1];
	return 0;
}

uint64_t bk_process_loader(struct bk_shim *s, int pid)
{
	return read_auxv(s, pid, AT_BASE);
}

static void read_called(struct bk_shim *s, int pid, struct bk_fresh *out)
{
	long n;

	s->scratch->window.size = 0;
	n = bk_memory_string(s, pid, read_auxv(s, pid, AT_EXECFN), s->scratch->called, sizeof s->scratch->called);
	if (n > 0)
		out->called = (struct bk_text){ s->scratch->called, (uint32_t)n };
}

int bk_process_arguments(struct bk_shim *s, int pid, struct bk_fresh *out)
{
	char path[64], *text = s->scratch->argv;
	int fd = (int)sys_open(bk_proc(path, pid, "/cmdline"), O_RDONLY | O_CLOEXEC);
	uint32_t size = 0;
	long n = fd;

	*out = (struct bk_fresh){ 0 };
	while (fd >= 0 && size < BK_ARGV_MAX && (n = sys_read(fd, text + size, BK_ARGV_MAX - size)) > 0)
		size += (uint32_t)n;
	if (fd >= 0)
		sys_close(fd);
	if (n < 0)
		return (int)n;
	out->argv = (struct bk_args){ text, size, 0, size == BK_ARGV_MAX };
	for (uint32_t i = 0; i < size; i++)
		out->argv.count += !text[i];
	read_called(s, pid, out);
	return 0;
}

#define MAPS_SIZE 16384u		/* of text that is read at once; a line is much shorter */

/* --- /proc/PID/maps ---------------------------------------------------------------------------------------------------------------- */

int bk_maps_open(struct bk_shim *s, int pid, struct bk_maps *maps)
{
	char path[64];

	*maps = (struct bk_maps){ .shim = s, .fd = (int)sys_open(bk_proc(path, pid, "/maps"), O_RDONLY | O_CLOEXEC) };
	return maps->fd < 0 ? maps->fd : 0;
}

void bk_maps_close(struct bk_maps *maps)
{
	sys_close(maps->fd);
}

/* The next whole line, NUL-terminated, in scratch->stack (files are hashed through scratch->block); NULL at the end. */
static char *next_line(struct bk_maps *maps)
{
	char *text = maps->shim->scratch->stack;

	for (;;) {
		for (uint32_t i = maps->used; i < maps->size; i++)
			if (text[i] == '\n') {
				char *line = text + maps->used;

				text[i] = '\0';
				maps->used = i + 1;
				return line;
			}
		for (uint32_t i = maps->used; i < maps->size; i++)
			text[i - maps->used] = text[i];
		maps->size -= maps->used;
		maps->used = 0;
		long n = sys_read(maps->fd, text + maps->size, MAPS_SIZE - maps->size);

		if (n <= 0)
			return NULL;
		maps->size += (uint32_t)n;
	}
}

/* "START-END PERMISSIONS OFFSET MAJOR:MINOR INODE   PATH"; false where it is no file. */
static bool parse_line(const char *at, struct bk_mapping *m)
{
	uint64_t major, minor;
	const char *end;

	m->start = bk_parse_hex(at, &at);
	at += *at == '-';
	m->end = bk_parse_hex(at, &at);
	if (at[0] != ' ' || !at[1] || !at[2] || !at[3] || !at[4])
		return false;
	m->executable = at[3] == 'x';
	at += 6;
	bk_parse_hex(at, &at);
	at += *at == ' ';
	major = bk_parse_hex(at, &at);
	at += *at == ':';
	minor = bk_parse_hex(at, &at);
	at += *at == ' ';
	m->inode = bk_parse_number(at, &end);
	m->device = (uint32_t)((minor & 0xff) | major << 8 | (minor & ~0xffULL) << 12);	/* new_encode_dev(), linux/kdev_t.h */
	while (*end == ' ')
		end++;
	m->path = bk_text_of(end);
	return m->inode && *end == '/';
}

bool bk_maps_next(struct bk_maps *maps, struct bk_mapping *m)
{
	char *line;

	while ((line = next_line(maps)))
		if (parse_line(line, m))
			return true;
	return false;
}

/* --- what the gate has loaded ----------------------------------------------------------------------------------------------------------- */

/* The environment's second entry is "BUCKLER_GATE=shim:ground:ring:what:called" (gate/exec.c, shim/gate.c). */
static struct bk_text name_in_environment(struct bk_shim *s, int pid)
{
	char *text = (char *)s->scratch->block, *at = text;
	long n = read_file(pid, "/environ", text, BK_PATH_MAX + 1024);
	unsigned colons = 0;

	text[n > 0 ? n : 0] = '\0';
	while (*at)
		at++;
	if (n <= 0 || at + 1 >= text + n || !bk_text_starts(bk_text_of(at + 1), BK_TEXT(BK_GATE_VARIABLE "=")))
		return (struct bk_text){ NULL, 0 };
	for (at++; *at && colons < 4; at++)
		colons += *at == ':';
	bk_put(s->scratch->called, s->scratch->called + sizeof s->scratch->called, at);
	return bk_text_of(s->scratch->called);
}

bool bk_process_program(struct bk_shim *s, int pid, struct bk_mapping *m, struct bk_text *called)
{
	struct bk_maps maps;
	bool found = false;

	*called = name_in_environment(s, pid);
	if (bk_maps_open(s, pid, &maps) < 0)
		return false;
	while (!found && bk_maps_next(&maps, m))
		found = m->executable && !bk_gate_is_file(s, m->inode, m->device);
	bk_maps_close(&maps);
	return found;
}
