/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Interruptions: heard, finished what must be finished, then obeyed. */
#pragma once

#include <stdbool.h>

/* SIGINT, SIGTERM and SIGHUP set a flag, unless we were started with them ignored; a
 * second one ends the program at once.  SIGPIPE and SIGXFSZ are ignored: a closed pipe
 * or a limit on sizes is an error of a write. */
void cli_signals_install(void);

/* The signal that came, or 0. */
int cli_signals_caught(void);

/* Wait until fd can be read; false when a signal came first. */
bool cli_signals_wait_for(int fd);

/* Die of the signal that came, so that our parent sees how we ended; returns if none
 * came. */
void cli_signals_raise(void);
