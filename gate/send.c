/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sends that carry an address, and what is received where names are judged.  Headers and addresses are the gate's copies; data and control
 * messages stay where the caller has them: nothing is decided by them.
 */
#include "gate/network.h"

#define FASTOPEN     0x20000000u	/* MSG_FASTOPEN */
#define MESSAGES_MAX 1024u		/* UIO_MAXIOV, which bounds sendmmsg */
#define TRANSLATED   32u		/* messages of one recvmmsg whose address may be a resolver's */

/* As the system call has it: struct user_msghdr. */
struct message {
	uint64_t name;
	uint32_t name_size, unused;
	uint64_t parts, part_count, control, control_size;
	uint32_t flags, unused2;
};

/* struct mmsghdr */
struct numbered {
	struct message message;
	uint32_t sent, unused;
};

static bool answer(struct bk_frame *f, long result)
{
	f->number = result;
	return true;
}

/* udp_sendmsg takes an address without a family for IPv4 (net/ipv4/udp.c). */
static void complete_family(struct bk_peer *p)
{
	int domain = 0;

	if (p->size < 16 || p->bytes[0] || p->bytes[1] || sys_getsockopt(p->socket, BK_SO_DOMAIN, &domain) < 0 || domain != BK_INET)
		return;
	p->bytes[0] = BK_INET;
	p->error = bk_address_read(p->bytes, p->size, &p->address);
}

/* What cannot be read: the kernel looks first whether there is a socket. */
static long unreadable(int socket, long error)
{
	int type;
	long r = sys_getsockopt(socket, BK_SO_TYPE, &type);

	return r < 0 ? r : error;
}

static bool streams(int type)
{
	return type == BK_STREAM || type == BK_SEQPACKET;
}

/* Streams take no notice of addresses but to connect by one; asked only where it is one that could be refused for what it is. */
static bool is_ignored(struct bk_peer *p, unsigned flags)
{
	int type = 0, domain;

	if (!p->error && p->address.endpoint.family != BK_UNIX)
		return false;
	if (flags & FASTOPEN || sys_getsockopt(p->socket, BK_SO_TYPE, &type) < 0 || !streams(type))
		return false;
	return streams(bk_peer_own(p, &domain));	/* asked again of the one that the call will be made on */
}

static long judge(struct bk_peer *p, unsigned flags)
{
	if (is_ignored(p, flags))
		return 0;
	complete_family(p);
	return bk_peer_judge(p, false, flags & FASTOPEN ? "MSG_FASTOPEN" : NULL);
}

/* send() is this call without an address. */
bool bk_hook_sendto(struct bk_frame *f)
{
	struct bk_peer p;
	long error;

	if (!f->e)
		return false;
	error = bk_peer_read(&p, (int)f->a, (const void *)f->e, (uint64_t)f->f);
	if (error)
		error = unreadable((int)f->a, error);
	if (!error && p.size)
		error = judge(&p, (unsigned)f->d);
	f->number = error ? error : sys_sendto(p.socket, (const void *)f->b, (size_t)f->c, (int)f->d, p.bytes, p.size);
	bk_peer_close(&p);
	return true;
}

/* A header without an address is copied, too: the caller's could have one by the time that the kernel reads it. */
static long send_message(int socket, const void *header, unsigned flags)
{
	struct message m;
	struct bk_peer p = { .object = -1, .own = -1, .socket = socket };
	long error = bk_user_copy(header, &m, sizeof m);

	if (!error && m.name && (int32_t)m.name_size < 0)
		error = -EINVAL;
	if (error)
		return unreadable(socket, error);
	if (m.name && m.name_size) {
		/* cut, as the kernel does (net/socket.c, copy_msghdr_from_user) */
		error = bk_peer_read(&p, socket, (const void *)m.name, m.name_size < BK_SOCKADDR_MAX ? m.name_size : BK_SOCKADDR_MAX);
		error = error ? unreadable(socket, error) : judge(&p, flags);
		m.name = (uintptr_t)p.bytes;
		m.name_size = p.size;
	}
	if (!error)
		error = sys_sendmsg(p.socket, &m, flags);
	bk_peer_close(&p);
	return error;
}

bool bk_hook_sendmsg(struct bk_frame *f)
{
	return answer(f, send_message((int)f->a, (const void *)f->b, (unsigned)f->c));
}

