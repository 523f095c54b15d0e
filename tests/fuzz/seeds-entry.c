/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the user of a Ventoy has, before an entry is made, and after. */
#include "seeds.h"

#include <string.h>

#include "base/alloc.h"
#include "ventoy/entry.h"
#include "wtg/text.h"

static void put(const char *name, char flags, const char *grub, const char *json)
{
	size_t size = 1 + strlen(grub) + 1 + strlen(json);
	struct wtg_bytes bytes = { wtg_alloc(size + 1), size };

	bytes.data[0] = (uint8_t)flags;
	strcpy((char *)bytes.data + 1, grub);
	strcpy((char *)bytes.data + 1 + strlen(grub) + 1, json);
	seed("entry", name, &bytes);
	wtg_bytes_done(&bytes);
}

/* With an entry that has all there is. */
static void put_made(const char *name, const char *grub, const char *json)
{
	struct wtg_ventoy_entry entry = {
		.tip = "what it is",
		.partition = 3,
		.volume_id = 0x12345678,
		.arch = WTG_ARCH_AMD64,
		.bios = true,
		.is_default = true,
		.has_timeout = true,
		.timeout_seconds = 10,
	};
	struct wtg_files files = { 0 };
	struct wtg_ventoy_changes changes = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;
	const struct wtg_file *file;
	char *text[2];

	if (grub)
		wtg_files_add(&files, WTG_VENTOY_GRUB_PATH, wtg_bytes_copy(grub, strlen(grub)));
	if (json)
		wtg_files_add(&files, WTG_VENTOY_JSON_PATH, wtg_bytes_copy(json, strlen(json)));
	assert_good(wtg_ventoy_entry_plan(&entry, NULL, &files, &changes, &err));
	for (size_t i = 0; i < 2; i++) {
		file = wtg_files_find(&changes.edits, wtg_ventoy_entry_paths[i]);
		assert_non_null(file);
		text[i] = wtg_text("%.*s", (int)file->content.size, file->content.data);
	}
	put(name, 0x13, text[0], text[1]);
	free(text[0]);
	free(text[1]);
	wtg_ventoy_changes_done(&changes);
	wtg_files_done(&files);
}

void seed_entries(void)
{
	static const char json[] =
		"{\r\n  \"control\" : [ { \"VTOY_DEFAULT_IMAGE\" : \"/a.iso\" } ],\r\n"
		"  \"control_uefi\": [{}],\"menu_alias\":[{\"image\":\"/Other.img\",\"alias\":"
		"\"\\\"\\u00e4\"}],\"menu_tip_legacy\":{\"tips\":[]},\"menu_tip\":{\"left\":\"1%\"},"
		"\"image_list\":[\"/*.iso\"],\"n\":[1.5e+3,-0,true,false,null]}\r\n";

	put("nothing", 0, "-", "-");
	put("both", 0x37, "menuentry 'mine' {\r\n true\r\n}", json);
	put("empty", 0x47, "", "{}");
	put_made("made", NULL, NULL);
	put_made("made-among", "menuentry 'mine' {\r\n true\r\n}", json);
}
