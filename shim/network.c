/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/files.h"
#include "shim/names.h"

#define THREAD 0200u			/* PIDFD_THREAD, Linux 6.9 */

/* --- the caller's socket -------------------------------------------------------------------------------------------------------- */

/* The number in "socket:[12345]"; 0 where the descriptor is something else. */
static uint64_t socket_inode(int tid, int descriptor)
{
	char link[64], text[64];
	long n = sys_readlink(bk_proc_fd(link, tid, descriptor), text, sizeof text - 1);
	const char *end;

	text[n > 0 ? n : 0] = '\0';
	return bk_text_starts(bk_text_of(text), BK_TEXT("socket:[")) ? bk_parse_number(text + 8, &end) : 0;
}

static int group_of(int tid)
{
	char path[64], text[512], *at;
	int fd = (int)sys_open(bk_proc(path, tid, "/status"), O_RDONLY | O_CLOEXEC);
	long n = fd < 0 ? fd : sys_read(fd, text, sizeof text - 1);

	if (fd >= 0)
		sys_close(fd);
	text[n > 0 ? n : 0] = '\0';
	for (at = text; *at; at++)
		if (at[0] == '\n' && bk_text_starts(bk_text_of(at + 1), BK_TEXT("Tgid:\t")))
			return (int)bk_parse_number(at + 7, NULL);
	return -ESRCH;
}

/* Before Linux 6.9 only a process can be opened: its leader's table is the thread's own, unless the two differ in this descriptor. */
static int by_leader(int tid, int descriptor)
{
	int leader = group_of(tid), pidfd = leader < 0 ? leader : (int)sys_pidfd_open(leader), fd;
	struct stat st;

	if (pidfd < 0)
		return pidfd;
	fd = (int)sys_pidfd_getfd(pidfd, descriptor);
	sys_close(pidfd);
	if (fd < 0 || tid == leader)
		return fd;
	if (sys_fstat(fd, &st) == 0 && st.st_ino == socket_inode(tid, descriptor))
		return fd;
	sys_close(fd);
	return -EPERM;
}

/*
 * The last caller's pidfd is kept: it means that very task, and once the task is gone says so, whoever has its number by then.
 */
static int duplicate(struct bk_shim *s, int tid, int descriptor)
{
	int fd = s->caller == tid ? (int)sys_pidfd_getfd(s->caller_pidfd, descriptor) : -ESRCH, pidfd;

	if (fd != -ESRCH)
		return fd;
	pidfd = (int)sys_pidfd_open_as(tid, THREAD);
	if (pidfd == -EINVAL)
		return by_leader(tid, descriptor);
	if (pidfd < 0)
		return pidfd;
	if (s->caller)
		sys_close(s->caller_pidfd);
	s->caller = tid;
	s->caller_pidfd = pidfd;
	return (int)sys_pidfd_getfd(pidfd, descriptor);
}

void bk_socket_close(struct bk_socket *k)
{
	if (k->fd >= 0)
		sys_close(k->fd);
	k->fd = -1;
}

int bk_socket_of(struct bk_shim *s, int tid, int descriptor, struct bk_socket *k)
{
	long r;

	*k = (struct bk_socket){ .fd = duplicate(s, tid, descriptor) };
	if (k->fd < 0)
		return k->fd;
	r = sys_getsockopt(k->fd, BK_SO_TYPE, &k->type);
	if (r == 0)
		k->flags = (int)sys_fcntl(k->fd, F_GETFL, 0);
	if (r < 0)
		bk_socket_close(k);
	return (int)r;
}

int bk_socket_domain(struct bk_socket *k)
{
	if (!k->domain && k->fd >= 0)
		sys_getsockopt(k->fd, BK_SO_DOMAIN, &k->domain);
	return k->domain;
}

