/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/line.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"

/* So much work is told at once. */
#define ADVANCE_BYTES (512u << 10)

/* A drive may need so much longer to what comes before. */
#define GATHER_TIMES 10

/* An answer says why something failed: a sentence or two. */
#define MAX_ANSWER (64u << 10)

int wtg_line_send(int socket, const void *data, size_t size)
{
	const uint8_t *from = data;

	while (size > 0) {
		ssize_t n = send(socket, from, size, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		from += n;
		size -= (size_t)n;
	}
	return 0;
}

/* Without the other side there is nothing to do and nobody to tell. */
static void leave_behind(struct wtg_line *line, unsigned side)
{
	close(line->sockets[side]);
	line->sockets[side] = -1;
	for (unsigned i = 0; i < line->n_sockets; i++)
		if (line->sockets[i] >= 0)
			return;
	_exit(1);
}

static void say_to(struct wtg_line *line, unsigned side, struct wtg_message message)
{
	if (wtg_line_send(line->sockets[side], &message, sizeof(message)) < 0)
		leave_behind(line, side);
}

/* False, with errno 0 for one that hung up, EAGAIN for one that is silent. */
static bool hear(const struct wtg_line *line, unsigned side, void *buffer, size_t size)
{
	ssize_t n;

	do
		n = recv(line->sockets[side], buffer, size, MSG_WAITALL);
	while (n < 0 && errno == EINTR);
	if (n >= 0)
		errno = 0;
	return n >= 0 && (size_t)n == size;
}

/* It hears why, should it ever come back to listening. */
static void dismiss(struct wtg_line *line, unsigned side)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_packet packet = { 0 };
	struct wtg_message message = { .word = WTG_WORD_FAILURE };

	if (errno == EAGAIN) {
		wtg_fail(&err, WTG_SYSTEM, 0,
			 "the drive did not answer for so long that the others went on without it");
		wtg_packet_error(&packet, &err);
		message.size = packet.size;
		if (wtg_line_send(line->sockets[side], &message, sizeof(message)) == 0)
			(void)wtg_line_send(line->sockets[side], packet.data, packet.size);
		wtg_packet_done(&packet);
		wtg_error_done(&err);
	}
	leave_behind(line, side);
}

/* Several come when they have done what comes before. */
static void gather(struct wtg_line *line)
{
	if (line->gathered || line->n_sockets == 1)
		return;
	line->gathered = true;
	for (unsigned i = 0; i < line->n_sockets; i++) {
		struct wtg_message ready;
		unsigned n = 0;

		while (!hear(line, i, &ready, sizeof(ready)))
			if (errno != EAGAIN || ++n >= GATHER_TIMES) {
				dismiss(line, i);
				break;
			}
	}
}

static void say_message(struct wtg_line *line, struct wtg_message message)
{
	gather(line);
	for (unsigned i = 0; i < line->n_sockets; i++)
		if (line->sockets[i] >= 0)
			say_to(line, i, message);
}

static void say(struct wtg_line *line, enum wtg_word word, uint64_t at, uint64_t size)
{
	say_message(line, (struct wtg_message){ .word = word, .at = at, .size = size });
}

static int hear_why(struct wtg_line *line, unsigned side, size_t size, struct wtg_error *err)
{
	struct wtg_packet packet = { 0 };
	struct wtg_reader reader;

	if (size > MAX_ANSWER)
		_exit(1);
	packet.data = wtg_alloc(size);
	packet.size = size;
	if (!hear(line, side, packet.data, packet.size))
		_exit(1);
	reader = wtg_reader(&packet);
	wtg_read_error(&reader, err);
	wtg_packet_done(&packet);
	return -1;
}

/* 1: it is done; 0: that side was left behind; -1: it failed. */
static int hear_from(struct wtg_line *line, unsigned side, struct wtg_error *err)
{
	struct wtg_message answer;

	if (!hear(line, side, &answer, sizeof(answer))) {
		dismiss(line, side);
		return 0;
	}
	return answer.word == WTG_WORD_DONE ? 1 : hear_why(line, side, answer.size, err);
}

