/* SPDX-License-Identifier: Apache-2.0 */
#include "core/decide.h"
#include "core/match.h"
#include "core/network.h"
#include "core/shell.h"

#define NONE UINT32_MAX

/* What the rules asked so far say of one file (or variable, or destination). */
struct judgement {
	const struct bk_policy *policy;
	const struct bk_request *request;
	struct bk_text image;		/* what the file is really called, where request->path is the name of a call */
	enum bk_section section;	/* whose rules are asked */
	bool file_only;			/* which file it is decides, not how it is used */
	uint32_t allow, forbid, near;	/* rules: the first that allows, the one that forbids, the nearest that fails */
	enum bk_reason why;		/* what `near` fails at */
	bool kill;			/* `forbid` says kill */
	bool proved;			/* an allow rule matched by hash */
	bool ask_allow, ask_forbid;	/* a rule would match if the hash, which is not known, is right */
};

static bool flag(const struct judgement *j, uint32_t bit)
{
	return j->request->flags & bit;
}

/* --- one rule ------------------------------------------------------------------------------------------------------------ */

/* Bytes that separate paths or options inside a value. */
static uint32_t count_separators(struct bk_text t)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < t.len; i++)
		n += t.at[i] == ':' || t.at[i] == ';' || t.at[i] == ' ' || t.at[i] == '\t' || t.at[i] == '\n';
	return n;
}

static struct bk_text name_of(struct bk_text entry)
{
	uint32_t n = 0;

	while (n < entry.len && entry.at[n] != '=')
		n++;
	return (struct bk_text){ entry.at, n };
}

/* A wildcard in a value stands for a part of one path or option, never for a second one. */
static bool names_variable(struct bk_text pattern, struct bk_text entry)
{
	if (name_of(pattern).len == pattern.len)
		return bk_match_path(pattern, name_of(entry));
	return bk_match_arg(pattern, entry) && count_separators(entry) <= count_separators(pattern);
}

static bool same_bits(const uint8_t *a, const uint8_t *b, uint32_t bits)
{
	for (; bits >= 8; bits -= 8)
		if (*a++ != *b++)
			return false;
	return !bits || !((*a ^ *b) >> (8 - bits));
}

static bool has_port(const struct bk_endpoint *rule, const struct bk_endpoint *other)
{
	return other->port_low >= rule->port_low && other->port_low <= rule->port_high;
}

/* A rule may be written in a spelling that calls never have: ::ffff:10.0.0.0/104 is 10.0.0.0/8. */
static bool covers_address(const struct bk_endpoint *rule, const struct bk_endpoint *other)
{
	struct bk_endpoint e = *rule;
	uint16_t prefix = e.prefix;

	bk_address_normalise(&e);
	if (rule->family == BK_INET6 && e.family == BK_INET)
		e.prefix = prefix >= 96 ? (uint16_t)(prefix - 96) : 0;
	else
		e.prefix = prefix;
	return e.family == other->family && e.prefix <= 128 && same_bits(e.address, other->address, e.prefix);
}

/* Credentials are given to nobody by the way: a rule that allows them says so. */
static bool may_allow(const struct bk_rule *r, const struct bk_endpoint *rule, const struct bk_endpoint *other, struct bk_text domain)
{
	if (r->action != BK_ALLOW || !bk_address_is_metadata(other))
		return true;
	return rule->family ? rule->prefix == (other->family == BK_INET ? 32 : 128) : bk_name_is_metadata(domain);
}

static bool names_address(const struct bk_endpoint *e, const struct bk_endpoint *other, bool any_port)
{
	/* Only a rule that says so is about a socket of the file system, or about families without addresses. */
	if (e->family == BK_UNIX || (other->family && other->family != BK_INET && other->family != BK_INET6))
		return e->family == other->family;
	return (any_port || has_port(e, other)) && (!e->family || covers_address(e, other));
}

