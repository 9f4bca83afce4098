/* SPDX-License-Identifier: Apache-2.0 */
/* One JSON object to one event, and what the shim must have asked for it. */
#include <arpa/inet.h>
#include <string.h>
#include <time.h>
#include "core/network.h"
#include "learn/reader.h"

#define MARK "\xe2\x80\xa6"		/* what the shim puts where it cuts */

uint64_t bk_hash_bytes(uint64_t state, const void *bytes, size_t size)
{
	const uint8_t *at = bytes;

	for (size_t i = 0; i < size; i++)
		state = (state ^ at[i]) * 0x100000001b3ULL;
	return state;
}

/* --- members --- */

static struct bk_text text_of(json_t *object, const char *name)
{
	json_t *value = json_object_get(object, name);

	if (!json_is_string(value))
		return (struct bk_text){ NULL, 0 };
	return (struct bk_text){ json_string_value(value), (uint32_t)json_string_length(value) };
}

static uint64_t number_of(json_t *object, const char *name)
{
	json_int_t n = json_integer_value(json_object_get(object, name));

	return n > 0 ? (uint64_t)n : 0;
}

static uint32_t small_of(json_t *object, const char *name)
{
	uint64_t n = number_of(object, name);

	return n > UINT32_MAX ? 0 : (uint32_t)n;
}

/* Index of a name in one of core's tables, -1 where it has none. */
static int index_of(struct bk_text name, const char *(*name_of)(int))
{
	for (int i = 0; name.len && name_of(i); i++)
		if (bk_text_equal(name, bk_text_of(name_of(i))))
			return i;
	return -1;
}

static const char *event_name(int i) { return bk_event_name((enum bk_event_kind)i); }
static const char *section_name(int i) { return bk_section_name((enum bk_section)i); }
static const char *verdict_name(int i) { return i < BK_NEED_SHA256 ? bk_verdict_name((enum bk_verdict)i) : NULL; }

static bool ends_with_mark(struct bk_text t)
{
	return t.len >= sizeof MARK - 1 && memcmp(t.at + t.len - (sizeof MARK - 1), MARK, sizeof MARK - 1) == 0;
}

/* --- reading --- */

static bool read_argv(json_t *list, struct bk_log_event *e, struct bk_buf *argv)
{
	json_t *item;
	size_t i, n = json_array_size(list);

	argv->len = 0;
	if (!list)
		return true;
	if (!json_is_array(list))
		return false;
	json_array_foreach(list, i, item) {
		struct bk_text t = { json_string_value(item), (uint32_t)json_string_length(item) };

		if (!t.at || memchr(t.at, '\0', t.len))
			return false;
		if (i + 1 == n && n > 1 && bk_text_equal(t, BK_TEXT(MARK))) {
			e->argv.cut = true;
			break;
		}
		e->argv.cut |= ends_with_mark(t);
		bk_buf_add(argv, t.at, t.len);
		bk_buf_add(argv, "", 1);
		e->argv.count++;
	}
	e->argv.at = argv->at ? argv->at : "";
	e->argv.size = (uint32_t)argv->len;
	return true;
}

static void read_sections(json_t *object, struct bk_log_event *e, struct bk_buf *out)
{
	const char *name;
	json_t *value;

	out->len = 0;
	json_object_foreach(object, name, value)
		if (json_is_string(value))
			bk_buf_printf(out, "%s%s=%s", out->len ? "," : "", name, json_string_value(value));
	e->sections = (struct bk_text){ out->len ? out->at : NULL, (uint32_t)out->len };
}

