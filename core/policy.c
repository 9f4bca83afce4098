/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy.h"

static uint64_t load64(const uint8_t *p)
{
	uint64_t v;

	__builtin_memcpy(&v, p, sizeof v);
	return v;
}

static uint64_t turn(uint64_t v, unsigned n)
{
	return v << n | v >> (64 - n);
}

#define PRIME 0x9e3779b97f4a7c15ULL

/* Where the checksum itself stands counts as zero: it is the third 8-byte word. */
static uint64_t word_at(const uint8_t *at, size_t offset)
{
	return offset == offsetof(struct bk_policy_header, checksum) ? 0 : load64(at + offset);
}

uint64_t bk_policy_checksum(const void *bytes, size_t size)
{
	const uint8_t *p = bytes;
	uint64_t a = PRIME, b = turn(PRIME, 16), c = turn(PRIME, 32), d = turn(PRIME, 48);
	size_t i = 0;

	if (size >= 32) {
		a = (a ^ word_at(p, 0)) * PRIME;
		b = (b ^ word_at(p, 8)) * PRIME;
		c = (c ^ word_at(p, 16)) * PRIME;
		d = (d ^ word_at(p, 24)) * PRIME;
		i = 32;
	}
	for (; i + 32 <= size; i += 32) {
		a = (turn(a, 29) ^ load64(p + i)) * PRIME;
		b = (turn(b, 29) ^ load64(p + i + 8)) * PRIME;
		c = (turn(c, 29) ^ load64(p + i + 16)) * PRIME;
		d = (turn(d, 29) ^ load64(p + i + 24)) * PRIME;
	}
	for (; i < size; i++)
		a = (turn(a, 29) ^ p[i]) * PRIME;
	a ^= turn(b, 13) ^ turn(c, 27) ^ turn(d, 41) ^ size;
	a = (a ^ a >> 32) * PRIME;
	return a ^ a >> 29;
}

static bool inside(uint32_t size, uint32_t offset, uint64_t count, uint32_t item)
{
	return offset <= size && offset % 4 == 0 && count * item <= size - offset;
}

static enum bk_policy_error check_layout(const struct bk_policy_header *h, uint32_t *at)
{
	struct { uint32_t field, offset; uint64_t count; uint32_t item; } parts[] = {
		{ offsetof(struct bk_policy_header, bucket_offset), h->bucket_offset, h->bucket_count, sizeof(struct bk_bucket) },
		{ offsetof(struct bk_policy_header, rule_offset), h->rule_offset, h->rule_count, sizeof(struct bk_rule) },
		{ offsetof(struct bk_policy_header, data_offset), h->data_offset, 0, 1 },
	};

	for (unsigned i = 0; i < 3; i++)
		if (parts[i].offset < sizeof *h || !inside(h->size, parts[i].offset, parts[i].count, parts[i].item)) {
			*at = parts[i].field;
			return BK_POLICY_LAYOUT;
		}
	if (h->bucket_count & (h->bucket_count - 1) || (!h->bucket_count && h->rule_count > 1)) {
		*at = offsetof(struct bk_policy_header, bucket_count);
		return BK_POLICY_LAYOUT;
	}
	return BK_POLICY_OK;
}

static enum bk_policy_error check(const struct bk_policy_header *h, size_t size, uint32_t *at)
{
	*at = 0;
	if (size < sizeof *h) {
		*at = (uint32_t)size;
		return size >= 8 && h->magic != BK_POLICY_MAGIC ? BK_POLICY_FOREIGN : BK_POLICY_SHORT;
	}
	if (h->magic != BK_POLICY_MAGIC)
		return BK_POLICY_FOREIGN;
	*at = offsetof(struct bk_policy_header, version);
	if (h->version != BK_POLICY_VERSION)
		return BK_POLICY_NEWER;
	*at = offsetof(struct bk_policy_header, size);
	if (size > BK_POLICY_MAX)
		return BK_POLICY_SIZE;
	if (h->size != size)
		return h->size > size ? BK_POLICY_SHORT : BK_POLICY_SIZE;
	*at = offsetof(struct bk_policy_header, checksum);
	if (h->checksum != bk_policy_checksum(h, size))
		return BK_POLICY_DAMAGED;
	return check_layout(h, at);
}

