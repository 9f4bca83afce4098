/* SPDX-License-Identifier: Apache-2.0 */
/* Compiled form back to the model; and loading a policy whichever form it has. */
#include <string.h>
#include "lang/policy_model.h"

static char *copy(const struct bk_policy *p, uint32_t offset)
{
	struct bk_text t = bk_policy_text(p, offset);

	return t.at ? bk_strndup(t.at, t.len) : NULL;
}

static void fill_rule(const struct bk_policy *p, const struct bk_rule *from, struct bk_model_rule *to)
{
	const uint8_t *hash = bk_policy_hash(p, from->sha256);
	const struct bk_endpoint *endpoint = bk_policy_endpoint(p, from->endpoint);

	to->action = from->action;
	to->path = copy(p, from->path);
	to->shell = copy(p, from->shell);
	to->parent = copy(p, from->parent);
	to->applet = copy(p, from->applet);
	to->line = from->line;
	to->has_args = from->args != 0;
	for (uint32_t i = 0; i < bk_policy_list_count(p, from->args); i++) {
		struct bk_text t = bk_policy_list_item(p, from->args, i);
		BK_FREE char *arg = bk_strndup(t.at, t.len);

		bk_model_add_arg(to, arg);
	}
	if ((to->has_sha256 = hash != NULL))
		memcpy(to->sha256, hash, 32);
	if ((to->has_endpoint = endpoint != NULL))
		to->endpoint = *endpoint;
}

static int compare_lines(const void *a, const void *b)
{
	const struct bk_rule *x = *(const struct bk_rule *const *)a, *y = *(const struct bk_rule *const *)b;

	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return x < y ? -1 : x > y;
}

static void fill_sections(const struct bk_policy *p, struct bk_model *m)
{
	uint32_t n = p->head->rule_count;
	BK_FREE const struct bk_rule **rules = bk_alloc((n + 1) * sizeof *rules);

	for (uint32_t i = 0; i < n; i++)
		rules[i] = bk_policy_rule(p, i);
	qsort(rules, n, sizeof *rules, compare_lines);
	for (uint32_t i = 0; i < n; i++)
		if (!(rules[i]->flags & BK_RULE_MAIN))
			fill_rule(p, rules[i], bk_model_add(m, rules[i]->section, rules[i]->action));
	for (int s = 0; s < BK_SECTIONS; s++) {
		const struct bk_section_head *head = &p->head->section[s];
		struct bk_model_section *to = &m->section[s];

		to->present = !(head->flags & BK_SECTION_ABSENT);
		to->allows = head->flags & BK_SECTION_ALLOWS;
		to->mode = head->mode <= BK_LEARN ? head->mode : BK_ENFORCE;
		to->has_mode = to->present && to->mode != m->mode;
	}
}

/* The file does not keep what was said once for all sections: the mode that most of them have is taken for it. */
static enum bk_mode common_mode(const struct bk_policy *p)
{
	unsigned count[BK_OFF] = { 0 };
	enum bk_mode best = BK_ENFORCE;

	for (int s = 0; s < BK_SECTIONS; s++)
		if (!(p->head->section[s].flags & BK_SECTION_ABSENT) && p->head->section[s].mode < BK_OFF)
			count[p->head->section[s].mode]++;
	for (int m = BK_ENFORCE; m < BK_OFF; m++)
		if (count[m] > count[best])
			best = m;
	return best;
}

struct bk_model *bk_policy_decompile(const struct bk_policy *p)
{
	struct bk_model *m = bk_model_new();

	m->mode = common_mode(p);
	m->function = copy(p, p->head->function);
	m->expires = p->head->expires;
	m->refuse_unsupported = p->head->flags & BK_UNSUPPORTED_REFUSE;
	m->has_main = p->head->main != 0;
	if (m->has_main)
		fill_rule(p, bk_policy_main(p), &m->main);
	fill_sections(p, m);
	return m;
}

static bool check_compiled(const char *path, const struct bk_buf *bytes, struct bk_diags *d)
{
	const struct bk_policy_header *h = (const void *)bytes->at;
	struct bk_policy p;
	uint8_t digest[32];
	uint32_t at = 0;
	enum bk_policy_error error = bk_policy_verify(&p, bytes->at, bytes->len, &at);

	if (error != BK_POLICY_OK) {
		bk_diag_add(d, BK_ERROR, path, 0, 0, "%s (at byte %u)", bk_policy_error_text(error), at);
		return false;
	}
	bk_policy_digest(bytes->at, bytes->len, digest);
	if (!memcmp(digest, h->digest, 32))
		return true;
	bk_diag_add(d, BK_ERROR, path, 0, 0, "its digest is not that of its content: somebody edited the compiled file");
	return false;
}

bool bk_policy_load(const char *path, struct bk_buf *bytes, struct bk_diags *d)
{
	static const uint64_t magic = BK_POLICY_MAGIC;
	BK_BUF file = { 0 };
	int error = bk_read_file(path, BK_POLICY_MAX, &file);

	if (error < 0) {
		bk_diag_add(d, BK_ERROR, path, 0, 0, "cannot be read: %s", strerror(-error));
		return false;
	}
	if (file.len >= sizeof magic && !memcmp(file.at, &magic, sizeof magic)) {
		if (!check_compiled(path, &file, d))
			return false;
		bk_buf_add(bytes, file.at, file.len);
		return true;
	}
	struct bk_model *m = bk_policy_parse(path, file.at, file.len, d);
	bool good = m && bk_policy_compile(m, bytes, d) == 0;

	bk_model_free(m);
	return good;
}
