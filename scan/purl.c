/* SPDX-License-Identifier: Apache-2.0 */
/* pkg:type/namespace/name@version?qualifiers#subpath */
#include <string.h>

#include "scan/ecosystem.h"
#include "scan/sbom.h"

static char *decoded(const char *at, const char *end)
{
	struct bk_buf out = { 0 };
	char digits[3] = "";
	uint8_t byte;

	bk_buf_add(&out, "", 0);
	for (; at < end; at++) {
		if (*at == '%' && end - at > 2 && (memcpy(digits, at + 1, 2), bk_unhex(digits, &byte, 1)) && byte) {
			bk_buf_add(&out, &byte, 1);
			at += 2;
		} else {
			bk_buf_add(&out, at, 1);
		}
	}
	return out.at;
}

static bool type_of(const char *at, size_t n, enum bk_ecosystem *e)
{
	for (unsigned i = 0; i < BK_ECOSYSTEMS; i++) {
		const char *type = bk_ecosystem_purl((enum bk_ecosystem)i);

		if (strlen(type) == n && memcmp(type, at, n) == 0) {
			*e = (enum bk_ecosystem)i;
			return true;
		}
	}
	return false;
}

/* "distro=debian-12" and buckler's own "distro=12" say the same. */
static char *release_of(enum bk_ecosystem e, const char *qualifiers)
{
	const char *at = strstr(qualifiers, "distro="), *end;

	if (!at || (at[-1] != '?' && at[-1] != '&'))
		return NULL;
	at += 7;
	end = at + strcspn(at, "&#");
	if (e == BK_DEBIAN && strncmp(at, "debian-", 7) == 0)
		at += 7;
	if (e == BK_ALPINE && strncmp(at, "alpine-", 7) == 0) {
		const char *dot = memchr(at, '.', (size_t)(end - at)), *second = dot ? memchr(dot + 1, '.', (size_t)(end - dot - 1)) : NULL;
		BK_FREE char *number = decoded(at + 7, second ? second : end);

		return bk_format("v%s", number);
	}
	return decoded(at, end);
}

/* Namespace and name, as the ecosystem's advisories write them. */
static char *name_of(enum bk_ecosystem e, const char *at, const char *end)
{
	const char *slash = memrchr(at, '/', (size_t)(end - at));
	char *name = decoded(at, end);

	if (slash && (bk_ecosystem_is_system(e) || e == BK_MAVEN)) {
		BK_FREE char *space = decoded(at, slash), *last = decoded(slash + 1, end);

		free(name);
		name = e == BK_MAVEN ? bk_format("%s:%s", space, last) : bk_strdup(last);
	}
	if (e == BK_PYPI) {
		char *key = bk_package_key(e, name);

		free(name);
		name = key;
	}
	return name;
}

bool bk_purl_parse(const char *purl, struct bk_component *out)
{
	const char *type = purl + 4, *slash, *end, *version;

	*out = (struct bk_component){ 0 };
	if (strncmp(purl, "pkg:", 4) != 0 || !(slash = strchr(type, '/')) || !type_of(type, (size_t)(slash - type), &out->ecosystem))
		return false;
	end = purl + strcspn(purl, "?#");
	version = memrchr(slash, '@', (size_t)(end - slash));
	if (version && version[-1] == '/')
		version = NULL;
	if (end <= slash + 1 || version == slash + 1)
		return false;
	out->name = name_of(out->ecosystem, slash + 1, version ? version : end);
	out->version = version ? decoded(version + 1, end) : NULL;
	out->release = bk_ecosystem_is_system(out->ecosystem) && *end == '?' ? release_of(out->ecosystem, end) : NULL;
	return true;
}
