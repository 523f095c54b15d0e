/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fdio.h"
#include "target/probe.h"
#include "wtg/text.h"

#define MIB (1ull << 20)
#define SIZE (64 * MIB)

/* Superblocks of what needs no tool to be recognised, as the formats define them. */
struct planted {
	uint64_t offset;
	const void *bytes;
	size_t size;
};

static void plant(int fd, const struct planted *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		assert_int_equal(wtg_pwrite_all(fd, p[i].bytes, p[i].size, p[i].offset), 0);
}

/* LVM2: a label in sector 1, whose CRC libblkid checks but BADCSUM forgives. */
static void plant_lvm(int fd)
{
	static const uint8_t label[] = "LABELONE\1\0\0\0\0\0\0\0\0\0\0\0 \0\0\0LVM2 001"
				       "abcdefghijklmnopqrstuvwxyz012345";
	const struct planted p[] = { { 512, label, sizeof(label) } };

	plant(fd, p, 1);
}

/* LUKS2: the first header and its copy, which blkid knows as LUKS, too. */
static void plant_luks(int fd)
{
	static const uint8_t first[] = "LUKS\xba\xbe\0\2\0\0\0\0\0\0\x40\0";
	static const uint8_t second[] = "SKUL\xba\xbe\0\2\0\0\0\0\0\0\x40\0";
	/* Each header says where it lies: libblkid 2.41 looks at that. */
	const struct planted p[] = { { 0, first, 16 }, { 16384, second, 16 },
				     { 16384 + 256, second + 8, 8 } };

	plant(fd, p, 3);
}

/* Linux RAID 0.90 has its superblock in the last whole 64 KiB but one. */
static void plant_md(int fd)
{
	uint8_t super[128] = { 0xfc, 0x4e, 0x2b, 0xa9 };
	const struct planted p[] = { { SIZE - 65536, super, sizeof(super) } };

	wtg_put_le32(super + 8, 90);
	plant(fd, p, 1);
}

static void plant_lvm_and_md(int fd)
{
	plant_lvm(fd);
	plant_md(fd);
}

/* ZFS: four labels of 256 KiB, two at each end, each with a ring of uberblocks. */
static void plant_zfs(int fd)
{
	static const uint64_t labels[] = { 0, 256 << 10, SIZE - (512 << 10), SIZE - (256 << 10) };
	uint8_t magic[8];

	wtg_put_le64(magic, 0x00bab10c);
	for (size_t i = 0; i < 4; i++)
		for (uint64_t n = 0; n < 8; n++) {
			const struct planted p = { labels[i] + (128 << 10) + n * 1024, magic, 8 };

			plant(fd, &p, 1);
		}
}

struct found {
	struct text_list {
		char *items[64];
		size_t n_items;
	} lines;
};

static int note(uint64_t offset, uint64_t length, const char *type, void *context,
		struct wtg_error *err)
{
	struct found *found = context;

	(void)err;
	assert_true(found->lines.n_items < 64);
	found->lines.items[found->lines.n_items++] =
		wtg_text("0x%jx %ju %s", (uintmax_t)offset, (uintmax_t)length, type);
	return 0;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Ours, sorted, a line each. */
static char *signatures(int fd, uint64_t offset, uint64_t size_bytes)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct found found = { 0 };
	char *text = wtg_text_copy("");

	assert_good(wtg_probe_signatures(fd, offset, size_bytes, note, &found, &err));
	qsort(found.lines.items, found.lines.n_items, sizeof(char *), compare);
	for (size_t i = 0; i < found.lines.n_items; i++) {
		char *longer = wtg_text("%s%s\n", text, found.lines.items[i]);

		free(text);
		free(found.lines.items[i]);
		text = longer;
	}
	return text;
}

