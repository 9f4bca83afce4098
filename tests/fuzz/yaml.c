/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as policy text: refused with a diagnostic, or a policy that survives printing, compiling and showing unchanged. */
#include <stdlib.h>
#include <string.h>
#include "lang/policy_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct bk_model *parse(const char *text, size_t size, bool must)
{
	struct bk_diags d = { 0 };
	struct bk_model *m = bk_policy_parse("fuzz", text, size, &d);

	if (!m && (must || !d.errors))
		abort();
	bk_diags_free(&d);
	return m;
}

/* Compiles, shows: the text in `out`. */
static void there_and_back(const struct bk_model *m, struct bk_buf *out)
{
	struct bk_diags d = { 0 };
	BK_BUF bytes = { 0 };
	struct bk_policy p;

	if (bk_policy_compile(m, &bytes, &d) || bk_policy_verify(&p, bytes.at, bytes.len, NULL) != BK_POLICY_OK)
		abort();
	struct bk_model *back = bk_policy_decompile(&p);
	bk_policy_print(back, out);
	bk_model_free(back);
	bk_diags_free(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bk_model *m = parse((const char *)data, size, false), *again;
	BK_BUF first = { 0 }; BK_BUF second = { 0 };

	if (!m)
		return 0;
	there_and_back(m, &first);
	again = parse(first.at, first.len, true);
	there_and_back(again, &second);
	if (first.len != second.len || memcmp(first.at, second.at, first.len))
		abort();
	bk_model_free(m);
	bk_model_free(again);
	return 0;
}
