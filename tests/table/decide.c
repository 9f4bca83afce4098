/* SPDX-License-Identifier: Apache-2.0 */
/* Policies, requests, and what must come out. */
#include "core/decide.h"

#include <stdlib.h>

#include "tests/support/policy_build.h"
#include "tests/support/tap.h"

static const uint8_t good[32] = { 0xaa }, evil[32] = { 0xee };

#define ARGS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define PATH(p) .path = p
#define ALLOW(s, ...) { .section = s, .action = BK_ALLOW, __VA_ARGS__ }
#define DENY(s, ...) { .section = s, .action = BK_DENY, __VA_ARGS__ }
#define KILL(s, ...) { .section = s, .action = BK_KILL, __VA_ARGS__ }
#define MAIN(...) { .section = BK_PROCESSES, .action = BK_ALLOW, .main = true, __VA_ARGS__ }

static const struct bk_endpoint net10 = { 2, 5432, 5432, 8, { 10 } }, https = { 0, 443, 443, 0, { 0 } }, odd_bits = { 2, 0, 65535, 12, { 172, 16 } };
static const struct bk_endpoint to_db = { 2, 5432, 5432, 0, { 10, 1, 2, 3 } }, to_web = { 2, 443, 443, 0, { 93, 1, 2, 3 } };
static const struct bk_endpoint to_172_31 = { 2, 80, 80, 0, { 172, 31, 0, 1 } }, to_172_32 = { 2, 80, 80, 0, { 172, 32, 0, 1 } };

/* The rules stand in the lines 1, 2, ... */
static const struct built_rule processes[] = {
	MAIN(PATH("/var/lang/bin/node"), .line = 100),
	/* 1 */ ALLOW(BK_PROCESSES, PATH("/usr/bin/convert"), .args = ARGS("/tmp/*", "-resize", "*", "/tmp/*")),
	/* 2 */ ALLOW(BK_PROCESSES, PATH("/usr/bin/dash"), .shell = "curl --silent -L {url} | ./bin/catdoc -"),
	/* 3 */ ALLOW(BK_PROCESSES, PATH("/usr/bin/curl")),
	/* 4 */ DENY(BK_PROCESSES, PATH("/usr/bin/curl"), .args = ARGS("-d", "...")),
	/* 5 */ ALLOW(BK_PROCESSES, PATH("/var/task/bin/*")),
	/* 6 */ KILL(BK_PROCESSES, PATH("/var/task/bin/miner*")),
	/* 7 */ DENY(BK_PROCESSES, PATH("/var/task/bin/miner2")),
	/* 8 */ ALLOW(BK_PROCESSES, PATH("/opt/tool"), .sha256 = good),
	/* 9 */ ALLOW(BK_PROCESSES, PATH("/bin/busybox"), .applet = "cat", .args = ARGS("/tmp/*")),
	/* 10 */ ALLOW(BK_PROCESSES, PATH("/bin/busybox"), .applet = "sh", .shell = "echo {x}"),
	/* 11 */ ALLOW(BK_PROCESSES, PATH("/usr/bin/git"), .parent = "/var/lang/bin/*"),
	/* 12 */ DENY(BK_PROCESSES, PATH("**"), .sha256 = evil),
	/* 13 */ ALLOW(BK_PROCESSES, PATH("/var/task/run.sh")),
	/* 14 */ ALLOW(BK_PROCESSES, PATH("/var/task/hashed.sh"), .sha256 = good),
	/* 15 */ ALLOW(BK_PROCESSES, PATH("/usr/bin/python3.11"), .args = ARGS("/var/task/ok.py", "...")),
	/* 16 */ ALLOW(BK_PROCESSES, PATH("/var/task/*.py")),
	/* 17 */ ALLOW(BK_PROCESSES, PATH("/usr/bin/id"), .args = ARGS(NULL)),
	/* 18 */ ALLOW(BK_PROCESSES, PATH("/opt/two"), .sha256 = good),
	/* 19 */ ALLOW(BK_PROCESSES, PATH("/opt/two")),
	/* 20 */ ALLOW(BK_PROCESSES, PATH("/opt/same")),
	/* 21 */ ALLOW(BK_PROCESSES, PATH("/opt/*")),
	/* 22 */ DENY(BK_PROCESSES, PATH("/opt/denied"), .parent = "/usr/bin/dash"),
	/* 23 */ ALLOW(BK_PROCESSES, PATH("/bin/toybox"), .args = ARGS("ls", "*")),
};
/* 12 would ask for the hash of every file: a policy of its own. */
#define NO_HASH_DENIAL 12

static const struct built_rule libraries[] = {
	MAIN(PATH("/var/lang/bin/node"), .line = 100),
	ALLOW(BK_LIBRARIES, PATH("/usr/lib/**")),
	ALLOW(BK_LIBRARIES, PATH("/var/task/node_modules/**.node")),
	DENY(BK_LIBRARIES, PATH("/usr/lib/evil/**")),
	ALLOW(BK_LIBRARIES, PATH("/opt/lib.so"), .sha256 = good),
	ALLOW(BK_PROCESSES, PATH("/usr/bin/convert"), .args = ARGS("x")),
	ALLOW(BK_PROCESSES, PATH("/opt/tool"), .sha256 = good),
	ALLOW(BK_PROCESSES, PATH("/bin/*")),
	DENY(BK_PROCESSES, PATH("/bin/nc")),
	DENY(BK_PROCESSES, PATH("/bin/sh"), .args = ARGS("-i")),
};

static const struct built_rule others[] = {
	ALLOW(BK_ENVIRONMENT, PATH("NODE_OPTIONS")),
	ALLOW(BK_ENVIRONMENT, PATH("LD_PRELOAD=/usr/lib/libjemalloc.so*")),
	ALLOW(BK_ENVIRONMENT, PATH("LD_LIBRARY_PATH=/opt/**")),
	ALLOW(BK_ENVIRONMENT, PATH("BASH_FUNC_*")),
	ALLOW(BK_ENVIRONMENT, PATH("JAVA_TOOL_OPTIONS=-Xmx*")),
	ALLOW(BK_WRITE, PATH("/tmp/**")),
	DENY(BK_WRITE, PATH("/tmp/lib/**")),
	DENY(BK_READ, PATH("/proc/*/environ")),
	ALLOW(BK_CONNECT, PATH("*.s3.eu-west-1.amazonaws.com"), .endpoint = &https),
	ALLOW(BK_CONNECT, .endpoint = &net10),
	DENY(BK_CONNECT, .endpoint = &odd_bits),
	ALLOW(BK_CONNECT, PATH("/run/app.sock")),
};

/* files, in the three sections; the numbers are the lines of what follows */
static const struct built_rule files[] = {
	ALLOW(BK_WRITE, PATH("/tmp/**")),
	DENY(BK_WRITE, PATH("/tmp/keep/**")),
	ALLOW(BK_WRITE, PATH("/var/log/app-*.log")),
	ALLOW(BK_WRITE, PATH("/var/**")),
	ALLOW(BK_WRITE, PATH("/proc/**")),
	DENY(BK_WRITE, PATH("/dev/zero")),
	{ BK_WRITE, BK_KILL, .path = "/tmp/trap" },
	ALLOW(BK_READ, PATH("/usr/**")),
	ALLOW(BK_READ, PATH("/proc/**")),
	DENY(BK_READ, PATH("/usr/secret")),
	DENY(BK_READ, PATH("/proc/1/environ")),
	ALLOW(BK_PLANT, PATH("/tmp/**/__pycache__/*.pyc")),
	DENY(BK_PLANT, PATH("/tmp/a/__pycache__/**")),
};

