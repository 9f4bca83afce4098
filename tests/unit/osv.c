/* SPDX-License-Identifier: Apache-2.0 */
/* OSV's evaluation: each row is an affected entry as a record has it, and versions that are in it or not. */
#include "scan/osv.h"

#include "tests/support/tap.h"

static const struct row {
	const char *what, *ecosystem, *entry, *in, *out;
} rows[] = {
	{ "introduced 0 is before everything", "npm", "\"ranges\":[{\"type\":\"SEMVER\",\"events\":[{\"introduced\":\"0\"},{\"fixed\":\"1.0.2\"}]}]",
	  "0.0.0-0 0.0.1 1.0.1 1.0.2-rc.1", "1.0.2 1.0.3 2.0.0" },
	{ "without an end", "npm", "\"ranges\":[{\"type\":\"SEMVER\",\"events\":[{\"introduced\":\"0\"}]}]", "0.0.1 99.0.0", "" },
	{ "events out of order", "npm", "\"ranges\":[{\"type\":\"SEMVER\",\"events\":[{\"fixed\":\"2.1.0\"},{\"introduced\":\"1.0.0\"},{\"fixed\":\"1.5.0\"},{\"introduced\":\"2.0.0\"}]}]",
	  "1.0.0 1.4.9 2.0.0 2.0.9", "0.9.0 1.5.0 1.9.9 2.1.0" },
	{ "fixed and introduced again at one version", "npm", "\"ranges\":[{\"type\":\"SEMVER\",\"events\":[{\"introduced\":\"1.0.0\"},{\"fixed\":\"2.0.0\"},{\"introduced\":\"2.0.0\"},{\"fixed\":\"3.0.0\"}]}]",
	  "1.0.0 2.0.0 2.9.9", "3.0.0" },
	{ "an empty range", "crates.io", "\"ranges\":[{\"type\":\"SEMVER\",\"events\":[{\"introduced\":\"0.10.0\"},{\"fixed\":\"0.10.0\"}]}]", "", "0.9.0 0.10.0 0.11.0" },
	{ "last_affected is affected", "Maven", "\"ranges\":[{\"type\":\"ECOSYSTEM\",\"events\":[{\"introduced\":\"1.2\"},{\"last_affected\":\"1.2.17\"}]}]",
	  "1.2 1.2.17 1.2.9", "1.1 1.2.18 1.2.17.1" },
	{ "limit", "npm", "\"ranges\":[{\"type\":\"SEMVER\",\"events\":[{\"introduced\":\"1.0.0\"},{\"limit\":\"2.0.0\"}]}]", "1.0.0 1.9.9 2.0.0-0", "2.0.0 3.0.0" },
	{ "limit *", "npm", "\"ranges\":[{\"type\":\"SEMVER\",\"events\":[{\"introduced\":\"1.0.0\"},{\"limit\":\"*\"}]}]", "1.0.0 9.0.0", "0.9.0" },
	{ "one of two limits", "npm", "\"ranges\":[{\"type\":\"SEMVER\",\"events\":[{\"introduced\":\"0\"},{\"limit\":\"1.0.0\"},{\"limit\":\"2.0.0\"}]}]", "0.5.0 1.5.0", "2.0.0" },
	{ "GIT ranges say nothing", "PyPI", "\"ranges\":[{\"type\":\"GIT\",\"repo\":\"x\",\"events\":[{\"introduced\":\"0\"}]},{\"type\":\"ECOSYSTEM\",\"events\":[{\"introduced\":\"5.1\"},{\"fixed\":\"5.4\"}]}]",
	  "5.1 5.3.1 5.4b1", "5.0 5.4 5.4.post1" },
	{ "versions", "PyPI", "\"versions\":[\"1.0\",\"1.1rc1\"]", "1.0 1.0.0 1.1c1 v1.0", "1.1 0.9" },
	{ "versions beside ranges", "PyPI", "\"ranges\":[{\"type\":\"ECOSYSTEM\",\"events\":[{\"introduced\":\"2\"},{\"fixed\":\"3\"}]}],\"versions\":[\"1.0\",\"2.5\"]", "1.0 2.5 2.6", "1.5 3" },
	{ "the second range", "Go", "\"ranges\":[{\"type\":\"SEMVER\",\"events\":[{\"introduced\":\"0\"},{\"fixed\":\"1.19.9\"}]},{\"type\":\"SEMVER\",\"events\":[{\"introduced\":\"1.20.0-0\"},{\"fixed\":\"1.20.4\"}]}]",
	  "1.19.8 v1.20.0 1.20.3 1.20rc1", "1.19.9 1.20.4 1.21.0" },
	{ "pseudo-versions", "Go", "\"ranges\":[{\"type\":\"SEMVER\",\"events\":[{\"introduced\":\"0\"},{\"fixed\":\"0.0.0-20200622213623-75b288015ac9\"}]}]",
	  "v0.0.0-20190308221718-c2843e01d9a2", "v0.0.0-20200820211705-5c72a883971a v0.1.0" },
	{ "Debian", "Debian:12", "\"ranges\":[{\"type\":\"ECOSYSTEM\",\"events\":[{\"introduced\":\"0\"},{\"fixed\":\"3.0.11-1~deb12u2\"}]}]", "3.0.11-1~deb12u1 3.0.9-1", "3.0.11-1~deb12u2 3.0.11-1" },
	{ "Alpine", "Alpine:v3.19", "\"ranges\":[{\"type\":\"ECOSYSTEM\",\"events\":[{\"introduced\":\"0\"},{\"fixed\":\"3.1.4-r3\"}]}]", "3.1.4-r2 3.1.4", "3.1.4-r3 3.1.4-r10" },
	{ "an event that is above the rest", "RubyGems", "\"ranges\":[{\"type\":\"ECOSYSTEM\",\"events\":[{\"introduced\":\"7.0.A\"},{\"fixed\":\"7.0.4.1\"}]}]", "7.0.0.rc1 7.0.4", "6.1 6.9.Z 7.0.4.1" },
};

