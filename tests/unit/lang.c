/* SPDX-License-Identifier: Apache-2.0 */
/* Policy text: what is refused and where, and that what is accepted survives compiling, showing and compiling again. */
#include <stdlib.h>
#include "core/decide.h"
#include "lang/policy_model.h"
#include "tests/support/tap.h"

/* --- bad input ---------------------------------------------------------------------------------------------------------- */

static const struct { const char *text; unsigned line, column; const char *part; } bad[] = {
	{ "", 1, 1, "empty" },
	{ "# nothing\n", 1, 1, "empty" },
	{ "a", 1, 1, "must be a mapping" },
	{ "- a\n", 1, 1, "must be a mapping" },
	{ "mode: learn\n", 1, 1, "'version' is missing" },
	{ "version: 2\n", 1, 10, "version '2'" },
	{ "version: [1]\n", 1, 10, "single value" },
	{ "version: 1\nversion: 1\n", 2, 1, "duplicate key 'version'" },
	{ "version: 1\nproceses: []\n", 2, 1, "did you mean 'processes'" },
	{ "version: 1\nzzzzzzzzzz: 1\n", 2, 1, "unknown key 'zzzzzzzzzz'" },
	{ "version: 1\nmode: off\n", 2, 7, "mode" },
	{ "version: 1\nmode: {}\n", 2, 7, "single value" },
	{ "version: 1\nunsupported: maybe\n", 2, 14, "unsupported" },
	{ "version: 1\nexpires: tomorrow\n", 2, 10, "date" },
	{ "version: 1\nexpires: 2027-13-01\n", 2, 10, "date" },
	{ "version: 1\nexpires: 2027-1-1\n", 2, 10, "date" },
	{ "version: 1\nfunction: ''\n", 2, 11, "empty" },
	{ "version: 1\nmain: node\n", 2, 7, "must begin with '/'" },
	{ "version: 1\nmain: [a]\n", 2, 7, "single value" },
	{ "version: 1\nmain: {sha256: 12}\n", 2, 16, "64 hex digits" },
	{ "version: 1\nmain: {path: /a, args: []}\n", 2, 18, "unknown key 'args'" },
	{ "version: 1\nprocesses: all\n", 2, 12, "must be a list" },
	{ "version: 1\nprocesses:\n  - [a]\n", 3, 5, "must be a mapping or a path" },
	{ "version: 1\nprocesses:\n  - bin/x\n", 3, 5, "must begin with '/'" },
	{ "version: 1\nprocesses:\n  - {args: []}\n", 3, 5, "must have a path" },
	{ "version: 1\nprocesses:\n  - {path: /a, path: /b}\n", 3, 16, "duplicate key 'path'" },
	{ "version: 1\nprocesses:\n  - {path: /a, shel: x}\n", 3, 16, "did you mean 'shell'" },
	{ "version: 1\nprocesses:\n  - {path: /a, args: x}\n", 3, 22, "list of patterns" },
	{ "version: 1\nprocesses:\n  - {path: /a, args: [[]]}\n", 3, 23, "single value" },
	{ "version: 1\nprocesses:\n  - {path: /a, sha256: zz}\n", 3, 24, "64 hex digits" },
	{ "version: 1\nprocesses:\n  - {path: /a, action: ask}\n", 3, 24, "action" },
	{ "version: 1\nprocesses:\n  - {path: /bin/sh, shell: \"echo 'x\"}\n", 3, 34, "template" },
	{ "version: 1\nprocesses:\n  - {path: /bin/sh, shell: \"cat <<E\"}\n", 3, 33, "template" },
	{ "version: 1\nprocesses:\n  - {path: /bin/sh, shell: ls, args: []}\n", 3, 5, "cannot stand together" },
	{ "version: 1\nprocesses: {mode: loud}\n", 2, 19, "mode" },
	{ "version: 1\nprocesses: {alow: []}\n", 2, 13, "did you mean 'allow'" },
	{ "version: 1\nprocesses: {allow: x}\n", 2, 20, "must be a list" },
	{ "version: 1\nlibraries:\n  - {path: /a, args: []}\n", 3, 16, "unknown key 'args'" },
	{ "version: 1\ngenerated_code: maybe\n", 2, 17, "generated_code" },
	{ "version: 1\ngenerated_code: []\n", 2, 17, "single value" },
	{ "version: 1\nenvironment:\n  - {path: A}\n", 3, 6, "unknown key 'path'" },
	{ "version: 1\nnetwork: []\n", 2, 10, "must be a mapping" },
	{ "version: 1\nnetwork: {conect: []}\n", 2, 11, "did you mean 'connect'" },
	{ "version: 1\nnetwork:\n  connect:\n    - a.example\n", 4, 7, "must be a mapping" },
	{ "version: 1\nnetwork:\n  connect:\n    - {port: 70000}\n", 4, 14, "port" },
	{ "version: 1\nnetwork:\n  connect:\n    - {port: 9-8}\n", 4, 14, "port" },
	{ "version: 1\nnetwork:\n  connect:\n    - {address: a.example}\n", 4, 17, "IPv4 or IPv6" },
	{ "version: 1\nnetwork:\n  connect:\n    - {address: 10.0.0.0/33}\n", 4, 17, "a number up to 32" },
	{ "version: 1\nnetwork:\n  connect:\n    - {address: '::1/129'}\n", 4, 17, "a number up to 128" },
	{ "version: 1\nnetwork:\n  connect:\n    - {domain: a, address: 10.0.0.1}\n", 4, 7, "cannot stand together" },
	{ "version: 1\nnetwork:\n  connect:\n    - {action: deny}\n", 4, 7, "must have a domain" },
	{ "version: 1\nnetwork:\n  connect:\n    - {unix: socket}\n", 4, 14, "unix must be a path" },
	{ "version: 1\nfiles: {write: [tmp]}\n", 2, 17, "must begin with '/'" },
	{ "version: 1\nfiles: {red: {}}\n", 2, 9, "did you mean 'read'" },
	{ "version: 1\nprocesses: [&a /x, *a]\n", 2, 13, "anchors and aliases" },
	{ "version: 1\nprocesses: &a []\nlibraries: *a\n", 2, 12, "anchors and aliases" },
	{ "version: !!int 1\n", 1, 10, "tags" },
	{ "version: 1\n---\nversion: 1\n", 2, 1, "second document" },
	{ "version: 1\n  mode: learn\n", 2, 7, "not YAML" },
	{ "version: 1\nprocesses: [\n", 2, 13, "not YAML" },
	{ "version: \"1\n", 1, 12, "not YAML" },
	{ "version: 1\nfunction: \"a\\0b\"\n", 2, 11, "NUL" },
	{ "version: 1\nfunction: \xff\n", 0, 0, "not YAML" },
	{ "[[[[[[[[[[[[[[[[[[[[[[[[[[[", 1, 17, "nested too deep" },
};

