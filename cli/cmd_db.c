/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/database.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char usage[] =
	"Usage: buckler db build [-o FILE] [--kev FILE] [--epss FILE] OSV.zip|DIR...\n"
	"       buckler db update [-o FILE] [--url URL] [--ecosystem NAME]...\n"
	"       buckler db info [--db FILE] [--verify] [--format text|json]\n"
	"The advisories that `buckler scan` looks up, as one read-only file: made from\n"
	"OSV exports that are here, or from the public ones.\n"
	"\n"
	"  -o, --output FILE  the database; default: $BUCKLER_DB, else a file in ~/.local\n"
	"  --db FILE          the same, for info\n"
	"  --kev FILE         CISA's known exploited vulnerabilities, JSON, or gzipped\n"
	"  --epss FILE        EPSS scores, CSV, or gzipped\n"
	"                     update takes an address for both, or none\n"
	"  --url URL          where the exports are, as URL/ECOSYSTEM/all.zip; default:\n"
	"                     $BUCKLER_DB_URL, else the public ones\n"
	"  --ecosystem NAME   npm, PyPI, Go, Debian:12, ...; default: ten of them\n"
	"  --verify           info: read every page of the file\n"
	"  --format FORM      info: text or json\n"
	"  -h, --help         this text\n"
	"Exit status: 0 done, 2 an error; then the old database stays as it is.\n"
	"\n"
	"Example: buckler db build --kev kev.json npm.zip PyPI.zip\n";

enum { KEV = 256, EPSS, URL, ECOSYSTEM, VERIFY, FORMAT, DB };

static const struct option options[] = {
	{ "output", required_argument, NULL, 'o' },
	{ "db", required_argument, NULL, DB },
	{ "kev", required_argument, NULL, KEV },
	{ "epss", required_argument, NULL, EPSS },
	{ "url", required_argument, NULL, URL },
	{ "ecosystem", required_argument, NULL, ECOSYSTEM },
	{ "verify", no_argument, NULL, VERIFY },
	{ "format", required_argument, NULL, FORMAT },
	BK_CLI_OPTIONS_END
};

#define PUBLIC_URL  "https://osv-vulnerabilities.storage.googleapis.com"
#define PUBLIC_KEV  "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json"
#define PUBLIC_EPSS "https://epss.empiricalsecurity.com/epss_scores-current.csv.gz"
static const char *const public_ecosystems[] = {
	"npm", "PyPI", "Go", "Maven", "RubyGems", "NuGet", "crates.io", "Packagist", "Debian", "Alpine",
};

struct db {
	char *path;
	const char *kev, *epss, *url;
	const char **ecosystems;
	size_t ecosystem_count, ecosystem_cap;
	bool verify, json;
};

/* --- build --- */

/* What a signal must not leave behind.  Set while there is something; the handler only unlinks. */
static char *volatile unfinished;

static void on_signal(int number)
{
	if (unfinished)
		unlink(unfinished);
	signal(number, SIG_DFL);
	raise(number);
}

static void guard(char *path)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };

	unfinished = path;
	for (size_t i = 0; i < 3; i++)
		signal(numbers[i], path ? on_signal : SIG_DFL);
}

static void show_progress(void *with, const char *source, uint64_t done, uint64_t all, uint64_t records)
{
	struct bk_progress *p = with;
	const char *slash = strrchr(source, '/');

	p->what = slash && slash[1] ? slash + 1 : source;
	bk_progress_show(p, done, all, "records", records);
}

/* The folders above a path, as `mkdir -p` makes them. */
static void make_folders(const char *path)
{
	BK_FREE char *copy = bk_strdup(path);

	for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(copy, 0755);
		*slash = '/';
	}
}

static int move(const char *from, const char *to)
{
	int fd = open(from, O_RDONLY | O_CLOEXEC);
	mode_t mask = umask(0);

	umask(mask);
	if (fd < 0 || fchmod(fd, 0444 & ~mask) < 0 || fsync(fd) < 0 || rename(from, to) < 0) {
		int error = errno;

		if (fd >= 0)
			close(fd);
		return bk_cli_error("%s: %s", to, strerror(error));
	}
	close(fd);
	return 0;
}

static void tell_built(const struct db *db, const struct bk_database_info *info)
{
	printf("%s: %s advisories, %s packages from %s source%s\n", db->path, bk_cli_count(info->records), bk_cli_count(info->packages),
	       bk_cli_count(info->source_count), info->source_count == 1 ? "" : "s");
	if (info->withdrawn || info->duplicates || info->bad || info->foreign)
		printf("left out: %s withdrawn, %s there twice, %s unreadable, %s entries of other ecosystems\n", bk_cli_count(info->withdrawn),
		       bk_cli_count(info->duplicates), bk_cli_count(info->bad), bk_cli_count(info->foreign));
}

