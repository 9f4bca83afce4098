/* SPDX-License-Identifier: Apache-2.0 */
/* The network's part of the seccomp program, in a simulator: which calls are notified under which plan. */
#include "core/filter.h"
#include "core/network.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/support/bpf_sim.h"
#include "tests/support/syscalls.h"
#include "tests/support/tap.h"

#define HIGH  0x100000000ULL		/* rubbish in the half that the kernel does not read */
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* The plans: no listener; a listener and no network rules; connect; listen; connect with names. */
static const uint32_t plans[] = {
	BK_FILTER_CONNECT | BK_FILTER_LISTEN | BK_FILTER_NAMES, BK_FILTER_NOTIFY, BK_FILTER_NOTIFY | BK_FILTER_CONNECT, BK_FILTER_NOTIFY | BK_FILTER_LISTEN,
	BK_FILTER_NOTIFY | BK_FILTER_CONNECT | BK_FILTER_NAMES,
};

/* An answer for each of plans[]: N notified, P EPROTONOSUPPORT, a dot: allowed. */
static const struct row {
	const char *call, *answers;
	uint64_t args[6];
} rows[] = {
	{ "connect", "..N.N", { 3, 1, 16 } }, { "connect", "..N.N", { 0, 0, 0 } },
	{ "sendmsg", "..N.N", { 3, 1, 0 } }, { "sendmmsg", "..N.N", { 3, 1, 2, 0 } },
	{ "sendto", "..N.N", { 3, 1, 2, 0, 0x7fff0000, 16 } }, { "sendto", "..N.N", { 3, 1, 2, 0, 0x7fff00000000, 16 } },
	{ "sendto", ".....", { 3, 1, 2, 0, 0, 16 } }, { "sendto", ".....", { 3, 1, 2, 0x20000000, 0, 0 } },
	{ "recvfrom", "....N", { 3, 1, 2, 0, 0x7fff0000, 0x7fff0010 } }, { "recvfrom", "....N", { 3, 1, 2, 0, HIGH, 1 } }, { "recvfrom", ".....", { 3, 1, 2, 0, 0, 0 } },
	{ "recvmsg", "....N", { 3, 1, 0 } },
	{ "bind", "...N.", { 3, 1, 16 } }, { "listen", "...N.", { 3, 128 } },
	{ "socket", ".....", { AF_UNIX, SOCK_STREAM } }, { "socket", ".....", { AF_UNIX, SOCK_RAW, 0 } }, { "socket", ".....", { HIGH | AF_UNIX, SOCK_SEQPACKET } },
	{ "socket", ".....", { AF_INET, SOCK_STREAM } }, { "socket", ".....", { AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 6 } },
	{ "socket", ".....", { AF_INET, HIGH | SOCK_DGRAM, 17 } }, { "socket", ".....", { AF_INET6, SOCK_DGRAM, 58 } }, { "socket", ".....", { AF_INET, SOCK_DGRAM, 1 } },
	{ "socket", "..N.N", { AF_INET, SOCK_RAW, 1 } }, { "socket", "..N.N", { AF_INET, SOCK_RAW | SOCK_CLOEXEC, 255 } }, { "socket", "..N.N", { AF_INET6, HIGH | SOCK_RAW, 17 } },
	{ "socket", "..N.N", { AF_INET, SOCK_SEQPACKET, 0 } }, { "socket", "..N.N", { AF_INET, 6 /* SOCK_DCCP */, 0 } }, { "socket", "..N.N", { AF_INET, SOCK_PACKET, 0 } },
	{ "socket", "..N.N", { AF_INET, SOCK_STREAM, 132 } }, { "socket", "..N.N", { AF_INET, SOCK_DGRAM, 136 } }, { "socket", "..N.N", { AF_INET, SOCK_RDM, 0 } },
	{ "socket", "..P.P", { AF_INET, SOCK_STREAM, 262 } }, { "socket", "..P.P", { AF_INET6, SOCK_STREAM, HIGH | 262 } },
	{ "socket", ".....", { AF_NETLINK, SOCK_RAW, 0 } }, { "socket", ".....", { AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, HIGH } },
	{ "socket", "..N.N", { AF_NETLINK, SOCK_RAW, 2 } }, { "socket", "..N.N", { AF_NETLINK, SOCK_RAW, 10 } }, { "socket", "..N.N", { AF_NETLINK, SOCK_RAW, 15 } },
	{ "socket", "..N.N", { AF_PACKET, SOCK_RAW, 3 } }, { "socket", "..N.N", { AF_VSOCK, SOCK_STREAM } }, { "socket", "..N.N", { AF_ALG, SOCK_SEQPACKET } },
	{ "socket", "..N.N", { HIGH | AF_VSOCK, SOCK_STREAM } }, { "socket", "..N.N", { 0, SOCK_STREAM } }, { "socket", "..N.N", { 0xffffffff, SOCK_STREAM } },
	{ "socket", "..N.N", { 8, SOCK_STREAM, 0 } },
};

