/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Our reader of hives against real ones; hivex is the oracle. */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include <hivex.h>

#include "base/utf16.h"
#include "windows/regf-cell.h"
#include "windows/regf-format.h"
#include "windows/regf-read.h"
#include "wtg/text.h"

static const char *const good_hives[] = {
	"bcd-media-bios",
	"bcd-media-uefi",
	"bcd-setup-media",
	"bcd-template-win10",
	"bcd-vhd-wim-entries",
	"bcd-win10-uefi-esp",
	"bcd-win10-uefi-gpt",
	"edge-BigDataHive",
	"edge-DupNameHive",
	"edge-EmptyHive",
	"edge-ExtendedASCIIHive",
	"edge-ManySubkeysHive",
	"edge-NewDirtyHive",
	"edge-OldDirtyHive",
	"edge-StringValuesHive",
	"edge-UnicodeHive",
	"edge-UpcaseHive",
	"software-partial.xz",
	"system-win10-1709-dirty.xz",
	"system-win10-19h1-clean.xz",
	"system-win10-19h1-dirty.xz",
	"system-win7.xz",
	"system-win81-dirty.xz",
};

struct both {
	const struct wtg_hive_view *view;
	hive_h *hivex;
	size_t n_keys, n_values;
};

static void same_value(struct both *b, wtg_hive_key key, size_t i, hive_value_h theirs)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes data = { 0 };
	_cleanup_free_ char *name = NULL;
	_cleanup_free_ char *their_name = hivex_value_key(b->hivex, theirs);
	_cleanup_free_ char *their_data = NULL;
	hive_type their_type;
	size_t their_size;
	uint32_t type;

	their_data = hivex_value_value(b->hivex, theirs, &their_type, &their_size);
	assert_non_null(their_data);
	assert_int_equal(wtg_hive_view_nth_value(b->view, key, i, &name, &type, &data),
			 1);
	assert_string_equal(name, their_name);
	assert_int_equal(type, their_type);
	assert_int_equal(data.size, their_size);
	assert_memory_equal(data.data, their_data, data.size);
	b->n_values++;
}

static void same_key(struct both *b, wtg_hive_key key, hive_node_h node)
{
	_cleanup_free_ char *name = wtg_hive_view_name(b->view, key);
	_cleanup_free_ char *their_name = hivex_node_name(b->hivex, node);
	_cleanup_free_ hive_value_h *values = hivex_node_values(b->hivex, node);
	_cleanup_free_ hive_node_h *children = hivex_node_children(b->hivex, node);
	_cleanup_(wtg_bytes_done) struct wtg_bytes data = { 0 };
	uint32_t type;
	char *none;
	size_t i;

	assert_non_null(name);
	assert_string_equal(name, their_name);
	for (i = 0; values[i]; i++)
		same_value(b, key, i, values[i]);
	assert_int_equal(wtg_hive_view_nth_value(b->view, key, i, &none, &type, &data),
			 0);

	for (i = 0; children[i]; i++) {
		wtg_hive_key subkey = wtg_hive_view_subkey(b->view, key, i);

		assert_int_not_equal(subkey, 0);
		same_key(b, subkey, children[i]);
	}
	assert_int_equal(wtg_hive_view_subkey(b->view, key, i), 0);
	b->n_keys++;
}

static void every_key_and_value_is_as_hivex_reads_it(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(good_hives) / sizeof(good_hives[0]); i++) {
		_cleanup_(wtg_bytes_done) struct wtg_bytes bytes =
			test_hive(good_hives[i]);
		_cleanup_free_ char *path = wtg_text("%s/hive", test_dir());
		struct wtg_hive_view view;
		struct both both = { .view = &view };

		test_write_file(path, bytes.data, bytes.size);
		both.hivex = hivex_open(path, 0);
		assert_non_null(both.hivex);
		assert_good(wtg_hive_view_open(&bytes, &view, &err));
		assert_good(wtg_hive_view_check(&view, &err));
		same_key(&both, view.root, hivex_root(both.hivex));
		hivex_close(both.hivex);
		print_message("# %s: %zu keys, %zu values\n", good_hives[i], both.n_keys,
			      both.n_values);
	}
}

