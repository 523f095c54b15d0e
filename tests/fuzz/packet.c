/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a worker gives back, read by who has power: anything at all, if a hostile image took
 * the worker over.  What is taken for good lies within the image's files and the volumes,
 * describes itself without harm, and laid flat again is the same bytes.
 */
#include "fuzz.h"

#include "base/packet.h"
#include "image/open.h"
#include "step/survey.h"
#include "wtg/text.h"

#define FILE_BYTES (64u << 10)

/* ------------------------------------------------------------------ facts, failures */

static void describe_facts(const void *packet, struct wtg_facts *out)
{
	struct wtg_reader reader = wtg_reader(packet);

	wtg_read_facts(&reader, out);
}

static void read_failure(const struct wtg_packet *packet)
{
	_cleanup_(wtg_error_done) struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_reader reader = wtg_reader(packet);

	wtg_read_error(&reader, &err);
	FUZZ_ASSERT(err.kind != WTG_OK && err.kind != WTG_CANCELLED && err.message);
}

/* ------------------------------------------------------------------ the survey */

static void describe_survey(const void *thing, struct wtg_facts *out)
{
	const struct wtg_survey *survey = thing;

	wtg_bootfiles_describe(&survey->boot, out);
	for (size_t i = 0; i < WTG_N_HIVES; i++)
		wtg_edits_describe(&survey->registry[i], out);
	wtg_overlay_describe(&survey->overlay, out);
	wtg_removals_describe(&survey->removals, out);
	wtg_drivers_describe(&survey->drivers, &survey->placement, out);
}

static void read_survey(const struct wtg_packet *packet)
{
	_cleanup_(wtg_survey_done) struct wtg_survey survey = { 0 };
	_cleanup_(wtg_error_done) struct wtg_error err = WTG_ERROR_INIT;
	_cleanup_(wtg_packet_done) struct wtg_packet flat = { 0 };
	struct wtg_file lent[3] = { { .path = NULL } };
	const struct wtg_files lender = { .items = lent, .n_items = 3 };

	if (wtg_survey_unflatten(packet, &lender, &survey, &err) < 0)
		return;
	for (size_t i = 0; i < survey.boot.files.n_items; i++)
		FUZZ_ASSERT(fuzz_is_path(survey.boot.files.items[i].path));
	for (size_t i = 0; i < survey.overlay.n_items; i++)
		FUZZ_ASSERT(fuzz_is_path(survey.overlay.items[i].path));
	fuzz_describe(describe_survey, &survey);
	wtg_survey_flatten(&survey, &flat);
	FUZZ_ASSERT(flat.size == packet->size);
	FUZZ_ASSERT(memcmp(flat.data, packet->data, flat.size) == 0);
}

/* ------------------------------------------------------------------ the image */

static void describe_image(const void *thing, struct wtg_facts *out)
{
	const struct wtg_image *image = thing;

	wtg_image_describe(image, out);
	wtg_fact_open(out, "editions", WTG_LIST);
	for (size_t i = 0; i < wtg_image_n_editions(image); i++) {
		wtg_fact_open(out, NULL, WTG_OBJECT);
		wtg_edition_describe(wtg_image_edition(image, i), out);
		wtg_fact_close(out);
	}
	wtg_fact_close(out);
}

static void check_source(const struct wtg_source *source)
{
	uint64_t size_bytes = 0;

	for (size_t i = 0; i < source->n_items; i++) {
		FUZZ_ASSERT(source->items[i].length <= FILE_BYTES);
		FUZZ_ASSERT(source->items[i].offset <= FILE_BYTES - source->items[i].length);
		size_bytes += source->items[i].length;
	}
	FUZZ_ASSERT(size_bytes == source->size_bytes);
}

static void use_image(struct wtg_image *image)
{
	_cleanup_(wtg_error_done) struct wtg_error err = WTG_ERROR_INIT;
	const struct wtg_edition *edition;

	fuzz_describe(describe_image, image);
	for (size_t i = 0; i < image->n_items; i++)
		for (size_t k = 0; k < image->items[i].n_items; k++)
			check_source(&image->items[i].items[k].source);
	if (wtg_image_choose(image, NULL, &edition, &err) < 0)
		return;
	if (wtg_image_integrity_bytes(image, edition) > 0)
		(void)wtg_image_check_integrity(image, edition, NULL, &err);
}

static void read_image(const struct wtg_packet *packet)
{
	static const uint8_t content[FILE_BYTES] = "MSWIM";
	_cleanup_fd_ int fd = fuzz_file(content, FILE_BYTES);
	_cleanup_free_ char *path = wtg_text("/proc/self/fd/%d", fd);
	_cleanup_(wtg_error_done) struct wtg_error err = WTG_ERROR_INIT;
	_cleanup_(wtg_image_closep) struct wtg_image *image = NULL;

	FUZZ_ASSERT(wtg_image_open_files(path, &image, &err) == 0);
	if (wtg_image_unflatten(image, packet, &err) == 0)
		use_image(image);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct wtg_packet packet = { .data = (uint8_t *)data, .size = size,
					   .capacity = size };

	fuzz_describe(describe_facts, &packet);
	read_failure(&packet);
	read_survey(&packet);
	read_image(&packet);
	return 0;
}
