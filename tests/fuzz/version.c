/* SPDX-License-Identifier: Apache-2.0 */
/* The first byte is the ecosystem, the rest two versions with a line break between: comparing must end, and say the same both ways. */
#include "scan/version.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int sign(int n)
{
	return (n > 0) - (n < 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum bk_ecosystem e;
	char *a, *b;

	if (!size)
		return 0;
	e = (enum bk_ecosystem)(data[0] % BK_ECOSYSTEMS);
	a = bk_strndup((const char *)data + 1, size - 1);
	b = strchr(a, '\n');
	b = bk_strdup(b ? b + 1 : "1.0");
	a[strcspn(a, "\n")] = '\0';
	if (sign(bk_version_compare(e, a, b)) != -sign(bk_version_compare(e, b, a)) || bk_version_compare(e, a, a) != 0)
		abort();
	bk_version_semver(a, b);
	free(a);
	free(b);
	return 0;
}
