/* SPDX-License-Identifier: Apache-2.0 */
#include "core/plan.h"

enum { E_PERM = 1, E_ACCES = 13, E_BUSY = 16, E_INVAL = 22, E_NOSYS = 38 };

static const char *without_seize(int error)
{
	if (error == E_PERM || error == E_ACCES)
		return "seccomp user notification; ptrace refused (EPERM): images are checked before the call only";
	if (error == E_NOSYS)
		return "seccomp user notification; no ptrace here (ENOSYS): images are checked before the call only";
	return "seccomp user notification; ptrace does not work here: images are checked before the call only";
}

static const char *with_tracer(int error)
{
	switch (error) {
	case E_BUSY:
		return "seccomp filter with a tracer: another process listens to this one's notifications already (EBUSY)";
	case E_INVAL:
		return "seccomp filter with a tracer: the kernel has no user notification (EINVAL)";
	default:
		return "seccomp filter with a tracer: user notification refused or not working here";
	}
}

static const char *without_notify(int error)
{
	switch (error) {
	case E_BUSY:
		return "seccomp filter alone: another process listens to this one's notifications already (EBUSY)";
	case E_INVAL:
		return "seccomp filter alone: the kernel has no user notification (EINVAL)";
	case E_PERM:
	case E_ACCES:
		return "seccomp filter alone: user notification refused (EPERM)";
	default:
		return "seccomp filter alone: user notification does not work here";
	}
}

static const char *with_watch(int error)
{
	if (error == E_PERM || error == E_ACCES)
		return "watch: processes are found and ended after the fact; seccomp filters refused (EPERM)";
	if (error == E_NOSYS || error == E_INVAL)
		return "watch: processes are found and ended after the fact; the kernel has no seccomp filters";
	return "watch: processes are found and ended after the fact; no seccomp filter can be installed";
}

static const char *gate_reason(int error)
{
	if (error == E_PERM || error == E_ACCES)
		return "in-process gate: seccomp refused (EPERM); covers every call of unmodified code, not machine code that is brought in";
	return "in-process gate: no user notification; covers every call of unmodified code, not machine code that is brought in";
}

static const char *without_filter(int error)
{
	if (error == E_PERM || error == E_ACCES)
		return "no mechanism: seccomp filters refused (EPERM)";
	if (error == E_NOSYS || error == E_INVAL)
		return "no mechanism: the kernel has no seccomp filters";
	return "no mechanism: no seccomp filter can be installed";
}

static bool has(const struct bk_place *place, uint32_t offers)
{
	return (place->offers & offers) == offers;
}

static enum bk_mechanism mechanism_of(const struct bk_place *place)
{
	if (has(place, BK_CAN_FILTER | BK_CAN_NOTIFY))
		return BK_NOTIFY;
	if (has(place, BK_CAN_FILTER | BK_CAN_RET_TRACE | BK_CAN_SEIZE))
		return BK_TRACE;
	if (has(place, BK_CAN_GATE))
		return BK_GATE;
	if (has(place, BK_CAN_FILTER))
		return BK_FILTER;
	return has(place, BK_CAN_WATCH) ? BK_WATCH : BK_NONE;
}

static const char *reason_of(const struct bk_plan *plan, const struct bk_place *place)
{
	if (plan->mechanism == BK_TRACE)
		return with_tracer(place->notify_errno);
	if (plan->verify)
		return "seccomp user notification with ptrace verification";
	if (plan->mechanism == BK_NOTIFY)
		return without_seize(place->seize_errno);
	if (plan->gate)
		return gate_reason(place->notify_errno);
	if (plan->mechanism == BK_FILTER)
		return without_notify(place->notify_errno);
	return plan->watch ? with_watch(place->notify_errno) : without_filter(place->notify_errno);
}

/* A filter can refuse new code but has nobody to tell: it serves where the policy wants neither more nor less. */
static bool filter_serves(const struct bk_policy *policy)
{
	return bk_policy_section_flags(policy, BK_GENERATED_CODE) & BK_SECTION_ALLOWS ||
	       bk_policy_mode(policy, BK_GENERATED_CODE) == BK_ENFORCE;
}

bool bk_plan_landlock_exact(const struct bk_policy *policy)
{
	const struct bk_rule *r;

	for (uint32_t i = 0; (r = bk_policy_rule(policy, i)); i++) {
		struct bk_text path = bk_policy_text(policy, r->path), key = bk_policy_key_of(path);

		if (r->section != BK_WRITE)
			continue;
		if (r->action != BK_ALLOW || key.len < 2 || path.len != key.len + 2 || !bk_text_equal(bk_text_from(path, key.len), BK_TEXT("**")))
			return false;
	}
	return true;
}

