/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fdio.h"
#include "base/line.h"
#include "base/sandbox.h"
#include "base/worker-enter.h"
#include "wtg/scratch.h"
#include "wtg/text.h"

/* An interruption is heard as often as this. */
#define HEAR_MS 50

/* So long a worker that hung up may take to be gone. */
#define GOING_MS 1000
#define LOOK_MS 5

#define SHARED_BYTES ((size_t)WTG_LINE_SLOTS * WTG_LINE_BYTES)

/* The largest reply: all boot files of an image and its SYSTEM hive. */
#define MAX_REPLY (UINT64_C(1) << 30)

/* ------------------------------------------------------------------ in the worker */

static void __attribute__((noreturn)) be_worker(const struct wtg_errand *errand,
						struct wtg_line *line, const char *scratch,
						pid_t starter)
{
	struct wtg_packet reply = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;
	int r = -1;

	if (errand->window)
		errand->window->line = line;
	wtg_scratch_share(NULL); /* it is not mapped here */
	if (wtg_worker_enter(errand, line->socket, scratch, starter, &err) == 0)
		r = errand->work(errand->context, wtg_line_progress(line), &reply, &err);
	if (r < 0) {
		wtg_packet_done(&reply);
		wtg_packet_error(&reply, &err);
	}
	wtg_line_end(line, r < 0 ? WTG_WORD_FAILURE : WTG_WORD_RESULT, &reply);
	/* Not exit(): what atexit() and stdio hold is our starter's. */
	_exit(0);
}

/* ------------------------------------------------------------------ its starter */

struct service {
	const struct wtg_errand *errand;
	struct wtg_progress *progress;
	struct wtg_line line;
	uint8_t *own; /* as large as a slot, for us alone; NULL: no window */
	enum wtg_kind told; /* of the last failure that the worker was told of */
	pid_t worker;
};

/* Wait until the worker says something: 1; it is gone: 0; interrupted: -1. */
static int listen_for(struct service *service, struct wtg_error *err)
{
	struct pollfd line = { .fd = service->line.socket, .events = POLLIN };

	for (;;) {
		int n = poll(&line, 1, HEAR_MS);

		if (n < 0 && errno != EINTR)
			return wtg_fail(err, WTG_SYSTEM, errno, "wait for a worker");
		if (wtg_progress_advance(service->progress, 0, err) < 0)
			return -1;
		if (n > 0)
			return 1;
	}
}

/* 1: all of it; 0: the worker is gone; -1: interrupted. */
static int hear(struct service *service, void *buffer, size_t size, struct wtg_error *err)
{
	for (uint8_t *to = buffer; size > 0;) {
		ssize_t n;

		if (listen_for(service, err) < 0)
			return -1;
		n = recv(service->line.socket, to, size, MSG_DONTWAIT);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n <= 0)
			return 0;
		to += n;
		size -= (size_t)n;
	}
	return 1;
}

static int hear_packet(struct service *service, uint64_t size, struct wtg_packet *ret,
		       struct wtg_error *err)
{
	struct wtg_packet packet = { 0 };
	int r;

	if (size > MAX_REPLY)
		return wtg_fail(err, service->errand->blame, 0,
				"%s gave back more than makes sense", service->errand->who);
	packet.data = wtg_try_alloc(size, "what a worker gives back", err);
	if (!packet.data)
		return -1;
	packet.size = packet.capacity = size;
	r = hear(service, packet.data, size, err);
	if (r > 0)
		*ret = packet;
	else
		wtg_packet_done(&packet);
	return r;
}

/* By way of memory of our own: in what is shared, a worker could change between our looks what
 * is written and noted, or read and compared. */
static int touch_window(struct service *service, const struct wtg_message *m,
			struct wtg_error *err)
{
	const struct wtg_window *window = service->errand->window;
	/* What lies before the window wraps around, and so lies behind it. */
	uint64_t at = window ? m->at - window->offset : 0;

	uint8_t *slot;

	if (window && m->word == WTG_WORD_FLUSH)
		return wtg_window_flush(window, err);
	if (!window || m->size > WTG_LINE_BYTES || m->slot >= WTG_LINE_SLOTS ||
	    (m->word != WTG_WORD_READ && m->word != WTG_WORD_WRITE))
		return wtg_fail(err, WTG_SYSTEM, 0, "a worker asked for what it was not given");
	slot = wtg_line_slot(&service->line, (unsigned)m->slot);
	if (m->word == WTG_WORD_WRITE) {
		memcpy(service->own, slot, m->size);
		return wtg_window_pwrite(window, service->own, m->size, at, err);
	}
	if (wtg_window_pread(window, service->own, m->size, at, err) < 0)
		return -1;
	memcpy(slot, service->own, m->size);
	return 0;
}

static void answer(struct service *service, const struct wtg_message *question)
{
	struct wtg_message message = { .word = WTG_WORD_DONE };
	struct wtg_error failure = WTG_ERROR_INIT;
	struct wtg_packet packet = { 0 };

	if (touch_window(service, question, &failure) < 0) {
		message.word = WTG_WORD_FAILURE;
		service->told = failure.kind;
		wtg_packet_error(&packet, &failure);
		message.size = packet.size;
	}
	/* A worker that is gone meanwhile is noticed where it is listened to, and one that
	 * does not listen goes without. */
	if (wtg_line_send(service->line.socket, &message, sizeof(message)) == 0 &&
	    packet.size > 0)
		(void)wtg_line_send(service->line.socket, packet.data, packet.size);
	wtg_packet_done(&packet);
	wtg_error_done(&failure);
}

