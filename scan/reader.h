/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a target.
 *
 *	scan/tree/	what holds files: folders, zips, images, templates.  Each file that they come to is a struct bk_file,
 *			given to bk_scan_file().
 *	scan/read/	what is in a file: one table (reader.c) of file names and the functions that read them.
 *
 * A reader gets bytes from outside.  What it cannot read it says with bk_scan_warn(), which names the file and counts it; it never
 * ends the scan.  Two threads may be at work: a reader touches only its file, and the report only through the functions below.
 */
#ifndef BK_SCAN_READER_H
#define BK_SCAN_READER_H

#include <jansson.h>
#include <pthread.h>
#include <sys/types.h>

#include "scan/scan.h"
#include "scan/set.h"

/* Limits, so that a hostile target costs bounded time and memory.  The figures are far above what is deployed: Lambda takes 250 MB of files, images of 10 GB. */
#define BK_TEXT_MAX	((size_t)16 << 20)	/* a lock file or manifest */
#define BK_BINARY_MAX	((size_t)512 << 20)	/* an executable that is not a file of a folder, an archive in an archive */
#define BK_UNPACK_MAX	((uint64_t)12 << 30)	/* bytes that all archives of a target give together */
#define BK_ENTRIES_MAX	4000000u		/* files of a target */
#define BK_NESTED_MAX	8u			/* archives in archives */
#define BK_FOLDERS_MAX	256u			/* folders in folders */
#define BK_WARNINGS_MAX	500u			/* that are named; the rest is only counted */

/* The state of a scan, shared by all of its files. */
struct bk_scan {
	const struct bk_scan_options *options;
	struct bk_report *report;
	pthread_mutex_t lock;			/* of all that follows and the report */
	uint32_t function;			/* whose files are read */
	struct bk_components system;		/* distribution packages, until the release is known */
	char *os_id, *os_version;		/* of os-release(5) */
	struct bk_set owned;			/* files of distribution packages */
	size_t root;				/* bytes of their paths before the root folder of their system */
	size_t natives;				/* where this function's begin in the report */
	uint64_t unpacked;
	size_t warnings;
	_Atomic bool full;			/* a limit of the whole scan was met, and said */
};

struct bk_file {
	struct bk_scan *scan;
	const char *path;			/* in the target, as reports say it */
	unsigned mode;				/* permissions; 0: unknown */
	unsigned nested;			/* archives around it */
	struct bk_file *archive;		/* the innermost one, NULL */
	_Atomic bool identified;		/* an archive: something in it said what it is (Maven) */
	ssize_t (*read)(struct bk_file *f, void *to, size_t size);	/* the next bytes; 0 at the end, negative errno */
	void *with;				/* read's own */
	int fd;					/* of a file in a folder, else -1 */
	struct bk_buf text;			/* what was read so far */
	bool end;				/* that is all of it */
	bool warned;
};

const char *bk_file_name(const struct bk_file *f);	/* the path's last part */
/* Reads until `size` bytes are in text, or the end.  0 or a negative errno. */
int bk_file_want(struct bk_file *f, size_t size);
/* All of it: 0, -EFBIG where there is more than `limit`, another negative errno. */
int bk_file_whole(struct bk_file *f, size_t limit);
/* SHA-256 of all of it; false with a warning. */
bool bk_file_sha256(struct bk_file *f, uint8_t out[32]);
void bk_file_free(struct bk_file *f);

/* --- the scan's middle --------------------------------------------------------------------------------------------- */

/* Gives a file to its reader. */
void bk_scan_file(struct bk_file *f);
/* Would bk_scan_file() read it?  So that a file that nobody wants is not opened. */
bool bk_scan_wants(const char *path, unsigned mode);
/* Is there a reader for it, not only a search for machine code? */
bool bk_scan_reads(const char *path);
/* Counts files that were seen; false, with a warning once, where there were too many. */
bool bk_scan_count(struct bk_scan *s, const char *path, uint64_t files);
/* Counts unpacked bytes; false, with a warning once, past the limit. */
bool bk_scan_unpacked(struct bk_scan *s, const char *path, uint64_t bytes);
/* The file could not be read whole: a warning that names it, and one more `unread`. */
__attribute__((format(printf, 3, 4))) void bk_scan_warn(struct bk_file *f, unsigned line, const char *format, ...);
__attribute__((format(printf, 3, 4))) void bk_scan_warn_path(struct bk_scan *s, const char *path, const char *format, ...);
/* One more function of the report, whose files come next; its index. */
uint32_t bk_scan_function(struct bk_scan *s, const char *name, const char *handler, const char *runtime);
/* A folder, zip, image or single file as the code of the function in hand.  0 or a negative errno. */
int bk_scan_any(struct bk_scan *s, const char *file, const char *path, const char *prefix);
/* Distribution packages get their release, natives that such a package has go.  At the end of each function. */
void bk_scan_settle(struct bk_scan *s);

/* --- what readers say ------------------------------------------------------------------------------------------------ */

