/* SPDX-License-Identifier: Apache-2.0 */
/* The table of readers, and what they report to. */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "scan/ecosystem.h"
#include "scan/native.h"
#include "scan/reader.h"

/*
 * Which file is read by whom.  A pattern stands for the last parts of a path; a star is any run of bytes within one part, one star a part.
 * The first row that fits decides; one without a reader says that nobody reads the file.  With `head`, only so many bytes are read; else a larger file is a warning.
 * A `project`'s own files say nothing in a package that is installed: what it was developed with is not there.
 */
#define R(pattern) pattern, sizeof pattern - 1
static const struct reader {
	const char *pattern;
	size_t size;
	void (*read)(struct bk_file *f);
	size_t head;
	bool project;
} readers[] = {
	{ R("node_modules/*/package.json"), bk_read_npm_package },
	{ R("node_modules/@*/*/package.json"), bk_read_npm_package },
	{ R("node_modules/.package-lock.json"), bk_read_npm_lock },
	{ R("package-lock.json"), bk_read_npm_lock, .project = true },
	{ R("npm-shrinkwrap.json"), bk_read_npm_lock, .project = true },
	{ R("package.json"), bk_read_npm_manifest, .project = true },
	{ R("yarn.lock"), bk_read_yarn_lock, .project = true },
	{ R("pnpm-lock.yaml"), bk_read_pnpm_lock, .project = true },
	{ R("requirements*.txt"), bk_read_requirements, .project = true },
	{ R("*requirements.txt"), bk_read_requirements, .project = true },
	{ R("Pipfile.lock"), bk_read_pipfile_lock, .project = true },
	{ R("poetry.lock"), bk_read_python_lock, .project = true },
	{ R("uv.lock"), bk_read_python_lock, .project = true },
	{ R("pylock*.toml"), bk_read_python_lock, .project = true },
	{ R("*.dist-info/METADATA"), bk_read_metadata },
	{ R("*.egg-info/PKG-INFO"), bk_read_metadata },
	{ R("EGG-INFO/PKG-INFO"), bk_read_metadata },
	{ R("*.egg-info"), bk_read_metadata },
	{ R("go.mod"), bk_read_go_mod, .project = true },
	{ R("META-INF/maven/*/*/pom.properties"), bk_read_pom_properties },
	{ R("META-INF/maven/*/*/pom.xml"), NULL },		/* what a jar was built with; what it is stands in its properties */
	{ R("META-INF/MANIFEST.MF"), bk_read_manifest },
	{ R("pom.xml"), bk_read_pom, .project = true },
	{ R("gradle.lockfile"), bk_read_gradle_lock, .project = true },
	{ R("Gemfile.lock"), bk_read_gemfile_lock, .project = true },
	{ R("gems.locked"), bk_read_gemfile_lock, .project = true },
	{ R("specifications/*.gemspec"), bk_read_gemspec },
	{ R("specifications/default/*.gemspec"), bk_read_gemspec },
	{ R("*.deps.json"), bk_read_deps_json },
	{ R("packages.lock.json"), bk_read_nuget_lock, .project = true },
	{ R("packages.config"), bk_read_packages_config, .project = true },
	{ R("Cargo.lock"), bk_read_cargo_lock, .project = true },
	{ R("composer.lock"), bk_read_composer_lock, .project = true },
	{ R("composer/installed.json"), bk_read_installed_json },
	{ R("var/lib/dpkg/status"), bk_read_dpkg },
	{ R("var/lib/dpkg/status.d/*.md5sums"), NULL },
	{ R("var/lib/dpkg/status.d/*"), bk_read_dpkg },
	{ R("var/lib/dpkg/info/*.list"), bk_read_dpkg_list },
	{ R("lib/apk/db/installed"), bk_read_apk },
	{ R("rpmdb.sqlite"), bk_read_rpm },
	{ R("rpm/Packages"), bk_read_rpm_older, 1 },
	{ R("rpm/Packages.db"), bk_read_rpm_older, 1 },
	{ R("etc/os-release"), bk_read_os_release },
	{ R("usr/lib/os-release"), bk_read_os_release },
	{ R("*.jar"), bk_zip_nested, 1 },
	{ R("*.war"), bk_zip_nested, 1 },
	{ R("*.ear"), bk_zip_nested, 1 },
	{ R("*.aar"), bk_zip_nested, 1 },
	{ R("*.zip"), bk_zip_nested, 1 },
	{ R("*.whl"), bk_zip_nested, 1 },
	{ R("*.egg"), bk_zip_nested, 1 },
	{ R("*.nupkg"), bk_zip_nested, 1 },
};

