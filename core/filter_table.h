/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of system calls that are not simply allowed; filter.c includes it once for the numbers and once for the names.
 *
 *	CALL(name, number on x86-64, on aarch64 (-1: none), what is looked at, errno, event?, technique)
 *
 * EPERM is what an unprivileged caller, or one in a container, is used to; ENOSYS where software has another way that it takes
 * on older kernels; EINVAL where the kernel says so without the feature.
 */

/* Judged by policy; `error` is for places without a listener. */
CALL(execve,              59, 221, EXEC,        ACCES, EVENT,  NONE)
CALL(execveat,           322, 281, EXEC,        ACCES, EVENT,  NONE)
CALL(mmap,                 9, 222, MAP,         ACCES, EVENT,  NONE)
CALL(mprotect,            10, 226, PROTECT,     ACCES, EVENT,  NONE)
CALL(pkey_mprotect,      329, 288, PROTECT,     ACCES, EVENT,  NONE)
CALL(shmat,               30, 196, SHMAT,       ACCES, EVENT,  NONE)

/*
 * Judged by policy, files.  What links or renames is also asked where only reading is judged: it gives a secret another name.  The newer
 * calls hold in memory what must be seen here, or are so new that every library has another way.
 */
CALL(open,                 2,  -1, OPEN,        ACCES, EVENT,  NONE)
CALL(openat,             257,  56, OPENAT,      ACCES, EVENT,  NONE)
CALL(openat2,            437, 437, NEWER,       NOSYS, SILENT, NONE)
CALL(creat,               85,  -1, WRITE,       ACCES, EVENT,  NONE)
CALL(truncate,            76,  45, WRITE,       ACCES, EVENT,  NONE)
CALL(mkdir,               83,  -1, WRITE,       ACCES, EVENT,  NONE)
CALL(mkdirat,            258,  34, WRITE,       ACCES, EVENT,  NONE)
CALL(mknod,              133,  -1, WRITE,       ACCES, EVENT,  NONE)
CALL(mknodat,            259,  33, WRITE,       ACCES, EVENT,  NONE)
CALL(symlink,             88,  -1, WRITE,       ACCES, EVENT,  NONE)
CALL(symlinkat,          266,  36, WRITE,       ACCES, EVENT,  NONE)
CALL(unlink,              87,  -1, WRITE,       ACCES, EVENT,  NONE)
CALL(unlinkat,           263,  35, WRITE,       ACCES, EVENT,  NONE)
CALL(rmdir,               84,  -1, WRITE,       ACCES, EVENT,  NONE)
CALL(link,                86,  -1, LINK,        ACCES, EVENT,  NONE)
CALL(linkat,             265,  37, LINK,        ACCES, EVENT,  NONE)
CALL(rename,              82,  -1, LINK,        ACCES, EVENT,  NONE)
CALL(renameat,           264,  38, LINK,        ACCES, EVENT,  NONE)
CALL(renameat2,          316, 276, LINK,        ACCES, EVENT,  NONE)
CALL(chmod,               90,  -1, WRITE,       ACCES, EVENT,  NONE)
CALL(fchmod,              91,  52, WRITE,       ACCES, EVENT,  NONE)
CALL(fchmodat,           268,  53, WRITE,       ACCES, EVENT,  NONE)
CALL(fchmodat2,          452, 452, WRITE,       ACCES, EVENT,  NONE)
CALL(chown,               92,  -1, WRITE,       ACCES, EVENT,  NONE)
CALL(lchown,              94,  -1, WRITE,       ACCES, EVENT,  NONE)
CALL(fchown,              93,  55, WRITE,       ACCES, EVENT,  NONE)
CALL(fchownat,           260,  54, WRITE,       ACCES, EVENT,  NONE)
CALL(utime,              132,  -1, WRITE,       ACCES, EVENT,  NONE)
CALL(utimes,             235,  -1, WRITE,       ACCES, EVENT,  NONE)
CALL(futimesat,          261,  -1, WRITE,       ACCES, EVENT,  NONE)
CALL(utimensat,          280,  88, WRITE,       ACCES, EVENT,  NONE)
CALL(setxattr,           188,   5, WRITE,       ACCES, EVENT,  NONE)
CALL(lsetxattr,          189,   6, WRITE,       ACCES, EVENT,  NONE)
CALL(fsetxattr,          190,   7, WRITE,       ACCES, EVENT,  NONE)
CALL(removexattr,        197,  14, WRITE,       ACCES, EVENT,  NONE)
CALL(lremovexattr,       198,  15, WRITE,       ACCES, EVENT,  NONE)
CALL(fremovexattr,       199,  16, WRITE,       ACCES, EVENT,  NONE)
CALL(setxattrat,         463, 463, NEWER,       NOSYS, SILENT, NONE)
CALL(removexattrat,      466, 466, NEWER,       NOSYS, SILENT, NONE)
CALL(file_setattr,       469, 469, NEWER,       NOSYS, SILENT, NONE)

