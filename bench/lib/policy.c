/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/lib/bench.h"

#include <limits.h>
#include <openssl/evp.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

char *bench_program(const char *name)
{
	static const char *const folders[] = { "/usr/bin", "/bin", "/usr/local/bin", "/usr/sbin" };

	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
		BK_FREE char *path = bk_format("%s/%s", folders[i], name);

		if (access(path, X_OK) == 0)
			return realpath(path, NULL);
	}
	return NULL;
}

char *bench_built(const struct bench *b, const char *name)
{
	char *path = bk_format("%s/%s", b->build, name);

	if (access(path, X_OK) == 0)
		return path;
	free(path);
	return NULL;
}

static bool hash_file(const char *path, char hex[65])
{
	uint8_t buffer[1 << 16], digest[32];
	BK_FILE *f = fopen(path, "r");
	EVP_MD_CTX *ctx = f ? EVP_MD_CTX_new() : NULL;
	size_t n;

	if (!ctx)
		return false;
	EVP_DigestInit_ex(ctx, EVP_sha256(), NULL);
	while ((n = fread(buffer, 1, sizeof buffer, f)) > 0)
		EVP_DigestUpdate(ctx, buffer, n);
	EVP_DigestFinal_ex(ctx, digest, NULL);
	EVP_MD_CTX_free(ctx);
	bk_hex(digest, sizeof digest, hex);
	return !ferror(f);
}

static void add_identity(struct bk_buf *text, const char *path, const char *indent)
{
	char hex[65];

	bk_buf_printf(text, "%s\n", path);
	if (hash_file(path, hex))
		bk_buf_printf(text, "%ssha256: %s\n", indent, hex);
}

char *bench_policy(struct bench *b, const char *name, const char *main, const struct bench_program *programs)
{
	BK_BUF text = { 0 };

	bk_buf_text(&text, "version: 1\nmain:\n  path: ");
	add_identity(&text, main, "  ");
	bk_buf_text(&text, programs && programs->path ? "processes:\n" : "processes: []\n");
	for (const struct bench_program *p = programs; p && p->path; p++) {
		bk_buf_text(&text, "  - path: ");
		add_identity(&text, p->path, "    ");
		if (p->args)
			bk_buf_printf(&text, "    args: %s\n", p->args);
	}
	bk_buf_text(&text, "libraries: [/usr/lib/**, /lib/**, /lib64/**, /usr/local/lib/**]\ngenerated_code: allow\n");
	return bench_policy_compile(b, name, text.at);
}

static void note_failure(struct bench *b, const char *name, const char *log)
{
	BK_BUF text = { 0 };

	if (bk_read_file(log, 1 << 16, &text) == 0 && text.len)
		text.at[strcspn(text.at, "\n")] = '\0';
	bench_note(b, "policy %s does not compile: %s", name, text.at ? text.at : "no reason given");
}

char *bench_policy_compile(struct bench *b, const char *name, const char *text)
{
	BK_FREE char *tool = bench_built(b, "buckler");
	BK_FREE char *yaml = bk_format("%s/%s.yaml", b->tmp, name), *log = bk_format("%s/%s.log", b->tmp, name);
	char *out = bk_format("%s/%s.bkl", b->tmp, name);
	char *argv[] = { tool, "compile", "-q", "-o", out, yaml, NULL };

	if (!tool)
		bench_note(b, "buckler: not built, without it there is no policy; run `make`");
	else if (bk_write_file(yaml, text, strlen(text)) != 0)
		bench_note(b, "buckler: cannot write %s", yaml);
	else if (bench_run(argv, log) != 0)
		note_failure(b, name, log);
	else
		return out;
	free(out);
	return NULL;
}
