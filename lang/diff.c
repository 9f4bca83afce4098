/* SPDX-License-Identifier: Apache-2.0 */
/* Two policies compared rule by rule, each written as one line of canonical text. */
#include <string.h>
#include "lang/policy_model.h"

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
	m.section[section] = (struct bk_model_section){ .present = true, .allows = r->action == BK_DENY, .rules = &copy, .count = 1 };
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

struct lines { char **at; size_t count; };

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static struct lines lines_of(const struct bk_model_section *s, enum bk_section section)
{
	struct lines l = { bk_alloc((s->count + 1) * sizeof(char *)), 0 };

	for (size_t i = 0; i < s->count; i++)
		l.at[l.count++] = line_of(&s->rules[i], section);
	qsort(l.at, l.count, sizeof *l.at, compare);
	return l;
}

static bool forbids(const char *line)
{
	return !strncmp(line, "deny ", 5) || !strncmp(line, "kill ", 5);
}

static void free_lines(struct lines *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->at[i]);
	free(l->at);
}

static void diff_rules(const struct bk_model_section *a, const struct bk_model_section *b, enum bk_section section, struct bk_policy_changes *out)
{
	struct lines old = lines_of(a, section), new = lines_of(b, section);
	size_t i = 0, k = 0;

	while (i < old.count || k < new.count) {
		int order = i == old.count ? 1 : k == new.count ? -1 : strcmp(old.at[i], new.at[k]);

		if (order < 0)
			add(out, false, section, forbids(old.at[i]), bk_strdup(old.at[i]));
		else if (order > 0)
			add(out, true, section, !forbids(new.at[k]), bk_strdup(new.at[k]));
		i += order <= 0;
		k += order >= 0;
	}
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
	diff_rules(x, y, section, out);
}

static char *main_line(const struct bk_model *m)
{
	if (!m->has_main)
		return bk_strdup("main: any");
	BK_FREE char *rule = line_of(&m->main, BK_PROCESSES);
	return bk_format("main: %s", rule);
}

void bk_policy_diff(const struct bk_model *older, const struct bk_model *newer, struct bk_policy_changes *out)
{
	BK_FREE char *a = main_line(older), *b = main_line(newer);

	if (strcmp(a, b)) {
		add(out, false, BK_PROCESSES, false, bk_strdup(a));
		add(out, true, BK_PROCESSES, older->has_main, bk_strdup(b));
	}
	if (older->refuse_unsupported != newer->refuse_unsupported)
		add(out, true, BK_PROCESSES, !newer->refuse_unsupported, bk_format("unsupported: %s", newer->refuse_unsupported ? "refuse" : "run"));
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