static bool says(const struct bk_diags *d, unsigned line, unsigned column, const char *part)
{
	for (size_t i = 0; i < d->count; i++)
		if ((!line || (d->at[i].line == line && d->at[i].column == column)) && strstr(d->at[i].message, part))
			return true;
	return false;
}

static void test_bad(void)
{
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct bk_diags d = { 0 };
		struct bk_model *m = bk_policy_parse("p", bad[i].text, strlen(bad[i].text), &d);

		if (!ok(!m && d.errors && says(&d, bad[i].line, bad[i].column, bad[i].part), "refused: %s", bad[i].part))
			for (size_t k = 0; k < d.count; k++)
				printf("# %zu: %u:%u: %s\n", i, d.at[k].line, d.at[k].column, d.at[k].message);
		bk_model_free(m);
		bk_diags_free(&d);
	}
}

/* --- round trips ----------------------------------------------------------------------------------------------------------- */

static struct bk_model *parse(const char *text, size_t size)
{
	struct bk_diags d = { 0 };
	struct bk_model *m = bk_policy_parse("p", text, size, &d);

	for (size_t i = 0; i < d.count; i++)
		printf("# %u:%u: %s\n", d.at[i].line, d.at[i].column, d.at[i].message);
	bk_diags_free(&d);
	return m;
}

static void compile(const struct bk_model *m, struct bk_buf *out)
{
	struct bk_diags d = { 0 };

	ok(m && bk_policy_compile(m, out, &d) == 0, "it compiles");
	bk_diags_free(&d);
}

