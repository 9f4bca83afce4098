/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/gather.h"
#include "core/network.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "core/match.h"
#include "core/sha256.h"

#define SCRIPT_LEVELS 5			/* the kernel's own bound on scripts whose interpreters are scripts */
#define SCRIPT_LINE 256			/* bytes of a script's first line that the kernel reads */

void bk_gathered_free(struct bk_gathered *g)
{
	free(g->path);
	free(g->interpreter);
	free(g->parent);
	free(g->called);
	free(g->file);
	free(g->error);
	bk_buf_free(&g->argv);
	bk_buf_free(&g->notes);
}

static bool fail(struct bk_gathered *g, char *message)
{
	free(g->error);
	g->error = message;
	return false;
}

/* --- names --- */

#define LINKS_MOST 40			/* symbolic links that the kernel follows for one path */

/* The target of the link at `path`, a relative one from its folder; NULL: it is none. */
static char *link_target(const char *path)
{
	char target[PATH_MAX];
	ssize_t n = readlink(path, target, sizeof target - 1);

	if (n <= 0 || n == sizeof target - 1)
		return NULL;
	target[n] = '\0';
	return *target == '/' ? bk_strdup(target) : bk_format("%.*s/%s", (int)(strrchr(path, '/') - path), path, target);
}

/*
 * Where the kernel would make `name`: what is there of the way to it is looked up, the rest stands as it is written.  `follow`: a link that
 * leads nowhere yet stands for what would be made behind it, as for open(2).  NULL and errno where it can lead nowhere.
 */
static char *place_of(const char *name, bool follow, int links)
{
	char *real = follow ? realpath(name, NULL) : NULL;
	BK_FREE char *way = real ? NULL : bk_strdup(name);

	if (real || (follow && errno != ENOENT))
		return real;
	for (size_t n = strlen(way); n > 1 && way[n - 1] == '/'; n--)
		way[n - 1] = '\0';

	char *slash = strrchr(way, '/'), *last = slash ? slash + 1 : way;
	if (!*last || strcmp(last, "..") == 0 || strcmp(last, ".") == 0)
		return *last && follow ? NULL : realpath(name, NULL);	/* `..` of what is not there leads nowhere */
	if (slash)
		*slash = '\0';

	BK_FREE char *folder = place_of(slash == way ? "/" : slash ? way : ".", true, links);
	char *made = folder ? bk_format("%s/%s", strcmp(folder, "/") == 0 ? "" : folder, last) : NULL;
	BK_FREE char *target = made && follow ? link_target(made) : NULL;
	if (!target)
		return made;
	free(made);
	errno = ELOOP;
	return links < LINKS_MOST ? place_of(target, true, links + 1) : NULL;
}

/* Of what may yet be made its place counts, of all else what it is. */
static char *look_up(const struct bk_gathered *g, const char *name)
{
	if (g->request.section == BK_LISTEN)
		return place_of(name, false, 0);	/* bind(2) follows no link */
	return g->request.section == BK_WRITE ? place_of(name, true, 0) : realpath(name, NULL);
}

/* What is not there is judged by its name, but not where it could never be made: that name may say anything. */
static bool cannot_be_made(const struct bk_gathered *g, int error)
{
	return (g->request.section == BK_WRITE || g->request.section == BK_LISTEN) && (error == ENOENT || error == ELOOP || error == ENOTDIR);
}

/* The canonical path of what `name` stands for; `found`, where not NULL, gets the name under which it was found. */
static char *canonical(struct bk_gathered *g, const char *name, bool search, char **found)
{
	BK_FREE char *there = g->as_is ? NULL : search ? bk_cli_which(name) : bk_strdup(name);
	char *real = there ? look_up(g, there) : NULL;

	if (real && strcmp(real, name) != 0)
		bk_buf_printf(&g->notes, "%s is %s here\n", name, real);
	else if (real && access(real, F_OK) != 0)
		bk_buf_printf(&g->notes, "%s is not here yet\n", name);
	if (!real && there && cannot_be_made(g, errno)) {
		fail(g, bk_format("%s: %s: nothing can be made there", name, strerror(errno)));
	} else if (!real && name[0] == '/') {
		if (!g->as_is)
			bk_buf_printf(&g->notes, "%s is not here: it is judged by this name\n", name);
		real = bk_strdup(name);
	}
	if (!real && !g->error)
		fail(g, bk_format("%s: %s; give its absolute path", name, g->as_is ? "not an absolute path" :
				  !strchr(name, '/') && search ? "not found in PATH" : strerror(errno)));
	if (real && found)
		*found = bk_strdup(there ? there : name);
	return real;
}

/* --- scripts --- */

