/* SPDX-License-Identifier: Apache-2.0 */
/* What a module's text says that it imports, both languages; other text that only looks like it. */
#include <string.h>

#include "scan/reach.h"
#include "tests/support/tap.h"

static void take(void *with, const char *name)
{
	bk_buf_printf(with, "%s ", name);
}

static void row(bool python, const char *text, const char *wanted, bool dynamic, const char *name)
{
	BK_BUF got = { 0 };
	bool was;

	bk_buf_add(&got, "", 0);
	was = (python ? bk_imports_python : bk_imports_js)(text, strlen(text), take, &got);
	ok(strcmp(got.at, wanted) == 0 && was == dynamic, "%s: %s", python ? "Python" : "JavaScript", name);
	if (strcmp(got.at, wanted) != 0 || was != dynamic)
		printf("# got: %s%s\n", got.at, was ? "(dynamic)" : "");
}

int main(void)
{
	row(false, "const a = require('a'), b = require(\"b/c\")", "a b/c ", false, "require");
	row(false, "import a from 'a'\nimport {b as c} from \"b\";import * as d from 'd'; import 'e'", "a b d e ", false, "import");
	row(false, "export * from './a'; export {b} from '../b'", "./a ../b ", false, "export from");
	row(false, "await import('a'); import(`b`); require.resolve('c')", "a b c ", false, "calls");
	row(false, "require(name)", "", true, "a name that is only known when it runs");
	row(false, "import(`./x/${y}.js`)", "", true, "a template with an expression");
	row(false, "require('./a' + b)", "./a ", true, "a sum");
	row(false, "// require('a')\n/* import 'b' */ x = \"require('c')\"; y = `require('d')`", "", false, "comments and texts");
	row(false, "x = /[\"'/]/.test(a); require('b')", "b ", false, "a regular expression with quotes");
	row(false, "x = a / b; y = \"c\" / 2; require('d') / 1; require('e')", "d e ", false, "divisions");
	row(false, "x = `a ${ {b: `${require('c')}`}.b } require('d')`; require('e')", "c e ", false, "templates in templates");
	row(false, "module.require('a'); x.import('b'); Array.from('c')", "", false, "members of that name");
	row(false, "if (x) return /'/.exec(y); require('a')", "a ", false, "a regular expression behind a word");
	row(false, "import a", "", false, "the end in the middle");
	row(false, "require('a", "", false, "a text without its end");
	row(true, "import a.b as c, d\n  import e", "a.b d e ", false, "import");
	row(true, "from a.b import c as d, e", "a.b a.b.c a.b.e ", false, "from");
	row(true, "from . import a\nfrom ..b import c", ". .a ..b ..b.c ", false, "from dots");
	row(true, "from a import (  # why\n  b,\n  c as d,\n)\nx = 1", "a a.b a.c ", false, "brackets over lines");
	row(true, "import_module('a.b'); __import__(\"c\")", "a.b c ", false, "calls");
	row(true, "importlib.import_module(name)", "", true, "a name that is only known when it runs");
	row(true, "# import a\nimportant = b\nfrom_x = c", "", false, "what only looks like it");
	return tap_end();
}
