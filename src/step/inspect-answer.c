/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/inspect.h"

#include <stdlib.h>

#include "volume/ntfs.h"
#include "windows/unattend.h"
#include "wtg/text.h"

#define TOPIC "answers"
#define MAX_BYTES (1u << 20)

/* In the order in which Windows looks, on the volume that it starts from; the first counts. */
static const char *const places[] = {
	"Windows/Panther/Unattend/unattend.xml",
	WTG_UNATTEND_PATH,
	"Windows/System32/Sysprep/unattend.xml",
};

/* All in one line. */
static void tell_settings(struct wtg_inspection *in, const char *path,
			  const struct wtg_unattend *unattend)
{
	_cleanup_free_ char *all = wtg_text_copy("nothing");

	for (size_t i = 0; i < unattend->settings.n_items; i++) {
		char *before = all;

		all = i == 0 ? wtg_text_copy(unattend->settings.items[i]) :
			       wtg_text("%s; %s", before, unattend->settings.items[i]);
		free(before);
	}
	wtg_find(in->findings, WTG_GRADE_OK, TOPIC, "%s sets: %s", path, all);
}

static void tell_secret(struct wtg_inspection *in, const char *path, bool is_private)
{
	if (is_private)
		wtg_find(in->findings, WTG_GRADE_NOTE, TOPIC,
			 "%s has a password in it, until Windows has started once; only "
			 "administrators may read it", path);
	else
		wtg_find(in->findings, WTG_GRADE_WARNING, TOPIC,
			 "%s has a password in it, and others than administrators may read it", path);
}

static void look_at(struct wtg_inspection *in, struct wtg_ntfs *volume, const char *path)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes xml = { 0 }, security = { 0 };
	_cleanup_(wtg_unattend_done) struct wtg_unattend unattend = { 0 };
	_cleanup_(wtg_error_done) struct wtg_error err = WTG_ERROR_INIT;

	if (wtg_ntfs_read(volume, path, MAX_BYTES, &xml, &err) < 0 ||
	    wtg_ntfs_security(volume, path, &security, &err) < 0 ||
	    wtg_unattend_read(&xml, wtg_pe_arch(&in->loader), &unattend, &err) < 0) {
		wtg_find(in->findings, WTG_GRADE_WARNING, TOPIC,
			 "%s: %s; Windows may stop at it when it first starts", path, err.message);
		return;
	}
	tell_settings(in, path, &unattend);
	for (size_t i = 0; i < unattend.warnings.n_items; i++)
		wtg_find(in->findings, WTG_GRADE_WARNING, TOPIC, "%s: %s", path,
			 unattend.warnings.items[i]);
	if (unattend.secret)
		tell_secret(in, path, wtg_unattend_is_private(&security));
}

void wtg_inspect_answer(struct wtg_inspection *in, struct wtg_ntfs *volume)
{
	const char *first = NULL;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (!wtg_ntfs_exists(volume, places[i]))
			continue;
		if (first)
			wtg_find(in->findings, WTG_GRADE_NOTE, TOPIC,
				 "%s does not count: Windows takes %s", places[i], first);
		else
			look_at(in, volume, places[i]);
		first = first ? first : places[i];
	}
}
