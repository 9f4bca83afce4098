/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX 2.3, JSON: a package for the target, one for each component, and its advisories as security references. */
#include "cli/scan.h"

#include <string.h>

static void set_unknowns(json_t *o)
{
	static const char *const keys[] = { "downloadLocation", "licenseConcluded", "licenseDeclared", "copyrightText" };

	for (size_t i = 0; i < 4; i++)
		bk_json_set(o, keys[i], "NOASSERTION");
	json_object_set_new(o, "filesAnalyzed", json_false());
}

static void add_reference(json_t *list, const char *category, const char *type, const char *locator, const char *comment)
{
	json_t *o;

	if (!locator || !*locator)
		return;
	o = bk_json_append(list);
	bk_json_set(o, "referenceCategory", category);
	bk_json_set(o, "referenceType", type);
	bk_json_set(o, "referenceLocator", locator);
	bk_json_set(o, "comment", comment);
}

static void add_relation(json_t *list, const char *from, const char *type, const char *to)
{
	json_t *o = bk_json_append(list);

	bk_json_set(o, "spdxElementId", from);
	bk_json_set(o, "relationshipType", type);
	bk_json_set(o, "relatedSpdxElement", to);
}

static json_t *target_package(const struct bk_scan_view *v)
{
	json_t *o = json_object();

	bk_json_set(o, "SPDXID", "SPDXRef-target");
	bk_json_set(o, "name", v->report->target && *v->report->target ? v->report->target : "target");
	bk_json_set(o, "primaryPackagePurpose", "APPLICATION");
	set_unknowns(o);
	return o;
}

static json_t *package(const struct bk_component *c, size_t i)
{
	BK_FREE char *id = bk_format("SPDXRef-component-%zu", i), *info = bk_format("%s: %s", bk_evidence_name(c->evidence), c->path ? c->path : "");
	json_t *o = json_object(), *references = json_array();

	bk_json_set(o, "SPDXID", id);
	bk_json_set(o, "name", c->name);
	bk_json_set(o, "versionInfo", c->version);
	bk_json_set(o, "sourceInfo", info);
	set_unknowns(o);
	add_reference(references, "PACKAGE-MANAGER", "purl", c->purl, NULL);
	json_object_set_new(o, "externalRefs", references);
	return o;
}

static json_t *native(const struct bk_native *n, size_t i)
{
	BK_FREE char *id = bk_format("SPDXRef-native-%zu", i);
	json_t *o = json_object(), *sums = json_array(), *sum = bk_json_append(sums);
	char hex[65];

	bk_hex(n->sha256, 32, hex);
	bk_json_set(o, "SPDXID", id);
	bk_json_set(o, "name", n->path);
	bk_json_set(o, "primaryPackagePurpose", "FILE");
	set_unknowns(o);
	bk_json_set(sum, "algorithm", "SHA256");
	bk_json_set(sum, "checksumValue", hex);
	json_object_set_new(o, "checksums", sums);
	return o;
}

static void add_packages(const struct bk_scan_view *v, json_t *packages, json_t *relations)
{
	const struct bk_report *r = v->report;

	json_array_append_new(packages, target_package(v));
	add_relation(relations, "SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-target");
	for (size_t i = 0; i < r->components.count; i++) {
		BK_FREE char *id = bk_format("SPDXRef-component-%zu", i);

		json_array_append_new(packages, package(&r->components.at[i], i));
		add_relation(relations, "SPDXRef-target", "CONTAINS", id);
	}
	for (size_t i = 0; i < r->native_count; i++) {
		BK_FREE char *id = bk_format("SPDXRef-native-%zu", i);

		json_array_append_new(packages, native(&r->natives[i], i));
		add_relation(relations, "SPDXRef-target", "CONTAINS", id);
	}
}

/* The target's package is the first in the list. */
static void add_advisory(const struct bk_scan_view *v, json_t *packages, const struct bk_finding *f)
{
	json_t *package_ = json_array_get(packages, (size_t)f->component + 1);
	BK_FREE char *page = bk_format("https://osv.dev/vulnerability/%s", f->id ? f->id : "");
	const char *url = f->url && strncmp(f->url, "http", 4) == 0 && !strpbrk(f->url, " \n\t") ? f->url : page;

	if (bk_scan_component(v, f))
		add_reference(json_object_get(package_, "externalRefs"), "SECURITY", "advisory", url, f->id);
}

static void set_comment(const struct bk_scan_view *v, json_t *creation)
{
	BK_FREE char *database = bk_scan_database(v);
	BK_FREE char *text = bk_format("not read: %llu files; not checked: %llu packages%s%s", (unsigned long long)v->report->unread,
				       (unsigned long long)v->report->unchecked, database ? "; database: " : "", database ? database : "");

	bk_json_set(creation, "comment", text);
}

json_t *bk_scan_spdx(const struct bk_scan_view *v)
{
	BK_FREE char *time = bk_cli_time_text(v->now), *uuid = bk_scan_uuid(v), *space = bk_format("https://spdx.org/spdxdocs/buckler-%s", uuid);
	json_t *o = json_object(), *creation = json_object(), *packages = json_array(), *relations = json_array();

	bk_json_set(o, "spdxVersion", "SPDX-2.3");
	bk_json_set(o, "dataLicense", "CC0-1.0");
	bk_json_set(o, "SPDXID", "SPDXRef-DOCUMENT");
	bk_json_set(o, "name", v->report->target && *v->report->target ? v->report->target : "target");
	bk_json_set(o, "documentNamespace", space);
	bk_json_set(creation, "created", time);
	json_object_set_new(creation, "creators", json_pack("[s]", "Tool: buckler-" BK_VERSION));
	set_comment(v, creation);
	json_object_set_new(o, "creationInfo", creation);
	add_packages(v, packages, relations);
	for (size_t i = 0; i < v->shown_count && !v->list; i++)
		add_advisory(v, packages, bk_scan_finding(v, i));
	json_object_set_new(o, "packages", packages);
	json_object_set_new(o, "relationships", relations);
	return o;
}
