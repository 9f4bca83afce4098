/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy.h"

#define LANES 4u

/* --- checksum -------------------------------------------------------------------------------------------------------- */

/* Odd, so that each step is a bijection of the lane for a given word and of the word for a given lane: one changed word always shows. */
#define LANE_MULTIPLIER 0x9e3779b97f4a7c15ULL

static uint64_t word_at(const uint8_t *at)
{
	uint64_t word;

	__builtin_memcpy(&word, at, sizeof word);
	return word;
}

static uint64_t partial_word(const uint8_t *at, size_t n)
{
	uint64_t word = 0;

	for (size_t i = 0; i < n; i++)
		word |= (uint64_t)at[i] << (8 * i);
	return word;
}

static uint64_t fold(const uint64_t lane[LANES], size_t size)
{
	uint64_t sum = size;

	for (unsigned i = 0; i < LANES; i++) {
		sum = (sum ^ lane[i] ^ lane[i] >> 32) * LANE_MULTIPLIER;
		sum ^= sum >> 29;
	}
	return sum;
}

/* Adds whole blocks of four words.  Four chains of multiplications that do not wait for each other keep the multiplier busy. */
static const uint8_t *add_blocks(uint64_t lane[LANES], const uint8_t *at, const uint8_t *end)
{
	uint64_t a = lane[0], b = lane[1], c = lane[2], d = lane[3];

	for (; end - at >= 32; at += 32) {
		a = (a ^ word_at(at)) * LANE_MULTIPLIER;
		b = (b ^ word_at(at + 8)) * LANE_MULTIPLIER;
		c = (c ^ word_at(at + 16)) * LANE_MULTIPLIER;
		d = (d ^ word_at(at + 24)) * LANE_MULTIPLIER;
	}
	lane[0] = a, lane[1] = b, lane[2] = c, lane[3] = d;
	return at;
}

#define CHECKSUM_AT offsetof(struct bk_policy_header, checksum)

uint64_t bk_policy_checksum(const void *bytes, size_t size)
{
	const uint8_t *at = bytes, *end = at + size;
	uint64_t lane[LANES] = { 1, 2, 3, 4 };

	_Static_assert(CHECKSUM_AT == 16, "the checksum is the third word of the first block");
	if (size >= 32) {
		lane[0] = (lane[0] ^ word_at(at)) * LANE_MULTIPLIER;
		lane[1] = (lane[1] ^ word_at(at + 8)) * LANE_MULTIPLIER;
		lane[2] = lane[2] * LANE_MULTIPLIER;
		lane[3] = (lane[3] ^ word_at(at + 24)) * LANE_MULTIPLIER;
		at += 32;
	}
	at = add_blocks(lane, at, end);
	for (unsigned i = 0; at < end; i++, at += 8)
		lane[i] = (lane[i] ^ partial_word(at, end - at < 8 ? (size_t)(end - at) : 8)) * LANE_MULTIPLIER;
	return fold(lane, size);
}

/* --- opening --------------------------------------------------------------------------------------------------------- */

const char *bk_policy_error_text(enum bk_policy_error error)
{
	switch (error) {
	case BK_POLICY_OK:      return "it is sound";
	case BK_POLICY_SHORT:   return "it is shorter than a compiled policy's header: compile it again";
	case BK_POLICY_FOREIGN: return "it is not a compiled policy: make one with `buckler compile`";
	case BK_POLICY_NEWER:   return "it has a version that this program does not read: compile it with the same release";
	case BK_POLICY_SIZE:    return "it was cut or has grown: copy or compile it again";
	case BK_POLICY_DAMAGED: return "its checksum is wrong: copy or compile it again";
	case BK_POLICY_LAYOUT:  return "its parts do not fit together: compile it again";
	}
	return "it is refused";
}

/* True where `count` items of `item` bytes, aligned to `align`, lie between the header and the end. */
static bool table_fits(const struct bk_policy_header *h, uint32_t offset, uint32_t count, uint32_t item, uint32_t align)
{
	if (!count)
		return offset <= h->size;
	return offset >= sizeof *h && offset % align == 0 && offset <= h->size && count <= (h->size - offset) / item;
}

