/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that no rule lists: ../prey, which the user may change, ../prey/secret, which the policy forbids to read, task/, which is the
 * function's own code, and names of code in the working folder, where everything else may be written.
 */
#include "attack.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

#define PREY   "../prey/file"
#define SECRET "../prey/secret"
#define TRIES  100000

/* --- what success is ------------------------------------------------------------------------------------------------------------ */

static bool writes(int fd)
{
	bool did = fd >= 0 && write(fd, "changed", 7) == 7;

	if (fd >= 0)
		close(fd);
	return did;
}

static bool reads(int fd)
{
	char c;
	bool did = fd >= 0 && read(fd, &c, 1) == 1;

	if (fd >= 0)
		close(fd);
	return did;
}

static bool is_there(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

/* A twin: the same on a file of the working folder. */
static const char *own(void)
{
	return put_file("own", "own", 0644) ? "own" : "";
}

/* --- writing --------------------------------------------------------------------------------------------------------------------- */

static bool at_open(const char *path, int flags) { return writes(open(path, flags, 0644)); }
static bool write_open(void) { return at_open(PREY, O_WRONLY); }
static bool write_open_twin(void) { return at_open(own(), O_WRONLY); }
static bool write_append(void) { return at_open(PREY, O_WRONLY | O_APPEND); }
static bool write_append_twin(void) { return at_open(own(), O_RDWR | O_APPEND); }
static bool write_new(void) { return at_open("../prey/new", O_WRONLY | O_CREAT | O_EXCL); }
static bool write_new_twin(void) { return at_open("new", O_WRONLY | O_CREAT | O_EXCL); }
static bool write_creat(void) { return writes(creat("../prey/new", 0644)); }
static bool write_creat_twin(void) { return writes(creat("new", 0644)); }

static bool empties(const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_TRUNC);

	close(fd);
	return fd >= 0 && stat(path, &st) == 0 && st.st_size == 0;
}
static bool cut_open(void) { return empties(PREY); }
static bool cut_open_twin(void) { return empties(own()); }
static bool cut(void) { return truncate(PREY, 0) == 0; }
static bool cut_twin(void) { return truncate(own(), 0) == 0; }

