/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "plant.h"
#include "volume/ntfs.h"
#include "wtg/text.h"

#define SYSTEM     0x4
#define DIRECTORY  0x10
#define ARCHIVE    0x20
#define SPARSE     0x200
#define COMPRESSED 0x800

#define FIRST_RECORD 64 /* of what was planted: the root aside, in its order */

#define JUNCTION 0xa0000003u
#define SYMLINK  0xa000000cu
#define WOF      0x80000017u

static char *build(struct plant *plant, uint64_t size_bytes, uint32_t sector_bytes)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct test_drive drive;
	char *path;

	test_require("ntfsfix");
	test_drive_open(&drive, size_bytes);
	test_drive_format(&drive, sector_bytes);
	assert_good(plant_build(plant, &drive.window, &err));
	test_drive_assert_bounds(&drive);
	path = test_drive_carve(&drive);
	test_assert_clean(path);
	unlink(drive.path);
	test_drive_done(&drive);
	return path;
}

/* The content of a stream, by its inode, is the pattern. */
static void assert_stream(const char *volume, uint32_t number, const char *name, size_t size,
			  uint8_t seed)
{
	_cleanup_free_ char *expected = wtg_text("%s/expected", test_dir());
	_cleanup_free_ uint8_t *content = wtg_alloc(size + 1);

	for (size_t i = 0; i < size; i++)
		content[i] = plant_byte(seed, i);
	test_write_file(expected, content, size);
	free(test_run(NULL, "ntfscat -f -i %u %s%s '%s' | cmp - '%s'", FIRST_RECORD + number - 1,
		      *name ? "-n " : "", name, volume, expected));
}

/* What ntfsinfo says of an inode has that in it. */
static void assert_info(const char *volume, uint32_t number, const char *part)
{
	uint32_t record = number ? FIRST_RECORD + number - 1 : 5;
	_cleanup_free_ char *said =
		test_run(NULL, "ntfsinfo -f -v -i %u '%s' | tr -s '\\t ' ' '", record, volume);

	if (!strstr(said, part))
		fail_msg("no \"%s\" of record %u in %s", part, record, said);
}

static void free_volume(char *path)
{
	unlink(path);
	free(path);
}

static void check_links(uint32_t sector_bytes)
{
	struct plant plant;
	uint32_t dirs[3], file;
	char *volume, *said;

	plant_open(&plant);
	for (unsigned i = 0; i < 3; i++) {
		_cleanup_free_ char *name = wtg_text("dir %u", i);

		dirs[i] = plant_add(&plant, 0, name, NULL, DIRECTORY);
	}
	file = plant_add(&plant, dirs[0], "first name of many", "FIRST~1", ARCHIVE);
	for (unsigned i = 1; i < 60; i++) {
		_cleanup_free_ char *name = wtg_text("%u name of many", i);
		_cleanup_free_ char *dos = wtg_text("NAME~%u", i);

		plant_link(&plant, file, dirs[i % 3], name, i % 4 ? NULL : dos);
	}
	plant_stream(&plant, file, "", 500, 3);
	plant_stream(&plant, file, "large", 100000, 4);
	plant_stream(&plant, file, "small", 3, 5);
	volume = build(&plant, 40 * MIB, sector_bytes);
	assert_info(volume, file, "Number of Hard Links: 61 ");
	assert_info(volume, file, "$ATTRIBUTE_LIST");
	assert_stream(volume, file, "", 500, 3);
	assert_stream(volume, file, "large", 100000, 4);
	assert_stream(volume, file, "small", 3, 5);
	said = test_run(NULL, "fls -r '%s' | grep 'name of many$' | grep -c ' %u-128-'", volume,
			FIRST_RECORD + file - 1);
	assert_int_equal(strtoul(said, NULL, 10), 60);
	free(said);
	free_volume(volume);
	plant_done(&plant);
}

static void sixty_names_of_a_file_all_lead_to_it(void **state)
{
	(void)state;
	check_links(512);
	check_links(4096);
}

