/* SPDX-License-Identifier: Apache-2.0 */
/* Node's resolution (https://nodejs.org/api/modules.html#all-together, esm.html#resolution-algorithm), with every condition of "exports" taken. */
#include <string.h>

#include "scan/reach.h"

enum { TARGET_DEPTH = 16 };

struct importer {
	struct bk_reaching *reach;
	const char *folder;		/* of the module, "" or with a slash behind it */
};

/* --- paths --- */

/* "a/b/../c" -> a/c; NULL where it leads out. */
static char *normal(const char *path)
{
	struct bk_buf out = { 0 };

	bk_buf_add(&out, "", 0);
	while (*path) {
		size_t n = strcspn(path, "/");

		if (n == 2 && path[0] == '.' && path[1] == '.') {
			char *slash = out.len ? memrchr(out.at, '/', out.len) : NULL;

			if (out.len == 0) {
				bk_buf_free(&out);
				return NULL;
			}
			out.len = slash ? (size_t)(slash - out.at) : 0;
			out.at[out.len] = '\0';
		} else if (n > 0 && !(n == 1 && *path == '.')) {
			bk_buf_printf(&out, "%s%.*s", out.len ? "/" : "", (int)n, path);
		}
		path += n;
		path += *path == '/';
	}
	return out.at;
}

static bool try_file(struct bk_reaching *r, const char *path)
{
	static const char *const ends[] = { "", ".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".json", ".node" };
	size_t n = strlen(path);

	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		BK_FREE char *file = bk_format("%s%s", path, ends[i]);

		if (bk_reach_module(r, file))
			return true;
	}
	/* TypeScript names the file that it will make. */
	if (n > 3 && strcmp(path + n - 3, ".js") == 0) {
		BK_FREE char *source = bk_format("%.*s.ts", (int)(n - 3), path);

		return bk_reach_module(r, source);
	}
	return false;
}

static json_t *package_json(struct bk_reaching *r, const char *folder)
{
	BK_FREE char *path = bk_format("%s%spackage.json", folder, *folder ? "/" : "");
	BK_BUF text = { 0 };

	return bk_reach_read(r, path, 1 << 20, &text, NULL) ? json_loadb(text.at, text.len, 0, NULL) : NULL;
}

static bool try_folder(struct bk_reaching *r, const char *folder, json_t *package)
{
	const char *main = bk_json_text(package, "main"), *module = bk_json_text(package, "module");
	BK_FREE char *index = bk_format("%s%sindex", folder, *folder ? "/" : "");
	bool found = false;

	for (int i = 0; i < 2; i++) {
		const char *entry = i ? module : main;
		BK_FREE char *joined = entry ? bk_format("%s/%s", folder, entry) : NULL, *path = joined ? normal(joined) : NULL;
		BK_FREE char *below = path ? bk_format("%s/index", path) : NULL;

		if (path)
			found = try_file(r, path) || try_file(r, below) || found;
	}
	return found || try_file(r, index);
}

static bool try_path(struct bk_reaching *r, const char *path)
{
	json_t *package;
	bool found;

	if (try_file(r, path))
		return true;
	if (!bk_reach_is_folder(r, path))
		return false;
	package = package_json(r, path);
	found = try_folder(r, path, package);
	json_decref(package);
	return found;
}

/* --- packages --- */

/* Every text in a target of "exports"; a star in it becomes what the key's star was. */
static bool try_target(struct bk_reaching *r, const char *folder, json_t *target, const char *star, unsigned depth)
{
	const char *text = json_string_value(target), *key, *at = text ? strchr(text, '*') : NULL;
	bool found = false;
	json_t *one;
	size_t i;

	if (depth > TARGET_DEPTH)
		return false;
	if (text) {
		BK_FREE char *joined = at ? bk_format("%s/%.*s%s%s", folder, (int)(at - text), text, star, at + 1) : bk_format("%s/%s", folder, text);
		BK_FREE char *path = normal(joined);

		return path && try_file(r, path);
	}
	json_object_foreach(target, key, one)
		found = try_target(r, folder, one, star, depth + 1) || found;
	json_array_foreach(target, i, one)
		found = try_target(r, folder, one, star, depth + 1) || found;
	return found;
}

/* `sub` is "." or "./x". */
static bool try_exports(struct bk_reaching *r, const char *folder, json_t *exports, const char *sub)
{
	json_t *exact = json_object_get(exports, sub), *target;
	const char *key;

	if (exact)
		return try_target(r, folder, exact, "", 0);
	if (strcmp(sub, ".") == 0)
		return (!json_is_object(exports) || !json_object_iter(exports) || *json_object_iter_key(json_object_iter(exports)) != '.') &&
		       try_target(r, folder, exports, "", 0);
	json_object_foreach(exports, key, target) {
		const char *star = strchr(key, '*');
		size_t before = star ? (size_t)(star - key) : 0, after = star ? strlen(star + 1) : 0, n = strlen(sub);

		if (!star || n < before + after || strncmp(key, sub, before) != 0 || strcmp(star + 1, sub + n - after) != 0)
			continue;
		BK_FREE char *middle = bk_strndup(sub + before, n - before - after);

		return try_target(r, folder, target, middle, 0);
	}
	return false;
}

