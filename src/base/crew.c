/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/crew.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fdio.h"
#include "base/line.h"
#include "base/serve.h"
#include "base/worker-enter.h"
#include "wtg/scratch.h"
#include "wtg/text.h"

/* So long those that it worked for wait to hear how it ended. */
#define TELL_MS 1000
#define LOOK_MS 10

/* What the parent tells them: only it can know. */
struct end {
	atomic_bool known;
	atomic_int status;
};

struct wtg_crew {
	struct wtg_errand errand;
	char *who;
	char *scratch; /* of the worker, and of the parent to remove */
	int sockets[WTG_LINE_SIDES];
	unsigned n;
	unsigned self; /* which of them this process is */
	uint8_t *shared;
	struct end *end;
	pid_t worker; /* 0: it is gone */
};

static void *share(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

/* Both sides: one that waits for ever would hold up all. */
static int limit_patience(int socket)
{
	const struct timeval patience = { .tv_sec = WTG_LINE_PATIENCE_S };

	if (setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) < 0)
		return -1;
	return setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
}

static int connect_all(struct wtg_crew *crew, unsigned n, struct wtg_line *line,
		       struct wtg_error *err)
{
	for (; crew->n < n; crew->n++) {
		int ends[2];

		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
			return wtg_fail(err, WTG_SYSTEM, errno, "make a line to a worker");
		crew->sockets[crew->n] = ends[0];
		line->sockets[line->n_sockets++] = ends[1];
		/* As in worker.c: an answer always has room. */
		if (fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0 || limit_patience(ends[1]) < 0) {
			crew->n++;
			return wtg_fail(err, WTG_SYSTEM, errno, "make a line to a worker");
		}
	}
	return 0;
}

static int start(struct wtg_crew *crew, struct wtg_line *line, struct wtg_error *err)
{
	_cleanup_free_ char *scratch = NULL;
	pid_t parent = getpid();

	crew->shared = share(WTG_LINE_SHARED_BYTES);
	crew->end = share(sizeof(*crew->end));
	if (!crew->shared || !crew->end)
		return wtg_fail(err, WTG_SYSTEM, errno, "share memory with a worker");
	if (crew->errand.scratch && wtg_worker_make_scratch(&crew->scratch, &scratch, err) < 0)
		return -1;
	line->shared = crew->shared;
	crew->worker = fork();
	if (crew->worker == 0)
		wtg_worker_be(&crew->errand, line, scratch, parent);
	if (crew->worker < 0) {
		crew->worker = 0;
		return wtg_fail(err, WTG_SYSTEM, errno, "start a worker");
	}
	return 0;
}

int wtg_crew_start(const struct wtg_errand *errand, unsigned n, struct wtg_crew **ret,
		   struct wtg_error *err)
{
	struct wtg_crew *crew = wtg_alloc(sizeof(*crew));
	struct wtg_line line = { 0 };
	int r = -1;

	crew->errand = *errand;
	crew->errand.who = crew->who = wtg_text_copy(errand->who);
	if (connect_all(crew, n, &line, err) == 0)
		r = start(crew, &line, err);
	for (unsigned i = 0; i < line.n_sockets; i++)
		close(line.sockets[i]);
	if (r < 0) {
		wtg_crew_free(crew);
		return -1;
	}
	/* What they serve it, and what it keeps, is their own. */
	crew->errand.window = NULL;
	crew->errand.context = NULL;
	crew->errand.descriptors = NULL;
	*ret = crew;
	return 0;
}

static void hang_up(struct wtg_crew *crew, unsigned i)
{
	if (crew->sockets[i] >= 0)
		close(crew->sockets[i]);
	crew->sockets[i] = -1;
}

/* Somebody else's end of the line, kept open here, would keep the worker from seeing that that
 * one is gone. */
void wtg_crew_join(struct wtg_crew *crew, unsigned number)
{
	crew->self = number;
	crew->worker = 0;
	for (unsigned i = 0; i < crew->n; i++)
		if (i != number)
			hang_up(crew, i);
	/* Workers that this process starts must not see what that one writes. */
	(void)madvise(crew->shared, WTG_LINE_SHARED_BYTES, MADV_DONTFORK);
}

void wtg_crew_leave(struct wtg_crew *crew)
{
	for (unsigned i = 0; i < crew->n; i++)
		hang_up(crew, i);
	munmap(crew->shared, WTG_LINE_SHARED_BYTES);
	crew->shared = NULL;
}

void wtg_crew_watch(struct wtg_crew *crew)
{
	int status;

	if (crew->worker <= 0 || waitpid(crew->worker, &status, WNOHANG) != crew->worker)
		return;
	crew->worker = 0;
	atomic_store(&crew->end->status, status);
	atomic_store(&crew->end->known, true);
}

static int tell_end(const struct wtg_crew *crew, struct wtg_error *err)
{
	for (unsigned looks = 0; looks < TELL_MS / LOOK_MS; looks++) {
		if (atomic_load(&crew->end->known))
			return wtg_serve_tell_end(&crew->errand, atomic_load(&crew->end->status),
						  err);
		(void)poll(NULL, 0, LOOK_MS);
	}
	return wtg_fail(err, WTG_SYSTEM, 0, "%s hung up", crew->who);
}

int wtg_crew_serve(struct wtg_crew *crew, struct wtg_window *window,
		   struct wtg_progress *progress, struct wtg_packet *reply,
		   struct wtg_error *err)
{
	const struct wtg_message ready = { .word = WTG_WORD_READY };
	_cleanup_free_ uint8_t *own = wtg_alloc(WTG_LINE_BYTES);
	_cleanup_(wtg_packet_done) struct wtg_packet given = { 0 };
	struct wtg_service service = {
		.errand = &crew->errand,
		.progress = progress,
		.socket = crew->sockets[crew->self],
		.shared = crew->shared,
		.own = own,
		.is_one_of_many = true,
	};
	int r = 0;

	crew->errand.window = window;
	if (wtg_line_send(service.socket, &ready, sizeof(ready)) == 0)
		r = wtg_serve(&service, &given, err);
	hang_up(crew, crew->self);
	munmap(crew->shared, WTG_LINE_SHARED_BYTES);
	crew->shared = NULL;
	if (r == 0)
		r = tell_end(crew, err);
	if (r < 0)
		return -1;
	if (reply) {
		*reply = given;
		given = (struct wtg_packet){ 0 };
	}
	return 0;
}

void wtg_crew_free(struct wtg_crew *crew)
{
	if (!crew)
		return;
	if (crew->worker > 0) {
		(void)kill(crew->worker, SIGKILL);
		while (waitpid(crew->worker, NULL, 0) < 0 && errno == EINTR)
			;
	}
	for (unsigned i = 0; i < crew->n; i++)
		hang_up(crew, i);
	if (crew->shared)
		munmap(crew->shared, WTG_LINE_SHARED_BYTES);
	if (crew->end)
		munmap(crew->end, sizeof(*crew->end));
	wtg_scratch_remove(crew->scratch);
	free(crew->who);
	free(crew);
}
