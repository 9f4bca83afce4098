/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening by one call, where the path is the canonical name already and its rules are silent: the kernel opens it and refuses to follow any symbolic
 * link (openat2(2), RESOLVE_NO_SYMLINKS), so that what it opens is what was judged.  All else takes the way of files.c.
 */
#include "gate/files.h"

#define LONGEST     512			/* bytes of a path, on the caller's stack; longer ones take the other way */
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

/* The path, with the working folder in front where it needs one; its length, 0 where it is too long, or relative to something else. */
static uint32_t complete(char at[LONGEST], int directory, const char *path)
{
	long own = bk_user_string(path, at, LONGEST), room = LONGEST - own - 1, n;

	if (own > 0 && *at == '/')
		return (uint32_t)own;
	if (own <= 0 || directory != BK_AT_CWD)
		return 0;
	__builtin_memmove(at + room, at, (size_t)own + 1);
	n = BK_CALL(__NR_getcwd, at, room, 0, 0, 0, 0);
	if (n <= 0)
		return 0;
	n -= n == 2 ? 2 : 1;		/* its NUL; and all of the root's name */
	at[n++] = '/';
	__builtin_memmove(at + n, at + room, (size_t)own + 1);
	return (uint32_t)(n + own);
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

bool bk_open_straight(int directory, const char *path, unsigned flags, unsigned mode, long *result)
{
	uint64_t how[3] = { flags, flags & O_CREAT ? mode & 07777 : 0, RESOLVE_NO_SYMLINKS };
	char at[LONGEST];
	struct bk_text name = { at, 0 };

	if (flags & TMPFILE_BIT || (flags & (O_CREAT | O_DIRECTORY)) == (O_CREAT | O_DIRECTORY))
		return false;
	name.len = complete(at, directory, path);
	if (!is_canonical(name) || !is_allowed(flags, name))
		return false;
	*result = sys_openat2(BK_AT_CWD, at, how, sizeof how);
	return *result != -ELOOP && *result != -EINVAL && *result != -ENOSYS && *result != -EPERM && *result != -EAGAIN;
}
