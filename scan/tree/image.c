/* SPDX-License-Identifier: Apache-2.0 */
#include "scan/tree/image.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 1 << 17, LAYERS_MAX = 512, INDEX_DEPTH = 4 };

struct image {
	struct bk_scan *scan;
	struct bk_holder holder;
	const char *path, *prefix;	/* in reports: of the image, before the paths of its files */
	struct bk_cover cover;
	bool named;			/* a function is there already, of a template */
};

/* --- one layer --- */

struct layer {
	struct bk_member *member;
	struct archive *tar;
	char block[BLOCK];
};

static la_ssize_t read_layer(struct archive *a, void *with, const void **at)
{
	struct layer *l = with;
	ssize_t got = bk_member_read(l->member, l->block, sizeof l->block);

	if (got < 0)
		archive_set_error(a, (int)-got, "%s", strerror((int)-got));
	*at = l->block;
	return got;
}

static ssize_t read_entry(struct bk_file *f, void *to, size_t size)
{
	la_ssize_t got = archive_read_data(f->with, to, size);

	return got < 0 ? -EBADMSG : got;
}

/* Only a reader's files are missed where they are a second name of a file before them. */
static void take_file(struct image *im, struct layer *l, struct archive_entry *e, const char *path)
{
	struct bk_file f = {
		.scan = im->scan, .path = path, .mode = archive_entry_perm(e), .read = read_entry, .with = l->tar, .fd = -1,
	};

	if (!bk_scan_wants(path, f.mode))
		return;
	if (archive_entry_hardlink(e)) {
		if (bk_scan_reads(path))
			bk_scan_warn(&f, 0, "not read: a hard link in a layer");
		return;
	}
	bk_scan_file(&f);
	bk_file_free(&f);
}

static const char *plain(const char *path)
{
	while (*path == '/' || strncmp(path, "./", 2) == 0)
		path += *path == '/' ? 1 : 2;
	return path;
}

static void take_entry(struct image *im, struct layer *l, struct archive_entry *e)
{
	const char *name = archive_entry_pathname(e);
	BK_FREE char *inner = bk_strdup(plain(name ? name : ""));
	BK_FREE char *path = bk_format("%s%s", im->prefix, inner);
	size_t n = strlen(inner);
	bool folder = archive_entry_filetype(e) == AE_IFDIR;

	while (n > 0 && inner[n - 1] == '/')
		inner[--n] = '\0';
	if (n == 0 || !bk_cover_shows(&im->cover, inner, folder) || folder)
		return;
	if (!bk_scan_count(im->scan, im->path, 1))
		return;
	if (archive_entry_hardlink(e) || archive_entry_filetype(e) == AE_IFREG)
		take_file(im, l, e, path);
}

/* False where the layer could not be read to its end. */
static bool read_entries(struct image *im, struct layer *l, const char **why)
{
	struct archive_entry *e;
	int64_t before = 0;
	int status;

	while ((status = archive_read_next_header(l->tar, &e)) >= ARCHIVE_WARN && status != ARCHIVE_EOF) {
		int64_t now = archive_filter_bytes(l->tar, 0);

		if (!bk_scan_unpacked(im->scan, im->path, (uint64_t)(now - before)) || im->scan->full)
			return true;
		before = now;
		take_entry(im, l, e);
	}
	*why = archive_error_string(l->tar);
	return status == ARCHIVE_EOF;
}

static void scan_layer(struct image *im, const char *name)
{
	const char *why = "not there";
	struct layer *l = bk_alloc(sizeof *l);
	bool whole = false;

	l->member = bk_member_open(&im->holder, name, &why);
	l->tar = archive_read_new();
	archive_read_support_filter_all(l->tar);
	archive_read_support_format_tar(l->tar);
	archive_read_support_format_empty(l->tar);
	if (l->member) {
		if (archive_read_open(l->tar, l, NULL, read_layer, NULL) == ARCHIVE_OK)
			whole = read_entries(im, l, &why);
		else
			why = archive_error_string(l->tar);
	}
	if (!whole)
		bk_scan_warn_path(im->scan, im->path, "the layer %s was not read to its end: %s", name, why ? why : "damaged");
	archive_read_free(l->tar);
	bk_member_close(l->member);
	free(l);
	bk_cover_next(&im->cover);
}

/* --- manifests --- */

/* "sha256:HEX" -> blobs/sha256/HEX; NULL for anything else. */
static char *blob_of(const char *digest)
{
	const char *colon = digest ? strchr(digest, ':') : NULL;

	if (!colon || strspn(digest, "abcdefghijklmnopqrstuvwxyz0123456789+._-") != (size_t)(colon - digest) ||
	    strspn(colon + 1, "0123456789abcdef") != strlen(colon + 1) || !colon[1] || *digest == '.')
		return NULL;
	return bk_format("blobs/%.*s/%s", (int)(colon - digest), digest, colon + 1);
}