#define VEC(s) .argv = { s, sizeof(s), 0, false }
#define CUT(s) .argv = { s, sizeof(s), 0, true }
#define P(s) .path = { s, sizeof(s) - 1 }
#define I(s) .interpreter = { s, sizeof(s) - 1 }
#define CALLED(s) .called = { s, sizeof(s) - 1 }
#define FROM(s) .parent = { s, sizeof(s) - 1 }
#define EXEC .section = BK_PROCESSES, .first_arg = 1
#define LOAD .section = BK_LIBRARIES
#define ANY UINT32_MAX			/* line: no rule */

struct row {
	const char *what;
	struct bk_request request;
	enum bk_verdict verdict;
	enum bk_reason reason;
	uint32_t line;
};

#define CONVERT EXEC, P("/usr/bin/convert")
#define DASH EXEC, P("/usr/bin/dash")
#define BUSY EXEC, P("/bin/busybox")
#define PIPE "curl --silent -L http://h/x | ./bin/catdoc -"

static const struct row process_rows[] = {
	/* paths and arguments */
	{ "arguments as listed", { CONVERT, VEC("convert\0/tmp/a\0-resize\0" "10\0/tmp/b") }, BK_ALLOWED, BK_WHY_ALLOWED, 1 },
	{ "another option", { CONVERT, VEC("convert\0/tmp/a\0-write\0" "10\0/tmp/b") }, BK_DENIED, BK_WHY_ARGS, 1 },
	{ "an option in a value's place", { CONVERT, VEC("convert\0/tmp/a\0-resize\0-x\0/tmp/b") }, BK_DENIED, BK_WHY_ARGS, 1 },
	{ "out of the folder", { CONVERT, VEC("convert\0/tmp/../etc/x\0-resize\0" "10\0/tmp/b") }, BK_DENIED, BK_WHY_ARGS, 1 },
	{ "one argument more", { CONVERT, VEC("convert\0/tmp/a\0-resize\0" "10\0/tmp/b\0c") }, BK_DENIED, BK_WHY_ARGS, 1 },
	{ "none", { CONVERT, VEC("convert") }, BK_DENIED, BK_WHY_ARGS, 1 },
	{ "argv[0] does not count", { CONVERT, VEC("node\0/tmp/a\0-resize\0" "10\0/tmp/b") }, BK_ALLOWED, BK_WHY_ALLOWED, 1 },
	{ "cut arguments", { CONVERT, CUT("convert\0/tmp/a\0-resize\0" "10\0/tmp/b") }, BK_DENIED, BK_WHY_ARGS, 1 },
	{ "no rule", { EXEC, P("/usr/bin/wget"), VEC("wget") }, BK_DENIED, BK_WHY_NO_RULE, ANY },
	{ "no path", { EXEC, P(""), VEC("x") }, BK_DENIED, BK_WHY_NO_RULE, ANY },
	{ "a longer name", { EXEC, P("/usr/bin/curl2"), VEC("curl") }, BK_DENIED, BK_WHY_NO_RULE, ANY },
	{ "any arguments", { EXEC, P("/usr/bin/curl"), VEC("curl\0-o\0x") }, BK_ALLOWED, BK_WHY_ALLOWED, 3 },
	{ "an empty list allows none", { EXEC, P("/usr/bin/id"), VEC("id\0-u") }, BK_DENIED, BK_WHY_ARGS, 17 },
	{ "and that", { EXEC, P("/usr/bin/id"), VEC("id") }, BK_ALLOWED, BK_WHY_ALLOWED, 17 },
	{ "the first of two", { EXEC, P("/opt/same"), VEC("x") }, BK_ALLOWED, BK_WHY_ALLOWED, 20 },
	{ "a pattern", { EXEC, P("/opt/other"), VEC("x") }, BK_ALLOWED, BK_WHY_ALLOWED, 21 },
	/* deny and kill */
	{ "deny wins", { EXEC, P("/usr/bin/curl"), VEC("curl\0-d\0@/proc/self/environ") }, BK_DENIED, BK_WHY_RULE, 4 },
	{ "a cut vector does not hide from it", { EXEC, P("/usr/bin/curl"), CUT("curl") }, BK_DENIED, BK_WHY_RULE, 4 },
	{ "folder", { EXEC, P("/var/task/bin/catdoc"), VEC("catdoc\0-") }, BK_ALLOWED, BK_WHY_ALLOWED, 5 },
	{ "kill wins", { EXEC, P("/var/task/bin/miner"), VEC("x") }, BK_KILLED, BK_WHY_RULE, 6 },
	{ "over deny, too", { EXEC, P("/var/task/bin/miner2"), VEC("x") }, BK_KILLED, BK_WHY_RULE, 6 },
	{ "deny by parent", { EXEC, P("/opt/denied"), VEC("x"), FROM("/usr/bin/dash") }, BK_DENIED, BK_WHY_RULE, 22 },
	{ "another parent", { EXEC, P("/opt/denied"), VEC("x"), FROM("/usr/bin/node") }, BK_ALLOWED, BK_WHY_ALLOWED, 21 },
	{ "deny by a parent that is not known", { EXEC, P("/opt/denied"), VEC("x") }, BK_DENIED, BK_WHY_RULE, 22 },
	/* shell */
	{ "template", { DASH, VEC("sh\0-c\0" PIPE) }, BK_ALLOWED, BK_WHY_ALLOWED, 2 },
	{ "with --", { DASH, VEC("sh\0-c\0--\0" PIPE) }, BK_ALLOWED, BK_WHY_ALLOWED, 2 },
	{ "with $0", { DASH, VEC("sh\0-c\0" PIPE "\0sh") }, BK_ALLOWED, BK_WHY_ALLOWED, 2 },
	{ "with $1", { DASH, VEC("sh\0-c\0" PIPE "\0sh\0x") }, BK_DENIED, BK_WHY_SHELL, 2 },
	{ "safe flags", { DASH, VEC("sh\0-eu\0-c\0" PIPE) }, BK_ALLOWED, BK_WHY_ALLOWED, 2 },
	{ "safe flags in one", { DASH, VEC("sh\0-euxc\0" PIPE) }, BK_ALLOWED, BK_WHY_ALLOWED, 2 },
	{ "flags behind -c", { DASH, VEC("sh\0-c\0-e\0" PIPE) }, BK_ALLOWED, BK_WHY_ALLOWED, 2 },
	{ "pipefail", { DASH, VEC("sh\0-euo\0pipefail\0-c\0" PIPE) }, BK_ALLOWED, BK_WHY_ALLOWED, 2 },
	{ "no such name", { DASH, VEC("sh\0-o\0histexpand\0-c\0" PIPE) }, BK_DENIED, BK_WHY_SHELL, 2 },
	{ "interactive", { DASH, VEC("sh\0-ic\0" PIPE) }, BK_DENIED, BK_WHY_SHELL, 2 },
	{ "login", { DASH, VEC("sh\0-l\0-c\0" PIPE) }, BK_DENIED, BK_WHY_SHELL, 2 },
	{ "stdin", { DASH, VEC("sh\0-s") }, BK_DENIED, BK_WHY_SHELL, 2 },
	{ "stdin by itself", { DASH, VEC("sh") }, BK_DENIED, BK_WHY_SHELL, 2 },
	{ "a script", { DASH, VEC("sh\0/tmp/x") }, BK_DENIED, BK_WHY_SHELL, 2 },
	{ "the template's text as a script", { DASH, VEC("sh\0" PIPE) }, BK_DENIED, BK_WHY_SHELL, 2 },
	{ "an rc file", { DASH, VEC("bash\0--rcfile\0x\0-c\0" PIPE) }, BK_DENIED, BK_WHY_SHELL, 2 },
	{ "plus", { DASH, VEC("sh\0+e\0-c\0" PIPE) }, BK_DENIED, BK_WHY_SHELL, 2 },
	{ "injection", { DASH, VEC("sh\0-c\0curl --silent -L x; cat handler.js # | ./bin/catdoc -") }, BK_DENIED, BK_WHY_SHELL, 2 },
	{ "a cut string", { DASH, CUT("sh\0-c\0" PIPE) }, BK_DENIED, BK_WHY_SHELL, 2 },
	/* content */
	{ "hash wanted", { EXEC, P("/opt/tool"), VEC("x") }, BK_ALLOWED, BK_WHY_ALLOWED, 21 },
	{ "one rule with, one without", { EXEC, P("/opt/two"), VEC("x") }, BK_ALLOWED, BK_WHY_ALLOWED, 19 },
	{ "the hash is known", { EXEC, P("/opt/two"), VEC("x"), .sha256 = good }, BK_ALLOWED, BK_WHY_ALLOWED, 18 },
	/* multi-call */
	{ "applet by argument", { BUSY, VEC("busybox\0cat\0/tmp/x") }, BK_ALLOWED, BK_WHY_ALLOWED, 9 },
	{ "applet by name", { BUSY, VEC("cat\0/tmp/x") }, BK_ALLOWED, BK_WHY_ALLOWED, 9 },
	{ "by a path", { BUSY, VEC("/usr/bin/cat\0/tmp/x") }, BK_ALLOWED, BK_WHY_ALLOWED, 9 },
	{ "another applet", { BUSY, VEC("busybox\0wget\0/tmp/x") }, BK_DENIED, BK_WHY_APPLET, 9 },
	{ "another by name", { BUSY, VEC("wget\0/tmp/x") }, BK_DENIED, BK_WHY_APPLET, 9 },
	{ "behind its own name", { BUSY, VEC("busybox\0busybox\0wget\0/tmp/x") }, BK_DENIED, BK_WHY_APPLET, 9 },
	{ "the listed one there", { BUSY, VEC("busybox\0busybox\0cat\0/tmp/x") }, BK_ALLOWED, BK_WHY_ALLOWED, 9 },
	{ "a name that begins so", { BUSY, VEC("busybox-1.35\0wget\0/tmp/x") }, BK_DENIED, BK_WHY_APPLET, 9 },
	{ "no applet", { BUSY, VEC("busybox") }, BK_DENIED, BK_WHY_APPLET, 9 },
	{ "applet's arguments", { BUSY, VEC("busybox\0cat\0/etc/x") }, BK_DENIED, BK_WHY_ARGS, 9 },
	{ "applet shell", { BUSY, VEC("busybox\0sh\0-c\0echo hi") }, BK_ALLOWED, BK_WHY_ALLOWED, 10 },
	{ "by name", { BUSY, VEC("sh\0-c\0echo hi") }, BK_ALLOWED, BK_WHY_ALLOWED, 10 },
	{ "login shell", { BUSY, VEC("-sh\0-c\0echo hi") }, BK_ALLOWED, BK_WHY_ALLOWED, 10 },
	{ "another string", { BUSY, VEC("sh\0-c\0echo hi; id") }, BK_DENIED, BK_WHY_SHELL, 10 },
	{ "no applet in the rule", { EXEC, P("/bin/toybox"), VEC("toybox\0ls\0x") }, BK_ALLOWED, BK_WHY_ALLOWED, 23 },
	{ "whose arguments are those of another applet", { EXEC, P("/bin/toybox"), VEC("sh\0ls\0x") }, BK_DENIED, BK_WHY_APPLET, 23 },
	/* by the name of the call */
	{ "a link to a listed name", { EXEC, P("/usr/bin/python3.99"), CALLED("/usr/bin/curl"), VEC("curl") }, BK_ALLOWED, BK_WHY_ALLOWED, 3 },
	{ "what is denied by its own name", { EXEC, P("/var/task/bin/miner"), CALLED("/usr/bin/curl"), VEC("curl") }, BK_KILLED, BK_WHY_RULE, 6 },
	{ "what is listed by its own name", { CONVERT, CALLED("/usr/bin/curl"), VEC("convert") }, BK_DENIED, BK_WHY_ARGS, 1 },
	{ "what is listed, by a name that is denied", { EXEC, P("/usr/bin/curl"), CALLED("/var/task/bin/miner"), VEC("miner") }, BK_KILLED, BK_WHY_RULE, 6 },
	{ "what kills by its own name, denied by another", { EXEC, P("/var/task/bin/miner"), CALLED("/bin/sh"), VEC("sh\0-i") }, BK_KILLED, BK_WHY_RULE, 6 },
	{ "neither name", { EXEC, P("/usr/bin/x"), CALLED("/usr/bin/y"), VEC("y") }, BK_DENIED, BK_WHY_NO_RULE, ANY },
	{ "a template", { EXEC, P("/usr/bin/ash2"), CALLED("/usr/bin/dash"), VEC("sh\0-c\0" PIPE) }, BK_ALLOWED, BK_WHY_ALLOWED, 2 },
	{ "a link to busybox", { EXEC, P("/usr/lib/busybox"), CALLED("/usr/bin/curl"), VEC("curl\0x") }, BK_ALLOWED, BK_WHY_ALLOWED, 3 },
	{ "with another applet in argv[0]", { EXEC, P("/usr/lib/busybox"), CALLED("/usr/bin/curl"), VEC("sh\0x") }, BK_DENIED, BK_WHY_APPLET, 3 },
	{ "or behind its own name", { EXEC, P("/usr/lib/busybox"), CALLED("/usr/bin/curl"), VEC("busybox\0sh") }, BK_DENIED, BK_WHY_APPLET, 3 },
	{ "a shell template for such a link", { EXEC, P("/usr/lib/busybox"), CALLED("/usr/bin/dash"), VEC("dash\0-c\0" PIPE) }, BK_ALLOWED, BK_WHY_ALLOWED, 2 },
	{ "and another applet there", { EXEC, P("/usr/lib/busybox"), CALLED("/usr/bin/dash"), VEC("wget\0-c\0" PIPE) }, BK_DENIED, BK_WHY_APPLET, 2 },
	{ "a link with busybox's name", { EXEC, P("/usr/lib/busybox"), CALLED("/bin/busybox"), VEC("busybox\0cat\0/tmp/x") }, BK_ALLOWED, BK_WHY_ALLOWED, 9 },
	{ "main by a link", { EXEC, P("/opt2/node20"), CALLED("/var/lang/bin/node"), .flags = BK_REQ_MAIN, VEC("node") }, BK_ALLOWED, BK_WHY_ALLOWED, 100 },
	/* parent */
	{ "parent", { EXEC, P("/usr/bin/git"), VEC("git"), FROM("/var/lang/bin/node") }, BK_ALLOWED, BK_WHY_ALLOWED, 11 },
	{ "another", { EXEC, P("/usr/bin/git"), VEC("git"), FROM("/usr/bin/dash") }, BK_DENIED, BK_WHY_PARENT, 11 },
	{ "unknown", { EXEC, P("/usr/bin/git"), VEC("git") }, BK_DENIED, BK_WHY_PARENT, 11 },
	/* main */
	{ "main", { EXEC, P("/var/lang/bin/node"), .flags = BK_REQ_MAIN, VEC("node\0-e\0x") }, BK_ALLOWED, BK_WHY_ALLOWED, 100 },
	{ "main as a child", { EXEC, P("/var/lang/bin/node"), VEC("node") }, BK_DENIED, BK_WHY_NO_RULE, ANY },
	{ "not main", { EXEC, P("/usr/bin/node"), .flags = BK_REQ_MAIN, VEC("node") }, BK_DENIED, BK_WHY_NOT_MAIN, 100 },
	{ "a wrapper before main", { EXEC, P("/usr/bin/curl"), .flags = BK_REQ_MAIN, VEC("curl") }, BK_ALLOWED, BK_WHY_ALLOWED, 3 },
	{ "a wrapper called otherwise", { DASH, .flags = BK_REQ_MAIN, VEC("sh") }, BK_DENIED, BK_WHY_SHELL, 2 },
	/* memory files, loader */
	{ "memory file", { EXEC, P("/usr/bin/curl"), .flags = BK_REQ_ANONYMOUS, VEC("curl") }, BK_DENIED, BK_WHY_ANONYMOUS, ANY },
	{ "memory file as main", { EXEC, P("/var/lang/bin/node"), .flags = BK_REQ_ANONYMOUS | BK_REQ_MAIN, VEC("x") }, BK_DENIED, BK_WHY_ANONYMOUS, ANY },
	{ "loader with a program", { .section = BK_PROCESSES, P("/var/task/bin/tool"), .first_arg = 2, .flags = BK_REQ_LOADER, VEC("ld.so\0./bin/tool\0-") },
	  BK_ALLOWED, BK_WHY_ALLOWED, 5 },
	{ "loader with a dropped one", { .section = BK_PROCESSES, P("/tmp/x"), .first_arg = 2, .flags = BK_REQ_LOADER, VEC("ld.so\0/tmp/x") },
	  BK_DENIED, BK_WHY_NO_RULE, ANY },
	{ "loader with options", { EXEC, P("/lib64/ld.so"), .flags = BK_REQ_LOADER | BK_REQ_UNNAMED, VEC("ld.so\0--preload\0x") }, BK_DENIED, BK_WHY_LOADER, ANY },
	{ "loader with an applet", { .section = BK_PROCESSES, P("/bin/busybox"), .first_arg = 2, .flags = BK_REQ_LOADER, VEC("ld.so\0/bin/busybox\0wget\0x") },
	  BK_DENIED, BK_WHY_APPLET, 9 },
	{ "loader with the listed one", { .section = BK_PROCESSES, P("/bin/busybox"), .first_arg = 2, .flags = BK_REQ_LOADER, VEC("ld.so\0/bin/busybox\0cat\0/tmp/x") },
	  BK_ALLOWED, BK_WHY_ALLOWED, 9 },
	/* scripts */
	{ "unchangeable script", { .section = BK_PROCESSES, P("/var/task/run.sh"), I("/usr/bin/dash"), .first_arg = 2, .flags = BK_REQ_UNCHANGEABLE, VEC("/bin/sh\0run.sh") },
	  BK_ALLOWED, BK_WHY_ALLOWED, 13 },
	{ "changeable script", { .section = BK_PROCESSES, P("/var/task/run.sh"), I("/usr/bin/dash"), .first_arg = 2, VEC("/bin/sh\0run.sh") },
	  BK_DENIED, BK_WHY_INTERPRETER, 13 },
	{ "changeable, hash to be proved", { .section = BK_PROCESSES, P("/var/task/hashed.sh"), I("/usr/bin/dash"), .first_arg = 2, VEC("/bin/sh\0hashed.sh") },
	  BK_NEED_SHA256, BK_WHY_SHA256, 14 },
	{ "proved", { .section = BK_PROCESSES, P("/var/task/hashed.sh"), I("/usr/bin/dash"), .first_arg = 2, .sha256 = good, VEC("/bin/sh\0hashed.sh") },
	  BK_ALLOWED, BK_WHY_ALLOWED, 14 },
	{ "disproved", { .section = BK_PROCESSES, P("/var/task/hashed.sh"), I("/usr/bin/dash"), .first_arg = 2, .sha256 = evil, VEC("/bin/sh\0hashed.sh") },
	  BK_DENIED, BK_WHY_SHA256, 14 },
	{ "changeable, interpreter allowed with it", { .section = BK_PROCESSES, P("/var/task/ok.py"), I("/usr/bin/python3.11"), .first_arg = 2, VEC("/usr/bin/python3\0/var/task/ok.py\0a") },
	  BK_ALLOWED, BK_WHY_ALLOWED, 16 },
	{ "and not with that", { .section = BK_PROCESSES, P("/var/task/no.py"), I("/usr/bin/python3.11"), .first_arg = 2, VEC("/usr/bin/python3\0/var/task/no.py") },
	  BK_DENIED, BK_WHY_INTERPRETER, 16 },
	{ "script with no rule", { .section = BK_PROCESSES, P("/tmp/x.py"), I("/usr/bin/python3.11"), .first_arg = 2, VEC("/usr/bin/python3\0/var/task/ok.py") },
	  BK_DENIED, BK_WHY_NO_RULE, ANY },
	{ "a script under a shell's name", { .section = BK_PROCESSES, P("/usr/bin/dash"), I("/usr/bin/dash"), .first_arg = 1, .flags = BK_REQ_UNCHANGEABLE, VEC("sh\0-c\0" PIPE) },
	  BK_DENIED, BK_WHY_SHELL, 2 },
};

