/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/landlock_shim.h"
/* The source itself: the shim has no hosted build. */
#include "shim/landlock.c"

bool landlock_shim(const struct bk_policy *policy, bool shim_makes, const struct bk_endpoint *implicit)
{
	struct bk_shim s = { .policy = *policy, .least = BK_ENFORCE };

	if (implicit)
		s.implicit[0] = *implicit;
	sys_prctl(PR_SET_NO_NEW_PRIVS, 1);
	return bk_landlock_restrict_network(&s, shim_makes);
}
