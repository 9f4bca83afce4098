/* SPDX-License-Identifier: Apache-2.0 */
/* Components, their package URLs, reports. */
#include <string.h>

#include "scan/ecosystem.h"

const char *bk_evidence_name(enum bk_evidence e)
{
	static const char *const names[] = { "manifest", "lock", "binary", "installed" };

	return (unsigned)e < 4 ? names[e] : NULL;
}

/* --- package URLs (https://github.com/package-url/purl-spec) --- */

/* Percent-encoded as a part of a package URL; a slash stays where the part has several segments. */
static void add_encoded(struct bk_buf *out, const char *s, bool segments)
{
	for (; *s; s++) {
		bool plain = (*s >= '0' && *s <= '9') || ((*s | 32) >= 'a' && (*s | 32) <= 'z') || strchr(".-_~:", *s) || (segments && *s == '/');

		if (plain)
			bk_buf_add(out, s, 1);
		else
			bk_buf_printf(out, "%%%02X", (unsigned char)*s);
	}
}

/* "ubuntu-22.04" -> ubuntu; where the release names no system it is the ecosystem's own. */
static char *system_of(const struct bk_component *c)
{
	const char *own = c->ecosystem == BK_DEBIAN ? "debian" : c->ecosystem == BK_ALPINE ? "alpine" : "rpm";
	const char *r = c->release ? c->release : "", *hyphen = strchr(r, '-');

	if (c->ecosystem == BK_RPM && strncmp(r, "rhel-", 5) == 0)
		return bk_strdup("redhat");
	if (!hyphen || (*r >= '0' && *r <= '9') || (*r == 'v' && r[1] >= '0' && r[1] <= '9'))
		return bk_strdup(strcmp(r, "wolfi") == 0 || strcmp(r, "chainguard") == 0 ? r : own);
	return bk_strndup(r, (size_t)(hyphen - r));
}

static void add_name(struct bk_buf *out, const struct bk_component *c)
{
	const char *colon = c->ecosystem == BK_MAVEN ? strchr(c->name, ':') : NULL;

	if (bk_ecosystem_is_system(c->ecosystem)) {
		BK_FREE char *system = system_of(c);

		add_encoded(out, system, false);
		bk_buf_text(out, "/");
	}
	if (colon) {
		BK_FREE char *group = bk_strndup(c->name, (size_t)(colon - c->name));

		add_encoded(out, group, true);
		bk_buf_text(out, "/");
		add_encoded(out, colon + 1, false);
		return;
	}
	add_encoded(out, c->name, c->ecosystem == BK_NPM || c->ecosystem == BK_GO || c->ecosystem == BK_PACKAGIST);
}

static char *purl_of(const struct bk_component *c)
{
	struct bk_buf out = { 0 };

	bk_buf_printf(&out, "pkg:%s/", bk_ecosystem_purl(c->ecosystem));
	add_name(&out, c);
	if (c->version && *c->version) {
		bk_buf_text(&out, "@");
		add_encoded(&out, c->version, false);
	}
	if (bk_ecosystem_is_system(c->ecosystem) && c->release) {
		bk_buf_text(&out, "?distro=");
		add_encoded(&out, c->release, false);
	}
	return out.at;
}

/* --- components --- */

static char *copy(const char *s)
{
	return s ? bk_strdup(s) : NULL;
}

static bool same_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

static bool is_same(const struct bk_component *a, const struct bk_component *b)
{
	return a->ecosystem == b->ecosystem && a->function == b->function && same_text(a->name, b->name) &&
	       same_text(a->version, b->version) && same_text(a->release, b->release);
}

static uint32_t hash_text(uint32_t h, const char *s)
{
	for (; s && *s; s++)
		h = (h ^ (unsigned char)*s) * 16777619u;
	return (h ^ 0xff) * 16777619u;
}

static uint32_t hash_of(const struct bk_component *c)
{
	return hash_text(hash_text(hash_text(2166136261u ^ c->function * 31u ^ c->ecosystem, c->name), c->version), c->release);
}

/* The slot of the component, or the free one where it belongs.  A slot holds a place in the list plus 1. */
static uint32_t *slot_of(const struct bk_components *list, const struct bk_component *c)
{
	size_t i = hash_of(c) & (list->slots - 1);

	while (list->slot[i] && !is_same(&list->at[list->slot[i] - 1], c))
		i = (i + 1) & (list->slots - 1);
	return &list->slot[i];
}

static void make_room(struct bk_components *list)
{
	if (list->count * 2 < list->slots)
		return;
	list->slots = list->slots ? list->slots * 2 : 64;
	free(list->slot);
	list->slot = bk_alloc(list->slots * sizeof *list->slot);
	for (size_t i = 0; i < list->count; i++)
		*slot_of(list, &list->at[i]) = (uint32_t)i + 1;
}

/* Of two places with the same evidence the first in the order of bytes, whatever order they come in. */
static bool is_better(const struct bk_component *c, const struct bk_component *have)
{
	if (c->evidence != have->evidence)
		return c->evidence > have->evidence;
	return c->path && have->path && strcmp(c->path, have->path) < 0;
}

/* The better evidence says where it is; what only one of the two knows is kept. */
static void merge(struct bk_component *have, const struct bk_component *c)
{
	if (is_better(c, have)) {
		have->evidence = c->evidence;
		free(have->path);
		have->path = copy(c->path);
	}
	have->reach = c->reach > have->reach ? c->reach : have->reach;
	have->dev = have->dev && c->dev;
}

void bk_components_add(struct bk_components *list, const struct bk_component *c)
{
	struct bk_component *new;
	uint32_t *slot;

	make_room(list);
	slot = slot_of(list, c);
	if (*slot) {
		merge(&list->at[*slot - 1], c);
		return;
	}
	list->at = bk_grow(list->at, &list->cap, list->count + 1, sizeof *c);
	new = &list->at[list->count++];
	*slot = (uint32_t)list->count;
	*new = *c;
	new->name = copy(c->name);
	new->version = copy(c->version);
	new->release = copy(c->release);
	new->source = copy(c->source);
	new->source_version = copy(c->source_version);
	new->path = copy(c->path);
	new->purl = purl_of(c);
}

void bk_components_free(struct bk_components *list)
{
	for (size_t i = 0; i < list->count; i++) {
		struct bk_component *c = &list->at[i];
		char *texts[] = { c->name, c->version, c->release, c->source, c->source_version, c->path, c->purl };

		for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
			free(texts[k]);
	}
	free(list->at);
	free(list->slot);
	*list = (struct bk_components){ 0 };
}

/* --- reports --- */

static void free_finding(struct bk_finding *f)
{
	char *texts[] = { f->id, f->summary, f->url, f->fixed, f->vector, f->path, f->suppressed };

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		free(texts[i]);
	for (char **alias = f->aliases; alias && *alias; alias++)
		free(*alias);
	free(f->aliases);
}

void bk_report_free(struct bk_report *report)
{
	for (size_t i = 0; i < report->finding_count; i++)
		free_finding(&report->findings[i]);
	for (size_t i = 0; i < report->native_count; i++)
		free(report->natives[i].path);
	for (size_t i = 0; i < report->function_count; i++) {
		free(report->functions[i].name);
		free(report->functions[i].handler);
		free(report->functions[i].runtime);
	}
	free(report->findings);
	free(report->natives);
	free(report->functions);
	free(report->target);
	bk_components_free(&report->components);
	bk_diags_free(&report->diags);
	*report = (struct bk_report){ 0 };
}
