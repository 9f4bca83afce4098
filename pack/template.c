/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SAM and CloudFormation templates.  A function gets the layer and the variable by insertion alone.  A wrapper that is set already keeps its
 * place and its value and only changes its key to BUCKLER_NEXT: that is exact to undo, also for !Sub and other intrinsic functions.
 */
#include "pack/pack.h"

#include <libgen.h>
#include <string.h>

#include "pack/node.h"

#define WRAPPER "AWS_LAMBDA_EXEC_WRAPPER"
#define NEXT	"BUCKLER_NEXT"
#define LAYER	"BucklerLayer"
#define SHIM	"/opt/buckler/buckler-init"

enum { RESOURCE_SAM, RESOURCE_PLAIN, LAYERS, LAYER_ITEM, ENVIRONMENT, VARIABLES, VARIABLE, PIECES };

/*
 * A piece that contains another stands before it.  A member that is made anew has a blank before its colon: so it differs from one
 * that was there and empty.
 */
static const struct bk_piece pieces[PIECES] = {
	[RESOURCE_SAM] = {
		LAYER ":\n  Type: AWS::Serverless::LayerVersion\n  Properties:\n    ContentUri: " BK_PACK_LAYER "\n",
		"\"" LAYER "\": {\"Type\": \"AWS::Serverless::LayerVersion\", \"Properties\": {\"ContentUri\": \"" BK_PACK_LAYER "\"}}",
	},
	[RESOURCE_PLAIN] = {
		LAYER ":\n  Type: AWS::Lambda::LayerVersion\n  Properties:\n    Content: " BK_PACK_LAYER "\n",
		"\"" LAYER "\": {\"Type\": \"AWS::Lambda::LayerVersion\", \"Properties\": {\"Content\": \"" BK_PACK_LAYER "\"}}",
	},
	[LAYERS] = { "Layers:\n  - !Ref " LAYER "\n", "\"Layers\" : [{\"Ref\": \"" LAYER "\"}]" },
	[LAYER_ITEM] = { "- !Ref " LAYER "\n", "{\"Ref\": \"" LAYER "\"}" },
	[ENVIRONMENT] = {
		"Environment:\n  Variables:\n    " WRAPPER ": " SHIM "\n",
		"\"Environment\" : {\"Variables\": {\"" WRAPPER "\": \"" SHIM "\"}}",
	},
	[VARIABLES] = { "Variables:\n  " WRAPPER ": " SHIM "\n", "\"Variables\" : {\"" WRAPPER "\": \"" SHIM "\"}" },
	[VARIABLE] = { WRAPPER ": " SHIM "\n", "\"" WRAPPER "\": \"" SHIM "\"" },
};

struct patch {
	const struct bk_template_job *job;
	const struct bk_buf *text;
	struct bk_diags *diags;
	const struct bk_node *root, *globals;	/* globals: of functions, or NULL */
	struct bk_edits edits;
	size_t wrapped, left;		/* functions */
};

static bool refuse(struct patch *p, const struct bk_node *at, const char *why)
{
	bk_diag_add(p->diags, BK_ERROR, p->job->name, at->line, at->column, "%s", why);
	return false;
}

/* --- one function ---------------------------------------------------------------------------------------------------------- */

/* A collection that members can be inserted into. */
static bool can_change(struct patch *p, const struct bk_node *n, enum bk_node_kind kind)
{
	if (n->kind == BK_NODE_ALIAS)
		return refuse(p, n, "this is an alias: write it out here to have it changed");
	if (n->kind != kind || !n->plain)
		return refuse(p, n, kind == BK_NODE_LIST ? "this is no plain list (an intrinsic function, an anchor?): write it out to have it changed"
							 : "this is no plain mapping (an intrinsic function, an anchor?): write it out to have it changed");
	if (bk_node_key(n, "<<"))
		return refuse(p, bk_node_key(n, "<<"), "a merge key: write its members out to have this changed");
	if (kind == BK_NODE_MAP && (bk_node_begins(n->first, "Fn::") || bk_node_is(n->first, "Ref")))
		return refuse(p, n, "this is an intrinsic function: write its value out to have it changed");
	return true;
}

static bool insert(struct patch *p, const struct bk_node *key, int piece)
{
	return bk_edits_insert(&p->edits, p->text, p->job->name, key, &pieces[piece], p->diags);
}