static const struct seed {
	const char *name;
	const char *program; /* that the command needs */
	const char *command; /* on the file $F, or NULL */
	void (*plant)(int fd);
	unsigned n_least;    /* signatures that must be there, so that nothing proves nothing */
} seeds[] = {
	{ "nothing", "wipefs", NULL, NULL, 0 },
	{ "gpt", "sgdisk", "sgdisk -n 1:0:+8M -n 2:0:0 $F", NULL, 3 },
	{ "gpt without its first header", "sgdisk",
	  "sgdisk -n 1:0:0 $F && dd if=/dev/zero of=$F bs=512 count=34 conv=notrunc", NULL,
	  1 },
	{ "mbr", "sfdisk", "printf 'label: dos\\n1MiB,8MiB,7\\n' | sfdisk $F", NULL, 1 },
	{ "swap", "mkswap", "mkswap -L swap $F", NULL, 1 },
	{ "ext4", "mke2fs", "mke2fs -q -t ext4 -L data $F", NULL, 1 },
	{ "fat", "mkfs.fat", "mkfs.fat -F 32 -n STICK $F", NULL, 2 },
	{ "ntfs", "mkntfs", "mkntfs -F -Q -q -L Data -s 512 -p 0 -H 255 -S 63 $F", NULL, 1 },
	{ "lvm", "wipefs", NULL, plant_lvm, 1 },
	{ "luks", "wipefs", NULL, plant_luks, 2 },
	{ "md 0.90", "wipefs", NULL, plant_md, 1 },
	/* 8 to libblkid 2.38; 2.41 wants to see more than uberblocks. */
	{ "zfs", "wipefs", NULL, plant_zfs, 0 },
	{ "layers of old lives", "mke2fs", "mke2fs -q -t ext4 -L one $F", plant_lvm_and_md, 3 },
};

static unsigned count_lines(const char *text)
{
	unsigned n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static int seed_file(const struct seed *seed, char **ret_path)
{
	int fd = test_file("seed", SIZE, ret_path);

	test_require(seed->program);
	if (seed->command)
		free(test_run(NULL, "F=%s; %s", *ret_path, seed->command));
	if (seed->plant)
		seed->plant(fd);
	return fd;
}

static void signatures_are_those_of_wipefs(void **state)
{
	(void)state;
	test_require("wipefs");
	for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++) {
		_cleanup_free_ char *path = NULL, *theirs = NULL, *ours = NULL;
		int fd = seed_file(&seeds[i], &path);

		theirs = test_run(NULL, "wipefs -n --noheadings -O OFFSET,LENGTH,TYPE %s | "
					"awk '{print $1, $2, $3}' | LC_ALL=C sort", path);
		ours = signatures(fd, 0, SIZE);
		if (strcmp(theirs, ours) != 0 || count_lines(ours) < seeds[i].n_least)
			fail_msg("%s: wipefs finds\n%swe find\n%s", seeds[i].name, theirs, ours);
		close(fd);
	}
}

static void signatures_of_a_region_have_places_on_the_drive(void **state)
{
	_cleanup_free_ char *path = NULL, *ours = NULL, *outside = NULL;
	int fd = test_file("region", SIZE, &path);

	(void)state;
	test_require("mkswap");
	free(test_run(NULL, "mkswap -o 0 %s >/dev/null 2>&1 || mkswap %s", path, path));
	free(test_run(NULL, "dd if=%s of=%s bs=1M seek=32 count=1 conv=notrunc; "
			    "dd if=/dev/zero of=%s bs=1M count=1 conv=notrunc", path, path, path));
	ours = signatures(fd, 32 * MIB, 16 * MIB);
	outside = signatures(fd, 48 * MIB, 16 * MIB);
	assert_string_equal(ours, "0x2000ff6 10 swap\n");
	assert_string_equal(outside, "");
	close(fd);
}

static struct wtg_disk contents_of(int fd)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct wtg_disk disk = {
		.path = wtg_text_copy("the drive"),
		.is_file = true,
		.size_bytes = SIZE,
		.sector_bytes = 512,
	};

	assert_good(wtg_probe_contents(fd, &disk, &err));
	return disk;
}

static const struct wtg_content *content(const struct wtg_disk *disk, unsigned number,
					 const char *type)
{
	for (size_t i = 0; i < disk->n_contents; i++)
		if (disk->contents[i].number == number &&
		    wtg_text_equal(disk->contents[i].type, type))
			return &disk->contents[i];
	fail_msg("no %s at number %u among %zu", type ? type : "(null)", number, disk->n_contents);
	return NULL;
}

