/* SPDX-License-Identifier: Apache-2.0 */
#include "core/landlock.h"
#include "core/network.h"
#include "core/plan.h"

#define FILES (BK_FS_WRITE_FILE | BK_FS_REMOVE_DIR | BK_FS_REMOVE_FILE | BK_FS_MAKE_CHAR | BK_FS_MAKE_DIR | BK_FS_MAKE_REG | BK_FS_MAKE_FIFO | \
	       BK_FS_MAKE_BLOCK | BK_FS_MAKE_SYM | BK_FS_REFER)

uint32_t bk_landlock_handled(uint32_t abi, uint32_t wanted, struct bk_landlock *out)
{
	*out = (struct bk_landlock){ 0 };
	if (abi >= BK_LANDLOCK_LEAST && wanted & BK_WALL_WRITE)
		out->files = FILES;
	if (abi >= BK_LANDLOCK_LEAST && wanted & BK_WALL_APART)
		out->files |= BK_FS_REFER;	/* before it can be handled, nothing could be renamed from folder to folder */
	if (abi >= 4 && wanted & BK_WALL_CONNECT)
		out->net |= BK_NET_CONNECT_TCP;
	if (abi >= 4 && wanted & BK_WALL_BIND)
		out->net |= BK_NET_BIND_TCP;
	if (abi >= 6 && wanted & BK_WALL_ABSTRACT)
		out->scoped = BK_SCOPE_ABSTRACT;
	if (!out->files && !out->net && !out->scoped)
		return 0;
	return abi >= 6 ? 24 : abi >= 4 ? 16 : 8;
}

static bool has_port(const uint16_t *ports, uint32_t n, uint32_t port)
{
	while (n--)
		if (ports[n] == port)
			return true;
	return false;
}

/* False where there is no room. */
static bool add_ports(uint16_t out[BK_LANDLOCK_PORTS], uint32_t *n, uint32_t low, uint32_t high)
{
	if (high - low >= BK_LANDLOCK_PORTS)
		return false;
	for (uint32_t port = low; port <= high; port++) {
		if (has_port(out, *n, port))
			continue;
		if (*n == BK_LANDLOCK_PORTS)
			return false;
		out[(*n)++] = (uint16_t)port;
	}
	return true;
}

static bool add_rule(const struct bk_policy *policy, const struct bk_rule *r, uint16_t out[BK_LANDLOCK_PORTS], uint32_t *n)
{
	const struct bk_endpoint *e = bk_policy_endpoint(policy, r->endpoint);

	if (e && e->family && e->family != BK_INET && e->family != BK_INET6)
		return true;			/* no TCP */
	if (!e || e->port_low > e->port_high)
		return false;
	return add_ports(out, n, e->port_low, e->port_high) && (e->family || add_ports(out, n, 53, 53));
}

uint32_t bk_landlock_ports(const struct bk_policy *policy, uint16_t out[BK_LANDLOCK_PORTS])
{
	const struct bk_rule *r;
	uint32_t n = 0;

	if (bk_policy_section_flags(policy, BK_CONNECT) & BK_SECTION_ALLOWS)
		return UINT32_MAX;
	for (uint32_t i = 0; (r = bk_policy_rule(policy, i)); i++)
		if (r->section == BK_CONNECT && r->action == BK_ALLOW && !add_rule(policy, r, out, &n))
			return UINT32_MAX;
	return n;
}
