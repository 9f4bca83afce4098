/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words are read as units: a byte that the shell takes literally, a byte on which it acts ("special"), or, in a template, a
 * hole.  Two words are alike where their units are; a hole takes literal units only.
 */
#include "core/shell.h"

#define HOLES 16u

enum kind { END, LITERAL, SPECIAL, HOLE, FAULT };

struct unit {
	enum kind kind;
	char byte, quote;
	struct bk_text name;
};

struct cursor {
	struct bk_text t;
	uint32_t pos;
	char quote;			/* open quote, 0: none */
	bool template_, inside;		/* inside: something of the word was read */
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_operator(char c)
{
	return c == ';' || c == '&' || c == '|' || c == '<' || c == '>' || c == '(' || c == ')' || c == '\n';
}

static bool is_name(char c, bool first)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (!first && c >= '0' && c <= '9');
}

static char peek(const struct cursor *c, uint32_t ahead)
{
	return c->pos + ahead < c->t.len ? c->t.at[c->pos + ahead] : '\0';
}

/* Length of "{name}" at the cursor, 0 where there is none; "${name}" is the shell's own. */
static uint32_t hole_length(const struct cursor *c)
{
	uint32_t n = 1;

	if (peek(c, 0) != '{' || (c->pos && c->t.at[c->pos - 1] == '$') || !is_name(peek(c, 1), true))
		return 0;
	while (is_name(peek(c, n), false))
		n++;
	return peek(c, n) == '}' ? n + 1 : 0;
}

static struct unit take(struct cursor *c, enum kind kind, char byte, uint32_t length)
{
	struct unit u = { kind, byte, c->quote, { c->t.at + c->pos + 1, length - 2 } };

	c->pos += length;
	c->inside = true;
	return u;
}

/* What the shell acts on in an unquoted word (XCU 2.2, 2.6; brace expansion and `=command` of bash and zsh). */
static bool acts(const struct cursor *c, char byte)
{
	switch (byte) {
	case '$': case '`': case '*': case '?': case '[': case '{': case '}': case '~':
		return true;
	case '#': case '!': case '=':
		return !c->inside;
	}
	return false;
}

static struct unit escaped(struct cursor *c)
{
	char next = peek(c, 1);

	if (c->pos + 1 >= c->t.len)
		return (struct unit){ .kind = FAULT };
	if (next == '\n')
		return take(c, SPECIAL, next, 2);	/* line continuation */
	if (c->quote == '"' && next != '$' && next != '`' && next != '"' && next != '\\')
		return take(c, LITERAL, '\\', 1);
	return take(c, LITERAL, next, 2);
}

static struct unit next_unit(struct cursor *c)
{
	for (;;) {
		char byte = peek(c, 0);
		uint32_t hole;

		if (c->pos >= c->t.len)
			return (struct unit){ .kind = c->quote ? FAULT : END };
		if (!c->quote && (is_blank(byte) || is_operator(byte)))
			return (struct unit){ .kind = END };
		if (byte == c->quote || (!c->quote && (byte == '\'' || byte == '"'))) {
			c->quote = c->quote ? 0 : byte;
			c->inside = true;
			c->pos++;
			continue;
		}
		if (c->template_ && (hole = hole_length(c)))
			return take(c, HOLE, 0, hole);
		if (c->template_ && byte == '{' && peek(c, 1) == '{')
			return take(c, c->quote ? LITERAL : SPECIAL, '{', 2);
		if (byte == '\\' && c->quote != '\'')
			return escaped(c);
		if (c->quote == '"' ? byte == '$' || byte == '`' : !c->quote && acts(c, byte))
			return take(c, SPECIAL, byte, 1);
		return take(c, LITERAL, byte, 1);
	}
}

/* --- tokens ------------------------------------------------------------------------------------------------------------- */

/* The longest operator at the cursor (XCU 2.10.2, and bash's |& &> &>> <<< ;& ;;&). */
static uint32_t operator_length(const struct cursor *c)
{
	static const char *const long_ones[] = {
		"&>>", "<<<", "<<-", ";;&", "&&", "||", ";;", ";&", "|&", "&>", "<<", ">>", "<&", ">&", "<>", ">|", NULL
	};
	struct bk_text rest = bk_text_from(c->t, c->pos);

	for (unsigned i = 0; long_ones[i]; i++)
		if (bk_text_starts(rest, bk_text_of(long_ones[i])))
			return bk_text_of(long_ones[i]).len;
	return 1;
}

static void skip_blanks(struct cursor *c)
{
	while (is_blank(peek(c, 0)))
		c->pos++;
}

