/* SPDX-License-Identifier: Apache-2.0 */
#include "core/network.h"

enum { E_INVAL = 22, E_AFNOSUPPORT = 97 };

static bool starts_with(const uint8_t *at, const uint8_t *prefix, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (at[i] != prefix[i])
			return false;
	return true;
}

static bool all_zero(const uint8_t *at, uint32_t n)
{
	while (n--)
		if (*at++)
			return false;
	return true;
}

static void set_inet(struct bk_endpoint *e, const uint8_t *four)
{
	uint8_t copy[4] = { four[0], four[1], four[2], four[3] };

	e->family = BK_INET;
	e->prefix = 32;
	for (uint32_t i = 0; i < sizeof e->address; i++)
		e->address[i] = i < 4 ? copy[i] : 0;
}

void bk_address_normalise(struct bk_endpoint *e)
{
	static const uint8_t mapped[12] = { [10] = 0xff, 0xff }, loopback[4] = { 127, 0, 0, 1 };

	if (e->family == BK_INET6 && starts_with(e->address, mapped, 12))
		set_inet(e, e->address + 12);
	if (e->family == BK_INET6 && all_zero(e->address, 16))
		e->address[15] = 1;
	if (e->family == BK_INET && all_zero(e->address, 4))
		set_inet(e, loopback);
}

bool bk_address_translated(const struct bk_endpoint *e, struct bk_endpoint *out)
{
	static const uint8_t nat64[12] = { 0, 0x64, 0xff, 0x9b }, six_to_four[2] = { 0x20, 0x02 };

	*out = *e;
	if (e->family != BK_INET6)
		return false;
	if (starts_with(e->address, nat64, 12))
		set_inet(out, e->address + 12);
	else if (starts_with(e->address, six_to_four, 2))
		set_inet(out, e->address + 2);
	else
		return false;
	bk_address_normalise(out);
	return true;
}

/* --- sockaddr --- */

static int read_inet(const uint8_t *at, uint32_t size, struct bk_endpoint *e)
{
	if (size < 16)
		return E_INVAL;
	e->port_low = e->port_high = (uint16_t)(at[2] << 8 | at[3]);
	set_inet(e, at + 4);
	return 0;
}

/* 24 bytes: without the scope, as RFC 2133 had it (net/ipv6/af_inet6.c, SIN6_LEN_RFC2133). */
static int read_inet6(const uint8_t *at, uint32_t size, struct bk_endpoint *e)
{
	if (size < 24)
		return E_INVAL;
	e->port_low = e->port_high = (uint16_t)(at[2] << 8 | at[3]);
	e->family = BK_INET6;
	e->prefix = 128;
	for (uint32_t i = 0; i < 16; i++)
		e->address[i] = at[8 + i];
	return 0;
}

/* A path ends at its NUL or with the address; an abstract name is all of the rest (net/unix/af_unix.c). */
static int read_unix(const uint8_t *at, uint32_t size, struct bk_address *out)
{
	uint32_t n = 0;
	bool abstract;

	if (size > 110)
		return E_INVAL;
	out->endpoint.family = BK_UNIX;
	if (size <= 2)
		return 0;		/* no name: autobind, or what connect refuses */
	abstract = !at[2];
	for (; 2 + n < size && (abstract || at[2 + n]); n++)
		out->name[n] = at[2 + n] ? (char)at[2 + n] : '@';
	out->name[n] = '\0';
	out->unix_name = (struct bk_text){ out->name, n };
	return 0;
}

int bk_address_read(const void *sockaddr, uint32_t size, struct bk_address *out)
{
	const uint8_t *at = sockaddr;
	int error = 0;
	uint32_t family;

	*out = (struct bk_address){ 0 };
	if (size < 2 || size > BK_SOCKADDR_MAX)
		return E_INVAL;
	family = at[0] | (uint32_t)at[1] << 8;		/* both machines are little-endian */
	if (family == BK_INET)
		error = read_inet(at, size, &out->endpoint);
	else if (family == BK_INET6)
		error = read_inet6(at, size, &out->endpoint);
	else if (family == BK_UNIX)
		error = read_unix(at, size, out);
	else
		out->endpoint.family = (uint16_t)family;
	bk_address_normalise(&out->endpoint);
	return error;
}

/* --- what is known of addresses --- */

uint32_t bk_address_write(const struct bk_endpoint *e, int domain, uint8_t out[BK_SOCKADDR_MAX])
{
	bool six = domain == BK_INET6;

	for (uint32_t i = 0; i < 28; i++)
		out[i] = 0;
	out[0] = (uint8_t)domain;
	out[2] = (uint8_t)(e->port_low >> 8);
	out[3] = (uint8_t)e->port_low;
	if (six && e->family == BK_INET)
		out[18] = out[19] = 0xff;
	for (uint32_t i = 0; i < (e->family == BK_INET ? 4u : 16u); i++)
		out[(!six ? 4 : e->family == BK_INET ? 20 : 8) + i] = e->address[i];
	return six ? 28 : 16;
}