/* The first line behind `#!` as interpreter and optional argument, cut in place; false where the file is no script. */
static bool script_line(const char *path, char line[SCRIPT_LINE], char **interpreter, char **option)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n = fd < 0 ? -1 : read(fd, line, SCRIPT_LINE - 1);

	if (fd >= 0)
		close(fd);
	if (n < 3 || line[0] != '#' || line[1] != '!')
		return false;
	line[n] = '\0';
	line[strcspn(line, "\n")] = '\0';
	*interpreter = line + 2 + strspn(line + 2, " \t");

	char *end = *interpreter + strcspn(*interpreter, " \t");
	*option = end + strspn(end, " \t");
	*end = '\0';
	for (size_t k = strlen(*option); k > 0 && strchr(" \t", (*option)[k - 1]); k--)
		(*option)[k - 1] = '\0';
	return **interpreter != '\0';
}

/* Puts words in front of the vector, less its first `drop` strings. */
static void put_front(struct bk_gathered *g, uint32_t drop, const char *const words[], size_t count)
{
	struct bk_buf front = { 0 };
	size_t skip = 0;

	for (uint32_t i = 0; i < drop; i++)
		skip += strlen(g->argv.at + skip) + 1;
	for (size_t i = 0; i < count; i++)
		bk_buf_add(&front, words[i], strlen(words[i]) + 1);
	bk_buf_add(&front, g->argv.at + skip, g->argv.len - skip);
	bk_buf_free(&g->argv);
	g->argv = front;
	g->request.argv.count += (uint32_t)count - drop;
}

/* One level: what the kernel makes of the vector for a script called `name`. */
static void enter_script(struct bk_gathered *g, const char *name, const char *interpreter, const char *option)
{
	const char *words[3] = { interpreter, option, name };

	if (*option)
		put_front(g, 1, words, 3);
	else
		put_front(g, 1, (const char *const[]){ interpreter, name }, 2);
}

static bool name_interpreter(struct bk_gathered *g, const char *name)
{
	free(g->interpreter);
	g->interpreter = canonical(g, name, false, NULL);
	if (g->interpreter && strcmp(bk_text_basename(bk_text_of(name)).at, "env") == 0)
		bk_buf_printf(&g->notes, "%s executes the real interpreter in a second step: ask about that one, too\n", name);
	return g->interpreter != NULL;
}

/* Follows `#!` from the file found as `name`. */
static bool follow_script(struct bk_gathered *g, const char *name)
{
	char line[SCRIPT_LINE], *interpreter, *option;
	BK_FREE char *current = bk_strdup(name);
	uint32_t rest = g->request.argv.count - 1;
	int level = 0;

	for (; script_line(current, line, &interpreter, &option); level++) {
		if (level == SCRIPT_LEVELS)
			return fail(g, bk_format("%s: scripts of scripts, more than the kernel follows", name));
		bk_buf_printf(&g->notes, "%s is a script of %s\n", current, interpreter);
		enter_script(g, current, interpreter, option);
		if (!name_interpreter(g, interpreter))
			return false;
		free(current);
		current = bk_strdup(interpreter);
	}
	if (level == 1)
		g->request.first_arg = g->request.argv.count - rest;
	if (level < 2)
		return true;
	/* A chain is judged as its last interpreter with all that the kernel gives it. */
	free(g->path);
	g->path = g->interpreter;
	g->interpreter = NULL;
	g->request.first_arg = 1;
	return true;
}

static bool take_script(struct bk_gathered *g, const char *found)
{
	if (g->as_is && !g->script_interpreter)
		return true;
	if (!g->script_interpreter)
		return follow_script(g, found);
	enter_script(g, found, g->script_interpreter, "");
	g->request.first_arg = 2;
	return name_interpreter(g, g->script_interpreter);
}

/* --- exec --- */

static void take_vector(struct bk_gathered *g, int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		bk_buf_add(&g->argv, argv[i], strlen(argv[i]) + 1);
	g->request.argv.count = (uint32_t)argc;
	g->request.first_arg = 1;
}

static void point_at_vector(struct bk_gathered *g)
{
	g->request.argv.at = g->argv.at;
	g->request.argv.size = (uint32_t)g->argv.len;
}

/* The dynamic loader called as a program: what is judged is the program that it loads. */
static bool take_loader(struct bk_gathered *g)
{
	uint32_t at = bk_loader_program(&g->request.argv);

	g->request.flags |= BK_REQ_LOADER;
	if (!at) {
		g->request.flags |= BK_REQ_UNNAMED;
		bk_buf_printf(&g->notes, "the loader was given no program, or an option that cannot be judged\n");
		return true;
	}

	BK_FREE char *loader = g->path;
	g->path = canonical(g, bk_args_get(&g->request.argv, at).at, false, NULL);
	g->request.first_arg = at + 1;
	bk_buf_printf(&g->notes, "%s is the dynamic loader: the program that it loads is judged\n", loader);
	return g->path != NULL;
}

/* bk_decide() finds the applet itself; people are told which it is. */
static void note_applet(struct bk_gathered *g)
{
	struct bk_text image = bk_text_of(g->path);
	uint32_t first = g->request.first_arg;

	if (g->interpreter || !bk_is_multicall(image))
		return;
	struct bk_text applet = bk_applet(image, &g->request.argv, &first);
	bk_buf_printf(&g->notes, "%s holds many programs: this one is %.*s\n", g->path, (int)applet.len, applet.at);
}

