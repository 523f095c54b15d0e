/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "front.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "output.h"
#include "signals.h"
#include "stall.h"
#include "terminal.h"
#include "wtg/cleanup.h"
#include "wtg/exit.h"
#include "wtg/scratch.h"
#include "wtg/text.h"

#define TICK_MS 100
#define OBEY_MS 400 /* so that, with all that follows, it is answered within a second */
#define ECHO_MS 100 /* timeout(1), and a shell that hangs up, send one signal twice */
#define LEAVE_MS 300  /* for a child that is being killed to be gone */
#define UNREAD_MS 100 /* for who reads what we say to make room */

/* What both processes see. */
struct shared {
	struct cli_outcome outcome;
	volatile sig_atomic_t interrupted;
	struct wtg_scratch_note scratch;
	struct cli_member members[];
};

struct front {
	struct shared *shared;
	pid_t child;
	sigset_t signals; /* that it waits for */
	uint64_t interrupted_ms; /* when; 0: not yet */
	bool explained;          /* why that takes long */
	struct cli_stall stalls[1 + CLI_MAX_TARGETS]; /* the child's, and those of members */
};

/* Of the child and of what it starts for several drives. */
static struct shared *shared;
static size_t shared_bytes;

static uint64_t clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* Who has stopped reading what we say must not keep us, too, from hearing. */
static bool is_read(int fd, int wait_ms)
{
	struct pollfd ready = { .fd = fd, .events = POLLOUT };

	return poll(&ready, 1, wait_ms) != 0;
}

/* The child's bar, which will be drawn again. */
static void clear_bar(void)
{
	if (cli_terminal_moves(stderr))
		fputs("\r\033[K", stderr);
}

static bool say(const struct front *front, const char *sentence)
{
	bool to_programs = front->shared->outcome.json;
	struct wtg_json *json;

	if (!is_read(to_programs ? STDOUT_FILENO : STDERR_FILENO, 0))
		return false;
	if (!to_programs) {
		clear_bar();
		fprintf(stderr, "%s\n", sentence);
		return true;
	}
	json = cli_json_new("note");
	wtg_fact_text(wtg_json_facts(json), "text", sentence);
	cli_json_print(json, stdout);
	wtg_json_free(json);
	return true;
}

/* A process that holds a drive, or the drive it: 0 is the child's. */
static pid_t process_of(const struct front *front, size_t i)
{
	return i == 0 ? front->child : front->shared->members[i - 1].process;
}

static size_t n_processes(const struct front *front)
{
	return 1 + front->shared->outcome.n_members;
}

static bool waits_for_drive(const struct front *front)
{
	for (size_t i = 0; i < n_processes(front); i++)
		if (cli_stall_is_now(process_of(front, i)))
			return true;
	return false;
}

static void watch_drive(struct front *front, size_t i, uint64_t now)
{
	struct cli_stall *stall = &front->stalls[i];
	_cleanup_free_ char *path = NULL, *sentence = NULL;

	if (!cli_stall_is_news(stall, process_of(front, i), now))
		return;
	path = i == 0 ? wtg_text_copy("The drive")
		      : wtg_text_printable(front->shared->members[i - 1].path);
	sentence = wtg_text("%s has not answered for %u seconds. Ctrl-C stops the run.", path,
			    (unsigned)((now - stall->since_ms) / 1000));
	if (say(front, sentence))
		stall->said_ms = now;
}

/* What can be said to nobody is not said. */
static void leave_unread(int fd)
{
	_cleanup_fd_ int null = -1;

	if (is_read(fd, UNREAD_MS))
		return;
	null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (null < 0 || dup2(null, fd) < 0)
		close(fd);
}

