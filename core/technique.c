/* SPDX-License-Identifier: Apache-2.0 */
/* Which technique of MITRE ATT&CK an event shows (bk_technique of core/record.h). */
#include "core/network.h"
#include "core/record.h"

static struct bk_text technique_of_image(struct bk_text name)
{
	static const struct { char start[8]; char id[10]; } table[] = {
		{ "python", "T1059.006" }, { "node", "T1059.007" }, { "perl", "T1059" }, { "ruby", "T1059" }, { "php", "T1059" },
		{ "lua", "T1059" }, { "curl", "T1105" }, { "wget", "T1105" },
	};

	if (bk_is_shell(name))
		return BK_TEXT("T1059.004");
	for (uint32_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (bk_text_starts(name, bk_text_of(table[i].start)))
			return bk_text_of(table[i].id);
	return (struct bk_text){ NULL, 0 };
}

static struct bk_text technique_of_exec(const struct bk_request *r, enum bk_reason reason)
{
	struct bk_text id;

	if (reason == BK_WHY_REMOTE_SHELL)
		return BK_TEXT("T1059");
	if (reason == BK_WHY_MINER)
		return BK_TEXT("T1496");	/* resource hijacking */
	if (reason == BK_WHY_SHA256)
		return BK_TEXT("T1554");	/* compromise of a program on the host */
	id = technique_of_image(bk_text_basename(r->interpreter.len ? r->interpreter : r->path));
	if (id.len)
		return id;
	if (bk_text_starts(r->path, BK_TEXT("/tmp/")) || bk_text_starts(r->path, BK_TEXT("/var/tmp/")) ||
	    bk_text_starts(r->path, BK_TEXT("/dev/shm/")))
		return BK_TEXT("T1105");	/* brought in and run */
	return BK_TEXT("T1059");
}

/* Names and encrypted names are a way out of their own; pools and credentials have their own ids. */
static struct bk_text technique_of_connect(const struct bk_request *r)
{
	const struct bk_endpoint *e = r->endpoint;

	if (r->flags & BK_REQ_NAME || (e && (e->port_low == 53 || e->port_low == 853)))
		return BK_TEXT("T1048.003");
	if (e && bk_address_is_metadata(e))
		return BK_TEXT("T1552.005");
	return e && bk_port_is_pool(e->port_low) ? BK_TEXT("T1496") : BK_TEXT("T1041");
}

struct bk_text bk_technique(enum bk_event_kind kind, const struct bk_request *request, enum bk_reason reason)
{
	static const char table[BK_EVENTS][10] = {
		[BK_EVENT_LOAD] = "T1574.006", [BK_EVENT_CODE] = "T1620", [BK_EVENT_ENVIRONMENT] = "T1574.006",
		[BK_EVENT_CONNECT] = "T1041", [BK_EVENT_LISTEN] = "T1571", [BK_EVENT_WRITE] = "T1546", [BK_EVENT_READ] = "T1552.001",
	};

	if ((kind == BK_EVENT_EXEC || kind == BK_EVENT_LOAD) && request && (request->flags & BK_REQ_ANONYMOUS || reason == BK_WHY_ANONYMOUS))
		return BK_TEXT("T1620");
	if (kind == BK_EVENT_CONNECT && request)
		return technique_of_connect(request);
	if (kind == BK_EVENT_EXEC && request)
		return technique_of_exec(request, reason);
	if (reason == BK_WHY_PRIVATE)
		return kind == BK_EVENT_WRITE ? BK_TEXT("T1055.009") : BK_TEXT("T1552");	/* injection through /proc; credentials */
	return (uint32_t)kind < BK_EVENTS ? bk_text_of(table[kind]) : (struct bk_text){ NULL, 0 };
}