static bool read_kind(json_t *b, struct bk_log_event *e)
{
	int kind = index_of(text_of(b, "event"), event_name), of = index_of(text_of(b, "of"), event_name);
	int verdict = index_of(text_of(b, "verdict"), verdict_name), section = index_of(text_of(b, "section"), section_name);

	if (kind < 0 || (json_object_get(b, "verdict") && verdict < 0) || (json_object_get(b, "section") && section < 0))
		return false;
	e->kind = (enum bk_event_kind)kind;
	e->of = of < 0 ? BK_EVENTS : (enum bk_event_kind)of;
	e->has_verdict = verdict >= 0;
	e->verdict = e->has_verdict ? (enum bk_verdict)verdict : BK_ALLOWED;
	e->section = section < 0 ? BK_SECTIONS : (enum bk_section)section;
	return e->has_verdict || kind < BK_EVENT_EXEC || kind > BK_EVENT_READ;
}

static bool read_hash(json_t *b, struct bk_log_event *e)
{
	json_t *value = json_object_get(b, "sha256");

	e->has_sha256 = value && json_is_string(value) && bk_unhex(json_string_value(value), e->sha256, 32);
	return !value || e->has_sha256;
}

/* False where a name has a NUL, which none can have. */
static bool read_texts(json_t *b, struct bk_log_event *e)
{
	const struct { const char *name; struct bk_text *to; bool compared; } texts[] = {
		{ "path", &e->path, true }, { "called", &e->called, false }, { "interpreter", &e->interpreter, true }, { "parent", &e->parent, true },
		{ "address", &e->address, true }, { "domain", &e->domain, true }, { "technique", &e->technique, false },
		{ "reason", &e->reason, false }, { "note", &e->note, false }, { "mechanism", &e->mechanism, false }, { "policy", &e->policy, false },
	};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		*texts[i].to = text_of(b, texts[i].name);
		e->part |= texts[i].compared && ends_with_mark(*texts[i].to);
		if (texts[i].to->len && memchr(texts[i].to->at, '\0', texts[i].to->len))
			return false;
	}
	return true;
}

static void read_time(json_t *root, const struct bk_log_around *around, struct bk_log_event *e)
{
	e->time = text_of(root, "timestamp");
	if (!e->time.len)
		e->time = text_of(root, "time");
	e->ms = bk_log_time(e->time);
	if (e->ms != INT64_MIN)
		return;
	e->time = around->time;
	e->ms = around->ms != INT64_MIN ? around->ms : bk_log_time(around->time);
}

/* What the event says, without what differs each time it happens. */
static uint64_t content_key(const struct bk_log_event *e)
{
	const struct bk_text texts[] = { e->path, e->called, e->interpreter, e->parent, e->address, e->domain };
	uint32_t numbers[] = { e->kind, e->verdict, e->section, e->port, e->argv.cut };
	uint64_t key = bk_hash_bytes(BK_HASH_START, numbers, sizeof numbers);

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		key = bk_hash_bytes(key, texts[i].at, texts[i].len);
		key = bk_hash_bytes(key, "", 1);
	}
	key = bk_hash_bytes(key, e->argv.at, e->argv.size);
	return bk_hash_bytes(key, e->sha256, 32) | 1;
}

bool bk_event_read(json_t *root, const struct bk_log_around *around, struct bk_log_event *e, struct bk_buf *argv, struct bk_buf *sections)
{
	json_t *b = json_object_get(root, "buckler");

	*e = (struct bk_log_event){ .section = BK_SECTIONS, .of = BK_EVENTS };
	if (!json_is_object(b) || number_of(b, "v") != 1 || !read_kind(b, e) || !read_hash(b, e) || !read_argv(json_object_get(b, "argv"), e, argv))
		return false;
	e->seq = small_of(b, "seq");
	if (!e->seq || !read_texts(b, e))
		return false;
	e->rule = small_of(b, "rule");
	e->pid = small_of(b, "pid");
	e->ppid = small_of(b, "ppid");
	e->port = small_of(b, "port");
	e->first = small_of(b, "first");
	e->count = number_of(b, "count");
	e->message = text_of(root, "message");
	read_sections(json_object_get(b, "sections"), e, sections);
	read_time(root, around, e);
	e->function = around->function;
	e->stream = around->stream;
	e->key = content_key(e);
	return e->port <= 65535;
}

