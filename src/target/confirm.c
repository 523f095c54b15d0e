/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "target/confirm.h"

#include <string.h>

#include "wtg/text.h"

/* As much of a serial as people are ready to type. */
#define SERIAL_END 6

char *wtg_disk_name(const struct wtg_disk *disk)
{
	if (disk->is_file && disk->empty)
		return NULL;
	/* As it is shown: what cannot be shown cannot be typed. */
	return wtg_text_printable(disk->serial ? disk->serial : disk->path);
}

static bool ends_in(const char *serial, const char *answer)
{
	size_t n = strlen(serial);

	return n >= SERIAL_END && strcmp(answer, serial + n - SERIAL_END) == 0;
}

bool wtg_disk_confirmed(const struct wtg_disk *disk, const char *answer, bool terminal)
{
	_cleanup_free_ char *name = wtg_disk_name(disk);
	_cleanup_free_ char *model = disk->model ? wtg_text_printable(disk->model) : NULL;

	if (!answer || !*answer)
		return !name;
	if (!disk->serial && strcmp(answer, disk->path) == 0)
		return true;
	if (!name)
		return false;
	if (strcmp(answer, name) == 0)
		return true;
	if (!terminal)
		return false;
	return wtg_text_equal(answer, model) || (disk->serial && ends_in(name, answer));
}
