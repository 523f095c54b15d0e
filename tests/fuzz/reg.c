/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Registry scripts, and what they come to in a hive: one that is sound takes whatever is planned. */
#include "fuzz.h"

#include <stdlib.h>

#include "windows/edits.h"
#include "windows/hive.h"
#include "windows/reg-file.h"
#include "windows/regf.h"
#include "wtg/error.h"
#include "wtg/text.h"

static void describe(const void *edits, struct wtg_facts *out)
{
	wtg_edits_describe(edits, out);
}

static struct wtg_bytes small_hive(void)
{
	struct wtg_regf_key *root = wtg_regf_root("ROOT");
	struct wtg_regf_key *company = wtg_regf_key(root, "Company");
	struct wtg_bytes hive;

	wtg_regf_dword(company, "Number", 1);
	wtg_regf_text(company, "", "a company");
	wtg_regf_text(wtg_regf_key(wtg_regf_key(company, "A"), "B"), "Text", "deep");
	wtg_regf_key(company, "Empty");
	hive = wtg_regf_write(root, "SOFTWARE", 1);
	wtg_regf_free(root);
	return hive;
}

/* Only SYSTEM has rules of its own; to all others one hive is as good as another. */
static void plan_and_edit(const struct wtg_wishes *wishes, enum wtg_hive_id id)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes hive = small_hive(), edited = { 0 };
	_cleanup_(wtg_edits_done) struct wtg_edits edits = { 0 };
	_cleanup_(wtg_error_done) struct wtg_error err = WTG_ERROR_INIT;

	if (wtg_edits_plan_wishes(&hive, id, wishes, 1, &edits, &err) < 0)
		return;
	fuzz_describe(describe, &edits);
	if (wtg_hive_edit(&hive, &edits, &edited, &err) < 0)
		FUZZ_ASSERT(err.kind == WTG_INPUT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(wtg_wishes_done) struct wtg_wishes wishes = { 0 };
	_cleanup_(wtg_error_done) struct wtg_error err = WTG_ERROR_INIT;
	const struct wtg_bytes script = fuzz_bytes(data, size);

	if (wtg_reg_parse(&script, "a.reg", &wishes, &err) < 0) {
		FUZZ_ASSERT(err.kind == WTG_INPUT);
		return 0;
	}
	for (size_t i = 0; i < wishes.n_items; i++)
		FUZZ_ASSERT(wtg_text_starts(wishes.items[i].reason, "--registry a.reg, line "));
	for (enum wtg_hive_id id = WTG_HIVE_SOFTWARE; id < WTG_N_HIVES; id++)
		plan_and_edit(&wishes, id);
	return 0;
}
