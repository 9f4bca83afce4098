/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections and listening, judged from inside.  The address is copied once, and the kernel gets that copy: another thread that rewrites the
 * caller's cannot change what was judged.  The gate makes the call itself, on the caller's stack, so that it waits, is interrupted and begins
 * again as without it; a thread that is cancelled while it waits there ends at its next cancellation point where the C library looks at the
 * address of the instruction (musl, glibc from 2.41 on).
 */
#ifndef BK_GATE_NETWORK_H
#define BK_GATE_NETWORK_H

#include "core/network.h"
#include "gate/gate.h"

/* A destination, as the caller gave it, and what it leads to. */
struct bk_peer {
	struct bk_address address;
	uint8_t bytes[BK_SOCKADDR_MAX];	/* the gate's copy, which the kernel gets */
	uint32_t size;
	int error;			/* of bk_address_read(), positive */
	int socket, own;		/* what the call is to be made on; own: a duplicate that no other thread knows, -1: none */
	int object;			/* unix path: O_PATH descriptor of what is there; -1: none */
	struct bk_work *work;		/* where its canonical path is; NULL: none */
};
/* Copies an address for a call on `socket`; 0 or -errno as the kernel says it.  bk_peer_close() afterwards. */
long bk_peer_read(struct bk_peer *p, int socket, const void *address, uint64_t size);
/* Judges the destination, writes the event.  0 or -errno; a question to the resolver is led to the shim's relay. */
long bk_peer_judge(struct bk_peer *p, bool connects, const char *note);
void bk_peer_close(struct bk_peer *p);
/* Makes p->socket a duplicate that no other thread knows; its type, or -errno. */
int bk_peer_own(struct bk_peer *p, int *domain);

#endif