/* A source without a record is no export; the database must open as any reader would open it. */
static int check_built(const char *path, const struct bk_database_info *info, struct bk_diags *d)
{
	struct bk_advisories *a;

	for (size_t i = 0; i < info->source_count; i++)
		if (!info->sources[i].read)
			bk_diag_add(d, BK_ERROR, info->sources[i].name, 0, 0, "not one OSV record in it that can be read");
	a = d->errors ? NULL : bk_advisories_open(path, d);
	bk_advisories_close(a);
	return d->errors ? 2 : 0;
}

static int build_beside(const struct db *db, struct bk_database_build *build, char *beside)
{
	struct bk_progress progress;
	struct bk_database_info info;
	struct bk_diags d = { 0 };
	int status;

	bk_progress_begin(&progress, "");
	build->progress = show_progress;
	build->with = &progress;
	build->now = bk_cli_now();
	status = bk_database_build(beside, build, &info, &d) < 0 ? 2 : check_built(beside, &info, &d);
	bk_progress_end(&progress);
	status = bk_cli_report(&d) ? 2 : status;
	if (!status)
		status = move(beside, db->path);
	if (!status)
		tell_built(db, &info);
	bk_database_info_free(&info);
	bk_diags_free(&d);
	return status;
}

static int build(const struct db *db, struct bk_database_build *with)
{
	BK_FREE char *beside = bk_format("%s.XXXXXX", db->path);
	int fd, status;

	make_folders(db->path);
	fd = mkostemp(beside, O_CLOEXEC);
	if (fd < 0)
		return bk_cli_error("%s: %s", db->path, strerror(errno));
	close(fd);
	guard(beside);
	status = build_beside(db, with, beside);
	unlink(beside);			/* gone already where all went well */
	guard(NULL);
	return status;
}

static int run_build(const struct db *db, char **sources, int count)
{
	struct bk_database_build with = { .sources = (const char *const *)sources, .count = (size_t)count, .kev = db->kev, .epss = db->epss };

	if (!count)
		return bk_cli_usage(&bk_cmd_db, "build wants OSV exports: zip files or folders", NULL);
	return build(db, &with);
}

/* --- update --- */

struct update {
	const struct db *db;
	char *folder;
	char **paths;
	const char **names;
	size_t count;
};

static bool is_address(const char *s)
{
	return strncmp(s, "http://", 7) == 0 || strncmp(s, "https://", 8) == 0;
}

/* A catalogue: an address is fetched, a file is taken, "none" is none.  *path, the caller's; 0 or 2. */
static int fetch_catalogue(struct update *u, const char *what, const char *name, char **path)
{
	struct bk_progress progress;

	if (strcmp(what, "none") == 0)
		return 0;
	*path = is_address(what) ? bk_format("%s/%s", u->folder, name) : bk_strdup(what);
	bk_progress_begin(&progress, name);
	return is_address(what) ? bk_cli_fetch(what, *path, &progress) : 0;
}

static int fetch_exports(struct update *u)
{
	const char *base = u->db->url ? u->db->url : getenv("BUCKLER_DB_URL");
	int status = 0;

	for (size_t i = 0; i < u->count && !status; i++) {
		BK_FREE char *url = bk_cli_export_url(base && *base ? base : PUBLIC_URL, u->names[i]);
		struct bk_progress progress;

		u->paths[i] = bk_format("%s/%zu.zip", u->folder, i);
		bk_progress_begin(&progress, u->names[i]);
		status = bk_cli_fetch(url, u->paths[i], &progress);
	}
	return status;
}

static int update(struct update *u)
{
	BK_FREE char *kev = NULL;
	BK_FREE char *epss = NULL;
	struct bk_database_build with = { .sources = (const char *const *)u->paths, .names = u->names, .count = u->count };
	int status = fetch_exports(u);

	if (!status)
		status = fetch_catalogue(u, u->db->kev ? u->db->kev : PUBLIC_KEV, "kev.json", &kev);
	if (!status)
		status = fetch_catalogue(u, u->db->epss ? u->db->epss : PUBLIC_EPSS, "epss.csv.gz", &epss);
	with.kev = kev;
	with.epss = epss;
	if (!status)
		status = build(u->db, &with);
	for (size_t i = 0; i < u->count; i++)
		if (u->paths[i])
			unlink(u->paths[i]);
	if (kev && (!u->db->kev || is_address(u->db->kev)))
		unlink(kev);
	if (epss && (!u->db->epss || is_address(u->db->epss)))
		unlink(epss);
	return status;
}

