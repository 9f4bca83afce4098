/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules of `processes`.  The uses of one program (path, applet, content) are sorted by shape; each shape becomes a rule, joined with the one
 * that the policy has for it already.
 */
#include <string.h>
#include "core/match.h"
#include "core/shell_token.h"
#include "learn/uses.h"

#define SHOWN 120u			/* bytes of a command line in a comment */

struct maker {
	struct bk_model *m;
	struct bk_model_section *section;
	struct bk_uses all;
	struct bk_diags *notes;
};

/* --- rules --- */

static uint64_t times_seen(struct bk_use **u, size_t count)
{
	uint64_t n = 0;

	for (size_t i = 0; i < count; i++)
		n += u[i]->act ? u[i]->act->count : 0;
	return n;
}

static const struct bk_use *first_act(struct bk_use **u, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (u[i]->act)
			return u[i];
	return NULL;
}

/* The old comment without its evidence, then the evidence. */
static char *evidence(const char *old, struct bk_use **u, size_t count, bool varied)
{
	const struct bk_use *example = first_act(u, count);
	struct bk_buf out = { 0 };
	uint64_t times = times_seen(u, count);

	for (const char *line = old; line && *line; ) {
		size_t n = strcspn(line, "\n");

		if (strncmp(line, "learned: ", 9))
			bk_buf_printf(&out, "%.*s\n", (int)n, line);
		line += n + (line[n] == '\n');
	}
	bk_buf_printf(&out, "learned: %llu time%s", (unsigned long long)times, times == 1 ? "" : "s");
	if (varied && example) {
		struct bk_buf words = { 0 };

		for (size_t i = 0; i < example->count; i++)
			bk_buf_printf(&words, " %.*s", (int)example->words[i].len, example->words[i].at);
		BK_FREE char *shown = bk_comment_text((struct bk_text){ words.at, (uint32_t)words.len }, SHOWN);
		bk_buf_printf(&out, ", such as%s", shown);
		bk_buf_free(&words);
	}
	return out.at;
}

/* The rule that the uses have already, or a new one; further ones that it makes superfluous are marked by an empty path. */
static struct bk_model_rule *rule_for(struct maker *k, struct bk_use **u, size_t count)
{
	const struct bk_use *by = first_act(u, count);
	struct bk_model_rule *r = NULL;

	for (size_t i = 0; i < count; i++) {
		struct bk_model_rule *old = u[i]->rule == BK_NO_RULE ? NULL : &k->section->rules[u[i]->rule];

		if (!old || old == r)
			continue;
		if (!r)
			r = old;
		else
			old->path[0] = '\0';
	}
	if (r)
		return r;
	r = bk_model_add(k->m, BK_PROCESSES, BK_ALLOW);
	r->path = bk_pattern_literal(by->path);
	r->applet = by->applet.len ? bk_pattern_literal(by->applet) : NULL;
	r->has_sha256 = by->act->has_sha256;
	memcpy(r->sha256, by->act->sha256, sizeof r->sha256);
	return r;
}

static void clear_use(struct bk_model_rule *r)
{
	for (size_t i = 0; i < r->arg_count; i++)
		free(r->args[i]);
	free(r->args);
	free(r->shell);
	r->args = NULL;
	r->shell = NULL;
	r->arg_count = 0;
	r->has_args = false;
}

static void set_comment(struct bk_model_rule *r, struct bk_use **u, size_t count, bool varied)
{
	char *comment = evidence(r->comment, u, count, varied);

	free(r->comment);
	r->comment = comment;
}

static char *pattern_of_word(struct bk_use **u, size_t count, size_t word)
{
	if (u[0]->classes[word] == BK_WORD_FIXED)
		return bk_pattern_literal(u[0]->words[word]);
	BK_FREE struct bk_units *units = bk_alloc(count * sizeof *units);
	for (size_t i = 0; i < count; i++)
		units[i] = u[i]->units[word];
	return bk_pattern_of(units, count);
}

