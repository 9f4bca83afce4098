/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is proposed for what was seen: rows of acts and the rules that come out.  For every row besides: the policy allows all that it was
 * learned from, the order of the acts does not matter, learning it again changes nothing, and learning the acts one after the other,
 * each time joined to the policy that is there, ends in a policy that allows them all.
 */
#include "learn/propose.h"

#include <string.h>

#include "core/decide.h"
#include "core/network.h"
#include "learn/reader.h"
#include "tests/support/tap.h"

#define ACTS 48

struct row {
	const char *name;
	const char *acts[ACTS];		/* "exec PATH|ARGV0|ARGV1...", "script PATH|INTERPRETER|ARGV...", "main PATH|...", "load PATH", "code PATH", "environment NAME=VALUE" */
					/* and "write PATH", "read PATH", "forbidden PATH" (read); "connect NAME|ADDRESS|PORT", "listen", "ask" alike, "connect PATH" */
	const char *rules;		/* what is said of all sections, a line each; see say_rule() */
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
	{ "what the shell reads as its own text stays", {
		"exec /usr/bin/dash|sh|-c|eval true 2>/dev/null", "exec /usr/bin/dash|sh|-c|eval false 2>/dev/null", "exec /usr/bin/dash|sh|-c|x; trap 'rm a' EXIT", "exec /usr/bin/dash|sh|-c|x; trap 'rm b' EXIT" },
	  "/usr/bin/dash {eval true 2>/dev/null}\n/usr/bin/dash {eval false 2>/dev/null}\n/usr/bin/dash {x; trap 'rm a' EXIT}\n/usr/bin/dash {x; trap 'rm b' EXIT}\n" },
	{ "so does what it reads it from", {
		"exec /usr/bin/dash|sh|-c|. /srv/e1 a", "exec /usr/bin/dash|sh|-c|. /srv/e2 a", "exec /usr/bin/dash|sh|-c|if source /srv/e1; then x; fi", "exec /usr/bin/dash|sh|-c|if source /srv/e2; then x; fi" },
	  "/usr/bin/dash {. /srv/e1 a}\n/usr/bin/dash {. /srv/e2 a}\n/usr/bin/dash {if source /srv/e1; then x; fi}\n/usr/bin/dash {if source /srv/e2; then x; fi}\n" },
	{ "and behind a command that runs its operands", {
		"exec /usr/bin/dash|sh|-c|command eval a", "exec /usr/bin/dash|sh|-c|command eval b", "exec /usr/bin/dash|sh|-c|builtin . a", "exec /usr/bin/dash|sh|-c|builtin . b", "exec /usr/bin/dash|sh|-c|time A=1 eval a", "exec /usr/bin/dash|sh|-c|time A=1 eval b", "exec /usr/bin/dash|sh|-c|exec A=1", "exec /usr/bin/dash|sh|-c|exec A=2", "exec /usr/bin/dash|sh|-c|time tool1", "exec /usr/bin/dash|sh|-c|time tool2", "exec /usr/bin/dash|sh|-c|exec -a x tool a", "exec /usr/bin/dash|sh|-c|exec -a y tool a", "exec /usr/bin/dash|sh|-c|A=1 command exec sh -c a", "exec /usr/bin/dash|sh|-c|A=1 command exec sh -c b" },
	  "/usr/bin/dash {command eval a}\n/usr/bin/dash {command eval b}\n/usr/bin/dash {builtin . a}\n/usr/bin/dash {builtin . b}\n/usr/bin/dash {time A=1 eval a}\n/usr/bin/dash {time A=1 eval b}\n/usr/bin/dash {exec A=1}\n/usr/bin/dash {exec A=2}\n/usr/bin/dash {time tool1}\n/usr/bin/dash {time tool2}\n/usr/bin/dash {exec -a x tool a}\n/usr/bin/dash {exec -a y tool a}\n/usr/bin/dash {A=1 command exec sh -c a}\n/usr/bin/dash {A=1 command exec sh -c b}\n" },
	{ "whose command's own arguments may vary", {
		"exec /usr/bin/dash|sh|-c|exec tool a.txt", "exec /usr/bin/dash|sh|-c|exec tool b.txt" },
	  "/usr/bin/dash {exec tool {a}.txt}\n" },
	{ "where something is redirected to stays", {
		"exec /usr/bin/dash|sh|-c|tool a > /srv/x", "exec /usr/bin/dash|sh|-c|tool b > /srv/y", "exec /usr/bin/dash|sh|-c|tool c > /srv/y", "exec /usr/bin/dash|sh|-c|tool < /srv/x", "exec /usr/bin/dash|sh|-c|tool < /srv/y", "exec /usr/bin/dash|sh|-c|tool >>$HOME/x1", "exec /usr/bin/dash|sh|-c|tool >>$HOME/x2" },
	  "/usr/bin/dash {tool a > /srv/x}\n/usr/bin/dash {tool {a} > /srv/y}\n/usr/bin/dash {tool < /srv/x}\n/usr/bin/dash {tool < /srv/y}\n/usr/bin/dash {tool >>$HOME/x1}\n/usr/bin/dash {tool >>$HOME/x2}\n" },
	{ "but for a random part of it", {
		"exec /usr/bin/dash|sh|-c|tool a > /tmp/tmp.aB3dE6gH9k", "exec /usr/bin/dash|sh|-c|tool b > /tmp/tmp.bC3dE6gH9k" },
	  "/usr/bin/dash {tool {a} > /tmp/tmp.{b}}\n" },
	{ "that does not begin it", {
		"exec /usr/bin/dash|sh|-c|tool > 123e4567-e89b-12d3-a456-426614174000", "exec /usr/bin/dash|sh|-c|tool > /123e4567-e89b-12d3-a456-426614174000" },
	  "/usr/bin/dash {tool > 123e4567-e89b-12d3-a456-426614174000}\n/usr/bin/dash {tool > /123e4567-e89b-12d3-a456-426614174000}\n" },
	{ "a script without -c", { "exec /usr/bin/bash|bash|/f/run.sh|x1", "exec /usr/bin/bash|bash|/f/run.sh|x2" }, "/usr/bin/bash [/f/run.sh x*]\n" },
	{ "a script is named, not its interpreter", { "script /f/run.sh|/usr/bin/dash|/bin/sh|/f/run.sh|one" }, "/f/run.sh [one]\n" },
	{ "applets of a multi-call binary", { "exec /bin/busybox|wc|-l|a", "exec /bin/busybox|busybox|cat|b" }, "/bin/busybox:cat [b]\n/bin/busybox:wc [-l a]\n" },
	{ "wildcards in what was seen are literal", { "exec /bin/x|x|a*b?c" }, "/bin/x [a\\*b\\?c]\n" },
	{ "three dots at the end are no \"any rest\"", { "exec /bin/x|x|...", "exec /usr/bin/git|git|..." }, "/bin/x [\\...]\n/usr/bin/git [\\...]\n" },
	{ "elsewhere they are none anyhow", { "exec /bin/x|x|...|a" }, "/bin/x [... a]\n" },
	{ "nor what varies behind a common end", { "exec /bin/x|x|a|...", "exec /bin/x|x|b|..." }, "/bin/x [* \\...]\n" },
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
	{ "one that several programs got stands once", { "environment PYTHONPATH=/a", "env PYTHONPATH=/a", "envi PYTHONPATH=/b" },
	  "environment PYTHONPATH=/a\nenvironment PYTHONPATH=/b\n" },
	{ "a name, where one was resolved", { "connect api.test|10.1.2.3|443", "connect api.test|10.1.2.4|443" }, "connect api.test 443\n" },
	{ "each of its ports", { "connect api.test|10.1.2.3|443", "connect api.test|10.1.2.3|8443" }, "connect api.test 443\nconnect api.test 8443\n" },
	{ "an address, where none was", { "connect |10.1.2.3|5432", "connect |fd00::1|5432" }, "connect 10.1.2.3 5432\nconnect fd00::1 5432\n" },
	{ "written as an IPv6 one, too", { "connect |::ffff:10.1.2.3|80", "connect |10.1.2.3|80" }, "connect 10.1.2.3 80\n" },
	{ "ports that the kernel chose", { "connect |127.0.0.1|40001", "connect |127.0.0.1|50001", "connect |::1|40001", "listen |0.0.0.0|45001", "listen |0.0.0.0|8080" },
	  "connect 127.0.0.1 32768-60999\nconnect ::1 32768-60999\nlisten 127.0.0.1 32768-60999\nlisten 127.0.0.1 8080\n" },
	{ "a high port of others is theirs", { "connect |10.1.2.3|40001" }, "connect 10.1.2.3 40001\n" },
	{ "sockets of the file system, abstract ones", { "connect /run/a*b.sock", "connect @bus" }, "connect /run/a\\*b.sock\nconnect @bus\n" },
	{ "what was only asked for may be asked for", { "ask api.test||53" }, "connect api.test 53\n" },
	{ "what was connected to, too", { "ask api.test||53", "connect api.test|10.1.2.3|443" }, "connect api.test 443\n" },
	{ "a file that was written", { "write /var/log/app.log" }, "write /var/log/app.log\n" },
	{ "names at random", { "write /tmp/tmpk3jx82ab" }, "write /tmp/tmp*\n" },
	{ "four of a folder", { "write /srv/d/one", "write /srv/d/two", "write /srv/d/three", "write /srv/d/four" }, "write /srv/d/*\n" },
	{ "and below it", { "write /srv/d/one", "write /srv/d/two/x", "write /srv/d/three", "write /srv/d/four" }, "write /srv/d/**\n" },
	{ "never a folder of the root", { "write /srv/one", "write /srv/two", "write /srv/three", "write /srv/four" },
	  "write /srv/one\nwrite /srv/two\nwrite /srv/three\nwrite /srv/four\n" },
	{ "code that was written", { "write /tmp/c/x.pyc" }, "write /tmp/c/x.pyc\nplant /tmp/c/x.pyc\n" },
	{ "what needs no rule", { "write /dev/null", "write /proc/4711/comm", "read /dev/urandom" }, "" },
	{ "what was read, where it was looked at", { "read /etc/app.conf", "read /opt/m/a.js", "read /opt/m/b.js", "read /opt/m/c.js", "read /opt/m/d.js" },
	  "read /etc/app.conf\nread /opt/m/*\n" },
	{ "not what a rule forbids to read", { "read /etc/app.conf", "forbidden /etc/shadow" }, "read /etc/app.conf\n" },
};

