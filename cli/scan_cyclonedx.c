/* SPDX-License-Identifier: Apache-2.0 */
/* CycloneDX 1.6, JSON: the components, native files with their hash, and, where a database was asked, the vulnerabilities. */
#include "cli/scan.h"

#include <string.h>

static char *ref_of(size_t i)
{
	return bk_format("component-%zu", i);
}

static void add_property(json_t *list, const char *name, const char *value)
{
	json_t *o;

	if (!value || !*value)
		return;
	o = bk_json_append(list);
	bk_json_set(o, "name", name);
	bk_json_set(o, "value", value);
}

/* npm's scope and Maven's group have a field of their own. */
static void set_name(json_t *o, const struct bk_component *c)
{
	const char *cut = c->ecosystem == BK_MAVEN ? strchr(c->name, ':') : c->ecosystem == BK_NPM && *c->name == '@' ? strchr(c->name, '/') : NULL;

	if (cut && cut[1]) {
		BK_FREE char *group = bk_strndup(c->name, (size_t)(cut - c->name));

		bk_json_set(o, "group", group);
		bk_json_set(o, "name", cut + 1);
	} else {
		bk_json_set(o, "name", c->name);
	}
}

static json_t *component(const struct bk_scan_view *v, size_t i)
{
	static const char *const reach[] = { NULL, "no", "yes" };
	const struct bk_component *c = &v->report->components.at[i];
	BK_FREE char *ref = ref_of(i);
	json_t *o = json_object(), *properties = json_array();

	bk_json_set(o, "type", "library");
	bk_json_set(o, "bom-ref", ref);
	set_name(o, c);
	bk_json_set(o, "version", c->version);
	if (c->dev)
		bk_json_set(o, "scope", "excluded");
	bk_json_set(o, "purl", c->purl);
	if (c->path) {
		json_t *occurrences = json_array();

		bk_json_set(bk_json_append(occurrences), "location", c->path);
		json_object_set_new(o, "evidence", json_pack("{s: o}", "occurrences", occurrences));
	}
	add_property(properties, "buckler:evidence", bk_evidence_name(c->evidence));
	add_property(properties, "buckler:reached", reach[c->reach]);
	if (v->report->function_count > 1 && c->function < v->report->function_count)
		add_property(properties, "buckler:function", v->report->functions[c->function].name);
	json_object_set_new(o, "properties", properties);
	return o;
}

static json_t *native(const struct bk_native *n, size_t i)
{
	BK_FREE char *ref = bk_format("native-%zu", i);
	json_t *o = json_object(), *hashes = json_array(), *hash = bk_json_append(hashes);
	char hex[65];

	bk_hex(n->sha256, 32, hex);
	bk_json_set(o, "type", "file");
	bk_json_set(o, "bom-ref", ref);
	bk_json_set(o, "name", n->path);
	bk_json_set(hash, "alg", "SHA-256");
	bk_json_set(hash, "content", hex);
	json_object_set_new(o, "hashes", hashes);
	return o;
}

static json_t *components(const struct bk_scan_view *v)
{
	json_t *list = json_array();

	for (size_t i = 0; i < v->report->components.count; i++)
		json_array_append_new(list, component(v, i));
	for (size_t i = 0; i < v->report->native_count; i++)
		json_array_append_new(list, native(&v->report->natives[i], i));
	return list;
}

/* --- vulnerabilities --- */

static const char *method_of(const char *vector)
{
	static const struct { const char *prefix, *method; } methods[] = {
		{ "CVSS:3.1/", "CVSSv31" }, { "CVSS:3.0/", "CVSSv3" }, { "CVSS:4.0/", "CVSSv4" }, { "", "CVSSv2" },
	};
	size_t i = 0;

	while (strncmp(vector, methods[i].prefix, strlen(methods[i].prefix)) != 0)
		i++;
	return methods[i].method;
}

static json_t *rating(const struct bk_finding *f)
{
	json_t *o = json_object();

	if (f->vector) {
		json_object_set_new(o, "score", json_real(f->score));
		bk_json_set(o, "method", method_of(f->vector));
		bk_json_set(o, "vector", f->vector);
	}
	bk_json_set(o, "severity", bk_level_name(f->level));
	return o;
}

