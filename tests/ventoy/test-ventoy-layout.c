/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "ventoy/layout.h"
#include "wtg/text.h"

static struct wtg_error err;

#define MIB (1u << 20)

/* As a drive of Ventoy's own making is seen. */
static struct wtg_ventoy_seen sound(enum wtg_table_style style)
{
	struct wtg_ventoy_seen seen = {
		.style = style,
		.sector_bytes = 512,
		.head = { 0xeb, 0x63, 0x90, [0x5c] = style == WTG_TABLE_GPT ? 0x22 : 0x01,
			  [0x190] = 'V', 'T', 0, 'G', 'e', 0, 'H', 'D', 0, 'R', 'd', 0, ' ', 'E',
			  'r', '\r', [510] = 0x55, 0xaa },
		.first = { MIB, 4063ull * MIB },
		.second = { 4064ull * MIB, 32 * MIB },
		.second_name = "VTOYEFI",
		.second_attributes = UINT64_C(1) << 63,
		.first_type = 0x07,
		.second_type = 0xef,
		.first_active = true,
		.second_is_fat = true,
		.second_label = "VTOYEFI",
		.has_cpio = true,
		.has_localboot = true,
		.has_fuse = true,
	};

	if (style == WTG_TABLE_MBR)
		seen.second_name[0] = '\0';
	return seen;
}

/* The one rule that is broken, with that part of a sentence; "": none is. */
static void judged(const struct wtg_ventoy_seen *seen, const char *rule, bool fatal,
		   const char *part)
{
	struct wtg_ventoy_verdicts verdicts = { 0 };
	size_t n_broken = 0;

	wtg_ventoy_judge(seen, &verdicts);
	for (size_t i = 0; i < verdicts.n_items; i++) {
		const struct wtg_ventoy_verdict *v = &verdicts.items[i];

		if (v->ok)
			continue;
		n_broken++;
		assert_string_equal(v->rule, rule);
		assert_int_equal(v->fatal, fatal);
		if (!strstr(v->sentence, part))
			fail_msg("expected \"%s\" in \"%s\"", part, v->sentence);
	}
	assert_int_equal(n_broken, *rule ? 1 : 0);
	wtg_ventoy_verdicts_done(&verdicts);
	if (*rule && fatal)
		assert_fails(wtg_ventoy_check(seen, "/dev/sdx", &err), WTG_UNSUITABLE, part);
	else
		assert_good(wtg_ventoy_check(seen, "/dev/sdx", &err));
}

static void finds_nothing_wrong_with_what_ventoy_makes(void **state)
{
	struct wtg_ventoy_seen gpt = sound(WTG_TABLE_GPT), mbr = sound(WTG_TABLE_MBR);

	(void)state;
	judged(&gpt, "", false, "");
	judged(&mbr, "", false, "");
	assert_true(wtg_ventoy_is_there(&gpt));
	assert_true(wtg_ventoy_is_there(&mbr));
}

/* What is changed of a sound drive, and what is said of it. */
#define BROKEN(table, change, rule, fatal, part)                                         \
	do {                                                                             \
		struct wtg_ventoy_seen seen = sound(table);                              \
		change;                                                                  \
		judged(&seen, rule, fatal, part);                                        \
	} while (0)

static void names_each_rule_of_where_things_lie(void **state)
{
	(void)state;
	BROKEN(WTG_TABLE_GPT, seen.sector_bytes = 4096, "sector-size", true,
	       "sectors have 4096 bytes, and must have 512");
	BROKEN(WTG_TABLE_GPT, seen.head[510] = 0, "table", true, "no partition table");
	BROKEN(WTG_TABLE_MBR, (seen.first.offset = 2 * MIB, seen.first.length -= MIB), "first-start",
	       true, "partition 1 starts at sector 4096, and must at 2048");
	BROKEN(WTG_TABLE_GPT, seen.first.length -= 8 * 512, "second-follows", true,
	       "partition 2 starts at sector 8323072, and must at 8323064, where partition 1 ends");
	BROKEN(WTG_TABLE_GPT, seen.second.length += 512, "second-size", true,
	       "partition 2 has 65537 sectors, and must have 65536");
}

static void names_each_rule_of_the_volume(void **state)
{
	(void)state;
	BROKEN(WTG_TABLE_GPT, seen.second_is_fat = false, "second-fat", true, "is not a FAT volume");
	BROKEN(WTG_TABLE_GPT, strcpy(seen.second_label, "OTHER"), "second-label", true,
	       "is called \"OTHER\", and must be \"VTOYEFI\"");
	BROKEN(WTG_TABLE_GPT, seen.has_cpio = false, "second-files", true,
	       "there is no /ventoy/ventoy.cpio");
	BROKEN(WTG_TABLE_GPT, seen.has_localboot = false, "second-files", true,
	       "there is no /grub/localboot.cfg");
	BROKEN(WTG_TABLE_GPT, seen.has_fuse = false, "second-files", true,
	       "there is no /tool/mount.exfat-fuse_aarch64");
}

