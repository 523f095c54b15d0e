/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The boot entry: what goes onto Ventoy's first partition so that its menus start a Windows that
 * lies behind it.  Text only; who reads and writes the files is elsewhere (volume/edit.h).
 *
 *	/ventoy/ventoy_grub.cfg      a block between markers, in the F6 menu (since 1.0.16)
 *	/TITLE.img, /TITLE.img.vcfg  an entry of the main menu (since 1.0.34)
 *	/ventoy/ventoy.json          its title and tip; the default and its timeout, if asked for
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "ventoy/payload.h"
#include "wtg/error.h"
#include "wtg/image.h"

#define WTG_VENTOY_GRUB_PATH "ventoy/ventoy_grub.cfg"
#define WTG_VENTOY_JSON_PATH "ventoy/ventoy.json"
#define WTG_VENTOY_MAX_TEXT (1u << 20) /* of either: larger ones are not read */

struct wtg_ventoy_entry {
	const char *title;   /* NULL: "Windows To Go" */
	const char *tip;     /* NULL: none */
	unsigned partition;  /* number of the system partition: 3 */
	uint32_t volume_id;  /* of its FAT: "5754-4701" for 0x57544701 */
	enum wtg_arch arch;  /* of that Windows */
	bool bios;           /* /bootmgr is there: also for Legacy BIOS */
	bool vtefi;          /* its loader is in /VTEFI/Microsoft/Boot */
	bool is_default;
	bool has_timeout;
	uint64_t timeout_seconds;
};

/*
 * A title becomes a file's name and words in a script: kind WTG_USAGE for what can be
 * neither.  It has 1 to 128 bytes of UTF-8, all to be seen; none of \ / : * ? " < > | $, no
 * space, dot or hyphen to begin with, no space or dot at its end; it is no device of DOS' and
 * not "ventoy_…".  A tip has up to 255 bytes, without " and \.  A timeout without being the
 * default is WTG_USAGE, too, and an unknown processor WTG_UNSUITABLE.
 */
int wtg_ventoy_entry_check(const struct wtg_ventoy_entry *entry, struct wtg_error *err);

/*
 * The paths that must be looked for to make existing: these, NULL-terminated; then the image of
 * an entry with the title that is asked for (NULL: the usual one) and that which the block names
 * among existing (NULL: there is none), and the same with ".vcfg" behind.  Both are the
 * caller's.  A file of that name that is not as we write it is the user's: kind WTG_REFUSED.  So it
 * must be among existing however large it is; of one above WTG_VENTOY_MAX_TEXT any part will do.
 */
extern const char *const wtg_ventoy_entry_paths[];
char *wtg_ventoy_entry_image(const char *title);
char *wtg_ventoy_entry_image_named(const struct wtg_files *existing);

struct wtg_ventoy_changes {
	struct wtg_files edits; /* as wtg_fs_edit() takes them; nothing to change: none */
	struct wtg_files text;  /* the same to be shown: what is text in them; gone: no data */
	char **warnings;        /* what in the user's ventoy.json would hide or override it, what
				 * this version of Ventoy does not know yet */
	size_t n_warnings, warnings_capacity;
};
void wtg_ventoy_changes_done(struct wtg_ventoy_changes *changes);

/*
 * What must be written so that the entry is there, or, with entry NULL, so that no trace of
 * one is left; version NULL: not known.  existing has what is there of those files now.  The
 * user's own text stays as it is, to the byte, in JSON, too; what he has set there himself is
 * not overwritten: a warning instead.  Doing it twice changes nothing the second time.  Marks
 * that make no sense, text between them that we did not write, JSON that is none: kind
 * WTG_INPUT, naming file and line.
 *
 * How removal knows what is ours: the block says in comments of what the entry was made, with
 * a sum over all of it.  Only values that are still exactly so are taken out, and only a
 * placeholder and a .vcfg that are as we write them.
 */
int wtg_ventoy_entry_plan(const struct wtg_ventoy_entry *entry,
			  const struct wtg_ventoy_version *version,
			  const struct wtg_files *existing, struct wtg_ventoy_changes *ret,
			  struct wtg_error *err);
