/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Maven: what a jar says of itself (META-INF/maven/.../pom.properties, else its manifest and its name), a project's pom.xml (exact versions
 * and ${properties} of the same file), gradle.lockfile.
 */
#include <expat.h>
#include <string.h>

#include "scan/reader.h"

/* The jar's properties: groupId=..., artifactId=..., version=... */
/* The jar is that artifact; what else has properties in it was merged into it. */
static void identify(struct bk_file *f, const char *artifact)
{
	if (f->archive && strncmp(bk_file_name(f->archive), artifact, strlen(artifact)) == 0)
		f->archive->identified = true;
}

void bk_read_pom_properties(struct bk_file *f)
{
	static const char *const keys[] = { "groupId=", "artifactId=", "version=" };
	char *value[3] = { NULL };
	struct bk_lines line = bk_lines_of(&f->text);

	while (bk_line_indented(&line))
		for (unsigned i = 0; i < 3; i++)
			if (!value[i] && line.len > strlen(keys[i]) && memcmp(line.at, keys[i], strlen(keys[i])) == 0)
				value[i] = bk_line_part(&line, strlen(keys[i]), line.len);
	if (value[0] && value[1]) {
		BK_FREE char *name = bk_format("%s:%s", value[0], value[1]);

		bk_take(f, BK_MAVEN, name, value[2], BK_INSTALLED, false);
		identify(f, value[1]);
	}
	for (unsigned i = 0; i < 3; i++)
		free(value[i]);
}

/* --- manifest --- */

/* "lib/log4j-core-2.14.1.jar!/META-INF/MANIFEST.MF" -> "log4j-core" and "2.14.1"; false where the name has no version. */
static bool jar_name(const char *path, char **artifact, char **version)
{
	const char *end = strstr(path, "!/META-INF/MANIFEST.MF"), *base, *at;

	for (const char *more = end; more && (more = strstr(more + 1, "!/META-INF/MANIFEST.MF")); )
		end = more;
	if (!end || end - path < 5)
		return false;
	for (base = end; base > path && base[-1] != '/'; base--)
		;
	end -= 4;			/* .jar */
	for (at = base; at + 1 < end; at++)
		if (*at == '-' && at[1] >= '0' && at[1] <= '9')
			break;
	if (at + 1 >= end || at == base)
		return false;
	*artifact = bk_strndup(base, (size_t)(at - base));
	*version = bk_strndup(at + 1, (size_t)(end - at - 1));
	return true;
}

static char *header(const struct bk_file *f, const char *name)
{
	struct bk_lines line = bk_lines_of(&f->text);
	size_t n = strlen(name);

	while (bk_line_indented(&line) && line.len)
		if (line.len > n + 1 && memcmp(line.at, name, n) == 0 && line.at[n] == ':')
			return bk_line_part(&line, n + 1, line.len);
	return NULL;
}

/* A group is written with dots, as package names are; a title or a vendor's name is none. */
static bool is_group(const char *s)
{
	return s && strchr(s, '.') && !s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")];
}

/*
 * The last resort for a jar without pom.properties: artifact and version by the file's name, the group by the manifest.  It is read
 * behind everything else in the jar.
 */
void bk_read_manifest(struct bk_file *f)
{
	static const char *const names[] = { "Implementation-Vendor-Id", "Bundle-SymbolicName", "Automatic-Module-Name" };
	char *artifact = NULL, *version = NULL;

	if ((f->archive && f->archive->identified) || !jar_name(f->path, &artifact, &version))
		return;
	for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
		BK_FREE char *group = header(f, names[i]);
		size_t n;

		if (group)
			group[strcspn(group, "; ")] = '\0';
		if (!is_group(group))
			continue;
		/* "org.apache.logging.log4j.core" of log4j-core: a bundle's name is group and artifact */
		n = strlen(group);
		if (i && n > strlen(artifact) + 1 && strcmp(group + n - strlen(artifact), artifact) == 0)
			group[n - strlen(artifact) - 1] = '\0';
		BK_FREE char *name = bk_format("%s:%s", group, artifact);

		bk_take(f, BK_MAVEN, name, version, BK_BINARY, false);
		break;
	}
	free(artifact);
	free(version);
}

/* --- pom.xml --- */

#define POM_DEPTH 8u
#define POM_TEXT  1024u
#define PROPERTIES 1024u

