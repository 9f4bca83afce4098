/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 as the shim has it: the object file is the freestanding one, optimised for size. */
#include "bench/lib/bench.h"
#include "core/sha256.h"

#include <math.h>
#include <openssl/evp.h>
#include <string.h>

static const char about[] =
	"Usage: build/bench/hash [OPTION...]\n"
	"Throughput of the shim's SHA-256 over memory: plain C, and with the processor's\n"
	"SHA instructions where it has them; beside libcrypto. The same bytes of\n"
	"object code that are in buckler-init are measured.\n";

#define BYTES (4u << 20)

struct hashing {
	struct bench *b;
	uint8_t *bytes;
	uint8_t expected[32];
};

enum { PLAIN, FAST, LIBCRYPTO };

static void hash_with(size_t which, const uint8_t *bytes, uint8_t digest[32])
{
	struct bk_sha256 h;

	if (which == LIBCRYPTO) {
		EVP_Digest(bytes, BYTES, digest, NULL, EVP_sha256(), NULL);
		return;
	}
	bk_sha256_start(&h, which == FAST);
	bk_sha256_add(&h, bytes, BYTES);
	bk_sha256_finish(&h, digest);
}

static double measure(void *context, size_t which)
{
	struct hashing *h = context;
	uint8_t digest[32];
	double start = bench_now();

	hash_with(which, h->bytes, digest);
	double took = bench_now() - start;

	if (memcmp(digest, h->expected, sizeof digest) == 0)
		return took;
	bench_note(h->b, "a wrong hash");
	return NAN;
}

/* Throughput from the times; and what a runtime of 100 MB costs. */
static void add_throughput(struct bench *b)
{
	size_t n = b->row_count;

	for (size_t i = 0; i < n; i++) {
		if (strcmp(b->rows[i].metric, "time") != 0)
			continue;
		bench_row(b, b->rows[i].key, b->rows[i].peer, "throughput", BYTES / b->rows[i].value, "MB/s");
		bench_row(b, b->rows[i].key, b->rows[i].peer, "100 MB", b->rows[i].value * 100e6 / BYTES, "us");
	}
}

int main(int argc, char **argv)
{
	static const struct bench_peer names[] = { { "plain", { NULL }, 1 }, { "sha-ni", { NULL }, 1 }, { "libcrypto", { NULL }, 1 } };
	struct bench b;
	struct bench_field field = { .count = 3 };

	bench_begin(&b, "hash", about, argc, argv);
	struct hashing h = { .b = &b, .bytes = bk_alloc(BYTES) };

	for (size_t i = 0; i < BYTES; i++)
		h.bytes[i] = (uint8_t)(i * 2654435761u >> 13);
	hash_with(LIBCRYPTO, h.bytes, h.expected);
	for (size_t i = 0; i < 3; i++)
		field.at[i].peer = &names[i];
	field.at[FAST].out = !bk_sha256_has_fast();
	if (field.at[FAST].out)
		bench_note(&b, "this processor has no SHA instructions");
	bench_compare(&b, "sha256", &field, bench_rounds(&b, 15, 3), measure, &h);
	add_throughput(&b);
	free(h.bytes);
	return bench_end(&b);
}