static const struct row hash_rows[] = {
	{ "nothing known: ask", { EXEC, P("/opt/tool"), VEC("x") }, BK_NEED_SHA256, BK_WHY_SHA256, 1 },
	{ "right", { EXEC, P("/opt/tool"), VEC("x"), .sha256 = good }, BK_ALLOWED, BK_WHY_ALLOWED, 1 },
	{ "wrong", { EXEC, P("/opt/tool"), VEC("x"), .sha256 = (const uint8_t[32]){ 0xab } }, BK_DENIED, BK_WHY_SHA256, 1 },
	{ "unchangeable", { EXEC, P("/opt/tool"), VEC("x"), .flags = BK_REQ_UNCHANGEABLE }, BK_ALLOWED, BK_WHY_ALLOWED, 1 },
	{ "a link to what is unchangeable proves nothing", { EXEC, P("/usr/sbin/python"), CALLED("/opt/tool"), VEC("x"), .flags = BK_REQ_UNCHANGEABLE },
	  BK_NEED_SHA256, BK_WHY_SHA256, 1 },
	{ "its hash does", { EXEC, P("/usr/sbin/python"), CALLED("/opt/tool"), VEC("x"), .flags = BK_REQ_UNCHANGEABLE, .sha256 = good }, BK_ALLOWED, BK_WHY_ALLOWED, 1 },
	{ "or disproves", { EXEC, P("/usr/sbin/python"), CALLED("/opt/tool"), VEC("x"), .flags = BK_REQ_UNCHANGEABLE, .sha256 = evil }, BK_DENIED, BK_WHY_SHA256, 1 },
	{ "other conditions first", { EXEC, P("/opt/args"), VEC("x\0b") }, BK_DENIED, BK_WHY_ARGS, 2 },
	{ "then ask", { EXEC, P("/opt/args"), VEC("x\0a") }, BK_NEED_SHA256, BK_WHY_SHA256, 2 },
	{ "forbidden content: ask", { EXEC, P("/usr/bin/x"), VEC("x") }, BK_NEED_SHA256, BK_WHY_RULE, 4 },
	{ "even if unchangeable", { EXEC, P("/usr/bin/x"), VEC("x"), .flags = BK_REQ_UNCHANGEABLE }, BK_NEED_SHA256, BK_WHY_RULE, 4 },
	{ "it is not that", { EXEC, P("/usr/bin/x"), VEC("x"), .sha256 = good }, BK_ALLOWED, BK_WHY_ALLOWED, 3 },
	{ "it is", { EXEC, P("/usr/bin/x"), VEC("x"), .sha256 = evil }, BK_DENIED, BK_WHY_RULE, 4 },
	{ "main: ask", { EXEC, P("/main"), VEC("x"), .flags = BK_REQ_MAIN }, BK_NEED_SHA256, BK_WHY_SHA256, 9 },
	{ "main: right", { EXEC, P("/main"), VEC("x"), .flags = BK_REQ_MAIN, .sha256 = good }, BK_ALLOWED, BK_WHY_ALLOWED, 9 },
	{ "main: wrong", { EXEC, P("/main"), VEC("x"), .flags = BK_REQ_MAIN, .sha256 = (const uint8_t[32]){ 1 } }, BK_DENIED, BK_WHY_SHA256, 9 },
};
static const struct built_rule hash_rules[] = {
	MAIN(PATH("/main"), .sha256 = good, .line = 9),
	ALLOW(BK_PROCESSES, PATH("/opt/tool"), .sha256 = good, .line = 1),
	ALLOW(BK_PROCESSES, PATH("/opt/args"), .sha256 = good, .args = ARGS("a"), .line = 2),
	ALLOW(BK_PROCESSES, PATH("/usr/bin/x"), .line = 3),
	DENY(BK_PROCESSES, PATH("/usr/bin/*"), .sha256 = evil, .line = 4),
};

