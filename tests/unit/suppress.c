/* SPDX-License-Identifier: Apache-2.0 */
/* What suppresses a finding, what does not, and what is wrong in a file that says so. */
#include "scan/suppress.h"

#include "tests/support/tap.h"

#define PRODUCT "\"products\": [{\"@id\": \"pkg:npm/lodash@4.17.15\"}]"

enum form { IGNORE, VEX };

/* Files over one finding: CVE-2021-23337 (alias GHSA-35jh-r3h4-6jhm) in pkg:npm/%40a/lodash@4.17.15 or pkg:npm/lodash@4.17.15. */
static const struct {
	const char *what;
	enum form form;
	const char *text;
	const char *reason;		/* NULL: the finding counts */
	const char *diag;		/* part of the first diagnostic; NULL: there is none */
} rows[] = {
	{ "an id", IGNORE, "ignore:\n  - id: CVE-2021-23337\n    reason: because\n", "because", NULL },
	{ "an alias, in lower case", IGNORE, "ignore:\n  - id: ghsa-35jh-r3h4-6jhm\n    reason: because\n", "because", NULL },
	{ "another id", IGNORE, "ignore:\n  - id: CVE-2021-2333\n    reason: because\n", NULL, "fits no finding" },
	{ "a package", IGNORE, "ignore:\n  - package: pkg:npm/lodash@4.17.15\n    reason: because\n", "because", NULL },
	{ "a package without a version", IGNORE, "ignore:\n  - package: pkg:npm/lodash\n    reason: because\n", "because", NULL },
	{ "another version", IGNORE, "ignore:\n  - package: pkg:npm/lodash@4.17.1\n    reason: because\n", NULL, "fits no finding" },
	{ "a longer name", IGNORE, "ignore:\n  - package: pkg:npm/lodash.template\n    reason: because\n", NULL, "fits no finding" },
	{ "a path", IGNORE, "ignore:\n  - path: \"node_modules/*\"\n    reason: because\n", "because", NULL },
	{ "a path that is a part", IGNORE, "ignore:\n  - path: node_modules\n    reason: because\n", NULL, "fits no finding" },
	{ "id and package, both", IGNORE, "ignore:\n  - id: CVE-2021-23337\n    package: pkg:npm/other\n    reason: because\n", NULL, "fits no finding" },
	{ "its last day", IGNORE, "ignore:\n  - id: CVE-2021-23337\n    reason: because\n    expires: 2026-11-27\n", "because", NULL },
	{ "past its day", IGNORE, "ignore:\n  - id: CVE-2021-23337\n    reason: because\n    expires: 2026-11-26\n", NULL, "ended on 2026-11-26" },
	{ "an empty file", IGNORE, "", NULL, NULL },
	{ "an empty list", IGNORE, "ignore: []\n", NULL, NULL },
	{ "no reason", IGNORE, "ignore:\n  - id: CVE-2021-23337\n", NULL, "the reason is missing" },
	{ "an empty reason", IGNORE, "ignore:\n  - id: CVE-2021-23337\n    reason: \"\"\n", NULL, "reason wants a text" },
	{ "only a reason", IGNORE, "ignore:\n  - reason: because\n", NULL, "would ignore everything" },
	{ "an unknown key", IGNORE, "ignore:\n  - id: X\n    until: 2026\n    reason: b\n", NULL, "unknown key until" },
	{ "a key twice", IGNORE, "ignore:\n  - id: X\n    id: Y\n    reason: b\n", NULL, "twice" },
	{ "no day", IGNORE, "ignore:\n  - id: X\n    expires: 2026-13-01\n    reason: b\n", NULL, "expires wants a day" },
	{ "no package URL", IGNORE, "ignore:\n  - package: lodash\n    reason: b\n", NULL, "package URL" },
	{ "a list of texts", IGNORE, "ignore:\n  - CVE-2021-23337\n", NULL, "an entry is a mapping" },
	{ "no YAML", IGNORE, "ignore: [\n", NULL, "" },
	{ "another file", IGNORE, "version: 1\n", NULL, "unknown key" },
	{ "an alias of itself", IGNORE, "ignore: &a\n  - *a\n", NULL, "an entry is a mapping" },

	{ "not affected", VEX, "{\"statements\": [{\"vulnerability\": {\"name\": \"CVE-2021-23337\"}, " PRODUCT ", \"status\": \"not_affected\", \"justification\": \"vulnerable_code_not_in_execute_path\"}]}",
	  "VEX: not affected: vulnerable_code_not_in_execute_path", NULL },
	{ "by an alias of the statement", VEX, "{\"statements\": [{\"vulnerability\": {\"name\": \"X\", \"aliases\": [\"GHSA-35jh-r3h4-6jhm\"]}, " PRODUCT ", \"status\": \"fixed\"}]}", "VEX: fixed", NULL },
	{ "0.0.1: a vulnerability is a text", VEX, "{\"statements\": [{\"vulnerability\": \"CVE-2021-23337\", \"products\": [\"pkg:npm/lodash\"], \"status\": \"fixed\"}]}", "VEX: fixed", NULL },
	{ "a part of a product", VEX, "{\"statements\": [{\"vulnerability\": {\"name\": \"CVE-2021-23337\"}, \"products\": [{\"@id\": \"pkg:oci/image\", \"subcomponents\": [{\"@id\": \"pkg:npm/lodash@4.17.15\"}]}], \"status\": \"fixed\"}]}", "VEX: fixed", NULL },
	{ "identifiers", VEX, "{\"statements\": [{\"vulnerability\": {\"name\": \"CVE-2021-23337\"}, \"products\": [{\"@id\": \"x\", \"identifiers\": {\"purl\": \"pkg:npm/lodash\"}}], \"status\": \"fixed\"}]}", "VEX: fixed", NULL },
	{ "affected", VEX, "{\"statements\": [{\"vulnerability\": {\"name\": \"CVE-2021-23337\"}, " PRODUCT ", \"status\": \"affected\", \"action_statement\": \"update\"}]}", NULL, NULL },
	{ "another product", VEX, "{\"statements\": [{\"vulnerability\": {\"name\": \"CVE-2021-23337\"}, \"products\": [{\"@id\": \"pkg:npm/other\"}], \"status\": \"fixed\"}]}", NULL, "fits no finding" },
	{ "a later statement takes it back", VEX, "{\"statements\": ["
	  "{\"timestamp\": \"2026-02-01T00:00:00Z\", \"vulnerability\": {\"name\": \"CVE-2021-23337\"}, " PRODUCT ", \"status\": \"under_investigation\"},"
	  "{\"timestamp\": \"2026-01-01T00:00:00Z\", \"vulnerability\": {\"name\": \"CVE-2021-23337\"}, " PRODUCT ", \"status\": \"fixed\"}]}", NULL, NULL },
	{ "not affected without a reason", VEX, "{\"statements\": [{\"vulnerability\": {\"name\": \"CVE-2021-23337\"}, " PRODUCT ", \"status\": \"not_affected\"}]}", NULL, "justification" },
	{ "an unknown status", VEX, "{\"statements\": [{\"vulnerability\": {\"name\": \"CVE-2021-23337\"}, " PRODUCT ", \"status\": \"fine\"}]}", NULL, "unknown" },
	{ "no products", VEX, "{\"statements\": [{\"vulnerability\": {\"name\": \"CVE-2021-23337\"}, \"status\": \"fixed\"}]}", NULL, "without products" },
	{ "no vulnerability", VEX, "{\"statements\": [{" PRODUCT ", \"status\": \"fixed\"}]}", NULL, "without a vulnerability" },
	{ "no document", VEX, "{}", NULL, "no OpenVEX document" },
	{ "no JSON", VEX, "{", NULL, "" },
};

