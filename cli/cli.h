/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line: one table of commands (main.c), one cmd_*.c each.  Only this folder prints and exits.
 * Exit status: 0 done, 1 a finding or a difference (each command's page says which), 2 an error.
 */
#ifndef BK_CLI_H
#define BK_CLI_H

#include "base/base.h"

struct bk_command {
	const char *name;
	const char *summary;		/* one line for `buckler --help` */
	const char *usage;		/* the whole --help text: at most 24 lines, with an example */
	int (*run)(int argc, char **argv);	/* argv[0] is the command's name */
};

extern const struct bk_command bk_cmd_learn, bk_cmd_run, bk_cmd_check, bk_cmd_compile, bk_cmd_show, bk_cmd_explain,
			       bk_cmd_diff, bk_cmd_replay, bk_cmd_doctor, bk_cmd_logs;

/* Prints diagnostics as FILE:LINE:COLUMN: error: MESSAGE on stderr, coloured on a terminal; returns 2 with errors, else 0. */
int bk_cli_report(const struct bk_diags *d);
/* One error line on stderr; returns 2. */
__attribute__((format(printf, 1, 2))) int bk_cli_error(const char *format, ...);
/* True where `f` is a terminal that may have colour (NO_COLOR, TERM=dumb honoured). */
bool bk_cli_colour(FILE *f);
/* Wrong use: says so, names --help; returns 2. */
int bk_cli_usage(const struct bk_command *command, const char *what, const char *arg);
/* The path of buckler-init: $BUCKLER_INIT, beside this program, or in PATH; NULL with an error printed. Caller frees. */
char *bk_cli_shim(void);

#endif
