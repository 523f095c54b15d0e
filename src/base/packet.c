/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/packet.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "wtg/text.h"

#define NO_TEXT UINT64_MAX

void wtg_packet_done(struct wtg_packet *packet)
{
	free(packet->data);
	*packet = (struct wtg_packet){ 0 };
}

static void append(struct wtg_packet *packet, const void *data, size_t size)
{
	if (size > packet->capacity - packet->size) {
		packet->capacity = packet->size + size + packet->size / 2 + 256;
		packet->data = wtg_realloc(packet->data, packet->capacity, 1);
	}
	if (size > 0)
		memcpy(packet->data + packet->size, data, size);
	packet->size += size;
}

void wtg_packet_number(struct wtg_packet *packet, uint64_t value)
{
	uint8_t flat[8];

	wtg_put_le64(flat, value);
	append(packet, flat, sizeof(flat));
}

void wtg_packet_text(struct wtg_packet *packet, const char *text)
{
	wtg_packet_number(packet, text ? strlen(text) + 1 : NO_TEXT);
	if (text)
		append(packet, text, strlen(text) + 1);
}

void wtg_packet_bytes(struct wtg_packet *packet, const void *data, size_t size)
{
	wtg_packet_number(packet, size);
	append(packet, data, size);
}

struct wtg_reader wtg_reader(const struct wtg_packet *packet)
{
	return (struct wtg_reader){ .at = packet->data, .left = packet->size };
}

static const uint8_t *take(struct wtg_reader *reader, uint64_t size)
{
	const uint8_t *taken = reader->at;

	if (reader->bad || size > reader->left) {
		reader->bad = true;
		return NULL;
	}
	reader->at += size;
	reader->left -= size;
	return taken;
}

uint64_t wtg_read_number(struct wtg_reader *reader)
{
	const uint8_t *flat = take(reader, 8);

	return flat ? wtg_le64(flat) : 0;
}

uint64_t wtg_read_below(struct wtg_reader *reader, uint64_t limit)
{
	uint64_t value = wtg_read_number(reader);

	if (value < limit)
		return value;
	reader->bad = true;
	return 0;
}

bool wtg_read_truth(struct wtg_reader *reader)
{
	return wtg_read_below(reader, 2) == 1;
}

size_t wtg_read_count(struct wtg_reader *reader)
{
	uint64_t count = wtg_read_number(reader);

	if (count <= reader->left / 8)
		return (size_t)count;
	reader->bad = true;
	return 0;
}

const char *wtg_read_text(struct wtg_reader *reader)
{
	uint64_t size = wtg_read_number(reader);
	const uint8_t *from;

	if (reader->bad || size == NO_TEXT)
		return NULL;
	from = take(reader, size);
	if (from && size > 0 && memchr(from, 0, size) == from + size - 1)
		return (const char *)from;
	reader->bad = true;
	return NULL;
}

const uint8_t *wtg_read_view(struct wtg_reader *reader, size_t *ret_size)
{
	uint64_t size = wtg_read_number(reader);
	const uint8_t *from = take(reader, size);

	*ret_size = from ? (size_t)size : 0;
	return from;
}

struct wtg_bytes wtg_read_bytes(struct wtg_reader *reader)
{
	size_t size;
	const uint8_t *from = wtg_read_view(reader, &size);

	return from ? wtg_bytes_copy(from, size) : (struct wtg_bytes){ 0 };
}

bool wtg_reader_done(const struct wtg_reader *reader)
{
	return !reader->bad && reader->left == 0;
}

void wtg_packet_error(struct wtg_packet *packet, const struct wtg_error *err)
{
	wtg_packet_number(packet, err->kind);
	wtg_packet_text(packet, err->message);
	wtg_packet_text(packet, err->hint);
}

void wtg_read_error(struct wtg_reader *reader, struct wtg_error *ret)
{
	/* Who was interrupted knows it without being told, and by which signal. */
	enum wtg_kind kind = (enum wtg_kind)wtg_read_below(reader, WTG_CANCELLED);
	const char *message = wtg_read_text(reader);
	const char *hint = wtg_read_text(reader);

	wtg_fail(ret, kind ? kind : WTG_SYSTEM, 0, "%s", message ? message : "failed");
	if (hint)
		wtg_hint(ret, "%s", hint);
}