static const struct row library_rows[] = {
	{ "folder", { LOAD, P("/usr/lib/x/libc.so.6") }, BK_ALLOWED, BK_WHY_ALLOWED, 2 },
	{ "pattern", { LOAD, P("/var/task/node_modules/a/b.node") }, BK_ALLOWED, BK_WHY_ALLOWED, 3 },
	{ "dropped", { LOAD, P("/tmp/x.so") }, BK_DENIED, BK_WHY_NO_RULE, ANY },
	{ "deny", { LOAD, P("/usr/lib/evil/x.so") }, BK_DENIED, BK_WHY_RULE, 4 },
	{ "hash", { LOAD, P("/opt/lib.so") }, BK_NEED_SHA256, BK_WHY_SHA256, 5 },
	{ "wrong hash", { LOAD, P("/opt/lib.so"), .sha256 = evil }, BK_DENIED, BK_WHY_SHA256, 5 },
	{ "memory file", { LOAD, P("/usr/lib/x"), .flags = BK_REQ_ANONYMOUS }, BK_DENIED, BK_WHY_ANONYMOUS, ANY },
	{ "main", { LOAD, P("/var/lang/bin/node") }, BK_ALLOWED, BK_WHY_ALLOWED, 100 },
	{ "an allowed program, its arguments aside", { LOAD, P("/usr/bin/convert") }, BK_ALLOWED, BK_WHY_ALLOWED, 6 },
	{ "by hash", { LOAD, P("/opt/tool") }, BK_NEED_SHA256, BK_WHY_SHA256, 7 },
	{ "by the right one", { LOAD, P("/opt/tool"), .sha256 = good }, BK_ALLOWED, BK_WHY_ALLOWED, 7 },
	{ "by a wrong one", { LOAD, P("/opt/tool"), .sha256 = evil }, BK_DENIED, BK_WHY_NO_RULE, ANY },
	{ "a forbidden program", { LOAD, P("/bin/nc") }, BK_DENIED, BK_WHY_NO_RULE, ANY },
	{ "one that is forbidden with some arguments", { LOAD, P("/bin/sh") }, BK_ALLOWED, BK_WHY_ALLOWED, 8 },
};