static bool names_endpoint(const struct judgement *j, const struct bk_rule *r)
{
	const struct bk_endpoint *e = bk_policy_endpoint(j->policy, r->endpoint), *other = j->request->endpoint;
	struct bk_text domain = bk_policy_text(j->policy, r->path);
	struct bk_endpoint translated;

	if (!r->endpoint)
		return true;
	if (!e || !other)
		return e && r->action != BK_ALLOW;	/* what is not known saves nobody from a refusal */
	if (!bk_address_translated(other, &translated))
		translated = *other;
	return may_allow(r, e, other, domain) && may_allow(r, e, &translated, domain) &&
	       (names_address(e, other, flag(j, BK_REQ_ANY_PORT)) || names_address(e, &translated, flag(j, BK_REQ_ANY_PORT)));
}

/* May the name be asked for?  A name that some rule allows on some port may; an address rule says nothing about names. */
static bool names_name(const struct judgement *j, const struct bk_rule *r, struct bk_text domain)
{
	const struct bk_endpoint *e = bk_policy_endpoint(j->policy, r->endpoint);
	struct bk_text pattern = bk_policy_text(j->policy, r->path);

	if (!pattern.at || (e && e->family) || !bk_match_path(pattern, domain))
		return false;
	if (r->action == BK_ALLOW)
		return !bk_name_is_metadata(domain) || bk_name_is_metadata(pattern);
	return !e || (e->port_low == 0 && e->port_high == 65535);
}

static bool names_it(const struct judgement *j, const struct bk_rule *r, struct bk_text path)
{
	struct bk_text pattern = bk_policy_text(j->policy, r->path);
	bool network = r->section == BK_CONNECT || r->section == BK_LISTEN;

	if (network && flag(j, BK_REQ_NAME))
		return names_name(j, r, path);
	if (!r->path)
		return network && r->endpoint && names_endpoint(j, r);
	if (!pattern.at)
		return false;
	if (r->section == BK_ENVIRONMENT)
		return names_variable(pattern, path);
	return bk_match_path(pattern, path) && (!network || names_endpoint(j, r));
}

static bool fits_parent(const struct judgement *j, const struct bk_rule *r)
{
	struct bk_text pattern = bk_policy_text(j->policy, r->parent);

	if (!r->parent)
		return true;
	if (!j->request->parent.len)
		return r->action != BK_ALLOW;
	return pattern.at && bk_match_path(pattern, j->request->parent);
}

/*
 * Moves *first behind the applet.  A rule that names none means the image under its own name, arguments from the applet on; or, where
 * the path is a link to the image, the applet of the link's name, because what runs is what argv[0] says.
 */
static bool fits_applet(const struct judgement *j, const struct bk_rule *r, uint32_t *first)
{
	const struct bk_request *q = j->request;
	struct bk_text pattern = bk_policy_text(j->policy, r->applet), applet;
	uint32_t behind = *first;
	bool own_name;

	if (r->section != BK_PROCESSES)
		return true;
	own_name = bk_is_multicall(q->path);
	if (q->interpreter.len || (!r->applet && !bk_is_multicall(j->image)))
		return !r->applet;
	applet = bk_applet(j->image, &q->argv, &behind);
	if (!r->applet && own_name && !r->shell)
		return !r->args || behind > *first || r->action != BK_ALLOW;
	*first = behind;
	if (!r->applet)
		return own_name || r->action != BK_ALLOW || bk_text_equal(applet, bk_text_basename(q->path));
	return pattern.at && applet.len && bk_match_path(pattern, applet);
}

struct list {
	const struct bk_policy *policy;
	uint32_t offset;
};

static struct bk_text list_item(const void *list, uint32_t i)
{
	const struct list *l = list;

	return bk_policy_list_item(l->policy, l->offset, i);
}

static bool fits_args(const struct judgement *j, const struct bk_rule *r, uint32_t first)
{
	struct list list = { j->policy, r->args };

	if (!r->args)
		return true;
	if (bk_match_args(list_item, &list, bk_policy_list_count(j->policy, r->args), &j->request->argv, first))
		return true;
	return j->request->argv.cut && r->action != BK_ALLOW;
}

