/* SPDX-License-Identifier: Apache-2.0 */
/* The relay: queries of the function on their way to its resolver, answers on their way back. */
#include "shim/relay.h"

#define MESSAGE_MAX 4096u		/* of a query or an answer; longer ones are cut, and a cut answer is no answer */
#define DONTWAIT 0x40
#define PEEK 2
#define TRUNC 0x20
#define WILD_NAMES 40u			/* new names below a wildcard within a minute that are nothing special */

/* --- sockets -------------------------------------------------------------------------------------------------------------------------- */

bool bk_relay_watch(struct bk_shim *s, int fd, uint32_t events, uint64_t data)
{
	struct bk_event_slot e = { events, data };

	if (s->events < 0)
		s->events = (int)sys_epoll_create();
	return s->events >= 0 && sys_epoll_ctl(s->events, 1 /* EPOLL_CTL_ADD */, fd, &e) == 0;
}

static int datagram_socket(int family)
{
	return (int)sys_socket(family, BK_DGRAM | 02000000 | 04000 /* SOCK_CLOEXEC | SOCK_NONBLOCK */, 0);
}

/* The relay's own socket and the listener for streams, on one port; tried again where another has it for one of the two. */
static int relay_socket(struct bk_shim *s, uint32_t i)
{
	struct bk_pins *pins = s->names->pins;
	struct bk_endpoint own = bk_pins_relay(pins, i);
	uint8_t address[BK_SOCKADDR_MAX];

	for (int tries = 0; tries < 4; tries++) {
		uint32_t size = bk_address_write(&own, own.family, address);
		int fd = datagram_socket(own.family);

		if (fd < 0)
			return fd;
		if (sys_bind(fd, address, size) == 0 && sys_getsockname(fd, address, &size) == 0 && bk_relay_watch(s, fd, 1 /* EPOLLIN */, BK_NAMES_RELAY + i) &&
		    bk_streams_listen(s, i, address, size)) {
			pins->relay_port[i] = (uint16_t)(address[2] | address[3] << 8);
			return fd;
		}
		sys_close(fd);
	}
	return -EADDRINUSE;
}

/* The upstream socket is connected: the kernel lets in only what comes from the resolver. */
static int upstream_socket(struct bk_shim *s, uint32_t i)
{
	const struct bk_endpoint *to = &s->names->pins->server[i];
	uint8_t address[BK_SOCKADDR_MAX];
	uint32_t size = bk_address_write(to, to->family, address);
	int fd = datagram_socket(to->family);

	if (fd >= 0 && sys_connect(fd, address, size) == 0 && bk_relay_watch(s, fd, 1 /* EPOLLIN */, BK_NAMES_UPSTREAM + i))
		return fd;
	if (fd >= 0)
		sys_close(fd);
	return -ECONNREFUSED;
}

static bool make_relay(struct bk_shim *s, uint32_t i)
{
	struct bk_names *n = s->names;

	if (n->upstream[i] < 0)
		n->upstream[i] = upstream_socket(s, i);
	if (n->upstream[i] >= 0)
		n->relay[i] = relay_socket(s, i);
	return n->relay[i] >= 0;
}

void bk_names_share(struct bk_shim *s, struct bk_pins *pins)
{
	const struct bk_pins *own = s->names->pins;
	uint32_t used = 0;

	while (used < BK_PINS && own->pin[used].until)
		used++;
	__builtin_memcpy(pins, own, offsetof(struct bk_pins, pin) + used * sizeof *own->pin);
	s->names->pins = pins;
	for (uint32_t i = 0; i < BK_SERVERS; i++)
		if (pins->server[i].family)
			make_relay(s, i);
}

bool bk_names_lead(struct bk_shim *s, struct bk_socket *k, struct bk_peer *p)
{
	struct bk_names *n = s->names;
	struct bk_endpoint own;
	uint32_t i = n && (k->type == BK_DGRAM || k->type == BK_STREAM) ? bk_pins_server(n->pins, &p->address.endpoint) : BK_SERVERS;

	if (i == BK_SERVERS || bk_peer_foreign(k, p) || (n->relay[i] < 0 && !make_relay(s, i)))
		return false;
	own = bk_pins_relay(n->pins, i);
	p->size = bk_address_write(&own, bk_socket_domain(k), p->bytes);
	return true;
}