#define VAR(s) .section = BK_ENVIRONMENT, P(s)
#define NET .section = BK_CONNECT

static const struct row other_rows[] = {
	{ "name", { VAR("NODE_OPTIONS=--require x") }, BK_ALLOWED, BK_WHY_ALLOWED, 1 },
	{ "name alone", { VAR("NODE_OPTIONS") }, BK_ALLOWED, BK_WHY_ALLOWED, 1 },
	{ "another that begins so", { VAR("NODE_OPTIONS2=x") }, BK_DENIED, BK_WHY_NO_RULE, ANY },
	{ "not listed", { VAR("NODE_PATH=x") }, BK_DENIED, BK_WHY_NO_RULE, ANY },
	{ "value", { VAR("LD_PRELOAD=/usr/lib/libjemalloc.so.2") }, BK_ALLOWED, BK_WHY_ALLOWED, 2 },
	{ "other value", { VAR("LD_PRELOAD=/tmp/x.so") }, BK_DENIED, BK_WHY_NO_RULE, ANY },
	{ "a second library", { VAR("LD_PRELOAD=/usr/lib/libjemalloc.so:x.so") }, BK_DENIED, BK_WHY_NO_RULE, ANY },
	{ "and with a blank", { VAR("LD_PRELOAD=/usr/lib/libjemalloc.so x.so") }, BK_DENIED, BK_WHY_NO_RULE, ANY },
	{ "folder", { VAR("LD_LIBRARY_PATH=/opt/a/lib") }, BK_ALLOWED, BK_WHY_ALLOWED, 3 },
	{ "and the current one", { VAR("LD_LIBRARY_PATH=/opt/a/lib:") }, BK_DENIED, BK_WHY_NO_RULE, ANY },
	{ "out of it", { VAR("LD_LIBRARY_PATH=/opt/../tmp") }, BK_DENIED, BK_WHY_NO_RULE, ANY },
	{ "names by pattern", { VAR("BASH_FUNC_x%%=() { id; }") }, BK_ALLOWED, BK_WHY_ALLOWED, 4 },
	{ "one option", { VAR("JAVA_TOOL_OPTIONS=-Xmx512m") }, BK_ALLOWED, BK_WHY_ALLOWED, 5 },
	{ "a second option", { VAR("JAVA_TOOL_OPTIONS=-Xmx1m -javaagent:x") }, BK_DENIED, BK_WHY_NO_RULE, ANY },
	{ "write", { .section = BK_WRITE, P("/tmp/a/b") }, BK_ALLOWED, BK_WHY_ALLOWED, 6 },
	{ "write elsewhere", { .section = BK_WRITE, P("/var/task/x") }, BK_DENIED, BK_WHY_NO_RULE, ANY },
	{ "deny below allow", { .section = BK_WRITE, P("/tmp/lib/x.py") }, BK_DENIED, BK_WHY_RULE, 7 },
	{ "read", { .section = BK_READ, P("/etc/hosts") }, BK_ALLOWED, BK_WHY_SECTION, ANY },
	{ "read what is forbidden", { .section = BK_READ, P("/proc/1/environ") }, BK_DENIED, BK_WHY_RULE, 8 },
	{ "memory without a rule", { .section = BK_READ, P("/proc/1/mem") }, BK_DENIED, BK_WHY_PRIVATE, ANY },
	{ "code without a list", { .section = BK_PLANT, P("/tmp/x.py") }, BK_DENIED, BK_WHY_PLANTED, ANY },
	{ "generated code", { .section = BK_GENERATED_CODE }, BK_DENIED, BK_WHY_NO_RULE, ANY },
	{ "domain and port", { NET, P("a.s3.eu-west-1.amazonaws.com"), .endpoint = &to_web }, BK_ALLOWED, BK_WHY_ALLOWED, 9 },
	{ "domain, wrong port", { NET, P("a.s3.eu-west-1.amazonaws.com"), .endpoint = &to_db }, BK_ALLOWED, BK_WHY_ALLOWED, 10 },
	{ "other domain", { NET, P("evil.example"), .endpoint = &to_web }, BK_DENIED, BK_WHY_NO_RULE, ANY },
	{ "address", { NET, .endpoint = &to_db }, BK_ALLOWED, BK_WHY_ALLOWED, 10 },
	{ "other address", { NET, .endpoint = &to_172_32 }, BK_DENIED, BK_WHY_NO_RULE, ANY },
	{ "a net with odd bits", { NET, .endpoint = &to_172_31 }, BK_DENIED, BK_WHY_RULE, 11 },
	{ "unknown address", { NET }, BK_DENIED, BK_WHY_RULE, 11 },
	{ "no rule of this section", { .section = BK_LISTEN, .endpoint = &to_db }, BK_ALLOWED, BK_WHY_SECTION, ANY },
	{ "no such section", { .section = BK_SECTIONS, P("/tmp/x") }, BK_DENIED, BK_WHY_NO_RULE, ANY },
};

