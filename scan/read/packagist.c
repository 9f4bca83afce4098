/* SPDX-License-Identifier: Apache-2.0 */
/* Packagist: composer.lock, and vendor/composer/installed.json of Composer 1 (a list) and 2 (an object). */
#include <string.h>

#include "scan/reader.h"

static void packages(struct bk_file *f, const json_t *list, enum bk_evidence evidence, bool dev)
{
	json_t *entry;
	size_t i;

	json_array_foreach((json_t *)list, i, entry)
		bk_take(f, BK_PACKAGIST, bk_json_text(entry, "name"), bk_json_text(entry, "version"), evidence, dev);
}

void bk_read_composer_lock(struct bk_file *f)
{
	json_t *value = bk_file_json(f);

	packages(f, json_object_get(value, "packages"), BK_LOCK, false);
	packages(f, json_object_get(value, "packages-dev"), BK_LOCK, true);
	json_decref(value);
}

void bk_read_installed_json(struct bk_file *f)
{
	json_t *value = bk_file_json(f);

	packages(f, json_is_array(value) ? value : json_object_get(value, "packages"), BK_INSTALLED, false);
	json_decref(value);
}
