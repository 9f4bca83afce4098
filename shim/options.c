/* SPDX-License-Identifier: Apache-2.0 */
#include "shim/shim.h"

static void say(const char *a, const char *b, const char *c)
{
	char line[512];
	char *at = bk_put(line, line + sizeof line, a);

	at = bk_put(at, line + sizeof line, b);
	at = bk_put(at, line + sizeof line, c);
	sys_write(2, line, (size_t)(at - line));
}

static const char help[] =
	"usage: buckler-init [-p POLICY] [--] CMD [ARG...]\n"
	"\n"
	"Starts CMD and lets it, and all that it starts, do only what the policy allows.\n"
	"\n"
	"  -p, --policy FILE    compiled policy (default: $BUCKLER_POLICY, policy.bkl beside\n"
	"                       this program, /opt/buckler/policy.bkl)\n"
	"      --policy-fd N    read the policy from descriptor N and close it\n"
	"      --log-fd N       write events to descriptor N (default: standard error)\n"
	"      --probe          print what this place can enforce, and end\n"
	"      --version        print the version, and end\n"
	"  -h, --help           print this, and end\n"
	"\n"
	"environment: BUCKLER_POLICY, BUCKLER_MODE (off, learn, alert), BUCKLER_NEXT,\n"
	"             BUCKLER_LOG_FORM (lambda, google, azure, plain)\n"
	"exit status: CMD's own; 125 not started, 126 cannot be executed, 127 not found\n"
	"\n"
	"example: buckler-init -p policy.bkl -- node server.js\n"
	"Policies are made with buckler(1): buckler learn, buckler compile.\n";

static bool same(const char *a, const char *b)
{
	return bk_text_equal(bk_text_of(a), bk_text_of(b));
}

static int bad(const char *what, const char *which)
{
	say("buckler-init: ", what, "");
	say(" '", which, "'; see buckler-init --help\n");
	return 125;
}

static int read_mode(struct bk_options *o, const char *value)
{
	static const struct { const char *name; enum bk_mode mode; } modes[] = {
		{ "", BK_ENFORCE }, { "enforce", BK_ENFORCE }, { "alert", BK_ALERT }, { "learn", BK_LEARN }, { "off", BK_OFF },
	};

	for (unsigned i = 0; i < sizeof modes / sizeof *modes; i++)
		if (same(value, modes[i].name)) {
			o->least = modes[i].mode;
			return 0;
		}
	return bad("BUCKLER_MODE takes off, learn or alert, not", value);
}

static int read_form(struct bk_options *o, const char *value)
{
	static const struct { const char *name; enum bk_form form; } forms[] = {
		{ "lambda", BK_FORM_LAMBDA }, { "google", BK_FORM_GOOGLE }, { "azure", BK_FORM_AZURE }, { "plain", BK_FORM_PLAIN },
	};

	for (unsigned i = 0; i < sizeof forms / sizeof *forms; i++)
		if (same(value, forms[i].name)) {
			o->form = forms[i].form;
			return 0;
		}
	return bad("BUCKLER_LOG_FORM takes lambda, google, azure or plain, not", value);
}

/* Which variable tells what of the place.  The first that names the function wins. */
static void read_place(struct bk_options *o, const char *entry)
{
	static const struct { const char *name; enum bk_form form; bool names; } places[] = {
		{ "AWS_LAMBDA_FUNCTION_NAME", BK_FORM_LAMBDA, true },
		{ "AWS_LAMBDA_RUNTIME_API", BK_FORM_LAMBDA, false },
		{ "K_SERVICE", BK_FORM_GOOGLE, true },
		{ "CLOUD_RUN_JOB", BK_FORM_GOOGLE, true },
		{ "WEBSITE_SITE_NAME", BK_FORM_AZURE, true },
		{ "FUNCTIONS_WORKER_RUNTIME", BK_FORM_AZURE, false },
		{ "FUNCTIONS_CUSTOMHANDLER_PORT", BK_FORM_AZURE, false },
	};

	for (unsigned i = 0; i < sizeof places / sizeof *places; i++) {
		const char *value = bk_value_of(entry, places[i].name);

		if (!value)
			continue;
		if (o->form == BK_FORM_PLAIN)
			o->form = places[i].form;
		if (places[i].names && !o->function)
			o->function = value;
	}
}

static bool is_ours(const char *entry)
{
	static const char start[] = "BUCKLER_";
	unsigned i = 0;

	while (start[i] && entry[i] == start[i])
		i++;
	return !start[i];
}

