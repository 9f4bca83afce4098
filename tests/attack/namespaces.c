/* SPDX-License-Identifier: Apache-2.0 */
/* Another view of the file system or of the descriptors, in which a listed name is something else. */
#include "attack.h"

#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/syscall.h>

static bool user(void) { return unshare(CLONE_NEWUSER) == 0; }
static bool mounts(void) { return unshare(CLONE_NEWNS) == 0; }
static bool descriptors(void) { return unshare(CLONE_FILES) == 0; }

static bool fork_twin(void)
{
	return start(GOOD_IMAGE) == GOOD;
}

/* The classic: own user namespace, the foreign image mounted over the listed one. */
static bool bind_mount(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0 || mount(EVIL_IMAGE, GOOD_IMAGE, NULL, MS_BIND, NULL) < 0)
			_exit(REFUSED);
		become(GOOD_IMAGE);
	}
	return outcome(pid) == EVIL;
}

static bool new_root(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		mkdir("root", 0755);
		if (geteuid() != 0 && unshare(CLONE_NEWUSER) < 0)
			_exit(REFUSED);
		if (!copy(EVIL_IMAGE, "root/true", 0755) || chroot("root") < 0)
			_exit(REFUSED);
		become("/true");
	}
	return outcome(pid) == EVIL;
}

static bool new_root_twin(void)
{
	return mkdir("root", 0755) == 0 && chdir("root") == 0 && chdir("..") == 0 && fork_twin();
}

static bool by_clone3(void)
{
	struct clone_args args = { .flags = CLONE_NEWUSER, .exit_signal = SIGCHLD };
	pid_t pid = (pid_t)syscall(SYS_clone3, &args, sizeof args);

	if (pid == 0)
		_exit(0);
	return pid > 0 && outcome(pid) == 0;
}

static pid_t raw_clone(unsigned long flags)
{
#ifdef __x86_64__
	return (pid_t)syscall(SYS_clone, flags, 0, 0, 0, 0);
#else
	return (pid_t)syscall(SYS_clone, flags, 0, 0, 0, 0);
#endif
}

static bool by_clone(unsigned long flags)
{
	pid_t pid = raw_clone(flags | SIGCHLD);

	if (pid == 0)
		_exit(0);
	return pid > 0 && outcome(pid) == 0;
}

static bool clone_user(void) { return by_clone(CLONE_NEWUSER); }
static bool clone_files(void) { return by_clone(CLONE_FILES); }
static bool clone_twin(void) { return by_clone(0); }

static bool join(void)
{
	int fd = open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC);

	return fd >= 0 && setns(fd, CLONE_NEWUTS) == 0;
}

static bool mount_here(void)
{
	mkdir("mounted", 0755);
	bool did = mount("none", "mounted", "tmpfs", 0, "size=4096") == 0;

	umount2("mounted", MNT_DETACH);
	return did;
}

static bool mount_new(void)
{
	return syscall(SYS_fsopen, "tmpfs", 0) >= 0;
}

static const struct way ways[] = {
	{ "user", user, fork_twin },
	{ "mounts", mounts, fork_twin },
	{ "descriptors", descriptors, fork_twin },
	{ "bind-mount", bind_mount, fork_twin },
	{ "chroot", new_root, new_root_twin },
	{ "clone3", by_clone3, clone_twin },
	{ "clone", clone_user, clone_twin },
	{ "clone-files", clone_files, clone_twin },
	{ "setns", join, fork_twin },
	{ "mount", mount_here, fork_twin },
	{ "fsopen", mount_new, fork_twin },
};

ATTACK_MAIN(ways)