static bool fits_shell(const struct judgement *j, const struct bk_rule *r, uint32_t first)
{
	const struct bk_request *q = j->request;
	struct bk_text template_ = bk_policy_text(j->policy, r->shell), name = q->path, command;
	uint32_t own = q->first_arg;

	if (!r->shell)
		return true;
	if (bk_is_multicall(j->image))
		name = bk_applet(j->image, &q->argv, &own);
	if (q->interpreter.len || !template_.at || !bk_is_shell(name))
		return false;
	command = bk_shell_command(&q->argv, first);
	return command.at && bk_shell_match(template_, command, NULL) == BK_SHELL_MATCH;
}

static bool same_hash(const uint8_t *a, const uint8_t *b)
{
	uint8_t differ = 0;

	for (unsigned i = 0; i < 32; i++)
		differ |= a[i] ^ b[i];
	return !differ;
}

/* What the rule's conditions on use fail at; BK_WHY_ALLOWED: at nothing. */
static enum bk_reason compare_use(const struct judgement *j, const struct bk_rule *r)
{
	uint32_t first = j->request->first_arg;

	if (!fits_parent(j, r))
		return BK_WHY_PARENT;
	if (!fits_applet(j, r, &first))
		return BK_WHY_APPLET;
	if (!fits_args(j, r, first))
		return BK_WHY_ARGS;
	return fits_shell(j, r, first) ? BK_WHY_ALLOWED : BK_WHY_SHELL;
}

static bool has_conditions(const struct bk_rule *r)
{
	return r->parent || r->applet || r->args || r->shell;
}

/* --- collecting ----------------------------------------------------------------------------------------------------------- */

static bool stands_before(const struct judgement *j, uint32_t rule, uint32_t other)
{
	return other == NONE || bk_policy_rule(j->policy, rule)->line < bk_policy_rule(j->policy, other)->line;
}

static void note_near(struct judgement *j, uint32_t rule, enum bk_reason why)
{
	if (why < j->why || (why == j->why && !stands_before(j, rule, j->near)))
		return;
	j->near = rule;
	j->why = why;
}

static void note_match(struct judgement *j, uint32_t index, const struct bk_rule *r)
{
	bool kill = r->action == BK_KILL;

	if (r->action == BK_ALLOW) {
		j->proved |= r->sha256 != 0;
		if (stands_before(j, index, j->allow))
			j->allow = index;
	} else if (kill > j->kill || (kill == j->kill && stands_before(j, index, j->forbid))) {
		j->forbid = index;
		j->kill = kill;
	}
}

/* The last condition: content.  What nobody can change needs no proof to be allowed. */
static void compare_content(struct judgement *j, uint32_t index, const struct bk_rule *r)
{
	const uint8_t *hash = bk_policy_hash(j->policy, r->sha256);
	bool allow = r->action == BK_ALLOW;

	bool ask = hash && !j->request->sha256;

	if (!r->sha256 || (allow && hash && flag(j, BK_REQ_UNCHANGEABLE)) || (hash && !ask && same_hash(hash, j->request->sha256))) {
		note_match(j, index, r);
		return;
	}
	j->ask_allow |= ask && allow;
	j->ask_forbid |= ask && !allow;
	if (ask || allow)
		note_near(j, index, BK_WHY_SHA256);
}

static void consider(struct judgement *j, uint32_t index, struct bk_text path)
{
	const struct bk_rule *r = bk_policy_rule(j->policy, index);
	enum bk_reason why = BK_WHY_ALLOWED;

	if (!r || !names_it(j, r, path))
		return;
	if (!j->file_only)
		why = compare_use(j, r);
	else if (r->action != BK_ALLOW && has_conditions(r))
		return;
	if (why == BK_WHY_ALLOWED)
		compare_content(j, index, r);
	else if (r->action == BK_ALLOW)
		note_near(j, index, why);
}

