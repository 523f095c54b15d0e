/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/step.h"

#include <string.h>

#include "apply/apply.h"
#include "apply/engine.h"
#include "base/alloc.h"
#include "base/crew.h"
#include "base/worker.h"
#include "windows/unattend.h"
#include "wtg/text.h"

struct params {
	struct wtg_image *image;
	const struct wtg_edition *edition;
	struct wtg_layout layout;
	enum wtg_engine engine;
	struct wtg_overlay overlay; /* what makes it portable */
	struct wtg_edits registry[WTG_N_HIVES]; /* what was edited in its hives */
	struct wtg_removals removals;
	struct wtg_drivers drivers;
	struct wtg_driver_placement placement;
	struct wtg_files lent; /* what the overlay has of those */
	struct wtg_compact_plan compact;
	struct wtg_bytes tree; /* as the survey saw it */
	struct wtg_measure size;
	const char *compact_why;
	bool trusted; /* the image was checked before */
	struct wtg_sentences answers; /* what the answer file sets */
	char *answer_kept;
	bool varies; /* other drives of the run have another answer file */
};

static void describe_compression(const struct params *p, struct wtg_facts *out)
{
	if (!p->compact_why)
		return;
	wtg_fact_open(out, "compact", WTG_OBJECT);
	wtg_fact_text(out, "form", p->compact.choices ? "lzx" : "off");
	wtg_fact_text(out, "why", p->compact_why);
	if (p->compact.choices)
		wtg_compact_describe(&p->compact, out);
	wtg_fact_close(out);
}

static void describe_engine(const struct params *p, struct wtg_facts *out)
{
	unsigned n_threads = wtg_engine_threads(0, p->size.chunk_bytes);

	if (p->engine == WTG_ENGINE_WIMLIB)
		return;
	wtg_fact_number(out, "threads", n_threads);
	wtg_fact_bytes(out, "memory_bytes", wtg_engine_memory_bytes(n_threads, &p->size));
}

/* Those that not every drive gets edited. */
static void describe_more_hives(const struct params *p, struct wtg_facts *out)
{
	size_t n = 0;

	for (enum wtg_hive_id id = WTG_HIVE_SYSTEM + 1; id < WTG_N_HIVES; id++) {
		if (p->registry[id].n_items == 0)
			continue;
		if (n++ == 0)
			wtg_fact_open(out, "more_hives", WTG_LIST);
		wtg_fact_open(out, NULL, WTG_OBJECT);
		wtg_fact_text(out, "hive", wtg_hive_paths[id]);
		wtg_edits_describe(&p->registry[id], out);
		wtg_fact_close(out);
	}
	if (n > 0)
		wtg_fact_close(out);
}

static void describe_answers(const struct params *p, struct wtg_facts *out)
{
	wtg_fact_text(out, "answer_file_kept", p->answer_kept);
	if (p->answers.n_items == 0)
		return;
	wtg_fact_open(out, "answers", WTG_LIST);
	for (size_t i = 0; i < p->answers.n_items; i++)
		wtg_fact_text(out, NULL, p->answers.items[i]);
	wtg_fact_close(out);
}

static void describe(const void *params, struct wtg_facts *out)
{
	const struct params *p = params;

	wtg_fact_text(out, "edition", p->edition->display_name);
	wtg_fact_number(out, "files", p->size.n_files);
	wtg_fact_bytes(out, "write_bytes", p->size.content_bytes);
	describe_engine(p, out);
	describe_compression(p, out);
	wtg_removals_describe(&p->removals, out);
	wtg_overlay_describe(&p->overlay, out);
	if (p->drivers.n_items > 0)
		wtg_drivers_describe(&p->drivers, &p->placement, out);
	describe_answers(p, out);
	wtg_fact_text(out, "hive", WTG_SYSTEM_PATH);
	wtg_edits_describe(&p->registry[WTG_HIVE_SYSTEM], out);
	describe_more_hives(p, out);
}

static uint64_t cost(const void *params, enum wtg_phase phase)
{
	const struct params *p = params;

	return phase == WTG_PHASE_APPLY ? p->size.content_bytes : 0;
}

struct application {
	const struct params *params;
	struct wtg_window window;
};

