/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses that answers gave for names, so that connections can be judged by name: kept by the shim, which relays the questions, and read
 * by the gate as well, in memory that only the shim can write (core/gate.h).
 *
 * One writer, many readers, no lock: `turn` is odd while something is written, and who reads looks again where it has changed meanwhile.
 */
#ifndef BK_CORE_PINS_H
#define BK_CORE_PINS_H

#include "core/decide.h"

#define BK_SERVERS    3u		/* MAXNS (resolv.h) */
#define BK_PINS     112u		/* addresses; the one that expires first makes room */
#define BK_PIN_NAME 120u		/* bytes of a name, its NUL included; addresses of longer ones are not kept */
#define BK_PIN_LEAST  60u		/* seconds that an address is kept at least, because libraries round short lives up ... */
#define BK_PIN_GRACE 300u		/* ... and seconds behind its end, because they keep what they use */

struct bk_pin {
	uint8_t  address[16];
	uint32_t until;			/* second of CLOCK_MONOTONIC; UINT32_MAX: for good (/etc/hosts); 0: free */
	uint32_t asked;			/* which answer it came with, counted: the latest is what a connect that follows is for */
	uint16_t family;
	char     name[BK_PIN_NAME];
};

struct bk_pins {
	uint32_t turn, answers;
	struct bk_endpoint server[BK_SERVERS];	/* the resolvers that the function was given, port 53; family 0: none */
	uint16_t relay_port[BK_SERVERS];	/* network order, on the loopback of the resolver's family; 0: no relay */
	struct bk_pin pin[BK_PINS];
};

/* Keeps an address for a name, `ttl` seconds from `now` (UINT32_MAX: for good).  Only the shim. */
void bk_pins_keep(struct bk_pins *pins, struct bk_endpoint address, struct bk_text name, uint32_t ttl, uint32_t now);
/* True where some address is kept for that name. */
bool bk_pins_know(const struct bk_pins *pins, struct bk_text name);

/*
 * The decision about an address with the names that it was answered for; the name that decided goes into `space` and r->path.  `pins` may
 * be NULL: by the address alone.  Uses little stack of its own: the gate runs on its callers'.
 */
struct bk_decision bk_pins_decide(const struct bk_pins *pins, const struct bk_policy *policy, struct bk_request *r, enum bk_mode least,
				  uint32_t now, struct bk_pin *space);

/* Index of the resolver with this address and port, of that whose relay has it; BK_SERVERS: none. */
uint32_t bk_pins_server(const struct bk_pins *pins, const struct bk_endpoint *e);
uint32_t bk_pins_relayed(const struct bk_pins *pins, const struct bk_endpoint *e);
/* Where the relay of a resolver listens. */
struct bk_endpoint bk_pins_relay(const struct bk_pins *pins, uint32_t server);

#endif
