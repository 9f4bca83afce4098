/* SPDX-License-Identifier: Apache-2.0 */
/* yarn.lock, classic and berry, and pnpm-lock.yaml of the forms 5 to 9. */
#include <string.h>

#include "scan/reader.h"

/* "@a/b@npm:c@1" -> "@a/b": up to the first '@' that is not its first. */
static char *name_of(const char *spec)
{
	const char *at = *spec ? strchr(spec + 1, '@') : NULL;

	return at ? bk_strndup(spec, (size_t)(at - spec)) : NULL;
}

/* The first of "a@^1, a@^2:" or "\"a@npm:^1\":". */
static char *first_spec(const struct bk_lines *line)
{
	size_t n = 0;

	while (n < line->len && line->at[n] != ',' && !(line->at[n] == ':' && n + 1 == line->len))
		n++;
	return bk_line_part(line, 0, n);
}

/* An alias: "x@npm:real@1" (classic and berry). */
static char *package_of(const char *spec)
{
	const char *alias = strstr(spec, "@npm:");
	char *real = alias && alias[5] ? name_of(alias + 5) : NULL;

	return real ? real : name_of(spec);
}

static bool begins(const struct bk_lines *line, const char *text)
{
	size_t n = strlen(text);

	return line->len > n && memcmp(line->at, text, n) == 0;
}

/* Berry's own projects have "resolution: x@workspace:."; they are no packages. */
static void yarn_entry(struct bk_file *f, const char *spec, const char *version)
{
	BK_FREE char *name = spec && version ? package_of(spec) : NULL;

	if (name && !strstr(spec, "@workspace:") && !strstr(spec, "@link:") && !strstr(spec, "@portal:"))
		bk_take(f, BK_NPM, name, version, BK_LOCK, false);
}

void bk_read_yarn_lock(struct bk_file *f)
{
	struct bk_lines line = bk_lines_of(&f->text);
	char *spec = NULL;

	while (bk_line_indented(&line)) {
		if (!line.len || *line.at == '#')
			continue;
		if (line.indent == 0) {
			free(spec);
			spec = first_spec(&line);
		} else if (line.indent == 2 && (begins(&line, "version ") || begins(&line, "version: "))) {
			BK_FREE char *version = bk_line_part(&line, sizeof "version" - 1 + (line.at[7] == ':'), line.len);

			yarn_entry(f, spec, version);
			free(spec);
			spec = NULL;
		}
	}
	free(spec);
}

/* --- pnpm --- */

/* Forms: /a/1.0.0, /@s/a/1.0.0_peer@2 (5); /a@1.0.0(peer@2) (6); a@1.0.0(peer@2) (9). */
static void pnpm_key(struct bk_file *f, char *key, bool dev)
{
	char *name = *key == '/' ? key + 1 : key, *last = *name == '@' ? strchr(name, '/') : name, *version, *stop;

	version = last && *last ? strpbrk(last + 1, "/@") : NULL;
	if (!version)
		return;
	if ((stop = strpbrk(version, *version == '/' ? "(_" : "(")))
		*stop = '\0';
	*version++ = '\0';
	if (!strchr(version, ':') && !strchr(version, '/'))	/* else file:, link:, an address */
		bk_take(f, BK_NPM, name, version, BK_LOCK, dev);
}

/* The keys of `packages:`; each may hold "dev: true". */
void bk_read_pnpm_lock(struct bk_file *f)
{
	struct bk_lines line = bk_lines_of(&f->text);
	bool inside = false, dev = false;
	char *key = NULL;

	while (bk_line_indented(&line)) {
		if (!line.len || *line.at == '#')
			continue;
		if (line.indent == 0)
			inside = line.len == 9 && begins(&line, "packages");
		if (line.indent <= 2 && key) {
			pnpm_key(f, key, dev);
			free(key);
			key = NULL;
		}
		if (inside && line.indent == 2 && line.at[line.len - 1] == ':') {
			key = bk_line_part(&line, 0, line.len - 1);
			dev = false;
		} else if (inside && line.indent == 4 && line.len == 9 && begins(&line, "dev: tru")) {
			dev = true;
		}
	}
	if (key)
		pnpm_key(f, key, dev);
	free(key);
}
