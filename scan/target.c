/* SPDX-License-Identifier: Apache-2.0 */
/* What a target is, and who reads it. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

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

static int scan(struct bk_scan *s, const char *target)
{
	int error;

	bk_scan_function(s, "", NULL, NULL);
	error = bk_walk(s, target, "");
	bk_scan_settle(s);
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
