/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every call on files with every kind of path, in a fresh tree for each: prints what it returned and what came of it.  A function cannot tell
 * that the shim makes these calls for it: the output is the same with and without (files.t).  No attack.
 */
#include <dirent.h>
#include <ftw.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/xattr.h>
#include <utime.h>
#include "tests/attack/attack.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define BAD ((const char *)1)
#define AT_EDGE ((const char *)2)	/* in the table; lay_edges() puts the paths there */
#define WITHOUT_END ((const char *)3)

static char name_255[300], name_256[300], path_4095[4200], path_4096[4200];
static char *at_edge, *without_end;	/* behind both nothing is mapped; one ends just before */
static int here = -1, above = -1, folder = -1, file = -1, pipes[2], deleted = -1, memory = -1;
static char in_fd[5][64];

static _Noreturn void give_up(int line)
{
	fprintf(stderr, "line %d: %s\n", line, strerror(errno));
	_exit(2);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *f)
{
	(void)st, (void)type, (void)f;
	return remove(path);
}

static void put(const char *path, const char *text, unsigned mode)
{
	if (!put_file(path, text, mode))
		give_up(__LINE__);
}

static void fresh(void)
{
	fchmod(above, 0755);
	fchmod(here, 0755);
	chmod("closed", 0700);
	chmod("dir", 0700);
	chmod("dir/sub", 0700);
	chmod("empty", 0700);
	nftw(".", remove_one, 16, FTW_DEPTH | FTW_PHYS);
	put("file", "0123456789", 0644);
	put("secret", "x", 0000);
	put("set", "x", 04755);
	if (mkdir("dir", 0755) || mkdir("dir/sub", 0700) || mkdir("empty", 0755) || mkdir("closed", 0755))
		give_up(__LINE__);
	put("dir/file", "abc", 0600);
	put("closed/file", "abc", 0600);
	chmod("closed", 0000);
	if (symlink("file", "link") || symlink("dir", "dirlink") || symlink("nothing", "dangling") || symlink("loop", "loop") || symlink("dir/../link", "link2")
	    || symlink("/proc/self/fd/1", "out") || symlink("/proc/self", "me") || mkfifo("fifo", 0644))
		give_up(__LINE__);
}

static const char *paths[] = {
	"file", "nothing", "secret", "set", "dir", "dir/", "dir/file", "dir/nothing", "dir/.", "dir/..", "dir//file", "./file", "dir/../file", "file/", "file/x",
	"nothing/", "nothing/x", "empty", "empty/", "closed/file", "closed/nothing", "link", "link/", "link2", "dirlink", "dirlink/", "dirlink/file", "dangling",
	"dangling/", "loop", "loop/x", "fifo", ".", "..", "/", "", "../w/file", "me/cwd/file", "/dev/null", "/dev/zero", "/proc/self/cwd/file",
	"/proc/thread-self/cwd/file", name_255, name_256, path_4095, path_4096, BAD, AT_EDGE, WITHOUT_END, in_fd[0], in_fd[1], in_fd[2], in_fd[3], in_fd[4],
};

static const char *shown(const char *path)
{
	return path == BAD ? "BAD" : path == at_edge ? "at the edge" : path == without_end ? "without an end" : path == path_4095 ? "4095 bytes" : path == path_4096 ? "4096 bytes" : path == name_255 ? "255 bytes" : path == name_256 ? "256 bytes" : path;
}

static const char *say(long r)
{
	return r < 0 ? strerrorname_np(errno) : "ok";
}

/* What is there now; inode numbers and times differ from run to run. */
static void state(const char *path)
{
	struct stat st;

	if (path == BAD || path == without_end || lstat(path, &st))
		printf(" -");
	else
		printf(" %o:%ld:%ld:%u", st.st_mode, S_ISREG(st.st_mode) ? (long)st.st_size : 0, S_ISREG(st.st_mode) ? (long)st.st_nlink : 0, st.st_uid);
}

/* --- opening ---------------------------------------------------------------------------------------------------------------- */

