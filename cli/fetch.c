/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/database.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#define EXPORT_MAX ((curl_off_t)8 << 30)

char *bk_cli_export_url(const char *base, const char *ecosystem)
{
	struct bk_buf out = { 0 };
	size_t n = strlen(base);

	bk_buf_add(&out, base, n && base[n - 1] == '/' ? n - 1 : n);
	bk_buf_text(&out, "/");
	for (; *ecosystem; ecosystem++) {
		if (*ecosystem == ' ')
			bk_buf_text(&out, "%20");
		else
			bk_buf_add(&out, ecosystem, 1);
	}
	bk_buf_text(&out, "/all.zip");
	return out.at;
}

/*
 * libcurl brings two dozen libraries, which would take 4 ms at each start of buckler, also before `buckler run`: it is loaded where something is
 * fetched.
 */
static struct {
	typeof(curl_easy_init) *init;
	CURLcode (*setopt)(CURL *c, CURLoption option, ...);
	typeof(curl_easy_perform) *perform;
	typeof(curl_easy_cleanup) *cleanup;
	typeof(curl_easy_strerror) *strerror;
} curl;

static bool load_curl(void)
{
	static const char *const names[] = { "curl_easy_init", "curl_easy_setopt", "curl_easy_perform", "curl_easy_cleanup", "curl_easy_strerror" };
	void *const at[] = { &curl.init, &curl.setopt, &curl.perform, &curl.cleanup, &curl.strerror };
	void *library = curl.init ? NULL : dlopen("libcurl.so.4", RTLD_NOW);
	size_t found = 0;

	if (curl.init)
		return true;
	for (size_t i = 0; library && i < 5; i++) {
		void *symbol = dlsym(library, names[i]);

		memcpy(at[i], &symbol, sizeof symbol);
		found += symbol != NULL;
	}
	return found == 5;
}

struct transfer {
	struct bk_progress *progress;
	FILE *f;
	curl_off_t got;
};

static int on_progress(void *with, curl_off_t all, curl_off_t done, curl_off_t up_all, curl_off_t up_done)
{
	struct transfer *t = with;

	(void)up_all;
	(void)up_done;
	bk_progress_show(t->progress, (uint64_t)done, (uint64_t)all, "KB", (uint64_t)done >> 10);
	return 0;
}

static size_t on_bytes(char *at, size_t size, size_t count, void *with)
{
	struct transfer *t = with;

	t->got += (curl_off_t)(size * count);
	return t->got > EXPORT_MAX ? 0 : fwrite(at, size, count, t->f);
}

static void set_options(CURL *c, const char *url, struct transfer *t, char *error)
{
	curl.setopt(c, CURLOPT_URL, url);
	curl.setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	/* What begins on https stays there. */
	curl.setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, strncmp(url, "https:", 6) == 0 ? "https" : "http,https");
	curl.setopt(c, CURLOPT_FOLLOWLOCATION, 1L);
	curl.setopt(c, CURLOPT_MAXREDIRS, 5L);
	curl.setopt(c, CURLOPT_FAILONERROR, 1L);
	curl.setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl.setopt(c, CURLOPT_CONNECTTIMEOUT, 30L);
	curl.setopt(c, CURLOPT_LOW_SPEED_LIMIT, 1024L);
	curl.setopt(c, CURLOPT_LOW_SPEED_TIME, 60L);
	curl.setopt(c, CURLOPT_USERAGENT, "buckler/" BK_VERSION);
	curl.setopt(c, CURLOPT_ERRORBUFFER, error);
	curl.setopt(c, CURLOPT_WRITEFUNCTION, on_bytes);
	curl.setopt(c, CURLOPT_WRITEDATA, t);
	curl.setopt(c, CURLOPT_NOPROGRESS, 0L);
	curl.setopt(c, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl.setopt(c, CURLOPT_XFERINFODATA, t);
}

int bk_cli_fetch(const char *url, const char *path, struct bk_progress *progress)
{
	char error[CURL_ERROR_SIZE] = "";
	struct transfer t = { progress, NULL, 0 };
	CURLcode r = CURLE_FAILED_INIT;
	CURL *c;

	if (!load_curl())
		return bk_cli_error("libcurl is not here: %s", dlerror());
	if (!(t.f = fopen(path, "wxe")))
		return bk_cli_error("%s: %s", path, strerror(errno));
	if ((c = curl.init())) {
		set_options(c, url, &t, error);
		r = curl.perform(c);
		curl.cleanup(c);
	}
	if (fclose(t.f) != 0 && r == CURLE_OK)
		r = CURLE_WRITE_ERROR;
	bk_progress_end(progress);
	if (r == CURLE_OK)
		return 0;
	return bk_cli_error("%s: %s", url, t.got > EXPORT_MAX ? "larger than 8 GiB" : *error ? error : curl.strerror(r));
}