/* Returns true where more rules of the key stand under the keys of their ends. */
static bool consider_key(struct judgement *j, uint32_t key, struct bk_text path)
{
	uint32_t first = bk_policy_find(j->policy, key);
	const struct bk_rule *r;
	bool ends = false;

	for (uint32_t i = first; (r = bk_policy_rule(j->policy, i)); i++) {
		ends |= i == first && r->flags & BK_RULE_ENDS;
		if (r->section == j->section && !(r->flags & BK_RULE_MAIN))
			consider(j, i, path);
		if (r->flags & BK_RULE_LAST)
			break;
	}
	return ends;
}

/* `state` is of the path's first `used` bytes; a pattern with that key may stand under how it goes on, or how it ends. */
static void consider_folder(struct judgement *j, uint32_t state, struct bk_text path, uint32_t used)
{
	uint32_t tail = bk_key_add(state, '\0'), head = bk_key_add(tail, '\0'), rest = path.len - used;

	if (!consider_key(j, bk_key_finish(state), path))
		return;
	for (uint32_t i = 0; i < rest && i < BK_TAIL_MAX; i++) {
		tail = bk_key_add(tail, path.at[path.len - 1 - i]);
		consider_key(j, bk_key_finish(tail), path);
	}
	for (uint32_t i = 0; i < rest && i < BK_HEAD_MAX && path.at[used + i] != '/'; i++) {
		head = bk_key_add(head, path.at[used + i]);
		consider_key(j, bk_key_finish(head), path);
	}
}

/* All rules that could name the path: those of each of its folders, those of itself, and those that begin with a wildcard. */
static void consider_all(struct judgement *j, struct bk_text path)
{
	uint32_t state = bk_key_start(j->section), i;
	bool in_name = j->section == BK_ENVIRONMENT;

	consider_folder(j, state, path, 0);
	for (i = 0; i < path.len; i++) {
		if (in_name && path.at[i] == '=') {
			consider_key(j, bk_key_finish(state), path);
			in_name = false;
		}
		state = bk_key_add(state, path.at[i]);
		if (path.at[i] == '/')
			consider_folder(j, state, path, i + 1);
	}
	if (path.len && path.at[path.len - 1] != '/')
		consider_key(j, bk_key_finish(state), path);
}

static void consider_main(struct judgement *j, struct bk_text path)
{
	if (bk_policy_main(j->policy))
		consider(j, j->policy->head->main - 1, path);
}

static struct judgement judgement_of(const struct bk_policy *policy, const struct bk_request *request, enum bk_section section)
{
	return (struct judgement){
		.policy = policy, .request = request, .image = request->path, .section = section, .allow = NONE, .forbid = NONE, .near = NONE,
	};
}

/* --- deciding --------------------------------------------------------------------------------------------------------------- */

static struct bk_decision denied(enum bk_reason why, uint32_t rule)
{
	return (struct bk_decision){ BK_DENIED, why, rule };
}

static struct bk_decision conclude(const struct judgement *j)
{
	if (j->forbid != NONE)
		return (struct bk_decision){ j->kill ? BK_KILLED : BK_DENIED, BK_WHY_RULE, j->forbid };
	if (j->ask_forbid || (j->ask_allow && j->allow == NONE))
		return (struct bk_decision){ BK_NEED_SHA256, j->ask_forbid ? BK_WHY_RULE : BK_WHY_SHA256, j->near };
	if (j->allow != NONE)
		return (struct bk_decision){ BK_ALLOWED, BK_WHY_ALLOWED, j->allow };
	if (bk_policy_section_flags(j->policy, j->section) & BK_SECTION_ALLOWS)
		return (struct bk_decision){ BK_ALLOWED, BK_WHY_SECTION, NONE };
	return denied(j->why, j->near);
}

/* The script may be other text by the time its interpreter reads it: then the interpreter's own rules must allow what it is given. */
static struct bk_decision decide_interpreter(const struct judgement *script, struct bk_decision d)
{
	struct bk_request q = *script->request;
	struct judgement j;

