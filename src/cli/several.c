/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Several targets: each is looked at, planned, checked and confirmed, and all that is wrong with
 * any of them is told, before the first is touched. */
#include "create.h"

#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "confirm.h"
#include "fleet.h"
#include "wtg/cleanup.h"
#include "wtg/image.h"
#include "wtg/recipe.h"
#include "wtg/text.h"

/* Of the largest: so much less the smallest may have.  Drives that are sold by one number have
 * sizes within that; larger ones would lose room for nothing. */
#define MOST_PER_CENT 5

static void done(struct cli_fleet *fleet)
{
	for (size_t i = 0; i < fleet->n_jobs; i++) {
		wtg_plan_free(fleet->jobs[i].plan);
		wtg_target_close(fleet->jobs[i].target);
	}
	free(fleet->jobs);
}

static struct cli_member *member_of(const struct cli_fleet *fleet, size_t number)
{
	return &fleet->outcome->members[number];
}

/* What was found wrong so far, if anything; then nothing is done. */
static int conclude(const struct cli_fleet *fleet, struct wtg_error *err)
{
	size_t n_bad = 0;

	for (size_t i = 0; i < fleet->n_jobs; i++)
		n_bad += member_of(fleet, i)->kind != WTG_OK;
	if (n_bad == 0)
		return 0;
	return wtg_fail(err, cli_result_worst(fleet->outcome), 0,
			"%zu of the %zu targets cannot be used", n_bad, fleet->n_jobs);
}

/* ------------------------------------------------------------------ looking */

static void look_at_one(const struct cli_fleet *fleet, size_t number)
{
	struct cli_job *job = &fleet->jobs[number];
	struct cli_member *member = member_of(fleet, number);
	struct wtg_error err = WTG_ERROR_INIT;

	job->request = fleet->options->request;
	job->request.target = fleet->options->operands[number];
	snprintf(member->path, sizeof(member->path), "%s", job->request.target);
	if (wtg_target_open(&job->request, &job->target, &err) < 0) {
		cli_member_end(member, &err);
		return;
	}
	snprintf(member->path, sizeof(member->path), "%s", wtg_target_disk(job->target)->path);
	member->file = wtg_target_disk(job->target)->is_file;
	if (cli_create_judge(&job->request, job->target, CLI_STAKE_ALL, &job->state,
			     &err) < 0)
		cli_member_end(member, &err);
}

/* Of a file that is not there yet: by its directory and its name in that. */
static bool will_be_same(const char *a, const char *b)
{
	_cleanup_free_ char *a_copy = wtg_text_copy(a), *b_copy = wtg_text_copy(b);
	_cleanup_free_ char *a_dir = realpath(dirname(a_copy), NULL);
	_cleanup_free_ char *b_dir = realpath(dirname(b_copy), NULL);
	const char *a_name = strrchr(a, '/'), *b_name = strrchr(b, '/');

	return a_dir && wtg_text_equal(a_dir, b_dir) &&
	       strcmp(a_name ? a_name + 1 : a, b_name ? b_name + 1 : b) == 0;
}

static bool are_same(const struct wtg_disk *a, const struct wtg_disk *b)
{
	if (a->is_file != b->is_file)
		return false;
	if (!a->is_file)
		return a->device == b->device;
	if (!a->exists && !b->exists)
		return will_be_same(a->path, b->path);
	return a->exists == b->exists && a->device == b->device && a->inode == b->inode;
}

static int check_distinct(const struct cli_fleet *fleet, struct wtg_error *err)
{
	for (size_t i = 0; i < fleet->n_jobs; i++)
		for (size_t j = 0; j < i; j++) {
			const struct cli_job *a = &fleet->jobs[j], *b = &fleet->jobs[i];

			if (a->target && b->target &&
			    are_same(wtg_target_disk(a->target), wtg_target_disk(b->target)))
				return wtg_fail(err, WTG_USAGE, 0, "%s and %s are one target",
						a->request.target, b->request.target);
		}
	return 0;
}

/* ------------------------------------------------------------------ one size class */

/* With these sizes given, the layout is the same on drives of any size. */
static bool fills_drives(const struct wtg_request *request)
{
	bool data = request->ventoy || request->data_fs != WTG_DATA_FS_AUTO;

	return request->windows_size_bytes == 0 || (data && request->data_size_bytes == 0);
}

static int fail_sizes(const struct wtg_disk *less, const struct wtg_disk *more,
		      struct wtg_error *err)
{
	_cleanup_free_ char *least = wtg_size_drive_text(less->size_bytes);
	_cleanup_free_ char *most = wtg_size_drive_text(more->size_bytes);

	wtg_fail(err, WTG_UNSUITABLE, 0,
		 "%s has %s and %s has %s: drives of one run are made alike, and may differ by "
		 "%d %% at most",
		 less->path, least, more->path, most, MOST_PER_CENT);
	return wtg_hint(err, "Make them in runs of their own, or give --windows-size.");
}