static bool nameless(const char *folder, const char *name)
{
	char link[64];
	int fd = open(folder, O_TMPFILE | O_RDWR, 0644);

	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	return fd >= 0 && linkat(AT_FDCWD, link, AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0;
}
static bool tmpfile_(void) { return nameless("../prey", "../prey/new"); }
static bool tmpfile_moved(void) { return nameless(".", "../prey/new"); }
static bool tmpfile_twin(void) { return nameless(".", "new"); }

static bool make_folder(void) { return mkdir("../prey/new", 0755) == 0; }
static bool make_folder_twin(void) { return mkdir("new", 0755) == 0 && rmdir("new") == 0; }
static bool make_fifo(void) { return mkfifo("../prey/new", 0644) == 0; }
static bool make_fifo_twin(void) { return mkfifo("new", 0644) == 0; }
static bool make_link(void) { return symlink("own", "../prey/new") == 0; }
static bool make_link_twin(void) { return symlink("own", "new") == 0; }
static bool remove_file(void) { return unlink(PREY) == 0; }
static bool remove_file_twin(void) { return unlink(own()) == 0; }
static bool remove_folder(void) { return rmdir("../prey/empty") == 0; }
static bool move_away(void) { return rename(PREY, "taken") == 0; }
static bool move_away_twin(void) { return rename(own(), "taken") == 0; }
static bool move_over(void) { return rename(own(), PREY) == 0; }
static bool exchange(void) { return renameat2(AT_FDCWD, own(), AT_FDCWD, PREY, RENAME_EXCHANGE) == 0; }
static bool exchange_twin(void) { return put_file("other", "x", 0644) && renameat2(AT_FDCWD, own(), AT_FDCWD, "other", RENAME_EXCHANGE) == 0; }
static bool link_in(void) { return link(PREY, "alias") == 0 && at_open("alias", O_WRONLY); }
static bool link_in_twin(void) { return link(own(), "alias") == 0 && at_open("alias", O_WRONLY); }
static bool link_out(void) { return link(own(), "../prey/new") == 0; }
static bool mode(void) { return chmod(PREY, 0777) == 0; }
static bool mode_twin(void) { return chmod(own(), 0700) == 0; }
static bool mode_descriptor(void) { return fchmod(open(PREY, O_RDONLY), 0777) == 0; }
static bool mode_descriptor_twin(void) { return fchmod(open(own(), O_RDONLY), 0700) == 0; }
static bool owner(void) { return chown(PREY, (uid_t)-1, getgid()) == 0; }
static bool owner_twin(void) { return chown(own(), (uid_t)-1, getgid()) == 0; }
static bool times(void) { return utimensat(AT_FDCWD, PREY, NULL, 0) == 0; }
static bool times_twin(void) { return utimensat(AT_FDCWD, own(), NULL, 0) == 0 && futimens(open("own", O_RDONLY), NULL) == 0; }
static bool attribute(void) { return setxattr(PREY, "user.x", "y", 1, 0) == 0; }
static bool attribute_twin(void) { return setxattr(own(), "user.x", "y", 1, 0) == 0; }

/* --- the same by another way ------------------------------------------------------------------------------------------------------- */

static bool by_symlink(void) { return symlink("../prey", "away") == 0 && at_open("away/file", O_WRONLY); }
static bool by_symlink_twin(void) { return symlink(".", "here") == 0 && own() && at_open("here/own", O_WRONLY); }
static bool by_last_symlink(void) { return symlink(PREY, "away") == 0 && at_open("away", O_WRONLY | O_CREAT); }
static bool by_dots(void) { return at_open(".././w/..//prey/./file", O_WRONLY); }
static bool by_dots_twin(void) { return own() && at_open("./../w//own", O_WRONLY); }
static bool by_root(void) { char p[4200], c[4096]; snprintf(p, sizeof p, "/proc/self/root%s/" PREY, getcwd(c, sizeof c)); return at_open(p, O_WRONLY); }
static bool by_root_twin(void) { char p[4200], c[4096]; own(); snprintf(p, sizeof p, "/proc/self/root%s/own", getcwd(c, sizeof c)); return at_open(p, O_WRONLY); }
static bool by_working_folder(void) { return at_open("/proc/thread-self/cwd/" PREY, O_WRONLY); }
static bool by_working_folder_twin(void) { return own() && at_open("/proc/thread-self/cwd/own", O_WRONLY); }
static bool by_folder(void) { return writes(openat(open("../prey", O_RDONLY | O_DIRECTORY), "file", O_WRONLY)); }
static bool by_folder_twin(void) { return own() && writes(openat(open(".", O_PATH), "own", O_WRONLY)); }
static bool by_chdir(void) { return chdir("../prey") == 0 && at_open("file", O_WRONLY); }
static bool by_chdir_twin(void) { return mkdir("sub", 0755) == 0 && chdir("sub") == 0 && at_open("new", O_WRONLY | O_CREAT); }

static bool again(const char *path, int flags)
{
	char link[64];

	snprintf(link, sizeof link, "/proc/self/fd/%d", open(path, flags));
	return at_open(link, O_WRONLY);
}
static bool by_path_descriptor(void) { return again(PREY, O_PATH); }
static bool by_path_descriptor_twin(void) { return again(own(), O_PATH); }
static bool by_reading_descriptor(void) { return again(PREY, O_RDONLY); }
static bool by_reading_descriptor_twin(void) { return again(own(), O_RDONLY); }

static bool by_openat2(void)
{
	unsigned long how[3] = { O_WRONLY, 0, 0 };

	return writes((int)syscall(437, AT_FDCWD, PREY, how, sizeof how));
}

/* Each library falls back to openat where it is not there. */
static bool by_openat2_twin(void)
{
	unsigned long how[3] = { O_WRONLY, 0, 0 };
	int fd = own() ? (int)syscall(437, AT_FDCWD, "own", how, sizeof how) : -1;

	return writes(fd < 0 && errno == ENOSYS ? open("own", O_WRONLY) : fd);
}

/* --- credentials ---------------------------------------------------------------------------------------------------------------------- */

static bool reads_at(const char *path) { return reads(open(path, O_RDONLY)); }
static bool environ_own(void) { return reads_at("/proc/self/environ"); }
static bool environ_dots(void) { char p[4200]; snprintf(p, sizeof p, "%s", "../../../../../../../../proc/self/../thread-self/environ"); return reads_at(p); }
static bool environ_symlink(void) { return symlink("/proc/self/environ", "e") == 0 && reads_at("e"); }
static bool environ_thread(void) { char p[64]; snprintf(p, sizeof p, "/proc/self/task/%d/environ", getpid()); return reads_at(p); }

static bool environ_other(void)
{
	char p[64];
	pid_t pid = fork();

	if (pid == 0) {
		pause();
		_exit(0);
	}
	snprintf(p, sizeof p, "/proc/%d/environ", pid);
	bool did = reads_at(p);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return did;
}
static bool environ_twin(void) { return reads_at("/proc/self/status") && reads_at("/proc/self/maps") && reads_at("/proc/meminfo") && reads_at("/proc/self/cmdline"); }

static bool memory_own(void)
{
	static volatile char target = 'a';
	int fd = open("/proc/self/mem", O_RDWR);

	return fd >= 0 && pwrite(fd, "b", 1, (off_t)(uintptr_t)&target) == 1 && target == 'b';
}

static bool secret(void) { return reads_at(SECRET); }
static bool secret_twin(void) { return reads_at(PREY) && reads_at(own()); }
static bool secret_symlink(void) { return symlink(SECRET, "s") == 0 && reads_at("s"); }
static bool secret_folder(void) { return reads(openat(open("../prey", O_PATH), "secret", O_RDONLY)); }
static bool secret_path_descriptor(void) { char p[64]; snprintf(p, sizeof p, "/dev/fd/%d", open(SECRET, O_PATH)); return reads_at(p); }
static bool secret_twin_folder(void) { return reads(openat(open("../prey", O_PATH), "file", O_RDONLY)); }
static bool secret_link(void) { return link(SECRET, "s") == 0 && reads_at("s"); }
static bool secret_rename(void) { return rename(SECRET, "s") == 0 && reads_at("s"); }

/* --- code ------------------------------------------------------------------------------------------------------------------------------- */

static bool own_code(void) { return at_open("task/handler.txt", O_WRONLY | O_CREAT); }
static bool own_code_symlink(void) { return symlink("task", "t") == 0 && at_open("t/handler.txt", O_WRONLY | O_CREAT); }
static bool own_code_twin(void) { return at_open("tasks.txt", O_WRONLY | O_CREAT); }
static bool own_code_rename(void) { return rename(own(), "task/x") == 0; }
static bool plants(const char *path) { return mkdir("lib", 0755) == 0 && at_open(path, O_WRONLY | O_CREAT); }
static bool plant_module(void) { return plants("lib/x.py"); }
static bool plant_compiled(void) { return plants("lib/x.pyc"); }
static bool plant_node(void) { return plants("lib/index.js"); }
static bool plant_library(void) { return plants("lib/libx.so.1"); }
static bool plant_twin(void) { return plants("lib/x.json") && mkdir("cache", 0755) == 0 && at_open("cache/x.pyc", O_WRONLY | O_CREAT); }
static bool plant_rename(void) { return rename(own(), "x.py") == 0; }
static bool plant_rename_twin(void) { return rename(own(), "x.txt") == 0; }
static bool plant_link(void) { return link(own(), "x.js") == 0; }
static bool plant_symlink(void) { return symlink(own(), "x.rb") == 0; }

/* --- races ------------------------------------------------------------------------------------------------------------------------------- */

static struct stat prey;
static char *shared;
static volatile bool stop;

static bool is_prey(int fd)
{
	struct stat st;
	bool same = fd >= 0 && fstat(fd, &st) == 0 && st.st_ino == prey.st_ino && st.st_dev == prey.st_dev;

	if (fd >= 0)
		close(fd);
	return same;
}

static pid_t flipper(void (*flip)(unsigned))
{
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (unsigned i = 0; ; i++) {
		flip(i);
		if (i % 63 == 0)	/* an odd number: at rest it is now the one, now the other */
			sched_yield();
	}
}

static void flip_path(unsigned i) { memcpy(shared, i & 1 ? "../prey/file" : "../////w/own", 12); }
static void flip_symlink(unsigned i)
{
	if (symlink(i & 1 ? "../prey" : "good", "next") == 0 && rename("next", "folder") < 0)
		_exit(1);
}
static void flip_last(unsigned i)
{
	if (symlink(i & 1 ? PREY : "good/file", "next") == 0 && rename("next", "last") < 0)
		_exit(1);
}
/* A FIFO must be let go by itself. */
static void flip_fifo(unsigned i)
{
	if (i & 1 ? symlink(PREY, "next") == 0 && rename("next", "last") < 0 : mkfifo("next", 0600) == 0 && rename("next", "last") < 0)
		_exit(1);
}

static bool race(void (*flip)(unsigned), const char *path, int flags)
{
	bool did = false;
	pid_t pid;

	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	strcpy(shared, "../////w/own");
	if (stat(PREY, &prey) || mkdir("good", 0755) || !put_file("good/file", "x", 0644) || !*own())
		return false;
	pid = flipper(flip);
	for (unsigned i = 0; i < TRIES && !did; i++)
		did = is_prey(open(path ? path : shared, flags, 0600));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return did;
}
static bool race_path(void) { return race(flip_path, NULL, O_RDWR); }
static bool race_symlink(void) { return race(flip_symlink, "folder/file", O_RDWR); }
static bool race_last(void) { return race(flip_last, "last", O_RDWR | O_CREAT); }
static bool race_fifo(void) { return race(flip_fifo, "last", O_RDWR | O_NONBLOCK); }

static void *flip_descriptor(void *arg)
{
	int to_prey = open("../prey", O_PATH), to_good = open("good", O_PATH);

	for (unsigned i = 0; !stop; i++)
		dup2(i & 1 ? to_prey : to_good, *(int *)arg);
	return NULL;
}

static bool race_descriptor(void)
{
	int fd = 100;
	pthread_t thread;
	bool did = false;

	if (stat(PREY, &prey) || mkdir("good", 0755) || !put_file("good/file", "x", 0644) || dup2(open("good", O_PATH), fd) < 0)
		return false;
	pthread_create(&thread, NULL, flip_descriptor, &fd);
	for (unsigned i = 0; i < TRIES && !did; i++)
		did = is_prey(openat(fd, "file", O_RDWR));
	stop = true;
	pthread_join(thread, NULL);
	return did;
}

/* The name that is removed. */
static bool race_unlink(void)
{
	pid_t pid;

	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	strcpy(shared, "../////w/own");
	pid = flipper(flip_path);
	for (unsigned i = 0; i < TRIES && is_there(PREY); i++)
		unlink(shared);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return !is_there(PREY);
}

static bool race_twin(void)
{
	for (int i = 0; i < 200; i++)
		if (!at_open("own", O_RDWR | O_CREAT) || rename("own", "other") || unlink("other"))
			return false;
	return true;
}

static const struct way ways[] = {
	{ "open", write_open, write_open_twin }, { "append", write_append, write_append_twin }, { "new", write_new, write_new_twin },
	{ "creat", write_creat, write_creat_twin }, { "cut-open", cut_open, cut_open_twin }, { "cut", cut, cut_twin },
	{ "nameless", tmpfile_, tmpfile_twin }, { "nameless-moved", tmpfile_moved, tmpfile_twin },
	{ "folder", make_folder, make_folder_twin }, { "fifo", make_fifo, make_fifo_twin }, { "link", make_link, make_link_twin },
	{ "remove", remove_file, remove_file_twin }, { "remove-folder", remove_folder, make_folder_twin },
	{ "move-away", move_away, move_away_twin }, { "move-over", move_over, move_away_twin }, { "exchange", exchange, exchange_twin },
	{ "link-in", link_in, link_in_twin }, { "link-out", link_out, link_in_twin },
	{ "mode", mode, mode_twin }, { "mode-descriptor", mode_descriptor, mode_descriptor_twin }, { "owner", owner, owner_twin },
	{ "times", times, times_twin }, { "attribute", attribute, attribute_twin },
	{ "by-symlink", by_symlink, by_symlink_twin }, { "by-last-symlink", by_last_symlink, by_symlink_twin }, { "by-dots", by_dots, by_dots_twin },
	{ "by-root", by_root, by_root_twin }, { "by-working-folder", by_working_folder, by_working_folder_twin },
	{ "by-folder", by_folder, by_folder_twin }, { "by-chdir", by_chdir, by_chdir_twin },
	{ "by-path-descriptor", by_path_descriptor, by_path_descriptor_twin },
	{ "by-reading-descriptor", by_reading_descriptor, by_reading_descriptor_twin }, { "by-openat2", by_openat2, by_openat2_twin },
	{ "environ", environ_own, environ_twin }, { "environ-dots", environ_dots, environ_twin }, { "environ-symlink", environ_symlink, environ_twin },
	{ "environ-thread", environ_thread, environ_twin }, { "environ-other", environ_other, environ_twin }, { "memory", memory_own, environ_twin },
	{ "secret", secret, secret_twin }, { "secret-symlink", secret_symlink, secret_twin }, { "secret-folder", secret_folder, secret_twin_folder },
	{ "secret-descriptor", secret_path_descriptor, secret_twin }, { "secret-link", secret_link, secret_twin }, { "secret-rename", secret_rename, secret_twin },
	{ "own-code", own_code, own_code_twin }, { "own-code-symlink", own_code_symlink, own_code_twin }, { "own-code-rename", own_code_rename, own_code_twin },
	{ "plant-module", plant_module, plant_twin }, { "plant-compiled", plant_compiled, plant_twin }, { "plant-node", plant_node, plant_twin },
	{ "plant-library", plant_library, plant_twin }, { "plant-rename", plant_rename, plant_rename_twin }, { "plant-link", plant_link, plant_rename_twin },
	{ "plant-symlink", plant_symlink, plant_rename_twin },
	{ "race-path", race_path, race_twin }, { "race-symlink", race_symlink, race_twin }, { "race-last", race_last, race_twin },
	{ "race-fifo", race_fifo, race_twin }, { "race-descriptor", race_descriptor, race_twin }, { "race-unlink", race_unlink, race_twin },
};

ATTACK_MAIN(ways)
