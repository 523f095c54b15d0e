/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Making of a file's content what Wof keeps of it (volume/wof.h), where the image has it in
 * another form. */
#pragma once

#include "apply/items.h"
#include "base/pack.h"
#include "image/blob.h"

/* A packer as it takes. */
int wtg_squeezer_new(struct wtg_packer **ret, struct wtg_error *err);

/* Make the item's content of its blob, which the reader reads and the SHA-1 of which is
 * checked: false in *ret_sound if it differs.  What does not save a cluster stays as it is. */
int wtg_squeeze_item(struct wtg_packer *packer, struct wtg_blob_reader *reader,
		     uint32_t cluster_bytes, struct wtg_item *item, bool *ret_sound,
		     struct wtg_error *err);