/* One Windows volume is to do for all.  *ret_smallest is left alone where drives are not filled. */
static int check_alike(const struct cli_fleet *fleet, uint64_t *ret_smallest,
		       struct wtg_error *err)
{
	const struct wtg_disk *less = wtg_target_disk(fleet->jobs[0].target), *more = less;

	for (size_t i = 1; i < fleet->n_jobs; i++) {
		const struct wtg_disk *disk = wtg_target_disk(fleet->jobs[i].target);

		if (disk->sector_bytes != less->sector_bytes)
			return wtg_fail(err, WTG_UNSUITABLE, 0,
					"%s has sectors of %" PRIu32 " bytes and %s of %" PRIu32
					": they need runs of their own",
					less->path, less->sector_bytes, disk->path,
					disk->sector_bytes);
		if (disk->size_bytes < less->size_bytes)
			less = disk;
		if (disk->size_bytes > more->size_bytes)
			more = disk;
	}
	if (!fills_drives(&fleet->options->request))
		return 0;
	if (more->size_bytes - less->size_bytes > more->size_bytes / 100 * MOST_PER_CENT)
		return fail_sizes(less, more, err);
	*ret_smallest = less->size_bytes;
	return 0;
}

/* ------------------------------------------------------------------ planning */

/* What is wrong with the image or with what is asked for is so for all targets. */
static bool is_common(const struct wtg_error *err)
{
	return err->kind == WTG_INPUT || err->kind == WTG_USAGE || err->kind == WTG_CANCELLED;
}

static int plan_all(const struct cli_fleet *fleet, struct wtg_image *image,
		    struct wtg_error *err)
{
	struct wtg_company company = {
		.n = (unsigned)fleet->n_jobs,
		.targets = (const char *const *)fleet->options->operands,
	};

	if (check_alike(fleet, &company.smallest_bytes, err) < 0)
		return -1;
	for (size_t i = 0; i < fleet->n_jobs; i++) {
		struct cli_job *job = &fleet->jobs[i];

		company.position = (unsigned)i;
		if (wtg_recipe_create(&job->request, image, job->target, &company, &job->plan,
				      err) == 0)
			continue;
		if (is_common(err))
			return -1;
		cli_member_end(member_of(fleet, i), err);
	}
	return conclude(fleet, err);
}

static int check_all(const struct cli_fleet *fleet, struct wtg_error *err)
{
	struct cli_progress_setup setup = cli_create_progress(fleet->options);
	_cleanup_(cli_progress_done) struct cli_progress progress = { 0 };

	/* The image is checked with the first of them. */
	cli_progress_start_work(&progress, &setup, "check",
				wtg_plan_check_bytes(fleet->jobs[0].plan));
	for (size_t i = 0; i < fleet->n_jobs; i++) {
		const struct cli_job *job = &fleet->jobs[i];

		if (wtg_plan_check(job->plan, job->target, &progress.bytes, err) == 0)
			continue;
		if (is_common(err)) {
			cli_progress_leave(&progress);
			return -1;
		}
		cli_member_end(member_of(fleet, i), err);
	}
	return conclude(fleet, err);
}

static int carry_out(struct cli_fleet *fleet, struct wtg_error *err)
{
	const struct wtg_request *request = &fleet->options->request;

	for (size_t i = 0; i < fleet->n_jobs; i++)
		cli_create_show_plan(fleet->options, CLI_STAKE_ALL, fleet->jobs[i].plan);
	if (request->dry_run) {
		if (check_all(fleet, err) < 0)
			return -1;
		if (!fleet->options->quiet)
			fleet->outcome->message =
				wtg_text("The run would proceed. Nothing was written.");
		return 0;
	}
	if (cli_confirm_ask_all(fleet, err) < 0 || check_all(fleet, err) < 0)
		return -1;
	fleet->outcome->verified = cli_create_verified(request->verify);
	return cli_fleet_make(fleet, err);
}

int cli_create_several(struct cli_options *options, struct cli_outcome *outcome,
		       struct wtg_error *err)
{
	_cleanup_(wtg_image_closep) struct wtg_image *image = NULL;
	_cleanup_(done) struct cli_fleet fleet = { options, outcome, NULL, options->n_operands };

	fleet.jobs = calloc(fleet.n_jobs, sizeof(*fleet.jobs));
	if (!fleet.jobs)
		abort();
	if (wtg_image_open(options->request.image, &image, err) < 0)
		return -1;
	outcome->n_members = fleet.n_jobs;
	for (size_t i = 0; i < fleet.n_jobs; i++)
		look_at_one(&fleet, i);
	if (check_distinct(&fleet, err) < 0 || conclude(&fleet, err) < 0 ||
	    cli_confirm_given_all(&fleet, err) < 0 || plan_all(&fleet, image, err) < 0)
		return -1;
	return carry_out(&fleet, err);
}