enum bk_policy_error bk_policy_open(struct bk_policy *policy, const void *bytes, size_t size, uint32_t *offset)
{
	uint32_t at = 0;
	enum bk_policy_error error = check(bytes, size, &at);

	policy->head = error == BK_POLICY_OK ? bytes : NULL;
	if (offset)
		*offset = at;
	return error;
}

const char *bk_policy_error_text(enum bk_policy_error error)
{
	static const char *const texts[] = {
		[BK_POLICY_OK] = "no error",
		[BK_POLICY_SHORT] = "it is cut short",
		[BK_POLICY_FOREIGN] = "it is not a compiled policy: make one with `buckler compile`",
		[BK_POLICY_NEWER] = "it was compiled for another version: compile it anew",
		[BK_POLICY_SIZE] = "its size is not the one it says, or too large",
		[BK_POLICY_DAMAGED] = "it is damaged: its checksum is wrong",
		[BK_POLICY_LAYOUT] = "its layout is wrong",
	};
	return (unsigned)error < sizeof texts / sizeof *texts ? texts[error] : "unknown error";
}

/* --- accessors ------------------------------------------------------------------------------------------------------ */

static const void *at(const struct bk_policy *p, uint32_t offset, uint32_t size)
{
	const struct bk_policy_header *h = p->head;

	if (!h || !offset || offset % 4 || offset < h->data_offset || offset > h->size || size > h->size - offset)
		return NULL;
	return (const char *)h + offset;
}

const struct bk_rule *bk_policy_rule(const struct bk_policy *p, uint32_t index)
{
	const struct bk_policy_header *h = p->head;

	if (!h || index >= h->rule_count)
		return NULL;
	return (const struct bk_rule *)((const char *)h + h->rule_offset) + index;
}

const struct bk_rule *bk_policy_main(const struct bk_policy *p)
{
	return p->head && p->head->main ? bk_policy_rule(p, p->head->main - 1) : NULL;
}

struct bk_text bk_policy_text(const struct bk_policy *p, uint32_t offset)
{
	const struct bk_policy_header *h = p->head;
	struct bk_text t = { NULL, 0 };

	if (!h || !offset || offset < h->data_offset || offset >= h->size)
		return t;
	t.at = (const char *)h + offset;
	while (offset + t.len < h->size && t.at[t.len])
		t.len++;
	if (offset + t.len == h->size)
		return (struct bk_text){ NULL, 0 };
	return t;
}

const uint8_t *bk_policy_hash(const struct bk_policy *p, uint32_t offset)
{
	return at(p, offset, 32);
}

const struct bk_endpoint *bk_policy_endpoint(const struct bk_policy *p, uint32_t offset)
{
	return at(p, offset, sizeof(struct bk_endpoint));
}

uint32_t bk_policy_list_count(const struct bk_policy *p, uint32_t offset)
{
	const uint32_t *list = at(p, offset, 4);

	return list && *list <= (p->head->size - offset) / 4 - 1 ? *list : 0;
}

struct bk_text bk_policy_list_item(const struct bk_policy *p, uint32_t offset, uint32_t index)
{
	const uint32_t *list = at(p, offset, 4);

	if (index >= bk_policy_list_count(p, offset))
		return (struct bk_text){ NULL, 0 };
	return bk_policy_text(p, list[1 + index]);
}

enum bk_mode bk_policy_mode(const struct bk_policy *p, enum bk_section section)
{
	const struct bk_section_head *head;

	if (!p->head || (unsigned)section >= BK_SECTIONS)
		return BK_ENFORCE;
	head = &p->head->section[section];
	if (head->flags & BK_SECTION_ABSENT)
		return BK_OFF;
	return head->mode <= BK_OFF ? (enum bk_mode)head->mode : BK_ENFORCE;
}

uint8_t bk_policy_section_flags(const struct bk_policy *p, enum bk_section section)
{
	return p->head && (unsigned)section < BK_SECTIONS ? p->head->section[section].flags : 0;
}