#define TO_WRITE(s) .section = BK_WRITE, P(s)
#define TO_READ(s) .section = BK_READ, P(s)
#define TO_PLANT(s) .section = BK_PLANT, P(s)

static const struct row file_rows[] = {
	/* lists */
	{ "a folder", { TO_WRITE("/tmp/a/b") }, BK_ALLOWED, BK_WHY_ALLOWED, 1 },
	{ "not the folder itself", { TO_WRITE("/tmp") }, BK_DENIED, BK_WHY_NO_RULE, ANY },
	{ "not its neighbour", { TO_WRITE("/tmpx/a") }, BK_DENIED, BK_WHY_NO_RULE, ANY },
	{ "deny wins", { TO_WRITE("/tmp/keep/x") }, BK_DENIED, BK_WHY_RULE, 2 },
	{ "kill", { TO_WRITE("/tmp/trap") }, BK_KILLED, BK_WHY_RULE, 7 },
	{ "a pattern", { TO_WRITE("/var/log/app-1.log") }, BK_ALLOWED, BK_WHY_ALLOWED, 3 },
	{ "elsewhere", { TO_WRITE("/etc/passwd") }, BK_DENIED, BK_WHY_NO_RULE, ANY },
	{ "a list to read", { TO_READ("/usr/bin/x") }, BK_ALLOWED, BK_WHY_ALLOWED, 8 },
	{ "off the list", { TO_READ("/etc/passwd") }, BK_DENIED, BK_WHY_NO_RULE, ANY },
	{ "a denial in it", { TO_READ("/usr/secret") }, BK_DENIED, BK_WHY_RULE, 10 },
	/* built in */
	{ "environment", { TO_READ("/proc/7/environ") }, BK_DENIED, BK_WHY_PRIVATE, ANY },
	{ "a thread's", { TO_READ("/proc/7/task/8/environ") }, BK_DENIED, BK_WHY_PRIVATE, ANY },
	{ "a rule of its own is named", { TO_READ("/proc/1/environ") }, BK_DENIED, BK_WHY_RULE, 11 },
	{ "memory", { TO_READ("/proc/7/mem") }, BK_DENIED, BK_WHY_PRIVATE, ANY },
	{ "memory, written", { TO_WRITE("/proc/7/mem") }, BK_DENIED, BK_WHY_PRIVATE, ANY },
	{ "a thread's memory, written", { TO_WRITE("/proc/7/task/9/mem") }, BK_DENIED, BK_WHY_PRIVATE, ANY },
	{ "meminfo is no memory", { TO_READ("/proc/meminfo") }, BK_ALLOWED, BK_WHY_ALLOWED, 9 },
	{ "nor are maps", { TO_READ("/proc/7/maps") }, BK_ALLOWED, BK_WHY_ALLOWED, 9 },
	{ "nor a file of that name", { TO_WRITE("/tmp/proc/7/mem") }, BK_ALLOWED, BK_WHY_ALLOWED, 1 },
	{ "own code", { TO_WRITE("/var/task/app.py"), .flags = BK_REQ_TASK_ROOT }, BK_DENIED, BK_WHY_TASK_ROOT, ANY },
	{ "beside it", { TO_WRITE("/var/tasks/app.py") }, BK_ALLOWED, BK_WHY_ALLOWED, 4 },
	{ "own code may be read", { TO_READ("/usr/app.py"), .flags = BK_REQ_TASK_ROOT }, BK_ALLOWED, BK_WHY_ALLOWED, 8 },
	/* harmless */
	{ "null", { TO_WRITE("/dev/null") }, BK_ALLOWED, BK_WHY_SECTION, ANY },
	{ "null, read", { TO_READ("/dev/null") }, BK_ALLOWED, BK_WHY_SECTION, ANY },
	{ "a rule forbids zero", { TO_WRITE("/dev/zero") }, BK_DENIED, BK_WHY_RULE, 6 },
	{ "a terminal", { TO_WRITE("/dev/pts/3") }, BK_ALLOWED, BK_WHY_SECTION, ANY },
	{ "a disk", { TO_WRITE("/dev/sda") }, BK_DENIED, BK_WHY_NO_RULE, ANY },
	{ "shared memory", { TO_WRITE("/dev/shm/x") }, BK_DENIED, BK_WHY_NO_RULE, ANY },
	{ "own output", { TO_WRITE("/srv/log"), .flags = BK_REQ_OWN_OUTPUT }, BK_ALLOWED, BK_WHY_SECTION, ANY },
	{ "own output that a rule forbids", { TO_WRITE("/tmp/keep/log"), .flags = BK_REQ_OWN_OUTPUT }, BK_DENIED, BK_WHY_RULE, 2 },
	{ "a pipe", { TO_WRITE("pipe:[77]") }, BK_ALLOWED, BK_WHY_SECTION, ANY },
	{ "a memory file", { TO_WRITE("/memfd:x (deleted)"), .flags = BK_REQ_ANONYMOUS }, BK_ALLOWED, BK_WHY_SECTION, ANY },
	{ "that name in a folder", { TO_WRITE("/memfd:x") }, BK_DENIED, BK_WHY_NO_RULE, ANY },
	/* code */
	{ "a module", { TO_PLANT("/tmp/lib/x.py") }, BK_DENIED, BK_WHY_PLANTED, ANY },
	{ "compiled, in a listed cache", { TO_PLANT("/tmp/b/__pycache__/x.pyc") }, BK_ALLOWED, BK_WHY_ALLOWED, 12 },
	{ "compiled, elsewhere", { TO_PLANT("/tmp/x.pyc") }, BK_DENIED, BK_WHY_PLANTED, ANY },
	{ "in the cache, other code", { TO_PLANT("/tmp/b/__pycache__/x.so") }, BK_DENIED, BK_WHY_PLANTED, ANY },
	{ "a cache that a rule forbids", { TO_PLANT("/tmp/a/__pycache__/x.pyc") }, BK_DENIED, BK_WHY_RULE, 13 },
	{ "a library with a version", { TO_PLANT("/tmp/libx.so.1") }, BK_DENIED, BK_WHY_PLANTED, ANY },
	{ "data", { TO_PLANT("/tmp/x.json") }, BK_ALLOWED, BK_WHY_SECTION, ANY },
	{ "a folder of that name", { TO_PLANT("/tmp/x.py/data") }, BK_ALLOWED, BK_WHY_SECTION, ANY },
	{ "no name", { TO_PLANT(".py") }, BK_ALLOWED, BK_WHY_SECTION, ANY },
};