	if (d.verdict != BK_ALLOWED || d.rule == NONE || !q.interpreter.len || flag(script, BK_REQ_UNCHANGEABLE) || script->proved)
		return d;
	if (script->ask_allow)
		return (struct bk_decision){ BK_NEED_SHA256, BK_WHY_SHA256, d.rule };
	q.path = q.interpreter;
	q.interpreter = (struct bk_text){ NULL, 0 };
	q.first_arg = 1;
	q.sha256 = NULL;
	j = judgement_of(script->policy, &q, BK_PROCESSES);
	consider_all(&j, q.path);
	return conclude(&j).verdict == BK_ALLOWED ? d : denied(BK_WHY_INTERPRETER, d.rule);
}

/* What allows by itself asks for more than zeroed memory. */
static bool is_policy(const struct bk_policy *policy)
{
	return policy->head && policy->head->magic == BK_POLICY_MAGIC;
}

/* By the name in request->path, of the file whose own name is `image`. */
static struct bk_decision decide_path(const struct bk_policy *policy, const struct bk_request *request, struct bk_text image)
{
	struct judgement j = judgement_of(policy, request, BK_PROCESSES);
	bool main = request->flags & BK_REQ_MAIN;
	struct bk_decision d;

	j.image = image;
	if (main && is_policy(policy) && !policy->head->main)
		return (struct bk_decision){ BK_ALLOWED, BK_WHY_SECTION, NONE };
	if (main)
		consider_main(&j, request->path);
	consider_all(&j, request->path);
	d = decide_interpreter(&j, conclude(&j));
	if (main && d.verdict == BK_DENIED && d.reason == BK_WHY_NO_RULE)
		d = denied(BK_WHY_NOT_MAIN, bk_policy_main(policy) ? policy->head->main - 1 : NONE);
	return d;
}

static bool unnamed(struct bk_decision d)
{
	return d.verdict == BK_DENIED && (d.reason == BK_WHY_NO_RULE || d.reason == BK_WHY_NOT_MAIN);
}

/*
 * People write /bin/sh, the file is /usr/bin/dash: what the rules do not know by its own name is asked for by the name of the call.  Whoever
 * makes links chooses that name, so that nobody can change the file behind it proves nothing: a rule with a hash wants the hash.  (For a
 * script the flag speaks of the name, too.)
 */
static struct bk_decision decide_process(const struct bk_policy *policy, const struct bk_request *request)
{
	struct bk_decision d = decide_path(policy, request, request->path), by_name;
	struct bk_request alias = *request;

	if (!request->called.len || bk_text_equal(request->called, request->path))
		return d;
	alias.path = request->called;
	if (!request->interpreter.len)
		alias.flags &= ~BK_REQ_UNCHANGEABLE;
	by_name = decide_path(policy, &alias, request->path);
	if (unnamed(d))
		return unnamed(by_name) ? d : by_name;
	return by_name.reason == BK_WHY_RULE && d.verdict != BK_KILLED ? by_name : d;	/* who forbids a program by its usual name means it */
}

/* The loader maps the program itself like a library; so whatever may be executed may be mapped. */
static struct bk_decision decide_library(const struct bk_policy *policy, const struct bk_request *request)
{
	struct judgement j = judgement_of(policy, request, BK_LIBRARIES), program = judgement_of(policy, request, BK_PROCESSES);
	struct bk_decision d, other;

	consider_all(&j, request->path);
	d = conclude(&j);
	if (d.verdict != BK_DENIED || d.reason == BK_WHY_RULE)
		return d;
	program.file_only = true;
	consider_main(&program, request->path);
	consider_all(&program, request->path);
	other = conclude(&program);
	return other.rule != NONE && (other.verdict == BK_ALLOWED || other.verdict == BK_NEED_SHA256) ? other : d;
}

