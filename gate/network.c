/* SPDX-License-Identifier: Apache-2.0 */
/* connect, bind, listen, socket.  The decisions are those of shim/network.c. */
#include "gate/files.h"
#include "gate/network.h"

#define E_PROTONOSUPPORT 93

static bool answer(struct bk_frame *f, long result)
{
	f->number = result;
	return true;
}

/* --- destinations --------------------------------------------------------------------------------------------------------------- */

long bk_peer_read(struct bk_peer *p, int socket, const void *address, uint64_t size)
{
	p->size = (uint32_t)size;	/* an int: the high half is rubbish */
	p->socket = socket;
	p->own = p->object = -1;
	p->work = NULL;
	if (p->size > BK_SOCKADDR_MAX)
		return -EINVAL;
	if (bk_user_copy(address, p->bytes, p->size) < 0)
		return -EFAULT;
	p->error = bk_address_read(p->bytes, p->size, &p->address);
	return 0;
}

void bk_peer_close(struct bk_peer *p)
{
	if (p->object >= 0)
		sys_close(p->object);
	if (p->own >= 0)
		sys_close(p->own);
	if (p->work)
		bk_gate_work_end(p->work);
	p->own = p->object = -1;
	p->work = NULL;
}

/* A descriptor that no other thread knows, so that it stays the socket that is judged. */
static int own_socket(int socket, int *domain, int *type)
{
	int fd = (int)sys_fcntl(socket, F_DUPFD_CLOEXEC, 0);
	long r = fd < 0 ? fd : sys_getsockopt(fd, BK_SO_DOMAIN, domain);

	if (r == 0)
		r = sys_getsockopt(fd, BK_SO_TYPE, type);
	if (r < 0 && fd >= 0)
		sys_close(fd);
	return r < 0 ? (int)r : fd;
}

/* An address of another kind than the socket's: the kernel refuses it before it looks further, each socket with an errno of its own. */
static bool is_foreign(int domain, const struct bk_peer *p)
{
	unsigned family = p->size < 2 ? 0 : (unsigned)p->bytes[0] | (unsigned)p->bytes[1] << 8;

	if (!family)
		return false;
	if (domain == BK_INET || domain == BK_UNIX)
		return family != (unsigned)domain;
	return family == BK_UNIX || (domain == BK_INET6 && family != BK_INET && family != BK_INET6);
}

int bk_peer_own(struct bk_peer *p, int *domain)
{
	int type = 0;

	p->own = own_socket(p->socket, domain, &type);
	if (p->own < 0)
		return p->own;
	p->socket = p->own;
	return type;
}

/* Whether the address means anything to the socket: 1, 0 where the kernel is to refuse it, or -errno. */
__attribute__((noinline)) static int means_anything(struct bk_peer *p)
{
	int domain = 0, type;

	if (!p->error && p->address.endpoint.family != BK_UNIX)
		return 1;
	type = bk_peer_own(p, &domain);
	if (type < 0)
		return type;
	if (is_foreign(domain, p))
		return 0;
	return p->error ? -p->error : 1;
}

/* A socket of the file system is reached through what was found, whatever the path leads to by then. */
__attribute__((noinline)) static long find_unix(struct bk_peer *p, struct bk_request *r)
{
	struct bk_file file;
	char link[64];
	uint32_t n;
	long error;

	r->path = p->address.unix_name;
	if (!r->path.len || r->path.at[0] == '@')
		return r->path.len ? 0 : -EINVAL;
	p->work = bk_gate_work(0);
	if (!p->work)
		return -ENOMEM;
	error = bk_file_open(&file, BK_AT_CWD, p->address.name, 0, p->work->path);
	if (error)
		return error;
	p->object = file.fd;
	r->path = file.path;
	n = bk_text_of(bk_fd_link(link, file.fd)).len;
	__builtin_memcpy(p->bytes + 2, link, n + 1);
	p->size = 2 + n + 1;
	return 0;
}

static bool same_place(const struct bk_endpoint *a, const struct bk_endpoint *b)
{
	return a->family == b->family && a->port_low == b->port_low && __builtin_memcmp(a->address, b->address, 16) == 0;
}

