/* SPDX-License-Identifier: Apache-2.0 */
/* Names of ecosystems, packages and package URLs. */
#include "scan/ecosystem.h"

#include "scan/sbom.h"
#include "tests/support/tap.h"

static const struct { const char *osv; bool good; enum bk_ecosystem ecosystem; const char *release; } names[] = {
	{ "npm", true, BK_NPM, "" }, { "PyPI", true, BK_PYPI, "" }, { "Maven:https://repo.example/m2", true, BK_MAVEN, "" },
	{ "crates.io", true, BK_CRATES, "" }, { "Debian:12", true, BK_DEBIAN, "12" }, { "Debian", true, BK_DEBIAN, "" },
	{ "Alpine:v3.19", true, BK_ALPINE, "v3.19" }, { "Ubuntu:22.04:LTS", true, BK_DEBIAN, "ubuntu-22.04" }, { "Ubuntu:23.10", true, BK_DEBIAN, "ubuntu-23.10" },
	{ "Ubuntu:Pro:16.04:LTS", true, BK_DEBIAN, "ubuntu-16.04" }, { "Ubuntu:Pro:FIPS-updates:20.04:LTS", false, 0, NULL }, { "Wolfi", true, BK_ALPINE, "wolfi" },
	{ "Rocky Linux:9", true, BK_RPM, "rocky-9" }, { "AlmaLinux:8", true, BK_RPM, "almalinux-8" },
	{ "Red Hat:enterprise_linux:9::appstream", true, BK_RPM, "rhel-9" }, { "openSUSE:Leap 15.5", true, BK_RPM, "opensuse-leap-15.5" },
	{ "SUSE:Linux Enterprise Server 15 SP5", true, BK_RPM, "sles-15.5" }, { "Photon OS:5.0", true, BK_RPM, "photon-5.0" },
	{ "NPM", false, 0, NULL }, { "npmx", false, 0, NULL }, { "", false, 0, NULL }, { "SwiftURL", false, 0, NULL }, { "RPM", false, 0, NULL },
};

static const struct { enum bk_ecosystem ecosystem; const char *name, *key; } keys[] = {
	{ BK_PYPI, "Flask_SQLAlchemy..x", "flask-sqlalchemy-x" }, { BK_NUGET, "Newtonsoft.Json", "newtonsoft.json" }, { BK_PACKAGIST, "Guzzle/Guzzle", "guzzle/guzzle" },
	{ BK_NPM, "JSONStream", "JSONStream" }, { BK_GO, "github.com/BurntSushi/toml", "github.com/BurntSushi/toml" }, { BK_PYPI, "", "" },
};

/* A component, the package URL that is made of it; and what reading that gives is the component again. */
static const struct { struct bk_component c; const char *purl; } purls[] = {
	{ { .ecosystem = BK_NPM, .name = "@babel/core", .version = "7.0.0" }, "pkg:npm/%40babel/core@7.0.0" },
	{ { .ecosystem = BK_MAVEN, .name = "org.apache:log4j core", .version = "1.0" }, "pkg:maven/org.apache/log4j%20core@1.0" },
	{ { .ecosystem = BK_GO, .name = "github.com/a/b", .version = "v1.0.0+incompatible" }, "pkg:golang/github.com/a/b@v1.0.0%2Bincompatible" },
	{ { .ecosystem = BK_PYPI, .name = "pyyaml", .version = "5.3" }, "pkg:pypi/pyyaml@5.3" },
	{ { .ecosystem = BK_PACKAGIST, .name = "a/b", .version = "1" }, "pkg:composer/a/b@1" },
	{ { .ecosystem = BK_DEBIAN, .name = "libc6", .version = "2:2.36-9+deb12u1", .release = "12" }, "pkg:deb/debian/libc6@2:2.36-9%2Bdeb12u1?distro=12" },
	{ { .ecosystem = BK_DEBIAN, .name = "libc6", .version = "2.35", .release = "ubuntu-22.04" }, "pkg:deb/ubuntu/libc6@2.35?distro=ubuntu-22.04" },
	{ { .ecosystem = BK_ALPINE, .name = "musl", .version = "1.2.4-r2", .release = "v3.19" }, "pkg:apk/alpine/musl@1.2.4-r2?distro=v3.19" },
	{ { .ecosystem = BK_RPM, .name = "bash", .version = "5.1.8-6.el9", .release = "rhel-9" }, "pkg:rpm/redhat/bash@5.1.8-6.el9?distro=rhel-9" },
};

