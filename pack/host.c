/* SPDX-License-Identifier: Apache-2.0 */
/* Azure's host.json: customHandler.description.{defaultExecutablePath, arguments[]}. */
#include "pack/pack.h"

#include <string.h>

#include "pack/node.h"

#define SHIM BK_PACK_FOLDER BK_PACK_SHIM

static bool refuse(const char *name, const struct bk_node *at, const char *why, struct bk_diags *d)
{
	bk_diag_add(d, BK_ERROR, name, at->line, at->column, "%s", why);
	return false;
}

static const struct bk_node *description(const struct bk_node *root)
{
	return bk_node_get(bk_node_get(root, "customHandler"), "description");
}

/* In its quotes, as it stands in the text. */
static bool is_literal(const struct bk_buf *text, const struct bk_node *n)
{
	size_t size = n->kind == BK_NODE_SCALAR ? strlen(n->text) : 0;

	return n->kind == BK_NODE_SCALAR && n->plain && n->end - n->start == size + 2 && text->at[n->start] == '"' && memcmp(text->at + n->start + 1, n->text, size) == 0;
}

/* What the shim is told: `./` in front where the host would have looked into its own folder, and where it is there already, so that
   taking one away always gives the old name. */
static char *told(const char *executable, bool (*local)(void *, const char *), void *context)
{
	bool bare = !strchr(executable, '/') && local(context, executable);

	return bk_format("\"%s%s\"", bare || strncmp(executable, "./", 2) == 0 ? "./" : "", executable);
}

static bool edit(const char *name, const struct bk_buf *in, const struct bk_node *root, bool (*local)(void *, const char *), void *context,
		 struct bk_edits *e, struct bk_diags *d)
{
	const struct bk_node *about = description(root), *key = bk_node_key(about, "defaultExecutablePath"), *arguments = bk_node_key(about, "arguments");

	if (!about || !key)
		return refuse(name, about ? about : root, "there is no customHandler.description.defaultExecutablePath here", d);
	if (!is_literal(in, key->next))
		return refuse(name, key->next, "this must be a plain string", d);
	if (strcmp(key->next->text, SHIM) == 0)
		return refuse(name, key->next, "this is wrapped already", d);
	if (arguments && (arguments->next->kind != BK_NODE_LIST || !arguments->next->flow))
		return refuse(name, arguments->next, "this must be a list", d);
	BK_FREE char *argument = told(key->next->text, local, context);
	struct bk_piece piece = { "", argument };

	bk_edits_add(e, key->next->start + 1, strlen(key->next->text), bk_strdup(SHIM));
	if (arguments)
		return bk_edits_insert(e, in, name, arguments, &piece, d);
	bk_edits_add(e, key->next->end, 0, bk_format(", \"arguments\": [%s]", argument));
	return true;
}

static bool is_exact(const char *name, const struct bk_buf *in, const struct bk_buf *out)
{
	struct bk_diags unused = { 0 };
	BK_BUF back = { 0 };
	bool same = bk_host_unwrap(name, out, &back, &unused) && back.len == in->len && memcmp(back.at, in->at, in->len) == 0;

	bk_diags_free(&unused);
	return same;
}

bool bk_host_wrap(const char *name, const struct bk_buf *in, bool (*local)(void *context, const char *file), void *context,
		  struct bk_buf *out, struct bk_diags *d)
{
	struct bk_node *root = bk_node_parse(name, in, d);
	struct bk_edits e = { 0 };
	bool good = root && edit(name, in, root, local, context, &e, d);

	if (good) {
		bk_edits_apply(&e, in, out);
		good = is_exact(name, in, out) || refuse(name, root, "this file is written in a way that could not be undone exactly", d);
	}
	bk_edits_free(&e);
	bk_node_free(root);
	return good;
}

/* --- undoing ----------------------------------------------------------------------------------------------------------------- */

static void restore(const struct bk_buf *in, const struct bk_node *key, const struct bk_node *arguments, struct bk_edits *e)
{
	const struct bk_node *first = arguments->next->first;
	BK_FREE char *added = bk_format(", \"arguments\": [%.*s]", (int)(first->end - first->start), in->at + first->start);
	size_t end = key->next->end, at = arguments->next->start + 1;

	bk_edits_add(e, key->next->start + 1, strlen(SHIM), bk_strdup(strncmp(first->text, "./", 2) == 0 ? first->text + 2 : first->text));
	if (in->len - end >= strlen(added) && memcmp(in->at + end, added, strlen(added)) == 0)
		bk_edits_add(e, end, strlen(added), bk_strdup(""));
	else
		bk_edits_add(e, at, first->end - at + (in->at[first->end] == ','), bk_strdup(""));
}

bool bk_host_unwrap(const char *name, const struct bk_buf *in, struct bk_buf *out, struct bk_diags *d)
{
	struct bk_node *root = bk_node_parse(name, in, d);
	const struct bk_node *about = description(root), *key = bk_node_key(about, "defaultExecutablePath"), *arguments = bk_node_key(about, "arguments");
	struct bk_edits e = { 0 };
	bool good = key && is_literal(in, key->next) && strcmp(key->next->text, SHIM) == 0 && arguments && arguments->next->kind == BK_NODE_LIST &&
		    arguments->next->first && is_literal(in, arguments->next->first);

	if (good) {
		restore(in, key, arguments, &e);
		bk_edits_apply(&e, in, out);
	} else if (root) {
		refuse(name, root, "its custom handler is not wrapped", d);
	}
	bk_edits_free(&e);
	bk_node_free(root);
	return good;
}
