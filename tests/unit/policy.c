/* SPDX-License-Identifier: Apache-2.0 */
/* The compiled form: what is refused, where, and that no byte outside the file is ever read (each copy ends where its heap block ends). */
#include "core/decide.h"

#include <stdlib.h>

#include "tests/support/policy_build.h"
#include "tests/support/tap.h"

static const uint8_t hash[32] = { 1, 2, 3 };
static const struct bk_endpoint endpoint = { .family = 2, .port_low = 1, .port_high = 2, .prefix = 8, .address = { 10 } };
static const char *const args[] = { "-a", "*", "...", NULL };

static void sample(struct built *b)
{
	build_start(b);
	build_section(b, BK_PROCESSES, BK_ENFORCE, 0);
	build_section(b, BK_LIBRARIES, BK_ALERT, 0);
	build_section(b, BK_CONNECT, BK_LEARN, 0);
	build_section(b, BK_READ, BK_ENFORCE, BK_SECTION_ALLOWS);
	build_rule(b, (struct built_rule){ BK_PROCESSES, BK_ALLOW, .path = "/bin/main", .main = true });
	build_rule(b, (struct built_rule){ BK_PROCESSES, BK_ALLOW, .path = "/bin/x", .args = args, .parent = "/bin/*", .sha256 = hash });
	build_rule(b, (struct built_rule){ BK_PROCESSES, BK_ALLOW, .path = "/bin/busybox", .applet = "cat" });
	build_rule(b, (struct built_rule){ BK_PROCESSES, BK_ALLOW, .path = "/bin/sh", .shell = "cat {x}" });
	build_rule(b, (struct built_rule){ BK_PROCESSES, BK_KILL, .path = "/bin/x*" });
	build_rule(b, (struct built_rule){ BK_LIBRARIES, BK_ALLOW, .path = "/usr/lib/**" });
	build_rule(b, (struct built_rule){ BK_LIBRARIES, BK_ALLOW, .path = "**.node" });
	build_rule(b, (struct built_rule){ BK_CONNECT, BK_ALLOW, .path = "*.example.com", .endpoint = &endpoint });
	build_rule(b, (struct built_rule){ BK_READ, BK_DENY, .path = "/proc/*/environ" });
	build_policy(b);
}

/* A copy of exactly `size` bytes, so that the sanitizer sees any read behind it. */
static void *copy_of(const void *bytes, size_t size)
{
	void *p = malloc(size ? size : 1);

	memcpy(p, bytes, size);
	return p;
}

/* Asks a view all that can be asked. */
static unsigned ask_everything(const struct bk_policy *p)
{
	static const char *const paths[] = { "/bin/x", "/bin/sh", "/bin/busybox", "/usr/lib/a.so", "a.example.com", "/proc/1/environ", "", "A=b" };
	unsigned allowed = 0;

	for (unsigned section = 0; section <= BK_SECTIONS; section++)
		for (unsigned i = 0; i < sizeof paths / sizeof *paths; i++)
			for (unsigned flags = 0; flags < 2; flags++) {
				struct bk_request r = {
					.section = (enum bk_section)section, .flags = flags ? BK_REQ_MAIN : 0, .path = bk_text_of(paths[i]),
					.argv = { "x\0-a\0b", 7, 3, false }, .first_arg = 1, .parent = BK_TEXT("/bin/y"), .sha256 = hash, .endpoint = &endpoint,
				};
				struct bk_decision d = bk_decide(p, &r, BK_ENFORCE);

				allowed += !bk_stops(d.verdict);
			}
	return allowed;
}

static void ask_offsets(const struct bk_policy *p, uint32_t size)
{
	for (uint32_t i = 0; i < size + 64; i++) {
		uint32_t offset = i < size + 32 ? i : UINT32_MAX - (size + 64 - i);

		bk_policy_text(p, offset);
		bk_policy_hash(p, offset);
		bk_policy_endpoint(p, offset);
		bk_policy_rule(p, offset);
		bk_policy_list_item(p, offset, bk_policy_list_count(p, offset) - 1);
		bk_policy_list_item(p, offset, bk_policy_list_count(p, offset));
		bk_policy_list_item(p, offset, UINT32_MAX);
	}
}

