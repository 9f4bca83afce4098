/* SPDX-License-Identifier: Apache-2.0 */
/* Who answers: addresses of a resolver at 127.0.0.53, as each call tells them that can. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct sockaddr_in resolver = { .sin_family = AF_INET, .sin_port = 0x3500, .sin_addr.s_addr = 0x3500007f };
static const char question[] = "\x12\x34\1\0\0\1\0\0\0\0\0\0\3api\4test\0\0\1\0\1";

static void say(const char *what, const struct sockaddr_in *a, unsigned size)
{
	printf("%s %s:%u %u\n", what, inet_ntoa(a->sin_addr), ntohs(a->sin_port), size);
}

static void peer(int type, const char *what)
{
	struct sockaddr_in a = { 0 };
	socklen_t size = sizeof a;
	int fd = socket(AF_INET, type, 0);

	if (connect(fd, (const void *)&resolver, sizeof resolver) != 0 || getpeername(fd, (void *)&a, &size) != 0)
		puts("no peer");
	say(what, &a, size);
	size = 0;
	printf("no room %d %u\n", getpeername(fd, (void *)&a, &size), size);
	printf("no memory %d\n", getpeername(fd, NULL, &size) + getpeername(fd, (void *)&a, NULL));
	close(fd);
}

static void many(void)
{
	struct sockaddr_in a[40];
	char text[40][512];
	struct iovec parts[40];
	struct mmsghdr m[40];
	int fd = socket(AF_INET, SOCK_DGRAM, 0), n;

	memset(m, 0, sizeof m);
	for (int i = 0; i < 40; i++) {
		parts[i] = (struct iovec){ text[i], sizeof text[i] };
		m[i].msg_hdr = (struct msghdr){ .msg_name = &a[i], .msg_namelen = sizeof a[i], .msg_iov = &parts[i], .msg_iovlen = 1 };
	}
	m[1].msg_hdr.msg_name = NULL;
	for (int i = 0; i < 3; i++)
		sendto(fd, question, sizeof question - 1, 0, (const void *)&resolver, sizeof resolver);
	for (int got = 0; got < 3; got += n) {
		n = recvmmsg(fd, m + got, (unsigned)(40 - got), MSG_WAITFORONE, NULL);
		if (n <= 0) {
			puts("no answer");
			break;
		}
	}
	for (int i = 0; i < 3; i++)
		if (m[i].msg_hdr.msg_name)
			say("recvmmsg", &a[i], m[i].msg_hdr.msg_namelen);
	printf("nothing there %d\n", recvmmsg(fd, m, 40, MSG_DONTWAIT, NULL));
	printf("no memory %d\n", recvmmsg(fd, NULL, 1, MSG_DONTWAIT, NULL));
}

int main(void)
{
	peer(SOCK_DGRAM, "datagrams");
	peer(SOCK_STREAM, "stream");
	many();
	return 0;
}
