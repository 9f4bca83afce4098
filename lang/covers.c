/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <sys/socket.h>
#include "core/match.h"
#include "lang/covers.h"

#define WILDCARDS_MOST 8u		/* of a pattern that is tried */

typedef bool (*matcher)(struct bk_text pattern, struct bk_text text);

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool has_wildcard(const char *s)
{
	return bk_match_is_pattern(bk_text_of(s));
}

/* --- patterns ------------------------------------------------------------------------------------------------------------------- */

/* A byte that a pattern does not spell out, 0 where it has them all. */
static char fresh_byte(const char *pattern)
{
	for (int c = 1; c < 256; c++)
		if (!strchr("/*?\\", c) && !strchr(pattern, c))
			return (char)c;
	return 0;
}

static void fill(struct bk_buf *out, char byte, size_t n)
{
	while (n--)
		bk_buf_add(out, &byte, 1);
}

static void fill_star(struct bk_buf *out, char byte, size_t n, bool deep)
{
	fill(out, byte, n);
	if (!deep)
		return;
	fill(out, '/', 1);
	fill(out, byte, n);
}

/* A text that `pattern` matches: its stars stand for nothing, or where `full` for more than n bytes; star `odd` does as the others do not. */
static void instance(const char *pattern, char byte, size_t n, bool full, unsigned odd, struct bk_buf *out)
{
	unsigned star = 0;

	out->len = 0;
	for (const char *s = pattern; *s; s++) {
		if (*s == '*') {
			bool deep = s[1] == '*';

			if (full != (star++ == odd))
				fill_star(out, byte, n, deep);
			s += deep;
		} else if (*s == '?') {
			fill(out, byte, 1);
		} else {
			s += *s == '\\' && s[1];
			fill(out, *s, 1);
		}
	}
}

static unsigned count_stars(const char *pattern)
{
	unsigned n = 0;

	for (const char *s = pattern; *s; s++) {
		s += *s == '\\' && s[1];
		n += *s == '*';
	}
	return n;
}

static bool try_instances(const char *wide, const char *narrow, matcher match)
{
	unsigned stars = count_stars(narrow);
	size_t n = strlen(wide) + 1;
	char byte = fresh_byte(wide);
	BK_BUF text = { 0 };

	if (!byte || stars > WILDCARDS_MOST)
		return false;
	for (unsigned odd = 0; odd <= stars; odd++)		/* odd == stars: none is odd */
		for (int full = 0; full < 2; full++) {
			instance(narrow, byte, n, full, odd, &text);
			if (!match(bk_text_of(wide), (struct bk_text){ text.at, (uint32_t)text.len }))
				return false;
		}
	return true;
}

/* What both spell out at the begin differs: true for nearly all pairs of a long policy. */
static bool begin_apart(const char *a, const char *b)
{
	size_t n = strcspn(a, "*?\\"), k = strcspn(b, "*?\\");

	return strncmp(a, b, n < k ? n : k) != 0;
}

static bool covers_pattern(const char *wide, const char *narrow, matcher match)
{
	if (!strcmp(wide, narrow))
		return true;
	return has_wildcard(wide) && !begin_apart(wide, narrow) && try_instances(wide, narrow, match);
}

/* An absent condition takes everything. */
static bool covers_optional(const char *wide, const char *narrow)
{
	return !wide || (narrow && covers_pattern(wide, narrow, bk_match_path));
}

/* --- conditions ------------------------------------------------------------------------------------------------------------------ */

static bool ends_open(const struct bk_model_rule *r)
{
	return r->arg_count && !strcmp(r->args[r->arg_count - 1], "...");
}

/* Only "**" takes an option that stands in a value's place. */
static bool covers_arg(const char *wide, const char *narrow)
{
	if (!strcmp(narrow, "**"))
		return !strcmp(wide, "**");
	return covers_pattern(wide, narrow, bk_match_arg);
}

