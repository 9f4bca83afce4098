/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is allowed to be written but is hardly ever meant: warnings.  Here are programs and files; lint_network.c looks at the network and the
 * environment, lint_shell.c at the holes of templates, lint_rules.c compares rules with each other.
 */
#include <string.h>
#include <time.h>
#include "core/decide.h"
#include "core/match.h"
#include "lang/covers.h"
#include "lang/lint.h"

/* --- programs ---------------------------------------------------------------------------------------------------------------------- */

static bool is_interpreter(const char *path)
{
	static const char *const names[] = {
		"python", "pypy", "node", "nodejs", "deno", "bun", "perl", "ruby", "php", "java", "jshell", "groovy", "lua", "luajit", "awk", "gawk", "mawk",
		"nawk", "tclsh", "wish", "expect", "guile", "Rscript", "R", "julia", "erl", "escript", "ocaml", "pwsh", "dotnet", "gdb", "env", "xargs",
		"find", NULL
	};
	struct bk_text base = bk_text_basename(bk_text_of(path));

	for (int i = 0; names[i]; i++) {
		size_t n = strlen(names[i]);

		/* python3.11, lua5.4: a version may follow the name */
		if (!strncmp(base.at, names[i], n) && !base.at[n + strspn(base.at + n, "0123456789.-")])
			return true;
	}
	return false;
}

static bool is_shell(const char *path)
{
	return bk_is_shell(bk_text_basename(bk_text_of(path)));
}

/* No condition on what the program is given. */
static bool is_unbound(const struct bk_model_rule *r)
{
	return !r->shell && (!r->has_args || (r->arg_count == 1 && !strcmp(r->args[0], "...")));
}

static bool begins_wild(const char *pattern)
{
	return *pattern == '*' || *pattern == '?' || !strcmp(pattern, "...");
}

/* Options that make the next argument program text, in some shell or interpreter. */
static bool takes_program(const char *arg)
{
	static const char *const options[] = { "-c", "-e", "-r", "-E", "-p", "-exec", "--eval", "--print", "--run", "-le", "-ne", "-pe", "-lc", "-ec", NULL };

	for (int i = 0; options[i]; i++)
		if (!strcmp(arg, options[i]))
			return true;
	return false;
}

/* The pattern that leaves the program text open, or NULL. */
static const char *open_program(const struct bk_model_rule *r)
{
	if (r->has_args && r->arg_count && begins_wild(r->args[0]))
		return r->args[0];
	for (size_t i = 0; i + 1 < r->arg_count; i++)
		if (takes_program(r->args[i]) && (begins_wild(r->args[i + 1]) || bk_match_is_pattern(bk_text_of(r->args[i + 1]))))
			return r->args[i + 1];
	return NULL;
}

static bool is_writable_place(const char *path)
{
	static const char *const places[] = { "/tmp/", "/var/tmp/", "/dev/shm/", NULL };

	for (int i = 0; places[i]; i++)
		if (!strncmp(path, places[i], strlen(places[i])))
			return true;
	return false;
}

/* A script that anybody could put there; what runs another program is judged by that. */
static const char *written_script(const struct bk_model_rule *r)
{
	static const char *const others[] = { "env", "xargs", "find", NULL };
	struct bk_text base = bk_text_basename(bk_text_of(r->path));

	for (int i = 0; others[i]; i++)
		if (!strcmp(base.at, others[i]))
			return NULL;
	for (size_t i = 0; i < r->arg_count; i++)
		if (*r->args[i] != '-')
			return is_writable_place(r->args[i]) ? r->args[i] : NULL;
	return NULL;
}

static void lint_program_text(struct bk_lint *l, const struct bk_model_rule *r)
{
	bool shell = is_shell(r->path);
	const char *open = open_program(r), *script = written_script(r);

	if (is_unbound(r) && shell)
		bk_lint_warn(l, r, "the shell '%s' may run any command: give it a shell template or args", r->path);
	else if (is_unbound(r))
		bk_lint_warn(l, r, "the interpreter '%s' may run any program text: give it args", r->path);
	else if (open && shell)
		bk_lint_warn(l, r, "'%s' in args lets the shell '%s' run any command: give it a shell template", open, r->path);
	else if (open)
		bk_lint_warn(l, r, "'%s' in args lets '%s' run any program text: name the script", open, r->path);
	else if (script)
		bk_lint_warn(l, r, "anybody can write to '%s', which '%s' runs: keep the script elsewhere", script, r->path);
}

static void lint_variables(struct bk_lint *l, const struct bk_model_rule *r)
{
	for (size_t i = 0; i < r->arg_count; i++)
		if (bk_injection_variable(bk_text_of(r->args[i])))
			bk_lint_warn(l, r, "the argument '%s' sets a variable that puts code into a program", r->args[i]);
}