static void __attribute__((noreturn)) leave(struct front *front, struct wtg_error *err)
{
	struct cli_outcome outcome = front->shared->outcome;
	int status;

	/* The child's memory is not ours. */
	outcome.message = NULL;
	outcome.verified = NULL;
	leave_unread(STDERR_FILENO);
	leave_unread(STDOUT_FILENO);
	clear_bar();
	status = cli_result_report(&outcome, err);
	if (err->kind == WTG_CANCELLED)
		cli_signals_raise();
	wtg_error_done(err);
	fflush(NULL);
	_exit(status);
}

/* One that will not go; 0: all are gone. */
static pid_t who_stays(const struct front *front)
{
	for (size_t i = 0; i < n_processes(front); i++)
		if (process_of(front, i) > 0 && kill(process_of(front, i), 0) == 0)
			return process_of(front, i);
	return 0;
}

static void tell_who_stays(const struct front *front, struct wtg_error *err)
{
	pid_t process = who_stays(front);

	if (process > 0)
		wtg_hint(err, "The drive still holds up a part of wtgctl: unplug it, or wait "
			      "until process %d is gone.", (int)process);
}

/* Wait until the child, and what it had started, which dies with it and so comes to us, are
 * gone; but not for ever.  False: the child is not. */
static bool await_end(struct front *front, int *ret_status)
{
	const struct timespec tick = { .tv_nsec = 10 * 1000000 };
	uint64_t until = clock_ms() + LEAVE_MS;
	bool gone = false;
	sigset_t ends;

	sigemptyset(&ends);
	sigaddset(&ends, SIGCHLD);
	for (;;) {
		int status;
		pid_t pid = waitpid(-1, &status, WNOHANG);

		if (pid < 0 || (pid == 0 && clock_ms() >= until))
			return gone;
		if (pid == 0) {
			(void)sigtimedwait(&ends, NULL, &tick);
		} else if (pid == front->child) {
			*ret_status = status;
			gone = true;
		}
	}
}

static void clean_scratch(struct front *front)
{
	wtg_scratch_clean(&front->shared->scratch);
	for (size_t i = 0; i < front->shared->outcome.n_members; i++)
		wtg_scratch_clean(&front->shared->members[i].scratch);
}

/* The child ended: so do we, in the same way. */
static void __attribute__((noreturn)) follow(struct front *front, int status)
{
	struct wtg_error err = WTG_ERROR_INIT;
	bool short_of_memory = WIFEXITED(status) && WEXITSTATUS(status) == WTG_NO_MEMORY_STATUS;

	if (WIFSIGNALED(status) || short_of_memory)
		(void)await_end(front, &status);
	clean_scratch(front);
	if (short_of_memory) {
		wtg_fail(&err, WTG_SYSTEM, 0, "out of memory");
		leave(front, &err);
	}
	if (WIFEXITED(status)) /* having done all that is done at an exit */
		_exit(WEXITSTATUS(status));
	if (WTERMSIG(status) == front->shared->interrupted) {
		cli_signals_raise();
		_exit(128 + WTERMSIG(status)); /* the first process of all cannot die of it */
	}
	wtg_fail(&err, WTG_SYSTEM, 0, "the process that does the work was ended by signal %d (%s)",
		 WTERMSIG(status), strsignal(WTERMSIG(status)));
	tell_who_stays(front, &err);
	leave(front, &err);
}

static void __attribute__((noreturn)) leave_at_once(struct front *front, const char *why)
{
	struct wtg_error err = WTG_ERROR_INIT;
	int status = 0;
	bool gone;

	(void)kill(front->child, SIGKILL);
	gone = await_end(front, &status);
	if (gone && !(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL))
		follow(front, status); /* it was quicker */
	clean_scratch(front);
	wtg_fail(&err, WTG_CANCELLED, 0, "%s", why);
	tell_who_stays(front, &err);
	leave(front, &err);
}

/* The child hears wherever it has something to bring to an end.  Elsewhere, as long as the
 * drive is as it was, it can just be ended. */