static bool head_is_ours(const struct bk_section_head *s)
{
	return s->mode <= BK_OFF && !(s->flags & ~(BK_SECTION_ABSENT | BK_SECTION_ALLOWS)) && !s->reserved;
}

/* Offset of the first field that cannot be right, 0 where all can. */
static uint32_t layout_fault(const struct bk_policy_header *h)
{
	if (h->flags & ~(BK_UNSUPPORTED_REFUSE | BK_NO_PARENTS))
		return offsetof(struct bk_policy_header, flags);
	if (h->main > h->rule_count)
		return offsetof(struct bk_policy_header, main);
	if (h->bucket_count & (h->bucket_count - 1) || !table_fits(h, h->bucket_offset, h->bucket_count, sizeof(struct bk_bucket), 4))
		return offsetof(struct bk_policy_header, bucket_offset);
	if (!table_fits(h, h->rule_offset, h->rule_count, sizeof(struct bk_rule), 4))
		return offsetof(struct bk_policy_header, rule_offset);
	if (h->data_offset < sizeof *h || h->data_offset > h->size)
		return offsetof(struct bk_policy_header, data_offset);
	for (unsigned i = 0; i < 4; i++)
		if (h->reserved[i])
			return offsetof(struct bk_policy_header, reserved);
	for (unsigned i = 0; i < BK_SECTIONS; i++)
		if (!head_is_ours(&h->section[i]))
			return (uint32_t)(offsetof(struct bk_policy_header, section) + i * sizeof h->section[0]);
	return 0;
}

static enum bk_policy_error check(const void *bytes, size_t size, bool sum, uint32_t *offset)
{
	const struct bk_policy_header *h = bytes;

	*offset = 0;
	if (size < sizeof *h)
		return BK_POLICY_SHORT;
	if ((uintptr_t)bytes % _Alignof(struct bk_policy_header))
		return BK_POLICY_LAYOUT;
	if (h->magic != BK_POLICY_MAGIC)
		return BK_POLICY_FOREIGN;
	*offset = offsetof(struct bk_policy_header, version);
	if (h->version != BK_POLICY_VERSION)
		return BK_POLICY_NEWER;
	*offset = offsetof(struct bk_policy_header, size);
	if (h->size != size || size > BK_POLICY_MAX)
		return BK_POLICY_SIZE;
	*offset = CHECKSUM_AT;
	if (sum && bk_policy_checksum(bytes, size) != h->checksum)
		return BK_POLICY_DAMAGED;
	*offset = layout_fault(h);
	return *offset ? BK_POLICY_LAYOUT : BK_POLICY_OK;
}

static enum bk_policy_error open_with(struct bk_policy *policy, const void *bytes, size_t size, bool sum, uint32_t *offset)
{
	uint32_t where;
	enum bk_policy_error error = check(bytes, size, sum, &where);

	policy->head = error ? NULL : bytes;
	if (offset)
		*offset = where;
	return error;
}

enum bk_policy_error bk_policy_open(struct bk_policy *policy, const void *bytes, size_t size, uint32_t *offset)
{
	return open_with(policy, bytes, size, true, offset);
}

enum bk_policy_error bk_policy_open_head(struct bk_policy *policy, const void *bytes, size_t size, uint32_t *offset)
{
	return open_with(policy, bytes, size, false, offset);
}

bool bk_policy_is_whole(const struct bk_policy *policy)
{
	return policy->head && bk_policy_checksum(policy->head, policy->head->size) == policy->head->checksum;
}

/* --- accessors ------------------------------------------------------------------------------------------------------- */

/* True where `n` bytes at `offset` lie in the data area. */
static bool in_data(const struct bk_policy *policy, uint32_t offset, uint32_t n)
{
	const struct bk_policy_header *h = policy->head;

	return h && offset && offset >= h->data_offset && offset <= h->size && n <= h->size - offset;
}

static const void *at_offset(const struct bk_policy *policy, uint32_t offset)
{
	return (const char *)policy->head + offset;
}

const struct bk_rule *bk_policy_rule(const struct bk_policy *policy, uint32_t index)
{
	const struct bk_policy_header *h = policy->head;

	return h && index < h->rule_count ? (const struct bk_rule *)at_offset(policy, h->rule_offset) + index : NULL;
}

