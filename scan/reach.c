/* SPDX-License-Identifier: Apache-2.0 */
#include "scan/reach.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* --- files below the folder --- */

static int open_below(const struct bk_reaching *r, const char *path, uint64_t flags)
{
	struct open_how how = { .flags = flags | O_RDONLY | O_CLOEXEC, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };

	return (int)syscall(SYS_openat2, r->root, *path ? path : ".", &how, sizeof how);
}

static bool is_kind(const struct bk_reaching *r, const char *path, mode_t kind)
{
	int fd = open_below(r, path, O_PATH);
	struct stat st;
	bool is = fd >= 0 && fstat(fd, &st) == 0 && (st.st_mode & S_IFMT) == kind;

	if (fd >= 0)
		close(fd);
	return is;
}

bool bk_reach_is_file(struct bk_reaching *r, const char *path)
{
	return is_kind(r, path, S_IFREG);
}

bool bk_reach_is_folder(struct bk_reaching *r, const char *path)
{
	return is_kind(r, path, S_IFDIR);
}

/* The path of an open file, relative to the folder. */
static char *real_path(const struct bk_reaching *r, int fd)
{
	char link[64], path[4096];
	ssize_t n;
	size_t skip = strlen(r->real);

	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof path - 1);
	if (n <= 0)
		return NULL;
	path[n] = '\0';
	return strncmp(path, r->real, skip) == 0 ? bk_strdup(path + skip) : NULL;
}

bool bk_reach_read(struct bk_reaching *r, const char *path, size_t limit, struct bk_buf *text, char **real)
{
	int fd = open_below(r, path, O_NONBLOCK);
	struct stat st;
	bool fits = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (uint64_t)st.st_size <= limit;
	char block[16384];
	ssize_t got = 0;

	text->len = 0;
	bk_buf_add(text, "", 0);
	while (fits && text->len <= limit && (got = read(fd, block, sizeof block)) > 0)
		bk_buf_add(text, block, (size_t)got);
	if (fits && real)
		*real = real_path(r, fd);
	if (fd >= 0)
		close(fd);
	return fits && got == 0 && (!real || *real);
}

bool bk_reach_module(struct bk_reaching *r, const char *path)
{
	if (!bk_reach_is_file(r, path))
		return false;
	if (!bk_set_add(&r->seen, bk_set_hash(path, strlen(path))))
		return true;
	r->queue = bk_grow(r->queue, &r->cap, r->count + 1, sizeof *r->queue);
	r->queue[r->count++] = bk_strdup(path);
	return true;
}

/* --- marks --- */

/* What a distribution has: the first parts of the paths in its RECORD, "yaml" for PyYAML. */
static bool python_reached(struct bk_reaching *r, const struct bk_component *c)
{
	size_t skip = strlen(r->prefix), n = strlen(c->path);
	BK_FREE char *record = n > skip + 8 && strncmp(c->path, r->prefix, skip) == 0 ? bk_format("%.*sRECORD", (int)(n - skip - 8), c->path + skip) : NULL;
	BK_BUF text = { 0 };
	struct bk_lines line;

	if (!record || !bk_reach_read(r, record, BK_REACH_FILE_MAX, &text, NULL))
		return bk_set_has(&r->reached, bk_set_hash(c->name, strlen(c->name)));
	line = bk_lines_of(&text);
	while (bk_line(&line)) {
		size_t top = 0;

		while (top < line.len && !strchr("/,.", line.at[top]))
			top++;
		if (top && bk_set_has(&r->reached, bk_set_hash(line.at, top)))
			return true;
	}
	return false;
}

static bool is_reached(struct bk_reaching *r, const struct bk_component *c)
{
	BK_FREE char *id = bk_format("%s@%s", c->name, c->version);

	return c->ecosystem == BK_NPM ? bk_set_has(&r->reached, bk_set_hash(id, strlen(id))) : python_reached(r, c);
}

