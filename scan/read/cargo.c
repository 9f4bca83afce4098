/* SPDX-License-Identifier: Apache-2.0 */
/* crates.io: Cargo.lock, and the list that cargo-auditable puts into a binary. */
#include <string.h>

#include "scan/reader.h"

/* A crate without a source is the project's own. */
void bk_read_cargo_lock(struct bk_file *f)
{
	json_t *root = bk_file_toml(f), *entry;
	size_t i;

	json_array_foreach(json_object_get(root, "package"), i, entry) {
		const char *source = bk_json_text(entry, "source");

		if (source && strncmp(source, "registry+", 9) == 0)
			bk_take(f, BK_CRATES, bk_json_text(entry, "name"), bk_json_text(entry, "version"), BK_LOCK, false);
	}
	json_decref(root);
}

/* {"packages": [{"name", "version", "source": "crates.io", "kind": "build"}]} */
void bk_read_auditable(struct bk_file *f, const char *text, size_t size)
{
	json_error_t error;
	json_t *root = json_loadb(text, size, 0, &error), *entry;
	size_t i;

	if (!root)
		bk_scan_warn(f, 0, "the list of crates is not read: %s", error.text);
	json_array_foreach(json_object_get(root, "packages"), i, entry) {
		const char *source = bk_json_text(entry, "source"), *kind = bk_json_text(entry, "kind");

		if (source && strcmp(source, "crates.io") == 0)
			bk_take(f, BK_CRATES, bk_json_text(entry, "name"), bk_json_text(entry, "version"), BK_BINARY, kind && strcmp(kind, "build") == 0);
	}
	json_decref(root);
}