/* Programs that a pattern takes in by accident. */
static void lint_taken_in(struct bk_lint *l, const struct bk_model_rule *r)
{
	static const char *const programs[] = {
		"/bin/sh", "/usr/bin/sh", "/bin/bash", "/usr/bin/bash", "/usr/bin/dash", "/bin/busybox", "/usr/bin/env", "/usr/bin/perl", "/usr/bin/python3",
		"/usr/local/bin/python3", "/usr/bin/node", "/usr/local/bin/node", "/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1",
		"/lib/ld-musl-x86_64.so.1", "/usr/lib64/ld-linux-x86-64.so.2", NULL
	};

	if (!is_unbound(r) || r->applet || r->has_sha256)
		return;
	for (int i = 0; programs[i]; i++)
		if (bk_match_path(bk_text_of(r->path), bk_text_of(programs[i]))) {
			bk_lint_warn(l, r, "'%s' takes in '%s', which may run anything: list the programs that are meant", r->path, programs[i]);
			return;
		}
}

static bool has_applet(const struct bk_model_rule *r)
{
	return r->applet != NULL || r->shell != NULL;
}

/* The shell among a multi-call image's programs that the rule takes in, or NULL. */
static const char *shell_applet(const struct bk_model_rule *r)
{
	static const char *const shells[] = { "sh", "ash", "hush", "bash", NULL };

	for (int i = 0; r->applet && shells[i]; i++)
		if (bk_match_path(bk_text_of(r->applet), bk_text_of(shells[i])))
			return shells[i];
	return NULL;
}

static void lint_multicall(struct bk_lint *l, const struct bk_model_rule *r)
{
	const char *shell = shell_applet(r), *open = shell ? open_program(r) : NULL;

	if (!has_applet(r))
		bk_lint_warn(l, r, "'%s' is many programs in one: name them with applet", r->path);
	else if (shell && is_unbound(r))
		bk_lint_warn(l, r, "the applet '%s' takes in the shell '%s', which may run any command: give it a shell template or args", r->applet, shell);
	else if (open)
		bk_lint_warn(l, r, "'%s' in args lets the shell '%s' run any command: give it a shell template", open, shell);
}

static void lint_process(struct bk_lint *l, const struct bk_model_rule *r)
{
	struct bk_text path = bk_text_of(r->path);

	if (r->action != BK_ALLOW)
		return;
	lint_variables(l, r);
	if (r->shell)
		bk_lint_shell(l, r);
	if (bk_is_loader(path))
		bk_lint_warn(l, r, "the dynamic loader '%s' runs any file that it is given: list the program instead", r->path);
	else if (bk_is_multicall(path))
		lint_multicall(l, r);
	else if (is_shell(r->path) || is_interpreter(r->path))
		lint_program_text(l, r);
	else if (r->shell && !bk_match_is_pattern(path))
		bk_lint_warn(l, r, "never decides: '%s' is no shell, and a template is for `sh -c` alone", r->path);
	else if (bk_match_is_pattern(path) && strcmp(r->path, "/**") && strcmp(r->path, "**"))
		lint_taken_in(l, r);
}

/* --- files --------------------------------------------------------------------------------------------------------------------------- */

/* A component that no canonical path has, or NULL. */
static const char *never_canonical(const char *path)
{
	static const char *const parts[] = { "//", "/./", "/../", NULL };
	size_t n = strlen(path);

	for (int i = 0; parts[i]; i++)
		if (strstr(path, parts[i]))
			return parts[i];
	if (n > 2 && !strcmp(path + n - 3, "/.."))
		return "/..";
	return n > 1 && path[n - 1] == '/' ? "/ at its end" : NULL;
}

/* What stands behind /proc/self or /proc/thread-self, links to the process's number, or NULL. */
static const char *behind_self(const char *path)
{
	static const char *const links[] = { "/proc/self/", "/proc/thread-self/", NULL };

	for (int i = 0; links[i]; i++)
		if (!strncmp(path, links[i], strlen(links[i])))
			return path + strlen(links[i]);
	return NULL;
}

/* Links that are more than their text (proc(5)), and those to them. */
static bool is_magic_link(const char *path)
{
	static const char *const links[] = { "exe", "cwd", "root", "/dev/stdin", "/dev/stdout", "/dev/stderr", NULL };
	const char *own = behind_self(path);

	for (int i = 0; links[i]; i++)
		if (!strcmp(own ? own : path, links[i]))
			return true;
	return !strncmp(path, "/dev/fd/", 8) || (own && !strncmp(own, "fd/", 3));
}

