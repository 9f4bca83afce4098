/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/scan.h"

#include <openssl/evp.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int bk_scan_rank(enum bk_level level)
{
	static const int ranks[BK_LEVELS] = {
		[BK_LEVEL_NONE] = 0, [BK_LEVEL_LOW] = 1, [BK_LEVEL_MEDIUM] = 2, [BK_LEVEL_UNKNOWN] = 3, [BK_LEVEL_HIGH] = 4, [BK_LEVEL_CRITICAL] = 5,
	};

	return ranks[level];
}

const struct bk_finding *bk_scan_finding(const struct bk_scan_view *v, size_t i)
{
	return &v->report->findings[v->shown[i]];
}

const struct bk_component *bk_scan_component(const struct bk_scan_view *v, const struct bk_finding *f)
{
	return f->component < v->report->components.count ? &v->report->components.at[f->component] : NULL;
}

/* --- order --- */

static int reach_rank(const struct bk_component *c)
{
	return !c || c->reach == BK_REACH_UNKNOWN ? 1 : c->reach == BK_REACH_YES ? 2 : 0;
}

static int more(double a, double b)
{
	return (a < b) - (a > b);
}

static int compare(const void *a, const void *b, void *with)
{
	const struct bk_scan_view *v = with;
	const struct bk_finding *x = &v->report->findings[*(const uint32_t *)a], *y = &v->report->findings[*(const uint32_t *)b];
	const struct bk_component *p = bk_scan_component(v, x), *q = bk_scan_component(v, y);
	int r = y->exploited - x->exploited;

	if (!r)
		r = bk_scan_rank(y->level) - bk_scan_rank(x->level);
	if (!r)
		r = reach_rank(q) - reach_rank(p);
	if (!r)
		r = more(x->score, y->score);
	if (!r)
		r = more(x->epss, y->epss);
	if (!r && p && q)
		r = strcmp(p->name, q->name);
	if (!r)
		r = strcmp(x->id ? x->id : "", y->id ? y->id : "");
	return r ? r : (x > y) - (x < y);
}

void bk_scan_view_fill(struct bk_scan_view *v, bool only_fixed)
{
	size_t n = v->report->finding_count;

	v->shown = bk_alloc(n * sizeof *v->shown);
	v->suppressed = bk_alloc(n * sizeof *v->suppressed);
	for (uint32_t i = 0; i < n; i++) {
		const struct bk_finding *f = &v->report->findings[i];

		if (f->suppressed)
			v->suppressed[v->suppressed_count++] = i;
		else if (only_fixed && !f->fixed)
			v->unfixed++;
		else
			v->shown[v->shown_count++] = i;
	}
	qsort_r(v->shown, v->shown_count, sizeof *v->shown, compare, v);
	qsort_r(v->suppressed, v->suppressed_count, sizeof *v->suppressed, compare, v);
}

void bk_scan_view_free(struct bk_scan_view *v)
{
	free(v->shown);
	free(v->suppressed);
}

/* --- texts --- */

int64_t bk_scan_age(const struct bk_scan_view *v)
{
	return v->info ? (v->now - v->info->built) / 86400 : 0;
}

bool bk_scan_stale(const struct bk_scan_view *v)
{
	return v->info && bk_scan_age(v) > v->max_age;
}

char *bk_scan_sentence(const struct bk_scan_view *v, const struct bk_finding *f)
{
	const struct bk_component *c = bk_scan_component(v, f);
	struct bk_buf out = { 0 };

	if (c)
		bk_buf_printf(&out, "%s %s: ", c->name, c->version ? c->version : "");
	bk_buf_text(&out, f->summary ? f->summary : f->id ? f->id : "a finding");
	if (f->fixed)
		bk_buf_printf(&out, "; fixed in %s", f->fixed);
	if (f->exploited)
		bk_buf_text(&out, "; known to be exploited");
	return out.at;
}

static bool is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

char *bk_scan_location(const struct bk_scan_view *v, const struct bk_finding *f)
{
	const char *target = v->report->target ? v->report->target : ".", *inside = f->path ? strstr(f->path, "!/") : NULL;
	size_t folder = strlen(target), n = f->path ? inside ? (size_t)(inside - f->path) : strlen(f->path) : 0;
	const char *slash = strrchr(target, '/');
	char *beside;

	if (!n || strcmp(target, f->path) == 0)
		return bk_strdup(target);
	if (!is_folder(target))
		folder = slash ? (size_t)(slash - target) : 0;
	while (folder > 1 && target[folder - 1] == '/')
		folder--;
	if (folder == 1 && *target == '.')
		folder = 0;
	beside = bk_format("%.*s%s%.*s", (int)folder, target, folder ? "/" : "", (int)n, f->path);
	if (is_folder(target) || access(beside, F_OK) == 0)
		return beside;
	free(beside);
	return bk_strdup(target);
}

static void add_sources(struct bk_buf *out, const struct bk_database_info *info)
{
	for (size_t i = 0; i < info->source_count; i++) {
		const char *name = info->sources[i].name, *slash = strrchr(name, '/');

		bk_buf_printf(out, "%s%s", i ? ", " : "", slash && slash[1] ? slash + 1 : name);
	}
}

char *bk_scan_database(const struct bk_scan_view *v)
{
	const struct bk_database_info *info = v->info;
	struct bk_buf out = { 0 };

	if (!info)
		return NULL;
	BK_FREE char *day = bk_cli_day_text(info->built), *age = bk_cli_age_text(bk_scan_age(v));

	bk_buf_printf(&out, "%s advisories of ", bk_cli_count(info->records));
	add_sources(&out, info);
	bk_buf_printf(&out, "; built %s, %s%s; exploited: %s, EPSS: %s", day, age, bk_scan_stale(v) ? " (STALE)" : "", info->kev ? info->kev : "no data",
		      info->epss ? info->epss : "no data");
	return out.at;
}

const char *bk_scan_subject(const struct bk_scan_view *v, const struct bk_finding *f)
{
	const struct bk_component *c = bk_scan_component(v, f);

	return c && c->purl ? c->purl : f->path ? f->path : v->report->target ? v->report->target : "target";
}

/* RFC 9562, version 8: the bits are our own, a hash. */
char *bk_scan_uuid(const struct bk_scan_view *v)
{
	const struct bk_report *r = v->report;
	BK_BUF text = { 0 };
	uint8_t hash[EVP_MAX_MD_SIZE];
	char hex[33];

	bk_buf_printf(&text, "%s\n%lld\n", r->target ? r->target : "", (long long)v->now);
	for (size_t i = 0; i < r->components.count; i++)
		bk_buf_printf(&text, "%s\n", r->components.at[i].purl);
	for (size_t i = 0; i < r->finding_count; i++)
		bk_buf_printf(&text, "%s %u\n", r->findings[i].id ? r->findings[i].id : "", r->findings[i].component);
	EVP_Digest(text.at, text.len, hash, NULL, EVP_sha256(), NULL);
	hash[6] = (hash[6] & 0x0f) | 0x80;
	hash[8] = (hash[8] & 0x3f) | 0x80;
	bk_hex(hash, 16, hex);
	return bk_format("%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
}

void bk_json_set(json_t *o, const char *key, const char *text)
{
	if (text && *text)
		json_object_set_new(o, key, bk_cli_json_text(text, strlen(text)));
}

json_t *bk_json_append(json_t *list)
{
	json_t *o = json_object();

	json_array_append_new(list, o);
	return o;
}
