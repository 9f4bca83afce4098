/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SHA-256 (FIPS 180-4) in plain C, with SHA-NI where the caller says that the processor has it.  No allocation, no globals.
 */
#ifndef BK_CORE_SHA256_H
#define BK_CORE_SHA256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bk_sha256 {
	uint32_t state[8];
	uint64_t bytes;
	uint8_t  block[64];
	bool     fast;
};

/* True where the processor has SHA-NI and SSE4.1 (CPUID leaves 1 and 7); false on other architectures. */
bool bk_sha256_has_fast(void);

void bk_sha256_start(struct bk_sha256 *hash, bool fast);
void bk_sha256_add(struct bk_sha256 *hash, const void *bytes, size_t size);
void bk_sha256_finish(struct bk_sha256 *hash, uint8_t digest[32]);

#endif
