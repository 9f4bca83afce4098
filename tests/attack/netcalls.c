/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every call on sockets with every kind of address, good and bad, in memory of every kind: prints what it returned.  A function cannot tell that the
 * shim makes these calls for it: the output is the same with and without (network.t).  Called in an empty folder, in a network without a way out.
 * No attack.
 */
#include <arpa/inet.h>
#include <limits.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include "tests/attack/attack.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define PAGE 4096

static char *edge;			/* behind it nothing is mapped */

/* --- sockets ----------------------------------------------------------------------------------------------------------------- */

static const struct { const char *name; int family, type; } kinds[] = {
	{ "tcp", AF_INET, SOCK_STREAM }, { "udp", AF_INET, SOCK_DGRAM }, { "tcp6", AF_INET6, SOCK_STREAM }, { "udp6", AF_INET6, SOCK_DGRAM },
	{ "unix", AF_UNIX, SOCK_STREAM }, { "unix-dgram", AF_UNIX, SOCK_DGRAM }, { "unix-seqpacket", AF_UNIX, SOCK_SEQPACKET }, { "route", AF_NETLINK, SOCK_RAW },
	{ "file", -1, 0 }, { "closed", -2, 0 },
};

static int make(size_t kind)
{
	if (kinds[kind].family == -1)
		return open("file", O_RDWR | O_CREAT, 0600);
	return kinds[kind].family == -2 ? 999 : socket(kinds[kind].family, kinds[kind].type, 0);
}

/* --- addresses --------------------------------------------------------------------------------------------------------------- */

/* `where`: at address 0, at 1, the whole one at the edge, or the first half of it. */
enum place { PLAIN, NOWHERE, ONE, AT_EDGE, TORN };

static const struct { const char *name; int family; const char *host; int port; long size; enum place place; } addresses[] = {
	{ "refused", AF_INET, "127.0.0.1", 1, 16, PLAIN }, { "refused, at the edge", AF_INET, "127.0.0.1", 1, 16, AT_EDGE }, { "torn", AF_INET, "127.0.0.1", 1, 16, TORN },
	{ "NULL", AF_INET, "127.0.0.1", 1, 16, NOWHERE }, { "1", AF_INET, "127.0.0.1", 1, 16, ONE }, { "NULL, no size", AF_INET, "127.0.0.1", 1, 0, NOWHERE },
	{ "no size", AF_INET, "127.0.0.1", 1, 0, PLAIN }, { "a byte", AF_INET, "127.0.0.1", 1, 1, PLAIN }, { "a family", AF_INET, "127.0.0.1", 1, 2, PLAIN },
	{ "short", AF_INET, "127.0.0.1", 1, 15, PLAIN }, { "long", AF_INET, "127.0.0.1", 1, 28, PLAIN }, { "as long as any", AF_INET, "127.0.0.1", 1, 128, PLAIN },
	{ "longer", AF_INET, "127.0.0.1", 1, 129, PLAIN }, { "very long", AF_INET, "127.0.0.1", 1, INT_MAX, PLAIN }, { "negative", AF_INET, "127.0.0.1", 1, -1, PLAIN },
	{ "high half", AF_INET, "127.0.0.1", 1, 0x100000010, PLAIN }, { "long at the edge", AF_INET, "127.0.0.1", 1, 64, AT_EDGE },
	{ "no route", AF_INET, "192.0.2.1", 80, 16, PLAIN }, { "any", AF_INET, "0.0.0.0", 1, 16, PLAIN }, { "broadcast", AF_INET, "255.255.255.255", 80, 16, PLAIN },
	{ "multicast", AF_INET, "224.0.0.1", 80, 16, PLAIN }, { "port 0", AF_INET, "127.0.0.1", 0, 16, PLAIN }, { "class E", AF_INET, "240.0.0.1", 80, 16, PLAIN },
	{ "six", AF_INET6, "::1", 1, 28, PLAIN }, { "six without scope", AF_INET6, "::1", 1, 24, PLAIN }, { "six, short", AF_INET6, "::1", 1, 23, PLAIN },
	{ "mapped", AF_INET6, "::ffff:127.0.0.1", 1, 28, PLAIN }, { "mapped any", AF_INET6, "::ffff:0.0.0.0", 1, 28, PLAIN }, { "six any", AF_INET6, "::", 1, 28, PLAIN },
	{ "link local", AF_INET6, "fe80::1", 1, 28, PLAIN }, { "six, no route", AF_INET6, "2001:db8::1", 80, 28, PLAIN }, { "six, as IPv4's size", AF_INET6, "::1", 1, 16, PLAIN },
	{ "no family", AF_UNSPEC, "127.0.0.1", 1, 16, PLAIN }, { "no family, two bytes", AF_UNSPEC, "127.0.0.1", 1, 2, PLAIN }, { "no family, six", AF_UNSPEC, "127.0.0.1", 1, 28, PLAIN },
	{ "unknown family", 999, "127.0.0.1", 1, 16, PLAIN }, { "netlink", AF_NETLINK, "", 0, 12, PLAIN }, { "netlink, short", AF_NETLINK, "", 0, 11, PLAIN },
	{ "unix", AF_UNIX, "listens", 0, 110, PLAIN }, { "unix, just so long", AF_UNIX, "listens", 0, 9, PLAIN }, { "unix, at the edge", AF_UNIX, "listens", 0, 110, AT_EDGE },
	{ "unix, cut", AF_UNIX, "listens", 0, 5, PLAIN }, { "unix, torn", AF_UNIX, "listens", 0, 110, TORN }, { "unix, too long", AF_UNIX, "listens", 0, 111, PLAIN },
	{ "unix, nothing there", AF_UNIX, "nothing", 0, 110, PLAIN }, { "unix, a file", AF_UNIX, "file", 0, 110, PLAIN }, { "unix, a folder", AF_UNIX, ".", 0, 110, PLAIN },
	{ "unix, below a file", AF_UNIX, "file/x", 0, 110, PLAIN }, { "unix, a loop", AF_UNIX, "loop", 0, 110, PLAIN }, { "unix, a link", AF_UNIX, "link", 0, 110, PLAIN },
	{ "unix, closed", AF_UNIX, "closed/x", 0, 110, PLAIN }, { "unix, gone", AF_UNIX, "gone", 0, 110, PLAIN }, { "unix, datagrams", AF_UNIX, "datagrams", 0, 110, PLAIN },
	{ "unix, a slash behind", AF_UNIX, "listens/", 0, 110, PLAIN }, { "unix, no name", AF_UNIX, "", 0, 2, PLAIN }, { "unix, an empty name", AF_UNIX, "", 0, 3, PLAIN },
	{ "abstract, nobody", AF_UNIX, "@nobody", 0, 9, PLAIN }, { "abstract, long", AF_UNIX, "@nobody", 0, 110, PLAIN },
	{ "unix, without an end", AF_UNIX, "*", 0, 110, PLAIN }, { "unix, without an end, at the edge", AF_UNIX, "*", 0, 110, AT_EDGE },
};

