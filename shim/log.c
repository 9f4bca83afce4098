/* SPDX-License-Identifier: Apache-2.0 */
/* Events to lines: throttled, and never blocking the function on a log that nobody reads. */
#include <linux/stat.h>
#include "shim/shim.h"

#define INTERVAL	10u		/* seconds for which a repeated event is counted only */
#define BURST		200u		/* lines that may come at once (buckler-events(7) names both) */
#define RATE		50u		/* lines a second after that */

static uint32_t seconds(void)
{
	struct __kernel_timespec t = { 0, 0 };

	sys_clock(1, &t);		/* CLOCK_MONOTONIC */
	return (uint32_t)t.tv_sec;
}

/* A pipe is opened once more, without blocking: the flag of the function's own descriptor must stay as it is. */
void bk_log_open(struct bk_shim *s, int fd)
{
	char link[64];
	struct stat st;

	s->log = -1;
	s->tokens = BURST;		/* the clock may have begun just now: in a sandbox, a virtual machine */
	s->token_time = seconds();
	if (sys_fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode)) {
		bk_own_fd(link, fd);
		s->log = (int)sys_open(link, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	}
	/* Off the first three, so that the function's own redirections cannot meet it; low enough that the table does not grow. */
	int from = s->log >= 0 ? s->log : fd, own = (int)sys_fcntl(from, F_DUPFD_CLOEXEC, 10);

	if (own < 0)
		own = (int)sys_fcntl(from, F_DUPFD_CLOEXEC, 3);
	if (own < 0)
		return;
	if (s->log >= 0)
		sys_close(s->log);
	s->log = own;
}

static bool write_line(struct bk_shim *s, const char *line, uint32_t n)
{
	struct pollfd f = { .fd = s->log, .events = POLLOUT };
	struct __kernel_timespec now = { 0, 0 };
	long r;

	if (s->log < 0)
		return false;
	r = sys_send(s->log, line, n, 0x40 | 0x4000);	/* MSG_DONTWAIT | MSG_NOSIGNAL */
	if (r == -ENOTSOCK)
		r = sys_ppoll(&f, 1, &now) == 1 && (f.revents & POLLOUT) ? sys_write(s->log, line, n) : -EAGAIN;
	return r == (long)n;
}

static bool may_write(struct bk_shim *s, const struct bk_event *e)
{
	uint32_t now = seconds(), passed = now - s->token_time;

	if (e->verdict == BK_LEARNED || e->kind == BK_EVENT_START || e->kind == BK_EVENT_REFUSED)
		return true;
	s->token_time = now;
	s->tokens += (passed < BURST ? passed : BURST) * RATE;
	if (s->tokens > BURST)
		s->tokens = BURST;
	if (!s->tokens)
		return false;
	s->tokens--;
	return true;
}

static void put(struct bk_shim *s, struct bk_event *e)
{
	struct __kernel_timespec t = { 0, 0 };

	sys_clock(0, &t);
	e->seconds = (uint64_t)t.tv_sec;
	e->nanoseconds = (uint32_t)t.tv_nsec;
	if (e->mechanism == BK_NONE)
		e->mechanism = s->plan.mechanism;
	if (s->policy.head) {
		e->policy = s->policy.head->digest;
		e->function = bk_policy_text(&s->policy, s->policy.head->function);
	}
	e->seq = ++s->seq;
	if (!write_line(s, s->scratch->line, bk_record_line(e, s->form, s->scratch->line, BK_LINE_MAX)))
		s->dropped++;
}

/* `last`: no other line will tell of it. */
static void put_dropped(struct bk_shim *s, bool last)
{
	struct bk_event e = { .kind = BK_EVENT_DROPPED, .section = BK_SECTIONS, .count = s->dropped, .verdict = BK_ALERTED };
	uint32_t before = s->dropped;

	if (!before || !(may_write(s, &e) || last))
		return;
	s->dropped = 0;
	put(s, &e);
	if (s->dropped) {
		s->dropped = before;	/* still full; the count goes on, and the line was none */
		s->seq--;
	}
}