static const struct machine {
	const char *name;
	uint32_t arch;
	int (*number)(const char *name);
} machines[] = {
	{ "x86-64", AUDIT_ARCH_X86_64, syscall_number_x86_64 },
	{ "aarch64", AUDIT_ARCH_AARCH64, syscall_number_generic },
};

static char answer_of(const struct machine *m, uint32_t flags, const struct row *r)
{
	struct bk_filter_spec spec = { m->arch, flags, 77, 70 };
	struct sock_filter code[BK_FILTER_MAX];
	struct seccomp_data d = { .nr = m->number(r->call), .arch = m->arch };
	uint32_t got;

	if (!bk_filter_build(&spec, code, BK_FILTER_MAX))
		return '!';
	memcpy(d.args, r->args, sizeof d.args);
	got = bpf_sim_run(code, &d, NULL);
	return got == SECCOMP_RET_ALLOW ? '.' : got == SECCOMP_RET_USER_NOTIF ? 'N' : got == (SECCOMP_RET_ERRNO | EPROTONOSUPPORT) ? 'P' : '?';
}

static void check_rows(const struct machine *m)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t k = 0; k < COUNT(plans); k++) {
			char as = answer_of(m, plans[k], &rows[i]);

			ok(as == rows[i].answers[k] && bk_filter_lookup(m->arch, (uint32_t)m->number(rows[i].call)).job == BK_JOB_NETWORK,
			   "%s %s(%#llx, %#llx, %#llx) with flags %u: %c", m->name, rows[i].call, (unsigned long long)rows[i].args[0],
			   (unsigned long long)rows[i].args[1], (unsigned long long)rows[i].args[2], plans[k], as);
		}
}

/* The gate has no filter: it asks core/network.h, which must say the same as the filter of a plan with connections. */
static void check_kinds(void)
{
	static const char letters[] = { [BK_SOCKET_PLAIN] = '.', [BK_SOCKET_JUDGED] = 'N', [BK_SOCKET_ABSENT] = 'P' };

	for (size_t i = 0; i < COUNT(rows); i++) {
		const uint64_t *a = rows[i].args;

		if (strcmp(rows[i].call, "socket") != 0)
			continue;
		char as = letters[bk_socket_kind((uint32_t)a[0], (uint32_t)a[1], (uint32_t)a[2])];

		ok(as == rows[i].answers[2], "the gate: socket(%#llx, %#llx, %#llx): %c", (unsigned long long)a[0], (unsigned long long)a[1], (unsigned long long)a[2], as);
	}
}

/* With whatever else a plan asks for, the program holds together and has room. */
static void check_structure(const struct machine *m)
{
	uint32_t bad = 0, longest = 0;

	for (uint32_t flags = 0; flags < 2048; flags++) {
		struct bk_filter_spec spec = { m->arch, flags, 77, 70 };
		struct sock_filter code[BK_FILTER_MAX];
		uint32_t n = bk_filter_build(&spec, code, BK_FILTER_MAX);

		bad += !n || bpf_sim_check(code, n) != NULL;
		longest = n > longest ? n : longest;
	}
	ok(!bad, "%s: every set of flags gives a program that holds together", m->name);
	ok(longest < BK_FILTER_MAX - 64, "%s: %u instructions at most, with room left", m->name, longest);
}

int main(void)
{
	for (size_t i = 0; i < COUNT(machines); i++) {
		if (machines[i].number("read") < 0)
			continue;
		check_rows(&machines[i]);
		check_structure(&machines[i]);
	}
	check_kinds();
	return tap_end();
}