enum bk_socket_kind bk_socket_kind(uint32_t family, uint32_t type, uint32_t protocol)
{
	enum { ICMP = 1, TCP = 6, UDP = 17, ICMPV6 = 58, MPTCP = 262, TYPES = 0xf };

	if (family == BK_UNIX || (family == BK_NETLINK && protocol == 0))
		return BK_SOCKET_PLAIN;
	if ((family != BK_INET && family != BK_INET6) || (type & TYPES) >= BK_RAW)
		return BK_SOCKET_JUDGED;
	if (protocol == MPTCP)
		return BK_SOCKET_ABSENT;
	return protocol == 0 || protocol == TCP || protocol == UDP || protocol == ICMP || protocol == ICMPV6 ? BK_SOCKET_PLAIN : BK_SOCKET_JUDGED;
}

bool bk_address_is_metadata(const struct bk_endpoint *e)
{
	static const uint8_t four[][4] = { { 169, 254, 169, 254 }, { 169, 254, 170, 2 }, { 169, 254, 170, 23 } };
	static const uint8_t six[][16] = {
		{ 0xfd, 0x00, 0x0e, 0xc2, [14] = 0x02, 0x54 }, { 0xfd, 0x00, 0x0e, 0xc2, [15] = 0x23 }, { 0xfd, 0x20, 0x00, 0xce, [14] = 0x02, 0x54 },
	};
	bool found = false;

	for (uint32_t i = 0; i < 3; i++)
		found |= (e->family == BK_INET && starts_with(e->address, four[i], 4)) ||
			 (e->family == BK_INET6 && starts_with(e->address, six[i], 16));
	return found;
}

bool bk_name_is_metadata(struct bk_text domain)
{
	return bk_text_equal(domain, BK_TEXT("metadata.google.internal")) || bk_text_equal(domain, BK_TEXT("metadata"));
}

bool bk_port_is_pool(uint32_t port)
{
	static const uint16_t pools[] = { 3333, 4444, 5555, 7777, 14433, 14444, 45700 };

	for (uint32_t i = 0; i < sizeof pools / sizeof *pools; i++)
		if (pools[i] == port)
			return true;
	return false;
}

static const struct { char name[12]; uint16_t number; } families[] = {
	{ "unix", BK_UNIX }, { "ax25", 3 }, { "ipx", 4 }, { "appletalk", 5 }, { "x25", 9 }, { "netlink", BK_NETLINK }, { "packet", 17 }, { "rds", 21 },
	{ "pppox", 24 }, { "can", 29 }, { "tipc", 30 }, { "bluetooth", 31 }, { "rxrpc", 33 }, { "alg", 38 }, { "nfc", 39 }, { "vsock", 40 },
	{ "kcm", 41 }, { "qipcrtr", 42 }, { "smc", 43 }, { "xdp", 44 }, { "mctp", 45 }, { "raw", BK_FAMILY_RAW },
};

const char *bk_family_name(uint32_t family)
{
	for (uint32_t i = 0; i < sizeof families / sizeof *families; i++)
		if (families[i].number == family)
			return families[i].name;
	return NULL;
}

uint32_t bk_family_number(struct bk_text name)
{
	for (uint32_t i = 0; i < sizeof families / sizeof *families; i++)
		if (bk_text_equal(bk_text_of(families[i].name), name))
			return families[i].number;
	return 0;
}

/* --- text --- */

/* A number of at most `most`, in base 10 or 16; its length, 0 where there is none. */
static uint32_t parse_number(struct bk_text t, uint32_t base, uint32_t most, uint32_t *value)
{
	uint32_t n = 0;

	*value = 0;
	for (; n < t.len; n++) {
		char c = t.at[n] | 32;
		uint32_t digit = t.at[n] >= '0' && t.at[n] <= '9' ? (uint32_t)(t.at[n] - '0') : base == 16 && c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a' + 10) : base;

		if (digit >= base)
			break;
		*value = *value * base + digit;
		if (*value > most)
			return 0;
	}
	return n;
}

static uint32_t parse_inet(struct bk_text t, uint8_t out[4])
{
	uint32_t at = 0, value, n;

	for (uint32_t i = 0; i < 4; i++) {
		if (i && (at >= t.len || t.at[at++] != '.'))
			return 0;
		n = parse_number(bk_text_from(t, at), 10, 255, &value);
		if (!n)
			return 0;
		out[i] = (uint8_t)value;
		at += n;
	}
	return at;
}

