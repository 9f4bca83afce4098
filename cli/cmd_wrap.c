/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include <errno.h>
#include <libgen.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/objects.h"
#include "pack/pack.h"

static const char usage[] =
	"Usage: buckler wrap TARGET -p POLICY -o OUT [OPTION]...\n"
	"       buckler wrap --layer -p POLICY -o LAYER.zip\n"
	"       buckler wrap --undo TARGET -o OUT\n"
	"Puts buckler-init and the policy into what is deployed. TARGET is a function's\n"
	"package (zip or folder), a SAM or CloudFormation template (YAML, JSON; the layer\n"
	"is written beside OUT), or a Dockerfile (OUT is a folder for the build; the\n"
	"lines for the image are printed). --undo gives back the exact bytes.\n"
	"\n"
	"  -p, --policy POLICY  the policy, text or compiled\n"
	"  -o, --output OUT     what to write; appears whole or not at all\n"
	"  -f, --function NAME  only this function of a template (may be repeated)\n"
	"      --objects PATH   object, folder or zip to make the gate's table of, beside\n"
	"                       what is in the package, or what a template's functions\n"
	"                       name as theirs (may be repeated)\n"
	"      --layer          only the layer: /opt/buckler/ where it is used\n"
	"      --shim FILE      the buckler-init to put in, for another machine\n"
	"      --undo           take off what wrap put on\n"
	"  -h, --help           this text\n"
	"\n"
	"Exit status: 0 written, 2 errors (nothing is written).\n"
	"\n"
	"Example: buckler wrap function.zip -p policy.yaml -o wrapped.zip\n"
	"         buckler wrap template.yaml -p policy.yaml -o template.buckler.yaml\n";

enum { OPTION_LAYER = 256, OPTION_SHIM, OPTION_UNDO, OPTION_OBJECTS };
static const struct option options[] = {
	{ "policy", required_argument, NULL, 'p' },
	{ "output", required_argument, NULL, 'o' },
	{ "function", required_argument, NULL, 'f' },
	{ "layer", no_argument, NULL, OPTION_LAYER },
	{ "objects", required_argument, NULL, OPTION_OBJECTS },
	{ "shim", required_argument, NULL, OPTION_SHIM },
	{ "undo", no_argument, NULL, OPTION_UNDO },
	BK_CLI_OPTIONS_END
};

struct job {
	const char *target, *policy, *out, *shim;
	const char **functions, **objects;
	size_t function_count, function_cap, object_count, object_cap;
	bool layer, undo;
};

enum kind { PACKAGE, FOLDER, TEMPLATE, DOCKERFILE, UNKNOWN };

/* What goes in; owned here. */
struct content {
	struct bk_buf shim, gate, table, policy;
	struct bk_pack_parts parts;
};

static void free_content(struct content *c)
{
	bk_buf_free(&c->shim);
	bk_buf_free(&c->gate);
	bk_buf_free(&c->table);
	bk_buf_free(&c->policy);
}
#define CONTENT __attribute__((cleanup(free_content))) struct content

/* --- what goes in -------------------------------------------------------------------------------------------------------------- */

static bool read_shim(const char *path, struct content *c)
{
	int r = bk_read_file(path, 16u << 20, &c->shim);

	if (r < 0)
		return bk_cli_error("%s: %s", path, strerror(-r)), false;
	if (!bk_pack_machine(c->shim.at, c->shim.len))
		return bk_cli_error("%s: this is no buckler-init: not a program for x86-64 or arm64", path), false;
	return true;
}

/* Beside the shim, and where it is for the same machine. */
static void read_gate(const char *shim, struct content *c)
{
	BK_FREE char *folder = bk_strdup(shim);
	BK_FREE char *path = bk_format("%s/" BK_PACK_GATE, dirname(folder));

	if (bk_read_file(path, 16u << 20, &c->gate) < 0)
		return;
	const char *machine = bk_pack_machine(c->gate.at, c->gate.len);

	if (machine && strcmp(machine, bk_pack_machine(c->shim.at, c->shim.len)) == 0)
		c->parts.gate = &c->gate;
}

/* The platform's name for the program that is renamed stands for it in the policy, too. */
static void rename_rule(char **path)
{
	if (!*path || strcmp(*path, "/var/task/" BK_PACK_BOOTSTRAP) != 0)
		return;
	free(*path);
	*path = bk_strdup("/var/task/" BK_PACK_REAL);
}

static void rename_rules(struct bk_model *m)
{
	struct bk_model_section *processes = &m->section[BK_PROCESSES];

	rename_rule(&m->main.path);
	for (size_t i = 0; i < processes->count; i++)
		rename_rule(&processes->rules[i].path);
}

