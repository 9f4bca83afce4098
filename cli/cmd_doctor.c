/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cli/cli.h"
#include "cli/place.h"

static const char usage[] =
	"Usage: buckler doctor [-p POLICY] [--format text|json]\n"
	"Tries out what this place offers (buckler-init --probe) and says what a policy\n"
	"can enforce here, by which mechanism, and what to do about what is missing.\n"
	"\n"
	"  -p, --policy POLICY  ask for this policy, not for one with every section\n"
	"  --format text|json   json: one object on standard output\n"
	"  -h, --help           this text\n"
	"\n"
	"enforced: refused before it happens, by the kernel or, by the gate, on each way\n"
	"that unmodified code has to it; detected: judged, but another thread can change\n"
	"what was judged, or found after the fact; unavailable: not judged here.\n"
	"Exit status: 0; 1 with -p where a section of the policy is not enforced here; 2\n"
	"where buckler-init could not be asked, or the policy is wrong.\n"
	"\n"
	"Example: docker run --rm -v $PWD:/b IMAGE /b/buckler doctor -p /b/policy.yaml\n";

static const struct option options[] = {
	{ "policy", required_argument, NULL, 'p' },
	{ "format", required_argument, NULL, 'f' },
	BK_CLI_OPTIONS_END
};

struct visit {
	char *shim;
	struct bk_probe probe;
	struct bk_buf bytes;
	struct bk_policy policy;
	struct bk_plan plan;
	bool named;			/* a policy was named */
};

/* --- the policy that is asked about --- */

static bool every_section(struct bk_buf *bytes, struct bk_diags *d)
{
	struct bk_model *m = bk_model_new();

	for (int i = 0; i < BK_SECTIONS; i++)
		m->section[i].present = true;
	bool good = bk_policy_compile(m, bytes, d) == 0;
	bk_model_free(m);
	return good;
}

static bool take_policy(struct visit *v, const char *path)
{
	struct bk_diags d = { 0 };
	bool good = path ? bk_policy_load(path, &v->bytes, &d) : every_section(&v->bytes, &d);

	good = good && bk_cli_verify(path, &v->bytes, &v->policy, &d);
	bk_cli_report(&d);
	bk_diags_free(&d);
	v->named = path != NULL;
	return good;
}

/* --- text --- */

static void print_word(const char *word, bool good, int width)
{
	bool colour = bk_cli_colour(stdout);

	printf("%s%-*s%s", !colour ? "" : good ? "\033[32m" : "\033[31m", width, word, colour ? "\033[0m" : "");
}

static void print_abilities(const struct visit *v)
{
	const struct bk_place *place = &v->probe.place;

	puts("\nThis place offers");
	for (const struct bk_ability *a = bk_abilities; a->bit; a++) {
		const char *reason = bk_ability_reason(a, place);

		printf("  %-15s", a->name);
		print_word(place->offers & a->bit ? "yes" : "no", place->offers & a->bit, 5);
		printf("%s%s%s\n", a->use, reason ? ": " : "", reason ? reason : "");
	}
	printf("  %-15s", "landlock");
	print_word(place->landlock ? "yes" : "no", place->landlock != 0, 5);
	printf("file rules of the kernel");
	if (place->landlock)
		printf(" (ABI %u)", place->landlock);
	putchar('\n');
}

static void print_sections(const struct visit *v)
{
	puts(v->named ? "\nSections of the policy" : "\nSections that a policy can have");
	for (int i = 0; i < BK_SECTIONS; i++) {
		enum bk_status status = (enum bk_status)v->plan.status[i];

		if (status == BK_ABSENT)
			continue;
		printf("  %-20s", bk_section_name((enum bk_section)i));
		print_word(bk_status_name(status), status == BK_ENFORCED, 0);
		putchar('\n');
	}
}

static void print_advice(const struct visit *v)
{
	bool first = true;

	for (const struct bk_ability *a = bk_abilities; a->bit; a++) {
		if (v->probe.place.offers & a->bit || !a->missing)
			continue;
		printf("%s  %s: %s\n", first ? "\nWhat to do\n" : "", a->name, a->missing);
		first = false;
	}
}