static void look_at_file(struct bk_gathered *g)
{
	if (!g->as_is && access(g->path, F_OK) == 0)
		g->file = bk_strdup(g->path);
	g->request.path = bk_text_of(g->path);
	if (g->interpreter)
		g->request.interpreter = bk_text_of(g->interpreter);
}

/* The name that leads to the file, where that is another, counts beside the file's own: as the shim sees it, an absolute and plain one. */
static void take_called(struct bk_gathered *g, const char *found)
{
	const char *name = g->request.flags & BK_REQ_LOADER ? bk_args_get(&g->request.argv, g->request.first_arg - 1).at : found;
	struct bk_text called = name && !g->as_is ? bk_rule_name(name) : (struct bk_text){ NULL, 0 };

	BK_FREE char *real = called.len && strcmp(name, g->path) != 0 ? realpath(name, NULL) : NULL;

	if (!real || strcmp(real, g->path) != 0)
		return;
	g->called = bk_strdup(name);
	g->request.called = bk_text_of(g->called);
}

bool bk_gather_exec(struct bk_gathered *g, int argc, char **argv)
{
	BK_FREE char *found = NULL;

	g->request.section = BK_PROCESSES;
	take_vector(g, argc, argv);
	g->path = canonical(g, argv[0], true, &found);
	if (!g->path || !take_script(g, found))
		return false;
	point_at_vector(g);
	if (!g->interpreter && bk_is_loader(bk_text_of(g->path)) && !take_loader(g))
		return false;
	note_applet(g);
	look_at_file(g);
	take_called(g, found);
	return true;
}

bool bk_gather_file(struct bk_gathered *g, enum bk_section section, const char *path)
{
	g->request.section = section;
	g->path = canonical(g, path, false, NULL);
	if (!g->path)
		return false;
	look_at_file(g);
	return true;
}

bool bk_gather_parent(struct bk_gathered *g, const char *path)
{
	g->parent = canonical(g, path, true, NULL);
	if (g->parent)
		g->request.parent = bk_text_of(g->parent);
	return g->parent != NULL;
}

/* --- hash --- */

bool bk_gather_hash(struct bk_gathered *g)
{
	static char chunk[65536];
	struct bk_sha256 hash;
	size_t n;

	if (!g->file)
		return fail(g, bk_format("%s is not here to be hashed; give its hash with --sha256 HEX", g->path ? g->path : "the file"));

	BK_FILE *f = fopen(g->file, "re");
	if (!f)
		return fail(g, bk_format("%s: cannot read it for its hash: %s; give it with --sha256 HEX", g->file, strerror(errno)));
	bk_sha256_start(&hash, bk_sha256_has_fast());
	while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
		bk_sha256_add(&hash, chunk, n);
	if (ferror(f))
		return fail(g, bk_format("%s: cannot read it for its hash: %s", g->file, strerror(errno)));
	bk_sha256_finish(&hash, g->sha256);
	g->request.sha256 = g->sha256;
	return true;
}

/* --- the network --- */

/* A socket of the file system is found as the shim finds it; abstract names are what they are. */
static bool take_unix(struct bk_gathered *g, const char *name)
{
	g->path = *name == '@' ? bk_strdup(name) : canonical(g, name, false, NULL);
	if (g->path)
		g->request.path = bk_text_of(g->path);
	return g->path != NULL;
}

static bool take_host(struct bk_gathered *g, const char *host, struct bk_endpoint *e)
{
	struct bk_text text = bk_text_of(host);

	*e = (struct bk_endpoint){ 0 };
	if (*host == '@' || strchr(host, '/')) {
		e->family = BK_UNIX;
		return take_unix(g, host);
	}
	g->path = bk_strdup(host);
	if (bk_address_parse(text, e) == text.len) {
		bk_address_normalise(e);
		return true;
	}
	*e = (struct bk_endpoint){ .family = (uint16_t)bk_family_number(text) };
	for (char *c = g->path; *c; c++)
		*c = (char)(*c >= 'A' && *c <= 'Z' ? *c + 32 : *c);
	if (!e->family)
		g->request.path = bk_text_of(g->path);
	return true;
}

bool bk_gather_host(struct bk_gathered *g, enum bk_section section, const char *host, const char *port, struct bk_endpoint *e)
{
	char *end;
	unsigned long number = port ? strtoul(port, &end, 10) : 0;

	if (port && (*port < '0' || *port > '9' || *end || number > 65535)) {
		g->error = bk_format("a port is a number up to 65535, not '%.40s'", port);
		return false;
	}
	g->request.section = section;
	if (!take_host(g, host, e))
		return false;
	e->port_low = e->port_high = (uint16_t)number;
	g->request.endpoint = e;
	if (!port && !e->family) {
		g->request.flags |= BK_REQ_NAME;
		g->request.endpoint = NULL;
		bk_buf_text(&g->notes, "without a port: may the resolver be asked for it?\n");
	}
	return true;
}
