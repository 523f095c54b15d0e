/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fleet.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "board.h"
#include "create.h"
#include "front.h"
#include "progress.h"
#include "signals.h"
#include "wtg/cleanup.h"
#include "wtg/exit.h"
#include "wtg/run.h"
#include "wtg/text.h"

#define TICK_MS 100
#define NEWS_MS 100 /* a drive tells of its progress as often */

/* What a drive's process tells the one that leads: a struct wtg_event that needs no memory of
 * the teller's.  At most PIPE_BUF, so that it is written whole or not at all. */
struct news {
	size_t number;
	struct wtg_event event;
	char step[64], text[1024];
};
_Static_assert(sizeof(struct news) <= PIPE_BUF, "news come in pieces");

/* ------------------------------------------------------------------ a drive's process */

struct reporter {
	struct wtg_observer observer; /* first: report() casts back */
	int pipe;
	size_t number;
	uint64_t told_ms;
};

static uint64_t clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void report(struct wtg_observer *o, const struct wtg_event *e)
{
	struct reporter *r = (struct reporter *)(void *)o;
	struct news news = { .number = r->number, .event = *e };
	uint64_t now = clock_ms();

	if (e->kind == WTG_EVENT_PROGRESS && now - r->told_ms < NEWS_MS)
		return;
	r->told_ms = now;
	snprintf(news.step, sizeof(news.step), "%s", e->step ? e->step : "");
	snprintf(news.text, sizeof(news.text), "%s", e->text ? e->text : "");
	/* A leader that is gone takes us with it. */
	while (write(r->pipe, &news, sizeof(news)) < 0 && errno == EINTR)
		;
}

static bool is_cancelled(struct wtg_observer *o)
{
	(void)o;
	return cli_signals_caught() != 0;
}

static void __attribute__((noreturn)) be_member(struct cli_fleet *fleet, struct wtg_crew *crew,
						size_t number, int pipe)
{
	struct reporter reporter = { { report, is_cancelled }, pipe, number, 0 };
	struct cli_member *member = &fleet->outcome->members[number];
	struct cli_job *job = &fleet->jobs[number];
	struct wtg_error err = WTG_ERROR_INIT;

	for (size_t i = 0; i < fleet->n_jobs; i++)
		if (i != number)
			wtg_target_close(fleet->jobs[i].target);
	if (crew)
		wtg_crew_join(crew, (unsigned)number);
	wtg_plan_set_crew(job->plan, crew);
	if (wtg_run(job->plan, job->target, job->request.verify, &reporter.observer,
		    &member->account, &err) == 0 &&
	    !fleet->options->quiet) {
		_cleanup_free_ char *sentence =
			cli_create_success(job->target, job->request.verify, &member->account);

		snprintf(member->message, sizeof(member->message), "%s", sentence);
	}
	cli_member_end(member, &err);
	/* Not exit(): what atexit() and stdio hold is the leader's. */
	_exit(0);
}

/* ------------------------------------------------------------------ the one that leads */

struct lead {
	struct cli_fleet *fleet;
	int news;
	struct cli_board board;
	struct wtg_crew *crew; /* what works for all drives; NULL: each works for itself */
	size_t n_running;
	bool passed_on; /* that we were interrupted */
};

static struct cli_member *member_of(const struct lead *lead, size_t number)
{
	return &lead->fleet->outcome->members[number];
}

static void hear_news(struct lead *lead)
{
	struct news news;

	while (read(lead->news, &news, sizeof(news)) == sizeof(news)) {
		struct cli_progress *p = &lead->board.rows[news.number];

		if (news.event.kind != WTG_EVENT_PROGRESS) /* it may print */
			cli_board_clear(&lead->board);
		news.event.step = news.step;
		news.event.text = news.text;
		p->observer.event(&p->observer, &news.event);
	}
}