/* --- queries ------------------------------------------------------------------------------------------------------------------------------ */

uint32_t bk_relay_hash(const struct bk_dns_question *q)
{
	uint32_t h = 0x811c9dc5u ^ q->type ^ (uint32_t)q->class_ << 16;

	for (uint32_t i = 0; i < q->length; i++)
		h = (h ^ (uint8_t)q->name[i]) * 0x01000193u;
	return h;
}

static uint16_t random_id(struct bk_shim *s)
{
	uint16_t id = 0;

	(void)s;
	sys_getrandom(&id, sizeof id);
	return id;
}

/*
 * Below a wildcard anybody's label is allowed, and a label can carry data out: many new names within a minute, and questions for text, are told.
 * They are let through, because a function that works on many buckets asks the same way.
 */
static const char *tunnels(struct bk_shim *s, const struct bk_dns_question *q, const struct bk_decision *d)
{
	const struct bk_rule *r = bk_policy_rule(&s->policy, d->rule);
	struct bk_text pattern = r ? bk_policy_text(&s->policy, r->path) : (struct bk_text){ NULL, 0 };
	struct __kernel_timespec t = { 0, 0 };

	if (d->verdict != BK_ALLOWED || bk_text_equal(pattern, bk_text_of(q->name)) || bk_pins_know(s->names->pins, bk_text_of(q->name)))
		return NULL;
	if (q->type == BK_DNS_TXT || q->type == BK_DNS_NULL)
		return "a question for text below a wildcard";
	sys_clock(1, &t);
	if ((uint32_t)t.tv_sec - s->names->wild_since >= 60) {
		s->names->wild_since = (uint32_t)t.tv_sec;
		s->names->wild = 0;
	}
	return ++s->names->wild > WILD_NAMES ? "many new names below a wildcard" : NULL;
}

static void tell(struct bk_shim *s, const struct bk_request *r, const struct bk_decision *d, const char *note)
{
	struct bk_event e;

	if (!bk_speaks(d->verdict))
		return;
	bk_log_fill(s, &e, BK_EVENT_CONNECT, r, d, s->main_pid);
	e.domain = r->path;
	e.path = (struct bk_text){ NULL, 0 };
	e.port = 53;
	e.note = bk_text_of(note);
	bk_log_event(s, &e);
}

/* Whoever lists the resolver by its address lets every name through. */
static bool listed_resolver(struct bk_shim *s, uint32_t server)
{
	struct bk_request r = { .section = BK_CONNECT, .endpoint = &s->names->pins->server[server] };

	return bk_decide(&s->policy, &r, BK_ENFORCE).verdict == BK_ALLOWED;
}

bool bk_relay_may_ask(struct bk_shim *s, uint32_t server, const struct bk_dns_question *q)
{
	struct bk_request r = { .section = BK_CONNECT, .flags = BK_REQ_NAME, .path = { q->name, q->length } };
	struct bk_decision d = bk_decide(&s->policy, &r, s->least);
	const char *note = tunnels(s, q, &d);

	if (bk_stops(d.verdict) && d.reason != BK_WHY_RULE && listed_resolver(s, server))
		return true;
	if (note)
		d.verdict = BK_ALERTED;
	tell(s, &r, &d, note ? note : "a question to the resolver");
	return !bk_stops(d.verdict);
}

static void forward(struct bk_shim *s, uint32_t server, uint8_t *message, long size, const struct bk_dns_question *q, uint16_t port)
{
	struct bk_names *n = s->names;
	struct bk_query *slot = &n->query[n->next_query++ % BK_QUERIES];

	*slot = (struct bk_query){ random_id(s), q->id, port, (uint8_t)server, 1, bk_relay_hash(q) };
	message[0] = (uint8_t)(slot->id >> 8);
	message[1] = (uint8_t)slot->id;
	sys_send(n->upstream[server], message, (size_t)size, DONTWAIT);
}

