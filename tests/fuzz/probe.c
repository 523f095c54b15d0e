/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What lies on a drive, as libblkid tells it, and the signatures that would be wiped. */
#include "fuzz.h"

#include "target/probe.h"
#include "wtg/text.h"

#define BLOCK_BYTES 512

struct place {
	uint64_t disk_bytes;
	unsigned n;
};

/* Whatever is wiped lies on the drive. */
static int check_signature(uint64_t offset, uint64_t length, const char *type,
			   void *context, struct wtg_error *err)
{
	struct place *place = context;

	(void)err;
	FUZZ_ASSERT(type && offset <= place->disk_bytes &&
		    length <= place->disk_bytes - offset);
	place->n++;
	return 0;
}

static void describe(const void *disk, struct wtg_facts *out)
{
	wtg_disk_describe(disk, out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct place place = { 0 };
	_cleanup_fd_ int fd = fuzz_disk(data, size, BLOCK_BYTES, &place.disk_bytes);
	_cleanup_(wtg_error_done) struct wtg_error err = WTG_ERROR_INIT;
	_cleanup_(wtg_disk_done) struct wtg_disk disk = {
		.path = wtg_text_copy("/dev/fuzz"),
		.size_bytes = place.disk_bytes,
		.sector_bytes = BLOCK_BYTES,
	};

	(void)wtg_probe_contents(fd, &disk, &err);
	fuzz_describe(describe, &disk);
	wtg_error_done(&err);
	(void)wtg_probe_signatures(fd, 0, place.disk_bytes, check_signature, &place,
				   &err);
	return 0;
}
