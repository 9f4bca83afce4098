/* SPDX-License-Identifier: Apache-2.0 */
/* Shell templates (core/shell.h) out of command strings. */
#include <string.h>
#include "core/shell_token.h"
#include "learn/parts.h"
#include "learn/words.h"

#define TOKENS_MAX 256u
#define HOLES_MAX 16u

struct token {
	struct bk_text raw, text;	/* text: a plain word without its quotes */
	bool is_operator, is_plain;
	bool is_target;			/* of a redirection */
	enum bk_word class;
};

struct tokens {
	struct token at[TOKENS_MAX];
	size_t count;
	char *unquoted;
};

/* --- tokens and what they are --- */

static bool read_tokens(struct bk_text string, struct tokens *t)
{
	struct bk_shell_token token;
	uint32_t pos = 0;
	char *to;

	t->count = 0;
	t->unquoted = to = bk_alloc(string.len + 1);
	while (bk_shell_next(string, &pos, &token)) {
		struct token *n = &t->at[t->count];

		if (t->count++ == TOKENS_MAX)
			return false;
		*n = (struct token){ .raw = token.raw, .text = token.raw, .is_operator = token.is_operator, .is_plain = token.is_plain };
		if (token.is_plain) {
			n->text.at = to;
			n->text.len = bk_shell_unquote(token.raw, to, token.raw.len);
			to += n->text.len;
		}
	}
	return !token.fault && t->count;
}

static bool is_redirection(const struct token *t)
{
	return t->is_operator && (memchr(t->raw.at, '<', t->raw.len) || memchr(t->raw.at, '>', t->raw.len));
}

static const char *const reserved[] = { "if", "then", "else", "elif", "fi", "do", "done", "case", "esac", "while", "until", "for", "{", "}", "!", "in", NULL };
/* What the shell itself runs behind these is their operands: a command, or text that it reads as its own. */
static const char *const fronts[] = { "exec", "command", "builtin", "time", NULL };
static const char *const readers[] = { "eval", ".", "source", "trap", "alias", NULL };

static bool is_one_of(struct bk_text word, const char *const *words)
{
	for (int i = 0; words[i]; i++)
		if (bk_text_equal(word, bk_text_of(words[i])))
			return true;
	return false;
}

