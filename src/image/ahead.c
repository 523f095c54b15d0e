/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/ahead.h"

#include "base/alloc.h"

/* More in one call is not quicker, and less stays in the processor's cache. */
#define MAX_AHEAD_BYTES (1u << 20)

void wtg_ahead_done(struct wtg_ahead *ahead)
{
	free(ahead->data);
	*ahead = (struct wtg_ahead){ 0 };
}

static int make_room(struct wtg_ahead *ahead, size_t size, struct wtg_error *err)
{
	size_t capacity = size < MAX_AHEAD_BYTES ? MAX_AHEAD_BYTES : size;

	if (ahead->data && size <= ahead->capacity)
		return 0;
	wtg_ahead_done(ahead);
	ahead->data = wtg_try_alloc(capacity, "compressed data", err);
	if (!ahead->data)
		return -1;
	ahead->capacity = capacity;
	return 0;
}

const uint8_t *wtg_ahead_get(struct wtg_ahead *ahead, const struct wtg_source *source,
			     uint64_t at, size_t size, uint64_t end, struct wtg_error *err)
{
	size_t more = size;

	if (ahead->source == source && at >= ahead->at && at - ahead->at <= ahead->size &&
	    size <= ahead->size - (at - ahead->at))
		return ahead->data + (at - ahead->at);
	if (end > at + size)
		more = end - at < MAX_AHEAD_BYTES ? (size_t)(end - at) : MAX_AHEAD_BYTES;
	if (more < size)
		more = size;
	if (make_room(ahead, more, err) < 0)
		return NULL;
	ahead->source = NULL;
	if (wtg_source_pread(source, ahead->data, more, at, err) < 0)
		return NULL;
	ahead->source = source;
	ahead->at = at;
	ahead->size = more;
	return ahead->data;
}