/* A comment reaches to the end of the line and is one token. */
static void scan_comment(struct cursor *c, struct bk_shell_token *token)
{
	while (c->pos < c->t.len && peek(c, 0) != '\n')
		c->pos++;
	token->is_plain = false;
}

static void scan_word(struct cursor *c, struct bk_shell_token *token)
{
	struct unit u;

	token->is_plain = true;
	if (peek(c, 0) == '#') {
		scan_comment(c, token);
		return;
	}
	while ((u = next_unit(c)).kind != END && u.kind != FAULT)
		token->is_plain &= u.kind == LITERAL || u.kind == HOLE;
	token->fault = u.kind == FAULT;
}

static bool next_token(struct cursor *c, struct bk_shell_token *token)
{
	uint32_t start;

	skip_blanks(c);
	*token = (struct bk_shell_token){ 0 };
	if (c->pos >= c->t.len)
		return false;
	start = c->pos;
	c->quote = 0;
	c->inside = false;
	if (is_operator(peek(c, 0))) {
		token->is_operator = true;
		c->pos += operator_length(c);
	} else {
		scan_word(c, token);
	}
	token->raw = (struct bk_text){ c->t.at + start, c->pos - start };
	return !token->fault;
}

bool bk_shell_next(struct bk_text string, uint32_t *pos, struct bk_shell_token *token)
{
	struct cursor c = { .t = string, .pos = *pos };
	bool more = next_token(&c, token);

	*pos = c.pos;
	return more;
}

uint32_t bk_shell_unquote(struct bk_text raw, char *out, uint32_t cap)
{
	struct cursor c = { .t = raw };
	struct unit u;
	uint32_t n = 0;

	while ((u = next_unit(&c)).kind != END && u.kind != FAULT) {
		if (n < cap)
			out[n] = u.byte;
		n++;
	}
	return n;
}

/* --- words ---------------------------------------------------------------------------------------------------------------- */

struct covered {
	struct bk_text name;
	struct cursor from;
	uint32_t units;
};

struct holes {
	struct covered at[HOLES];
	uint32_t count;
};

static bool same_units(struct cursor a, struct cursor b, uint32_t n)
{
	while (n--)
		if (next_unit(&a).byte != next_unit(&b).byte)
			return false;
	return true;
}

/* A name that was used before must cover the same again. */
static bool agree(const struct holes *h, uint32_t from)
{
	for (uint32_t i = from; i < h->count; i++)
		for (uint32_t k = 0; k < i; k++)
			if (bk_text_equal(h->at[i].name, h->at[k].name)
			    && (h->at[i].units != h->at[k].units || !same_units(h->at[i].from, h->at[k].from, h->at[i].units)))
				return false;
	return true;
}

struct hole_state {
	struct cursor template_, string;	/* behind the hole, behind what it covers */
	bool set;
};

/* Lets the last hole cover one literal unit more. */
static bool stretch(struct hole_state *last, struct holes *h, uint32_t holes)
{
	struct unit u;

	if (!last->set)
		return false;
	u = next_unit(&last->string);
	if (u.kind != LITERAL)
		return false;
	h->count = holes;
	h->at[holes - 1].units++;
	return true;
}

/*
 * Matches one word; both cursors stand at its beginning and are left behind it.  Holes take as little as they can, the last one is
 * stretched on a mismatch: earlier ones never need another look, as the last can take over what they would have.
 */
static bool match_word(struct cursor *t, struct cursor *s, struct holes *h)
{
	uint32_t before = h->count, holes = before;
	struct hole_state last = { .set = false };
	bool begins = true;

	for (;;) {
		struct cursor here = *s;
		struct unit a = next_unit(t), b;

		if (a.kind == HOLE) {
			b = next_unit(s);
			if (b.kind != LITERAL || h->count == HOLES || (begins && b.byte == '-'))
				return false;
			h->at[h->count++] = (struct covered){ a.name, here, 1 };
			holes = h->count;
			last = (struct hole_state){ *t, *s, true };
			begins = false;
			continue;
		}
		begins = false;
		b = next_unit(s);
		if (a.kind == FAULT || b.kind == FAULT)
			return false;
		if (a.kind == END && b.kind == END)
			break;
		if (a.kind == b.kind && a.kind != END && a.byte == b.byte && (a.kind == LITERAL || a.quote == b.quote))
			continue;
		if (!stretch(&last, h, holes))
			return false;
		*t = last.template_;
		*s = last.string;
	}
	return agree(h, before);
}