static void opened(const char *path, int flags, unsigned mode, int dir, const char *how)
{
	int fd = openat(dir, path, flags, mode);
	struct stat st;

	printf("open%s %s %#o: %s", how, shown(path), flags, say(fd));
	if (fd >= 0 && !fstat(fd, &st))
		printf(" fd %d fl %#o cloexec %d is %o size %ld", fd, fcntl(fd, F_GETFL) & ~(O_NOFOLLOW | O_LARGEFILE), fcntl(fd, F_GETFD), st.st_mode,
		       S_ISREG(st.st_mode) ? (long)st.st_size : 0);
	if (fd >= 0 && (flags & O_ACCMODE) != O_RDONLY && S_ISREG(st.st_mode))
		printf(" write %zd", write(fd, "w", 1));
	if (fd >= 0)
		close(fd);
	state(path);
	puts("");
}

static void all_opens(void)
{
	static const int flags[] = {
		O_RDONLY, O_WRONLY, O_RDWR, O_WRONLY | O_CREAT, O_WRONLY | O_CREAT | O_EXCL, O_RDWR | O_CREAT | O_TRUNC, O_WRONLY | O_TRUNC, O_RDONLY | O_TRUNC,
		O_RDONLY | O_CREAT, O_WRONLY | O_APPEND | O_CLOEXEC, O_WRONLY | O_NOFOLLOW, O_WRONLY | O_CREAT | O_NOFOLLOW, O_RDWR | O_DIRECTORY,
		O_WRONLY | O_SYNC, O_RDWR | O_NONBLOCK, O_RDWR | O_TMPFILE, O_WRONLY | O_TMPFILE | O_EXCL, O_PATH | O_RDWR, O_PATH | O_CREAT, 3,
		O_WRONLY | O_NOCTTY | O_DSYNC, O_RDONLY | O_DIRECTORY, O_RDONLY | O_CREAT | O_DIRECTORY,
	};

	for (size_t i = 0; i < COUNT(paths); i++)
		for (size_t k = 0; k < COUNT(flags); k++) {
			int more = paths[i] != BAD && strstr(shown(paths[i]), "fifo") ? O_NONBLOCK : 0;

			fresh();
			umask(k % 3 == 0 ? 022 : k % 3 == 1 ? 077 : 0);
			opened(paths[i], flags[k] | more, k % 2 ? 0666 : 04777, AT_FDCWD, "");
			umask(022);
		}
}

static void opens_by_descriptor(void)
{
	int dirs[] = { folder, file, -1, 9999 };

	for (size_t i = 0; i < COUNT(dirs); i++) {
		fresh();
		opened("sub/new", O_WRONLY | O_CREAT, 0644, dirs[i], "at");
		opened("file", O_RDWR, 0, dirs[i], "at");
		opened("/dev/null", O_RDWR, 0, dirs[i], "at");
		opened("", O_RDWR, 0, dirs[i], "at");
	}
}

/* --- others ---------------------------------------------------------------------------------------------------------------- */

static void act(const char *what, const char *path, long r)
{
	printf("%s %s: %s", what, shown(path), say(r));
	state(path);
	puts("");
}

/* The same call by its number: libraries add checks of their own. */
#define RAW(call, path, ...) do { fresh(); act(#call, path, syscall(SYS_##call, __VA_ARGS__)); } while (0)

