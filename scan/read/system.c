/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Distributions: dpkg's status (deb-control(5)), apk's installed, os-release(5).  The release may be read before the packages or behind
 * them: bk_scan_settle() brings the two together.
 */
#include <string.h>

#include "scan/reader.h"

/* --- dpkg --- */

struct paragraph {
	char *package, *version, *source, *status;
};

static void clear(struct paragraph *p)
{
	free(p->package);
	free(p->version);
	free(p->source);
	free(p->status);
	*p = (struct paragraph){ 0 };
}

/* "Source: openssl (1.1.1-1)": the version is given where it differs. */
static void finish(struct bk_file *f, struct paragraph *p)
{
	char *open = p->source ? strstr(p->source, " (") : NULL, *source_version = NULL;

	if (open) {
		*open = '\0';
		source_version = open + 2;
		source_version[strcspn(source_version, ")")] = '\0';
	}
	if (p->package && p->version && (!p->status || strstr(p->status, " installed")))
		bk_take_system(f, BK_DEBIAN, p->package, p->version, p->source, source_version);
	clear(p);
}

static void keep(char **value, const char *text, size_t n)
{
	if (text && !*value)
		*value = bk_strndup(text, n);
}

void bk_read_dpkg(struct bk_file *f)
{
	static const char *const keys[] = { "Package", "Version", "Source", "Status" };
	struct paragraph p = { 0 };
	char **values[] = { &p.package, &p.version, &p.source, &p.status };
	struct bk_lines line = bk_lines_of(&f->text);

	while (bk_line(&line)) {
		if (!line.len)
			finish(f, &p);
		for (unsigned i = 0; i < 4; i++) {
			size_t n = 0;
			const char *text = bk_line_value(&line, keys[i], &n);

			keep(values[i], text, n);
		}
	}
	finish(f, &p);
}

/* info/PACKAGE.list: a path a line. */
void bk_read_dpkg_list(struct bk_file *f)
{
	struct bk_lines line = bk_lines_of(&f->text);

	while (bk_line(&line))
		bk_take_owned(f, line.at, line.len);
}

/* --- apk: "P:name", "V:version", "o:origin", "F:folder" and its "R:files", an empty line --- */

static void take_owned_file(struct bk_file *f, const char *folder, const struct bk_lines *line)
{
	BK_FREE char *path = bk_format("%s/%.*s", folder ? folder : "", (int)line->len - 2, line->at + 2);

	bk_take_owned(f, path, strlen(path));
}

void bk_read_apk(struct bk_file *f)
{
	struct paragraph p = { 0 };
	struct bk_lines line = bk_lines_of(&f->text);
	char *folder = NULL;

	for (bool more = true; more; ) {
		more = bk_line(&line);
		if (!more || !line.len) {
			bk_take_system(f, BK_ALPINE, p.package, p.version, p.source, NULL);
			clear(&p);
			continue;
		}
		if (line.len < 2 || line.at[1] != ':')
			continue;
		switch (*line.at) {
		case 'P': keep(&p.package, line.at + 2, line.len - 2); break;
		case 'V': keep(&p.version, line.at + 2, line.len - 2); break;
		case 'o': keep(&p.source, line.at + 2, line.len - 2); break;
		case 'R': take_owned_file(f, folder, &line); break;
		case 'F':
			free(folder);
			folder = bk_strndup(line.at + 2, line.len - 2);
		}
	}
	free(folder);
}

/* --- os-release(5) --- */

static void set(char **where, char *text)
{
	if (*where)
		free(text);		/* /etc and /usr/lib say the same */
	else
		*where = text;
}

void bk_read_os_release(struct bk_file *f)
{
	struct bk_lines line = bk_lines_of(&f->text);

	while (bk_line(&line)) {
		bool id = line.len > 3 && memcmp(line.at, "ID=", 3) == 0;

		if (!id && (line.len <= 11 || memcmp(line.at, "VERSION_ID=", 11) != 0))
			continue;
		pthread_mutex_lock(&f->scan->lock);
		set(id ? &f->scan->os_id : &f->scan->os_version, bk_line_part(&line, id ? 3 : 11, line.len));
		pthread_mutex_unlock(&f->scan->lock);
	}
}
