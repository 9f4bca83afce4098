/* SPDX-License-Identifier: Apache-2.0 */
/* What an image's name and its arguments say about the program that will really run. */
#include "core/decide.h"
#include "core/match.h"

/* None of the patterns begins with a wildcard. */
static bool matches_any(struct bk_text name, const char *const *patterns)
{
	for (; *patterns; patterns++)
		if (name.len && name.at[0] == **patterns && bk_match_path(bk_text_of(*patterns), name))
			return true;
	return false;
}

/* --- the dynamic loader ------------------------------------------------------------------------------------------------ */

bool bk_is_loader(struct bk_text path)
{
	static const char *const names[] = {
		"ld-linux*.so.*", "ld-*.so", "ld64.so.*", "ld.so", "ld.so.*", "ld-musl-*.so.*", "ld-uClibc*.so.*",
		"libc.so", "libc.musl-*.so.*",	/* musl's loader and its C library are one file, and either name may be the link */
		NULL
	};

	return matches_any(bk_text_basename(path), names);
}

static bool has_slash(struct bk_text t)
{
	for (uint32_t i = 0; i < t.len; i++)
		if (t.at[i] == '/')
			return true;
	return false;
}

/*
 * Only what cannot change the program or its code is passed over: --preload, --audit and --library-path bring code, --argv0 hides the applet.
 * A name without a slash is searched in library folders, so nobody can say which file it is.
 */
uint32_t bk_loader_program(const struct bk_args *argv)
{
	uint32_t i = 1;
	struct bk_text arg = bk_args_get(argv, i);

	while (bk_text_equal(arg, BK_TEXT("--inhibit-cache")))
		arg = bk_args_get(argv, ++i);
	return arg.len && arg.at[0] != '-' && has_slash(arg) ? i : 0;
}

/* --- many programs in one file ------------------------------------------------------------------------------------------ */

/* A name that begins so stands for the whole collection and is followed by the applet's name. */
static const char *const multicall[] = { "busybox*", "toybox*", "coreutils*", "dropbearmulti*", NULL };

bool bk_is_multicall(struct bk_text path)
{
	return matches_any(bk_text_basename(path), multicall);
}

/* coreutils take the name as an option: --coreutils-prog=NAME, --coreutils-prog-shebang=NAME. */
static struct bk_text applet_option(struct bk_text arg)
{
	static const struct bk_text options[] = {
		{ "--coreutils-prog=", sizeof "--coreutils-prog=" - 1 },
		{ "--coreutils-prog-shebang=", sizeof "--coreutils-prog-shebang=" - 1 },
	};

	for (unsigned i = 0; i < sizeof options / sizeof *options; i++)
		if (bk_text_starts(arg, options[i]))
			return bk_text_from(arg, options[i].len);
	return bk_text_basename(arg);
}

/* argv[0] of a login shell begins with '-'. */
static struct bk_text called_as(struct bk_text arg)
{
	struct bk_text name = bk_text_basename(arg);

	return name.len && name.at[0] == '-' && !(name.len > 1 && name.at[1] == '-') ? bk_text_from(name, 1) : name;
}

struct bk_text bk_applet(struct bk_text path, const struct bk_args *argv, uint32_t *first_arg)
{
	uint32_t i = *first_arg ? *first_arg - 1 : 0;
	struct bk_text name = called_as(bk_args_get(argv, i));

	if (!bk_is_multicall(path))
		return name;
	/* "busybox busybox ls" is "busybox ls"; nobody needs more than a few of them */
	for (uint32_t depth = 0; depth < 8 && name.len && matches_any(name, multicall); depth++)
		name = applet_option(bk_args_get(argv, ++i));
	*first_arg = i + 1;
	return matches_any(name, multicall) ? (struct bk_text){ NULL, 0 } : name;
}

/* --- shells ---------------------------------------------------------------------------------------------------------------- */

bool bk_is_shell(struct bk_text name)
{
	static const char *const names[] = { "sh", "bash", "dash", "ash", "ksh", "ksh93", "mksh", "lksh", "zsh", "yash", "posh", "rbash", NULL };

	return matches_any(bk_text_basename(name), names);
}

/* Options that change neither what is read nor how it is parsed; `o` takes a name, `c` is the one that must be there. */
static bool is_safe_flag(char c)
{
	return c == 'c' || c == 'e' || c == 'u' || c == 'x' || c == 'v' || c == 'f' || c == 'C' || c == 'E' || c == 'p' || c == 'o';
}

static bool is_safe_option(struct bk_text name)
{
	static const char *const names[] = { "errexit", "nounset", "xtrace", "verbose", "noglob", "noclobber", "pipefail", "posix", NULL };

	return matches_any(name, names);
}

static bool is_safe_word(struct bk_text arg)
{
	static const char *const names[] = { "--norc", "--noprofile", "--posix", NULL };

	return matches_any(arg, names);
}

/* Counts the letters of an argument like "-euc"; false where one is not safe. */
static bool read_flags(struct bk_text arg, bool *command, uint32_t *names)
{
	for (uint32_t i = 1; i < arg.len; i++) {
		if (!is_safe_flag(arg.at[i]))
			return false;
		*command |= arg.at[i] == 'c';
		*names += arg.at[i] == 'o';
	}
	return true;
}

/* Index of the first operand, 0 where an option is not safe; `*command` where there was -c. */
static uint32_t skip_options(const struct bk_args *argv, uint32_t i, bool *command)
{
	for (;; i++) {
		struct bk_text arg = bk_args_get(argv, i);
		uint32_t names = 0;

		if (arg.len < 2 || arg.at[0] != '-')
			return arg.len == 1 && arg.at[0] == '-' ? 0 : i;
		if (bk_text_equal(arg, BK_TEXT("--")))
			return i + 1;
		if (is_safe_word(arg))
			continue;
		if (!read_flags(arg, command, &names))
			return 0;
		for (; names; names--)
			if (!is_safe_option(bk_args_get(argv, ++i)))
				return 0;
	}
}

struct bk_text bk_shell_command(const struct bk_args *argv, uint32_t first)
{
	struct bk_text none = { NULL, 0 };
	bool command = false;
	uint32_t at = skip_options(argv, first, &command);

	/* One argument behind the string becomes $0; more become $1, which no template could tell from what it lists. */
	if (!at || !command || argv->cut || argv->count > at + 2)
		return none;
	return bk_args_get(argv, at);
}