static bool add_layer(struct patch *p, const struct bk_node *properties)
{
	const struct bk_node *key = bk_node_key(properties->next, "Layers");

	if (!key)
		return insert(p, properties, LAYERS);
	return can_change(p, key->next, BK_NODE_LIST) && insert(p, key, LAYER_ITEM);
}

/* The key's name within its quotes. */
static void rename_key(struct bk_edits *e, const struct bk_buf *text, const struct bk_node *key, const char *name)
{
	size_t quote = text->at[key->start] == '"' || text->at[key->start] == '\'';

	bk_edits_add(e, key->start + quote, strlen(key->text), bk_strdup(name));
}

/* Written as it reads: a key with escapes in it could not be renamed in place. */
static bool is_literal(const struct bk_buf *text, const struct bk_node *key)
{
	size_t quote = text->at[key->start] == '"' || text->at[key->start] == '\'', n = strlen(key->text);

	return key->plain && text->len - key->start > n + quote && memcmp(text->at + key->start + quote, key->text, n) == 0;
}

/* An existing wrapper becomes the next one. */
static bool chain(struct patch *p, const struct bk_node *variables)
{
	const struct bk_node *old = bk_node_key(variables, WRAPPER), *next = bk_node_key(variables, NEXT);

	if (next)
		return refuse(p, next, NEXT " is set already: is this template wrapped? `buckler wrap --undo` takes it off");
	if (!old)
		return true;
	if (!is_literal(p->text, old))
		return refuse(p, old, "write this key without escapes, tag or anchor to have it changed");
	rename_key(&p->edits, p->text, old, NEXT);
	return true;
}

static bool add_variable(struct patch *p, const struct bk_node *properties)
{
	const struct bk_node *environment = bk_node_key(properties->next, "Environment"), *variables;

	if (!environment)
		return insert(p, properties, ENVIRONMENT);
	if (!can_change(p, environment->next, BK_NODE_MAP))
		return false;
	variables = bk_node_key(environment->next, "Variables");
	if (!variables)
		return insert(p, environment, VARIABLES);
	return can_change(p, variables->next, BK_NODE_MAP) && chain(p, variables->next) && insert(p, variables, VARIABLE);
}

/* A property of the function, or of all functions. */
static const struct bk_node *property(const struct patch *p, const struct bk_node *properties, const char *name)
{
	const struct bk_node *n = bk_node_get(properties, name);

	return n ? n : bk_node_get(p->globals, name);
}

/* Why a function cannot be wrapped here, or NULL. */
static const char *cannot(const struct patch *p, const struct bk_node *properties)
{
	const struct bk_node *runtime = property(p, properties, "Runtime"), *machines = property(p, properties, "Architectures");
	const char *machine = machines && machines->first && bk_node_is(machines->first, "arm64") ? "arm64" : "x86-64";

	if (bk_node_is(property(p, properties, "PackageType"), "Image") || bk_node_get(properties, "ImageUri"))
		return "it is an image: `buckler wrap Dockerfile` says which lines it needs";
	if (bk_node_begins(runtime, "provided"))
		return "a provided.* runtime does not read " WRAPPER ": wrap its package, `buckler wrap PACKAGE.zip`";
	if (bk_node_begins(runtime, "go1"))
		return "the runtime go1.x has no wrapper: move to provided.al2023 and wrap the package";
	if (p->job->machine && strcmp(machine, p->job->machine) != 0)
		return "it runs on another machine than buckler-init is for: name the right one with --shim";
	return NULL;
}

static bool is_function(const struct bk_node *resource)
{
	const struct bk_node *type = bk_node_get(resource, "Type");

	return bk_node_is(type, "AWS::Serverless::Function") || bk_node_is(type, "AWS::Lambda::Function");
}

static bool is_chosen(const struct bk_template_job *job, const struct bk_node *key)
{
	for (size_t i = 0; i < job->function_count; i++)
		if (bk_node_is(key, job->functions[i]))
			return true;
	return !job->function_count;
}

static bool wrap_function(struct patch *p, const struct bk_node *key)
{
	const struct bk_node *properties = bk_node_key(key->next, "Properties");
	const char *why;

	if (!properties)
		return refuse(p, key, "this function has no Properties");
	if (!can_change(p, properties->next, BK_NODE_MAP))
		return false;
	why = cannot(p, properties->next);
	if (why) {
		p->left++;
		bk_diag_add(p->diags, p->job->function_count ? BK_ERROR : BK_WARNING, p->job->name, key->line, key->column, "%s is left as it is: %s", key->text, why);
		return !p->job->function_count;
	}
	p->wrapped++;
	return add_layer(p, properties) && add_variable(p, properties);
}

