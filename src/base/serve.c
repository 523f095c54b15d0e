/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/serve.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/alloc.h"
#include "base/line.h"
#include "wtg/exit.h"

/* An interruption is heard as often as this. */
#define HEAR_MS 50

/* The largest reply: all boot files of an image and its SYSTEM hive. */
#define MAX_REPLY (UINT64_C(1) << 30)

/* Wait until the worker says something: 1; it is gone: 0; interrupted: -1. */
static int listen_for(struct wtg_service *service, struct wtg_error *err)
{
	struct pollfd line = { .fd = service->socket, .events = POLLIN };

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
static int hear(struct wtg_service *service, void *buffer, size_t size, struct wtg_error *err)
{
	for (uint8_t *to = buffer; size > 0;) {
		ssize_t n;

		if (listen_for(service, err) < 0)
			return -1;
		n = recv(service->socket, to, size, MSG_DONTWAIT);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n <= 0)
			return 0;
		to += n;
		size -= (size_t)n;
	}
	return 1;
}

static int hear_packet(struct wtg_service *service, uint64_t size, struct wtg_packet *ret,
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
static int touch_window(struct wtg_service *service, const struct wtg_message *m,
			struct wtg_error *err)
{
	const struct wtg_window *window = service->errand->window;
	/* What lies before the window wraps around, and so lies behind it. */
	uint64_t at = window ? m->at - window->offset : 0;
	uint8_t *slot, *room;

	if (window && m->word == WTG_WORD_FLUSH)
		return wtg_window_flush(window, err);
	if (!window || m->size > WTG_LINE_BYTES || m->slot >= WTG_LINE_SLOTS ||
	    (m->word != WTG_WORD_READ && m->word != WTG_WORD_WRITE))
		return wtg_fail(err, WTG_SYSTEM, 0, "a worker asked for what it was not given");
	slot = service->shared + (size_t)m->slot * WTG_LINE_BYTES;
	if (m->word == WTG_WORD_WRITE) {
		room = wtg_window_room(window);
		if (!room)
			room = service->own;
		memcpy(room, slot, m->size);
		return wtg_window_pwrite(window, room, m->size, at, err);
	}
	if (wtg_window_pread(window, service->own, m->size, at, err) < 0)
		return -1;
	memcpy(slot, service->own, m->size);
	return 0;
}

static int answer(struct wtg_service *service, const struct wtg_message *question,
		  struct wtg_error *err)
{
	struct wtg_message message = { .word = WTG_WORD_DONE };
	struct wtg_error failure = WTG_ERROR_INIT;
	struct wtg_packet packet = { 0 };

	if (touch_window(service, question, &failure) < 0) {
		if (service->is_one_of_many) {
			*err = failure;
			return -1;
		}
		message.word = WTG_WORD_FAILURE;
		service->told = failure.kind;
		wtg_packet_error(&packet, &failure);
		message.size = packet.size;
	}
	/* A worker that is gone meanwhile is noticed where it is listened to, and one that
	 * does not listen goes without. */
	if (wtg_line_send(service->socket, &message, sizeof(message)) == 0 &&
	    packet.size > 0)
		(void)wtg_line_send(service->socket, packet.data, packet.size);
	wtg_packet_done(&packet);
	wtg_error_done(&failure);
	return 0;
}

/* The last words of a worker whose work failed; 0 if it did not come to the end of them. */
static int hear_failure(struct wtg_service *service, uint64_t size, struct wtg_error *err)
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

int wtg_serve(struct wtg_service *service, struct wtg_packet *reply, struct wtg_error *err)
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
		if (m.word == WTG_WORD_ADVANCE)
			r = wtg_progress_advance(service->progress, m.size, err);
		else
			r = answer(service, &m, err);
		if (r < 0)
			return -1;
	}
}

int wtg_serve_tell_end(const struct wtg_errand *errand, int status, struct wtg_error *err)
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