/* Compiled; with the real program's new name where it is renamed. */
static bool read_policy(const char *path, bool renamed, struct content *c)
{
	struct bk_diags d = { 0 };
	struct bk_model *m = bk_cli_model(path, &d);
	bool good;

	if (m && renamed)
		rename_rules(m);
	good = m && bk_policy_compile(m, &c->policy, &d) == 0 && !d.errors;
	bk_cli_report(&d);
	bk_diags_free(&d);
	bk_model_free(m);
	return good;
}

/* --- site tables -------------------------------------------------------------------------------------------------------------- */

static void add_object(void *objects, const char *path, const void *bytes, size_t size)
{
	bk_objects_bytes(objects, path, bytes, size, false);
}

static void add_zip(struct bk_objects *objects, const char *path, const struct bk_buf *bytes)
{
	struct bk_diags d = { 0 };

	bk_zip_objects(path, bytes, add_object, objects, &d);
	bk_cli_report(&d);
	bk_diags_free(&d);
}

/* What --objects names: a zip, or what gate-table takes. */
static void add_named(struct bk_objects *objects, const char *path)
{
	BK_BUF bytes = { 0 };
	struct stat st;

	if (stat(path, &st) == 0 && S_ISREG(st.st_mode) && bk_read_file(path, BK_PACK_MAX, &bytes) == 0 && bytes.len >= 2 &&
	    memcmp(bytes.at, "PK", 2) == 0)
		add_zip(objects, path, &bytes);
	else
		bk_objects_add(objects, path);
}

/* What a template names may be built later. */
static void add_package(void *objects, const char *path)
{
	struct bk_diags d = { 0 };

	if (access(path, F_OK) == 0) {
		add_named(objects, path);
		return;
	}
	bk_diag_add(&d, BK_NOTE, path, 0, 0, "the template names it, and it is not there: the gate gets no site tables of what will be in it; "
		    "wrap the template that the build has written, or name the objects with --objects");
	bk_cli_report(&d);
	bk_diags_free(&d);
}

static struct bk_template_job template_job(const struct job *job, const struct content *c)
{
	return (struct bk_template_job){
		.name = job->target, .functions = job->functions, .function_count = job->function_count, .machine = bk_pack_machine(c->shim.at, c->shim.len),
	};
}

static void add_packages(struct bk_objects *objects, const struct job *job, const struct bk_buf *in, const struct content *c)
{
	struct bk_template_job t = template_job(job, c);

	bk_template_packages(&t, in, add_package, objects);
}

/* Of the package's own objects, and of those that are named: only a gate can use it.  What is in the package and cannot be charted is warned of. */
static bool make_table(const struct job *job, enum kind kind, const struct bk_buf *in, struct content *c)
{
	struct bk_objects objects = { .lenient = true };

	if (!c->parts.gate && job->object_count)
		return bk_cli_error("--objects is for the in-process gate, and there is none beside this buckler-init"), false;
	if (c->parts.gate && kind == FOLDER)
		bk_objects_add(&objects, job->target);
	if (c->parts.gate && kind == PACKAGE)
		add_zip(&objects, job->target, in);
	if (c->parts.gate && kind == TEMPLATE)
		add_packages(&objects, job, in, c);
	objects.lenient = false;
	for (size_t i = 0; i < job->object_count; i++)
		add_named(&objects, job->objects[i]);
	if (objects.found && !objects.status) {
		bk_tables_write(&objects.tables, &c->table);
		c->parts.table = &c->table;
	}
	bk_tables_free(&objects.tables);
	return !objects.status;
}

static bool gather(const struct job *job, bool renamed, struct content *c)
{
	BK_FREE char *shim = job->shim ? bk_strdup(job->shim) : bk_cli_shim();

	c->parts = (struct bk_pack_parts){ .shim = &c->shim, .policy = &c->policy };
	if (!shim || !read_shim(shim, c) || !read_policy(job->policy, renamed, c))
		return false;
	read_gate(shim, c);
	return true;
}

/* --- what it is ------------------------------------------------------------------------------------------------------------------ */

static enum kind kind_of(const char *path, struct bk_buf *in)
{
	BK_FREE char *name = bk_strdup(path);
	struct stat st;
	int r;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return FOLDER;
	r = bk_read_file(path, BK_PACK_MAX, in);
	if (r < 0) {
		bk_cli_error("%s: %s", path, r == -EFBIG ? "larger than any package that the platform takes" : strerror(-r));
		return UNKNOWN;
	}
	if (in->len >= 2 && memcmp(in->at, "PK", 2) == 0)
		return PACKAGE;
	if (strncasecmp(basename(name), "Dockerfile", 10) == 0 || strncasecmp(basename(name), "Containerfile", 13) == 0)
		return DOCKERFILE;
	if (in->len <= BK_TEMPLATE_MAX)
		return TEMPLATE;
	bk_cli_error("%s: neither a zip nor a template (those have at most %u bytes)", path, BK_TEMPLATE_MAX);
	return UNKNOWN;
}

