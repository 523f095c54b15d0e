/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "windows/edits.h"
#include "windows/hive.h"
#include "windows/regf-cell.h"
#include "windows/regf-format.h"
#include "windows/regf.h"
#include "wtg/text.h"

/* Everything that can be asked for, of a Windows of today. */
static const struct wtg_edit_options everything = {
	.portable_flag = true,
	.no_pagefile = true,
	.no_crash_dump = true,
	.no_last_access = true,
	.build = 19045,
};

/* As Windows leaves a hive that it closed: of the dirty ones we have no clean twins, and
 * what they hold is whole enough to edit. */
static void close_properly(struct wtg_bytes *hive)
{
	memcpy(hive->data + REGF_SEQUENCE2, hive->data + REGF_SEQUENCE1, 4);
	wtg_put_le32(hive->data + REGF_CHECKSUM, wtg_regf_checksum(hive->data));
}

/* Does a line of reglookup's ("/key/value,TYPE,data,") come from this edit? */
static bool is_line_of(const struct wtg_edit *edit, const char *line)
{
	_cleanup_free_ char *path = wtg_text("/%s", edit->key), *full = NULL;
	size_t length = strcspn(line, ",");

	for (char *p = path; *p; p++)
		if (*p == '\\')
			*p = '/';
	/* A key that was made, or one that leads to it. */
	if (strncmp(line + length, ",KEY,", 5) == 0)
		return length <= strlen(path) && strncasecmp(path, line, length) == 0;
	full = wtg_text("%s/%s", path, edit->value ? edit->value : "");
	return strncasecmp(line, full, strlen(full)) == 0 &&
	       (!edit->value || line[strlen(full)] == ',');
}

/* Each line that differs must be of an edit, each edit among them with its data. */
static void assert_differs_by_edits(const char *diff, const struct wtg_edits *edits)
{
	_cleanup_free_ char *copy = wtg_text_copy(diff);
	_cleanup_free_ bool *made = wtg_alloc(edits->n_items * sizeof(*made));
	char *rest = NULL;

	for (char *line = strtok_r(copy, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest)) {
		bool known = false;

		if (*line != '<' && *line != '>')
			continue;
		for (size_t i = 0; i < edits->n_items; i++) {
			const struct wtg_edit *edit = &edits->items[i];
			_cleanup_free_ char *data = NULL;

			if (edit->outcome != WTG_EDIT_CHANGE ||
			    !is_line_of(edit, line + 2))
				continue;
			known = true;
			data = edit->type == WTG_REG_DWORD
				       ? wtg_text(",DWORD,0x%08X,",
						  wtg_le32(edit->data.data))
				       : wtg_text_copy(",MULTI_SZ,");
			made[i] |= edit->value ? *line == '>' && strstr(line, data)
					       : *line == '<';
		}
		if (!known)
			fail_msg("reglookup sees a change that was not planned: %s",
				 line);
	}
	for (size_t i = 0; i < edits->n_items; i++)
		if (edits->items[i].outcome == WTG_EDIT_CHANGE && !made[i])
			fail_msg("reglookup does not see the change of %s %s",
				 edits->items[i].key, edits->items[i].value);
}

/* Two hives in files, "before" and "after". */
static void write_pair(const struct wtg_bytes *before, const struct wtg_bytes *after)
{
	_cleanup_free_ char *b = wtg_text("%s/before", test_dir());
	_cleanup_free_ char *a = wtg_text("%s/after", test_dir());

	test_write_file(b, before->data, before->size);
	test_write_file(a, after->data, after->size);
}

static void assert_others_agree(const struct wtg_edits *edits)
{
	_cleanup_free_ char *diff = NULL, *n_reged = NULL, *n_xml = NULL;
	int status;

	test_require("reglookup");
	diff = test_run(
		&status,
		"cd '%s' && for f in before after; do reglookup $f >$f.txt 2>/dev/null || "
		"exit 3; done; diff before.txt after.txt",
		test_dir());
	assert_int_equal(status, 1);
	assert_differs_by_edits(diff, edits);

	/* As many new lines with chntpw's reader, which knows nothing of the others. */
	test_require("reged");
	n_reged = test_run(NULL,
			   "cd '%s' && for f in before after; do rm -f $f.reg; "
			   "reged -x $f S '\\' $f.reg >/dev/null || exit 3; done; "
			   "diff before.reg after.reg | grep -c '^> \"' || true",
			   test_dir());
	n_xml = test_run(
		NULL,
		"cd '%s' && grep -c '^> .*,\\(DWORD\\|MULTI_SZ\\),' <<'END' || true\n"
		"%s\nEND\n",
		test_dir(), diff);
	assert_string_equal(n_reged, n_xml);

	test_require("hivexml");
	free(test_run(NULL,
		      "cd '%s' && hivexml after >after.xml && "
		      "xmllint --huge --noout after.xml",
		      test_dir()));
}