static void each_partition_says_what_is_in_it(void **state)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_(wtg_disk_done) struct wtg_disk disk = { 0 };
	const struct wtg_content *ntfs, *unknown;
	int fd = test_file("parts", SIZE, &path);

	(void)state;
	test_require("sgdisk");
	test_require("mkntfs");
	free(test_run(NULL, "cd %s; truncate -s 16M p1; mkntfs -F -Q -q -L 'My Data' -s 512 -p 2048 "
			    "-H 255 -S 63 p1; sgdisk -n 1:1M:+16M -c 1:'Basic data' -n 2:0:+4M "
			    "-n 7:0:0 %s; dd if=p1 of=%s bs=1M seek=1 conv=notrunc",
		      test_dir(), path, path));
	disk = contents_of(fd);
	(void)content(&disk, 0, "gpt");
	ntfs = content(&disk, 1, "ntfs");
	assert_string_equal(ntfs->label, "My Data");
	assert_string_equal(ntfs->name, "Basic data");
	assert_int_equal(ntfs->offset_bytes, MIB);
	assert_int_equal(ntfs->size_bytes, 16 * MIB);
	unknown = content(&disk, 2, NULL);
	assert_int_equal(unknown->offset_bytes, 17 * MIB);
	assert_int_equal(unknown->size_bytes, 4 * MIB);
	(void)content(&disk, 7, NULL);
	close(fd);
}

static void a_gpt_is_seen_by_its_copy_alone(void **state)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_(wtg_disk_done) struct wtg_disk disk = { 0 };
	int fd = test_file("copy", SIZE, &path);

	(void)state;
	test_require("sgdisk");
	free(test_run(NULL, "sgdisk -n 3:1M:+16M %s; dd if=/dev/zero of=%s bs=512 count=34 "
			    "conv=notrunc", path, path));
	disk = contents_of(fd);
	(void)content(&disk, 0, "gpt");
	(void)content(&disk, 3, NULL);
	close(fd);
}

static void both_faces_of_an_ambiguous_drive_are_told(void **state)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_(wtg_disk_done) struct wtg_disk disk = { 0 };
	int fd = test_file("faces", SIZE, &path);

	(void)state;
	test_require("mke2fs");
	free(test_run(NULL, "mke2fs -q -t ext4 -L one %s", path));
	plant_lvm_and_md(fd);
	disk = contents_of(fd);
	(void)content(&disk, 0, "linux_raid_member");
	(void)content(&disk, 0, "LVM2_member");
	(void)content(&disk, 0, "ext4");
	close(fd);
}

static void unknown_data_is_not_nothing(void **state)
{
	int fd = test_file("random", SIZE, NULL);
	struct wtg_disk disk = contents_of(fd);
	static uint8_t ones[1 << 20];

	(void)state;
	assert_int_equal(disk.n_contents, 0);
	wtg_disk_done(&disk);

	/* Erased flash reads as ones. */
	memset(ones, 0xff, sizeof(ones));
	assert_int_equal(wtg_pwrite_all(fd, ones, sizeof(ones), 0), 0);
	disk = contents_of(fd);
	assert_int_equal(disk.n_contents, 0);
	wtg_disk_done(&disk);

	assert_int_equal(wtg_pwrite_all(fd, "secret", 6, 4096), 0);
	disk = contents_of(fd);
	assert_int_equal(disk.n_contents, 1);
	assert_null(disk.contents[0].type);
	assert_int_equal(disk.contents[0].number, 0);
	wtg_disk_done(&disk);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signatures_are_those_of_wipefs),
		cmocka_unit_test(signatures_of_a_region_have_places_on_the_drive),
		cmocka_unit_test(each_partition_says_what_is_in_it),
		cmocka_unit_test(a_gpt_is_seen_by_its_copy_alone),
		cmocka_unit_test(both_faces_of_an_ambiguous_drive_are_told),
		cmocka_unit_test(unknown_data_is_not_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