/* --- acts --- */

/* False where the act is none of a file or a destination. */
static bool see_place(struct bk_seen *seen, const char *act, unsigned number)
{
	static const struct { const char *word; enum bk_event_kind kind; enum bk_reason reason; } places[] = {
		{ "write", BK_EVENT_WRITE, BK_WHY_NO_RULE }, { "read", BK_EVENT_READ, BK_WHY_NO_RULE }, { "forbidden", BK_EVENT_READ, BK_WHY_RULE },
		{ "connect", BK_EVENT_CONNECT, BK_WHY_NO_RULE }, { "listen", BK_EVENT_LISTEN, BK_WHY_NO_RULE }, { "ask", BK_EVENT_CONNECT, BK_WHY_NO_RULE },
	};
	struct bk_log_event e = { .verdict = BK_LEARNED, .has_verdict = true, .seq = number + 1, .pid = 4711 };
	const char *place = strchr(act, ' ') + 1, *address = strchr(place, '|');

	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		if (strncmp(act, places[i].word, strlen(places[i].word)) || act[strlen(places[i].word)] != ' ')
			continue;
		e.kind = places[i].kind;
		e.reason = bk_text_of(bk_reason_text(places[i].reason));
		if (address) {
			const char *port = strrchr(place, '|');

			e.domain = (struct bk_text){ place, (uint32_t)(address - place) };
			e.address = (struct bk_text){ address + 1, (uint32_t)(port - address - 1) };
			e.port = (uint32_t)strtoul(port + 1, NULL, 10);
		} else {
			e.path = bk_text_of(place);
		}
		e.key = bk_hash_bytes(BK_HASH_START, act, strlen(act)) | 1;
		bk_seen_add(seen, &e);
		return true;
	}
	return false;
}

