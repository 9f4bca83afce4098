/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes as an OSV record: what can be read has rules that can be evaluated.  The same bytes as a rule: damaged or not, nothing outside is read. */
#include "scan/osv.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take(void *with, const char *version)
{
	*(size_t *)with += strlen(version);
}

static void evaluate(const struct bk_osv_affected *a)
{
	static const char *const versions[] = { "0", "1.0.0", "2.0.0-rc.1", "v0.0.0-20200101000000-abcdefabcdef", "1:1.2-3~a", "" };
	size_t n = 0;

	for (size_t i = 0; i < sizeof versions / sizeof *versions; i++)
		if (bk_osv_affects(a->rule.at, a->rule.len, a->ecosystem, versions[i]) < 0)
			abort();
	if (!bk_osv_fixes(a->rule.at, a->rule.len, take, &n))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *bytes = bk_alloc(size);
	struct bk_osv_record r;
	char *why = NULL;
	size_t n = 0;

	if (size)
		memcpy(bytes, data, size);
	bk_osv_affects(bytes, size, BK_NPM, "1.0.0");
	bk_osv_fixes(bytes, size, take, &n);
	if (bk_osv_parse(bytes, size, &r, &why)) {
		for (size_t i = 0; i < r.count; i++)
			evaluate(&r.affected[i]);
		bk_osv_free(&r);
	}
	free(why);
	free(bytes);
	return 0;
}
