/* SPDX-License-Identifier: Apache-2.0 */
#include "core/shell_token.h"

#define HOLE_NAME_MAX 32u
#define NESTING_MAX   16u

/* --- bytes ------------------------------------------------------------------------------------------------------------ */

static bool is_one_of(char c, const char *set)
{
	while (*set && *set != c)
		set++;
	return *set != '\0';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || is_digit(c);
}

/* The byte at `pos`; NUL past the end, and a NUL in the text is a fault everywhere. */
static char byte_at(struct bk_text t, uint32_t pos)
{
	return pos < t.len ? t.at[pos] : '\0';
}

/* "${x}" is an expansion, and inside single quotes most likely one for another shell; "\{x}" is one way to write no hole. */
static bool may_open(struct bk_text t, uint32_t pos)
{
	return byte_at(t, pos) == '{' && !(pos && is_one_of(t.at[pos - 1], "$\\"));
}

bool bk_shell_escape(struct bk_text t, uint32_t pos)
{
	return may_open(t, pos) && byte_at(t, pos + 1) == '{';
}

uint32_t bk_shell_hole(struct bk_text t, uint32_t pos)
{
	uint32_t end = pos + 1;

	if (!may_open(t, pos) || is_digit(byte_at(t, end)))
		return 0;
	while (is_name_byte(byte_at(t, end)))
		end++;
	if (byte_at(t, end) != '}' || end == pos + 1 || end - pos - 1 > HOLE_NAME_MAX)
		return 0;
	return end + 1 - pos;
}

/* --- expansions --------------------------------------------------------------------------------------------------------- */

/* ${...} with nothing nested; returns the offset behind it or 0. */
static uint32_t skip_brace(struct bk_text t, uint32_t pos)
{
	char c = byte_at(t, pos + 2);

	if (!c || (!is_name_byte(c) && !is_one_of(c, "@*#?!-")))
		return 0;
	for (pos += 3; (c = byte_at(t, pos)) != '}'; pos++)
		if (!c || is_one_of(c, "'\"$`\\{<>|&;()\n"))
			return 0;
	return pos + 1;
}

/* `...` without quoting inside, which shells treat differently. */
static uint32_t skip_backquotes(struct bk_text t, uint32_t pos)
{
	char c;

	while ((c = byte_at(t, ++pos)) != '`')
		if (!c || is_one_of(c, "\\'\"#"))
			return 0;
	return pos + 1;
}

static uint32_t skip_single(struct bk_text t, uint32_t pos)
{
	char c;

	while ((c = byte_at(t, ++pos)) != '\'')
		if (!c)
			return 0;
	return pos + 1;
}

static uint32_t skip_escape(struct bk_text t, uint32_t pos)
{
	char c = byte_at(t, pos + 1);

	return c && c != '\n' ? pos + 2 : 0;
}

static bool is_keyword_case(struct bk_text t, uint32_t pos)
{
	return pos + 4 <= t.len && bk_text_equal((struct bk_text){ t.at + pos, 4 }, BK_TEXT("case")) &&
	       !is_name_byte(t.at[pos - 1]) && !is_name_byte(byte_at(t, pos + 4));
}

/* Levels of $(...) and "..."; a bit of `quoted` for each, the innermost lowest. */
struct nest {
	uint32_t pos, depth, quoted;
};

static bool push(struct nest *n, bool quoted, uint32_t bytes)
{
	n->quoted = n->quoted << 1 | quoted;
	n->pos += bytes;
	return ++n->depth <= NESTING_MAX;
}

static bool pop(struct nest *n)
{
	n->quoted >>= 1;
	n->depth--;
	n->pos++;
	return true;
}

static bool go_to(struct nest *n, uint32_t pos)
{
	n->pos = pos;
	return pos != 0;
}

