/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses as system calls hold them (struct sockaddr, bind(2), ip(7), ipv6(7), unix(7)) and as policies name them.
 *
 * One destination has several spellings.  Here it gets one: ::ffff:a.b.c.d (RFC 4291) is the IPv4 address a.b.c.d; 0.0.0.0 and ::, which
 * the kernel takes for the host itself, are 127.0.0.1 and ::1.  What a translator turns into IPv4 (64:ff9b::/96, RFC 6052; 2002::/16, RFC 3056)
 * stays IPv6, and rules are asked for both spellings.
 */
#ifndef BK_CORE_NETWORK_H
#define BK_CORE_NETWORK_H

#include "core/policy.h"

/* Linux numbers (bits/socket.h, netinet/in.h), which the uapi headers leave to a libc. */
enum {
	BK_UNIX = 1, BK_INET = 2, BK_INET6 = 10, BK_NETLINK = 16,
	BK_STREAM = 1, BK_DGRAM = 2, BK_RAW = 3, BK_SEQPACKET = 5,
};
/* bk_endpoint.family of a rule about raw sockets of IPv4 and IPv6: no family of the kernel's. */
#define BK_FAMILY_RAW 0xff00u

#define BK_SOCKADDR_MAX 128u		/* bytes: struct sockaddr_storage */

struct bk_address {
	struct bk_endpoint endpoint;	/* one spelling; port_low and port_high the port, prefix all bits */
	struct bk_text unix_name;	/* path as it was given, or '@' and the abstract name; in `name` */
	char name[BK_SOCKADDR_MAX + 1];	/* NUL-terminated; NULs of an abstract name as '@' */
};

/*
 * Reads `size` bytes of a sockaddr.  Returns 0, or the positive errno that the kernel has for it: EINVAL (too short, too long, a unix
 * address without a name), EAFNOSUPPORT (IPv4 behind another number).  AF_UNSPEC (0) is no error: family 0, which dissolves a connection.
 * Other families: only `family` is filled.
 */
int bk_address_read(const void *sockaddr, uint32_t size, struct bk_address *out);

/* Writes an address as one for a socket of `domain`, BK_INET or BK_INET6, which may hold an IPv4 address; its size. */
uint32_t bk_address_write(const struct bk_endpoint *e, int domain, uint8_t out[BK_SOCKADDR_MAX]);

/*
 * What a socket can do that is about to be made: BK_SOCKET_PLAIN connects by connect and sends by sendto, which are judged; routing netlink only
 * tells of this host.  Of BK_SOCKET_ABSENT the kernel connects by itself to what the peer names (MPTCP).  The same table for the kernel: filter.c.
 */
enum bk_socket_kind { BK_SOCKET_PLAIN, BK_SOCKET_JUDGED, BK_SOCKET_ABSENT };
enum bk_socket_kind bk_socket_kind(uint32_t family, uint32_t type, uint32_t protocol);

/* One spelling, see above. */
void bk_address_normalise(struct bk_endpoint *e);
/* The IPv4 address that a translator makes of an IPv6 address; false where there is none. */
bool bk_address_translated(const struct bk_endpoint *e, struct bk_endpoint *out);

/*
 * Addresses of metadata services (169.254.169.254, 169.254.170.2, 169.254.170.23, fd00:ec2::254, fd00:ec2::23, fd20:ce::254): credentials.  A rule
 * allows one only by naming that address alone, or the name metadata.google.internal, never by a wider prefix, a port or a pattern.
 */
bool bk_address_is_metadata(const struct bk_endpoint *e);
bool bk_name_is_metadata(struct bk_text domain);

/* Reads an address at the start of `text`, IPv6 with or without brackets; returns its length, 0 where there is none.  The port is 0. */
uint32_t bk_address_parse(struct bk_text text, struct bk_endpoint *out);

#define BK_ADDRESS_TEXT 48u
/* "10.0.0.1", "fd00:ec2::254" (RFC 5952); NUL-terminated; the length.  Other families: their name or number. */
uint32_t bk_address_text(const struct bk_endpoint *e, char out[BK_ADDRESS_TEXT]);

/* Families that are refused unless a rule lists them: "netlink", "packet", "vsock", "alg", "raw", ...; NULL: no name. */
const char *bk_family_name(uint32_t family);
/* The number of such a name, 0 where it is none. */
uint32_t bk_family_number(struct bk_text name);

/* Ports that stratum pools listen on by habit: 3333, 4444, 5555, 7777, 14433, 14444, 45700. */
bool bk_port_is_pool(uint32_t port);

#endif
