/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/words.h"

#include <string.h>
#include "core/decide.h"
#include "core/match.h"

/*
 * Programs whose first operand says what they do: a subcommand, a program of their own language, another program.  `valued` are the
 * options before it that take their value from the next word; `text` those whose value is program text.
 */
struct program {
	const char *name;		/* pattern */
	const char *valued, *text;	/* words between blanks */
	bool runs_text;			/* the first operand, or the value of a `text` option, is code */
	bool no_operand;		/* the first operand is nothing special */
};

static const struct program programs[] = {
	{ "git", " -C -c --git-dir --work-tree --namespace ", " -c ", false },
	{ "docker", " -H --host --context -c --config -l ", "", false },
	{ "podman", " --connection -c --url ", "", false },
	{ "kubectl", " -n --namespace --context --cluster --kubeconfig -s ", "", false },
	{ "helm", " -n --namespace --kube-context --kubeconfig ", "", false },
	{ "aws", " --region --profile --output --endpoint-url --query ", "", false },
	{ "gcloud", " --project --account --configuration --format ", "", false },
	{ "openssl", "", "", false }, { "npm", " --prefix -C ", "", false }, { "npx", "", " -c ", true }, { "yarn", " --cwd ", "", false },
	{ "pnpm", " -C --dir ", "", false }, { "pip*", "", "", false }, { "go", " -C ", "", false }, { "cargo", "", "", false },
	{ "apt*", " -o -c ", "", false }, { "ip", "", "", false }, { "systemctl", "", "", false }, { "7z*", "", "", false },
	{ "python*", " -W -X ", " -c -m ", true }, { "node*", " -r --require --import ", " -e -p --eval --print ", true },
	{ "perl*", " -I -M ", " -e -E ", true }, { "ruby*", " -I -r -C ", " -e ", true }, { "php*", " -c -d ", " -r ", true },
	{ "lua*", " -l ", " -e ", true }, { "java*", " -cp -classpath --class-path -p --module-path --add-modules ", " -jar -m --module ", true },
	{ "tclsh*", "", "", true }, { "guile*", "", " -c ", true }, { "deno", "", " eval ", true }, { "bun", "", " -e ", true },
	{ "awk", " -F -v -f ", "", true }, { "gawk", " -F -v -f ", "", true }, { "mawk", " -F -v -f ", "", true },
	{ "sed", "", " -e -f -ne ", true }, { "jq", "", "", true }, { "find", "", " -exec -execdir -ok -okdir ", true, true },
	{ "env", " -u -C ", " -S ", true }, { "xargs", " -n -P -I -L -d -a -s -E ", "", true }, { "nice", " -n ", "", true },
	{ "nohup", "", "", true }, { "setsid", "", "", true }, { "stdbuf", " -i -o -e ", "", true }, { "ssh", " -i -p -l -o -F ", "", true },
	{ "busybox*", "", "", true },
};

static const struct program shell = { "sh", " -o -O +o +O ", " -c ", true };

static const struct program *program_of(struct bk_text name)
{
	if (bk_is_shell(name))
		return &shell;
	for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
		if (bk_match_path(bk_text_of(programs[i].name), bk_text_basename(name)))
			return &programs[i];
	return NULL;
}

bool bk_runs_text(struct bk_text name)
{
	const struct program *p = program_of(name);

	return p && p->runs_text;
}

static bool is_listed(const char *list, struct bk_text word)
{
	BK_FREE char *padded = bk_format(" %.*s ", (int)word.len, word.at);

	return strstr(list, padded) != NULL;
}

static enum bk_word class_of(struct bk_text w)
{
	if (w.len && w.at[0] == '-')
		return BK_WORD_OPTION;
	if (w.len && w.at[0] == '/')
		return BK_WORD_PATH;
	return w.len && memmem(w.at, w.len, "://", 3) ? BK_WORD_URL : BK_WORD_PLAIN;
}

void bk_words_classify(struct bk_text name, const struct bk_text *words, size_t count, enum bk_word *classes)
{
	const struct program *p = program_of(name);
	bool operand = false, script = false;	/* script: the first operand stands there, the rest is its */

	for (size_t i = 0; i < count; i++) {
		bool valued = p && i && !operand && is_listed(p->valued, words[i - 1]);

		classes[i] = class_of(words[i]);
		if (!p || script)
			continue;
		if (i && is_listed(p->text, words[i - 1])) {
			classes[i] = BK_WORD_FIXED;
			operand |= p->runs_text;
		} else if (!operand && !valued && classes[i] != BK_WORD_OPTION && !p->no_operand) {
			classes[i] = BK_WORD_FIXED;
			operand = script = true;
		}
	}
}

uint32_t bk_option_head(struct bk_text word)
{
	const char *equal = word.len ? memchr(word.at, '=', word.len) : NULL;

	return equal ? (uint32_t)(equal - word.at) + 1 : word.len;
}
