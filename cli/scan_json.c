/* SPDX-License-Identifier: Apache-2.0 */
/* buckler's own form, with everything that the report has. */
#include "cli/scan.h"

#include <string.h>

static bool is_zero(const uint8_t *hash)
{
	static const uint8_t zero[32];

	return memcmp(hash, zero, 32) == 0;
}

static void set_hash(json_t *o, const uint8_t *hash)
{
	char hex[65];

	if (is_zero(hash))
		return;
	bk_hex(hash, 32, hex);
	bk_json_set(o, "sha256", hex);
}

static json_t *component(const struct bk_component *c)
{
	static const char *const reach[] = { NULL, "no", "yes" };
	json_t *o = json_object();

	bk_json_set(o, "purl", c->purl);
	bk_json_set(o, "ecosystem", bk_ecosystem_name(c->ecosystem));
	bk_json_set(o, "name", c->name);
	bk_json_set(o, "version", c->version);
	bk_json_set(o, "release", c->release);
	bk_json_set(o, "source", c->source);
	bk_json_set(o, "sourceVersion", c->source_version);
	bk_json_set(o, "path", c->path);
	bk_json_set(o, "evidence", bk_evidence_name(c->evidence));
	bk_json_set(o, "reached", reach[c->reach]);
	json_object_set_new(o, "function", json_integer(c->function));
	if (c->dev)
		json_object_set_new(o, "dev", json_true());
	set_hash(o, c->sha256);
	return o;
}

static json_t *finding(const struct bk_scan_view *v, const struct bk_finding *f)
{
	const struct bk_component *c = bk_scan_component(v, f);
	json_t *o = json_object(), *aliases = json_array();

	bk_json_set(o, "detector", f->detector);
	bk_json_set(o, "id", f->id);
	for (char **alias = f->aliases; alias && *alias; alias++)
		json_array_append_new(aliases, bk_cli_json_text(*alias, strlen(*alias)));
	json_object_set_new(o, "aliases", aliases);
	bk_json_set(o, "summary", f->summary);
	bk_json_set(o, "url", f->url);
	bk_json_set(o, "severity", bk_level_name(f->level));
	bk_json_set(o, "vector", f->vector);
	if (f->vector)
		json_object_set_new(o, "score", json_real(f->score));
	if (f->epss > 0)
		json_object_set_new(o, "epss", json_real(f->epss));
	json_object_set_new(o, "exploited", json_boolean(f->exploited));
	bk_json_set(o, "fixed", f->fixed);
	if (c) {
		bk_json_set(o, "package", c->purl);
		json_object_set_new(o, "component", json_integer(f->component));
	}
	json_object_set_new(o, "function", json_integer(f->function));
	bk_json_set(o, "path", f->path);
	if (f->line)
		json_object_set_new(o, "line", json_integer(f->line));
	bk_json_set(o, "suppressed", f->suppressed);
	return o;
}

static json_t *findings(const struct bk_scan_view *v)
{
	json_t *list = json_array();

	for (size_t i = 0; i < v->shown_count; i++)
		json_array_append_new(list, finding(v, bk_scan_finding(v, i)));
	for (size_t i = 0; i < v->suppressed_count; i++)
		json_array_append_new(list, finding(v, &v->report->findings[v->suppressed[i]]));
	return list;
}

static json_t *functions(const struct bk_report *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->function_count; i++) {
		json_t *o = bk_json_append(list);

		json_object_set_new(o, "name", bk_cli_json_text(r->functions[i].name, strlen(r->functions[i].name)));
		bk_json_set(o, "handler", r->functions[i].handler);
		bk_json_set(o, "runtime", r->functions[i].runtime);
	}
	return list;
}

static json_t *natives(const struct bk_report *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->native_count; i++) {
		json_t *o = bk_json_append(list);

		bk_json_set(o, "path", r->natives[i].path);
		set_hash(o, r->natives[i].sha256);
		json_object_set_new(o, "function", json_integer(r->natives[i].function));
	}
	return list;
}

static json_t *summary(const struct bk_scan_view *v)
{
	const struct bk_report *r = v->report;
	const struct { const char *name; uint64_t value; } numbers[] = {
		{ "findings", v->shown_count }, { "suppressed", v->suppressed_count }, { "withoutFix", v->unfixed }, { "packages", r->components.count },
		{ "unchecked", r->unchecked }, { "files", r->files }, { "unread", r->unread },
	};
	json_t *o = json_object();

	json_object_set_new(o, "recognised", json_boolean(r->recognised));
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		json_object_set_new(o, numbers[i].name, json_integer((json_int_t)numbers[i].value));
	return o;
}

json_t *bk_scan_json(const struct bk_scan_view *v)
{
	BK_FREE char *time = bk_cli_time_text(v->now);
	json_t *o = json_object(), *components = json_array();

	bk_json_set(o, "buckler", BK_VERSION);
	bk_json_set(o, "target", v->report->target);
	bk_json_set(o, "time", time);
	json_object_set_new(o, "summary", summary(v));
	if (v->info) {
		json_t *database = bk_cli_database_json(v->info, v->now);

		bk_json_set(database, "path", v->database);
		json_object_set_new(database, "stale", json_boolean(bk_scan_stale(v)));
		json_object_set_new(o, "database", database);
	}
	json_object_set_new(o, "functions", functions(v->report));
	if (!v->list)
		json_object_set_new(o, "findings", findings(v));
	for (size_t i = 0; i < v->report->components.count; i++)
		json_array_append_new(components, component(&v->report->components.at[i]));
	json_object_set_new(o, "components", components);
	json_object_set_new(o, "natives", natives(v->report));
	json_object_set_new(o, "diagnostics", bk_cli_json_diags(&v->report->diags));
	return o;
}
