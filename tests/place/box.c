/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A place like AWS Lambda's on-demand functions, made of plain Linux by root:
 *
 *	box [--opt DIR] [--task DIR] [--bind SOURCE=TARGET]... [--] CMD ARG...
 *
 * What it reproduces was observed there and published by many (the list is in tests/place/limits.c, which proves each one):
 *
 *   - a seccomp filter that answers EPERM to prctl, seccomp, ptrace, namespaces, mounts, bpf and the like, ENOSYS to clone3 and to
 *     what Linux 5.10 does not have (Landlock), and kills a process that makes a foreign ABI's call.  It is installed with
 *     CAP_SYS_ADMIN, so that NoNewPrivs stays 0 as it is there;
 *   - uid 993, gid 990, no capabilities;
 *   - a read-only file system but for /tmp; /opt and /var/task are what is given; no /dev/shm, no /dev/fd;
 *   - a dynamic loader of its own, which no other process opens;
 *   - processes of its own: number 1 is the platform's (another user), the function is its child; when it ends, all end.
 *
 * The network is that of the caller, so that a Runtime API on the loopback can be reached.  Exit status: that of CMD, 128 + n after
 * signal n; 125 where the box cannot be made.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/place/filter.h"

#define UID 993
#define GID 990

struct bind { const char *source, *target; };
static struct bind binds[32];
static unsigned bind_count;
static const char root[] = "/mnt";	/* where the new root hangs, in a mount namespace of its own; it must be there */

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "box: %s: %s\n", what, strerror(errno));
	exit(125);
}

/* A path below the new root; valid until the fourth call after it. */
static const char *in(const char *path)
{
	static char names[4][512];
	static unsigned next;
	char *name = names[next++ % 4];

	snprintf(name, sizeof names[0], "%s%s", root, path);
	return name;
}

/* --- files ------------------------------------------------------------------------------------------------------------- */

/* The folders on the way to a path, and at its end a folder or an empty file for a mount to lie over. */
static void make_place(const char *path, bool folder)
{
	char name[512];

	snprintf(name, sizeof name, "%s", in(path));
	for (char *at = name + sizeof root; (at = strchr(at, '/')); *at++ = '/') {
		*at = '\0';
		if (mkdir(name, 0755) < 0 && errno != EEXIST)
			fail(name);
	}
	if (folder && mkdir(name, 0755) < 0 && errno != EEXIST)
		fail(name);
	int fd = folder ? -1 : open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (!folder && fd < 0 && errno != EROFS)
		fail(name);
	if (fd >= 0)
		close(fd);
}

static void bind_read_only(const char *source, const char *target)
{
	struct stat st;

	if (stat(source, &st) < 0)
		fail(source);
	make_place(target, S_ISDIR(st.st_mode));
	if (mount(source, in(target), NULL, MS_BIND | MS_REC, NULL) < 0)
		fail(target);
	if (mount(NULL, in(target), NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL) < 0)
		fail(target);
}

/* The distribution's folders; where /bin and others are links into /usr, so they are here. */
static void system_folders(void)
{
	static const char *const names[] = { "/usr", "/etc", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32" };
	char link[256];
	struct stat st;

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (lstat(names[i], &st) < 0)
			continue;
		ssize_t n = readlink(names[i], link, sizeof link - 1);

		if (n < 0) {
			bind_read_only(names[i], names[i]);
			continue;
		}
		link[n] = '\0';
		if (symlink(link, in(names[i])) < 0)
			fail(names[i]);
	}
}

static void devices(void)
{
	static const char *const names[] = { "/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		make_place(names[i], false);
		if (mount(names[i], in(names[i]), NULL, MS_BIND, NULL) < 0)
			fail(names[i]);
	}
}

/* The user's name there, over the distribution's list. */
static void user_names(void)
{
	FILE *f = fopen(in("/passwd"), "we");

	if (!f)
		fail("/etc/passwd");
	fprintf(f, "root:x:0:0:root:/root:/bin/sh\nsbx_user1051:x:%d:%d::/home/sbx_user1051:/sbin/nologin\n", UID, GID);
	fclose(f);
	if (mount(in("/passwd"), in("/etc/passwd"), NULL, MS_BIND, NULL) < 0 || unlink(in("/passwd")) < 0)
		fail("/etc/passwd");
}