const struct bk_rule *bk_policy_main(const struct bk_policy *policy)
{
	return policy->head && policy->head->main ? bk_policy_rule(policy, policy->head->main - 1) : NULL;
}

struct bk_text bk_policy_text(const struct bk_policy *policy, uint32_t offset)
{
	struct bk_text t = { NULL, 0 };

	if (!in_data(policy, offset, 1))
		return t;
	t.at = at_offset(policy, offset);
	while (t.len < policy->head->size - offset && t.at[t.len])
		t.len++;
	return t.len < policy->head->size - offset ? t : (struct bk_text){ NULL, 0 };
}

const uint8_t *bk_policy_hash(const struct bk_policy *policy, uint32_t offset)
{
	return in_data(policy, offset, 32) ? at_offset(policy, offset) : NULL;
}

const struct bk_endpoint *bk_policy_endpoint(const struct bk_policy *policy, uint32_t offset)
{
	bool fits = offset % _Alignof(struct bk_endpoint) == 0 && in_data(policy, offset, sizeof(struct bk_endpoint));

	return fits ? at_offset(policy, offset) : NULL;
}

static const uint32_t *list_at(const struct bk_policy *policy, uint32_t offset)
{
	const uint32_t *list;

	if (offset % 4 || !in_data(policy, offset, 4))
		return NULL;
	list = at_offset(policy, offset);
	return *list <= (policy->head->size - offset - 4) / 4 ? list : NULL;
}

uint32_t bk_policy_list_count(const struct bk_policy *policy, uint32_t offset)
{
	const uint32_t *list = list_at(policy, offset);

	return list ? *list : 0;
}

struct bk_text bk_policy_list_item(const struct bk_policy *policy, uint32_t offset, uint32_t index)
{
	const uint32_t *list = list_at(policy, offset);

	return bk_policy_text(policy, list && index < *list ? list[1 + index] : 0);
}

static const struct bk_section_head *section_head(const struct bk_policy *policy, enum bk_section section)
{
	return policy->head && (unsigned)section < BK_SECTIONS ? &policy->head->section[section] : NULL;
}

enum bk_mode bk_policy_mode(const struct bk_policy *policy, enum bk_section section)
{
	const struct bk_section_head *s = section_head(policy, section);

	if (!s || s->mode > BK_OFF)
		return BK_ENFORCE;
	return s->flags & BK_SECTION_ABSENT ? BK_OFF : (enum bk_mode)s->mode;
}

uint8_t bk_policy_section_flags(const struct bk_policy *policy, enum bk_section section)
{
	const struct bk_section_head *s = section_head(policy, section);

	return s ? s->flags : 0;
}

/* --- index ----------------------------------------------------------------------------------------------------------- */

uint32_t bk_key_start(enum bk_section section)
{
	return (0x811c9dc5u ^ (uint32_t)section) * BK_KEY_PRIME;
}

/* Spreads the state over the low bits, which choose the bucket. */
uint32_t bk_key_finish(uint32_t state)
{
	state = (state ^ state >> 16) * 0x85ebca6bu;
	state = (state ^ state >> 13) * 0xc2b2ae35u;
	state ^= state >> 16;
	return state ? state : 1;
}

static uint32_t add_pattern(uint32_t state, struct bk_text key)
{
	for (uint32_t i = 0; i < key.len; i++) {
		if (key.at[i] == '\\' && i + 1 < key.len)
			i++;
		state = bk_key_add(state, key.at[i]);
	}
	return state;
}

uint32_t bk_policy_key(enum bk_section section, struct bk_text key)
{
	return bk_key_finish(add_pattern(bk_key_start(section), key));
}

struct bk_text bk_policy_key_of(struct bk_text pattern)
{
	uint32_t folder = 0;

	for (uint32_t i = 0; i < pattern.len; i++) {
		if (pattern.at[i] == '*' || pattern.at[i] == '?')
			return (struct bk_text){ pattern.at, folder };
		if (pattern.at[i] == '\\' && i + 1 < pattern.len)
			i++;
		if (pattern.at[i] == '/')
			folder = i + 1;
	}
	return pattern;
}

