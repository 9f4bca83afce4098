/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DNS over TCP (RFC 7766): what relay.c is for datagrams, for answers that are too long for one.  A stream socket that connects to the resolver is led
 * to a listener of the shim's.  Each conversation there has its own with the resolver, and the same is asked of it: each question is judged, and only an
 * answer to a question that was asked is handed on and its addresses kept.
 *
 * Messages stay in the kernel's buffers until they are whole (MSG_PEEK), so that nobody's slowness costs memory or makes the shim wait; each arrival
 * is told once (EPOLLET).  What is broken, too long or not taken ends the conversation, and the client's library asks anew.
 */
#include "shim/relay.h"

#define DONTWAIT 0x40
#define PEEK 2
#define NOSIGNAL 0x4000
#define NONBLOCK_CLOEXEC (02000000 | 04000)	/* SOCK_CLOEXEC | SOCK_NONBLOCK */
#define ROOM ((uint32_t)sizeof ((struct bk_scratch *)0)->block)
#define HEADER 12u				/* of a message (RFC 1035, 4.1.1); two bytes of length stand before it */

enum { IN = 0x1, OUT = 0x4, ERR = 0x8, HUP = 0x10, RDHUP = 0x2000 };
#define ONCE 0x80000000u			/* EPOLLET */

/* --- conversations ------------------------------------------------------------------------------------------------------------------- */

static void end(struct bk_stream *c)
{
	sys_close(c->client);
	sys_close(c->upstream);
	*c = (struct bk_stream){ 0 };
}

/* A free slot, or the oldest one's. */
static struct bk_stream *slot_for(struct bk_names *n)
{
	struct bk_stream *oldest = &n->stream[0];

	for (uint32_t i = 0; i < BK_STREAMS; i++) {
		struct bk_stream *c = &n->stream[i];

		if (!c->born)
			return c;
		if ((int32_t)(c->born - oldest->born) < 0)
			oldest = c;
	}
	end(oldest);
	return oldest;
}

static uint64_t data_of(const struct bk_names *n, const struct bk_stream *c, bool upstream)
{
	return (uint64_t)c->born << 32 | (BK_NAMES_STREAM + 2 * (uint32_t)(c - n->stream) + upstream);
}

static void begin(struct bk_shim *s, uint32_t server, int client)
{
	struct bk_names *n = s->names;
	const struct bk_endpoint *to = &n->pins->server[server];
	struct bk_stream *c = slot_for(n);
	uint8_t address[BK_SOCKADDR_MAX];
	uint32_t size = bk_address_write(to, to->family, address);
	long r;

	n->streams += n->streams == UINT32_MAX ? 2 : 1;	/* 0 is a free slot */
	*c = (struct bk_stream){ .client = client, .server = (uint8_t)server, .born = n->streams };
	c->upstream = (int)sys_socket(to->family, BK_STREAM | NONBLOCK_CLOEXEC, 0);
	r = c->upstream < 0 ? c->upstream : sys_connect(c->upstream, address, size);
	if ((r < 0 && r != -EINPROGRESS) || !bk_relay_watch(s, c->upstream, IN | OUT | RDHUP | ONCE, data_of(n, c, true)) ||
	    !bk_relay_watch(s, client, IN | RDHUP | ONCE, data_of(n, c, false)))
		end(c);
}

bool bk_streams_listen(struct bk_shim *s, uint32_t server, const uint8_t *address, uint32_t size)
{
	int fd = (int)sys_socket(address[0], BK_STREAM | NONBLOCK_CLOEXEC, 0);

	if (fd >= 0 && sys_bind(fd, address, size) == 0 && sys_listen(fd, BK_STREAMS) == 0 && bk_relay_watch(s, fd, IN, BK_NAMES_LISTENER + server)) {
		s->names->listener[server] = fd;
		return true;
	}
	if (fd >= 0)
		sys_close(fd);
	return false;
}

/* --- messages --------------------------------------------------------------------------------------------------------------------------- */

enum found { NOTHING, WHOLE, ENDED, BROKEN };

/* Looks at the next message, its length before it, in scratch->block, without taking it. */
static enum found look(struct bk_shim *s, int fd, uint32_t *size)
{
	uint8_t *at = s->scratch->block;
	long n = sys_recvfrom(fd, at, ROOM, DONTWAIT | PEEK, NULL, NULL);

