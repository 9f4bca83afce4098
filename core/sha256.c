/* SPDX-License-Identifier: Apache-2.0 */
#include "core/sha256.h"

static const uint32_t constants[64] __attribute__((aligned(16))) = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

/* --- plain C --- */

static uint32_t turn(uint32_t x, unsigned n)
{
	return x >> n | x << (32 - n);
}

static uint32_t big_endian(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* The message schedule is kept for 16 rounds only. */
static uint32_t schedule(uint32_t w[16], uint32_t i)
{
	uint32_t a = w[(i + 1) & 15], b = w[(i + 14) & 15];

	return w[i & 15] += (turn(a, 7) ^ turn(a, 18) ^ a >> 3) + w[(i + 9) & 15] + (turn(b, 17) ^ turn(b, 19) ^ b >> 10);
}

static void plain_block(uint32_t state[8], const uint8_t *p)
{
	uint32_t w[16], s[8];

	for (uint32_t i = 0; i < 8; i++)
		s[i] = state[i];
	for (uint32_t i = 0; i < 64; i++) {
		uint32_t word = i < 16 ? (w[i] = big_endian(p + 4 * i)) : schedule(w, i);
		uint32_t t1 = s[7] + (turn(s[4], 6) ^ turn(s[4], 11) ^ turn(s[4], 25)) + ((s[4] & s[5]) ^ (~s[4] & s[6])) + constants[i] + word;
		uint32_t t2 = (turn(s[0], 2) ^ turn(s[0], 13) ^ turn(s[0], 22)) + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));

		for (uint32_t k = 7; k > 0; k--)
			s[k] = s[k - 1];
		s[4] += t1;
		s[0] = t1 + t2;
	}
	for (uint32_t i = 0; i < 8; i++)
		state[i] += s[i];
}

static void plain_blocks(uint32_t state[8], const uint8_t *p, size_t count)
{
	for (; count; count--, p += 64)
		plain_block(state, p);
}

/* --- SHA-NI --- */

#if defined(__x86_64__) && defined(__SSE2__)	/* the gate is compiled without vector registers */

struct cpuid {
	uint32_t a, b, c, d;
};

static struct cpuid cpuid(uint32_t leaf)
{
	struct cpuid r = { .a = leaf };

	__asm__ volatile ("cpuid" : "+a"(r.a), "=b"(r.b), "+c"(r.c), "=d"(r.d));
	return r;
}

bool bk_sha256_has_fast(void)
{
	uint32_t sse = 1u << 9 | 1u << 19;	/* SSSE3, SSE4.1 */

	return cpuid(0).a >= 7 && (cpuid(1).c & sse) == sse && cpuid(7).b & 1u << 29;
}

/* Not <immintrin.h>: gcc's reaches for the C library. */
typedef uint32_t words __attribute__((vector_size(16)));
typedef int signed_words __attribute__((vector_size(16)));	/* what the builtins are declared with */
typedef uint32_t words_anywhere __attribute__((vector_size(16), aligned(1), may_alias));
typedef char bytes __attribute__((vector_size(16)));
typedef char bytes_anywhere __attribute__((vector_size(16), aligned(1), may_alias));

#define ROUNDS(a, b, w) ((words)__builtin_ia32_sha256rnds2((signed_words)(a), (signed_words)(b), (signed_words)(w)))
#define MESSAGE1(a, b)  ((words)__builtin_ia32_sha256msg1((signed_words)(a), (signed_words)(b)))
#define MESSAGE2(a, b)  ((words)__builtin_ia32_sha256msg2((signed_words)(a), (signed_words)(b)))
#define FAST __attribute__((target("sha,sse4.1,ssse3")))

FAST static words load(const uint8_t *p)
{
	bytes b = *(const bytes_anywhere *)p;

	return (words)__builtin_shufflevector(b, b, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
}

/* The instructions want the state as (f, e, b, a) and (h, g, d, c), lowest word first. */
FAST static void fast_blocks(uint32_t state[8], const uint8_t *p, size_t count)
{
	words low = *(const words_anywhere *)state, high = *(const words_anywhere *)(state + 4);
	words x = __builtin_shufflevector(low, high, 5, 4, 1, 0), y = __builtin_shufflevector(low, high, 7, 6, 3, 2);

	for (; count; count--, p += 64) {
		words m0 = load(p), m1 = load(p + 16), m2 = load(p + 32), m3 = load(p + 48), x0 = x, y0 = y;

		for (uint32_t i = 0; i < 64; i += 4) {
			words w = m0 + *(const words_anywhere *)(constants + i);
			words next = MESSAGE1(m0, m1) + __builtin_shufflevector(m2, m3, 1, 2, 3, 4);

			y = ROUNDS(y, x, w);
			x = ROUNDS(x, y, __builtin_shufflevector(w, w, 2, 3, 2, 3));
			m0 = m1;
			m1 = m2;
			m2 = m3;
			m3 = MESSAGE2(next, m3);
		}
		x += x0;
		y += y0;
	}
	*(words_anywhere *)state = __builtin_shufflevector(x, y, 3, 2, 7, 6);
	*(words_anywhere *)(state + 4) = __builtin_shufflevector(x, y, 1, 0, 5, 4);
}

#else

bool bk_sha256_has_fast(void)
{
	return false;
}

#define fast_blocks plain_blocks

#endif

/* --- any number of bytes --- */

static void blocks(struct bk_sha256 *hash, const uint8_t *p, size_t count)
{
	(hash->fast ? fast_blocks : plain_blocks)(hash->state, p, count);
}

void bk_sha256_start(struct bk_sha256 *hash, bool fast)
{
	static const uint32_t first[8] = {
		0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
	};

	for (uint32_t i = 0; i < 8; i++)
		hash->state[i] = first[i];
	hash->bytes = 0;
	hash->fast = fast;
}

void bk_sha256_add(struct bk_sha256 *hash, const void *data, size_t size)
{
	const uint8_t *p = data;

	while (size) {
		uint32_t held = hash->bytes & 63;
		size_t n = held ? 64 - held : size & ~(size_t)63;

		if (!held && n) {
			blocks(hash, p, n / 64);
		} else {
			n = n && n < size ? n : size;
			for (size_t i = 0; i < n; i++)
				hash->block[held + i] = p[i];
			if (held + n == 64)
				blocks(hash, hash->block, 1);
		}
		hash->bytes += n;
		p += n;
		size -= n;
	}
}

void bk_sha256_finish(struct bk_sha256 *hash, uint8_t digest[32])
{
	uint64_t bits = hash->bytes * 8;
	uint8_t end[8];

	for (uint32_t i = 0; i < 8; i++)
		end[i] = (uint8_t)(bits >> (56 - 8 * i));
	bk_sha256_add(hash, "\x80", 1);
	while ((hash->bytes & 63) != 56)
		bk_sha256_add(hash, "", 1);
	bk_sha256_add(hash, end, 8);
	for (uint32_t i = 0; i < 32; i++)
		digest[i] = (uint8_t)(hash->state[i / 4] >> (24 - 8 * (i % 4)));
}
