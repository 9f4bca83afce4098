/* SPDX-License-Identifier: Apache-2.0 */
/* SARIF 2.1.0 (OASIS), with what GitHub's code scanning reads: security-severity, fingerprints, suppressions. */
#include "cli/scan.h"

#include <string.h>

static const char *level_of(const struct bk_finding *f)
{
	int rank = bk_scan_rank(f->level);

	return f->exploited || rank >= bk_scan_rank(BK_LEVEL_HIGH) ? "error" : rank >= bk_scan_rank(BK_LEVEL_MEDIUM) ? "warning" : "note";
}

static void set_message(json_t *o, const char *key, const char *text)
{
	json_t *message = json_object();

	bk_json_set(message, "text", text);
	json_object_set_new(o, key, message);
}

/* A path as a relative reference (RFC 3986). */
static char *uri_of(const char *path)
{
	struct bk_buf out = { 0 };

	path += strspn(path, "/");
	for (; *path; path++) {
		bool plain = (*path >= '0' && *path <= '9') || ((*path | 32) >= 'a' && (*path | 32) <= 'z') || strchr("-._~/!$&'()*+,;=@", *path);

		if (plain)
			bk_buf_add(&out, path, 1);
		else
			bk_buf_printf(&out, "%%%02X", (unsigned char)*path);
	}
	return out.at ? out.at : bk_strdup(".");
}

/* --- rules: one for each id --- */

struct rules {
	json_t *list, *index;		/* index: id -> number */
};

static json_t *rule_of(const struct bk_finding *f, const char *id)
{
	json_t *rule = json_object(), *properties = json_object();

	bk_json_set(rule, "id", id);
	set_message(rule, "shortDescription", f->summary ? f->summary : id);
	if (f->url && (strncmp(f->url, "https://", 8) == 0 || strncmp(f->url, "http://", 7) == 0) && !strpbrk(f->url, " \"<>\\^`{|}"))
		bk_json_set(rule, "helpUri", f->url);
	if (f->vector) {
		BK_FREE char *score = bk_format("%.1f", f->score);

		bk_json_set(properties, "security-severity", score);
		bk_json_set(properties, "cvss", f->vector);
	}
	json_object_set_new(properties, "tags", json_pack("[s, s]", "security", f->detector));
	json_object_set_new(rule, "properties", properties);
	return rule;
}

static json_int_t rule_number(struct rules *r, const struct bk_finding *f, const char *id)
{
	json_t *known = json_object_get(r->index, id);
	json_int_t n = (json_int_t)json_array_size(r->list);

	if (known)
		return json_integer_value(known);
	json_object_set_new(r->index, id, json_integer(n));
	json_array_append_new(r->list, rule_of(f, id));
	return n;
}

/* --- results --- */

static json_t *location_of(const struct bk_scan_view *v, const struct bk_finding *f)
{
	BK_FREE char *location = bk_scan_location(v, f), *uri = uri_of(location);
	json_t *physical = json_object(), *artifact = json_object(), *o = json_object();

	bk_json_set(artifact, "uri", uri);
	json_object_set_new(physical, "artifactLocation", artifact);
	json_object_set_new(physical, "region", json_pack("{s: i}", "startLine", (int)(f->line ? f->line : 1)));
	json_object_set_new(o, "physicalLocation", physical);
	return o;
}

static json_t *properties_of(const struct bk_scan_view *v, const struct bk_finding *f)
{
	const struct bk_component *c = bk_scan_component(v, f);
	json_t *o = json_object();

	bk_json_set(o, "severity", bk_level_name(f->level));
	json_object_set_new(o, "exploited", json_boolean(f->exploited));
	bk_json_set(o, "fixed", f->fixed);
	if (f->epss > 0)
		json_object_set_new(o, "epss", json_real(f->epss));
	if (c) {
		bk_json_set(o, "package", c->purl);
		bk_json_set(o, "path", c->path);
		bk_json_set(o, "evidence", bk_evidence_name(c->evidence));
		if (c->reach != BK_REACH_UNKNOWN)
			json_object_set_new(o, "reached", json_boolean(c->reach == BK_REACH_YES));
	}
	return o;
}