/* What is wrong with a record is said, and nothing of it is kept. */
static const struct { const char *what, *text, *why; } bad[] = {
	{ "no JSON", "{\"id\": \"X\",\n", "line 2" },
	{ "no object", "[]", "no object" },
	{ "no id", "{}", "no id" },
	{ "an id with a blank", "{\"id\":\"A B\"}", "no id" },
	{ "affected is a text", "{\"id\":\"X\",\"affected\":\"all\"}", "X: affected" },
	{ "ranges is a text", "{\"id\":\"X\",\"affected\":[{\"package\":{\"ecosystem\":\"npm\",\"name\":\"a\"},\"ranges\":\"all\"}]}", "ranges" },
	{ "versions is a number", "{\"id\":\"X\",\"affected\":[{\"package\":{\"ecosystem\":\"npm\",\"name\":\"a\"},\"versions\":1}]}", "versions" },
	{ "a version is a number", "{\"id\":\"X\",\"affected\":[{\"package\":{\"ecosystem\":\"npm\",\"name\":\"a\"},\"versions\":[1]}]}", "version that is no text" },
	{ "an unknown range", "{\"id\":\"X\",\"affected\":[{\"package\":{\"ecosystem\":\"npm\",\"name\":\"a\"},\"ranges\":[{\"type\":\"FUZZY\",\"events\":[{}]}]}]}", "unknown type" },
	{ "an unknown event", "{\"id\":\"X\",\"affected\":[{\"package\":{\"ecosystem\":\"npm\",\"name\":\"a\"},\"ranges\":[{\"type\":\"SEMVER\",\"events\":[{\"broken\":\"1\"}]}]}]}", "event" },
	{ "a package without a name", "{\"id\":\"X\",\"affected\":[{\"package\":{\"ecosystem\":\"npm\"}}]}", "package" },
	{ "a zero byte", "{\"id\":\"X\\u0000Y\"}", "line 1" },
};

static bool parse_entry(const struct row *row, struct bk_osv_record *r)
{
	BK_FREE char *text = bk_format("{\"id\":\"X-1\",\"affected\":[{\"package\":{\"ecosystem\":\"%s\",\"name\":\"A_b.C\"},%s}]}", row->ecosystem, row->entry);
	char *why = NULL;
	bool good = bk_osv_parse(text, strlen(text), r, &why);

	if (!good)
		printf("# %s\n", why);
	free(why);
	return good;
}

static int count_wrong(const struct bk_osv_affected *a, const char *versions, int wanted)
{
	int wrong = 0;

	for (const char *at = versions; *at; at += strspn(at, " ")) {
		size_t n = strcspn(at, " ");
		BK_FREE char *v = bk_strndup(at, n);

		if (bk_osv_affects(a->rule.at, a->rule.len, a->ecosystem, v) != wanted) {
			printf("# %s is%s affected\n", v, wanted ? " not" : "");
			wrong++;
		}
		at += n;
	}
	return wrong;
}

static void check(const struct row *row)
{
	struct bk_osv_record r;
	int wrong = !parse_entry(row, &r) || r.count != 1;

	if (!wrong)
		wrong = count_wrong(&r.affected[0], row->in, 1) + count_wrong(&r.affected[0], row->out, 0);
	ok(!wrong, "%s (%s)", row->what, row->ecosystem);
	bk_osv_free(&r);
}

static void check_bad(size_t i)
{
	struct bk_osv_record r;
	char *why = NULL;

	bool good = bk_osv_parse(bad[i].text, strlen(bad[i].text), &r, &why);

	ok(!good && strstr(why, bad[i].why) && !r.id, "%s: %s", bad[i].what, why);
	free(why);
}

