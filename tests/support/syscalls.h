/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers of system calls by name, from the kernel's own headers: what the filter's table is checked against. */
#ifndef BK_TESTS_SYSCALLS_H
#define BK_TESTS_SYSCALLS_H

/* Calls of both machines that tests name. */
#define SYSCALLS(X) \
	X(execve) X(execveat) X(mmap) X(mprotect) X(pkey_mprotect) X(shmat) X(ptrace) X(process_vm_readv) X(process_vm_writev) \
	X(process_madvise) X(kcmp) X(pidfd_getfd) X(kill) X(tkill) X(tgkill) X(rt_sigqueueinfo) X(rt_tgsigqueueinfo) X(pidfd_open) \
	X(pidfd_send_signal) X(setpgid) X(fcntl) X(prlimit64) X(setrlimit) X(sched_setparam) X(sched_setscheduler) \
	X(sched_setaffinity) X(sched_setattr) X(setpriority) X(ioprio_set) X(prctl) X(seccomp) X(personality) X(io_uring_setup) \
	X(io_uring_enter) X(io_uring_register) X(clone3) X(clone) X(unshare) X(setns) X(mount) X(umount2) X(open_tree) \
	X(move_mount) X(fsopen) X(fsconfig) X(fsmount) X(fspick) X(mount_setattr) X(chroot) X(pivot_root) X(open_by_handle_at) \
	X(fanotify_init) X(fanotify_mark) X(sethostname) X(setdomainname) X(settimeofday) X(clock_settime) \
	X(acct) X(swapon) X(swapoff) X(reboot) X(init_module) X(finit_module) X(delete_module) X(kexec_load) \
	X(kexec_file_load) X(bpf) X(perf_event_open) X(userfaultfd) X(add_key) X(request_key) X(keyctl) X(remap_file_pages) X(ioctl) \
	X(read) X(openat) X(openat2) X(truncate) X(mkdirat) X(mknodat) X(symlinkat) X(unlinkat) X(linkat) X(renameat) X(renameat2) X(fchmod) \
	X(fchmodat) X(fchown) X(fchownat) X(utimensat) X(setxattr) X(lsetxattr) X(fsetxattr) X(removexattr) X(lremovexattr) X(fremovexattr) \
	X(close) X(futex) X(socket) X(connect) X(sendto) X(recvfrom) X(recvmsg) X(sendmsg) X(sendmmsg) X(bind) X(listen)
/* Calls that only x86-64 has. */
#define SYSCALLS_X86_64(X) X(open) X(creat) X(mkdir) X(mknod) X(symlink) X(unlink) X(rmdir) X(link) X(rename) X(chmod) X(chown) X(lchown) \
	X(utime) X(utimes) X(futimesat) X(iopl) X(ioperm) X(modify_ldt) X(uselib) X(create_module) X(_sysctl)

/* Calls younger than Debian's headers; one number on all machines. */
#define SYSCALLS_YOUNG(X) X(fchmodat2, 452) X(setxattrat, 463) X(removexattrat, 466) X(open_tree_attr, 467) X(file_setattr, 469)
int syscall_number_young(const char *name);

/* -1 where the machine has no such call, or this host has no header for it. */
int syscall_number_x86_64(const char *name);
int syscall_number_generic(const char *name);	/* aarch64 and every younger machine */

#endif
