/* SPDX-License-Identifier: Apache-2.0 */
/* NuGet: APP.deps.json (what is deployed), packages.lock.json, packages.config. */
#include <expat.h>
#include <string.h>

#include "scan/reader.h"

/* "libraries": {"Name/1.0": {"type": "package"}, ...}; projects are no packages. */
void bk_read_deps_json(struct bk_file *f)
{
	json_t *value = bk_file_json(f), *entry;
	const char *key;

	json_object_foreach(json_object_get(value, "libraries"), key, entry) {
		const char *type = bk_json_text(entry, "type"), *slash = strrchr(key, '/');

		if (!type || strcmp(type, "package") != 0 || !slash)
			continue;
		BK_FREE char *name = bk_strndup(key, (size_t)(slash - key));

		bk_take(f, BK_NUGET, name, slash + 1, BK_INSTALLED, false);
	}
	json_decref(value);
}

/* "dependencies": {"net8.0": {"Name": {"resolved": "1.0"}}} */
void bk_read_nuget_lock(struct bk_file *f)
{
	json_t *value = bk_file_json(f), *framework, *entry;
	const char *key, *name;

	json_object_foreach(json_object_get(value, "dependencies"), key, framework)
		json_object_foreach(framework, name, entry)
			bk_take(f, BK_NUGET, name, bk_json_text(entry, "resolved"), BK_LOCK, false);
	json_decref(value);
}

/* --- packages.config --- */

struct config {
	struct bk_file *f;
	XML_Parser parser;
};

static void XMLCALL start(void *with, const XML_Char *name, const XML_Char **attributes)
{
	struct config *c = with;
	const char *id = NULL, *version = NULL, *development = NULL;

	if (strcmp(name, "package") != 0)
		return;
	for (; attributes[0]; attributes += 2) {
		if (strcmp(attributes[0], "id") == 0)
			id = attributes[1];
		else if (strcmp(attributes[0], "version") == 0)
			version = attributes[1];
		else if (strcmp(attributes[0], "developmentDependency") == 0)
			development = attributes[1];
	}
	bk_take(c->f, BK_NUGET, id, version, BK_LOCK, development && strcmp(development, "true") == 0);
}

static void XMLCALL no_doctype(void *with, const XML_Char *name, const XML_Char *system_id, const XML_Char *public_id, int internal)
{
	struct config *c = with;

	(void)name, (void)system_id, (void)public_id, (void)internal;
	XML_StopParser(c->parser, XML_FALSE);
}

void bk_read_packages_config(struct bk_file *f)
{
	struct config c = { f, XML_ParserCreate(NULL) };

	if (!c.parser)
		return;
	XML_SetUserData(c.parser, &c);
	XML_SetStartElementHandler(c.parser, start);
	XML_SetStartDoctypeDeclHandler(c.parser, no_doctype);
	if (XML_Parse(c.parser, f->text.at, (int)f->text.len, XML_TRUE) != XML_STATUS_OK)
		bk_scan_warn(f, (unsigned)XML_GetCurrentLineNumber(c.parser), "not XML: %s",
			  XML_ErrorString(XML_GetErrorCode(c.parser)));
	XML_ParserFree(c.parser);
}