static void show(const struct bk_buf *bytes, struct bk_buf *text)
{
	struct bk_policy p;
	uint32_t at;

	ok(bk_policy_verify(&p, bytes->at, bytes->len, &at) == BK_POLICY_OK, "what was compiled is sound");
	struct bk_model *m = bk_policy_decompile(&p);
	bk_policy_print(m, text);
	bk_model_free(m);
}

static const char whole[] =
	"version: 1\nfunction: thumbnailer\nmode: enforce\nunsupported: refuse\nexpires: 2030-01-31\n"
	"main: {path: /var/lang/bin/node, sha256: 5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef}\n"
	"processes:\n  - path: /usr/bin/convert\n    args: [\"/tmp/*\", \"-resize\", \"*\", \"/tmp/*\", \"...\"]\n"
	"  - path: /bin/sh\n    shell: \"curl --silent -L {url} | ./bin/catdoc -\"\n"
	"  - {path: /bin/busybox, applet: cat, parent: /bin/sh, action: kill}\n  - \"/odd path/\\xe9\\n: #\"\n  - {path: /bin/true, args: []}\n"
	"libraries: {mode: alert, allow: [/usr/lib/**], deny: [/usr/lib/evil.so]}\n"
	"generated_code: {mode: learn, default: allow}\n"
	"environment: [NODE_OPTIONS, \"PYTHONPATH=/var/task/*\"]\n"
	"network:\n  connect:\n    - {domain: \"*.s3.eu-west-1.amazonaws.com\", port: 443}\n    - {address: 10.0.0.0/8, port: 5000-5432}\n"
	"    - {address: \"fd00::/8\"}\n    - {unix: /run/db.sock}\n    - {port: 53}\n  listen: []\n"
	"files:\n  write: [/tmp/**]\n  read: {deny: [/proc/*/environ, /var/task/.env]}\n";

static void test_round_trip(void)
{
	BK_BUF first = { 0 }; BK_BUF second = { 0 }; BK_BUF text = { 0 }; BK_BUF again = { 0 };
	struct bk_model *m = parse(whole, strlen(whole));

	compile(m, &first);
	show(&first, &text);
	bk_model_free(m);
	m = parse(text.at, text.len);
	compile(m, &second);
	show(&second, &again);
	bk_model_free(m);
	ok(text.len == again.len && !memcmp(text.at, again.at, text.len), "text to compiled to text is stable");
	ok(strstr(text.at, "unsupported: refuse") && strstr(text.at, "expires: 2030-01-31") && strstr(text.at, "applet: cat")
	   && strstr(text.at, "kill:") && strstr(text.at, "default: allow"), "nothing is lost");
	BK_BUF third = { 0 };
	m = parse(text.at, text.len);
	compile(m, &third);
	bk_model_free(m);
	ok(second.len == third.len && !memcmp(second.at, third.at, second.len), "the same text gives the same bytes");
}

static bool stands_under(const struct bk_policy *p, uint32_t key, struct bk_text path)
{
	uint32_t at = key ? bk_policy_find(p, key) : UINT32_MAX;

	for (const struct bk_rule *r; (r = bk_policy_rule(p, at)); at++) {
		if (bk_text_equal(bk_policy_text(p, r->path), path))
			return true;
		if (r->flags & BK_RULE_LAST)
			break;
	}
	return false;
}

/* Many patterns in one folder, of which each is told apart by how it begins or by how it ends. */
static void test_one_folder(const char *form, const char *hit, const char *miss)
{
	BK_BUF text = { 0 }; BK_BUF bytes = { 0 };
	struct bk_policy p;
	int right = 0;

	bk_buf_text(&text, "version: 1\nprocesses:\n");
	for (int i = 0; i < 300; i++) {
		bk_buf_text(&text, "  - '");
		bk_buf_printf(&text, form, i);
		bk_buf_text(&text, "'\n");
	}
	struct bk_model *m = parse(text.at, text.len);
	compile(m, &bytes);
	bk_policy_open(&p, bytes.at, bytes.len, NULL);
	for (int i = 0; i < 310; i++) {
		BK_FREE char *name = bk_format(hit, i), *other = bk_format(miss, i);
		struct bk_request q = { .section = BK_PROCESSES, .path = bk_text_of(name), .first_arg = 1 };

		right += (bk_decide(&p, &q, BK_ENFORCE).verdict == BK_ALLOWED) == (i < 300);
		q.path = bk_text_of(other);
		right += bk_decide(&p, &q, BK_ENFORCE).verdict == BK_DENIED;
	}
	ok(right == 620, "patterns in one folder, %s: each is found, and no other", form);
	bk_model_free(m);
}