	if (n == -EAGAIN)
		return NOTHING;
	if (n <= 0)
		return n ? BROKEN : ENDED;
	*size = n < 2 ? 2 : 2 + (uint32_t)(at[0] << 8 | at[1]);
	if (n >= 2 && (*size < 2 + HEADER || *size > ROOM))
		return BROKEN;
	return (uint32_t)n < *size || n < 2 ? NOTHING : WHOLE;
}

static void take(struct bk_shim *s, int fd, uint32_t size)
{
	sys_recvfrom(fd, s->scratch->block, size, DONTWAIT, NULL, NULL);
}

static bool put(struct bk_shim *s, int fd, uint32_t size)
{
	return sys_send(fd, s->scratch->block, size, DONTWAIT | NOSIGNAL) == (long)size;
}

static struct bk_asked *asked(struct bk_stream *c, const struct bk_dns_question *q)
{
	for (uint32_t i = 0; i < BK_STREAM_ASKED; i++)
		if (c->asked[i].used && (!q || (c->asked[i].id == q->id && c->asked[i].question == bk_relay_hash(q))))
			return &c->asked[i];
	return NULL;
}

static struct bk_asked *free_place(struct bk_stream *c)
{
	for (uint32_t i = 0; i < BK_STREAM_ASKED; i++)
		if (!c->asked[i].used)
			return &c->asked[i];
	return NULL;
}

/* The question that was looked at, `size` bytes: to the resolver, or answered here.  False ends the conversation. */
static bool ask(struct bk_shim *s, struct bk_stream *c, struct bk_asked *place, uint32_t size)
{
	uint8_t *at = s->scratch->block;
	struct bk_dns_question q;

	if (!bk_dns_question(at + 2, size - 2, &q) || q.response)
		return false;
	take(s, c->client, size);
	if (q.opcode == 0 && bk_relay_may_ask(s, c->server, &q)) {
		*place = (struct bk_asked){ q.id, 1, bk_relay_hash(&q) };
		return put(s, c->upstream, size);
	}
	size = bk_dns_refuse(at + 2, &q);
	at[0] = (uint8_t)(size >> 8);
	at[1] = (uint8_t)size;
	return put(s, c->client, size + 2);
}

/* All questions that are whole, for as long as there is room to remember them. */
static bool from_client(struct bk_shim *s, struct bk_stream *c)
{
	struct bk_asked *place;
	uint32_t size;

	while (c->connected && (place = free_place(c))) {
		enum found f = look(s, c->client, &size);

		if (f == WHOLE && ask(s, c, place, size))
			continue;
		c->ended |= f == ENDED;
		return f == NOTHING || (f == ENDED && asked(c, NULL));	/* it asks no more, answers are under way */
	}
	return true;
}

static bool from_server(struct bk_shim *s, struct bk_stream *c)
{
	uint8_t *at = s->scratch->block;
	struct bk_dns_question q;
	struct bk_asked *place;
	enum found f;
	uint32_t size;

	while ((f = look(s, c->upstream, &size)) == WHOLE) {
		take(s, c->upstream, size);
		place = bk_dns_question(at + 2, size - 2, &q) && q.response ? asked(c, &q) : NULL;
		if (!place)
			continue;		/* nobody asked that */
		place->used = 0;
		bk_relay_keep(s, at + 2, size - 2, &q);
		if (!put(s, c->client, size))
			return false;
	}
	return f == NOTHING && from_client(s, c);
}

/* --- entry ---------------------------------------------------------------------------------------------------------------------------- */

static void talk(struct bk_shim *s, struct bk_stream *c, bool upstream, uint32_t events)
{
	bool good = !(events & (ERR | HUP));

	if (upstream && events & OUT)
		c->connected = good;
	if (!upstream && events & RDHUP)
		c->ended = true;
	if (good || events & IN)
		good &= upstream ? from_server(s, c) : from_client(s, c);
	if (upstream && events & RDHUP)
		good = false;
	if (!good || (c->ended && c->connected && !asked(c, NULL)))
		end(c);
}

void bk_streams_ready(struct bk_shim *s, uint64_t data, uint32_t events)
{
	uint32_t number = (uint32_t)data, i = (number - BK_NAMES_STREAM) / 2;
	struct bk_stream *c = &s->names->stream[i % BK_STREAMS];

	if (number >= BK_NAMES_STREAM) {
		if (i < BK_STREAMS && c->born == (uint32_t)(data >> 32))
			talk(s, c, number & 1, events);
	} else {
		int client = (int)sys_accept(s->names->listener[number - BK_NAMES_LISTENER], NONBLOCK_CLOEXEC);

		if (client >= 0)
			begin(s, number - BK_NAMES_LISTENER, client);
	}
}
