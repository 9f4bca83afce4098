/* SPDX-License-Identifier: Apache-2.0 */
/* Machine code that is in no listed file: foreign libraries, written memory made executable, patched code. */
#include "attack.h"

#include <dlfcn.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/syscall.h>

#define GOOD_LIBRARY "../lib/good.so"
#define EVIL_LIBRARY "../lib/evil.so"

/* int shell(void) { return 66; } */
#ifdef __x86_64__
static const uint8_t shellcode[] = { 0xb8, 66, 0, 0, 0, 0xc3 };
#else
static const uint32_t shellcode[] = { 0x52800840, 0xd65f03c0 };
#endif
#define SIZE 65536u

static bool call(void *at)
{
	int (*f)(void);

	memcpy(&f, &at, sizeof f);
	return f() == EVIL;
}

static void *put(void *at)
{
	memcpy(at, shellcode, sizeof shellcode);
	__builtin___clear_cache((char *)at, (char *)at + SIZE);
	return at;
}

static void *map(int prot, int flags, int fd)
{
	void *at = mmap(NULL, SIZE, prot, flags, fd, 0);

	return at == MAP_FAILED ? NULL : at;
}

/* --- libraries --- */

static bool asks(void *library, int wanted)
{
	int (*f)(void) = NULL;
	void *at = library ? dlsym(library, "answer") : NULL;

	memcpy(&f, &at, sizeof f);
	if (!f)
		fprintf(stderr, "%s\n", dlerror());
	return f && f() == wanted;
}

static bool dlopen_other(void) { return asks(dlopen(EVIL_LIBRARY, RTLD_NOW), EVIL); }
static bool dlopen_twin(void) { return asks(dlopen(GOOD_LIBRARY, RTLD_NOW), GOOD); }
static bool dlmopen_other(void) { return asks(dlmopen(LM_ID_NEWLM, EVIL_LIBRARY, RTLD_NOW), EVIL); }
static bool dlmopen_twin(void) { return asks(dlmopen(LM_ID_NEWLM, GOOD_LIBRARY, RTLD_NOW), GOOD); }

static bool dlopen_dropped(void)
{
	return copy(EVIL_LIBRARY, "good.so", 0644) && asks(dlopen("./good.so", RTLD_NOW), EVIL);
}

static bool dlopen_memfd(void)
{
	int fd = memfd_create("good.so", 0);
	char link[64];

	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	return fd >= 0 && copy_to(EVIL_LIBRARY, fd) && asks(dlopen(link, RTLD_NOW), EVIL);
}

/* --- a file mapped by hand --- */