static void add_one(struct bk_report *r)
{
	struct bk_component c = { .ecosystem = BK_NPM, .name = "lodash", .version = "4.17.15", .path = "node_modules/lodash/package.json" };
	struct bk_finding f = { .detector = "advisory", .id = bk_strdup("CVE-2021-23337"), .aliases = bk_alloc(2 * sizeof(char *)), .path = bk_strdup(c.path) };

	f.aliases[0] = bk_strdup("GHSA-35jh-r3h4-6jhm");
	bk_components_add(&r->components, &c);
	r->findings = bk_grow(r->findings, &r->finding_cap, 1, sizeof f);
	r->findings[r->finding_count++] = f;
}

static void check(size_t i)
{
	struct bk_suppressions list = { 0 };
	struct bk_report r = { 0 };
	const char *got, *said;

	add_one(&r);
	if ((rows[i].form == IGNORE ? bk_ignore_parse : bk_vex_parse)("f", rows[i].text, strlen(rows[i].text), &list, &r.diags))
		bk_suppress(&list, "2026-11-27", &r);
	got = r.findings[0].suppressed;
	said = r.diags.count ? r.diags.at[0].message : NULL;
	ok((got && rows[i].reason) ? strcmp(got, rows[i].reason) == 0 : got == rows[i].reason, "%s: %s", rows[i].what, got ? got : "counts");
	ok((said && rows[i].diag) ? strstr(said, rows[i].diag) != NULL : said == rows[i].diag, "%s: said: %s", rows[i].what, said ? said : "nothing");
	bk_suppressions_free(&list);
	bk_report_free(&r);
}

static const struct { const char *wanted, *purl; bool fits; } purls[] = {
	{ "pkg:npm/@babel/core", "pkg:npm/%40babel/core@7.0.0", true }, { "pkg:npm/%40babel/core@7.0.0", "pkg:npm/@babel/core@7.0.0", true },
	{ "pkg:npm/@babel/core@7.0.0", "pkg:npm/%40babel/core@7.0.1", false }, { "pkg:npm/core", "pkg:npm/%40babel/core@7.0.0", false },
	{ "pkg:deb/debian/openssl@3.0.11-1~deb12u1?arch=amd64", "pkg:deb/debian/openssl@3.0.11-1~deb12u1?distro=12", true },
	{ "pkg:golang/a.b/c@v1.0.0+incompatible", "pkg:golang/a.b/c@v1.0.0%2Bincompatible", true }, { "", "pkg:npm/a@1", false },
};

int main(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		check(i);
	for (size_t i = 0; i < sizeof purls / sizeof *purls; i++)
		ok(bk_purl_fits(purls[i].wanted, purls[i].purl) == purls[i].fits, "'%s' %s %s", purls[i].wanted, purls[i].fits ? "is" : "is not", purls[i].purl);
	return tap_end();
}
