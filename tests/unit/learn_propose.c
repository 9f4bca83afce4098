/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is proposed for what was seen: rows of acts and the rules that come out.  For every row besides: the policy allows all that it was
 * learned from, the order of the acts does not matter, learning it again changes nothing, and learning the acts one after the other,
 * each time joined to the policy that is there, ends in a policy that allows them all.
 */
#include "learn/propose.h"

#include <string.h>

#include "core/decide.h"
#include "learn/reader.h"
#include "tests/support/tap.h"

#define ACTS 48

struct row {
	const char *name;
	const char *acts[ACTS];		/* "exec PATH|ARGV0|ARGV1...", "script PATH|INTERPRETER|ARGV...", "main PATH|...", "load PATH", "code PATH", "environment NAME=VALUE" */
	const char *rules;		/* what is said of processes and libraries, a line each; see say_rule() */
};

static const struct row rows[] = {
	{ "nothing but main", { "main /usr/bin/node|node|/f.js" }, "" },
	{ "one command is taken as it is", { "exec /usr/bin/convert|convert|a.png|-resize|100x100|b.png" }, "/usr/bin/convert [a.png -resize 100x100 b.png]\n" },
	{ "no arguments", { "exec /bin/date|date" }, "/bin/date []\n" },
	{ "what varies becomes a wildcard", {
		"exec /usr/bin/convert|convert|/tmp/a.png|-resize|100x100|/tmp/b.png", "exec /usr/bin/convert|convert|/tmp/c.png|-resize|20x30|/tmp/d.png" },
	  "/usr/bin/convert [/tmp/*.png -resize * /tmp/*.png]\n" },
	{ "options are never joined", { "exec /bin/gzip|gzip|-k|a", "exec /bin/gzip|gzip|-d|b" }, "/bin/gzip [-d b]\n/bin/gzip [-k a]\n" },
	{ "the value of an option is", { "exec /bin/x|x|--to=/tmp/one", "exec /bin/x|x|--to=/tmp/two" }, "/bin/x [--to=/tmp/*]\n" },
	{ "temporary names, seen once", { "exec /bin/gzip|gzip|/tmp/tmp0wfak26y.txt" }, "/bin/gzip [/tmp/tmp*.txt]\n" },
	{ "a UUID, seen once", { "exec /bin/x|x|/data/123e4567-e89b-12d3-a456-426614174000/in" }, "/bin/x [/data/*/in]\n" },
	{ "folders of varying depth", { "exec /bin/x|x|/data/a/b.txt", "exec /bin/x|x|/data/c.txt" }, "/bin/x [/data/**.txt]\n" },
	{ "subcommands stay apart", { "exec /usr/bin/git|git|clone|https://h/a.git", "exec /usr/bin/git|git|clone|https://h/b.git", "exec /usr/bin/git|git|gc" },
	  "/usr/bin/git [gc]\n/usr/bin/git [clone https://h/*.git]\n" },
	{ "more shapes than eight: any rest", { "exec /bin/x|x|a", "exec /bin/x|x|a|b", "exec /bin/x|x|a|b|c", "exec /bin/x|x|a|-1", "exec /bin/x|x|a|-2",
		"exec /bin/x|x|a|-3", "exec /bin/x|x|a|-4", "exec /bin/x|x|a|-5", "exec /bin/x|x|a|-6" }, "/bin/x [a ...]\n" },
	{ "program text is listed, not generalised", { "exec /usr/bin/python3.11|python3|-c|print(1)", "exec /usr/bin/python3.11|python3|-c|print(2)" },
	  "/usr/bin/python3.11 [-c print(1)]\n/usr/bin/python3.11 [-c print(2)]\n" },
	{ "its arguments are", { "exec /usr/bin/python3.11|python3|/f/x.py|one", "exec /usr/bin/python3.11|python3|/f/x.py|two" }, "/usr/bin/python3.11 [/f/x.py *]\n" },
	{ "a shell's string becomes a template", { "exec /usr/bin/dash|sh|-c|cat a.txt | wc -l", "exec /usr/bin/dash|sh|-c|cat b.txt | wc -l" },
	  "/usr/bin/dash {cat {a}.txt | wc -l}\n" },
	{ "one string as it was written", { "exec /usr/bin/dash|sh|-c|cat 'a b' >$HOME/x" }, "/usr/bin/dash {cat 'a b' >$HOME/x}\n" },
	{ "other commands, other templates", { "exec /usr/bin/dash|sh|-c|cat a", "exec /usr/bin/dash|sh|-c|rm a" }, "/usr/bin/dash {cat a}\n/usr/bin/dash {rm a}\n" },
	{ "a word with blanks is quoted in one, plain in the other", { "exec /usr/bin/dash|sh|-c|cat 'a b'", "exec /usr/bin/dash|sh|-c|cat c" }, "/usr/bin/dash {cat {a}}\n" },
	{ "a script without -c", { "exec /usr/bin/bash|bash|/f/run.sh|x1", "exec /usr/bin/bash|bash|/f/run.sh|x2" }, "/usr/bin/bash [/f/run.sh x*]\n" },
	{ "a script is named, not its interpreter", { "script /f/run.sh|/usr/bin/dash|/bin/sh|/f/run.sh|one" }, "/f/run.sh [one]\n" },
	{ "applets of a multi-call binary", { "exec /bin/busybox|wc|-l|a", "exec /bin/busybox|busybox|cat|b" }, "/bin/busybox:cat [b]\n/bin/busybox:wc [-l a]\n" },
	{ "wildcards in what was seen are literal", { "exec /bin/x|x|a*b?c" }, "/bin/x [a\\*b\\?c]\n" },
	{ "a few libraries, one by one", { "load /usr/lib/a.so", "load /usr/lib/b.so", "load /opt/lib/c.so" }, "lib /opt/lib/c.so #\nlib /usr/lib/a.so #\nlib /usr/lib/b.so #\n" },
	{ "four of a folder: the folder", { "load /usr/lib/a.so", "load /usr/lib/b.so", "load /usr/lib/c.so", "load /usr/lib/d.so", "load /usr/lib/sub/e.so" },
	  "lib /usr/lib/*\nlib /usr/lib/sub/e.so #\n" },
	{ "all of a folder: the folder", { "load /all/a.so", "load /all/b.so" }, "lib /all/*\n" },
	{ "never a folder that the function can change", { "load /open/a.so", "load /open/b.so", "load /open/c.so", "load /open/d.so" },
	  "lib /open/a.so #\nlib /open/b.so #\nlib /open/c.so #\nlib /open/d.so #\n" },
	{ "nor one below /tmp", { "load /tmp/a.so", "load /tmp/b.so", "load /tmp/c.so", "load /tmp/d.so" },
	  "lib /tmp/a.so #\nlib /tmp/b.so #\nlib /tmp/c.so #\nlib /tmp/d.so #\n" },
	{ "generated code", { "code /usr/bin/node" }, "code\n" },
	{ "injection variables", { "environment NODE_OPTIONS=--max-old-space-size=64" }, "environment NODE_OPTIONS=--max-old-space-size=64\n" },
};