/* --- the template ------------------------------------------------------------------------------------------------------------ */

/* A wrapper for all functions: it can be moved out of the way only if all are wrapped. */
static bool chain_globals(struct patch *p)
{
	const struct bk_node *variables = bk_node_get(bk_node_get(p->globals, "Environment"), "Variables"), *old = bk_node_key(variables, WRAPPER);

	if (old && p->left)
		return refuse(p, old, "this wrapper is for all functions, and not all can be wrapped: set it in the functions instead");
	return !variables || chain(p, variables);
}

static bool names_are_known(struct patch *p, const struct bk_node *resources)
{
	for (size_t i = 0; i < p->job->function_count; i++)
		if (!is_function(bk_node_get(resources, p->job->functions[i]))) {
			bk_diag_add(p->diags, BK_ERROR, p->job->name, resources->line, resources->column, "there is no function %s in this template", p->job->functions[i]);
			return false;
		}
	return true;
}

static bool wrap_functions(struct patch *p, const struct bk_node *resources)
{
	for (const struct bk_node *key = resources->first; key && key->next; key = key->next->next) {
		if (!is_function(key->next))
			continue;
		if (!is_chosen(p->job, key))
			p->left++;
		else if (!wrap_function(p, key))
			return false;
	}
	if (!p->wrapped)
		return refuse(p, resources, "no function here can be wrapped");
	return chain_globals(p);
}

static bool wrap(struct patch *p)
{
	const struct bk_node *resources = bk_node_key(p->root, "Resources");
	bool sam = bk_node_get(p->root, "Transform") != NULL;

	if (!resources)
		return refuse(p, p->root, "this is no SAM or CloudFormation template: it has no Resources");
	if (bk_node_key(resources->next, LAYER))
		return refuse(p, bk_node_key(resources->next, LAYER), "this template is wrapped already; take that off first with `buckler wrap --undo`");
	return can_change(p, resources->next, BK_NODE_MAP) && names_are_known(p, resources->next) && wrap_functions(p, resources->next) &&
	       insert(p, resources, sam ? RESOURCE_SAM : RESOURCE_PLAIN);
}

/* --- packages ------------------------------------------------------------------------------------------------------------------ */

/* Where a resource's package is, NULL where it has none, or none that is here. */
static const char *package_of(const struct patch *p, const struct bk_node *key)
{
	static const struct { const char *type, *property; } place[] = {
		{ "AWS::Serverless::Function", "CodeUri" }, { "AWS::Lambda::Function", "Code" },
		{ "AWS::Serverless::LayerVersion", "ContentUri" }, { "AWS::Lambda::LayerVersion", "Content" },
	};
	const struct bk_node *properties = bk_node_get(key->next, "Properties"), *n = NULL;

	if (is_function(key->next) && (!is_chosen(p->job, key) || cannot(p, properties)))
		return NULL;
	for (size_t i = 0; i < sizeof place / sizeof *place; i++)
		if (bk_node_is(bk_node_get(key->next, "Type"), place[i].type))
			n = i == 0 ? property(p, properties, place[i].property) : bk_node_get(properties, place[i].property);
	return n && n->kind == BK_NODE_SCALAR && n->plain && *n->text && !strstr(n->text, "://") ? n->text : NULL;
}

static bool was_named(const struct patch *p, const struct bk_node *from, const struct bk_node *key, const char *path)
{
	for (; from != key; from = from->next->next) {
		const char *other = package_of(p, from);

		if (other && strcmp(other, path) == 0)
			return true;
	}
	return false;
}

void bk_template_packages(const struct bk_template_job *job, const struct bk_buf *in, void (*package)(void *context, const char *path), void *context)
{
	struct bk_diags unused = { 0 };
	struct bk_node *root = bk_node_parse(job->name, in, &unused);
	const struct bk_node *resources = bk_node_get(root, "Resources");
	struct patch p = { .job = job, .globals = bk_node_get(bk_node_get(root, "Globals"), "Function") };
	BK_FREE char *name = bk_strdup(job->name);
	const char *folder = dirname(name);

	for (const struct bk_node *key = resources && resources->kind == BK_NODE_MAP ? resources->first : NULL; key && key->next; key = key->next->next) {
		const char *path = package_of(&p, key);
		BK_FREE char *full = path ? bk_format("%s%s%s", *path == '/' ? "" : folder, *path == '/' ? "" : "/", path) : NULL;

		if (path && !was_named(&p, resources->first, key, path))
			package(context, full);
	}
	bk_node_free(root);
	bk_diags_free(&unused);
}

