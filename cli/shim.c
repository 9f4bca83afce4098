/* SPDX-License-Identifier: Apache-2.0 */
/* Starting buckler-init: where it is, the policy in a descriptor, its arguments. */
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* A file below the folder that this program stands in, NULL where there is none. */
static char *beside(const char *relative)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

	if (n <= 0)
		return NULL;
	self[n] = '\0';
	*strrchr(self, '/') = '\0';

	char *path = bk_format("%s/%s", self, relative);
	if (bk_cli_executable(path) == 0)
		return path;
	free(path);
	return NULL;
}

char *bk_cli_shim(void)
{
	const char *named = getenv("BUCKLER_INIT");

	if (named && *named) {
		int error = bk_cli_executable(named);

		if (error == 0)
			return bk_strdup(named);
		bk_cli_error("BUCKLER_INIT is %s: %s; set it to the path of buckler-init, or unset it", named,
			     error == EACCES ? "not an executable file" : strerror(error));
		return NULL;
	}

	char *path = beside("buckler-init");
	if (!path)
		path = beside("../libexec/buckler-init");
	if (!path)
		path = bk_cli_which("buckler-init");
	if (!path)
		bk_cli_error("buckler-init was found neither beside buckler nor in PATH; install it there or set BUCKLER_INIT to its path");
	return path;
}

/* A memory file, or where there are none an unlinked file: nothing is left behind however this ends. */
static int nameless_file(void)
{
	int fd = memfd_create("buckler-policy", MFD_ALLOW_SEALING);

	if (fd >= 0)
		return fd;

	const char *folder = getenv("TMPDIR");
	BK_FREE char *path = bk_format("%s/buckler.XXXXXX", folder && *folder ? folder : "/tmp");
	fd = mkstemp(path);
	if (fd >= 0)
		unlink(path);
	return fd;
}

static int put_bytes(int fd, const struct bk_buf *bytes)
{
	for (size_t done = 0; done < bytes->len; ) {
		ssize_t n = write(fd, bytes->at + done, bytes->len - done);

		if (n < 0 && errno != EINTR)
			return -errno;
		done += n > 0 ? (size_t)n : 0;
	}
	/* Only a memory file can be sealed; the other kind has no name and buckler-init closes its only descriptor. */
	fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
	return 0;
}

int bk_cli_policy_fd(const struct bk_buf *bytes)
{
	int fd = nameless_file();
	int r = fd < 0 ? -errno : put_bytes(fd, bytes);

	if (r < 0) {
		bk_cli_error("no room for the compiled policy: %s; free some in TMPDIR", strerror(-r));
		return -1;
	}
	return fd;
}

int bk_cli_command_is_there(const char *name)
{
	BK_FREE char *path = bk_cli_which(name);

	if (path)
		return 0;
	if (errno == EACCES) {
		bk_cli_error("%s: not an executable file", name);
		return 126;
	}
	bk_cli_error("%s: command not found%s", name, strchr(name, '/') ? "" : " in PATH");
	return 127;
}

char **bk_cli_shim_arguments(int policy, int log, char **command, int count)
{
	char **argv = bk_alloc((size_t)(count + 7) * sizeof *argv);
	static char numbers[2][16];
	int n = 0;

	snprintf(numbers[0], sizeof numbers[0], "%d", policy);
	snprintf(numbers[1], sizeof numbers[1], "%d", log);
	argv[n++] = (char *)"buckler-init";
	argv[n++] = (char *)"--policy-fd";
	argv[n++] = numbers[0];
	if (log >= 0) {
		argv[n++] = (char *)"--log-fd";
		argv[n++] = numbers[1];
	}
	argv[n++] = (char *)"--";
	memcpy(argv + n, command, (size_t)count * sizeof *argv);
	return argv;
}
