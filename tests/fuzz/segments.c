/* SPDX-License-Identifier: Apache-2.0 */
/* Programs with hostile headers, as the gate would load them: what is accepted is in order, in the file's terms, and nowhere writable and executable. */
#include "core/segments.h"
#include "gate/object.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void look_at_sections(const uint8_t *data, size_t size)
{
	uint64_t start, end, cursor = 0;
	struct bk_object o;

	if ((uintptr_t)data % 8 || !bk_object_file(&o, data, size))
		return;
	bk_object_sections(&o);
	for (uint64_t address = 0; address < 1u << 24; address += 4093)
		if (bk_object_function_near(&o, &cursor, address, &start, &end))
			require(address >= start && address < end);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bk_segments s;
	uint64_t end = 0;
	bool entry = false;

	if (size > 1u << 16)
		return 0;
	look_at_sections(data, size);
	if (bk_segments_read(&s, data, size) != BK_IMAGE_STATIC)
		return 0;
	require(s.count && s.count <= BK_SEGMENTS && s.low % BK_SEGMENT_PAGE == 0 && s.high % BK_SEGMENT_PAGE == 0 && s.high <= BK_SEGMENT_TOP + BK_SEGMENT_PAGE);
	for (unsigned i = 0; i < s.count; i++) {
		const struct bk_segment *g = &s.at[i];

		require(g->memory && g->file <= g->memory && !(g->write && g->execute));
		require(g->address >= s.low && g->address >= end && g->memory <= s.high - g->address);
		require((g->address - g->offset) % BK_SEGMENT_PAGE == 0);
		end = (g->address + g->memory + BK_SEGMENT_PAGE - 1) & ~(uint64_t)(BK_SEGMENT_PAGE - 1);
		entry |= g->execute && s.entry >= g->address && s.entry - g->address < g->file;
	}
	require(entry && s.header_count && s.headers >= s.low && s.headers < s.high);
	return 0;
}
