/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sends that carry an address.  Data, address and descriptors are copied out of the caller's memory once, and what was judged is what is sent.
 * A message without an address goes the same way, because only its memory says that it has none; but for a stream socket, which
 * ignores addresses, of a caller with one thread, who cannot put another socket in its place.
 */
#include "shim/files.h"
#include "shim/network.h"

#define FASTOPEN   0x20000000u		/* MSG_FASTOPEN */
#define DONTWAIT   0x40u
#define NOSIGNAL   0x4000u
#define DATA_MAX   (sizeof ((struct bk_scratch *)0)->argv)
#define PARTS_MAX  (sizeof ((struct bk_scratch *)0)->pointers / (sizeof(struct iovec)))
#define RIGHTS_MAX 253u			/* SCM_MAX_FD (include/net/scm.h) */
#define MESSAGES_MAX 1024u		/* UIO_MAXIOV, which bounds sendmmsg */

/* As the system call has it: struct user_msghdr. */
struct message {
	uint64_t name;
	uint32_t name_size, unused;
	uint64_t parts, part_count, control, control_size;
	uint32_t flags, unused2;
};

/* One message to be sent, copied. */
struct outgoing {
	struct bk_peer peer;
	bool has_peer;
	size_t size, control_size;
	unsigned flags;
	int rights[RIGHTS_MAX];		/* the shim's duplicates of passed descriptors */
	uint32_t right_count;
	bool fault;			/* the data could not be read: whether the kernel comes to say so, it knows */
};

static uint8_t *control_of(struct bk_shim *s)
{
	return s->scratch->block;
}

/* --- judging and sending -------------------------------------------------------------------------------------------------------------- */

/* udp_sendmsg takes an address without a family for IPv4 (net/ipv4/udp.c). */
static void complete_family(struct bk_socket *k, struct bk_peer *p)
{
	if (p->size < 16 || p->bytes[0] || p->bytes[1] || bk_socket_domain(k) != BK_INET)
		return;
	p->bytes[0] = BK_INET;
	p->error = bk_address_read(p->bytes, p->size, &p->address);
}

/* Streams of the file system and sockets that are connected look at no address; one that is none is the kernel's to refuse. */
static bool is_looked_at(struct bk_socket *k, const struct outgoing *o)
{
	if (!o->has_peer || !bk_socket_streams(k))
		return o->has_peer;
	return bk_socket_domain(k) != BK_UNIX && (!o->peer.error || o->flags & FASTOPEN);
}

static long judge(struct bk_shim *s, const struct seccomp_notif *n, struct bk_socket *k, struct outgoing *o)
{
	long error;

	if (!is_looked_at(k, o))
		return 0;
	complete_family(k, &o->peer);
	error = bk_peer_judge(s, n, k, &o->peer, o->flags & FASTOPEN ? "MSG_FASTOPEN" : NULL);
	/* What connects by sending is not made here: callers go on with connect where it is missing. */
	return error ? error : o->flags & FASTOPEN ? -EOPNOTSUPP : 0;
}

static long send_copy(struct bk_shim *s, const struct bk_socket *k, struct outgoing *o)
{
	struct iovec part = { o->fault ? (void *)1 : s->scratch->argv, o->size };
	struct message m = {
		.name = o->has_peer ? (uintptr_t)o->peer.bytes : 0, .name_size = o->has_peer ? o->peer.size : 0, .parts = (uintptr_t)&part, .part_count = 1,
		.control = o->control_size ? (uintptr_t)control_of(s) : 0, .control_size = o->control_size,
	};

	return sys_sendmsg(k->fd, &m, o->flags | DONTWAIT | NOSIGNAL);
}

static bool waits(const struct bk_socket *k, const struct outgoing *o)
{
	return bk_socket_blocks(k) && !(o->flags & DONTWAIT);
}

/* The result for the caller; `answered`: it waits in a slot. */
static long make(struct bk_shim *s, const struct seccomp_notif *n, struct bk_socket *k, struct outgoing *o, bool *answered)
{
	long r = judge(s, n, k, o);

	if (r == 0 && o->peer.object >= 0 && !bk_same_rights(s, (int)n->pid))
		r = -EACCES;		/* its file may be open to us alone */
	if (r == 0 && !bk_notify_alive(s, n->id))
		r = -ESRCH;		/* what was read may have been another task's */
	if (r == 0)
		r = send_copy(s, k, o);
	if (r == -EPIPE && bk_socket_streams(k) && !(o->flags & NOSIGNAL))
		sys_kill((int)n->pid, SIGPIPE);
	if (r == -EAGAIN && waits(k, o) && answered)
		*answered = bk_pending_add(s, n, BK_PENDING_SEND, k, -1);
	return r;
}