static void from_client(struct bk_shim *s, uint32_t i)
{
	uint8_t *message = s->scratch->block, from[BK_SOCKADDR_MAX];
	uint32_t from_size = sizeof from;
	long size = sys_recvfrom(s->names->relay[i], message, MESSAGE_MAX, DONTWAIT, from, &from_size);
	struct bk_dns_question q;

	if (size <= 0 || !bk_dns_question(message, (uint32_t)size, &q) || q.response)
		return;
	if (q.opcode == 0 && bk_relay_may_ask(s, i, &q))
		forward(s, i, message, size, &q, (uint16_t)(from[2] | from[3] << 8));
	else
		sys_sendto(s->names->relay[i], message, bk_dns_refuse(message, &q), DONTWAIT, from, from_size);
}

/* --- answers ------------------------------------------------------------------------------------------------------------------------------- */

static struct bk_query *query_of(struct bk_names *n, uint32_t server, const struct bk_dns_question *q)
{
	for (uint32_t i = 0; i < BK_QUERIES; i++) {
		struct bk_query *slot = &n->query[i];

		if (slot->used && slot->server == server && slot->id == q->id && slot->question == bk_relay_hash(q))
			return slot;
	}
	return NULL;
}

void bk_relay_keep(struct bk_shim *s, const uint8_t *message, uint32_t size, const struct bk_dns_question *q)
{
	struct bk_dns_address addresses[32];
	uint32_t count = bk_dns_addresses(message, size, addresses, 32);

	for (uint32_t i = 0; i < count; i++)
		bk_names_pin(s, addresses[i].endpoint, (struct bk_text){ q->name, q->length }, addresses[i].ttl);
}

static void from_server(struct bk_shim *s, uint32_t i)
{
	struct bk_names *n = s->names;
	struct bk_endpoint to_client = bk_pins_relay(n->pins, i);
	uint8_t *message = s->scratch->block, to[BK_SOCKADDR_MAX];
	long size = sys_recvfrom(n->upstream[i], message, MESSAGE_MAX, DONTWAIT, NULL, NULL);
	struct bk_dns_question q;
	struct bk_query *slot;

	if (size <= 0 || !bk_dns_question(message, (uint32_t)size, &q) || !q.response)
		return;
	slot = query_of(n, i, &q);
	if (!slot)
		return;			/* nobody asked that */
	slot->used = 0;
	bk_relay_keep(s, message, (uint32_t)size, &q);
	message[0] = (uint8_t)(slot->client_id >> 8);
	message[1] = (uint8_t)slot->client_id;
	to_client.port_low = (uint16_t)(slot->client_port >> 8 | slot->client_port << 8);
	sys_sendto(n->relay[i], message, (size_t)size, DONTWAIT, to, bk_address_write(&to_client, to_client.family, to));
}

void bk_names_ready(struct bk_shim *s, uint64_t data, uint32_t events)
{
	uint32_t number = (uint32_t)data, i = number & 0xffff;

	if (number >= BK_NAMES_LISTENER)
		bk_streams_ready(s, data, events);
	else if (number >= BK_NAMES_UPSTREAM)
		from_server(s, i);
	else
		from_client(s, i);
}

/* --- what the function receives ------------------------------------------------------------------------------------------------------------- */

/* The resolver whose relay sent what waits at the socket, or BK_SERVERS. */
static uint32_t sender_of(struct bk_shim *s, const struct bk_socket *k)
{
	uint8_t from[BK_SOCKADDR_MAX], nothing;
	uint32_t size = sizeof from;
	struct bk_address a;

	if (sys_recvfrom(k->fd, &nothing, 0, DONTWAIT | PEEK, from, &size) < 0 || bk_address_read(from, size, &a))
		return BK_SERVERS;
	return bk_pins_relayed(s->names->pins, &a.endpoint);
}