/* A package.  Empty names and versions are no package; `dev` ones only count if the caller wants them. */
void bk_take(struct bk_file *f, enum bk_ecosystem e, const char *name, const char *version, enum bk_evidence evidence, bool dev);
/* The same from a part of a text. */
void bk_take_part(struct bk_file *f, enum bk_ecosystem e, const char *name, size_t name_size, const char *version, size_t version_size,
		  enum bk_evidence evidence, bool dev);
/* A distribution package; source and source_version may be NULL. */
void bk_take_system(struct bk_file *f, enum bk_ecosystem e, const char *name, const char *version, const char *source, const char *source_version);
/* A file that a distribution package has: a path with or without a slash before it. */
void bk_take_owned(struct bk_file *f, const char *path, size_t size);
void bk_take_native(struct bk_file *f, const uint8_t sha256[32]);

/* The whole text as JSON or TOML or YAML in jansson's values; NULL with a warning.  The caller drops it. */
json_t *bk_file_json(struct bk_file *f);
json_t *bk_file_toml(struct bk_file *f);
json_t *bk_file_yaml(struct bk_file *f);
/* A member's text; NULL where it is none. */
const char *bk_json_text(const json_t *object, const char *key);

/* Lines of a text: without their end, also "\r\n".  Start with { text->at, text->at + text->len }. */
struct bk_lines {
	const char *next, *end;
	const char *at;				/* the line */
	size_t len;
	size_t indent;				/* blanks before it, bk_line_indented() */
	unsigned number;
};
bool bk_line(struct bk_lines *l);
/* The same; blanks at the line's beginning are counted and taken off. */
bool bk_line_indented(struct bk_lines *l);
/* A part of the line without blanks and quotes around it; the caller frees. */
char *bk_line_part(const struct bk_lines *l, size_t from, size_t to);
struct bk_lines bk_lines_of(const struct bk_buf *text);
static inline bool bk_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
/* "Key: value" with that key; the value, else NULL. */
const char *bk_line_value(const struct bk_lines *l, const char *key, size_t *len);

/* --- readers (scan/read/) and what holds files (scan/tree/) ------------------------------------------------------------ */

void bk_read_npm_package(struct bk_file *f);
void bk_read_npm_manifest(struct bk_file *f);
void bk_read_npm_lock(struct bk_file *f);
void bk_read_yarn_lock(struct bk_file *f);
void bk_read_pnpm_lock(struct bk_file *f);
void bk_read_requirements(struct bk_file *f);
void bk_read_pipfile_lock(struct bk_file *f);
void bk_read_python_lock(struct bk_file *f);		/* poetry.lock, uv.lock, pylock.toml */
void bk_read_metadata(struct bk_file *f);
void bk_read_go_mod(struct bk_file *f);
void bk_read_pom_properties(struct bk_file *f);
void bk_read_pom(struct bk_file *f);
void bk_read_manifest(struct bk_file *f);		/* of a jar */
void bk_read_gradle_lock(struct bk_file *f);
void bk_read_gemfile_lock(struct bk_file *f);
void bk_read_gemspec(struct bk_file *f);
void bk_read_deps_json(struct bk_file *f);
void bk_read_nuget_lock(struct bk_file *f);
void bk_read_packages_config(struct bk_file *f);
void bk_read_cargo_lock(struct bk_file *f);
void bk_read_composer_lock(struct bk_file *f);
void bk_read_installed_json(struct bk_file *f);
void bk_read_dpkg(struct bk_file *f);
void bk_read_dpkg_list(struct bk_file *f);
void bk_read_apk(struct bk_file *f);
void bk_read_rpm(struct bk_file *f);
void bk_read_rpm_older(struct bk_file *f);		/* says that it is not read */
void bk_read_os_release(struct bk_file *f);
/* What an ELF file, read whole, says of Go's modules and of crates. */
void bk_read_build_info(struct bk_file *f);
void bk_read_go_version(struct bk_file *f, const char *text, size_t size);
void bk_read_go_modules(struct bk_file *f, const char *text, size_t size);
void bk_read_auditable(struct bk_file *f, const char *text, size_t size);

/*
 * `file` is where the bytes are, `path` what reports call it, `prefix` what stands before the paths in it: "", "src/", "function.zip!/".
 * 0 or a negative errno of the folder or file itself.
 */
int bk_walk(struct bk_scan *s, const char *folder, const char *prefix);
int bk_zip(struct bk_scan *s, const char *file, const char *path, const char *prefix);
void bk_zip_nested(struct bk_file *f);
/* An image's functions are its own unless one was begun already (`named`).  False where it is none. */
bool bk_image(struct bk_scan *s, const char *file, const char *path, const char *prefix, bool named);
bool bk_image_folder(const char *folder);
/* A template's functions, each with its code, layers or image.  False where the file is none, or no YAML or JSON at all. */
bool bk_template(struct bk_scan *s, const char *file, const char *path);

#endif
