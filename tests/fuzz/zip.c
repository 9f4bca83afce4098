/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a package: refused with a diagnostic, or wrapped so that undoing gives the same bytes. */
#include <stdlib.h>
#include <string.h>
#include "pack/pack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	BK_BUF shim = { 0 };
	BK_BUF in = { 0 };
	BK_BUF out = { 0 };
	BK_BUF back = { 0 };
	struct bk_pack_parts parts = { .shim = &shim, .policy = &shim };
	struct bk_diags d = { 0 };
	bool started;

	bk_buf_text(&shim, "a program");
	bk_buf_add(&in, data, size);
	if (!bk_zip_wrap("fuzz", &in, &parts, &out, &started, &d)) {
		if (!d.errors)
			abort();
	} else if (!bk_zip_unwrap("fuzz", &out, &back, &d) || back.len != in.len || memcmp(back.at, in.at, in.len) != 0) {
		abort();
	}
	back.len = 0;
	bk_zip_unwrap("fuzz", &in, &back, &d);
	bk_diags_free(&d);
	return 0;
}
