/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/send.h"

#include <errno.h>

#include "base/alloc.h"
#include "base/fdio.h"

#define WRITE_BYTES (4u << 20)

static int note_end(uint64_t offset, uint64_t length, void *context,
		    struct wtg_error *err)
{
	uint64_t *end = context;

	(void)err;
	*end = offset + length;
	return 0;
}

int wtg_send_volume(int fd, const struct wtg_window *window, struct wtg_error *err)
{
	_cleanup_free_ uint8_t *buffer = wtg_alloc(WRITE_BYTES);
	uint64_t end = 0;

	if (wtg_data_extents(fd, window->length, note_end, &end, err) < 0)
		return -1;
	for (uint64_t at = 0; at < end;) {
		size_t n = end - at < WRITE_BYTES ? (size_t)(end - at) : WRITE_BYTES;

		if (wtg_pread_all(fd, buffer, n, at) < 0)
			return wtg_fail(err, WTG_SYSTEM, errno,
					"read the volume in memory");
		if (wtg_window_pwrite(window, buffer, n, at, err) < 0)
			return -1;
		at += n;
	}
	return 0;
}
