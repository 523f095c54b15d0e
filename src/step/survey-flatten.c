/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/survey.h"

#include "base/alloc.h"
#include "wtg/text.h"

static void flatten_dbx(const struct wtg_dbx_scope *dbx, struct wtg_packet *packet)
{
	wtg_packet_number(packet, dbx->n_entries);
	wtg_packet_number(packet, dbx->n_others);
	wtg_packet_number(packet, dbx->bootmgr_svn[0]);
	wtg_packet_number(packet, dbx->bootmgr_svn[1]);
}

static void flatten_sentences(const struct wtg_sentences *sentences, struct wtg_packet *packet)
{
	wtg_packet_number(packet, sentences->n_items);
	for (size_t i = 0; i < sentences->n_items; i++)
		wtg_packet_text(packet, sentences->items[i]);
}

static void flatten_boot(const struct wtg_bootfiles *boot, struct wtg_packet *packet)
{
	wtg_packet_number(packet, boot->chain);
	wtg_packet_number(packet, boot->loader.machine);
	wtg_packet_number(packet, boot->loader.subsystem);
	wtg_packet_number(packet, boot->loader.n_signatures);
	wtg_packet_number(packet, boot->loader.signed_2011);
	wtg_packet_number(packet, boot->loader.signed_2023);
	wtg_packet_text(packet, boot->loader.signers);
	wtg_packet_number(packet, boot->bios);
	wtg_packet_text(packet, boot->signers_2011);
	wtg_packet_text(packet, boot->signers_2023);
	flatten_dbx(&boot->dbx, packet);
	wtg_packet_number(packet, boot->files.n_items);
	for (size_t i = 0; i < boot->files.n_items; i++) {
		const struct wtg_file *file = &boot->files.items[i];

		wtg_packet_text(packet, file->path);
		wtg_packet_bytes(packet, file->content.data, file->content.size);
	}
}

static void flatten_edit(const struct wtg_edit *edit, struct wtg_packet *packet)
{
	wtg_packet_number(packet, edit->class);
	wtg_packet_number(packet, edit->action);
	wtg_packet_number(packet, edit->outcome);
	wtg_packet_text(packet, edit->key);
	wtg_packet_text(packet, edit->value);
	wtg_packet_number(packet, edit->type);
	wtg_packet_bytes(packet, edit->data.data, edit->data.size);
	wtg_packet_text(packet, edit->old_text);
	wtg_packet_text(packet, edit->new_text);
	wtg_packet_text(packet, edit->reason);
}

void wtg_edits_flatten(const struct wtg_edits *edits, struct wtg_packet *packet)
{
	wtg_packet_number(packet, edits->captured);
	wtg_packet_number(packet, edits->n_items);
	for (size_t i = 0; i < edits->n_items; i++)
		flatten_edit(&edits->items[i], packet);
}

static void flatten_overlay(const struct wtg_overlay *overlay, struct wtg_packet *packet)
{
	wtg_packet_number(packet, overlay->n_items);
	for (size_t i = 0; i < overlay->n_items; i++) {
		const struct wtg_overlay_file *file = &overlay->items[i];

		wtg_packet_text(packet, file->path);
		wtg_packet_number(packet, file->drop);
		wtg_packet_number(packet, file->anew);
		wtg_packet_number(packet, file->lent ? file->loan + 1 : 0);
		wtg_packet_bytes(packet, file->content.data, file->content.size);
		wtg_packet_bytes(packet, file->security.data, file->security.size);
		wtg_packet_number(packet, file->in_image);
		wtg_packet_number(packet, file->image_bytes);
	}
}

static void flatten_measure(const struct wtg_measure *measure, struct wtg_packet *packet)
{
	wtg_packet_number(packet, measure->n_inodes);
	wtg_packet_number(packet, measure->n_files);
	wtg_packet_number(packet, measure->content_bytes);
	wtg_packet_number(packet, measure->volume_bytes);
	wtg_packet_number(packet, measure->chunk_bytes);
}