/* What only counts outside double quotes.  Where a ")" may not close what it seems to, give up. */
static bool step_outside(struct nest *n, struct bk_text t, char c)
{
	bool starts_word = is_one_of(t.at[n->pos - 1], " \t\n;&|(");

	if (c == ')')
		return pop(n);
	if (c == '(')
		return push(n, false, 1);
	if (c == '\'')
		return go_to(n, skip_single(t, n->pos));
	if ((c == '#' && starts_word) || (c == '<' && byte_at(t, n->pos + 1) == '<') || is_keyword_case(t, n->pos) ||
	    (c == '$' && is_one_of(byte_at(t, n->pos + 1), "'\"[")))
		return false;
	return go_to(n, n->pos + 1);
}

static bool step(struct nest *n, struct bk_text t)
{
	char c = byte_at(t, n->pos), following = byte_at(t, n->pos + 1);
	bool quoted = n->quoted & 1;

	if (!c || c == '`')
		return false;
	if (c == '\\')
		return go_to(n, skip_escape(t, n->pos));
	if (c == '"')
		return quoted ? pop(n) : push(n, true, 1);
	if (c == '$' && following == '(')
		return push(n, false, 2);
	if (c == '$' && following == '{')
		return go_to(n, skip_brace(t, n->pos));
	return quoted ? go_to(n, n->pos + 1) : step_outside(n, t, c);
}

/* $(...) and $((...)). */
static uint32_t skip_substitution(struct bk_text t, uint32_t pos)
{
	struct nest n = { pos, 0, 0 };

	push(&n, false, 2);
	while (n.depth)
		if (!step(&n, t))
			return 0;
	return n.pos;
}

uint32_t bk_shell_expansion(struct bk_text t, uint32_t pos)
{
	char c = byte_at(t, pos + 1);

	if (t.at[pos] == '`')
		return skip_backquotes(t, pos);
	if (c == '{')
		return skip_brace(t, pos);
	if (c == '(')
		return skip_substitution(t, pos);
	if (c == '[')
		return 0;
	if (c && is_one_of(c, "@*#?-$!"))
		return pos + 2;
	for (pos++; is_name_byte(byte_at(t, pos)); pos++)
		;
	return pos;
}

/* --- words -------------------------------------------------------------------------------------------------------------- */

static bool fault(struct bk_scan *s, uint32_t at)
{
	s->pos = at;
	return false;
}

/* Where a hole stands in a template's expansion, or right behind "$a", where it could lengthen the name; else 0. */
static uint32_t find_hole(const struct bk_scan *s, uint32_t end)
{
	uint32_t stop = is_one_of(s->text.at[end - 1], "})`") ? end : end + 1;

	for (uint32_t i = s->pos; i < stop; i++) {
		if (bk_shell_escape(s->text, i))
			i++;
		else if (bk_shell_hole(s->text, i))
			return i;
	}
	return 0;
}

static bool take_expansion(struct bk_scan *s, struct bk_token *t)
{
	uint32_t end = bk_shell_expansion(s->text, s->pos), hole = end && s->holes ? find_hole(s, end) : 0;

	if (!end || hole)
		return fault(s, hole ? hole : s->pos);
	s->pos = end;
	t->plain = false;
	return true;
}

/* A hole, or "{{". */
static bool take_brace(struct bk_scan *s, struct bk_token *t)
{
	uint32_t n = s->holes ? bk_shell_hole(s->text, s->pos) : 0;

	if (s->holes && bk_shell_escape(s->text, s->pos)) {
		s->pos += 2;
		return true;
	}
	t->holes |= n != 0;
	s->pos += n;
	return n != 0;
}

static bool take_single(struct bk_scan *s, struct bk_token *t)
{
	uint32_t end = skip_single(s->text, s->pos);

	if (!end)
		return fault(s, s->pos);
	for (s->pos++; s->pos < end;)
		if (!take_brace(s, t))
			s->pos++;
	return true;
}

static bool take_double(struct bk_scan *s, struct bk_token *t)
{
	uint32_t open = s->pos++;
	char c;

	while ((c = byte_at(s->text, s->pos)) != '"') {
		if (!c)
			return fault(s, open);
		if (c == '$' || c == '`') {
			if (!take_expansion(s, t))
				return false;
		} else if (c == '\\') {
			uint32_t end = skip_escape(s->text, s->pos);

			if (!end)
				return fault(s, s->pos);
			s->pos = end;
		} else if (!take_brace(s, t)) {
			s->pos++;
		}
	}
	s->pos++;
	return true;
}