/* --- acts --- */

static void see(struct bk_seen *seen, const char *act, unsigned number)
{
	char text[1024];
	const char *path;
	struct bk_log_event e = { .verdict = BK_LEARNED, .has_verdict = true, .seq = number + 1, .pid = 4711 };
	bool load = !strncmp(act, "load ", 5), script = !strncmp(act, "script ", 7);

	snprintf(text, sizeof text, "%s", strchr(act, ' ') + 1);
	e.kind = load ? BK_EVENT_LOAD : !strncmp(act, "code ", 5) ? BK_EVENT_CODE : !strncmp(act, "env", 3) ? BK_EVENT_ENVIRONMENT : BK_EVENT_EXEC;
	e.main = !strncmp(act, "main ", 5);
	for (char *c = text; e.kind == BK_EVENT_EXEC && *c; c++)
		if (*c == '|' && c[1] != ' ' && c[-1] != ' ')
			*c = '\1';
	path = strtok(text, "\1");
	e.path = bk_text_of(path);
	if (script)
		e.interpreter = bk_text_of(strtok(NULL, "\1"));
	char *argv = e.kind == BK_EVENT_EXEC ? strtok(NULL, "") : NULL;
	if (argv) {
		e.argv = (struct bk_args){ argv, (uint32_t)strlen(argv) + 1, 1, false };
		for (char *c = argv; *c; c++)
			if (*c == '\1') {
				*c = '\0';
				e.argv.count++;
			}
	}
	e.has_sha256 = load || e.kind == BK_EVENT_EXEC;
	if (e.has_sha256)
		memcpy(e.sha256, path, strlen(path) < 32 ? strlen(path) : 32);
	e.key = bk_hash_bytes(BK_HASH_START, act, strlen(act)) | 1;
	bk_seen_add(seen, &e);
}

static size_t count_acts(const struct row *row)
{
	size_t n = 0;

	while (n < ACTS && row->acts[n])
		n++;
	return n;
}

/* --- what comes out --- */

static void say_rule(struct bk_buf *out, const struct bk_model_rule *r, enum bk_section section)
{
	bk_buf_printf(out, "%s%s", section == BK_LIBRARIES ? "lib " : section == BK_ENVIRONMENT ? "environment " : "", r->path);
	if (r->applet)
		bk_buf_printf(out, ":%s", r->applet);
	if (r->shell)
		bk_buf_printf(out, " {%s}", r->shell);
	for (size_t i = 0; i < r->arg_count; i++)
		bk_buf_printf(out, "%s%s", i ? " " : " [", r->args[i]);
	if (r->has_args)
		bk_buf_text(out, r->arg_count ? "]" : " []");
	if (section == BK_LIBRARIES && r->has_sha256)
		bk_buf_text(out, " #");
	bk_buf_text(out, "\n");
}

