/* SPDX-License-Identifier: Apache-2.0 */
/* What a target is, and who reads it. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scan/reach.h"
#include "scan/reader.h"

/* A stable order, whatever order the files came in. */
static int by_name(const void *pa, const void *pb)
{
	const struct bk_component *a = pa, *b = pb;
	int order = a->function != b->function ? (a->function > b->function) - (a->function < b->function) : (int)a->ecosystem - (int)b->ecosystem;

	if (!order)
		order = strcmp(a->name, b->name);
	return order ? order : strcmp(a->version, b->version);
}

static int native_by_path(const void *pa, const void *pb)
{
	const struct bk_native *a = pa, *b = pb;
	int order = (a->function > b->function) - (a->function < b->function);

	return order ? order : strcmp(a->path, b->path);
}

static int diag_by_file(const void *pa, const void *pb)
{
	const struct bk_diag *a = pa, *b = pb;
	int order = strcmp(a->file ? a->file : "\xff", b->file ? b->file : "\xff");

	return order ? order : strcmp(a->message, b->message);
}

static void sort(struct bk_report *r)
{
	if (r->components.count)
		qsort(r->components.at, r->components.count, sizeof *r->components.at, by_name);
	if (r->native_count)
		qsort(r->natives, r->native_count, sizeof *r->natives, native_by_path);
	if (r->diags.count)
		qsort(r->diags.at, r->diags.count, sizeof *r->diags.at, diag_by_file);
	/* The hash holds places that are no longer true. */
	free(r->components.slot);
	r->components.slot = NULL;
	r->components.slots = 0;
}

uint32_t bk_scan_function(struct bk_scan *s, const char *name, const char *handler, const char *runtime)
{
	struct bk_report *r = s->report;
	struct bk_function *f;

	r->functions = bk_grow(r->functions, &r->function_cap, r->function_count + 1, sizeof *f);
	f = &r->functions[r->function_count];
	f->name = bk_strdup(name);
	f->handler = handler ? bk_strdup(handler) : NULL;
	f->runtime = runtime ? bk_strdup(runtime) : NULL;
	s->function = (uint32_t)r->function_count++;
	s->natives = r->native_count;
	return s->function;
}

static int fail(struct bk_report *report, const char *target, int error)
{
	bk_diag_add(&report->diags, BK_ERROR, target, 0, 0, "%s", strerror(-error));
	return error;
}

/* A file by itself: a lock file, an executable. */
static ssize_t read_fd(struct bk_file *f, void *to, size_t size)
{
	ssize_t got = read(f->fd, to, size);

	return got < 0 ? -errno : got;
}

static int scan_single(struct bk_scan *s, const char *file, const char *path)
{
	struct bk_file f = { .scan = s, .path = path, .read = read_fd, .fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK) };

	if (f.fd < 0)
		return -errno;
	bk_scan_count(s, path, 1);
	bk_scan_file(&f);
	bk_file_free(&f);
	close(f.fd);
	return 0;
}

/* By the first bytes: a zip, and what may be a tar with or without compression. */
static enum { OTHER, ZIP, TAR } kind_of(const char *file)
{
	static const struct { size_t at, size; char bytes[8]; } tars[] = {
		{ 257, 5, "ustar" }, { 0, 2, "\x1f\x8b" }, { 0, 4, "\x28\xb5\x2f\xfd" }, { 0, 6, "\xfd" "7zXZ" }, { 0, 3, "BZh" },
	};
	BK_FILE *f = fopen(file, "rbe");
	char head[512] = "";
	size_t n = f ? fread(head, 1, sizeof head, f) : 0;

	if (n > 4 && memcmp(head, "PK", 2) == 0 && (head[2] == 3 || head[2] == 5 || head[2] == 7))
		return ZIP;
	for (size_t i = 0; i < sizeof tars / sizeof *tars; i++)
		if (n == sizeof head && memcmp(head + tars[i].at, tars[i].bytes, tars[i].size) == 0)
			return TAR;
	return OTHER;
}

static bool has_end(const char *name, const char *end)
{
	size_t n = strlen(name), m = strlen(end);

	return n >= m && strcmp(name + n - m, end) == 0;
}

static int scan_code(struct bk_scan *s, const char *file, const char *path, const char *prefix, bool folder)
{
	if (folder)
		return bk_walk(s, file, prefix);
	if (kind_of(file) == ZIP || has_end(file, ".zip") || has_end(file, ".jar"))
		return bk_zip(s, file, path, prefix);
	return scan_single(s, file, path);
}

int bk_scan_any(struct bk_scan *s, const char *file, const char *path, const char *prefix)
{
	struct stat st;
	int error;

	if (stat(file, &st) < 0)
		return -errno;
	if ((S_ISDIR(st.st_mode) ? bk_image_folder(file) : kind_of(file) == TAR) && bk_image(s, file, path, prefix, true))
		return 0;
	error = scan_code(s, file, path, prefix, S_ISDIR(st.st_mode));
	bk_scan_settle(s);
	return error;
}

static int scan(struct bk_scan *s, const char *target)
{
	struct stat st;
	int error;

	if (stat(target, &st) < 0)
		return -errno;
	if ((S_ISDIR(st.st_mode) ? bk_image_folder(target) : kind_of(target) == TAR) && bk_image(s, target, target, "", false))
		return 0;
	if (S_ISREG(st.st_mode) && st.st_size < (off_t)BK_TEXT_MAX && !bk_scan_reads(target) && kind_of(target) == OTHER && bk_template(s, target, target))
		return 0;
	bk_scan_function(s, "", NULL, NULL);
	error = scan_code(s, target, target, "", S_ISDIR(st.st_mode));
	bk_scan_settle(s);
	if (!error && S_ISDIR(st.st_mode))
		bk_reach_usual(s, target);
	return error;
}

int bk_scan_target(const char *target, const struct bk_scan_options *options, struct bk_report *report)
{
	static const struct bk_scan_options none;
	struct bk_scan s = { .options = options ? options : &none, .report = report };
	int error;

	report->target = bk_strdup(target);
	pthread_mutex_init(&s.lock, NULL);
	error = scan(&s, target);
	pthread_mutex_destroy(&s.lock);
	bk_components_free(&s.system);
	bk_set_free(&s.owned);
	free(s.os_id);
	free(s.os_version);
	if (error)
		return fail(report, target, error);
	sort(report);
	return 0;
}
