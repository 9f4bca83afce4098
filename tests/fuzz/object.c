/* SPDX-License-Identifier: Apache-2.0 */
/* Objects with hostile headers, as the gate reads a library that was just mapped: no byte outside the file is read, the work is bounded. */
#include "gate/sites.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t *low, *high;

static void require(bool condition)
{
	if (!condition)
		abort();
}

static bool all(uint32_t number)
{
	return number != 1;
}

static void found(void *context, const struct bk_site *site)
{
	const struct bk_object *o = context;
	const uint8_t *at = bk_object_at(o, site->address, 2);

	require(at && at >= low && at + 2 <= high && at[0] == 0x0f && at[1] == 0x05);
	require(site->form == BK_SITE_NONE || (site->window >= 5 && site->window <= 30));
	require(bk_site_fits(o, site));
	require(site->form == BK_SITE_AFTER || bk_object_at(o, site->address - site->window, site->window));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bk_object o;
	struct bk_sites counts;

	low = data;
	high = data + size;
	if (size > 1u << 16 || (uintptr_t)data % 8 || !bk_object_file(&o, data, size))
		return 0;
	for (unsigned i = 0; i < o.count && i < 4; i++)
		if (o.headers[i].p_type == PT_LOAD && o.headers[i].p_filesz <= size)
			bk_sites_find(&o, o.headers[i].p_vaddr, o.headers[i].p_vaddr + o.headers[i].p_filesz,
				      &(struct bk_finder){ all, found, NULL, &o }, &counts);
	return 0;
}
