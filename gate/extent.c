/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/extent.h"

/* --- frame descriptions --------------------------------------------------------------------------------------------------------- */

struct reader {
	const uint8_t *at, *end;
};

static uint32_t word(struct reader *r)
{
	uint32_t value = 0;

	if (r->end - r->at >= 4) {
		__builtin_memcpy(&value, r->at, 4);
		r->at += 4;
	} else {
		r->at = r->end;
	}
	return value;
}

static uint8_t byte(struct reader *r)
{
	return r->at < r->end ? *r->at++ : 0;
}

static void skip_leb(struct reader *r)
{
	while (byte(r) & 0x80)
		;
}

/* True where the functions of this common part begin with a four-byte offset from where it stands, and at their first byte. */
static bool is_plain(struct reader r)
{
	const char *augmentation;
	uint8_t version = byte(&r);
	bool plain = false;

	augmentation = (const char *)r.at;
	while (byte(&r))
		;
	if ((version != 1 && version != 3) || r.at == r.end || *augmentation != 'z')
		return false;
	skip_leb(&r);
	skip_leb(&r);
	skip_leb(&r);
	skip_leb(&r);			/* factors, register, length of what follows */
	for (const char *c = augmentation + 1; *c; c++) {
		uint8_t encoding = *c == 'R' || *c == 'P' || *c == 'L' ? byte(&r) : 0;

		if (*c == 'S')
			return false;	/* a signal's */
		if (*c == 'R')
			plain = encoding == 0x1b;
		if (*c == 'P')
			r.at += r.end - r.at >= 4 && (encoding & 0xf) == 0xb ? 4 : r.end - r.at;
	}
	return plain;
}

static bool common_is_plain(const struct bk_frames *f, const uint8_t *pointer, uint32_t distance)
{
	const uint8_t *end = f->at + f->size;
	struct reader r;
	uint32_t length;

	if (distance > (uint64_t)(pointer - f->at) || end - (pointer - distance) < 9)
		return false;
	r = (struct reader){ pointer - distance, end };
	length = word(&r);
	if (length < 9 || length > (uint64_t)(end - r.at) || word(&r) != 0)
		return false;
	r.end = r.at + length - 4;
	return is_plain(r);
}

bool bk_frames_next(const struct bk_frames *f, uint64_t *offset, struct bk_extent *e)
{
	while (*offset <= f->size && f->size - *offset >= 16) {
		struct reader r = { f->at + *offset, f->at + f->size };
		uint32_t length = word(&r), distance;
		const uint8_t *pointer = r.at;

		if (length < 12 || length > (uint64_t)(r.end - r.at))
			return false;
		*offset += 4 + (uint64_t)length;
		distance = word(&r);
		if (!distance || !common_is_plain(f, pointer, distance))
			continue;
		e->start = f->address + (uint64_t)(r.at - f->at);
		e->start += (uint64_t)(int64_t)(int32_t)word(&r);
		e->end = e->start + word(&r);
		return true;
	}
	return false;
}

/* --- Go ------------------------------------------------------------------------------------------------------------------------- */

static uint64_t long_at(const uint8_t *at, size_t offset)
{
	uint64_t value;

	__builtin_memcpy(&value, at + offset, sizeof value);
	return value;
}

bool bk_go_functions(struct bk_go_functions *g, const uint8_t *section, uint64_t size, uint64_t text)
{
	uint64_t rows, table;
	uint32_t magic;

	if (size < 72 || section[7] != 8)
		return false;
	__builtin_memcpy(&magic, section, 4);
	rows = long_at(section, 8);
	*g = (struct bk_go_functions){ .width = 4 };
	if (magic == 0xfffffffa) {		/* Go 1.16 */
		g->width = 8;
		table = long_at(section, 56);
	} else if (magic == 0xfffffff0 || magic == 0xfffffff1) {	/* 1.18, 1.20 */
		g->text = long_at(section, 24);
		g->text = g->text ? g->text : text;
		table = long_at(section, 64);
	} else {
		return false;
	}
	if (table > size || rows > BK_GO_MOST || (2 * rows + 1) * g->width > size - table)
		return false;
	g->row = section + table;
	g->count = (uint32_t)rows;
	return true;
}

/* The first word of row `i`, which the one behind the last row has, too. */
static uint64_t start_of(const struct bk_go_functions *g, uint32_t i)
{
	uint64_t value = 0;

	__builtin_memcpy(&value, g->row + 2 * (size_t)g->width * i, g->width);
	return g->text + value;
}

struct bk_extent bk_go_function(const struct bk_go_functions *g, uint32_t i)
{
	return (struct bk_extent){ start_of(g, i), start_of(g, i + 1) };
}

bool bk_go_find(const struct bk_go_functions *g, uint64_t address, struct bk_extent *e)
{
	uint32_t low = 0, high = g->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (start_of(g, middle) <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low)
		return false;
	*e = bk_go_function(g, low - 1);
	return address >= e->start && address < e->end;
}
