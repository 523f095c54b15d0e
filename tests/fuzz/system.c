/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SYSTEM hives: what would be edited, the editing by hivex, and that it is done then. */
#include "fuzz.h"

#include "windows/edits.h"
#include "windows/hive.h"
#include "windows/regf-cell.h"
#include "windows/regf-format.h"
#include "wtg/error.h"

static void describe(const void *edits, struct wtg_facts *out)
{
	wtg_edits_describe(edits, out);
}

static void plan_and_edit(const struct wtg_bytes *hive,
			  const struct wtg_edit_options *options)
{
	_cleanup_(wtg_edits_done) struct wtg_edits edits = { 0 }, left = { 0 };
	_cleanup_(wtg_bytes_done) struct wtg_bytes edited = { 0 };
	_cleanup_(wtg_error_done) struct wtg_error err = WTG_ERROR_INIT;

	if (wtg_edits_plan(hive, options, &edits, &err) < 0)
		return;
	fuzz_describe(describe, &edits);
	if (wtg_hive_edit(hive, &edits, &edited, &err) < 0)
		return;
	FUZZ_ASSERT(wtg_edits_plan(&edited, options, &left, &err) == 0);
	FUZZ_ASSERT(wtg_edits_changes(&left) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct wtg_edit_options usual = { .build = 26100 }, most = {
		.build = 26100,
		.portable_flag = true,
		.no_pagefile = true,
		.no_crash_dump = true,
		.no_last_access = true,
	};
	struct wtg_bytes copy;

	if (size < REGF_BASE_BYTES)
		return 0;
	copy = wtg_bytes_copy(data, size);
	/* Nobody who means harm leaves the checksum wrong, or the hive dirty. */
	memcpy(copy.data + REGF_SEQUENCE2, copy.data + REGF_SEQUENCE1, 4);
	wtg_put_le32(copy.data + REGF_CHECKSUM, wtg_regf_checksum(copy.data));
	plan_and_edit(&copy, &usual);
	plan_and_edit(&copy, &most);
	wtg_bytes_done(&copy);
	return 0;
}
