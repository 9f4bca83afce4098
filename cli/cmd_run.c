/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
	"Usage: buckler run -p POLICY [OPTION]... [--] CMD [ARG]...\n"
	"Runs CMD here under a policy, text or compiled: buckler-init takes the place of\n"
	"this process, so CMD gets the same input, output, signals and environment.\n"
	"\n"
	"  -p, --policy POLICY   the policy\n"
	"  -m, --mode MODE       off, learn, alert or enforce; never stricter than the\n"
	"                        policy itself (sets BUCKLER_MODE)\n"
	"      --log-fd N        write the events to descriptor N instead of stderr\n"
	"  -h, --help            this text\n"
	"\n"
	"buckler-init is BUCKLER_INIT, beside this program, in ../libexec, or in PATH.\n"
	"Exit status: that of CMD; 2 the policy or an option is wrong, 125 CMD could not\n"
	"be started under the policy, 126 CMD is not executable, 127 it was not found.\n"
	"\n"
	"Example: buckler run -p policy.yaml -- node handler.js\n"
	"         buckler run -p policy.yaml -m alert --log-fd 3 -- ./job 3>events.log\n";

static const struct option options[] = {
	{ "policy", required_argument, NULL, 'p' },
	{ "mode", required_argument, NULL, 'm' },
	{ "log-fd", required_argument, NULL, 'l' },
	BK_CLI_OPTIONS_END
};

struct job {
	const char *policy, *mode;
	int log_fd;			/* -1: stderr */
	char **command;			/* ends with NULL */
	int count;
};

static bool mode_is_known(const char *mode)
{
	for (int i = 0; bk_mode_name((enum bk_mode)i); i++)
		if (strcmp(bk_mode_name((enum bk_mode)i), mode) == 0)
			return true;
	return false;
}

/* The compiled policy in a descriptor that outlives the exec, or -1 with the error printed. */
static int policy_descriptor(const char *path)
{
	struct bk_diags d = { 0 };
	BK_BUF bytes = { 0 };
	bool good = bk_policy_load(path, &bytes, &d);

	bk_cli_report(&d);
	bk_diags_free(&d);
	if (!good)
		return -1;

	return bk_cli_policy_fd(&bytes);
}

/* The strictest mode is the policy's own, which is what buckler-init takes when nothing is set. */
static void set_mode(const char *mode)
{
	if (strcmp(mode, bk_mode_name(BK_ENFORCE)) == 0)
		unsetenv("BUCKLER_MODE");
	else if (setenv("BUCKLER_MODE", mode, 1) < 0)
		exit(bk_cli_error("BUCKLER_MODE: %s", strerror(errno)));
}

static int start(const struct job *job)
{
	BK_FREE char *shim = bk_cli_shim();
	int fd = shim ? policy_descriptor(job->policy) : -1;

	if (fd < 0)
		return shim ? 2 : 125;
	if (job->mode)
		set_mode(job->mode);

	BK_FREE char **argv = bk_cli_shim_arguments(fd, job->log_fd, job->command, job->count);
	execv(shim, argv);
	bk_cli_error("%s: cannot be started: %s", shim, strerror(errno));
	return 125;
}

static int open_descriptor(const char *value)
{
	int fd = (int)bk_cli_number(&bk_cmd_run, "--log-fd", value, 0, 1 << 20);

	if (fcntl(fd, F_GETFD) < 0)
		exit(bk_cli_usage(&bk_cmd_run, "--log-fd names a descriptor that is not open:", value));
	return fd;
}

static void read_option(struct job *job, int c)
{
	if (c == 'p')
		job->policy = optarg;
	else if (c == 'm')
		job->mode = optarg;
	else
		job->log_fd = open_descriptor(optarg);
}

static int run(int argc, char **argv)
{
	struct job job = { .log_fd = -1 };

	for (int c; (c = bk_cli_option(&bk_cmd_run, argc, argv, "+:hp:m:l:", options)) != -1; )
		read_option(&job, c);
	if (!job.policy)
		return bk_cli_usage(&bk_cmd_run, "name the policy with -p", NULL);
	if (job.mode && !mode_is_known(job.mode))
		return bk_cli_usage(&bk_cmd_run, "--mode is off, learn, alert or enforce, not", job.mode);
	if (optind == argc)
		return bk_cli_usage(&bk_cmd_run, "no command was given", NULL);
	job.command = argv + optind;
	job.count = argc - optind;

	int status = bk_cli_command_is_there(job.command[0]);
	return status ? status : start(&job);
}

const struct bk_command bk_cmd_run = { "run", "run a command here under a policy", usage, run };
