/* SPDX-License-Identifier: Apache-2.0 */
/* Two policies compared rule by rule, each written as one line of canonical text. */
#include <string.h>
#include <time.h>
#include "core/shell.h"
#include "lang/covers.h"

static void add(struct bk_policy_changes *c, bool added, enum bk_section section, bool widens, char *text)
{
	c->at = bk_grow(c->at, &c->cap, c->count + 1, sizeof *c->at);
	c->at[c->count++] = (struct bk_policy_change){ added, section, text, widens };
}

/* A rule as bk_policy_print() writes it, on one line. */
static char *line_of(const struct bk_model_rule *r, enum bk_section section)
{
	struct bk_model m = { 0 };
	struct bk_model_rule copy = *r;
	BK_BUF text = { 0 };
	char *start, *to;

	copy.comment = NULL;
	m.section[section] = (struct bk_model_section){ .present = true, .rules = &copy, .count = 1 };
	bk_policy_print(&m, &text);
	start = strstr(text.at, "- ");
	start = start ? start + 2 : text.at;
	to = start;
	for (char *from = start; *from; from++) {
		if (*from == '\n') {
			from += strspn(from, "\n ") - 1;
			if (from[1])
				to = stpcpy(to, ", ");
		} else {
			*to++ = *from;
		}
	}
	*to = '\0';
	return bk_format("%s%s", r->action == BK_ALLOW ? "" : r->action == BK_KILL ? "kill " : "deny ", start);
}

struct line { char *text; const struct bk_model_rule *rule; };
struct lines { struct line *at; size_t count; };

/* What the rules of a section are compared with, and how often still. */
struct sides {
	enum bk_section section;
	const struct bk_model_section *older, *newer;
	struct bk_policy_changes *out;
	size_t left;
};

#define PAIRS_MOST 20000000u		/* comparisons of rules for one section; past it a change counts as wider */

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct line *)a)->text, ((const struct line *)b)->text);
}

static struct lines lines_of(const struct bk_model_section *s, enum bk_section section)
{
	struct lines l = { bk_alloc((s->count + 1) * sizeof *l.at), s->count };

	for (size_t i = 0; i < s->count; i++)
		l.at[i] = (struct line){ line_of(&s->rules[i], section), &s->rules[i] };
	qsort(l.at, l.count, sizeof *l.at, compare);
	return l;
}

static void free_lines(struct lines *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->at[i].text);
	free(l->at);
}

/* Without holes a template is one string of the shapes that it takes, and the others differ from it in quotes alone. */
static bool takes_string(const char *wide, const char *narrow)
{
	return wide && narrow && !strchr(narrow, '{') && bk_shell_match(bk_text_of(wide), bk_text_of(narrow), NULL) == BK_SHELL_MATCH;
}

static bool covers(enum bk_section section, const struct bk_model_rule *wide, const struct bk_model_rule *narrow)
{
	struct bk_model_rule same = *narrow;

	if (takes_string(wide->shell, narrow->shell))
		same.shell = wide->shell;
	return bk_rule_covers(section, wide, &same);
}

/* A rule of the same kind in `s`, allowing or forbidding, takes all that `r` does. */
static bool is_covered(struct sides *sides, const struct bk_model_section *s, const struct bk_model_rule *r)
{
	for (size_t i = 0; i < s->count && sides->left; i++, sides->left--)
		if ((s->rules[i].action == BK_ALLOW) == (r->action == BK_ALLOW) && covers(sides->section, &s->rules[i], r))
			return true;
	return false;
}

/* What was not enforced, or allowed what no rule names, is not made wider by a rule. */
static bool addition_widens(struct sides *sides, const struct bk_model_rule *r)
{
	return r->action == BK_ALLOW && sides->older->present && !sides->older->allows && !is_covered(sides, sides->older, r);
}

static bool removal_widens(struct sides *sides, const struct bk_model_rule *r)
{
	return r->action != BK_ALLOW && !is_covered(sides, sides->newer, r);
}

/* Both are sorted: what only one of them has is a change. */
static void diff_lines(struct sides *sides, struct lines *old, struct lines *new)
{
	size_t i = 0, k = 0;

	while (i < old->count || k < new->count) {
		int order = i == old->count ? 1 : k == new->count ? -1 : compare(&old->at[i], &new->at[k]);

		if (order < 0)
			add(sides->out, false, sides->section, removal_widens(sides, old->at[i].rule), bk_strdup(old->at[i].text));
		else if (order > 0)
			add(sides->out, true, sides->section, addition_widens(sides, new->at[k].rule), bk_strdup(new->at[k].text));
		i += order <= 0;
		k += order >= 0;
	}
}

