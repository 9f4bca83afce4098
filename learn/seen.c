/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/seen.h"

#include <string.h>
#include "core/decide.h"
#include "learn/reader.h"

/* --- the index: open addressing over keys --- */

static void put_index(struct bk_seen *s, uint64_t key, uint32_t act)
{
	size_t i = key & (s->index_size - 1);

	while (s->index[i])
		i = (i + 1) & (s->index_size - 1);
	s->index[i] = act + 1;
}

static void grow_index(struct bk_seen *s)
{
	if (s->count * 2 < s->index_size)
		return;
	s->index_size = s->index_size ? s->index_size : 128;
	while (s->index_size <= s->count * 2)
		s->index_size *= 2;
	free(s->index);
	s->index = bk_alloc(s->index_size * sizeof *s->index);
	for (size_t i = 0; i < s->count; i++)
		put_index(s, s->acts[i].key, (uint32_t)i);
}

static struct bk_act *find(struct bk_seen *s, uint64_t key)
{
	if (!s->index_size)
		return NULL;
	for (size_t i = key & (s->index_size - 1); s->index[i]; i = (i + 1) & (s->index_size - 1))
		if (s->acts[s->index[i] - 1].key == key)
			return &s->acts[s->index[i] - 1];
	return NULL;
}

/* --- acts --- */

static struct bk_text keep(char **at, struct bk_text t)
{
	char *to = *at;

	if (!t.len)
		return (struct bk_text){ NULL, 0 };
	memcpy(to, t.at, t.len);
	to[t.len] = '\0';
	*at += t.len + 1;
	return (struct bk_text){ to, t.len };
}

static struct bk_act *new_act(struct bk_seen *s, const struct bk_act *from)
{
	struct bk_act *a;
	char *at;

	if (s->count == BK_ACTS_MAX) {
		s->lost++;
		return NULL;
	}
	s->acts = bk_grow(s->acts, &s->cap, s->count + 1, sizeof *s->acts);
	a = &s->acts[s->count++];
	*a = *from;
	a->bytes = at = bk_alloc((size_t)from->path.len + from->called.len + from->interpreter.len + from->parent.len + from->needed_by.len + from->address.len +
					    from->domain.len + from->argv.size + 8);
	a->path = keep(&at, from->path);
	a->called = keep(&at, from->called);
	a->interpreter = keep(&at, from->interpreter);
	a->parent = keep(&at, from->parent);
	a->needed_by = keep(&at, from->needed_by);
	a->address = keep(&at, from->address);
	a->domain = keep(&at, from->domain);
	if (from->argv.at) {
		memcpy(at, from->argv.at, from->argv.size);
		a->argv.at = at;
	}
	grow_index(s);
	put_index(s, a->key, (uint32_t)(s->count - 1));
	return a;
}

/* An event that has the number of an earlier one: neither can be trusted. */
static void take_back(struct bk_seen *s, uint64_t key)
{
	struct bk_act *a = key ? find(s, key) : NULL;

	if (a && a->count)
		a->count--;
}

static void add_summary(struct bk_seen *s, const struct bk_log_event *e)
{
	uint32_t i = e->first % (sizeof s->recent / sizeof *s->recent);

	if (s->recent[i].seq == e->first && s->recent[i].act < s->count)
		s->acts[s->recent[i].act].count += e->count;
}

static void add_act(struct bk_seen *s, const struct bk_log_event *e)
{
	struct bk_act *a = find(s, e->key), from = {
		.kind = e->kind, .path = e->path, .called = e->called, .interpreter = e->interpreter, .parent = e->parent, .argv = e->argv,
		.has_sha256 = e->has_sha256, .pids = { e->pid, s->main_pid }, .key = e->key, .address = e->address, .domain = e->domain, .port = e->port,
	};
	struct bk_request r;
	uint32_t i = e->seq % (sizeof s->recent / sizeof *s->recent);

	memcpy(from.sha256, e->sha256, 32);
	bk_log_request(e, &r, &from.endpoint);
	if (!a)
		a = new_act(s, &from);
	if (!a)
		return;
	a->count++;
	a->main |= e->main;
	s->events++;
	s->sorted = false;
	s->recent[i].seq = e->seq;
	s->recent[i].act = (uint32_t)(a - s->acts);
}

static void start(struct bk_seen *s, const struct bk_log_event *e)
{
	s->main_pid = e->pid;
	free(s->sections);
	s->sections = bk_strndup(e->sections.at ? e->sections.at : "", e->sections.len);
	if (e->path.len && !e->part)
		add_act(s, e);
}

