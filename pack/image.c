/* SPDX-License-Identifier: Apache-2.0 */
/* What a Dockerfile's last stage starts, and the lines that put the shim before it. */
#include "pack/pack.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "pack/node.h"

#define PLACE "/opt/buckler/"

/* Texts are the caller's lines; NULL: not said. */
struct stage {
	char *name, *image, *entrypoint, *cmd;
};

struct stages {
	struct stage *at;
	size_t count, cap;
};

static void set(char **text, const char *value)
{
	free(*text);
	*text = value ? bk_strdup(value) : NULL;
}

static void free_stages(struct stages *s)
{
	for (size_t i = 0; i < s->count; i++) {
		free(s->at[i].name);
		free(s->at[i].image);
		free(s->at[i].entrypoint);
		free(s->at[i].cmd);
	}
	free(s->at);
}

/* One instruction, its continued lines joined; the offset behind it.  Comments and empty lines give an empty text. */
static size_t instruction(const struct bk_buf *in, size_t at, struct bk_buf *out)
{
	bool more = true;

	while (more && at < in->len) {
		const char *line = in->at + at, *end = memchr(line, '\n', in->len - at);
		size_t n = end ? (size_t)(end - line) : in->len - at, whole = n + (end != NULL);

		while (n && isspace((unsigned char)line[n - 1]))
			n--;
		at += whole;
		if (line[strspn(line, " \t")] == '#')
			continue;	/* also between continued lines */
		more = n && line[n - 1] == '\\';
		bk_buf_add(out, line, n - more);
	}
	return at;
}

/* The rest behind a word, where the text begins with it. */
static const char *behind(const char *text, const char *word)
{
	size_t n = strlen(word);

	text += strspn(text, " \t");
	if (strncasecmp(text, word, n) != 0 || !isspace((unsigned char)text[n]))
		return NULL;
	return text + n + strspn(text + n, " \t");
}

/* FROM [--platform=...] IMAGE [AS NAME]: a stage by that name hands on what it starts. */
static void new_stage(struct stages *s, const char *text)
{
	struct stage made = { 0 };
	const char *as;
	size_t n;

	while (strncmp(text, "--", 2) == 0) {
		text += strcspn(text, " \t");
		text += strspn(text, " \t");
	}
	n = strcspn(text, " \t");
	made.image = bk_strndup(text, n);
	as = behind(text + n, "AS");
	set(&made.name, as);
	for (size_t i = 0; i < s->count; i++) {
		if (!s->at[i].name || strcasecmp(s->at[i].name, made.image) != 0)
			continue;
		set(&made.entrypoint, s->at[i].entrypoint);
		set(&made.cmd, s->at[i].cmd);
		set(&made.image, s->at[i].image);
		break;
	}
	s->at = bk_grow(s->at, &s->cap, s->count + 1, sizeof *s->at);
	s->at[s->count++] = made;
}

static void read_line(struct stages *s, const char *line)
{
	const char *from = behind(line, "FROM"), *entrypoint = behind(line, "ENTRYPOINT"), *cmd = behind(line, "CMD");
	struct stage *last = s->count ? &s->at[s->count - 1] : NULL;

	if (from)
		new_stage(s, from);
	else if (entrypoint && last)
		set(&last->entrypoint, entrypoint);
	else if (cmd && last)
		set(&last->cmd, cmd);
}

static void quote(struct bk_buf *out, const char *text)
{
	bk_buf_text(out, "\"");
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			bk_buf_text(out, "\\");
		if ((unsigned char)*text < ' ')
			bk_buf_printf(out, "\\u%04x", (unsigned)(unsigned char)*text);
		else
			bk_buf_add(out, text, 1);
	}
	bk_buf_text(out, "\"");
}

/* Exec form as it is, shell form as what it stands for; ", " before each. */
static void add_words(struct bk_buf *out, const char *command)
{
	struct bk_buf text = { (char *)command, strlen(command), 0 };
	struct bk_diags unused = { 0 };
	struct bk_node *list = *command == '[' ? bk_node_parse("", &text, &unused) : NULL;

	if (list && list->kind == BK_NODE_LIST) {
		for (const struct bk_node *n = list->first; n; n = n->next) {
			bk_buf_text(out, ", ");
			quote(out, n->text ? n->text : "");
		}
	} else {
		bk_buf_text(out, ", \"/bin/sh\", \"-c\", ");
		quote(out, command);
	}
	bk_node_free(list);
	bk_diags_free(&unused);
}

static void write_lines(const struct stage *s, const char *context, struct bk_buf *out)
{
	bool lambda = strstr(s->image, "/lambda/") != NULL;

	bk_buf_printf(out, "COPY %s/ " PLACE "\nENTRYPOINT [\"" PLACE BK_PACK_SHIM "\"", context);
	if (s->entrypoint)
		add_words(out, s->entrypoint);
	else if (lambda)
		bk_buf_text(out, ", \"/lambda-entrypoint.sh\"");
	bk_buf_text(out, "]\n");
	if (s->cmd)
		bk_buf_printf(out, "CMD %s\n", s->cmd);
	if (!s->entrypoint && !lambda)
		bk_buf_printf(out, "# If %s has an ENTRYPOINT of its own, its words belong behind " BK_PACK_SHIM " above.\n", s->image);
	if (!s->cmd)
		bk_buf_printf(out, "# A new ENTRYPOINT clears the CMD of %s: if it has one, repeat it here.\n", s->image);
}

bool bk_image_lines(const char *name, const struct bk_buf *dockerfile, const char *context, struct bk_buf *out, struct bk_diags *d)
{
	struct stages s = { 0 };

	for (size_t at = 0; at < dockerfile->len; ) {
		BK_BUF line = { 0 };

		at = instruction(dockerfile, at, &line);
		if (line.len)
			read_line(&s, line.at);
	}
	if (s.count)
		write_lines(&s.at[s.count - 1], context, out);
	else
		bk_diag_add(d, BK_ERROR, name, 0, 0, "this is no Dockerfile: it has no FROM");
	free_stages(&s);
	return s.count > 0;
}
