/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "recipe/compact.h"

#include "wtg/text.h"

int wtg_compact_check(const struct wtg_request *request, struct wtg_error *err)
{
	if (request->engine != WTG_ENGINE_WIMLIB || request->compact == WTG_COMPACT_UNSAID ||
	    request->compact == WTG_COMPACT_OFF)
		return 0;
	return wtg_fail(err, WTG_USAGE, 0, "--compact and --engine wimlib: it compresses nothing");
}

/* Microsoft asks for as much free room beside Windows, for updates, a page file and people's
 * own files ("Deploy Windows To Go": 32 GB drives at least, of which Windows takes some 16). */
#define ROOM_BYTES (UINT64_C(16) << 30)

/* 480 Mbit/s is what USB 2 agrees on: some 35 MB/s, whatever the drive could do. */
#define USB2_MBITS 480

/* What a drive (NULL: several) says of itself that makes it likely to write slowly; NULL: nothing.  How fast it
 * is shows only when it is written to. */
static const char *slowness(const struct wtg_disk *disk)
{
	if (!disk)
		return NULL;
	if (disk->usb_mbits > 0 && disk->usb_mbits <= USB2_MBITS)
		return "the drive is attached as USB 2 or slower";
	/* Disks in USB cases are not removable, as Windows has it; sticks are. */
	if (wtg_text_equal(disk->bus, "usb") && disk->removable)
		return "the drive is a USB stick";
	if (wtg_text_equal(disk->bus, "mmc"))
		return "the drive is a memory card";
	return NULL;
}

static const char *decide(const struct wtg_disk *disk, uint64_t windows_bytes,
			  uint64_t plain_least, struct wtg_survey *survey)
{
	const char *slow = slowness(disk);

	if (!survey->compact.choices)
		return "this Windows is older than Windows 10 and could not read it";
	if (windows_bytes < plain_least + ROOM_BYTES)
		return "less than 16 GiB would be left beside a plain Windows";
	if (slow)
		return slow;
	wtg_compact_plan_done(&survey->compact);
	return "there is room enough, and the drive does not look slow";
}

void wtg_compact_settle(const struct wtg_request *request, const struct wtg_disk *disk,
			uint64_t windows_bytes, uint64_t plain_least,
			struct wtg_survey *survey)
{
	switch (request->compact) {
	case WTG_COMPACT_UNSAID:
	case WTG_COMPACT_OFF:
		return;
	case WTG_COMPACT_LZX:
		survey->compact_why = "--compact";
		return;
	case WTG_COMPACT_AUTO:
		survey->compact_why = decide(disk, windows_bytes, plain_least, survey);
		return;
	}
	abort();
}