static bool fits_acts(const char *pattern, struct bk_use **u, size_t count, size_t word)
{
	for (size_t i = 0; i < count; i++)
		if (u[i]->act && !bk_match_arg(bk_text_of(pattern), u[i]->words[word]))
			return false;
	return true;
}

/* Patterns for the first `words` words of all; NULL where one cannot be had. */
static char **patterns_of(struct bk_use **u, size_t count, size_t words)
{
	char **patterns = bk_alloc((words + 1) * sizeof *patterns);
	bool good = true;

	for (size_t i = 0; good && i < words; i++) {
		patterns[i] = pattern_of_word(u, count, i);
		good = fits_acts(patterns[i], u, count, i);
	}
	if (good)
		return patterns;
	for (size_t i = 0; i < words; i++)
		free(patterns[i]);
	free(patterns);
	return NULL;
}

/* As the last argument three dots would stand for any rest: escaped they are only themselves. */
static void add_last_arg(struct bk_model_rule *r, const char *pattern)
{
	bk_model_add_arg(r, strcmp(pattern, "...") ? pattern : "\\...");
}

static void words_rule(struct maker *k, struct bk_use **u, size_t count, size_t words, bool more)
{
	char **patterns = patterns_of(u, count, words);
	struct bk_model_rule *r;
	bool varied = more;

	if (!patterns && count > 1) {	/* what cannot be joined stands alone */
		for (size_t i = 0; i < count; i++)
			if (u[i]->act)
				words_rule(k, &u[i], 1, words, more);
		return;
	}
	r = rule_for(k, u, count);
	clear_use(r);
	r->has_args = true;
	for (size_t i = 0; i < words; i++) {
		BK_FREE char *pattern = patterns ? patterns[i] : bk_pattern_literal(u[0]->words[i]);

		varied |= bk_match_is_pattern(bk_text_of(pattern));
		if (i + 1 == words && !more)
			add_last_arg(r, pattern);
		else
			bk_model_add_arg(r, pattern);
	}
	free(patterns);
	if (more)
		bk_model_add_arg(r, "...");
	set_comment(r, u, count, varied);
}

static bool has_hole(const char *template_)
{
	struct bk_text t = bk_text_of(template_);

	for (uint32_t i = 0; i < t.len; i++)
		if (bk_shell_hole(t, i))
			return true;
	return false;
}

static void shell_rule(struct maker *k, struct bk_use **u, size_t count)
{
	BK_FREE struct bk_text *strings = bk_alloc(count * sizeof *strings);
	BK_FREE struct bk_pids *pids = bk_alloc(count * sizeof *pids);
	struct bk_model_rule *r;
	char *template_;

	for (size_t i = 0; i < count; i++) {
		strings[i] = bk_text_of(u[i]->command);
		pids[i] = u[i]->pids;
	}
	template_ = bk_template_of(strings, pids, count);
	if (!template_) {
		for (size_t i = 0; i < count; i++)
			if (u[i]->act && count > 1)
				shell_rule(k, &u[i], 1);
			else if (u[i]->act)
				words_rule(k, &u[i], 1, u[i]->count, u[i]->more);
		return;
	}
	r = rule_for(k, u, count);
	clear_use(r);
	r->shell = template_;
	set_comment(r, u, count, has_hole(template_));
}

/* --- one program --- */

static size_t count_shapes(struct bk_use **u, size_t count)
{
	size_t n = count != 0;

	for (size_t i = 1; i < count; i++)
		n += !bk_use_same_key(u[i - 1], u[i]);
	return n;
}

static bool same_class(const struct bk_use *a, const struct bk_use *b, size_t word)
{
	enum bk_word class = a->classes[word];
	uint32_t kept = class == BK_WORD_FIXED ? a->words[word].len : class == BK_WORD_OPTION ? bk_option_head(a->words[word]) : 0;
	struct bk_text head = { a->words[word].at, kept };

	return b->classes[word] == class && bk_text_starts(b->words[word], head) && (class != BK_WORD_FIXED || b->words[word].len == kept);
}