static bool is_assignment(struct bk_text raw)
{
	uint32_t n = bk_option_head(raw);

	if (n == raw.len || n < 2 || (raw.at[0] >= '0' && raw.at[0] <= '9'))
		return false;
	for (uint32_t i = 0; i + 1 < n; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", raw.at[i]))
			return false;
	return true;
}

/* What stands before the command's name; returns how many words. */
static size_t classify_before(struct token **words, size_t count)
{
	bool behind = false;		/* a front, which takes an assignment for a command, but for `time` in some shells */
	size_t n = 0;

	for (; n < count; n++) {
		bool assignment = is_assignment(words[n]->raw), front = is_one_of(words[n]->text, fronts);

		if (!assignment && !front && !is_one_of(words[n]->raw, reserved))
			break;
		words[n]->class = assignment && !behind ? BK_WORD_OPTION : BK_WORD_FIXED;
		behind |= front;
	}
	return n;
}

/* May no word vary?  An option in the command's place is one of `exec` and the like: what is run may be any word behind it. */
static bool all_fixed(struct bk_text name)
{
	return is_one_of(name, readers) || bk_text_starts(name, BK_TEXT("-"));
}

/* The words of one simple command get the classes that its program gives them. */
static void classify_command(struct token **words, size_t count)
{
	struct bk_text texts[TOKENS_MAX];
	enum bk_word classes[TOKENS_MAX];
	size_t name = classify_before(words, count), first = name + 1;
	bool fixed;

	if (name == count)
		return;
	words[name]->class = BK_WORD_FIXED;
	fixed = all_fixed(words[name]->text);
	for (size_t i = first; i < count; i++)
		texts[i - first] = words[i]->text;
	bk_words_classify(words[name]->text, texts, count - first, classes);
	for (size_t i = first; i < count; i++)
		words[i]->class = fixed ? BK_WORD_FIXED : classes[i - first];
}

static void classify(struct tokens *t)
{
	struct token *words[TOKENS_MAX];
	size_t count = 0;

	for (size_t i = 0; i < t->count; i++) {
		struct token *n = &t->at[i];

		if (is_redirection(n)) {
			n++;
			if (i + 1 == t->count || n->is_operator)
				continue;
			n->class = n->text.len && n->text.at[0] == '/' ? BK_WORD_PATH : BK_WORD_PLAIN;
			n->is_target = true;
			i++;
		} else if (n->is_operator) {
			classify_command(words, count);
			count = 0;
		} else {
			words[count++] = n;
		}
	}
	classify_command(words, count);
}

/* A word that expands something: its letters and digits may vary, nothing else. */
static void add_skeleton(struct bk_buf *key, struct bk_text raw)
{
	bool word = false;

	for (uint32_t i = 0; i < raw.len; i++) {
		unsigned char c = (unsigned char)raw.at[i];
		bool in = c >= 0x80 || strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", c);

		if (!in || !word)
			bk_buf_add(key, in ? "w" : raw.at + i, 1);
		word = in;
	}
}

static char *text_of_units(const uint16_t *at, size_t count)
{
	char *text = bk_alloc(count * 3 + 1), *to = text;

	for (size_t i = 0; i < count; i++) {
		if (at[i] == BK_WILD)
			to = (char *)memcpy(to, "\xef\xbf\xbd", 3) + 3;
		else
			*to++ = (char)at[i];
	}
	return text;
}

static bool has_unknown(struct bk_text raw)
{
	return raw.len && memmem(raw.at, raw.len, "\xef\xbf\xbd", 3);
}

/* A hole at the begin of a redirection's target would let it be any file; so what looks random there is taken as it is. */
static bool is_anywhere(const struct token *n, struct bk_units u)
{
	size_t begin = 0;

	while (begin < u.count && (u.at[begin] == '/' || u.at[begin] == '"' || u.at[begin] == '\''))
		begin++;
	return n->is_target && begin < u.count && u.at[begin] == BK_WILD && !has_unknown(n->raw);
}

static struct bk_units literal_units(struct bk_text text)
{
	struct bk_units u = { bk_alloc((text.len + 1) * sizeof *u.at), text.len };

	for (uint32_t i = 0; i < text.len; i++)
		u.at[i] = (unsigned char)text.at[i];
	return u;
}

static struct bk_units units_of_token(const struct token *n, struct bk_pids pids)
{
	struct bk_text text = n->is_plain ? n->text : n->raw;
	struct bk_units u = bk_units_of(text, n->is_plain || has_unknown(n->raw) ? pids : (struct bk_pids){ 0, 0 });

	if (is_anywhere(n, u)) {
		bk_units_free(&u);
		u = literal_units(text);
	}
	return u;
}

/* Where something is written to, or read from, may not vary: only what is random in it may. */
static void add_target(struct bk_buf *key, const struct token *n, struct bk_pids pids)
{
	struct bk_units u = units_of_token(n, pids);
	BK_FREE char *text = text_of_units(u.at, u.count);

	bk_buf_text(key, text);
	bk_units_free(&u);
}

static void add_token(struct bk_buf *key, const struct token *n, struct bk_pids pids)
{
	bk_buf_printf(key, "%c%c", n->is_operator ? 'O' : n->is_plain ? 'w' : 'X', '0' + (int)n->class);
	if (n->is_target)
		add_target(key, n, pids);
	else if (n->is_operator || n->class == BK_WORD_FIXED)
		bk_buf_add(key, n->text.at, n->text.len);
	else if (n->class == BK_WORD_OPTION)
		bk_buf_add(key, n->text.at, bk_option_head(n->text));
	else if (!n->is_plain)
		add_skeleton(key, n->raw);
	bk_buf_add(key, "", 1);
}

bool bk_template_key(struct bk_text string, struct bk_pids pids, struct bk_buf *key)
{
	struct tokens *t = bk_alloc(sizeof *t);
	bool good = read_tokens(string, t);

	if (good)
		classify(t);
	for (size_t i = 0; good && i < t->count; i++)
		add_token(key, &t->at[i], pids);
	free(t->unquoted);
	free(t);
	return good;
}

/* --- writing --- */

/* A brace that a template would read as the begin of a hole is written twice. */
static void put_raw(struct bk_buf *out, struct bk_text raw)
{
	for (uint32_t i = 0; i < raw.len; i++) {
		bool named = i && (raw.at[i - 1] == '$' || raw.at[i - 1] == '\\');
		bool doubled = raw.at[i] == '{' && !named && (bk_shell_hole(raw, i) || (i + 1 < raw.len && raw.at[i + 1] == '{'));

		bk_buf_add(out, raw.at + i, 1);
		if (doubled)
			bk_buf_text(out, "{");
	}
}

static bool is_safe(char c)
{
	return (unsigned char)c >= 0x80 || strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:@%+,=-", c);
}

struct writer {
	struct bk_buf out;
	const struct bk_pids *pids;
	struct tokens **all;		/* of each string */
	size_t strings;
	char **middles[HOLES_MAX];	/* what the hole stands for in each string; NULL: random */
	unsigned holes;
	bool too_many;
};

static void put_literal(struct writer *w, uint16_t unit)
{
	char c = (char)unit;

	if (c == '\'')
		bk_buf_text(&w->out, "\\'");
	else if (c == '{')
		bk_buf_text(&w->out, "'{{'");
	else if (is_safe(c))
		bk_buf_add(&w->out, &c, 1);
	else
		bk_buf_printf(&w->out, "'%c'", c);
}

static void put_hole(struct writer *w, char **middle)
{
	unsigned i = 0;

	for (bool same = false; i < w->holes && !same; i += !same) {
		same = middle && w->middles[i];
		for (size_t k = 0; same && k < w->strings; k++)
			same = !strcmp(middle[k], w->middles[i][k]);
	}
	if (i == HOLES_MAX) {
		w->too_many = true;
		return;
	}
	if (i == w->holes) {
		w->middles[i] = middle;
		w->holes++;
		middle = NULL;
	}
	for (size_t k = 0; middle && k < w->strings; k++)
		free(middle[k]);
	free(middle);
	bk_buf_printf(&w->out, "{%c}", 'a' + (int)i);
}

/* With `raw` the units are written as they stand. */
static void put_units(struct writer *w, const uint16_t *at, size_t count, bool raw)
{
	for (size_t i = 0; i < count; i++)
		if (at[i] == BK_WILD)
			put_hole(w, NULL);
		else if (raw)
			bk_buf_add(&w->out, (char[]){ (char)at[i] }, 1);
		else
			put_literal(w, at[i]);
}

static void put_varying(struct writer *w, const struct bk_units *units, bool raw)
{
	size_t prefix, suffix;
	char **middle = bk_alloc(w->strings * sizeof *middle);

	bk_units_common(units, w->strings, &prefix, &suffix);
	while (prefix && units[0].at[prefix - 1] == BK_WILD)
		prefix--;
	while (suffix && units[0].at[units[0].count - suffix] == BK_WILD)
		suffix--;
	for (size_t k = 0; k < w->strings; k++)
		middle[k] = text_of_units(units[k].at + prefix, units[k].count - prefix - suffix);
	put_units(w, units[0].at, prefix, raw);
	put_hole(w, middle);
	put_units(w, units[0].at + units[0].count - suffix, suffix, raw);
}

static void put_word(struct writer *w, size_t i)
{
	const struct token *n = &w->all[0]->at[i];
	struct bk_units *units = bk_alloc(w->strings * sizeof *units);
	bool same = true;

	for (size_t k = 0; k < w->strings; k++) {
		units[k] = units_of_token(&w->all[k]->at[i], w->pids[k]);
		same &= bk_units_equal(units[0], units[k]);
	}
	if (same && (!bk_units_wild(units[0]) || n->class == BK_WORD_FIXED))
		put_raw(&w->out, n->raw);
	else if (same)
		put_units(w, units[0].at, units[0].count, !n->is_plain);
	else
		put_varying(w, units, !n->is_plain);
	for (size_t k = 0; k < w->strings; k++)
		bk_units_free(&units[k]);
	free(units);
}

static void put_tokens(struct writer *w)
{
	for (size_t i = 0; i < w->all[0]->count; i++) {
		const struct token *n = &w->all[0]->at[i];

		if (i && w->out.at[w->out.len - 1] != '\n')
			bk_buf_text(&w->out, " ");
		if (n->is_operator)
			put_raw(&w->out, n->raw);
		else
			put_word(w, i);
	}
}

static bool matches_all(const char *template_, const struct bk_text *strings, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (bk_shell_match(bk_text_of(template_), strings[i], NULL) != BK_SHELL_MATCH)
			return false;
	return true;
}

char *bk_template_literal(struct bk_text string)
{
	struct bk_buf out = { 0 };

	if (memmem(string.at, string.len, "\xef\xbf\xbd", 3))
		return NULL;
	put_raw(&out, string);
	if (out.len && matches_all(out.at, &string, 1))
		return out.at;
	bk_buf_free(&out);
	return NULL;
}

static void free_writer(struct writer *w)
{
	for (unsigned i = 0; i < w->holes; i++) {
		for (size_t k = 0; w->middles[i] && k < w->strings; k++)
			free(w->middles[i][k]);
		free(w->middles[i]);
	}
	for (size_t k = 0; k < w->strings; k++) {
		if (w->all[k])
			free(w->all[k]->unquoted);
		free(w->all[k]);
	}
	free(w->all);
}

char *bk_template_of(const struct bk_text *strings, const struct bk_pids *pids, size_t count)
{
	struct writer w = { .pids = pids, .strings = count, .all = bk_alloc(count * sizeof *w.all) };
	bool good = true;

	for (size_t k = 0; good && k < count; k++) {
		w.all[k] = bk_alloc(sizeof *w.all[k]);
		good = read_tokens(strings[k], w.all[k]) && w.all[k]->count == w.all[0]->count;
		if (good)
			classify(w.all[k]);
	}
	if (good)
		put_tokens(&w);
	good = good && !w.too_many && w.out.len && w.holes + 0u <= HOLES_MAX && matches_all(w.out.at, strings, count);
	if (good && count == 1 && !w.holes)
		good = false;		/* the string as it was written is better to read */
	free_writer(&w);
	if (good)
		return w.out.at;
	bk_buf_free(&w.out);
	return count == 1 ? bk_template_literal(strings[0]) : NULL;
}