static struct bk_policy build(struct built *b, const struct built_rule *rules, size_t count, size_t skip)
{
	struct bk_policy p;
	uint32_t at;

	for (size_t i = 0; i < count; i++) {
		struct built_rule r = rules[i];

		if (i == skip)
			continue;
		if (!r.line)
			r.line = (uint32_t)i + (rules != processes);
		build_rule(b, r);
	}
	build_policy(b);
	ok(bk_policy_verify(&p, b->bytes.at, b->bytes.len, &at) == BK_POLICY_OK, "the policy is sound");
	return p;
}

static struct bk_request with_count(struct bk_request r)
{
	for (uint32_t i = 0; i < r.argv.size; i++)
		r.argv.count += !r.argv.at[i];
	return r;
}

static void ask(const struct bk_policy *p, const char *table, const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct bk_request r = with_count(rows[i].request);
		struct bk_decision d = bk_decide(p, &r, BK_ENFORCE);
		const struct bk_rule *rule = bk_policy_rule(p, d.rule);
		uint32_t line = rule ? rule->line : ANY;

		if (!ok(d.verdict == rows[i].verdict && d.reason == rows[i].reason && line == rows[i].line, "%s: %s: %s", table, rows[i].what,
			bk_verdict_name(rows[i].verdict)))
			printf("# is %s, %s, line %u\n", bk_verdict_name(d.verdict), bk_reason_text(d.reason), line);
	}
}

#define ASK(p, rows) ask(p, #rows, rows, sizeof rows / sizeof *rows)
#define COUNT(rules) (sizeof rules / sizeof *rules)

static void test_tables(void)
{
	struct built b;
	struct bk_policy p;

	build_start(&b);
	build_section(&b, BK_PROCESSES, BK_ENFORCE, 0);
	p = build(&b, processes, COUNT(processes), NO_HASH_DENIAL);
	ASK(&p, process_rows);
	build_free(&b);

	build_start(&b);
	build_section(&b, BK_PROCESSES, BK_ENFORCE, 0);
	p = build(&b, hash_rules, COUNT(hash_rules), SIZE_MAX);
	ASK(&p, hash_rows);
	build_free(&b);

	build_start(&b);
	build_section(&b, BK_PROCESSES, BK_ENFORCE, 0);
	build_section(&b, BK_LIBRARIES, BK_ENFORCE, 0);
	p = build(&b, libraries, COUNT(libraries), SIZE_MAX);
	ASK(&p, library_rows);
	build_free(&b);

	build_start(&b);
	for (int s = BK_GENERATED_CODE; s < BK_SECTIONS; s++)
		if (s != BK_LISTEN)
			build_section(&b, (enum bk_section)s, BK_ENFORCE, s == BK_READ ? BK_SECTION_ALLOWS : 0);
	p = build(&b, others, COUNT(others), SIZE_MAX);
	ASK(&p, other_rows);
	build_free(&b);

	build_start(&b);
	for (int s = BK_WRITE; s < BK_SECTIONS; s++)
		build_section(&b, (enum bk_section)s, BK_ENFORCE, 0);
	p = build(&b, files, COUNT(files), SIZE_MAX);
	ASK(&p, file_rows);
	build_free(&b);
}

static enum bk_verdict verdict(const struct bk_policy *p, const char *path, uint32_t flags, enum bk_mode least)
{
	struct bk_request r = { .section = BK_PROCESSES, .path = bk_text_of(path), .flags = flags, .argv = { "x", 2, 1, false }, .first_arg = 1 };

	return bk_decide(p, &r, least).verdict;
}

static void test_modes(void)
{
	static const struct { enum bk_mode mode, least; enum bk_verdict listed, other, killed; } rows[] = {
		{ BK_ENFORCE, BK_ENFORCE, BK_ALLOWED, BK_DENIED, BK_KILLED }, { BK_ENFORCE, BK_ALERT, BK_ALLOWED, BK_ALERTED, BK_ALERTED },
		{ BK_ENFORCE, BK_LEARN, BK_LEARNED, BK_LEARNED, BK_LEARNED }, { BK_ENFORCE, BK_OFF, BK_ALLOWED, BK_ALLOWED, BK_ALLOWED },
		{ BK_ALERT, BK_ENFORCE, BK_ALLOWED, BK_ALERTED, BK_ALERTED }, { BK_ALERT, BK_LEARN, BK_LEARNED, BK_LEARNED, BK_LEARNED },
		{ BK_LEARN, BK_ENFORCE, BK_LEARNED, BK_LEARNED, BK_LEARNED }, { BK_LEARN, BK_ALERT, BK_LEARNED, BK_LEARNED, BK_LEARNED },
		{ BK_OFF, BK_ENFORCE, BK_ALLOWED, BK_ALLOWED, BK_ALLOWED },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct built b;
		struct bk_policy p;

		build_start(&b);
		build_section(&b, BK_PROCESSES, rows[i].mode, 0);
		build_rule(&b, (struct built_rule)ALLOW(BK_PROCESSES, PATH("/a")));
		build_rule(&b, (struct built_rule)KILL(BK_PROCESSES, PATH("/k")));
		build_rule(&b, (struct built_rule)ALLOW(BK_PROCESSES, PATH("/h"), .sha256 = good));
		build_policy(&b);
		bk_policy_open(&p, b.bytes.at, b.bytes.len, NULL);
		ok(verdict(&p, "/a", 0, rows[i].least) == rows[i].listed, "mode %d, least %d: listed", rows[i].mode, rows[i].least);
		ok(verdict(&p, "/b", 0, rows[i].least) == rows[i].other, "mode %d, least %d: not listed", rows[i].mode, rows[i].least);
		ok(verdict(&p, "/k", 0, rows[i].least) == rows[i].killed, "mode %d, least %d: kill", rows[i].mode, rows[i].least);
		bool asks = rows[i].mode < BK_LEARN && rows[i].least < BK_LEARN;
		ok((verdict(&p, "/h", 0, rows[i].least) == BK_NEED_SHA256) == asks, "mode %d, least %d: hash", rows[i].mode, rows[i].least);
		ok(verdict(&p, "/any", BK_REQ_MAIN, rows[i].least) == (asks ? BK_ALLOWED : rows[i].listed), "mode %d, least %d: no main rule", rows[i].mode,
		   rows[i].least);
		build_free(&b);
	}
}