struct pom {
	struct bk_file *f;
	XML_Parser parser;
	unsigned depth;
	char path[POM_DEPTH][48];
	char text[POM_TEXT];
	size_t len;
	char *group, *artifact, *version, *scope;	/* of the dependency at hand */
	char *own[2], *parent[2];			/* the project's group and version, its parent's */
	struct {
		char *name, *value;
	} properties[PROPERTIES];
	unsigned count;
	bool properties_only;			/* the first pass: properties and the project itself */
};

static bool is_at(const struct pom *p, unsigned depth, const char *a, const char *b, const char *c)
{
	const char *want[] = { "project", a, b, c };

	if (p->depth != depth)
		return false;
	for (unsigned i = 0; i < depth && i < 4; i++)
		if (want[i] && strcmp(p->path[i], want[i]) != 0)
			return false;
	return true;
}

static void XMLCALL pom_start(void *with, const XML_Char *name, const XML_Char **attributes)
{
	struct pom *p = with;
	const char *colon = strchr(name, ':');

	(void)attributes;
	if (p->depth < POM_DEPTH)
		snprintf(p->path[p->depth], sizeof p->path[0], "%s", colon ? colon + 1 : name);
	p->depth++;
	p->len = 0;
}

static void XMLCALL pom_text(void *with, const XML_Char *text, int n)
{
	struct pom *p = with;

	if (n > 0 && p->len + (size_t)n < POM_TEXT) {
		memcpy(p->text + p->len, text, (size_t)n);
		p->len += (size_t)n;
	}
}

static char *trimmed(const struct pom *p)
{
	size_t a = 0, b = p->len;

	while (a < b && strchr(" \t\r\n", p->text[a]))
		a++;
	while (b > a && strchr(" \t\r\n", p->text[b - 1]))
		b--;
	return bk_strndup(p->text + a, b - a);
}

static const char *property(const struct pom *p, const char *name)
{
	if (strcmp(name, "project.version") == 0 || strcmp(name, "pom.version") == 0 || strcmp(name, "version") == 0)
		return p->own[1] ? p->own[1] : p->parent[1];
	if (strcmp(name, "project.groupId") == 0 || strcmp(name, "pom.groupId") == 0)
		return p->own[0] ? p->own[0] : p->parent[0];
	for (unsigned i = 0; i < p->count; i++)
		if (strcmp(p->properties[i].name, name) == 0)
			return p->properties[i].value;
	return NULL;
}

/* A text with its ${...} replaced, a few times over as properties name others; NULL where one is unknown. */
static char *resolved(const struct pom *p, const char *text)
{
	char *now = bk_strdup(text ? text : "");

	for (unsigned round = 0; round < 8; round++) {
		char *from = strstr(now, "${"), *to = from ? strchr(from, '}') : NULL;

		if (!from)
			return now;
		if (!to || strlen(now) > POM_TEXT)
			break;
		BK_FREE char *name = bk_strndup(from + 2, (size_t)(to - from - 2));
		const char *value = property(p, name);

		if (!value)
			break;
		char *next = bk_format("%.*s%s%s", (int)(from - now), now, value, to + 1);

		free(now);
		now = next;
	}
	free(now);
	return NULL;
}

static void set(char **where, char *text)
{
	free(*where);
	*where = text;
}

static void add_dependency(struct pom *p)
{
	BK_FREE char *group = resolved(p, p->group), *artifact = resolved(p, p->artifact), *version = resolved(p, p->version);

	/* "[1.0]" is exact, other brackets are ranges */
	if (version && *version == '[' && !strchr(version, ',') && version[strlen(version) - 1] == ']') {
		memmove(version, version + 1, strlen(version));
		version[strlen(version) - 1] = '\0';
	}
	if (group && artifact && version && *group && *artifact && !strpbrk(version, "[](),")) {
		BK_FREE char *name = bk_format("%s:%s", group, artifact);

		bk_take(p->f, BK_MAVEN, name, version, BK_MANIFEST, p->scope && strcmp(p->scope, "test") == 0);
	}
	set(&p->group, NULL);
	set(&p->artifact, NULL);
	set(&p->version, NULL);
	set(&p->scope, NULL);
}

