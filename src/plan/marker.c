/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/marker.h"

#include <string.h>

#include "base/bytes.h"
#include "base/crypto.h"

/*
 * The block, little-endian; what is not named is zero.  All of it lies in the first 512 bytes:
 * the drive writes a sector or does not, so that a power cut while the record of one step
 * replaces that of another leaves one of them, and not the halves of both.
 *
 *	   0  16  magic
 *	  16   4  state
 *	  20   4  1: the run keeps what is on the drive; 0: it does not
 *	  24   8  run id
 *	  32   8  time
 *	  40   8  where it lies on the drive: a copy elsewhere is none
 *	  48  48  step, with a NUL
 *	  96  24  version, with a NUL
 *	 480  32  SHA-256 of all before it
 */
#define MAGIC_AT 0
#define STATE_AT 16
#define KEEPS_AT 20
#define RUN_ID_AT 24
#define TIME_AT 32
#define PLACE_AT 40
#define STEP_AT 48
#define VERSION_AT 96
#define SECTOR_BYTES 512 /* the smallest that there are */
#define DIGEST_AT (SECTOR_BYTES - WTG_SHA256_SIZE)

/* The last digit is the layout's; another layout is no marker of ours. */
static const char magic[16] = "wtgctl marker 2";

int wtg_marker_write(const struct wtg_window *disk, uint64_t offset,
		     const struct wtg_marker *marker, struct wtg_error *err)
{
	uint8_t block[WTG_MARKER_BYTES] = { 0 };

	memcpy(block + MAGIC_AT, magic, sizeof(magic));
	wtg_put_le32(block + STATE_AT, marker->state);
	wtg_put_le32(block + KEEPS_AT, marker->keeps);
	wtg_put_le64(block + RUN_ID_AT, marker->run_id);
	wtg_put_le64(block + TIME_AT, marker->time);
	wtg_put_le64(block + PLACE_AT, offset);
	memcpy(block + STEP_AT, marker->step,
	       strnlen(marker->step, sizeof(marker->step) - 1));
	memcpy(block + VERSION_AT, marker->version,
	       strnlen(marker->version, sizeof(marker->version) - 1));
	wtg_sha256(block, DIGEST_AT, block + DIGEST_AT);
	return wtg_window_pwrite(disk, block, sizeof(block), offset, err);
}

static bool is_marker(const uint8_t block[static WTG_MARKER_BYTES], uint64_t offset)
{
	uint8_t digest[WTG_SHA256_SIZE];
	uint32_t state = wtg_le32(block + STATE_AT);

	if (memcmp(block + MAGIC_AT, magic, sizeof(magic)) != 0)
		return false;
	wtg_sha256(block, DIGEST_AT, digest);
	return memcmp(digest, block + DIGEST_AT, sizeof(digest)) == 0 &&
	       wtg_le64(block + PLACE_AT) == offset &&
	       (state == WTG_MARKER_RUNNING || state == WTG_MARKER_COMPLETE);
}

int wtg_marker_read(const struct wtg_window *disk, uint64_t offset, struct wtg_marker *ret,
		    struct wtg_error *err)
{
	uint8_t block[WTG_MARKER_BYTES];
	struct wtg_marker marker = { 0 };

	if (disk->length < WTG_MARKER_BYTES || offset > disk->length - WTG_MARKER_BYTES)
		return 0;
	if (wtg_window_pread(disk, block, sizeof(block), offset, err) < 0)
		return wtg_while(err, "look for a marker");
	if (!is_marker(block, offset))
		return 0;
	marker.state = wtg_le32(block + STATE_AT);
	marker.keeps = wtg_le32(block + KEEPS_AT) != 0;
	marker.run_id = wtg_le64(block + RUN_ID_AT);
	marker.time = wtg_le64(block + TIME_AT);
	/* Whoever can write a block can write its checksum: the NULs are ours. */
	memcpy(marker.step, block + STEP_AT, sizeof(marker.step) - 1);
	memcpy(marker.version, block + VERSION_AT, sizeof(marker.version) - 1);
	*ret = marker;
	return 1;
}