static void diff_rules(struct sides *sides)
{
	struct lines old = lines_of(sides->older, sides->section), new = lines_of(sides->newer, sides->section);

	diff_lines(sides, &old, &new);
	free_lines(&old);
	free_lines(&new);
}

static const char *mode_of(const struct bk_model *m, const struct bk_model_section *s)
{
	return s->present ? bk_mode_name(s->has_mode ? s->mode : m->mode) : "absent";
}

static int strictness(const struct bk_model *m, const struct bk_model_section *s)
{
	return s->present ? -(int)(s->has_mode ? s->mode : m->mode) : -(int)BK_OFF;
}

static void diff_section(const struct bk_model *a, const struct bk_model *b, enum bk_section section, struct bk_policy_changes *out)
{
	const struct bk_model_section *x = &a->section[section], *y = &b->section[section];
	bool looser = strictness(b, y) < strictness(a, x);

	if (strcmp(mode_of(a, x), mode_of(b, y))) {
		add(out, false, section, false, bk_format("mode: %s", mode_of(a, x)));
		add(out, true, section, looser, bk_format("mode: %s", mode_of(b, y)));
	}
	if (x->present && y->present && x->allows != y->allows) {
		add(out, false, section, false, bk_format("default: %s", x->allows ? "allow" : "deny"));
		add(out, true, section, y->allows, bk_format("default: %s", y->allows ? "allow" : "deny"));
	}
	diff_rules(&(struct sides){ section, x, y, out, PAIRS_MOST });
}

static char *main_line(const struct bk_model *m)
{
	return m->has_main ? line_of(&m->main, BK_PROCESSES) : bk_strdup("any");
}

static void date_text(uint64_t expires, char text[32])
{
	time_t t = (time_t)expires;
	struct tm day;

	if (!expires || !gmtime_r(&t, &day) || !strftime(text, 32, "%Y-%m-%d", &day))
		strcpy(text, "never");
}

/* Facts of the whole policy are in no section, BK_SECTIONS; which program is the main one stands beside the processes. */
static void diff_fact(struct bk_policy_changes *out, enum bk_section section, const char *key, const char *older, const char *newer, bool widens)
{
	if (!strcmp(older, newer))
		return;
	add(out, false, section, false, bk_format("%s: %s", key, older));
	add(out, true, section, widens, bk_format("%s: %s", key, newer));
}

static bool main_widens(const struct bk_model *older, const struct bk_model *newer)
{
	return older->has_main && !(newer->has_main && covers(BK_PROCESSES, &older->main, &newer->main));
}

/* A name that the old pattern did not take is wider. */
static bool function_widens(const char *older, const char *newer)
{
	struct bk_model_rule x = { .path = (char *)older }, y = { .path = (char *)newer };

	return older && !(newer && bk_rule_covers(BK_PROCESSES, &x, &y));
}

static void diff_facts(const struct bk_model *older, const struct bk_model *newer, struct bk_policy_changes *out)
{
	BK_FREE char *a = main_line(older), *b = main_line(newer);
	char from[32], to[32];

	date_text(older->expires, from);
	date_text(newer->expires, to);
	diff_fact(out, BK_SECTIONS, "function", older->function ? older->function : "any", newer->function ? newer->function : "any",
		  function_widens(older->function, newer->function));
	diff_fact(out, BK_PROCESSES, "main", a, b, main_widens(older, newer));
	diff_fact(out, BK_SECTIONS, "unsupported", older->refuse_unsupported ? "refuse" : "run", newer->refuse_unsupported ? "refuse" : "run",
		  older->refuse_unsupported);
	diff_fact(out, BK_SECTIONS, "expires", from, to, older->expires && (!newer->expires || newer->expires > older->expires));
}

void bk_policy_diff(const struct bk_model *older, const struct bk_model *newer, struct bk_policy_changes *out)
{
	diff_facts(older, newer, out);
	for (int s = 0; s < BK_SECTIONS; s++)
		diff_section(older, newer, s, out);
}

void bk_policy_changes_free(struct bk_policy_changes *c)
{
	for (size_t i = 0; i < c->count; i++)
		free(c->at[i].text);
	free(c->at);
	*c = (struct bk_policy_changes){ 0 };
}
