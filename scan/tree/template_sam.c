/* SPDX-License-Identifier: Apache-2.0 */
/* AWS SAM and CloudFormation: https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-function.html */
#include <string.h>

#include "scan/tree/template.h"

struct sam {
	struct bk_template *t;
	json_t *root, *globals;		/* Globals.Function */
	const char *name;		/* of the function in hand */
};

static const char *parameter(const struct sam *sam, const char *name)
{
	return bk_json_text(json_object_get(json_object_get(sam->root, "Parameters"), name), "Default");
}

/* "a/${Stage}" with the parameters' defaults; NULL where one has none. */
static char *substitute(const struct sam *sam, const char *text)
{
	struct bk_buf out = { 0 };

	bk_buf_add(&out, "", 0);
	while (*text) {
		size_t plain = strcspn(text, "$"), name;
		const char *value;

		bk_buf_add(&out, text, plain);
		text += plain;
		if (text[0] != '$' || text[1] != '{') {
			bk_buf_add(&out, text, *text != '\0');
			text += *text != '\0';
			continue;
		}
		name = strcspn(text + 2, "}");
		BK_FREE char *key = bk_strndup(text + 2, name);

		value = parameter(sam, key);
		if (!value || !text[2 + name]) {
			bk_buf_free(&out);
			return NULL;
		}
		bk_buf_text(&out, value);
		text += 3 + name;
	}
	return out.at;
}

/* A text, or what of the functions comes to one here; NULL for the rest.  The caller's. */
static char *text_of(const struct sam *sam, json_t *value)
{
	const char *plain = json_string_value(value), *sub, *ref;

	if (plain)
		return bk_strdup(plain);
	ref = bk_json_text(value, "Ref");
	if (ref)
		return (plain = parameter(sam, ref)) ? bk_strdup(plain) : NULL;
	value = json_object_get(value, "Fn::Sub");
	sub = json_string_value(json_is_array(value) ? json_array_get(value, 0) : value);
	return sub ? substitute(sam, sub) : NULL;
}

static json_t *property(const struct sam *sam, json_t *resource, const char *key)
{
	json_t *own = json_object_get(json_object_get(resource, "Properties"), key);

	return own ? own : json_object_get(sam->globals, key);
}

static bool is_type(json_t *resource, const char *a, const char *b)
{
	const char *type = bk_json_text(resource, "Type");

	return type && (strcmp(type, a) == 0 || strcmp(type, b) == 0);
}

/* The value of a code property: a path, or where in the cloud it is. */
static void read_code(const struct sam *sam, json_t *value, const char *key)
{
	BK_FREE char *path = text_of(sam, value);
	json_t *image = json_object_get(value, "ImageUri");

	if (path) {
		bk_template_code(sam->t, sam->name, path);
	} else if (image) {
		BK_FREE char *uri = text_of(sam, image);

		bk_template_image(sam->t, sam->name, uri ? uri : "ImageUri");
	} else if (!json_object_get(value, "ZipFile")) {
		bk_template_missing(sam->t, sam->name, key, "not read: its place is not known from the template alone");
	}
}

/* The CDK and SAM note where the code was before it was packed. */
static bool read_metadata(const struct sam *sam, json_t *resource)
{
	json_t *metadata = json_object_get(resource, "Metadata");
	const char *path = bk_json_text(metadata, "aws:asset:path");

	path = path ? path : bk_json_text(metadata, "DockerContext");
	if (path)
		bk_template_code(sam->t, sam->name, path);
	return path != NULL;
}

static void read_image(const struct sam *sam, json_t *resource)
{
	BK_FREE char *uri = text_of(sam, property(sam, resource, "ImageUri"));

	if (uri)
		bk_template_image(sam->t, sam->name, uri);
	else if (!read_metadata(sam, resource))
		bk_template_missing(sam->t, sam->name, "ImageUri", "not read: its place is not known from the template alone");
}

static void read_body(const struct sam *sam, json_t *resource)
{
	json_t *uri = property(sam, resource, "CodeUri"), *code = property(sam, resource, "Code");
	const char *kind = json_string_value(property(sam, resource, "PackageType"));

	if ((kind && strcmp(kind, "Image") == 0 && !code) || property(sam, resource, "ImageUri"))
		read_image(sam, resource);
	else if (property(sam, resource, "InlineCode"))
		;
	else if (json_is_string(uri ? uri : code) || (!read_metadata(sam, resource) && (uri || code)))
		read_code(sam, uri ? uri : code, uri ? "CodeUri" : "Code");
	else if (!uri && !code && !sam->t->code)
		bk_template_code(sam->t, sam->name, ".");
}

/* A layer of this template by its logical name; by anything else it is in the cloud. */
static void read_layer(const struct sam *sam, json_t *value)
{
	const char *ref = bk_json_text(value, "Ref");
	BK_FREE char *text = NULL;
	json_t *layer, *content;

	if (!ref)
		ref = json_string_value(json_array_get(json_object_get(value, "Fn::GetAtt"), 0));
	layer = ref ? json_object_get(json_object_get(sam->root, "Resources"), ref) : NULL;
	if (!is_type(layer, "AWS::Serverless::LayerVersion", "AWS::Lambda::LayerVersion")) {
		text = text_of(sam, value);
		bk_template_missing(sam->t, sam->name, text ? text : "a layer", "not read: the layer is not of this template");
		return;
	}
	content = json_object_get(json_object_get(layer, "Properties"), "ContentUri");
	content = content ? content : json_object_get(json_object_get(layer, "Properties"), "Content");
	if (json_is_string(content) || !read_metadata(sam, layer))
		read_code(sam, content, ref);
}

/* Layers of Globals come first, then the function's own. */
static void read_layers(const struct sam *sam, json_t *resource)
{
	json_t *lists[] = { json_object_get(sam->globals, "Layers"), json_object_get(json_object_get(resource, "Properties"), "Layers") }, *layer;
	size_t i;

	for (size_t k = 0; k < 2; k++)
		json_array_foreach(lists[k], i, layer)
			read_layer(sam, layer);
}

static void read_function(struct sam *sam, const char *name, json_t *resource)
{
	BK_FREE char *handler = text_of(sam, property(sam, resource, "Handler")), *runtime = text_of(sam, property(sam, resource, "Runtime"));

	sam->name = name;
	bk_template_begin(sam->t, name, handler, runtime);
	read_body(sam, resource);
	read_layers(sam, resource);
	bk_template_end(sam->t, handler, runtime);
}

void bk_template_sam(struct bk_template *t, json_t *root)
{
	struct sam sam = { .t = t, .root = root };
	const char *name;
	json_t *resource;

	json_object_foreach(json_object_get(root, "Resources"), name, resource) {
		bool serverless = is_type(resource, "AWS::Serverless::Function", "");

		sam.globals = serverless ? json_object_get(json_object_get(root, "Globals"), "Function") : NULL;
		if (is_type(resource, "AWS::Serverless::Function", "AWS::Lambda::Function"))
			read_function(&sam, name, resource);
	}
}