/* So many that the list of attributes has no room in the record either. */
static void a_hundred_streams_are_all_there(void **state)
{
	struct plant plant;
	uint32_t file, dir;
	char *volume;

	(void)state;
	plant_open(&plant);
	dir = plant_add(&plant, 0, "with streams", "WITHST~1", DIRECTORY);
	file = plant_add(&plant, dir, "file", NULL, ARCHIVE);
	plant_stream(&plant, file, "", 70000, 1);
	for (unsigned i = 0; i < 100; i++) {
		_cleanup_free_ char *name = wtg_text("stream-%u", i * 37 % 100);

		plant_stream(&plant, file, name, i * i, (uint8_t)i);
		plant_stream(&plant, dir, name, i * i, (uint8_t)i);
	}
	for (unsigned i = 0; i < 80; i++) {
		_cleanup_free_ char *name = wtg_text("child %u", i);

		plant_add(&plant, dir, name, NULL, ARCHIVE);
	}
	volume = build(&plant, 40 * MIB, 512);
	for (unsigned i = 0; i < 100; i += 9) {
		_cleanup_free_ char *name = wtg_text("stream-%u", i * 37 % 100);

		assert_stream(volume, file, name, (size_t)i * i, (uint8_t)i);
		assert_stream(volume, dir, name, (size_t)i * i, (uint8_t)i);
	}
	free_volume(volume);
	plant_done(&plant);
}

/* They are what makes the record too small, but without their values no smaller. */
static void small_streams_with_long_names_stay_resident(void **state)
{
	_cleanup_free_ char *long_name = wtg_text("%0*u", 200, 0);
	struct plant plant;
	char *volume, *said;
	uint32_t file;

	(void)state;
	plant_open(&plant);
	file = plant_add(&plant, 0, "file", NULL, ARCHIVE);
	for (unsigned i = 0; i < 3; i++) {
		_cleanup_free_ char *name = wtg_text("%s%u", long_name, i);

		plant_stream(&plant, file, name, 8, (uint8_t)i);
	}
	volume = build(&plant, 40 * MIB, 512);
	said = test_run(NULL, "ntfsinfo -f -v -i %u '%s' | grep 'Resident:'",
			FIRST_RECORD + file - 1, volume);
	/* The list of attributes alone. */
	assert_non_null(strstr(said, "No"));
	assert_null(strstr(strstr(said, "No") + 1, "No"));
	free(said);
	free_volume(volume);
	plant_done(&plant);
}

static void the_longest_names_have_room(void **state)
{
	char name[256], *volume;
	struct plant plant;
	uint32_t dir = 0, file;

	(void)state;
	plant_open(&plant);
	for (unsigned depth = 0; depth < 20; depth++) {
		memset(name, 'a' + (int)depth, 255);
		name[255] = '\0';
		dir = plant_add(&plant, dir, name, depth % 2 ? "LONG~1" : NULL, DIRECTORY);
		plant_stream(&plant, dir, "stream", 150, 1);
		for (unsigned i = 0; i < 12; i++) {
			name[254] = (char)('0' + i);
			plant_add(&plant, dir, name, NULL, ARCHIVE);
		}
	}
	/* Nothing but a name, a short name and a stream has room in its record. */
	memset(name, 'y', 255);
	plant_stream(&plant, plant_add(&plant, dir, name, "YYYYYY~1.YYY", DIRECTORY), "stream",
		     80, 1);
	memset(name, 'z', 255);
	file = plant_add(&plant, dir, name, "ZZZZZZ~1.ZZZ", ARCHIVE);
	plant_stream(&plant, file, "", 300, 9);
	/* So do streams, in clusters of their own or not. */
	memset(name, 's', 255);
	for (unsigned i = 0; i < 4; i++) {
		name[254] = (char)('0' + i);
		plant_stream(&plant, file, name, i * 2500, (uint8_t)i);
	}
	volume = build(&plant, 40 * MIB, 512);
	assert_stream(volume, file, "", 300, 9);
	assert_stream(volume, file, name, 7500, 3);
	free_volume(volume);
	plant_done(&plant);
}