static bool has_bootstrap(enum kind kind, const char *target, const struct bk_buf *in)
{
	BK_FREE char *path = bk_format("%s/" BK_PACK_BOOTSTRAP, target);
	struct bk_diags unused = { 0 };
	struct stat st;
	struct bk_zip z;
	bool found;

	if (kind == FOLDER)
		return lstat(path, &st) == 0;
	found = kind == PACKAGE && bk_zip_open(&z, target, in->at, in->len, &unused) && bk_zip_find(&z, BK_PACK_BOOTSTRAP);
	if (kind == PACKAGE)
		bk_zip_close(&z);
	bk_diags_free(&unused);
	return found;
}

/* --- writing -------------------------------------------------------------------------------------------------------------------- */

static int write_out(const char *path, const struct bk_buf *bytes)
{
	int r = bk_write_file(path, bytes->at, bytes->len);

	return r < 0 ? bk_cli_error("%s: cannot write: %s", path, strerror(-r)) : 0;
}

static int report(struct bk_diags *d, bool good)
{
	int status = bk_cli_report(d);

	bk_diags_free(d);
	return good ? 0 : status ? status : bk_cli_error("cannot be wrapped");
}

static bool make_layer(const struct content *c, struct bk_buf *out, struct bk_diags *d)
{
	struct bk_pack_file files[BK_PACK_FILES];
	size_t n = bk_pack_files(&c->parts, BK_PACK_FOLDER, false, files);

	return bk_zip_make(files + 1, n - 1, out, d);	/* the mark is for packages */
}

static int layer(const struct job *job, const struct content *c)
{
	struct bk_diags d = { 0 };
	BK_BUF out = { 0 };
	int status = report(&d, make_layer(c, &out, &d));

	return status ? status : write_out(job->out, &out);
}

/* How a package without a bootstrap is told to start the shim. */
static void say_how(const struct job *job, bool started)
{
	if (started)
		return;
	fprintf(stderr, "%s: there is no bootstrap in it; tell the platform to start buckler-init:\n"
		"  AWS Lambda     AWS_LAMBDA_EXEC_WRAPPER=/var/task/" BK_PACK_FOLDER BK_PACK_SHIM "\n"
		"  Google         GOOGLE_ENTRYPOINT=\"" BK_PACK_FOLDER BK_PACK_SHIM " COMMAND...\"\n"
		"  Azure workers  languageWorkers__LANGUAGE__defaultExecutablePath=/home/site/wwwroot/" BK_PACK_FOLDER BK_PACK_SHIM "\n"
		"                 languageWorkers__LANGUAGE__arguments=/path/of/the/interpreter\n", job->out);
}

static int package(const struct job *job, const struct bk_buf *in, const struct content *c)
{
	struct bk_diags d = { 0 };
	BK_BUF out = { 0 };
	bool started, good = bk_zip_wrap(job->target, in, &c->parts, &out, &started, &d);
	int status = report(&d, good);

	if (status == 0)
		status = write_out(job->out, &out);
	if (status == 0)
		say_how(job, started);
	return status;
}

static int folder(const struct job *job, const struct content *c)
{
	struct bk_diags d = { 0 };
	bool started, good = bk_tree_wrap(job->target, job->out, &c->parts, &started, &d);
	int status = report(&d, good);

	if (status == 0)
		say_how(job, started);
	return status;
}

static int template(const struct job *job, const struct bk_buf *in, const struct content *c)
{
	struct bk_template_job t = template_job(job, c);
	BK_FREE char *name = bk_strdup(job->out);
	BK_FREE char *beside = bk_format("%s/" BK_PACK_LAYER, dirname(name));
	struct bk_diags d = { 0 };
	BK_BUF out = { 0 };
	BK_BUF zip = { 0 };
	int status = report(&d, bk_template_wrap(&t, in, &out, &d) && make_layer(c, &zip, &d));

	if (status == 0)
		status = write_out(beside, &zip);
	return status ? status : write_out(job->out, &out);
}

static int put_file(const char *path, const char *name, const struct bk_buf *bytes, mode_t mode)
{
	BK_FREE char *file = bk_format("%s/%s", path, name);
	int status = write_out(file, bytes);

	if (status == 0 && chmod(file, mode) < 0)
		status = bk_cli_error("%s: %s", file, strerror(errno));
	return status;
}