uint32_t bk_policy_tail_key(enum bk_section section, struct bk_text pattern)
{
	uint32_t state = bk_key_add(add_pattern(bk_key_start(section), bk_policy_key_of(pattern)), '\0'), n = 0;
	char tail[BK_TAIL_MAX] = { 0 };	/* byte n of it at n % BK_TAIL_MAX */
	bool wild = false;

	for (uint32_t i = 0; i < pattern.len; i++) {
		if (pattern.at[i] == '*' || pattern.at[i] == '?') {
			wild = true;
			n = 0;
			continue;
		}
		if (pattern.at[i] == '\\' && i + 1 < pattern.len)
			i++;
		tail[n++ % BK_TAIL_MAX] = pattern.at[i];
	}
	for (uint32_t i = 1; i <= n && i <= BK_TAIL_MAX; i++)
		state = bk_key_add(state, tail[(n - i) % BK_TAIL_MAX]);
	return wild && n ? bk_key_finish(state) : 0;
}

uint32_t bk_policy_head_key(enum bk_section section, struct bk_text pattern)
{
	uint32_t at = bk_policy_key_of(pattern).len, n = 0;
	uint32_t state = bk_key_add(bk_key_add(add_pattern(bk_key_start(section), (struct bk_text){ pattern.at, at }), '\0'), '\0');

	for (; at < pattern.len && pattern.at[at] != '*' && pattern.at[at] != '?' && n < BK_HEAD_MAX; at++, n++) {
		if (pattern.at[at] == '\\' && at + 1 < pattern.len)
			at++;
		state = bk_key_add(state, pattern.at[at]);
	}
	return n ? bk_key_finish(state) : 0;	/* a pattern without a wildcard is all key */
}

uint32_t bk_policy_rule_key(const struct bk_policy *policy, const struct bk_rule *r)
{
	struct bk_text path = bk_policy_text(policy, r->path);

	if (r->flags & BK_RULE_TAIL)
		return bk_policy_tail_key(r->section, path);
	if (r->flags & BK_RULE_HEAD)
		return bk_policy_head_key(r->section, path);
	return bk_policy_key(r->section, bk_policy_key_of(path));
}

/* Index of the bucket that holds a key, or UINT32_MAX. */
static uint32_t bucket_of(const struct bk_policy *policy, uint32_t key)
{
	const struct bk_policy_header *h = policy->head;
	const struct bk_bucket *buckets;

	if (!h)
		return UINT32_MAX;
	buckets = at_offset(policy, h->bucket_offset);
	for (uint32_t i = 0; i < h->bucket_count; i++) {
		uint32_t at = (key + i) & (h->bucket_count - 1);

		if (!buckets[at].first)
			break;
		if (buckets[at].hash == key)
			return at;
	}
	return UINT32_MAX;
}

uint32_t bk_policy_find(const struct bk_policy *policy, uint32_t key)
{
	uint32_t at = bucket_of(policy, key);
	const struct bk_bucket *buckets;

	if (at == UINT32_MAX)
		return UINT32_MAX;
	buckets = at_offset(policy, policy->head->bucket_offset);
	return buckets[at].first <= policy->head->rule_count ? buckets[at].first - 1 : UINT32_MAX;
}

/* --- verifying everything --------------------------------------------------------------------------------------------- */

static bool text_is_sound(const struct bk_policy *policy, uint32_t offset)
{
	return !offset || bk_policy_text(policy, offset).at;
}

static bool list_is_sound(const struct bk_policy *policy, uint32_t offset)
{
	const uint32_t *list = list_at(policy, offset);

	if (!offset)
		return true;
	for (uint32_t i = 0; list && i < *list; i++)
		if (!bk_policy_text(policy, list[1 + i]).at)
			return false;
	return list != NULL;
}

static bool endpoint_is_sound(const struct bk_policy *policy, uint32_t offset)
{
	const struct bk_endpoint *e = bk_policy_endpoint(policy, offset);

	return !offset || (e && e->port_low <= e->port_high && e->prefix <= 128);
}

