/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether Windows is compressed, where that was left to us. */
#include "support.h"

#include <string.h>

#include "base/alloc.h"
#include "recipe/compact.h"

#define GIB (UINT64_C(1) << 30)
#define NEED (20 * GIB)
#define PLENTY (200 * GIB)

static void settle(enum wtg_compact asked, const struct wtg_disk *disk, uint64_t windows_bytes,
		   bool expected, const char *why)
{
	const struct wtg_request request = { .compact = asked };
	_cleanup_(wtg_survey_done) struct wtg_survey survey = { 0 };

	survey.compact.choices = wtg_alloc(1);
	survey.compact.n_inodes = 1;
	wtg_compact_settle(&request, disk, windows_bytes, NEED, &survey);
	if (!survey.compact_why || !strstr(survey.compact_why, why))
		fail_msg("\"%s\" says nothing of \"%s\"", survey.compact_why, why);
	assert_int_equal(survey.compact.choices != NULL, expected);
	assert_int_equal(survey.compact.n_inodes != 0, expected);
}

static void what_is_asked_for_is_done(void **state)
{
	const struct wtg_disk ssd = { .bus = (char *)"nvme" };

	(void)state;
	settle(WTG_COMPACT_LZX, &ssd, PLENTY, true, "--compact");
	settle(WTG_COMPACT_LZX, NULL, PLENTY, true, "--compact");
}

static void auto_goes_by_the_room_that_a_plain_windows_leaves(void **state)
{
	const struct wtg_disk ssd = { .bus = (char *)"nvme" };

	(void)state;
	settle(WTG_COMPACT_AUTO, &ssd, NEED + 16 * GIB - 1, true, "16 GiB");
	settle(WTG_COMPACT_AUTO, &ssd, NEED + 16 * GIB, false, "room enough");
	/* It would not even fit. */
	settle(WTG_COMPACT_AUTO, &ssd, NEED - GIB, true, "16 GiB");
	/* Of several drives, whatever each of them is. */
	settle(WTG_COMPACT_AUTO, NULL, NEED, true, "16 GiB");
	settle(WTG_COMPACT_AUTO, NULL, PLENTY, false, "room enough");
}

static void auto_goes_by_what_a_drive_says_of_its_speed(void **state)
{
	static const struct {
		struct wtg_disk disk;
		bool expected;
		const char *why;
	} cases[] = {
		{ { .bus = (char *)"usb", .removable = true, .usb_mbits = 5000 }, true, "USB stick" },
		{ { .bus = (char *)"usb", .removable = true }, true, "USB stick" },
		{ { .bus = (char *)"usb", .usb_mbits = 480 }, true, "USB 2" },
		{ { .bus = (char *)"usb", .usb_mbits = 12 }, true, "USB 2" },
		{ { .bus = (char *)"ata", .usb_mbits = 480 }, true, "USB 2" },
		{ { .bus = (char *)"mmc" }, true, "memory card" },
		{ { .bus = (char *)"usb", .usb_mbits = 10000 }, false, "room enough" },
		{ { .bus = (char *)"usb" }, false, "room enough" },
		{ { .bus = (char *)"nvme" }, false, "room enough" },
		{ { .bus = (char *)"emmc", .removable = true }, false, "room enough" },
		{ { .is_file = true }, false, "room enough" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		settle(WTG_COMPACT_AUTO, &cases[i].disk, PLENTY, cases[i].expected, cases[i].why);
}

static void a_windows_that_cannot_read_it_stays_plain(void **state)
{
	const struct wtg_request request = { .compact = WTG_COMPACT_AUTO };
	_cleanup_(wtg_survey_done) struct wtg_survey survey = { 0 };

	(void)state;
	wtg_compact_settle(&request, NULL, NEED, NEED, &survey);
	assert_non_null(strstr(survey.compact_why, "older than Windows 10"));
	assert_null(survey.compact.choices);
}

static void who_does_not_ask_hears_nothing_of_it(void **state)
{
	static const enum wtg_compact none[] = { WTG_COMPACT_UNSAID, WTG_COMPACT_OFF };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const struct wtg_request request = { .compact = none[i],
						     .engine = WTG_ENGINE_WIMLIB };
		struct wtg_error err = WTG_ERROR_INIT;
		struct wtg_survey survey = { 0 };

		assert_good(wtg_compact_check(&request, &err));
		wtg_compact_settle(&request, NULL, 0, NEED, &survey);
		assert_null(survey.compact_why);
	}
}

static void wimlibs_engine_does_not_compress(void **state)
{
	struct wtg_request request = { .compact = WTG_COMPACT_AUTO,
				       .engine = WTG_ENGINE_WIMLIB };
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	assert_fails(wtg_compact_check(&request, &err), WTG_USAGE, "--engine wimlib");
	request.engine = WTG_ENGINE_OWN;
	assert_good(wtg_compact_check(&request, &err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_asked_for_is_done),
		cmocka_unit_test(auto_goes_by_the_room_that_a_plain_windows_leaves),
		cmocka_unit_test(auto_goes_by_what_a_drive_says_of_its_speed),
		cmocka_unit_test(a_windows_that_cannot_read_it_stays_plain),
		cmocka_unit_test(who_does_not_ask_hears_nothing_of_it),
		cmocka_unit_test(wimlibs_engine_does_not_compress),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
