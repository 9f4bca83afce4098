/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compiled policies by hand, straight from core/policy.h, so that tests of core do not lean on the compiler in lang.
 */
#ifndef BK_TESTS_POLICY_BUILD_H
#define BK_TESTS_POLICY_BUILD_H

#include "base/base.h"
#include "core/policy.h"

struct built_rule {
	enum bk_section section;
	enum bk_action action;
	const char *path, *shell, *parent, *applet;	/* NULL: none */
	const char *const *args;	/* ends with NULL; NULL: any */
	const uint8_t *sha256;
	const struct bk_endpoint *endpoint;
	uint32_t line;			/* 0: as many as there are rules */
	bool main;
};

struct built {
	struct built_rule *rules;
	size_t count, cap;
	struct bk_section_head section[BK_SECTIONS];
	struct bk_buf bytes;		/* after build_policy() */
};

/* Every section absent. */
void build_start(struct built *b);
/* A section that is there; rules added to it count by themselves. */
void build_section(struct built *b, enum bk_section section, enum bk_mode mode, uint8_t flags);
void build_rule(struct built *b, struct built_rule rule);
/* Lays the file out into b->bytes; the checksum is right. */
void build_policy(struct built *b);
/* Puts the right checksum into changed bytes. */
void build_checksum(void *bytes, size_t size);
void build_free(struct built *b);

#endif
