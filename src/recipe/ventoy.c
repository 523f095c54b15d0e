/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wtg/ventoy.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/crypto.h"
#include "base/fdio.h"
#include "recipe/ground.h"
#include "recipe/head.h"
#include "recipe/identity.h"
#include "recipe/layout.h"
#include "wtg/recipe.h"
#include "wtg/text.h"

/* core.img, VTOYEFI, and what is erased at the ends of things. */
#define WRITTEN_BYTES (UINT64_C(64) << 20)

int wtg_recipe_ventoy_install(const struct wtg_request *request, const struct wtg_target *target,
			      struct wtg_plan **ret, struct wtg_error *err)
{
	_cleanup_(wtg_plan_freep) struct wtg_plan *plan = wtg_plan_new();
	_cleanup_(wtg_ground_done) struct wtg_ground ground = { 0 };
	const struct wtg_subject subject = { .request = request, .disk = wtg_target_disk(target) };
	const struct wtg_site site = { .request = request, .disk = subject.disk };
	const struct wtg_company alone = { 0 };
	uint8_t boot_code[WTG_BOOT_CODE_BYTES];
	struct wtg_layout layout;
	uint64_t stamp_id;

	if (wtg_request_check(request, err) < 0 || wtg_ground_unpack(request, &ground, err) < 0 ||
	    wtg_layout_decide(&site, &layout, err) < 0)
		return -1;
	layout.identity = wtg_identity_draw(request->seed, 0);
	wtg_head_set_plain(plan, &subject, &layout);
	wtg_plan_set_marker(plan, layout.marker_offset, layout.identity.run_id);
	wtg_random(&stamp_id, sizeof(stamp_id));
	wtg_ventoy_boot_code(&ground.payload, layout.style, layout.identity.ventoy, boot_code);

	wtg_step_wipe_target(plan, target, &layout, WRITTEN_BYTES, &alone);
	wtg_step_stamp_drive(plan, target, stamp_id);
	wtg_step_format_data(plan, &layout, request->data_fs);
	wtg_step_write_ventoy(plan, &layout, &ground.payload);
	wtg_step_check_stamps(plan, target, stamp_id);
	wtg_step_write_table(plan, &layout, boot_code, NULL);
	wtg_step_verify_drive(plan, &layout);
	*ret = WTG_STEAL(plan);
	return 0;
}

/* ------------------------------------------------------------------ on a drive that has one */

static int look(const struct wtg_request *request, const struct wtg_target *target,
		struct wtg_ground *ground, struct wtg_error *err)
{
	const char *path = wtg_target_disk(target)->path;

	if (wtg_ground_look(request, target, ground, err) < 0)
		return -1;
	if (ground->ventoy)
		return 0;
	wtg_fail(err, WTG_UNSUITABLE, 0, "there is no Ventoy on %s", path);
	return wtg_hint(err, "'wtgctl ventoy status %s' says what is missing; 'wtgctl ventoy "
			     "install' makes a drive anew.", path);
}

/* What is there, as steps take it. */
static struct wtg_layout layout_of(const struct wtg_ground *ground, const struct wtg_disk *disk)
{
	const struct wtg_drive_view *view = ground->view;
	struct wtg_layout layout = {
		.disk_bytes = disk->size_bytes,
		.sector_bytes = disk->sector_bytes,
		.style = view->table.style,
		.data = view->ventoy.first,
		.vtoyefi = view->ventoy.second,
		.beside = true,
		.first_number = 3,
		.time = wtg_layout_now(),
	};

	wtg_ground_keep(ground, &layout.identity);
	return layout;
}

static void warn_of_downgrade(struct wtg_plan *plan, const struct wtg_ground *ground)
{
	const struct wtg_ventoy_version *from = &ground->view->ventoy.version;
	const struct wtg_ventoy_version *to = &ground->payload.version;
	_cleanup_free_ char *sentence = NULL;

	if (!*from->text || !wtg_ventoy_version_before(to, from->major, from->minor, from->patch))
		return;
	sentence = wtg_text("the drive has Ventoy %s, which is newer than %s", from->text,
			    to->text);
	wtg_plan_warn(plan, sentence);
}

int wtg_recipe_ventoy_upgrade(const struct wtg_request *request, const struct wtg_target *target,
			      struct wtg_plan **ret, struct wtg_error *err)
{
	_cleanup_(wtg_plan_freep) struct wtg_plan *plan = wtg_plan_new();
	_cleanup_(wtg_ground_done) struct wtg_ground ground = { 0 };
	const struct wtg_subject subject = { .request = request, .disk = wtg_target_disk(target) };
	struct wtg_layout layout;

	if (wtg_ground_unpack(request, &ground, err) < 0 ||
	    look(request, target, &ground, err) < 0 ||
	    wtg_ventoy_check_place(&ground.view->ventoy, subject.disk->path, err) < 0)
		return -1;
	layout = layout_of(&ground, subject.disk);
	wtg_head_set_plain(plan, &subject, &layout);
	warn_of_downgrade(plan, &ground);
	wtg_step_upgrade_ventoy(plan, &layout, &ground.view->table, &ground.payload);
	*ret = WTG_STEAL(plan);
	return 0;
}

/* ------------------------------------------------------------------ the entry */

/* The entry of the Windows behind it, or with remove none. */
static int plan_changes(const struct wtg_request *request, const struct wtg_ground *ground,
			const struct wtg_disk *disk, bool remove,
			struct wtg_ventoy_changes *ret, struct wtg_error *err)
{
	const struct wtg_drive_view *view = ground->view;
	struct wtg_ventoy_entry entry = wtg_ground_entry(request);

