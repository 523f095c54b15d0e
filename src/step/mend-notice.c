/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "step/mend-inner.h"

#include "base/alloc.h"
#include "step/inspect.h"
#include "wtg/text.h"

/* What is said of these parts of a drive is mended by what will be written to them; the other
 * topics are nothing that a repair would change. */
static bool will_be_mended(const struct wtg_mending *m, const struct wtg_finding *finding)
{
	const struct wtg_mend *made = &m->made;
	bool files = made->boot.files.n_items > 0, stores = made->stores.files.n_items > 0;

	if (wtg_text_equal(finding->topic, "esp"))
		return made->format_system || (finding->grade == WTG_GRADE_WRONG && files);
	if (wtg_text_equal(finding->topic, "loader") || wtg_text_equal(finding->topic, "chain"))
		return files;
	if (wtg_text_equal(finding->topic, "bcd"))
		return stores;
	return wtg_text_equal(finding->topic, "registry") && made->hive.size > 0;
}

static void sort_finding(struct wtg_mending *m, const struct wtg_finding *finding)
{
	const char *sentence = finding->sentence;

	if (finding->grade == WTG_GRADE_WRONG)
		WTG_APPEND(&m->made.faults, wtg_text_copy(sentence));
	if (finding->grade < WTG_GRADE_WARNING || will_be_mended(m, finding))
		return;
	if (finding->grade == WTG_GRADE_WRONG)
		WTG_APPEND(&m->made.stays, wtg_text("wrong, and nothing that a repair mends: %s",
						    sentence));
	else
		wtg_mend_warn(m, "noticed and left alone: %s", sentence);
}

int wtg_mend_notice(struct wtg_mending *m, struct wtg_progress *progress, struct wtg_error *err)
{
	_cleanup_(wtg_findings_done) struct wtg_findings findings = { 0 };
	const struct wtg_look look = {
		.disk = m->disk,
		.sector_bytes = m->sector_bytes,
		.system = m->made.system.number,
		.windows = m->made.windows.number,
	};

	if (wtg_inspect_disk(&look, progress, &findings, err) < 0)
		return -1;
	for (size_t i = 0; i < findings.n_items; i++)
		sort_finding(m, &findings.items[i]);
	return 0;
}
