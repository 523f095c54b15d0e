/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/ventoy-flatten.h"

#include <string.h>

#include "base/alloc.h"
#include "wtg/text.h"

/* ------------------------------------------------------------------ there */

static void put_extent(struct wtg_packet *packet, const struct wtg_extent *extent)
{
	wtg_packet_number(packet, extent->offset);
	wtg_packet_number(packet, extent->length);
}

static void put_entry(struct wtg_packet *packet, const struct wtg_gpt_entry *entry)
{
	wtg_packet_number(packet, entry->number);
	wtg_packet_bytes(packet, &entry->type, sizeof(entry->type));
	wtg_packet_bytes(packet, &entry->id, sizeof(entry->id));
	wtg_packet_number(packet, entry->attributes);
	wtg_packet_number(packet, entry->first_byte);
	wtg_packet_number(packet, entry->size_bytes);
	wtg_packet_text(packet, entry->name);
	wtg_packet_number(packet, entry->mbr_type);
	wtg_packet_number(packet, entry->active);
}

void wtg_partitions_flatten(const struct wtg_partitions *table, struct wtg_packet *packet)
{
	wtg_packet_number(packet, table->style);
	wtg_packet_number(packet, table->sector_bytes);
	wtg_packet_number(packet, table->signature);
	wtg_packet_number(packet, table->first_usable_byte);
	wtg_packet_number(packet, table->end_usable_byte);
	wtg_packet_bytes(packet, &table->disk, sizeof(table->disk));
	wtg_packet_number(packet, table->primary_ok);
	wtg_packet_number(packet, table->backup_ok);
	wtg_packet_number(packet, table->same);
	wtg_packet_number(packet, table->protective_mbr);
	wtg_packet_number(packet, table->hybrid_mbr);
	wtg_packet_number(packet, table->extended);
	wtg_packet_number(packet, table->n_slots);
	wtg_packet_number(packet, table->n_entries);
	for (size_t i = 0; i < table->n_entries; i++)
		put_entry(packet, &table->entries[i]);
}

static void put_ventoy(struct wtg_packet *packet, const struct wtg_ventoy_seen *seen)
{
	wtg_packet_bytes(packet, seen->head, sizeof(seen->head));
	put_extent(packet, &seen->first);
	put_extent(packet, &seen->second);
	wtg_packet_text(packet, seen->second_name);
	wtg_packet_number(packet, seen->second_attributes);
	wtg_packet_number(packet, seen->first_type);
	wtg_packet_number(packet, seen->second_type);
	wtg_packet_number(packet, seen->first_active);
	wtg_packet_number(packet, seen->second_active);
	wtg_packet_number(packet, seen->second_is_fat);
	wtg_packet_text(packet, seen->second_label);
	wtg_packet_number(packet, seen->has_cpio);
	wtg_packet_number(packet, seen->has_localboot);
	wtg_packet_number(packet, seen->has_fuse);
	wtg_packet_number(packet, seen->has_shim);
	wtg_packet_text(packet, seen->version.text);
}

void wtg_drive_view_flatten(const struct wtg_drive_view *view, struct wtg_packet *packet)
{
	wtg_packet_number(packet, view->has_table);
	if (!view->has_table)
		return;
	wtg_partitions_flatten(&view->table, packet);
	put_ventoy(packet, &view->ventoy);
	wtg_packet_number(packet, view->first_fs);
	wtg_packet_number(packet, view->existing.n_items);
	for (size_t i = 0; i < view->existing.n_items; i++) {
		const struct wtg_file *file = &view->existing.items[i];

		wtg_packet_text(packet, file->path);
		wtg_packet_bytes(packet, file->content.data, file->content.size);
	}
	wtg_packet_text(packet, view->unreadable);
	wtg_packet_number(packet, view->system_number);
	wtg_packet_number(packet, view->system_volume_id);
	wtg_packet_number(packet, view->arch);
	wtg_packet_number(packet, view->bios);
	wtg_packet_number(packet, view->vtefi);
}

/* ------------------------------------------------------------------ and back */

/* Exactly so many bytes. */
static void take(struct wtg_reader *reader, void *ret, size_t size)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes bytes = wtg_read_bytes(reader);

	if (bytes.size == size)
		memcpy(ret, bytes.data, size);
	else
		reader->bad = true;
}

/* With its NUL in size bytes. */
static void take_text(struct wtg_reader *reader, char *ret, size_t size)
{
	const char *text = wtg_read_text(reader);

	if (text && strlen(text) < size)
		strcpy(ret, text);
	else
		reader->bad = true;
}

/* On the disk. */
static struct wtg_extent take_extent(struct wtg_reader *reader, const struct wtg_disk *disk)
{
	struct wtg_extent extent = { 0 };

	extent.offset = wtg_read_number(reader);
	extent.length = wtg_read_number(reader);
	if (extent.length > disk->size_bytes || extent.offset > disk->size_bytes - extent.length)
		reader->bad = true;
	return extent;
}

static void take_entry(struct wtg_reader *reader, const struct wtg_disk *disk,
		       struct wtg_gpt_entry *entry)
{
	struct wtg_extent at;

