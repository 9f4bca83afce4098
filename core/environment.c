/* SPDX-License-Identifier: Apache-2.0 */
#include "core/decide.h"

/*
 * Variables that bring code into a process, or lead a loader, an interpreter or a shell to other code than it would take by itself.
 * Not here: PATH, EDITOR, PAGER and the like, which choose programs, and programs are judged when they start.
 * By their first letter, because each start asks for all variables of an environment, and most are none of these.  Under each letter sorted by
 * byte, each with its NUL; a last '*' stands for any rest, and no other entry begins with what stands before it.
 */
static const char *const variables[] = {
	['A' - 'A'] = "AWKLIBPATH\0" "AWKPATH\0",	/* gawk: extensions, programs */
	['B' - 'A'] =
		"BASHOPTS\0"	/* bash: options, set before the first command */
		"BASH_ENV\0"	/* bash: a file that is run first */
		"BASH_FUNC_*\0"	/* bash: functions, which hide commands */
		"BASH_LOADABLES_PATH\0"	/* bash: `enable -f` */
		"BUNDLE_GEMFILE\0",	/* Ruby: a file that bundler runs */
	['C' - 'A'] =
		"CLASSPATH\0"	/* Java */
		"CORECLR_*\0"	/* .NET: profilers are libraries */
		"COR_*\0",
	['D' - 'A'] = "DOTNET_ADDITIONAL_DEPS\0" "DOTNET_SHARED_STORE\0" "DOTNET_STARTUP_HOOKS\0",
	['E' - 'A'] = "ENV\0",	/* sh, ksh: a file that is run first */
	['G' - 'A'] =
		"GCONV_PATH\0"	/* glibc: iconv modules */
		"GEM_HOME\0" "GEM_PATH\0"	/* Ruby: where gems are */
		"GETCONF_DIR\0"	/* glibc: programs that getconf runs */
		"GIO_EXTRA_MODULES\0"	/* GLib: modules */
		"GIT_ASKPASS\0" "GIT_CONFIG*\0" "GIT_EXEC_PATH\0" "GIT_EXTERNAL_DIFF\0" "GIT_PROXY_COMMAND\0"	/* git: commands that it runs */
		"GIT_SSH*\0"
		"GIT_TEMPLATE_DIR\0"	/* git: hooks of new repositories */
		"GLIBC_TUNABLES\0"	/* the loader's parser, CVE-2023-4911 */
		"GTK_MODULES\0",
	['H' - 'A'] = "HOSTALIASES\0",	/* resolver, as LOCALDOMAIN and RESOLV_HOST_CONF: other names for hosts */
	['I' - 'A'] = "IFS\0",	/* shells: how words are split */
	['J' - 'A'] = "JAVA_TOOL_OPTIONS\0" "JDK_JAVA_OPTIONS\0",	/* Java: -javaagent */
	['L' - 'A'] =
		"LD_*\0"	/* the loader: LD_PRELOAD, LD_AUDIT, LD_LIBRARY_PATH, LD_DEBUG_OUTPUT, LD_PROFILE, ... */
		"LOCALDOMAIN\0"
		"LOCPATH\0"	/* glibc: locales, with modules and tables that are trusted */
		"LUA_CPATH*\0" "LUA_INIT*\0" "LUA_PATH*\0",
	['M' - 'A'] =
		"MAGICK_CODER_FILTER_PATH\0" "MAGICK_CODER_MODULE_PATH\0" "MAGICK_CONFIGURE_PATH\0"	/* ImageMagick: modules, delegates */
		"MALLOC_TRACE\0"	/* glibc: a file that is written */
		"MUSL_LOCPATH\0",
	['N' - 'A'] =
		"NLSPATH\0"	/* message catalogues: format strings */
		"NODE_OPTIONS\0"	/* Node: --require, --import */
		"NODE_PATH\0" "NODE_REPL_EXTERNAL_MODULE\0",
	['O' - 'A'] =
		"OPENSSL_CONF\0"	/* OpenSSL: engines and providers are libraries */
		"OPENSSL_ENGINES\0" "OPENSSL_MODULES\0",
	['P' - 'A'] =
		"PERL5DB\0" "PERL5LIB\0" "PERL5OPT\0" "PERLLIB\0"
		"PHPRC\0" "PHP_INI_SCAN_DIR\0"	/* PHP: auto_prepend_file, extension */
		"PROMPT_COMMAND\0" "PS4\0"	/* shells: expanded, and so run */
		"PYTHONBREAKPOINT\0" "PYTHONEXECUTABLE\0" "PYTHONHOME\0" "PYTHONINSPECT\0" "PYTHONPATH\0" "PYTHONPLATLIBDIR\0"
		"PYTHONPYCACHEPREFIX\0" "PYTHONSTARTUP\0" "PYTHONUSERBASE\0"
		"PYTHONWARNINGS\0"	/* imports the module of a category */
		"PYTHON_PRESITE\0",
	['Q' - 'A'] = "QT_PLUGIN_PATH\0",
	['R' - 'A'] =
		"RESOLV_HOST_CONF\0"
		"RSYNC_RSH\0"	/* rsync: a command */
		"RUBYLIB\0" "RUBYOPT\0",
	['S' - 'A'] = "SHELLOPTS\0",	/* bash: options, as `xtrace` with PS4 */
	['T' - 'A'] = "TAR_OPTIONS\0",	/* tar: --checkpoint-action=exec= */
	['Z' - 'A'] =
		"ZDOTDIR\0"	/* zsh: .zshenv */
		"ZIPOPT\0",	/* zip: -TT */
	['_' - 'A'] = "_JAVA_OPTIONS\0",
};

/* Is the name one of these, which stand one behind the other? */
static bool is_among(const char *names, struct bk_text name)
{
	for (; *names; names++) {
		uint32_t i = 0;

		while (i < name.len && *names && *names != '*' && *names == name.at[i])
			names++, i++;
		if (*names == '*' || (!*names && i == name.len))
			return true;
		if (*names && (i == name.len || (unsigned char)*names > (unsigned char)name.at[i]))
			return false;	/* so are all behind it */
		while (*names)
			names++;
	}
	return false;
}

uint32_t bk_injection_variable(struct bk_text entry)
{
	struct bk_text name = { entry.at, 0 };
	uint32_t letter = entry.len ? (uint32_t)(unsigned char)entry.at[0] - 'A' : UINT32_MAX;

	if (letter >= sizeof variables / sizeof *variables || !variables[letter])
		return 0;
	while (name.len < entry.len && entry.at[name.len] != '=')
		name.len++;
	return is_among(variables[letter], name) ? name.len : 0;
}
