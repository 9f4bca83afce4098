/* SPDX-License-Identifier: Apache-2.0 */
#include "core/shell.h"

#include <stdlib.h>

#include "tests/support/tap.h"

#define YES BK_SHELL_MATCH
#define NO  BK_SHELL_OTHER
#define ODD BK_SHELL_UNPARSABLE
#define BAD BK_SHELL_BAD_TEMPLATE

#define CURL "curl --silent -L {url} | ./bin/catdoc -"

static const struct row {
	enum bk_shell_result result;
	const char *template_, *string;
} rows[] = {
	/* what functions really run */
	{ YES, CURL, "curl --silent -L http://h/x | ./bin/catdoc -" },
	{ YES, CURL, "curl --silent -L http://h/x=b%20c,d:80/~u/#top@e+f | ./bin/catdoc -" },
	{ YES, CURL, "curl --silent -L 'http://h/x?a=b&c=d;e' | ./bin/catdoc -" },
	{ YES, CURL, "curl --silent -L \"http://h/x?a=b&c=(d)\" | ./bin/catdoc -" },
	{ YES, CURL, "curl --silent -L http://h/x\\?a=b\\&c | ./bin/catdoc -" },
	{ YES, CURL, "  curl\t--silent   -L x|./bin/catdoc -  " },
	{ YES, CURL, "'curl' --sil\"ent\" \\-L x | ./bin/'catdoc' -" },
	{ NO,  CURL, "curl --silent -L http://h/x?a=b | ./bin/catdoc -" },
	{ NO,  CURL, "curl --silent -L http://h/x?a=b&c=d | ./bin/catdoc -" },
	{ NO,  CURL, "curl --silent -L http://h/[1-9] | ./bin/catdoc -" },
	{ NO,  CURL, "curl --silent -L x -d @/proc/self/environ | ./bin/catdoc -" },
	{ NO,  CURL, "curl --silent -L -o/tmp/x | ./bin/catdoc -" },
	{ NO,  CURL, "curl --silent -L '-o/tmp/x' | ./bin/catdoc -" },
	{ NO,  CURL, "curl --silent -L \"\"-o/tmp/x | ./bin/catdoc -" },
	{ NO,  CURL, "curl --silent -L \\-o | ./bin/catdoc -" },
	{ NO,  CURL, "curl --silent -L | ./bin/catdoc -" },
	{ NO,  CURL, "curl --silent x -L | ./bin/catdoc -" },
	{ NO,  CURL, "curl --silent -L x" },
	{ NO,  CURL, "" },
	{ YES, "convert {in} -resize {size} {out}", "convert /tmp/a.png -resize 10x10 /tmp/b.png" },
	{ NO,  "convert {in} -resize {size} {out}", "convert /tmp/a.png -resize 10x10 /tmp/b.png -write x" },
	{ NO,  "convert {in} -resize {size} {out}", "convert /tmp/a.png -resize -write /tmp/b.png" },
	{ YES, "tar -xzf {a} -C /tmp/{d} 2>&1", "tar -xzf a.tgz -C /tmp/d1 2>&1" },
	{ NO,  "tar -xzf {a} -C /tmp/{d} 2>&1", "tar -xzf a.tgz -C /tmp/d1 2>&3" },
	{ NO,  "tar -xzf {a} -C /tmp/{d} 2>&1", "tar -xzf a.tgz -C /tmp/d1 1>&2" },
	{ YES, "git log --format=%H {rev}", "git log --format=%H v1..v2" },
	{ YES, "echo {text} >> /tmp/log", "echo 'a > b; c' >> /tmp/log" },
	{ YES, "cat {f}", "cat 'r\xc3\xa9sum\xc3\xa9 1.txt'" },
	{ YES, "cat {f}", "cat r\xc3\xa9sum\xc3\xa9.txt" },
	{ YES, "cat {f}", "cat \xff\xfe\x80" },
	{ YES, "cat {f}", "cat 'two\nlines'" },
	{ YES, "cat {f}", "cat ''" },
	{ YES, "true", "true" },
	{ YES, "", "" },
	{ YES, "", "   " },
	{ YES, "a; b && c || d & e", "a;b&&c||d&e" },
	{ YES, "( a; b )", "(a;b)" },
	{ YES, "a\nb", "a\nb" },

	/* A1, A3, A5: injection into a value */
	{ NO,  "cat {f}", "cat x; cat handler.js #" },
	{ NO,  "cat {f}", "cat x;id" },
	{ NO,  "cat {f}", "cat ; env #" },
	{ NO,  "cat {f}", "cat x; sleep 5 #" },
	{ NO,  "cat {f}", "cat $(id)" },
	{ NO,  "cat {f}", "cat x$(id)" },
	{ NO,  "cat {f}", "cat \"$(id)\"" },
	{ NO,  "cat {f}", "cat `id`" },
	{ NO,  "cat {f}", "cat \"`id`\"" },
	{ NO,  "cat {f}", "cat x\nid" },
	{ NO,  "cat {f}", "cat x\n" },
	{ NO,  "cat {f}", "\ncat x" },
	{ NO,  "cat {f}", "cat x && id" },
	{ NO,  "cat {f}", "cat x&&id" },
	{ NO,  "cat {f}", "cat x || id" },
	{ NO,  "cat {f}", "cat x | id" },
	{ NO,  "cat {f}", "cat x |& id" },
	{ NO,  "cat {f}", "cat x & id" },
	{ NO,  "cat {f}", "cat x &" },
	{ NO,  "cat {f}", "cat x > y" },
	{ NO,  "cat {f}", "cat x>y" },
	{ NO,  "cat {f}", "cat <x" },
	{ NO,  "cat {f}", "cat 2>x" },
	{ NO,  "cat {f}", "cat x 2>y" },
	{ NO,  "cat {f}", "cat x>&2" },
	{ NO,  "cat {f}", "cat x >| y" },
	{ NO,  "cat {f}", "cat x <> y" },
	{ NO,  "cat {f}", "cat <(id)" },
	{ NO,  "cat {f}", "cat x >(id)" },
	{ NO,  "cat {f}", "cat x < (id)" },
	{ NO,  "cat {f}", "cat <<<x" },
	{ ODD, "cat {f}", "cat <<x\nx" },
	{ ODD, "cat {f}", "cat <<-x\nx" },
	{ NO,  "cat {f}", "cat ${HOME}" },
	{ NO,  "cat {f}", "cat $HOME" },
	{ NO,  "cat {f}", "cat \"$HOME\"" },
	{ NO,  "cat {f}", "cat $1" },
	{ NO,  "cat {f}", "cat $@" },
	{ NO,  "cat {f}", "cat $" },
	{ NO,  "cat {f}", "cat $((1+1))" },
	{ ODD, "cat {f}", "cat $[1+1]" },
	{ ODD, "cat {f}", "cat $'a'" },
	{ ODD, "cat {f}", "cat $'\\x3b'" },
	{ ODD, "cat {f}", "cat $\"a\"" },
	{ ODD, "cat {f}", "cat ${ id;}" },
	{ ODD, "cat {f}", "cat ${x:-`id`}" },
	{ NO,  "cat {f}", "cat ${x:-y}" },
	{ NO,  "cat {f}", "cat ~" },
	{ NO,  "cat {f}", "cat ~root/x" },
	{ YES, "cat {f}", "cat a~" },
	{ YES, "cat {f}", "cat '~'" },
	{ NO,  "cat {f}", "cat a=~/x" },
	{ NO,  "cat {f}", "cat a:~/x" },
	{ NO,  "cat {f}", "cat {a,b}" },
	{ NO,  "cat {f}", "cat {1..9}" },
	{ NO,  "cat {f}", "cat a{b" },
	{ NO,  "cat {f}", "cat a}b" },
	{ YES, "cat {f}", "cat '{a,b}'" },
	{ YES, "cat {f}", "cat \\{a,b\\}" },
	{ NO,  "cat {f}", "cat *" },
	{ NO,  "cat {f}", "cat a?" },
	{ NO,  "cat {f}", "cat [a]" },
	{ YES, "cat {f}", "cat 'a*?[b]'" },
	{ NO,  "cat {f}", "cat !x" },
	{ YES, "cat {f}", "cat a!x" },
	{ YES, "cat {f}", "cat '!!'" },
	{ NO,  "cat {f}", "cat =ls" },
	{ YES, "cat {f}", "cat a=b" },
	{ YES, "cat {f}", "cat a#b" },
	{ NO,  "cat {f}", "cat a #b" },
	{ NO,  "cat {f}", "cat #b" },
	{ ODD, "cat {f}", "cat x \\\n-y" },
	{ ODD, "cat {f}", "cat x\\\ny" },
	{ ODD, "cat {f}", "cat \"x\\\ny\"" },
	{ YES, "cat {f}", "cat 'x\\\ny'" },
	{ ODD, "cat {f}", "ca\\\nt x" },
	{ ODD, "cat {f}", "cat x\\" },
	{ ODD, "cat {f}", "cat 'x" },
	{ ODD, "cat {f}", "cat \"x" },
	{ ODD, "cat {f}", "cat `x" },
	{ ODD, "cat {f}", "cat $(x" },
	{ ODD, "cat {f}", "cat ${x" },
	{ ODD, "cat {f}", "cat x (y)" },
	{ NO,  "cat {f}", "cat x )" },
	{ ODD, "cat {f}", "cat() { id; }" },
	{ NO,  "cat {f}", "cat x >" },
	{ NO,  "cat {f}", "cat x > | y" },
	{ ODD, "cat {f}", "cat x ;;& y" },
	{ ODD, "cat {f}", "((x)) y" },
	{ NO,  "cat {f}", "FOO=x cat y" },
	{ NO,  "cat {f}", "LD_PRELOAD=x cat y" },
	{ NO,  "cat {f}", "x y" },
	{ NO,  "cat {f}", "cat x y" },
	{ NO,  "cat {f}", "cat" },
	{ NO,  "cat {f}", "cat \x01x" },
	{ NO,  "cat {f}", "cat x\rid" },
	{ YES, "cat {f}", "cat 'x\rid'" },
	{ NO,  "cat {f}", "cat null_;curl$IFS-s$IFS-x;echo x.raw" },
	{ NO,  "python3 -c {x}", "python3 -c 'a' 'b'" },

	/* quotes of the template */
	{ YES, "cat \"{f}\"", "cat \"a b\"" },
	{ YES, "cat \"{f}\"", "cat 'a b'" },
	{ YES, "cat \"{f}\"", "cat a" },
	{ NO,  "cat \"{f}\"", "cat \"a\" b" },
	{ NO,  "cat \"{f}\"", "cat \"a\"; id; \"\"" },
	{ NO,  "cat \"{f}\"", "cat \"a$(id)\"" },
	{ NO,  "cat \"{f}\"", "cat \"-e\"" },
	{ YES, "cat \"{f}\"", "cat \"a\\\"b\\$c\\`d\\\\e\"" },
	{ YES, "cat '{f}'", "cat 'a b'" },
	{ NO,  "cat '{f}'", "cat 'a'; id; ''" },
	{ YES, "cat '{f}'", "cat 'a'\\''b'" },
	{ YES, "echo 'a b'", "echo \"a b\"" },
	{ YES, "echo 'a b'", "echo a\\ b" },
	{ NO,  "echo 'a b'", "echo a b" },
	{ NO,  "echo a b", "echo 'a b'" },
	{ YES, "echo 'a'", "echo a" },

	/* parts of words */
	{ YES, "x --n={v}", "x --n=3" },
	{ YES, "x --n={v}", "x --n=" },
	{ YES, "x --n={v}", "x --n=-3" },
	{ YES, "x --n={v}", "x '--n=a b'" },
	{ YES, "x --n={v}", "x --n='a b'" },
	{ NO,  "x --n={v}", "x --m=3" },
	{ NO,  "x --n={v}", "x --n=3 --m" },
	{ YES, "x /tmp/{a}.png", "x /tmp/b.png" },
	{ YES, "x /tmp/{a}.png", "x /tmp/b.png.png" },
	{ NO,  "x /tmp/{a}.png", "x /tmp/b.gif" },
	{ NO,  "x /tmp/{a}.png", "x /tmp/../etc/b.png" },
	{ NO,  "x /tmp/{a}", "x /tmp/.." },
	{ YES, "x ../bin/{a}", "x ../bin/b" },
	{ NO,  "x ../bin/{a}", "x ../bin/../b" },
	{ YES, "x {a}-{b}", "x 1-2" },
	{ YES, "x {a}-{b}", "x 1-2-3" },
	{ NO,  "x {a}-{b}", "x 12" },
	{ NO,  "x {a}-{b}", "x -2" },
	{ NO,  "x {a}{b}", "x -2" },
	{ NO,  "x ''{b}", "x -2" },
	{ YES, "x {a}x{b}", "x 10x20" },

	/* the same hole twice */
	{ YES, "mv {a} {a}.bak", "mv x x.bak" },
	{ NO,  "mv {a} {a}.bak", "mv x y.bak" },
	{ YES, "mv {a} {a}.bak", "mv 'x y' \"x y.bak\"" },
	{ YES, "x {a}-{a}", "x b-b" },
	{ YES, "x {a}-{a}", "x b-c-b-c" },
	{ NO,  "x {a}-{a}", "x b-c" },
	{ YES, "x {a}{a}", "x bcbc" },
	{ NO,  "x {a}{a}", "x bcb" },
	{ NO,  "x {a} \"${H}/{a}\"", "x '$(id)' \"${H}/$(id)\"" },
	{ YES, "x {a} \"${H}/{a}\"", "x 'b;c' \"${H}/b;c\"" },

	/* words that expand something */
	{ YES, "cat $HOME/x", "cat $HOME/x" },
	{ NO,  "cat $HOME/x", "cat \"$HOME/x\"" },
	{ NO,  "cat $HOME/x", "cat '$HOME/x'" },
	{ NO,  "cat '$HOME'", "cat $HOME" },
	{ YES, "cat '$HOME'", "cat \\$HOME" },
	{ NO,  "cat $HOME/x", "cat $HOME/y" },
	{ YES, "cat $HOME/{f}", "cat $HOME/y" },
	{ NO,  "cat $HOME/{f}", "cat $HOME/y$(id)" },
	{ NO,  "cat $HOME/{f}", "cat $HOME/y*" },
	{ NO,  "cat $HOME/{f}", "cat $HOME/'y z'" },
	{ NO,  "cat $HOME/{f}", "cat $HOME/.." },
	{ YES, "cat \"$HOME/{f}\"", "cat \"$HOME/y z;&\"" },
	{ NO,  "cat \"$HOME/{f}\"", "cat \"$HOME/y\"z" },
	{ NO,  "cat \"$HOME/{f}\"", "cat \"$HOME/$(id)\"" },
	{ NO,  "cat \"$HOME/{f}\"", "cat \"$HOME/`id`\"" },
	{ NO,  "cat \"$HOME/{f}\"", "cat \"$HOME/\\\"\"" },
	{ NO,  "cat ${X}{f}", "cat ${X}-e" },
	{ YES, "cat ${X}{f}", "cat ${X}e" },
	{ NO,  "cat \"$X\"{f}", "cat \"$X\"-e" },
	{ YES, "cat $X/{f}", "cat $X/-e" },
	{ NO,  "cat {f}$X", "cat -e$X" },
	{ YES, "cat {f}$X", "cat e$X" },
	{ NO,  "cat {a,{f}}", "cat {a,b,-c}" },
	{ YES, "cat *.{ext}", "cat *.png" },
	{ NO,  "cat *.{ext}", "cat *.png*" },
	{ NO,  "cat *.{ext}", "cat '*'.png" },
	{ YES, "kill $(cat pid)", "kill $(cat pid)" },
	{ NO,  "kill $(cat pid)", "kill $(cat pid2)" },
	{ YES, "x \"$(a \"$(b 'c)' \"d\")\")\" {y}", "x \"$(a \"$(b 'c)' \"d\")\")\" z" },
	{ YES, "x `date` {y}", "x `date` z" },
	{ YES, "x ~/{y}", "x ~/z" },
	{ NO,  "x ~/{y}", "x ~root/z" },

	/* assignments and reserved words */
	{ YES, "FOO=bar cmd {x}", "FOO=bar cmd y" },
	{ NO,  "FOO=bar cmd {x}", "'FOO=bar' cmd y" },
	{ YES, "FOO={v} cmd", "FOO=bar cmd" },
	{ NO,  "FOO={v} cmd", "FOO=$(id) cmd" },
	{ NO,  "FOO={v} cmd", "FOO=a LD_PRELOAD=b cmd" },
	{ NO,  "FOO={v} cmd", "FOO=~ cmd" },
	{ NO,  "{c} x", "A=b x" },
	{ NO,  "{c} x", "A+=b x" },
	{ NO,  "{c}$Y x", "A=$Y x" },
	{ NO,  "{c} x", "if x" },
	{ NO,  "{c} x", "time x" },
	{ NO,  "{c} x", "! x" },
	{ YES, "{c} x", "'if' x" },
	{ YES, "{c} x", "/bin/c x" },
	{ YES, "echo {w}", "echo if" },
	{ YES, "echo {w}", "echo done" },
	{ NO,  "2>{f} x", "2>f A=b" },
	{ YES, "if [ -f {f} ]; then cat {f}; fi", "if [ -f a ]; then cat a; fi" },
	{ NO,  "if [ -f {f} ]; then cat {f}; fi", "if [ -f a ]; then cat b; fi" },
	{ NO,  "if a; then b {x}; fi", "if a; then b fi; fi" },
	{ NO,  "for f in {a}; do cat {b}; done", "for f in x; do cat done; done" },
	{ YES, "for f in {a}; do cat \"$f\"; done", "for f in x; do cat \"$f\"; done" },
	{ NO,  "if a; then b; fi", "'if' a; then b; fi" },

	/* redirections */
	{ YES, "x > {f}", "x >y" },
	{ NO,  "x > {f}", "x >>y" },
	{ NO,  "x > {f}", "x >&y" },
	{ NO,  "x > {f}", "x > -" },
	{ NO,  "x {n} >f", "x 2>f" },
	{ YES, "x {n} >f", "x 2 >f" },
	{ YES, "x {n} >f", "x '2'>f" },
	{ NO,  "x {n}>f", "x 2>f" },
	{ NO,  "x {n}>f", "x {fd}>f" },
	{ YES, "x &>f", "x &>f" },
	{ NO,  "x &>f", "x & >f" },
	{ NO,  "x & >f", "x &>f" },
	{ NO,  "x | y", "x || y" },
	{ NO,  "x ; y", "x ;; y" },

	/* comments */
	{ YES, "x # note", "x # note" },
	{ NO,  "x # note", "x # other" },
	{ NO,  "x # note", "x" },
	{ NO,  "x # {a}", "x # b" },
	{ YES, "x a#b", "x a#b" },

	/* braces that are no holes */
	{ YES, "awk '{{print $1}'", "awk '{print $1}'" },
	{ NO,  "awk '{{print}'", "awk '{system}'" },
	{ YES, "awk '{{print}'", "awk '{print}'" },
	{ YES, "awk '{print $1}' {f}", "awk '{print $1}' x" },
	{ YES, "x a{{b,c}", "x a{b,c}" },
	{ NO,  "x a{{b,c}", "x 'a{b,c}'" },
	{ YES, "x \\{a\\}", "x '{a}'" },
	{ NO,  "x \\{a\\}", "x b" },
	{ NO,  "x '${a}'", "x '$b'" },
	{ YES, "x '${a}'", "x '${a}'" },
	{ NO,  "x ${a}", "x b" },
	{ YES, "x {{{a}", "x {b" },
	{ YES, "x '{{{a}'", "x '{b'" },
	{ NO,  "x {1}", "x b" },
	{ NO,  "x {a b}", "x c d" },

	/* templates that cannot be */
	{ BAD, "cat '{f}", "cat x" },
	{ BAD, "cat \"{f}", "cat x" },
	{ BAD, "cat x\\", "cat x" },
	{ BAD, "cat <<{f}", "cat <<x" },
	{ BAD, "cat <(x {f})", "cat <(x y)" },
	{ BAD, "f() { x; }", "f() { x; }" },
	{ BAD, "f () ( x )", "f () ( x )" },
	{ BAD, "function f { x; }", "function f { x; }" },
	{ BAD, "x $(y {f})", "x $(y z)" },
	{ BAD, "x `y {f}`", "x `y z`" },
	{ BAD, "x $a{f}", "x $ab" },
	{ BAD, "x \"$a{f}\"", "x \"$ab\"" },
	{ BAD, "x $'{f}'", "x $'y'" },
	{ BAD, "((x {f}))", "((x y))" },
	{ BAD, "x >", "x >" },
	{ BAD, "x \\\ny", "x \\\ny" },
	{ BAD, "x $(case a in b) c;; esac) {f}", "x" },
	{ BAD, "x $(a # )\n) {f}", "x" },
	{ BAD, "{a} {b} {c} {d} {e} {f} {g} {h} {i} {j} {k} {l} {m} {n} {o} {p} {q}", "x" },
	{ NO,  "{a} {b} {c} {d} {e} {f} {g} {h} {i} {j} {k} {l} {m} {n} {o} {p}", "x" },
};