static void print_text(const struct visit *v)
{
	const char *variable, *platform = bk_platform(&variable);

	printf("place      %s%s%s%s\n", platform ? platform : "no function platform recognised", platform ? " (" : "",
	       platform ? variable : "", platform ? " is set)" : "");
	printf("kernel     %s %s\n", v->probe.kernel, v->probe.arch);
	printf("shim       ");
	bk_cli_put(stdout, v->shim, strlen(v->shim));
	printf("\nmechanism  ");
	print_word(bk_mechanism_name(v->plan.mechanism), !v->plan.alone, 0);
	printf(": %s\n", v->plan.reason);
	print_abilities(v);
	print_sections(v);
	print_advice(v);
}

/* --- JSON --- */

static json_t *abilities_json(const struct bk_place *place)
{
	json_t *to = json_object();

	for (const struct bk_ability *a = bk_abilities; a->bit; a++)
		json_object_set_new(to, a->name, json_boolean(place->offers & a->bit));
	return to;
}

static json_t *sections_json(const struct bk_plan *plan)
{
	json_t *to = json_object();

	for (int i = 0; i < BK_SECTIONS; i++)
		if (plan->status[i] != BK_ABSENT)
			json_object_set_new(to, bk_section_name((enum bk_section)i),
					    json_string(bk_status_name((enum bk_status)plan->status[i])));
	return to;
}

static json_t *advice_json(const struct bk_place *place)
{
	json_t *to = json_object();

	for (const struct bk_ability *a = bk_abilities; a->bit; a++)
		if (!(place->offers & a->bit) && a->missing)
			json_object_set_new(to, a->name, json_string(a->missing));
	return to;
}

static int print_json(const struct visit *v)
{
	const char *variable, *platform = bk_platform(&variable);
	json_t *all = json_object();

	json_object_set_new(all, "place", platform ? json_string(platform) : json_null());
	json_object_set_new(all, "kernel", bk_cli_json_text(v->probe.kernel, strlen(v->probe.kernel)));
	json_object_set_new(all, "arch", bk_cli_json_text(v->probe.arch, strlen(v->probe.arch)));
	json_object_set_new(all, "shim", bk_cli_json_text(v->shim, strlen(v->shim)));
	json_object_set_new(all, "mechanism", json_string(bk_mechanism_name(v->plan.mechanism)));
	json_object_set_new(all, "reason", json_string(v->plan.reason));
	json_object_set_new(all, "offers", abilities_json(&v->probe.place));
	json_object_set_new(all, "landlock", json_integer(v->probe.place.landlock));
	json_object_set_new(all, "notify_errno", json_integer(v->probe.place.notify_errno));
	json_object_set_new(all, "seize_errno", json_integer(v->probe.place.seize_errno));
	json_object_set_new(all, "sections", sections_json(&v->plan));
	json_object_set_new(all, "advice", advice_json(&v->probe.place));
	return bk_cli_json_print(all);
}

/* --- the command --- */

static int visit(struct visit *v, const char *policy, bool json)
{
	v->shim = bk_cli_shim();
	if (!v->shim || !take_policy(v, policy) || bk_probe_run(v->shim, &v->probe) != 0)
		return 2;
	bk_plan_make(&v->policy, &v->probe.place, &v->plan);
	if (json && print_json(v) != 0)
		return 2;
	if (!json)
		print_text(v);
	return v->named && bk_plan_gap(&v->plan) != BK_SECTIONS ? 1 : 0;
}

static int run(int argc, char **argv)
{
	struct visit v = { 0 };
	const char *policy = NULL;
	bool json = false;

	for (int c; (c = bk_cli_option(&bk_cmd_doctor, argc, argv, ":hp:f:", options)) != -1; )
		if (c == 'p')
			policy = optarg;
		else
			json = bk_cli_format(&bk_cmd_doctor, optarg);
	if (optind < argc)
		return bk_cli_usage(&bk_cmd_doctor, "takes no arguments, not", argv[optind]);

	int status = visit(&v, policy, json);
	free(v.shim);
	bk_buf_free(&v.bytes);
	return status;
}

const struct bk_command bk_cmd_doctor = { "doctor", "what this place can enforce, and with which mechanism", usage, run };
