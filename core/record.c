/* SPDX-License-Identifier: Apache-2.0 */
#include "core/record.h"

#define FORMAT_VERSION 1
#define MARK "\\u2026"
#define MARK_SIZE (sizeof(MARK) - 1)
#define MESSAGE_MAX 320u		/* the sentence repeats what the members say: it need not be whole */
#define NUMBER_MAX 9007199254740991ULL	/* what every JSON reader keeps exactly */

static const char *const event_names[BK_EVENTS] = {
	"start", "exec", "load", "code", "environment", "syscall", "connect", "listen", "write", "read",
	"summary", "dropped", "refused", "exit",
};

const char *bk_event_name(enum bk_event_kind kind)
{
	return (uint32_t)kind < BK_EVENTS ? event_names[kind] : NULL;
}

/* --- bytes --- */

struct line {
	char    *out;
	uint32_t cap, len;
	bool     over;			/* did not fit: what is there is of no use */
	uint32_t limit;			/* most bytes of a string, quotes not counted */
	uint32_t start, room, safe;	/* the string at hand: where it began, its most bytes, where a mark still fits */
	bool     cut;
};

static void raw(struct line *l, const char *bytes, uint32_t n)
{
	if (l->over || n > l->cap - l->len) {
		l->over = true;
		return;
	}
	for (uint32_t i = 0; i < n; i++)
		l->out[l->len++] = bytes[i];
}

static void plain(struct line *l, const char *s)
{
	raw(l, s, bk_text_of(s).len);
}

static void number(struct line *l, uint64_t n)
{
	char digits[20];
	uint32_t at = sizeof(digits);

	if (n > NUMBER_MAX)
		n = NUMBER_MAX;
	do
		digits[--at] = (char)('0' + n % 10);
	while (n /= 10);
	raw(l, digits + at, sizeof(digits) - at);
}

/* Exactly `width` digits, the last ones. */
static void digits(struct line *l, uint32_t n, uint32_t width)
{
	char out[4];

	for (uint32_t i = width; i-- > 0; n /= 10)
		out[i] = (char)('0' + n % 10);
	raw(l, out, width);
}

static void hex(struct line *l, const uint8_t *bytes, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		char pair[2] = { "0123456789abcdef"[bytes[i] >> 4], "0123456789abcdef"[bytes[i] & 15] };

		raw(l, pair, 2);
	}
}

/* --- strings --- */

static void open_string(struct line *l, uint32_t room)
{
	l->start = l->safe = l->len;
	l->room = room;
	l->cut = false;
}

/* Bytes of a string that stay together. */
static void unit(struct line *l, const char *bytes, uint32_t n)
{
	if (l->cut)
		return;
	if (l->len - l->start + n > l->room) {
		l->len = l->safe;
		raw(l, MARK, MARK_SIZE);
		l->cut = true;
		return;
	}
	raw(l, bytes, n);
	if (l->len - l->start + MARK_SIZE <= l->room)
		l->safe = l->len;
}

static void unit_code(struct line *l, uint32_t code)
{
	char s[6] = "\\u";

	for (uint32_t i = 0; i < 4; i++)
		s[2 + i] = "0123456789abcdef"[code >> (12 - 4 * i) & 15];
	unit(l, s, sizeof(s));
}

