/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image/wim-header.h"

#include <string.h>

#include "base/bytes.h"

#define MAX_IMAGES 512
/* A table has 50 bytes for each different file: this is five million of them. */
#define MAX_TABLE_BYTES (256u << 20)
#define MAX_XML_BYTES (4u << 20)

enum {
	VERSION_SOLID = 0xe00,
	RESOURCE_METADATA = 0x02,
	RESOURCE_COMPRESSED = 0x04,
	RESOURCE_SOLID = 0x10,
};

bool wtg_wim_magic(const uint8_t start[static 8])
{
	return memcmp(start, "MSWIM\0\0\0", 8) == 0 ||
	       memcmp(start, "WLPWM\0\0\0", 8) == 0;
}

struct wtg_extent wtg_extent_parse(const uint8_t p[static WTG_EXTENT_BYTES])
{
	uint64_t first = wtg_le64(p); /* the top byte: flags */
	unsigned flags = first >> 56;

	return (struct wtg_extent){
		.stored_bytes = first & 0x00ffffffffffffffull,
		.offset = wtg_le64(p + 8),
		.size_bytes = wtg_le64(p + 16),
		.compressed = flags & RESOURCE_COMPRESSED,
		.metadata = flags & RESOURCE_METADATA,
		.solid = flags & RESOURCE_SOLID,
	};
}

static int check_extent(const struct wtg_source *source, const struct wtg_extent *extent,
			const char *what, uint64_t max_bytes, struct wtg_error *err)
{
	if (extent->offset > source->size_bytes ||
	    extent->stored_bytes > source->size_bytes - extent->offset)
		return wtg_fail(err, WTG_INPUT, 0,
				"%s is truncated: it has %ju bytes, and its "
				"%s should end at %ju",
				source->name, (uintmax_t)source->size_bytes, what,
				(uintmax_t)(extent->offset + extent->stored_bytes));
	if (extent->stored_bytes > max_bytes)
		return wtg_fail(err, WTG_INPUT, 0,
				"the %s of %s has %ju bytes, at most %ju make sense",
				what, source->name, (uintmax_t)extent->stored_bytes,
				(uintmax_t)max_bytes);
	/* Microsoft's tools and wimlib store these three as they are. */
	if (extent->compressed || extent->size_bytes != extent->stored_bytes)
		return wtg_fail(err, WTG_INPUT, 0,
				"the %s of %s is compressed, which no known program does",
				what, source->name);
	return 0;
}

static int check(const struct wtg_source *source, const struct wtg_wim_header *h,
		 struct wtg_error *err)
{
	if (h->n_parts == 0 || h->part == 0 || h->part > h->n_parts)
		return wtg_fail(err, WTG_INPUT, 0, "%s says it is part %u of %u",
				source->name, h->part, h->n_parts);
	if (h->n_images > MAX_IMAGES)
		return wtg_fail(err, WTG_INPUT, 0,
				"%s has %u images, at most %u make sense", source->name,
				h->n_images, MAX_IMAGES);
	if (h->table.stored_bytes == 0 && h->xml.stored_bytes == 0)
		return wtg_fail(err, WTG_INPUT, 0,
				"%s is incomplete: whoever wrote it was interrupted",
				source->name);
	if (check_extent(source, &h->table, "file table", MAX_TABLE_BYTES, err) < 0 ||
	    check_extent(source, &h->xml, "XML", MAX_XML_BYTES, err) < 0 ||
	    check_extent(source, &h->integrity, "integrity table", MAX_TABLE_BYTES,
			 err) < 0)
		return -1;
	return 0;
}

int wtg_wim_header_read(const struct wtg_source *source, struct wtg_wim_header *ret,
			struct wtg_error *err)
{
	struct wtg_wim_header h = { 0 };
	uint8_t raw[WTG_WIM_HEADER_BYTES];

	if (source->size_bytes < sizeof(raw))
		return wtg_fail(err, WTG_INPUT, 0, "%s is too short to be a WIM",
				source->name);
	if (wtg_source_pread(source, raw, sizeof(raw), 0, err) < 0)
		return -1;
	if (!wtg_wim_magic(raw))
		return wtg_fail(err, WTG_INPUT, 0, "%s is not a WIM", source->name);
	h.pipable = raw[0] == 'W';
	if (h.pipable && wtg_source_pread(source, raw, sizeof(raw),
					  source->size_bytes - sizeof(raw), err) < 0)
		return -1;
	if (!wtg_wim_magic(raw) || wtg_le32(raw + 8) != sizeof(raw))
		return wtg_fail(err, WTG_INPUT, 0, "%s has a damaged header",
				source->name);

	h.solid = wtg_le32(raw + 12) == VERSION_SOLID;
	memcpy(h.guid, raw + 24, sizeof(h.guid));
	h.part = wtg_le16(raw + 40);
	h.n_parts = wtg_le16(raw + 42);
	h.n_images = wtg_le32(raw + 44);
	h.table = wtg_extent_parse(raw + 48);
	h.xml = wtg_extent_parse(raw + 72);
	h.integrity = wtg_extent_parse(raw + 124);
	if (check(source, &h, err) < 0)
		return -1;
	*ret = h;
	return 0;
}
