/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that no rule lists, under names and by ways that hide what they are. */
#include "attack.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

static bool runs(int status, int wanted)
{
	return status == wanted;
}

static bool other(void)
{
	return runs(start(EVIL_IMAGE), EVIL);
}

static bool other_twin(void)
{
	return runs(start(GOOD_IMAGE), GOOD);
}

/* --- by descriptor --- */

static int start_fd(int fd)
{
	pid_t pid = fork();

	if (pid == 0) {
		char *argv[] = { (char *)"good", NULL }, *envp[] = { NULL };

		syscall(SYS_execveat, fd, "", argv, envp, AT_EMPTY_PATH);
		_exit(REFUSED);
	}
	return outcome(pid);
}

static int start_proc_fd(int fd)
{
	char link[64];

	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	return start(link);
}

static int start_fexecve(int fd)
{
	pid_t pid = fork();

	if (pid == 0) {
		char *argv[] = { (char *)"good", NULL }, *envp[] = { NULL };

		fexecve(fd, argv, envp);
		_exit(REFUSED);
	}
	return outcome(pid);
}

static bool opened(const char *path, int (*how)(int), int wanted)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool did = fd >= 0 && runs(how(fd), wanted);

	close(fd);
	return did;
}

static bool execveat_fd(void) { return opened(EVIL_IMAGE, start_fd, EVIL); }
static bool execveat_fd_twin(void) { return opened(GOOD_IMAGE, start_fd, GOOD); }
static bool proc_fd(void) { return opened(EVIL_IMAGE, start_proc_fd, EVIL); }
static bool proc_fd_twin(void) { return opened(GOOD_IMAGE, start_proc_fd, GOOD); }
static bool fexecve_fd(void) { return opened(EVIL_IMAGE, start_fexecve, EVIL); }
static bool fexecve_fd_twin(void) { return opened(GOOD_IMAGE, start_fexecve, GOOD); }

/* --- without a name --- */

static int memory_file(const char *from)
{
	int fd = memfd_create("good", MFD_CLOEXEC);

	return fd >= 0 && copy_to(from, fd) ? fd : -1;
}

/* A memory file that holds data is no program. */
static bool memory_twin(void)
{
	int fd = memory_file(GOOD_IMAGE);
	char first[4];

	return fd >= 0 && pread(fd, first, 4, 0) == 4 && memcmp(first, "\177ELF", 4) == 0 && other_twin();
}

static bool memfd_proc(void) { return runs(start_proc_fd(memory_file(GOOD_IMAGE)), GOOD); }
static bool memfd_at(void) { return runs(start_fd(memory_file(GOOD_IMAGE)), GOOD); }
static bool memfd_fexecve(void) { return runs(start_fexecve(memory_file(GOOD_IMAGE)), GOOD); }

static int deleted_file(void)
{
	int fd = copy(GOOD_IMAGE, "gone", 0755) ? open("gone", O_RDONLY | O_CLOEXEC) : -1;

	unlink("gone");
	return fd;
}

static bool deleted(void)
{
	return runs(start_proc_fd(deleted_file()), GOOD);
}

static bool deleted_twin(void)
{
	int fd = deleted_file();
	char first[4];

	return fd >= 0 && pread(fd, first, 4, 0) == 4 && other_twin();
}

/* --- other names for one file --- */

static bool symbolic(const char *image, int wanted)
{
	return symlink(image, "link") == 0 && runs(start("./link"), wanted);
}

static bool hard(const char *image, int wanted)
{
	return copy(image, "own", 0755) && link("own", "other") == 0 && runs(start("./other"), wanted);
}

/* The folder's canonical name with something in front or in the middle. */
static bool spelled(const char *format, const char *image, int wanted)
{
	char folder[2048], path[4096];

	if (chdir("../bin") < 0 || !getcwd(folder, sizeof folder))
		return false;
	snprintf(path, sizeof path, format, folder, image);
	return runs(start(path), wanted);
}

