/* SPDX-License-Identifier: Apache-2.0 */
/* What a place offers and what a policy asks for, against the plan. */
#include "core/plan.h"

#include <errno.h>
#include <linux/filter.h>

#include "tests/support/tap.h"

#define NOTIFY (BK_CAN_FILTER | BK_CAN_NOTIFY)
#define ALL (NOTIFY | BK_CAN_SEIZE | BK_CAN_READ_MEMORY)
#define FILES (ALL | BK_CAN_ADDFD)
#define TRACE (BK_CAN_FILTER | BK_CAN_RET_TRACE | BK_CAN_SEIZE | BK_CAN_READ_MEMORY)

/* Sections as letters: E enforced, D detected, U unavailable, A absent; in the order of enum bk_section. */
static const char letters[] = { [BK_UNAVAILABLE] = 'U', [BK_DETECTED] = 'D', [BK_ENFORCED] = 'E', [BK_ABSENT] = 'A' };

/* Modes as letters: e enforce, a alert, l learn, o off, x absent; + enforce and allows what no rule names, * the same in alert. */
static const struct row {
	const char *modes, *status;
	struct bk_place place;
	enum bk_mechanism mechanism;
	bool verify, alone;
	enum bk_section gap;
	const char *reason;		/* a part of it */
} rows[] = {
	{ "eeeexxxxx", "EEEEAAAAA", { ALL }, BK_NOTIFY, true, false, BK_SECTIONS, "with ptrace verification" },
	{ "alaexxxxx", "EEEEAAAAA", { ALL }, BK_NOTIFY, true, false, BK_SECTIONS, "ptrace verification" },
	{ "ee+exxxxx", "EEEEAAAAA", { ALL }, BK_NOTIFY, true, false, BK_SECTIONS, "ptrace verification" },
	{ "exxxxxxxx", "EAAAAAAAA", { ALL }, BK_NOTIFY, true, false, BK_SECTIONS, "ptrace verification" },
	{ "ooooooooo", "AAAAAAAAA", { ALL }, BK_NOTIFY, true, false, BK_SECTIONS, "ptrace verification" },
	{ "xxxxxxxxx", "AAAAAAAAA", { 0 }, BK_NONE, false, true, BK_SECTIONS, "no mechanism" },
	{ "eeeeeeeex", "EEEEDDDDA", { ALL }, BK_NOTIFY, true, false, BK_CONNECT, "ptrace verification" },
	/* network: what the shim can do on duplicates of sockets */
	{ "xxxxeexxx", "AAAAEEAAA", { ALL | BK_CAN_GETFD }, BK_NOTIFY, true, false, BK_SECTIONS, "ptrace verification" },
	{ "xxxxelxxx", "AAAAEEAAA", { NOTIFY | BK_CAN_READ_MEMORY | BK_CAN_GETFD }, BK_NOTIFY, false, false, BK_SECTIONS, "user notification" },
	{ "xxxxexxxx", "AAAAUAAAA", { NOTIFY | BK_CAN_SEIZE | BK_CAN_GETFD }, BK_NOTIFY, true, false, BK_CONNECT, "ptrace verification" },
	{ "xxxxxexxx", "AAAAAUAAA", { BK_CAN_FILTER | BK_CAN_GETFD, .notify_errno = EBUSY }, BK_FILTER, false, false, BK_LISTEN, "EBUSY" },
	/* files: what the shim can open itself, and what lies beneath */
	{ "xxxxxxeee", "AAAAAAEEE", { FILES, .landlock = 2 }, BK_NOTIFY, true, false, BK_SECTIONS, "ptrace verification" },
	{ "xxxxxxeee", "AAAAAADEE", { FILES, .landlock = 1 }, BK_NOTIFY, true, false, BK_WRITE, "ptrace verification" },
	{ "xxxxxxeee", "AAAAAADDD", { ALL, .landlock = 7 }, BK_NOTIFY, true, false, BK_WRITE, "ptrace verification" },
	{ "xxxxxxeee", "AAAAAAUUU", { NOTIFY | BK_CAN_SEIZE | BK_CAN_ADDFD, .landlock = 7 }, BK_NOTIFY, true, false, BK_WRITE, "ptrace verification" },
	{ "xxxxxxexx", "AAAAAAEAA", { BK_CAN_FILTER, .landlock = 2 }, BK_FILTER, false, false, BK_SECTIONS, "filter alone" },
	{ "xxxxxxexx", "AAAAAAUAA", { BK_CAN_FILTER, .landlock = 1 }, BK_FILTER, false, false, BK_WRITE, "filter alone" },
	{ "xxxxxxaxx", "AAAAAAUAA", { BK_CAN_FILTER, .landlock = 2 }, BK_FILTER, false, false, BK_WRITE, "filter alone" },
	{ "xxxxxxxee", "AAAAAAAUU", { BK_CAN_FILTER, .landlock = 7 }, BK_FILTER, false, false, BK_READ, "filter alone" },
	{ "eeeexxxxx", "DDEUAAAAA", { NOTIFY | BK_CAN_READ_MEMORY, .seize_errno = EPERM }, BK_NOTIFY, false, false, BK_PROCESSES,
	  "ptrace refused (EPERM)" },
	{ "eeeexxxxx", "UDEUAAAAA", { NOTIFY, .seize_errno = ENOSYS }, BK_NOTIFY, false, false, BK_PROCESSES, "ENOSYS" },
	{ "xxexxxxxx", "AAEAAAAAA", { NOTIFY, .seize_errno = EIO }, BK_NOTIFY, false, false, BK_SECTIONS, "ptrace does not work" },
	{ "eeeexxxxx", "UUEUAAAAA", { BK_CAN_FILTER | BK_CAN_SEIZE, .notify_errno = EBUSY }, BK_FILTER, false, false, BK_PROCESSES, "EBUSY" },
	{ "xxexxxxxx", "AAEAAAAAA", { BK_CAN_FILTER, .notify_errno = EINVAL }, BK_FILTER, false, false, BK_SECTIONS, "EINVAL" },
	{ "xxaxxxxxx", "AAUAAAAAA", { BK_CAN_FILTER, .notify_errno = EINVAL }, BK_FILTER, false, false, BK_GENERATED_CODE, "filter alone" },
	{ "xx*xxxxxx", "AAEAAAAAA", { BK_CAN_FILTER, .notify_errno = EPERM }, BK_FILTER, false, false, BK_SECTIONS, "EPERM" },
	{ "xxexxxxxx", "AAEAAAAAA", { BK_CAN_FILTER, .notify_errno = EIO }, BK_FILTER, false, false, BK_SECTIONS, "does not work here" },
	{ "exexxxxxx", "UAUAAAAAA", { BK_CAN_NOTIFY, .notify_errno = EPERM }, BK_NONE, false, true, BK_PROCESSES, "EPERM" },
	{ "xxexxxxxx", "AAUAAAAAA", { BK_CAN_RET_TRACE | BK_CAN_SEIZE, .notify_errno = ENOSYS }, BK_NONE, false, true, BK_GENERATED_CODE,
	  "the kernel has no seccomp filters" },
	{ "xxexxxxxx", "AAUAAAAAA", { .notify_errno = E2BIG }, BK_NONE, false, true, BK_GENERATED_CODE, "can be installed" },
	{ "eeeexxxxx", "DDUUAAAAA", { BK_CAN_WATCH, .notify_errno = EPERM }, BK_WATCH, false, false, BK_PROCESSES, "ended after the fact; seccomp filters refused" },
	{ "xxexxxxxx", "AAUAAAAAA", { BK_CAN_WATCH, .notify_errno = ENOSYS }, BK_WATCH, false, false, BK_GENERATED_CODE, "no seccomp filters" },
	{ "exexxxxxx", "DAEAAAAAA", { BK_CAN_FILTER | BK_CAN_WATCH, .notify_errno = EBUSY }, BK_FILTER, false, false, BK_PROCESSES, "EBUSY" },
	{ "eeeexxxxx", "EEEEAAAAA", { ALL | BK_CAN_WATCH }, BK_NOTIFY, true, false, BK_SECTIONS, "with ptrace verification" },
	{ "exxxxxxxx", "DAAAAAAAA", { NOTIFY | BK_CAN_READ_MEMORY | BK_CAN_WATCH }, BK_NOTIFY, false, false, BK_PROCESSES, "" },
	{ "eeeexxxxx", "EEEEAAAAA", { BK_CAN_GATE, .notify_errno = EPERM }, BK_GATE, false, false, BK_SECTIONS, "seccomp refused (EPERM)" },
	{ "eeeeeeeee", "EEEEEEEEE", { BK_CAN_GATE | BK_CAN_FILTER, .notify_errno = EINVAL }, BK_GATE, false, false, BK_SECTIONS, "no user notification" },
	{ "eeeexxxxx", "EEEEAAAAA", { BK_CAN_GATE | BK_CAN_WATCH, .notify_errno = EPERM }, BK_GATE_WATCH, false, false, BK_SECTIONS, "seccomp refused" },
	{ "eeeexxxxx", "EEEEAAAAA", { ALL | BK_CAN_GATE }, BK_NOTIFY, true, false, BK_SECTIONS, "ptrace verification" },
	/* a tracer, where nobody may listen */
	{ "eeeexxxxx", "EEEEAAAAA", { TRACE | BK_CAN_GATE | BK_CAN_WATCH, .notify_errno = EINVAL }, BK_TRACE, true, false, BK_SECTIONS,
	  "a tracer: the kernel has no user notification (EINVAL)" },
	{ "alaexxxxx", "EEEEAAAAA", { TRACE, .notify_errno = EBUSY }, BK_TRACE, true, false, BK_SECTIONS, "EBUSY" },
	{ "eeeexxxxx", "EEEEAAAAA", { ALL | BK_CAN_RET_TRACE }, BK_NOTIFY, true, false, BK_SECTIONS, "ptrace verification" },
	{ "xxexxxxxx", "AAEAAAAAA", { TRACE & ~BK_CAN_SEIZE, .notify_errno = EINVAL }, BK_FILTER, false, false, BK_SECTIONS, "filter alone" },
	{ "eeeeeeeee", "EEEEDDDDD", { TRACE, .notify_errno = EPERM }, BK_TRACE, true, false, BK_CONNECT, "a tracer: user notification refused" },
	{ "xxxxeexxx", "AAAAEEAAA", { TRACE | BK_CAN_GETFD, .notify_errno = EINVAL }, BK_TRACE, true, false, BK_SECTIONS, "a tracer" },
	{ "xxxxxxexx", "AAAAAAEAA", { TRACE, .landlock = 2, .notify_errno = EINVAL }, BK_TRACE, true, false, BK_SECTIONS, "a tracer" },
	{ "xxxxxxeee", "AAAAAAEDD", { TRACE, .landlock = 7, .notify_errno = EINVAL }, BK_TRACE, true, false, BK_READ, "a tracer" },
	{ "xxxxxxaxx", "AAAAAADAA", { TRACE, .landlock = 7, .notify_errno = EINVAL }, BK_TRACE, true, false, BK_WRITE, "a tracer" },
};