/* One unquoted byte that may mean something to some shell at this place. */
static void take_unquoted(struct bk_scan *s, struct bk_token *t, char c)
{
	bool first = s->pos == t->start;

	/* zsh expands "=cmd"; bash a tilde behind the '=' or ':' of what looks like an assignment, wherever it stands */
	if (is_one_of(c, "*?[{}") || (unsigned char)c < ' ' || c == 0x7f || (first && is_one_of(c, "~!=")) ||
	    (c == '~' && is_one_of(s->text.at[s->pos - 1], "=:")))
		t->plain = false;
	s->pos++;
}

static bool take_part(struct bk_scan *s, struct bk_token *t, char c)
{
	uint32_t end;

	switch (c) {
	case '\'':
		return take_single(s, t);
	case '"':
		return take_double(s, t);
	case '\\':
		end = skip_escape(s->text, s->pos);
		s->pos = end ? end : s->pos;
		return end != 0;
	case '$':
		return !is_one_of(byte_at(s->text, s->pos + 1), "'\"") && take_expansion(s, t);
	case '`':
		return take_expansion(s, t);
	}
	if (c == '{' && s->holes && bk_shell_escape(s->text, s->pos))
		t->plain = false;	/* as the '{' that it stands for */
	if (!take_brace(s, t))
		take_unquoted(s, t, c);
	return true;
}

/* NAME= or NAME+= written without quotes. */
static bool is_assignment(struct bk_text raw)
{
	uint32_t n = 0;

	while (is_name_byte(byte_at(raw, n)))
		n++;
	if (!n || is_digit(raw.at[0]))
		return false;
	return byte_at(raw, n) == '=' || (byte_at(raw, n) == '+' && byte_at(raw, n + 1) == '=');
}

/* Of all shells together; quoted in any way they are ordinary words, and then raw differs. */
static bool is_reserved(struct bk_text raw)
{
	static const char words[] =
		"! { } [[ ]] case coproc do done elif else end esac fi for foreach function if in nocorrect noglob repeat select then time until "
		"while ";
	uint32_t start = 0;

	for (uint32_t i = 0; i + 1 < sizeof words; i++) {
		if (words[i] != ' ')
			continue;
		if (bk_text_equal(raw, (struct bk_text){ words + start, i - start }))
			return true;
		start = i + 1;
	}
	return false;
}

static enum bk_word_role role_of(const struct bk_scan *s, struct bk_text raw)
{
	if (s->target)
		return s->compound && is_reserved(raw) ? BK_WORD_RESERVED : BK_WORD_ORDINARY;
	if (is_reserved(raw) && (!s->argument || s->compound))
		return BK_WORD_RESERVED;
	return !s->argument && is_assignment(raw) ? BK_WORD_ASSIGNMENT : BK_WORD_ORDINARY;
}

/* Where in a command the word has brought us.  When in doubt: at its beginning, where more words are special. */
static void place_word(struct bk_scan *s, struct bk_token *t)
{
	t->role = role_of(s, (struct bk_text){ s->text.at + t->start, t->end - t->start });
	if (t->role != BK_WORD_ORDINARY)
		t->plain = false;
	if (t->role == BK_WORD_RESERVED)
		s->compound = true;
	if (!s->target)
		s->argument = t->role == BK_WORD_ORDINARY;
	s->called = t->role != BK_WORD_RESERVED;
	s->target = false;
}

static bool take_word(struct bk_scan *s, struct bk_token *t)
{
	char c;

	t->kind = BK_TOKEN_WORD;
	t->plain = true;
	while (s->pos < s->text.len && !is_one_of(c = s->text.at[s->pos], " \t\n&|;<>()"))
		if (!c || !take_part(s, t, c))
			return false;
	t->end = s->pos;
	place_word(s, t);
	/* A function under another name would make every later word mean something else. */
	return !(s->holes && t->role == BK_WORD_RESERVED &&
		 bk_text_equal((struct bk_text){ s->text.at + t->start, t->end - t->start }, BK_TEXT("function")));
}

