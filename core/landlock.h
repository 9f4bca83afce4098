/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Landlock (landlock(7)) is asked for.  Each kernel knows only the rights up to its own ABI and refuses a rule set with others:
 *
 *	ABI  Linux  what came with it, and whether it is asked for
 *	1    5.13   files: not used, since files could not be renamed from folder to folder
 *	2    5.19   REFER: yes; from here on files.write has a wall
 *	3    6.2    TRUNCATE: no, see shim/landlock.c
 *	4    6.7    BIND_TCP, CONNECT_TCP: yes
 *	5    6.10   IOCTL_DEV: no, no section is about it
 *	6    6.12   scopes: abstract unix sockets yes; signals no, a function may signal who shares its container
 *	7    6.15   what is logged of denials: as it comes
 *
 * Pure, as all of core: the ABI is an input.
 */
#ifndef BK_CORE_LANDLOCK_H
#define BK_CORE_LANDLOCK_H

#include "core/policy.h"

/* The rights by name (linux/landlock.h, which may be older than the kernel). */
enum {
	BK_FS_WRITE_FILE = 1 << 1, BK_FS_REMOVE_DIR = 1 << 4, BK_FS_REMOVE_FILE = 1 << 5, BK_FS_MAKE_CHAR = 1 << 6, BK_FS_MAKE_DIR = 1 << 7,
	BK_FS_MAKE_REG = 1 << 8, BK_FS_MAKE_FIFO = 1 << 10, BK_FS_MAKE_BLOCK = 1 << 11, BK_FS_MAKE_SYM = 1 << 12, BK_FS_REFER = 1 << 13,
	BK_NET_BIND_TCP = 1 << 0, BK_NET_CONNECT_TCP = 1 << 1,
	BK_SCOPE_ABSTRACT = 1 << 0,
};

/* What the caller wants walls for. */
#define BK_WALL_WRITE	 1u		/* files.write */
#define BK_WALL_CONNECT	 2u		/* TCP connections */
#define BK_WALL_BIND	 4u		/* TCP ports of its own */
#define BK_WALL_ABSTRACT 8u		/* abstract unix sockets of others */
#define BK_WALL_APART	 16u		/* nothing but to be apart: who is in a domain cannot trace, or open the memory of, who is not */

/* struct landlock_ruleset_attr. */
struct bk_landlock {
	uint64_t files, net, scoped;
};
/* Fills the masks of what is wanted and known to `abi`; returns the bytes of the structure that a kernel of it knows, 0 where nothing is left to handle. */
uint32_t bk_landlock_handled(uint32_t abi, uint32_t wanted, struct bk_landlock *out);

#define BK_LANDLOCK_PORTS 64u		/* that are said one by one; policies with more have no rules for TCP */
/*
 * The ports that network.connect lets TCP go to, for places where calls are judged and then let go.  Landlock knows no addresses: the ports of
 * all rules that allow an address or a domain, and with a domain 53, for answers that are too long for a datagram.  Returns how many; UINT32_MAX where ports cannot
 * say it: a rule without ports or with many, or a section that allows what no rule names.
 */
uint32_t bk_landlock_ports(const struct bk_policy *policy, uint16_t out[BK_LANDLOCK_PORTS]);

#endif
