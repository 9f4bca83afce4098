/* SPDX-License-Identifier: Apache-2.0 */
/* The Serverless Framework: https://www.serverless.com/framework/docs/providers/aws/guide/serverless.yml */
#include <string.h>
#include <unistd.h>

#include "scan/tree/template.h"

struct service {
	struct bk_template *t;
	json_t *root;
	const char *name;		/* of the function in hand */
};

/* "${self:custom.place}/x.zip", where what it names is a text of the same file; NULL for other variables. */
static char *text_of(const struct service *s, json_t *value)
{
	struct bk_buf out = { 0 };
	const char *text = json_string_value(value), *open;

	if (!text)
		return NULL;
	bk_buf_add(&out, "", 0);
	for (; (open = strstr(text, "${")); text = strchr(open, '}') + 1) {
		const char *close = strchr(open, '}');
		json_t *at = s->root;

		bk_buf_add(&out, text, (size_t)(open - text));
		if (!close || strncmp(open, "${self:", 7) != 0)
			at = NULL;
		for (const char *part = open + 7; at && part < close; part += strcspn(part, ".}") + 1) {
			BK_FREE char *key = bk_strndup(part, strcspn(part, ".}"));

			at = json_object_get(at, key);
		}
		if (!json_is_string(at)) {
			bk_buf_free(&out);
			return NULL;
		}
		bk_buf_text(&out, json_string_value(at));
	}
	bk_buf_text(&out, text);
	return out.at;
}

/* The layer "shared" is "SharedLambdaLayer" in references. */
static bool is_layer(const char *ref, const char *name)
{
	size_t n = strlen(name);

	return n && strlen(ref) == n + 11 && (ref[0] | 32) == (name[0] | 32) && strncmp(ref + 1, name + 1, n - 1) == 0 && strcmp(ref + n, "LambdaLayer") == 0;
}

static void read_layer(const struct service *s, json_t *value)
{
	const char *ref = bk_json_text(value, "Ref"), *name;
	json_t *layer;

	json_object_foreach(json_object_get(s->root, "layers"), name, layer) {
		BK_FREE char *artifact = text_of(s, json_object_get(json_object_get(layer, "package"), "artifact"));
		BK_FREE char *path = text_of(s, json_object_get(layer, "path"));

		if (!ref || !is_layer(ref, name))
			continue;
		if (artifact || path)
			bk_template_code(s->t, s->name, artifact ? artifact : path);
		else
			bk_template_missing(s->t, s->name, ref, "not read: the layer's place is not known");
		return;
	}
	bk_template_missing(s->t, s->name, ref ? ref : json_is_string(value) ? json_string_value(value) : "a layer", "not read: the layer is not of this service");
}

static void read_image(const struct service *s, json_t *image)
{
	const char *name = json_is_object(image) ? bk_json_text(image, "name") : json_string_value(image);
	json_t *images = json_object_get(json_object_get(json_object_get(s->root, "provider"), "ecr"), "images");
	json_t *own = name ? json_object_get(images, name) : NULL;
	const char *path = bk_json_text(own, "path"), *uri = json_is_object(image) ? bk_json_text(image, "uri") : name;

	uri = json_is_string(own) ? json_string_value(own) : bk_json_text(own, "uri") ? bk_json_text(own, "uri") : uri;
	if (path)
		bk_template_code(s->t, s->name, path);
	else
		bk_template_image(s->t, s->name, uri ? uri : "image");
}

/* What is deployed for it: its artifact, the service's, what the last packaging made of it, or the service's folder. */
static void read_package(const struct service *s, json_t *function)
{
	json_t *common = json_object_get(s->root, "package"), *own = json_object_get(function, "package");
	json_t *artifact = json_object_get(own, "artifact") ? json_object_get(own, "artifact") : json_object_get(common, "artifact");
	bool apart = json_is_true(json_object_get(common, "individually")) || json_is_true(json_object_get(own, "individually"));
	BK_FREE char *path = text_of(s, artifact), *made = bk_format(".serverless/%s.zip", s->name), *place = bk_template_place(s->t, made);

	if (artifact && !path)
		bk_template_missing(s->t, s->name, "package.artifact", "not read: a variable that this file does not have");
	else if (path)
		bk_template_code(s->t, s->name, path);
	else
		bk_template_code(s->t, s->name, apart && access(place, R_OK) == 0 ? made : ".");
}

static void read_function(struct service *s, const char *name, json_t *function)
{
	json_t *provider = json_object_get(s->root, "provider"), *own = json_object_get(function, "runtime"), *layer;
	json_t *layers = json_object_get(function, "layers") ? json_object_get(function, "layers") : json_object_get(provider, "layers");
	BK_FREE char *handler = text_of(s, json_object_get(function, "handler"));
	BK_FREE char *runtime = text_of(s, own ? own : json_object_get(provider, "runtime"));
	size_t i;

	s->name = name;
	bk_template_begin(s->t, name, handler, runtime);
	if (json_object_get(function, "image"))
		read_image(s, json_object_get(function, "image"));
	else
		read_package(s, function);
	json_array_foreach(layers, i, layer)
		read_layer(s, layer);
	bk_template_end(s->t, handler, runtime);
}

/* `functions` may also be a list of such maps. */
void bk_template_serverless(struct bk_template *t, json_t *root)
{
	struct service s = { .t = t, .root = root };
	json_t *functions = json_object_get(root, "functions"), *function;
	size_t count = json_is_array(functions) ? json_array_size(functions) : 1;
	const char *name;

	for (size_t i = 0; i < count; i++)
		json_object_foreach(json_is_array(functions) ? json_array_get(functions, i) : functions, name, function)
			read_function(&s, name, function);
}