static void reach_package(struct bk_reaching *r, const char *folder, const char *sub)
{
	json_t *package = package_json(r, folder);
	const char *name = bk_json_text(package, "name"), *version = bk_json_text(package, "version");
	BK_FREE char *id = bk_format("%s@%s", name ? name : "", version ? version : ""), *exported = bk_format(".%s%s", *sub ? "/" : "", sub);
	BK_FREE char *path = bk_format("%s/%s", folder, sub);

	bk_set_add(&r->reached, bk_set_hash(id, strlen(id)));
	if (!try_exports(r, folder, json_object_get(package, "exports"), exported))
		*sub ? try_path(r, path) : try_folder(r, folder, package);
	json_decref(package);
}

/* From the module's folder upwards, also for a layer's folder beside the code. */
static void find_package(struct bk_reaching *r, const char *from, const char *name)
{
	const char *slash = strchr(name, '/');
	size_t n, length = strlen(from);

	if (slash && *name == '@')
		slash = strchr(slash + 1, '/');
	n = slash ? (size_t)(slash - name) : strlen(name);
	for (;;) {
		BK_FREE char *folder = bk_format("%.*snode_modules/%.*s", (int)length, from, (int)n, name);

		if (bk_reach_is_folder(r, folder)) {
			reach_package(r, folder, slash ? slash + 1 : "");
			return;
		}
		if (length == 0)
			return;
		const char *up = length > 1 ? memrchr(from, '/', length - 1) : NULL;

		length = up ? (size_t)(up - from) + 1 : 0;
	}
}

/* The folder of the package that a module is in: behind the last node_modules, else "". */
static char *own_package(const char *folder)
{
	const char *last = NULL, *end;

	for (const char *at = folder; (at = strstr(at, "node_modules/")); )
		last = at += 13;
	if (!last)
		return bk_strdup("");
	end = strchr(last, '/');
	if (end && *last == '@')
		end = strchr(end + 1, '/');
	return end ? bk_strndup(folder, (size_t)(end - folder)) : bk_strdup(folder);
}

/* "#x" is a name of the package's own. */
static void find_internal(struct bk_reaching *r, const char *from, const char *name)
{
	BK_FREE char *folder = own_package(from);
	json_t *package = package_json(r, folder), *target = json_object_get(json_object_get(package, "imports"), name);

	try_target(r, *folder ? folder : ".", target, "", 0);
	json_decref(package);
}

static void take(void *with, const char *name)
{
	struct importer *im = with;
	struct bk_reaching *r = im->reach;

	if (*name == '.') {
		BK_FREE char *joined = bk_format("%s%s", im->folder, name), *path = normal(joined);

		if (path)
			try_path(r, path);
	} else if (*name == '#') {
		find_internal(r, im->folder, name);
	} else if (*name != '/' && strncmp(name, "node:", 5) != 0) {
		find_package(r, im->folder, name);
	}
}

/* A package that loads what only it knows: all that it depends on. */
static void take_dependencies(struct importer *im)
{
	static const char *const kinds[] = { "dependencies", "optionalDependencies", "peerDependencies" };
	BK_FREE char *folder = own_package(im->folder);
	json_t *package, *range;
	const char *name;

	if (!*folder) {
		im->reach->unknown = true;
		return;
	}
	package = package_json(im->reach, folder);
	for (size_t i = 0; i < 3; i++)
		json_object_foreach(json_object_get(package, kinds[i]), name, range)
			find_package(im->reach, im->folder, name);
	json_decref(package);
}

void bk_reach_node(struct bk_reaching *r, const char *module, const struct bk_buf *text)
{
	const char *slash = strrchr(module, '/'), *dot = strrchr(module, '.');
	BK_FREE char *folder = slash ? bk_strndup(module, (size_t)(slash - module) + 1) : bk_strdup("");
	struct importer im = { r, folder };

	if (dot && (strcmp(dot, ".json") == 0 || strcmp(dot, ".node") == 0))
		return;
	if (bk_imports_js(text->at, text->len, take, &im))
		take_dependencies(&im);
}

bool bk_reach_node_start(struct bk_reaching *r, const char *module)
{
	static const char *const ends[] = { ".js", ".mjs", ".cjs", ".ts", ".mts" };

	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		BK_FREE char *joined = bk_format("%s%s", module, ends[i]), *path = normal(joined);

		if (path && bk_reach_module(r, path))
			return true;
	}
	return false;
}