/* Where the caller wants the message: struct user_msghdr's fields, or the arguments of recvfrom. */
struct wanted {
	uint64_t name, parts[8][2];
	uint32_t name_room, part_count, flags;
};

static bool read_wanted(const struct seccomp_notif *n, struct wanted *w)
{
	const __u64 *a = n->data.args;
	uint64_t header[7];

	if (n->data.nr == __NR_recvfrom) {
		*w = (struct wanted){ .name = a[4], .parts = { { a[1], a[2] } }, .part_count = 1, .flags = (uint32_t)a[3] };
		return bk_memory_read((int)n->pid, a[5], &w->name_room, 4) == 4;
	}
	if (bk_memory_read((int)n->pid, a[1], header, sizeof header) != sizeof header)
		return false;
	*w = (struct wanted){ .name = header[0], .name_room = (uint32_t)header[1], .part_count = header[3] < 8 ? (uint32_t)header[3] : 8, .flags = (uint32_t)a[2] };
	return !w->part_count || bk_memory_read((int)n->pid, header[2], w->parts, w->part_count * 16) == (long)w->part_count * 16;
}

static bool write_wanted(const struct seccomp_notif *n, const struct wanted *w, const uint8_t *message, size_t size, const uint8_t *from, uint32_t from_size)
{
	int tid = (int)n->pid;
	bool call = n->data.nr == __NR_recvfrom, good = true;
	uint64_t rest[2] = { 0, 0 };	/* msg_controllen, msg_flags */
	size_t done = 0;

	for (uint32_t i = 0; i < w->part_count && done < size && good; i++) {
		size_t part = w->parts[i][1] < size - done ? w->parts[i][1] : size - done;

		good = bk_memory_write(tid, w->parts[i][0], message + done, part);
		done += part;
	}
	if (w->name)
		good = good && bk_memory_write(tid, w->name, from, from_size < w->name_room ? from_size : w->name_room);
	if (w->name || call)
		good = good && bk_memory_write(tid, call ? n->data.args[5] : n->data.args[1] + 8, &from_size, 4);
	rest[1] = done < size ? TRUNC : 0;
	return good && (call || bk_memory_write(tid, n->data.args[1] + 40, rest, 12));
}

static long receive(struct bk_shim *s, const struct seccomp_notif *n, struct bk_socket *k, uint32_t server)
{
	uint8_t *message = s->scratch->block, from[BK_SOCKADDR_MAX];
	uint32_t from_size = bk_address_write(&s->names->pins->server[server], bk_socket_domain(k), from);
	struct wanted w;
	long size;

	if (!read_wanted(n, &w))
		return -EFAULT;
	size = sys_recvfrom(k->fd, message, MESSAGE_MAX, DONTWAIT | (int)(w.flags & PEEK), NULL, NULL);
	if (size < 0)
		return size;
	if (!write_wanted(n, &w, message, (size_t)size, from, from_size))
		return -EFAULT;
	if (!(w.flags & TRUNC)) {
		size_t room = 0;

		for (uint32_t i = 0; i < w.part_count; i++)
			room += w.parts[i][1];
		size = (size_t)size > room ? (long)room : size;
	}
	return size;
}

void bk_names_received(struct bk_shim *s, const struct seccomp_notif *n)
{
	struct bk_socket k = { .fd = -1 };
	uint32_t server = BK_SERVERS;
	bool got = s->names && s->place.offers & BK_CAN_GETFD && bk_socket_of(s, (int)n->pid, (int)n->data.args[0], &k) == 0;

	if (got && k.type == BK_DGRAM && (bk_socket_domain(&k) == BK_INET || k.domain == BK_INET6))
		server = sender_of(s, &k);
	long r = server < BK_SERVERS && bk_notify_alive(s, n->id) ? receive(s, n, &k, server) : -ENOMSG;

	bk_socket_close(&k);
	if (server < BK_SERVERS)
		bk_notify_result(s, n->id, r);
	else
		bk_notify_answer(s, n->id, 0);	/* receiving is nobody's harm: what goes on is only not translated */
}
