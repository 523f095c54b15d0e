/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "seeds.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "../windows/bcd-store.h"
#include "../windows/stand-in-pe.h"
#include "../windows/stand-in-system.h"
#include "base/alloc.h"
#include "base/fdio.h"
#include "volume/edit.h"
#include "volume/fat.h"
#include "volume/ntfs.h"
#include "volume/table.h"
#include "wtg/text.h"

static struct wtg_error err = WTG_ERROR_INIT;

/* Nothing, or what an unused NTFS journal consists of. */
static bool is_filler(const uint8_t *block, size_t size)
{
	for (size_t i = 1; i < size; i++)
		if (block[i] != block[0])
			return false;
	return block[0] == 0 || block[0] == 0xff;
}

/* As fuzz_disk() takes it. */
static void put_disk(const char *target, const char *name, int fd, size_t block_bytes)
{
	_cleanup_free_ uint8_t *block = wtg_alloc(block_bytes);
	uint32_t n_blocks = (uint32_t)((uint64_t)lseek(fd, 0, SEEK_END) / block_bytes);
	struct wtg_bytes input = { wtg_alloc(4), 4 };

	wtg_put_le32(input.data, n_blocks);
	for (uint32_t i = 0; i < n_blocks; i++) {
		assert_int_equal(
			wtg_pread_all(fd, block, block_bytes, (uint64_t)i * block_bytes),
			0);
		if (is_filler(block, block_bytes))
			continue;
		input.data = wtg_realloc(input.data, input.size + 4 + block_bytes, 1);
		wtg_put_le32(input.data + input.size, i);
		memcpy(input.data + input.size + 4, block, block_bytes);
		input.size += 4 + block_bytes;
	}
	seed(target, name, &input);
	wtg_bytes_done(&input);
}

void seed_disk_file(const char *target, const char *name, size_t block_bytes)
{
	_cleanup_free_ char *path = wtg_text("%s/disk", test_dir());
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC);

	put_disk(target, name, fd, block_bytes);
}

/* The same with 4 entries instead of 128, whose checksum is soon computed: the harness puts
 * it right. */
static void put_small_table(int fd, uint64_t disk_bytes)
{
	_cleanup_fd_ int copy = test_file("small-table", disk_bytes, NULL);
	_cleanup_free_ uint8_t *disk = wtg_alloc(disk_bytes);

	assert_int_equal(wtg_pread_all(fd, disk, disk_bytes, 0), 0);
	wtg_put_le32(disk + 512 + 80, 4);
	wtg_put_le32(disk + disk_bytes - 512 + 80, 4);
	assert_int_equal(wtg_pwrite_all(copy, disk, disk_bytes, 0), 0);
	put_disk("gpt", "four-entries", copy, 512);
}

static void tables(void)
{
	struct wtg_table table = {
		.style = WTG_TABLE_GPT,
		.disk = wtg_guid_const("60664987-ce0e-411b-9db7-86248b86bbb2"),
		.sector_bytes = 512,
		.partitions =
			{
				{wtg_guid_const("c12a7328-f81f-11d2-ba4b-00a0c93ec93b"),
				 wtg_guid_const("17b16537-abcc-4487-9792-e63a0a7dc8b4"),
				 "EFI system partition", 1, 1 << 20, 4096},
				{wtg_guid_const("ebd0a0a2-b9e5-4433-87c0-68b6b72699c7"),
				 wtg_guid_const("37d07619-d161-4cd7-a37a-df33df1e3d7f"),
				 "Wíndows", 0, (1 << 20) + 4096, 4096},
			},
		.n_partitions = 2,
	};
	_cleanup_(wtg_ledger_done) struct wtg_ledger ledger = { 0 };
	_cleanup_fd_ int fd = test_file("table", 2 << 20, NULL);
	struct wtg_window disk = test_window(fd, 2 << 20, &ledger);

	assert_good(wtg_table_write(&disk, &table, &err));
	put_disk("gpt", "two-partitions", fd, 512);
	put_small_table(fd, 2 << 20);
	put_disk("probe", "table", fd, 512);
}

