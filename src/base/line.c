/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/line.h"

#include <errno.h>
#include <sys/socket.h>

#include "base/alloc.h"

/* So much work is told at once. */
#define ADVANCE_BYTES (512u << 10)

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
static void say_message(struct wtg_line *line, struct wtg_message message)
{
	if (wtg_line_send(line->socket, &message, sizeof(message)) < 0)
		_exit(1);
}

static void say(struct wtg_line *line, enum wtg_word word, uint64_t at, uint64_t size)
{
	say_message(line, (struct wtg_message){ .word = word, .at = at, .size = size });
}

static void hear(struct wtg_line *line, void *buffer, size_t size)
{
	ssize_t n;

	do
		n = recv(line->socket, buffer, size, MSG_WAITALL);
	while (n < 0 && errno == EINTR);
	if (n < 0 || (size_t)n != size)
		_exit(1);
}

static int hear_answer(struct wtg_line *line, struct wtg_error *err)
{
	struct wtg_message answer;
	struct wtg_packet packet = { 0 };
	struct wtg_reader reader;

	hear(line, &answer, sizeof(answer));
	if (answer.word == WTG_WORD_DONE)
		return 0;
	if (answer.size > MAX_ANSWER)
		_exit(1);
	packet.data = wtg_alloc(answer.size);
	packet.size = answer.size;
	hear(line, packet.data, packet.size);
	reader = wtg_reader(&packet);
	wtg_read_error(&reader, err);
	wtg_packet_done(&packet);
	return -1;
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
		if (hear_answer(line, err) < 0)
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

		say(line, WTG_WORD_READ, at, n);
		if (hear_answer(line, err) < 0)
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
	return hear_answer(line, err);
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
	if (packet->size > 0 && wtg_line_send(line->socket, packet->data, packet->size) < 0)
		_exit(1);
}