static void names_that_differ_by_case_are_different(void **state)
{
	static const char *const names[] = { "twin", "Twin", "TWIN", "tWIN", "日本語", "😀.txt",
					     "Ünïcödé", "üNÏCÖDÉ", "con", "dot." };
	struct plant plant;
	uint32_t files[sizeof(names) / sizeof(names[0])];
	char *volume;

	(void)state;
	plant_open(&plant);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		files[i] = plant_add(&plant, 0, names[i], NULL, ARCHIVE);
		plant_stream(&plant, files[i], "", 10, (uint8_t)i);
	}
	volume = build(&plant, 40 * MIB, 512);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		_cleanup_free_ char *found = test_run(NULL, "fls '%s' | grep -F ' %u-128-'",
						      volume, FIRST_RECORD + files[i] - 1);

		assert_non_null(strstr(found, names[i]));
		assert_stream(volume, files[i], "", 10, (uint8_t)i);
		assert_info(volume, files[i], "Namespace: POSIX");
	}
	free_volume(volume);
	plant_done(&plant);
}

static void a_name_that_is_its_own_short_name_is_there_once(void **state)
{
	struct plant plant;
	uint32_t same, other;
	char *volume;

	(void)state;
	plant_open(&plant);
	same = plant_add(&plant, 0, "Same.txt", "SAME.TXT", ARCHIVE);
	other = plant_add(&plant, 0, "another.text", "ANOTHE~1.TEX", ARCHIVE);
	volume = build(&plant, 40 * MIB, 512);
	assert_info(volume, same, "Number of Hard Links: 1 ");
	assert_info(volume, same, "Namespace: Win32 & DOS\n Filename: 'Same.txt'");
	assert_info(volume, other, "Number of Hard Links: 2 ");
	free_volume(volume);
	plant_done(&plant);
}

static void an_object_id_is_found_and_only_once(void **state)
{
	static uint8_t ids[200][64];
	struct plant plant;
	uint32_t first = 0, twice;
	char *volume, *said;

	(void)state;
	plant_open(&plant);
	for (unsigned i = 0; i < 200; i++) {
		_cleanup_free_ char *name = wtg_text("object %u", i);
		uint32_t file = plant_add(&plant, 0, name, NULL, i % 9 ? ARCHIVE : DIRECTORY);

		for (unsigned j = 0; j < 64; j++)
			ids[i][j] = (uint8_t)(i * 97 + j * 31 + i * j);
		plant.inodes[file].object_id = ids[i];
		if (i == 0)
			first = file;
	}
	twice = plant_add(&plant, 0, "object again", NULL, ARCHIVE);
	plant.inodes[twice].object_id = (const uint8_t *)memcpy(ids[199], ids[0], 64);
	volume = build(&plant, 40 * MIB, 512);
	assert_info(volume, first, "$OBJECT_ID");
	said = test_run(NULL, "ntfsinfo -f -v -i %u '%s'", FIRST_RECORD + twice - 1, volume);
	assert_null(strstr(said, "$OBJECT_ID"));
	free(said);
	free_volume(volume);
	plant_done(&plant);
}

