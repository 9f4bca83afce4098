/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses out of system calls, and what network rules say of them. */
#include "core/network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "core/decide.h"
#include "lang/policy_model.h"
#include "tests/support/tap.h"

#define COUNT(table) (sizeof table / sizeof *(table))

/* --- sockaddr ------------------------------------------------------------------------------------------------------------------- */

static struct bk_endpoint endpoint_of(const char *host, uint16_t port)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	struct sockaddr_in four = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct bk_address a;

	if (inet_pton(AF_INET, host, &four.sin_addr) == 1)
		bk_address_read(&four, sizeof four, &a);
	else if (inet_pton(AF_INET6, host, &six.sin6_addr) == 1)
		bk_address_read(&six, sizeof six, &a);
	else
		a = (struct bk_address){ .endpoint = { .family = (uint16_t)bk_family_number(bk_text_of(host)) } };
	return a.endpoint;
}

static void test_spellings(void)
{
	static const char *const rows[][2] = {
		{ "10.1.2.3", "10.1.2.3" }, { "::ffff:10.1.2.3", "10.1.2.3" }, { "::ffff:0.0.0.0", "127.0.0.1" }, { "0.0.0.0", "127.0.0.1" }, { "::", "::1" },
		{ "::1", "::1" }, { "255.255.255.255", "255.255.255.255" }, { "64:ff9b::10.1.2.3", "64:ff9b::a01:203" }, { "2002:a01:203::", "2002:a01:203::" },
		{ "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1" }, { "2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1" }, { "fe80::", "fe80::" },
		{ "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8" }, { "0:1:2:3:4:5:6:7", "0:1:2:3:4:5:6:7" }, { "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct bk_endpoint e = endpoint_of(rows[i][0], 443);
		char text[BK_ADDRESS_TEXT];
		uint32_t n = bk_address_text(&e, text);

		ok(!strcmp(text, rows[i][1]) && n == strlen(text) && e.port_low == 443, "%s is %s (%s)", rows[i][0], rows[i][1], text);
	}
}

/* What the C library reads, and no more. */
static void test_parse(void)
{
	static const char *const rows[] = {
		"10.1.2.3", "10.1.2", "10.1.2.256", "::ffff:10.1.2.3", "64:ff9b::10.1.2.3", "1:2:3:4:5:6:10.1.2.3", "1:2:3:4:5:6:7:10.1.2.3", "::10.1.2", "::10.1.2.3.4",
		"10.1.2.3::", "1::10.1.2.3:4", "::", "::1", "1::2::3", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7", ":1", "12345::", "fe80::", "g::", "", "x",
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t bytes[16] = { 0 };
		struct bk_endpoint e;
		struct bk_text text = bk_text_of(rows[i]);
		bool four = inet_pton(AF_INET, rows[i], bytes) == 1, good = four || inet_pton(AF_INET6, rows[i], bytes) == 1;
		bool read = text.len && bk_address_parse(text, &e) == text.len;

		ok(read == good && (!good || (e.family == (four ? AF_INET : AF_INET6) && !memcmp(e.address, bytes, four ? 4 : 16))), "'%s' is %s", rows[i], good ? "an address" : "none");
	}
}

static void test_translated(void)
{
	static const char *const rows[][2] = { { "64:ff9b::a9fe:a9fe", "169.254.169.254" }, { "2002:a9fe:aa02::1", "169.254.170.2" }, { "64:ff9b::", "127.0.0.1" } };
	struct bk_endpoint out;
	char text[BK_ADDRESS_TEXT];

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct bk_endpoint e = endpoint_of(rows[i][0], 1);

		ok(bk_address_translated(&e, &out) && out.port_low == 1 && bk_address_text(&out, text) && !strcmp(text, rows[i][1]), "%s becomes %s", rows[i][0], rows[i][1]);
	}
	struct bk_endpoint plain = endpoint_of("2001:db8::1", 1), four = endpoint_of("10.0.0.1", 1);
	ok(!bk_address_translated(&plain, &out) && !bk_address_translated(&four, &out), "others are not translated");
}

