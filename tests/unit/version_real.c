/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The orders of versions held against the ecosystems' own programs, where they are installed: every pair of a few dozen versions made of parts
 * that matter.  A program reads the versions, one a line, and writes for each pair one of < = >.
 */
#include "scan/version.h"

#include <unistd.h>

#include "tests/support/tap.h"

#define VERSIONS 80
#define SLACK 16

static const struct program {
	enum bk_ecosystem ecosystem;
	const char *name, *there, *command;		/* the command's standard input is the list */
	const char *starts, *ends;			/* parts, separated by blanks; "-" is an empty end */
	bool needed;					/* tests/packages has it: not here is a gap */
} programs[] = {
	{ BK_DEBIAN, "dpkg", "command -v dpkg", "cat >list; while read -r a; do while read -r b; do "
	  "if dpkg --compare-versions \"$a\" lt \"$b\"; then printf '<'; elif dpkg --compare-versions \"$a\" eq \"$b\"; then printf =; else printf '>'; fi; done <list; done <list",
	  "1.0 0:1.0 1:0.9 1.0~rc1 1.0+dfsg 1.10", "- -1 -1~deb12u1 -0 -1+b1", true },
	{ BK_RUBYGEMS, "Gem::Version", "command -v ruby", "ruby -e 'v = STDIN.read.split(\"\\n\").map { |s| Gem::Version.new(s) }; v.each { |a| v.each { |b| print %w[< = >][(a <=> b) + 1] } }'",
	  "1 1.0 1.0.0 1.1 1.10 01.2 1.a 2.0.0.rc1 1.0.1", "- .0 .a .b2 .pre.1 -1 .0.beta", true },
	{ BK_PYPI, "packaging", "/usr/bin/python3 -c 'import packaging'", "/usr/bin/python3 -c 'import sys\nfrom packaging.version import Version as V\nv = [V(s) for s in sys.stdin.read().split()]\n"
	  "print(\"\".join(\"<\" if a < b else \"=\" if a == b else \">\" for a in v for b in v))'",
	  "1 1.0 1.0.1 1!0.1 v1.10", "- a1 .b2 -rc.3 .dev4 a1.dev2 .post1 -2 .post1.dev3 +abc.1 +1 c", true },
	{ BK_NPM, "node-semver", "node -e 'require(process.env.SEMVER)'", "node -e 'const s = require(process.env.SEMVER), v = require(\"fs\").readFileSync(0, \"utf8\").trim().split(\"\\n\");"
	  "console.log(v.flatMap(a => v.map(b => \"<=>\"[s.compare(a, b) + 1])).join(\"\"))'",
	  "1.0.0 1.2.3 v1.10.0 2.0.0 0.0.0", "- -0 -alpha -alpha.1 -alpha.beta -1 -a.10 -a-b -rc.1+5 +build.7 -A", true },
	{ BK_RPM, "rpm", "command -v rpm", "tr '\\n' ' ' >list; rpm --eval '%{lua: local v = {} for s in io.open(\"list\"):read(\"a\"):gmatch(\"%S+\") do v[#v+1] = s end "
	  "for _, a in ipairs(v) do for _, b in ipairs(v) do print((\"<=>\"):sub(rpm.vercmp(a, b) + 2, rpm.vercmp(a, b) + 2)) end end}' | tr -d '\\n'",
	  "1.0 1.0.1 1:0.9 1.10 1_0 01.2 1.0a", "- ~rc1 ^git1 a .1 ~ ^ .a.1", false },
	{ BK_PACKAGIST, "Composer", "test -e /usr/share/php/Composer/Semver/autoload.php && command -v php", "cat >c.php <<'E'\n"
	  "<?php require '/usr/share/php/Composer/Semver/autoload.php'; $p = new Composer\\Semver\\VersionParser; $v = [];\n"
	  "foreach (file('php://stdin', FILE_IGNORE_NEW_LINES) as $s) $v[] = $p->normalize($s);\n"
	  "foreach ($v as $a) foreach ($v as $b) echo Composer\\Semver\\Comparator::lessThan($a, $b) ? '<' : (Composer\\Semver\\Comparator::greaterThan($a, $b) ? '>' : '=');\nE\nphp c.php",
	  "1.0 v1.0.0 1.0.0.1 1.10 1.2.3 1.0.1", "- -alpha1 beta -b2 -RC1 -patch1 -p2 -dev -alpha1-dev +build -stable", false },
	{ BK_MAVEN, "Maven", "test -e /usr/share/java/maven-artifact-3.x.jar && command -v java", "cat >L.java <<'E'\n"
	  "import java.util.*; import org.apache.maven.artifact.versioning.ComparableVersion;\n"
	  "class L { public static void main(String[] x) { List<ComparableVersion> v = new ArrayList<>(); Scanner s = new Scanner(System.in);\n"
	  "while (s.hasNext()) v.add(new ComparableVersion(s.next())); StringBuilder o = new StringBuilder();\n"
	  "for (ComparableVersion a : v) for (ComparableVersion b : v) o.append(\"<=>\".charAt(Integer.signum(a.compareTo(b)) + 1)); System.out.println(o); } }\nE\n"
	  "java -cp /usr/share/java/maven-artifact-3.x.jar:/usr/share/java/commons-lang3.jar L.java",
	  "1 1.0 1.1 1-1 1.0-1 1-a1 1.a", "- -alpha-1 -beta2 -rc -SNAPSHOT -sp .Final -foo -foo2 .0.0 -0 ", false },
};

