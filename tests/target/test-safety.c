/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <string.h>

#include "wtg/target.h"
#include "wtg/text.h"

#define GIB (1ull << 30)

/* A stick that nothing speaks against; each row of the table spoils it in one way. */
static const struct wtg_disk good = {
	.path = (char *)"/dev/sdb",
	.bus = (char *)"usb",
	.exists = true,
	.removable = true,
	.size_bytes = 64 * GIB,
	.sector_bytes = 512,
	.physical_sector_bytes = 512,
};

static struct wtg_holder root_holders[] = {
	{ WTG_HOLDER_DM, (char *)"/dev/sdb2", (char *)"/dev/dm-0 (vg-root)", false },
	{ WTG_HOLDER_MOUNT, (char *)"/dev/sdb1", (char *)"/boot", true },
	{ WTG_HOLDER_MOUNT, (char *)"/dev/sdb3", (char *)"/mnt", false },
	{ WTG_HOLDER_MOUNT, (char *)"/dev/sdb2", (char *)"/", true },
};
static struct wtg_holder mount_holders[] = {
	{ WTG_HOLDER_LOOP, (char *)"/dev/sdb1", (char *)"/dev/loop3 (/media/x.img)", false },
	{ WTG_HOLDER_MOUNT, (char *)"/dev/sdb1", (char *)"/media/a\x1b[31mb", false },
};
static struct wtg_holder swap_holders[] = {
	{ WTG_HOLDER_SWAP, (char *)"/dev/sdb2", (char *)"/dev/sdb2", false },
};
static struct wtg_holder stacked_holders[] = {
	{ WTG_HOLDER_DM, (char *)"/dev/sdb1", (char *)"/dev/dm-0 (luks-1)", false },
	{ WTG_HOLDER_LOOP, (char *)"/dev/sdb", (char *)"/dev/loop3", false },
	{ WTG_HOLDER_OTHER, (char *)"/dev/sdb2", (char *)"/dev/bcache0", false },
};
static struct wtg_content contents[] = {
	{ 0, 64 * GIB, 0, (char *)"gpt", NULL, NULL },
	{ 1 << 20, 58 * GIB, 1, (char *)"ntfs", (char *)"Data\x1b]0;x", NULL },
	{ 60 * GIB, 100 << 20, 2, NULL, NULL, (char *)"Reserved" },
};
static struct wtg_content unknown_content[] = { { 0, 64 * GIB, 0, NULL, NULL, NULL } };

struct row {
	const char *promise;
	struct wtg_disk disk;
	struct wtg_safety safety;
	const char *rule; /* NULL: passes */
	const char *sentence;
	const char *override;
	enum wtg_kind kind;
};

/* The good stick, but for what is given. */
#define STICK(...)                                                                       \
	{                                                                                \
		.path = (char *)"/dev/sdb", .bus = (char *)"usb", .exists = true,        \
		.removable = true, .size_bytes = 64 * GIB, .sector_bytes = 512,          \
		__VA_ARGS__                                                              \
	}
#define IMAGE(...)                                                                       \
	{                                                                                \
		.path = (char *)"demo.img", .is_file = true, .exists = true,             \
		.size_bytes = 8 * GIB, .sector_bytes = 512, __VA_ARGS__                  \
	}
#define HELD_BY(array)                                                                   \
	.holders = (array), .n_holders = sizeof(array) / sizeof((array)[0])
#define HOLDS(array)                                                                     \
	.contents = (array), .n_contents = sizeof(array) / sizeof((array)[0])