/* A rule that forbids speaks first: it may say kill, and its line is what people look for. */
static struct bk_decision decide_file(const struct bk_policy *policy, const struct bk_request *request)
{
	struct judgement j = judgement_of(policy, request, request->section);
	bool write = request->section == BK_WRITE, planted = request->section == BK_PLANT;
	struct bk_decision d, allowed = { BK_ALLOWED, BK_WHY_SECTION, NONE };

	if (!is_policy(policy))
		return denied(BK_WHY_NO_RULE, NONE);
	if (bk_is_nameless(request) || (planted && !bk_is_code(request->path)))
		return allowed;
	j.file_only = true;		/* a rule for files says nothing of a use */
	consider_all(&j, request->path);
	d = conclude(&j);
	if (d.reason == BK_WHY_RULE)
		return d;
	if (!planted && bk_is_private(request->path))
		return denied(BK_WHY_PRIVATE, NONE);
	if (write && request->flags & BK_REQ_TASK_ROOT)
		return denied(BK_WHY_TASK_ROOT, NONE);
	if (d.verdict != BK_DENIED)
		return d;
	if (!planted && (bk_is_harmless(request->path) || (write && request->flags & BK_REQ_OWN_OUTPUT)))
		return allowed;
	return planted ? denied(BK_WHY_PLANTED, d.rule) : d;
}

static bool names_a_pool(const struct bk_args *argv)
{
	struct bk_text all = { argv->at, argv->at ? argv->size : 0 };

	for (; all.len; all = bk_text_from(all, 1))
		if (bk_text_starts(all, BK_TEXT("stratum+")) || bk_text_starts(all, BK_TEXT("stratum1+")) || bk_text_starts(all, BK_TEXT("stratum2+")))
			return true;
	return false;
}

/* What no function does, whatever program is listed; the main process is what the platform started. */
static enum bk_reason unwanted(const struct bk_request *r)
{
	uint32_t first = r->first_arg;
	struct bk_text name = bk_text_basename(r->interpreter.len ? r->interpreter : r->path);

	if (r->flags & BK_REQ_MAIN)
		return BK_WHY_ALLOWED;
	if (bk_is_multicall(r->path))
		name = bk_applet(r->path, &r->argv, &first);
	if (r->flags & BK_REQ_NET_STDIO && bk_is_shell(name))
		return BK_WHY_REMOTE_SHELL;
	return names_a_pool(&r->argv) ? BK_WHY_MINER : BK_WHY_ALLOWED;
}

static struct bk_decision decide_enforced(const struct bk_policy *policy, const struct bk_request *request)
{
	struct judgement j;

	if (request->section == BK_WRITE || request->section == BK_READ || request->section == BK_PLANT)
		return decide_file(policy, request);
	if (request->flags & BK_REQ_ANONYMOUS)
		return denied(BK_WHY_ANONYMOUS, NONE);
	if (request->flags & BK_REQ_UNNAMED)
		return denied(request->flags & BK_REQ_LOADER ? BK_WHY_LOADER : BK_WHY_INTERPRETER, NONE);
	if (request->section == BK_PROCESSES && unwanted(request) != BK_WHY_ALLOWED)
		return denied(unwanted(request), NONE);
	if (request->section == BK_PROCESSES)
		return decide_process(policy, request);
	if (request->section == BK_LIBRARIES)
		return decide_library(policy, request);
	j = judgement_of(policy, request, request->section);
	consider_all(&j, request->path);
	return conclude(&j);
}

struct bk_decision bk_decide(const struct bk_policy *policy, const struct bk_request *request, enum bk_mode least)
{
	enum bk_mode mode = bk_policy_mode(policy, request->section);
	struct bk_decision d;

	if (least > mode)
		mode = least;
	if (mode >= BK_OFF)
		return (struct bk_decision){ BK_ALLOWED, BK_WHY_SECTION, NONE };
	d = decide_enforced(policy, request);
	if (mode == BK_LEARN)
		d.verdict = BK_LEARNED;
	else if (mode == BK_ALERT && bk_stops(d.verdict))
		d.verdict = BK_ALERTED;
	return d;
}