static void put_summary(struct bk_shim *s, struct bk_repeat *r)
{
	struct bk_event e = {
		.kind = BK_EVENT_SUMMARY, .of = r->kind, .first = r->first, .count = r->count, .section = BK_SECTIONS,
		.verdict = r->verdict,
	};

	if (r->count)
		put(s, &e);
	r->count = 0;
	r->since = seconds();
}

static uint64_t mix(uint64_t key, const char *at, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		key = (key ^ (uint8_t)at[i]) * 0x100000001b3ULL;
	return key;
}

static uint64_t key_of(const struct bk_event *e)
{
	uint64_t key = mix(0xcbf29ce484222325ULL ^ e->kind ^ (uint64_t)e->verdict << 8 ^ (uint64_t)e->section << 16, e->path.at, e->path.len);

	key = mix(key, e->argv.at, e->argv.at ? e->argv.size : 0);
	key = mix(key, e->parent.at, e->parent.len);
	key = mix(key, e->address.at, e->address.len);
	key = mix(key, e->domain.at, e->domain.len) ^ (uint64_t)e->port << 24;
	return key | 1;
}

/* The line's number is used up, so that whoever reads the log sees the gap; nothing can be a repetition of it. */
static void leave_out(struct bk_shim *s, const struct bk_event *e)
{
	s->seq++;
	s->dropped++;
	s->repeat[key_of(e) % BK_REPEATS].key = 0;
}

/* True where the event was written less than an interval ago: it is counted. */
static bool repeated(struct bk_shim *s, const struct bk_event *e)
{
	uint64_t key = key_of(e);
	struct bk_repeat *r = &s->repeat[key % BK_REPEATS];

	if (r->key == key && seconds() - r->since < INTERVAL) {
		r->count++;
		return true;
	}
	if (r->key)
		put_summary(s, r);
	*r = (struct bk_repeat){ .key = key, .since = seconds(), .first = s->seq + 1, .kind = (uint16_t)e->kind, .verdict = (uint16_t)e->verdict };
	return false;
}

void bk_log_event(struct bk_shim *s, struct bk_event *e)
{
	bool once = e->kind == BK_EVENT_START || e->kind == BK_EVENT_REFUSED || e->kind == BK_EVENT_EXIT;

	put_dropped(s, false);
	if (!once && repeated(s, e))
		return;
	if (may_write(s, e))
		put(s, e);
	else
		leave_out(s, e);
}

void bk_log_flush(struct bk_shim *s, bool all)
{
	uint32_t now = seconds();

	for (unsigned i = 0; i < BK_REPEATS; i++)
		if (s->repeat[i].count && (all || now - s->repeat[i].since >= INTERVAL))
			put_summary(s, &s->repeat[i]);
	put_dropped(s, all);
}

bool bk_log_pending(const struct bk_shim *s)
{
	for (unsigned i = 0; i < BK_REPEATS; i++)
		if (s->repeat[i].count)
			return true;
	return s->dropped != 0;
}

void bk_log_fill(struct bk_shim *s, struct bk_event *e, enum bk_event_kind kind, const struct bk_request *r, const struct bk_decision *d, int pid)
{
	const struct bk_rule *rule = bk_policy_rule(&s->policy, d->rule);

	*e = (struct bk_event){
		.kind = kind, .verdict = d->verdict, .section = r->section, .reason = d->reason, .rule = rule ? rule->line : 0,
		.path = r->path, .called = bk_text_equal(r->called, r->path) ? (struct bk_text){ NULL, 0 } : r->called,
		.interpreter = r->interpreter, .argv = r->argv, .sha256 = r->sha256, .parent = r->parent,
		.pid = (uint32_t)pid, .technique = bk_technique(kind, r, d->reason),
	};
}

int bk_log_refuse(struct bk_shim *s, const char *what, const char *why)
{
	struct bk_event e = {
		.kind = BK_EVENT_REFUSED, .verdict = BK_DENIED, .section = BK_SECTIONS,
		.path = bk_text_of(what), .note = bk_text_of(why), .pid = (uint32_t)s->self,
	};

	bk_log_event(s, &e);
	return 125;
}
