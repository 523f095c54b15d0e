/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include "plant.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fdio.h"
#include "base/utf16.h"

#define DIRECTORY 0x10

uint8_t plant_byte(uint8_t seed, uint64_t at)
{
	return (uint8_t)(seed + at + at / 4096);
}

static void *own(struct plant *plant, void *memory)
{
	wtg_grow(&plant->owned, &plant->owned_capacity, plant->n_owned, sizeof(void *));
	plant->owned[plant->n_owned++] = memory;
	return memory;
}

static struct wtg_name16 name16(struct plant *plant, const char *text)
{
	struct wtg_bytes wide;

	if (!text)
		return (struct wtg_name16){ 0 };
	wide = wtg_utf16_from_utf8(text);
	own(plant, wide.data);
	return (struct wtg_name16){ wide.data, (uint16_t)(wide.size / 2 - 1) };
}

static uint32_t add(struct plant *plant, uint32_t attributes)
{
	wtg_grow(&plant->inodes, &plant->capacity, plant->n_inodes, sizeof(*plant->inodes));
	plant->inodes[plant->n_inodes] = (struct wtg_build_inode){
		.created = PLANT_TIME,
		.written = PLANT_TIME + 10000000,
		.accessed = PLANT_TIME + 20000000,
		.attributes = attributes,
	};
	return plant->n_inodes++;
}

void plant_open(struct plant *plant)
{
	*plant = (struct plant){ 0 };
	add(plant, DIRECTORY);
}

void plant_done(struct plant *plant)
{
	for (uint32_t i = 0; i < plant->n_inodes; i++) {
		struct wtg_build_inode *inode = &plant->inodes[i];

		for (size_t j = 0; j < inode->n_streams; j++) {
			free((void *)(uintptr_t)inode->streams[j].resident);
			free((void *)(uintptr_t)inode->streams[j].runs);
		}
		free((void *)(uintptr_t)inode->streams);
		free((void *)(uintptr_t)inode->names);
	}
	for (size_t i = 0; i < plant->n_owned; i++)
		free(plant->owned[i]);
	free(plant->owned);
	free(plant->inodes);
}

/* Room for one more than n; it doubles. */
static void *one_more(const void *items, size_t n, size_t item_bytes)
{
	void *own_items = (void *)(uintptr_t)items;

	if (n & (n - 1))
		return own_items;
	return wtg_realloc(own_items, n ? 2 * n : 1, item_bytes);
}

void plant_link(struct plant *plant, uint32_t number, uint32_t parent, const char *name,
		const char *short_name)
{
	struct wtg_build_inode *inode = &plant->inodes[number];
	struct wtg_build_name *names = one_more(inode->names, inode->n_names, sizeof(*names));

	names[inode->n_names++] = (struct wtg_build_name){
		.parent = parent,
		.name = name16(plant, name),
		.short_name = name16(plant, short_name),
	};
	inode->names = names;
}

uint32_t plant_add(struct plant *plant, uint32_t parent, const char *name,
		   const char *short_name, uint32_t attributes)
{
	uint32_t number = add(plant, attributes);

	plant_link(plant, number, parent, name, short_name);
	return number;
}

void plant_stream(struct plant *plant, uint32_t number, const char *name, uint64_t size_bytes,
		  uint8_t seed)
{
	struct wtg_build_inode *inode = &plant->inodes[number];
	struct wtg_build_stream *streams =
		one_more(inode->streams, inode->n_streams, sizeof(*streams));
	uint8_t *content = wtg_alloc(size_bytes + 1);

	for (uint64_t i = 0; i < size_bytes; i++)
		content[i] = plant_byte(seed, i);
	streams[inode->n_streams++] = (struct wtg_build_stream){
		.name = name16(plant, name),
		.size_bytes = size_bytes,
		.resident = content,
	};
	inode->streams = streams;
}

/* Into clusters of its own, written past the builder. */
static int settle(struct wtg_ntfs_builder *builder, const struct wtg_window *window,
		  struct wtg_build_stream *stream, struct wtg_error *err)
{
	uint32_t cluster_bytes = wtg_ntfs_build_cluster_bytes(builder);
	uint64_t left = wtg_round_up(stream->size_bytes, cluster_bytes) / cluster_bytes;
	struct wtg_run_of_clusters *runs = NULL;
	const uint8_t *from = stream->resident;
	uint64_t bytes_left = stream->size_bytes;
	int result = 0;

	while (left > 0 && result == 0) {
		size_t n;

		runs = wtg_realloc(runs, stream->n_runs + 1, sizeof(*runs));
		result = wtg_ntfs_build_reserve(builder, left, &runs[stream->n_runs], err);
		if (result < 0)
			break;
		n = runs[stream->n_runs].n_clusters * cluster_bytes;
		if (n > bytes_left)
			n = bytes_left;
		result = wtg_window_pwrite(window, from, n,
					   runs[stream->n_runs].first_lcn * cluster_bytes, err);
		from += n;
		bytes_left -= n;
		left -= runs[stream->n_runs++].n_clusters;
	}
	free((void *)(uintptr_t)stream->resident);
	stream->resident = NULL;
	stream->runs = runs;
	return result;
}

static uint32_t resident_bytes(const struct wtg_ntfs_builder *builder,
			       const struct wtg_build_inode *inode)
{
	unsigned n_names = 0, n_units = 0;

	for (size_t i = 0; i < inode->n_names; i++) {
		n_names += 1 + (inode->names[i].short_name.n_units > 0);
		n_units += inode->names[i].name.n_units + inode->names[i].short_name.n_units;
	}
	return wtg_ntfs_build_resident_bytes(builder, n_names, n_units, 0);
}

static int build(struct plant *plant, struct wtg_ntfs_builder *builder,
		 const struct wtg_window *window, struct wtg_error *err)
{
	for (uint32_t i = 0; i < plant->n_inodes; i++) {
		struct wtg_build_inode *inode = &plant->inodes[i];

		for (size_t j = 0; j < inode->n_streams; j++) {
			struct wtg_build_stream *stream =
				(struct wtg_build_stream *)(uintptr_t)&inode->streams[j];

			if (stream->resident &&
			    (stream->name.n_units ? stream->size_bytes > 200 :
				     stream->size_bytes > resident_bytes(builder, inode)) &&
			    settle(builder, window, stream, err) < 0)
				return -1;
		}
	}
	for (uint32_t i = 0; i < plant->n_inodes; i++)
		if (wtg_ntfs_build_inode(builder, i, &plant->inodes[i], err) < 0)
			return -1;
	return 0;
}

int plant_build(struct plant *plant, const struct wtg_window *window, struct wtg_error *err)
{
	_cleanup_(wtg_ntfs_build_abandonp) struct wtg_ntfs_builder *builder = NULL;

	if (wtg_ntfs_build_begin(window, plant->n_inodes, &builder, err) < 0 ||
	    build(plant, builder, window, err) < 0)
		return -1;
	return wtg_ntfs_build_end(&builder, err);
}
