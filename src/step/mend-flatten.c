/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/mend-inner.h"

#include <string.h>

#include "base/alloc.h"
#include "step/ventoy-flatten.h"
#include "wtg/text.h"

static void put_sentences(struct wtg_packet *packet, const struct wtg_sentences *sentences)
{
	wtg_packet_number(packet, sentences->n_items);
	for (size_t i = 0; i < sentences->n_items; i++)
		wtg_packet_text(packet, sentences->items[i]);
}

static void put_files(struct wtg_packet *packet, const struct wtg_mend_files *files)
{
	wtg_packet_number(packet, files->files.n_items);
	for (size_t i = 0; i < files->files.n_items; i++) {
		const struct wtg_file *file = &files->files.items[i];

		wtg_packet_text(packet, file->path);
		wtg_packet_bytes(packet, file->content.data, file->content.size);
		wtg_packet_text(packet, files->old.items[i]);
	}
}

void wtg_mend_flatten(const struct wtg_mend *mend, struct wtg_packet *packet)
{
	wtg_partitions_flatten(&mend->table, packet);
	wtg_packet_number(packet, mend->ventoy);
	wtg_packet_number(packet, mend->system.number);
	wtg_packet_number(packet, mend->windows.number);
	wtg_packet_number(packet, mend->arch);
	wtg_packet_number(packet, mend->build);
	wtg_packet_text(packet, mend->installation_type);
	wtg_packet_number(packet, mend->format_system);
	wtg_packet_number(packet, mend->manner.bios);
	wtg_packet_number(packet, mend->manner.vtefi);
	wtg_packet_number(packet, mend->manner.no_fallback);
	wtg_packet_number(packet, mend->chain);
	wtg_packet_text(packet, mend->signers);
	wtg_packet_number(packet, mend->n_right);
	put_files(packet, &mend->boot);
	put_files(packet, &mend->stores);
	wtg_packet_text(packet, mend->description);
	wtg_packet_text(packet, mend->locale);
	wtg_packet_number(packet, mend->active);
	wtg_packet_number(packet, mend->boot_code);
	wtg_packet_number(packet, mend->boot_record);
	wtg_edits_flatten(&mend->edits, packet);
	wtg_packet_bytes(packet, mend->hive.data, mend->hive.size);
	wtg_packet_bytes(packet, mend->hive_is, sizeof(mend->hive_is));
	put_sentences(packet, &mend->faults);
	put_sentences(packet, &mend->stays);
	put_sentences(packet, &mend->warnings);
}

/* ------------------------------------------------------------------ and back */

static char *take_text(struct wtg_reader *reader)
{
	const char *text = wtg_read_text(reader);

	if (!text)
		reader->bad = true;
	return wtg_text_copy(text ? text : "");
}

static void take_sentences(struct wtg_reader *reader, struct wtg_sentences *sentences)
{
	size_t n = wtg_read_count(reader);

	for (size_t i = 0; i < n && !reader->bad; i++)
		WTG_APPEND(sentences, take_text(reader));
}

static void take_files(struct wtg_reader *reader, struct wtg_mend_files *files)
{
	size_t n = wtg_read_count(reader);

	for (size_t i = 0; i < n && !reader->bad; i++) {
		_cleanup_free_ char *path = take_text(reader);
		struct wtg_bytes content = wtg_read_bytes(reader);

		/* A file without data would be one that is to be removed. */
		if (!content.data)
			content = wtg_bytes_copy("", 0);
		wtg_files_add(&files->files, path, content);
		WTG_APPEND(&files->old, take_text(reader));
	}
}

static void take_partition(struct wtg_reader *reader, const struct wtg_partitions *table,
			   struct wtg_gpt_entry *ret)
{
	const struct wtg_gpt_entry *entry =
		wtg_partitions_number(table, (unsigned)wtg_read_below(reader, UINT32_MAX));

	if (entry)
		*ret = *entry;
	else
		reader->bad = true;
}

static void take_all(struct wtg_reader *reader, const struct wtg_disk *disk,
		     struct wtg_mend *mend)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes digest = { 0 };

	wtg_partitions_unflatten(reader, disk, &mend->table);
	mend->ventoy = wtg_read_truth(reader);
	take_partition(reader, &mend->table, &mend->system);
	take_partition(reader, &mend->table, &mend->windows);
	mend->arch = (enum wtg_arch)wtg_read_below(reader, WTG_ARCH_ARM64 + 1);
	mend->build = (unsigned)wtg_read_below(reader, UINT32_MAX);
	mend->installation_type = wtg_text_copy(wtg_read_text(reader));
	mend->format_system = wtg_read_truth(reader);
	mend->manner.bios = wtg_read_truth(reader);
	mend->manner.vtefi = wtg_read_truth(reader);
	mend->manner.no_fallback = wtg_read_truth(reader);
	mend->chain = (enum wtg_boot_ca)wtg_read_below(reader, WTG_BOOT_CA_2023 + 1);
	mend->signers = wtg_text_copy(wtg_read_text(reader));
	mend->n_right = wtg_read_below(reader, UINT32_MAX);
	take_files(reader, &mend->boot);
	take_files(reader, &mend->stores);
	mend->description = wtg_text_copy(wtg_read_text(reader));
	mend->locale = wtg_text_copy(wtg_read_text(reader));
	mend->active = wtg_read_truth(reader);
	mend->boot_code = wtg_read_truth(reader);
	mend->boot_record = wtg_read_truth(reader);
	wtg_edits_unflatten(reader, &mend->edits);
	mend->hive = wtg_read_bytes(reader);
	digest = wtg_read_bytes(reader);
	if (digest.size == sizeof(mend->hive_is))
		memcpy(mend->hive_is, digest.data, digest.size);
	else
		reader->bad = true;
	take_sentences(reader, &mend->faults);
	take_sentences(reader, &mend->stays);
	take_sentences(reader, &mend->warnings);
}

bool wtg_mend_unflatten(struct wtg_reader *reader, const struct wtg_disk *disk,
			struct wtg_mend *ret)
{
	_cleanup_free_ struct wtg_mend *mend = wtg_alloc(sizeof(*mend));

	take_all(reader, disk, mend);
	if (!wtg_reader_done(reader) || mend->chain == WTG_BOOT_CA_AUTO ||
	    mend->system.number == mend->windows.number ||
	    ((mend->active || mend->boot_code || mend->boot_record) &&
	     mend->table.style != WTG_TABLE_MBR)) {
		wtg_mend_done(mend);
		return false;
	}
	*ret = *mend;
	return true;
}