/* Words that all command lines have alike at their begin. */
static size_t common_words(struct bk_use **u, size_t count)
{
	size_t n = u[0]->count;

	for (size_t i = 1; i < count; i++) {
		size_t k = 0;

		while (k < n && k < u[i]->count && same_class(u[0], u[i], k))
			k++;
		n = k;
	}
	return n;
}

static bool same_subcommand(const struct bk_use *a, const struct bk_use *b)
{
	bool fixed = a->count && a->classes[0] == BK_WORD_FIXED, other = b->count && b->classes[0] == BK_WORD_FIXED;

	return fixed == other && (!fixed || bk_text_equal(a->words[0], b->words[0]));
}

/* So many shapes that listing more would teach nothing: one rule a subcommand. */
static void join_shapes(struct maker *k, struct bk_use **u, size_t count)
{
	BK_FREE struct bk_use **part = bk_alloc(count * sizeof *part);
	BK_FREE bool *done = bk_alloc(count * sizeof *done);

	for (size_t i = 0; i < count; i++) {
		size_t n = 0;

		for (size_t j = i; !done[i] && j < count; j++)
			if (!done[j] && same_subcommand(u[i], u[j]))
				part[n++] = u[j];
		for (size_t j = count; j-- > i; )
			done[j] |= same_subcommand(u[i], u[j]);
		if (n && first_act(part, n))
			words_rule(k, part, n, common_words(part, n), true);
	}
}

static void one_shape(struct maker *k, struct bk_use **u, size_t count)
{
	if (bk_use_is_template(u[0]))
		shell_rule(k, u, count);
	else
		words_rule(k, u, count, u[0]->count, u[0]->more);
}

static void each_shape(struct maker *k, struct bk_use **u, size_t count, size_t most)
{
	size_t shapes = 0, left_out = 0;

	for (size_t i = 0, n; i < count; i += n) {
		for (n = 1; i + n < count && bk_use_same_key(u[i], u[i + n]); n++)
			;
		if (!first_act(u + i, n))
			continue;
		if (shapes++ < most)
			one_shape(k, u + i, n);
		else
			left_out += n;
	}
	if (left_out)
		bk_diag_add(k->notes, BK_WARNING, NULL, 0, 0, "%.*s: %zu command lines were left out, since they have more than %zu shapes; "
			    "write a rule by hand for what the function may run", (int)u[0]->path.len, u[0]->path.at, left_out, most);
}

static void one_program(struct maker *k, struct bk_use **u, size_t count)
{
	bool text = bk_runs_text(bk_use_name(u[0]));

	qsort(u, count, sizeof *u, bk_use_compare);
	if (text || count_shapes(u, count) <= BK_SHAPES_MAX)
		each_shape(k, u, count, text ? BK_TEXTS_MAX : BK_SHAPES_MAX);
	else
		join_shapes(k, u, count);
}

static bool same_content(const struct maker *k, const struct bk_use *act, const struct bk_use *other)
{
	const struct bk_model_rule *r;

	if (other->act)
		return act->act->has_sha256 == other->act->has_sha256 && !memcmp(act->act->sha256, other->act->sha256, 32);
	r = &k->section->rules[other->rule];
	return !r->has_sha256 || (act->act->has_sha256 && !memcmp(act->act->sha256, r->sha256, 32));
}

static int compare_program(const void *x, const void *y)
{
	const struct bk_use *a = *(const struct bk_use *const *)x, *b = *(const struct bk_use *const *)y;
	int c = bk_use_compare_texts(a->path, b->path);

	c = c ? c : bk_use_compare_texts(a->applet, b->applet);
	return c ? c : (a > b) - (a < b);
}