/* An assignment in a command's place would set a variable for it: FOO=x command. */
static bool hole_assigns(const struct holes *h, uint32_t from)
{
	if (h->count <= from)
		return false;
	struct cursor c = h->at[from].from;

	for (uint32_t i = 0; i < h->at[from].units; i++)
		if (next_unit(&c).byte == '=')
			return true;
	return false;
}

/* --- templates -------------------------------------------------------------------------------------------------------------- */

static bool starts_command(const struct bk_shell_token *before, bool any)
{
	return !any || (before->is_operator && before->raw.at[0] != '<' && before->raw.at[0] != '>');
}

static bool contains(struct bk_text t, const char *what)
{
	for (uint32_t i = 0; i < t.len; i++)
		if (bk_text_starts(bk_text_from(t, i), bk_text_of(what)))
			return true;
	return false;
}

static uint32_t count_holes(struct bk_text t)
{
	struct cursor c = { .t = t, .template_ = true };
	uint32_t n = 0;

	for (; c.pos < t.len; c.pos++)
		n += hole_length(&c) != 0;
	return n;
}

/*
 * Where the shell reads a part of the string by rules of its own (command substitution inside double quotes, backquotes,
 * parameter expansion, arithmetic) our view of what is quoted may be another than its: no holes beside such parts.
 */
static bool too_deep(struct bk_text t)
{
	return contains(t, "`") || contains(t, "${") || contains(t, "$((") || (contains(t, "$(") && contains(t, "\""));
}

enum bk_shell_result bk_shell_check(struct bk_text t, uint32_t *at)
{
	struct cursor c = { .t = t, .template_ = true };
	struct bk_shell_token token, before = { 0 };
	uint32_t start = 0;

	while (next_token(&c, &token)) {
		start = c.pos - token.raw.len;
		if (token.is_operator && bk_text_starts(token.raw, BK_TEXT("<<")) && token.raw.len != 3)
			goto bad;
		if (token.is_operator && token.raw.at[0] == '<' && token.raw.len == 3 && token.raw.at[2] == '-')
			goto bad;
		if (before.is_operator && token.is_operator && before.raw.at[0] == '(' && token.raw.at[0] == ')')
			goto bad;
		before = token;
	}
	start = c.pos;
	if (token.fault || !before.raw.len)
		goto bad;
	start = 0;
	if (count_holes(t) > HOLES || (count_holes(t) && too_deep(t)))
		goto bad;
	return BK_SHELL_MATCH;
bad:
	if (at)
		*at = start;
	return BK_SHELL_BAD_TEMPLATE;
}

/* Blanks count only beside operators: `2>x` and `2 >x`, `<(` and `< (` are not the same. */
static bool spaced(const struct cursor *c)
{
	return is_blank(peek(c, 0));
}

static enum bk_shell_result parted(const struct cursor *s, const struct bk_shell_token *token, uint32_t *at)
{
	if (at)
		*at = s->pos < s->t.len ? s->pos : s->t.len;
	return token->fault ? BK_SHELL_UNPARSABLE : BK_SHELL_OTHER;
}

enum bk_shell_result bk_shell_match(struct bk_text template_, struct bk_text string, uint32_t *at)
{
	struct cursor t = { .t = template_, .template_ = true }, s = { .t = string };
	struct bk_shell_token a, b, before = { 0 };
	struct holes holes;
	bool any = false;

	if (bk_shell_check(template_, at) != BK_SHELL_MATCH)
		return BK_SHELL_BAD_TEMPLATE;
	holes.count = 0;
	for (;;) {
		bool gap_a = spaced(&t), gap_b = spaced(&s);
		struct cursor word_a, word_b, here = s;
		uint32_t first = holes.count;
		bool more_a, more_b;

		skip_blanks(&t);
		skip_blanks(&s);
		word_a = t;
		word_b = s;
		more_a = next_token(&t, &a);
		more_b = next_token(&s, &b);
		if (b.fault)
			return parted(&here, &b, at);
		if (!more_a && !more_b)
			return BK_SHELL_MATCH;
		if (!more_a || !more_b || a.is_operator != b.is_operator)
			return parted(&word_b, &b, at);
		if (any && gap_a != gap_b && (a.is_operator || before.is_operator))
			return parted(&word_b, &b, at);
		if (a.is_operator || a.raw.at[0] == '#' || b.raw.at[0] == '#') {
			if (!bk_text_equal(a.raw, b.raw))
				return parted(&word_b, &b, at);
		} else {
			word_a.quote = word_b.quote = 0;
			word_a.inside = word_b.inside = false;
			if (!match_word(&word_a, &word_b, &holes)
			    || (starts_command(&before, any) && hole_assigns(&holes, first)))
				return parted(&word_b, &b, at);
		}
		before = a;
		any = true;
	}
}