static void see(struct bk_seen *seen, const char *act, unsigned number)
{
	char text[1024];
	const char *path;
	struct bk_log_event e = { .verdict = BK_LEARNED, .has_verdict = true, .seq = number + 1, .pid = 4711 };
	bool load = !strncmp(act, "load ", 5), script = !strncmp(act, "script ", 7);

	if (see_place(seen, act, number))
		return;
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

static void say_endpoint(struct bk_buf *out, const struct bk_endpoint *e)
{
	char text[BK_ADDRESS_TEXT];

	if (e->family == BK_INET || e->family == BK_INET6)
		bk_buf_printf(out, "%.*s", (int)bk_address_text(e, text), text);
	if (e->port_low || e->port_high != UINT16_MAX)
		bk_buf_printf(out, e->port_low == e->port_high ? " %u" : " %u-%u", e->port_low, e->port_high);
}

static void say_rule(struct bk_buf *out, const struct bk_model_rule *r, enum bk_section section)
{
	static const char *const words[BK_SECTIONS] = {
		[BK_LIBRARIES] = "lib ", [BK_ENVIRONMENT] = "environment ", [BK_CONNECT] = "connect ", [BK_LISTEN] = "listen ",
		[BK_WRITE] = "write ", [BK_READ] = "read ", [BK_PLANT] = "plant ",
	};

	bk_buf_printf(out, "%s%s", words[section] ? words[section] : "", r->path ? r->path : "");
	if (r->has_endpoint)
		say_endpoint(out, &r->endpoint);
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
	static const enum bk_section sections[] = { BK_PROCESSES, BK_LIBRARIES, BK_ENVIRONMENT, BK_CONNECT, BK_LISTEN, BK_WRITE, BK_READ, BK_PLANT };
	BK_BUF text = { 0 };

	bk_buf_text(&text, "");
	bk_buf_text(out, "");
	for (size_t s = 0; s < sizeof sections / sizeof *sections; s++)
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

/* What a person wrote is theirs: a hole that learning would not make stays, and what is new stands beside it. */
static void holes_by_hand(void)
{
	static const char policy[] = "version: 1\nprocesses:\n  - path: /usr/bin/dash\n    shell: eval {a} 2> /srv/{b}\n  - path: /usr/bin/dash\n    shell: tool {a}.txt > {b}\n";
	struct bk_diags d = { 0 };
	struct bk_model *m = bk_policy_parse("p", policy, sizeof policy - 1, &d);
	struct bk_seen seen = { 0 };

	see(&seen, "exec /usr/bin/dash|sh|-c|eval true 2> /srv/x", 0);
	see(&seen, "exec /usr/bin/dash|sh|-c|eval true 2> /opt/x", 1);
	see(&seen, "exec /usr/bin/dash|sh|-c|tool x.png > y", 2);
	m = propose(&seen, m, policy);
	ok(m->section[BK_PROCESSES].count == 4, "templates by hand: %zu rules", m->section[BK_PROCESSES].count);
	ok(!strcmp(m->section[BK_PROCESSES].rules[0].shell, "eval {a} 2> /srv/{b}") && !strcmp(m->section[BK_PROCESSES].rules[1].shell, "tool {a}.txt > {b}"),
	   "templates by hand stay");
	ok(denied(&seen, m) == 0, "templates by hand: what was seen is allowed");
	bk_model_free(m);
	bk_diags_free(&d);
	bk_seen_free(&seen);
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

/* Of a log that the shim did not write: nothing may come of it, and least of all a rule without an address. */
static void nonsense(void)
{
	static const char *const acts[] = { "connect |10.1.2.3.4|80", "connect |::ffff:10.1.2.3.4|80", "connect |x|80", "listen |1.2|80" };

	for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
		struct bk_seen seen = { 0 };
		struct bk_model *m;

		see(&seen, acts[i], 0);
		m = propose(&seen, NULL, NULL);
		ok(m->section[BK_CONNECT].count + m->section[BK_LISTEN].count == 0, "no rule for \"%s\"", acts[i]);
		bk_model_free(m);
		bk_seen_free(&seen);
	}
}

/* files.read is asked of every open: only who lists what may be read asks for it, and then learns it. */
static void reads(void)
{
	static const struct { const char *name, *policy; bool asked; size_t rules; } olds[] = {
		{ "without a list of reads", "version: 1\n", false, 1 },
		{ "with one that only denies", "version: 1\nfiles: {read: {deny: [/secret]}}\n", false, 1 },
		{ "with an empty one", "version: 1\nfiles: {read: []}\n", true, 1 },
		{ "with one that allows it", "version: 1\nfiles: {read: [/etc/**]}\n", true, 1 },
		{ "with one that allows other files", "version: 1\nfiles: {read: [/opt/**]}\n", true, 2 },
	};

	for (size_t i = 0; i < sizeof olds / sizeof *olds; i++) {
		struct bk_diags d = { 0 };
		struct bk_model *old = bk_policy_parse("p", olds[i].policy, strlen(olds[i].policy), &d), *learning = bk_learning_policy(old);
		struct bk_seen seen = { 0 };

		see(&seen, "read /etc/app.conf", 0);
		ok(learning->section[BK_READ].present == olds[i].asked, "a policy %s: what is looked at", olds[i].name);
		old = propose(&seen, old, olds[i].policy);
		ok(old->section[BK_READ].count == olds[i].rules, "a policy %s: what is learned", olds[i].name);
		ok(denied(&seen, old) == 0, "a policy %s: it allows what was seen", olds[i].name);
		bk_model_free(learning);
		bk_model_free(old);
		bk_diags_free(&d);
		bk_seen_free(&seen);
	}
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
	holes_by_hand();
	comments();
	nonsense();
	reads();
	warnings();
	return tap_end();
}
