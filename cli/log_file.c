/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/watch.h"

#include <errno.h>
#include <string.h>

bool bk_cli_read_log(const char *path, struct bk_log_reader *reader)
{
	bool input = !strcmp(path, "-");
	FILE *f = input ? stdin : fopen(path, "re");
	static char block[1 << 16];
	int error = 0;
	size_t n;

	if (!f) {
		bk_cli_error("%s: cannot be read: %s", path, strerror(errno));
		return false;
	}
	while (!ferror(stdout) && (n = fread(block, 1, sizeof block, f)) > 0)
		bk_log_feed(reader, block, n);
	if (ferror(f))
		error = errno;
	if (!input)
		fclose(f);
	bk_log_end(reader);
	if (error)
		bk_cli_error("%s: cannot be read: %s", path, strerror(error));
	return !error;
}

static void warn(uint64_t n, const char *what)
{
	if (n)
		fprintf(stderr, "buckler: warning: %llu %s\n", (unsigned long long)n, what);
}

void bk_cli_warn_log(const struct bk_log_counts *c)
{
	warn(c->malformed, "lines look like events but cannot be read as such");
	warn(c->skipped, "lines are longer than 1 MiB and were skipped");
	warn(c->suspect, "events are out of sequence: the function may have written them itself");
	warn(c->missing, "events are missing between those that are there");
	warn(c->dropped, "events could not be written to the log when they happened");
}
