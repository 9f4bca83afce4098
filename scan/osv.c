/* SPDX-License-Identifier: Apache-2.0 */
#include "scan/osv.h"

#include <jansson.h>
#include <string.h>

#include "scan/ecosystem.h"
#include "scan/version.h"

/* --- ranges --- */

struct event {
	char kind;
	const char *text;
	size_t place;			/* events at one version keep their order */
};

struct sorting {
	enum bk_ecosystem ecosystem;
	bool semver;
};

static bool is_zero(const struct event *e)
{
	return e->kind == 'i' && strcmp(e->text, "0") == 0;
}

static int compare_events(const void *a, const void *b, void *with)
{
	const struct event *x = a, *y = b;
	const struct sorting *s = with;
	int r = is_zero(y) - is_zero(x);

	if (!r && !is_zero(x))
		r = s->semver ? bk_version_semver(x->text, y->text) : bk_version_compare(s->ecosystem, x->text, y->text);
	return r ? r : (x->place > y->place) - (x->place < y->place);
}

/* A text that the rule can hold. */
static const char *text_of(json_t *value)
{
	const char *s = json_string_value(value);

	return s && strlen(s) == json_string_length(value) ? s : NULL;
}

static const char *version_text(json_t *value)
{
	const char *s = text_of(value);

	return s && json_string_length(value) <= BK_OSV_VERSION_MAX ? s : NULL;
}

static bool read_event(json_t *object, struct event *out)
{
	static const struct { const char *name; char kind; } kinds[] = {
		{ "introduced", 'i' }, { "fixed", 'f' }, { "last_affected", 'l' }, { "limit", 'm' },
	};

	for (size_t i = 0; i < 4; i++) {
		json_t *value = json_object_get(object, kinds[i].name);

		if (!value)
			continue;
		out->kind = kinds[i].kind;
		out->text = version_text(value);
		return out->text != NULL;
	}
	return false;
}

static void put(struct bk_buf *rule, char kind, const char *text)
{
	bk_buf_add(rule, &kind, 1);
	bk_buf_add(rule, text, strlen(text) + 1);
}

static const char *add_range(json_t *range, enum bk_ecosystem e, struct bk_buf *rule, size_t *events_left)
{
	json_t *list = json_object_get(range, "events");
	const char *type = text_of(json_object_get(range, "type"));
	size_t n = json_array_size(list);
	BK_FREE struct event *events = bk_alloc(n * sizeof *events);
	struct sorting sorting = { e, false };

	if (!type)
		return "a range without a type";
	if (strcmp(type, "GIT") == 0)
		return NULL;
	if (strcmp(type, "SEMVER") != 0 && strcmp(type, "ECOSYSTEM") != 0)
		return "a range of an unknown type";
	if (!n)
		return "a range without events";
	if (n > *events_left)
		return "more than 20,000 events";
	*events_left -= n;
	for (size_t i = 0; i < n; i++) {
		if (!read_event(json_array_get(list, i), &events[i]))
			return "an event that is none";
		events[i].place = i;
	}
	sorting.semver = *type == 'S';
	qsort_r(events, n, sizeof *events, compare_events, &sorting);
	put(rule, *type, "");
	for (size_t i = 0; i < n; i++)
		put(rule, events[i].kind, events[i].text);
	return NULL;
}

static const char *add_ranges(json_t *ranges, enum bk_ecosystem e, struct bk_buf *rule, size_t *events_left)
{
	if (ranges && !json_is_array(ranges) && !json_is_null(ranges))
		return "ranges that are no list";
	for (size_t i = 0; i < json_array_size(ranges); i++) {
		const char *why = add_range(json_array_get(ranges, i), e, rule, events_left);

		if (why)
			return why;
	}
	return NULL;
}

/* What a range covers anyway is left out, unless to find that out would take seconds. */
static const char *add_versions(json_t *versions, enum bk_ecosystem e, struct bk_buf *rule, size_t events)
{
	size_t ranges = json_array_size(versions) * events < 5000000 ? rule->len : 0;

	if (versions && !json_is_array(versions) && !json_is_null(versions))
		return "versions that are no list";
	for (size_t i = 0; i < json_array_size(versions); i++) {
		const char *v = version_text(json_array_get(versions, i));

		if (!v)
			return "a version that is no text, or longer than 1024 bytes";
		if (!ranges || bk_osv_affects(rule->at, ranges, e, v) != 1)
			put(rule, 'v', v);
	}
	return NULL;
}

/* --- one package --- */

static const char *add_affected(json_t *entry, struct bk_osv_record *out)
{
	json_t *package = json_object_get(entry, "package");
	const char *ecosystem = text_of(json_object_get(package, "ecosystem")), *name = text_of(json_object_get(package, "name")), *why;
	struct bk_osv_affected a = { 0 };
	size_t left = BK_OSV_EVENTS_MAX;

	if (!json_is_object(entry))
		return "an affected entry that is no object";
	if (!package)			/* only commits: nothing that a package could be compared with */
		return NULL;
	if (!ecosystem || !name)
		return "a package without a name or an ecosystem";
	if (!bk_ecosystem_parse(ecosystem, &a.ecosystem, &a.release)) {
		out->foreign++;
		return NULL;
	}
	why = add_ranges(json_object_get(entry, "ranges"), a.ecosystem, &a.rule, &left);
	if (!why)
		why = add_versions(json_object_get(entry, "versions"), a.ecosystem, &a.rule, BK_OSV_EVENTS_MAX - left);
	if (why || !a.rule.len) {
		free(a.release);
		bk_buf_free(&a.rule);
		return why;
	}
	a.name = bk_package_key(a.ecosystem, name);
	out->affected = bk_grow(out->affected, &out->cap, out->count + 1, sizeof a);
	out->affected[out->count++] = a;
	return NULL;
}