/* --- copying ----------------------------------------------------------------------------------------------------------------------------- */

static void copy_data(struct bk_shim *s, int tid, uint64_t at, size_t size, struct outgoing *o, size_t have)
{
	if (size && bk_memory_read(tid, at, s->scratch->argv + have, size) != (long)size)
		o->fault = true;
}

/* A stream takes what there is room for, as a bare call may; a datagram is whole or is none. */
static long copy_parts(struct bk_shim *s, int tid, const struct message *m, bool stream, struct outgoing *o)
{
	struct iovec *parts = (struct iovec *)s->scratch->pointers;
	size_t count = m->part_count < PARTS_MAX ? m->part_count : PARTS_MAX;

	if (m->part_count > MESSAGES_MAX || (count < m->part_count && !stream))
		return -EMSGSIZE;
	if (count && bk_memory_read(tid, m->parts, parts, count * sizeof *parts) != (long)(count * sizeof *parts))
		return -EFAULT;
	for (size_t i = 0; i < count; i++) {
		size_t size = parts[i].iov_len, room = DATA_MAX - o->size;

		if ((int64_t)size < 0)
			return -EINVAL;
		if (size > room && !stream)
			return -EMSGSIZE;
		size = size < room ? size : room;
		copy_data(s, tid, (uintptr_t)parts[i].iov_base, size, o, o->size);
		o->size += size;
	}
	return 0;
}

/* Descriptors that are passed on are the caller's numbers: each becomes a duplicate of the shim's own. */
static long take_rights(int tid, uint8_t *at, size_t size, struct outgoing *o)
{
	int pidfd = (int)sys_pidfd_open_as(tid, 0200), fd = 0;

	if (pidfd == -EINVAL)
		pidfd = (int)sys_pidfd_open(tid);
	for (size_t i = 0; pidfd >= 0 && fd >= 0 && i + 4 <= size; i += 4) {
		int number;

		__builtin_memcpy(&number, at + i, 4);
		fd = o->right_count < RIGHTS_MAX ? (int)sys_pidfd_getfd(pidfd, number) : -EINVAL;
		if (fd < 0)
			break;
		o->rights[o->right_count++] = fd;
		__builtin_memcpy(at + i, &fd, 4);
	}
	if (pidfd >= 0)
		sys_close(pidfd);
	return pidfd < 0 ? pidfd : fd < 0 ? fd : 0;
}

/* struct cmsghdr: size_t length, int level, int type; each begins at a multiple of eight (cmsg(3)). */
static long copy_control(struct bk_shim *s, int tid, struct bk_socket *k, const struct message *m, struct outgoing *o)
{
	uint8_t *at = control_of(s);
	uint64_t length = 0;
	long error = 0;

	if (!m->control || !m->control_size)
		return 0;
	if (m->control_size > sizeof s->scratch->block)
		return -ENOBUFS;
	if (bk_memory_read(tid, m->control, at, m->control_size) != (long)m->control_size)
		return -EFAULT;
	o->control_size = m->control_size;
	for (size_t i = 0; i + 16 <= o->control_size && !error; i += (length + 7) & ~7ULL) {
		int level, type;

		__builtin_memcpy(&length, at + i, 8);
		__builtin_memcpy(&level, at + i + 8, 4);
		__builtin_memcpy(&type, at + i + 12, 4);
		if (length < 16 || length > o->control_size - i)
			return -EINVAL;
		if (bk_socket_domain(k) != BK_UNIX && k->domain != BK_NETLINK)
			continue;		/* nobody else takes either of the two */
		if (level == 1 /* SOL_SOCKET */ && type == 1 /* SCM_RIGHTS */ && k->domain == BK_UNIX)
			error = take_rights(tid, at + i + 16, length - 16, o);
		else if (level == 1 && type == 2 /* SCM_CREDENTIALS */)
			error = -EPERM;		/* they would be the shim's */
	}
	return error;
}

static void forget(struct outgoing *o)
{
	for (uint32_t i = 0; i < o->right_count; i++)
		sys_close(o->rights[i]);
	bk_peer_close(&o->peer);
}

/* --- the calls ----------------------------------------------------------------------------------------------------------------------------- */

static bool one_thread(int tid)
{
	char path[64];
	struct stat st;

	return sys_stat(bk_proc(path, tid, "/task"), &st) == 0 && st.st_nlink == 3;
}

