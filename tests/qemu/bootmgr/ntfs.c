/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ntfs.h"

#define MOST_RUNS 4096
#define RECORD_IN_USE 1
#define RECORD_IS_DIRECTORY 2

void ntfs_undo_fixups(struct bytes block, const char *magic)
{
	UINT64 at = le16(block, 4), n = le16(block, 6);

	if (!starts_with(block, magic))
		fail("NTFS: no %s", magic);
	if (n != block.size / 512 + 1)
		fail("NTFS: %u fixups in %u bytes of %s", n, block.size, magic);
	/* Each 512 bytes end in the same word; what belongs there is kept aside. */
	for (UINT64 i = 1; i < n; i++) {
		struct bytes end = slice(block, 512 * i - 2, 2);

		if (le16(end, 0) != le16(block, at))
			fail("NTFS: a torn %s", magic);
		boot->CopyMem(end.data, slice(block, at + 2 * i, 2).data, 2);
	}
}

static UINT64 little_endian(struct bytes from, UINT64 offset, UINT64 width)
{
	UINT64 value = 0;

	while (width--)
		value = value << 8 | byte(from, offset + width);
	return value;
}

/* Add the run at that place in the list; what follows is at the place returned.  A run is a
 * byte of two widths, a number of clusters, and a signed step from where the last began. */
static UINT64 add_run(const struct ntfs *volume, struct bytes list, UINT64 at,
		      struct stream *stream)
{
	UINT64 n_width = byte(list, at) & 15, step_width = byte(list, at) >> 4, n, step, last;

	if (n_width == 0 || n_width > 8 || step_width == 0 || step_width > 8)
		fail("NTFS: a hole, or a run of widths %x", (UINT64)byte(list, at));
	n = little_endian(list, at + 1, n_width);
	step = little_endian(list, at + 1 + n_width, step_width);
	if (step_width < 8 && step >> (8 * step_width - 1))
		step |= ~0ull << 8 * step_width;
	if (stream->n_runs == MOST_RUNS || n == 0 ||
	    n > volume->partition.size_bytes / volume->cluster)
		fail("NTFS: run %u is of %u clusters", stream->n_runs, n);
	last = stream->n_runs ? stream->runs[stream->n_runs - 1].at_byte : 0;
	stream->runs[stream->n_runs++] = (struct run){ last + step * volume->cluster,
						       n * volume->cluster };
	return at + 1 + n_width + step_width;
}

static struct stream in_runs(const struct ntfs *volume, struct bytes attribute)
{
	UINT64 at = le16(attribute, 32), covered = 0;
	struct stream stream = { .size = le64(attribute, 48) };

	stream.runs = (struct run *)memory(MOST_RUNS * sizeof(struct run)).data;
	while (byte(attribute, at)) {
		at = add_run(volume, attribute, at, &stream);
		covered += stream.runs[stream.n_runs - 1].size_bytes;
	}
	if (covered < stream.size)
		fail("NTFS: runs of %u bytes hold %u", covered, stream.size);
	return stream;
}

struct bytes ntfs_stream_read(const struct ntfs *volume, const struct stream *stream,
			      UINT64 offset, UINT64 size)
{
	struct bytes all;
	UINT64 done = 0;

	if (offset > stream->size || size > stream->size - offset)
		fail("NTFS: %u bytes at %u of %u", size, offset, stream->size);
	if (!stream->runs)
		return slice(stream->resident, offset, size);
	all = memory(size);
	for (const struct run *run = stream->runs; done < size; run++) {
		UINT64 n;

		if (offset >= run->size_bytes) {
			offset -= run->size_bytes;
			continue;
		}
		n = run->size_bytes - offset;
		if (n > size - done)
			n = size - done;
		boot->CopyMem(all.data + done, partition_read(&volume->partition,
							      run->at_byte + offset, n).data, n);
		done += n;
		offset = 0;
	}
	return all;
}

static BOOLEAN is_attribute(struct bytes attribute, UINT32 type, const char *name)
{
	UINT64 n = byte(attribute, 9), i = 0;

	if (le32(attribute, 0) != type)
		return FALSE;
	for (; i < n && name[i]; i++)
		if (le16(attribute, le16(attribute, 10) + 2 * i) != (UINT8)name[i])
			return FALSE;
	return i == n && !name[i];
}

struct stream ntfs_attribute(const struct ntfs *volume, struct bytes record, UINT32 type,
			     const char *name)
{
	struct bytes attribute;

	for (UINT64 at = le16(record, 20); le32(record, at) != ~0u; at += attribute.size) {
		attribute = slice(record, at, le32(record, at + 4));
		if (attribute.size < 24)
			fail("NTFS: an attribute of %u bytes", attribute.size);
		if (!is_attribute(attribute, type, name))
			continue;
		if (le16(attribute, 12))
			fail("NTFS: compressed, sparse or encrypted: %x",
			     (UINT64)le16(attribute, 12));
		if (byte(attribute, 8))
			return in_runs(volume, attribute);
		return (struct stream){
			.resident = slice(attribute, le16(attribute, 20), le32(attribute, 16)),
			.size = le32(attribute, 16),
		};
	}
	fail("NTFS: a file without attribute %x", (UINT64)type);
}

struct bytes ntfs_record(const struct ntfs *volume, UINT64 reference)
{
	UINT64 number = reference & 0xffffffffffffull;
	struct bytes record = ntfs_stream_read(volume, &volume->mft,
					       number * volume->record_size,
					       volume->record_size);

	ntfs_undo_fixups(record, "FILE");
	if (!(le16(record, 22) & RECORD_IN_USE) || le16(record, 16) != reference >> 48)
		fail("NTFS: record %u is not what its directory says", number);
	return record;
}

BOOLEAN ntfs_is_directory(struct bytes record)
{
	return (le16(record, 22) & RECORD_IS_DIRECTORY) != 0;
}

/* In the boot sector, what is above 128 is the power of two, negated. */
static UINT64 power(UINT8 value)
{
	if (256 - value > 21)
		fail("NTFS: a unit of 2^%u", (UINT64)256 - value);
	return 1ull << (256 - value);
}

static void read_geometry(struct ntfs *volume, struct bytes sector)
{
	UINT64 sector_size = le16(sector, 11), drive = volume->partition.disk->Media->BlockSize;
	UINT8 cluster = byte(sector, 13), record = byte(sector, 64);

	/* Windows mounts no other. */
	if (sector_size != drive)
		fail("NTFS has sectors of %u bytes, the drive of %u", sector_size, drive);
	volume->cluster = (cluster > 128 ? power(cluster) : cluster) * sector_size;
	if (volume->cluster == 0)
		fail("NTFS: clusters of no bytes");
	volume->record_size = record > 128 ? power(record) : record * volume->cluster;
	if (volume->record_size < 512 || volume->record_size > 65536)
		fail("NTFS: records of %u bytes", volume->record_size);
}

struct ntfs *ntfs_open(const struct partition *partition)
{
	struct bytes sector = partition_read(partition, 0, 512), record;
	struct ntfs *volume = (struct ntfs *)memory(sizeof(*volume)).data;

	if (!starts_with(slice(sector, 3, 8), "NTFS    "))
		fail("partition %u is not NTFS", partition->number);
	volume->partition = *partition;
	read_geometry(volume, sector);
	record = partition_read(partition, le64(sector, 48) * volume->cluster,
				volume->record_size);
	ntfs_undo_fixups(record, "FILE");
	volume->mft = ntfs_attribute(volume, record, NTFS_DATA, "");
	return volume;
}
