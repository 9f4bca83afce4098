/* SPDX-License-Identifier: Apache-2.0 */
/* Events into the ring.  SIGURG tells the shim to look; it is lost on nobody else, since its default is to be ignored. */
#include "core/network.h"
#include "gate/gate.h"

static void put(struct bk_event *e)
{
	e->pid = (uint32_t)sys_getpid();
	if (!e->parent.len)
		e->parent = bk_text_of(bk_gate.image);
	bk_ring_put(bk_gate.ring, e);
	sys_kill(bk_gate.ground->shim, SIGURG);
}

static void fill(struct bk_event *e, enum bk_event_kind kind, const struct bk_request *r, const struct bk_decision *d)
{
	const struct bk_rule *rule = bk_policy_rule(&bk_gate.policy, d->rule);

	*e = (struct bk_event){
		.kind = kind, .verdict = d->verdict, .section = r->section, .reason = d->reason, .rule = rule ? rule->line : 0,
		.path = r->path, .interpreter = r->interpreter, .argv = r->argv, .sha256 = r->sha256, .parent = r->parent,
		.technique = bk_technique(kind, r, d->reason),
	};
}

void bk_report(enum bk_event_kind kind, const struct bk_request *r, const struct bk_decision *d)
{
	struct bk_event e;

	fill(&e, kind, r, d);
	put(&e);
}

void bk_report_connection(const struct bk_request *r, const struct bk_decision *d, const char *note)
{
	uint16_t family = r->endpoint->family;
	bool inet = family == BK_INET || family == BK_INET6;
	char text[BK_ADDRESS_TEXT];
	struct bk_event e;

	fill(&e, r->section == BK_LISTEN ? BK_EVENT_LISTEN : BK_EVENT_CONNECT, r, d);
	if (family != BK_UNIX)
		e.path = (struct bk_text){ text, bk_address_text(r->endpoint, text) };
	if (inet) {
		e.address = e.path;
		e.path = (struct bk_text){ NULL, 0 };
		e.domain = r->path;
		e.port = r->endpoint->port_low;
	}
	e.note = bk_text_of(note);
	put(&e);
}

void bk_report_note(enum bk_verdict verdict, const char *path, const char *note)
{
	struct bk_event e = {
		.kind = BK_EVENT_EXEC, .section = BK_PROCESSES, .verdict = verdict, .path = bk_text_of(path), .note = bk_text_of(note),
		.reason = BK_WHY_GATE,
	};

	put(&e);
}

bool bk_report_unrouted(const char *path, uint32_t count, enum bk_verdict refusal)
{
	bool refuse = bk_gate.policy.head->flags & BK_UNSUPPORTED_REFUSE;
	char note[384], *at, *end = note + sizeof note;

	if (!count || !(refuse || (bk_gate.first && sys_getpid() == bk_gate.self)))
		return false;
	at = bk_put_number(note, end, count);
	at = bk_put(at, end, count == 1 ? " system call instruction of " : " system call instructions of ");
	bk_put(bk_put(at, end, path), end, ": not led through the gate, no jump fits there");
	bk_report_note(refuse ? refusal : BK_ALERTED, bk_gate.image, note);
	return refuse;
}

void bk_report_call(const char *name, const char *technique)
{
	struct bk_event e = {
		.kind = BK_EVENT_SYSCALL, .section = BK_SECTIONS, .verdict = BK_DENIED, .reason = BK_WHY_RULE,
		.path = bk_text_of(name), .technique = bk_text_of(technique),
	};

	put(&e);
}

void bk_gate_die(void)
{
	sys_kill((int)sys_getpid(), SIGKILL);
	sys_exit(126);
}
