/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Landlock (landlock(7)) as the wall beneath.  Two rule sets, because the second can only be made once the filter is in force:
 *
 * files.write.  Landlock knows folders, not patterns, and cannot deny below what it allows: each pattern becomes
 * the folder that its literal part names, or the nearest one above that is there.  So it is wider than the policy; what is between
 * the two, notify judges.
 *
 * Handled are only rights that a call asks for when it writes.  TRUNCATE is not: the kernel looks it up at every open, reading ones
 * too (security/landlock/fs.c, hook_file_open), which costs them half as much again, and truncate(2) and O_TRUNC are
 * notified.  Nor is MAKE_SOCK, which is network.listen's, nor anything about reading: there Landlock could only allow.
 *
 * network.  Landlock asks for the credentials of who makes the call (security/landlock/net.c, current_check_access_socket).  Where the shim makes
 * the function's connections and binds its sockets, the function itself needs no right at all: it may connect by TCP nowhere, bind no
 * port, reach no abstract socket, and a way around the notification, should there ever be one, leads nowhere.  Where calls are judged
 * and then let go, the ports of network.connect are what Landlock can say; binding it cannot, because a client may bind, too, and is not asked for that.
 */
#include "core/landlock.h"
#include "shim/shim.h"

enum {
	VERSION = 1,			/* LANDLOCK_CREATE_RULESET_VERSION */
	PATH_BENEATH = 1, NET_PORT = 2,	/* LANDLOCK_RULE_* */
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

static long abi(void)
{
	return sys_landlock_create(NULL, 0, VERSION);
}

/* A rule set that handles what this kernel can of it; -errno. */
static int create(uint32_t wanted, struct bk_landlock *handled)
{
	long version = abi();
	uint32_t size = version > 0 ? bk_landlock_handled((uint32_t)version, wanted, handled) : 0;

	return size ? (int)sys_landlock_create(handled, size, 0) : -EOPNOTSUPP;
}

/* --- files.write ------------------------------------------------------------------------------------------------------------ */

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
static bool add_rules(const struct bk_policy *policy, int ruleset, uint64_t handled, char *path)
{
	const struct bk_rule *r;

	for (uint32_t i = 0; (r = bk_policy_rule(policy, i)); i++)
		if (r->section == BK_WRITE && r->action == BK_ALLOW
		    && !add(ruleset, open_folder(bk_policy_key_of(bk_policy_text(policy, r->path)), path), handled))
			return false;
	/* What bk_is_harmless() allows and the shim cannot open in the caller's place. */
	add_path(ruleset, "/dev/tty", BK_FS_WRITE_FILE);
	add_path(ruleset, "/dev/ptmx", BK_FS_WRITE_FILE);
	add_path(ruleset, "/dev/pts", BK_FS_WRITE_FILE);
	return true;
}

/* Without a listener nobody opens these for the caller. */
static void add_plain(int ruleset)
{
	static const char *const names[] = { "/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", NULL };

	for (unsigned i = 0; names[i]; i++)
		add_path(ruleset, names[i], BK_FS_WRITE_FILE);
}

uint32_t bk_landlock_restrict(const struct bk_shim *s)
{
	struct bk_landlock handled;
	char path[BK_PATH_MAX];
	int ruleset;
	bool good;

	if (s->least != BK_ENFORCE || bk_policy_mode(&s->policy, BK_WRITE) != BK_ENFORCE)
		return 0;
	ruleset = create(BK_WALL_WRITE, &handled);
	if (ruleset < 0)
		return 0;
	good = add_rules(&s->policy, ruleset, handled.files, path);
	add_plain(ruleset);
	good = good && sys_landlock_restrict(ruleset) == 0;
	sys_close(ruleset);
	return good ? (uint32_t)abi() : 0;
}

/* --- the shim ------------------------------------------------------------------------------------------------------------------- */

void bk_landlock_stand_apart(void)
{
	struct bk_landlock handled;
	int ruleset = create(BK_WALL_APART, &handled);

	if (ruleset < 0)
		return;
	if (add(ruleset, (int)sys_open("/", O_PATH | O_CLOEXEC), handled.files))
		sys_landlock_restrict(ruleset);
	sys_close(ruleset);
}

/* --- network ------------------------------------------------------------------------------------------------------------------ */

static bool enforces(const struct bk_shim *s, enum bk_section section)
{
	return s->least == BK_ENFORCE && bk_policy_mode(&s->policy, section) == BK_ENFORCE;
}

static bool add_port(int ruleset, uint16_t port)
{
	struct { uint64_t allowed, port; } rule = { BK_NET_CONNECT_TCP, port };

	return sys_landlock_add(ruleset, NET_PORT, &rule) == 0;
}

static bool add_ports(const struct bk_shim *s, int ruleset)
{
	uint16_t ports[BK_LANDLOCK_PORTS];
	uint32_t n = bk_landlock_ports(&s->policy, ports);
	bool good = n != UINT32_MAX;

	for (uint32_t i = 0; i < n && good; i++)
		good = add_port(ruleset, ports[i]);
	for (uint32_t i = 0; i < BK_IMPLICIT && good; i++)
		good = !s->implicit[i].family || add_port(ruleset, s->implicit[i].port_low);
	return good;
}

bool bk_landlock_restrict_network(const struct bk_shim *s, bool shim_makes)
{
	uint32_t wanted = (enforces(s, BK_CONNECT) ? BK_WALL_CONNECT : 0) | (shim_makes && enforces(s, BK_CONNECT) ? BK_WALL_ABSTRACT : 0) |
		(shim_makes && enforces(s, BK_LISTEN) ? BK_WALL_BIND : 0);
	struct bk_landlock handled;
	int ruleset = wanted ? create(wanted, &handled) : -EOPNOTSUPP;
	bool good = ruleset >= 0 && (shim_makes || add_ports(s, ruleset)) && sys_landlock_restrict(ruleset) == 0;

	if (ruleset >= 0)
		sys_close(ruleset);
	return good;
}