static void a_damaged_hive_is_refused_with_a_sentence(void **state)
{
	static const struct {
		const char *hive, *sentence;
	} rows[] = {
		{ "edge-GarbageHive", "wrong checksum" },
		{ "system-corrupted.xz", "bin at 0x1a000 is damaged" },
		{ "edge-NewDirtyHive.LOG1", "bin at 0x1000 is damaged" },
		{ "README.md", "cut short" },
	};
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_hive_view view;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		_cleanup_(wtg_bytes_done) struct wtg_bytes bytes =
			test_hive(rows[i].hive);

		assert_fails(wtg_hive_view_open(&bytes, &view, &err), WTG_INPUT,
			     rows[i].sentence);
	}
}

static void a_dirty_hive_shows_by_its_sequence_numbers(void **state)
{
	static const struct {
		const char *hive;
		uint32_t sequence1, sequence2, minor;
	} rows[] = {
		{ "bcd-win10-uefi-gpt", 34, 34, 3 },
		{ "edge-NewDirtyHive", 4, 3, 3 },
		{ "edge-BigDataHive", 4, 4, 5 },
	};
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_hive_view view;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		_cleanup_(wtg_bytes_done) struct wtg_bytes bytes =
			test_hive(rows[i].hive);

		assert_good(wtg_hive_view_open(&bytes, &view, &err));
		assert_int_equal(view.sequence1, rows[i].sequence1);
		assert_int_equal(view.sequence2, rows[i].sequence2);
		assert_int_equal(view.minor, rows[i].minor);
	}
}

static void keys_and_values_are_found_in_any_case(void **state)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes bytes =
		test_hive("system-win10-19h1-clean.xz");
	_cleanup_(wtg_bytes_done) struct wtg_bytes data = { 0 };
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_hive_view view;
	wtg_hive_key control;
	uint32_t number = 77;

	(void)state;
	assert_good(wtg_hive_view_open(&bytes, &view, &err));
	assert_true(wtg_hive_view_dword(&view, "Select", "Current", &number));
	assert_int_equal(number, 1);
	assert_true(wtg_hive_view_dword(&view, "controlset001\\CONTROL",
					"bootdriverFLAGS", &number));
	assert_int_equal(number, 0x1c);

	control = wtg_hive_view_key(&view, 0, "ControlSet001\\Control");
	assert_int_not_equal(control, 0);
	assert_int_equal(wtg_hive_view_key(&view, control, "..\\Control"), 0);
	assert_int_not_equal(wtg_hive_view_key(&view, control, "session manager\\power"),
			     0);
	assert_int_equal(
		wtg_hive_view_value(&view, control, "No Such Value", &number, &data), 0);

	number = 77;
	assert_false(wtg_hive_view_dword(&view, "Select", "Nothing", &number));
	assert_false(wtg_hive_view_dword(&view, "No Such Key", "Current", &number));
	assert_false(wtg_hive_view_dword(&view, "ControlSet001\\Control",
					 "SystemBootDevice", &number)); /* a string */
	assert_int_equal(number, 77);
}