/* --- index ---------------------------------------------------------------------------------------------------------- */

uint32_t bk_key_start(enum bk_section section)
{
	return (2166136261u ^ (uint32_t)section) * 16777619u;
}

uint32_t bk_key_add(uint32_t state, char byte)
{
	return (state ^ (uint8_t)byte) * 16777619u;
}

uint32_t bk_key_finish(uint32_t state)
{
	state ^= state >> 15;
	return state ? state : 1;
}

uint32_t bk_policy_key(enum bk_section section, struct bk_text key)
{
	uint32_t state = bk_key_start(section);

	for (uint32_t i = 0; i < key.len; i++)
		state = bk_key_add(state, key.at[i]);
	return bk_key_finish(state);
}

struct bk_text bk_policy_key_of(struct bk_text pattern)
{
	uint32_t slash = 0;

	for (uint32_t i = 0; i < pattern.len; i++) {
		char c = pattern.at[i];

		if (c == '*' || c == '?' || c == '\\')
			return (struct bk_text){ pattern.at, slash };
		if (c == '/')
			slash = i + 1;
	}
	return pattern;
}

uint32_t bk_policy_find(const struct bk_policy *p, uint32_t key)
{
	const struct bk_policy_header *h = p->head;
	const struct bk_bucket *buckets;

	if (!h || !h->bucket_count)
		return UINT32_MAX;
	buckets = (const struct bk_bucket *)((const char *)h + h->bucket_offset);
	for (uint32_t n = 0; n < h->bucket_count; n++) {
		const struct bk_bucket *b = &buckets[(key + n) & (h->bucket_count - 1)];

		if (!b->first)
			break;
		if (b->hash == key)
			return b->first - 1;
	}
	return UINT32_MAX;
}

/* --- full check -------------------------------------------------------------------------------------------------------- */

static bool text_ok(const struct bk_policy *p, uint32_t offset)
{
	return !offset || bk_policy_text(p, offset).at;
}

static bool list_ok(const struct bk_policy *p, uint32_t offset)
{
	const uint32_t *list = at(p, offset, 4);

	if (!offset)
		return true;
	if (!list || *list != bk_policy_list_count(p, offset))
		return false;
	for (uint32_t i = 0; i < *list; i++)
		if (!list[1 + i] || !text_ok(p, list[1 + i]))
			return false;
	return true;
}

static bool rule_ok(const struct bk_policy *p, const struct bk_rule *r)
{
	return text_ok(p, r->path) && list_ok(p, r->args) && text_ok(p, r->shell) && text_ok(p, r->parent) && text_ok(p, r->applet)
		&& (!r->sha256 || bk_policy_hash(p, r->sha256)) && (!r->endpoint || bk_policy_endpoint(p, r->endpoint))
		&& r->section < BK_SECTIONS && r->action <= BK_ALLOW;
}

enum bk_policy_error bk_policy_verify(struct bk_policy *policy, const void *bytes, size_t size, uint32_t *offset)
{
	enum bk_policy_error error = bk_policy_open(policy, bytes, size, offset);
	const struct bk_policy_header *h = policy->head;
	uint32_t bad = 0;

	if (error != BK_POLICY_OK)
		return error;
	if (!text_ok(policy, h->function))
		bad = offsetof(struct bk_policy_header, function);
	if (h->main > h->rule_count)
		bad = offsetof(struct bk_policy_header, main);
	for (uint32_t i = 0; i < h->rule_count && !bad; i++)
		if (!rule_ok(policy, bk_policy_rule(policy, i)))
			bad = h->rule_offset + i * (uint32_t)sizeof(struct bk_rule);
	for (uint32_t i = 0; i < h->bucket_count && !bad; i++)
		if (((const struct bk_bucket *)((const char *)h + h->bucket_offset))[i].first > h->rule_count)
			bad = h->bucket_offset + i * (uint32_t)sizeof(struct bk_bucket);
	if (!bad)
		return BK_POLICY_OK;
	if (offset)
		*offset = bad;
	policy->head = NULL;
	return BK_POLICY_LAYOUT;
}
