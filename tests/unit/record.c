/* SPDX-License-Identifier: Apache-2.0 */
/* Event lines: exact lines of each form, escapes of every byte, cuts at every size, random events; every line parsed by jansson. */
#include "core/record.h"

#include <jansson.h>
#include <stdlib.h>

#include "tests/support/tap.h"

static const uint8_t hash[32] = { 0xab, 0xcd, 1, 2, 3, 4, 5, 6, 7, 8 };

static struct bk_args arguments(const char *at, uint32_t size, uint32_t count)
{
	return (struct bk_args){ at, size, count, false };
}

static struct bk_event sample(void)
{
	return (struct bk_event){
		.kind = BK_EVENT_EXEC, .verdict = BK_DENIED, .section = BK_PROCESSES, .reason = BK_WHY_NO_RULE, .seq = 7, .rule = 12,
		.path = BK_TEXT("/bin/sh"), .argv = arguments("sh\0-c\0id", 9, 3), .pid = 20, .ppid = 10, .parent = BK_TEXT("/usr/bin/node"),
		.technique = BK_TEXT("T1059.004"), .mechanism = BK_NOTIFY, .policy = hash, .seconds = 1709210096, .nanoseconds = 78999999,
	};
}

/* The JSON object of a line, NULL where the line is not one object on one line with its newline. */
static json_t *parse(const char *line, uint32_t len, enum bk_form form)
{
	const char *from = line;

	if (!len || line[len - 1] != '\n' || memchr(line, '\n', len - 1))
		return NULL;
	if (form == BK_FORM_AZURE)
		from = memmem(line, len, "{\"buckler\":{", 12);
	return from ? json_loadb(from, len - (size_t)(from - line), JSON_REJECT_DUPLICATES, NULL) : NULL;
}

static json_t *write_and_parse(const struct bk_event *e, enum bk_form form, uint32_t cap)
{
	char *line = malloc(cap);
	uint32_t len = bk_record_line(e, form, line, cap);
	json_t *root = len <= cap ? parse(line, len, form) : NULL;

	free(line);
	return root;
}

static const char *member(const json_t *root, const char *name)
{
	const char *s = json_string_value(json_object_get(json_object_get(root, "buckler"), name));

	return s ? s : "";
}

/* `expected` with its REASONs replaced by the event's own. */
static void expand(const char *expected, enum bk_reason reason, char *out)
{
	for (const char *hit; (hit = strstr(expected, "REASON")); expected = hit + 6)
		out += sprintf(out, "%.*s%s", (int)(hit - expected), expected, bk_reason_text(reason));
	strcpy(out, expected);
}

static void line_is(const struct bk_event *e, enum bk_form form, const char *expected, const char *what)
{
	char line[BK_LINE_MAX], want[BK_LINE_MAX];
	uint32_t len = bk_record_line(e, form, line, sizeof(line));

	expand(expected, e->reason, want);
	if (!ok(len == strlen(want) && !memcmp(line, want, len), "%s", what))
		printf("# %.*s# %s", (int)len, line, want);
}

/* The reason's words are not this test's business. */
#define REASON "REASON"
#define OBJECT "\"buckler\":{\"v\":1,\"seq\":7,\"event\":\"exec\",\"verdict\":\"denied\",\"section\":\"processes\",\"rule\":12," \
	"\"path\":\"/bin/sh\",\"argv\":[\"sh\",\"-c\",\"id\"],\"pid\":20,\"ppid\":10,\"parent\":\"/usr/bin/node\"," \
	"\"technique\":\"T1059.004\",\"reason\":\"" REASON "\",\"mechanism\":\"notify\",\"policy\":\"abcd010203040506\"}}\n"
#define SENTENCE "denied exec /bin/sh -c id (" REASON ")"

