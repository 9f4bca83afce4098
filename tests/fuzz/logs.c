/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes are a log.  Its events must hold together, and must be the same ones however the bytes come in pieces: once whole, once in pieces
 * whose size the first byte says.
 */
#include "learn/events.h"

#include <stdlib.h>
#include <string.h>
#include "learn/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	uint64_t events, hash, line;
};

static void must(int condition)
{
	if (!condition)
		abort();
}

/* Every byte is there, and none is a NUL. */
static void check_text(struct bk_text t)
{
	must(!t.len || (t.at && !memchr(t.at, '\0', t.len)));
}

static void check_argv(const struct bk_args *argv)
{
	uint32_t nuls = 0;

	must(argv->at || (!argv->count && !argv->size));
	for (uint32_t i = 0; i < argv->size; i++)
		nuls += argv->at[i] == '\0';
	must(nuls == argv->count && (!argv->size || argv->at[argv->size - 1] == '\0'));
}

static void check_event(const struct bk_log_event *e)
{
	const struct bk_text texts[] = { e->path, e->interpreter, e->parent, e->address, e->domain, e->technique, e->reason, e->note, e->mechanism, e->policy };
	struct bk_endpoint endpoint;
	struct bk_request request;

	must(bk_event_name(e->kind) && e->of <= BK_EVENTS && e->section <= BK_SECTIONS && e->seq && e->port <= 65535 && e->key && e->line);
	must(!e->against || e->suspect);
	must(e->has_verdict || e->kind < BK_EVENT_EXEC || e->kind > BK_EVENT_READ);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		check_text(texts[i]);
	check_argv(&e->argv);
	if (bk_log_request(e, &request, &endpoint))
		must(request.section < BK_SECTIONS && !e->part);
}

static void take(void *to, const struct bk_log_event *e)
{
	struct seen *seen = to;

	check_event(e);
	must(e->line >= seen->line);
	seen->line = e->line;
	seen->events++;
	seen->hash = bk_hash_bytes(bk_hash_bytes(seen->hash, &e->key, sizeof e->key), &e->ms, sizeof e->ms);
}

static struct seen read_log(const uint8_t *data, size_t size, size_t piece)
{
	struct seen seen = { .hash = BK_HASH_START };
	struct bk_log_reader *reader = bk_log_reader_new(take, &seen);

	for (size_t at = 0; at < size; at += piece)
		bk_log_feed(reader, (const char *)data + at, size - at < piece ? size - at : piece);
	bk_log_end(reader);
	must(bk_log_counts(reader)->events == seen.events && bk_log_counts(reader)->lines >= seen.line);
	bk_log_reader_free(reader);
	return seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen whole, pieces;

	if (!size)
		return 0;
	whole = read_log(data + 1, size - 1, size);
	pieces = read_log(data + 1, size - 1, data[0] + 1u);
	must(whole.events == pieces.events && whole.hash == pieces.hash);
	bk_log_time((struct bk_text){ (const char *)data, (uint32_t)(size < 64 ? size : 64) });
	return 0;
}