/* Judged by policy, network. */
CALL(socket,              41, 198, SOCKET,      ACCES, EVENT,  NONE)
CALL(connect,             42, 203, CONNECT,     ACCES, EVENT,  NONE)
CALL(sendto,              44, 206, SENDTO,      ACCES, EVENT,  NONE)
CALL(recvfrom,            45, 207, RECVFROM,    ACCES, EVENT,  NONE)
CALL(recvmsg,             47, 212, RECVMSG,     ACCES, EVENT,  NONE)
CALL(sendmsg,             46, 211, CONNECT,     ACCES, EVENT,  NONE)
CALL(sendmmsg,           307, 269, CONNECT,     ACCES, EVENT,  NONE)
CALL(bind,                49, 200, LISTEN,      ACCES, EVENT,  NONE)
CALL(listen,              50, 201, LISTEN,      ACCES, EVENT,  NONE)

/* Other processes' memory, registers, descriptors. */
CALL(ptrace,             101, 117, NONE,        PERM,  EVENT,  INJECT)
CALL(process_vm_readv,   310, 270, NONE,        PERM,  EVENT,  INJECT)
CALL(process_vm_writev,  311, 271, NONE,        PERM,  EVENT,  INJECT)
CALL(process_madvise,    440, 440, NONE,        PERM,  EVENT,  INJECT)
CALL(kcmp,               312, 272, NONE,        PERM,  EVENT,  NONE)
CALL(pidfd_getfd,        438, 438, NONE,        PERM,  EVENT,  INJECT)

/*
 * Signals, limits and scheduling of the shim.  A descriptor of /proc/PID is a pidfd to pidfd_send_signal, so that who
 * is meant cannot be seen; Go tries it at start and takes kill where it fails, hence no event.
 */
CALL(kill,                62, 129, KILL,        PERM,  EVENT,  IMPAIR)
CALL(tkill,              200, 130, PID_FIRST,   PERM,  EVENT,  IMPAIR)
CALL(tgkill,             234, 131, PID_FIRST,   PERM,  EVENT,  IMPAIR)
CALL(rt_sigqueueinfo,    129, 138, PID_FIRST,   PERM,  EVENT,  IMPAIR)
CALL(rt_tgsigqueueinfo,  297, 240, PID_FIRST,   PERM,  EVENT,  IMPAIR)
CALL(pidfd_open,         434, 434, PID_FIRST,   PERM,  EVENT,  IMPAIR)
CALL(pidfd_send_signal,  424, 424, NONE,        NOSYS, SILENT, NONE)
CALL(setpgid,            109, 154, GROUP,       PERM,  EVENT,  IMPAIR)
CALL(fcntl,               72,  25, FCNTL,       PERM,  EVENT,  IMPAIR)
CALL(prlimit64,          302, 261, PRLIMIT,     PERM,  EVENT,  IMPAIR)
CALL(setrlimit,          160, 164, SETRLIMIT,   PERM,  SILENT, NONE)
CALL(sched_setparam,     142, 118, PID_FIRST,   PERM,  EVENT,  IMPAIR)
CALL(sched_setscheduler, 144, 119, PID_FIRST,   PERM,  EVENT,  IMPAIR)
CALL(sched_setaffinity,  203, 122, PID_FIRST,   PERM,  EVENT,  IMPAIR)
CALL(sched_setattr,      314, 274, PID_FIRST,   PERM,  EVENT,  IMPAIR)
CALL(setpriority,        141, 140, PID_SECOND,  PERM,  EVENT,  IMPAIR)
CALL(ioprio_set,         251,  30, PID_SECOND,  PERM,  EVENT,  IMPAIR)

/* The filter's own ground.  A kernel without seccomp answers EINVAL. */
CALL(prctl,              157, 167, PRCTL,       INVAL, EVENT,  IMPAIR)
CALL(seccomp,            317, 277, SECCOMP,     INVAL, EVENT,  IMPAIR)
CALL(personality,        135,  92, PERSONALITY, PERM,  EVENT,  IMPAIR)
/* libuv asks for a ring of 256 entries at each start of a loop, and does without one: no event for that. */
CALL(io_uring_setup,     425, 425, RING,        NOSYS, EVENT,  IMPAIR)
CALL(io_uring_enter,     426, 426, NONE,        NOSYS, EVENT,  IMPAIR)
CALL(io_uring_register,  427, 427, NONE,        NOSYS, EVENT,  IMPAIR)

