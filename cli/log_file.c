/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/watch.h"

#include <errno.h>
#include <string.h>

static bool begins(const char *bytes, size_t size, const char *with, size_t n)
{
	return size >= n && memcmp(bytes, with, n) == 0;
}

const char *bk_cli_log_obstacle(const char *bytes, size_t size)
{
	if (begins(bytes, size, "\x1f\x8b", 2) || begins(bytes, size, "\x28\xb5\x2f\xfd", 4))
		return "is compressed; unpack it first: zcat FILE | buckler logs, or zstdcat";
	if (begins(bytes, size, "\xff\xfe", 2) || begins(bytes, size, "\xfe\xff", 2))
		return "is UTF-16, as PowerShell's > writes it; make it UTF-8 first: iconv -f UTF-16 -t UTF-8 FILE, or Out-File -Encoding utf8";
	return NULL;
}

/* What the reader could make something of. */
static uint64_t taken(const struct bk_log_counts *c)
{
	return c->events + c->repeated + c->malformed;
}

static void warn_nothing(const char *name, const struct bk_log_counts *before, const struct bk_log_counts *now)
{
	struct bk_diags d = { 0 };

	if (taken(now) != taken(before))
		return;
	bk_diag_add(&d, BK_WARNING, name, 0, 0, "no event in %llu lines", (unsigned long long)(now->lines - before->lines));
	bk_cli_report(&d);
	bk_diags_free(&d);
}

bool bk_cli_read_log(const char *path, struct bk_log_reader *reader)
{
	bool input = !strcmp(path, "-"), first = true;
	const char *name = input ? "standard input" : path, *obstacle = NULL;
	const struct bk_log_counts before = *bk_log_counts(reader);
	FILE *f = input ? stdin : fopen(path, "re");
	static char block[1 << 16];
	int error = 0;
	size_t n;

	if (!f) {
		bk_cli_error("%s: cannot be read: %s", path, strerror(errno));
		return false;
	}
	for (; !obstacle && !ferror(stdout) && (n = fread(block, 1, sizeof block, f)) > 0; first = false) {
		obstacle = first ? bk_cli_log_obstacle(block, n) : NULL;
		if (!obstacle)
			bk_log_feed(reader, block, n);
	}
	if (ferror(f))
		error = errno;
	if (!input)
		fclose(f);
	bk_log_end(reader);
	if (error)
		bk_cli_error("%s: cannot be read: %s", path, strerror(error));
	else if (obstacle)
		bk_cli_error("%s %s", name, obstacle);
	else if (!ferror(stdout))
		warn_nothing(name, &before, bk_log_counts(reader));
	return !error && !obstacle;
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
	warn(c->dropped, "events were left out of the log when they happened: too many at once, or it was full");
}
