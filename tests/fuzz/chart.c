/* SPDX-License-Identifier: Apache-2.0 */
/* Objects with hostile symbols, frame descriptions and tables, as `buckler gate-table` reads them: what is found is there. */
#include "chart/chart.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bk_tables t = { 0 };
	struct bk_charted what;
	struct bk_table view;
	struct bk_object o;
	BK_BUF table = { 0 };

	if (size > 1u << 16 || (uintptr_t)data % 8)
		return 0;
	if (bk_tables_add(&t, data, size, &what) == 1) {
		bk_tables_write(&t, &table);
		require(bk_table_open(&view, table.at, table.len) && bk_object_file(&o, data, size));
		require(bk_table_fits(&view, bk_table_find(&view, &what.key), &o));
	}
	bk_tables_free(&t);
	return 0;
}
