/* SPDX-License-Identifier: Apache-2.0 */
/*
 * npm: what is installed, and npm's own locks (https://docs.npmjs.com/cli/configuring-npm/package-lock-json, versions 1 to 3; the hidden lock
 * node_modules/.package-lock.json has the form of version 2 and 3).
 */
#include <string.h>

#include "scan/reader.h"

#define DEPTH 256	/* of version 1's nested dependencies */

/* The package's own file.  Those in its folders (dist/esm/package.json) are not below a node_modules of their own and don't come here. */
void bk_read_npm_package(struct bk_file *f)
{
	json_t *root = bk_file_json(f);

	bk_take(f, BK_NPM, bk_json_text(root, "name"), bk_json_text(root, "version"), BK_INSTALLED, false);
	json_decref(root);
}

/* The project's: it has ranges, and ranges are no versions.  That it is there says what kind of package this is. */
void bk_read_npm_manifest(struct bk_file *f)
{
	json_decref(bk_file_json(f));
}

/* "node_modules/a/node_modules/@b/c" -> "@b/c"; NULL for a workspace's folder. */
static const char *name_in_path(const char *path)
{
	const char *name = NULL;

	for (const char *at = path; (at = strstr(at, "node_modules/")); )
		name = at += 13;
	return name;
}

/* A version, or none for "file:../x", "git+ssh://..." and web addresses.  An alias, "npm:name@1.0.0", also gives the name. */
static const char *version_of(const char *version, const char **name, char **own)
{
	const char *at;

	if (!version || strncmp(version, "npm:", 4) != 0)
		return version && !strchr(version, ':') && !strchr(version, '/') ? version : NULL;
	at = strrchr(version, '@');
	if (!at || at <= version + 4)
		return NULL;
	*name = *own = bk_strndup(version + 4, (size_t)(at - version) - 4);
	return at + 1;
}

static void take(struct bk_file *f, const char *name, json_t *entry)
{
	BK_FREE char *own = NULL;
	const char *version = version_of(bk_json_text(entry, "version"), &name, &own);

	bk_take(f, BK_NPM, name, version, BK_LOCK, json_is_true(json_object_get(entry, "dev")));
}

static void read_packages(struct bk_file *f, json_t *packages)
{
	const char *path;
	json_t *entry;

	json_object_foreach(packages, path, entry) {
		const char *name = bk_json_text(entry, "name");

		if (json_is_true(json_object_get(entry, "link")) || !name_in_path(path))
			continue;
		take(f, name ? name : name_in_path(path), entry);
	}
}

static void read_dependencies(struct bk_file *f, json_t *list, unsigned depth)
{
	const char *name;
	json_t *entry;

	if (depth > DEPTH) {
		bk_scan_warn(f, 0, "dependencies nested deeper than %d were not read", DEPTH);
		return;
	}
	json_object_foreach(list, name, entry) {
		take(f, name, entry);
		read_dependencies(f, json_object_get(entry, "dependencies"), depth + 1);
	}
}

void bk_read_npm_lock(struct bk_file *f)
{
	json_t *root = bk_file_json(f), *packages = json_object_get(root, "packages");

	if (json_is_object(packages))
		read_packages(f, packages);
	else if (root)
		read_dependencies(f, json_object_get(root, "dependencies"), 0);
	json_decref(root);
}
