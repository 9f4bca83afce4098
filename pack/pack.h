/* SPDX-License-Identifier: Apache-2.0 */
/*
 * buckler wrap: puts the shim and a policy into what is deployed, so that the platform starts the shim and the shim starts the function.
 *
 *	a function's package (zip or folder)   bootstrap is renamed to bootstrap.buckler, the shim becomes bootstrap; a package without
 *	                                       one gets a folder buckler/ that AWS_LAMBDA_EXEC_WRAPPER can point at
 *	a layer (zip)                          buckler/buckler-init, policy.bkl and the gate's files, which is /opt/buckler/ where it is used
 *	a template (SAM, CloudFormation)       the layer as a resource, and for each function the layer and AWS_LAMBDA_EXEC_WRAPPER
 *	a custom handler's folder (Azure)      host.json starts the shim with the old command as its arguments
 *	an image (Dockerfile)                  the lines to put at its end
 *
 * All is done on bytes in memory: what is written is whole, or nothing is.  The same input gives the same bytes.  Undoing gives back the
 * input's bytes exactly; wrapping tries that before it answers, and refuses where it would not.
 * Errors are diagnostics; functions return false with at least one.
 */
#ifndef BK_PACK_H
#define BK_PACK_H

#include "base/base.h"

/* Names in a package.  The shim, started without a command, runs the file that has its own name and this ending (shim/options.c). */
#define BK_PACK_BOOTSTRAP	"bootstrap"
#define BK_PACK_REAL		"bootstrap.buckler"
#define BK_PACK_MARK		"buckler.wrapped"	/* the first of the files that were added */
#define BK_PACK_SHIM		"buckler-init"
#define BK_PACK_GATE		"buckler-gate.so"
#define BK_PACK_TABLE		"sites.bkt"	/* beside the gate, which looks for it there (gate/table.h) */
#define BK_PACK_POLICY		"policy.bkl"
#define BK_PACK_FOLDER		"buckler/"
#define BK_PACK_LAYER		"buckler-layer.zip"	/* beside a template */

#define BK_PACK_MAX		(300u << 20)		/* bytes of a package: the platform unpacks at most 250 MB */
#define BK_TEMPLATE_MAX		(1u << 20)		/* bytes of a template: the platform's own limit */

/* What is put in.  The buffers belong to the caller. */
struct bk_pack_parts {
	const struct bk_buf *shim, *gate, *table, *policy;	/* gate, table: NULL where there is none */
};

/* A file of a package. */
struct bk_pack_file {
	const char *name;
	unsigned mode;			/* permissions */
	const void *bytes;
	size_t size;
};
#define BK_PACK_FILES 6
/* The files that wrapping adds, the mark first; `folder` is what their names begin with, `bootstrap` whether the shim takes its place. */
size_t bk_pack_files(const struct bk_pack_parts *parts, const char *folder, bool bootstrap, struct bk_pack_file out[BK_PACK_FILES]);

/* The machine that an ELF file is for ("x86-64", "arm64"), NULL where it is no ELF file or for another one. */
const char *bk_pack_machine(const void *bytes, size_t size);

/* --- zip ----------------------------------------------------------------------------------------------------------------- */

struct bk_zip_entry {
	size_t record, record_size;	/* in the central directory */
	size_t local;			/* offset of its local header */
	const char *name;		/* not terminated */
	uint16_t name_size;
	uint32_t mode;			/* of the file, with its type; 0: the maker of the zip knew none */
};
/* A zip that was checked: every record, header and content lies in it, names are relative and stay below the package. */
struct bk_zip {
	const uint8_t *at;
	size_t size, directory, end;	/* offsets: central directory, its end record */
	struct bk_zip_entry *entries;
	size_t count, cap;
};
/* `name` is what diagnostics call it; the bytes must outlive the view.  Refused: damage, encryption, zip64, several disks, names that lead out. */
bool bk_zip_open(struct bk_zip *z, const char *name, const void *bytes, size_t size, struct bk_diags *d);
void bk_zip_close(struct bk_zip *z);
const struct bk_zip_entry *bk_zip_find(const struct bk_zip *z, const char *name);

/* A zip of some files, in that order, without times. */
bool bk_zip_make(const struct bk_pack_file *files, size_t count, struct bk_buf *out, struct bk_diags *d);
/* Wraps a function's package.  *started says whether the platform starts the shim by itself now: there was a bootstrap. */
bool bk_zip_wrap(const char *name, const struct bk_buf *in, const struct bk_pack_parts *parts, struct bk_buf *out, bool *started, struct bk_diags *d);
bool bk_zip_unwrap(const char *name, const struct bk_buf *in, struct bk_buf *out, struct bk_diags *d);

/*
 * Hands out the regular files of a zip that are ELF objects for x86-64, one at a time; the bytes are gone afterwards.  What cannot be read, and what is
 * beyond BK_PACK_MAX bytes in all, is a warning.
 */
void bk_zip_objects(const char *name, const struct bk_buf *zip, void (*object)(void *context, const char *path, const void *bytes, size_t size),
		    void *context, struct bk_diags *d);

/* --- folder ----------------------------------------------------------------------------------------------------------------- */

/* Copies a folder and wraps the copy, or takes the wrapping off it.  `out` must not be there; it appears whole.  *started: as above, or a custom
   handler is started by the shim. */
bool bk_tree_wrap(const char *in, const char *out, const struct bk_pack_parts *parts, bool *started, struct bk_diags *d);
bool bk_tree_unwrap(const char *in, const char *out, struct bk_diags *d);

/* --- template ----------------------------------------------------------------------------------------------------------------- */

struct bk_template_job {
	const char *name;		/* what diagnostics call the file */
	const char *const *functions;	/* logical names, or none: all that can be wrapped */
	size_t function_count;
	const char *machine;		/* of the shim, as bk_pack_machine() says it */
};
/* Changes only what must be: lines are inserted, or members in a flow collection (JSON); a wrapper that is there becomes BUCKLER_NEXT. */
bool bk_template_wrap(const struct bk_template_job *job, const struct bk_buf *in, struct bk_buf *out, struct bk_diags *d);
bool bk_template_unwrap(const char *name, const struct bk_buf *in, struct bk_buf *out, struct bk_diags *d);
/*
 * Names the files and folders that become packages of the functions that would be wrapped, and the layers: what CodeUri and its like say,
 * from the template's folder, each once.  What lies in a bucket or is given by an intrinsic function is passed over.
 */
void bk_template_packages(const struct bk_template_job *job, const struct bk_buf *in, void (*package)(void *context, const char *path), void *context);

/* Azure's host.json: defaultExecutablePath becomes the shim, what it was the first argument.  `local` says of a name without a slash
   whether it is a file of the folder, which the shim would not find by that name. */
bool bk_host_wrap(const char *name, const struct bk_buf *in, bool (*local)(void *context, const char *file), void *context,
		  struct bk_buf *out, struct bk_diags *d);
bool bk_host_unwrap(const char *name, const struct bk_buf *in, struct bk_buf *out, struct bk_diags *d);

/* --- image -------------------------------------------------------------------------------------------------------------------- */

/* The lines for the end of a Dockerfile (its last stage), with the folder `context` as the place of the shim's files. */
bool bk_image_lines(const char *name, const struct bk_buf *dockerfile, const char *context, struct bk_buf *out, struct bk_diags *d);

#endif