static void fill(size_t i, unsigned char out[512])
{
	struct sockaddr_in four = { .sin_family = (sa_family_t)addresses[i].family, .sin_port = htons((uint16_t)addresses[i].port) };
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)addresses[i].port) };

	memset(out, 0, 512);
	if (addresses[i].family == AF_UNIX) {
		out[0] = AF_UNIX;
		if (*addresses[i].host == '*')
			memset(out + 2, 'x', 510);
		else
			memcpy(out + 2, addresses[i].host, strlen(addresses[i].host));
		out[2] = out[2] == '@' ? 0 : out[2];
	} else if (addresses[i].family == AF_INET6) {
		inet_pton(AF_INET6, addresses[i].host, &six.sin6_addr);
		memcpy(out, &six, sizeof six);
	} else {
		inet_pton(AF_INET, addresses[i].host, &four.sin_addr);
		memcpy(out, &four, sizeof four);
	}
}

/* Where the address lies. */
static void *lay(size_t i)
{
	static unsigned char plain[512];
	size_t size = addresses[i].size > 0 && addresses[i].size <= 128 ? (size_t)addresses[i].size : 16;

	fill(i, plain);
	if (addresses[i].place == NOWHERE || addresses[i].place == ONE)
		return addresses[i].place == ONE ? (void *)1 : NULL;
	if (addresses[i].place == PLAIN)
		return plain;
	if (addresses[i].place == TORN)
		size /= 2;
	memcpy(edge - size, plain, size);
	return edge - size;
}

/* --- calls -------------------------------------------------------------------------------------------------------------------- */

static const char *say(long r)
{
	static char text[32];

	if (r < 0)
		return strerrorname_np(errno);
	snprintf(text, sizeof text, "%ld", r);
	return text;
}

static long call_connect(int fd, void *at, long size) { return syscall(SYS_connect, fd, at, size); }
static long call_bind(int fd, void *at, long size)
{
	long r = syscall(SYS_bind, fd, at, size);
	int error = errno;

	unlink("nothing");
	errno = error;
	return r;
}
static long call_sendto(int fd, void *at, long size) { return syscall(SYS_sendto, fd, "0123", 4, MSG_NOSIGNAL, at, size); }
static long call_sendmsg(int fd, void *at, long size)
{
	struct iovec part = { (void *)"0123", 4 };
	struct msghdr m = { .msg_name = at, .msg_namelen = (socklen_t)size, .msg_iov = &part, .msg_iovlen = 1 };

	return sendmsg(fd, &m, MSG_NOSIGNAL);
}
static long call_sendmmsg(int fd, void *at, long size)
{
	struct iovec part = { (void *)"0123", 4 };
	struct mmsghdr m[2] = { { .msg_hdr = { .msg_iov = &part, .msg_iovlen = 1, .msg_name = at, .msg_namelen = (socklen_t)size } } };

	m[1] = m[0];
	return sendmmsg(fd, m, 2, MSG_NOSIGNAL);
}