/* Groups until something else comes, the last two perhaps dotted (RFC 4291, 2.2); where "::" stood, in *gap. */
static uint32_t parse_groups(struct bk_text t, uint16_t groups[8], uint32_t *count, uint32_t *gap)
{
	uint32_t at = 0, value, n;
	uint8_t dotted[4];

	*count = 0;
	*gap = 8;
	while (*count < 8) {
		if (*gap == 8 && at + 1 < t.len && t.at[at] == ':' && t.at[at + 1] == ':') {
			*gap = *count;
			at += 2;
		} else if (*count && !(*gap == *count) && at < t.len && t.at[at] == ':') {
			at++;
		} else if (*count && *gap != *count) {
			break;
		}
		n = *count <= 6 ? parse_inet(bk_text_from(t, at), dotted) : 0;
		if (n) {
			groups[(*count)++] = (uint16_t)(dotted[0] << 8 | dotted[1]);
			groups[(*count)++] = (uint16_t)(dotted[2] << 8 | dotted[3]);
			return at + n;
		}
		n = parse_number(bk_text_from(t, at), 16, 0xffff, &value);
		if (!n)
			break;
		groups[(*count)++] = (uint16_t)value;
		at += n;
	}
	return at;
}

static uint32_t parse_inet6(struct bk_text t, uint8_t out[16])
{
	uint16_t groups[8];
	uint32_t count, gap, n = parse_groups(t, groups, &count, &gap);

	if (!n || (gap == 8) != (count == 8))
		return 0;
	for (uint32_t i = 0; i < 8; i++) {
		uint32_t behind = 8 - (count - gap);
		uint16_t g = i < gap && i < count ? groups[i] : gap < 8 && i >= behind ? groups[i - behind + gap] : 0;

		out[2 * i] = (uint8_t)(g >> 8);
		out[2 * i + 1] = (uint8_t)g;
	}
	return n;
}

uint32_t bk_address_parse(struct bk_text text, struct bk_endpoint *out)
{
	bool bracket = text.len && text.at[0] == '[';
	uint32_t n;

	*out = (struct bk_endpoint){ .family = BK_INET, .prefix = 32 };
	n = bracket ? 0 : parse_inet(text, out->address);
	if (n)
		return n;
	*out = (struct bk_endpoint){ .family = BK_INET6, .prefix = 128 };
	n = parse_inet6(bracket ? bk_text_from(text, 1) : text, out->address);
	if (n && bracket)
		n = n + 1 < text.len && text.at[n + 1] == ']' ? n + 2 : 0;
	return n;
}

struct out {
	char *at;
	uint32_t len;
};

static void put(struct out *o, char c)
{
	if (o->len + 1 < BK_ADDRESS_TEXT)
		o->at[o->len++] = c;
}

static void put_number(struct out *o, uint32_t n, uint32_t base)
{
	char digits[10];
	uint32_t k = 0;

	do
		digits[k++] = "0123456789abcdef"[n % base];
	while (n /= base);
	while (k)
		put(o, digits[--k]);
}

static uint32_t group(const struct bk_endpoint *e, uint32_t i)
{
	return (uint32_t)e->address[2 * i] << 8 | e->address[2 * i + 1];
}

/* The longest run of two or more zero groups, the first of equals (RFC 5952, 4.2.3). */
static uint32_t longest_run(const struct bk_endpoint *e, uint32_t *start)
{
	uint32_t best = 0;

	*start = 8;
	for (uint32_t i = 0; i < 8; i++) {
		uint32_t n = 0;

		while (i + n < 8 && !group(e, i + n))
			n++;
		if (n > best && n > 1) {
			best = n;
			*start = i;
		}
	}
	return best;
}

static void put_inet6(struct out *o, const struct bk_endpoint *e)
{
	uint32_t start, run = longest_run(e, &start);

	for (uint32_t i = 0; i < 8; i++) {
		if (i == start) {
			put(o, ':');
			put(o, ':');
			i += run - 1;
			continue;
		}
		if (i && i != start + run)
			put(o, ':');
		put_number(o, group(e, i), 16);
	}
}

static void put_family(struct out *o, uint32_t family)
{
	const char *name = bk_family_name(family);

	for (; name && *name; name++)
		put(o, *name);
	if (!o->len)
		put_number(o, family, 10);
}

uint32_t bk_address_text(const struct bk_endpoint *e, char out[BK_ADDRESS_TEXT])
{
	struct out o = { out, 0 };

	if (e->family == BK_INET6)
		put_inet6(&o, e);
	else if (e->family != BK_INET)
		put_family(&o, e->family);
	for (uint32_t i = 0; e->family == BK_INET && i < 4; i++) {
		if (i)
			put(&o, '.');
		put_number(&o, e->address[i], 10);
	}
	out[o.len] = '\0';
	return o.len;
}
