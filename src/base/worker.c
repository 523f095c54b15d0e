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
#include "base/serve.h"
#include "base/worker-enter.h"
#include "wtg/scratch.h"
#include "wtg/text.h"

/* So long a worker that hung up may take to be gone. */
#define GOING_MS 1000
#define LOOK_MS 5

struct service {
	struct wtg_service its;
	pid_t worker;
};

static int start(struct service *service, const char *scratch, struct wtg_error *err)
{
	pid_t starter = getpid();
	int ends[2];

	if (service->its.errand->window) {
		service->its.shared = mmap(NULL, WTG_LINE_SHARED_BYTES, PROT_READ | PROT_WRITE,
					    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		if (service->its.shared == MAP_FAILED)
			return wtg_fail(err, WTG_SYSTEM, errno, "share memory with a worker");
		service->its.own = wtg_alloc(WTG_LINE_BYTES);
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "make a line to a worker");
	service->worker = fork();
	if (service->worker == 0) {
		struct wtg_line line = { .sockets = { ends[1] }, .n_sockets = 1,
					 .shared = service->its.shared };

		close(ends[0]);
		wtg_worker_be(service->its.errand, &line, scratch, starter);
	}
	close(ends[1]);
	service->its.socket = ends[0];
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
	free(service->its.own);
	if (service->its.socket >= 0)
		close(service->its.socket);
	if (service->its.shared && service->its.shared != MAP_FAILED)
		munmap(service->its.shared, WTG_LINE_SHARED_BYTES);
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

int wtg_worker_make_scratch(char **ret_ours, char **ret_scratch, struct wtg_error *err)
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
	struct service service = {
		.its = { .errand = errand, .progress = progress, .socket = -1 },
	};
	int r = -1;

	if ((!errand->scratch || wtg_worker_make_scratch(&ours, &scratch, err) == 0) &&
	    start(&service, scratch, err) == 0)
		r = wtg_serve(&service.its, &given, err);
	if (r == 0)
		r = wtg_serve_tell_end(errand, await(&service), err);
	end(&service);
	if (r < 0)
		return -1;
	if (reply) {
		*reply = given;
		given = (struct wtg_packet){ 0 };
	}
	return 0;
}