static void forms(void)
{
	struct bk_event e = sample();

	line_is(&e, BK_FORM_LAMBDA, "{\"timestamp\":\"2024-02-29T12:34:56.078Z\",\"level\":\"WARN\",\"message\":\"buckler: " SENTENCE "\","
		"\"_aws\":{\"Timestamp\":1709210096078,\"CloudWatchMetrics\":[{\"Namespace\":\"buckler\",\"Dimensions\":[[]],"
		"\"Metrics\":[{\"Name\":\"denied\",\"Unit\":\"Count\"}]}]},\"denied\":1," OBJECT, "the Lambda form");
	line_is(&e, BK_FORM_PLAIN, "{\"timestamp\":\"2024-02-29T12:34:56.078Z\",\"level\":\"WARN\",\"message\":\"buckler: " SENTENCE "\"," OBJECT,
		"the plain form is the same");
	line_is(&e, BK_FORM_GOOGLE, "{\"severity\":\"WARNING\",\"message\":\"buckler: " SENTENCE "\",\"time\":\"2024-02-29T12:34:56.078Z\"," OBJECT,
		"the Google form");
	line_is(&e, BK_FORM_AZURE, "buckler warning: " SENTENCE " {" OBJECT, "the Azure form");
	e.function = BK_TEXT("thumbnailer");
	line_is(&e, BK_FORM_PLAIN, "{\"timestamp\":\"2024-02-29T12:34:56.078Z\",\"level\":\"WARN\",\"message\":\"buckler: " SENTENCE "\"," OBJECT,
		"elsewhere no metric");
}