static void test_many(void)
{
	BK_BUF text = { 0 }; BK_BUF bytes = { 0 };
	struct bk_policy p;
	size_t found = 0;

	bk_buf_text(&text, "version: 1\nprocesses:\n");
	for (int i = 0; i < 10000; i++)
		bk_buf_printf(&text, "  - /opt/tools/%d/bin/tool-%d%s\n", i % 97, i, i % 3 ? "" : "-*");
	struct bk_model *m = parse(text.at, text.len);
	compile(m, &bytes);
	ok(bk_policy_open(&p, bytes.at, bytes.len, NULL) == BK_POLICY_OK, "10,000 rules open");
	for (size_t i = 0; m && i < m->section[BK_PROCESSES].count; i++) {
		struct bk_text path = bk_text_of(m->section[BK_PROCESSES].rules[i].path);

		found += stands_under(&p, bk_policy_key(BK_PROCESSES, bk_policy_key_of(path)), path) ||
			 stands_under(&p, bk_policy_tail_key(BK_PROCESSES, path), path) || stands_under(&p, bk_policy_head_key(BK_PROCESSES, path), path);
	}
	ok(found == 10000, "each of them is found by its key");
	bk_model_free(m);
}

/* --- lint and diff ------------------------------------------------------------------------------------------------------------ */

static const struct { const char *rule, *part; } broad[] = {
	{ "processes: [/bin/sh]", "may run any command" },
	{ "processes: [/usr/bin/python3.11]", "may run any program text" },
	{ "processes: [/lib64/ld-linux-x86-64.so.2]", "dynamic loader" },
	{ "processes: [/bin/busybox]", "many programs in one" },
	{ "processes: [/**]", "allows every program" },
	{ "processes: [/tmp/tool]", "anybody can write" },
	{ "processes: [/bin/a, /bin/a]", "the same rule" },
	{ "processes: [/bin/*, /bin/a]", "never decides" },
	{ "processes: {allow: [/bin/a], deny: [/bin/*]}", "never allows anything" },
	{ "processes: [/opt/x]\nfiles: {write: [/opt/**]}", "lets the function change" },
	{ "libraries: [/**]", "allows every library" },
	{ "environment: [HOME]", "not a variable that is held back" },
	{ "environment: [LD_PRELOAD]", "puts code into every child" },
	{ "expires: 2001-01-01", "has expired" },
	{ "processes: ['*']", "matches nothing" },
	{ "processes: {deny: ['*.py']}", "matches nothing" },
	{ "libraries: ['*.so']", "'**/*.so'" },
	{ "files: {write: ['*']}", "matches nothing" },
	{ "processes: [/proc/self/exe]", "matches nothing: it is a link" },
	{ "files: {write: [/proc/self/fd/1]}", "matches nothing: it is a link" },
	{ "files: {write: [/dev/stdout]}", "matches nothing: it is a link" },
	{ "files: {read: [/proc/self/environ]}", "write '/proc/*/environ'" },
	{ "processes: [{path: /usr/bin/python3, args: ['/tmp/*.py']}]", "anybody can write to '/tmp/*.py'" },
	{ "processes: [{path: /usr/bin/node, args: [--no-warnings, /dev/shm/x.js, '*']}]", "anybody can write" },
	{ "processes: [{path: /bin/busybox, applet: sh}]", "takes in the shell 'sh'" },
	{ "processes: [{path: /bin/busybox, applet: ash, args: [...]}]", "takes in the shell 'ash'" },
	{ "processes: [{path: /bin/busybox, applet: '*'}]", "takes in the shell" },
	{ "processes: [{path: /bin/busybox, applet: sh, args: [-c, '*']}]", "run any command" },
	{ "environment: ['NODE_OPTIONS=*']", "takes in every value" },
	{ "environment: ['LD_LIBRARY_PATH=**']", "takes in every value" },
	{ "network: {connect: [{port: 443}]}", "every host on that port" },
	{ "network: {connect: [{domain: '*', port: 443}]}", "every host on that port" },
	{ "network: {connect: [{address: 0.0.0.0/0, port: 80-90}]}", "every host on those ports" },
	{ "network: {connect: [{domain: '*'}]}", "allows every destination" },
	{ "network: {connect: [{domain: '*.com'}]}", "every name below 'com'" },
	{ "network: {connect: [{domain: '**.com', port: 443}]}", "every name below 'com'" },
	{ "network: {connect: [{domain: 'api.*'}]}", "anybody can register" },
	{ "network: {connect: [{unix: /var/run/docker.sock}]}", "controls the host's containers" },
	{ "network: {connect: [{unix: /run/containerd/containerd.sock}]}", "controls the host's containers" },
	{ "network: {connect: [{unix: '/run/*'}]}", "'/run/docker.sock' controls the host's containers" },
};