/* A dynamic loader of its own: on this machine others open theirs, too, which in a machine of its own nobody does. */
static void own_loader(void)
{
	static const char *const names[] = { "/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1" };
	char bytes[65536], real[PATH_MAX];	/* its name is a link, which would lead out of the new root */
	ssize_t n;

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		int from = realpath(names[i], real) ? open(real, O_RDONLY | O_CLOEXEC) : -1, to = from < 0 ? -1 : open(in("/loader"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);

		if (from < 0)
			continue;
		while (to >= 0 && (n = read(from, bytes, sizeof bytes)) > 0)
			if (write(to, bytes, (size_t)n) != n)
				fail("loader");
		close(from);
		close(to);
		if (mount(in("/loader"), in(real), NULL, MS_BIND, NULL) < 0)
			fail(real);
		if (mount(NULL, in(real), NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL) < 0)
			fail(real);
	}
}

static void make_root(void)
{
	if (unshare(CLONE_NEWNS | CLONE_NEWPID) < 0)
		fail("namespaces");
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 || mount("box", root, "tmpfs", MS_NOSUID, "mode=755,size=4m") < 0)
		fail(root);
	system_folders();
	own_loader();
	devices();
	user_names();
	make_place("/proc", true);
	make_place("/tmp", true);
	make_place("/opt", true);
	make_place("/var/task", true);
	make_place("/var/runtime", true);
	for (unsigned i = 0; i < bind_count; i++)
		bind_read_only(binds[i].source, binds[i].target);
	if (mount("tmp", in("/tmp"), "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777,size=512m") < 0)
		fail("/tmp");
}

/* In the new process namespace. */
static void enter_root(void)
{
	if (mount("proc", in("/proc"), "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		fail("/proc");
	if (chdir(root) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", MNT_DETACH) < 0 || chdir("/var/task") < 0)
		fail("pivot_root");
	if (mount(NULL, "/", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL) < 0)
		fail("/");
}

/* --- the function ---------------------------------------------------------------------------------------------------------- */

static void limits(void)
{
	struct rlimit files = { 1024, 1024 }, none = { 0, 0 };

	setrlimit(RLIMIT_NOFILE, &files);
	setrlimit(RLIMIT_CORE, &none);
}

static _Noreturn void function(char **argv)
{
	struct sock_filter code[BOX_FILTER_MAX];
	struct sock_fprog program = { box_filter(code), code };
	sigset_t none;

	setsid();
	limits();
	for (int cap = 0; prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0; cap++)
		;
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0)
		fail("seccomp");
	if (setgroups(0, NULL) < 0 || setresgid(GID, GID, GID) < 0 || setresuid(UID, UID, UID) < 0)
		fail("user");
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execvp(*argv, argv);
	fprintf(stderr, "box: %s: %s\n", *argv, strerror(errno));
	exit(errno == ENOENT ? 127 : 126);
}

static int exit_status(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* Process 1 of the box: reaps, and ends with the function. */
static _Noreturn void platform(char **argv)
{
	int status, pid, main_pid;

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	enter_root();
	main_pid = fork();
	if (main_pid < 0)
		fail("fork");
	if (main_pid == 0)
		function(argv);
	while ((pid = wait(&status)) != main_pid)
		if (pid < 0 && errno != EINTR)
			fail("wait");
	_exit(exit_status(status));
}

/* --- options ------------------------------------------------------------------------------------------------------------------ */

static _Noreturn void usage(void)
{
	fputs("usage: box [--opt DIR] [--task DIR] [--bind SOURCE=TARGET]... [--] CMD ARG...\n", stderr);
	exit(125);
}

static void add_bind(const char *source, const char *target)
{
	if (!target || *target != '/' || bind_count == sizeof binds / sizeof *binds)
		usage();
	binds[bind_count++] = (struct bind){ source, target };
}

/* SOURCE=TARGET, parted in place. */
static void add_pair(char *pair)
{
	char *target = strchr(pair, '=');

	if (target)
		*target++ = '\0';
	add_bind(pair, target);
}

static char **options(char **at)
{
	for (at++; *at && strncmp(*at, "--", 2) == 0; at += 2) {
		if (strcmp(*at, "--") == 0)
			return at + 1;
		if (!at[1])
			usage();
		if (strcmp(*at, "--opt") == 0)
			add_bind(at[1], "/opt");
		else if (strcmp(*at, "--task") == 0)
			add_bind(at[1], "/var/task");
		else if (strcmp(*at, "--bind") == 0)
			add_pair(at[1]);
		else
			usage();
	}
	return at;
}

int main(int argc, char **argv)
{
	char **command = options(argv);
	int status, pid;

	(void)argc;
	if (!*command)
		usage();
	if (geteuid() != 0) {
		errno = EPERM;
		fail("only root can make it");
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	signal(SIGCHLD, SIG_DFL);
	make_root();
	pid = fork();
	if (pid < 0)
		fail("fork");
	if (pid == 0)
		platform(command);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			fail("wait");
	return exit_status(status);
}
