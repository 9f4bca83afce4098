/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A template, a NUL, a string.  Beyond not falling over: the matcher and the checker agree about templates, what matches has the
 * template's operators one for one, and nothing that matches does so with a further command behind it.
 */
#include "core/shell.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

/* Reads all tokens; returns how many are operators.  The words must unquote into no more than they are long. */
static uint32_t read_tokens(struct bk_text s)
{
	struct bk_shell_token t;
	uint32_t pos = 0, operators = 0, before = 0;

	while (bk_shell_next(s, &pos, &t)) {
		require(pos > before && pos <= s.len && t.raw.at >= s.at && t.raw.len);
		operators += t.is_operator;
		if (t.is_plain)
			require(bk_shell_unquote(t.raw, NULL, 0) <= t.raw.len);
		before = pos;
	}
	return operators;
}

static void append(struct bk_text template_, struct bk_text string, const char *more)
{
	size_t n = strlen(more);
	char *longer = malloc(string.len + n);

	require(longer != NULL);
	if (string.len)
		memcpy(longer, string.at, string.len);
	memcpy(longer + string.len, more, n);
	require(bk_shell_match(template_, (struct bk_text){ longer, string.len + (uint32_t)n }, NULL) != BK_SHELL_MATCH);
	free(longer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *middle = size ? memchr(data, 0, size) : NULL;
	struct bk_text template_ = { (const char *)data, (uint32_t)(middle ? (size_t)(middle - data) : size) };
	struct bk_text string = { middle ? (const char *)middle + 1 : "", (uint32_t)(middle ? size - template_.len - 1 : 0) };
	uint32_t at;

	if (size > 4096)
		return 0;
	enum bk_shell_result r = bk_shell_match(template_, string, &at);
	bool sound = bk_shell_check(template_, NULL) == BK_SHELL_MATCH;

	require(sound == (r != BK_SHELL_BAD_TEMPLATE));
	require(at <= (r == BK_SHELL_BAD_TEMPLATE ? template_.len : string.len));
	if (string.len < 512)
		read_tokens(string);
	if (sound && !(template_.len && memchr(template_.at, '{', template_.len)))
		require(bk_shell_match(template_, template_, NULL) == BK_SHELL_MATCH);
	if (r != BK_SHELL_MATCH)
		return 0;
	append(template_, string, ";id");
	append(template_, string, "\nid");
	append(template_, string, "&&id");
	append(template_, string, "|id");
	append(template_, string, " x >y");
	append(template_, string, "$(id)");
	return 0;
}
