/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Python's imports, line by line: `import a.b as c, d`, `from a.b import c`, with dots for the package's own, and import_module("x") of a literal.
 * What stands in a text of several lines is read too: it can only make more reachable.
 */
#include <string.h>

#include "scan/reach.h"

enum { NAME_SIZE = 256 };

struct importer {
	struct bk_reaching *reach;
	const char *module;		/* path of the file */
};

static bool is_name(char c)
{
	return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '_' || c == '.' || (unsigned char)c >= 0x80;
}

/* The next name, empty at the end or at another sign. */
static size_t name_at(const char **at, const char *end)
{
	size_t n = 0;

	while (*at < end && bk_blank(**at))
		(*at)++;
	while (*at + n < end && is_name((*at)[n]))
		n++;
	return n;
}

static void give(bk_import *take, void *with, const char *package, size_t package_size, const char *name, size_t size)
{
	char text[2 * NAME_SIZE];
	bool dot = package_size && size && package[package_size - 1] != '.';

	if (package_size >= NAME_SIZE || size >= NAME_SIZE - 2)
		return;
	snprintf(text, sizeof text, "%.*s%s%.*s", (int)package_size, package ? package : "", dot ? "." : "", (int)size, name ? name : "");
	take(with, text);
}

/* "a.b as c, d": each name that no `as` stands before.  In brackets also over lines. */
static void names(const char *at, const char *end, const char *package, size_t package_size, bk_import *take, void *with)
{
	bool skip = false, brackets = false;

	while (at < end) {
		size_t n = name_at(&at, end);

		if (n == 2 && memcmp(at, "as", 2) == 0) {
			skip = true;
		} else if (n > 0) {
			if (!skip)
				give(take, with, package, package_size, at, n);
			skip = false;
		} else if (at < end && *at == '#') {
			at = memchr(at, '\n', (size_t)(end - at));
			if (!at || !brackets)
				return;
		} else if (at < end && *at == '(') {
			brackets = true;
		} else if (at >= end || (*at != ',' && *at != '\\')) {
			return;
		}
		at += n ? n : 1;
	}
}

static void line(const char *at, const char *line_end, const char *end, bk_import *take, void *with)
{
	size_t n = name_at(&at, line_end);

	if (n == 6 && memcmp(at, "import", 6) == 0) {
		names(at + 6, line_end, NULL, 0, take, with);
	} else if (n == 4 && memcmp(at, "from", 4) == 0) {
		const char *package = at + 4;
		size_t size = name_at(&package, line_end), word;

		at = package + size;
		word = name_at(&at, line_end);
		if (!size || word != 6 || memcmp(at, "import", 6) != 0)
			return;
		give(take, with, package, size, NULL, 0);
		at += 6;
		names(at, memchr(at, '(', (size_t)(line_end - at)) ? end : line_end, package, size, take, with);
	}
}

/* import_module(X), __import__(X): true where X is no literal. */
static bool calls(const char *at, const char *end, const char *function, bk_import *take, void *with)
{
	bool dynamic = false;

	while ((at = memmem(at, (size_t)(end - at), function, strlen(function)))) {
		const char *close;

		at += strlen(function);
		while (at < end && bk_blank(*at))
			at++;
		close = at < end && (*at == '"' || *at == '\'') ? memchr(at + 1, *at, (size_t)(end - at) - 1) : NULL;
		if (close)
			give(take, with, NULL, 0, at + 1, (size_t)(close - at) - 1);
		dynamic = dynamic || !close;
	}
	return dynamic;
}

bool bk_imports_python(const char *text, size_t size, bk_import *take, void *with)
{
	const char *end = text + size;
	bool dynamic;

	for (const char *at = text; at < end; ) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));

		stop = stop ? stop : end;
		line(at, stop, end, take, with);
		at = stop + 1;
	}
	dynamic = calls(text, end, "import_module(", take, with);
	return calls(text, end, "__import__(", take, with) || dynamic;
}

/* --- where modules are --- */

/* A module and the packages around it, below one of the folders that are searched. */
static bool reach_below(struct bk_reaching *r, const char *root, const char *name)
{
	BK_FREE char *path = bk_format("%s%s", root, name);
	bool found = false;

	for (char *c = path + strlen(root); *c; c++)
		*c = *c == '.' ? '/' : *c;
	for (char *c = path + strlen(root); ; c++) {
		char was = *c;

		if (was != '/' && was != '\0')
			continue;
		*c = '\0';
		BK_FREE char *file = bk_format("%s.py", path), *package = bk_format("%s/__init__.py", path);

		found = bk_reach_module(r, file) || bk_reach_module(r, package) || found;
		*c = was;
		if (!was)
			return found;
	}
}

static void take(void *with, const char *name)
{
	static const char *const roots[] = { "", "python/", "src/", "vendor/", "package/", ".python_packages/lib/site-packages/", "site-packages/" };
	struct importer *im = with;
	struct bk_reaching *r = im->reach;
	size_t dots = strspn(name, "."), top = strcspn(name, ".");

	if (dots) {
		size_t n = strlen(im->module);

		for (size_t i = 0; i < dots && n > 0; i++)
			for (n--; n > 0 && im->module[n] != '/'; )
				n--;
		BK_FREE char *root = bk_format("%.*s%s", (int)n, im->module, n ? "/" : "");

		if (name[dots])
			reach_below(r, root, name + dots);
		return;
	}
	bk_set_add(&r->reached, bk_set_hash(name, top));
	for (size_t i = 0; i < sizeof roots / sizeof *roots; i++)
		if (reach_below(r, roots[i], name))
			return;
}

static bool is_installed(const char *module)
{
	return strstr(module, "site-packages/") || strncmp(module, "python/", 7) == 0;
}

void bk_reach_python(struct bk_reaching *r, const char *module, const struct bk_buf *text)
{
	struct importer im = { r, module };

	if (bk_imports_python(text->at, text->len, take, &im) && !is_installed(module))
		r->unknown = true;
}

bool bk_reach_python_start(struct bk_reaching *r, const char *module)
{
	BK_FREE char *path = bk_format("%s.py", module);

	for (char *c = path; c < path + strlen(module); c++)
		*c = *c == '.' ? '/' : *c;
	return bk_reach_module(r, path);
}
