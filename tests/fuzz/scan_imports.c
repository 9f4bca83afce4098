/* SPDX-License-Identifier: Apache-2.0 */
/* The imports of a module, in both languages. */
#include <string.h>

#include "scan/reach.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take(void *with, const char *name)
{
	*(size_t *)with += strlen(name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t sum = 0;
	BK_BUF text = { 0 };

	bk_buf_add(&text, data, size);
	bk_imports_js(text.at, text.len, take, &sum);
	bk_imports_python(text.at, text.len, take, &sum);
	return 0;
}