static int hear_all(struct wtg_line *line, struct wtg_error *err)
{
	for (unsigned i = 0; i < line->n_sockets; i++)
		if (line->sockets[i] >= 0 && hear_from(line, i, err) < 0)
			return -1;
	return 0;
}

/* Of several, which all have the same to tell, whoever is there. */
static int ask_one(struct wtg_line *line, struct wtg_message question, struct wtg_error *err)
{
	int r = 0;

	gather(line);
	for (unsigned i = 0; i < line->n_sockets && r == 0; i++) {
		if (line->sockets[i] >= 0)
			say_to(line, i, question);
		if (line->sockets[i] >= 0)
			r = hear_from(line, i, err);
	}
	return r < 0 ? -1 : 0;
}

uint8_t *wtg_line_slot(const struct wtg_line *line, unsigned slot)
{
	return line->shared + (size_t)slot * WTG_LINE_BYTES;
}

void wtg_line_post(struct wtg_line *line, unsigned slot, size_t size, uint64_t at)
{
	say_message(line, (struct wtg_message){ WTG_WORD_WRITE, at, size, slot });
	line->n_posted++;
}

int wtg_line_settle(struct wtg_line *line, unsigned n_posted, struct wtg_error *err)
{
	while (line->n_posted > n_posted) {
		line->n_posted--;
		if (hear_all(line, err) < 0)
			return -1;
	}
	return 0;
}

int wtg_line_pread(struct wtg_line *line, void *buffer, size_t size, uint64_t at,
		   struct wtg_error *err)
{
	if (wtg_line_settle(line, 0, err) < 0)
		return -1;
	for (uint8_t *to = buffer; size > 0;) {
		size_t n = size < WTG_LINE_BYTES ? size : WTG_LINE_BYTES;

		if (ask_one(line, (struct wtg_message){ WTG_WORD_READ, at, n, 0 }, err) < 0)
			return -1;
		memcpy(to, line->shared, n);
		to += n;
		at += n;
		size -= n;
	}
	return 0;
}

int wtg_line_pwrite(struct wtg_line *line, const void *buffer, size_t size, uint64_t at,
		    struct wtg_error *err)
{
	if (wtg_line_settle(line, 0, err) < 0)
		return -1;
	for (const uint8_t *from = buffer; size > 0;) {
		size_t n = size < WTG_LINE_BYTES ? size : WTG_LINE_BYTES;

		memcpy(line->shared, from, n);
		wtg_line_post(line, 0, n, at);
		if (wtg_line_settle(line, 0, err) < 0)
			return -1;
		from += n;
		at += n;
		size -= n;
	}
	return 0;
}

int wtg_line_flush(struct wtg_line *line, struct wtg_error *err)
{
	if (wtg_line_settle(line, 0, err) < 0)
		return -1;
	say(line, WTG_WORD_FLUSH, 0, 0);
	return hear_all(line, err);
}

static void tell_advance(struct wtg_line *line)
{
	if (line->advanced > 0)
		say(line, WTG_WORD_ADVANCE, 0, line->advanced);
	line->advanced = 0;
}

static void advance(struct wtg_progress *progress, uint64_t bytes)
{
	struct wtg_line *line = (struct wtg_line *)progress;

	line->advanced += bytes;
	if (line->advanced >= ADVANCE_BYTES)
		tell_advance(line);
}

/* Who interrupts us does not ask: the other side ends this process. */
struct wtg_progress *wtg_line_progress(struct wtg_line *line)
{
	line->progress = (struct wtg_progress){ .advance = advance };
	return &line->progress;
}

void wtg_line_end(struct wtg_line *line, enum wtg_word word, const struct wtg_packet *packet)
{
	tell_advance(line);
	say(line, word, 0, packet->size);
	for (unsigned i = 0; i < line->n_sockets; i++)
		if (line->sockets[i] >= 0 && packet->size > 0 &&
		    wtg_line_send(line->sockets[i], packet->data, packet->size) < 0)
			leave_behind(line, i);
}
