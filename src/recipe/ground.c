/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "recipe/ground.h"

#include <string.h>

#include "base/alloc.h"
#include "wtg/text.h"

void wtg_ground_done(struct wtg_ground *ground)
{
	if (ground->view)
		wtg_drive_view_done(ground->view);
	free(ground->view);
	wtg_ventoy_payload_done(&ground->payload);
	*ground = (struct wtg_ground){ 0 };
}

/* Its title names a file to look for, whatever Windows it will be of. */
static int check_entry(const struct wtg_request *request, struct wtg_error *err)
{
	struct wtg_ventoy_entry entry = wtg_ground_entry(request);

	entry.partition = 3;
	entry.arch = WTG_ARCH_AMD64;
	return wtg_ventoy_entry_check(&entry, err);
}

bool wtg_ground_wants_entry(const struct wtg_request *r)
{
	return r->entry_title || r->entry_tip || r->entry_default || r->has_entry_timeout;
}

/* Words of an entry on a drive where no Ventoy could show it. */
static int check_words(const struct wtg_request *r, const struct wtg_target *target,
		       struct wtg_error *err)
{
	if (r->windows_first || r->ventoy_first || wtg_ground_wants_entry(r))
		return wtg_fail(err, WTG_USAGE, 0,
				"there is no Ventoy on %s: --windows-first, --ventoy-first and the "
				"options of its boot entry say nothing here",
				wtg_target_disk(target)->path);
	return 0;
}

int wtg_ground_look(const struct wtg_request *request, const struct wtg_target *target,
		    struct wtg_ground *ground, struct wtg_error *err)
{
	if (check_entry(request, err) < 0)
		return -1;
	ground->view = wtg_alloc(sizeof(*ground->view));
	if (wtg_drive_view_make(target, request->entry_title, ground->view, err) < 0)
		return -1;
	ground->ventoy = wtg_ventoy_is_there(&ground->view->ventoy);
	ground->version = ground->view->ventoy.version;
	return 0;
}

int wtg_ground_unpack(const struct wtg_request *request, struct wtg_ground *ground,
		      struct wtg_error *err)
{
	if (!request->ventoy) {
		wtg_fail(err, WTG_USAGE, 0, "no release of Ventoy is given");
		return wtg_hint(err, "Download ventoy-X.Y.Z-linux.tar.gz from ventoy.net and name "
				     "it: --ventoy PAYLOAD.");
	}
	if (wtg_ventoy_read_payload(request->ventoy, request->ventoy_sha256, &ground->payload,
				    err) < 0)
		return -1;
	ground->has_payload = true;
	ground->version = ground->payload.version;
	return 0;
}

static int survey(const struct wtg_request *request, const struct wtg_target *target,
		  struct wtg_ground *ground, struct wtg_error *err)
{
	if (request->beside)
		return wtg_ground_look(request, target, ground, err) < 0 ||
				       (!ground->ventoy && check_words(request, target, err) < 0)
			       ? -1
			       : 0;
	if (!request->ventoy)
		return 0;
	ground->ventoy = true;
	return check_entry(request, err) < 0 ? -1 : wtg_ground_unpack(request, ground, err);
}

int wtg_ground_survey(const struct wtg_request *request, const struct wtg_target *target,
		      struct wtg_ground *ret, struct wtg_error *err)
{
	_cleanup_(wtg_ground_done) struct wtg_ground ground = { 0 };

	if (survey(request, target, &ground, err) < 0)
		return -1;
	*ret = ground;
	ground = (struct wtg_ground){ 0 };
	return 0;
}

void wtg_ground_keep(const struct wtg_ground *ground, struct wtg_identity *identity)
{
	if (!ground->view)
		return;
	identity->disk = ground->view->table.disk;
	identity->signature = ground->view->table.signature;
	if (ground->ventoy)
		memcpy(identity->ventoy, ground->view->ventoy.head + WTG_VENTOY_UUID_AT,
		       sizeof(identity->ventoy));
}

struct wtg_ventoy_entry wtg_ground_entry(const struct wtg_request *request)
{
	return (struct wtg_ventoy_entry){
		.title = request->entry_title,
		.tip = request->entry_tip,
		.is_default = request->entry_default,
		.has_timeout = request->has_entry_timeout,
		.timeout_seconds = request->entry_timeout_seconds,
	};
}

static void warn_of_unreadable(struct wtg_plan *plan, const char *why)
{
	_cleanup_free_ char *sentence =
		wtg_text("Ventoy's menu gets no entry, because its first partition cannot be read "
			 "(%s): Windows starts from its F4 menu, and 'wtgctl ventoy entry --emit "
			 "DIR' gives you the files to copy", why);

	wtg_plan_omit(plan, sentence);
}

int wtg_ground_fail_unreadable(const struct wtg_ground *ground, const char *path,
			       struct wtg_error *err)
{
	wtg_fail(err, WTG_UNSUITABLE, 0, "read partition 1 of %s: %s, so that Ventoy's menu can "
					 "get no entry", path, ground->view->unreadable);
	if (ground->view->first_fs == WTG_FS_OTHER)
		return wtg_hint(err, "'wtgctl ventoy entry --emit DIR' puts the files out for you to "
				     "copy, once the Windows is there.");
	return wtg_hint(err, "Let chkdsk in Windows, or fsck.exfat or fsck.fat, repair it and run "
			     "this again; or 'wtgctl ventoy entry --emit DIR' puts the files out for "
			     "you to copy, once the Windows is there.");
}

int wtg_ground_plan_entry(struct wtg_plan *plan, const struct wtg_layout *layout,
			  const struct wtg_ground *ground, const struct wtg_subject *subject,
			  struct wtg_error *err)
{
	_cleanup_(wtg_ventoy_changes_done) struct wtg_ventoy_changes changes = { 0 };
	struct wtg_ventoy_entry entry = wtg_ground_entry(subject->request);
	const struct wtg_files none = { 0 };

	if (!ground->ventoy)
		return 0;
	if (ground->view && ground->view->unreadable) {
		if (wtg_ground_wants_entry(subject->request))
			return wtg_ground_fail_unreadable(ground, subject->disk->path, err);
		warn_of_unreadable(plan, ground->view->unreadable);
		return 0;
	}
	entry.partition = layout->beside ? layout->first_number : 3;
	entry.volume_id = layout->identity.esp_serial;
	entry.arch = subject->edition->arch;
	entry.bios = layout->bios;
	entry.vtefi = subject->request->ventoy_first;
	if (wtg_ventoy_entry_plan(&entry, &ground->version,
				  ground->view ? &ground->view->existing : &none, &changes,
				  err) < 0)
		return -1;
	for (size_t i = 0; i < changes.n_warnings; i++)
		wtg_plan_omit(plan, changes.warnings[i]);
	wtg_step_write_entry(plan, layout, &changes);
	return 0;
}
