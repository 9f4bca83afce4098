/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/propose.h"

#include <string.h>
#include "core/decide.h"
#include "learn/parts.h"

/* --- the policy that is there, asked as if it were enforced --- */

/* What a policy enforced would say, in whatever mode it is written; the model itself stays as it was. */
static bool compile_enforced(struct bk_model *m, struct bk_buf *bytes, struct bk_policy *view)
{
	enum bk_mode mode = m->mode;
	bool own[BK_SECTIONS];
	struct bk_diags d = { 0 };
	bool good;

	m->mode = BK_ENFORCE;
	for (int s = 0; s < BK_SECTIONS; s++) {
		own[s] = m->section[s].has_mode;
		m->section[s].has_mode = false;
	}
	good = bk_policy_compile(m, bytes, &d) == 0 && bk_policy_open(view, bytes->at, bytes->len, NULL) == BK_POLICY_OK;
	m->mode = mode;
	for (int s = 0; s < BK_SECTIONS; s++)
		m->section[s].has_mode = own[s];
	bk_diags_free(&d);
	return good;
}

static struct bk_decision decide(const struct bk_policy *policy, const struct bk_act *a)
{
	struct bk_request r;

	bk_act_request(a, &r);
	return bk_decide_written(policy, &r, BK_ENFORCE);
}

static bool is_judged(const struct bk_act *a)
{
	return a->kind == BK_EVENT_EXEC || a->kind == BK_EVENT_LOAD || a->kind == BK_EVENT_CODE || a->kind == BK_EVENT_ENVIRONMENT ||
	       a->kind == BK_EVENT_CONNECT || a->kind == BK_EVENT_LISTEN || a->kind == BK_EVENT_WRITE || a->kind == BK_EVENT_READ;
}

static void mark_covered(struct bk_seen *seen, struct bk_model *old)
{
	BK_BUF bytes = { 0 };
	struct bk_policy view;

	if (!compile_enforced(old, &bytes, &view))
		return;
	for (size_t i = 0; i < seen->count; i++) {
		struct bk_act *a = &seen->acts[i];

		/* An absent section allows everything today; learning is to fill it. */
		a->covered = is_judged(a) && decide(&view, a).verdict == BK_ALLOWED && decide(&view, a).rule != UINT32_MAX;
	}
}

/* --- the parts --- */

static void set_main(struct bk_model *m, const struct bk_act *a)
{
	if (m->has_main)
		return;
	m->has_main = true;
	m->main.action = BK_ALLOW;
	m->main.path = bk_pattern_literal(a->path);
	m->main.has_sha256 = a->has_sha256;
	memcpy(m->main.sha256, a->sha256, sizeof m->main.sha256);
}

/* The main process's program: as its exec says it, or where that was not logged as the start event does. */
static void propose_main(struct bk_model *m, const struct bk_seen *seen)
{
	for (size_t i = 0; i < seen->count; i++)
		if (seen->acts[i].kind == BK_EVENT_EXEC && seen->acts[i].main && seen->acts[i].count)
			set_main(m, &seen->acts[i]);
	for (size_t i = 0; i < seen->count; i++)
		if (seen->acts[i].kind == BK_EVENT_START && seen->acts[i].count)
			set_main(m, &seen->acts[i]);
}

/* A second run may have started another program as main: what `main:` does not name is a program like others. */
static void release_main(struct bk_model *m, struct bk_seen *seen)
{
	for (size_t i = 0; i < seen->count; i++) {
		struct bk_act *a = &seen->acts[i];
		BK_FREE char *path = a->main ? bk_pattern_literal(a->path) : NULL;

		if (path && strcmp(path, m->main.path))
			a->main = false;
		else if (path && m->main.has_sha256 && (!a->has_sha256 || memcmp(a->sha256, m->main.sha256, 32)))
			a->main = false;
	}
}

static void propose_code(struct bk_model *m, const struct bk_seen *seen)
{
	struct bk_model_section *s = &m->section[BK_GENERATED_CODE];
	const struct bk_act *by = NULL;

	for (size_t i = 0; i < seen->count && !by; i++)
		if (seen->acts[i].kind == BK_EVENT_CODE && seen->acts[i].count)
			by = &seen->acts[i];
	s->present = true;
	if (!by || s->allows)
		return;
	s->allows = true;
	free(s->comment);
	BK_FREE char *path = bk_comment_text(by->path, 120);
	s->comment = bk_format("learned: %s made code", path);
}

static bool is_allowed(const struct bk_model_section *s, const char *path)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->rules[i].action == BK_ALLOW && s->rules[i].path && !strcmp(s->rules[i].path, path))
			return true;
	return false;
}