/* Fields of a line in /proc/PID/net/tcp and its like, none of which the function words: the tenth is the socket's number (proc_pid_net(5)). */
static bool lists_inode(int fd, char *text, size_t cap, uint64_t inode)
{
	unsigned field = 0;
	uint64_t number = 0;
	bool word = false;
	long n;

	while ((n = sys_read(fd, text, cap)) > 0)
		for (long i = 0; i < n; i++) {
			bool ends = text[i] == ' ' || text[i] == '\n';

			if (ends && word && field == 10 && number == inode)
				return true;
			if (!ends && !word) {
				field++;
				number = 0;
			}
			if (!ends && field == 10)
				number = number * 10 + (uint64_t)(text[i] - '0');
			word = !ends;
			field = text[i] == '\n' ? 0 : field;
		}
	return false;
}

/* Where the socket cannot be asked itself. */
static bool is_inet(struct bk_shim *s, int tid, uint64_t inode)
{
	static const char *const tables[] = { "/net/tcp", "/net/tcp6", "/net/udp", "/net/udp6" };
	char path[64];
	bool found = false;

	for (unsigned i = 0; i < sizeof tables / sizeof *tables && !found; i++) {
		int fd = (int)sys_open(bk_proc(path, tid, tables[i]), O_RDONLY | O_CLOEXEC);

		if (fd < 0)
			continue;
		found = lists_inode(fd, (char *)s->scratch->block, sizeof s->scratch->block, inode);
		sys_close(fd);
	}
	return found;
}

bool bk_network_stdio(struct bk_shim *s, int tid)
{
	bool net = false;

	for (int i = 0; i < 2 && !net; i++) {
		struct bk_socket k = { .fd = -1 };
		uint64_t inode = socket_inode(tid, i);

		if (inode && bk_socket_of(s, tid, i, &k) == 0)
			net = bk_socket_domain(&k) == BK_INET || k.domain == BK_INET6;
		else if (inode)
			net = is_inet(s, tid, inode);
		bk_socket_close(&k);
	}
	return net;
}

/* --- addresses --------------------------------------------------------------------------------------------------------------------- */

int bk_peer_read(const struct seccomp_notif *n, uint64_t at, uint64_t size, struct bk_peer *p)
{
	uint32_t length = (uint32_t)size;	/* an int: the high half is rubbish */

	p->object = -1;
	p->size = length;
	if (length > BK_SOCKADDR_MAX)
		return -EINVAL;
	if (length && bk_memory_read((int)n->pid, at, p->bytes, length) != (long)length)
		return -EFAULT;
	p->error = bk_address_read(p->bytes, length, &p->address);
	return 0;
}

bool bk_peer_foreign(struct bk_socket *k, const struct bk_peer *p)
{
	unsigned family = p->size < 2 ? 0 : (unsigned)p->bytes[0] | (unsigned)p->bytes[1] << 8;
	int domain = family ? bk_socket_domain(k) : 0;

	if (!domain)
		return false;
	if (domain == BK_INET || domain == BK_UNIX)
		return family != (unsigned)domain;
	return family == BK_UNIX || (domain == BK_INET6 && family != BK_INET && family != BK_INET6);
}

void bk_peer_close(struct bk_peer *p)
{
	if (p->object >= 0)
		sys_close(p->object);
	p->object = -1;
}

/* A socket of the file system: found as the caller would, and reached through what was found, whatever the path leads to by then. */
static int find_unix(struct bk_shim *s, const struct seccomp_notif *n, struct bk_peer *p, struct bk_request *r)
{
	struct bk_target place = { .folder = -1, .object = -1 };
	int error;

	bk_put(s->scratch->walk, s->scratch->walk + BK_PATH_MAX, p->address.name);
	error = bk_resolve(s, (int)n->pid, BK_AT_CWD, BK_RESOLVE_FOLLOW, s->scratch->path, &place);
	if (!error && place.object < 0)
		error = -ENOENT;
	if (!error) {
		p->object = place.object == place.folder ? (int)sys_fcntl(place.object, F_DUPFD_CLOEXEC, 0) : place.object;
		r->path = place.path;
		place.object = -1;
	}
	bk_target_close(&place);
	return error;
}