static bool is_learnable(enum bk_event_kind kind)
{
	return kind >= BK_EVENT_EXEC && kind <= BK_EVENT_READ;
}

/* Reads are judged only where the policy in force asks for it: what its rules forbid, and what nobody may read, is not learned from it. */
static bool is_forbidden(const struct bk_log_event *e)
{
	return e->verdict != BK_LEARNED || (e->kind == BK_EVENT_READ && !bk_text_equal(e->reason, bk_text_of(bk_reason_text(BK_WHY_NO_RULE))) &&
		!bk_text_equal(e->reason, bk_text_of(bk_reason_text(BK_WHY_ALLOWED))));
}

void bk_seen_add(struct bk_seen *s, const struct bk_log_event *e)
{
	if (e->suspect && !s->keep_suspect) {
		s->suspect++;
		take_back(s, e->against);
	} else if (e->kind == BK_EVENT_START) {
		start(s, e);
	} else if (e->kind == BK_EVENT_REFUSED) {
		free(s->refused);
		s->refused = bk_strndup(e->note.at ? e->note.at : "", e->note.len);
	} else if (e->kind == BK_EVENT_SUMMARY) {
		add_summary(s, e);
	} else if (!is_learnable(e->kind)) {
		return;
	} else if (is_forbidden(e)) {
		s->forbidden++;
	} else if (e->part) {
		s->lost++;
	} else {
		add_act(s, e);
	}
}

void bk_seen_need(struct bk_seen *s, const char *path, const char *by, const uint8_t sha256[32])
{
	struct bk_act a = {
		.kind = BK_EVENT_LOAD, .path = bk_text_of(path), .needed_by = bk_text_of(by), .has_sha256 = true,
		.key = bk_hash_bytes(BK_HASH_START, path, strlen(path)) | 1,
	};

	memcpy(a.sha256, sha256, 32);
	if (!find(s, a.key))
		new_act(s, &a);
	s->sorted = false;
}

/* --- order --- */

static int compare_texts(struct bk_text a, struct bk_text b)
{
	uint32_t n = a.len < b.len ? a.len : b.len;
	int c = n ? memcmp(a.at, b.at, n) : 0;

	return c ? c : (a.len > b.len) - (a.len < b.len);
}

static int compare(const void *x, const void *y)
{
	const struct bk_act *a = x, *b = y;
	struct bk_text p = { a->argv.at, a->argv.size }, q = { b->argv.at, b->argv.size };
	int c = (a->kind > b->kind) - (a->kind < b->kind);

	c = c ? c : compare_texts(a->path, b->path);
	c = c ? c : compare_texts(a->called, b->called);
	c = c ? c : compare_texts(a->interpreter, b->interpreter);
	c = c ? c : (a->argv.count > b->argv.count) - (a->argv.count < b->argv.count);
	c = c ? c : compare_texts(p, q);
	c = c ? c : memcmp(a->sha256, b->sha256, 32);
	c = c ? c : compare_texts(a->domain, b->domain);
	c = c ? c : compare_texts(a->address, b->address);
	c = c ? c : (a->port > b->port) - (a->port < b->port);
	c = c ? c : compare_texts(a->parent, b->parent);
	return c ? c : compare_texts(a->needed_by, b->needed_by);
}

void bk_seen_sort(struct bk_seen *s)
{
	if (s->sorted)
		return;
	if (s->count)
		qsort(s->acts, s->count, sizeof *s->acts, compare);
	memset(s->recent, 0, sizeof s->recent);
	free(s->index);
	s->index = NULL;
	s->index_size = 0;
	grow_index(s);
	s->sorted = true;
}

void bk_seen_free(struct bk_seen *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->acts[i].bytes);
	free(s->acts);
	free(s->index);
	free(s->sections);
	free(s->refused);
	*s = (struct bk_seen){ 0 };
}

void bk_act_request(const struct bk_act *a, struct bk_request *r)
{
	struct bk_log_event e = {
		.kind = a->kind, .path = a->path, .called = a->called, .interpreter = a->interpreter, .parent = a->parent, .argv = a->argv,
		.has_sha256 = a->has_sha256, .main = a->main, .address = a->address, .domain = a->domain, .port = a->port,
	};
	struct bk_endpoint endpoint;

	bk_log_request(&e, r, &endpoint);
	r->endpoint = r->endpoint ? &a->endpoint : NULL;
	r->sha256 = a->has_sha256 ? a->sha256 : NULL;
}
