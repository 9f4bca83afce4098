/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OpenVEX 0.2.0: a document to go on from.  What a person decided is not_affected or fixed with the reason; everything else is under_investigation,
 * as a scanner knows that a package is there and not whether the function suffers from it.
 */
#include "cli/scan.h"

#include <string.h>

static json_t *vulnerability(const struct bk_finding *f)
{
	json_t *o = json_object(), *aliases = json_array();

	bk_json_set(o, "name", f->id);
	for (char **alias = f->aliases; alias && *alias; alias++)
		json_array_append_new(aliases, bk_cli_json_text(*alias, strlen(*alias)));
	if (json_array_size(aliases))
		json_object_set_new(o, "aliases", aliases);
	else
		json_decref(aliases);
	return o;
}

static void set_status(json_t *o, const struct bk_finding *f)
{
	bool fixed = f->suppressed && strcmp(f->suppressed, "VEX: fixed") == 0;

	if (!f->suppressed && f->fixed) {
		BK_FREE char *notes = bk_format("fixed in %s", f->fixed);

		bk_json_set(o, "status_notes", notes);
	}
	bk_json_set(o, "status", fixed ? "fixed" : f->suppressed ? "not_affected" : "under_investigation");
	if (f->suppressed && !fixed)
		bk_json_set(o, "impact_statement", f->suppressed);
}

static void add_statement(const struct bk_scan_view *v, json_t *list, const struct bk_finding *f)
{
	const struct bk_component *c = bk_scan_component(v, f);
	json_t *o, *products, *product;

	if (!c)
		return;
	o = bk_json_append(list);
	json_object_set_new(o, "vulnerability", vulnerability(f));
	products = json_array();
	product = bk_json_append(products);
	bk_json_set(product, "@id", c->purl);
	json_object_set_new(product, "identifiers", json_pack("{s: s}", "purl", c->purl));
	json_object_set_new(o, "products", products);
	set_status(o, f);
}

json_t *bk_scan_openvex(const struct bk_scan_view *v)
{
	BK_FREE char *time = bk_cli_time_text(v->now), *uuid = bk_scan_uuid(v), *id = bk_format("https://openvex.dev/docs/buckler-%s", uuid);
	BK_FREE char *database = bk_scan_database(v), *tooling = NULL;
	json_t *o = json_object(), *statements = json_array();

	bk_json_set(o, "@context", "https://openvex.dev/ns/v0.2.0");
	bk_json_set(o, "@id", id);
	bk_json_set(o, "author", "buckler scan");
	bk_json_set(o, "timestamp", time);
	json_object_set_new(o, "version", json_integer(1));
	tooling = bk_format("buckler " BK_VERSION "; database: %s", database ? database : "none");
	bk_json_set(o, "tooling", tooling);
	for (size_t i = 0; i < v->shown_count; i++)
		add_statement(v, statements, bk_scan_finding(v, i));
	for (size_t i = 0; i < v->suppressed_count; i++)
		add_statement(v, statements, &v->report->findings[v->suppressed[i]]);
	json_object_set_new(o, "statements", statements);
	return o;
}