/* What the kernel gets instead of the path. */
static void reach_by_object(struct bk_peer *p)
{
	char link[64];
	uint32_t n = bk_text_of(bk_own_fd(link, p->object)).len;

	__builtin_memcpy(p->bytes + 2, link, n + 1);
	p->size = 2 + n + 1;
}

/* --- judging ------------------------------------------------------------------------------------------------------------------------ */

/* The main process in each of its threads. */
static bool is_main(const struct bk_shim *s, int tid)
{
	char path[64];
	uint32_t n = bk_text_of(bk_proc(path, s->main_pid, "/task/")).len;

	bk_put_number(path + n, path + sizeof path, (uint32_t)tid);
	return tid == s->main_pid || sys_access(path, 0) == 0;
}

static bool same_place(const struct bk_endpoint *a, const struct bk_endpoint *b)
{
	return a->family == b->family && a->port_low == b->port_low && __builtin_memcmp(a->address, b->address, 16) == 0;
}

/* What the platform itself gave the function to talk to. */
static bool is_implicit(const struct bk_shim *s, const struct bk_endpoint *e, int tid)
{
	for (unsigned i = 0; i < BK_IMPLICIT; i++)
		if (s->implicit[i].family && same_place(&s->implicit[i], e))
			return is_main(s, tid);
	return false;
}

/*
 * Libraries ask the kernel for the way to an address by connecting a datagram socket to it, on a port that nobody listens on (getaddrinfo of
 * glibc 0, of musl 65535, of Go 9): nothing is sent.  That is allowed to what may be connected to on any port, and refused without an event.
 */
static bool asks_the_way(const struct seccomp_notif *n, const struct bk_socket *k, const struct bk_endpoint *e)
{
	if (e->family == BK_UNIX)
		return false;
	if (k->fd < 0)
		return n->data.nr == __NR_connect && e->port_low == 0;	/* no connection can be made to it */
	return n->data.nr == __NR_connect && k->type == BK_DGRAM && (e->port_low == 0 || e->port_low == 9 || e->port_low == 65535);
}

static void say(struct bk_shim *s, const struct seccomp_notif *n, struct bk_request *r, const struct bk_decision *d, const char *note)
{
	enum bk_event_kind kind = r->section == BK_LISTEN ? BK_EVENT_LISTEN : BK_EVENT_CONNECT;
	char text[BK_ADDRESS_TEXT];
	struct bk_event e;

	if (!bk_speaks(d->verdict))
		return;
	bk_note_parent((int)n->pid, s->scratch->parent, BK_PATH_MAX);
	r->parent = bk_text_of(s->scratch->parent);
	bk_log_fill(s, &e, kind, r, d, (int)n->pid);
	if (r->endpoint->family == BK_INET || r->endpoint->family == BK_INET6) {
		e.domain = r->path;
		e.path = (struct bk_text){ NULL, 0 };
		e.address = (struct bk_text){ text, bk_address_text(r->endpoint, text) };
		e.port = r->endpoint->port_low;
	} else if (r->endpoint->family != BK_UNIX) {
		e.path = (struct bk_text){ text, bk_address_text(r->endpoint, text) };
	}
	e.note = bk_text_of(note);
	bk_log_event(s, &e);
}

static int outcome(struct bk_shim *s, const struct seccomp_notif *n, struct bk_request *r, const struct bk_decision *d, const char *note)
{
	say(s, n, r, d, note);
	if (d->verdict == BK_KILLED)
		sys_kill((int)n->pid, SIGKILL);
	return bk_stops(d->verdict) ? -EACCES : 0;
}