static const char *name_of(enum bk_shell_result r)
{
	static const char *const names[] = { "other", "match", "unparsable", "bad template" };

	return names[r];
}

/* One line for TAP, which has no escapes. */
static void print_flat(char *out, size_t cap, const char *s)
{
	size_t n = 0;

	for (; *s && n + 5 < cap; s++)
		n += (size_t)snprintf(out + n, cap - n, *s == '#' || *s == '\\' || (unsigned char)*s < ' ' || *s & 0x80 ? "<%02x>" : "%c", (unsigned char)*s);
	out[n] = '\0';
}

static void test_rows(void)
{
	char t[200], s[200];

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct row *r = &rows[i];
		enum bk_shell_result got = bk_shell_match(bk_text_of(r->template_), bk_text_of(r->string), NULL);

		print_flat(t, sizeof t, r->template_);
		print_flat(s, sizeof s, r->string);
		ok(got == r->result, "%s | %s: %s%s%s", t, s, name_of(r->result), got == r->result ? "" : ", not ", got == r->result ? "" : name_of(got));
	}
}

/* A NUL can be in no argument; if one is here all the same, nothing behind it may be overlooked. */
static void test_nul(void)
{
	static const char *const templates[] = { "cat {f}", "cat '{f}'", "cat x # a" };
	static const struct bk_text strings[] = {
		{ "cat x\0;id", 9 }, { "cat 'x\0y'", 9 }, { "cat \"x\0y\"", 9 }, { "cat x # a\0", 10 }, { "cat x \0", 7 }, { "\0", 1 }, { "cat \\\0", 6 },
	};

	for (size_t t = 0; t < sizeof templates / sizeof *templates; t++)
		for (size_t s = 0; s < sizeof strings / sizeof *strings; s++)
			ok(bk_shell_match(bk_text_of(templates[t]), strings[s], NULL) != BK_SHELL_MATCH, "%s with NUL, string %zu", templates[t], s);
	ok(bk_shell_check((struct bk_text){ "cat \0 {f}", 9 }, NULL) == BK_SHELL_BAD_TEMPLATE, "template with NUL");
}

