/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/mend-inner.h"

#include <ctype.h>
#include <string.h>

#include "base/alloc.h"
#include "wtg/text.h"

/*
 * MountedDevices says which letter a volume has, by what identifies its partition.  In the registry
 * of a Windows that was cloned, or restored to another drive, that may lead elsewhere: then the
 * Windows that starts is not where all its paths say, and nobody can log on.  Only that is mended:
 * the letters of the user's other drives are his.
 */
#define KEY "MountedDevices"
#define PREFIX "\\DosDevices\\"

static bool is_windows(const struct wtg_mending *m, const struct wtg_bytes *data)
{
	static const char gpt[] = "DMIO:ID:";
	const struct wtg_gpt_entry *windows = &m->made.windows;

	if (m->made.table.style == WTG_TABLE_MBR)
		return data->size == 12 && wtg_le32(data->data) == m->made.table.signature &&
		       wtg_le64(data->data + 4) == windows->first_byte;
	return data->size == 24 && memcmp(data->data, gpt, 8) == 0 &&
	       memcmp(data->data + 8, windows->id.bytes, sizeof(windows->id.bytes)) == 0;
}

/* One that names a partition: those of removable media name a device. */
static bool is_partition(const struct wtg_bytes *data)
{
	return data->size == 12 || data->size == 24;
}

static bool is_stale(const struct wtg_mending *m, char letter, const struct wtg_bytes *data)
{
	if (!is_partition(data))
		return false;
	return toupper((unsigned char)letter) == m->letter ? !is_windows(m, data)
							   : is_windows(m, data);
}

void wtg_mend_look_at_letters(struct wtg_mending *m, const struct wtg_hive_view *view,
			      struct wtg_wishes *wishes)
{
	wtg_hive_key key = wtg_hive_view_key(view, 0, KEY);
	size_t length = strlen(PREFIX);

	for (size_t i = 0; key; i++) {
		_cleanup_(wtg_bytes_done) struct wtg_bytes data = { 0 };
		_cleanup_free_ char *name = NULL;
		uint32_t type;

		if (wtg_hive_view_nth_value(view, key, i, &name, &type, &data) != 1)
			return;
		if (!wtg_text_starts(name, PREFIX) || strlen(name) != length + 2 ||
		    !is_stale(m, name[length], &data))
			continue;
		wtg_wish_key(wishes, WTG_HIVE_SYSTEM, WTG_EDIT_DELETE, KEY, name);
		wtg_wishes_because(wishes, wishes->n_items - 1,
				   "with this letter, %c: would not be the Windows that starts",
				   m->letter);
	}
}