static int run_update(struct db *db)
{
	const char *tmp = getenv("TMPDIR");
	BK_FREE char *folder = bk_format("%s/buckler-update.XXXXXX", tmp && *tmp ? tmp : "/var/tmp");
	struct update u = { .db = db, .folder = folder, .count = db->ecosystem_count };
	int status;

	u.names = u.count ? db->ecosystems : (const char **)public_ecosystems;
	u.count = u.count ? u.count : sizeof public_ecosystems / sizeof *public_ecosystems;
	u.paths = bk_alloc(u.count * sizeof *u.paths);
	if (!mkdtemp(folder))
		status = bk_cli_error("%s: %s", folder, strerror(errno));
	else
		status = update(&u);
	rmdir(folder);
	for (size_t i = 0; i < u.count; i++)
		free(u.paths[i]);
	free(u.paths);
	return status;
}

/* --- info --- */

static void print_info(const struct db *db, const struct bk_database_info *info)
{
	BK_FREE char *built = bk_cli_time_text(info->built), *age = bk_cli_age_text((bk_cli_now() - info->built) / 86400);

	bk_cli_put(stdout, db->path, strlen(db->path));
	printf("\nbuilt       %s, %s\n", built, age);
	printf("advisories  %s for %s packages\n", bk_cli_count(info->records), bk_cli_count(info->packages));
	printf("left out    %s withdrawn, %s there twice, %s unreadable, %s entries of other ecosystems\n", bk_cli_count(info->withdrawn),
	       bk_cli_count(info->duplicates), bk_cli_count(info->bad), bk_cli_count(info->foreign));
	printf("exploited   %s\n", info->kev ? info->kev : "not in it");
	printf("EPSS        %s\n", info->epss ? info->epss : "not in it");
	for (size_t i = 0; i < info->source_count; i++) {
		const struct bk_database_source *s = &info->sources[i];

		printf("source      %8s records, newest %.10s  ", bk_cli_count(s->records), strcmp(s->newest, "1970") > 0 ? s->newest : "unknown");
		bk_cli_put(stdout, s->name, strlen(s->name));
		putchar('\n');
	}
}

static int run_info(const struct db *db)
{
	struct bk_diags d = { 0 };
	struct bk_database_info info = { 0 };
	struct bk_advisories *a = bk_advisories_open(db->path, &d);
	int status = 0;

	if (a && (!db->verify || bk_advisories_verify(a, &d)) && bk_advisories_info(a, &info, &d)) {
		if (db->json)
			status = bk_cli_json_print(bk_cli_database_json(&info, bk_cli_now()));
		else
			print_info(db, &info);
	}
	bk_advisories_close(a);
	status = bk_cli_report(&d) ? 2 : status;
	bk_database_info_free(&info);
	bk_diags_free(&d);
	return status;
}

/* --- the command --- */

static void option(struct db *db, int c)
{
	switch (c) {
	case KEV:    db->kev = optarg; break;
	case EPSS:   db->epss = optarg; break;
	case URL:    db->url = optarg; break;
	case VERIFY: db->verify = true; break;
	case FORMAT: db->json = bk_cli_format(&bk_cmd_db, optarg); break;
	case ECOSYSTEM:
		db->ecosystems = bk_grow(db->ecosystems, &db->ecosystem_cap, db->ecosystem_count + 1, sizeof *db->ecosystems);
		db->ecosystems[db->ecosystem_count++] = optarg;
		break;
	default:
		free(db->path);
		db->path = bk_strdup(optarg);
	}
}

static int dispatch(struct db *db, int argc, char **argv)
{
	const char *name = optind < argc ? argv[optind++] : NULL;

	if (!name)
		return bk_cli_usage(&bk_cmd_db, "build, update or info is missing", NULL);
	if (strcmp(name, "build") == 0)
		return run_build(db, argv + optind, argc - optind);
	if (optind < argc)
		return bk_cli_usage(&bk_cmd_db, "one argument too many:", argv[optind]);
	if (strcmp(name, "update") == 0)
		return run_update(db);
	if (strcmp(name, "info") == 0)
		return run_info(db);
	return bk_cli_usage(&bk_cmd_db, "there are build, update and info, not", name);
}

static int run(int argc, char **argv)
{
	struct db db = { 0 };
	int status;

	for (int c; (c = bk_cli_option(&bk_cmd_db, argc, argv, ":ho:", options)) != -1; )
		option(&db, c);
	if (!db.path)
		db.path = bk_cli_database_path(NULL);
	status = dispatch(&db, argc, argv);
	free(db.path);
	free(db.ecosystems);
	return status;
}

const struct bk_command bk_cmd_db = { "db", "the advisory database that scan looks up", usage, run };