/* --- operators ------------------------------------------------------------------------------------------------------------ */

#define NEW_COMMAND 1u			/* the next word begins a command */
#define TARGET	    2u			/* the next word is a redirection's */

static const struct operator {
	char text[4];
	uint8_t flags;
} operators[] = {
	{ "&", NEW_COMMAND }, { "&&", NEW_COMMAND }, { "|", NEW_COMMAND }, { "||", NEW_COMMAND }, { "|&", NEW_COMMAND },
	{ ";", NEW_COMMAND }, { ";;", NEW_COMMAND },
	{ "<", TARGET }, { ">", TARGET }, { ">>", TARGET }, { "<>", TARGET }, { "<&", TARGET }, { ">&", TARGET }, { ">|", TARGET },
	{ "<<<", TARGET },
	/* a redirection to bash, "&" and a redirection to POSIX */
	{ "&>", NEW_COMMAND | TARGET }, { "&>>", NEW_COMMAND | TARGET },
};

static uint8_t operator_flags(struct bk_text run)
{
	for (unsigned i = 0; i < sizeof operators / sizeof *operators; i++) {
		uint32_t n = 0;

		while (n < sizeof operators[i].text && operators[i].text[n])
			n++;
		if (bk_text_equal(run, (struct bk_text){ operators[i].text, n }))
			return operators[i].flags;
	}
	return 0;
}

static void begin_command(struct bk_scan *s)
{
	s->argument = false;
	s->called = false;
}

/* A maximal run of operator bytes: written together or apart they can mean different things, so they are one token. */
static bool take_operator(struct bk_scan *s, struct bk_token *t, uint32_t run)
{
	uint32_t end = run;
	uint8_t flags;

	while (end < s->text.len && is_one_of(s->text.at[end], "&|;<>"))
		end++;
	flags = operator_flags((struct bk_text){ s->text.at + run, end - run });
	if (!flags || s->target || (run > s->pos && flags != TARGET))
		return false;
	if (flags & NEW_COMMAND)
		begin_command(s);
	s->called = false;
	s->target = flags & TARGET;
	s->pos = t->end = end;
	t->kind = BK_TOKEN_OPERATOR;
	return true;
}

/* "(", ")" and newline stand alone. */
static bool take_single_operator(struct bk_scan *s, struct bk_token *t, char c)
{
	if (s->target || (c == '(' && (s->called || byte_at(s->text, s->pos + 1) == '(')))
		return false;
	begin_command(s);
	t->kind = BK_TOKEN_OPERATOR;
	t->end = ++s->pos;
	return true;
}

static bool take_comment(struct bk_scan *s, struct bk_token *t)
{
	while (s->pos < s->text.len && s->text.at[s->pos] != '\n')
		if (!s->text.at[s->pos++])
			return false;
	t->kind = BK_TOKEN_COMMENT;
	t->end = s->pos;
	return true;
}

static bool take_token(struct bk_scan *s, struct bk_token *t)
{
	uint32_t digits = s->pos;
	char c = s->text.at[s->pos];

	while (digits < s->text.len && is_digit(s->text.at[digits]))
		digits++;
	if (c == '\n' || c == '(' || c == ')')
		return take_single_operator(s, t, c);
	if (c == '#')
		return take_comment(s, t);
	if (c && is_one_of(c, "&|;<>"))
		return take_operator(s, t, s->pos);
	if (digits > s->pos && digits < s->text.len && is_one_of(s->text.at[digits], "<>"))
		return take_operator(s, t, digits);
	return take_word(s, t);
}

void bk_scan_next(struct bk_scan *s, struct bk_token *t)
{
	while (s->pos < s->text.len && is_one_of(s->text.at[s->pos], " \t"))
		s->pos++;
	*t = (struct bk_token){ .start = s->pos, .end = s->pos };
	if (s->pos == s->text.len)
		t->kind = s->target ? BK_TOKEN_FAULT : BK_TOKEN_END;
	else if (!take_token(s, t))
		t->kind = BK_TOKEN_FAULT;
}