static void test_sockaddrs(void)
{
	static const struct { const char *what; uint16_t family; uint32_t size; int error; uint16_t is; } rows[] = {
		{ "nothing", AF_INET, 0, EINVAL, 0 }, { "one byte", AF_INET, 1, EINVAL, 0 }, { "the family alone", AF_INET, 2, EINVAL, 0 },
		{ "a short IPv4 address", AF_INET, 15, EINVAL, 0 }, { "an IPv4 address", AF_INET, 16, 0, AF_INET }, { "a long IPv4 address", AF_INET, 128, 0, AF_INET },
		{ "a short IPv6 address", AF_INET6, 23, EINVAL, 0 }, { "an IPv6 address without scope", AF_INET6, 24, 0, AF_INET6 },
		{ "an IPv6 address", AF_INET6, 28, 0, AF_INET6 }, { "longer than any", AF_INET, 129, EINVAL, 0 }, { "much longer", AF_INET6, UINT32_MAX, EINVAL, 0 },
		{ "no family", 0, 16, 0, 0 }, { "no family, short", 0, 2, 0, 0 }, { "netlink", AF_NETLINK, 12, 0, AF_NETLINK }, { "an unknown family", 999, 2, 0, 999 },
		{ "a unix address without name", AF_UNIX, 2, 0, AF_UNIX }, { "a long unix address", AF_UNIX, 111, EINVAL, AF_UNIX },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t bytes[BK_SOCKADDR_MAX] = { (uint8_t)rows[i].family, (uint8_t)(rows[i].family >> 8), 0, 80, 10, 1, 2, 3 };
		struct bk_address a;
		int error = bk_address_read(bytes, rows[i].size, &a);

		ok(error == rows[i].error && (error || a.endpoint.family == rows[i].is), "%s: %d", rows[i].what, rows[i].error);
	}
}

