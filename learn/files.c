/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of `files`: the paths that were written, or read, random parts as wildcards; many of one folder become the folder. */
#include <string.h>
#include "core/decide.h"
#include "learn/parts.h"

#define MANY 4				/* patterns of one folder that are shorter as one */

struct written {
	char *pattern;
	struct bk_text path, by;	/* the first that gave it; borrowed of its act */
	uint64_t times;
	bool folder;			/* made of several */
};

struct all {
	struct written *at;
	size_t count, cap;
};

static bool needs_rule(const struct bk_act *a, enum bk_event_kind kind)
{
	struct bk_request r;

	if (a->kind != kind || a->covered || !a->count || !a->path.len)
		return false;
	bk_act_request(a, &r);
	return !bk_is_nameless(&r) && !bk_is_private(a->path) && !bk_is_harmless(a->path);
}

static bool is_write(const struct bk_act *a)
{
	return needs_rule(a, BK_EVENT_WRITE);
}

static bool is_read(const struct bk_act *a)
{
	return needs_rule(a, BK_EVENT_READ);
}

static char *pattern_of(const struct bk_act *a)
{
	struct bk_units units = bk_units_of(a->path, a->pids);
	char *pattern = bk_pattern_of(&units, 1);

	bk_units_free(&units);
	return pattern;
}

static int compare(const void *x, const void *y)
{
	return strcmp(((const struct written *)x)->pattern, ((const struct written *)y)->pattern);
}

/* Sorts and makes one of those with one pattern. */
static void unite(struct all *w)
{
	size_t kept = 0;

	if (w->count)
		qsort(w->at, w->count, sizeof *w->at, compare);
	for (size_t i = 0; i < w->count; i++) {
		if (kept && !strcmp(w->at[kept - 1].pattern, w->at[i].pattern)) {
			w->at[kept - 1].times += w->at[i].times;
			w->at[kept - 1].folder |= w->at[i].folder;
			free(w->at[i].pattern);
		} else {
			w->at[kept++] = w->at[i];
		}
	}
	w->count = kept;
}

static void collect(struct all *w, const struct bk_seen *seen, bool (*wanted)(const struct bk_act *))
{
	for (size_t i = 0; i < seen->count; i++) {
		const struct bk_act *a = &seen->acts[i];

		if (!wanted(a))
			continue;
		w->at = bk_grow(w->at, &w->cap, w->count + 1, sizeof *w->at);
		w->at[w->count++] = (struct written){ .pattern = pattern_of(a), .path = a->path, .by = a->parent, .times = a->count };
	}
	unite(w);
}

/* Length of the first `depth` components with the slash behind them; 0 where there are not so many. */
static size_t folder_at(const char *pattern, unsigned depth)
{
	const char *at = pattern;

	while (depth-- && at)
		at = strchr(at + 1, '/');
	return at ? (size_t)(at - pattern) + 1 : 0;
}

/* A folder of the root is given as a whole only where everybody may write anyhow. */
static bool may_be_whole(const char *pattern, size_t length, unsigned depth)
{
	return depth > 1 || bk_is_temporary((struct bk_text){ pattern, (uint32_t)length });
}

/* at[first...end) lie below one folder of `length` bytes. */
static void join(struct all *w, size_t first, size_t end, size_t length)
{
	bool deep = false;
	uint64_t times = 0;

	for (size_t i = first; i < end; i++) {
		deep |= strchr(w->at[i].pattern + length, '/') || strstr(w->at[i].pattern + length, "**");
		times += w->at[i].times;
	}
	for (size_t i = first; i < end; i++) {
		char *pattern = bk_format("%.*s%s", (int)length, w->at[i].pattern, deep ? "**" : "*");

		free(w->at[i].pattern);
		w->at[i].pattern = pattern;
		w->at[i].folder = true;
		w->at[i].times = i == first ? times : 0;
	}
}

static void join_folders(struct all *w, unsigned depth)
{
	for (size_t i = 0, end; i < w->count; i = end) {
		size_t length = folder_at(w->at[i].pattern, depth);

		for (end = i + 1; end < w->count && length && !strncmp(w->at[i].pattern, w->at[end].pattern, length); end++)
			;
		if (end - i >= MANY && may_be_whole(w->at[i].pattern, length, depth))
			join(w, i, end, length);
	}
	unite(w);
}

static void add_rules(struct bk_model *m, enum bk_section section, struct all *w)
{
	for (size_t i = 0; i < w->count; i++) {
		struct bk_model_rule *r = bk_model_add(m, section, BK_ALLOW);
		BK_FREE char *path = bk_comment_text(w->at[i].path, 120), *by = bk_comment_text(w->at[i].by, 120);

		r->path = w->at[i].pattern;
		if (w->at[i].folder || strcmp(r->path, path))
			r->comment = bk_format("learned: %s %llu times, first %s by %s", section == BK_READ ? "read" : "written",
					       (unsigned long long)w->at[i].times, path, by);
	}
	free(w->at);
}

static bool is_planted(const struct bk_act *a)
{
	return is_write(a) && bk_is_code(a->path);
}

static void propose_paths(struct bk_model *m, const struct bk_seen *seen, enum bk_section section, bool (*wanted)(const struct bk_act *))
{
	struct all w = { 0 };

	collect(&w, seen, wanted);
	for (unsigned depth = 16; depth; depth--)
		join_folders(&w, depth);
	m->section[section].present |= w.count > 0;
	add_rules(m, section, &w);
}

void bk_propose_files(struct bk_model *m, const struct bk_seen *seen)
{
	struct all code = { 0 };

	m->section[BK_WRITE].present = m->section[BK_PLANT].present = true;
	propose_paths(m, seen, BK_WRITE, is_write);
	if (!m->section[BK_READ].allows)	/* a list that only denies has no use for what else was read */
		propose_paths(m, seen, BK_READ, is_read);
	collect(&code, seen, is_planted);
	add_rules(m, BK_PLANT, &code);
}