static void reparse_points_are_in_the_index_of_all(void **state)
{
	static uint8_t data[16376];
	struct plant plant;
	uint32_t junction, link, large, foreign;
	char *volume, *said;

	(void)state;
	for (size_t i = 12; i < sizeof(data); i++)
		data[i] = plant_byte(1, i);
	plant_open(&plant);
	junction = plant_add(&plant, 0, "junction", NULL, DIRECTORY);
	plant.inodes[junction].reparse_tag = JUNCTION;
	plant.inodes[junction].reparse_data = (struct wtg_bytes){ data, 60 };
	link = plant_add(&plant, 0, "link", "LINK~1", ARCHIVE);
	plant.inodes[link].reparse_tag = SYMLINK;
	plant.inodes[link].reparse_data = (struct wtg_bytes){ data, 100 };
	large = plant_add(&plant, 0, "large", NULL, ARCHIVE);
	plant.inodes[large].reparse_tag = 0x80000099;
	plant.inodes[large].reparse_data = (struct wtg_bytes){ data, sizeof(data) };
	foreign = plant_add(&plant, 0, "foreign", NULL, ARCHIVE);
	plant.inodes[foreign].reparse_tag = 0x00000042;
	plant.inodes[foreign].reparse_data = (struct wtg_bytes){ data, 16 + 20 };
	for (unsigned i = 0; i < 1000; i++) {
		_cleanup_free_ char *name = wtg_text("wof %u", i);
		uint32_t file = plant_add(&plant, 0, name, NULL, ARCHIVE);

		plant.inodes[file].reparse_tag = i % 2 ? WOF : SYMLINK;
		plant.inodes[file].reparse_data = (struct wtg_bytes){ data, 16 };
	}
	volume = build(&plant, 64 * MIB, 512);
	assert_info(volume, junction, "Reparse tag: 0xa0000003 (mount point)\n Data length: 60 ");
	assert_info(volume, link, "Reparse tag: 0xa000000c (symlink)\n Data length: 100 ");
	assert_info(volume, foreign, "Data length: 20 ");
	said = test_run(NULL, "ntfsinfo -f -v -i 26 '%s' | grep -c 'Key reparse tag'", volume);
	assert_int_equal(strtoul(said, NULL, 10), 1004);
	free(said);
	assert_info(volume, large, "Data size: 16384 ");
	free_volume(volume);
	plant_done(&plant);
}

/* Owner and group SYSTEM, an entry that denies and one that allows. */
static struct wtg_bytes make_descriptor(uint32_t who)
{
	static const uint8_t start[] = { 1, 0, 4, 0x80, 20, 0, 0, 0, 32, 0,
					 0, 0, 0, 0,    0,  0, 44, 0, 0, 0 };
	static const uint8_t system_sid[] = { 1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0 };
	struct wtg_bytes bytes = { wtg_alloc(44 + 8 + 24 + 20), 44 + 8 + 24 + 20 };
	uint8_t *acl = bytes.data + 44;

	memcpy(bytes.data, start, sizeof(start));
	memcpy(bytes.data + 20, system_sid, 12);
	memcpy(bytes.data + 32, system_sid, 12);
	acl[0] = 2;
	acl[2] = 8 + 24 + 20;
	acl[4] = 2;
	acl += 8;
	acl[0] = 1; /* denied */
	acl[2] = 24;
	wtg_put_le32(acl + 4, 0x10000);
	memcpy(acl + 8, ((const uint8_t[]){ 1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0 }), 12);
	wtg_put_le32(acl + 20, who);
	acl += 24;
	acl[2] = 20;
	wtg_put_le32(acl + 4, 0x1f01ff);
	memcpy(acl + 8, system_sid, 12);
	return bytes;
}

static void descriptors_are_kept_once_each(void **state)
{
	_cleanup_(wtg_ntfs_build_abandonp) struct wtg_ntfs_builder *builder = NULL;
	struct wtg_bytes nonsense = { (uint8_t *)(uintptr_t)"nonsense nonsense nonsense", 26 };
	struct wtg_build_inode root = { .attributes = DIRECTORY };
	struct wtg_error err = WTG_ERROR_INIT;
	struct test_drive drive;
	static uint32_t ids[3000]; /* more than a block of $SDS */
	uint32_t again;
	char *path;

	(void)state;
	test_require("ntfsfix");
	test_drive_open(&drive, 40 * MIB);
	test_drive_format(&drive, 512);
	assert_good(wtg_ntfs_build_begin(&drive.window, 1, &builder, &err));
	for (uint32_t i = 0; i < 3000; i++) {
		_cleanup_(wtg_bytes_done) struct wtg_bytes descriptor = make_descriptor(i + 1);

		assert_good(wtg_ntfs_build_security(builder, &descriptor, &ids[i], &err));
		assert_good(wtg_ntfs_build_security(builder, &descriptor, &again, &err));
		assert_int_equal(ids[i], again);
		assert_true(i == 0 || ids[i] > ids[i - 1]);
	}
	assert_fails(wtg_ntfs_build_security(builder, &nonsense, &again, &err), WTG_INPUT,
		     "makes no sense");
	root.security_id = ids[2999];
	assert_good(wtg_ntfs_build_inode(builder, 0, &root, &err));
	assert_good(wtg_ntfs_build_end(&builder, &err));
	path = test_drive_carve(&drive);
	test_assert_clean(path);
	free(test_run(NULL, "ntfssecaudit -a '%s' > /dev/null", path));
	free_volume(path);
	test_drive_done(&drive);
}

