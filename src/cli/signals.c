/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "signals.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>

static const volatile sig_atomic_t *caught;

static void wake(int signal_number)
{
	(void)signal_number;
}

void cli_signals_listen(const volatile sig_atomic_t *interrupted)
{
	/* SA_RESTART: libraries do some of our I/O, and libntfs-3g passes EINTR on as an
	 * error. */
	struct sigaction action = { .sa_handler = wake, .sa_flags = SA_RESTART };

	cli_signals_listen_in_front(interrupted);
	sigemptyset(&action.sa_mask);
	sigaction(CLI_SIGNAL_WAKE, &action, NULL);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
}

void cli_signals_listen_in_front(const volatile sig_atomic_t *interrupted)
{
	caught = interrupted;
}

void cli_signals_ignore_errors(void)
{
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
}

int cli_signals_caught(void)
{
	return caught ? *caught : 0;
}

bool cli_signals_wait_for(int fd)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	sigset_t blocked, before;
	int n = -1;

	sigemptyset(&blocked);
	sigaddset(&blocked, CLI_SIGNAL_WAKE);
	sigprocmask(SIG_BLOCK, &blocked, &before);
	while (!cli_signals_caught()) {
		/* Not poll(): a signal between the look at the flag and the call would be
		 * slept over. */
		n = ppoll(&ready, 1, NULL, &before);
		if (n >= 0 || errno != EINTR)
			break;
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	return n > 0 && !cli_signals_caught();
}

void cli_signals_raise(void)
{
	int number = cli_signals_caught();
	sigset_t only;

	if (!number)
		return;
	signal(number, SIG_DFL);
	sigemptyset(&only);
	sigaddset(&only, number);
	sigprocmask(SIG_UNBLOCK, &only, NULL);
	raise(number);
}
