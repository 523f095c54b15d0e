/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which files are applied compressed, as Windows compresses its own (CompactOS): Wof, a filter
 * of Windows 10, unpacks them while they are read.  The resource of a file in an image with LZX
 * chunks of 32 KiB is what such a file has, byte for byte, and so is copied as it is.  Where in
 * doubt, a file stays plain.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "apply/overlay.h"
#include "base/packet.h"
#include "image/catalog.h"
#include "wtg/facts.h"

/* What becomes of a file: compressed; or plain, and why, the first that applies. */
enum wtg_compact_choice {
	WTG_COMPACT_NOTHING, /* it holds nothing, or is no file */
	WTG_COMPACT_COPY,    /* the image's resource becomes its stream WofCompressedData */
	WTG_COMPACT_PACK,    /* that is made of its content, if it pays */
	WTG_COMPACT_LINK,
	WTG_COMPACT_ENCRYPTED,
	WTG_COMPACT_ATTRIBUTES,
	WTG_COMPACT_STREAMS,
	WTG_COMPACT_CHANGED,
	WTG_COMPACT_BOOT,
	WTG_COMPACT_HIVE,
	WTG_COMPACT_WRITTEN,
	WTG_COMPACT_SERVICING,
	WTG_COMPACT_LISTED,
	WTG_COMPACT_LARGE,
	WTG_COMPACT_FORM,
	WTG_COMPACT_NO_GAIN,
	WTG_COMPACT_CHOICES, /* how many there are */
};

/* "boot", stable; and for people, as the rest of "it stays plain: ". */
const char *wtg_compact_choice_id(enum wtg_compact_choice choice);
const char *wtg_compact_choice_reason(enum wtg_compact_choice choice);

struct wtg_compact_plan {
	uint8_t *choices; /* enum wtg_compact_choice, by inode of the catalog */
	uint32_t n_inodes;
	struct {
		uint64_t n_files, plain_bytes, packed_bytes;
	} of[WTG_COMPACT_CHOICES]; /* packed_bytes: of those that are compressed; of those yet
				    * to be packed, at most */
};
void wtg_compact_plan_done(struct wtg_compact_plan *plan);

#define WTG_COMPACT_LIST_PATH "Windows/System32/WimBootCompress.ini"
#define WTG_COMPACT_LIST_BYTES (1u << 20) /* at most; it has some 3,000 */

struct wtg_compact_input {
	const struct wtg_catalog *catalog;
	const struct wtg_overlay *overlay; /* NULL: none */
	struct wtg_bytes list;  /* what is at WTG_COMPACT_LIST_PATH; empty: nothing is */
	uint32_t cluster_bytes;
};

/* Kind WTG_INPUT for an edition that could not read such files, without the filter Wof, or
 * whose list makes no sense. */
int wtg_compact_decide(const struct wtg_compact_input *input, struct wtg_compact_plan *ret,
		       struct wtg_error *err);

/* How many bytes less are written than if all were plain; 0 if nothing was decided. */
uint64_t wtg_compact_saved_bytes(const struct wtg_compact_plan *plan);

void wtg_compact_describe(const struct wtg_compact_plan *plan, struct wtg_facts *out);

/* From process to process. */
void wtg_compact_flatten(const struct wtg_compact_plan *plan, struct wtg_packet *packet);
void wtg_compact_unflatten(struct wtg_reader *reader, struct wtg_compact_plan *ret);
