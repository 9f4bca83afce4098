/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events in the Open Cybersecurity Schema Framework 1.3.0 (schema.ocsf.io): an exec as Process Activity, a load as Module Activity, both
 * with the profile Security Control; what else is judged, and what a summary counts, as Detection Finding; what the shim says of itself as
 * Application Lifecycle.
 */
#include "cli/logs.h"

#include <string.h>
#include <time.h>

#define SCHEMA "1.3.0"

enum { INFORMATIONAL = 1, MEDIUM = 3, HIGH = 4, CRITICAL = 5 };

struct class {
	unsigned uid, category, activity;
	const char *name, *activity_name;
};

static struct class class_of(const struct bk_log_event *e)
{
	switch (e->kind) {
	case BK_EVENT_EXEC:
		return (struct class){ 1007, 1, 1, "Process Activity", "Launch" };
	case BK_EVENT_LOAD:
		return (struct class){ 1005, 1, 1, "Module Activity", "Load" };
	case BK_EVENT_START:
	case BK_EVENT_REFUSED:
		return (struct class){ 6002, 6, 3, "Application Lifecycle", "Start" };
	case BK_EVENT_EXIT:
		return (struct class){ 6002, 6, 4, "Application Lifecycle", "Stop" };
	case BK_EVENT_DROPPED:
		return (struct class){ 6002, 6, 99, "Application Lifecycle", "Events dropped" };
	default:
		return (struct class){ 2004, 2, 1, "Detection Finding", "Create" };
	}
}

static unsigned severity_of(const struct bk_log_event *e)
{
	if (e->kind == BK_EVENT_START)
		return INFORMATIONAL;
	if (!e->has_verdict)
		return e->kind == BK_EVENT_DROPPED ? MEDIUM : HIGH;
	switch (e->verdict) {
	case BK_KILLED: return CRITICAL;
	case BK_DENIED: return HIGH;
	case BK_ALERTED: return MEDIUM;
	default: return INFORMATIONAL;
	}
}

static const char *severity_name(unsigned id)
{
	static const char *const names[] = { "Unknown", "Informational", "Low", "Medium", "High", "Critical" };

	return names[id];
}

static void put_number(json_t *to, const char *name, uint64_t n)
{
	json_object_set_new(to, name, json_integer((json_int_t)n));
}

/* --- objects --- */

static json_t *product(void)
{
	json_t *o = json_object();

	bk_logs_put_word(o, "name", "buckler");
	bk_logs_put_word(o, "vendor_name", "buckler");
	bk_logs_put_word(o, "version", BK_VERSION);
	return o;
}

static json_t *metadata(const struct bk_log_event *e, const struct class *class)
{
	json_t *o = json_object(), *profiles = json_array();

	bk_logs_put_word(o, "version", SCHEMA);
	json_object_set_new(o, "product", product());
	if (class->category == 1)
		json_array_append_new(profiles, json_string("host"));
	if (e->has_verdict)
		json_array_append_new(profiles, json_string("security_control"));
	json_object_set_new(o, "profiles", profiles);
	put_number(o, "sequence", e->seq);
	bk_logs_put_text(o, "log_name", e->stream);
	bk_logs_put_text(o, "original_time", e->time);
	return o;
}

static json_t *hashes(const struct bk_log_event *e)
{
	json_t *list = json_array(), *o = json_object();
	char hex[65];

	bk_hex(e->sha256, sizeof e->sha256, hex);
	bk_logs_put_word(o, "algorithm", "SHA-256");
	put_number(o, "algorithm_id", 3);
	bk_logs_put_word(o, "value", hex);
	json_array_append_new(list, o);
	return list;
}

static json_t *file(struct bk_text path, const struct bk_log_event *hashed)
{
	json_t *o = json_object();
	struct bk_text name = bk_text_basename(path);

	bk_logs_put_text(o, "name", name.len ? name : BK_TEXT("unknown"));
	bk_logs_put_text(o, "path", path);
	put_number(o, "type_id", path.len && path.at[0] == '/' ? 1 : 0);
	if (hashed && hashed->has_sha256)
		json_object_set_new(o, "hashes", hashes(hashed));
	return o;
}

