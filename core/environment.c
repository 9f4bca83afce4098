/* SPDX-License-Identifier: Apache-2.0 */
#include "core/decide.h"

/*
 * Variables that bring code into a process, or lead a loader, an interpreter or a shell to other code than it would take by itself.
 * Not here: PATH, EDITOR, PAGER and the like, which choose programs, and programs are judged when they start.
 * Sorted by byte; a last '*' stands for any rest, and no other entry begins with what stands before it.
 */
static const char *const variables[] = {
	"AWKLIBPATH", "AWKPATH",	/* gawk: extensions, programs */
	"BASHOPTS",			/* bash: options, set before the first command */
	"BASH_ENV",			/* bash: a file that is run first */
	"BASH_FUNC_*",			/* bash: functions, which hide commands */
	"BASH_LOADABLES_PATH",		/* bash: `enable -f` */
	"BUNDLE_GEMFILE",		/* Ruby: a file that bundler runs */
	"CLASSPATH",			/* Java */
	"CORECLR_*",			/* .NET: profilers are libraries */
	"COR_*",
	"DOTNET_ADDITIONAL_DEPS", "DOTNET_SHARED_STORE", "DOTNET_STARTUP_HOOKS",
	"ENV",				/* sh, ksh: a file that is run first */
	"GCONV_PATH",			/* glibc: iconv modules */
	"GEM_HOME", "GEM_PATH",		/* Ruby: where gems are */
	"GETCONF_DIR",			/* glibc: programs that getconf runs */
	"GIO_EXTRA_MODULES",		/* GLib: modules */
	"GIT_ASKPASS", "GIT_CONFIG*", "GIT_EXEC_PATH", "GIT_EXTERNAL_DIFF", "GIT_PROXY_COMMAND",	/* git: commands that it runs */
	"GIT_SSH*",
	"GIT_TEMPLATE_DIR",		/* git: hooks of new repositories */
	"GLIBC_TUNABLES",		/* the loader's parser, CVE-2023-4911 */
	"GTK_MODULES",
	"HOSTALIASES",			/* resolver, as LOCALDOMAIN and RESOLV_HOST_CONF: other names for hosts */
	"IFS",				/* shells: how words are split */
	"JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS",	/* Java: -javaagent */
	"LD_*",				/* the loader: LD_PRELOAD, LD_AUDIT, LD_LIBRARY_PATH, LD_DEBUG_OUTPUT, LD_PROFILE, ... */
	"LOCALDOMAIN",
	"LOCPATH",			/* glibc: locales, with modules and tables that are trusted */
	"LUA_CPATH*", "LUA_INIT*", "LUA_PATH*",
	"MAGICK_CODER_FILTER_PATH", "MAGICK_CODER_MODULE_PATH", "MAGICK_CONFIGURE_PATH",	/* ImageMagick: modules, delegates */
	"MALLOC_TRACE",			/* glibc: a file that is written */
	"MUSL_LOCPATH",
	"NLSPATH",			/* message catalogues: format strings */
	"NODE_OPTIONS",			/* Node: --require, --import */
	"NODE_PATH", "NODE_REPL_EXTERNAL_MODULE",
	"OPENSSL_CONF",			/* OpenSSL: engines and providers are libraries */
	"OPENSSL_ENGINES", "OPENSSL_MODULES",
	"PERL5DB", "PERL5LIB", "PERL5OPT", "PERLLIB",
	"PHPRC", "PHP_INI_SCAN_DIR",	/* PHP: auto_prepend_file, extension */
	"PROMPT_COMMAND", "PS4",	/* shells: expanded, and so run */
	"PYTHONBREAKPOINT", "PYTHONEXECUTABLE", "PYTHONHOME", "PYTHONINSPECT", "PYTHONPATH", "PYTHONPLATLIBDIR", "PYTHONPYCACHEPREFIX", "PYTHONSTARTUP", "PYTHONUSERBASE",
	"PYTHONWARNINGS",		/* imports the module of a category */
	"PYTHON_PRESITE",
	"QT_PLUGIN_PATH",
	"RESOLV_HOST_CONF",
	"RSYNC_RSH",			/* rsync: a command */
	"RUBYLIB", "RUBYOPT",
	"SHELLOPTS",			/* bash: options, as `xtrace` with PS4 */
	"TAR_OPTIONS",			/* tar: --checkpoint-action=exec= */
	"ZDOTDIR",			/* zsh: .zshenv */
	"ZIPOPT",			/* zip: -TT */
	"_JAVA_OPTIONS",
};

/* Less than, equal to or greater than 0 as the name stands before, at or behind the entry. */
static int order(struct bk_text name, const char *entry)
{
	for (uint32_t i = 0;; i++) {
		char c = entry[i];

		if (c == '*' || i == name.len)
			return c == '*' || !c ? 0 : -1;
		if (name.at[i] != c)
			return (unsigned char)name.at[i] < (unsigned char)c ? -1 : 1;
	}
}

uint32_t bk_injection_variable(struct bk_text entry)
{
	uint32_t low = 0, high = sizeof variables / sizeof *variables;
	struct bk_text name = { entry.at, 0 };

	while (name.len < entry.len && entry.at[name.len] != '=')
		name.len++;
	while (low < high) {
		uint32_t middle = (low + high) / 2;
		int o = order(name, variables[middle]);

		if (!o)
			return name.len;
		if (o < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return 0;
}
