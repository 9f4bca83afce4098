/* SPDX-License-Identifier: Apache-2.0 */
/* Base scores, from FIRST's example documents and from published advisories. */
#include "scan/cvss.h"

#include <math.h>

#include "tests/support/tap.h"

static const struct { const char *vector; double score; enum bk_level level; } rows[] = {
	{ "AV:N/AC:L/Au:N/C:N/I:N/A:C", 7.8, BK_LEVEL_HIGH },			/* CVE-2002-0392 */
	{ "AV:N/AC:L/Au:N/C:C/I:C/A:C", 10.0, BK_LEVEL_CRITICAL },		/* CVE-2003-0818 */
	{ "(AV:L/AC:H/Au:N/C:C/I:C/A:C)", 6.2, BK_LEVEL_MEDIUM },		/* CVE-2003-0062 */
	{ "AV:N/AC:L/Au:N/C:N/I:N/A:N", 0.0, BK_LEVEL_NONE },
	{ "CVSS:3.0/AV:N/AC:L/PR:L/UI:N/S:U/C:L/I:L/A:N", 5.4, BK_LEVEL_MEDIUM },
	{ "CVSS:3.0/AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N", 6.4, BK_LEVEL_MEDIUM },	/* CVE-2013-0375 */
	{ "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 6.1, BK_LEVEL_MEDIUM },	/* CVE-2013-1937 */
	{ "CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N", 3.1, BK_LEVEL_LOW },	/* CVE-2014-3566 */
	{ "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", 7.5, BK_LEVEL_HIGH },	/* CVE-2014-0160 */
	{ "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8, BK_LEVEL_CRITICAL },	/* CVE-2014-6271 */
	{ "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H/E:H/RL:O/RC:C", 10.0, BK_LEVEL_CRITICAL },	/* CVE-2021-44228 */
	{ "CVSS:3.1/AV:P/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", 0.0, BK_LEVEL_NONE },
	{ "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H", 10.0, BK_LEVEL_CRITICAL },
	{ "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", 9.3, BK_LEVEL_CRITICAL },
	{ "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:H/SC:N/SI:N/SA:N/E:P", 8.7, BK_LEVEL_HIGH },
	{ "CVSS:4.0/AV:L/AC:L/AT:N/PR:L/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", 8.5, BK_LEVEL_HIGH },
	{ "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:A/VC:N/VI:N/VA:N/SC:L/SI:L/SA:N", 5.1, BK_LEVEL_MEDIUM },
	{ "CVSS:4.0/AV:P/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:N/SC:N/SI:N/SA:N", 0.0, BK_LEVEL_NONE },
};

static const char *const wrong[] = {
	"", "CVSS:3.1/", "CVSS:3.1/AV:N", "CVSS:3.1/AV:X/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/C:H/I:H/A:H", "7.5",
	"CVSS:4.0/AV:N/AC:L/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", "CVSS:9.9/AV:N", "AV:N/AC:L", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:",
};

int main(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		double got = bk_cvss_score(rows[i].vector);

		ok(fabs(got - rows[i].score) < 0.001, "%s is %.1f, got %.1f", rows[i].vector, rows[i].score, got);
		ok(bk_cvss_level(got) == rows[i].level, "that is %s", bk_level_name(rows[i].level));
	}
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		ok(bk_cvss_score(wrong[i]) < 0, "no vector: '%s'", wrong[i]);
	ok(bk_level_of_word("MODERATE") == BK_LEVEL_MEDIUM && bk_level_of_word("important") == BK_LEVEL_HIGH && bk_level_of_word("so-so") == BK_LEVEL_UNKNOWN,
	   "severities in words");
	return tap_end();
}