/* What may be reached at all is let go without a look at the socket's own family: so is what is foreign to it. */
static int judge_ip(struct bk_shim *s, const struct seccomp_notif *n, struct bk_socket *k, struct bk_peer *p, const char *note)
{
	struct bk_endpoint *e = &p->address.endpoint;
	struct bk_request r = { .section = BK_CONNECT, .endpoint = e, .flags = asks_the_way(n, k, e) ? BK_REQ_ANY_PORT : 0 };
	struct bk_decision d;

	if (is_implicit(s, e, (int)n->pid) || bk_names_lead(s, k, p))
		return 0;
	d = bk_names_decide(s, &r);
	if (d.verdict == BK_ALLOWED || bk_peer_foreign(k, p))
		return 0;
	if (r.flags & BK_REQ_ANY_PORT)
		return bk_stops(d.verdict) ? -EACCES : 0;
	return outcome(s, n, &r, &d, note);
}

static int judge_unix(struct bk_shim *s, const struct seccomp_notif *n, struct bk_peer *p, const char *note)
{
	struct bk_request r = { .section = BK_CONNECT, .endpoint = &p->address.endpoint, .path = p->address.unix_name };
	int error = r.path.len && r.path.at[0] != '@' ? find_unix(s, n, p, &r) : r.path.len ? 0 : -EINVAL;
	struct bk_decision d;

	if (error)
		return error;
	if (p->object >= 0)
		reach_by_object(p);
	d = bk_names_decide(s, &r);
	return outcome(s, n, &r, &d, note);
}

int bk_peer_judge(struct bk_shim *s, const struct seccomp_notif *n, struct bk_socket *k, struct bk_peer *p, const char *note)
{
	uint16_t family = p->address.endpoint.family;

	if (!p->error && (family == BK_INET || family == BK_INET6))
		return judge_ip(s, n, k, p, note);
	if (bk_peer_foreign(k, p))
		return 0;
	if (p->error)
		return -p->error;
	return family == BK_UNIX ? judge_unix(s, n, p, note) : 0;	/* that there is another socket was judged when it was made */
}

/* --- connect ------------------------------------------------------------------------------------------------------------------------ */

/*
 * Without blocking, whatever the socket's mode: see network.h.  A peer on this host has answered as soon as the first call let go of the socket.  Its
 * result is what a second call says, as to any caller that does not block; it also leaves the socket as one call that blocks would have
 * (net/ipv4/af_inet.c, __inet_stream_connect).  -EALREADY: under way.
 */
static long connect_now(const struct bk_socket *k, const struct bk_peer *p)
{
	bool change = bk_socket_blocks(k) && bk_socket_streams(k);
	long r;

	if (change)
		sys_fcntl(k->fd, F_SETFL, k->flags | O_NONBLOCK);
	r = sys_connect(k->fd, p->bytes, p->size);
	if (change && r == -EINPROGRESS)
		r = sys_connect(k->fd, p->bytes, p->size);
	if (change)
		sys_fcntl(k->fd, F_SETFL, k->flags);
	return r;
}

/* What the call is answered with; a call that has to wait took the socket over. */
static long make_connection(struct bk_shim *s, const struct seccomp_notif *n, struct bk_socket *k, struct bk_peer *p, bool *waits)
{
	bool wait = bk_socket_blocks(k) && bk_socket_streams(k);
	long r = connect_now(k, p);

	if (wait && (r == -EINPROGRESS || r == -EALREADY)) {
		*waits = bk_pending_add(s, n, BK_PENDING_CONNECT, k, -1);
		return -EAGAIN;
	}
	if (wait && r == -EAGAIN && p->object >= 0) {
		*waits = bk_pending_add(s, n, BK_PENDING_UNIX, k, p->object);
		p->object = *waits ? -1 : p->object;
	}
	return r;
}

static void connect(struct bk_shim *s, const struct seccomp_notif *n)
{
	struct bk_socket k;
	struct bk_peer p = { .object = -1 };
	int none = bk_socket_of(s, (int)n->pid, (int)n->data.args[0], &k);
	bool let_go = false, waits = false;
	long r = none;

	if (!none || none == -ENOTSOCK)
		r = bk_peer_read(n, n->data.args[1], n->data.args[2], &p);	/* the kernel looks at it first */
	if (!r)
		r = none;
	if (!r)
		r = bk_peer_judge(s, n, &k, &p, NULL);
	if (r)
		r = r == -EPERM ? -EACCES : r;
	else if (p.object >= 0 && !bk_same_rights(s, (int)n->pid))
		let_go = true;			/* its file may be open to us alone */
	else if (bk_notify_alive(s, n->id))
		r = make_connection(s, n, &k, &p, &waits);
	else
		waits = true;			/* nobody: what was read may have been another task's */
	bk_peer_close(&p);
	bk_socket_close(&k);
	if (let_go)
		bk_notify_answer(s, n->id, 0);
	else if (!waits)
		bk_notify_result(s, n->id, r);
}