/* --- undoing ------------------------------------------------------------------------------------------------------------------- */

static void unchain(const struct bk_buf *text, const struct bk_node *properties, struct bk_edits *edits)
{
	const struct bk_node *next = bk_node_key(bk_node_get(bk_node_get(properties, "Environment"), "Variables"), NEXT);

	if (next && is_literal(text, next))
		rename_key(edits, text, next, WRAPPER);
}

static bool unchain_all(const char *name, const struct bk_buf *text, struct bk_buf *out, struct bk_diags *d)
{
	struct bk_node *root = bk_node_parse(name, text, d);
	const struct bk_node *resources = bk_node_get(root, "Resources");
	struct bk_edits edits = { 0 };

	unchain(text, bk_node_get(bk_node_get(root, "Globals"), "Function"), &edits);
	for (const struct bk_node *key = resources && resources->kind == BK_NODE_MAP ? resources->first : NULL; key && key->next; key = key->next->next)
		if (is_function(key->next))
			unchain(text, bk_node_get(key->next, "Properties"), &edits);
	bk_edits_apply(&edits, text, out);
	bk_edits_free(&edits);
	bk_node_free(root);
	return root != NULL;
}

bool bk_template_unwrap(const char *name, const struct bk_buf *in, struct bk_buf *out, struct bk_diags *d)
{
	BK_BUF plain = { 0 };

	if (!bk_pieces_remove(in, pieces, PIECES, &plain)) {
		bk_diag_add(d, BK_ERROR, name, 0, 0, "this template is not wrapped: nothing in it was added by buckler");
		return false;
	}
	return unchain_all(name, &plain, out, d);
}

/* --- proof ------------------------------------------------------------------------------------------------------------------------ */

static bool has_layer(const struct bk_node *layers)
{
	return layers && layers->first && (bk_node_is(layers->first, LAYER) || bk_node_is(bk_node_get(layers->first, "Ref"), LAYER));
}

static size_t count_wrapped(const struct bk_node *root)
{
	const struct bk_node *resources = bk_node_get(root, "Resources");
	size_t n = 0;

	if (!bk_node_get(resources, LAYER))
		return 0;
	for (const struct bk_node *key = resources->first; key && key->next; key = key->next->next) {
		const struct bk_node *properties = bk_node_get(key->next, "Properties");

		n += is_function(key->next) && has_layer(bk_node_get(properties, "Layers")) &&
		     bk_node_is(bk_node_get(bk_node_get(bk_node_get(properties, "Environment"), "Variables"), WRAPPER), SHIM);
	}
	return n;
}

/* The result says what it should, and undoing it gives the input's bytes. */
static bool proved(struct patch *p, const struct bk_buf *out)
{
	struct bk_diags unused = { 0 };
	struct bk_node *root = bk_node_parse(p->job->name, out, &unused);
	BK_BUF back = { 0 };
	bool good = root && count_wrapped(root) == p->wrapped && bk_template_unwrap(p->job->name, out, &back, &unused) &&
		    back.len == p->text->len && memcmp(back.at, p->text->at, back.len) == 0;

	bk_node_free(root);
	bk_diags_free(&unused);
	return good || refuse(p, p->root, "this template is written in a way that cannot be changed and undone exactly; say it in block style");
}

bool bk_template_wrap(const struct bk_template_job *job, const struct bk_buf *in, struct bk_buf *out, struct bk_diags *d)
{
	struct bk_node *root = bk_node_parse(job->name, in, d);
	struct patch p = { .job = job, .text = in, .diags = d, .root = root, .globals = bk_node_get(bk_node_get(root, "Globals"), "Function") };
	bool good = root && wrap(&p);

	if (good) {
		bk_edits_apply(&p.edits, in, out);
		good = proved(&p, out);
	}
	bk_edits_free(&p.edits);
	bk_node_free(root);
	return good;
}
