/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "apply/squeeze.h"

#include <string.h>

#include "base/alloc.h"
#include "base/crypto.h"
#include "base/unpack.h"

#define CHUNK_BYTES 32768u
#define ENTRY_BYTES 4u

int wtg_squeezer_new(struct wtg_packer **ret, struct wtg_error *err)
{
	return wtg_packer_new(WTG_CODEC_LZX, CHUNK_BYTES, ret, err);
}

/* Table and chunks of content, which has at most 4 GiB less a byte. */
static int squeeze(struct wtg_packer *packer, const struct wtg_bytes *content,
		   struct wtg_bytes *ret, struct wtg_error *err)
{
	size_t n_chunks = (content->size - 1) / CHUNK_BYTES + 1;
	size_t table_bytes = (n_chunks - 1) * ENTRY_BYTES, at = table_bytes;
	uint8_t *data = wtg_try_alloc(table_bytes + content->size, "a compressed file", err);

	if (!data)
		return -1;
	for (size_t i = 0; i < n_chunks; i++) {
		const uint8_t *chunk = content->data + i * CHUNK_BYTES;
		size_t left = content->size - i * CHUNK_BYTES;
		size_t size = left < CHUNK_BYTES ? left : CHUNK_BYTES;
		size_t packed = wtg_pack(packer, chunk, size, data + at);

		if (i > 0)
			wtg_put_le32(data + (i - 1) * ENTRY_BYTES, (uint32_t)(at - table_bytes));
		if (packed == 0)
			memcpy(data + at, chunk, size);
		at += packed ? packed : size;
	}
	*ret = (struct wtg_bytes){ data, at };
	return 0;
}

static void settle(struct wtg_item *item, struct wtg_bytes *content)
{
	item->saved_bytes = item->size_bytes - content->size;
	item->squeezed = *content;
	item->content = content->data;
	item->size_bytes = content->size;
	item->blob = NULL;
	*content = (struct wtg_bytes){ 0 };
}

int wtg_squeeze_item(struct wtg_packer *packer, struct wtg_blob_reader *reader,
		     uint32_t cluster_bytes, struct wtg_item *item, bool *ret_sound,
		     struct wtg_error *err)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes content = { .size = item->size_bytes };
	_cleanup_(wtg_bytes_done) struct wtg_bytes squeezed = { 0 };
	uint8_t sha1[WTG_SHA1_SIZE];

	content.data = wtg_try_alloc(content.size, "a file to compress", err);
	if (!content.data ||
	    wtg_blob_read(reader, item->blob, content.data, content.size, 0, err) < 0)
		return -1;
	wtg_sha1(content.data, content.size, sha1);
	*ret_sound = memcmp(sha1, item->blob->sha1, sizeof(sha1)) == 0;
	if (squeeze(packer, &content, &squeezed, err) < 0)
		return -1;
	item->did_not_pay = (squeezed.size - 1) / cluster_bytes >=
			    (content.size - 1) / cluster_bytes;
	settle(item, item->did_not_pay ? &content : &squeezed);
	return 0;
}