/* A hole under the stream that Windows unpacks. */
static void a_file_for_compact_os_has_its_plain_size(void **state)
{
	static uint8_t data[16] = { 1, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0 };
	struct wtg_build_stream *streams;
	struct plant plant;
	char *volume;
	uint32_t file;

	(void)state;
	plant_open(&plant);
	file = plant_add(&plant, 0, "compact.dll", NULL, ARCHIVE);
	plant_stream(&plant, file, "", 0, 0);
	plant_stream(&plant, file, "WofCompressedData", 30001, 6);
	streams = (struct wtg_build_stream *)(uintptr_t)plant.inodes[file].streams;
	free((void *)(uintptr_t)streams[0].resident);
	streams[0] = (struct wtg_build_stream){ .size_bytes = 100001, .sparse = true };
	plant.inodes[file].reparse_tag = WOF;
	plant.inodes[file].reparse_data = (struct wtg_bytes){ data, 16 };
	volume = build(&plant, 40 * MIB, 512);
	assert_stream(volume, file, "WofCompressedData", 30001, 6);
	assert_info(volume, file, "ARCHIVE SPARSE_FILE REPARSE_POINT");
	assert_info(volume, file, "Data size: 100001 ");
	assert_info(volume, file, "Compressed size: 0 ");
	free_volume(volume);
	plant_done(&plant);
}

static void compressed_directories_and_sparse_files_stay_so(void **state)
{
	struct plant plant;
	uint32_t dir, small, large, plain, sparse;
	char *volume;

	(void)state;
	plant_open(&plant);
	dir = plant_add(&plant, 0, "compressed", NULL, DIRECTORY | COMPRESSED);
	small = plant_add(&plant, dir, "small", NULL, ARCHIVE | COMPRESSED);
	plant_stream(&plant, small, "", 100, 1);
	large = plant_add(&plant, dir, "large", NULL, ARCHIVE | COMPRESSED);
	plant_stream(&plant, large, "", 200000, 2);
	/* As wimlib: what a file is depends on its directory. */
	plain = plant_add(&plant, 0, "not", NULL, ARCHIVE | COMPRESSED | SYSTEM);
	plant_stream(&plant, plain, "", 200000, 3);
	sparse = plant_add(&plant, 0, "sparse", NULL, SPARSE);
	plant_stream(&plant, sparse, "", 200000, 4);
	volume = build(&plant, 40 * MIB, 512);
	assert_stream(volume, small, "", 100, 1);
	assert_stream(volume, large, "", 200000, 2);
	assert_stream(volume, plain, "", 200000, 3);
	assert_stream(volume, sparse, "", 200000, 4);
	assert_info(volume, dir, "File attributes: COMPRESSED");
	assert_info(volume, large, "ARCHIVE COMPRESSED");
	assert_info(volume, plain, "File attributes: SYSTEM ARCHIVE (");
	assert_info(volume, sparse, "File attributes: SPARSE");
	free_volume(volume);
	plant_done(&plant);
}