static void end_in_first_pass(struct pom *p)
{
	if (is_at(p, 3, "properties", NULL, NULL) && p->count < PROPERTIES) {
		p->properties[p->count].name = bk_strdup(p->path[2]);
		p->properties[p->count++].value = trimmed(p);
	} else if (is_at(p, 2, "groupId", NULL, NULL)) {
		set(&p->own[0], trimmed(p));
	} else if (is_at(p, 2, "version", NULL, NULL)) {
		set(&p->own[1], trimmed(p));
	} else if (is_at(p, 3, "parent", "groupId", NULL)) {
		set(&p->parent[0], trimmed(p));
	} else if (is_at(p, 3, "parent", "version", NULL)) {
		set(&p->parent[1], trimmed(p));
	}
}

static void end_in_dependency(struct pom *p)
{
	const char *name = p->path[p->depth - 1];

	if (is_at(p, 3, "dependencies", "dependency", NULL))
		add_dependency(p);
	else if (!is_at(p, 4, "dependencies", "dependency", NULL))
		return;
	else if (strcmp(name, "groupId") == 0)
		set(&p->group, trimmed(p));
	else if (strcmp(name, "artifactId") == 0)
		set(&p->artifact, trimmed(p));
	else if (strcmp(name, "version") == 0)
		set(&p->version, trimmed(p));
	else if (strcmp(name, "scope") == 0)
		set(&p->scope, trimmed(p));
}

static void XMLCALL pom_end(void *with, const XML_Char *name)
{
	struct pom *p = with;

	(void)name;
	if (p->depth <= POM_DEPTH) {
		if (p->properties_only)
			end_in_first_pass(p);
		else
			end_in_dependency(p);
	}
	p->depth--;
	p->len = 0;
}

/* Entities are not needed here and are how XML grows without bound. */
static void XMLCALL no_entities(void *with, const XML_Char *name, int parameter, const XML_Char *value, int length, const XML_Char *base,
				const XML_Char *system_id, const XML_Char *public_id, const XML_Char *notation)
{
	struct pom *p = with;

	(void)name, (void)parameter, (void)value, (void)length, (void)base, (void)system_id, (void)public_id, (void)notation;
	XML_StopParser(p->parser, XML_FALSE);
}

static bool pom_pass(struct pom *p, bool properties_only)
{
	XML_Parser x = XML_ParserCreate(NULL);
	bool ok;

	if (!x)
		return false;
	p->parser = x;
	p->properties_only = properties_only;
	p->depth = 0;
	p->len = 0;
	XML_SetUserData(x, p);
	XML_SetElementHandler(x, pom_start, pom_end);
	XML_SetCharacterDataHandler(x, pom_text);
	XML_SetEntityDeclHandler(x, no_entities);
	ok = XML_Parse(x, p->f->text.at, (int)p->f->text.len, XML_TRUE) == XML_STATUS_OK;
	if (!ok && properties_only)
		bk_scan_warn(p->f, (unsigned)XML_GetCurrentLineNumber(x), "not XML: %s", XML_ErrorString(XML_GetErrorCode(x)));
	XML_ParserFree(x);
	return ok;
}

void bk_read_pom(struct bk_file *f)
{
	struct pom *p = bk_alloc(sizeof *p);

	p->f = f;
	if (pom_pass(p, true))
		pom_pass(p, false);
	for (unsigned i = 0; i < p->count; i++) {
		free(p->properties[i].name);
		free(p->properties[i].value);
	}
	char *texts[] = { p->group, p->artifact, p->version, p->scope, p->own[0], p->own[1], p->parent[0], p->parent[1] };

	for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++)
		free(texts[i]);
	free(p);
}

/* "group:artifact:version=configuration,..." */
void bk_read_gradle_lock(struct bk_file *f)
{
	struct bk_lines line = bk_lines_of(&f->text);

	while (bk_line_indented(&line)) {
		const char *equals = memchr(line.at, '=', line.len), *first = memchr(line.at, ':', line.len), *second;

		if (!line.len || *line.at == '#' || !equals || !first || first > equals)
			continue;
		second = memchr(first + 1, ':', (size_t)(equals - first - 1));
		if (!second)
			continue;
		BK_FREE char *name = bk_strndup(line.at, (size_t)(second - line.at));
		BK_FREE char *version = bk_strndup(second + 1, (size_t)(equals - second - 1));
		BK_FREE char *for_what = bk_strndup(equals + 1, (size_t)(line.at + line.len - equals - 1));

		bk_take(f, BK_MAVEN, name, version, BK_LOCK, !strstr(for_what, "untime") && strstr(for_what, "test"));
	}
}