void wtg_survey_flatten(const struct wtg_survey *survey, struct wtg_packet *packet)
{
	flatten_sentences(&survey->warnings, packet);
	flatten_boot(&survey->boot, packet);
	for (size_t i = 0; i < WTG_N_HIVES; i++)
		wtg_edits_flatten(&survey->registry[i], packet);
	flatten_overlay(&survey->overlay, packet);
	wtg_removals_flatten(&survey->removals, packet);
	wtg_drivers_flatten(&survey->drivers, packet);
	wtg_driver_places_flatten(&survey->placement, packet);
	flatten_sentences(&survey->answers, packet);
	wtg_packet_text(packet, survey->answer_kept);
	wtg_compact_flatten(&survey->compact, packet);
	flatten_measure(&survey->plain, packet);
	flatten_measure(&survey->packed, packet);
	wtg_packet_bytes(packet, survey->tree.data, survey->tree.size);
}

/* ------------------------------------------------------------------ and back */

static char *read_some_text(struct wtg_reader *reader)
{
	const char *text = wtg_read_text(reader);

	if (!text)
		reader->bad = true;
	return wtg_text_copy(text ? text : "");
}

static void read_sentences(struct wtg_reader *reader, struct wtg_sentences *sentences)
{
	size_t n = wtg_read_count(reader);

	for (size_t i = 0; i < n && !reader->bad; i++)
		WTG_APPEND(sentences, read_some_text(reader));
}

/* What a path within a volume is: no part empty, "." or "..", and none absolute. */
static bool is_inside(const char *path)
{
	for (const char *part = path;;) {
		size_t n = strcspn(part, "/");

		if (n == 0 || (n == 1 && part[0] == '.') ||
		    (n == 2 && part[0] == '.' && part[1] == '.'))
			return false;
		if (!part[n])
			return true;
		part += n + 1;
	}
}

static void read_boot_file(struct wtg_reader *reader, struct wtg_files *files)
{
	const char *path = wtg_read_text(reader);
	struct wtg_bytes content = wtg_read_bytes(reader);

	if (!path || !is_inside(path))
		reader->bad = true;
	wtg_files_add(files, path ? path : "", content);
}

static void read_dbx(struct wtg_reader *reader, struct wtg_dbx_scope *dbx)
{
	dbx->n_entries = wtg_read_below(reader, WTG_DBX_BYTES);
	dbx->n_others = wtg_read_below(reader, WTG_DBX_BYTES);
	dbx->bootmgr_svn[0] = (uint16_t)wtg_read_below(reader, UINT16_MAX + 1);
	dbx->bootmgr_svn[1] = (uint16_t)wtg_read_below(reader, UINT16_MAX + 1);
}

static void read_boot(struct wtg_reader *reader, struct wtg_bootfiles *boot)
{
	size_t n;

	boot->chain = (enum wtg_boot_ca)wtg_read_below(reader, WTG_BOOT_CA_2023 + 1);
	boot->loader.machine = (uint16_t)wtg_read_below(reader, UINT16_MAX + 1);
	boot->loader.subsystem = (uint16_t)wtg_read_below(reader, UINT16_MAX + 1);
	boot->loader.n_signatures = (unsigned)wtg_read_below(reader, UINT32_MAX);
	boot->loader.signed_2011 = wtg_read_truth(reader);
	boot->loader.signed_2023 = wtg_read_truth(reader);
	boot->loader.signers = wtg_text_copy(wtg_read_text(reader));
	boot->bios = wtg_read_truth(reader);
	boot->signers_2011 = wtg_text_copy(wtg_read_text(reader));
	boot->signers_2023 = wtg_text_copy(wtg_read_text(reader));
	read_dbx(reader, &boot->dbx);
	n = wtg_read_count(reader);
	for (size_t i = 0; i < n && !reader->bad; i++)
		read_boot_file(reader, &boot->files);
	if (!wtg_bootfiles_possible(boot))
		reader->bad = true;
}

