/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cuts the entries out of JSON as log services print it: an array of objects, an object with such an array in it, or one object,
 * compact or over many lines.
 */
#ifndef BK_LEARN_LIST_H
#define BK_LEARN_LIST_H

#include "base/base.h"
#include "core/text.h"

enum bk_list_result {
	BK_LIST_MORE,
	BK_LIST_ENTRY,			/* `entry` holds one whole object */
	BK_LIST_SKIPPED,		/* one ended that was longer than `limit` */
	BK_LIST_BROKEN			/* no JSON: call bk_list_stop(); `entry` holds what was cut off */
};

struct bk_list {
	size_t limit;			/* bytes of an entry; set before */
	struct bk_buf entry;
	bool active;			/* in the middle of a value */

	/* for list.c */
	bool in_text, escaped, is_key, listed, over;
	uint8_t state;
	unsigned depth, captured;	/* captured: depth of the object that is being cut out, 0: none */
	unsigned key_len;
	char key[32];
	char stack[64];
};

bool bk_list_begins(struct bk_text line);	/* blanks at its begin taken off */
void bk_list_start(struct bk_list *l);
enum bk_list_result bk_list_add(struct bk_list *l, char c);
void bk_list_stop(struct bk_list *l);

#endif
