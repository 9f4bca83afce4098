/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of the policy reader share: YAML text to libyaml's tree, and the tree by tables of keys.
 *
 *	reader.c	the text, faults and their places, mappings
 *	parse_rule.c	rules of the sections
 *	parse.c		sections and top-level keys
 *
 * Nothing here stops at the first fault: each is noted with its place, and the model is thrown away at the end.
 */
#ifndef BK_LANG_READER_H
#define BK_LANG_READER_H

#include <yaml.h>
#include "lang/policy_model.h"

#define BK_FAULTS_MOST 50u		/* faults that are noted for one text */
#define BK_DEPTH_MOST  16		/* of mappings and lists in each other */

struct bk_reader {
	const char *name, *text;
	size_t size;			/* of text, bytes */
	yaml_document_t doc;
	struct bk_diags *diags;
	struct bk_model *model;
	unsigned faults;
	enum bk_section section;	/* being read */
	bool has_port;			/* of the rule being read */
};

/* A key of a mapping and what reads its value into `to`. */
struct bk_key {
	const char *name;
	void (*read)(struct bk_reader *, yaml_node_t *value, void *to);
};

/* Notes a fault at the node's begin, or at byte `at` of a scalar's value where the text says it byte for byte. */
__attribute__((format(printf, 3, 4)))
void bk_reader_fault(struct bk_reader *r, const yaml_node_t *n, const char *format, ...);
__attribute__((format(printf, 4, 5)))
void bk_reader_fault_in(struct bk_reader *r, const yaml_node_t *n, uint32_t at, const char *format, ...);

/* Refuses what a policy may not hold (aliases, tags, depth, a second document) and fills r->doc; false: noted. */
bool bk_reader_open(struct bk_reader *r);
void bk_reader_close(struct bk_reader *r);

yaml_node_t *bk_reader_node(struct bk_reader *r, int index);
bool bk_reader_is_null(const yaml_node_t *n);
bool bk_reader_has_key(struct bk_reader *r, const yaml_node_t *mapping, const char *name);

/* The value of a scalar; NULL and a fault where the node is none or holds a NUL.  Once for each node: `!!binary` is decoded in place. */
const char *bk_reader_text(struct bk_reader *r, yaml_node_t *n, const char *what);
/* The same into a model's field; an empty text is a fault. */
void bk_reader_store(struct bk_reader *r, yaml_node_t *n, char **to, const char *what);
/* Index of the value in a list of names that ends with NULL. */
bool bk_reader_pick(struct bk_reader *r, yaml_node_t *n, const char *what, const char *const *names, int *to);
/* Each key by its table; unknown and duplicate keys are faults. */
void bk_reader_mapping(struct bk_reader *r, yaml_node_t *n, const struct bk_key *keys, void *to);

/* parse_rule.c: a list of rules of r->section; the `main:` rule. */
void bk_read_rules(struct bk_reader *r, yaml_node_t *n, enum bk_action action);
void bk_read_main(struct bk_reader *r, yaml_node_t *n, void *to);

#endif
