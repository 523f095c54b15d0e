/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a title and a tip may be. */
#include "ventoy/entry-inner.h"

#include <string.h>
#include <strings.h>

#include "base/utf16.h"
#include "wtg/text.h"

/* Ventoy has 255 bytes for a path, of which ".img.vcfg" and more are ours; and a menu has
 * lines. */
#define MAX_TITLE 128
#define MAX_TIP 255
#define MAX_TIMEOUT_SECONDS 86400

/* Who else would not have it, beside those that are named. */
static const struct {
	const char *bytes, *why;
} bad_in_titles[] = {
	{ "\\/:*?\"<>|", "has one of \\ / : * ? \" < > |, which no name of a file on "
			 "exFAT, FAT or NTFS has" },
	{ "$", "has a $, which GRUB takes for the start of a variable" },
};

static const char *text_fault(const char *text, size_t max)
{
	size_t size = strlen(text);

	if (size > max)
		return max == MAX_TITLE ? "is longer than 128 bytes" :
					  "is longer than 255 bytes";
	for (size_t at = 0, n; at < size; at += n) {
		uint32_t c;

		n = wtg_utf8_next(text + at, size - at, &c);
		if (n == 0)
			return "is not UTF-8";
		if (!wtg_char_is_harmless(c))
			return "has characters that cannot be seen, or a line break";
	}
	return NULL;
}

/* The names of DOS' devices: Windows opens no file that is called so, whatever follows
 * the dot. */
static bool is_device(const char *title)
{
	static const char *const names[] = { "CON", "PRN", "AUX", "NUL" };
	size_t n = strcspn(title, ".");

	while (n > 0 && title[n - 1] == ' ')
		n--;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (n == 3 && strncasecmp(title, names[i], 3) == 0)
			return true;
	return n == 4 && title[3] >= '0' && title[3] <= '9' &&
	       (strncasecmp(title, "COM", 3) == 0 || strncasecmp(title, "LPT", 3) == 0);
}

const char *wtg_entry_title_fault(const char *title)
{
	const char *fault = text_fault(title, MAX_TITLE);

	if (fault)
		return fault;
	if (title[0] == '\0')
		return "is empty";
	for (size_t i = 0; i < sizeof(bad_in_titles) / sizeof(bad_in_titles[0]); i++)
		if (strpbrk(title, bad_in_titles[i].bytes))
			return bad_in_titles[i].why;
	if (strchr(" .-", title[0])) /* hidden, or GRUB's option */
		return "begins with a space, a dot or a hyphen";
	if (strchr(" .", title[strlen(title) - 1]))
		return "ends in a space or a dot";
	if (is_device(title))
		return "is what Windows calls a device";
	if (strncasecmp(title, "ventoy_", 7) == 0)
		return "begins as the files of Ventoy itself do";
	return NULL;
}

/* Ventoy's reader of JSON undoes no escapes. */
const char *wtg_entry_tip_fault(const char *tip)
{
	const char *fault = text_fault(tip, MAX_TIP);

	if (fault)
		return fault;
	if (tip[0] == '\0')
		return "is empty";
	return strpbrk(tip, "\"\\") ? "has a \" or a \\, which Ventoy does not read" :
				      NULL;
}

int wtg_ventoy_entry_check(const struct wtg_ventoy_entry *entry, struct wtg_error *err)
{
	const char *fault = entry->title ? wtg_entry_title_fault(entry->title) : NULL;

	if (fault)
		return wtg_fail(err, WTG_USAGE, 0, "the title of the boot entry %s",
				fault);
	fault = entry->tip ? wtg_entry_tip_fault(entry->tip) : NULL;
	if (fault)
		return wtg_fail(err, WTG_USAGE, 0, "the tip of the boot entry %s", fault);
	if (entry->has_timeout && !entry->is_default)
		return wtg_fail(err, WTG_USAGE, 0,
				"a timeout is for a boot entry that is the default: "
				"after it Ventoy would start whatever comes first");
	if (entry->has_timeout && entry->timeout_seconds > MAX_TIMEOUT_SECONDS)
		return wtg_fail(err, WTG_USAGE, 0,
				"the timeout of the boot entry is longer than a day");
	if (entry->arch == WTG_ARCH_UNKNOWN)
		return wtg_fail(err, WTG_UNSUITABLE, 0,
				"the Windows of the boot entry is for a processor that "
				"is not known");
	return 0;
}