/* The rows below name a member of STICK a second time where they differ from it. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
static const struct row rows[] = {
	{ "system", STICK(HELD_BY(root_holders)), { .overwrite = true, .allow_fixed = true },
	  "system-disk",
	  "/dev/sdb holds the running system: /dev/sdb1 is mounted on /boot, /dev/sdb2 is "
	  "mounted on /", NULL, WTG_REFUSED },
	{ "image", STICK(.holds_image = true), { .overwrite = true }, "image-disk",
	  "the image lies on /dev/sdb itself", NULL, WTG_REFUSED },
	{ "image is the file", IMAGE(.holds_image = true), { .overwrite = true }, "image-disk",
	  "demo.img is the image itself", NULL, WTG_REFUSED },
	{ "cwd", STICK(.holds_cwd = true), { .overwrite = true }, "cwd-disk",
	  "the current directory lies on /dev/sdb", NULL, WTG_REFUSED },
	{ "a file in the cwd", IMAGE(.holds_cwd = true, .empty = true), { 0 }, NULL, NULL, NULL, 0 },
	{ "mounted", STICK(HELD_BY(mount_holders)), { .overwrite = true }, "mounted",
	  "/dev/sdb is in use: /dev/sdb1 is mounted on /media/a\xef\xbf\xbd[31mb", NULL,
	  WTG_REFUSED },
	{ "swap", STICK(HELD_BY(swap_holders)), { .overwrite = true }, "swap",
	  "/dev/sdb is in use: /dev/sdb2 carries the active swap space /dev/sdb2", NULL,
	  WTG_REFUSED },
	{ "held", STICK(HELD_BY(stacked_holders)), { .overwrite = true }, "held",
	  "/dev/sdb is in use: /dev/sdb1 is part of /dev/dm-0 (luks-1), /dev/sdb is behind "
	  "/dev/loop3, /dev/sdb2 is used by /dev/bcache0", NULL, WTG_REFUSED },
	{ "read-only", STICK(.read_only = true), { 0 }, "read-only", "/dev/sdb is read-only", NULL,
	  WTG_SYSTEM },
	{ "ignored", STICK(.ignored = "UDISKS_SYSTEM"), { 0 }, "ignored",
	  "udev's rules keep /dev/sdb from users (UDISKS_SYSTEM)", NULL,
	  WTG_REFUSED },
	{ "fixed", STICK(.bus = (char *)"ata", .removable = false), { .overwrite = true }, "fixed",
	  "/dev/sdb is not a USB drive or a memory card (bus: ata)",
	  "--allow-fixed", WTG_REFUSED },
	{ "no bus", STICK(.bus = NULL, .removable = false), { 0 }, "fixed",
	  "/dev/sdb is not a USB drive or a memory card (bus: unknown)", "--allow-fixed", WTG_REFUSED },
	{ "fixed, allowed", STICK(.bus = (char *)"nvme", .removable = false),
	  { .allow_fixed = true }, NULL, NULL, NULL, 0 },
	{ "a USB SSD", STICK(.removable = false), { 0 }, NULL, NULL, NULL, 0 },
	{ "an SD card", STICK(.bus = (char *)"mmc", .removable = false), { 0 }, NULL, NULL, NULL, 0 },
	{ "a port for hot plugging", STICK(.bus = (char *)"ata"), { 0 }, "fixed",
	  "/dev/sdb is not a USB drive or a memory card (bus: ata)", "--allow-fixed", WTG_REFUSED },
	{ "an eMMC", STICK(.bus = (char *)"emmc", .removable = false), { 0 }, "fixed",
	  "/dev/sdb is not a USB drive or a memory card (bus: emmc)", "--allow-fixed", WTG_REFUSED },
	{ "removable elsewhere", STICK(.bus = (char *)"scsi"), { 0 }, NULL, NULL, NULL, 0 },
	{ "a loop", STICK(.bus = (char *)"loop", .removable = false), { 0 }, NULL, NULL, NULL, 0 },
	{ "2 TiB", STICK(.size_bytes = 2048 * GIB), { 0 }, NULL, NULL, NULL, 0 },
	{ "more", STICK(.size_bytes = 4000000000000), { .overwrite = true }, "too-large",
	  "/dev/sdb has 4 TB (3.6 TiB), more than the limit of 2 TiB", "--max-size", WTG_REFUSED },
	{ "more, allowed", STICK(.size_bytes = 4000000000000), { .max_size_bytes = 4096 * GIB }, NULL,
	  NULL, NULL, 0 },
	{ "a lower limit", STICK(), { .max_size_bytes = 32 * GIB }, "too-large",
	  "/dev/sdb has 68.7 GB (64 GiB), more than the limit of 32 GiB", "--max-size",
	  WTG_REFUSED },
	{ "a large file", IMAGE(.size_bytes = 4096 * GIB, .empty = true), { 0 }, NULL, NULL, NULL, 0 },
	{ "no medium", STICK(.size_bytes = 0), { 0 }, "no-medium",
	  "/dev/sdb is empty: there is no medium in it", NULL, WTG_UNSUITABLE },
	{ "tiny", STICK(.size_bytes = 32 << 20), { 0 }, "too-small",
	  "/dev/sdb has 32 MiB, 64 MiB are needed", NULL, WTG_UNSUITABLE },
	{ "too small", STICK(), { .need_bytes = 65 * GIB }, "too-small",
	  "/dev/sdb has 64 GiB, 65 GiB are needed", NULL, WTG_UNSUITABLE },
	{ "just fits", STICK(), { .need_bytes = 64 * GIB }, NULL, NULL, NULL, 0 },
	{ "one byte short", STICK(), { .need_bytes = 64 * GIB + 1 }, "too-small",
	  "/dev/sdb has 68719476736 bytes, 68719476737 are needed", NULL, WTG_UNSUITABLE },
	{ "4Kn", STICK(.sector_bytes = 4096), { 0 }, NULL, NULL, NULL, 0 },
	{ "odd sectors", STICK(.sector_bytes = 2048), { .overwrite = true }, "sector-size",
	  "/dev/sdb has sectors of 2048 bytes; Windows starts from 512 and 4096 only", NULL,
	  WTG_UNSUITABLE },
	{ "half a sector", IMAGE(.size_bytes = 8 * GIB + 100, .empty = true), { 0 }, "sector-size",
	  "demo.img has 8589934692 bytes, which is not whole sectors of 512", NULL,
	  WTG_UNSUITABLE },
	{ "unread", STICK(.unread = true), { .overwrite = true }, "unread",
	  "/dev/sdb cannot be read, so what is on it is not known", NULL, WTG_SYSTEM },
	{ "content", STICK(HOLDS(contents)), { .allow_fixed = true }, "content",
	  "/dev/sdb is not empty: it holds gpt, partition 1 ntfs 'Data\xef\xbf\xbd]0;x' 58 GiB, "
	  "partition 2 (unknown) 100 MiB", "--overwrite", WTG_REFUSED },
	{ "content, allowed", STICK(HOLDS(contents)), { .overwrite = true }, NULL, NULL, NULL, 0 },
	{ "content that stays", STICK(HOLDS(contents)), { .beside = true }, NULL, NULL, NULL, 0 },
	{ "content that stays, in use", STICK(HOLDS(contents), HELD_BY(swap_holders)),
	  { .beside = true }, "swap",
	  "/dev/sdb is in use: /dev/sdb2 carries the active swap space /dev/sdb2", NULL,
	  WTG_REFUSED },
	{ "unknown content", STICK(HOLDS(unknown_content)), { 0 }, "content",
	  "/dev/sdb is not empty: it holds data of an unknown kind", "--overwrite", WTG_REFUSED },
	{ "a file with data", IMAGE(), { 0 }, "content",
	  "demo.img is not empty: it holds data of an unknown kind", "--overwrite", WTG_REFUSED },
	{ "a file with data, allowed", IMAGE(), { .overwrite = true }, NULL, NULL, NULL, 0 },
	{ "a file of holes", IMAGE(.empty = true), { 0 }, NULL, NULL, NULL, 0 },
	{ "an absent file", IMAGE(.empty = true, .exists = false), { 0 }, NULL, NULL, NULL, 0 },
	/* The order: what nothing lifts is told before what an option lifts. */
	{ "system before all", STICK(HELD_BY(root_holders), HOLDS(contents), .holds_image = true,
				     .bus = NULL, .removable = false), { 0 }, "system-disk",
	  NULL, NULL, WTG_REFUSED },
	{ "fixed before content", STICK(HOLDS(contents), .bus = NULL, .removable = false), { 0 },
	  "fixed", NULL, "--allow-fixed", WTG_REFUSED },
};
#pragma GCC diagnostic pop

