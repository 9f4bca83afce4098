/* SPDX-License-Identifier: Apache-2.0 */
/* DNS messages: whatever comes, the reader stays inside, and what it gives out holds together. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "core/dns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int good)
{
	if (!good)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bk_dns_address addresses[8];
	struct bk_dns_question q;
	uint32_t n;

	if (size > 65535)
		return 0;
	uint8_t *copy = malloc(size + 1);
	memcpy(copy, data, size);
	n = bk_dns_addresses(copy, (uint32_t)size, addresses, 8);
	must(n <= 8);
	for (uint32_t i = 0; i < n; i++)
		must(addresses[i].endpoint.family == 2 || addresses[i].endpoint.family == 10);
	if (bk_dns_question(copy, (uint32_t)size, &q)) {
		must(q.length < BK_DNS_NAME && strlen(q.name) == q.length && q.end <= size && bk_dns_same(&q, &q));
		must(bk_dns_refuse(copy, &q) <= size);
		must(bk_dns_addresses(copy, q.end, addresses, 8) == 0);
	} else {
		must(n == 0);
	}
	free(copy);
	return 0;
}
