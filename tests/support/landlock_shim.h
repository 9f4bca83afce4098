/* SPDX-License-Identifier: Apache-2.0 */
/* The shim's rules for the kernel, in a process of a test's own: no filter and no listener stand in front of them. */
#ifndef BK_TESTS_LANDLOCK_SHIM_H
#define BK_TESTS_LANDLOCK_SHIM_H

#include "core/policy.h"

/* Restricts the calling process for good; true where rules are in force.  `implicit` may be NULL. */
bool landlock_shim(const struct bk_policy *policy, bool shim_makes, const struct bk_endpoint *implicit);

#endif
