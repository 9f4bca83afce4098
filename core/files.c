/* SPDX-License-Identifier: Apache-2.0 */
/* What files are, whatever a policy lists: memory and environment of processes, devices without content, code by its name. */
#include "core/decide.h"
#include "core/match.h"

static bool matches_any(struct bk_text text, const char *const *patterns)
{
	for (; *patterns; patterns++)
		if (bk_match_path(bk_text_of(*patterns), text))
			return true;
	return false;
}

bool bk_is_private(struct bk_text path)
{
	static const char *const names[] = {
		"/proc/*/environ", "/proc/*/mem", "/proc/*/task/*/environ", "/proc/*/task/*/mem", NULL
	};

	return bk_text_starts(path, BK_TEXT("/proc/")) && matches_any(path, names);
}

bool bk_is_harmless(struct bk_text path)
{
	static const char *const names[] = {
		"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty", "/dev/ptmx", "/dev/pts/*",
		"/proc/*/comm", "/proc/*/task/*/comm",	/* names of threads */
		"/proc/*/coredump_filter",		/* Java; there are no core dumps */
		NULL
	};

	return (bk_text_starts(path, BK_TEXT("/dev/")) || bk_text_starts(path, BK_TEXT("/proc/"))) && matches_any(path, names);
}

/* Asked for each file that is written. */
bool bk_is_code(struct bk_text path)
{
	static const char endings[][8] = {
		"py", "pyc", "pyo", "pth",			/* Python; a .pth file runs lines at start */
		"js", "mjs", "cjs", "ts", "mts", "cts", "node",	/* Node.js */
		"so",
		"jar", "war", "class",
		"rb", "php", "phar", "pl", "pm", "lua", "sh",
	};
	struct bk_text name = bk_text_basename(path), rest;
	uint32_t end = 0;

	for (uint32_t i = 0; i < name.len; i++) {
		if (name.at[i] != '.')
			continue;
		end = i + 1;
		if (bk_text_starts(bk_text_from(name, end), BK_TEXT("so.")))
			return true;
	}
	rest = bk_text_from(name, end);
	for (size_t i = 0; end && i < sizeof endings / sizeof *endings; i++)
		if (bk_text_equal(rest, bk_text_of(endings[i])))
			return true;
	return false;
}

bool bk_is_nameless(const struct bk_request *r)
{
	return r->flags & BK_REQ_ANONYMOUS || (r->path.len && r->path.at[0] != '/');
}

struct bk_decision bk_decide_written(const struct bk_policy *policy, struct bk_request *request, enum bk_mode least)
{
	struct bk_decision d = bk_decide(policy, request, least), code;

	if (request->section != BK_WRITE || bk_stops(d.verdict))
		return d;
	request->section = BK_PLANT;
	code = bk_decide(policy, request, least);
	if (bk_speaks(code.verdict))
		return code;
	request->section = BK_WRITE;
	return d;
}

uint64_t bk_path_hash(struct bk_text path)
{
	uint64_t h = 0xcbf29ce484222325ULL;

	for (uint32_t i = 0; i < path.len; i++)
		h = (h ^ (uint8_t)path.at[i]) * 0x100000001b3ULL;
	return h;
}

bool bk_path_below(struct bk_text path, uint64_t folder, uint32_t n)
{
	return n && path.len >= n && (path.len == n || path.at[n] == '/') && bk_path_hash((struct bk_text){ path.at, n }) == folder;
}
