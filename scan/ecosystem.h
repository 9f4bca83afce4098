/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ecosystems: their names in OSV and in package URLs, and package names as they are compared.
 *
 * A distribution's release, in bk_component.release and here, is
 *
 *	Debian:12			Debian, "12"			Alpine:v3.19		Alpine, "v3.19"
 *	Ubuntu:22.04:LTS, Ubuntu:22.04	Debian, "ubuntu-22.04"		Wolfi, Chainguard	Alpine, "wolfi", "chainguard"
 *	Rocky Linux:9			RPM, "rocky-9"			AlmaLinux:9		RPM, "almalinux-9"
 *	Red Hat:enterprise_linux:9...	RPM, "rhel-9"			openSUSE:Leap 15.5	RPM, "opensuse-leap-15.5"
 *
 * that is, where the system is not the ecosystem's own, ID and VERSION_ID of os-release(5) with a hyphen.
 */
#ifndef BK_SCAN_ECOSYSTEM_H
#define BK_SCAN_ECOSYSTEM_H

#include "scan/scan.h"

/* OSV's name of an ecosystem with its suffix; false where buckler has no order for its versions.  *release (the caller's) is "" without a release. */
bool bk_ecosystem_parse(const char *osv, enum bk_ecosystem *e, char **release);
static inline bool bk_ecosystem_is_system(enum bk_ecosystem e) { return e >= BK_DEBIAN; }

/*
 * The name under which a package is looked up, the caller's: PyPI as PEP 503 has it (lower case, runs of -_. are one hyphen), NuGet and
 * Packagist in lower case, the others as they are.
 */
char *bk_package_key(enum bk_ecosystem e, const char *name);

#endif
