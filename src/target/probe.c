/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "target/probe.h"

#include <blkid/blkid.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fdio.h"
#include "wtg/text.h"

/* More than any table that libblkid reads; a hostile one must not keep us busy. */
#define MAX_PARTITIONS 512
#define MAX_SIGNATURES 1024

static void free_probe(blkid_probe *pr)
{
	blkid_free_probe(*pr);
}

static blkid_probe new_probe(int fd, uint64_t offset, uint64_t size_bytes,
			     uint32_t sector_bytes)
{
	blkid_probe pr = blkid_new_probe();

	if (!pr)
		return NULL;
	if (blkid_probe_set_device(pr, fd, (blkid_loff_t)offset, (blkid_loff_t)size_bytes) < 0 ||
	    (sector_bytes && blkid_probe_set_sectorsize(pr, sector_bytes) < 0)) {
		blkid_free_probe(pr);
		return NULL;
	}
	return pr;
}

static const char *value_of(blkid_probe pr, const char *name)
{
	const char *value;

	return blkid_probe_lookup_value(pr, name, &value, NULL) == 0 ? value : NULL;
}

static void add_content(struct wtg_disk *disk, const struct wtg_content *content)
{
	wtg_grow(&disk->contents, &disk->contents_capacity, disk->n_contents,
		 sizeof(*disk->contents));
	disk->contents[disk->n_contents++] = *content;
}

static bool has_content(const struct wtg_disk *disk, unsigned number, const char *type)
{
	for (size_t i = 0; i < disk->n_contents; i++)
		if (disk->contents[i].number == number &&
		    wtg_text_equal(disk->contents[i].type, type))
			return true;
	return false;
}

/*
 * Everything that pr recognises in a region becomes a row like place.  All of it, not only
 * what libblkid would make up its mind for: a drive that looks like two things is neither's
 * to lose.  0, or -1 with errno set.
 */
static int add_recognised(blkid_probe pr, const struct wtg_content *place,
			  struct wtg_disk *disk)
{
	for (unsigned i = 0; i < MAX_SIGNATURES; i++) {
		struct wtg_content content = *place;
		int rc;

		errno = 0;
		rc = blkid_do_probe(pr);
		if (rc < 0)
			return -1;
		if (rc > 0)
			return 0;
		content.type = wtg_text_copy(value_of(pr, "TYPE"));
		if (!content.type)
			content.type = wtg_text_copy(value_of(pr, "PTTYPE"));
		if (!content.type || has_content(disk, content.number, content.type)) {
			free(content.type);
			continue;
		}
		content.label = wtg_text_copy(value_of(pr, "LABEL"));
		content.name = wtg_text_copy(place->name);
		add_content(disk, &content);
	}
	return 0;
}

static int add_whole(int fd, struct wtg_disk *disk)
{
	_cleanup_(free_probe) blkid_probe pr =
		new_probe(fd, 0, disk->size_bytes, disk->sector_bytes);
	struct wtg_content place = { .size_bytes = disk->size_bytes };

	if (!pr)
		return -1;
	blkid_probe_enable_superblocks(pr, 1);
	blkid_probe_set_superblocks_flags(pr, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_LABEL |
						      BLKID_SUBLKS_MAGIC | BLKID_SUBLKS_BADCSUM);
	blkid_probe_enable_partitions(pr, 1);
	blkid_probe_set_partitions_flags(pr, BLKID_PARTS_FORCE_GPT | BLKID_PARTS_MAGIC);
	return add_recognised(pr, &place, disk);
}

static int add_partition(int fd, blkid_partition part, struct wtg_disk *disk)
{
	uint64_t offset = (uint64_t)blkid_partition_get_start(part) * 512;
	uint64_t size_bytes = (uint64_t)blkid_partition_get_size(part) * 512;
	_cleanup_(free_probe) blkid_probe pr = NULL;
	struct wtg_content place = {
		.offset_bytes = offset,
		.size_bytes = size_bytes,
		.number = (unsigned)blkid_partition_get_partno(part),
	};
	size_t n_before = disk->n_contents;

	/* blkid owns the name; add_recognised() copies it. */
	place.name = (char *)blkid_partition_get_name(part);
	if (offset < disk->size_bytes && !blkid_partition_is_extended(part)) {
		if (size_bytes > disk->size_bytes - offset)
			size_bytes = disk->size_bytes - offset;
		pr = new_probe(fd, offset, size_bytes, disk->sector_bytes);
		if (!pr)
			return -1;
		blkid_probe_enable_superblocks(pr, 1);
		blkid_probe_set_superblocks_flags(pr, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_LABEL |
							      BLKID_SUBLKS_BADCSUM);
		if (add_recognised(pr, &place, disk) < 0)
			return -1;
	}
	if (disk->n_contents == n_before) {
		place.name = wtg_text_copy(place.name);
		add_content(disk, &place);
	}
	return 0;
}

