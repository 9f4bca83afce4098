/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes as a compiled policy, with size and checksum put right so that the parts behind them are reached.  Whatever opens is asked; no
 * byte outside may be read.  Whatever verifies must find each of its rules through its index.
 */
#include "core/decide.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/policy_build.h"

#define MOST 65536u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(const struct bk_policy *p)
{
	static const char *const paths[] = { "/bin/x", "/bin/sh", "/bin/busybox", "/usr/lib/a.so", "a.example.com", "/proc/1/environ", "", "LD_PRELOAD=/b/c" };
	static const char argv[] = "busybox\0sh\0-c\0cat x";
	static const uint8_t hash[32] = { 1, 2, 3 };
	static const struct bk_endpoint endpoint = { .family = 2, .port_low = 1, .prefix = 32, .address = { 10, 1, 2, 3 } };

	for (unsigned i = 0; i < BK_SECTIONS * 8 * 2; i++) {
		struct bk_request r = {
			.section = (enum bk_section)(i % BK_SECTIONS), .flags = i & 64 ? BK_REQ_MAIN : 0, .path = bk_text_of(paths[i / 8 % 8]),
			.argv = { argv, sizeof argv, 4, false }, .first_arg = 1, .parent = BK_TEXT("/bin/y"), .sha256 = i & 1 ? hash : NULL,
			.endpoint = i & 2 ? &endpoint : NULL,
		};
		struct bk_decision d = bk_decide(p, &r, BK_ENFORCE);

		if (!bk_verdict_name(d.verdict) || !bk_reason_text(d.reason) || (d.rule != UINT32_MAX && !bk_policy_rule(p, d.rule)))
			abort();
	}
}

static bool is_found(const struct bk_policy *p, const struct bk_rule *rule)
{
	uint32_t i = bk_policy_find(p, bk_policy_rule_key(p, rule));
	const struct bk_rule *r;

	for (; (r = bk_policy_rule(p, i)); i++) {
		if (r == rule)
			return true;
		if (r->flags & BK_RULE_LAST)
			break;
	}
	return rule->flags & BK_RULE_MAIN;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *bytes = malloc(size ? size : 1);
	const struct bk_rule *rule;
	uint32_t n = (uint32_t)size;
	struct bk_policy p;

	if (!bytes || size > MOST) {
		free(bytes);
		return 0;
	}
	memcpy(bytes, data, size);
	if (size >= sizeof(struct bk_policy_header))
		memcpy(bytes + offsetof(struct bk_policy_header, size), &n, sizeof n);
	build_checksum(bytes, size);
	if (bk_policy_open(&p, bytes, size, NULL) == BK_POLICY_OK)
		ask(&p);
	if (bk_policy_verify(&p, bytes, size, NULL) == BK_POLICY_OK)
		for (uint32_t i = 0; (rule = bk_policy_rule(&p, i)); i++)
			if (!is_found(&p, rule))
				abort();
	free(bytes);
	return 0;
}