/* By sfdisk, with room for more. */
static void tables_of_others(void)
{
	static const struct {
		const char *name, *script, *after;
	} rows[] = {
		{ "mbr", "label: dos\nstart=2048, size=2049, type=7, bootable\n"
			 "start=4097, size=1, type=ef\n", "true" },
		{ "mbr-extended", "label: dos\nstart=8192, size=2048, type=7\n"
				  "start=2048, size=4096, type=f\n5: size=100, type=7\n", "true" },
		{ "mbr-empty", "label: dos\n", "true" },
		{ "gpt-short", "label: gpt\ntable-length: 4\nfirst-lba: 34\n"
			       "start=2048, size=2049\nstart=10240, size=2048, name=x\n", "true" },
		{ "gpt-grown", "label: gpt\ntable-length: 4\nstart=2048, size=2048\n",
		  "truncate -s 10M disk" },
		{ "gpt-hybrid", "label: gpt\ntable-length: 4\nstart=2048, size=2048\n",
		  "sgdisk -h 1 disk" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		free(test_run(NULL, "cd '%s' && rm -f disk && truncate -s 8M disk && "
				    "printf '%s' | sfdisk -q disk && %s",
			      test_dir(), rows[i].script, rows[i].after));
		seed_disk_file("table", rows[i].name, 512);
	}
}

static void fat_volumes(void)
{
	static const struct {
		const char *name, *options;
	} rows[] = { { "fat12", "-F 12 -s 1 -C disk 128" },
		     { "fat16", "-F 16 -s 1 -C disk 2300" } };

	for (size_t i = 0; i < 2; i++) {
		free(test_run(
			NULL,
			"cd '%s' && rm -f disk && mkfs.fat -n LABEL -i 12345678 "
			"--invariant %s && "
			"seq 200 >f && export MTOOLS_SKIP_CHECK=1 && "
			"mmd -i disk ::EFI ::EFI/Boot && mcopy -i disk f ::EFI/Boot/"
			"'a long name.efi' && mcopy -i disk f ::B.TXT",
			test_dir(), rows[i].options));
		seed_disk_file("fat", rows[i].name, 512);
		seed_disk_file("table", rows[i].name, 512);
	}
}

/* What mkfs made, and what it is with files that our editor put there. */
static void edited_volumes(void)
{
	static const struct {
		const char *name, *command;
	} rows[] = { { "fat12", "mkfs.fat --invariant -F 12 -s 1 -C disk 200" },
		     { "fat16", "mkfs.fat --invariant -F 16 -s 1 -C disk 2300" },
		     { "exfat", "truncate -s 4M disk && mkfs.exfat -b 64K -c 512 disk" } };

	for (size_t i = 0; i < 3; i++) {
		_cleanup_free_ char *path = wtg_text("%s/disk", test_dir());
		_cleanup_free_ char *filled = wtg_text("%s-filled", rows[i].name);
		_cleanup_(wtg_ledger_done) struct wtg_ledger ledger = { 0 };
		_cleanup_(wtg_files_done) struct wtg_files files = { 0 };
		_cleanup_fd_ int fd = -1;
		struct wtg_window window;

		free(test_run(NULL, "cd '%s' && rm -f disk && %s", test_dir(), rows[i].command));
		seed_disk_file("edit", rows[i].name, 512);
		fd = open(path, O_RDWR | O_CLOEXEC);
		window = test_window(fd, (uint64_t)lseek(fd, 0, SEEK_END), &ledger);
		wtg_files_add(&files, "Ventoy/ventoy.json", wtg_bytes_copy("[ ]", 3));
		wtg_files_add(&files, "b.txt", wtg_bytes_copy("b", 1));
		wtg_files_add(&files, "windows to go.IMG", wtg_bytes_copy("", 1));
		assert_good(wtg_fs_edit(&window, &files, 1700000000, &err));
		seed_disk_file("edit", filled, 512);
	}
}

static void fat32_volume(void)
{
	static const struct wtg_fat_format format = { .serial = 0x12345678,
						      .start_bytes = 1 << 20,
						      .sector_bytes = 512 };
	uint64_t size_bytes = wtg_fat_least_bytes(512);
	_cleanup_(wtg_ledger_done) struct wtg_ledger ledger = { 0 };
	_cleanup_fd_ int fd = test_file("fat32", size_bytes, NULL);
	struct wtg_window window = test_window(fd, size_bytes, &ledger);
	struct wtg_files files = { 0 };

	wtg_files_add(&files, "EFI/Boot/a long name.efi", wtg_bytes_copy("MZ", 2));
	wtg_files_add(&files, "EFI/Boot/Ärger.efi", wtg_bytes_copy("MZ", 2));
	assert_good(wtg_fat_make(&window, &format, &files, &err));
	put_disk("fat", "fat32", fd, 512);
	put_disk("probe", "fat32", fd, 512);
	wtg_files_done(&files);
}

static void ntfs_volume(void)
{
	static const struct wtg_ntfs_format format = { .label = "Wíndows",
						       .serial = 0x1122334455667788,
						       .start_bytes = 1 << 20,
						       .sector_bytes = 512 };
	_cleanup_(wtg_ledger_done) struct wtg_ledger ledger = { 0 };
	_cleanup_fd_ int fd = test_file("ntfs", 4 << 20, NULL);
	struct wtg_window window = test_window(fd, 4 << 20, &ledger);
	/* One that lies in its MFT record, and one that does not. */
	struct wtg_bytes small = { (uint8_t *)"MZ", 2 };
	_cleanup_(wtg_bytes_done) struct wtg_bytes large = { wtg_alloc(9000), 9000 };
	struct wtg_ntfs *volume;

	for (size_t i = 0; i < large.size; i++)
		large.data[i] = (uint8_t)(i / 512 + 1);
	assert_good(wtg_ntfs_format(&window, &format, &err));
	assert_good(wtg_ntfs_open(&window, &volume, &err));
	assert_good(wtg_ntfs_write(volume, "Windows/System32/config/SYSTEM", &large, NULL,
				   &err));
	assert_good(wtg_ntfs_write(volume, "Windows/System32/winload.efi", &small, NULL,
				   &err));
	assert_good(wtg_ntfs_close(&volume, &err));
	put_disk("ntfs", "windows", fd, 512);
}

#define DRIVE_BYTES (42u << 20)
#define WINDOWS_BYTES (4u << 20)

static void drive_esp(const struct wtg_window *window)
{
	static const struct wtg_fat_format format = { .serial = 1,
						      .start_bytes = 1 << 20,
						      .sector_bytes = 512 };
	const struct wtg_bcd_spec spec = test_bcd_spec();
	struct wtg_files files = { 0 };

	wtg_files_add(&files, "EFI/Boot/bootx64.efi", stand_in_signed(0x8664, "2011"));
	wtg_files_add(&files, "EFI/Microsoft/Boot/bootmgfw.efi", stand_in_pe(0x8664));
	wtg_files_add(&files, "EFI/Microsoft/Boot/BCD", wtg_bcd_build(&spec));
	assert_good(wtg_fat_make(window, &format, &files, &err));
	wtg_files_done(&files);
}

static void drive_windows(const struct wtg_window *window)
{
	static const struct wtg_ntfs_format format = { .serial = 1,
						       .start_bytes = 37 << 20,
						       .sector_bytes = 512 };
	_cleanup_(wtg_bytes_done) struct wtg_bytes loader = stand_in_pe(0x8664);
	_cleanup_(wtg_bytes_done) struct wtg_bytes hive = stand_in_write(stand_in_system());
	struct wtg_ntfs *volume;

	assert_good(wtg_ntfs_format(window, &format, &err));
	assert_good(wtg_ntfs_open(window, &volume, &err));
	assert_good(wtg_ntfs_write(volume, "Windows/System32/config/SYSTEM", &hive, NULL,
				   &err));
	assert_good(wtg_ntfs_write(volume, "Windows/System32/winload.efi", &loader, NULL,
				   &err));
	assert_good(wtg_ntfs_close(&volume, &err));
}

static void drive_table(const struct wtg_window *disk)
{
	const struct wtg_table table = {
		.style = WTG_TABLE_GPT,
		.disk = wtg_guid_const("60664987-ce0e-411b-9db7-86248b86bbb2"),
		.sector_bytes = 512,
		.partitions = {
			{ wtg_guid_const("c12a7328-f81f-11d2-ba4b-00a0c93ec93b"),
			  wtg_guid_const("17b16537-abcc-4487-9792-e63a0a7dc8b4"),
			  "EFI system partition", 0, 1 << 20, 36 << 20 },
			{ wtg_guid_const("ebd0a0a2-b9e5-4433-87c0-68b6b72699c7"),
			  wtg_guid_const("37d07619-d161-4cd7-a37a-df33df1e3d7f"),
			  "Windows", 0, 37 << 20, WINDOWS_BYTES },
		},
		.n_partitions = 2,
	};

	assert_good(wtg_table_write(disk, &table, &err));
}

static void drive(void)
{
	_cleanup_(wtg_ledger_done) struct wtg_ledger ledger = { 0 };
	_cleanup_fd_ int fd = test_file("drive", DRIVE_BYTES, NULL);
	struct wtg_window disk = test_window(fd, DRIVE_BYTES, &ledger);
	struct wtg_window esp = wtg_window_part(&disk, 1 << 20, 36 << 20);
	struct wtg_window windows = wtg_window_part(&disk, 37 << 20, WINDOWS_BYTES);

	drive_esp(&esp);
	drive_windows(&windows);
	drive_table(&disk);
	put_disk("drive", "whole", fd, 512);
}

void seed_disks(void)
{
	tables();
	tables_of_others();
	fat_volumes();
	edited_volumes();
	fat32_volume();
	ntfs_volume();
	drive();
}