/* --- bind, listen, socket --------------------------------------------------------------------------------------------------------------- */

/* Where the name of a unix socket lies, from the folder that the caller is in; -errno where it leads nowhere. */
static int find_name(struct bk_shim *s, int tid, struct bk_text *name)
{
	struct bk_target place = { .folder = -1, .object = -1 };
	int error;

	if (!name->len || name->at[0] == '@')
		return 0;
	bk_put(s->scratch->walk, s->scratch->walk + BK_PATH_MAX, name->at);
	error = bk_resolve(s, tid, BK_AT_CWD, BK_RESOLVE_MAKE, s->scratch->path, &place);
	if (!error)
		*name = place.path;
	bk_target_close(&place);
	return error;
}

static int judge_listen(struct bk_shim *s, const struct seccomp_notif *n, const struct bk_address *a)
{
	struct bk_request r = { .section = BK_LISTEN, .endpoint = &a->endpoint };
	struct bk_decision d;
	int error = 0;

	if (a->endpoint.family == BK_UNIX) {
		r.path = a->unix_name;
		error = find_name(s, (int)n->pid, &r.path);
	} else if (a->endpoint.family != BK_INET && a->endpoint.family != BK_INET6) {
		return 0;
	}
	if (error && n->data.nr == __NR_bind)
		return error;			/* one that listens has a name already, wherever that was */
	d = bk_decide(&s->policy, &r, s->least);
	return outcome(s, n, &r, &d, NULL);
}

/* The first port that needs no privilege (ip(7)). */
static uint32_t free_ports(void)
{
	char text[16];
	const char *end;
	int fd = (int)sys_open("/proc/sys/net/ipv4/ip_unprivileged_port_start", O_RDONLY | O_CLOEXEC);
	long n = fd < 0 ? fd : sys_read(fd, text, sizeof text - 1);

	if (fd >= 0)
		sys_close(fd);
	text[n > 0 ? n : 0] = '\0';
	return n > 0 ? (uint32_t)bk_parse_number(text, &end) : 1024;
}

/* The shim binds in the caller's place; a caller that gave up root gets no port that is root's. */
static bool may_bind(struct bk_shim *s, int tid, const struct bk_endpoint *e)
{
	return !e->port_low || bk_same_rights(s, tid) || bk_files_capabilities(s, tid) & 1u << 10 /* CAP_NET_BIND_SERVICE */ || e->port_low >= free_ports();
}

/*
 * A stream socket is judged when it listens.  A datagram socket listens once it has a port that others can know; one that the kernel chooses is for
 * answers.  The name of a unix socket is made where and as the caller makes files, so that the call is let go: another thread could change
 * the name behind the decision (with files.write judged, not where it lies).
 */
static void bind(struct bk_shim *s, const struct seccomp_notif *n)
{
	struct bk_socket k;
	struct bk_peer p = { .object = -1 };
	int error = bk_socket_of(s, (int)n->pid, (int)n->data.args[0], &k);
	bool inet = bk_socket_domain(&k) == BK_INET || k.domain == BK_INET6;
	long r = 0;

	if (!error && (inet || (k.domain == BK_UNIX && k.type == BK_DGRAM)))
		error = bk_peer_read(n, n->data.args[1], n->data.args[2], &p);
	if (!error && !bk_peer_foreign(&k, &p))
		error = -p.error;
	if (!error && k.type == BK_DGRAM && !bk_peer_foreign(&k, &p) && (inet ? p.address.endpoint.port_low != 0 : p.address.unix_name.len != 0))
		error = judge_listen(s, n, &p.address);
	if (!error && inet)
		r = may_bind(s, (int)n->pid, &p.address.endpoint) ? sys_bind(k.fd, p.bytes, p.size) : -EACCES;
	else if (error)
		r = error == -EPERM ? -EACCES : error;
	bk_socket_close(&k);
	if (error || inet)
		bk_notify_result(s, n->id, r);
	else
		bk_notify_answer(s, n->id, 0);
}

