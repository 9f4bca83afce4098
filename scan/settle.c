/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a function's files: what only all of them together say. */
#include <string.h>

#include "scan/reader.h"

/* --- which files distribution packages have --- */

/* Where /bin, /sbin and /lib are links to the folders of that name in /usr, the two names of a file are one. */
static const char *without_usr(const char *path)
{
	static const char *const merged[] = { "usr/bin/", "usr/sbin/", "usr/lib" };

	for (size_t i = 0; i < sizeof merged / sizeof *merged; i++)
		if (strncmp(path, merged[i], strlen(merged[i])) == 0)
			return path + 4;
	return path;
}

/* The system's root folder in the target, with a slash behind it, before the database's own place. */
static size_t root_of(const char *database)
{
	static const char *const places[] = { "var/lib/dpkg/", "usr/lib/apk/", "lib/apk/", "var/lib/rpm/", "usr/lib/sysimage/rpm/" };

	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		const char *at = strstr(database, places[i]);

		if (at && (at == database || at[-1] == '/'))
			return (size_t)(at - database);
	}
	return 0;
}

static uint64_t hash_of(const char *path, size_t root)
{
	BK_FREE char *name = bk_format("%.*s/%s", (int)root, path, without_usr(path + root));

	return bk_set_hash(name, strlen(name));
}

void bk_take_owned(struct bk_file *f, const char *path, size_t size)
{
	size_t root = root_of(f->path);
	BK_FREE char *whole = NULL;

	while (size > 0 && *path == '/') {
		path++;
		size--;
	}
	whole = bk_format("%.*s%.*s", (int)root, f->path, (int)size, path);
	pthread_mutex_lock(&f->scan->lock);
	f->scan->root = root;
	bk_set_add(&f->scan->owned, hash_of(whole, root));
	pthread_mutex_unlock(&f->scan->lock);
}

static bool is_owned(const struct bk_scan *s, const char *path)
{
	return s->owned.count && strlen(path) > s->root && bk_set_has(&s->owned, hash_of(path, s->root));
}

static void drop_owned_natives(struct bk_scan *s)
{
	struct bk_report *r = s->report;
	size_t keep = s->natives;

	for (size_t i = s->natives; i < r->native_count; i++)
		if (is_owned(s, r->natives[i].path))
			free(r->natives[i].path);
		else
			r->natives[keep++] = r->natives[i];
	r->native_count = keep;
	s->natives = keep;
}

/* --- releases (scan/ecosystem.h says how they are written) --- */

/* The first `parts` numbers of "9.3.1". */
static char *cut(const char *version, unsigned parts)
{
	const char *at = version;

	while (*at && (*at != '.' || --parts > 0))
		at++;
	return bk_strndup(version, (size_t)(at - version));
}

static bool is_one_of(const char *id, const char *list)
{
	size_t n = strlen(id);

	for (const char *at = list; (at = strstr(at, id)); at += n)
		if ((at == list || at[-1] == ' ') && (at[n] == ' ' || at[n] == '\0'))
			return n > 0;
	return false;
}

static char *release_of(enum bk_ecosystem e, const char *id, const char *version)
{
	if (!id || !*id)
		return NULL;
	if (is_one_of(id, "wolfi chainguard"))
		return bk_strdup(id);
	if (!version || !*version)
		return NULL;
	BK_FREE char *short_version = cut(version, is_one_of(id, "debian rocky almalinux rhel centos ol") ? 1 : 2);

	if (e == BK_DEBIAN && strcmp(id, "debian") == 0)
		return bk_strdup(short_version);
	if (e == BK_ALPINE && strcmp(id, "alpine") == 0)
		return bk_format("v%s", short_version);
	return bk_format("%s-%s", id, short_version);
}

static void release_systems(struct bk_scan *s)
{
	for (size_t i = 0; i < s->system.count; i++) {
		struct bk_component *c = &s->system.at[i];

		c->release = release_of(c->ecosystem, s->os_id, s->os_version);
		bk_components_add(&s->report->components, c);
	}
	bk_components_free(&s->system);
}

void bk_scan_settle(struct bk_scan *s)
{
	release_systems(s);
	drop_owned_natives(s);
	bk_set_free(&s->owned);
	free(s->os_id);
	free(s->os_version);
	s->os_id = s->os_version = NULL;
	s->root = 0;
}