static json_t *process(const struct bk_log_event *e, struct bk_text image, bool target)
{
	json_t *o = json_object(), *parent;
	BK_BUF command = { 0 };

	put_number(o, "pid", e->pid);
	if (image.len) {
		bk_logs_put_text(o, "name", bk_text_basename(image));
		json_object_set_new(o, "file", file(image, target ? e : NULL));
	}
	if (target && e->argv.at) {
		bk_logs_words(&command, &e->argv, 0);
		bk_logs_put_text(o, "cmd_line", (struct bk_text){ command.at, (uint32_t)command.len });
	}
	if (e->ppid) {
		parent = json_object();
		put_number(parent, "pid", e->ppid);
		json_object_set_new(o, "parent_process", parent);
	}
	return o;
}

/* The process that made the call: an exec keeps its number. */
static json_t *actor(const struct bk_log_event *e)
{
	json_t *o = json_object();

	json_object_set_new(o, "process", process(e, e->parent, false));
	return o;
}

static json_t *device(const struct bk_log_event *e)
{
	json_t *o = json_object();

	put_number(o, "type_id", 99);
	bk_logs_put_word(o, "type", "Serverless function");
	bk_logs_put_text(o, "name", e->function.len ? e->function : BK_TEXT("unknown"));
	bk_logs_put_text(o, "instance_uid", e->stream);
	return o;
}

static json_t *attacks(struct bk_text technique)
{
	json_t *list = json_array(), *attack = json_object(), *whole = json_object(), *part = json_object();
	const char *dot = memchr(technique.at, '.', technique.len);

	bk_logs_put_text(whole, "uid", dot ? (struct bk_text){ technique.at, (uint32_t)(dot - technique.at) } : technique);
	json_object_set_new(attack, "technique", whole);
	bk_logs_put_text(part, "uid", technique);
	if (dot)
		json_object_set(attack, "sub_technique", part);
	json_decref(part);
	json_array_append_new(list, attack);
	return list;
}

/* --- parts of an event --- */

static void put_classification(json_t *row, const struct bk_log_event *e, const struct class *class)
{
	unsigned severity = severity_of(e);
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	put_number(row, "class_uid", class->uid);
	bk_logs_put_word(row, "class_name", class->name);
	put_number(row, "category_uid", class->category);
	put_number(row, "activity_id", class->activity);
	bk_logs_put_word(row, "activity_name", class->activity_name);
	put_number(row, "type_uid", class->uid * 100 + class->activity);
	put_number(row, "severity_id", severity);
	bk_logs_put_word(row, "severity", severity_name(severity));
	/* The schema wants a time; where the log has none it is that of this line. */
	json_object_set_new(row, "time", json_integer(e->ms != INT64_MIN ? e->ms : (json_int_t)now.tv_sec * 1000 + now.tv_nsec / 1000000));
	json_object_set_new(row, "metadata", metadata(e, class));
	bk_logs_put_text(row, "message", e->message);
}

static void put_control(json_t *row, const struct bk_log_event *e)
{
	static const struct { uint8_t action, disposition; char action_name[8], disposition_name[8]; } table[] = {
		[BK_DENIED] = { 2, 2, "Denied", "Blocked" }, [BK_KILLED] = { 2, 2, "Denied", "Blocked" }, [BK_ALLOWED] = { 1, 1, "Allowed", "Allowed" },
		[BK_ALERTED] = { 1, 19, "Allowed", "Alert" }, [BK_LEARNED] = { 1, 17, "Allowed", "Logged" },
	};
	json_t *policy = json_object();

	put_number(row, "action_id", table[e->verdict].action);
	bk_logs_put_word(row, "action", table[e->verdict].action_name);
	put_number(row, "disposition_id", table[e->verdict].disposition);
	bk_logs_put_word(row, "disposition", table[e->verdict].disposition_name);
	bk_logs_put_text(policy, "uid", e->policy.len ? e->policy : BK_TEXT("unknown"));
	json_object_set_new(row, "policy", policy);
	if (e->technique.len)
		json_object_set_new(row, "attacks", attacks(e->technique));
}

static void put_status(json_t *row, const struct bk_log_event *e, bool failed)
{
	put_number(row, "status_id", failed ? 2 : 1);
	bk_logs_put_word(row, "status", failed ? "Failure" : "Success");
	bk_logs_put_text(row, "status_detail", e->note.len ? e->note : e->reason);
}