/* --- time --- */

static bool digits(struct bk_text t, uint32_t *pos, unsigned count, int *to)
{
	*to = 0;
	for (unsigned i = 0; i < count; i++, (*pos)++) {
		if (*pos >= t.len || t.at[*pos] < '0' || t.at[*pos] > '9')
			return false;
		*to = *to * 10 + t.at[*pos] - '0';
	}
	return true;
}

static bool take(struct bk_text t, uint32_t *pos, char c)
{
	if (*pos >= t.len || t.at[*pos] != c)
		return false;
	(*pos)++;
	return true;
}

/* Behind the seconds: a fraction, of which milliseconds count. */
static int fraction(struct bk_text t, uint32_t *pos)
{
	int ms = 0, unit = 100;

	if (!take(t, pos, '.') && !take(t, pos, ','))
		return 0;
	for (; *pos < t.len && t.at[*pos] >= '0' && t.at[*pos] <= '9'; (*pos)++, unit /= 10)
		ms += (t.at[*pos] - '0') * unit;
	return ms;
}

/* Z, +HH:MM, +HHMM or nothing; minutes east, INT32_MIN where it is none of them. */
static int zone(struct bk_text t, uint32_t pos)
{
	int hours, minutes, sign = pos < t.len && t.at[pos] == '-' ? -1 : 1;

	if (pos == t.len || ((t.at[pos] == 'Z' || t.at[pos] == 'z') && pos + 1 == t.len))
		return 0;
	if (!take(t, &pos, '+') && !take(t, &pos, '-'))
		return INT32_MIN;
	if (!digits(t, &pos, 2, &hours))
		return INT32_MIN;
	take(t, &pos, ':');
	return digits(t, &pos, 2, &minutes) && pos == t.len ? sign * (hours * 60 + minutes) : INT32_MIN;
}

int64_t bk_log_time(struct bk_text t)
{
	struct tm tm = { 0 };
	uint32_t pos = 0;
	int ms = 0, east;

	if (!digits(t, &pos, 4, &tm.tm_year) || !take(t, &pos, '-') || !digits(t, &pos, 2, &tm.tm_mon) || !take(t, &pos, '-') ||
	    !digits(t, &pos, 2, &tm.tm_mday))
		return INT64_MIN;
	if (pos < t.len && (t.at[pos] == 'T' || t.at[pos] == 't' || t.at[pos] == ' ')) {
		pos++;
		if (!digits(t, &pos, 2, &tm.tm_hour) || !take(t, &pos, ':') || !digits(t, &pos, 2, &tm.tm_min))
			return INT64_MIN;
		if (take(t, &pos, ':') && !digits(t, &pos, 2, &tm.tm_sec))
			return INT64_MIN;
		ms = fraction(t, &pos);
	}
	east = zone(t, pos);
	if (east == INT32_MIN || tm.tm_mon < 1 || tm.tm_mon > 12 || tm.tm_mday < 1 || tm.tm_mday > 31 || tm.tm_hour > 24 || tm.tm_min > 59 || tm.tm_sec > 60)
		return INT64_MIN;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	return ((int64_t)timegm(&tm) - east * 60) * 1000 + ms;
}

/* --- the request behind an event --- */

static enum bk_section section_of(enum bk_event_kind kind)
{
	static const uint8_t sections[BK_EVENTS] = {
		[BK_EVENT_EXEC] = BK_PROCESSES + 1, [BK_EVENT_LOAD] = BK_LIBRARIES + 1, [BK_EVENT_CODE] = BK_GENERATED_CODE + 1,
		[BK_EVENT_ENVIRONMENT] = BK_ENVIRONMENT + 1, [BK_EVENT_CONNECT] = BK_CONNECT + 1, [BK_EVENT_LISTEN] = BK_LISTEN + 1,
		[BK_EVENT_WRITE] = BK_WRITE + 1, [BK_EVENT_READ] = BK_READ + 1,
	};