static bool alias_symlink(void) { return symbolic(EVIL_IMAGE, EVIL); }
static bool alias_symlink_twin(void) { return symbolic(GOOD_IMAGE, GOOD); }
static bool alias_hard(void) { return hard(EVIL_IMAGE, EVIL); }
static bool alias_root(void) { return spelled("/proc/self/root%s/%s", "evil", EVIL); }
static bool alias_root_twin(void) { return spelled("/proc/self/root%s/%s", "good", GOOD); }
static bool alias_dots(void) { return spelled("%s/../bin/./%s", "evil", EVIL); }
static bool alias_dots_twin(void) { return spelled("%s/../bin/./%s", "good", GOOD); }
static bool alias_slashes(void) { return spelled("//%s//%s", "evil", EVIL); }
static bool alias_slashes_twin(void) { return spelled("//%s//%s", "good", GOOD); }

/* --- lies about the name --- */

static bool named(const char *image, int wanted)
{
	pid_t pid = fork();

	if (pid == 0) {
		char *argv[] = { (char *)"/usr/bin/true", NULL }, *envp[] = { NULL };

		prctl(PR_SET_NAME, "good");
		execve(image, argv, envp);
		_exit(REFUSED);
	}
	return runs(outcome(pid), wanted);
}

static bool lie(void) { return named(EVIL_IMAGE, EVIL); }
static bool lie_twin(void) { return named(GOOD_IMAGE, GOOD); }

static bool renamed_copy(void)
{
	return copy(EVIL_IMAGE, "good", 0755) && runs(start("./good"), EVIL);
}

/* --- drop and run --- */

static bool dropped(const char *folder, const char *image, int wanted)
{
	char path[256];
	bool did;

	snprintf(path, sizeof path, "%s/buckler-test-%d", folder, (int)getpid());
	did = copy(image, path, 0755) && (!wanted || runs(start(path), wanted));
	unlink(path);
	return did;
}

static bool drop_tmp(void) { return dropped("/tmp", EVIL_IMAGE, EVIL); }
static bool drop_tmp_twin(void) { return dropped("/tmp", GOOD_IMAGE, 0) && other_twin(); }
static bool drop_var_tmp(void) { return dropped("/var/tmp", EVIL_IMAGE, EVIL); }
static bool drop_var_tmp_twin(void) { return dropped("/var/tmp", GOOD_IMAGE, 0) && other_twin(); }
static bool drop_shm(void) { return dropped("/dev/shm", EVIL_IMAGE, EVIL); }
static bool drop_shm_twin(void) { return dropped("/dev/shm", GOOD_IMAGE, 0) && other_twin(); }

/* A listed program in a place that the function can write: its rule has the hash of GOOD_IMAGE. */
static bool changed(void)
{
	return copy(GOOD_IMAGE, "tool", 0755) && start("./tool") == GOOD && copy(EVIL_IMAGE, "tool", 0755) && runs(start("./tool"), EVIL);
}

/* The same without a new file: the same inode, other bytes. */
static bool changed_in_place(void)
{
	if (!copy(GOOD_IMAGE, "tool", 0755) || start("./tool") != GOOD)
		return false;
	int fd = open("tool", O_WRONLY | O_TRUNC);
	bool wrote = fd >= 0 && copy_to(EVIL_IMAGE, fd);

	close(fd);
	return wrote && runs(start("./tool"), EVIL);
}

/* The bytes of one file through a mapping of another, whose pages are read first: on tmpfs that changes no time of it. */
static bool write_mapped(const char *from, const char *to)
{
	int source = open(from, O_RDONLY | O_CLOEXEC), target = open(to, O_RDWR | O_CLOEXEC);
	long size = lseek(target, 0, SEEK_END), seen = 0;
	char *at = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, target, 0);
	bool did;

	for (long i = 0; at != MAP_FAILED && i < size; i += 4096)
		seen += ((volatile char *)at)[i] != 0;
	did = seen && pread(source, at, (size_t)size, 0) == lseek(source, 0, SEEK_END);
	munmap(at, (size_t)size);
	close(source);
	close(target);
	return did;
}

static bool mapped_in_memory(const char *image, int wanted)
{
	char path[64];
	bool did;

	snprintf(path, sizeof path, "/dev/shm/buckler-mapped-%d", (int)getpid());
	did = copy(GOOD_IMAGE, path, 0755);
	usleep(100000);			/* older than what the shim takes for just written */
	did = did && start(path) == GOOD && write_mapped(image, path) && runs(start(path), wanted);
	unlink(path);
	return did;
}

static bool changed_mapped(void) { return mapped_in_memory(EVIL_IMAGE, EVIL); }
static bool changed_mapped_twin(void) { return mapped_in_memory(GOOD_IMAGE, GOOD); }

