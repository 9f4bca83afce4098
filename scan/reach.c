/* SPDX-License-Identifier: Apache-2.0 */
#include "scan/reach.h"

void bk_reach(struct bk_scan *s, const char *code, const char *prefix, const char *handler, const char *runtime)
{
	(void)s, (void)code, (void)prefix, (void)handler, (void)runtime;
}
