/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shim's Landlock rules for the network in the kernel that is here, with nothing in front of them.  Each row is tried by a forked child without
 * the rules (control) and by one under them.  And the other side: what a child under them may not connect, who is not under them connects for it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lang/policy_model.h"
#include "tests/support/landlock_shim.h"
#include "tests/support/tap.h"

enum { LISTED, OTHER, PORTS };
static uint16_t port[PORTS];		/* of listeners; host order */
static char abstract_name[32];

/* --- what is tried: 0 or the errno ----------------------------------------------------------------------------------------------- */

static struct sockaddr_in loopback(uint16_t to)
{
	return (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(to), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

static int connect_to(int type, uint16_t to)
{
	struct sockaddr_in at = loopback(to);
	int fd = socket(AF_INET, type, 0), r = connect(fd, (void *)&at, sizeof at) ? errno : 0;

	close(fd);
	return r;
}

static int bind_to(int type)
{
	struct sockaddr_in at = loopback(0);
	int fd = socket(AF_INET, type, 0), r = bind(fd, (void *)&at, sizeof at) ? errno : 0;

	close(fd);
	return r;
}

static int to_abstract(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(abstract_name));
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), r;

	strcpy(at.sun_path + 1, abstract_name);
	r = connect(fd, (void *)&at, size) ? errno : 0;
	close(fd);
	return r;
}

static int tcp_listed(void) { return connect_to(SOCK_STREAM, port[LISTED]); }
static int tcp_other(void) { return connect_to(SOCK_STREAM, port[OTHER]); }
static int udp_other(void) { return connect_to(SOCK_DGRAM, port[OTHER]); }
static int tcp_bind(void) { return bind_to(SOCK_STREAM); }
static int udp_bind(void) { return bind_to(SOCK_DGRAM); }

static const struct row {
	const char *text;
	int (*work)(void);
	int made, let_go;		/* errno where the shim makes calls; where it lets them go */
	unsigned abi;			/* that it takes */
} rows[] = {
	{ "TCP to a listed port", tcp_listed, EACCES, 0, 4 },
	{ "TCP to another port", tcp_other, EACCES, EACCES, 4 },
	{ "UDP to another port", udp_other, 0, 0, 4 },
	{ "bind of TCP", tcp_bind, EACCES, 0, 4 },
	{ "bind of UDP", udp_bind, 0, 0, 4 },
	{ "an abstract unix socket of others", to_abstract, EPERM, 0, 6 },
};

/* --- in children --------------------------------------------------------------------------------------------------------------------- */

static struct bk_policy policy;

static int outcome(pid_t pid)
{
	int status;

	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int bare(const struct row *r)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(r->work());
	return outcome(pid);
}

static int restricted(const struct row *r, bool made)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(landlock_shim(&policy, made, NULL) ? r->work() : 255);
	return outcome(pid);
}

static void try_row(const struct row *r)
{
	int without = bare(r), made = restricted(r, true), let_go = restricted(r, false);

	ok(without == 0, "%s: works without rules (%d)", r->text, without);
	ok(made == r->made, "%s: errno %d where the shim makes calls (%d)", r->text, r->made, made);
	ok(let_go == r->let_go, "%s: errno %d where they are let go (%d)", r->text, r->let_go, let_go);
}

/* A child under the rules makes a socket and fails; the socket's duplicate, in the hands of this process, connects. */
static void test_other_side(void)
{
	int ready[2], go[2], fd;
	struct sockaddr_in at = loopback(port[OTHER]), peer;
	socklen_t size = sizeof peer;
	char word = 0;

	if (pipe(ready) || pipe(go))
		return;
	pid_t pid = fork();
	if (pid == 0) {
		int own = socket(AF_INET, SOCK_STREAM, 0), before;

		dup2(own, 77);
		before = landlock_shim(&policy, true, NULL) && connect(77, (void *)&at, sizeof at) && errno == EACCES;
		if (write(ready[1], "r", 1) == 1 && read(go[0], &word, 1) == 1)
			_exit(before && getpeername(77, (void *)&peer, &size) == 0 && peer.sin_port == at.sin_port ? 0 : 1);
		_exit(2);
	}
	ok(read(ready[0], &word, 1) == 1, "a child under the rules has a socket");
	fd = (int)syscall(SYS_pidfd_getfd, (int)syscall(SYS_pidfd_open, pid, 0), 77, 0);
	ok(fd >= 0 && connect(fd, (void *)&at, sizeof at) == 0, "who is not under them connects it");
	ok(write(go[1], "g", 1) == 1 && outcome(pid) == 0, "and the child, to whom connect said EACCES, has the connection");
}

/* What the platform gave is open where calls are let go. */
static void test_implicit(void)
{
	struct bk_endpoint e = { .family = AF_INET, .port_low = port[OTHER], .port_high = port[OTHER], .prefix = 32, .address = { 127, 0, 0, 1 } };
	pid_t pid = fork();

	if (pid == 0)
		_exit(landlock_shim(&policy, false, &e) ? tcp_other() : 255);
	ok(outcome(pid) == 0, "an implicit address is reachable where calls are let go");
}

/* --- listeners, policy ------------------------------------------------------------------------------------------------------------ */

static void start_listeners(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd;

	for (int i = 0; i < PORTS; i++) {
		struct sockaddr_in own = loopback(0);
		socklen_t size = sizeof own;

		fd = socket(AF_INET, SOCK_STREAM, 0);
		if (bind(fd, (void *)&own, size) || listen(fd, 16) || getsockname(fd, (void *)&own, &size))
			exit(2);
		port[i] = ntohs(own.sin_port);
	}
	snprintf(abstract_name, sizeof abstract_name, "buckler-test-%d", (int)getpid());
	strcpy(at.sun_path + 1, abstract_name);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (bind(fd, (void *)&at, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(abstract_name))) || listen(fd, 16))
		exit(2);
}

int main(void)
{
	long abi = syscall(444 /* landlock_create_ruleset */, NULL, 0, 1);
	struct bk_diags d = { 0 };
	BK_BUF bytes = { 0 };

	if (abi < 4) {
		printf("1..0 # SKIP Landlock here knows no ports (ABI %ld)\n", abi);
		return 0;
	}
	start_listeners();
	BK_FREE char *text = bk_format("version: 1\nnetwork:\n  connect: [{address: 127.0.0.1, port: %u}]\n  listen: []\n", port[LISTED]);
	struct bk_model *m = bk_policy_parse("rules", text, strlen(text), &d);
	ok(m && bk_policy_compile(m, &bytes, &d) == 0 && bk_policy_open(&policy, bytes.at, bytes.len, NULL) == BK_POLICY_OK, "the policy compiles");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (abi >= rows[i].abi)
			try_row(&rows[i]);
	test_other_side();
	test_implicit();
	bk_model_free(m);
	bk_diags_free(&d);
	return tap_end();
}