static void names_each_rule_of_the_boot_code(void **state)
{
	(void)state;
	BROKEN(WTG_TABLE_GPT, seen.head[0x2f] = 1, "boot-start", true, "does not begin");
	BROKEN(WTG_TABLE_GPT, seen.head[0x19f] = '\n', "boot-mark", true, "mark at byte 400");
	BROKEN(WTG_TABLE_GPT, seen.head[0x5c] = 1, "boot-core", false,
	       "looks for its core in sector 1, and with this table must in 34");
	BROKEN(WTG_TABLE_MBR, seen.head[0x5c] = 0x22, "boot-core", false,
	       "in sector 34, and with this table must in 1");
}

static void names_what_only_windows_and_ventoys_programs_mind(void **state)
{
	(void)state;
	BROKEN(WTG_TABLE_GPT, strcpy(seen.second_name, "EFI"), "second-name", false, "\"EFI\"");
	BROKEN(WTG_TABLE_GPT, seen.second_attributes = 0xc000000000000001, "second-attributes",
	       false, "has the attributes c000000000000001, and should have 8000000000000000");
	BROKEN(WTG_TABLE_MBR, seen.first_type = 0x83, "first-type", false, "the type 83");
	BROKEN(WTG_TABLE_MBR, seen.second_type = 0x0c, "second-type", false, "the type 0c");
	BROKEN(WTG_TABLE_MBR, seen.first_active = false, "active", false, "partition 1 is not active");
	BROKEN(WTG_TABLE_MBR, seen.second_active = true, "active", false, "partition 2 is, and 1 alone");
}

/* An upgrade that was cut short, and then is done again. */
static void takes_a_place_for_what_it_is_whatever_lies_there(void **state)
{
	struct wtg_ventoy_seen seen = sound(WTG_TABLE_MBR);

	(void)state;
	seen.second_is_fat = seen.has_cpio = seen.has_localboot = seen.has_fuse = false;
	seen.second_label[0] = '\0';
	assert_true(wtg_ventoy_is_there(&seen));
	assert_fails(wtg_ventoy_check(&seen, "/dev/sdx", &err), WTG_UNSUITABLE, "not a FAT volume");
	assert_good(wtg_ventoy_check_place(&seen, "/dev/sdx", &err));
	seen.second.offset += 512;
	assert_fails(wtg_ventoy_check_place(&seen, "/dev/sdx", &err), WTG_UNSUITABLE,
		     "where partition 1 ends");
}

static void tells_where_there_is_nothing_at_all(void **state)
{
	const struct wtg_ventoy_seen nothing = { .sector_bytes = 512 };

	(void)state;
	assert_false(wtg_ventoy_is_there(&nothing));
	assert_fails(wtg_ventoy_check(&nothing, "/dev/sdx", &err), WTG_UNSUITABLE,
		     "Ventoy would not start from /dev/sdx: there is no partition table");
}

static void knows_a_damaged_ventoy_from_none(void **state)
{
	struct wtg_ventoy_seen moved = sound(WTG_TABLE_GPT), left = sound(WTG_TABLE_MBR);

	(void)state;
	moved.first.offset += MIB;
	assert_true(wtg_ventoy_is_there(&moved));

	/* Another table over an old Ventoy: only sector 0 remembers. */
	left.first = (struct wtg_extent){ MIB, 100 * MIB };
	left.second = (struct wtg_extent){ 101 * MIB, 100 * MIB };
	left.second_label[0] = '\0';
	assert_false(wtg_ventoy_is_there(&left));
}

/* ------------------------------------------------------------------ what is written */

static struct wtg_ventoy_payload payload(void)
{
	struct wtg_ventoy_payload made = {
		.core = { calloc(1, WTG_VENTOY_CORE_BYTES), WTG_VENTOY_CORE_BYTES },
	};

	for (size_t i = 0; i < WTG_VENTOY_CORE_BYTES; i++)
		made.core.data[i] = (uint8_t)(i / 512);
	wtg_put_le64(made.core.data + 500, 2);
	memset(made.boot, 0xcc, sizeof(made.boot));
	return made;
}