static void check_text(const struct row *row, const char *what, const char *expected,
		       const char *got)
{
	if (!wtg_text_equal(expected, got))
		fail_msg("%s: %s: expected \"%s\", got \"%s\"", row->promise, what,
			 expected ? expected : "(none)", got ? got : "(none)");
}

static void every_rule_refuses_what_it_should_and_nothing_else(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		struct wtg_verdict v = wtg_safety_judge(&row->disk, &row->safety);

		check_text(row, "rule", row->rule, v.rule);
		if (row->sentence)
			check_text(row, "sentence", row->sentence, v.sentence);
		check_text(row, "override", row->override, v.override);
		assert_int_equal(v.kind, row->kind);
		if (v.override && !strstr(v.hint, v.override))
			fail_msg("%s: the hint \"%s\" does not name %s", row->promise, v.hint,
				 v.override);
		wtg_verdict_done(&v);
	}
}

static void a_good_stick_passes(void **state)
{
	const struct wtg_safety safety = { 0 };
	struct wtg_verdict v = wtg_safety_judge(&good, &safety);

	(void)state;
	assert_null(v.rule);
	assert_null(v.sentence);
	assert_int_equal(v.kind, WTG_OK);
}

static void no_option_lifts_the_first_rules(void **state)
{
	const struct wtg_safety everything = {
		.allow_fixed = true, .overwrite = true, .max_size_bytes = UINT64_MAX,
	};
	static const char *const rules[] = { "system-disk", "image-disk", "cwd-disk", "mounted",
					     "swap", "held", "read-only", "ignored" };
	size_t n_seen = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct wtg_verdict v = wtg_safety_judge(&rows[i].disk, &everything);

		for (size_t j = 0; rows[i].rule && j < sizeof(rules) / sizeof(rules[0]); j++) {
			if (strcmp(rows[i].rule, rules[j]) != 0)
				continue;
			check_text(&rows[i], "rule", rows[i].rule, v.rule);
			n_seen++;
		}
		wtg_verdict_done(&v);
	}
	assert_true(n_seen >= sizeof(rules) / sizeof(rules[0]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_rule_refuses_what_it_should_and_nothing_else),
		cmocka_unit_test(a_good_stick_passes),
		cmocka_unit_test(no_option_lifts_the_first_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
