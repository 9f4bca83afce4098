/* SPDX-License-Identifier: Apache-2.0 */
/* The words that users read and write for sections, modes, actions, verdicts and reasons: one table each. */
#include "core/decide.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

const char *bk_section_name(enum bk_section section)
{
	static const char *const names[] = {
		[BK_PROCESSES] = "processes", [BK_LIBRARIES] = "libraries", [BK_GENERATED_CODE] = "generated_code",
		[BK_ENVIRONMENT] = "environment", [BK_CONNECT] = "network.connect", [BK_LISTEN] = "network.listen",
		[BK_WRITE] = "files.write", [BK_READ] = "files.read",
		[BK_PLANT] = "files.code",
	};

	return (unsigned)section < COUNT(names) ? names[section] : NULL;
}

const char *bk_mode_name(enum bk_mode mode)
{
	static const char *const names[] = {
		[BK_ENFORCE] = "enforce", [BK_ALERT] = "alert", [BK_LEARN] = "learn", [BK_OFF] = "off",
	};

	return (unsigned)mode < COUNT(names) ? names[mode] : NULL;
}

const char *bk_action_name(enum bk_action action)
{
	static const char *const names[] = { [BK_DENY] = "deny", [BK_KILL] = "kill", [BK_ALLOW] = "allow" };

	return (unsigned)action < COUNT(names) ? names[action] : NULL;
}

const char *bk_verdict_name(enum bk_verdict verdict)
{
	static const char *const names[] = {
		[BK_DENIED] = "denied", [BK_KILLED] = "killed", [BK_ALLOWED] = "allowed", [BK_ALERTED] = "alert",
		[BK_LEARNED] = "learned", [BK_NEED_SHA256] = "undecided",
	};

	return (unsigned)verdict < COUNT(names) ? names[verdict] : NULL;
}

const char *bk_reason_text(enum bk_reason reason)
{
	static const char *const texts[] = {
		[BK_WHY_NO_RULE] = "no rule names it",
		[BK_WHY_NOT_MAIN] = "the main process is not the image that `main` names",
		[BK_WHY_PARENT] = "the nearest rule is for calls by another program",
		[BK_WHY_APPLET] = "the nearest rule is for another applet",
		[BK_WHY_ARGS] = "the arguments do not match those of the nearest rule",
		[BK_WHY_SHELL] = "the shell command does not have the shape of the nearest rule's template",
		[BK_WHY_SHA256] = "the content has another SHA-256 than the rule says",
		[BK_WHY_ANONYMOUS] = "the image is a memory file or was deleted",
		[BK_WHY_LOADER] = "the dynamic loader was called in a way that does not say what it will run",
		[BK_WHY_INTERPRETER] = "the function can change this script, and no rule allows its interpreter with these arguments",
		[BK_WHY_PRIVATE] = "it is the memory or the environment of a process",
		[BK_WHY_TASK_ROOT] = "it is below the function's own code",
		[BK_WHY_PLANTED] = "a later invocation could load it as code, and no rule names it",
		[BK_WHY_REMOTE_SHELL] = "a shell whose input or output is a network connection",
		[BK_WHY_MINER] = "the arguments name a mining pool",
		[BK_WHY_UNSEEN] = "the process has another user now, and the shim no right (CAP_SYS_PTRACE) to look into it",
		[BK_WHY_GATE] = "the gate does not cover it",
		[BK_WHY_RULE] = "a rule forbids it",
		[BK_WHY_ALLOWED] = "a rule allows it",
		[BK_WHY_SECTION] = "the policy does not restrict it",
	};

	return (unsigned)reason < COUNT(texts) ? texts[reason] : NULL;
}
