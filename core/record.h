/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events and their log lines.  A record is one JSON object on one line of at most BK_LINE_MAX bytes, its newline
 * included, so that one write(2) to a pipe is atomic (PIPE_BUF, pipe(7)).
 */
#ifndef BK_CORE_RECORD_H
#define BK_CORE_RECORD_H

#include "core/decide.h"
#include "core/plan.h"

#define BK_LINE_MAX 4096u

/* What surrounds the "buckler" member; chosen by where the shim runs. */
enum bk_form {
	BK_FORM_LAMBDA,		/* {"timestamp":RFC 3339,"level":"WARN","message":...,"buckler":{...}}; what was not allowed, or lost, also carries a
				   metric: "_aws":{...},"function":...,"denied":1 (CloudWatch's embedded metric format) */
	BK_FORM_GOOGLE,		/* {"severity":"WARNING","message":...,"time":...,"buckler":{...}} */
	BK_FORM_AZURE,		/* buckler warning: MESSAGE {"buckler":{...}}; the object begins at the first {"buckler": as the
				   message has every quote escaped */
	BK_FORM_PLAIN		/* the Lambda form without metrics; the default elsewhere */
};

enum bk_event_kind {
	BK_EVENT_START,		/* first line: mechanism, reason, status of every section */
	BK_EVENT_EXEC, BK_EVENT_LOAD, BK_EVENT_CODE, BK_EVENT_ENVIRONMENT, BK_EVENT_SYSCALL,
	BK_EVENT_CONNECT, BK_EVENT_LISTEN, BK_EVENT_WRITE, BK_EVENT_READ,
	BK_EVENT_SUMMARY,	/* the event named by `of` came `count` more times */
	BK_EVENT_DROPPED,	/* `count` lines were left out: too many at once, or nobody took them */
	BK_EVENT_REFUSED,	/* the shim did not start the function; message says why */
	BK_EVENT_EXIT,		/* the supervision ends unexpectedly */
	BK_EVENTS
};

struct bk_event {
	enum bk_event_kind kind, of;
	enum bk_verdict verdict;
	enum bk_section section;	/* BK_SECTIONS: none */
	enum bk_reason  reason;
	uint32_t seq;			/* from 1, per shim */
	uint32_t rule;			/* line in the policy text of the deciding rule; 0: none */
	struct bk_text path;		/* image, file, system call's or variable's name */
	struct bk_text interpreter;
	struct bk_text called;		/* exec: the name that led to path, where that is another */
	struct bk_args argv;		/* at == NULL: none */
	const uint8_t *sha256;		/* 32 bytes or NULL */
	struct bk_text address, domain;	/* empty: none */
	uint32_t port;
	uint32_t pid, ppid;
	struct bk_text parent;
	struct bk_text technique;	/* MITRE ATT&CK id */
	struct bk_text note;		/* further words for people: reason of the mechanism, of the refusal */
	uint32_t first;			/* BK_EVENT_SUMMARY: seq of the line that it sums up */
	uint64_t count;
	enum bk_mechanism mechanism;
	const uint8_t *policy;		/* 32-byte digest or NULL; the first 16 hex digits are written, the start event has all */
	const struct bk_plan *plan;	/* start event: every section's status */
	uint64_t seconds; uint32_t nanoseconds;	/* CLOCK_REALTIME */
	struct bk_text function;	/* Lambda: whose counters the line adds to; empty: nobody's */
};

/*
 * Writes the line, newline included, into out[cap] (cap >= 512; BK_LINE_MAX is the normal size) and returns its length.  Never
 * fails: what is too long is cut with a mark ("\u2026" at the end of the string, an element "\u2026" at the end of argv), longest
 * field first, so that the line stays valid JSON; where even marks do not fit, members are left out.  Control characters (also
 * U+007F to U+009F), U+2028, U+2029 and what turns or hides text on a terminal (U+200B to U+200F, U+202A to U+202E, U+2060 to
 * U+206F, U+FEFF) become escapes; NULs and bytes that are not valid UTF-8 become \ufffd.
 */
uint32_t bk_record_line(const struct bk_event *event, enum bk_form form, char *out, uint32_t cap);

const char *bk_event_name(enum bk_event_kind kind);	/* "start", "exec", "load", "code", "environment", "syscall", ... */

/*
 * The technique id that an event of this kind carries where the caller has none of its own: one table in technique.c
 * (exec of a shell T1059.004, exec of a memory file T1620, load T1574.006, environment T1574.006, ...).
 */
struct bk_text bk_technique(enum bk_event_kind kind, const struct bk_request *request, enum bk_reason reason);

#endif
