/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DNS messages (RFC 1035), as far as a shim needs them that lets names through and keeps the addresses that were answered.  Reads hostile
 * bytes: no offset is believed, a compressed name may only point backwards and jump BK_DNS_JUMPS times, and every loop is bounded by the message's size.
 *
 * Names are lower-case text without the last dot.  Only names of host names' characters are read (letters, digits, '-', '_'): a label
 * with anything else, a dot above all, is no name that a policy could mean.
 */
#ifndef BK_CORE_DNS_H
#define BK_CORE_DNS_H

#include "core/policy.h"

#define BK_DNS_NAME  254u		/* bytes of a name's text, its NUL included */
#define BK_DNS_JUMPS 32u
#define BK_DNS_CHAIN 16u		/* CNAMEs that are followed */

enum { BK_DNS_A = 1, BK_DNS_CNAME = 5, BK_DNS_NULL = 10, BK_DNS_TXT = 16, BK_DNS_AAAA = 28 };

struct bk_dns_question {
	uint16_t id, type, class_;
	bool     response, truncated;
	uint8_t  opcode, code;		/* code: RCODE of a response */
	uint32_t end;			/* offset behind the question */
	uint32_t length;		/* of name */
	char     name[BK_DNS_NAME];
};

/* Reads header and question; false where the message is too short, has not just one question, or a name that cannot be read. */
bool bk_dns_question(const void *message, uint32_t size, struct bk_dns_question *out);

/* True where both ask the same: name, type, class. */
bool bk_dns_same(const struct bk_dns_question *a, const struct bk_dns_question *b);

struct bk_dns_address {
	struct bk_endpoint endpoint;	/* port 0 */
	uint32_t ttl;			/* seconds: the least of the chain that led to it */
};
/*
 * The addresses that a response gives for the name of its question, over CNAMEs that the response itself holds.  Fills at most `cap` and returns
 * how many; 0 for a message that is broken anywhere before the end of its answers, that is no response, or that failed.
 */
uint32_t bk_dns_addresses(const void *message, uint32_t size, struct bk_dns_address *out, uint32_t cap);

/*
 * Turns the query into a response in place that says that there is no such name (RCODE 3): libraries go on with the next name of their
 * search list, where REFUSED (5) would make them ask again and give up.  Returns its new size: what followed the question is cut off.
 */
uint32_t bk_dns_refuse(void *message, const struct bk_dns_question *question);

#endif