static void test_generated_code(void)
{
	struct bk_request r = { .section = BK_GENERATED_CODE, .path = BK_TEXT("/usr/bin/node") };
	struct built b;
	struct bk_policy p;

	build_start(&b);
	build_section(&b, BK_GENERATED_CODE, BK_ENFORCE, BK_SECTION_ALLOWS);
	build_policy(&b);
	bk_policy_open(&p, b.bytes.at, b.bytes.len, NULL);
	struct bk_decision d = bk_decide(&p, &r, BK_ENFORCE);
	ok(d.verdict == BK_ALLOWED && d.reason == BK_WHY_SECTION, "generated_code: allow");
	build_free(&b);
}

/* --- names and arguments ------------------------------------------------------------------------------------------------------ */

static struct bk_args args_of(const char *bytes, uint32_t size)
{
	struct bk_request r = { .argv = { bytes, size, 0, false } };

	return with_count(r).argv;
}

#define LIST(s) args_of(s, sizeof(s))

static void test_loader(void)
{
	static const char *const yes[] = {
		"/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1", "/lib/ld-linux.so.2", "/lib/ld-2.31.so", "/lib64/ld64.so.2", "/lib/ld-musl-x86_64.so.1",
		"/usr/lib/x86_64-linux-musl/libc.so", "/libexec/ld.so", "/lib/ld.so.1",
	}, *const no[] = { "/usr/bin/ld", "/usr/bin/ld.bfd", "/usr/lib/libc.so.6", "/bin/ld-linux", "/tmp/ld.so.d/x", "" };
	struct bk_args a;

	for (size_t i = 0; i < COUNT(yes); i++)
		ok(bk_is_loader(bk_text_of(yes[i])), "%s is a loader", yes[i]);
	for (size_t i = 0; i < COUNT(no); i++)
		ok(!bk_is_loader(bk_text_of(no[i])), "'%s' is none", no[i]);
#define PROGRAM(s) (a = LIST(s), bk_loader_program(&a))
	ok(PROGRAM("ld.so\0./x\0-y") == 1, "its program");
	ok(PROGRAM("ld.so\0--inhibit-cache\0/x") == 2, "behind an option that changes nothing");
	ok(!PROGRAM("ld.so") && !PROGRAM("ld.so\0"), "none");
	ok(!PROGRAM("ld.so\0--preload\0/e.so\0/x") && !PROGRAM("ld.so\0--audit\0/e.so\0/x"), "options that bring code");
	ok(!PROGRAM("ld.so\0--library-path\0/tmp\0/x") && !PROGRAM("ld.so\0--argv0\0sh\0/bin/busybox"), "options that change what runs");
	ok(!PROGRAM("ld.so\0--inhibit-cache") && !PROGRAM("ld.so\0-x/y"), "no program behind them");
	ok(!PROGRAM("ld.so\0x"), "a name that the loader would search");
}

static void test_applets(void)
{
	static const struct { const char *path, *argv; uint32_t size; const char *applet; uint32_t first; } rows[] = {
#define R(path, argv, applet, first) { path, argv, sizeof(argv), applet, first }
		R("/bin/busybox", "busybox\0cat\0x", "cat", 2), R("/bin/busybox", "/usr/bin/wget\0x", "wget", 1), R("/bin/busybox", "-sh", "sh", 1),
		R("/bin/busybox", "busybox", "", 2), R("/bin/busybox", "busybox\0/x/ls", "ls", 2), R("/bin/busybox", "busybox\0busybox\0ls", "ls", 3),
		R("/bin/busybox", "busybox\0--list", "--list", 2), R("/bin/toybox", "toybox\0ls", "ls", 2),
		R("/usr/bin/coreutils", "coreutils\0--coreutils-prog=cat\0x", "cat", 2), R("/usr/bin/coreutils", "ls", "ls", 1),
		R("/usr/bin/gzip", "gunzip\0x", "gunzip", 1),
		R("/bin/busybox", "busybox\0busybox\0busybox\0busybox\0busybox\0busybox\0busybox\0busybox\0busybox\0busybox\0wget", "", 9),
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct bk_args a = args_of(rows[i].argv, rows[i].size);
		uint32_t first = 1;
		struct bk_text applet = bk_applet(bk_text_of(rows[i].path), &a, &first);

		ok(bk_text_equal(applet, bk_text_of(rows[i].applet)) && first == rows[i].first, "applet row %zu: '%s' (%.*s, %u)", i, rows[i].applet, (int)applet.len,
		   applet.at, first);
	}
	ok(bk_is_multicall(BK_TEXT("/bin/busybox.static")) && !bk_is_multicall(BK_TEXT("/bin/busy")), "multi-call images by name");
	ok(bk_is_shell(BK_TEXT("dash")) && bk_is_shell(BK_TEXT("/bin/sh")) && !bk_is_shell(BK_TEXT("ssh")) && !bk_is_shell(BK_TEXT("")), "shells by name");
}

static void test_variables(void)
{
	static const char *const yes[] = {
		"LD_PRELOAD=x", "LD_AUDIT=x", "LD_LIBRARY_PATH=", "LD_DEBUG_OUTPUT=x", "LD_PROFILE=x", "GLIBC_TUNABLES=x", "GCONV_PATH=x", "LOCPATH=x", "NLSPATH=x",
		"HOSTALIASES=x", "NODE_OPTIONS=x", "NODE_PATH=x", "PYTHONPATH=x", "PYTHONSTARTUP=x", "PYTHONHOME=x", "PYTHONINSPECT=1", "PYTHONUSERBASE=x", "RUBYOPT=x",
		"RUBYLIB=x", "PERL5OPT=x", "PERL5LIB=x", "PERL5DB=x", "JAVA_TOOL_OPTIONS=x", "_JAVA_OPTIONS=x", "JDK_JAVA_OPTIONS=x", "CLASSPATH=x", "BASH_ENV=x", "ENV=x",
		"BASH_FUNC_ls%%=() { id; }", "SHELLOPTS=x", "BASHOPTS=x", "PS4=$(id)", "PROMPT_COMMAND=x", "IFS=x", "GIT_SSH=x", "GIT_SSH_COMMAND=x",
		"GIT_EXTERNAL_DIFF=x", "GIT_EXEC_PATH=x", "GIT_CONFIG_COUNT=1", "TAR_OPTIONS=x", "OPENSSL_CONF=x", "DOTNET_STARTUP_HOOKS=x", "LUA_INIT_5_4=x",
		"AWKLIBPATH=x", "ZIPOPT=x", "LD_", "MAGICK_CONFIGURE_PATH=x", "PHPRC=x",
	}, *const no[] = {
		"PATH=x", "HOME=x", "EDITOR=x", "PAGER=x", "LD=gcc", "LDFLAGS=x", "NODE_ENV=production", "NODE_OPTIONSX=1", "NODE_OPTION=1", "PYTHONUNBUFFERED=1", "=x", "",
		"ENVIRONMENT=x", "EN=x", "AWS_REGION=x", "LANG=C", "TZ=x", "PS1=x", "zzz=1", "_=x", "GIT_DIR=x", "PS4X=1", "XLD_PRELOAD=x", "A=LD_PRELOAD=x", "BASH=x",
	};

	for (size_t i = 0; i < COUNT(yes); i++)
		ok(bk_injection_variable(bk_text_of(yes[i])) == strcspn(yes[i], "="), "%s", yes[i]);
	for (size_t i = 0; i < COUNT(no); i++)
		ok(!bk_injection_variable(bk_text_of(no[i])), "not '%s'", no[i]);
}

int main(void)
{
	test_tables();
	test_modes();
	test_generated_code();
	test_loader();
	test_applets();
	test_variables();
	return tap_end();
}
