/* SPDX-License-Identifier: Apache-2.0 */
/* What is allowed to be written but is hardly ever meant: warnings. */
#include <string.h>
#include <time.h>
#include "core/decide.h"
#include "core/match.h"
#include "lang/policy_model.h"

struct lint { const char *name; const struct bk_model *m; struct bk_diags *d; };

#define warn(l, rule, ...) bk_diag_add((l)->d, BK_WARNING, (l)->name, (rule)->line, (rule)->column, __VA_ARGS__)

static bool is_interpreter(const char *path)
{
	static const char *const names[] = {
		"python", "node", "perl", "ruby", "php", "java", "lua", "awk", "gawk", "mawk", "tclsh", "wish", "guile", "deno", "bun", "env", "xargs", "find", NULL
	};
	const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;

	for (int i = 0; names[i]; i++) {
		size_t n = strlen(names[i]);

		/* python3.11, lua5.4: a version may follow the name */
		if (!strncmp(base, names[i], n) && !base[n + strspn(base + n, "0123456789.-")])
			return true;
	}
	return false;
}

static bool unbound(const struct bk_model_rule *r)
{
	return r->action == BK_ALLOW && !r->has_args && !r->shell;
}

static void lint_process(struct lint *l, const struct bk_model_rule *r)
{
	struct bk_text path = bk_text_of(r->path), base = bk_text_basename(path);

	if (r->action != BK_ALLOW)
		return;
	if (bk_is_loader(path))
		warn(l, r, "the dynamic loader '%s' runs any file that it is given: list the program instead", r->path);
	else if (bk_is_multicall(path) && !r->applet)
		warn(l, r, "'%s' is many programs in one: name them with applet", r->path);
	else if (unbound(r) && bk_is_shell(base))
		warn(l, r, "the shell '%s' may run any command: give it a shell template or args", r->path);
	else if (unbound(r) && is_interpreter(r->path))
		warn(l, r, "the interpreter '%s' may run any program text: give it args", r->path);
}

static bool writable_place(const char *path)
{
	static const char *const places[] = { "/tmp/", "/var/tmp/", "/dev/shm/", NULL };

	for (int i = 0; places[i]; i++)
		if (!strncmp(path, places[i], strlen(places[i])))
			return true;
	return false;
}

static void lint_file(struct lint *l, const struct bk_model_rule *r, const char *what)
{
	if (r->action != BK_ALLOW)
		return;
	if (!strcmp(r->path, "**") || !strcmp(r->path, "/**"))
		warn(l, r, "'%s' allows every %s", r->path, what);
	else if (writable_place(r->path) && !r->has_sha256)
		warn(l, r, "anybody can write to '%s': give a sha256, or keep the %s elsewhere", r->path, what);
}

