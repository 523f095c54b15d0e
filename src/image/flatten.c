/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a worker parsed, on its way to who has power: whatever comes out is bounded to the
 * files that the image lies in. */
#include "image/open.h"

#include "base/alloc.h"
#include "wtg/text.h"

static void flatten_extent(const struct wtg_extent *extent, struct wtg_packet *packet)
{
	wtg_packet_number(packet, extent->offset);
	wtg_packet_number(packet, extent->stored_bytes);
	wtg_packet_number(packet, extent->size_bytes);
	wtg_packet_number(packet, extent->compressed);
	wtg_packet_number(packet, extent->metadata);
	wtg_packet_number(packet, extent->solid);
}

static void flatten_part(const struct wtg_part *part, struct wtg_packet *packet)
{
	const struct wtg_wim_header *header = &part->header;

	wtg_packet_number(packet, part->bare);
	wtg_packet_text(packet, part->source.name);
	wtg_packet_number(packet, part->source.n_items);
	for (size_t i = 0; i < part->source.n_items; i++) {
		wtg_packet_number(packet, part->source.items[i].offset);
		wtg_packet_number(packet, part->source.items[i].length);
	}
	wtg_packet_number(packet, header->pipable);
	wtg_packet_number(packet, header->solid);
	flatten_extent(&header->table, packet);
	flatten_extent(&header->xml, packet);
	flatten_extent(&header->integrity, packet);
}

static void flatten_edition(const struct wtg_edition *e, struct wtg_packet *packet)
{
	wtg_packet_number(packet, e->index);
	wtg_packet_text(packet, e->name);
	wtg_packet_text(packet, e->display_name);
	wtg_packet_text(packet, e->description);
	wtg_packet_text(packet, e->edition_id);
	wtg_packet_text(packet, e->installation_type);
	wtg_packet_number(packet, e->arch);
	wtg_packet_number(packet, e->major);
	wtg_packet_number(packet, e->minor);
	wtg_packet_number(packet, e->build);
	wtg_packet_number(packet, e->revision);
	wtg_packet_text(packet, e->languages);
	wtg_packet_text(packet, e->default_language);
	wtg_packet_number(packet, e->size_bytes);
	wtg_packet_number(packet, e->n_files);
	wtg_packet_number(packet, e->n_dirs);
}

void wtg_image_flatten(const struct wtg_image *image, struct wtg_packet *packet)
{
	wtg_packet_number(packet, image->container);
	wtg_packet_number(packet, image->n_items);
	for (size_t i = 0; i < image->n_items; i++) {
		const struct wtg_set *set = &image->items[i];

		wtg_packet_text(packet, set->prefix);
		wtg_packet_number(packet, set->n_items);
		for (size_t k = 0; k < set->n_items; k++)
			flatten_part(&set->items[k], packet);
		wtg_packet_number(packet, set->editions.n_items);
		for (size_t k = 0; k < set->editions.n_items; k++)
			flatten_edition(&set->editions.items[k], packet);
	}
}

/* ------------------------------------------------------------------ and back */

static struct wtg_extent read_extent(struct wtg_reader *reader, uint64_t source_bytes)
{
	struct wtg_extent extent;

	/* One after the other: C leaves the order within an initialiser open. */
	extent.offset = wtg_read_number(reader);
	extent.stored_bytes = wtg_read_number(reader);
	extent.size_bytes = wtg_read_number(reader);
	extent.compressed = wtg_read_truth(reader);
	extent.metadata = wtg_read_truth(reader);
	extent.solid = wtg_read_truth(reader);
	if (extent.offset > source_bytes || extent.stored_bytes > source_bytes - extent.offset)
		reader->bad = true;
	return extent;
}

static void read_runs(struct wtg_reader *reader, const struct wtg_image_file *file,
		      struct wtg_source *source)
{
	size_t n = wtg_read_count(reader);