static void puts_the_core_where_the_table_leaves_room(void **state)
{
	struct wtg_ventoy_payload from = payload();
	struct wtg_bytes mbr = wtg_ventoy_core(&from, WTG_TABLE_MBR);
	struct wtg_bytes gpt = wtg_ventoy_core(&from, WTG_TABLE_GPT);

	(void)state;
	assert_int_equal(wtg_ventoy_core_at(WTG_TABLE_MBR), 512);
	assert_int_equal(mbr.size, 2047 * 512);
	assert_memory_equal(mbr.data, from.core.data, mbr.size);

	/* The byte at 17908 of the drive is 0x23 (VentoyWorker.sh). */
	assert_int_equal(wtg_ventoy_core_at(WTG_TABLE_GPT), 34 * 512);
	assert_int_equal(gpt.size, 2014 * 512);
	assert_int_equal(gpt.data[17908 - 34 * 512], 0x23);
	gpt.data[17908 - 34 * 512] = 2;
	assert_memory_equal(gpt.data, from.core.data, gpt.size);
	wtg_bytes_done(&mbr);
	wtg_bytes_done(&gpt);
	wtg_ventoy_payload_done(&from);
}

static void gives_the_boot_code_the_place_of_the_core_and_the_uuid(void **state)
{
	static const uint8_t uuid[16] = "0123456789abcdef";
	struct wtg_ventoy_payload from = payload();
	uint8_t code[440], expected[440];

	(void)state;
	memset(expected, 0xcc, sizeof(expected));
	memcpy(expected + 0x180, uuid, 16);
	wtg_put_le64(expected + 92, 1);
	wtg_ventoy_boot_code(&from, WTG_TABLE_MBR, uuid, code);
	assert_memory_equal(code, expected, sizeof(code));
	wtg_put_le64(expected + 92, 34);
	wtg_ventoy_boot_code(&from, WTG_TABLE_GPT, uuid, code);
	assert_memory_equal(code, expected, sizeof(code));
	wtg_ventoy_payload_done(&from);
}

/* ------------------------------------------------------------------ versions */

static void reads_versions(void **state)
{
	struct wtg_ventoy_version v = { 0 };

	(void)state;
	assert_true(wtg_ventoy_version_parse("1.0.97", &v));
	assert_int_equal(v.major, 1);
	assert_int_equal(v.minor, 0);
	assert_int_equal(v.patch, 97);
	assert_string_equal(v.text, "1.0.97");
	assert_true(wtg_ventoy_version_parse("1.1.07-beta2 of a long time ago", &v));
	assert_int_equal(v.patch, 7);
	assert_string_equal(v.text, "1.1.07-beta2");
	assert_true(wtg_ventoy_version_parse("1.1.07xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", &v));
	assert_int_equal(strlen(v.text), sizeof(v.text) - 1);
}

static void tells_what_is_no_version(void **state)
{
	static const char *const none[] = { "",	      "1",	    "1.0",   "1..0", "a.b.c",
					    " 1.0.9", "1.0.99999", "-1.0.0", "1.0." };
	struct wtg_ventoy_version v = { .patch = 77 };

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		if (wtg_ventoy_version_parse(none[i], &v))
			fail_msg("\"%s\" was taken for a version", none[i]);
	assert_int_equal(v.patch, 77);
}

static void compares_versions_by_their_numbers(void **state)
{
	struct wtg_ventoy_version v = { .major = 1, .minor = 0, .patch = 97 };

	(void)state;
	assert_true(wtg_ventoy_version_before(&v, 1, 1, 0));
	assert_true(wtg_ventoy_version_before(&v, 1, 0, 98));
	assert_true(wtg_ventoy_version_before(&v, 2, 0, 0));
	assert_false(wtg_ventoy_version_before(&v, 1, 0, 97));
	assert_false(wtg_ventoy_version_before(&v, 1, 0, 34));
	assert_false(wtg_ventoy_version_before(&v, 0, 9, 99));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_nothing_wrong_with_what_ventoy_makes),
		cmocka_unit_test(names_each_rule_of_where_things_lie),
		cmocka_unit_test(names_each_rule_of_the_volume),
		cmocka_unit_test(names_each_rule_of_the_boot_code),
		cmocka_unit_test(names_what_only_windows_and_ventoys_programs_mind),
		cmocka_unit_test(takes_a_place_for_what_it_is_whatever_lies_there),
		cmocka_unit_test(tells_where_there_is_nothing_at_all),
		cmocka_unit_test(knows_a_damaged_ventoy_from_none),
		cmocka_unit_test(puts_the_core_where_the_table_leaves_room),
		cmocka_unit_test(gives_the_boot_code_the_place_of_the_core_and_the_uuid),
		cmocka_unit_test(reads_versions),
		cmocka_unit_test(tells_what_is_no_version),
		cmocka_unit_test(compares_versions_by_their_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
