/* SPDX-License-Identifier: Apache-2.0 */
/* YAML as templates have it: a value, or a reason with its line. */
#include <stdlib.h>

#include "scan/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	BK_BUF text = { 0 };
	BK_FREE char *why = NULL;
	unsigned line = 0;
	json_t *root;

	bk_buf_add(&text, data, size);
	root = bk_yaml_load(text.at, text.len, &why, &line);
	if (!root == !why || (why && !line))
		abort();
	json_decref(root);
	return 0;
}
