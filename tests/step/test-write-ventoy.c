/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is written is compared with what Ventoy's own installer would make, as
 * tests/ventoy/make-drive.sh makes it by other programs. */
#include "support.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/fdio.h"
#include "plan/marker.h"
#include "step/status.h"
#include "step/step.h"
#include "step/ventoy.h"
#include "ventoy/layout.h"
#include "wtg/target.h"
#include "wtg/text.h"

#define MIB (UINT64_C(1) << 20)
#define DRIVE_BYTES (256 * MIB)

static struct wtg_error err;

/* Of this version; made once. */
static const char *release(const char *version)
{
	static bool made[2];
	bool *one = &made[strcmp(version, "1.1.00") == 0];
	static char *dir;

	test_require("grub-mkimage");
	test_require("sfdisk");
	test_require("mkfs.exfat");
	if (access("/usr/lib/grub/i386-pc/boot.img", R_OK) < 0 ||
	    access("/usr/lib/grub/i386-efi", R_OK) < 0 ||
	    access("/usr/lib/grub/x86_64-efi", R_OK) < 0)
		test_skip("GRUB for i386-pc, x86_64-efi and i386-efi is not installed");
	if (!dir)
		dir = wtg_text("%s/release", test_dir());
	if (!*one)
		free(test_run(NULL, "'%s' --version %s '%s'", getenv("MAKE_PAYLOAD"), version, dir));
	*one = true;
	return dir;
}

static void read_release(const char *version, struct wtg_ventoy_payload *ret)
{
	_cleanup_(wtg_ventoy_source_closep) struct wtg_ventoy_source *source = NULL;
	_cleanup_free_ char *path = wtg_text("%s/ventoy-%s", release(version), version);

	assert_good(wtg_ventoy_source_open(path, NULL, &source, &err));
	assert_good(wtg_ventoy_payload_read(source, ret, &err));
}

/* By others; of the caller. */
static char *others_drive(const char *table, const char *version)
{
	char *path = wtg_text("%s/theirs-%s-%s", test_dir(), table, version);

	free(test_run(NULL, "$(dirname '%s')/make-drive.sh --table %s --size 256M %s/ventoy-%s '%s'",
		      getenv("MAKE_PAYLOAD"), table, release(version), version, path));
	return path;
}

static struct wtg_bytes load(const char *path)
{
	_cleanup_fd_ int fd = open(path, O_RDONLY);
	struct wtg_bytes bytes = { 0 };

	assert_good(wtg_read_file(fd, DRIVE_BYTES, path, &bytes, &err));
	assert_int_equal(bytes.size, DRIVE_BYTES);
	return bytes;
}

/* Where others put the partitions. */
static struct wtg_layout layout_of(const char *path, enum wtg_table_style style)
{
	_cleanup_free_ char *start = test_run(
		NULL, "sfdisk -d '%s' | sed -n 's/.*2 : start= *\\([0-9]*\\),.*/\\1/p'", path);
	uint64_t second = strtoull(start, NULL, 10) * 512;
	struct wtg_layout layout = {
		.disk_bytes = DRIVE_BYTES,
		.sector_bytes = 512,
		.style = style,
		.data = { MIB, second - MIB },
		.vtoyefi = { second, 32 * MIB },
		.first_number = 1,
	};

	memcpy(layout.identity.ventoy, "a uuid, 16 bytes", 16);
	layout.identity.signature = 0x0201cafe;
	memset(&layout.identity.disk, 0x41, sizeof(layout.identity.disk));
	memset(&layout.identity.data, 0x42, sizeof(layout.identity.data));
	memset(&layout.identity.vtoyefi, 0x43, sizeof(layout.identity.vtoyefi));
	return layout;
}

static void run(const struct wtg_plan *plan, const char *path)
{
	const struct wtg_request request = { .target = path, .file_size_bytes = DRIVE_BYTES };
	struct wtg_target *target = NULL;
	struct wtg_account account;

	assert_good(wtg_target_open(&request, &target, &err));
	assert_good(wtg_run(plan, target, WTG_VERIFY_FULL, NULL, &account, &err));
	assert_int_equal(account.drive, WTG_DRIVE_COMPLETE);
	wtg_target_close(target);
}

