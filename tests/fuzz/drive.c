/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A whole drive, looked at as verify does it: table, ESP, boot store, NTFS, registry. */
#include "fuzz.h"

#include "step/inspect.h"

#define SECTOR_BYTES 512

static void describe(const void *findings, struct wtg_facts *out)
{
	wtg_findings_describe(findings, out);
}

static void look_at(const struct wtg_window *disk)
{
	const struct wtg_look look = { .disk = *disk, .sector_bytes = SECTOR_BYTES };
	_cleanup_(wtg_findings_done) struct wtg_findings findings = { 0 };
	_cleanup_(wtg_error_done) struct wtg_error err = WTG_ERROR_INIT;

	FUZZ_ASSERT(wtg_inspect_disk(&look, NULL, &findings, &err) == 0);
	FUZZ_ASSERT(findings.n_items > 0);
	fuzz_describe(describe, &findings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t disk_bytes;
	_cleanup_fd_ int fd = fuzz_disk(data, size, SECTOR_BYTES, &disk_bytes);
	struct wtg_window disk = fuzz_window(fd, disk_bytes);

	fuzz_mend_gpt(fd, disk_bytes);
	look_at(&disk);
	return 0;
}