static int dockerfile(const struct job *job, const struct bk_buf *in, const struct content *c)
{
	struct bk_diags d = { 0 };
	BK_BUF lines = { 0 };
	int status = report(&d, bk_image_lines(job->target, in, job->out, &lines, &d));

	if (status == 0 && mkdir(job->out, 0755) < 0 && errno != EEXIST)
		status = bk_cli_error("%s: %s", job->out, strerror(errno));
	if (status == 0)
		status = put_file(job->out, BK_PACK_SHIM, &c->shim, 0755);
	if (status == 0)
		status = put_file(job->out, BK_PACK_POLICY, &c->policy, 0644);
	if (status == 0 && c->parts.gate)
		status = put_file(job->out, BK_PACK_GATE, &c->gate, 0755);
	if (status == 0 && c->parts.table)
		status = put_file(job->out, BK_PACK_TABLE, &c->table, 0644);
	if (status == 0)
		fputs(lines.at, stdout);
	return status;
}

static int wrap(const struct job *job)
{
	BK_BUF in = { 0 };
	enum kind kind = job->layer ? UNKNOWN : kind_of(job->target, &in);
	CONTENT c = { 0 };

	if (kind == UNKNOWN && !job->layer)
		return 2;
	if (job->function_count && kind != TEMPLATE)
		return bk_cli_error("--function is for templates, and %s is none", job->layer ? "a layer" : job->target);
	if (!gather(job, has_bootstrap(kind, job->target, &in), &c) || !make_table(job, kind, &in, &c))
		return 2;
	switch (kind) {
	case PACKAGE:	 return package(job, &in, &c);
	case FOLDER:	 return folder(job, &c);
	case TEMPLATE:	 return template(job, &in, &c);
	case DOCKERFILE: return dockerfile(job, &in, &c);
	default:	 return layer(job, &c);
	}
}

static int undo(const struct job *job)
{
	BK_BUF in = { 0 };
	BK_BUF out = { 0 };
	struct bk_diags d = { 0 };
	enum kind kind = kind_of(job->target, &in);
	int status;

	if (kind == UNKNOWN)
		return 2;
	if (kind == DOCKERFILE)
		return bk_cli_error("%s: a Dockerfile is not changed by wrap: take out the lines that it printed", job->target);
	if (kind == FOLDER)
		return report(&d, bk_tree_unwrap(job->target, job->out, &d));
	status = report(&d, kind == PACKAGE ? bk_zip_unwrap(job->target, &in, &out, &d) : bk_template_unwrap(job->target, &in, &out, &d));
	return status ? status : write_out(job->out, &out);
}

/* --- options ---------------------------------------------------------------------------------------------------------------------- */

static void read_option(struct job *job, int c)
{
	switch (c) {
	case 'p':	   job->policy = optarg; break;
	case 'o':	   job->out = optarg; break;
	case OPTION_LAYER: job->layer = true; break;
	case OPTION_SHIM:  job->shim = optarg; break;
	case OPTION_UNDO:  job->undo = true; break;
	case OPTION_OBJECTS:
		job->objects = bk_grow(job->objects, &job->object_cap, job->object_count + 1, sizeof *job->objects);
		job->objects[job->object_count++] = optarg;
		break;
	default:
		job->functions = bk_grow(job->functions, &job->function_cap, job->function_count + 1, sizeof *job->functions);
		job->functions[job->function_count++] = optarg;
	}
}

static int check_use(const struct job *job, const char *further)
{
	if (further)
		return bk_cli_usage(&bk_cmd_wrap, "one TARGET only, not also", further);
	if (job->layer && job->target)
		return bk_cli_usage(&bk_cmd_wrap, "--layer takes no TARGET, such as", job->target);
	if (!job->layer && !job->target)
		return bk_cli_usage(&bk_cmd_wrap, "a TARGET must be named", NULL);
	if (!job->out)
		return bk_cli_usage(&bk_cmd_wrap, "name the output with -o OUT", NULL);
	if (job->undo && (job->policy || job->layer || job->shim || job->object_count))
		return bk_cli_usage(&bk_cmd_wrap, "--undo needs only TARGET and -o OUT", NULL);
	if (!job->undo && !job->policy)
		return bk_cli_usage(&bk_cmd_wrap, "name the policy with -p POLICY", NULL);
	return 0;
}

static int run(int argc, char **argv)
{
	struct job job = { 0 };
	int c, status;

	while ((c = bk_cli_option(&bk_cmd_wrap, argc, argv, ":p:o:f:h", options)) != -1)
		read_option(&job, c);
	job.target = argv[optind];
	status = check_use(&job, job.target ? argv[optind + 1] : NULL);
	if (status == 0)
		status = job.undo ? undo(&job) : wrap(&job);
	free(job.functions);
	free(job.objects);
	return status;
}

const struct bk_command bk_cmd_wrap = { "wrap", "put the shim into a package, a layer, a template, an image", usage, run };
