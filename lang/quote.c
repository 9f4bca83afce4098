/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/evp.h>
#include <string.h>
#include "lang/quote.h"

/* --- characters ---------------------------------------------------------------------------------------------------------------- */

static int length_of(unsigned char first)
{
	return first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
}

/* The character at a text's place and its length in bytes; 0 where it is no UTF-8 (RFC 3629). */
static int decode(const char *text, unsigned *c)
{
	static const unsigned least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *s = (const unsigned char *)text;
	int n = length_of(*s);

	*c = n == 1 ? *s : *s & (0x7fu >> n);
	for (int i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		*c = *c << 6 | (s[i] & 0x3f);
	}
	return n && *c >= least[n] && *c <= 0x10ffff && (*c < 0xd800 || *c > 0xdfff) ? n : 0;
}

static bool is_utf8(const char *s)
{
	unsigned c;

	for (int n; *s; s += n)
		if (!(n = decode(s, &c)))
			return false;
	return true;
}

/* Directions and separators that make a line look other than it reads. */
static bool is_invisible(unsigned c)
{
	return (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x2069) || c == 0xfeff || c == 0xad;
}

static bool is_shown(unsigned c)
{
	return (c >= 0x20 && c < 0x7f) || (c >= 0xa0 && c < 0xfffe && !is_invisible(c)) || c >= 0x10000;
}

static void put_escape(struct bk_buf *out, unsigned c)
{
	if (c == '\n' || c == '\t')
		bk_buf_text(out, c == '\n' ? "\\n" : "\\t");
	else
		bk_buf_printf(out, c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x", c);
}

/* --- values -------------------------------------------------------------------------------------------------------------------- */

static bool plain_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '/' || c == '_';
}

static bool plain_char(char c)
{
	return plain_start(c) || (c >= '0' && c <= '9') || (c && strchr(".-*+=@%", c));
}

static bool is_plain(const char *s)
{
	static const char *const words[] = { "true", "false", "yes", "no", "on", "off", "null", "y", "n", NULL };

	for (int i = 0; words[i]; i++)
		if (!strcasecmp(s, words[i]))
			return false;
	if (!plain_start(*s))
		return false;
	while (plain_char(*s))
		s++;
	return !*s;
}

static void put_quoted(struct bk_buf *out, const char *s)
{
	unsigned c;

	bk_buf_text(out, "\"");
	for (int n; *s; s += n) {
		n = decode(s, &c);
		if (c == '"' || c == '\\')
			bk_buf_printf(out, "\\%c", (char)c);
		else if (is_shown(c))
			bk_buf_add(out, s, (size_t)n);
		else
			put_escape(out, c);
	}
	bk_buf_text(out, "\"");
}

static void put_binary(struct bk_buf *out, const char *s)
{
	size_t n = strlen(s);
	BK_FREE char *base64 = bk_alloc(n / 3 * 4 + 5);

	EVP_EncodeBlock((unsigned char *)base64, (const unsigned char *)s, (int)n);
	bk_buf_printf(out, "!!binary \"%s\"", base64);
}

void bk_quote(struct bk_buf *out, const char *text)
{
	if (is_plain(text))
		bk_buf_text(out, text);
	else
		(is_utf8(text) ? put_quoted : put_binary)(out, text);
}

/* --- comments ------------------------------------------------------------------------------------------------------------------ */

void bk_quote_comment(struct bk_buf *out, const char *s, const char *indent)
{
	bool begin = true;
	unsigned c;

	for (int n; s && *s; s += n ? n : 1) {
		n = decode(s, &c);
		if (begin)
			bk_buf_printf(out, "%s#%s", indent, *s == '\n' ? "" : " ");
		begin = n && c == '\n';
		if (begin || (n && (c == '\t' || is_shown(c))))
			bk_buf_add(out, s, (size_t)n);
		else
			put_escape(out, n ? c : (unsigned char)*s);
	}
	if (!begin)
		bk_buf_text(out, "\n");
}
