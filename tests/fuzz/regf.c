/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Registry hives: opening, checking, and walking them by every public function. */
#include "fuzz.h"

#include <stdlib.h>

#include "windows/regf-cell.h"
#include "windows/regf-format.h"
#include "windows/regf-read.h"
#include "wtg/error.h"

#define MAX_DEPTH 40
#define MAX_KEYS 4000

struct walk {
	const struct wtg_hive_view *view;
	bool sound; /* the check found nothing: then nothing is damaged */
	unsigned keys_left;
};

static void walk_values(const struct walk *walk, wtg_hive_key key)
{
	int found = 1;

	for (size_t i = 0; found > 0 && i < MAX_KEYS; i++) {
		struct wtg_bytes data = { 0 }, again = { 0 };
		char *name = NULL;
		uint32_t type;

		found = wtg_hive_view_nth_value(walk->view, key, i, &name, &type, &data);
		FUZZ_ASSERT(found >= 0 || !walk->sound);
		if (found > 0 && walk->sound) {
			FUZZ_ASSERT(wtg_hive_view_value(walk->view, key, name, &type,
							&again) >= 0);
		}
		free(name);
		wtg_bytes_done(&data);
		wtg_bytes_done(&again);
	}
}

static void walk_key(struct walk *walk, wtg_hive_key key, unsigned depth)
{
	_cleanup_free_ char *name = wtg_hive_view_name(walk->view, key);
	wtg_hive_key child;

	FUZZ_ASSERT(name || !walk->sound);
	walk_values(walk, key);
	for (size_t i = 0; depth < MAX_DEPTH && walk->keys_left > 0 &&
			   (child = wtg_hive_view_subkey(walk->view, key, i));
	     i++) {
		walk->keys_left--;
		walk_key(walk, child, depth + 1);
	}
}

static void read_hive(const struct wtg_bytes *bytes)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_hive_view view;
	struct walk walk = { .view = &view, .keys_left = MAX_KEYS };
	uint32_t number;

	if (wtg_hive_view_open(bytes, &view, &err) == 0) {
		walk.sound = wtg_hive_view_check(&view, &err) == 0;
		(void)wtg_hive_view_dword(&view, "Select", "Current", &number);
		(void)wtg_hive_view_key(&view, 0, "a\\\u00df\\Control");
		walk_key(&walk, view.root, 0);
	}
	wtg_error_done(&err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wtg_bytes bytes = fuzz_bytes(data, size);
	struct wtg_bytes copy = { 0 };

	read_hive(&bytes);
	if (size < REGF_BASE_BYTES)
		return 0;
	/* Nobody who means harm leaves the checksum wrong. */
	copy = wtg_bytes_copy(data, size);
	wtg_put_le32(copy.data + REGF_CHECKSUM, wtg_regf_checksum(copy.data));
	read_hive(&copy);
	wtg_bytes_done(&copy);
	return 0;
}