static long sendto(struct bk_shim *s, const struct seccomp_notif *n, struct bk_socket *k, bool *answered)
{
	const __u64 *a = n->data.args;
	struct outgoing o = { .has_peer = true, .size = a[2], .flags = (unsigned)a[3] };
	long r = bk_peer_read(n, a[4], a[5], &o.peer);

	if (!r && o.size > DATA_MAX) {
		r = bk_socket_streams(k) ? 0 : -EMSGSIZE;
		o.size = DATA_MAX;
	}
	/* Without a size sockets of IP refuse the address, and others take it for none. */
	o.has_peer = o.peer.size || bk_socket_domain(k) == BK_INET || k->domain == BK_INET6;
	copy_data(s, (int)n->pid, a[1], r ? 0 : o.size, &o, 0);
	if (!r)
		r = make(s, n, k, &o, answered);
	forget(&o);
	return r;
}

static long send_message(struct bk_shim *s, const struct seccomp_notif *n, struct bk_socket *k, const struct message *m, unsigned flags, bool *answered)
{
	struct outgoing o = { .flags = flags, .peer.object = -1, .has_peer = m->name && m->name_size };
	long r = o.has_peer ? bk_peer_read(n, m->name, m->name_size, &o.peer) : 0;

	if (r == -EINVAL && m->name_size <= INT32_MAX)
		r = bk_peer_read(n, m->name, BK_SOCKADDR_MAX, &o.peer);	/* cut, as the kernel does (net/socket.c, copy_msghdr_from_user) */
	if (!r)
		r = copy_parts(s, (int)n->pid, m, bk_socket_streams(k), &o);
	if (!r)
		r = copy_control(s, (int)n->pid, k, m, &o);
	if (!r)
		r = make(s, n, k, &o, answered);
	forget(&o);
	return r;
}

static long sendmsg(struct bk_shim *s, const struct seccomp_notif *n, struct bk_socket *k, bool *answered)
{
	struct message m;

	if (bk_memory_read((int)n->pid, n->data.args[1], &m, sizeof m) != sizeof m)
		return -EFAULT;
	return send_message(s, n, k, &m, (unsigned)n->data.args[2], answered);
}

/* How many were sent is said where one was; each one's bytes are written behind its header (struct mmsghdr). */
static long sendmmsg(struct bk_shim *s, const struct seccomp_notif *n, struct bk_socket *k, bool *answered)
{
	uint32_t count = (uint32_t)n->data.args[2] < MESSAGES_MAX ? (uint32_t)n->data.args[2] : MESSAGES_MAX;

	for (uint32_t i = 0; i < count; i++) {
		uint64_t at = n->data.args[1] + i * 64ULL;
		struct message m;
		long r = bk_memory_read((int)n->pid, at, &m, sizeof m) == sizeof m ? 0 : -EFAULT;

		if (!r)
			r = send_message(s, n, k, &m, (unsigned)n->data.args[3], i ? NULL : answered);
		if (r < 0)
			return i ? (long)i : r;
		uint32_t sent = (uint32_t)r;
		bk_memory_write((int)n->pid, at + 56, &sent, sizeof sent);
	}
	return (long)count;
}

void bk_send_notified(struct bk_shim *s, const struct seccomp_notif *n)
{
	bool answered = false, to = n->data.nr == __NR_sendto;
	struct bk_socket k;
	long r = bk_socket_of(s, (int)n->pid, (int)n->data.args[0], &k);

	if (!r && !to && bk_socket_streams(&k) && !((unsigned)n->data.args[n->data.nr == __NR_sendmsg ? 2 : 3] & FASTOPEN) && one_thread((int)n->pid)) {
		bk_socket_close(&k);
		bk_notify_answer(s, n->id, 0);
		return;
	}
	if (r)
		r = r == -EPERM ? -EACCES : r;
	else if (to)
		r = sendto(s, n, &k, &answered);
	else
		r = (n->data.nr == __NR_sendmsg ? sendmsg : sendmmsg)(s, n, &k, &answered);
	bk_socket_close(&k);
	if (!answered)
		bk_notify_result(s, n->id, r);
}

int bk_send_check(struct bk_shim *s, const struct seccomp_notif *n)
{
	bool many = n->data.nr == __NR_sendmmsg;
	uint64_t at = n->data.args[1], step = sizeof(struct message) + (many ? 8 : 0);
	uint32_t count = !many ? 1 : (uint32_t)n->data.args[2] < MESSAGES_MAX ? (uint32_t)n->data.args[2] : MESSAGES_MAX;
	struct bk_socket k = { .fd = -1 };
	int error = 0;

	for (; count && !error; count--, at += step) {
		struct bk_peer p = { .object = -1 };
		struct message m;

		if (bk_memory_read((int)n->pid, at, &m, sizeof m) != sizeof m)
			break;
		if (m.name && m.name_size && bk_peer_read(n, m.name, m.name_size, &p) == 0 && !p.error)
			error = bk_peer_judge(s, n, &k, &p, NULL);
		bk_peer_close(&p);
	}
	return error;
}