	return sections[kind] ? (enum bk_section)(sections[kind] - 1) : BK_SECTIONS;
}

static bool is_anonymous(struct bk_text path)
{
	static const char deleted[] = " (deleted)";
	const uint32_t n = sizeof deleted - 1;

	return bk_text_starts(path, BK_TEXT("/memfd:")) || (path.len > n && memcmp(path.at + path.len - n, deleted, n) == 0);
}

/* Where the script stands in the kernel's vector: interpreter, perhaps one option, script. */
static uint32_t script_index(const struct bk_log_event *e)
{
	struct bk_text name = bk_text_basename(e->path), second = bk_args_get(&e->argv, 1);

	for (uint32_t i = 1; i < 3; i++)
		if (bk_text_equal(bk_args_get(&e->argv, i), e->path))
			return i;
	for (uint32_t i = 1; i < 3; i++)
		if (bk_text_equal(bk_text_basename(bk_args_get(&e->argv, i)), name))
			return i;
	return second.len && second.at[0] == '-' ? 2 : 1;	/* called by a link of another name */
}

static void fill_process(const struct bk_log_event *e, struct bk_request *r)
{
	struct bk_text first = bk_args_get(&e->argv, 0);
	uint32_t program;

	r->first_arg = 1;
	r->flags |= e->main ? BK_REQ_MAIN : 0;
	if (e->interpreter.len) {
		r->first_arg = script_index(e) + 1;
	} else if (bk_is_loader(e->path)) {
		r->flags |= BK_REQ_LOADER | BK_REQ_UNNAMED;
	} else if (first.at && bk_is_loader(first)) {
		program = bk_loader_program(&e->argv);
		r->flags |= BK_REQ_LOADER;
		r->first_arg = program + 1;
	}
}

/* What has no address is a socket of the file system, an abstract one, or of another family, which the path then names. */
static bool fill_nameless(const struct bk_log_event *e, struct bk_endpoint *to)
{
	if (e->path.len && (e->path.at[0] == '/' || e->path.at[0] == '@'))
		to->family = AF_UNIX;
	else if (e->path.len)
		to->family = (uint16_t)bk_family_number(e->path);
	return to->family || e->port;
}

static bool fill_endpoint(const struct bk_log_event *e, struct bk_endpoint *to)
{
	uint32_t n;
	bool good;

	*to = (struct bk_endpoint){ 0 };
	if (e->address.len) {
		n = bk_address_parse(e->address, to);
		good = n == e->address.len;
		bk_address_normalise(to);
	} else {
		good = fill_nameless(e, to);
	}
	to->port_low = to->port_high = (uint16_t)e->port;
	return good;
}

bool bk_log_request(const struct bk_log_event *e, struct bk_request *r, struct bk_endpoint *endpoint)
{
	*r = (struct bk_request){ .section = section_of(e->kind) };
	if (r->section == BK_SECTIONS || e->part)
		return false;
	if (r->section == BK_WRITE && e->section == BK_PLANT)
		r->section = BK_PLANT;
	r->path = e->domain.len ? e->domain : e->path;
	r->called = e->called;
	r->interpreter = e->interpreter;
	r->argv = e->argv;
	r->parent = e->parent;
	r->sha256 = e->has_sha256 ? e->sha256 : NULL;
	if (is_anonymous(e->path))
		r->flags |= BK_REQ_ANONYMOUS;
	if (r->section == BK_PROCESSES)
		fill_process(e, r);
	if (r->section == BK_CONNECT && e->domain.len && !e->address.len)
		r->flags |= BK_REQ_NAME;	/* a question to the resolver */
	else if (r->section == BK_CONNECT || r->section == BK_LISTEN)
		r->endpoint = fill_endpoint(e, endpoint) ? endpoint : NULL;
	return true;
}
