/* SPDX-License-Identifier: Apache-2.0 */
#include "core/match.h"
#include "core/shell_token.h"

#define HOLES_MAX 16u			/* different names in a template */
#define STEPS_MAX (1u << 20)		/* byte comparisons; a string of the kernel's largest size (128 KiB) takes two for each byte */

/* --- the bytes of a word -------------------------------------------------------------------------------------------------- */

enum { AT_END = -1, AT_HOLE = -2 };

enum reading {
	UNQUOTED,			/* as the command will get it */
	WRITTEN,			/* as it stands in a template, quotes and expansions followed to tell what is a hole */
	VERBATIM			/* byte for byte */
};

struct cursor {
	struct bk_text text;
	uint32_t pos, end;
	uint32_t opaque;		/* bytes before this offset are no quotes and no holes */
	uint32_t hole;			/* where the hole last read begins */
	char quote;			/* the quote that we are in, NUL: none */
	uint8_t reading;		/* enum reading */
	bool holes;
};

static struct cursor cursor_of(struct bk_text text, const struct bk_token *t, enum reading reading, bool holes)
{
	return (struct cursor){ .text = text, .pos = t->start, .end = t->end, .reading = (uint8_t)reading, .holes = holes };
}

static bool is_escaping(const struct cursor *c, char b)
{
	char following;

	if (b != '\\' || c->quote == '\'' || c->pos >= c->end)
		return false;
	following = c->text.at[c->pos];
	return c->quote != '"' || following == '$' || following == '`' || following == '"' || following == '\\';
}

/* True where `b` opened or closed a quotation. */
static bool turn_quote(struct cursor *c, char b)
{
	if (c->quote ? b != c->quote : b != '\'' && b != '"')
		return false;
	c->quote = c->quote ? '\0' : b;
	return true;
}

static void follow(struct cursor *c, char b)
{
	if (turn_quote(c, b))
		return;
	if (is_escaping(c, b))
		c->opaque = c->pos + 1;
	else if (c->quote != '\'' && (b == '$' || b == '`'))
		c->opaque = bk_shell_expansion(c->text, c->pos - 1);
}

/* The next byte, AT_HOLE with the hole passed, or AT_END. */
static int next(struct cursor *c)
{
	while (c->pos < c->end) {
		uint32_t hole = c->holes && c->pos >= c->opaque ? bk_shell_hole(c->text, c->pos) : 0;
		char b = c->text.at[c->pos];

		if (hole) {
			c->hole = c->pos;
			c->pos += hole;
			return AT_HOLE;
		}
		c->pos += c->holes && bk_shell_escape(c->text, c->pos) ? 2 : 1;
		if (c->reading == UNQUOTED) {
			if (turn_quote(c, b))
				continue;
			if (is_escaping(c, b))
				b = c->text.at[c->pos++];
		} else if (c->reading == WRITTEN && c->pos > c->opaque) {
			follow(c, b);
		}
		return (unsigned char)b;
	}
	return AT_END;
}

/* --- holes ------------------------------------------------------------------------------------------------------------------ */

/* What a hole stood for where it was first met. */
struct capture {
	struct bk_text name;
	uint32_t pos, end, length;	/* where in the string; bytes as read */
	char quote;
	uint8_t reading;
};

struct match {
	struct bk_text template_, string;
	uint32_t steps;
	uint32_t count;
	struct capture capture[HOLES_MAX];
};

/* The capture of the hole that `c` has just passed; a new one has no name yet.  NULL: there are too many. */
static struct capture *capture_of(struct match *m, const struct cursor *c, struct bk_text *name)
{
	*name = (struct bk_text){ c->text.at + c->hole, c->pos - c->hole };
	for (uint32_t i = 0; i < m->count; i++)
		if (bk_text_equal(m->capture[i].name, *name))
			return &m->capture[i];
	if (m->count == HOLES_MAX)
		return NULL;
	m->capture[m->count].name = (struct bk_text){ NULL, 0 };
	return &m->capture[m->count];
}