/* What a function in an image calls its handler is the command's first word: "app.handler". */
static void begin_function(struct image *im, const char *config, const char *name)
{
	json_t *root = config ? bk_member_json(&im->holder, config) : NULL, *settings = json_object_get(root, "config");
	const char *command = json_string_value(json_array_get(json_object_get(settings, "Cmd"), 0));

	if (!im->named)
		bk_scan_function(im->scan, name ? name : "", command && strchr(command, '.') && *command != '/' ? command : NULL, NULL);
	json_decref(root);
	im->scan->report->recognised = true;
}

static void scan_layers(struct image *im, char *const *layers, size_t count)
{
	for (size_t i = count; i-- > 0; )
		if (layers[i])
			scan_layer(im, layers[i]);
		else
			bk_scan_warn_path(im->scan, im->path, "layer %zu has no usable name", i);
	bk_cover_free(&im->cover);
	bk_scan_settle(im->scan);
}

static void scan_list(struct image *im, json_t *list, bool digests)
{
	char *layers[LAYERS_MAX];
	size_t count = json_array_size(list);

	if (count > LAYERS_MAX) {
		bk_scan_warn_path(im->scan, im->path, "not read: more than %d layers", LAYERS_MAX);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		json_t *layer = json_array_get(list, i);
		const char *name = json_string_value(layer);

		layers[i] = digests ? blob_of(bk_json_text(layer, "digest")) : name ? bk_strdup(name) : NULL;
	}
	scan_layers(im, layers, count);
	for (size_t i = 0; i < count; i++)
		free(layers[i]);
}

/* docker save: a list of images. */
static void scan_saved(struct image *im, json_t *manifest)
{
	size_t count = json_array_size(manifest);

	for (size_t i = 0; i < count; i++) {
		json_t *entry = json_array_get(manifest, i);
		const char *tag = json_string_value(json_array_get(json_object_get(entry, "RepoTags"), 0));

		begin_function(im, bk_json_text(entry, "Config"), count > 1 ? tag : NULL);
		scan_list(im, json_object_get(entry, "Layers"), false);
	}
}

/* Of several the one for Linux on x86-64, else the first for a known system: attestations say "unknown". */
static json_t *choose(json_t *manifests)
{
	json_t *best = NULL, *platform, *entry;
	size_t i;

	json_array_foreach(manifests, i, entry) {
		const char *system, *machine;

		platform = json_object_get(entry, "platform");
		system = bk_json_text(platform, "os");
		machine = bk_json_text(platform, "architecture");
		if (system && strcmp(system, "linux") == 0 && machine && strcmp(machine, "amd64") == 0)
			return entry;
		if (!best && !(system && strcmp(system, "unknown") == 0))
			best = entry;
	}
	return best;
}

static void scan_index(struct image *im, json_t *index, unsigned depth)
{
	json_t *manifests = json_object_get(index, "manifests"), *entry = choose(manifests), *manifest;
	BK_FREE char *blob = blob_of(bk_json_text(entry, "digest"));

	if (json_array_size(manifests) > 1)
		bk_diag_add(&im->scan->report->diags, BK_NOTE, im->path, 0, 0, "of %zu manifests one was read: %s", json_array_size(manifests), blob ? blob : "none");
	manifest = blob ? bk_member_json(&im->holder, blob) : NULL;
	if (!manifest) {
		bk_scan_warn_path(im->scan, im->path, "the image's manifest %s was not read", blob ? blob : "");
	} else if (json_object_get(manifest, "manifests") && depth < INDEX_DEPTH) {
		scan_index(im, manifest, depth + 1);
	} else {
		BK_FREE char *config = blob_of(bk_json_text(json_object_get(manifest, "config"), "digest"));

		begin_function(im, config, NULL);
		scan_list(im, json_object_get(manifest, "layers"), true);
	}
	json_decref(manifest);
}

static bool scan(struct image *im)
{
	json_t *saved = bk_member_json(&im->holder, "manifest.json"), *index = NULL;
	bool found = json_is_array(saved) && json_is_array(json_object_get(json_array_get(saved, 0), "Layers"));

	if (found) {
		scan_saved(im, saved);
	} else {
		index = bk_member_json(&im->holder, "index.json");
		found = json_is_array(json_object_get(index, "manifests"));
		if (found)
			scan_index(im, index, 0);
	}
	json_decref(saved);
	json_decref(index);
	return found;
}

bool bk_image(struct bk_scan *s, const char *file, const char *path, const char *prefix, bool named)
{
	struct image im = { .scan = s, .path = path, .prefix = prefix, .holder = { .path = file }, .named = named };
	bool found;

	im.holder.folder = open(file, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	found = scan(&im);
	if (im.holder.folder >= 0)
		close(im.holder.folder);
	return found;
}

/* "oci-layout" is the mark of one form; a manifest.json of anything else has no layers, and scan() says so. */
bool bk_image_folder(const char *folder)
{
	BK_FREE char *layout = bk_format("%s/oci-layout", folder), *blobs = bk_format("%s/blobs", folder), *saved = bk_format("%s/manifest.json", folder);
	BK_FREE char *tags = bk_format("%s/repositories", folder);

	return (access(layout, R_OK) == 0 && access(blobs, X_OK) == 0) || (access(saved, R_OK) == 0 && access(tags, R_OK) == 0);
}