static void test_zero(void)
{
	_Alignas(8) static char zeros[4096];
	struct bk_policy none = { NULL }, blank = { (const struct bk_policy_header *)zeros };

	ok(ask_everything(&none) == 0, "a zeroed view allows nothing");
	ok(ask_everything(&blank) == 0, "a zeroed file allows nothing");
	ok(bk_policy_mode(&none, BK_PROCESSES) == BK_ENFORCE && bk_policy_mode(&blank, BK_CONNECT) == BK_ENFORCE, "and is enforced");
	ok(!bk_policy_section_flags(&none, BK_READ) && !bk_policy_main(&none) && !bk_policy_rule(&none, 0), "accessors give nothing");
	ok(bk_policy_find(&none, 1) == UINT32_MAX && bk_policy_find(&blank, 1) == UINT32_MAX, "nothing is found");
	ok(bk_policy_open(&none, zeros, sizeof zeros, NULL) == BK_POLICY_FOREIGN && !none.head, "zeros are no policy");
	ok(bk_policy_mode(&none, (enum bk_section)99) == BK_ENFORCE, "an unknown section is enforced");
}

static void test_good(const struct built *b)
{
	struct bk_policy p;
	uint32_t offset = 7;

	ok(bk_policy_open(&p, b->bytes.at, b->bytes.len, &offset) == BK_POLICY_OK && p.head && !offset, "a good file opens");
	ok(bk_policy_verify(&p, b->bytes.at, b->bytes.len, &offset) == BK_POLICY_OK && p.head && !offset, "and is verified");
	ok(bk_policy_mode(&p, BK_PROCESSES) == BK_ENFORCE && bk_policy_mode(&p, BK_LIBRARIES) == BK_ALERT, "modes");
	ok(bk_policy_mode(&p, BK_CONNECT) == BK_LEARN && bk_policy_mode(&p, BK_WRITE) == BK_OFF, "an absent section is off");
	ok(bk_policy_section_flags(&p, BK_READ) == BK_SECTION_ALLOWS, "flags");
	ok(bk_text_equal(bk_policy_text(&p, bk_policy_main(&p)->path), BK_TEXT("/bin/main")), "main");
	ok(ask_everything(&p) > 0, "something is allowed");
	ask_offsets(&p, (uint32_t)b->bytes.len);
	ok(1, "every offset can be asked");
}

static void test_index(const struct built *b)
{
	struct bk_policy p;
	unsigned found = 0;
	uint32_t key = bk_key_start(BK_PROCESSES);

	bk_policy_open(&p, b->bytes.at, b->bytes.len, NULL);
	for (size_t i = 0; i < b->count; i++) {
		const struct built_rule *r = &b->rules[i];
		uint32_t at = bk_policy_find(&p, bk_policy_key(r->section, bk_policy_key_of(bk_text_of(r->path))));

		for (; !r->main && at <= i; at++)
			found += at == i;
	}
	ok(found == b->count - 1, "each rule but the main one is found by its key");
	for (const char *c = "/bin/"; *c; c++)
		key = bk_key_add(key, *c);
	ok(bk_key_finish(key) == bk_policy_key(BK_PROCESSES, BK_TEXT("/bin/")), "a key can be made byte by byte");
	ok(bk_policy_key(BK_PROCESSES, BK_TEXT("/a\\*b")) == bk_policy_key(BK_PROCESSES, BK_TEXT("/a*b")), "escapes do not count in keys");
	ok(bk_policy_key(BK_PROCESSES, BK_TEXT("/a")) != bk_policy_key(BK_LIBRARIES, BK_TEXT("/a")), "sections do");
}