/* Why no canonical path is like the pattern. */
static void lint_never(struct bk_lint *l, const struct bk_model_rule *r)
{
	const char *part = never_canonical(r->path), *own = behind_self(r->path);

	if (part)
		bk_lint_warn(l, r, "'%s' matches nothing: a canonical path has no %s", r->path, part);
	else if (*r->path == '*' && r->path[1] != '*' && !strchr(r->path, '/'))
		bk_lint_warn(l, r, "'%s' matches nothing: a path begins with '/', for which * does not stand: write '**/%s' or the folder", r->path, r->path);
	else if (is_magic_link(r->path))
		bk_lint_warn(l, r, "'%s' matches nothing: it is a link, and judged as what it leads to: name that", r->path);
	else if (own)
		bk_lint_warn(l, r, "'%s' matches nothing: its folder is a link to the number of a process: write '/proc/*/%s'", r->path, own);
}

static void lint_place(struct bk_lint *l, enum bk_section section, const struct bk_model_rule *r)
{
	static const char *const what[BK_SECTIONS] = {
		[BK_PROCESSES] = "program", [BK_LIBRARIES] = "library", [BK_WRITE] = "file to be written", [BK_READ] = "file to be read",
		[BK_PLANT] = "file of code to be written"
	};

	lint_never(l, r);
	if (r->action != BK_ALLOW)
		return;
	if (!strcmp(r->path, "**") || !strcmp(r->path, "/**"))
		bk_lint_warn(l, r, "'%s' allows every %s", r->path, what[section]);
	else if ((section == BK_PROCESSES || section == BK_LIBRARIES) && is_writable_place(r->path) && !r->has_sha256)
		bk_lint_warn(l, r, "anybody can write to '%s': give a sha256, or keep the %s elsewhere", r->path, what[section]);
}

/* What the function may write it must not execute, unless its content is fixed. */
static void lint_written(struct bk_lint *l, const struct bk_model_rule *r)
{
	const struct bk_model_section *w = &l->m->section[BK_WRITE];

	if (r->action != BK_ALLOW || r->has_sha256 || is_writable_place(r->path))
		return;
	for (size_t i = 0; i < w->count; i++)
		if (w->rules[i].action == BK_ALLOW && bk_rule_covers_path(BK_WRITE, &w->rules[i], r)) {
			bk_lint_warn(l, r, "files.write lets the function change '%s', which it may execute (line %u): give a sha256", r->path,
				     w->rules[i].line);
			return;
		}
}

/* --- the whole --------------------------------------------------------------------------------------------------------------------------- */

static void lint_rule(struct bk_lint *l, enum bk_section section, const struct bk_model_rule *r)
{
	if (section == BK_CONNECT || section == BK_LISTEN) {
		bk_lint_network(l, section, r);
	} else if (section == BK_ENVIRONMENT) {
		bk_lint_environment(l, r);
	} else {
		lint_place(l, section, r);
		if (section == BK_PROCESSES)
			lint_process(l, r);
		if (section == BK_PROCESSES || section == BK_LIBRARIES)
			lint_written(l, r);
	}
}

static void lint_whole(struct bk_lint *l)
{
	if (l->m->expires && (time_t)l->m->expires <= time(NULL))
		bk_diag_add(l->d, BK_WARNING, l->name, 0, 0, "the policy has expired: buckler-init refuses it");
	if (!l->m->has_main && l->m->section[BK_PROCESSES].present)
		bk_diag_add(l->d, BK_WARNING, l->name, 0, 0, "there is no main: any image may be started as the function");
	if (l->m->has_main && l->m->main.path)
		lint_written(l, &l->m->main);
}

static int by_line(const void *a, const void *b)
{
	const struct bk_diag *x = a, *y = b;

	if (x->line != y->line)
		return x->line - 1 < y->line - 1 ? -1 : 1;	/* 0, the file as a whole, comes last */
	if (x->column != y->column)
		return x->column < y->column ? -1 : 1;
	return strcmp(x->message, y->message);
}

void bk_policy_lint(const char *name, const struct bk_model *m, struct bk_diags *d)
{
	struct bk_lint l = { name, m, d };
	size_t before = d->count;

	for (int s = 0; s < BK_SECTIONS; s++) {
		for (size_t i = 0; i < m->section[s].count; i++)
			if (m->section[s].rules[i].path || s == BK_CONNECT || s == BK_LISTEN)
				lint_rule(&l, s, &m->section[s].rules[i]);
		bk_lint_rules(&l, s);
	}
	lint_whole(&l);
	if (d->count > before)
		qsort(d->at + before, d->count - before, sizeof *d->at, by_line);
}