static void a_full_volume_has_data_and_metadata_apart(void **state)
{
	struct plant plant;
	char *volume;
	uint32_t dir;

	(void)state;
	plant_open(&plant);
	dir = plant_add(&plant, 0, "all", NULL, DIRECTORY);
	for (unsigned i = 0; i < 1200; i++) {
		_cleanup_free_ char *name =
			wtg_text("a file with quite a long name, so that the index grows %u", i);

		plant_stream(&plant, plant_add(&plant, dir, name, NULL, ARCHIVE), "",
			     i % 60 == 0 ? 2000000 : 5000, (uint8_t)i);
	}
	volume = build(&plant, 64 * MIB, 512);
	for (unsigned i = 0; i < 1200; i += i % 60 ? 17 : 1)
		assert_stream(volume, 2 + i, "", i % 60 == 0 ? 2000000 : 5000, (uint8_t)i);
	free_volume(volume);
	plant_done(&plant);
}

/* Of records that nobody foresaw there are so many that $MFT outgrows all the room that was
 * kept for it and for the other metadata. */
static void an_mft_that_outgrows_its_room_spares_the_data(void **state)
{
	_cleanup_free_ char *long_name = wtg_text("%0*u", 160, 0);
	struct plant plant;
	uint32_t data;
	char *volume;

	(void)state;
	plant_open(&plant);
	data = plant_add(&plant, 0, "data", NULL, ARCHIVE);
	plant_stream(&plant, data, "", 5000, 7);
	for (unsigned i = 0; i < 8; i++) {
		_cleanup_free_ char *name = wtg_text("file %u", i);
		uint32_t file = plant_add(&plant, 0, name, NULL, ARCHIVE);

		for (unsigned j = 1; j < 1500; j++) {
			_cleanup_free_ char *other = wtg_text("%s %u of %u", long_name, j, i);

			plant_link(&plant, file, 0, other, NULL);
		}
	}
	volume = build(&plant, 40 * MIB, 512);
	assert_stream(volume, data, "", 5000, 7);
	assert_info(volume, data + 8, "Number of Hard Links: 1500 ");
	free_volume(volume);
	plant_done(&plant);
}

static void the_same_name_twice_is_refused(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct test_drive drive;
	struct plant plant;

	(void)state;
	plant_open(&plant);
	plant_add(&plant, 0, "file with a name", "FILE~1", ARCHIVE);
	plant_add(&plant, 0, "file with another", "FILE~1", ARCHIVE);
	test_drive_open(&drive, 40 * MIB);
	test_drive_format(&drive, 512);
	assert_fails(plant_build(&plant, &drive.window, &err), WTG_INPUT, "same name");
	plant_done(&plant);

	plant_open(&plant);
	plant_add(&plant, 0, "file", NULL, ARCHIVE);
	plant_stream(&plant, 1, "stream", 10, 1);
	plant_stream(&plant, 1, "STREAM", 10, 1);
	assert_fails(plant_build(&plant, &drive.window, &err), WTG_INPUT, "same name");
	plant_done(&plant);

	plant_open(&plant);
	plant_add(&plant, 0, "file", NULL, ARCHIVE);
	plant_add(&plant, 1, "child", NULL, ARCHIVE);
	assert_fails(plant_build(&plant, &drive.window, &err), WTG_INPUT, "no directory");
	plant_done(&plant);
	test_drive_done(&drive);
}

/* A record counts them in 16 bits: this would be one. */
static void more_names_than_ntfs_can_list_are_refused(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct test_drive drive;
	struct plant plant;

	(void)state;
	plant_open(&plant);
	plant_add(&plant, 0, "name", NULL, ARCHIVE);
	for (unsigned i = 1; i < 65537; i++) {
		_cleanup_free_ char *name = wtg_text("%u", i);

		plant_link(&plant, 1, 0, name, NULL);
	}
	test_drive_open(&drive, 40 * MIB);
	test_drive_format(&drive, 512);
	assert_fails(plant_build(&plant, &drive.window, &err), WTG_INPUT, "65537 names");
	plant_done(&plant);
	test_drive_done(&drive);
}