static json_t *result_of(const struct bk_scan_view *v, struct rules *rules, const struct bk_finding *f)
{
	BK_FREE char *sentence = bk_scan_sentence(v, f), *print = NULL, *id = bk_strdup(f->id ? f->id : f->detector);
	json_t *o = json_object(), *locations = json_array(), *prints = json_object();

	bk_json_set(o, "ruleId", id);
	json_object_set_new(o, "ruleIndex", json_integer(rule_number(rules, f, id)));
	bk_json_set(o, "level", level_of(f));
	set_message(o, "message", sentence);
	json_array_append_new(locations, location_of(v, f));
	json_object_set_new(o, "locations", locations);
	print = bk_format("%s:%s:%s", id, bk_scan_subject(v, f), f->path ? f->path : "");
	bk_json_set(prints, "buckler/v1", print);
	json_object_set_new(o, "partialFingerprints", prints);
	json_object_set_new(o, "properties", properties_of(v, f));
	if (f->suppressed) {
		json_t *list = json_array(), *one = bk_json_append(list);

		bk_json_set(one, "kind", "external");
		bk_json_set(one, "justification", f->suppressed);
		json_object_set_new(o, "suppressions", list);
	}
	return o;
}

/* What could not be read stands beside the results: without it an empty list would look like a verdict. */
static json_t *invocation_of(const struct bk_scan_view *v)
{
	const struct bk_diags *d = &v->report->diags;
	json_t *o = json_object(), *list = json_array();

	json_object_set_new(o, "executionSuccessful", json_boolean(d->errors == 0 && v->report->recognised));
	for (size_t i = 0; i < d->count; i++) {
		json_t *one = bk_json_append(list);
		BK_FREE char *text = bk_format("%s%s%s", d->at[i].file ? d->at[i].file : "", d->at[i].file ? ": " : "", d->at[i].message);

		set_message(one, "message", text);
		bk_json_set(one, "level", d->at[i].severity == BK_ERROR ? "error" : d->at[i].severity == BK_WARNING ? "warning" : "note");
	}
	json_object_set_new(o, "toolExecutionNotifications", list);
	return o;
}

static json_t *run_of(const struct bk_scan_view *v)
{
	struct rules rules = { json_array(), json_object() };
	json_t *run = json_object(), *tool = json_object(), *driver = json_object(), *results = json_array(), *invocations = json_array();

	for (size_t i = 0; i < v->shown_count; i++)
		json_array_append_new(results, result_of(v, &rules, bk_scan_finding(v, i)));
	for (size_t i = 0; i < v->suppressed_count; i++)
		json_array_append_new(results, result_of(v, &rules, &v->report->findings[v->suppressed[i]]));
	bk_json_set(driver, "name", "buckler");
	bk_json_set(driver, "semanticVersion", BK_VERSION);
	json_object_set_new(driver, "rules", rules.list);
	json_object_set_new(tool, "driver", driver);
	json_object_set_new(run, "tool", tool);
	json_array_append_new(invocations, invocation_of(v));
	json_object_set_new(run, "invocations", invocations);
	json_object_set_new(run, "results", results);
	if (v->info)
		json_object_set_new(run, "properties", json_pack("{s: o}", "database", bk_cli_database_json(v->info, v->now)));
	json_decref(rules.index);
	return run;
}

json_t *bk_scan_sarif(const struct bk_scan_view *v)
{
	json_t *o = json_object(), *runs = json_array();

	bk_json_set(o, "$schema", "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json");
	bk_json_set(o, "version", "2.1.0");
	json_array_append_new(runs, run_of(v));
	json_object_set_new(o, "runs", runs);
	return o;
}