static int compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The rules of `text` in one order, since the order in which rules of one program stand says nothing. */
static void sort_lines(char *text, struct bk_buf *out)
{
	char *lines[128];
	size_t n = 0;

	for (char *line = strtok(text, "\n"); line && n < 128; line = strtok(NULL, "\n"))
		lines[n++] = line;
	qsort(lines, n, sizeof *lines, compare_lines);
	for (size_t i = 0; i < n; i++)
		bk_buf_printf(out, "%s\n", lines[i]);
}

static void say_model(const struct bk_model *m, struct bk_buf *out)
{
	static const enum bk_section sections[] = { BK_PROCESSES, BK_LIBRARIES, BK_ENVIRONMENT };
	BK_BUF text = { 0 };

	bk_buf_text(&text, "");
	bk_buf_text(out, "");
	for (size_t s = 0; s < 3; s++)
		for (size_t i = 0; i < m->section[sections[s]].count; i++)
			say_rule(&text, &m->section[sections[s]].rules[i], sections[s]);
	if (m->section[BK_GENERATED_CODE].allows)
		bk_buf_text(&text, "code\n");
	sort_lines(text.at, out);
}

static bool changeable(void *to, const char *folder)
{
	(void)to;
	return !strcmp(folder, "/open/");
}

static size_t libraries(void *to, const char *folder)
{
	(void)to;
	return strcmp(folder, "/all/") ? 1000 : 2;
}

static const struct bk_propose_options options = { .changeable = changeable, .libraries = libraries };

static struct bk_model *propose(struct bk_seen *seen, struct bk_model *old, const char *text)
{
	struct bk_diags notes = { 0 };
	struct bk_model *m = bk_propose(seen, &options, old, text, &notes);

	bk_diags_free(&notes);
	return m;
}

static uint64_t denied(struct bk_seen *seen, const struct bk_model *m)
{
	struct bk_diags d = { 0 };
	BK_BUF bytes = { 0 };
	struct bk_policy policy;
	uint64_t n = UINT64_MAX;

	if (bk_policy_compile(m, &bytes, &d) == 0 && bk_policy_open(&policy, bytes.at, bytes.len, NULL) == BK_POLICY_OK)
		n = bk_propose_replay(seen, &policy).denied;
	bk_diags_free(&d);
	return n;
}

/* As `learn --merge` does: through text. */
static struct bk_model *again(const struct bk_model *m, struct bk_seen *seen, struct bk_buf *text)
{
	struct bk_diags d = { 0 };
	struct bk_model *old;

	bk_policy_print(m, text);
	old = bk_policy_parse("policy.yaml", text->at, text->len, &d);
	bk_diags_free(&d);
	return old ? propose(seen, old, text->at) : NULL;
}

static void try_row(const struct row *row)
{
	size_t count = count_acts(row);
	struct bk_seen seen = { 0 }, reverse = { 0 };
	BK_BUF said = { 0 }, wanted = { 0 }, said_reverse = { 0 }, text = { 0 }, text_again = { 0 };

	for (size_t i = 0; i < count; i++)
		see(&seen, row->acts[i], (unsigned)i);
	for (size_t i = count; i-- > 0; )
		see(&reverse, row->acts[i], (unsigned)(count - i));
	struct bk_model *m = propose(&seen, NULL, NULL), *r = propose(&reverse, NULL, NULL);
	BK_FREE char *copy = bk_strdup(row->rules);
	say_model(m, &said);
	say_model(r, &said_reverse);
	bk_buf_text(&wanted, "");
	sort_lines(copy, &wanted);
	if (!ok(!strcmp(said.at, wanted.at), "%s", row->name))
		printf("# got %s# wanted %s", said.at, wanted.at);
	ok(!strcmp(said.at, said_reverse.at), "%s: in whatever order", row->name);
	ok(denied(&seen, m) == 0, "%s: it allows what it was learned from", row->name);
	struct bk_model *same = again(m, &seen, &text);
	bk_policy_print(same, &text_again);
	if (!ok(!strcmp(text.at, text_again.at), "%s: learned again it stays", row->name))
		printf("# %s\n# %s\n", text.at, text_again.at);
	bk_model_free(m);
	bk_model_free(r);
	bk_model_free(same);
	bk_seen_free(&reverse);

	m = NULL;
	for (size_t i = 0; i < count; i++) {
		struct bk_seen one = { 0 };
		BK_BUF before = { 0 };
		struct bk_model *next;

		see(&one, row->acts[i], 0);
		next = m ? again(m, &one, &before) : propose(&one, NULL, NULL);
		bk_model_free(m);
		m = next;
		bk_seen_free(&one);
	}
	ok(denied(&seen, m) == 0, "%s: so does one that was joined step by step", row->name);
	bk_model_free(m);
	bk_seen_free(&seen);
}