/* Templates whose holes let the shell do more than hand over a word, and those that only look so. */
static const struct { const char *shell, *part; } holes[] = {
	{ "{a}", "stands for any command" },
	{ "{cmd} {a}", "'{cmd}' stands for any command" },
	{ "/opt/{a} x", "'/opt/{a}' stands for any command" },
	{ "ls {a} | {b}", "'{b}' stands for any command" },
	{ "ls && '{b}' x", "stands for any command" },
	{ "A=1 {b} x", "stands for any command" },
	{ "2>/dev/null {b}", "stands for any command" },
	{ "exec {b} x", "stands for any command" },
	{ "command -p {b}", "stands for any command" },
	{ "if {b}; then ls; fi", "stands for any command" },
	{ "case x in y) {b};; esac", "stands for any command" },
	{ "eval {a}", "which 'eval' runs" },
	{ "eval ls {a}", "which 'eval' runs" },
	{ ". {a}", "which '.' runs" },
	{ "source /opt/{a}", "which 'source' runs" },
	{ "trap {a} EXIT", "which 'trap' runs" },
	{ "exec eval {a}", "which 'eval' runs" },
	{ "echo {a} > {b}", "write to any file" },
	{ "echo {a} 2>> \\\"{b}\\\"", "write to any file" },
	{ "eval ls > {b}", "write to any file" },
	{ "echo {a} > /tmp/{b} 2>&1", NULL },
	{ "cat < {a}", NULL },
	{ "A={x} ls {a}", NULL },
	{ "case {b} in {c}) ls {a};; {d}) id;; esac", NULL },
	{ "for x in {b} {c}; do ls {d}; done", NULL },
	{ "curl -L {url} | ./bin/catdoc - {x}", NULL },
	{ "eval ls; echo {a}", NULL },
	{ "echo {{a}", NULL },
};

static size_t lint(const char *rules, const char *part)
{
	BK_FREE char *text = bk_format("version: 1\nmain: /bin/main\n%s\n", rules);
	struct bk_model *m = parse(text, strlen(text));
	struct bk_diags d = { 0 };
	size_t n;

	if (m)
		bk_policy_lint("p", m, &d);
	n = part ? says(&d, 0, 0, part) : d.count;
	bk_model_free(m);
	bk_diags_free(&d);
	return n;
}

static void test_lint(void)
{
	for (size_t i = 0; i < sizeof broad / sizeof *broad; i++)
		ok(lint(broad[i].rule, broad[i].part) == 1, "warned: %s", broad[i].part);
	for (size_t i = 0; i < sizeof holes / sizeof *holes; i++) {
		BK_FREE char *rule = bk_format("processes: [{path: /bin/sh, shell: \"%s\"}]", holes[i].shell);
		size_t n = lint(rule, NULL), told = holes[i].part ? lint(rule, holes[i].part) : 0;

		ok(holes[i].part ? n == 1 && told == 1 : n == 0, "template '%s': %s", holes[i].shell, holes[i].part ? holes[i].part : "no warning");
	}
	ok(lint("processes:\n  - {path: /bin/sh, shell: 'ls {x}'}\n  - {path: /usr/bin/python3, args: [/var/task/x.py]}\n"
		"  - {path: /bin/busybox, applet: cat}\nlibraries: [/usr/lib/**]\nenvironment: [NODE_OPTIONS]", NULL) == 0,
	   "a policy that says what it means gets no warning");
	ok(lint("processes:\n  - {path: /usr/bin/python3, args: [/opt/x.py, '/tmp/*']}\n  - {path: /usr/bin/find, args: [/tmp/x, -name, x]}\n"
		"  - {path: /bin/busybox, applet: sh, shell: 'ls {a}'}\n  - {path: /bin/toybox, applet: sh, args: [/opt/x.sh]}\n  - '**/tool'\n"
		"files: {write: ['*/x', '/proc/*/oom_score_adj', '/dev/std*']}\nenvironment: ['PYTHONPATH=/opt/*']\n"
		"network: {connect: [{domain: '*.example.com', port: 443}, {domain: '*.internal'}, {domain: localhost}, {unix: '@x'}, {unix: /run/x},\n"
		"  {address: 10.0.0.0/8, port: 5432}, {family: netlink}], listen: [{port: 8080}, {unix: /run/docker.sock}]}", NULL) == 0,
	   "nor do rules that only look too wide");
}