/* The last words of a worker whose work failed; 0 if it did not come to the end of them. */
static int hear_failure(struct service *service, uint64_t size, struct wtg_error *err)
{
	struct wtg_packet packet = { 0 };
	struct wtg_reader reader;
	int r = hear_packet(service, size, &packet, err);

	if (r <= 0)
		return r;
	reader = wtg_reader(&packet);
	wtg_read_error(&reader, err);
	wtg_packet_done(&packet);
	/* The kind decides what the user is told: what a worker can know, or was told. */
	if (err->kind != WTG_INPUT && err->kind != WTG_SYSTEM && err->kind != service->told &&
	    err->kind != service->errand->finds)
		err->kind = service->errand->blame;
	return -1;
}

/* 1: *reply is there; 0: the worker is gone without a last word; -1: the work failed, or we
 * were interrupted. */
static int serve(struct service *service, struct wtg_packet *reply, struct wtg_error *err)
{
	for (;;) {
		struct wtg_message m;
		int r = hear(service, &m, sizeof(m), err);

		if (r <= 0)
			return r;
		if (m.word == WTG_WORD_RESULT)
			return hear_packet(service, m.size, reply, err);
		if (m.word == WTG_WORD_FAILURE)
			return hear_failure(service, m.size, err);
		if (m.word != WTG_WORD_ADVANCE)
			answer(service, &m);
		else if (wtg_progress_advance(service->progress, m.size, err) < 0)
			return -1;
	}
}

static int tell_end(const struct wtg_errand *errand, int status, struct wtg_error *err)
{
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		return wtg_fail(err, WTG_SYSTEM, 0, "%s was killed: by somebody, or for want of "
				"memory", errand->who);
	if (WIFSIGNALED(status))
		wtg_fail(err, errand->blame, 0, "%s was ended by signal %d (%s)", errand->who,
			 WTERMSIG(status), strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status) == WTG_NO_MEMORY_STATUS)
		return wtg_fail(err, WTG_SYSTEM, 0, "%s ran out of memory", errand->who);
	else
		wtg_fail(err, errand->blame, 0, "%s ended with status %d", errand->who,
			 WEXITSTATUS(status));
	return wtg_hint(err, "What it read may be damaged, or made to do that; it had no power "
			     "over anything else.");
}

static int start(struct service *service, const char *scratch, struct wtg_error *err)
{
	pid_t starter = getpid();
	int ends[2];

	if (service->errand->window) {
		service->line.shared = mmap(NULL, SHARED_BYTES, PROT_READ | PROT_WRITE,
					    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		if (service->line.shared == MAP_FAILED)
			return wtg_fail(err, WTG_SYSTEM, errno, "share memory with a worker");
		service->own = wtg_alloc(WTG_LINE_BYTES);
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "make a line to a worker");
	service->worker = fork();
	if (service->worker == 0) {
		close(ends[0]);
		service->line.socket = ends[1];
		be_worker(service->errand, &service->line, scratch, starter);
	}
	close(ends[1]);
	service->line.socket = ends[0];
	if (service->worker < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "start a worker");
	/* A worker has no more questions open than there are slots, so there is always room for
	 * an answer; one that has must not make us wait. */
	if (fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "make a line to a worker");
	return 0;
}

/* It has said its last word or is to say no more. */
static void end(struct service *service)
{
	if (service->worker > 0) {
		(void)kill(service->worker, SIGKILL);
		while (waitpid(service->worker, NULL, 0) < 0 && errno == EINTR)
			;
	}
	free(service->own);
	if (service->line.socket >= 0)
		close(service->line.socket);
	if (service->line.shared && service->line.shared != MAP_FAILED)
		munmap(service->line.shared, SHARED_BYTES);
}

/* It has hung up.  If it is gone, its own status is what matters; if it lives on regardless, it
 * is ended. */
static int await(struct service *service)
{
	int status = 0;

	for (int looks = 0; waitpid(service->worker, &status, WNOHANG) == 0; looks++) {
		if (looks >= GOING_MS / LOOK_MS)
			(void)kill(service->worker, SIGKILL);
		(void)poll(NULL, 0, LOOK_MS);
	}
	service->worker = -1;
	return status;
}

/* A directory that is the worker's, in one that is ours: no other process of its user can walk
 * there. */
static int make_scratch(char **ret_ours, char **ret_scratch, struct wtg_error *err)
{
	if (wtg_scratch_make(ret_ours, err) < 0)
		return -1;
	*ret_scratch = wtg_text("%s/worker", *ret_ours);
	if (mkdir(*ret_scratch, 0700) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "make %s", *ret_scratch);
	return wtg_sandbox_give(*ret_scratch, err);
}

int wtg_worker_run(const struct wtg_errand *errand, struct wtg_progress *progress,
		   struct wtg_packet *reply, struct wtg_error *err)
{
	_cleanup_(wtg_packet_done) struct wtg_packet given = { 0 };
	_cleanup_(wtg_cleanup_scratch) char *ours = NULL;
	_cleanup_free_ char *scratch = NULL;
	struct service service = { .errand = errand, .progress = progress, .line.socket = -1 };
	int r = -1;

	if ((!errand->scratch || make_scratch(&ours, &scratch, err) == 0) &&
	    start(&service, scratch, err) == 0)
		r = serve(&service, &given, err);
	if (r == 0)
		r = tell_end(errand, await(&service), err);
	end(&service);
	if (r < 0)
		return -1;
	if (reply) {
		*reply = given;
		given = (struct wtg_packet){ 0 };
	}
	return 0;
}
