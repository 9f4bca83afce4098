/* SPDX-License-Identifier: Apache-2.0 */
/* Whiteouts: https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts */
#include <string.h>

#include "scan/tree/image.h"

static void remember(uint64_t **list, size_t *count, size_t *cap, uint64_t hash)
{
	*list = bk_grow(*list, cap, *count + 1, sizeof **list);
	(*list)[(*count)++] = hash;
}

/* Is the path itself gone, or a folder on the way to it gone or opaque? */
static bool is_hidden(const struct bk_cover *c, const char *path)
{
	if (bk_set_has(&c->gone, bk_set_hash(path, strlen(path))) || bk_set_has(&c->opaque, bk_set_hash("", 0)))
		return true;
	for (const char *slash = path; (slash = strchr(slash, '/')); slash++) {
		uint64_t folder = bk_set_hash(path, (size_t)(slash - path));

		if (bk_set_has(&c->gone, folder) || bk_set_has(&c->opaque, folder))
			return true;
	}
	return false;
}

static void take_whiteout(struct bk_cover *c, const char *path, const char *name)
{
	size_t folder = (size_t)(name - path);
	BK_FREE char *gone = bk_format("%.*s%s", (int)folder, path, name + 4);

	if (strcmp(name, ".wh..wh..opq") == 0)
		remember(&c->opaque_next, &c->opaque_count, &c->opaque_cap, bk_set_hash(path, folder ? folder - 1 : 0));
	else
		remember(&c->gone_next, &c->gone_count, &c->gone_cap, bk_set_hash(gone, strlen(gone)));
}

bool bk_cover_shows(struct bk_cover *c, const char *path, bool folder)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

	if (is_hidden(c, path))
		return false;
	if (strncmp(name, ".wh.", 4) == 0) {
		take_whiteout(c, path, name);
		return false;
	}
	if (!folder)
		remember(&c->gone_next, &c->gone_count, &c->gone_cap, bk_set_hash(path, strlen(path)));
	return true;
}

void bk_cover_next(struct bk_cover *c)
{
	for (size_t i = 0; i < c->gone_count; i++)
		bk_set_add(&c->gone, c->gone_next[i]);
	for (size_t i = 0; i < c->opaque_count; i++)
		bk_set_add(&c->opaque, c->opaque_next[i]);
	c->gone_count = c->opaque_count = 0;
}

void bk_cover_free(struct bk_cover *c)
{
	bk_set_free(&c->gone);
	bk_set_free(&c->opaque);
	free(c->gone_next);
	free(c->opaque_next);
	*c = (struct bk_cover){ 0 };
}