static void one_path(const char *p)
{
	struct timespec times[2] = { { 1, 2 }, { 3, 4 } }, odd[2] = { { 0, UTIME_OMIT }, { 0, UTIME_NOW } }, wrong[2] = { { 1, -5 }, { 0, 0 } };

	RAW(truncate, p, p, 3L);
	RAW(truncate, p, p, -1L);
	RAW(mkdirat, p, AT_FDCWD, p, 0777);
	RAW(mknodat, p, AT_FDCWD, p, S_IFREG | 0666, 0);
	RAW(mknodat, p, AT_FDCWD, p, S_IFIFO | 0666, 0);
	RAW(symlinkat, p, "target", AT_FDCWD, p);
	RAW(symlinkat, p, "", AT_FDCWD, p);
	RAW(symlinkat, p, BAD, AT_FDCWD, p);
	if (p == BAD || (strncmp(p, "/proc", 5) && strncmp(p, "/dev", 4))) {	/* there, who looks decides between EPERM and EACCES */
		RAW(unlinkat, p, AT_FDCWD, p, 0);
		RAW(unlinkat, p, AT_FDCWD, p, AT_REMOVEDIR);
	}
	RAW(unlinkat, p, AT_FDCWD, p, 1);
	RAW(linkat, p, AT_FDCWD, p, AT_FDCWD, "dir/new", 0);
	RAW(linkat, p, AT_FDCWD, p, AT_FDCWD, "dir/new", AT_SYMLINK_FOLLOW);
	RAW(linkat, p, AT_FDCWD, "file", AT_FDCWD, p, 0);
	RAW(renameat2, p, AT_FDCWD, p, AT_FDCWD, "dir/new", 0);
	RAW(renameat2, p, AT_FDCWD, p, AT_FDCWD, "dir/file", RENAME_NOREPLACE);
	RAW(renameat2, p, AT_FDCWD, p, AT_FDCWD, "dir/file", RENAME_EXCHANGE);
	RAW(renameat2, p, AT_FDCWD, "file", AT_FDCWD, p, 0);
	RAW(renameat2, p, AT_FDCWD, "empty", AT_FDCWD, p, 0);
	RAW(fchmodat, p, AT_FDCWD, p, 0640);
	RAW(fchownat, p, AT_FDCWD, p, -1, -1, 0);
	RAW(fchownat, p, AT_FDCWD, p, -1, 12345, AT_SYMLINK_NOFOLLOW);
	RAW(utimensat, p, AT_FDCWD, p, times, 0);
	RAW(utimensat, p, AT_FDCWD, p, odd, AT_SYMLINK_NOFOLLOW);
	RAW(utimensat, p, AT_FDCWD, p, wrong, 0);
	RAW(utimensat, p, AT_FDCWD, p, BAD, 0);
	RAW(setxattr, p, p, "user.x", "value", 5L, 0);
	RAW(setxattr, p, p, "user.x", "value", 5L, XATTR_REPLACE);
	RAW(lsetxattr, p, p, "user.x", BAD, 5L, 0);
	RAW(setxattr, p, p, "", "value", 5L, 0);
	RAW(setxattr, p, p, "nonsense", "value", 5L, 0);
	RAW(removexattr, p, p, "user.x");
	RAW(lremovexattr, p, p, "user.y");
#ifdef SYS_mkdir
	RAW(mkdir, p, p, 0755);
	if (p == BAD || (strncmp(p, "/proc", 5) && strncmp(p, "/dev", 4))) {
		RAW(rmdir, p, p);
		RAW(unlink, p, p);
	}
	RAW(link, p, p, "empty/new");
	RAW(rename, p, p, "empty/new");
	RAW(symlink, p, "t", p);
	RAW(chmod, p, p, 0600);
	RAW(lchown, p, p, -1, -1);
	RAW(utime, p, p, NULL);
	if (p == BAD || strcmp(p, "fifo"))	/* it would wait for a reader */
		RAW(creat, p, p, 0600);
#endif
}

