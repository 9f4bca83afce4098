/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Templates: what each function of one is made of.
 *
 *	SAM, CloudFormation	CodeUri, Code, ImageUri, Layers of functions in Resources, with Globals; the asset's path that the CDK notes
 *	serverless.yml		package.artifact of the function or the service, else the service's folder; layers; image
 *
 * Paths are relative to the template's folder.  What is not here (a bucket, a registry, a layer's ARN) is a warning: it was not read.
 */
#include "scan/tree/template.h"

#include <string.h>
#include <sys/stat.h>

#include "scan/yaml.h"

/* --- code --- */

void bk_template_missing(struct bk_template *t, const char *function, const char *what, const char *why)
{
	bk_scan_warn_path(t->scan, t->path, "%s: %s: %s", function, what, why);
}

/* "./src/" -> src */
static char *tidy(const char *path)
{
	size_t n;

	while (strncmp(path, "./", 2) == 0)
		for (path += 2; *path == '/'; )
			path++;
	n = strlen(path);
	while (n > 1 && path[n - 1] == '/')
		n--;
	return n == 1 && *path == '.' ? bk_strdup("") : bk_strndup(path, n);
}

static bool is_remote(const char *path)
{
	return strstr(path, "://") || strncmp(path, "arn:", 4) == 0;
}

char *bk_template_place(const struct bk_template *t, const char *path)
{
	return *path == '/' ? bk_strdup(path) : bk_format("%s%s", t->folder, *path ? path : ".");
}

void bk_template_code(struct bk_template *t, const char *function, const char *path)
{
	BK_FREE char *name = tidy(path), *place = bk_template_place(t, name), *prefix = NULL;
	struct stat st;
	int error;

	if (is_remote(path)) {
		bk_template_missing(t, function, path, "not read: it is not here");
		return;
	}
	if (stat(place, &st) < 0) {
		bk_template_missing(t, function, *name ? name : ".", "not read: there is no such file");
		return;
	}
	prefix = *name ? bk_format("%s%s", name, S_ISDIR(st.st_mode) ? "/" : "!/") : bk_strdup("");
	error = bk_scan_any(t->scan, place, *name ? name : ".", prefix);
	if (error)
		bk_template_missing(t, function, *name ? name : ".", strerror(-error));
	t->code = t->code ? t->code : bk_strdup(place);
	t->prefix = t->prefix ? t->prefix : bk_strdup(prefix);
}

/* An image by its name: a file here (`docker save` writes one), or something that only a registry or a local engine has. */
void bk_template_image(struct bk_template *t, const char *function, const char *image)
{
	BK_FREE char *place = bk_template_place(t, image);
	struct stat st;

	if (!is_remote(image) && stat(place, &st) == 0)
		bk_template_code(t, function, image);
	else
		bk_template_missing(t, function, image, "not read: the image is not a file here; save it and scan that");
}

void bk_template_begin(struct bk_template *t, const char *name, const char *handler, const char *runtime)
{
	free(t->code);
	free(t->prefix);
	t->code = t->prefix = NULL;
	bk_scan_function(t->scan, name, handler, runtime);
	t->scan->report->recognised = true;
}

void bk_template_end(struct bk_template *t, const char *handler, const char *runtime)
{
	if (handler && t->code)
		bk_reach(t->scan, t->code, t->prefix, handler, runtime);
}

/* --- kinds --- */

/* JSON is nearly YAML: with tabs, libyaml refuses it. */
static json_t *load(const struct bk_buf *text, char **why, unsigned *line)
{
	json_error_t error;
	json_t *root;

	if (text->at[strspn(text->at, " \t\r\n")] != '{')
		return bk_yaml_load(text->at, text->len, why, line);
	root = json_loadb(text->at, text->len, 0, &error);
	if (!root) {
		*why = bk_strdup(error.text);
		*line = (unsigned)error.line;
	}
	return root;
}

static bool has_end(const char *name, const char *end)
{
	size_t n = strlen(name), m = strlen(end);

	return n >= m && strcmp(name + n - m, end) == 0;
}

/* By its name a template, or at least a text that could be one. */
static bool could_be(const char *path)
{
	static const char *const ends[] = { ".yaml", ".yml", ".json", ".template", ".samtemplate" };

	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		if (has_end(path, ends[i]))
			return true;
	return false;
}

static bool read_functions(struct bk_template *t, json_t *root)
{
	if (json_is_object(json_object_get(root, "Resources")))
		bk_template_sam(t, root);
	else if (json_object_get(root, "service") || (json_object_get(root, "provider") && json_object_get(root, "functions")))
		bk_template_serverless(t, root);
	else
		return false;
	return true;
}

bool bk_template(struct bk_scan *s, const char *file, const char *path)
{
	const char *slash = strrchr(file, '/');
	BK_FREE char *folder = slash ? bk_strndup(file, (size_t)(slash - file) + 1) : bk_strdup(""), *why = NULL;
	struct bk_template t = { .scan = s, .path = path, .folder = folder };
	BK_BUF text = { 0 };
	unsigned line = 0;
	json_t *root;
	bool found = false;

	if (!could_be(file) || bk_read_file(file, BK_TEXT_MAX, &text) < 0)
		return false;
	bk_buf_add(&text, "", 0);
	root = load(&text, &why, &line);
	if (root)
		found = read_functions(&t, root);
	else
		bk_scan_warn_path(s, path, "not read, line %u: %s", line, why);
	if (found)
		bk_scan_count(s, path, 1);
	json_decref(root);
	free(t.code);
	free(t.prefix);
	return found;
}
