/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/place.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/cli.h"

#define PROBE_SECONDS 10
#define PROBE_BYTES   65536u

const struct bk_ability bk_abilities[] = {
	{ BK_CAN_FILTER, "filter", "seccomp filters",
	  "No process may install a seccomp filter here: what else is offered, the gate inside the processes and the watch behind it, has to do." },
	{ BK_CAN_NOTIFY, "notify", "calls judged from outside",
	  "To have children and libraries judged by the kernel, allow seccomp(2) with SECCOMP_FILTER_FLAG_NEW_LISTENER in the "
	  "container's profile (Linux 5.9 or newer; gVisor has none)." },
	{ BK_CAN_WAIT_KILLABLE, "wait-killable", "no calls repeated after signals",
	  "Linux 5.19 or newer keeps programs that send themselves many signals (Go) from repeating judged calls." },
	{ BK_CAN_SYNC_WAKE_UP, "sync-wake-up", "faster answers", "Linux 6.6 or newer answers faster; nothing is lost without it." },
	{ BK_CAN_SEIZE, "seize", "judging the image really loaded",
	  "Allow ptrace(2) of own children: kernel.yama.ptrace_scope at most 1, and ptrace in the container's seccomp profile." },
	{ BK_CAN_READ_MEMORY, "read-memory", "reading a child's arguments",
	  "Allow process_vm_readv(2) in the container's seccomp profile." },
	{ BK_CAN_GETFD, "getfd", "duplicating a child's descriptors", "Allow pidfd_getfd(2) (Linux 5.6 or newer) in the container's profile." },
	{ BK_CAN_ADDFD, "addfd", "handing descriptors to a child", "Linux 5.9 or newer has it." },
	{ BK_CAN_ADDFD_SEND, "addfd-send", "handing them over with the answer",
	  "Linux 5.14 or newer leaves no descriptor behind where a signal comes in between; nothing else is lost without it." },
	{ BK_CAN_RET_TRACE, "ret-trace", "filters that call a tracer", NULL },
	{ BK_CAN_SUBREAPER, "subreaper", "keeping orphans", "Start buckler-init as the first process of the container (PID 1)." },
	{ BK_CAN_GATE, "gate", "judging inside the processes", NULL },
	{ BK_CAN_PROCMAP, "procmap", "faster look at mappings", "Linux 6.11 or newer looks at mappings faster; nothing is lost without it." },
	{ BK_CAN_WATCH, "watch", "processes found after the fact", NULL },
	{ 0 }
};

static const char *errno_reason(int error)
{
	switch (error) {
	case 0:      return NULL;
	case EBUSY:  return "another listener is installed already by what runs this place";
	case EINVAL: return "the kernel does not know it";
	case ENOSYS: return "the kernel does not have the call";
	case EPERM:
	case EACCES: return "refused by a security profile";
	default:     return strerror(error);
	}
}

const char *bk_ability_reason(const struct bk_ability *ability, const struct bk_place *place)
{
	if (place->offers & ability->bit)
		return NULL;
	if (ability->bit == BK_CAN_NOTIFY)
		return errno_reason(place->notify_errno);
	if (ability->bit == BK_CAN_GATE && place->gate_errno)
		return place->gate_errno == ENOENT ? "no buckler-gate.so beside buckler-init" : errno_reason(place->gate_errno);
	return ability->bit == BK_CAN_SEIZE ? errno_reason(place->seize_errno) : NULL;
}

/* The more telling variable first: Google's functions have K_SERVICE, too, and all of them may run on Kubernetes. */
const char *bk_platform(const char **variable)
{
	static const char *const table[][2] = {
		{ "AWS_LAMBDA_RUNTIME_API", "AWS Lambda" },
		{ "FUNCTION_TARGET", "Google Cloud Functions" },
		{ "K_SERVICE", "Google Cloud Run or Knative" },
		{ "FUNCTIONS_WORKER_RUNTIME", "Azure Functions" },
		{ "FUNCTIONS_CUSTOMHANDLER_PORT", "Azure Functions (custom handler)" },
		{ "fprocess", "OpenFaaS" },
		{ "__OW_ACTION_NAME", "OpenWhisk" },
		{ "FC_FUNCTION_NAME", "Alibaba Function Compute" },
		{ "FLY_APP_NAME", "Fly" },
		{ "KUBERNETES_SERVICE_HOST", "Kubernetes" },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (getenv(table[i][0])) {
			*variable = table[i][0];
			return table[i][1];
		}
	return NULL;
}

/* --- the probe --- */

static void set_text(char *to, size_t cap, const char *value)
{
	size_t n = strnlen(value, cap - 1);

	memcpy(to, value, n);
	to[n] = '\0';
}

void bk_probe_line(struct bk_probe *probe, const char *line)
{
	const char *equals = strchr(line, '=');
	size_t n = equals ? (size_t)(equals - line) : 0;
	struct bk_place *place = &probe->place;
	const char *value = equals ? equals + 1 : "";

#define KEY(name) (n == sizeof name - 1 && memcmp(line, name, n) == 0)
	if (KEY("offers")) {
		place->offers = (uint32_t)strtoul(value, NULL, 0);
		probe->answered = true;
	} else if (KEY("landlock")) {
		place->landlock = (uint32_t)strtoul(value, NULL, 0);
	} else if (KEY("notify_errno")) {
		place->notify_errno = abs(atoi(value));
	} else if (KEY("seize_errno")) {
		place->seize_errno = abs(atoi(value));
	} else if (KEY("gate_errno")) {
		place->gate_errno = abs(atoi(value));
	} else if (KEY("kernel")) {
		set_text(probe->kernel, sizeof probe->kernel, value);
	} else if (KEY("arch")) {
		set_text(probe->arch, sizeof probe->arch, value);
	}
#undef KEY
}

static _Noreturn void become_probe(const char *shim, int out)
{
	dup2(out, 1);
	alarm(PROBE_SECONDS);
	execl(shim, "buckler-init", "--probe", (char *)NULL);
	_exit(127);
}

static void read_answer(int fd, struct bk_probe *probe)
{
	FILE *f = fdopen(fd, "r");
	char line[512];
	size_t left = PROBE_BYTES;

	while (f && left > 0 && fgets(line, sizeof line, f)) {
		size_t n = strcspn(line, "\n");

		line[n] = '\0';
		bk_probe_line(probe, line);
		left -= n < left ? n + (n < left) : left;
	}
	if (f)
		fclose(f);
}

static int judge_end(const char *shim, int status, const struct bk_probe *probe)
{
	if (WIFSIGNALED(status))
		return bk_cli_error("%s --probe was ended by signal %d (%s)", shim, WTERMSIG(status), strsignal(WTERMSIG(status)));
	if (WEXITSTATUS(status) != 0 || !probe->answered)
		return bk_cli_error("%s --probe ended with status %d and %s answer; is it the buckler-init of this version?", shim,
				    WEXITSTATUS(status), probe->answered ? "an" : "no");
	return 0;
}

int bk_probe_run(const char *shim, struct bk_probe *probe)
{
	int ends[2], status = 0;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return bk_cli_error("pipe: %s", strerror(errno));
	pid_t pid = fork();
	if (pid < 0)
		return bk_cli_error("fork: %s", strerror(errno));
	if (pid == 0)
		become_probe(shim, ends[1]);
	close(ends[1]);
	read_answer(ends[0], probe);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return judge_end(shim, status, probe);
}
