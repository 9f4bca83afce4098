/* SPDX-License-Identifier: Apache-2.0 */
#include "scan/ecosystem.h"

#include <string.h>

static const struct {
	const char *name, *purl;
} ecosystems[BK_ECOSYSTEMS] = {
	[BK_NPM] = { "npm", "npm" }, [BK_PYPI] = { "PyPI", "pypi" }, [BK_GO] = { "Go", "golang" }, [BK_MAVEN] = { "Maven", "maven" },
	[BK_RUBYGEMS] = { "RubyGems", "gem" }, [BK_NUGET] = { "NuGet", "nuget" }, [BK_CRATES] = { "crates.io", "cargo" },
	[BK_PACKAGIST] = { "Packagist", "composer" }, [BK_DEBIAN] = { "Debian", "deb" }, [BK_ALPINE] = { "Alpine", "apk" }, [BK_RPM] = { "RPM", "rpm" },
};

const char *bk_ecosystem_name(enum bk_ecosystem e)
{
	return (unsigned)e < BK_ECOSYSTEMS ? ecosystems[e].name : NULL;
}

const char *bk_ecosystem_purl(enum bk_ecosystem e)
{
	return (unsigned)e < BK_ECOSYSTEMS ? ecosystems[e].purl : NULL;
}

/* Systems that OSV names by themselves, and what stands before their number in a release. */
static const struct {
	const char *osv;
	enum bk_ecosystem ecosystem;
	const char *before;
} systems[] = {
	{ "Ubuntu", BK_DEBIAN, "ubuntu-" }, { "Wolfi", BK_ALPINE, "wolfi" }, { "Chainguard", BK_ALPINE, "chainguard" },
	{ "Rocky Linux", BK_RPM, "rocky-" }, { "AlmaLinux", BK_RPM, "almalinux-" }, { "Red Hat", BK_RPM, "rhel-" },
	{ "openSUSE", BK_RPM, "opensuse-" }, { "SUSE", BK_RPM, "sles-" }, { "openEuler", BK_RPM, "openEuler-" },
	{ "Mageia", BK_RPM, "mageia-" }, { "Photon OS", BK_RPM, "photon-" },
};

static char *lower(char *s)
{
	for (char *c = s; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c |= 32;
	return s;
}

/* "22.04:LTS" -> 22.04; "enterprise_linux:9::appstream" -> 9; "Leap 15.5" -> leap-15.5; "Linux Enterprise Server 15 SP5" -> 15.5 */
static char *number_of(const char *suffix)
{
	if (strncmp(suffix, "Leap ", 5) == 0)
		return bk_format("leap-%s", suffix + 5);
	if (strncmp(suffix, "Pro:", 4) == 0)
		suffix += 4;
	suffix += strcspn(suffix, "0123456789");
	size_t n = strcspn(suffix, ": -");
	if (strncmp(suffix + n, " SP", 3) == 0)
		return bk_format("%.*s.%s", (int)n, suffix, suffix + n + 3);
	return bk_strndup(suffix, n);
}

static bool parse_system(const char *osv, size_t n, const char *suffix, enum bk_ecosystem *e, char **release)
{
	if (strstr(suffix, "FIPS"))	/* Ubuntu's certified builds: other packages under the same names */
		return false;
	for (size_t i = 0; i < sizeof systems / sizeof *systems; i++) {
		if (strlen(systems[i].osv) != n || memcmp(systems[i].osv, osv, n) != 0)
			continue;
		BK_FREE char *number = number_of(suffix);

		*e = systems[i].ecosystem;
		*release = bk_format("%s%s", systems[i].before, number);
		return true;
	}
	return false;
}

bool bk_ecosystem_parse(const char *osv, enum bk_ecosystem *e, char **release)
{
	size_t n = strcspn(osv, ":");
	const char *suffix = osv[n] ? osv + n + 1 : "";

	*release = NULL;
	for (unsigned i = 0; i < BK_RPM; i++) {
		if (strlen(ecosystems[i].name) != n || memcmp(ecosystems[i].name, osv, n) != 0)
			continue;
		*e = (enum bk_ecosystem)i;
		/* "Maven:https://..." names a repository: the packages are the same. */
		*release = bk_strdup(bk_ecosystem_is_system(*e) ? suffix : "");
		return true;
	}
	return parse_system(osv, n, suffix, e, release);
}

static char *pypi_key(const char *name)
{
	char *key = lower(bk_strdup(name)), *to = key;

	for (const char *at = key; *at; ) {
		size_t n = strspn(at, "-_.");

		*to++ = n ? '-' : *at;
		at += n ? n : 1;
	}
	*to = '\0';
	return key;
}

char *bk_package_key(enum bk_ecosystem e, const char *name)
{
	if (e == BK_PYPI)
		return pypi_key(name);
	return e == BK_NUGET || e == BK_PACKAGIST ? lower(bk_strdup(name)) : bk_strdup(name);
}
