/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of `libraries`: whole folders where that is no wider than what the function could load anyway, else single files. */
#include <string.h>
#include "core/match.h"
#include "learn/parts.h"

/* The acts of one folder; they are sorted by path, so a folder's files stand together but for those of its subfolders. */
struct folder {
	char *name;			/* ends with '/' */
	size_t loaded;			/* files of it that were loaded, or that the policy lists */
	bool whole;			/* becomes one rule */
};

struct folders {
	struct folder *at;
	size_t count, cap;
};

static bool is_library(const struct bk_act *a)
{
	struct bk_request r;

	if (a->kind != BK_EVENT_LOAD || a->covered || (!a->count && !a->needed_by.len))
		return false;
	bk_act_request(a, &r);
	return !(r.flags & BK_REQ_ANONYMOUS) && a->path.len;
}

static struct bk_text folder_of(struct bk_text path)
{
	return (struct bk_text){ path.at, path.len - bk_text_basename(path).len };
}

static int compare_folders(const void *x, const void *y)
{
	return strcmp(((const struct folder *)x)->name, ((const struct folder *)y)->name);
}

static struct folder *find(const struct folders *all, struct bk_text path)
{
	BK_FREE char *name = bk_strndup(path.at, folder_of(path).len);
	struct folder key = { .name = name };

	return all->count ? bsearch(&key, all->at, all->count, sizeof key, compare_folders) : NULL;
}

static void add(struct folders *all, struct bk_text path)
{
	all->at = bk_grow(all->at, &all->cap, all->count + 1, sizeof *all->at);
	all->at[all->count++] = (struct folder){ bk_strndup(path.at, folder_of(path).len), 1, false };
}

/* Sorts and makes one of those with the same name. */
static void unite(struct folders *all)
{
	size_t kept = 0;

	if (all->count)
		qsort(all->at, all->count, sizeof *all->at, compare_folders);
	for (size_t i = 0; i < all->count; i++) {
		if (kept && !strcmp(all->at[kept - 1].name, all->at[i].name)) {
			all->at[kept - 1].loaded += all->at[i].loaded;
			free(all->at[i].name);
		} else {
			all->at[kept++] = all->at[i];
		}
	}
	all->count = kept;
}

static bool is_single_file(const struct bk_model_rule *r)
{
	return r->action == BK_ALLOW && r->path && !r->parent && !bk_match_is_pattern(bk_text_of(r->path));
}

static bool may_be_whole(const struct folder *f, const struct bk_propose_options *o)
{
	size_t there;

	if (bk_is_temporary(bk_text_of(f->name)) || (o->changeable && o->changeable(o->to, f->name)))
		return false;
	if (f->loaded >= BK_FOLDER_FILES)
		return true;
	there = o->libraries ? o->libraries(o->to, f->name) : 0;
	return there > 1 && f->loaded >= there;
}

static void whole_folder(struct bk_model *m, struct folder *f)
{
	struct bk_model_rule *r = bk_model_add(m, BK_LIBRARIES, BK_ALLOW);
	BK_FREE char *name = bk_pattern_literal(bk_text_of(f->name));

	r->path = bk_format("%s*", name);
	r->comment = bk_format("learned: %zu files of this folder", f->loaded);
}

static bool same_file(const struct bk_act *a, const struct bk_act *b)
{
	return bk_text_equal(a->path, b->path) && a->has_sha256 == b->has_sha256 && !memcmp(a->sha256, b->sha256, sizeof a->sha256);
}

/* Acts of one file differ in who loaded it; it was loaded if one of them was. */
static void single_file(struct bk_model *m, const struct bk_act *a, const struct bk_act *end)
{
	struct bk_model_rule *r = bk_model_add(m, BK_LIBRARIES, BK_ALLOW);
	uint64_t times = 0;

	r->path = bk_pattern_literal(a->path);
	r->has_sha256 = a->has_sha256;
	memcpy(r->sha256, a->sha256, sizeof r->sha256);
	for (const struct bk_act *b = a; b < end && same_file(a, b); b++)
		times += b->count;
	if (times)
		return;
	BK_FREE char *by = bk_comment_text(a->needed_by, 120);
	r->comment = bk_format("learned: not loaded yet, needed by %s", by);
}

/* Single files of a folder that is a rule now. */
static void drop_single(struct bk_model_section *s, const struct folders *all)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->count; i++) {
		const struct folder *f = is_single_file(&s->rules[i]) ? find(all, bk_text_of(s->rules[i].path)) : NULL;

		if (f && f->whole)
			bk_model_rule_clear(&s->rules[i]);
		else
			s->rules[kept++] = s->rules[i];
	}
	s->count = kept;
}

/* Folders of what is new; files of theirs that have a rule already count, too. */
static void collect(struct folders *all, const struct bk_model_section *s, const struct bk_seen *seen)
{
	struct bk_text before = { NULL, 0 };

	for (size_t i = 0; i < seen->count; i++) {
		const struct bk_act *a = &seen->acts[i];

		if (!is_library(a))
			continue;
		if (!bk_text_equal(a->path, before))
			add(all, a->path);
		before = a->path;
	}
	unite(all);
	for (size_t i = 0; i < s->count; i++) {
		struct folder *f = is_single_file(&s->rules[i]) ? find(all, bk_text_of(s->rules[i].path)) : NULL;

		if (f)
			f->loaded++;
	}
}

static void files(struct bk_model *m, const struct bk_seen *seen, const struct folders *all)
{
	const struct bk_act *end = seen->acts + seen->count, *before = NULL;

	for (const struct bk_act *a = seen->acts; a < end; a++) {
		if (!is_library(a) || (before && same_file(before, a)))
			continue;
		before = a;
		if (!find(all, a->path)->whole)
			single_file(m, a, end);
	}
}

void bk_propose_libraries(struct bk_model *m, struct bk_seen *seen, const struct bk_propose_options *o)
{
	struct folders all = { 0 };

	collect(&all, &m->section[BK_LIBRARIES], seen);
	for (size_t i = 0; i < all.count; i++)
		all.at[i].whole = may_be_whole(&all.at[i], o);
	drop_single(&m->section[BK_LIBRARIES], &all);
	for (size_t i = 0; i < all.count; i++)
		if (all.at[i].whole)
			whole_folder(m, &all.at[i]);
	files(m, seen, &all);
	for (size_t i = 0; i < all.count; i++)
		free(all.at[i].name);
	free(all.at);
}