/* With the table that is there. */
static void plan_upgrade(struct wtg_plan *plan, const struct wtg_layout *layout, const char *path,
			 struct wtg_ventoy_payload *payload)
{
	_cleanup_free_ struct wtg_partitions *there = wtg_alloc(sizeof(*there));
	_cleanup_fd_ int fd = open(path, O_RDONLY);
	struct wtg_window disk = test_window(fd, DRIVE_BYTES, NULL);

	assert_int_equal(wtg_partitions_read(&disk, 512, there, &err), 1);
	wtg_step_upgrade_ventoy(plan, layout, there, payload);
}

static void same(const struct wtg_bytes *a, const struct wtg_bytes *b, uint64_t from, uint64_t to)
{
	for (uint64_t at = from; at < to; at++)
		if (a->data[at] != b->data[at])
			fail_msg("byte %ju: %02x, expected %02x", (uintmax_t)at, a->data[at],
				 b->data[at]);
}

/* ------------------------------------------------------------------ a fresh drive */

static void fresh_is_as_others_make_it(const char *table, enum wtg_table_style style)
{
	_cleanup_free_ char *theirs = others_drive(table, "1.1.00");
	_cleanup_free_ char *ours = wtg_text("%s/ours-%s", test_dir(), table);
	_cleanup_(wtg_plan_freep) struct wtg_plan *plan = wtg_plan_new();
	struct wtg_layout layout = layout_of(theirs, style);
	struct wtg_ventoy_payload payload = { 0 };
	struct wtg_bytes is, should;
	uint8_t code[WTG_BOOT_CODE_BYTES];

	read_release("1.1.00", &payload);
	wtg_ventoy_boot_code(&payload, style, layout.identity.ventoy, code);
	wtg_step_write_ventoy(plan, &layout, &payload);
	wtg_step_write_table(plan, &layout, code, NULL);
	run(plan, ours);

	is = load(ours);
	should = load(theirs);
	same(&is, &should, 0, WTG_BOOT_CODE_BYTES + 4);
	same(&is, &should, wtg_ventoy_core_at(style), wtg_ventoy_kept_settings.offset);
	same(&is, &should, layout.vtoyefi.offset, layout.vtoyefi.offset + layout.vtoyefi.length);
	wtg_bytes_done(&is);
	wtg_bytes_done(&should);
}

static void writes_on_gpt_what_ventoys_installer_does(void **state)
{
	(void)state;
	fresh_is_as_others_make_it("gpt", WTG_TABLE_GPT);
}

static void writes_on_mbr_what_ventoys_installer_does(void **state)
{
	(void)state;
	fresh_is_as_others_make_it("mbr", WTG_TABLE_MBR);
}

/* A layout like that of others but for one thing. */
static void refuses(void (*change)(struct wtg_layout *layout), const char *part)
{
	const struct wtg_request request = { .target = "new", .file_size_bytes = DRIVE_BYTES };
	_cleanup_free_ char *theirs = others_drive("gpt", "1.1.00");
	_cleanup_(wtg_plan_freep) struct wtg_plan *plan = wtg_plan_new();
	struct wtg_layout layout = layout_of(theirs, WTG_TABLE_GPT);
	struct wtg_ventoy_payload payload = { 0 };
	struct wtg_target *target = NULL;

	change(&layout);
	read_release("1.1.00", &payload);
	plan_upgrade(plan, &layout, theirs, &payload);
	assert_good(wtg_target_open(&request, &target, &err));
	assert_fails(wtg_plan_check(plan, target, NULL, &err), WTG_UNSUITABLE,
		     part);
	wtg_target_close(target);
}

static void large_sectors(struct wtg_layout *layout)
{
	layout->sector_bytes = 4096;
}

static void first_earlier(struct wtg_layout *layout)
{
	layout->data.offset -= 512;
	layout->data.length += 512;
}

static void second_larger(struct wtg_layout *layout)
{
	layout->vtoyefi.length += MIB;
}

static void second_later(struct wtg_layout *layout)
{
	layout->vtoyefi.offset += 4096;
}

