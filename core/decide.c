/* SPDX-License-Identifier: Apache-2.0 */
#include "core/decide.h"
#include "core/match.h"
#include "core/shell.h"

/* What was found so far among the rules that name the path. */
struct search {
	const struct bk_policy  *policy;
	const struct bk_request *request;
	enum bk_section section;
	enum bk_reason nearest;		/* why the nearest rule does not match */
	uint32_t nearest_rule, allow, allow_line, stop, need;
	enum bk_action stop_action;
};

#define NONE UINT32_MAX

struct list { const struct bk_policy *policy; uint32_t offset; };

static struct bk_text list_item(const void *list, uint32_t i)
{
	const struct list *l = list;

	return bk_policy_list_item(l->policy, l->offset, i);
}

static bool args_match(const struct search *s, const struct bk_rule *rule, uint32_t first)
{
	struct list list = { s->policy, rule->args };

	return bk_match_args(list_item, &list, bk_policy_list_count(s->policy, rule->args), &s->request->argv, first);
}

static bool shell_matches(const struct search *s, const struct bk_rule *rule, struct bk_text name, uint32_t first)
{
	struct bk_text command;

	if (!bk_is_shell(name))
		return false;
	command = bk_shell_command(&s->request->argv, first);
	return command.at && bk_shell_match(bk_policy_text(s->policy, rule->shell), command, NULL) == BK_SHELL_MATCH;
}

static bool hash_matches(const struct search *s, const struct bk_rule *rule)
{
	const uint8_t *want = bk_policy_hash(s->policy, rule->sha256), *have = s->request->sha256;

	for (unsigned i = 0; want && i < 32; i++)
		if (want[i] != have[i])
			return false;
	return want != NULL;
}

/* How one rule, whose path matches, takes the request: BK_WHY_ALLOWED where it matches. */
static enum bk_reason rule_takes(struct search *s, const struct bk_rule *rule)
{
	const struct bk_request *r = s->request;
	struct bk_text name = bk_text_basename(r->path);
	uint32_t first = r->first_arg;

	if (rule->parent && !bk_match_path(bk_policy_text(s->policy, rule->parent), r->parent))
		return BK_WHY_PARENT;
	if (bk_is_multicall(r->path)) {
		name = bk_applet(r->path, &r->argv, &first);
		if (rule->applet && !bk_match_path(bk_policy_text(s->policy, rule->applet), name))
			return BK_WHY_APPLET;
	} else if (rule->applet) {
		return BK_WHY_APPLET;
	}
	if (rule->args && !args_match(s, rule, first))
		return BK_WHY_ARGS;
	if (rule->shell && !shell_matches(s, rule, name, first))
		return BK_WHY_SHELL;
	if (!rule->sha256 || rule->action != BK_ALLOW || r->flags & BK_REQ_UNCHANGEABLE)
		return rule->sha256 && rule->action != BK_ALLOW && r->sha256 && !hash_matches(s, rule) ? BK_WHY_SHA256 : BK_WHY_ALLOWED;
	if (!r->sha256)
		return BK_WHY_SECTION;		/* would match, if the hash did */
	return hash_matches(s, rule) ? BK_WHY_ALLOWED : BK_WHY_SHA256;
}

static void consider(struct search *s, uint32_t index, const struct bk_rule *rule)
{
	enum bk_reason why = rule_takes(s, rule);

	if (why == BK_WHY_SECTION) {
		if (s->need == NONE)
			s->need = index;
	} else if (why != BK_WHY_ALLOWED) {
		if (rule->action == BK_ALLOW && (s->nearest_rule == NONE || why > s->nearest)) {
			s->nearest = why;
			s->nearest_rule = index;
		}
	} else if (rule->action == BK_ALLOW) {
		if (s->allow == NONE || rule->line < s->allow_line) {
			s->allow = index;
			s->allow_line = rule->line;
		}
	} else if (s->stop == NONE || rule->action == BK_KILL) {
		s->stop = index;
		s->stop_action = rule->action;
	}
}

/* `libraries` falls back on `processes`: there only path and content count, not how the program would be called. */
static void consider_mapped(struct search *s, uint32_t index, const struct bk_rule *rule)
{
	struct bk_rule file = *rule;

	if (rule->action != BK_ALLOW)
		return;
	file.args = file.shell = file.parent = file.applet = 0;
	consider(s, index, &file);
}

static bool path_matches(const struct search *s, const struct bk_rule *rule)
{
	struct bk_text pattern = bk_policy_text(s->policy, rule->path);

	if (s->section != BK_ENVIRONMENT)
		return bk_match_path(pattern, s->request->path);
	/* NAME, or NAME=pattern */
	for (uint32_t i = 0; i < pattern.len; i++)
		if (pattern.at[i] == '=')
			return bk_match_arg(pattern, s->request->path);
	return bk_text_starts(s->request->path, pattern)
		&& (s->request->path.len == pattern.len || s->request->path.at[pattern.len] == '=');
}

static void run_of(struct search *s, uint32_t key)
{
	for (uint32_t i = bk_policy_find(s->policy, key); i != NONE; i++) {
		const struct bk_rule *rule = bk_policy_rule(s->policy, i);

		if (!rule)
			return;
		if (rule->section == s->section && !(rule->flags & BK_RULE_MAIN) && path_matches(s, rule)) {
			if (s->request->section == BK_LIBRARIES && s->section == BK_PROCESSES)
				consider_mapped(s, i, rule);
			else
				consider(s, i, rule);
		}
		if (rule->flags & BK_RULE_LAST)
			return;
	}
}

