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

/* Without the marks for what cannot be shown, which no keyboard has.  The caller frees. */
static char *typed_form(const char *text)
{
	static const char mark[] = "\xef\xbf\xbd";
	char *typed = wtg_text_printable(text);

	for (char *m = strstr(typed, mark); m; m = strstr(m, mark))
		memmove(m, m + strlen(mark), strlen(m + strlen(mark)) + 1);
	return typed;
}

/* The last SERIAL_END characters of it; NULL if it has fewer. */
static const char *end_of(const char *serial)
{
	const char *end = serial + strlen(serial);

	for (unsigned n = 0; n < SERIAL_END; end--) {
		if (end == serial)
			return NULL;
		n += (end[-1] & 0xc0) != 0x80; /* not one that goes on */
	}
	return end;
}

/* What people at a terminal may type: the whole serial, its end, or the model. */
static bool names(const struct wtg_disk *disk, const char *answer)
{
	_cleanup_free_ char *typed = typed_form(answer);
	_cleanup_free_ char *model = disk->model ? typed_form(disk->model) : NULL;
	_cleanup_free_ char *serial = disk->serial ? typed_form(disk->serial) : NULL;

	if (!*typed)
		return false;
	if (wtg_text_equal(typed, model))
		return true;
	return serial && (strcmp(typed, serial) == 0 || wtg_text_equal(typed, end_of(serial)));
}

bool wtg_disk_confirmed(const struct wtg_disk *disk, const char *answer, bool terminal)
{
	_cleanup_free_ char *name = wtg_disk_name(disk);

	if (!answer || !*answer)
		return !name;
	/* As it is: programs have it from elsewhere. */
	if (strcmp(answer, disk->serial ? disk->serial : disk->path) == 0)
		return true;
	if (!name)
		return false;
	if (strcmp(answer, name) == 0)
		return true;
	return terminal && names(disk, answer);
}
