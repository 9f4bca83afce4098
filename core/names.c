/* SPDX-License-Identifier: Apache-2.0 */
#include "core/decide.h"

#define NAME_OF(table, i) ((unsigned)(i) < sizeof (table) / sizeof *(table) ? (table)[i] : NULL)

const char *bk_section_name(enum bk_section section)
{
	static const char *const names[BK_SECTIONS] = {
		[BK_PROCESSES] = "processes", [BK_LIBRARIES] = "libraries", [BK_GENERATED_CODE] = "generated_code",
		[BK_ENVIRONMENT] = "environment", [BK_CONNECT] = "network.connect", [BK_LISTEN] = "network.listen",
		[BK_WRITE] = "files.write", [BK_READ] = "files.read",
	};
	return NAME_OF(names, section);
}

const char *bk_mode_name(enum bk_mode mode)
{
	static const char *const names[] = {
		[BK_ENFORCE] = "enforce", [BK_ALERT] = "alert", [BK_LEARN] = "learn", [BK_OFF] = "off",
	};
	return NAME_OF(names, mode);
}

const char *bk_action_name(enum bk_action action)
{
	static const char *const names[] = { [BK_DENY] = "deny", [BK_KILL] = "kill", [BK_ALLOW] = "allow" };
	return NAME_OF(names, action);
}

const char *bk_verdict_name(enum bk_verdict verdict)
{
	static const char *const names[] = {
		[BK_DENIED] = "denied", [BK_KILLED] = "killed", [BK_ALLOWED] = "allowed", [BK_ALERTED] = "alert",
		[BK_LEARNED] = "learned", [BK_NEED_SHA256] = "undecided",
	};
	return NAME_OF(names, verdict);
}

const char *bk_reason_text(enum bk_reason reason)
{
	static const char *const texts[] = {
		[BK_WHY_NO_RULE] = "no rule names it",
		[BK_WHY_NOT_MAIN] = "the main process is another image than the policy's",
		[BK_WHY_PARENT] = "the rule is for another parent",
		[BK_WHY_APPLET] = "the rule is for another applet",
		[BK_WHY_ARGS] = "the arguments match no pattern",
		[BK_WHY_SHELL] = "the shell command does not have the template's shape",
		[BK_WHY_SHA256] = "the content is not the one with the listed hash",
		[BK_WHY_ANONYMOUS] = "it is a memory file or was deleted",
		[BK_WHY_LOADER] = "the loader was called with what cannot be judged",
		[BK_WHY_INTERPRETER] = "the script can be changed, and its interpreter is not allowed with these arguments",
		[BK_WHY_RULE] = "a rule forbids it",
		[BK_WHY_ALLOWED] = "a rule allows it",
		[BK_WHY_SECTION] = "the policy does not restrict it",
	};
	return NAME_OF(texts, reason);
}
