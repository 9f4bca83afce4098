/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every system call that the shim makes, typed, one wrapper each; all return the kernel's value, -errno on a failure.
 * Structures are the kernel's own (linux/ and asm/ headers), never libc's.
 */
#ifndef BK_SHIM_SYS_H
#define BK_SHIM_SYS_H

#include <asm/fcntl.h>
#include <asm/ioctls.h>
#include <linux/mman.h>
#include <asm/poll.h>
#include <asm/signal.h>
#include <asm/stat.h>
#include <asm/statfs.h>
#include <asm/unistd.h>
#include <linux/errno.h>
#include <linux/fiemap.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/futex.h>
#include <linux/openat2.h>
#include <linux/prctl.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <linux/signalfd.h>
#include <linux/time.h>
#include <linux/uio.h>
#include <linux/wait.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__)
#include "shim/arch/x86_64/arch.h"
#elif defined(__aarch64__)
#include "shim/arch/aarch64/arch.h"
#else
#error "no such architecture: see HACKING.md"
#endif

#define BK_CALL(nr, a, b, c, d, e, f) \
	bk_syscall(nr, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

#define BK_AT_CWD   (-100)
#define BK_PAGE     4096u		/* the unit of the shim's own layout; both architectures' smallest page */

/* asm/ and linux/ headers differ in where these are; values are ABI. */
#ifndef O_PATH
#define O_PATH 010000000
#endif
#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH 0x1000
#endif
#ifndef AT_SYMLINK_NOFOLLOW
#define AT_SYMLINK_NOFOLLOW 0x100
#endif

/* Newer than Debian 12's headers. */
#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS _IOW(SECCOMP_IOC_MAGIC, 4, __u64)	/* Linux 6.6 */
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#endif
/* linux/fs.h, Linux 6.11 */
struct bk_procmap_query {
	uint64_t size, query_flags, query_addr;
	uint64_t vma_start, vma_end, vma_flags, vma_page_size, vma_offset, inode;
	uint32_t dev_major, dev_minor, vma_name_size, build_id_size;
	uint64_t vma_name_addr, build_id_addr;
};
#define BK_PROCMAP_QUERY		_IOWR('f', 17, struct bk_procmap_query)
#define BK_PROCMAP_COVERING_OR_NEXT	0x10u
#define BK_PROCMAP_FILE_BACKED		0x20u

static inline long sys_read(int fd, void *p, size_t n) { return BK_CALL(__NR_read, fd, p, n, 0, 0, 0); }
static inline long sys_pread(int fd, void *p, size_t n, uint64_t at) { return BK_CALL(__NR_pread64, fd, p, n, at, 0, 0); }
static inline long sys_write(int fd, const void *p, size_t n) { return BK_CALL(__NR_write, fd, p, n, 0, 0, 0); }
static inline long sys_open(const char *path, int flags) { return BK_CALL(__NR_openat, BK_AT_CWD, path, flags, 0, 0, 0); }
/* Without a symbolic link on the way: -ELOOP where there is one, -ENOSYS before Linux 5.6. */
static inline long sys_open_straight(const char *path, int flags)
{
	struct open_how how = { .flags = (unsigned)flags, .resolve = RESOLVE_NO_SYMLINKS };

	return BK_CALL(__NR_openat2, BK_AT_CWD, path, &how, sizeof how, 0, 0);
}
static inline long sys_close(int fd) { return BK_CALL(__NR_close, fd, 0, 0, 0, 0, 0); }
static inline long sys_stat(const char *path, struct stat *st) { return BK_CALL(__NR_newfstatat, BK_AT_CWD, path, st, 0, 0, 0); }
static inline long sys_fstat(int fd, struct stat *st) { return BK_CALL(__NR_fstat, fd, st, 0, 0, 0, 0); }
static inline long sys_statfs(const char *path, struct statfs *st) { return BK_CALL(__NR_statfs, path, st, 0, 0, 0, 0); }
static inline long sys_readlink(const char *path, char *out, size_t n) { return BK_CALL(__NR_readlinkat, BK_AT_CWD, path, out, n, 0, 0); }
static inline long sys_readlink_at(int folder, const char *path, char *out, size_t n) { return BK_CALL(__NR_readlinkat, folder, path, out, n, 0, 0); }
static inline long sys_access(const char *path, int how) { return BK_CALL(__NR_faccessat, BK_AT_CWD, path, how, 0, 0, 0); }
/* The same of an open file (faccessat2, Linux 5.8). */
static inline long sys_access_open(int fd, int how) { return BK_CALL(439, fd, "", how, AT_EMPTY_PATH, 0, 0); }
static inline long sys_fcntl(int fd, int cmd, long arg) { return BK_CALL(__NR_fcntl, fd, cmd, arg, 0, 0, 0); }
static inline long sys_ioctl(int fd, unsigned long cmd, void *arg) { return BK_CALL(__NR_ioctl, fd, cmd, arg, 0, 0, 0); }
/* Files: files.c, resolve.c */
static inline long sys_openat(int dir, const char *path, int flags, unsigned mode) { return BK_CALL(__NR_openat, dir, path, flags, mode, 0, 0); }
static inline long sys_openat2(int dir, const char *path, const uint64_t how[3], size_t n) { return BK_CALL(__NR_openat2, dir, path, how, n, 0, 0); }
static inline long sys_fstatfs(int fd, struct statfs *st) { return BK_CALL(__NR_fstatfs, fd, st, 0, 0, 0, 0); }
static inline long sys_readlinkat(int dir, const char *path, char *out, size_t n) { return BK_CALL(__NR_readlinkat, dir, path, out, n, 0, 0); }
static inline long sys_mkdirat(int dir, const char *path, unsigned mode) { return BK_CALL(__NR_mkdirat, dir, path, mode, 0, 0, 0); }
static inline long sys_mknodat(int dir, const char *path, unsigned mode, unsigned long device) { return BK_CALL(__NR_mknodat, dir, path, mode, device, 0, 0); }
static inline long sys_symlinkat(const char *text, int dir, const char *path) { return BK_CALL(__NR_symlinkat, text, dir, path, 0, 0, 0); }
static inline long sys_unlinkat(int dir, const char *path, unsigned flags) { return BK_CALL(__NR_unlinkat, dir, path, flags, 0, 0, 0); }
static inline long sys_linkat(int from, const char *old, int to, const char *path, unsigned flags) { return BK_CALL(__NR_linkat, from, old, to, path, flags, 0); }
static inline long sys_renameat2(int from, const char *old, int to, const char *path, unsigned flags) { return BK_CALL(__NR_renameat2, from, old, to, path, flags, 0); }
static inline long sys_truncate(const char *path, uint64_t size) { return BK_CALL(__NR_truncate, path, size, 0, 0, 0, 0); }
static inline long sys_chmod(const char *path, unsigned mode) { return BK_CALL(__NR_fchmodat, BK_AT_CWD, path, mode, 0, 0, 0); }
static inline long sys_fchownat(int dir, const char *path, unsigned uid, unsigned gid, unsigned flags) { return BK_CALL(__NR_fchownat, dir, path, uid, gid, flags, 0); }
static inline long sys_utimensat(int dir, const char *path, const void *times, unsigned flags) { return BK_CALL(__NR_utimensat, dir, path, times, flags, 0, 0); }
static inline long sys_setxattr(const char *path, const char *name, const void *value, size_t n, int flags) { return BK_CALL(__NR_setxattr, path, name, value, n, flags, 0); }
static inline long sys_removexattr(const char *path, const char *name) { return BK_CALL(__NR_removexattr, path, name, 0, 0, 0, 0); }
static inline long sys_umask(unsigned mask) { return BK_CALL(__NR_umask, mask, 0, 0, 0, 0, 0); }
/* linux/landlock.h: the same numbers on every architecture. */
static inline long sys_landlock_create(const void *attr, size_t n, unsigned flags) { return BK_CALL(444, attr, n, flags, 0, 0, 0); }
static inline long sys_landlock_add(int ruleset, unsigned type, const void *attr) { return BK_CALL(445, ruleset, type, attr, 0, 0, 0); }
static inline long sys_landlock_restrict(int ruleset) { return BK_CALL(446, ruleset, 0, 0, 0, 0, 0); }
static inline void *sys_mmap(void *at, size_t n, int prot, int flags, int fd) { return (void *)BK_CALL(__NR_mmap, at, n, prot, flags, fd, 0); }
static inline long sys_munmap(uintptr_t at, size_t n) { return BK_CALL(__NR_munmap, at, n, 0, 0, 0, 0); }
static inline long sys_madvise(void *at, size_t n, int advice) { return BK_CALL(__NR_madvise, at, n, advice, 0, 0, 0); }
static inline long sys_execve(const char *path, char **argv, char **envp) { return BK_CALL(__NR_execve, path, argv, envp, 0, 0, 0); }
static inline long sys_wait(int pid, int *status, int options) { return BK_CALL(__NR_wait4, pid, status, options, 0, 0, 0); }
static inline long sys_kill(int pid, int sig) { return BK_CALL(__NR_kill, pid, sig, 0, 0, 0, 0); }
static inline long sys_getpid(void) { return BK_CALL(__NR_getpid, 0, 0, 0, 0, 0, 0); }
static inline long sys_getppid(void) { return BK_CALL(__NR_getppid, 0, 0, 0, 0, 0, 0); }
static inline long sys_geteuid(void) { return BK_CALL(__NR_geteuid, 0, 0, 0, 0, 0, 0); }
static inline long sys_getpgid(int pid) { return BK_CALL(__NR_getpgid, pid, 0, 0, 0, 0, 0); }
static inline long sys_setpgid(int pid, int pgid) { return BK_CALL(__NR_setpgid, pid, pgid, 0, 0, 0, 0); }
static inline long sys_prctl(int op, unsigned long a) { return BK_CALL(__NR_prctl, op, a, 0, 0, 0, 0); }
static inline long sys_ptrace(long op, int pid, unsigned long addr, unsigned long data) { return BK_CALL(__NR_ptrace, op, pid, addr, data, 0, 0); }
static inline long sys_seccomp(unsigned op, unsigned flags, void *arg) { return BK_CALL(__NR_seccomp, op, flags, arg, 0, 0, 0); }
static inline long sys_unshare(unsigned long flags) { return BK_CALL(__NR_unshare, flags, 0, 0, 0, 0, 0); }
static inline long sys_futex(void *word, int op, uint32_t value) { return BK_CALL(__NR_futex, word, op, value, 0, 0, 0); }
static inline long sys_futex_wait_ns(void *word, uint32_t value, long ns)
{
	struct __kernel_timespec limit = { 0, ns };

	return BK_CALL(__NR_futex, word, FUTEX_WAIT, value, &limit, 0, 0);
}
static inline long sys_sigmask(int how, const uint64_t *set, uint64_t *old) { return BK_CALL(__NR_rt_sigprocmask, how, set, old, 8, 0, 0); }
/* struct sigaction of the kernel: the default action. */
#define BK_NOCLDSTOP 1u			/* SA_NOCLDSTOP */
static inline long sys_sigdefault(int sig, uint64_t flags)
{
	uint64_t action[4] = { 0, flags, 0, 0 };

	return BK_CALL(__NR_rt_sigaction, sig, action, 0, 8, 0, 0);
}
/* arch/<arch>/start.S */
void bk_nothing(int sig);
void bk_sigreturn(void);
/* A handler that only makes a waiting call return -EINTR. */
static inline long sys_siginterrupt(int sig)
{
	struct { void (*handler)(int); uint64_t flags; void (*restorer)(void); uint64_t mask; } action = {
		bk_nothing, 0x04000000 /* SA_RESTORER */, bk_sigreturn, 0,
	};

	return BK_CALL(__NR_rt_sigaction, sig, &action, 0, 8, 0, 0);
}
static inline long sys_timer_create(int sig, int *timer)
{
	struct { uint64_t value; int signo, notify; uint64_t rest[6]; } event = { .signo = sig };	/* struct sigevent, SIGEV_SIGNAL */

	return BK_CALL(__NR_timer_create, 1 /* CLOCK_MONOTONIC */, &event, timer, 0, 0, 0);
}
/* Fires after ns and every ns after that; 0 disarms. */
static inline long sys_timer_set(int timer, long ns)
{
	long spec[4] = { 0, ns, 0, ns };	/* struct __kernel_itimerspec: interval, first */

	return BK_CALL(__NR_timer_settime, timer, 0, spec, 0, 0, 0);
}
static inline long sys_inotify_init(int flags) { return BK_CALL(__NR_inotify_init1, flags, 0, 0, 0, 0, 0); }
static inline long sys_inotify_add(int fd, const char *path, uint32_t mask) { return BK_CALL(__NR_inotify_add_watch, fd, path, mask, 0, 0, 0); }
static inline long sys_getdents(int fd, void *p, size_t n) { return BK_CALL(__NR_getdents64, fd, p, n, 0, 0, 0); }
static inline long sys_send(int fd, const void *p, size_t n, int flags) { return BK_CALL(__NR_sendto, fd, p, n, flags, 0, 0); }
static inline long sys_signalfd(const uint64_t *set) { return BK_CALL(__NR_signalfd4, -1, set, 8, SFD_CLOEXEC | SFD_NONBLOCK, 0, 0); }
static inline long sys_ppoll(struct pollfd *fds, unsigned n, const struct __kernel_timespec *limit) { return BK_CALL(__NR_ppoll, fds, n, limit, 0, 8, 0); }
static inline long sys_clock(int clock, struct __kernel_timespec *t) { return BK_CALL(__NR_clock_gettime, clock, t, 0, 0, 0, 0); }
static inline long sys_process_read(int pid, const struct iovec *local, const struct iovec *remote, unsigned n) { return BK_CALL(__NR_process_vm_readv, pid, local, n, remote, n, 0); }
static inline long sys_process_write(int pid, const struct iovec *local, const struct iovec *remote) { return BK_CALL(__NR_process_vm_writev, pid, local, 1, remote, 1, 0); }
static inline long sys_pidfd_getfd(int pidfd, int fd) { return BK_CALL(__NR_pidfd_getfd, pidfd, fd, 0, 0, 0, 0); }
/* Sockets: network.c, send.c, pending.c.  Numbers of asm-generic/socket.h. */
enum { BK_SO_TYPE = 3, BK_SO_ERROR = 4, BK_SO_SNDTIMEO = 21, BK_SO_DOMAIN = 39 };
static inline long sys_getsockopt_raw(int fd, int name, void *value, uint32_t *size) { return BK_CALL(__NR_getsockopt, fd, 1, name, value, size, 0); }
static inline long sys_getsockopt(int fd, int name, int *value) { uint32_t size = sizeof *value; return sys_getsockopt_raw(fd, name, value, &size); }
static inline long sys_connect(int fd, const void *address, uint32_t n) { return BK_CALL(__NR_connect, fd, address, n, 0, 0, 0); }
static inline long sys_bind(int fd, const void *address, uint32_t n) { return BK_CALL(__NR_bind, fd, address, n, 0, 0, 0); }
static inline long sys_listen(int fd, int backlog) { return BK_CALL(__NR_listen, fd, backlog, 0, 0, 0, 0); }
static inline long sys_accept(int fd, int flags) { return BK_CALL(__NR_accept4, fd, 0, 0, flags, 0, 0); }
static inline long sys_getsockname(int fd, void *address, uint32_t *n) { return BK_CALL(__NR_getsockname, fd, address, n, 0, 0, 0); }
static inline long sys_sendmsg(int fd, const void *message, unsigned flags) { return BK_CALL(__NR_sendmsg, fd, message, flags, 0, 0, 0); }
/* struct epoll_event, which is packed on x86-64 alone. */
#if defined(__x86_64__)
#define BK_EPOLL_PACKED __attribute__((packed))
#else
#define BK_EPOLL_PACKED
#endif
struct bk_event_slot { uint32_t events; uint64_t data; } BK_EPOLL_PACKED;
static inline long sys_socket(int family, int type, int protocol) { return BK_CALL(__NR_socket, family, type, protocol, 0, 0, 0); }
static inline long sys_sendto(int fd, const void *p, size_t n, int flags, const void *to, uint32_t size) { return BK_CALL(__NR_sendto, fd, p, n, flags, to, size); }
static inline long sys_recvfrom(int fd, void *p, size_t n, int flags, void *from, uint32_t *size) { return BK_CALL(__NR_recvfrom, fd, p, n, flags, from, size); }
static inline long sys_getrandom(void *p, size_t n) { return BK_CALL(__NR_getrandom, p, n, 1 /* GRND_NONBLOCK */, 0, 0, 0); }
static inline long sys_epoll_create(void) { return BK_CALL(__NR_epoll_create1, O_CLOEXEC, 0, 0, 0, 0, 0); }
static inline long sys_epoll_ctl(int set, int how, int fd, void *event) { return BK_CALL(__NR_epoll_ctl, set, how, fd, event, 0, 0); }
static inline long sys_epoll_wait(int set, void *events, int n, int limit) { return BK_CALL(__NR_epoll_pwait, set, events, n, limit, 0, 8); }
static inline long sys_pidfd_open_as(int pid, unsigned flags) { return BK_CALL(__NR_pidfd_open, pid, flags, 0, 0, 0, 0); }
static inline long sys_pidfd_open(int pid) { return BK_CALL(__NR_pidfd_open, pid, 0, 0, 0, 0, 0); }
_Noreturn static inline void sys_exit(int status)
{
	for (;;)
		BK_CALL(__NR_exit_group, status, 0, 0, 0, 0, 0);
}

/* arch/<arch>/start.S */
_Noreturn void bk_run_on(void *top, void (*run)(void *), void *arg);
long bk_clone(unsigned long flags, void *top, int *child_tid, void (*run)(void *), void *arg);

#endif