/* One that did not come to its own end. */
static void tell_death(struct cli_member *member, int status)
{
	struct wtg_error err = WTG_ERROR_INIT;

	if (WIFEXITED(status) && WEXITSTATUS(status) == WTG_NO_MEMORY_STATUS)
		wtg_fail(&err, WTG_SYSTEM, 0, "out of memory");
	else if (WIFSIGNALED(status))
		wtg_fail(&err, WTG_SYSTEM, 0,
			 "the process that does the work was ended by signal %d (%s)",
			 WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		wtg_fail(&err, WTG_SYSTEM, 0, "the process that does the work ended with status %d",
			 WEXITSTATUS(status));
	cli_member_end(member, &err);
	wtg_scratch_clean(&member->scratch);
}

static void see_off(struct lead *lead, size_t number)
{
	struct cli_member *member = member_of(lead, number);

	lead->n_running--;
	member->process = 0;
	cli_board_remove(&lead->board, number);
	cli_result_tell(lead->fleet->outcome, member);
}

static void reap(struct lead *lead)
{
	for (size_t i = 0; i < lead->fleet->n_jobs; i++) {
		struct cli_member *member = member_of(lead, i);
		int status;

		if (member->process <= 0 ||
		    waitpid(member->process, &status, WNOHANG) != member->process)
			continue;
		hear_news(lead); /* what it said before */
		if (!member->ended)
			tell_death(member, status);
		see_off(lead, i);
	}
}

/* Only this process is woken by the one in front. */
static void pass_on(struct lead *lead)
{
	if (lead->passed_on || !cli_signals_caught())
		return;
	lead->passed_on = true;
	for (size_t i = 0; i < lead->fleet->n_jobs; i++)
		if (member_of(lead, i)->process > 0)
			(void)kill(member_of(lead, i)->process, CLI_SIGNAL_WAKE);
}

static void start(struct lead *lead, const int pipe[static 2])
{
	for (size_t i = 0; i < lead->fleet->n_jobs; i++) {
		struct cli_member *member = member_of(lead, i);
		struct wtg_error err = WTG_ERROR_INIT;
		pid_t pid;

		fflush(NULL);
		pid = cli_front_fork(member);
		if (pid == 0) {
			close(pipe[0]);
			be_member(lead->fleet, lead->crew, i, pipe[1]);
		}
		lead->n_running++;
		if (pid > 0)
			continue;
		wtg_fail(&err, WTG_SYSTEM, errno, "start a process");
		cli_member_end(member, &err);
		see_off(lead, i);
	}
}

static void follow(struct lead *lead)
{
	struct pollfd news = { .fd = lead->news, .events = POLLIN };

	while (lead->n_running > 0) {
		(void)poll(&news, 1, TICK_MS);
		pass_on(lead);
		if (lead->crew)
			wtg_crew_watch(lead->crew);
		hear_news(lead);
		reap(lead);
		cli_board_draw(&lead->board);
	}
}

/* What all of them come to. */
static int conclude(const struct cli_fleet *fleet, struct wtg_error *err)
{
	struct cli_outcome *outcome = fleet->outcome;
	size_t n_good = 0;

	for (size_t i = 0; i < outcome->n_members; i++)
		n_good += outcome->members[i].kind == WTG_OK;
	if (n_good < outcome->n_members)
		return wtg_fail(err, cli_result_worst(outcome), 0,
				"%zu of %zu drives are complete", n_good, outcome->n_members);
	if (!fleet->options->quiet)
		outcome->message = wtg_text("All %zu drives are complete.", n_good);
	return 0;
}

int cli_fleet_make(struct cli_fleet *fleet, struct wtg_error *err)
{
	struct lead lead = { .fleet = fleet };
	_cleanup_(wtg_crew_freep) struct wtg_crew *crew = NULL;
	const struct wtg_plan *plans[CLI_MAX_TARGETS];
	int ends[2];

	for (size_t i = 0; i < fleet->n_jobs; i++)
		plans[i] = fleet->jobs[i].plan;
	if (wtg_plan_unite(plans, (unsigned)fleet->n_jobs, &crew, err) < 0)
		return -1;
	lead.crew = crew;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "make a pipe");
	lead.news = ends[0];
	if (fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0) {
		close(ends[0]);
		close(ends[1]);
		return wtg_fail(err, WTG_SYSTEM, errno, "make a pipe");
	}
	cli_board_start(&lead.board, fleet->options, fleet->outcome);
	start(&lead, ends);
	close(ends[1]);
	if (crew)
		wtg_crew_leave(crew);
	follow(&lead);
	cli_board_done(&lead.board);
	close(ends[0]);
	return conclude(fleet, err);
}
