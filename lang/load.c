/* SPDX-License-Identifier: Apache-2.0 */
/* A policy for use from a file, whichever form it has. */
#include <string.h>
#include "lang/policy_model.h"

static bool check_compiled(const char *path, const struct bk_buf *bytes, struct bk_diags *d)
{
	const struct bk_policy_header *h = (const void *)bytes->at;
	struct bk_policy p;
	uint8_t digest[32];
	uint32_t at = 0;
	enum bk_policy_error error = bk_policy_verify(&p, bytes->at, bytes->len, &at);

	if (error != BK_POLICY_OK) {
		bk_diag_add(d, BK_ERROR, path, 0, 0, "%s (at byte %u)", bk_policy_error_text(error), at);
		return false;
	}
	bk_policy_digest(bytes->at, bytes->len, digest);
	if (!memcmp(digest, h->digest, 32))
		return true;
	bk_diag_add(d, BK_ERROR, path, 0, 0, "its digest is not that of its content: somebody edited the compiled file");
	return false;
}

bool bk_policy_load(const char *path, struct bk_buf *bytes, struct bk_diags *d)
{
	static const uint64_t magic = BK_POLICY_MAGIC;
	BK_BUF file = { 0 };
	int error = bk_read_file(path, BK_POLICY_MAX, &file);

	if (error < 0) {
		bk_diag_add(d, BK_ERROR, path, 0, 0, "cannot be read: %s", strerror(-error));
		return false;
	}
	if (file.len >= sizeof magic && !memcmp(file.at, &magic, sizeof magic)) {
		if (!check_compiled(path, &file, d))
			return false;
		bk_buf_add(bytes, file.at, file.len);
		return true;
	}
	struct bk_model *m = bk_policy_parse(path, file.at, file.len, d);
	bool good = m && bk_policy_compile(m, bytes, d) == 0;

	bk_model_free(m);
	return good;
}
