/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A CycloneDX document (JSON, 1.2 to 1.6) as a target: what another tool, or an earlier scan, found in a package.  Components with a package URL of a
 * known type are taken, nested ones too, with their evidence as "lock": the document is a list, not the thing.
 */
#ifndef BK_SCAN_SBOM_H
#define BK_SCAN_SBOM_H

#include "scan/scan.h"

#define BK_SBOM_MAX ((size_t)64 << 20)		/* bytes of a document */

/* Does the text begin as such a document?  Cheap: it only looks for the format's name near the beginning. */
bool bk_sbom_is(const char *text, size_t size);
/* Fills components and recognised; false with an error.  A component without a usable package URL is counted in `unchecked`. */
bool bk_sbom_read(const char *file, const char *text, size_t size, struct bk_report *report);
/* A package URL as a component: ecosystem, name, version, release; the caller frees these three texts.  False where the type is not known. */
bool bk_purl_parse(const char *purl, struct bk_component *out);

#endif