	entry->number = (unsigned)wtg_read_below(reader, UINT32_MAX);
	take(reader, &entry->type, sizeof(entry->type));
	take(reader, &entry->id, sizeof(entry->id));
	entry->attributes = wtg_read_number(reader);
	at = take_extent(reader, disk);
	entry->first_byte = at.offset;
	entry->size_bytes = at.length;
	take_text(reader, entry->name, sizeof(entry->name));
	entry->mbr_type = (uint8_t)wtg_read_below(reader, 256);
	entry->active = wtg_read_truth(reader);
	if (entry->number == 0) /* they are counted from 1 */
		reader->bad = true;
}

void wtg_partitions_unflatten(struct wtg_reader *reader, const struct wtg_disk *disk,
			      struct wtg_partitions *table)
{
	table->style = (enum wtg_table_style)wtg_read_below(reader, WTG_TABLE_MBR + 1);
	table->sector_bytes = (uint32_t)wtg_read_below(reader, UINT32_MAX);
	table->signature = (uint32_t)wtg_read_below(reader, UINT64_C(1) << 32);
	table->first_usable_byte = wtg_read_below(reader, disk->size_bytes + 1);
	table->end_usable_byte = wtg_read_below(reader, disk->size_bytes + 1);
	take(reader, &table->disk, sizeof(table->disk));
	table->primary_ok = wtg_read_truth(reader);
	table->backup_ok = wtg_read_truth(reader);
	table->same = wtg_read_truth(reader);
	table->protective_mbr = wtg_read_truth(reader);
	table->hybrid_mbr = wtg_read_truth(reader);
	table->extended = wtg_read_truth(reader);
	table->n_slots = (unsigned)wtg_read_below(reader, UINT32_MAX);
	table->n_entries = wtg_read_below(reader, WTG_GPT_MAX_ENTRIES + 1);
	for (size_t i = 0; i < table->n_entries && !reader->bad; i++)
		take_entry(reader, disk, &table->entries[i]);
	if (table->style == WTG_TABLE_AUTO || table->sector_bytes != disk->sector_bytes)
		reader->bad = true;
}

static void take_ventoy(struct wtg_reader *reader, const struct wtg_disk *disk,
			struct wtg_ventoy_seen *seen)
{
	char version[sizeof(seen->version.text)] = "";

	take(reader, seen->head, sizeof(seen->head));
	seen->first = take_extent(reader, disk);
	seen->second = take_extent(reader, disk);
	take_text(reader, seen->second_name, sizeof(seen->second_name));
	seen->second_attributes = wtg_read_number(reader);
	seen->first_type = (uint8_t)wtg_read_below(reader, 256);
	seen->second_type = (uint8_t)wtg_read_below(reader, 256);
	seen->first_active = wtg_read_truth(reader);
	seen->second_active = wtg_read_truth(reader);
	seen->second_is_fat = wtg_read_truth(reader);
	take_text(reader, seen->second_label, sizeof(seen->second_label));
	seen->has_cpio = wtg_read_truth(reader);
	seen->has_localboot = wtg_read_truth(reader);
	seen->has_fuse = wtg_read_truth(reader);
	seen->has_shim = wtg_read_truth(reader);
	take_text(reader, version, sizeof(version));
	if (*version && !wtg_ventoy_version_parse(version, &seen->version))
		reader->bad = true;
}

static void take_files(struct wtg_reader *reader, struct wtg_files *files)
{
	size_t n = wtg_read_count(reader);

	for (size_t i = 0; i < n && !reader->bad; i++) {
		const char *path = wtg_read_text(reader);

		wtg_files_add(files, path ? path : "", wtg_read_bytes(reader));
		if (!path)
			reader->bad = true;
	}
}

static void take_all(struct wtg_reader *reader, const struct wtg_disk *disk,
		     struct wtg_drive_view *view)
{
	view->has_table = wtg_read_truth(reader);
	if (!view->has_table)
		return;
	wtg_partitions_unflatten(reader, disk, &view->table);
	take_ventoy(reader, disk, &view->ventoy);
	view->ventoy.style = view->table.style;
	view->ventoy.sector_bytes = view->table.sector_bytes;
	view->first_fs = (enum wtg_fs)wtg_read_below(reader, WTG_FS_NTFS + 1);
	take_files(reader, &view->existing);
	view->unreadable = wtg_text_copy(wtg_read_text(reader));
	view->system_number = (unsigned)wtg_read_below(reader, UINT32_MAX);
	view->system_volume_id = (uint32_t)wtg_read_below(reader, UINT64_C(1) << 32);
	view->arch = (enum wtg_arch)wtg_read_below(reader, WTG_ARCH_ARM64 + 1);
	view->bios = wtg_read_truth(reader);
	view->vtefi = wtg_read_truth(reader);
}

bool wtg_drive_view_unflatten(const struct wtg_packet *packet, const struct wtg_disk *disk,
			      struct wtg_drive_view *ret)
{
	_cleanup_free_ struct wtg_drive_view *view = wtg_alloc(sizeof(*view));
	struct wtg_reader reader = wtg_reader(packet);

	take_all(&reader, disk, view);
	if (!wtg_reader_done(&reader)) {
		wtg_drive_view_done(view);
		return false;
	}
	*ret = *view;
	return true;
}
