/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Interruptions, as the process that does the work hears them: from the one in front of it
 * (front.h), finished what must be finished, then obeyed. */
#pragma once

#include <signal.h>
#include <stdbool.h>

/* What the front sends to make a wait end, after it has put the number of the signal that
 * came to where cli_signals_listen() was told. */
#define CLI_SIGNAL_WAKE SIGUSR1

/* SIGPIPE and SIGXFSZ: a closed pipe or a limit on sizes is an error of a write. */
void cli_signals_ignore_errors(void);

/* From here on this process hears interruptions from *interrupted alone, which belongs to the
 * caller, and no others. */
void cli_signals_listen(const volatile sig_atomic_t *interrupted);

/* The same for the front itself, which waits for interruptions and blocks them. */
void cli_signals_listen_in_front(const volatile sig_atomic_t *interrupted);

/* The signal that came, or 0. */
int cli_signals_caught(void);

/* Wait until fd can be read; false when a signal came first. */
bool cli_signals_wait_for(int fd);

/* Die of the signal that came, so that our parent sees how we ended; returns if none
 * came. */
void cli_signals_raise(void);
