/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/worker-enter.h"

#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/fdio.h"
#include "base/line.h"
#include "base/sandbox.h"
#include "wtg/scratch.h"

/* The lowest descriptor from `from` on that stays; or the highest that there can be. */
static unsigned next_kept(const struct wtg_errand *errand, const struct wtg_line *line,
			  unsigned from)
{
	unsigned next = ~0u;

	for (size_t i = 0; i < line->n_sockets; i++) {
		unsigned fd = (unsigned)line->sockets[i];

		if (fd >= from && fd < next)
			next = fd;
	}
	for (size_t i = 0; i < errand->n_descriptors; i++) {
		unsigned fd = (unsigned)errand->descriptors[i];

		if (fd >= from && fd < next)
			next = fd;
	}
	return next;
}

/* The standard three are there, for libraries that print, and lead nowhere. */
static int leave_descriptors(const struct wtg_errand *errand, const struct wtg_line *line,
			     struct wtg_error *err)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "open /dev/null");
#ifndef __SANITIZE_ADDRESS__ /* whose findings must be seen */
	if (dup2(null, STDERR_FILENO) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "leave standard error");
#endif
	if (dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "leave the standard streams");
	for (unsigned from = STDERR_FILENO + 1, kept = 0; kept < ~0u; from = kept + 1) {
		kept = next_kept(errand, line, from);
		if (from < kept && close_range(from, kept - (kept < ~0u), 0) < 0)
			return wtg_fail(err, WTG_SYSTEM, errno, "leave descriptors");
	}
	return 0;
}

/* Deaf to interruptions, which are for our starter to hear; gone when that is gone. */
static int leave_signals(pid_t starter, struct wtg_error *err)
{
	static const int ours[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP };

	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		signal(ours[i], SIG_IGN);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "bind the worker's life");
	if (getppid() != starter)
		_exit(1);
	return 0;
}

/* glibc reads what it needs for a conversion from files when it is first asked, and keeps it
 * as long as somebody has it open: hivex will ask behind the sandbox' door. */
static void load_conversions(void)
{
	static const char *const pairs[][2] = {
		{ "UTF-8", "LATIN1" }, { "UTF-8", "UTF-16LE" },
		{ "LATIN1", "UTF-8" }, { "UTF-16LE", "UTF-8" },
	};
	static __attribute__((used)) iconv_t kept[sizeof(pairs) / sizeof(pairs[0])];

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		kept[i] = iconv_open(pairs[i][0], pairs[i][1]);
}

static int enter(const struct wtg_errand *errand, const struct wtg_line *line, const char *scratch,
		 pid_t starter, struct wtg_error *err)
{
	load_conversions();
	if (leave_signals(starter, err) < 0 || leave_descriptors(errand, line, err) < 0 ||
	    wtg_sandbox_leave_power(scratch, &scratch, err) < 0)
		return -1;
	if (scratch)
		wtg_scratch_set(scratch);
	/* The change of user took back the bond; behind the last door there is no prctl(). */
	if (leave_signals(starter, err) < 0)
		return -1;
	return wtg_sandbox_leave_calls(err);
}

void wtg_worker_be(const struct wtg_errand *errand, struct wtg_line *line, const char *scratch,
		   pid_t starter)
{
	struct wtg_packet reply = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;
	int r = -1;

	if (errand->window)
		errand->window->line = line;
	wtg_scratch_share(NULL); /* it is not mapped here */
	if (enter(errand, line, scratch, starter, &err) == 0)
		r = errand->work(errand->context, wtg_line_progress(line), &reply, &err);
	if (r < 0) {
		wtg_packet_done(&reply);
		wtg_packet_error(&reply, &err);
	}
	wtg_line_end(line, r < 0 ? WTG_WORD_FAILURE : WTG_WORD_RESULT, &reply);
	/* Not exit(): what atexit() and stdio hold is our starter's. */
	_exit(0);
}