static int apply_edition(void *context, struct wtg_progress *progress,
			 struct wtg_packet *reply, struct wtg_error *err)
{
	const struct application *a = context;
	const struct wtg_application application = {
		.image = a->params->image,
		.edition = a->params->edition,
		.overlay = &a->params->overlay,
		.tree = &a->params->tree,
		.compact = a->params->compact.choices ? &a->params->compact : NULL,
		.trusted = a->params->trusted,
		.engine = a->params->engine,
		.content_bytes = a->params->size.content_bytes,
	};

	(void)reply;
	return wtg_apply(&application, &a->window, progress, err);
}

/* A volume may turn out to be too small for so many files, which is not the image's fault. */
static struct wtg_image_errand errand_of(struct application *application)
{
	return (struct wtg_image_errand){
		.work = apply_edition,
		.window = &application->window,
		.finds = WTG_UNSUITABLE,
	};
}

/* ---------------------------------------------------------------- several drives */

struct difference {
	struct wtg_overlay overlay; /* one file, borrowed */
	struct wtg_window window;
};

static int lay_difference(void *context, struct wtg_progress *progress,
			  struct wtg_packet *reply, struct wtg_error *err)
{
	const struct difference *difference = context;

	(void)progress;
	(void)reply;
	return wtg_overlay_write(&difference->overlay, &difference->window, err);
}

/* All of them got the volume of the first: with the name of its computer in the answer file. */
static int write_own(const struct params *p, struct wtg_writer *writer, struct wtg_error *err)
{
	const struct wtg_overlay_file *file = wtg_overlay_find(&p->overlay, WTG_UNATTEND_PATH);
	struct wtg_overlay_file own = file ? *file : (struct wtg_overlay_file){ 0 };
	struct difference difference = {
		.overlay = { .items = &own, .n_items = 1 },
		.window = wtg_writer_window(writer, p->layout.windows.offset,
					    p->layout.windows.length),
	};
	const struct wtg_errand errand = {
		.who = "the process that writes this drive's own answer file",
		.blame = WTG_INPUT,
		.work = lay_difference,
		.context = &difference,
		.window = &difference.window,
	};

	own.anew = false; /* what is there is ours already */
	if (!file || !p->varies)
		return 0;
	return wtg_worker_run(&errand, wtg_writer_progress(writer), NULL, err);
}

static int apply(const void *params, struct wtg_writer *writer, struct wtg_error *err)
{
	const struct params *p = params;
	struct application application = {
		.params = p,
		.window = wtg_writer_window(writer, p->layout.windows.offset,
					    p->layout.windows.length),
	};
	const struct wtg_image_errand errand = errand_of(&application);
	struct wtg_crew *crew = wtg_writer_crew(writer);

	if (crew && wtg_crew_serve(crew, &application.window, wtg_writer_progress(writer), NULL,
				   err) < 0)
		return -1;
	if (crew)
		return write_own(p, writer, err);
	return wtg_image_confine(p->image, &errand, &application, wtg_writer_progress(writer),
				 NULL, err);
}

static bool is_alike(const struct params *a, const struct params *b)
{
	return a->edition == b->edition && a->engine == b->engine &&
	       a->layout.sector_bytes == b->layout.sector_bytes &&
	       a->layout.windows.offset == b->layout.windows.offset &&
	       a->layout.windows.length == b->layout.windows.length &&
	       a->overlay.n_items == b->overlay.n_items &&
	       !a->compact.choices == !b->compact.choices;
}

/* Several drives get the same volume, but for its serial, which is in a sector that nobody writes
 * after it was formatted: so it is made once. */
static int unite(const void *const params[], unsigned n, struct wtg_crew **ret,
		 struct wtg_error *err)
{
	const struct params *p = params[0];
	struct wtg_ledger none = { 0 };
	struct application application = {
		.params = p,
		.window = {
			.fd = -1, /* whoever serves it has the drive */
			.offset = p->layout.windows.offset,
			.length = p->layout.windows.length,
			.ledger = &none,
		},
	};
	const struct wtg_image_errand errand = errand_of(&application);

	for (unsigned i = 1; i < n; i++)
		if (!is_alike(p, params[i]))
			return wtg_fail(err, WTG_SYSTEM, 0,
					"the drives of one run would get different volumes");
	return wtg_image_unite(p->image, &errand, &application, n, ret, err);
}