static int add_ends(char list[][64], int n, const char *start, const char *ends)
{
	while (*ends && n < VERSIONS) {
		size_t k = strcspn(ends, " ");

		snprintf(list[n++], sizeof list[0], "%s%.*s", start, *ends == '-' && k == 1 ? 0 : (int)k, ends);
		ends += k + strspn(ends + k, " ");
	}
	return n;
}

static int make(const struct program *p, char list[][64])
{
	int n = 0;

	for (const char *at = p->starts; *at; ) {
		size_t k = strcspn(at, " ");
		BK_FREE char *start = bk_strndup(at, k);

		n = add_ends(list, n, start, p->ends);
		at += k + strspn(at + k, " ");
	}
	return n;
}

/* The program's answers, `n` times `n`; false where it failed. */
static bool ask(const struct program *p, char list[][64], int n, char *answers)
{
	FILE *f = fopen("versions", "w");
	BK_FREE char *command = bk_format("{ %s\n} <versions", p->command);
	size_t got;

	for (int i = 0; i < n; i++)
		fprintf(f, "%s\n", list[i]);
	fclose(f);
	f = popen(command, "r");
	got = fread(answers, 1, (size_t)(n * n) + SLACK, f);	/* to its end, or the program has nobody to write to */
	return pclose(f) == 0 && got >= (size_t)(n * n);
}

static int sign(int n)
{
	return (n > 0) - (n < 0);
}

static void compare(const struct program *p)
{
	static char list[VERSIONS][64], answers[VERSIONS * VERSIONS + SLACK];
	int n = make(p, list), wrong = 0;
	bool asked = ask(p, list, n, answers);

	for (int i = 0; asked && i < n; i++)
		for (int j = 0; j < n; j++) {
			char mine = "<=>"[sign(bk_version_compare(p->ecosystem, list[i], list[j])) + 1];

			if (mine != answers[i * n + j] && ++wrong <= 5)
				printf("# %s %c %s, %s says %c\n", list[i], mine, list[j], p->name, answers[i * n + j]);
		}
	ok(asked && !wrong, "%s: %d versions in the same order", p->name, n);
}

static bool is_there(const struct program *p)
{
	BK_FREE char *command = bk_format("%s >/dev/null 2>&1", p->there);

	return system(command) == 0;
}

int main(void)
{
	char folder[] = "/tmp/bk-versions-XXXXXX";

	/* Debian's npm, or the one that Node brings. */
	setenv("SEMVER", access("/usr/share/nodejs/semver", F_OK) == 0 ? "/usr/share/nodejs/semver" : "/usr/lib/node_modules/npm/node_modules/semver", 0);
	if (!mkdtemp(folder) || chdir(folder) < 0)
		return 2;
	for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
		if (is_there(&programs[i]))
			compare(&programs[i]);
		else if (programs[i].needed)
			printf("ok %d # SKIP %s is not installed\n", ++tap_count, programs[i].name);
		else
			printf("# %s is not installed, and tests/packages does not ask for it\n", programs[i].name);
	}
	BK_FREE char *command = bk_format("rm -rf %s", folder);
	return chdir("/") < 0 || system(command) != 0 ? 2 : tap_end();
}