/* In a word that is compared as written: is the byte literal at the hole's place? */
static bool is_literal(char quote, int b)
{
	if (quote == '\'')
		return b != '\'';
	if (quote == '"')
		return b != '"' && b != '$' && b != '`' && b != '\\';
	return b >= 0x80 || (b >= '0' && b <= ':') || (b >= '@' && b <= 'Z') || (b >= 'a' && b <= 'z') || b == '_' || b == '%' ||
	       b == '+' || (b >= '-' && b <= '/') || b == '=';
}

/*
 * In words that expand something a hole may turn out to begin the word although text stands before it, because an expansion can be empty.
 */
static bool may_take_dash(const struct cursor *t)
{
	char before = t->hole ? t->text.at[t->hole - 1] : '\0';

	return t->reading == UNQUOTED || is_literal('\0', (unsigned char)before);
}

/* May the hole that `t` has just passed cover this byte as its `index`-th? */
static bool is_hole_byte(const struct cursor *t, uint32_t index, int b)
{
	if (b == AT_END || (b == '-' && !index && !may_take_dash(t)))
		return false;
	return t->reading == UNQUOTED || is_literal(t->quote, b);
}

/* The bytes that a hole covered before must stand at `s` again. */
static bool same_again(struct match *m, const struct capture *old, const struct cursor *t, struct cursor *s)
{
	struct cursor c = { .text = m->string, .pos = old->pos, .end = old->end, .quote = old->quote, .reading = old->reading };

	for (uint32_t i = 0; i < old->length; i++) {
		int b = next(s);

		if (!m->steps || !m->steps-- || b != next(&c) || !is_hole_byte(t, i, b))
			return false;
	}
	return true;
}

/* --- words ------------------------------------------------------------------------------------------------------------------- */

/* The last hole met, and where the string went on behind it: the only place to go back to. */
struct choice {
	struct cursor t, s;
	struct capture *hole;
};

/* Lets the last hole cover one byte more. */
static bool lengthen(struct choice *c, struct cursor *t, struct cursor *s)
{
	if (!c->hole || !is_hole_byte(&c->t, c->hole->length, next(&c->s)))
		return false;
	c->hole->length++;
	*t = c->t;
	*s = c->s;
	return true;
}

static bool meet_hole(struct match *m, struct choice *c, struct cursor *t, struct cursor *s)
{
	struct bk_text name;
	struct capture *hole = capture_of(m, t, &name);

	if (!hole)
		return false;
	if (hole->name.at)
		return same_again(m, hole, t, s);
	*hole = (struct capture){ name, s->pos, s->end, 0, s->quote, s->reading };
	m->count++;
	*c = (struct choice){ *t, *s, hole };
	return true;
}

/*
 * A hole covers as little as it can.  Only the last one is ever lengthened: what earlier ones could still take, it can take as well, and where
 * the same name twice makes that untrue, a match is missed, never invented.
 */
static bool match_bytes(struct match *m, struct cursor t, struct cursor s)
{
	struct choice last = { .hole = NULL };

	while (m->steps && m->steps--) {
		int a = next(&t);
		struct cursor before = s;
		bool fits;

		if (a == AT_HOLE) {
			fits = meet_hole(m, &last, &t, &s);
		} else {
			fits = a == next(&s);
			if (fits && a == AT_END)
				return true;
		}
		if (!fits) {
			s = before;
			if (!lengthen(&last, &t, &s))
				return false;
		}
	}
	return false;
}

/* The guards of bk_match_arg(): no option in a value's place, no ".." that the template does not have. */
static bool is_guarded(struct cursor t, struct cursor s)
{
	struct bk_dots in_template = { 0, 0 }, in_string = { 0, 0 };
	struct cursor first = t, begin = s;
	int b;

	if (next(&first) == AT_HOLE && next(&begin) == '-')
		return false;
	while ((b = next(&t)) != AT_END)
		bk_dots_add(&in_template, b == AT_HOLE ? 'x' : (char)b);
	while ((b = next(&s)) != AT_END)
		bk_dots_add(&in_string, (char)b);
	bk_dots_add(&in_template, '\0');
	bk_dots_add(&in_string, '\0');
	return in_string.count <= in_template.count;
}

static bool match_word(struct match *m, const struct bk_token *t, const struct bk_token *s)
{
	struct cursor template_ = cursor_of(m->template_, t, t->plain ? UNQUOTED : WRITTEN, true);
	struct cursor string = cursor_of(m->string, s, t->plain ? UNQUOTED : VERBATIM, false);

	if (t->plain != s->plain || t->role != s->role)
		return false;
	return (!t->holes || is_guarded(template_, string)) && match_bytes(m, template_, string);
}