/* The signal mask fills the last eight bytes, or the kernel says that nothing can be written there. */
static bool note_sent(struct numbered *n, uint32_t sent)
{
	uint32_t unused = *(volatile uint32_t *)&n->unused;

	if (BK_CALL(__NR_rt_sigprocmask, 0, 0, &n->sent, 8, 0, 0) < 0)
		return false;
	*(volatile uint32_t *)&n->sent = sent;
	*(volatile uint32_t *)&n->unused = unused;
	return true;
}

/* How many were sent is said where one was. */
bool bk_hook_sendmmsg(struct bk_frame *f)
{
	struct numbered *all = (struct numbered *)f->b;
	uint32_t count = (uint32_t)f->c < MESSAGES_MAX ? (uint32_t)f->c : MESSAGES_MAX, i = 0;
	long r = 0;

	while (i < count && r >= 0) {
		r = send_message((int)f->a, &all[i].message, (unsigned)f->d);
		if (r >= 0 && !note_sent(&all[i], (uint32_t)r))
			r = -EFAULT;
		i += r >= 0;
	}
	return answer(f, i ? (long)i : count ? r : unreadable((int)f->a, 0));
}

/* --- what is received ----------------------------------------------------------------------------------------------------------- */

/* Where the kernel has just written the address of a relay of the shim's, the caller is told that of its resolver. */
static void translate(uint8_t *name, uint32_t room, uint32_t size)
{
	struct bk_address a;
	uint8_t bytes[BK_SOCKADDR_MAX];
	uint32_t i;

	if (size < 16 || size > room || size > sizeof bytes)
		return;
	__builtin_memcpy(bytes, name, size);
	if (bk_address_read(bytes, size, &a) != 0 || (a.endpoint.family != BK_INET && a.endpoint.family != BK_INET6))
		return;
	i = bk_pins_relayed(&bk_gate.live->pins, &a.endpoint);
	if (i < BK_SERVERS && bk_address_write(&bk_gate.live->pins.server[i], bytes[0], bytes) == size)
		__builtin_memcpy(name, bytes, size);
}

bool bk_hook_recvfrom(struct bk_frame *f)
{
	uint32_t room = 0, *size = (uint32_t *)f->f;

	if (!f->e || bk_user_copy(size, &room, sizeof room) < 0)
		return false;
	f->number = sys_recvfrom((int)f->a, (void *)f->b, (size_t)f->c, (int)f->d, (void *)f->e, size);
	if (f->number >= 0)
		translate((uint8_t *)f->e, room, *(volatile uint32_t *)size);
	return true;
}

bool bk_hook_recvmsg(struct bk_frame *f)
{
	struct message *header = (struct message *)f->b, before;

	if (bk_user_copy(header, &before, sizeof before) < 0 || !before.name || !before.name_size)
		return false;
	f->number = BK_CALL(__NR_recvmsg, f->a, f->b, f->c, 0, 0, 0);
	if (f->number >= 0)
		translate((uint8_t *)before.name, before.name_size, *(volatile uint32_t *)&header->name_size);
	return true;
}

/* Where the kernel puts the addresses is remembered from before the call: another thread may change the headers. */
bool bk_hook_recvmmsg(struct bk_frame *f)
{
	struct numbered *all = (struct numbered *)f->b;
	struct { uint8_t *at; uint32_t room; } name[TRANSLATED];
	uint32_t count = (uint32_t)f->c < TRANSLATED ? (uint32_t)f->c : TRANSLATED;
	struct message before = { 0 };

	for (uint32_t i = 0; i < count; i++) {
		bool named = bk_user_copy(&all[i].message, &before, sizeof before) == 0 && before.name;

		name[i].at = (uint8_t *)before.name;
		name[i].room = named ? before.name_size : 0;
	}
	f->number = BK_CALL(__NR_recvmmsg, f->a, f->b, f->c, f->d, f->e, 0);
	for (uint32_t i = 0; i < count && (long)i < f->number; i++)
		translate(name[i].at, name[i].room, *(volatile uint32_t *)&all[i].message.name_size);
	return true;
}

bool bk_hook_getpeername(struct bk_frame *f)
{
	uint32_t room = 0, *size = (uint32_t *)f->c;

	if (bk_user_copy(size, &room, sizeof room) < 0)
		return false;
	f->number = BK_CALL(__NR_getpeername, f->a, f->b, f->c, 0, 0, 0);
	if (f->number == 0)
		translate((uint8_t *)f->b, room, *(volatile uint32_t *)size);
	return true;
}