static bool changed_twin(void)
{
	return copy(GOOD_IMAGE, "tool", 0755) && start("./tool") == GOOD && copy(GOOD_IMAGE, "tool", 0755) && runs(start("./tool"), GOOD);
}

/* --- what runs something else: loader, interpreter --- */

static int start_argv(char *const argv[])
{
	pid_t pid = fork();

	if (pid == 0) {
		char *envp[] = { NULL };

		execve(argv[0], argv, envp);
		_exit(REFUSED);
	}
	return outcome(pid);
}

#ifdef __x86_64__
#define LOADER "/lib64/ld-linux-x86-64.so.2"
#else
#define LOADER "/lib/ld-linux-aarch64.so.1"
#endif

static bool loader(void)
{
	char *argv[] = { (char *)LOADER, (char *)"./data", NULL };

	return copy("../bin/evil-program", "data", 0644) && runs(start_argv(argv), EVIL);
}

static bool loader_option(void)
{
	char *argv[] = { (char *)LOADER, (char *)"--argv0", (char *)"../bin/good-program", (char *)"./data", NULL };

	return copy("../bin/evil-program", "data", 0644) && runs(start_argv(argv), EVIL);
}

static bool loader_preload(void)
{
	char *argv[] = { (char *)LOADER, (char *)"--preload", (char *)"../lib/evil.so", (char *)"../bin/good-program", NULL };

	return runs(start_argv(argv), GOOD);
}

static bool loader_twin(void)
{
	char *argv[] = { (char *)LOADER, (char *)"../bin/good-program", NULL };

	return runs(start_argv(argv), GOOD);
}

static bool script(void)
{
	return put_file("own.sh", "#!/bin/sh\nexit 66\n", 0755) && runs(start("./own.sh"), EVIL);
}

static bool script_nested(void)
{
	char folder[2048], line[4096];

	if (!getcwd(folder, sizeof folder) || !put_file("own.sh", "#!/bin/sh\nexit 66\n", 0755))
		return false;
	snprintf(line, sizeof line, "#!%s/own.sh\n", folder);
	return put_file("outer", line, 0755) && runs(start("./outer"), EVIL);
}

/* By its whole name: the interpreter gets it as an argument, and a rule can say which. */
static bool script_twin(void)
{
	return spelled("%s/%s", "listed.sh", GOOD);
}

static bool script_memfd(void)
{
	int fd = memfd_create("listed.sh", 0);
	const char text[] = "#!/bin/sh\nexit 66\n";

	return fd >= 0 && write(fd, text, strlen(text)) > 0 && runs(start_proc_fd(fd), EVIL);
}

static const struct way ways[] = {
	{ "other", other, other_twin },
	{ "execveat", execveat_fd, execveat_fd_twin },
	{ "proc-fd", proc_fd, proc_fd_twin },
	{ "fexecve", fexecve_fd, fexecve_fd_twin },
	{ "memfd-proc", memfd_proc, memory_twin },
	{ "memfd-execveat", memfd_at, memory_twin },
	{ "memfd-fexecve", memfd_fexecve, memory_twin },
	{ "deleted", deleted, deleted_twin },
	{ "symlink", alias_symlink, alias_symlink_twin },
	{ "hard-link", alias_hard, other_twin },
	{ "proc-root", alias_root, alias_root_twin },
	{ "dots", alias_dots, alias_dots_twin },
	{ "slashes", alias_slashes, alias_slashes_twin },
	{ "lie", lie, lie_twin },
	{ "renamed-copy", renamed_copy, other_twin },
	{ "drop-tmp", drop_tmp, drop_tmp_twin },
	{ "drop-var-tmp", drop_var_tmp, drop_var_tmp_twin },
	{ "drop-shm", drop_shm, drop_shm_twin },
	{ "changed", changed, changed_twin },
	{ "changed-in-place", changed_in_place, changed_twin },
	{ "changed-mapped", changed_mapped, changed_mapped_twin },
	{ "loader", loader, loader_twin },
	{ "loader-option", loader_option, loader_twin },
	{ "loader-preload", loader_preload, loader_twin },
	{ "script", script, script_twin },
	{ "script-nested", script_nested, script_twin },
	{ "script-memfd", script_memfd, script_twin },
};

ATTACK_MAIN(ways)
