/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A YAML or JSON text as a tree whose nodes know where they stand in it, so that the text can be changed and not written anew.
 * libyaml reads it; aliases are not followed, and so cannot grow.
 */
#ifndef BK_PACK_NODE_H
#define BK_PACK_NODE_H

#include "base/base.h"

enum bk_node_kind { BK_NODE_SCALAR, BK_NODE_MAP, BK_NODE_LIST, BK_NODE_ALIAS };

struct bk_node {
	enum bk_node_kind kind;
	bool flow;			/* in braces or brackets */
	bool plain;			/* no tag of its own (!Sub), no anchor */
	char *text;			/* scalar's value, NUL-terminated */
	size_t start, end;		/* bytes: the node's first, the one behind its last (block collections: somewhere behind) */
	unsigned line, column;		/* of its first byte, from 1; columns in characters, as diagnostics want them */
	struct bk_node *first, *next;	/* children: key, value, key, value, ... in a map */
};

#define BK_NODE_DEPTH 64u		/* more is an error */

/* The first document; NULL with an error in `d`.  Free with bk_node_free(). */
struct bk_node *bk_node_parse(const char *name, const struct bk_buf *text, struct bk_diags *d);
void bk_node_free(struct bk_node *n);

/* The key's node in a map, NULL where there is none or `map` is no map; its value is ->next. */
struct bk_node *bk_node_key(const struct bk_node *map, const char *key);
struct bk_node *bk_node_get(const struct bk_node *map, const char *key);	/* the value */
bool bk_node_is(const struct bk_node *scalar, const char *text);
bool bk_node_begins(const struct bk_node *scalar, const char *text);

/* --- changes to a text ------------------------------------------------------------------------------------------------------- */

struct bk_edit {
	size_t at, remove;
	char *text;
};
struct bk_edits {
	struct bk_edit *at;
	size_t count, cap;
};
/* Takes the text.  Edits at one place keep their order. */
void bk_edits_add(struct bk_edits *e, size_t at, size_t remove, char *text);
void bk_edits_apply(struct bk_edits *e, const struct bk_buf *in, struct bk_buf *out);
void bk_edits_free(struct bk_edits *e);

/*
 * A new first member of a collection, in the form that the collection has: `block` are lines without indentation, marked at their
 * ends so that they are found again; `flow` is the same in one line.  A block collection is the value of `key` and begins on a later line.
 */
struct bk_piece {
	const char *block, *flow;
};
bool bk_edits_insert(struct bk_edits *e, const struct bk_buf *text, const char *name, const struct bk_node *key, const struct bk_piece *piece, struct bk_diags *d);
/* Takes all such members out of a text again; how many there were. */
size_t bk_pieces_remove(const struct bk_buf *in, const struct bk_piece *pieces, size_t count, struct bk_buf *out);

#endif
