/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Go: go.mod (https://go.dev/ref/mod#go-mod-file) and the modules that a binary names.  The standard library is the module "stdlib" with the
 * version of the toolchain, as the Go vulnerability database has it.
 */
#include <string.h>

#include "scan/reader.h"

/* "go1.22.3", "go1.22rc1 X:...", "devel go1.23-abc" -> "1.22.3" ... */
void bk_read_go_version(struct bk_file *f, const char *text, size_t size)
{
	BK_FREE char *copy = bk_strndup(text, size);
	char *at = strstr(copy, "go1"), *rest;

	if (!at)
		return;
	at += 2;
	at[strcspn(at, " \t-+")] = '\0';
	rest = at + strspn(at, "0123456789.");
	if (!*rest) {
		bk_take(f, BK_GO, "stdlib", at, BK_BINARY, false);
		return;
	}
	BK_FREE char *pre = bk_strdup(rest);		/* 1.22rc1 is 1.22.0-rc1 */

	*rest = '\0';
	BK_FREE char *version = bk_format("%s%s-%s", at, strchr(strchr(at, '.') ? strchr(at, '.') + 1 : at, '.') ? "" : ".0", pre);

	bk_take(f, BK_GO, "stdlib", version, BK_BINARY, false);
}

/* A tab-separated field of a line, empty where there are not so many. */
static char *field(const struct bk_lines *line, unsigned index)
{
	const char *at = line->at, *end = line->at + line->len;

	for (; index && at; index--)
		if ((at = memchr(at, '\t', (size_t)(end - at))))
			at++;
	if (!at)
		return bk_strdup("");
	const char *stop = memchr(at, '\t', (size_t)(end - at));

	return bk_strndup(at, (size_t)((stop ? stop : end) - at));
}

static void module(struct bk_file *f, const char *name, const char *version)
{
	if (name && *version == 'v')		/* "(devel)" and nothing are no versions */
		bk_take(f, BK_GO, name, version, BK_BINARY, false);
}

/* "mod\tPATH\tVERSION\tSUM", "dep\t...", and "=>\t..." for what replaces the one before. */
void bk_read_go_modules(struct bk_file *f, const char *text, size_t size)
{
	struct bk_lines line;
	char *name = NULL, *version = NULL;

	if (size >= 33 && text[size - 17] == '\n') {	/* between two marks of 16 bytes */
		text += 16;
		size -= 32;
	}
	line = (struct bk_lines){ .next = text, .end = text + size };
	while (bk_line_indented(&line)) {
		BK_FREE char *kind = field(&line, 0);
		bool replaces = strcmp(kind, "=>") == 0;

		if (!replaces && strcmp(kind, "mod") != 0 && strcmp(kind, "dep") != 0)
			continue;
		if (!replaces)
			module(f, name, version ? version : "");
		free(name);
		free(version);
		name = field(&line, 1);
		version = field(&line, 2);
	}
	module(f, name, version ? version : "");
	free(name);
	free(version);
}

/* --- go.mod --- */

#define WORDS 5u

struct words {
	char *at[WORDS];
	unsigned count;
};

static void free_words(struct words *w)
{
	for (unsigned i = 0; i < w->count; i++)
		free(w->at[i]);
}

/* The words of a line up to a comment; what is more than five is not needed. */
static void words_of(const struct bk_lines *line, struct words *w)
{
	size_t i = 0;

	w->count = 0;
	while (i < line->len && w->count < WORDS) {
		size_t from;

		while (i < line->len && strchr(" \t", line->at[i]))
			i++;
		from = i;
		while (i < line->len && !strchr(" \t", line->at[i]))
			i++;
		if (i == from || (i - from >= 2 && memcmp(line->at + from, "//", 2) == 0))
			break;
		w->at[w->count++] = bk_line_part(line, from, i);
	}
}

struct replacement {
	char *name, *version, *to_name, *to_version;	/* version NULL: any; to_version NULL: a folder */
	struct replacement *next;
};

static void keep_replacement(struct replacement **list, const struct words *w, unsigned first)
{
	unsigned arrow = first;
	struct replacement *new;

	while (arrow < w->count && strcmp(w->at[arrow], "=>") != 0)
		arrow++;
	if (arrow == first || arrow + 1 >= w->count)
		return;
	new = bk_alloc(sizeof *new);
	new->name = bk_strdup(w->at[first]);
	new->version = arrow - first > 1 ? bk_strdup(w->at[first + 1]) : NULL;
	new->to_name = bk_strdup(w->at[arrow + 1]);
	new->to_version = arrow + 2 < w->count ? bk_strdup(w->at[arrow + 2]) : NULL;
	new->next = *list;
	*list = new;
}

static void require(struct bk_file *f, const struct replacement *list, const char *name, const char *version)
{
	for (; list; list = list->next)
		if (strcmp(list->name, name) == 0 && (!list->version || strcmp(list->version, version) == 0)) {
			if (list->to_version)
				bk_take(f, BK_GO, list->to_name, list->to_version, BK_LOCK, false);
			return;
		}
	bk_take(f, BK_GO, name, version, BK_LOCK, false);
}

/* One pass for the replacements, one for what is required: `replace` stands anywhere. */
static void go_mod_pass(struct bk_file *f, struct replacement **list, bool requirements)
{
	struct bk_lines line = bk_lines_of(&f->text);
	BK_FREE char *block = NULL;

	while (bk_line_indented(&line)) {
		struct words w;

		words_of(&line, &w);
		const char *verb = block ? block : w.count ? w.at[0] : "";
		unsigned first = block ? 0 : 1;

		if (w.count == 2 && !block && strcmp(w.at[1], "(") == 0) {
			block = bk_strdup(w.at[0]);
		} else if (w.count && strcmp(w.at[0], ")") == 0) {
			free(block);
			block = NULL;
		} else if (requirements && strcmp(verb, "require") == 0 && w.count >= first + 2) {
			require(f, *list, w.at[first], w.at[first + 1]);
		} else if (!requirements && strcmp(verb, "replace") == 0) {
			keep_replacement(list, &w, first);
		} else if (requirements && !block && strcmp(verb, "toolchain") == 0 && w.count == 2 && strncmp(w.at[1], "go1", 3) == 0) {
			bk_take(f, BK_GO, "stdlib", w.at[1] + 2, BK_MANIFEST, false);
		}
		free_words(&w);
	}
}

void bk_read_go_mod(struct bk_file *f)
{
	struct replacement *list = NULL;

	go_mod_pass(f, &list, false);
	go_mod_pass(f, &list, true);
	while (list) {
		struct replacement *next = list->next;

		free(list->name);
		free(list->version);
		free(list->to_name);
		free(list->to_version);
		free(list);
		list = next;
	}
}
