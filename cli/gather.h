/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes of words what the shim makes of a system call: the request that bk_decide() judges.  `buckler explain` asks with it.
 */
#ifndef BK_CLI_GATHER_H
#define BK_CLI_GATHER_H

#include "base/base.h"
#include "core/decide.h"

struct bk_gathered {
	/* to be set before */
	bool as_is;			/* names are canonical already: look nothing up here */
	const char *script_interpreter;	/* the file is a script of this interpreter; NULL: look at its first line */

	/* the result */
	struct bk_request request;	/* points into the fields below */
	char *path, *interpreter, *parent, *called, *file;	/* file: what to read for the hash, NULL where it is not here */
	struct bk_buf argv;
	uint8_t sha256[32];
	struct bk_buf notes;		/* lines for people: what was looked up and found */
	char *error;			/* why there is no request */
};

/* Each returns false with `error` set. */
/* An address, a name whose address is not known, a unix socket, a family; `port` may be NULL.  The request points to `endpoint`. */
bool bk_gather_host(struct bk_gathered *g, enum bk_section section, const char *host, const char *port, struct bk_endpoint *endpoint);
bool bk_gather_exec(struct bk_gathered *g, int argc, char **argv);
bool bk_gather_file(struct bk_gathered *g, enum bk_section section, const char *path);
bool bk_gather_parent(struct bk_gathered *g, const char *path);
/* Computes the hash of the file. */
bool bk_gather_hash(struct bk_gathered *g);
void bk_gathered_free(struct bk_gathered *g);

#endif