/* Processes and namespaces.  clone3's flags are in memory; every libc takes clone where it is missing. */
CALL(clone3,             435, 435, NONE,        NOSYS, SILENT, NONE)
CALL(clone,               56, 220, CLONE,       PERM,  EVENT,  ESCAPE)
CALL(unshare,            272,  97, UNSHARE,     PERM,  EVENT,  ESCAPE)
CALL(setns,              308, 268, NONE,        PERM,  EVENT,  ESCAPE)

/* Mounts and roots. */
CALL(mount,              165,  40, NONE,        PERM,  EVENT,  ESCAPE)
CALL(umount2,            166,  39, NONE,        PERM,  EVENT,  ESCAPE)
CALL(open_tree,          428, 428, NONE,        PERM,  EVENT,  ESCAPE)
CALL(open_tree_attr,     467, 467, NONE,        PERM,  EVENT,  ESCAPE)
CALL(move_mount,         429, 429, NONE,        PERM,  EVENT,  ESCAPE)
CALL(fsopen,             430, 430, NONE,        PERM,  EVENT,  ESCAPE)
CALL(fsconfig,           431, 431, NONE,        PERM,  EVENT,  ESCAPE)
CALL(fsmount,            432, 432, NONE,        PERM,  EVENT,  ESCAPE)
CALL(fspick,             433, 433, NONE,        PERM,  EVENT,  ESCAPE)
CALL(mount_setattr,      442, 442, NONE,        PERM,  EVENT,  ESCAPE)
CALL(chroot,             161,  51, NONE,        PERM,  EVENT,  ESCAPE)
CALL(pivot_root,         155,  41, NONE,        PERM,  EVENT,  ESCAPE)
CALL(open_by_handle_at,  304, 265, NONE,        PERM,  EVENT,  ESCAPE)
CALL(fanotify_init,      300, 262, NONE,        PERM,  EVENT,  NONE)
CALL(acct,               163,  89, NONE,        PERM,  EVENT,  NONE)
CALL(swapon,             167, 224, NONE,        PERM,  EVENT,  NONE)
CALL(swapoff,            168, 225, NONE,        PERM,  EVENT,  NONE)
CALL(fanotify_mark,      301, 263, NONE,        PERM,  EVENT,  NONE)

/* The host's name and clock, where the function has the privilege.  (adjtimex also reads, and has in memory what it would set.) */
CALL(sethostname,        170, 161, NONE,        PERM,  EVENT,  NONE)
CALL(setdomainname,      171, 162, NONE,        PERM,  EVENT,  NONE)
CALL(settimeofday,       164, 170, NONE,        PERM,  EVENT,  NONE)
CALL(clock_settime,      227, 112, NONE,        PERM,  EVENT,  NONE)

/* The kernel itself. */
CALL(reboot,             169, 142, NONE,        PERM,  EVENT,  SHUTDOWN)
CALL(init_module,        175, 105, NONE,        PERM,  EVENT,  MODULE)
CALL(finit_module,       313, 273, NONE,        PERM,  EVENT,  MODULE)
CALL(delete_module,      176, 106, NONE,        PERM,  EVENT,  MODULE)
CALL(create_module,      174,  -1, NONE,        NOSYS, EVENT,  MODULE)	/* of kernels long gone, like _sysctl: between two that are refused */
CALL(_sysctl,            156,  -1, NONE,        NOSYS, EVENT,  NONE)
CALL(kexec_load,         246, 104, NONE,        PERM,  EVENT,  MODULE)
CALL(kexec_file_load,    320, 294, NONE,        PERM,  EVENT,  MODULE)
CALL(bpf,                321, 280, NONE,        PERM,  EVENT,  EXPLOIT)
CALL(perf_event_open,    298, 241, NONE,        ACCES, EVENT,  EXPLOIT)	/* as perf_event_paranoid does */
CALL(userfaultfd,        323, 282, NONE,        PERM,  EVENT,  EXPLOIT)
CALL(add_key,            248, 217, NONE,        PERM,  EVENT,  EXPLOIT)
CALL(request_key,        249, 218, NONE,        PERM,  EVENT,  EXPLOIT)
CALL(keyctl,             250, 219, NONE,        PERM,  EVENT,  EXPLOIT)
CALL(iopl,               172,  -1, NONE,        PERM,  EVENT,  EXPLOIT)
CALL(ioperm,             173,  -1, NONE,        PERM,  EVENT,  EXPLOIT)
CALL(modify_ldt,         154,  -1, NONE,        NOSYS, EVENT,  EXPLOIT)
CALL(uselib,             134,  -1, NONE,        NOSYS, EVENT,  EXPLOIT)	/* maps code without mmap */
CALL(remap_file_pages,   216, 234, NONE,        NOSYS, EVENT,  EXPLOIT)
CALL(ioctl,               16,  29, IOCTL,       PERM,  EVENT,  TERMINAL)
