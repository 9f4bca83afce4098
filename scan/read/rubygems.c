/* SPDX-License-Identifier: Apache-2.0 */
/* RubyGems: Gemfile.lock, and the gemspecs of installed gems (specifications/NAME-VERSION.gemspec). */
#include <string.h>

#include "scan/reader.h"

/* "    rails (7.0.4)" below "  specs:" of the section GEM; "(1.2-x86_64-linux)" names a platform. */
void bk_read_gemfile_lock(struct bk_file *f)
{
	struct bk_lines line = bk_lines_of(&f->text);
	bool gems = false;

	while (bk_line_indented(&line)) {
		const char *open = memchr(line.at, '(', line.len), *close;

		if (line.len && line.indent == 0)
			gems = line.len == 3 && memcmp(line.at, "GEM", 3) == 0;
		if (!gems || line.indent != 4 || !open || !(close = memchr(open, ')', (size_t)(line.at + line.len - open))))
			continue;
		BK_FREE char *name = bk_line_part(&line, 0, (size_t)(open - line.at));
		BK_FREE char *version = bk_line_part(&line, (size_t)(open - line.at) + 1, (size_t)(close - line.at));

		version[strcspn(version, "-")] = '\0';
		bk_take(f, BK_RUBYGEMS, name, version, BK_LOCK, false);
	}
}

/* The string of `s.name = "x".freeze`, or of Gem::Version.new("1"). */
static char *quoted(const struct bk_lines *line)
{
	const char *end = line->at + line->len, *from = line->at;

	while (from < end && *from != '"' && *from != '\'')
		from++;
	const char *to = from < end ? memchr(from + 1, *from, (size_t)(end - from - 1)) : NULL;

	return to ? bk_strndup(from + 1, (size_t)(to - from - 1)) : NULL;
}

static bool sets(const struct bk_lines *line, const char *what)
{
	size_t n = strlen(what);

	return line->len > n + 2 && line->at[1] == '.' && memcmp(line->at + 2, what, n) == 0 && strchr(" =", line->at[2 + n]);
}

/* Only below specifications/: a gemspec elsewhere is source, whose values may be code. */
void bk_read_gemspec(struct bk_file *f)
{
	struct bk_lines line = bk_lines_of(&f->text);
	char *name = NULL, *version = NULL;

	if (!strstr(f->path, "specifications/"))
		return;
	while (bk_line_indented(&line) && !(name && version)) {
		if (!name && sets(&line, "name"))
			name = quoted(&line);
		else if (!version && sets(&line, "version"))
			version = quoted(&line);
	}
	bk_take(f, BK_RUBYGEMS, name, version, BK_INSTALLED, false);
	free(name);
	free(version);
}