static void read_edit(struct wtg_reader *reader, struct wtg_edit *edit)
{
	edit->class = (enum wtg_edit_class)wtg_read_below(reader, WTG_EDIT_WISH + 1);
	edit->action = (enum wtg_edit_action)wtg_read_below(reader, WTG_EDIT_DELETE_KEY + 1);
	edit->outcome = (enum wtg_edit_outcome)wtg_read_below(reader, WTG_EDIT_UNDONE + 1);
	edit->key = read_some_text(reader);
	edit->value = wtg_text_copy(wtg_read_text(reader));
	edit->type = (uint32_t)wtg_read_below(reader, UINT64_C(1) << 32);
	edit->data = wtg_read_bytes(reader);
	edit->old_text = read_some_text(reader);
	edit->new_text = read_some_text(reader);
	edit->reason = read_some_text(reader);
}

void wtg_edits_unflatten(struct wtg_reader *reader, struct wtg_edits *edits)
{
	size_t n;

	edits->captured = wtg_read_truth(reader);
	n = wtg_read_count(reader);
	for (size_t i = 0; i < n && !reader->bad; i++) {
		struct wtg_edit edit = { 0 };

		read_edit(reader, &edit);
		WTG_APPEND(edits, edit);
	}
}

static char *read_path(struct wtg_reader *reader)
{
	char *path = read_some_text(reader);

	if (!is_inside(path))
		reader->bad = true;
	return path;
}

/* Something of the lender's, or nothing. */
static void read_loan(struct wtg_reader *reader, const struct wtg_files *lender,
		      struct wtg_overlay_file *file)
{
	size_t which = wtg_read_below(reader, lender->n_items + 1);

	if (which == 0)
		return;
	file->loan = which - 1;
	file->lent = &lender->items[file->loan].content;
}

static void read_overlay(struct wtg_reader *reader, const struct wtg_files *lender,
			 struct wtg_overlay *overlay)
{
	size_t n = wtg_read_count(reader);

	for (size_t i = 0; i < n && !reader->bad; i++) {
		struct wtg_overlay_file file = { .path = read_path(reader) };

		file.drop = wtg_read_truth(reader);
		file.anew = wtg_read_truth(reader);
		read_loan(reader, lender, &file);
		file.content = wtg_read_bytes(reader);
		file.security = wtg_read_bytes(reader);
		file.in_image = wtg_read_truth(reader);
		file.image_bytes = wtg_read_number(reader);
		WTG_APPEND(overlay, file);
	}
}

/* More than any volume holds, and less than what added up overflows. */
#define MAX_BYTES (UINT64_C(1) << 60)

static void read_measure(struct wtg_reader *reader, struct wtg_measure *measure)
{
	measure->n_inodes = wtg_read_below(reader, UINT64_C(1) << 32);
	measure->n_files = wtg_read_below(reader, UINT64_C(1) << 32);
	measure->content_bytes = wtg_read_below(reader, MAX_BYTES);
	measure->volume_bytes = wtg_read_below(reader, MAX_BYTES);
	measure->chunk_bytes = wtg_read_below(reader, UINT64_C(1) << 32);
}

int wtg_survey_unflatten(const struct wtg_packet *packet, const struct wtg_files *lender,
			 struct wtg_survey *ret, struct wtg_error *err)
{
	_cleanup_(wtg_survey_done) struct wtg_survey survey = { 0 };
	struct wtg_reader reader = wtg_reader(packet);

	read_sentences(&reader, &survey.warnings);
	read_boot(&reader, &survey.boot);
	for (size_t i = 0; i < WTG_N_HIVES; i++)
		wtg_edits_unflatten(&reader, &survey.registry[i]);
	read_overlay(&reader, lender, &survey.overlay);
	wtg_removals_unflatten(&reader, &survey.removals);
	if (wtg_drivers_unflatten(&reader, &survey.drivers, err) < 0)
		return -1;
	wtg_driver_places_unflatten(&reader, &survey.drivers, &survey.placement);
	read_sentences(&reader, &survey.answers);
	survey.answer_kept = wtg_text_copy(wtg_read_text(&reader));
	wtg_compact_unflatten(&reader, &survey.compact);
	read_measure(&reader, &survey.plain);
	read_measure(&reader, &survey.packed);
	survey.tree = wtg_read_bytes(&reader);
	if (!wtg_reader_done(&reader))
		return wtg_fail(err, WTG_INPUT, 0,
				"the process that reads the image gave back what makes no sense");
	*ret = survey;
	survey = (struct wtg_survey){ 0 };
	return 0;
}