static void put_activity(json_t *row, const struct bk_log_event *e)
{
	json_t *module;

	json_object_set_new(row, "actor", actor(e));
	json_object_set_new(row, "device", device(e));
	put_status(row, e, bk_stops(e->verdict));
	if (e->kind == BK_EVENT_EXEC) {
		json_object_set_new(row, "process", process(e, e->path, true));
		return;
	}
	module = json_object();
	json_object_set_new(module, "file", file(e->path, e));
	put_number(module, "load_type_id", 4);
	bk_logs_put_word(module, "load_type", "Mapped");
	json_object_set_new(row, "module", module);
}

static json_t *endpoint(const struct bk_log_event *e)
{
	json_t *o = json_object();

	bk_logs_put_text(o, "ip", e->address);
	bk_logs_put_text(o, "hostname", e->domain);
	if (e->port)
		put_number(o, "port", e->port);
	return o;
}

static json_t *evidence(const struct bk_log_event *e)
{
	json_t *o = json_object(), *api;
	enum bk_event_kind kind = e->kind == BK_EVENT_SUMMARY ? e->of : e->kind;

	json_object_set_new(o, "device", device(e));
	if (e->pid)
		json_object_set_new(o, "actor", actor(e));
	if (e->address.len || e->domain.len)
		json_object_set_new(o, kind == BK_EVENT_LISTEN ? "src_endpoint" : "dst_endpoint", endpoint(e));
	if (kind == BK_EVENT_SYSCALL && e->path.len) {
		api = json_object();
		bk_logs_put_text(api, "operation", e->path);
		json_object_set_new(o, "api", api);
	} else if (e->path.len && e->path.at[0] == '/') {
		json_object_set_new(o, "file", file(e->path, e));
	}
	return o;
}

static void put_finding(json_t *row, const struct bk_log_event *e)
{
	json_t *info = json_object(), *list = json_array(), *types = json_array();
	struct bk_text message = e->message;
	BK_FREE char *uid = bk_format("%.*s:%lld:%u:%016llx", (int)(e->policy.len < 64 ? e->policy.len : 64), e->policy.len ? e->policy.at : "",
				      e->ms == INT64_MIN ? 0LL : (long long)e->ms, e->seq, (unsigned long long)e->key);
	BK_FREE char *title = bk_format("%s %s", bk_verdict_name(e->verdict), bk_event_name(e->kind));

	json_object_set_new(info, "uid", bk_cli_json_text(uid, strlen(uid)));
	bk_logs_put_text(info, "title", message.len ? message : bk_text_of(title));
	bk_logs_put_text(info, "desc", e->reason);
	json_array_append_new(types, json_string(bk_event_name(e->kind)));
	json_object_set_new(info, "types", types);
	if (e->technique.len)
		json_object_set_new(info, "attacks", attacks(e->technique));
	json_object_set_new(row, "finding_info", info);
	json_array_append_new(list, evidence(e));
	json_object_set_new(row, "evidences", list);
	put_number(row, "status_id", 1);
	bk_logs_put_word(row, "status", "New");
	if (e->kind == BK_EVENT_SUMMARY)
		put_number(row, "count", e->count);
}

/* What the schema has no place for. */
static void put_unmapped(json_t *row, json_t *whole)
{
	static const char *const names[] = {
		"event", "verdict", "of", "first", "count", "section", "rule", "path", "called", "interpreter", "argv", "argv_cut", "reason", "note", "mechanism",
		"sections", "suspect", "file", "line", NULL,
	};
	json_t *rest = json_object();

	for (int i = 0; names[i]; i++)
		if (json_object_get(whole, names[i]))
			json_object_set(rest, names[i], json_object_get(whole, names[i]));
	json_object_set_new(row, "unmapped", rest);
	json_decref(whole);
}

json_t *bk_logs_ocsf(const struct bk_log_event *e, const struct bk_logs_place *place)
{
	struct class class = class_of(e);
	json_t *row = json_object();

	put_classification(row, e, &class);
	if (e->has_verdict)
		put_control(row, e);
	if (class.uid == 6002) {
		json_object_set_new(row, "app", product());
		put_status(row, e, e->kind != BK_EVENT_START);
	} else if (class.uid == 2004) {
		put_finding(row, e);
	} else {
		put_activity(row, e);
	}
	put_unmapped(row, bk_logs_json(e, place));
	return row;
}
