/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The record of an unfinished run, with its checksum and place put right. */
#include "fuzz.h"

#include "base/crypto.h"
#include "plan/marker.h"

static void read_marker(const uint8_t *block, size_t size)
{
	_cleanup_fd_ int fd = fuzz_file(block, size);
	_cleanup_(wtg_error_done) struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_window disk = fuzz_window(fd, size);
	struct wtg_marker marker;

	if (wtg_marker_read(&disk, 0, &marker, &err) != 1)
		return;
	FUZZ_ASSERT(memchr(marker.step, 0, sizeof(marker.step)));
	FUZZ_ASSERT(memchr(marker.version, 0, sizeof(marker.version)));
	FUZZ_ASSERT(marker.state == WTG_MARKER_RUNNING ||
		    marker.state == WTG_MARKER_COMPLETE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t block[WTG_MARKER_BYTES] = { 0 };

	read_marker(data, size);
	memcpy(block, data, size < sizeof(block) ? size : sizeof(block));
	wtg_sha256(block, 512 - WTG_SHA256_SIZE, block + 512 - WTG_SHA256_SIZE);
	read_marker(block, sizeof(block));
	return 0;
}