static void names_outside_ascii_are_found_in_any_case(void **state)
{
	static const struct {
		const char *a, *b;
		bool same;
	} rows[] = {
		{ "Größe", "GRÖßE", true }, { "Привет", "ПРИВЕТ", true },
		{ "ÿ", "Ÿ", true },         { "÷", "×", false },
		{ "ı", "I", false },        { "ſ", "S", false },
		{ "ωμέγα", "ΩΜΈΓΑ", true }, { "内存", "内存", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		_cleanup_(wtg_bytes_done) struct wtg_bytes a =
			wtg_utf16_from_utf8(rows[i].a);
		_cleanup_(wtg_bytes_done) struct wtg_bytes b =
			wtg_utf16_from_utf8(rows[i].b);
		struct wtg_regf_name left = { a.data, a.size - 2, false };
		struct wtg_regf_name right = { b.data, b.size - 2, false };

		if ((wtg_regf_name_compare(&left, &right) == 0) != rows[i].same)
			fail_msg("\"%s\" and \"%s\"", rows[i].a, rows[i].b);
	}
}

/* Everything that can be asked of a hive, even one that leads in circles. */
static void ask_everything(const struct wtg_hive_view *view, wtg_hive_key key,
			   unsigned *budget)
{
	_cleanup_free_ char *key_name = wtg_hive_view_name(view, key);
	int found = 1;

	for (size_t i = 0; found == 1 && *budget > 0; i++, --*budget) {
		_cleanup_(wtg_bytes_done) struct wtg_bytes data = { 0 };
		_cleanup_free_ char *name = NULL;
		uint32_t type;

		found = wtg_hive_view_nth_value(view, key, i, &name, &type, &data);
	}
	for (size_t i = 0; *budget > 0; i++) {
		wtg_hive_key subkey = wtg_hive_view_subkey(view, key, i);

		--*budget;
		if (!subkey)
			return;
		ask_everything(view, subkey, budget);
	}
}

static uint32_t next(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

/* Change one number that is not zero, the way that is most likely to mislead. */
static void damage(struct wtg_bytes *bytes, uint32_t *seed)
{
	size_t n = bytes->size / 4, at = 0, other;
	uint32_t old = 0;

	while (old == 0 || at < 8) {
		at = next(seed) % n;
		old = wtg_le32(bytes->data + at * 4);
	}
	other = next(seed) % n;
	switch (next(seed) % 6) {
	case 0:
		wtg_put_le32(bytes->data + at * 4, UINT32_MAX);
		break;
	case 1:
		wtg_put_le32(bytes->data + at * 4, 0x80000000u);
		break;
	case 2:
		wtg_put_le32(bytes->data + at * 4, old + 8);
		break;
	case 3:
		wtg_put_le32(bytes->data + at * 4, wtg_le32(bytes->data + other * 4));
		break;
	case 4:
		wtg_put_le16(bytes->data + at * 4, (uint16_t)next(seed));
		break;
	case 5:
		bytes->data[at * 4 + next(seed) % 4] ^= (uint8_t)(1 << next(seed) % 8);
		break;
	}
	wtg_put_le32(bytes->data + REGF_CHECKSUM, wtg_regf_checksum(bytes->data));
}

/* Open, check and read a damaged copy; true if nothing was noticed. */
static bool passes(const struct wtg_bytes *bytes)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_hive_view view;
	unsigned budget = 2000;
	bool good;

	if (wtg_hive_view_open(bytes, &view, &err) < 0) {
		test_expect_error(&err, WTG_INPUT, "");
		return false;
	}
	good = wtg_hive_view_check(&view, &err) == 0;
	if (!good)
		test_expect_error(&err, WTG_INPUT, "");
	ask_everything(&view, view.root, &budget);
	return good;
}

static void no_damage_leads_the_reader_astray(void **state)
{
	static const char *const hives[] = { "bcd-win10-uefi-gpt", "edge-BigDataHive",
					     "edge-UnicodeHive" };
	unsigned n_passed = 0, n_refused = 0;
	uint32_t seed = 1;

	(void)state;
	for (size_t i = 0; i < sizeof(hives) / sizeof(hives[0]); i++) {
		_cleanup_(wtg_bytes_done) struct wtg_bytes whole = test_hive(hives[i]);

		for (int round = 0; round < 300; round++) {
			_cleanup_(wtg_bytes_done) struct wtg_bytes bytes =
				wtg_bytes_copy(whole.data, whole.size);

			for (unsigned n = next(&seed) % 4 + 1; n > 0; n--)
				damage(&bytes, &seed);
			*(passes(&bytes) ? &n_passed : &n_refused) += 1;
		}
	}
	print_message("# %u damaged hives refused, %u passed\n", n_refused, n_passed);
	assert_true(n_refused > 200 && n_passed > 20);
}

static void a_hive_cut_short_anywhere_is_refused(void **state)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes whole =
		test_hive("bcd-win10-uefi-gpt");
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_hive_view view;

	(void)state;
	for (size_t size = 0; size < whole.size; size += 509) {
		_cleanup_(wtg_bytes_done) struct wtg_bytes bytes =
			wtg_bytes_copy(whole.data, size);

		assert_fails(wtg_hive_view_open(&bytes, &view, &err), WTG_INPUT, "hive");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_and_value_is_as_hivex_reads_it),
		cmocka_unit_test(a_damaged_hive_is_refused_with_a_sentence),
		cmocka_unit_test(a_dirty_hive_shows_by_its_sequence_numbers),
		cmocka_unit_test(keys_and_values_are_found_in_any_case),
		cmocka_unit_test(names_outside_ascii_are_found_in_any_case),
		cmocka_unit_test(no_damage_leads_the_reader_astray),
		cmocka_unit_test(a_hive_cut_short_anywhere_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
