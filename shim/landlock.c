/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Landlock (landlock(7)) as the wall beneath files.write.  It knows folders, not patterns, and cannot deny below what it allows: each pattern becomes
 * the folder that its literal part names, or the nearest one above that is there.  So it is wider than the policy; what is between
 * the two, notify judges.
 *
 * Handled are only rights that a call asks for when it writes.  TRUNCATE is not: the kernel looks it up at every open, reading ones
 * too (security/landlock/fs.c, hook_file_open), which costs them half as much again, and truncate(2) and O_TRUNC are
 * notified.  Nor is MAKE_SOCK, which is network.listen's, nor anything about reading: there Landlock could only allow.
 */
#include "shim/shim.h"

enum {
	WRITE_FILE = 1 << 1, REMOVE_DIR = 1 << 4, REMOVE_FILE = 1 << 5, MAKE_CHAR = 1 << 6, MAKE_DIR = 1 << 7, MAKE_REG = 1 << 8,
	MAKE_FIFO = 1 << 10, MAKE_BLOCK = 1 << 11, MAKE_SYM = 1 << 12, REFER = 1 << 13,	/* REFER: ABI 2 */
	HANDLED = WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_CHAR | MAKE_DIR | MAKE_REG | MAKE_FIFO | MAKE_BLOCK | MAKE_SYM | REFER,
	VERSION = 1,			/* LANDLOCK_CREATE_RULESET_VERSION */
	PATH_BENEATH = 1,		/* LANDLOCK_RULE_PATH_BENEATH */
};

struct __attribute__((packed)) beneath {
	uint64_t allowed;
	int32_t  parent;
};

static bool add(int ruleset, int fd, uint64_t rights)
{
	struct beneath rule = { rights, fd };
	bool good = fd >= 0 && sys_landlock_add(ruleset, PATH_BENEATH, &rule) == 0;

	if (fd >= 0)
		sys_close(fd);
	return good;
}

static void add_path(int ruleset, const char *path, uint64_t rights)
{
	add(ruleset, (int)sys_open(path, O_PATH | O_CLOEXEC), rights);
}

/* The folder of a pattern's literal part that is there, "\c" taken for c. */
static int open_folder(struct bk_text key, char *path)
{
	uint32_t n = 0;
	int fd = -ENOENT;

	for (uint32_t i = 0; i < key.len && n + 1 < BK_PATH_MAX; i++) {
		i += key.at[i] == '\\' && i + 1 < key.len;
		path[n++] = key.at[i];
	}
	while (n && fd == -ENOENT) {
		while (n && path[n - 1] != '/')
			n--;
		path[n] = '\0';
		fd = (int)sys_open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		n -= n > 0;
	}
	return fd;
}

/* False where a rule could not be made: the wall would be narrower than the policy. */
static bool add_rules(const struct bk_policy *policy, int ruleset, char *path)
{
	const struct bk_rule *r;

	for (uint32_t i = 0; (r = bk_policy_rule(policy, i)); i++)
		if (r->section == BK_WRITE && r->action == BK_ALLOW
		    && !add(ruleset, open_folder(bk_policy_key_of(bk_policy_text(policy, r->path)), path), HANDLED))
			return false;
	/* What bk_is_harmless() allows and the shim cannot open in the caller's place. */
	add_path(ruleset, "/dev/tty", WRITE_FILE);
	add_path(ruleset, "/dev/ptmx", WRITE_FILE);
	add_path(ruleset, "/dev/pts", WRITE_FILE);
	return true;
}

/* Without a listener nobody opens these for the caller. */
static void add_plain(int ruleset)
{
	static const char *const names[] = { "/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", NULL };

	for (unsigned i = 0; names[i]; i++)
		add_path(ruleset, names[i], WRITE_FILE);
}

uint32_t bk_landlock_restrict(const struct bk_shim *s)
{
	uint64_t handled = HANDLED;
	char path[BK_PATH_MAX];
	long abi, ruleset;
	bool good;

	if (s->least != BK_ENFORCE || bk_policy_mode(&s->policy, BK_WRITE) != BK_ENFORCE)
		return 0;
	abi = sys_landlock_create(NULL, 0, VERSION);
	if (abi < (long)BK_LANDLOCK_LEAST)
		return 0;
	ruleset = sys_landlock_create(&handled, sizeof handled, 0);
	if (ruleset < 0)
		return 0;
	good = add_rules(&s->policy, (int)ruleset, path);
	add_plain((int)ruleset);
	good = good && sys_landlock_restrict((int)ruleset) == 0;
	sys_close((int)ruleset);
	return good ? (uint32_t)abi : 0;
}
