/* SPDX-License-Identifier: Apache-2.0 */
#include "core/pins.h"
#include "core/network.h"

#define LOOKS 1000u			/* at a pin that is being written; the writer needs less than a microsecond */

/* --- keeping ------------------------------------------------------------------------------------------------------------------- */

static bool is_of(const struct bk_pin *p, const struct bk_endpoint *e)
{
	return p->until && p->family == e->family && __builtin_memcmp(p->address, e->address, 16) == 0;
}

static struct bk_pin *place_for(struct bk_pins *pins, const struct bk_endpoint *e, struct bk_text name)
{
	struct bk_pin *first = &pins->pin[0];

	for (uint32_t i = 0; i < BK_PINS; i++) {
		struct bk_pin *p = &pins->pin[i];

		if (!p->until || (is_of(p, e) && bk_text_equal(bk_text_of(p->name), name)))
			return p;	/* they are filled from the front: behind a free one there is none */
		if (p->until < first->until)
			first = p;
	}
	return first;
}

static void turn(struct bk_pins *pins)
{
	__atomic_store_n(&pins->turn, pins->turn + 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

void bk_pins_keep(struct bk_pins *pins, struct bk_endpoint e, struct bk_text name, uint32_t ttl, uint32_t now)
{
	uint32_t life = ttl < BK_PIN_LEAST ? BK_PIN_LEAST : ttl > 86400 ? 86400 : ttl;
	struct bk_pin *p;

	if (!name.len || name.len >= BK_PIN_NAME)
		return;
	bk_address_normalise(&e);
	p = place_for(pins, &e, name);
	turn(pins);
	*p = (struct bk_pin){ .until = ttl == UINT32_MAX ? ttl : now + life + BK_PIN_GRACE, .family = e.family, .asked = ++pins->answers };
	__builtin_memcpy(p->address, e.address, 16);
	__builtin_memcpy(p->name, name.at, name.len);
	turn(pins);
}

bool bk_pins_know(const struct bk_pins *pins, struct bk_text name)
{
	for (uint32_t i = 0; i < BK_PINS && pins->pin[i].until; i++)
		if (bk_text_equal(bk_text_of(pins->pin[i].name), name))
			return true;
	return false;
}

/* --- deciding -------------------------------------------------------------------------------------------------------------------- */

/* A copy of what is not being written; false where there is none to be had. */
static bool copy(const struct bk_pins *pins, uint32_t i, struct bk_pin *to)
{
	for (uint32_t look = 0; look < LOOKS; look++) {
		uint32_t before = __atomic_load_n(&pins->turn, __ATOMIC_ACQUIRE);

		__builtin_memcpy(to, &pins->pin[i], sizeof *to);
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		if (!(before & 1) && __atomic_load_n(&pins->turn, __ATOMIC_RELAXED) == before)
			return true;
	}
	return false;
}

/* Better for the caller: allowed, then let go with an event. */
static bool is_milder(enum bk_verdict a, enum bk_verdict b)
{
	return bk_stops(b) ? !bk_stops(a) : a == BK_ALLOWED && b != BK_ALLOWED;
}

/* What the address is pinned to, in order; BK_PINS: nothing further. */
static uint32_t next_of(const struct bk_pins *pins, uint32_t i, const struct bk_endpoint *e, uint32_t now, struct bk_pin *space)
{
	while (i < BK_PINS && pins->pin[i].until && !(is_of(&pins->pin[i], e) && copy(pins, i, space) && is_of(space, e) && space->until > now))
		i++;
	return i < BK_PINS && pins->pin[i].until ? i : BK_PINS;
}

struct bk_decision bk_pins_decide(const struct bk_pins *pins, const struct bk_policy *policy, struct bk_request *r, enum bk_mode least,
				  uint32_t now, struct bk_pin *space)
{
	struct bk_decision best = bk_decide(policy, r, least), d;
	struct bk_text own = r->path;
	uint32_t latest = 0, chosen = BK_PINS;

	for (uint32_t i = pins ? next_of(pins, 0, r->endpoint, now, space) : BK_PINS; i < BK_PINS; i = next_of(pins, i + 1, r->endpoint, now, space)) {
		r->path = bk_text_of(space->name);
		d = bk_decide(policy, r, least);
		if (bk_stops(d.verdict) && d.reason == BK_WHY_RULE)
			return d;		/* what is forbidden by one of its names is forbidden */
		if (is_milder(best.verdict, d.verdict) || (space->asked < latest && !is_milder(d.verdict, best.verdict)))
			continue;
		best = d;
		chosen = i;
		latest = space->asked;
	}
	r->path = own;
	if (chosen < BK_PINS && copy(pins, chosen, space))
		r->path = bk_text_of(space->name);
	return best;
}

/* --- resolvers ---------------------------------------------------------------------------------------------------------------------- */

static bool same(const struct bk_endpoint *a, const struct bk_endpoint *b)
{
	return a->family == b->family && a->port_low == b->port_low && __builtin_memcmp(a->address, b->address, 16) == 0;
}

uint32_t bk_pins_server(const struct bk_pins *pins, const struct bk_endpoint *e)
{
	uint32_t i = 0;

	while (i < BK_SERVERS && !(pins->server[i].family && same(&pins->server[i], e)))
		i++;
	return i;
}

struct bk_endpoint bk_pins_relay(const struct bk_pins *pins, uint32_t server)
{
	uint16_t port = pins->relay_port[server];
	struct bk_endpoint e = { .family = pins->server[server].family };

	if (e.family == BK_INET)
		e.address[0] = 127;
	e.address[e.family == BK_INET ? 3 : 15] = 1;
	e.port_low = e.port_high = (uint16_t)(port >> 8 | port << 8);
	return e;
}

uint32_t bk_pins_relayed(const struct bk_pins *pins, const struct bk_endpoint *e)
{
	uint32_t i = 0;

	for (; i < BK_SERVERS; i++) {
		struct bk_endpoint relay = bk_pins_relay(pins, i);

		if (pins->relay_port[i] && same(&relay, e))
			break;
	}
	return i;
}
