/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The network under the notify mechanism.  The shim makes each judged call itself, on a duplicate of the socket (pidfd_getfd(2)) and with its own
 * copy of the address, so that neither another thread that rewrites the address nor one that puts another socket in its place can make the
 * decided call another one:
 *
 *	network   connect, bind, listen, socket: gathering, judging, making
 *	send      sendto with an address, sendmsg, sendmmsg
 *	pending   calls that block: the shim never does, the caller waits in its notification
 *
 * What of a bare call differs: SO_PEERCRED of a unix connection names the shim's process id; O_NONBLOCK of a blocking stream socket is set for
 * the microseconds of the connect call, which another thread that asks for the flags of that very socket just then could see.  Where pidfd_getfd is
 * refused calls are judged and let go, and the start event says `detected`.
 */
#ifndef BK_SHIM_NETWORK_H
#define BK_SHIM_NETWORK_H

#include "core/network.h"
#include "shim/notify.h"

/* A socket of the caller, held by a descriptor of the shim's own. */
struct bk_socket {
	int fd;				/* -1: none */
	int domain, type;		/* AF_*, 0 until bk_socket_domain() was asked, and where it could not be duplicated; SOCK_* */
	int flags;			/* of F_GETFL */
};
/* Returns 0, or the errno to answer, negative: -EBADF, -ENOTSOCK; -EPERM where the process cannot be looked into. */
int bk_socket_of(struct bk_shim *s, int tid, int descriptor, struct bk_socket *out);
/*
 * Before the call is answered, always: behind the answer the caller may close the socket, and what that means (the connection's end, a free port) would
 * come only when the shim runs again; and that work would delay the next call.
 */
void bk_socket_close(struct bk_socket *k);
/* AF_*; 0 where there is no socket.  Asked for once, and only where it matters: it does not for an address that is allowed. */
int bk_socket_domain(struct bk_socket *k);
static inline bool bk_socket_streams(const struct bk_socket *k) { return k->type == BK_STREAM || k->type == BK_SEQPACKET; }
static inline bool bk_socket_blocks(const struct bk_socket *k) { return !(k->flags & O_NONBLOCK); }

/* Is the standard input or output of a task a socket of the network? */
bool bk_network_stdio(struct bk_shim *s, int tid);

/* An address as the caller gave it, and what it leads to. */
struct bk_peer {
	struct bk_address address;
	uint8_t bytes[BK_SOCKADDR_MAX];	/* the shim's copy, which the kernel gets */
	uint32_t size;
	int error;			/* errno of an address that cannot be read; 0 */
	int object;			/* unix path: O_PATH descriptor of what is there; -1: none */
};
/* Copies an address out of the caller's memory; 0, -EINVAL or -EFAULT as the kernel says it before it looks at the address. */
int bk_peer_read(const struct seccomp_notif *n, uint64_t at, uint64_t size, struct bk_peer *out);
/* Judges a destination; writes the event.  Returns 0, or -errno: -EACCES where it is refused, what the kernel would say of a unix path. */
int bk_peer_judge(struct bk_shim *s, const struct seccomp_notif *n, struct bk_socket *k, struct bk_peer *p, const char *note);
/* An address of another kind than the socket's: the kernel refuses it before it looks further, each socket with an errno of its own. */
bool bk_peer_foreign(struct bk_socket *k, const struct bk_peer *p);
void bk_peer_close(struct bk_peer *p);

/* Answers a call of BK_JOB_NETWORK. */
void bk_network_notified(struct bk_shim *s, const struct seccomp_notif *n);
/* sendto, sendmsg, sendmmsg (send.c). */
void bk_send_notified(struct bk_shim *s, const struct seccomp_notif *n);
/* Judges the addresses of a sendmsg or sendmmsg as they are before the call; 0 or -errno. */
int bk_send_check(struct bk_shim *s, const struct seccomp_notif *n);

/* --- pending ----------------------------------------------------------------------------------------------------------------- */

/* Slots of two pages' memory; with more calls waiting at once there is one more mapping until they are fewer again. */
#define BK_PENDING_OWN 64u
#define BK_PENDING_MAX 1024u		/* the next blocking call fails with EAGAIN */

enum bk_pending_kind {
	BK_PENDING_FREE,
	BK_PENDING_CONNECT,		/* until the connection stands or failed */
	BK_PENDING_SEND,		/* until there is room: then EINTR, which sends the caller round again */
	BK_PENDING_UNIX			/* the listener's queue is full: tried again by the clock */
};

struct bk_pending {
	uint64_t id;			/* of the notification */
	int32_t  tid, fd;		/* fd: the duplicate, owned */
	uint32_t deadline;		/* milliseconds of CLOCK_MONOTONIC by which the caller wants an answer (SO_SNDTIMEO); 0: never */
	int16_t  object;		/* BK_PENDING_UNIX: O_PATH descriptor of the socket's file, owned */
	uint8_t  kind;			/* enum bk_pending_kind */
};

/* Keeps a call waiting; takes over k->fd (and `object`).  False where there is no room. */
bool bk_pending_add(struct bk_shim *s, const struct seccomp_notif *n, enum bk_pending_kind kind, struct bk_socket *k, int object);
/* Forgets what a task waited for that is gone. */
void bk_pending_gone(struct bk_shim *s, int tid);
/* Something happened on s->events: answers what is done. */
void bk_pending_ready(struct bk_shim *s);
/* By the clock, every BK_PENDING_TICK_NS while something waits: time limits, signals for the callers, callers that are gone. */
void bk_pending_tick(struct bk_shim *s);
#define BK_PENDING_TICK_NS 20000000L

#endif
