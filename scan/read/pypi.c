/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PyPI: metadata of what is installed (core metadata, PEP 566), locks in JSON (Pipfile.lock) and TOML (poetry.lock, uv.lock, pylock.toml
 * of PEP 751), exact pins of requirements files (a "==" without a wildcard, or "===").
 */
#include <string.h>
#include <strings.h>

#include "scan/reader.h"

/* Headers up to the first empty line. */
void bk_read_metadata(struct bk_file *f)
{
	struct bk_lines line = bk_lines_of(&f->text);
	char *name = NULL, *version = NULL;

	while (bk_line_indented(&line) && line.len && !(name && version)) {
		if (!name && line.len > 5 && strncasecmp(line.at, "Name:", 5) == 0)
			name = bk_line_part(&line, 5, line.len);
		else if (!version && line.len > 8 && strncasecmp(line.at, "Version:", 8) == 0)
			version = bk_line_part(&line, 8, line.len);
	}
	bk_take(f, BK_PYPI, name, version, BK_INSTALLED, false);
	free(name);
	free(version);
}

static void pipfile_part(struct bk_file *f, const json_t *part, bool dev)
{
	const char *name;
	json_t *entry;

	json_object_foreach((json_t *)part, name, entry) {
		const char *version = bk_json_text(entry, "version");

		if (version && strncmp(version, "==", 2) == 0)
			bk_take(f, BK_PYPI, name, version + 2, BK_LOCK, dev);
	}
}

void bk_read_pipfile_lock(struct bk_file *f)
{
	json_t *value = bk_file_json(f);

	pipfile_part(f, json_object_get(value, "default"), false);
	pipfile_part(f, json_object_get(value, "develop"), true);
	json_decref(value);
}

/* poetry and uv have a list "package", PEP 751 has "packages".  A project's own source is no package. */
void bk_read_python_lock(struct bk_file *f)
{
	json_t *root = bk_file_toml(f), *list = json_object_get(root, "package"), *entry;
	size_t i;

	json_array_foreach(list ? list : json_object_get(root, "packages"), i, entry) {
		const json_t *source = json_object_get(entry, "source");
		const char *category = bk_json_text(entry, "category");

		if (!json_object_get(source, "virtual") && !json_object_get(source, "editable") && !json_object_get(entry, "directory"))
			bk_take(f, BK_PYPI, bk_json_text(entry, "name"), bk_json_text(entry, "version"), BK_LOCK, category && strcmp(category, "dev") == 0);
	}
	json_decref(root);
}

/* "name[extra] == 1.0 ; marker  --hash=..." */
static void requirement(struct bk_file *f, const struct bk_lines *line)
{
	size_t n = 0, v, end;

	while (n < line->len && !strchr(" \t[=<>!~;@(#", line->at[n]))
		n++;
	for (v = n; v + 1 < line->len && memcmp(line->at + v, "==", 2) != 0; v++)
		if (strchr("<>!~;#@", line->at[v]))
			return;
	if (!n || v + 1 >= line->len)
		return;
	while (v < line->len && (line->at[v] == '=' || line->at[v] == ' '))
		v++;
	for (end = v; end < line->len && !strchr(" \t;,#\\)", line->at[end]); end++)
		if (line->at[end] == '*')
			return;
	BK_FREE char *name = bk_line_part(line, 0, n), *version = bk_line_part(line, v, end);

	bk_take(f, BK_PYPI, name, version, BK_MANIFEST, false);
}

void bk_read_requirements(struct bk_file *f)
{
	struct bk_lines line = bk_lines_of(&f->text);

	while (bk_line_indented(&line))
		if (line.len && *line.at != '#' && *line.at != '-')
			requirement(f, &line);
}
