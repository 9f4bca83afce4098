/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line: one table of commands (main.c), one cmd_*.c each.  Only this folder prints and exits.
 * Exit status: 0 done, 1 a finding or a difference (each command's page says which), 2 an error.
 */
#ifndef BK_CLI_H
#define BK_CLI_H

#include <getopt.h>
#include <jansson.h>

#include "base/base.h"
#include "lang/policy_model.h"

struct bk_command {
	const char *name;
	const char *summary;		/* one line for `buckler --help` */
	const char *usage;		/* the whole --help text: at most 24 lines, with an example */
	int (*run)(int argc, char **argv);	/* argv[0] is the command's name */
};

extern const struct bk_command bk_cmd_learn, bk_cmd_run, bk_cmd_check, bk_cmd_compile, bk_cmd_show, bk_cmd_explain,
			       bk_cmd_diff, bk_cmd_replay, bk_cmd_doctor, bk_cmd_logs, bk_cmd_wrap, bk_cmd_scan, bk_cmd_db, bk_cmd_gate_table;

/* Prints diagnostics as FILE:LINE:COLUMN: error: MESSAGE on stderr, coloured on a terminal; returns 2 with errors, else 0. */
int bk_cli_report(const struct bk_diags *d);
/* One error line on stderr; returns 2. */
__attribute__((format(printf, 1, 2))) int bk_cli_error(const char *format, ...);
/* True where `f` is a terminal that may have colour (NO_COLOR, TERM=dumb honoured). */
bool bk_cli_colour(FILE *f);
/* Wrong use: says so, names --help; returns 2. */
int bk_cli_usage(const struct bk_command *command, const char *what, const char *arg);
/* The path of buckler-init: $BUCKLER_INIT, beside this program, ../libexec, or in PATH; NULL with an error printed. Caller frees. */
char *bk_cli_shim(void);
/* A compiled policy in a descriptor that outlives the exec, nameless and sealed; -1 with the error printed. */
int bk_cli_policy_fd(const struct bk_buf *bytes);
/* 0, or the status with which shells say that a command cannot be run, with the error printed. */
int bk_cli_command_is_there(const char *name);
/* argv for buckler-init; `log` -1: its events go to stderr.  Valid until the next call; the caller frees the list. */
char **bk_cli_shim_arguments(int policy, int log, char **command, int count);

/*
 * getopt_long(3) for commands.  --help (-h) prints the usage and ends the program with 0; a wrong option ends it with 2.
 * The table's last row is BK_CLI_OPTIONS_END; `letters` begins with ":" (or "+:") and holds 'h'; values that are no letters are from 256.
 */
int bk_cli_option(const struct bk_command *command, int argc, char **argv, const char *letters, const struct option *options);
#define BK_CLI_OPTIONS_END { "help", no_argument, NULL, 'h' }, { 0 }
/* The value of --format: true for json, false for text, the program ends with 2 for anything else. */
bool bk_cli_format(const struct bk_command *command, const char *value);
/* The same for an option that wants a small number, `what` names it. */
long bk_cli_number(const struct bk_command *command, const char *what, const char *value, long low, long high);

/* Text from outside on its way to a terminal: control characters are written as \xNN. */
void bk_cli_put(FILE *f, const char *text, size_t size);
/* A JSON text of any bytes: what is not UTF-8 becomes U+FFFD. */
json_t *bk_cli_json_text(const char *text, size_t size);
/* Prints a value on stdout, ends the line, drops the reference; returns 0 or 2: the error is printed, of a write at the program's end. */
int bk_cli_json_print(json_t *value);
int bk_cli_json_line(json_t *value);	/* the same on one line */
/* Diagnostics as a JSON array. */
json_t *bk_cli_json_diags(const struct bk_diags *d);

/* True where the bytes are those of a compiled policy. */
bool bk_cli_is_compiled(const struct bk_buf *bytes);
/* Reads a policy in either form.  NULL with an error in `d`. */
struct bk_model *bk_cli_model(const char *path, struct bk_diags *d);
/* Verifies a compiled policy and its digest; false with an error, which names the offset, in `d`. */
bool bk_cli_verify(const char *path, const struct bk_buf *bytes, struct bk_policy *view, struct bk_diags *d);
/* 0 for a file that can be executed, else EACCES or ENOENT. */
int bk_cli_executable(const char *path);
/* The program that `name` stands for, looked up in PATH where it has no slash.  NULL and errno: ENOENT, EACCES. Caller frees. */
char *bk_cli_which(const char *name);

#endif
