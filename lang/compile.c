/* SPDX-License-Identifier: Apache-2.0 */
/* Model to compiled form: see core/policy.h. */
#include <errno.h>
#include <openssl/evp.h>
#include <search.h>
#include <string.h>
#include "lang/policy_model.h"

/* `end`: BK_RULE_TAIL or BK_RULE_HEAD, where `key` is that of an end; `more`: others of this key went there. */
struct sorted { const struct bk_model_rule *rule; enum bk_section section; uint32_t key; uint16_t end; bool more; size_t order; };

struct writer {
	struct bk_buf data;
	uint32_t base;			/* offset of data in the file */
	void *texts, *lists;		/* trees of what is there already */
};

struct interned { char *text; uint32_t offset; };
struct kept_list { uint32_t *items, offset; };	/* items: count, then offsets of texts */

static int compare_texts(const void *a, const void *b)
{
	return strcmp(((const struct interned *)a)->text, ((const struct interned *)b)->text);
}

static void free_interned(void *p)
{
	struct interned *i = p;

	free(i->text);
	free(i);
}

static uint32_t put_text(struct writer *w, const char *text)
{
	struct interned key = { (char *)text, 0 }, **found;

	if (!text)
		return 0;
	found = tfind(&key, &w->texts, compare_texts);
	if (found)
		return (*found)->offset;
	struct interned *i = bk_alloc(sizeof *i);
	i->text = bk_strdup(text);
	i->offset = w->base + (uint32_t)w->data.len;
	bk_buf_add(&w->data, text, strlen(text) + 1);
	tsearch(i, &w->texts, compare_texts);
	return i->offset;
}

static uint32_t put_aligned(struct writer *w, const void *bytes, size_t size)
{
	uint32_t offset;

	while (w->data.len % 4)
		bk_buf_add(&w->data, "", 1);
	offset = w->base + (uint32_t)w->data.len;
	bk_buf_add(&w->data, bytes, size);
	return offset;
}

static int compare_lists(const void *a, const void *b)
{
	const struct kept_list *x = a, *y = b;

	return x->items[0] != y->items[0] ? (x->items[0] < y->items[0] ? -1 : 1) : memcmp(x->items, y->items, (x->items[0] + 1) * sizeof *x->items);
}

static void free_list(void *p)
{
	struct kept_list *l = p;

	free(l->items);
	free(l);
}

/* Equal lists stand once: a long policy is mostly the same few of them, and its size is what it costs at a start. */
static uint32_t put_args(struct writer *w, const struct bk_model_rule *r)
{
	struct kept_list key, **found, *kept;

	if (!r->has_args)
		return 0;
	BK_FREE uint32_t *list = bk_alloc((r->arg_count + 1) * sizeof *list);
	list[0] = (uint32_t)r->arg_count;
	for (size_t i = 0; i < r->arg_count; i++)
		list[i + 1] = put_text(w, r->args[i]);
	key.items = list;
	found = tfind(&key, &w->lists, compare_lists);
	if (found)
		return (*found)->offset;
	kept = bk_alloc(sizeof *kept);
	kept->items = list;
	kept->offset = put_aligned(w, list, (r->arg_count + 1) * sizeof *list);
	list = NULL;
	tsearch(kept, &w->lists, compare_lists);
	return kept->offset;
}

static struct bk_rule put_rule(struct writer *w, const struct bk_model_rule *r, enum bk_section section)
{
	return (struct bk_rule){
		.path = put_text(w, r->path), .args = put_args(w, r), .shell = put_text(w, r->shell), .parent = put_text(w, r->parent),
		.applet = put_text(w, r->applet), .sha256 = r->has_sha256 ? put_aligned(w, r->sha256, 32) : 0,
		.endpoint = r->has_endpoint ? put_aligned(w, &r->endpoint, sizeof r->endpoint) : 0,
		.line = r->line, .section = (uint8_t)section, .action = (uint8_t)r->action,
	};
}

static int compare_rules(const void *a, const void *b)
{
	const struct sorted *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	if (!x->end != !y->end)
		return x->end ? 1 : -1;
	return x->order < y->order ? -1 : x->order > y->order;
}

#define FEW 8				/* rules of one key are looked at one by one */

static uint32_t end_key(const struct sorted *s, uint16_t end)
{
	struct bk_text path = bk_text_of(s->rule->path ? s->rule->path : "");

	return end == BK_RULE_TAIL ? bk_policy_tail_key(s->section, path) : bk_policy_head_key(s->section, path);
}

