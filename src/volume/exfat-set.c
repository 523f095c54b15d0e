/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "volume/exfat-inner.h"

#include <string.h>

#include "base/utf16.h"
#include "volume/fat-alias.h"

/* Section 6.2.1, Table 13: first bytes of entries. */
#define TYPE_IN_USE 0x80
#define TYPE_SECONDARY 0x40
#define TYPE_BENIGN 0x20
#define TYPE_BITMAP 0x81
#define TYPE_UPCASE 0x82
#define TYPE_LABEL 0x83
#define TYPE_FILE 0x85
#define TYPE_STREAM 0xc0
#define TYPE_NAME 0xc1

#define ATTRIBUTE_DIRECTORY 0x10
#define ATTRIBUTE_ARCHIVE 0x20

/* Table 21: clusters may be allocated to it; and without the FAT. */
#define FLAG_ALLOCATION 0x01
#define FLAG_NO_CHAIN 0x02

#define UNITS_AN_ENTRY 15
#define UTC 0x80 /* 7.4.10: the offset is valid, and none */

/* 6.3.3; of all bytes but its own. */
static uint16_t sum_of(const struct wtg_exfat_set *set)
{
	uint16_t sum = 0;

	for (size_t i = 0; i < set->n_entries * WTG_ENTRY_BYTES; i++)
		if (i != 2 && i != 3)
			sum = (uint16_t)((sum << 15 | sum >> 1) + set->bytes[i]);
	return sum;
}

static const uint8_t *stream_of(const struct wtg_exfat_set *set)
{
	return set->bytes + WTG_ENTRY_BYTES;
}

/* ---------------------------------------------------------------- reading */

static int take_set(const struct wtg_bytes *dir, size_t at, struct wtg_exfat_set *ret,
		    struct wtg_error *err)
{
	size_t n = 1u + dir->data[at + 1], n_names;

	if (n < 3 || n > WTG_EXFAT_MAX_SET || n * WTG_ENTRY_BYTES > dir->size - at)
		return wtg_edit_damaged(err, "a file has %zu entries", n);
	ret->n_entries = n;
	memcpy(ret->bytes, dir->data + at, n * WTG_ENTRY_BYTES);
	n_names = (stream_of(ret)[3] + UNITS_AN_ENTRY - 1u) / UNITS_AN_ENTRY;
	if (sum_of(ret) != wtg_le16(ret->bytes + 2) || stream_of(ret)[0] != TYPE_STREAM ||
	    n_names == 0 || n_names > n - 2)
		return wtg_edit_damaged(err, "a file's entries do not belong together");
	for (size_t i = 2; i < 2 + n_names; i++)
		if (ret->bytes[i * WTG_ENTRY_BYTES] != TYPE_NAME)
			return wtg_edit_damaged(err, "a file's name is incomplete");
	return 0;
}

/* 8.2: who does not know a critical primary entry does not change its directory.  What is left
 * over of others, benign or a set that was being taken away, is in nobody's way. */
static int judge_other(uint8_t type, struct wtg_error *err)
{
	if (type == TYPE_BITMAP || type == TYPE_UPCASE || type == TYPE_LABEL ||
	    type & (TYPE_SECONDARY | TYPE_BENIGN))
		return 0;
	return wtg_edit_damaged(err, "a directory has an entry of type %02x", type);
}

int wtg_exfat_set_next(const struct wtg_bytes *dir, size_t *at, size_t *ret_at,
		       struct wtg_exfat_set *ret, struct wtg_error *err)
{
	for (; *at < dir->size && dir->data[*at] != 0; *at += WTG_ENTRY_BYTES) {
		uint8_t type = dir->data[*at];

		if (!(type & TYPE_IN_USE))
			continue;
		if (type != TYPE_FILE) {
			if (judge_other(type, err) < 0)
				return -1;
			continue;
		}
		if (take_set(dir, *at, ret, err) < 0)
			return -1;
		*ret_at = *at;
		*at += ret->n_entries * WTG_ENTRY_BYTES;
		return 1;
	}
	return 0;
}

static const uint8_t *name_unit(const struct wtg_exfat_set *set, size_t i)
{
	return set->bytes + (2 + i / UNITS_AN_ENTRY) * WTG_ENTRY_BYTES + 2 +
	       i % UNITS_AN_ENTRY * 2;
}

