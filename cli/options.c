/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands share beside printing: options, policies in either form, programs in PATH. */
#include "cli/cli.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- options --- */

/* getopt has no letter for an unknown long option; a long one, known or not, is then the word before optind. */
static _Noreturn void wrong_option(const struct bk_command *command, const char *what, char **argv, bool is_long)
{
	char letter[] = { '-', (char)optopt, '\0' };

	exit(bk_cli_usage(command, what, is_long ? argv[optind - 1] : letter));
}

static bool is_known(const char *letters)
{
	return optopt > 127 || (optopt && strchr(letters, optopt));
}

int bk_cli_option(const struct bk_command *command, int argc, char **argv, const char *letters, const struct option *options)
{
	opterr = 0;
	int c = getopt_long(argc, argv, letters, options, NULL);

	if (c == 'h') {
		fputs(command->usage, stdout);
		exit(fflush(stdout) == 0 ? 0 : bk_cli_error("standard output: %s", strerror(errno)));
	}
	if (c == ':')
		wrong_option(command, "a value is missing behind", argv, strncmp(argv[optind - 1], "--", 2) == 0);
	if (c == '?' && is_known(letters))
		wrong_option(command, "no value is taken by", argv, true);
	if (c == '?')
		wrong_option(command, "unknown option", argv, optopt == 0);
	return c;
}

bool bk_cli_format(const struct bk_command *command, const char *value)
{
	if (strcmp(value, "json") == 0)
		return true;
	if (strcmp(value, "text") != 0)
		exit(bk_cli_usage(command, "--format is text or json, not", value));
	return false;
}

long bk_cli_number(const struct bk_command *command, const char *what, const char *value, long low, long high)
{
	char *end;

	errno = 0;
	long n = strtol(value, &end, 10);
	if (errno || end == value || *end || n < low || n > high) {
		BK_FREE char *text = bk_format("%s is a number from %ld to %ld, not", what, low, high);

		exit(bk_cli_usage(command, text, value));
	}
	return n;
}

/* --- policies --- */

bool bk_cli_is_compiled(const struct bk_buf *bytes)
{
	static const char magic[5] = "bkl1\n";

	return bytes->len >= sizeof magic && memcmp(bytes->at, magic, sizeof magic) == 0;
}

static bool digest_is_right(const struct bk_policy *view, const struct bk_buf *bytes)
{
	uint8_t digest[32];

	bk_policy_digest(bytes->at, bytes->len, digest);
	return memcmp(digest, view->head->digest, sizeof digest) == 0;
}

bool bk_cli_verify(const char *path, const struct bk_buf *bytes, struct bk_policy *view, struct bk_diags *d)
{
	uint32_t offset = 0;
	enum bk_policy_error error = bk_policy_verify(view, bytes->at, bytes->len, &offset);

	if (error != BK_POLICY_OK) {
		bk_diag_add(d, BK_ERROR, path, 0, 0, "%s (at offset %u); compile it again from its text", bk_policy_error_text(error), offset);
		return false;
	}
	if (!digest_is_right(view, bytes)) {
		bk_diag_add(d, BK_ERROR, path, 0, 0, "the digest does not fit the content (at offset %zu): the file was changed "
			    "after it was compiled; compile it again from its text", offsetof(struct bk_policy_header, digest));
		return false;
	}
	return true;
}

static struct bk_model *model_of(const char *path, const struct bk_buf *bytes, struct bk_diags *d)
{
	struct bk_policy view;

	if (!bk_cli_is_compiled(bytes))
		return bk_policy_parse(path, bytes->at, bytes->len, d);
	return bk_cli_verify(path, bytes, &view, d) ? bk_policy_decompile(&view) : NULL;
}

static const char *read_error(int error)
{
	return error == EFBIG ? "larger than any policy" : strerror(error);
}

struct bk_model *bk_cli_model(const char *path, struct bk_diags *d)
{
	BK_BUF bytes = { 0 };
	int r = bk_read_file(path, BK_POLICY_MAX, &bytes);

	if (r < 0) {
		bk_diag_add(d, BK_ERROR, path, 0, 0, "cannot read the policy: %s", read_error(-r));
		return NULL;
	}
	return model_of(path, &bytes, d);
}

/* --- programs --- */

int bk_cli_executable(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return errno == EACCES ? EACCES : ENOENT;
	return S_ISREG(st.st_mode) && access(path, X_OK) == 0 ? 0 : EACCES;
}

static char *search(const char *list, const char *name)
{
	int error = ENOENT;

	for (const char *at = list; at; ) {
		const char *end = strchrnul(at, ':');
		BK_FREE char *folder = bk_strndup(at, (size_t)(end - at));
		char *path = bk_format("%s/%s", *folder ? folder : ".", name);
		int e = bk_cli_executable(path);

		if (e == 0)
			return path;
		if (e == EACCES)
			error = EACCES;
		free(path);
		at = *end ? end + 1 : NULL;
	}
	errno = error;
	return NULL;
}

char *bk_cli_which(const char *name)
{
	const char *list = getenv("PATH");

	if (!*name) {
		errno = ENOENT;
		return NULL;
	}
	if (!strchr(name, '/'))
		return search(list ? list : "/usr/local/bin:/usr/bin:/bin", name);
	errno = bk_cli_executable(name);
	return errno == 0 ? bk_strdup(name) : NULL;
}