static void mark(struct bk_reaching *r, enum bk_ecosystem e)
{
	struct bk_components *list = &r->scan->report->components;

	for (size_t i = 0; i < list->count; i++) {
		struct bk_component *c = &list->at[i];

		if (c->function != r->scan->function || c->ecosystem != e || c->evidence != BK_INSTALLED || c->reach == BK_REACH_YES)
			continue;
		c->reach = is_reached(r, c) ? BK_REACH_YES : r->unknown ? BK_REACH_UNKNOWN : BK_REACH_NO;
	}
}

/* --- from the handler on --- */

static void follow(struct bk_reaching *r, void (*read)(struct bk_reaching *, const char *, const struct bk_buf *))
{
	BK_BUF text = { 0 };

	for (size_t i = 0; i < r->count; i++) {
		BK_FREE char *real = NULL;

		if (i >= BK_REACH_FILES_MAX || r->bytes > BK_REACH_BYTES_MAX || !bk_reach_read(r, r->queue[i], BK_REACH_FILE_MAX, &text, &real)) {
			r->unknown = true;
			continue;
		}
		r->bytes += text.len;
		read(r, real, &text);
	}
}

static bool begin(struct bk_reaching *r, struct bk_scan *s, const char *code, const char *prefix)
{
	BK_FREE char *real = realpath(code, NULL);

	*r = (struct bk_reaching){ .scan = s, .prefix = prefix, .root = open(code, O_RDONLY | O_DIRECTORY | O_CLOEXEC) };
	if (r->root < 0 || !real)
		return false;
	r->real = bk_format("%s/", strcmp(real, "/") == 0 ? "" : real);
	return true;
}

static void end(struct bk_reaching *r)
{
	for (size_t i = 0; i < r->count; i++)
		free(r->queue[i]);
	free(r->queue);
	free(r->real);
	bk_set_free(&r->seen);
	bk_set_free(&r->reached);
	if (r->root >= 0)
		close(r->root);
}

static bool is_runtime(const char *runtime, const char *language)
{
	return !runtime || strncmp(runtime, language, strlen(language)) == 0;
}

/* "src/index.handler" -> src/index; Python's "pkg.mod.handler" -> pkg.mod */
static char *module_of(const char *handler, bool first_dot)
{
	const char *slash = strrchr(handler, '/'), *name = slash ? slash + 1 : handler, *dot = first_dot ? strchr(name, '.') : strrchr(name, '.');

	return bk_strndup(handler, dot ? (size_t)(dot - handler) : strlen(handler));
}

void bk_reach(struct bk_scan *s, const char *code, const char *prefix, const char *handler, const char *runtime)
{
	BK_FREE char *node = module_of(handler, true), *python = module_of(handler, false);
	struct bk_reaching r;

	if (begin(&r, s, code, prefix)) {
		if (is_runtime(runtime, "nodejs") && bk_reach_node_start(&r, node)) {
			follow(&r, bk_reach_node);
			mark(&r, BK_NPM);
		} else if (is_runtime(runtime, "python") && bk_reach_python_start(&r, python)) {
			follow(&r, bk_reach_python);
			mark(&r, BK_PYPI);
		}
	}
	end(&r);
}

void bk_reach_usual(struct bk_scan *s, const char *code)
{
	static const char *const node[] = { "index", "app", "handler", "main", "server", "src/index", "src/app", "src/handler", "dist/index" };
	static const char *const python[] = { "lambda_function", "app", "main", "handler", "function_app", "index" };
	struct bk_reaching r;
	bool found = false;

	if (begin(&r, s, code, "")) {
		for (size_t i = 0; i < sizeof node / sizeof *node; i++)
			found = bk_reach_node_start(&r, node[i]) || found;
		if (found) {
			follow(&r, bk_reach_node);
			mark(&r, BK_NPM);
		}
	}
	end(&r);
	found = false;
	if (begin(&r, s, code, "")) {
		for (size_t i = 0; i < sizeof python / sizeof *python; i++)
			found = bk_reach_python_start(&r, python[i]) || found;
		if (found) {
			follow(&r, bk_reach_python);
			mark(&r, BK_PYPI);
		}
	}
	end(&r);
}
