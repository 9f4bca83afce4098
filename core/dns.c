/* SPDX-License-Identifier: Apache-2.0 */
#include "core/dns.h"

#define HEADER 12u
#define INTERNET 1u

struct message {
	const uint8_t *at;
	uint32_t size;
};

static uint32_t two(const struct message *m, uint32_t at)
{
	return (uint32_t)m->at[at] << 8 | m->at[at + 1];
}

static bool has(const struct message *m, uint32_t at, uint32_t n)
{
	return at <= m->size && n <= m->size - at;
}

/* --- names --- */

static bool is_plain(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

static bool add_label(const struct message *m, uint32_t at, uint32_t n, char *name, uint32_t *length)
{
	if (*length + n + 2 > BK_DNS_NAME)
		return false;
	if (*length)
		name[(*length)++] = '.';
	for (uint32_t i = 0; i < n; i++) {
		uint8_t c = m->at[at + i];

		if (!is_plain(c))
			return false;
		name[(*length)++] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
	}
	return true;
}

/* Reads the name at *at and moves behind it; false where it is broken. */
static bool read_name(const struct message *m, uint32_t *at, char name[BK_DNS_NAME], uint32_t *length)
{
	uint32_t here = *at, jumps = 0, lowest = here;

	*length = 0;
	for (;;) {
		uint8_t n;

		if (!has(m, here, 1))
			return false;
		n = m->at[here];
		if (n >= 0xc0) {
			if (!has(m, here, 2))
				return false;
			if (!jumps)
				*at = here + 2;
			here = two(m, here) & 0x3fff;
			if (here >= lowest || here < HEADER || ++jumps > BK_DNS_JUMPS)
				return false;		/* a loop would have to point forwards once */
			lowest = here;
			continue;
		}
		if (n > 63 || !has(m, here + 1, n))
			return false;
		here += 1u + n;
		if (!n)
			break;
		if (!add_label(m, here - n, n, name, length))
			return false;
	}
	if (!jumps)
		*at = here;
	name[*length] = '\0';
	return true;
}

/* Moves behind a name that need not be understood. */
static bool skip_name(const struct message *m, uint32_t *at)
{
	while (has(m, *at, 1)) {
		uint8_t n = m->at[*at];

		if (n >= 0xc0) {
			*at += 2;
			return has(m, *at, 0);
		}
		if (n > 63)
			return false;
		*at += 1u + n;
		if (!n)
			return has(m, *at, 0);
	}
	return false;
}

static bool same_name(const char *a, uint32_t n, const char *b, uint32_t k)
{
	return bk_text_equal((struct bk_text){ a, n }, (struct bk_text){ b, k });
}

/* --- question --- */

bool bk_dns_question(const void *message, uint32_t size, struct bk_dns_question *out)
{
	struct message m = { message, size };

	*out = (struct bk_dns_question){ 0 };
	if (size < HEADER || two(&m, 4) != 1)
		return false;
	out->id = (uint16_t)two(&m, 0);
	out->response = m.at[2] & 0x80;
	out->opcode = m.at[2] >> 3 & 15;
	out->truncated = m.at[2] & 2;
	out->code = m.at[3] & 15;
	out->end = HEADER;
	if (!read_name(&m, &out->end, out->name, &out->length) || !has(&m, out->end, 4))
		return false;
	out->type = (uint16_t)two(&m, out->end);
	out->class_ = (uint16_t)two(&m, out->end + 2);
	out->end += 4;
	return true;
}

bool bk_dns_same(const struct bk_dns_question *a, const struct bk_dns_question *b)
{
	return a->type == b->type && a->class_ == b->class_ && same_name(a->name, a->length, b->name, b->length);
}

/* --- answers --- */

struct record {
	uint32_t owner;			/* offset of its name */
	uint32_t type, class_, ttl, data, size;
};

static bool next_record(const struct message *m, uint32_t *at, struct record *r)
{
	r->owner = *at;
	if (!skip_name(m, at) || !has(m, *at, 10))
		return false;
	r->type = two(m, *at);
	r->class_ = two(m, *at + 2);
	r->ttl = two(m, *at + 4) << 16 | two(m, *at + 6);
	r->size = two(m, *at + 8);
	r->data = *at + 10;
	*at = r->data + r->size;
	return has(m, r->data, r->size);
}

/* Is the record one of this type for this name? */
static bool is_for(const struct message *m, const struct record *r, uint32_t type, const char *name, uint32_t length)
{
	char owner[BK_DNS_NAME];
	uint32_t at = r->owner, n;

	return r->type == type && r->class_ == INTERNET && read_name(m, &at, owner, &n) && same_name(owner, n, name, length);
}

struct chain {
	char     name[BK_DNS_NAME];
	uint32_t length, ttl;
};

static bool all_sound(const struct message *m, uint32_t at, uint32_t count)
{
	struct record r;

	while (count--)
		if (!next_record(m, &at, &r))
			return false;
	return true;
}

/* One step along the CNAMEs; false where the name has none. */
static bool follow(const struct message *m, uint32_t at, uint32_t count, struct chain *c)
{
	struct record r;

	while (count-- && next_record(m, &at, &r)) {
		uint32_t target = r.data;

		if (!is_for(m, &r, BK_DNS_CNAME, c->name, c->length))
			continue;
		c->ttl = r.ttl < c->ttl ? r.ttl : c->ttl;
		return read_name(m, &target, c->name, &c->length) && target <= r.data + r.size;
	}
	return false;
}

static void take(const struct message *m, const struct record *r, const struct chain *c, struct bk_dns_address *out)
{
	bool six = r->type == BK_DNS_AAAA;

	*out = (struct bk_dns_address){ .ttl = r->ttl < c->ttl ? r->ttl : c->ttl };
	out->endpoint.family = six ? 10 : 2;
	out->endpoint.prefix = six ? 128 : 32;
	for (uint32_t i = 0; i < r->size; i++)
		out->endpoint.address[i] = m->at[r->data + i];
}

uint32_t bk_dns_addresses(const void *message, uint32_t size, struct bk_dns_address *out, uint32_t cap)
{
	struct message m = { message, size };
	struct bk_dns_question q;
	struct chain c = { .ttl = UINT32_MAX };
	struct record r;
	uint32_t count, at, n = 0;

	if (!bk_dns_question(message, size, &q) || !q.response || q.code)
		return 0;
	count = two(&m, 6);
	if (!all_sound(&m, q.end, count))
		return 0;
	for (c.length = 0; c.length < q.length; c.length++)
		c.name[c.length] = q.name[c.length];
	for (uint32_t i = 0; i < BK_DNS_CHAIN && follow(&m, q.end, count, &c); i++)
		;
	at = q.end;
	while (count-- && n < cap && next_record(&m, &at, &r))
		if ((r.size == 4 && is_for(&m, &r, BK_DNS_A, c.name, c.length)) || (r.size == 16 && is_for(&m, &r, BK_DNS_AAAA, c.name, c.length)))
			take(&m, &r, &c, &out[n++]);
	return n;
}

uint32_t bk_dns_refuse(void *message, const struct bk_dns_question *question)
{
	uint8_t *at = message;

	at[2] = (uint8_t)((at[2] & 0x79) | 0x80);	/* a response; opcode and RD stay */
	at[3] = 0x80 | 3;				/* recursion is there; NXDOMAIN */
	for (uint32_t i = 6; i < HEADER; i++)
		at[i] = 0;
	return question->end;
}