/* All rules of a section that may name the path: those keyed by it, by one of its directories, or by nothing. */
static void look(struct search *s, enum bk_section section)
{
	struct bk_text path = s->request->path;
	uint32_t state = bk_key_start(section);

	s->section = section;
	run_of(s, bk_key_finish(state));
	for (uint32_t i = 0; i < path.len; i++) {
		bool name_end = section == BK_ENVIRONMENT && path.at[i] == '=';

		if (name_end)
			run_of(s, bk_key_finish(state));
		state = bk_key_add(state, path.at[i]);
		if (path.at[i] == '/' && i + 1 < path.len)
			run_of(s, bk_key_finish(state));
	}
	run_of(s, bk_key_finish(state));
}

static void look_main(struct search *s)
{
	const struct bk_rule *main = bk_policy_main(s->policy);

	if (main && bk_match_path(bk_policy_text(s->policy, main->path), s->request->path))
		consider_mapped(s, s->policy->head->main - 1, main);
}

static struct bk_decision found(enum bk_verdict verdict, enum bk_reason reason, uint32_t rule)
{
	return (struct bk_decision){ verdict, reason, rule };
}

static struct bk_decision conclude(const struct search *s, uint8_t flags)
{
	if (s->stop != NONE)
		return found(s->stop_action == BK_KILL ? BK_KILLED : BK_DENIED, BK_WHY_RULE, s->stop);
	if (s->allow != NONE)
		return found(BK_ALLOWED, BK_WHY_ALLOWED, s->allow);
	if (s->need != NONE)
		return found(BK_NEED_SHA256, BK_WHY_SHA256, s->need);
	if (flags & BK_SECTION_ALLOWS)
		return found(BK_ALLOWED, BK_WHY_SECTION, NONE);
	return found(BK_DENIED, s->nearest, s->nearest_rule);
}

static struct search start(const struct bk_policy *p, const struct bk_request *r)
{
	return (struct search){ .policy = p, .request = r, .nearest = BK_WHY_NO_RULE, .nearest_rule = NONE, .allow = NONE, .stop = NONE, .need = NONE };
}

/* The interpreter of a script that could change under it must be allowed as if it had been called directly. */
static struct bk_decision with_interpreter(const struct bk_policy *p, const struct bk_request *r, struct bk_decision d)
{
	struct bk_request direct = *r;
	const struct bk_rule *rule = bk_policy_rule(p, d.rule);
	struct bk_decision by;
	struct search s;

	if (d.verdict != BK_ALLOWED || !rule || r->flags & BK_REQ_UNCHANGEABLE || rule->sha256)
		return d;
	direct.path = r->interpreter;
	direct.interpreter = (struct bk_text){ NULL, 0 };
	direct.first_arg = 1;
	/* What the hash of the script says nothing about: the interpreter's file stands on its own, and is judged by name here. */
	direct.flags |= BK_REQ_UNCHANGEABLE;
	s = start(p, &direct);
	look(&s, BK_PROCESSES);
	by = conclude(&s, bk_policy_section_flags(p, BK_PROCESSES));
	return by.verdict == BK_ALLOWED ? d : found(BK_DENIED, BK_WHY_INTERPRETER, d.rule);
}

static struct bk_decision main_process(const struct bk_policy *p, const struct bk_request *r)
{
	struct search s = start(p, r);
	struct bk_decision d;

	if (!bk_policy_main(p))
		return found(BK_ALLOWED, BK_WHY_SECTION, NONE);
	s.section = BK_PROCESSES;
	look_main(&s);
	d = conclude(&s, 0);
	if (d.verdict == BK_DENIED && d.reason == BK_WHY_NO_RULE) {
		/* A wrapper in front of it: what a child may run, the main process may become. */
		look(&s, BK_PROCESSES);
		d = conclude(&s, 0);
		if (d.verdict == BK_DENIED && d.reason == BK_WHY_NO_RULE)
			d = found(BK_DENIED, BK_WHY_NOT_MAIN, p->head->main - 1);
	}
	return d;
}

static struct bk_decision raw(const struct bk_policy *p, const struct bk_request *r)
{
	uint8_t flags = bk_policy_section_flags(p, r->section);
	struct search s = start(p, r);

	if (r->section == BK_GENERATED_CODE)
		return flags & BK_SECTION_ALLOWS ? found(BK_ALLOWED, BK_WHY_SECTION, NONE) : found(BK_DENIED, BK_WHY_NO_RULE, NONE);
	if (r->flags & BK_REQ_ANONYMOUS)
		return found(BK_DENIED, BK_WHY_ANONYMOUS, NONE);
	if (r->flags & BK_REQ_UNNAMED)
		return found(BK_DENIED, BK_WHY_LOADER, NONE);
	if (r->section == BK_PROCESSES && r->flags & BK_REQ_MAIN)
		return main_process(p, r);
	look(&s, r->section);
	if (r->section == BK_LIBRARIES && s.allow == NONE && s.stop == NONE) {
		look(&s, BK_PROCESSES);
		look_main(&s);
	}
	return r->interpreter.len ? with_interpreter(p, r, conclude(&s, flags)) : conclude(&s, flags);
}

struct bk_decision bk_decide(const struct bk_policy *p, const struct bk_request *r, enum bk_mode least)
{
	enum bk_mode mode = bk_policy_mode(p, r->section);
	struct bk_decision d;

	if (mode < least)
		mode = least;
	if (mode == BK_OFF)
		return found(BK_ALLOWED, BK_WHY_SECTION, NONE);
	d = raw(p, r);
	if (mode == BK_LEARN && d.verdict != BK_NEED_SHA256)
		d.verdict = BK_LEARNED;
	if (mode == BK_ALERT && bk_stops(d.verdict))
		d.verdict = BK_ALERTED;
	return d;
}
