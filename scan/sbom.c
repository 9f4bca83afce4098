/* SPDX-License-Identifier: Apache-2.0 */
#include "scan/sbom.h"

#include <jansson.h>
#include <string.h>

#define DEPTH 64

bool bk_sbom_is(const char *text, size_t size)
{
	size_t n = size < 4096 ? size : 4096;

	return size && text[strspn(text, " \t\r\n\xef\xbb\xbf")] == '{' && memmem(text, n, "\"bomFormat\"", 11) && memmem(text, n, "CycloneDX", 9);
}

/* Only for a message: the document's own name of it. */
static const char *label(json_t *component)
{
	const char *name = json_string_value(json_object_get(component, "name"));

	return name ? name : "a component";
}

static bool is_optional(json_t *component)
{
	const char *scope = json_string_value(json_object_get(component, "scope"));

	return scope && strcmp(scope, "excluded") == 0;
}

static void take(const char *file, json_t *component, struct bk_report *report)
{
	const char *purl = json_string_value(json_object_get(component, "purl")), *type = json_string_value(json_object_get(component, "type"));
	struct bk_component c;

	if (!purl || !bk_purl_parse(purl, &c)) {
		bool other = type && (strcmp(type, "file") == 0 || strcmp(type, "operating-system") == 0);

		if (other)
			return;
		report->unchecked++;
		bk_diag_add(&report->diags, BK_WARNING, file, 0, 0, "%s: %s%s; not checked", label(component),
			    purl ? "no advisories are kept for packages such as " : "no package URL", purl ? purl : "");
		return;
	}
	c.evidence = BK_LOCK;
	c.dev = is_optional(component);
	c.path = (char *)file;
	bk_components_add(&report->components, &c);
	free(c.name);
	free(c.version);
	free(c.release);
}

static void take_all(const char *file, json_t *list, struct bk_report *report, int depth)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *component = json_array_get(list, i), *parts = json_object_get(component, "components");

		take(file, component, report);
		if (parts && depth < DEPTH)
			take_all(file, parts, report, depth + 1);
		else if (parts)
			bk_diag_add(&report->diags, BK_WARNING, file, 0, 0, "%s: components nested deeper than %d were left out", label(component), DEPTH);
	}
}

bool bk_sbom_read(const char *file, const char *text, size_t size, struct bk_report *report)
{
	json_error_t error;
	json_t *root = json_loadb(text, size, 0, &error);

	if (!root) {
		bk_diag_add(&report->diags, BK_ERROR, file, (unsigned)error.line, (unsigned)error.column, "%s", error.text);
		return false;
	}
	report->target = bk_strdup(file);
	report->recognised = true;
	report->files = 1;
	report->functions = bk_grow(NULL, &report->function_cap, 1, sizeof *report->functions);
	report->functions[report->function_count++] = (struct bk_function){ .name = bk_strdup("") };
	take_all(file, json_object_get(root, "components"), report, 0);
	json_decref(root);
	return true;
}