/* Before any of them gets a cluster: they would fill the volume. */
static void more_streams_than_ntfs_can_list_are_refused(void **state)
{
	struct wtg_error err = WTG_ERROR_INIT;
	struct test_drive drive;
	struct plant plant;

	(void)state;
	plant_open(&plant);
	plant_add(&plant, 0, "file", NULL, ARCHIVE);
	for (unsigned i = 0; i < 16000; i++) {
		_cleanup_free_ char *name = wtg_text("%u", i * 7919 % 16000);

		plant_stream(&plant, 1, name, 100, 1);
	}
	test_drive_open(&drive, 40 * MIB);
	test_drive_format(&drive, 512);
	assert_fails(plant_build(&plant, &drive.window, &err), WTG_INPUT, "can list");
	plant_done(&plant);
	test_drive_done(&drive);
}

/* The descriptor turns read-only underneath: every write fails with EBADF. */
static void a_lost_write_is_told_as_it_was(void **state)
{
	struct wtg_build_inode root = { .attributes = DIRECTORY };
	struct wtg_ntfs_builder *builder;
	struct wtg_error err = WTG_ERROR_INIT;
	struct test_drive drive;
	int fd;

	(void)state;
	test_drive_open(&drive, 40 * MIB);
	test_drive_format(&drive, 512);
	assert_good(wtg_ntfs_build_begin(&drive.window, 1, &builder, &err));
	assert_good(wtg_ntfs_build_inode(builder, 0, &root, &err));
	fd = open(drive.path, O_RDONLY | O_CLOEXEC);
	assert_true(dup2(fd, drive.fd) >= 0);
	close(fd);
	assert_fails(wtg_ntfs_build_end(&builder, &err), WTG_SYSTEM,
		     "write to the drive at byte");
	assert_null(builder);
	test_drive_done(&drive);
}

static void an_abandoned_volume_is_as_it_was(void **state)
{
	struct wtg_build_inode root = { .attributes = DIRECTORY };
	_cleanup_free_ char *before = NULL, *after = NULL;
	struct wtg_ntfs_builder *builder;
	struct wtg_error err = WTG_ERROR_INIT;
	struct test_drive drive;

	(void)state;
	test_drive_open(&drive, 40 * MIB);
	test_drive_format(&drive, 512);
	before = test_run(NULL, "sha256sum '%s'", drive.path);
	assert_good(wtg_ntfs_build_begin(&drive.window, 1, &builder, &err));
	assert_good(wtg_ntfs_build_inode(builder, 0, &root, &err));
	wtg_ntfs_build_abandon(builder);
	after = test_run(NULL, "sha256sum '%s'", drive.path);
	assert_string_equal(before, after);
	test_drive_done(&drive);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sixty_names_of_a_file_all_lead_to_it),
		cmocka_unit_test(a_hundred_streams_are_all_there),
		cmocka_unit_test(small_streams_with_long_names_stay_resident),
		cmocka_unit_test(the_longest_names_have_room),
		cmocka_unit_test(names_that_differ_by_case_are_different),
		cmocka_unit_test(a_name_that_is_its_own_short_name_is_there_once),
		cmocka_unit_test(an_object_id_is_found_and_only_once),
		cmocka_unit_test(reparse_points_are_in_the_index_of_all),
		cmocka_unit_test(descriptors_are_kept_once_each),
		cmocka_unit_test(a_file_for_compact_os_has_its_plain_size),
		cmocka_unit_test(compressed_directories_and_sparse_files_stay_so),
		cmocka_unit_test(a_full_volume_has_data_and_metadata_apart),
		cmocka_unit_test(an_mft_that_outgrows_its_room_spares_the_data),
		cmocka_unit_test(the_same_name_twice_is_refused),
		cmocka_unit_test(more_names_than_ntfs_can_list_are_refused),
		cmocka_unit_test(more_streams_than_ntfs_can_list_are_refused),
		cmocka_unit_test(a_lost_write_is_told_as_it_was),
		cmocka_unit_test(an_abandoned_volume_is_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