bool bk_plan_names(const struct bk_policy *policy)
{
	const struct bk_rule *r;

	for (uint32_t i = 0; (r = bk_policy_rule(policy, i)); i++) {
		const struct bk_endpoint *e = bk_policy_endpoint(policy, r->endpoint);

		if (r->section == BK_CONNECT && r->path && (!e || !e->family))
			return true;
	}
	return false;
}

static enum bk_status status_of_files(const struct bk_policy *policy, const struct bk_plan *plan, const struct bk_place *place,
				      enum bk_section section)
{
	bool wall = place->landlock >= BK_LANDLOCK_LEAST;

	if (plan->gate)
		return BK_ENFORCED;
	if (plan->mechanism == BK_NOTIFY && has(place, BK_CAN_READ_MEMORY))
		return has(place, BK_CAN_ADDFD) && (wall || section != BK_WRITE) ? BK_ENFORCED : BK_DETECTED;
	if ((plan->mechanism == BK_FILTER || plan->mechanism == BK_TRACE) && section == BK_WRITE && wall && bk_policy_mode(policy, section) == BK_ENFORCE
	    && bk_plan_landlock_exact(policy))
		return BK_ENFORCED;
	return plan->mechanism == BK_TRACE ? BK_DETECTED : BK_UNAVAILABLE;
}

static enum bk_status status_of(const struct bk_policy *policy, const struct bk_plan *plan, const struct bk_place *place,
				enum bk_section section)
{
	bool traces = plan->mechanism == BK_TRACE, notify = plan->mechanism == BK_NOTIFY || traces, gate = plan->gate;

	if (bk_policy_mode(policy, section) == BK_OFF)
		return BK_ABSENT;
	switch (section) {
	case BK_PROCESSES:
		if (plan->verify || gate)
			return BK_ENFORCED;
		return plan->watch || (notify && has(place, BK_CAN_READ_MEMORY)) ? BK_DETECTED : BK_UNAVAILABLE;
	case BK_LIBRARIES:
		if (plan->verify || gate)
			return BK_ENFORCED;
		return plan->watch || notify ? BK_DETECTED : BK_UNAVAILABLE;
	case BK_ENVIRONMENT:
		return plan->verify || gate ? BK_ENFORCED : BK_UNAVAILABLE;
	case BK_GENERATED_CODE:
		return notify || gate || (plan->mechanism == BK_FILTER && filter_serves(policy)) ? BK_ENFORCED : BK_UNAVAILABLE;
	case BK_WRITE:
	case BK_READ:
	case BK_PLANT:
		return status_of_files(policy, plan, place, section);
	case BK_CONNECT:
	case BK_LISTEN:
		if (gate)
			return BK_ENFORCED;
		if (!notify || !(traces || has(place, BK_CAN_READ_MEMORY)))
			return BK_UNAVAILABLE;
		if (traces && section == BK_CONNECT && !has(place, BK_CAN_GETFD) && bk_plan_names(policy))
			return BK_UNAVAILABLE;
		return has(place, BK_CAN_GETFD) ? BK_ENFORCED : BK_DETECTED;
	default:
		return BK_UNAVAILABLE;
	}
}

void bk_plan_make(const struct bk_policy *policy, const struct bk_place *place, struct bk_plan *plan)
{
	plan->mechanism = mechanism_of(place);
	plan->verify = plan->mechanism == BK_TRACE || (plan->mechanism == BK_NOTIFY && has(place, BK_CAN_SEIZE));
	plan->watch = plan->mechanism != BK_NOTIFY && plan->mechanism != BK_TRACE && has(place, BK_CAN_WATCH);
	plan->gate = plan->mechanism == BK_GATE;
	if (plan->gate && plan->watch)
		plan->mechanism = BK_GATE_WATCH;
	plan->alone = plan->mechanism == BK_NONE;
	plan->reason = reason_of(plan, place);
	for (enum bk_section s = 0; s < BK_SECTIONS; s++)
		plan->status[s] = (uint8_t)status_of(policy, plan, place, s);
}

enum bk_section bk_plan_gap(const struct bk_plan *plan)
{
	enum bk_section s = 0;

	while (s < BK_SECTIONS && (plan->status[s] == BK_ENFORCED || plan->status[s] == BK_ABSENT))
		s++;
	return s;
}

const char *bk_mechanism_name(enum bk_mechanism mechanism)
{
	static const char names[][12] = { "none", "notify", "trace", "gate", "filter", "watch", "gate+watch" };

	return (uint32_t)mechanism < BK_MECHANISMS ? names[mechanism] : NULL;
}

const char *bk_status_name(enum bk_status status)
{
	static const char names[][12] = { "unavailable", "detected", "enforced", "absent" };

	return (uint32_t)status <= BK_ABSENT ? names[status] : NULL;
}