static json_t *vulnerability(const struct bk_scan_view *v, const struct bk_finding *f, size_t number)
{
	BK_FREE char *ref = bk_format("vulnerability-%zu", number), *affected = ref_of(f->component);
	json_t *o = json_object(), *ratings = json_array(), *affects = json_array(), *properties = json_array(), *references = json_array();

	bk_json_set(o, "bom-ref", ref);
	bk_json_set(o, "id", f->id);
	for (char **alias = f->aliases; alias && *alias; alias++) {
		json_t *one = bk_json_append(references);

		bk_json_set(one, "id", *alias);
		json_object_set_new(one, "source", json_pack("{s: s}", "name", "OSV"));
	}
	json_object_set_new(o, "references", references);
	json_array_append_new(ratings, rating(f));
	json_object_set_new(o, "ratings", ratings);
	bk_json_set(o, "description", f->summary);
	if (f->fixed) {
		BK_FREE char *text = bk_format("Update to %s", f->fixed);

		bk_json_set(o, "recommendation", text);
	}
	if (f->url && *f->url) {
		json_t *advisories = json_array();

		bk_json_set(bk_json_append(advisories), "url", f->url);
		json_object_set_new(o, "advisories", advisories);
	}
	if (bk_scan_component(v, f))
		bk_json_set(bk_json_append(affects), "ref", affected);
	json_object_set_new(o, "affects", affects);
	if (f->suppressed) {
		json_t *analysis = json_object();

		bk_json_set(analysis, "state", strcmp(f->suppressed, "VEX: fixed") == 0 ? "resolved" : "not_affected");
		bk_json_set(analysis, "detail", f->suppressed);
		json_object_set_new(o, "analysis", analysis);
	}
	add_property(properties, "buckler:exploited", f->exploited ? "yes" : NULL);
	json_object_set_new(o, "properties", properties);
	return o;
}

static json_t *vulnerabilities(const struct bk_scan_view *v)
{
	json_t *list = json_array();

	for (size_t i = 0; i < v->shown_count; i++)
		json_array_append_new(list, vulnerability(v, bk_scan_finding(v, i), i));
	for (size_t i = 0; i < v->suppressed_count; i++)
		json_array_append_new(list, vulnerability(v, &v->report->findings[v->suppressed[i]], v->shown_count + i));
	return list;
}

static json_t *metadata(const struct bk_scan_view *v)
{
	BK_FREE char *time = bk_cli_time_text(v->now), *unread = bk_format("%llu", (unsigned long long)v->report->unread);
	BK_FREE char *database = bk_scan_database(v);
	BK_FREE char *unchecked = bk_format("%llu", (unsigned long long)v->report->unchecked);
	json_t *o = json_object(), *tools = json_array(), *tool = bk_json_append(tools), *subject = json_object(), *properties = json_array();

	bk_json_set(o, "timestamp", time);
	bk_json_set(tool, "type", "application");
	bk_json_set(tool, "name", "buckler");
	bk_json_set(tool, "version", BK_VERSION);
	json_object_set_new(o, "tools", json_pack("{s: o}", "components", tools));
	bk_json_set(subject, "type", "application");
	bk_json_set(subject, "bom-ref", "target");
	bk_json_set(subject, "name", v->report->target && *v->report->target ? v->report->target : "target");
	json_object_set_new(o, "component", subject);
	add_property(properties, "buckler:unread", unread);
	add_property(properties, "buckler:unchecked", unchecked);
	add_property(properties, "buckler:database", database);
	json_object_set_new(o, "properties", properties);
	return o;
}

json_t *bk_scan_cyclonedx(const struct bk_scan_view *v)
{
	BK_FREE char *uuid = bk_scan_uuid(v), *serial = bk_format("urn:uuid:%s", uuid);
	json_t *o = json_object();

	bk_json_set(o, "$schema", "http://cyclonedx.org/schema/bom-1.6.schema.json");
	bk_json_set(o, "bomFormat", "CycloneDX");
	bk_json_set(o, "specVersion", "1.6");
	bk_json_set(o, "serialNumber", serial);
	json_object_set_new(o, "version", json_integer(1));
	json_object_set_new(o, "metadata", metadata(v));
	json_object_set_new(o, "components", components(v));
	if (!v->list)
		json_object_set_new(o, "vulnerabilities", vulnerabilities(v));
	return o;
}