static void listen(struct bk_shim *s, const struct seccomp_notif *n)
{
	struct bk_socket k;
	struct bk_address a;
	uint8_t name[BK_SOCKADDR_MAX];
	uint32_t size = sizeof name;
	long error = bk_socket_of(s, (int)n->pid, (int)n->data.args[0], &k);

	if (!error)
		error = sys_getsockname(k.fd, name, &size);
	if (!error)
		error = -bk_address_read(name, size, &a);
	/* Others cannot listen, and a unix socket without a name cannot: the kernel says so. */
	if (!error && bk_socket_streams(&k) && (bk_socket_domain(&k) != BK_UNIX || a.unix_name.len))
		error = judge_listen(s, n, &a);
	error = error == -EPERM ? -EACCES : error ? error : sys_listen(k.fd, (int)n->data.args[1]);
	bk_socket_close(&k);
	bk_notify_result(s, n->id, error);
}

/* All that counts is in registers, where nobody changes it. */
static void make_socket(struct bk_shim *s, const struct seccomp_notif *n)
{
	uint32_t family = (uint32_t)n->data.args[0];
	bool inet = family == BK_INET || family == BK_INET6;
	struct bk_endpoint e = { .family = (uint16_t)(inet ? BK_FAMILY_RAW : family > UINT16_MAX ? UINT16_MAX : family) };
	struct bk_request r = { .section = BK_CONNECT, .endpoint = &e };
	struct bk_decision d = bk_decide(&s->policy, &r, s->least);

	bk_notify_answer(s, n->id, -outcome(s, n, &r, &d, "a socket of this kind"));
}

/* --- without duplicates ---------------------------------------------------------------------------------------------------------------- */

/* pidfd_getfd is refused in this place, or is not there: what is seen before the call is judged, and the call let go.  Of the socket nothing is known. */
static void check_only(struct bk_shim *s, const struct seccomp_notif *n)
{
	bool to = n->data.nr == __NR_sendto;
	struct bk_socket k = { .fd = -1 };
	struct bk_peer p = { .object = -1 };
	int error = 0;

	if (n->data.nr == __NR_connect || to) {
		error = bk_peer_read(n, n->data.args[to ? 4 : 1], n->data.args[to ? 5 : 2], &p);
		error = error || p.error ? 0 : bk_peer_judge(s, n, &k, &p, NULL);
	} else if (n->data.nr == __NR_bind) {
		error = bk_peer_read(n, n->data.args[1], n->data.args[2], &p);
		error = error || p.error || !p.address.endpoint.port_low ? 0 : judge_listen(s, n, &p.address);
	} else if (n->data.nr == __NR_sendmsg || n->data.nr == __NR_sendmmsg) {
		error = bk_send_check(s, n);
	}
	bk_peer_close(&p);
	bk_notify_answer(s, n->id, -error);
}

void bk_network_notified(struct bk_shim *s, const struct seccomp_notif *n)
{
	if (n->data.nr == __NR_socket)
		make_socket(s, n);
	else if (!(s->place.offers & BK_CAN_GETFD))
		check_only(s, n);
	else if (n->data.nr == __NR_connect)
		connect(s, n);
	else if (n->data.nr == __NR_bind)
		bind(s, n);
	else if (n->data.nr == __NR_listen)
		listen(s, n);
	else if (n->data.nr == __NR_recvfrom || n->data.nr == __NR_recvmsg)
		bk_names_received(s, n);
	else
		bk_send_notified(s, n);
}
