/* SPDX-License-Identifier: Apache-2.0 */
/* OpenVEX documents, 0.0.1 (a vulnerability is a text) and 0.2.0 (it is an object). */
#include "scan/suppress.h"

#include <jansson.h>
#include <string.h>

struct words {
	char **at;
	size_t count, cap;
};

/* NULL-terminated at any time: what grows is zeroed. */
static void add(struct words *w, json_t *value)
{
	const char *s = json_string_value(value);

	if (!s || !*s)
		return;
	w->at = bk_grow(w->at, &w->cap, w->count + 2, sizeof *w->at);
	w->at[w->count++] = bk_strdup(s);
}

static char **ids_of(json_t *vulnerability)
{
	json_t *aliases = json_object_get(vulnerability, "aliases");
	struct words w = { 0 };

	add(&w, vulnerability);
	add(&w, json_object_get(vulnerability, "name"));
	for (size_t i = 0; i < json_array_size(aliases); i++)
		add(&w, json_array_get(aliases, i));
	return w.at;
}

static void add_product(struct words *w, json_t *product)
{
	json_t *identifiers = json_object_get(product, "identifiers");

	add(w, product);
	add(w, json_object_get(product, "@id"));
	add(w, json_object_get(identifiers, "purl"));
}

static char **packages_of(json_t *products)
{
	struct words w = { 0 };

	for (size_t i = 0; i < json_array_size(products); i++) {
		json_t *product = json_array_get(products, i), *parts = json_object_get(product, "subcomponents");

		/* A product with parts is the whole; the statement is about the parts. */
		if (!json_array_size(parts))
			add_product(&w, product);
		for (size_t k = 0; k < json_array_size(parts); k++)
			add_product(&w, json_array_get(parts, k));
	}
	return w.at;
}

static const char *text(json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s && *s ? s : NULL;
}

/* NULL: it counts. */
static char *reason_of(json_t *statement, const char *status)
{
	const char *why = text(statement, "justification"), *impact = text(statement, "impact_statement");

	if (strcmp(status, "fixed") == 0)
		return bk_strdup("VEX: fixed");
	if (strcmp(status, "not_affected") != 0)
		return NULL;
	return bk_format("VEX: not affected: %s%s%s", why ? why : "", why && impact ? ": " : "", impact ? impact : "");
}

static const char *check(json_t *statement, const char *status)
{
	static const char *const all[] = { "not_affected", "affected", "fixed", "under_investigation" };
	bool known = false;

	for (size_t i = 0; status && i < 4; i++)
		known |= strcmp(status, all[i]) == 0;
	if (!known)
		return "a statement without a status, or with an unknown one";
	if (strcmp(status, "not_affected") == 0 && !text(statement, "justification") && !text(statement, "impact_statement"))
		return "\"not_affected\" wants a justification or an impact statement";
	return NULL;
}

static bool take_statement(const char *file, json_t *root, json_t *statement, size_t number, struct bk_suppressions *out, struct bk_diags *d)
{
	const char *status = text(statement, "status"), *why = check(statement, status), *time = text(statement, "timestamp");
	struct bk_suppression s = { 0 };

	if (!time)
		time = text(root, "timestamp");
	if (!why && !(s.ids = ids_of(json_object_get(statement, "vulnerability"))))
		why = "a statement without a vulnerability";
	if (!why && !(s.packages = packages_of(json_object_get(statement, "products"))))
		why = "a statement without products";
	s.file = bk_format("%s: statement %zu", file, number);
	if (why)
		bk_diag_add(d, BK_ERROR, s.file, 0, 0, "%s", why);
	else
		s.reason = reason_of(statement, status);
	s.timestamp = bk_strdup(time ? time : "");
	out->at = bk_grow(out->at, &out->cap, out->count + 1, sizeof s);
	out->at[out->count++] = s;
	return !why;
}

bool bk_vex_parse(const char *file, const char *json, size_t size, struct bk_suppressions *out, struct bk_diags *d)
{
	json_error_t error;
	json_t *root = json_loadb(json, size, 0, &error), *list = json_object_get(root, "statements");
	bool good = json_is_array(list);

	if (!root)
		bk_diag_add(d, BK_ERROR, file, (unsigned)error.line, (unsigned)error.column, "%s", error.text);
	else if (!good)
		bk_diag_add(d, BK_ERROR, file, 0, 0, "no OpenVEX document: it has no list \"statements\"");
	for (size_t i = 0; good && i < json_array_size(list); i++)
		good = take_statement(file, root, json_array_get(list, i), i + 1, out, d);
	json_decref(root);
	return good;
}