/* --- strings ------------------------------------------------------------------------------------------------------------------- */

static struct bk_text raw_of(struct bk_text text, const struct bk_token *t)
{
	return (struct bk_text){ text.at + t->start, t->end - t->start };
}

static bool match_token(struct match *m, const struct bk_token *t, const struct bk_token *s)
{
	if (t->kind != s->kind)
		return false;
	return t->kind == BK_TOKEN_WORD ? match_word(m, t, s) : bk_text_equal(raw_of(m->template_, t), raw_of(m->string, s));
}

static enum bk_shell_result say(uint32_t *at, uint32_t where, enum bk_shell_result result)
{
	if (at)
		*at = where;
	return result;
}

enum bk_shell_result bk_shell_match(struct bk_text template_, struct bk_text string, uint32_t *at)
{
	struct bk_scan in_template = { .text = template_, .holes = true }, in_string = { .text = string };
	struct match m = { .template_ = template_, .string = string, .steps = STEPS_MAX };
	struct bk_token t, s;

	if (bk_shell_check(template_, at) != BK_SHELL_MATCH)
		return BK_SHELL_BAD_TEMPLATE;
	do {
		bk_scan_next(&in_template, &t);
		bk_scan_next(&in_string, &s);
		if (s.kind == BK_TOKEN_FAULT)
			return say(at, in_string.pos, BK_SHELL_UNPARSABLE);
		if (!match_token(&m, &t, &s))
			return say(at, s.start, BK_SHELL_OTHER);
	} while (t.kind != BK_TOKEN_END);
	return say(at, string.len, BK_SHELL_MATCH);
}

/* Counts the different holes of a word; false where there are too many. */
static bool collect_holes(struct match *m, const struct bk_token *t, uint32_t *at)
{
	struct cursor c = cursor_of(m->template_, t, t->plain ? UNQUOTED : WRITTEN, true);
	struct capture *hole;
	struct bk_text name;
	int b;

	while ((b = next(&c)) != AT_END) {
		if (b != AT_HOLE)
			continue;
		hole = capture_of(m, &c, &name);
		if (!hole)
			return say(at, c.hole, BK_SHELL_BAD_TEMPLATE), false;
		m->count += !hole->name.at;
		hole->name = name;
	}
	return true;
}

enum bk_shell_result bk_shell_check(struct bk_text template_, uint32_t *at)
{
	struct bk_scan scan = { .text = template_, .holes = true };
	struct match m = { .template_ = template_ };
	struct bk_token t;

	do {
		bk_scan_next(&scan, &t);
		if (t.kind == BK_TOKEN_FAULT)
			return say(at, scan.pos, BK_SHELL_BAD_TEMPLATE);
		if (t.holes && !collect_holes(&m, &t, at))
			return BK_SHELL_BAD_TEMPLATE;
	} while (t.kind != BK_TOKEN_END);
	return say(at, template_.len, BK_SHELL_MATCH);
}

bool bk_shell_next(struct bk_text string, uint32_t *pos, struct bk_shell_token *token)
{
	struct bk_scan scan = { .text = string };
	struct bk_token t;

	/* What a word is depends on all that stands before it. */
	do {
		bk_scan_next(&scan, &t);
	} while (t.start < *pos && t.kind > BK_TOKEN_END);
	*token = (struct bk_shell_token){
		.raw = raw_of(string, &t),
		.is_operator = t.kind == BK_TOKEN_OPERATOR || t.kind == BK_TOKEN_COMMENT,
		.is_plain = t.kind == BK_TOKEN_WORD && t.plain,
		.fault = t.kind == BK_TOKEN_FAULT,
	};
	*pos = scan.pos;
	return t.kind > BK_TOKEN_END;
}

uint32_t bk_shell_unquote(struct bk_text raw, char *out, uint32_t cap)
{
	struct cursor c = { .text = raw, .end = raw.len, .reading = UNQUOTED };
	uint32_t n = 0;
	int b;

	for (; (b = next(&c)) != AT_END; n++)
		if (n < cap)
			out[n] = (char)b;
	return n;
}