/* What the platform itself gave the function to talk to. */
static bool is_implicit(const struct bk_endpoint *e)
{
	for (unsigned i = 0; i < BK_IMPLICIT; i++)
		if (bk_gate.live->implicit[i].family && same_place(&bk_gate.live->implicit[i], e))
			return (int)sys_getpid() == bk_gate.live->main_pid;
	return false;
}

static int type_of(int socket)
{
	int type = 0;

	return sys_getsockopt(socket, BK_SO_TYPE, &type) < 0 ? 0 : type;
}

/* Is this datagram or connection for the resolver?  Then the kernel gets the relay's address. */
__attribute__((noinline)) static bool lead(struct bk_peer *p, int socket)
{
	const struct bk_pins *pins = &bk_gate.live->pins;
	uint32_t i = bk_gate.live->named ? bk_pins_server(pins, &p->address.endpoint) : BK_SERVERS;
	struct bk_endpoint relay;
	int domain = 0, type = i == BK_SERVERS ? 0 : type_of(socket);

	if ((type != BK_DGRAM && type != BK_STREAM) || !pins->relay_port[i] || sys_getsockopt(socket, BK_SO_DOMAIN, &domain) < 0)
		return false;
	relay = bk_pins_relay(pins, i);
	p->size = bk_address_write(&relay, domain, p->bytes);
	return true;
}

/* Libraries ask the kernel for the way to an address so (shim/network.c, asks_the_way()): nothing is sent. */
static bool asks_the_way(const struct bk_endpoint *e, int socket)
{
	return e->family != BK_UNIX && (e->port_low == 0 || e->port_low == 9 || e->port_low == 65535) && type_of(socket) == BK_DGRAM;
}

static uint32_t second(void)
{
	struct __kernel_timespec t = { 0, 0 };

	sys_clock(1 /* CLOCK_MONOTONIC */, &t);
	return (uint32_t)t.tv_sec;
}

__attribute__((noinline)) static long outcome(const struct bk_request *r, const struct bk_decision *d, const char *note)
{
	if (bk_speaks(d->verdict))
		bk_report_connection(r, d, note);
	if (d->verdict == BK_KILLED)
		bk_gate_die();
	return bk_stops(d->verdict) ? -EACCES : 0;
}

long bk_peer_judge(struct bk_peer *p, bool connects, const char *note)
{
	const struct bk_endpoint *e = &p->address.endpoint;
	struct bk_request r = { .section = BK_CONNECT, .endpoint = e };
	const struct bk_pins *pins = bk_gate.live->named ? &bk_gate.live->pins : NULL;
	struct bk_pin space;
	struct bk_decision d;
	long means = means_anything(p);

	if (means <= 0)
		return means;
	if (e->family == BK_UNIX) {
		long error = find_unix(p, &r);

		if (error)
			return error;
	} else if (e->family != BK_INET && e->family != BK_INET6) {
		return 0;		/* that there is such a socket was judged when it was made */
	}
	if (is_implicit(e) || lead(p, p->socket))
		return 0;
	if (connects && asks_the_way(e, p->socket))
		r.flags = BK_REQ_ANY_PORT;
	d = bk_pins_decide(pins, &bk_gate.policy, &r, bk_gate.least, pins ? second() : 0, &space);
	if (r.flags)
		return bk_stops(d.verdict) ? -EACCES : 0;
	return outcome(&r, &d, note);
}

/* --- the calls -------------------------------------------------------------------------------------------------------------------- */

bool bk_hook_connect(struct bk_frame *f)
{
	struct bk_peer p;
	long error = bk_peer_read(&p, (int)f->a, (const void *)f->b, (uint64_t)f->c);

	if (error && sys_fcntl((int)f->a, 1 /* F_GETFD */, 0) < 0)
		error = -EBADF;		/* the kernel looks at that first, and at the address before it asks for a socket */
	if (!error)
		error = bk_peer_judge(&p, true, NULL);
	f->number = error ? error : sys_connect(p.socket, p.bytes, p.size);
	bk_peer_close(&p);
	return true;
}

