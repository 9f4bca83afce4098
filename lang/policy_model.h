/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policy as people write it: a model between YAML text and the compiled form (core/policy.h).
 *
 *	text --parse--> model --compile--> bytes --decompile--> model --print--> text
 *
 * and back without loss but for comments (learn keeps its evidence as comments through `comment`).
 */
#ifndef BK_LANG_POLICY_MODEL_H
#define BK_LANG_POLICY_MODEL_H

#include "base/base.h"
#include "core/policy.h"

struct bk_model_rule {
	enum bk_action action;
	char  *path;			/* pattern; connect, listen: domain pattern or unix path, or NULL */
	char **args; size_t arg_count; bool has_args;	/* has_args with no args: no argument allowed */
	char  *shell, *parent, *applet;	/* or NULL */
	bool   has_sha256; uint8_t sha256[32];
	bool   has_endpoint; struct bk_endpoint endpoint;	/* address and port; family 0: only the port */
	unsigned line, column;		/* 0: not from text */
	char  *comment;			/* printed behind or above the rule; or NULL */
};

struct bk_model_section {
	bool present;
	bool has_mode; enum bk_mode mode;	/* has_mode: says its own */
	bool allows;			/* BK_SECTION_ALLOWS */
	struct bk_model_rule *rules;
	size_t count, cap;
	char *comment;
};

struct bk_model {
	char *function;			/* or NULL */
	enum bk_mode mode;
	bool refuse_unsupported;
	uint64_t expires;
	bool has_main;
	struct bk_model_rule main;
	struct bk_model_section section[BK_SECTIONS];
	char *comment;			/* head of the file */
};

#define BK_TEXT_MAX (10u << 20)		/* bytes of policy text; more is an error */

struct bk_model *bk_model_new(void);
void bk_model_free(struct bk_model *m);
void bk_model_rule_clear(struct bk_model_rule *r);	/* frees what the rule owns */
struct bk_model_rule *bk_model_add(struct bk_model *m, enum bk_section section, enum bk_action action);
void bk_model_add_arg(struct bk_model_rule *r, const char *arg);

/* Reads policy text.  NULL where d->errors was raised.  `name` is what diagnostics call it. */
struct bk_model *bk_policy_parse(const char *name, const char *text, size_t size, struct bk_diags *d);

/* Canonical text. */
void bk_policy_print(const struct bk_model *m, struct bk_buf *out);

/* The compiled form.  Deterministic: the same model gives the same bytes. */
int bk_policy_compile(const struct bk_model *m, struct bk_buf *out, struct bk_diags *d);

/* From a compiled view that bk_policy_verify() accepted. */
struct bk_model *bk_policy_decompile(const struct bk_policy *policy);

/* Digest as core/policy.h defines it, over a file image. */
void bk_policy_digest(const void *bytes, size_t size, uint8_t digest[32]);

/* Lint: shadowed, contradictory, too broad rules as warnings. */
void bk_policy_lint(const char *name, const struct bk_model *m, struct bk_diags *d);

/* What `newer` allows that `older` does not, and the reverse, as lines of text for people. */
/* `section` BK_SECTIONS: of the policy as a whole. */
struct bk_policy_change { bool added; enum bk_section section; char *text; bool widens; };
struct bk_policy_changes { struct bk_policy_change *at; size_t count, cap; };
void bk_policy_diff(const struct bk_model *older, const struct bk_model *newer, struct bk_policy_changes *out);
void bk_policy_changes_free(struct bk_policy_changes *c);

/*
 * Loads a policy for use from a file, whichever form it has: text is parsed and compiled, the compiled form verified.
 * `bytes` gets the compiled file.  Returns false with diagnostics.
 */
bool bk_policy_load(const char *path, struct bk_buf *bytes, struct bk_diags *d);

#endif
