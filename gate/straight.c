/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening by one call, where the path is the canonical name already and its rules are silent: the kernel opens it and refuses to follow any symbolic
 * link (openat2(2), RESOLVE_NO_SYMLINKS), so that what it opens is what was judged.  All else takes the way of files.c.
 */
#include "gate/files.h"

#define TMPFILE_BIT 020000000u		/* __O_TMPFILE (asm-generic/fcntl.h) */

/* Behind a slash: does the name there stand for itself? */
static bool is_plain_name(const char *at)
{
	if (*at == '/' || !*at)
		return false;
	if (*at != '.')
		return true;
	at += at[1] == '.' ? 2 : 1;
	return *at && *at != '/';
}

/* /proc, whose names are more than text, and what is called like the memory of a process are looked at more closely. */
static bool is_canonical(struct bk_text path)
{
	if (!path.len || path.at[0] != '/' || bk_text_starts(path, BK_TEXT("/proc")))
		return false;
	for (uint32_t i = 0; i < path.len; i++)
		if (path.at[i] == '/' && !is_plain_name(path.at + i + 1))
			return false;
	return !bk_text_equal(bk_text_basename(path), BK_TEXT("mem"));
}

/* The path with the working folder in front of it, into p->at; empty where it is too long or relative to something else. */
static struct bk_text complete(struct bk_paths *p, int directory)
{
	char *at = p->at, *end = at + BK_PATH_MAX;
	long n = 1;

	*at = '\0';
	if (*p->walk != '/' && directory == BK_AT_CWD)
		n = BK_CALL(__NR_getcwd, at, BK_PATH_MAX, 0, 0, 0, 0);
	if ((*p->walk != '/' && directory != BK_AT_CWD) || n <= 0 || (size_t)n + bk_text_of(p->walk).len >= BK_PATH_MAX)
		return (struct bk_text){ NULL, 0 };
	at += n - 1;
	if (n > 2)
		at = bk_put(at, end, "/");
	bk_put(at, end, p->walk);
	return bk_text_of(p->at);
}

static bool is_silent(enum bk_section section, struct bk_text path)
{
	const struct bk_ground *g = bk_gate.ground;
	struct bk_request r = { .section = section, .path = path };

	if (!bk_judges(section))
		return true;
	if (bk_path_below(path, g->task_root, g->task_root_length))
		r.flags |= BK_REQ_TASK_ROOT;
	return bk_decide(&bk_gate.policy, &r, bk_gate.least).verdict == BK_ALLOWED;
}

static bool is_allowed(unsigned flags, struct bk_text path)
{
	if (flags & (O_ACCMODE | O_CREAT | O_TRUNC) && (!is_silent(BK_WRITE, path) || !is_silent(BK_PLANT, path)))
		return false;
	return (flags & O_ACCMODE) == O_WRONLY || is_silent(BK_READ, path);
}

bool bk_open_straight(struct bk_paths *p, int directory, const char *path, long *result)
{
	unsigned flags = bk_act_open_flags(&p->call);
	uint64_t how[3] = { flags, flags & O_CREAT ? bk_act_open_mode(&p->call) : 0, RESOLVE_NO_SYMLINKS };
	struct bk_text name;

	if (flags & TMPFILE_BIT || bk_user_string(path, p->walk, BK_PATH_MAX) <= 0)
		return false;
	name = complete(p, directory);
	if (!is_canonical(name) || !is_allowed(flags, name))
		return false;
	*result = sys_openat2(BK_AT_CWD, p->at, how, sizeof how);
	return *result != -ELOOP && *result != -EINVAL && *result != -ENOSYS && *result != -EPERM && *result != -EAGAIN;
}