static const struct { const char *purl, *name, *release; } foreign[] = {	/* as other tools write them; a NULL name: not taken */
	{ "pkg:deb/debian/libc6@2.36?arch=amd64&distro=debian-12", "libc6", "12" }, { "pkg:apk/alpine/musl@1.2?distro=alpine-3.19.1", "musl", "v3.19" },
	{ "pkg:npm/@babel/core@7", "@babel/core", NULL }, { "pkg:pypi/Flask_SQLAlchemy@1", "flask-sqlalchemy", NULL }, { "pkg:npm/a", "a", NULL },
	{ "pkg:swift/a@1", NULL, NULL }, { "pkg:npm/", NULL, NULL }, { "pkg:npm", NULL, NULL }, { "npm/a@1", NULL, NULL }, { "", NULL, NULL }, { "pkg:npm/@", "@", NULL },
};

static bool same(const char *a, const char *b)
{
	return (!a && !b) || (a && b && strcmp(a, b) == 0);
}

static void free_parts(struct bk_component *c)
{
	free(c->name);
	free(c->version);
	free(c->release);
}

static void check_purls(void)
{
	for (size_t i = 0; i < sizeof purls / sizeof *purls; i++) {
		struct bk_components list = { 0 };
		struct bk_component back;

		bk_components_add(&list, &purls[i].c);
		ok(same(list.at[0].purl, purls[i].purl), "%s", list.at[0].purl);
		bool good = bk_purl_parse(list.at[0].purl, &back);

		ok(good && back.ecosystem == purls[i].c.ecosystem && same(back.name, purls[i].c.name) &&
		   same(back.version, purls[i].c.version) && same(back.release, purls[i].c.release), "... and back: %s", back.name);
		free_parts(&back);
		bk_components_free(&list);
	}
	for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
		struct bk_component c;
		bool good = bk_purl_parse(foreign[i].purl, &c);

		ok(good == (foreign[i].name != NULL) && same(c.name, foreign[i].name) && same(c.release, foreign[i].release), "'%s' is %s", foreign[i].purl, good ? c.name : "none");
		free_parts(&c);
	}
}

static void check_merging(void)
{
	struct bk_components list = { 0 };
	struct bk_component c = { .ecosystem = BK_NPM, .name = "a", .version = "1", .path = "package-lock.json", .evidence = BK_LOCK, .dev = true };

	bk_components_add(&list, &c);
	c.evidence = BK_INSTALLED;
	c.path = "node_modules/a/package.json";
	c.dev = false;
	bk_components_add(&list, &c);
	c.function = 1;
	bk_components_add(&list, &c);
	ok(list.count == 2, "the same package is there once for each function");
	ok(list.at[0].evidence == BK_INSTALLED && same(list.at[0].path, c.path) && !list.at[0].dev, "the better evidence says where, and it is for more than development");
	for (int i = 0; i < 1000; i++) {
		BK_FREE char *version = bk_format("%d", i % 500);

		c.version = version;
		bk_components_add(&list, &c);
	}
	ok(list.count == 501, "a thousand additions of 500 versions: %zu components", list.count);
	bk_components_free(&list);
}

int main(void)
{
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		enum bk_ecosystem e = BK_NPM;
		char *release = NULL;
		bool good = bk_ecosystem_parse(names[i].osv, &e, &release);

		ok(good == names[i].good && (!good || (e == names[i].ecosystem && same(release, names[i].release))), "'%s' is %s '%s'", names[i].osv,
		   good ? bk_ecosystem_name(e) : "none", release ? release : "");
		free(release);
	}
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		BK_FREE char *key = bk_package_key(keys[i].ecosystem, keys[i].name);

		ok(same(key, keys[i].key), "%s: %s", keys[i].name, key);
	}
	check_purls();
	check_merging();
	return tap_end();
}