/* --- patterns --- */

static bool part_fits(const char *pattern, const char *pattern_end, const char *at, const char *end)
{
	const char *star = memchr(pattern, '*', (size_t)(pattern_end - pattern));
	size_t before = (size_t)((star ? star : pattern_end) - pattern), after = star ? (size_t)(pattern_end - star) - 1 : 0, n = (size_t)(end - at);

	if (star ? n < before + after : n != before)
		return false;
	return memcmp(pattern, at, before) == 0 && memcmp(end - after, pattern_end - after, after) == 0;
}

/* The beginning of the part that ends at `end`. */
static const char *part_of(const char *text, const char *end)
{
	while (end > text && end[-1] != '/')
		end--;
	return end;
}

static bool pattern_fits(const char *pattern, const char *pattern_end, const char *path, const char *path_end)
{
	for (;;) {
		const char *want = part_of(pattern, pattern_end), *part = part_of(path, path_end);

		if (!part_fits(want, pattern_end, part, path_end))
			return false;
		if (want == pattern)
			return true;
		if (part == path)
			return false;
		pattern_end = want - 1;
		path_end = part - 1;
	}
}

/* In the folder of an installed npm, Python or Ruby package? */
static bool is_installed(const char *path)
{
	static const char *const folders[] = { "node_modules/", "site-packages/", "dist-packages/", "/gems/" };

	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
		if (strstr(path, folders[i]))
			return true;
	return false;
}

static const struct reader *reader_of(const char *path)
{
	const char *end = path + strlen(path);

	for (size_t i = 0; i < sizeof readers / sizeof *readers && end > path; i++) {
		const char *pattern_end = readers[i].pattern + readers[i].size;

		/* Most files end with another byte than most patterns. */
		if ((pattern_end[-1] == end[-1] || pattern_end[-1] == '*') && pattern_fits(readers[i].pattern, pattern_end, path, end))
			return &readers[i];
	}
	return NULL;
}

/* --- files --- */

bool bk_scan_reads(const char *path)
{
	const struct reader *r = reader_of(path);

	return r && r->read;
}

bool bk_scan_wants(const char *path, unsigned mode)
{
	const struct reader *r = reader_of(path);

	return r ? r->read && !(r->project && is_installed(path)) : bk_native_possible(path, mode);
}

static void set_recognised(struct bk_scan *s)
{
	pthread_mutex_lock(&s->lock);
	s->report->recognised = true;
	pthread_mutex_unlock(&s->lock);
}

static void read_with(const struct reader *r, struct bk_file *f)
{
	int error = r->head ? bk_file_want(f, r->head) : bk_file_whole(f, BK_TEXT_MAX);

	if (error == -EFBIG)
		bk_scan_warn(f, 0, "not read: larger than %zu MiB", BK_TEXT_MAX >> 20);
	else if (error)
		bk_scan_warn(f, 0, "not read: %s", strerror(-error));
	else
		r->read(f);
	set_recognised(f->scan);
}

void bk_scan_file(struct bk_file *f)
{
	const struct reader *r = reader_of(f->path);

	if (r && r->read && !(r->project && is_installed(f->path)))
		read_with(r, f);
	else if (!r && bk_native_possible(f->path, f->mode) && bk_native_read(f))
		set_recognised(f->scan);
}

/* --- limits and warnings --- */

static void warn(struct bk_scan *s, const char *path, unsigned line, const char *format, va_list list)
{
	BK_FREE char *message = NULL;

	pthread_mutex_lock(&s->lock);
	s->report->unread++;
	s->warnings++;
	if (s->warnings <= BK_WARNINGS_MAX && vasprintf(&message, format, list) >= 0)
		bk_diag_add(&s->report->diags, BK_WARNING, path, line, 0, "%s", message);
	if (s->warnings == BK_WARNINGS_MAX + 1)
		bk_diag_add(&s->report->diags, BK_WARNING, NULL, 0, 0, "more than %u files could not be read; the rest is only counted", BK_WARNINGS_MAX);
	pthread_mutex_unlock(&s->lock);
}

