/* SPDX-License-Identifier: Apache-2.0 */
/* Connects to port 8080 of each name; built with glibc and with musl. */
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static int try(const char *name)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list, *a;
	int good = 0;

	if (getaddrinfo(name, "8080", &hints, &list) != 0)
		return 0;
	for (a = list; a && !good; a = a->ai_next) {
		int fd = socket(a->ai_family, a->ai_socktype, 0);

		good = connect(fd, a->ai_addr, a->ai_addrlen) == 0;
		close(fd);
	}
	freeaddrinfo(list);
	return good;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		printf("%s %s\n", argv[i], try(argv[i]) ? "yes" : "no");
	return 0;
}