bool wtg_exfat_set_has_name(const struct wtg_exfat *fs, const struct wtg_exfat_set *set,
			    const struct wtg_bytes *name16)
{
	size_t n_units = name16->size / 2;

	if (stream_of(set)[3] != n_units)
		return false;
	for (size_t i = 0; i < n_units; i++)
		if (fs->upcase[wtg_le16(name_unit(set, i))] !=
		    fs->upcase[wtg_le16(name16->data + 2 * i)])
			return false;
	return true;
}

void wtg_exfat_set_tell(const struct wtg_exfat_set *set, struct wtg_node *ret)
{
	const uint8_t *stream = stream_of(set);

	ret->is_dir = wtg_le16(set->bytes + 4) & ATTRIBUTE_DIRECTORY;
	ret->contiguous = stream[1] & FLAG_NO_CHAIN;
	ret->valid_size = wtg_le64(stream + 8);
	ret->first = wtg_le32(stream + 20);
	ret->size = wtg_le64(stream + 24);
	ret->n_entries = set->n_entries;
}

/* ---------------------------------------------------------------- making */

/* 7.7.4: of the name in upper case. */
static uint16_t hash_of(const struct wtg_exfat *fs, const struct wtg_bytes *name16)
{
	uint16_t hash = 0;

	for (size_t i = 0; i < name16->size; i += 2) {
		uint16_t unit = fs->upcase[wtg_le16(name16->data + i)];

		hash = (uint16_t)((hash << 15 | hash >> 1) + (unit & 0xff));
		hash = (uint16_t)((hash << 15 | hash >> 1) + (unit >> 8));
	}
	return hash;
}

static void put_time(const struct wtg_exfat *fs, uint8_t *stamp, uint8_t *hundredths,
		     uint8_t *offset)
{
	wtg_put_le32(stamp, wtg_fat_timestamp(fs->volume.time));
	if (hundredths)
		*hundredths = wtg_fat_hundredths(fs->volume.time);
	*offset = UTC;
}

void wtg_exfat_set_update(const struct wtg_exfat *fs, const struct wtg_node *node,
			  struct wtg_exfat_set *set)
{
	uint8_t *file = set->bytes, *stream = file + WTG_ENTRY_BYTES;

	put_time(fs, file + 12, &file[21], &file[23]);
	put_time(fs, file + 16, NULL, &file[24]);
	stream[1] = FLAG_ALLOCATION | (node->contiguous ? FLAG_NO_CHAIN : 0);
	wtg_put_le64(stream + 8, node->size);
	wtg_put_le32(stream + 20, node->first);
	wtg_put_le64(stream + 24, node->size);
	wtg_put_le16(file + 2, sum_of(set));
}

void wtg_exfat_set_make(const struct wtg_exfat *fs, const struct wtg_node *node,
			const char *name, struct wtg_exfat_set *ret)
{
	_cleanup_(wtg_bytes_done) struct wtg_bytes name16 = wtg_utf16_from_utf8(name);
	size_t n_units = name16.size / 2 - 1;
	struct wtg_exfat_set set = { .n_entries = 2 + (n_units + UNITS_AN_ENTRY - 1) /
							      UNITS_AN_ENTRY };
	uint8_t *file = set.bytes, *stream = file + WTG_ENTRY_BYTES;

	name16.size -= 2;
	file[0] = TYPE_FILE;
	file[1] = (uint8_t)(set.n_entries - 1);
	wtg_put_le16(file + 4, node->is_dir ? ATTRIBUTE_DIRECTORY : ATTRIBUTE_ARCHIVE);
	put_time(fs, file + 8, &file[20], &file[22]);
	stream[0] = TYPE_STREAM;
	stream[3] = (uint8_t)n_units;
	wtg_put_le16(stream + 4, hash_of(fs, &name16));
	for (size_t i = 2; i < set.n_entries; i++)
		set.bytes[i * WTG_ENTRY_BYTES] = TYPE_NAME;
	for (size_t i = 0; i < n_units; i++)
		memcpy(set.bytes + (name_unit(&set, i) - set.bytes), name16.data + 2 * i, 2);
	wtg_exfat_set_update(fs, node, &set);
	*ret = set;
}