/* Uses of one path and applet: each content is a program of its own. */
static void each_content(struct maker *k, struct bk_use **u, size_t count)
{
	BK_FREE struct bk_use **part = bk_alloc(count * sizeof *part);

	for (size_t i = 0; i < count; i++) {
		size_t n = 0;

		if (!u[i] || !u[i]->act)
			continue;
		for (size_t j = count; j-- > i; )
			if (u[j] && same_content(k, u[i], u[j])) {
				part[n++] = u[j];
				if (j > i)
					u[j] = NULL;
			}
		u[i] = NULL;
		one_program(k, part, n);
	}
}

static void each_program(struct maker *k)
{
	size_t count = k->all.count;
	BK_FREE struct bk_use **u = bk_alloc((count + 1) * sizeof *u);

	for (size_t i = 0; i < count; i++)
		u[i] = &k->all.at[i];
	qsort(u, count, sizeof *u, compare_program);
	for (size_t i = 0, n; i < count; i += n) {
		for (n = 1; i + n < count && bk_text_equal(u[i]->path, u[i + n]->path) && bk_text_equal(u[i]->applet, u[i + n]->applet); n++)
			;
		each_content(k, u + i, n);
	}
}

static void drop_joined(struct bk_model_section *s)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->count; i++) {
		struct bk_model_rule *r = &s->rules[i];

		if (r->path && r->path[0])
			s->rules[kept++] = *r;
		else
			bk_model_rule_clear(r);
	}
	s->count = kept;
}

/* Rules that say more than learning does are left as they are. */
static bool may_grow(const struct bk_model_rule *r)
{
	return r->action == BK_ALLOW && r->path && !r->parent && (r->shell || r->has_args) && !bk_match_is_pattern(bk_text_of(r->path));
}

static bool has_deep(const struct bk_model_rule *r)
{
	for (size_t i = 0; i < r->arg_count; i++)
		if (strstr(r->args[i], "**"))
			return true;
	return false;
}

static bool is_use(const struct bk_act *a)
{
	struct bk_request r;

	if (a->kind != BK_EVENT_EXEC || a->covered || !a->count || a->main)
		return false;
	bk_act_request(a, &r);
	return !(r.flags & (BK_REQ_ANONYMOUS | BK_REQ_UNNAMED));
}

/* What an interpreter was told stands in the part that the log line had no room for: a rule would allow it anything. */
static bool is_blind(struct maker *k, const struct bk_use *u)
{
	if (!u->more || !u->act || u->act->interpreter.len || !bk_runs_text(bk_use_name(u)))
		return false;
	bk_diag_add(k->notes, BK_WARNING, NULL, 0, 0, "%.*s was given more than a log line holds, and nothing was learned from it; write a rule by hand",
		    (int)u->path.len, u->path.at);
	return true;
}

static void collect(struct maker *k, const struct bk_seen *seen)
{
	for (size_t i = 0; i < seen->count; i++) {
		if (!is_use(&seen->acts[i]))
			continue;
		bk_use_act(bk_use_new(&k->all), &seen->acts[i]);
		if (is_blind(k, &k->all.at[k->all.count - 1]))
			bk_use_free(&k->all.at[--k->all.count]);
	}
	for (size_t i = 0, n = k->section->count; i < n; i++)
		for (int deep = 0; may_grow(&k->section->rules[i]) && deep <= has_deep(&k->section->rules[i]); deep++)
			bk_use_rule(bk_use_new(&k->all), &k->section->rules[i], i, deep);
}

void bk_propose_programs(struct bk_model *m, struct bk_seen *seen, struct bk_diags *notes)
{
	struct maker k = { .m = m, .section = &m->section[BK_PROCESSES], .notes = notes };

	collect(&k, seen);
	for (size_t i = 0; i < k.all.count; i++)
		bk_use_key(&k.all.at[i]);
	each_program(&k);
	drop_joined(k.section);
	bk_uses_free(&k.all);
}
