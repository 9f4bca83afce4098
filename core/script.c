/* SPDX-License-Identifier: Apache-2.0 */
#include "core/script.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static const char *take_word(const char *at, const char *end, char *out, size_t cap)
{
	size_t n = 0;

	while (at < end && is_blank(*at))
		at++;
	while (at < end && !is_blank(*at) && *at != '\n' && *at && n + 1 < cap)
		out[n++] = *at++;
	out[n] = '\0';
	return at;
}

bool bk_script_line(const char *at, const char *end, char *interpreter, char *option, size_t cap)
{
	size_t n = 0;

	if (end - at < 2 || at[0] != '#' || at[1] != '!')
		return false;
	at = take_word(at + 2, end, interpreter, cap);
	while (at < end && is_blank(*at))
		at++;
	while (at < end && *at != '\n' && *at && n + 1 < cap)
		option[n++] = *at++;
	while (n && is_blank(option[n - 1]))
		n--;
	option[n] = '\0';
	return *interpreter != '\0';
}