/* Where the name of a unix socket lies, from the folder that the caller is in; -errno where it leads nowhere. */
static long find_name(struct bk_paths *p, struct bk_text *name)
{
	struct bk_target *place = &p->call.at;
	long error;

	bk_put(p->walk, p->walk + sizeof p->walk, name->at);
	error = bk_follow(p, BK_AT_CWD, BK_RESOLVE_MAKE, p->at, place);
	if (!error)
		*name = place->path;
	bk_target_close(place);
	return error;
}

/* `listens`: it has a name already, wherever that was. */
static long judge_listen(const struct bk_address *a, bool listens)
{
	struct bk_request r = { .section = BK_LISTEN, .endpoint = &a->endpoint, .path = a->unix_name };
	struct bk_paths *p = r.path.len && r.path.at[0] != '@' ? bk_paths_take() : NULL;
	struct bk_decision d;
	long error = 0;

	if (a->endpoint.family != BK_UNIX && a->endpoint.family != BK_INET && a->endpoint.family != BK_INET6)
		return 0;
	if (p)
		error = find_name(p, &r.path);
	if (!error || listens) {
		d = bk_decide(&bk_gate.policy, &r, bk_gate.least);
		error = outcome(&r, &d, NULL);
	}
	if (p)
		bk_paths_give_back(p);
	return error;
}

/* A stream socket is judged when it listens, a datagram socket once it has a port that others can know (shim/network.c, bind()). */
static long bind_own(int fd, int domain, int type, const void *address, uint32_t size)
{
	bool inet = domain == BK_INET || domain == BK_INET6;
	struct bk_peer p;
	long error;

	if (!inet && (domain != BK_UNIX || type != BK_DGRAM))
		return sys_bind(fd, address, size);
	error = bk_peer_read(&p, fd, address, size);
	if (!error && is_foreign(domain, &p))
		return sys_bind(fd, p.bytes, p.size);
	if (!error)
		error = -p.error;
	if (!error && type == BK_DGRAM && (inet ? p.address.endpoint.port_low != 0 : p.address.unix_name.len != 0))
		error = judge_listen(&p.address, false);
	return error ? error : sys_bind(fd, p.bytes, p.size);
}

bool bk_hook_bind(struct bk_frame *f)
{
	int domain = 0, type = 0, fd = own_socket((int)f->a, &domain, &type);

	if (fd < 0)
		return answer(f, fd);
	answer(f, bind_own(fd, domain, type, (const void *)f->b, (uint32_t)f->c));
	sys_close(fd);
	return true;
}

bool bk_hook_listen(struct bk_frame *f)
{
	int domain = 0, type = 0, fd = own_socket((int)f->a, &domain, &type);
	uint8_t name[BK_SOCKADDR_MAX];
	uint32_t size = sizeof name;
	struct bk_address a;
	long error;

	if (fd < 0)
		return answer(f, fd);
	error = sys_getsockname(fd, name, &size);
	if (!error)
		error = -bk_address_read(name, size, &a);
	/* Others cannot listen, and a unix socket without a name cannot: the kernel says so. */
	if (!error && (type == BK_STREAM || type == BK_SEQPACKET) && (domain != BK_UNIX || a.unix_name.len))
		error = judge_listen(&a, true);
	answer(f, error ? error : sys_listen(fd, (int)f->b));
	sys_close(fd);
	return true;
}

/* All that counts is in registers, where nobody changes it. */
bool bk_hook_socket(struct bk_frame *f)
{
	uint32_t family = (uint32_t)f->a;
	bool inet = family == BK_INET || family == BK_INET6;
	struct bk_endpoint e = { .family = (uint16_t)(inet ? BK_FAMILY_RAW : family > UINT16_MAX ? UINT16_MAX : family) };
	struct bk_request r = { .section = BK_CONNECT, .endpoint = &e };
	enum bk_socket_kind kind = bk_socket_kind(family, (uint32_t)f->b, (uint32_t)f->c);
	struct bk_decision d;
	long error;

	if (kind == BK_SOCKET_PLAIN)
		return false;
	if (kind == BK_SOCKET_ABSENT)
		return answer(f, -E_PROTONOSUPPORT);
	d = bk_decide(&bk_gate.policy, &r, bk_gate.least);
	error = outcome(&r, &d, "a socket of this kind");
	return error ? answer(f, error) : false;
}