/* Takes the BUCKLER_* variables out of the environment in place. */
static int read_environment(struct bk_options *o, char **envp)
{
	char **keep = envp;
	const char *form = NULL, *next = NULL;
	int status = 0;

	o->envp = envp;
	for (char **at = envp; *at; at++) {
		const char *value;

		if ((value = bk_value_of(*at, "BUCKLER_POLICY")))
			o->policy = *value ? value : NULL;
		else if ((value = bk_value_of(*at, "BUCKLER_MODE")))
			status = status ? status : read_mode(o, value);
		else if ((value = bk_value_of(*at, "BUCKLER_LOG_FORM")))
			form = *value ? value : NULL;
		else if ((value = bk_value_of(*at, "BUCKLER_NEXT")))
			next = *value ? value : NULL;
		else if (!is_ours(*at) && !bk_value_of(*at, "AWS_LAMBDA_EXEC_WRAPPER"))
			*keep++ = *at;	/* the wrapper is us: what the function starts is not to be wrapped again */
		read_place(o, *at);
	}
	*keep = NULL;
	if (form && !status)
		status = read_form(o, form);
	/* A further wrapper: it takes argv[0]'s place in front of the command; argv[-1] is ours to write, it held our own name, an
	   option, or the number of arguments. */
	if (next)
		*--o->argv = (char *)next;
	return status;
}

static int read_descriptor(const char *value, int *fd)
{
	const char *end;
	uint64_t n = value ? bk_parse_number(value, &end) : 0;

	if (!value || !*value || *end || n > 1u << 20)
		return bad("this option takes a descriptor number, not", value ? value : "");
	if (sys_fcntl((int)n, F_GETFD, 0) < 0)
		return bad("this descriptor is not open:", value);
	*fd = (int)n;
	return 0;
}

static int read_option(struct bk_options *o, char ***at)
{
	const char *option = *(*at)++;

	if (same(option, "-p") || same(option, "--policy")) {
		o->policy = **at;
		if (!o->policy)
			return bad("a file must follow", option);
		(*at)++;
		return 0;
	}
	if (same(option, "--policy-fd") || same(option, "--log-fd")) {
		const char *value = **at;

		if (value)
			(*at)++;
		return read_descriptor(value, same(option, "--log-fd") ? &o->log_fd : &o->policy_fd);
	}
	o->probe |= same(option, "--probe");
	o->help |= same(option, "--help") || same(option, "-h");
	o->version |= same(option, "--version");
	return o->probe || o->help || o->version ? 0 : bad("there is no option", option);
}

/*
 * Put in the place of a function's own program (Lambda's bootstrap), we are started without a command: it is then the file beside us
 * with our own name and ".buckler" behind it, which is what `buckler wrap` makes of the program.
 */
static char **own_program(struct bk_options *o, char **at)
{
	static const char ending[] = ".buckler";
	long n = sys_readlink("/proc/self/exe", o->own_program, sizeof o->own_program);

	if (n <= 0 || n > (long)(sizeof o->own_program - sizeof ending))
		return at;
	bk_put(o->own_program + n, o->own_program + sizeof o->own_program, ending);
	if (sys_access(o->own_program, 0) < 0)
		return at;
	*--at = o->own_program;
	return at;
}

int bk_options_read(struct bk_options *o, int argc, char **argv, char **envp)
{
	char **at = argv + (argc > 0);
	const char *from_option;
	int status = 0;

	*o = (struct bk_options){ .policy_fd = -1, .log_fd = -1, .form = BK_FORM_PLAIN, .shim_path = argc > 0 ? argv[0] : "" };
	while (!status && *at && (*at)[0] == '-' && (*at)[1]) {
		if (same(*at, "--")) {
			at++;
			break;
		}
		status = read_option(o, &at);
	}
	if (status)
		return status;
	from_option = o->policy;
	o->argv = *at || argc < 1 || o->help || o->version || o->probe ? at : own_program(o, at);
	status = read_environment(o, envp);
	if (from_option)
		o->policy = from_option;
	if (o->help || o->version) {
		const char *text = o->help ? help : "buckler-init " BK_VERSION "\n";

		sys_write(1, text, bk_text_of(text).len);
		sys_exit(0);
	}
	if (!status && !o->probe && !*o->argv) {
		say("buckler-init: which command? See buckler-init --help\n", "", "");
		status = 125;
	}
	return status;
}