static int code_file(void)
{
	int fd = open("code", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	return fd >= 0 && write(fd, shellcode, sizeof shellcode) > 0 && ftruncate(fd, SIZE) == 0 ? fd : -1;
}

static bool map_file(void)
{
	void *at = map(PROT_READ | PROT_EXEC, MAP_PRIVATE, code_file());

	return at && call(at);
}

static bool map_file_twin(void)
{
	uint8_t *at = map(PROT_READ, MAP_PRIVATE, code_file());

	return at && memcmp(at, shellcode, sizeof shellcode) == 0;
}

static bool protect_file(void)
{
	void *at = map(PROT_READ, MAP_PRIVATE, code_file());

	return at && mprotect(at, SIZE, PROT_READ | PROT_EXEC) == 0 && call(at);
}

static bool protect_file_twin(void)
{
	void *at = map(PROT_READ, MAP_PRIVATE, code_file());

	return at && mprotect(at, SIZE, PROT_READ | PROT_WRITE) == 0 && put(at);
}

/* --- anonymous --- */

static bool write_then_execute(void)
{
	void *at = map(PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	return at && mprotect(put(at), SIZE, PROT_READ | PROT_EXEC) == 0 && call(at);
}

static bool memory_twin(void)
{
	void *at = map(PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	return at && mprotect(put(at), SIZE, PROT_READ) == 0 && mprotect(at, SIZE, PROT_READ | PROT_WRITE) == 0 && munmap(at, SIZE) == 0;
}

static bool pkey(void)
{
	void *at = map(PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	return at && syscall(SYS_pkey_mprotect, put(at), SIZE, PROT_READ | PROT_EXEC, -1) == 0 && call(at);
}

static bool write_execute(void)
{
	void *at = map(PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	return at && call(put(at));
}

static bool stack(void)
{
	uint8_t page[2 * SIZE];
	uint8_t *at = (uint8_t *)(((uintptr_t)page + SIZE - 1) & ~(uintptr_t)(SIZE - 1));

	return mprotect(put(at), SIZE, PROT_READ | PROT_WRITE | PROT_EXEC) == 0 && call(at);
}

static bool two_views(void)
{
	int fd = memfd_create("data", 0);

	if (fd < 0 || ftruncate(fd, SIZE) < 0)
		return false;
	void *view = map(PROT_READ | PROT_WRITE, MAP_SHARED, fd), *code = map(PROT_READ | PROT_EXEC, MAP_SHARED, fd);

	return view && code && put(view) && call(code);
}

static bool two_views_twin(void)
{
	int fd = memfd_create("data", 0);

	if (fd < 0 || ftruncate(fd, SIZE) < 0)
		return false;
	uint8_t *view = map(PROT_READ | PROT_WRITE, MAP_SHARED, fd), *other = map(PROT_READ, MAP_SHARED, fd);

	return view && other && put(view) && memcmp(other, shellcode, sizeof shellcode) == 0;
}

static bool segment(int flags, bool execute)
{
	int id = shmget(IPC_PRIVATE, SIZE, IPC_CREAT | 0700);
	void *at = shmat(id, NULL, 0), *code = shmat(id, NULL, flags);

	shmctl(id, IPC_RMID, NULL);
	return at != (void *)-1 && code != (void *)-1 && put(at) && (!execute || call(code));
}

static bool shared_segment(void) { return segment(SHM_EXEC, true); }
static bool shared_segment_twin(void) { return segment(SHM_RDONLY, false); }

static bool implied(void)
{
	if (personality(READ_IMPLIES_EXEC) < 0)
		return false;
	void *at = map(PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	return at && call(put(at));
}

static bool implied_twin(void)
{
	return personality(0xffffffff) >= 0 && memory_twin();
}

/* --- patching --- */

/* On a page of its own, so that its protection can be changed while other code runs. */
static int victim(void);
__attribute__((noinline, noclone, aligned(4096), section(".victim"))) static int victim(void)
{
	__asm__ volatile("" : : : "memory");
	return GOOD;
}
static int (*volatile call_victim)(void) = victim;

/* /proc/self/mem writes where the page is not writable. */
static bool own_memory(void)
{
	int fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	int (*f)(void) = call_victim;

	return fd >= 0 && pwrite(fd, shellcode, sizeof shellcode, (off_t)(uintptr_t)f) == (ssize_t)sizeof shellcode && f() == EVIL;
}

static bool own_memory_twin(void)
{
	int (*f)(void) = call_victim;
	uint8_t first = 0;
	int fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);

	return fd >= 0 && pread(fd, &first, 1, (off_t)(uintptr_t)f) == 1 && f() == GOOD;
}

static bool patch(void)
{
	int (*f)(void) = call_victim;
	uint8_t *page = (uint8_t *)(uintptr_t)f;

	if (mprotect(page, 4096, PROT_READ | PROT_WRITE) < 0)
		return false;
	memcpy((void *)(uintptr_t)f, shellcode, sizeof shellcode);
	return mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0 && f() == EVIL;
}

static bool patch_twin(void)
{
	return call_victim() == GOOD && memory_twin();
}

static int listed_file(void)
{
	return open(GOOD_LIBRARY, O_RDONLY | O_CLOEXEC);
}

/* The file is listed, what was written over its copy in memory is not in it. */
static bool patch_library(void)
{
	void *at = map(PROT_READ | PROT_WRITE, MAP_PRIVATE, listed_file());

	return at && put(at) && mprotect(at, 4096, PROT_READ | PROT_EXEC) == 0 && call(at);
}

static bool write_execute_library(void)
{
	void *at = map(PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE, listed_file());

	return at && call(put(at));
}

static bool library_twin(void)
{
	void *at = map(PROT_READ | PROT_WRITE, MAP_PRIVATE, listed_file());

	return at && put(at) && map(PROT_READ | PROT_EXEC, MAP_PRIVATE, listed_file());
}

static const struct way ways[] = {
	{ "dlopen", dlopen_other, dlopen_twin },
	{ "dlopen-dropped", dlopen_dropped, dlopen_twin },
	{ "dlopen-memfd", dlopen_memfd, dlopen_twin },
	{ "dlmopen", dlmopen_other, dlmopen_twin },
	{ "map-file", map_file, map_file_twin },
	{ "protect-file", protect_file, protect_file_twin },
	{ "write-then-execute", write_then_execute, memory_twin },
	{ "pkey", pkey, memory_twin },
	{ "write-execute", write_execute, memory_twin },
	{ "stack", stack, memory_twin },
	{ "two-views", two_views, two_views_twin },
	{ "shared-segment", shared_segment, shared_segment_twin },
	{ "read-implies-exec", implied, implied_twin },
	{ "own-memory", own_memory, own_memory_twin },
	{ "patch", patch, patch_twin },
	{ "patch-library", patch_library, library_twin },
	{ "write-execute-library", write_execute_library, library_twin },
};

ATTACK_MAIN(ways)
