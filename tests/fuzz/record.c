/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes become the fields of an event; its line must be one JSON object on one line, whatever they are.  The first byte is the
 * form and the size, the second the kind, the third the verdict and section; then texts, each behind its length in one byte
 * (times 64 where its top bit is set).
 */
#include "core/record.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *at;
	size_t left;
};

static uint8_t byte(struct input *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->at++;
}

static struct bk_text text(struct input *in)
{
	uint8_t head = byte(in);
	size_t n = head & 0x80 ? (head & 0x7f) * 64u : head;
	struct bk_text t = { (const char *)in->at, 0 };

	t.len = (uint32_t)(n < in->left ? n : in->left);
	in->at += t.len;
	in->left -= t.len;
	return t;
}

static struct bk_args arguments(struct input *in)
{
	uint8_t head = byte(in);
	struct bk_text t = text(in);

	return (struct bk_args){ t.len ? t.at : NULL, t.len, head & 0x7fu, head >> 7 };
}

static void must(int condition)
{
	if (!condition)
		abort();
}

static void check(const char *line, uint32_t len, enum bk_form form)
{
	const char *from = line;
	json_t *root;

	must(len && line[len - 1] == '\n' && !memchr(line, '\n', len - 1));
	if (form == BK_FORM_AZURE)
		from = memmem(line, len, "{\"buckler\":{", 12);
	must(from != NULL);
	root = json_loadb(from, len - (size_t)(from - line), JSON_REJECT_DUPLICATES, NULL);
	must(json_is_object(json_object_get(root, "buckler")));
	json_decref(root);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t caps[] = { 512, 700, 1500, BK_LINE_MAX };
	static const uint8_t hash[32] = { 1, 2, 3 };
	static const struct bk_plan plan = { .reason = "a reason" };
	struct input in = { data, size };
	uint8_t how = byte(&in), what = byte(&in), verdict = byte(&in);
	uint32_t cap = caps[how >> 2 & 3], len;
	struct bk_event e = {
		.kind = what % BK_EVENTS, .of = what / 16 % BK_EVENTS, .verdict = verdict % 5, .section = verdict / 16 % (BK_SECTIONS + 1),
		.reason = verdict / 8 % 13, .sha256 = how & 16 ? hash : NULL, .policy = how & 32 ? hash : NULL, .plan = how & 64 ? &plan : NULL,
		.mechanism = what % BK_MECHANISMS,
	};
	char *line = malloc(cap);

	e.path = text(&in);
	e.argv = arguments(&in);
	e.called = text(&in);
	e.interpreter = text(&in);
	e.parent = text(&in);
	e.note = text(&in);
	e.address = text(&in);
	e.domain = text(&in);
	e.technique = text(&in);
	e.function = text(&in);
	e.seq = e.pid = e.port = e.rule = byte(&in) * 0x1010101u;
	e.count = e.seconds = (uint64_t)byte(&in) << 56 | e.seq;
	len = bk_record_line(&e, how & 3, line, cap);
	must(len <= cap);
	check(line, len, how & 3);
	free(line);
	return 0;
}
