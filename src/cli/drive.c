/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "drive.h"

#include <stdlib.h>

#include "wtg/text.h"

#define MAX_CONTENTS 4 /* more would hide the drive behind its partitions */

static char *content_words(const struct wtg_content *content)
{
	const char *type = content->type ? content->type : "unknown";
	const char *label = content->label ? content->label : content->name;

	return label ? wtg_text("%s \"%s\"", type, label) : wtg_text("%s", type);
}

char *cli_drive_content(const struct wtg_disk *disk)
{
	char *words = NULL;

	if (disk->unread)
		return wtg_text("unknown");
	if (disk->unread)
		return wtg_text("unknown");
	for (size_t i = 0; i < disk->n_contents; i++) {
		_cleanup_free_ char *before = words;
		_cleanup_free_ char *next = content_words(&disk->contents[i]);

		if (i == MAX_CONTENTS)
			return wtg_text("%s, and %zu more", words, disk->n_contents - i);
		words = before ? wtg_text("%s, %s", before, next) : WTG_STEAL(next);
	}
	return words ? words : wtg_text("nothing");
}
