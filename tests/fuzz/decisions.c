/* SPDX-License-Identifier: Apache-2.0 */
/* The first byte says what the rest is: an ignore file, an OpenVEX document, a CycloneDX document.  The decisions are applied to one finding. */
#include "scan/sbom.h"
#include "scan/suppress.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void add_finding(struct bk_report *r)
{
	struct bk_component c = { .ecosystem = BK_NPM, .name = "lodash", .version = "4.17.15", .path = "node_modules/lodash/package.json" };
	struct bk_finding f = { .detector = "advisory", .id = bk_strdup("CVE-2021-23337"), .path = bk_strdup(c.path) };

	bk_components_add(&r->components, &c);
	r->findings = bk_grow(r->findings, &r->finding_cap, 1, sizeof f);
	r->findings[r->finding_count++] = f;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bk_suppressions list = { 0 };
	struct bk_report r = { 0 };
	const char *text = (const char *)data + 1;

	if (!size)
		return 0;
	add_finding(&r);
	if (data[0] % 3 == 0)
		bk_ignore_parse("f", text, size - 1, &list, &r.diags);
	else if (data[0] % 3 == 1)
		bk_vex_parse("f", text, size - 1, &list, &r.diags);
	else
		bk_sbom_read("f", text, size - 1, &r);
	bk_suppress(&list, "2026-11-27", &r);
	bk_suppressions_free(&list);
	bk_report_free(&r);
	return 0;
}