static int add_partitions(int fd, struct wtg_disk *disk)
{
	_cleanup_(free_probe) blkid_probe pr =
		new_probe(fd, 0, disk->size_bytes, disk->sector_bytes);
	blkid_partlist list;
	int n;

	if (!pr)
		return -1;
	blkid_probe_enable_superblocks(pr, 0);
	blkid_probe_enable_partitions(pr, 1);
	blkid_probe_set_partitions_flags(pr, BLKID_PARTS_FORCE_GPT);
	errno = 0;
	list = blkid_probe_get_partitions(pr);
	if (!list)
		return errno == EIO ? -1 : 0;
	n = blkid_partlist_numof_partitions(list);
	for (int i = 0; i < n && i < MAX_PARTITIONS; i++) {
		blkid_partition part = blkid_partlist_get_partition(list, i);

		if (part && blkid_partition_get_size(part) > 0 &&
		    add_partition(fd, part, disk) < 0)
			return -1;
	}
	return 0;
}

/* Is the beginning as a new or erased drive has it: all zeros, or all ones as flash is?  What
 * is not, and is not recognised, may be encrypted. */
static int begins_blank(int fd, uint64_t size_bytes, bool *ret)
{
	size_t size = size_bytes < 1 << 20 ? (size_t)size_bytes : 1 << 20;
	_cleanup_free_ uint8_t *start = wtg_alloc(size + 1);

	if (wtg_pread_all(fd, start, size, 0) < 0)
		return -1;
	*ret = size == 0 || ((start[0] == 0 || start[0] == 0xff) &&
			     memcmp(start, start + 1, size - 1) == 0);
	return 0;
}

int wtg_probe_contents(int fd, struct wtg_disk *disk, struct wtg_error *err)
{
	struct wtg_content unknown = { .size_bytes = disk->size_bytes };
	bool blank = true;

	if (disk->size_bytes == 0)
		return 0;
	errno = 0;
	if (add_whole(fd, disk) < 0 || add_partitions(fd, disk) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "look at what is on %s", disk->path);
	if (disk->n_contents > 0)
		return 0;
	if (begins_blank(fd, disk->size_bytes, &blank) < 0)
		return wtg_fail(err, WTG_SYSTEM, errno, "read the beginning of %s", disk->path);
	if (!blank)
		add_content(disk, &unknown);
	return 0;
}

struct signature {
	const char *type;
	uint64_t offset, length; /* the offset in the region */
};

/* What the probe just found, either as a file system's magic or as a table's. */
static bool found_signature(blkid_probe pr, struct signature *ret)
{
	static const struct {
		const char *type, *offset, *magic;
	} names[] = {
		{ "TYPE", "SBMAGIC_OFFSET", "SBMAGIC" },
		{ "PTTYPE", "PTMAGIC_OFFSET", "PTMAGIC" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *offset = value_of(pr, names[i].offset), *magic;
		size_t length;

		ret->type = value_of(pr, names[i].type);
		if (!ret->type || !offset ||
		    blkid_probe_lookup_value(pr, names[i].magic, &magic, &length) < 0)
			continue;
		ret->offset = strtoull(offset, NULL, 10);
		ret->length = length;
		return length > 0;
	}
	return false;
}

int wtg_probe_signatures(int fd, uint64_t offset, uint64_t size_bytes,
			 int (*fn)(uint64_t offset, uint64_t length, const char *type,
				   void *context, struct wtg_error *err),
			 void *context, struct wtg_error *err)
{
	_cleanup_(free_probe) blkid_probe pr = new_probe(fd, offset, size_bytes, 0);

	if (!pr)
		return wtg_fail(err, WTG_SYSTEM, 0, "libblkid cannot look at the drive");
	blkid_probe_enable_superblocks(pr, 1);
	blkid_probe_set_superblocks_flags(pr, BLKID_SUBLKS_MAGIC | BLKID_SUBLKS_TYPE |
						      BLKID_SUBLKS_BADCSUM);
	blkid_probe_enable_partitions(pr, 1);
	blkid_probe_set_partitions_flags(pr, BLKID_PARTS_MAGIC | BLKID_PARTS_FORCE_GPT);

	for (unsigned i = 0; i < MAX_SIGNATURES; i++) {
		struct signature s;
		int rc;

		errno = 0;
		rc = blkid_do_probe(pr);
		if (rc < 0)
			return wtg_fail(err, WTG_SYSTEM, errno, "look for signatures at byte %ju",
					(uintmax_t)offset);
		if (rc > 0)
			return 0;
		if (!found_signature(pr, &s))
			continue;
		if (fn(offset + s.offset, s.length, s.type, context, err) < 0)
			return -1;
		/* What lies behind it (another superblock, the other GPT) is found only when
		 * this one cannot be seen any more. */
		if (blkid_probe_hide_range(pr, s.offset, s.length) < 0 ||
		    blkid_probe_step_back(pr) < 0)
			return wtg_fail(err, WTG_SYSTEM, errno, "look behind a signature of %s",
					s.type);
	}
	return wtg_fail(err, WTG_UNSUITABLE, 0, "more than %d signatures on one drive",
			MAX_SIGNATURES);
}