static bool covers_args(const struct bk_model_rule *wide, const struct bk_model_rule *narrow)
{
	size_t n = wide->arg_count - ends_open(wide), k = narrow->arg_count - ends_open(narrow);

	if (!wide->has_args || (ends_open(wide) && n == 0))
		return true;
	if (!narrow->has_args || k < n || (!ends_open(wide) && (k > n || ends_open(narrow))))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!covers_arg(wide->args[i], narrow->args[i]))
			return false;
	return true;
}

/* Without an applet a rule's arguments are those of the image's own name. */
static bool covers_applet(const struct bk_model_rule *wide, const struct bk_model_rule *narrow)
{
	if (!wide->applet && narrow->applet)
		return !wide->has_args && !wide->shell;
	return covers_optional(wide->applet, narrow->applet);
}

static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned bytes = bits / 8;

	return !memcmp(a, b, bytes) && (bits % 8 == 0 || !((a[bytes] ^ b[bytes]) >> (8 - bits % 8)));
}

static bool covers_endpoint(const struct bk_model_rule *wide, const struct bk_model_rule *narrow)
{
	const struct bk_endpoint *w = &wide->endpoint, *n = &narrow->endpoint;

	if (!wide->has_endpoint)
		return true;
	if (!narrow->has_endpoint || n->port_low < w->port_low || n->port_high > w->port_high)
		return false;
	return !w->family || (w->family == n->family && w->prefix <= n->prefix && w->prefix <= 128 && same_bits(w->address, n->address, w->prefix));
}

static bool covers_hash(const struct bk_model_rule *wide, const struct bk_model_rule *narrow)
{
	return !wide->has_sha256 || (narrow->has_sha256 && !memcmp(wide->sha256, narrow->sha256, 32));
}

/* --- rules ------------------------------------------------------------------------------------------------------------------------- */

/* NAME takes NAME=pattern. */
static bool covers_variable(const char *wide, const char *narrow)
{
	if (strchr(wide, '='))
		return !strcmp(wide, narrow);
	BK_FREE char *name = bk_strndup(narrow, strcspn(narrow, "="));
	return covers_pattern(wide, name, bk_match_path);
}

bool bk_rule_covers_path(enum bk_section section, const struct bk_model_rule *wide, const struct bk_model_rule *narrow)
{
	bool network = section == BK_CONNECT || section == BK_LISTEN;

	if (!wide->path)
		return network;
	if (!narrow->path || (network && (wide->endpoint.family == AF_UNIX) != (narrow->endpoint.family == AF_UNIX)))
		return false;
	return section == BK_ENVIRONMENT ? covers_variable(wide->path, narrow->path) : covers_pattern(wide->path, narrow->path, bk_match_path);
}

bool bk_rule_covers(enum bk_section section, const struct bk_model_rule *wide, const struct bk_model_rule *narrow)
{
	return bk_rule_covers_path(section, wide, narrow) && covers_args(wide, narrow) && (!wide->shell || same_text(wide->shell, narrow->shell))
		&& covers_optional(wide->parent, narrow->parent) && covers_applet(wide, narrow) && covers_hash(wide, narrow)
		&& covers_endpoint(wide, narrow);
}

static bool same_args(const struct bk_model_rule *a, const struct bk_model_rule *b)
{
	if (a->has_args != b->has_args || a->arg_count != b->arg_count)
		return false;
	for (size_t i = 0; i < a->arg_count; i++)
		if (strcmp(a->args[i], b->args[i]))
			return false;
	return true;
}

bool bk_rule_same(const struct bk_model_rule *a, const struct bk_model_rule *b)
{
	return same_text(a->path, b->path) && same_args(a, b) && same_text(a->shell, b->shell) && same_text(a->parent, b->parent)
		&& same_text(a->applet, b->applet) && a->has_sha256 == b->has_sha256 && !memcmp(a->sha256, b->sha256, 32)
		&& a->has_endpoint == b->has_endpoint && !memcmp(&a->endpoint, &b->endpoint, sizeof a->endpoint);
}