static void stat_times(const char *path)
{
	struct stat st;

	if (!stat(path, &st))
		printf("%s: %ld.%09ld %ld.%09ld\n", path, (long)st.st_atim.tv_sec, st.st_atim.tv_nsec, (long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
}

static void descriptors(void)
{
	struct timespec times[2] = { { 1, 2 }, { 3, 4 } };
	struct timeval micro[2] = { { 5, 6 }, { 7, 8 } }, wrong[2] = { { 5, 1000000 }, { 7, 8 } };
	struct utimbuf seconds = { 9, 10 };
	int fd;
	char value[16] = "";

	fresh();
	fd = open("file", O_RDONLY);
	printf("fchmod: %s\n", say(fchmod(fd, 0600)));
	printf("fchown: %s\n", say(fchown(fd, -1, -1)));
	printf("futimens: %s\n", say(futimens(fd, times)));
	stat_times("file");
	printf("utimes: %s\n", say(utimes("file", micro)));
	stat_times("file");
	printf("utimes: %s\n", say(utimes("file", wrong)));
	printf("utime: %s\n", say(utime("link", &seconds)));
	stat_times("file");
	printf("futimesat: %s\n", say(futimesat(folder, "file", micro)));
	printf("fsetxattr: %s\n", say(fsetxattr(fd, "user.a", "b", 1, 0)));
	printf("fgetxattr: %zd %s\n", fgetxattr(fd, "user.a", value, sizeof value), value);
	printf("fremovexattr: %s\n", say(fremovexattr(fd, "user.a")));
	printf("fchmod(-1): %s\n", say(fchmod(-1, 0600)));
	printf("futimens(-1): %s\n", say(futimens(-1, times)));
	printf("fchmod(pipe): %s\n", say(fchmod(pipes[0], 0600)));
	close(fd);
	state("file");
	puts("");
}

/* A FIFO opened by both sides, each waiting for the other; a nameless file that gets a name. */
static void waits(void)
{
	char c = 0, link_[64];
	pid_t pid;
	int fd;

	fresh();
	pid = fork();
	if (pid == 0) {
		fd = open("fifo", O_WRONLY);
		_exit(write(fd, "f", 1) == 1 ? 0 : 1);
	}
	fd = open("fifo", O_RDONLY);
	printf("fifo: %zd %c", read(fd, &c, 1), c);
	printf(" %d\n", outcome(pid));
	close(fd);
	fd = open("dir", O_TMPFILE | O_RDWR, 0644);
	snprintf(link_, sizeof link_, "/proc/self/fd/%d", fd);
	printf("nameless: write %zd", write(fd, "abc", 3));
	printf(" link %s", say(linkat(AT_FDCWD, link_, AT_FDCWD, "dir/named", AT_SYMLINK_FOLLOW)));
	state("dir/named");
	puts("");
	close(fd);
}

static void prepare(void)
{
	memset(name_255, 'n', 255);
	memset(name_256, 'n', 256);
	for (int i = 0; i < 4095; i += 2)
		memcpy(path_4096 + i, "./", 2);
	memcpy(path_4095, path_4096, 4091);
	strcpy(path_4095 + 4091 - 1, "/file");
	path_4095[4095] = '\0';
	path_4096[4096] = '\0';
	here = open(".", O_RDONLY | O_DIRECTORY);
	above = open("..", O_RDONLY | O_DIRECTORY);
	fresh();
	folder = open("dir", O_RDONLY | O_DIRECTORY);
	put("gone", "gone", 0644);
	file = open("gone", O_RDWR);
	deleted = open("gone", O_RDONLY);
	unlink("gone");
	memory = memfd_create("m", 0);
	if (pipe(pipes) || write(pipes[1], "x", 1) != 1 || write(memory, "mem", 3) != 3)
		give_up(__LINE__);
	snprintf(in_fd[0], 64, "/proc/self/fd/%d", file);
	snprintf(in_fd[1], 64, "/dev/fd/%d", pipes[1]);
	snprintf(in_fd[2], 64, "/proc/self/fd/%d", deleted);
	snprintf(in_fd[3], 64, "/proc/self/fd/%d", memory);
	snprintf(in_fd[4], 64, "/proc/self/fd/%d/file", folder);
}

static void lay_edges(void)
{
	char *two = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *end = two + 4096;
	char *other = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (two == MAP_FAILED || other == MAP_FAILED || munmap(end, 4096) || munmap(other + 4096, 4096))
		give_up(__LINE__);
	at_edge = memcpy(end - 5, "file", 5);
	without_end = memcpy(other + 4092, "file", 4);
	for (size_t i = 0; i < COUNT(paths); i++)
		paths[i] = paths[i] == AT_EDGE ? at_edge : paths[i] == WITHOUT_END ? without_end : paths[i];
}

int main(void)
{
	if (geteuid() == 0) {
		fputs("not as root: some of the paths are the system's own\n", stderr);
		return 2;
	}
	umask(022);
	setvbuf(stdout, NULL, _IOLBF, 0);
	prepare();
	lay_edges();
	all_opens();
	opens_by_descriptor();
	for (size_t i = 0; i < COUNT(paths); i++)
		if (paths[i] == BAD || !strncmp(paths[i], "/dev/fd", 7) || (strncmp(paths[i], "/dev/", 5) && strcmp(paths[i], "/")))
			one_path(paths[i]);
	descriptors();
	waits();
	fresh();
	nftw(".", remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return 0;
}