/* Length of the UTF-8 sequence at the start of t, 0 where it is none (RFC 3629: no overlong form, no surrogate). */
static uint32_t sequence(struct bk_text t, uint32_t *code)
{
	uint8_t first = (uint8_t)t.at[0];
	uint32_t n = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;

	if (!n || n > t.len)
		return 0;
	*code = n == 1 ? first : first & (0x7fu >> n);
	for (uint32_t i = 1; i < n; i++) {
		if (((uint8_t)t.at[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | ((uint8_t)t.at[i] & 0x3f);
	}
	if ((n == 3 && (*code < 0x800 || (*code >= 0xd800 && *code < 0xe000))) || (n == 4 && (*code < 0x10000 || *code > 0x10ffff)))
		return 0;
	return n;
}

/* Control characters, line separators, and what turns or hides text on a terminal. */
static bool is_hidden(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
	       (code >= 0x2060 && code <= 0x206f) || code == 0xfeff;
}

static void text(struct line *l, struct bk_text t)
{
	uint32_t code = 0;

	for (uint32_t n; t.len && !l->cut && !l->over; t = bk_text_from(t, n)) {
		n = sequence(t, &code);
		if (!n || !code)
			unit(l, "\\ufffd", 6);		/* many readers refuse \u0000 */
		else if (is_hidden(code))
			unit_code(l, code);
		else if (code == '"' || code == '\\')
			unit(l, (char[]){ '\\', (char)code }, 2);
		else
			unit(l, t.at, n);
		n = n ? n : 1;
	}
}

static void say(struct line *l, const char *s)
{
	text(l, bk_text_of(s));
}

/* --- members --- */

static void key(struct line *l, const char *name)
{
	if (l->len && l->out[l->len - 1] != '{')
		plain(l, ",");
	plain(l, "\"");
	plain(l, name);
	plain(l, "\":");
}

static bool fits_a_string(const struct line *l)
{
	return l->limit >= MARK_SIZE;
}

static void put_text(struct line *l, const char *name, struct bk_text t)
{
	if (!t.len || !fits_a_string(l))
		return;
	key(l, name);
	plain(l, "\"");
	open_string(l, l->limit);
	text(l, t);
	plain(l, "\"");
}

/* A word of ours: short, and never cut. */
static void put_word(struct line *l, const char *name, const char *word)
{
	if (!word)
		return;
	key(l, name);
	plain(l, "\"");
	plain(l, word);
	plain(l, "\"");
}

static void put_number(struct line *l, const char *name, uint64_t n)
{
	if (!n)
		return;
	key(l, name);
	number(l, n);
}

static void put_hash(struct line *l, const char *name, const uint8_t *hash, uint32_t n)
{
	if (!hash || l->limit < 2 * n)
		return;
	key(l, name);
	plain(l, "\"");
	hex(l, hash, n);
	plain(l, "\"");
}

/* What is longer than the line will be cut anyway: its end is not looked for. */
static struct bk_text next_argument(const struct line *l, const struct bk_args *args, uint32_t *pos)
{
	struct bk_text t = { args->at + *pos, 0 };

	while (*pos + t.len < args->size && t.at[t.len] && t.len < l->cap)
		t.len++;
	*pos += t.len + 1;
	return t;
}

/* All of the array has the room of one string; what does not fit becomes a last element that is only the mark. */
static void put_argv(struct line *l, const struct bk_args *args)
{
	uint32_t begin, pos = 0;
	bool cut = args->cut;

	if (!args->at || l->limit < 4 * MARK_SIZE)
		return;
	key(l, "argv");
	plain(l, "[");
	begin = l->len;
	for (uint32_t i = 0; i < args->count && pos < args->size && !l->over; i++) {
		struct bk_text arg = next_argument(l, args, &pos);
		uint32_t used = l->len - begin;

		if (l->limit - used < 3 * MARK_SIZE) {
			cut = true;
			break;
		}
		plain(l, i ? ",\"" : "\"");
		open_string(l, l->limit - used - 2 * MARK_SIZE);	/* leaves room for quotes, commas and the last element */
		text(l, arg);
		plain(l, "\"");
	}
	if (cut)
		plain(l, l->len > begin ? ",\"" MARK "\"" : "\"" MARK "\"");
	plain(l, "]");
}

static void put_sections(struct line *l, const struct bk_plan *plan)
{
	if (!plan || l->limit < 64)
		return;
	key(l, "sections");
	plain(l, "{");
	for (enum bk_section s = 0; s < BK_SECTIONS; s++)
		put_word(l, bk_section_name(s), bk_status_name((enum bk_status)plan->status[s]));
	plain(l, "}");
}

static bool is_judged(enum bk_event_kind kind)
{
	return kind >= BK_EVENT_EXEC && kind <= BK_EVENT_READ;
}

static struct bk_text reason_of(const struct bk_event *e)
{
	if (e->kind == BK_EVENT_START && e->plan)
		return bk_text_of(e->plan->reason);
	if (is_judged(e->kind) && e->kind != BK_EVENT_SYSCALL)
		return bk_text_of(bk_reason_text(e->reason));
	return (struct bk_text){ NULL, 0 };
}

static void put_event(struct line *l, const struct bk_event *e)
{
	bool start = e->kind == BK_EVENT_START, summary = e->kind == BK_EVENT_SUMMARY;

	key(l, "buckler");
	plain(l, "{");
	put_number(l, "v", FORMAT_VERSION);
	put_number(l, "seq", e->seq);
	put_word(l, "event", bk_event_name(e->kind));
	put_word(l, "verdict", is_judged(e->kind) || summary ? bk_verdict_name(e->verdict) : NULL);
	put_word(l, "of", summary ? bk_event_name(e->of) : NULL);
	put_number(l, "first", summary ? e->first : 0);
	put_number(l, "count", e->count);
	put_word(l, "section", e->section < BK_SECTIONS ? bk_section_name(e->section) : NULL);
	put_number(l, "rule", e->rule);
	put_text(l, "path", e->path);
	put_text(l, "called", e->called);
	put_text(l, "interpreter", e->interpreter);
	put_argv(l, &e->argv);
	put_hash(l, "sha256", e->sha256, 32);
	put_text(l, "address", e->address);
	put_number(l, "port", e->port);
	put_text(l, "domain", e->domain);
	put_number(l, "pid", e->pid);
	put_number(l, "ppid", e->ppid);
	put_text(l, "parent", e->parent);
	put_text(l, "technique", e->technique);
	put_text(l, "reason", reason_of(e));
	put_text(l, "note", e->note);
	put_word(l, "mechanism", bk_mechanism_name(e->mechanism));
	put_hash(l, "policy", e->policy, start ? 32 : 8);
	put_sections(l, start ? e->plan : NULL);
	plain(l, "}");
}

/* --- the sentence --- */

static void say_number(struct line *l, uint64_t n)
{
	char s[20];
	struct line digits_of = { .out = s, .cap = sizeof(s) };

	number(&digits_of, n);
	text(l, (struct bk_text){ s, digits_of.len });
}

static const char *act(enum bk_event_kind kind)
{
	static const char *const words[] = {
		"", " exec", " load of", " generated code in", " variable", " system call", " connection to", " listening on", " write to",
		" read of",
	};

	return is_judged(kind) ? words[kind] : "";
}

static const char *outcome(enum bk_verdict verdict)
{
	const char *name = bk_verdict_name(verdict);

	return verdict == BK_ALERTED ? "would deny" : name ? name : "";
}

static void say_text(struct line *l, struct bk_text t)
{
	if (t.len)
		say(l, " ");
	text(l, t);
}

static void say_arguments(struct line *l, const struct bk_args *args)
{
	uint32_t pos = 0;

	for (uint32_t i = 0; args->at && i < args->count && pos < args->size && !l->cut && !l->over; i++) {
		struct bk_text arg = next_argument(l, args, &pos);

		if (i)
			say_text(l, arg);
	}
}

static void say_act(struct line *l, const struct bk_event *e)
{
	struct bk_text reason = reason_of(e);

	say(l, outcome(e->verdict));
	say(l, act(e->kind));
	say_text(l, e->path);
	say_text(l, e->domain);
	say_text(l, e->address);
	if (e->port) {
		say(l, " port ");
		say_number(l, e->port);
	}
	if (e->interpreter.len)
		say(l, " by");
	say_text(l, e->interpreter);
	if (!e->interpreter.len)
		say_arguments(l, &e->argv);
	if (reason.len) {
		say(l, " (");
		text(l, reason);
		say(l, ")");
	}
}

static void say_summary(struct line *l, const struct bk_event *e)
{
	say(l, outcome(e->verdict));
	say(l, act(e->of));
	say(l, " ");
	say_number(l, e->count);
	say(l, " more times, as in event ");
	say_number(l, e->first);
}

static void say_start(struct line *l, const struct bk_event *e)
{
	say(l, "started, mechanism ");
	say(l, bk_mechanism_name(e->mechanism));
	if (reason_of(e).len) {
		say(l, ": ");
		text(l, reason_of(e));
	}
}

static void sentence(struct line *l, const struct bk_event *e)
{
	switch (e->kind) {
	case BK_EVENT_START:
		say_start(l, e);
		break;
	case BK_EVENT_SUMMARY:
		say_summary(l, e);
		break;
	case BK_EVENT_DROPPED:
		say_number(l, e->count);
		say(l, " lines were left out: too many at once, or the log was full");
		break;
	case BK_EVENT_REFUSED:
		say(l, "refused to start the function:");
		say_text(l, e->path);
		break;
	case BK_EVENT_EXIT:
		say(l, "supervision ended unexpectedly");
		break;
	default:
		say_act(l, e);
	}
	if (e->note.len)
		say(l, e->kind == BK_EVENT_REFUSED && !e->path.len ? " " : ": ");
	text(l, e->note);
}

/* --- the line --- */

enum severity { INFO, WARNING, ERROR };

static enum severity severity_of(const struct bk_event *e)
{
	if (e->kind == BK_EVENT_REFUSED || e->kind == BK_EVENT_EXIT)
		return ERROR;
	if (e->kind == BK_EVENT_START)
		return INFO;
	if (e->kind != BK_EVENT_DROPPED && (e->verdict == BK_LEARNED || e->verdict == BK_ALLOWED))
		return INFO;
	return WARNING;
}

/* RFC 3339, UTC.  The days to a date: years that begin in March, so that a leap day is the last. */
static void put_time(struct line *l, const char *name, const struct bk_event *e)
{
	uint64_t seconds = e->seconds > 253402300799ULL ? 253402300799ULL : e->seconds;	/* the year 9999 ends */
	uint32_t days = (uint32_t)(seconds / 86400) + 719468, of_day = (uint32_t)(seconds % 86400);
	uint32_t era = days / 146097, of_era = days % 146097;
	uint32_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	uint32_t of_year = of_era - (365 * year + year / 4 - year / 100), march = (5 * of_year + 2) / 153;
	uint32_t month = march < 10 ? march + 3 : march - 9;

	uint32_t values[] = {
		era * 400 + year + (month <= 2), month, of_year - (153 * march + 2) / 5 + 1,
		of_day / 3600, of_day / 60 % 60, of_day % 60, e->nanoseconds / 1000000,
	};

	key(l, name);
	plain(l, "\"");
	for (uint32_t i = 0; i < 7; i++) {
		digits(l, values[i], (uint32_t)("4222223"[i] - '0'));
		raw(l, &"--T::.Z"[i], 1);
	}
	plain(l, "\"");
}

static void put_message(struct line *l, const struct bk_event *e)
{
	if (!fits_a_string(l))
		return;
	key(l, "message");
	plain(l, "\"");
	open_string(l, l->limit < MESSAGE_MAX ? l->limit : MESSAGE_MAX);
	say(l, "buckler: ");
	sentence(l, e);
	plain(l, "\"");
}

/* The counter that the event adds to, or NULL. */
static const char *counter_of(const struct bk_event *e)
{
	if (e->kind == BK_EVENT_DROPPED || e->kind == BK_EVENT_REFUSED)
		return bk_event_name(e->kind);
	if (!is_judged(e->kind) && e->kind != BK_EVENT_SUMMARY)
		return NULL;
	return e->verdict == BK_DENIED || e->verdict == BK_KILLED || e->verdict == BK_ALERTED ? bk_verdict_name(e->verdict) : NULL;
}

/*
 * CloudWatch's embedded metric format: the platform makes counters of the lines, so that nothing is counted twice or kept here.  An event is
 * 1, a summary what it sums up.
 */
static void put_metric(struct line *l, const struct bk_event *e)
{
	const char *counter = counter_of(e);

	if (!counter || l->limit < 64)
		return;
	key(l, "_aws");
	plain(l, "{\"Timestamp\":");
	number(l, e->seconds * 1000 + e->nanoseconds / 1000000);
	plain(l, ",\"CloudWatchMetrics\":[{\"Namespace\":\"buckler\",\"Dimensions\":[[");
	plain(l, e->function.len ? "\"function\"" : "");
	plain(l, "]],\"Metrics\":[{\"Name\":\"");
	plain(l, counter);
	plain(l, "\",\"Unit\":\"Count\"}]}]}");
	put_text(l, "function", e->function);
	put_number(l, counter, e->count ? e->count : 1);
}

static void open_lambda(struct line *l, const struct bk_event *e, bool metric)
{
	static const char levels[][6] = { "INFO", "WARN", "ERROR" };

	plain(l, "{");
	put_time(l, "timestamp", e);
	put_word(l, "level", levels[severity_of(e)]);
	put_message(l, e);
	if (metric)
		put_metric(l, e);
}

static void open_google(struct line *l, const struct bk_event *e)
{
	static const char levels[][8] = { "INFO", "WARNING", "ERROR" };

	plain(l, "{");
	put_word(l, "severity", levels[severity_of(e)]);
	put_message(l, e);
	put_time(l, "time", e);
}

/* The place guesses the severity from words.  What the sentence quotes has its quotes escaped: nobody can begin an object in it. */
static void open_azure(struct line *l, const struct bk_event *e)
{
	static const char levels[][10] = { "info: ", "warning: ", "error: " };
	bool killed = e->verdict == BK_KILLED && (is_judged(e->kind) || e->kind == BK_EVENT_SUMMARY);

	plain(l, "buckler ");
	plain(l, levels[killed ? ERROR : severity_of(e)]);
	if (fits_a_string(l)) {
		open_string(l, l->limit < MESSAGE_MAX ? l->limit : MESSAGE_MAX);
		sentence(l, e);
		plain(l, " ");
	}
	plain(l, "{");
}

/* Writes the line with at most `limit` bytes a string; false where it does not fit. */
static bool write_line(struct line *l, const struct bk_event *e, enum bk_form form, uint32_t limit)
{
	l->len = 0;
	l->over = false;
	l->limit = limit;
	if (form == BK_FORM_GOOGLE)
		open_google(l, e);
	else if (form == BK_FORM_AZURE)
		open_azure(l, e);
	else
		open_lambda(l, e, form == BK_FORM_LAMBDA);
	put_event(l, e);
	plain(l, "}\n");
	return !l->over;
}

/* The longest strings are cut first: the greatest limit on all of them with which the line fits, found by halving. */
uint32_t bk_record_line(const struct bk_event *event, enum bk_form form, char *out, uint32_t cap)
{
	struct line l = { .out = out, .cap = cap };
	uint32_t fits = 0, over = cap;

	if (write_line(&l, event, form, UINT32_MAX))
		return l.len;
	while (over - fits > 1) {
		uint32_t middle = (fits + over) / 2;

		if (write_line(&l, event, form, middle))
			fits = middle;
		else
			over = middle;
	}
	return write_line(&l, event, form, fits) ? l.len : 0;
}