static const struct { const char *name; long (*call)(int fd, void *at, long size); } calls[] = {
	{ "connect", call_connect }, { "bind", call_bind }, { "sendto", call_sendto }, { "sendmsg", call_sendmsg }, { "sendmmsg", call_sendmmsg },
};

static void every_address(void)
{
	for (size_t c = 0; c < COUNT(calls); c++)
		for (size_t k = 0; k < COUNT(kinds); k++)
			for (size_t i = 0; i < COUNT(addresses); i++) {
				int fd = make(k);
				long first = calls[c].call(fd, lay(i), addresses[i].size);

				printf("%s %s %s: %s", calls[c].name, kinds[k].name, addresses[i].name, say(first));
				printf(", again %s\n", say(calls[c].call(fd, lay(i), addresses[i].size)));
				if (kinds[k].family != -2)
					close(fd);
			}
}

/* --- what else a call is given -------------------------------------------------------------------------------------------------- */

static long message_with(int fd, struct msghdr *m, void *parts, size_t count, void *control, size_t control_size)
{
	*m = (struct msghdr){ .msg_iov = parts, .msg_iovlen = count, .msg_control = control, .msg_controllen = control_size };
	return syscall(SYS_sendmsg, fd, m, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void bad_messages(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct iovec good = { (void *)"0123", 4 }, bad = { (void *)1, 4 }, long_one = { (void *)"0123", SIZE_MAX };
	static struct iovec many[1025];
	struct { size_t size; int level, type, fd; } rights = { 20, SOL_SOCKET, SCM_RIGHTS, 999 }, short_one = { 3, SOL_SOCKET, SCM_RIGHTS, 0 };
	struct msghdr m;

	for (size_t i = 0; i < COUNT(many); i++)
		many[i] = (struct iovec){ (void *)"0", 1 };
	for (size_t k = 0; k < COUNT(kinds); k++) {
		int fd = make(k), pair[2] = { -1, -1 };

		if (kinds[k].family == AF_UNIX && socketpair(AF_UNIX, kinds[k].type, 0, pair) == 0)
			dup2(pair[0], fd);
		else if (kinds[k].type == SOCK_DGRAM)
			connect(fd, (void *)&to, sizeof to);
		printf("%s message: NULL %s", kinds[k].name, say(syscall(SYS_sendmsg, fd, NULL, MSG_NOSIGNAL)));
		printf(", 1 %s", say(syscall(SYS_sendmsg, fd, 1, MSG_NOSIGNAL)));
		printf(", torn %s", say(syscall(SYS_sendmsg, fd, edge - 20, MSG_NOSIGNAL)));
		printf(", bad parts %s", say(message_with(fd, &m, (void *)1, 1, NULL, 0)));
		printf(", bad part %s", say(message_with(fd, &m, &bad, 1, NULL, 0)));
		printf(", long part %s", say(message_with(fd, &m, &long_one, 1, NULL, 0)));
		printf(", 1025 parts %s", say(message_with(fd, &m, many, 1025, NULL, 0)));
		printf(", bad control %s", say(message_with(fd, &m, &good, 1, (void *)1, 24)));
		printf(", control of nobody %s", say(message_with(fd, &m, &good, 1, &rights, 24)));
		printf(", control too short %s", say(message_with(fd, &m, &good, 1, &short_one, 24)));
		printf(", bad data %s", say(syscall(SYS_sendto, fd, 1, 4, MSG_NOSIGNAL, &to, sizeof to)));
		printf(", no messages %s", say(syscall(SYS_sendmmsg, fd, 1, 0, 0)));
		printf(", bad messages %s\n", say(syscall(SYS_sendmmsg, fd, 1, 2, 0)));
		close(pair[0]), close(pair[1]);
		if (kinds[k].family != -2)
			close(fd);
	}
}

static void listening(void)
{
	for (size_t k = 0; k < COUNT(kinds); k++) {
		int fd = make(k);

		printf("%s listen: %s", kinds[k].name, say(listen(fd, 1)));
		printf(", again %s", say(listen(fd, -1)));
		printf(", and connect %s\n", say(call_connect(fd, lay(0), 16)));
		if (kinds[k].family != -2)
			close(fd);
	}
}

/* --- the folder ------------------------------------------------------------------------------------------------------------------ */

static int unix_at(const char *path, int type)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type, 0);

	strcpy(at.sun_path, path);
	if (bind(fd, (void *)&at, sizeof at) < 0 || (type != SOCK_DGRAM && listen(fd, 128) < 0))
		_exit(2);
	return fd;
}

int main(void)
{
	edge = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap(edge + PAGE, PAGE);
	edge += PAGE;
	if (!put_file("file", "x", 0600) || symlink("loop", "loop") || symlink("listens", "link") || mkdir("closed", 0700))
		return 2;
	unix_at("listens", SOCK_STREAM), unix_at("datagrams", SOCK_DGRAM);
	close(unix_at("gone", SOCK_STREAM));
	chmod("closed", 0);
	every_address();
	bad_messages();
	listening();
	return 0;
}
