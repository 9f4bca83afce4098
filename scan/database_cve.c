/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of single CVE numbers: CISA's catalogue of known exploited vulnerabilities, FIRST's EPSS scores. */
#include "scan/advisory.h"

#include <archive.h>
#include <errno.h>
#include <jansson.h>
#include <string.h>

#define CATALOGUE_MAX ((size_t)256 << 20)

uint64_t bk_cve_number(const char *id, size_t len)
{
	uint64_t year = 0, number = 0;
	size_t i;

	if (len < 13 || len > 20 || memcmp(id, "CVE-", 4) != 0 || id[8] != '-')
		return 0;
	for (i = 4; i < 8; i++) {
		if (id[i] < '0' || id[i] > '9')
			return 0;
		year = year * 10 + (uint64_t)(id[i] - '0');
	}
	for (i = 9; i < len; i++) {
		if (id[i] < '0' || id[i] > '9')
			return 0;
		number = number * 10 + (uint64_t)(id[i] - '0');
	}
	return year << 40 | number;
}

/* --- files, gzipped or not --- */

static bool no_catalogue(struct bk_diags *d, const char *path, const char *why)
{
	bk_diag_add(d, BK_ERROR, path, 0, 0, "%s", why);
	return false;
}

static bool read_whole(struct archive *a, const char *path, struct bk_buf *out, struct bk_diags *d)
{
	struct archive_entry *entry;
	char chunk[65536];
	ssize_t n;

	if (archive_read_open_filename(a, path, 1 << 16) != ARCHIVE_OK || archive_read_next_header(a, &entry) != ARCHIVE_OK)
		return no_catalogue(d, path, archive_error_string(a) ? archive_error_string(a) : "cannot read it");
	while ((n = archive_read_data(a, chunk, sizeof chunk)) > 0) {
		if (out->len + (size_t)n > CATALOGUE_MAX)
			return no_catalogue(d, path, "larger than any such catalogue");
		bk_buf_add(out, chunk, (size_t)n);
	}
	return n == 0 ? true : no_catalogue(d, path, archive_error_string(a) ? archive_error_string(a) : "it is damaged");
}

static bool read_text(const char *path, struct bk_buf *out, struct bk_diags *d)
{
	struct archive *a = archive_read_new();
	bool good;

	archive_read_support_filter_gzip(a);
	archive_read_support_format_raw(a);
	good = read_whole(a, path, out, d);
	archive_read_free(a);
	bk_buf_add(out, "", 0);
	return good;
}

/* --- catalogues --- */

static void add(struct bk_cves *list, struct bk_cve c)
{
	list->at = bk_grow(list->at, &list->cap, list->count + 1, sizeof c);
	list->at[list->count++] = c;
}

static bool take_kev(struct bk_cves *list, json_t *root, char **date)
{
	json_t *rows = json_object_get(root, "vulnerabilities");
	const char *version = json_string_value(json_object_get(root, "catalogVersion"));

	if (!json_is_array(rows))
		return false;
	for (size_t i = 0; i < json_array_size(rows); i++) {
		const char *id = json_string_value(json_object_get(json_array_get(rows, i), "cveID"));
		uint64_t number = id ? bk_cve_number(id, strlen(id)) : 0;

		if (number)
			add(list, (struct bk_cve){ number, 0, true });
	}
	*date = bk_strdup(version ? version : "unknown");
	return true;
}

bool bk_cves_read_kev(struct bk_cves *list, const char *path, char **date, struct bk_diags *d)
{
	BK_BUF text = { 0 };
	json_error_t error;
	json_t *root;
	bool good;

	if (!read_text(path, &text, d))
		return false;
	root = json_loadb(text.at, text.len, 0, &error);
	if (!root) {
		bk_diag_add(d, BK_ERROR, path, (unsigned)error.line, (unsigned)error.column, "%s", error.text);
		return false;
	}
	good = take_kev(list, root, date) || no_catalogue(d, path, "no catalogue of known exploited vulnerabilities: it has no list \"vulnerabilities\"");
	json_decref(root);
	return good;
}

/* "#model_version:v2025.03.14,score_date:2025-08-25T..." */
static void take_date(const char *line, char **date)
{
	const char *at = strstr(line, "score_date:");

	if (at && !*date)
		*date = bk_strndup(at + 11, strcspn(at + 11, "T,\r\n"));
}

static double probability(const char *text)
{
	double p = strtod(text, NULL);

	return p > 0 && p <= 1 ? p : 0;
}

bool bk_cves_read_epss(struct bk_cves *list, const char *path, char **date, struct bk_diags *d)
{
	BK_BUF text = { 0 };
	size_t before = list->count;
	unsigned line = 0;

	if (!read_text(path, &text, d))
		return false;
	*date = NULL;
	for (char *at = text.at, *next; *at; at = next) {
		size_t n = strcspn(at, "\n"), id = strcspn(at, ",\n");
		uint64_t number = bk_cve_number(at, id);

		next = at + n + (at[n] == '\n');
		at[n] = '\0';
		line++;
		if (*at == '#')
			take_date(at, date);
		else if (number && at[id] == ',')
			add(list, (struct bk_cve){ number, probability(at + id + 1), false });
		else if (*at && line > 2) {
			bk_diag_add(d, BK_ERROR, path, line, 1, "no line of EPSS scores: CVE number, score, percentile");
			return false;
		}
	}
	if (!*date)
		*date = bk_strdup("unknown");
	return list->count > before || no_catalogue(d, path, "no EPSS scores in it");
}

static int compare(const void *a, const void *b)
{
	const struct bk_cve *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

void bk_cves_sort(struct bk_cves *list)
{
	if (list->count)
		qsort(list->at, list->count, sizeof *list->at, compare);
}

/* The first row of a number; a number has one of each catalogue. */
static size_t first_of(const struct bk_cves *list, uint64_t number)
{
	size_t low = 0, high = list->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (list->at[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void bk_cves_find(const struct bk_cves *list, const char *words, struct bk_cve *out)
{
	for (; *words; words += strspn(words, " ")) {
		size_t n = strcspn(words, " ");
		uint64_t number = bk_cve_number(words, n);

		for (size_t i = number ? first_of(list, number) : list->count; i < list->count && list->at[i].number == number; i++) {
			out->exploited |= list->at[i].exploited;
			if (list->at[i].epss > out->epss)
				out->epss = list->at[i].epss;
		}
		words += n;
	}
}
