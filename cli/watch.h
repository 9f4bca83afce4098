/* SPDX-License-Identifier: Apache-2.0 */
/* Running a command under buckler-init and reading its events. */
#ifndef BK_CLI_WATCH_H
#define BK_CLI_WATCH_H

#include "cli/cli.h"
#include "learn/events.h"

/*
 * Runs `command` under the compiled policy, hands its events to `reader` as they come, passes signals on, and waits for the end.  The command has this
 * process's input, output and terminal.  Returns its wait status, or -1 with an error printed.
 */
int bk_cli_watch(const struct bk_buf *policy, char **command, int count, struct bk_log_reader *reader);

/* Feeds a log file ("-": standard input) to the reader; warns where no event is in it.  False with an error printed. */
bool bk_cli_read_log(const char *path, struct bk_log_reader *reader);
/* What keeps a log that begins with these bytes from being read, and what to do, behind the file's name; NULL: nothing. */
const char *bk_cli_log_obstacle(const char *bytes, size_t size);
/* Warns of what the reader could not take: cut, malformed, missing, dropped. */
void bk_cli_warn_log(const struct bk_log_counts *counts);

#endif
