/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256: the vectors of FIPS 180-4 and NIST's examples, both paths against each other and against libcrypto. */
#include "core/sha256.h"

#include <openssl/sha.h>
#include <stdlib.h>

#include "tests/support/tap.h"

static void digest_of(const void *bytes, size_t size, bool fast, uint8_t digest[32])
{
	struct bk_sha256 h;

	bk_sha256_start(&h, fast);
	bk_sha256_add(&h, bytes, size);
	bk_sha256_finish(&h, digest);
}

static void hex_of(const uint8_t digest[32], char hex[65])
{
	for (int i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

static void vectors(bool fast)
{
	static const struct { const char *text, *hex; } rows[] = {
		{ "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		{ "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
		{ "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
		  "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1" },
	};
	uint8_t digest[32];
	char hex[65];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		digest_of(rows[i].text, strlen(rows[i].text), fast, digest);
		hex_of(digest, hex);
		ok(!strcmp(hex, rows[i].hex), "%s: vector %zu", fast ? "SHA-NI" : "plain", i);
	}
}

static void million(bool fast)
{
	struct bk_sha256 h;
	uint8_t digest[32];
	char hex[65], a[1000];

	memset(a, 'a', sizeof(a));
	bk_sha256_start(&h, fast);
	for (int i = 0; i < 1000; i++)
		bk_sha256_add(&h, a, sizeof(a));
	bk_sha256_finish(&h, digest);
	hex_of(digest, hex);
	ok(!strcmp(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"), "%s: a million times a", fast ? "SHA-NI" : "plain");
}

/* Every length up to three blocks, then random lengths at odd addresses, fed in random pieces. */
static void against_libcrypto(bool fast)
{
	static uint8_t bytes[20003];
	uint8_t digest[32], expected[32];
	int wrong = 0;

	srand(180);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)rand();
	for (size_t n = 0; n <= 192; n++) {
		digest_of(bytes + n % 7, n, fast, digest);
		wrong += memcmp(digest, SHA256(bytes + n % 7, n, expected), 32) != 0;
	}
	ok(!wrong, "%s: lengths 0 to 192 as libcrypto", fast ? "SHA-NI" : "plain");
	for (int round = 0; round < 500; round++) {
		size_t from = (size_t)rand() % 16, n = (size_t)rand() % (sizeof(bytes) - 16), done = 0;
		struct bk_sha256 h;

		bk_sha256_start(&h, fast);
		while (done < n) {
			size_t piece = (size_t)rand() % 300;

			piece = piece < n - done ? piece : n - done;
			bk_sha256_add(&h, bytes + from + done, piece);
			done += piece;
		}
		bk_sha256_finish(&h, digest);
		wrong += memcmp(digest, SHA256(bytes + from, n, expected), 32) != 0;
	}
	ok(!wrong, "%s: 500 random messages in random pieces as libcrypto", fast ? "SHA-NI" : "plain");
}

int main(void)
{
	for (int fast = 0; fast <= bk_sha256_has_fast(); fast++) {
		vectors(fast);
		million(fast);
		against_libcrypto(fast);
	}
	if (!bk_sha256_has_fast())
		printf("# this processor has no SHA-NI: plain path only\n");
	return tap_end();
}