static void test_keys(void)
{
	static const char *const rows[][2] = {
		{ "/bin/sh", "/bin/sh" }, { "/bin/*", "/bin/" }, { "/bin/a*", "/bin/" }, { "/bin/a/**/x", "/bin/a/" }, { "**", "" }, { "a?", "" },
		{ "/a\\*/b", "/a\\*/b" }, { "/a\\*/b*", "/a\\*/" }, { "", "" }, { "/", "/" }, { "/?", "/" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		ok(bk_text_equal(bk_policy_key_of(bk_text_of(rows[i][0])), bk_text_of(rows[i][1])), "key of %s", rows[i][0]);
}

static void test_truncated(const struct built *b)
{
	unsigned accepted = 0, unlike = 0;
	struct bk_policy p;

	for (size_t n = 0; n < b->bytes.len; n++) {
		void *cut = copy_of(b->bytes.at, n);
		enum bk_policy_error e = bk_policy_open(&p, cut, n, NULL);

		accepted += e == BK_POLICY_OK || p.head;
		unlike += e != (n < sizeof(struct bk_policy_header) ? BK_POLICY_SHORT : BK_POLICY_SIZE);
		free(cut);
	}
	ok(!accepted && !unlike, "cut at each of %zu lengths: refused as cut", b->bytes.len);
	void *more = copy_of(b->bytes.at, b->bytes.len + 1);
	ok(bk_policy_open(&p, more, b->bytes.len + 1, NULL) == BK_POLICY_SIZE, "one byte more: refused");
	free(more);
}

static void test_flipped(const struct built *b)
{
	char *bytes = copy_of(b->bytes.at, b->bytes.len);
	unsigned accepted = 0;
	struct bk_policy p;

	for (size_t i = 0; i < b->bytes.len * 8; i++) {
		bytes[i / 8] ^= (char)(1 << i % 8);
		accepted += bk_policy_open(&p, bytes, b->bytes.len, NULL) == BK_POLICY_OK;
		accepted += bk_policy_open_head(&p, bytes, b->bytes.len, NULL) == BK_POLICY_OK && bk_policy_is_whole(&p);
		bytes[i / 8] ^= (char)(1 << i % 8);
	}
	ok(!accepted, "each of %zu bits flipped alone: refused", b->bytes.len * 8);
	ok(bk_policy_open_head(&p, bytes, b->bytes.len, NULL) == BK_POLICY_OK && bk_policy_is_whole(&p), "as it was: whole, in two parts");
	p.head = NULL;
	ok(!bk_policy_is_whole(&p), "an empty view is not whole");
	for (size_t i = 0; i < b->bytes.len; i++)
		for (int value = 1; value < 256; value += 2) {
			bytes[i] ^= (char)value;
			accepted += bk_policy_open(&p, bytes, b->bytes.len, NULL) == BK_POLICY_OK;
			bytes[i] ^= (char)value;
		}
	ok(!accepted, "each byte changed: refused");
	free(bytes);
}

static void test_swapped(const struct built *b)
{
	char *bytes = copy_of(b->bytes.at, b->bytes.len), word[8];
	unsigned accepted = 0;
	struct bk_policy p;

	/* two words of one lane, and of two lanes */
	for (unsigned step = 8; step <= 64; step += 8)
		for (size_t i = 64; i + step + 8 <= b->bytes.len; i += 8) {
			if (!memcmp(bytes + i, bytes + i + step, 8))
				continue;
			memcpy(word, bytes + i, 8);
			memcpy(bytes + i, bytes + i + step, 8);
			memcpy(bytes + i + step, word, 8);
			accepted += bk_policy_open(&p, bytes, b->bytes.len, NULL) == BK_POLICY_OK;
			memcpy(bytes, b->bytes.at, b->bytes.len);
		}
	ok(!accepted, "two words exchanged: refused");
	free(bytes);
}

/* Every word of the file replaced by hostile numbers, with a right checksum: the reader must stay inside. */
static void test_hostile(const struct built *b)
{
	static const uint32_t numbers[] = { 0, 1, 3, 4, 0x7fffffff, 0x80000000, 0xfffffffc, 0xffffffff, 0x10000, 0x40 };
	char *bytes = copy_of(b->bytes.at, b->bytes.len);
	unsigned opened = 0, verified = 0;
	struct bk_policy p;

	for (size_t i = 0; i + 4 <= b->bytes.len; i += 4)
		for (size_t k = 0; k < sizeof numbers / sizeof *numbers + 2; k++) {
			uint32_t n = k < 10 ? numbers[k] : (uint32_t)b->bytes.len - (k - 10) * 3;

			memcpy(bytes + i, &n, 4);
			build_checksum(bytes, b->bytes.len);
			verified += bk_policy_verify(&p, bytes, b->bytes.len, NULL) == BK_POLICY_OK;
			if (bk_policy_open(&p, bytes, b->bytes.len, NULL) == BK_POLICY_OK) {
				opened++;
				ask_everything(&p);
				ask_offsets(&p, 16);
			}
			memcpy(bytes, b->bytes.at, b->bytes.len);
		}
	ok(opened > 0 && verified < opened, "hostile numbers in every word: %u opened, %u of them sound, nothing read outside", opened, verified);
	free(bytes);
}

#define HEAD(b) ((struct bk_policy_header *)(b)->bytes.at)

/* One fault, its error and its place; `deep`: only bk_policy_verify() looks for it. */
static void refuse(struct built *b, const char *what, enum bk_policy_error error, size_t offset, bool deep)
{
	enum bk_policy_error opened, verified;
	struct bk_policy p;
	uint32_t at = 0;

	build_checksum(b->bytes.at, b->bytes.len);
	opened = bk_policy_open(&p, b->bytes.at, b->bytes.len, NULL);
	verified = bk_policy_verify(&p, b->bytes.at, b->bytes.len, &at);
	ok(verified == error && !p.head && opened == (deep ? BK_POLICY_OK : error), "%s: %s", what, bk_policy_error_text(error));
	ok(at == offset, "%s: at %zu (%u)", what, offset, at);
	build_policy(b);
}

static void test_faults(struct built *b)
{
	size_t rules = HEAD(b)->rule_offset, buckets = HEAD(b)->bucket_offset, used = 0;
	struct bk_rule *second = (struct bk_rule *)(b->bytes.at + rules) + 1;
	struct bk_bucket *bucket = (struct bk_bucket *)(b->bytes.at + buckets);

	while (!bucket[used].first)
		used++;
#define FIELD(name) offsetof(struct bk_policy_header, name)
	HEAD(b)->magic++, refuse(b, "magic", BK_POLICY_FOREIGN, 0, false);
	HEAD(b)->version = BK_POLICY_VERSION + 1, refuse(b, "version", BK_POLICY_NEWER, FIELD(version), false);
	HEAD(b)->size--, refuse(b, "size", BK_POLICY_SIZE, FIELD(size), false);
	HEAD(b)->flags = 64, refuse(b, "flags", BK_POLICY_LAYOUT, FIELD(flags), false);
	HEAD(b)->flags = BK_NO_PARENTS, refuse(b, "no parents, but a rule has one", BK_POLICY_LAYOUT, FIELD(flags), true);
	HEAD(b)->main = HEAD(b)->rule_count + 1, refuse(b, "main past the rules", BK_POLICY_LAYOUT, FIELD(main), false);
	HEAD(b)->bucket_count = 3, refuse(b, "bucket count", BK_POLICY_LAYOUT, FIELD(bucket_offset), false);
	HEAD(b)->bucket_offset = 2, refuse(b, "bucket offset", BK_POLICY_LAYOUT, FIELD(bucket_offset), false);
	HEAD(b)->rule_count = 0x7fffffff, refuse(b, "rule count", BK_POLICY_LAYOUT, FIELD(rule_offset), false);
	HEAD(b)->data_offset = 1u << 30, refuse(b, "data offset", BK_POLICY_LAYOUT, FIELD(data_offset), false);
	HEAD(b)->reserved[3] = 1, refuse(b, "reserved", BK_POLICY_LAYOUT, FIELD(reserved), false);
	HEAD(b)->section[1].mode = 4, refuse(b, "mode", BK_POLICY_LAYOUT, FIELD(section) + 8, false);
	HEAD(b)->section[7].flags = 4, refuse(b, "section flags", BK_POLICY_LAYOUT, FIELD(section) + 56, false);
	HEAD(b)->function = 8, refuse(b, "function's name in the header", BK_POLICY_LAYOUT, FIELD(function), true);
	HEAD(b)->section[0].rule_count++, refuse(b, "rules of a section", BK_POLICY_LAYOUT, FIELD(section), true);
	HEAD(b)->main = 0, refuse(b, "main flag without main", BK_POLICY_LAYOUT, rules, true);
	second->path = 4, refuse(b, "path outside the data", BK_POLICY_LAYOUT, rules + sizeof *second, true);
	second->args = second->sha256 = HEAD(b)->size - 4, refuse(b, "hash past the end", BK_POLICY_LAYOUT, rules + sizeof *second, true);
	second->endpoint = 1, refuse(b, "endpoint", BK_POLICY_LAYOUT, rules + sizeof *second, true);
	second->section = BK_SECTIONS, refuse(b, "section", BK_POLICY_LAYOUT, rules + sizeof *second, true);
	second->action = 3, refuse(b, "action", BK_POLICY_LAYOUT, rules + sizeof *second, true);
	second->flags |= BK_RULE_MAIN, refuse(b, "a second main", BK_POLICY_LAYOUT, rules + sizeof *second, true);
	bucket[used].hash++, refuse(b, "a bucket's key", BK_POLICY_LAYOUT, buckets + used * sizeof *bucket, true);
	bucket[used].first = 1, refuse(b, "a bucket of the main rule", BK_POLICY_LAYOUT, buckets + used * sizeof *bucket, true);
	bucket[used].first = HEAD(b)->rule_count + 1, refuse(b, "a bucket past the rules", BK_POLICY_LAYOUT, buckets + used * sizeof *bucket, true);
	bucket[used].first = 0, bucket[used].hash = 0;
	build_checksum(b->bytes.at, b->bytes.len);
	struct bk_policy p;
	ok(bk_policy_open(&p, b->bytes.at, b->bytes.len, NULL) == BK_POLICY_OK && bk_policy_verify(&p, b->bytes.at, b->bytes.len, NULL) == BK_POLICY_LAYOUT,
	   "a rule that the index has lost");
	build_policy(b);
}

static void test_names(void)
{
	ok(!strcmp(bk_section_name(BK_PROCESSES), "processes") && !strcmp(bk_section_name(BK_READ), "files.read") && !bk_section_name(BK_SECTIONS), "sections");
	ok(!strcmp(bk_mode_name(BK_ENFORCE), "enforce") && !strcmp(bk_mode_name(BK_OFF), "off") && !bk_mode_name((enum bk_mode)4), "modes");
	ok(!strcmp(bk_action_name(BK_DENY), "deny") && !strcmp(bk_action_name(BK_ALLOW), "allow") && !bk_action_name((enum bk_action)3), "actions");
	ok(!strcmp(bk_verdict_name(BK_ALERTED), "alert") && !bk_verdict_name((enum bk_verdict)9), "verdicts");
	for (int i = 0; i <= BK_WHY_SECTION; i++)
		ok(bk_reason_text((enum bk_reason)i)[0], "reason %d", i);
	ok(!bk_reason_text((enum bk_reason)(BK_WHY_SECTION + 1)), "no reason past the last");
}

int main(void)
{
	struct built b;

	sample(&b);
	test_zero();
	test_good(&b);
	test_index(&b);
	test_keys();
	test_truncated(&b);
	test_flipped(&b);
	test_swapped(&b);
	test_hostile(&b);
	test_faults(&b);
	test_names();
	build_free(&b);
	return tap_end();
}