/* All else that was written is what was read back; this is what Windows is to find. */
static int verify(const void *params, const struct wtg_window *disk, enum wtg_verify how,
		  struct wtg_progress *progress, struct wtg_error *err)
{
	const struct params *p = params;
	const struct wtg_window window = wtg_window_part(disk, p->layout.windows.offset,
							 p->layout.windows.length);

	(void)how;
	(void)progress;
	return wtg_overlay_compare(&p->overlay, &window, err);
}

static void release(void *params)
{
	struct params *p = params;

	wtg_overlay_done(&p->overlay);
	wtg_drivers_done(&p->drivers);
	wtg_driver_placement_done(&p->placement);
	wtg_files_done(&p->lent);
	for (size_t i = 0; i < WTG_N_HIVES; i++)
		wtg_edits_done(&p->registry[i]);
	wtg_removals_done(&p->removals);
	wtg_compact_plan_done(&p->compact);
	wtg_bytes_done(&p->tree);
	wtg_sentences_done(&p->answers);
	free(p->answer_kept);
	free(p);
}

static const struct wtg_step_ops ops = {
	.name = "apply-image",
	.describe = describe,
	.cost = cost,
	.apply = apply,
	.unite = unite,
	.verify = verify,
	.free = release,
};

static void warn_of_compression(struct wtg_plan *plan, const struct wtg_compact_plan *compact)
{
	if (compact->of[WTG_COMPACT_COPY].n_files + compact->of[WTG_COMPACT_PACK].n_files > 0)
		wtg_plan_warn(plan, "files are compressed as Windows itself does it (CompactOS), but "
				    "no real Windows has been seen to start from a drive made so");
	else
		wtg_plan_warn(plan, "nothing is compressed: no file of the image may be, or gains by it");
}

/* Where a wish is against what makes the drive portable. */
static void warn_of_undone(struct wtg_plan *plan, const struct wtg_edits *edits)
{
	for (size_t i = 0; i < edits->n_items; i++) {
		const struct wtg_edit *edit = &edits->items[i];
		_cleanup_free_ char *sentence = NULL;

		if (edit->outcome != WTG_EDIT_UNDONE)
			continue;
		sentence = wtg_text("%s of the registry key %s will not be made %s (%s)",
				    edit->value ? edit->value : "what is in it", edit->key,
				    edit->new_text, edit->reason);
		wtg_plan_warn(plan, sentence);
	}
}

void wtg_step_apply_image(struct wtg_plan *plan, const struct wtg_layout *layout,
			  struct wtg_survey *survey, const struct wtg_subject *subject)
{
	struct params *p = wtg_alloc(sizeof(*p));

	*p = (struct params){
		.image = subject->image,
		.edition = subject->edition,
		.layout = *layout,
		.engine = subject->request->engine,
		.size = *wtg_survey_size(survey),
		.overlay = survey->overlay,
		.removals = survey->removals,
		.compact = survey->compact,
		.tree = survey->tree,
		.compact_why = survey->compact_why,
		.trusted = subject->request->sha256 || subject->request->check,
		.answers = survey->answers,
		.answer_kept = WTG_STEAL(survey->answer_kept),
		.varies = wtg_computer_name_varies(subject->request->computer_name),
	};
	survey->answers = (struct wtg_sentences){ 0 };
	survey->compact = (struct wtg_compact_plan){ 0 };
	survey->tree = (struct wtg_bytes){ 0 };
	survey->overlay = (struct wtg_overlay){ 0 };
	survey->removals = (struct wtg_removals){ 0 };
	p->drivers = survey->drivers;
	survey->drivers = (struct wtg_drivers){ 0 };
	p->placement = survey->placement;
	survey->placement = (struct wtg_driver_placement){ 0 };
	p->lent = survey->lent;
	survey->lent = (struct wtg_files){ 0 };
	memcpy(p->registry, survey->registry, sizeof(p->registry));
	memset(survey->registry, 0, sizeof(survey->registry));
	if (p->registry[WTG_HIVE_SYSTEM].captured)
		wtg_plan_warn(plan, "the image was booted before it was captured (not generalised): "
				    "what it remembers of computer and drives is taken out, but it "
				    "still has that installation's name and identifiers");
	warn_of_undone(plan, &p->registry[WTG_HIVE_SYSTEM]);
	if (p->compact.choices)
		warn_of_compression(plan, &p->compact);
	wtg_plan_append(plan, &ops, p);
}
