/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names under the notify mechanism.  The resolver that counts is the one that the function was given: the nameserver lines of /etc/resolv.conf at its
 * start.  A datagram socket that connects or sends to it is led to a relay of the shim's on the loopback instead, which asks the policy for the
 * name, asks the resolver in the caller's place, keeps the addresses of the answer, and hands it on; recvfrom and recvmsg then tell the
 * resolver's address as the sender's.  So connect can be allowed by name: to an address that the answer for that name gave, and to no other.
 *
 * Memory: the first page of struct bk_names is touched by the first name, a further one by each 28 addresses.  Only policies with a domain, or that
 * learn, have it.
 *
 * A stream socket that connects to the resolver is led the same way, see streams.c.
 *
 * What differs from a bare call: getpeername of such a socket tells the relay.
 */
#ifndef BK_SHIM_NAMES_H
#define BK_SHIM_NAMES_H

#include "core/dns.h"
#include "core/pins.h"
#include "shim/network.h"

#define BK_QUERIES   64u		/* under way; the oldest is forgotten, and its client asks again */

struct bk_query {
	uint16_t id, client_id;		/* towards the resolver, towards the client */
	uint16_t client_port;		/* network order; the address is the loopback */
	uint8_t  server, used;
	uint32_t question;		/* hash of name, type and class */
};

#define BK_STREAMS	8u		/* conversations over TCP; the oldest is ended for one more */
#define BK_STREAM_ASKED 8u		/* questions of each that wait for an answer; further ones wait to be read */

struct bk_asked {
	uint16_t id, used;
	uint32_t question;
};

struct bk_stream {
	int32_t  client, upstream;	/* descriptors */
	uint32_t born;			/* counted; 0: free */
	uint8_t  server;
	bool	 connected, ended;	/* the resolver is; the client has said all */
	struct bk_asked asked[BK_STREAM_ASKED];
};

struct bk_names {
	struct bk_pins *pins;		/* `own`, or where the gate sees them */
	int      relay[BK_SERVERS], upstream[BK_SERVERS], listener[BK_SERVERS];	/* descriptors; -1: not made yet */
	uint32_t next_query;
	uint32_t wild_since, wild;	/* second; new names below a wildcard since then */
	struct bk_pin decided;		/* whose name decided last */
	struct bk_query query[BK_QUERIES];
	struct bk_pins own;
	uint32_t streams;		/* how many there have been */
	struct bk_stream stream[BK_STREAMS];
};

/* Reads /etc/resolv.conf and /etc/hosts, where the policy has names or learns. */
void bk_names_start(struct bk_shim *s);
/* True where the filter must notify what receives. */
bool bk_names_wanted(const struct bk_shim *s);

/* Is this datagram or connection for the resolver?  Then `p` becomes the relay's address for a socket of this domain; false where there is none. */
bool bk_names_lead(struct bk_shim *s, struct bk_socket *k, struct bk_peer *p);
/* recvfrom with an address, recvmsg. */
void bk_names_received(struct bk_shim *s, const struct seccomp_notif *n);
/* Something came on the descriptor that was put into s->events with this number. */
void bk_names_ready(struct bk_shim *s, uint64_t data, uint32_t events);
#define BK_NAMES_RELAY    0x10000u	/* plus the server's index */
#define BK_NAMES_UPSTREAM 0x20000u
#define BK_NAMES_LISTENER 0x30000u
#define BK_NAMES_STREAM	  0x40000u	/* plus twice the conversation's index and 1 for its end at the resolver; the high half says which it is */

/* Makes the relay of every resolver and moves the pins to where the gate sees them. */
void bk_names_share(struct bk_shim *s, struct bk_pins *pins);
/* Keeps an address for a name (names.c). */
void bk_names_pin(struct bk_shim *s, struct bk_endpoint e, struct bk_text name, uint32_t ttl);
/* The decision about an address with the names that it was answered for; the name that decided goes into r->path. */
struct bk_decision bk_names_decide(struct bk_shim *s, struct bk_request *r);

#endif