static void test_where(void)
{
	uint32_t at = 99;

	bk_shell_match(BK_TEXT("cat {f}"), BK_TEXT("cat x; id"), &at);
	ok(at == 5, "they part at the operator: %u", at);
	bk_shell_match(BK_TEXT("cat {f}"), BK_TEXT("cat 'x"), &at);
	ok(at == 4, "the unclosed quote: %u", at);
	bk_shell_check(BK_TEXT("cat {f} $(x {g})"), &at);
	ok(at == 12, "the hole in the substitution: %u", at);
	ok(bk_shell_check(BK_TEXT("cat {f}"), &at) == BK_SHELL_MATCH, "a good template");
}

/* Strings that make a careless matcher slow. */
static void test_bound(void)
{
	static const char *const templates[] = { "x {a}{a}", "x {a}b{b}b{a}", "x {a}aaaaaaaab", "x {a}{b}{c}{d}b", "x {a}" };
	uint32_t size = 128 << 10;
	char *s = malloc(size);

	memset(s, 'a', size);
	memcpy(s, "x ", 2);
	for (size_t i = 0; i < sizeof templates / sizeof *templates; i++)
		ok((bk_shell_match(bk_text_of(templates[i]), (struct bk_text){ s, size }, NULL) == BK_SHELL_MATCH) == (i == 4), "%s ends on 128 KiB",
		   templates[i]);
	for (uint32_t i = 2; i + 2 < size; i += 2)
		memcpy(s + i, "''", 2);
	ok(bk_shell_match(BK_TEXT("x {a}b"), (struct bk_text){ s, size }, NULL) == BK_SHELL_OTHER, "quotes only");
	for (uint32_t i = 2; i + 2 < size; i += 2)
		memcpy(s + i, "$(", 2);
	ok(bk_shell_match(BK_TEXT("x {a}b"), (struct bk_text){ s, size }, NULL) == BK_SHELL_UNPARSABLE, "deep nesting");
	for (uint32_t i = 2; i + 2 < size; i += 2)
		memcpy(s + i, "{a", 2);
	ok(bk_shell_check((struct bk_text){ s, size }, NULL) == BK_SHELL_MATCH, "a template of open braces");
	free(s);
}

