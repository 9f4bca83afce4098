/* SPDX-License-Identifier: Apache-2.0 */
/* What file names tell about images: loaders, multi-call binaries, shells; and variables that inject code. */
#include "core/decide.h"

static bool among(struct bk_text name, const char *const *list)
{
	for (; *list; list++)
		if (bk_text_equal(name, bk_text_of(*list)))
			return true;
	return false;
}

static bool has(struct bk_text t, struct bk_text part)
{
	for (uint32_t i = 0; i + part.len <= t.len; i++)
		if (bk_text_starts(bk_text_from(t, i), part))
			return true;
	return false;
}

bool bk_is_loader(struct bk_text path)
{
	struct bk_text name = bk_text_basename(path);

	if (bk_text_equal(name, BK_TEXT("ld.so")) || bk_text_starts(name, BK_TEXT("ld64.so")))
		return true;
	if (bk_text_starts(name, BK_TEXT("libc.musl-")) || bk_text_starts(name, BK_TEXT("ld-musl-")))
		return true;
	/* musl's loader is its libc: /lib/ld-musl-x86_64.so.1 -> /usr/lib/x86_64-linux-musl/libc.so */
	if (bk_text_equal(name, BK_TEXT("libc.so")))
		return true;
	return bk_text_starts(name, BK_TEXT("ld-")) && has(name, BK_TEXT(".so"));
}

uint32_t bk_loader_program(const struct bk_args *argv)
{
	/* ld.so(8): options with and without a value; whatever else begins with a dash is not understood here. */
	static const char *const with_value[] = { "--library-path", "--inhibit-rpath", "--argv0", "--glibc-hwcaps-prepend", "--glibc-hwcaps-mask", NULL };
	static const char *const alone[] = { "--inhibit-cache", "--verify", "--list", "--", NULL };

	for (uint32_t i = 1; i < argv->count; i++) {
		struct bk_text arg = bk_args_get(argv, i);

		if (!arg.len || arg.at[0] != '-')
			return i;
		if (among(arg, with_value))
			i++;
		else if (!among(arg, alone))
			return 0;
	}
	return 0;
}

bool bk_is_multicall(struct bk_text path)
{
	static const char *const names[] = { "busybox", "busybox.static", "busybox-static", "toybox", "coreutils", NULL };

	return among(bk_text_basename(path), names);
}

struct bk_text bk_applet(struct bk_text path, const struct bk_args *argv, uint32_t *first_arg)
{
	struct bk_text name = bk_text_basename(bk_args_get(argv, 0)), image = bk_text_basename(path);

	*first_arg = 1;
	/* busybox compares only the beginning of its own name: "busybox-x" counts as busybox */
	if (!bk_text_equal(name, image) && !bk_text_starts(name, BK_TEXT("busybox")))
		return name;
	*first_arg = 2;
	return bk_text_basename(bk_args_get(argv, 1));
}

bool bk_is_shell(struct bk_text name)
{
	static const char *const names[] = { "sh", "bash", "dash", "ash", "ksh", "ksh93", "mksh", "lksh", "zsh", "yash", "posh", "rbash", NULL };

	return among(name, names);
}

struct bk_text bk_shell_command(const struct bk_args *argv, uint32_t first)
{
	struct bk_text none = { NULL, 0 };
	bool command = false;

	for (uint32_t i = first; i < argv->count; i++) {
		struct bk_text arg = bk_args_get(argv, i);

		if (command && bk_text_equal(arg, BK_TEXT("--")))
			continue;
		if (!command && arg.len >= 2 && arg.at[0] == '-') {
			/* flags that change nothing but strictness: -e -u -f -c in any order; others (-i, -l, -o x, -s) read files or input */
			for (uint32_t k = 1; k < arg.len; k++) {
				if (arg.at[k] == 'c')
					command = true;
				else if (arg.at[k] != 'e' && arg.at[k] != 'u' && arg.at[k] != 'f')
					return none;
			}
			continue;
		}
		/* behind the string stands at most the name that $0 gets */
		return command && argv->count - i <= 2 && !argv->cut ? arg : none;
	}
	return none;
}

uint32_t bk_injection_variable(struct bk_text entry)
{
	/* A name that ends in '*' stands for all that begin with it. */
	static const char *const names[] = {
		/* ld.so(8), glibc and musl: code, or where code and its data are looked for */
		"LD_PRELOAD", "LD_AUDIT", "LD_LIBRARY_PATH", "LD_ORIGIN_PATH", "LD_PROFILE", "LD_PROFILE_OUTPUT", "LD_DEBUG_OUTPUT",
		"LD_DYNAMIC_WEAK", "LD_PREFER_MAP_32BIT_EXEC", "LD_HWCAP_MASK", "LD_ELF_HINTS_PATH", "GLIBC_TUNABLES", "GCONV_PATH", "GETCONF_DIR",
		"LOCPATH", "NLSPATH", "MALLOC_TRACE", "RESOLV_HOST_CONF", "HOSTALIASES", "LOCALDOMAIN",
		/* interpreters: options, modules, files read at start */
		"NODE_OPTIONS", "NODE_PATH", "NODE_REPL_EXTERNAL_MODULE",
		"PYTHONPATH", "PYTHONSTARTUP", "PYTHONHOME", "PYTHONINSPECT", "PYTHONUSERBASE", "PYTHONEXECUTABLE", "PYTHONBREAKPOINT",
		"PYTHONPLATLIBDIR", "PYTHONWARNINGS", "PYTHONPYCACHEPREFIX",
		"RUBYOPT", "RUBYLIB", "GEM_PATH", "GEM_HOME", "BUNDLE_GEMFILE",
		"PERL5OPT", "PERL5LIB", "PERLLIB", "PERL5DB", "PERL5SHELL", "PERLIO_DEBUG",
		"JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS", "CLASSPATH",
		"DOTNET_STARTUP_HOOKS", "DOTNET_ADDITIONAL_DEPS", "CORECLR_PROFILER", "CORECLR_PROFILER_PATH", "CORECLR_PROFILER_PATH_64",
		"PHPRC", "PHP_INI_SCAN_DIR", "LUA_INIT*", "LUA_PATH", "LUA_CPATH", "AWKPATH", "AWKLIBPATH",
		/* shells: files and functions read at start, what words mean */
		"BASH_ENV", "ENV", "ZDOTDIR", "BASH_FUNC_*", "SHELLOPTS", "BASHOPTS", "PS4", "PROMPT_COMMAND", "IFS", "BASH_LOADABLES_PATH",
		/* programs that start what a variable names */
		"GIT_SSH", "GIT_SSH_COMMAND", "GIT_EXTERNAL_DIFF", "GIT_EXEC_PATH", "GIT_PROXY_COMMAND", "GIT_ASKPASS", "GIT_CONFIG*",
		"OPENSSL_CONF", "OPENSSL_ENGINES", "OPENSSL_MODULES", "MAGICK_CONFIGURE_PATH", "MAGICK_CODER_MODULE_PATH",
	};

	for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
		struct bk_text name = bk_text_of(names[i]);
		bool open = name.at[name.len - 1] == '*';
		uint32_t n = 0;

		name.len -= open;
		if (!bk_text_starts(entry, name))
			continue;
		while (n < entry.len && entry.at[n] != '=')
			n++;
		if (open || n == name.len)
			return n;
	}
	return 0;
}