static void insist(struct front *front, uint64_t now)
{
	if (front->explained || now - front->interrupted_ms < OBEY_MS)
		return;
	if (!cli_result_touched(&front->shared->outcome))
		leave_at_once(front, "interrupted");
	front->explained =
		say(front, waits_for_drive(front)
				   ? "Interrupted; the drive holds us up. Interrupt again to leave "
				     "at once."
				   : "Interrupted; ending what is under way.");
}

static void reap(struct front *front)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (pid == front->child)
			follow(front, status);
}

static void hear(struct front *front, int signal_number)
{
	uint64_t now = clock_ms();

	if (signal_number == SIGCHLD) {
		reap(front);
		return;
	}
	if (!front->shared->interrupted) {
		front->shared->interrupted = signal_number;
		front->interrupted_ms = now;
		(void)kill(front->child, CLI_SIGNAL_WAKE);
	} else if (now - front->interrupted_ms >= ECHO_MS) {
		leave_at_once(front, "interrupted twice");
	}
	if (signal_number == SIGQUIT)
		leave_at_once(front, "interrupted");
}

static void __attribute__((noreturn)) stand_in_front(struct front *front)
{
	const struct timespec tick = { .tv_nsec = TICK_MS * 1000000 };

	cli_signals_listen_in_front(&front->shared->interrupted);
	for (;;) {
		int signal_number = sigtimedwait(&front->signals, NULL, &tick);

		if (signal_number > 0)
			hear(front, signal_number);
		for (size_t i = 0; i < n_processes(front); i++)
			watch_drive(front, i, clock_ms());
		if (front->interrupted_ms)
			insist(front, clock_ms());
	}
}

/* What we wait for; what was ignored when we were started stays so (nohup). */
static sigset_t wanted_signals(void)
{
	static const int interruptions[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	for (size_t i = 0; i < sizeof(interruptions) / sizeof(interruptions[0]); i++) {
		struct sigaction inherited;

		if (sigaction(interruptions[i], NULL, &inherited) == 0 &&
		    inherited.sa_handler != SIG_IGN)
			sigaddset(&set, interruptions[i]);
	}
	return set;
}

static void share(bool json, size_t n_members)
{
	shared_bytes = sizeof(*shared) + n_members * sizeof(shared->members[0]);
	shared = mmap(NULL, shared_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (shared == MAP_FAILED)
		abort();
	shared->outcome.json = json;
	shared->outcome.members = shared->members;
}

struct cli_outcome *cli_front_split(bool json, size_t n_members)
{
	struct front front = { .signals = wanted_signals() };
	sigset_t blocked = front.signals, before;
	pid_t self = getpid();

	share(json, n_members);
	front.shared = shared;
	signal(SIGCHLD, SIG_DFL); /* ignored, it would take our child's status away */
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	/* Woken before it listens, the child must not die of that. */
	sigaddset(&blocked, CLI_SIGNAL_WAKE);
	sigprocmask(SIG_BLOCK, &blocked, &before);
	front.child = fork();
	if (front.child > 0)
		stand_in_front(&front);
	/* Without a second process, the first does the work, and cannot be interrupted. */
	if (front.child == 0 && (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != self))
		_exit(1);
	cli_signals_listen(&shared->interrupted);
	sigdelset(&before, CLI_SIGNAL_WAKE);
	sigprocmask(SIG_SETMASK, &before, NULL);
	/* What the child starts must not see what we believe. */
	(void)madvise(shared, shared_bytes, MADV_DONTFORK);
	wtg_scratch_share(&shared->scratch);
	return &shared->outcome;
}

pid_t cli_front_fork(struct cli_member *member)
{
	pid_t self = getpid(), pid;

	(void)madvise(shared, shared_bytes, MADV_DOFORK);
	pid = fork();
	(void)madvise(shared, shared_bytes, MADV_DONTFORK);
	if (pid == 0 && (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != self))
		_exit(1);
	if (pid == 0)
		wtg_scratch_share(&member->scratch);
	if (pid >= 0)
		member->process = pid ? pid : getpid();
	return pid;
}