static void test_tokens(void)
{
	static const struct { const char *raw; bool is_operator, is_plain; } want[] = {
		{ "A=b", false, false }, { "curl", false, true }, { "'a b'", false, true }, { "$x", false, false }, { "2>", true, false },
		{ "f", false, true }, { "|", true, false }, { "if", false, false }, { "x?", false, false }, { "\n", true, false }, { "# c", true, false },
	};
	struct bk_text s = BK_TEXT("A=b curl 'a b' $x 2>f|if x?\n # c");
	struct bk_shell_token t;
	uint32_t pos = 0;

	for (size_t i = 0; i < sizeof want / sizeof *want; i++)
		ok(bk_shell_next(s, &pos, &t) && bk_text_equal(t.raw, bk_text_of(want[i].raw)) && t.is_operator == want[i].is_operator &&
		   t.is_plain == want[i].is_plain && !t.fault, "token %zu", i);
	ok(!bk_shell_next(s, &pos, &t) && !t.fault, "the end");
	pos = 0;
	s = BK_TEXT("a 'b");
	ok(bk_shell_next(s, &pos, &t) && !bk_shell_next(s, &pos, &t) && t.fault, "a fault");
}

static void test_unquote(void)
{
	static const struct { const char *raw, *out; } want[] = {
		{ "abc", "abc" }, { "'a b'", "a b" }, { "\"a\\\"b\\c\"", "a\"b\\c" }, { "a\\ b", "a b" }, { "''", "" }, { "'a'\"'\"'b'", "a'b" }, { "a\\", "a\\" },
	};
	char out[16];

	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		uint32_t n = bk_shell_unquote(bk_text_of(want[i].raw), out, sizeof out);

		ok(n == strlen(want[i].out) && !memcmp(out, want[i].out, n), "unquoted form %zu is '%s'", i, want[i].out);
	}
	ok(bk_shell_unquote(BK_TEXT("abcdef"), out, 2) == 6, "the length is that of the whole");
}

int main(void)
{
	test_rows();
	test_nul();
	test_where();
	test_bound();
	test_tokens();
	test_unquote();
	return tap_end();
}