/* A thousand runs with other names each: the policy must stop growing. */
static void converge(void)
{
	struct bk_model *m = NULL;
	size_t rules = 0;
	char act[128];

	for (unsigned i = 0; i < 200; i++) {
		struct bk_seen seen = { 0 };
		BK_BUF text = { 0 };
		struct bk_model *next;

		snprintf(act, sizeof act, "exec /bin/x|x|/data/%u/in%u.txt|v%c", i * 7919, i, 'a' + (int)i % 26);
		see(&seen, act, 0);
		snprintf(act, sizeof act, "exec /usr/bin/dash|sh|-c|cat /data/%u.txt | tool --n=%u", i * 31, i);
		see(&seen, act, 1);
		next = m ? again(m, &seen, &text) : propose(&seen, NULL, NULL);
		bk_model_free(m);
		m = next;
		bk_seen_free(&seen);
		rules = m->section[BK_PROCESSES].count;
	}
	ok(rules == 2, "200 runs with other names: %zu rules", rules);
	bk_model_free(m);
}

static void comments(void)
{
	static const char policy[] = "# head\nversion: 1\n# about processes\nprocesses:\n  # mine\n  # learned: 1 time\n  - path: /bin/x\n    args: [a1]\n  - /bin/y # behind\n";
	struct bk_diags d = { 0 };
	struct bk_model *m = bk_policy_parse("p", policy, sizeof policy - 1, &d);
	struct bk_seen seen = { 0 };
	BK_BUF text = { 0 };

	see(&seen, "exec /bin/x|x|a2", 0);
	m->section[BK_PROCESSES].rules[0].has_sha256 = false;
	m = propose(&seen, m, policy);
	bk_policy_print(m, &text);
	ok(strstr(text.at, "# head\nversion") && strstr(text.at, "# about processes\nprocesses"), "comments above the whole and above a section stay");
	ok(strstr(text.at, "    # mine\n    # learned: 1 time, such as a2\n    - path: /bin/x\n      args: [a*]"), "of a rule that was widened the evidence is new, the rest stays");
	ok(strstr(text.at, "    # behind\n    - /bin/y"), "one behind a rule stays");
	if (tap_failed)
		printf("# %s\n", text.at);
	bk_model_free(m);
	bk_diags_free(&d);
	bk_seen_free(&seen);
}

static void warnings(void)
{
	struct bk_log_event e = { .kind = BK_EVENT_EXEC, .verdict = BK_LEARNED, .has_verdict = true, .seq = 1, .key = 1, .path = BK_TEXT("/memfd:x (deleted)"),
				  .argv = { "x", 2, 1, false } };
	struct bk_seen seen = { 0 };
	struct bk_diags notes = { 0 };
	struct bk_model *m;

	bk_seen_add(&seen, &e);
	e = (struct bk_log_event){ .kind = BK_EVENT_EXEC, .verdict = BK_LEARNED, .has_verdict = true, .seq = 2, .key = 2, .path = BK_TEXT("/usr/bin/dash"),
				   .argv = { "sh\0-c\0echo and so on", 20, 3, true } };
	bk_seen_add(&seen, &e);
	e = (struct bk_log_event){ .kind = BK_EVENT_SYSCALL, .verdict = BK_LEARNED, .has_verdict = true, .seq = 3, .key = 3, .path = BK_TEXT("ptrace") };
	bk_seen_add(&seen, &e);
	e = (struct bk_log_event){ .kind = BK_EVENT_EXEC, .verdict = BK_DENIED, .has_verdict = true, .seq = 4, .key = 4, .path = BK_TEXT("/bin/evil") };
	bk_seen_add(&seen, &e);
	e = (struct bk_log_event){ .kind = BK_EVENT_EXEC, .verdict = BK_LEARNED, .has_verdict = true, .seq = 5, .key = 5, .path = BK_TEXT("/bin/forged"), .suspect = "why" };
	bk_seen_add(&seen, &e);
	m = bk_propose(&seen, &options, NULL, NULL, &notes);
	ok(m->section[BK_PROCESSES].count == 0, "a memory file, a shell whose string was cut, what was denied, what may be forged: no rules");
	ok(notes.count == 5, "and a word about each of them and of ptrace: %zu", notes.count);
	ok(denied(&seen, m) == 2, "which the policy does not allow");
	bk_model_free(m);
	bk_diags_free(&notes);
	bk_seen_free(&seen);
}

int main(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		try_row(&rows[i]);
	converge();
	comments();
	warnings();
	return tap_end();
}
