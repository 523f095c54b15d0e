/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wtg/recipe.h"

#include <stddef.h>

#include "wtg/text.h"

#define LEAST_ESP_BYTES (UINT64_C(100) << 20)

static bool speaks_of_the_entry(const struct wtg_request *r)
{
	return r->entry_title || r->entry_tip || r->entry_default || r->has_entry_timeout;
}

static size_t reads_stdin(const struct wtg_request *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->password_files.n_items; i++)
		n += wtg_text_equal(r->password_files.items[i], "-");
	return n;
}

/* What cannot all be meant at once, and why. */
int wtg_request_check(const struct wtg_request *r, struct wtg_error *err)
{
	const bool data = r->data_size_bytes > 0 || r->data_fs != WTG_DATA_FS_AUTO;
	const bool ventoy = r->ventoy || r->beside;
	const struct {
		bool is_so;
		const char *sentence;
	} rows[] = {
		{ r->beside && r->ventoy,
		  "--beside and --ventoy: what is on the drive stays, so Ventoy is there or not" },
		{ r->beside && r->table != WTG_TABLE_AUTO,
		  "--beside and --layout: the drive keeps the partition table that it has" },
		{ r->beside && r->overwrite,
		  "--beside and --overwrite: what is on the drive stays, or it is lost" },
		{ r->beside && r->file_size_bytes > 0,
		  "--beside and --size: a file that is yet to be made has nothing on it that "
		  "could stay" },
		{ r->beside && data,
		  "--beside adds no data partition: what is on the drive is the data" },
		{ r->windows_first && r->ventoy_first,
		  "--windows-first and --ventoy-first: only one can be first" },
		{ r->ventoy_sha256 && !r->ventoy,
		  "--ventoy-sha256 without --ventoy: there is nothing that it could be of" },
		{ (r->windows_first || r->ventoy_first) && !ventoy,
		  "--windows-first and --ventoy-first are for drives with Ventoy: add --ventoy or "
		  "--beside" },
		{ speaks_of_the_entry(r) && !ventoy,
		  "the options of the boot entry are for drives with Ventoy: add --ventoy or "
		  "--beside" },
		{ r->has_entry_timeout && !r->entry_default,
		  "--entry-timeout without --entry-default: nothing would be started by itself" },
		{ r->data_fs != WTG_DATA_FS_AUTO && r->data_size_bytes == 0 &&
			  r->windows_size_bytes == 0 && !r->ventoy,
		  "--data-fs without --data-size or --windows-size: there would be no data "
		  "partition" },
		{ r->esp_size_bytes != 0 && r->esp_size_bytes < LEAST_ESP_BYTES,
		  "--esp-size: less than 100 MiB does not hold the boot files" },
		{ r->password_files.n_items > 0 &&
			  r->password_files.n_items != r->users.n_items,
		  "--password-file is given once for each --user, in their order, or not at all" },
		{ r->auto_logon && r->users.n_items == 0,
		  "--auto-logon without --user: there is no account to log on" },
		{ reads_stdin(r) > 1,
		  "--password-file -: standard input has one password only" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].is_so)
			return wtg_fail(err, WTG_USAGE, 0, "%s", rows[i].sentence);
	return 0;
}