static bool rule_is_sound(const struct bk_policy *policy, const struct bk_rule *r)
{
	return text_is_sound(policy, r->path) && text_is_sound(policy, r->shell) && text_is_sound(policy, r->parent) &&
	       text_is_sound(policy, r->applet) && list_is_sound(policy, r->args) && endpoint_is_sound(policy, r->endpoint) &&
	       (!r->sha256 || bk_policy_hash(policy, r->sha256)) && r->section < BK_SECTIONS && r->action <= BK_ALLOW &&
	       !(r->flags & ~(BK_RULE_LAST | BK_RULE_MAIN | BK_RULE_ENDS | BK_RULE_TAIL | BK_RULE_HEAD));
}

static uint32_t offset_of(const struct bk_policy *policy, const void *at)
{
	return (uint32_t)((const char *)at - (const char *)policy->head);
}

/* Offset of the first unsound rule, 0 where all are sound; `*indexed` counts those that the index must find. */
static uint32_t rules_fault(const struct bk_policy *policy, uint32_t *indexed)
{
	uint32_t in_section[BK_SECTIONS] = { 0 };
	const struct bk_rule *r;

	*indexed = 0;
	for (uint32_t i = 0; (r = bk_policy_rule(policy, i)); i++) {
		bool main = policy->head->main == i + 1;

		if (r->parent && r->section == BK_PROCESSES && policy->head->flags & BK_NO_PARENTS)
			return offsetof(struct bk_policy_header, flags);
		if (!rule_is_sound(policy, r) || main != !!(r->flags & BK_RULE_MAIN) || (main && r->action != BK_ALLOW))
			return offset_of(policy, r);
		in_section[r->section] += !main;
		*indexed += !main;
	}
	for (unsigned i = 0; i < BK_SECTIONS; i++)
		if (in_section[i] != policy->head->section[i].rule_count)
			return offset_of(policy, &policy->head->section[i]);
	return 0;
}

/* One that stands under the key of an end is asked for where the first rule under its own key says so. */
static bool is_asked_for(const struct bk_policy *policy, const struct bk_rule *r)
{
	const struct bk_rule *first;

	if (!(r->flags & (BK_RULE_TAIL | BK_RULE_HEAD)))
		return true;
	first = bk_policy_rule(policy, bk_policy_find(policy, bk_policy_key(r->section, bk_policy_key_of(bk_policy_text(policy, r->path)))));
	return r->section != BK_ENVIRONMENT && first && first->flags & BK_RULE_ENDS;
}

/* Rules of one bucket: all of its key, up to one that says that it is the last.  Returns how many, 0 for a fault. */
static uint32_t count_group(const struct bk_policy *policy, const struct bk_bucket *b)
{
	const struct bk_rule *r;

	for (uint32_t n = 0; (r = bk_policy_rule(policy, b->first - 1 + n)); n++) {
		if (r->flags & BK_RULE_MAIN || bk_policy_rule_key(policy, r) != b->hash || !is_asked_for(policy, r))
			return 0;
		if (r->flags & BK_RULE_LAST)
			return n + 1;
	}
	return 0;
}

/* A key leads to one bucket and a rule has one key, so groups cannot overlap: equal numbers mean that each rule is found. */
static uint32_t index_fault(const struct bk_policy *policy, uint32_t indexed)
{
	const struct bk_bucket *buckets = at_offset(policy, policy->head->bucket_offset);
	uint32_t found = 0, n;

	for (uint32_t i = 0; i < policy->head->bucket_count; i++) {
		if (!buckets[i].first)
			continue;
		n = bucket_of(policy, buckets[i].hash) == i ? count_group(policy, &buckets[i]) : 0;
		if (!n || n > indexed - found)
			return offset_of(policy, &buckets[i]);
		found += n;
	}
	return found == indexed ? 0 : offsetof(struct bk_policy_header, bucket_offset);
}

enum bk_policy_error bk_policy_verify(struct bk_policy *policy, const void *bytes, size_t size, uint32_t *offset)
{
	uint32_t where, indexed;
	enum bk_policy_error error = bk_policy_open(policy, bytes, size, &where);

	if (!error) {
		where = text_is_sound(policy, policy->head->function) ? rules_fault(policy, &indexed)
								      : offsetof(struct bk_policy_header, function);
		where = where ? where : index_fault(policy, indexed);
		error = where ? BK_POLICY_LAYOUT : BK_POLICY_OK;
	}
	if (error)
		policy->head = NULL;
	if (offset)
		*offset = where;
	return error;
}
