/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/policy_build.h"

#include <string.h>

void build_start(struct built *b)
{
	*b = (struct built){ 0 };
	for (int i = 0; i < BK_SECTIONS; i++)
		b->section[i].flags = BK_SECTION_ABSENT;
}

void build_section(struct built *b, enum bk_section section, enum bk_mode mode, uint8_t flags)
{
	b->section[section].mode = (uint8_t)mode;
	b->section[section].flags = flags;
}

void build_rule(struct built *b, struct built_rule rule)
{
	b->rules = bk_grow(b->rules, &b->cap, b->count + 1, sizeof *b->rules);
	if (!rule.line)
		rule.line = (uint32_t)b->count + 1;
	b->rules[b->count++] = rule;
	if (!rule.main)
		b->section[rule.section].rule_count++;
}

static uint32_t key_of(const struct built_rule *r)
{
	return bk_policy_key(r->section, bk_policy_key_of(bk_text_of(r->path ? r->path : "")));
}

/* The main rule first, then by key, then by line. */
static int by_key(const void *a, const void *b)
{
	const struct built_rule *x = a, *y = b;
	uint32_t kx = key_of(x), ky = key_of(y);

	if (x->main != y->main)
		return x->main ? -1 : 1;
	if (kx != ky)
		return kx < ky ? -1 : 1;
	return x->line < y->line ? -1 : x->line > y->line;
}

static void align(struct bk_buf *out)
{
	while (out->len % 8)
		bk_buf_add(out, "", 1);
}

static uint32_t put_bytes(struct bk_buf *out, const void *bytes, size_t n)
{
	align(out);
	bk_buf_add(out, bytes, n);
	return (uint32_t)(out->len - n);
}

static uint32_t put_text(struct bk_buf *out, const char *s)
{
	return s ? put_bytes(out, s, strlen(s) + 1) : 0;
}

static uint32_t put_list(struct bk_buf *out, const char *const *items)
{
	uint32_t list[64] = { 0 };

	if (!items)
		return 0;
	for (; items[list[0]]; list[0]++)
		list[1 + list[0]] = put_text(out, items[list[0]]);
	return put_bytes(out, list, (1 + list[0]) * sizeof *list);
}

static struct bk_rule put_rule(struct bk_buf *out, const struct built_rule *r, bool last)
{
	return (struct bk_rule){
		.path = put_text(out, r->path), .args = put_list(out, r->args), .shell = put_text(out, r->shell),
		.parent = put_text(out, r->parent), .applet = put_text(out, r->applet),
		.sha256 = r->sha256 ? put_bytes(out, r->sha256, 32) : 0,
		.endpoint = r->endpoint ? put_bytes(out, r->endpoint, sizeof *r->endpoint) : 0,
		.line = r->line, .section = (uint8_t)r->section, .action = (uint8_t)r->action,
		.flags = (uint16_t)((r->main ? BK_RULE_MAIN : 0) | (last ? BK_RULE_LAST : 0)),
	};
}

static void put_bucket(struct bk_bucket *buckets, uint32_t count, uint32_t key, uint32_t first)
{
	uint32_t at = key & (count - 1);

	while (buckets[at].first)
		at = (at + 1) & (count - 1);
	buckets[at] = (struct bk_bucket){ key, first };
}

void build_checksum(void *bytes, size_t size)
{
	uint64_t sum = bk_policy_checksum(bytes, size);

	if (size >= sizeof(struct bk_policy_header))
		memcpy((char *)bytes + offsetof(struct bk_policy_header, checksum), &sum, sizeof sum);
}

void build_policy(struct built *b)
{
	struct bk_policy_header head = { .magic = BK_POLICY_MAGIC, .version = BK_POLICY_VERSION, .rule_count = (uint32_t)b->count };
	struct bk_bucket *buckets;
	struct bk_rule rule;

	for (head.bucket_count = 4; head.bucket_count < 2 * b->count; head.bucket_count *= 2)
		;
	if (b->count)
		qsort(b->rules, b->count, sizeof *b->rules, by_key);
	buckets = bk_alloc(head.bucket_count * sizeof *buckets);
	memcpy(head.section, b->section, sizeof head.section);
	head.bucket_offset = sizeof head;
	head.rule_offset = head.bucket_offset + head.bucket_count * (uint32_t)sizeof *buckets;
	head.data_offset = head.rule_offset + head.rule_count * (uint32_t)sizeof rule;
	b->bytes.len = 0;
	for (size_t i = 0; i < head.data_offset; i++)
		bk_buf_add(&b->bytes, "", 1);
	for (uint32_t i = 0; i < b->count; i++) {
		const struct built_rule *r = &b->rules[i];
		bool first = !i || b->rules[i - 1].main || key_of(r) != key_of(r - 1);
		bool last = i + 1 == b->count || key_of(r) != key_of(r + 1);

		rule = put_rule(&b->bytes, r, last);
		memcpy(b->bytes.at + head.rule_offset + i * sizeof rule, &rule, sizeof rule);
		if (r->main)
			head.main = i + 1;
		else if (first)
			put_bucket(buckets, head.bucket_count, key_of(r), i + 1);
	}
	align(&b->bytes);
	head.size = (uint32_t)b->bytes.len;
	memcpy(b->bytes.at, &head, sizeof head);
	memcpy(b->bytes.at + head.bucket_offset, buckets, head.bucket_count * sizeof *buckets);
	free(buckets);
	build_checksum(b->bytes.at, b->bytes.len);
}

void build_free(struct built *b)
{
	free(b->rules);
	bk_buf_free(&b->bytes);
	*b = (struct built){ 0 };
}