static void refuses_while_checking_what_writing_would_not_mend(void **state)
{
	(void)state;
	refuses(large_sectors, "sectors have 4096 bytes");
	refuses(first_earlier, "partition 1 starts at sector 2047, and must at 2048");
	refuses(second_larger, "partition 2 has 67584 sectors, and must have 65536");
	refuses(second_later, "must at");
}

/* ------------------------------------------------------------------ a release's volume */

static void looks_into_the_volume_before_anything_is_written(void **state)
{
	_cleanup_free_ char *path = wtg_text("%s/volume", test_dir());
	struct wtg_ventoy_payload payload = { 0 };
	_cleanup_fd_ int fd = -1;

	(void)state;
	read_release("1.1.00", &payload);
	assert_good(wtg_ventoy_check_volume(&payload, "x.tar.gz", &err));
	assert_true(wtg_ventoy_version_parse("1.1.01", &payload.version));
	assert_fails(wtg_ventoy_check_volume(&payload, "x.tar.gz", &err), WTG_INPUT,
		     "x.tar.gz: ventoy/version says 1.1.01, and ventoy/ventoy.disk.img.xz 1.1.00");

	test_write_file(path, payload.volume.data, payload.volume.size);
	free(test_run(NULL, "mdel -i '%s' ::grub/localboot.cfg", path));
	wtg_bytes_done(&payload.volume);
	fd = open(path, O_RDONLY);
	assert_good(wtg_read_file(fd, WTG_VENTOY_VOLUME_BYTES, path, &payload.volume, &err));
	assert_fails(wtg_ventoy_check_volume(&payload, "x.tar.gz", &err), WTG_INPUT,
		     "has not the files that Ventoy looks for");
	wtg_ventoy_payload_done(&payload);
}

/* ------------------------------------------------------------------ an upgrade */

static void upgrades(const char *table, enum wtg_table_style style)
{
	_cleanup_free_ char *old = others_drive(table, "1.0.97");
	_cleanup_free_ char *new = others_drive(table, "1.1.00");
	_cleanup_(wtg_plan_freep) struct wtg_plan *plan = wtg_plan_new();
	struct wtg_layout layout = layout_of(old, style);
	struct wtg_ventoy_payload payload = { 0 };
	struct wtg_marker marker;
	struct wtg_bytes is, was = load(old), should = load(new);
	uint64_t volume_end = layout.vtoyefi.offset + layout.vtoyefi.length;
	uint64_t settings_end =
		wtg_ventoy_kept_settings.offset + wtg_ventoy_kept_settings.length;
	struct wtg_window disk;
	_cleanup_fd_ int fd = -1;

	assert_int_not_equal(memcmp(was.data + layout.vtoyefi.offset,
				    should.data + layout.vtoyefi.offset, layout.vtoyefi.length), 0);
	read_release("1.1.00", &payload);
	plan_upgrade(plan, &layout, old, &payload);
	run(plan, old);

	/* All that is Ventoy's is new, and nothing else changed: not by a byte. */
	is = load(old);
	same(&is, &should, 0, WTG_BOOT_CODE_BYTES);
	same(&is, &was, WTG_VENTOY_UUID_AT, WTG_VENTOY_UUID_AT + WTG_VENTOY_UUID_BYTES);
	same(&is, &was, WTG_BOOT_CODE_BYTES, wtg_ventoy_core_at(style));
	same(&is, &should, wtg_ventoy_core_at(style), WTG_MARKER_OFFSET_UPGRADE);
	same(&is, &was, wtg_ventoy_kept_settings.offset, settings_end);
	assert_memory_equal(is.data + wtg_ventoy_kept_settings.offset, "settings", 8);
	same(&is, &was, settings_end, layout.vtoyefi.offset);
	same(&is, &should, layout.vtoyefi.offset, volume_end);
	same(&is, &was, volume_end, DRIVE_BYTES);

	/* And the record says that it came to its end. */
	fd = open(old, O_RDONLY);
	disk = test_window(fd, DRIVE_BYTES, NULL);
	assert_int_equal(wtg_marker_read(&disk, WTG_MARKER_OFFSET_UPGRADE, &marker, &err), 1);
	assert_int_equal(marker.state, WTG_MARKER_COMPLETE);
	assert_string_equal(marker.step, "upgrade-ventoy");
	wtg_bytes_done(&is);
	wtg_bytes_done(&was);
	wtg_bytes_done(&should);
}