static void set_mode(struct bk_section_head *s, char letter)
{
	static const char modes[] = "ealo";
	const char *at = strchr(modes, letter);

	s->mode = at ? (uint8_t)(at - modes) : letter == '*' ? BK_ALERT : BK_ENFORCE;
	s->flags = letter == 'x' ? BK_SECTION_ABSENT : letter == '+' || letter == '*' ? BK_SECTION_ALLOWS : 0;
}

static struct bk_policy_header header_of(const char *modes)
{
	struct bk_policy_header head = { .magic = BK_POLICY_MAGIC, .version = BK_POLICY_VERSION, .size = sizeof(head) };

	for (int s = 0; s < BK_SECTIONS; s++)
		set_mode(&head.section[s], modes[s]);
	return head;
}

static void check_row(const struct row *r)
{
	struct bk_policy_header head = header_of(r->modes);
	struct bk_policy policy = { &head };
	char status[BK_SECTIONS + 1] = "";
	struct bk_plan plan;

	memset(&plan, 0xa5, sizeof(plan));
	bk_plan_make(&policy, &r->place, &plan);
	for (int s = 0; s < BK_SECTIONS; s++)
		status[s] = letters[plan.status[s]];
	if (!ok(!strcmp(status, r->status), "policy %s, place %#x: sections %s", r->modes, r->place.offers, r->status))
		printf("# %s\n", status);
	ok(plan.mechanism == r->mechanism && plan.verify == r->verify && plan.alone == r->alone, "mechanism %s", bk_mechanism_name(r->mechanism));
	ok(bk_plan_gap(&plan) == r->gap, "gap %s", r->gap < BK_SECTIONS ? bk_section_name(r->gap) : "none");
	ok(strstr(plan.reason, r->reason), "reason: %s", plan.reason);
}

int main(void)
{
	struct bk_policy none = { NULL };
	struct bk_place nowhere = { 0 };
	struct bk_plan plan;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_row(&rows[i]);
	bk_plan_make(&none, &nowhere, &plan);
	ok(plan.alone && bk_plan_gap(&plan) == BK_PROCESSES, "an empty view is an enforced policy: nothing there enforces it");
	memset(&plan, 0, sizeof(plan));
	ok(bk_plan_gap(&plan) == BK_PROCESSES, "a zeroed plan enforces nothing");
	ok(!strcmp(bk_mechanism_name(BK_NONE), "none") && !strcmp(bk_mechanism_name(BK_FILTER), "filter") && !strcmp(bk_mechanism_name(BK_WATCH), "watch") && !bk_mechanism_name(BK_MECHANISMS),
	   "names of mechanisms");
	ok(!strcmp(bk_status_name(BK_UNAVAILABLE), "unavailable") && !strcmp(bk_status_name(BK_ABSENT), "absent") &&
	   !bk_status_name(BK_ABSENT + 1), "names of statuses");
	return tap_end();
}
