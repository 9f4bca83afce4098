/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a template, and as a host.json: refused with a diagnostic, or changed so that undoing gives the same bytes. */
#include <stdlib.h>
#include <string.h>
#include "pack/pack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool local(void *context, const char *file)
{
	(void)context;
	return file[0] % 2;
}

static bool host(const struct bk_template_job *job, const struct bk_buf *in, struct bk_buf *out, struct bk_diags *d)
{
	return bk_host_wrap(job->name, in, local, NULL, out, d);
}

static void there_and_back(const struct bk_buf *in, bool (*wrap)(const struct bk_template_job *, const struct bk_buf *, struct bk_buf *, struct bk_diags *),
			   bool (*unwrap)(const char *, const struct bk_buf *, struct bk_buf *, struct bk_diags *))
{
	struct bk_template_job job = { .name = "fuzz", .machine = "x86-64" };
	struct bk_diags d = { 0 };
	BK_BUF out = { 0 };
	BK_BUF back = { 0 };

	if (!wrap(&job, in, &out, &d)) {
		if (!d.errors)
			abort();
	} else if (!unwrap("fuzz", &out, &back, &d) || back.len != in->len || memcmp(back.at, in->at, in->len) != 0) {
		abort();
	}
	bk_diags_free(&d);
}

/* What is no result of wrapping must not harm undoing either. */
static void undo(const struct bk_buf *in, bool (*unwrap)(const char *, const struct bk_buf *, struct bk_buf *, struct bk_diags *))
{
	struct bk_diags d = { 0 };
	BK_BUF out = { 0 };

	if (!unwrap("fuzz", in, &out, &d) && !d.errors)
		abort();
	bk_diags_free(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	BK_BUF in = { 0 };
	BK_BUF lines = { 0 };
	struct bk_diags d = { 0 };

	bk_buf_add(&in, data, size);
	there_and_back(&in, bk_template_wrap, bk_template_unwrap);
	there_and_back(&in, host, bk_host_unwrap);
	undo(&in, bk_template_unwrap);
	undo(&in, bk_host_unwrap);
	if (!bk_image_lines("fuzz", &in, "context", &lines, &d) && !d.errors)
		abort();
	bk_diags_free(&d);
	return 0;
}