/* What a line adds to which counter, as the platform reads it: each named key is a member of the root. */
static void metrics(void)
{
	static const struct { enum bk_event_kind kind; enum bk_verdict verdict; uint64_t count; const char *counter; json_int_t adds; } rows[] = {
		{ BK_EVENT_EXEC, BK_DENIED, 0, "denied", 1 }, { BK_EVENT_LOAD, BK_KILLED, 0, "killed", 1 }, { BK_EVENT_CONNECT, BK_ALERTED, 0, "alert", 1 },
		{ BK_EVENT_SYSCALL, BK_DENIED, 0, "denied", 1 }, { BK_EVENT_SUMMARY, BK_DENIED, 17, "denied", 17 }, { BK_EVENT_SUMMARY, BK_LEARNED, 17, NULL, 0 },
		{ BK_EVENT_DROPPED, BK_ALERTED, 5, "dropped", 5 }, { BK_EVENT_REFUSED, BK_DENIED, 0, "refused", 1 }, { BK_EVENT_EXEC, BK_LEARNED, 0, NULL, 0 },
		{ BK_EVENT_EXEC, BK_ALLOWED, 0, NULL, 0 }, { BK_EVENT_START, BK_ALLOWED, 0, NULL, 0 }, { BK_EVENT_START, BK_DENIED, 0, NULL, 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (int named = 0; named < 2; named++) {
			struct bk_event e = { .kind = rows[i].kind, .verdict = rows[i].verdict, .count = rows[i].count, .section = BK_SECTIONS, .seconds = 1700000000 };
			json_t *root, *aws, *metric;
			const char *dimension = NULL, *name = NULL, *space = NULL;
			json_int_t at = 0;

			e.function = named ? BK_TEXT("f \"x\"") : (struct bk_text){ NULL, 0 };
			root = write_and_parse(&e, BK_FORM_LAMBDA, BK_LINE_MAX);
			aws = json_object_get(root, "_aws");
			metric = json_array_get(json_object_get(aws, "CloudWatchMetrics"), 0);
			if (aws) {
				json_unpack(aws, "{s:I}", "Timestamp", &at);
				json_unpack(metric, "{s:s, s:[{s:s}]}", "Namespace", &space, "Metrics", "Name", &name);
				json_unpack(metric, named ? "{s:[[s]]}" : "{s:[[]]}", "Dimensions", &dimension);
			}
			ok(rows[i].counter ? name && !strcmp(name, rows[i].counter) && !strcmp(space, "buckler") && at == 1700000000000 &&
			   json_integer_value(json_object_get(root, name)) == rows[i].adds && !dimension == !named &&
			   (!named || !strcmp(json_string_value(json_object_get(root, dimension)), "f \"x\"")) : !aws,
			   "%s %s adds %d to %s%s", bk_event_name(rows[i].kind), bk_verdict_name(rows[i].verdict), (int)rows[i].adds,
			   rows[i].counter ? rows[i].counter : "nothing", named ? " of the function" : "");
			json_decref(root);
		}
}

static void severities(void)
{
	static const struct { enum bk_event_kind kind; enum bk_verdict verdict; const char *lambda, *google, *azure; } rows[] = {
		{ BK_EVENT_START, BK_DENIED, "INFO", "INFO", "buckler info: " },
		{ BK_EVENT_EXEC, BK_LEARNED, "INFO", "INFO", "buckler info: " },
		{ BK_EVENT_EXEC, BK_ALERTED, "WARN", "WARNING", "buckler warning: " },
		{ BK_EVENT_LOAD, BK_DENIED, "WARN", "WARNING", "buckler warning: " },
		{ BK_EVENT_EXEC, BK_KILLED, "WARN", "WARNING", "buckler error: " },
		{ BK_EVENT_SUMMARY, BK_DENIED, "WARN", "WARNING", "buckler warning: " },
		{ BK_EVENT_SUMMARY, BK_LEARNED, "INFO", "INFO", "buckler info: " },
		{ BK_EVENT_DROPPED, BK_ALERTED, "WARN", "WARNING", "buckler warning: " },
		{ BK_EVENT_REFUSED, BK_DENIED, "ERROR", "ERROR", "buckler error: " },
		{ BK_EVENT_EXIT, BK_DENIED, "ERROR", "ERROR", "buckler error: " },
	};
	char line[BK_LINE_MAX];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bk_event e = { .kind = rows[i].kind, .verdict = rows[i].verdict, .section = BK_SECTIONS };
		json_t *lambda = write_and_parse(&e, BK_FORM_LAMBDA, BK_LINE_MAX), *google = write_and_parse(&e, BK_FORM_GOOGLE, BK_LINE_MAX);
		uint32_t n = bk_record_line(&e, BK_FORM_AZURE, line, sizeof(line));

		ok(!strcmp(json_string_value(json_object_get(lambda, "level")), rows[i].lambda) &&
		   !strcmp(json_string_value(json_object_get(google, "severity")), rows[i].google) &&
		   n > strlen(rows[i].azure) && !memcmp(line, rows[i].azure, strlen(rows[i].azure)),
		   "severity of %s %s", bk_event_name(rows[i].kind), bk_verdict_name(rows[i].verdict));
		json_decref(lambda);
		json_decref(google);
	}
}

static void start(void)
{
	struct bk_plan plan = { .mechanism = BK_NOTIFY, .reason = "ptrace refused",
		.status = { BK_DETECTED, BK_ENFORCED, BK_UNAVAILABLE, BK_ABSENT, BK_ABSENT, BK_ABSENT, BK_ABSENT, BK_ABSENT, BK_ABSENT } };
	struct bk_event e = { .kind = BK_EVENT_START, .section = BK_SECTIONS, .seq = 1, .pid = 1, .mechanism = BK_NOTIFY, .policy = hash, .plan = &plan };

	line_is(&e, BK_FORM_LAMBDA, "{\"timestamp\":\"1970-01-01T00:00:00.000Z\",\"level\":\"INFO\","
		"\"message\":\"buckler: started, mechanism notify: ptrace refused\",\"buckler\":{\"v\":1,\"seq\":1,\"event\":\"start\",\"pid\":1,"
		"\"reason\":\"ptrace refused\",\"mechanism\":\"notify\",\"policy\":\"abcd010203040506070800000000000000000000000000000000000000000000\","
		"\"sections\":{\"processes\":\"detected\",\"libraries\":\"enforced\",\"generated_code\":\"unavailable\",\"environment\":\"absent\","
		"\"network.connect\":\"absent\",\"network.listen\":\"absent\",\"files.write\":\"absent\",\"files.read\":\"absent\",\"files.code\":\"absent\"}}}\n",
		"the start event: mechanism, reason, whole digest, every section");
}

static void sentences(void)
{
	static const struct { struct bk_event e; const char *text; } rows[] = {
		{ { .kind = BK_EVENT_SUMMARY, .of = BK_EVENT_EXEC, .verdict = BK_DENIED, .first = 7, .count = 120, .section = BK_SECTIONS },
		  "denied exec 120 more times, as in event 7" },
		{ { .kind = BK_EVENT_DROPPED, .count = 3, .section = BK_SECTIONS }, "3 lines were left out: too many at once, or the log was full" },
		{ { .kind = BK_EVENT_REFUSED, .path = BK_TEXT("/opt/policy.bkl"), .note = BK_TEXT("the file is damaged"), .section = BK_SECTIONS },
		  "refused to start the function: /opt/policy.bkl: the file is damaged" },
		{ { .kind = BK_EVENT_REFUSED, .note = BK_TEXT("no policy"), .section = BK_SECTIONS }, "refused to start the function: no policy" },
		{ { .kind = BK_EVENT_EXIT, .note = BK_TEXT("listener lost"), .section = BK_SECTIONS }, "supervision ended unexpectedly: listener lost" },
		{ { .kind = BK_EVENT_SYSCALL, .verdict = BK_DENIED, .path = BK_TEXT("ptrace"), .section = BK_SECTIONS }, "denied system call ptrace" },
		{ { .kind = BK_EVENT_CODE, .verdict = BK_ALERTED, .path = BK_TEXT("/bin/x"), .reason = BK_WHY_RULE, .section = BK_GENERATED_CODE },
		  "would deny generated code in /bin/x (a rule says so)" },
		{ { .kind = BK_EVENT_CONNECT, .verdict = BK_DENIED, .address = BK_TEXT("10.0.0.1"), .port = 443, .domain = BK_TEXT("a.example"),
		    .section = BK_CONNECT, .reason = BK_WHY_RULE }, "denied connection to a.example 10.0.0.1 port 443 (a rule says so)" },
		{ { .kind = BK_EVENT_EXEC, .verdict = BK_KILLED, .path = BK_TEXT("/x.py"), .interpreter = BK_TEXT("/usr/bin/python3"),
		    .section = BK_PROCESSES, .reason = BK_WHY_RULE }, "killed exec /x.py by /usr/bin/python3 (a rule says so)" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_t *root = write_and_parse(&rows[i].e, BK_FORM_LAMBDA, BK_LINE_MAX);
		const char *message = json_string_value(json_object_get(root, "message"));
		const char *paren = strstr(rows[i].text, "(a rule says so)");
		size_t n = paren ? (size_t)(paren - rows[i].text) + 1 : strlen(rows[i].text);

		if (!ok(message && !strncmp(message, "buckler: ", 9) && !strncmp(message + 9, rows[i].text, n) &&
			(!paren ? !message[9 + n] : !strncmp(message + 9 + n, bk_reason_text(BK_WHY_RULE), strlen(bk_reason_text(BK_WHY_RULE)))),
			"sentence: %s", rows[i].text))
			printf("# %s\n", message ? message : "no line");
		json_decref(root);
	}
}

/* Every byte alone, between two letters: printable ASCII comes back as it was, a byte that is no character as U+FFFD. */
static void every_byte(void)
{
	int wrong = 0, unprintable = 0;

	for (int c = 0; c < 256; c++) {
		char path[3] = { 'a', (char)c, 'b' }, line[BK_LINE_MAX], want[8];
		struct bk_event e = { .kind = BK_EVENT_LOAD, .verdict = BK_DENIED, .section = BK_LIBRARIES, .path = { path, 3 } };
		uint32_t len = bk_record_line(&e, BK_FORM_LAMBDA, line, sizeof(line));
		json_t *root = parse(line, len, BK_FORM_LAMBDA);

		snprintf(want, sizeof(want), c == 0 || c >= 0x80 ? "a\xef\xbf\xbd" "b" : "a%cb", c);
		wrong += !root || strcmp(member(root, "path"), want);
		for (uint32_t i = 0; i + 1 < len; i++)
			unprintable += line[i] < 0x20 || line[i] > 0x7e;
		json_decref(root);
	}
	ok(!wrong, "every byte survives or becomes U+FFFD");
	ok(!unprintable, "and the line is printable ASCII");
}

static void characters(void)
{
	static const struct { const char *in, *in_line, *back; } rows[] = {
		{ "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\xa7", "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\xa7", NULL },
		{ "a\xe2\x80\xa8" "b\xe2\x80\xa9", "a\\u2028b\\u2029", NULL },
		{ "a\xc2\x80\xc2\x9f", "a\\u0080\\u009f", NULL },
		{ "\x1b[31m\x7f\r\n\t", "\\u001b[31m\\u007f\\u000d\\u000a\\u0009", NULL },
		{ "a\xe2\x80\xae" "b", "a\\u202eb", NULL },
		{ "\"},{\"buckler\":\\", "\\\"},{\\\"buckler\\\":\\\\", NULL },
		{ "\xc0\xaf", "\\ufffd\\ufffd", "\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xed\xa0\x80", "\\ufffd\\ufffd\\ufffd", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xf4\x90\x80\x80", "\\ufffd\\ufffd\\ufffd\\ufffd", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xe2\x82", "\\ufffd\\ufffd", "\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xe0\x80\xaf", "\\ufffd\\ufffd\\ufffd", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bk_event e = { .kind = BK_EVENT_LOAD, .verdict = BK_DENIED, .section = BK_LIBRARIES, .path = bk_text_of(rows[i].in) };
		char line[BK_LINE_MAX], want[200];
		uint32_t len = bk_record_line(&e, BK_FORM_LAMBDA, line, sizeof(line));
		json_t *root = parse(line, len, BK_FORM_LAMBDA);

		snprintf(want, sizeof(want), "\"path\":\"%s\"", rows[i].in_line);
		ok(root && memmem(line, len, want, strlen(want)) && !strcmp(member(root, "path"), rows[i].back ? rows[i].back : rows[i].in),
		   "characters %zu", i);
		json_decref(root);
	}
}

static void cuts(void)
{
	static char path[6000], many[9000];
	struct bk_event e = sample();
	json_t *root, *argv;
	size_t n;

	memset(path, 'p', sizeof(path));
	e.path = (struct bk_text){ path, sizeof(path) };
	root = write_and_parse(&e, BK_FORM_LAMBDA, BK_LINE_MAX);
	n = strlen(member(root, "path"));
	ok(n > 2500 && n < sizeof(path) && !strcmp(member(root, "path") + n - 3, "\xe2\x80\xa6"), "a long path is cut with a mark");
	ok(!strcmp(member(root, "parent"), "/usr/bin/node") && json_array_size(json_object_get(json_object_get(root, "buckler"), "argv")) == 3,
	   "what is short stays whole");
	json_decref(root);

	e = sample();
	for (size_t i = 0; i < sizeof(many); i++)
		many[i] = i % 3 == 2 ? 0 : 'a';
	e.argv = arguments(many, sizeof(many), sizeof(many) / 3);
	root = write_and_parse(&e, BK_FORM_LAMBDA, BK_LINE_MAX);
	argv = json_object_get(json_object_get(root, "buckler"), "argv");
	n = json_array_size(argv);
	ok(n > 400 && n < 3000 && !strcmp(json_string_value(json_array_get(argv, n - 1)), "\xe2\x80\xa6") &&
	   !strcmp(json_string_value(json_array_get(argv, n - 2)), "aa"), "many arguments: the last element is the mark");
	json_decref(root);

	memset(many, 'a', sizeof(many));
	memcpy(many, "sh\0-c", 6);
	many[sizeof(many) - 1] = 0;
	e.argv = arguments(many, sizeof(many), 3);
	root = write_and_parse(&e, BK_FORM_LAMBDA, BK_LINE_MAX);
	argv = json_object_get(json_object_get(root, "buckler"), "argv");
	n = json_string_length(json_array_get(argv, 2));
	ok(json_array_size(argv) == 3 && n > 2500 && !strcmp(json_string_value(json_array_get(argv, 2)) + n - 3, "\xe2\x80\xa6"),
	   "one long argument: cut with a mark");
	json_decref(root);

	e = sample();
	e.argv.cut = true;
	root = write_and_parse(&e, BK_FORM_LAMBDA, BK_LINE_MAX);
	argv = json_object_get(json_object_get(root, "buckler"), "argv");
	ok(json_array_size(argv) == 4 && !strcmp(json_string_value(json_array_get(argv, 3)), "\xe2\x80\xa6"), "arguments that were not read");
	json_decref(root);
}

/* --- random events --- */

static uint32_t below(uint32_t n)
{
	return (uint32_t)rand() % n;
}

static struct bk_text random_text(char *store, uint32_t most)
{
	static const char *const bits[] = { "\xe2\x80\xa6", "\\", "\"", "\xf0\x9f\x90\xa7", "\xff", "\n", "a", "/", "{", "\xc2\x85", "" };
	uint32_t want = below(2) ? below(most) : below(20), n = 0;

	while (n + 4 < want) {
		const char *bit = bits[below(11)];

		store[n] = (char)below(256);
		if (*bit)
			memcpy(store + n, bit, strlen(bit));
		n += *bit ? (uint32_t)strlen(bit) : 1;
	}
	return below(4) ? (struct bk_text){ store, n } : (struct bk_text){ NULL, 0 };
}

static void random_events(void)
{
	static char store[9][9000];
	struct bk_plan plan = { .reason = "seccomp user notification with ptrace verification" };
	int unparsable = 0, longer = 0, unmarked = 0;

	srand(4096);
	for (int round = 0; round < 3000; round++) {
		static const uint32_t sizes[] = { 512, 513, 600, 1024, 4096 };
		uint32_t cap = sizes[below(5)];
		struct bk_event e = {
			.kind = below(BK_EVENTS), .of = below(BK_EVENTS), .verdict = below(5), .section = below(BK_SECTIONS + 1), .reason = below(13),
			.seq = below(2) ? UINT32_MAX : below(100), .rule = below(2) ? UINT32_MAX : 0, .path = random_text(store[0], 9000),
			.interpreter = random_text(store[1], 900), .sha256 = below(2) ? hash : NULL, .address = random_text(store[2], 90),
			.domain = random_text(store[3], 900), .port = below(2) ? 65535 : 0, .pid = below(2) ? UINT32_MAX : 0,
			.ppid = below(2) ? UINT32_MAX : 0, .parent = random_text(store[4], 5000), .technique = random_text(store[5], 12),
			.note = random_text(store[6], 400), .first = UINT32_MAX, .count = below(2) ? UINT64_MAX : 0, .mechanism = below(BK_MECHANISMS),
			.policy = below(2) ? hash : NULL, .plan = below(2) ? &plan : NULL, .seconds = below(2) ? UINT64_MAX : below(1u << 31),
			.nanoseconds = below(1000000000), .function = random_text(store[7], 60),
		};
		struct bk_text args = random_text(store[8], 9000);
		char line[BK_LINE_MAX];
		enum bk_form form = below(4);
		uint32_t len;
		json_t *root;

		e.argv = (struct bk_args){ args.at, args.len, below(2000), below(2) };
		len = bk_record_line(&e, form, line, cap);
		root = parse(line, len, form);
		unparsable += !root;
		if (!root)
			printf("# round %d, %u of %u bytes in form %d: %.*s\n", round, len, cap, (int)form, (int)len, line);
		longer += len > cap;
		unmarked += e.path.len > 4096 && *member(root, "path") && !strstr(member(root, "path"), "\xe2\x80\xa6");
		json_decref(root);
	}
	ok(!unparsable, "3000 random events: every line parses");
	ok(!longer, "and fits");
	ok(!unmarked, "and says what was cut");
}

/* Everything that a line can hold, at its longest. */
static void fullest(void)
{
	static char long_text[5000];
	struct bk_plan plan = { .reason = "r" };
	struct bk_text t = { long_text, sizeof(long_text) };
	struct bk_event e = {
		.kind = BK_EVENT_SUMMARY, .of = BK_EVENT_ENVIRONMENT, .verdict = BK_LEARNED, .section = BK_GENERATED_CODE, .reason = BK_WHY_INTERPRETER,
		.seq = UINT32_MAX, .rule = UINT32_MAX, .path = t, .interpreter = t, .argv = { long_text, sizeof(long_text), 5000, true },
		.sha256 = hash, .address = t, .domain = t, .port = UINT32_MAX, .pid = UINT32_MAX, .ppid = UINT32_MAX, .parent = t, .technique = t,
		.note = t, .first = UINT32_MAX, .count = UINT64_MAX, .mechanism = BK_NOTIFY, .policy = hash, .plan = &plan,
		.seconds = UINT64_MAX, .nanoseconds = 999999999, .function = t,
	};

	memset(long_text, '"', sizeof(long_text));
	for (e.kind = 0; e.kind < BK_EVENTS; e.kind++)
		for (enum bk_form form = 0; form <= BK_FORM_PLAIN; form++) {
			json_t *small = write_and_parse(&e, form, 512), *whole = write_and_parse(&e, form, BK_LINE_MAX);

			ok(small && whole && *member(whole, "path") && !strcmp(member(small, "event"), bk_event_name(e.kind)),
			   "fullest %s in form %d fits 512 and 4096 bytes", bk_event_name(e.kind), (int)form);
			json_decref(small);
			json_decref(whole);
		}
}

static void techniques(void)
{
	static const struct { enum bk_event_kind kind; struct bk_request r; enum bk_reason reason; const char *id; } rows[] = {
		{ BK_EVENT_EXEC, { .path = BK_TEXT("/usr/bin/dash") }, BK_WHY_NO_RULE, "T1059.004" },
		{ BK_EVENT_EXEC, { .path = BK_TEXT("/usr/bin/python3.11") }, BK_WHY_ARGS, "T1059.006" },
		{ BK_EVENT_EXEC, { .path = BK_TEXT("/tmp/x"), .interpreter = BK_TEXT("/bin/bash") }, BK_WHY_NO_RULE, "T1059.004" },
		{ BK_EVENT_EXEC, { .path = BK_TEXT("/usr/bin/curl") }, BK_WHY_NO_RULE, "T1105" },
		{ BK_EVENT_EXEC, { .path = BK_TEXT("/tmp/x") }, BK_WHY_NO_RULE, "T1105" },
		{ BK_EVENT_EXEC, { .path = BK_TEXT("/usr/bin/id") }, BK_WHY_NO_RULE, "T1059" },
		{ BK_EVENT_EXEC, { .path = BK_TEXT("/usr/bin/id") }, BK_WHY_SHA256, "T1554" },
		{ BK_EVENT_EXEC, { .path = BK_TEXT("/memfd:x"), .flags = BK_REQ_ANONYMOUS }, BK_WHY_ANONYMOUS, "T1620" },
		{ BK_EVENT_LOAD, { .path = BK_TEXT("/tmp/x.so") }, BK_WHY_NO_RULE, "T1574.006" },
		{ BK_EVENT_LOAD, { .flags = BK_REQ_ANONYMOUS }, BK_WHY_ANONYMOUS, "T1620" },
		{ BK_EVENT_CODE, { .path = BK_TEXT("/bin/x") }, BK_WHY_RULE, "T1620" },
		{ BK_EVENT_ENVIRONMENT, { .path = BK_TEXT("LD_PRELOAD") }, BK_WHY_NO_RULE, "T1574.006" },
		{ BK_EVENT_SUMMARY, { .path = BK_TEXT("") }, BK_WHY_NO_RULE, "" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ok(bk_text_equal(bk_technique(rows[i].kind, &rows[i].r, rows[i].reason), bk_text_of(rows[i].id)), "technique of %s %.*s: %s",
		   bk_event_name(rows[i].kind), (int)rows[i].r.path.len, rows[i].r.path.at ? rows[i].r.path.at : "", rows[i].id);
	ok(!bk_technique(BK_EVENT_EXEC, NULL, BK_WHY_NO_RULE).len, "no request, no technique of an exec");
}

static void times(void)
{
	static const struct { uint64_t seconds; const char *text; } rows[] = {
		{ 0, "1970-01-01T00:00:00.000Z" }, { 951782400, "2000-02-29T00:00:00.000Z" }, { 1735689599, "2024-12-31T23:59:59.000Z" },
		{ 1735689600, "2025-01-01T00:00:00.000Z" }, { 4107542399, "2100-02-28T23:59:59.000Z" }, { 4107542400, "2100-03-01T00:00:00.000Z" },
		{ UINT64_MAX, "9999-12-31T23:59:59.000Z" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bk_event e = { .kind = BK_EVENT_EXIT, .section = BK_SECTIONS, .seconds = rows[i].seconds };
		json_t *root = write_and_parse(&e, BK_FORM_LAMBDA, BK_LINE_MAX);

		ok(!strcmp(json_string_value(json_object_get(root, "timestamp")), rows[i].text), "time %s", rows[i].text);
		json_decref(root);
	}
}

int main(void)
{
	forms();
	metrics();
	severities();
	start();
	sentences();
	every_byte();
	characters();
	cuts();
	random_events();
	fullest();
	techniques();
	times();
	ok(!bk_event_name(BK_EVENTS), "no name behind the last event");
	return tap_end();
}