/* --- the rest of a record --- */

static void add_word(struct bk_buf *out, const char *word)
{
	if (!word || !*word || strpbrk(word, " \t\n\r"))
		return;
	if (out->len)
		bk_buf_text(out, " ");
	bk_buf_text(out, word);
}

static char *words(json_t *list)
{
	struct bk_buf out = { 0 };

	for (size_t i = 0; i < json_array_size(list); i++)
		add_word(&out, text_of(json_array_get(list, i)));
	return out.at ? out.at : bk_strdup("");
}

static void add_vectors(json_t *list, struct bk_buf *out)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		add_word(out, text_of(json_object_get(json_array_get(list, i), "score")));
}

static char *vectors_of(json_t *record)
{
	json_t *affected = json_object_get(record, "affected");
	struct bk_buf out = { 0 };

	add_vectors(json_object_get(record, "severity"), &out);
	for (size_t i = 0; i < json_array_size(affected) && !out.len; i++)
		add_vectors(json_object_get(json_array_get(affected, i), "severity"), &out);
	return out.at ? out.at : bk_strdup("");
}

static char *text(json_t *value, size_t most)
{
	const char *s = text_of(value);

	return s ? bk_strndup(s, strnlen(s, most)) : bk_strdup("");
}

/* In words, where there is no vector: GitHub's "HIGH", a distribution's "important". */
static char *severity_of(json_t *record)
{
	json_t *first = json_array_get(json_object_get(record, "affected"), 0);
	json_t *at[] = { json_object_get(record, "database_specific"), json_object_get(first, "database_specific"), json_object_get(first, "ecosystem_specific") };

	for (size_t i = 0; i < 3; i++) {
		const char *s = text_of(json_object_get(at[i], "severity"));

		if (!s)
			s = text_of(json_object_get(at[i], "urgency"));
		if (s)
			return text(json_object_get(at[i], json_object_get(at[i], "severity") ? "severity" : "urgency"), 32);
	}
	return bk_strdup("");
}

/* The page that explains it: the advisory among the references, else the first. */
static char *url_of(json_t *record)
{
	json_t *list = json_object_get(record, "references");
	const char *found = NULL;

	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *one = json_array_get(list, i);
		const char *type = text_of(json_object_get(one, "type")), *url = text_of(json_object_get(one, "url"));
		bool advisory = url && type && strcmp(type, "ADVISORY") == 0;

		if (url && (advisory || !found))
			found = url;
		if (advisory)
			break;
	}
	return bk_strndup(found ? found : "", found ? strnlen(found, 1000) : 0);
}

/* Cut at a character of UTF-8. */
static char *summary_of(json_t *record)
{
	json_t *value = json_object_get(record, "summary");
	char *s = text(json_is_string(value) ? value : json_object_get(record, "details"), 300), *end = s + strlen(s);

	if (end - s == 300) {
		while (end > s && ((unsigned char)end[-1] & 0xc0) == 0x80)
			end--;
		end -= end > s && (unsigned char)end[-1] >= 0xc0;
		*end = '\0';
	}
	s[strcspn(s, "\r\n")] = '\0';
	return s;
}

static const char *read_record(json_t *record, struct bk_osv_record *out)
{
	const char *id = text_of(json_object_get(record, "id"));
	json_t *affected = json_object_get(record, "affected");

	if (!json_is_object(record))
		return "no object";
	if (!id || !*id || strlen(id) > 256 || strpbrk(id, " \t\n\r"))
		return "no id";
	out->id = bk_strdup(id);
	if (affected && !json_is_array(affected) && !json_is_null(affected))
		return "affected is no list";
	out->modified = text(json_object_get(record, "modified"), 64);
	out->withdrawn = json_is_string(json_object_get(record, "withdrawn"));
	for (size_t i = 0; i < json_array_size(affected) && !out->withdrawn; i++) {
		const char *why = add_affected(json_array_get(affected, i), out);

		if (why)
			return why;
	}
	out->aliases = words(json_object_get(record, "aliases"));
	out->upstream = words(json_object_get(record, "upstream"));
	out->summary = summary_of(record);
	out->url = url_of(record);
	out->vectors = vectors_of(record);
	out->severity = severity_of(record);
	return NULL;
}

bool bk_osv_parse(const char *json, size_t size, struct bk_osv_record *out, char **why)
{
	json_error_t error;
	json_t *record = json_loadb(json, size, 0, &error);
	const char *wrong;

	*out = (struct bk_osv_record){ 0 };
	if (!record) {
		*why = bk_format("line %d: %s", error.line, error.text);
		return false;
	}
	wrong = read_record(record, out);
	json_decref(record);
	if (!wrong)
		return true;
	*why = bk_format("%s%s%s", out->id ? out->id : "", out->id ? ": " : "", wrong);
	bk_osv_free(out);
	return false;
}

void bk_osv_free(struct bk_osv_record *r)
{
	char *texts[] = { r->id, r->aliases, r->upstream, r->summary, r->url, r->vectors, r->severity, r->modified };

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		free(texts[i]);
	for (size_t i = 0; i < r->count; i++) {
		free(r->affected[i].release);
		free(r->affected[i].name);
		bk_buf_free(&r->affected[i].rule);
	}
	free(r->affected);
	*r = (struct bk_osv_record){ 0 };
}
