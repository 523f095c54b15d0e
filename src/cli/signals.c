/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "signals.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>

static const int interruptions[] = { SIGINT, SIGTERM, SIGHUP };
#define N_INTERRUPTIONS (sizeof(interruptions) / sizeof(interruptions[0]))

static volatile sig_atomic_t caught;

static void catch (int signal_number)
{
	caught = signal_number;
}

void cli_signals_install(void)
{
	/* SA_RESTART: libraries do some of our I/O, and libntfs-3g passes EINTR on as an
	 * error.  SA_RESETHAND: the second signal meets the default action. */
	struct sigaction action = { .sa_handler = catch,
				    .sa_flags = SA_RESTART | SA_RESETHAND };

	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a limit on the size of files is an error like others */
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < N_INTERRUPTIONS; i++) {
		struct sigaction inherited;

		if (sigaction(interruptions[i], NULL, &inherited) == 0 &&
		    inherited.sa_handler != SIG_IGN)
			sigaction(interruptions[i], &action, NULL);
	}
}

int cli_signals_caught(void)
{
	return caught;
}

bool cli_signals_wait_for(int fd)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	sigset_t blocked, before;
	int n = -1;

	sigemptyset(&blocked);
	for (size_t i = 0; i < N_INTERRUPTIONS; i++)
		sigaddset(&blocked, interruptions[i]);
	sigprocmask(SIG_BLOCK, &blocked, &before);
	while (!caught) {
		/* Not poll(): a signal between the look at the flag and the call would be
		 * slept over. */
		n = ppoll(&ready, 1, NULL, &before);
		if (n >= 0 || errno != EINTR)
			break;
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	return n > 0 && !caught;
}

void cli_signals_raise(void)
{
	if (!caught)
		return;
	signal(caught, SIG_DFL);
	raise(caught);
}
