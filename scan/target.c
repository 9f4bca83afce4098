/* SPDX-License-Identifier: Apache-2.0 */
#include "scan/scan.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* No package reader is here yet: the target is looked for, and nothing in it is recognised. */
int bk_scan_target(const char *target, const struct bk_scan_options *options, struct bk_report *report)
{
	(void)options;
	report->target = bk_strdup(target);
	if (access(target, R_OK) == 0)
		return 0;
	bk_diag_add(&report->diags, BK_ERROR, target, 0, 0, "%s", strerror(errno));
	return -errno;
}