static void test_unix_names(void)
{
	static const struct { const char *what, *bytes; uint32_t size; const char *name; } rows[] = {
		{ "a path", "/run/x", 7, "/run/x" }, { "a path without a NUL", "/run/x", 6, "/run/x" }, { "bytes behind the NUL", "/a\0b", 4, "/a" },
		{ "an abstract name", "\0x", 2, "@x" }, { "one with a NUL inside", "\0a\0b", 4, "@a@b" }, { "one that ends in a NUL", "\0a\0", 3, "@a@" },
		{ "the empty abstract name", "\0", 1, "@" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct sockaddr_un un = { .sun_family = AF_UNIX };
		struct bk_address a;

		memcpy(un.sun_path, rows[i].bytes, rows[i].size);
		ok(bk_address_read(&un, 2 + rows[i].size, &a) == 0 && !strcmp(a.name, rows[i].name) && a.unix_name.len == strlen(rows[i].name), "%s: %s", rows[i].what, a.name);
	}
	struct sockaddr_un full = { .sun_family = AF_UNIX };
	struct bk_address a;
	memset(full.sun_path, 'x', sizeof full.sun_path);
	ok(bk_address_read(&full, sizeof full, &a) == 0 && a.unix_name.len == sizeof full.sun_path && !a.name[sizeof full.sun_path], "a path that fills the address");
}

/* --- rules ----------------------------------------------------------------------------------------------------------------------- */

static const char policy_text[] =
	"version: 1\n"
	"network:\n"
	"  connect:\n"
	"    allow:\n"
	/*  5 */ "      - {domain: \"*.s3.amazonaws.com\", port: 443}\n"
	/*  6 */ "      - {domain: api.example.com, port: 443-444}\n"
	/*  7 */ "      - {address: 10.0.0.0/8, port: 5432}\n"
	/*  8 */ "      - {address: \"2001:db8::/32\", port: 443}\n"
	/*  9 */ "      - {address: \"::ffff:192.0.2.0/120\", port: 80}\n"
	/* 10 */ "      - {port: 8125}\n"
	/* 11 */ "      - {unix: \"/run/app/*.sock\"}\n"
	/* 12 */ "      - {unix: \"@bus-*\"}\n"
	/* 13 */ "      - {family: vsock}\n"
	/* 14 */ "      - {address: 169.254.0.0/16, port: 80}\n"
	/* 15 */ "      - {address: 169.254.170.2, port: 80}\n"
	/* 16 */ "      - {domain: \"*.internal\", port: 80}\n"
	/* 17 */ "      - {address: 127.0.0.1, port: 9001}\n"
	/* 18 */ "      - {address: \"2002::/16\", port: 99}\n"
	/* 19 */ "      - {domain: any.example.org}\n"
	"    deny:\n"
	/* 21 */ "      - {address: 10.9.0.0/16}\n"
	/* 22 */ "      - {domain: secret.s3.amazonaws.com}\n"
	/* 23 */ "      - {domain: half.s3.amazonaws.com, port: 80}\n"
	"    kill:\n"
	/* 25 */ "      - {port: 3333}\n"
	"  listen:\n"
	/* 27 */ "    - {address: 127.0.0.1, port: 8080}\n"
	/* 28 */ "    - {port: 9000-9010}\n";

enum { ANY = 0 };

static const struct decision {
	enum bk_section section;
	const char *domain, *host;	/* host: an address, a family, or "" for a unix socket by the name `domain` */
	uint16_t port;
	uint32_t flags;
	enum bk_verdict verdict;
	uint32_t line;
} decisions[] = {
	/* names */
	{ BK_CONNECT, "b.s3.amazonaws.com", "52.1.2.3", 443, 0, BK_ALLOWED, 5 }, { BK_CONNECT, "a.b.s3.amazonaws.com", "52.1.2.3", 443, 0, BK_ALLOWED, 5 },
	{ BK_CONNECT, "b.s3.amazonaws.com", "52.1.2.3", 80, 0, BK_DENIED, ANY }, { BK_CONNECT, "s3.amazonaws.com", "52.1.2.3", 443, 0, BK_DENIED, ANY },
	{ BK_CONNECT, "b.s3.amazonaws.com.evil.org", "52.1.2.3", 443, 0, BK_DENIED, ANY }, { BK_CONNECT, "evils3.amazonaws.com", "52.1.2.3", 443, 0, BK_DENIED, ANY },
	{ BK_CONNECT, "", "52.1.2.3", 443, 0, BK_DENIED, ANY }, { BK_CONNECT, "secret.s3.amazonaws.com", "52.1.2.3", 443, 0, BK_DENIED, 22 },
	{ BK_CONNECT, "half.s3.amazonaws.com", "52.1.2.3", 443, 0, BK_ALLOWED, 5 }, { BK_CONNECT, "api.example.com", "2001:db9::1", 444, 0, BK_ALLOWED, 6 },
	{ BK_CONNECT, "api.example.com", "10.9.1.1", 443, 0, BK_DENIED, 21 }, { BK_CONNECT, "any.example.org", "1.2.3.4", 1, 0, BK_ALLOWED, 19 },
	{ BK_CONNECT, "any.example.org", "1.2.3.4", 3333, 0, BK_KILLED, 25 }, { BK_CONNECT, "any.example.org", "169.254.169.254", 80, 0, BK_DENIED, ANY },
	{ BK_CONNECT, "any.example.org", "64:ff9b::a9fe:a9fe", 80, 0, BK_DENIED, ANY }, { BK_CONNECT, "any.example.org", "fd00:ec2::254", 80, 0, BK_DENIED, ANY },
	/* addresses */
	{ BK_CONNECT, "", "10.1.2.3", 5432, 0, BK_ALLOWED, 7 }, { BK_CONNECT, "", "10.1.2.3", 5433, 0, BK_DENIED, ANY }, { BK_CONNECT, "", "11.1.2.3", 5432, 0, BK_DENIED, ANY },
	{ BK_CONNECT, "", "::ffff:10.1.2.3", 5432, 0, BK_ALLOWED, 7 }, { BK_CONNECT, "", "::ffff:11.1.2.3", 5432, 0, BK_DENIED, ANY },
	{ BK_CONNECT, "", "64:ff9b::10.1.2.3", 5432, 0, BK_ALLOWED, 7 }, { BK_CONNECT, "", "64:ff9b::11.1.2.3", 5432, 0, BK_DENIED, ANY },
	{ BK_CONNECT, "", "2002:a01:203::1", 5432, 0, BK_ALLOWED, 7 }, { BK_CONNECT, "", "2002:a01:203::1", 99, 0, BK_ALLOWED, 18 },
	{ BK_CONNECT, "", "2002:a09:203::1", 99, 0, BK_DENIED, 21 }, { BK_CONNECT, "", "10.9.2.3", 5432, 0, BK_DENIED, 21 }, { BK_CONNECT, "", "::ffff:10.9.2.3", 5432, 0, BK_DENIED, 21 },
	{ BK_CONNECT, "", "2001:db8::1", 443, 0, BK_ALLOWED, 8 }, { BK_CONNECT, "", "2001:db9::1", 443, 0, BK_DENIED, ANY },
	{ BK_CONNECT, "", "192.0.2.7", 80, 0, BK_ALLOWED, 9 }, { BK_CONNECT, "", "192.0.3.7", 80, 0, BK_DENIED, ANY }, { BK_CONNECT, "", "::ffff:192.0.2.7", 80, 0, BK_ALLOWED, 9 },
	{ BK_CONNECT, "", "8.8.8.8", 8125, 0, BK_ALLOWED, 10 }, { BK_CONNECT, "", "::1", 8125, 0, BK_ALLOWED, 10 }, { BK_CONNECT, "", "8.8.8.8", 3333, 0, BK_KILLED, 25 },
	{ BK_CONNECT, "", "0.0.0.0", 9001, 0, BK_ALLOWED, 17 }, { BK_CONNECT, "", "127.0.0.2", 9001, 0, BK_DENIED, ANY },
	{ BK_CONNECT, "", "10.1.2.3", 9, BK_REQ_ANY_PORT, BK_KILLED, 25 }, { BK_LISTEN, "", "127.0.0.1", 9, BK_REQ_ANY_PORT, BK_ALLOWED, 27 },
	/* metadata services */
	{ BK_CONNECT, "", "169.254.169.254", 80, 0, BK_DENIED, ANY }, { BK_CONNECT, "", "169.254.170.2", 80, 0, BK_ALLOWED, 15 }, { BK_CONNECT, "", "169.254.1.1", 80, 0, BK_ALLOWED, 14 },
	{ BK_CONNECT, "", "169.254.169.254", 8125, 0, BK_DENIED, ANY }, { BK_CONNECT, "metadata.google.internal", "169.254.169.254", 80, 0, BK_DENIED, ANY },
	{ BK_CONNECT, "", "::ffff:169.254.169.254", 80, 0, BK_DENIED, ANY },
	/* unix sockets and other families */
	{ BK_CONNECT, "/run/app/db.sock", "unix", 0, 0, BK_ALLOWED, 11 }, { BK_CONNECT, "/run/docker.sock", "unix", 0, 0, BK_DENIED, ANY },
	{ BK_CONNECT, "@bus-1", "unix", 0, 0, BK_ALLOWED, 12 }, { BK_CONNECT, "@dbus", "unix", 0, 0, BK_DENIED, ANY }, { BK_CONNECT, "any.example.org", "unix", 0, 0, BK_DENIED, ANY },
	{ BK_CONNECT, "", "vsock", 0, 0, BK_ALLOWED, 13 }, { BK_CONNECT, "", "netlink", 0, 0, BK_DENIED, ANY }, { BK_CONNECT, "", "raw", 0, 0, BK_DENIED, ANY },
	{ BK_CONNECT, "/run/app/db.sock", "10.0.0.1", 1, 0, BK_DENIED, ANY },
	/* names that are asked for */
	{ BK_CONNECT, "x.s3.amazonaws.com", NULL, 0, BK_REQ_NAME, BK_ALLOWED, 5 }, { BK_CONNECT, "evil.org", NULL, 0, BK_REQ_NAME, BK_DENIED, ANY },
	{ BK_CONNECT, "secret.s3.amazonaws.com", NULL, 0, BK_REQ_NAME, BK_DENIED, 22 }, { BK_CONNECT, "half.s3.amazonaws.com", NULL, 0, BK_REQ_NAME, BK_ALLOWED, 5 },
	{ BK_CONNECT, "x.internal", NULL, 0, BK_REQ_NAME, BK_ALLOWED, 16 }, { BK_CONNECT, "metadata.google.internal", NULL, 0, BK_REQ_NAME, BK_DENIED, ANY },
	{ BK_CONNECT, "@bus-1", NULL, 0, BK_REQ_NAME, BK_DENIED, ANY }, { BK_CONNECT, "", NULL, 0, BK_REQ_NAME, BK_DENIED, ANY },
	/* listening */
	{ BK_LISTEN, "", "127.0.0.1", 8080, 0, BK_ALLOWED, 27 }, { BK_LISTEN, "", "10.0.0.1", 8080, 0, BK_DENIED, ANY }, { BK_LISTEN, "", "10.0.0.1", 9005, 0, BK_ALLOWED, 28 },
	{ BK_LISTEN, "", "10.0.0.1", 9011, 0, BK_DENIED, ANY }, { BK_LISTEN, "", "10.0.0.1", 5432, 0, BK_DENIED, ANY },
};

static void decide_all(const struct bk_policy *p)
{
	for (size_t i = 0; i < COUNT(decisions); i++) {
		const struct decision *t = &decisions[i];
		struct bk_endpoint e = t->host ? endpoint_of(t->host, t->port) : (struct bk_endpoint){ 0 };
		struct bk_request r = { .section = t->section, .flags = t->flags, .path = bk_text_of(t->domain), .endpoint = t->host ? &e : NULL };
		struct bk_decision d = bk_decide(p, &r, BK_ENFORCE);
		const struct bk_rule *rule = bk_policy_rule(p, d.rule);

		if (!ok(d.verdict == t->verdict && (rule ? rule->line : 0) == t->line, "%s %s '%s' port %u: %s", bk_section_name(t->section), t->host ? t->host : "name",
			t->domain, t->port, bk_verdict_name(t->verdict)))
			printf("# is %s by line %u\n", bk_verdict_name(d.verdict), rule ? rule->line : 0);
	}
}

static void test_decisions(void)
{
	struct bk_diags d = { 0 };
	struct bk_model *m = bk_policy_parse("table", policy_text, sizeof policy_text - 1, &d);
	BK_BUF bytes = { 0 };
	BK_BUF text = { 0 };
	struct bk_policy p;

	ok(m && bk_policy_compile(m, &bytes, &d) == 0 && bk_policy_open(&p, bytes.at, bytes.len, NULL) == BK_POLICY_OK, "the policy compiles");
	if (!m)
		return;
	decide_all(&p);
	bk_policy_print(m, &text);
	ok(strstr(text.at, "family: vsock") && strstr(text.at, "unix: \"@bus-*\""), "canonical text has families and abstract names");
	bk_model_free(m);
	bk_diags_free(&d);
}

static void test_metadata_by_name(void)
{
	static const char text[] = "version: 1\nnetwork:\n  connect:\n    - {domain: metadata.google.internal, port: 80}\n";
	struct bk_diags d = { 0 };
	struct bk_model *m = bk_policy_parse("table", text, sizeof text - 1, &d);
	struct bk_endpoint e = endpoint_of("169.254.169.254", 80);
	struct bk_request r = { .section = BK_CONNECT, .path = BK_TEXT("metadata.google.internal"), .endpoint = &e };
	BK_BUF bytes = { 0 };
	struct bk_policy p;

	ok(m && bk_policy_compile(m, &bytes, &d) == 0 && bk_policy_open(&p, bytes.at, bytes.len, NULL) == BK_POLICY_OK, "a policy that lists it compiles");
	ok(bk_decide(&p, &r, BK_ENFORCE).verdict == BK_ALLOWED, "metadata.google.internal listed by its name");
	r.path = (struct bk_text){ NULL, 0 };
	ok(bk_decide(&p, &r, BK_ENFORCE).verdict == BK_DENIED, "its address without the name");
	bk_model_free(m);
	bk_diags_free(&d);
}

int main(void)
{
	test_spellings();
	test_parse();
	test_translated();
	test_sockaddrs();
	test_unix_names();
	test_decisions();
	test_metadata_by_name();
	return tap_end();
}