static bool narrows(const char *older, const char *newer)
{
	BK_FREE char *a = bk_format("version: 1\nprocesses: [{path: /bin/sh, shell: \"%s\"}]\n", older);
	BK_FREE char *b = bk_format("version: 1\nprocesses: [{path: /bin/sh, shell: \"%s\"}]\n", newer);
	struct bk_model *x = parse(a, strlen(a)), *y = parse(b, strlen(b));
	struct bk_policy_changes c = { 0 };
	size_t wider = 0;

	bk_policy_diff(x, y, &c);
	for (size_t i = 0; i < c.count; i++)
		wider += c.at[i].widens;
	bk_policy_changes_free(&c);
	bk_model_free(x);
	bk_model_free(y);
	return !wider;
}

static void test_diff(void)
{
	static const char a[] = "version: 1\nmain: /m\nprocesses: [/a, /b]\nlibraries: [/l]\n";
	static const char b[] = "version: 1\nmain: /m\nprocesses: {allow: [/a, /c], deny: [/d]}\n";
	struct bk_model *x = parse(a, strlen(a)), *y = parse(b, strlen(b));
	struct bk_policy_changes c = { 0 };
	int wider = 0, added = 0;

	bk_policy_diff(x, x, &c);
	ok(c.count == 0, "a policy does not differ from itself");
	bk_policy_diff(x, y, &c);
	for (size_t i = 0; i < c.count; i++) {
		wider += c.at[i].widens;
		added += c.at[i].added;
	}
	/* + /c, + deny /d, - /b, libraries: mode enforce to absent (two lines), - /l */
	ok(c.count == 6 && added == 3, "each difference once (%zu, %d added)", c.count, added);
	ok(wider == 2, "what widens is marked: /c and the missing section (%d)", wider);
	bk_policy_changes_free(&c);
	bk_model_free(x);
	bk_model_free(y);
	ok(narrows("echo {a}", "echo a") && narrows("echo {a} | cat", "echo 'x y' | cat"), "a string is narrower than a template that takes it");
	ok(!narrows("echo a", "echo {a}") && !narrows("echo {a}", "echo -n") && !narrows("echo {a}", "echo $HOME") && !narrows("echo {a}", "echo a; id"),
	   "and wider than one that does not");
}

int main(void)
{
	test_bad();
	test_round_trip();
	test_one_folder("/opt/t/a*-%d", "/opt/t/ab-%d", "/opt/t/b-%d");
	test_one_folder("/opt/t/a*-long-tail-%d", "/opt/t/a-long-tail-%d", "/opt/t/sub/a-long-tail-%d");
	test_one_folder("/opt/t/tool-%d-*", "/opt/t/tool-%d-x", "/opt/t/tool-%d");
	test_one_folder("/opt/t/tool-of-a-long-name-%d-?", "/opt/t/tool-of-a-long-name-%d-x", "/opt/t/tool-of-a-long-name-%d-");
	test_one_folder("/opt/**/bin-%d", "/opt/a/b/c/bin-%d", "/opta/b/bin-%d");
	test_one_folder("**/x%d-*y", "/z/x%d-y", "/z/x%d-");
	test_one_folder("/opt/t/\\*%d-*\\?", "/opt/t/*%d-_?", "/opt/t/a%d-_?");
	test_one_folder("/opt/t/%d-*", "/opt/t/%d-x", "/opt/t/a%d-x");
	test_many();
	test_lint();
	test_diff();
	return tap_end();
}