static void check_record(void)
{
	static const char text[] = "{\"id\":\"GHSA-1\",\"aliases\":[\"CVE-2020-1\",\"X-2\",7],\"modified\":\"2024-01-01T00:00:00Z\",\"summary\":\"it\\nbreaks\","
		"\"references\":[{\"type\":\"WEB\",\"url\":\"w\"},{\"type\":\"ADVISORY\",\"url\":\"a\"}],\"severity\":[{\"type\":\"CVSS_V3\",\"score\":\"CVSS:3.1/AV:N\"}],"
		"\"database_specific\":{\"severity\":\"HIGH\"},\"affected\":[{\"package\":{\"ecosystem\":\"PyPI\",\"name\":\"A_b..C\"},\"versions\":[\"1\"]},"
		"{\"package\":{\"ecosystem\":\"SwiftURL\",\"name\":\"s\"},\"versions\":[\"1\"]},{\"ranges\":[{\"type\":\"GIT\",\"events\":[]}]},"
		"{\"package\":{\"ecosystem\":\"Maven:https://repo.example\",\"name\":\"g:a\"},\"versions\":[\"1\"]},{\"package\":{\"ecosystem\":\"Rocky Linux:9\",\"name\":\"bash\"},\"versions\":[\"1\"]}]}";
	struct bk_osv_record r;
	char *why = NULL;

	ok(bk_osv_parse(text, sizeof text - 1, &r, &why), "a record with everything");
	ok(strcmp(r.aliases, "CVE-2020-1 X-2") == 0 && strcmp(r.url, "a") == 0 && strcmp(r.summary, "it") == 0 && strcmp(r.severity, "HIGH") == 0, "its texts");
	ok(r.count == 3 && r.foreign == 1, "an ecosystem without an order is counted, commits without a package are not");
	ok(strcmp(r.affected[0].name, "a-b-c") == 0, "PyPI's names are normalised");
	ok(r.affected[1].ecosystem == BK_MAVEN && !*r.affected[1].release, "a repository is no release");
	ok(r.affected[2].ecosystem == BK_RPM && strcmp(r.affected[2].release, "rocky-9") == 0, "a distribution's release");
	bk_osv_free(&r);
	ok(bk_osv_parse("{\"id\":\"X\",\"withdrawn\":\"2024\",\"affected\":[{}]}", 45, &r, &why) && r.withdrawn && !r.count, "a withdrawn record");
	bk_osv_free(&r);
}

static void check_damage(void)
{
	static const char whole[] = "S\0i0\0f2.0.0";	/* the literal's own zero ends the last token */

	ok(bk_osv_affects(whole, sizeof whole, BK_NPM, "1.0.0") == 1, "a rule");
	ok(bk_osv_affects(whole, sizeof whole - 1, BK_NPM, "1.0.0") == -1, "a rule that is cut is damaged");
	ok(bk_osv_affects("x1\0", 3, BK_NPM, "1.0.0") == -1, "a rule with an unknown token is damaged");
	ok(bk_osv_affects("", 0, BK_NPM, "1.0.0") == 0, "an empty rule affects nothing");
}

/* A record of "\"1.0.0\"," or the like, `count` times between head and tail. */
static char *many(const char *head, const char *item, int count, const char *tail)
{
	struct bk_buf out = { 0 };

	bk_buf_text(&out, head);
	for (int i = 0; i < count; i++)
		bk_buf_printf(&out, "%s%s", i ? "," : "", item);
	bk_buf_text(&out, tail);
	return out.at;
}

#define NPM_ENTRY "{\"id\":\"X\",\"affected\":[{\"package\":{\"ecosystem\":\"npm\",\"name\":\"a\"},"

static void check_many(void)
{
	BK_FREE char *events = many(NPM_ENTRY "\"ranges\":[{\"type\":\"SEMVER\",\"events\":[", "{\"fixed\":\"1.0.0\"}", 20001, "]}]}]}");
	BK_FREE char *both = many(NPM_ENTRY "\"ranges\":[{\"type\":\"SEMVER\",\"events\":[{\"introduced\":\"2.0.0\"},{\"fixed\":\"3.0.0\"}]}],\"versions\":[", "\"1.0.0\"", 1000000, "]}]}");
	BK_FREE char *digits = many("", "1111111", 150, ""), *length = many(NPM_ENTRY "\"versions\":[\"", digits, 1, "\"]}]}");
	struct bk_osv_record r;
	char *why = NULL;

	ok(!bk_osv_parse(events, strlen(events), &r, &why) && strstr(why, "20,000 events"), "a record of 20,001 events is refused");
	free(why);
	ok(!bk_osv_parse(length, strlen(length), &r, &why) && strstr(why, "1024 bytes"), "a version of 1,199 bytes is refused");
	free(why);
	ok(bk_osv_parse(both, strlen(both), &r, &why) && r.count == 1, "a record of a million versions is read");
	ok(bk_osv_affects(r.affected[0].rule.at, r.affected[0].rule.len, BK_NPM, "1.0.0") == 1 &&
	   bk_osv_affects(r.affected[0].rule.at, r.affected[0].rule.len, BK_NPM, "2.5.0") == 1 &&
	   bk_osv_affects(r.affected[0].rule.at, r.affected[0].rule.len, BK_NPM, "3.0.0") == 0, "and evaluated");
	bk_osv_free(&r);
}

int main(void)
{
	check_many();
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		check(&rows[i]);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		check_bad(i);
	check_record();
	check_damage();
	return tap_end();
}