	source->fd = file->fd;
	for (size_t i = 0; i < n && !reader->bad; i++) {
		uint64_t offset = wtg_read_number(reader);
		uint64_t length = wtg_read_number(reader);

		if (length == 0 || offset > file->size_bytes ||
		    length > file->size_bytes - offset ||
		    length > file->size_bytes - source->size_bytes)
			reader->bad = true;
		else
			wtg_source_extend(source, offset, length);
	}
	/* A header at each end, which may be the same. */
	if (source->size_bytes < WTG_WIM_HEADER_BYTES)
		reader->bad = true;
}

static void read_part(struct wtg_reader *reader, const struct wtg_image *image, size_t number,
		      struct wtg_part *part)
{
	const char *name;
	uint64_t size_bytes;

	part->bare = wtg_read_truth(reader);
	name = wtg_read_text(reader);
	part->source.name = wtg_text_copy(name ? name : image->path);
	if (part->bare && number >= image->files.n_items) {
		reader->bad = true;
		return;
	}
	read_runs(reader, &image->files.items[part->bare ? number : 0], &part->source);
	size_bytes = part->source.size_bytes;
	part->header.pipable = wtg_read_truth(reader);
	part->header.solid = wtg_read_truth(reader);
	part->header.table = read_extent(reader, size_bytes);
	part->header.xml = read_extent(reader, size_bytes);
	part->header.integrity = read_extent(reader, size_bytes);
}

static char *read_copy(struct wtg_reader *reader)
{
	return wtg_text_copy(wtg_read_text(reader));
}

static unsigned read_unsigned(struct wtg_reader *reader)
{
	return (unsigned)wtg_read_below(reader, UINT64_C(1) << 32);
}

static void read_edition(struct wtg_reader *reader, struct wtg_edition *e)
{
	e->index = read_unsigned(reader);
	e->name = read_copy(reader);
	e->display_name = read_copy(reader);
	e->description = read_copy(reader);
	e->edition_id = read_copy(reader);
	e->installation_type = read_copy(reader);
	e->arch = (enum wtg_arch)wtg_read_below(reader, WTG_ARCH_ARM64 + 1);
	e->major = read_unsigned(reader);
	e->minor = read_unsigned(reader);
	e->build = read_unsigned(reader);
	e->revision = read_unsigned(reader);
	e->languages = read_copy(reader);
	e->default_language = read_copy(reader);
	e->size_bytes = wtg_read_below(reader, WTG_WIM_XML_MAX_NUMBER + 1);
	e->n_files = wtg_read_below(reader, WTG_WIM_XML_MAX_NUMBER + 1);
	e->n_dirs = wtg_read_below(reader, WTG_WIM_XML_MAX_NUMBER + 1);
}

static void read_set(struct wtg_reader *reader, const struct wtg_image *image,
		     struct wtg_set *set)
{
	size_t n;

	set->prefix = read_copy(reader);
	n = wtg_read_count(reader);
	for (size_t i = 0; i < n && !reader->bad; i++) {
		struct wtg_part part = { .copy = -1 };

		read_part(reader, image, i, &part);
		WTG_APPEND(set, part);
	}
	n = wtg_read_count(reader);
	for (size_t i = 0; i < n && !reader->bad; i++) {
		struct wtg_edition edition = { 0 };

		read_edition(reader, &edition);
		WTG_APPEND(&set->editions, edition);
	}
	if (set->n_items == 0 || set->editions.n_items == 0)
		reader->bad = true;
}

int wtg_image_unflatten(struct wtg_image *image, const struct wtg_packet *packet,
			struct wtg_error *err)
{
	struct wtg_reader reader = wtg_reader(packet);
	size_t n;

	image->container = (enum wtg_container)wtg_read_below(&reader, WTG_CONTAINER_SWM + 1);
	n = wtg_read_count(&reader);
	for (size_t i = 0; i < n && !reader.bad; i++) {
		struct wtg_set set = { 0 };

		read_set(&reader, image, &set);
		WTG_APPEND(image, set);
	}
	if (image->n_items > 0 && wtg_reader_done(&reader))
		return 0;
	return wtg_fail(err, WTG_INPUT, 0,
			"the process that reads %s gave back what makes no sense", image->path);
}