void bk_scan_warn(struct bk_file *f, unsigned line, const char *format, ...)
{
	va_list list;

	if (f->warned)
		return;
	f->warned = true;
	va_start(list, format);
	warn(f->scan, f->path, line, format, list);
	va_end(list);
}

void bk_scan_warn_path(struct bk_scan *s, const char *path, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	warn(s, path, 0, format, list);
	va_end(list);
}

/* Adds to a sum of the scan; what is to be said of the first that is too much. */
static bool add(struct bk_scan *s, uint64_t *sum, uint64_t n, uint64_t limit, bool *first)
{
	bool fits;

	pthread_mutex_lock(&s->lock);
	*sum += n;
	fits = *sum <= limit;
	*first = !fits && !s->full;
	if (!fits)
		s->full = true;
	pthread_mutex_unlock(&s->lock);
	return fits;
}

bool bk_scan_count(struct bk_scan *s, const char *path, uint64_t files)
{
	bool first, fits = add(s, &s->report->files, files, BK_ENTRIES_MAX, &first);

	if (first)
		bk_scan_warn_path(s, path, "more than %u files; the rest was not read", BK_ENTRIES_MAX);
	return fits;
}

bool bk_scan_unpacked(struct bk_scan *s, const char *path, uint64_t bytes)
{
	bool first, fits = add(s, &s->unpacked, bytes, BK_UNPACK_MAX, &first);

	if (first)
		bk_scan_warn_path(s, path, "archives that unpack to more than %u GiB; the rest was not read", (unsigned)(BK_UNPACK_MAX >> 30));
	return fits;
}

/* --- what readers say --- */

/* Text that is printable enough to be a name or a version: no control characters, no blanks at its ends. */
static bool is_plain(const char *s)
{
	if (!s || !*s || strlen(s) > 1024)
		return false;
	for (; *s; s++)
		if ((unsigned char)*s <= ' ' || *s == 0x7f)
			return false;
	return true;
}

static void take(struct bk_file *f, struct bk_components *list, const struct bk_component *c)
{
	if (!is_plain(c->name) || !is_plain(c->version) || (c->dev && !f->scan->options->dev))
		return;
	pthread_mutex_lock(&f->scan->lock);
	bk_components_add(list, c);
	pthread_mutex_unlock(&f->scan->lock);
}

void bk_take(struct bk_file *f, enum bk_ecosystem e, const char *name, const char *version, enum bk_evidence evidence, bool dev)
{
	BK_FREE char *key = name && (e == BK_PYPI || e == BK_PACKAGIST) ? bk_package_key(e, name) : NULL;
	struct bk_component c = {
		.ecosystem = e, .name = key ? key : (char *)name, .version = (char *)version, .path = (char *)f->path, .evidence = evidence,
		.dev = dev, .function = f->scan->function,
	};

	take(f, &f->scan->report->components, &c);
}

void bk_take_part(struct bk_file *f, enum bk_ecosystem e, const char *name, size_t name_size, const char *version, size_t version_size,
		  enum bk_evidence evidence, bool dev)
{
	BK_FREE char *n = bk_strndup(name, name_size), *v = bk_strndup(version, version_size);

	bk_take(f, e, n, v, evidence, dev);
}

void bk_take_native(struct bk_file *f, const uint8_t sha256[32])
{
	struct bk_report *r = f->scan->report;
	struct bk_native *n;

	pthread_mutex_lock(&f->scan->lock);
	r->natives = bk_grow(r->natives, &r->native_cap, r->native_count + 1, sizeof *n);
	n = &r->natives[r->native_count++];
	n->path = bk_strdup(f->path);
	n->function = f->scan->function;
	memcpy(n->sha256, sha256, 32);
	pthread_mutex_unlock(&f->scan->lock);
}

void bk_take_system(struct bk_file *f, enum bk_ecosystem e, const char *name, const char *version, const char *source, const char *source_version)
{
	struct bk_component c = {
		.ecosystem = e, .name = (char *)name, .version = (char *)version, .path = (char *)f->path, .evidence = BK_INSTALLED,
		.source = (char *)source, .source_version = (char *)source_version, .function = f->scan->function,
	};

	take(f, &f->scan->system, &c);
}
