/* SPDX-License-Identifier: Apache-2.0 */
/* DNS messages by hand: good ones, and each way in which one can be broken. */
#include "core/dns.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/tap.h"

struct packet { uint8_t at[2048]; uint32_t size; };

static void put(struct packet *p, const void *bytes, uint32_t n)
{
	memcpy(p->at + p->size, bytes, n);
	p->size += n;
}

static void put16(struct packet *p, unsigned v)
{
	put(p, (uint8_t[]){ (uint8_t)(v >> 8), (uint8_t)v }, 2);
}

static void put_name(struct packet *p, const char *name)
{
	while (*name) {
		size_t n = strcspn(name, ".");

		put(p, (uint8_t[]){ (uint8_t)n }, 1);
		put(p, name, (uint32_t)n);
		name += n + (name[n] == '.');
	}
	put(p, "", 1);
}

static struct packet start(unsigned flags, unsigned answers, const char *name, unsigned type)
{
	struct packet p = { .size = 0 };

	put16(&p, 0x1234), put16(&p, flags), put16(&p, 1), put16(&p, answers), put16(&p, 0), put16(&p, 0);
	put_name(&p, name), put16(&p, type), put16(&p, 1);
	return p;
}

static void record(struct packet *p, const char *owner, unsigned type, unsigned ttl, const void *data, uint32_t n)
{
	if (owner)
		put_name(p, owner);
	else
		put16(p, 0xc00c);
	put16(p, type), put16(p, 1), put16(p, ttl >> 16), put16(p, ttl), put16(p, n), put(p, data, n);
}

/* In memory of just its size, so that the sanitizer sees each byte too far. */
static uint32_t addresses(const struct packet *p, struct bk_dns_address out[8])
{
	uint8_t *copy = malloc(p->size + (p->size == 0));
	uint32_t n;

	memcpy(copy, p->at, p->size);
	n = bk_dns_addresses(copy, p->size, out, 8);
	free(copy);
	return n;
}

static void alias(struct packet *p, const char *owner, const char *target, unsigned ttl)
{
	struct packet name = { .size = 0 };

	put_name(&name, target);
	record(p, owner, BK_DNS_CNAME, ttl, name.at, name.size);
}

static void test_good(void)
{
	struct packet p = start(0x8180, 2, "API.Example.com", BK_DNS_A);
	struct bk_dns_address a[8];
	struct bk_dns_question q;

	record(&p, NULL, BK_DNS_A, 300, "\x0a\x01\x02\x03", 4);
	record(&p, NULL, BK_DNS_A, 20, "\x0a\x01\x02\x04", 4);
	ok(addresses(&p, a) == 2 && a[0].ttl == 300 && a[1].ttl == 20 && !memcmp(a[1].endpoint.address, "\x0a\x01\x02\x04", 4), "two addresses by a compressed name");
	ok(bk_dns_question(p.at, p.size, &q) && !strcmp(q.name, "api.example.com") && q.id == 0x1234 && q.response && q.type == BK_DNS_A, "its question, in lower case");
	p = start(0x8180, 1, "h", BK_DNS_AAAA);
	record(&p, "h", BK_DNS_AAAA, 1, "0123456789abcdef", 16);
	ok(addresses(&p, a) == 1 && a[0].endpoint.family == 10 && a[0].endpoint.prefix == 128, "an IPv6 address");
}

static void test_chains(void)
{
	struct packet p = start(0x8180, 3, "a.org", BK_DNS_A);
	struct bk_dns_address a[8];

	record(&p, "c.org", BK_DNS_A, 300, "\x0a\x01\x02\x03", 4);
	alias(&p, "b.org", "c.org", 60);
	alias(&p, "a.org", "b.org", 30);
	ok(addresses(&p, a) == 1 && a[0].ttl == 30, "a chain in any order, the least time to live");
	p = start(0x8180, 2, "a.org", BK_DNS_A);
	alias(&p, "a.org", "b.org", 30);
	record(&p, "evil.org", BK_DNS_A, 300, "\x0a\x01\x02\x03", 4);
	ok(addresses(&p, a) == 0, "an address of another name in the same answer");
	p = start(0x8180, 3, "a.org", BK_DNS_A);
	alias(&p, "a.org", "b.org", 30), alias(&p, "b.org", "a.org", 30);
	record(&p, "c.org", BK_DNS_A, 300, "\x0a\x01\x02\x03", 4);
	ok(addresses(&p, a) == 0, "a chain that is a ring");
}

static void test_broken(void)
{
	static const struct { const char *what; uint32_t at; uint8_t byte; } changes[] = {
		{ "no question", 5, 0 }, { "two questions", 5, 2 }, { "more answers than there are", 7, 2 }, { "65280 answers", 6, 0xff }, { "a query", 2, 1 },
		{ "an answer that says no such name", 3, 0x83 }, { "a label of 64 bytes", 12, 64 }, { "a dot in a label", 14, '.' }, { "a NUL in a label", 14, 0 },
		{ "a pointer to itself", 22, 21 }, { "a pointer into the header", 22, 5 }, { "a pointer behind the end", 21, 0xff }, { "another class", 26, 3 },
		{ "an address of three bytes", 32, 3 }, { "another type", 24, 2 },
	};
	struct packet good = start(0x8180, 1, "abc", BK_DNS_A), p;
	struct bk_dns_address a[8];
	uint32_t wrong = 0;

	record(&good, NULL, BK_DNS_A, 300, "\x0a\x01\x02\x03", 4);
	ok(good.size == 37 && addresses(&good, a) == 1, "the message that is broken next");
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
		p = good;
		p.at[changes[i].at] = changes[i].byte;
		ok(addresses(&p, a) == 0, "%s", changes[i].what);
	}
	for (p = good; p.size--; )
		wrong += addresses(&p, a) != 0;
	ok(!wrong, "cut anywhere");
}

static void test_long_names(void)
{
	char name[300] = "";
	struct bk_dns_question q;

	for (int i = 0; i < 50; i++)
		strcat(name, "abcd.");
	strcat(name, "abc");			/* 253 bytes, the most that there is */
	struct packet p = start(0x0100, 0, name, BK_DNS_A);
	ok(bk_dns_question(p.at, p.size, &q) && q.length == 253, "the longest name");
	strcat(name, "d");
	p = start(0x0100, 0, name, BK_DNS_A);
	ok(!bk_dns_question(p.at, p.size, &q), "one byte more");
	p = start(0x0100, 0, "", BK_DNS_A);
	ok(bk_dns_question(p.at, p.size, &q) && q.length == 0, "the root");
}

static void test_refusal(void)
{
	struct packet p = start(0x0120, 7, "evil.org", BK_DNS_TXT);
	struct bk_dns_question q, back;

	put(&p, "more", 4);
	ok(bk_dns_question(p.at, p.size, &q), "a query");
	p.size = bk_dns_refuse(p.at, &q);
	ok(bk_dns_question(p.at, p.size, &back) && back.response && back.code == 3 && bk_dns_same(&q, &back) && back.id == q.id && p.size == q.end, "becomes a refusal of itself");
}

int main(void)
{
	test_good();
	test_chains();
	test_broken();
	test_long_names();
	test_refusal();
	return tap_end();
}