static int compare_keys(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* How many different ends of that kind the rules have. */
static size_t count_ends(const struct sorted *s, size_t n, uint16_t end)
{
	BK_FREE uint32_t *keys = bk_alloc(n * sizeof *keys);
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		keys[i] = end_key(&s[i], end);
	qsort(keys, n, sizeof *keys, compare_keys);
	for (size_t i = 0; i < n; i++)
		count += keys[i] && (i == 0 || keys[i] != keys[i - 1]);
	return count;
}

/* Gives rules of one key the keys of their ends, of the kind that tells more of them apart; the first stays, to say so. */
static void spread(struct sorted *s, size_t n)
{
	uint16_t better = count_ends(s, n, BK_RULE_TAIL) >= count_ends(s, n, BK_RULE_HEAD) ? BK_RULE_TAIL : BK_RULE_HEAD;
	uint16_t ends[2] = { better, better ^ (BK_RULE_TAIL | BK_RULE_HEAD) };

	for (size_t i = 1; i < n; i++)
		for (size_t k = 0; k < 2 && !s[i].end; k++) {
			uint32_t key = end_key(&s[i], ends[k]);

			if (key) {
				s[i].key = key;
				s[i].end = ends[k];
				s[0].more = true;
			}
		}
}

static size_t sort_rules(const struct bk_model *m, struct sorted **out)
{
	size_t n = 0;

	for (int s = 0; s < BK_SECTIONS; s++)
		n += m->section[s].count;
	*out = bk_alloc((n + 1) * sizeof **out);
	n = 0;
	for (int s = 0; s < BK_SECTIONS; s++)
		for (size_t i = 0; i < m->section[s].count; i++, n++) {
			const struct bk_model_rule *r = &m->section[s].rules[i];

			(*out)[n] = (struct sorted){ r, s, bk_policy_key(s, bk_policy_key_of(bk_text_of(r->path ? r->path : ""))), 0, false, n };
		}
	qsort(*out, n, sizeof **out, compare_rules);
	for (size_t i = 0, next; i < n; i = next) {
		for (next = i + 1; next < n && (*out)[next].key == (*out)[i].key; next++)
			;
		if (next - i > FEW && (*out)[i].section != BK_ENVIRONMENT)
			spread(*out + i, next - i);
	}
	qsort(*out, n, sizeof **out, compare_rules);
	return n;
}

static uint32_t bucket_count(size_t keys)
{
	uint32_t n = 1;

	while (n < keys + keys / 4 + 1)
		n *= 2;
	return n;
}

static void put_bucket(struct bk_bucket *buckets, uint32_t count, uint32_t key, uint32_t first)
{
	uint32_t i = key & (count - 1);

	while (buckets[i].first)
		i = (i + 1) & (count - 1);
	buckets[i] = (struct bk_bucket){ key, first + 1 };
}

static void fill_sections(const struct bk_model *m, struct bk_policy_header *h)
{
	for (int s = 0; s < BK_SECTIONS; s++) {
		const struct bk_model_section *from = &m->section[s];

		h->section[s].mode = (uint8_t)(from->has_mode ? from->mode : m->mode);
		h->section[s].flags = (uint8_t)((from->present ? 0 : BK_SECTION_ABSENT) | (from->allows ? BK_SECTION_ALLOWS : 0));
		h->section[s].rule_count = (uint32_t)from->count;
	}
}

void bk_policy_digest(const void *bytes, size_t size, uint8_t digest[32])
{
	struct bk_policy_header head;
	EVP_MD_CTX *c = EVP_MD_CTX_new();

	memcpy(&head, bytes, sizeof head);
	head.checksum = 0;
	memset(head.digest, 0, 32);
	EVP_DigestInit_ex(c, EVP_sha256(), NULL);
	EVP_DigestUpdate(c, &head, sizeof head);
	EVP_DigestUpdate(c, (const char *)bytes + sizeof head, size - sizeof head);
	EVP_DigestFinal_ex(c, digest, NULL);
	EVP_MD_CTX_free(c);
}

/* Everything of the file but the data, in memory. */
struct image {
	struct bk_policy_header head;
	struct bk_bucket *buckets;
	struct bk_rule *rules;
};

static void lay_out(struct image *im, struct writer *w, size_t indexed, size_t all)
{
	struct bk_policy_header *h = &im->head;

	*h = (struct bk_policy_header){ .magic = BK_POLICY_MAGIC, .version = BK_POLICY_VERSION, .bucket_offset = sizeof *h };
	h->bucket_count = bucket_count(indexed);
	h->rule_offset = h->bucket_offset + h->bucket_count * (uint32_t)sizeof *im->buckets;
	h->rule_count = (uint32_t)all;
	h->data_offset = h->rule_offset + (uint32_t)(all * sizeof *im->rules);
	im->buckets = bk_alloc(h->bucket_count * sizeof *im->buckets);
	im->rules = bk_alloc((all + 1) * sizeof *im->rules);
	w->base = h->data_offset;
}

/* The data stand in the order of the text: decompile.c tells rules of one line apart by it. */
static void put_rules(struct image *im, struct writer *w, const struct sorted *sorted, size_t n)
{
	BK_FREE size_t *place = bk_alloc((n + 1) * sizeof *place);

	for (size_t i = 0; i < n; i++)
		place[sorted[i].order] = i;
	for (size_t k = 0; k < n; k++)
		im->rules[place[k]] = put_rule(w, sorted[place[k]].rule, sorted[place[k]].section);
	for (size_t i = 0; i < n; i++) {
		if (i == 0 || sorted[i].key != sorted[i - 1].key)
			put_bucket(im->buckets, im->head.bucket_count, sorted[i].key, (uint32_t)i);
		if (i + 1 == n || sorted[i].key != sorted[i + 1].key)
			im->rules[i].flags |= BK_RULE_LAST;
		im->rules[i].flags |= sorted[i].end | (sorted[i].more ? BK_RULE_ENDS : 0);
	}
}

static void put_main(struct image *im, struct writer *w, const struct bk_model_rule *r, size_t index)
{
	im->rules[index] = put_rule(w, r, BK_PROCESSES);
	im->rules[index].flags = BK_RULE_MAIN | BK_RULE_LAST;
	im->rules[index].action = BK_ALLOW;
	im->head.main = (uint32_t)index + 1;
}

static bool asks_for_parents(const struct image *im)
{
	for (uint32_t i = 0; i < im->head.rule_count; i++)
		if (im->rules[i].section == BK_PROCESSES && im->rules[i].parent)
			return true;
	return false;
}

static void fill_head(const struct bk_model *m, struct image *im, struct writer *w)
{
	im->head.function = put_text(w, m->function);
	im->head.expires = m->expires;
	im->head.flags = (m->refuse_unsupported ? BK_UNSUPPORTED_REFUSE : 0) | (asks_for_parents(im) ? 0 : BK_NO_PARENTS);
	fill_sections(m, &im->head);
	while (w->data.len % 8)
		bk_buf_add(&w->data, "", 1);
	im->head.size = im->head.data_offset + (uint32_t)w->data.len;
}

static void join(const struct image *im, const struct writer *w, struct bk_buf *out)
{
	struct bk_policy_header *h;

	bk_buf_free(out);
	bk_buf_add(out, &im->head, sizeof im->head);
	bk_buf_add(out, im->buckets, im->head.bucket_count * sizeof *im->buckets);
	bk_buf_add(out, im->rules, im->head.rule_count * sizeof *im->rules);
	bk_buf_add(out, w->data.at, w->data.len);
	h = (struct bk_policy_header *)out->at;
	bk_policy_digest(out->at, out->len, h->digest);
	h->checksum = bk_policy_checksum(out->at, out->len);
}

/* The reader's own check of what was written. */
static int check(const struct bk_buf *out, struct bk_diags *d)
{
	struct bk_policy policy;
	uint32_t at = 0;
	enum bk_policy_error error = bk_policy_verify(&policy, out->at, out->len, &at);

	if (error == BK_POLICY_OK)
		return 0;
	bk_diag_add(d, BK_ERROR, NULL, 0, 0, "the compiled policy cannot be used: %s (at byte %u)", bk_policy_error_text(error), at);
	return -EINVAL;
}

static bool too_large(const struct image *im, const struct writer *w)
{
	return (size_t)im->head.rule_count * sizeof *im->rules + (size_t)im->head.bucket_count * sizeof *im->buckets + w->data.len
		> BK_POLICY_MAX - sizeof im->head;
}

int bk_policy_compile(const struct bk_model *m, struct bk_buf *out, struct bk_diags *d)
{
	BK_FREE struct sorted *sorted = NULL;
	size_t n = sort_rules(m, &sorted);
	struct image im;
	struct writer w = { 0 };
	int error = -EFBIG;

	lay_out(&im, &w, n, n + m->has_main);
	bk_buf_add(&w.data, "\0\0\0", 4);	/* offset 0 of the data is nobody's */
	put_rules(&im, &w, sorted, n);
	if (m->has_main)
		put_main(&im, &w, &m->main, n);
	fill_head(m, &im, &w);
	if (too_large(&im, &w)) {
		bk_diag_add(d, BK_ERROR, NULL, 0, 0, "the compiled policy would be larger than %u bytes: it needs fewer rules", BK_POLICY_MAX);
	} else {
		join(&im, &w, out);
		error = check(out, d);
	}
	free(im.buckets);
	free(im.rules);
	bk_buf_free(&w.data);
	tdestroy(w.texts, free_interned);
	tdestroy(w.lists, free_list);
	return error;
}
