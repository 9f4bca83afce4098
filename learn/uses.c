/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/uses.h"

#include <string.h>
#include "core/match.h"
#include "core/shell_token.h"

/* --- command lines of acts --- */

struct bk_text bk_use_name(const struct bk_use *u)
{
	return bk_text_basename(u->applet.len ? u->applet : u->path);
}

static void set_words(struct bk_use *u, const struct bk_args *argv, uint32_t first)
{
	size_t count = argv->count > first ? argv->count - first : 0;

	u->more = argv->cut;
	if (argv->cut && count)
		count--;		/* may be a part of one */
	u->words = bk_alloc((count + 1) * sizeof *u->words);
	for (const char *at = argv->at, *end = at + argv->size; at && at < end; first = first ? first - 1 : 0) {
		size_t n = strnlen(at, (size_t)(end - at));

		if (!first && u->count < count)
			u->words[u->count++] = (struct bk_text){ at, (uint32_t)n };
		at += n + 1;
	}
}

void bk_use_act(struct bk_use *u, const struct bk_act *a)
{
	struct bk_request r;
	struct bk_text command = { NULL, 0 };
	uint32_t first;

	*u = (struct bk_use){ .act = a, .rule = BK_NO_RULE, .path = a->path, .pids = a->pids };
	bk_act_request(a, &r);
	first = r.first_arg;
	if (!a->interpreter.len && bk_is_multicall(a->path))
		u->applet = bk_applet(a->path, &r.argv, &first);
	if (!a->interpreter.len && bk_is_shell(bk_use_name(u)) && !a->argv.cut)
		command = bk_shell_command(&r.argv, first);
	if (command.at)
		u->command = bk_strndup(command.at, command.len);
	set_words(u, &a->argv, first);
	u->units = bk_alloc((u->count + 1) * sizeof *u->units);
	for (size_t i = 0; i < u->count; i++)
		u->units[i] = bk_units_of(u->words[i], u->pids);
}

/* --- command lines that rules stand for --- */

/* A pattern's units; of `**` the ones without a further '/' or, `deep`, with one. */
static struct bk_units units_of_pattern(const char *pattern, bool deep)
{
	struct bk_units u = { bk_alloc((strlen(pattern) * 3 + 1) * sizeof *u.at), 0 };

	for (const char *p = pattern; *p; p++) {
		bool star = *p == '*' && p[1] == '*';

		if (*p == '\\' && p[1]) {
			u.at[u.count++] = (unsigned char)*++p;
		} else if (*p == '*' || *p == '?') {
			u.at[u.count++] = BK_WILD;
			if (star && deep) {
				u.at[u.count++] = '/';
				u.at[u.count++] = BK_WILD;
			}
			p += star;
		} else {
			u.at[u.count++] = (unsigned char)*p;
		}
	}
	return u;
}

static void add_units(struct bk_buf *to, struct bk_units u)
{
	for (size_t i = 0; i < u.count; i++)
		if (u.at[i] == BK_WILD)
			bk_buf_text(to, "\xef\xbf\xbd");
		else
			bk_buf_add(to, (char[]){ (char)u.at[i] }, 1);
	bk_buf_add(to, "", 1);
}

/* The string that a template stands for, with U+FFFD for its holes. */
static char *string_of_template(const char *template_)
{
	struct bk_text t = bk_text_of(template_);
	struct bk_buf out = { 0 };

	for (uint32_t i = 0, n; i < t.len; i += n) {
		n = bk_shell_hole(t, i);
		if (n) {
			bk_buf_text(&out, "\xef\xbf\xbd");
			continue;
		}
		n = 1;
		bk_buf_add(&out, t.at + i, 1);
		if (bk_shell_escape(t, i))
			n = 2;
	}
	return out.at ? out.at : bk_strdup("");
}

void bk_use_rule(struct bk_use *u, const struct bk_model_rule *r, size_t index, bool deep)
{
	size_t count = r->arg_count;
	const char *at;

	*u = (struct bk_use){ .rule = index, .path = bk_text_of(r->path), .applet = bk_text_of(r->applet ? r->applet : "") };
	if (r->shell)
		u->command = string_of_template(r->shell);
	u->more = count && !strcmp(r->args[count - 1], "...");
	count -= u->more;
	u->words = bk_alloc((count + 1) * sizeof *u->words);
	u->units = bk_alloc((count + 1) * sizeof *u->units);
	for (u->count = 0; u->count < count; u->count++) {
		u->units[u->count] = units_of_pattern(r->args[u->count], deep);
		add_units(&u->texts, u->units[u->count]);
	}
	at = u->texts.at;
	for (size_t i = 0; i < count; i++, at += strlen(at) + 1)
		u->words[i] = bk_text_of(at);
}

/* --- shapes --- */

void bk_use_key(struct bk_use *u)
{
	u->classes = bk_alloc((u->count + 1) * sizeof *u->classes);
	if (u->command && bk_template_key(bk_text_of(u->command), u->pids, &u->key))
		return;
	bk_buf_free(&u->key);
	bk_words_classify(bk_use_name(u), u->words, u->count, u->classes);
	bk_buf_printf(&u->key, "%c%zu ", u->more ? '+' : '=', u->count);
	for (size_t i = 0; i < u->count; i++) {
		uint32_t kept = u->classes[i] == BK_WORD_FIXED ? u->words[i].len : u->classes[i] == BK_WORD_OPTION ? bk_option_head(u->words[i]) : 0;

		bk_buf_printf(&u->key, "%c", '0' + (int)u->classes[i]);
		bk_buf_add(&u->key, u->words[i].at, kept);
		bk_buf_add(&u->key, "", 1);
	}
}

bool bk_use_is_template(const struct bk_use *u)
{
	return u->command && u->key.len && strchr("wXO", u->key.at[0]);
}

int bk_use_compare_texts(struct bk_text a, struct bk_text b)
{
	uint32_t n = a.len < b.len ? a.len : b.len;
	int c = n ? memcmp(a.at, b.at, n) : 0;

	return c ? c : (a.len > b.len) - (a.len < b.len);
}

static struct bk_text key_text(const struct bk_use *u)
{
	return (struct bk_text){ u->key.at, (uint32_t)u->key.len };
}

int bk_use_compare(const void *x, const void *y)
{
	const struct bk_use *a = *(const struct bk_use *const *)x, *b = *(const struct bk_use *const *)y;
	int c = bk_use_compare_texts(key_text(a), key_text(b));

	c = c ? c : (a->act == NULL) - (b->act == NULL);
	return c ? c : (a > b) - (a < b);
}

bool bk_use_same_key(const struct bk_use *a, const struct bk_use *b)
{
	return bk_text_equal(key_text(a), key_text(b));
}

/* --- memory --- */

struct bk_use *bk_use_new(struct bk_uses *all)
{
	all->at = bk_grow(all->at, &all->cap, all->count + 1, sizeof *all->at);
	return &all->at[all->count++];
}

void bk_use_free(struct bk_use *u)
{
	for (size_t w = 0; w < u->count; w++)
		bk_units_free(&u->units[w]);
	free(u->words);
	free(u->units);
	free(u->classes);
	free(u->command);
	bk_buf_free(&u->key);
	bk_buf_free(&u->texts);
	*u = (struct bk_use){ 0 };
}

void bk_uses_free(struct bk_uses *all)
{
	for (size_t i = 0; i < all->count; i++)
		bk_use_free(&all->at[i]);
	free(all->at);
}
