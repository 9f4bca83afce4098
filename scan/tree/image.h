/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Container images: what `docker save` writes (manifest.json), and OCI layouts (index.json; https://github.com/opencontainers/image-spec), each
 * as a tar, compressed or not, or as a folder.
 *
 * Layers are read from the top one down, so that a file is only read where no layer above has it or took it away; nothing is unpacked.
 */
#ifndef BK_SCAN_TREE_IMAGE_H
#define BK_SCAN_TREE_IMAGE_H

#include "scan/reader.h"

/* What holds the members of an image: a folder or a tar. */
struct bk_holder {
	const char *path;
	int folder;			/* descriptor, -1: a tar */
};

/* An open member: its bytes in turn.  NULL where there is none; `why` then says so where it is not simply missing. */
struct bk_member;
struct bk_member *bk_member_open(const struct bk_holder *h, const char *name, const char **why);
ssize_t bk_member_read(struct bk_member *m, void *to, size_t size);	/* 0 at the end, negative errno */
void bk_member_close(struct bk_member *m);
/* A member as JSON; NULL where it is missing, too large or no JSON. */
json_t *bk_member_json(const struct bk_holder *h, const char *name);

/* What layers above say about those below. */
struct bk_cover {
	struct bk_set gone;		/* files, links and whiteouts: nothing of that name, or below it, is seen */
	struct bk_set opaque;		/* folders: nothing below is seen */
	uint64_t *gone_next, *opaque_next;	/* what the layer in hand adds for the next one */
	size_t gone_count, gone_cap, opaque_count, opaque_cap;
};
/* Takes an entry in: false for a whiteout and for what layers above hide. */
bool bk_cover_shows(struct bk_cover *c, const char *path, bool folder);
void bk_cover_next(struct bk_cover *c);		/* at the end of a layer */
void bk_cover_free(struct bk_cover *c);

#endif