/* An act is of one program, a rule of all of them: several acts may ask for the same one. */
static void propose_environment(struct bk_model *m, const struct bk_seen *seen)
{
	struct bk_model_section *s = &m->section[BK_ENVIRONMENT];

	for (size_t i = 0; i < seen->count; i++) {
		const struct bk_act *a = &seen->acts[i];

		if (a->kind != BK_EVENT_ENVIRONMENT || a->covered || !a->count)
			continue;
		BK_FREE char *path = bk_pattern_literal(a->path);
		if (!is_allowed(s, path))
			bk_model_add(m, BK_ENVIRONMENT, BK_ALLOW)->path = bk_strdup(path);
	}
}

static void say_impossible(const struct bk_seen *seen, struct bk_diags *notes)
{
	for (size_t i = 0; i < seen->count; i++) {
		const struct bk_act *a = &seen->acts[i];
		struct bk_request r;

		if (!a->count)
			continue;
		if (a->kind == BK_EVENT_SYSCALL) {
			bk_diag_add(notes, BK_WARNING, NULL, 0, 0, "the function called %.*s, which is refused under every policy; "
				    "see whether it can do without", (int)a->path.len, a->path.at);
			continue;
		}
		bk_act_request(a, &r);
		if (is_judged(a) && r.flags & (BK_REQ_ANONYMOUS | BK_REQ_UNNAMED))
			bk_diag_add(notes, BK_WARNING, NULL, 0, 0, "%.*s was %s, which no policy allows: %s", (int)a->path.len, a->path.at,
				    a->kind == BK_EVENT_EXEC ? "executed" : "mapped executable",
				    r.flags & BK_REQ_ANONYMOUS ? "a memory file or a deleted one" : "what it runs cannot be told from its arguments");
	}
}

static void say_incomplete(const struct bk_seen *seen, struct bk_diags *notes)
{
	if (seen->lost)
		bk_diag_add(notes, BK_WARNING, NULL, 0, 0, "%llu events were cut or too many, and nothing was learned from them", (unsigned long long)seen->lost);
	if (seen->forbidden)
		bk_diag_add(notes, BK_WARNING, NULL, 0, 0, "%llu events of other modes than learn (denied, killed, alert), or of reading what a rule forbids, were not learned", (unsigned long long)seen->forbidden);
	if (seen->suspect)
		bk_diag_add(notes, BK_WARNING, NULL, 0, 0, "%llu events are out of sequence, as if the function had written them itself: not learned",
			    (unsigned long long)seen->suspect);
}

static void start_sections(struct bk_model *m)
{
	static const enum bk_section sections[] = { BK_PROCESSES, BK_LIBRARIES, BK_ENVIRONMENT };

	for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
		m->section[sections[i]].present = true;
}

struct bk_model *bk_propose(struct bk_seen *seen, const struct bk_propose_options *o, struct bk_model *old, const char *old_text, struct bk_diags *notes)
{
	struct bk_model *m = old ? old : bk_model_new();

	bk_seen_sort(seen);
	if (old && old_text)
		bk_keep_comments(old, old_text);
	propose_main(m, seen);
	if (m->has_main)
		release_main(m, seen);
	start_sections(m);
	if (old)
		mark_covered(seen, old);
	bk_propose_programs(m, seen, notes);
	bk_propose_libraries(m, seen, o);
	propose_code(m, seen);
	propose_environment(m, seen);
	bk_propose_network(m, seen);
	bk_propose_files(m, seen);
	if (o->function && !m->function)
		m->function = bk_strdup(o->function);
	say_impossible(seen, notes);
	say_incomplete(seen, notes);
	return m;
}

/* --- asking a policy about what was seen --- */

struct bk_replayed bk_propose_replay(struct bk_seen *seen, const struct bk_policy *policy)
{
	struct bk_replayed result = { 0 };

	bk_seen_sort(seen);
	for (size_t i = 0; i < seen->count; i++) {
		const struct bk_act *a = &seen->acts[i];
		struct bk_request r;
		struct bk_decision d;

		if (!is_judged(a) || !a->count)
			continue;
		d = decide(policy, a);
		bk_act_request(a, &r);
		if (!bk_stops(d.verdict) && d.verdict != BK_NEED_SHA256) {
			result.allowed++;
			continue;
		}
		result.denied++;
		if (r.flags & (BK_REQ_ANONYMOUS | BK_REQ_UNNAMED)) {
			result.impossible++;
		} else if (!result.first) {
			result.first = a;
			result.why = d.reason;
		}
	}
	return result;
}

struct bk_model *bk_learning_policy(const struct bk_model *old)
{
	static const enum bk_section sections[] = { BK_PROCESSES, BK_LIBRARIES, BK_GENERATED_CODE, BK_ENVIRONMENT, BK_CONNECT, BK_LISTEN, BK_WRITE };
	struct bk_model *m = bk_model_new();

	m->mode = BK_LEARN;
	for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
		m->section[sections[i]].present = true;
	m->section[BK_READ].present = old && old->section[BK_READ].present && !old->section[BK_READ].allows;
	return m;
}
