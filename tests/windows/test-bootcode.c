/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Boot code for Legacy BIOS: is it what its source says, and where does it go?  That it starts
 * something is seen by qemu/bios.bats. */
#include "support.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fdio.h"
#include "windows/bootcode.h"
#include "wtg/text.h"

/* BOOTCODE-name.S, assembled to run at that address. */
static struct wtg_bytes assemble(const char *name, const char *address)
{
	const char *source = getenv("BOOTCODE");
	_cleanup_free_ char *path = wtg_text("%s/%s", test_dir(), name);
	_cleanup_free_ char *output = NULL;
	struct wtg_error err = WTG_ERROR_INIT;
	_cleanup_fd_ int fd = -1;
	struct wtg_bytes code;
	int status;

	test_require("as");
	test_require("ld");
	output = test_run(&status, "echo | as --32 -o '%s.o' -", path);
	if (status != 0)
		test_skip("as does not assemble for x86 here");
	free(WTG_STEAL(output));
	output = test_run(NULL, "as --32 -o '%s.o' '%s-%s.S' && "
				"ld -m elf_i386 -Ttext=%s --oformat binary -o '%s' '%s.o'",
			  path, source, name, address, path, path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_good(wtg_read_file(fd, 1 << 16, path, &code, &err));
	return code;
}

static void assert_code(const uint8_t *committed, const uint8_t *assembled, size_t size)
{
	if (memcmp(committed, assembled, size) == 0)
		return;
	while (size > 0 && assembled[size - 1] == 0)
		size--;
	for (size_t i = 0; i < size; i++)
		fprintf(stderr, "%s0x%02x,", i % 12 ? " " : "\n\t", assembled[i]);
	fail_msg("bootcode.c has other bytes");
}

static void the_master_boot_record_is_what_its_source_says(void **state)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes code = assemble("mbr", "0x600");

	(void)state;
	assert_int_equal(code.size, WTG_BOOT_MBR_BYTES);
	assert_code(wtg_boot_mbr, code.data, code.size);
}

static void the_boot_sector_is_what_its_source_says(void **state)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes code = assemble("fat32", "0x7c00");

	(void)state;
	assert_int_equal(code.size, 512);
	assert_memory_equal(code.data, "\xeb\x58\x90", 3);
	assert_code(wtg_boot_fat32_code, code.data + 0x5a, WTG_BOOT_FAT32_BYTES);
}

#define RESERVED_BYTES (32 * 512)

static void make_volume(uint8_t volume[static RESERVED_BYTES])
{
	memset(volume, 0xcc, RESERVED_BYTES);
	for (int i = 0; i < 2; i++) {
		uint8_t *sector = volume + (i == 0 ? 0 : 6 * 512);

		wtg_put_le16(sector + 0x0b, 512);
		wtg_put_le16(sector + 0x32, 6);
		memcpy(sector + 0x52, "FAT32   ", 8);
		wtg_put_le16(sector + 510, 0xaa55);
	}
}

static void what_a_volume_says_of_itself_stays(void **state)
{
	uint8_t before[RESERVED_BYTES], volume[RESERVED_BYTES];
	struct wtg_error err = WTG_ERROR_INIT;

	(void)state;
	make_volume(before);
	make_volume(volume);
	assert_good(wtg_boot_fat32(volume, sizeof(volume), &err));
	for (size_t at = 0; at < sizeof(volume); at++) {
		size_t in_sector = at % 512;
		bool ours = (at / 512 == 0 || at / 512 == 6) &&
			    (in_sector < 3 || (in_sector >= 0x5a && in_sector < 510));

		if (!ours)
			assert_int_equal(volume[at], before[at]);
	}
	assert_memory_equal(volume, volume + 6 * 512, 512);
	assert_memory_equal(volume, "\xeb\x58\x90", 3);
	assert_memory_equal(volume + 0x5a, wtg_boot_fat32_code, WTG_BOOT_FAT32_BYTES);
}

static void other_volumes_are_left_alone(void **state)
{
	static const struct {
		size_t at;
		uint8_t byte;
		size_t size;
	} rows[] = {
		{ 0x0c, 0x10, RESERVED_BYTES }, /* sectors of 4096 bytes */
		{ 0x56, '6', RESERVED_BYTES },  /* FAT16 */
		{ 510, 0, RESERVED_BYTES },
		{ 0x32, 0, RESERVED_BYTES },    /* no backup */
		{ 0x32, 32, RESERVED_BYTES },   /* behind what there is */
		{ 0x33, 0xff, RESERVED_BYTES },
		{ 6 * 512 + 511, 0, RESERVED_BYTES },
		{ 3, 0, 7 * 512 - 1 },
		{ 3, 0, 511 },
		{ 3, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t before[RESERVED_BYTES], volume[RESERVED_BYTES];
		struct wtg_error err = WTG_ERROR_INIT;

		make_volume(volume);
		volume[rows[i].at] = rows[i].byte;
		memcpy(before, volume, sizeof(before));
		assert_fails(wtg_boot_fat32(volume, rows[i].size, &err), WTG_SYSTEM, "");
		assert_memory_equal(volume, before, sizeof(before));
	}
}

static void a_boot_sector_that_only_excuses_itself_starts_nothing(void **state)
{
	static const struct {
		const char *code;
		bool nothing;
	} rows[] = {
		{ "", true },
		{ "\x0e\x1f\xbe\x77This is not a bootable disk.  Please insert", true },
		{ "This disk is not bootable\r\n", true },
		{ "\xfa\x33\xc9 BOOTMGR is missing", false },
		{ "x", false },
	};
	uint8_t sector[512];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(sector, 0, sizeof(sector));
		memcpy(sector, "\xeb\x58\x90mkfs.fat", 11);
		memcpy(sector + 0x5a, rows[i].code, strlen(rows[i].code));
		assert_int_equal(wtg_boot_starts_nothing(sector), rows[i].nothing);
	}
	memcpy(sector + 0x5a, wtg_boot_fat32_code, WTG_BOOT_FAT32_BYTES);
	assert_false(wtg_boot_starts_nothing(sector));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_boot_sector_that_only_excuses_itself_starts_nothing),
		cmocka_unit_test(the_master_boot_record_is_what_its_source_says),
		cmocka_unit_test(the_boot_sector_is_what_its_source_says),
		cmocka_unit_test(what_a_volume_says_of_itself_stays),
		cmocka_unit_test(other_volumes_are_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