	if (!remove && view->system_number == 0) {
		wtg_fail(err, WTG_UNSUITABLE, 0,
			 "there is no Windows behind Ventoy on %s that an entry could start",
			 disk->path);
		return wtg_hint(err, "'wtgctl create --beside' adds one.");
	}
	entry.partition = view->system_number;
	entry.volume_id = view->system_volume_id;
	entry.arch = view->arch;
	entry.bios = view->bios && view->table.style == WTG_TABLE_MBR;
	entry.vtefi = view->vtefi;
	return wtg_ventoy_entry_plan(remove ? NULL : &entry, &view->ventoy.version,
				     &view->existing, ret, err);
}

int wtg_recipe_ventoy_entry(const struct wtg_request *request, const struct wtg_target *target,
			    bool remove, struct wtg_plan **ret, struct wtg_error *err)
{
	_cleanup_(wtg_plan_freep) struct wtg_plan *plan = wtg_plan_new();
	_cleanup_(wtg_ventoy_changes_done) struct wtg_ventoy_changes changes = { 0 };
	_cleanup_(wtg_ground_done) struct wtg_ground ground = { 0 };
	const struct wtg_subject subject = { .request = request, .disk = wtg_target_disk(target) };
	struct wtg_layout layout;

	if (look(request, target, &ground, err) < 0)
		return -1;
	if (ground.view->unreadable)
		return wtg_ground_fail_unreadable(&ground, subject.disk->path, err);
	if (plan_changes(request, &ground, subject.disk, remove, &changes, err) < 0)
		return -1;
	layout = layout_of(&ground, subject.disk);
	wtg_head_set_plain(plan, &subject, &layout);
	for (size_t i = 0; i < changes.n_warnings; i++)
		wtg_plan_omit(plan, changes.warnings[i]);
	wtg_step_write_entry(plan, &layout, &changes);
	*ret = WTG_STEAL(plan);
	return 0;
}

/* One file of at most one directory below, which must not be there yet. */
static int emit_one(int directory, const struct wtg_file *file, struct wtg_error *err)
{
	const char *slash = strchr(file->path, '/');
	_cleanup_free_ char *parent =
		slash ? wtg_text("%.*s", (int)(slash - file->path), file->path) : NULL;
	_cleanup_fd_ int fd = -1;

	if (parent && mkdirat(directory, parent, 0777) < 0 && errno != EEXIST)
		return wtg_fail(err, WTG_SYSTEM, errno, "make %s", parent);
	fd = openat(directory, file->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
		    0666);
	if (fd < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "make %s", file->path);
	if (wtg_pwrite_all(fd, file->content.data, file->content.size, 0) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "write %s", file->path);
	return wtg_close(&fd, file->path, err);
}

/* The user may have one of his own, which is text with more in it than our part. */
static bool is_shared(const struct wtg_file *file)
{
	return wtg_text_equal(file->path, WTG_VENTOY_GRUB_PATH) ||
	       wtg_text_equal(file->path, WTG_VENTOY_JSON_PATH);
}

static void describe_emitted(const struct wtg_ventoy_changes *changes, const char *unreadable,
			     struct wtg_facts *out, struct wtg_emitted *ret)
{
	*ret = (struct wtg_emitted){ .blind = unreadable != NULL };
	wtg_fact_open(out, "files", WTG_LIST);
	for (size_t i = 0; i < changes->edits.n_items; i++) {
		if (!changes->edits.items[i].content.data)
			continue;
		wtg_fact_text(out, NULL, changes->edits.items[i].path);
		ret->n_files++;
	}
	wtg_fact_close(out);
	wtg_fact_truth(out, "blind", ret->blind);
	wtg_fact_text(out, "unreadable", unreadable);
	wtg_fact_open(out, "add_by_hand", WTG_LIST);
	for (size_t i = 0; ret->blind && i < changes->edits.n_items; i++)
		if (is_shared(&changes->edits.items[i]))
			wtg_fact_text(out, NULL, changes->edits.items[i].path);
	wtg_fact_close(out);
	wtg_fact_open(out, "warnings", WTG_LIST);
	for (size_t i = 0; i < changes->n_warnings; i++)
		wtg_fact_text(out, NULL, changes->warnings[i]);
	wtg_fact_close(out);
}

int wtg_ventoy_emit(const struct wtg_request *request, const struct wtg_target *target,
		    const char *directory, struct wtg_facts *out, struct wtg_emitted *ret,
		    struct wtg_error *err)
{
	_cleanup_(wtg_ventoy_changes_done) struct wtg_ventoy_changes changes = { 0 };
	_cleanup_(wtg_ground_done) struct wtg_ground ground = { 0 };
	_cleanup_fd_ int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "open %s", directory);
	if (look(request, target, &ground, err) < 0)
		return -1;
	/* What could be read before the rest could not is not what is there. */
	if (ground.view->unreadable)
		wtg_files_done(&ground.view->existing);
	if (plan_changes(request, &ground, wtg_target_disk(target), false, &changes, err) < 0)
		return -1;
	for (size_t i = 0; i < changes.edits.n_items; i++)
		if (changes.edits.items[i].content.data &&
		    emit_one(fd, &changes.edits.items[i], err) < 0)
			return wtg_while(err, "put the files into %s", directory);
	describe_emitted(&changes, ground.view->unreadable, out, ret);
	return 0;
}