static const char *const windows_hives[] = { "system-win81-dirty.xz",
					     "system-win10-1709-dirty.xz",
					     "system-win10-19h1-dirty.xz",
					     "system-win10-19h1-clean.xz" };

static void real_hives_change_where_planned_and_nowhere_else(void **state)
{
	(void)state;
	for (size_t i = 0; i < 4; i++) {
		_cleanup_(wtg_bytes_done) struct wtg_bytes hive =
			test_hive(windows_hives[i]);
		_cleanup_(wtg_bytes_done) struct wtg_bytes edited = { 0 };
		_cleanup_(wtg_edits_done) struct wtg_edits edits = { 0 }, again = { 0 };
		struct wtg_error err = WTG_ERROR_INIT;

		close_properly(&hive);
		assert_good(wtg_edits_plan(&hive, &everything, &edits, &err));
		assert_true(wtg_edits_changes(&edits) > 10);
		assert_true(edits.captured);
		assert_good(wtg_hive_edit(&hive, &edits, &edited, &err));
		write_pair(&hive, &edited);
		assert_others_agree(&edits);

		assert_good(wtg_edits_plan(&edited, &everything, &again, &err));
		for (size_t j = 0; j < again.n_items; j++)
			if (again.items[j].outcome == WTG_EDIT_CHANGE)
				fail_msg("%s: would change %s %s again: %s -> %s",
					 windows_hives[i], again.items[j].key,
					 again.items[j].value, again.items[j].old_text,
					 again.items[j].new_text);
	}
}

static void assert_refused(const char *name, const char *sentence)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes hive = test_hive(name);
	struct wtg_edits edits = { .captured = true };
	struct wtg_error err = WTG_ERROR_INIT;

	assert_fails(wtg_edits_plan(&hive, &everything, &edits, &err), WTG_INPUT,
		     sentence);
	assert_true(edits.captured && !edits.items);
}

static void a_hive_whose_log_was_not_written_back_is_refused(void **state)
{
	(void)state;
	assert_refused("system-win81-dirty.xz", "was not closed (sequence 205, 204)");
	assert_refused("system-win10-1709-dirty.xz",
		       "was not closed (sequence 1622, 1621)");
	assert_refused("system-win10-19h1-dirty.xz",
		       "was not closed (sequence 4317, 4316)");
}

static void a_refusal_of_a_dirty_hive_says_what_to_do(void **state)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes hive =
		test_hive("system-win81-dirty.xz");
	struct wtg_edits edits = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	assert_int_equal(wtg_edits_plan(&hive, &everything, &edits, &err), -1);
	assert_non_null(strstr(err.hint, "capture it again"));
	wtg_error_done(&err);
}

static void windows_7_is_told_so(void **state)
{
	(void)state;
	assert_refused("system-win7.xz", "is of Windows 7 or older");
}

static void damaged_hives_are_refused(void **state)
{
	(void)state;
	assert_refused("system-corrupted.xz", "read the SYSTEM hive: ");
	assert_refused("edge-GarbageHive", "read the SYSTEM hive: ");
}

static void a_hive_that_is_no_system_is_refused(void **state)
{
	(void)state;
	assert_refused("bcd-win10-uefi-gpt", "Select\\Current is missing");
	assert_refused("edge-EmptyHive", "Select\\Current is missing");
	assert_refused("edge-BigDataHive", "Select\\Current is missing");
	assert_refused("edge-ManySubkeysHive", "Select\\Current is missing");
}

static void a_cut_hive_is_refused_wherever_it_is_cut(void **state)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes hive =
		test_hive("system-win10-19h1-clean.xz");
	size_t end;

	(void)state;
	/* What lies beyond the bins does not count. */
	end = REGF_BASE_BYTES + wtg_le32(hive.data + REGF_BINS_BYTES);
	for (size_t size = 0; size < end; size += end / 23 + 1) {
		struct wtg_bytes cut = { hive.data, size };
		struct wtg_edits edits = { 0 };
		struct wtg_error err = WTG_ERROR_INIT;

		assert_fails(wtg_edits_plan(&cut, &everything, &edits, &err), WTG_INPUT,
			     "read the SYSTEM hive: ");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_hives_change_where_planned_and_nowhere_else),
		cmocka_unit_test(a_hive_whose_log_was_not_written_back_is_refused),
		cmocka_unit_test(a_refusal_of_a_dirty_hive_says_what_to_do),
		cmocka_unit_test(windows_7_is_told_so),
		cmocka_unit_test(damaged_hives_are_refused),
		cmocka_unit_test(a_hive_that_is_no_system_is_refused),
		cmocka_unit_test(a_cut_hive_is_refused_wherever_it_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