static void upgrades_on_gpt_and_changes_nothing_else(void **state)
{
	(void)state;
	upgrades("gpt", WTG_TABLE_GPT);
}

static void upgrades_on_mbr_and_changes_nothing_else(void **state)
{
	(void)state;
	upgrades("mbr", WTG_TABLE_MBR);
}

static void goes_without_a_record_where_core_needs_its_place(void **state)
{
	_cleanup_free_ char *drive = others_drive("gpt", "1.0.97");
	_cleanup_(wtg_plan_freep) struct wtg_plan *plan = wtg_plan_new();
	struct wtg_layout layout = layout_of(drive, WTG_TABLE_GPT);
	struct wtg_ventoy_payload payload = { 0 };
	struct wtg_bytes is;

	(void)state;
	read_release("1.1.00", &payload);
	payload.core.data[WTG_MARKER_OFFSET_UPGRADE - wtg_ventoy_core_at(WTG_TABLE_GPT)] = 77;
	plan_upgrade(plan, &layout, drive, &payload);
	run(plan, drive);
	is = load(drive);
	assert_int_equal(is.data[WTG_MARKER_OFFSET_UPGRADE], 77);
	assert_int_equal(is.data[WTG_MARKER_OFFSET_UPGRADE + 1], 0);
	assert_memory_equal(is.data + wtg_ventoy_kept_settings.offset, "settings", 8);
	wtg_bytes_done(&is);
}

/* Between the check and the writing, the user is asked. */
static void change_table(struct wtg_observer *o, const struct wtg_event *event)
{
	static bool done;

	(void)o;
	if (event->phase != WTG_PHASE_APPLY || done)
		return;
	done = true;
	free(test_run(NULL, "sgdisk -u 1:R '%s/theirs-gpt-1.0.97'", test_dir()));
}

static void writes_nothing_by_a_table_that_is_another_by_now(void **state)
{
	_cleanup_free_ char *drive = others_drive("gpt", "1.0.97");
	const struct wtg_request request = { .target = drive };
	_cleanup_(wtg_plan_freep) struct wtg_plan *plan = wtg_plan_new();
	struct wtg_layout layout = layout_of(drive, WTG_TABLE_GPT);
	struct wtg_observer observer = { .event = change_table };
	struct wtg_ventoy_payload payload = { 0 };
	struct wtg_bytes was = load(drive), is;
	struct wtg_target *target = NULL;
	struct wtg_account account;

	(void)state;
	test_require("sgdisk");
	read_release("1.1.00", &payload);
	/* One byte of core.img is where the record would be: then there is none. */
	payload.core.data[WTG_MARKER_OFFSET_UPGRADE - wtg_ventoy_core_at(WTG_TABLE_GPT)] = 77;
	plan_upgrade(plan, &layout, drive, &payload);
	assert_good(wtg_target_open(&request, &target, &err));
	assert_int_equal(wtg_run(plan, target, WTG_VERIFY_NONE, &observer, &account, &err), -1);
	assert_non_null(strstr(err.message, "the partition table is not what it was"));
	wtg_error_done(&err);
	is = load(drive);
	same(&is, &was, wtg_ventoy_core_at(WTG_TABLE_GPT), layout.vtoyefi.offset +
							   layout.vtoyefi.length);
	wtg_bytes_done(&is);
	wtg_bytes_done(&was);
	wtg_target_close(target);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_on_gpt_what_ventoys_installer_does),
		cmocka_unit_test(writes_on_mbr_what_ventoys_installer_does),
		cmocka_unit_test(refuses_while_checking_what_writing_would_not_mend),
		cmocka_unit_test(looks_into_the_volume_before_anything_is_written),
		cmocka_unit_test(upgrades_on_gpt_and_changes_nothing_else),
		cmocka_unit_test(upgrades_on_mbr_and_changes_nothing_else),
		cmocka_unit_test(goes_without_a_record_where_core_needs_its_place),
		cmocka_unit_test(writes_nothing_by_a_table_that_is_another_by_now),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