static void lint_written(struct lint *l, const struct bk_model_rule *r)
{
	const struct bk_model_section *w = &l->m->section[BK_WRITE];

	if (r->action != BK_ALLOW || bk_match_is_pattern(bk_text_of(r->path)))
		return;
	for (size_t i = 0; i < w->count; i++)
		if (w->rules[i].action == BK_ALLOW && bk_match_path(bk_text_of(w->rules[i].path), bk_text_of(r->path)))
			warn(l, r, "files.write lets the function change '%s', which it may execute (line %u)", r->path, w->rules[i].line);
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool same_args(const struct bk_model_rule *a, const struct bk_model_rule *b)
{
	if (a->has_args != b->has_args || a->arg_count != b->arg_count)
		return false;
	for (size_t i = 0; i < a->arg_count; i++)
		if (strcmp(a->args[i], b->args[i]))
			return false;
	return true;
}

static bool same_conditions(const struct bk_model_rule *a, const struct bk_model_rule *b)
{
	return same_args(a, b) && same_text(a->shell, b->shell) && same_text(a->parent, b->parent) && same_text(a->applet, b->applet)
		&& a->has_sha256 == b->has_sha256 && !memcmp(a->sha256, b->sha256, 32) && !memcmp(&a->endpoint, &b->endpoint, sizeof a->endpoint);
}

static bool unconditional(const struct bk_model_rule *r)
{
	return !r->has_args && !r->shell && !r->parent && !r->applet && !r->has_sha256 && !r->has_endpoint;
}

/* `wide` takes every request that `r` takes. */
static bool covers(const struct bk_model_rule *wide, const struct bk_model_rule *r)
{
	if (!wide->path || !r->path)
		return same_text(wide->path, r->path) && same_conditions(wide, r);
	if (!same_text(wide->path, r->path) && (bk_match_is_pattern(bk_text_of(r->path)) || !bk_match_path(bk_text_of(wide->path), bk_text_of(r->path))))
		return false;
	return unconditional(wide) || same_conditions(wide, r);
}

static void lint_pair(struct lint *l, const struct bk_model_rule *a, const struct bk_model_rule *b)
{
	if (same_text(a->path, b->path) && same_conditions(a, b) && a->action == b->action)
		warn(l, b, "the same rule stands in line %u", a->line);
	else if (a->action == b->action && covers(a, b))
		warn(l, b, "never decides: the rule in line %u takes all that it would", a->line);
	else if (a->action == b->action && covers(b, a))
		warn(l, a, "adds nothing: the rule in line %u takes all that it does", b->line);
	else if (a->action == BK_ALLOW && b->action != BK_ALLOW && covers(b, a))
		warn(l, a, "never allows anything: the rule in line %u forbids it, and that wins", b->line);
	else if (b->action == BK_ALLOW && a->action != BK_ALLOW && covers(a, b))
		warn(l, b, "never allows anything: the rule in line %u forbids it, and that wins", a->line);
}

#define PAIRS_MOST 2000u		/* rules of a section that are compared with each other: the comparison is quadratic */

static void lint_pairs(struct lint *l, const struct bk_model_section *s)
{
	if (s->count > PAIRS_MOST) {
		bk_diag_add(l->d, BK_NOTE, l->name, 0, 0, "more than %u rules in a section: they were not compared with each other", PAIRS_MOST);
		return;
	}
	for (size_t i = 0; i < s->count; i++)
		for (size_t k = i + 1; k < s->count; k++)
			lint_pair(l, &s->rules[i], &s->rules[k]);
}

static void lint_environment(struct lint *l, const struct bk_model_rule *r)
{
	if (r->action != BK_ALLOW)
		return;
	if (!bk_injection_variable(bk_text_of(r->path)))
		warn(l, r, "'%s' is not a variable that is held back: the rule has no effect", r->path);
	else if (!strncmp(r->path, "LD_PRELOAD", 10) || !strncmp(r->path, "LD_AUDIT", 8))
		warn(l, r, "'%s' puts code into every child: the libraries section alone stands behind it", r->path);
}

void bk_policy_lint(const char *name, const struct bk_model *m, struct bk_diags *d)
{
	struct lint l = { name, m, d };

	for (int s = 0; s < BK_SECTIONS; s++) {
		const struct bk_model_section *section = &m->section[s];

		for (size_t i = 0; i < section->count; i++) {
			const struct bk_model_rule *r = &section->rules[i];

			if (s == BK_PROCESSES)
				lint_process(&l, r);
			if (s == BK_PROCESSES || s == BK_LIBRARIES) {
				lint_file(&l, r, s == BK_PROCESSES ? "program" : "library");
				lint_written(&l, r);
			}
			if (s == BK_ENVIRONMENT)
				lint_environment(&l, r);
		}
		lint_pairs(&l, section);
	}
	if (m->expires && (time_t)m->expires <= time(NULL))
		bk_diag_add(d, BK_WARNING, name, 0, 0, "the policy has expired: buckler-init refuses it");
	if (!m->has_main && m->section[BK_PROCESSES].present)
		bk_diag_add(d, BK_WARNING, name, 0, 0, "there is no main: any image may be started as the function");
}
